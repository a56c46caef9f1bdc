/* ERESOURCE: shared and exclusive ownership, recursive, by thread.
 *
 * OwnerEntry is the exclusive owner or the first shared one; further shared owners are in OwnerTable, whose entry 0
 * keeps the table's size. ActiveEntries counts owners. Waiters are parked under the resource's address. An
 * exclusive release lets waiting readers in first, the last shared release a waiting writer. */
#include "nt/ke_park.h"

#include <string.h>

#include "nt/event.h"
#include "nt/pool.h"
#include "ring3/ex.h"

#define TABLE_TAG 0x6f736552u           /* "Reso" */

static ERESOURCE_THREAD self(void)
{
    return (ERESOURCE_THREAD)ke_current();
}

static bool is_exclusive(const ERESOURCE *r)
{
    return r->Flag & ResourceOwnedExclusive;
}

static ULONG table_size(const ERESOURCE *r)
{
    return r->OwnerTable ? r->OwnerTable[0].TableSize : 0;
}

static POWNER_ENTRY find(PERESOURCE r, ERESOURCE_THREAD thread)
{
    if (r->OwnerEntry.OwnerThread == thread && r->OwnerEntry.OwnerCount)
        return &r->OwnerEntry;
    for (ULONG i = 1; i < table_size(r); i++)
        if (r->OwnerTable[i].OwnerThread == thread && r->OwnerTable[i].OwnerCount)
            return &r->OwnerTable[i];
    return NULL;
}

static POWNER_ENTRY grow(PERESOURCE r)
{
    ULONG old = table_size(r), size = old ? old * 2 : 4;
    POWNER_ENTRY table = pool_alloc(NonPagedPoolNx | POOL_ZERO_ALLOCATION, size * sizeof *table, TABLE_TAG, NULL);

    if (!table)
        KeBugCheckEx(NO_MORE_SYSTEM_PTES, (ULONG_PTR)r, size, 0, 0);
    if (old) {
        memcpy(table, r->OwnerTable, old * sizeof *table);
        pool_free(r->OwnerTable, TABLE_TAG, NULL);
    }
    table[0].TableSize = size;
    r->OwnerTable = table;
    return &table[old ? old : 1];
}

static POWNER_ENTRY free_entry(PERESOURCE r)
{
    if (!r->OwnerEntry.OwnerCount)
        return &r->OwnerEntry;
    for (ULONG i = 1; i < table_size(r); i++)
        if (!r->OwnerTable[i].OwnerCount)
            return &r->OwnerTable[i];
    return grow(r);
}

static void own(PERESOURCE r, ERESOURCE_THREAD thread, bool exclusive)
{
    POWNER_ENTRY entry = exclusive ? &r->OwnerEntry : free_entry(r);

    entry->OwnerThread = thread;
    entry->OwnerCount = 1;
    r->ActiveEntries++;
    r->ActiveCount = (SHORT)r->ActiveEntries;
    if (exclusive)
        r->Flag |= ResourceOwnedExclusive;
}

static void grant(PERESOURCE r, struct parked *p)
{
    if (p->exclusive)
        r->NumberOfExclusiveWaiters--;
    else
        r->NumberOfSharedWaiters--;
    own(r, (ERESOURCE_THREAD)p->thread, p->exclusive);
    ke_unpark(p);
}

static void grant_readers(PERESOURCE r)
{
    struct parked *p;

    while (r->NumberOfSharedWaiters && (p = ke_park_first_of(r, false)))
        grant(r, p);
}

static void check_apcs(const char *name, struct pe_caller caller)
{
    const struct thread *t = ke_current();

    (void)name;
    if (!t->kernel_apc_disable && !t->special_apc_disable && ke_irql() < APC_LEVEL)
        NT_EMIT(NT_EVENT_MISUSE, "a resource is acquired while normal kernel APCs are enabled (KeEnterCriticalRegion)",
                0, 0, caller);
}

static void wait_for(PERESOURCE r, bool exclusive)
{
    r->ContentionCount++;
    if (exclusive)
        r->NumberOfExclusiveWaiters++;
    else
        r->NumberOfSharedWaiters++;
    ke_park(r, exclusive);
}

/* Resource: the caller's nonpaged, 8-byte aligned memory. <= APC_LEVEL. docs: wdm/nf-wdm-exinitializeresourcelite */
NTSTATUS NTAPI ExInitializeResourceLite(PERESOURCE Resource)
{
    memset(Resource, 0, sizeof *Resource);
    nt_list_init(&Resource->SystemResourcesList);
    return STATUS_SUCCESS;
}

/* Makes an initialized, free resource as new. docs: wdm/nf-wdm-exreinitializeresourcelite */
NTSTATUS NTAPI ExReinitializeResourceLite(PERESOURCE Resource)
{
    ExDeleteResourceLite(Resource);
    return ExInitializeResourceLite(Resource);
}

