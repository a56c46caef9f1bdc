/* What a packet keeps when a callout swallows it and injects it again: a request that the listener has inspected is not seen twice, and a
 * datagram's control information goes with it. docs: fwpsk/ns-fwpsk-fwps_transport_send_params0_,
 * fwpsk/ns-fwpsk-fwps_incoming_metadata_values0_, wsk/nc-wsk-pfn_wsk_inspect_event
 * run after: vionet
 * run with: --nic=null --ip=10.0.0.1/24 */
#include "wfp_helpers.h"

#define PORT 4711

static HANDLE Injection;
static volatile LONG Taken, Bad, Completed, Failed, Inspects, Told, Scope, ScopeIndex;
static UCHAR Control[128];

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

static BOOLEAN Start(UINT32 type, ADDRESS_FAMILY family)
{
    Taken = Bad = Completed = Failed = Inspects = Told = Scope = 0;
    return (BOOLEAN)(FwpsInjectionHandleCreate0(family, type, &Injection) == STATUS_SUCCESS);
}

static VOID NTAPI Injected(VOID *context, NET_BUFFER_LIST *list, BOOLEAN dispatchLevel)
{
    Failed += !NT_SUCCESS(list->Status);
    Completed++;
    FwpsFreeCloneNetBufferList0(list, 0);
}

static BOOLEAN CloneOf(VOID *data, ULONG back, PNET_BUFFER_LIST *clone)
{
    PNET_BUFFER first = NET_BUFFER_LIST_FIRST_NB((PNET_BUFFER_LIST)data);
    NTSTATUS status;

    if (NdisRetreatNetBufferDataStart(first, back, 0, NULL) != NDIS_STATUS_SUCCESS)
        return FALSE;
    status = FwpsAllocateCloneNetBufferList0((PNET_BUFFER_LIST)data, NULL, NULL, 0, clone);
    NdisAdvanceNetBufferDataStart(first, back, FALSE, NULL);
    return (BOOLEAN)(status == STATUS_SUCCESS);
}

/* --- requests ---------------------------------------------------------------------------------------------------------------- */

static VOID NTAPI TakeIn(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data, const VOID *context,
                         const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    BOOLEAN transport = values->layerId == FWPS_LAYER_INBOUND_TRANSPORT_V4;
    UINT32 by = transport ? values->incomingValue[FWPS_FIELD_INBOUND_TRANSPORT_V4_INTERFACE_INDEX].value.uint32
                          : values->incomingValue[FWPS_FIELD_INBOUND_IPPACKET_V4_INTERFACE_INDEX].value.uint32;
    PNET_BUFFER_LIST clone;
    NTSTATUS status;

    if (FwpsQueryPacketInjectionState0(Injection, (PNET_BUFFER_LIST)data, NULL) == FWPS_PACKET_INJECTED_BY_SELF || Taken > 100) {
        Permit(out);
        return;
    }
    if (!CloneOf(data, meta->ipHeaderSize + (transport ? meta->transportHeaderSize : 0), &clone)) {
        Bad++;
        return;
    }
    Taken++;
    status = transport ? FwpsInjectTransportReceiveAsync0(Injection, NULL, NULL, 0, AF_INET, UNSPECIFIED_COMPARTMENT_ID, by, 0, clone, Injected, NULL)
                       : FwpsInjectNetworkReceiveAsync0(Injection, NULL, 0, UNSPECIFIED_COMPARTMENT_ID, by, 0, clone, Injected, NULL);
    Bad += status != STATUS_SUCCESS;
    Absorb(out);
}

static WSK_INSPECT_ACTION WSKAPI OnInspect(PVOID context, PSOCKADDR local, PSOCKADDR remote, PWSK_INSPECT_ID id)
{
    Inspects++;
    return WskInspectAccept;
}

