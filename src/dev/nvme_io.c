/* NVM commands (NVM Express 1.4, chapter 6). */
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "dev/nvme.h"

#define DATASET_DEALLOCATE 4u
#define ZEROES_DEALLOCATE (1u << 25)
#define FORCE_UNIT_ACCESS (1u << 30)

static void refuse(struct nvme_request *request, enum nvme_status status)
{
    nvme_complete(request, (uint16_t)(status | NVME_DNR));
}

uint16_t nvme_disk_status(const struct disk_io *io, enum disk_result result)
{
    switch (result) {
    case DISK_DONE: return NVME_GOOD;
    case DISK_BAD_REQUEST: return NVME_LBA_RANGE | NVME_DNR;
    case DISK_READ_ONLY: return NVME_WRITE_PROTECTED | NVME_DNR;
    case DISK_NO_SPACE: return NVME_CAPACITY;
    case DISK_CANCELLED: return NVME_SQ_DELETED;
    default: return io->op == DISK_READ ? NVME_READ_ERROR : NVME_WRITE_FAULT;
    }
}

/* What the disk is asked for next. */
static void prepare(struct nvme_request *request, enum disk_op op, bool fua)
{
    request->io.op = op;
    request->io.parts = request->bounce ? &request->bounce_part : request->parts;      /* the disk may have moved them on */
    request->io.fua = op != DISK_READ && op != DISK_FLUSH && (fua || !(request->sq->nvme->features.write_cache & 1));
}

static bool answered(struct nvme_request *request, enum disk_result result);

/* A loop, not a recursion: a disk may answer at once, and a command may be a great many requests to it. */
void nvme_drive(struct nvme_request *request)
{
    struct disk *disk;

    do {
        disk = request->ns->disk;
        request->inside = true;
        request->at_once = false;
        disk_issue(disk, &request->io);
        request->inside = false;
    } while (request->at_once && answered(request, request->disk_result));
    if (!request->sq->nvme->running)
        disk_flush_queue(disk);
}

static void issue(struct nvme_request *request, enum disk_op op, bool fua)
{
    prepare(request, op, fua);
    nvme_drive(request);
}

/* --- a range of blocks ------------------------------------------------------------------------------------------------------------- */

/* The command's blocks as offset and length; false: it has been answered. */
static bool extent(struct nvme_request *request, bool writes)
{
    const struct nvme_ns *ns = request->ns;
    uint64_t lba = request->dw[10] | (uint64_t)request->dw[11] << 32, count = (request->dw[12] & 0xFFFF) + 1ull;

    if (writes && ns->disk->read_only) {
        refuse(request, NVME_WRITE_PROTECTED);
        return false;
    }
    if (lba >= nvme_blocks(ns) || count > nvme_blocks(ns) - lba) {
        refuse(request, NVME_LBA_RANGE);
        return false;
    }
    request->io.offset = lba * ns->disk->block_size;
    request->io.length = count * ns->disk->block_size;
    return true;
}

/* Parts for the data of `extent`; false: the command has been answered. */
static bool map(struct nvme_request *request)
{
    uint16_t status = NVME_INVALID_FIELD | NVME_DNR;    /* beyond MDTS */

    if (request->io.length <= NVME_DATA_MAX)
        status = nvme_map(request, request->io.length, request->parts, NVME_PARTS, &request->io.count);
    if (status)
        nvme_complete(request, status);
    return !status;
}

static void move(struct nvme_request *request, bool write)
{
    if (extent(request, write) && map(request))
        issue(request, write ? DISK_WRITE : DISK_READ, request->dw[12] & FORCE_UNIT_ACCESS);
}

static void write_zeroes(struct nvme_request *request)
{
    if (!extent(request, true))
        return;
    request->io.unmap = request->dw[12] & ZEROES_DEALLOCATE;
    issue(request, DISK_WRITE_ZEROES, request->dw[12] & FORCE_UNIT_ACCESS);
}

/* --- compare -------------------------------------------------------------------------------------------------------------------------- */

static void compare(struct nvme_request *request)
{
    if (!extent(request, false) || !map(request))
        return;
    request->bounce = malloc(request->io.length);
    if (!request->bounce) {
        nvme_complete(request, NVME_INTERNAL);
        return;
    }
    request->steps = (unsigned)request->io.count;
    request->bounce_part = (struct iovec){ request->bounce, request->io.length };
    request->io.count = 1;
    issue(request, DISK_READ, false);
}

static uint16_t compared(const struct nvme_request *request)
{
    const uint8_t *at = request->bounce;

    for (unsigned i = 0; i < request->steps; at += request->parts[i++].iov_len)
        if (memcmp(at, request->parts[i].iov_base, request->parts[i].iov_len) != 0)
            return NVME_COMPARE_FAILED | NVME_DNR;
    return NVME_GOOD;
}

/* --- dataset management ------------------------------------------------------------------------------------------------------------ */

/* The next range that has blocks; false: no more. */
static bool next_range(struct nvme_request *request)
{
    uint32_t block = request->ns->disk->block_size;

    while (request->step < request->steps) {
        const struct nvme_range *range = &request->ranges[request->step++];

        if (!range->count)
            continue;
        request->io.offset = range->lba * block;
        request->io.length = (uint64_t)range->count * block;
        return true;
    }
    return false;
}

