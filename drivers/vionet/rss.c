#include "adapter.h"

#define KNOWN_FLAGS                                                                                               \
    (NDIS_RSS_PARAM_FLAG_BASE_CPU_UNCHANGED | NDIS_RSS_PARAM_FLAG_HASH_INFO_UNCHANGED |                             \
     NDIS_RSS_PARAM_FLAG_ITABLE_UNCHANGED | NDIS_RSS_PARAM_FLAG_HASH_KEY_UNCHANGED | NDIS_RSS_PARAM_FLAG_DISABLE_RSS |\
     NDIS_RSS_PARAM_FLAG_DEFAULT_PROCESSOR_UNCHANGED)

#define DEVICE_TYPES                                                                                              \
    (VIRTIO_NET_HASH_IPV4 | VIRTIO_NET_HASH_TCPV4 | VIRTIO_NET_HASH_UDPV4 | VIRTIO_NET_HASH_IPV6 |                  \
     VIRTIO_NET_HASH_TCPV6 | VIRTIO_NET_HASH_UDPV6)

/* Types of hash, in the order of VIRTIO_NET_HEADER_HASH.HashReport. */
static const struct {
    ULONG Ndis, Virtio;
} HashTypes[] = {
    { NDIS_HASH_IPV4, VIRTIO_NET_HASH_IPV4 },         { NDIS_HASH_TCP_IPV4, VIRTIO_NET_HASH_TCPV4 },
    { NDIS_HASH_UDP_IPV4, VIRTIO_NET_HASH_UDPV4 },    { NDIS_HASH_IPV6, VIRTIO_NET_HASH_IPV6 },
    { NDIS_HASH_TCP_IPV6, VIRTIO_NET_HASH_TCPV6 },    { NDIS_HASH_UDP_IPV6, VIRTIO_NET_HASH_UDPV6 },
};

/* VIRTIO_NET_CTRL_MQ_RSS_CONFIG: the table in the middle has as many entries as NDIS gave. */
#pragma pack(push, 1)
typedef struct _RSS_COMMAND {
    ULONG HashTypes;
    USHORT TableMask, UnclassifiedQueue;
    UCHAR Rest[VIONET_RSS_TABLE * sizeof(USHORT) + sizeof(USHORT) + 1 + VIONET_RSS_KEY];
} RSS_COMMAND;
#pragma pack(pop)

/* ---- how many queues ---- */

/* Processors that NDIS lets this adapter use. */
static ULONG RssProcessors(NDIS_HANDLE adapter)
{
    PNDIS_RSS_PROCESSOR_INFO info;
    SIZE_T size = 0;
    ULONG count = 1;

    if (NdisGetRssProcessorInformation(adapter, NULL, &size) != NDIS_STATUS_BUFFER_TOO_SHORT)
        return count;
    info = VioNetAllocate(adapter, size);
    if (info == NULL)
        return count;
    if (NdisGetRssProcessorInformation(adapter, info, &size) == NDIS_STATUS_SUCCESS)
        count = min(info->RssProcessorCount, info->MaxNumRssProcessors);
    NdisFreeMemory(info, 0, 0);
    return max(count, 1);
}

_Use_decl_annotations_
BOOLEAN VioNetRssWanted(const VIONET_ADAPTER *adapter)
{
    return adapter->QueueCount != 0 ? adapter->Rss.Capable
                                    : adapter->Config.Rss != 0 && adapter->Config.RssQueues > 1 && RssProcessors(adapter->Handle) > 1;
}

_Use_decl_annotations_
VOID VioNetRssInitialize(PVIONET_ADAPTER adapter)
{
    PVIONET_RSS rss = &adapter->Rss;
    VIRTIO_NET_CONFIG config;

    adapter->QueueCount = 1;
    adapter->HeaderSize = sizeof(VIRTIO_NET_HEADER);
    if ((adapter->Features & VIRTIO_NET_F_RSS) == 0)
        return;
    VioNetTransportReadConfig(&adapter->Pci, &config);
    rss->DevicePairs = config.MaxQueuePairs;
    adapter->HeaderSize = sizeof(VIRTIO_NET_HEADER_HASH);
    rss->Capable = config.MaxQueuePairs > 1 && config.RssMaxKeySize >= VIONET_RSS_KEY &&
                   config.RssMaxTableLength >= VIONET_RSS_TABLE && (DEVICE_TYPES & ~config.SupportedHashTypes) == 0;
    if (rss->Capable)
        adapter->QueueCount = min(min(config.MaxQueuePairs, adapter->Config.RssQueues),
                                  min(RssProcessors(adapter->Handle), VIONET_MAX_QUEUES));
}

