/* Mutex objects. docs: kernel/mutex-objects */
#include "helpers.h"

static KMUTEX Mutex;
static NTSTATUS Seen;
static LONG Shared, Busy;

TEST_CASE(a_mutex_is_free_at_first_and_recursive)
{
    KeInitializeMutex(&Mutex, 0);
    EXPECT_EQ(KeReadStateMutex(&Mutex), 1);
    EXPECT_EQ(WaitFor(&Mutex), STATUS_SUCCESS);
    EXPECT_EQ(KeReadStateMutex(&Mutex), 0);
    EXPECT_EQ(WaitFor(&Mutex), STATUS_SUCCESS);
    EXPECT(KeReadStateMutex(&Mutex) < 0);
    EXPECT(KeReleaseMutex(&Mutex, FALSE) != 0);
    EXPECT_EQ(KeReleaseMutex(&Mutex, FALSE), 0);
    EXPECT_EQ(KeReadStateMutex(&Mutex), 1);
}

static void NTAPI PollFromAnotherThread(PVOID context)
{
    Seen = Poll(&Mutex);
    if (Seen == STATUS_SUCCESS)
        KeReleaseMutex(&Mutex, FALSE);
}

TEST_CASE(another_thread_cannot_take_an_owned_mutex)
{
    KeInitializeMutex(&Mutex, 0);
    WaitFor(&Mutex);
    JoinThread(StartThread(PollFromAnotherThread, NULL));
    EXPECT_EQ(Seen, STATUS_TIMEOUT);
    KeReleaseMutex(&Mutex, FALSE);
    JoinThread(StartThread(PollFromAnotherThread, NULL));
    EXPECT_EQ(Seen, STATUS_SUCCESS);
}

static void NTAPI ReleaseWithoutOwning(PVOID context)
{
    Seen = STATUS_SUCCESS;
    __try {
        KeReleaseMutex(&Mutex, FALSE);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Seen = GetExceptionCode();
    }
}

TEST_CASE(releasing_a_mutex_of_another_thread_raises)
{
    KeInitializeMutex(&Mutex, 0);
    WaitFor(&Mutex);
    JoinThread(StartThread(ReleaseWithoutOwning, NULL));
    EXPECT_EQ((ULONG)Seen, (ULONG)STATUS_MUTANT_NOT_OWNED);
    KeReleaseMutex(&Mutex, FALSE);
}

TEST_CASE(the_owner_runs_with_kernel_apcs_disabled)
{
    KeInitializeMutex(&Mutex, 0);
    EXPECT(!KeAreApcsDisabled());
    WaitFor(&Mutex);
    EXPECT(KeAreApcsDisabled());
    EXPECT(!KeAreAllApcsDisabled());
    KeReleaseMutex(&Mutex, FALSE);
    EXPECT(!KeAreApcsDisabled());
}

static void NTAPI CountUnderMutex(PVOID context)
{
    for (int i = 0; i < 50; i++) {
        WaitFor(&Mutex);
        if (InterlockedIncrement(&Busy) != 1)
            Shared = -1000000;
        LONG value = Shared;
        Sleep(i % 10 == 0);
        Shared = value + 1;
        InterlockedDecrement(&Busy);
        KeReleaseMutex(&Mutex, FALSE);
    }
}

TEST_CASE(one_thread_at_a_time_owns_a_mutex)
{
    PKTHREAD threads[4];

    KeInitializeMutex(&Mutex, 0);
    Shared = Busy = 0;
    for (int i = 0; i < 4; i++)
        threads[i] = StartThread(CountUnderMutex, NULL);
    for (int i = 0; i < 4; i++)
        JoinThread(threads[i]);
    EXPECT_EQ(Shared, 200);
}

static KMUTANT Mutant;

static void NTAPI TakeAndEnd(PVOID context)
{
    WaitFor(&Mutant);
}

TEST_CASE(a_mutant_whose_owner_ends_is_abandoned)
{
    KeInitializeMutant(&Mutant, FALSE);
    JoinThread(StartThread(TakeAndEnd, NULL));
    EXPECT_EQ(KeReadStateMutant(&Mutant), 1);
    EXPECT_EQ(WaitFor(&Mutant), STATUS_ABANDONED);
    EXPECT(!KeAreApcsDisabled());
    EXPECT_EQ(KeReleaseMutant(&Mutant, 0, FALSE, FALSE), 0);
    EXPECT_EQ(WaitFor(&Mutant), STATUS_SUCCESS);        /* once only */
    KeReleaseMutant(&Mutant, 0, FALSE, FALSE);
}

static void NTAPI WaitForMutant(PVOID context)
{
    Seen = WaitFor(&Mutant);
    if (Seen == STATUS_ABANDONED)
        KeReleaseMutant(&Mutant, 0, FALSE, FALSE);
}

static void NTAPI HoldAndEnd(PVOID context)
{
    WaitFor(&Mutant);
    KeSetEvent(context, 0, FALSE);
    Sleep(20);
}

TEST_CASE(who_waits_for_an_abandoned_mutant_is_told)
{
    KEVENT taken;

    KeInitializeEvent(&taken, NotificationEvent, FALSE);
    KeInitializeMutant(&Mutant, FALSE);
    PKTHREAD holder = StartThread(HoldAndEnd, &taken);
    WaitFor(&taken);
    PKTHREAD waiter = StartThread(WaitForMutant, NULL);
    JoinThread(holder);
    JoinThread(waiter);
    EXPECT_EQ(Seen, STATUS_ABANDONED);
    EXPECT_EQ(KeReadStateMutant(&Mutant), 1);
}

static void NTAPI EndWithMutex(PVOID context)
{
    WaitFor(&Mutex);
    KeLeaveCriticalRegion();            /* so that the thread may end at all */
}

TEST_CASE_THAT_STOPS(a_thread_must_not_end_with_a_mutex, 0x4000008A)
{
    KeInitializeMutex(&Mutex, 0);
    JoinThread(StartThread(EndWithMutex, NULL));
}
