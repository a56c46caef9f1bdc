/* Receive segment coalescing as a protocol driver sees it: offered, switched, counted. A large send comes back through the
 * looped cable as segments of one burst.
 * run after: vionet
 * run with: --nic=loop --no-tcpip */
#define NDIS683 1
#include <ndis.h>
#include "ndis_bound.h"

#define PAYLOAD 5000
#define SIZE 1400
#define SEGMENTS ((PAYLOAD + SIZE - 1) / SIZE)

static PUCHAR Frame;

static NDIS_STATUS encapsulate(ULONG on)
{
    NDIS_OFFLOAD_ENCAPSULATION e;

    NdisZeroMemory(&e, sizeof(e));
    e.Header.Type = NDIS_OBJECT_TYPE_OFFLOAD_ENCAPSULATION;
    e.Header.Revision = NDIS_OFFLOAD_ENCAPSULATION_REVISION_1;
    e.Header.Size = NDIS_SIZEOF_OFFLOAD_ENCAPSULATION_REVISION_1;
    e.IPv4.Enabled = e.IPv6.Enabled = on;
    e.IPv4.EncapsulationType = e.IPv6.EncapsulationType = NDIS_ENCAPSULATION_IEEE_802_3;
    e.IPv4.HeaderSize = e.IPv6.HeaderSize = 14;
    return BoundSet(OID_OFFLOAD_ENCAPSULATION, &e, sizeof(e));
}

static NDIS_STATUS coalesce(UCHAR v4, UCHAR v6)
{
    NDIS_OFFLOAD_PARAMETERS p;

    NdisZeroMemory(&p, sizeof(p));
    p.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    p.Header.Revision = NDIS_OFFLOAD_PARAMETERS_REVISION_3;
    p.Header.Size = NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_3;
    p.RscIPv4 = v4;
    p.RscIPv6 = v6;
    return BoundSet(OID_TCP_OFFLOAD_PARAMETERS, &p, NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_3);
}

TEST_SETUP(bind)
{
    Frame = ExAllocatePoolWithTag(NonPagedPoolNx, 128 + PAYLOAD, BOUND_TAG);
    REQUIRE(Frame != NULL);
    REQUIRE(BoundOpen());
}

TEST_TEARDOWN(unbind)
{
    BoundClose();
    if (Frame != NULL)
        ExFreePoolWithTag(Frame, BOUND_TAG);
}

/* Every case starts from what the driver starts with. */
static void begin(void)
{
    REQUIRE(coalesce(NDIS_OFFLOAD_PARAMETERS_RSC_ENABLED, NDIS_OFFLOAD_PARAMETERS_RSC_ENABLED) == NDIS_STATUS_SUCCESS);
    REQUIRE(encapsulate(NDIS_OFFLOAD_SET_ON) == NDIS_STATUS_SUCCESS);
}

/* Sends PAYLOAD bytes as segments. Returns where the first one's headers are in `Frame` for comparison. */
static ULONG send_segments(BOOLEAN v6)
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
    for (ULONG i = 0; i < PAYLOAD; i++)
        Frame[transport + 20 + i] = (UCHAR)(i * 31 + i / 256);
    lso.Value = NULL;
    lso.LsoV2Transmit.MSS = SIZE;
    lso.LsoV2Transmit.TcpHeaderOffset = transport;
    lso.LsoV2Transmit.Type = NDIS_TCP_LARGE_SEND_OFFLOAD_V2_TYPE;
    lso.LsoV2Transmit.IPVersion = v6 ? NDIS_TCP_LARGE_SEND_OFFLOAD_IPv6 : NDIS_TCP_LARGE_SEND_OFFLOAD_IPv4;
    EXPECT_EQ(BoundSend(Frame, transport + 20 + PAYLOAD, TcpLargeSendNetBufferListInfo, lso.Value), NDIS_STATUS_SUCCESS);
    return transport;
}

static void expect_one_unit(BOOLEAN v6)
{
    LONG before = Bound.Count;
    ULONG transport = send_segments(v6);
    const BOUND_RECEIVED *f = &Bound.Frame[before];

    REQUIRE(BoundAwait(before + 1));
    EXPECT_EQ(f->Length, transport + 20 + PAYLOAD);
    EXPECT_EQ(f->Coalesced.Info.CoalescedSegCount, SEGMENTS);
    EXPECT_EQ(f->Coalesced.Info.DupAckCount, 0);
    EXPECT_EQ(f->TimestampDelta, 0);
    EXPECT(f->Checksum.Receive.TcpChecksumSucceeded && f->Checksum.Receive.IpChecksumSucceeded);
    EXPECT(f->Checksum.Receive.TcpChecksumValueInvalid || ChecksumHolds(f->Bytes, v6));
    EXPECT(RtlEqualMemory(f->Bytes + transport + 20, Frame + transport + 20, PAYLOAD));
    EXPECT_EQ(Get32(f->Bytes + transport + 4), 0x10000000);
    if (v6) {
        EXPECT_EQ(Get16(f->Bytes + 18), 20 + PAYLOAD);
    } else {
        EXPECT_EQ(Get16(f->Bytes + 16), 40 + PAYLOAD);
        EXPECT_EQ(Get16(f->Bytes + 18), 0x1234);        /* the first segment's */
        EXPECT(f->Checksum.Receive.IpChecksumValueInvalid || Folded(SumOf(f->Bytes + 14, 20, 0)) == 0xFFFF);
    }
}

