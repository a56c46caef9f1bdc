/* Unicast and anycast addresses. run after: vionet
 * run with: --nic=null */
#include "ip_helpers.h"

static NTSTATUS get(MIB_UNICASTIPADDRESS_ROW *row, const char *text)
{
    *row = unicast_row(text, 0);
    return GetUnicastIpAddressEntry(row);
}

TEST_CASE(a_row_starts_with_the_documented_defaults)
{
    MIB_UNICASTIPADDRESS_ROW row;

    RtlFillMemory(&row, sizeof(row), 0x55);
    InitializeUnicastIpAddressEntry(&row);
    EXPECT_EQ(row.PrefixOrigin, IpPrefixOriginUnchanged);
    EXPECT_EQ(row.SuffixOrigin, IpSuffixOriginUnchanged);
    EXPECT_EQ(row.ValidLifetime, 0xffffffff);
    EXPECT_EQ(row.PreferredLifetime, 0xffffffff);
    EXPECT(row.OnLinkPrefixLength > 128);
    EXPECT(!row.SkipAsSource);
    EXPECT_EQ(row.InterfaceLuid.Value, 0);
    EXPECT_EQ(row.Address.si_family, AF_UNSPEC);
}

TEST_CASE(the_loopback_addresses_are_there_from_the_start)
{
    MIB_UNICASTIPADDRESS_ROW row;

    InitializeUnicastIpAddressEntry(&row);
    row.InterfaceIndex = LOOPBACK_INDEX;
    row.Address = address_of("127.0.0.1");
    EXPECT_EQ(GetUnicastIpAddressEntry(&row), STATUS_SUCCESS);
    EXPECT_EQ(row.OnLinkPrefixLength, 8);
    EXPECT_EQ(row.DadState, IpDadStatePreferred);
    row.Address = address_of("::1");
    EXPECT_EQ(GetUnicastIpAddressEntry(&row), STATUS_SUCCESS);
    EXPECT_EQ(row.OnLinkPrefixLength, 128);
}

TEST_CASE(an_address_is_added_read_changed_and_deleted)
{
    MIB_UNICASTIPADDRESS_ROW row;

    REQUIRE(NT_SUCCESS(add_address("10.20.30.40", 24)));
    REQUIRE(NT_SUCCESS(get(&row, "10.20.30.40")));
    EXPECT_EQ(row.OnLinkPrefixLength, 24);
    EXPECT_EQ(row.PrefixOrigin, IpPrefixOriginManual);
    EXPECT_EQ(row.SuffixOrigin, IpSuffixOriginManual);
    EXPECT_EQ(row.DadState, IpDadStatePreferred);
    EXPECT_EQ(row.ValidLifetime, 0xffffffff);
    EXPECT(row.CreationTimeStamp.QuadPart != 0);
    EXPECT_EQ(row.InterfaceIndex, ethernet()->InterfaceIndex);
    row.OnLinkPrefixLength = 16;
    row.SkipAsSource = TRUE;
    EXPECT_EQ(SetUnicastIpAddressEntry(&row), STATUS_SUCCESS);
    REQUIRE(NT_SUCCESS(get(&row, "10.20.30.40")));
    EXPECT_EQ(row.OnLinkPrefixLength, 16);
    EXPECT(row.SkipAsSource);
    EXPECT_EQ(remove_address("10.20.30.40"), STATUS_SUCCESS);
    EXPECT_EQ(get(&row, "10.20.30.40"), STATUS_NOT_FOUND);
    EXPECT_EQ(remove_address("10.20.30.40"), STATUS_NOT_FOUND);
    EXPECT_EQ(SetUnicastIpAddressEntry(&row), STATUS_NOT_FOUND);
}

TEST_CASE(the_same_address_is_not_added_twice)
{
    REQUIRE(NT_SUCCESS(add_address("10.20.30.41", 24)));
    EXPECT_EQ(add_address("10.20.30.41", 24), ALREADY_EXISTS);
    EXPECT_EQ(add_address("10.20.30.41", 16), ALREADY_EXISTS);
    EXPECT_EQ(remove_address("10.20.30.41"), STATUS_SUCCESS);
}

TEST_CASE(an_ipv4_address_is_preferred_when_nobody_answered_for_3_seconds)
{
    MIB_UNICASTIPADDRESS_ROW row = unicast_row("10.20.30.42", 24);

    REQUIRE(NT_SUCCESS(CreateUnicastIpAddressEntry(&row)));
    EXPECT_EQ(get(&row, "10.20.30.42"), STATUS_SUCCESS);
    EXPECT_EQ(row.DadState, IpDadStateTentative);
    for (int i = 0; i < 100 && row.DadState == IpDadStateTentative; i++) {
        pause_ms(100);
        get(&row, "10.20.30.42");
    }
    EXPECT_EQ(row.DadState, IpDadStatePreferred);
    EXPECT_EQ(remove_address("10.20.30.42"), STATUS_SUCCESS);
}

