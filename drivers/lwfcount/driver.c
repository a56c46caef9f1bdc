/* Registration and unloading. */
#include "lwfcount.h"

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;

DRIVER Driver;

static VOID FillHandlers(NDIS_FILTER_DRIVER_CHARACTERISTICS *c)
{
    c->SetFilterModuleOptionsHandler = ModuleSetOptions;
    c->AttachHandler = ModuleAttach;
    c->DetachHandler = ModuleDetach;
    c->RestartHandler = ModuleRestart;
    c->PauseHandler = ModulePause;
    c->SendNetBufferListsHandler = ModuleSend;
    c->SendNetBufferListsCompleteHandler = ModuleSendComplete;
    c->CancelSendNetBufferListsHandler = ModuleCancelSend;
    c->ReceiveNetBufferListsHandler = ModuleReceive;
    c->ReturnNetBufferListsHandler = ModuleReturn;
    c->OidRequestHandler = ModuleRequest;
    c->OidRequestCompleteHandler = ModuleRequestComplete;
    c->CancelOidRequestHandler = ModuleCancelRequest;
    c->StatusHandler = ModuleStatus;
}

_Use_decl_annotations_
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NDIS_FILTER_DRIVER_CHARACTERISTICS characteristics;
    NDIS_STATUS status;

    UNREFERENCED_PARAMETER(RegistryPath);
    NdisAllocateSpinLock(&Driver.Lock);
    InitializeListHead(&Driver.Modules);
    DriverObject->DriverUnload = Unload;
    NdisZeroMemory(&characteristics, sizeof(characteristics));
    characteristics.Header.Type = NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS;
    characteristics.Header.Revision = NDIS_FILTER_CHARACTERISTICS_REVISION_2;
    characteristics.Header.Size = NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_2;
    characteristics.MajorNdisVersion = NDIS_FILTER_MAJOR_VERSION;
    characteristics.MinorNdisVersion = NDIS_FILTER_MINOR_VERSION;
    characteristics.MajorDriverVersion = 1;
    NdisInitUnicodeString(&characteristics.FriendlyName, L"ring3 counting filter");
    NdisInitUnicodeString(&characteristics.UniqueName, LWF_UNIQUE_NAME);
    NdisInitUnicodeString(&characteristics.ServiceName, LWF_SERVICE_NAME);
    FillHandlers(&characteristics);
    status = NdisFRegisterFilterDriver(DriverObject, NULL, &characteristics, &Driver.Handle);
    if (status != NDIS_STATUS_SUCCESS) {
        NdisFreeSpinLock(&Driver.Lock);
        return status;
    }
    if (DeviceCreate() != NDIS_STATUS_SUCCESS)          /* another copy has the name: this one counts without it */
        Driver.Device = NULL;
    return NDIS_STATUS_SUCCESS;
}

_Use_decl_annotations_
static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    if (Driver.Device != NULL)
        NdisDeregisterDeviceEx(Driver.Device);
    NdisFDeregisterFilterDriver(Driver.Handle);
    NdisFreeSpinLock(&Driver.Lock);
}
