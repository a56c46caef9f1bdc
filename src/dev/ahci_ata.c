/* The disk's side: commands of ATA/ATAPI Command Set 2 (ACS-2) that a disk without packet features has. */
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "dev/ahci.h"

#define REGION_BYTES 16u
#define DEVICE_LBA 0x40u
#define DEVICE_FUA 0x80u
#define QUEUED_TAG_SHIFT 3

enum {
    ATA_DATA_SET_MANAGEMENT = 0x06, ATA_READ_SECTORS = 0x20, ATA_READ_SECTORS_EXT = 0x24, ATA_READ_DMA_EXT = 0x25, ATA_READ_MULTIPLE_EXT = 0x29,
    ATA_READ_LOG_EXT = 0x2F, ATA_WRITE_SECTORS = 0x30, ATA_WRITE_SECTORS_EXT = 0x34, ATA_WRITE_DMA_EXT = 0x35, ATA_WRITE_MULTIPLE_EXT = 0x39,
    ATA_WRITE_DMA_FUA_EXT = 0x3D, ATA_READ_VERIFY = 0x40, ATA_READ_VERIFY_EXT = 0x42, ATA_READ_LOG_DMA_EXT = 0x47, ATA_READ_FPDMA = 0x60,
    ATA_WRITE_FPDMA = 0x61, ATA_DIAGNOSTIC = 0x90, ATA_SMART = 0xB0, ATA_READ_MULTIPLE = 0xC4, ATA_WRITE_MULTIPLE = 0xC5,
    ATA_SET_MULTIPLE = 0xC6, ATA_READ_DMA = 0xC8, ATA_WRITE_DMA = 0xCA, ATA_WRITE_MULTIPLE_FUA_EXT = 0xCE, ATA_STANDBY_IMMEDIATE = 0xE0,
    ATA_IDLE_IMMEDIATE = 0xE1, ATA_STANDBY = 0xE2, ATA_IDLE = 0xE3, ATA_CHECK_POWER = 0xE5, ATA_SLEEP = 0xE6, ATA_FLUSH = 0xE7,
    ATA_FLUSH_EXT = 0xEA, ATA_IDENTIFY = 0xEC, ATA_SET_FEATURES = 0xEF
};

static void done(struct ahci_slot *slot)
{
    ahci_finish(slot, ATA_READY, 0);
}

static void failed(struct ahci_slot *slot, uint8_t error)
{
    ahci_finish(slot, ATA_READY | ATA_ERROR, error);
}

static void aborted(struct ahci_slot *slot)
{
    failed(slot, ATA_ABORTED);
}

static void fatal(struct ahci_slot *slot, uint32_t cause)
{
    slot->hba->port.issued &= ~(1u << slot->index);
    ahci_fatal(slot->hba, cause);
}

/* --- memory ------------------------------------------------------------------------------------------------------------------ */

static bool add_part(struct ahci_slot *slot, int *count, uint8_t *at, size_t size)
{
    struct iovec *last = *count ? &slot->parts[*count - 1] : NULL;

    if (last && (uint8_t *)last->iov_base + last->iov_len == at) {
        last->iov_len += size;
        return true;
    }
    if (*count == DISK_PARTS_MAX)
        return false;
    slot->parts[(*count)++] = (struct iovec){ at, size };
    return true;
}

/* The first `bytes` of the command's regions as parts; false: the port has stopped. */
static bool map(struct ahci_slot *slot, uint64_t bytes, int *count)
{
    uint64_t left = bytes;

    *count = 0;
    for (unsigned i = 0; i < slot->prdtl && left; i++) {
        uint32_t word[4];
        uint64_t size;
        uint8_t *at;

        memcpy(word, slot->regions + REGION_BYTES * i, sizeof word);
        size = min_u64((word[3] & 0x3FFFFF) + 1ull, left);
        slot->region_interrupt |= word[3] >> 31;
        at = ahci_dma(slot->hba, word[0] & ~1u, word[1], size);
        if (!at || !add_part(slot, count, at, size)) {
            log_warn("ahci", "slot %u: region %u %s", slot->index, i, at ? "is one too many: 1024 that do not adjoin" : "is not in memory");
            fatal(slot, PIS_HOST_BUS);
            return false;
        }
        left -= size;
    }
    if (!left)
        return true;
    log_warn("ahci", "slot %u: its regions have %llu bytes, the command moves %llu", slot->index, (unsigned long long)(bytes - left),
             (unsigned long long)bytes);
    fatal(slot, PIS_OVERFLOW);
    return false;
}

