/* Neighbours: permanent ones are ours and are looked at before lwIP is asked; the others are in lwIP's ARP and ND tables. */
#include <lwip/etharp.h>
#include <lwip/nd6.h>
#include <lwip/priv/nd6_priv.h>
#include <stdlib.h>
#include <string.h>

#include "nt/ke.h"
#include "tcpip/interface.h"

enum { RESOLVE_STEP_MS = 5, RESOLVE_RETRY_MS = 1000, RESOLVE_TRIES = 3 };

struct permanent {
    struct list node;
    struct interface *interface;
    struct ip_address address;
    uint8_t mac[6];
};

static struct list permanents = LIST_INIT(permanents);

static struct permanent *find_permanent(struct interface *interface, const struct ip_address *address)
{
    list_each(it, &permanents) {
        struct permanent *p = container_of(it, struct permanent, node);
        if (p->interface == interface && ip_address_equal(&p->address, address))
            return p;
    }
    return NULL;
}

const uint8_t *neighbour_permanent(struct interface *interface, const struct ip_address *address)
{
    struct permanent *p = find_permanent(interface, address);

    return p ? p->mac : NULL;
}

static void drop_permanent(struct permanent *p)
{
    list_remove(&p->node);
    free(p);
}

void neighbours_forget(struct interface *interface)
{
    list_each_safe(it, &permanents)
        if (container_of(it, struct permanent, node)->interface == interface)
            drop_permanent(container_of(it, struct permanent, node));
}

/* --- lwIP's tables ---------------------------------------------------------------------------------------------------- */

typedef void visit_fn(void *context, const struct ip_neighbour *row);

static void each4(visit_fn *visit, void *context)
{
    for (size_t i = 0; i < ARP_TABLE_SIZE; i++) {
        ip4_addr_t *address;
        struct netif *netif;
        struct eth_addr *mac;
        if (!etharp_get_entry(i, &address, &netif, &mac) || ip4_addr_isany(address))
            continue;
        struct ip_neighbour row = {
            .address = ip_from4(address->addr), .index = interface_of_netif(netif)->config.if_index,
            .state = IP_NEIGHBOUR_REACHABLE, .reachable_ms = interface_of_netif(netif)->ip[0].base_reachable_ms,
        };
        memcpy(row.mac, mac->addr, 6);
        visit(context, &row);
    }
}

static void each6(visit_fn *visit, void *context)
{
    static const enum ip_neighbour_state states[] = {
        [ND6_INCOMPLETE] = IP_NEIGHBOUR_INCOMPLETE, [ND6_REACHABLE] = IP_NEIGHBOUR_REACHABLE,
        [ND6_STALE] = IP_NEIGHBOUR_STALE, [ND6_DELAY] = IP_NEIGHBOUR_DELAY, [ND6_PROBE] = IP_NEIGHBOUR_PROBE,
    };

    for (int i = 0; i < LWIP_ND6_NUM_NEIGHBORS; i++) {
        const struct nd6_neighbor_cache_entry *e = &neighbor_cache[i];
        if (e->state == ND6_NO_ENTRY || !e->netif)
            continue;
        struct ip_neighbour row = {
            .address = ip_from6(&e->next_hop_address), .index = interface_of_netif(e->netif)->config.if_index,
            .state = states[e->state], .router = e->isrouter,
            .reachable_ms = e->state == ND6_REACHABLE ? e->counter.reachable_time : 0,
        };
        if (e->state != ND6_INCOMPLETE)
            memcpy(row.mac, e->lladdr, 6);
        visit(context, &row);
    }
}

static void each(unsigned family, visit_fn *visit, void *context)
{
    list_each(it, &permanents) {
        struct permanent *p = container_of(it, struct permanent, node);
        struct ip_neighbour row = { .address = p->address, .index = p->interface->config.if_index, .state = IP_NEIGHBOUR_PERMANENT };
        memcpy(row.mac, p->mac, 6);
        if (!family || family == p->address.family)
            visit(context, &row);
    }
    if (family != 6)
        each4(visit, context);
    if (family != 4)
        each6(visit, context);
}

/* An ARP entry cannot be taken out; without its address nobody finds it, and it ages away. */
static bool forget4(struct interface *interface, const struct ip_address *which)
{
    bool found = false;

    for (size_t i = 0; i < ARP_TABLE_SIZE; i++) {
        ip4_addr_t *address;
        struct netif *netif;
        struct eth_addr *mac;
        if (etharp_get_entry(i, &address, &netif, &mac) && !ip4_addr_isany(address) && interface_of_netif(netif) == interface &&
            (!which || ip_to4(which) == address->addr)) {
            address->addr = 0;
            found = true;
        }
    }
    return found;
}

/* A router's entry stays, unresolved: the list of routers points to it. */
static bool forget6(struct interface *interface, const struct ip_address *which)
{
    bool found = false;

    for (int i = 0; i < LWIP_ND6_NUM_NEIGHBORS; i++) {
        struct nd6_neighbor_cache_entry *e = &neighbor_cache[i];
        if (e->state == ND6_NO_ENTRY || !e->netif || interface_of_netif(e->netif) != interface ||
            (which && memcmp(e->next_hop_address.addr, which->bytes, 16) != 0))
            continue;
        found = true;
        if (e->q || e->isrouter) {
            e->state = ND6_INCOMPLETE;
            e->counter.probes_sent = 1;
        } else {
            memset(e, 0, sizeof *e);
        }
    }
    if (found)
        nd6_clear_destination_cache();
    return found;
}

static bool forget(struct interface *interface, const struct ip_address *which)
{
    return which->family == 4 ? forget4(interface, which) : forget6(interface, which);
}

