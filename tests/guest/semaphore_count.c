/* Semaphore objects. docs: kernel/semaphore-objects */
#include "helpers.h"

static KSEMAPHORE Semaphore;
static LONG Passed;

TEST_CASE(a_wait_takes_one_and_a_release_gives_back)
{
    KeInitializeSemaphore(&Semaphore, 2, 5);
    EXPECT_EQ(KeReadStateSemaphore(&Semaphore), 2);
    EXPECT_EQ(Poll(&Semaphore), STATUS_SUCCESS);
    EXPECT_EQ(Poll(&Semaphore), STATUS_SUCCESS);
    EXPECT_EQ(Poll(&Semaphore), STATUS_TIMEOUT);
    EXPECT_EQ(KeReleaseSemaphore(&Semaphore, 0, 3, FALSE), 0);
    EXPECT_EQ(KeReadStateSemaphore(&Semaphore), 3);
}

TEST_CASE(more_than_the_limit_raises_and_changes_nothing)
{
    NTSTATUS status = STATUS_SUCCESS;

    KeInitializeSemaphore(&Semaphore, 1, 2);
    __try {
        KeReleaseSemaphore(&Semaphore, 0, 2, FALSE);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    EXPECT_EQ((ULONG)status, (ULONG)STATUS_SEMAPHORE_LIMIT_EXCEEDED);
    EXPECT_EQ(KeReadStateSemaphore(&Semaphore), 1);
}

static void NTAPI TakeOne(PVOID context)
{
    WaitFor(&Semaphore);
    InterlockedIncrement(&Passed);
}

TEST_CASE(a_release_lets_as_many_waiters_go_as_it_adds)
{
    PKTHREAD threads[5];

    KeInitializeSemaphore(&Semaphore, 0, 10);
    Passed = 0;
    for (int i = 0; i < 5; i++)
        threads[i] = StartThread(TakeOne, NULL);
    Sleep(10);
    EXPECT_EQ(Passed, 0);
    KeReleaseSemaphore(&Semaphore, 0, 2, FALSE);
    EVENTUALLY(Passed == 2);
    Sleep(5);
    EXPECT_EQ(Passed, 2);
    KeReleaseSemaphore(&Semaphore, 0, 3, FALSE);
    for (int i = 0; i < 5; i++)
        JoinThread(threads[i]);
    EXPECT_EQ(Passed, 5);
    EXPECT_EQ(KeReadStateSemaphore(&Semaphore), 0);
}