/* Blocks of the disk's own: to the driver's memory. */
static void give(struct ahci_slot *slot, const uint8_t *from, uint32_t bytes)
{
    int count;

    if (!map(slot, bytes, &count))
        return;
    for (int i = 0; i < count; i++) {
        memcpy(slot->parts[i].iov_base, from, slot->parts[i].iov_len);
        from += slot->parts[i].iov_len;
    }
    slot->bytes = bytes;
    done(slot);
}

/* --- reading and writing -------------------------------------------------------------------------------------------------------- */

static uint64_t sectors(const struct ahci *hba)
{
    return hba->disk->size / hba->disk->block_size;
}

static uint64_t lba_of(const uint8_t *fis, bool wide)
{
    if (wide)
        return fis_lba48(fis);
    return (fis_lba48(fis) & 0xFFFFFF) | (uint64_t)(fis[FIS_DEVICE] & 15) << 24;
}

static uint32_t count_of(uint8_t low, uint8_t high, bool wide)
{
    uint32_t count = wide ? low | (uint32_t)high << 8 : low;

    return count ? count : wide ? 0x10000u : 0x100u;
}

static void submit(struct ahci_slot *slot, enum disk_op op, bool fua)
{
    slot->io.op = op;
    slot->io.parts = slot->parts;       /* the disk may have moved them on */
    slot->io.unmap = false;
    slot->io.fua = op != DISK_READ && op != DISK_FLUSH && (fua || !slot->hba->write_cache);
    disk_issue(slot->hba->disk, &slot->io);
}

static void move(struct ahci_slot *slot, bool write, bool fua, uint64_t lba, uint32_t count)
{
    const struct disk *disk = slot->hba->disk;
    uint64_t bytes = (uint64_t)count * disk->block_size;

    if (lba >= sectors(slot->hba) || count > sectors(slot->hba) - lba) {
        failed(slot, ATA_NOT_FOUND);
        return;
    }
    if (write && disk->read_only) {
        failed(slot, ATA_UNCORRECTABLE);
        return;
    }
    if (!map(slot, bytes, &slot->io.count))
        return;
    slot->io.offset = lba * disk->block_size;
    slot->io.length = bytes;
    submit(slot, write ? DISK_WRITE : DISK_READ, fua);
}

static void plain(struct ahci_slot *slot, enum ahci_protocol protocol, bool write, bool wide, bool fua)
{
    const uint8_t *fis = slot->fis;

    slot->protocol = protocol;
    if (!(fis[FIS_DEVICE] & DEVICE_LBA))
        aborted(slot);                  /* cylinders, heads and sectors are long obsolete */
    else
        move(slot, write, fua, lba_of(fis, wide), count_of(fis[FIS_COUNT], fis[FIS_COUNT_EXT], wide));
}

static void queued(struct ahci_slot *slot, bool write)
{
    const uint8_t *fis = slot->fis;
    unsigned tag = fis[FIS_COUNT] >> QUEUED_TAG_SHIFT;

    if (slot->hba->depth == 1 || tag != slot->index) {
        log_warn("ahci", "slot %u: a queued command with tag %u%s", slot->index, tag, slot->hba->depth == 1 ? " for a disk without a queue" : "");
        aborted(slot);
        return;
    }
    slot->queued = true;
    ahci_accept(slot);
    move(slot, write, fis[FIS_DEVICE] & DEVICE_FUA, fis_lba48(fis), count_of(fis[FIS_FEATURE], fis[FIS_FEATURE_EXT], true));
}

static void verify(struct ahci_slot *slot, bool wide)
{
    const uint8_t *fis = slot->fis;
    uint64_t lba = lba_of(fis, wide);

    if (lba >= sectors(slot->hba) || count_of(fis[FIS_COUNT], fis[FIS_COUNT_EXT], wide) > sectors(slot->hba) - lba)
        failed(slot, ATA_NOT_FOUND);
    else
        done(slot);
}

/* --- trim -------------------------------------------------------------------------------------------------------------------------- */

/* The next range that is one; false: no more. */
static bool next_trim(struct ahci_slot *slot)
{
    struct ahci_port *port = &slot->hba->port;
    uint32_t block = slot->hba->disk->block_size;

    for (; port->trim < port->trim_count; port->trim++) {
        uint64_t lba = port->trims[port->trim] & 0xFFFFFFFFFFFFull, count = port->trims[port->trim] >> 48;

        if (!count)
            continue;
        port->trim++;
        slot->io.offset = lba * block;
        slot->io.length = count * block;
        return true;
    }
    return false;
}

static bool trims_fit(struct ahci_slot *slot)
{
    const struct ahci_port *port = &slot->hba->port;

    for (unsigned i = 0; i < port->trim_count; i++) {
        uint64_t lba = port->trims[i] & 0xFFFFFFFFFFFFull, count = port->trims[i] >> 48;

        if (count && (lba >= sectors(slot->hba) || count > sectors(slot->hba) - lba))
            return false;
    }
    return true;
}

