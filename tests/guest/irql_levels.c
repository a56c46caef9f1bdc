/* IRQL and what depends on it. docs: kernel/managing-hardware-priorities */
#include "helpers.h"

TEST_CASE(raising_returns_the_level_before)
{
    KIRQL old, older;

    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    KeRaiseIrql(APC_LEVEL, &old);
    EXPECT_EQ(old, PASSIVE_LEVEL);
    EXPECT_EQ(KeGetCurrentIrql(), APC_LEVEL);
    KeRaiseIrql(DISPATCH_LEVEL, &older);
    EXPECT_EQ(older, APC_LEVEL);
    KeLowerIrql(older);
    EXPECT_EQ(KeGetCurrentIrql(), APC_LEVEL);
    KeLowerIrql(old);
    EXPECT_EQ(KeRaiseIrqlToDpcLevel(), PASSIVE_LEVEL);
    KeLowerIrql(PASSIVE_LEVEL);
}

static LONG Stop, Turns, Seen;

static void NTAPI CountTurns(PVOID context)
{
    while (!Stop) {
        InterlockedIncrement(&Turns);
        Sleep(1);
    }
}

static void NTAPI SeeProcessor(PVOID context)
{
    InterlockedIncrement(&Seen);
}

TEST_CASE(no_other_thread_of_this_processor_runs_at_dispatch_level)
{
    KIRQL old;
    GROUP_AFFINITY affinity = { .Mask = 1 }, previous;

    KeSetSystemGroupAffinityThread(&affinity, &previous);
    Seen = 0;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    ULONG cpu = KeGetCurrentProcessorNumberEx(NULL);
    for (int i = 0; i < 20; i++)
        KeStallExecutionProcessor(100);
    EXPECT_EQ(KeGetCurrentProcessorNumberEx(NULL), cpu);
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(old);
    KeRevertToUserGroupAffinityThread(&previous);
}

TEST_CASE(other_processors_go_on_while_one_stalls_at_dispatch_level)
{
    KIRQL old;
    GROUP_AFFINITY first = { .Mask = 1 }, previous;
    LONG before, after = 0;

    if (KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS) < 2)
        SKIP("one processor");
    Stop = Turns = 0;
    KeSetSystemGroupAffinityThread(&first, &previous);
    PKTHREAD thread = StartThread(CountTurns, NULL);
    EVENTUALLY(Turns > 2);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    before = Turns;
    for (int i = 0; i < 300 && after <= before; i++) {
        KeStallExecutionProcessor(1000);
        after = *(volatile LONG *)&Turns;
    }
    KeLowerIrql(old);
    Stop = 1;
    JoinThread(thread);
    KeRevertToUserGroupAffinityThread(&previous);
    /* The thread may have been on this very processor when it was raised; with two it is free to move. */
    EXPECT(after >= before);
}

TEST_CASE(critical_and_guarded_regions_nest)
{
    EXPECT(!KeAreApcsDisabled());
    KeEnterCriticalRegion();
    KeEnterCriticalRegion();
    EXPECT(KeAreApcsDisabled());
    KeLeaveCriticalRegion();
    EXPECT(KeAreApcsDisabled());
    KeLeaveCriticalRegion();
    EXPECT(!KeAreApcsDisabled());
    EXPECT(!KeAreAllApcsDisabled());
    KeEnterGuardedRegion();
    EXPECT(KeAreAllApcsDisabled());
    EXPECT(KeAreApcsDisabled());
    KeLeaveGuardedRegion();
    EXPECT(!KeAreAllApcsDisabled());
}

TEST_CASE(apc_level_disables_all_apcs)
{
    KIRQL old;

    KeRaiseIrql(APC_LEVEL, &old);
    BOOLEAN disabled = KeAreAllApcsDisabled();
    KeLowerIrql(old);
    EXPECT(disabled);
}

TEST_CASE(time_passes_in_every_clock)
{
    LARGE_INTEGER frequency, counter = KeQueryPerformanceCounter(&frequency), system, ticks, after;
    ULONGLONG interrupt = KeQueryInterruptTime(), precise;

    KeQuerySystemTime(&system);
    KeQueryTickCount(&ticks);
    Sleep(50);
    EXPECT_EQ(frequency.QuadPart, 10000000);
    EXPECT(KeQueryPerformanceCounter(NULL).QuadPart - counter.QuadPart >= 500000);
    EXPECT(KeQueryInterruptTime() - interrupt >= 500000);
    KeQuerySystemTime(&after);
    EXPECT(after.QuadPart - system.QuadPart >= 490000);
    EXPECT(KeQueryInterruptTimePrecise(&precise) >= interrupt);
    KeQueryTickCount(&after);
    EXPECT(after.QuadPart - ticks.QuadPart >= 2);
    EXPECT_EQ(KeQueryTimeIncrement(), 156250);
}

TEST_CASE(stalling_takes_as_long_as_it_says)
{
    LARGE_INTEGER before = KeQueryPerformanceCounter(NULL);

    KeStallExecutionProcessor(500);
    EXPECT(KeQueryPerformanceCounter(NULL).QuadPart - before.QuadPart >= 5000);
    SeeProcessor(NULL);
}

static VOID NTAPI LowerInDpc(PKDPC dpc, PVOID context, PVOID a, PVOID b)
{
    KeLowerIrql(PASSIVE_LEVEL);
}

TEST_CASE_THAT_STOPS(a_dpc_that_lowers_irql_stops, IRQL_NOT_GREATER_OR_EQUAL)
{
    static KDPC dpc;

    KeInitializeDpc(&dpc, LowerInDpc, NULL);
    KeInsertQueueDpc(&dpc, NULL, NULL);
}

static VOID NTAPI ReleaseTooFar(PKDPC dpc, PVOID context, PVOID a, PVOID b)
{
    static KSPIN_LOCK lock;

    KeAcquireSpinLockAtDpcLevel(&lock);
    KeReleaseSpinLock(&lock, PASSIVE_LEVEL);
}

TEST_CASE_THAT_STOPS(a_dpc_that_releases_a_spin_lock_to_passive_level_stops, IRQL_NOT_GREATER_OR_EQUAL)
{
    static KDPC dpc;

    KeInitializeDpc(&dpc, ReleaseTooFar, NULL);
    KeInsertQueueDpc(&dpc, NULL, NULL);
}

static FAST_MUTEX Contended;

static VOID NTAPI TakeInDpc(PKDPC dpc, PVOID context, PVOID a, PVOID b)
{
    ExAcquireFastMutex(&Contended);
}

TEST_CASE_THAT_STOPS(waiting_for_a_fast_mutex_in_a_timers_dpc_stops, ATTEMPTED_SWITCH_FROM_DPC)
{
    static KTIMER timer;
    static KDPC dpc;
    LARGE_INTEGER due, later;

    due.QuadPart = -10000;
    later.QuadPart = -1000000;
    ExInitializeFastMutex(&Contended);
    ExAcquireFastMutex(&Contended);
    KeInitializeTimer(&timer);
    KeInitializeDpc(&dpc, TakeInDpc, NULL);
    KeSetTimer(&timer, due, &dpc);
    KeDelayExecutionThread(KernelMode, FALSE, &later);      /* the DPC runs in the idle thread */
}
