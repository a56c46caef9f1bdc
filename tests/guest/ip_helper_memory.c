/* Every function that allocates says so when it cannot, and leaves nothing. tests/system/ip_helper_memory.sh lets each allocation
 * fail. Only the loopback interface is needed. */
#include "ip_helpers.h"

static ULONG refused;

static BOOLEAN worked(NTSTATUS status)
{
    refused += !NT_SUCCESS(status);
    EXPECT(NT_SUCCESS(status) || status == STATUS_NO_MEMORY || status == STATUS_INSUFFICIENT_RESOURCES);
    return NT_SUCCESS(status);
}

static VOID NTAPI address_changed(PVOID context, PMIB_UNICASTIPADDRESS_ROW row, MIB_NOTIFICATION_TYPE type)
{
}

static VOID NTAPI route_changed(PVOID context, PMIB_IPFORWARD_ROW2 row, MIB_NOTIFICATION_TYPE type)
{
}

static VOID NTAPI became_stable(PVOID context, PMIB_UNICASTIPADDRESS_TABLE table)
{
    FreeMibTable(table);
}

TEST_CASE(tables_are_whole_or_not_there)
{
    PMIB_IF_TABLE2 links;
    PMIB_IPINTERFACE_TABLE interfaces;
    PMIB_UNICASTIPADDRESS_TABLE addresses;
    PMIB_MULTICASTIPADDRESS_TABLE groups;
    PMIB_IPFORWARD_TABLE2 routes;
    PSOCKADDR_IN6_PAIR pairs;
    SOCKADDR_IN6 loopback;
    ULONG count;

    if (worked(GetIfTable2(&links)))
        FreeMibTable(links);
    if (worked(GetIfTable2Ex(MibIfTableRaw, &links)))
        FreeMibTable(links);
    if (worked(GetIpInterfaceTable(AF_UNSPEC, &interfaces)))
        FreeMibTable(interfaces);
    if (worked(GetUnicastIpAddressTable(AF_UNSPEC, &addresses)))
        FreeMibTable(addresses);
    if (worked(GetMulticastIpAddressTable(AF_UNSPEC, &groups)))
        FreeMibTable(groups);
    if (worked(GetIpForwardTable2(AF_UNSPEC, &routes)))
        FreeMibTable(routes);
    IN6ADDR_SETLOOPBACK(&loopback);
    if (worked(CreateSortedAddressPairs(NULL, 0, &loopback, 1, 0, &pairs, &count)))
        FreeMibTable(pairs);
}

TEST_CASE(notifications_are_registered_or_not)
{
    PMIB_UNICASTIPADDRESS_TABLE table;
    HANDLE handle;

    if (worked(NotifyUnicastIpAddressChange(AF_UNSPEC, address_changed, NULL, TRUE, &handle)))
        EXPECT_EQ(CancelMibChangeNotify2(handle), STATUS_SUCCESS);
    else
        EXPECT(handle == NULL);
    if (worked(NotifyRouteChange2(AF_UNSPEC, route_changed, NULL, FALSE, &handle)))
        EXPECT_EQ(CancelMibChangeNotify2(handle), STATUS_SUCCESS);
    if (worked(NotifyStableUnicastIpAddressTable(AF_UNSPEC, &table, became_stable, NULL, &handle)))
        FreeMibTable(table);
    DbgPrint("%lu refused\n", refused);
}
