/* IP fragments put together, both families. lwIP's own would hold ten fragments in all, some 14 KB: the program's ip4_reass
 * and ip6_reass are the ones that its IP calls.
 *
 * 1. An assembly keeps its fragments in order and without gaps inside or overlaps: an exact repetition is ignored, any other
 *    overlap throws the whole assembly away (RFC 5722; nobody sends such a thing in good faith).
 * 2. It is complete when the last fragment is there and the bytes add up. Then the fragments become one chain behind the
 *    first one's header. IPv6: behind the fixed header; extension headers before the fragment header have been obeyed.
 * 3. At most ASSEMBLIES with BYTES bytes wait; the oldest gives way. Each waits LIFE_NS at most. */
#include <arpa/inet.h>
#include <lwip/icmp.h>
#include <lwip/icmp6.h>
#include <lwip/inet_chksum.h>
#include <lwip/ip.h>
#include <lwip/ip4_frag.h>
#include <lwip/ip6_frag.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "tcpip/stack.h"
#include "tcpip/wfp_ip.h"

#define ASSEMBLIES 64u
#define BYTES (2u << 20)
#define LIFE_NS 60000000000ull
#define HEADER_MAX 60u
#define PACKET_MAX 65535u               /* a chain's length has 16 bits */

struct fragment {
    struct fragment *next;
    struct pbuf *p;                     /* its payload, without any header */
    uint32_t begin, end;
};

struct assembly {
    struct list node;                   /* by age */
    ip_addr_t from, to;
    uint32_t id;
    uint8_t protocol;
    uint8_t header[HEADER_MAX];
    unsigned header_size;               /* 0: the first fragment has not come */
    struct fragment *first;
    uint32_t bytes, total;              /* total 0: the last fragment has not come */
};

/* What a fragment says of itself. */
struct description {
    uint32_t id, begin;
    uint8_t protocol;
    bool more;
    const void *header;
    unsigned header_size;
};

static struct list assemblies = LIST_INIT(assemblies);
static unsigned assembly_count;
static uint32_t bytes_waiting;

static void expire(void *argument);

static void throw_away(struct assembly *a)
{
    struct fragment *next;

    for (struct fragment *f = a->first; f; f = next) {
        next = f->next;
        if (f->p)
            pbuf_free(f->p);
        free(f);
    }
    bytes_waiting -= a->bytes;
    assembly_count--;
    stack_cancel_timer(expire, a);
    list_remove(&a->node);
    free(a);
}

void reassembly_close(void)
{
    while (!list_empty(&assemblies))
        throw_away(list_first(&assemblies, struct assembly, node));
}

static bool put_header_back(struct assembly *a)
{
    struct pbuf *p = a->first->p;

    if (pbuf_add_header(p, a->header_size))
        return false;
    memcpy(p->payload, a->header, a->header_size);
    return true;
}

/* "Fragment reassembly time exceeded", when the first fragment is there to be quoted. */
static void expire(void *argument)
{
    struct assembly *a = argument;

    if (a->header_size && put_header_back(a)) {
        if (IP_IS_V6(&a->to))
            icmp6_time_exceeded_with_addrs(a->first->p, ICMP6_TE_FRAG, ip_2_ip6(&a->from), ip_2_ip6(&a->to));
        else
            icmp_time_exceeded(a->first->p, ICMP_TE_FRAG);
    }
    throw_away(a);
}

static struct assembly *find(const struct description *d)
{
    list_each(node, &assemblies) {
        struct assembly *a = container_of(node, struct assembly, node);
        if (a->id == d->id && (IP_IS_V6(&a->to) || a->protocol == d->protocol) &&
            ip_addr_cmp(&a->from, ip_current_src_addr()) && ip_addr_cmp(&a->to, ip_current_dest_addr()))
            return a;
    }
    return NULL;
}

static struct assembly *begin(const struct description *d, uint32_t size)
{
    while (assembly_count && (assembly_count == ASSEMBLIES || bytes_waiting + size > BYTES))
        throw_away(list_first(&assemblies, struct assembly, node));
    struct assembly *a = stack_calloc(sizeof *a);
    if (!a)
        return NULL;
    a->from = *ip_current_src_addr();
    a->to = *ip_current_dest_addr();
    a->id = d->id;
    a->protocol = d->protocol;
    list_push_back(&assemblies, &a->node);
    assembly_count++;
    stack_set_timer(LIFE_NS, expire, a);
    return a;
}

enum place { PLACED, REPEATED, BROKEN };

static enum place insert(struct assembly *a, struct fragment *f, bool more)
{
    struct fragment **at = &a->first;

    if ((!more && a->total && a->total != f->end) || (a->total && f->end > a->total))
        return BROKEN;
    while (*at && (*at)->end <= f->begin)
        at = &(*at)->next;
    if (*at && (*at)->begin == f->begin && (*at)->end == f->end)
        return REPEATED;
    if ((*at && (*at)->begin < f->end) || (!more && *at))
        return BROKEN;
    f->next = *at;
    *at = f;
    a->bytes += f->end - f->begin;
    bytes_waiting += f->end - f->begin;
    if (!more)
        a->total = f->end;
    return PLACED;
}

