/* The layers of forwarded packets. Two interfaces forward; a packet is received by the first (by injection) and leaves by the second, to a
 * neighbour whose address is known. docs: network/packet-injection-functions, fwpsk/nf-fwpsk-fwpsinjectforwardasync0,
 * network/data-offset-positions
 * run after: vionet
 * run with: --nic=null --nic=null */
#include "wfp_helpers.h"
#include "ip_helpers.h"

enum { PAYLOAD = 5, TTL = 9 };

static struct {
    ADDRESS_FAMILY Family;
    ULONG First, Second;                /* interface indexes */
    volatile LONG Forwards, Discards, Left, Errors, Bad, Injected, Failed;
    FWP_ACTION_TYPE Action;
    BOOLEAN Keep;
    PNET_BUFFER_LIST Kept;
    HANDLE Receive, Forward;
    UCHAR Hops;                         /* of what left */
    UCHAR Packet[40 + 8 + PAYLOAD];
    ULONG Size;
} It;

static KEVENT Done;
static NDIS_HANDLE Pool;

/* --- the computer: 10.0.0.1/24, fd00:0::1/64 and 10.1.0.1/24, fd00:1::1/64, with a neighbour .9 behind the second ---- */

static BOOLEAN FindInterfaces(void)
{
    PMIB_IF_TABLE2 table;

    if (!NT_SUCCESS(GetIfTable2Ex(MibIfTableNormalWithoutStatistics, &table)))
        return FALSE;
    It.First = It.Second = 0;
    for (ULONG i = 0; i < table->NumEntries; i++)
        if (table->Table[i].Type == IF_TYPE_ETHERNET_CSMACD) {
            It.Second = It.First != 0 ? table->Table[i].InterfaceIndex : 0;
            It.First = It.First != 0 ? It.First : table->Table[i].InterfaceIndex;
        }
    FreeMibTable(table);
    return (BOOLEAN)(It.Second != 0);
}

static MIB_UNICASTIPADDRESS_ROW AddressRow(ULONG index, const char *text, UINT8 length)
{
    MIB_UNICASTIPADDRESS_ROW row;

    InitializeUnicastIpAddressEntry(&row);
    row.InterfaceIndex = index;
    row.Address = address_of(text);
    row.OnLinkPrefixLength = length;
    row.DadState = IpDadStatePreferred;
    return row;
}

static const struct {
    const char *Text;
    UINT8 Length;
    BOOLEAN Second;
} Addresses[] = {{"10.0.0.1", 24, FALSE}, {"10.1.0.1", 24, TRUE}, {"fd00::1", 64, FALSE}, {"fd00:0:0:1::1", 64, TRUE}};

static MIB_IPNET_ROW2 NeighbourRow(const char *text)
{
    MIB_IPNET_ROW2 row;

    RtlZeroMemory(&row, sizeof(row));
    row.InterfaceIndex = It.Second;
    row.Address = address_of(text);
    row.PhysicalAddressLength = 6;
    row.PhysicalAddress[0] = 2;
    row.PhysicalAddress[5] = 0x99;
    return row;
}

static void SetForwarding(ULONG index, ADDRESS_FAMILY family, BOOLEAN on)
{
    MIB_IPINTERFACE_ROW row;

    InitializeIpInterfaceEntry(&row);
    row.Family = family;
    row.InterfaceIndex = index;
    EXPECT_EQ(GetIpInterfaceEntry(&row), STATUS_SUCCESS);
    row.ForwardingEnabled = on;
    row.SitePrefixLength = 0;
    EXPECT_EQ(SetIpInterfaceEntry(&row), STATUS_SUCCESS);
}

TEST_SETUP(open_all)
{
    MIB_IPNET_ROW2 v4, v6;
    NET_BUFFER_LIST_POOL_PARAMETERS parameters;

    KeInitializeEvent(&Done, SynchronizationEvent, FALSE);
    EXPECT_EQ(OpenWfp(), STATUS_SUCCESS);
    REQUIRE(FindInterfaces());
    for (ULONG i = 0; i < 4; i++) {
        MIB_UNICASTIPADDRESS_ROW row = AddressRow(Addresses[i].Second ? It.Second : It.First, Addresses[i].Text, Addresses[i].Length);

        EXPECT_EQ(CreateUnicastIpAddressEntry(&row), STATUS_SUCCESS);
    }
    v4 = NeighbourRow("10.1.0.9");
    v6 = NeighbourRow("fd00:0:0:1::9");
    EXPECT_EQ(CreateIpNetEntry2(&v4), STATUS_SUCCESS);
    EXPECT_EQ(CreateIpNetEntry2(&v6), STATUS_SUCCESS);
    for (ULONG i = 0; i < 4; i++)
        SetForwarding(i % 2 ? It.Second : It.First, i < 2 ? AF_INET : AF_INET6, TRUE);
    RtlZeroMemory(&parameters, sizeof(parameters));
    parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    parameters.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.fAllocateNetBuffer = TRUE;
    parameters.PoolTag = WSK_TEST_TAG;
    Pool = NdisAllocateNetBufferListPool(NULL, &parameters);
    EXPECT(Pool != NULL);
}

