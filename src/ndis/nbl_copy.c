/* Copies of lists: clones, fragments, reassembled lists, and the information that goes with them. */
#include <string.h>

#include "ndis/nbl_pool.h"

struct nbl_pool *ndis_default_nbl_pool;
struct nb_pool *ndis_default_nb_pool;

static struct nbl_pool *nbl_pool_or_default(NDIS_HANDLE handle)
{
    return handle ? ndis_object_check(handle, NDIS_NBL_POOL) : ndis_default_nbl_pool;
}

static struct nb_pool *nb_pool_or_default(NDIS_HANDLE handle)
{
    return handle ? ndis_object_check(handle, NDIS_NB_POOL) : ndis_default_nb_pool;
}

/* An empty list for copies: no context, and no NET_BUFFER even when the pool pairs them. */
static PNET_BUFFER_LIST bare_nbl(NDIS_HANDLE pool, PNET_BUFFER_LIST original, const void *caller)
{
    PNET_BUFFER_LIST nbl = nbl_alloc(nbl_pool_or_default(pool), 0, 0, caller);

    if (!nbl)
        return NULL;
    nbl->FirstNetBuffer = NULL;
    nbl->ParentNetBufferList = original;
    return nbl;
}

/* A NET_BUFFER over fresh MDLs for `length` bytes of `from` after `offset`; without any when that is nothing. */
static PNET_BUFFER slice_nb(struct nb_pool *pool, const NET_BUFFER *from, uint32_t offset, size_t length)
{
    PMDL mdl = mdl_chain_slice(from->CurrentMdl, from->CurrentMdlOffset + offset, length);

    if (!mdl && length)
        return NULL;
    PNET_BUFFER nb = nb_alloc(pool, mdl, 0, length);
    if (!nb)
        mdl_chain_free(mdl);
    return nb;
}

static void free_list(PNET_BUFFER_LIST nbl, bool with_mdls, const void *caller)
{
    for (PNET_BUFFER nb = nbl->FirstNetBuffer, next; nb; nb = next) {
        next = nb->Next;
        if (with_mdls)
            mdl_chain_free(nb->MdlChain);
        nb_free(nb);
    }
    nbl->FirstNetBuffer = NULL;
    nbl_free(nbl, caller);
}

/* A second list over the same data, from each NET_BUFFER's data start. With NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS it shares the
 * MDLs, otherwise it has MDLs of its own. Pools may be NULL. The original must outlive the clone. <= DISPATCH_LEVEL. NULL: no
 * memory. docs: nblapi/nf-nblapi-ndisallocateclonenetbufferlist */
PNET_BUFFER_LIST NTAPI NdisAllocateCloneNetBufferList(PNET_BUFFER_LIST OriginalNetBufferList, NDIS_HANDLE NetBufferListPoolHandle,
                                                      NDIS_HANDLE NetBufferPoolHandle, ULONG AllocateCloneFlags)
{
    struct nb_pool *pool = nb_pool_or_default(NetBufferPoolHandle);
    bool share = AllocateCloneFlags & NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS;
    PNET_BUFFER_LIST nbl = bare_nbl(NetBufferListPoolHandle, OriginalNetBufferList, NDIS_CALLER());

    if (!nbl)
        return NULL;
    PNET_BUFFER *tail = &nbl->FirstNetBuffer;
    for (PNET_BUFFER from = OriginalNetBufferList->FirstNetBuffer; from; from = from->Next) {
        PNET_BUFFER nb = share ? nb_alloc(pool, from->CurrentMdl, from->CurrentMdlOffset, from->DataLength)
                               : slice_nb(pool, from, 0, from->DataLength);
        if (!nb) {
            free_list(nbl, !share, NDIS_CALLER());
            return NULL;
        }
        *tail = nb;
        tail = &nb->Next;
    }
    return nbl;
}

