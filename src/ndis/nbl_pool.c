/* NET_BUFFER_LIST pools. See nbl_pool.h for the invariants. */
#include <string.h>

#include "ndis/event.h"
#include "ndis/leaks.h"
#include "ndis/ledger.h"
#include "ndis/nbl_pool.h"
#include "nt/hot.h"
#include "nt/pool.h"

#define SLAB_BYTES 16384u
#define CONTEXT_ALIGN MEMORY_ALLOCATION_ALIGNMENT

/* The first bytes of a slab link it to the next one; cells start at the next multiple of 64. */
#define SLAB_HEAD 64u
#define OUTSIDE ((struct nbl_cell *)(uintptr_t)1)       /* next_free of a list that is allocated */

static void each_of_pool(struct nbl_pool *pool, bool outside, void (*visit)(void *context, PNET_BUFFER_LIST nbl), void *context);
static void check_marks(void *context, PNET_BUFFER_LIST nbl);

static void init_embedded_nb(struct nbl_pool *pool, struct nbl_cell *cell)
{
    char *base = (char *)cell;
    struct nb_cell *nb = (struct nb_cell *)(void *)(base + pool->nb_offset);

    cell->own_nb = nb;
    nb->embedded = true;
    nb->nb.NdisPoolHandle = pool;
    if (pool->data_size) {
        nb->own_mdl = (PMDL)(void *)(base + pool->mdl_offset);
        MmInitializeMdl(nb->own_mdl, base + pool->data_offset, pool->data_size);
        MmBuildMdlForNonPagedPool(nb->own_mdl);
    }
}

static bool grow(struct nbl_pool *pool, const void *caller)
{
    size_t bytes = SLAB_BYTES;

    if (bytes < SLAB_HEAD + pool->cell_size)
        bytes = SLAB_HEAD + pool->cell_size;
    char *slab = pool_alloc(NonPagedPoolNx, bytes, pool->tag, caller);
    if (!slab)
        return false;
    memset(slab, 0, bytes);
    *(void **)slab = pool->slabs;
    pool->slabs = slab;
    /* The free list runs in address order, so that neighbours go out together. */
    for (size_t n = (bytes - SLAB_HEAD) / pool->cell_size; n-- > 0;) {
        struct nbl_cell *cell = (struct nbl_cell *)(void *)(slab + SLAB_HEAD + n * pool->cell_size);

        cell->nbl.NdisPoolHandle = pool;
        if (pool->context_size)
            cell->own_context = (PNET_BUFFER_LIST_CONTEXT)(void *)((char *)cell + pool->context_offset);
        if (pool->with_nb)
            init_embedded_nb(pool, cell);
        cell->next_free = pool->free;
        pool->free = cell;
        pool->total++;
    }
    return true;
}

static void lay_out(struct nbl_pool *pool)
{
    size_t size = align_up(sizeof(struct nbl_cell), 16);

    pool->context_offset = size;
    if (pool->context_size)
        size = align_up(size + sizeof(NET_BUFFER_LIST_CONTEXT) + pool->context_size, 16);
    if (pool->with_nb)
        size = align_up(size, 64);      /* its first fields are in one cache line */
    pool->nb_offset = size;
    if (pool->with_nb)
        size += align_up(sizeof(struct nb_cell), 16);
    if (pool->data_size) {
        pool->mdl_offset = size;
        /* Room for the most pages the data can touch. */
        size += align_up(sizeof(MDL) + sizeof(PFN_NUMBER) * (pool->data_size / PAGE_SIZE + 2), 16);
        pool->data_offset = size;
        size += align_up(pool->data_size, 16);
    }
    pool->cell_size = align_up(size, 64);
}

struct nbl_pool *nbl_pool_create(const NET_BUFFER_LIST_POOL_PARAMETERS *p, const void *caller)
{
    struct nbl_pool *pool = ndis_object_create(NDIS_NBL_POOL, sizeof *pool, NDIS_TAG('N', 'D', 'n', 'l'), caller);

