/* One lwIP network interface for each NDIS binding.
 *
 * A slot keeps its number, settings and counters for the life of the computer; attach fills the first slot without a
 * binding that had the same adapter name before, else a new one. */
#include <assert.h>
#include <arpa/inet.h>
#include <lwip/ip.h>
#include <lwip/mld6.h>
#include <lwip/prot/ethernet.h>
#include <lwip/prot/ip4.h>
#include <lwip/prot/ip6.h>
#include <netif/ethernet.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "nt/ke.h"
#include "tcpip/interface.h"
#include "tcpip/interfaces.h"
#include "tcpip/socket.h"
#include "tcpip/lwip_address.h"

struct setting {
    bool is_static;
    uint32_t address, mask, gateway;
};

static struct interface interfaces[TCPIP_MAX_INTERFACES];
static struct setting settings[TCPIP_MAX_INTERFACES];
static struct interface *arriving;      /* whose packet lwIP has in hand */
static unsigned arriving_segments;

/* --- out ---------------------------------------------------------------------------------------------------- */

static bool is_ip(const uint8_t *frame)
{
    unsigned type = frame[12] << 8 | frame[13];

    return type == ETHTYPE_IP || type == ETHTYPE_IPV6;
}

/* Of what the stack calls a frame, the bytes that are on no wire. */
static size_t unsent_header(const struct interface *i)
{
    return i->config.raw ? SIZEOF_ETH_HDR : 0;
}

/* Room for the frame at `head`, of which *skip bytes are sent already. */
static uint8_t *reserve(struct interface *i, const void *head, size_t seen, size_t size, size_t *skip)
{
    uint8_t *room = NULL;

    if (i->config.raw && !is_ip(head))
        return NULL;
    if (i->bound && size <= i->config.mtu + 14u + 4u)
        room = protocol_reserve_frame(i->config.binding, head, seen, size, skip);
    if (!room) {
        i->stats.tx_dropped++;
        return NULL;
    }
    i->stats.tx_frames++;
    i->stats.tx_bytes += size - unsent_header(i);
    return room;
}

static err_t link_output(struct netif *netif, struct pbuf *p)
{
    size_t skip;
    uint8_t *room = reserve(netif->state, p->payload, p->len, p->tot_len, &skip);

    if (!room)
        return ERR_MEM;
    pbuf_copy_partial(p, room, (u16_t)(p->tot_len - skip), (u16_t)skip);
    return ERR_OK;
}

bool interface_send_frame(struct interface *i, const void *frame, size_t size)
{
    size_t skip;
    uint8_t *room = reserve(i, frame, size, size, &skip);

    if (room)
        memcpy(room, (const uint8_t *)frame + skip, size - skip);
    return room != NULL;
}

static err_t igmp_filter(struct netif *netif, const ip4_addr_t *group, enum netif_mac_filter_action action)
{
    const uint8_t *g = (const uint8_t *)&group->addr;
    uint8_t mac[6] = { 0x01, 0x00, 0x5e, g[1] & 0x7f, g[2], g[3] };
    struct interface *i = netif->state;

    protocol_multicast(i->config.binding, mac, action == NETIF_ADD_MAC_FILTER);
    return ERR_OK;
}

static err_t mld_filter(struct netif *netif, const ip6_addr_t *group, enum netif_mac_filter_action action)
{
    const uint8_t *g = (const uint8_t *)group->addr;
    uint8_t mac[6] = { 0x33, 0x33, g[12], g[13], g[14], g[15] };
    struct interface *i = netif->state;

    protocol_multicast(i->config.binding, mac, action == NETIF_ADD_MAC_FILTER);
    return ERR_OK;
}

static err_t netif_setup(struct netif *netif)
{
    struct interface *i = netif->state;

    netif->num = (u8_t)(i - interfaces);
    netif->name[0] = 'e';
    netif->name[1] = 'n';
    output_setup(netif, i);
    netif->linkoutput = link_output;
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
    if (i->config.raw)
        return ERR_OK;
    netif->flags |= NETIF_FLAG_IGMP | NETIF_FLAG_MLD6;
    netif_set_igmp_mac_filter(netif, igmp_filter);
    netif_set_mld_mac_filter(netif, mld_filter);
    return ERR_OK;
}

