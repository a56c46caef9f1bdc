/* Work items of the executive, callback objects, and kernel queues. docs: wdm/nf-wdm-exqueueworkitem */
#include "helpers.h"

static WORK_QUEUE_ITEM Items[32];
static LONG Done, Calls;
static KEVENT Finished;
static KIRQL SeenIrql;
static KQUEUE Queue;

static void NTAPI Work(PVOID parameter)
{
    SeenIrql = KeGetCurrentIrql();
    if (InterlockedIncrement(&Done) == (LONG)(LONG_PTR)parameter)
        KeSetEvent(&Finished, 0, FALSE);
}

TEST_CASE(a_work_item_runs_at_passive_level)
{
    KIRQL old;

    Done = 0;
    KeInitializeEvent(&Finished, NotificationEvent, FALSE);
    ExInitializeWorkItem(&Items[0], Work, (PVOID)1);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    ExQueueWorkItem(&Items[0], DelayedWorkQueue);
    KeLowerIrql(old);
    EXPECT_EQ(WaitMs(&Finished, 5000), STATUS_SUCCESS);
    EXPECT_EQ(SeenIrql, PASSIVE_LEVEL);
}

TEST_CASE(every_queued_item_runs_once)
{
    Done = 0;
    KeInitializeEvent(&Finished, NotificationEvent, FALSE);
    for (int i = 0; i < 32; i++) {
        ExInitializeWorkItem(&Items[i], Work, (PVOID)32);
        ExQueueWorkItem(&Items[i], i % 2 ? CriticalWorkQueue : DelayedWorkQueue);
    }
    EXPECT_EQ(WaitMs(&Finished, 5000), STATUS_SUCCESS);
    EXPECT_EQ(Done, 32);
}

static KEVENT Gate;

static void NTAPI WaitAtGate(PVOID parameter)
{
    WaitFor(&Gate);
    InterlockedIncrement(&Done);
}

TEST_CASE(an_item_that_waits_does_not_hold_up_others)
{
    Done = 0;
    KeInitializeEvent(&Gate, NotificationEvent, FALSE);
    KeInitializeEvent(&Finished, NotificationEvent, FALSE);
    ExInitializeWorkItem(&Items[0], WaitAtGate, NULL);
    ExInitializeWorkItem(&Items[1], Work, (PVOID)1);
    ExQueueWorkItem(&Items[0], DelayedWorkQueue);
    ExQueueWorkItem(&Items[1], DelayedWorkQueue);
    EXPECT_EQ(WaitMs(&Finished, 5000), STATUS_SUCCESS);
    KeSetEvent(&Gate, 0, FALSE);
    EVENTUALLY(Done == 2);
}

static void NTAPI CountItself(PVOID parameter)
{
    PWORK_QUEUE_ITEM item = parameter;

    if (InterlockedIncrement(&Done) < 5)
        ExQueueWorkItem(item, DelayedWorkQueue);
    else
        KeSetEvent(&Finished, 0, FALSE);
}

TEST_CASE(an_item_may_queue_itself_again)
{
    Done = 0;
    KeInitializeEvent(&Finished, NotificationEvent, FALSE);
    ExInitializeWorkItem(&Items[0], CountItself, &Items[0]);
    ExQueueWorkItem(&Items[0], DelayedWorkQueue);
    EXPECT_EQ(WaitMs(&Finished, 5000), STATUS_SUCCESS);
    EXPECT_EQ(Done, 5);
}

static void NTAPI Called(PVOID context, PVOID first, PVOID second)
{
    if (context == &Calls && first == (PVOID)1 && second == (PVOID)2)
        Calls++;
}

