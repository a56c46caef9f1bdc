/* Extra create parameters: lists of contexts that go with an IRP_MJ_CREATE.
 *
 * 1. A context lies behind its struct ecp, in the driver's pool or lookaside list; it is in one list or in none.
 * 2. The list of a create hangs from its file object. Who opened the file keeps the list it gave to IoCreateFileEx, and its contexts;
 *    contexts that drivers insert while the create is under way, and a list that one of them set, are freed when it is over. */
#include "nt/fsrtl.h"

#include <string.h>

#define LIST_TAG 0x4c706345u            /* "EcpL" */

struct _ECP_LIST {
    LIST_ENTRY entries;                 /* struct ecp */
    bool in_create;
};

struct ecp {
    LIST_ENTRY link;
    PECP_LIST list;                     /* NULL: in none */
    GUID type;
    ULONG size, tag;
    PFSRTL_EXTRA_CREATE_PARAMETER_CLEANUP_CALLBACK cleanup;
    PGENERAL_LOOKASIDE lookaside;       /* NULL: from pool */
    bool acknowledged, of_create;
    _Alignas(16) char context[];
};

static struct ecp *ecp_of(PVOID context)
{
    return container_of(context, struct ecp, context);
}

static struct ecp *ecp_at(LIST_ENTRY *link)
{
    return container_of(link, struct ecp, link);
}

/* *EcpList: empty, to be freed by FsRtlFreeExtraCreateParameterList. Flags: quota is not charged. <= APC_LEVEL.
 * STATUS_INSUFFICIENT_RESOURCES. docs: ntifs/nf-ntifs-fsrtlallocateextracreateparameterlist */
