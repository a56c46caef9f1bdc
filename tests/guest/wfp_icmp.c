/* Raw ICMP at the layers: conversations by type, code and (of echoes) identifier, and packets at their ICMP header.
 * docs: fwp/ale-stateful-filtering, network/data-offset-positions, network/metadata-fields-at-each-filtering-layer */
#include "wfp_datagrams.h"

static struct {
    volatile LONG Connects, In, Out, Bad;
    UINT16 Type, Code;
    UINT32 Id;
    BOOLEAN Refuse;
} It;

TEST_SETUP(open_all)
{
    EXPECT_EQ(OpenWsk(), STATUS_SUCCESS);
    EXPECT_EQ(OpenWfp(), STATUS_SUCCESS);
}

TEST_TEARDOWN(close_all)
{
    CloseWfp();
    CloseWsk();
}

static VOID NTAPI SeeConnect(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                             const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    const FWPS_INCOMING_VALUE0 *v = values->incomingValue;
    UCHAR room[8];
    const UCHAR *header = data != NULL ? (const UCHAR *)NdisGetDataBuffer(NET_BUFFER_LIST_FIRST_NB((PNET_BUFFER_LIST)data), 8, room, 1, 0) : NULL;

    It.Connects++;
    It.Type = v[FWPS_FIELD_ALE_AUTH_CONNECT_V4_IP_LOCAL_PORT].value.uint16;
    It.Code = v[FWPS_FIELD_ALE_AUTH_CONNECT_V4_IP_REMOTE_PORT].value.uint16;
    It.Bad += v[FWPS_FIELD_ALE_AUTH_CONNECT_V4_IP_PROTOCOL].value.uint8 != IPPROTO_ICMP;
    It.Bad += header == NULL || header[0] != It.Type || header[1] != It.Code;
    It.Bad += !FWPS_IS_METADATA_FIELD_PRESENT(meta, FWPS_METADATA_FIELD_ICMP_ID_AND_SEQUENCE);
    It.Id = meta->icmpIdAndSequence;
    if (It.Refuse)
        Block(out);
    else
        Permit(out);
}

static VOID NTAPI SeeData(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                          const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    const FWPS_INCOMING_VALUE0 *v = values->incomingValue;
    PNET_BUFFER buffer = NET_BUFFER_LIST_FIRST_NB((PNET_BUFFER_LIST)data);
    UCHAR room[12];
    const UCHAR *header = (const UCHAR *)NdisGetDataBuffer(buffer, 12, room, 1, 0);

    if (v[FWPS_FIELD_DATAGRAM_DATA_V4_IP_PROTOCOL].value.uint8 != IPPROTO_ICMP)
        return;
    if (v[FWPS_FIELD_DATAGRAM_DATA_V4_DIRECTION].value.uint32 == FWP_DIRECTION_INBOUND) {
        It.In++;
        It.Bad += !FWPS_IS_METADATA_FIELD_PRESENT(meta, FWPS_METADATA_FIELD_IP_HEADER_SIZE) || meta->ipHeaderSize != 20;
    } else {
        It.Out++;
    }
    It.Bad += NET_BUFFER_DATA_LENGTH(buffer) != 12;
    It.Bad += header == NULL || (header[0] != 8 && header[0] != 0 && header[0] != 13 && header[0] != 14) || header[1] != 0;
    Permit(out);
}

static PWSK_SOCKET NewRaw(void)
{
    PWSK_SOCKET socket = NewSocket(AF_INET, SOCK_RAW, IPPROTO_ICMP, WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL);
    ADDRESS address;

    if (socket != NULL)
        EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->WskBind(socket, Loopback(&address, AF_INET, 0), 0, Irp)), STATUS_SUCCESS);
    return socket;
}

/* An ICMP message with four bytes of data. */
static NTSTATUS SendMessage(PWSK_SOCKET socket, UCHAR type, USHORT id, USHORT sequence)
{
    ULONG sum = type * 256u + id + sequence;
    ADDRESS address;
    BUFFER buffer;
    NTSTATUS status;

    if (!OpenBuffer(&buffer, 12))
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(buffer.Data, 12);
    sum = (sum & 0xffff) + (sum >> 16);
    buffer.Data[0] = (char)type;
    buffer.Data[2] = (char)(~sum >> 8);
    buffer.Data[3] = (char)~sum;
    buffer.Data[4] = (char)(id >> 8);
    buffer.Data[5] = (char)id;
    buffer.Data[6] = (char)(sequence >> 8);
    buffer.Data[7] = (char)sequence;
    status = SYNC(NULL, DATAGRAM(socket)->WskSendTo(socket, &buffer.Wsk, 0, Loopback(&address, AF_INET, 0), 0, NULL, Irp));
    CloseBuffer(&buffer);
    return status;
}

