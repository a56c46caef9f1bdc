#include "config.h"

typedef struct _KEYWORD {
    NDIS_STRING Name;
    ULONG Offset;               /* of a ULONG in VIONET_CONFIG */
    ULONG Minimum, Maximum, Default;
} KEYWORD;

#define FIELD(name) FIELD_OFFSET(VIONET_CONFIG, name)

static const KEYWORD Keywords[] = {
    { NDIS_STRING_CONST("*ReceiveBuffers"), FIELD(ReceiveBuffers), 16, 4096, 512 },
    { NDIS_STRING_CONST("*TransmitBuffers"), FIELD(TransmitBuffers), 16, 4096, 256 },
    { NDIS_STRING_CONST("*PriorityVLANTag"), FIELD(PriorityVlanTag), 0, 3, 3 },
    { NDIS_STRING_CONST("*TCPChecksumOffloadIPv4"), FIELD(TcpChecksumV4), 0, 3, 3 },
    { NDIS_STRING_CONST("*TCPChecksumOffloadIPv6"), FIELD(TcpChecksumV6), 0, 3, 3 },
    { NDIS_STRING_CONST("*UDPChecksumOffloadIPv4"), FIELD(UdpChecksumV4), 0, 3, 3 },
    { NDIS_STRING_CONST("*UDPChecksumOffloadIPv6"), FIELD(UdpChecksumV6), 0, 3, 3 },
    { NDIS_STRING_CONST("*LsoV2IPv4"), FIELD(LsoV4), 0, 1, 1 },
    { NDIS_STRING_CONST("*LsoV2IPv6"), FIELD(LsoV6), 0, 1, 1 },
    { NDIS_STRING_CONST("*UsoIPv4"), FIELD(UsoV4), 0, 1, 1 },
    { NDIS_STRING_CONST("*UsoIPv6"), FIELD(UsoV6), 0, 1, 1 },
    { NDIS_STRING_CONST("*RscIPv4"), FIELD(RscV4), 0, 1, 1 },
    { NDIS_STRING_CONST("*RscIPv6"), FIELD(RscV6), 0, 1, 1 },
    { NDIS_STRING_CONST("*RSS"), FIELD(Rss), 0, 1, 1 },
    { NDIS_STRING_CONST("*NumRssQueues"), FIELD(RssQueues), 1, 16, 8 },
};

static ULONG ReadKeyword(NDIS_HANDLE configuration, const KEYWORD *keyword)
{
    NDIS_CONFIGURATION_PARAMETER *parameter;
    NDIS_STRING name = keyword->Name;
    NDIS_STATUS status;
    ULONG value;

    NdisReadConfiguration(&status, &parameter, configuration, &name, NdisParameterInteger);
    if (status != NDIS_STATUS_SUCCESS)
        return keyword->Default;
    value = parameter->ParameterData.IntegerData;
    return value >= keyword->Minimum && value <= keyword->Maximum ? value : keyword->Default;
}

/* NetworkAddress: a locally administered unicast address, or nothing. */
static VOID ReadAddress(PVIONET_CONFIG config, NDIS_HANDLE configuration)
{
    PUCHAR address;
    NDIS_STATUS status;
    UINT length;

    NdisReadNetworkAddress(&status, (PVOID *)&address, &length, configuration);
    if (status != NDIS_STATUS_SUCCESS || length != ETH_LENGTH_OF_ADDRESS)
        return;
    if (ETH_IS_MULTICAST(address) || (address[0] & 2) == 0)
        return;
    NdisMoveMemory(config->NetworkAddress, address, length);
    config->HasNetworkAddress = TRUE;
}

_Use_decl_annotations_
NDIS_STATUS VioNetConfigRead(PVIONET_CONFIG config, NDIS_HANDLE adapter)
{
    NDIS_CONFIGURATION_OBJECT object;
    NDIS_HANDLE configuration;
    NDIS_STATUS status;

    RtlZeroMemory(config, sizeof(*config));
    object.Header.Type = NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT;
    object.Header.Revision = NDIS_CONFIGURATION_OBJECT_REVISION_1;
    object.Header.Size = NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1;
    object.NdisHandle = adapter;
    object.Flags = 0;
    status = NdisOpenConfigurationEx(&object, &configuration);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    for (ULONG i = 0; i < ARRAYSIZE(Keywords); i++)
        *(PULONG)((PUCHAR)config + Keywords[i].Offset) = ReadKeyword(configuration, &Keywords[i]);
    ReadAddress(config, configuration);
    NdisCloseConfiguration(configuration);
    return NDIS_STATUS_SUCCESS;
}
