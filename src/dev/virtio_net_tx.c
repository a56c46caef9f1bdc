/* Transmit: takes buffers, does the offloads the driver asked for, gives frames to the wire. A wire that is full stops
 * the queue: the buffer goes back, and the queue goes on (in the middle of a segmented frame, too) once there is room. */
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "dev/virtio_net.h"

enum outcome { SENT, BLOCKED, BROKEN };

/* One frame to the wire; BLOCKED when it has to be offered again. */
static enum outcome to_wire(struct virtio_net *net, const struct iovec *parts, int count, size_t size)
{
    if (likely(wire_send(net->wire, parts, count))) {
        net->stats.tx_frames++;
        net->stats.tx_bytes += size;
        return SENT;
    }
    if (net->wire->blocked)
        return BLOCKED;
    net->stats.tx_dropped++;
    return SENT;
}

static enum outcome drop(struct virtio_net *net, const char *why)
{
    net->stats.tx_dropped++;
    log_debug(net->virtio.name, "frame not sent: %s", why);
    return SENT;
}

/* The readable parts of the chain behind the header. Returns how many, -1 when even the header is not whole. */
static int split_header(const struct virtq_chain *chain, void *header, size_t left, struct iovec *parts)
{
    uint8_t *to = header;
    int n = 0;

    for (int i = 0; i < chain->out_count; i++) {
        struct iovec part = chain->parts[i];

        if (left) {
            size_t take = min_u64(part.iov_len, left);

            memcpy(to, part.iov_base, take);
            to += take;
            left -= take;
            part.iov_base = (uint8_t *)part.iov_base + take;
            part.iov_len -= take;
        }
        if (part.iov_len)
            parts[n++] = part;
    }
    return left ? -1 : n;
}

static bool gso_allowed(const struct virtio_net *net, unsigned type)
{
    return (type == NET_GSO_TCPV4 && virtio_has(&net->virtio, NET_F_HOST_TSO4)) ||
           (type == NET_GSO_TCPV6 && virtio_has(&net->virtio, NET_F_HOST_TSO6)) ||
           (type == NET_GSO_UDP_L4 && virtio_has(&net->virtio, NET_F_HOST_USO));
}

static enum net_segments segments_of(unsigned gso_type)
{
    return gso_type == NET_GSO_UDP_L4 ? NET_SEGMENTS_UDP : gso_type == NET_GSO_TCPV6 ? NET_SEGMENTS_TCPV6 : NET_SEGMENTS_TCPV4;
}

static enum outcome send_segments(struct virtio_net *net, struct net_tx *tx, const struct net_hdr *header, int count)
{
    struct net_segmenter *s = &net->segmenter;
    unsigned type = header->gso_type & ~NET_GSO_ECN;
    uint32_t number = 0;
    int n;

    if (!gso_allowed(net, type) || !(header->flags & NET_HDR_NEEDS_CSUM))
        return drop(net, "segmentation that was not negotiated");
    if (!net_segment_begin(s, net->tx_parts, count, segments_of(type), header->csum_start, header->gso_size))
        return drop(net, "segmentation of what is not such a frame");
    if (s->mss + s->header_size > net_frame_max(net))
        return drop(net, "segments larger than the MTU");
    while ((n = net_segment_next(s, net->segment_parts)) > 0) {
        size_t size = 0;

        if (number++ < tx->segments_sent)
            continue;                   /* went out before the wire blocked */
        for (int i = 0; i < n; i++)
            size += net->segment_parts[i].iov_len;
        if (to_wire(net, net->segment_parts, n, size) == BLOCKED)
            return BLOCKED;
        tx->segments_sent++;
    }
    tx->segments_sent = 0;
    return SENT;
}

static void remember_flow(struct virtio_net *net, unsigned pair, const struct iovec *parts)
{
    net->flow_pair[net_flow_hash(parts[0].iov_base, parts[0].iov_len) % NET_FLOWS] = (uint8_t)(pair + 1);
}

