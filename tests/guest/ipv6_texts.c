/* RtlIpv6StringToAddressEx: address, scope and port in one text. docs: ip2string/nf-ip2string-rtlipv6stringtoaddressexw */
#include "helpers.h"

#include <ip2string.h>

static struct in6_addr address;
static ULONG scope;
static USHORT port;

static NTSTATUS Parse(PCSTR text)
{
    return RtlIpv6StringToAddressExA(text, &address, &scope, &port);
}

TEST_CASE(an_address_alone_has_no_scope_and_no_port)
{
    EXPECT_EQ(Parse("fe80::1"), STATUS_SUCCESS);
    EXPECT_EQ(address.s6_addr[0], 0xfe);
    EXPECT_EQ(address.s6_addr[15], 1);
    EXPECT_EQ(scope, 0);
    EXPECT_EQ(port, 0);
    EXPECT_EQ(Parse("[::1]"), STATUS_SUCCESS);
    EXPECT_EQ(port, 0);
}

TEST_CASE(brackets_may_be_followed_by_a_port_in_network_order)
{
    EXPECT_EQ(Parse("[2001:db8::7]:443"), STATUS_SUCCESS);
    EXPECT_EQ(address.s6_addr[15], 7);
    EXPECT_EQ(port, RtlUshortByteSwap(443));
    EXPECT_EQ(Parse("[::1]:0x50"), STATUS_SUCCESS);
    EXPECT_EQ(port, RtlUshortByteSwap(80));
}

TEST_CASE(a_scope_follows_a_percent_sign)
{
    EXPECT_EQ(Parse("fe80::2%12"), STATUS_SUCCESS);
    EXPECT_EQ(scope, 12);
    EXPECT_EQ(Parse("[fe80::2%3]:80"), STATUS_SUCCESS);
    EXPECT_EQ(scope, 3);
    EXPECT_EQ(port, RtlUshortByteSwap(80));
}

TEST_CASE(what_is_no_such_text_is_refused)
{
    static const char *const wrong[] = { "", "::1]", "[::1", "[::1]80", "[::1]:", "[::1]:65536", "::1:80:x", "[::1]:80x", "fe80::1%", "1.2.3.4" };

    for (unsigned i = 0; i < ARRAYSIZE(wrong); i++)
        EXPECT_EQ(Parse(wrong[i]), STATUS_INVALID_PARAMETER);
}

TEST_CASE(the_wide_form_is_the_inverse_of_the_text_that_is_made_of_it)
{
    struct in6_addr back;
    WCHAR text[80];
    ULONG length = ARRAYSIZE(text), scope_back;
    USHORT port_back;

    EXPECT_EQ(Parse("[fe80::1:2%5]:8080"), STATUS_SUCCESS);
    EXPECT_EQ(RtlIpv6AddressToStringExW(&address, scope, port, text, &length), STATUS_SUCCESS);
    EXPECT_EQ(RtlIpv6StringToAddressExW(text, &back, &scope_back, &port_back), STATUS_SUCCESS);
    EXPECT(RtlEqualMemory(&back, &address, sizeof(back)));
    EXPECT_EQ(scope_back, scope);
    EXPECT_EQ(port_back, port);
}
