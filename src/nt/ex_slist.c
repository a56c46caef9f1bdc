/* Sequenced singly linked lists. One processor at a time runs, and host code is not interrupted: plain code is atomic.
 * The header's layout is the x64 one, whose entries are 16-byte aligned: depth and sequence, then the first entry. */
#include "nt/ke.h"
#include "ring3/ex.h"

static PSLIST_ENTRY first(const SLIST_HEADER *head)
{
    return (PSLIST_ENTRY)(uintptr_t)(head->Region & ~15ull);
}

static void set(PSLIST_HEADER head, PSLIST_ENTRY entry, int depth_change)
{
    uint64_t depth = (head->Alignment + (uint64_t)(int64_t)depth_change) & 0xffff;

    head->Alignment = (head->Alignment & ~0xffffull) + 0x10000 + depth;
    head->Region = (uint64_t)(uintptr_t)entry;
}

/* SListHead: the caller's memory, 16-byte aligned. docs: wdm/nf-wdm-initializeslisthead */
VOID NTAPI InitializeSListHead(PSLIST_HEADER SListHead)
{
    SListHead->Alignment = SListHead->Region = 0;
}

/* Takes the first entry; NULL when empty. Any IRQL. docs: wdm/nf-wdm-expinterlockedpopentryslist */
PSLIST_ENTRY NTAPI ExpInterlockedPopEntrySList(PSLIST_HEADER ListHead)
{
    PSLIST_ENTRY entry = first(ListHead);

    if (entry)
        set(ListHead, entry->Next, -1);
    return entry;
}

/* Puts the entry in front; returns what was first. Any IRQL. docs: wdm/nf-wdm-expinterlockedpushentryslist */
PSLIST_ENTRY NTAPI ExpInterlockedPushEntrySList(PSLIST_HEADER ListHead, PSLIST_ENTRY ListEntry)
{
    PSLIST_ENTRY before = first(ListHead);

    ListEntry->Next = before;
    set(ListHead, ListEntry, 1);
    return before;
}

/* Empties the list; returns its first entry. Any IRQL. docs: wdm/nf-wdm-exinterlockedflushslist */
PSLIST_ENTRY NTAPI ExpInterlockedFlushSList(PSLIST_HEADER ListHead)
{
    PSLIST_ENTRY before = first(ListHead);

    ListHead->Alignment &= ~0xffffull;
    ListHead->Region = 0;
    return before;
}

/* Number of entries, modulo 65536. Any IRQL. docs: wdm/nf-wdm-exquerydepthslist */
USHORT NTAPI ExQueryDepthSList(PSLIST_HEADER SListHead)
{
    return (USHORT)SListHead->Alignment;
}

/* The first entry, which stays. Any IRQL. docs: wdm/nf-wdm-expinterlockedpopentryslist */
PSLIST_ENTRY NTAPI FirstEntrySList(const SLIST_HEADER *SListHead)
{
    return first(SListHead);
}
