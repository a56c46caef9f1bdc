/* virtio-scsi: a SCSI host with one disk (Virtual I/O Device specification 1.2, "SCSI Host Device"). */
#include "dev/virtio_scsi.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "disk/disk_impl.h"

#define RING_DEFAULT 128u

static void restore(struct virtio_scsi *scsi)
{
    scsi->sense_size = VSCSI_SENSE_DEFAULT;
    scsi->cdb_size = VSCSI_CDB_DEFAULT;
    scsi->missed = scsi->control_due = false;
}

static void stop(struct virtio *virtio)
{
    struct virtio_scsi *scsi = vscsi_of(virtio);

    scsi->stopping = true;
    scsi_disk_power_on(&scsi->unit);
    scsi->stopping = false;
    scsi->dirty = 0;
    scsi->lives++;
    restore(scsi);
}

static void notify(struct virtio *virtio, unsigned queue)
{
    struct virtio_scsi *scsi = vscsi_of(virtio);

    if (queue == VSCSI_CONTROL)
        vscsi_control_run(scsi);
    else if (queue == VSCSI_EVENT)
        vscsi_event_run(scsi);
    else
        vscsi_queue_run(scsi, queue - VSCSI_REQUEST);
}

static void put(uint8_t *at, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

/* Offsets of struct virtio_scsi_config. Limits of addresses are those of the specification: drivers scan up to them. */
static uint8_t config_read(struct virtio *virtio, unsigned offset)
{
    struct virtio_scsi *scsi = vscsi_of(virtio);
    uint8_t bytes[VSCSI_CONFIG_BYTES] = { 0 };

    put(bytes + 0, scsi->queue_count, 4);
    put(bytes + 4, scsi->ring - 2, 4);                  /* seg_max: command and answer have descriptors of their own */
    put(bytes + 8, SCSI_SECTORS_MAX, 4);
    put(bytes + 12, scsi->ring, 4);                     /* cmd_per_lun */
    put(bytes + 16, sizeof(struct vscsi_event), 4);
    put(bytes + VSCSI_CONFIG_SENSE_SIZE, scsi->sense_size, 4);
    put(bytes + VSCSI_CONFIG_CDB_SIZE, scsi->cdb_size, 4);
    put(bytes + 30, 255, 2);                            /* max_target */
    put(bytes + 32, 16383, 4);
    return offset < sizeof bytes ? bytes[offset] : 0;
}

static void config_write(struct virtio *virtio, unsigned offset, uint8_t value)
{
    struct virtio_scsi *scsi = vscsi_of(virtio);
    uint32_t *field = offset < VSCSI_CONFIG_CDB_SIZE ? &scsi->sense_size : &scsi->cdb_size;
    unsigned shift = 8 * (offset % 4);

    if (offset >= VSCSI_CONFIG_SENSE_SIZE && offset < VSCSI_CONFIG_CDB_SIZE + 4)
        *field = (*field & ~(0xFFu << shift)) | (uint32_t)value << shift;
}

static void destroy(struct virtio *virtio)
{
    struct virtio_scsi *scsi = vscsi_of(virtio);
    struct clock *clock = virtio->device.host->clock;

    scsi->stopping = true;
    scsi_disk_power_on(&scsi->unit);
    for (unsigned i = 0; i < VSCSI_CHANGES; i++)
        if (scsi->timers[i].after_ns)
            clock->arm(clock, &scsi->timers[i].timer, UINT64_MAX);
    scsi->disk->burst_end = NULL;
    disk_close(scsi->disk);
    virtio_fini(virtio);
    free(scsi->requests);
    free(scsi->parts);
    free(scsi);
}

static void get_stats(struct device *device, struct device_stats *stats)
{
    struct virtio_scsi *scsi = container_of(device, struct virtio_scsi, virtio.device);

    *stats = scsi->unit.stats;
    stats->interrupts = scsi->virtio.interrupts + scsi->virtio.msix.sent + scsi->virtio.msi.sent;
    stats->doorbells = scsi->virtio.doorbells;
}

static const struct virtio_ops scsi_ops = {
    .stop = stop,
    .notify = notify,
    .config_read = config_read,
    .config_write = config_write,
    .destroy = destroy,
};

static const struct device_ops scsi_device_ops = {
    .model = "virtio-scsi",
    .bar_read = virtio_bar_read,
    .bar_write = virtio_bar_write,
    .config_reading = virtio_config_reading,
    .config_written = virtio_config_written,
    .reset = virtio_device_reset,
    .destroy = virtio_device_destroy,
    .stats = get_stats,
};

/* ---- what happens by itself ---- */

static void expired(struct clock_timer *timer)
{
    struct vscsi_timer *it = timer->context;
    struct virtio_scsi *scsi = it->scsi;

    if (it == &scsi->timers[VSCSI_GROWS])
        vscsi_set_blocks(scsi, scsi->whole);
    else
        vscsi_set_target(scsi, it == &scsi->timers[VSCSI_APPEARS]);
}

static void arm(struct virtio_scsi *scsi, struct clock *clock)
{
    for (unsigned i = 0; i < VSCSI_CHANGES; i++) {
        struct vscsi_timer *it = &scsi->timers[i];

        it->scsi = scsi;
        it->timer = (struct clock_timer){ .expired = expired, .context = it };
        if (it->after_ns)
            clock->arm(clock, &it->timer, clock->now_ns(clock) + it->after_ns);
    }
    scsi->unit.present = !scsi->timers[VSCSI_APPEARS].after_ns;
    scsi->whole = scsi->unit.blocks;
    if (scsi->timers[VSCSI_GROWS].after_ns && scsi->whole > 1)
        scsi->unit.blocks = scsi->whole / 2;
}

/* ---- creation ---- */

struct keys {
    uint64_t queues, ring;
    const char *serial;
    enum virtio_interrupts interrupts;
    uint64_t after_ns[VSCSI_CHANGES];
};

static bool read_times(struct spec *spec, struct keys *keys)
{
    static const char *const names[] = { [VSCSI_APPEARS] = "appears", [VSCSI_LEAVES] = "leaves", [VSCSI_GROWS] = "grows" };

    for (unsigned i = 0; i < VSCSI_CHANGES; i++) {
        const char *text = spec_value(spec, names[i], 0);

        if (text && !disk_time(names[i], text, &keys->after_ns[i]))
            return false;
    }
    return true;
}

static bool read_keys(struct spec *spec, struct keys *keys)
{
    const char *serial = spec_value(spec, "serial", 0);

    memset(keys, 0, sizeof *keys);
    keys->serial = serial ? serial : "ring3";
    if (!spec_number(spec, "queues", 1, &keys->queues) || !spec_number(spec, "ring", RING_DEFAULT, &keys->ring) ||
        !virtio_read_interrupts(spec, &keys->interrupts) || !read_times(spec, keys))
        return false;
    if (strlen(keys->serial) > SCSI_SERIAL_BYTES)
        return error_set("serial=%s: at most %u characters", keys->serial, SCSI_SERIAL_BYTES);
    if (keys->queues < 1 || keys->queues > VSCSI_QUEUES_MAX)
        return error_set("queues=%llu: 1 to %u", (unsigned long long)keys->queues, VSCSI_QUEUES_MAX);
    if (keys->ring < 4 || keys->ring > VSCSI_RING_MAX || (keys->ring & (keys->ring - 1)))
        return error_set("ring=%llu: a power of two from 4 to %u", (unsigned long long)keys->ring, VSCSI_RING_MAX);
    return true;
}

/* Each request has ring + 1 parts of its buffer and as many for the disk. */
static bool make_requests(struct virtio_scsi *scsi)
{
    size_t count = (size_t)scsi->queue_count * scsi->ring, each = scsi->ring + 1;

    scsi->requests = calloc(count, sizeof *scsi->requests);
    scsi->parts = calloc(count * each, 2 * sizeof *scsi->parts);
    if (!scsi->requests || !scsi->parts)
        return error_set("no memory for the requests of a virtio-scsi card");
    for (size_t i = 0; i < count; i++) {
        scsi->requests[i].scsi = scsi;
        scsi->requests[i].all = scsi->parts + i * 2 * each;
        scsi->requests[i].task.parts = scsi->requests[i].all + each;
        scsi->requests[i].task.parts_max = (int)each;
    }
    return true;
}

static bool init(struct virtio_scsi *scsi, const struct device_host *host, struct disk *disk, const struct keys *keys)
{
    struct virtio_identity identity = {
        .name = "virtio-scsi",
        .type = 8,
        .class_code = { 0x01, 0x00, 0x00 },             /* SCSI */
        .features = VSCSI_F_HOTPLUG | VSCSI_F_CHANGE | VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX,
        .queues = (unsigned)keys->queues + VSCSI_REQUEST,
        .queue_size = (unsigned)keys->ring,
        .vectors = (unsigned)keys->queues + VSCSI_REQUEST + 1,
        .config_bytes = VSCSI_CONFIG_BYTES,
        .interrupts = keys->interrupts,
    };

    scsi->queue_count = (unsigned)keys->queues;
    scsi->ring = (unsigned)keys->ring;
    restore(scsi);
    scsi_disk_init(&scsi->unit, disk, keys->serial);
    for (unsigned i = 0; i < VSCSI_CHANGES; i++)
        scsi->timers[i].after_ns = keys->after_ns[i];
    return make_requests(scsi) && virtio_init(&scsi->virtio, &scsi_ops, &scsi_device_ops, host, &identity);
}

struct device *virtio_scsi_create(const struct device_host *host, struct disk *disk, struct spec *spec)
{
    struct virtio_scsi *scsi;
    struct keys keys;

    if (!read_keys(spec, &keys))
        return NULL;
    scsi = calloc(1, sizeof *scsi);
    if (!scsi)
        return error_set("no memory for a virtio-scsi card"), NULL;
    if (!init(scsi, host, disk, &keys)) {
        free(scsi->requests);
        free(scsi->parts);
        free(scsi);
        return NULL;
    }
    scsi->disk = disk;
    disk->card = scsi;
    disk->burst_end = vscsi_burst_end;
    arm(scsi, host->clock);
    return &scsi->virtio.device;
}
