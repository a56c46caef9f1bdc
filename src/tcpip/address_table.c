/* The unicast and anycast addresses of the interfaces.
 *
 *   an IPv4 address            netif                       leaves on
 *   of DHCP, command line      the interface's own         another one, or the lease is over
 *   added, tentative           none                        nobody answered: preferred; somebody did: duplicate
 *   added, preferred           its own                     deleted, expired, or the interface goes
 *   added, duplicate           none                        deleted
 *
 * Only an address with a netif is on the network and in the routing table. IPv6 addresses are lwIP's (address_v6.c). */
#include <arpa/inet.h>
#include <netif/ethernet.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "nt/ke.h"
#include "tcpip/interface.h"

enum { ORIGIN_MANUAL = 1, ORIGIN_DHCP = 3, ROUTE_ORIGIN_MANUAL = 0, ROUTE_ORIGIN_DHCP = 2 };

static unsigned alias_number = ALIAS_NUMBER;

void addresses_init(struct interface *interface)
{
    list_init(&interface->addresses);
}

struct address *address_find(struct interface *interface, const struct ip_address *bytes)
{
    list_each(it, &interface->addresses) {
        struct address *a = container_of(it, struct address, node);
        if (ip_address_equal(&a->row.address, bytes))
            return a;
    }
    return NULL;
}

void address_event(struct address *a, enum ip_change change)
{
    paths_invalidate();
    if (!a->row.anycast)
        ip_emit(&(struct ip_event){
            .table = IP_TABLE_UNICAST, .change = change, .family = a->row.address.family, .index = a->row.index,
            .luid = a->interface->config.luid, .address = a->row.address,
        });
    stack_notify_change();
}

struct address *address_new(struct interface *interface, const struct ip_unicast *row)
{
    struct address *a = stack_calloc(sizeof *a);

    if (!a)
        return NULL;
    a->row = *row;
    a->row.index = interface->config.if_index;
    a->row.created = ke_system_time();
    a->interface = interface;
    a->slot = -1;
    a->preferred_until = a->valid_until = UINT64_MAX;
    list_push_back(&interface->addresses, &a->node);
    return a;
}

/* --- IPv4 addresses on the network ------------------------------------------------------------------------------------ */

static err_t alias_setup(struct netif *netif)
{
    struct interface *interface = interface_of_netif(netif);

    output_setup(netif, interface);
    netif->output = interface->netif.output;
    netif->output_ip6 = interface->netif.output_ip6;
    netif->name[0] = 'e';
    netif->name[1] = 'n';
    netif->linkoutput = interface->netif.linkoutput;
    netif->flags = interface->netif.flags & (NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET);
    return ERR_OK;
}

static uint8_t next_alias_number(void)
{
    do {
        alias_number = alias_number >= 250 ? ALIAS_NUMBER : alias_number + 1;
    } while (netif_get_by_index((u8_t)(alias_number + 1)));
    return (uint8_t)alias_number;
}

static ip4_addr_t mask_of(unsigned length)
{
    return (ip4_addr_t){ length ? htonl(UINT32_MAX << (32 - length)) : 0 };
}

static void expire(void *argument);

bool address_activate(struct address *a)
{
    ip4_addr_t address = { ip_to4(&a->row.address) }, mask = mask_of(a->row.prefix_length), none = { 0 };

    if (a->row.address.family == 4 && !a->netif) {
        if (!netif_add(&a->own, &address, &mask, &none, a->interface, alias_setup, ethernet_input))
            return false;
        a->own.num = next_alias_number();
        a->netif = &a->own;
        netif_set_up(&a->own);
        if (netif_is_link_up(&a->interface->netif))
            netif_set_link_up(&a->own);         /* tells the link who has the address now */
    }
    a->row.state = IP_DAD_PREFERRED;
    routes_of_address(a, true);
    return true;
}

static void deactivate(struct address *a)
{
    dad_stop(a);
    if (a->netif == &a->own) {
        netif_set_down(&a->own);
        netif_remove(&a->own);
        loopback_forget(&a->own);
        if (!netif_default && netif_list)
            netif_set_default(netif_list);
    }
    a->netif = NULL;
}

