/* Routes and paths. run after: vionet
 * run with: --nic=null */
#include "ip_helpers.h"

TEST_SETUP(give_the_adapter_an_address)
{
    add_address("10.1.0.2", 16);
    add_address("2001:db8:1::2", 64);
}

TEST_TEARDOWN(take_it_away)
{
    remove_address("10.1.0.2");
    remove_address("2001:db8:1::2");
}

static NTSTATUS best(const char *from, const char *to, MIB_IPFORWARD_ROW2 *route, SOCKADDR_INET *source)
{
    SOCKADDR_INET source_address = {0}, destination = address_of(to);

    if (from)
        source_address = address_of(from);
    return GetBestRoute2(&ethernet()->InterfaceLuid, 0, from ? &source_address : NULL, &destination, 0, route, source);
}

static BOOLEAN goes_to(const char *to, const char *hop, const char *from)
{
    SOCKADDR_INET source, expected_hop = address_of(hop), expected_source = address_of(from);
    MIB_IPFORWARD_ROW2 route;

    return NT_SUCCESS(best(NULL, to, &route, &source)) && same_address(&route.NextHop, &expected_hop) &&
           same_address(&source, &expected_source);
}

TEST_CASE(a_row_starts_with_the_documented_defaults)
{
    MIB_IPFORWARD_ROW2 row;

    RtlFillMemory(&row, sizeof(row), 0x55);
    InitializeIpForwardEntry(&row);
    EXPECT_EQ(row.ValidLifetime, 0xffffffff);
    EXPECT_EQ(row.PreferredLifetime, 0xffffffff);
    EXPECT(row.Loopback && row.AutoconfigureAddress && row.Publish && row.Immortal);
    EXPECT(row.SitePrefixLength > 128);
    EXPECT_EQ(row.InterfaceIndex, 0);
    EXPECT_EQ(row.NextHop.si_family, AF_UNSPEC);
}

TEST_CASE(an_address_brings_its_routes)
{
    static const struct {
        const char *prefix;
        UINT8 length;
    } expected[] = {{"10.1.0.0", 16}, {"10.1.0.2", 32}, {"10.1.255.255", 32}, {"224.0.0.0", 4}, {"255.255.255.255", 32}};
    MIB_IPFORWARD_ROW2 row;

    for (int i = 0; i < 5; i++) {
        row = route_row(expected[i].prefix, expected[i].length, "0.0.0.0");
        EXPECT_EQ(GetIpForwardEntry2(&row), STATUS_SUCCESS);
        EXPECT_EQ(row.Metric, 256);
        EXPECT_EQ(row.Protocol, MIB_IPPROTO_LOCAL);
    }
    row = route_row("2001:db8:1::", 64, "::");
    EXPECT_EQ(GetIpForwardEntry2(&row), STATUS_SUCCESS);
    row = route_row("2001:db8:1::2", 128, "::");
    EXPECT_EQ(GetIpForwardEntry2(&row), STATUS_SUCCESS);
    EXPECT(row.Loopback);
}

TEST_CASE(a_route_is_used_from_when_it_is_created_until_it_is_deleted)
{
    MIB_IPFORWARD_ROW2 row = route_row("192.168.0.0", 16, "10.1.0.1"), route;
    SOCKADDR_INET source;

    EXPECT(!NT_SUCCESS(best(NULL, "192.168.3.4", &route, &source)));
    REQUIRE(NT_SUCCESS(CreateIpForwardEntry2(&row)));
    EXPECT(goes_to("192.168.3.4", "10.1.0.1", "10.1.0.2"));
    EXPECT_EQ(CreateIpForwardEntry2(&row), ALREADY_EXISTS);
    EXPECT_EQ(DeleteIpForwardEntry2(&row), STATUS_SUCCESS);
    EXPECT(!NT_SUCCESS(best(NULL, "192.168.3.4", &route, &source)));
    EXPECT_EQ(DeleteIpForwardEntry2(&row), STATUS_NOT_FOUND);
    EXPECT_EQ(SetIpForwardEntry2(&row), STATUS_NOT_FOUND);
    EXPECT_EQ(GetIpForwardEntry2(&row), STATUS_NOT_FOUND);
}