/* --- addresses ---------------------------------------------------------------------------------------------- */

static void dhcp_timer(void *argument)
{
    struct interface *i = argument;

    dhcp_tick(&i->dhcp, ke_now());
    if (i->dhcp.due_ns != UINT64_MAX)
        stack_set_timer(i->dhcp.due_ns > ke_now() ? i->dhcp.due_ns - ke_now() : 0, dhcp_timer, i);
}

static bool dhcp_send(struct dhcp *dhcp, const void *frame, size_t size)
{
    return interface_send_frame(dhcp->context, frame, size);
}

static void dhcp_configured(struct dhcp *dhcp, uint32_t address, uint32_t mask, uint32_t gateway)
{
    addresses_set_first(dhcp->context, address, mask, gateway, true);
}

static void start_addresses(struct interface *i)
{
    struct setting *s = &settings[i - interfaces];

    dhcp_stop(&i->dhcp);
    stack_cancel_timer(dhcp_timer, i);
    if (s->is_static) {
        addresses_set_first(i, s->address, s->mask, s->gateway, false);
    } else if (netif_is_link_up(&i->netif) && !i->config.raw) {
        dhcp_start(&i->dhcp, stack_random(), ke_now());
        dhcp_timer(i);
    }
}

static bool parse_setting(const char *text, struct setting *s)
{
    char copy[96], *slash, *comma;
    struct tcpip_address a, g = { 0 };

    snprintf(copy, sizeof copy, "%s", text);
    if ((comma = strchr(copy, ',')))
        *comma++ = 0;
    slash = strchr(copy, '/');
    char *end = NULL;
    if (slash)
        *slash++ = 0;
    unsigned long length = slash ? strtoul(slash, &end, 10) : 0;
    if (!slash || end == slash || *end || length > 32)
        return error_set("'%s' is not ADDRESS/LENGTH with a length of 0 to 32", text);
    if (!tcpip_parse_address(copy, &a) || (comma && !tcpip_parse_address(comma, &g)))
        return false;
    if (a.family != 4 || a.port || (comma && (g.family != 4 || g.port)))
        return error_set("'%s': a static address is IPv4; IPv6 addresses come from the network", text);
    *s = (struct setting){ .is_static = true, .mask = length ? htonl(0xffffffffu << (32 - length)) : 0 };
    memcpy(&s->address, a.bytes, 4);
    memcpy(&s->gateway, g.bytes, 4);
    return true;
}

bool tcpip_set_address(unsigned number, const char *text)
{
    struct setting s = { 0 };

    if (number >= TCPIP_MAX_INTERFACES)
        return error_set("at most %d network interfaces", TCPIP_MAX_INTERFACES);
    if (text && !parse_setting(text, &s))
        return false;
    settings[number] = s;
    if (stack_is_open() && interfaces[number].bound) {
        stack_enter();
        start_addresses(&interfaces[number]);
        stack_leave();
    }
    return true;
}

/* --- in ----------------------------------------------------------------------------------------------------- */

/* Strong host: a packet for an address of another interface is not for us, unless the setting says so. */
static bool belongs_elsewhere(struct interface *i, unsigned family, const uint8_t *to)
{
    struct ip_address address = { .family = (uint8_t)family };

    memcpy(address.bytes, to, family == 4 ? 4 : 16);
    if (i->ip[family == 6].weak_receive || i->ip[family == 6].forwarding || address_find(i, &address) ||
        ip_address_is_link_local(&address))
        return false;
    for (unsigned slot = 0; slot < INTERFACE_SLOTS; slot++)
        if (interface_at(slot) && interface_at(slot) != i && address_find(interface_at(slot), &address))
            return true;
    return false;
}

/* Which of the interface's netifs takes a frame; NULL: none. */
static struct netif *choose_netif(struct interface *i, const uint8_t *frame, size_t size)
{
    enum { TYPE = 12, HEADER = 14, IPV4_TO = 16, IPV6_TO = 24 };
    unsigned type = frame[TYPE] << 8 | frame[TYPE + 1];

