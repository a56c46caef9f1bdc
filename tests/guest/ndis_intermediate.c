/* The calls of intermediate drivers, legal and illegal, from a driver that has both edges; and what a protocol above one sees.
 * run after: vionet vlanmux
 * run with: --nic=null --ip=10.0.0.1/24 */
#define NDIS630 1
#define NDIS_MINIPORT_DRIVER 1
#define NDIS630_MINIPORT 1
#include <ndis.h>
#include "testing.h"

static NDIS_HANDLE Driver, Protocol;
static NDIS_STRING First = NDIS_STRING_CONST("\\Device\\{52334E44-0000-4000-8000-0000000000A1}");
static NDIS_STRING Second = NDIS_STRING_CONST("\\Device\\{52334E44-0000-4000-8000-0000000000A2}");
static LONG Initialized, Halted;

static NDIS_STATUS NTAPI Initialize(NDIS_HANDLE handle, NDIS_HANDLE context, PNDIS_MINIPORT_INIT_PARAMETERS parameters)
{
    Initialized++;
    return NDIS_STATUS_FAILURE;
}

static VOID NTAPI Halt(NDIS_HANDLE context, NDIS_HALT_ACTION action)
{
    Halted++;
}

static VOID NTAPI Unload(PDRIVER_OBJECT driver)
{
}

