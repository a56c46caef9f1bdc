/* Receive: filter, choose a queue, write the frame into as many buffers as it needs. Used elements become visible and
 * the driver is interrupted at the end of a burst. */
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "dev/virtio_net.h"

/* Where in the frame the copy stands. */
struct cursor {
    const struct iovec *parts;
    size_t offset;                      /* in parts[0] */
    size_t left;                        /* of the frame */
};

static void copy_out(struct cursor *from, uint8_t *to, size_t size)
{
    while (size) {
        size_t have = from->parts->iov_len - from->offset, n = min_u64(have, size);

        memcpy(to, (const uint8_t *)from->parts->iov_base + from->offset, n);
        to += n;
        size -= n;
        from->left -= n;
        from->offset += n;
        if (from->offset == from->parts->iov_len) {
            from->parts++;
            from->offset = 0;
        }
    }
}

/* Fills the writable parts of the chain from `skip` on. Returns the bytes of the frame that went in. */
static uint32_t fill(const struct virtq_chain *chain, size_t skip, struct cursor *from)
{
    uint32_t done = 0;

    for (int i = chain->out_count; i < chain->out_count + chain->in_count && from->left; i++) {
        uint8_t *base = chain->parts[i].iov_base;
        size_t room = chain->parts[i].iov_len;

        if (skip >= room) {
            skip -= room;
            continue;
        }
        size_t n = min_u64(room - skip, from->left);
        copy_out(from, base + skip, n);
        done += (uint32_t)n;
        skip = 0;
    }
    return done;
}

/* Writes the header over the first parts of the first buffer, however it is cut. */
static void put_header(struct virtio_net *net, const struct virtq_chain *chain, const struct net_hdr *header)
{
    struct iovec part[2] = { { (void *)(uintptr_t)header, sizeof *header }, { &net->rx_hash, sizeof net->rx_hash } };
    struct cursor from = { part, 0, net->header_size };

    fill(chain, 0, &from);
}

static uint8_t receive_flags(const struct virtio_net *net, const struct iovec *parts, int count)
{
    if (!(net->guest_offloads & NET_F_GUEST_CSUM) || count != 1)
        return 0;
    return net_checksums_hold(parts[0].iov_base, parts[0].iov_len) ? NET_HDR_DATA_VALID : 0;
}

enum outcome { DONE, NO_BUFFER, BAD };

/* Takes one more buffer that the device may write. */
static enum outcome next_buffer(struct virtio_net *net, struct virtq *queue)
{
    if (!virtq_pop(queue, &net->rx_chain))
        return net->virtio.status & VIRTIO_S_NEEDS_RESET ? BAD : NO_BUFFER;
    if (likely(net->rx_chain.in_size))
        return DONE;
    virtio_break(&net->virtio, "queue %u: a receive buffer without writable memory", queue->index);
    return BAD;
}

/* The number of buffers stands in the first one, known only at the end: its place is looked up again. */
static void put_buffer_count(uint8_t *const place[2], unsigned count)
{
    *place[0] = (uint8_t)count;
    *place[1] = (uint8_t)(count >> 8);
}

static uint8_t *byte_at(const struct virtq_chain *chain, size_t offset)
{
    for (int i = chain->out_count; i < chain->out_count + chain->in_count; i++) {
        if (offset < chain->parts[i].iov_len)
            return (uint8_t *)chain->parts[i].iov_base + offset;
        offset -= chain->parts[i].iov_len;
    }
    return NULL;
}

/* The usual case: a frame in one piece, and room for it in one piece. False: not that case, the buffer is back. */
static bool write_simple(struct virtio_net *net, struct virtq *queue, const struct iovec *part)
{
    /* struct net_hdr in two stores: flags first, num_buffers last. Put together on the stack it would be read back in
     * other pieces than it was written, which processors are slow at. */
    const uint64_t first = receive_flags(net, part, 1);
    const uint32_t last = 1u << 16;
    uint64_t size = part->iov_len + net->header_size;
    uint16_t head;
    uint32_t room;
    uint8_t *to = virtq_pop_simple(queue, true, size, &head, &room);

    if (!to)
        return false;
    memcpy(to, &first, sizeof first);
    memcpy(to + sizeof first, &last, sizeof last);
    if (net->header_size > sizeof(struct net_hdr))
        memcpy(to + sizeof(struct net_hdr), &net->rx_hash, sizeof net->rx_hash);
    memcpy(to + net->header_size, part->iov_base, part->iov_len);
    virtq_push(queue, head, (uint32_t)size);
    return true;
}

static enum outcome write_frame(struct virtio_net *net, struct virtq *queue, const struct iovec *parts, int count, size_t size)
{
    struct net_hdr header = { .flags = receive_flags(net, parts, count), .num_buffers = 1 };
    struct cursor from = { parts, 0, size };
    uint8_t *place[2] = { NULL, NULL };
    unsigned taken = 0;
    enum outcome outcome;