/* Takes it away from wherever it is; the caller has told lwIP about IPv6. */
void address_free(struct address *a)
{
    stack_cancel_timer(expire, a);
    if (a->row.address.family == 4)
        deactivate(a);
    routes_of_address(a, false);
    list_remove(&a->node);
    address_event(a, IP_DELETED);
    free(a);
}

struct netif *address_netif4(uint32_t address)
{
    for (unsigned slot = 0; slot < INTERFACE_SLOTS; slot++) {
        struct interface *interface = interface_at(slot);
        if (!interface)
            continue;
        list_each(it, &interface->addresses) {
            struct address *a = container_of(it, struct address, node);
            if (a->netif && a->row.address.family == 4 && ip_to4(&a->row.address) == address)
                return a->netif;
        }
    }
    return NULL;
}

/* The one with the longest prefix in common; one to be skipped only when there is no other. */
struct address *address_for4(struct interface *interface, const struct ip_address *hop)
{
    struct address *best = NULL;
    int best_common = -1;

    list_each(it, &interface->addresses) {
        struct address *a = container_of(it, struct address, node);
        if (a->row.address.family != 4 || !a->netif)
            continue;
        int common = (int)ip_address_common(&a->row.address, hop, a->row.prefix_length) -
                     (a->row.skip_as_source || a->row.anycast ? 100 : 0);
        if (!best || common > best_common) {
            best = a;
            best_common = common;
        }
    }
    return best;
}

/* --- the address of DHCP or the command line --------------------------------------------------------------------------- */

static struct address *first_of(struct interface *interface)
{
    list_each(it, &interface->addresses) {
        struct address *a = container_of(it, struct address, node);
        if (a->netif == &interface->netif && a->row.address.family == 4)
            return a;
    }
    return NULL;
}

void addresses_set_first(struct interface *interface, uint32_t address, uint32_t mask, uint32_t gateway, bool dhcp)
{
    ip4_addr_t a = { address }, m = { mask }, g = { gateway };
    struct address *old = first_of(interface), *same;
    struct ip_unicast row = {
        .address = ip_from4(address), .prefix_length = (uint8_t)__builtin_popcount(mask), .state = IP_DAD_PREFERRED,
        .prefix_origin = dhcp ? ORIGIN_DHCP : ORIGIN_MANUAL, .suffix_origin = dhcp ? ORIGIN_DHCP : ORIGIN_MANUAL,
    };
    struct ip_address to = ip_from4(gateway);

    if (old && address && ip_to4(&old->row.address) == address && old->row.prefix_length == row.prefix_length) {
        netif_set_addr(&interface->netif, &a, &m, &g);
    } else {
        if (old)
            address_free(old);
        netif_set_addr(&interface->netif, &a, &m, &g);
        if (address && (same = address_find(interface, &row.address)))
            address_free(same);         /* it was added by hand */
        struct address *new = address ? address_new(interface, &row) : NULL;
        if (new) {
            new->netif = &interface->netif;
            new->automatic = true;
            address_activate(new);
            address_event(new, IP_ADDED);
        }
    }
    route_set_gateway(interface, &to, dhcp ? ROUTE_ORIGIN_DHCP : ROUTE_ORIGIN_MANUAL);
    paths_invalidate();
    stack_notify_change();
}

/* --- links and interfaces ------------------------------------------------------------------------------------------------ */

void addresses_link(struct interface *interface, bool up)
{
    paths_invalidate();
    list_each(it, &interface->addresses) {
        struct address *a = container_of(it, struct address, node);
        if (a->row.address.family != 4)
            continue;
        if (a->netif == &a->own && up)
            netif_set_link_up(&a->own);
        else if (a->netif == &a->own)
            netif_set_link_down(&a->own);
        else if (up && a->row.state == IP_DAD_TENTATIVE)
            dad_start(a);
    }
}

void addresses_remove_all(struct interface *interface)
{
    list_each_safe(it, &interface->addresses)
        address_free(container_of(it, struct address, node));
}

