/* DMA of the framework: enablers, common buffers, transactions in one and in several transfers. The test plays the device.
 * docs: wdf/handling-dma-operations-in-kmdf-drivers */
#include "wdf_helpers.h"

#include "helpers.h"

static PDEVICE_OBJECT pdo;
static WDFDEVICE device;
static WDFDMAENABLER enabler;
static ULONG programs, events;
static size_t bytes_listed;
static WDF_DMA_DIRECTION seen_direction;

static NTSTATUS NTAPI Event(WDFDMAENABLER Enabler)
{
    events++;
    return STATUS_SUCCESS;
}

static BOOLEAN NTAPI Program(WDFDMATRANSACTION Transaction, WDFDEVICE Device, WDFCONTEXT Context, WDF_DMA_DIRECTION Direction,
                             PSCATTER_GATHER_LIST List)
{
    programs++;
    seen_direction = Direction;
    bytes_listed = 0;
    for (ULONG i = 0; i < List->NumberOfElements; i++)
        bytes_listed += List->Elements[i].Length;
    EXPECT_EQ(Context, (WDFCONTEXT)3);
    EXPECT_EQ(Device, device);
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    return TRUE;
}

static NTSTATUS NTAPI DeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init)
{
    WDF_DMA_ENABLER_CONFIG config;
    NTSTATUS status;

    WdfDeviceInitSetIoType(Init, WdfDeviceIoDirect);
    status = WdfDeviceCreate(&Init, NULL, &device);
    if (!NT_SUCCESS(status))
        return status;
    WDF_DMA_ENABLER_CONFIG_INIT(&config, WdfDmaProfileScatterGather64, 16 * 1024);
    config.EvtDmaEnablerFill = config.EvtDmaEnablerEnable = Event;
    config.EvtDmaEnablerDisable = config.EvtDmaEnablerFlush = Event;
    return WdfDmaEnablerCreate(device, &config, NULL, &enabler);
}

static NTSTATUS Pnp(UCHAR minor)
{
    PDEVICE_OBJECT top = IoGetAttachedDeviceReference(pdo);
    IO_STATUS_BLOCK iosb;
    KEVENT event;
    NTSTATUS status;
    PIRP irp;

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, top, NULL, 0, NULL, &event, &iosb);
    if (irp == NULL) {
        ObDereferenceObject(top);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    IoGetNextIrpStackLocation(irp)->MinorFunction = minor;
    status = IoCallDriver(top, irp);
    if (status == STATUS_PENDING) {
        WaitFor(&event);
        status = iosb.Status;
    }
    ObDereferenceObject(top);
    return status;
}

static BOOLEAN Begin(void)
{
    programs = events = 0;
    return EXPECT_EQ(TestDriverObject->DriverExtension->AddDevice(TestDriverObject, pdo), STATUS_SUCCESS) &&
           EXPECT_EQ(Pnp(IRP_MN_START_DEVICE), STATUS_SUCCESS);
}

TEST_SETUP(setup)
{
    WDF_DRIVER_CONFIG config;

    test_unload = TestDriverObject->DriverUnload;
    WDF_DRIVER_CONFIG_INIT(&config, DeviceAdd);
    config.EvtDriverUnload = EvtUnload;
    REQUIRE(NT_SUCCESS(WdfDriverCreate(TestDriverObject, TestRegistryPath, NULL, &config, &driver)));
    REQUIRE(NT_SUCCESS(IoReportDetectedDevice(TestDriverObject, InterfaceTypeUndefined, (ULONG)-1, (ULONG)-1, NULL, NULL, FALSE,
                                              &pdo)));
}

TEST_CASE(an_enabler_is_told_when_its_device_comes_and_goes)
{
    REQUIRE(Begin());
    EXPECT_EQ(events, 2);
    EXPECT_EQ(WdfDmaEnablerGetMaximumLength(enabler), 16 * 1024);
    EXPECT(WdfDmaEnablerWdmGetDmaAdapter(enabler, WdfDmaDirectionWriteToDevice) != NULL);
    Pnp(IRP_MN_REMOVE_DEVICE);
    EXPECT_EQ(events, 4);
}

