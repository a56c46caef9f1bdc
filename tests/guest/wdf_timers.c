/* Timers, work items, DPCs and locks of the framework.
 * docs: wdf/using-timers, wdf/using-framework-work-items, wdf/using-framework-locks */
#include "wdf_helpers.h"

#include "helpers.h"

typedef struct _COUNT {
    volatile LONG Calls;
    KIRQL Irql;
    LONG Inside, Overlaps;
} COUNT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(COUNT, GetCount)

static volatile LONG in_callbacks, overlaps;

static void Enter(WDFOBJECT object)
{
    COUNT *count = GetCount(object);

    if (InterlockedIncrement(&in_callbacks) != 1)
        overlaps++;
    count->Irql = KeGetCurrentIrql();
    InterlockedIncrement(&count->Calls);
    InterlockedDecrement(&in_callbacks);
}

static VOID NTAPI TimerFunc(WDFTIMER Timer)
{
    Enter(Timer);
}

static VOID NTAPI WorkFunc(WDFWORKITEM WorkItem)
{
    Enter(WorkItem);
}

static VOID NTAPI DpcFunc(WDFDPC Dpc)
{
    Enter(Dpc);
}

static VOID NTAPI DeleteMe(WDFWORKITEM WorkItem)
{
    Enter(WorkItem);
    WdfObjectDelete(WorkItem);
}

static BOOLEAN MakeDevice(WDF_EXECUTION_LEVEL level, WDF_SYNCHRONIZATION_SCOPE scope)
{
    WDF_OBJECT_ATTRIBUTES attributes;

    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ExecutionLevel = level;
    attributes.SynchronizationScope = scope;
    control = MakeControl(NULL, &attributes, NULL);
    if (control != NULL)
        WdfControlFinishInitializing(control);
    return control != NULL;
}

static void InitAttributes(WDF_OBJECT_ATTRIBUTES *attributes, WDFOBJECT parent)
{
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(attributes, COUNT);
    attributes->ParentObject = parent;
}

static NTSTATUS MakeTimer(LONG period, WDF_EXECUTION_LEVEL level, BOOLEAN serialised, WDFTIMER *timer)
{
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_TIMER_CONFIG config;

    InitAttributes(&attributes, control);
    attributes.ExecutionLevel = level;
    WDF_TIMER_CONFIG_INIT_PERIODIC(&config, TimerFunc, period);
    config.AutomaticSerialization = serialised;
    return WdfTimerCreate(&config, &attributes, timer);
}

static BOOLEAN Until(WDFOBJECT object, LONG calls)
{
    for (ULONG i = 0; i < 1000 && GetCount(object)->Calls < calls; i++)
        Sleep(1);
    return GetCount(object)->Calls >= calls;
}

TEST_SETUP(setup)
{
    REQUIRE(NT_SUCCESS(MakeDriver()));
}

TEST_CASE(a_timer_runs_once_at_dispatch_level)
{
    WDFTIMER timer;

    REQUIRE(MakeDevice(WdfExecutionLevelInheritFromParent, WdfSynchronizationScopeInheritFromParent));
    REQUIRE(NT_SUCCESS(MakeTimer(0, WdfExecutionLevelInheritFromParent, TRUE, &timer)));
    EXPECT_EQ(WdfTimerGetParentObject(timer), control);
    EXPECT(!WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_MS(2)));
    EXPECT(WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_MS(1)));
    REQUIRE(Until(timer, 1));
    EXPECT_EQ(GetCount(timer)->Irql, DISPATCH_LEVEL);
    Sleep(5);
    EXPECT_EQ(GetCount(timer)->Calls, 1);
    EXPECT(!WdfTimerStop(timer, TRUE));
    WdfObjectDelete(control);
}

TEST_CASE(a_periodic_timer_runs_until_it_is_stopped)
{
    WDFTIMER timer;
    LONG calls;

    REQUIRE(MakeDevice(WdfExecutionLevelInheritFromParent, WdfSynchronizationScopeInheritFromParent));
    REQUIRE(NT_SUCCESS(MakeTimer(2, WdfExecutionLevelInheritFromParent, FALSE, &timer)));
    WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_MS(1));
    EXPECT(Until(timer, 3));
    EXPECT(WdfTimerStop(timer, TRUE));
    calls = GetCount(timer)->Calls;
    Sleep(10);
    EXPECT_EQ(GetCount(timer)->Calls, calls);
    WdfObjectDelete(control);
}

