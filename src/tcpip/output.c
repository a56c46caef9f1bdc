/* From an IP packet to a frame: the next hop of the path, and its link-layer address. */
#include <lwip/etharp.h>
#include <lwip/ethip6.h>
#include <lwip/priv/nd6_priv.h>
#include <netif/ethernet.h>
#include <string.h>

#include "tcpip/interface.h"
#include "tcpip/wfp_ip.h"

enum { PREFIX_SECONDS = 60 };
static bool put_there[LWIP_ND6_NUM_PREFIXES];

static err_t send_to(struct netif *netif, struct pbuf *p, const uint8_t *mac, u16_t type)
{
    struct eth_addr to;

    memcpy(to.addr, mac, 6);
    return ethernet_output(netif, p, (const struct eth_addr *)(const void *)netif->hwaddr, &to, type);
}

/* Who has a packet on a medium without link-layer addresses is the other end's business; talk between neighbours stays here. */
static err_t output_raw(struct netif *netif, struct pbuf *p, u16_t type)
{
    static const uint8_t nobody[6];

    return send_to(netif, p, nobody, type);
}

static bool is_neighbour_talk(const struct pbuf *p)
{
    enum { NEXT_HEADER = 6, HEADER = 40, LISTENER_QUERY = 130, REDIRECT = 137 };
    const uint8_t *packet = p->payload;

    return p->len > HEADER && packet[NEXT_HEADER] == IP6_NEXTH_ICMP6 && packet[HEADER] >= LISTENER_QUERY && packet[HEADER] <= REDIRECT;
}

static err_t output4(struct netif *netif, struct pbuf *p, const ip4_addr_t *dest)
{
    struct interface *interface = interface_of_netif(netif);
    struct ip_address to = ip_from4(dest->addr);

    if (!wfp_packet_out(netif, p, 4))
        return ERR_OK;
    if (interface->config.raw)
        return output_raw(netif, p, ETHTYPE_IP);
    if (ip4_addr_isbroadcast(dest, netif) || ip4_addr_ismulticast(dest))
        return etharp_output(netif, p, dest);
    const struct path *path = path_to(&to, interface);
    if (!path)
        return ERR_RTE;
    const uint8_t *mac = neighbour_permanent(interface, &path->next_hop);
    if (mac)
        return send_to(netif, p, mac, ETHTYPE_IP);
    ip4_addr_t hop = { ip_to4(&path->next_hop) };
    return etharp_query(netif, &hop, p);
}

/* lwIP asks the link only for addresses whose /64 it has on its prefix list; a route of ours may say more. */
void output_put_on_link(struct netif *netif, const ip6_addr_t *address)
{
    struct nd6_prefix_list_entry *free = NULL;

    if (ip6_addr_islinklocal(address))
        return;
    for (int n = 0; n < LWIP_IPV6_NUM_ADDRESSES; n++)
        if (ip6_addr_isvalid(netif_ip6_addr_state(netif, n)) && netif_ip6_addr_isstatic(netif, n) &&
            ip6_addr_netcmp(address, netif_ip6_addr(netif, n)))
            return;
    for (int i = 0; i < LWIP_ND6_NUM_PREFIXES; i++) {
        struct nd6_prefix_list_entry *e = &prefix_list[i];
        if (e->netif == netif && e->invalidation_timer && ip6_addr_netcmp(&e->prefix, address))
            return;
        if (!e->netif || !e->invalidation_timer || (free && free->netif && e->invalidation_timer < free->invalidation_timer))
            free = free && !free->netif ? free : e;
    }
    if (!free)
        return;
    memset(free, 0, sizeof *free);
    memcpy(free->prefix.addr, address->addr, 8);
    free->netif = netif;
    free->invalidation_timer = PREFIX_SECONDS;
    put_there[free - prefix_list] = true;
}

bool output_made_prefix(int n)
{
    return put_there[n] && prefix_list[n].invalidation_timer <= PREFIX_SECONDS;
}

static err_t output6(struct netif *netif, struct pbuf *p, const ip6_addr_t *dest)
{
    struct interface *interface = interface_of_netif(netif);
    struct ip_address to = ip_from6(dest);

    if (interface->config.raw && is_neighbour_talk(p))
        return ERR_OK;
    if (!wfp_packet_out(netif, p, 6))
        return ERR_OK;
    if (interface->config.raw)
        return output_raw(netif, p, ETHTYPE_IPV6);
    if (ip6_addr_ismulticast(dest))
        return ethip6_output(netif, p, dest);
    const struct path *path = path_to(&to, interface);
    if (!path)
        return ERR_RTE;
    const uint8_t *mac = neighbour_permanent(interface, &path->next_hop);
    if (mac)
        return send_to(netif, p, mac, ETHTYPE_IPV6);
    ip6_addr_t hop = ip_to6(&path->next_hop, netif);
    output_put_on_link(netif, &hop);
    err_t error = ethip6_output(netif, p, &hop);
    if (!neighbour_is_near(netif, &hop))
        neighbour_solicit(netif, &hop);
    return error;
}

void output_setup(struct netif *netif, struct interface *interface)
{
    netif->state = interface;
    netif->output = output4;
    netif->output_ip6 = output6;
    netif->mtu = (u16_t)interface->config.mtu;
    netif->hwaddr_len = 6;
    memcpy(netif->hwaddr, interface->config.mac, 6);
}
