/* A Storport miniport of the test's own on a root device: one disk of 1 MiB in plain memory, and a choice of misdeeds. */
#ifndef TESTS_UNIT_STORPORT_FAKE_H
#define TESTS_UNIT_STORPORT_FAKE_H

#define UNIT_LIBRARY_BYTES 512          /* lwIP's timers */
#include "unit.h"

#include "base/error.h"
#include "machine/machine.h"
#include "nt/io.h"
#include "nt/pnp.h"
#include "nt/pool.h"
#include "nt/ram.h"
#include "storport/adapter.h"
#include "storport/disk.h"

#define FAKE_BYTES (1u << 20)
#define FAKE_MAX 64
#define FAKE_OWNER ((void *)0x1234000)  /* DriverStart: whom Storport's allocations are charged to */
static const GUID FAKE_GUID __attribute__((unused)) = { 0x44444444, 4, 4, { 4, 4, 4, 4, 4, 4, 4, 4 } };

struct fake {
    struct io_driver *io;
    struct pnp_node *node;
    void *extension;
    uint8_t disk[FAKE_BYTES];
    /* what it is */
    bool storage_srbs, half_duplex, is_virtual, passive, fail_find, fail_initialize, gone;
    ULONG init_size;                    /* 0: all of it */
    UCHAR dma_map;                      /* MapBuffers */
    ULONG max_transfer, breaks, depth;
    /* what it does with reads and writes */
    enum { ANSWER, ANSWER_LATER, KEEP, ANSWER_TWICE, ANSWER_BUSY, ANSWER_SENSE, REFUSE } mode;
    unsigned count;                     /* so many times; then ANSWER */
    UCHAR sense[3];
    bool complete_on_reset;             /* 1: a reset SRB completes what is kept */
    bool complete_on_bus_reset;
    /* what a test adds */
    void (*on_find)(PCHAR argument, PPORT_CONFIGURATION_INFORMATION config);
    BOOLEAN (*on_passive)(void);
    SCSI_ADAPTER_CONTROL_STATUS (*on_control)(SCSI_ADAPTER_CONTROL_TYPE type, PVOID parameters);
    PHW_UNIT_CONTROL on_unit;
    bool (*on_start)(PVOID srb);        /* true: it is done with the SRB */
    void (*on_initialize)(void);
    void (*on_reset_bus)(void);
    PHW_PROCESS_SERVICE_REQUEST on_service;     /* of a virtual miniport */
    PHW_COMPLETE_SERVICE_IRP on_services_end;
    PHW_INITIALIZE_TRACING on_trace;
    PHW_CLEANUP_TRACING on_trace_end;
    /* what it saw */
    unsigned finds, initializes, passives, builds, starts, lun_resets, target_resets, bus_resets, stops, frees, flushes, same, unmaps;
    unsigned most_at_once, at_once, elements, most_elements, gaps;      /* gaps: between elements of one list */
    uint64_t highest_end;               /* of an element */
    KIRQL start_irql, build_irql, initialize_irql;
    bool buffer_hidden, knows_pnp;
    unsigned pnp_queries, pnp_removes, pnp_surprises;   /* of units */
    char adapter_pnp[8];                /* what happened to the adapter: R removed, S surprise, P stopped by PnP, x ScsiStopAdapter */
    unsigned first_command;             /* operation code + 1 of the first SCSI command */
    PVOID kept[FAKE_MAX];
    unsigned kept_count;
    STOR_DPC dpc;
    char order[64];
};
static struct fake fake;

static void fake_complete(PVOID srb, UCHAR status)
{
    SrbSetSrbStatus(srb, status);
    fake.at_once--;
    StorPortNotification(RequestComplete, fake.extension, srb);
}

static void put32(uint8_t *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (24 - 8 * i));
}

static UCHAR fake_answer(PVOID srb, const void *data, ULONG size)
{
    ULONG length = SrbGetDataTransferLength(srb);

    size = size < length ? size : length;
    memcpy(SrbGetDataBuffer(srb), data, size);
    SrbSetDataTransferLength(srb, size);
    return SRB_STATUS_SUCCESS;
}