static void expect_segments(BOOLEAN v6)
{
    LONG before = Bound.Count;
    ULONG transport = send_segments(v6);

    REQUIRE(BoundAwait(before + SEGMENTS));
    for (LONG i = 0; i < SEGMENTS; i++) {
        EXPECT_EQ(Bound.Frame[before + i].Coalesced.Value, NULL);
        EXPECT_EQ(Bound.Frame[before + i].Length, transport + 20 + (i + 1 < SEGMENTS ? SIZE : PAYLOAD - (SEGMENTS - 1) * SIZE));
    }
}

TEST_CASE(coalescing_is_reported_at_binding_and_when_asked)
{
    NDIS_OFFLOAD now;
    ULONG written = 0;

    EXPECT(Bound.Offload.Rsc.IPv4.Enabled && Bound.Offload.Rsc.IPv6.Enabled);
    EXPECT_EQ(BoundQuery(OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES, &now, sizeof(now), &written), NDIS_STATUS_SUCCESS);
    EXPECT(written >= NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_3);
    EXPECT(now.Rsc.IPv4.Enabled && now.Rsc.IPv6.Enabled);
}

TEST_CASE(segments_of_a_burst_come_as_one_unit)
{
    begin();
    expect_one_unit(FALSE);
    expect_one_unit(TRUE);
    expect_one_unit(FALSE);
}

TEST_CASE(nothing_is_coalesced_before_a_protocol_has_activated_offloads)
{
    begin();
    EXPECT_EQ(encapsulate(NDIS_OFFLOAD_SET_OFF), NDIS_STATUS_SUCCESS);
    expect_segments(FALSE);
    expect_segments(TRUE);
    EXPECT_EQ(encapsulate(NDIS_OFFLOAD_SET_ON), NDIS_STATUS_SUCCESS);
    expect_one_unit(FALSE);
}

TEST_CASE(each_ip_version_is_switched_by_itself)
{
    NDIS_OFFLOAD now;
    ULONG told, written = 0;

    begin();
    told = Bound.OffloadStatus;
    EXPECT_EQ(coalesce(NDIS_OFFLOAD_PARAMETERS_RSC_DISABLED, NDIS_OFFLOAD_PARAMETERS_NO_CHANGE), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(Bound.OffloadStatus, told + 1);
    EXPECT(!Bound.Offload.Rsc.IPv4.Enabled && Bound.Offload.Rsc.IPv6.Enabled);
    EXPECT_EQ(BoundQuery(OID_TCP_OFFLOAD_CURRENT_CONFIG, &now, sizeof(now), &written), NDIS_STATUS_SUCCESS);
    EXPECT(!now.Rsc.IPv4.Enabled && now.Rsc.IPv6.Enabled);
    expect_segments(FALSE);
    expect_one_unit(TRUE);
    EXPECT_EQ(coalesce(NDIS_OFFLOAD_PARAMETERS_RSC_ENABLED, NDIS_OFFLOAD_PARAMETERS_RSC_DISABLED), NDIS_STATUS_SUCCESS);
    expect_one_unit(FALSE);
    expect_segments(TRUE);
}

TEST_CASE(a_state_that_is_none_is_refused)
{
    begin();
    EXPECT(coalesce(3, NDIS_OFFLOAD_PARAMETERS_NO_CHANGE) != NDIS_STATUS_SUCCESS);
    expect_one_unit(FALSE);
}

TEST_CASE(what_was_coalesced_is_counted)
{
    NDIS_RSC_STATISTICS_INFO before, after;
    ULONG written = 0;

    begin();
    REQUIRE(BoundQuery(OID_TCP_RSC_STATISTICS, &before, sizeof(before), &written) == NDIS_STATUS_SUCCESS);
    EXPECT_EQ(written, NDIS_SIZEOF_RSC_STATISTICS_REVISION_1);
    EXPECT_EQ(before.Header.Revision, NDIS_RSC_STATISTICS_REVISION_1);
    expect_one_unit(FALSE);
    expect_one_unit(TRUE);
    REQUIRE(BoundQuery(OID_TCP_RSC_STATISTICS, &after, sizeof(after), &written) == NDIS_STATUS_SUCCESS);
    EXPECT_EQ(after.CoalescedPkts - before.CoalescedPkts, 2 * SEGMENTS);
    EXPECT_EQ(after.CoalescedOctets - before.CoalescedOctets, 2 * PAYLOAD);
    EXPECT_EQ(after.CoalesceEvents - before.CoalesceEvents, 2);
    EXPECT_EQ(after.Aborts, 0);
}
