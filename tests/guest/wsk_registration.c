/* Registration, capture, static events, and the Network Module Registrar's own way in. docs: wsk/nf-wsk-wskregister,
 * wsk/nf-wsk-wskcaptureprovidernpi, network/attaching-the-wsk-client-to-the-wsk-subsystem */
#include "wsk_helpers.h"

static WSK_REGISTRATION Other;

static NTSTATUS RegisterVersion(USHORT version, WSK_CLIENT_DISPATCH *dispatch)
{
    WSK_CLIENT_NPI client = {NULL, dispatch};

    dispatch->Version = version;
    dispatch->Reserved = 0;
    dispatch->WskClientEvent = NULL;
    return WskRegister(&client, &Other);
}

TEST_CASE(a_capture_gives_the_table_and_the_client)
{
    WSK_PROVIDER_CHARACTERISTICS range;
    WSK_CLIENT_DISPATCH dispatch;
    WSK_PROVIDER_NPI npi;
    KIRQL old;

    EXPECT_EQ(RegisterVersion(MAKE_WSK_VERSION(1, 0), &dispatch), STATUS_SUCCESS);
    EXPECT_EQ(WskQueryProviderCharacteristics(&Other, &range), STATUS_SUCCESS);
    EXPECT(range.LowestVersion <= MAKE_WSK_VERSION(1, 0) && range.HighestVersion >= MAKE_WSK_VERSION(1, 0));
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    EXPECT_EQ(WskCaptureProviderNPI(&Other, WSK_NO_WAIT, &npi), STATUS_SUCCESS);
    KeLowerIrql(old);
    EXPECT(npi.Client != NULL && npi.Dispatch != NULL);
    EXPECT_EQ(WSK_MAJOR_VERSION(npi.Dispatch->Version), 1);
    EXPECT_EQ(WskCaptureProviderNPI(&Other, 1000, &npi), STATUS_SUCCESS);
    WskReleaseProviderNPI(&Other);
    WskReleaseProviderNPI(&Other);
    WskDeregister(&Other);
    EXPECT_EQ(WskCaptureProviderNPI(&Other, WSK_INFINITE_WAIT, &npi), STATUS_DEVICE_NOT_READY);
}

TEST_CASE(an_unknown_version_has_no_interface)
{
    WSK_PROVIDER_CHARACTERISTICS range;
    WSK_CLIENT_DISPATCH dispatch;
    WSK_PROVIDER_NPI npi;

    EXPECT_EQ(RegisterVersion(MAKE_WSK_VERSION(7, 0), &dispatch), STATUS_SUCCESS);
    EXPECT_EQ(WskCaptureProviderNPI(&Other, WSK_INFINITE_WAIT, &npi), STATUS_NOINTERFACE);
    EXPECT_EQ(WskQueryProviderCharacteristics(&Other, &range), STATUS_SUCCESS);
    WskDeregister(&Other);
}

TEST_CASE(registrations_are_independent)
{
    WSK_CLIENT_DISPATCH dispatch;
    WSK_PROVIDER_NPI npi;

    EXPECT_EQ(OpenWsk(), STATUS_SUCCESS);
    EXPECT_EQ(RegisterVersion(MAKE_WSK_VERSION(1, 0), &dispatch), STATUS_SUCCESS);
    EXPECT_EQ(WskCaptureProviderNPI(&Other, WSK_NO_WAIT, &npi), STATUS_SUCCESS);
    EXPECT(npi.Client != Npi.Client);
    CloseWsk();
    WskReleaseProviderNPI(&Other);
    WskDeregister(&Other);
}

static volatile LONG Deregistered;

static VOID NTAPI Deregister(PVOID context)
{
    WskDeregister(&Registration);
    InterlockedExchange(&Deregistered, 1);
}

TEST_CASE(deregistration_waits_for_the_release_and_for_sockets)
{
    PWSK_SOCKET socket;
    PKTHREAD thread;
    CALL change;

    Deregistered = 0;
    EXPECT_EQ(OpenWsk(), STATUS_SUCCESS);
    socket = NewSocket(AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL);
    REQUIRE(socket != NULL);
    EXPECT_EQ(Npi.Dispatch->WskControlClient(Npi.Client, WSK_TRANSPORT_LIST_CHANGE, 0, NULL, 0, NULL, NULL, Begin(&change)),
              STATUS_PENDING);
    thread = StartThread(Deregister, NULL);
    REQUIRE(thread != NULL);
    Sleep(50);
    EXPECT_EQ(Deregistered, 0);
    EXPECT_EQ(Finish(&change, NULL), STATUS_CANCELLED);
    WskReleaseProviderNPI(&Registration);
    Sleep(50);
    EXPECT_EQ(Deregistered, 0);         /* a socket is open */
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
    JoinThread(thread);
    EXPECT_EQ(Deregistered, 1);
}

