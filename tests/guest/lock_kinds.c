/* Resources, push locks, fast and guarded mutexes. docs: kernel/introduction-to-eresource-routines */
#include "helpers.h"

static ERESOURCE Resource;
static EX_PUSH_LOCK PushLock;
static FAST_MUTEX FastMutex;
static KGUARDED_MUTEX GuardedMutex;
static LONG Shared, Inside, Readers, Most;
static BOOLEAN Got;

static void NTAPI TryShared(PVOID context)
{
    KeEnterCriticalRegion();
    Got = ExAcquireResourceSharedLite(&Resource, FALSE);
    if (Got)
        ExReleaseResourceLite(&Resource);
    KeLeaveCriticalRegion();
}

static void NTAPI TryExclusive(PVOID context)
{
    KeEnterCriticalRegion();
    Got = ExAcquireResourceExclusiveLite(&Resource, FALSE);
    if (Got)
        ExReleaseResourceLite(&Resource);
    KeLeaveCriticalRegion();
}

static BOOLEAN Other(PKSTART_ROUTINE routine)
{
    JoinThread(StartThread(routine, NULL));
    return Got;
}

TEST_CASE(a_resource_is_shared_by_readers_and_kept_by_one_writer)
{
    REQUIRE(NT_SUCCESS(ExInitializeResourceLite(&Resource)));
    KeEnterCriticalRegion();
    EXPECT(ExAcquireResourceSharedLite(&Resource, TRUE));
    EXPECT(Other(TryShared));
    EXPECT(!Other(TryExclusive));
    EXPECT_EQ(ExIsResourceAcquiredSharedLite(&Resource), 1);
    EXPECT(!ExIsResourceAcquiredExclusiveLite(&Resource));
    ExReleaseResourceLite(&Resource);
    EXPECT(ExAcquireResourceExclusiveLite(&Resource, TRUE));
    EXPECT(!Other(TryShared));
    EXPECT(!Other(TryExclusive));
    EXPECT(ExIsResourceAcquiredExclusiveLite(&Resource));
    ExReleaseResourceLite(&Resource);
    EXPECT(Other(TryExclusive));
    KeLeaveCriticalRegion();
    EXPECT_EQ(ExDeleteResourceLite(&Resource), STATUS_SUCCESS);
}

TEST_CASE(a_resource_is_recursive_and_converts)
{
    ExInitializeResourceLite(&Resource);
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(&Resource, TRUE);
    EXPECT(ExAcquireResourceExclusiveLite(&Resource, TRUE));
    EXPECT(ExAcquireResourceSharedLite(&Resource, TRUE));
    EXPECT_EQ(ExIsResourceAcquiredSharedLite(&Resource), 3);
    ExReleaseResourceLite(&Resource);
    ExReleaseResourceLite(&Resource);
    ExConvertExclusiveToSharedLite(&Resource);
    EXPECT(!ExIsResourceAcquiredExclusiveLite(&Resource));
    EXPECT(Other(TryShared));
    ExReleaseResourceLite(&Resource);
    EXPECT_EQ(ExIsResourceAcquiredSharedLite(&Resource), 0);
    KeLeaveCriticalRegion();
    ExDeleteResourceLite(&Resource);
}

static void NTAPI WaitExclusive(PVOID context)
{
    ExEnterCriticalRegionAndAcquireResourceExclusive(&Resource);
    Shared = 1;
    ExReleaseResourceAndLeaveCriticalRegion(&Resource);
}

static void NTAPI TryStarve(PVOID context)
{
    KeEnterCriticalRegion();
    Got = ExAcquireSharedStarveExclusive(&Resource, FALSE);
    if (Got)
        ExReleaseResourceLite(&Resource);
    KeLeaveCriticalRegion();
}

TEST_CASE(a_waiting_writer_keeps_new_readers_out_unless_they_starve_it)
{
    Shared = 0;
    ExInitializeResourceLite(&Resource);
    KeEnterCriticalRegion();
    ExAcquireResourceSharedLite(&Resource, TRUE);
    PKTHREAD writer = StartThread(WaitExclusive, NULL);
    EVENTUALLY(ExGetExclusiveWaiterCount(&Resource) == 1);
    EXPECT(!Other(TryShared));
    EXPECT(Other(TryStarve));
    EXPECT(ExAcquireResourceSharedLite(&Resource, FALSE));      /* recursive */
    EXPECT(!ExAcquireSharedWaitForExclusive(&Resource, FALSE));
    ExReleaseResourceLite(&Resource);
    EXPECT_EQ(Shared, 0);
    ExReleaseResourceLite(&Resource);
    JoinThread(writer);
    EXPECT_EQ(Shared, 1);
    KeLeaveCriticalRegion();
    ExDeleteResourceLite(&Resource);
}

