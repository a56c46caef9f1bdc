/* Layers, with connections and datagrams over loopback: what is classified when, what it carries, what a block does.
 * docs: network/metadata-fields-at-each-filtering-layer, network/data-offset-positions, fwpsk */
#include "wfp_helpers.h"

#define LOOPBACK_V4 0x7f000001

static struct {
    volatile LONG Calls, Bad, Deleted;
    FWP_ACTION_TYPE Action;
    UINT32 Out;
    USHORT LocalPort, RemotePort;
    UINT32 Flags, Direction;
    UINT64 Flow, Endpoint, Parent;
    UINT32 Reason;
    ULONG Length, Ip, Transport;
    UINT16 Layer;
    UINT32 CalloutId;
    USHORT OnlyPort;
} Seen;

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

static void Answer(FWPS_CLASSIFY_OUT0 *out)
{
    if (Seen.Action == FWP_ACTION_BLOCK) {
        Block(out);
        out->flags |= Seen.Out;
    } else if (Seen.Action == FWP_ACTION_PERMIT) {
        Permit(out);
    } else {
        out->actionType = FWP_ACTION_CONTINUE;
    }
}

static void Reset(FWP_ACTION_TYPE action)
{
    RtlZeroMemory(&Seen, sizeof(Seen));
    Seen.Action = action;
}

/* --- ALE ---- */

static VOID NTAPI ClassifyConnect(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                                  const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    const FWPS_INCOMING_VALUE0 *v = values->incomingValue;

    Seen.Calls++;
    Seen.Bad += values->layerId != FWPS_LAYER_ALE_AUTH_CONNECT_V4;
    Seen.Bad += values->valueCount != FWPS_FIELD_ALE_AUTH_CONNECT_V4_MAX;
    Seen.Bad += v[FWPS_FIELD_ALE_AUTH_CONNECT_V4_IP_PROTOCOL].value.uint8 != IPPROTO_TCP;
    Seen.Bad += v[FWPS_FIELD_ALE_AUTH_CONNECT_V4_IP_REMOTE_ADDRESS].value.uint32 != LOOPBACK_V4;
    Seen.Bad += v[FWPS_FIELD_ALE_AUTH_CONNECT_V4_IP_LOCAL_ADDRESS].value.uint32 != LOOPBACK_V4;
    Seen.Bad += v[FWPS_FIELD_ALE_AUTH_CONNECT_V4_IP_LOCAL_PORT].value.uint16 == 0;
    Seen.Bad += !(v[FWPS_FIELD_ALE_AUTH_CONNECT_V4_FLAGS].value.uint32 & FWP_CONDITION_FLAG_IS_LOOPBACK);
    Seen.Bad += v[FWPS_FIELD_ALE_AUTH_CONNECT_V4_ALE_APP_ID].value.type != FWP_BYTE_BLOB_TYPE;
    Seen.Bad += data != NULL;           /* TCP: no packet yet */
    Seen.Bad += !FWPS_IS_METADATA_FIELD_PRESENT(meta, FWPS_METADATA_FIELD_PROCESS_ID) || meta->processId == 0;
    Seen.Bad += !FWPS_IS_METADATA_FIELD_PRESENT(meta, FWPS_METADATA_FIELD_TRANSPORT_ENDPOINT_HANDLE);
    Seen.Bad += !FWPS_IS_METADATA_FIELD_PRESENT(meta, FWPS_METADATA_FIELD_COMPLETION_HANDLE);
    Seen.RemotePort = v[FWPS_FIELD_ALE_AUTH_CONNECT_V4_IP_REMOTE_PORT].value.uint16;
    Seen.Flags = v[FWPS_FIELD_ALE_AUTH_CONNECT_V4_FLAGS].value.uint32;
    Seen.Reason = v[FWPS_FIELD_ALE_AUTH_CONNECT_V4_REAUTHORIZE_REASON].value.uint32;
    Answer(out);
}

TEST_CASE(a_connect_that_is_permitted_goes_through)
{
    HOOK hook;
    PAIR pair;

    Reset(FWP_ACTION_PERMIT);
    REQUIRE(AddHook(&hook, &FWPM_LAYER_ALE_AUTH_CONNECT_V4, ClassifyConnect, NULL, 0));
    EXPECT(OpenPair(&pair, AF_INET, NULL, NULL));
    EXPECT_EQ(Seen.Calls, 1);
    EXPECT_EQ(Seen.Bad, 0);
    EXPECT_EQ(Seen.RemotePort, pair.Port);
    ClosePair(&pair);
    RemoveHook(&hook);
}

