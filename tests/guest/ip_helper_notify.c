/* Notifications of changes. run after: vionet
 * run with: --nic=null */
#include "ip_helpers.h"

typedef struct _HEARD {
    KEVENT Event;
    LONG Initial, Added, Changed, Deleted, Inside, Overlapped;
    KIRQL Irql;
    SOCKADDR_INET Address;
    ULONG Index;
    BOOLEAN Slow;
} HEARD;

static void start(HEARD *heard)
{
    RtlZeroMemory(heard, sizeof(*heard));
    KeInitializeEvent(&heard->Event, SynchronizationEvent, FALSE);
}

static void note(HEARD *heard, MIB_NOTIFICATION_TYPE type)
{
    if (InterlockedIncrement(&heard->Inside) != 1)
        heard->Overlapped++;
    heard->Irql = KeGetCurrentIrql();
    if (heard->Slow)
        pause_ms(20);
    switch (type) {
    case MibInitialNotification: heard->Initial++; break;
    case MibAddInstance: heard->Added++; break;
    case MibDeleteInstance: heard->Deleted++; break;
    default: heard->Changed++; break;
    }
    InterlockedDecrement(&heard->Inside);
    KeSetEvent(&heard->Event, IO_NO_INCREMENT, FALSE);
}

static VOID NTAPI address_changed(PVOID context, PMIB_UNICASTIPADDRESS_ROW row, MIB_NOTIFICATION_TYPE type)
{
    HEARD *heard = context;

    if (row) {
        heard->Address = row->Address;
        heard->Index = row->InterfaceIndex;
    }
    note(heard, type);
}

static VOID NTAPI route_changed(PVOID context, PMIB_IPFORWARD_ROW2 row, MIB_NOTIFICATION_TYPE type)
{
    HEARD *heard = context;

    if (row)
        heard->Address = row->DestinationPrefix.Prefix;
    note(heard, type);
}

static VOID NTAPI interface_changed(PVOID context, PMIB_IPINTERFACE_ROW row, MIB_NOTIFICATION_TYPE type)
{
    HEARD *heard = context;

    if (row)
        heard->Index = row->InterfaceIndex;
    note(heard, type);
}

static VOID NTAPI teredo_changed(PVOID context, USHORT port, MIB_NOTIFICATION_TYPE type)
{
    HEARD *heard = context;

    heard->Index = port;
    note(heard, type);
}

/* False after 5 seconds. */
static BOOLEAN wait_for(HEARD *heard, LONG *counter, LONG value)
{
    LARGE_INTEGER limit;

    limit.QuadPart = -50000000LL;
    while (*counter < value)
        if (KeWaitForSingleObject(&heard->Event, Executive, KernelMode, FALSE, &limit) != STATUS_SUCCESS)
            return FALSE;
    return TRUE;
}

TEST_CASE(the_initial_notification_comes_without_a_row)
{
    HANDLE handle = NULL;
    HEARD heard;

    start(&heard);
    REQUIRE(NT_SUCCESS(NotifyIpInterfaceChange(AF_UNSPEC, interface_changed, &heard, TRUE, &handle)));
    EXPECT(handle != NULL);
    EXPECT(wait_for(&heard, &heard.Initial, 1));
    EXPECT_EQ(CancelMibChangeNotify2(handle), STATUS_SUCCESS);
    start(&heard);
    REQUIRE(NT_SUCCESS(NotifyTeredoPortChange(teredo_changed, &heard, TRUE, &handle)));
    EXPECT(wait_for(&heard, &heard.Initial, 1));
    EXPECT_EQ(heard.Index, 0);
    EXPECT_EQ(CancelMibChangeNotify2(handle), STATUS_SUCCESS);
}

TEST_CASE(coming_and_going_addresses_are_reported_at_passive_level)
{
    SOCKADDR_INET expected = address_of("10.33.0.1");
    HANDLE handle;
    HEARD heard;

    start(&heard);
    REQUIRE(NT_SUCCESS(NotifyUnicastIpAddressChange(AF_INET, address_changed, &heard, FALSE, &handle)));
    REQUIRE(NT_SUCCESS(add_address("10.33.0.1", 24)));
    EXPECT(wait_for(&heard, &heard.Added, 1));
    EXPECT(same_address(&heard.Address, &expected));
    EXPECT_EQ(heard.Index, ethernet()->InterfaceIndex);
    EXPECT_EQ(heard.Irql, PASSIVE_LEVEL);
    EXPECT_EQ(heard.Initial, 0);
    EXPECT_EQ(remove_address("10.33.0.1"), STATUS_SUCCESS);
    EXPECT(wait_for(&heard, &heard.Deleted, 1));
    EXPECT_EQ(CancelMibChangeNotify2(handle), STATUS_SUCCESS);
}

TEST_CASE(a_family_that_was_not_asked_for_is_not_reported)
{
    HANDLE v6, both;
    HEARD heard6, heard;

    start(&heard6);
    start(&heard);
    REQUIRE(NT_SUCCESS(NotifyUnicastIpAddressChange(AF_INET6, address_changed, &heard6, FALSE, &v6)));
    REQUIRE(NT_SUCCESS(NotifyUnicastIpAddressChange(AF_UNSPEC, address_changed, &heard, FALSE, &both)));
    REQUIRE(NT_SUCCESS(add_address("10.33.0.2", 24)));
    EXPECT(wait_for(&heard, &heard.Added, 1));
    EXPECT_EQ(heard6.Added, 0);
    EXPECT_EQ(remove_address("10.33.0.2"), STATUS_SUCCESS);
    EXPECT_EQ(CancelMibChangeNotify2(v6), STATUS_SUCCESS);
    EXPECT_EQ(CancelMibChangeNotify2(both), STATUS_SUCCESS);
}