TEST_CASE(an_ipv6_address_gets_tested_too)
{
    MIB_UNICASTIPADDRESS_ROW row = unicast_row("2001:db8:77::1", 64);

    REQUIRE(NT_SUCCESS(CreateUnicastIpAddressEntry(&row)));
    EXPECT_EQ(get(&row, "2001:db8:77::1"), STATUS_SUCCESS);
    EXPECT_EQ(row.DadState, IpDadStateTentative);
    for (int i = 0; i < 100 && row.DadState == IpDadStateTentative; i++) {
        pause_ms(100);
        get(&row, "2001:db8:77::1");
    }
    EXPECT_EQ(row.DadState, IpDadStatePreferred);
    EXPECT_EQ(row.PrefixOrigin, IpPrefixOriginManual);
    EXPECT_EQ(remove_address("2001:db8:77::1"), STATUS_SUCCESS);
    EXPECT_EQ(get(&row, "2001:db8:77::1"), STATUS_NOT_FOUND);
}

TEST_CASE(an_address_deprecates_and_expires_with_its_lifetimes)
{
    MIB_UNICASTIPADDRESS_ROW row = unicast_row("10.20.30.43", 255);

    row.DadState = IpDadStatePreferred;
    row.PreferredLifetime = 1;
    row.ValidLifetime = 2;
    REQUIRE(NT_SUCCESS(CreateUnicastIpAddressEntry(&row)));
    get(&row, "10.20.30.43");
    EXPECT_EQ(row.OnLinkPrefixLength, 32);
    EXPECT(row.PreferredLifetime <= 1 && row.ValidLifetime <= 2);
    pause_ms(1500);
    EXPECT_EQ(get(&row, "10.20.30.43"), STATUS_SUCCESS);
    EXPECT_EQ(row.DadState, IpDadStateDeprecated);
    EXPECT_EQ(row.PreferredLifetime, 0);
    pause_ms(1000);
    EXPECT_EQ(get(&row, "10.20.30.43"), STATUS_NOT_FOUND);
}

static NTSTATUS try_row(const char *text, UINT8 length, ULONG preferred, ULONG valid, NL_PREFIX_ORIGIN prefix, NL_SUFFIX_ORIGIN suffix)
{
    MIB_UNICASTIPADDRESS_ROW row = unicast_row(text, length);

    row.PreferredLifetime = preferred;
    row.ValidLifetime = valid;
    row.PrefixOrigin = prefix;
    row.SuffixOrigin = suffix;
    return CreateUnicastIpAddressEntry(&row);
}