/* --- static events ---- */

static LONG Receives;

static NTSTATUS WSKAPI OnReceive(PVOID context, ULONG flags, PWSK_DATA_INDICATION list, SIZE_T bytes, SIZE_T *accepted)
{
    Receives++;
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_CONNECTION_DISPATCH StreamEvents = {OnReceive, NULL, NULL};

TEST_CASE(static_events_are_on_from_the_start_and_stay_on)
{
    WSK_EVENT_CALLBACK_CONTROL control = {&NPI_WSK_INTERFACE_ID, WSK_EVENT_RECEIVE};
    PAIR pair;

    Receives = 0;
    EXPECT_EQ(OpenWsk(), STATUS_SUCCESS);
    EXPECT_EQ(Npi.Dispatch->WskControlClient(Npi.Client, WSK_SET_STATIC_EVENT_CALLBACKS, sizeof(control), &control, 0, NULL, NULL, NULL),
              STATUS_SUCCESS);
    REQUIRE(OpenPair(&pair, AF_INET, NULL, &StreamEvents));
    EXPECT_EQ(Send(pair.Client, "static"), STATUS_SUCCESS);
    EVENTUALLY(Receives == 1);
    EXPECT_EQ(SetEvents(pair.Server, WSK_EVENT_RECEIVE | WSK_EVENT_DISABLE), STATUS_INVALID_PARAMETER);
    EXPECT(!NT_SUCCESS(Npi.Dispatch->WskControlClient(Npi.Client, WSK_SET_STATIC_EVENT_CALLBACKS, sizeof(control), &control, 0, NULL,
                                                      NULL, NULL)));
    ClosePair(&pair);
    CloseWsk();
}

/* --- through the registrar ---- */

static HANDLE NmrHandle, Binding;
static const VOID *Dispatch;
static PVOID Client;
static LONG Cleanups;

static NTSTATUS NTAPI AttachProvider(HANDLE binding, PVOID context, PNPI_REGISTRATION_INSTANCE instance)
{
    const WSK_PROVIDER_CHARACTERISTICS *range = (const WSK_PROVIDER_CHARACTERISTICS *)instance->NpiSpecificCharacteristics;
    static const WSK_CLIENT_DISPATCH wrong = {MAKE_WSK_VERSION(9, 0), 0, NULL};

    EXPECT(range->HighestVersion >= MAKE_WSK_VERSION(1, 0));
    EXPECT_EQ(NmrClientAttachProvider(binding, &Cleanups, &wrong, &Client, &Dispatch), STATUS_NOINTERFACE);
    Binding = binding;
    return NmrClientAttachProvider(binding, &Cleanups, &ClientDispatch, &Client, &Dispatch);
}

static NTSTATUS NTAPI DetachProvider(PVOID context)
{
    return STATUS_SUCCESS;
}

static VOID NTAPI Cleanup(PVOID context)
{
    InterlockedIncrement((LONG *)context);
}

static NPI_MODULEID ModuleId = {sizeof(NPI_MODULEID), MIT_GUID, {{0x5ad5c3a1, 0x1111, 0x4222, {1, 2, 3, 4, 5, 6, 7, 8}}}};

TEST_CASE(a_client_of_the_registrar_attaches_to_the_same_provider)
{
    NPI_CLIENT_CHARACTERISTICS me = {0};
    NTSTATUS status;

    me.Length = sizeof(me);
    me.ClientAttachProvider = AttachProvider;
    me.ClientDetachProvider = DetachProvider;
    me.ClientCleanupBindingContext = Cleanup;
    me.ClientRegistrationInstance.Size = sizeof(NPI_REGISTRATION_INSTANCE);
    me.ClientRegistrationInstance.NpiId = &NPI_WSK_INTERFACE_ID;
    me.ClientRegistrationInstance.ModuleId = &ModuleId;
    Cleanups = 0;
    EXPECT_EQ(NmrRegisterClient(&me, NULL, &NmrHandle), STATUS_SUCCESS);
    REQUIRE(Client != NULL && Dispatch != NULL);
    Npi.Client = Client;
    Npi.Dispatch = (const WSK_PROVIDER_DISPATCH *)Dispatch;
    PWSK_SOCKET socket = NewSocket(AF_INET, SOCK_DGRAM, IPPROTO_UDP, WSK_FLAG_DATAGRAM_SOCKET, NULL, NULL);
    EXPECT(socket != NULL);
    status = NmrDeregisterClient(NmrHandle);
    EXPECT_EQ(status, STATUS_PENDING);
    EXPECT_EQ(Cleanups, 0);             /* not before the socket is closed */
    EXPECT_EQ(CloseSocket(socket), STATUS_SUCCESS);
    EXPECT_EQ(NmrWaitForClientDeregisterComplete(NmrHandle), STATUS_SUCCESS);
    EXPECT_EQ(Cleanups, 1);
}
