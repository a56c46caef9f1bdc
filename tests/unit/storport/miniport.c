/* A miniport's life, and a disk through the host's interface. */
#include "fake.h"

#include <ntddscsi.h>

static void transfer(void *unused)
{
    uint8_t *data = ram_buffer(262144), *back = ram_buffer(262144);
    struct storport_disk_info info;

    plug_fake();
    CHECK_EQ(fake.node->start_status, STATUS_SUCCESS);
    CHECK_EQ(storport_disk_count(), 1);
    CHECK(storport_disk_query(0, &info));
    CHECK_EQ(info.bytes, FAKE_BYTES);
    CHECK(info.write_cache);
    CHECK_STR(info.vendor, "FAKE");
    struct storport_disk *disk = storport_disk_open(0);
    CHECK(disk != NULL);
    for (unsigned i = 0; i < 262144; i++)
        data[i] = (uint8_t)(i * 31 + (i >> 9));
    CHECK_EQ(host_do(disk, STORPORT_WRITE, data, 262144, 4096), STATUS_SUCCESS);
    CHECK(!memcmp(fake.disk + 4096, data, 262144));
    CHECK_EQ(host_do(disk, STORPORT_READ, back, 262144, 4096), STATUS_SUCCESS);
    CHECK(!memcmp(back, data, 262144));
    CHECK_EQ(host_do(disk, STORPORT_FLUSH, NULL, 0, 0), STATUS_SUCCESS);
    CHECK_EQ(fake.flushes, 1);
    CHECK_EQ(host_do(disk, STORPORT_READ, back, 512, FAKE_BYTES), STATUS_NONEXISTENT_SECTOR);
    CHECK_EQ(host_do(disk, STORPORT_READ, back, 512, 100), STATUS_INVALID_PARAMETER);
    storport_disk_close(disk);
    unplug_fake();
    CHECK_EQ(storport_disk_count(), 0);
    pool_free(data, 0, NULL);
    pool_free(back, 0, NULL);
}

static void run(unsigned cpus)
{
    on_a_computer(transfer, cpus);
    CHECK_EQ(fake_findings, 0);
}

TEST(a_full_duplex_miniport_starts_under_the_startio_lock)
{
    run(1);
    CHECK_EQ(fake.start_irql, DISPATCH_LEVEL);
    CHECK_EQ(fake.build_irql, DISPATCH_LEVEL);
    CHECK_EQ(fake.builds, fake.starts);
    CHECK_EQ(fake.stops, 1);
    CHECK(fake.buffer_hidden);
}

TEST(a_half_duplex_miniport_works)
{
    fake.half_duplex = true;
    run(2);
}

TEST(extended_srbs_work)
{
    fake.storage_srbs = true;
    run(2);
}

TEST(a_virtual_miniport_is_freed_at_the_end)
{
    fake.is_virtual = true;
    fake.dma_map = STOR_MAP_ALL_BUFFERS_INCLUDING_READ_WRITE;
    run(2);
    CHECK_EQ(fake.frees, 1);
    CHECK(!fake.buffer_hidden);
    CHECK_EQ(fake.initialize_irql, PASSIVE_LEVEL);
}

TEST(the_structure_before_windows_8_is_taken)
{
    fake.init_size = offsetof(HW_INITIALIZATION_DATA, HwFreeAdapterResources);
    run(1);
}

TEST(passive_initialization_follows_initialization)
{
    fake.passive = true;
    run(1);
    CHECK_EQ(fake.passives, 1);
}

TEST(completion_in_a_dpc_works)
{
    fake.mode = ANSWER_LATER;
    run(2);
}

TEST(few_breaks_split_transfers)
{
    fake.breaks = 3;
    run(1);
    CHECK(fake.starts > 2 * 262144 / 8192);
}

static void failing(void *unused)
{
    plug_fake();
    CHECK(!NT_SUCCESS(fake.node->start_status));
    CHECK_EQ(storport_disk_count(), 0);
    unplug_fake();
}

TEST(an_adapter_that_is_not_found_does_not_start)
{
    fake.fail_find = true;
    on_a_computer(failing, 1);
    CHECK_EQ(fake.initializes, 0);
}

TEST(an_adapter_that_does_not_initialize_does_not_start)
{
    fake.fail_initialize = true;
    on_a_computer(failing, 1);
    CHECK_EQ(fake.starts, 0);
}

