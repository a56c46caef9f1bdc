/* Values that are not known have none (FWP_EMPTY): the address of a bind that names none, the arrival interface of a packet that goes
 * out. docs: fwp/ale-layers, fwp/ale-re-authorization */
#include "wfp_datagrams.h"

static struct {
    volatile LONG Calls;
    FWP_DATA_TYPE Address, Arrival, ArrivalIndex;
    UINT32 Flags;
    USHORT Port;
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

static VOID NTAPI SeeAssignment(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                                const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    const FWPS_INCOMING_VALUE0 *v = values->incomingValue;

    It.Calls++;
    It.Address = v[FWPS_FIELD_ALE_RESOURCE_ASSIGNMENT_V4_IP_LOCAL_ADDRESS].value.type;
    It.Port = v[FWPS_FIELD_ALE_RESOURCE_ASSIGNMENT_V4_IP_LOCAL_PORT].value.uint16;
    It.Flags = v[FWPS_FIELD_ALE_RESOURCE_ASSIGNMENT_V4_FLAGS].value.uint32;
    Permit(out);
}

static void BindTo(BOOLEAN stream, BOOLEAN loopback, USHORT port, FWP_DATA_TYPE address, BOOLEAN wildcard)
{
    ULONG flags = stream ? WSK_FLAG_CONNECTION_SOCKET : WSK_FLAG_DATAGRAM_SOCKET;
    PWSK_SOCKET socket = NewSocket(AF_INET, stream ? SOCK_STREAM : SOCK_DGRAM, stream ? IPPROTO_TCP : IPPROTO_UDP, flags, NULL, NULL);
    ADDRESS local;
    HOOK hook;

    RtlZeroMemory(&It, sizeof(It));
    REQUIRE(socket != NULL);
    REQUIRE(AddHook(&hook, &FWPM_LAYER_ALE_RESOURCE_ASSIGNMENT_V4, SeeAssignment, NULL, 0));
    if (loopback)
        Loopback(&local, AF_INET, port);
    else
        Wildcard(&local, AF_INET, port);
    if (stream)
        EXPECT_EQ(SYNC(NULL, CONNECTION(socket)->WskBind(socket, &local.Any, 0, Irp)), STATUS_SUCCESS);
    else
        EXPECT_EQ(SYNC(NULL, DATAGRAM(socket)->WskBind(socket, &local.Any, 0, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(It.Calls, 1);
    EXPECT_EQ(It.Address, address);
    EXPECT_EQ((It.Flags & FWP_CONDITION_FLAG_IS_WILDCARD_BIND) != 0, wildcard);
    EXPECT_EQ(It.Port, PortOf(socket, flags));
    RemoveHook(&hook);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
}

TEST_CASE(a_bind_that_names_no_address_has_none)
{
    BindTo(TRUE, FALSE, 4711, FWP_EMPTY, TRUE);
    BindTo(FALSE, FALSE, 4711, FWP_EMPTY, TRUE);
}

TEST_CASE(a_bind_that_names_no_port_has_the_one_that_was_chosen)
{
    BindTo(TRUE, TRUE, 0, FWP_UINT32, TRUE);
    BindTo(FALSE, TRUE, 0, FWP_UINT32, TRUE);
}

TEST_CASE(a_bind_that_names_both_is_no_wildcard)
{
    BindTo(TRUE, TRUE, 4711, FWP_UINT32, FALSE);
    BindTo(FALSE, TRUE, 4711, FWP_UINT32, FALSE);
}

/* --- authorised again ---- */

static VOID NTAPI SeeAccept(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                            const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    const FWPS_INCOMING_VALUE0 *v = values->incomingValue;

    It.Calls++;
    It.Flags = v[FWPS_FIELD_ALE_AUTH_RECV_ACCEPT_V4_FLAGS].value.uint32;
    It.Arrival = v[FWPS_FIELD_ALE_AUTH_RECV_ACCEPT_V4_IP_ARRIVAL_INTERFACE].value.type;
    It.ArrivalIndex = v[FWPS_FIELD_ALE_AUTH_RECV_ACCEPT_V4_ARRIVAL_INTERFACE_INDEX].value.type;
    Permit(out);
}

static void ExpectArrival(FWP_DATA_TYPE type, FWP_DATA_TYPE indexType)
{
    EXPECT_EQ(It.Calls, 1);
    EXPECT(It.Flags & FWP_CONDITION_FLAG_IS_REAUTHORIZE);
    EXPECT_EQ(It.Arrival, type);
    EXPECT_EQ(It.ArrivalIndex, indexType);
}

TEST_CASE(a_connection_that_is_authorised_again_by_what_goes_out_arrives_nowhere)
{
    PAIR pair;
    HOOK hook;

    REQUIRE(OpenPair(&pair, AF_INET, NULL, NULL));
    for (int n = 0; n < 2; n++) {
        RtlZeroMemory(&It, sizeof(It));
        REQUIRE(AddHook(&hook, &FWPM_LAYER_ALE_AUTH_RECV_ACCEPT_V4, SeeAccept, NULL, 0));
        EXPECT_EQ(Send(n == 0 ? pair.Server : pair.Client, "x"), STATUS_SUCCESS);
        if (n == 0)
            ExpectArrival(FWP_EMPTY, FWP_EMPTY);
        else
            ExpectArrival(FWP_UINT64, FWP_UINT32);
        RemoveHook(&hook);
    }
    ClosePair(&pair);
}

TEST_CASE(a_conversation_that_is_authorised_again_by_what_goes_out_arrives_nowhere)
{
    USHORT first, second, from;
    PWSK_SOCKET one = NewDatagramSocket(AF_INET, &first), two = NewDatagramSocket(AF_INET, &second);
    HOOK hook;

    REQUIRE(one != NULL && two != NULL);
    REQUIRE(AddHook(&hook, &FWPM_LAYER_ALE_AUTH_RECV_ACCEPT_V4, SeeAccept, NULL, 0));
    EXPECT_EQ(SendDatagram(one, "ask", AF_INET, second), STATUS_SUCCESS);
    EXPECT(Arrives(two, "ask", &from));
    for (int n = 0; n < 2; n++) {
        RemoveHook(&hook);
        RtlZeroMemory(&It, sizeof(It));
        REQUIRE(AddHook(&hook, &FWPM_LAYER_ALE_AUTH_RECV_ACCEPT_V4, SeeAccept, NULL, 0));
        EXPECT_EQ(SendDatagram(n == 0 ? two : one, "more", AF_INET, n == 0 ? first : second), STATUS_SUCCESS);
        EXPECT(Arrives(n == 0 ? one : two, "more", &from));
        if (n == 0)
            ExpectArrival(FWP_EMPTY, FWP_EMPTY);
        else
            ExpectArrival(FWP_UINT64, FWP_UINT32);
    }
    RemoveHook(&hook);
    EXPECT_EQ(CloseSocket(one), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(two), STATUS_SUCCESS);
}