/* Frees a clone; FreeCloneFlags as at its allocation. <= DISPATCH_LEVEL. docs: nblapi/nf-nblapi-ndisfreeclonenetbufferlist */
VOID NTAPI NdisFreeCloneNetBufferList(PNET_BUFFER_LIST CloneNetBufferList, ULONG FreeCloneFlags)
{
    free_list(CloneNetBufferList, !(FreeCloneFlags & NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS), NDIS_CALLER());
}

static void free_fragments(PNET_BUFFER_LIST nbl, ULONG delta, const void *caller)
{
    for (PNET_BUFFER nb = nbl->FirstNetBuffer; nb; nb = nb->Next)
        if (nb->NdisReserved[0])
            NdisAdvanceNetBufferDataStart(nb, delta, TRUE, NULL);
    free_list(nbl, true, caller);
}

/* Splits the data of every NET_BUFFER, without its first StartOffset bytes, into pieces of at most MaximumLength bytes, one
 * new NET_BUFFER each, with DataOffsetDelta bytes of used space before it. <= DISPATCH_LEVEL. NULL: no memory.
 * docs: nblapi/nf-nblapi-ndisallocatefragmentnetbufferlist */
PNET_BUFFER_LIST NTAPI NdisAllocateFragmentNetBufferList(PNET_BUFFER_LIST OriginalNetBufferList, NDIS_HANDLE NetBufferListPool,
                                                         NDIS_HANDLE NetBufferPool, ULONG StartOffset, ULONG MaximumLength,
                                                         ULONG DataOffsetDelta, ULONG DataBackFill,
                                                         ULONG AllocateFragmentFlags)
{
    struct nb_pool *pool = nb_pool_or_default(NetBufferPool);
    PNET_BUFFER_LIST nbl = MaximumLength ? bare_nbl(NetBufferListPool, OriginalNetBufferList, NDIS_CALLER()) : NULL;

    if (!nbl)
        return NULL;
    PNET_BUFFER *tail = &nbl->FirstNetBuffer;
    for (PNET_BUFFER from = OriginalNetBufferList->FirstNetBuffer; from; from = from->Next) {
        for (size_t at = StartOffset; at < from->DataLength; at += MaximumLength) {
            PNET_BUFFER nb = slice_nb(pool, from, (uint32_t)at, min_u64(MaximumLength, from->DataLength - at));

            if (!nb)
                goto fail;
            *tail = nb;
            tail = &nb->Next;
            if (DataOffsetDelta && NdisRetreatNetBufferDataStart(nb, DataOffsetDelta, DataBackFill, NULL) != NDIS_STATUS_SUCCESS)
                goto fail;
        }
    }
    return nbl;
fail:
    free_fragments(nbl, DataOffsetDelta, NDIS_CALLER());
    return NULL;
}

/* Frees a fragment list; DataOffsetDelta as at its allocation. docs: nblapi/nf-nblapi-ndisfreefragmentnetbufferlist */
VOID NTAPI NdisFreeFragmentNetBufferList(PNET_BUFFER_LIST FragmentNetBufferList, ULONG DataOffsetDelta, ULONG FreeFragmentFlags)
{
    free_fragments(FragmentNetBufferList, DataOffsetDelta, NDIS_CALLER());
}

/* One NET_BUFFER over the data of all NET_BUFFERs of a list, each without its first StartOffset bytes, with
 * DataOffsetDelta bytes of used space before it. <= DISPATCH_LEVEL. NULL: no memory.
 * docs: nblapi/nf-nblapi-ndisallocatereassemblednetbufferlist */