static enum outcome send_chain(struct virtio_net *net, unsigned pair)
{
    const struct virtq_chain *chain = &net->tx_chain;
    struct iovec *parts = net->tx_parts;
    struct { struct net_hdr basic; struct net_hdr_hash hash; } full;
    int count = split_header(chain, &full, net->header_size, parts);
    struct net_hdr header;
    uint32_t size;

    if (unlikely(count < 0)) {
        virtio_break(&net->virtio, "queue %u: a buffer of %u bytes has no room for the header", 2 * pair + 1, chain->out_size);
        return BROKEN;
    }
    header = full.basic;
    size = chain->out_size - (uint32_t)net->header_size;
    if (unlikely(size < WIRE_FRAME_MIN))
        return drop(net, "shorter than an Ethernet header");
    if (net->pairs > 1 && !net->rss.steers)
        remember_flow(net, pair, parts);
    if (header.gso_type != NET_GSO_NONE)
        return send_segments(net, &net->tx[pair], &header, count);
    if (unlikely(size > net_frame_max(net)))
        return drop(net, "larger than the MTU");
    if (header.flags & NET_HDR_NEEDS_CSUM) {
        if (!virtio_has(&net->virtio, NET_F_CSUM))
            return drop(net, "checksum offload that was not negotiated");
        count = net_fill_checksum(parts, count, header.csum_start, header.csum_offset, net->tx_head, net->segment_parts);
        if (!count)
            return drop(net, "checksum offsets outside the headers");
        parts = net->segment_parts;
    }
    return to_wire(net, parts, count, size);
}

/* The usual case: header and frame in one piece, nothing to compute. Sends as many of those as there are; what stops it is
 * left in the ring for send_chain. */
static void send_simple(struct virtio_net *net, struct virtq *queue)
{
    struct net_hdr header;
    uint32_t length;
    uint16_t head;
    uint8_t *from;

    if (net->pairs > 1 && !net->rss.steers)
        return;
    while ((from = virtq_pop_simple(queue, false, net->header_size + WIRE_FRAME_MIN, &head, &length)) != NULL) {
        struct iovec part = { from + net->header_size, length - net->header_size };

        memcpy(&header, from, sizeof header);
        if (header.flags || header.gso_type || part.iov_len > net_frame_max(net) ||
            to_wire(net, &part, 1, part.iov_len) == BLOCKED) {
            virtq_unpop(queue, 1);
            return;
        }
        virtq_push(queue, head, 0);
    }
}

static void run_once(struct virtio_net *net, unsigned pair)
{
    struct virtq *queue = net_tx_queue(net, pair);
    struct net_tx *tx = &net->tx[pair];

    tx->stalled = false;
    for (;;) {
        enum outcome outcome;

        if (!queue->enabled || !virtio_running(&net->virtio))
            break;
        if (!tx->segments_sent)
            send_simple(net, queue);
        if (!virtq_pop(queue, &net->tx_chain))
            break;
        outcome = send_chain(net, pair);

        if (outcome != SENT) {
            virtq_unpop(queue, 1);
            tx->stalled = outcome == BLOCKED;
            break;
        }
        virtq_push(queue, net->tx_chain.head, 0);
    }
    if (!queue->enabled)
        return;
    virtq_want_kicks(queue, !tx->stalled);
    wire_flush(net->wire);
    virtq_publish(queue);
}

/* A notification that comes while the queue runs (through an interrupt the wire or we caused) makes it run again. */
void net_tx_run(struct virtio_net *net, unsigned pair)
{
    struct net_tx *tx = &net->tx[pair];

    tx->again = true;
    if (tx->running)
        return;
    tx->running = true;
    while (tx->again) {
        tx->again = false;
        run_once(net, pair);
    }
    tx->running = false;
}

void net_tx_writable(void *card)
{
    struct virtio_net *net = card;

    for (unsigned pair = 0; pair < net->pairs; pair++)
        if (net->tx[pair].stalled && net_tx_queue(net, pair)->enabled && virtio_running(&net->virtio))
            net_tx_run(net, pair);
}