/* After it the memory may be freed. Nobody may own it or wait for it. <= APC_LEVEL.
 * docs: wdm/nf-wdm-exdeleteresourcelite */
NTSTATUS NTAPI ExDeleteResourceLite(PERESOURCE Resource)
{
    if (Resource->ActiveEntries || Resource->NumberOfSharedWaiters || Resource->NumberOfExclusiveWaiters)
        NT_EMIT(NT_EVENT_MISUSE, "a resource is deleted while a thread owns it or waits for it", Resource, 0,
                PE_CALLER());
    if (Resource->OwnerTable)
        pool_free(Resource->OwnerTable, TABLE_TAG, NULL);
    Resource->OwnerTable = NULL;
    return STATUS_SUCCESS;
}

/* Alone; recursive. FALSE when Wait is FALSE and it cannot be had now. APCs disabled, <= APC_LEVEL.
 * docs: wdm/nf-wdm-exacquireresourceexclusivelite */
BOOLEAN NTAPI ExAcquireResourceExclusiveLite(PERESOURCE Resource, BOOLEAN Wait)
{
    check_apcs("ExAcquireResourceExclusiveLite", PE_CALLER());
    if (!Resource->ActiveEntries) {
        own(Resource, self(), true);
        return TRUE;
    }
    if (is_exclusive(Resource) && Resource->OwnerEntry.OwnerThread == self()) {
        Resource->OwnerEntry.OwnerCount++;
        return TRUE;
    }
    if (!Wait)
        return FALSE;
    if (find(Resource, self()))
        NT_EMIT(NT_EVENT_MISUSE, "a thread waits for exclusive access to a resource that it holds shared", Resource, 0,
                PE_CALLER());
    wait_for(Resource, true);
    return TRUE;
}

enum policy { FAIR, STARVE_EXCLUSIVE, WAIT_FOR_EXCLUSIVE };

static BOOLEAN acquire_shared(PERESOURCE r, BOOLEAN wait, enum policy policy)
{
    POWNER_ENTRY mine = find(r, self());
    bool writers = r->NumberOfExclusiveWaiters != 0;

    if (mine && (is_exclusive(r) || policy != WAIT_FOR_EXCLUSIVE || !writers)) {
        mine->OwnerCount++;
        return TRUE;
    }
    if (!is_exclusive(r) && (!writers || !r->ActiveEntries || policy == STARVE_EXCLUSIVE)) {
        own(r, self(), false);
        return TRUE;
    }
    if (!wait)
        return FALSE;
    wait_for(r, false);
    return TRUE;
}

/* Together with other readers, behind waiting writers; recursive. docs: wdm/nf-wdm-exacquireresourcesharedlite */
BOOLEAN NTAPI ExAcquireResourceSharedLite(PERESOURCE Resource, BOOLEAN Wait)
{
    check_apcs("ExAcquireResourceSharedLite", PE_CALLER());
    return acquire_shared(Resource, Wait, FAIR);
}

/* The same, past waiting writers. docs: wdm/nf-wdm-exacquiresharedstarveexclusive */
BOOLEAN NTAPI ExAcquireSharedStarveExclusive(PERESOURCE Resource, BOOLEAN Wait)
{
    check_apcs("ExAcquireSharedStarveExclusive", PE_CALLER());
    return acquire_shared(Resource, Wait, STARVE_EXCLUSIVE);
}

/* The same, behind waiting writers even when the caller reads already. docs: wdm/nf-wdm-exacquiresharedwaitforexclusive */
BOOLEAN NTAPI ExAcquireSharedWaitForExclusive(PERESOURCE Resource, BOOLEAN Wait)
{
    check_apcs("ExAcquireSharedWaitForExclusive", PE_CALLER());
    return acquire_shared(Resource, Wait, WAIT_FOR_EXCLUSIVE);
}

static void release(PERESOURCE r, ERESOURCE_THREAD thread)
{
    POWNER_ENTRY entry = find(r, thread);
    bool exclusive = is_exclusive(r);
    struct parked *p;

    if (!entry)
        KeBugCheckEx(RESOURCE_NOT_OWNED, (ULONG_PTR)r, thread, (ULONG_PTR)r->OwnerTable, 0);
    if (--entry->OwnerCount)
        return;
    entry->OwnerThread = 0;
    r->ActiveCount = (SHORT)--r->ActiveEntries;
    r->Flag &= (USHORT)~ResourceOwnedExclusive;
    if (r->ActiveEntries)
        return;
    if (exclusive)
        grant_readers(r);
    if (!r->ActiveEntries && r->NumberOfExclusiveWaiters && (p = ke_park_first_of(r, true)))
        grant(r, p);
    else if (!r->ActiveEntries)
        grant_readers(r);
}

/* Gives back one acquisition of the calling thread. Stops the system when it has none. <= DISPATCH_LEVEL.
 * docs: wdm/nf-wdm-exreleaseresourcelite */
