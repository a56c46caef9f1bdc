#include "tcpip/local_address.h"

#include <string.h>

#include "tcpip/lwip_address.h"

static const uint8_t mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };

struct tcpip_address address_unmapped(const struct tcpip_address *address)
{
    struct tcpip_address a = *address;

    if (a.family == 6 && memcmp(a.bytes, mapped_prefix, 12) == 0) {
        a = (struct tcpip_address){ .family = 4, .port = address->port };
        memcpy(a.bytes, address->bytes + 12, 4);
    }
    return a;
}

struct tcpip_address address_mapped(const struct tcpip_address *address)
{
    struct tcpip_address a = *address;

    if (a.family == 4) {
        a = (struct tcpip_address){ .family = 6, .port = address->port };
        memcpy(a.bytes, mapped_prefix, 12);
        memcpy(a.bytes + 12, address->bytes, 4);
    }
    return a;
}

static bool has_ipv6(const struct netif *netif, const ip6_addr_t *ip)
{
    for (int n = 0; n < LWIP_IPV6_NUM_ADDRESSES; n++)
        if (ip6_addr_isvalid(netif_ip6_addr_state(netif, n)) && ip6_addr_cmp_zoneless(netif_ip6_addr(netif, n), ip))
            return true;
    return false;
}

static bool ours(const ip_addr_t *ip)
{
    struct netif *netif;

    if (ip_addr_isany(ip) || ip_addr_isloopback(ip))
        return true;
    NETIF_FOREACH(netif)
        if (IP_IS_V6(ip) ? has_ipv6(netif, ip_2_ip6(ip)) : ip4_addr_cmp(netif_ip4_addr(netif), ip_2_ip4(ip)))
            return true;
    return false;
}

NTSTATUS address_check_local(const struct tcpip_address *address, uint8_t family)
{
    ip_addr_t ip = to_lwip(address);
    bool fits = (address->family == 4 || address->family == 6) && (family == 0 || family == address->family);

    return fits && ours(&ip) ? STATUS_SUCCESS : STATUS_INVALID_ADDRESS_COMPONENT;
}
