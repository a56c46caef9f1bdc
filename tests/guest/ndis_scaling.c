/* Receive-side scaling as a protocol driver sees it.
 * run after: vionet
 * run with: --nic=loop,queues=8 */
#define NDIS660 1
#include <ndis.h>
#include "ndis_bound.h"

#define ENTRIES 16
#define FLOWS 24

typedef struct {
    NDIS_RECEIVE_SCALE_PARAMETERS Parameters;
    PROCESSOR_NUMBER Table[ENTRIES];
    UCHAR Key[40];
} SCALING;

static PUCHAR Frame;

TEST_SETUP(bind)
{
    Frame = ExAllocatePoolWithTag(NonPagedPoolNx, 256, BOUND_TAG);
    REQUIRE(Frame != NULL);
    REQUIRE(BoundOpen());
}

TEST_TEARDOWN(unbind)
{
    BoundClose();
    if (Frame != NULL)
        ExFreePoolWithTag(Frame, BOUND_TAG);
}

static ULONG processors(void)
{
    return KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS);
}

static SCALING scaling(void)
{
    SCALING s;

    NdisZeroMemory(&s, sizeof(s));
    s.Parameters.Header.Type = NDIS_OBJECT_TYPE_RSS_PARAMETERS;
    s.Parameters.Header.Revision = NDIS_RECEIVE_SCALE_PARAMETERS_REVISION_2;
    s.Parameters.Header.Size = NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_2;
    s.Parameters.HashInformation =
        NDIS_RSS_HASH_INFO_FROM_TYPE_AND_FUNC(NDIS_HASH_IPV4 | NDIS_HASH_TCP_IPV4 | NDIS_HASH_IPV6, NdisHashFunctionToeplitz);
    s.Parameters.IndirectionTableSize = sizeof(s.Table);
    s.Parameters.IndirectionTableOffset = FIELD_OFFSET(SCALING, Table);
    s.Parameters.HashSecretKeySize = sizeof(s.Key);
    s.Parameters.HashSecretKeyOffset = FIELD_OFFSET(SCALING, Key);
    for (ULONG i = 0; i < sizeof(s.Key); i++)
        s.Key[i] = (UCHAR)(i * 73 + 41);
    for (ULONG i = 0; i < ENTRIES; i++)
        s.Table[i].Number = (UCHAR)((ENTRIES - i) % processors());
    return s;
}

static NDIS_STATUS set(SCALING *s)
{
    NDIS_STATUS status = BoundSet(OID_GEN_RECEIVE_SCALE_PARAMETERS, s, sizeof(*s));

    KeFlushQueuedDpcs();            /* a DPC that was queued before may still serve its queue where it is */
    return status;
}

/* The definition, bit by bit. docs: network/rss-hashing-functions */
static ULONG toeplitz(const UCHAR *key, const UCHAR *input, ULONG length)
{
    ULONG hash = 0;

    for (ULONG bit = 0; bit < length * 8; bit++) {
        ULONG window = 0;

        if ((input[bit / 8] & (0x80 >> bit % 8)) == 0)
            continue;
        for (ULONG i = 0; i < 32; i++)
            window = window << 1 | (key[(bit + i) / 8] >> (7 - (bit + i) % 8) & 1);
        hash ^= window;
    }
    return hash;
}

