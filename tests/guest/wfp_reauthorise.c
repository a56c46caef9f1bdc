/* A conversation is authorised again when filters change and when its packets come by another interface; a driver cannot put that off, and
 * refusing it ends the conversation. docs: fwp/ale-re-authorization, network/processing-classify-callouts-asynchronously
 * run after: vionet
 * run with: --nic=null --ip=10.0.0.1/24 --nic=null --ip=10.1.0.1/24 */
#include "wfp_datagrams.h"
#include "ip_helpers.h"

enum { PAYLOAD = 2, PACKET = 20 + 8 + PAYLOAD, REMOTE_PORT = 4000 };

static struct {
    volatile LONG Calls, Discards, Bad, Failed, Packets, Required;
    BOOLEAN Refuse;
    UINT32 Flags, Reason, Arrival;
    FWP_DATA_TYPE ArrivalType;
    FWP_DIRECTION Direction;
    BOOLEAN HasDirection, CanPend;
    ULONG Length;
    UCHAR Packet[PACKET];
} It;

static ULONG First, Second;             /* interface indexes */
static KEVENT Done;
static NDIS_HANDLE Pool;
static HANDLE Injection;

static BOOLEAN FindInterfaces(void)
{
    PMIB_IF_TABLE2 table;

    if (!NT_SUCCESS(GetIfTable2Ex(MibIfTableNormalWithoutStatistics, &table)))
        return FALSE;
    First = Second = 0;
    for (ULONG i = 0; i < table->NumEntries; i++)
        if (table->Table[i].Type == IF_TYPE_ETHERNET_CSMACD) {
            Second = First != 0 ? table->Table[i].InterfaceIndex : 0;
            First = First != 0 ? First : table->Table[i].InterfaceIndex;
        }
    FreeMibTable(table);
    return (BOOLEAN)(Second != 0);
}

TEST_SETUP(open_all)
{
    NET_BUFFER_LIST_POOL_PARAMETERS parameters;

    KeInitializeEvent(&Done, SynchronizationEvent, FALSE);
    EXPECT_EQ(OpenWsk(), STATUS_SUCCESS);
    EXPECT_EQ(OpenWfp(), STATUS_SUCCESS);
    EXPECT_EQ(FwpsInjectionHandleCreate0(AF_INET, FWPS_INJECTION_TYPE_NETWORK, &Injection), STATUS_SUCCESS);
    RtlZeroMemory(&parameters, sizeof(parameters));
    parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    parameters.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.fAllocateNetBuffer = TRUE;
    parameters.PoolTag = WSK_TEST_TAG;
    Pool = NdisAllocateNetBufferListPool(NULL, &parameters);
    REQUIRE(Pool != NULL && FindInterfaces());
    Sleep(50);                          /* the addresses are there */
}

TEST_TEARDOWN(close_all)
{
    NdisFreeNetBufferListPool(Pool);
    EXPECT_EQ(FwpsInjectionHandleDestroy0(Injection), STATUS_SUCCESS);
    CloseWfp();
    CloseWsk();
}

static void Note(const FWPS_INCOMING_METADATA_VALUES0 *meta, PVOID data, UINT32 flags, UINT32 reason, FWPS_CLASSIFY_OUT0 *out)
{
    HANDLE pended = NULL;

    It.Calls++;
    It.Flags = flags;
    It.Reason = reason;
    It.HasDirection = FWPS_IS_METADATA_FIELD_PRESENT(meta, FWPS_METADATA_FIELD_PACKET_DIRECTION) != 0;
    It.Direction = meta->packetDirection;
    It.Length = data != NULL ? NET_BUFFER_DATA_LENGTH(NET_BUFFER_LIST_FIRST_NB((PNET_BUFFER_LIST)data)) : 0;
    if (flags & FWP_CONDITION_FLAG_IS_REAUTHORIZE) {
        It.Bad += !FWPS_IS_METADATA_FIELD_PRESENT(meta, FWPS_METADATA_FIELD_COMPLETION_HANDLE);
        It.CanPend = FwpsPendOperation0(meta->completionHandle, &pended) == STATUS_SUCCESS;
    }
    if (It.Refuse)
        Block(out);
    else
        Permit(out);
}

