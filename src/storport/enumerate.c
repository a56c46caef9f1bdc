/* Which logical units there are: REPORT LUNS and INQUIRY to every target of every bus.
 *
 * A unit that answers INQUIRY with the device connected is new, or is there still; one that no longer does is gone: what waits for it
 * fails, its PDO is no longer reported. docs: storage/storport-driver-overview */
#include "storport/adapter.h"

#include <stdlib.h>
#include <string.h>

#include "nt/pool.h"

#define ANSWER_SIZE 4096u               /* of an answer: 255 units and more */
#define SCAN_TIMEOUT 4                  /* seconds */
#define TRIES 3

struct scan {
    struct adapter *a;
    uint8_t *answer;                    /* in RAM */
    struct unit *probe;
};

static void address(struct unit *u, uint8_t path, uint8_t target, uint8_t lun)
{
    u->path = path;
    u->target = target;
    u->lun = lun;
}

/* Sends a command of data-in; true with *length of the answer. Unit attentions and a busy unit get another try. */
static bool ask(struct unit *u, const void *cdb, unsigned cdb_length, void *answer, uint32_t *length)
{
    for (unsigned n = 0; n < TRIES; n++) {
        struct request *r = request_take(u);
        uint8_t status;

        if (!r)
            return false;
        memset(answer, 0, *length);
        request_prepare(r, SRB_FUNCTION_EXECUTE_SCSI, SRB_FLAGS_DATA_IN, answer, *length, SCAN_TIMEOUT);
        request_set_cdb(r, cdb, cdb_length);
        status = request_wait(r);
        uint32_t got = SrbGetDataTransferLength(r->srb);
        bool attention = SrbGetScsiStatus(r->srb) == SCSISTAT_CHECK_CONDITION && (r->sense[2] & 0xf) == SCSI_SENSE_UNIT_ATTENTION;
        request_release(r);
        if (status == SRB_STATUS_SUCCESS || status == SRB_STATUS_DATA_OVERRUN) {
            *length = got;
            return true;
        }
        if (!attention && status != SRB_STATUS_BUS_RESET)
            return false;
    }
    return false;
}

static bool inquire(struct scan *scan, uint8_t page, bool vital, uint32_t *length)
{
    uint8_t cdb[6] = { SCSIOP_INQUIRY, vital, page, 0, (uint8_t)*length, 0 };

    return ask(scan->probe, cdb, sizeof cdb, scan->answer, length);
}

/* The probe stands at an address; a unit that is new there begins with an empty extension. */
static void move(struct scan *scan, uint8_t path, uint8_t target, uint8_t lun)
{
    address(scan->probe, path, target, lun);
    if (scan->probe->extension && !unit_find(scan->a, path, target, lun))
        memset(scan->probe->extension, 0, scan->a->config->SpecificLuExtensionSize);
}

/* The units that LUN 0 of a target reports, as a set; false when it does not know the command. */
static bool report_luns(struct scan *scan, bool *there)
{
    uint8_t cdb[12] = { SCSIOP_REPORT_LUNS };
    uint32_t length = ANSWER_SIZE;

    cdb[8] = (uint8_t)(ANSWER_SIZE >> 8);
    cdb[9] = (uint8_t)ANSWER_SIZE;
    if (!ask(scan->probe, cdb, sizeof cdb, scan->answer, &length) || length < 8)
        return false;
    uint32_t listed = (uint32_t)scan->answer[0] << 24 | scan->answer[1] << 16 | scan->answer[2] << 8 | scan->answer[3];
    listed = (uint32_t)min_u64(listed, length - 8);
    for (uint32_t at = 8; at + 8 <= listed + 8; at += 8) {
        unsigned method = scan->answer[at] >> 6;
        if (method == 0 && scan->answer[at] == 0)
            there[scan->answer[at + 1]] = true;         /* peripheral addressing, bus 0 */
        else if (method == 1 && !(scan->answer[at] & 0x3f))
            there[scan->answer[at + 1]] = true;         /* flat space */
    }
    return true;
}

/* --- one unit ---------------------------------------------------------------------------------------------------------- */

static void trim_copy(char *to, size_t room, const uint8_t *from, size_t length)
{
    size_t n = 0;

    while (length && (*from == ' ' || !*from))
        from++, length--;
    while (length && (from[length - 1] == ' ' || !from[length - 1]))
        length--;
    for (; n < length && n + 1 < room; n++)
        to[n] = from[n] >= 0x20 && from[n] < 0x7f ? (char)from[n] : '?';
    to[n] = 0;
}

static void read_pages(struct scan *scan, struct unit *u)
{
    uint32_t length = 252;

    if (inquire(scan, VPD_SERIAL_NUMBER, true, &length) && length > 4 && scan->answer[1] == VPD_SERIAL_NUMBER)
        trim_copy(u->serial, sizeof u->serial, scan->answer + 4, min_u64(scan->answer[3], length - 4));
    length = 252;
    if (inquire(scan, VPD_DEVICE_IDENTIFIERS, true, &length) && length > 4 && scan->answer[1] == VPD_DEVICE_IDENTIFIERS) {
        u->device_id_size = (unsigned)min_u64(scan->answer[3] + 4u, length);
        memcpy(u->device_id, scan->answer, u->device_id_size);
    }
}

static unsigned request_count(const struct adapter *a)
{
    ULONG most = a->config->MaxIOsPerLun, initial = a->config->InitialLunQueueDepth;

    ULONG limit = a->storage_srbs ? 1024 : 255; /* a plain SRB has eight bits for its tag */

    most = most > limit ? limit : most;
    if (initial > most)
        most = initial > limit ? limit : initial;
    return (most ? most : 1) + SP_RESERVED_REQUESTS;
}

