/* Receive segment coalescing: with VIRTIO_NET_F_GUEST_TSO4 or _TSO6 and mergeable buffers, TCP segments of one connection that
 * come one behind the other in a burst become one large frame.
 *
 *  1. The open unit is the last frame of its queue, in used elements that are not published yet: more payload goes behind it,
 *     into the rest of its last buffer and into further ones, each filled to its end but the last.
 *  2. Anything else that is written, and the end of the burst, closes it: then its headers are written, once.
 *  3. What is known of it stands here; the driver's memory is written, never read.
 *  4. Every segment but the last has as many bytes of payload as the first. Checksums of all were found good.
 * Only segments for the card's own address, with no flag but ACK and PSH, no IP options or extensions, no tag, and no TCP option
 * but an equal time stamp. */
#include <string.h>

#include "base/util.h"
#include "dev/virtio_net.h"

#define ETHERNET 14u
#define IPV4_HEADER 20u
#define IPV6_HEADER 40u
#define TCP_HEADER 20u
#define TIMESTAMP_BYTES 12u             /* with two no-operations before it */
#define DATAGRAM_MAX 65535u
#define TCP_PSH 0x08u
#define TCP_ACK 0x10u

static uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* One segment that could be part of a unit. */
struct segment {
    unsigned transport, headers, payload;
    bool v6;
};

static bool find_network(const struct virtio_net *net, const uint8_t *frame, size_t size, struct segment *s, size_t *end)
{
    const uint8_t *ip = frame + ETHERNET;

    if (size < ETHERNET + IPV4_HEADER + TCP_HEADER || memcmp(frame, net->mac, 6))
        return false;
    if (frame[12] == 0x08 && frame[13] == 0x00) {
        s->v6 = false;
        s->transport = ETHERNET + IPV4_HEADER;
        *end = ETHERNET + get16(ip + 2);
        return net->guest_offloads & NET_F_GUEST_TSO4 && ip[0] == 0x45 && ip[9] == NET_PROTOCOL_TCP && !(get16(ip + 6) & 0x3FFF);
    }
    if (frame[12] != 0x86 || frame[13] != 0xDD || size < ETHERNET + IPV6_HEADER + TCP_HEADER)
        return false;
    s->v6 = true;
    s->transport = ETHERNET + IPV6_HEADER;
    *end = s->transport + get16(ip + 4);
    return net->guest_offloads & NET_F_GUEST_TSO6 && ip[0] >> 4 == 6 && ip[6] == NET_PROTOCOL_TCP;
}

static bool only_timestamp(const uint8_t *options)
{
    static const uint8_t start[] = { 1, 1, 8, 10 };

    return !memcmp(options, start, sizeof start);
}

static bool find_segment(const struct virtio_net *net, const uint8_t *frame, size_t size, struct segment *s)
{
    const uint8_t *tcp;
    size_t end;

    if (!find_network(net, frame, size, s, &end) || end > size || end < s->transport + TCP_HEADER)
        return false;
    tcp = frame + s->transport;
    s->headers = s->transport + (tcp[12] >> 4) * 4u;
    if ((tcp[12] & 15) || (tcp[13] & ~TCP_PSH) != TCP_ACK || end <= s->headers)
        return false;
    if (s->headers != s->transport + TCP_HEADER &&
        (s->headers != s->transport + TCP_HEADER + TIMESTAMP_BYTES || !only_timestamp(tcp + TCP_HEADER)))
        return false;
    s->payload = (unsigned)(end - s->headers);
    return net_checksums_hold(frame, size);
}

/* Equal but for length, identification, time to live, and what TCP counts. */
static bool same_connection(const struct net_coalesce *c, const uint8_t *frame, const struct segment *s)
{
    const uint8_t *a = c->head, *b = frame, *x = a + s->transport, *y = b + s->transport;

    if (s->v6 ? memcmp(a, b, 18) || a[20] != b[20] || memcmp(a + 22, b + 22, 32)
              : memcmp(a, b, 16) || memcmp(a + 20, b + 20, 2) || memcmp(a + 26, b + 26, 8))
        return false;
    return !memcmp(x, y, 4) && !memcmp(x + TCP_HEADER, y + TCP_HEADER, s->headers - s->transport - TCP_HEADER);
}

static bool belongs(const struct net_coalesce *c, unsigned pair, const uint8_t *frame, const struct segment *s)
{
    const uint8_t *tcp = frame + s->transport;

    return c->open && c->pair == pair && c->v6 == s->v6 && c->headers == s->headers && s->payload <= c->mss &&
           c->payload % c->mss == 0 && c->headers + c->payload + s->payload - ETHERNET <= DATAGRAM_MAX &&
           get32(tcp + 4) == get32(c->head + s->transport + 4) + c->payload &&
           (int32_t)(get32(tcp + 8) - get32(c->head + s->transport + 8)) >= 0 && same_connection(c, frame, s);
}

/* --- writing ------------------------------------------------------------------------------------------------------------- */