static void trim(struct ahci_slot *slot)
{
    struct ahci_port *port = &slot->hba->port;
    unsigned blocks = slot->fis[FIS_COUNT] | slot->fis[FIS_COUNT_EXT] << 8;
    uint8_t *to = (uint8_t *)port->trims;
    int count;

    slot->protocol = AHCI_DMA;
    if (slot->fis[FIS_FEATURE] != 1 || !slot->hba->disk->discard || slot->hba->disk->read_only || !blocks || blocks > TRIM_BLOCKS) {
        aborted(slot);
        return;
    }
    if (!map(slot, blocks * 512u, &count))
        return;
    for (int i = 0; i < count; to += slot->parts[i++].iov_len)
        memcpy(to, slot->parts[i].iov_base, slot->parts[i].iov_len);
    slot->bytes = blocks * 512u;
    port->trim = 0;
    port->trim_count = blocks * 64u;
    if (!trims_fit(slot))
        failed(slot, ATA_NOT_FOUND);
    else if (next_trim(slot))
        submit(slot, DISK_DISCARD, false);
    else
        done(slot);
}

/* --- answers of the back end --------------------------------------------------------------------------------------------------- */

static void count_io(struct ahci *hba, const struct disk_io *io)
{
    if (io->op == DISK_READ) {
        hba->stats.reads++;
        hba->stats.read_bytes += io->length;
    } else if (io->op == DISK_WRITE) {
        hba->stats.writes++;
        hba->stats.write_bytes += io->length;
    } else {
        hba->stats.flushes += io->op == DISK_FLUSH;
    }
}

void ahci_disk_done(struct disk_io *io, enum disk_result result)
{
    struct ahci_slot *slot = container_of(io, struct ahci_slot, io);
    struct ahci *hba = slot->hba;

    if (result != DISK_DONE) {
        failed(slot, io->op == DISK_READ ? ATA_UNCORRECTABLE : ATA_ABORTED);
        return;
    }
    count_io(hba, io);
    if (io->op == DISK_DISCARD && !hba->port.stopping && next_trim(slot)) {
        submit(slot, DISK_DISCARD, false);
        if (!hba->port.running)
            disk_flush_queue(hba->disk);
        return;
    }
    if (io->op == DISK_READ || io->op == DISK_WRITE)
        slot->bytes = (uint32_t)io->length;
    done(slot);
}

/* --- the rest ------------------------------------------------------------------------------------------------------------------------ */

static void read_log(struct ahci_slot *slot, enum ahci_protocol protocol)
{
    const uint8_t *fis = slot->fis;
    unsigned pages = fis[FIS_COUNT] | fis[FIS_COUNT_EXT] << 8, first = fis[FIS_LBA1] | fis[FIS_LBA4] << 8;
    uint8_t block[16 * ATA_LOG_BYTES];

    slot->protocol = protocol;
    if (!pages || pages > 16) {
        aborted(slot);
        return;
    }
    for (unsigned i = 0; i < pages; i++)
        if (!ahci_log_page(slot->hba, fis[FIS_LBA0], first + i, block + i * ATA_LOG_BYTES)) {
            aborted(slot);
            return;
        }
    give(slot, block, pages * ATA_LOG_BYTES);
}

static void identify(struct ahci_slot *slot)
{
    uint8_t block[512];

    slot->protocol = AHCI_PIO_IN;
    ahci_identify(slot->hba, block);
    give(slot, block, sizeof block);
}

static void smart(struct ahci_slot *slot)
{
    const uint8_t *fis = slot->fis;
    uint8_t block[512];

    if (fis[FIS_LBA1] != 0x4F || fis[FIS_LBA2] != 0xC2) {
        aborted(slot);
        return;
    }
    switch (fis[FIS_FEATURE]) {
    case 0xD0:                          /* READ DATA */
        slot->protocol = AHCI_PIO_IN;
        ahci_smart_data(block);
        give(slot, block, sizeof block);
        break;
    case 0xD2: case 0xD8: case 0xD9: case 0xDA:         /* autosave, enable, disable, RETURN STATUS: 4Fh C2h stay, all is well */
        done(slot);
        break;
    default:
        aborted(slot);
        break;
    }
}

static void set_features(struct ahci_slot *slot)
{
    struct ahci *hba = slot->hba;

    switch (slot->fis[FIS_FEATURE]) {
    case 0x02: case 0x82:
        if (!hba->disk->volatile_cache) {
            aborted(slot);
            return;
        }
        hba->write_cache = slot->fis[FIS_FEATURE] == 0x02;
        break;
    case 0x55: case 0xAA:
        hba->look_ahead = slot->fis[FIS_FEATURE] == 0xAA;
        break;
    case 0x03: case 0x66: case 0xCC:    /* transfer mode, defaults kept or not over a soft reset */
        break;
    default:
        aborted(slot);
        return;
    }
    done(slot);
}

