/* Endpoints of the stack as callout drivers see them, and fragments put together. docs: fwpsk/nf-fwpsk-fwpsaleendpointenum0,
 * fwpsk/nf-fwpsk-fwpsreassembleforwardfragmentgroup0 */
#include "wfp_helpers.h"

static UINT64 Seen;

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

/* --- endpoints ---- */

static FWPS_ALE_ENDPOINT_ENUM_TEMPLATE0 OfProtocol(UINT8 protocol)
{
    FWPS_ALE_ENDPOINT_ENUM_TEMPLATE0 wanted;

    RtlZeroMemory(&wanted, sizeof(wanted));
    wanted.ipProtocol.type = FWP_UINT8;
    wanted.ipProtocol.uint8 = protocol;
    return wanted;
}

/* How many match; the first one's identifier in *id. */
static UINT32 Count(const FWPS_ALE_ENDPOINT_ENUM_TEMPLATE0 *wanted, UINT64 *id)
{
    FWPS_ALE_ENDPOINT_PROPERTIES0 **entries = NULL;
    UINT32 count = 0;
    HANDLE handle;

    if (!NT_SUCCESS(FwpsAleEndpointCreateEnumHandle0(Engine, wanted, &handle)))
        return MAXULONG;
    EXPECT_EQ(FwpsAleEndpointEnum0(Engine, handle, 100, &entries, &count), STATUS_SUCCESS);
    if (count != 0)
        *id = entries[0]->endpointId;
    FwpmFreeMemory0((void **)&entries);
    EXPECT(entries == NULL);
    EXPECT_EQ(FwpsAleEndpointDestroyEnumHandle0(Engine, handle), STATUS_SUCCESS);
    return count;
}

TEST_CASE(a_bound_socket_is_an_endpoint_with_its_port)
{
    FWPS_ALE_ENDPOINT_ENUM_TEMPLATE0 wanted = OfProtocol(IPPROTO_UDP);
    FWPS_ALE_ENDPOINT_PROPERTIES0 *endpoint = NULL;
    PWSK_SOCKET socket = NewSocket(AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL);
    ADDRESS address;
    UINT64 id = 0;
    USHORT port;

    REQUIRE(socket != NULL);
    EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->WskBind(socket, Loopback(&address, AF_INET, 0), 0, Irp)), STATUS_SUCCESS);
    port = PortOf(socket, WSK_FLAG_DATAGRAM_SOCKET);
    wanted.localPort.type = FWP_UINT16;
    wanted.localPort.uint16 = port;
    EXPECT_EQ(Count(&wanted, &id), 1);
    EXPECT_EQ(FwpsAleEndpointGetById0(Engine, id, &endpoint), STATUS_SUCCESS);
    if (endpoint != NULL) {
        EXPECT_EQ(endpoint->endpointId, id);
        EXPECT_EQ(endpoint->ipVersion, FWP_IP_VERSION_V4);
        EXPECT_EQ(endpoint->ipProtocol, IPPROTO_UDP);
        EXPECT_EQ(endpoint->localPort, port);
        EXPECT_EQ(endpoint->localV4Address, 0x7f000001u);
        EXPECT_EQ(endpoint->remotePort, 0);
        FwpmFreeMemory0((void **)&endpoint);
    }
    wanted.localPort.uint16 = (UINT16)(port + 1);
    EXPECT_EQ(Count(&wanted, &id), 0);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
    wanted.localPort.uint16 = port;
    EXPECT_EQ(Count(&wanted, &id), 0);
    EXPECT_EQ(FwpsAleEndpointGetById0(Engine, id, &endpoint), STATUS_FWP_NOT_FOUND);
}

TEST_CASE(a_connection_has_an_endpoint_at_each_end)
{
    FWPS_ALE_ENDPOINT_ENUM_TEMPLATE0 wanted = OfProtocol(IPPROTO_TCP);
    FWP_V4_ADDR_AND_MASK net = {0x7f000000, 0xff000000};
    UINT64 id = 0;
    PAIR pair;

    REQUIRE(OpenPair(&pair, AF_INET, NULL, NULL));
    wanted.remotePort.type = FWP_UINT16;
    wanted.remotePort.uint16 = pair.Port;
    EXPECT_EQ(Count(&wanted, &id), 1);
    wanted.remotePort.type = FWP_EMPTY;
    wanted.localPort.type = FWP_UINT16;
    wanted.localPort.uint16 = pair.Port;
    EXPECT_EQ(Count(&wanted, &id), 2);           /* the listener, too */
    wanted.remoteSubNet.type = FWP_V4_ADDR_MASK;
    wanted.remoteSubNet.v4AddrMask = &net;
    EXPECT_EQ(Count(&wanted, &id), 1);
    net.addr = 0x0a000000;
    EXPECT_EQ(Count(&wanted, &id), 0);
    ClosePair(&pair);
}