TEST_TEARDOWN(close_all)
{
    NdisFreeNetBufferListPool(Pool);
    for (ULONG i = 0; i < 4; i++) {
        MIB_UNICASTIPADDRESS_ROW row = AddressRow(Addresses[i].Second ? It.Second : It.First, Addresses[i].Text, Addresses[i].Length);

        EXPECT_EQ(DeleteUnicastIpAddressEntry(&row), STATUS_SUCCESS);
    }
    CloseWfp();
}

/* --- the packet ---- */

static USHORT Sum(const UCHAR *at, ULONG size, ULONG sum)
{
    for (ULONG n = 0; n < size; n += 2)
        sum += at[n] * 256u + (n + 1 < size ? at[n + 1] : 0u);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (USHORT)sum;
}

static void BuildPacket(UCHAR hops)
{
    PUCHAR at = It.Packet;
    ULONG header = It.Family == AF_INET ? 20 : 40, length = 8 + PAYLOAD;

    RtlZeroMemory(at, sizeof(It.Packet));
    It.Size = header + length;
    if (It.Family == AF_INET) {
        at[0] = 0x45;
        at[3] = (UCHAR)It.Size;
        at[8] = hops;
        at[9] = IPPROTO_UDP;
        at[12] = at[16] = 10;
        at[15] = at[19] = 9;
        at[17] = 1;
        *(USHORT *)(at + 10) = RtlUshortByteSwap((USHORT)~Sum(at, 20, 0));
    } else {
        at[0] = 0x60;
        at[5] = (UCHAR)length;
        at[6] = IPPROTO_UDP;
        at[7] = hops;
        at[8] = at[24] = 0xfd;
        at[23] = at[39] = 9;
        at[31] = 1;
    }
    at[header + 1] = at[header + 3] = 53;
    at[header + 5] = (UCHAR)length;
    RtlCopyMemory(at + header + 8, "hello", PAYLOAD);
    *(USHORT *)(at + header + 6) = RtlUshortByteSwap((USHORT)~Sum(at + header, length,
        Sum(It.Family == AF_INET ? at + 12 : at + 8, It.Family == AF_INET ? 8 : 32, IPPROTO_UDP + length)));
}

static VOID NTAPI ReceiveDone(VOID *context, NET_BUFFER_LIST *list, BOOLEAN dispatchLevel)
{
    PMDL mdl = NET_BUFFER_FIRST_MDL(NET_BUFFER_LIST_FIRST_NB(list));

    It.Failed += !NT_SUCCESS(list->Status);
    FwpsFreeNetBufferList0(list);
    IoFreeMdl(mdl);
    KeSetEvent(&Done, IO_NO_INCREMENT, FALSE);
}

