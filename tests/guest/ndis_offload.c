/* Offloads as a protocol driver sees them: checksums, large sends of TCP and UDP, and how they are switched.
 * run after: vionet
 * run with: --nic=loop */
#define NDIS683 1
#include <ndis.h>
#include "ndis_bound.h"

#define PAYLOAD 5000

static PUCHAR Frame;

/* What is sent in segments comes back by the looped cable, and is to be seen segment by segment. */
static void keep_segments_apart(void)
{
    NDIS_OFFLOAD_PARAMETERS p;

    NdisZeroMemory(&p, sizeof(p));
    p.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    p.Header.Revision = NDIS_OFFLOAD_PARAMETERS_REVISION_3;
    p.Header.Size = NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_3;
    p.RscIPv4 = p.RscIPv6 = NDIS_OFFLOAD_PARAMETERS_RSC_DISABLED;
    REQUIRE(BoundSet(OID_TCP_OFFLOAD_PARAMETERS, &p, NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_3) == NDIS_STATUS_SUCCESS);
}

TEST_SETUP(bind)
{
    Frame = ExAllocatePoolWithTag(NonPagedPoolNx, 128 + PAYLOAD, BOUND_TAG);
    REQUIRE(Frame != NULL);
    REQUIRE(BoundOpen());
    keep_segments_apart();
}

TEST_TEARDOWN(unbind)
{
    BoundClose();
    if (Frame != NULL)
        ExFreePoolWithTag(Frame, BOUND_TAG);
}

static void fill(PUCHAR at, ULONG length)
{
    for (ULONG i = 0; i < length; i++)
        at[i] = (UCHAR)(i * 31 + i / 256);
}

static NDIS_OFFLOAD_PARAMETERS parameters(void)
{
    NDIS_OFFLOAD_PARAMETERS p;

    NdisZeroMemory(&p, sizeof(p));
    p.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    p.Header.Revision = NDIS_OFFLOAD_PARAMETERS_REVISION_5;
    p.Header.Size = NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_5;
    return p;
}

