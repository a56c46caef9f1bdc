/* Which way a destination goes: a cache over the routing table, and the functions that lwIP asks.
 *
 * 1. A path is valid while its generation is the current one; every change of routes, addresses, links or settings starts a
 *    new generation. So a hit is one comparison, and nothing is ever stale.
 * 2. A path that is asked for a given interface is another path than the best one.
 * 3. lwIP's own ip4_route, ip6_route and ip6_select_source_address are never called: the library binds these names to the
 *    ones below (docs/design/tcpip.md). */
#include <lwip/ip.h>
#include <lwip/ip4.h>
#include <lwip/ip6.h>
#include <string.h>

#include "base/util.h"
#include "tcpip/address_select.h"
#include "tcpip/interface.h"

#define PATHS 256u

static struct path paths[PATHS];
static uint32_t generation = 1;

void paths_invalidate(void)
{
    generation++;
}

static struct path *slot_of(const struct ip_address *to, uint32_t asked)
{
    uint32_t words[4];

    memcpy(words, to->bytes, sizeof words);
    uint32_t hash = (words[0] ^ words[1] * 3 ^ words[2] * 5 ^ words[3] * 7 ^ asked << 16) * 2654435761u;
    return &paths[hash >> 24];
}

static bool find_path(struct path *path, const struct ip_address *to, struct interface *only)
{
    const struct ip_route *route = route_pick(to, only ? only->config.if_index : 0);

    if (!route)
        return false;
    struct interface *interface = interface_of_index(route->index);
    struct ip_address hop = ip_address_is_zero(&route->next_hop) ? *to : route->next_hop;
    struct netif *netif = &interface->netif;
    if (to->family == 4) {
        struct netif *own = address_netif4(ip_to4(to));
        struct address *a = address_for4(interface, &hop);
        netif = own && interface_of_netif(own) == interface ? own : a ? a->netif : NULL;
    }
    *path = (struct path){
        .destination = *to, .next_hop = hop, .asked = only ? only->config.if_index : 0, .interface = interface,
        .netif = netif, .generation = generation,
    };
    return netif != NULL;
}

const struct path *path_to(const struct ip_address *to, struct interface *only)
{
    uint32_t asked = only ? only->config.if_index : 0;
    struct path *path = slot_of(to, asked);

    if (path->generation == generation && path->asked == asked && ip_address_equal(&path->destination, to))
        return path;
    if (!find_path(path, to, only)) {
        path->generation = 0;
        return NULL;
    }
    return path;
}

/* --- what lwIP asks -------------------------------------------------------------------------------------------------------- */

/* A packet that came in and is not for us goes on only when the interface it came from forwards. */
static bool may_forward(unsigned family)
{
    struct interface *in = interface_arriving();        /* lwIP notes its own only later */

    return in && in->ip[family == 6].forwarding;
}

struct netif *ip4_route(const ip4_addr_t *dest)
{
    if (dest == ip4_current_dest_addr() && !may_forward(4))
        return NULL;
    struct ip_address to = ip_from4(dest->addr);
    const struct path *path = path_to(&to, NULL);
    return path ? path->netif : NULL;
}

static struct netif *owner_of6(const ip6_addr_t *address)
{
    for (unsigned slot = 0; slot < INTERFACE_SLOTS; slot++) {
        struct interface *interface = interface_at(slot);
        for (int n = 0; interface && interface->bound && n < LWIP_IPV6_NUM_ADDRESSES; n++)
            if (ip6_addr_isvalid(netif_ip6_addr_state(&interface->netif, n)) &&
                ip6_addr_cmp_zoneless(netif_ip6_addr(&interface->netif, n), address))
                return &interface->netif;
    }
    return NULL;
}

struct netif *ip6_route(const ip6_addr_t *src, const ip6_addr_t *dest)
{
    struct ip_address to = ip_from6(dest);
    struct netif *netif = NULL;

    if (dest == ip6_current_dest_addr() && !may_forward(6))
        return NULL;
    if (ip6_addr_has_zone(dest)) {
        netif = netif_get_by_index(ip6_addr_zone(dest));
        return netif && interface_is_up(interface_of_netif(netif)) ? netif : NULL;
    }
    if (!ip6_addr_isany(src) && (ip6_addr_ismulticast(dest) || ip6_addr_islinklocal(dest)))
        netif = owner_of6(src);
    if (netif && interface_is_up(interface_of_netif(netif)))
        return netif;
    const struct path *path = path_to(&to, NULL);
    return path ? path->netif : NULL;
}

const ip_addr_t *ip6_select_source_address(struct netif *netif, const ip6_addr_t *dest)
{
    struct interface *interface = interface_of_netif(netif);
    struct select_source candidates[LWIP_IPV6_NUM_ADDRESSES];
    int slots[LWIP_IPV6_NUM_ADDRESSES];
    struct ip_address to = ip_from6(dest);

    for (int skip = 0; skip < 2; skip++) {      /* an address to be skipped is better than none */
        size_t count = 0;
        for (int n = 0; n < LWIP_IPV6_NUM_ADDRESSES; n++) {
            if (!ip6_addr_isvalid(netif_ip6_addr_state(netif, n)))
                continue;
            struct ip_address own = ip_from6(netif_ip6_addr(netif, n));
            struct address *a = address_find(interface, &own);
            if (a && (a->row.anycast || (a->row.skip_as_source && !skip)))
                continue;
            slots[count] = n;
            candidates[count++] = (struct select_source){
                .address = own, .index = interface->config.if_index, .prefix_length = a ? a->row.prefix_length : 64,
                .deprecated = !ip6_addr_ispreferred(netif_ip6_addr_state(netif, n)),
            };
        }
        size_t best = select_source(candidates, count, &to, interface->config.if_index);
        if (best < count)
            return netif_ip_addr6(netif, slots[best]);
    }
    return NULL;
}

/* --- the table for others ---------------------------------------------------------------------------------------------------- */

static struct ip_path visible(const struct path *p)
{
    struct ip_path row = {
        .destination = p->destination, .next_hop = p->next_hop, .index = p->interface->config.if_index,
        .mtu = p->interface->ip[p->destination.family == 6].mtu, .reachable = true,
    };

    if (p->destination.family == 4) {
        row.source = ip_from4(netif_ip4_addr(p->netif)->addr);
    } else {
        ip6_addr_t to = ip_to6(&p->destination, p->netif);
        const ip_addr_t *source = ip6_select_source_address(p->netif, &to);
        row.source = source ? ip_from6(ip_2_ip6(source)) : (struct ip_address){ .family = 6 };
    }
    return row;
}

size_t ip_list_paths(unsigned family, struct ip_path *rows, size_t room)
{
    size_t count = 0;

    stack_enter();
    for (unsigned n = 0; n < PATHS; n++) {
        const struct path *p = &paths[n];
        if (p->generation != generation || p->asked || (family && p->destination.family != family) ||
            ip_address_is_multicast(&p->destination))
            continue;
        if (count++ < room)
            rows[count - 1] = visible(p);
    }
    stack_leave();
    return count;
}

void ip_flush_paths(unsigned family)
{
    stack_enter();
    for (unsigned n = 0; n < PATHS; n++)
        if (!family || paths[n].destination.family == family)
            paths[n].generation = 0;
    stack_leave();
}
