/* Interfaces as IP Helper shows them: filter modules, interfaces that drivers provide, and which lies above which.
 * run after: vhub
 * run with: --root-device=ROOT\VHUB --root-device=ROOT\VHUB --ip=10.0.0.1/24 --ip=10.0.0.2/24 */
#define NDIS630 1
#include <ndis.h>
#include <netioapi.h>
#include "ndis_modules.h"

static NDIS_HANDLE Provider;
static LONG Queries;
static NDIS_STATUS QueryStatus;

/* --- filter modules ---- */

static BOOLEAN IsAbove(NET_IFINDEX higher, NET_IFINDEX lower)
{
    PMIB_IFSTACK_TABLE table;
    BOOLEAN found = FALSE;

    if (!NT_SUCCESS(GetIfStackTable(&table)))
        return FALSE;
    for (ULONG i = 0; i < table->NumEntries; i++)
        found = found || (table->Table[i].HigherLayerInterfaceIndex == higher && table->Table[i].LowerLayerInterfaceIndex == lower);
    FreeMibTable(table);
    return found;
}

TEST_CASE(a_module_lies_above_its_adapter)
{
    PMIB_INVERTEDIFSTACK_TABLE inverted;
    PMIB_IFSTACK_TABLE table;

    REQUIRE(RegisterFilters() == NDIS_STATUS_SUCCESS);
    REQUIRE(Filters.Count == 2);
    EXPECT(IsAbove(Filters.Module[0].IfIndex, Filters.Module[0].LowerIfIndex));
    EXPECT(IsAbove(Filters.Module[1].IfIndex, Filters.Module[1].LowerIfIndex));
    EXPECT(!IsAbove(Filters.Module[0].IfIndex, Filters.Module[1].LowerIfIndex));
    REQUIRE(NT_SUCCESS(GetIfStackTable(&table)));
    EXPECT_EQ(table->NumEntries, 2);
    FreeMibTable(table);
    REQUIRE(NT_SUCCESS(GetInvertedIfStackTable(&inverted)));
    EXPECT_EQ(inverted->NumEntries, 2);
    for (ULONG i = 0; i < inverted->NumEntries; i++)
        EXPECT(IsAbove(inverted->Table[i].HigherLayerInterfaceIndex, inverted->Table[i].LowerLayerInterfaceIndex));
    FreeMibTable(inverted);
    NdisFDeregisterFilterDriver(Filters.Driver);
    EXPECT_EQ(GetIfStackTable(&table), STATUS_NOT_FOUND);
}

