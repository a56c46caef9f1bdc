/* The examples of RFC 6724 section 10, and what they leave out. */
#include <arpa/inet.h>
#include <string.h>

#include "tcpip/address_select.h"
#include "unit.h"

enum { OUT = 1 };

static struct ip_address address(const char *text)
{
    struct ip_address a = { .family = strchr(text, ':') ? 6 : 4 };

    CHECK_EQ(inet_pton(a.family == 4 ? AF_INET : AF_INET6, text, a.bytes), 1);
    return a;
}

static struct select_source own(const char *text)
{
    struct select_source s = { .address = address(text), .index = OUT };

    s.prefix_length = s.address.family == 4 ? 24 : 64;
    return s;
}

/* Which of two sources speaks to `to`, in whichever order they are given. */
static int choose(struct select_source a, struct select_source b, const char *to)
{
    struct select_source list[] = { a, b }, reversed[] = { b, a };
    struct ip_address destination = address(to);
    size_t first = select_source(list, 2, &destination, OUT);

    CHECK_EQ(first, 1 - select_source(reversed, 2, &destination, OUT));
    return (int)first;
}

static int order(const char *source1, const char *to1, const char *source2, const char *to2)
{
    struct select_pair a = { .destination = address(to1), .source_prefix_length = 64 };
    struct select_pair b = { .destination = address(to2), .source_prefix_length = 64 };

    if (source1)
        a.source = address(source1);
    if (source2)
        b.source = address(source2);
    int forth = select_compare(&a, &b), back = select_compare(&b, &a);
    CHECK_EQ(forth < 0, back > 0);
    CHECK_EQ(forth == 0, back == 0);
    return forth;
}

TEST(the_source_has_the_scope_of_the_destination)
{
    CHECK_EQ(choose(own("2001:db8:3::1"), own("fe80::1"), "2001:db8:1::1"), 0);
    CHECK_EQ(choose(own("2001:db8:3::1"), own("fe80::1"), "fe80::2"), 1);
    CHECK_EQ(choose(own("2001:db8:1::1"), own("fe80::1"), "ff02::1"), 1);
    CHECK_EQ(choose(own("2001:db8:1::2"), own("fe80::1"), "2001:db8:1::2"), 0);
}

TEST(the_source_is_the_destination_itself_when_that_is_ours)
{
    CHECK_EQ(choose(own("2001:db8:1::2"), own("2001:db8:1::3"), "2001:db8:1::3"), 1);
}

TEST(a_deprecated_source_is_avoided)
{
    struct select_source old = own("2001:db8:1::2");

    old.deprecated = true;
    CHECK_EQ(choose(old, own("2001:db8:9::3"), "2001:db8:1::7"), 1);
}

TEST(an_address_of_the_outgoing_interface_comes_first)
{
    struct select_source elsewhere = own("2001:db8:1::2");

    elsewhere.index = OUT + 1;
    CHECK_EQ(choose(elsewhere, own("2001:db8:9::3"), "2001:db8:1::7"), 1);
}

TEST(the_label_and_then_the_longest_common_prefix_decide)
{
    CHECK_EQ(choose(own("2002:c633:6401::d5e3:7953:13eb:22e8"), own("2001:db8:1::2"), "2002:c633:6401::1"), 0);
    CHECK_EQ(choose(own("2001:db8:1::2"), own("2001:db8:3::2"), "2001:db8:1::1"), 0);
    CHECK_EQ(choose(own("192.168.1.2"), own("10.0.0.2"), "10.0.0.9"), 1);
}

TEST(without_a_source_of_the_family_there_is_none)
{
    struct select_source list[] = { own("10.0.0.1") };
    struct ip_address to = address("2001:db8::1");

    CHECK_EQ(select_source(list, 1, &to, OUT), 1);
}

TEST(destinations_are_ordered_as_the_examples_say)
{
    CHECK(order("2001:db8:1::2", "2001:db8:1::1", "169.254.13.78", "198.51.100.121") < 0);
    CHECK(order("fe80::1", "2001:db8:1::1", "198.51.100.117", "198.51.100.121") > 0);
    CHECK(order("2001:db8:1::2", "2001:db8:1::1", "10.1.2.4", "10.1.2.3") < 0);
    CHECK(order("2001:db8:1::2", "2001:db8:1::1", "fe80::2", "fe80::1") > 0);
    CHECK(order("2001:db8:1::2", "2001:db8:1::1", NULL, "10.1.2.3") < 0);
    CHECK(order("2002:c633:6401::2", "2001:db8:1::1", "10.1.2.4", "10.1.2.3") > 0);
}

TEST(the_default_policy_table_is_the_standard_s)
{
    static const struct { const char *text; unsigned precedence, label; } rows[] = {
        { "::1", 50, 0 }, { "2001:db8::1", 40, 1 }, { "10.0.0.1", 35, 4 }, { "2002::1", 30, 2 }, { "2001::1", 5, 5 },
        { "fc00::1", 3, 13 }, { "::1.2.3.4", 1, 3 }, { "fec0::1", 1, 11 }, { "3ffe::1", 1, 12 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ip_address a = address(rows[i].text);
        CHECK_EQ(select_precedence(&a), rows[i].precedence);
        CHECK_EQ(select_label(&a), rows[i].label);
    }
}