PNET_BUFFER_LIST NTAPI NdisAllocateReassembledNetBufferList(PNET_BUFFER_LIST FragmentNetBufferList,
                                                            NDIS_HANDLE NetBufferAndNetBufferListPoolHandle, ULONG StartOffset,
                                                            ULONG DataOffsetDelta, ULONG DataBackFill,
                                                            ULONG AllocateReassembleFlags)
{
    PNET_BUFFER_LIST nbl = bare_nbl(NetBufferAndNetBufferListPoolHandle, FragmentNetBufferList, NDIS_CALLER());
    PMDL chain = NULL, *tail = &chain;
    size_t total = 0;

    if (!nbl)
        return NULL;
    for (PNET_BUFFER from = FragmentNetBufferList->FirstNetBuffer; from; from = from->Next) {
        if (from->DataLength <= StartOffset)
            continue;
        *tail = mdl_chain_slice(from->CurrentMdl, from->CurrentMdlOffset + StartOffset, from->DataLength - StartOffset);
        if (!*tail)
            goto fail;
        while (*tail)
            tail = &(*tail)->Next;
        total += from->DataLength - StartOffset;
    }
    nbl->FirstNetBuffer = nb_alloc(ndis_default_nb_pool, chain, 0, total);
    if (!nbl->FirstNetBuffer)
        goto fail;
    chain = NULL;
    if (DataOffsetDelta &&
        NdisRetreatNetBufferDataStart(nbl->FirstNetBuffer, DataOffsetDelta, DataBackFill, NULL) != NDIS_STATUS_SUCCESS)
        goto fail;
    return nbl;
fail:
    mdl_chain_free(chain);
    free_list(nbl, true, NDIS_CALLER());
    return NULL;
}

/* Frees a reassembled list; DataOffsetDelta as at its allocation. docs: nblapi/nf-nblapi-ndisfreereassemblednetbufferlist */
VOID NTAPI NdisFreeReassembledNetBufferList(PNET_BUFFER_LIST ReassembledNetBufferList, ULONG DataOffsetDelta,
                                            ULONG FreeReassembleFlags)
{
    free_fragments(ReassembledNetBufferList, DataOffsetDelta, NDIS_CALLER());
}

/* --- what goes with a list ---------------------------------------------------------------------------------------------- */

static void copy_info(PNET_BUFFER_LIST to, PNET_BUFFER_LIST from)
{
    memcpy(to->NetBufferListInfo, from->NetBufferListInfo, sizeof to->NetBufferListInfo);
    to->NblFlags = from->NblFlags;
}

/* Copies what goes with a list on the send path. <= DISPATCH_LEVEL. docs: nblapi/nf-nblapi-ndiscopysendnetbufferlistinfo */
VOID NTAPI NdisCopySendNetBufferListInfo(PNET_BUFFER_LIST DestNetBufferList, PNET_BUFFER_LIST SrcNetBufferList)
{
    copy_info(DestNetBufferList, SrcNetBufferList);
}

/* Copies what goes with a list on the receive path. <= DISPATCH_LEVEL. docs: nblapi/nf-nblapi-ndiscopyreceivenetbufferlistinfo */
VOID NTAPI NdisCopyReceiveNetBufferListInfo(PNET_BUFFER_LIST DestNetBufferList, PNET_BUFFER_LIST SrcNetBufferList)
{
    copy_info(DestNetBufferList, SrcNetBufferList);
}

/* --- timestamps: inline functions of the headers, for drivers that import them all the same ---------------------------- */

/* Any IRQL. docs: nbltimestamp/nf-nbltimestamp-ndissetnbltimestampinfo */
VOID NTAPI nbl_set_timestamp(PNET_BUFFER_LIST nbl, const NET_BUFFER_LIST_TIMESTAMP *timestamp)
{
    NdisSetNblTimestampInfo(nbl, timestamp);
}

/* Any IRQL. docs: nbltimestamp/nf-nbltimestamp-ndisgetnbltimestampinfo */
VOID NTAPI nbl_get_timestamp(const NET_BUFFER_LIST *nbl, NET_BUFFER_LIST_TIMESTAMP *timestamp)
{
    NdisGetNblTimestampInfo(nbl, timestamp);
}

/* Any IRQL. docs: nbltimestamp/nf-nbltimestamp-ndiscopynbltimestampinfo */
VOID NTAPI nbl_copy_timestamp(PNET_BUFFER_LIST to, const NET_BUFFER_LIST *from)
{
    NdisCopyNblTimestampInfo(to, from);
}
