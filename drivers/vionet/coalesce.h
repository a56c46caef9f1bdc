/* Receive segment coalescing: frames that the device put together from TCP segments of one connection.
 *
 * Such a frame lies in one or more receive buffers. Its NET_BUFFER_LIST is the first one's; the others' MDLs are chained behind
 * the first one's MDL, and the buffers behind each other's VioNetRscMore, until the list comes back.
 *
 * The device takes part with mergeable receive buffers and a command that switches large frames, so that none comes while it is
 * off. It is on for what OID_TCP_OFFLOAD_PARAMETERS (or the registry) allows, once a protocol has set OID_OFFLOAD_ENCAPSULATION. */
#ifndef VIONET_COALESCE_H
#define VIONET_COALESCE_H

#include "receive.h"

#define VIONET_RSC_FEATURES                                                                                       \
    (VIRTIO_NET_F_MRG_RXBUF | VIRTIO_NET_F_GUEST_TSO4 | VIRTIO_NET_F_GUEST_TSO6 | VIRTIO_NET_F_CTRL_GUEST_OFFLOADS)

/* The next buffer of the same frame; in the list, so that the buffer stays small. */
FORCEINLINE PVIONET_RECEIVE_BUFFER *VioNetRscMore(_In_ PVIONET_RECEIVE_BUFFER buffer)
{
    return (PVIONET_RECEIVE_BUFFER *)&NET_BUFFER_LIST_MINIPORT_RESERVED(buffer->NetBufferList)[1];
}

/* Which of VIONET_RSC_FEATURES to take from an offer: all that go together, or none. */
ULONG64 VioNetRscFeatures(_In_ ULONG64 features);

/* Tells the device what is on; it must have been started. */
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID VioNetRscApply(_Inout_ PVIONET_ADAPTER adapter);

/* The same while frames come; large ones that are in the queues are indicated before it returns. */
_IRQL_requires_(PASSIVE_LEVEL)
VOID VioNetRscChange(_Inout_ PVIONET_ADAPTER adapter);

/* OID_OFFLOAD_ENCAPSULATION: offloads of received frames begin, or end. */
_IRQL_requires_(PASSIVE_LEVEL)
VOID VioNetRscActivate(_Inout_ PVIONET_ADAPTER adapter, _In_ const NDIS_OFFLOAD_ENCAPSULATION *encapsulation);

/* Takes the other buffers of a frame whose first was taken with `used` bytes, and chains them. Returns the length of the frame
 * with its virtio header; 0: the device broke its promises, and what was taken is behind `buffer`. */
_IRQL_requires_(DISPATCH_LEVEL)
ULONG VioNetRscTake(_Inout_ PVIONET_RECEIVE receive, _Inout_ PVIONET_RECEIVE_BUFFER buffer, _In_ ULONG used);

/* Writes the information of a coalesced frame into its list and counts it. */
_IRQL_requires_(DISPATCH_LEVEL)
VOID VioNetRscDescribe(_Inout_ PVIONET_RECEIVE receive, _Inout_ PVIONET_RECEIVE_BUFFER buffer, _In_ ULONG length, _In_ ULONG kind);

/* Undoes the chain and the information; returns the buffers behind the first one. */
PVIONET_RECEIVE_BUFFER VioNetRscSeparate(_Inout_ PVIONET_RECEIVE_BUFFER buffer);

/* OID_TCP_RSC_STATISTICS. */
_IRQL_requires_(PASSIVE_LEVEL)
VOID VioNetRscStatistics(_Inout_ PVIONET_ADAPTER adapter, _Out_ PNDIS_RSC_STATISTICS_INFO info);

#endif
