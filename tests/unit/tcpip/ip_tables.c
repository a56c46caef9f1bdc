/* The IP layer's tables inside a computer with one card: what they do when memory runs out, and what is left afterwards. */
#define UNIT_LIBRARY_BYTES 4096         /* lwIP's timers */
#include <arpa/inet.h>
#include <string.h>

#include "machine/machine.h"
#include "ring3.h"
#include "tcpip/ip.h"
#include "tcpip/stack.h"
#include "unit.h"
#include "drivers.h"

#define MS 1000000ull

enum { CARD = 2 };

static void with_card(unsigned cards, const char *address, void (*inside)(void *argument))
{
    struct ring3_report report;
    struct ring3_config config;

    ring3_config_init(&config);
    config.memory = 64u << 20;
    config.clock = RING3_CLOCK_VIRTUAL;
    struct ring3_computer *computer = ring3_open(&config);
    CHECK(computer != NULL);
    for (unsigned n = 0; n < cards; n++)
        CHECK(ring3_add_nic(computer, "null") != NULL);
    CHECK(ring3_load(computer, unit_driver("vionet")) != NULL);
    if (address)
        CHECK(ring3_set_address(computer, 0, address));
    CHECK_EQ(ring3_run(computer, 5000 * MS), RING3_END_TIME);
    CHECK(machine_call(inside, NULL));
    ring3_close(computer, &report);
    CHECK_EQ(report.findings, 0);
    CHECK_EQ(report.pool_bytes, 0);
}

static struct ip_address address(const char *text)
{
    struct ip_address a = { .family = strchr(text, ':') ? 6 : 4 };

    CHECK_EQ(inet_pton(a.family == 4 ? AF_INET : AF_INET6, text, a.bytes), 1);
    return a;
}

static struct ip_unicast unicast(const char *text, unsigned length)
{
    return (struct ip_unicast){
        .address = address(text), .index = CARD, .prefix_length = (uint8_t)length, .state = IP_DAD_PREFERRED,
        .valid_seconds = IP_FOREVER, .preferred_seconds = IP_FOREVER,
    };
}

static struct ip_route route(const char *prefix, unsigned length, const char *hop)
{
    return (struct ip_route){
        .prefix = address(prefix), .prefix_length = (uint8_t)length, .next_hop = address(hop), .index = CARD,
        .valid_seconds = IP_FOREVER, .preferred_seconds = IP_FOREVER,
    };
}

struct counts {
    size_t addresses, routes, neighbours;
};

static struct counts count(void)
{
    return (struct counts){ ip_list_unicast(0, NULL, 0), ip_list_routes(0, NULL, 0), ip_list_neighbours(0, NULL, 0) };
}

static void check_counts(struct counts wanted)
{
    struct counts now = count();

    CHECK_EQ(now.addresses, wanted.addresses);
    CHECK_EQ(now.routes, wanted.routes);
    CHECK_EQ(now.neighbours, wanted.neighbours);
}

/* How many of the steps had no memory. */
static unsigned make_and_take_back(void)
{
    struct ip_unicast v4 = unicast("10.5.0.1", 24), v6 = unicast("2001:db8:5::1", 64);
    struct ip_route r4 = route("10.6.0.0", 16, "10.5.0.9"), r6 = route("2001:db8:6::", 48, "2001:db8:5::9");
    struct ip_neighbour neighbour = { .address = address("10.5.0.9"), .index = CARD, .mac = { 2, 0, 0, 0, 0, 9 } };
    enum ip_status made[] = {
        ip_add_unicast(&v4), ip_add_unicast(&v6), ip_add_route(&r4), ip_add_route(&r6), ip_add_neighbour(&neighbour),
    };
    enum ip_status gone[] = {
        ip_delete_neighbour(CARD, &neighbour.address), ip_delete_route(&r6), ip_delete_route(&r4),
        ip_delete_unicast(CARD, &v6.address), ip_delete_unicast(CARD, &v4.address),
    };
    unsigned refused = 0;

    for (unsigned n = 0; n < 5; n++) {
        CHECK(made[n] == IP_OK || made[n] == IP_NO_ROOM);
        CHECK_EQ(gone[4 - n], made[n] == IP_OK ? IP_OK : IP_NOT_FOUND);
        refused += made[n] != IP_OK;
    }
    return refused;
}

