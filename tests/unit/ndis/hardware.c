/* Interrupts and DMA of a miniport on a card that has them. */
#include "fake.h"

#include "nt/hal_internal.h"

static NDIS_HANDLE interrupt, dma;
static NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS interrupts;
static bool one_at_a_time;
static unsigned shared_came;
static PVOID shared;
static NDIS_PHYSICAL_ADDRESS shared_physical;

static BOOLEAN NTAPI isr(NDIS_HANDLE context, PBOOLEAN queue, PULONG targets)
{
    return *queue = FALSE;
}

static VOID NTAPI dpc(NDIS_HANDLE context, PVOID dpc_context, PVOID throttle, PVOID unused)
{
}

static BOOLEAN NTAPI message_isr(NDIS_HANDLE context, ULONG message, PBOOLEAN queue, PULONG targets)
{
    return *queue = FALSE;
}

static VOID NTAPI message_dpc(NDIS_HANDLE context, ULONG message, PVOID dpc_context, PVOID throttle, PVOID unused)
{
}

static NDIS_STATUS register_interrupt(NDIS_HANDLE adapter)
{
    interrupts = (NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS){
        .Header = { NDIS_OBJECT_TYPE_MINIPORT_INTERRUPT, 1, NDIS_SIZEOF_MINIPORT_INTERRUPT_CHARACTERISTICS_REVISION_1 },
        .InterruptHandler = isr,
        .InterruptDpcHandler = dpc,
        .MsiSupported = TRUE,
        .MsiSyncWithAllMessages = one_at_a_time,
        .MessageInterruptHandler = message_isr,
        .MessageInterruptDpcHandler = message_dpc,
    };
    return NdisMRegisterInterruptEx(adapter, &mp, &interrupts, &interrupt);
}

static void deregister_interrupt(void)
{
    NdisMDeregisterInterruptEx(interrupt);
}

/* A computer with a virtio-net card that the fake miniport drives. */
static void on_a_card(void (*body)(void *))
{
    struct ring3_config config;
    struct ring3_report report;

    ring3_config_init(&config);
    config.cpus = 2;
    config.memory = 64u << 20;
    config.clock = RING3_CLOCK_VIRTUAL;
    struct ring3_computer *computer = ring3_open(&config);
    CHECK(computer);
    CHECK(machine_call(body, NULL));
    CHECK(ring3_add_nic(computer, "null"));
    ring3_run(computer, 100000000);
    CHECK(!strncmp(mp.journal, "ir", 2));
    ring3_close(computer, &report);
    CHECK(!report.bug_check);
    CHECK_EQ(report.pool_bytes, 0);
}

static void drive_cards(void *unused)
{
    CHECK_EQ(io_create_host_driver("fakenic", mp_entry, &mp.io), STATUS_SUCCESS);
    pnp_find_driver = find_fake;
}

static PKINTERRUPT locks[2];

static NDIS_STATUS look_at_locks(NDIS_HANDLE adapter)
{
    NDIS_STATUS status = register_interrupt(adapter);

    CHECK_EQ(status, NDIS_STATUS_SUCCESS);
    CHECK_EQ(interrupts.InterruptType, NDIS_CONNECT_MESSAGE_BASED);
    CHECK(interrupts.MessageInfoTable->MessageCount >= 2);
    for (unsigned i = 0; i < 2; i++)
        locks[i] = interrupts.MessageInfoTable->MessageInfo[i].InterruptObject;
    if (one_at_a_time) {
        CHECK(locks[0]->lock == locks[1]->lock);
        CHECK_EQ(locks[0]->synchronize_irql, locks[1]->synchronize_irql);
    } else {
        CHECK(locks[0]->lock != locks[1]->lock);
    }
    return status;
}

TEST(messages_share_a_lock_when_the_miniport_wants_them_one_at_a_time)
{
    memset(&mp, 0, sizeof mp);
    mp.on_initialize = look_at_locks;
    mp.on_halt = deregister_interrupt;
    one_at_a_time = true;
    on_a_card(drive_cards);
    memset(mp.journal, 0, sizeof mp.journal);
    one_at_a_time = false;
    on_a_card(drive_cards);
}

static VOID NTAPI process(PDEVICE_OBJECT device, PVOID unused, PSCATTER_GATHER_LIST list, PVOID context)
{
}

static VOID NTAPI shared_complete(NDIS_HANDLE context, PVOID address, PNDIS_PHYSICAL_ADDRESS physical, ULONG length, PVOID what)
{
    CHECK(context == &mp && length == 4096 && what == &shared);
    NdisMSleep(1000);
    shared = address;
    shared_physical = *physical;
    shared_came++;
}

static NDIS_STATUS register_dma(NDIS_HANDLE adapter)
{
    NDIS_SG_DMA_DESCRIPTION d = {
        .Header = { NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION, 1, NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_1 },
        .Flags = NDIS_SG_DMA_64_BIT_ADDRESS,
        .MaximumPhysicalMapping = 65536,
        .ProcessSGListHandler = process,
        .SharedMemAllocateCompleteHandler = shared_complete,
    };

    return NdisMRegisterScatterGatherDma(adapter, &d, &dma);
}