static void NTAPI See(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                      const VOID *classifyContext, const FWPS_FILTER1 *filter, UINT64 flowContext, FWPS_CLASSIFY_OUT0 *out)
{
    if (FWPS_IS_METADATA_FIELD_PRESENT(meta, FWPS_METADATA_FIELD_TRANSPORT_ENDPOINT_HANDLE))
        Seen = meta->transportEndpointHandle;
    Permit(out);
}

TEST_CASE(the_handle_of_classifications_is_the_identifier)
{
    FWPS_ALE_ENDPOINT_PROPERTIES0 *endpoint = NULL;
    PAIR pair;
    HOOK hook;

    REQUIRE(AddHook(&hook, &FWPM_LAYER_ALE_AUTH_CONNECT_V4, See, NULL, 0));
    REQUIRE(OpenPair(&pair, AF_INET, NULL, NULL));
    EXPECT_EQ(FwpsAleEndpointGetById0(Engine, Seen, &endpoint), STATUS_SUCCESS);
    if (endpoint != NULL) {
        EXPECT_EQ(endpoint->remotePort, pair.Port);
        FwpmFreeMemory0((void **)&endpoint);
    }
    ClosePair(&pair);
    RemoveHook(&hook);
}

TEST_CASE(few_are_asked_for_at_a_time_and_every_one_comes_once)
{
    FWPS_ALE_ENDPOINT_ENUM_TEMPLATE0 wanted = OfProtocol(IPPROTO_TCP);
    FWPS_ALE_ENDPOINT_PROPERTIES0 **entries = NULL;
    UINT64 ids[8] = {0};
    UINT32 count = 1, got = 0;
    HANDLE handle;
    PAIR pair;

    REQUIRE(OpenPair(&pair, AF_INET6, NULL, NULL));
    EXPECT_EQ(FwpsAleEndpointCreateEnumHandle0(Engine, &wanted, &handle), STATUS_SUCCESS);
    while (count != 0 && got < 8) {
        EXPECT_EQ(FwpsAleEndpointEnum0(Engine, handle, 1, &entries, &count), STATUS_SUCCESS);
        EXPECT(count <= 1);
        if (count == 1) {
            EXPECT_EQ(entries[0]->ipVersion, FWP_IP_VERSION_V6);
            ids[got++] = entries[0]->endpointId;
        }
        FwpmFreeMemory0((void **)&entries);
    }
    EXPECT_EQ(got, 3);
    EXPECT(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2]);
    EXPECT_EQ(FwpsAleEndpointDestroyEnumHandle0(Engine, handle), STATUS_SUCCESS);
    ClosePair(&pair);
}

TEST_CASE(templates_with_wrong_types_are_refused)
{
    FWPS_ALE_ENDPOINT_ENUM_TEMPLATE0 wanted = OfProtocol(IPPROTO_TCP);
    HANDLE handle;

    wanted.localPort.type = FWP_UINT64;
    EXPECT(!NT_SUCCESS(FwpsAleEndpointCreateEnumHandle0(Engine, &wanted, &handle)));
}

/* --- fragments ---- */

enum { DATA = 40 };

typedef struct _FRAGMENT {
    UCHAR Bytes[128];
    PMDL Mdl;
    PNET_BUFFER_LIST List;
} FRAGMENT;

static NDIS_HANDLE Pool;

static BOOLEAN OpenPool(void)
{
    NET_BUFFER_LIST_POOL_PARAMETERS parameters;

    RtlZeroMemory(&parameters, sizeof(parameters));
    parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    parameters.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.fAllocateNetBuffer = TRUE;
    parameters.PoolTag = WSK_TEST_TAG;
    Pool = NdisAllocateNetBufferListPool(NULL, &parameters);
    return Pool != NULL;
}

static ULONG PutHeader(PUCHAR at, BOOLEAN v6, ULONG offset, ULONG length, BOOLEAN more)
{
    RtlZeroMemory(at, 48);
    if (v6) {
        at[0] = 0x60;
        at[5] = (UCHAR)(8 + length);
        at[6] = 44;
        at[7] = 64;
        at[23] = at[39] = 1;
        at[40] = IPPROTO_UDP;
        at[43] = (UCHAR)(offset | more);
        return 48;
    }
    at[0] = 0x45;
    at[3] = (UCHAR)(20 + length);
    at[6] = more ? 0x20 : 0;
    at[7] = (UCHAR)(offset / 8);
    at[8] = 64;
    at[9] = IPPROTO_UDP;
    at[12] = at[16] = 10;
    at[19] = 1;
    return 20;
}

