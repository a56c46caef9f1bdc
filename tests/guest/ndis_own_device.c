/* A miniport driver has devices that NDIS knows nothing of, and takes over some of its dispatch routines. */
#define NDIS630 1
#include <ndis.h>
#include "testing.h"

static MINIPORT_INITIALIZE Initialize;
static MINIPORT_HALT Halt;
static MINIPORT_PAUSE Pause;
static MINIPORT_RESTART Restart;
static MINIPORT_OID_REQUEST OidRequest;
static MINIPORT_CANCEL_OID_REQUEST CancelOidRequest;
static MINIPORT_SEND_NET_BUFFER_LISTS Send;
static MINIPORT_RETURN_NET_BUFFER_LISTS Return;
static MINIPORT_CANCEL_SEND CancelSend;
static MINIPORT_DEVICE_PNP_EVENT_NOTIFY PnpEvent;
static MINIPORT_SHUTDOWN Shutdown;
static MINIPORT_UNLOAD Unload;

static NDIS_STATUS Initialize(NDIS_HANDLE h, NDIS_HANDLE c, PNDIS_MINIPORT_INIT_PARAMETERS p) { return NDIS_STATUS_FAILURE; }
static VOID Halt(NDIS_HANDLE c, NDIS_HALT_ACTION action) { }
static NDIS_STATUS Pause(NDIS_HANDLE c, PNDIS_MINIPORT_PAUSE_PARAMETERS p) { return NDIS_STATUS_SUCCESS; }
static NDIS_STATUS Restart(NDIS_HANDLE c, PNDIS_MINIPORT_RESTART_PARAMETERS p) { return NDIS_STATUS_SUCCESS; }
static NDIS_STATUS OidRequest(NDIS_HANDLE c, PNDIS_OID_REQUEST r) { return NDIS_STATUS_NOT_SUPPORTED; }
static VOID CancelOidRequest(NDIS_HANDLE c, PVOID id) { }
static VOID Send(NDIS_HANDLE c, PNET_BUFFER_LIST n, NDIS_PORT_NUMBER p, ULONG f) { }
static VOID Return(NDIS_HANDLE c, PNET_BUFFER_LIST n, ULONG f) { }
static VOID CancelSend(NDIS_HANDLE c, PVOID id) { }
static VOID PnpEvent(NDIS_HANDLE c, PNET_DEVICE_PNP_EVENT e) { }
static VOID Shutdown(NDIS_HANDLE c, NDIS_SHUTDOWN_ACTION action) { }
static VOID Unload(PDRIVER_OBJECT driver) { }

static PDEVICE_OBJECT own;
static LONG opened, closed;
static PDRIVER_DISPATCH ndis_create, ndis_close;

static NTSTATUS succeed(PIRP irp)
{
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static DRIVER_DISPATCH create_hook;
static NTSTATUS create_hook(PDEVICE_OBJECT device, PIRP irp)
{
    if (device != own)
        return ndis_create(device, irp);
    opened++;
    return succeed(irp);
}

static DRIVER_DISPATCH close_hook;
static NTSTATUS close_hook(PDEVICE_OBJECT device, PIRP irp)
{
    if (device != own)
        return ndis_close(device, irp);
    closed++;
    return succeed(irp);
}

static NDIS_STATUS register_miniport(PDRIVER_OBJECT driver, PNDIS_HANDLE handle)
{
    static UNICODE_STRING path = RTL_CONSTANT_STRING(L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\ndis_own_device");
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS c = {
        .Header = { NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS, NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2,
                    NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2 },
        .MajorNdisVersion = 6, .MinorNdisVersion = 30, .InitializeHandlerEx = Initialize, .HaltHandlerEx = Halt,
        .PauseHandler = Pause, .RestartHandler = Restart, .OidRequestHandler = OidRequest, .CancelOidRequestHandler = CancelOidRequest,
        .SendNetBufferListsHandler = Send, .ReturnNetBufferListsHandler = Return, .CancelSendHandler = CancelSend,
        .DevicePnPEventNotifyHandler = PnpEvent, .ShutdownHandlerEx = Shutdown, .UnloadHandler = Unload,
    };
    return NdisMRegisterMiniportDriver(driver, &path, NULL, &c, handle);
}

TEST_CASE(a_request_for_a_device_that_ndis_did_not_make_is_completed)
{
    static UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\NdisOwnDevice");
    PDRIVER_DISPATCH table[IRP_MJ_MAXIMUM_FUNCTION + 1];
    PDRIVER_UNLOAD unload = TestDriverObject->DriverUnload;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK io;
    NDIS_HANDLE handle;
    HANDLE file;

    RtlCopyMemory(table, TestDriverObject->MajorFunction, sizeof table);
    REQUIRE(NT_SUCCESS(IoCreateDevice(TestDriverObject, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &own)));
    own->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    REQUIRE(register_miniport(TestDriverObject, &handle) == NDIS_STATUS_SUCCESS);
    ndis_create = TestDriverObject->MajorFunction[IRP_MJ_CREATE];
    ndis_close = TestDriverObject->MajorFunction[IRP_MJ_CLOSE];
    TestDriverObject->MajorFunction[IRP_MJ_CREATE] = create_hook;
    TestDriverObject->MajorFunction[IRP_MJ_CLOSE] = close_hook;

    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, NULL, NULL);
    EXPECT_EQ(ZwCreateFile(&file, GENERIC_READ | SYNCHRONIZE, &attributes, &io, NULL, 0, 0, FILE_OPEN, FILE_SYNCHRONOUS_IO_NONALERT,
                           NULL, 0), STATUS_SUCCESS);
    EXPECT(!NT_SUCCESS(ZwDeviceIoControlFile(file, NULL, NULL, NULL, &io, 0x222000, NULL, 0, NULL, 0)));
    ZwClose(file);
    EXPECT_EQ(opened, 1);
    EXPECT_EQ(closed, 1);

    NdisMDeregisterMiniportDriver(handle);
    IoDeleteDevice(own);
    RtlCopyMemory(TestDriverObject->MajorFunction, table, sizeof table);
    TestDriverObject->DriverUnload = unload;
}