static NTSTATUS TryConnect(ADDRESS_FAMILY family, USHORT port)
{
    ADDRESS local, remote;
    ULONG_PTR socket = 0;
    NTSTATUS status = SYNC(&socket, Npi.Dispatch->WskSocketConnect(Npi.Client, SOCK_STREAM, IPPROTO_TCP, Wildcard(&local, family, 0),
                                                                   Loopback(&remote, family, port), 0, NULL, NULL, NULL, NULL,
                                                                   NULL, Irp));

    if (NT_SUCCESS(status))
        EXPECT_EQ(CloseSocket((PWSK_SOCKET)socket), STATUS_SUCCESS);
    return status;
}

TEST_CASE(a_connect_that_is_blocked_is_denied)
{
    PWSK_SOCKET listener;
    USHORT port;
    HOOK hook;

    Reset(FWP_ACTION_BLOCK);
    listener = NewListener(AF_INET, NULL, NULL, &port);
    REQUIRE(listener != NULL);
    REQUIRE(AddHook(&hook, &FWPM_LAYER_ALE_AUTH_CONNECT_V4, ClassifyConnect, &FWPM_CONDITION_IP_REMOTE_PORT, port));
    EXPECT_EQ(TryConnect(AF_INET, port), STATUS_ACCESS_DENIED);
    EXPECT_EQ(Seen.Calls, 1);
    RemoveHook(&hook);
    EXPECT_EQ(TryConnect(AF_INET, port), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(listener), STATUS_SUCCESS);
}

static VOID NTAPI ClassifyAccept(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                                 const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    const FWPS_INCOMING_VALUE0 *v = values->incomingValue;
    const UINT32 both = FWPS_METADATA_FIELD_IP_HEADER_SIZE | FWPS_METADATA_FIELD_TRANSPORT_HEADER_SIZE;
    PNET_BUFFER_LIST list = (PNET_BUFFER_LIST)data;

    Seen.Calls++;
    Seen.Bad += values->valueCount != FWPS_FIELD_ALE_AUTH_RECV_ACCEPT_V4_MAX;
    Seen.Bad += v[FWPS_FIELD_ALE_AUTH_RECV_ACCEPT_V4_IP_PROTOCOL].value.uint8 != IPPROTO_TCP;
    Seen.Bad += v[FWPS_FIELD_ALE_AUTH_RECV_ACCEPT_V4_IP_REMOTE_ADDRESS].value.uint32 != LOOPBACK_V4;
    Seen.LocalPort = v[FWPS_FIELD_ALE_AUTH_RECV_ACCEPT_V4_IP_LOCAL_PORT].value.uint16;
    Seen.Flags = v[FWPS_FIELD_ALE_AUTH_RECV_ACCEPT_V4_FLAGS].value.uint32;
    Seen.Bad += list == NULL || !FWPS_IS_METADATA_FIELD_PRESENT(meta, both);
    if (list != NULL && NdisRetreatNetBufferDataStart(NET_BUFFER_LIST_FIRST_NB(list), meta->ipHeaderSize + meta->transportHeaderSize,
                                                      0, NULL) == NDIS_STATUS_SUCCESS) {
        UCHAR *header = (UCHAR *)NdisGetDataBuffer(NET_BUFFER_LIST_FIRST_NB(list), 40, NULL, 1, 0);

        Seen.Bad += header == NULL || header[0] != 0x45 || header[9] != IPPROTO_TCP || !(header[33] & 2);  /* a SYN */
        NdisAdvanceNetBufferDataStart(NET_BUFFER_LIST_FIRST_NB(list), meta->ipHeaderSize + meta->transportHeaderSize, FALSE, NULL);
    }
    Answer(out);
}

