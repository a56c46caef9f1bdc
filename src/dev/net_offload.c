#include "dev/net_offload.h"

#include <string.h>

#define ETHERNET 14u
#define TYPE_IPV4 0x0800u
#define TYPE_IPV6 0x86DDu
#define TYPE_VLAN 0x8100u
#define TYPE_QINQ 0x88A8u
#define PROTOCOL_TCP NET_PROTOCOL_TCP
#define PROTOCOL_UDP NET_PROTOCOL_UDP
#define TCP_FIN_PSH 0x09u
#define TCP_CWR 0x80u

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

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value);
}

static uint16_t fold(uint64_t sum)
{
    sum = (sum >> 32) + (sum & 0xFFFFFFFF);
    sum = (sum >> 32) + (sum & 0xFFFFFFFF);
    sum = (sum >> 16) + (sum & 0xFFFF);
    sum = (sum >> 16) + (sum & 0xFFFF);
    return (uint16_t)((sum >> 16) + (sum & 0xFFFF));
}

/* Sums of 32-bit words cannot overflow 64 bits below 16 GiB of data. */
static uint64_t sum_words(const uint8_t *data, size_t size)
{
    uint64_t low = 0, high = 0, word = 0;

    for (; size >= 16; data += 16, size -= 16) {
        uint64_t pair[2];

        memcpy(pair, data, 16);
        low += (uint32_t)pair[0];
        high += pair[0] >> 32;
        low += (uint32_t)pair[1];
        high += pair[1] >> 32;
    }
    for (; size >= 4; data += 4, size -= 4) {
        uint32_t part;

        memcpy(&part, data, 4);
        low += part;
    }
    if (size)
        memcpy(&word, data, size);
    return low + high + word;
}

void net_sum_add(struct net_sum *sum, const void *data, size_t size)
{
    uint16_t part = fold(sum_words(data, size));

    if (sum->odd)
        part = (uint16_t)(part << 8 | part >> 8);
    sum->sum += part;
    sum->odd ^= size & 1;
}

uint16_t net_sum_finish(const struct net_sum *sum)
{
    return (uint16_t)~fold(sum->sum);
}

/* Copies [0, size) of a scattered frame; false when it is shorter. */
static bool gather(uint8_t *to, size_t size, const struct iovec *parts, int count)
{
    for (int i = 0; i < count && size; i++) {
        size_t n = parts[i].iov_len < size ? parts[i].iov_len : size;

        memcpy(to, parts[i].iov_base, n);
        to += n;
        size -= n;
    }
    return size == 0;
}

/* Parts of the frame from `skip` on. Returns how many. */
static int rest_of(const struct iovec *parts, int count, size_t skip, struct iovec *out)
{
    int n = 0;

    for (int i = 0; i < count; i++) {
        if (skip >= parts[i].iov_len) {
            skip -= parts[i].iov_len;
            continue;
        }
        out[n].iov_base = (uint8_t *)parts[i].iov_base + skip;
        out[n++].iov_len = parts[i].iov_len - skip;
        skip = 0;
    }
    return n;
}

static size_t total(const struct iovec *parts, int count)
{
    size_t size = 0;

    for (int i = 0; i < count; i++)
        size += parts[i].iov_len;
    return size;
}

int net_fill_checksum(const struct iovec *parts, int count, uint32_t start, uint32_t offset, uint8_t *head, struct iovec *out)
{
    uint32_t head_size = start + offset + 2;
    struct net_sum sum = { 0, false };
    uint16_t value;
    int n;

    if (head_size > NET_HEADER_MAX || !gather(head, head_size, parts, count))
        return 0;
    out[0] = (struct iovec){ head, head_size };
    n = 1 + rest_of(parts, count, head_size, out + 1);
    net_sum_add(&sum, head + start, head_size - start);
    for (int i = 1; i < n; i++)
        net_sum_add(&sum, out[i].iov_base, out[i].iov_len);
    value = net_sum_finish(&sum);
    if (!value)
        value = 0xFFFF;                 /* the other zero: a UDP checksum of 0 would mean there is none */
    memcpy(head + start + offset, &value, 2);
    return n;
}

/* Ethernet type behind any tags; *network becomes the offset of what follows. 0 when the frame is too short. */
static uint16_t ethernet_type(const uint8_t *frame, size_t size, uint32_t *network)
{
    uint32_t at = 12;

    if (size < ETHERNET)
        return 0;
    while (get16(frame + at) == TYPE_VLAN || get16(frame + at) == TYPE_QINQ) {
        at += 4;
        if (at + 2 > size || at > 20)
            return 0;
    }
    *network = at + 2;
    return get16(frame + at);
}

static bool v4_header_good(const uint8_t *frame, uint32_t network, uint32_t transport, uint8_t protocol)
{
    const uint8_t *ip = frame + network;

    return transport >= network + 20 && ip[0] >> 4 == 4 && network + (ip[0] & 15u) * 4 == transport && ip[9] == protocol;
}