static void Enter(void)
{
    LONG value = Shared;

    if (InterlockedIncrement(&Inside) != 1)
        Shared = -1000000;
    if (value % 16 == 0)
        Sleep(1);
    Shared = value + 1;
    InterlockedDecrement(&Inside);
}

static void Read(void)
{
    LONG readers = InterlockedIncrement(&Readers);

    if (readers > Most)
        Most = readers;
    if (Inside)
        Shared = -1000000;
    Sleep(1);
    InterlockedDecrement(&Readers);
}

static void NTAPI UseResource(PVOID context)
{
    for (int i = 0; i < 60; i++) {
        ExEnterCriticalRegionAndAcquireResourceExclusive(&Resource);
        Enter();
        ExReleaseResourceAndLeaveCriticalRegion(&Resource);
        if (i % 10)
            continue;
        KeEnterCriticalRegion();
        ExAcquireResourceSharedLite(&Resource, TRUE);
        Read();
        ExReleaseResourceAndLeaveCriticalRegion(&Resource);
    }
}

static void NTAPI UsePushLock(PVOID context)
{
    for (int i = 0; i < 60; i++) {
        KeEnterCriticalRegion();
        ExAcquirePushLockExclusive(&PushLock);
        Enter();
        ExReleasePushLockExclusive(&PushLock);
        if (i % 10 == 0) {
            ExAcquirePushLockShared(&PushLock);
            Read();
            ExReleasePushLockShared(&PushLock);
        }
        KeLeaveCriticalRegion();
    }
}

static void NTAPI UseFastMutex(PVOID context)
{
    for (int i = 0; i < 60; i++) {
        ExAcquireFastMutex(&FastMutex);
        if (KeGetCurrentIrql() != APC_LEVEL)
            Shared = -1000000;
        Enter();
        ExReleaseFastMutex(&FastMutex);
    }
}

static void NTAPI UseGuardedMutex(PVOID context)
{
    for (int i = 0; i < 60; i++) {
        KeAcquireGuardedMutex(&GuardedMutex);
        if (!KeAreAllApcsDisabled())
            Shared = -1000000;
        Enter();
        KeReleaseGuardedMutex(&GuardedMutex);
    }
}

static void UseWith(PKSTART_ROUTINE routine)
{
    PKTHREAD threads[4];

    Shared = Inside = Readers = Most = 0;
    for (int i = 0; i < 4; i++)
        threads[i] = StartThread(routine, NULL);
    for (int i = 0; i < 4; i++)
        JoinThread(threads[i]);
    EXPECT_EQ(Shared, 240);
}

TEST_CASE(a_resource_keeps_threads_apart)
{
    ExInitializeResourceLite(&Resource);
    UseWith(UseResource);
    EXPECT_EQ(ExDeleteResourceLite(&Resource), STATUS_SUCCESS);
}

TEST_CASE(a_push_lock_keeps_threads_apart)
{
    ExInitializePushLock(&PushLock);
    UseWith(UsePushLock);
    EXPECT_EQ(PushLock, 0);
}

TEST_CASE(a_fast_mutex_keeps_threads_apart_at_apc_level)
{
    ExInitializeFastMutex(&FastMutex);
    UseWith(UseFastMutex);
    EXPECT(ExTryToAcquireFastMutex(&FastMutex));
    EXPECT(!ExTryToAcquireFastMutex(&FastMutex));
    ExReleaseFastMutex(&FastMutex);
}

TEST_CASE(a_guarded_mutex_keeps_threads_apart_in_a_guarded_region)
{
    KeInitializeGuardedMutex(&GuardedMutex);
    UseWith(UseGuardedMutex);
    EXPECT(KeTryToAcquireGuardedMutex(&GuardedMutex));
    EXPECT(!KeTryToAcquireGuardedMutex(&GuardedMutex));
    KeReleaseGuardedMutex(&GuardedMutex);
    EXPECT(!KeAreAllApcsDisabled());
}

TEST_CASE_THAT_STOPS(releasing_a_resource_that_is_not_owned, 0xE3)
{
    ExInitializeResourceLite(&Resource);
    KeEnterCriticalRegion();
    ExReleaseResourceLite(&Resource);
}
