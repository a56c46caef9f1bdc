#include "base/error.h"
#include "tcpip/tcpip.h"
#include "unit.h"

static void round_trip(const char *text)
{
    struct tcpip_address address;
    char back[TCPIP_ADDRESS_TEXT];

    CHECK(tcpip_parse_address(text, &address));
    CHECK_STR(tcpip_format_address(&address, back), text);
}

TEST(addresses_with_and_without_port_survive_a_round_trip)
{
    round_trip("10.0.2.15");
    round_trip("10.0.2.15:80");
    round_trip("fe80::1");
    round_trip("[fe80::1]:65535");
}

TEST(what_is_no_address_is_refused_in_words)
{
    struct tcpip_address address;

    CHECK(!tcpip_parse_address("10.0.2", &address));
    CHECK_CONTAINS(error_text(), "10.0.2");
    CHECK(!tcpip_parse_address("10.0.2.2:0", &address));
    CHECK(!tcpip_parse_address("10.0.2.2:65536", &address));
    CHECK(!tcpip_parse_address("10.0.2.2:x", &address));
    CHECK(!tcpip_parse_address("[fe80::1", &address));
    CHECK(!tcpip_parse_address("", &address));
}

TEST(static_addresses_are_checked)
{
    CHECK(tcpip_set_address(0, "10.77.0.2/24"));
    CHECK(tcpip_set_address(0, "10.77.0.2/24,10.77.0.1"));
    CHECK(tcpip_set_address(0, NULL));
    CHECK(!tcpip_set_address(0, "10.77.0.2"));
    CHECK(!tcpip_set_address(0, "10.77.0.2/33"));
    CHECK(!tcpip_set_address(0, "fe80::1/24"));
    CHECK(!tcpip_set_address(0, "10.77.0.2/24,fe80::1"));
}
