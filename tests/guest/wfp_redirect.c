/* Redirected connects and binds: at once and later, records and contexts for a proxy.
 * docs: network/using-bind-or-connect-redirection, sio-query-wfp-connection-redirect-records */
#include "wfp_helpers.h"
#include <mstcpip.h>

#define CONTEXT_SIZE 24

static struct {
    HANDLE Redirect;
    USHORT From, To;                    /* ports */
    volatile LONG Asked, States[FWPS_CONNECTION_REDIRECT_STATE_MAX], Bad, Redirected, Proxied;
    BOOLEAN NoHandle, Overtaken, Pend, Write;
    UINT64 Handle, Filter;
    FWPS_CLASSIFY_OUT0 Out;
    USHORT OriginalPort;
    char *Context;
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

/* Sends the connect to the port It.To of this computer. */
static void Change(FWPS_CONNECT_REQUEST0 *request)
{
    PSOCKADDR_IN remote = (PSOCKADDR_IN)&request->remoteAddressAndPort;

    It.Bad += remote->sin_family != AF_INET || Swap(remote->sin_port) != (It.Overtaken ? It.To : It.From);
    if (It.NoHandle) {
        remote->sin_port = Swap(It.To);
        return;
    }
    request->localRedirectContext = ExAllocatePoolWithTag(NonPagedPool, CONTEXT_SIZE, WSK_TEST_TAG);
    if (request->localRedirectContext == NULL)
        return;
    It.Context = request->localRedirectContext;
    RtlZeroMemory(request->localRedirectContext, CONTEXT_SIZE);
    RtlCopyMemory(request->localRedirectContext, remote, sizeof(*remote));
    request->localRedirectContextSize = CONTEXT_SIZE;
    request->localRedirectHandle = It.Redirect;
    request->localRedirectTargetPID = (DWORD)(ULONG_PTR)PsGetCurrentProcessId();
    remote->sin_port = Swap(It.To);
}

static VOID NTAPI RedirectConnect(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                                  const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    USHORT port = values->incomingValue[FWPS_FIELD_ALE_CONNECT_REDIRECT_V4_IP_REMOTE_PORT].value.uint16;
    FWPS_CONNECT_REQUEST0 *request = NULL;
    FWPS_CONNECTION_REDIRECT_STATE state;
    HANDLE records = FWPS_IS_METADATA_FIELD_PRESENT(meta, FWPS_METADATA_FIELD_REDIRECT_RECORD_HANDLE) ? meta->redirectRecords : NULL;
    VOID *given = NULL;
    UINT64 handle;

    if (port != It.From)
        return;
    It.Asked++;
    state = FwpsQueryConnectionRedirectState0(records, It.Redirect, &given);
    It.States[state]++;
    It.Bad += (state == FWPS_CONNECTION_REDIRECTED_BY_SELF) != (given != NULL);
    out->actionType = FWP_ACTION_PERMIT;
    if (state != FWPS_CONNECTION_NOT_REDIRECTED)
        return;
    if (FwpsAcquireClassifyHandle0((VOID *)context, 0, &handle) != STATUS_SUCCESS) {
        It.Bad++;
        return;
    }
    if (It.Pend) {
        NTSTATUS status = FwpsPendClassify0(handle, filter->filterId, 0, out);

        It.Bad += status != STATUS_SUCCESS && status != STATUS_FWP_CANNOT_PEND;
        if (status == STATUS_SUCCESS) {
            It.Handle = handle;
            It.Filter = filter->filterId;
            It.Out = *out;
            return;
        }
    }
    if (FwpsAcquireWritableLayerDataPointer0(handle, filter->filterId, 0, (PVOID *)&request, out) == STATUS_SUCCESS) {
        It.Bad += out->actionType != FWP_ACTION_BLOCK || (out->rights & FWPS_RIGHT_ACTION_WRITE);
        Change(request);
        FwpsApplyModifiedLayerData0(handle, request, 0);
        out->actionType = FWP_ACTION_PERMIT;
    } else {
        It.Bad++;
    }
    FwpsReleaseClassifyHandle0(handle);
}

static VOID NTAPI SeeConnect(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                             const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    UINT32 flags = values->incomingValue[FWPS_FIELD_ALE_AUTH_CONNECT_V4_FLAGS].value.uint32;

    if (flags & FWP_CONDITION_FLAG_IS_CONNECTION_REDIRECTED) {
        It.Redirected++;
        It.Bad += !FWPS_IS_METADATA_FIELD_PRESENT(meta, FWPS_METADATA_FIELD_LOCAL_REDIRECT_TARGET_PID);
        It.Bad += meta->localRedirectTargetPID != (DWORD)(ULONG_PTR)PsGetCurrentProcessId();
        It.Bad += !FWPS_IS_METADATA_FIELD_PRESENT(meta, FWPS_METADATA_FIELD_ORIGINAL_DESTINATION);
        It.OriginalPort = Swap(((PSOCKADDR_IN)meta->originalDestination)->sin_port);
    }
    It.Proxied += (flags & FWP_CONDITION_FLAG_IS_PROXY_CONNECTION) != 0;
    Permit(out);
}

static NTSTATUS Query(PWSK_SOCKET socket, ULONG code, PVOID to, SIZE_T size, ULONG_PTR *got)
{
    return SYNC(got, BASIC(socket)->WskControlSocket(socket, WskIoctl, code, 0, 0, NULL, size, to, NULL, Irp));
}

/* A connection socket that is bound, to be connected. */
static PWSK_SOCKET NewClient(void)
{
    PWSK_SOCKET socket = NewSocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_CONNECTION_SOCKET, NULL, NULL);
    ADDRESS any;

