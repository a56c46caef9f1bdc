/* KeSetEvent, KeReleaseSemaphore and KeReleaseMutex with Wait = TRUE: IRQL stays raised until the wait that follows. */
#include "helpers.h"

static KEVENT ask, answer;
static LONG served;

static VOID NTAPI Server(PVOID context)
{
    (void)context;
    for (int i = 0; i < 3; i++) {
        WaitFor(&ask);
        InterlockedIncrement(&served);
        KeSetEvent(&answer, 0, FALSE);
    }
}

TEST_CASE(set_event_and_wait_is_a_call_and_its_answer)
{
    PKTHREAD thread;

    KeInitializeEvent(&ask, SynchronizationEvent, FALSE);
    KeInitializeEvent(&answer, SynchronizationEvent, FALSE);
    served = 0;
    thread = StartThread(Server, NULL);
    REQUIRE(thread != NULL);
    for (LONG i = 1; i <= 3; i++) {
        KeSetEvent(&ask, IO_NO_INCREMENT, TRUE);
        EXPECT_EQ(WaitFor(&answer), STATUS_SUCCESS);
        EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
        EXPECT_EQ(served, i);
    }
    JoinThread(thread);
}

TEST_CASE(irql_is_kept_raised_until_the_wait_restores_it)
{
    KEVENT event, other;
    KSEMAPHORE semaphore;
    KMUTEX mutex;
    KIRQL between[4], old;

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    KeInitializeEvent(&other, NotificationEvent, TRUE);
    KeInitializeSemaphore(&semaphore, 0, 2);
    KeInitializeMutex(&mutex, 0);
    KeSetEvent(&event, 0, TRUE);
    between[0] = KeGetCurrentIrql();
    WaitFor(&event);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    KeReleaseSemaphore(&semaphore, 0, 1, TRUE);
    between[1] = KeGetCurrentIrql();
    WaitFor(&semaphore);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    WaitFor(&mutex);
    KeReleaseMutex(&mutex, TRUE);
    between[2] = KeGetCurrentIrql();
    WaitFor(&other);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    KeRaiseIrql(APC_LEVEL, &old);
    KeSetEvent(&event, 0, TRUE);
    between[3] = KeGetCurrentIrql();
    PVOID both[] = { &event, &other };
    EXPECT_EQ(KeWaitForMultipleObjects(2, both, WaitAll, Executive, KernelMode, FALSE, NULL, NULL), STATUS_SUCCESS);
    EXPECT_EQ(KeGetCurrentIrql(), APC_LEVEL);
    KeLowerIrql(old);
    for (int i = 0; i < 4; i++)
        EXPECT_EQ(between[i], DISPATCH_LEVEL);
}

TEST_CASE(a_wait_with_a_time_out_restores_irql_too)
{
    KEVENT event, never;

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    KeInitializeEvent(&never, NotificationEvent, FALSE);
    KeSetEvent(&event, 0, TRUE);
    EXPECT_EQ(WaitMs(&never, 3), STATUS_TIMEOUT);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    KeSetEvent(&event, 0, TRUE);
    EXPECT_EQ(Poll(&never), STATUS_TIMEOUT);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}
