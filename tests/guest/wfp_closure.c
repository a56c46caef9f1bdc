/* Endpoints that go: whom the layers of closure and release tell of, and in which order; a driver that needs time before. And classify
 * handles at layers where nothing can be put off with them. docs: network/ale-endpoint-lifetime-management, types-of-callouts */
#include "wfp_datagrams.h"

#define MOST 8

typedef struct _TOLD {
    UINT64 Endpoint, Parent;
    USHORT Local, Remote;
    ULONG Order;
} TOLD;

static struct {
    volatile LONG Order, Closures, Releases, Bad;
    TOLD Closure[MOST], Release[MOST];
    UINT64 Assigned, Accepted, AcceptedParent;
    BOOLEAN Pend;
    UINT64 Handle, Pended;
    NTSTATUS SecondPend;
    FWPS_CLASSIFY_OUT0 Out;
} It;

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

/* --- the callouts ---- */

static void NTAPI SeeClosure(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                             const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    const FWPS_INCOMING_VALUE0 *v = values->incomingValue;
    TOLD *told = &It.Closure[It.Closures % MOST];
    UINT64 handle;

    It.Closures++;
    It.Bad += !FWPS_IS_METADATA_FIELD_PRESENT(meta, FWPS_METADATA_FIELD_TRANSPORT_ENDPOINT_HANDLE);
    told->Endpoint = meta->transportEndpointHandle;
    told->Parent = FWPS_IS_METADATA_FIELD_PRESENT(meta, FWPS_METADATA_FIELD_PARENT_ENDPOINT_HANDLE) ? meta->parentEndpointHandle : 0;
    told->Local = v[FWPS_FIELD_ALE_ENDPOINT_CLOSURE_V4_IP_LOCAL_PORT].value.uint16;
    told->Remote = v[FWPS_FIELD_ALE_ENDPOINT_CLOSURE_V4_IP_REMOTE_PORT].value.uint16;
    told->Order = (ULONG)++It.Order;
    Permit(out);
    if (!It.Pend || (It.Handle != 0 && told->Endpoint != It.Pended))
        return;
    if (FwpsAcquireClassifyHandle0((VOID *)context, 0, &handle) != STATUS_SUCCESS) {
        It.Bad++;
        return;
    }
    if (It.Handle == 0) {
        It.Bad += FwpsPendClassify0(handle, filter->filterId, 0, out) != STATUS_SUCCESS;
        It.Out = *out;
        It.Handle = handle;
        It.Pended = told->Endpoint;
    } else {
        It.SecondPend = FwpsPendClassify0(handle, filter->filterId, 0, out);
        FwpsReleaseClassifyHandle0(handle);
    }
}

static void NTAPI SeeRelease(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                             const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    TOLD *told = &It.Release[It.Releases % MOST];

    It.Releases++;
    told->Endpoint = meta->transportEndpointHandle;
    told->Local = values->incomingValue[FWPS_FIELD_ALE_RESOURCE_RELEASE_V4_IP_LOCAL_PORT].value.uint16;
    told->Order = (ULONG)++It.Order;
}

static void NTAPI SeeAssignment(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                                const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    It.Assigned = meta->transportEndpointHandle;
    Permit(out);
}

static void NTAPI SeeAccept(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                            const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    It.Accepted = meta->transportEndpointHandle;
    It.AcceptedParent = meta->parentEndpointHandle;
    Permit(out);
}

static struct {
    HOOK Closure, Release, Assign;
} Hooks;

static BOOLEAN Watch(void)
{
    RtlZeroMemory(&It, sizeof(It));
    return (BOOLEAN)(AddHook(&Hooks.Closure, &FWPM_LAYER_ALE_ENDPOINT_CLOSURE_V4, SeeClosure, NULL, 0) &&
                     AddHookWith(&Hooks.Release, &FWPM_LAYER_ALE_RESOURCE_RELEASE_V4, SeeRelease, NULL, FWP_ACTION_CALLOUT_INSPECTION,
                                 0, NULL, 0) &&
                     AddHook(&Hooks.Assign, &FWPM_LAYER_ALE_RESOURCE_ASSIGNMENT_V4, SeeAssignment, NULL, 0));
}

static void EndWatch(void)
{
    RemoveHook(&Hooks.Assign);
    RemoveHook(&Hooks.Release);
    RemoveHook(&Hooks.Closure);
    EXPECT_EQ(It.Bad, 0);
}

/* --- who is told of ---- */

