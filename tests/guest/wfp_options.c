/* Conversations of datagrams: how long they live without traffic, who may answer, and what classify options change of that.
 * docs: fwp/ale-stateful-filtering, fwp/ale-multicast-broadcast-traffic, fwp/ale-flow-customization, fwpsk/nf-fwpsk-fwpsclassifyoptionset0
 * run after: vionet
 * run with: --nic=null --ip=10.0.0.1/24 */
#include "wfp_datagrams.h"
#include <mstcpip.h>

#define HOST 0x0100000au                /* 10.0.0.1 and 10.0.0.255, as they lie in memory */
#define EVERYBODY 0xff00000au

static struct {
    volatile LONG Connects, Accepts, Deleted;
    FWP_CLASSIFY_OPTION_TYPE Option;
    UINT32 Value;
    BOOLEAN Set;
    NTSTATUS Status;
    UINT32 Callout;
} It;

static HOOK Connecting, Accepting, Established;

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

static VOID NTAPI ClassifyConnect(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                                  const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    FWP_VALUE0 value;

    It.Connects++;
    Permit(out);
    if (!It.Set)
        return;
    value.type = FWP_UINT32;
    value.uint32 = It.Value;
    It.Status = FwpsClassifyOptionSet0(meta, It.Option, &value);
}

static VOID NTAPI ClassifyAccept(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                                 const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    It.Accepts++;
    Permit(out);
}

static VOID NTAPI FlowDeleted(UINT16 layer, UINT32 callout, UINT64 context)
{
    It.Deleted++;
}

static VOID NTAPI ClassifyEstablished(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                                      const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    EXPECT_EQ(FwpsFlowAssociateContext0(meta->flowHandle, FWPS_LAYER_ALE_FLOW_ESTABLISHED_V4, Established.Id, 1), STATUS_SUCCESS);
}

static BOOLEAN Watch(void)
{
    RtlZeroMemory(&It, sizeof(It));
    return (BOOLEAN)(AddHook(&Connecting, &FWPM_LAYER_ALE_AUTH_CONNECT_V4, ClassifyConnect, NULL, 0) &&
                     AddHook(&Accepting, &FWPM_LAYER_ALE_AUTH_RECV_ACCEPT_V4, ClassifyAccept, NULL, 0));
}

static void EndWatch(void)
{
    RemoveHook(&Accepting);
    RemoveHook(&Connecting);
}

static BOOLEAN WatchWith(FWP_CLASSIFY_OPTION_TYPE option, UINT32 value)
{
    BOOLEAN good = Watch();

    It.Option = option;
    It.Value = value;
    It.Set = TRUE;
    return good;
}

static PSOCKADDR At(ADDRESS *address, ULONG ip, USHORT port)
{
    Wildcard(address, AF_INET, port);
    address->V4.sin_addr.S_un.S_addr = ip;
    return &address->Any;
}

/* A socket bound to any address, for broadcasts. */
static PWSK_SOCKET NewAnySocket(USHORT *port)
{
    PWSK_SOCKET socket = NewSocket(AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL);
    ADDRESS address;

    if (socket != NULL) {
        EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->WskBind(socket, Wildcard(&address, AF_INET, 0), 0, Irp)), STATUS_SUCCESS);
        EXPECT_EQ(SetUlong(socket, SOL_SOCKET, SO_BROADCAST, 1), STATUS_SUCCESS);
        *port = PortOf(socket, WSK_FLAG_DATAGRAM_SOCKET);
    }
    return socket;
}

typedef struct _ENDS {
    PWSK_SOCKET One, Other, Third;
    USHORT OnePort, OtherPort, ThirdPort;
} ENDS;

static BOOLEAN OpenEnds(ENDS *ends)
{
    ends->One = NewAnySocket(&ends->OnePort);
    ends->Other = NewAnySocket(&ends->OtherPort);
    ends->Third = NewAnySocket(&ends->ThirdPort);
    return (BOOLEAN)(ends->One != NULL && ends->Other != NULL && ends->Third != NULL);
}

