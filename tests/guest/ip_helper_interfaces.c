/* Interfaces as NDIS and as IP see them. run after: vionet
 * run with: --nic=null */
#include "ip_helpers.h"

TEST_CASE(the_table_has_the_loopback_interface_and_the_adapter)
{
    PMIB_IF_TABLE2 table;
    ULONG loopbacks = 0, adapters = 0;

    REQUIRE(NT_SUCCESS(GetIfTable2(&table)));
    for (ULONG i = 0; i < table->NumEntries; i++) {
        const MIB_IF_ROW2 *row = &table->Table[i];
        loopbacks += row->Type == IF_TYPE_SOFTWARE_LOOPBACK;
        adapters += row->Type == IF_TYPE_ETHERNET_CSMACD;
        EXPECT_EQ(row->InterfaceLuid.Info.IfType, row->Type);
        EXPECT(row->Alias[0] != 0);
    }
    EXPECT_EQ(loopbacks, 1);
    EXPECT_EQ(adapters, 1);
    FreeMibTable(table);
}

TEST_CASE(a_row_is_found_by_luid_or_by_index)
{
    MIB_IF_ROW2 *known = ethernet(), row;

    RtlZeroMemory(&row, sizeof(row));
    row.InterfaceLuid = known->InterfaceLuid;
    row.InterfaceIndex = 4711; /* the LUID goes first */
    REQUIRE(NT_SUCCESS(GetIfEntry2(&row)));
    EXPECT_EQ(row.InterfaceIndex, known->InterfaceIndex);
    EXPECT_EQ(row.PhysicalAddressLength, 6);
    EXPECT_EQ(row.MediaType, NdisMedium802_3);
    EXPECT_EQ(row.AccessType, NET_IF_ACCESS_BROADCAST);
    EXPECT(row.InterfaceAndOperStatusFlags.HardwareInterface);
    EXPECT_EQ(row.OperStatus, IfOperStatusUp);
    EXPECT_EQ(row.MediaConnectState, MediaConnectStateConnected);
    EXPECT(row.Mtu >= 1500);
    EXPECT(row.TransmitLinkSpeed != 0);
    RtlZeroMemory(&row, sizeof(row));
    row.InterfaceIndex = known->InterfaceIndex;
    REQUIRE(NT_SUCCESS(GetIfEntry2(&row)));
    EXPECT_EQ(row.InterfaceLuid.Value, known->InterfaceLuid.Value);
    row.InterfaceLuid.Value = 0;
    row.InterfaceIndex = 4711;
    EXPECT_EQ(GetIfEntry2(&row), STATUS_NOT_FOUND);
    EXPECT_EQ(GetIfEntry2(NULL), STATUS_INVALID_PARAMETER);
}

TEST_CASE(levels_beyond_the_known_ones_are_refused)
{
    PMIB_IF_TABLE2 table;

    EXPECT_EQ(GetIfTable2Ex((MIB_IF_TABLE_LEVEL)77, &table), STATUS_INVALID_PARAMETER);
    REQUIRE(NT_SUCCESS(GetIfTable2Ex(MibIfTableRaw, &table)));
    EXPECT_EQ(table->NumEntries, 2);
    FreeMibTable(table);
}

TEST_CASE(without_filters_nothing_lies_above_anything)
{
    PMIB_IFSTACK_TABLE table;
    PMIB_INVERTEDIFSTACK_TABLE inverted;

    EXPECT_EQ(GetIfStackTable(&table), STATUS_NOT_FOUND);
    EXPECT_EQ(GetInvertedIfStackTable(&inverted), STATUS_NOT_FOUND);
    EXPECT_EQ(GetIfStackTable(NULL), STATUS_INVALID_PARAMETER);
}

TEST_CASE(each_interface_speaks_both_families)
{
    PMIB_IPINTERFACE_TABLE table;

    REQUIRE(NT_SUCCESS(GetIpInterfaceTable(AF_UNSPEC, &table)));
    REQUIRE(table->NumEntries == 4);
    for (ULONG i = 0; i < 4; i++) {
        EXPECT_EQ(table->Table[i].Family, i < 2 ? AF_INET : AF_INET6);
        EXPECT_EQ(table->Table[i].InterfaceIndex, i % 2 ? ethernet()->InterfaceIndex : LOOPBACK_INDEX);
        EXPECT(table->Table[i].Connected);
        EXPECT(table->Table[i].UseAutomaticMetric);
        EXPECT(!table->Table[i].ForwardingEnabled);
    }
    EXPECT_EQ(table->Table[1].DadTransmits, 3);
    EXPECT_EQ(table->Table[3].DadTransmits, 1);
    FreeMibTable(table);
    REQUIRE(NT_SUCCESS(GetIpInterfaceTable(AF_INET6, &table)));
    EXPECT_EQ(table->NumEntries, 2);
    FreeMibTable(table);
    EXPECT_EQ(GetIpInterfaceTable(77, &table), STATUS_INVALID_PARAMETER);
}

