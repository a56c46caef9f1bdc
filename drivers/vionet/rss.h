/* Receive-side scaling: NDIS' parameters, and what the device is told of them.
 *
 * The indirection table of NDIS names processors; the device's names receive queues. Every processor of the table gets a
 * queue, in order of appearance, as long as there are queues; more processors than queues share them.
 *
 * Enabled, ActiveQueues, Processor and QueueOf change in OID requests only, which NDIS serializes; interrupts and sends read
 * them without a lock, and what they read a moment too late costs nothing but locality. */
#ifndef VIONET_RSS_H
#define VIONET_RSS_H

#include "driver.h"
#include "virtio.h"

#define VIONET_RSS_TABLE 128
#define VIONET_RSS_KEY 40

typedef struct _VIONET_RSS {
    BOOLEAN Capable;            /* device and registry allow it, and there is more than one queue */
    volatile BOOLEAN Enabled;
    USHORT DevicePairs;         /* the device's pairs of queues, used or not */
    USHORT TableEntries;        /* a power of two */
    USHORT KeyLength;
    ULONG HashInformation;      /* NDIS': function and types */
    ULONG ActiveQueues;
    PROCESSOR_NUMBER Processor[VIONET_MAX_QUEUES];      /* of each active queue */
    UCHAR QueueOf[VIONET_RSS_TABLE];
    UCHAR Key[VIONET_RSS_KEY];
} VIONET_RSS, *PVIONET_RSS;

/* TRUE when the features of RSS are to be negotiated: the registry allows it and there is more than one processor for it. */
_IRQL_requires_(PASSIVE_LEVEL)
BOOLEAN VioNetRssWanted(_In_ const VIONET_ADAPTER *adapter);

/* After the negotiation: how many pairs of queues there will be, and how long the virtio header is. */
_IRQL_requires_(PASSIVE_LEVEL)
VOID VioNetRssInitialize(_Inout_ PVIONET_ADAPTER adapter);

/* Gives the list the hash that the device computed, if it did. */
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID VioNetRssDescribe(_Inout_ PNET_BUFFER_LIST nbl, _In_ const VIRTIO_NET_HEADER_HASH *header);

_IRQL_requires_max_(DISPATCH_LEVEL)
VOID VioNetRssCapabilities(_In_ const VIONET_ADAPTER *adapter, _Out_ PNDIS_RECEIVE_SCALE_CAPABILITIES capabilities);

/* OID_GEN_RECEIVE_SCALE_PARAMETERS; `length` bytes are there. NDIS_STATUS_INVALID_PARAMETER for what cannot be meant,
 * NDIS_STATUS_FAILURE when the device refuses; the old parameters stay then. */
_IRQL_requires_(PASSIVE_LEVEL)
NDIS_STATUS VioNetRssSet(_Inout_ PVIONET_ADAPTER adapter, _In_reads_bytes_(length) const NDIS_RECEIVE_SCALE_PARAMETERS *parameters,
                         _In_ ULONG length);

/* The device was reset: it is told again. */
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID VioNetRssRestore(_Inout_ PVIONET_ADAPTER adapter);

/* The transmit queue of a list, when RSS is enabled: that of its flow, so that frames of one flow stay in order. */
FORCEINLINE ULONG VioNetRssTransmitQueue(_In_ const VIONET_RSS *rss, _In_ PNET_BUFFER_LIST nbl)
{
    return rss->QueueOf[NET_BUFFER_LIST_GET_HASH_VALUE(nbl) & (ULONG)(rss->TableEntries - 1)];
}

#endif