    if (!pool)
        return NULL;
    pool->tag = p->PoolTag ? p->PoolTag : NDIS_TAG('N', 'D', 'n', 'l');
    pool->context_size = (uint16_t)align_up(p->ContextSize, CONTEXT_ALIGN);
    pool->protocol_id = p->ProtocolId & NDIS_PROTOCOL_ID_MASK;
    pool->with_nb = p->fAllocateNetBuffer;
    pool->data_size = p->fAllocateNetBuffer ? p->DataSize : 0;
    lay_out(pool);
    return pool;
}

/* Makes a pool of NET_BUFFER_LISTs. NdisHandle: any NDIS handle, or NULL. Parameters: ContextSize and DataSize in bytes.
 * The caller frees the pool with NdisFreeNetBufferListPool. <= DISPATCH_LEVEL. NULL: wrong header or no memory.
 * docs: nblapi/nf-nblapi-ndisallocatenetbufferlistpool */
NDIS_HANDLE NTAPI NdisAllocateNetBufferListPool(NDIS_HANDLE NdisHandle, PNET_BUFFER_LIST_POOL_PARAMETERS Parameters)
{
    if (Parameters->Header.Type != NDIS_OBJECT_TYPE_DEFAULT || Parameters->Header.Revision < 1 ||
        Parameters->Header.Size < NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 ||
        (Parameters->DataSize && !Parameters->fAllocateNetBuffer))
        return NULL;
    return nbl_pool_create(Parameters, NDIS_CALLER());
}

/* Frees a pool. Every list must have been freed before: Windows stops when one has not. <= DISPATCH_LEVEL.
 * docs: nblapi/nf-nblapi-ndisfreenetbufferlistpool */
VOID NTAPI NdisFreeNetBufferListPool(NDIS_HANDLE PoolHandle)
{
    struct nbl_pool *pool = ndis_object_check(PoolHandle, NDIS_NBL_POOL);

    if (pool->outside)
        NDIS_EMIT(NDIS_EVENT_MISUSE, pool, "a NET_BUFFER_LIST pool is freed while some of its lists are allocated",
                  NDIS_CALLER());
    each_of_pool(pool, false, check_marks, NULL);
    for (void *slab = pool->slabs, *next; slab; slab = next) {
        next = *(void **)slab;
        pool_free(slab, 0, NDIS_CALLER());
    }
    ndis_object_destroy(pool);
}

static void reset_nbl(struct nbl_pool *pool, struct nbl_cell *cell)
{
    PNET_BUFFER_LIST nbl = &cell->nbl;

    memset(nbl, 0, sizeof *nbl);
    nbl->NdisPoolHandle = pool;
    if (pool->with_nb) {
        nbl->FirstNetBuffer = &cell->own_nb->nb;
        cell->own_nb->sg_lists = 0;
        memset(nbl->FirstNetBuffer, 0, sizeof(NET_BUFFER));
        nbl->FirstNetBuffer->NdisPoolHandle = pool;
        if (cell->own_nb->own_mdl)
            nb_set_data(nbl->FirstNetBuffer, cell->own_nb->own_mdl, pool->data_size, 0);
    }
}

PNET_BUFFER_LIST nbl_alloc(struct nbl_pool *pool, uint16_t context_size, uint16_t backfill, const void *caller)
{
    if (unlikely(!pool->free) && !grow(pool, caller))
        return NULL;
    struct nbl_cell *cell = pool->free;
    pool->free = cell->next_free;
    cell->next_free = OUTSIDE;
    pool->outside++;
    ledger_allocated(&cell->nbl);
    reset_nbl(pool, cell);
    if (cell->own_context) {
        cell->nbl.Context = cell->own_context;
        cell->own_context->Next = NULL;
        cell->own_context->Size = cell->own_context->Offset = pool->context_size;
    }
    if (context_size &&
        NdisAllocateNetBufferListContext(&cell->nbl, context_size, backfill, pool->tag) != NDIS_STATUS_SUCCESS) {
        nbl_free(&cell->nbl, caller);
        return NULL;
    }
    return &cell->nbl;
}