TEST_CASE(the_longest_prefix_wins_and_then_the_metric)
{
    MIB_IPFORWARD_ROW2 all = route_row("0.0.0.0", 0, "10.1.0.1"), net = route_row("172.16.0.0", 12, "10.1.0.3");
    MIB_IPFORWARD_ROW2 other = route_row("172.16.0.0", 12, "10.1.0.4"), v6 = route_row("::", 0, "2001:db8:1::1");

    net.Metric = 20;
    other.Metric = 30;
    REQUIRE(NT_SUCCESS(CreateIpForwardEntry2(&all)));
    REQUIRE(NT_SUCCESS(CreateIpForwardEntry2(&net)));
    REQUIRE(NT_SUCCESS(CreateIpForwardEntry2(&other)));
    REQUIRE(NT_SUCCESS(CreateIpForwardEntry2(&v6)));
    EXPECT(goes_to("8.8.8.8", "10.1.0.1", "10.1.0.2"));
    EXPECT(goes_to("172.17.1.1", "10.1.0.3", "10.1.0.2"));
    EXPECT(goes_to("10.1.77.77", "0.0.0.0", "10.1.0.2"));
    EXPECT(goes_to("2001:db8:ffff::1", "2001:db8:1::1", "2001:db8:1::2"));
    other.Metric = 10;
    EXPECT_EQ(SetIpForwardEntry2(&other), STATUS_SUCCESS);
    EXPECT(goes_to("172.17.1.1", "10.1.0.4", "10.1.0.2"));
    EXPECT_EQ(DeleteIpForwardEntry2(&all), STATUS_SUCCESS);
    EXPECT_EQ(DeleteIpForwardEntry2(&net), STATUS_SUCCESS);
    EXPECT_EQ(DeleteIpForwardEntry2(&other), STATUS_SUCCESS);
    EXPECT_EQ(DeleteIpForwardEntry2(&v6), STATUS_SUCCESS);
}

TEST_CASE(a_route_expires_with_its_lifetime)
{
    MIB_IPFORWARD_ROW2 row = route_row("192.168.9.0", 24, "10.1.0.1");

    row.ValidLifetime = 2;
    row.PreferredLifetime = 2;
    REQUIRE(NT_SUCCESS(CreateIpForwardEntry2(&row)));
    EXPECT_EQ(GetIpForwardEntry2(&row), STATUS_SUCCESS);
    EXPECT_EQ(row.Age, 0);
    pause_ms(1200);
    EXPECT_EQ(GetIpForwardEntry2(&row), STATUS_SUCCESS);
    EXPECT_EQ(row.Age, 1);
    pause_ms(1000);
    EXPECT_EQ(GetIpForwardEntry2(&row), STATUS_NOT_FOUND);
    row.ValidLifetime = row.PreferredLifetime = 0xfffffffe;
    REQUIRE(NT_SUCCESS(CreateIpForwardEntry2(&row)));
    EXPECT_EQ(DeleteIpForwardEntry2(&row), STATUS_SUCCESS);
}

TEST_CASE(default_routes_of_an_interface_can_be_turned_off)
{
    MIB_IPFORWARD_ROW2 all = route_row("0.0.0.0", 0, "10.1.0.1"), route;
    MIB_IPINTERFACE_ROW interface_row;
    SOCKADDR_INET source;

    REQUIRE(NT_SUCCESS(CreateIpForwardEntry2(&all)));
    InitializeIpInterfaceEntry(&interface_row);
    interface_row.Family = AF_INET;
    interface_row.InterfaceLuid = ethernet()->InterfaceLuid;
    REQUIRE(NT_SUCCESS(GetIpInterfaceEntry(&interface_row)));
    interface_row.DisableDefaultRoutes = TRUE;
    EXPECT_EQ(SetIpInterfaceEntry(&interface_row), STATUS_SUCCESS);
    EXPECT(!NT_SUCCESS(best(NULL, "8.8.8.8", &route, &source)));
    interface_row.DisableDefaultRoutes = FALSE;
    EXPECT_EQ(SetIpInterfaceEntry(&interface_row), STATUS_SUCCESS);
    EXPECT(NT_SUCCESS(best(NULL, "8.8.8.8", &route, &source)));
    EXPECT_EQ(DeleteIpForwardEntry2(&all), STATUS_SUCCESS);
}