TEST_CASE(the_adapter_reports_its_offloads_at_binding_and_when_asked)
{
    NDIS_OFFLOAD now;
    ULONG written = 0;

    EXPECT_EQ(Bound.Offload.Header.Type, NDIS_OBJECT_TYPE_OFFLOAD);
    EXPECT_EQ(Bound.Offload.Checksum.IPv4Transmit.TcpChecksum, NDIS_OFFLOAD_SUPPORTED);
    EXPECT_EQ(Bound.Offload.LsoV2.IPv4.Encapsulation, NDIS_ENCAPSULATION_IEEE_802_3);
    EXPECT(Bound.Offload.LsoV2.IPv4.MaxOffLoadSize > 1460);
    EXPECT_EQ(BoundQuery(OID_TCP_OFFLOAD_CURRENT_CONFIG, &now, sizeof(now), &written), NDIS_STATUS_SUCCESS);
    EXPECT(written >= NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_3);
    EXPECT_EQ(now.LsoV2.IPv6.MaxOffLoadSize, Bound.Offload.LsoV2.IPv6.MaxOffLoadSize);
    EXPECT_EQ(BoundQuery(OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES, &now, sizeof(now), &written), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(now.Checksum.IPv6Transmit.TcpChecksum, NDIS_OFFLOAD_SUPPORTED);
}

static void send_with_checksum(BOOLEAN v6, UCHAR protocol)
{
    NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO info;
    ULONG transport = BuildHeaders(Frame, v6, protocol, 1000, 101), header = protocol == 6 ? 20 : 8;
    ULONG length = transport + header + 101;
    LONG before = Bound.Count;

    fill(Frame + transport + header, 101);
    Put16(Frame + transport + (protocol == 6 ? 16 : 6), Folded(PseudoSum(Frame, v6) + header + 101));
    info.Value = NULL;
    info.Transmit.IsIPv4 = !v6;
    info.Transmit.IsIPv6 = v6;
    info.Transmit.TcpChecksum = protocol == 6;
    info.Transmit.UdpChecksum = protocol == 17;
    info.Transmit.TcpHeaderOffset = transport;
    EXPECT_EQ(BoundSend(Frame, length, TcpIpChecksumNetBufferListInfo, info.Value), NDIS_STATUS_SUCCESS);
    REQUIRE(BoundAwait(before + 1));
    EXPECT_EQ(Bound.Frame[before].Length, length);
    EXPECT(ChecksumHolds(Bound.Frame[before].Bytes, v6));
    EXPECT_EQ(Bound.Frame[before].Checksum.Receive.TcpChecksumSucceeded, protocol == 6);
    EXPECT_EQ(Bound.Frame[before].Checksum.Receive.UdpChecksumSucceeded, protocol == 17);
}

TEST_CASE(the_adapter_finishes_transport_checksums)
{
    send_with_checksum(FALSE, 6);
    send_with_checksum(FALSE, 17);
    send_with_checksum(TRUE, 6);
    send_with_checksum(TRUE, 17);
}

/* What a large TCP send must look like before it is handed down: no IP length, the pseudo-header's sum without length. */
static ULONG build_large_tcp(BOOLEAN v6, ULONG mss, PVOID *info)
{
    NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO lso;
    ULONG transport = BuildHeaders(Frame, v6, 6, 2000, PAYLOAD);

    if (v6) {
        Put16(Frame + 18, 0);
    } else {
        Put16(Frame + 16, 0);
        Put16(Frame + 24, 0);
    }
    Put16(Frame + transport + 16, Folded(PseudoSum(Frame, v6)));
    Frame[transport + 13] = 0x19;       /* FIN, PSH, ACK */
    fill(Frame + transport + 20, PAYLOAD);
    lso.Value = NULL;
    lso.LsoV2Transmit.MSS = mss;
    lso.LsoV2Transmit.TcpHeaderOffset = transport;
    lso.LsoV2Transmit.Type = NDIS_TCP_LARGE_SEND_OFFLOAD_V2_TYPE;
    lso.LsoV2Transmit.IPVersion = v6 ? NDIS_TCP_LARGE_SEND_OFFLOAD_IPv6 : NDIS_TCP_LARGE_SEND_OFFLOAD_IPv4;
    *info = lso.Value;
    return transport + 20 + PAYLOAD;
}

static void check_segments(LONG before, BOOLEAN v6, ULONG header, ULONG mss)
{
    ULONG transport = v6 ? 54 : 34, done = 0, count = (PAYLOAD + mss - 1) / mss;

    REQUIRE(BoundAwait(before + (LONG)count));
    for (ULONG i = 0; i < count; i++) {
        const BOUND_RECEIVED *f = &Bound.Frame[before + i];
        ULONG payload = min(mss, PAYLOAD - done);

        EXPECT_EQ(f->Length, transport + header + payload);
        EXPECT(ChecksumHolds(f->Bytes, v6));
        EXPECT(RtlEqualMemory(f->Bytes + transport + header, Frame + transport + header + done, payload));
        if (!v6)
            EXPECT_EQ(Get16(f->Bytes + 18), 0x1234 + i);
        if (header == 20) {
            EXPECT_EQ(Get32(f->Bytes + transport + 4), 0x10000000u + done);
            EXPECT_EQ(f->Bytes[transport + 13], i + 1 == count ? 0x19 : 0x10);
        } else {
            EXPECT_EQ(Get16(f->Bytes + transport + 4), 8 + payload);
        }
        done += payload;
    }
}

static void send_large_tcp(BOOLEAN v6, ULONG mss)
{
    NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO done;
    LONG before = Bound.Count;
    PVOID info;
    ULONG length = build_large_tcp(v6, mss, &info);

    EXPECT_EQ(BoundSend(Frame, length, TcpLargeSendNetBufferListInfo, info), NDIS_STATUS_SUCCESS);
    done.Value = Bound.SentInfo;
    EXPECT_EQ(done.LsoV2TransmitComplete.Type, NDIS_TCP_LARGE_SEND_OFFLOAD_V2_TYPE);
    EXPECT_EQ(done.LsoV2TransmitComplete.Reserved, 0);
    check_segments(before, v6, 20, mss);
}

TEST_CASE(a_large_tcp_send_becomes_segments_of_the_mss)
{
    send_large_tcp(FALSE, 1460);
    send_large_tcp(TRUE, 1440);
    send_large_tcp(FALSE, 1000);
}

static void send_large_udp(BOOLEAN v6, ULONG mss)
{
    NDIS_UDP_SEGMENTATION_OFFLOAD_NET_BUFFER_LIST_INFO uso;
    LONG before = Bound.Count;
    ULONG transport = BuildHeaders(Frame, v6, 17, 3000, PAYLOAD);

    Put16(Frame + transport + 6, Folded(PseudoSum(Frame, v6)));
    fill(Frame + transport + 8, PAYLOAD);
    uso.Value = NULL;
    uso.Transmit.MSS = mss;
    uso.Transmit.UdpHeaderOffset = transport;
    uso.Transmit.IPVersion = v6 ? NDIS_UDP_SEGMENTATION_OFFLOAD_IPV6 : NDIS_UDP_SEGMENTATION_OFFLOAD_IPV4;
    EXPECT_EQ(BoundSend(Frame, transport + 8 + PAYLOAD, UdpSegmentationOffloadInfo, uso.Value), NDIS_STATUS_SUCCESS);
    check_segments(before, v6, 8, mss);
}

TEST_CASE(a_large_udp_send_becomes_datagrams_of_the_size)
{
    EXPECT_EQ(Bound.Offload.UdpSegmentation.IPv4.SubMssFinalSegmentSupported, 1);
    send_large_udp(FALSE, 1200);
    send_large_udp(TRUE, 1000);
}

TEST_CASE(large_sends_that_were_switched_off_fail)
{
    NDIS_OFFLOAD_PARAMETERS p = parameters();
    ULONG told = Bound.OffloadStatus, length;
    PVOID info;

    p.LsoV2IPv4 = NDIS_OFFLOAD_PARAMETERS_LSOV2_DISABLED;
    EXPECT_EQ(BoundSet(OID_TCP_OFFLOAD_PARAMETERS, &p, sizeof(p)), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(Bound.OffloadStatus, told + 1);
    EXPECT_EQ(Bound.Offload.LsoV2.IPv4.Encapsulation, NDIS_ENCAPSULATION_NOT_SUPPORTED);
    EXPECT_EQ(Bound.Offload.LsoV2.IPv6.Encapsulation, NDIS_ENCAPSULATION_IEEE_802_3);
    length = build_large_tcp(FALSE, 1460, &info);
    EXPECT(BoundSend(Frame, length, TcpLargeSendNetBufferListInfo, info) != NDIS_STATUS_SUCCESS);
    p.LsoV2IPv4 = NDIS_OFFLOAD_PARAMETERS_LSOV2_ENABLED;
    EXPECT_EQ(BoundSet(OID_TCP_OFFLOAD_PARAMETERS, &p, sizeof(p)), NDIS_STATUS_SUCCESS);
    send_large_tcp(FALSE, 1460);
}

TEST_CASE(udp_segmentation_is_switched_by_itself)
{
    NDIS_OFFLOAD_PARAMETERS p = parameters();

    p.UdpSegmentation.IPv6 = NDIS_OFFLOAD_PARAMETERS_USO_DISABLED;
    EXPECT_EQ(BoundSet(OID_TCP_OFFLOAD_PARAMETERS, &p, sizeof(p)), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(Bound.Offload.UdpSegmentation.IPv6.MaxOffLoadSize, 0);
    EXPECT(Bound.Offload.UdpSegmentation.IPv4.MaxOffLoadSize != 0);
    p.UdpSegmentation.IPv6 = NDIS_OFFLOAD_PARAMETERS_USO_ENABLED;
    EXPECT_EQ(BoundSet(OID_TCP_OFFLOAD_PARAMETERS, &p, sizeof(p)), NDIS_STATUS_SUCCESS);
    EXPECT(Bound.Offload.UdpSegmentation.IPv6.MaxOffLoadSize != 0);
    p.UdpSegmentation.IPv6 = 9;
    EXPECT_EQ(BoundSet(OID_TCP_OFFLOAD_PARAMETERS, &p, sizeof(p)), NDIS_STATUS_INVALID_PARAMETER);
}

TEST_CASE(a_large_send_whose_headers_are_wrong_fails)
{
    NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO lso;
    PVOID info;
    ULONG length = build_large_tcp(FALSE, 1460, &info);

    lso.Value = info;
    lso.LsoV2Transmit.TcpHeaderOffset = 10;
    EXPECT(BoundSend(Frame, length, TcpLargeSendNetBufferListInfo, lso.Value) != NDIS_STATUS_SUCCESS);
    lso.Value = info;
    lso.LsoV2Transmit.IPVersion = NDIS_TCP_LARGE_SEND_OFFLOAD_IPv6;
    EXPECT(BoundSend(Frame, length, TcpLargeSendNetBufferListInfo, lso.Value) != NDIS_STATUS_SUCCESS);
    send_large_tcp(FALSE, 1460);
}

/* The number in a keyword of the adapter's; 99: there is none. */
static ULONG keyword(PCWSTR text)
{
    struct {
        KEY_VALUE_PARTIAL_INFORMATION Value;
        WCHAR Rest[16];
    } answer;
    UNICODE_STRING name, number;
    ULONG length, value = 99;
    HANDLE key;

    RtlInitUnicodeString(&name, text);
    if (!NT_SUCCESS(IoOpenDeviceRegistryKey(Bound.Device, PLUGPLAY_REGKEY_DRIVER, KEY_READ, &key)))
        return 99;
    if (NT_SUCCESS(ZwQueryValueKey(key, &name, KeyValuePartialInformation, &answer, sizeof(answer), &length)) &&
        answer.Value.Type == REG_SZ) {
        RtlInitUnicodeString(&number, (PCWSTR)answer.Value.Data);
        RtlUnicodeStringToInteger(&number, 10, &value);
    }
    ZwClose(key);
    return value;
}

TEST_CASE(keywords_follow_what_is_set)
{
    NDIS_OFFLOAD_PARAMETERS p = parameters();

    p.TCPIPv4Checksum = NDIS_OFFLOAD_PARAMETERS_TX_ENABLED_RX_DISABLED;
    p.LsoV2IPv6 = NDIS_OFFLOAD_PARAMETERS_LSOV2_DISABLED;
    p.UdpSegmentation.IPv4 = NDIS_OFFLOAD_PARAMETERS_UDP_SEG_DISABLED;
    EXPECT_EQ(BoundSet(OID_TCP_OFFLOAD_PARAMETERS, &p, NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_5), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(keyword(L"*TCPChecksumOffloadIPv4"), 1);
    EXPECT_EQ(keyword(L"*LsoV2IPv6"), 0);
    EXPECT_EQ(keyword(L"*UsoIPv4"), 0);
    p = parameters();
    p.TCPIPv4Checksum = NDIS_OFFLOAD_PARAMETERS_TX_RX_ENABLED;
    p.LsoV2IPv6 = NDIS_OFFLOAD_PARAMETERS_LSOV2_ENABLED;
    p.UdpSegmentation.IPv4 = NDIS_OFFLOAD_PARAMETERS_UDP_SEG_ENABLED;
    EXPECT_EQ(BoundSet(OID_TCP_OFFLOAD_PARAMETERS, &p, NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_5), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(keyword(L"*TCPChecksumOffloadIPv4"), 3);
    EXPECT_EQ(keyword(L"*LsoV2IPv6"), 1);
    EXPECT_EQ(keyword(L"*UsoIPv4"), 1);
}

TEST_CASE(keywords_stay_when_the_registry_is_not_to_be_updated)
{
    NDIS_OFFLOAD_PARAMETERS p = parameters();

    p.LsoV2IPv4 = NDIS_OFFLOAD_PARAMETERS_LSOV2_ENABLED;
    EXPECT_EQ(BoundSet(OID_TCP_OFFLOAD_PARAMETERS, &p, NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_5), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(keyword(L"*LsoV2IPv4"), 1);
    p.LsoV2IPv4 = NDIS_OFFLOAD_PARAMETERS_LSOV2_DISABLED;
    p.Flags = NDIS_OFFLOAD_PARAMETERS_SKIP_REGISTRY_UPDATE;
    EXPECT_EQ(BoundSet(OID_TCP_OFFLOAD_PARAMETERS, &p, NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_5), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(keyword(L"*LsoV2IPv4"), 1);
    p.LsoV2IPv4 = NDIS_OFFLOAD_PARAMETERS_LSOV2_ENABLED;
    EXPECT_EQ(BoundSet(OID_TCP_OFFLOAD_PARAMETERS, &p, NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_5), NDIS_STATUS_SUCCESS);
}
