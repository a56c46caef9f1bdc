/* The disk class driver: operations become requests. See disk_class.h. */
#include "storport/disk_class.h"

#include <stdlib.h>
#include <string.h>

#include "nt/ram.h"

#define RETRIES 8
#define LATER_NS 500000000ull           /* until a unit that becomes ready is asked again */
#define ZEROES 65536u

/* --- commands ---------------------------------------------------------------------------------------------------------- */

static void read_write_cdb(const struct disk *disk, uint8_t *cdb, unsigned *length, bool write, uint64_t sector, uint32_t count,
                           bool fua)
{
    if (disk->big) {
        cdb[0] = write ? SCSIOP_WRITE16 : SCSIOP_READ16;
        cdb[1] = fua ? CDB_FORCE_MEDIA_ACCESS : 0;
        put_be64(cdb + 2, sector);
        put_be32(cdb + 10, count);
        *length = 16;
        return;
    }
    cdb[0] = write ? SCSIOP_WRITE : SCSIOP_READ;
    cdb[1] = fua ? CDB_FORCE_MEDIA_ACCESS : 0;
    put_be32(cdb + 2, (uint32_t)sector);
    put_be16(cdb + 7, count);
    *length = 10;
}

/* --- making a request ------------------------------------------------------------------------------------------------------ */

static void chunk_done(struct request *r);

static void send(struct request *r, struct storport_io *io, const uint8_t *cdb, unsigned cdb_length)
{
    request_set_cdb(r, cdb, cdb_length);
    r->finish = chunk_done;
    r->owner = io;
    io->pending++;
    list_push_back(&r->unit->waiting, &r->node);
}

/* The buffer is not shown to miniports that do not want it: they take the list. */
static void hide_buffer(struct request *r)
{
    if (r->adapter->map_buffers == STOR_MAP_ALL_BUFFERS_INCLUDING_READ_WRITE)
        return;
    if (r->extended)
        ((PSTORAGE_REQUEST_BLOCK)r->srb)->DataBuffer = NULL;
    else
        ((PSCSI_REQUEST_BLOCK)r->srb)->DataBuffer = NULL;
}

static void add_element(struct request *r, void *base, uint32_t size)
{
    STOR_SCATTER_GATHER_ELEMENT *last = &r->sgl->List[r->sgl->NumberOfElements];
    uint64_t pa = ram_pa(base);

    if (r->sgl->NumberOfElements && (uint64_t)last[-1].PhysicalAddress.QuadPart + last[-1].Length == pa)
        last[-1].Length += size;
    else
        *last = (STOR_SCATTER_GATHER_ELEMENT){ { .QuadPart = (LONGLONG)pa }, size, 0 }, r->sgl->NumberOfElements++;
}

/* Gathers whole segments behind the first piece when the miniport works with lists; returns the bytes. */
static uint32_t gather(struct request *r, struct storport_io *io, uint32_t most)
{
    const struct storport_segment *s = &io->segments[io->segment];
    uint32_t total = (uint32_t)min_u64(s->size - io->segment_offset, most);
    unsigned breaks = (unsigned)min_u64(r->adapter->breaks, SP_ELEMENTS);
    bool lists = r->adapter->map_buffers != STOR_MAP_ALL_BUFFERS_INCLUDING_READ_WRITE;

    r->buffer = (uint8_t *)s->base + io->segment_offset;
    r->sgl->NumberOfElements = 0;
    add_element(r, r->buffer, total);
    io->segment_offset += total;
    while (io->segment_offset == io->segments[io->segment].size && io->segment + 1 < io->segment_count) {
        io->segment++;
        io->segment_offset = 0;
        s = &io->segments[io->segment];
        uint32_t piece = (uint32_t)min_u64(s->size, most - total);
        if (!lists || !piece || r->sgl->NumberOfElements >= breaks || ((uintptr_t)s->base | total) % RAM_PAGE)
            break;
        add_element(r, s->base, piece);
        total += piece;
        io->segment_offset = piece;
        r->owned = io;                  /* more than one piece: there is no single buffer */
    }
    return total;
}

