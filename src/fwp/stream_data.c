/* The bytes that the stream layer shows: copied, cloned, thrown away. */
#include <string.h>

#include "fwp/packet.h"
#include "ndis/nbl_pool.h"
#include "base/util.h"

/* Bytes of the buffer before the place that the offset names. */
static ULONG before(const FWPS_STREAM_DATA_OFFSET0 *offset)
{
    const NET_BUFFER *nb = offset->netBuffer;
    ULONG bytes = 0, begin = nb ? nb->CurrentMdlOffset : 0;

    for (const MDL *mdl = nb ? nb->CurrentMdl : NULL; mdl; mdl = mdl->Next, begin = 0) {
        if (mdl == offset->mdl)
            return offset->mdlOffset > begin ? bytes + offset->mdlOffset - begin : bytes;
        bytes += mdl->ByteCount - begin;
    }
    return offset->netBufferOffset;
}

/* Copies up to bytesToCopy bytes of the stream data into the buffer. IRQL <= DISPATCH_LEVEL.
 * docs: fwpsk/nf-fwpsk-fwpscopystreamdatatobuffer0 */
VOID NTAPI FwpsCopyStreamDataToBuffer0(const FWPS_STREAM_DATA0 *calloutStreamData, PVOID buffer, SIZE_T bytesToCopy,
                                       SIZE_T *bytesCopied)
{
    SIZE_T left = min_u64(bytesToCopy, calloutStreamData->dataLength), done = 0;
    ULONG skip = before(&calloutStreamData->dataOffset);
    const NET_BUFFER *nb = calloutStreamData->dataOffset.netBuffer;

    for (const NET_BUFFER_LIST *nbl = calloutStreamData->dataOffset.netBufferList; nbl && left;
         nbl = nbl->Next, nb = nbl ? nbl->FirstNetBuffer : NULL)
        for (; nb && left; nb = nb->Next, skip = 0) {
            SIZE_T n = min_u64(left, nb->DataLength > skip ? nb->DataLength - skip : 0);
            if (n && !nb_copy_out(nb, skip, (char *)buffer + done, n))
                break;
            done += n;
            left -= n;
        }
    if (bytesCopied)
        *bytesCopied = done;
}

/* Bytes outside [skip, skip + size) of a list are left out of its clone; how many are in it. */
static SIZE_T trim(NET_BUFFER_LIST *clone, ULONG skip, SIZE_T size)
{
    SIZE_T done = 0;

    for (NET_BUFFER *nb = clone->FirstNetBuffer; nb; nb = nb->Next) {
        ULONG n = (ULONG)min_u64(skip, nb->DataLength);
        if (n)
            NdisAdvanceNetBufferDataStart(nb, n, FALSE, NULL);
        skip -= n;
        nb->DataLength = (ULONG)min_u64(nb->DataLength, size - done);
        done += nb->DataLength;
    }
    return done;
}

/* Clones the lists of the stream data, without the bytes outside it. Each clone is given back with FwpsFreeCloneNetBufferList0 once it was
 * injected, or the chain with FwpsDiscardClonedStreamData0. IRQL <= DISPATCH_LEVEL. STATUS_FWP_NULL_POINTER,
 * STATUS_NO_MEMORY. docs: fwpsk/nf-fwpsk-fwpsclonestreamdata0 */
NTSTATUS NTAPI FwpsCloneStreamData0(FWPS_STREAM_DATA0 *calloutStreamData, NDIS_HANDLE netBufferListPoolHandle,
                                    NDIS_HANDLE netBufferPoolHandle, ULONG allocateCloneFlags, NET_BUFFER_LIST **netBufferListChain)
{
    NET_BUFFER_LIST *first = NULL, **link = &first;
    NTSTATUS status = STATUS_SUCCESS;
    ULONG skip;
    SIZE_T left;

    if (!calloutStreamData || !netBufferListChain)
        return STATUS_FWP_NULL_POINTER;
    skip = before(&calloutStreamData->dataOffset);
    left = calloutStreamData->dataLength;
    for (NET_BUFFER_LIST *nbl = calloutStreamData->dataOffset.netBufferList; nbl && NT_SUCCESS(status) && (left || !first); nbl = nbl->Next) {
        status = FwpsAllocateCloneNetBufferList0(nbl, netBufferListPoolHandle, netBufferPoolHandle, allocateCloneFlags, link);
        if (!NT_SUCCESS(status))
            break;
        left -= trim(*link, skip, left);
        skip = 0;
        link = &(*link)->Next;
    }
    *link = NULL;
    if (!NT_SUCCESS(status)) {
        if (first)
            FwpsDiscardClonedStreamData0(first, allocateCloneFlags, TRUE);
        return status;
    }
    *netBufferListChain = first;
    return STATUS_SUCCESS;
}

/* Frees a chain of FwpsCloneStreamData0 that is not injected. IRQL <= DISPATCH_LEVEL.
 * docs: fwpsk/nf-fwpsk-fwpsdiscardclonedstreamdata0 */
VOID NTAPI FwpsDiscardClonedStreamData0(NET_BUFFER_LIST *netBufferListChain, ULONG allocateCloneFlags, BOOLEAN dispatchLevel)
{
    for (NET_BUFFER_LIST *nbl = netBufferListChain, *next; nbl; nbl = next) {
        next = nbl->Next;
        nbl->Next = NULL;
        FwpsFreeCloneNetBufferList0(nbl, allocateCloneFlags);
    }
}
