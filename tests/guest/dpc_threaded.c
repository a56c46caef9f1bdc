/* Threaded DPCs. docs: kernel/introduction-to-threaded-dpcs, kernel/synchronization-and-threaded-dpcs */
#include "helpers.h"

static KSPIN_LOCK lock;
static LONG runs, ordinary_runs;
static KIRQL seen_irql, locked_irql;
static ULONG seen_processor;
static PVOID seen_thread, seen_arguments[3];
static KPRIORITY seen_priority;

static VOID NTAPI Routine(PKDPC dpc, PVOID context, PVOID first, PVOID second)
{
    KIRQL old;

    (void)dpc;
    seen_irql = KeGetCurrentIrql();
    seen_thread = KeGetCurrentThread();
    seen_priority = KeQueryPriorityThread(KeGetCurrentThread());
    seen_processor = KeGetCurrentProcessorNumberEx(NULL);
    seen_arguments[0] = context;
    seen_arguments[1] = first;
    seen_arguments[2] = second;
    old = KeAcquireSpinLockForDpc(&lock);
    locked_irql = KeGetCurrentIrql();
    KeReleaseSpinLockForDpc(&lock, old);
    InterlockedIncrement(&runs);
}

static VOID NTAPI Ordinary(PKDPC dpc, PVOID context, PVOID first, PVOID second)
{
    (void)dpc;
    (void)context;
    (void)first;
    (void)second;
    InterlockedIncrement(&ordinary_runs);
}

TEST_CASE(a_threaded_dpc_runs_at_passive_level_in_a_real_time_thread_unless_it_is_an_ordinary_one)
{
    KDPC dpc;

    runs = 0;
    KeInitializeSpinLock(&lock);
    KeInitializeThreadedDpc(&dpc, Routine, &runs);
    EXPECT(KeInsertQueueDpc(&dpc, (PVOID)1, (PVOID)2));
    KeFlushQueuedDpcs();
    EXPECT_EQ(runs, 1);
    EXPECT(seen_irql == PASSIVE_LEVEL || seen_irql == DISPATCH_LEVEL);
    if (seen_irql == PASSIVE_LEVEL) {
        EXPECT(seen_thread != KeGetCurrentThread());
        EXPECT(seen_priority >= LOW_REALTIME_PRIORITY);
    }
    EXPECT_EQ(locked_irql, DISPATCH_LEVEL);
    EXPECT(seen_arguments[0] == &runs);
    EXPECT_EQ((ULONG_PTR)seen_arguments[1], 1);
    EXPECT_EQ((ULONG_PTR)seen_arguments[2], 2);
}

TEST_CASE(a_threaded_dpc_runs_on_the_processor_it_was_sent_to)
{
    ULONG count = KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS);
    KDPC dpc;

    KeInitializeSpinLock(&lock);
    for (ULONG i = 0; i < count; i++) {
        runs = 0;
        KeInitializeThreadedDpc(&dpc, Routine, NULL);
        KeSetTargetProcessorDpc(&dpc, (CCHAR)i);
        KeInsertQueueDpc(&dpc, NULL, NULL);
        EVENTUALLY(runs == 1);
        EXPECT_EQ(seen_processor, i);
        KeFlushQueuedDpcs();
    }
}

TEST_CASE(a_threaded_dpc_is_queued_once_and_can_be_taken_out)
{
    KDPC dpc, ordinary;
    KIRQL old;
    BOOLEAN first, second, removed, again;

    runs = ordinary_runs = 0;
    KeInitializeSpinLock(&lock);
    KeInitializeThreadedDpc(&dpc, Routine, NULL);
    KeInitializeDpc(&ordinary, Ordinary, NULL);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    first = KeInsertQueueDpc(&dpc, NULL, NULL);
    second = KeInsertQueueDpc(&dpc, NULL, NULL);
    KeInsertQueueDpc(&ordinary, NULL, NULL);
    removed = KeRemoveQueueDpc(&dpc);
    again = KeRemoveQueueDpc(&dpc);
    KeLowerIrql(old);
    KeFlushQueuedDpcs();
    EXPECT(first);
    EXPECT(!second);
    EXPECT(removed);
    EXPECT(!again);
    EXPECT_EQ(runs, 0);
    EXPECT_EQ(ordinary_runs, 1);
}

TEST_CASE(a_timer_queues_a_threaded_dpc)
{
    LARGE_INTEGER due = Time(MS(2));
    KTIMER timer;
    KDPC dpc;

    runs = 0;
    KeInitializeSpinLock(&lock);
    KeInitializeTimer(&timer);
    KeInitializeThreadedDpc(&dpc, Routine, NULL);
    KeSetTimer(&timer, due, &dpc);
    EVENTUALLY(runs == 1);
    KeFlushQueuedDpcs();
}