TEST_CASE(a_passive_timer_runs_at_passive_level)
{
    WDFTIMER timer;

    REQUIRE(MakeDevice(WdfExecutionLevelPassive, WdfSynchronizationScopeDevice));
    REQUIRE(NT_SUCCESS(MakeTimer(0, WdfExecutionLevelPassive, TRUE, &timer)));
    WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_MS(1));
    REQUIRE(Until(timer, 1));
    EXPECT_EQ(GetCount(timer)->Irql, PASSIVE_LEVEL);
    WdfObjectDelete(control);
}

TEST_CASE(a_timer_that_is_serialised_with_passive_callbacks_must_be_passive)
{
    WDFTIMER timer;

    REQUIRE(MakeDevice(WdfExecutionLevelPassive, WdfSynchronizationScopeDevice));
    EXPECT_EQ(MakeTimer(0, WdfExecutionLevelInheritFromParent, TRUE, &timer), STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL);
    EXPECT_EQ(MakeTimer(0, WdfExecutionLevelInheritFromParent, FALSE, &timer), STATUS_SUCCESS);
    WdfObjectDelete(control);
}

TEST_CASE(a_timer_needs_a_device_above_it)
{
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_TIMER_CONFIG config;
    WDFTIMER timer;

    WDF_TIMER_CONFIG_INIT(&config, TimerFunc);
    InitAttributes(&attributes, NULL);
    EXPECT_EQ(WdfTimerCreate(&config, &attributes, &timer), STATUS_WDF_PARENT_NOT_SPECIFIED);
    EXPECT_EQ(WdfTimerCreate(&config, NULL, &timer), STATUS_WDF_PARENT_NOT_SPECIFIED);
    InitAttributes(&attributes, driver);
    EXPECT_EQ(WdfTimerCreate(&config, &attributes, &timer), STATUS_INVALID_DEVICE_REQUEST);
}

TEST_CASE(a_running_timer_is_stopped_when_its_device_is_deleted)
{
    WDFTIMER timer;

    REQUIRE(MakeDevice(WdfExecutionLevelInheritFromParent, WdfSynchronizationScopeInheritFromParent));
    REQUIRE(NT_SUCCESS(MakeTimer(1, WdfExecutionLevelInheritFromParent, TRUE, &timer)));
    WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_MS(1));
    WdfObjectDelete(control);
    Sleep(5);
}

static NTSTATUS MakeWork(PFN_WDF_WORKITEM function, BOOLEAN serialised, WDFWORKITEM *item)
{
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_WORKITEM_CONFIG config;

    InitAttributes(&attributes, control);
    WDF_WORKITEM_CONFIG_INIT(&config, function);
    config.AutomaticSerialization = serialised;
    return WdfWorkItemCreate(&config, &attributes, item);
}

TEST_CASE(a_work_item_runs_at_passive_level_and_can_be_flushed)
{
    WDFWORKITEM item;
    KIRQL irql;

    REQUIRE(MakeDevice(WdfExecutionLevelInheritFromParent, WdfSynchronizationScopeInheritFromParent));
    REQUIRE(NT_SUCCESS(MakeWork(WorkFunc, FALSE, &item)));
    WdfWorkItemFlush(item);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    WdfWorkItemEnqueue(item);
    WdfWorkItemEnqueue(item);
    KeLowerIrql(irql);
    WdfWorkItemFlush(item);
    EXPECT_EQ(GetCount(item)->Irql, PASSIVE_LEVEL);
    EXPECT(GetCount(item)->Calls >= 1);
    EXPECT_EQ(WdfWorkItemGetParentObject(item), control);
    WdfObjectDelete(control);
}

TEST_CASE(a_work_item_may_delete_itself)
{
    WDFWORKITEM item;
    COUNT *count;

    REQUIRE(MakeDevice(WdfExecutionLevelInheritFromParent, WdfSynchronizationScopeInheritFromParent));
    REQUIRE(NT_SUCCESS(MakeWork(DeleteMe, FALSE, &item)));
    WdfObjectReference(item);
    count = GetCount(item);
    WdfWorkItemEnqueue(item);
    for (ULONG i = 0; i < 1000 && count->Calls == 0; i++)
        Sleep(1);
    EXPECT_EQ(count->Calls, 1);
    WdfObjectDereference(item);
    WdfObjectDelete(control);
}

TEST_CASE(a_work_item_cannot_be_serialised_with_dispatch_level_callbacks)
{
    WDFWORKITEM item;

    REQUIRE(MakeDevice(WdfExecutionLevelInheritFromParent, WdfSynchronizationScopeDevice));
    EXPECT_EQ(MakeWork(WorkFunc, TRUE, &item), STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL);
    WdfObjectDelete(control);
}

