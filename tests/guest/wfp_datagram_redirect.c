/* Redirected datagrams: a conversation goes elsewhere from its first datagram on, and answers come back.
 * docs: network/using-bind-or-connect-redirection, fwp/udp-packet-flows */
#include "wfp_datagrams.h"
#include <mstcpip.h>

static struct {
    HANDLE Redirect;
    USHORT From, To;                    /* ports */
    volatile LONG Asked, Redirected, Established, Bad;
    volatile LONG BySelf;
    BOOLEAN NoHandle, Pend, Refuse, Context;
    UINT64 Handle, Filter;
    FWPS_CLASSIFY_OUT0 Out;
    USHORT OriginalPort, AuthorisedPort;
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

static void Reset(void)
{
    RtlZeroMemory(&It, sizeof(It));
    EXPECT_EQ(FwpsRedirectHandleCreate0(&SubLayer, 0, &It.Redirect), STATUS_SUCCESS);
}

static void Done(void)
{
    FwpsRedirectHandleDestroy0(It.Redirect);
    EXPECT_EQ(It.Bad, 0);
}

static NTSTATUS Change(UINT64 handle, UINT64 filter, FWPS_CLASSIFY_OUT0 *out)
{
    FWPS_CONNECT_REQUEST0 *request = NULL;
    NTSTATUS status = FwpsAcquireWritableLayerDataPointer0(handle, filter, 0, (PVOID *)&request, out);
    PSOCKADDR_IN remote;

    if (!NT_SUCCESS(status))
        return status;
    remote = (PSOCKADDR_IN)&request->remoteAddressAndPort;
    It.Bad += Swap(remote->sin_port) != It.From;
    remote->sin_port = Swap(It.To);
    if (It.Context) {
        request->localRedirectContext = ExAllocatePoolWithTag(NonPagedPool, sizeof(It.From), WSK_TEST_TAG);
        if (request->localRedirectContext != NULL) {
            *(USHORT *)request->localRedirectContext = It.From;
            request->localRedirectContextSize = sizeof(It.From);
        }
    }
    if (!It.NoHandle) {
        request->localRedirectHandle = It.Redirect;
        request->localRedirectTargetPID = (DWORD)(ULONG_PTR)PsGetCurrentProcessId();
    }
    FwpsApplyModifiedLayerData0(handle, request, 0);
    out->actionType = FWP_ACTION_PERMIT;
    return STATUS_SUCCESS;
}

/* At either family's layer: the fields used here have the same places. */
static VOID NTAPI RedirectDatagram(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                                   const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    const FWPS_INCOMING_VALUE0 *v = values->incomingValue;
    UINT64 handle;

    if (v[FWPS_FIELD_ALE_CONNECT_REDIRECT_V4_IP_REMOTE_PORT].value.uint16 != It.From)
        return;
    It.Asked++;
    It.Bad += v[FWPS_FIELD_ALE_CONNECT_REDIRECT_V4_IP_PROTOCOL].value.uint8 != IPPROTO_UDP;
    It.Bad += v[FWPS_FIELD_ALE_CONNECT_REDIRECT_V4_IP_LOCAL_PORT].value.uint16 == 0;
    It.Bad += !FWPS_IS_METADATA_FIELD_PRESENT(meta, FWPS_METADATA_FIELD_TRANSPORT_ENDPOINT_HANDLE);
    if (It.Refuse) {
        Block(out);
        return;
    }
    out->actionType = FWP_ACTION_PERMIT;
    if (FWPS_IS_METADATA_FIELD_PRESENT(meta, FWPS_METADATA_FIELD_REDIRECT_RECORD_HANDLE)) {
        It.BySelf += FwpsQueryConnectionRedirectState0(meta->redirectRecords, It.Redirect, NULL) == FWPS_CONNECTION_REDIRECTED_BY_SELF;
        return;
    }
    if (FwpsAcquireClassifyHandle0((VOID *)context, 0, &handle) != STATUS_SUCCESS) {
        It.Bad++;
        return;
    }
    if (It.Pend && FwpsPendClassify0(handle, filter->filterId, 0, out) == STATUS_SUCCESS) {
        It.Handle = handle;
        It.Filter = filter->filterId;
        It.Out = *out;
        return;
    }
    It.Bad += Change(handle, filter->filterId, out) != STATUS_SUCCESS;
    FwpsReleaseClassifyHandle0(handle);
}

static VOID NTAPI SeeConnect(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                             const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    const FWPS_INCOMING_VALUE0 *v = values->incomingValue;

    if (v[FWPS_FIELD_ALE_AUTH_CONNECT_V4_FLAGS].value.uint32 & FWP_CONDITION_FLAG_IS_CONNECTION_REDIRECTED) {
        It.Redirected++;
        It.Bad += !FWPS_IS_METADATA_FIELD_PRESENT(meta, FWPS_METADATA_FIELD_LOCAL_REDIRECT_TARGET_PID);
        It.Bad += !FWPS_IS_METADATA_FIELD_PRESENT(meta, FWPS_METADATA_FIELD_ORIGINAL_DESTINATION);
        It.OriginalPort = Swap(((PSOCKADDR_IN)meta->originalDestination)->sin_port);
        It.AuthorisedPort = v[FWPS_FIELD_ALE_AUTH_CONNECT_V4_IP_REMOTE_PORT].value.uint16;
    }
    Permit(out);
}

static VOID NTAPI SeeEstablished(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                                 const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    It.Established++;
}

/* A client, the one it asks for and the one it gets. */
typedef struct _THREE {
    PWSK_SOCKET Client, Wanted, Other;
    USHORT Port;
} THREE;

static BOOLEAN OpenThree(THREE *three, ADDRESS_FAMILY family)
{
    RtlZeroMemory(three, sizeof(*three));
    three->Client = NewDatagramSocket(family, &three->Port);
    three->Wanted = NewDatagramSocket(family, &It.From);
    three->Other = NewDatagramSocket(family, &It.To);
    return (BOOLEAN)(three->Client != NULL && three->Wanted != NULL && three->Other != NULL);
}

static void CloseThree(THREE *three)
{
    EXPECT_EQ(CloseSocket(three->Client), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(three->Wanted), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(three->Other), STATUS_SUCCESS);
}

static void ExpectRedirection(ADDRESS_FAMILY family, const GUID *layer, const GUID *authorisation, const GUID *established)
{
    HOOK redirect, see, flow;
    THREE three;
    USHORT from;

    Reset();
    REQUIRE(OpenThree(&three, family));
    REQUIRE(AddHook(&redirect, layer, RedirectDatagram, NULL, 0));
    REQUIRE(AddHook(&see, authorisation, SeeConnect, NULL, 0));
    REQUIRE(AddHookWith(&flow, established, SeeEstablished, NULL, FWP_ACTION_CALLOUT_INSPECTION, 0, NULL, 0));
    EXPECT_EQ(SendDatagram(three.Client, "one", family, It.From), STATUS_SUCCESS);
    EXPECT_EQ(SendDatagram(three.Client, "two", family, It.From), STATUS_SUCCESS);
    EXPECT(Arrives(three.Other, "one", &from));
    EXPECT_EQ(from, three.Port);
    EXPECT(Arrives(three.Other, "two", &from));
    EXPECT(!Arrives(three.Wanted, "one", &from));
    EXPECT_EQ(It.Asked, 1);
    EXPECT_EQ(It.Redirected, 1);
    EXPECT_EQ(It.OriginalPort, It.From);
    EXPECT_EQ(It.AuthorisedPort, It.To);
    EXPECT_EQ(It.Established, 2);       /* at the client and at the other */
    EXPECT_EQ(SendDatagram(three.Other, "back", family, three.Port), STATUS_SUCCESS);
    EXPECT(Arrives(three.Client, "back", &from));
    EXPECT_EQ(from, It.From);
    CloseThree(&three);
    RemoveHook(&flow);
    RemoveHook(&see);
    RemoveHook(&redirect);
    Done();
}

TEST_CASE(a_conversation_goes_elsewhere_and_its_answers_come_from_where_it_was_sent_to)
{
    ExpectRedirection(AF_INET, &FWPM_LAYER_ALE_CONNECT_REDIRECT_V4, &FWPM_LAYER_ALE_AUTH_CONNECT_V4,
                      &FWPM_LAYER_ALE_FLOW_ESTABLISHED_V4);
}

TEST_CASE(a_conversation_of_ipv6_goes_elsewhere)
{
    ExpectRedirection(AF_INET6, &FWPM_LAYER_ALE_CONNECT_REDIRECT_V6, &FWPM_LAYER_ALE_AUTH_CONNECT_V6,
                      &FWPM_LAYER_ALE_FLOW_ESTABLISHED_V6);
}

/* Nothing but the redirection has a say, and the socket hears one peer only. */
TEST_CASE(a_connected_socket_hears_whom_its_datagrams_go_to)
{
    ADDRESS remote;
    HOOK redirect;
    THREE three;
    USHORT from;

    Reset();
    REQUIRE(OpenThree(&three, AF_INET));
    REQUIRE(AddHook(&redirect, &FWPM_LAYER_ALE_CONNECT_REDIRECT_V4, RedirectDatagram, NULL, 0));
    Loopback(&remote, AF_INET, It.From);
    EXPECT_EQ(SYNC(NULL, BASIC(three.Client)->WskControlSocket(three.Client, WskIoctl, SIO_WSK_SET_REMOTE_ADDRESS, 0, sizeof(remote.V4),
                                                               &remote, 0, NULL, NULL, Irp)),
              STATUS_SUCCESS);
    EXPECT_EQ(SendDatagramTo(three.Client, "one", NULL), STATUS_SUCCESS);
    EXPECT(Arrives(three.Other, "one", &from));
    EXPECT_EQ(SendDatagram(three.Other, "back", AF_INET, three.Port), STATUS_SUCCESS);
    EXPECT(Arrives(three.Client, "back", &from));
    EXPECT_EQ(from, It.From);
    EXPECT_EQ(It.Asked, 1);
    RemoveHook(&redirect);

    /* The conversation stays what it is without the filter. */
    EXPECT_EQ(SendDatagramTo(three.Client, "two", NULL), STATUS_SUCCESS);
    EXPECT(Arrives(three.Other, "two", &from));
    EXPECT_EQ(SendDatagram(three.Other, "again", AF_INET, three.Port), STATUS_SUCCESS);
    EXPECT(Arrives(three.Client, "again", &from));
    CloseThree(&three);
    Done();
}

TEST_CASE(a_conversation_into_this_computer_needs_to_say_whose_it_is)
{
    HOOK redirect;
    THREE three;
    USHORT from;

    Reset();
    It.NoHandle = TRUE;
    REQUIRE(OpenThree(&three, AF_INET));
    REQUIRE(AddHook(&redirect, &FWPM_LAYER_ALE_CONNECT_REDIRECT_V4, RedirectDatagram, NULL, 0));
    EXPECT_EQ(SendDatagram(three.Client, "one", AF_INET, It.From), STATUS_SUCCESS);
    EXPECT(Arrives(three.Wanted, "one", &from));
    EXPECT_EQ(It.Asked, 1);
    CloseThree(&three);
    RemoveHook(&redirect);
    Done();
}

TEST_CASE(a_conversation_that_is_blocked_is_refused_and_asked_again)
{
    HOOK redirect;
    THREE three;
    USHORT from;

    Reset();
    It.Refuse = TRUE;
    REQUIRE(OpenThree(&three, AF_INET));
    REQUIRE(AddHook(&redirect, &FWPM_LAYER_ALE_CONNECT_REDIRECT_V4, RedirectDatagram, NULL, 0));
    EXPECT_EQ(SendDatagram(three.Client, "one", AF_INET, It.From), STATUS_ACCESS_DENIED);
    EXPECT_EQ(SendDatagram(three.Client, "two", AF_INET, It.From), STATUS_ACCESS_DENIED);
    EXPECT_EQ(It.Asked, 2);
    It.Refuse = FALSE;
    EXPECT_EQ(SendDatagram(three.Client, "three", AF_INET, It.From), STATUS_SUCCESS);
    EXPECT(Arrives(three.Other, "three", &from));
    CloseThree(&three);
    RemoveHook(&redirect);
    Done();
}

/* --- a proxy ---- */

typedef struct _CONTROL {
    SIZE_T Space[64];                   /* aligned for CMSGHDR */
    ULONG Size;
} CONTROL;

static BOOLEAN ReceiveWithControl(PWSK_SOCKET socket, CONTROL *control)
{
    ULONG flags = 0;
    ULONG_PTR got = 0;
    ADDRESS source;
    BUFFER buffer;
    NTSTATUS status;

    control->Size = sizeof(control->Space);
    if (!OpenBuffer(&buffer, 64))
        return FALSE;
    status = SYNC(&got, DATAGRAM(socket)->WskReceiveFrom(socket, &buffer.Wsk, 0, &source.Any, &control->Size, (PCMSGHDR)control->Space,
                                                         &flags, Irp));
    CloseBuffer(&buffer);
    return (BOOLEAN)NT_SUCCESS(status);
}

/* The object of that type; NULL: there is none. */
static PCMSGHDR Find(CONTROL *control, INT type)
{
    ULONG at = 0;

    while (at + sizeof(CMSGHDR) <= control->Size) {
        PCMSGHDR object = (PCMSGHDR)((PUCHAR)control->Space + at);

        if (object->cmsg_level == IPPROTO_IP && object->cmsg_type == type)
            return object;
        at += (ULONG)WSA_CMSGHDR_ALIGN(object->cmsg_len);
    }
    return NULL;
}

static NTSTATUS SendWithControl(PWSK_SOCKET socket, const char *text, USHORT port, PCMSGHDR object)
{
    SIZE_T size = strlen(text);
    ADDRESS address;
    BUFFER buffer;
    NTSTATUS status;

    if (!OpenBuffer(&buffer, size))
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(buffer.Data, text, size);
    status = SYNC(NULL, DATAGRAM(socket)->WskSendTo(socket, &buffer.Wsk, 0, Loopback(&address, AF_INET, port), (ULONG)object->cmsg_len,
                                                    object, Irp));
    CloseBuffer(&buffer);
    return status;
}

TEST_CASE(a_proxy_learns_by_control_information_what_the_client_wanted_and_is_let_through)
{
    static CONTROL control;
    PCMSGHDR records, context;
    PWSK_SOCKET onwards;
    HOOK redirect;
    THREE three;
    USHORT from, port;

    Reset();
    It.Context = TRUE;
    REQUIRE(OpenThree(&three, AF_INET));
    onwards = NewDatagramSocket(AF_INET, &port);
    REQUIRE(onwards != NULL);
    EXPECT_EQ(SetUlong(three.Other, IPPROTO_IP, IP_WFP_REDIRECT_CONTEXT, 1), STATUS_SUCCESS);
    EXPECT_EQ(SetUlong(three.Other, IPPROTO_IP, IP_WFP_REDIRECT_RECORDS, 1), STATUS_SUCCESS);
    REQUIRE(AddHook(&redirect, &FWPM_LAYER_ALE_CONNECT_REDIRECT_V4, RedirectDatagram, NULL, 0));
    EXPECT_EQ(SendDatagram(three.Client, "one", AF_INET, It.From), STATUS_SUCCESS);
    REQUIRE(ReceiveWithControl(three.Other, &control));
    context = Find(&control, IP_WFP_REDIRECT_CONTEXT);
    records = Find(&control, IP_WFP_REDIRECT_RECORDS);
    REQUIRE(context != NULL && records != NULL);
    EXPECT_EQ(context->cmsg_len, WSA_CMSG_LEN(sizeof(USHORT)));
    EXPECT_EQ(*(USHORT *)WSA_CMSG_DATA(context), It.From);
    EXPECT_EQ(SendWithControl(onwards, "two", It.From, records), STATUS_SUCCESS);
    EXPECT(Arrives(three.Wanted, "two", &from));
    EXPECT_EQ(from, port);
    EXPECT_EQ(It.BySelf, 1);

    /* What nobody has redirected comes without. */
    EXPECT_EQ(SendDatagram(onwards, "three", AF_INET, It.To), STATUS_SUCCESS);
    REQUIRE(ReceiveWithControl(three.Other, &control));
    EXPECT_EQ(control.Size, 0);
    EXPECT_EQ(CloseSocket(onwards), STATUS_SUCCESS);
    CloseThree(&three);
    RemoveHook(&redirect);
    Done();
}

/* --- later ---- */

enum ending { ENDS_REDIRECTED, ENDS_BLOCKED, ENDS_ASKED_AGAIN, ENDS_CLOSED };

static void PendAndEnd(enum ending ending)
{
    HOOK redirect;
    THREE three;
    USHORT from;

    Reset();
    It.Pend = TRUE;
    REQUIRE(OpenThree(&three, AF_INET));
    REQUIRE(AddHook(&redirect, &FWPM_LAYER_ALE_CONNECT_REDIRECT_V4, RedirectDatagram, NULL, 0));
    EXPECT_EQ(SendDatagram(three.Client, "one", AF_INET, It.From), STATUS_SUCCESS);
    EXPECT_EQ(SendDatagram(three.Client, "two", AF_INET, It.From), STATUS_SUCCESS);
    EXPECT_EQ(It.Asked, 1);
    REQUIRE(It.Handle != 0);
    EXPECT(!Arrives(three.Other, "one", &from));
    if (ending == ENDS_CLOSED) {
        EXPECT_EQ(CloseSocket(three.Client), STATUS_SUCCESS);
        three.Client = NULL;
    }
    if (ending == ENDS_REDIRECTED)
        EXPECT_EQ(Change(It.Handle, It.Filter, &It.Out), STATUS_SUCCESS);
    else
        It.Out.actionType = FWP_ACTION_BLOCK;
    FwpsCompleteClassify0(It.Handle, 0, ending == ENDS_ASKED_AGAIN ? NULL : &It.Out);
    FwpsReleaseClassifyHandle0(It.Handle);
    if (ending == ENDS_REDIRECTED || ending == ENDS_ASKED_AGAIN) {
        EXPECT(Arrives(three.Other, "one", &from));
        EXPECT(Arrives(three.Other, "two", &from));
    } else {
        EXPECT(!Arrives(three.Other, "one", &from));
        EXPECT(!Arrives(three.Wanted, "one", &from));
    }
    EXPECT_EQ(It.Asked, ending == ENDS_ASKED_AGAIN ? 2 : 1);
    if (three.Client == NULL)
        three.Client = NewDatagramSocket(AF_INET, &three.Port);
    CloseThree(&three);
    RemoveHook(&redirect);
    Done();
}

TEST_CASE(datagrams_wait_until_they_are_redirected_and_then_go_in_order)
{
    PendAndEnd(ENDS_REDIRECTED);
}

TEST_CASE(datagrams_that_waited_are_lost_when_they_are_blocked)
{
    PendAndEnd(ENDS_BLOCKED);
}

TEST_CASE(datagrams_that_waited_are_classified_again_without_a_decision)
{
    PendAndEnd(ENDS_ASKED_AGAIN);
}

TEST_CASE(a_socket_may_close_while_its_datagrams_wait)
{
    PendAndEnd(ENDS_CLOSED);
}
