/* Multicast groups. lwIP counts how often a group is joined on an interface and speaks IGMP and MLD; which endpoint is a
 * member is kept here, because a datagram goes to members only. */
#include "tcpip/datagram_internal.h"

#include <lwip/igmp.h>
#include <lwip/ip.h>
#include <lwip/mld6.h>
#include <stdlib.h>
#include <string.h>

#include "tcpip/interfaces.h"

struct membership {
    struct list node;
    struct tcpip_address group;
    unsigned interface;
};

static bool same_group(const struct tcpip_address *a, const struct tcpip_address *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, a->family == 4 ? 4 : 16) == 0;
}

static struct membership *find(const struct tcpip_datagram *d, const struct tcpip_address *group, unsigned interface)
{
    list_each(node, &d->memberships) {
        struct membership *m = container_of(node, struct membership, node);
        if (same_group(&m->group, group) && (!interface || m->interface == interface))
            return m;
    }
    return NULL;
}

/* All hosts are members of these, whoever joins. */
static bool every_host(const struct tcpip_address *group)
{
    static const uint8_t all4[4] = { 224, 0, 0, 1 }, all6[16] = { 0xff, 2, [15] = 1 };

    return memcmp(group->bytes, group->family == 4 ? all4 : all6, group->family == 4 ? 4 : 16) == 0;
}

bool datagram_is_member(const struct tcpip_datagram *d, const struct tcpip_address *group, unsigned interface)
{
    return every_host(group) || find(d, group, interface) != NULL;
}

static err_t lwip_group(const struct membership *m, bool join)
{
    struct netif *netif = interface_netif(m->interface);
    ip_addr_t ip = to_lwip(&m->group);

    if (!netif)
        return ERR_IF;
    if (!IP_IS_V6(&ip))
        return join ? igmp_joingroup_netif(netif, ip_2_ip4(&ip)) : igmp_leavegroup_netif(netif, ip_2_ip4(&ip));
    ip6_addr_assign_zone(ip_2_ip6(&ip), IP6_MULTICAST, netif);
    return join ? mld6_joingroup_netif(netif, ip_2_ip6(&ip)) : mld6_leavegroup_netif(netif, ip_2_ip6(&ip));
}

static unsigned choose_interface(const struct tcpip_address *group)
{
    ip_addr_t to = to_lwip(group), from = group->family == 6 ? *IP6_ADDR_ANY : *IP4_ADDR_ANY;

    return interface_of(ip_route(&from, &to));
}

static NTSTATUS join(struct tcpip_datagram *d, const struct tcpip_address *group, unsigned interface)
{
    ip_addr_t ip = to_lwip(group);

    if (!ip_addr_ismulticast(&ip) || (d->family && d->family != group->family))
        return STATUS_INVALID_ADDRESS_COMPONENT;
    if (!interface)
        interface = choose_interface(group);
    if (!interface_netif(interface))
        return STATUS_INVALID_ADDRESS_COMPONENT;
    if (find(d, group, interface))
        return STATUS_INVALID_PARAMETER;
    struct membership *m = stack_calloc(sizeof *m);
    if (!m)
        return STATUS_INSUFFICIENT_RESOURCES;
    m->group = *group;
    m->interface = interface;
    if (lwip_group(m, true) != ERR_OK) {
        free(m);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    list_push_back(&d->memberships, &m->node);
    return STATUS_SUCCESS;
}

static void leave(struct membership *m)
{
    lwip_group(m, false);
    list_remove(&m->node);
    free(m);
}

NTSTATUS tcpip_datagram_join(struct tcpip_datagram *d, const struct tcpip_address *group, unsigned interface)
{
    struct tcpip_address address = address_unmapped(group);

    stack_enter();
    NTSTATUS status = join(d, &address, interface);
    stack_leave();
    return status;
}

NTSTATUS tcpip_datagram_leave(struct tcpip_datagram *d, const struct tcpip_address *group, unsigned interface)
{
    struct tcpip_address address = address_unmapped(group);

    stack_enter();
    struct membership *m = find(d, &address, interface);
    if (m)
        leave(m);
    stack_leave();
    return m ? STATUS_SUCCESS : STATUS_INVALID_ADDRESS_COMPONENT;
}

void datagram_leave_all(struct tcpip_datagram *d)
{
    while (!list_empty(&d->memberships))
        leave(list_first(&d->memberships, struct membership, node));
}

/* A card that comes back knows nothing of the groups it was in. */
void sockets_interface_came(unsigned interface)
{
    list_each(node, datagram_list()) {
        struct tcpip_datagram *d = container_of(node, struct tcpip_datagram, node);
        list_each(other, &d->memberships) {
            struct membership *m = container_of(other, struct membership, node);
            if (m->interface == interface)
                lwip_group(m, true);
        }
    }
}