TEST_CASE(routes_and_settings_are_reported)
{
    MIB_IPFORWARD_ROW2 route = route_row("192.168.50.0", 24, "0.0.0.0");
    MIB_IPINTERFACE_ROW row;
    HANDLE routes, interfaces;
    HEARD heard_route, heard_interface;

    start(&heard_route);
    start(&heard_interface);
    REQUIRE(NT_SUCCESS(NotifyRouteChange2(AF_INET, route_changed, &heard_route, FALSE, &routes)));
    REQUIRE(NT_SUCCESS(NotifyIpInterfaceChange(AF_INET, interface_changed, &heard_interface, FALSE, &interfaces)));
    REQUIRE(NT_SUCCESS(CreateIpForwardEntry2(&route)));
    EXPECT(wait_for(&heard_route, &heard_route.Added, 1));
    EXPECT(same_address(&heard_route.Address, &route.DestinationPrefix.Prefix));
    route.Metric = 99;
    EXPECT_EQ(SetIpForwardEntry2(&route), STATUS_SUCCESS);
    EXPECT(wait_for(&heard_route, &heard_route.Changed, 1));
    EXPECT_EQ(DeleteIpForwardEntry2(&route), STATUS_SUCCESS);
    EXPECT(wait_for(&heard_route, &heard_route.Deleted, 1));
    InitializeIpInterfaceEntry(&row);
    row.Family = AF_INET;
    row.InterfaceLuid = ethernet()->InterfaceLuid;
    REQUIRE(NT_SUCCESS(GetIpInterfaceEntry(&row)));
    EXPECT_EQ(SetIpInterfaceEntry(&row), STATUS_SUCCESS);
    EXPECT(wait_for(&heard_interface, &heard_interface.Changed, 1));
    EXPECT_EQ(heard_interface.Index, ethernet()->InterfaceIndex);
    EXPECT_EQ(CancelMibChangeNotify2(routes), STATUS_SUCCESS);
    EXPECT_EQ(CancelMibChangeNotify2(interfaces), STATUS_SUCCESS);
}

TEST_CASE(calls_come_one_at_a_time_and_cancelling_waits_for_the_last)
{
    HANDLE handle;
    HEARD heard;
    LONG total;

    start(&heard);
    heard.Slow = TRUE;
    REQUIRE(NT_SUCCESS(NotifyUnicastIpAddressChange(AF_INET, address_changed, &heard, FALSE, &handle)));
    for (int i = 0; i < 4; i++) {
        EXPECT(NT_SUCCESS(add_address("10.33.0.3", 24)));
        EXPECT(NT_SUCCESS(remove_address("10.33.0.3")));
    }
    EXPECT(wait_for(&heard, &heard.Added, 1));
    EXPECT_EQ(CancelMibChangeNotify2(handle), STATUS_SUCCESS);
    EXPECT_EQ(heard.Inside, 0);
    EXPECT_EQ(heard.Overlapped, 0);
    total = heard.Added + heard.Deleted;
    pause_ms(100);
    EXPECT_EQ(heard.Added + heard.Deleted, total);
}

TEST_CASE(a_cancelled_or_unknown_handle_is_refused)
{
    HANDLE handle;
    HEARD heard;

    start(&heard);
    EXPECT_EQ(CancelMibChangeNotify2(NULL), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(NotifyUnicastIpAddressChange(77, address_changed, &heard, FALSE, &handle), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(NotifyTeredoPortChange(NULL, &heard, FALSE, &handle), STATUS_INVALID_PARAMETER);
}

/* ---- the stable table ---- */

static PMIB_UNICASTIPADDRESS_TABLE stable_table;

static VOID NTAPI became_stable(PVOID context, PMIB_UNICASTIPADDRESS_TABLE table)
{
    HEARD *heard = context;

    stable_table = table;
    note(heard, MibAddInstance);
}

static BOOLEAN has(PMIB_UNICASTIPADDRESS_TABLE table, const char *text)
{
    SOCKADDR_INET address = address_of(text);

    for (ULONG i = 0; i < table->NumEntries; i++)
        if (same_address(&table->Table[i].Address, &address))
            return TRUE;
    return FALSE;
}

TEST_CASE(the_stable_table_comes_at_once_or_when_all_addresses_are_tested)
{
    PMIB_UNICASTIPADDRESS_TABLE table = NULL;
    MIB_UNICASTIPADDRESS_ROW row = unicast_row("10.33.0.4", 24);
    HANDLE handle = NULL;
    HEARD heard;

    start(&heard);
    REQUIRE(NotifyStableUnicastIpAddressTable(AF_INET, &table, became_stable, &heard, &handle) == STATUS_SUCCESS);
    EXPECT(has(table, "127.0.0.1"));
    FreeMibTable(table);
    REQUIRE(NT_SUCCESS(CreateUnicastIpAddressEntry(&row))); /* tentative now */
    REQUIRE(NotifyStableUnicastIpAddressTable(AF_INET, &table, became_stable, &heard, &handle) == STATUS_PENDING);
    EXPECT(wait_for(&heard, &heard.Added, 1));
    REQUIRE(stable_table != NULL);
    EXPECT(has(stable_table, "10.33.0.4"));
    FreeMibTable(stable_table);
    stable_table = NULL;
    EXPECT_EQ(CancelMibChangeNotify2(handle), STATUS_SUCCESS);
    EXPECT_EQ(remove_address("10.33.0.4"), STATUS_SUCCESS);
    EXPECT_EQ(NotifyStableUnicastIpAddressTable(AF_INET, NULL, became_stable, &heard, &handle), STATUS_INVALID_PARAMETER);
}
