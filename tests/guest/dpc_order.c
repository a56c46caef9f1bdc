/* DPCs: when they run, in which order, on which processor. docs: kernel/introduction-to-dpcs */
#include "helpers.h"

static KDPC First, Second, Third;
static ULONG Order[8];
static LONG Count;
static ULONG Where;
static PVOID Arguments[2];

static void NTAPI Note(PKDPC dpc, PVOID context, PVOID a, PVOID b)
{
    LONG at = InterlockedIncrement(&Count) - 1;

    if (at < 8)
        Order[at] = (ULONG)(ULONG_PTR)context;
    Where = KeGetCurrentProcessorNumberEx(NULL);
    Arguments[0] = a;
    Arguments[1] = b;
}

static void Prepare(void)
{
    KeInitializeDpc(&First, Note, (PVOID)1);
    KeInitializeDpc(&Second, Note, (PVOID)2);
    KeInitializeDpc(&Third, Note, (PVOID)3);
    Count = 0;
}

TEST_CASE(a_dpc_queued_at_passive_runs_at_once)
{
    Prepare();
    EXPECT(KeInsertQueueDpc(&First, (PVOID)7, (PVOID)8));
    EXPECT_EQ(Count, 1);
    EXPECT(Arguments[0] == (PVOID)7 && Arguments[1] == (PVOID)8);
}

TEST_CASE(a_dpc_queued_at_dispatch_waits_for_the_irql_to_fall)
{
    KIRQL old;

    Prepare();
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    EXPECT(KeInsertQueueDpc(&First, NULL, NULL));
    LONG during = Count;
    KeLowerIrql(old);
    EXPECT_EQ(during, 0);
    EXPECT_EQ(Count, 1);
}

TEST_CASE(a_queued_dpc_is_refused_a_second_time)
{
    KIRQL old;

    Prepare();
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    BOOLEAN first = KeInsertQueueDpc(&First, (PVOID)1, NULL);
    BOOLEAN second = KeInsertQueueDpc(&First, (PVOID)2, NULL);
    KeLowerIrql(old);
    EXPECT(first);
    EXPECT(!second);
    EXPECT_EQ(Count, 1);
    EXPECT(Arguments[0] == (PVOID)1);
    EXPECT(KeInsertQueueDpc(&First, NULL, NULL));
    EXPECT_EQ(Count, 2);
}

TEST_CASE(dpcs_run_in_the_order_they_were_queued)
{
    KIRQL old;

    Prepare();
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    KeInsertQueueDpc(&First, NULL, NULL);
    KeInsertQueueDpc(&Second, NULL, NULL);
    KeInsertQueueDpc(&Third, NULL, NULL);
    KeLowerIrql(old);
    EXPECT_EQ(Count, 3);
    EXPECT(Order[0] == 1 && Order[1] == 2 && Order[2] == 3);
}

TEST_CASE(a_dpc_of_high_importance_goes_first)
{
    KIRQL old;

    Prepare();
    KeSetImportanceDpc(&Third, HighImportance);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    KeInsertQueueDpc(&First, NULL, NULL);
    KeInsertQueueDpc(&Second, NULL, NULL);
    KeInsertQueueDpc(&Third, NULL, NULL);
    KeLowerIrql(old);
    EXPECT(Order[0] == 3 && Order[1] == 1 && Order[2] == 2);
}

TEST_CASE(a_removed_dpc_does_not_run)
{
    KIRQL old;

    Prepare();
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    KeInsertQueueDpc(&First, NULL, NULL);
    KeInsertQueueDpc(&Second, NULL, NULL);
    BOOLEAN removed = KeRemoveQueueDpc(&First), again = KeRemoveQueueDpc(&First);
    KeLowerIrql(old);
    EXPECT(removed);
    EXPECT(!again);
    EXPECT_EQ(Count, 1);
    EXPECT_EQ(Order[0], 2);
}

TEST_CASE(a_dpc_runs_on_the_processor_it_is_targeted_at)
{
    ULONG count = KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS);

    for (ULONG i = 0; i < count; i++) {
        PROCESSOR_NUMBER number;
        Prepare();
        KeGetProcessorNumberFromIndex(i, &number);
        EXPECT_EQ(KeSetTargetProcessorDpcEx(&First, &number), STATUS_SUCCESS);
        EXPECT(KeInsertQueueDpc(&First, NULL, NULL));
        KeFlushQueuedDpcs();
        EXPECT_EQ(Count, 1);
        EXPECT_EQ(Where, i);
    }
}

TEST_CASE(a_target_that_is_not_there_is_refused)
{
    PROCESSOR_NUMBER number = { .Group = 0, .Number = 63 };

    Prepare();
    if (KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS) == 64)
        SKIP("there are 64 processors");
    EXPECT_EQ((ULONG)KeSetTargetProcessorDpcEx(&First, &number), (ULONG)STATUS_INVALID_PARAMETER);
}

static void NTAPI Requeue(PKDPC dpc, PVOID context, PVOID a, PVOID b)
{
    if (InterlockedIncrement(&Count) < 5)
        KeInsertQueueDpc(dpc, NULL, NULL);
}

TEST_CASE(a_dpc_may_queue_itself_again)
{
    Count = 0;
    KeInitializeDpc(&First, Requeue, NULL);
    KeInsertQueueDpc(&First, NULL, NULL);
    KeFlushQueuedDpcs();
    EXPECT_EQ(Count, 5);
}

static void NTAPI EveryProcessor(PKDPC dpc, PVOID context, PVOID a, PVOID b)
{
    InterlockedOr64((LONG64 *)context, 1LL << KeGetCurrentProcessorNumberEx(NULL));
    if (KeSignalCallDpcSynchronize(b))
        InterlockedIncrement(&Count);
    KeSignalCallDpcDone(a);
}

TEST_CASE(a_generic_dpc_runs_on_every_processor)
{
    LONG64 seen = 0;

    Count = 0;
    KeGenericCallDpc(EveryProcessor, &seen);
    EXPECT_EQ(seen, KeQueryActiveProcessors());
    EXPECT_EQ(Count, 1);
}

static ULONG_PTR NTAPI OnEach(ULONG_PTR argument)
{
    InterlockedOr64((LONG64 *)argument, 1LL << KeGetCurrentProcessorNumberEx(NULL));
    return KeGetCurrentIrql();
}

TEST_CASE(a_generic_call_runs_on_every_processor_at_ipi_level)
{
    LONG64 seen = 0;

    EXPECT_EQ(KeIpiGenericCall(OnEach, (ULONG_PTR)&seen), IPI_LEVEL);
    EXPECT_EQ(seen, KeQueryActiveProcessors());
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}
