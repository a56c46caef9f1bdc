/* One buffer of a virtio-blk queue: header, data, status byte; what it asks the disk for, and the answer. */
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "dev/virtio_blk.h"

/* --- answers -------------------------------------------------------------------------------------------------------- */

static void publish(struct virtio_blk *blk, unsigned queue)
{
    if (blk->running & 1ull << queue) {
        blk->dirty |= 1ull << queue;
        return;
    }
    blk->dirty &= ~(1ull << queue);
    if (virtio_running(&blk->virtio))
        virtq_publish(&blk->virtio.queues[queue]);
}

void blk_burst_end(void *card)
{
    struct virtio_blk *blk = card;
    uint64_t dirty = blk->dirty & ~blk->running;

    for (; dirty; dirty &= dirty - 1)
        publish(blk, (unsigned)__builtin_ctzll(dirty));
}

static void answer(struct blk_request *request, uint8_t status)
{
    struct virtio_blk *blk = request->blk;
    struct virtq *queue = request->queue;

    request->busy = false;
    if (status != BLK_S_OK)
        blk->stats.failed++;
    if (blk->stopping || !queue->enabled || !virtio_running(&blk->virtio))
        return;
    *request->status = status;
    virtq_push(queue, request->head, (status == BLK_S_OK ? request->written : 0) + 1);
    blk->dirty |= 1ull << queue->index;
}

static void count(struct virtio_blk *blk, const struct disk_io *io)
{
    if (io->op == DISK_READ) {
        blk->stats.reads++;
        blk->stats.read_bytes += io->length;
    } else if (io->op == DISK_WRITE) {
        blk->stats.writes++;
        blk->stats.write_bytes += io->length;
    } else {
        blk->stats.flushes += io->op == DISK_FLUSH;
    }
}

static bool next_range(struct blk_request *request);

void blk_disk_done(struct disk_io *io, enum disk_result result)
{
    struct blk_request *request = container_of(io, struct blk_request, io);

    if (result == DISK_DONE && request->range_count && next_range(request)) {
        disk_issue(request->blk->disk, io);
        if (!(request->blk->running & 1ull << request->queue->index))
            disk_flush_queue(request->blk->disk);
        return;
    }
    if (result == DISK_DONE)
        count(request->blk, io);
    answer(request, result == DISK_DONE ? BLK_S_OK : BLK_S_IOERR);
}

/* --- requests --------------------------------------------------------------------------------------------------------- */

/* Takes `size` bytes off the front of the parts. */
static void take_front(struct iovec *parts, int *first, void *to, size_t size)
{
    uint8_t *at = to;

    while (size) {
        struct iovec *part = &parts[*first];
        size_t n = min_u64(part->iov_len, size);

        if (at) {
            memcpy(at, part->iov_base, n);
            at += n;
        }
        part->iov_base = (uint8_t *)part->iov_base + n;
        part->iov_len -= n;
        size -= n;
        *first += !part->iov_len;
    }
}

/* The status is the last byte the driver lets us write. */
static void take_status(struct blk_request *request, struct virtq_chain *chain)
{
    struct iovec *last = &chain->parts[chain->out_count + chain->in_count - 1];

    request->status = (uint8_t *)last->iov_base + --last->iov_len;
    chain->in_size--;
    chain->in_count -= !last->iov_len;
}

static void submit(struct blk_request *request)
{
    struct virtio_blk *blk = request->blk;

    request->io.fua = !blk->writeback && request->io.op != DISK_READ && request->io.op != DISK_FLUSH;
    disk_issue(blk->disk, &request->io);
}

static void move(struct blk_request *request, enum disk_op op, uint64_t sector, const struct iovec *parts, int count, uint32_t size)
{
    struct disk_io *io = &request->io;

    if (size % BLK_SECTOR || !size || sector > UINT64_MAX / BLK_SECTOR) {
        answer(request, BLK_S_IOERR);
        return;
    }
    memcpy(request->parts, parts, (size_t)count * sizeof *parts);
    io->op = op;
    io->offset = sector * BLK_SECTOR;
    io->length = size;
    io->parts = request->parts;
    io->count = count;
    request->written = op == DISK_READ ? size : 0;
    submit(request);
}

static void get_id(struct blk_request *request, const struct iovec *parts, int count, uint32_t size)
{
    const char *id = request->blk->serial;
    size_t left = BLK_ID_BYTES;

    if (size < BLK_ID_BYTES) {
        answer(request, BLK_S_IOERR);
        return;
    }
    for (int i = 0; i < count && left; i++) {
        size_t n = min_u64(parts[i].iov_len, left);

        memcpy(parts[i].iov_base, id, n);
        id += n;
        left -= n;
    }
    request->written = BLK_ID_BYTES;
    answer(request, BLK_S_OK);
}

