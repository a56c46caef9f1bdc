/* The tables of the IP layer: interfaces, addresses, routes, neighbours, paths, and their changes. Beside tcpip.h the only
 * header of the stack that the rest of ring3 sees.
 *
 * 1. An interface is named by its index: 1 is the software loopback interface, an adapter's is the one NDIS gave it.
 * 2. Every function takes the stack's lock itself; IRQL <= DISPATCH_LEVEL unless it says PASSIVE_LEVEL (or that it waits).
 * 3. A list function returns how many rows there are and writes the first `room` of them (rows may be NULL for room 0).
 * 4. A change takes effect before the function returns, and the listener has heard of it. */
#ifndef TCPIP_IP_H
#define TCPIP_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IP_LOOPBACK_INDEX 1u
#define IP_FOREVER UINT32_MAX

enum ip_status {
    IP_OK,
    IP_NO_INTERFACE,                    /* no interface of this index speaks this family */
    IP_NOT_FOUND,
    IP_EXISTS,
    IP_INVALID,
    IP_NO_ROOM,                         /* no memory, or the interface has all the addresses it can have */
    IP_UNREACHABLE,
    IP_REFUSED,                         /* ring3 cannot do that; error_text() says what */
};

struct ip_address {
    uint8_t family;                     /* 4, 6, or 0 for none */
    uint8_t bytes[16];                  /* network byte order; the first 4 for IPv4, the rest then 0 */
};

static inline unsigned ip_address_bits(const struct ip_address *address)
{
    return address->family == 4 ? 32 : 128;
}

bool ip_address_equal(const struct ip_address *a, const struct ip_address *b);
bool ip_address_is_zero(const struct ip_address *address);
bool ip_address_is_multicast(const struct ip_address *address);
bool ip_address_is_loopback(const struct ip_address *address);
bool ip_address_is_link_local(const struct ip_address *address);
/* How many leading bits are the same; at most `limit`. */
unsigned ip_address_common(const struct ip_address *a, const struct ip_address *b, unsigned limit);

/* --- links: what is below IP ---------------------------------------------------------------------------------------- */

struct ip_link {
    uint64_t luid;
    uint32_t index;
    uint8_t guid[16];                   /* as a GUID lies in memory */
    uint16_t alias[257], description[257];      /* terminated */
    uint8_t mac[6], permanent_mac[6], mac_length;
    uint32_t mtu, type;                 /* IANA's */
    uint32_t medium, physical_medium;   /* NDIS's numbers */
    uint32_t access, direction, connection;     /* NET_IF_XXX_TYPE */
    bool hardware, filter, connector, connected, paused, low_power, up;
    uint64_t transmit_speed, receive_speed;     /* bits per second */
    struct ip_link_counters {
        uint64_t octets, unicast, multicast, broadcast, discards, errors;
        uint64_t unicast_octets, multicast_octets, broadcast_octets;
    } in, out;
};

/* The loopback interface and every adapter that NDIS has, in order of their indexes; then the filter modules on them, then the
 * interfaces that drivers provide. Counters are NDIS's own, or (statistics: IRQL <= APC_LEVEL, waits) those of the miniport when
 * TCP/IP is bound to it and it answers, or those of the interface's provider. */
bool ip_link_at(unsigned number, struct ip_link *link, bool statistics);

/* The interface stack table: `higher` lies directly above `lower`. Number of rows, which may be more than there is room for. */
struct ip_stack_row {
    uint32_t higher, lower;
};
size_t ip_list_stack(struct ip_stack_row *rows, size_t room);

/* --- interfaces: one row for each family on a link ------------------------------------------------------------------- */

struct ip_settings {
    bool forwarding, weak_send, weak_receive, automatic_metric, disable_default_routes;
    bool neighbour_detection, advertise_default_route, router_discovery;
    uint32_t metric, mtu, dad_transmits, base_reachable_ms, retransmit_ms, site_prefix_length;
};

struct ip_interface {
    uint8_t family;
    uint64_t luid;
    uint32_t index;
    bool connected;
    uint32_t link_mtu;
    struct ip_settings settings;
};

size_t ip_list_interfaces(unsigned family, struct ip_interface *rows, size_t room);
enum ip_status ip_get_interface(unsigned family, uint32_t index, struct ip_interface *row);
enum ip_status ip_set_interface(unsigned family, uint32_t index, const struct ip_settings *settings);

/* --- addresses ------------------------------------------------------------------------------------------------------- */

enum ip_dad { IP_DAD_INVALID, IP_DAD_TENTATIVE, IP_DAD_DUPLICATE, IP_DAD_DEPRECATED, IP_DAD_PREFERRED };

struct ip_unicast {
    struct ip_address address;
    uint32_t index;
    uint8_t prefix_length;
    uint8_t prefix_origin, suffix_origin;       /* NL_PREFIX_ORIGIN, NL_SUFFIX_ORIGIN */
    bool skip_as_source, anycast;
    enum ip_dad state;
    uint32_t valid_seconds, preferred_seconds;  /* left; IP_FOREVER */
    uint64_t created;                   /* system time */
};

