/* The NBD server's back end: disks that stand on storage miniports. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/util.h"
#include "machine/machine.h"
#include "machine/nbd.h"
#include "nt/ke.h"
#include "nt/ram.h"
#include "storport/disk.h"

#define MEMORY_MAX (64u << 20)
#define WAIT_NS 10000000000ull

_Static_assert(sizeof(struct storport_io) <= sizeof(((struct nbd_io *)0)->room), "a request of ours holds one of storport's");
_Static_assert(sizeof(struct nbd_segment) == sizeof(struct storport_segment) &&
               offsetof(struct nbd_segment, size) == offsetof(struct storport_segment, size), "segments are the same");

static enum nbd_error error_of(NTSTATUS status)
{
    switch (status) {
    case STATUS_SUCCESS: return NBD_OK;
    case STATUS_INVALID_PARAMETER:
    case STATUS_NONEXISTENT_SECTOR: return NBD_EINVAL;
    case STATUS_MEDIA_WRITE_PROTECTED: return NBD_EPERM;
    case STATUS_DEVICE_DOES_NOT_EXIST: return NBD_ESHUTDOWN;
    case STATUS_NOT_SUPPORTED: return NBD_ENOTSUP;
    case STATUS_INSUFFICIENT_RESOURCES: return NBD_ENOMEM;
    case STATUS_DISK_FULL: return NBD_ENOSPC;
    default: return NBD_EIO;
    }
}

static unsigned disk_count(void *context)
{
    return storport_disk_count();
}

static bool query(void *context, unsigned number, struct nbd_info *info)
{
    struct storport_disk_info disk;

    if (!storport_disk_query(number, &disk))
        return false;
    info->bytes = disk.bytes;
    info->block = disk.sector_size;
    info->preferred = (uint32_t)max_u64(disk.physical_sector_size, 4096);
    info->read_only = disk.read_only;
    info->trim = disk.discard;
    info->status = disk.block_status;
    snprintf(info->description, sizeof info->description, "%s %s on %s", disk.vendor, disk.product, disk.driver);
    return true;
}

static void *open_disk(void *context, unsigned number)
{
    return storport_disk_open(number);
}

static void close_disk(void *context, void *disk)
{
    storport_disk_close(disk);
}

static void done(struct storport_io *disk_io, NTSTATUS status)
{
    struct nbd_io *io = disk_io->context;

    io->extent_length = disk_io->extent_length;
    io->extent_hole = disk_io->extent_hole;
    if (io->kind == NBD_STATUS && !NT_SUCCESS(status) && status != STATUS_DEVICE_DOES_NOT_EXIST) {
        io->extent_length = io->length; /* what cannot be found out counts as allocated */
        io->extent_hole = false;
        status = STATUS_SUCCESS;
    }
    io->done(io, error_of(status));
}

static void submit(void *context, void *disk, struct nbd_io *io)
{
    static const enum storport_io_kind kinds[] = {
        [NBD_READ] = STORPORT_READ, [NBD_WRITE] = STORPORT_WRITE, [NBD_FLUSH] = STORPORT_FLUSH, [NBD_TRIM] = STORPORT_DISCARD,
        [NBD_ZEROES] = STORPORT_WRITE_ZEROES, [NBD_STATUS] = STORPORT_BLOCK_STATUS,
    };
    struct storport_io *disk_io = (struct storport_io *)io->room;

    *disk_io = (struct storport_io){
        .kind = kinds[io->kind], .fua = io->fua, .no_hole = io->no_hole, .offset = io->offset, .length = io->length,
        .segments = (const struct storport_segment *)io->segments, .segment_count = io->segment_count, .done = done, .context = io,
    };
    storport_disk_submit(disk, disk_io);
}

static void *alloc_chunk(void *context, size_t bytes)
{
    return ram_alloc(bytes / RAM_PAGE, false);
}

static void free_chunk(void *context, void *chunk, size_t bytes)
{
    ram_free(chunk, bytes / RAM_PAGE);
}

static struct nbd_backend backend = {
    .count = disk_count, .query = query, .open = open_disk, .close = close_disk, .submit = submit, .alloc = alloc_chunk,
    .free = free_chunk,
};

bool ring3_serve_nbd(struct ring3_computer *computer, const char *socket)
{
    if (computer->nbd)
        return error_set("disks are served already");
    if (computer->config.clock != RING3_CLOCK_REAL)
        return error_set("NBD clients live in real time: the real clock is needed");
    backend.memory = align_down(min_u64(computer->config.memory / 4, MEMORY_MAX), NBD_CHUNK);
    computer->nbd = nbd_open(socket, &backend, ke_clock());
    return computer->nbd != NULL;
}

/* Until the drivers have answered what the clients had asked for. */
static void wait_for_answers(void *arg)
{
    struct ring3_computer *computer = arg;
    uint64_t end = ke_now() + WAIT_NS;
    LARGE_INTEGER tick = { .QuadPart = -10000 };

    while (nbd_in_flight(computer->nbd) && ke_now() < end)
        KeDelayExecutionThread(KernelMode, FALSE, &tick);
}

void nbd_shut_down(struct ring3_computer *computer)
{
    if (!computer->nbd)
        return;
    nbd_stop(computer->nbd);
    if (!computer->power_cut && nbd_in_flight(computer->nbd) && !machine_call(wait_for_answers, computer))
        log_debug("nbd", "%s", error_text());
    if (nbd_in_flight(computer->nbd))
        log_warn("nbd", "%u requests of clients were never answered", nbd_in_flight(computer->nbd));
    else
        nbd_close(computer->nbd);       /* else its memory stays for the requests that hold it */
    computer->nbd = NULL;
}
