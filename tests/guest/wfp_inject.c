/* Clones, absorbed packets and their injection; authorisations that wait. docs: network/types-of-callouts,
 * network/packet-injection-functions, fwpsk/nf-fwpsk-fwpspendoperation0 */
#include "wfp_helpers.h"

enum { QUEUE = 8 };

static struct {
    HANDLE Injection;
    volatile LONG Calls, Injected, Completed, Failed, Bad;
    PNET_BUFFER_LIST Clones[QUEUE];
    LONG CloneCount;
    UINT64 Endpoint;
    UCHAR Remote[16];
    UINT32 Interface;
    ULONG Headers;
    HANDLE Pended;
    LONG Reauthorised, Again;
    BOOLEAN Deny;
} It;

static KEVENT Done;

TEST_SETUP(open_all)
{
    KeInitializeEvent(&Done, SynchronizationEvent, FALSE);
    EXPECT_EQ(OpenWsk(), STATUS_SUCCESS);
    EXPECT_EQ(OpenWfp(), STATUS_SUCCESS);
}

TEST_TEARDOWN(close_all)
{
    CloseWfp();
    CloseWsk();
}

static BOOLEAN Begin2(UINT32 type, ADDRESS_FAMILY family)
{
    RtlZeroMemory(&It, sizeof(It));
    return (BOOLEAN)(FwpsInjectionHandleCreate0(family, type, &It.Injection) == STATUS_SUCCESS);
}

static VOID NTAPI Injected(VOID *context, NET_BUFFER_LIST *list, BOOLEAN dispatchLevel)
{
    It.Bad += (dispatchLevel != FALSE) != (KeGetCurrentIrql() == DISPATCH_LEVEL);
    It.Bad += context != &It;
    It.Failed += !NT_SUCCESS(list->Status);
    It.Completed++;
    FwpsFreeCloneNetBufferList0(list, 0);
    KeSetEvent(&Done, IO_NO_INCREMENT, FALSE);
}

/* Keeps a clone and swallows the packet, but for what was injected. */
static BOOLEAN Keep(VOID *data, ULONG retreat, FWPS_CLASSIFY_OUT0 *out)
{
    PNET_BUFFER_LIST list = (PNET_BUFFER_LIST)data, clone = NULL;
    FWPS_PACKET_INJECTION_STATE state = FwpsQueryPacketInjectionState0(It.Injection, list, NULL);
    FWPS_PACKET_LIST_INFORMATION0 information;

    It.Calls++;
    if (state == FWPS_PACKET_INJECTED_BY_SELF) {
        It.Injected++;
        It.Bad += FwpsGetPacketListSecurityInformation0(list, FWPS_PACKET_LIST_INFORMATION_QUERY_ALL_INBOUND, &information) != 0;
        It.Bad += !information.fwpInformation.isReinjected || information.ipsecInformation.flags != 0;
        Permit(out);
        return FALSE;
    }
    It.Bad += state != FWPS_PACKET_NOT_INJECTED;
    if (It.CloneCount == QUEUE)
        return FALSE;
    if (retreat)
        It.Bad += NdisRetreatNetBufferDataStart(NET_BUFFER_LIST_FIRST_NB(list), retreat, 0, NULL) != NDIS_STATUS_SUCCESS;
    It.Bad += FwpsAllocateCloneNetBufferList0(list, NULL, NULL, 0, &clone) != STATUS_SUCCESS;
    if (retreat)
        NdisAdvanceNetBufferDataStart(NET_BUFFER_LIST_FIRST_NB(list), retreat, FALSE, NULL);
    It.Bad += clone == NULL || clone->ParentNetBufferList != list || list->ChildRefCount != 1;
    It.Clones[It.CloneCount++] = clone;
    Absorb(out);
    return TRUE;
}

static VOID NTAPI KeepOut(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                          const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    UINT32 remote = values->incomingValue[FWPS_FIELD_OUTBOUND_TRANSPORT_V4_IP_REMOTE_ADDRESS].value.uint32;
    UINT32 swapped = RtlUlongByteSwap(remote);

    if (values->layerId == FWPS_LAYER_OUTBOUND_TRANSPORT_V4) {
        It.Endpoint = meta->transportEndpointHandle;
        RtlCopyMemory(It.Remote, &swapped, 4);
    }
    Keep(data, 0, out);
}

