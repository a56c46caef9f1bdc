/* Internet checksums (RFC 1071) in place of lwIP's, which take a third of the time of a stream: the library's calls come
 * here, because the program's functions of the same names go before its own.
 *
 * A sum is of 16-bit words as they lie in memory, so its byte order is the machine's; a piece that begins at an odd byte
 * counts with its bytes exchanged. */
#include <lwip/inet_chksum.h>
#include <lwip/ip.h>
#include <stdbool.h>
#include <string.h>

#include "base/util.h"
#include "fwp/fwp.h"
#include "tcpip/stack.h"

static uint64_t add(uint64_t sum, uint64_t value)
{
    sum += value;
    return sum + (sum < value);
}

static uint32_t fold(uint64_t sum)
{
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint32_t)((sum & 0xffff) + (sum >> 16));
}

static uint64_t load(const uint8_t *at)
{
    uint64_t value;

    memcpy(&value, at, sizeof value);
    return value;
}

static uint32_t sum_of(const void *data, size_t size)
{
    const uint8_t *at = data;
    uint64_t a = 0, b = 0, rest = 0;

    for (; size >= 32; at += 32, size -= 32) {
        a = add(a, load(at));
        b = add(b, load(at + 8));
        a = add(a, load(at + 16));
        b = add(b, load(at + 24));
    }
    for (; size >= 8; at += 8, size -= 8)
        a = add(a, load(at));
    memcpy(&rest, at, size);
    return fold(add(add(a, b), rest));
}

static uint32_t exchanged(uint32_t sum)
{
    return (sum & 0xff) << 8 | sum >> 8;
}

/* The first `size` bytes of a chain. */
static uint64_t sum_of_chain(const struct pbuf *p, size_t size)
{
    uint64_t sum = 0;
    bool odd = false;

    for (; p && size; p = p->next) {
        size_t n = min_u64(p->len, size);
        uint32_t here = sum_of(p->payload, n);
        sum += odd ? exchanged(fold(here)) : here;
        odd ^= n & 1;
        size -= n;
    }
    return sum;
}

static u16_t checksum(uint64_t sum)
{
    return (u16_t)~fold(sum);
}

static uint64_t sum_of_pseudo(const void *source, const void *destination, size_t size, u8_t protocol, u16_t length)
{
    return (uint64_t)sum_of(source, size) + sum_of(destination, size) + lwip_htons(protocol) + lwip_htons(length);
}

u16_t inet_chksum(const void *data, u16_t size)
{
    return checksum(sum_of(data, size));
}

u16_t inet_chksum_pbuf(struct pbuf *p)
{
    return checksum(sum_of_chain(p, p->tot_len));
}

u16_t inet_chksum_pseudo(struct pbuf *p, u8_t protocol, u16_t length, const ip4_addr_t *source, const ip4_addr_t *destination)
{
    return checksum(sum_of_pseudo(source, destination, 4, protocol, length) + sum_of_chain(p, p->tot_len));
}

u16_t inet_chksum_pseudo_partial(struct pbuf *p, u8_t protocol, u16_t length, u16_t covered, const ip4_addr_t *source,
                                 const ip4_addr_t *destination)
{
    return checksum(sum_of_pseudo(source, destination, 4, protocol, length) + sum_of_chain(p, covered));
}

u16_t ip6_chksum_pseudo(struct pbuf *p, u8_t protocol, u16_t length, const ip6_addr_t *source, const ip6_addr_t *destination)
{
    return checksum(sum_of_pseudo(source->addr, destination->addr, 16, protocol, length) + sum_of_chain(p, p->tot_len));
}

u16_t ip6_chksum_pseudo_partial(struct pbuf *p, u8_t protocol, u16_t length, u16_t covered, const ip6_addr_t *source,
                                const ip6_addr_t *destination)
{
    return checksum(sum_of_pseudo(source->addr, destination->addr, 16, protocol, length) + sum_of_chain(p, covered));
}

/* The arriving packet whose transport checksum the adapter has found good. */
static const struct pbuf *trusted;

void checksum_trust(const struct pbuf *p)
{
    trusted = p;
}

/* It is not added up again. What is sent meanwhile may lie in the same pbuf, but does not come from the arriving one's source. */
static bool is_known_good(const struct pbuf *p, u8_t protocol, const ip_addr_t *source)
{
    return p == trusted && source == ip_current_src_addr() && (protocol == IP_PROTO_TCP || protocol == IP_PROTO_UDP);
}

u16_t ip_chksum_pseudo(struct pbuf *p, u8_t protocol, u16_t length, const ip_addr_t *source, const ip_addr_t *destination)
{
    if (is_known_good(p, protocol, source))
        return 0;
    return IP_IS_V6(destination) ? ip6_chksum_pseudo(p, protocol, length, ip_2_ip6(source), ip_2_ip6(destination))
                                 : inet_chksum_pseudo(p, protocol, length, ip_2_ip4(source), ip_2_ip4(destination));
}

u16_t ip_chksum_pseudo_partial(struct pbuf *p, u8_t protocol, u16_t length, u16_t covered, const ip_addr_t *source,
                               const ip_addr_t *destination)
{
    return IP_IS_V6(destination)
               ? ip6_chksum_pseudo_partial(p, protocol, length, covered, ip_2_ip6(source), ip_2_ip6(destination))
               : inet_chksum_pseudo_partial(p, protocol, length, covered, ip_2_ip4(source), ip_2_ip4(destination));
}

u16_t lwip_chksum_copy(void *to, const void *from, u16_t size)
{
    memcpy(to, from, size);
    return (u16_t)sum_of(from, size);
}

/* The headers have no options: otherwise the segments were not coalesced. */
void coalesced_sums(uint8_t *packet, size_t size)
{
    bool v6 = packet[0] >> 4 == 6;
    size_t header = v6 ? 40 : 20;
    uint8_t *field = packet + header + 16;
    u16_t sum;

    if (size < header + 20)
        return;
    if (!v6) {
        memset(packet + 10, 0, 2);
        sum = inet_chksum(packet, 20);
        memcpy(packet + 10, &sum, 2);
    }
    if (!fwp_callouts_registered())
        return;
    memset(field, 0, 2);
    sum = checksum(sum_of_pseudo(packet + (v6 ? 8 : 12), packet + (v6 ? 24 : 16), v6 ? 16 : 4, IP_PROTO_TCP, (u16_t)(size - header)) +
                   sum_of(packet + header, size - header));
    memcpy(field, &sum, 2);
}
