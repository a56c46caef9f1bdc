/* Loading, unloading, and the device: a framework driver without PnP devices, because NDIS binds the protocol. The device comes before the
 * protocol: a binding without ports is fine, the reverse, too. */
#include "rawport.h"
#include <wdmsec.h>

DRIVER_INITIALIZE DriverEntry;
static EVT_WDF_DRIVER_UNLOAD Unload;
static EVT_WDF_DEVICE_FILE_CREATE Create;
static EVT_WDF_FILE_CLEANUP Cleanup;
static EVT_WDF_FILE_CLOSE Close;
static EVT_WDF_IO_QUEUE_IO_READ Read;
static EVT_WDF_IO_QUEUE_IO_WRITE Write;
static EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL Control;
static WDFDEVICE Device;

/* --- handles --- */

_Use_decl_annotations_
static VOID Create(WDFDEVICE Owner, WDFREQUEST Request, WDFFILEOBJECT FileObject)
{
    WDF_REQUEST_PARAMETERS parameters;
    PPORT port;

    UNREFERENCED_PARAMETER(Owner);
    WDF_REQUEST_PARAMETERS_INIT(&parameters);
    WdfRequestGetParameters(Request, &parameters);
    port = PortOpen((parameters.Parameters.Create.SecurityContext->DesiredAccess & (FILE_READ_DATA | GENERIC_READ)) != 0);
    HandleState(FileObject)->Port = port;
    if (port != NULL)
        ReadsAttach(port, FileObject);
    WdfRequestComplete(Request, port != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES);
}

_Use_decl_annotations_
static VOID Cleanup(WDFFILEOBJECT FileObject)
{
    PortShut(HandleState(FileObject)->Port);
}

_Use_decl_annotations_
static VOID Close(WDFFILEOBJECT FileObject)
{
    PortRelease(HandleState(FileObject)->Port);
}

/* --- requests --- */

_Use_decl_annotations_
static VOID Read(WDFQUEUE Queue, WDFREQUEST Request, size_t Length)
{
    UNREFERENCED_PARAMETER(Queue);
    UNREFERENCED_PARAMETER(Length);
    ReadsTake(PortOf(Request), Request);
}

_Use_decl_annotations_
static VOID Write(WDFQUEUE Queue, WDFREQUEST Request, size_t Length)
{
    PMDL frame;
    NTSTATUS status = WdfRequestRetrieveInputWdmMdl(Request, &frame);

    UNREFERENCED_PARAMETER(Queue);
    if (NT_SUCCESS(status))
        status = SendFrame(PortOf(Request), Request, frame, (ULONG)Length);
    if (status != STATUS_PENDING)
        WdfRequestComplete(Request, status);
}

/* All codes are METHOD_BUFFERED: one buffer for question and answer. */
_Use_decl_annotations_
static VOID Control(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputBufferLength, size_t InputBufferLength, ULONG IoControlCode)
{
    PVOID buffer = NULL;
    ULONG_PTR information = 0;
    NTSTATUS status = STATUS_SUCCESS;

    UNREFERENCED_PARAMETER(Queue);
    if (InputBufferLength != 0)
        status = WdfRequestRetrieveInputBuffer(Request, 1, &buffer, NULL);
    else if (OutputBufferLength != 0)
        status = WdfRequestRetrieveOutputBuffer(Request, 1, &buffer, NULL);
    if (NT_SUCCESS(status))
        status = ControlCarry(PortOf(Request), IoControlCode, buffer, (ULONG)InputBufferLength, (ULONG)OutputBufferLength, &information);
    WdfRequestCompleteWithInformation(Request, status, information);
}

/* --- the device --- */

static VOID Describe(_Inout_ PWDFDEVICE_INIT Init)
{
    WDF_FILEOBJECT_CONFIG files;
    WDF_OBJECT_ATTRIBUTES attributes;

    WdfDeviceInitSetCharacteristics(Init, FILE_DEVICE_SECURE_OPEN, TRUE);
    WdfDeviceInitSetDeviceType(Init, FILE_DEVICE_NETWORK);
    WdfDeviceInitSetIoType(Init, WdfDeviceIoDirect);
    WDF_FILEOBJECT_CONFIG_INIT(&files, Create, Close, Cleanup);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, HANDLE_STATE);
    WdfDeviceInitSetFileObjectConfig(Init, &files, &attributes);
}

/* Requests may ask the adapter and wait for its answer. */
static NTSTATUS Make(_In_ PWDFDEVICE_INIT Init)
{
    DECLARE_CONST_UNICODE_STRING(name, L"\\Device\\RawPort");
    DECLARE_CONST_UNICODE_STRING(link, L"\\DosDevices\\RawPort");
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_IO_QUEUE_CONFIG config;
    NTSTATUS status;

    Describe(Init);
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ExecutionLevel = WdfExecutionLevelPassive;
    status = WdfDeviceInitAssignName(Init, &name);
    if (NT_SUCCESS(status))
        status = WdfDeviceCreate(&Init, &attributes, &Device);
    if (!NT_SUCCESS(status)) {
        WdfDeviceInitFree(Init);
        return status;
    }
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
    config.EvtIoRead = Read;
    config.EvtIoWrite = Write;
    config.EvtIoDeviceControl = Control;
    status = WdfIoQueueCreate(Device, &config, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
    if (NT_SUCCESS(status))
        status = ReadQueueCreate(Device);
    if (NT_SUCCESS(status))
        status = WdfDeviceCreateSymbolicLink(Device, &link);
    return status;
}

/* --- life --- */

/* What was made goes with the driver object when this fails. */
_Use_decl_annotations_
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG config;
    PWDFDEVICE_INIT init;
    WDFDRIVER driver;
    NTSTATUS status;

    ProtocolPrepare();
    WDF_DRIVER_CONFIG_INIT(&config, WDF_NO_EVENT_CALLBACK);
    config.DriverInitFlags = WdfDriverInitNonPnpDriver;
    config.EvtDriverUnload = Unload;
    config.DriverPoolTag = RAWPORT_TAG;
    status = WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, &driver);
    if (!NT_SUCCESS(status))
        return status;
    init = WdfControlDeviceInitAllocate(driver, &SDDL_DEVOBJ_SYS_ALL_ADM_ALL);
    status = init != NULL ? Make(init) : STATUS_INSUFFICIENT_RESOURCES;
    if (!NT_SUCCESS(status))
        return status;
    status = ProtocolRegister();
    if (status == NDIS_STATUS_SUCCESS)
        WdfControlFinishInitializing(Device);
    return status;
}

_Use_decl_annotations_
static VOID Unload(WDFDRIVER Object)
{
    UNREFERENCED_PARAMETER(Object);
    NdisDeregisterProtocolDriver(Driver.Protocol);
    WdfObjectDelete(Device);
}
