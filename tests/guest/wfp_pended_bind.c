/* Binds and listens that a callout driver decides later. docs: fwpsk/nf-fwpsk-fwpspendoperation0, network/types-of-callouts,
 * fwpsk/nf-fwpsk-fwpspendclassify0 */
#include "wfp_helpers.h"
#include "wsk_helpers.h"

static struct {
    HANDLE Pended;
    volatile LONG Calls, Reauthorised, Bad;
    BOOLEAN Deny;
} It;

static KEVENT Asked;

TEST_SETUP(open_all)
{
    KeInitializeEvent(&Asked, SynchronizationEvent, FALSE);
    EXPECT_EQ(OpenWsk(), STATUS_SUCCESS);
    EXPECT_EQ(OpenWfp(), STATUS_SUCCESS);
}

TEST_TEARDOWN(close_all)
{
    CloseWfp();
    CloseWsk();
}

static void Decide(UINT32 flags, const FWPS_INCOMING_METADATA_VALUES0 *meta, FWPS_CLASSIFY_OUT0 *out)
{
    It.Calls++;
    It.Bad += KeGetCurrentIrql() > DISPATCH_LEVEL;
    if (flags & FWP_CONDITION_FLAG_IS_REAUTHORIZE) {
        It.Reauthorised++;
        if (It.Deny)
            Block(out);
        else
            Permit(out);
        return;
    }
    It.Bad += FwpsPendOperation0(meta->completionHandle, &It.Pended) != STATUS_SUCCESS;
    Absorb(out);
    KeSetEvent(&Asked, IO_NO_INCREMENT, FALSE);
}

static VOID NTAPI PendAssignment(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                                 const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    Decide(values->incomingValue[FWPS_FIELD_ALE_RESOURCE_ASSIGNMENT_V4_FLAGS].value.uint32, meta, out);
}

static VOID NTAPI PendListen(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                             const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    Decide(values->incomingValue[FWPS_FIELD_ALE_AUTH_LISTEN_V4_FLAGS].value.uint32, meta, out);
}

/* The same thread binds, and lets the bind go on. */
static void BindWhilePended(ULONG category, USHORT type, ULONG protocol, const GUID *layer, FWPS_CALLOUT_CLASSIFY_FN1 classify, BOOLEAN deny)
{
    PWSK_SOCKET socket = NewSocket(AF_INET, type, protocol, category, NULL, NULL);
    ADDRESS local;
    CALL call;
    HOOK hook;

    RtlZeroMemory(&It, sizeof(It));
    It.Deny = deny;
    REQUIRE(socket != NULL && AddHook(&hook, layer, classify, &FWPM_CONDITION_IP_LOCAL_PORT, 4711));
    Wildcard(&local, AF_INET, 4711);
    if (category == WSK_FLAG_DATAGRAM_SOCKET)
        EXPECT_EQ(DATAGRAM(socket)->WskBind(socket, (PSOCKADDR)&local, 0, Begin(&call)), STATUS_PENDING);
    else
        EXPECT_EQ(LISTEN(socket)->WskBind(socket, (PSOCKADDR)&local, 0, Begin(&call)), STATUS_PENDING);
    EXPECT_EQ(WaitMs(&Asked, 1000), STATUS_SUCCESS);
    Sleep(20);
    EXPECT(!IsDone(&call));
    EXPECT_EQ(It.Calls, 1);
    FwpsCompleteOperation0(It.Pended, NULL);
    EXPECT_EQ(Finish(&call, NULL), deny ? STATUS_ACCESS_DENIED : STATUS_SUCCESS);
    EXPECT_EQ(It.Reauthorised, 1);
    EXPECT_EQ(It.Bad, 0);
    RemoveHook(&hook);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
}

TEST_CASE(a_bind_that_is_pended_goes_on_when_its_operation_completes)
{
    BindWhilePended(WSK_FLAG_LISTEN_SOCKET, SOCK_STREAM, IPPROTO_TCP, &FWPM_LAYER_ALE_RESOURCE_ASSIGNMENT_V4, PendAssignment, FALSE);
    BindWhilePended(WSK_FLAG_DATAGRAM_SOCKET, SOCK_DGRAM, IPPROTO_UDP, &FWPM_LAYER_ALE_RESOURCE_ASSIGNMENT_V4, PendAssignment, FALSE);
}

