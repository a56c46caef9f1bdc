/* Which source address speaks to a destination, and which destination is tried first: the rules of RFC 6724 over addresses in
 * IPv6 form (an IPv4 address as ::ffff:a.b.c.d). Knows no interface. docs: RFC 6724 */
#ifndef TCPIP_ADDRESS_SELECT_H
#define TCPIP_ADDRESS_SELECT_H

#include "tcpip/ip.h"

/* An own address that could be the source. */
struct select_source {
    struct ip_address address;
    uint32_t index;
    uint8_t prefix_length;
    bool deprecated, random;            /* random: a temporary address */
};

struct select_pair {
    struct ip_address source, destination;      /* source.family 0: there is none */
    bool source_deprecated;
    uint8_t source_prefix_length;
};

/* RFC 6724 section 2.1: precedence and label. */
unsigned select_precedence(const struct ip_address *address);
unsigned select_label(const struct ip_address *address);
unsigned select_scope(const struct ip_address *address);
/* True when `a` is a better source than `b` for packets that leave through `index` (section 5). */
bool select_better_source(const struct select_source *a, const struct select_source *b, const struct ip_address *to,
                          uint32_t index);
/* Of `count`, the best of the destination's family; count: none is. */
size_t select_source(const struct select_source *list, size_t count, const struct ip_address *to, uint32_t index);
/* Less than 0: `a` is tried before `b` (section 6); 0: as they were given. */
int select_compare(const struct select_pair *a, const struct select_pair *b);

#endif
