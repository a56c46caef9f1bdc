/* Loading and unloading. */
#define INITGUID
#include "streamedit.h"
#include "wfp_callouts.h"

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;

static const GUID SubLayer = { 0x4d6b1f0e, 0x93c2, 0x4a57, { 0x8e, 0x1b, 0x60, 0x2f, 0xd4, 0x7a, 0x35, 0x10 } };
static const GUID CalloutV4 = { 0x4d6b1f0e, 0x93c2, 0x4a57, { 0x8e, 0x1b, 0x60, 0x2f, 0xd4, 0x7a, 0x35, 0x11 } };
static const GUID CalloutV6 = { 0x4d6b1f0e, 0x93c2, 0x4a57, { 0x8e, 0x1b, 0x60, 0x2f, 0xd4, 0x7a, 0x35, 0x12 } };

static WFP_CALLOUTS Callouts;
static WFP_FOLLOWER Engine;
static PDEVICE_OBJECT Device;

/* One filter for every stream, or two: for the local and for the remote port. */
static NTSTATUS AddFilters(_In_ const GUID *Layer, _In_ const GUID *Callout)
{
    FWPM_FILTER_CONDITION0 port = { 0 };
    NTSTATUS status;

    if (!Edit.Port)
        return WfpCalloutsFilter(&Callouts, Layer, Callout, FWP_ACTION_CALLOUT_UNKNOWN, 0, NULL, 0);
    port.matchType = FWP_MATCH_EQUAL;
    port.conditionValue.type = FWP_UINT16;
    port.conditionValue.uint16 = Edit.Port;
    port.fieldKey = FWPM_CONDITION_IP_LOCAL_PORT;
    status = WfpCalloutsFilter(&Callouts, Layer, Callout, FWP_ACTION_CALLOUT_UNKNOWN, 0, &port, 1);
    if (!NT_SUCCESS(status))
        return status;
    port.fieldKey = FWPM_CONDITION_IP_REMOTE_PORT;
    return WfpCalloutsFilter(&Callouts, Layer, Callout, FWP_ACTION_CALLOUT_UNKNOWN, 0, &port, 1);
}

static NTSTATUS AddCallouts(_In_ PDEVICE_OBJECT Of)
{
    UINT32 id;
    NTSTATUS status = WfpCalloutsBegin(&Callouts, Of, L"streamedit", &SubLayer, 0x8000);

    if (NT_SUCCESS(status))
        status = WfpCalloutsAdd(&Callouts, &CalloutV4, &FWPM_LAYER_STREAM_V4, EditStream, &id);
    if (NT_SUCCESS(status))
        status = WfpCalloutsAdd(&Callouts, &CalloutV6, &FWPM_LAYER_STREAM_V6, EditStream, &id);
    if (NT_SUCCESS(status))
        status = AddFilters(&FWPM_LAYER_STREAM_V4, &CalloutV4);
    if (NT_SUCCESS(status))
        status = AddFilters(&FWPM_LAYER_STREAM_V6, &CalloutV6);
    return NT_SUCCESS(status) ? WfpCalloutsCommit(&Callouts) : status;
}

static VOID RemoveCallouts(VOID)
{
    WfpCalloutsEnd(&Callouts);
}

static NTSTATUS Start(VOID)
{
    NTSTATUS status = ReplacerStart();

    return NT_SUCCESS(status) ? WfpEngineFollow(&Engine, Device, AddCallouts, RemoveCallouts) : status;
}

static VOID Stop(VOID)
{
    WfpEngineLeave(&Engine);
    ReplacerStop();
    IoDeleteDevice(Device);
}

_Use_decl_annotations_
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS status = EditRead(RegistryPath);

    if (!NT_SUCCESS(status)) {
        DbgPrint("streamedit: Parameters\\Find of the service key says what to replace (status 0x%08x)\n", status);
        return status;
    }
    DriverObject->DriverUnload = Unload;
    status = IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_NETWORK, FILE_DEVICE_SECURE_OPEN, FALSE, &Device);
    if (!NT_SUCCESS(status))
        return status;
    status = Start();
    if (!NT_SUCCESS(status)) {
        DbgPrint("streamedit: cannot start (status 0x%08x)\n", status);
        Stop();
    }
    return status;
}

_Use_decl_annotations_
static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    Stop();
    DbgPrint("streamedit: %lld phrases replaced\n", ReplacerCount());
}