_Use_decl_annotations_
VOID VioNetRssCapabilities(const VIONET_ADAPTER *adapter, PNDIS_RECEIVE_SCALE_CAPABILITIES capabilities)
{
    RtlZeroMemory(capabilities, sizeof(*capabilities));
    capabilities->Header.Type = NDIS_OBJECT_TYPE_RSS_CAPABILITIES;
    capabilities->Header.Revision = NDIS_RECEIVE_SCALE_CAPABILITIES_REVISION_2;
    capabilities->Header.Size = NDIS_SIZEOF_RECEIVE_SCALE_CAPABILITIES_REVISION_2;
    capabilities->CapabilitiesFlags = NdisHashFunctionToeplitz | NDIS_RSS_CAPS_HASH_TYPE_TCP_IPV4 |
                                      NDIS_RSS_CAPS_HASH_TYPE_TCP_IPV6 | NDIS_RSS_CAPS_HASH_TYPE_UDP_IPV4 |
                                      NDIS_RSS_CAPS_HASH_TYPE_UDP_IPV6 | NDIS_RSS_CAPS_MESSAGE_SIGNALED_INTERRUPTS |
                                      NDIS_RSS_CAPS_CLASSIFICATION_AT_ISR;
    if (adapter->Pci.HasMsix)
        capabilities->CapabilitiesFlags |= NDIS_RSS_CAPS_USING_MSI_X | NDIS_RSS_CAPS_SUPPORTS_MSI_X;
    capabilities->NumberOfInterruptMessages = adapter->QueueCount;
    capabilities->NumberOfReceiveQueues = adapter->QueueCount;
    capabilities->NumberOfIndirectionTableEntries = VIONET_RSS_TABLE;
}

/* ---- parameters ---- */

static BOOLEAN HashMakesSense(ULONG information)
{
    ULONG types = NDIS_RSS_HASH_TYPE_FROM_HASH_INFO(information), known = 0;

    for (ULONG i = 0; i < ARRAYSIZE(HashTypes); i++)
        known |= HashTypes[i].Ndis;
    return NDIS_RSS_HASH_FUNC_FROM_HASH_INFO(information) == NdisHashFunctionToeplitz && types != 0 && (types & ~known) == 0;
}

/* The queue of a processor; a new one while there are any. */
static UCHAR QueueOfProcessor(PVIONET_RSS rss, ULONG queues, const PROCESSOR_NUMBER *processor)
{
    ULONG queue;

    for (queue = 0; queue < rss->ActiveQueues; queue++) {
        if (rss->Processor[queue].Group == processor->Group && rss->Processor[queue].Number == processor->Number)
            return (UCHAR)queue;
    }
    if (rss->ActiveQueues == queues)
        return (UCHAR)(processor->Number % queues);
    rss->Processor[rss->ActiveQueues++] = *processor;
    return (UCHAR)queue;
}