static void CloseEnds(ENDS *ends)
{
    EXPECT_EQ(CloseSocket(ends->One), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(ends->Other), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(ends->Third), STATUS_SUCCESS);
}

static void ExpectFrom(PWSK_SOCKET from, PWSK_SOCKET to, USHORT port, const char *text)
{
    ADDRESS address;
    USHORT source;

    EXPECT_EQ(SendDatagramTo(from, text, At(&address, HOST, port)), STATUS_SUCCESS);
    EXPECT(Arrives(to, text, &source));
}

/* --- who answers ---- */

TEST_CASE(answers_of_a_conversation_are_not_authorised_again)
{
    ENDS e;

    REQUIRE(OpenEnds(&e));
    REQUIRE(Watch());
    ExpectFrom(e.One, e.Other, e.OtherPort, "ask");
    EXPECT_EQ(It.Connects, 1);
    EXPECT_EQ(It.Accepts, 1);           /* the other's */
    ExpectFrom(e.Other, e.One, e.OnePort, "answer");
    ExpectFrom(e.One, e.Other, e.OtherPort, "more");
    EXPECT_EQ(It.Connects, 1);
    EXPECT_EQ(It.Accepts, 1);
    ExpectFrom(e.Third, e.One, e.OnePort, "stranger");
    EXPECT_EQ(It.Connects, 2);
    EXPECT_EQ(It.Accepts, 2);
    EndWatch();
    CloseEnds(&e);
}

static void Broadcast(ENDS *e)
{
    ADDRESS address;

    EXPECT_EQ(SendDatagramTo(e->One, "who", At(&address, EVERYBODY, e->OtherPort)), STATUS_SUCCESS);
    EXPECT_EQ(It.Connects, 1);
}

TEST_CASE(a_broadcast_lets_anybody_answer)
{
    ENDS e;

    REQUIRE(OpenEnds(&e));
    REQUIRE(Watch());
    Broadcast(&e);
    ExpectFrom(e.Other, e.One, e.OnePort, "me");
    ExpectFrom(e.Third, e.One, e.OnePort, "me");
    EXPECT_EQ(It.Accepts, 0);
    EndWatch();
    CloseEnds(&e);
}

TEST_CASE(without_multicast_state_answers_are_authorised_for_themselves)
{
    ENDS e;

    REQUIRE(OpenEnds(&e));
    REQUIRE(WatchWith(FWP_CLASSIFY_OPTION_MULTICAST_STATE, FWP_OPTION_VALUE_DENY_MULTICAST_STATE));
    Broadcast(&e);
    EXPECT_EQ(It.Status, STATUS_SUCCESS);
    ExpectFrom(e.Other, e.One, e.OnePort, "me");
    EXPECT_EQ(It.Accepts, 1);
    EndWatch();
    CloseEnds(&e);
}

TEST_CASE(the_state_of_a_broadcast_ends_with_its_lifetime)
{
    ENDS e;

    REQUIRE(OpenEnds(&e));
    REQUIRE(WatchWith(FWP_CLASSIFY_OPTION_MCAST_BCAST_LIFETIME, 1));
    Broadcast(&e);
    ExpectFrom(e.Other, e.One, e.OnePort, "me");
    EXPECT_EQ(It.Accepts, 0);
    Sleep(600);
    ExpectFrom(e.Other, e.One, e.OnePort, "me");        /* answers do not keep it alive */
    EXPECT_EQ(It.Accepts, 0);
    Sleep(600);
    ExpectFrom(e.Other, e.One, e.OnePort, "me");
    EXPECT_EQ(It.Accepts, 1);
    EndWatch();
    CloseEnds(&e);
}

