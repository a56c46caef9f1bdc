/* The routes of this computer: those that addresses and interfaces bring, gateways, advertised and manual ones.
 *
 * As on Windows, an address on an adapter brings its prefix on the link, itself and (IPv4) the broadcast address of the
 * prefix, each with an offset of 256; an interface brings the multicast prefix and 255.255.255.255. */
#include <arpa/inet.h>
#include <lwip/ip6.h>
#include <lwip/nd6.h>
#include <string.h>

#include "base/util.h"
#include "nt/ke.h"
#include "tcpip/address_select.h"
#include "tcpip/interface.h"
#include "tcpip/route_table.h"

enum { METRIC_OFFSET = 256, PROTOCOL_LOCAL = 2, PROTOCOL_NETMGMT = 3 };
enum { ORIGIN_MANUAL, ORIGIN_WELL_KNOWN, ORIGIN_DHCP, ORIGIN_ADVERTISEMENT };

static struct list table = LIST_INIT(table);

static uint32_t seconds_left(uint64_t until)
{
    if (until == UINT64_MAX)
        return IP_FOREVER;
    return until > ke_now() ? (uint32_t)((until - ke_now()) / 1000000000) : 0;
}

static uint64_t until(uint32_t seconds)
{
    return seconds == IP_FOREVER ? UINT64_MAX : ke_now() + seconds * 1000000000ull;
}

static void event(const struct ip_route *row, enum ip_change change)
{
    struct interface *interface = interface_of_index(row->index);

    paths_invalidate();
    if (row->prefix.family == 6)
        nd6_clear_destination_cache();
    ip_emit(&(struct ip_event){
        .table = IP_TABLE_ROUTE, .change = change, .family = row->prefix.family, .index = row->index,
        .luid = interface ? interface->config.luid : 0, .address = row->prefix, .prefix_length = row->prefix_length,
        .next_hop = row->next_hop,
    });
}

static struct ip_route visible(const struct route *r)
{
    struct ip_route row = r->row;

    row.valid_seconds = seconds_left(r->valid_until);
    row.preferred_seconds = seconds_left(r->preferred_until);
    row.age_seconds = (uint32_t)((ke_now() - r->changed_ns) / 1000000000);
    return row;
}

static void watch(void *argument)
{
    struct route *r = argument;
    struct ip_route row = r->row;

    if (r->valid_until > ke_now()) {
        stack_set_timer(min_u64(r->valid_until - ke_now(), STACK_LONGEST_TIMER), watch, r);
    } else {
        route_remove(r);
        event(&row, IP_DELETED);
    }
}

static void set_lifetimes(struct route *r, const struct ip_route *row)
{
    r->valid_until = until(row->valid_seconds);
    r->preferred_until = until(row->preferred_seconds);
    stack_cancel_timer(watch, r);
    if (r->valid_until != UINT64_MAX)
        stack_set_timer(min_u64(row->valid_seconds * 1000000000ull, STACK_LONGEST_TIMER), watch, r);
}

static struct route *insert(const struct ip_route *row, enum route_owner owner)
{
    struct route *r = route_insert(&table, row, owner);

    if (r) {
        r->changed_ns = ke_now();
        event(row, IP_ADDED);
    }
    return r;
}

static void drop(struct route *r)
{
    struct ip_route row = r->row;

    stack_cancel_timer(watch, r);
    route_remove(r);
    event(&row, IP_DELETED);
}

/* --- what goes with interfaces and addresses -------------------------------------------------------------------------- */

static void system_route(struct interface *interface, const struct ip_address *owner, const struct ip_address *to,
                         unsigned length, bool local)
{
    struct ip_route row = {
        .prefix = *to, .prefix_length = (uint8_t)length, .next_hop = { .family = to->family }, .index = interface->config.if_index,
        .metric = METRIC_OFFSET, .protocol = PROTOCOL_LOCAL, .origin = ORIGIN_WELL_KNOWN, .loopback = local, .immortal = true,
    };

    route_mask(&row.prefix, length);
    if (route_find(&table, &row))
        return;
    struct route *r = insert(&row, ROUTE_SYSTEM);
    if (r && owner)
        r->owner_address = *owner;
}

static void add_address_routes(struct address *a)
{
    struct ip_address own = a->row.address, broadcast = own;
    unsigned length = a->row.prefix_length, bits = ip_address_bits(&own);
    bool loopback = a->interface == loopback_interface();

    if (length < bits && !(loopback && own.family == 6))
        system_route(a->interface, &own, &own, length, loopback);
    system_route(a->interface, &own, &own, bits, true);
    if (own.family == 4 && length < 31) {
        uint32_t host = length ? htonl(UINT32_MAX >> length) : UINT32_MAX, value = ip_to4(&own) | host;
        memcpy(broadcast.bytes, &value, 4);
        system_route(a->interface, &own, &broadcast, 32, loopback);
    }
}

