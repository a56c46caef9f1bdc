/* Read/write locks: recursion, and who keeps whom out. docs: ndis/nf-ndis-ndisacquirerwlockread */
#include "helpers.h"

#include <ndis.h>

static PNDIS_RW_LOCK_EX lock;
static NDIS_RW_LOCK old_lock;
static volatile LONG waiting, written;

static void pin(ULONG processor)
{
    KeSetSystemAffinityThreadEx((KAFFINITY)1 << processor);
}

TEST_CASE(a_reader_may_read_again)
{
    LOCK_STATE_EX outer, inner;

    lock = NdisAllocateRWLock(NULL);
    REQUIRE(lock != NULL);
    NdisAcquireRWLockRead(lock, &outer, 0);
    NdisAcquireRWLockRead(lock, &inner, NDIS_RWL_AT_DISPATCH_LEVEL);
    NdisReleaseRWLock(lock, &inner);
    NdisReleaseRWLock(lock, &outer);
    NdisAcquireRWLockWrite(lock, &outer, 0);        /* all is released */
    NdisReleaseRWLock(lock, &outer);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    NdisFreeRWLock(lock);
}

TEST_CASE(a_writer_may_write_again)
{
    LOCK_STATE_EX outer, inner;

    lock = NdisAllocateRWLock(NULL);
    REQUIRE(lock != NULL);
    NdisAcquireRWLockWrite(lock, &outer, 0);
    NdisAcquireRWLockWrite(lock, &inner, NDIS_RWL_AT_DISPATCH_LEVEL);
    NdisReleaseRWLock(lock, &inner);
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    NdisReleaseRWLock(lock, &outer);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    NdisAcquireRWLockRead(lock, &outer, 0);
    NdisReleaseRWLock(lock, &outer);
    NdisFreeRWLock(lock);
}

static VOID NTAPI write_elsewhere(PVOID context)
{
    LOCK_STATE_EX state;

    pin(1);
    waiting = 1;
    NdisAcquireRWLockWrite(lock, &state, 0);
    written = 1;
    NdisReleaseRWLock(lock, &state);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID NTAPI write_old_elsewhere(PVOID context)
{
    LOCK_STATE state;

    pin(1);
    waiting = 1;
    NdisAcquireReadWriteLock(&old_lock, TRUE, &state);
    written = 1;
    NdisReleaseReadWriteLock(&old_lock, &state);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* Until the other processor's thread is at the lock, and some time longer. */
static void let_it_wait(void)
{
    while (!waiting)
        KeStallExecutionProcessor(1);
    KeStallExecutionProcessor(50);
}

TEST_CASE(a_waiting_writer_does_not_keep_a_reader_from_reading_again)
{
    LOCK_STATE_EX outer, inner;
    PKTHREAD writer;

    if (KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS) < 2)
        return;
    lock = NdisAllocateRWLock(NULL);
    REQUIRE(lock != NULL);
    pin(0);
    waiting = written = 0;
    writer = StartThread(write_elsewhere, NULL);
    REQUIRE(writer != NULL);
    NdisAcquireRWLockRead(lock, &outer, 0);
    if (!written) {                                 /* it has not been faster */
        let_it_wait();
        NdisAcquireRWLockRead(lock, &inner, NDIS_RWL_AT_DISPATCH_LEVEL);
        EXPECT(!written);
        NdisReleaseRWLock(lock, &inner);
        EXPECT(!written);
    }
    NdisReleaseRWLock(lock, &outer);
    EXPECT_EQ(JoinThread(writer), STATUS_SUCCESS);
    EXPECT(written);
    KeRevertToUserAffinityThreadEx(0);
    NdisFreeRWLock(lock);
}

TEST_CASE(a_lock_in_the_drivers_memory_recurses_too)
{
    LOCK_STATE outer, inner;
    PKTHREAD writer;

    NdisInitializeReadWriteLock(&old_lock);
    NdisAcquireReadWriteLock(&old_lock, FALSE, &outer);
    NdisDprAcquireReadWriteLock(&old_lock, FALSE, &inner);
    NdisDprReleaseReadWriteLock(&old_lock, &inner);
    NdisReleaseReadWriteLock(&old_lock, &outer);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    if (KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS) < 2)
        return;
    pin(0);
    waiting = written = 0;
    writer = StartThread(write_old_elsewhere, NULL);
    REQUIRE(writer != NULL);
    NdisAcquireReadWriteLock(&old_lock, FALSE, &outer);
    if (!written) {
        let_it_wait();
        NdisDprAcquireReadWriteLock(&old_lock, FALSE, &inner);
        EXPECT(!written);
        NdisDprReleaseReadWriteLock(&old_lock, &inner);
    }
    NdisReleaseReadWriteLock(&old_lock, &outer);
    EXPECT_EQ(JoinThread(writer), STATUS_SUCCESS);
    EXPECT(written);
    KeRevertToUserAffinityThreadEx(0);
}
