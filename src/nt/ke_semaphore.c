/* Semaphores. */
#include "nt/ke_wait.h"
#include "nt/raise.h"

/* Semaphore: the caller's nonpaged memory. Count: what it starts with; Limit: what it may grow to. PASSIVE_LEVEL.
 * docs: wdm/nf-wdm-keinitializesemaphore */
VOID NTAPI KeInitializeSemaphore(PRKSEMAPHORE Semaphore, LONG Count, LONG Limit)
{
    ke_header_init(&Semaphore->Header, SemaphoreObject, sizeof *Semaphore, Count);
    Semaphore->Limit = Limit;
}

/* The present count. <= DISPATCH_LEVEL. docs: wdm/nf-wdm-kereadstatesemaphore */
LONG NTAPI KeReadStateSemaphore(PRKSEMAPHORE Semaphore)
{
    return Semaphore->Header.SignalState;
}

/* Adds Adjustment; returns the count before. Raises STATUS_SEMAPHORE_LIMIT_EXCEEDED beyond Limit, or when Adjustment
 * is not positive. With Wait the caller's next call is a wait. <= DISPATCH_LEVEL.
 * docs: wdm/nf-wdm-kereleasesemaphore */
LONG NTAPI KeReleaseSemaphore(PRKSEMAPHORE Semaphore, KPRIORITY Increment, LONG Adjustment, BOOLEAN Wait)
{
    LONG before = Semaphore->Header.SignalState;
    LONG64 after = (LONG64)before + Adjustment;

    if (after > Semaphore->Limit || Adjustment <= 0)
        nt_raise_status(STATUS_SEMAPHORE_LIMIT_EXCEEDED);
    Semaphore->Header.SignalState = (LONG)after;
    ke_signalled(&Semaphore->Header, Increment);
    if (Wait)
        ke_wait_follows();
    else
        ke_settle();
    return before;
}
