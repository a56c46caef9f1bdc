#include <arpa/inet.h>
#include <string.h>

#include "tcpip/route_table.h"
#include "unit.h"

static struct list table = LIST_INIT(table);
static uint32_t metrics[8] = { 0, 10, 20, 30, 40, 50, 60, 70 };

static struct ip_address address(const char *text)
{
    struct ip_address a = { .family = strchr(text, ':') ? 6 : 4 };

    CHECK_EQ(inet_pton(a.family == 4 ? AF_INET : AF_INET6, text, a.bytes), 1);
    return a;
}

static uint32_t metric_of(const struct ip_route *row, void *context)
{
    return metrics[row->index];
}

static struct route *add(const char *prefix, unsigned length, const char *hop, uint32_t index, uint32_t metric)
{
    struct ip_route row = {
        .prefix = address(prefix), .prefix_length = (uint8_t)length, .next_hop = address(hop), .index = index, .metric = metric,
    };

    return route_insert(&table, &row, ROUTE_MANUAL);
}

static const struct route *look_up(const char *to, uint32_t index)
{
    struct ip_address a = address(to);

    return route_lookup(&table, &a, index, metric_of, NULL);
}

static void empty(void)
{
    list_each_safe(it, &table)
        route_remove(container_of(it, struct route, node));
}

TEST(the_longest_prefix_wins_whatever_the_metric)
{
    struct route *all = add("0.0.0.0", 0, "10.0.0.1", 1, 0);
    struct route *net = add("10.1.0.0", 16, "10.0.0.2", 1, 500);
    struct route *host = add("10.1.2.3", 32, "10.0.0.3", 2, 9000);

    CHECK(look_up("10.1.2.3", 0) == host);
    CHECK(look_up("10.1.2.4", 0) == net);
    CHECK(look_up("10.2.0.0", 0) == all);
    CHECK(!look_up("2001:db8::1", 0));
    empty();
}

TEST(among_equal_prefixes_the_sum_of_metrics_decides)
{
    struct route *far = add("192.168.0.0", 16, "0.0.0.0", 1, 100), *near = add("192.168.0.0", 16, "0.0.0.0", 2, 50);

    CHECK(look_up("192.168.3.4", 0) == near);           /* 70 against 110 */
    near->row.metric = 91;                              /* 111 */
    CHECK(look_up("192.168.3.4", 0) == far);
    near->row.metric = 90;                              /* the same: the older one */
    CHECK(look_up("192.168.3.4", 0) == far);
    empty();
}

TEST(an_interface_that_is_down_or_not_asked_for_is_not_used)
{
    struct route *net = add("172.16.0.0", 12, "0.0.0.0", 3, 0), *all = add("0.0.0.0", 0, "10.0.0.1", 1, 0);

    CHECK(look_up("172.17.0.1", 1) == all);
    metrics[3] = UINT32_MAX;
    CHECK(look_up("172.17.0.1", 0) == all);
    CHECK(!look_up("172.17.0.1", 3));
    metrics[3] = 30;
    CHECK(look_up("172.17.0.1", 0) == net);
    empty();
}

TEST(prefixes_end_at_any_bit)
{
    struct ip_address a = address("255.255.255.255"), b = address("2001:db8:ffff::1");

    route_mask(&a, 19);
    CHECK(memcmp(a.bytes, (uint8_t[]){ 255, 255, 224, 0 }, 4) == 0);
    route_mask(&b, 33);
    CHECK(memcmp(b.bytes, (uint8_t[16]){ 0x20, 1, 0xd, 0xb8, 0x80 }, 16) == 0);
    struct ip_address c = address("10.0.31.0"), d = address("10.0.32.0");
    CHECK_EQ(ip_address_common(&c, &d, 32), 18);
    CHECK_EQ(ip_address_common(&c, &d, 10), 10);
    CHECK_EQ(ip_address_common(&c, &c, 32), 32);
}

TEST(a_route_is_found_by_prefix_length_next_hop_and_interface)
{
    struct route *r = add("10.0.0.0", 8, "1.2.3.4", 1, 7);
    struct ip_route key = { .prefix = address("10.0.0.0"), .prefix_length = 8, .next_hop = address("1.2.3.4"), .index = 1 };

    CHECK(route_find(&table, &key) == r);
    key.index = 2;
    CHECK(!route_find(&table, &key));
    key.index = 1;
    key.prefix_length = 9;
    CHECK(!route_find(&table, &key));
    key.prefix_length = 8;
    key.next_hop = address("1.2.3.5");
    CHECK(!route_find(&table, &key));
    empty();
}
