/* Loading and unloading. */
#define INITGUID
#include "redirect.h"
#include "wfp_callouts.h"

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;

static const GUID SubLayer = { 0x90c7d41b, 0x2e58, 0x4f6d, { 0xb3, 0x07, 0x48, 0xaa, 0x1c, 0x5e, 0x92, 0x20 } };
static const GUID Callout = { 0x90c7d41b, 0x2e58, 0x4f6d, { 0xb3, 0x07, 0x48, 0xaa, 0x1c, 0x5e, 0x92, 0x21 } };

static WFP_CALLOUTS Callouts;
static PDEVICE_OBJECT Device;

static NTSTATUS Start(VOID)
{
    FWPM_FILTER_CONDITION0 conditions[2] = { { { 0 } } };
    UINT32 id;
    NTSTATUS status = FwpsRedirectHandleCreate0(&SubLayer, 0, &Target.Handle);

    conditions[0].fieldKey = FWPM_CONDITION_IP_REMOTE_PORT;
    conditions[0].matchType = FWP_MATCH_EQUAL;
    conditions[0].conditionValue.type = FWP_UINT16;
    conditions[0].conditionValue.uint16 = Target.Port;
    conditions[1].fieldKey = FWPM_CONDITION_IP_PROTOCOL;
    conditions[1].matchType = FWP_MATCH_EQUAL;
    conditions[1].conditionValue.type = FWP_UINT8;
    conditions[1].conditionValue.uint8 = IPPROTO_TCP;
    if (NT_SUCCESS(status))
        status = WfpCalloutsBegin(&Callouts, Device, L"redirect", &SubLayer, 0x8000);
    if (NT_SUCCESS(status))
        status = WfpCalloutsAdd(&Callouts, &Callout, &FWPM_LAYER_ALE_CONNECT_REDIRECT_V4, RedirectConnect, &id);
    if (NT_SUCCESS(status))
        status = WfpCalloutsFilter(&Callouts, &FWPM_LAYER_ALE_CONNECT_REDIRECT_V4, &Callout, FWP_ACTION_CALLOUT_UNKNOWN, 0, conditions, 2);
    return NT_SUCCESS(status) ? WfpCalloutsCommit(&Callouts) : status;
}

static VOID Stop(VOID)
{
    WfpCalloutsEnd(&Callouts);
    if (Target.Handle)
        FwpsRedirectHandleDestroy0(Target.Handle);
    IoDeleteDevice(Device);
}

_Use_decl_annotations_
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS status = TargetRead(RegistryPath);

    if (!NT_SUCCESS(status)) {
        DbgPrint("redirect: Parameters\\Port, Target and TargetPort of the service key say what goes where (status 0x%08x)\n", status);
        return status;
    }
    DriverObject->DriverUnload = Unload;
    status = IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_NETWORK, FILE_DEVICE_SECURE_OPEN, FALSE, &Device);
    if (!NT_SUCCESS(status))
        return status;
    status = Start();
    if (!NT_SUCCESS(status)) {
        DbgPrint("redirect: cannot start (status 0x%08x)\n", status);
        Stop();
    }
    return status;
}

_Use_decl_annotations_
static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    Stop();
    DbgPrint("redirect: %ld connects redirected, %ld restored\n", Target.Redirected, Target.Restored);
}
