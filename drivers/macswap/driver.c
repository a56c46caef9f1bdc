/* Registration and unloading. */
#include "macswap.h"

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;

NDIS_HANDLE MacswapProtocol;

_Use_decl_annotations_
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS characteristics = { 0 };

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    characteristics.Header.Type = NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS;
    characteristics.Header.Revision = NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2;
    characteristics.Header.Size = NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2;
    characteristics.MajorNdisVersion = 6;
    characteristics.MinorNdisVersion = 30;
    characteristics.MajorDriverVersion = 1;
    NdisInitUnicodeString(&characteristics.Name, L"MACSWAP");
    characteristics.BindAdapterHandlerEx = BindingCreate;
    characteristics.UnbindAdapterHandlerEx = BindingDestroy;
    characteristics.OpenAdapterCompleteHandlerEx = BindingOpened;
    characteristics.CloseAdapterCompleteHandlerEx = BindingClosed;
    characteristics.OidRequestCompleteHandler = BindingRequestDone;
    characteristics.NetPnPEventHandler = BindingEvent;
    characteristics.StatusHandlerEx = BindingStatus;
    characteristics.ReceiveNetBufferListsHandler = EchoReceive;
    characteristics.SendNetBufferListsCompleteHandler = EchoSent;
    return NdisRegisterProtocolDriver(NULL, &characteristics, &MacswapProtocol);
}

_Use_decl_annotations_
static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    NdisDeregisterProtocolDriver(MacswapProtocol);
}