static UCHAR fake_transfer(PVOID srb, const uint8_t *cdb, bool write)
{
    uint64_t sector = 0, at;
    PSTOR_SCATTER_GATHER_LIST list = StorPortGetScatterGatherList(fake.extension, srb);

    for (int i = 0; i < 8; i++)
        sector = sector << 8 | cdb[2 + i];
    at = sector * 512;
    fake.buffer_hidden = SrbGetDataBuffer(srb) == NULL;
    fake.elements = list ? list->NumberOfElements : 0;
    if (fake.elements > fake.most_elements)
        fake.most_elements = fake.elements;
    for (ULONG i = 0; list && i < list->NumberOfElements; i++) {
        if ((uint64_t)list->List[i].PhysicalAddress.QuadPart + list->List[i].Length > fake.highest_end)
            fake.highest_end = (uint64_t)list->List[i].PhysicalAddress.QuadPart + list->List[i].Length;
        if (i && list->List[i].PhysicalAddress.QuadPart != list->List[i - 1].PhysicalAddress.QuadPart + list->List[i - 1].Length)
            fake.gaps++;
        uint8_t *data = ram_va((uint64_t)list->List[i].PhysicalAddress.QuadPart, list->List[i].Length);
        if (at + list->List[i].Length > FAKE_BYTES || !data)
            return SRB_STATUS_ERROR;
        if (write)
            memcpy(fake.disk + at, data, list->List[i].Length);
        else
            memcpy(data, fake.disk + at, list->List[i].Length);
        at += list->List[i].Length;
    }
    return SRB_STATUS_SUCCESS;
}

static UCHAR fake_execute(PVOID srb, const uint8_t *cdb)
{
    uint8_t answer[64] = { 0 };

    if (SrbGetTargetId(srb) || SrbGetLun(srb) || fake.gone)
        return SRB_STATUS_NO_DEVICE;
    switch (cdb[0]) {
    case SCSIOP_INQUIRY:
        if (cdb[1])
            return SRB_STATUS_INVALID_REQUEST;
        memcpy(answer + 8, "FAKE    DISK            1   ", 28);
        return fake_answer(srb, answer, 36);
    case SCSIOP_REPORT_LUNS:
        put32(answer, 8);
        return fake_answer(srb, answer, 16);
    case SCSIOP_SERVICE_ACTION_IN16:
        put32(answer + 4, FAKE_BYTES / 512 - 1);
        put32(answer + 8, 512);
        return fake_answer(srb, answer, 32);
    case SCSIOP_READ16:
    case SCSIOP_WRITE16:
        return fake_transfer(srb, cdb, cdb[0] == SCSIOP_WRITE16);
    case SCSIOP_SYNCHRONIZE_CACHE:      /* the long command is unknown */
        fake.flushes++;
        return SRB_STATUS_SUCCESS;
    case SCSIOP_MODE_SENSE:
        answer[0] = 23, answer[4] = MODE_PAGE_CACHING, answer[5] = 18, answer[6] = 4;
        return fake_answer(srb, answer, 24);
    default:
        return SRB_STATUS_INVALID_REQUEST;
    }
}

static UCHAR fake_sense(PVOID srb)
{
    uint8_t *sense = SrbGetSenseInfoBuffer(srb);

    if (!sense)
        return SRB_STATUS_ERROR;
    memset(sense, 0, 18);
    sense[0] = 0x70, sense[2] = fake.sense[0], sense[7] = 10, sense[12] = fake.sense[1], sense[13] = fake.sense[2];
    SrbSetScsiStatus(srb, SCSISTAT_CHECK_CONDITION);
    return SRB_STATUS_ERROR | SRB_STATUS_AUTOSENSE_VALID;
}

static void keep(PVOID srb)
{
    fake.kept[fake.kept_count++] = srb;
}

static void complete_kept(UCHAR status)
{
    while (fake.kept_count)
        fake_complete(fake.kept[--fake.kept_count], status);
}

static BOOLEAN NTAPI fake_reset_bus(PVOID extension, ULONG path)
{
    fake.bus_resets++;
    if (fake.on_reset_bus)
        fake.on_reset_bus();
    if (fake.complete_on_bus_reset)
        complete_kept(SRB_STATUS_BUS_RESET);
    return TRUE;
}

static VOID NTAPI fake_dpc(PSTOR_DPC dpc, PVOID extension, PVOID first, PVOID second)
{
    complete_kept(SRB_STATUS_SUCCESS);
}

/* True when it is done with. */
static bool fake_misbehave(PVOID srb, const uint8_t *cdb)
{
    bool transfer = cdb[0] == SCSIOP_READ16 || cdb[0] == SCSIOP_WRITE16;

    if (!transfer || fake.mode == ANSWER)
        return false;
    if (fake.count && !--fake.count)
        fake.mode = ANSWER;
    switch (fake.mode ? fake.mode : ANSWER) {
    default:
        return false;
    case KEEP:
        keep(srb);
        return true;
    case ANSWER_LATER:
        fake_transfer(srb, cdb, cdb[0] == SCSIOP_WRITE16);
        keep(srb);
        StorPortIssueDpc(fake.extension, &fake.dpc, NULL, NULL);
        return true;
    case ANSWER_TWICE:
        fake_complete(srb, SRB_STATUS_SUCCESS);
        fake.at_once++;
        fake_complete(srb, SRB_STATUS_SUCCESS);
        return true;
    case ANSWER_BUSY:
        fake_complete(srb, SRB_STATUS_BUSY);
        return true;
    case ANSWER_SENSE:
        fake_complete(srb, fake_sense(srb));
        return true;
    }
}

