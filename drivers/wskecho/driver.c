/* Loading and unloading. */
#include "wskecho.h"

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;

/* Parameters\Port, a REG_DWORD. */
static ULONG ReadPort(_In_ PUNICODE_STRING RegistryPath)
{
    ULONG port = DEFAULT_PORT;
    RTL_QUERY_REGISTRY_TABLE table[3] = { 0 };

    table[0].Flags = RTL_QUERY_REGISTRY_SUBKEY;
    table[0].Name = L"Parameters";
    table[1].Flags = RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK;
    table[1].Name = L"Port";
    table[1].EntryContext = &port;
    table[1].DefaultType = (REG_DWORD << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT) | REG_NONE;
    RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, RegistryPath->Buffer, table, NULL, NULL);
    return port;
}

_Use_decl_annotations_
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    DriverObject->DriverUnload = Unload;
    return ServerStart(ReadPort(RegistryPath));
}

_Use_decl_annotations_
static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    ServerStop();
}