static NTSTATUS WSKAPI OnAbort(PVOID context, PWSK_INSPECT_ID id)
{
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_LISTEN_DISPATCH ListenEvents = {NULL, OnInspect, OnAbort};

static void ConnectThrough(UINT32 type, const GUID *layer)
{
    PWSK_SOCKET listener = NewSocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_LISTEN_SOCKET, NULL, &ListenEvents), client, server;
    ADDRESS address;
    HOOK hook;

    REQUIRE(listener != NULL && Start(type, AF_INET));
    EXPECT_EQ(SetUlong(listener, SOL_SOCKET, SO_CONDITIONAL_ACCEPT, 1), STATUS_SUCCESS);
    EXPECT_EQ(SYNC(NULL, LISTEN(listener)->WskBind(listener, Loopback(&address, AF_INET, 0), 0, Irp)), STATUS_SUCCESS);
    REQUIRE(AddHook(&hook, layer, TakeIn, NULL, 0));
    client = Connect(AF_INET, PortOf(listener, WSK_FLAG_LISTEN_SOCKET), NULL, NULL);
    EXPECT(client != NULL);
    EXPECT_EQ(Inspects, 1);
    server = client != NULL ? Accept(listener, NULL, NULL) : NULL;
    EXPECT(server != NULL);
    EXPECT(Taken >= 3 && Taken < 20);
    EXPECT_EQ(Bad, 0);
    if (server != NULL)
        EXPECT_EQ(CloseSocket(server), STATUS_SUCCESS);
    if (client != NULL)
        EXPECT_EQ(CloseSocket(client), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(listener), STATUS_SUCCESS);
    RemoveHook(&hook);
    EXPECT_EQ(FwpsInjectionHandleDestroy0(Injection), STATUS_SUCCESS);
    EXPECT_EQ(Completed, Taken);
    EXPECT_EQ(Failed, 0);
}

TEST_CASE(an_inspected_request_is_not_seen_again_at_the_transport_layer)
{
    ConnectThrough(FWPS_INJECTION_TYPE_TRANSPORT, &FWPM_LAYER_INBOUND_TRANSPORT_V4);
}

TEST_CASE(an_inspected_request_is_not_seen_again_at_the_packet_layer)
{
    ConnectThrough(FWPS_INJECTION_TYPE_NETWORK, &FWPM_LAYER_INBOUND_IPPACKET_V4);
}

/* --- datagrams --------------------------------------------------------------------------------------------------------------- */

static VOID NTAPI TakeOut(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data, const VOID *context,
                          const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    static FWPS_TRANSPORT_SEND_PARAMS0 parameters;
    static UCHAR remote[4] = {127, 0, 0, 1};
    PNET_BUFFER_LIST clone;

    if (FwpsQueryPacketInjectionState0(Injection, (PNET_BUFFER_LIST)data, NULL) == FWPS_PACKET_INJECTED_BY_SELF ||
        !CloneOf(data, 0, &clone)) {
        Permit(out);
        return;
    }
    Taken++;
    RtlZeroMemory(&parameters, sizeof(parameters));
    parameters.remoteAddress = remote;
    if (FWPS_IS_METADATA_FIELD_PRESENT(meta, FWPS_METADATA_FIELD_TRANSPORT_CONTROL_DATA) && meta->controlDataLength <= sizeof(Control)) {
        Told++;
        RtlCopyMemory(Control, meta->controlData, meta->controlDataLength);
        parameters.controlData = (WSACMSGHDR *)Control;
        parameters.controlDataLength = meta->controlDataLength;
    }
    Bad += FwpsInjectTransportSendAsync0(Injection, NULL, meta->transportEndpointHandle, 0, &parameters, AF_INET,
                                         UNSPECIFIED_COMPARTMENT_ID, clone, Injected, NULL) != STATUS_SUCCESS;
    Absorb(out);
}