static void note_adapter(char what)
{
    size_t length = strlen(fake.adapter_pnp);

    if (length + 1 < sizeof fake.adapter_pnp)
        fake.adapter_pnp[length] = what;
}

static void note_pnp(PVOID srb)
{
    STOR_PNP_ACTION action = SrbGetPnpAction(srb);
    PSTOR_DEVICE_CAPABILITIES capabilities = SrbGetDataBuffer(srb);

    if (SrbGetPnpFlags(srb) & SRB_PNP_FLAGS_ADAPTER_REQUEST) {
        note_adapter(action == StorRemoveDevice ? 'R' : action == StorSurpriseRemoval ? 'S' : action == StorStopDevice ? 'P' : '?');
        return;
    }
    fake.pnp_queries += action == StorQueryCapabilities;
    fake.pnp_removes += action == StorRemoveDevice;
    fake.pnp_surprises += action == StorSurpriseRemoval;
    if (action == StorQueryCapabilities && fake.knows_pnp)
        capabilities->Removable = capabilities->SurpriseRemovalOK = 1;
}

static BOOLEAN NTAPI fake_start_io(PVOID extension, PSCSI_REQUEST_BLOCK srb)
{
    const uint8_t *cdb;

    fake.starts++;
    fake.start_irql = ke_irql();
    if (fake.on_start && fake.on_start(srb))
        return TRUE;
    if (++fake.at_once > fake.most_at_once)
        fake.most_at_once = fake.at_once;
    switch (SrbGetSrbFunction(srb)) {
    case SRB_FUNCTION_EXECUTE_SCSI:
        cdb = (const uint8_t *)SrbGetCdb(srb);
        if (!fake.first_command)
            fake.first_command = cdb[0] + 1u;
        if (fake.mode == REFUSE && cdb[0] == SCSIOP_READ16) {
            fake.at_once--;
            if (!--fake.count)
                fake.mode = ANSWER;
            return FALSE;
        }
        if (!fake_misbehave(srb, cdb))
            fake_complete(srb, fake_execute(srb, cdb));
        return TRUE;
    case SRB_FUNCTION_PNP:
        note_pnp(srb);
        fake_complete(srb, fake.knows_pnp ? SRB_STATUS_SUCCESS : SRB_STATUS_INVALID_REQUEST);
        return TRUE;
    case SRB_FUNCTION_RESET_LOGICAL_UNIT:
        fake.lun_resets++;
        break;
    case SRB_FUNCTION_RESET_DEVICE:
        fake.target_resets++;
        break;
    }
    if (fake.complete_on_reset)
        complete_kept(SRB_STATUS_BUS_RESET);
    fake_complete(srb, SRB_STATUS_SUCCESS);
    return TRUE;
}

static BOOLEAN NTAPI fake_build_io(PVOID extension, PSCSI_REQUEST_BLOCK srb)
{
    fake.builds++;
    fake.build_irql = ke_irql();
    return TRUE;
}

static BOOLEAN NTAPI fake_passive(PVOID extension)
{
    fake.passives++;
    return ke_irql() == PASSIVE_LEVEL && (!fake.on_passive || fake.on_passive());
}

static BOOLEAN NTAPI fake_initialize(PVOID extension)
{
    fake.initializes++;
    fake.initialize_irql = ke_irql();
    StorPortInitializeDpc(extension, &fake.dpc, fake_dpc);
    if (fake.passive && !StorPortEnablePassiveInitialization(extension, fake_passive))
        return FALSE;
    if (fake.on_initialize)
        fake.on_initialize();
    return !fake.fail_initialize;
}

static ULONG fake_configure(PVOID extension, PCHAR argument, PPORT_CONFIGURATION_INFORMATION config)
{
    fake.finds++;
    fake.extension = extension;
    config->MaximumTransferLength = fake.max_transfer ? fake.max_transfer : 65536;
    config->NumberOfPhysicalBreaks = fake.breaks ? fake.breaks : 33;
    config->MaximumNumberOfTargets = 2;
    config->MaximumNumberOfLogicalUnits = 2;
    config->SynchronizationModel = fake.half_duplex ? StorSynchronizeHalfDuplex : StorSynchronizeFullDuplex;
    if (fake.depth)
        config->InitialLunQueueDepth = fake.depth;
    if (fake.on_find)
        fake.on_find(argument, config);
    return fake.fail_find ? SP_RETURN_NOT_FOUND : SP_RETURN_FOUND;
}