/* A buffer that begins inside a page spans one more than its size says; adapters count pages. */
static uint32_t most_at_once(const struct adapter *a)
{
    uint64_t pages = a->breaks > 1 ? (uint64_t)(a->breaks - 1) * RAM_PAGE : 512;

    if (unlikely(a->bounce.must))
        return (uint32_t)min_u64(a->max_transfer, bounce_most(a));
    return (uint32_t)min_u64(a->max_transfer, pages ? pages : RAM_PAGE);
}

static void transfer(struct disk *disk, struct request *r, struct storport_io *io)
{
    struct adapter *a = r->adapter;
    bool write = io->kind == STORPORT_WRITE;
    uint32_t sector = disk->info.sector_size, most = most_at_once(a) & ~(sector - 1), got;
    uint8_t cdb[16] = { 0 };
    unsigned length;

    if (!disk->big)
        most = (uint32_t)min_u64(most, 0xffffull * sector);
    got = gather(r, io, most ? most : sector);
    r->offset = io->offset + io->progress;
    void *buffer = r->buffer;
    unsigned elements = r->sgl->NumberOfElements;
    bool single = r->owned == NULL;
    r->length = got;
    STOR_SCATTER_GATHER_ELEMENT first = r->sgl->List[0];
    request_prepare(r, SRB_FUNCTION_EXECUTE_SCSI,
                    SRB_FLAGS_QUEUE_ACTION_ENABLE | SRB_FLAGS_NO_QUEUE_FREEZE |
                        (write ? SRB_FLAGS_DATA_OUT | SRB_FLAGS_ADAPTER_CACHE_ENABLE
                               : SRB_FLAGS_DATA_IN | SRB_FLAGS_ADAPTER_CACHE_ENABLE),
                    buffer, got, disk->timeout);
    r->sgl->NumberOfElements = elements;
    r->sgl->List[0] = first;
    if (!single)
        r->buffer = NULL;
    r->owned = NULL;
    hide_buffer(r);
    if (unlikely(a->bounce.base))
        bounce_take(r, write);
    read_write_cdb(disk, cdb, &length, write, r->offset >> disk->shift, got >> disk->shift,
                   write && io->fua && disk->info.fua);
    io->progress += got;
    send(r, io, cdb, length);
}

/* From block 0 to the end: the short command says that of any capacity, and some miniports know no other. */
static void flush(struct disk *disk, struct request *r, struct storport_io *io)
{
    uint8_t cdb[10] = { SCSIOP_SYNCHRONIZE_CACHE };

    r->offset = 0;
    request_prepare(r, SRB_FUNCTION_EXECUTE_SCSI, SRB_FLAGS_QUEUE_ACTION_ENABLE | SRB_FLAGS_NO_QUEUE_FREEZE, NULL, 0, disk->timeout);
    send(r, io, cdb, sizeof cdb);
}

static void unmap(struct disk *disk, struct request *r, struct storport_io *io)
{
    uint64_t left = (io->length - io->progress) >> disk->shift, sector = (io->offset + io->progress) >> disk->shift;
    uint32_t count = (uint32_t)min_u64(left, disk->max_unmap ? disk->max_unmap : UINT32_MAX);
    uint8_t cdb[10] = { SCSIOP_UNMAP }, *list = r->parameter;

    memset(list, 0, 24);
    put_be16(list, 22);
    put_be16(list + 2, 16);
    put_be64(list + 8, sector);
    put_be32(list + 16, count);
    put_be16(cdb + 7, 24);
    r->offset = sector << disk->shift;
    request_prepare(r, SRB_FUNCTION_EXECUTE_SCSI, SRB_FLAGS_DATA_OUT | SRB_FLAGS_QUEUE_ACTION_ENABLE, list, 24, disk->timeout);
    io->progress += (uint64_t)count << disk->shift;
    send(r, io, cdb, sizeof cdb);
}

