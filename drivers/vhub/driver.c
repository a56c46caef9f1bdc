/* Loading and unloading. */
#include "vhub.h"

DRIVER_INITIALIZE DriverEntry;
static MINIPORT_UNLOAD Unload;

_Use_decl_annotations_
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    return HubRegister(DriverObject, RegistryPath, Unload);
}

_Use_decl_annotations_
static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    HubDeregister();
}
