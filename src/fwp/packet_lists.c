/* Lists that callout drivers make: clones, lists of their own, references to lists of the stack.
 * A clone holds what it is a clone of: the parent's ChildRefCount counts it, and a packet of the stack stays. */
#include <string.h>

#include "fwp/event.h"
#include "fwp/packet.h"
#include "ndis/nbl_pool.h"

static void stale(const char *what, const NET_BUFFER_LIST *nbl, struct pe_caller caller)
{
    FWP_EMIT(FWP_EVENT_STALE, what, nbl, 0, caller);
}

/* A second list over the same bytes, from each NET_BUFFER's data start on, with MDLs of its own. Pools may be NULL. Given back with
 * FwpsFreeCloneNetBufferList0. IRQL <= DISPATCH_LEVEL. STATUS_FWP_NULL_POINTER, STATUS_INVALID_PARAMETER (flags),
 * STATUS_NO_MEMORY. docs: fwpsk/nf-fwpsk-fwpsallocateclonenetbufferlist0 */
NTSTATUS NTAPI FwpsAllocateCloneNetBufferList0(NET_BUFFER_LIST *originalNetBufferList, NDIS_HANDLE netBufferListPoolHandle,
                                               NDIS_HANDLE netBufferPoolHandle, ULONG allocateCloneFlags,
                                               NET_BUFFER_LIST **netBufferList)
{
    struct fwp_packet *packet = fwp_packet_of(originalNetBufferList);
    PNET_BUFFER_LIST clone;

    if (!originalNetBufferList || !netBufferList)
        return STATUS_FWP_NULL_POINTER;
    if (allocateCloneFlags)
        return STATUS_INVALID_PARAMETER;
    if (packet && !packet->references) {
        stale("a packet is cloned that nobody holds any more", originalNetBufferList, PE_CALLER());
        return STATUS_INVALID_PARAMETER;
    }
    clone = NdisAllocateCloneNetBufferList(originalNetBufferList, netBufferListPoolHandle, netBufferPoolHandle, 0);
    if (!clone)
        return STATUS_NO_MEMORY;
    clone->Status = STATUS_SUCCESS;
    originalNetBufferList->ChildRefCount++;
    if (packet && packet->info) {
        memcpy(clone->NetBufferListInfo, packet->nbl->NetBufferListInfo, sizeof clone->NetBufferListInfo);
        clone->NblFlags = packet->nbl->NblFlags;
    }
    if (packet)
        fwp_packet_hold(packet);
    *netBufferList = clone;
    return STATUS_SUCCESS;
}

/* Frees a clone and lets go of its parent. The clone's NET_BUFFERs and MDLs must be as they were made. IRQL <= DISPATCH_LEVEL.
 * docs: fwpsk/nf-fwpsk-fwpsfreeclonenetbufferlist0 */
VOID NTAPI FwpsFreeCloneNetBufferList0(NET_BUFFER_LIST *netBufferList, ULONG freeCloneFlags)
{
    PNET_BUFFER_LIST parent = netBufferList->ParentNetBufferList;
    struct fwp_packet *packet = parent ? fwp_packet_of(parent) : NULL;

    if (!parent) {
        stale("a list is freed as a clone and is none, or was freed before", netBufferList, PE_CALLER());
        return;
    }
    NdisFreeCloneNetBufferList(netBufferList, 0);
    netBufferList->ParentNetBufferList = NULL;
    parent->ChildRefCount--;
    if (packet)
        fwp_packet_release_for(packet, PE_CALLER().rip);
}

/* A clone with bytes of its own: the original may go. Given back with FwpsFreeNetBufferList0. IRQL <= DISPATCH_LEVEL.
 * STATUS_FWP_NULL_POINTER, STATUS_NO_MEMORY. docs: fwpsk/nf-fwpsk-fwpsallocatedeepclonenetbufferlist0 */