static bool goes_with(const struct route *r, const struct address *a)
{
    return r->owner == ROUTE_SYSTEM && r->row.index == a->interface->config.if_index &&
           r->owner_address.family && ip_address_equal(&r->owner_address, &a->row.address);
}

/* A route that two addresses bring stays with the one that is left. */
static void remove_address_routes(struct address *gone)
{
    list_each_safe(it, &table)
        if (goes_with(container_of(it, struct route, node), gone))
            drop(container_of(it, struct route, node));
    list_each(it, &gone->interface->addresses) {
        struct address *a = container_of(it, struct address, node);
        if (a != gone && (a->netif || a->row.address.family == 6))
            add_address_routes(a);
    }
}

void routes_of_address(struct address *a, bool add)
{
    if (add)
        add_address_routes(a);
    else
        remove_address_routes(a);
}

void routes_of_interface(struct interface *interface, bool add)
{
    static const struct ip_address groups[] = { { 4, { 224 } }, { 4, { 255, 255, 255, 255 } }, { 6, { 0xff } } };
    static const unsigned lengths[] = { 4, 32, 8 };

    if (add)
        for (unsigned i = 0; i < 3; i++)
            system_route(interface, NULL, &groups[i], lengths[i], false);
    else
        routes_forget(interface);
}

void route_set_gateway(struct interface *interface, const struct ip_address *gateway, uint32_t origin)
{
    bool wanted = gateway->family && !ip_address_is_zero(gateway), there = false;

    list_each_safe(it, &table) {
        struct route *r = container_of(it, struct route, node);
        if (r->owner != ROUTE_GATEWAY || r->row.index != interface->config.if_index || r->row.prefix.family != 4)
            continue;
        if (wanted && ip_address_equal(&r->row.next_hop, gateway))
            there = true;
        else
            drop(r);
    }
    if (wanted && !there) {
        struct ip_route row = {
            .prefix = { .family = 4 }, .next_hop = *gateway, .index = interface->config.if_index, .origin = origin,
            .metric = origin == ORIGIN_DHCP ? 0 : METRIC_OFFSET, .protocol = PROTOCOL_NETMGMT, .immortal = true,
        };
        insert(&row, ROUTE_GATEWAY);
    }
}

static bool among(const struct ip_route *row, const struct ip_route *list, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (route_compare(row, &list[i]) == 0)
            return true;
    return false;
}

void route_set_advertised(struct interface *interface, const struct ip_route *wanted, unsigned count)
{
    list_each_safe(it, &table) {
        struct route *r = container_of(it, struct route, node);
        if (r->owner == ROUTE_ADVERTISED && r->row.index == interface->config.if_index && !among(&r->row, wanted, count))
            drop(r);
    }
    for (unsigned i = 0; i < count; i++) {
        struct ip_route row = wanted[i];
        row.metric = METRIC_OFFSET;
        row.protocol = PROTOCOL_NETMGMT;
        row.origin = ORIGIN_ADVERTISEMENT;
        if (!route_find(&table, &row))
            insert(&row, ROUTE_ADVERTISED);
    }
}

void routes_forget(struct interface *interface)
{
    list_each_safe(it, &table)
        if (container_of(it, struct route, node)->row.index == interface->config.if_index)
            drop(container_of(it, struct route, node));
}

void routes_close(void)
{
    list_each_safe(it, &table)
        drop(container_of(it, struct route, node));
}

/* --- choosing ----------------------------------------------------------------------------------------------------------- */

uint32_t route_interface_metric(const struct ip_route *row, void *unused)
{
    struct interface *interface = interface_of_index(row->index);

    if (!interface || !interface_is_up(interface))
        return UINT32_MAX;
    const struct ip_settings *settings = &interface->ip[row->prefix.family == 6];
    if ((settings->disable_default_routes && row->prefix_length == 0) ||
        (row->prefix.family == 4 && !address_for4(interface, &row->next_hop)))
        return UINT32_MAX;
    return settings->metric;
}

const struct ip_route *route_pick(const struct ip_address *to, uint32_t index)
{
    const struct route *r = route_lookup(&table, to, index, route_interface_metric, NULL);

    return r ? &r->row : NULL;
}

static bool best_source(struct interface *interface, const struct ip_address *hop, const struct ip_address *to,
                        struct ip_address *source)
{
    const struct ip_addr *address;