TEST_CASE(a_source_address_restricts_the_route_to_its_interface)
{
    MIB_IPFORWARD_ROW2 route;
    SOCKADDR_INET source;

    EXPECT_EQ(best("10.1.0.2", "10.1.0.9", &route, &source), STATUS_SUCCESS);
    EXPECT(!NT_SUCCESS(best("10.99.0.2", "10.1.0.9", &route, &source)));
    EXPECT(!NT_SUCCESS(best("127.0.0.1", "10.1.0.9", &route, &source)));
}

TEST_CASE(an_address_to_be_skipped_is_no_source_while_there_is_another)
{
    MIB_UNICASTIPADDRESS_ROW skipped = unicast_row("10.1.0.3", 16), row = unicast_row("10.1.0.2", 16);
    MIB_UNICASTIPADDRESS_ROW six = unicast_row("2001:db8:1::2", 64);

    skipped.SkipAsSource = TRUE;
    skipped.DadState = IpDadStatePreferred;
    REQUIRE(NT_SUCCESS(CreateUnicastIpAddressEntry(&skipped)));
    EXPECT(goes_to("10.1.0.9", "0.0.0.0", "10.1.0.2"));
    REQUIRE(NT_SUCCESS(GetUnicastIpAddressEntry(&row)));
    row.SkipAsSource = TRUE;
    EXPECT_EQ(SetUnicastIpAddressEntry(&row), STATUS_SUCCESS);
    skipped.SkipAsSource = FALSE;
    EXPECT_EQ(SetUnicastIpAddressEntry(&skipped), STATUS_SUCCESS);
    EXPECT(goes_to("10.1.0.9", "0.0.0.0", "10.1.0.3"));
    row.SkipAsSource = FALSE;
    EXPECT_EQ(SetUnicastIpAddressEntry(&row), STATUS_SUCCESS);
    EXPECT_EQ(remove_address("10.1.0.3"), STATUS_SUCCESS);

    REQUIRE(NT_SUCCESS(add_address("2001:db8:1::3", 64)));
    REQUIRE(NT_SUCCESS(GetUnicastIpAddressEntry(&six)));
    six.SkipAsSource = TRUE;
    EXPECT_EQ(SetUnicastIpAddressEntry(&six), STATUS_SUCCESS);
    EXPECT(goes_to("2001:db8:1::9", "::", "2001:db8:1::3"));
    six.SkipAsSource = FALSE;
    EXPECT_EQ(SetUnicastIpAddressEntry(&six), STATUS_SUCCESS);
    EXPECT_EQ(remove_address("2001:db8:1::3"), STATUS_SUCCESS);
}