static void write_same(struct disk *disk, struct request *r, struct storport_io *io)
{
    uint64_t left = (io->length - io->progress) >> disk->shift, sector = (io->offset + io->progress) >> disk->shift;
    uint32_t count = (uint32_t)min_u64(left, disk->max_write_same ? disk->max_write_same : 0xffff);
    uint8_t cdb[16] = { SCSIOP_WRITE_SAME16, io->no_hole || !disk->info.discard ? 0 : 0x08 };    /* UNMAP */

    put_be64(cdb + 2, sector);
    put_be32(cdb + 10, count);
    r->offset = sector << disk->shift;
    request_prepare(r, SRB_FUNCTION_EXECUTE_SCSI, SRB_FLAGS_DATA_OUT | SRB_FLAGS_QUEUE_ACTION_ENABLE, r->adapter->zeroes,
                    disk->info.sector_size, disk->timeout);
    io->progress += (uint64_t)count << disk->shift;
    send(r, io, cdb, sizeof cdb);
}

static void write_zeroes(struct disk *disk, struct request *r, struct storport_io *io)
{
    uint64_t left = io->length - io->progress;
    uint32_t size = (uint32_t)min_u64(left, min_u64(ZEROES, most_at_once(r->adapter) & ~(disk->info.sector_size - 1)));
    uint8_t cdb[16] = { 0 };
    unsigned length;

    r->offset = io->offset + io->progress;
    request_prepare(r, SRB_FUNCTION_EXECUTE_SCSI, SRB_FLAGS_DATA_OUT | SRB_FLAGS_QUEUE_ACTION_ENABLE, r->adapter->zeroes, size,
                    disk->timeout);
    hide_buffer(r);
    read_write_cdb(disk, cdb, &length, true, r->offset >> disk->shift, size >> disk->shift, io->fua && disk->info.fua);
    io->progress += size;
    send(r, io, cdb, length);
}

static void block_status(struct disk *disk, struct request *r, struct storport_io *io)
{
    uint8_t cdb[16] = { SCSIOP_GET_LBA_STATUS, SERVICE_ACTION_GET_LBA_STATUS };

    put_be64(cdb + 2, io->offset >> disk->shift);
    put_be32(cdb + 10, 24);
    memset(r->parameter, 0, 24);
    r->offset = io->offset;
    request_prepare(r, SRB_FUNCTION_EXECUTE_SCSI, SRB_FLAGS_DATA_IN | SRB_FLAGS_QUEUE_ACTION_ENABLE, r->parameter, 24, disk->timeout);
    io->progress = io->length;
    send(r, io, cdb, sizeof cdb);
}

/* After the last write of a fua operation on a device without it. */
static bool needs_flush(const struct disk *disk, const struct storport_io *io)
{
    bool plain = io->kind == STORPORT_WRITE || (io->kind == STORPORT_WRITE_ZEROES && !disk->info.write_zeroes);

    if (!io->fua || !disk->info.write_cache || io->kind == STORPORT_READ || io->kind == STORPORT_BLOCK_STATUS)
        return false;
    return !plain || !disk->info.fua;
}

/* --- answering ---------------------------------------------------------------------------------------------------------------- */

static void count_done(struct disk *disk, const struct storport_io *io)
{
    struct storport_counts *c = &disk->stats.disk;

    switch (io->kind) {
    case STORPORT_READ:
        c->reads++;
        c->read_bytes += io->length;
        return;
    case STORPORT_WRITE:
        c->writes++;
        c->write_bytes += io->length;
        return;
    case STORPORT_FLUSH:
        c->flushes++;
        return;
    default:
        c->others++;
    }
}

static void answer(struct disk *disk, struct storport_io *io)
{
    if (NT_SUCCESS(io->status))
        count_done(disk, io);
    io->done(io, io->status);
}

/* Its last request is back. segment_count + 1 marks the flush that a fua write needed. */
static void operation_done(struct disk *disk, struct storport_io *io)
{
    if (NT_SUCCESS(io->status) && needs_flush(disk, io) && io->segment != UINT32_MAX && disk->unit) {
        io->segment = UINT32_MAX;
        list_push_front(&disk->unit->operations, &io->node);
        return;
    }
    answer(disk, io);
}

static void count_request(struct disk *disk, struct request *r, const struct storport_io *io)
{
    struct storport_counts *c = &disk->stats.miniport;
    uint32_t length = SrbGetDataTransferLength(r->srb);

    if (io->kind == STORPORT_READ)
        c->reads++, c->read_bytes += length;
    else if (io->kind == STORPORT_WRITE)
        c->writes++, c->write_bytes += length;
    else if (io->kind == STORPORT_FLUSH)
        c->flushes++;
    else
        c->others++;
}