/* --- the table for others ------------------------------------------------------------------------------------------------ */

static uint32_t seconds_left(uint64_t until)
{
    if (until == UINT64_MAX)
        return IP_FOREVER;
    return until > ke_now() ? (uint32_t)((until - ke_now()) / 1000000000) : 0;
}

static void take_lease(struct address *a, struct ip_unicast *row)
{
    const struct dhcp *dhcp = &a->interface->dhcp;

    if (!a->automatic || row->prefix_origin != ORIGIN_DHCP || row->address.family != 4 || !dhcp->lease_ns)
        return;
    row->valid_seconds = row->preferred_seconds = seconds_left(dhcp->bound_ns + dhcp->lease_ns);
}

static struct ip_unicast visible(struct address *a)
{
    struct ip_unicast row = a->row;

    if (row.address.family == 6 && a->automatic) {
        u32_t valid = netif_ip6_addr_valid_life(&a->interface->netif, a->slot);
        u32_t preferred = netif_ip6_addr_pref_life(&a->interface->netif, a->slot);
        row.valid_seconds = valid == IP6_ADDR_LIFE_STATIC ? IP_FOREVER : valid;
        row.preferred_seconds = valid == IP6_ADDR_LIFE_STATIC ? IP_FOREVER : preferred;
        return row;
    }
    row.valid_seconds = seconds_left(a->valid_until);
    row.preferred_seconds = seconds_left(a->preferred_until);
    take_lease(a, &row);
    return row;
}

static size_t list_addresses(unsigned family, bool anycast, struct ip_unicast *rows, size_t room)
{
    size_t count = 0;

    stack_enter();
    for (unsigned slot = 0; slot < INTERFACE_SLOTS; slot++) {
        struct interface *interface = interface_at(slot);
        if (!interface)
            continue;
        list_each(it, &interface->addresses) {
            struct address *a = container_of(it, struct address, node);
            if (a->row.anycast == anycast && (!family || a->row.address.family == family) && count++ < room)
                rows[count - 1] = visible(a);
        }
    }
    stack_leave();
    return count;
}

size_t ip_list_unicast(unsigned family, struct ip_unicast *rows, size_t room)
{
    return list_addresses(family, false, rows, room);
}

size_t ip_list_anycast(unsigned family, struct ip_unicast *rows, size_t room)
{
    return list_addresses(family, true, rows, room);
}

static enum ip_status get(uint32_t index, const struct ip_address *address, bool anycast, struct address **found)
{
    struct interface *interface = interface_of_index(index);

    *found = interface ? address_find(interface, address) : NULL;
    if (!interface)
        return IP_NO_INTERFACE;
    return *found && (*found)->row.anycast == anycast ? IP_OK : IP_NOT_FOUND;
}

static enum ip_status get_row(uint32_t index, const struct ip_address *address, bool anycast, struct ip_unicast *row)
{
    struct address *a;

    stack_enter();
    enum ip_status status = get(index, address, anycast, &a);
    if (status == IP_OK)
        *row = visible(a);
    stack_leave();
    return status;
}

enum ip_status ip_get_unicast(uint32_t index, const struct ip_address *address, struct ip_unicast *row)
{
    return get_row(index, address, false, row);
}

enum ip_status ip_get_anycast(uint32_t index, const struct ip_address *address, struct ip_unicast *row)
{
    return get_row(index, address, true, row);
}

/* --- changes --------------------------------------------------------------------------------------------------------------- */

static void arm_lifetimes(struct address *a)
{
    uint64_t next = a->preferred_until > ke_now() ? a->preferred_until : a->valid_until;

    stack_cancel_timer(expire, a);
    if (next != UINT64_MAX)             /* a long one is armed again and again */
        stack_set_timer(next > ke_now() ? min_u64(next - ke_now(), STACK_LONGEST_TIMER) : 0, expire, a);
}