TEST_CASE(with_loose_source_mapping_only_the_port_of_who_answers_counts)
{
    ADDRESS loopback;
    USHORT from;
    ENDS e;

    REQUIRE(OpenEnds(&e));
    REQUIRE(WatchWith(FWP_CLASSIFY_OPTION_LOOSE_SOURCE_MAPPING, FWP_OPTION_VALUE_ENABLE_LOOSE_SOURCE));
    /* To 10.0.0.1; the answer comes from 127.0.0.1. */
    ExpectFrom(e.One, e.Other, e.OtherPort, "ask");
    EXPECT_EQ(It.Accepts, 1);
    EXPECT_EQ(SendDatagramTo(e.Other, "answer", Loopback(&loopback, AF_INET, e.OnePort)), STATUS_SUCCESS);
    EXPECT(Arrives(e.One, "answer", &from));
    EXPECT_EQ(from, e.OtherPort);
    EXPECT_EQ(It.Accepts, 1);
    EXPECT_EQ(SendDatagramTo(e.Third, "stranger", Loopback(&loopback, AF_INET, e.OnePort)), STATUS_SUCCESS);
    EXPECT(Arrives(e.One, "stranger", &from));
    EXPECT_EQ(It.Accepts, 2);
    EndWatch();
    CloseEnds(&e);
}

TEST_CASE(without_loose_source_mapping_the_address_counts_too)
{
    ADDRESS loopback;
    USHORT from;
    ENDS e;

    REQUIRE(OpenEnds(&e));
    REQUIRE(WatchWith(FWP_CLASSIFY_OPTION_LOOSE_SOURCE_MAPPING, FWP_OPTION_VALUE_DISABLE_LOOSE_SOURCE));
    ExpectFrom(e.One, e.Other, e.OtherPort, "ask");
    EXPECT_EQ(It.Accepts, 1);
    EXPECT_EQ(SendDatagramTo(e.Other, "answer", Loopback(&loopback, AF_INET, e.OnePort)), STATUS_SUCCESS);
    EXPECT(Arrives(e.One, "answer", &from));
    EXPECT_EQ(It.Accepts, 2);
    EndWatch();
    CloseEnds(&e);
}

/* --- how long ---- */

TEST_CASE(a_silent_conversation_ends_and_its_flow_with_it)
{
    ENDS e;

    REQUIRE(OpenEnds(&e));
    REQUIRE(WatchWith(FWP_CLASSIFY_OPTION_UNICAST_LIFETIME, 1));
    REQUIRE(AddHookWith(&Established, &FWPM_LAYER_ALE_FLOW_ESTABLISHED_V4, ClassifyEstablished, FlowDeleted,
                        FWP_ACTION_CALLOUT_INSPECTION, 0, NULL, 0));
    ExpectFrom(e.One, e.Other, e.OtherPort, "one");
    Sleep(600);
    ExpectFrom(e.One, e.Other, e.OtherPort, "two");
    Sleep(600);
    EXPECT_EQ(It.Deleted, 0);
    EXPECT_EQ(It.Connects, 1);
    Sleep(600);
    EXPECT_EQ(It.Deleted, 1);           /* the other end's lives for 60 s */
    ExpectFrom(e.One, e.Other, e.OtherPort, "three");
    EXPECT_EQ(It.Connects, 2);
    EXPECT_EQ(It.Accepts, 1);
    CloseEnds(&e);
    EXPECT_EQ(It.Deleted, 3);
    RemoveHook(&Established);
    EndWatch();
}

