/* The routing table: longest prefix first, then the lowest sum of metrics, then the older route. Knows no interface. */
#ifndef TCPIP_ROUTE_TABLE_H
#define TCPIP_ROUTE_TABLE_H

#include "base/list.h"
#include "tcpip/ip.h"

enum route_owner {
    ROUTE_MANUAL,                       /* somebody added it */
    ROUTE_SYSTEM,                       /* goes with an address or interface */
    ROUTE_GATEWAY,                      /* of DHCP or the command line */
    ROUTE_ADVERTISED                    /* of a router's advertisement */
};

struct route {
    struct list node;
    struct ip_route row;                /* without the times */
    enum route_owner owner;
    struct ip_address owner_address;    /* ROUTE_SYSTEM: the address it goes with; family 0: the interface */
    uint64_t changed_ns, valid_until, preferred_until;
};

/* Clears the bits behind the prefix. */
void route_mask(struct ip_address *prefix, unsigned length);
bool route_matches(const struct ip_route *row, const struct ip_address *to);
struct route *route_find(struct list *table, const struct ip_route *key);
/* A copy in the table; NULL: no memory. */
struct route *route_insert(struct list *table, const struct ip_route *row, enum route_owner owner);
void route_remove(struct route *route);
/* interface_metric: UINT32_MAX when the route cannot be used now. index 0: any interface. NULL: no route. */
const struct route *route_lookup(const struct list *table, const struct ip_address *to, uint32_t index,
                                 uint32_t (*interface_metric)(const struct ip_route *row, void *context), void *context);
/* Order of tables: family, prefix, length, next hop, interface. */
int route_compare(const struct ip_route *a, const struct ip_route *b);

#endif
