/* KQUEUE: entries go to no more threads at a time than the queue is for, and a thread that blocks makes room. */
#include <ntifs.h>
#include "helpers.h"

#define THREADS 4

static KQUEUE queue;
static LIST_ENTRY entries[8];
static KEVENT hold, other;
static LONG active, most, taken, abandoned;
static volatile LONG block_first;

static void Reset(ULONG count)
{
    KeInitializeQueue(&queue, count);
    KeInitializeEvent(&hold, NotificationEvent, FALSE);
    KeInitializeEvent(&other, NotificationEvent, FALSE);
    active = most = taken = abandoned = 0;
    block_first = 0;
}

static BOOLEAN IsEntry(PLIST_ENTRY entry)
{
    return entry >= entries && entry < entries + ARRAYSIZE(entries);
}

/* Busy without blocking: what counts as active. */
static void Work(void)
{
    LONG now = InterlockedIncrement(&active);

    if (now > most)
        most = now;
    for (int i = 0; i < 200; i++) {
        KeStallExecutionProcessor(1);
        ZwYieldExecution();
    }
    InterlockedDecrement(&active);
}

static VOID NTAPI Worker(PVOID context)
{
    PLIST_ENTRY entry;

    (void)context;
    while (IsEntry(entry = KeRemoveQueue(&queue, KernelMode, NULL))) {
        InterlockedIncrement(&taken);
        if (InterlockedExchange(&block_first, 0))
            WaitFor(&hold);
        Work();
    }
    if (entry == (PLIST_ENTRY)(LONG_PTR)STATUS_ABANDONED)
        InterlockedIncrement(&abandoned);
}

static void Start(PKTHREAD *threads)
{
    for (int i = 0; i < THREADS; i++)
        threads[i] = StartThread(Worker, NULL);
    Sleep(5);
}

static void End(PKTHREAD *threads)
{
    EXPECT(KeRundownQueue(&queue) == NULL);
    for (int i = 0; i < THREADS; i++)
        JoinThread(threads[i]);
}

TEST_CASE(no_more_threads_are_active_than_the_queue_is_for)
{
    PKTHREAD threads[THREADS];

    Reset(1);
    Start(threads);
    for (unsigned i = 0; i < ARRAYSIZE(entries); i++)
        KeInsertQueue(&queue, &entries[i]);
    EVENTUALLY(taken == (LONG)ARRAYSIZE(entries) && active == 0);
    EXPECT_EQ(most, 1);
    End(threads);
}

TEST_CASE(a_thread_that_blocks_lets_another_one_take_an_entry)
{
    PKTHREAD threads[THREADS];

    Reset(1);
    block_first = 1;
    Start(threads);
    KeInsertQueue(&queue, &entries[0]);
    KeInsertQueue(&queue, &entries[1]);
    EVENTUALLY(taken == 2 && active == 0);
    KeSetEvent(&hold, 0, FALSE);
    KeInsertQueue(&queue, &entries[2]);
    EVENTUALLY(taken == 3 && active == 0);
    End(threads);
}

TEST_CASE(running_a_queue_down_ends_the_waits_of_its_threads)
{
    PKTHREAD threads[THREADS];
    LARGE_INTEGER zero = Time(0);

    Reset(0);
    Start(threads);
    End(threads);
    EXPECT_EQ(abandoned, THREADS);
    EXPECT_EQ((ULONG)(ULONG_PTR)KeRemoveQueue(&queue, KernelMode, &zero), STATUS_ABANDONED);
}

TEST_CASE(running_a_queue_down_hands_its_entries_back)
{
    PLIST_ENTRY first;

    Reset(0);
    EXPECT_EQ(KeInsertQueue(&queue, &entries[1]), 0);
    EXPECT_EQ(KeInsertQueue(&queue, &entries[2]), 1);
    EXPECT_EQ(KeInsertHeadQueue(&queue, &entries[0]), 2);
    EXPECT_EQ(KeReadStateQueue(&queue), 3);
    first = KeRundownQueue(&queue);
    EXPECT(first == &entries[0]);
    EXPECT(first->Flink == &entries[1]);
    EXPECT(first->Flink->Flink->Flink == first);
}

TEST_CASE(a_thread_takes_the_entries_in_their_order_and_then_waits_in_vain)
{
    LARGE_INTEGER soon = Time(MS(2)), zero = Time(0);

    Reset(1);
    KeInsertQueue(&queue, &entries[0]);
    KeInsertQueue(&queue, &entries[1]);
    EXPECT(KeRemoveQueue(&queue, KernelMode, NULL) == &entries[0]);
    EXPECT(KeRemoveQueue(&queue, KernelMode, &zero) == &entries[1]);
    EXPECT_EQ((ULONG)(ULONG_PTR)KeRemoveQueue(&queue, KernelMode, &soon), STATUS_TIMEOUT);
    EXPECT_EQ((ULONG)(ULONG_PTR)KeRemoveQueue(&queue, KernelMode, &zero), STATUS_TIMEOUT);
    EXPECT(KeRundownQueue(&queue) == NULL);
}
