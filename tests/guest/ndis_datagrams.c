/* Datagrams that an adapter put together (UDP receive segment coalescing) reach sockets one by one. A filter module makes the unit.
 * run after: vhub
 * run with: --root-device=ROOT\VHUB --ip=10.0.0.1/24 */
#define NDIS689 1
#include <ndis.h>
#include "ndis_modules.h"
#include "wsk_helpers.h"

#define SEGMENT 50
#define HEADERS 42

static void Put(PUCHAR at, ULONG value)
{
    at[0] = (UCHAR)(value >> 8);
    at[1] = (UCHAR)value;
}

/* Ethernet, IPv4 and UDP from 10.0.0.9 to 10.0.0.1, both checksums zero, as the rules for such units have it. */
static void BuildUnit(PUCHAR frame, USHORT port, ULONG payload)
{
    static const UCHAR from[] = { 2, 0, 0, 0, 0, 9 }, addresses[] = { 10, 0, 0, 9, 10, 0, 0, 1 };

    NdisZeroMemory(frame, HEADERS);
    NdisMoveMemory(frame, Filters.Module[0].Address, 6);
    NdisMoveMemory(frame + 6, from, 6);
    Put(frame + 12, 0x0800);
    frame[14] = 0x45;
    Put(frame + 16, 28 + payload);
    frame[22] = 64;
    frame[23] = 17;
    NdisMoveMemory(frame + 26, addresses, 8);
    Put(frame + 34, 7000);
    Put(frame + 36, port);
    Put(frame + 38, 8 + payload);
    for (ULONG i = 0; i < payload; i++)
        frame[HEADERS + i] = (UCHAR)('a' + i / SEGMENT);
}

static BOOLEAN Indicate(NDIS_HANDLE pool, PUCHAR frame, ULONG payload, USHORT segments)
{
    NDIS_UDP_RSC_OFFLOAD_NET_BUFFER_LIST_INFO unit = { .Value = NULL };
    NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO sums = { .Value = NULL };
    PMDL mdl = NdisAllocateMdl(Filters.Module[0].Handle, frame, HEADERS + payload);
    PNET_BUFFER_LIST list = mdl != NULL ? NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, mdl, 0, HEADERS + payload) : NULL;

    if (list == NULL)
        return FALSE;
    unit.Receive.SegCount = segments;
    unit.Receive.SegSize = segments != 0 ? SEGMENT : 0;
    sums.Receive.IpChecksumSucceeded = sums.Receive.UdpChecksumSucceeded = 1;
    NET_BUFFER_LIST_INFO(list, UdpRecvSegCoalesceOffloadInfo) = unit.Value;
    NET_BUFFER_LIST_INFO(list, TcpIpChecksumNetBufferListInfo) = sums.Value;
    EXPECT_EQ(NET_BUFFER_LIST_UDP_COALESCED_SEG_COUNT(list), segments);
    list->SourceHandle = Filters.Module[0].Handle;
    NdisFIndicateReceiveNetBufferLists(Filters.Module[0].Handle, list, NDIS_DEFAULT_PORT_NUMBER, 1, NDIS_RECEIVE_FLAGS_RESOURCES);
    NdisFreeNetBufferList(list);
    NdisFreeMdl(mdl);
    return TRUE;
}

TEST_CASE(a_unit_of_three_datagrams_comes_as_three)
{
    NET_BUFFER_LIST_POOL_PARAMETERS parameters;
    PWSK_SOCKET socket;
    NDIS_HANDLE pool;
    ADDRESS any;
    char text[64];
    USHORT port;
    PUCHAR frame = ExAllocatePoolWithTag(NonPagedPoolNx, 512, MODULES_TAG);

    REQUIRE(frame != NULL && NT_SUCCESS(OpenWsk()));
    REQUIRE(RegisterFilters() == NDIS_STATUS_SUCCESS && Filters.Count == 1);
    NdisZeroMemory(&parameters, sizeof(parameters));
    parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    parameters.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.fAllocateNetBuffer = TRUE;
    parameters.PoolTag = MODULES_TAG;
    pool = NdisAllocateNetBufferListPool(Filters.Module[0].Handle, &parameters);
    socket = NewSocket(AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL);
    REQUIRE(pool != NULL && socket != NULL);
    REQUIRE(SYNC(NULL, DATAGRAM(socket)->WskBind(socket, Wildcard(&any, AF_INET, 0), 0, Irp)) == STATUS_SUCCESS);
    port = PortOf(socket, WSK_FLAG_DATAGRAM_SOCKET);

    BuildUnit(frame, port, 2 * SEGMENT + 7);
    REQUIRE(Indicate(pool, frame, 2 * SEGMENT + 7, 3));
    EXPECT_EQ(ReceiveDatagram(socket, text), SEGMENT);
    EXPECT(text[0] == 'a' && text[SEGMENT - 1] == 'a');
    EXPECT_EQ(ReceiveDatagram(socket, text), SEGMENT);
    EXPECT(text[0] == 'b' && text[SEGMENT - 1] == 'b');
    EXPECT_EQ(ReceiveDatagram(socket, text), 7);
    EXPECT(text[0] == 'c' && text[6] == 'c');
    EXPECT_EQ(ReceiveDatagram(socket, text), 0);

    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
    NdisFDeregisterFilterDriver(Filters.Driver);
    NdisFreeNetBufferListPool(pool);
    CloseWsk();
    ExFreePoolWithTag(frame, MODULES_TAG);
}