TEST_CASE(an_accept_that_is_blocked_refuses_the_client)
{
    PWSK_SOCKET listener;
    USHORT port;
    HOOK hook;

    Reset(FWP_ACTION_BLOCK);
    listener = NewListener(AF_INET, NULL, NULL, &port);
    REQUIRE(listener != NULL);
    REQUIRE(AddHook(&hook, &FWPM_LAYER_ALE_AUTH_RECV_ACCEPT_V4, ClassifyAccept, &FWPM_CONDITION_IP_LOCAL_PORT, port));
    EXPECT_EQ(TryConnect(AF_INET, port), STATUS_CONNECTION_REFUSED);
    EXPECT_EQ(Seen.Bad, 0);
    EXPECT_EQ(Seen.LocalPort, port);
    RemoveHook(&hook);
    EXPECT_EQ(CloseSocket(listener), STATUS_SUCCESS);
}

TEST_CASE(an_accept_that_is_permitted_is_asked_once)
{
    PAIR pair;
    HOOK hook;

    Reset(FWP_ACTION_PERMIT);
    REQUIRE(AddHook(&hook, &FWPM_LAYER_ALE_AUTH_RECV_ACCEPT_V4, ClassifyAccept, NULL, 0));
    EXPECT(OpenPair(&pair, AF_INET, NULL, NULL));
    EXPECT_EQ(Seen.Calls, 1);
    EXPECT_EQ(Seen.Bad, 0);
    EXPECT_EQ(Seen.LocalPort, pair.Port);
    ClosePair(&pair);
    RemoveHook(&hook);
}

static VOID NTAPI ClassifyListen(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                                 const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    Seen.Calls++;
    Seen.Layer = values->layerId;
    if (values->layerId == FWPS_LAYER_ALE_AUTH_LISTEN_V4)
        Seen.LocalPort = values->incomingValue[FWPS_FIELD_ALE_AUTH_LISTEN_V4_IP_LOCAL_PORT].value.uint16;
    else if (values->layerId == FWPS_LAYER_ALE_RESOURCE_ASSIGNMENT_V4)
        Seen.LocalPort = values->incomingValue[FWPS_FIELD_ALE_RESOURCE_ASSIGNMENT_V4_IP_LOCAL_PORT].value.uint16;
    Answer(out);
}

TEST_CASE(a_bind_that_is_blocked_is_denied_and_takes_no_port)
{
    PWSK_SOCKET socket;
    ADDRESS address;
    HOOK hook;

    Reset(FWP_ACTION_BLOCK);
    socket = NewSocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_LISTEN_SOCKET, NULL, NULL);
    REQUIRE(socket != NULL);
    REQUIRE(AddHook(&hook, &FWPM_LAYER_ALE_RESOURCE_ASSIGNMENT_V4, ClassifyListen, NULL, 0));
    EXPECT_EQ(SYNC(NULL, LISTEN(socket)->WskBind(socket, Loopback(&address, AF_INET, 4711), 0, Irp)), STATUS_ACCESS_DENIED);
    EXPECT_EQ(Seen.Calls, 1);
    EXPECT_EQ(Seen.LocalPort, 4711);
    Seen.Action = FWP_ACTION_PERMIT;
    EXPECT_EQ(SYNC(NULL, LISTEN(socket)->WskBind(socket, Loopback(&address, AF_INET, 4711), 0, Irp)), STATUS_SUCCESS);
    RemoveHook(&hook);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
}

TEST_CASE(filters_that_change_have_a_connection_authorised_again)
{
    HOOK hook;
    PAIR pair;

    Reset(FWP_ACTION_PERMIT);
    REQUIRE(OpenPair(&pair, AF_INET, NULL, NULL));
    REQUIRE(AddHook(&hook, &FWPM_LAYER_ALE_AUTH_RECV_ACCEPT_V4, ClassifyAccept, NULL, 0));
    EXPECT_EQ(Seen.Calls, 0);
    EXPECT_EQ(Send(pair.Client, "x"), STATUS_SUCCESS);
    EXPECT_EQ(Seen.Calls, 1);
    EXPECT(Seen.Flags & FWP_CONDITION_FLAG_IS_REAUTHORIZE);
    EXPECT_EQ(Send(pair.Client, "y"), STATUS_SUCCESS);
    EXPECT_EQ(Seen.Calls, 1);
    RemoveHook(&hook);
    ClosePair(&pair);
}

/* --- flows ---- */

