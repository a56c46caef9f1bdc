/* Loading and unloading. */
#include "wskecho.h"

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;

_Use_decl_annotations_
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    DriverObject->DriverUnload = Unload;
    return ServerStart(RegistryPath);
}

_Use_decl_annotations_
static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    ServerStop();
}
