/* Interlocked list and counter operations under a driver's spin lock. Any IRQL: they run with interrupts off on
 * Windows; here nothing can come between, and the lock is honoured so that it mixes with plain acquisitions. */
#include "nt/ke_spinlock.h"
#include "nt/ke_wait.h"
#include "ring3/ex.h"

static KIRQL lock(PKSPIN_LOCK spin)
{
    KIRQL old = ke_raise(HIGH_LEVEL);

    ke_spin_take(spin);
    return old;
}

static void unlock(PKSPIN_LOCK spin, KIRQL old)
{
    ke_spin_give(spin);
    ke_lower(old);
}

static PLIST_ENTRY or_null(PLIST_ENTRY head, PLIST_ENTRY entry)
{
    return entry == head ? NULL : entry;
}

/* Puts the entry in front; returns what was first, NULL when the list was empty.
 * docs: wdm/nf-wdm-exinterlockedinsertheadlist */
PLIST_ENTRY NTAPI ExInterlockedInsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry, PKSPIN_LOCK Lock)
{
    KIRQL old = lock(Lock);
    PLIST_ENTRY before = or_null(ListHead, ListHead->Flink);

    nt_list_push_front(ListHead, ListEntry);
    unlock(Lock, old);
    return before;
}

/* Puts the entry at the end; returns what was last, NULL when the list was empty.
 * docs: wdm/nf-wdm-exinterlockedinserttaillist */
PLIST_ENTRY NTAPI ExInterlockedInsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry, PKSPIN_LOCK Lock)
{
    KIRQL old = lock(Lock);
    PLIST_ENTRY before = or_null(ListHead, ListHead->Blink);

    nt_list_push_back(ListHead, ListEntry);
    unlock(Lock, old);
    return before;
}

/* Takes the first entry; NULL when the list is empty. docs: wdm/nf-wdm-exinterlockedremoveheadlist */
PLIST_ENTRY NTAPI ExInterlockedRemoveHeadList(PLIST_ENTRY ListHead, PKSPIN_LOCK Lock)
{
    KIRQL old = lock(Lock);
    PLIST_ENTRY entry = nt_list_pop_front(ListHead);

    unlock(Lock, old);
    return entry;
}

/* Takes the first entry of a single list; NULL when it is empty. docs: wdm/nf-wdm-exinterlockedpopentrylist */
PSINGLE_LIST_ENTRY NTAPI ExInterlockedPopEntryList(PSINGLE_LIST_ENTRY ListHead, PKSPIN_LOCK Lock)
{
    KIRQL old = lock(Lock);
    PSINGLE_LIST_ENTRY entry = ListHead->Next;

    if (entry)
        ListHead->Next = entry->Next;
    unlock(Lock, old);
    return entry;
}

/* Puts the entry in front; returns what was first. docs: wdm/nf-wdm-exinterlockedpushentrylist */
PSINGLE_LIST_ENTRY NTAPI ExInterlockedPushEntryList(PSINGLE_LIST_ENTRY ListHead, PSINGLE_LIST_ENTRY ListEntry,
                                                    PKSPIN_LOCK Lock)
{
    KIRQL old = lock(Lock);
    PSINGLE_LIST_ENTRY before = ListHead->Next;

    ListEntry->Next = before;
    ListHead->Next = ListEntry;
    unlock(Lock, old);
    return before;
}

/* Adds to a 64-bit value; returns it before. docs: wdm/nf-wdm-exinterlockedaddlargeinteger */
LARGE_INTEGER NTAPI ExInterlockedAddLargeInteger(PLARGE_INTEGER Addend, LARGE_INTEGER Increment, PKSPIN_LOCK Lock)
{
    KIRQL old = lock(Lock);
    LARGE_INTEGER before = *Addend;

    Addend->QuadPart += Increment.QuadPart;
    unlock(Lock, old);
    return before;
}

/* Adds to a 32-bit value; returns it before. docs: wdm/nf-wdm-exinterlockedaddulong */
ULONG NTAPI ExInterlockedAddUlong(PULONG Addend, ULONG Increment, PKSPIN_LOCK Lock)
{
    KIRQL old = lock(Lock);
    ULONG before = *Addend;

    *Addend += Increment;
    unlock(Lock, old);
    return before;
}