static VOID NTAPI SeeConnect(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                             const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    const FWPS_INCOMING_VALUE0 *v = values->incomingValue;

    Note(meta, data, v[FWPS_FIELD_ALE_AUTH_CONNECT_V4_FLAGS].value.uint32, v[FWPS_FIELD_ALE_AUTH_CONNECT_V4_REAUTHORIZE_REASON].value.uint32, out);
}

static VOID NTAPI SeeAccept(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                            const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    const FWPS_INCOMING_VALUE0 *v = values->incomingValue;

    It.ArrivalType = v[FWPS_FIELD_ALE_AUTH_RECV_ACCEPT_V4_ARRIVAL_INTERFACE_INDEX].value.type;
    It.Arrival = v[FWPS_FIELD_ALE_AUTH_RECV_ACCEPT_V4_ARRIVAL_INTERFACE_INDEX].value.uint32;
    Note(meta, data, v[FWPS_FIELD_ALE_AUTH_RECV_ACCEPT_V4_FLAGS].value.uint32,
         v[FWPS_FIELD_ALE_AUTH_RECV_ACCEPT_V4_REAUTHORIZE_REASON].value.uint32, out);
}

static VOID NTAPI SeeDiscard(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                             const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    It.Discards++;
    Permit(out);
}

static void Expect(LONG calls, UINT32 reason)
{
    EXPECT_EQ(It.Calls, calls);
    EXPECT_EQ((It.Flags & FWP_CONDITION_FLAG_IS_REAUTHORIZE) != 0, reason != 0);
    EXPECT_EQ(It.Reason, reason);
    EXPECT(!It.CanPend);
    EXPECT_EQ(It.Bad, 0);
}

/* A filter at the layer that matches nothing of this. */
static void ChangePolicy(const GUID *layer)
{
    FWPM_FILTER0 filter = {0};
    FWPM_FILTER_CONDITION0 condition = {0};
    UINT64 id;

    filter.displayData.name = (WCHAR *)L"nothing";
    filter.layerKey = *layer;
    filter.action.type = FWP_ACTION_PERMIT;
    filter.numFilterConditions = 1;
    filter.filterCondition = &condition;
    condition.fieldKey = FWPM_CONDITION_IP_REMOTE_PORT;
    condition.conditionValue.type = FWP_UINT16;
    condition.conditionValue.uint16 = 1;
    EXPECT_EQ(FwpmFilterAdd0(Engine, &filter, NULL, &id), STATUS_SUCCESS);
    EXPECT_EQ(FwpmFilterDeleteById0(Engine, id), STATUS_SUCCESS);
}

/* --- outbound ---- */

TEST_CASE(an_outbound_conversation_of_datagrams_is_authorised_again_by_either_side)
{
    PWSK_SOCKET client, server;
    USHORT clientPort, serverPort, from;
    HOOK hook;

    RtlZeroMemory(&It, sizeof(It));
    client = NewDatagramSocket(AF_INET, &clientPort);
    server = NewDatagramSocket(AF_INET, &serverPort);
    REQUIRE(client != NULL && server != NULL);
    REQUIRE(AddHook(&hook, &FWPM_LAYER_ALE_AUTH_CONNECT_V4, SeeConnect, &FWPM_CONDITION_IP_REMOTE_PORT, serverPort));
    EXPECT_EQ(SendDatagram(client, "a", AF_INET, serverPort), STATUS_SUCCESS);
    EXPECT(Arrives(server, "a", &from));
    Expect(1, 0);
    EXPECT_EQ(It.Length, 8 + 1);        /* at the transport header */
    EXPECT_EQ(SendDatagram(client, "b", AF_INET, serverPort), STATUS_SUCCESS);
    EXPECT(Arrives(server, "b", &from));
    Expect(1, 0);
    ChangePolicy(&FWPM_LAYER_ALE_AUTH_CONNECT_V4);
    EXPECT_EQ(SendDatagram(client, "c", AF_INET, serverPort), STATUS_SUCCESS);
    EXPECT(Arrives(server, "c", &from));
    Expect(2, FWP_CONDITION_REAUTHORIZE_REASON_POLICY_CHANGE);
    EXPECT(It.HasDirection && It.Direction == FWP_DIRECTION_OUTBOUND);
    EXPECT_EQ(It.Length, 8 + 1);
    ChangePolicy(&FWPM_LAYER_ALE_AUTH_CONNECT_V4);
    EXPECT_EQ(SendDatagram(server, "d", AF_INET, clientPort), STATUS_SUCCESS);
    EXPECT(Arrives(client, "d", &from));
    Expect(3, FWP_CONDITION_REAUTHORIZE_REASON_POLICY_CHANGE);
    EXPECT(It.HasDirection && It.Direction == FWP_DIRECTION_INBOUND);
    EXPECT_EQ(It.Length, 1);            /* at the data */
    RemoveHook(&hook);
    EXPECT_EQ(CloseSocket(client), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(server), STATUS_SUCCESS);
}