static ULONG NTAPI fake_find(PVOID extension, PVOID context, PVOID bus, PCHAR arguments, PPORT_CONFIGURATION_INFORMATION config,
                             PBOOLEAN again)
{
    return fake_configure(extension, arguments, config);
}

static ULONG NTAPI fake_virtual_find(PVOID extension, PVOID pdo, PVOID fdo, PVOID lower, PCHAR arguments,
                                     PPORT_CONFIGURATION_INFORMATION config, PBOOLEAN again)
{
    CHECK(pdo && fdo && lower);
    return fake_configure(extension, arguments, config);
}

static SCSI_ADAPTER_CONTROL_STATUS NTAPI fake_control(PVOID extension, SCSI_ADAPTER_CONTROL_TYPE type, PVOID parameters)
{
    PSCSI_SUPPORTED_CONTROL_TYPE_LIST list = parameters;

    if (type == ScsiQuerySupportedControlTypes)
        list->SupportedTypeList[ScsiStopAdapter] = list->SupportedTypeList[ScsiRestartAdapter] = TRUE;
    if (type == ScsiStopAdapter) {
        fake.stops++;
        note_adapter('x');
    }
    return fake.on_control ? fake.on_control(type, parameters) : ScsiAdapterControlSuccess;
}

static VOID NTAPI fake_free(PVOID extension)
{
    fake.frees++;
}

static NTSTATUS NTAPI fake_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    HW_INITIALIZATION_DATA data = {
        .HwInitializationDataSize = fake.init_size ? fake.init_size : sizeof data,
        .AdapterInterfaceType = fake.is_virtual ? Internal : PCIBus,
        .HwInitialize = fake_initialize,
        .HwStartIo = fake_start_io,
        .HwFindAdapter = fake.is_virtual ? (PVOID)fake_virtual_find : (PVOID)fake_find,
        .HwResetBus = fake_reset_bus,
        .DeviceExtensionSize = 64,
        .SpecificLuExtensionSize = 32,
        .SrbExtensionSize = 100,
        .MapBuffers = fake.dma_map,
        .NeedPhysicalAddresses = TRUE,
        .TaggedQueuing = TRUE,
        .AutoRequestSense = TRUE,
        .MultipleRequestPerLu = TRUE,
        .HwAdapterControl = fake_control,
        .HwBuildIo = fake.is_virtual ? NULL : fake_build_io,
        .HwFreeAdapterResources = fake.is_virtual ? fake_free : NULL,
        .FeatureSupport = fake.is_virtual ? STOR_FEATURE_VIRTUAL_MINIPORT : 0,
        .SrbTypeFlags = SRB_TYPE_FLAG_SCSI_REQUEST_BLOCK | (fake.storage_srbs ? SRB_TYPE_FLAG_STORAGE_REQUEST_BLOCK : 0),
        .AddressTypeFlags = ADDRESS_TYPE_FLAG_BTL8,
        .HwUnitControl = fake.on_unit,
        .HwProcessServiceRequest = fake.on_service,
        .HwCompleteServiceIrp = fake.on_services_end,
        .HwInitializeTracing = fake.on_trace,
        .HwCleanupTracing = fake.on_trace_end,
    };

    driver->DriverStart = FAKE_OWNER;
    return (NTSTATUS)StorPortInitialize(driver, path, &data, NULL);
}

/* --- the computer ------------------------------------------------------------------------------------------------------ */

static struct io_driver *find_fake(struct pnp_node *node, const char *const *ids, unsigned count)
{
    struct io_driver *disk = storport_find_driver(node, ids, count);

    return disk ? disk : fake.io;
}

static void plug_fake(void)
{
    CHECK_EQ(io_create_host_driver("fakestor", fake_entry, &fake.io), STATUS_SUCCESS);
    pnp_find_driver = find_fake;
    CHECK(NT_SUCCESS(pnp_create_root_device("FAKESTOR", "ROOT\\FAKESTOR", &fake.node)));
}

static __attribute__((unused)) void unplug_fake(void)
{
    CHECK(NT_SUCCESS(pnp_delete_root_device(fake.node)));
    CHECK_EQ(io_unload_driver(fake.io), STATUS_SUCCESS);
}

