/* The multicast groups that the interfaces are members of. */
#include <lwip/igmp.h>
#include <lwip/mld6.h>
#include <string.h>

#include "tcpip/interface.h"

struct listing {
    struct ip_group *rows;
    size_t room, count;
};

static void append(struct listing *l, struct interface *interface, const struct ip_address *address)
{
    if (l->count++ < l->room)
        l->rows[l->count - 1] = (struct ip_group){ .address = *address, .index = interface->config.if_index };
}

static void list4(struct listing *l, struct interface *interface)
{
    for (struct igmp_group *g = netif_igmp_data(&interface->netif); g; g = g->next) {
        struct ip_address address = ip_from4(g->group_address.addr);
        append(l, interface, &address);
    }
}

/* Every node is in the all-nodes groups, without lwIP keeping them. */
static void list6(struct listing *l, struct interface *interface)
{
    static const struct ip_address all_nodes[] = { { 6, { 0xff, 1, [15] = 1 } }, { 6, { 0xff, 2, [15] = 1 } } };

    append(l, interface, &all_nodes[0]);
    append(l, interface, &all_nodes[1]);
    for (struct mld_group *g = netif_mld6_data(&interface->netif); g; g = g->next) {
        struct ip_address address = ip_from6(&g->group_address);
        append(l, interface, &address);
    }
}

size_t ip_list_groups(unsigned family, struct ip_group *rows, size_t room)
{
    struct listing listing = { rows, room, 0 };

    stack_enter();
    for (unsigned slot = 0; slot < INTERFACE_SLOTS; slot++) {
        struct interface *interface = interface_at(slot);
        if (!interface || !interface->bound)
            continue;
        if (family != 6)
            list4(&listing, interface);
        if (family != 4)
            list6(&listing, interface);
    }
    stack_leave();
    return listing.count;
}