TEST_CASE(a_dpc_runs_at_dispatch_level)
{
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_DPC_CONFIG config;
    WDFDPC dpc;
    KIRQL irql;

    REQUIRE(MakeDevice(WdfExecutionLevelInheritFromParent, WdfSynchronizationScopeDevice));
    InitAttributes(&attributes, control);
    WDF_DPC_CONFIG_INIT(&config, DpcFunc);
    REQUIRE(NT_SUCCESS(WdfDpcCreate(&config, &attributes, &dpc)));
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    EXPECT(WdfDpcEnqueue(dpc));
    EXPECT(!WdfDpcEnqueue(dpc));
    EXPECT(WdfDpcCancel(dpc, FALSE));
    EXPECT(WdfDpcEnqueue(dpc));
    KeLowerIrql(irql);
    EXPECT(Until(dpc, 1));
    EXPECT_EQ(GetCount(dpc)->Irql, DISPATCH_LEVEL);
    EXPECT_EQ(WdfDpcGetParentObject(dpc), control);
    EXPECT(WdfDpcWdmGetDpc(dpc) != NULL);
    WdfObjectDelete(control);
}

TEST_CASE(serialised_callbacks_never_overlap)
{
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_DPC_CONFIG config;
    WDFTIMER timers[3];
    WDFDPC dpc;

    REQUIRE(MakeDevice(WdfExecutionLevelInheritFromParent, WdfSynchronizationScopeDevice));
    overlaps = 0;
    for (ULONG i = 0; i < 3; i++) {
        REQUIRE(NT_SUCCESS(MakeTimer(1, WdfExecutionLevelInheritFromParent, TRUE, &timers[i])));
        WdfTimerStart(timers[i], WDF_REL_TIMEOUT_IN_MS(1));
    }
    InitAttributes(&attributes, control);
    WDF_DPC_CONFIG_INIT(&config, DpcFunc);
    REQUIRE(NT_SUCCESS(WdfDpcCreate(&config, &attributes, &dpc)));
    for (ULONG i = 0; i < 10; i++) {
        WdfDpcEnqueue(dpc);
        Sleep(1);
    }
    EXPECT(Until(timers[0], 3) && Until(dpc, 1));
    EXPECT_EQ(overlaps, 0);
    WdfObjectDelete(control);
}

TEST_CASE(a_spin_lock_raises_to_dispatch_level)
{
    WDFSPINLOCK lock;

    REQUIRE(NT_SUCCESS(WdfSpinLockCreate(NULL, &lock)));
    WdfSpinLockAcquire(lock);
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    WdfSpinLockRelease(lock);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    WdfObjectDelete(lock);
}

static WDFWAITLOCK wait_lock;
static NTSTATUS second_try;

static VOID NTAPI TryLock(PVOID context)
{
    LONGLONG none = 0;

    second_try = WdfWaitLockAcquire(wait_lock, &none);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

TEST_CASE(a_wait_lock_is_held_by_one_thread_at_a_time)
{
    PKTHREAD thread;

    REQUIRE(NT_SUCCESS(WdfWaitLockCreate(NULL, &wait_lock)));
    EXPECT_EQ(WdfWaitLockAcquire(wait_lock, NULL), STATUS_SUCCESS);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    EXPECT(KeAreApcsDisabled());
    thread = StartThread(TryLock, NULL);
    REQUIRE(thread != NULL);
    JoinThread(thread);
    EXPECT_EQ(second_try, STATUS_TIMEOUT);
    WdfWaitLockRelease(wait_lock);
    EXPECT(!KeAreApcsDisabled());
    WdfObjectDelete(wait_lock);
}

TEST_CASE_THAT_STOPS(a_spin_lock_taken_twice_stops_the_system, WDF_VIOLATION)
{
    WDFSPINLOCK lock;

    if (NT_SUCCESS(WdfSpinLockCreate(NULL, &lock))) {
        WdfSpinLockAcquire(lock);
        WdfSpinLockAcquire(lock);
    }
}

TEST_CASE_THAT_STOPS(a_spin_lock_released_by_nobody_stops_the_system, WDF_VIOLATION)
{
    WDFSPINLOCK lock;

    if (NT_SUCCESS(WdfSpinLockCreate(NULL, &lock)))
        WdfSpinLockRelease(lock);
}

TEST_CASE_THAT_STOPS(the_lock_of_an_object_that_has_none_stops_the_system, WDF_VIOLATION)
{
    WdfObjectAcquireLock(driver);
}
