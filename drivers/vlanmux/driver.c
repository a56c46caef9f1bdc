/* Registration of both edges, and unloading. */
#include "vlanmux.h"

DRIVER_INITIALIZE DriverEntry;
static MINIPORT_UNLOAD Unload;

MUX Mux;

static NDIS_STATUS RegisterMiniport(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS m;

    NdisZeroMemory(&m, sizeof(m));
    m.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS;
    m.Header.Revision = NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2;
    m.Header.Size = NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2;
    m.MajorNdisVersion = 6;
    m.MinorNdisVersion = 30;
    m.MajorDriverVersion = 1;
    m.Flags = NDIS_INTERMEDIATE_DRIVER;
    m.InitializeHandlerEx = UpperInitialize;
    m.HaltHandlerEx = UpperHalt;
    m.UnloadHandler = Unload;
    m.PauseHandler = UpperPause;
    m.RestartHandler = UpperRestart;
    m.OidRequestHandler = UpperRequest;
    m.CancelOidRequestHandler = UpperCancelRequest;
    m.SendNetBufferListsHandler = UpperSend;
    m.CancelSendHandler = UpperCancelSend;
    m.ReturnNetBufferListsHandler = UpperReturn;
    m.DevicePnPEventNotifyHandler = UpperPnPEvent;
    m.ShutdownHandlerEx = UpperShutdown;
    return NdisMRegisterMiniportDriver(DriverObject, RegistryPath, NULL, &m, &Mux.Driver);
}

static NDIS_STATUS RegisterProtocol(VOID)
{
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS p;

    NdisZeroMemory(&p, sizeof(p));
    p.Header.Type = NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS;
    p.Header.Revision = NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2;
    p.Header.Size = NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2;
    p.MajorNdisVersion = 6;
    p.MinorNdisVersion = 30;
    p.MajorDriverVersion = 1;
    NdisInitUnicodeString(&p.Name, MUX_SERVICE);
    p.BindAdapterHandlerEx = LowerBind;
    p.UnbindAdapterHandlerEx = LowerUnbind;
    p.OpenAdapterCompleteHandlerEx = LowerOpened;
    p.CloseAdapterCompleteHandlerEx = LowerClosed;
    p.NetPnPEventHandler = LowerEvent;
    p.OidRequestCompleteHandler = LowerRequestDone;
    p.StatusHandlerEx = LowerStatus;
    p.ReceiveNetBufferListsHandler = LowerReceive;
    p.SendNetBufferListsCompleteHandler = LowerSent;
    return NdisRegisterProtocolDriver(NULL, &p, &Mux.Protocol);
}

_Use_decl_annotations_
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NDIS_STATUS status;

    ExInitializeFastMutex(&Mux.Lock);
    InitializeListHead(&Mux.Lowers);
    status = RegisterMiniport(DriverObject, RegistryPath);      /* first: a binding may come as soon as the protocol is there */
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    status = RegisterProtocol();
    if (status != NDIS_STATUS_SUCCESS) {
        NdisMDeregisterMiniportDriver(Mux.Driver);
        return status;
    }
    NdisIMAssociateMiniport(Mux.Driver, Mux.Protocol);
    return NDIS_STATUS_SUCCESS;
}

_Use_decl_annotations_
static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    NdisDeregisterProtocolDriver(Mux.Protocol);
    NdisMDeregisterMiniportDriver(Mux.Driver);
    KeFlushQueuedDpcs();                /* a DPC of the adapter below may still be on its way out of this code */
}
