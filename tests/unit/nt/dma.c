#include "io_fixture.h"

#include "nt/event.h"

static PDMA_ADAPTER get(ULONG version, bool sg, unsigned width)
{
    DEVICE_DESCRIPTION d = { .Version = version, .Master = TRUE, .ScatterGather = sg, .InterfaceType = PCIBus,
                             .MaximumLength = 0x10000, .Dma32BitAddresses = width == 32, .Dma64BitAddresses = width == 64,
                             .DmaAddressWidth = width };
    ULONG registers;
    PDMA_ADAPTER adapter = IoGetDmaAdapter(NULL, &d, &registers);

    CHECK(adapter != NULL);
    CHECK_EQ(registers, 17);
    return adapter;
}

static PMDL mdl_of(void *buffer, ULONG length)
{
    PMDL mdl = IoAllocateMdl(buffer, length, FALSE, FALSE, NULL);

    CHECK(mdl != NULL);
    MmBuildMdlForNonPagedPool(mdl);
    return mdl;
}

static PSCATTER_GATHER_LIST kept;

static VOID NTAPI keep(PDEVICE_OBJECT device, PIRP irp, PSCATTER_GATHER_LIST list, PVOID context)
{
    (void)device;
    (void)irp;
    CHECK_EQ(*(int *)context, 7);
    kept = list;
}

static void lists(void)
{
    PDMA_ADAPTER a = get(DEVICE_DESCRIPTION_VERSION2, true, 64);
    char *buffer = ram_alloc(4, true);
    PMDL first = mdl_of(buffer + 100, 6000), second = mdl_of(buffer + 0x3000, 200);
    struct hal_dma_stats stats;
    int context = 7;

    first->Next = second;
    CHECK_EQ(a->DmaOperations->GetScatterGatherList(a, NULL, first, buffer + 100, 6200, keep, &context, TRUE),
             STATUS_SUCCESS);
    CHECK_EQ(kept->NumberOfElements, 2);
    CHECK_EQ(kept->Elements[0].Address.QuadPart, ram_pa(buffer + 100));
    CHECK_EQ(kept->Elements[0].Length, 6000);
    CHECK_EQ(kept->Elements[1].Address.QuadPart, ram_pa(buffer + 0x3000));
    CHECK_EQ(kept->Elements[1].Length, 200);
    a->DmaOperations->PutScatterGatherList(a, kept, TRUE);
    CHECK_EQ(a->DmaOperations->GetScatterGatherList(a, NULL, first, buffer, 100, keep, &context, TRUE),
             STATUS_INVALID_PARAMETER);
    first->Next = NULL;
    IoFreeMdl(first);
    IoFreeMdl(second);
    a->DmaOperations->PutDmaAdapter(a);
    hal_dma_get_stats(&stats);
    CHECK_EQ(stats.adapters, 0);
    CHECK_EQ(stats.bounced_bytes, 0);
    ram_free(buffer, 4);
}

TEST(a_list_names_the_memory_of_an_mdl_chain)
{
    run_in_computer(1, lists);
}

static void bounce(void)
{
    PDMA_ADAPTER a = get(DEVICE_DESCRIPTION_VERSION3, true, 24);        /* 16 MiB */
    char *buffer = ram_alloc_limits(1, 24u << 20, UINT64_MAX, RAM_PAGE, 0);
    PMDL mdl = mdl_of(buffer, 1000);
    int context = 7;
    char *seen;

    CHECK(ram_pa(buffer) >= 16u << 20);
    memset(buffer, 'a', 1000);
    CHECK_EQ(a->DmaOperations->GetScatterGatherList(a, NULL, mdl, buffer, 1000, keep, &context, FALSE), STATUS_SUCCESS);
    CHECK_EQ(kept->NumberOfElements, 1);
    CHECK(kept->Elements[0].Address.QuadPart + 1000 <= 16 << 20);
    seen = ram_va((uint64_t)kept->Elements[0].Address.QuadPart, 1000);
    memset(seen, 'b', 1000);
    CHECK_EQ(buffer[0], 'a');
    a->DmaOperations->PutScatterGatherList(a, kept, FALSE);
    CHECK_EQ(buffer[0], 'b');
    CHECK_EQ(buffer[999], 'b');
    IoFreeMdl(mdl);
    a->DmaOperations->PutDmaAdapter(a);
    ram_free(buffer, 1);
}