NTSTATUS NTAPI FsRtlAllocateExtraCreateParameterList(FSRTL_ALLOCATE_ECPLIST_FLAGS Flags, PECP_LIST *EcpList)
{
    (void)Flags;
    *EcpList = pool_alloc(PagedPool, sizeof(ECP_LIST), LIST_TAG, __builtin_return_address(0));
    if (*EcpList == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    nt_list_init(&(*EcpList)->entries);
    (*EcpList)->in_create = false;
    return STATUS_SUCCESS;
}

static void detach(struct ecp *e)
{
    nt_list_remove(&e->link);
    e->list = NULL;
}

/* Frees the list and the contexts in it. <= APC_LEVEL. docs: ntifs/nf-ntifs-fsrtlfreeextracreateparameterlist */
VOID NTAPI FsRtlFreeExtraCreateParameterList(PECP_LIST EcpList)
{
    while (!nt_list_empty(&EcpList->entries)) {
        struct ecp *e = ecp_at(EcpList->entries.Flink);

        detach(e);
        FsRtlFreeExtraCreateParameter(e->context);
    }
    pool_free(EcpList, LIST_TAG, __builtin_return_address(0));
}

static PVOID start(struct ecp *e, LPCGUID type, ULONG size, PFSRTL_EXTRA_CREATE_PARAMETER_CLEANUP_CALLBACK cleanup)
{
    memset(e, 0, sizeof(*e) + size);
    e->type = *type;
    e->size = size;
    e->cleanup = cleanup;
    return e->context;
}

/* *EcpContext: SizeOfContext zeroed bytes of PoolTag, paged unless Flags say otherwise, for FsRtlFreeExtraCreateParameter.
 * CleanupCallback (or NULL) is called before they are freed. <= APC_LEVEL. STATUS_INSUFFICIENT_RESOURCES.
 * docs: ntifs/nf-ntifs-fsrtlallocateextracreateparameter */
NTSTATUS NTAPI FsRtlAllocateExtraCreateParameter(LPCGUID EcpType, ULONG SizeOfContext, FSRTL_ALLOCATE_ECP_FLAGS Flags,
                                                 PFSRTL_EXTRA_CREATE_PARAMETER_CLEANUP_CALLBACK CleanupCallback, ULONG PoolTag,
                                                 PVOID *EcpContext)
{
    POOL_TYPE type = Flags & FSRTL_ALLOCATE_ECP_FLAG_NONPAGED_POOL ? NonPagedPoolNx : PagedPool;
    struct ecp *e = pool_alloc(type, sizeof(*e) + (size_t)SizeOfContext, PoolTag, __builtin_return_address(0));

    *EcpContext = NULL;
    if (e == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *EcpContext = start(e, EcpType, SizeOfContext, CleanupCallback);
    e->tag = PoolTag;
    return STATUS_SUCCESS;
}

/* Lookaside: a PAGED_LOOKASIDE_LIST, or NPAGED_LOOKASIDE_LIST with FSRTL_ECP_LOOKASIDE_FLAG_NONPAGED_POOL, of nonpaged memory.
 * <= APC_LEVEL. docs: ntifs/nf-ntifs-fsrtlinitextracreateparameterlookasidelist */
VOID NTAPI FsRtlInitExtraCreateParameterLookasideList(PVOID Lookaside, FSRTL_ECP_LOOKASIDE_FLAGS Flags, SIZE_T Size, ULONG Tag)
{
    SIZE_T size = sizeof(struct ecp) + Size;

    if (Flags & FSRTL_ECP_LOOKASIDE_FLAG_NONPAGED_POOL)
        ExInitializeNPagedLookasideList(Lookaside, NULL, NULL, POOL_NX_ALLOCATION, size, Tag, 0);
    else
        ExInitializePagedLookasideList(Lookaside, NULL, NULL, 0, size, Tag, 0);
}

/* Flags: those of the initialization. Contexts are to be freed before. <= APC_LEVEL.
 * docs: ntifs/nf-ntifs-fsrtldeleteextracreateparameterlookasidelist */
VOID NTAPI FsRtlDeleteExtraCreateParameterLookasideList(PVOID Lookaside, FSRTL_ECP_LOOKASIDE_FLAGS Flags)
{
    if (Flags & FSRTL_ECP_LOOKASIDE_FLAG_NONPAGED_POOL)
        ExDeleteNPagedLookasideList(Lookaside);
    else
        ExDeletePagedLookasideList(Lookaside);
}

static bool is_paged(const GENERAL_LOOKASIDE *list)
{
    return (list->Type & 1) == PagedPool;
}

/* FsRtlAllocateExtraCreateParameter from the list, or from pool when the list's entries are too small. <= APC_LEVEL.
 * STATUS_INSUFFICIENT_RESOURCES. docs: ntifs/nf-ntifs-fsrtlallocateextracreateparameterfromlookasidelist */
NTSTATUS NTAPI FsRtlAllocateExtraCreateParameterFromLookasideList(LPCGUID EcpType, ULONG SizeOfContext, FSRTL_ALLOCATE_ECP_FLAGS Flags,
                                                                  PFSRTL_EXTRA_CREATE_PARAMETER_CLEANUP_CALLBACK CleanupCallback,
                                                                  PVOID LookasideList, PVOID *EcpContext)
{
    PGENERAL_LOOKASIDE list = &((PPAGED_LOOKASIDE_LIST)LookasideList)->L;
    struct ecp *e;

    if (sizeof(*e) + (size_t)SizeOfContext > list->Size)
        return FsRtlAllocateExtraCreateParameter(EcpType, SizeOfContext,
                                                 Flags | (is_paged(list) ? 0 : FSRTL_ALLOCATE_ECP_FLAG_NONPAGED_POOL), CleanupCallback,
                                                 list->Tag, EcpContext);
    *EcpContext = NULL;
    e = is_paged(list) ? ExAllocateFromPagedLookasideList(LookasideList) : ExAllocateFromNPagedLookasideList(LookasideList);
    if (e == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *EcpContext = start(e, EcpType, SizeOfContext, CleanupCallback);
    e->lookaside = list;
    return STATUS_SUCCESS;
}

/* Calls the context's cleanup routine and frees it; it must be in no list. <= APC_LEVEL.
 * docs: ntifs/nf-ntifs-fsrtlfreeextracreateparameter */
VOID NTAPI FsRtlFreeExtraCreateParameter(PVOID EcpContext)
{
    struct ecp *e = ecp_of(EcpContext);

    if (e->list != NULL) {
        NT_EMIT(NT_EVENT_MISUSE, "FsRtlFreeExtraCreateParameter is given a context that is still in a list", EcpContext, 0, PE_CALLER());
        detach(e);
    }
    if (e->cleanup != NULL)
        e->cleanup(EcpContext, &e->type);
    if (e->lookaside == NULL)
        pool_free(e, e->tag, __builtin_return_address(0));
    else if (is_paged(e->lookaside))
        ExFreeToPagedLookasideList(CONTAINING_RECORD(e->lookaside, PAGED_LOOKASIDE_LIST, L), e);
    else
        ExFreeToNPagedLookasideList(CONTAINING_RECORD(e->lookaside, NPAGED_LOOKASIDE_LIST, L), e);
}

static struct ecp *find(PECP_LIST list, LPCGUID type)
{
    for (LIST_ENTRY *at = list->entries.Flink; at != &list->entries; at = at->Flink)
        if (memcmp(&ecp_at(at)->type, type, sizeof(*type)) == 0)
            return ecp_at(at);
    return NULL;
}

/* STATUS_INVALID_PARAMETER when the list has a context of that type. <= APC_LEVEL.
 * docs: ntifs/nf-ntifs-fsrtlinsertextracreateparameter */
NTSTATUS NTAPI FsRtlInsertExtraCreateParameter(PECP_LIST EcpList, PVOID EcpContext)
{
    struct ecp *e = ecp_of(EcpContext);

    if (find(EcpList, &e->type) != NULL)
        return STATUS_INVALID_PARAMETER;
    e->list = EcpList;
    e->of_create = EcpList->in_create;
    nt_list_push_back(&EcpList->entries, &e->link);
    return STATUS_SUCCESS;
}

static NTSTATUS answer(struct ecp *e, PVOID *context, ULONG *size)
{
    if (context != NULL)
        *context = e != NULL ? e->context : NULL;
    if (size != NULL)
        *size = e != NULL ? e->size : 0;
    return e != NULL ? STATUS_SUCCESS : STATUS_NOT_FOUND;
}

/* EcpContext and EcpContextSize may be NULL. <= APC_LEVEL. STATUS_NOT_FOUND. docs: ntifs/nf-ntifs-fsrtlfindextracreateparameter */
NTSTATUS NTAPI FsRtlFindExtraCreateParameter(PECP_LIST EcpList, LPCGUID EcpType, PVOID *EcpContext, ULONG *EcpContextSize)
{
    return answer(find(EcpList, EcpType), EcpContext, EcpContextSize);
}

/* Takes the context out of the list; it is the caller's. <= APC_LEVEL. STATUS_NOT_FOUND.
 * docs: ntifs/nf-ntifs-fsrtlremoveextracreateparameter */
NTSTATUS NTAPI FsRtlRemoveExtraCreateParameter(PECP_LIST EcpList, LPCGUID EcpType, PVOID *EcpContext, ULONG *EcpContextSize)
{
    struct ecp *e = find(EcpList, EcpType);

    if (e != NULL)
        detach(e);
    return answer(e, EcpContext, EcpContextSize);
}

/* The context after CurrentEcpContext, or (NULL) the first. The results may be NULL. <= APC_LEVEL. STATUS_NOT_FOUND at the end,
 * STATUS_INVALID_PARAMETER without a list. docs: ntifs/nf-ntifs-fsrtlgetnextextracreateparameter */
NTSTATUS NTAPI FsRtlGetNextExtraCreateParameter(PECP_LIST EcpList, PVOID CurrentEcpContext, LPGUID NextEcpType, PVOID *NextEcpContext,
                                                ULONG *NextEcpContextSize)
{
    if (EcpList == NULL)
        return STATUS_INVALID_PARAMETER;
    LIST_ENTRY *next = CurrentEcpContext != NULL ? ecp_of(CurrentEcpContext)->link.Flink : EcpList->entries.Flink;
    struct ecp *e = next != &EcpList->entries ? ecp_at(next) : NULL;
    if (e != NULL && NextEcpType != NULL)
        *NextEcpType = e->type;
    return answer(e, NextEcpContext, NextEcpContextSize);
}

/* ---- with a create ---- */

static struct io_file_object *file_of(PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);

    return stack->MajorFunction == IRP_MJ_CREATE ? (struct io_file_object *)stack->FileObject : NULL;
}

/* *EcpList: NULL when the create has none. <= APC_LEVEL. STATUS_INVALID_PARAMETER for another IRP than a create.
 * docs: ntifs/nf-ntifs-fsrtlgetecplistfromirp */
NTSTATUS NTAPI FsRtlGetEcpListFromIrp(PIRP Irp, PECP_LIST *EcpList)
{
    struct io_file_object *file = file_of(Irp);

    if (file == NULL)
        return STATUS_INVALID_PARAMETER;
    if (EcpList != NULL)
        *EcpList = file->ecps;
    return STATUS_SUCCESS;
}

/* Attaches the list, which is freed when the create is over. <= APC_LEVEL. STATUS_INVALID_PARAMETER_2 for another IRP than a create,
 * STATUS_INVALID_PARAMETER_3 when it has a list. docs: ntifs/nf-ntifs-fsrtlsetecplistintoirp */
NTSTATUS NTAPI FsRtlSetEcpListIntoIrp(PIRP Irp, PECP_LIST EcpList)
{
    struct io_file_object *file = file_of(Irp);

    if (file == NULL)
        return STATUS_INVALID_PARAMETER_2;
    if (file->ecps != NULL)
        return STATUS_INVALID_PARAMETER_3;
    file->ecps = EcpList;
    file->ecps_owned = true;
    return STATUS_SUCCESS;
}

void fsrtl_ecp_begin(PECP_LIST list)
{
    if (list != NULL)
        list->in_create = true;
}

static void drop_of_create(PECP_LIST list)
{
    for (LIST_ENTRY *at = list->entries.Flink, *next; at != &list->entries; at = next) {
        struct ecp *e = ecp_at(at);

        next = at->Flink;
        if (!e->of_create)
            continue;
        detach(e);
        FsRtlFreeExtraCreateParameter(e->context);
    }
    list->in_create = false;
}

void fsrtl_ecp_end(struct io_file_object *file)
{
    PECP_LIST list = file->ecps;

    file->ecps = NULL;
    if (list != NULL && file->ecps_owned)
        FsRtlFreeExtraCreateParameterList(list);
    else if (list != NULL)
        drop_of_create(list);
}

/* ---- the mark of a context that somebody has dealt with ---- */

/* <= APC_LEVEL. docs: ntifs/nf-ntifs-fsrtlacknowledgeecp */
VOID NTAPI FsRtlAcknowledgeEcp(PVOID EcpContext)
{
    ecp_of(EcpContext)->acknowledged = true;
}

/* Takes the mark away. <= APC_LEVEL. docs: ntifs/nf-ntifs-fsrtlpreparetoreuseecp */
VOID NTAPI FsRtlPrepareToReuseEcp(PVOID EcpContext)
{
    ecp_of(EcpContext)->acknowledged = false;
}

/* <= APC_LEVEL. docs: ntifs/nf-ntifs-fsrtlisecpacknowledged */
BOOLEAN NTAPI FsRtlIsEcpAcknowledged(PVOID EcpContext)
{
    return ecp_of(EcpContext)->acknowledged;
}

/* FALSE: no create comes from user mode with parameters. <= APC_LEVEL. docs: ntifs/nf-ntifs-fsrtlisecpfromusermode */
BOOLEAN NTAPI FsRtlIsEcpFromUserMode(PVOID EcpContext)
{
    (void)EcpContext;
    return FALSE;
}
