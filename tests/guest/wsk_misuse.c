/* What Windows leaves undefined: refused, and the computer goes on. run with: --ignore=wsk-misuse */
#include "wsk_helpers.h"

TEST_SETUP(open_wsk)
{
    EXPECT_EQ(OpenWsk(), STATUS_SUCCESS);
}

TEST_TEARDOWN(close_wsk)
{
    CloseWsk();
}

TEST_CASE(a_closed_socket_answers_nothing)
{
    PWSK_SOCKET socket = NewSocket(AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL);
    ADDRESS address;

    REQUIRE(socket != NULL);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
    EXPECT(!NT_SUCCESS(SYNC(NULL, DATAGRAM(socket)->WskBind(socket, Wildcard(&address, AF_INET, 0), 0, Irp))));
    EXPECT(!NT_SUCCESS(CloseSocket(socket)));
}

TEST_CASE(what_is_not_a_socket_or_a_client_is_refused)
{
    PWSK_SOCKET socket = NewSocket(AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL);
    static UCHAR nothing[4096];
    ADDRESS address;

    REQUIRE(socket != NULL);
    EXPECT(!NT_SUCCESS(SYNC(NULL, DATAGRAM(socket)->WskBind((PWSK_SOCKET)nothing, Wildcard(&address, AF_INET, 0), 0, Irp))));
    EXPECT(!NT_SUCCESS(SYNC(NULL, DATAGRAM(socket)->WskBind(NULL, Wildcard(&address, AF_INET, 0), 0, Irp))));
    EXPECT(!NT_SUCCESS(SYNC(NULL, DATAGRAM(socket)->WskBind((PWSK_SOCKET)1, Wildcard(&address, AF_INET, 0), 0, Irp))));
    EXPECT(!NT_SUCCESS(SYNC(NULL, Npi.Dispatch->WskSocket(nothing, AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET, NULL,
                                                          NULL, NULL, NULL, NULL, Irp))));
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
}

TEST_CASE(a_call_without_its_irp_is_refused)
{
    PWSK_SOCKET socket = NewSocket(AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL);
    ADDRESS address;
    CALL call;

    REQUIRE(socket != NULL);
    EXPECT(!NT_SUCCESS(DATAGRAM(socket)->WskBind(socket, Wildcard(&address, AF_INET, 0), 0, NULL)));
    Begin(&call);
    IoSetNextIrpStackLocation(call.Irp);        /* its only one */
    EXPECT(!NT_SUCCESS(DATAGRAM(socket)->WskBind(socket, &address.Any, 0, call.Irp)));
    EXPECT_EQ(call.Completions, 0);
    IoSkipCurrentIrpStackLocation(call.Irp);
    IoFreeIrp(call.Irp);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
}

static PWSK_DATA_INDICATION Kept;

static NTSTATUS WSKAPI OnReceive(PVOID context, ULONG flags, PWSK_DATA_INDICATION list, SIZE_T bytes, SIZE_T *accepted)
{
    Kept = list;
    return STATUS_PENDING;
}

static const WSK_CLIENT_CONNECTION_DISPATCH StreamEvents = {OnReceive, NULL, NULL};

TEST_CASE(data_that_is_kept_over_the_close_is_taken_back)
{
    PAIR pair;

    REQUIRE(OpenPair(&pair, AF_INET, NULL, &StreamEvents));
    EXPECT_EQ(SetEvents(pair.Server, WSK_EVENT_RECEIVE), STATUS_SUCCESS);
    EXPECT_EQ(Send(pair.Client, "kept"), STATUS_SUCCESS);
    EVENTUALLY(Kept != NULL);
    EXPECT_EQ(CloseSocket(pair.Server), STATUS_SUCCESS);
    EXPECT_EQ(CONNECTION(pair.Server)->WskRelease(pair.Server, Kept), STATUS_INVALID_PARAMETER);
    pair.Server = NULL;
    ClosePair(&pair);
}

TEST_CASE(a_release_or_deregistration_too_many_is_ignored)
{
    static WSK_REGISTRATION never;

    WskReleaseProviderNPI(&never);
    WskDeregister(&never);
}

TEST_CASE(the_provider_is_called_after_its_release)
{
    static WSK_REGISTRATION other;
    WSK_CLIENT_NPI client = {NULL, &ClientDispatch};
    WSK_PROVIDER_NPI npi;
    SIZE_T size = 0;

    REQUIRE(NT_SUCCESS(WskRegister(&client, &other)));
    EXPECT_EQ(WskCaptureProviderNPI(&other, WSK_NO_WAIT, &npi), STATUS_SUCCESS);
    WskReleaseProviderNPI(&other);
    npi.Dispatch->WskControlClient(npi.Client, WSK_TRANSPORT_LIST_QUERY, 0, NULL, 0, NULL, &size, NULL);
    WskDeregister(&other);
}

TEST_CASE_THAT_STOPS(a_call_above_dispatch_level_stops_the_system, IRQL_NOT_LESS_OR_EQUAL)
{
    PWSK_SOCKET socket = NewSocket(AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL);
    KIRQL old;

    REQUIRE(socket != NULL);
    KeRaiseIrql(DISPATCH_LEVEL + 1, &old);
    DATAGRAM(socket)->WskRelease(socket, NULL);
    KeLowerIrql(old);
}
