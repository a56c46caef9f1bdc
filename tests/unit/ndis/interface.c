/* Interfaces that drivers provide; a miniport's log. */
#include "fake.h"

static NDIS_STATUS NTAPI query(NDIS_HANDLE context, NDIS_OID oid, PULONG length, PVOID buffer)
{
    return NDIS_STATUS_NOT_SUPPORTED;
}

static NDIS_STATUS NTAPI set(NDIS_HANDLE context, NDIS_OID oid, ULONG length, PVOID buffer)
{
    return NDIS_STATUS_NOT_SUPPORTED;
}

static NDIS_HANDLE new_provider(void)
{
    NDIS_IF_PROVIDER_CHARACTERISTICS c = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_OBJECT_REVISION_1, NDIS_SIZEOF_IF_PROVIDER_CHARACTERISTICS_REVISION_1 },
        .QueryObjectHandler = query,
        .SetObjectHandler = set,
    };
    NDIS_HANDLE provider;

    CHECK_EQ(NdisIfRegisterProvider(&c, NULL, &provider), NDIS_STATUS_SUCCESS);
    return provider;
}

static NET_LUID luid_of(NET_IFTYPE type, uint32_t index)
{
    NET_LUID luid;

    NDIS_MAKE_NET_LUID(&luid, type, index);
    return luid;
}

static NDIS_STATUS add(NDIS_HANDLE provider, NET_LUID luid, NET_IFINDEX *index)
{
    NET_IF_INFORMATION info = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_OBJECT_REVISION_1, NDIS_SIZEOF_NET_IF_INFORMATION_REVISION_1 },
        .WanTunnelType = NIIF_WAN_TUNNEL_TYPE_UNKNOWN,
        .AccessType = NET_IF_ACCESS_BROADCAST,
        .ConnectionType = NET_IF_CONNECTION_DEDICATED,
    };

    return NdisIfRegisterInterface(provider, luid, NULL, &info, index);
}

static void registration(void *unused)
{
    NDIS_IF_PROVIDER_CHARACTERISTICS bad = { .Header = { NDIS_OBJECT_TYPE_DEFAULT, 1, 8 } };
    NET_IFINDEX first, second, found, bound, lowest;
    NET_LUID luid, lowest_luid;
    NDIS_HANDLE provider;
    UINT32 index;

    CHECK_EQ(NdisIfRegisterProvider(&bad, NULL, &provider), NDIS_STATUS_NOT_SUPPORTED);
    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    provider = new_provider();
    CHECK_EQ(NdisIfAllocateNetLuidIndex(IF_TYPE_ETHERNET_CSMACD, &index), NDIS_STATUS_SUCCESS);
    CHECK_EQ(add(provider, luid_of(IF_TYPE_ETHERNET_CSMACD, index), &first), NDIS_STATUS_SUCCESS);
    CHECK(first != 0 && first <= 0xFFFFFF);
    CHECK_EQ(add(provider, luid_of(IF_TYPE_ETHERNET_CSMACD, index), &second), NDIS_STATUS_DUPLICATE_OBJECTID);
    CHECK_EQ(add(provider, (NET_LUID){ 0 }, &second), NDIS_STATUS_INVALID_PARAMETER);
    CHECK_EQ(NdisIfGetInterfaceIndexFromNetLuid(luid_of(IF_TYPE_ETHERNET_CSMACD, index), &found), NDIS_STATUS_SUCCESS);
    CHECK_EQ(found, first);
    CHECK_EQ(NdisIfGetNetLuidFromInterfaceIndex(first, &luid), NDIS_STATUS_SUCCESS);
    CHECK_EQ(luid.Value, luid_of(IF_TYPE_ETHERNET_CSMACD, index).Value);
    /* an adapter is one that NDIS provides itself */
    CHECK_EQ(NdisIfQueryBindingIfIndex(pr.binding, &bound, &luid, &lowest, &lowest_luid), NDIS_STATUS_SUCCESS);
    CHECK_EQ(bound, lowest);
    CHECK_EQ(NdisIfGetInterfaceIndexFromNetLuid(luid, &found), NDIS_STATUS_SUCCESS);
    CHECK_EQ(found, bound);
    CHECK_EQ(add(provider, luid, &second), NDIS_STATUS_DUPLICATE_OBJECTID);
    CHECK(first != bound);
    NdisIfDeregisterInterface(first);
    CHECK_EQ(NdisIfGetNetLuidFromInterfaceIndex(first, &luid), NDIS_STATUS_INTERFACE_NOT_FOUND);
    CHECK_EQ(NdisIfFreeNetLuidIndex(IF_TYPE_ETHERNET_CSMACD, index), NDIS_STATUS_SUCCESS);
    CHECK_EQ(NdisIfFreeNetLuidIndex(IF_TYPE_ETHERNET_CSMACD, index), NDIS_STATUS_INVALID_PARAMETER);
    NdisIfDeregisterProvider(provider);
    unplug_fake();
    deregister_protocol();
}

