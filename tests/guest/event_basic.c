/* Event objects. docs: kernel/event-objects */
#include "helpers.h"

typedef struct _WAITERS {
    KEVENT Event;
    LONG Released;
    LONG Waiting;
} WAITERS;

static void NTAPI WaitOnce(PVOID context)
{
    WAITERS *waiters = context;

    InterlockedIncrement(&waiters->Waiting);
    WaitFor(&waiters->Event);
    InterlockedIncrement(&waiters->Released);
}

TEST_CASE(an_event_keeps_the_state_it_is_given)
{
    KEVENT event;

    KeInitializeEvent(&event, NotificationEvent, TRUE);
    EXPECT(KeReadStateEvent(&event) != 0);
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    EXPECT_EQ(KeReadStateEvent(&event), 0);
    EXPECT_EQ(KeSetEvent(&event, IO_NO_INCREMENT, FALSE), 0);
    EXPECT(KeSetEvent(&event, IO_NO_INCREMENT, FALSE) != 0);
    EXPECT(KeResetEvent(&event) != 0);
    EXPECT_EQ(KeResetEvent(&event), 0);
    KeSetEvent(&event, 0, FALSE);
    KeClearEvent(&event);
    EXPECT_EQ(KeReadStateEvent(&event), 0);
}

TEST_CASE(a_wait_resets_a_synchronization_event_only)
{
    KEVENT notification, synchronization;

    KeInitializeEvent(&notification, NotificationEvent, TRUE);
    KeInitializeEvent(&synchronization, SynchronizationEvent, TRUE);
    EXPECT_EQ(WaitFor(&notification), STATUS_SUCCESS);
    EXPECT_EQ(WaitFor(&synchronization), STATUS_SUCCESS);
    EXPECT(KeReadStateEvent(&notification) != 0);
    EXPECT_EQ(KeReadStateEvent(&synchronization), 0);
    EXPECT_EQ(Poll(&synchronization), STATUS_TIMEOUT);
}

static void ReleaseFour(EVENT_TYPE type, LONG expected)
{
    WAITERS waiters = { .Released = 0 };
    PKTHREAD threads[4];

    KeInitializeEvent(&waiters.Event, type, FALSE);
    for (int i = 0; i < 4; i++)
        threads[i] = StartThread(WaitOnce, &waiters);
    EVENTUALLY(waiters.Waiting == 4);
    Sleep(5);
    KeSetEvent(&waiters.Event, 0, FALSE);
    EVENTUALLY(waiters.Released == expected);
    Sleep(5);
    EXPECT_EQ(waiters.Released, expected);
    while (waiters.Released < 4) {
        KeSetEvent(&waiters.Event, 0, FALSE);
        Sleep(1);
    }
    for (int i = 0; i < 4; i++)
        EXPECT_EQ(JoinThread(threads[i]), STATUS_SUCCESS);
}

TEST_CASE(a_notification_event_releases_every_waiter)
{
    ReleaseFour(NotificationEvent, 4);
}

TEST_CASE(a_synchronization_event_releases_one_waiter)
{
    ReleaseFour(SynchronizationEvent, 1);
}

TEST_CASE(a_pulse_releases_those_who_wait_and_leaves_the_event_reset)
{
    WAITERS waiters = { .Released = 0 };

    KeInitializeEvent(&waiters.Event, NotificationEvent, FALSE);
    PKTHREAD thread = StartThread(WaitOnce, &waiters);
    EVENTUALLY(waiters.Waiting == 1);
    Sleep(5);
    KePulseEvent(&waiters.Event, 0, FALSE);
    EXPECT_EQ(KeReadStateEvent(&waiters.Event), 0);
    EXPECT_EQ(JoinThread(thread), STATUS_SUCCESS);
}

TEST_CASE(setting_an_event_at_dispatch_level_is_allowed)
{
    WAITERS waiters = { .Released = 0 };
    KIRQL old;

    KeInitializeEvent(&waiters.Event, SynchronizationEvent, FALSE);
    PKTHREAD thread = StartThread(WaitOnce, &waiters);
    EVENTUALLY(waiters.Waiting == 1);
    Sleep(5);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    KeSetEvent(&waiters.Event, 0, FALSE);
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(old);
    EXPECT_EQ(JoinThread(thread), STATUS_SUCCESS);
}

TEST_CASE(setting_with_wait_is_followed_by_a_wait)
{
    KEVENT first, second;

    KeInitializeEvent(&first, SynchronizationEvent, FALSE);
    KeInitializeEvent(&second, SynchronizationEvent, TRUE);
    KeSetEvent(&first, 0, TRUE);
    EXPECT_EQ(WaitFor(&second), STATUS_SUCCESS);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    EXPECT(KeReadStateEvent(&first) != 0);
}