TEST_CASE(a_datagram_socket_is_closed_once_however_many_peers_it_had)
{
    USHORT port, first, second;
    PWSK_SOCKET socket, one, two;

    REQUIRE(Watch());
    socket = NewDatagramSocket(AF_INET, &port);
    REQUIRE(socket != NULL);
    UINT64 endpoint = It.Assigned;
    one = NewDatagramSocket(AF_INET, &first);
    two = NewDatagramSocket(AF_INET, &second);
    REQUIRE(one != NULL && two != NULL);
    EXPECT_EQ(SendDatagram(socket, "one", AF_INET, first), STATUS_SUCCESS);
    EXPECT_EQ(SendDatagram(socket, "two", AF_INET, second), STATUS_SUCCESS);
    EXPECT_EQ(It.Closures, 0);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
    EXPECT_EQ(It.Closures, 1);
    EXPECT_EQ(It.Releases, 1);
    EXPECT_EQ(It.Closure[0].Endpoint, endpoint);
    EXPECT_EQ(It.Closure[0].Local, port);
    EXPECT_EQ(It.Release[0].Endpoint, endpoint);
    EXPECT_EQ(It.Release[0].Local, port);
    EXPECT(It.Closure[0].Order < It.Release[0].Order);
    EXPECT_EQ(CloseSocket(one), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(two), STATUS_SUCCESS);
    EXPECT_EQ(It.Closures, 3);
    EXPECT_EQ(It.Releases, 3);
    EndWatch();
}

TEST_CASE(both_ends_of_a_connection_and_its_listener_are_closed)
{
    const TOLD *server = NULL, *listener = NULL;
    HOOK accept;
    PAIR pair;

    REQUIRE(Watch());
    REQUIRE(AddHook(&accept, &FWPM_LAYER_ALE_AUTH_RECV_ACCEPT_V4, SeeAccept, NULL, 0));
    REQUIRE(OpenPair(&pair, AF_INET, NULL, NULL));
    EXPECT(It.Accepted != It.AcceptedParent);
    ClosePair(&pair);
    for (int n = 0; n < 5000 && It.Closures < 3; n++)
        Sleep(1);
    EXPECT_EQ(It.Closures, 3);
    for (int n = 0; n < 3; n++) {
        if (It.Closure[n].Local == pair.Port && It.Closure[n].Remote != 0)
            server = &It.Closure[n];
        if (It.Closure[n].Local == pair.Port && It.Closure[n].Remote == 0)
            listener = &It.Closure[n];
    }
    REQUIRE(server != NULL && listener != NULL);
    EXPECT_EQ(server->Endpoint, It.Accepted);
    EXPECT_EQ(server->Parent, It.AcceptedParent);
    EXPECT_EQ(listener->Endpoint, It.AcceptedParent);
    RemoveHook(&accept);
    EndWatch();
}

static void NTAPI Refuse(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data, const VOID *context,
                         const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    It.Assigned = meta->transportEndpointHandle;
    Block(out);
}

TEST_CASE(a_connect_that_was_blocked_is_closed_as_well)
{
    UINT64 asked;
    USHORT port;
    HOOK connect;
    PWSK_SOCKET listener;

    REQUIRE(Watch());
    listener = NewListener(AF_INET, NULL, NULL, &port);
    REQUIRE(listener != NULL);
    REQUIRE(AddHook(&connect, &FWPM_LAYER_ALE_AUTH_CONNECT_V4, Refuse, NULL, 0));
    EXPECT(Connect(AF_INET, port, NULL, NULL) == NULL);
    asked = It.Assigned;
    EXPECT_EQ(It.Closures, 1);
    EXPECT_EQ(It.Closure[0].Endpoint, asked);
    RemoveHook(&connect);
    EXPECT_EQ(CloseSocket(listener), STATUS_SUCCESS);
    EndWatch();
}

/* --- a driver that needs time ---- */

static NTSTATUS TryBind(PWSK_SOCKET socket, USHORT port)
{
    ADDRESS address;

    return SYNC(NULL, DATAGRAM(socket)->WskBind(socket, Loopback(&address, AF_INET, port), 0, Irp));
}

static void PendAndComplete(BOOLEAN decides)
{
    PWSK_SOCKET socket, next;
    USHORT port;

    REQUIRE(Watch());
    socket = NewDatagramSocket(AF_INET, &port);
    next = NewSocket(AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL);
    REQUIRE(socket != NULL && next != NULL);
    It.Pend = TRUE;
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
    EXPECT_EQ(It.Closures, 1);
    EXPECT_EQ(It.Releases, 0);
    REQUIRE(It.Handle != 0);
    EXPECT(!NT_SUCCESS(TryBind(next, port)));
    It.Out.actionType = FWP_ACTION_PERMIT;
    FwpsCompleteClassify0(It.Handle, 0, decides ? &It.Out : NULL);
    FwpsReleaseClassifyHandle0(It.Handle);
    for (int n = 0; n < 5000 && It.Releases == 0; n++)
        Sleep(1);
    EXPECT_EQ(It.Closures, decides ? 1 : 2);
    EXPECT_EQ(It.SecondPend, decides ? STATUS_SUCCESS : STATUS_FWP_CANNOT_PEND);
    EXPECT_EQ(It.Releases, 1);
    It.Pend = FALSE;
    EXPECT_EQ(TryBind(next, port), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(next), STATUS_SUCCESS);
    EndWatch();
}