NTSTATUS NTAPI FwpsAllocateDeepCloneNetBufferList0(NET_BUFFER_LIST *originalNetBufferList, NDIS_HANDLE netBufferListPoolHandle,
                                                   NDIS_HANDLE netBufferPoolHandle, NET_BUFFER_LIST **netBufferList)
{
    PNET_BUFFER from;

    if (!originalNetBufferList || !netBufferList)
        return STATUS_FWP_NULL_POINTER;
    from = originalNetBufferList->FirstNetBuffer;
    struct fwp_packet *copy = fwp_packet_take(from->DataLength);
    if (!copy)
        return STATUS_NO_MEMORY;
    if (!nb_copy_out(from, 0, copy->bytes, from->DataLength)) {
        fwp_packet_release(copy);
        return STATUS_INVALID_PARAMETER;
    }
    fwp_packet_show(copy, 0, from->DataLength);
    *netBufferList = copy->nbl;
    return STATUS_SUCCESS;
}

/* A list with one NET_BUFFER over the caller's MDLs. poolHandle: of NdisAllocateNetBufferListPool with fAllocateNetBuffer. Given back
 * with FwpsFreeNetBufferList0. IRQL <= DISPATCH_LEVEL. STATUS_FWP_NULL_POINTER, STATUS_NO_MEMORY.
 * docs: fwpsk/nf-fwpsk-fwpsallocatenetbufferandnetbufferlist0 */
NTSTATUS NTAPI FwpsAllocateNetBufferAndNetBufferList0(NDIS_HANDLE poolHandle, USHORT contextSize, USHORT contextBackFill,
                                                      MDL *mdlChain, ULONG dataOffset, SIZE_T dataLength,
                                                      NET_BUFFER_LIST **netBufferList)
{
    if (!poolHandle || !netBufferList)
        return STATUS_FWP_NULL_POINTER;
    *netBufferList = NdisAllocateNetBufferAndNetBufferList(poolHandle, contextSize, contextBackFill, mdlChain, dataOffset,
                                                           (ULONG)dataLength);
    if (!*netBufferList)
        return STATUS_NO_MEMORY;
    (*netBufferList)->Status = STATUS_SUCCESS;
    return STATUS_SUCCESS;
}

/* Frees a list of FwpsAllocateNetBufferAndNetBufferList0; its MDLs stay the caller's. IRQL <= DISPATCH_LEVEL.
 * docs: fwpsk/nf-fwpsk-fwpsfreenetbufferlist0 */
VOID NTAPI FwpsFreeNetBufferList0(NET_BUFFER_LIST *netBufferList)
{
    struct fwp_packet *packet = netBufferList->ParentNetBufferList ? NULL : fwp_packet_of(netBufferList);

    if (packet && !packet->references)
        stale("a list is freed that nobody holds any more", netBufferList, PE_CALLER());
    else if (packet)                    /* a deep clone */
        fwp_packet_release_for(packet, PE_CALLER().rip);
    else
        NdisFreeNetBufferList(netBufferList);
}

/* The list stays valid after classifyFn. IRQL <= DISPATCH_LEVEL. docs: fwpsk/nf-fwpsk-fwpsreferencenetbufferlist0 */
VOID NTAPI FwpsReferenceNetBufferList0(NET_BUFFER_LIST *netBufferList, BOOLEAN intendToModify)
{
    for (PNET_BUFFER_LIST nbl = netBufferList; nbl; nbl = nbl->Next) {
        struct fwp_packet *packet = fwp_packet_of(nbl);
        if (packet && packet->references) {
            packet->lent++;
            fwp_packet_hold(packet);
        } else if (packet) {
            stale("a packet is referenced that nobody holds any more", nbl, PE_CALLER());
        }
    }
}

/* IRQL <= DISPATCH_LEVEL. docs: fwpsk/nf-fwpsk-fwpsdereferencenetbufferlist0 */
VOID NTAPI FwpsDereferenceNetBufferList0(NET_BUFFER_LIST *netBufferList, BOOLEAN dispatchLevel)
{
    for (PNET_BUFFER_LIST nbl = netBufferList, next; nbl; nbl = next) {
        struct fwp_packet *packet = fwp_packet_of(nbl);
        next = nbl->Next;
        if (packet && packet->lent) {
            packet->lent--;
            fwp_packet_release_for(packet, PE_CALLER().rip);
        } else if (packet) {
            stale("a packet is dereferenced more often than it was referenced", nbl, PE_CALLER());
        }
    }
}

