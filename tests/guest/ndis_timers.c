/* NDIS timers, events, work items and locks. */
#include <ndis.h>
#include "testing.h"

#define TAG 'tseT'

static NDIS_EVENT expired;
static volatile LONG ticks;
static PVOID seen_context;
static KIRQL seen_irql;

static VOID NTAPI on_timer(PVOID a, PVOID context, PVOID b, PVOID c)
{
    seen_context = context;
    seen_irql = KeGetCurrentIrql();
    NdisInterlockedIncrement(&ticks);
    NdisSetEvent(&expired);
}

static NDIS_HANDLE make_timer(PVOID context)
{
    NDIS_TIMER_CHARACTERISTICS c;
    NDIS_HANDLE timer = NULL;

    NdisZeroMemory(&c, sizeof(c));
    c.Header.Type = NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS;
    c.Header.Revision = NDIS_TIMER_CHARACTERISTICS_REVISION_1;
    c.Header.Size = NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1;
    c.AllocationTag = TAG;
    c.TimerFunction = on_timer;
    c.FunctionContext = context;
    NdisInitializeEvent(&expired);
    ticks = 0;
    return NdisAllocateTimerObject(NULL, &c, &timer) == NDIS_STATUS_SUCCESS ? timer : NULL;
}

TEST_CASE(a_timer_calls_back_once_at_dispatch_level)
{
    NDIS_HANDLE timer = make_timer((PVOID)1);
    LARGE_INTEGER due;

    REQUIRE(timer != NULL);
    due.QuadPart = -20000;
    EXPECT(!NdisSetTimerObject(timer, due, 0, NULL));
    EXPECT(NdisWaitEvent(&expired, 1000));
    EXPECT(seen_context == (PVOID)1);
    EXPECT_EQ(seen_irql, DISPATCH_LEVEL);
    NdisMSleep(20000);
    EXPECT_EQ(ticks, 1);
    NdisFreeTimerObject(timer);
}

TEST_CASE(the_context_of_a_setting_overrides_the_first)
{
    NDIS_HANDLE timer = make_timer((PVOID)1);
    LARGE_INTEGER due;

    REQUIRE(timer != NULL);
    due.QuadPart = -20000;
    NdisSetTimerObject(timer, due, 0, (PVOID)2);
    EXPECT(NdisWaitEvent(&expired, 1000));
    EXPECT(seen_context == (PVOID)2);
    NdisFreeTimerObject(timer);
}

TEST_CASE(a_periodic_timer_ticks_until_it_is_cancelled)
{
    NDIS_HANDLE timer = make_timer(NULL);
    LARGE_INTEGER due;

    REQUIRE(timer != NULL);
    due.QuadPart = -10000;
    NdisSetTimerObject(timer, due, 5, NULL);
    NdisMSleep(52000);
    EXPECT(NdisCancelTimerObject(timer));
    LONG seen = ticks;
    EXPECT(seen >= 9 && seen <= 12);
    NdisMSleep(30000);
    EXPECT(ticks <= seen + 1);
    EXPECT(!NdisCancelTimerObject(timer));
    NdisFreeTimerObject(timer);
}

TEST_CASE(an_event_wait_ends_with_its_time)
{
    NDIS_EVENT event;

    NdisInitializeEvent(&event);
    EXPECT(!NdisWaitEvent(&event, 5));
    NdisSetEvent(&event);
    EXPECT(NdisWaitEvent(&event, 5));
    EXPECT(NdisWaitEvent(&event, 5));       /* it stays set */
    NdisResetEvent(&event);
    EXPECT(!NdisWaitEvent(&event, 5));
}

static VOID NTAPI work(PVOID context, NDIS_HANDLE item)
{
    seen_irql = KeGetCurrentIrql();
    seen_context = item;
    NdisSetEvent(context);
}

TEST_CASE(a_work_item_runs_at_passive_level)
{
    NDIS_HANDLE item = NdisAllocateIoWorkItem(NULL);
    NDIS_EVENT done;
    KIRQL old;

    REQUIRE(item != NULL);
    NdisInitializeEvent(&done);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    NdisQueueIoWorkItem(item, work, &done);
    KeLowerIrql(old);
    EXPECT(NdisWaitEvent(&done, 1000));
    EXPECT_EQ(seen_irql, PASSIVE_LEVEL);
    EXPECT(seen_context == item);
    NdisFreeIoWorkItem(item);
}

TEST_CASE(locks_are_held_at_dispatch_level)
{
    NDIS_SPIN_LOCK spin;
    LOCK_STATE_EX state, inner;
    PNDIS_RW_LOCK_EX lock = NdisAllocateRWLock(NULL);

    REQUIRE(lock != NULL);
    NdisAllocateSpinLock(&spin);
    NdisAcquireSpinLock(&spin);
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    NdisReleaseSpinLock(&spin);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    NdisFreeSpinLock(&spin);

    NdisAcquireRWLockRead(lock, &state, 0);
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    NdisAcquireRWLockRead(lock, &inner, NDIS_RWL_AT_DISPATCH_LEVEL);    /* readers share */
    NdisReleaseRWLock(lock, &inner);
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    NdisReleaseRWLock(lock, &state);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    NdisAcquireRWLockWrite(lock, &state, 0);
    NdisReleaseRWLock(lock, &state);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    NdisFreeRWLock(lock);
}