TEST(a_provided_interface_is_found_by_luid_and_index_until_it_is_deregistered)
{
    on_a_computer(registration, 1);
}

static void lowest_first(void *unused)
{
    NET_IFINDEX first, second, third, again;
    NDIS_HANDLE provider;

    plug_fake();
    provider = new_provider();
    CHECK_EQ(add(provider, luid_of(IF_TYPE_PROP_VIRTUAL, 1), &first), NDIS_STATUS_SUCCESS);
    CHECK_EQ(add(provider, luid_of(IF_TYPE_PROP_VIRTUAL, 2), &second), NDIS_STATUS_SUCCESS);
    CHECK_EQ(NdisIfAddIfStackEntry(second, first), NDIS_STATUS_SUCCESS);
    NdisIfDeregisterInterface(first);
    CHECK_EQ(add(provider, luid_of(IF_TYPE_PROP_VIRTUAL, 3), &again), NDIS_STATUS_SUCCESS);
    CHECK_EQ(again, first);             /* the lowest that is free */
    CHECK(!interface_is_above(second, again));  /* but not what was said of the one before */
    CHECK_EQ(add(provider, luid_of(IF_TYPE_PROP_VIRTUAL, 4), &third), NDIS_STATUS_SUCCESS);
    CHECK(third > second);
    NET_LUID adapter = ((struct adapter *)mp.adapter)->luid;
    NET_IFINDEX index = ((struct adapter *)mp.adapter)->if_index;
    unplug_fake();
    plug_fake();
    CHECK_EQ(((struct adapter *)mp.adapter)->if_index, index);
    CHECK(((struct adapter *)mp.adapter)->luid.Value != adapter.Value);        /* another adapter */
    NdisIfDeregisterInterface(again);
    NdisIfDeregisterInterface(second);
    NdisIfDeregisterInterface(third);
    NdisIfDeregisterProvider(provider);
    unplug_fake();
}

TEST(an_interface_gets_the_lowest_free_index_and_no_luid_comes_twice)
{
    on_a_computer(lowest_first, 1);
}

static void luid_indexes(void *unused)
{
    UINT32 a, b, other, again;

    CHECK_EQ(NdisIfAllocateNetLuidIndex(IF_TYPE_PROP_VIRTUAL, &a), NDIS_STATUS_SUCCESS);
    CHECK_EQ(NdisIfAllocateNetLuidIndex(IF_TYPE_PROP_VIRTUAL, &b), NDIS_STATUS_SUCCESS);
    CHECK(a != b);
    CHECK_EQ(NdisIfAllocateNetLuidIndex(IF_TYPE_TUNNEL, &other), NDIS_STATUS_SUCCESS);
    CHECK_EQ(NdisIfFreeNetLuidIndex(IF_TYPE_TUNNEL, b + 100), NDIS_STATUS_INVALID_PARAMETER);
    CHECK_EQ(NdisIfFreeNetLuidIndex(IF_TYPE_PROP_VIRTUAL, a), NDIS_STATUS_SUCCESS);
    CHECK_EQ(NdisIfAllocateNetLuidIndex(IF_TYPE_PROP_VIRTUAL, &again), NDIS_STATUS_SUCCESS);
    CHECK(again != b);
    CHECK_EQ(NdisIfFreeNetLuidIndex(IF_TYPE_PROP_VIRTUAL, again), NDIS_STATUS_SUCCESS);
    CHECK_EQ(NdisIfFreeNetLuidIndex(IF_TYPE_PROP_VIRTUAL, b), NDIS_STATUS_SUCCESS);
    CHECK_EQ(NdisIfFreeNetLuidIndex(IF_TYPE_TUNNEL, other), NDIS_STATUS_SUCCESS);
}

TEST(luid_indexes_are_unique_for_their_interface_type)
{
    on_a_computer(luid_indexes, 1);
}

static void order(void *unused)
{
    NDIS_HANDLE provider = new_provider();
    NET_IFINDEX team, left, right;

    CHECK_EQ(add(provider, luid_of(IF_TYPE_PROP_VIRTUAL, 1), &team), NDIS_STATUS_SUCCESS);
    CHECK_EQ(add(provider, luid_of(IF_TYPE_PROP_VIRTUAL, 2), &left), NDIS_STATUS_SUCCESS);
    CHECK_EQ(add(provider, luid_of(IF_TYPE_PROP_VIRTUAL, 3), &right), NDIS_STATUS_SUCCESS);
    CHECK_EQ(NdisIfAddIfStackEntry(team, left), NDIS_STATUS_SUCCESS);
    CHECK_EQ(NdisIfAddIfStackEntry(team, right), NDIS_STATUS_SUCCESS);
    CHECK_EQ(NdisIfAddIfStackEntry(team, 0xABCDEF), NDIS_STATUS_INTERFACE_NOT_FOUND);
    CHECK(interface_is_above(team, left));
    CHECK(!interface_is_above(left, team));
    NdisIfDeleteIfStackEntry(team, left);
    NdisIfDeleteIfStackEntry(team, left);
    CHECK(!interface_is_above(team, left));
    NdisIfDeregisterInterface(right);
    CHECK(!interface_is_above(team, right));
    NdisIfDeregisterInterface(left);
    NdisIfDeregisterInterface(team);
    NdisIfDeregisterProvider(provider);
}

