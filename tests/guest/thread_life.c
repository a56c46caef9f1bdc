/* System threads. docs: wdm/nf-wdm-pscreatesystemthread */
#include "helpers.h"

static LONG Ran;
static HANDLE SeenId;
static KIRQL SeenIrql;
static KPRIORITY SeenPriority;
static KAFFINITY SeenOn;

static void NTAPI Run(PVOID context)
{
    SeenIrql = KeGetCurrentIrql();
    SeenId = PsGetCurrentThreadId();
    SeenPriority = KeQueryPriorityThread(KeGetCurrentThread());
    InterlockedAdd(&Ran, (LONG)(LONG_PTR)context);
}

TEST_CASE(a_thread_runs_at_passive_level_with_its_context)
{
    OBJECT_ATTRIBUTES attributes;
    CLIENT_ID id;
    HANDLE handle;
    PVOID object;

    Ran = 0;
    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    REQUIRE(NT_SUCCESS(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, &attributes, NULL, &id, Run, (PVOID)5)));
    EXPECT_EQ(ObReferenceObjectByHandle(handle, SYNCHRONIZE, *PsThreadType, KernelMode, &object, NULL), 0);
    EXPECT_EQ(ZwClose(handle), 0);
    EXPECT_EQ(WaitFor(object), STATUS_SUCCESS);
    EXPECT_EQ(Poll(object), STATUS_SUCCESS);    /* it stays signalled */
    EXPECT_EQ(Ran, 5);
    EXPECT_EQ(SeenIrql, PASSIVE_LEVEL);
    EXPECT(SeenId == id.UniqueThread);
    EXPECT(id.UniqueProcess == PsGetCurrentProcessId());
    EXPECT_EQ(PsGetThreadExitStatus((PETHREAD)object), STATUS_SUCCESS);
    ObDereferenceObject(object);
}

static void NTAPI Terminate(PVOID context)
{
    PsTerminateSystemThread(STATUS_DEVICE_BUSY);
    Ran = -1;
}

TEST_CASE(terminating_does_not_return_and_leaves_a_status)
{
    Ran = 0;
    PKTHREAD thread = StartThread(Terminate, NULL);
    REQUIRE(thread != NULL);
    WaitFor(thread);
    EXPECT_EQ(Ran, 0);
    EXPECT_EQ((ULONG)PsGetThreadExitStatus((PETHREAD)thread), (ULONG)STATUS_DEVICE_BUSY);
    ObDereferenceObject(thread);
}

TEST_CASE(the_current_thread_is_known_by_its_id)
{
    PETHREAD thread;

    EXPECT((PETHREAD)KeGetCurrentThread() == PsGetCurrentThread());
    REQUIRE(NT_SUCCESS(PsLookupThreadByThreadId(PsGetCurrentThreadId(), &thread)));
    EXPECT(thread == PsGetCurrentThread());
    ObDereferenceObject(thread);
    EXPECT_EQ((ULONG)PsLookupThreadByThreadId((HANDLE)(ULONG_PTR)0x7ffffff0, &thread), (ULONG)STATUS_INVALID_PARAMETER);
    EXPECT(PsGetCurrentProcess() == PsInitialSystemProcess);
    EXPECT(PsIsSystemThread(PsGetCurrentThread()));
}

TEST_CASE(many_threads_come_and_go)
{
    Ran = 0;
    for (int round = 0; round < 20; round++) {
        PKTHREAD threads[8];
        for (int i = 0; i < 8; i++)
            threads[i] = StartThread(Run, (PVOID)1);
        for (int i = 0; i < 8; i++)
            JoinThread(threads[i]);
    }
    EXPECT_EQ(Ran, 160);
}

static void NTAPI GoRound(PVOID context)
{
    for (ULONG i = 0; i < KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS); i++) {
        GROUP_AFFINITY affinity = { .Mask = 1ull << i }, previous;
        KeSetSystemGroupAffinityThread(&affinity, &previous);
        if (KeGetCurrentProcessorNumberEx(NULL) == i)
            SeenOn |= 1ull << i;
        KeRevertToUserGroupAffinityThread(&previous);
    }
}

TEST_CASE(a_thread_moves_to_the_processors_it_is_restricted_to)
{
    SeenOn = 0;
    JoinThread(StartThread(GoRound, NULL));
    EXPECT_EQ(SeenOn, KeQueryActiveProcessors());
}

TEST_CASE(priority_is_what_was_set)
{
    KPRIORITY before = KeSetPriorityThread(KeGetCurrentThread(), 14);

    EXPECT_EQ(KeQueryPriorityThread(KeGetCurrentThread()), 14);
    EXPECT_EQ(KeSetPriorityThread(KeGetCurrentThread(), before), 14);
}

static LONG Order[2], Next;

static void NTAPI NoteOrder(PVOID context)
{
    Order[InterlockedIncrement(&Next) - 1] = (LONG)(LONG_PTR)context;
}

static void NTAPI HighAndLow(PVOID context)
{
    PKTHREAD high, low;

    Next = 0;
    KeSetPriorityThread(KeGetCurrentThread(), 16);
    low = StartThread(NoteOrder, (PVOID)1);
    high = StartThread(NoteOrder, (PVOID)2);
    KeSetPriorityThread(low, 5);
    KeSetPriorityThread(high, 12);
    JoinThread(high);
    JoinThread(low);
}

TEST_CASE(of_two_ready_threads_the_higher_priority_runs_first)
{
    if (KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS) > 1)
        SKIP("both may run at once on several processors");
    JoinThread(StartThread(HighAndLow, NULL));
    EXPECT(Order[0] == 2 && Order[1] == 1);
}

static KSPIN_LOCK Kept;

static void NTAPI EndAtDispatch(PVOID context)
{
    KIRQL old;

    KeInitializeSpinLock(&Kept);
    KeAcquireSpinLock(&Kept, &old);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

TEST_CASE_THAT_STOPS(a_thread_that_ends_at_a_raised_irql_stops, KERNEL_APC_PENDING_DURING_EXIT)
{
    JoinThread(StartThread(EndAtDispatch, NULL));
}

static void NTAPI ReturnWithAFastMutex(PVOID context)
{
    static FAST_MUTEX mutex;

    ExInitializeFastMutex(&mutex);
    ExAcquireFastMutex(&mutex);
}

TEST_CASE_THAT_STOPS(a_thread_that_returns_with_a_fast_mutex_stops, KERNEL_APC_PENDING_DURING_EXIT)
{
    JoinThread(StartThread(ReturnWithAFastMutex, NULL));
}