static NDIS_STATUS TakeTable(PVIONET_RSS rss, ULONG queues, const NDIS_RECEIVE_SCALE_PARAMETERS *parameters, ULONG length)
{
    ULONG offset = parameters->IndirectionTableOffset, size = parameters->IndirectionTableSize;
    ULONG entries = size / sizeof(PROCESSOR_NUMBER);
    const PROCESSOR_NUMBER *table = (const PROCESSOR_NUMBER *)((const UCHAR *)parameters + offset);

    if (size % sizeof(PROCESSOR_NUMBER) != 0 || entries == 0 || entries > VIONET_RSS_TABLE || (entries & (entries - 1)) != 0 ||
        offset > length || size > length - offset)
        return NDIS_STATUS_INVALID_PARAMETER;
    rss->TableEntries = (USHORT)entries;
    rss->ActiveQueues = 0;
    for (ULONG i = 0; i < entries; i++)
        rss->QueueOf[i] = QueueOfProcessor(rss, queues, &table[i]);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS TakeKey(PVIONET_RSS rss, const NDIS_RECEIVE_SCALE_PARAMETERS *parameters, ULONG length)
{
    ULONG offset = parameters->HashSecretKeyOffset, size = parameters->HashSecretKeySize;

    if (size == 0 || size > VIONET_RSS_KEY || offset > length || size > length - offset)
        return NDIS_STATUS_INVALID_PARAMETER;
    rss->KeyLength = (USHORT)size;
    NdisMoveMemory(rss->Key, (const UCHAR *)parameters + offset, size);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS Take(PVIONET_RSS rss, ULONG queues, const NDIS_RECEIVE_SCALE_PARAMETERS *parameters, ULONG length)
{
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;

    if ((parameters->Flags & ~KNOWN_FLAGS) != 0)
        return NDIS_STATUS_INVALID_PARAMETER;
    rss->Enabled = (parameters->Flags & NDIS_RSS_PARAM_FLAG_DISABLE_RSS) == 0 &&
                   (parameters->HashInformation != 0 || (parameters->Flags & NDIS_RSS_PARAM_FLAG_HASH_INFO_UNCHANGED) != 0);
    if (!rss->Enabled)
        return NDIS_STATUS_SUCCESS;
    if ((parameters->Flags & NDIS_RSS_PARAM_FLAG_HASH_INFO_UNCHANGED) == 0)
        rss->HashInformation = parameters->HashInformation;
    if ((parameters->Flags & NDIS_RSS_PARAM_FLAG_ITABLE_UNCHANGED) == 0)
        status = TakeTable(rss, queues, parameters, length);
    if (status == NDIS_STATUS_SUCCESS && (parameters->Flags & NDIS_RSS_PARAM_FLAG_HASH_KEY_UNCHANGED) == 0)
        status = TakeKey(rss, parameters, length);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    return HashMakesSense(rss->HashInformation) && rss->TableEntries != 0 && rss->KeyLength != 0 ? NDIS_STATUS_SUCCESS
                                                                                                 : NDIS_STATUS_INVALID_PARAMETER;
}

/* ---- to the device ---- */

static ULONG DeviceHashTypes(ULONG information)
{
    ULONG types = 0;

    for (ULONG i = 0; i < ARRAYSIZE(HashTypes); i++) {
        if ((information & HashTypes[i].Ndis) != 0)
            types |= HashTypes[i].Virtio;
    }
    return types;
}

/* What has no hash goes to the first queue. */
static BOOLEAN Configure(PVIONET_ADAPTER adapter, const VIONET_RSS *rss)
{
    RSS_COMMAND command;
    USHORT UNALIGNED *table = (USHORT UNALIGNED *)command.Rest;
    PUCHAR key;

    command.HashTypes = DeviceHashTypes(rss->HashInformation);
    command.TableMask = rss->TableEntries - 1;
    command.UnclassifiedQueue = 0;
    for (ULONG i = 0; i < rss->TableEntries; i++)
        table[i] = rss->QueueOf[i];
    table[rss->TableEntries] = (USHORT)adapter->QueueCount;
    key = (PUCHAR)&table[rss->TableEntries + 1];
    *key++ = (UCHAR)rss->KeyLength;
    NdisMoveMemory(key, rss->Key, rss->KeyLength);
    return VioNetControlSteer(&adapter->Control, VIRTIO_NET_CTRL_MQ_RSS_CONFIG, &command,
                              (ULONG)(key + rss->KeyLength - (PUCHAR)&command));
}

static BOOLEAN UseFirstPair(PVIONET_ADAPTER adapter)
{
    USHORT pairs = 1;

    return VioNetControlSteer(&adapter->Control, VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET, &pairs, sizeof(pairs));
}

_Use_decl_annotations_
NDIS_STATUS VioNetRssSet(PVIONET_ADAPTER adapter, const NDIS_RECEIVE_SCALE_PARAMETERS *parameters, ULONG length)
{
    VIONET_RSS wanted = adapter->Rss;
    NDIS_STATUS status;

    if (!adapter->Rss.Capable)
        return NDIS_STATUS_NOT_SUPPORTED;
    status = Take(&wanted, adapter->QueueCount, parameters, length);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    if (adapter->HardwareUp && !(wanted.Enabled ? Configure(adapter, &wanted) : UseFirstPair(adapter)))
        return NDIS_STATUS_FAILURE;
    adapter->Rss = wanted;
    return NDIS_STATUS_SUCCESS;
}

_Use_decl_annotations_
VOID VioNetRssRestore(PVIONET_ADAPTER adapter)
{
    if (adapter->Rss.Enabled && !Configure(adapter, &adapter->Rss))
        adapter->Rss.Enabled = FALSE;
}

/* ---- received frames ---- */

_Use_decl_annotations_
VOID VioNetRssDescribe(PNET_BUFFER_LIST nbl, const VIRTIO_NET_HEADER_HASH *header)
{
    if (header->HashReport == 0 || header->HashReport > ARRAYSIZE(HashTypes))
        return;
    NET_BUFFER_LIST_SET_HASH_VALUE(nbl, header->HashValue);
    NET_BUFFER_LIST_SET_HASH_TYPE(nbl, HashTypes[header->HashReport - 1].Ndis);
    NET_BUFFER_LIST_SET_HASH_FUNCTION(nbl, NdisHashFunctionToeplitz);
}
