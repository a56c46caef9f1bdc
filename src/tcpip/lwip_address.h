/* Conversions between our addresses and lwIP's. Only for files that include lwIP. */
#ifndef TCPIP_LWIP_ADDRESS_H
#define TCPIP_LWIP_ADDRESS_H

#include <lwip/ip_addr.h>
#include <lwip/netif.h>
#include <string.h>

#include "tcpip/tcpip.h"

static inline ip_addr_t to_lwip(const struct tcpip_address *a)
{
    ip_addr_t ip = *IP_ANY_TYPE;

    if (a->family == 4) {
        IP_SET_TYPE_VAL(ip, IPADDR_TYPE_V4);
        memcpy(&ip_2_ip4(&ip)->addr, a->bytes, 4);
    } else if (a->family == 6) {
        IP_SET_TYPE_VAL(ip, IPADDR_TYPE_V6);
        memcpy(ip_2_ip6(&ip)->addr, a->bytes, 16);
        ip6_addr_clear_zone(ip_2_ip6(&ip));
        if (ip6_addr_islinklocal(ip_2_ip6(&ip))) {
            struct netif *netif = a->zone ? netif_get_by_index(a->zone) : netif_default;
            if (netif)
                ip6_addr_assign_zone(ip_2_ip6(&ip), IP6_UNICAST, netif);
        }
    }
    return ip;
}

static inline struct tcpip_address from_lwip(const ip_addr_t *ip, u16_t port)
{
    struct tcpip_address a = { .family = 4, .port = port };

    if (IP_IS_V6(ip)) {
        a.family = 6;
        memcpy(a.bytes, ip_2_ip6(ip)->addr, 16);
        a.zone = ip6_addr_has_zone(ip_2_ip6(ip)) ? ip6_addr_zone(ip_2_ip6(ip)) : 0;
    } else {
        memcpy(a.bytes, &ip_2_ip4(ip)->addr, 4);
    }
    return a;
}

#endif