/* The same on the block card that the computer has; it goes when the body is through. */
static struct io_driver *find_fake_for_card(struct pnp_node *node, const char *const *ids, unsigned count)
{
    struct io_driver *disk = storport_find_driver(node, ids, count);

    if (!disk && node->device)
        fake.node = node;
    return disk ? disk : fake.node == node ? fake.io : NULL;
}

static __attribute__((unused)) void plug_fake_on_card(void)
{
    CHECK_EQ(io_create_host_driver("fakestor", fake_entry, &fake.io), STATUS_SUCCESS);
    pnp_find_driver = find_fake_for_card;
    pnp_find_drivers();
    CHECK(fake.extension != NULL);
}

static void unload_fake(void *unused)
{
    CHECK_EQ(io_unload_driver(fake.io), STATUS_SUCCESS);
}

static unsigned fake_findings;
static uint64_t fake_seed;              /* 0: a fair schedule */
static size_t fake_memory = 64u << 20;

/* disk: the specification of a block card, for a miniport on its PCI function. */
static void on_a_computer_with(const char *disk, void (*body)(void *), unsigned cpus)
{
    struct ring3_config config;
    struct ring3_report report;

    ring3_config_init(&config);
    config.cpus = cpus;
    config.memory = fake_memory;
    config.seeded = fake_seed != 0;
    config.seed = fake_seed;
    config.clock = RING3_CLOCK_VIRTUAL;
    config.log = getenv("FAKE_LOG") ? RING3_LOG_INFO : RING3_LOG_ERROR;
    config.without_tcpip = true;
    struct ring3_computer *computer = ring3_open(&config);
    if (!computer)
        UNIT_FAIL("ring3_open: %s", error_text());
    struct ring3_disk *card = disk ? ring3_add_disk(computer, disk) : NULL;
    if (disk && !card)
        UNIT_FAIL("ring3_add_disk: %s", error_text());
    CHECK(machine_call(body, NULL));
    if (card) {
        CHECK(ring3_eject_disk(card));
        CHECK(machine_call(unload_fake, NULL));
    }
    ring3_close(computer, &report);
    CHECK(!report.bug_check);
    CHECK_EQ(report.pool_bytes, 0);
    fake_findings = report.findings;
}

static __attribute__((unused)) void on_a_computer(void (*body)(void *), unsigned cpus)
{
    on_a_computer_with(NULL, body, cpus);
}

/* --- requests of the host ------------------------------------------------------------------------------------------------- */

struct host_io {
    struct storport_io io;
    struct storport_segment segment[4];
    KEVENT done;
    NTSTATUS status;
};

static void host_done(struct storport_io *io, NTSTATUS status)
{
    struct host_io *h = container_of(io, struct host_io, io);

    CHECK_EQ(ke_irql(), DISPATCH_LEVEL);
    h->status = status;
    KeSetEvent(&h->done, 0, FALSE);
}

static void host_begin(struct storport_disk *disk, struct host_io *h, enum storport_io_kind kind, void *data, uint32_t size,
                       uint64_t offset)
{
    h->segment[0] = (struct storport_segment){ data, size };
    h->io = (struct storport_io){ .kind = kind, .offset = offset, .length = size, .segments = h->segment,
                                  .segment_count = 1, .done = host_done };
    KeInitializeEvent(&h->done, NotificationEvent, FALSE);
    storport_disk_submit(disk, &h->io);
}

static NTSTATUS host_end(struct host_io *h)
{
    KeWaitForSingleObject(&h->done, Executive, KernelMode, FALSE, NULL);
    return h->status;
}

static __attribute__((unused)) NTSTATUS host_do(struct storport_disk *disk, enum storport_io_kind kind, void *data, uint32_t size, uint64_t offset)
{
    struct host_io h;

    host_begin(disk, &h, kind, data, size, offset);
    return host_end(&h);
}

static __attribute__((unused)) void *ram_buffer(size_t size)
{
    void *buffer = pool_alloc(NonPagedPoolNx, size, 0x74736574, NULL);

    CHECK(buffer != NULL);
    memset(buffer, 0, size);
    return buffer;
}

/* lwIP allocates its timers once in a process: before a test is measured. */
__attribute__((constructor)) static void let_lwip_allocate(void)
{
    struct ring3_config config;

    ring3_config_init(&config);
    config.log = getenv("FAKE_LOG") ? RING3_LOG_INFO : RING3_LOG_ERROR;
    config.clock = RING3_CLOCK_VIRTUAL;
    struct ring3_computer *computer = ring3_open(&config);
    if (computer)
        ring3_close(computer, NULL);
}

#endif
