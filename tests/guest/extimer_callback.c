/* EX_TIMER. docs: kernel/exxxxtimer-routines-and-ex-timer-objects */
#include "helpers.h"

static LONG Calls, Deleted;
static KIRQL SeenIrql;

static void NTAPI Expired(PEX_TIMER timer, PVOID context)
{
    SeenIrql = KeGetCurrentIrql();
    if (context == &Calls)
        InterlockedIncrement(&Calls);
}

static void NTAPI Gone(PVOID context)
{
    if (context == &Deleted)
        Deleted++;
}

TEST_CASE(the_callback_runs_at_dispatch_level)
{
    PEX_TIMER timer = ExAllocateTimer(Expired, &Calls, 0);

    REQUIRE(timer != NULL);
    Calls = 0;
    EXPECT(!ExSetTimer(timer, MS(5), 0, NULL));
    EVENTUALLY(Calls == 1);
    EXPECT_EQ(SeenIrql, DISPATCH_LEVEL);
    EXPECT(!ExCancelTimer(timer, NULL));
    EXPECT(!ExDeleteTimer(timer, TRUE, TRUE, NULL));
}

TEST_CASE(a_period_is_in_units_of_100_ns)
{
    PEX_TIMER timer = ExAllocateTimer(Expired, &Calls, EX_TIMER_HIGH_RESOLUTION);

    REQUIRE(timer != NULL);
    Calls = 0;
    ExSetTimer(timer, MS(1), 5000, NULL);
    EVENTUALLY(Calls >= 5);
    EXPECT(ExCancelTimer(timer, NULL));
    Sleep(2);
    LONG calls = Calls;
    Sleep(10);
    EXPECT_EQ(Calls, calls);
    ExDeleteTimer(timer, TRUE, TRUE, NULL);
}

TEST_CASE(a_timer_can_be_waited_for)
{
    PEX_TIMER timer = ExAllocateTimer(NULL, NULL, EX_TIMER_NOTIFICATION);

    REQUIRE(timer != NULL);
    ExSetTimer(timer, MS(100), 0, NULL);
    EXPECT_EQ(Poll(timer), STATUS_TIMEOUT);
    EXPECT_EQ(WaitFor(timer), STATUS_SUCCESS);
    EXPECT_EQ(Poll(timer), STATUS_SUCCESS);
    ExDeleteTimer(timer, TRUE, FALSE, NULL);
}

TEST_CASE(setting_again_and_cancelling_say_whether_it_was_set)
{
    PEX_TIMER timer = ExAllocateTimer(Expired, &Calls, EX_TIMER_NO_WAKE);
    EXT_SET_PARAMETERS set;
    EXT_DELETE_PARAMETERS parameters;

    REQUIRE(timer != NULL);
    Calls = Deleted = 0;
    ExInitializeSetTimerParameters(&set);
    set.NoWakeTolerance = 100;
    EXPECT(!ExSetTimer(timer, MS(400), 0, &set));
    EXPECT(ExSetTimer(timer, MS(500), 0, &set));
    EXPECT(ExCancelTimer(timer, NULL));
    EXPECT(!ExCancelTimer(timer, NULL));
    ExSetTimer(timer, MS(500), 0, &set);
    ExInitializeDeleteTimerParameters(&parameters);
    parameters.DeleteCallback = Gone;
    parameters.DeleteContext = &Deleted;
    EXPECT(ExDeleteTimer(timer, TRUE, TRUE, &parameters));
    EXPECT_EQ(Calls, 0);
    EXPECT_EQ(Deleted, 1);
}

TEST_CASE(without_cancel_a_timer_is_deleted_when_it_has_expired)
{
    PEX_TIMER timer = ExAllocateTimer(Expired, &Calls, 0);
    EXT_DELETE_PARAMETERS parameters;

    REQUIRE(timer != NULL);
    Calls = Deleted = 0;
    ExInitializeDeleteTimerParameters(&parameters);
    parameters.DeleteCallback = Gone;
    parameters.DeleteContext = &Deleted;
    ExSetTimer(timer, MS(5), 0, NULL);
    EXPECT(!ExDeleteTimer(timer, FALSE, FALSE, &parameters));
    for (int i = 0; i < 1000 && !*(volatile LONG *)&Deleted; i++)
        Sleep(1);
    EXPECT_EQ(Calls, 1);
    EXPECT_EQ(Deleted, 1);
}

TEST_CASE_THAT_STOPS(waiting_for_the_deletion_of_a_timer_that_is_not_cancelled_stops, 0xC7)
{
    PEX_TIMER timer = ExAllocateTimer(NULL, NULL, 0);

    ExDeleteTimer(timer, FALSE, TRUE, NULL);
}