TEST_CASE(a_refused_reauthorisation_ends_the_conversation_and_is_seen_at_the_discard_layer)
{
    PWSK_SOCKET client, server;
    USHORT clientPort, serverPort, from;
    HOOK hook, discard;

    RtlZeroMemory(&It, sizeof(It));
    client = NewDatagramSocket(AF_INET, &clientPort);
    server = NewDatagramSocket(AF_INET, &serverPort);
    REQUIRE(client != NULL && server != NULL);
    REQUIRE(AddHook(&hook, &FWPM_LAYER_ALE_AUTH_CONNECT_V4, SeeConnect, &FWPM_CONDITION_IP_REMOTE_PORT, serverPort));
    REQUIRE(AddHook(&discard, &FWPM_LAYER_ALE_AUTH_CONNECT_V4_DISCARD, SeeDiscard, NULL, 0));
    EXPECT_EQ(SendDatagram(client, "a", AF_INET, serverPort), STATUS_SUCCESS);
    EXPECT(Arrives(server, "a", &from));
    ChangePolicy(&FWPM_LAYER_ALE_AUTH_CONNECT_V4);
    It.Refuse = TRUE;
    EXPECT_EQ(SendDatagram(client, "b", AF_INET, serverPort), STATUS_ACCESS_DENIED);
    Expect(2, FWP_CONDITION_REAUTHORIZE_REASON_POLICY_CHANGE);
    EXPECT_EQ(It.Discards, 1);
    It.Refuse = FALSE;
    EXPECT_EQ(SendDatagram(client, "c", AF_INET, serverPort), STATUS_SUCCESS);
    EXPECT(Arrives(server, "c", &from));
    Expect(3, 0);                       /* a new one */
    RemoveHook(&discard);
    RemoveHook(&hook);
    EXPECT_EQ(CloseSocket(client), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(server), STATUS_SUCCESS);
}

/* A send that is not acknowledged while the connection is blocked. */
static void StartSend(PWSK_SOCKET socket, BUFFER *buffer, CALL *call)
{
    REQUIRE(OpenBuffer(buffer, 1));
    buffer->Data[0] = 'x';
    CONNECTION(socket)->WskSend(socket, &buffer->Wsk, 0, Begin(call));
    Sleep(20);
    EXPECT(!IsDone(call));
}

static void EndSend(BUFFER *buffer, CALL *call)
{
    EXPECT_EQ(Finish(call, NULL), STATUS_SUCCESS);
    CloseBuffer(buffer);
}

TEST_CASE(a_connection_whose_reauthorisation_is_refused_passes_nothing_and_is_seen_at_the_discard_layer)
{
    PAIR pair;
    HOOK hook, discard;
    BUFFER buffer;
    CALL call;

    RtlZeroMemory(&It, sizeof(It));
    REQUIRE(AddHook(&discard, &FWPM_LAYER_ALE_AUTH_CONNECT_V4_DISCARD, SeeDiscard, NULL, 0));
    REQUIRE(OpenPair(&pair, AF_INET, NULL, NULL));
    It.Refuse = TRUE;
    REQUIRE(AddHook(&hook, &FWPM_LAYER_ALE_AUTH_CONNECT_V4, SeeConnect, &FWPM_CONDITION_IP_REMOTE_PORT, pair.Port));
    StartSend(pair.Client, &buffer, &call);
    Expect(1, FWP_CONDITION_REAUTHORIZE_REASON_POLICY_CHANGE);
    EXPECT_EQ(It.Discards, 1);
    RemoveHook(&hook);                  /* the policy changes again: what is sent once more passes */
    EndSend(&buffer, &call);
    RemoveHook(&discard);
    ClosePair(&pair);
}