static bool next_range(struct blk_request *request)
{
    const struct blk_range *range;

    if (request->range == request->range_count)
        return false;
    range = &request->ranges[request->range++];
    request->io.unmap = range->flags & 1;
    request->io.offset = range->sector * BLK_SECTOR;
    request->io.length = (uint64_t)range->count * BLK_SECTOR;
    return true;
}

static uint8_t check_ranges(const struct blk_request *request, bool discard)
{
    for (unsigned i = 0; i < request->range_count; i++) {
        const struct blk_range *range = &request->ranges[i];

        if (range->flags & (discard ? ~0u : ~1u))
            return BLK_S_UNSUPP;
        if (!range->count || range->count > BLK_DISCARD_SECTORS || range->sector > UINT64_MAX / BLK_SECTOR)
            return BLK_S_IOERR;
    }
    return BLK_S_OK;
}

static void give_back(struct blk_request *request, bool discard, struct iovec *parts, uint32_t size)
{
    struct virtio_blk *blk = request->blk;
    uint8_t verdict;
    int first = 0;

    if (!virtio_has(&blk->virtio, discard ? BLK_F_DISCARD : BLK_F_WRITE_ZEROES)) {
        answer(request, BLK_S_UNSUPP);
        return;
    }
    if (!size || size % sizeof *request->ranges || size > sizeof request->ranges) {
        answer(request, BLK_S_IOERR);
        return;
    }
    take_front(parts, &first, request->ranges, size);
    request->range_count = size / (uint32_t)sizeof *request->ranges;
    verdict = check_ranges(request, discard);
    if (verdict != BLK_S_OK) {
        answer(request, verdict);
        return;
    }
    request->io.op = discard ? DISK_DISCARD : DISK_WRITE_ZEROES;
    next_range(request);
    submit(request);
}

static void flush(struct blk_request *request)
{
    if (!virtio_has(&request->blk->virtio, BLK_F_FLUSH)) {
        answer(request, BLK_S_UNSUPP);
        return;
    }
    request->io.op = DISK_FLUSH;
    submit(request);
}

static void start(struct blk_request *request, struct virtq_chain *chain)
{
    struct blk_header header;
    struct iovec *out = chain->parts, *in;
    int first = 0, out_count;

    take_status(request, chain);
    in = chain->parts + chain->out_count;
    take_front(out, &first, &header, sizeof header);
    out += first;
    out_count = chain->out_count - first;
    switch (header.type) {
    case BLK_T_IN:
        move(request, DISK_READ, header.sector, in, chain->in_count, chain->in_size);
        break;
    case BLK_T_OUT:
        move(request, DISK_WRITE, header.sector, out, out_count, chain->out_size - (uint32_t)sizeof header);
        break;
    case BLK_T_FLUSH:
        flush(request);
        break;
    case BLK_T_GET_ID:
        get_id(request, in, chain->in_count, chain->in_size);
        break;
    case BLK_T_DISCARD:
    case BLK_T_WRITE_ZEROES:
        give_back(request, header.type == BLK_T_DISCARD, out, chain->out_size - (uint32_t)sizeof header);
        break;
    default:
        answer(request, BLK_S_UNSUPP);
        break;
    }
}

/* False: the buffer breaks the device. */
static bool take(struct virtio_blk *blk, struct virtq *queue)
{
    struct virtq_chain *chain = &blk->chain;
    struct blk_request *request = &blk->requests[queue->index * blk->ring + chain->head];

    if (chain->out_size < sizeof(struct blk_header) || !chain->in_size) {
        virtio_break(&blk->virtio, "queue %u: a buffer without room for a request's header and status", queue->index);
        return false;
    }
    if (request->busy) {
        virtio_break(&blk->virtio, "queue %u: buffer %u is offered while its request is under way", queue->index, chain->head);
        return false;
    }
    request->busy = true;
    request->queue = queue;
    request->head = chain->head;
    request->written = 0;
    request->range = request->range_count = 0;
    start(request, chain);
    return true;
}

/* An interrupt we cause may bring a notification while the queue runs: its buffers are seen by the loop that runs. */
void blk_queue_run(struct virtio_blk *blk, unsigned index)
{
    struct virtq *queue = &blk->virtio.queues[index];
    uint64_t bit = 1ull << index;

    if (blk->running & bit)
        return;
    do {
        blk->running |= bit;
        while (queue->enabled && virtio_running(&blk->virtio) && virtq_pop(queue, &blk->chain) && take(blk, queue))
            ;
        if (queue->enabled)
            virtq_want_kicks(queue, true);
        disk_flush_queue(blk->disk);
        blk->running &= ~bit;
        if (blk->dirty & bit)
            publish(blk, index);
    } while (queue->enabled && virtio_running(&blk->virtio) && virtq_available(queue));
}