/* Extension headers may stand between, so the protocol is what the driver says it is. */
static bool v6_header_good(const uint8_t *frame, uint32_t network, uint32_t transport)
{
    return transport >= network + 40 && frame[network] >> 4 == 6;
}

static bool headers_good(const struct net_segmenter *s, uint16_t type, enum net_segments kind)
{
    uint8_t protocol = kind == NET_SEGMENTS_UDP ? PROTOCOL_UDP : PROTOCOL_TCP;

    if (type == TYPE_IPV6 && kind != NET_SEGMENTS_TCPV4)
        return v6_header_good(s->original, s->network, s->transport);
    return type == TYPE_IPV4 && kind != NET_SEGMENTS_TCPV6 && v4_header_good(s->original, s->network, s->transport, protocol);
}

bool net_segment_begin(struct net_segmenter *s, const struct iovec *parts, int count, enum net_segments kind, uint32_t transport,
                       uint32_t mss)
{
    size_t size = total(parts, count);
    uint32_t least = transport + (kind == NET_SEGMENTS_UDP ? 8 : 20);
    uint16_t type;

    if (!mss || least > NET_HEADER_MAX || !gather(s->original, least, parts, count))
        return false;
    type = ethernet_type(s->original, transport, &s->network);
    s->transport = transport;
    if (!headers_good(s, type, kind))
        return false;
    s->is_udp = kind == NET_SEGMENTS_UDP;
    s->header_size = s->is_udp ? least : transport + (s->original[transport + 12] >> 4) * 4u;
    if (s->header_size < least || s->header_size > NET_HEADER_MAX || s->header_size > size)
        return false;
    gather(s->original, s->header_size, parts, count);
    s->parts = parts;
    s->count = count;
    s->is_v6 = type == TYPE_IPV6;
    s->mss = mss;
    s->payload = (uint32_t)(size - s->header_size);
    s->done = 0;
    s->segments = 0;
    s->part = 0;
    s->part_offset = s->header_size;
    while (s->part < count && s->part_offset >= parts[s->part].iov_len)
        s->part_offset -= parts[s->part++].iov_len;
    return true;
}

/* Takes the next `size` bytes of payload into out; returns the number of parts. */
static int take_payload(struct net_segmenter *s, uint32_t size, struct iovec *out)
{
    int n = 0;

    while (size) {
        const struct iovec *part = &s->parts[s->part];
        size_t left = part->iov_len - s->part_offset, take = left < size ? left : size;

        if (take) {
            out[n].iov_base = (uint8_t *)part->iov_base + s->part_offset;
            out[n++].iov_len = take;
        }
        size -= (uint32_t)take;
        s->part_offset += take;
        if (s->part_offset == part->iov_len) {
            s->part++;
            s->part_offset = 0;
        }
    }
    return n;
}

static void fix_network(struct net_segmenter *s, uint32_t payload)
{
    uint8_t *ip = s->head + s->network;
    struct net_sum sum = { 0, false };
    uint16_t value;

    if (s->is_v6) {
        put16(ip + 4, s->header_size - s->network - 40 + payload);
        return;
    }
    put16(ip + 2, s->header_size - s->network + payload);
    put16(ip + 4, get16(ip + 4) + s->segments);
    put16(ip + 10, 0);
    net_sum_add(&sum, ip, s->transport - s->network);
    value = net_sum_finish(&sum);
    memcpy(ip + 10, &value, 2);
}

static void add_pseudo_header(struct net_sum *sum, const uint8_t *ip, bool is_v6, uint8_t protocol, uint32_t length)
{
    uint8_t tail[8] = { 0 };

    net_sum_add(sum, is_v6 ? ip + 8 : ip + 12, is_v6 ? 32 : 8);
    put32(tail, length);
    tail[7] = protocol;
    net_sum_add(sum, tail, 8);
}

static void fix_tcp(const struct net_segmenter *s, uint8_t *tcp, uint32_t payload)
{
    put32(tcp + 4, get32(tcp + 4) + s->done);
    if (s->done + payload < s->payload)
        tcp[13] &= (uint8_t)~TCP_FIN_PSH;
    if (s->done)
        tcp[13] &= (uint8_t)~TCP_CWR;
}

static void fix_transport(struct net_segmenter *s, uint32_t payload, const struct iovec *parts, int count)
{
    uint8_t *header = s->head + s->transport, *field = header + (s->is_udp ? 6 : 16);
    uint32_t size = s->header_size - s->transport;
    struct net_sum sum = { 0, false };
    uint16_t value;

    if (s->is_udp)
        put16(header + 4, size + payload);
    else
        fix_tcp(s, header, payload);
    put16(field, 0);
    add_pseudo_header(&sum, s->head + s->network, s->is_v6, s->is_udp ? PROTOCOL_UDP : PROTOCOL_TCP, size + payload);
    net_sum_add(&sum, header, size);
    for (int i = 0; i < count; i++)
        net_sum_add(&sum, parts[i].iov_base, parts[i].iov_len);
    value = net_sum_finish(&sum);
    if (s->is_udp && !value)
        value = 0xFFFF;                 /* 0 would mean there is none */
    memcpy(field, &value, 2);
}