static void expire(void *argument)
{
    struct address *a = argument;

    if (a->valid_until <= ke_now()) {
        if (a->row.address.family == 6)
            address_v6_remove(a);
        address_free(a);
        return;
    }
    if (a->preferred_until <= ke_now() && a->row.state == IP_DAD_PREFERRED) {
        a->row.state = IP_DAD_DEPRECATED;
        address_event(a, IP_CHANGED);
    }
    arm_lifetimes(a);
}

static void set_lifetimes(struct address *a, const struct ip_unicast *row)
{
    a->valid_until = row->valid_seconds == IP_FOREVER ? UINT64_MAX : ke_now() + row->valid_seconds * 1000000000ull;
    a->preferred_until = row->preferred_seconds == IP_FOREVER ? UINT64_MAX : ke_now() + row->preferred_seconds * 1000000000ull;
    if (a->row.address.family == 6)
        address_v6_set_lifetimes(a);
    arm_lifetimes(a);
}

static enum ip_status start(struct address *a)
{
    if (a->row.address.family == 6)
        return address_v6_add(a);
    if (a->row.state == IP_DAD_PREFERRED || a->interface == loopback_interface() || !a->interface->ip[0].dad_transmits)
        return address_activate(a) ? IP_OK : IP_NO_ROOM;
    a->row.state = IP_DAD_TENTATIVE;
    if (netif_is_link_up(&a->interface->netif))
        dad_start(a);
    return IP_OK;
}

static enum ip_status add(const struct ip_unicast *row)
{
    struct interface *interface = interface_of_index(row->index);

    if (!interface)
        return IP_NO_INTERFACE;
    if (ip_address_is_loopback(&row->address) && interface != loopback_interface())
        return IP_INVALID;
    if (address_find(interface, &row->address))
        return IP_EXISTS;
    struct address *a = address_new(interface, row);
    if (!a)
        return IP_NO_ROOM;
    enum ip_status status = start(a);
    if (status != IP_OK) {
        list_remove(&a->node);
        free(a);
        return status;
    }
    set_lifetimes(a, row);
    address_event(a, IP_ADDED);
    return IP_OK;
}

enum ip_status ip_add_unicast(const struct ip_unicast *row)
{
    stack_enter();
    enum ip_status status = add(row);
    stack_leave();
    return status;
}

static void change(struct address *a, const struct ip_unicast *row)
{
    if (a->row.prefix_length != row->prefix_length) {
        bool routed = a->netif || a->row.address.family == 6;
        ip4_addr_t mask = mask_of(row->prefix_length);
        if (routed)
            routes_of_address(a, false);
        a->row.prefix_length = row->prefix_length;
        if (a->netif && a->row.address.family == 4)
            netif_set_netmask(a->netif, &mask);
        if (routed)
            routes_of_address(a, true);
    }
    a->row.prefix_origin = row->prefix_origin;
    a->row.suffix_origin = row->suffix_origin;
    a->row.skip_as_source = row->skip_as_source;
    if (!a->automatic)
        set_lifetimes(a, row);
    address_event(a, IP_CHANGED);
}

enum ip_status ip_set_unicast(const struct ip_unicast *row)
{
    struct address *a;

    stack_enter();
    enum ip_status status = get(row->index, &row->address, false, &a);
    if (status == IP_OK)
        change(a, row);
    stack_leave();
    return status;
}

static enum ip_status delete(uint32_t index, const struct ip_address *address, bool anycast)
{
    struct address *a;

    stack_enter();
    enum ip_status status = get(index, address, anycast, &a);
    if (status == IP_OK && a->row.address.family == 4 && a->netif == &a->interface->netif) {
        ip4_addr_t none = { 0 };
        netif_set_addr(a->netif, &none, &none, &none);
    }
    if (status == IP_OK && a->row.address.family == 6)
        address_v6_remove(a);
    if (status == IP_OK)
        address_free(a);
    stack_leave();
    return status;
}

enum ip_status ip_delete_unicast(uint32_t index, const struct ip_address *address)
{
    return delete(index, address, false);
}

enum ip_status ip_delete_anycast(uint32_t index, const struct ip_address *address)
{
    return delete(index, address, true);
}