VOID NTAPI ExReleaseResourceLite(PERESOURCE Resource)
{
    release(Resource, self());
    ke_settle();
}

/* Gives back one acquisition of that owner. docs: wdm/nf-wdm-exreleaseresourceforthreadlite */
VOID NTAPI ExReleaseResourceForThreadLite(PERESOURCE Resource, ERESOURCE_THREAD ResourceThreadId)
{
    release(Resource, ResourceThreadId);
    ke_settle();
}

/* Makes OwnerPointer (its two low bits set) the owner instead of the calling thread.
 * docs: wdm/nf-wdm-exsetresourceownerpointer */
VOID NTAPI ExSetResourceOwnerPointer(PERESOURCE Resource, PVOID OwnerPointer)
{
    POWNER_ENTRY entry = find(Resource, self());

    if (!entry)
        KeBugCheckEx(RESOURCE_NOT_OWNED, (ULONG_PTR)Resource, self(), (ULONG_PTR)Resource->OwnerTable, 0);
    entry->OwnerThread = (ERESOURCE_THREAD)OwnerPointer;
}

/* The same; Flags say whether the pointer is a thread. docs: wdm/nf-wdm-exsetresourceownerpointerex */
VOID NTAPI ExSetResourceOwnerPointerEx(PERESOURCE Resource, PVOID OwnerPointer, ULONG Flags)
{
    (void)Flags;
    ExSetResourceOwnerPointer(Resource, OwnerPointer);
}

/* The exclusive owner becomes a shared one, and waiting readers come in.
 * docs: wdm/nf-wdm-exconvertexclusivetosharedlite */
VOID NTAPI ExConvertExclusiveToSharedLite(PERESOURCE Resource)
{
    if (!is_exclusive(Resource) || Resource->OwnerEntry.OwnerThread != self())
        KeBugCheckEx(RESOURCE_NOT_OWNED, (ULONG_PTR)Resource, self(), (ULONG_PTR)Resource->OwnerTable, 0);
    Resource->Flag &= (USHORT)~ResourceOwnedExclusive;
    grant_readers(Resource);
    ke_settle();
}

/* TRUE when the calling thread owns it alone. docs: wdm/nf-wdm-exisresourceacquiredexclusivelite */
BOOLEAN NTAPI ExIsResourceAcquiredExclusiveLite(PERESOURCE Resource)
{
    return is_exclusive(Resource) && Resource->OwnerEntry.OwnerThread == self();
}

/* How often the calling thread has acquired it, either way. docs: wdm/nf-wdm-exisresourceacquiredsharedlite */
ULONG NTAPI ExIsResourceAcquiredSharedLite(PERESOURCE Resource)
{
    POWNER_ENTRY entry = find(Resource, self());

    return entry ? entry->OwnerCount : 0;
}

/* docs: wdm/nf-wdm-exgetexclusivewaitercount */
ULONG NTAPI ExGetExclusiveWaiterCount(PERESOURCE Resource)
{
    return Resource->NumberOfExclusiveWaiters;
}

/* docs: wdm/nf-wdm-exgetsharedwaitercount */
ULONG NTAPI ExGetSharedWaiterCount(PERESOURCE Resource)
{
    return Resource->NumberOfSharedWaiters;
}

/* Owners are not boosted here in any case. docs: ntifs/nf-ntifs-exdisableresourceboostlite */
VOID NTAPI ExDisableResourceBoostLite(PERESOURCE Resource)
{
    (void)Resource;
}

/* Enters a critical region, then acquires alone. docs: wdm/nf-wdm-exentercriticalregionandacquireresourceexclusive */
PVOID NTAPI ExEnterCriticalRegionAndAcquireResourceExclusive(PERESOURCE Resource)
{
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(Resource, TRUE);
    return NULL;
}

/* The same, shared. docs: wdm/nf-wdm-exentercriticalregionandacquireresourceexclusive */
PVOID NTAPI ExEnterCriticalRegionAndAcquireResourceShared(PERESOURCE Resource)
{
    KeEnterCriticalRegion();
    ExAcquireResourceSharedLite(Resource, TRUE);
    return NULL;
}

/* The same, shared behind writers. docs: wdm/nf-wdm-exentercriticalregionandacquireresourceexclusive */
PVOID NTAPI ExEnterCriticalRegionAndAcquireSharedWaitForExclusive(PERESOURCE Resource)
{
    KeEnterCriticalRegion();
    ExAcquireSharedWaitForExclusive(Resource, TRUE);
    return NULL;
}

/* Gives it back and leaves the critical region. docs: wdm/nf-wdm-exreleaseresourceandleavecriticalregion */
VOID NTAPI ExReleaseResourceAndLeaveCriticalRegion(PERESOURCE Resource)
{
    ExReleaseResourceLite(Resource);
    KeLeaveCriticalRegion();
}
