/* What binds itself: the resolver's questions leave from endpoints that nobody has bound, and drivers send them to a name server of
 * their own, by UDP and (an answer that is cut) by TCP. docs: fwp/ale-layers, network/using-bind-or-connect-redirection
 * run after: vionet
 * run with: --nic=null --ip=10.0.0.1/24 --dns=10.0.0.53 */
#include "wfp_datagrams.h"

#define NAME_SERVER 0x0a000035u
#define DNS_PORT 53
#define ANSWER_ADDRESS 0x07010203u      /* 3.2.1.7, as it lies in memory */

static struct {
    HANDLE Redirect;
    USHORT Udp, Tcp;                    /* where the questions go */
    USHORT LocalPort[2];                /* where they come from, by UDP and by TCP; 0: as the stack chooses */
    volatile LONG Binds[2], Assigned[2], Connects[2], Bad;
    BOOLEAN RefuseBind;
    USHORT AssignedPort[2];
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

static VOID NTAPI RedirectBind(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                               const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    UINT8 protocol = values->incomingValue[FWPS_FIELD_ALE_BIND_REDIRECT_V4_IP_PROTOCOL].value.uint8;
    ULONG which = protocol == IPPROTO_TCP;
    FWPS_BIND_REQUEST0 *request = NULL;
    UINT64 handle;

    It.Binds[which]++;
    out->actionType = FWP_ACTION_PERMIT;
    if (It.LocalPort[which] == 0 || FwpsAcquireClassifyHandle0((VOID *)context, 0, &handle) != STATUS_SUCCESS)
        return;
    if (FwpsAcquireWritableLayerDataPointer0(handle, filter->filterId, 0, (PVOID *)&request, out) == STATUS_SUCCESS) {
        PSOCKADDR_IN local = (PSOCKADDR_IN)&request->localAddressAndPort;

        It.Bad += local->sin_family != AF_INET || local->sin_port != 0;
        local->sin_port = Swap(It.LocalPort[which]);
        FwpsApplyModifiedLayerData0(handle, request, 0);
    }
    FwpsReleaseClassifyHandle0(handle);
    out->actionType = FWP_ACTION_PERMIT;
}

static VOID NTAPI SeeAssignment(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                                const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    const FWPS_INCOMING_VALUE0 *v = values->incomingValue;
    ULONG which = v[FWPS_FIELD_ALE_RESOURCE_ASSIGNMENT_V4_IP_PROTOCOL].value.uint8 == IPPROTO_TCP;

    It.Assigned[which]++;
    It.AssignedPort[which] = v[FWPS_FIELD_ALE_RESOURCE_ASSIGNMENT_V4_IP_LOCAL_PORT].value.uint16;
    if (It.RefuseBind)
        Block(out);
    else
        Permit(out);
}

static VOID NTAPI RedirectConnect(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *meta, VOID *data,
                                  const VOID *context, const FWPS_FILTER1 *filter, UINT64 flow, FWPS_CLASSIFY_OUT0 *out)
{
    const FWPS_INCOMING_VALUE0 *v = values->incomingValue;
    ULONG which = v[FWPS_FIELD_ALE_CONNECT_REDIRECT_V4_IP_PROTOCOL].value.uint8 == IPPROTO_TCP;
    FWPS_CONNECT_REQUEST0 *request = NULL;
    UINT64 handle;

    out->actionType = FWP_ACTION_PERMIT;
    if (v[FWPS_FIELD_ALE_CONNECT_REDIRECT_V4_IP_REMOTE_PORT].value.uint16 != DNS_PORT)
        return;
    It.Connects[which]++;
    It.Bad += v[FWPS_FIELD_ALE_CONNECT_REDIRECT_V4_IP_REMOTE_ADDRESS].value.uint32 != NAME_SERVER;
    if (FwpsAcquireClassifyHandle0((VOID *)context, 0, &handle) != STATUS_SUCCESS)
        return;
    if (FwpsAcquireWritableLayerDataPointer0(handle, filter->filterId, 0, (PVOID *)&request, out) == STATUS_SUCCESS) {
        PSOCKADDR_IN remote = (PSOCKADDR_IN)&request->remoteAddressAndPort;

        request->localRedirectHandle = It.Redirect;
        request->localRedirectTargetPID = (DWORD)(ULONG_PTR)PsGetCurrentProcessId();
        remote->sin_addr.S_un.S_addr = 0x0100007f;
        remote->sin_port = Swap(which ? It.Tcp : It.Udp);
        FwpsApplyModifiedLayerData0(handle, request, 0);
    }
    FwpsReleaseClassifyHandle0(handle);
    out->actionType = FWP_ACTION_PERMIT;
}

/* --- a name server ---- */

/* Makes the answer of the question in `message`; returns its bytes. */
static ULONG AnswerTo(UCHAR *message, ULONG size, BOOLEAN cut)
{
    static const UCHAR answer[] = {0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 3, 2, 1, 7};

    message[2] = cut ? 0x83 : 0x81;
    message[3] = 0x80;
    if (cut)
        return size;
    message[7] = 1;
    RtlCopyMemory(message + size, answer, sizeof(answer));
    return size + sizeof(answer);
}

/* Answers one question; the port it came from. */
static USHORT ServeUdp(PWSK_SOCKET server, BOOLEAN cut)
{
    ULONG flags = 0, control = 0;
    ADDRESS from = {0};
    ULONG_PTR got = 0;
    BUFFER buffer;

    if (!OpenBuffer(&buffer, 512))
        return 0;
    EXPECT_EQ(SYNC(&got, DATAGRAM(server)->WskReceiveFrom(server, &buffer.Wsk, 0, &from.Any, &control, NULL, &flags, Irp)),
              STATUS_SUCCESS);
    buffer.Wsk.Length = AnswerTo(buffer.Data, (ULONG)got, cut);
    EXPECT_EQ(SYNC(NULL, DATAGRAM(server)->WskSendTo(server, &buffer.Wsk, 0, &from.Any, 0, NULL, Irp)), STATUS_SUCCESS);
    buffer.Wsk.Length = 512;
    CloseBuffer(&buffer);
    return Swap(from.V4.sin_port);
}

static USHORT ServeTcp(PWSK_SOCKET listener)
{
    PWSK_SOCKET connection = Accept(listener, NULL, NULL);
    ADDRESS from = {0};
    ULONG_PTR got = 0;
    BUFFER buffer;
    ULONG size;

    if (connection == NULL || !OpenBuffer(&buffer, 512))
        return 0;
    EXPECT_EQ(SYNC(NULL, CONNECTION(connection)->WskGetRemoteAddress(connection, &from.Any, Irp)), STATUS_SUCCESS);
    EXPECT_EQ(SYNC(&got, CONNECTION(connection)->WskReceive(connection, &buffer.Wsk, 0, Irp)), STATUS_SUCCESS);
    size = AnswerTo(buffer.Data + 2, (ULONG)got - 2, FALSE);
    buffer.Data[0] = (UCHAR)(size >> 8);
    buffer.Data[1] = (UCHAR)size;
    buffer.Wsk.Length = size + 2;
    SYNC(NULL, CONNECTION(connection)->WskSend(connection, &buffer.Wsk, 0, Irp));  /* who has the answer may go before it says so */
    buffer.Wsk.Length = 512;
    CloseBuffer(&buffer);
    EXPECT_EQ(CloseSocket(connection), STATUS_SUCCESS);
    return Swap(from.V4.sin_port);
}

/* --- the client ---- */

static struct {
    CALL Call;
    ADDRINFOEXW Hints;
    PADDRINFOEXW Result;
    UNICODE_STRING Name;
} Lookup;

static void BeginLookup(void)
{
    RtlZeroMemory(&Lookup, sizeof(Lookup));
    Lookup.Hints.ai_family = AF_INET;
    RtlInitUnicodeString(&Lookup.Name, L"somewhere.example");
    Npi.Dispatch->WskGetAddressInfo(Npi.Client, &Lookup.Name, NULL, 0, NULL, &Lookup.Hints, &Lookup.Result, NULL, NULL,
                                    Begin(&Lookup.Call));
}

static NTSTATUS EndLookup(void)
{
    NTSTATUS status = Finish(&Lookup.Call, NULL);

    if (NT_SUCCESS(status)) {
        EXPECT(Lookup.Result != NULL);
        EXPECT_EQ(((PSOCKADDR_IN)Lookup.Result->ai_addr)->sin_addr.S_un.S_addr, ANSWER_ADDRESS);
        Npi.Dispatch->WskFreeAddressInfo(Npi.Client, Lookup.Result);
    }
    return status;
}

static void Ask(BOOLEAN cut, USHORT udpPort, USHORT tcpPort)
{
    HOOK bind, assign, connect;
    PWSK_SOCKET udp, tcp;
    USHORT from;

    RtlZeroMemory(&It, sizeof(It));
    It.LocalPort[0] = udpPort;
    It.LocalPort[1] = tcpPort;
    EXPECT_EQ(FwpsRedirectHandleCreate0(&SubLayer, 0, &It.Redirect), STATUS_SUCCESS);
    udp = NewDatagramSocket(AF_INET, &It.Udp);
    tcp = NewListener(AF_INET, NULL, NULL, &It.Tcp);
    REQUIRE(udp != NULL && tcp != NULL);
    REQUIRE(AddHook(&bind, &FWPM_LAYER_ALE_BIND_REDIRECT_V4, RedirectBind, NULL, 0));
    REQUIRE(AddHook(&assign, &FWPM_LAYER_ALE_RESOURCE_ASSIGNMENT_V4, SeeAssignment, NULL, 0));
    REQUIRE(AddHook(&connect, &FWPM_LAYER_ALE_CONNECT_REDIRECT_V4, RedirectConnect, NULL, 0));
    BeginLookup();
    from = ServeUdp(udp, cut);
    EXPECT_EQ(It.Binds[0], 1);
    EXPECT_EQ(It.Assigned[0], 1);
    EXPECT_EQ(It.AssignedPort[0], from);
    EXPECT_EQ(It.Connects[0], 1);
    if (udpPort != 0)
        EXPECT_EQ(from, udpPort);
    if (cut) {
        from = ServeTcp(tcp);
        EXPECT_EQ(It.AssignedPort[1], from);
        if (tcpPort != 0)
            EXPECT_EQ(from, tcpPort);
    }
    EXPECT_EQ(It.Binds[1], cut);
    EXPECT_EQ(It.Assigned[1], cut);
    EXPECT_EQ(It.Connects[1], cut);
    EXPECT_EQ(EndLookup(), STATUS_SUCCESS);
    EXPECT_EQ(It.Bad, 0);
    RemoveHook(&connect);
    RemoveHook(&assign);
    RemoveHook(&bind);
    EXPECT_EQ(CloseSocket(tcp), STATUS_SUCCESS);
    EXPECT_EQ(CloseSocket(udp), STATUS_SUCCESS);
    FwpsRedirectHandleDestroy0(It.Redirect);
}

TEST_CASE(a_send_from_an_unbound_endpoint_is_bound_before_the_eyes_of_drivers)
{
    Ask(FALSE, 0, 0);
}

TEST_CASE(a_send_from_an_unbound_endpoint_takes_the_port_that_a_callout_wants)
{
    Ask(FALSE, 4051, 0);
}

TEST_CASE(a_connect_of_an_unbound_endpoint_is_bound_before_the_eyes_of_drivers)
{
    Ask(TRUE, 0, 0);
}

TEST_CASE(a_connect_of_an_unbound_endpoint_takes_the_port_that_a_callout_wants)
{
    Ask(TRUE, 4051, 4052);
}

TEST_CASE(a_send_whose_bind_is_blocked_does_not_happen)
{
    HOOK assign;

    RtlZeroMemory(&It, sizeof(It));
    It.RefuseBind = TRUE;
    REQUIRE(AddHook(&assign, &FWPM_LAYER_ALE_RESOURCE_ASSIGNMENT_V4, SeeAssignment, NULL, 0));
    BeginLookup();
    for (int n = 0; n < 5000 && It.Assigned[0] == 0; n++)
        Sleep(1);
    EXPECT(It.Assigned[0] > 0);
    EXPECT(!IsDone(&Lookup.Call));      /* it tries again */
    IoCancelIrp(Lookup.Call.Irp);
    EXPECT(!NT_SUCCESS(EndLookup()));
    RemoveHook(&assign);
}