    if (type == ETHTYPE_ARP)
        return dad_see_arp(i, frame + HEADER, size - HEADER);
    if ((type == ETHTYPE_IP && size >= HEADER + IP_HLEN && belongs_elsewhere(i, 4, frame + HEADER + IPV4_TO)) ||
        (type == ETHTYPE_IPV6 && size >= HEADER + IP6_HLEN && belongs_elsewhere(i, 6, frame + HEADER + IPV6_TO)))
        return NULL;
    return &i->netif;
}

static void gather(uint8_t *to, size_t total, const struct iovec *parts, int count)
{
    size_t at = 0;

    for (int k = 0; k < count && at < total; k++) {
        size_t n = parts[k].iov_len < total - at ? parts[k].iov_len : total - at;
        memcpy(to + at, parts[k].iov_base, n);
        at += n;
    }
}

/* TCP segments put together, an IP datagram of up to 65535 bytes: as lwIP's packets are no longer than that, the Ethernet header
 * lies before the packet. */
static bool coalesced_input(struct interface *i, const struct iovec *parts, int count, size_t total, const struct arrival *how)
{
    bool fits = total >= SIZEOF_ETH_HDR + 40 && total <= SIZEOF_ETH_HDR + UINT16_MAX;   /* the least: IPv4 and TCP headers */
    struct pbuf *p = fits ? pbuf_alloc(PBUF_LINK, (u16_t)(total - SIZEOF_ETH_HDR), PBUF_RAM) : NULL;
    struct netif *netif;

    if (!p) {
        i->stats.rx_dropped++;
        return false;
    }
    uint8_t *frame = (uint8_t *)p->payload - SIZEOF_ETH_HDR;
    gather(frame, total, parts, count);
    p->if_idx = netif_get_index(&i->netif);
    netif = choose_netif(i, frame, total);
    if (how->sum_missing)
        coalesced_sums(p->payload, p->tot_len);
    arriving = i;
    arriving_segments = how->segments;
    checksum_trust(p);
    if (!netif || ip_input(p, netif) != ERR_OK) {
        pbuf_free(p);
        i->stats.rx_dropped++;
    }
    arriving = NULL;
    arriving_segments = 0;
    checksum_trust(NULL);
    return true;
}

bool interface_input(struct interface *i, const struct iovec *parts, int count, size_t total, const struct arrival *how)
{
    if (!i->bound || total < 14 || (total > TCPIP_FRAME_MAX && !how->segments)) {
        i->stats.rx_dropped++;
        return false;
    }
    i->stats.rx_frames++;
    i->stats.rx_bytes += total - unsent_header(i);
    if (how->segments)
        return coalesced_input(i, parts, count, total, how);
    struct pbuf *p = pbuf_alloc(PBUF_RAW, (u16_t)total, PBUF_RAM);
    if (!p) {
        i->stats.rx_dropped++;
        return false;
    }
    gather(p->payload, total, parts, count);
    if (i->dhcp.state != DHCP_OFF && dhcp_input(&i->dhcp, p->payload, total, ke_now())) {
        dhcp_timer(i);
        pbuf_free(p);
        return true;
    }
    struct netif *netif = choose_netif(i, p->payload, total);
    arriving = i;
    checksum_trust(how->checked ? p : NULL);
    if (!netif || netif->input(p, netif) != ERR_OK) {
        pbuf_free(p);
        i->stats.rx_dropped++;
    }
    arriving = NULL;
    checksum_trust(NULL);
    return true;
}

/* --- life --------------------------------------------------------------------------------------------------- */

static struct interface *find_slot(const char *name)
{
    for (unsigned n = 0; n < TCPIP_MAX_INTERFACES; n++)
        if (interfaces[n].known && !interfaces[n].bound && strcmp(interfaces[n].config.name, name) == 0)
            return &interfaces[n];
    for (unsigned n = 0; n < TCPIP_MAX_INTERFACES; n++)
        if (!interfaces[n].known)
            return &interfaces[n];
    return NULL;
}

