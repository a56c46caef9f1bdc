/* Where the data of a NET_BUFFER starts.
 *
 * Data space is the MDL chain; DataOffset bytes of it are unused, then come DataLength bytes of used space. CurrentMdl
 * and CurrentMdlOffset name the same start. NdisReserved[0] counts the MDLs at the head of the chain that a retreat
 * added: only those may an advance free. */
#include <string.h>

#include "ndis/nbl_pool.h"
#include "nt/hot.h"
#include "nt/pool.h"

#define ADDED(nb) ((nb)->NdisReserved[0])

static void find_current(PNET_BUFFER nb)
{
    PMDL mdl = nb->MdlChain;
    uint32_t offset = nb->DataOffset;

    while (mdl && offset >= mdl->ByteCount && mdl->Next) {
        offset -= mdl->ByteCount;
        mdl = mdl->Next;
    }
    nb->CurrentMdl = mdl;
    nb->CurrentMdlOffset = offset;
}

void nb_set_data(PNET_BUFFER nb, PMDL mdl, uint32_t offset, size_t length)
{
    nb->MdlChain = mdl;
    nb->DataOffset = offset;
    nb->stDataLength = length;
    ADDED(nb) = NULL;
    if (likely(!mdl || offset < mdl->ByteCount)) {
        nb->CurrentMdl = mdl;
        nb->CurrentMdlOffset = offset;
    } else {
        find_current(nb);
    }
}

/* Sets CurrentMdl and CurrentMdlOffset from MdlChain and DataOffset after a driver changed those. Any IRQL.
 * docs: nblapi/nf-nblapi-ndisadjustnetbuffercurrentmdl */
VOID NTAPI NdisAdjustNetBufferCurrentMdl(PNET_BUFFER NetBuffer)
{
    find_current(NetBuffer);
}