TEST(memory_out_of_reach_goes_through_a_bounce_buffer)
{
    run_in_computer(1, bounce);
}

static IO_ALLOCATION_ACTION NTAPI channel(PDEVICE_OBJECT device, PIRP irp, PVOID base, PVOID context)
{
    (void)device;
    (void)irp;
    *(PVOID *)context = base;
    return DeallocateObjectKeepRegisters;
}

static void channels(void)
{
    PDMA_ADAPTER a = get(DEVICE_DESCRIPTION_VERSION1, false, 64);
    char *buffer = ram_alloc(4, true);
    DEVICE_OBJECT device = { .CurrentIrp = NULL };
    PMDL mdl = mdl_of(buffer + 10, 5000);
    PVOID base = NULL;
    ULONG length = 5000;
    PHYSICAL_ADDRESS pa;

    CHECK_EQ(a->DmaOperations->AllocateAdapterChannel(a, &device, 2, channel, &base), STATUS_SUCCESS);
    CHECK(base != NULL);
    pa = a->DmaOperations->MapTransfer(a, mdl, base, buffer + 10, &length, TRUE);
    CHECK_EQ(length, 5000);
    CHECK_EQ(pa.QuadPart, ram_pa(buffer + 10));
    CHECK_EQ(a->DmaOperations->FlushAdapterBuffers(a, mdl, base, buffer + 10, 5000, TRUE), TRUE);
    a->DmaOperations->FreeMapRegisters(a, base, 2);
    CHECK_EQ(a->DmaOperations->AllocateAdapterChannel(a, &device, 18, channel, &base), STATUS_INSUFFICIENT_RESOURCES);
    IoFreeMdl(mdl);
    a->DmaOperations->PutDmaAdapter(a);
    ram_free(buffer, 4);
}

TEST(map_registers_are_given_and_taken_back)
{
    run_in_computer(1, channels);
}

static void common(void)
{
    PDMA_ADAPTER a = get(DEVICE_DESCRIPTION_VERSION3, true, 64);
    DMA_ADAPTER_INFO info = { .Version = DMA_ADAPTER_INFO_VERSION1 };
    struct hal_dma_stats stats;
    PHYSICAL_ADDRESS pa;
    char *buffer;

    buffer = a->DmaOperations->AllocateCommonBuffer(a, 10000, &pa, TRUE);
    CHECK(buffer != NULL);
    CHECK_EQ(pa.QuadPart, ram_pa(buffer));
    hal_dma_get_stats(&stats);
    CHECK_EQ(stats.common_bytes, 12288);
    CHECK_EQ(a->DmaOperations->GetDmaAdapterInfo(a, &info), STATUS_SUCCESS);
    CHECK_EQ(info.V1.DmaAddressWidth, 64);
    a->DmaOperations->FreeCommonBuffer(a, 10000, pa, buffer, TRUE);
    hal_dma_get_stats(&stats);
    CHECK_EQ(stats.common_buffers, 0);
    a->DmaOperations->PutDmaAdapter(a);
}

TEST(common_buffers_are_counted)
{
    run_in_computer(1, common);
}

/* --- page 0 ------------------------------------------------------------------------------------------------------------- */

static unsigned zeroes;

static void count_zeroes(const struct nt_event *event)
{
    zeroes += event->kind == NT_EVENT_DMA_ZERO && event->a < RAM_PAGE;
}

static void page_zero(void)
{
    const struct device_host *host = hal_device_host();
    uint8_t *page;

    nt_event_sink = count_zeroes;
    nt_event_mask = 1u << NT_EVENT_DMA_ZERO;
    page = host->dma(host->context, 0, RAM_PAGE);
    CHECK(page != NULL);
    page[0] = page[RAM_PAGE - 1] = 1;
    CHECK_EQ(zeroes, 1);
    CHECK(!host->dma(host->context, RAM_PAGE - 8, 16));
    CHECK(!host->dma(host->context, 1ull << 40, 16));
    CHECK_EQ(zeroes, 1);
    CHECK(ram_va(0, 1) == NULL);
    nt_event_mask = 0;
}

TEST(a_device_that_is_told_to_use_page_0_does_so_and_is_reported)
{
    run_in_computer(1, page_zero);
}