size_t ip_list_unicast(unsigned family, struct ip_unicast *rows, size_t room);
enum ip_status ip_get_unicast(uint32_t index, const struct ip_address *address, struct ip_unicast *row);
/* row->state IP_DAD_PREFERRED: usable at once; anything else: when duplicate detection has found nobody. */
enum ip_status ip_add_unicast(const struct ip_unicast *row);
/* Prefix length, origins, lifetimes and skip_as_source. */
enum ip_status ip_set_unicast(const struct ip_unicast *row);
enum ip_status ip_delete_unicast(uint32_t index, const struct ip_address *address);

size_t ip_list_anycast(unsigned family, struct ip_unicast *rows, size_t room);
enum ip_status ip_get_anycast(uint32_t index, const struct ip_address *address, struct ip_unicast *row);
enum ip_status ip_delete_anycast(uint32_t index, const struct ip_address *address);

struct ip_group {
    struct ip_address address;
    uint32_t index;
};

size_t ip_list_groups(unsigned family, struct ip_group *rows, size_t room);

/* --- routes ---------------------------------------------------------------------------------------------------------- */

struct ip_route {
    struct ip_address prefix;
    uint8_t prefix_length;
    struct ip_address next_hop;         /* of the same family; all zeros: on the link */
    uint32_t index;
    uint32_t metric;                    /* added to the interface's */
    uint32_t protocol, origin;          /* NL_ROUTE_PROTOCOL, NL_ROUTE_ORIGIN */
    uint32_t valid_seconds, preferred_seconds, age_seconds;
    uint8_t site_prefix_length;
    bool loopback, autoconfigure, publish, immortal;
};

size_t ip_list_routes(unsigned family, struct ip_route *rows, size_t room);
/* The row with this prefix, length, next hop and index. */
enum ip_status ip_get_route(struct ip_route *row);
enum ip_status ip_add_route(const struct ip_route *row);
enum ip_status ip_set_route(const struct ip_route *row);
enum ip_status ip_delete_route(const struct ip_route *row);
/* What a packet to `to` would use: from `from` (family 0: any) and interface `index` (0: any). */
enum ip_status ip_best_route(const struct ip_address *from, const struct ip_address *to, uint32_t index, struct ip_route *route,
                             struct ip_address *source);

/* --- paths: destinations that were routed lately ----------------------------------------------------------------------- */

struct ip_path {
    struct ip_address source, destination, next_hop;
    uint32_t index, mtu;
    bool reachable;
};

size_t ip_list_paths(unsigned family, struct ip_path *rows, size_t room);
void ip_flush_paths(unsigned family);

/* --- neighbours ------------------------------------------------------------------------------------------------------- */

/* As NL_NEIGHBOR_STATE counts. */
enum ip_neighbour_state {
    IP_NEIGHBOUR_UNREACHABLE, IP_NEIGHBOUR_INCOMPLETE, IP_NEIGHBOUR_PROBE, IP_NEIGHBOUR_DELAY, IP_NEIGHBOUR_STALE,
    IP_NEIGHBOUR_REACHABLE, IP_NEIGHBOUR_PERMANENT
};

struct ip_neighbour {
    struct ip_address address;
    uint32_t index;
    uint8_t mac[6];
    enum ip_neighbour_state state;
    bool router;
    uint32_t reachable_ms;              /* how long it is still taken for reachable */
};

size_t ip_list_neighbours(unsigned family, struct ip_neighbour *rows, size_t room);
enum ip_status ip_get_neighbour(struct ip_neighbour *row);
/* A permanent entry. */
enum ip_status ip_add_neighbour(const struct ip_neighbour *row);
enum ip_status ip_set_neighbour(const struct ip_neighbour *row);
enum ip_status ip_delete_neighbour(uint32_t index, const struct ip_address *address);
/* index 0: on all interfaces. */
enum ip_status ip_flush_neighbours(unsigned family, uint32_t index);
/* Forgets what is known, asks the link, waits for the answer. IRQL <= APC_LEVEL. */
enum ip_status ip_resolve_neighbour(struct ip_neighbour *row);

/* --- changes ---------------------------------------------------------------------------------------------------------- */

enum ip_table { IP_TABLE_INTERFACE, IP_TABLE_UNICAST, IP_TABLE_ROUTE };
enum ip_change { IP_CHANGED, IP_ADDED, IP_DELETED };

struct ip_event {
    enum ip_table table;
    enum ip_change change;
    uint8_t family;
    uint32_t index;
    uint64_t luid;
    struct ip_address address;          /* of a unicast address, or a route's prefix */
    uint8_t prefix_length;
    struct ip_address next_hop;
};

/* Called at DISPATCH_LEVEL with the stack's lock held; NULL ends it. */
void ip_set_listener(void (*changed)(const struct ip_event *event));

#endif