static VOID NTAPI FlowDeleted(UINT16 layer, UINT32 callout, UINT64 context)
{
    Seen.Deleted++;
    Seen.Bad += context != 0x1234;
}

static VOID NTAPI ClassifyFlow(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                               const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    const FWPS_INCOMING_VALUE0 *v = values->incomingValue;

    Seen.Bad += !FWPS_IS_METADATA_FIELD_PRESENT(meta, FWPS_METADATA_FIELD_FLOW_HANDLE);
    if (v[FWPS_FIELD_ALE_FLOW_ESTABLISHED_V4_DIRECTION].value.uint32 == FWP_DIRECTION_OUTBOUND) {
        Seen.Calls++;
        Seen.Bad += FwpsFlowAssociateContext0(meta->flowHandle, FWPS_LAYER_ALE_FLOW_ESTABLISHED_V4, Seen.CalloutId, 0x1234) != 0;
    } else {
        Seen.Direction++;
    }
    Answer(out);
}

TEST_CASE(both_ends_of_a_connection_are_flows_and_a_context_goes_with_its_flow)
{
    HOOK hook;
    PAIR pair;

    Reset(FWP_ACTION_CONTINUE);
    REQUIRE(AddHookWith(&hook, &FWPM_LAYER_ALE_FLOW_ESTABLISHED_V4, ClassifyFlow, FlowDeleted, FWP_ACTION_CALLOUT_INSPECTION, 0,
                        NULL, 0));
    Seen.CalloutId = hook.Id;
    EXPECT(OpenPair(&pair, AF_INET, NULL, NULL));
    EXPECT_EQ(Seen.Calls, 1);
    EXPECT_EQ(Seen.Direction, 1);
    EXPECT_EQ(Seen.Deleted, 0);
    ClosePair(&pair);
    Sleep(50);
    EXPECT_EQ(Seen.Deleted, 1);
    EXPECT_EQ(Seen.Bad, 0);
    RemoveHook(&hook);
}

/* --- packets ---- */

static VOID NTAPI ClassifyPacket(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                                 const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    PNET_BUFFER nb = NET_BUFFER_LIST_FIRST_NB((PNET_BUFFER_LIST)data);
    UCHAR bytes[8], *at;

    Seen.Calls++;
    Seen.Layer = values->layerId;
    Seen.Length = NET_BUFFER_DATA_LENGTH(nb);
    Seen.Ip = meta->ipHeaderSize;
    Seen.Transport = meta->transportHeaderSize;
    at = (UCHAR *)NdisGetDataBuffer(nb, 5, bytes, 1, 0);
    if (values->layerId == FWPS_LAYER_INBOUND_TRANSPORT_V4 && Seen.Length == 5)
        Seen.Bad += at == NULL || RtlCompareMemory(at, "hello", 5) != 5;
    if (values->layerId == FWPS_LAYER_OUTBOUND_IPPACKET_V4)
        Seen.Bad += at == NULL || at[0] != 0x45;
    Answer(out);
}

static PWSK_SOCKET NewDatagram(USHORT *port)
{
    PWSK_SOCKET socket = NewSocket(AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL);
    ADDRESS address;

    if (socket != NULL) {
        EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->WskBind(socket, Loopback(&address, AF_INET, 0), 0, Irp)), STATUS_SUCCESS);
        *port = PortOf(socket, WSK_FLAG_DATAGRAM_SOCKET);
    }
    return socket;
}

static NTSTATUS SendTo(PWSK_SOCKET socket, USHORT port, const char *text)
{
    ADDRESS address;
    BUFFER buffer;
    NTSTATUS status;

    if (!OpenBuffer(&buffer, strlen(text)))
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(buffer.Data, text, strlen(text));
    status = SYNC(NULL, DATAGRAM(socket)->WskSendTo(socket, &buffer.Wsk, 0, Loopback(&address, AF_INET, port), 0, NULL, Irp));
    CloseBuffer(&buffer);
    return status;
}

