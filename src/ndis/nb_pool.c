/* NET_BUFFER pools. See nbl_pool.h for the invariants. */
#include <string.h>

#include "ndis/event.h"
#include "ndis/nbl_pool.h"
#include "nt/pool.h"

#define SLAB_BYTES 16384u
#define SLAB_HEAD 64u

static void init_cell(struct nb_pool *pool, struct nb_cell *cell)
{
    char *base = (char *)cell;

    cell->nb.NdisPoolHandle = pool;
    if (pool->data_size) {
        cell->own_mdl = (PMDL)(void *)(base + pool->mdl_offset);
        MmInitializeMdl(cell->own_mdl, base + pool->data_offset, pool->data_size);
        MmBuildMdlForNonPagedPool(cell->own_mdl);
    }
}

static bool grow(struct nb_pool *pool, const void *caller)
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
    for (size_t n = (bytes - SLAB_HEAD) / pool->cell_size; n-- > 0;) {
        struct nb_cell *cell = (struct nb_cell *)(void *)(slab + SLAB_HEAD + n * pool->cell_size);

        init_cell(pool, cell);
        cell->next_free = pool->free;
        pool->free = cell;
        pool->total++;
    }
    return true;
}

struct nb_pool *nb_pool_create(uint32_t tag, uint32_t data_size, const void *caller)
{
    struct nb_pool *pool = ndis_object_create(NDIS_NB_POOL, sizeof *pool, NDIS_TAG('N', 'D', 'n', 'b'), caller);

    if (!pool)
        return NULL;
    pool->tag = tag ? tag : NDIS_TAG('N', 'D', 'n', 'b');
    pool->data_size = data_size;
    size_t size = align_up(sizeof(struct nb_cell), 16);
    if (data_size) {
        pool->mdl_offset = size;
        size += align_up(sizeof(MDL) + sizeof(PFN_NUMBER) * (data_size / PAGE_SIZE + 2), 16);
        pool->data_offset = size;
        size += align_up(data_size, 16);
    }
    pool->cell_size = align_up(size, 64);
    return pool;
}

static struct nb_cell *take(struct nb_pool *pool, const void *caller)
{
    if (unlikely(!pool->free) && !grow(pool, caller))
        return NULL;
    struct nb_cell *cell = pool->free;
    pool->free = cell->next_free;
    pool->outside++;
    memset(&cell->nb, 0, sizeof cell->nb);
    cell->nb.NdisPoolHandle = pool;
    cell->sg_lists = 0;
    return cell;
}

PNET_BUFFER nb_alloc(struct nb_pool *pool, PMDL mdl, uint32_t offset, size_t length)
{
    struct nb_cell *cell = take(pool, pool->object.caller);

    if (!cell)
        return NULL;
    nb_set_data(&cell->nb, mdl, offset, length);
    return &cell->nb;
}

void nb_free(PNET_BUFFER nb)
{
    struct nb_cell *cell = container_of(nb, struct nb_cell, nb);

    if (cell->embedded)
        return;                         /* goes back with its list */
    struct nb_pool *pool = ndis_object_check(nb->NdisPoolHandle, NDIS_NB_POOL);
    cell->next_free = pool->free;
    pool->free = cell;
    pool->outside--;
}

/* Makes a pool of NET_BUFFERs; DataSize bytes of data go with each when it is not zero. The caller frees it with
 * NdisFreeNetBufferPool. <= DISPATCH_LEVEL. NULL: wrong header or no memory. docs: nblapi/nf-nblapi-ndisallocatenetbufferpool */
NDIS_HANDLE NTAPI NdisAllocateNetBufferPool(NDIS_HANDLE NdisHandle, PNET_BUFFER_POOL_PARAMETERS Parameters)
{
    if (Parameters->Header.Type != NDIS_OBJECT_TYPE_DEFAULT || Parameters->Header.Revision < 1 ||
        Parameters->Header.Size < NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1)
        return NULL;
    return nb_pool_create(Parameters->PoolTag, Parameters->DataSize, NDIS_CALLER());
}

/* Frees a pool whose structures have all been freed. <= DISPATCH_LEVEL. docs: nblapi/nf-nblapi-ndisfreenetbufferpool */
VOID NTAPI NdisFreeNetBufferPool(NDIS_HANDLE PoolHandle)
{
    struct nb_pool *pool = ndis_object_check(PoolHandle, NDIS_NB_POOL);

    if (pool->outside)
        NDIS_EMIT(NDIS_EVENT_MISUSE, pool, "a NET_BUFFER pool is freed while some of its NET_BUFFERs are allocated", NDIS_CALLER());
    for (void *slab = pool->slabs, *next; slab; slab = next) {
        next = *(void **)slab;
        pool_free(slab, 0, NDIS_CALLER());
    }
    ndis_object_destroy(pool);
}

/* A NET_BUFFER for the caller's MDL chain: data starts DataOffset bytes into it and has DataLength bytes.
 * <= DISPATCH_LEVEL. NULL: no memory. docs: nblapi/nf-nblapi-ndisallocatenetbuffer */
PNET_BUFFER NTAPI NdisAllocateNetBuffer(NDIS_HANDLE PoolHandle, PMDL MdlChain, ULONG DataOffset, SIZE_T DataLength)
{
    struct nb_cell *cell = take(ndis_object_check(PoolHandle, NDIS_NB_POOL), NDIS_CALLER());

    if (!cell)
        return NULL;
    nb_set_data(&cell->nb, MdlChain, DataOffset, DataLength);
    return &cell->nb;
}

/* A NET_BUFFER with MDL and data from a pool with DataSize. All of the data is unused space before the data start, so that
 * a retreat makes it usable. <= DISPATCH_LEVEL. NULL: no memory, or a pool without data.
 * docs: nblapi/nf-nblapi-ndisallocatenetbuffermdlanddata */
PNET_BUFFER NTAPI NdisAllocateNetBufferMdlAndData(NDIS_HANDLE PoolHandle)
{
    struct nb_pool *pool = ndis_object_check(PoolHandle, NDIS_NB_POOL);

    if (!pool->data_size)
        return NULL;
    struct nb_cell *cell = take(pool, NDIS_CALLER());
    if (!cell)
        return NULL;
    nb_set_data(&cell->nb, cell->own_mdl, pool->data_size, 0);
    return &cell->nb;
}

/* Gives a NET_BUFFER back to its pool, with MDL and data when it came with them. <= DISPATCH_LEVEL.
 * docs: nblapi/nf-nblapi-ndisfreenetbuffer */
VOID NTAPI NdisFreeNetBuffer(PNET_BUFFER NetBuffer)
{
    nb_free(NetBuffer);
}

/* The pool a NET_BUFFER came from. docs: nblapi/nf-nblapi-ndisgetpoolfromnetbuffer */
NDIS_HANDLE NTAPI NdisGetPoolFromNetBuffer(PNET_BUFFER NetBuffer)
{
    return NetBuffer->NdisPoolHandle;
}
