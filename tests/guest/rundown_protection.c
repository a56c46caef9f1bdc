/* Run-down protection. docs: kernel/run-down-protection */
#include "helpers.h"

static EX_RUNDOWN_REF Ref;
static LONG Over;

TEST_CASE(protection_is_given_until_run_down)
{
    ExInitializeRundownProtection(&Ref);
    EXPECT(ExAcquireRundownProtection(&Ref));
    EXPECT(ExAcquireRundownProtectionEx(&Ref, 3));
    ExReleaseRundownProtectionEx(&Ref, 2);
    ExReleaseRundownProtection(&Ref);
    ExReleaseRundownProtection(&Ref);
    ExWaitForRundownProtectionRelease(&Ref);
    EXPECT(!ExAcquireRundownProtection(&Ref));
    EXPECT(!ExAcquireRundownProtectionEx(&Ref, 2));
    ExRundownCompleted(&Ref);
    EXPECT(!ExAcquireRundownProtection(&Ref));
    ExReInitializeRundownProtection(&Ref);
    EXPECT(ExAcquireRundownProtection(&Ref));
    ExReleaseRundownProtection(&Ref);
}

static void NTAPI RunDown(PVOID context)
{
    ExWaitForRundownProtectionRelease(&Ref);
    Over = 1;
}

TEST_CASE(run_down_waits_for_the_last_holder)
{
    Over = 0;
    ExInitializeRundownProtection(&Ref);
    ExAcquireRundownProtectionEx(&Ref, 2);
    PKTHREAD thread = StartThread(RunDown, NULL);
    Sleep(10);
    EXPECT_EQ(Over, 0);
    EXPECT(!ExAcquireRundownProtection(&Ref));
    ExReleaseRundownProtection(&Ref);
    Sleep(5);
    EXPECT_EQ(Over, 0);
    ExReleaseRundownProtection(&Ref);
    JoinThread(thread);
    EXPECT_EQ(Over, 1);
}

TEST_CASE(the_cache_aware_form_does_the_same)
{
    PEX_RUNDOWN_REF_CACHE_AWARE ref = ExAllocateCacheAwareRundownProtection(NonPagedPoolNx, 'tseT');

    REQUIRE(ref != NULL);
    EXPECT(ExAcquireRundownProtectionCacheAware(ref));
    ExReleaseRundownProtectionCacheAware(ref);
    ExWaitForRundownProtectionReleaseCacheAware(ref);
    EXPECT(!ExAcquireRundownProtectionCacheAware(ref));
    ExReInitializeRundownProtectionCacheAware(ref);
    EXPECT(ExAcquireRundownProtectionCacheAwareEx(ref, 2));
    ExReleaseRundownProtectionCacheAwareEx(ref, 2);
    ExFreeCacheAwareRundownProtection(ref);
}