static void SendThrough(const GUID *layer, FWP_ACTION_TYPE action, ULONG arrives)
{
    PWSK_SOCKET from, to;
    USHORT source, port;
    HOOK hook;

    Reset(action);
    from = NewDatagram(&source);
    to = NewDatagram(&port);
    REQUIRE(from != NULL && to != NULL);
    REQUIRE(AddHook(&hook, layer, ClassifyPacket, NULL, 0));
    EXPECT_EQ(SendTo(from, port, "hello"), STATUS_SUCCESS);
    EXPECT_EQ(ReceiveDatagram(to, NULL), arrives);
    EXPECT_EQ(Seen.Calls, 1);
    EXPECT_EQ(Seen.Bad, 0);
    RemoveHook(&hook);
    EXPECT_EQ(CloseSocket(from), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(to), STATUS_SUCCESS);
}

TEST_CASE(an_outbound_packet_is_shown_from_its_ip_header_on)
{
    SendThrough(&FWPM_LAYER_OUTBOUND_IPPACKET_V4, FWP_ACTION_PERMIT, 5);
    EXPECT_EQ(Seen.Length, 33);
    EXPECT_EQ(Seen.Ip, 20);
}

TEST_CASE(an_inbound_packet_is_shown_from_its_transport_header_on)
{
    SendThrough(&FWPM_LAYER_INBOUND_IPPACKET_V4, FWP_ACTION_PERMIT, 5);
    EXPECT_EQ(Seen.Length, 13);
    EXPECT_EQ(Seen.Ip, 20);
}

TEST_CASE(an_outbound_transport_packet_is_shown_from_its_transport_header_on)
{
    SendThrough(&FWPM_LAYER_OUTBOUND_TRANSPORT_V4, FWP_ACTION_PERMIT, 5);
    EXPECT_EQ(Seen.Length, 13);
    EXPECT_EQ(Seen.Transport, 8);
}

TEST_CASE(an_inbound_transport_packet_is_shown_from_its_data_on)
{
    SendThrough(&FWPM_LAYER_INBOUND_TRANSPORT_V4, FWP_ACTION_PERMIT, 5);
    EXPECT_EQ(Seen.Length, 5);
    EXPECT_EQ(Seen.Ip, 20);
    EXPECT_EQ(Seen.Transport, 8);
}

TEST_CASE(a_packet_that_is_blocked_is_dropped_at_each_packet_layer)
{
    SendThrough(&FWPM_LAYER_OUTBOUND_IPPACKET_V4, FWP_ACTION_BLOCK, 0);
    SendThrough(&FWPM_LAYER_INBOUND_IPPACKET_V4, FWP_ACTION_BLOCK, 0);
    SendThrough(&FWPM_LAYER_OUTBOUND_TRANSPORT_V4, FWP_ACTION_BLOCK, 0);
    SendThrough(&FWPM_LAYER_INBOUND_TRANSPORT_V4, FWP_ACTION_BLOCK, 0);
}

static VOID NTAPI ClassifyOwner(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                                const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    Seen.Calls++;
    Seen.Bad += !FWPS_IS_METADATA_FIELD_PRESENT(meta, FWPS_METADATA_FIELD_TRANSPORT_ENDPOINT_HANDLE) || !meta->transportEndpointHandle;
    Answer(out);
}

/* The answer to a datagram for nobody is an ICMP error, which no socket sends. */
TEST_CASE(an_outbound_packet_of_the_stack_itself_has_an_endpoint_too)
{
    PWSK_SOCKET from, to;
    USHORT source, port;
    HOOK hook;

    Reset(FWP_ACTION_PERMIT);
    from = NewDatagram(&source);
    to = NewDatagram(&port);
    REQUIRE(from != NULL && to != NULL);
    EXPECT_EQ(CloseSocket(to), STATUS_SUCCESS);
    REQUIRE(AddHook(&hook, &FWPM_LAYER_OUTBOUND_TRANSPORT_V4, ClassifyOwner, NULL, 0));
    EXPECT_EQ(SendTo(from, port, "hello"), STATUS_SUCCESS);
    Sleep(50);
    EXPECT(Seen.Calls >= 2);
    EXPECT_EQ(Seen.Bad, 0);
    RemoveHook(&hook);
    EXPECT_EQ(CloseSocket(from), STATUS_SUCCESS);
}