TEST_CASE(a_common_buffer_is_aligned_for_driver_and_device)
{
    WDF_COMMON_BUFFER_CONFIG config;
    WDFCOMMONBUFFER buffer;

    REQUIRE(Begin());
    WDF_COMMON_BUFFER_CONFIG_INIT(&config, 16 * 1024 - 1);
    REQUIRE(NT_SUCCESS(WdfCommonBufferCreateWithConfig(enabler, 1000, &config, NULL, &buffer)));
    EXPECT_EQ(WdfCommonBufferGetLength(buffer), 1000);
    EXPECT_EQ(WdfCommonBufferGetAlignedLogicalAddress(buffer).QuadPart % (16 * 1024), 0);
    RtlFillMemory(WdfCommonBufferGetAlignedVirtualAddress(buffer), 1000, 1);
    EXPECT_EQ(MmGetPhysicalAddress(WdfCommonBufferGetAlignedVirtualAddress(buffer)).QuadPart,
              WdfCommonBufferGetAlignedLogicalAddress(buffer).QuadPart);
    WdfObjectDelete(buffer);
    REQUIRE(NT_SUCCESS(WdfCommonBufferCreate(enabler, 100, NULL, &buffer)));
    EXPECT_EQ(WdfCommonBufferCreate(enabler, 0, NULL, &buffer), STATUS_INVALID_PARAMETER);
    Pnp(IRP_MN_REMOVE_DEVICE);
}

TEST_CASE(a_transaction_is_done_in_as_many_transfers_as_it_takes)
{
    WDFDMATRANSACTION transaction;
    NTSTATUS status = STATUS_UNSUCCESSFUL;
    PVOID buffer;
    PMDL mdl;

    REQUIRE(Begin());
    buffer = ExAllocatePool2(POOL_FLAG_NON_PAGED, 40 * 1024, 'amD0');
    REQUIRE(buffer != NULL);
    mdl = IoAllocateMdl(buffer, 40 * 1024, FALSE, FALSE, NULL);
    REQUIRE(mdl != NULL);
    MmBuildMdlForNonPagedPool(mdl);
    REQUIRE(NT_SUCCESS(WdfDmaTransactionCreate(enabler, NULL, &transaction)));
    EXPECT_EQ(WdfDmaTransactionExecute(transaction, NULL), STATUS_INVALID_DEVICE_REQUEST);
    REQUIRE(NT_SUCCESS(WdfDmaTransactionInitialize(transaction, Program, WdfDmaDirectionReadFromDevice, mdl, buffer, 40 * 1024)));
    EXPECT_EQ(WdfDmaTransactionExecute(transaction, (WDFCONTEXT)3), STATUS_SUCCESS);
    EXPECT_EQ(programs, 1);
    EXPECT_EQ(seen_direction, WdfDmaDirectionReadFromDevice);
    EXPECT_EQ(bytes_listed, WdfDmaTransactionGetCurrentDmaTransferLength(transaction));
    EXPECT(bytes_listed <= 16 * 1024);
    EXPECT(!WdfDmaTransactionDmaCompletedWithLength(transaction, 4096, &status));
    EXPECT_EQ(status, STATUS_MORE_PROCESSING_REQUIRED);
    EXPECT_EQ(WdfDmaTransactionGetBytesTransferred(transaction), 4096);
    while (!WdfDmaTransactionDmaCompleted(transaction, &status))
        EXPECT_EQ(status, STATUS_MORE_PROCESSING_REQUIRED);
    EXPECT_EQ(status, STATUS_SUCCESS);
    EXPECT_EQ(WdfDmaTransactionGetBytesTransferred(transaction), 40 * 1024);
    EXPECT(programs >= 4);
    EXPECT_EQ(WdfDmaTransactionRelease(transaction), STATUS_SUCCESS);
    REQUIRE(NT_SUCCESS(WdfDmaTransactionInitializeUsingOffset(transaction, Program, WdfDmaDirectionWriteToDevice, mdl, 100, 8192)));
    EXPECT_EQ(WdfDmaTransactionExecute(transaction, (WDFCONTEXT)3), STATUS_SUCCESS);
    EXPECT_EQ(bytes_listed, 8192);
    EXPECT(WdfDmaTransactionDmaCompletedFinal(transaction, 10, &status));
    EXPECT_EQ(WdfDmaTransactionGetBytesTransferred(transaction), 10);
    WdfObjectDelete(transaction);
    IoFreeMdl(mdl);
    ExFreePoolWithTag(buffer, 'amD0');
    Pnp(IRP_MN_REMOVE_DEVICE);
}

TEST_CASE_THAT_STOPS(a_transfer_that_nobody_began_cannot_be_completed, WDF_VIOLATION)
{
    WDFDMATRANSACTION transaction;
    NTSTATUS status;

    if (Begin() && NT_SUCCESS(WdfDmaTransactionCreate(enabler, NULL, &transaction)))
        WdfDmaTransactionDmaCompleted(transaction, &status);
}