TEST_CASE(wrong_routes_are_refused)
{
    MIB_IPFORWARD_ROW2 row = route_row("192.168.0.0", 33, "10.1.0.1");

    EXPECT_EQ(CreateIpForwardEntry2(NULL), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(CreateIpForwardEntry2(&row), STATUS_INVALID_PARAMETER);
    row = route_row("192.168.0.0", 16, "2001:db8::1");
    EXPECT_EQ(CreateIpForwardEntry2(&row), STATUS_INVALID_PARAMETER);
    row = route_row("192.168.0.0", 16, "10.1.0.1");
    row.PreferredLifetime = 10;
    row.ValidLifetime = 9;
    EXPECT_EQ(CreateIpForwardEntry2(&row), STATUS_INVALID_PARAMETER);
    row = route_row("192.168.0.0", 16, "10.1.0.1");
    row.SitePrefixLength = 17;
    EXPECT_EQ(CreateIpForwardEntry2(&row), STATUS_INVALID_PARAMETER);
    row = route_row("192.168.0.0", 16, "10.1.0.1");
    row.InterfaceLuid.Value = 0;
    EXPECT_EQ(CreateIpForwardEntry2(&row), STATUS_INVALID_PARAMETER);
    row.InterfaceIndex = 4711;
    EXPECT_EQ(CreateIpForwardEntry2(&row), STATUS_NOT_FOUND);
}

TEST_CASE(the_table_has_every_route_in_order)
{
    PMIB_IPFORWARD_TABLE2 table;
    BOOLEAN loopback = FALSE;

    REQUIRE(NT_SUCCESS(GetIpForwardTable2(AF_INET, &table)));
    EXPECT(table->NumEntries >= 10);
    for (ULONG i = 0; i < table->NumEntries; i++) {
        const SOCKADDR_IN *prefix = &table->Table[i].DestinationPrefix.Prefix.Ipv4;
        loopback |= IN4_IS_ADDR_LOOPBACK(&prefix->sin_addr) && table->Table[i].DestinationPrefix.PrefixLength == 8;
        if (i)
            EXPECT(memcmp(&table->Table[i - 1].DestinationPrefix.Prefix.Ipv4.sin_addr, &prefix->sin_addr, 4) <= 0);
    }
    EXPECT(loopback);
    FreeMibTable(table);
    EXPECT_EQ(GetIpForwardTable2(77, &table), STATUS_INVALID_PARAMETER);
}

TEST_CASE(a_path_says_how_a_destination_is_reached)
{
    MIB_IPFORWARD_ROW2 row = route_row("192.168.0.0", 16, "10.1.0.1");
    SOCKADDR_INET hop = address_of("10.1.0.1"), source = address_of("10.1.0.2");
    MIB_IPPATH_ROW path;

    REQUIRE(NT_SUCCESS(CreateIpForwardEntry2(&row)));
    RtlZeroMemory(&path, sizeof(path));
    path.Destination = address_of("192.168.3.4");
    path.InterfaceIndex = ethernet()->InterfaceIndex;
    REQUIRE(NT_SUCCESS(GetIpPathEntry(&path)));
    EXPECT(same_address(&path.CurrentNextHop, &hop));
    EXPECT(same_address(&path.Source, &source));
    EXPECT(path.PathMtu >= 576);
    EXPECT(path.LinkTransmitSpeed != 0);
    path.Source = address_of("2001:db8::1");
    EXPECT_EQ(GetIpPathEntry(&path), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(DeleteIpForwardEntry2(&row), STATUS_SUCCESS);
    EXPECT_EQ(FlushIpPathTable(AF_UNSPEC), STATUS_SUCCESS);
    EXPECT_EQ(FlushIpPathTable(77), STATUS_INVALID_PARAMETER);
}

TEST_CASE(address_pairs_come_in_the_order_of_rfc_6724)
{
    SOCKADDR_IN6 destinations[3];
    PSOCKADDR_IN6_PAIR pairs;
    SOCKADDR_INET own = address_of("2001:db8:1::2"), v4 = address_of("10.1.0.9"), v6 = address_of("2001:db8:1::9");
    ULONG count = 0;

    RtlZeroMemory(destinations, sizeof(destinations));
    for (int i = 0; i < 3; i++)
        destinations[i].sin6_family = AF_INET6;
    IN6_SET_ADDR_V4MAPPED(&destinations[0].sin6_addr, &v4.Ipv4.sin_addr);
    destinations[1].sin6_addr = v6.Ipv6.sin6_addr;
    destinations[2].sin6_addr = address_of("2001:db8:2::9").Ipv6.sin6_addr; /* no way there */
    REQUIRE(NT_SUCCESS(CreateSortedAddressPairs(NULL, 0, destinations, 3, 0, &pairs, &count)));
    REQUIRE(count == 2);
    EXPECT(IN6_ADDR_EQUAL(&pairs[0].DestinationAddress->sin6_addr, &destinations[1].sin6_addr));
    EXPECT(IN6_ADDR_EQUAL(&pairs[0].SourceAddress->sin6_addr, &own.Ipv6.sin6_addr));
    EXPECT(IN6_ADDR_EQUAL(&pairs[1].DestinationAddress->sin6_addr, &destinations[0].sin6_addr));
    EXPECT(IN6_IS_ADDR_V4MAPPED(&pairs[1].SourceAddress->sin6_addr));
    FreeMibTable(pairs);
    EXPECT_EQ(CreateSortedAddressPairs(destinations, 1, destinations, 1, 0, &pairs, &count), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(CreateSortedAddressPairs(NULL, 0, destinations, 1, 7, &pairs, &count), STATUS_INVALID_PARAMETER);
}