TEST_CASE(a_callback_object_calls_every_registered_routine)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    PCALLBACK_OBJECT object, same;

    Calls = 0;
    RtlInitUnicodeString(&name, L"\\Callback\\Ring3Test");
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    EXPECT(!NT_SUCCESS(ExCreateCallback(&object, &attributes, FALSE, TRUE)));
    REQUIRE(NT_SUCCESS(ExCreateCallback(&object, &attributes, TRUE, TRUE)));
    EXPECT_EQ(ExCreateCallback(&same, &attributes, FALSE, TRUE), STATUS_SUCCESS);
    EXPECT(same == object);
    PVOID first = ExRegisterCallback(object, Called, &Calls), second = ExRegisterCallback(object, Called, &Calls);
    EXPECT(first && second);
    ExNotifyCallback(object, (PVOID)1, (PVOID)2);
    EXPECT_EQ(Calls, 2);
    ExUnregisterCallback(first);
    ExNotifyCallback(object, (PVOID)1, (PVOID)2);
    EXPECT_EQ(Calls, 3);
    ExUnregisterCallback(second);
    ExNotifyCallback(object, (PVOID)1, (PVOID)2);
    EXPECT_EQ(Calls, 3);
    ObDereferenceObject(same);
    ObDereferenceObject(object);
}

static void NTAPI TakeFromQueue(PVOID context)
{
    for (int i = 0; i < 10; i++) {
        KeRemoveQueue(&Queue, KernelMode, NULL);
        InterlockedIncrement(&Done);
    }
}

TEST_CASE(a_kernel_queue_hands_each_entry_to_one_thread)
{
    static LIST_ENTRY entries[20];
    LARGE_INTEGER zero = Time(0);
    PKTHREAD threads[2];

    Done = 0;
    KeInitializeQueue(&Queue, 0);
    EXPECT_EQ((ULONG)(ULONG_PTR)KeRemoveQueue(&Queue, KernelMode, &zero), STATUS_TIMEOUT);
    for (int i = 0; i < 2; i++)
        threads[i] = StartThread(TakeFromQueue, NULL);
    for (int i = 0; i < 20; i++)
        KeInsertQueue(&Queue, &entries[i]);
    for (int i = 0; i < 2; i++)
        JoinThread(threads[i]);
    EXPECT_EQ(Done, 20);
    EXPECT_EQ(KeReadStateQueue(&Queue), 0);
    EXPECT(KeRundownQueue(&Queue) == NULL);
}

TEST_CASE(a_device_queue_is_busy_until_it_is_empty)
{
    KDEVICE_QUEUE queue;
    KDEVICE_QUEUE_ENTRY entries[4];
    KIRQL old;

    KeInitializeDeviceQueue(&queue);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    BOOLEAN first = KeInsertDeviceQueue(&queue, &entries[0]);
    BOOLEAN rest = KeInsertByKeyDeviceQueue(&queue, &entries[3], 30) && KeInsertByKeyDeviceQueue(&queue, &entries[1], 10) &&
                   KeInsertByKeyDeviceQueue(&queue, &entries[2], 20);
    PKDEVICE_QUEUE_ENTRY by_key = KeRemoveByKeyDeviceQueue(&queue, 15), next = KeRemoveDeviceQueue(&queue);
    BOOLEAN taken = KeRemoveEntryDeviceQueue(&queue, &entries[3]), again = KeRemoveEntryDeviceQueue(&queue, &entries[3]);
    PKDEVICE_QUEUE_ENTRY none = KeRemoveDeviceQueue(&queue);
    BOOLEAN after = KeInsertDeviceQueue(&queue, &entries[0]);
    KeLowerIrql(old);
    EXPECT(!first);
    EXPECT(rest);
    EXPECT(by_key == &entries[2]);
    EXPECT(next == &entries[1]);
    EXPECT(taken && !again);
    EXPECT(none == NULL);
    EXPECT(!after);
}

TEST_CASE_THAT_STOPS(queueing_an_item_twice, 0xE4)
{
    KIRQL old;

    ExInitializeWorkItem(&Items[0], Work, NULL);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    ExQueueWorkItem(&Items[0], DelayedWorkQueue);
    ExQueueWorkItem(&Items[0], DelayedWorkQueue);
}
