/* UDP datagrams that an adapter put together: each comes again as a frame of its own, with the headers of the first. Endpoints that would
 * take them together do not exist here. docs: network/udp-rsc-offload */
#include <string.h>

#include "base/util.h"
#include "tcpip/ndis_internal.h"

enum { ETHERNET = 14, IPV4_HEADER = 20, IPV6_HEADER = 40, UDP_HEADER = 8, UDP = 17, PARTS = 128 };

struct unit {
    uint8_t headers[ETHERNET + IPV6_HEADER + UDP_HEADER];
    size_t ip, udp, payload;            /* offsets */
};

static unsigned get16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

static void put16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static size_t gather(void *to, size_t size, const struct iovec *parts, int count)
{
    size_t done = 0;

    for (int n = 0; n < count && done < size; n++) {
        size_t length = min_u64(parts[n].iov_len, size - done);

        memcpy((uint8_t *)to + done, parts[n].iov_base, length);
        done += length;
    }
    return done;
}

/* Without options and extension headers, as the rules for such units have it. */
static bool open_unit(struct unit *u, const struct iovec *parts, int count)
{
    size_t seen = gather(u->headers, sizeof u->headers, parts, count);
    unsigned type = seen >= ETHERNET + IPV4_HEADER + UDP_HEADER ? get16(u->headers + 12) : 0;
    const uint8_t *ip = u->headers + ETHERNET;
    bool v4 = type == NDIS_ETH_TYPE_IPV4 && ip[0] == 0x45 && ip[9] == UDP;

    if (!v4 && (type != NDIS_ETH_TYPE_IPV6 || ip[6] != UDP || seen < sizeof u->headers))
        return false;
    u->ip = ETHERNET;
    u->udp = u->ip + (v4 ? IPV4_HEADER : IPV6_HEADER);
    u->payload = u->udp + UDP_HEADER;
    return true;
}

static void put_ipv4_sum(uint8_t *ip)
{
    uint32_t sum = 0;

    put16(ip + 10, 0);
    for (unsigned n = 0; n < IPV4_HEADER; n += 2)
        sum += get16(ip + n);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    put16(ip + 10, ~sum & 0xffff);
}

static void put_lengths(struct unit *u, size_t payload)
{
    size_t udp = UDP_HEADER + payload;

    put16(u->headers + u->udp + 4, udp);
    put16(u->headers + u->udp + 6, 0);
    if (u->udp - u->ip == IPV6_HEADER) {
        put16(u->headers + u->ip + 4, udp);
    } else {
        put16(u->headers + u->ip + 2, IPV4_HEADER + udp);
        put_ipv4_sum(u->headers + u->ip);
    }
}

/* The bytes from `from` on; how many parts they are in. */
static int slice(struct iovec *to, const struct iovec *parts, int count, size_t from, size_t size)
{
    int used = 0;

    for (int n = 0; n < count && size; n++) {
        if (from >= parts[n].iov_len) {
            from -= parts[n].iov_len;
            continue;
        }
        size_t length = min_u64(parts[n].iov_len - from, size);
        to[used++] = (struct iovec){ (uint8_t *)parts[n].iov_base + from, length };
        size -= length;
        from = 0;
    }
    return used;
}

void datagrams_input(struct interface *interface, const struct iovec *parts, int count, size_t total, const struct arrival *how)
{
    struct iovec frame[PARTS + 1];
    struct arrival one = { .checked = how->checked };
    struct unit u;

    if (count > PARTS || !open_unit(&u, parts, count)) {
        interface_input(interface, parts, count, total, how);
        return;
    }
    for (size_t at = u.payload; at < total; at += how->datagram) {
        size_t payload = min_u64(how->datagram, total - at);

        put_lengths(&u, payload);
        frame[0] = (struct iovec){ u.headers, u.payload };
        int used = slice(frame + 1, parts, count, at, payload);
        interface_input(interface, frame, used + 1, u.payload + payload, &one);
    }
}