static void get(MIB_IPINTERFACE_ROW *row, ADDRESS_FAMILY family)
{
    InitializeIpInterfaceEntry(row);
    row->Family = family;
    row->InterfaceIndex = ethernet()->InterfaceIndex;
    EXPECT_EQ(GetIpInterfaceEntry(row), STATUS_SUCCESS);
}

TEST_CASE(a_metric_and_an_mtu_can_be_set)
{
    MIB_IPINTERFACE_ROW row, old;

    get(&old, AF_INET);
    row = old;
    row.UseAutomaticMetric = FALSE;
    row.Metric = 7;
    row.NlMtu = 1400;
    REQUIRE(NT_SUCCESS(SetIpInterfaceEntry(&row)));
    get(&row, AF_INET);
    EXPECT_EQ(row.Metric, 7);
    EXPECT_EQ(row.NlMtu, 1400);
    get(&row, AF_INET6);
    EXPECT(row.Metric != 7);
    EXPECT_EQ(SetIpInterfaceEntry(&old), STATUS_SUCCESS);
    get(&row, AF_INET);
    EXPECT_EQ(row.Metric, old.Metric);
    EXPECT_EQ(row.NlMtu, old.NlMtu);
}

TEST_CASE(what_cannot_be_set_is_refused)
{
    MIB_IPINTERFACE_ROW row, old;

    get(&old, AF_INET6);
    row = old;
    row.NlMtu = 1279;
    EXPECT_EQ(SetIpInterfaceEntry(&row), STATUS_INVALID_PARAMETER);
    row = old;
    row.NlMtu = old.NlMtu + 1;
    EXPECT_EQ(SetIpInterfaceEntry(&row), STATUS_INVALID_PARAMETER);
    row = old;
    row.Family = AF_UNSPEC;
    EXPECT_EQ(SetIpInterfaceEntry(&row), STATUS_INVALID_PARAMETER);
    row = old;
    row.InterfaceLuid.Value = 0;
    row.InterfaceIndex = 0;
    EXPECT_EQ(SetIpInterfaceEntry(&row), STATUS_INVALID_PARAMETER);
    row.InterfaceIndex = 4711;
    EXPECT_EQ(SetIpInterfaceEntry(&row), STATUS_NOT_FOUND);
    EXPECT_EQ(GetIpInterfaceEntry(&row), STATUS_NOT_FOUND);
}

TEST_CASE(there_is_no_teredo_client)
{
    USHORT port = 5;

    EXPECT(!NT_SUCCESS(GetTeredoPort(&port)));
    EXPECT_EQ(GetTeredoPort(NULL), STATUS_INVALID_PARAMETER);
}

TEST_CASE(multicast_groups_of_the_interface_are_listed)
{
    PMIB_MULTICASTIPADDRESS_TABLE table;
    MIB_MULTICASTIPADDRESS_ROW row;

    REQUIRE(NT_SUCCESS(GetMulticastIpAddressTable(AF_UNSPEC, &table)));
    EXPECT(table->NumEntries >= 3);
    FreeMibTable(table);
    RtlZeroMemory(&row, sizeof(row));
    row.InterfaceIndex = ethernet()->InterfaceIndex;
    row.Address = address_of("224.0.0.1");
    EXPECT_EQ(GetMulticastIpAddressEntry(&row), STATUS_SUCCESS);
    EXPECT_EQ(row.InterfaceLuid.Value, ethernet()->InterfaceLuid.Value);
    row.Address = address_of("239.9.9.9");
    EXPECT_EQ(GetMulticastIpAddressEntry(&row), STATUS_NOT_FOUND);
    row.Address = address_of("10.0.0.1");
    EXPECT_EQ(GetMulticastIpAddressEntry(&row), STATUS_INVALID_PARAMETER);
}