static void let_each_allocation_fail(void *unused)
{
    struct counts before = count();
    unsigned refused = 0;

    CHECK_EQ(make_and_take_back(), 0);
    check_counts(before);
    for (uint64_t n = 1; n < 200; n++) {
        stack_fail_at(n);
        refused += make_and_take_back();
        if (stack_fail_count() < n) {
            stack_fail_at(0);
            CHECK(refused >= 5);
            return;
        }
        stack_fail_at(0);
        check_counts(before);
    }
    CHECK(!"more than 200 allocations");
}

TEST(each_allocation_may_fail_and_nothing_is_left)
{
    with_card(1, NULL, let_each_allocation_fail);
}

static void look_at_dhcp_and_gateway(void *unused)
{
    struct ip_address to = address("192.0.2.1"), any = { 0 }, source, gateway = address("10.7.0.1"), own = address("10.7.0.2");
    struct ip_route row;
    struct ip_unicast u;

    CHECK_EQ(ip_best_route(&any, &to, 0, &row, &source), IP_OK);
    CHECK_EQ(row.index, CARD);
    CHECK(ip_address_equal(&row.next_hop, &gateway));
    CHECK(ip_address_equal(&source, &own));
    CHECK_EQ(ip_get_unicast(CARD, &own, &u), IP_OK);
    CHECK_EQ(u.prefix_length, 24);
    struct ip_address self = own;
    CHECK_EQ(ip_best_route(&any, &self, 0, &row, &source), IP_OK);
    CHECK_EQ(row.prefix_length, 32);
}

TEST(the_command_line_s_address_and_gateway_are_in_the_tables)
{
    with_card(1, "10.7.0.2/24,10.7.0.1", look_at_dhcp_and_gateway);
}

static void prefer_by_metric(void *unused)
{
    struct ip_route first = route("198.51.100.0", 24, "0.0.0.0"), second = first;
    struct ip_unicast one = unicast("10.1.0.1", 24), two = unicast("10.2.0.1", 24);
    struct ip_address to = address("198.51.100.7"), any = { 0 }, source;
    struct ip_interface settings;
    struct ip_route best;

    two.index = second.index = CARD + 1;
    CHECK_EQ(ip_add_unicast(&one), IP_OK);
    CHECK_EQ(ip_add_unicast(&two), IP_OK);
    CHECK_EQ(ip_add_route(&first), IP_OK);
    CHECK_EQ(ip_add_route(&second), IP_OK);
    CHECK_EQ(ip_get_interface(4, CARD, &settings), IP_OK);
    settings.settings.automatic_metric = false;
    settings.settings.metric = 1;
    CHECK_EQ(ip_set_interface(4, CARD, &settings.settings), IP_OK);
    CHECK_EQ(ip_best_route(&any, &to, 0, &best, &source), IP_OK);
    CHECK_EQ(best.index, CARD);
    CHECK(ip_address_equal(&source, &one.address));
    settings.settings.metric = 1000;
    CHECK_EQ(ip_set_interface(4, CARD, &settings.settings), IP_OK);
    CHECK_EQ(ip_best_route(&any, &to, 0, &best, &source), IP_OK);
    CHECK_EQ(best.index, CARD + 1);
    CHECK(ip_address_equal(&source, &two.address));
    CHECK_EQ(ip_best_route(&one.address, &to, 0, &best, &source), IP_OK);
    CHECK_EQ(best.index, CARD);         /* strong host */
    CHECK_EQ(ip_best_route(&one.address, &to, CARD + 1, &best, &source), IP_NOT_FOUND);
}

TEST(of_two_interfaces_the_one_with_the_lower_metric_is_used)
{
    with_card(2, NULL, prefer_by_metric);
}
