/* Settings of an interface for each family, and the news about all tables. */
#include "base/error.h"
#include "tcpip/interface.h"

enum { IPV4_LEAST_MTU = 352, IPV6_LEAST_MTU = 1280, LOOPBACK_METRIC = 75 };

static void (*listener)(const struct ip_event *event);

/* Windows' automatic metric: the lowest speed for each value. */
static const struct {
    uint64_t speed;
    uint32_t metric;
} automatic[] = {
    { 100000000000, 5 }, { 40000000000, 10 }, { 10000000000, 15 }, { 2000000000, 20 }, { 200000000, 25 }, { 80000000, 35 },
    { 20000000, 45 }, { 4000000, 55 }, { 500000, 65 }, { 0, 75 },
};

static uint32_t automatic_metric(struct interface *interface)
{
    unsigned n = 0;

    if (interface == loopback_interface())
        return LOOPBACK_METRIC;
    while (interface->speed < automatic[n].speed)
        n++;
    return automatic[n].metric;
}

void settings_reset(struct interface *interface)
{
    for (int v6 = 0; v6 < 2; v6++) {
        uint32_t probes = interface->config.raw ? 0 : v6 ? 1 : 3;

        interface->ip[v6] = (struct ip_settings){
            .automatic_metric = true, .neighbour_detection = interface != loopback_interface(), .router_discovery = v6,
            .metric = automatic_metric(interface), .mtu = interface->config.mtu, .dad_transmits = probes,
            .base_reachable_ms = 30000, .retransmit_ms = 1000, .site_prefix_length = v6 ? 64 : 0,
        };
    }
}

void settings_speed(struct interface *interface, uint64_t bits_per_second)
{
    interface->speed = bits_per_second;
    for (int v6 = 0; v6 < 2; v6++)
        if (interface->ip[v6].automatic_metric)
            interface->ip[v6].metric = automatic_metric(interface);
    paths_invalidate();
}

/* --- the table --------------------------------------------------------------------------------------------------------- */

static struct ip_interface visible(struct interface *interface, unsigned family)
{
    return (struct ip_interface){
        .family = (uint8_t)family, .luid = interface->config.luid, .index = interface->config.if_index,
        .connected = interface_is_up(interface), .link_mtu = interface->config.mtu, .settings = interface->ip[family == 6],
    };
}

size_t ip_list_interfaces(unsigned family, struct ip_interface *rows, size_t room)
{
    size_t count = 0;

    stack_enter();
    for (unsigned f = 4; f <= 6; f += 2)
        for (unsigned slot = 0; slot < INTERFACE_SLOTS; slot++) {
            struct interface *interface = interface_at(slot);
            if (interface && interface->bound && (!family || family == f) && count++ < room)
                rows[count - 1] = visible(interface, f);
        }
    stack_leave();
    return count;
}

enum ip_status ip_get_interface(unsigned family, uint32_t index, struct ip_interface *row)
{
    stack_enter();
    struct interface *interface = interface_of_index(index);
    if (interface)
        *row = visible(interface, family);
    stack_leave();
    return interface ? IP_OK : IP_NO_INTERFACE;
}

static void take_effect(struct interface *interface, unsigned family)
{
    const struct ip_settings *s = &interface->ip[family == 6];

    if (interface != loopback_interface() && family == 4) {
        interface->netif.mtu = (u16_t)s->mtu;
        list_each(it, &interface->addresses) {
            struct address *a = container_of(it, struct address, node);
            a->own.mtu = (u16_t)s->mtu;
        }
    } else if (family == 6) {
        if (interface != loopback_interface())
            interface->netif.mtu6 = (u16_t)s->mtu;
        netif_set_ip6_autoconfig_enabled(&interface->netif, s->router_discovery);
        address_v6_follow();
    }
    paths_invalidate();
}

void interface_limit(struct interface *interface, uint32_t mtu)
{
    uint32_t before = interface->config.mtu;

    if (mtu == before || mtu < IPV4_LEAST_MTU)
        return;
    stack_enter();
    interface->config.mtu = mtu;
    for (unsigned family = 4; family <= 6; family += 2) {
        struct ip_settings *s = &interface->ip[family == 6];

        if (s->mtu != before && s->mtu <= mtu)
            continue;
        s->mtu = mtu;
        take_effect(interface, family);
    }
    ip_interface_event(interface, IP_CHANGED);
    stack_leave();
}

static enum ip_status set(unsigned family, struct interface *interface, const struct ip_settings *wanted)
{
    struct ip_settings settings = *wanted;

    if (settings.advertise_default_route) {
        error_set("TCP/IP sends no router advertisements");
        return IP_REFUSED;
    }
    if (settings.mtu < (family == 6 ? IPV6_LEAST_MTU : IPV4_LEAST_MTU) || settings.mtu > interface->config.mtu)
        return IP_INVALID;
    if (settings.automatic_metric)
        settings.metric = automatic_metric(interface);
    interface->ip[family == 6] = settings;
    take_effect(interface, family);
    ip_interface_event(interface, IP_CHANGED);
    return IP_OK;
}

enum ip_status ip_set_interface(unsigned family, uint32_t index, const struct ip_settings *settings)
{
    stack_enter();
    struct interface *interface = interface_of_index(index);
    enum ip_status status = interface ? set(family, interface, settings) : IP_NO_INTERFACE;
    stack_leave();
    coalescing_update_all();
    return status;
}

/* --- news ------------------------------------------------------------------------------------------------------------------ */

void ip_set_listener(void (*changed)(const struct ip_event *event))
{
    listener = changed;
}

void ip_emit(const struct ip_event *event)
{
    if (listener)
        listener(event);
}

void ip_interface_event(struct interface *interface, enum ip_change change)
{
    paths_invalidate();
    for (uint8_t family = 4; family <= 6; family = (uint8_t)(family + 2))
        ip_emit(&(struct ip_event){
            .table = IP_TABLE_INTERFACE, .change = change, .family = family, .index = interface->config.if_index,
            .luid = interface->config.luid,
        });
}