static struct pbuf *join(struct assembly *a)
{
    struct pbuf *whole;

    if (!a->total || a->bytes != a->total || !a->header_size)
        return NULL;
    if (a->header_size + a->total > PACKET_MAX || !put_header_back(a)) {
        throw_away(a);
        return NULL;
    }
    whole = a->first->p;
    a->first->p = NULL;
    for (struct fragment *f = a->first->next; f; f = f->next) {
        pbuf_cat(whole, f->p);
        f->p = NULL;
    }
    throw_away(a);
    return whole;
}

static void keep_header(struct assembly *a, const struct description *d)
{
    if (d->begin != 0)
        return;
    memcpy(a->header, d->header, d->header_size);
    a->header_size = d->header_size;
    a->protocol = d->protocol;
}

/* Takes the fragment, p at its payload. The whole packet when this was the last piece of it. */
static struct pbuf *take(struct pbuf *p, const struct description *d)
{
    struct fragment *f = stack_calloc(sizeof *f);
    struct assembly *a = find(d);

    if (!a && f)
        a = begin(d, p->tot_len);
    if (!a || !f || p->tot_len == 0 || (d->more && p->tot_len % 8) || d->begin + p->tot_len > PACKET_MAX) {
        free(f);
        pbuf_free(p);
        return NULL;
    }
    f->p = p;
    f->begin = d->begin;
    f->end = d->begin + p->tot_len;
    switch (insert(a, f, d->more)) {
    case PLACED:
        keep_header(a, d);
        return join(a);
    case BROKEN:
        throw_away(a);
        break;
    case REPEATED:
        break;
    }
    free(f);
    pbuf_free(p);
    return NULL;
}

/* lwIP goes on with the header length of the fragment that came last, so the whole gets a header without options. */
static void make_whole4(struct pbuf *p, unsigned last_header)
{
    struct ip_hdr *h = p->payload;

    if (IPH_HL_BYTES(h) > last_header) {
        memmove((char *)h + IPH_HL_BYTES(h) - last_header, h, last_header);
        pbuf_remove_header(p, IPH_HL_BYTES(h) - last_header);
        h = p->payload;
        IPH_VHL_SET(h, 4, last_header / 4);
    }
    IPH_OFFSET_SET(h, 0);
    IPH_LEN_SET(h, htons(p->tot_len));
    IPH_CHKSUM_SET(h, 0);
    IPH_CHKSUM_SET(h, inet_chksum(h, IPH_HL_BYTES(h)));
}

/* The whole packet is shown to the filters of its layer once more. */
static struct pbuf *reassembled(struct pbuf *whole, uint16_t layer)
{
    if (!whole || fwp_layer_is_empty(layer) || wfp_packet_in(whole, ip_current_input_netif(), WFP_IS_REASSEMBLED))
        return whole;
    pbuf_free(whole);
    return NULL;
}

struct pbuf *ip4_reass(struct pbuf *p)
{
    const struct ip_hdr *h = p->payload;
    unsigned size = IPH_HL_BYTES(h), field = ntohs(IPH_OFFSET(h));
    struct description d = { .id = IPH_ID(h), .begin = (field & IP_OFFMASK) * 8, .protocol = IPH_PROTO(h),
                             .more = field & IP_MF, .header = h, .header_size = size };

    if (!fwp_layer_is_empty(FWPS_LAYER_INBOUND_IPPACKET_V4) && !wfp_packet_in(p, ip_current_input_netif(), WFP_IS_FRAGMENT)) {
        pbuf_free(p);
        return NULL;
    }
    pbuf_remove_header(p, size);
    struct pbuf *whole = take(p, &d);
    if (whole && IPH_HL_BYTES((struct ip_hdr *)whole->payload) < size) {
        pbuf_free(whole);
        return NULL;
    }
    if (whole)
        make_whole4(whole, size);
    return reassembled(whole, FWPS_LAYER_INBOUND_IPPACKET_V4);
}

struct pbuf *ip6_reass(struct pbuf *p)
{
    const struct ip6_frag_hdr *h = p->payload;
    unsigned field = ntohs(h->_fragment_offset);
    struct description d = { .id = h->_identification, .begin = field & IP6_FRAG_OFFSET_MASK, .protocol = h->_nexth,
                             .more = field & IP6_FRAG_MORE_FLAG, .header = ip6_current_header(), .header_size = IP6_HLEN };

    pbuf_remove_header(p, IP6_FRAG_HLEN);
    struct assembly *a = find(&d);
    uint8_t protocol = d.begin == 0 || !a ? d.protocol : a->protocol;
    struct pbuf *whole = take(p, &d);
    if (whole) {
        struct ip6_hdr *fixed = whole->payload;
        fixed->_nexth = protocol;
        fixed->_plen = htons((u16_t)(whole->tot_len - IP6_HLEN));
    }
    return reassembled(whole, FWPS_LAYER_INBOUND_IPPACKET_V6);
}