TEST_CASE(each_wrong_member_is_an_invalid_parameter)
{
    const NL_PREFIX_ORIGIN prefix = IpPrefixOriginUnchanged;
    const NL_SUFFIX_ORIGIN suffix = IpSuffixOriginUnchanged;
    MIB_UNICASTIPADDRESS_ROW row;

    EXPECT_EQ(try_row("10.0.0.9", 33, 9, 9, prefix, suffix), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(try_row("2001:db8::9", 129, 9, 9, prefix, suffix), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(try_row("10.0.0.9", 24, 9, 8, prefix, suffix), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(try_row("10.0.0.9", 24, 9, 9, prefix, IpSuffixOriginManual), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(try_row("10.0.0.9", 24, 9, 9, IpPrefixOriginManual, suffix), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(try_row("10.0.0.9", 24, 9, 9, (NL_PREFIX_ORIGIN)9, IpSuffixOriginManual), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(try_row("224.0.0.9", 24, 9, 9, prefix, suffix), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(try_row("0.0.0.0", 24, 9, 9, prefix, suffix), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(try_row("ff02::9", 64, 9, 9, prefix, suffix), STATUS_INVALID_PARAMETER);
    EXPECT(!NT_SUCCESS(try_row("127.0.0.9", 8, 9, 9, prefix, suffix)));
    EXPECT_EQ(CreateUnicastIpAddressEntry(NULL), STATUS_INVALID_PARAMETER);
    row = unicast_row("10.0.0.9", 24);
    row.InterfaceLuid.Value = 0;
    EXPECT_EQ(CreateUnicastIpAddressEntry(&row), STATUS_INVALID_PARAMETER);
    row.InterfaceIndex = 4711;
    EXPECT_EQ(CreateUnicastIpAddressEntry(&row), STATUS_NOT_FOUND);
    row.Address.si_family = AF_UNSPEC;
    EXPECT_EQ(CreateUnicastIpAddressEntry(&row), STATUS_INVALID_PARAMETER);
}

TEST_CASE(the_table_is_ordered_and_filtered_by_family)
{
    PMIB_UNICASTIPADDRESS_TABLE table;

    REQUIRE(NT_SUCCESS(add_address("10.20.30.51", 24)));
    REQUIRE(NT_SUCCESS(add_address("10.20.30.50", 24)));
    REQUIRE(NT_SUCCESS(GetUnicastIpAddressTable(AF_INET, &table)));
    REQUIRE(table->NumEntries == 3);
    for (ULONG i = 0; i < 3; i++)
        EXPECT_EQ(table->Table[i].Address.si_family, AF_INET);
    EXPECT_EQ(table->Table[0].InterfaceIndex, LOOPBACK_INDEX);
    SOCKADDR_INET first = address_of("10.20.30.50");
    EXPECT(same_address(&table->Table[1].Address, &first));
    FreeMibTable(table);
    REQUIRE(NT_SUCCESS(GetUnicastIpAddressTable(AF_INET6, &table)));
    for (ULONG i = 0; i < table->NumEntries; i++)
        EXPECT_EQ(table->Table[i].Address.si_family, AF_INET6);
    FreeMibTable(table);
    EXPECT_EQ(GetUnicastIpAddressTable(77, &table), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(GetUnicastIpAddressTable(AF_INET, NULL), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(remove_address("10.20.30.50"), STATUS_SUCCESS);
    EXPECT_EQ(remove_address("10.20.30.51"), STATUS_SUCCESS);
}

TEST_CASE(anycast_addresses_have_a_table_of_their_own)
{
    PMIB_ANYCASTIPADDRESS_TABLE table;
    MIB_ANYCASTIPADDRESS_ROW row;
    MIB_UNICASTIPADDRESS_ROW unicast;

    RtlZeroMemory(&row, sizeof(row));
    row.InterfaceIndex = ethernet()->InterfaceIndex;
    row.Address = address_of("2001:db8:5::");
    EXPECT_EQ(GetAnycastIpAddressTable(AF_UNSPEC, &table), STATUS_NOT_FOUND);
    REQUIRE(NT_SUCCESS(CreateAnycastIpAddressEntry(&row)));
    EXPECT_EQ(CreateAnycastIpAddressEntry(&row), ALREADY_EXISTS);
    EXPECT_EQ(GetAnycastIpAddressEntry(&row), STATUS_SUCCESS);
    EXPECT_EQ(row.InterfaceLuid.Value, ethernet()->InterfaceLuid.Value);
    EXPECT_EQ(get(&unicast, "2001:db8:5::"), STATUS_NOT_FOUND);
    REQUIRE(NT_SUCCESS(GetAnycastIpAddressTable(AF_INET6, &table)));
    EXPECT_EQ(table->NumEntries, 1);
    FreeMibTable(table);
    EXPECT_EQ(GetAnycastIpAddressTable(AF_INET, &table), STATUS_NOT_FOUND);
    EXPECT_EQ(DeleteAnycastIpAddressEntry(&row), STATUS_SUCCESS);
    EXPECT_EQ(DeleteAnycastIpAddressEntry(&row), STATUS_NOT_FOUND);
}

TEST_CASE(the_loopback_interface_takes_more_loopback_addresses)
{
    MIB_UNICASTIPADDRESS_ROW row = unicast_row("127.0.0.2", 8);

    row.InterfaceLuid.Value = 0;
    row.InterfaceIndex = LOOPBACK_INDEX;
    REQUIRE(NT_SUCCESS(CreateUnicastIpAddressEntry(&row)));
    EXPECT_EQ(GetUnicastIpAddressEntry(&row), STATUS_SUCCESS);
    EXPECT_EQ(row.DadState, IpDadStatePreferred);
    EXPECT_EQ(DeleteUnicastIpAddressEntry(&row), STATUS_SUCCESS);
}

TEST_CASE(the_longest_finite_lifetime_is_136_years)
{
    MIB_UNICASTIPADDRESS_ROW row = unicast_row("10.20.30.44", 24);

    row.ValidLifetime = row.PreferredLifetime = 0xfffffffe;
    row.DadState = IpDadStatePreferred;
    REQUIRE(NT_SUCCESS(CreateUnicastIpAddressEntry(&row)));
    EXPECT_EQ(GetUnicastIpAddressEntry(&row), STATUS_SUCCESS);
    EXPECT(row.ValidLifetime <= 0xfffffffe && row.ValidLifetime > 0xfffff000);
    EXPECT_EQ(remove_address("10.20.30.44"), STATUS_SUCCESS);
}
