/* IP interfaces as the files that know lwIP see them, and what these files promise each other.
 *
 * 1. The stack's lock protects everything here.
 * 2. An adapter's interface has one netif for IPv6 and for the IPv4 address of DHCP or the command line; each further IPv4
 *    address is a netif of its own over the same interface. netif->state is the struct interface for all of them.
 * 3. lwIP owns the IPv6 addresses (it makes and expires some by itself); address_v6.c follows them. The IPv4 addresses are
 *    ours.
 * 4. A netif's number is its interface's slot, or unique from ALIAS_NUMBER on: IPv6 zones are slot + 1. */
#ifndef TCPIP_INTERFACE_H
#define TCPIP_INTERFACE_H

#include <lwip/netif.h>

#include "base/list.h"
#include "tcpip/dhcp.h"
#include "tcpip/ip.h"
#include "tcpip/stack.h"

#define LOOPBACK_SLOT TCPIP_MAX_INTERFACES
#define INTERFACE_SLOTS (TCPIP_MAX_INTERFACES + 1)
#define ALIAS_NUMBER 32u

struct interface {
    struct netif netif;
    struct interface_config config;
    struct dhcp dhcp;
    struct tcpip_stats stats;
    bool known, bound;
    struct ip_settings ip[2];           /* IPv4, IPv6 */
    struct list addresses;              /* struct address */
    uint64_t speed;                     /* bits per second */
};

/* One unicast or anycast address. */
struct address {
    struct list node;
    struct ip_unicast row;              /* without the lifetimes */
    struct interface *interface;
    struct netif *netif;                /* NULL: an IPv4 address that is not in use yet */
    struct netif own;                   /* IPv4 beside the first one */
    int slot;                           /* IPv6: lwIP's */
    bool automatic;                     /* of DHCP, the command line, or lwIP */
    unsigned probes;                    /* duplicate detection: sent so far */
    uint64_t preferred_until, valid_until;      /* ke_now; UINT64_MAX */
};

/* netif.c, loopback.c: NULL when there is none. */
struct interface *interface_at(unsigned slot);
struct interface *interface_of_index(uint32_t index);
/* A packet without its link header comes in there. False: the packet is the caller's still. */
bool interface_take_packet(struct interface *interface, struct pbuf *packet);
/* The adapter whose frame is being taken; NULL outside. */
struct interface *interface_arriving(void);
static inline struct interface *interface_of_netif(const struct netif *netif)
{
    return netif->state;
}
static inline bool interface_is_up(struct interface *interface)
{
    return interface->bound && netif_is_up(&interface->netif) && netif_is_link_up(&interface->netif);
}

/* loopback.c */
void loopback_open(void);
void loopback_close(void);
struct interface *loopback_interface(void);
/* Delivers what the computer sent to itself. True when there is more than one call should carry. */
bool loopback_deliver(void);
/* The netif goes: what waits for it is dropped. */
void loopback_forget(const struct netif *netif);
/* Whether what is sent now has checksums of somebody else's. */
void loopback_foreign(bool on);

/* output.c */
void output_setup(struct netif *netif, struct interface *interface);
/* lwIP may ask the link for this address. */
void output_put_on_link(struct netif *netif, const ip6_addr_t *address);
/* Entry n of lwIP's prefix list is no router's word, but was put there for a route of ours. */
bool output_made_prefix(int n);

/* ip_interface.c */
void settings_reset(struct interface *interface);
void settings_speed(struct interface *interface, uint64_t bits_per_second);
void ip_emit(const struct ip_event *event);
void ip_interface_event(struct interface *interface, enum ip_change change);

/* address_table.c */
void addresses_init(struct interface *interface);
/* The address that the interface has from DHCP or the command line; address 0: none. Network byte order. */
void addresses_set_first(struct interface *interface, uint32_t address, uint32_t mask, uint32_t gateway, bool dhcp);
void addresses_link(struct interface *interface, bool up);
void addresses_remove_all(struct interface *interface);
struct address *address_find(struct interface *interface, const struct ip_address *bytes);
struct address *address_new(struct interface *interface, const struct ip_unicast *row);
void address_free(struct address *address);
/* It can be used from now on: gets its netif and its routes. False: no memory. */
bool address_activate(struct address *address);
void address_event(struct address *address, enum ip_change change);
/* The netif that an IPv4 address of ours belongs to. */
struct netif *address_netif4(uint32_t address);
/* Which of the interface's IPv4 addresses speaks to `next_hop`; NULL: none. */
struct address *address_for4(struct interface *interface, const struct ip_address *next_hop);

/* address_dad.c: IPv4 duplicate detection (RFC 5227). */
void dad_start(struct address *address);
void dad_stop(struct address *address);
/* An ARP packet of the interface; returns the netif that should have it. */
struct netif *dad_see_arp(struct interface *interface, const uint8_t *arp, size_t size);

/* address_v6.c */
enum ip_status address_v6_add(struct address *address);
void address_v6_remove(struct address *address);
void address_v6_set_lifetimes(struct address *address);
/* Compares what lwIP has with what we know: addresses, routers, prefixes. */
void address_v6_follow(void);

/* route.c */
void routes_of_address(struct address *address, bool add);
void routes_of_interface(struct interface *interface, bool add);
void route_set_gateway(struct interface *interface, const struct ip_address *gateway, uint32_t origin);
void route_set_advertised(struct interface *interface, const struct ip_route *wanted, unsigned count);
void routes_forget(struct interface *interface);
void routes_close(void);
uint32_t route_interface_metric(const struct ip_route *row, void *unused);
const struct ip_route *route_pick(const struct ip_address *to, uint32_t index);

/* path.c */
struct path {
    struct ip_address destination, next_hop;    /* next_hop: the destination itself when it is on the link */
    uint32_t asked;                     /* restricted to this interface; 0: any */
    struct interface *interface;
    struct netif *netif;
    uint32_t generation;                /* valid while it is the current one */
};
const struct path *path_to(const struct ip_address *destination, struct interface *only);
void paths_invalidate(void);

/* neighbour.c */
/* The link-layer address of a permanent neighbour; NULL: ask the link. */
const uint8_t *neighbour_permanent(struct interface *interface, const struct ip_address *address);
void neighbours_forget(struct interface *interface);

/* neighbour_solicit.c */
/* In one of our own /64 prefixes, or link-local: lwIP asks for it by itself. */
bool neighbour_is_near(struct netif *netif, const ip6_addr_t *address);
/* Asks the link for an address that is not near, unless it is known. */
void neighbour_solicit(struct netif *netif, const ip6_addr_t *target);

/* address.c's conversions for files that know lwIP. */
static inline struct ip_address ip_from4(uint32_t address)
{
    struct ip_address a = { .family = 4 };

    __builtin_memcpy(a.bytes, &address, 4);
    return a;
}

static inline struct ip_address ip_from6(const ip6_addr_t *address)
{
    struct ip_address a = { .family = 6 };

    __builtin_memcpy(a.bytes, address->addr, 16);
    return a;
}

static inline uint32_t ip_to4(const struct ip_address *a)
{
    uint32_t address;

    __builtin_memcpy(&address, a->bytes, 4);
    return address;
}

/* With the zone that a link-local address has on this netif. */
static inline ip6_addr_t ip_to6(const struct ip_address *a, struct netif *netif)
{
    ip6_addr_t address = { 0 };

    __builtin_memcpy(address.addr, a->bytes, 16);
    ip6_addr_assign_zone(&address, IP6_UNKNOWN, netif);
    return address;
}

#endif