static void set_link(struct interface *i, bool up)
{
    if (up == !!netif_is_link_up(&i->netif))
        return;
    if (up)
        netif_set_link_up(&i->netif);
    else
        netif_set_link_down(&i->netif);
    addresses_link(i, up);
    start_addresses(i);
    ip_interface_event(i, IP_CHANGED);
    stack_notify_change();
}

bool interface_take_packet(struct interface *i, struct pbuf *p)
{
    struct interface *outer = arriving;

    arriving = i == loopback_interface() ? NULL : i;
    bool taken = ip_input(p, &i->netif) == ERR_OK;
    arriving = outer;
    return taken;
}

struct interface *interface_arriving(void)
{
    return arriving;
}

unsigned interface_arriving_segments(void)
{
    return arriving_segments;
}

struct interface *interface_at(unsigned slot)
{
    if (slot == LOOPBACK_SLOT)
        return loopback_interface()->known ? loopback_interface() : NULL;
    return slot < TCPIP_MAX_INTERFACES && interfaces[slot].known ? &interfaces[slot] : NULL;
}

/* Of those that are there now. */
struct interface *interface_of_index(uint32_t index)
{
    for (unsigned slot = 0; slot < INTERFACE_SLOTS; slot++) {
        struct interface *i = interface_at(slot);
        if (i && i->bound && i->config.if_index == index)
            return i;
    }
    return NULL;
}

struct interface *interface_attach(const struct interface_config *config)
{
    struct interface *i = find_slot(config->name);
    ip4_addr_t none = { 0 };

    if (!i)
        return NULL;
    stack_enter();
    memset(&i->netif, 0, sizeof i->netif);
    i->config = *config;
    i->known = i->bound = true;
    addresses_init(i);
    i->speed = config->speed;
    settings_reset(i);
    i->dhcp = (struct dhcp){ .send = dhcp_send, .configured = dhcp_configured, .context = i, .due_ns = UINT64_MAX };
    memcpy(i->dhcp.mac, config->mac, 6);
    netif_add(&i->netif, &none, &none, &none, i, netif_setup, ethernet_input);
    i->netif.num = (u8_t)(i - interfaces);
    netif_create_ip6_linklocal_address(&i->netif, 1);
    netif_set_ip6_autoconfig_enabled(&i->netif, !config->raw);
    if (config->raw)                    /* there is nobody who could have the address, too */
        netif_ip6_addr_set_state(&i->netif, 0, IP6_ADDR_PREFERRED);
    if (!netif_default)
        netif_set_default(&i->netif);
    /* All IPv6 nodes: every node is a member, so lwIP does not ask for it. */
    if (!config->raw)
        protocol_multicast(config->binding, (const uint8_t[]){ 0x33, 0x33, 0, 0, 0, 1 }, true);
    netif_set_up(&i->netif);
    routes_of_interface(i, true);
    address_v6_follow();
    sockets_interface_came(interface_of(&i->netif));
    start_addresses(i);
    ip_interface_event(i, IP_ADDED);
    stack_leave();
    return i;
}

void interface_detach(struct interface *i)
{
    stack_enter();
    if (i->bound) {
        dhcp_stop(&i->dhcp);
        stack_cancel_timer(dhcp_timer, i);
        addresses_remove_all(i);
        routes_of_interface(i, false);
        neighbours_forget(i);
        netif_set_down(&i->netif);
        netif_remove(&i->netif);
        loopback_forget(&i->netif);
        ip_interface_event(i, IP_DELETED);
        i->bound = false;
        i->config.binding = NULL;
        if (!netif_default && netif_list)
            netif_set_default(netif_list);
        stack_notify_change();
    }
    stack_leave();
}

void interface_link(struct interface *i, bool up, uint64_t bits_per_second)
{
    stack_enter();
    if (i->bound) {
        settings_speed(i, bits_per_second);
        set_link(i, up);
    }
    stack_leave();
}

const uint8_t *interface_mac(const struct interface *i)
{
    return i->config.mac;
}

struct tcpip_stats *interface_stats(struct interface *i)
{
    return &i->stats;
}

