/* Packets to link-local addresses (router solicitations, duplicate detection), taken at the outbound network layer and injected again:
 * no interface is named, as FwpsInjectNetworkSendAsync0 takes none. docs: fwpsk/nf-fwpsk-fwpsinjectnetworksendasync0
 * run after: vionet
 * run with: --nic=null */
#include "wfp_helpers.h"

enum { ROOM = 16 };

static HANDLE Injection;
static KEVENT Taken;
static PNET_BUFFER_LIST Kept[ROOM];
static volatile LONG KeptCount, Refused, Again, Completed, Failed;

TEST_SETUP(open_all)
{
    KeInitializeEvent(&Taken, SynchronizationEvent, FALSE);
    EXPECT_EQ(OpenWfp(), STATUS_SUCCESS);
}

TEST_TEARDOWN(close_all)
{
    CloseWfp();
}

static VOID NTAPI Injected(VOID *context, NET_BUFFER_LIST *list, BOOLEAN dispatchLevel)
{
    Failed += !NT_SUCCESS(list->Status);
    Completed++;
    FwpsFreeCloneNetBufferList0(list, 0);
}

static VOID NTAPI Take(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data, const VOID *context,
                       const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    PNET_BUFFER_LIST list = (PNET_BUFFER_LIST)data;

    if (FwpsQueryPacketInjectionState0(Injection, list, NULL) == FWPS_PACKET_INJECTED_BY_SELF) {
        Again++;
        Permit(out);
    } else if (KeptCount == ROOM || FwpsAllocateCloneNetBufferList0(list, NULL, NULL, 0, &Kept[KeptCount]) != STATUS_SUCCESS) {
        Refused++;
    } else {
        KeptCount++;
        KeSetEvent(&Taken, IO_NO_INCREMENT, FALSE);
        Absorb(out);
    }
}

TEST_CASE(packets_of_a_link_are_sent_by_network_injection)
{
    LARGE_INTEGER patience;
    LONG injected = 0;
    HOOK hook;

    patience.QuadPart = -10 * 10000000LL;
    REQUIRE(FwpsInjectionHandleCreate0(AF_INET6, FWPS_INJECTION_TYPE_NETWORK, &Injection) == STATUS_SUCCESS);
    REQUIRE(AddHook(&hook, &FWPM_LAYER_OUTBOUND_IPPACKET_V6, Take, NULL, 0));
    while (injected < ROOM && KeWaitForSingleObject(&Taken, Executive, KernelMode, FALSE, &patience) == STATUS_SUCCESS)
        for (; injected < KeptCount; injected++)
            EXPECT_EQ(FwpsInjectNetworkSendAsync0(Injection, NULL, 0, UNSPECIFIED_COMPARTMENT_ID, Kept[injected], Injected, NULL),
                      STATUS_SUCCESS);
    EXPECT(injected >= 2);
    RemoveHook(&hook);
    EXPECT_EQ(FwpsInjectionHandleDestroy0(Injection), STATUS_SUCCESS);
    EXPECT_EQ(Completed, injected);
    EXPECT_EQ(Failed, 0);
    EXPECT_EQ(Again, injected);
    EXPECT_EQ(Refused, 0);
}