int net_segment_next(struct net_segmenter *s, struct iovec *out)
{
    uint32_t left = s->payload - s->done, payload = left < s->mss ? left : s->mss;
    int n;

    if (!left && s->segments)
        return 0;
    memcpy(s->head, s->original, s->header_size);
    out[0] = (struct iovec){ s->head, s->header_size };
    n = 1 + take_payload(s, payload, out + 1);
    fix_network(s, payload);
    fix_transport(s, payload, out + 1, n - 1);
    s->done += payload;
    s->segments++;
    return n;
}

bool net_find_ip(const uint8_t *frame, size_t size, struct net_flow *flow)
{
    uint16_t type = ethernet_type(frame, size, &flow->network);
    const uint8_t *ip = frame + flow->network;

    flow->is_v6 = type == TYPE_IPV6;
    if (type == TYPE_IPV4)
        return flow->network + 20 <= size && ip[0] >> 4 == 4 && (ip[0] & 15) >= 5;
    return flow->is_v6 && flow->network + 40 <= size;
}

static bool find_transport_v4(const uint8_t *ip, struct net_flow *flow, uint32_t *end)
{
    flow->protocol = ip[9];
    flow->transport = flow->network + (ip[0] & 15u) * 4;
    *end = flow->network + get16(ip + 2);
    return !(get16(ip + 6) & 0x3FFF);
}

static bool find_transport_v6(const uint8_t *ip, struct net_flow *flow, uint32_t *end)
{
    flow->protocol = ip[6];
    flow->transport = flow->network + 40;
    *end = flow->transport + get16(ip + 4);
    return true;
}

bool net_find_ports(const uint8_t *frame, size_t size, struct net_flow *flow)
{
    const uint8_t *ip = frame + flow->network;
    uint32_t end;

    if (!(flow->is_v6 ? find_transport_v6 : find_transport_v4)(ip, flow, &end))
        return false;
    if (end > size || end < flow->transport + (flow->protocol == PROTOCOL_TCP ? 20u : 8u))
        return false;
    flow->length = end - flow->transport;
    return flow->protocol == PROTOCOL_TCP || flow->protocol == PROTOCOL_UDP;
}

/* TCP or UDP in an unfragmented packet; false for everything else. */
static bool find_flow(const uint8_t *frame, size_t size, struct net_flow *flow)
{
    return net_find_ip(frame, size, flow) && net_find_ports(frame, size, flow);
}

/* Plain UDP over IPv4 whose sender made no checksum: nothing to hold. */
static bool plainly_without(const uint8_t *frame, size_t size)
{
    return size >= 42 && get16(frame + 12) == TYPE_IPV4 && frame[14] == 0x45 && frame[23] == PROTOCOL_UDP &&
           !get16(frame + 40);
}

bool net_checksums_hold(const uint8_t *frame, size_t size)
{
    struct net_sum sum = { 0, false };
    struct net_flow flow = { 0 };

    if (plainly_without(frame, size))
        return false;
    if (!find_flow(frame, size, &flow))
        return false;
    if (flow.protocol == PROTOCOL_UDP && (get16(frame + flow.transport + 4) != flow.length || !get16(frame + flow.transport + 6)))
        return false;
    if (!flow.is_v6) {
        net_sum_add(&sum, frame + flow.network, flow.transport - flow.network);
        if (net_sum_finish(&sum))
            return false;
        sum = (struct net_sum){ 0, false };
    }
    add_pseudo_header(&sum, frame + flow.network, flow.is_v6, flow.protocol, flow.length);
    net_sum_add(&sum, frame + flow.transport, flow.length);
    return net_sum_finish(&sum) == 0;
}

uint32_t net_flow_hash(const uint8_t *frame, size_t size)
{
    struct net_flow flow = { 0 };
    uint32_t hash = 0, network = 0;
    uint16_t type = ethernet_type(frame, size, &network);
    bool ports = find_flow(frame, size, &flow);
    unsigned from, bytes;

    if (type == TYPE_IPV4 && network + 20 <= size)
        from = network + 12, bytes = 8;
    else if (type == TYPE_IPV6 && network + 40 <= size)
        from = network + 8, bytes = 32;
    else
        return 0;
    for (unsigned i = 0; i < bytes; i += 4)     /* addition: the same with source and destination exchanged */
        hash += get32(frame + from + i);
    if (ports)
        hash += (uint32_t)get16(frame + flow.transport) + get16(frame + flow.transport + 2);
    return (hash ^ hash >> 16) * 0x9E3779B1u;
}
