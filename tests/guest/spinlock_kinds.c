/* Spin locks of every kind. docs: kernel/introduction-to-spin-locks */
#include "helpers.h"

static KSPIN_LOCK Lock;
static EX_SPIN_LOCK ReaderWriter;
static volatile LONG Shared, Inside;
static LIST_ENTRY List;

TEST_CASE(acquiring_raises_and_releasing_restores_irql)
{
    KIRQL old;
    KLOCK_QUEUE_HANDLE handle;

    KeInitializeSpinLock(&Lock);
    EXPECT(KeTestSpinLock(&Lock));
    KeAcquireSpinLock(&Lock, &old);
    KIRQL during = KeGetCurrentIrql();
    BOOLEAN free = KeTestSpinLock(&Lock), taken = KeTryToAcquireSpinLockAtDpcLevel(&Lock);
    KeReleaseSpinLock(&Lock, old);
    EXPECT_EQ(during, DISPATCH_LEVEL);
    EXPECT(!free && !taken);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);

    KeAcquireInStackQueuedSpinLock(&Lock, &handle);
    during = KeGetCurrentIrql();
    KeReleaseInStackQueuedSpinLock(&handle);
    EXPECT_EQ(during, DISPATCH_LEVEL);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    EXPECT(KeTestSpinLock(&Lock));
}

TEST_CASE(the_forms_for_dispatch_level_leave_irql_alone)
{
    KIRQL old;
    KLOCK_QUEUE_HANDLE handle;

    KeRaiseIrql(DISPATCH_LEVEL, &old);
    KeAcquireSpinLockAtDpcLevel(&Lock);
    KeReleaseSpinLockFromDpcLevel(&Lock);
    KeAcquireInStackQueuedSpinLockAtDpcLevel(&Lock, &handle);
    KeReleaseInStackQueuedSpinLockFromDpcLevel(&handle);
    BOOLEAN taken = KeTryToAcquireSpinLockAtDpcLevel(&Lock);
    if (taken)
        KeReleaseSpinLockFromDpcLevel(&Lock);
    KIRQL after = KeGetCurrentIrql();
    KeLowerIrql(old);
    EXPECT(taken);
    EXPECT_EQ(after, DISPATCH_LEVEL);
}

static void Enter(void)
{
    LONG value = Shared;

    if (InterlockedIncrement(&Inside) != 1)
        Shared = -1000000;
    for (volatile int i = 0; i < 50; i++)
        ;
    KeStallExecutionProcessor(1);
    Shared = value + 1;
    InterlockedDecrement(&Inside);
}

static void NTAPI CountPlain(PVOID context)
{
    for (int i = 0; i < 200; i++) {
        KIRQL old;
        KeAcquireSpinLock(&Lock, &old);
        Enter();
        KeReleaseSpinLock(&Lock, old);
    }
}

static void NTAPI CountQueued(PVOID context)
{
    for (int i = 0; i < 200; i++) {
        KLOCK_QUEUE_HANDLE handle;
        KeAcquireInStackQueuedSpinLock(&Lock, &handle);
        Enter();
        KeReleaseInStackQueuedSpinLock(&handle);
    }
}

static void NTAPI CountExclusive(PVOID context)
{
    for (int i = 0; i < 200; i++) {
        KIRQL old = ExAcquireSpinLockExclusive(&ReaderWriter);
        Enter();
        ExReleaseSpinLockExclusive(&ReaderWriter, old);
        old = ExAcquireSpinLockShared(&ReaderWriter);
        if (Inside)
            Shared = -1000000;
        ExReleaseSpinLockShared(&ReaderWriter, old);
    }
}

static void CountWith(PKSTART_ROUTINE routine)
{
    PKTHREAD threads[4];

    KeInitializeSpinLock(&Lock);
    Shared = Inside = 0;
    for (int i = 0; i < 4; i++)
        threads[i] = StartThread(routine, NULL);
    for (int i = 0; i < 4; i++)
        JoinThread(threads[i]);
    EXPECT_EQ(Shared, 800);
}

TEST_CASE(a_spin_lock_keeps_processors_apart)
{
    CountWith(CountPlain);
}

TEST_CASE(a_queued_spin_lock_keeps_processors_apart)
{
    CountWith(CountQueued);
}

TEST_CASE(a_reader_writer_lock_keeps_writers_apart)
{
    CountWith(CountExclusive);
}

TEST_CASE(a_reader_writer_lock_is_shared_and_converts)
{
    KIRQL old = ExAcquireSpinLockShared(&ReaderWriter);

    ExAcquireSpinLockSharedAtDpcLevel(&ReaderWriter);
    LOGICAL two = ExTryConvertSharedSpinLockExclusive(&ReaderWriter);
    ExReleaseSpinLockSharedFromDpcLevel(&ReaderWriter);
    LOGICAL one = ExTryConvertSharedSpinLockExclusive(&ReaderWriter);
    ExReleaseSpinLockExclusive(&ReaderWriter, old);
    EXPECT(!two);
    EXPECT(one);
    EXPECT_EQ(ReaderWriter, 0);
}

TEST_CASE(interlocked_lists_keep_order)
{
    LIST_ENTRY entries[3];
    SINGLE_LIST_ENTRY head = { NULL }, singles[2];

    InitializeListHead(&List);
    EXPECT(ExInterlockedInsertTailList(&List, &entries[1], &Lock) == NULL);
    EXPECT(ExInterlockedInsertTailList(&List, &entries[2], &Lock) == &entries[1]);
    EXPECT(ExInterlockedInsertHeadList(&List, &entries[0], &Lock) == &entries[1]);
    for (int i = 0; i < 3; i++)
        EXPECT(ExInterlockedRemoveHeadList(&List, &Lock) == &entries[i]);
    EXPECT(ExInterlockedRemoveHeadList(&List, &Lock) == NULL);
    EXPECT(ExInterlockedPushEntryList(&head, &singles[0], &Lock) == NULL);
    EXPECT(ExInterlockedPushEntryList(&head, &singles[1], &Lock) == &singles[0]);
    EXPECT(ExInterlockedPopEntryList(&head, &Lock) == &singles[1]);
    EXPECT(ExInterlockedPopEntryList(&head, &Lock) == &singles[0]);
    EXPECT(ExInterlockedPopEntryList(&head, &Lock) == NULL);
}

TEST_CASE_THAT_STOPS(taking_a_spin_lock_twice, 0x0F)
{
    KIRQL old;

    KeInitializeSpinLock(&Lock);
    KeAcquireSpinLock(&Lock, &old);
    KeAcquireSpinLockAtDpcLevel(&Lock);
}

TEST_CASE_THAT_STOPS(releasing_a_free_spin_lock, 0x10)
{
    KIRQL old;

    KeInitializeSpinLock(&Lock);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    KeReleaseSpinLock(&Lock, old);
}