static VOID NTAPI SeeTransport(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                               const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    BOOLEAN required = FWPS_IS_METADATA_FIELD_PRESENT(meta, FWPS_METADATA_FIELD_ALE_CLASSIFY_REQUIRED) != 0;

    It.Packets++;
    It.Required += required;
    It.Bad += required != ((values->incomingValue[FWPS_FIELD_INBOUND_TRANSPORT_V4_FLAGS].value.uint32 &
                            FWP_CONDITION_FLAG_REQUIRES_ALE_CLASSIFY) != 0);
    Permit(out);
}

TEST_CASE(a_packet_that_will_be_authorised_again_says_so_at_the_transport_layer)
{
    PWSK_SOCKET client, server;
    USHORT clientPort, serverPort, from;
    HOOK hook, transport;

    RtlZeroMemory(&It, sizeof(It));
    client = NewDatagramSocket(AF_INET, &clientPort);
    server = NewDatagramSocket(AF_INET, &serverPort);
    REQUIRE(client != NULL && server != NULL);
    REQUIRE(AddHook(&hook, &FWPM_LAYER_ALE_AUTH_CONNECT_V4, SeeConnect, &FWPM_CONDITION_IP_REMOTE_PORT, serverPort));
    EXPECT_EQ(SendDatagram(client, "a", AF_INET, serverPort), STATUS_SUCCESS);
    EXPECT(Arrives(server, "a", &from));
    REQUIRE(AddHook(&transport, &FWPM_LAYER_INBOUND_TRANSPORT_V4, SeeTransport, &FWPM_CONDITION_IP_LOCAL_PORT, clientPort));
    for (LONG n = 0; n < 2; n++) {
        EXPECT_EQ(SendDatagram(server, "b", AF_INET, clientPort), STATUS_SUCCESS);
        EXPECT(Arrives(client, "b", &from));
    }
    EXPECT_EQ(It.Packets, 2);
    EXPECT_EQ(It.Required, 0);
    ChangePolicy(&FWPM_LAYER_ALE_AUTH_CONNECT_V4);
    for (LONG n = 0; n < 2; n++) {
        EXPECT_EQ(SendDatagram(server, "c", AF_INET, clientPort), STATUS_SUCCESS);
        EXPECT(Arrives(client, "c", &from));
    }
    EXPECT_EQ(It.Packets, 4);
    EXPECT_EQ(It.Required, 1);
    EXPECT_EQ(It.Calls, 2);
    EXPECT_EQ(It.Bad, 0);
    RemoveHook(&transport);
    RemoveHook(&hook);
    EXPECT_EQ(CloseSocket(client), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(server), STATUS_SUCCESS);
}

/* --- by another interface ---- */

static void BuildPacket(USHORT port, const char *text)
{
    PUCHAR at = It.Packet;
    ULONG sum = 0;

    RtlZeroMemory(at, PACKET);
    at[0] = 0x45;
    at[3] = PACKET;
    at[8] = 64;
    at[9] = IPPROTO_UDP;
    at[12] = at[16] = 10;
    at[15] = 9;                         /* 10.0.0.9 to 10.0.0.1 */
    at[19] = 1;
    at[20] = REMOTE_PORT >> 8;
    at[21] = REMOTE_PORT & 0xff;
    at[22] = (UCHAR)(port >> 8);
    at[23] = (UCHAR)port;
    at[25] = 8 + PAYLOAD;               /* no checksum */
    RtlCopyMemory(at + 28, text, PAYLOAD);
    for (ULONG n = 0; n < 20; n += 2)
        sum += at[n] * 256u + at[n + 1];
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    at[10] = (UCHAR)(~sum >> 8);
    at[11] = (UCHAR)~sum;
}

static VOID NTAPI Injected(VOID *context, NET_BUFFER_LIST *list, BOOLEAN dispatchLevel)
{
    PMDL mdl = NET_BUFFER_FIRST_MDL(NET_BUFFER_LIST_FIRST_NB(list));

    It.Failed += !NT_SUCCESS(list->Status);
    FwpsFreeNetBufferList0(list);
    IoFreeMdl(mdl);
    KeSetEvent(&Done, IO_NO_INCREMENT, FALSE);
}