static VOID NTAPI KeepIn(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                         const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    ULONG headers = meta->ipHeaderSize;

    if (values->layerId == FWPS_LAYER_INBOUND_TRANSPORT_V4) {
        headers += meta->transportHeaderSize;
        It.Interface = values->incomingValue[FWPS_FIELD_INBOUND_TRANSPORT_V4_INTERFACE_INDEX].value.uint32;
    } else {
        It.Interface = values->incomingValue[FWPS_FIELD_INBOUND_IPPACKET_V4_INTERFACE_INDEX].value.uint32;
    }
    Keep(data, headers, out);
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

typedef NTSTATUS INJECT(PNET_BUFFER_LIST clone);

static NTSTATUS InjectTransportSend(PNET_BUFFER_LIST clone)
{
    FWPS_TRANSPORT_SEND_PARAMS0 parameters = {It.Remote};

    return FwpsInjectTransportSendAsync0(It.Injection, NULL, It.Endpoint, 0, &parameters, AF_INET, UNSPECIFIED_COMPARTMENT_ID, clone,
                                         Injected, &It);
}

static NTSTATUS InjectTransportReceive(PNET_BUFFER_LIST clone)
{
    return FwpsInjectTransportReceiveAsync0(It.Injection, NULL, NULL, 0, AF_INET, UNSPECIFIED_COMPARTMENT_ID, It.Interface, 0, clone,
                                            Injected, &It);
}

static NTSTATUS InjectNetworkSend(PNET_BUFFER_LIST clone)
{
    return FwpsInjectNetworkSendAsync0(It.Injection, NULL, 0, UNSPECIFIED_COMPARTMENT_ID, clone, Injected, &It);
}

static NTSTATUS InjectNetworkReceive(PNET_BUFFER_LIST clone)
{
    return FwpsInjectNetworkReceiveAsync0(It.Injection, NULL, 0, UNSPECIFIED_COMPARTMENT_ID, It.Interface, 0, clone, Injected, &It);
}

/* A datagram is swallowed, nothing arrives; its clone is injected, and it arrives once. */
static void SwallowAndInject(UINT32 type, const GUID *layer, FWPS_CALLOUT_CLASSIFY_FN1 classify, INJECT *inject)
{
    PWSK_SOCKET from, to;
    USHORT source, port;
    char text[80];
    HOOK hook;

    REQUIRE(Begin2(type, AF_INET));
    from = NewDatagram(&source);
    to = NewDatagram(&port);
    REQUIRE(from != NULL && to != NULL);
    REQUIRE(AddHook(&hook, layer, classify, NULL, 0));
    EXPECT_EQ(SendTo(from, port, "hello"), STATUS_SUCCESS);
    EXPECT_EQ(ReceiveDatagram(to, text), 0);
    EXPECT_EQ(It.CloneCount, 1);
    if (It.CloneCount == 1) {
        EXPECT_EQ(inject(It.Clones[0]), STATUS_SUCCESS);
        EXPECT_EQ(ReceiveDatagram(to, text), 5);
        EXPECT(strcmp(text, "hello") == 0);
    }
    EXPECT_EQ(ReceiveDatagram(to, text), 0);
    EXPECT_EQ(It.Completed, 1);
    EXPECT_EQ(It.Failed, 0);
    EXPECT_EQ(It.Injected, 1);
    EXPECT_EQ(It.Bad, 0);
    RemoveHook(&hook);
    EXPECT_EQ(CloseSocket(from), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(to), STATUS_SUCCESS);
    EXPECT_EQ(FwpsInjectionHandleDestroy0(It.Injection), STATUS_SUCCESS);
}

TEST_CASE(a_swallowed_packet_is_sent_by_transport_injection)
{
    SwallowAndInject(FWPS_INJECTION_TYPE_TRANSPORT, &FWPM_LAYER_OUTBOUND_TRANSPORT_V4, KeepOut, InjectTransportSend);
}

TEST_CASE(a_swallowed_packet_is_received_by_transport_injection)
{
    SwallowAndInject(FWPS_INJECTION_TYPE_TRANSPORT, &FWPM_LAYER_INBOUND_TRANSPORT_V4, KeepIn, InjectTransportReceive);
}

TEST_CASE(a_swallowed_packet_is_sent_by_network_injection)
{
    SwallowAndInject(FWPS_INJECTION_TYPE_NETWORK, &FWPM_LAYER_OUTBOUND_IPPACKET_V4, KeepOut, InjectNetworkSend);
}

static VOID NTAPI SeeAgain(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                           const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    UCHAR room[8];
    const UCHAR *header = NdisGetDataBuffer(NET_BUFFER_LIST_FIRST_NB((PNET_BUFFER_LIST)data), 8, room, 1, 0);

    if (FwpsQueryPacketInjectionState0(It.Injection, (PNET_BUFFER_LIST)data, NULL) == FWPS_PACKET_INJECTED_BY_SELF) {
        It.Again++;
        It.Bad += header == NULL || header[5] != 8 + 5;     /* at the UDP header: "hello" */
        It.Bad += values->incomingValue[FWPS_FIELD_OUTBOUND_TRANSPORT_V4_IP_PROTOCOL].value.uint8 != IPPROTO_UDP;
        It.Bad += meta->transportHeaderSize != 8;
    }
    Permit(out);
}

TEST_CASE(a_packet_injected_at_the_network_layer_passes_the_transport_layer_again)
{
    HOOK hook;

    REQUIRE(AddHook(&hook, &FWPM_LAYER_OUTBOUND_TRANSPORT_V4, SeeAgain, NULL, 0));
    SwallowAndInject(FWPS_INJECTION_TYPE_NETWORK, &FWPM_LAYER_OUTBOUND_IPPACKET_V4, KeepOut, InjectNetworkSend);
    EXPECT_EQ(It.Again, 1);
    RemoveHook(&hook);
}

TEST_CASE(a_swallowed_packet_is_received_by_network_injection)
{
    SwallowAndInject(FWPS_INJECTION_TYPE_NETWORK, &FWPM_LAYER_INBOUND_IPPACKET_V4, KeepIn, InjectNetworkReceive);
}

/* With a new IP header in the place of the one it has. */
static NTSTATUS InjectRebuilt(PNET_BUFFER_LIST clone)
{
    static const UCHAR loopback[4] = {127, 0, 0, 1};
    PNET_BUFFER buffer = NET_BUFFER_LIST_FIRST_NB(clone);
    ULONG length = NET_BUFFER_DATA_LENGTH(buffer);
    const UCHAR *header;
    NTSTATUS status = FwpsConstructIpHeaderForTransportPacket0(clone, 20, AF_INET, loopback, loopback, IPPROTO_UDP, 0, NULL, 0, 0, NULL,
                                                               It.Interface, 0);

    if (status != STATUS_SUCCESS)
        return status;
    header = NdisGetDataBuffer(buffer, 20, NULL, 1, 0);
    EXPECT_EQ(NET_BUFFER_DATA_LENGTH(buffer), length);
    EXPECT(header != NULL && header[0] == 0x45 && header[9] == IPPROTO_UDP && header[12] == 127 && header[16] == 127);
    EXPECT(header != NULL && header[2] * 256u + header[3] == length);
    return InjectTransportReceive(clone);
}

TEST_CASE(a_swallowed_packet_is_received_with_a_rebuilt_ip_header)
{
    SwallowAndInject(FWPS_INJECTION_TYPE_TRANSPORT, &FWPM_LAYER_INBOUND_TRANSPORT_V4, KeepIn, InjectRebuilt);
}

/* With an IP header, as a transport packet that is sent has none. */
static NTSTATUS InjectBuilt(PNET_BUFFER_LIST clone)
{
    static const UCHAR loopback[4] = {127, 0, 0, 1};
    PNET_BUFFER buffer = NET_BUFFER_LIST_FIRST_NB(clone);
    ULONG length = NET_BUFFER_DATA_LENGTH(buffer);
    NTSTATUS status = FwpsConstructIpHeaderForTransportPacket0(clone, 0, AF_INET, loopback, It.Remote, IPPROTO_UDP, It.Endpoint, NULL, 0, 0,
                                                               NULL, 0, 0);

    if (status != STATUS_SUCCESS)
        return status;
    EXPECT_EQ(NET_BUFFER_DATA_LENGTH(buffer), length + 20);
    It.Injected++;                      /* inbound, where the callout is not */
    return InjectTransportReceive(clone);
}

TEST_CASE(a_swallowed_packet_that_was_to_be_sent_is_received_with_an_ip_header_of_its_own)
{
    SwallowAndInject(FWPS_INJECTION_TYPE_TRANSPORT, &FWPM_LAYER_OUTBOUND_TRANSPORT_V4, KeepOut, InjectBuilt);
}

/* Every packet of the connection is swallowed and injected, from within classifyFn. */
static VOID NTAPI CloneOnward(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                              const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    KeepIn(values, meta, data, context, filter, flow, out);
    if (It.CloneCount) {
        PNET_BUFFER_LIST clone = It.Clones[--It.CloneCount];

        It.Bad += InjectTransportReceive(clone) != STATUS_SUCCESS;
    }
}

TEST_CASE(a_connection_lives_when_each_of_its_packets_is_swallowed_and_injected)
{
    ULONG_PTR got;
    char text[64];
    PAIR pair;
    HOOK hook;

    REQUIRE(Begin2(FWPS_INJECTION_TYPE_TRANSPORT, AF_UNSPEC));
    REQUIRE(AddHook(&hook, &FWPM_LAYER_INBOUND_TRANSPORT_V4, CloneOnward, NULL, 0));
    EXPECT(OpenPair(&pair, AF_INET, NULL, NULL));
    EXPECT_EQ(Send(pair.Client, "hello"), STATUS_SUCCESS);
    EXPECT_EQ(Receive(pair.Server, text, 32, 0, &got), STATUS_SUCCESS);
    EXPECT(strcmp(text, "hello") == 0);
    ClosePair(&pair);
    Sleep(50);
    RemoveHook(&hook);
    EXPECT_EQ(FwpsInjectionHandleDestroy0(It.Injection), STATUS_SUCCESS);
    EXPECT(It.Completed >= 4);
    EXPECT_EQ(It.Completed, It.Injected);
    EXPECT_EQ(It.Failed, 0);
    EXPECT_EQ(It.Bad, 0);
}

/* Instead of the first TCP segment that carries the text, a copy with a letter exchanged: its checksum is wrong. */
static struct {
    NDIS_HANDLE Pool;
    UCHAR Packet[128];
    PMDL Mdl;
    volatile LONG Spoiled, Completed;
} Spoiler;

static VOID NTAPI SpoiledSent(VOID *context, NET_BUFFER_LIST *list, BOOLEAN dispatchLevel)
{
    FwpsFreeNetBufferList0(list);
    Spoiler.Completed++;
}

static VOID NTAPI SpoilOne(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                           const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    PNET_BUFFER_LIST list = (PNET_BUFFER_LIST)data, copy;
    PNET_BUFFER buffer = NET_BUFFER_LIST_FIRST_NB(list);
    ULONG size = NET_BUFFER_DATA_LENGTH(buffer);
    UCHAR *packet;

    Permit(out);
    if (Spoiler.Spoiled || size < 45 || size > sizeof(Spoiler.Packet))
        return;
    packet = (UCHAR *)NdisGetDataBuffer(buffer, size, Spoiler.Packet, 1, 0);
    if (packet == NULL || packet[9] != 6 || packet[size - 5] != 'h')
        return;
    if (packet != Spoiler.Packet)
        RtlCopyMemory(Spoiler.Packet, packet, size);
    Spoiler.Packet[size - 5] = 'j';
    It.Bad += FwpsAllocateNetBufferAndNetBufferList0(Spoiler.Pool, 0, 0, Spoiler.Mdl, 0, size, &copy) != STATUS_SUCCESS;
    Spoiler.Spoiled++;
    It.Bad += FwpsInjectNetworkSendAsync0(It.Injection, NULL, 0, UNSPECIFIED_COMPARTMENT_ID, copy, SpoiledSent, NULL) != STATUS_SUCCESS;
    Absorb(out);
}

TEST_CASE(an_injected_segment_with_a_wrong_checksum_is_not_received)
{
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = {0};
    ULONG_PTR got = 0;
    char text[64];
    PAIR pair;
    HOOK hook;

    RtlZeroMemory(&Spoiler, sizeof(Spoiler));
    parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    parameters.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.Header.Size = sizeof(parameters);
    parameters.fAllocateNetBuffer = TRUE;
    parameters.PoolTag = 'tseT';
    Spoiler.Pool = NdisAllocateNetBufferListPool(NULL, &parameters);
    Spoiler.Mdl = IoAllocateMdl(Spoiler.Packet, sizeof(Spoiler.Packet), FALSE, FALSE, NULL);
    REQUIRE(Spoiler.Pool != NULL && Spoiler.Mdl != NULL);
    MmBuildMdlForNonPagedPool(Spoiler.Mdl);
    REQUIRE(Begin2(FWPS_INJECTION_TYPE_NETWORK, AF_INET));
    REQUIRE(OpenPair(&pair, AF_INET, NULL, NULL));
    REQUIRE(AddHook(&hook, &FWPM_LAYER_OUTBOUND_IPPACKET_V4, SpoilOne, NULL, 0));
    EXPECT_EQ(Send(pair.Client, "hello"), STATUS_SUCCESS);
    EXPECT_EQ(Receive(pair.Server, text, 32, 0, &got), STATUS_SUCCESS);
    EXPECT_EQ(got, 5);
    EXPECT(strcmp(text, "hello") == 0);
    RemoveHook(&hook);
    ClosePair(&pair);
    Sleep(50);
    EXPECT_EQ(Spoiler.Spoiled, 1);
    EXPECT_EQ(Spoiler.Completed, 1);
    EXPECT_EQ(It.Bad, 0);
    EXPECT_EQ(FwpsInjectionHandleDestroy0(It.Injection), STATUS_SUCCESS);
    IoFreeMdl(Spoiler.Mdl);
    NdisFreeNetBufferListPool(Spoiler.Pool);
}

TEST_CASE(a_handle_of_another_kind_is_stale_and_a_reference_keeps_a_list)
{
    HANDLE handle;
    UCHAR byte = 0;
    PMDL mdl = IoAllocateMdl(&byte, 1, FALSE, FALSE, NULL);

    REQUIRE(mdl != NULL);
    EXPECT_EQ(FwpsInjectionHandleCreate0(AF_INET, 0x8000, &handle), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(FwpsInjectionHandleCreate0(AF_INET, FWPS_INJECTION_TYPE_STREAM, &handle), STATUS_SUCCESS);
    EXPECT_EQ(FwpsInjectNetworkSendAsync0(handle, NULL, 0, UNSPECIFIED_COMPARTMENT_ID, (NET_BUFFER_LIST *)&mdl, Injected, NULL),
              STATUS_FWP_INJECT_HANDLE_STALE);
    EXPECT_EQ(FwpsInjectionHandleDestroy0(handle), STATUS_SUCCESS);
    IoFreeMdl(mdl);
}

/* --- pend ---- */

static VOID NTAPI PendConnect(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                              const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    UINT32 flags = values->incomingValue[FWPS_FIELD_ALE_AUTH_CONNECT_V4_FLAGS].value.uint32;
    HANDLE again;

    It.Calls++;
    if (flags & FWP_CONDITION_FLAG_IS_REAUTHORIZE) {
        It.Reauthorised++;
        It.Bad += FwpsPendOperation0(meta->completionHandle, &again) != STATUS_FWP_CANNOT_PEND;
        if (It.Deny)
            Block(out);
        else
            Permit(out);
        return;
    }
    It.Bad += FwpsPendOperation0(meta->completionHandle, &It.Pended) != STATUS_SUCCESS;
    Absorb(out);
}

static void ConnectWhilePended(BOOLEAN deny, NTSTATUS expected)
{
    PWSK_SOCKET listener, socket;
    ADDRESS local, remote;
    USHORT port;
    CALL call;
    HOOK hook;

    RtlZeroMemory(&It, sizeof(It));
    It.Deny = deny;
    listener = NewListener(AF_INET, NULL, NULL, &port);
    socket = NewSocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_CONNECTION_SOCKET, NULL, NULL);
    REQUIRE(listener != NULL && socket != NULL);
    REQUIRE(AddHook(&hook, &FWPM_LAYER_ALE_AUTH_CONNECT_V4, PendConnect, &FWPM_CONDITION_IP_REMOTE_PORT, port));
    EXPECT_EQ(SYNC(NULL, CONNECTION(socket)->WskBind(socket, Wildcard(&local, AF_INET, 0), 0, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(CONNECTION(socket)->WskConnect(socket, Loopback(&remote, AF_INET, port), 0, Begin(&call)), STATUS_PENDING);
    Sleep(20);
    EXPECT(!IsDone(&call));
    EXPECT_EQ(It.Calls, 1);
    FwpsCompleteOperation0(It.Pended, NULL);
    EXPECT_EQ(Finish(&call, NULL), expected);
    EXPECT_EQ(It.Reauthorised, 1);
    EXPECT_EQ(It.Bad, 0);
    RemoveHook(&hook);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(listener), STATUS_SUCCESS);
}

TEST_CASE(a_connect_that_is_pended_goes_on_when_its_operation_completes)
{
    ConnectWhilePended(FALSE, STATUS_SUCCESS);
}

TEST_CASE(a_connect_that_is_pended_may_be_denied_in_the_end)
{
    ConnectWhilePended(TRUE, STATUS_ACCESS_DENIED);
}

TEST_CASE(a_socket_may_be_closed_while_its_connect_is_pended)
{
    PWSK_SOCKET listener, socket;
    ADDRESS local, remote;
    USHORT port;
    CALL call;
    HOOK hook;

    RtlZeroMemory(&It, sizeof(It));
    listener = NewListener(AF_INET, NULL, NULL, &port);
    socket = NewSocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_CONNECTION_SOCKET, NULL, NULL);
    REQUIRE(listener != NULL && socket != NULL);
    REQUIRE(AddHook(&hook, &FWPM_LAYER_ALE_AUTH_CONNECT_V4, PendConnect, &FWPM_CONDITION_IP_REMOTE_PORT, port));
    EXPECT_EQ(SYNC(NULL, CONNECTION(socket)->WskBind(socket, Wildcard(&local, AF_INET, 0), 0, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(CONNECTION(socket)->WskConnect(socket, Loopback(&remote, AF_INET, port), 0, Begin(&call)), STATUS_PENDING);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
    EXPECT(!NT_SUCCESS(Finish(&call, NULL)));
    FwpsCompleteOperation0(It.Pended, NULL);
    Sleep(20);
    EXPECT_EQ(It.Reauthorised, 0);
    RemoveHook(&hook);
    EXPECT_EQ(CloseSocket(listener), STATUS_SUCCESS);
}

/* A SYN is kept; the connection is there when its clone is injected and the operation completed. */
static VOID NTAPI PendAccept(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                             const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    It.Interface = values->incomingValue[FWPS_FIELD_ALE_AUTH_RECV_ACCEPT_V4_INTERFACE_INDEX].value.uint32;
    if (!Keep(data, meta->ipHeaderSize + meta->transportHeaderSize, out))
        return;
    It.Bad += FwpsPendOperation0(meta->completionHandle, &It.Pended) != STATUS_SUCCESS;
    KeSetEvent(&Done, IO_NO_INCREMENT, FALSE);
}

TEST_CASE(an_accept_that_is_pended_goes_on_with_the_injected_packet)
{
    PWSK_SOCKET listener, socket;
    ADDRESS local, remote;
    USHORT port;
    CALL call;
    HOOK hook;

    REQUIRE(Begin2(FWPS_INJECTION_TYPE_TRANSPORT, AF_INET));
    listener = NewListener(AF_INET, NULL, NULL, &port);
    socket = NewSocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_CONNECTION_SOCKET, NULL, NULL);
    REQUIRE(listener != NULL && socket != NULL);
    REQUIRE(AddHook(&hook, &FWPM_LAYER_ALE_AUTH_RECV_ACCEPT_V4, PendAccept, &FWPM_CONDITION_IP_LOCAL_PORT, port));
    EXPECT_EQ(SYNC(NULL, CONNECTION(socket)->WskBind(socket, Wildcard(&local, AF_INET, 0), 0, Irp)), STATUS_SUCCESS);
    CONNECTION(socket)->WskConnect(socket, Loopback(&remote, AF_INET, port), 0, Begin(&call));
    EXPECT_EQ(WaitMs(&Done, 1000), STATUS_SUCCESS);
    EXPECT(!IsDone(&call));
    REQUIRE(It.CloneCount == 1 && It.Pended != NULL);
    FwpsCompleteOperation0(It.Pended, It.Clones[0]);
    EXPECT_EQ(InjectTransportReceive(It.Clones[0]), STATUS_SUCCESS);
    EXPECT_EQ(Finish(&call, NULL), STATUS_SUCCESS);
    EXPECT_EQ(It.Injected, 1);
    EXPECT_EQ(It.Bad, 0);
    RemoveHook(&hook);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(listener), STATUS_SUCCESS);
    EXPECT_EQ(FwpsInjectionHandleDestroy0(It.Injection), STATUS_SUCCESS);
}