void nbl_free(PNET_BUFFER_LIST nbl, const void *caller)
{
    struct nbl_cell *cell = container_of(nbl, struct nbl_cell, nbl);
    struct nbl_pool *pool = ndis_object_check(nbl->NdisPoolHandle, NDIS_NBL_POOL);

    while (nbl->Context && nbl->Context != cell->own_context) {
        PNET_BUFFER_LIST_CONTEXT context = nbl->Context;
        nbl->Context = context->Next;
        pool_free(context, 0, caller);
    }
    ledger_freed(nbl, caller);
    /* A NET_BUFFER that NDIS allocated with the list goes with it, others are the driver's to free. */
    cell->next_free = pool->free;
    pool->free = cell;
    pool->outside--;
}

/* Allocates a list from a pool; with fAllocateNetBuffer it has a NET_BUFFER (and data of DataSize bytes, all of it unused
 * space before the data start). Sizes in bytes. <= DISPATCH_LEVEL. NULL: no memory.
 * docs: nblapi/nf-nblapi-ndisallocatenetbufferlist */
PNET_BUFFER_LIST NTAPI NdisAllocateNetBufferList(NDIS_HANDLE PoolHandle, USHORT ContextSize, USHORT ContextBackFill)
{
    return nbl_alloc(ndis_object_check(PoolHandle, NDIS_NBL_POOL), ContextSize, ContextBackFill, NDIS_CALLER());
}

/* Allocates a list with one NET_BUFFER that describes the caller's MDL chain from DataOffset, DataLength bytes. The pool
 * must have been made with fAllocateNetBuffer. <= DISPATCH_LEVEL. NULL: no memory or the wrong kind of pool.
 * docs: nblapi/nf-nblapi-ndisallocatenetbufferandnetbufferlist */
PNET_BUFFER_LIST NTAPI NdisAllocateNetBufferAndNetBufferList(NDIS_HANDLE PoolHandle, USHORT ContextSize,
                                                             USHORT ContextBackFill, PMDL MdlChain, ULONG DataOffset,
                                                             SIZE_T DataLength)
{
    struct nbl_pool *pool = ndis_object_check(PoolHandle, NDIS_NBL_POOL);

    if (unlikely(!pool->with_nb))
        return NULL;
    PNET_BUFFER_LIST nbl = nbl_alloc(pool, ContextSize, ContextBackFill, NDIS_CALLER());
    if (likely(nbl != NULL) && (MdlChain || !pool->data_size))
        nb_set_data(nbl->FirstNetBuffer, MdlChain, DataOffset, DataLength);
    return nbl;
}

/* Gives a list back to its pool, with the NET_BUFFER and the context space that came with it. <= DISPATCH_LEVEL.
 * docs: nblapi/nf-nblapi-ndisfreenetbufferlist */
VOID NTAPI NdisFreeNetBufferList(PNET_BUFFER_LIST NetBufferList)
{
    nbl_free(NetBufferList, NDIS_CALLER());
}

static COLD NDIS_STATUS add_context(PNET_BUFFER_LIST nbl, USHORT size, USHORT backfill, ULONG tag, void *caller)
{
    size_t space = align_up((size_t)size + backfill, CONTEXT_ALIGN);

    if (space > 0xfff0)
        return NDIS_STATUS_INVALID_PARAMETER;
    PNET_BUFFER_LIST_CONTEXT context = pool_alloc(NonPagedPoolNx, sizeof *context + space, tag, (void *)pe_true_caller(caller));
    if (!context)
        return NDIS_STATUS_RESOURCES;
    context->Next = nbl->Context;
    context->Size = (USHORT)space;
    context->Offset = (USHORT)(space - size);
    nbl->Context = context;
    return NDIS_STATUS_SUCCESS;
}

static COLD VOID drop_context(PNET_BUFFER_LIST nbl, void *caller)
{
    PNET_BUFFER_LIST_CONTEXT context = nbl->Context;

    nbl->Context = context->Next;
    pool_free(context, 0, (void *)pe_true_caller(caller));
}

/* Makes ContextSize bytes of context space available at NET_BUFFER_LIST_CONTEXT_DATA_START: from unused space when there
 * is enough, otherwise from pool with ContextBackFill more bytes. <= DISPATCH_LEVEL. NDIS_STATUS_RESOURCES: no memory.
 * docs: nblapi/nf-nblapi-ndisallocatenetbufferlistcontext */