static void ComesBy(ULONG interface, USHORT port, const char *text)
{
    PNET_BUFFER_LIST list = NULL;
    PMDL mdl;

    BuildPacket(port, text);
    mdl = IoAllocateMdl(It.Packet, PACKET, FALSE, FALSE, NULL);
    REQUIRE(mdl != NULL);
    MmBuildMdlForNonPagedPool(mdl);
    EXPECT_EQ(FwpsAllocateNetBufferAndNetBufferList0(Pool, 0, 0, mdl, 0, PACKET, &list), STATUS_SUCCESS);
    EXPECT_EQ(FwpsInjectNetworkReceiveAsync0(Injection, NULL, 0, UNSPECIFIED_COMPARTMENT_ID, interface, 0, list, Injected, NULL),
              STATUS_SUCCESS);
    EXPECT_EQ(WaitMs(&Done, 1000), STATUS_SUCCESS);
    EXPECT_EQ(It.Failed, 0);
}

TEST_CASE(the_first_datagram_by_another_interface_is_authorised_again)
{
    PWSK_SOCKET socket = NewSocket(AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL);
    USHORT from, port;
    ADDRESS local;
    HOOK hook;

    RtlZeroMemory(&It, sizeof(It));
    REQUIRE(socket != NULL);
    EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->WskBind(socket, Wildcard(&local, AF_INET, 0), 0, Irp)), STATUS_SUCCESS);
    port = PortOf(socket, WSK_FLAG_DATAGRAM_SOCKET);
    REQUIRE(AddHook(&hook, &FWPM_LAYER_ALE_AUTH_RECV_ACCEPT_V4, SeeAccept, &FWPM_CONDITION_IP_LOCAL_PORT, port));
    ComesBy(First, port, "aa");
    EXPECT(Arrives(socket, "aa", &from));
    EXPECT_EQ(from, REMOTE_PORT);
    Expect(1, 0);
    EXPECT_EQ(It.ArrivalType, FWP_UINT32);
    EXPECT_EQ(It.Arrival, First);
    ComesBy(First, port, "bb");
    EXPECT(Arrives(socket, "bb", &from));
    Expect(1, 0);
    ComesBy(Second, port, "cc");
    EXPECT(Arrives(socket, "cc", &from));
    Expect(2, FWP_CONDITION_REAUTHORIZE_REASON_NEW_ARRIVAL_INTERFACE);
    EXPECT_EQ(It.Arrival, Second);
    ComesBy(Second, port, "dd");
    EXPECT(Arrives(socket, "dd", &from));
    ComesBy(First, port, "ee");
    EXPECT(Arrives(socket, "ee", &from));
    Expect(2, FWP_CONDITION_REAUTHORIZE_REASON_NEW_ARRIVAL_INTERFACE);
    RemoveHook(&hook);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
}

/* --- fields without a value ---- */

TEST_CASE(a_filter_for_nothing_matches_what_goes_out_at_the_layer_of_what_comes_in)
{
    FWPM_FILTER0 filter = {0};
    FWPM_FILTER_CONDITION0 condition = {0};
    UINT64 id;
    PAIR pair;
    BUFFER buffer;
    CALL call;

    REQUIRE(OpenPair(&pair, AF_INET, NULL, NULL));
    filter.displayData.name = (WCHAR *)L"no arrival";
    filter.layerKey = FWPM_LAYER_ALE_AUTH_RECV_ACCEPT_V4;
    filter.action.type = FWP_ACTION_BLOCK;
    filter.numFilterConditions = 1;
    filter.filterCondition = &condition;
    condition.fieldKey = FWPM_CONDITION_ARRIVAL_INTERFACE_INDEX;
    condition.matchType = FWP_MATCH_NOT_EQUAL;
    EXPECT_EQ(FwpmFilterAdd0(Engine, &filter, NULL, &id), STATUS_FWP_TYPE_MISMATCH);
    condition.matchType = FWP_MATCH_EQUAL;
    EXPECT_EQ(FwpmFilterAdd0(Engine, &filter, NULL, &id), STATUS_SUCCESS);
    EXPECT_EQ(Send(pair.Client, "x"), STATUS_SUCCESS);      /* arrives: the server's side is asked with what comes in */
    EXPECT_EQ(FwpmFilterDeleteById0(Engine, id), STATUS_SUCCESS);
    EXPECT_EQ(FwpmFilterAdd0(Engine, &filter, NULL, &id), STATUS_SUCCESS);
    StartSend(pair.Server, &buffer, &call);                 /* and here with what goes out */
    EXPECT_EQ(FwpmFilterDeleteById0(Engine, id), STATUS_SUCCESS);
    EndSend(&buffer, &call);
    ClosePair(&pair);
}
