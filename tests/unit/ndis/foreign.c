/* What drivers bring that were built for other versions, or that behave in ways nobody here would. */
#include "fake.h"

static NDIS_OID_REQUEST request(NDIS_REQUEST_TYPE type, NDIS_OID oid, void *buffer, UINT length)
{
    return (NDIS_OID_REQUEST){
        .Header = { NDIS_OBJECT_TYPE_OID_REQUEST, 1, NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
        .RequestType = type,
        .DATA.QUERY_INFORMATION = { .Oid = oid, .InformationBuffer = buffer, .InformationBufferLength = length },
    };
}

static void newest(void *unused)
{
    static const UCHAR minors[] = { 1, 20, 86, 87, 88, 89 };

    for (size_t i = 0; i < countof(minors); i++) {
        mp.minor = minors[i];
        memset(mp.journal, 0, sizeof mp.journal);
        plug_fake();
        CHECK_STR(mp.journal, "ir");
        unplug_fake();
    }
    CHECK_EQ(NdisGetVersion(), NDIS_RUNTIME_VERSION_689);
    mp.minor = 90;
    CHECK_EQ(io_create_host_driver("fakenic", mp_entry, &mp.io), NDIS_STATUS_BAD_VERSION);
}

TEST(a_miniport_of_every_documented_version_registers)
{
    on_a_computer(newest, 1);
}

/* A later revision of a structure: longer, and with what ring3 cannot know behind the members it knows. */
struct later_offload {
    NDIS_OFFLOAD known;
    UCHAR unknown[32];
};

static NDIS_STATUS set_later_offload(NDIS_HANDLE adapter)
{
    struct later_offload later = { .known.Header = { NDIS_OBJECT_TYPE_OFFLOAD, NDIS_OFFLOAD_REVISION_7 + 1, sizeof later } };
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES a = {
        .OffloadAttributes = {
            .Header = { NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES, 1,
                        NDIS_SIZEOF_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES_REVISION_1 },
            .DefaultOffloadConfiguration = &later.known,
            .HardwareOffloadCapabilities = &later.known,
        },
    };

    memset(later.unknown, 0xAA, sizeof later.unknown);
    later.known.Checksum.IPv4Transmit.TcpChecksum = NDIS_OFFLOAD_SUPPORTED;
    return NdisMSetMiniportAttributes(adapter, &a);
}

static void check_offload(NDIS_OID oid)
{
    struct later_offload answer;

    memset(&answer, 0x55, sizeof answer);
    NDIS_OID_REQUEST r = request(NdisRequestQueryInformation, oid, &answer, sizeof answer);
    CHECK_EQ(NdisOidRequest(pr.binding, &r), NDIS_STATUS_SUCCESS);
    CHECK_EQ(r.DATA.QUERY_INFORMATION.BytesWritten, sizeof answer.known);
    CHECK_EQ(answer.known.Header.Revision, NDIS_OFFLOAD_REVISION_7);
    CHECK_EQ(answer.known.Header.Size, sizeof answer.known);
    CHECK_EQ(answer.known.Checksum.IPv4Transmit.TcpChecksum, NDIS_OFFLOAD_SUPPORTED);
    CHECK_EQ(answer.unknown[0], 0x55);
}

static void later_revision(void *unused)
{
    struct later_offload later = { .known.Header = { NDIS_OBJECT_TYPE_OFFLOAD, NDIS_OFFLOAD_REVISION_7 + 1, sizeof later } };
    NDIS_STATUS_INDICATION s = {
        .Header = { NDIS_OBJECT_TYPE_STATUS_INDICATION, 1, NDIS_SIZEOF_STATUS_INDICATION_REVISION_1 },
        .StatusCode = NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG,
        .StatusBuffer = &later,
        .StatusBufferSize = sizeof later,
    };

    mp.on_initialize = set_later_offload;
    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    check_offload(OID_TCP_OFFLOAD_CURRENT_CONFIG);
    check_offload(OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES);
    later.known.Checksum.IPv4Transmit.TcpChecksum = NDIS_OFFLOAD_SUPPORTED;
    NdisMIndicateStatusEx(mp.adapter, &s);
    check_offload(OID_TCP_OFFLOAD_CURRENT_CONFIG);
    unplug_fake();
    deregister_protocol();
}

TEST(of_a_later_revision_the_known_members_are_kept)
{
    on_a_computer(later_revision, 1);
}

static void protocol_extras(void *unused)
{
    NDIS_OBJECT_HEADER shared = { NDIS_OBJECT_TYPE_SHARED_MEMORY_PROVIDER_CHARACTERISTICS, 1, 32 };
    ULONG options = 1;

    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    CHECK_EQ(NdisSetOptionalHandlers(pr.protocol, (PNDIS_DRIVER_OPTIONAL_HANDLERS)&shared), NDIS_STATUS_NOT_SUPPORTED);
    CHECK_EQ(NdisSetOptionalHandlers(pr.binding, (PNDIS_DRIVER_OPTIONAL_HANDLERS)&shared), NDIS_STATUS_NOT_SUPPORTED);
    unsigned before = mp.oids;
    NDIS_OID_REQUEST r = request(NdisRequestSetInformation, OID_GEN_PROTOCOL_OPTIONS, &options, sizeof options);
    CHECK_EQ(NdisOidRequest(pr.binding, &r), NDIS_STATUS_SUCCESS);
    CHECK_EQ(r.DATA.SET_INFORMATION.BytesRead, 4);
    r = request(NdisRequestSetInformation, OID_GEN_PROTOCOL_OPTIONS, &options, 2);
    CHECK_EQ(NdisOidRequest(pr.binding, &r), NDIS_STATUS_INVALID_LENGTH);
    CHECK_EQ(mp.oids, before);
    unplug_fake();
    deregister_protocol();
}

TEST(what_a_protocol_asks_of_ndis_does_not_reach_the_miniport)
{
    on_a_computer(protocol_extras, 1);
}

static void slow_check(void *unused)
{
    plug_fake();
    mp.slow_check = true;
    NdisMSleep(2050000);                /* in the middle of a check */
    unplug_fake();
    CHECK_STR(mp.journal, "irkphu");
}

TEST(a_pause_waits_for_the_end_of_a_check_for_hang)
{
    on_a_computer(slow_check, 1);
    on_a_computer(slow_check, 2);
}

static bool ran;

static VOID NTAPI too_late(PVOID context, NDIS_HANDLE item)
{
    ran = true;
}

static void freed_item(void *unused)
{
    NDIS_HANDLE item = NdisAllocateIoWorkItem(NULL);
    KIRQL old = KeRaiseIrqlToDpcLevel();

    ran = false;
    NdisQueueIoWorkItem(item, too_late, NULL);
    NdisFreeIoWorkItem(item);           /* a mistake, and found as one */
    KeLowerIrql(old);
    NdisMSleep(10000);
    CHECK(!ran);
}

TEST(a_work_item_freed_while_it_is_queued_harms_nobody)
{
    on_a_computer(freed_item, 1);
}

static void interface_type_is(uint16_t wanted)
{
    plug_fake();
    CHECK_EQ(((struct adapter *)mp.adapter)->luid.Info.IfType, wanted);
}

static void put_interface_type(ULONG type, const void *data, ULONG length)
{
    static WCHAR name[] = u"*IfType";
    UNICODE_STRING value = { sizeof name - 2, sizeof name, name };
    HANDLE key;

    CHECK_EQ(config_device_key(mp.adapter, &key), NDIS_STATUS_SUCCESS);
    CHECK_EQ(ZwSetValueKey(key, &value, 0, type, (PVOID)(uintptr_t)data, length), STATUS_SUCCESS);
    ZwClose(key);
    unplug_fake();
}

static void typed(void *unused)
{
    ULONG tunnel = 131;

    interface_type_is(IF_TYPE_ETHERNET_CSMACD);
    put_interface_type(REG_DWORD, &tunnel, sizeof tunnel);
    interface_type_is(131);
    put_interface_type(REG_SZ, u"24", 3 * sizeof(WCHAR));
    interface_type_is(24);
    unplug_fake();
}

TEST(the_interface_type_of_the_driver_key_is_in_the_luid)
{
    on_a_computer(typed, 1);
}

/* --- what is given back twice ----------------------------------------------------------------------------------- */

static PNET_BUFFER_LIST small_frame(void)
{
    static const UCHAR own[6] = { 2, 0, 0, 0, 0, 1 };
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferList(pr.pool, 0, 0);

    CHECK_EQ(NdisRetreatNetBufferDataStart(nbl->FirstNetBuffer, 60, 0, NULL), NDIS_STATUS_SUCCESS);
    memcpy(NdisGetDataBuffer(nbl->FirstNetBuffer, 6, NULL, 1, 0), own, 6);
    return nbl;
}

static void given_back_twice(void *unused)
{
    uint32_t filter = NDIS_PACKET_TYPE_DIRECTED;

    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    NDIS_OID_REQUEST r = request(NdisRequestSetInformation, OID_GEN_CURRENT_PACKET_FILTER, &filter, sizeof filter);
    CHECK_EQ(NdisOidRequest(pr.binding, &r), NDIS_STATUS_SUCCESS);
    PNET_BUFFER_LIST nbl = small_frame();
    NdisMIndicateReceiveNetBufferLists(mp.adapter, nbl, 0, 1, NDIS_RECEIVE_FLAGS_RESOURCES);
    NdisReturnNetBufferLists(pr.binding, nbl, 0);           /* it was only lent */
    CHECK_EQ(mp.returned, 0);
    NdisSendNetBufferLists(pr.binding, nbl, 0, 0);
    CHECK_EQ(pr.completed, 1);
    nbl->Next = NULL;
    NdisMSendNetBufferListsComplete(mp.adapter, nbl, 0);    /* once more */
    CHECK_EQ(pr.completed, 1);
    unplug_fake();                      /* the counts are right: the pause ends */
    CHECK_STR(mp.journal, "irphu");
    deregister_protocol();
}

TEST(what_is_given_back_twice_goes_nowhere)
{
    on_a_computer(given_back_twice, 1);
}
