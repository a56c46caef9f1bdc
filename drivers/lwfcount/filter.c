/* Registration with NDIS. */
#include "lwfcount.h"

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
NDIS_STATUS FilterRegister(PDRIVER_OBJECT DriverObject)
{
    NDIS_FILTER_DRIVER_CHARACTERISTICS characteristics;
    NDIS_STATUS status;

    NdisAllocateSpinLock(&Driver.Lock);
    InitializeListHead(&Driver.Modules);
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
    DeviceCreate();                     /* another copy may have the name: this one counts without it */
    return NDIS_STATUS_SUCCESS;
}

VOID FilterDeregister(VOID)
{
    DeviceDelete();
    NdisFDeregisterFilterDriver(Driver.Handle);
    NdisFreeSpinLock(&Driver.Lock);
}

VOID FilterSum(PCOUNTERS Sum)
{
    COUNTERS one;

    NdisZeroMemory(Sum, sizeof(*Sum));
    NdisAcquireSpinLock(&Driver.Lock);
    for (PLIST_ENTRY link = Driver.Modules.Flink; link != &Driver.Modules; link = link->Flink) {
        ModuleSum(CONTAINING_RECORD(link, MODULE, Link), &one);
        for (ULONG i = 0; i < sizeof(one) / sizeof(ULONG64); i++)
            ((PULONG64)Sum)[i] += ((PULONG64)&one)[i];
    }
    NdisReleaseSpinLock(&Driver.Lock);
}
