/* The two ends of tests/system/ip_helper.sh: each case makes what one end needs and leaves it until unload. Alone, they show that
 * the tables say so. run after: vionet
 * run with: --nic=null */
#include "ip_helpers.h"

static void wait_for_card(void)
{
    for (int i = 0; i < 100 && ethernet()->InterfaceIndex == 0; i++)
        pause_ms(10);
}

TEST_TEARDOWN(take_everything_away)
{
    MIB_IPFORWARD_ROW2 route = route_row("10.60.0.0", 16, "10.9.0.1");

    static const char *const added[] = {"2001:db8:9::1", "2001:db8:60::1", "2001:db8:9::2", "2001:db8:61::1"};

    DeleteIpForwardEntry2(&route);
    for (int i = 0; i < 4; i++)
        remove_address(added[i]);
    remove_address("10.60.0.1");
    remove_address("10.9.0.1");
    FlushIpNetTable2(AF_INET, 0);
}

TEST_CASE(one_end_has_a_second_address)
{
    MIB_UNICASTIPADDRESS_ROW row = unicast_row("10.60.0.1", 32);

    wait_for_card();
    REQUIRE(NT_SUCCESS(add_address("10.60.0.1", 32)));
    EXPECT_EQ(GetUnicastIpAddressEntry(&row), STATUS_SUCCESS);
}

TEST_CASE(the_other_end_has_a_route)
{
    MIB_IPFORWARD_ROW2 route = route_row("10.60.0.0", 16, "10.9.0.1");

    wait_for_card();
    REQUIRE(NT_SUCCESS(CreateIpForwardEntry2(&route)));
    EXPECT_EQ(GetIpForwardEntry2(&route), STATUS_SUCCESS);
}

TEST_CASE(one_end_has_ipv6_addresses)
{
    wait_for_card();
    EXPECT_EQ(add_address("2001:db8:9::1", 64), STATUS_SUCCESS);
    EXPECT_EQ(add_address("2001:db8:60::1", 128), STATUS_SUCCESS);
}

/* Through a gateway, or on the link although its /64 is no prefix of ours. */
TEST_CASE(the_other_end_has_ipv6_routes)
{
    MIB_IPFORWARD_ROW2 through = route_row("2001:db8:60::", 64, "2001:db8:9::1"), on_link = route_row("2001:db8:61::", 48, "::");

    wait_for_card();
    EXPECT_EQ(add_address("2001:db8:9::2", 64), STATUS_SUCCESS);
    EXPECT_EQ(CreateIpForwardEntry2(&through), STATUS_SUCCESS);
    EXPECT_EQ(CreateIpForwardEntry2(&on_link), STATUS_SUCCESS);
}

TEST_CASE(one_end_has_an_ipv6_address_off_the_link)
{
    MIB_IPFORWARD_ROW2 back = route_row("2001:db8:9::", 60, "::");

    wait_for_card();
    EXPECT_EQ(add_address("2001:db8:61::1", 128), STATUS_SUCCESS);
    EXPECT_EQ(CreateIpForwardEntry2(&back), STATUS_SUCCESS);
    EXPECT_EQ(DeleteIpForwardEntry2(&back), STATUS_SUCCESS);
    EXPECT_EQ(CreateIpForwardEntry2(&back), STATUS_SUCCESS);
}

TEST_CASE(a_neighbour_is_permanent)
{
    static const UCHAR mac[6] = {2, 0x77, 0x66, 0x55, 0x44, 0x33};
    MIB_IPNET_ROW2 row;

    wait_for_card();
    RtlZeroMemory(&row, sizeof(row));
    row.InterfaceLuid = ethernet()->InterfaceLuid;
    row.Address = address_of("10.9.0.77");
    row.PhysicalAddressLength = 6;
    RtlCopyMemory(row.PhysicalAddress, mac, 6);
    REQUIRE(NT_SUCCESS(CreateIpNetEntry2(&row)));
}

TEST_CASE(a_router_forwards)
{
    PMIB_IPINTERFACE_TABLE table;

    wait_for_card();
    REQUIRE(NT_SUCCESS(GetIpInterfaceTable(AF_INET, &table)));
    for (ULONG i = 0; i < table->NumEntries; i++) {
        table->Table[i].ForwardingEnabled = TRUE;
        EXPECT_EQ(SetIpInterfaceEntry(&table->Table[i]), STATUS_SUCCESS);
        EXPECT_EQ(GetIpInterfaceEntry(&table->Table[i]), STATUS_SUCCESS);
        EXPECT(table->Table[i].ForwardingEnabled);
    }
    FreeMibTable(table);
}

TEST_CASE(a_weak_host_receives)
{
    PMIB_IPINTERFACE_TABLE table;

    wait_for_card();
    REQUIRE(NT_SUCCESS(GetIpInterfaceTable(AF_INET, &table)));
    for (ULONG i = 0; i < table->NumEntries; i++) {
        EXPECT(!table->Table[i].WeakHostReceive);
        table->Table[i].WeakHostReceive = TRUE;
        EXPECT_EQ(SetIpInterfaceEntry(&table->Table[i]), STATUS_SUCCESS);
    }
    FreeMibTable(table);
}

/* Skipped when nobody has the address already. */
TEST_CASE(a_duplicate_is_found)
{
    MIB_UNICASTIPADDRESS_ROW own = unicast_row("10.9.0.2", 24), row = unicast_row("10.9.0.1", 24);

    wait_for_card();
    if (!NT_SUCCESS(GetUnicastIpAddressEntry(&own)))
        SKIP("no peer");
    REQUIRE(NT_SUCCESS(CreateUnicastIpAddressEntry(&row)));
    for (int i = 0; i < 100 && row.DadState != IpDadStateDuplicate; i++) {
        pause_ms(50);
        EXPECT_EQ(GetUnicastIpAddressEntry(&row), STATUS_SUCCESS);
    }
    EXPECT_EQ(row.DadState, IpDadStateDuplicate);
    EXPECT_EQ(DeleteUnicastIpAddressEntry(&row), STATUS_SUCCESS);
}

/* Skipped when nobody is on the wire. */
TEST_CASE(the_peer_is_resolved)
{
    MIB_UNICASTIPADDRESS_ROW own = unicast_row("10.9.0.2", 24);
    PMIB_IPNET_TABLE2 table;
    MIB_IPNET_ROW2 row;
    NTSTATUS status;

    wait_for_card();
    if (!NT_SUCCESS(GetUnicastIpAddressEntry(&own)))
        SKIP("no peer");
    RtlZeroMemory(&row, sizeof(row));
    row.InterfaceLuid = ethernet()->InterfaceLuid;
    row.Address = address_of("10.9.0.1");
    status = STATUS_BAD_NETWORK_NAME;
    for (int i = 0; i < 5 && status == STATUS_BAD_NETWORK_NAME; i++)
        status = ResolveIpNetEntry2(&row, NULL);
    REQUIRE(NT_SUCCESS(status));
    EXPECT_EQ(row.PhysicalAddressLength, 6);
    EXPECT(row.State == NlnsReachable || row.State == NlnsStale);
    REQUIRE(NT_SUCCESS(GetIpNetTable2(AF_INET, &table)));
    EXPECT(table->NumEntries >= 1);
    FreeMibTable(table);
    EXPECT_EQ(DeleteIpNetEntry2(&row), STATUS_SUCCESS);
    EXPECT_EQ(GetIpNetEntry2(&row), STATUS_NOT_FOUND);
}