/* The time to live of a datagram that was sent with one of its own, or (0) with the socket's. */
static INT LivesThrough(INT own)
{
    PWSK_SOCKET socket = NewSocket(AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL);
    union {
        UCHAR Bytes[64];
        SIZE_T Align;
    } room;
    PCMSGHDR header = (PCMSGHDR)&room;
    ULONG size = sizeof(room);
    ADDRESS address;
    BUFFER buffer;

    if (socket == NULL || !OpenBuffer(&buffer, 8))
        return -1;
    EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->WskBind(socket, Loopback(&address, AF_INET, PORT), 0, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(SetUlong(socket, IPPROTO_IP, IP_RECVTTL, 1), STATUS_SUCCESS);
    EXPECT_EQ(SetUlong(socket, IPPROTO_IP, IP_TTL, 77), STATUS_SUCCESS);
    RtlZeroMemory(&room, sizeof(room));
    header->cmsg_len = WSA_CMSG_LEN(sizeof(INT));
    header->cmsg_level = IPPROTO_IP;
    header->cmsg_type = IP_TTL;
    *(INT *)WSA_CMSG_DATA(header) = own;
    EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->WskSendTo(socket, &buffer.Wsk, 0, &address.Any, own != 0 ? WSA_CMSG_SPACE(sizeof(INT)) : 0,
                                                     own != 0 ? header : NULL, Irp)),
              STATUS_SUCCESS);
    RtlZeroMemory(&room, sizeof(room));
    EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->WskReceiveFrom(socket, &buffer.Wsk, 0, NULL, &size, header, NULL, Irp)), STATUS_SUCCESS);
    CloseBuffer(&buffer);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
    return *(INT *)WSA_CMSG_DATA(header);
}

static void SendThrough(const GUID *layer)
{
    HOOK hook;

    REQUIRE(Start(FWPS_INJECTION_TYPE_TRANSPORT, AF_INET));
    REQUIRE(AddHook(&hook, layer, TakeOut, &FWPM_CONDITION_IP_REMOTE_PORT, PORT));
    EXPECT_EQ(LivesThrough(9), 9);
    EXPECT_EQ(Told, 1);
    EXPECT_EQ(LivesThrough(0), 77);
    EXPECT_EQ(Told, 1);
    EXPECT_EQ(Taken, 2);
    EXPECT_EQ(Bad, 0);
    RemoveHook(&hook);
    EXPECT_EQ(FwpsInjectionHandleDestroy0(Injection), STATUS_SUCCESS);
    EXPECT_EQ(Failed, 0);
}

TEST_CASE(control_information_goes_with_a_datagram_of_the_transport_layer)
{
    SendThrough(&FWPM_LAYER_OUTBOUND_TRANSPORT_V4);
}

/* --- scopes ------------------------------------------------------------------------------------------------------------------ */

static VOID NTAPI SeeScope(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data, const VOID *context,
                           const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    if (FWPS_IS_METADATA_FIELD_PRESENT(meta, FWPS_METADATA_FIELD_REMOTE_SCOPE_ID)) {
        Scope = (LONG)meta->remoteScopeId.Value;
        ScopeIndex = (LONG)values->incomingValue[FWPS_FIELD_OUTBOUND_TRANSPORT_V6_INTERFACE_INDEX].value.uint32;
    }
    Told++;
    Permit(out);
}

TEST_CASE(the_scope_of_a_link_local_address_is_its_interface)
{
    LARGE_INTEGER wait;
    HOOK hook;

    wait.QuadPart = -50000000;
    REQUIRE(Start(FWPS_INJECTION_TYPE_TRANSPORT, AF_INET6));
    REQUIRE(AddHook(&hook, &FWPM_LAYER_OUTBOUND_TRANSPORT_V6, SeeScope, NULL, 0));
    KeDelayExecutionThread(KernelMode, FALSE, &wait);       /* router solicitations */
    EXPECT(Told > 0);
    EXPECT(Scope != 0);
    EXPECT_EQ(Scope, ScopeIndex);
    RemoveHook(&hook);
    EXPECT_EQ(FwpsInjectionHandleDestroy0(Injection), STATUS_SUCCESS);
}