TEST(the_stack_table_forgets_interfaces_that_are_deregistered)
{
    on_a_computer(order, 1);
}

/* --- the log ------------------------------------------------------------------------------------------------------ */

static PFILE_OBJECT file;
static PDEVICE_OBJECT device;

static void open_adapter(void)
{
    struct adapter *a = mp.adapter;

    CHECK_EQ(IoGetDeviceObjectPointer(&a->name, FILE_READ_DATA, &file, &device), STATUS_SUCCESS);
}

static NTSTATUS read_log(void *buffer, ULONG size, PKEVENT event, IO_STATUS_BLOCK *iosb, PIRP *irp)
{
    KeInitializeEvent(event, NotificationEvent, FALSE);
    *irp = IoBuildDeviceIoControlRequest(IOCTL_NDIS_GET_LOG_DATA, device, NULL, 0, buffer, size, FALSE, event, iosb);
    CHECK(*irp != NULL);
    return IoCallDriver(device, *irp);
}

static void logging(void *unused)
{
    IO_STATUS_BLOCK iosb;
    NDIS_HANDLE log, other;
    char text[32] = "";
    KEVENT event;
    PIRP irp;

    plug_fake();
    open_adapter();
    CHECK_EQ(read_log(text, sizeof text, &event, &iosb, &irp), STATUS_UNSUCCESSFUL);    /* it has none */
    CHECK_EQ(NdisMCreateLog(mp.adapter, 8, &log), NDIS_STATUS_SUCCESS);
    CHECK_EQ(NdisMCreateLog(mp.adapter, 8, &other), NDIS_STATUS_FAILURE);
    CHECK_EQ(NdisMWriteLogData(log, "123456789", 9), NDIS_STATUS_BUFFER_OVERFLOW);
    CHECK_EQ(NdisMWriteLogData(log, "abcde", 5), NDIS_STATUS_SUCCESS);
    CHECK_EQ(NdisMWriteLogData(log, "fghij", 5), NDIS_STATUS_SUCCESS);
    CHECK_EQ(read_log(text, 3, &event, &iosb, &irp), STATUS_SUCCESS);
    CHECK_EQ(iosb.Information, 3);
    CHECK(!memcmp(text, "cde", 3));     /* the oldest two gave way */
    CHECK_EQ(read_log(text, sizeof text, &event, &iosb, &irp), STATUS_SUCCESS);
    CHECK_EQ(iosb.Information, 5);
    CHECK(!memcmp(text, "fghij", 5));
    CHECK_EQ(NdisMWriteLogData(log, "gone", 4), NDIS_STATUS_SUCCESS);
    NdisMFlushLog(log);
    CHECK_EQ(read_log(text, sizeof text, &event, &iosb, &irp), STATUS_PENDING);
    CHECK_EQ(NdisMWriteLogData(log, "now", 3), NDIS_STATUS_SUCCESS);
    CHECK_EQ(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    CHECK_EQ(iosb.Information, 3);
    CHECK(!memcmp(text, "now", 3));
    CHECK_EQ(read_log(text, sizeof text, &event, &iosb, &irp), STATUS_PENDING);
    CHECK(IoCancelIrp(irp));
    CHECK_EQ(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    CHECK_EQ(iosb.Status, STATUS_CANCELLED);
    CHECK_EQ(read_log(text, sizeof text, &event, &iosb, &irp), STATUS_PENDING);
    NdisMCloseLog(log);
    CHECK_EQ(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    CHECK_EQ(iosb.Status, STATUS_CANCELLED);
    ObDereferenceObject(file);
    unplug_fake();
}

TEST(a_log_is_a_ring_that_its_reader_empties_or_waits_for)
{
    on_a_computer(logging, 1);
    on_a_computer(logging, 2);
}

static void no_functions(void *unused)
{
    plug_fake();
    CHECK_EQ(NdisMEnableVirtualization(mp.adapter, 4, FALSE, FALSE, TRUE), NDIS_STATUS_NOT_SUPPORTED);
    CHECK_EQ(NdisMEnableVirtualization(mp.adapter, 4, FALSE, FALSE, FALSE), NDIS_STATUS_INVALID_PARAMETER);
    CHECK_EQ(NdisMGetVirtualFunctionBusData(mp.adapter, 0, &(ULONG){ 0 }, 0, 4), 0);
    unplug_fake();
}

TEST(an_adapter_without_sr_iov_says_so)
{
    on_a_computer(no_functions, 1);
}