/* Payload behind the unit. False: the buffers do not suffice, or are cut: nothing was taken. */
static bool put_payload(struct net_coalesce *c, struct virtq *queue, const uint8_t *data, uint32_t size)
{
    struct virtq_used_elem taken[NET_COALESCE_BUFFERS];
    uint32_t into_rest = (uint32_t)min_u64(size, c->room), left = size - into_rest, room = c->room - into_rest;
    uint8_t *tail = c->tail + into_rest;
    unsigned count = 0;

    memcpy(c->tail, data, into_rest);
    for (data += into_rest; left; count++) {
        uint16_t head;
        uint8_t *to = c->buffers + count < NET_COALESCE_BUFFERS ? virtq_pop_simple(queue, true, 1, &head, &room) : NULL;

        if (!to) {
            virtq_unpop(queue, (uint16_t)count);
            return false;
        }
        taken[count] = (struct virtq_used_elem){ head, (uint32_t)min_u64(left, room) };
        memcpy(to, data, taken[count].length);
        data += taken[count].length;
        left -= taken[count].length;
        tail = to + taken[count].length;
        room -= taken[count].length;
    }
    queue->used[(uint16_t)(queue->used_next - 1) & (queue->size - 1)].length += into_rest;
    for (unsigned i = 0; i < count; i++)
        virtq_push(queue, (uint16_t)taken[i].id, taken[i].length);
    c->buffers += count;
    c->tail = tail;
    c->room = room;
    return true;
}

static bool append(struct net_coalesce *c, struct virtq *queue, const uint8_t *frame, const struct segment *s)
{
    uint8_t *mine = c->head + s->transport, *hops = c->head + ETHERNET + (s->v6 ? 7 : 8);
    const uint8_t *tcp = frame + s->transport;

    if (!put_payload(c, queue, frame + s->headers, s->payload))
        return false;
    c->payload += s->payload;
    c->segments++;
    memcpy(mine + 8, tcp + 8, 4);       /* acknowledgment and window: the latest */
    memcpy(mine + 14, tcp + 14, 2);
    mine[13] |= tcp[13];
    *hops = (uint8_t)min_u64(*hops, frame[hops - c->head]);
    return true;
}

static void fix_headers(struct net_coalesce *c)
{
    uint8_t *ip = c->head + ETHERNET, *tcp = c->head + c->transport;
    uint8_t tail[4] = { 0, NET_PROTOCOL_TCP };
    struct net_sum sum = { 0, false };
    uint32_t length = c->headers - c->transport + c->payload;
    uint16_t value;

    if (c->v6) {
        put16(ip + 4, length);
    } else {
        put16(ip + 2, IPV4_HEADER + length);
        put16(ip + 10, 0);
        net_sum_add(&sum, ip, IPV4_HEADER);
        value = net_sum_finish(&sum);
        memcpy(ip + 10, &value, 2);
        sum = (struct net_sum){ 0, false };
    }
    put16(tail + 2, length);
    net_sum_add(&sum, c->v6 ? ip + 8 : ip + 12, c->v6 ? 32 : 8);
    net_sum_add(&sum, tail, 4);
    value = (uint16_t)~net_sum_finish(&sum);
    memcpy(tcp + 16, &value, 2);
}

void net_coalesce_close(struct virtio_net *net)
{
    struct net_coalesce *c = &net->coalesce;
    struct net_hdr header = {
        .flags = NET_HDR_NEEDS_CSUM,
        .gso_type = c->v6 ? NET_GSO_TCPV6 : NET_GSO_TCPV4,
        .hdr_len = c->headers,
        .gso_size = (uint16_t)c->mss,
        .csum_start = c->transport,
        .csum_offset = 16,
        .num_buffers = (uint16_t)c->buffers,
    };

    if (!c->open)
        return;
    c->open = false;
    if (c->segments < 2)
        return;
    fix_headers(c);
    memcpy(c->start, &header, sizeof header);
    memcpy(c->start + net->header_size, c->head, c->headers);
}

/* The segment becomes the first of a unit, complete as it is. False: its buffer is cut, or there is none. */
static bool begin(struct virtio_net *net, struct virtq *queue, unsigned pair, const uint8_t *frame, const struct segment *s)
{
    const struct net_hdr header = { .flags = NET_HDR_DATA_VALID, .num_buffers = 1 };
    struct net_coalesce *c = &net->coalesce;
    uint32_t size = s->headers + s->payload, room;
    uint16_t head;
    uint8_t *to = virtq_pop_simple(queue, true, size + net->header_size, &head, &room);

    if (!to)
        return false;
    memcpy(to, &header, sizeof header);
    memcpy(to + sizeof header, &net->rx_hash, net->header_size - sizeof header);
    memcpy(to + net->header_size, frame, size);
    virtq_push(queue, head, size + (uint32_t)net->header_size);
    *c = (struct net_coalesce){
        .open = true, .v6 = s->v6, .pair = pair, .transport = (uint16_t)s->transport, .headers = (uint16_t)s->headers,
        .payload = s->payload, .mss = s->payload, .segments = 1, .buffers = 1, .start = to, .tail = to + net->header_size + size,
        .room = room - size - (uint32_t)net->header_size,
    };
    memcpy(c->head, frame, s->headers);
    return true;
}

bool net_coalesce_take(struct virtio_net *net, struct virtq *queue, unsigned pair, const uint8_t *frame, size_t size)
{
    struct segment s;

    if (!find_segment(net, frame, size, &s)) {
        net_coalesce_close(net);
        return false;
    }
    if (belongs(&net->coalesce, pair, frame, &s) && append(&net->coalesce, queue, frame, &s))
        return true;
    net_coalesce_close(net);
    return begin(net, queue, pair, frame, &s);
}
