/* The standardized keywords of offloads follow OID_TCP_OFFLOAD_PARAMETERS, so that the adapter starts the next time as it was set the last
 * time. docs: network/oid-tcp-offload-parameters, network/using-registry-values-to-enable-and-disable-task-offloading */
#include "ndis/coalescing.h"

#include <string.h>

#define MEMBER(name) offsetof(NDIS_OFFLOAD_PARAMETERS, name)

/* Values of a member are those of its keyword and one more; 0 changes nothing. */
static const struct {
    const WCHAR *keyword;
    size_t member;
} keywords[] = {
    { u"*IPChecksumOffloadIPv4", MEMBER(IPv4Checksum) }, { u"*TCPChecksumOffloadIPv4", MEMBER(TCPIPv4Checksum) },
    { u"*UDPChecksumOffloadIPv4", MEMBER(UDPIPv4Checksum) }, { u"*TCPChecksumOffloadIPv6", MEMBER(TCPIPv6Checksum) },
    { u"*UDPChecksumOffloadIPv6", MEMBER(UDPIPv6Checksum) }, { u"*LsoV1IPv4", MEMBER(LsoV1) },
    { u"*IPsecOffloadV1IPv4", MEMBER(IPsecV1) }, { u"*LsoV2IPv4", MEMBER(LsoV2IPv4) }, { u"*LsoV2IPv6", MEMBER(LsoV2IPv6) },
    { u"*TCPConnectionOffloadIPv4", MEMBER(TcpConnectionIPv4) }, { u"*TCPConnectionOffloadIPv6", MEMBER(TcpConnectionIPv6) },
    { u"*IPsecOffloadV2", MEMBER(IPsecV2) }, { u"*IPsecOffloadV2IPv4", MEMBER(IPsecV2IPv4) }, { u"*RscIPv4", MEMBER(RscIPv4) },
    { u"*RscIPv6", MEMBER(RscIPv6) }, { u"*UsoIPv4", MEMBER(UdpSegmentation.IPv4) }, { u"*UsoIPv6", MEMBER(UdpSegmentation.IPv6) },
    { u"*UdpRsc", MEMBER(UdpRsc.Enabled) },
};

/* How many bytes of the structure count. */
static size_t valid_size(const NDIS_OFFLOAD_PARAMETERS *p, size_t length)
{
    static const size_t sizes[] = {
        NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_1, NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_2, NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_3,
        NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_4, NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_5, NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_6,
    };
    size_t size = 0;

    for (size_t n = 0; n < countof(sizes); n++)
        if (p->Header.Revision > n && length >= sizes[n])
            size = sizes[n];
    return size;
}

/* As setup writes them: a string. */
static void write_keyword(HANDLE key, const WCHAR *keyword, unsigned value)
{
    const WCHAR text[2] = { (WCHAR)('0' + value), 0 };
    UNICODE_STRING name;

    RtlInitUnicodeString(&name, keyword);
    ZwSetValueKey(key, &name, 0, REG_SZ, (PVOID)(uintptr_t)text, sizeof text);
}

/* A keyword for several offloads follows, when the adapter has it, what they have in common. */
static void write_group(HANDLE key, struct adapter *a, const WCHAR *keyword, uint8_t tcp, uint8_t udp)
{
    if (tcp && tcp == udp && config_keyword(a, keyword, UINT32_MAX) != UINT32_MAX)
        write_keyword(key, keyword, tcp - 1u);
}

static void write_all(HANDLE key, struct adapter *a, const NDIS_OFFLOAD_PARAMETERS *p, size_t size)
{
    for (size_t n = 0; n < countof(keywords); n++) {
        uint8_t value = keywords[n].member < size ? ((const uint8_t *)p)[keywords[n].member] : 0;

        if (value && value <= 10)
            write_keyword(key, keywords[n].keyword, value - 1u);
    }
    if (size >= NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_3 && p->EncapsulatedPacketTaskOffload != NDIS_OFFLOAD_SET_NO_CHANGE)
        write_keyword(key, u"*EncapsulatedPacketTaskOffload", p->EncapsulatedPacketTaskOffload == NDIS_OFFLOAD_SET_ON);
    write_group(key, a, u"*TCPUDPChecksumOffloadIPv4", p->TCPIPv4Checksum, p->UDPIPv4Checksum);
    write_group(key, a, u"*TCPUDPChecksumOffloadIPv6", p->TCPIPv6Checksum, p->UDPIPv6Checksum);
}

void offload_keywords_follow(struct adapter *a, const NDIS_OID_REQUEST *request)
{
    const NDIS_OFFLOAD_PARAMETERS *p = request->DATA.SET_INFORMATION.InformationBuffer;
    HANDLE key;

    if (request->DATA.Oid != OID_TCP_OFFLOAD_PARAMETERS || request->RequestType != NdisRequestSetInformation)
        return;
    size_t size = valid_size(p, request->DATA.SET_INFORMATION.InformationBufferLength);
    if (!size || p->Flags & NDIS_OFFLOAD_PARAMETERS_SKIP_REGISTRY_UPDATE || config_device_key(a, &key) != NDIS_STATUS_SUCCESS)
        return;
    write_all(key, a, p, size);
    ZwClose(key);
}
