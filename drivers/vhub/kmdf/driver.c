/* Loading and unloading: a framework driver whose IRPs NDIS handles. */
#include "vhub.h"

#include <wdfminiport.h>

DRIVER_INITIALIZE DriverEntry;
static MINIPORT_UNLOAD Unload;

_Use_decl_annotations_
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG config;
    NTSTATUS status;

    WDF_DRIVER_CONFIG_INIT(&config, WDF_NO_EVENT_CALLBACK);
    config.DriverInitFlags = WdfDriverInitNoDispatchOverride;
    config.DriverPoolTag = VHUB_TAG;
    status = WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
    return NT_SUCCESS(status) ? HubRegister(DriverObject, RegistryPath, Unload) : status;
}

_Use_decl_annotations_
static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    HubDeregister();
    WdfDriverMiniportUnload(WdfGetDriver());
}