NDIS_STATUS NTAPI NdisAllocateNetBufferListContext(PNET_BUFFER_LIST NetBufferList, USHORT ContextSize, USHORT ContextBackFill,
                                                   ULONG PoolTag)
{
    PNET_BUFFER_LIST_CONTEXT context = NetBufferList->Context;

    if (ContextSize % sizeof(PVOID) || ContextBackFill % sizeof(PVOID))
        return NDIS_STATUS_INVALID_PARAMETER;
    if (context && context->Offset >= ContextSize) {
        context->Offset = (USHORT)(context->Offset - ContextSize);
        return NDIS_STATUS_SUCCESS;
    }
    return add_context(NetBufferList, ContextSize, ContextBackFill, PoolTag, __builtin_return_address(0));
}

/* Gives back ContextSize bytes of context space, and the memory when all of an extra block is unused again.
 * <= DISPATCH_LEVEL. docs: nblapi/nf-nblapi-ndisfreenetbufferlistcontext */
VOID NTAPI NdisFreeNetBufferListContext(PNET_BUFFER_LIST NetBufferList, USHORT ContextSize)
{
    struct nbl_cell *cell = container_of(NetBufferList, struct nbl_cell, nbl);
    PNET_BUFFER_LIST_CONTEXT context = NetBufferList->Context;

    if (!context)
        return;
    context->Offset = (USHORT)(context->Offset + ContextSize);
    if (unlikely(context != cell->own_context) && context->Offset >= context->Size)
        drop_context(NetBufferList, __builtin_return_address(0));
}

/* The pool a list came from. docs: nblapi/nf-nblapi-ndisgetpoolfromnetbufferlist */
NDIS_HANDLE NTAPI NdisGetPoolFromNetBufferList(PNET_BUFFER_LIST NetBufferList)
{
    return NetBufferList->NdisPoolHandle;
}

/* The protocol that made the list, as its pool says. Any IRQL. docs: nblapi/nf-nblapi-ndisgetnetbufferlistprotocolid */
UCHAR NTAPI NdisGetNetBufferListProtocolId(PNET_BUFFER_LIST NetBufferList)
{
    return ((struct nbl_pool *)NetBufferList->NdisPoolHandle)->protocol_id;
}

static void each_of_pool(struct nbl_pool *pool, bool outside, void (*visit)(void *context, PNET_BUFFER_LIST nbl), void *context)
{
    size_t bytes = SLAB_BYTES < SLAB_HEAD + pool->cell_size ? SLAB_HEAD + pool->cell_size : SLAB_BYTES;

    for (char *slab = pool->slabs; slab; slab = *(void **)(void *)slab)
        for (size_t n = 0; n < (bytes - SLAB_HEAD) / pool->cell_size; n++) {
            struct nbl_cell *cell = (struct nbl_cell *)(void *)(slab + SLAB_HEAD + n * pool->cell_size);
            if ((cell->next_free == OUTSIDE) == outside)
                visit(context, &cell->nbl);
        }
}

static void each(bool outside, void (*visit)(void *context, PNET_BUFFER_LIST nbl), void *context)
{
    list_each(it, &ndis_objects) {
        struct ndis_object *object = container_of(it, struct ndis_object, node);
        if (object->type == NDIS_NBL_POOL)
            each_of_pool((struct nbl_pool *)(void *)object, outside, visit, context);
    }
}

void nbl_each(void (*visit)(void *context, PNET_BUFFER_LIST nbl), void *context)
{
    each(true, visit, context);
}

static void check_marks(void *context, PNET_BUFFER_LIST nbl)
{
    ledger_check_free(nbl);
}

void nbl_check_free(void)
{
    each(false, check_marks, NULL);
}

uint64_t ndis_object_uses(const struct ndis_object *object)
{
    if (object->type == NDIS_NBL_POOL)
        return ((const struct nbl_pool *)object)->outside;
    return object->type == NDIS_NB_POOL ? ((const struct nb_pool *)object)->outside : 0;
}
