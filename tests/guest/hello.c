/* The smallest driver there is: loads, says so, unloads. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD HelloUnload;

static VOID NTAPI HelloUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    DbgPrint("ok a_driver_unloads\n");
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    DriverObject->DriverUnload = HelloUnload;
    DbgPrint("hello from ring 3: %wZ\n", RegistryPath);
    DbgPrint("ok a_driver_loads\n");
    return STATUS_SUCCESS;
}
