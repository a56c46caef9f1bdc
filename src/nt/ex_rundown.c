/* Run-down protection: Count is twice the number of holders; bit 0 says that run-down has begun or is complete. */
#include "nt/ke_park.h"

#include "nt/event.h"
#include "nt/hot.h"
#include "nt/pool.h"
#include "ring3/ex.h"

/* The form for many processors. One processor at a time runs, so one counter is as good as many. */
struct _EX_RUNDOWN_REF_CACHE_AWARE {
    EX_RUNDOWN_REF ref;
    uint8_t rest[56];
};

/* RunRef: the caller's memory. docs: wdm/nf-wdm-exinitializerundownprotection */
VOID NTAPI ExInitializeRundownProtection(PEX_RUNDOWN_REF RunRef)
{
    RunRef->Count = 0;
}

/* Lets holders in again after a run-down. docs: wdm/nf-wdm-exreinitializerundownprotection */
VOID NTAPI ExReInitializeRundownProtection(PEX_RUNDOWN_REF RunRef)
{
    if (RunRef->Count != EX_RUNDOWN_ACTIVE)
        NT_EMIT(NT_EVENT_MISUSE, "run-down protection is reinitialized that was not run down", RunRef, RunRef->Count,
                PE_CALLER());
    RunRef->Count = 0;
}

static inline BOOLEAN acquire(PEX_RUNDOWN_REF ref, ULONG_PTR count)
{
    if (ref->Count & EX_RUNDOWN_ACTIVE)
        return FALSE;
    ref->Count += count * EX_RUNDOWN_COUNT_INC;
    return TRUE;
}

/* Count holds at once; FALSE once run-down has begun. <= DISPATCH_LEVEL.
 * docs: wdm/nf-wdm-exacquirerundownprotectionex */
BOOLEAN NTAPI ExAcquireRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count)
{
    return acquire(RunRef, Count);
}

/* docs: wdm/nf-wdm-exacquirerundownprotection */
BOOLEAN NTAPI ExAcquireRundownProtection(PEX_RUNDOWN_REF RunRef)
{
    return acquire(RunRef, 1);
}

COLD static void release_slow(PEX_RUNDOWN_REF ref, ULONG_PTR count)
{
    struct parked *p;

    if (ref->Count >> EX_RUNDOWN_COUNT_SHIFT < count) {
        NT_EMIT(NT_EVENT_MISUSE, "run-down protection is released more often than acquired", ref, ref->Count,
                PE_CALLER());
        return;
    }
    ref->Count -= count * EX_RUNDOWN_COUNT_INC;
    if (ref->Count != EX_RUNDOWN_ACTIVE)
        return;
    while ((p = ke_park_first(ref)))
        ke_unpark(p);
    ke_settle();
}

static inline void release(PEX_RUNDOWN_REF ref, ULONG_PTR count)
{
    if (unlikely((ref->Count & EX_RUNDOWN_ACTIVE) || ref->Count >> EX_RUNDOWN_COUNT_SHIFT < count))
        release_slow(ref, count);
    else
        ref->Count -= count * EX_RUNDOWN_COUNT_INC;
}

/* Gives Count holds back; the last one lets whoever runs down go on. <= DISPATCH_LEVEL.
 * docs: wdm/nf-wdm-exreleaserundownprotectionex */
VOID NTAPI ExReleaseRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count)
{
    release(RunRef, Count);
}

/* docs: wdm/nf-wdm-exreleaserundownprotection */
VOID NTAPI ExReleaseRundownProtection(PEX_RUNDOWN_REF RunRef)
{
    release(RunRef, 1);
}

/* Refuses new holders and waits until the last one is gone. <= APC_LEVEL.
 * docs: wdm/nf-wdm-exwaitforrundownprotectionrelease */
VOID NTAPI ExWaitForRundownProtectionRelease(PEX_RUNDOWN_REF RunRef)
{
    RunRef->Count |= EX_RUNDOWN_ACTIVE;
    if (RunRef->Count != EX_RUNDOWN_ACTIVE)
        ke_park(RunRef, true);
}

/* The object stays refused until it is reinitialized. docs: wdm/nf-wdm-exrundowncompleted */
VOID NTAPI ExRundownCompleted(PEX_RUNDOWN_REF RunRef)
{
    RunRef->Count = EX_RUNDOWN_ACTIVE;
}

/* One from pool, to be freed by ExFreeCacheAwareRundownProtection; NULL without memory. <= APC_LEVEL.
 * docs: wdm/nf-wdm-exallocatecacheawarerundownprotection */
PEX_RUNDOWN_REF_CACHE_AWARE NTAPI ExAllocateCacheAwareRundownProtection(POOL_TYPE PoolType, ULONG PoolTag)
{
    return pool_alloc(PoolType | POOL_ZERO_ALLOCATION, sizeof(struct _EX_RUNDOWN_REF_CACHE_AWARE), PoolTag,
                      __builtin_return_address(0));
}

/* Bytes that one takes. docs: wdm/nf-wdm-exsizeofrundownprotectioncacheaware */
SIZE_T NTAPI ExSizeOfRundownProtectionCacheAware(VOID)
{
    return sizeof(struct _EX_RUNDOWN_REF_CACHE_AWARE);
}

/* In the caller's memory of that size. docs: wdm/nf-wdm-exinitializerundownprotectioncacheaware */
VOID NTAPI ExInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware, SIZE_T RunRefSize)
{
    (void)RunRefSize;
    RunRefCacheAware->ref.Count = 0;
}

/* docs: wdm/nf-wdm-exfreecacheawarerundownprotection */
VOID NTAPI ExFreeCacheAwareRundownProtection(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware)
{
    pool_free(RunRefCacheAware, 0, __builtin_return_address(0));
}

/* As ExAcquireRundownProtection. docs: wdm/nf-wdm-exacquirerundownprotectioncacheaware */
BOOLEAN NTAPI ExAcquireRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware)
{
    return acquire(&RunRefCacheAware->ref, 1);
}

/* docs: wdm/nf-wdm-exacquirerundownprotectioncacheawareex */
BOOLEAN NTAPI ExAcquireRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware, ULONG Count)
{
    return acquire(&RunRefCacheAware->ref, Count);
}

/* docs: wdm/nf-wdm-exreleaserundownprotectioncacheaware */
VOID NTAPI ExReleaseRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware)
{
    release(&RunRefCacheAware->ref, 1);
}

/* docs: wdm/nf-wdm-exreleaserundownprotectioncacheawareex */
VOID NTAPI ExReleaseRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRef, ULONG Count)
{
    release(&RunRef->ref, Count);
}

/* docs: wdm/nf-wdm-exwaitforrundownprotectionreleasecacheaware */
VOID NTAPI ExWaitForRundownProtectionReleaseCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef)
{
    ExWaitForRundownProtectionRelease(&RunRef->ref);
}

/* docs: wdm/nf-wdm-exreinitializerundownprotectioncacheaware */
VOID NTAPI ExReInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware)
{
    RunRefCacheAware->ref.Count = 0;
}

/* docs: wdm/nf-wdm-exrundowncompletedcacheaware */
VOID NTAPI ExRundownCompletedCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware)
{
    RunRefCacheAware->ref.Count = EX_RUNDOWN_ACTIVE;
}