static void add_unit(struct scan *scan, const INQUIRYDATA *inquiry)
{
    struct adapter *a = scan->a;
    struct unit *probe = scan->probe;
    struct unit *u = unit_create(a, probe->path, probe->target, probe->lun, request_count(a));

    if (!u) {
        log_warn("storport", "%s: no memory for path %u target %u lun %u", a->driver->name, probe->path, probe->target, probe->lun);
        return;
    }
    u->inquiry = *inquiry;
    u->depth = (unsigned)min_u64(a->config->InitialLunQueueDepth ? a->config->InitialLunQueueDepth : 1, u->depth);
    /* What the miniport has kept in the extension so far is the unit's. */
    void *extension = u->extension;
    u->extension = probe->extension;
    probe->extension = extension;
    read_pages(scan, u);
    unit_describe(u);
    list_push_back(&a->units, &u->node);
    u->seen = true;
    if (!NT_SUCCESS(pdo_create(u))) {
        log_warn("storport", "%s: no device object for path %u target %u lun %u", a->driver->name, u->path, u->target, u->lun);
        list_remove(&u->node);
        unit_free(u);
    }
}

/* True when a device is connected where the probe stands. */
static bool look(struct scan *scan)
{
    uint8_t path = scan->probe->path, target = scan->probe->target, lun = scan->probe->lun;
    uint32_t length = 255;
    INQUIRYDATA inquiry;
    struct unit *u;

    if (!inquire(scan, 0, false, &length) || length < 5)
        return false;
    memcpy(&inquiry, scan->answer, sizeof inquiry);
    if (inquiry.DeviceTypeQualifier != DEVICE_QUALIFIER_ACTIVE || inquiry.DeviceType == 0x1f)
        return inquiry.DeviceTypeQualifier != DEVICE_QUALIFIER_NOT_SUPPORTED && inquiry.DeviceType != 0x1f;
    u = unit_find(scan->a, path, target, lun);
    if (u)
        u->seen = true;
    else
        add_unit(scan, &inquiry);
    return true;
}

/* REPORT LUNS comes first: miniports learn by it that a target is looked for. LUN 0 is asked in any case. */
static void scan_target(struct scan *scan, uint8_t path, uint8_t target)
{
    unsigned most = scan->a->config->MaximumNumberOfLogicalUnits;
    bool there[256] = { false }, reported;

    move(scan, path, target, 0);
    reported = report_luns(scan, there);
    if (!look(scan) && !reported)
        return;
    for (unsigned lun = 1; lun < 256 && lun < most; lun++)
        if (there[lun] || !reported) {
            move(scan, path, target, (uint8_t)lun);
            look(scan);
        }
}

static void forget_missing(struct adapter *a)
{
    list_each_safe(it, &a->units) {
        struct unit *u = container_of(it, struct unit, node);
        if (u->seen || u->gone)
            continue;
        u->gone = true;
        disk_unit_gone(u);
        unit_flush(u, STATUS_DEVICE_DOES_NOT_EXIST);
    }
}

void adapter_enumerate(struct adapter *a)
{
    struct scan scan = { .a = a, .answer = pool_alloc(NonPagedPoolNx, ANSWER_SIZE, SP_TAG, SP_OWNER(a)) };
    PPORT_CONFIGURATION_INFORMATION c = a->config;

    if (scan.answer && a->state == ADAPTER_STARTED && (scan.probe = unit_create(a, 0, 0, 0, SP_RESERVED_REQUESTS))) {
        scan.probe->seen = true;
        scan.probe->gone = true;        /* not to be found by its address */
        list_push_front(&a->units, &scan.probe->node);
        adapter_control(a, ScsiAdapterPrepareForBusReScan, NULL);
        list_each(it, &a->units)
            if (container_of(it, struct unit, node) != scan.probe)
                container_of(it, struct unit, node)->seen = false;
        for (unsigned path = 0; path < c->NumberOfBuses; path++)
            for (unsigned target = 0; target < c->MaximumNumberOfTargets; target++)
                if ((int)target != c->InitiatorBusId[path < 8 ? path : 0] || a->driver->is_virtual)
                    scan_target(&scan, (uint8_t)path, (uint8_t)target);
        forget_missing(a);
        unit_free(scan.probe);
    }
    if (scan.answer)
        pool_free(scan.answer, SP_TAG, NULL);
}

/* --- again, later ------------------------------------------------------------------------------------------------------- */

/* PnP asks for the bus relations in a worker; sp_dispatch looks for units then. Above DISPATCH_LEVEL the engine's DPC passes it on. */
void adapter_rescan(struct adapter *a)
{
    a->rescan_queued = true;
    if (ke_irql() > DISPATCH_LEVEL) {
        a->rescan_again = true;
        adapter_kick(a);
        return;
    }
    a->rescan_again = false;
    if (a->state == ADAPTER_STARTED)
        IoInvalidateDeviceRelations(a->pdo, BusRelations);
}

/* The miniport hears that its change was looked at. */
void adapter_rescanned(struct adapter *a)
{
    PHW_STATE_CHANGE routine = a->state_change;
    KIRQL old, device = 0;

    a->rescan_queued = false;
    a->state_change = NULL;
    if (!routine)
        return;
    old = KeAcquireSpinLockRaiseToDpc(&a->startio_lock);
    if (a->half_duplex)
        device = interrupt_lock(a);
    routine(a->extension, a->state_change_context, STOR_ADDRESS_TYPE_BTL8, &a->state_change_address, STOR_STATUS_SUCCESS);
    if (a->half_duplex)
        interrupt_unlock(a, device);
    KeReleaseSpinLock(&a->startio_lock, old);
}
