/* Neighbours. Nobody else is on the wire. run after: vionet
 * run with: --nic=null */
#include "ip_helpers.h"

TEST_SETUP(give_the_adapter_an_address)
{
    add_address("10.1.0.2", 16);
}

TEST_TEARDOWN(take_it_away)
{
    remove_address("10.1.0.2");
}

static MIB_IPNET_ROW2 neighbour_row(const char *text, UCHAR last)
{
    MIB_IPNET_ROW2 row;

    RtlZeroMemory(&row, sizeof(row));
    row.InterfaceLuid = ethernet()->InterfaceLuid;
    row.Address = address_of(text);
    row.PhysicalAddressLength = 6;
    row.PhysicalAddress[0] = 2;
    row.PhysicalAddress[5] = last;
    return row;
}

TEST_CASE(a_permanent_neighbour_is_created_read_changed_and_deleted)
{
    MIB_IPNET_ROW2 row = neighbour_row("10.1.0.77", 0x77), v6 = neighbour_row("fe80::77", 0x66);

    EXPECT_EQ(GetIpNetEntry2(&row), STATUS_NOT_FOUND);
    REQUIRE(NT_SUCCESS(CreateIpNetEntry2(&row)));
    REQUIRE(NT_SUCCESS(CreateIpNetEntry2(&v6)));
    EXPECT_EQ(CreateIpNetEntry2(&row), ALREADY_EXISTS);
    RtlZeroMemory(row.PhysicalAddress, sizeof(row.PhysicalAddress));
    EXPECT_EQ(GetIpNetEntry2(&row), STATUS_SUCCESS);
    EXPECT_EQ(row.State, NlnsPermanent);
    EXPECT_EQ(row.PhysicalAddressLength, 6);
    EXPECT_EQ(row.PhysicalAddress[5], 0x77);
    row.PhysicalAddress[5] = 0x78;
    EXPECT_EQ(SetIpNetEntry2(&row), STATUS_SUCCESS);
    EXPECT_EQ(GetIpNetEntry2(&row), STATUS_SUCCESS);
    EXPECT_EQ(row.PhysicalAddress[5], 0x78);
    EXPECT_EQ(DeleteIpNetEntry2(&row), STATUS_SUCCESS);
    EXPECT_EQ(DeleteIpNetEntry2(&row), STATUS_NOT_FOUND);
    EXPECT_EQ(SetIpNetEntry2(&row), STATUS_NOT_FOUND);
    EXPECT_EQ(GetIpNetEntry2(&v6), STATUS_SUCCESS);
    EXPECT_EQ(DeleteIpNetEntry2(&v6), STATUS_SUCCESS);
}

TEST_CASE(the_table_is_flushed_by_family)
{
    MIB_IPNET_ROW2 row = neighbour_row("10.1.0.77", 0x77), v6 = neighbour_row("fe80::77", 0x66);
    PMIB_IPNET_TABLE2 table;

    REQUIRE(NT_SUCCESS(CreateIpNetEntry2(&row)));
    REQUIRE(NT_SUCCESS(CreateIpNetEntry2(&v6)));
    REQUIRE(NT_SUCCESS(GetIpNetTable2(AF_UNSPEC, &table)));
    EXPECT_EQ(table->NumEntries, 2);
    FreeMibTable(table);
    EXPECT_EQ(FlushIpNetTable2(AF_INET, ethernet()->InterfaceIndex), STATUS_SUCCESS);
    EXPECT_EQ(GetIpNetTable2(AF_INET, &table), STATUS_NOT_FOUND);
    REQUIRE(NT_SUCCESS(GetIpNetTable2(AF_INET6, &table)));
    EXPECT_EQ(table->NumEntries, 1);
    FreeMibTable(table);
    EXPECT_EQ(FlushIpNetTable2(AF_UNSPEC, 0), STATUS_SUCCESS);
    EXPECT_EQ(GetIpNetTable2(AF_UNSPEC, &table), STATUS_NOT_FOUND);
    EXPECT_EQ(FlushIpNetTable2(77, 0), STATUS_INVALID_PARAMETER);
}

TEST_CASE(a_neighbour_that_does_not_answer_is_not_resolved)
{
    MIB_IPNET_ROW2 row = neighbour_row("10.1.0.99", 0);

    EXPECT_EQ(ResolveIpNetEntry2(&row, NULL), STATUS_BAD_NETWORK_NAME);
    FlushIpNetTable2(AF_UNSPEC, 0);
}

TEST_CASE(wrong_neighbours_are_refused)
{
    MIB_IPNET_ROW2 row = neighbour_row("10.1.0.77", 0x77);

    row.PhysicalAddressLength = 0;
    EXPECT_EQ(CreateIpNetEntry2(&row), STATUS_INVALID_PARAMETER);
    row = neighbour_row("127.0.0.1", 0x77);
    EXPECT_EQ(CreateIpNetEntry2(&row), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(ResolveIpNetEntry2(&row, NULL), STATUS_INVALID_PARAMETER);
    row = neighbour_row("10.1.0.77", 0x77);
    row.InterfaceLuid.Value = 0;
    EXPECT_EQ(CreateIpNetEntry2(&row), STATUS_INVALID_PARAMETER);
    row.InterfaceIndex = 4711;
    EXPECT_EQ(CreateIpNetEntry2(&row), STATUS_NOT_FOUND);
    EXPECT_EQ(ResolveIpNetEntry2(&row, NULL), STATUS_NOT_FOUND);
    row.Address.si_family = AF_UNSPEC;
    EXPECT_EQ(GetIpNetEntry2(&row), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(CreateIpNetEntry2(NULL), STATUS_INVALID_PARAMETER);
}