static bool ranges_fit(const struct nvme_request *request)
{
    for (unsigned i = 0; i < request->steps; i++) {
        const struct nvme_range *range = &request->ranges[i];

        if (range->lba > nvme_blocks(request->ns) || range->count > nvme_blocks(request->ns) - range->lba)
            return false;
    }
    return true;
}

static void dataset(struct nvme_request *request)
{
    const struct disk *disk = request->ns->disk;
    bool deallocate = request->dw[11] & DATASET_DEALLOCATE;
    uint16_t status;

    request->steps = (request->dw[10] & 0xFF) + 1;
    status = nvme_take(request, request->ranges, request->steps * sizeof *request->ranges);
    if (status)
        nvme_complete(request, status);
    else if (deallocate && disk->read_only)
        refuse(request, NVME_WRITE_PROTECTED);
    else if (!ranges_fit(request))
        refuse(request, NVME_LBA_RANGE);
    else if (deallocate && disk->discard && next_range(request))
        issue(request, DISK_DISCARD, false);
    else
        nvme_complete(request, NVME_GOOD);              /* hints only */
}

/* --- flush ------------------------------------------------------------------------------------------------------------------------------ */

/* From namespace `step` on, one after the other. */
static bool next_flush(struct nvme_request *request)
{
    struct nvme *nvme = request->sq->nvme;

    while (request->step < request->steps)
        if (nvme->namespaces[request->step++].disk) {
            request->ns = &nvme->namespaces[request->step - 1];
            return true;
        }
    return false;
}

static void flush_all(struct nvme_request *request)
{
    request->steps = request->sq->nvme->namespace_count;
    if (next_flush(request))
        issue(request, DISK_FLUSH, false);
    else
        refuse(request, NVME_INVALID_NAMESPACE);
}

/* --- answers of the disks ------------------------------------------------------------------------------------------------------------- */

static void count_io(struct nvme_request *request)
{
    struct device_stats *stats = &request->sq->nvme->stats;
    const struct disk_io *io = &request->io;

    if (io->op == DISK_READ) {
        stats->reads++;
        stats->read_bytes += io->length;
        request->ns->reads++;
        request->ns->read_bytes += io->length;
    } else if (io->op == DISK_WRITE) {
        stats->writes++;
        stats->write_bytes += io->length;
        request->ns->writes++;
        request->ns->write_bytes += io->length;
    } else {
        stats->flushes += io->op == DISK_FLUSH;
    }
}

static bool has_more(struct nvme_request *request)
{
    if (request->io.op == DISK_DISCARD)
        return next_range(request);
    return request->io.op == DISK_FLUSH && next_flush(request);
}

/* True: the request has been prepared for the disk once more. */
static bool answered(struct nvme_request *request, enum disk_result result)
{
    struct nvme *nvme = request->sq->nvme;
    uint16_t status = nvme_disk_status(&request->io, result);

    if (request == nvme->formatter)
        return nvme_format_step(request, status);
    if (status == NVME_READ_ERROR || status == NVME_WRITE_FAULT)
        request->ns->media_errors++;
    if (!status)
        count_io(request);
    if (!status && !nvme->stopping && has_more(request)) {
        prepare(request, request->io.op, false);
        return true;
    }
    nvme_complete(request, !status && request->bounce ? compared(request) : status);
    return false;
}

void nvme_disk_done(struct disk_io *io, enum disk_result result)
{
    struct nvme_request *request = container_of(io, struct nvme_request, io);

    if (request->inside) {
        request->at_once = true;
        request->disk_result = result;
    } else if (answered(request, result)) {
        nvme_drive(request);
    }
}

/* --- dispatch ---------------------------------------------------------------------------------------------------------------------------- */

static bool is_known(unsigned opcode)
{
    return opcode == IO_FLUSH || opcode == IO_WRITE || opcode == IO_READ || opcode == IO_COMPARE || opcode == IO_WRITE_ZEROES ||
           opcode == IO_DATASET;
}

static void dispatch(struct nvme_request *request)
{
    switch (NVME_OPCODE(request->dw[0])) {
    case IO_FLUSH: issue(request, DISK_FLUSH, false); break;
    case IO_WRITE: move(request, true); break;
    case IO_READ: move(request, false); break;
    case IO_COMPARE: compare(request); break;
    case IO_WRITE_ZEROES: write_zeroes(request); break;
    default: dataset(request); break;
    }
}

void nvme_io(struct nvme_request *request)
{
    unsigned opcode = NVME_OPCODE(request->dw[0]);
    uint16_t status;

    if (!is_known(opcode)) {
        refuse(request, NVME_INVALID_OPCODE);
        return;
    }
    if (opcode == IO_FLUSH && request->dw[NVME_NSID] == NVME_ALL_NAMESPACES) {
        flush_all(request);
        return;
    }
    request->ns = nvme_namespace(request->sq->nvme, request->dw[NVME_NSID], &status);
    if (!request->ns)
        nvme_complete(request, status);
    else if (request->ns->formatting)
        nvme_complete(request, NVME_FORMATTING);
    else
        dispatch(request);
}
