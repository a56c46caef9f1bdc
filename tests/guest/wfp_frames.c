/* The layers of MAC frames: broadcast datagrams go out to a wire that sends everything back, and so pass all four layers.
 * docs: network/using-layer-2-filtering, network/data-offset-positions, fwpsk/nf-fwpsk-fwpsinjectmacsendasync0
 * run after: vionet
 * run with: --nic=loop --ip=10.0.0.1/24 */
#include "wfp_helpers.h"

enum { QUEUE = 8, FRAME = 14 + 20 + 8 + 5 };

static struct {
    volatile LONG Calls, Bad, Injected, Completed, Failed;
    FWP_ACTION_TYPE Action;
    UINT32 Out, Interface;
    NDIS_PORT_NUMBER NdisPort;
    USHORT Port;
    UINT16 Layer;
    HANDLE Handle;
    BOOLEAN Keep, KeepOriginal;
    PNET_BUFFER_LIST Kept[QUEUE];
    LONG KeptCount;
} It;

static PWSK_SOCKET Socket;
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

/* --- datagrams ---- */

static BOOLEAN OpenSocket(void)
{
    ADDRESS address;

    RtlZeroMemory(&It, sizeof(It));
    It.Action = FWP_ACTION_PERMIT;
    Socket = NewSocket(AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL);
    if (Socket == NULL)
        return FALSE;
    EXPECT_EQ(SYNC(NULL, DATAGRAM(Socket)->WskBind(Socket, Wildcard(&address, AF_INET, 0), 0, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(SetUlong(Socket, SOL_SOCKET, SO_BROADCAST, 1), STATUS_SUCCESS);
    It.Port = PortOf(Socket, WSK_FLAG_DATAGRAM_SOCKET);
    return TRUE;
}

static NTSTATUS Shout(void)
{
    ADDRESS address;
    BUFFER buffer;
    NTSTATUS status;

    if (!OpenBuffer(&buffer, 5))
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(buffer.Data, "hello", 5);
    Wildcard(&address, AF_INET, It.Port);
    address.V4.sin_addr.S_un.S_addr = RtlUlongByteSwap(0x0a0000ff);
    status = SYNC(NULL, DATAGRAM(Socket)->WskSendTo(Socket, &buffer.Wsk, 0, &address.Any, 0, NULL, Irp));
    CloseBuffer(&buffer);
    return status;
}

/* The bytes of one datagram; 0 when none comes in 100 ms. */
static ULONG Hear(void)
{
    char text[64];
    ULONG got = ReceiveDatagram(Socket, text);

    if (got)
        EXPECT(RtlCompareMemory(text, "hello", 5) == 5);
    return got;
}

/* --- callouts ---- */

/* Whether it is one of our datagrams; `at` bytes of Ethernet header come first. */
static BOOLEAN IsOurs(PNET_BUFFER_LIST list, ULONG at)
{
    PNET_BUFFER buffer = NET_BUFFER_LIST_FIRST_NB(list);
    UCHAR room[FRAME];
    const UCHAR *bytes;

    if (NET_BUFFER_DATA_LENGTH(buffer) != at + FRAME - 14)
        return FALSE;
    bytes = (const UCHAR *)NdisGetDataBuffer(buffer, at + FRAME - 14, room, 1, 0);
    return (BOOLEAN)(bytes != NULL && bytes[at] == 0x45 && bytes[at + 9] == IPPROTO_UDP &&
                     bytes[at + 22] * 256u + bytes[at + 23] == It.Port);
}

static void CheckEthernet(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta)
{
    static const UCHAR all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    const FWPS_INCOMING_VALUE0 *v = values->incomingValue;
    const FWP_BYTE_ARRAY6 *own = v[FWPS_FIELD_INBOUND_MAC_FRAME_ETHERNET_INTERFACE_MAC_ADDRESS].value.byteArray6;
    const FWP_BYTE_ARRAY6 *local = v[FWPS_FIELD_INBOUND_MAC_FRAME_ETHERNET_MAC_LOCAL_ADDRESS].value.byteArray6;
    const FWP_BYTE_ARRAY6 *remote = v[FWPS_FIELD_INBOUND_MAC_FRAME_ETHERNET_MAC_REMOTE_ADDRESS].value.byteArray6;
    BOOLEAN inbound = values->layerId == FWPS_LAYER_INBOUND_MAC_FRAME_ETHERNET;
    UINT8 local_type = inbound ? 2 : 0, remote_type = inbound ? 0 : 2;      /* DlBroadcast, DlUnicast */

    It.Bad += values->valueCount != FWPS_FIELD_INBOUND_MAC_FRAME_ETHERNET_MAX;
    It.Bad += RtlCompareMemory(inbound ? remote : local, own, 6) != 6;
    It.Bad += RtlCompareMemory(inbound ? local : remote, all, 6) != 6;
    It.Bad += v[FWPS_FIELD_INBOUND_MAC_FRAME_ETHERNET_MAC_LOCAL_ADDRESS_TYPE].value.uint8 != local_type;
    It.Bad += v[FWPS_FIELD_INBOUND_MAC_FRAME_ETHERNET_MAC_REMOTE_ADDRESS_TYPE].value.uint8 != remote_type;
    It.Bad += v[FWPS_FIELD_INBOUND_MAC_FRAME_ETHERNET_ETHER_TYPE].value.uint16 != 0x0800;
    It.Bad += v[FWPS_FIELD_INBOUND_MAC_FRAME_ETHERNET_VLAN_ID].value.uint16 != 0;
    It.Bad += v[FWPS_FIELD_INBOUND_MAC_FRAME_ETHERNET_INTERFACE].value.type != FWP_UINT64;
    It.Bad += !(v[FWPS_FIELD_INBOUND_MAC_FRAME_ETHERNET_L2_FLAGS].value.uint32 & FWP_CONDITION_L2_IS_NATIVE_ETHERNET);
    It.Bad += !FWPS_IS_L2_METADATA_FIELD_PRESENT(meta, FWPS_L2_METADATA_FIELD_ETHERNET_MAC_HEADER_SIZE);
    It.Bad += meta->ethernetMacHeaderSize != 14;
    It.Interface = v[FWPS_FIELD_INBOUND_MAC_FRAME_ETHERNET_INTERFACE_INDEX].value.uint32;
    It.NdisPort = v[FWPS_FIELD_INBOUND_MAC_FRAME_ETHERNET_NDIS_PORT].value.uint32;
}

static void CheckNative(const FWPS_INCOMING_VALUES0 *values)
{
    const FWPS_INCOMING_VALUE0 *v = values->incomingValue;

    It.Bad += values->valueCount != FWPS_FIELD_INBOUND_MAC_FRAME_NATIVE_MAX;
    It.Bad += v[FWPS_FIELD_INBOUND_MAC_FRAME_NATIVE_NDIS_MEDIA_TYPE].value.uint32 != NdisMedium802_3;
    It.Bad += v[FWPS_FIELD_INBOUND_MAC_FRAME_NATIVE_INTERFACE_TYPE].value.uint32 != IF_TYPE_ETHERNET_CSMACD;
    It.Bad += v[FWPS_FIELD_INBOUND_MAC_FRAME_NATIVE_NDIS_PORT].value.type != FWP_UINT32;
    It.Bad += !(v[FWPS_FIELD_INBOUND_MAC_FRAME_NATIVE_L2_FLAGS].value.uint32 & FWP_CONDITION_L2_IS_NATIVE_ETHERNET);
    It.Interface = v[FWPS_FIELD_INBOUND_MAC_FRAME_NATIVE_INTERFACE_INDEX].value.uint32;
    It.NdisPort = v[FWPS_FIELD_INBOUND_MAC_FRAME_NATIVE_NDIS_PORT].value.uint32;
}

static void Take(PNET_BUFFER_LIST list, ULONG retreat, FWPS_CLASSIFY_OUT0 *out)
{
    PNET_BUFFER_LIST kept = list;

    if (It.KeptCount == QUEUE)
        return;
    if (retreat)
        It.Bad += NdisRetreatNetBufferDataStart(NET_BUFFER_LIST_FIRST_NB(list), retreat, 0, NULL) != NDIS_STATUS_SUCCESS;
    if (It.KeepOriginal)
        FwpsReferenceNetBufferList0(list, TRUE);
    else
        It.Bad += FwpsAllocateCloneNetBufferList0(list, NULL, NULL, 0, &kept) != STATUS_SUCCESS;
    if (retreat && !It.KeepOriginal)
        NdisAdvanceNetBufferDataStart(NET_BUFFER_LIST_FIRST_NB(list), retreat, FALSE, NULL);
    It.Kept[It.KeptCount++] = kept;
    Absorb(out);
}

static VOID NTAPI Classify(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data, const VOID *context,
                           const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    PNET_BUFFER_LIST list = (PNET_BUFFER_LIST)data;
    BOOLEAN native = values->layerId == FWPS_LAYER_INBOUND_MAC_FRAME_NATIVE || values->layerId == FWPS_LAYER_OUTBOUND_MAC_FRAME_NATIVE;
    ULONG at = values->layerId == FWPS_LAYER_INBOUND_MAC_FRAME_ETHERNET ? 0 : 14;

    Permit(out);
    if (!IsOurs(list, at))
        return;
    It.Calls++;
    It.Layer = values->layerId;
    It.Bad += KeGetCurrentIrql() > DISPATCH_LEVEL || list->Next != NULL;
    if (native)
        CheckNative(values);
    else
        CheckEthernet(values, meta);
    if (It.Handle != NULL && FwpsQueryPacketInjectionState0(It.Handle, list, NULL) == FWPS_PACKET_INJECTED_BY_SELF) {
        It.Injected++;
        return;
    }
    if (It.Keep) {
        Take(list, 14 - at, out);
    } else if (It.Action == FWP_ACTION_BLOCK) {
        Block(out);
        out->flags |= It.Out;
    }
}

static const GUID *const Layers[] = {&FWPM_LAYER_OUTBOUND_MAC_FRAME_ETHERNET, &FWPM_LAYER_OUTBOUND_MAC_FRAME_NATIVE,
                                     &FWPM_LAYER_INBOUND_MAC_FRAME_NATIVE, &FWPM_LAYER_INBOUND_MAC_FRAME_ETHERNET};
static const UINT16 LayerIds[] = {FWPS_LAYER_OUTBOUND_MAC_FRAME_ETHERNET, FWPS_LAYER_OUTBOUND_MAC_FRAME_NATIVE,
                                  FWPS_LAYER_INBOUND_MAC_FRAME_NATIVE, FWPS_LAYER_INBOUND_MAC_FRAME_ETHERNET};

TEST_CASE(a_frame_passes_every_mac_layer_once_with_its_fields)
{
    for (ULONG n = 0; n < 4; n++) {
        HOOK hook;

        REQUIRE(OpenSocket());
        REQUIRE(AddHook(&hook, Layers[n], Classify, NULL, 0));
        EXPECT_EQ(Shout(), STATUS_SUCCESS);
        EXPECT_EQ(Hear(), 5);
        EXPECT_EQ(It.Calls, 1);
        EXPECT_EQ(It.Layer, LayerIds[n]);
        EXPECT(It.Interface != 0);
        EXPECT_EQ(It.NdisPort, NDIS_DEFAULT_PORT_NUMBER);
        EXPECT_EQ(It.Bad, 0);
        RemoveHook(&hook);
        EXPECT_EQ(Shout(), STATUS_SUCCESS);
        EXPECT_EQ(Hear(), 5);
        EXPECT_EQ(It.Calls, 1);
        EXPECT_EQ(CloseSocket(Socket), STATUS_SUCCESS);
    }
}

TEST_CASE(a_frame_that_is_blocked_at_a_mac_layer_is_gone)
{
    for (ULONG n = 0; n < 8; n++) {
        HOOK hook;

        REQUIRE(OpenSocket());
        It.Action = FWP_ACTION_BLOCK;
        It.Out = n < 4 ? 0 : FWPS_CLASSIFY_OUT_FLAG_ABSORB;
        REQUIRE(AddHook(&hook, Layers[n % 4], Classify, NULL, 0));
        EXPECT_EQ(Shout(), STATUS_SUCCESS);
        EXPECT_EQ(Hear(), 0);
        EXPECT_EQ(It.Calls, 1);
        RemoveHook(&hook);
        EXPECT_EQ(Hear(), 0);
        EXPECT_EQ(CloseSocket(Socket), STATUS_SUCCESS);
    }
}

TEST_CASE(a_condition_on_the_frame_type_selects_frames)
{
    HOOK arp, ip;

    REQUIRE(OpenSocket());
    It.Action = FWP_ACTION_BLOCK;
    REQUIRE(AddHook(&arp, &FWPM_LAYER_OUTBOUND_MAC_FRAME_ETHERNET, Classify, &FWPM_CONDITION_ETHER_TYPE, 0x0806));
    EXPECT_EQ(Shout(), STATUS_SUCCESS);
    EXPECT_EQ(Hear(), 5);
    EXPECT_EQ(It.Calls, 0);
    REQUIRE(AddHook(&ip, &FWPM_LAYER_OUTBOUND_MAC_FRAME_ETHERNET, Classify, &FWPM_CONDITION_ETHER_TYPE, 0x0800));
    EXPECT_EQ(Shout(), STATUS_SUCCESS);
    EXPECT_EQ(Hear(), 0);
    EXPECT_EQ(It.Calls, 1);
    RemoveHook(&ip);
    RemoveHook(&arp);
    EXPECT_EQ(CloseSocket(Socket), STATUS_SUCCESS);
}

/* --- injection ---- */

static VOID NTAPI Injected(VOID *context, NET_BUFFER_LIST *list, BOOLEAN dispatchLevel)
{
    It.Bad += context != &It || (dispatchLevel != FALSE) != (KeGetCurrentIrql() == DISPATCH_LEVEL);
    It.Failed += !NT_SUCCESS(list->Status);
    It.Completed++;
    FwpsFreeCloneNetBufferList0(list, 0);
    KeSetEvent(&Done, IO_NO_INCREMENT, FALSE);
}

static NTSTATUS Inject(ULONG n, PNET_BUFFER_LIST list, FWPS_INJECT_COMPLETE0 *completion)
{
    return n < 2 ? FwpsInjectMacSendAsync0(It.Handle, NULL, 0, LayerIds[n], It.Interface, It.NdisPort, list, completion, &It)
                 : FwpsInjectMacReceiveAsync0(It.Handle, NULL, 0, LayerIds[n], It.Interface, It.NdisPort, list, completion, &It);
}

TEST_CASE(a_frame_that_was_absorbed_goes_on_when_its_clone_is_injected)
{
    for (ULONG n = 0; n < 4; n++) {
        HOOK hook;

        REQUIRE(OpenSocket());
        EXPECT_EQ(FwpsInjectionHandleCreate0(AF_UNSPEC, FWPS_INJECTION_TYPE_L2, &It.Handle), STATUS_SUCCESS);
        It.Keep = TRUE;
        REQUIRE(AddHook(&hook, Layers[n], Classify, NULL, 0));
        EXPECT_EQ(Shout(), STATUS_SUCCESS);
        EXPECT_EQ(Hear(), 0);
        REQUIRE(It.KeptCount == 1);
        EXPECT_EQ(Inject(n, It.Kept[0], Injected), STATUS_SUCCESS);
        EXPECT_EQ(Hear(), 5);
        EXPECT_EQ(Hear(), 0);
        EXPECT_EQ(It.Injected, 1);
        EXPECT_EQ(It.Completed, 1);
        EXPECT_EQ(It.Failed, 0);
        EXPECT_EQ(It.Bad, 0);
        RemoveHook(&hook);
        EXPECT_EQ(FwpsInjectionHandleDestroy0(It.Handle), STATUS_SUCCESS);
        EXPECT_EQ(CloseSocket(Socket), STATUS_SUCCESS);
    }
}

TEST_CASE(a_chain_of_clones_completes_one_by_one)
{
    HOOK hook;

    REQUIRE(OpenSocket());
    EXPECT_EQ(FwpsInjectionHandleCreate0(AF_UNSPEC, FWPS_INJECTION_TYPE_L2, &It.Handle), STATUS_SUCCESS);
    It.Keep = TRUE;
    REQUIRE(AddHook(&hook, Layers[0], Classify, NULL, 0));
    for (ULONG n = 0; n < 3; n++)
        EXPECT_EQ(Shout(), STATUS_SUCCESS);
    REQUIRE(It.KeptCount == 3);
    It.Kept[0]->Next = It.Kept[1];
    It.Kept[1]->Next = It.Kept[2];
    EXPECT_EQ(Inject(0, It.Kept[0], Injected), STATUS_SUCCESS);
    for (ULONG n = 0; n < 3; n++)
        EXPECT_EQ(Hear(), 5);
    EXPECT_EQ(It.Completed, 3);
    EXPECT_EQ(It.Bad, 0);
    RemoveHook(&hook);
    EXPECT_EQ(FwpsInjectionHandleDestroy0(It.Handle), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(Socket), STATUS_SUCCESS);
}

/* What classifyFn was shown may be injected without a completionFn when it is as it was. */
TEST_CASE(an_original_frame_is_injected_without_a_completion)
{
    HOOK hook;

    REQUIRE(OpenSocket());
    EXPECT_EQ(FwpsInjectionHandleCreate0(AF_UNSPEC, FWPS_INJECTION_TYPE_L2, &It.Handle), STATUS_SUCCESS);
    It.Keep = It.KeepOriginal = TRUE;
    REQUIRE(AddHook(&hook, Layers[0], Classify, NULL, 0));
    EXPECT_EQ(Shout(), STATUS_SUCCESS);
    EXPECT_EQ(Hear(), 0);
    REQUIRE(It.KeptCount == 1);
    EXPECT_EQ(Inject(0, It.Kept[0], NULL), STATUS_SUCCESS);
    FwpsDereferenceNetBufferList0(It.Kept[0], FALSE);
    EXPECT_EQ(Hear(), 5);
    EXPECT_EQ(It.Injected, 1);
    EXPECT_EQ(It.Bad, 0);
    RemoveHook(&hook);
    EXPECT_EQ(FwpsInjectionHandleDestroy0(It.Handle), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(Socket), STATUS_SUCCESS);
}

TEST_CASE(injections_of_frames_check_their_arguments)
{
    HANDLE handle, other;
    HOOK hook;

    REQUIRE(OpenSocket());
    EXPECT_EQ(FwpsInjectionHandleCreate0(AF_UNSPEC, FWPS_INJECTION_TYPE_L2, &handle), STATUS_SUCCESS);
    EXPECT_EQ(FwpsInjectionHandleCreate0(AF_INET, FWPS_INJECTION_TYPE_NETWORK, &other), STATUS_SUCCESS);
    It.Keep = TRUE;
    REQUIRE(AddHook(&hook, Layers[0], Classify, NULL, 0));
    EXPECT_EQ(Shout(), STATUS_SUCCESS);
    REQUIRE(It.KeptCount == 1);
    It.Handle = other;
    EXPECT_EQ(Inject(0, It.Kept[0], Injected), STATUS_FWP_INJECT_HANDLE_STALE);
    It.Handle = handle;
    EXPECT_EQ(Inject(0, It.Kept[0], NULL), STATUS_FWP_NULL_POINTER);
    EXPECT_EQ(FwpsInjectMacSendAsync0(handle, NULL, 1, LayerIds[0], It.Interface, 0, It.Kept[0], Injected, &It), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(FwpsInjectMacSendAsync0(handle, NULL, 0, LayerIds[3], It.Interface, 0, It.Kept[0], Injected, &It), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(It.Completed, 0);
    It.Interface = 4711;                /* nobody has it: that is found out later */
    EXPECT_EQ(Inject(0, It.Kept[0], Injected), STATUS_SUCCESS);
    EXPECT_EQ(WaitMs(&Done, 100), STATUS_SUCCESS);
    EXPECT_EQ(It.Completed, 1);
    EXPECT_EQ(It.Failed, 1);
    RemoveHook(&hook);
    EXPECT_EQ(FwpsInjectionHandleDestroy0(handle), STATUS_SUCCESS);
    EXPECT_EQ(FwpsInjectionHandleDestroy0(other), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(Socket), STATUS_SUCCESS);
}