static NDIS_STATUS NTAPI Pause(NDIS_HANDLE context, PNDIS_MINIPORT_PAUSE_PARAMETERS parameters)
{
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS NTAPI Restart(NDIS_HANDLE context, PNDIS_MINIPORT_RESTART_PARAMETERS parameters)
{
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS NTAPI Request(NDIS_HANDLE context, PNDIS_OID_REQUEST request)
{
    return NDIS_STATUS_NOT_SUPPORTED;
}

static VOID NTAPI Send(NDIS_HANDLE context, PNET_BUFFER_LIST lists, NDIS_PORT_NUMBER port, ULONG flags)
{
}

static VOID NTAPI Return(NDIS_HANDLE context, PNET_BUFFER_LIST lists, ULONG flags)
{
}

static VOID NTAPI Cancel(NDIS_HANDLE context, PVOID id)
{
}

static VOID NTAPI PnPEvent(NDIS_HANDLE context, PNET_DEVICE_PNP_EVENT event)
{
}

static VOID NTAPI Shutdown(NDIS_HANDLE context, NDIS_SHUTDOWN_ACTION action)
{
}

static NDIS_STATUS RegisterMiniport(ULONG flags)
{
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS m;

    NdisZeroMemory(&m, sizeof(m));
    m.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS;
    m.Header.Revision = NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2;
    m.Header.Size = NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2;
    m.MajorNdisVersion = 6;
    m.MinorNdisVersion = 30;
    m.Flags = flags;
    m.InitializeHandlerEx = Initialize;
    m.HaltHandlerEx = Halt;
    m.UnloadHandler = Unload;
    m.PauseHandler = Pause;
    m.RestartHandler = Restart;
    m.OidRequestHandler = Request;
    m.SendNetBufferListsHandler = Send;
    m.ReturnNetBufferListsHandler = Return;
    m.CancelSendHandler = Cancel;
    m.DevicePnPEventNotifyHandler = PnPEvent;
    m.ShutdownHandlerEx = Shutdown;
    m.CancelOidRequestHandler = Cancel;
    return NdisMRegisterMiniportDriver(TestDriverObject, TestRegistryPath, NULL, &m, &Driver);
}

TEST_CASE(a_device_that_has_not_started_is_waited_for)
{
    ULONG context = 0;

    REQUIRE(RegisterMiniport(NDIS_INTERMEDIATE_DRIVER) == NDIS_STATUS_SUCCESS);
    EXPECT_EQ(NdisIMInitializeDeviceInstanceEx(Driver, &First, &context), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(Initialized, 0);
    EXPECT_EQ(NdisIMCancelInitializeDeviceInstance(Driver, &First), NDIS_STATUS_SUCCESS);
    NdisMDeregisterMiniportDriver(Driver);
}

TEST_CASE(a_device_is_asked_for_once)
{
    REQUIRE(RegisterMiniport(NDIS_INTERMEDIATE_DRIVER) == NDIS_STATUS_SUCCESS);
    EXPECT_EQ(NdisIMInitializeDeviceInstanceEx(Driver, &First, NULL), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(NdisIMInitializeDeviceInstanceEx(Driver, &First, NULL), NDIS_STATUS_NOT_ACCEPTED);
    EXPECT_EQ(NdisIMInitializeDeviceInstanceEx(Driver, &Second, NULL), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(NdisIMCancelInitializeDeviceInstance(Driver, &First), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(NdisIMInitializeDeviceInstanceEx(Driver, &First, NULL), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(NdisIMCancelInitializeDeviceInstance(Driver, &First), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(NdisIMCancelInitializeDeviceInstance(Driver, &Second), NDIS_STATUS_SUCCESS);
    NdisMDeregisterMiniportDriver(Driver);
}

TEST_CASE(what_was_not_asked_for_cannot_be_cancelled)
{
    REQUIRE(RegisterMiniport(NDIS_INTERMEDIATE_DRIVER) == NDIS_STATUS_SUCCESS);
    EXPECT_EQ(NdisIMCancelInitializeDeviceInstance(Driver, &First), NDIS_STATUS_FAILURE);
    EXPECT_EQ(NdisIMInitializeDeviceInstanceEx(Driver, &First, NULL), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(NdisIMCancelInitializeDeviceInstance(Driver, &Second), NDIS_STATUS_FAILURE);
    EXPECT_EQ(NdisIMCancelInitializeDeviceInstance(Driver, &First), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(NdisIMCancelInitializeDeviceInstance(Driver, &First), NDIS_STATUS_FAILURE);
    NdisMDeregisterMiniportDriver(Driver);
}

TEST_CASE(a_request_that_is_left_goes_with_the_registration)
{
    REQUIRE(RegisterMiniport(NDIS_INTERMEDIATE_DRIVER) == NDIS_STATUS_SUCCESS);
    EXPECT_EQ(NdisIMInitializeDeviceInstanceEx(Driver, &First, NULL), NDIS_STATUS_SUCCESS);
    NdisMDeregisterMiniportDriver(Driver);
    EXPECT_EQ(Halted, 0);
}

TEST_CASE(a_miniport_driver_that_is_not_intermediate_has_no_virtual_miniports)
{
    REQUIRE(RegisterMiniport(0) == NDIS_STATUS_SUCCESS);
    EXPECT(NdisIMInitializeDeviceInstanceEx(Driver, &First, NULL) != NDIS_STATUS_SUCCESS);
    NdisMDeregisterMiniportDriver(Driver);
}

TEST_CASE(a_handle_of_no_virtual_miniport_is_not_torn_down)
{
    ULONG nothing[64] = { 0 };

    REQUIRE(RegisterMiniport(NDIS_INTERMEDIATE_DRIVER) == NDIS_STATUS_SUCCESS);
    EXPECT_EQ(NdisIMDeInitializeDeviceInstance(nothing), NDIS_STATUS_FAILURE);
    EXPECT_EQ(NdisIMDeInitializeDeviceInstance(Driver), NDIS_STATUS_FAILURE);
    NdisMDeregisterMiniportDriver(Driver);
}

/* ---- a protocol above ---- */

typedef struct _ABOVE {
    NDIS_HANDLE Binding;
    NDIS_HANDLE Context;
    NDIS_HANDLE BindContext, UnbindContext;
    NDIS_OPEN_PARAMETERS Open;
    NDIS_MEDIUM Medium;
    UINT Selected;
    LONG Bound, Restarted, Paused, Unbound;
    ULONG Mtu;
    BOOLEAN Section, Waking;
} ABOVE;

static ABOVE Bindings[8];
static LONG Count;

static VOID Opened(ABOVE *above, NDIS_STATUS status)
{
    EXPECT_EQ(status, NDIS_STATUS_SUCCESS);
    above->Bound = 1;
    above->Context = NdisIMGetBindingContext(above->Binding);
}

/* Called by NDIS when the open pended, and the bind with it. */
static VOID NTAPI OpenedLater(NDIS_HANDLE context, NDIS_STATUS status)
{
    Opened(context, status);
    NdisCompleteBindAdapterEx(((ABOVE *)context)->BindContext, status);
}

static NDIS_STATUS NTAPI Bind(NDIS_HANDLE driver, NDIS_HANDLE bind, PNDIS_BIND_PARAMETERS parameters)
{
    ABOVE *above = &Bindings[InterlockedIncrement(&Count) - 1];
    NDIS_STATUS status;

    EXPECT_EQ(parameters->Header.Revision, NDIS_BIND_PARAMETERS_REVISION_4);
    EXPECT_EQ(parameters->Header.Size, NDIS_SIZEOF_BIND_PARAMETERS_REVISION_4);
    EXPECT(parameters->PowerManagementCapabilities == NULL);    /* the structure of NDIS 6.0 */
    NdisZeroMemory(above, sizeof(*above));
    above->BindContext = bind;
    above->Mtu = parameters->MtuSize;
    above->Section = parameters->ProtocolSection != NULL && parameters->ProtocolSection->Length > 2 * sizeof(L"\\Parameters\\Adapters\\");
    above->Medium = NdisMedium802_3;
    above->Open.Header.Type = NDIS_OBJECT_TYPE_OPEN_PARAMETERS;
    above->Open.Header.Revision = NDIS_OPEN_PARAMETERS_REVISION_1;
    above->Open.Header.Size = NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1;
    above->Open.AdapterName = parameters->AdapterName;
    above->Open.MediumArray = &above->Medium;
    above->Open.MediumArraySize = 1;
    above->Open.SelectedMediumIndex = &above->Selected;
    status = NdisOpenAdapterEx(Protocol, above, &above->Open, bind, &above->Binding);
    if (status != NDIS_STATUS_PENDING)
        Opened(above, status);
    return status;
}

static NDIS_STATUS NTAPI Unbind(NDIS_HANDLE unbind, NDIS_HANDLE context)
{
    ABOVE *above = context;

    EXPECT_EQ(above->Restarted, above->Paused);
    above->UnbindContext = unbind;
    above->Unbound = 1;
    return NdisCloseAdapterEx(above->Binding);
}

/* Called by NDIS when the close pended, and the unbind with it. */
static VOID NTAPI Closed(NDIS_HANDLE context)
{
    NdisCompleteUnbindAdapterEx(((ABOVE *)context)->UnbindContext);
}

static NDIS_STATUS NTAPI Event(NDIS_HANDLE context, PNET_PNP_EVENT_NOTIFICATION event)
{
    ABOVE *above = context;

    if (event->NetPnPEvent.NetEvent == NetEventRestart)
        above->Restarted++;
    if (event->NetPnPEvent.NetEvent == NetEventPause)
        above->Paused++;
    return NDIS_STATUS_SUCCESS;
}

static VOID NTAPI RequestDone(NDIS_HANDLE context, PNDIS_OID_REQUEST request, NDIS_STATUS status)
{
}

static VOID NTAPI Status(NDIS_HANDLE context, PNDIS_STATUS_INDICATION indication)
{
}

static VOID NTAPI Receive(NDIS_HANDLE context, PNET_BUFFER_LIST lists, NDIS_PORT_NUMBER port, ULONG count, ULONG flags)
{
    if (!NDIS_TEST_RECEIVE_CANNOT_PEND(flags))
        NdisReturnNetBufferLists(((ABOVE *)context)->Binding, lists, 0);
}

static VOID NTAPI Sent(NDIS_HANDLE context, PNET_BUFFER_LIST lists, ULONG flags)
{
}

static NDIS_STATUS RegisterProtocol(PCWSTR name)
{
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS p;

    Count = 0;
    NdisZeroMemory(&p, sizeof(p));
    p.Header.Type = NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS;
    p.Header.Revision = NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2;
    p.Header.Size = NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2;
    p.MajorNdisVersion = 6;
    p.MinorNdisVersion = 30;
    NdisInitUnicodeString(&p.Name, name);
    p.BindAdapterHandlerEx = Bind;
    p.UnbindAdapterHandlerEx = Unbind;
    p.OpenAdapterCompleteHandlerEx = OpenedLater;
    p.CloseAdapterCompleteHandlerEx = Closed;
    p.NetPnPEventHandler = Event;
    p.OidRequestCompleteHandler = RequestDone;
    p.StatusHandlerEx = Status;
    p.ReceiveNetBufferListsHandler = Receive;
    p.SendNetBufferListsCompleteHandler = Sent;
    return NdisRegisterProtocolDriver(NULL, &p, &Protocol);
}

TEST_CASE(a_protocol_is_bound_to_the_virtual_adapter_and_not_to_the_one_below)
{
    REQUIRE(RegisterProtocol(L"ndis_intermediate_above") == NDIS_STATUS_SUCCESS);
    EXPECT_EQ(Count, 1);
    EXPECT_EQ(Bindings[0].Bound, 1);
    EXPECT_EQ(Bindings[0].Restarted, 1);
    EXPECT_EQ(Bindings[0].Mtu, 1500);
    NdisDeregisterProtocolDriver(Protocol);
    EXPECT_EQ(Bindings[0].Paused, 1);
    EXPECT_EQ(Bindings[0].Unbound, 1);
}

TEST_CASE(a_protocol_reads_the_context_of_the_driver_below_and_knows_its_own_key)
{
    REQUIRE(RegisterProtocol(L"ndis_intermediate_above") == NDIS_STATUS_SUCCESS);
    REQUIRE(Count == 1);
    EXPECT(Bindings[0].Context != NULL);
    EXPECT(NdisIMGetBindingContext(Bindings[0].Binding) == Bindings[0].Context);
    EXPECT(Bindings[0].Section);
    NdisDeregisterProtocolDriver(Protocol);
}

TEST_CASE(the_configuration_of_a_binding_is_its_own)
{
    NDIS_STRING keyword = NDIS_STRING_CONST("Written");
    NDIS_CONFIGURATION_OBJECT object = {
        { NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT, NDIS_CONFIGURATION_OBJECT_REVISION_1, NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1 }
    };
    NDIS_CONFIGURATION_PARAMETER value = { NdisParameterInteger, { 7 } };
    PNDIS_CONFIGURATION_PARAMETER read;
    NDIS_HANDLE configuration;
    NDIS_STATUS status;

    REQUIRE(RegisterProtocol(L"ndis_intermediate_above") == NDIS_STATUS_SUCCESS);
    REQUIRE(Count == 1);
    object.NdisHandle = Bindings[0].Binding;
    REQUIRE(NdisOpenConfigurationEx(&object, &configuration) == NDIS_STATUS_SUCCESS);
    NdisWriteConfiguration(&status, configuration, &keyword, &value);
    EXPECT_EQ(status, NDIS_STATUS_SUCCESS);
    NdisCloseConfiguration(configuration);
    object.NdisHandle = Protocol;
    REQUIRE(NdisOpenConfigurationEx(&object, &configuration) == NDIS_STATUS_SUCCESS);
    NdisReadConfiguration(&status, &read, configuration, &keyword, NdisParameterInteger);
    EXPECT_EQ(status, NDIS_STATUS_FAILURE);
    NdisCloseConfiguration(configuration);
    object.NdisHandle = Bindings[0].Binding;
    REQUIRE(NdisOpenConfigurationEx(&object, &configuration) == NDIS_STATUS_SUCCESS);
    NdisReadConfiguration(&status, &read, configuration, &keyword, NdisParameterInteger);
    REQUIRE(status == NDIS_STATUS_SUCCESS);
    EXPECT_EQ(read->ParameterData.IntegerData, 7);
    NdisCloseConfiguration(configuration);
    NdisDeregisterProtocolDriver(Protocol);
}