/* Asks for memory and, before it came, gives up; frees the memory last. */
static void hasty_halt(void)
{
    CHECK_EQ(NdisMAllocateSharedMemoryAsyncEx(dma, 4096, TRUE, &shared), NDIS_STATUS_PENDING);
    NdisMDeregisterScatterGatherDma(dma);
    CHECK_EQ(shared_came, 1);
    CHECK(shared);
    NdisMFreeSharedMemory(mp.adapter, 4096, TRUE, shared, shared_physical);
}

static void hasty(void *unused)
{
    struct hal_dma_stats stats;

    mp.on_initialize = register_dma;
    mp.on_halt = hasty_halt;
    plug_fake();
    CHECK_STR(mp.journal, "ir");
    unplug_fake();
    CHECK_STR(mp.journal, "irphu");
    hal_dma_get_stats(&stats);
    CHECK_EQ(stats.adapters, 0);
    CHECK_EQ(stats.common_buffers, 0);
}

TEST(shared_memory_under_way_is_waited_for_and_may_be_freed_last)
{
    shared_came = 0;
    on_a_computer(hasty, 1);
}

static SCATTER_GATHER_LIST *seen;

static VOID NTAPI keep_list(PDEVICE_OBJECT device, PVOID unused, PSCATTER_GATHER_LIST list, PVOID context)
{
    CHECK(context == &seen);
    seen = list;
}

/* An MDL over two pages: lists from its start, from its middle, and from behind its first page. */
static void lists(void *unused)
{
    char space[sizeof(SCATTER_GATHER_LIST) + 4 * sizeof(SCATTER_GATHER_ELEMENT)] __attribute__((aligned(16)));
    char *memory = ExAllocatePoolWithTag(NonPagedPool, 2 * PAGE_SIZE, 0x31747354);
    PMDL mdl = NdisAllocateMdl(NULL, memory + 100, 2 * PAGE_SIZE - 200);
    uint64_t start = (uint64_t)MmGetPhysicalAddress(memory + 100).QuadPart;
    static const struct { size_t skip, length; } cuts[] = { { 0, 200 }, { 50, 5000 }, { PAGE_SIZE + 50, 60 } };

    for (size_t i = 0; i < countof(cuts); i++) {
        NDIS_SCATTER_GATHER_LIST_PARAMETERS p = {
            .Header = { NDIS_OBJECT_TYPE_DEFAULT, 1, NDIS_SIZEOF_SCATTER_GATHER_LIST_PARAMETERS_REVISION_1 },
            .Mdl = mdl,
            .CurrentVa = memory + 100 + cuts[i].skip,
            .Length = (ULONG)cuts[i].length,
            .ProcessSGListHandler = keep_list,
            .Context = &seen,
            .ScatterGatherListBuffer = (PSCATTER_GATHER_LIST)(void *)space,
            .ScatterGatherListBufferSize = sizeof space,
        };
        uint64_t total = 0;

        seen = NULL;
        CHECK_EQ(NdisBuildScatterGatherList(NULL, &p), NDIS_STATUS_SUCCESS);
        CHECK(seen == (PSCATTER_GATHER_LIST)(void *)space);
        CHECK_EQ(seen->Elements[0].Address.QuadPart, start + cuts[i].skip);    /* pool pages follow each other */
        for (ULONG n = 0; n < seen->NumberOfElements; n++)
            total += seen->Elements[n].Length;
        CHECK_EQ(total, cuts[i].length);
        p.ScatterGatherListBufferSize = sizeof(SCATTER_GATHER_LIST);
        CHECK_EQ(NdisBuildScatterGatherList(NULL, &p), NDIS_STATUS_BUFFER_TOO_SHORT);
        CHECK(p.ScatterGatherListBufferSizeNeeded > sizeof(SCATTER_GATHER_LIST));
    }
    NdisFreeMdl(mdl);
    ExFreePool(memory);
}

TEST(a_list_may_begin_anywhere_in_an_mdl)
{
    on_a_computer(lists, 1);
}

static NDIS_STATUS allocate_only(NDIS_HANDLE adapter)
{
    NdisMAllocateSharedMemory(adapter, 4096, TRUE, &shared, &shared_physical);
    return shared ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

static void free_only(void)
{
    NdisMFreeSharedMemory(mp.adapter, 4096, TRUE, shared, shared_physical);
}

static void without_lists(void *unused)
{
    struct hal_dma_stats stats;

    mp.on_initialize = allocate_only;
    mp.on_halt = free_only;
    plug_fake();
    unplug_fake();
    hal_dma_get_stats(&stats);
    CHECK_EQ(stats.adapters, 0);
}

TEST(a_miniport_without_scatter_gather_leaves_no_dma_adapter)
{
    on_a_computer(without_lists, 1);
}
