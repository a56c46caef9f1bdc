/* What the adapter may do for packets that callouts process: a SYN leaves with its checksum left open, or made, as the flags of the
 * callouts say. docs: fwpsk/ns-fwpsk-fwps_callout2_, network/nbl-offload-information
 * run after: vionet
 * run with: --nic=loop --ip=10.0.0.1/24 */
#include "wfp_helpers.h"
#include <netioapi.h>

#define NEIGHBOUR 0x0200000au           /* 10.0.0.2, as it lies in memory */

static struct {
    volatile LONG Syns, Offloaded, Bad;
} It;

static HOOK Watcher;
static MIB_IPNET_ROW2 Row;

static void NTAPI SeeFrame(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                           const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    PNET_BUFFER_LIST list = (PNET_BUFFER_LIST)data;
    PNET_BUFFER buffer = NET_BUFFER_LIST_FIRST_NB(list);
    NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO sums;
    UCHAR room[54];
    const UCHAR *at = NET_BUFFER_DATA_LENGTH(buffer) >= sizeof(room) ? NdisGetDataBuffer(buffer, sizeof(room), room, 1, 0) : NULL;

    out->actionType = FWP_ACTION_CONTINUE;
    if (at == NULL || at[12] != 8 || at[13] != 0 || at[23] != IPPROTO_TCP)
        return;
    sums.Value = NET_BUFFER_LIST_INFO(list, TcpIpChecksumNetBufferListInfo);
    It.Offloaded += sums.Transmit.TcpChecksum;
    It.Syns++;
}

static void NTAPI Continue(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                           const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    out->actionType = FWP_ACTION_CONTINUE;
}

/* The adapter with the test's address. */
static BOOLEAN FindAdapter(NET_LUID *luid)
{
    PMIB_UNICASTIPADDRESS_TABLE table;
    BOOLEAN found = FALSE;

    if (!NT_SUCCESS(GetUnicastIpAddressTable(AF_INET, &table)))
        return FALSE;
    for (ULONG n = 0; n < table->NumEntries; n++)
        if (table->Table[n].Address.Ipv4.sin_addr.S_un.S_addr == 0x0100000au) {
            *luid = table->Table[n].InterfaceLuid;
            found = TRUE;
        }
    FreeMibTable(table);
    return found;
}

TEST_SETUP(open_all)
{
    EXPECT_EQ(OpenWsk(), STATUS_SUCCESS);
    EXPECT_EQ(OpenWfp(), STATUS_SUCCESS);
    REQUIRE(FindAdapter(&Row.InterfaceLuid));
    Row.Address.Ipv4.sin_family = AF_INET;
    Row.Address.Ipv4.sin_addr.S_un.S_addr = NEIGHBOUR;
    Row.PhysicalAddressLength = 6;
    Row.PhysicalAddress[0] = 2;
    EXPECT_EQ(CreateIpNetEntry2(&Row), STATUS_SUCCESS);
}

TEST_TEARDOWN(close_all)
{
    DeleteIpNetEntry2(&Row);
    CloseWfp();
    CloseWsk();
}

/* Whether the SYN of a connect leaves its checksum to the adapter. */
static BOOLEAN IsOffloaded(void)
{
    ADDRESS local, remote;
    CALL call;
    PIRP irp = Begin(&call);
    LONG offloaded = It.Offloaded, syns = It.Syns;

    Wildcard(&remote, AF_INET, 7);
    remote.V4.sin_addr.S_un.S_addr = NEIGHBOUR;
    Npi.Dispatch->WskSocketConnect(Npi.Client, SOCK_STREAM, IPPROTO_TCP, Wildcard(&local, AF_INET, 0), &remote.Any, 0, NULL, NULL, NULL,
                                   NULL, NULL, irp);
    for (int n = 0; n < 5000 && It.Syns == syns; n++)
        Sleep(1);
    EXPECT(It.Syns > syns);
    IoCancelIrp(irp);
    EXPECT(!NT_SUCCESS(Finish(&call, NULL)));
    EXPECT(It.Offloaded == offloaded || It.Offloaded - offloaded == It.Syns - syns);
    return (BOOLEAN)(It.Offloaded > offloaded);
}

static void With(const GUID *layer, UINT32 flags, BOOLEAN offloaded)
{
    HOOK hook;

    REQUIRE(AddHookWith(&hook, layer, Continue, NULL, FWP_ACTION_CALLOUT_INSPECTION, flags, NULL, 0));
    EXPECT_EQ(IsOffloaded(), offloaded);
    RemoveHook(&hook);
}

TEST_CASE(a_filter_whose_callout_does_not_allow_offload_has_its_packets_finished)
{
    RtlZeroMemory(&It, sizeof(It));
    REQUIRE(AddHookWith(&Watcher, &FWPM_LAYER_OUTBOUND_MAC_FRAME_ETHERNET, SeeFrame, NULL, FWP_ACTION_CALLOUT_INSPECTION,
                        FWP_CALLOUT_FLAG_ALLOW_OFFLOAD, NULL, 0));
    EXPECT(IsOffloaded());
    With(&FWPM_LAYER_OUTBOUND_TRANSPORT_V4, 0, FALSE);
    With(&FWPM_LAYER_OUTBOUND_TRANSPORT_V4, FWP_CALLOUT_FLAG_ALLOW_OFFLOAD, TRUE);
    With(&FWPM_LAYER_OUTBOUND_IPPACKET_V4, 0, FALSE);
    With(&FWPM_LAYER_OUTBOUND_MAC_FRAME_NATIVE, 0, FALSE);
    With(&FWPM_LAYER_OUTBOUND_TRANSPORT_V6, 0, TRUE);
    With(&FWPM_LAYER_ALE_BIND_REDIRECT_V4, 0, TRUE);
    EXPECT(IsOffloaded());
    RemoveHook(&Watcher);
}