TEST_CASE(a_closure_that_waits_keeps_the_port_until_it_is_completed)
{
    PendAndComplete(TRUE);
}

TEST_CASE(a_closure_that_is_completed_without_a_decision_is_classified_again)
{
    PendAndComplete(FALSE);
}

TEST_CASE(a_connection_whose_closure_waits_is_released_when_it_is_completed)
{
    PAIR pair;

    REQUIRE(Watch());
    REQUIRE(OpenPair(&pair, AF_INET, NULL, NULL));
    It.Pend = TRUE;
    EXPECT_EQ(CloseSocket(pair.Client), STATUS_SUCCESS);
    pair.Client = NULL;
    for (int n = 0; n < 5000 && It.Handle == 0; n++)
        Sleep(1);
    REQUIRE(It.Handle != 0);
    It.Pend = FALSE;
    EXPECT_EQ(It.Releases, 0);
    It.Out.actionType = FWP_ACTION_PERMIT;
    FwpsCompleteClassify0(It.Handle, 0, &It.Out);
    FwpsReleaseClassifyHandle0(It.Handle);
    for (int n = 0; n < 5000 && It.Releases == 0; n++)
        Sleep(1);
    EXPECT_EQ(It.Releases, 1);
    ClosePair(&pair);
    EndWatch();
}

/* --- handles elsewhere ---- */

static struct {
    volatile LONG Asked;
    NTSTATUS Acquired, Pended, Writable;
    UINT64 Handle;
} Other;

static void NTAPI TakeHandle(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                             const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    FWPS_CLASSIFY_OUT0 copy = *out;
    PVOID writable = NULL;

    if (Other.Asked++ == 0) {
        Other.Acquired = FwpsAcquireClassifyHandle0((VOID *)context, 0, &Other.Handle);
        if (NT_SUCCESS(Other.Acquired)) {
            Other.Pended = FwpsPendClassify0(Other.Handle, filter->filterId, 0, &copy);
            Other.Writable = FwpsAcquireWritableLayerDataPointer0(Other.Handle, filter->filterId, 0, &writable, &copy);
        }
    }
    out->actionType = FWP_ACTION_CONTINUE;
}

TEST_CASE(a_classification_that_cannot_be_put_off_has_a_handle_all_the_same)
{
    static const GUID *const layers[] = {
        &FWPM_LAYER_ALE_RESOURCE_ASSIGNMENT_V4, &FWPM_LAYER_ALE_AUTH_CONNECT_V4, &FWPM_LAYER_ALE_AUTH_RECV_ACCEPT_V4,
        &FWPM_LAYER_ALE_FLOW_ESTABLISHED_V4, &FWPM_LAYER_ALE_RESOURCE_RELEASE_V4, &FWPM_LAYER_DATAGRAM_DATA_V4,
        &FWPM_LAYER_INBOUND_TRANSPORT_V4, &FWPM_LAYER_OUTBOUND_IPPACKET_V4,
    };

    for (ULONG n = 0; n < RTL_NUMBER_OF(layers); n++) {
        PWSK_SOCKET one, two;
        USHORT first, second;
        HOOK hook;

        RtlZeroMemory(&Other, sizeof(Other));
        REQUIRE(AddHook(&hook, layers[n], TakeHandle, NULL, 0));
        one = NewDatagramSocket(AF_INET, &first);
        two = NewDatagramSocket(AF_INET, &second);
        REQUIRE(one != NULL && two != NULL);
        EXPECT_EQ(SendDatagram(one, "hello", AF_INET, second), STATUS_SUCCESS);
        EXPECT(ReceiveDatagram(two, NULL) == 5);
        EXPECT_EQ(CloseSocket(one), STATUS_SUCCESS);
        EXPECT_EQ(CloseSocket(two), STATUS_SUCCESS);
        EXPECT(Other.Asked > 0);
        EXPECT_EQ(Other.Acquired, STATUS_SUCCESS);
        EXPECT_EQ(Other.Pended, STATUS_FWP_CANNOT_PEND);
        EXPECT(!NT_SUCCESS(Other.Writable));
        FwpsReleaseClassifyHandle0(Other.Handle);
        RemoveHook(&hook);
    }
}
