/* Waits: time-outs, several objects, IRQL. docs: wdm/nf-wdm-kewaitformultipleobjects */
#include "helpers.h"

static KEVENT A, B, C;
static KWAIT_BLOCK Blocks[MAXIMUM_WAIT_OBJECTS];
static NTSTATUS Result;

static void Reset(EVENT_TYPE type)
{
    KeInitializeEvent(&A, type, FALSE);
    KeInitializeEvent(&B, type, FALSE);
    KeInitializeEvent(&C, type, FALSE);
}

static NTSTATUS WaitThree(WAIT_TYPE type, LONGLONG timeout)
{
    PVOID objects[3] = { &A, &B, &C };
    LARGE_INTEGER time = Time(timeout);

    return KeWaitForMultipleObjects(3, objects, type, Executive, KernelMode, FALSE, timeout == 1 ? NULL : &time, NULL);
}

TEST_CASE(wait_any_returns_the_first_signalled_index)
{
    Reset(SynchronizationEvent);
    KeSetEvent(&C, 0, FALSE);
    KeSetEvent(&B, 0, FALSE);
    EXPECT_EQ(WaitThree(WaitAny, 0), STATUS_WAIT_0 + 1);
    EXPECT_EQ(WaitThree(WaitAny, 0), STATUS_WAIT_0 + 2);
    EXPECT_EQ(WaitThree(WaitAny, 0), STATUS_TIMEOUT);
}

TEST_CASE(wait_all_takes_nothing_until_all_are_signalled)
{
    Reset(SynchronizationEvent);
    KeSetEvent(&A, 0, FALSE);
    KeSetEvent(&B, 0, FALSE);
    EXPECT_EQ(WaitThree(WaitAll, 0), STATUS_TIMEOUT);
    EXPECT(KeReadStateEvent(&A) && KeReadStateEvent(&B));
    KeSetEvent(&C, 0, FALSE);
    EXPECT_EQ(WaitThree(WaitAll, 0), STATUS_SUCCESS);
    EXPECT(!KeReadStateEvent(&A) && !KeReadStateEvent(&B) && !KeReadStateEvent(&C));
}

static void NTAPI WaitAllThread(PVOID context)
{
    Result = WaitThree(WaitAll, 1);
}

TEST_CASE(a_blocked_wait_all_is_satisfied_at_once_by_the_last_object)
{
    Reset(SynchronizationEvent);
    Result = STATUS_PENDING;
    PKTHREAD thread = StartThread(WaitAllThread, NULL);
    Sleep(5);
    KeSetEvent(&A, 0, FALSE);
    KeSetEvent(&C, 0, FALSE);
    Sleep(5);
    EXPECT_EQ(Result, STATUS_PENDING);
    EXPECT_EQ(Poll(&A), STATUS_SUCCESS);        /* not taken: another thread may have it */
    KeSetEvent(&B, 0, FALSE);
    Sleep(5);
    EXPECT_EQ(Result, STATUS_PENDING);
    KeSetEvent(&A, 0, FALSE);
    JoinThread(thread);
    EXPECT_EQ(Result, STATUS_SUCCESS);
    EXPECT(!KeReadStateEvent(&A) && !KeReadStateEvent(&B) && !KeReadStateEvent(&C));
}

TEST_CASE(more_than_three_objects_take_the_callers_wait_blocks)
{
    KEVENT events[8];
    PVOID objects[8];
    LARGE_INTEGER zero = Time(0);

    for (int i = 0; i < 8; i++) {
        KeInitializeEvent(&events[i], NotificationEvent, i == 6);
        objects[i] = &events[i];
    }
    EXPECT_EQ(KeWaitForMultipleObjects(8, objects, WaitAny, Executive, KernelMode, FALSE, &zero, Blocks),
              STATUS_WAIT_0 + 6);
    EXPECT_EQ(KeWaitForMultipleObjects(8, objects, WaitAll, Executive, KernelMode, FALSE, &zero, Blocks),
              STATUS_TIMEOUT);
}

TEST_CASE(a_relative_time_out_passes)
{
    ULONGLONG before = KeQueryInterruptTime();

    Reset(NotificationEvent);
    EXPECT_EQ(WaitMs(&A, 20), STATUS_TIMEOUT);
    EXPECT(KeQueryInterruptTime() - before >= 200000);
}

TEST_CASE(an_absolute_time_out_passes_and_a_past_one_returns_at_once)
{
    LARGE_INTEGER time;
    ULONGLONG before = KeQueryInterruptTime();

    Reset(NotificationEvent);
    KeQuerySystemTime(&time);
    time.QuadPart += 200000;
    EXPECT_EQ(KeWaitForSingleObject(&A, Executive, KernelMode, FALSE, &time), STATUS_TIMEOUT);
    EXPECT(KeQueryInterruptTime() - before >= 190000);
    time.QuadPart = 1;
    EXPECT_EQ(KeWaitForSingleObject(&A, Executive, KernelMode, FALSE, &time), STATUS_TIMEOUT);
}

static void NTAPI SetAfterAWhile(PVOID context)
{
    Sleep(10);
    KeSetEvent(context, 0, FALSE);
}

TEST_CASE(a_signal_before_the_time_out_ends_the_wait)
{
    Reset(SynchronizationEvent);
    PKTHREAD thread = StartThread(SetAfterAWhile, &A);
    EXPECT_EQ(WaitMs(&A, 10000), STATUS_SUCCESS);
    JoinThread(thread);
}

TEST_CASE(a_wait_with_no_time_is_allowed_at_dispatch_level)
{
    KIRQL old;

    Reset(SynchronizationEvent);
    KeSetEvent(&A, 0, FALSE);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    NTSTATUS first = Poll(&A), second = Poll(&A);
    KeLowerIrql(old);
    EXPECT_EQ(first, STATUS_SUCCESS);
    EXPECT_EQ(second, STATUS_TIMEOUT);
}

TEST_CASE(a_wait_at_apc_level_blocks_and_keeps_its_irql)
{
    KIRQL old;

    Reset(SynchronizationEvent);
    PKTHREAD thread = StartThread(SetAfterAWhile, &A);
    KeRaiseIrql(APC_LEVEL, &old);
    NTSTATUS status = WaitFor(&A);
    KIRQL during = KeGetCurrentIrql();
    KeLowerIrql(old);
    EXPECT_EQ(status, STATUS_SUCCESS);
    EXPECT_EQ(during, APC_LEVEL);
    JoinThread(thread);
}

TEST_CASE(a_delay_of_zero_yields)
{
    LARGE_INTEGER zero = Time(0);

    EXPECT_EQ(KeDelayExecutionThread(KernelMode, FALSE, &zero), STATUS_SUCCESS);
}

TEST_CASE_THAT_STOPS(a_wait_that_would_block_at_dispatch_level, 0xB8)
{
    KIRQL old;

    Reset(SynchronizationEvent);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    WaitFor(&A);
}