static VOID NTAPI ClassifyDatagram(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                                   const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    PNET_BUFFER nb = NET_BUFFER_LIST_FIRST_NB((PNET_BUFFER_LIST)data);
    UINT32 direction = values->incomingValue[FWPS_FIELD_DATAGRAM_DATA_V4_DIRECTION].value.uint32;

    Seen.Calls++;
    Seen.Bad += !FWPS_IS_METADATA_FIELD_PRESENT(meta, FWPS_METADATA_FIELD_FLOW_HANDLE);
    Seen.Bad += NET_BUFFER_DATA_LENGTH(nb) != (direction == FWP_DIRECTION_INBOUND ? 5u : 13u);
    Answer(out);
}

TEST_CASE(datagram_data_is_shown_in_both_directions_and_dropped_when_blocked)
{
    PWSK_SOCKET from, to;
    USHORT source, port;
    HOOK hook;

    Reset(FWP_ACTION_PERMIT);
    from = NewDatagram(&source);
    to = NewDatagram(&port);
    REQUIRE(from != NULL && to != NULL);
    REQUIRE(AddHook(&hook, &FWPM_LAYER_DATAGRAM_DATA_V4, ClassifyDatagram, NULL, 0));
    EXPECT_EQ(SendTo(from, port, "hello"), STATUS_SUCCESS);
    EXPECT_EQ(ReceiveDatagram(to, NULL), 5);
    EXPECT_EQ(Seen.Calls, 2);
    EXPECT_EQ(Seen.Bad, 0);
    Seen.Action = FWP_ACTION_BLOCK;
    EXPECT_EQ(SendTo(from, port, "hello"), STATUS_SUCCESS);
    EXPECT_EQ(ReceiveDatagram(to, NULL), 0);
    RemoveHook(&hook);
    EXPECT_EQ(CloseSocket(from), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(to), STATUS_SUCCESS);
}

static VOID NTAPI ClassifyFirst(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                                const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    Seen.Calls++;
    Seen.Bad += data == NULL;
    Answer(out);
}

TEST_CASE(the_first_datagram_to_a_peer_authorises_the_conversation)
{
    PWSK_SOCKET from, to;
    USHORT source, port;
    HOOK hook;

    Reset(FWP_ACTION_BLOCK);
    from = NewDatagram(&source);
    to = NewDatagram(&port);
    REQUIRE(from != NULL && to != NULL);
    REQUIRE(AddHook(&hook, &FWPM_LAYER_ALE_AUTH_CONNECT_V4, ClassifyFirst, &FWPM_CONDITION_IP_REMOTE_PORT, port));
    EXPECT_EQ(SendTo(from, port, "hello"), STATUS_ACCESS_DENIED);
    EXPECT_EQ(Seen.Calls, 1);
    Seen.Action = FWP_ACTION_PERMIT;
    EXPECT_EQ(SendTo(from, port, "hello"), STATUS_SUCCESS);
    EXPECT_EQ(SendTo(from, port, "hello"), STATUS_SUCCESS);
    EXPECT_EQ(Seen.Calls, 2);
    EXPECT_EQ(ReceiveDatagram(to, NULL), 5);
    EXPECT_EQ(Seen.Bad, 0);
    RemoveHook(&hook);
    EXPECT_EQ(CloseSocket(from), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(to), STATUS_SUCCESS);
}

TEST_CASE(an_inbound_conversation_that_is_blocked_is_not_delivered)
{
    PWSK_SOCKET from, to;
    USHORT source, port;
    HOOK hook;

    Reset(FWP_ACTION_BLOCK);
    from = NewDatagram(&source);
    to = NewDatagram(&port);
    REQUIRE(from != NULL && to != NULL);
    REQUIRE(AddHook(&hook, &FWPM_LAYER_ALE_AUTH_RECV_ACCEPT_V4, ClassifyFirst, &FWPM_CONDITION_IP_LOCAL_PORT, port));
    EXPECT_EQ(SendTo(from, port, "hello"), STATUS_SUCCESS);
    EXPECT_EQ(ReceiveDatagram(to, NULL), 0);
    EXPECT_EQ(Seen.Calls, 1);
    Seen.Action = FWP_ACTION_PERMIT;
    EXPECT_EQ(SendTo(from, port, "hello"), STATUS_SUCCESS);
    EXPECT_EQ(ReceiveDatagram(to, NULL), 5);
    EXPECT_EQ(Seen.Bad, 0);
    RemoveHook(&hook);
    EXPECT_EQ(CloseSocket(from), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(to), STATUS_SUCCESS);
}