TEST_CASE(the_adapter_says_how_far_it_scales)
{
    NDIS_RECEIVE_SCALE_CAPABILITIES capabilities;
    ULONG written;

    if (processors() == 1)
        SKIP("one processor");
    REQUIRE(Bound.HasScaling);
    EXPECT_EQ(Bound.Scaling.Header.Type, NDIS_OBJECT_TYPE_RSS_CAPABILITIES);
    EXPECT(Bound.Scaling.NumberOfReceiveQueues > 1);
    EXPECT(Bound.Scaling.NumberOfReceiveQueues <= processors());
    EXPECT((Bound.Scaling.CapabilitiesFlags & NdisHashFunctionToeplitz) != 0);
    EXPECT_EQ(BoundQuery(OID_GEN_RECEIVE_SCALE_CAPABILITIES, &capabilities, sizeof(capabilities), &written), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(capabilities.NumberOfReceiveQueues, Bound.Scaling.NumberOfReceiveQueues);
}

static void check_flow(const SCALING *s, LONG at, UCHAR protocol)
{
    const BOUND_RECEIVED *f = &Bound.Frame[at];
    ULONG hash = toeplitz(s->Key, f->Bytes + 26, protocol == 6 ? 12 : 8);

    EXPECT_EQ(f->Hash, hash);
    EXPECT_EQ(f->HashType, protocol == 6 ? NDIS_HASH_TCP_IPV4 : NDIS_HASH_IPV4);
    EXPECT_EQ(f->Processor, s->Table[hash & (ENTRIES - 1)].Number);
}

static void send_flow(USHORT port, UCHAR protocol)
{
    ULONG transport = BuildHeaders(Frame, FALSE, protocol, port, 40), header = protocol == 6 ? 20 : 8;

    EXPECT_EQ(BoundSend(Frame, transport + header + 40, TcpIpChecksumNetBufferListInfo, NULL), NDIS_STATUS_SUCCESS);
}

TEST_CASE(each_flow_is_received_on_the_processor_of_its_hash)
{
    SCALING s = scaling();
    LONG before = Bound.Count;

    if (processors() == 1)
        SKIP("one processor");
    REQUIRE(set(&s) == NDIS_STATUS_SUCCESS);
    for (USHORT flow = 0; flow < FLOWS; flow++) {
        send_flow(4000 + flow * 7, flow % 4 == 3 ? 17 : 6);
        REQUIRE(BoundAwait(before + flow + 1));
        check_flow(&s, before + flow, flow % 4 == 3 ? 17 : 6);
    }
}

TEST_CASE(a_new_table_moves_the_flows)
{
    SCALING s = scaling();
    LONG before = Bound.Count;

    if (processors() == 1)
        SKIP("one processor");
    REQUIRE(set(&s) == NDIS_STATUS_SUCCESS);
    for (ULONG i = 0; i < ENTRIES; i++)
        s.Table[i].Number = 1;
    s.Parameters.Flags = NDIS_RSS_PARAM_FLAG_HASH_INFO_UNCHANGED | NDIS_RSS_PARAM_FLAG_HASH_KEY_UNCHANGED;
    REQUIRE(set(&s) == NDIS_STATUS_SUCCESS);
    for (USHORT flow = 0; flow < 8; flow++) {
        send_flow(5000 + flow, 6);
        REQUIRE(BoundAwait(before + flow + 1));
        check_flow(&s, before + flow, 6);
    }
}

TEST_CASE(scaling_can_be_switched_off_and_on_again)
{
    SCALING s = scaling();
    LONG before = Bound.Count;

    if (processors() == 1)
        SKIP("one processor");
    REQUIRE(set(&s) == NDIS_STATUS_SUCCESS);
    s.Parameters.Flags = NDIS_RSS_PARAM_FLAG_DISABLE_RSS;
    EXPECT_EQ(set(&s), NDIS_STATUS_SUCCESS);
    send_flow(6000, 6);
    EXPECT(BoundAwait(before + 1));
    s = scaling();
    EXPECT_EQ(set(&s), NDIS_STATUS_SUCCESS);
    send_flow(6000, 6);
    REQUIRE(BoundAwait(before + 2));
    check_flow(&s, before + 1, 6);
}

TEST_CASE(what_was_set_can_be_asked_for)
{
    SCALING s = scaling(), now;
    ULONG written = 0;

    if (processors() == 1)
        SKIP("one processor");
    REQUIRE(set(&s) == NDIS_STATUS_SUCCESS);
    NdisZeroMemory(&now, sizeof(now));
    REQUIRE(BoundQuery(OID_GEN_RECEIVE_SCALE_PARAMETERS, &now, sizeof(now), &written) == NDIS_STATUS_SUCCESS);
    EXPECT_EQ(now.Parameters.HashInformation, s.Parameters.HashInformation);
    EXPECT_EQ(now.Parameters.IndirectionTableSize, sizeof(s.Table));
    EXPECT(RtlEqualMemory((PUCHAR)&now + now.Parameters.IndirectionTableOffset, s.Table, sizeof(s.Table)));
    EXPECT(RtlEqualMemory((PUCHAR)&now + now.Parameters.HashSecretKeyOffset, s.Key, sizeof(s.Key)));
}

TEST_CASE(parameters_that_make_no_sense_are_refused)
{
    SCALING s;

    if (processors() == 1)
        SKIP("one processor");
    s = scaling();
    s.Parameters.IndirectionTableSize = 3 * sizeof(PROCESSOR_NUMBER);
    EXPECT(set(&s) != NDIS_STATUS_SUCCESS);
    s = scaling();
    s.Parameters.IndirectionTableOffset = sizeof(s);
    EXPECT(set(&s) != NDIS_STATUS_SUCCESS);
    s = scaling();
    s.Parameters.HashSecretKeySize = 41;
    EXPECT(set(&s) != NDIS_STATUS_SUCCESS);
    s = scaling();
    EXPECT_EQ(BoundSet(OID_GEN_RECEIVE_SCALE_PARAMETERS, &s, 8), NDIS_STATUS_INVALID_LENGTH);
}
