/* Checksum and segmentation offload: what the device can do, what is switched on; checksums in both directions.
 *
 * The device finishes a checksum whose pseudo-header sum the stack has put in place, which is what NDIS asks of its
 * hardware, too. It does not do IPv4 header checksums. */
#ifndef VIONET_OFFLOAD_H
#define VIONET_OFFLOAD_H

#include "driver.h"
#include "virtio.h"

#define VIONET_HEADERS_LENGTH 128       /* bytes from the frame's start that VioNetOffloadSend may look at */

typedef struct _VIONET_OFFLOAD {
    ULONG TcpV4, TcpV6, UdpV4, UdpV6;   /* VIONET_OFFLOAD_SEND, VIONET_OFFLOAD_RECEIVE */
    ULONG LsoV4, LsoV6, UsoV4, UsoV6;   /* 0 or 1: segmentation */
    ULONG RscV4, RscV6;                 /* 0 or 1: segments put together (coalesce.h) */
} VIONET_OFFLOAD, *PVIONET_OFFLOAD;

/* Capabilities from the negotiated features, limited by the registry. */
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID VioNetOffloadInitialize(_Inout_ PVIONET_ADAPTER adapter);

/* Fills an NDIS_OFFLOAD of revision 6 from the features (what could be) or the present state (what is on). */
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID VioNetOffloadDescribe(_In_ const VIONET_ADAPTER *adapter, _In_ BOOLEAN hardware, _Out_ PNDIS_OFFLOAD offload);

/* OID_TCP_OFFLOAD_PARAMETERS. NDIS_STATUS_INVALID_PARAMETER for a value outside its range, NDIS_STATUS_NOT_SUPPORTED
 * for something the device cannot do. Indicates the new configuration. */
_IRQL_requires_(PASSIVE_LEVEL)
NDIS_STATUS VioNetOffloadSet(_Inout_ PVIONET_ADAPTER adapter, _In_ const NDIS_OFFLOAD_PARAMETERS *parameters);

/* Indicates NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG. */
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID VioNetOffloadIndicate(_In_ PVIONET_ADAPTER adapter);

/* Asks the device for the checksum that `request` (not NULL) names. FALSE: the frame is no such packet. */
_IRQL_requires_max_(DISPATCH_LEVEL)
BOOLEAN VioNetOffloadRequest(_In_ const VIONET_ADAPTER *adapter, _In_ PVOID request, _Inout_ VIRTIO_NET_HEADER *header,
                             _In_ const UCHAR *frame, _In_ ULONG length);

/* Writes the virtio header of a frame to send, whose first min(length, VIONET_HEADERS_LENGTH) bytes are at `frame`.
 * FALSE: the list asks for a checksum in something that is not such a packet. */
FORCEINLINE BOOLEAN VioNetOffloadSend(_In_ const VIONET_ADAPTER *adapter, _In_ PNET_BUFFER_LIST nbl,
                                      _Out_ VIRTIO_NET_HEADER *header, _In_ const UCHAR *frame, _In_ ULONG length)
{
    PVOID request = NET_BUFFER_LIST_INFO(nbl, TcpIpChecksumNetBufferListInfo);

    RtlZeroMemory(header, sizeof(*header));     /* the device reads nothing from a hash behind it */
    return request == NULL || VioNetOffloadRequest(adapter, request, header, frame, length);
}

/* Tells NDIS what the device knows about the checksums of a received frame; finishes one that it left open. For a frame
 * whose header has flags. */
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID VioNetOffloadReceive(_In_ const VIONET_ADAPTER *adapter, _In_ PNET_BUFFER_LIST nbl,
                          _In_ const VIRTIO_NET_HEADER *header, _Inout_updates_(length) PUCHAR frame,
                          _In_ ULONG length);

#endif
