/* Timer objects. docs: kernel/timer-objects-and-dpcs */
#include "helpers.h"

static KTIMER Timer;
static KDPC Dpc;
static LONG Runs;
static KIRQL SeenIrql;
static PVOID SeenContext;

static void NTAPI Expired(PKDPC dpc, PVOID context, PVOID a, PVOID b)
{
    SeenIrql = KeGetCurrentIrql();
    SeenContext = context;
    InterlockedIncrement(&Runs);
}

static void Prepare(TIMER_TYPE type)
{
    KeInitializeTimerEx(&Timer, type);
    KeInitializeDpc(&Dpc, Expired, &Runs);
    Runs = 0;
}

TEST_CASE(a_timer_is_signalled_when_its_time_has_come)
{
    ULONGLONG before = KeQueryInterruptTime();

    Prepare(NotificationTimer);
    EXPECT(!KeReadStateTimer(&Timer));
    EXPECT(!KeSetTimer(&Timer, Time(MS(100)), NULL));
    EXPECT_EQ(Poll(&Timer), STATUS_TIMEOUT);
    EXPECT_EQ(WaitFor(&Timer), STATUS_SUCCESS);
    EXPECT(KeQueryInterruptTime() - before >= 1000000);
    EXPECT(KeReadStateTimer(&Timer));
    EXPECT(!KeCancelTimer(&Timer));
}

TEST_CASE(a_synchronization_timer_lets_one_waiter_go)
{
    Prepare(SynchronizationTimer);
    KeSetTimer(&Timer, Time(MS(5)), NULL);
    EXPECT_EQ(WaitFor(&Timer), STATUS_SUCCESS);
    EXPECT(!KeReadStateTimer(&Timer));
}

TEST_CASE(its_dpc_runs_at_dispatch_level_with_its_context)
{
    Prepare(NotificationTimer);
    KeSetTimer(&Timer, Time(MS(5)), &Dpc);
    WaitFor(&Timer);
    KeFlushQueuedDpcs();
    EXPECT_EQ(Runs, 1);
    EXPECT_EQ(SeenIrql, DISPATCH_LEVEL);
    EXPECT(SeenContext == &Runs);
}

TEST_CASE(a_cancelled_timer_does_not_expire)
{
    Prepare(NotificationTimer);
    KeSetTimer(&Timer, Time(MS(200)), &Dpc);
    EXPECT(KeCancelTimer(&Timer));
    EXPECT(!KeCancelTimer(&Timer));
    Sleep(250);
    EXPECT_EQ(Runs, 0);
    EXPECT(!KeReadStateTimer(&Timer));
}

TEST_CASE(setting_again_replaces_and_says_so)
{
    Prepare(NotificationTimer);
    ULONGLONG before = KeQueryInterruptTime();

    EXPECT(!KeSetTimer(&Timer, Time(MS(100)), &Dpc));
    EXPECT(KeSetTimer(&Timer, Time(MS(300)), &Dpc));
    Sleep(150);
    if (KeQueryInterruptTime() - before < 2900000)
        EXPECT_EQ(Runs, 0);
    WaitFor(&Timer);
    KeFlushQueuedDpcs();
    EXPECT_EQ(Runs, 1);
}

TEST_CASE(setting_makes_a_signalled_timer_not_signalled)
{
    Prepare(NotificationTimer);
    KeSetTimer(&Timer, Time(MS(1)), NULL);
    WaitFor(&Timer);
    KeSetTimer(&Timer, Time(MS(1000)), NULL);
    EXPECT(!KeReadStateTimer(&Timer));
    EXPECT(KeCancelTimer(&Timer));
}

TEST_CASE(a_periodic_timer_expires_again_and_again_until_cancelled)
{
    Prepare(SynchronizationTimer);
    KeSetTimerEx(&Timer, Time(MS(5)), 5, &Dpc);
    for (int i = 0; i < 4; i++)
        EXPECT_EQ(WaitMs(&Timer, 5000), STATUS_SUCCESS);
    EXPECT(KeCancelTimer(&Timer));
    KeFlushQueuedDpcs();
    EXPECT(Runs >= 4);
    LONG runs = Runs;
    Sleep(30);
    EXPECT_EQ(Runs, runs);
}

TEST_CASE(a_due_time_in_the_past_expires_at_once)
{
    Prepare(NotificationTimer);
    EXPECT(!KeSetTimer(&Timer, Time(1), &Dpc));
    EXPECT_EQ(WaitMs(&Timer, 1000), STATUS_SUCCESS);
    KeFlushQueuedDpcs();
    EXPECT_EQ(Runs, 1);
}

TEST_CASE(an_absolute_due_time_is_system_time)
{
    LARGE_INTEGER due;
    ULONGLONG before = KeQueryInterruptTime();

    Prepare(NotificationTimer);
    KeQuerySystemTime(&due);
    due.QuadPart += 150000;
    KeSetTimer(&Timer, due, NULL);
    EXPECT_EQ(WaitFor(&Timer), STATUS_SUCCESS);
    EXPECT(KeQueryInterruptTime() - before >= 140000);
}

TEST_CASE(a_due_time_beyond_all_clocks_never_comes)
{
    Prepare(NotificationTimer);
    EXPECT(!KeSetTimer(&Timer, Time((LONGLONG)0x8000000000000000ull), &Dpc));
    Sleep(5);
    EXPECT(KeCancelTimer(&Timer));
    EXPECT(!KeSetTimer(&Timer, Time(0x7fffffffffffffffll), &Dpc));
    Sleep(5);
    EXPECT(KeCancelTimer(&Timer));
    EXPECT_EQ(Runs, 0);
}

TEST_CASE(a_coalescable_timer_expires_not_early)
{
    ULONGLONG before = KeQueryInterruptTime();

    Prepare(NotificationTimer);
    EXPECT(!KeSetCoalescableTimer(&Timer, Time(MS(50)), 0, 50, NULL));
    EXPECT_EQ(WaitFor(&Timer), STATUS_SUCCESS);
    EXPECT(KeQueryInterruptTime() - before >= 500000);
}

TEST_CASE(many_timers_expire_in_order_of_due_time)
{
    static KTIMER timers[16];

    for (int i = 0; i < 16; i++) {
        KeInitializeTimer(&timers[i]);
        KeSetTimer(&timers[i], Time(MS(1 + (i * 7) % 16)), NULL);
    }
    for (int i = 0; i < 16; i++) {
        EXPECT_EQ(WaitFor(&timers[i]), STATUS_SUCCESS);
        for (int k = 0; k < 16; k++)
            if ((k * 7) % 16 < (i * 7) % 16)
                EXPECT(KeReadStateTimer(&timers[k]));
    }
}

TEST_CASE_THAT_STOPS(freeing_memory_with_a_timer_that_is_set, 0xC7)
{
    PKTIMER timer = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof *timer, 'tseT');

    KeInitializeTimer(timer);
    KeSetTimer(timer, Time(MS(1000)), NULL);
    ExFreePool(timer);
}

TEST_CASE_THAT_STOPS(cancelling_a_copy_of_a_timer_that_is_set, 0xC7)
{
    static KTIMER timer, copy;

    KeInitializeTimer(&timer);
    KeSetTimer(&timer, Time(MS(1000)), NULL);
    copy = timer;
    KeCancelTimer(&copy);
}