static BOOLEAN Make(FRAGMENT *fragment, BOOLEAN v6, ULONG offset, ULONG length, BOOLEAN more)
{
    ULONG header = PutHeader(fragment->Bytes, v6, offset, length, more);

    for (ULONG n = 0; n < length; n++)
        fragment->Bytes[header + n] = (UCHAR)(offset + n);
    fragment->Mdl = IoAllocateMdl(fragment->Bytes, header + length, FALSE, FALSE, NULL);
    if (fragment->Mdl == NULL)
        return FALSE;
    MmBuildMdlForNonPagedPool(fragment->Mdl);
    fragment->List = NdisAllocateNetBufferAndNetBufferList(Pool, 0, 0, fragment->Mdl, 0, header + length);
    return fragment->List != NULL;
}

static void Free(FRAGMENT *fragment)
{
    if (fragment->List != NULL)
        NdisFreeNetBufferList(fragment->List);
    if (fragment->Mdl != NULL)
        IoFreeMdl(fragment->Mdl);
}

static USHORT SumOf(const UCHAR *header)
{
    ULONG sum = 0;

    for (ULONG n = 0; n < 20; n += 2)
        sum += header[n] * 256u + header[n + 1];
    return (USHORT)((sum & 0xffff) + (sum >> 16));
}

static void ExpectWhole(PNET_BUFFER_LIST list, BOOLEAN v6)
{
    ULONG header = v6 ? 40 : 20;
    UCHAR room[40 + DATA];
    PNET_BUFFER buffer = NET_BUFFER_LIST_FIRST_NB(list);
    const UCHAR *bytes;

    EXPECT(NET_BUFFER_NEXT_NB(buffer) == NULL);
    REQUIRE(NET_BUFFER_DATA_LENGTH(buffer) == header + DATA);
    bytes = (const UCHAR *)NdisGetDataBuffer(buffer, header + DATA, room, 1, 0);
    for (ULONG n = 0; n < DATA; n++)
        EXPECT_EQ(bytes[header + n], n);
    if (v6) {
        EXPECT_EQ(bytes[5], DATA);
        EXPECT_EQ(bytes[6], IPPROTO_UDP);
    } else {
        EXPECT_EQ(bytes[3], 20 + DATA);
        EXPECT_EQ(bytes[6] * 256 + bytes[7], 0);
        EXPECT_EQ(SumOf(bytes), 0xffff);
    }
}

static NTSTATUS Assemble(FRAGMENT *f, ULONG count, BOOLEAN v6, PNET_BUFFER_LIST *whole)
{
    for (ULONG n = 0; n < count; n++)
        f[n].List->Next = n + 1 < count ? f[n + 1].List : NULL;
    *whole = NULL;
    return FwpsReassembleForwardFragmentGroup0(v6 ? AF_INET6 : AF_INET, f[0].List, NULL, 14, 0, whole);
}

TEST_CASE(fragments_in_any_order_make_one_packet)
{
    static FRAGMENT f[3];

    REQUIRE(OpenPool());
    for (BOOLEAN v6 = 0; v6 < 2; v6++) {
        PNET_BUFFER_LIST whole;

        RtlZeroMemory(f, sizeof(f));
        if (Make(&f[0], v6, 32, DATA - 32, FALSE) && Make(&f[1], v6, 0, 16, TRUE) && Make(&f[2], v6, 16, 16, TRUE)) {
            EXPECT_EQ(Assemble(f, 3, v6, &whole), STATUS_SUCCESS);
            if (whole != NULL) {
                ExpectWhole(whole, v6);
                EXPECT_EQ(NdisRetreatNetBufferDataStart(NET_BUFFER_LIST_FIRST_NB(whole), 14, 0, NULL), NDIS_STATUS_SUCCESS);
                NdisAdvanceNetBufferDataStart(NET_BUFFER_LIST_FIRST_NB(whole), 14, FALSE, NULL);
                FwpsFreeNetBufferList0(whole);
            }
        }
        for (ULONG n = 0; n < 3; n++)
            Free(&f[n]);
    }
    NdisFreeNetBufferListPool(Pool);
}

TEST_CASE(fragments_with_a_hole_or_a_false_header_make_none)
{
    static FRAGMENT f[2];

    REQUIRE(OpenPool());
    for (BOOLEAN v6 = 0; v6 < 2; v6++) {
        PNET_BUFFER_LIST whole;

        RtlZeroMemory(f, sizeof(f));
        if (Make(&f[0], v6, 0, 16, TRUE) && Make(&f[1], v6, 24, 16, FALSE)) {
            EXPECT(!NT_SUCCESS(Assemble(f, 2, v6, &whole)));
            EXPECT(!NT_SUCCESS(Assemble(f, 1, v6, &whole)));
            f[1].Bytes[0] = 0;
            EXPECT(!NT_SUCCESS(Assemble(f, 2, v6, &whole)));
        }
        for (ULONG n = 0; n < 2; n++)
            Free(&f[n]);
    }
    NdisFreeNetBufferListPool(Pool);
}
