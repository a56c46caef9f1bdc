/* Loading and unloading: a framework driver without devices. */
#include "wskecho.h"

#include <wdf.h>

DRIVER_INITIALIZE DriverEntry;
static EVT_WDF_DRIVER_UNLOAD Unload;

/* Parameters\Port, a REG_DWORD. */
static ULONG ReadPort(_In_ WDFDRIVER Driver)
{
    DECLARE_CONST_UNICODE_STRING(name, L"Port");
    ULONG port = DEFAULT_PORT;
    WDFKEY key;

    if (!NT_SUCCESS(WdfDriverOpenParametersRegistryKey(Driver, KEY_READ, WDF_NO_OBJECT_ATTRIBUTES, &key)))
        return DEFAULT_PORT;
    if (!NT_SUCCESS(WdfRegistryQueryULong(key, &name, &port)))
        port = DEFAULT_PORT;
    WdfRegistryClose(key);
    return port;
}

_Use_decl_annotations_
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG config;
    WDFDRIVER driver;
    NTSTATUS status;

    WDF_DRIVER_CONFIG_INIT(&config, WDF_NO_EVENT_CALLBACK);
    config.DriverInitFlags = WdfDriverInitNonPnpDriver;
    config.EvtDriverUnload = Unload;
    config.DriverPoolTag = WSKECHO_TAG;
    status = WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, &driver);
    return NT_SUCCESS(status) ? ServerStart(ReadPort(driver)) : status;
}

_Use_decl_annotations_
static VOID Unload(WDFDRIVER Driver)
{
    UNREFERENCED_PARAMETER(Driver);
    ServerStop();
}
