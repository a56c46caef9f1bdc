/* The data path: a burst in, a burst out, one lock a burst, no allocation. */
#include "macswap.h"

/* Copies a received frame into one of ours, addresses exchanged. FALSE when it is no frame we can send. */
static BOOLEAN CopySwapped(PNET_BUFFER Source, PNET_BUFFER_LIST Target)
{
    PNET_BUFFER target = NET_BUFFER_LIST_FIRST_NB(Target);
    ULONG length = NET_BUFFER_DATA_LENGTH(Source);
    PUCHAR to = FrameBuffer(Target);
    PUCHAR from;

    if (length < ETHERNET_HEADER || length > MACSWAP_FRAME_SIZE)
        return FALSE;
    from = NdisGetDataBuffer(Source, length, to, 1, 0);
    if (from == NULL)
        return FALSE;
    if (from == to) {
        UCHAR address[6];
        NdisMoveMemory(address, to, 6);
        NdisMoveMemory(to, to + 6, 6);
        NdisMoveMemory(to + 6, address, 6);
    } else {
        NdisMoveMemory(to, from + 6, 6);
        NdisMoveMemory(to + 6, from, 6);
        NdisMoveMemory(to + 12, from + 12, length - 12);
    }
    NET_BUFFER_DATA_LENGTH(target) = length;
    NdisAdjustMdlLength(NET_BUFFER_FIRST_MDL(target), length);
    return TRUE;
}

_Use_decl_annotations_
VOID EchoReceive(NDIS_HANDLE ProtocolBindingContext, PNET_BUFFER_LIST NetBufferLists, NDIS_PORT_NUMBER PortNumber,
                 ULONG NumberOfNetBufferLists, ULONG ReceiveFlags)
{
    PBINDING binding = (PBINDING)ProtocolBindingContext;
    ULONG dispatch = NDIS_TEST_RECEIVE_AT_DISPATCH_LEVEL(ReceiveFlags) ? NDIS_SEND_FLAGS_DISPATCH_LEVEL : 0;
    ULONG available = 0, used = 0;
    PNET_BUFFER_LIST chain = NULL, spare, *last = &chain;

    spare = binding->Running ? TransmitPoolTake(binding->Pool, NumberOfNetBufferLists, &available) : NULL;
    binding->Received += NumberOfNetBufferLists;
    for (PNET_BUFFER_LIST nbl = NetBufferLists; nbl != NULL && spare != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl)) {
        if (!CopySwapped(NET_BUFFER_LIST_FIRST_NB(nbl), spare))
            continue;
        *last = spare;
        last = &NET_BUFFER_LIST_NEXT_NBL(spare);
        spare = NET_BUFFER_LIST_NEXT_NBL(spare);
        used++;
    }
    *last = NULL;
    if (spare != NULL)
        TransmitPoolPut(binding->Pool, spare);
    if (!NDIS_TEST_RECEIVE_CANNOT_PEND(ReceiveFlags))
        NdisReturnNetBufferLists(binding->Handle, NetBufferLists, dispatch ? NDIS_RETURN_FLAGS_DISPATCH_LEVEL : 0);
    binding->Echoed += used;
    binding->Dropped += NumberOfNetBufferLists - used;
    if (chain != NULL)
        NdisSendNetBufferLists(binding->Handle, chain, PortNumber, dispatch);
}

_Use_decl_annotations_
VOID EchoSent(NDIS_HANDLE ProtocolBindingContext, PNET_BUFFER_LIST NetBufferList, ULONG SendCompleteFlags)
{
    PBINDING binding = (PBINDING)ProtocolBindingContext;

    UNREFERENCED_PARAMETER(SendCompleteFlags);
    TransmitPoolPut(binding->Pool, NetBufferList);
}
