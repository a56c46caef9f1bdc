/* Loading and unloading. */
#include "wskget.h"

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;

_Use_decl_annotations_
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS status = ConfigRead(RegistryPath);

    DriverObject->DriverUnload = Unload;
    if (!NT_SUCCESS(status)) {
        DbgPrint("wskget: Parameters\\Host of the service key says what to fetch from (status 0x%08x)\n", status);
        return status;
    }
    return FetchStart();
}

_Use_decl_annotations_
static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    FetchStop();
}