static void wrong_size(void *unused)
{
    CHECK_EQ(io_create_host_driver("fakestor", fake_entry, &fake.io), STATUS_REVISION_MISMATCH);
}

TEST(a_structure_of_no_known_size_is_refused)
{
    fake.init_size = 100;
    on_a_computer(wrong_size, 1);
}

static void lists(void *unused)
{
    uint8_t *first = ram_alloc(2, true), *second = ram_alloc(2, true);
    struct host_io h = { .segment = { { first + 4096, 4096 }, { second, 4096 } } };

    plug_fake();
    struct storport_disk *disk = storport_disk_open(0);
    memset(first + 4096, 0x11, 4096);
    memset(second, 0x22, 4096);
    h.io = (struct storport_io){ .kind = STORPORT_WRITE, .offset = 8192, .length = 8192, .segments = h.segment,
                                 .segment_count = 2, .done = host_done };
    KeInitializeEvent(&h.done, NotificationEvent, FALSE);
    fake.starts = 0;
    storport_disk_submit(disk, &h.io);
    CHECK_EQ(host_end(&h), STATUS_SUCCESS);
    CHECK_EQ(fake.starts, 1);
    CHECK(fake.disk[8192] == 0x11 && fake.disk[12288] == 0x22 && fake.disk[16383] == 0x22);
    h.segment[1].size = 512;            /* they do not add up */
    KeInitializeEvent(&h.done, NotificationEvent, FALSE);
    storport_disk_submit(disk, &h.io);
    CHECK_EQ(host_end(&h), STATUS_INVALID_PARAMETER);
    storport_disk_close(disk);
    unplug_fake();
    ram_free(first, 2);
    ram_free(second, 2);
}

TEST(segments_go_as_one_list)
{
    on_a_computer(lists, 1);
}

static void limited(void *unused)
{
    static struct host_io many[32];
    uint8_t *data = ram_buffer(32 * 512);

    plug_fake();
    struct storport_disk *disk = storport_disk_open(0);
    fake.most_at_once = 0;
    fake.mode = ANSWER_LATER;
    for (unsigned i = 0; i < 32; i++)
        host_begin(disk, &many[i], STORPORT_READ, data + i * 512, 512, i * 512);
    for (unsigned i = 0; i < 32; i++)
        CHECK_EQ(host_end(&many[i]), STATUS_SUCCESS);
    CHECK_EQ(fake.most_at_once, 4);
    storport_disk_close(disk);
    unplug_fake();
    pool_free(data, 0, NULL);
}

TEST(no_more_requests_than_the_depth_are_outstanding)
{
    fake.depth = 4;
    on_a_computer(limited, 1);
}

static void fua(void *unused)
{
    uint8_t *data = ram_buffer(512);
    struct host_io h = { .segment = { { data, 512 } } };

    plug_fake();
    struct storport_disk *disk = storport_disk_open(0);
    h.io = (struct storport_io){ .kind = STORPORT_WRITE, .fua = true, .length = 512, .segments = h.segment, .segment_count = 1,
                                 .done = host_done };
    KeInitializeEvent(&h.done, NotificationEvent, FALSE);
    storport_disk_submit(disk, &h.io);
    CHECK_EQ(host_end(&h), STATUS_SUCCESS);
    CHECK_EQ(fake.flushes, 1);
    storport_disk_close(disk);
    unplug_fake();
    pool_free(data, 0, NULL);
}

TEST(force_unit_access_without_it_is_a_flush_behind_the_write)
{
    on_a_computer(fua, 1);
}

static void capabilities(void *unused)
{
    plug_fake();
    struct pnp_node *disk = NULL;
    for (struct pnp_node *n = list_first(&pnp_nodes, struct pnp_node, node); n; n = pnp_next(n))
        if (n->parent == fake.node)
            disk = n;
    CHECK(disk != NULL);
    CHECK(fake.pnp_queries > 0);
    CHECK(disk->capabilities.Removable && disk->capabilities.SurpriseRemovalOK);
    fake.gone = true;
    StorPortNotification(BusChangeDetected, fake.extension, 0);
    pnp_flush();
    CHECK_EQ(fake.pnp_surprises, 1);
    CHECK_EQ(fake.pnp_removes, 1);
    unplug_fake();
}

TEST(a_miniport_hears_of_pnp_and_adds_capabilities)
{
    fake.knows_pnp = true;
    on_a_computer(capabilities, 1);
    CHECK_EQ(fake_findings, 0);
}