/* --- contexts of packets -------------------------------------------------------------------------------------------------- */

/* A tag that no other driver has. docs: fwpsk/nf-fwpsk-fwpsnetbufferlistgettagforcontext0 */
UINT64 NTAPI FwpsNetBufferListGetTagForContext0(VOID)
{
    static uint64_t last;

    return ++last;
}

static struct fwp_packet_context *find(const NET_BUFFER_LIST *nbl, uint64_t tag)
{
    struct fwp_packet *packet = fwp_packet_of(nbl);

    for (unsigned n = 0; packet && n < FWP_PACKET_CONTEXTS; n++)
        if (packet->contexts[n].tag == tag)
            return &packet->contexts[n];
    return NULL;
}

static NTSTATUS associate(NET_BUFFER_LIST *nbl, uint16_t layer, uint64_t context, uint64_t tag, void *notify, bool returns)
{
    if (!nbl || !notify)
        return STATUS_FWP_NULL_POINTER;
    if (!tag || !fwp_packet_of(nbl))
        return STATUS_INVALID_PARAMETER;
    if (find(nbl, tag))
        return STATUS_OBJECT_NAME_EXISTS;
    struct fwp_packet_context *free = find(nbl, 0);
    if (!free)
        return STATUS_INSUFFICIENT_RESOURCES;
    *free = (struct fwp_packet_context){ tag, context, layer, returns, notify };
    return STATUS_SUCCESS;
}

/* Notes a context with a packet of the stack; notifyFn hears when it goes. At most four a packet (STATUS_INSUFFICIENT_RESOURCES).
 * STATUS_FWP_NULL_POINTER, STATUS_INVALID_PARAMETER (no packet of the stack), STATUS_OBJECT_NAME_EXISTS. IRQL <= DISPATCH_LEVEL.
 * docs: fwpsk/nf-fwpsk-fwpsnetbufferlistassociatecontext0 */
NTSTATUS NTAPI FwpsNetBufferListAssociateContext0(NET_BUFFER_LIST *netBufferList, UINT16 layerId, UINT64 context,
                                                  UINT64 contextTag, const GUID *providerGuid, VOID *deviceObject,
                                                  FWPS_NET_BUFFER_LIST_NOTIFY_FN0 *notifyFn, UINT32 flags)
{
    return associate(netBufferList, layerId, context, contextTag, (void *)notifyFn, false);
}

/* docs: fwpsk/nf-fwpsk-fwpsnetbufferlistassociatecontext1 */
NTSTATUS NTAPI FwpsNetBufferListAssociateContext1(NET_BUFFER_LIST *netBufferList, UINT16 layerId, UINT64 context,
                                                  UINT64 contextTag, const GUID *providerGuid, VOID *deviceObject,
                                                  FWPS_NET_BUFFER_LIST_NOTIFY_FN1 *notifyFn, UINT32 flags)
{
    return associate(netBufferList, layerId, context, contextTag, (void *)notifyFn, true);
}

/* The context under this tag; removeContext takes it away in silence. STATUS_NOT_FOUND. IRQL <= DISPATCH_LEVEL.
 * docs: fwpsk/nf-fwpsk-fwpsnetbufferlistretrievecontext0 */
NTSTATUS NTAPI FwpsNetBufferListRetrieveContext0(NET_BUFFER_LIST *netBufferList, UINT64 contextTag, BOOLEAN removeContext,
                                                 UINT32 flags, UINT64 *context)
{
    struct fwp_packet_context *found = contextTag ? find(netBufferList, contextTag) : NULL;

    if (!context)
        return STATUS_FWP_NULL_POINTER;
    if (!found)
        return STATUS_NOT_FOUND;
    *context = found->context;
    if (removeContext)
        found->tag = 0;
    return STATUS_SUCCESS;
}

/* docs: fwpsk/nf-fwpsk-fwpsnetbufferlistremovecontext0 */
VOID NTAPI FwpsNetBufferListRemoveContext0(NET_BUFFER_LIST *netBufferList, UINT64 contextTag, UINT32 flags)
{
    struct fwp_packet_context *found = contextTag ? find(netBufferList, contextTag) : NULL;

    if (found)
        found->tag = 0;
}