    if (socket != NULL)
        EXPECT_EQ(SYNC(NULL, CONNECTION(socket)->WskBind(socket, Wildcard(&any, AF_INET, 0), 0, Irp)), STATUS_SUCCESS);
    return socket;
}

static NTSTATUS ConnectTo(PWSK_SOCKET socket, USHORT port)
{
    ADDRESS remote;

    return SYNC(NULL, CONNECTION(socket)->WskConnect(socket, Loopback(&remote, AF_INET, port), 0, Irp));
}

/* unbound: the proxy's own socket gets the records while it is new. */
static void GoThroughProxy(BOOLEAN unbound)
{
    PWSK_SOCKET server, proxy, client, from_client, to_server, at_server;
    UCHAR records[1024], context[CONTEXT_SIZE];
    ULONG_PTR got = 0;
    SIZE_T size = 0;
    HOOK redirect, see;
    char text[16];
    ADDRESS any;

    Reset();
    server = NewListener(AF_INET, NULL, NULL, &It.From);
    proxy = NewListener(AF_INET, NULL, NULL, &It.To);
    REQUIRE(AddHook(&redirect, &FWPM_LAYER_ALE_CONNECT_REDIRECT_V4, RedirectConnect, NULL, 0));
    REQUIRE(AddHook(&see, &FWPM_LAYER_ALE_AUTH_CONNECT_V4, SeeConnect, NULL, 0));
    client = NewClient();
    EXPECT_EQ(ConnectTo(client, It.From), STATUS_SUCCESS);
    from_client = Accept(proxy, NULL, NULL);
    REQUIRE(from_client != NULL);
    EXPECT_EQ(It.States[FWPS_CONNECTION_NOT_REDIRECTED], 1);
    EXPECT_EQ(It.Redirected, 1);
    EXPECT_EQ(It.OriginalPort, It.From);

    EXPECT_EQ(SYNC(NULL, BASIC(from_client)->WskControlSocket(from_client, WskIoctl, SIO_QUERY_WFP_CONNECTION_REDIRECT_RECORDS, 0, 0,
                                                              NULL, 0, NULL, &size, Irp)),
              STATUS_BUFFER_TOO_SMALL);
    EXPECT(size > 0 && size <= sizeof(records));
    EXPECT_EQ(Query(from_client, SIO_QUERY_WFP_CONNECTION_REDIRECT_RECORDS, records, sizeof(records), &got), STATUS_SUCCESS);
    EXPECT_EQ(got, size);
    EXPECT_EQ(Query(from_client, SIO_QUERY_WFP_CONNECTION_REDIRECT_CONTEXT, context, sizeof(context), &got), STATUS_SUCCESS);
    EXPECT_EQ(got, CONTEXT_SIZE);
    EXPECT_EQ(Swap(((PSOCKADDR_IN)context)->sin_port), It.From);

    to_server = unbound ? NewSocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_CONNECTION_SOCKET, NULL, NULL) : NewClient();
    REQUIRE(to_server != NULL);
    EXPECT_EQ(SYNC(NULL, BASIC(to_server)->WskControlSocket(to_server, WskIoctl, SIO_SET_WFP_CONNECTION_REDIRECT_RECORDS, 0, size, records, 0,
                                                            NULL, NULL, Irp)),
              STATUS_SUCCESS);
    if (unbound)
        EXPECT_EQ(SYNC(NULL, CONNECTION(to_server)->WskBind(to_server, Wildcard(&any, AF_INET, 0), 0, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(ConnectTo(to_server, It.From), STATUS_SUCCESS);
    at_server = Accept(server, NULL, NULL);
    REQUIRE(at_server != NULL);
    EXPECT_EQ(It.States[FWPS_CONNECTION_REDIRECTED_BY_SELF], 1);
    EXPECT_EQ(It.Proxied, 1);
    EXPECT_EQ(Send(client, "hello"), STATUS_SUCCESS);
    EXPECT_EQ(Receive(from_client, text, 8, 0, &got), STATUS_SUCCESS);
    EXPECT(strcmp(text, "hello") == 0);
    EXPECT_EQ(Query(at_server, SIO_QUERY_WFP_CONNECTION_REDIRECT_RECORDS, records, sizeof(records), &got), STATUS_NOT_FOUND);

    EXPECT_EQ(SYNC(NULL, CONNECTION(client)->WskDisconnect(client, NULL, 0, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(Query(from_client, SIO_QUERY_WFP_CONNECTION_REDIRECT_CONTEXT, context, sizeof(context), &got), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(client), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(from_client), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(to_server), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(at_server), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(proxy), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(server), STATUS_SUCCESS);
    RemoveHook(&see);
    RemoveHook(&redirect);
    Done();
}

TEST_CASE(a_connect_goes_to_a_proxy_that_goes_on_to_where_the_client_wanted)
{
    GoThroughProxy(FALSE);
}

TEST_CASE(records_may_be_set_on_a_new_socket)
{
    GoThroughProxy(TRUE);
}

TEST_CASE(a_redirection_into_this_computer_needs_to_say_whose_it_is)
{
    PWSK_SOCKET server, proxy, client, accepted;
    HOOK redirect;

    Reset();
    It.NoHandle = TRUE;
    server = NewListener(AF_INET, NULL, NULL, &It.From);
    proxy = NewListener(AF_INET, NULL, NULL, &It.To);
    REQUIRE(AddHook(&redirect, &FWPM_LAYER_ALE_CONNECT_REDIRECT_V4, RedirectConnect, NULL, 0));
    client = NewClient();
    EXPECT_EQ(ConnectTo(client, It.From), STATUS_SUCCESS);
    accepted = Accept(server, NULL, NULL);
    EXPECT(accepted != NULL);
    EXPECT_EQ(It.Asked, 1);
    EXPECT_EQ(CloseSocket(client), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(accepted), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(proxy), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(server), STATUS_SUCCESS);
    RemoveHook(&redirect);
    Done();
}

static void WaitUntilPended(void)
{
    LARGE_INTEGER interval;

    interval.QuadPart = -10000;
    for (int n = 0; n < 5000 && It.Handle == 0; n++)
        KeDelayExecutionThread(KernelMode, FALSE, &interval);
}

enum ending { ENDS_REDIRECTED, ENDS_BLOCKED, ENDS_ASKED_AGAIN, ENDS_OVERTAKEN };

static void PendAndEnd(enum ending ending)
{
    FWPS_CONNECT_REQUEST0 *request = NULL;
    PWSK_SOCKET server, proxy, client, accepted;
    ADDRESS remote;
    HOOK redirect;
    CALL call;

    Reset();
    It.Pend = TRUE;
    server = NewListener(AF_INET, NULL, NULL, &It.From);
    proxy = NewListener(AF_INET, NULL, NULL, &It.To);
    REQUIRE(AddHook(&redirect, &FWPM_LAYER_ALE_CONNECT_REDIRECT_V4, RedirectConnect, NULL, 0));
    client = NewClient();
    CONNECTION(client)->WskConnect(client, Loopback(&remote, AF_INET, It.From), 0, Begin(&call));
    WaitUntilPended();
    REQUIRE(It.Handle != 0);
    EXPECT(!IsDone(&call));
    if (ending == ENDS_REDIRECTED || ending == ENDS_OVERTAKEN) {
        EXPECT_EQ(FwpsAcquireWritableLayerDataPointer0(It.Handle, It.Filter, 0, (PVOID *)&request, &It.Out), STATUS_SUCCESS);
        Change(request);
        FwpsApplyModifiedLayerData0(It.Handle, request, FWPS_CLASSIFY_FLAG_REAUTHORIZE_IF_MODIFIED_BY_OTHERS);
        It.Overtaken = ending == ENDS_OVERTAKEN;
        if (ending == ENDS_OVERTAKEN) {     /* and once more, for another filter */
            EXPECT_EQ(FwpsAcquireWritableLayerDataPointer0(It.Handle, It.Filter + 1, 0, (PVOID *)&request, &It.Out), STATUS_SUCCESS);
            Change(request);
            FwpsApplyModifiedLayerData0(It.Handle, request, 0);
        }
        It.Out.actionType = FWP_ACTION_PERMIT;
    } else {
        It.Out.actionType = FWP_ACTION_BLOCK;
    }
    FwpsCompleteClassify0(It.Handle, 0, ending == ENDS_ASKED_AGAIN ? NULL : &It.Out);
    FwpsReleaseClassifyHandle0(It.Handle);
    EXPECT_EQ(Finish(&call, NULL), ending == ENDS_BLOCKED ? STATUS_ACCESS_DENIED : STATUS_SUCCESS);
    EXPECT_EQ(It.Asked, ending == ENDS_ASKED_AGAIN || ending == ENDS_OVERTAKEN ? 2 : 1);
    if (ending != ENDS_BLOCKED) {
        accepted = Accept(proxy, NULL, NULL);
        EXPECT(accepted != NULL);
        EXPECT_EQ(CloseSocket(accepted), STATUS_SUCCESS);
    }
    EXPECT_EQ(CloseSocket(client), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(proxy), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(server), STATUS_SUCCESS);
    RemoveHook(&redirect);
    Done();
}

TEST_CASE(a_connect_waits_until_it_is_redirected)
{
    PendAndEnd(ENDS_REDIRECTED);
}

TEST_CASE(a_connect_that_waited_is_blocked)
{
    PendAndEnd(ENDS_BLOCKED);
}

TEST_CASE(a_connect_that_waited_is_classified_again_without_a_decision)
{
    PendAndEnd(ENDS_ASKED_AGAIN);
}

TEST_CASE(a_connect_that_waited_is_classified_again_when_another_filters_callout_changed_it_too)
{
    PendAndEnd(ENDS_OVERTAKEN);
}

TEST_CASE(a_socket_may_close_while_its_connect_waits)
{
    PWSK_SOCKET server, client;
    ADDRESS remote;
    HOOK redirect;
    CALL call;

    Reset();
    It.Pend = TRUE;
    server = NewListener(AF_INET, NULL, NULL, &It.From);
    REQUIRE(AddHook(&redirect, &FWPM_LAYER_ALE_CONNECT_REDIRECT_V4, RedirectConnect, NULL, 0));
    client = NewClient();
    CONNECTION(client)->WskConnect(client, Loopback(&remote, AF_INET, It.From), 0, Begin(&call));
    WaitUntilPended();
    REQUIRE(It.Handle != 0);
    EXPECT_EQ(CloseSocket(client), STATUS_SUCCESS);
    EXPECT(!NT_SUCCESS(Finish(&call, NULL)));
    It.Out.actionType = FWP_ACTION_PERMIT;
    FwpsCompleteClassify0(It.Handle, 0, &It.Out);
    FwpsReleaseClassifyHandle0(It.Handle);
    EXPECT_EQ(CloseSocket(server), STATUS_SUCCESS);
    RemoveHook(&redirect);
    Done();
}

static VOID NTAPI RedirectBind(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                               const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    FWPS_BIND_REQUEST0 *request = NULL;
    UINT64 handle;

    It.Asked++;
    if (FwpsAcquireClassifyHandle0((VOID *)context, 0, &handle) != STATUS_SUCCESS) {
        It.Bad++;
        return;
    }
    if (FwpsAcquireWritableLayerDataPointer0(handle, filter->filterId, 0, (PVOID *)&request, out) == STATUS_SUCCESS) {
        ((PSOCKADDR_IN)&request->localAddressAndPort)->sin_port = Swap(It.To);
        FwpsApplyModifiedLayerData0(handle, request, 0);
    }
    FwpsReleaseClassifyHandle0(handle);
    out->actionType = FWP_ACTION_PERMIT;
}

static void BindSomething(USHORT type, ULONG protocol, ULONG flags)
{
    PWSK_SOCKET socket;
    ADDRESS local;
    HOOK bind;

    Reset();
    It.To = 4321;
    REQUIRE(AddHook(&bind, &FWPM_LAYER_ALE_BIND_REDIRECT_V4, RedirectBind, NULL, 0));
    socket = NewSocket(AF_INET, type, protocol, flags, NULL, NULL);
    REQUIRE(socket != NULL);
    if (flags == WSK_FLAG_DATAGRAM_SOCKET)
        EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->WskBind(socket, Wildcard(&local, AF_INET, 1234), 0, Irp)), STATUS_SUCCESS);
    else
        EXPECT_EQ(SYNC(NULL, CONNECTION(socket)->WskBind(socket, Wildcard(&local, AF_INET, 1234), 0, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(PortOf(socket, flags), 4321);
    EXPECT_EQ(It.Asked, 1);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
    RemoveHook(&bind);
    Done();
}

TEST_CASE(a_bind_takes_the_port_that_a_callout_wants)
{
    BindSomething(SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_CONNECTION_SOCKET);
}

TEST_CASE(a_bind_of_a_datagram_socket_takes_the_port_that_a_callout_wants)
{
    BindSomething(SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET);
}

static VOID NTAPI RefuseBind(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                             const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    It.Asked++;
    It.Bad += values->incomingValue[FWPS_FIELD_ALE_RESOURCE_ASSIGNMENT_V4_IP_PROTOCOL].value.uint8 != IPPROTO_UDP;
    Block(out);
}

TEST_CASE(a_blocked_bind_of_a_datagram_socket_is_refused_and_its_port_is_free)
{
    PWSK_SOCKET socket = NewSocket(AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL);
    ADDRESS local;
    HOOK bind;

    Reset();
    REQUIRE(socket != NULL);
    REQUIRE(AddHook(&bind, &FWPM_LAYER_ALE_RESOURCE_ASSIGNMENT_V4, RefuseBind, NULL, 0));
    EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->WskBind(socket, Wildcard(&local, AF_INET, 1234), 0, Irp)), STATUS_ACCESS_DENIED);
    EXPECT_EQ(It.Asked, 1);
    RemoveHook(&bind);
    EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->WskBind(socket, Wildcard(&local, AF_INET, 1234), 0, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
    Done();
}

TEST_CASE(handles_and_records_that_are_none_are_refused)
{
    PVOID data;
    UINT64 handle;
    SIZE_T size;
    FWPS_CLASSIFY_OUT0 out = {0};

    EXPECT(!NT_SUCCESS(FwpsAcquireClassifyHandle0(NULL, 0, &handle)));
    EXPECT(!NT_SUCCESS(FwpsPendClassify0(1, 1, 0, &out)));
    EXPECT(!NT_SUCCESS(FwpsAcquireWritableLayerDataPointer0(1, 1, 0, &data, &out)));
    EXPECT_EQ(FwpsQueryConnectionSioFormatRedirectRecords0(NULL, NULL, 0, &size), STATUS_NOT_FOUND);
    EXPECT_EQ(FwpsQueryConnectionRedirectState0(NULL, NULL, NULL), FWPS_CONNECTION_NOT_REDIRECTED);
}
