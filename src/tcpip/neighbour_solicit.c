/* Neighbour solicitations for IPv6 addresses outside our own /64 prefixes: lwIP sends none, because it looks for an own address
 * beside the target to send from. docs: RFC 4861 section 4.3 */
#include <lwip/icmp6.h>
#include <lwip/inet_chksum.h>
#include <lwip/ip6.h>
#include <lwip/priv/nd6_priv.h>
#include <lwip/prot/nd6.h>
#include <string.h>

#include "tcpip/interface.h"

enum { NS_SIZE = 32, TARGET = 8, OPTION = 24, HOP_LIMIT = 255 };

bool neighbour_is_near(struct netif *netif, const ip6_addr_t *address)
{
    if (ip6_addr_islinklocal(address))
        return true;
    for (int n = 0; n < LWIP_IPV6_NUM_ADDRESSES; n++)
        if (ip6_addr_isvalid(netif_ip6_addr_state(netif, n)) && ip6_addr_netcmp(netif_ip6_addr(netif, n), address))
            return true;
    return false;
}

static bool is_known(struct netif *netif, const ip6_addr_t *address)
{
    for (int i = 0; i < LWIP_ND6_NUM_NEIGHBORS; i++) {
        const struct nd6_neighbor_cache_entry *e = &neighbor_cache[i];
        if (e->netif == netif && e->state > ND6_INCOMPLETE && e->state != ND6_PROBE && ip6_addr_cmp(&e->next_hop_address, address))
            return true;
    }
    return false;
}

void neighbour_solicit(struct netif *netif, const ip6_addr_t *target)
{
    const ip_addr_t *source = ip6_select_source_address(netif, target);
    struct pbuf *p = source && !is_known(netif, target) ? pbuf_alloc(PBUF_IP, NS_SIZE, PBUF_RAM) : NULL;
    ip6_addr_t group;

    if (!p)
        return;
    uint8_t *ns = p->payload;
    memset(ns, 0, NS_SIZE);
    ns[0] = ICMP6_TYPE_NS;
    memcpy(ns + TARGET, target->addr, 16);
    ns[OPTION] = ND6_OPTION_TYPE_SOURCE_LLADDR;
    ns[OPTION + 1] = 1;
    memcpy(ns + OPTION + 2, netif->hwaddr, 6);
    ip6_addr_set_solicitednode(&group, target->addr[3]);
    ip6_addr_assign_zone(&group, IP6_MULTICAST, netif);
    u16_t sum = ip6_chksum_pseudo(p, IP6_NEXTH_ICMP6, NS_SIZE, ip_2_ip6(source), &group);
    memcpy(ns + 2, &sum, 2);
    ip6_output_if(p, ip_2_ip6(source), &group, HOP_LIMIT, 0, IP6_NEXTH_ICMP6, netif);
    pbuf_free(p);
}
