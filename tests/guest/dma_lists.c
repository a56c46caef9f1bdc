/* DMA from a driver's side: scatter/gather lists over its MDLs, map registers, common buffers. */
#include "helpers.h"

static PDMA_ADAPTER adapter;
static PDEVICE_OBJECT device;

TEST_SETUP(get_adapter)
{
    DEVICE_DESCRIPTION description;
    ULONG registers;

    IoCreateDevice(TestDriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
    RtlZeroMemory(&description, sizeof(description));
    description.Version = DEVICE_DESCRIPTION_VERSION3;
    description.Master = TRUE;
    description.ScatterGather = TRUE;
    description.InterfaceType = PCIBus;
    description.MaximumLength = 0x10000;
    description.DmaAddressWidth = 64;
    adapter = IoGetDmaAdapter(device, &description, &registers);
}

TEST_TEARDOWN(put_adapter)
{
    adapter->DmaOperations->PutDmaAdapter(adapter);
    IoDeleteDevice(device);
}

static ULONG total, elements;
static PSCATTER_GATHER_LIST kept;
static VOID NTAPI Listed(PDEVICE_OBJECT object, PIRP irp, PSCATTER_GATHER_LIST list, PVOID context)
{
    (void)irp;
    EXPECT(object == device);
    EXPECT(context == &total);
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    kept = list;
    elements = list->NumberOfElements;
    total = 0;
    for (ULONG i = 0; i < elements; i++)
        total += list->Elements[i].Length;
}

TEST_CASE(a_list_covers_the_buffer_exactly)
{
    PUCHAR buffer = ExAllocatePoolWithTag(NonPagedPoolNx, 20000, 'amdT');
    PMDL mdl;
    KIRQL irql;

    REQUIRE(buffer != NULL && adapter != NULL);
    mdl = IoAllocateMdl(buffer + 7, 19000, FALSE, FALSE, NULL);
    REQUIRE(mdl != NULL);
    MmBuildMdlForNonPagedPool(mdl);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    EXPECT_EQ(adapter->DmaOperations->GetScatterGatherList(adapter, device, mdl, buffer + 107, 18000, Listed, &total, TRUE),
              STATUS_SUCCESS);
    EXPECT_EQ(total, 18000);
    EXPECT(kept->Elements[0].Address.QuadPart == MmGetPhysicalAddress(buffer + 107).QuadPart);
    adapter->DmaOperations->PutScatterGatherList(adapter, kept, TRUE);
    KeLowerIrql(irql);
    IoFreeMdl(mdl);
    ExFreePoolWithTag(buffer, 'amdT');
}

TEST_CASE(a_list_is_built_in_the_drivers_own_buffer)
{
    static UCHAR data[12000];
    DMA_TRANSFER_INFO info = { .Version = DMA_TRANSFER_INFO_VERSION2 };
    PMDL mdl = IoAllocateMdl(data, sizeof(data), FALSE, FALSE, NULL);
    UCHAR context[DMA_TRANSFER_CONTEXT_SIZE_V1];
    PSCATTER_GATHER_LIST list = NULL;
    PVOID room;
    KIRQL irql;

    REQUIRE(mdl != NULL);
    MmBuildMdlForNonPagedPool(mdl);
    EXPECT_EQ(adapter->DmaOperations->InitializeDmaTransferContext(adapter, context), STATUS_SUCCESS);
    EXPECT_EQ(adapter->DmaOperations->GetDmaTransferInfo(adapter, mdl, 0, sizeof(data), TRUE, &info), STATUS_SUCCESS);
    EXPECT(info.V2.MapRegisterCount >= 3 && info.V2.MapRegisterCount <= 4);
    room = ExAllocatePoolWithTag(NonPagedPoolNx, info.V2.ScatterGatherListSize, 'amdT');
    REQUIRE(room != NULL);
    EXPECT_EQ(adapter->DmaOperations->BuildScatterGatherListEx(adapter, device, context, mdl, 0, sizeof(data),
                                                               DMA_SYNCHRONOUS_CALLBACK, NULL, NULL, TRUE, room, 8,
                                                               NULL, NULL, &list), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(adapter->DmaOperations->BuildScatterGatherListEx(adapter, device, context, mdl, 0, sizeof(data),
                                                               DMA_SYNCHRONOUS_CALLBACK, NULL, NULL, TRUE, room,
                                                               info.V2.ScatterGatherListSize, NULL, NULL, &list),
              STATUS_SUCCESS);
    EXPECT((PVOID)list == room);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    adapter->DmaOperations->PutScatterGatherList(adapter, list, TRUE);
    KeLowerIrql(irql);
    ExFreePoolWithTag(room, 'amdT');
    IoFreeMdl(mdl);
}

TEST_CASE(a_common_buffer_has_the_address_of_its_memory)
{
    PHYSICAL_ADDRESS logical;
    PUCHAR buffer = adapter->DmaOperations->AllocateCommonBuffer(adapter, 5000, &logical, TRUE);

    REQUIRE(buffer != NULL);
    EXPECT(logical.QuadPart == MmGetPhysicalAddress(buffer).QuadPart);
    EXPECT_EQ((ULONG_PTR)buffer & (PAGE_SIZE - 1), 0);
    adapter->DmaOperations->FreeCommonBuffer(adapter, 5000, logical, buffer, TRUE);
    EXPECT_EQ(adapter->DmaOperations->GetDmaAlignment(adapter), 1);
}
