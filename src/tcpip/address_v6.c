/* Follows lwIP, which makes, tests and expires IPv6 addresses by itself and keeps the lists of routers and prefixes. */
#include <lwip/nd6.h>
#include <lwip/priv/nd6_priv.h>
#include <string.h>

#include "tcpip/interface.h"

enum { ORIGIN_MANUAL = 1, ORIGIN_WELL_KNOWN = 2, ORIGIN_ADVERTISEMENT = 4, SUFFIX_LINK_LAYER = 4, SUFFIX_WELL_KNOWN = 2 };

static enum ip_dad state_of(u8_t state)
{
    if (ip6_addr_istentative(state))
        return IP_DAD_TENTATIVE;
    if (ip6_addr_isduplicated(state))
        return IP_DAD_DUPLICATE;
    if (ip6_addr_ispreferred(state))
        return IP_DAD_PREFERRED;
    return ip6_addr_isvalid(state) ? IP_DAD_DEPRECATED : IP_DAD_INVALID;
}

/* --- what is asked for -------------------------------------------------------------------------------------------------- */

enum ip_status address_v6_add(struct address *a)
{
    struct netif *netif = &a->interface->netif;
    ip6_addr_t address = ip_to6(&a->row.address, netif);
    s8_t slot;

    if (netif_add_ip6_address(netif, &address, &slot) != ERR_OK)
        return IP_NO_ROOM;
    a->slot = slot;
    netif_ip6_addr_set_valid_life(netif, slot, IP6_ADDR_LIFE_STATIC);
    netif_ip6_addr_set_pref_life(netif, slot, IP6_ADDR_LIFE_STATIC);
    if (a->row.state == IP_DAD_PREFERRED || a->interface == loopback_interface() || !a->interface->ip[1].dad_transmits)
        netif_ip6_addr_set_state(netif, slot, IP6_ADDR_PREFERRED);
    a->row.state = state_of(netif_ip6_addr_state(netif, slot));
    routes_of_address(a, true);
    return IP_OK;
}

void address_v6_remove(struct address *a)
{
    netif_ip6_addr_set_state(&a->interface->netif, a->slot, IP6_ADDR_INVALID);
}

void address_v6_set_lifetimes(struct address *a)
{
    /* The table's own timer watches them; lwIP must not end the address before. */
    netif_ip6_addr_set_valid_life(&a->interface->netif, a->slot, IP6_ADDR_LIFE_STATIC);
}

/* --- what lwIP did ------------------------------------------------------------------------------------------------------- */

static struct address *at_slot(struct interface *interface, int slot)
{
    list_each(it, &interface->addresses) {
        struct address *a = container_of(it, struct address, node);
        if (a->row.address.family == 6 && a->slot == slot)
            return a;
    }
    return NULL;
}

static void take_new(struct interface *interface, int slot, const struct ip_address *own, enum ip_dad state)
{
    bool link_local = ip_address_is_link_local(own), loopback = interface == loopback_interface();
    struct ip_unicast row = {
        .address = *own, .prefix_length = loopback ? 128 : 64, .state = state,
        .prefix_origin = link_local || loopback ? ORIGIN_WELL_KNOWN : ORIGIN_ADVERTISEMENT,
        .suffix_origin = loopback ? SUFFIX_WELL_KNOWN : SUFFIX_LINK_LAYER,
    };
    struct address *a = address_new(interface, &row);

    if (!a)
        return;                         /* the next look finds it again */
    a->slot = slot;
    a->automatic = true;
    routes_of_address(a, true);
    address_event(a, IP_ADDED);
}

static void follow_slot(struct interface *interface, int slot)
{
    u8_t raw = netif_ip6_addr_state(&interface->netif, slot);
    struct ip_address own = ip_from6(netif_ip6_addr(&interface->netif, slot));
    enum ip_dad state = state_of(raw);
    struct address *a = at_slot(interface, slot);

    if (a && (state == IP_DAD_INVALID || !ip_address_equal(&a->row.address, &own))) {
        address_free(a);
        a = NULL;
    }
    if (!a && state != IP_DAD_INVALID) {
        take_new(interface, slot, &own, state);
    } else if (a && a->row.state != state && !(a->row.state == IP_DAD_DEPRECATED && !a->automatic)) {
        a->row.state = state;
        address_event(a, IP_CHANGED);
    }
}

/* Routers are default routes, prefixes on the link are routes without a next hop. */
static void follow_advertised(struct interface *interface)
{
    struct ip_route routes[LWIP_ND6_NUM_ROUTERS + LWIP_ND6_NUM_PREFIXES];
    unsigned count = 0;

    for (int i = 0; i < LWIP_ND6_NUM_ROUTERS; i++) {
        const struct nd6_neighbor_cache_entry *n = default_router_list[i].neighbor_entry;
        if (n && n->netif == &interface->netif && default_router_list[i].invalidation_timer)
            routes[count++] = (struct ip_route){
                .prefix = { .family = 6 }, .next_hop = ip_from6(&n->next_hop_address), .index = interface->config.if_index,
            };
    }
    for (int i = 0; i < LWIP_ND6_NUM_PREFIXES; i++)
        if (prefix_list[i].netif == &interface->netif && prefix_list[i].invalidation_timer && !output_made_prefix(i))
            routes[count++] = (struct ip_route){
                .prefix = ip_from6(&prefix_list[i].prefix), .prefix_length = 64, .next_hop = { .family = 6 },
                .index = interface->config.if_index,
            };
    route_set_advertised(interface, routes, count);
}

void address_v6_follow(void)
{
    for (unsigned slot = 0; slot < INTERFACE_SLOTS; slot++) {
        struct interface *interface = interface_at(slot);
        if (!interface || !interface->bound)
            continue;
        for (int n = 0; n < LWIP_IPV6_NUM_ADDRESSES; n++)
            follow_slot(interface, n);
        follow_advertised(interface);
    }
}