    if (likely(count == 1) && likely(write_simple(net, queue, parts)))
        return DONE;
    while (from.left) {
        size_t skip = taken ? 0 : net->header_size;

        outcome = next_buffer(net, queue);
        if (outcome != DONE)
            break;
        if (!taken) {
            if (net->rx_chain.in_size < net->header_size) {
                virtio_break(&net->virtio, "queue %u: a receive buffer smaller than the header", queue->index);
                return BAD;
            }
            put_header(net, &net->rx_chain, &header);
            place[0] = byte_at(&net->rx_chain, offsetof(struct net_hdr, num_buffers));
            place[1] = byte_at(&net->rx_chain, offsetof(struct net_hdr, num_buffers) + 1);
        }
        uint32_t written = fill(&net->rx_chain, skip, &from);
        net->rx_taken[taken++] = (struct virtq_used_elem){ net->rx_chain.head, written + (uint32_t)skip };
        if (from.left && (!virtio_has(&net->virtio, NET_F_MRG_RXBUF) || taken == queue->size))
            return virtq_unpop(queue, (uint16_t)taken), BAD;
    }
    if (from.left) {
        virtq_unpop(queue, (uint16_t)taken);
        return outcome;
    }
    put_buffer_count(place, taken);
    for (unsigned i = 0; i < taken; i++)
        virtq_push(queue, (uint16_t)net->rx_taken[i].id, net->rx_taken[i].length);
    return DONE;
}

static enum outcome receive(struct virtio_net *net, struct virtq *queue, unsigned pair, const struct iovec *parts, int count,
                            size_t size)
{
    if (net->coalesces && count == 1 && net_coalesce_take(net, queue, pair, parts->iov_base, size))
        return DONE;
    if (count != 1)
        net_coalesce_close(net);
    return write_frame(net, queue, parts, count, size);
}

/* Out of buffers: ask for a notification; the wire stops, unless other queues could still take frames. */
static bool starved(struct virtio_net *net, struct virtq *queue)
{
    virtq_want_kicks(queue, true);
    if (net->pairs > 1) {
        net->stats.rx_dropped++;
        return true;
    }
    wire_set_ready(net->wire, false);
    return false;
}

/* `frame` may be only the head of the frame, when the wire cut it there: hashes are then those of what is seen. */
static unsigned choose_pair(struct virtio_net *net, const uint8_t *frame, size_t size)
{
    if (net->rss.hash.types)
        net->rx_hash.value = net_hash_frame(&net->rss.hash, frame, size, &net->rx_hash.report);
    if (net->rss.steers)
        return net_rss_queue(&net->rss, net->rx_hash.value, net->rss.hash.types ? net->rx_hash.report : 0);
    if (net->pairs == 1)
        return 0;
    uint32_t hash = net_flow_hash(frame, size);
    unsigned hint = net->flow_pair[hash % NET_FLOWS];
    return hint && hint <= net->pairs ? hint - 1 : hash % net->pairs;
}

static size_t gather_head(uint8_t *head, size_t room, const struct iovec *parts, int count)
{
    size_t size = 0;

    for (int i = 0; i < count && size < room; i++) {
        size_t n = min_u64(parts[i].iov_len, room - size);

        memcpy(head + size, parts[i].iov_base, n);
        size += n;
    }
    return size;
}

bool net_rx_deliver(void *card, const struct iovec *parts, int count)
{
    struct virtio_net *net = card;
    uint8_t scratch[18];
    const uint8_t *head = parts[0].iov_base;
    size_t size = parts[0].iov_len, head_size = size;
    unsigned pair;

    if (unlikely(count != 1)) {
        head = scratch;
        head_size = gather_head(scratch, sizeof scratch, parts, count);
        for (int i = 1; i < count; i++)
            size += parts[i].iov_len;
    }
    if (!virtio_running(&net->virtio) || size < WIRE_FRAME_MIN || size > net_frame_max(net)) {
        if (net->listens)
            net_wake_look(net, parts, count);
        net->stats.rx_dropped++;
        return true;
    }
    if (!net_filter_accepts(net, head, head_size)) {
        net->stats.rx_filtered++;
        return true;
    }
    pair = choose_pair(net, parts[0].iov_base, parts[0].iov_len);
    struct virtq *queue = net_rx_queue(net, pair);
    enum outcome outcome = queue->enabled ? receive(net, queue, pair, parts, count, size) : BAD;
    if (outcome == NO_BUFFER)
        return starved(net, queue);
    if (outcome == BAD) {
        net->stats.rx_dropped++;
        return true;
    }
    net->rx_dirty |= 1ull << pair;
    net->stats.rx_frames++;
    net->stats.rx_bytes += size;
    return true;
}

void net_rx_burst_end(void *card)
{
    struct virtio_net *net = card;

    net_coalesce_close(net);
    while (net->rx_dirty) {
        unsigned pair = (unsigned)__builtin_ctzll(net->rx_dirty);

        net->rx_dirty &= net->rx_dirty - 1;
        virtq_publish(net_rx_queue(net, pair));
    }
}

void net_rx_refilled(struct virtio_net *net, unsigned pair)
{
    struct virtq *queue = net_rx_queue(net, pair);

    if (!virtq_available(queue))
        return;
    virtq_want_kicks(queue, false);
    if (!net->wire->ready)
        wire_set_ready(net->wire, true);
}