/* --- the table for others ------------------------------------------------------------------------------------------------ */

struct listing {
    struct ip_neighbour *rows;
    size_t room, count;
};

static void append(void *context, const struct ip_neighbour *row)
{
    struct listing *l = context;

    if (l->count++ < l->room)
        l->rows[l->count - 1] = *row;
}

size_t ip_list_neighbours(unsigned family, struct ip_neighbour *rows, size_t room)
{
    struct listing listing = { rows, room, 0 };

    stack_enter();
    each(family, append, &listing);
    stack_leave();
    return listing.count;
}

struct search {
    struct ip_neighbour *row;
    bool found;
};

static void compare(void *context, const struct ip_neighbour *row)
{
    struct search *s = context;

    if (!s->found && row->index == s->row->index && ip_address_equal(&row->address, &s->row->address)) {
        *s->row = *row;
        s->found = true;
    }
}

static enum ip_status get(struct ip_neighbour *row)
{
    struct search search = { row, false };

    if (!interface_of_index(row->index))
        return IP_NO_INTERFACE;
    each(row->address.family, compare, &search);
    return search.found ? IP_OK : IP_NOT_FOUND;
}

enum ip_status ip_get_neighbour(struct ip_neighbour *row)
{
    stack_enter();
    enum ip_status status = get(row);
    stack_leave();
    return status;
}

static enum ip_status make_permanent(const struct ip_neighbour *row)
{
    struct interface *interface = interface_of_index(row->index);
    struct permanent *p = find_permanent(interface, &row->address);

    if (!p) {
        p = stack_calloc(sizeof *p);
        if (!p)
            return IP_NO_ROOM;
        p->interface = interface;
        p->address = row->address;
        list_push_back(&permanents, &p->node);
        forget(interface, &row->address);
    }
    memcpy(p->mac, row->mac, 6);
    return IP_OK;
}

enum ip_status ip_add_neighbour(const struct ip_neighbour *row)
{
    struct ip_neighbour old = *row;

    stack_enter();
    enum ip_status status = get(&old);
    if (status == IP_OK)
        status = IP_EXISTS;
    else if (status == IP_NOT_FOUND)
        status = make_permanent(row);
    stack_leave();
    return status;
}

enum ip_status ip_set_neighbour(const struct ip_neighbour *row)
{
    struct ip_neighbour old = *row;

    stack_enter();
    enum ip_status status = get(&old);
    if (status == IP_OK)
        status = make_permanent(row);
    stack_leave();
    return status;
}

static bool remove_neighbour(struct interface *interface, const struct ip_address *address)
{
    struct permanent *p = find_permanent(interface, address);
    bool found = forget(interface, address);

    if (p)
        drop_permanent(p);
    return found || p;
}

enum ip_status ip_delete_neighbour(uint32_t index, const struct ip_address *address)
{
    enum ip_status status = IP_NO_INTERFACE;

    stack_enter();
    struct interface *interface = interface_of_index(index);
    if (interface)
        status = remove_neighbour(interface, address) ? IP_OK : IP_NOT_FOUND;
    stack_leave();
    return status;
}

static void flush(struct interface *interface, unsigned family)
{
    list_each_safe(it, &permanents) {
        struct permanent *p = container_of(it, struct permanent, node);
        if (p->interface == interface && (!family || p->address.family == family))
            drop_permanent(p);
    }
    if (family != 6)
        forget4(interface, NULL);
    if (family != 4)
        forget6(interface, NULL);
}

enum ip_status ip_flush_neighbours(unsigned family, uint32_t index)
{
    enum ip_status status = IP_OK;

    stack_enter();
    if (index && !interface_of_index(index))
        status = IP_NO_INTERFACE;
    for (unsigned slot = 0; slot < INTERFACE_SLOTS && status == IP_OK; slot++) {
        struct interface *interface = interface_at(slot);
        if (interface && interface->bound && (!index || interface->config.if_index == index))
            flush(interface, family);
    }
    stack_leave();
    return status;
}

/* --- resolving ----------------------------------------------------------------------------------------------------------- */

static void ask(struct interface *interface, const struct ip_address *address)
{
    if (address->family == 4) {
        struct address *own = address_for4(interface, address);
        ip4_addr_t target = { ip_to4(address) };
        if (own)
            etharp_request(own->netif, &target);
    } else {
        ip6_addr_t target = ip_to6(address, &interface->netif);
        const u8_t *mac;
        output_put_on_link(&interface->netif, &target);
        nd6_get_next_hop_addr_or_queue(&interface->netif, NULL, &target, &mac);
        if (!neighbour_is_near(&interface->netif, &target))
            neighbour_solicit(&interface->netif, &target);
    }
}

static bool resolved(struct ip_neighbour *row)
{
    return get(row) == IP_OK && row->state != IP_NEIGHBOUR_INCOMPLETE;
}

enum ip_status ip_resolve_neighbour(struct ip_neighbour *row)
{
    for (unsigned waited = 0; waited < RESOLVE_TRIES * RESOLVE_RETRY_MS; waited += RESOLVE_STEP_MS) {
        LARGE_INTEGER pause = { .QuadPart = -(RESOLVE_STEP_MS * 10000LL) };
        stack_enter();
        struct interface *interface = interface_of_index(row->index);
        if (interface && waited == 0)
            remove_neighbour(interface, &row->address);
        bool done = interface && waited && resolved(row);
        if (interface && !done && waited % RESOLVE_RETRY_MS == 0)
            ask(interface, &row->address);
        stack_leave();
        if (!interface || done)
            return done ? IP_OK : IP_NO_INTERFACE;
        KeDelayExecutionThread(KernelMode, FALSE, &pause);
    }
    return IP_UNREACHABLE;
}