TEST_CASE(the_built_in_callout_sets_what_its_filters_provider_context_says)
{
    FWPM_CLASSIFY_OPTION0 option = {FWP_CLASSIFY_OPTION_UNICAST_LIFETIME, {FWP_UINT32, {.uint32 = 1}}};
    FWPM_CLASSIFY_OPTIONS0 options = {1, &option};
    FWPM_PROVIDER_CONTEXT0 context = {0};
    FWPM_FILTER0 filter = {0};
    UINT64 id = 0;
    ENDS e;

    context.providerContextKey = SubLayer;
    context.displayData.name = (WCHAR *)L"tests";
    context.type = FWPM_CLASSIFY_OPTIONS_CONTEXT;
    context.classifyOptions = &options;
    EXPECT_EQ(FwpmProviderContextAdd0(Engine, &context, NULL, NULL), STATUS_SUCCESS);
    filter.displayData.name = (WCHAR *)L"tests";
    filter.layerKey = FWPM_LAYER_ALE_AUTH_CONNECT_V4;
    filter.subLayerKey = FWPM_SUBLAYER_INSPECTION;
    filter.action.type = FWP_ACTION_CALLOUT_INSPECTION;
    filter.action.calloutKey = FWPM_CALLOUT_SET_OPTIONS_AUTH_CONNECT_LAYER_V4;
    filter.flags = FWPM_FILTER_FLAG_HAS_PROVIDER_CONTEXT;
    filter.providerContextKey = context.providerContextKey;
    EXPECT_EQ(FwpmFilterAdd0(Engine, &filter, NULL, &id), STATUS_SUCCESS);
    REQUIRE(OpenEnds(&e));
    REQUIRE(Watch());
    ExpectFrom(e.One, e.Other, e.OtherPort, "one");
    Sleep(1100);
    ExpectFrom(e.One, e.Other, e.OtherPort, "two");
    EXPECT_EQ(It.Connects, 2);
    EndWatch();
    CloseEnds(&e);
    EXPECT_EQ(FwpmFilterDeleteById0(Engine, id), STATUS_SUCCESS);
    EXPECT_EQ(FwpmProviderContextDeleteByKey0(Engine, &context.providerContextKey), STATUS_SUCCESS);
    EXPECT_EQ(FwpmCalloutDeleteByKey0(Engine, &FWPM_CALLOUT_SET_OPTIONS_AUTH_CONNECT_LAYER_V4), STATUS_FWP_BUILTIN_OBJECT);
    EXPECT(!NT_SUCCESS(FwpsCalloutUnregisterByKey0(&FWPM_CALLOUT_SET_OPTIONS_AUTH_CONNECT_LAYER_V4)));
}

/* --- encryption, which there is not ---- */

static void ConnectSecurely(UINT32 flags, BOOLEAN good)
{
    PWSK_SOCKET listener, client;
    ADDRESS address;
    USHORT port;
    ENDS e;

    listener = NewListener(AF_INET, NULL, NULL, &port);
    REQUIRE(listener != NULL && OpenEnds(&e));
    REQUIRE(WatchWith(FWP_CLASSIFY_OPTION_SECURE_SOCKET_SECURITY_FLAGS, flags));
    client = Connect(AF_INET, port, NULL, NULL);
    EXPECT_EQ(client != NULL, good);
    EXPECT_EQ(It.Status, STATUS_SUCCESS);
    EXPECT_EQ(NT_SUCCESS(SendDatagramTo(e.One, "hello", At(&address, HOST, e.OtherPort))), good);
    EXPECT_EQ(ReceiveDatagram(e.Other, NULL) != 0, good);
    if (client != NULL)
        EXPECT_EQ(CloseSocket(client), STATUS_SUCCESS);
    EndWatch();
    CloseEnds(&e);
    EXPECT_EQ(CloseSocket(listener), STATUS_SUCCESS);
}

TEST_CASE(who_insists_on_encryption_sends_nothing)
{
    ConnectSecurely(SOCKET_SETTINGS_GUARANTEE_ENCRYPTION, FALSE);
    ConnectSecurely(SOCKET_SETTINGS_GUARANTEE_ENCRYPTION | SOCKET_SETTINGS_ALLOW_INSECURE, FALSE);
}

TEST_CASE(who_does_not_allow_clear_text_sends_nothing)
{
    ConnectSecurely(0, FALSE);
}

TEST_CASE(who_allows_clear_text_sends_it)
{
    ConnectSecurely(SOCKET_SETTINGS_ALLOW_INSECURE, TRUE);
}