TEST(a_miniport_with_extended_srbs_hears_of_pnp)
{
    fake.knows_pnp = fake.storage_srbs = true;
    on_a_computer(capabilities, 1);
    CHECK_EQ(fake_findings, 0);
}

static void plug_and_unplug(void *unused)
{
    plug_fake();
    CHECK_EQ(fake.first_command, SCSIOP_REPORT_LUNS + 1);
    unplug_fake();
    CHECK_STR(fake.adapter_pnp, "Rx");
}

TEST(a_miniport_hears_that_its_adapter_is_removed_before_it_is_stopped)
{
    on_a_computer(plug_and_unplug, 1);
    CHECK_EQ(fake_findings, 0);
}

TEST(a_miniport_with_extended_srbs_hears_that_its_adapter_is_removed)
{
    fake.storage_srbs = true;
    on_a_computer(plug_and_unplug, 2);
    CHECK_EQ(fake_findings, 0);
}

TEST(a_virtual_miniport_hears_that_its_adapter_is_removed)
{
    fake.is_virtual = fake.storage_srbs = true;
    on_a_computer(plug_and_unplug, 1);
    CHECK_EQ(fake_findings, 0);
    CHECK_EQ(fake.frees, 1);
}

/* --- reverse callbacks and tracing of virtual miniports --------------------------------------------------------------- */

static PIRP service;
static unsigned traces, trace_ends, service_ends;
static bool answer_at_once;

static void answer_service(ULONG value)
{
    PIRP irp = service;

    service = NULL;
    *(PULONG)irp->AssociatedIrp.SystemBuffer = value;
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = sizeof value;
    CHECK_EQ(StorPortCompleteServiceIrp(fake.extension, NULL), (ULONG)STOR_STATUS_INVALID_PARAMETER);
    CHECK_EQ(StorPortCompleteServiceIrp(fake.extension, irp), STOR_STATUS_SUCCESS);
}

static VOID NTAPI on_service(PVOID extension, PVOID irp)
{
    CHECK(extension == fake.extension && ke_irql() == PASSIVE_LEVEL);
    service = irp;
    if (answer_at_once)
        answer_service(1);
}

static VOID NTAPI on_services_end(PVOID extension)
{
    CHECK_EQ(ke_irql(), PASSIVE_LEVEL);
    service_ends++;
    if (service)
        answer_service(3);
}

static VOID NTAPI on_trace(PVOID driver, PVOID path)
{
    CHECK(driver && path && ke_irql() == PASSIVE_LEVEL);
    traces++;
}

static VOID NTAPI on_trace_end(PVOID driver)
{
    trace_ends++;
}

static void ask_service(PDEVICE_OBJECT device, ULONG *value, KEVENT *done, IO_STATUS_BLOCK *result)
{
    KeInitializeEvent(done, NotificationEvent, FALSE);
    PIRP irp = IoBuildDeviceIoControlRequest(IOCTL_MINIPORT_PROCESS_SERVICE_IRP, device, value, sizeof *value, value, sizeof *value,
                                             FALSE, done, result);
    CHECK(irp != NULL);
    IofCallDriver(device, irp);
}

static void services(void *unused)
{
    IO_STATUS_BLOCK result;
    ULONG value = 0;
    KEVENT done;

    plug_fake();
    CHECK_EQ(traces, 1);
    PDEVICE_OBJECT device = adapter_find(fake.extension)->fdo;
    answer_at_once = true;
    ask_service(device, &value, &done, &result);
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
    CHECK(result.Status == STATUS_SUCCESS && value == 1);
    answer_at_once = false;
    ask_service(device, &value, &done, &result);
    CHECK(!KeReadStateEvent(&done));
    answer_service(2);
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
    CHECK_EQ(value, 2);
    /* What is left is given back when the adapter goes. */
    ask_service(device, &value, &done, &result);
    unplug_fake();
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
    CHECK_EQ(value, 3);
    CHECK_EQ(service_ends, 1);
    CHECK_EQ(trace_ends, 1);
}

TEST(a_virtual_miniport_keeps_irps_and_gives_them_back)
{
    fake.is_virtual = true;
    fake.on_service = on_service;
    fake.on_services_end = on_services_end;
    fake.on_trace = on_trace;
    fake.on_trace_end = on_trace_end;
    on_a_computer(services, 1);
    CHECK_EQ(fake_findings, 0);
}
