/* Copies of lwIP's packets for callouts, and what an IP header says. */
#include <arpa/inet.h>
#include <lwip/prot/ip4.h>
#include <lwip/prot/ip6.h>
#include <string.h>

#include "tcpip/interface.h"
#include "tcpip/wfp.h"

struct fwp_packet *wfp_copy(const struct pbuf *p, const void *header, uint32_t header_size, uint32_t start, void **list)
{
    uint8_t *bytes;
    struct fwp_packet *packet = wfp_packet_take((size_t)header_size + p->tot_len, &bytes);

    if (!packet)
        return NULL;
    if (header_size)
        memcpy(bytes, header, header_size);
    pbuf_copy_partial(p, bytes + header_size, p->tot_len, 0);
    *list = wfp_packet_list(packet, start, header_size + p->tot_len - start);
    return packet;
}

struct wfp_link wfp_link(const struct interface *i)
{
    enum { ETHERNET = 6, LOOPBACK = 24 };

    if (!i)
        return (struct wfp_link){ 0 };
    return (struct wfp_link){ i->config.luid, i->config.if_index, i == loopback_interface() ? LOOPBACK : ETHERNET };
}

bool wfp_is_own(const struct ip_address *address)
{
    for (unsigned slot = 0; slot < INTERFACE_SLOTS; slot++)
        if (interface_at(slot) && address_find(interface_at(slot), address))
            return true;
    return false;
}

static bool parse4(const uint8_t *b, uint32_t size, struct wfp_header *h)
{
    unsigned flags = b[6] << 8 | b[7];

    if (size < IP_HLEN || (b[0] & 15) * 4u < IP_HLEN || (b[0] & 15) * 4u > size)
        return false;
    *h = (struct wfp_header){ .family = 4, .protocol = b[9], .size = (b[0] & 15) * 4u, .total = (uint32_t)b[2] << 8 | b[3],
                              .more = flags & 0x2000, .offset = (flags & 0x1fff) * 8, .identification = (uint32_t)b[4] << 8 | b[5] };
    h->fragment = h->more || h->offset;
    h->from.family = h->to.family = 4;
    memcpy(h->from.bytes, b + 12, 4);
    memcpy(h->to.bytes, b + 16, 4);
    return true;
}

static bool parse6(const uint8_t *b, uint32_t size, struct wfp_header *h)
{
    if (size < IP6_HLEN)
        return false;
    *h = (struct wfp_header){ .family = 6, .protocol = b[6], .size = IP6_HLEN, .total = IP6_HLEN + ((uint32_t)b[4] << 8 | b[5]) };
    h->from.family = h->to.family = 6;
    memcpy(h->from.bytes, b + 8, 16);
    memcpy(h->to.bytes, b + 24, 16);
    /* Extension headers that may stand before the transport: hop-by-hop, routing, fragment, destination options. */
    while ((h->protocol == 0 || h->protocol == 43 || h->protocol == 44 || h->protocol == 60) && h->size + 8 <= size) {
        const uint8_t *e = b + h->size;
        if (h->protocol == 44) {
            h->fragment = true;
            h->offset = ((uint32_t)e[2] << 8 | e[3]) & ~7u;
            h->more = e[3] & 1;
            h->identification = (uint32_t)e[4] << 24 | e[5] << 16 | e[6] << 8 | e[7];
        }
        h->size += h->protocol == 44 ? 8 : 8 * (e[1] + 1u);
        h->protocol = e[0];
    }
    return h->size <= size;
}

bool wfp_parse(const struct pbuf *p, struct wfp_header *h)
{
    uint8_t bytes[128];
    uint32_t size = pbuf_copy_partial(p, bytes, sizeof bytes, 0);

    if (!size)
        return false;
    return bytes[0] >> 4 == 4 ? parse4(bytes, size, h) : bytes[0] >> 4 == 6 && parse6(bytes, size, h);
}