void interface_close_all(void)
{
    for (unsigned n = 0; n < TCPIP_MAX_INTERFACES; n++)
        if (interfaces[n].bound)
            interface_detach(&interfaces[n]);
    memset(interfaces, 0, sizeof interfaces);
    memset(settings, 0, sizeof settings);
}

/* --- by number ------------------------------------------------------------------------------------------------ */

struct netif *interface_netif(unsigned interface)
{
    struct interface *i = interface > 0 && interface <= INTERFACE_SLOTS ? interface_at(interface - 1) : NULL;

    return i && i->bound ? &i->netif : NULL;
}

unsigned interface_of(const struct netif *netif)
{
    for (unsigned slot = 0; netif && netif->state && slot < INTERFACE_SLOTS; slot++)
        if (interface_at(slot) == netif->state)
            return slot + 1;
    return 0;
}

uint32_t tcpip_interface_index(unsigned interface)
{
    struct interface *i = interface ? interface_at(interface - 1) : NULL;

    return i && i->bound ? i->config.if_index : 0;
}

unsigned tcpip_interface_of_index(uint32_t index)
{
    struct interface *i = index ? interface_of_index(index) : NULL;

    return i ? interface_of(&i->netif) : 0;
}

uint8_t interface_lwip_index(unsigned interface)
{
    struct netif *netif = interface_netif(interface);

    return netif ? netif_get_index(netif) : NETIF_NO_INDEX;
}

/* --- questions ---------------------------------------------------------------------------------------------- */

static void query_addresses(struct interface *i, struct tcpip_interface_info *info)
{
    static const struct ip_address any = { .family = 4 };
    struct netif *netif = &i->netif;
    struct address *added = ip4_addr_isany(netif_ip4_addr(netif)) ? address_for4(i, &any) : NULL;
    unsigned n = 0;

    info->configured = !ip4_addr_isany(netif_ip4_addr(netif));
    info->ipv4_prefix = (uint8_t)__builtin_popcount(netif_ip4_netmask(netif)->addr);
    if (info->configured)
        info->ipv4 = from_lwip(netif_ip_addr4(netif), 0);
    if (added) {                        /* by the IP Helper, and no other */
        info->configured = true;
        info->ipv4 = from_lwip(netif_ip_addr4(added->netif), 0);
        info->ipv4_prefix = added->row.prefix_length;
    }
    if (!ip4_addr_isany(netif_ip4_gw(netif)))
        info->gateway = from_lwip(netif_ip_gw4(netif), 0);
    for (int k = 0; k < LWIP_IPV6_NUM_ADDRESSES && n < TCPIP_IPV6_ADDRESSES; k++)
        if (ip6_addr_isvalid(netif_ip6_addr_state(netif, k)))
            info->ipv6[n++] = from_lwip(netif_ip_addr6(netif, k), 0);
}

/* Of the lease: an address that was set by hand comes without. */
static void query_lease(const struct dhcp *dhcp, struct tcpip_interface_info *info)
{
    _Static_assert(TCPIP_DNS_SERVERS == DHCP_DNS_SERVERS, "servers");
    if (dhcp->state != DHCP_BOUND && dhcp->state != DHCP_RENEWING)
        return;
    for (unsigned n = 0; n < DHCP_DNS_SERVERS && dhcp->dns[n]; n++) {
        info->dns[n].family = 4;
        memcpy(info->dns[n].bytes, &dhcp->dns[n], 4);
    }
    memcpy(info->domain, dhcp->domain, sizeof info->domain);
}

bool tcpip_query_interface(unsigned number, struct tcpip_interface_info *info)
{
    memset(info, 0, sizeof *info);
    if (number >= TCPIP_MAX_INTERFACES || !interfaces[number].known)
        return false;
    struct interface *i = &interfaces[number];
    memcpy(info->name, i->config.name, sizeof info->name);
    memcpy(info->mac, i->config.mac, 6);
    info->mtu = i->config.mtu;
    info->bound = i->bound;
    info->uses_dhcp = !settings[number].is_static;
    info->stats = i->stats;
    if (i->bound) {
        info->link_up = netif_is_link_up(&i->netif);
        query_addresses(i, info);
        query_lease(&i->dhcp, info);
    }
    return true;
}