TEST_CASE(a_module_has_a_row_of_its_own)
{
    MIB_IF_ROW2 row, below;
    NET_IFINDEX index = 0;
    NET_LUID luid;

    REQUIRE(RegisterFilters() == NDIS_STATUS_SUCCESS);
    RtlZeroMemory(&row, sizeof(row));
    row.InterfaceIndex = Filters.Module[0].IfIndex;
    REQUIRE(NT_SUCCESS(GetIfEntry2(&row)));
    RtlZeroMemory(&below, sizeof(below));
    below.InterfaceIndex = Filters.Module[0].BaseIfIndex;
    REQUIRE(NT_SUCCESS(GetIfEntry2(&below)));
    EXPECT_EQ(row.InterfaceLuid.Value, Filters.Module[0].Luid.Value);
    EXPECT_EQ(row.InterfaceAndOperStatusFlags.FilterInterface, 1);
    EXPECT_EQ(row.InterfaceAndOperStatusFlags.HardwareInterface, 0);
    EXPECT_EQ(below.InterfaceAndOperStatusFlags.FilterInterface, 0);
    EXPECT_EQ(row.Type, below.Type);
    EXPECT_EQ(row.OperStatus, IfOperStatusUp);
    EXPECT_EQ(RtlCompareMemory(row.PhysicalAddress, Filters.Module[0].Address, 6), 6);
    EXPECT(RtlCompareMemory(row.Alias, below.Alias, sizeof(row.Alias)) != sizeof(row.Alias));
    EXPECT(RtlCompareMemory(&row.InterfaceGuid, &below.InterfaceGuid, sizeof(GUID)) != sizeof(GUID));
    EXPECT_EQ(NdisIfGetInterfaceIndexFromNetLuid(row.InterfaceLuid, &index), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(index, row.InterfaceIndex);
    EXPECT_EQ(NdisIfGetNetLuidFromInterfaceIndex(row.InterfaceIndex, &luid), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(luid.Value, row.InterfaceLuid.Value);
    NdisFDeregisterFilterDriver(Filters.Driver);
    EXPECT_EQ(GetIfEntry2(&row), STATUS_NOT_FOUND);
}

static NDIS_STATUS Shrink(FILTER_MODULE *module, PNDIS_FILTER_RESTART_PARAMETERS parameters)
{
    PNDIS_RESTART_GENERAL_ATTRIBUTES general;

    if (parameters->RestartAttributes == NULL || parameters->RestartAttributes->Oid != OID_GEN_MINIPORT_RESTART_ATTRIBUTES)
        return NDIS_STATUS_SUCCESS;
    general = (PNDIS_RESTART_GENERAL_ATTRIBUTES)parameters->RestartAttributes->Data;
    general->MtuSize = 1300;
    return NDIS_STATUS_SUCCESS;
}

TEST_CASE(a_module_that_changed_the_mtu_shows_its_own)
{
    MIB_IF_ROW2 row;

    Filters.OnRestart = Shrink;
    REQUIRE(RegisterFilters() == NDIS_STATUS_SUCCESS);
    RtlZeroMemory(&row, sizeof(row));
    row.InterfaceIndex = Filters.Module[0].IfIndex;
    REQUIRE(NT_SUCCESS(GetIfEntry2(&row)));
    EXPECT_EQ(row.Mtu, 1300);
    row.InterfaceLuid.Value = 0;
    row.InterfaceIndex = Filters.Module[0].BaseIfIndex;
    REQUIRE(NT_SUCCESS(GetIfEntry2(&row)));
    EXPECT_EQ(row.Mtu, 1500);
    NdisFDeregisterFilterDriver(Filters.Driver);
    Filters.OnRestart = NULL;
}

/* --- interfaces of a provider ---- */

static NDIS_STATUS NTAPI Query(NDIS_HANDLE context, NDIS_OID oid, PULONG length, PVOID buffer)
{
    PNDIS_INTERFACE_INFORMATION info = buffer;
    PNDIS_IF_COUNTED_STRING alias = buffer;

    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    EXPECT(context == &Queries);
    Queries++;
    if (QueryStatus != NDIS_STATUS_SUCCESS)
        return QueryStatus;
    if (oid == OID_GEN_INTERFACE_INFO && *length >= sizeof(*info)) {
        NdisZeroMemory(info, sizeof(*info));
        info->ifOperStatus = NET_IF_OPER_STATUS_UP;
        info->MediaConnectState = MediaConnectStateConnected;
        info->ifMtu = 1280;
        info->XmitLinkSpeed = 1000000;
        info->RcvLinkSpeed = 2000000;
        info->ifHCInOctets = 4711;
        info->ifHCOutUcastPkts = 42;
        *length = sizeof(*info);
        return NDIS_STATUS_SUCCESS;
    }
    if (oid == OID_GEN_ALIAS && *length >= sizeof(*alias)) {
        alias->Length = 8;
        NdisMoveMemory(alias->String, L"tun9", 8);
        *length = sizeof(*alias);
        return NDIS_STATUS_SUCCESS;
    }
    return NDIS_STATUS_NOT_SUPPORTED;
}

static NDIS_STATUS NTAPI Set(NDIS_HANDLE context, NDIS_OID oid, ULONG length, PVOID buffer)
{
    EXPECT(FALSE);                      /* no OID is defined that sets */
    return NDIS_STATUS_NOT_SUPPORTED;
}

static NDIS_STATUS Provide(NET_LUID *luid, NET_IFINDEX *index)
{
    NDIS_IF_PROVIDER_CHARACTERISTICS c = {
        { NDIS_OBJECT_TYPE_DEFAULT, NDIS_OBJECT_REVISION_1, NDIS_SIZEOF_IF_PROVIDER_CHARACTERISTICS_REVISION_1 }, Query, Set, NULL, NULL
    };
    struct {
        NET_IF_INFORMATION Head;
        UCHAR Address[6];
        WCHAR Name[6];
    } info;
    UINT32 number;

    NdisZeroMemory(&info, sizeof(info));
    info.Head.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    info.Head.Header.Revision = NDIS_OBJECT_REVISION_1;
    info.Head.Header.Size = NDIS_SIZEOF_NET_IF_INFORMATION_REVISION_1;
    info.Head.AccessType = NET_IF_ACCESS_POINT_TO_POINT;
    info.Head.DirectionType = NET_IF_DIRECTION_SENDRECEIVE;
    info.Head.ConnectionType = NET_IF_CONNECTION_DEDICATED;
    info.Head.PhysAddressLength = 6;
    info.Head.PhysAddressOffset = FIELD_OFFSET(__typeof__(info), Address);
    info.Head.PermanentPhysAddressOffset = FIELD_OFFSET(__typeof__(info), Address);
    info.Head.FriendlyNameLength = 12;
    info.Head.FriendlyNameOffset = FIELD_OFFSET(__typeof__(info), Name);
    info.Head.MediaType = NdisMediumIP;
    info.Address[0] = 2;
    info.Address[5] = 77;
    NdisMoveMemory(info.Name, L"Tunnel", 12);
    NDIS_STATUS status = NdisIfRegisterProvider(&c, NULL, &Provider);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    status = NdisIfAllocateNetLuidIndex(IF_TYPE_TUNNEL, &number);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    luid->Value = 0;
    luid->Info.IfType = IF_TYPE_TUNNEL;
    luid->Info.NetLuidIndex = number;
    return NdisIfRegisterInterface(Provider, *luid, &Queries, &info.Head, index);
}

static void Withdraw(NET_LUID luid, NET_IFINDEX index)
{
    NdisIfDeregisterInterface(index);
    NdisIfDeregisterProvider(Provider);
    EXPECT_EQ(NdisIfFreeNetLuidIndex(IF_TYPE_TUNNEL, (UINT32)luid.Info.NetLuidIndex), NDIS_STATUS_SUCCESS);
}

TEST_CASE(a_provider_is_asked_about_its_interface)
{
    MIB_IF_ROW2 row;
    PMIB_IF_TABLE2 table;
    NET_IFINDEX index;
    NET_LUID luid;
    BOOLEAN found = FALSE;

    REQUIRE(Provide(&luid, &index) == NDIS_STATUS_SUCCESS);
    RtlZeroMemory(&row, sizeof(row));
    row.InterfaceLuid = luid;
    REQUIRE(NT_SUCCESS(GetIfEntry2(&row)));
    EXPECT(Queries > 0);
    EXPECT_EQ(row.InterfaceIndex, index);
    EXPECT_EQ(row.Type, IF_TYPE_TUNNEL);
    EXPECT_EQ(row.OperStatus, IfOperStatusUp);
    EXPECT_EQ(row.Mtu, 1280);
    EXPECT_EQ(row.TransmitLinkSpeed, 1000000);
    EXPECT_EQ(row.ReceiveLinkSpeed, 2000000);
    EXPECT_EQ(row.InOctets, 4711);
    EXPECT_EQ(row.OutUcastPkts, 42);
    EXPECT_EQ(row.PhysicalAddress[5], 77);
    EXPECT_EQ(RtlCompareMemory(row.Alias, L"tun9", 10), 10);
    EXPECT_EQ(RtlCompareMemory(row.Description, L"Tunnel", 14), 14);
    Queries = 0;
    REQUIRE(NT_SUCCESS(GetIfTable2Ex(MibIfTableNormalWithoutStatistics, &table)));
    for (ULONG i = 0; i < table->NumEntries; i++)
        found = found || table->Table[i].InterfaceIndex == index;
    FreeMibTable(table);
    EXPECT(found);
    EXPECT_EQ(Queries, 0);
    Withdraw(luid, index);
    EXPECT_EQ(GetIfEntry2(&row), STATUS_NOT_FOUND);
}

TEST_CASE(an_interface_whose_provider_refuses_is_shown_as_it_was_registered)
{
    MIB_IF_ROW2 row;
    NET_IFINDEX index;
    NET_LUID luid;

    REQUIRE(Provide(&luid, &index) == NDIS_STATUS_SUCCESS);
    QueryStatus = NDIS_STATUS_RESOURCES;
    RtlZeroMemory(&row, sizeof(row));
    row.InterfaceIndex = index;
    EXPECT(NT_SUCCESS(GetIfEntry2(&row)));
    EXPECT_EQ(row.OperStatus, IfOperStatusDown);
    EXPECT_EQ(RtlCompareMemory(row.Alias, L"Tunnel", 14), 14);
    QueryStatus = NDIS_STATUS_SUCCESS;
    Withdraw(luid, index);
}

TEST_CASE(an_entry_that_a_driver_adds_is_in_both_tables)
{
    NET_IFINDEX index;
    NET_LUID luid;

    REQUIRE(RegisterFilters() == NDIS_STATUS_SUCCESS);
    REQUIRE(Provide(&luid, &index) == NDIS_STATUS_SUCCESS);
    EXPECT_EQ(NdisIfAddIfStackEntry(index, Filters.Module[0].IfIndex), NDIS_STATUS_SUCCESS);
    EXPECT(IsAbove(index, Filters.Module[0].IfIndex));
    EXPECT(IsAbove(Filters.Module[0].IfIndex, Filters.Module[0].BaseIfIndex));
    NdisIfDeleteIfStackEntry(index, Filters.Module[0].IfIndex);
    EXPECT(!IsAbove(index, Filters.Module[0].IfIndex));
    EXPECT_EQ(NdisIfAddIfStackEntry(index, Filters.Module[0].BaseIfIndex), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(NdisIfAddIfStackEntry(index, Filters.Module[0].IfIndex), NDIS_STATUS_SUCCESS);
    NdisFDeregisterFilterDriver(Filters.Driver);
    EXPECT(!IsAbove(index, Filters.Module[0].IfIndex));         /* the module's interface has gone */
    EXPECT(IsAbove(index, Filters.Module[0].BaseIfIndex));
    Withdraw(luid, index);
    EXPECT(!IsAbove(index, Filters.Module[0].BaseIfIndex));
}