TEST_CASE(a_bind_that_is_pended_may_be_denied_in_the_end)
{
    BindWhilePended(WSK_FLAG_LISTEN_SOCKET, SOCK_STREAM, IPPROTO_TCP, &FWPM_LAYER_ALE_RESOURCE_ASSIGNMENT_V4, PendAssignment, TRUE);
    BindWhilePended(WSK_FLAG_DATAGRAM_SOCKET, SOCK_DGRAM, IPPROTO_UDP, &FWPM_LAYER_ALE_RESOURCE_ASSIGNMENT_V4, PendAssignment, TRUE);
}

TEST_CASE(a_listen_that_is_pended_goes_on_when_its_operation_completes)
{
    BindWhilePended(WSK_FLAG_LISTEN_SOCKET, SOCK_STREAM, IPPROTO_TCP, &FWPM_LAYER_ALE_AUTH_LISTEN_V4, PendListen, FALSE);
    BindWhilePended(WSK_FLAG_LISTEN_SOCKET, SOCK_STREAM, IPPROTO_TCP, &FWPM_LAYER_ALE_AUTH_LISTEN_V4, PendListen, TRUE);
}

TEST_CASE(a_stream_socket_begins_to_listen_when_its_operation_completes)
{
    PWSK_SOCKET socket = NewSocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_STREAM_SOCKET, NULL, NULL), connection;
    ADDRESS local;
    CALL call;
    HOOK hook;

    RtlZeroMemory(&It, sizeof(It));
    REQUIRE(socket != NULL && AddHook(&hook, &FWPM_LAYER_ALE_AUTH_LISTEN_V4, PendListen, &FWPM_CONDITION_IP_LOCAL_PORT, 4711));
    EXPECT_EQ(SYNC(NULL, STREAM(socket)->WskBind(socket, Wildcard(&local, AF_INET, 4711), 0, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(STREAM(socket)->WskListen(socket, Begin(&call)), STATUS_PENDING);
    EXPECT_EQ(WaitMs(&Asked, 1000), STATUS_SUCCESS);
    EXPECT(!IsDone(&call));
    FwpsCompleteOperation0(It.Pended, NULL);
    EXPECT_EQ(Finish(&call, NULL), STATUS_SUCCESS);
    EXPECT_EQ(It.Bad, 0);
    connection = Connect(AF_INET, 4711, NULL, NULL);
    REQUIRE(connection != NULL);
    EXPECT_EQ(CloseSocket(connection), STATUS_SUCCESS);
    RemoveHook(&hook);
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
}

/* The close completes when the bind does. */
TEST_CASE(a_socket_is_closed_while_its_bind_is_pended)
{
    PWSK_SOCKET socket = NewSocket(AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL);
    ADDRESS local;
    CALL bind, close;
    HOOK hook;

    RtlZeroMemory(&It, sizeof(It));
    REQUIRE(socket != NULL);
    REQUIRE(AddHook(&hook, &FWPM_LAYER_ALE_RESOURCE_ASSIGNMENT_V4, PendAssignment, &FWPM_CONDITION_IP_LOCAL_PORT, 4711));
    EXPECT_EQ(DATAGRAM(socket)->WskBind(socket, Wildcard(&local, AF_INET, 4711), 0, Begin(&bind)), STATUS_PENDING);
    EXPECT_EQ(WaitMs(&Asked, 1000), STATUS_SUCCESS);
    EXPECT_EQ(DATAGRAM(socket)->Basic.WskCloseSocket(socket, Begin(&close)), STATUS_PENDING);
    FwpsCompleteOperation0(It.Pended, NULL);
    EXPECT(!NT_SUCCESS(Finish(&bind, NULL)));
    EXPECT_EQ(Finish(&close, NULL), STATUS_SUCCESS);
    RemoveHook(&hook);
}