    if (to->family == 4) {
        struct address *a = address_for4(interface, hop);
        if (a)
            *source = a->row.address;
        return a != NULL;
    }
    ip6_addr_t zoned = ip_to6(to, &interface->netif);
    address = ip6_select_source_address(&interface->netif, &zoned);
    if (address)
        *source = ip_from6(ip_2_ip6(address));
    return address != NULL;
}

static enum ip_status best_route(const struct ip_address *from, const struct ip_address *to, uint32_t index,
                                 struct ip_route *route, struct ip_address *source)
{
    if (index && !interface_of_index(index))
        return IP_NO_INTERFACE;
    if (from->family && !ip_address_is_zero(from)) {
        struct interface *of = NULL;
        for (unsigned slot = 0; slot < INTERFACE_SLOTS && !of; slot++)
            if (interface_at(slot) && address_find(interface_at(slot), from))
                of = interface_at(slot);
        if (!of || (index && of->config.if_index != index))
            return IP_NOT_FOUND;
        index = of->config.if_index;
    }
    const struct route *r = route_lookup(&table, to, index, route_interface_metric, NULL);
    if (!r)
        return IP_UNREACHABLE;
    *route = visible(r);
    if (from->family && !ip_address_is_zero(from))
        *source = *from;
    else if (!best_source(interface_of_index(r->row.index), ip_address_is_zero(&r->row.next_hop) ? to : &r->row.next_hop, to, source))
        return IP_UNREACHABLE;
    return IP_OK;
}

enum ip_status ip_best_route(const struct ip_address *from, const struct ip_address *to, uint32_t index, struct ip_route *route,
                             struct ip_address *source)
{
    stack_enter();
    enum ip_status status = best_route(from, to, index, route, source);
    stack_leave();
    return status;
}

/* --- the table for others ------------------------------------------------------------------------------------------------ */

size_t ip_list_routes(unsigned family, struct ip_route *rows, size_t room)
{
    size_t count = 0;

    stack_enter();
    list_each(it, &table) {
        struct route *r = container_of(it, struct route, node);
        if (family && r->row.prefix.family != family)
            continue;
        if (count++ < room)
            rows[count - 1] = visible(r);
    }
    stack_leave();
    return count;
}

enum ip_status ip_get_route(struct ip_route *row)
{
    stack_enter();
    struct route *r = route_find(&table, row);
    if (r)
        *row = visible(r);
    stack_leave();
    return r ? IP_OK : IP_NOT_FOUND;
}

static enum ip_status add_route(const struct ip_route *wanted)
{
    struct ip_route row = *wanted;

    if (!interface_of_index(row.index))
        return IP_NO_INTERFACE;
    route_mask(&row.prefix, row.prefix_length);
    if (memcmp(row.prefix.bytes, wanted->prefix.bytes, 16) != 0)
        return IP_INVALID;
    if (route_find(&table, &row))
        return IP_EXISTS;
    row.origin = ORIGIN_MANUAL;
    struct route *r = insert(&row, ROUTE_MANUAL);
    if (!r)
        return IP_NO_ROOM;
    set_lifetimes(r, &row);
    return IP_OK;
}

enum ip_status ip_add_route(const struct ip_route *row)
{
    stack_enter();
    enum ip_status status = add_route(row);
    stack_leave();
    return status;
}

static enum ip_status set_route(const struct ip_route *row)
{
    struct route *r = route_find(&table, row);

    if (!interface_of_index(row->index))
        return IP_NO_INTERFACE;
    if (!r)
        return IP_NOT_FOUND;
    r->row.metric = row->metric;
    r->row.protocol = row->protocol;
    r->row.site_prefix_length = row->site_prefix_length;
    r->row.loopback = row->loopback;
    r->row.autoconfigure = row->autoconfigure;
    r->row.publish = row->publish;
    r->row.immortal = row->immortal;
    r->changed_ns = ke_now();
    set_lifetimes(r, row);
    event(&r->row, IP_CHANGED);
    return IP_OK;
}

enum ip_status ip_set_route(const struct ip_route *row)
{
    stack_enter();
    enum ip_status status = set_route(row);
    stack_leave();
    return status;
}

enum ip_status ip_delete_route(const struct ip_route *row)
{
    stack_enter();
    struct route *r = route_find(&table, row);
    enum ip_status status = r ? IP_OK : interface_of_index(row->index) ? IP_NOT_FOUND : IP_NO_INTERFACE;
    if (r)
        drop(r);
    stack_leave();
    return status;
}