/* Comes in at the first interface, and whatever follows of it has happened. */
static NTSTATUS Arrive(UCHAR hops)
{
    PNET_BUFFER_LIST list = NULL;
    NTSTATUS status;
    PMDL mdl;

    BuildPacket(hops);
    mdl = IoAllocateMdl(It.Packet, It.Size, FALSE, FALSE, NULL);
    if (mdl == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    MmBuildMdlForNonPagedPool(mdl);
    status = FwpsAllocateNetBufferAndNetBufferList0(Pool, 0, 0, mdl, 0, It.Size, &list);
    if (NT_SUCCESS(status)) {
        status = FwpsInjectNetworkReceiveAsync0(It.Receive, NULL, 0, UNSPECIFIED_COMPARTMENT_ID, It.First, 0, list, ReceiveDone, NULL);
        if (!NT_SUCCESS(status))
            FwpsFreeNetBufferList0(list);
    }
    if (!NT_SUCCESS(status)) {
        IoFreeMdl(mdl);
        return status;
    }
    status = WaitMs(&Done, 1000);
    pause_ms(5);
    return status;
}

/* --- callouts ---- */

static void CheckFields(const FWPS_INCOMING_VALUES0 *values)
{
    const FWPS_INCOMING_VALUE0 *v = values->incomingValue;

    It.Bad += v[FWPS_FIELD_IPFORWARD_V4_SOURCE_INTERFACE_INDEX].value.uint32 != It.First;
    It.Bad += v[FWPS_FIELD_IPFORWARD_V4_DESTINATION_INTERFACE_INDEX].value.uint32 != It.Second;
    It.Bad += v[FWPS_FIELD_IPFORWARD_V4_IP_DESTINATION_ADDRESS_TYPE].value.uint8 != NlatUnicast;
    It.Bad += v[FWPS_FIELD_IPFORWARD_V4_COMPARTMENT_ID].value.uint32 != DEFAULT_COMPARTMENT_ID;
    if (It.Family == AF_INET) {
        It.Bad += v[FWPS_FIELD_IPFORWARD_V4_IP_SOURCE_ADDRESS].value.uint32 != 0x0a000009;
        It.Bad += v[FWPS_FIELD_IPFORWARD_V4_IP_DESTINATION_ADDRESS].value.uint32 != 0x0a010009;
    } else {
        It.Bad += RtlCompareMemory(v[FWPS_FIELD_IPFORWARD_V6_IP_SOURCE_ADDRESS].value.byteArray16, It.Packet + 8, 16) != 16;
        It.Bad += RtlCompareMemory(v[FWPS_FIELD_IPFORWARD_V6_IP_DESTINATION_ADDRESS].value.byteArray16, It.Packet + 24, 16) != 16;
    }
}

static VOID NTAPI Forward(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data, const VOID *context,
                          const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    PNET_BUFFER buffer = NET_BUFFER_LIST_FIRST_NB((PNET_BUFFER_LIST)data);
    UCHAR room[40];
    const UCHAR *bytes = (const UCHAR *)NdisGetDataBuffer(buffer, 20, room, 1, 0);

    It.Forwards++;
    It.Bad += NET_BUFFER_DATA_LENGTH(buffer) != It.Size || bytes == NULL || bytes[0] != It.Packet[0];
    It.Bad += !FWPS_IS_METADATA_FIELD_PRESENT(meta, FWPS_METADATA_FIELD_COMPARTMENT_ID) || meta->compartmentId != DEFAULT_COMPARTMENT_ID;
    CheckFields(values);
    if (It.Keep) {
        It.Bad += FwpsAllocateCloneNetBufferList0((PNET_BUFFER_LIST)data, NULL, NULL, 0, &It.Kept) != STATUS_SUCCESS;
        Absorb(out);
    } else if (It.Action == FWP_ACTION_BLOCK) {
        Block(out);
    } else {
        Permit(out);
    }
}

static VOID NTAPI Discarded(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data, const VOID *context,
                            const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    It.Discards++;
    CheckFields(values);
    Permit(out);
}

static VOID NTAPI Leaves(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data, const VOID *context,
                         const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    PNET_BUFFER buffer = NET_BUFFER_LIST_FIRST_NB((PNET_BUFFER_LIST)data);
    UCHAR room[14 + sizeof(It.Packet)];
    const UCHAR *bytes;

    Permit(out);
    if (NET_BUFFER_DATA_LENGTH(buffer) != 14 + It.Size)
        return;
    bytes = (const UCHAR *)NdisGetDataBuffer(buffer, 14 + It.Size, room, 1, 0);
    if (bytes == NULL || bytes[14] != It.Packet[0] || RtlCompareMemory(bytes + 14 + It.Size - PAYLOAD, "hello", PAYLOAD) != PAYLOAD)
        return;
    It.Left++;
    It.Hops = It.Family == AF_INET ? bytes[14 + 8] : bytes[14 + 7];
    It.Bad += values->incomingValue[FWPS_FIELD_OUTBOUND_MAC_FRAME_ETHERNET_INTERFACE_INDEX].value.uint32 != It.Second;
    It.Bad += bytes[0] != 2 || bytes[5] != 0x99;
    if (It.Family == AF_INET)
        It.Bad += Sum(bytes + 14, 20, 0) != 0xffff;
}

static VOID NTAPI SaysError(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data, const VOID *context,
                            const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    It.Errors++;
    Permit(out);
}

static HOOK Hooks[4];

static BOOLEAN Watch(ADDRESS_FAMILY family)
{
    BOOLEAN v4 = family == AF_INET;
    ULONG first = It.First, second = It.Second;

    RtlZeroMemory(&It, sizeof(It));
    It.First = first;
    It.Second = second;
    It.Family = family;
    It.Action = FWP_ACTION_PERMIT;
    return (BOOLEAN)(FwpsInjectionHandleCreate0(family, FWPS_INJECTION_TYPE_NETWORK, &It.Receive) == STATUS_SUCCESS &&
                     FwpsInjectionHandleCreate0(family, FWPS_INJECTION_TYPE_FORWARD, &It.Forward) == STATUS_SUCCESS &&
                     AddHook(&Hooks[0], v4 ? &FWPM_LAYER_IPFORWARD_V4 : &FWPM_LAYER_IPFORWARD_V6, Forward, NULL, 0) &&
                     AddHook(&Hooks[1], v4 ? &FWPM_LAYER_IPFORWARD_V4_DISCARD : &FWPM_LAYER_IPFORWARD_V6_DISCARD, Discarded, NULL, 0) &&
                     AddHook(&Hooks[2], &FWPM_LAYER_OUTBOUND_MAC_FRAME_ETHERNET, Leaves, NULL, 0) &&
                     AddHook(&Hooks[3], v4 ? &FWPM_LAYER_OUTBOUND_ICMP_ERROR_V4 : &FWPM_LAYER_OUTBOUND_ICMP_ERROR_V6, SaysError, NULL, 0));
}

static void Unwatch(void)
{
    for (ULONG n = 0; n < 4; n++)
        RemoveHook(&Hooks[n]);
    EXPECT_EQ(FwpsInjectionHandleDestroy0(It.Receive), STATUS_SUCCESS);
    EXPECT_EQ(FwpsInjectionHandleDestroy0(It.Forward), STATUS_SUCCESS);
    EXPECT_EQ(It.Bad, 0);
    EXPECT_EQ(It.Failed, 0);
}

/* --- tests ---- */

static void ForBoth(void (*body)(void))
{
    static const ADDRESS_FAMILY families[] = {AF_INET, AF_INET6};

    for (ULONG n = 0; n < 2; n++) {
        REQUIRE(Watch(families[n]));
        body();
        Unwatch();
    }
}

static void Permitted(void)
{
    EXPECT_EQ(Arrive(TTL), STATUS_SUCCESS);
    EXPECT_EQ(It.Forwards, 1);
    EXPECT_EQ(It.Left, 1);
    EXPECT_EQ(It.Hops, TTL - 1);
    EXPECT_EQ(It.Discards, 0);
}

TEST_CASE(a_forwarded_packet_is_shown_with_both_interfaces)
{
    ForBoth(Permitted);
}

static void Blocked(void)
{
    It.Action = FWP_ACTION_BLOCK;
    EXPECT_EQ(Arrive(TTL), STATUS_SUCCESS);
    EXPECT_EQ(It.Forwards, 1);
    EXPECT_EQ(It.Left, 0);
    EXPECT_EQ(It.Discards, 1);
}

TEST_CASE(a_blocked_packet_does_not_leave_and_is_told_at_the_discard_layer)
{
    ForBoth(Blocked);
}

static VOID NTAPI ForwardDone(VOID *context, NET_BUFFER_LIST *list, BOOLEAN dispatchLevel)
{
    It.Failed += !NT_SUCCESS(list->Status);
    It.Injected++;
    FwpsFreeCloneNetBufferList0(list, 0);
    KeSetEvent(&Done, IO_NO_INCREMENT, FALSE);
}

static void Reinjected(void)
{
    It.Keep = TRUE;
    EXPECT_EQ(Arrive(TTL), STATUS_SUCCESS);
    EXPECT_EQ(It.Left, 0);
    EXPECT_EQ(It.Discards, 0);
    REQUIRE(It.Kept != NULL);
    EXPECT_EQ(FwpsInjectForwardAsync0(It.Forward, NULL, 0, It.Family, DEFAULT_COMPARTMENT_ID, It.Second, It.Kept, ForwardDone, NULL),
              STATUS_SUCCESS);
    EXPECT_EQ(WaitMs(&Done, 1000), STATUS_SUCCESS);
    pause_ms(5);
    EXPECT_EQ(It.Injected, 1);
    EXPECT_EQ(It.Left, 1);
    EXPECT_EQ(It.Forwards, 1);
}

TEST_CASE(a_clone_that_is_injected_into_the_forward_path_leaves_and_is_not_shown_again)
{
    ForBoth(Reinjected);
}

static void NoHopsLeft(void)
{
    EXPECT_EQ(Arrive(1), STATUS_SUCCESS);
    EXPECT_EQ(It.Left, 0);
    EXPECT_EQ(It.Errors, 1);
}

TEST_CASE(a_packet_whose_hops_are_used_up_is_answered_with_an_error)
{
    ForBoth(NoHopsLeft);
}

static void NotForwarding(void)
{
    SetForwarding(It.First, It.Family, FALSE);
    EXPECT_EQ(Arrive(TTL), STATUS_SUCCESS);
    EXPECT_EQ(It.Forwards, 0);
    EXPECT_EQ(It.Left, 0);
    SetForwarding(It.First, It.Family, TRUE);
    EXPECT_EQ(Arrive(TTL), STATUS_SUCCESS);
    EXPECT_EQ(It.Left, 1);
}

TEST_CASE(an_interface_that_does_not_forward_lets_nothing_through)
{
    ForBoth(NotForwarding);
}