TEST_CASE(each_type_and_each_identifier_of_echoes_is_a_conversation)
{
    PWSK_SOCKET socket = NewRaw();
    HOOK hook;

    RtlZeroMemory(&It, sizeof(It));
    REQUIRE(socket != NULL);
    REQUIRE(AddHook(&hook, &FWPM_LAYER_ALE_AUTH_CONNECT_V4, SeeConnect, NULL, 0));
    EXPECT_EQ(SendMessage(socket, 8, 1, 1), STATUS_SUCCESS);
    EXPECT_EQ(It.Connects, 1);
    EXPECT_EQ(It.Type, 8);
    EXPECT_EQ(It.Id, 0x10001);
    EXPECT_EQ(SendMessage(socket, 8, 1, 2), STATUS_SUCCESS);
    EXPECT_EQ(It.Connects, 1);
    EXPECT_EQ(SendMessage(socket, 8, 2, 1), STATUS_SUCCESS);
    EXPECT_EQ(It.Connects, 2);
    EXPECT_EQ(It.Id, 0x20001);
    EXPECT_EQ(SendMessage(socket, 13, 1, 1), STATUS_SUCCESS);
    EXPECT_EQ(It.Connects, 3);
    EXPECT_EQ(It.Type, 13);
    EXPECT_EQ(SendMessage(socket, 13, 9, 1), STATUS_SUCCESS);
    EXPECT_EQ(It.Connects, 3);
    It.Refuse = TRUE;
    EXPECT_EQ(SendMessage(socket, 8, 3, 1), STATUS_ACCESS_DENIED);
    EXPECT_EQ(SendMessage(socket, 8, 1, 3), STATUS_SUCCESS);
    EXPECT_EQ(It.Bad, 0);
    RemoveHook(&hook);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
}

TEST_CASE(a_filter_for_a_type_blocks_only_that_type)
{
    PWSK_SOCKET socket = NewRaw();
    FWPM_FILTER_CONDITION0 conditions[2] = {{{0}}};
    FWPM_FILTER0 filter = {0};
    UINT64 id;

    REQUIRE(socket != NULL);
    filter.displayData.name = (WCHAR *)L"no timestamps";
    filter.layerKey = FWPM_LAYER_ALE_AUTH_CONNECT_V4;
    filter.action.type = FWP_ACTION_BLOCK;
    filter.numFilterConditions = 2;
    filter.filterCondition = conditions;
    conditions[0].fieldKey = FWPM_CONDITION_IP_PROTOCOL;
    conditions[0].conditionValue.type = FWP_UINT8;
    conditions[0].conditionValue.uint8 = IPPROTO_ICMP;
    conditions[1].fieldKey = FWPM_CONDITION_ICMP_TYPE;
    conditions[1].conditionValue.type = FWP_UINT16;
    conditions[1].conditionValue.uint16 = 13;
    EXPECT_EQ(FwpmFilterAdd0(Engine, &filter, NULL, &id), STATUS_SUCCESS);
    EXPECT_EQ(SendMessage(socket, 8, 1, 1), STATUS_SUCCESS);
    EXPECT_EQ(SendMessage(socket, 13, 1, 1), STATUS_ACCESS_DENIED);
    EXPECT_EQ(FwpmFilterDeleteById0(Engine, id), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
}

TEST_CASE(raw_messages_begin_at_their_icmp_header_both_ways)
{
    PWSK_SOCKET socket = NewRaw();
    HOOK hook;

    RtlZeroMemory(&It, sizeof(It));
    REQUIRE(socket != NULL);
    REQUIRE(AddHook(&hook, &FWPM_LAYER_DATAGRAM_DATA_V4, SeeData, NULL, 0));
    EXPECT_EQ(SendMessage(socket, 8, 1, 1), STATUS_SUCCESS);
    Sleep(20);
    EXPECT_EQ(It.Out, 1);
    EXPECT(It.In >= 1);
    EXPECT_EQ(It.Bad, 0);
    RemoveHook(&hook);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
}

/* --- with an IP header of its own ---- */

static NTSTATUS SendWhole(PWSK_SOCKET socket, UCHAR type)
{
    BUFFER buffer;
    ADDRESS address;
    PUCHAR at;
    NTSTATUS status;

    if (!OpenBuffer(&buffer, 32))
        return STATUS_INSUFFICIENT_RESOURCES;
    at = (PUCHAR)buffer.Data;
    RtlZeroMemory(at, 32);
    at[0] = 0x45;
    at[8] = 64;
    at[9] = IPPROTO_ICMP;
    at[12] = at[16] = 127;
    at[15] = at[19] = 1;
    at[20] = type;
    at[22] = (UCHAR)~type;
    at[23] = 0xff;
    status = SYNC(NULL, DATAGRAM(socket)->WskSendTo(socket, &buffer.Wsk, 0, Loopback(&address, AF_INET, 0), 0, NULL, Irp));
    CloseBuffer(&buffer);
    return status;
}

TEST_CASE(a_message_with_a_header_of_its_own_is_authorised_too)
{
    PWSK_SOCKET socket = NewRaw();
    ULONG included = 1;
    HOOK hook;

    RtlZeroMemory(&It, sizeof(It));
    REQUIRE(socket != NULL);
    EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->Basic.WskControlSocket(socket, WskSetOption, IP_HDRINCL, IPPROTO_IP, sizeof(included), &included,
                                                                  0, NULL, NULL, Irp)), STATUS_SUCCESS);
    REQUIRE(AddHook(&hook, &FWPM_LAYER_ALE_AUTH_CONNECT_V4, SeeConnect, NULL, 0));
    EXPECT_EQ(SendWhole(socket, 8), STATUS_SUCCESS);
    EXPECT_EQ(It.Connects, 1);
    EXPECT_EQ(It.Type, 8);
    EXPECT_EQ(SendWhole(socket, 8), STATUS_SUCCESS);
    EXPECT_EQ(It.Connects, 1);
    It.Refuse = TRUE;
    EXPECT_EQ(SendWhole(socket, 13), STATUS_ACCESS_DENIED);
    EXPECT_EQ(It.Connects, 2);
    EXPECT_EQ(It.Bad, 0);               /* the packet begins at its ICMP header */
    RemoveHook(&hook);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
}
