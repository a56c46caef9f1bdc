/* virtio-blk: a modern block card (Virtual I/O Device specification 1.2, "Block Device"). */
#include "dev/virtio_blk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/util.h"

#define RING_DEFAULT 128u

static void start(struct virtio *virtio)
{
    struct virtio_blk *blk = blk_of(virtio);

    blk->writeback = virtio_has(virtio, BLK_F_FLUSH);   /* without flushes every write must last */
}

static void stop(struct virtio *virtio)
{
    struct virtio_blk *blk = blk_of(virtio);

    blk->stopping = true;
    disk_drain(blk->disk);
    blk->stopping = false;
    blk->dirty = 0;
    blk->writeback = true;
}

static void notify(struct virtio *virtio, unsigned queue)
{
    blk_queue_run(blk_of(virtio), queue);
}

static void put(uint8_t *at, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

/* Offsets of struct virtio_blk_config. */
static uint8_t config_read(struct virtio *virtio, unsigned offset)
{
    struct virtio_blk *blk = blk_of(virtio);
    uint32_t per_block = blk->disk->block_size / BLK_SECTOR, page = 4096;
    uint8_t bytes[BLK_CONFIG_BYTES] = { 0 };

    put(bytes + 0, blk->disk->size / BLK_SECTOR, 8);
    put(bytes + 12, blk->ring - 2, 4);                  /* seg_max: header and status have descriptors of their own */
    put(bytes + 20, blk->disk->block_size, 4);
    bytes[24] = (uint8_t)__builtin_ctz(page / blk->disk->block_size);   /* physical blocks of a page */
    put(bytes + 26, page / blk->disk->block_size, 2);   /* min_io_size, opt_io_size in blocks */
    put(bytes + 28, (128u << 10) / blk->disk->block_size, 4);
    bytes[BLK_CONFIG_WRITEBACK] = blk->writeback;
    put(bytes + 34, blk->queue_count, 2);
    put(bytes + 36, BLK_DISCARD_SECTORS, 4);
    put(bytes + 40, BLK_RANGES, 4);
    put(bytes + 44, per_block, 4);
    put(bytes + 48, BLK_DISCARD_SECTORS, 4);
    put(bytes + 52, BLK_RANGES, 4);
    bytes[56] = 1;                                      /* write_zeroes_may_unmap */
    return offset < sizeof bytes ? bytes[offset] : 0;
}

static void config_write(struct virtio *virtio, unsigned offset, uint8_t value)
{
    struct virtio_blk *blk = blk_of(virtio);

    if (offset == BLK_CONFIG_WRITEBACK && virtio_has(virtio, BLK_F_CONFIG_WCE) && blk->disk->volatile_cache)
        blk->writeback = value & 1;
}

static bool accept_features(struct virtio *virtio, uint64_t f)
{
    if ((f & BLK_F_CONFIG_WCE) && !(f & BLK_F_FLUSH)) {
        log_warn(virtio->name, "the driver accepts VIRTIO_BLK_F_CONFIG_WCE without VIRTIO_BLK_F_FLUSH");
        return false;
    }
    return true;
}

static void destroy(struct virtio *virtio)
{
    struct virtio_blk *blk = blk_of(virtio);

    blk->stopping = true;
    disk_drain(blk->disk);
    blk->disk->burst_end = NULL;
    disk_close(blk->disk);
    virtio_fini(virtio);
    free(blk->requests);
    free(blk->parts);
    free(blk);
}

static void get_stats(struct device *device, struct device_stats *stats)
{
    struct virtio_blk *blk = container_of(device, struct virtio_blk, virtio.device);

    *stats = blk->stats;
    stats->interrupts = blk->virtio.interrupts + blk->virtio.msix.sent + blk->virtio.msi.sent;
    stats->doorbells = blk->virtio.doorbells;
}

static const struct virtio_ops blk_ops = {
    .accept_features = accept_features,
    .start = start,
    .stop = stop,
    .notify = notify,
    .config_read = config_read,
    .config_write = config_write,
    .destroy = destroy,
};

static const struct device_ops blk_device_ops = {
    .model = "virtio-blk",
    .bar_read = virtio_bar_read,
    .bar_write = virtio_bar_write,
    .config_reading = virtio_config_reading,
    .config_written = virtio_config_written,
    .reset = virtio_device_reset,
    .destroy = virtio_device_destroy,
    .stats = get_stats,
};

struct keys {
    uint64_t queues, ring;
    const char *serial;
    enum virtio_interrupts interrupts;
};

static bool read_keys(struct spec *spec, struct keys *keys)
{
    const char *serial = spec_value(spec, "serial", 0);

    keys->serial = serial ? serial : "ring3";
    if (!spec_number(spec, "queues", 1, &keys->queues) || !spec_number(spec, "ring", RING_DEFAULT, &keys->ring) ||
        !virtio_read_interrupts(spec, &keys->interrupts))
        return false;
    if (strlen(keys->serial) > BLK_ID_BYTES)
        return error_set("serial=%s: at most %u characters", keys->serial, BLK_ID_BYTES);
    if (keys->queues < 1 || keys->queues > BLK_QUEUES_MAX)
        return error_set("queues=%llu: 1 to %u", (unsigned long long)keys->queues, BLK_QUEUES_MAX);
    if (keys->ring < 4 || keys->ring > BLK_RING_MAX || (keys->ring & (keys->ring - 1)))
        return error_set("ring=%llu: a power of two from 4 to %u", (unsigned long long)keys->ring, BLK_RING_MAX);
    return true;
}

static bool make_requests(struct virtio_blk *blk)
{
    size_t count = (size_t)blk->queue_count * blk->ring;

    blk->requests = calloc(count, sizeof *blk->requests);
    blk->parts = calloc(count * blk->ring, sizeof *blk->parts);
    if (!blk->requests || !blk->parts)
        return error_set("no memory for the requests of a virtio-blk card");
    for (size_t i = 0; i < count; i++) {
        blk->requests[i].blk = blk;
        blk->requests[i].parts = blk->parts + i * blk->ring;
        blk->requests[i].io.done = blk_disk_done;
    }
    return true;
}

static bool init(struct virtio_blk *blk, const struct device_host *host, const struct disk *disk, const struct keys *keys)
{
    struct virtio_identity identity = {
        .name = "virtio-blk",
        .type = 2,
        .class_code = { 0x01, 0x80, 0x00 },             /* mass storage, other */
        .features = BLK_F_SEG_MAX | BLK_F_BLK_SIZE | BLK_F_TOPOLOGY | BLK_F_FLUSH | BLK_F_MQ | BLK_F_CONFIG_WCE |
                    VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX,
        .queues = (unsigned)keys->queues,
        .queue_size = (unsigned)keys->ring,
        .vectors = (unsigned)keys->queues + 1,
        .config_bytes = BLK_CONFIG_BYTES,
        .interrupts = keys->interrupts,
    };

    if (disk->read_only)
        identity.features |= BLK_F_RO;
    else
        identity.features |= (disk->discard ? BLK_F_DISCARD : 0) | BLK_F_WRITE_ZEROES;
    blk->queue_count = (unsigned)keys->queues;
    blk->ring = (unsigned)keys->ring;
    blk->writeback = true;
    snprintf(blk->serial, sizeof blk->serial, "%s", keys->serial);
    return make_requests(blk) && virtio_init(&blk->virtio, &blk_ops, &blk_device_ops, host, &identity);
}

struct device *virtio_blk_create(const struct device_host *host, struct disk *disk, struct spec *spec)
{
    struct virtio_blk *blk;
    struct keys keys;

    if (!read_keys(spec, &keys))
        return NULL;
    blk = calloc(1, sizeof *blk);
    if (!blk)
        return error_set("no memory for a virtio-blk card"), NULL;
    if (!init(blk, host, disk, &keys)) {
        free(blk->requests);
        free(blk->parts);
        free(blk);
        return NULL;
    }
    blk->disk = disk;
    disk->card = blk;
    disk->burst_end = blk_burst_end;
    return &blk->virtio.device;
}