static void check_power(struct ahci_slot *slot)
{
    slot->fis[FIS_COUNT] = 0xFF;        /* active or idle */
    done(slot);
}

static void set_multiple(struct ahci_slot *slot)
{
    unsigned count = slot->fis[FIS_COUNT];

    if (count > 16 || (count & (count - 1)))
        aborted(slot);
    else
        done(slot);
}

static void diagnostic(struct ahci_slot *slot)
{
    static const uint8_t signature[] = { 1, 0, 0 };

    memcpy(slot->fis + FIS_LBA0, signature, sizeof signature);
    slot->fis[FIS_COUNT] = 1;
    ahci_finish(slot, ATA_READY, 1);
}

static void dispatch(struct ahci_slot *slot)
{
    switch (slot->fis[FIS_COMMAND]) {
    case ATA_READ_FPDMA: queued(slot, false); break;
    case ATA_WRITE_FPDMA: queued(slot, true); break;
    case ATA_READ_DMA: plain(slot, AHCI_DMA, false, false, false); break;
    case ATA_WRITE_DMA: plain(slot, AHCI_DMA, true, false, false); break;
    case ATA_READ_DMA_EXT: plain(slot, AHCI_DMA, false, true, false); break;
    case ATA_WRITE_DMA_EXT: plain(slot, AHCI_DMA, true, true, false); break;
    case ATA_WRITE_DMA_FUA_EXT: plain(slot, AHCI_DMA, true, true, true); break;
    case ATA_READ_SECTORS: case ATA_READ_MULTIPLE: plain(slot, AHCI_PIO_IN, false, false, false); break;
    case ATA_READ_SECTORS_EXT: case ATA_READ_MULTIPLE_EXT: plain(slot, AHCI_PIO_IN, false, true, false); break;
    case ATA_WRITE_SECTORS: case ATA_WRITE_MULTIPLE: plain(slot, AHCI_PIO_OUT, true, false, false); break;
    case ATA_WRITE_SECTORS_EXT: case ATA_WRITE_MULTIPLE_EXT: plain(slot, AHCI_PIO_OUT, true, true, false); break;
    case ATA_WRITE_MULTIPLE_FUA_EXT: plain(slot, AHCI_PIO_OUT, true, true, true); break;
    case ATA_READ_VERIFY: verify(slot, false); break;
    case ATA_READ_VERIFY_EXT: verify(slot, true); break;
    case ATA_FLUSH: case ATA_FLUSH_EXT: submit(slot, DISK_FLUSH, false); break;
    case ATA_DATA_SET_MANAGEMENT: trim(slot); break;
    case ATA_IDENTIFY: identify(slot); break;
    case ATA_READ_LOG_EXT: read_log(slot, AHCI_PIO_IN); break;
    case ATA_READ_LOG_DMA_EXT: read_log(slot, AHCI_DMA); break;
    case ATA_SMART: smart(slot); break;
    case ATA_SET_FEATURES: set_features(slot); break;
    case ATA_SET_MULTIPLE: set_multiple(slot); break;
    case ATA_CHECK_POWER: check_power(slot); break;
    case ATA_DIAGNOSTIC: diagnostic(slot); break;
    case ATA_STANDBY_IMMEDIATE: case ATA_IDLE_IMMEDIATE: case ATA_STANDBY: case ATA_IDLE: case ATA_SLEEP: done(slot); break;
    default: aborted(slot); break;
    }
}

void ahci_command(struct ahci_slot *slot)
{
    struct ahci_port *port = &slot->hba->port;
    uint8_t command = slot->fis[FIS_COMMAND];
    bool is_queued = command == ATA_READ_FPDMA || command == ATA_WRITE_FPDMA;
    bool of_log = (command == ATA_READ_LOG_EXT || command == ATA_READ_LOG_DMA_EXT) && slot->fis[FIS_LBA0] == 0x10;

    if (port->failed_queue && !of_log) {
        aborted(slot);
        return;
    }
    if (!is_queued && (port->issued & ~(1u << slot->index))) {
        log_warn("ahci", "slot %u: command 0x%02x while queued commands are under way", slot->index, command);
        port->failed_queue = true;
        aborted(slot);
        return;
    }
    dispatch(slot);
}

void ahci_device_reset(struct ahci *hba)
{
    hba->write_cache = hba->disk->volatile_cache;
    hba->look_ahead = true;
    hba->port.failed_queue = false;
    memset(hba->port.error_log, 0, sizeof hba->port.error_log);
}