static NDIS_STATUS retreat_into_new_mdl(PNET_BUFFER nb, uint32_t delta, uint32_t backfill,
                                        NET_BUFFER_ALLOCATE_MDL_HANDLER allocate, const void *caller)
{
    uint32_t missing = delta - nb->DataOffset;
    ULONG size = missing + backfill;
    PMDL mdl = allocate ? allocate(&size) : mdl_alloc_with_data(size, NDIS_TAG('N', 'D', 'r', 't'), caller);

    if (!mdl)
        return NDIS_STATUS_RESOURCES;
    if (mdl->ByteCount < missing)
        return NDIS_STATUS_FAILURE;
    mdl->Next = nb->MdlChain;
    nb->MdlChain = mdl;
    nb->DataOffset = mdl->ByteCount - missing;
    nb->stDataLength += delta;
    ADDED(nb) = (char *)ADDED(nb) + 1;
    find_current(nb);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS retreat(PNET_BUFFER nb, uint32_t delta, uint32_t backfill, NET_BUFFER_ALLOCATE_MDL_HANDLER allocate,
                           const void *caller)
{
    if (unlikely(nb->DataOffset < delta))
        return retreat_into_new_mdl(nb, delta, backfill, allocate, caller);
    nb->DataOffset -= delta;
    nb->stDataLength += delta;
    if (likely(nb->CurrentMdlOffset >= delta))
        nb->CurrentMdlOffset -= delta;
    else
        find_current(nb);
    return NDIS_STATUS_SUCCESS;
}

static void free_added(PNET_BUFFER nb, NET_BUFFER_FREE_MDL_HANDLER free_mdl)
{
    while (ADDED(nb) && nb->DataOffset >= nb->MdlChain->ByteCount) {
        PMDL mdl = nb->MdlChain;

        nb->DataOffset -= mdl->ByteCount;
        nb->MdlChain = mdl->Next;
        ADDED(nb) = (char *)ADDED(nb) - 1;
        mdl->Next = NULL;
        if (free_mdl)
            free_mdl(mdl);
        else
            mdl_free_with_data(mdl);
    }
    find_current(nb);
}

static void advance(PNET_BUFFER nb, uint32_t delta, bool free_mdls, NET_BUFFER_FREE_MDL_HANDLER free_mdl)
{
    nb->DataOffset += delta;
    nb->stDataLength -= delta;
    if (free_mdls && ADDED(nb)) {
        free_added(nb, free_mdl);
        return;
    }
    nb->CurrentMdlOffset += delta;
    if (unlikely(!nb->CurrentMdl || nb->CurrentMdlOffset >= nb->CurrentMdl->ByteCount))
        find_current(nb);
}

static COLD NDIS_STATUS retreat_far(PNET_BUFFER nb, ULONG delta, ULONG backfill, NET_BUFFER_ALLOCATE_MDL_HANDLER allocate, void *caller)
{
    return retreat(nb, delta, backfill, allocate, (const void *)pe_true_caller(caller));
}

static COLD VOID advance_far(PNET_BUFFER nb, ULONG delta, BOOLEAN free_mdls, NET_BUFFER_FREE_MDL_HANDLER free_mdl)
{
    advance(nb, delta, free_mdls, free_mdl);
}

/* Adds DataOffsetDelta bytes of used space before the data: from unused space, or from a new MDL at the head of the chain
 * with DataBackFill bytes more. AllocateMdlHandler (optional) makes that MDL. <= DISPATCH_LEVEL. NDIS_STATUS_RESOURCES: no
 * memory. docs: nblapi/nf-nblapi-ndisretreatnetbufferdatastart */
NDIS_STATUS NTAPI NdisRetreatNetBufferDataStart(PNET_BUFFER NetBuffer, ULONG DataOffsetDelta, ULONG DataBackFill,
                                                NET_BUFFER_ALLOCATE_MDL_HANDLER AllocateMdlHandler)
{
    if (unlikely(NetBuffer->DataOffset < DataOffsetDelta || NetBuffer->CurrentMdlOffset < DataOffsetDelta))
        return retreat_far(NetBuffer, DataOffsetDelta, DataBackFill, AllocateMdlHandler, __builtin_return_address(0));
    NetBuffer->DataOffset -= DataOffsetDelta;
    NetBuffer->CurrentMdlOffset -= DataOffsetDelta;
    NetBuffer->stDataLength += DataOffsetDelta;
    return NDIS_STATUS_SUCCESS;
}

/* Turns the first DataOffsetDelta bytes of used space into unused space. FreeMdl: MDLs that a retreat added and that are
 * unused now are freed, by FreeMdlHandler when there is one. <= DISPATCH_LEVEL.
 * docs: nblapi/nf-nblapi-ndisadvancenetbufferdatastart */
VOID NTAPI NdisAdvanceNetBufferDataStart(PNET_BUFFER NetBuffer, ULONG DataOffsetDelta, BOOLEAN FreeMdl,
                                         NET_BUFFER_FREE_MDL_HANDLER FreeMdlHandler)
{
    const MDL *mdl = NetBuffer->CurrentMdl;

    if (unlikely((FreeMdl && ADDED(NetBuffer)) || !mdl || mdl->ByteCount - NetBuffer->CurrentMdlOffset <= DataOffsetDelta)) {
        advance_far(NetBuffer, DataOffsetDelta, FreeMdl, FreeMdlHandler);
        return;
    }
    NetBuffer->DataOffset += DataOffsetDelta;
    NetBuffer->CurrentMdlOffset += DataOffsetDelta;
    NetBuffer->stDataLength -= DataOffsetDelta;
}

/* The retreat for every NET_BUFFER of a list; all or none. <= DISPATCH_LEVEL.
 * docs: nblapi/nf-nblapi-ndisretreatnetbufferlistdatastart */
NDIS_STATUS NTAPI NdisRetreatNetBufferListDataStart(PNET_BUFFER_LIST NetBufferList, ULONG DataOffsetDelta, ULONG DataBackFill,
                                                    NET_BUFFER_ALLOCATE_MDL_HANDLER AllocateMdlHandler,
                                                    NET_BUFFER_FREE_MDL_HANDLER FreeMdlHandler)
{
    for (PNET_BUFFER nb = NetBufferList->FirstNetBuffer; nb; nb = nb->Next) {
        NDIS_STATUS status = retreat(nb, DataOffsetDelta, DataBackFill, AllocateMdlHandler, NDIS_CALLER());

        if (status != NDIS_STATUS_SUCCESS) {
            for (PNET_BUFFER done = NetBufferList->FirstNetBuffer; done != nb; done = done->Next)
                advance(done, DataOffsetDelta, true, FreeMdlHandler);
            return status;
        }
    }
    return NDIS_STATUS_SUCCESS;
}

/* The advance for every NET_BUFFER of a list. <= DISPATCH_LEVEL. docs: nblapi/nf-nblapi-ndisadvancenetbufferlistdatastart */
VOID NTAPI NdisAdvanceNetBufferListDataStart(PNET_BUFFER_LIST NetBufferList, ULONG DataOffsetDelta, BOOLEAN FreeMdl,
                                             NET_BUFFER_FREE_MDL_HANDLER FreeMdlHandler)
{
    for (PNET_BUFFER nb = NetBufferList->FirstNetBuffer; nb; nb = nb->Next)
        advance(nb, DataOffsetDelta, FreeMdl, FreeMdlHandler);
}