static void take_status(struct storport_io *io, const struct request *r, unsigned shift)
{
    const uint8_t *d = r->parameter + 8;

    io->extent_length = min_u64((uint64_t)get_be32(d + 8) << shift, io->length);
    io->extent_hole = (d[12] & 0xf) == LBA_STATUS_DEALLOCATED;
    if (!io->extent_length)
        io->extent_length = io->length, io->extent_hole = false;
}

static void later(struct request *r)
{
    struct unit *u = r->unit;

    list_push_front(&u->waiting, &r->node);
    u->busy = UINT32_MAX;
    ke_alarm_set(&u->busy_alarm, ke_now() + LATER_NS);
}

static bool again(struct disk *disk, struct request *r, enum sense_action action)
{
    if ((action != SENSE_RETRY && action != SENSE_RETRY_LATER) || r->attempts >= RETRIES || r->unit->gone || r->abandoned)
        return false;
    r->attempts++;
    disk->stats.retries++;
    request_renew(r);
    if (action == SENSE_RETRY_LATER)
        later(r);
    else
        list_push_front(&r->unit->waiting, &r->node);
    return true;
}

/* A device without a cache may not know SYNCHRONIZE CACHE. */
static bool harmless(const struct disk *disk, const struct storport_io *io, NTSTATUS status)
{
    if (status != STATUS_INVALID_DEVICE_REQUEST)
        return false;
    return io->kind == STORPORT_FLUSH ? !disk->info.write_cache : io->kind == STORPORT_DISCARD;
}

static void chunk_done(struct request *r)
{
    struct storport_io *io = r->owner;
    struct disk *disk = (struct disk *)(void *)io->disk;
    NTSTATUS status;
    enum sense_action action = sense_judge(r, &status);

    if (unlikely(action != SENSE_GOOD)) {
        if (again(disk, r, action))
            return;
        if (!harmless(disk, io, status)) {
            disk->stats.errors++;
            if (NT_SUCCESS(io->status))
                io->status = status;
        }
    } else {
        count_request(disk, r, io);
        if (io->kind == STORPORT_BLOCK_STATUS)
            take_status(io, r, disk->shift);
        else if (unlikely(SrbGetDataTransferLength(r->srb) < r->length && NT_SUCCESS(io->status)))
            io->status = STATUS_IO_DEVICE_ERROR;        /* an underrun of a read or write */
    }
    if (unlikely(r->bounced) && !r->abandoned)
        bounce_give(r);
    request_release(r);
    if (!--io->pending && (io->progress >= io->length || !NT_SUCCESS(io->status) || io->kind == STORPORT_FLUSH)) {
        list_remove(&io->node);
        operation_done(disk, io);
    }
}

/* --- the pump ---------------------------------------------------------------------------------------------------------------- */

bool disk_pump(struct unit *u)
{
    struct storport_io *io = list_first(&u->operations, struct storport_io, node);
    struct disk *disk = (struct disk *)(void *)io->disk;
    struct request *r;

    if (!NT_SUCCESS(io->status)) {      /* no further requests; the last one back answers */
        list_remove(&io->node);
        if (!io->pending)
            answer(disk, io);
        return true;
    }
    if (unlikely(u->adapter->bounce.must) && !bounce_ready(u->adapter))
        return false;
    if (u->free_count <= SP_RESERVED_REQUESTS / 2 || !(r = request_take(u)))
        return false;
    if (io->segment == UINT32_MAX) {
        list_remove(&io->node);
        flush(disk, r, io);
        return true;
    }
    switch (io->kind) {
    case STORPORT_READ:
    case STORPORT_WRITE:
        transfer(disk, r, io);
        break;
    case STORPORT_FLUSH:
        io->progress = io->length;
        flush(disk, r, io);
        break;
    case STORPORT_DISCARD:
        unmap(disk, r, io);
        break;
    case STORPORT_WRITE_ZEROES:
        (disk->info.write_zeroes ? write_same : write_zeroes)(disk, r, io);
        break;
    case STORPORT_BLOCK_STATUS:
        block_status(disk, r, io);
        break;
    }
    if (io->progress >= io->length)
        list_remove(&io->node);
    return true;
}
