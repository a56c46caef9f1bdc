/* Features of hardware: what a miniport says of them and NDIS answers, and the second version of receive scaling. */
#include "fake.h"

#include "ndis/event.h"

static NDIS_RECEIVE_FILTER_CAPABILITIES filter_capabilities;
static unsigned synchronous, v2_sets;
static NDIS_STATUS synchronous_answer;
static NDIS_OID asked[16];
static unsigned asked_count;

static NDIS_STATUS ask(NDIS_REQUEST_TYPE type, NDIS_OID oid, void *buffer, uint32_t length, NDIS_OID_REQUEST *r)
{
    *r = (NDIS_OID_REQUEST){
        .Header = { NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1, NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
        .RequestType = type,
        .DATA.QUERY_INFORMATION = { .Oid = oid, .InformationBuffer = buffer, .InformationBufferLength = length },
    };
    return NdisOidRequest(pr.binding, r);
}

static NDIS_STATUS see_query(PNDIS_OID_REQUEST r)
{
    if (asked_count < 16)
        asked[asked_count++] = r->DATA.Oid;
    return NDIS_STATUS_NOT_SUPPORTED;
}

static bool was_asked(NDIS_OID oid)
{
    for (unsigned n = 0; n < asked_count; n++)
        if (asked[n] == oid)
            return true;
    return false;
}

static NDIS_STATUS give_attributes(NDIS_HANDLE adapter)
{
    NDIS_HD_SPLIT_ATTRIBUTES split = {
        .Header = { NDIS_OBJECT_TYPE_HD_SPLIT_ATTRIBUTES, NDIS_HD_SPLIT_ATTRIBUTES_REVISION_1, NDIS_SIZEOF_HD_SPLIT_ATTRIBUTES_REVISION_1 },
        .HardwareCapabilities = NDIS_HD_SPLIT_CAPS_SUPPORTS_HEADER_DATA_SPLIT, .BackfillSize = 40, .MaxHeaderSize = 128,
    };
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES a = { 0 };

    filter_capabilities = (NDIS_RECEIVE_FILTER_CAPABILITIES){
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_RECEIVE_FILTER_CAPABILITIES_REVISION_2, NDIS_SIZEOF_RECEIVE_FILTER_CAPABILITIES_REVISION_2 },
        .MaxPacketCoalescingFilters = 7,
    };
    a.HardwareAssistAttributes = (NDIS_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES){
        .Header = { NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES, NDIS_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES_REVISION_2,
                    NDIS_SIZEOF_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES_REVISION_2 },
        .HDSplitAttributes = &split,
        .HardwareReceiveFilterCapabilities = &filter_capabilities,
        .CurrentReceiveFilterCapabilities = NULL,
    };
    return NdisMSetMiniportAttributes(adapter, &a);
}

static void capabilities(void *unused)
{
    NDIS_RECEIVE_FILTER_CAPABILITIES c;
    NDIS_HD_SPLIT_CURRENT_CONFIG split;
    NDIS_OID_REQUEST r;
    uint8_t buffer[256];

    mp.on_initialize = give_attributes;
    mp.on_query = see_query;
    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    asked_count = 0;
    filter_capabilities.MaxPacketCoalescingFilters = 0; /* NDIS has a copy */
    CHECK_EQ(ask(NdisRequestQueryInformation, OID_RECEIVE_FILTER_HARDWARE_CAPABILITIES, &c, sizeof c, &r), NDIS_STATUS_SUCCESS);
    CHECK_EQ(r.DATA.QUERY_INFORMATION.BytesWritten, NDIS_SIZEOF_RECEIVE_FILTER_CAPABILITIES_REVISION_2);
    CHECK_EQ(c.MaxPacketCoalescingFilters, 7);
    CHECK_EQ(ask(NdisRequestQueryInformation, OID_RECEIVE_FILTER_HARDWARE_CAPABILITIES, &c, 8, &r), NDIS_STATUS_INVALID_LENGTH);
    CHECK_EQ(r.DATA.QUERY_INFORMATION.BytesNeeded, NDIS_SIZEOF_RECEIVE_FILTER_CAPABILITIES_REVISION_2);
    CHECK_EQ(ask(NdisRequestQueryInformation, OID_RECEIVE_FILTER_CURRENT_CAPABILITIES, buffer, sizeof buffer, &r), NDIS_STATUS_NOT_SUPPORTED);
    CHECK_EQ(ask(NdisRequestQueryInformation, OID_SRIOV_HARDWARE_CAPABILITIES, buffer, sizeof buffer, &r), NDIS_STATUS_NOT_SUPPORTED);
    CHECK_EQ(ask(NdisRequestQueryInformation, OID_GEN_HD_SPLIT_CURRENT_CONFIG, &split, sizeof split, &r), NDIS_STATUS_SUCCESS);
    CHECK_EQ(split.HardwareCapabilities, NDIS_HD_SPLIT_CAPS_SUPPORTS_HEADER_DATA_SPLIT);
    CHECK_EQ(split.MaxHeaderSize, 256); /* NDIS decides, and writes it into the miniport's structure */
    CHECK_EQ(split.HDSplitFlags, 0);
    split.HDSplitFlags = NDIS_HD_SPLIT_ENABLE_HEADER_DATA_SPLIT;
    NDIS_STATUS_INDICATION indication = {
        .Header = { NDIS_OBJECT_TYPE_STATUS_INDICATION, NDIS_STATUS_INDICATION_REVISION_1, NDIS_SIZEOF_STATUS_INDICATION_REVISION_1 },
        .SourceHandle = mp.adapter, .StatusCode = NDIS_STATUS_HD_SPLIT_CURRENT_CONFIG, .StatusBuffer = &split, .StatusBufferSize = sizeof split,
    };
    NdisMIndicateStatusEx(mp.adapter, &indication);
    memset(&split, 0, sizeof split);
    CHECK_EQ(ask(NdisRequestQueryInformation, OID_GEN_HD_SPLIT_CURRENT_CONFIG, &split, sizeof split, &r), NDIS_STATUS_SUCCESS);
    CHECK_EQ(split.HDSplitFlags, NDIS_HD_SPLIT_ENABLE_HEADER_DATA_SPLIT);
    CHECK_EQ(ask(NdisRequestMethod, OID_NIC_SWITCH_PARAMETERS, buffer, sizeof buffer, &r), NDIS_STATUS_NOT_SUPPORTED);
    CHECK_EQ(ask(NdisRequestQueryInformation, OID_GEN_PCI_DEVICE_CUSTOM_PROPERTIES, buffer, sizeof buffer, &r), NDIS_STATUS_INVALID_DEVICE_REQUEST);
    CHECK_EQ(asked_count, 0);           /* the miniport saw none of them */
    unplug_fake();
    deregister_protocol();
}

TEST(ndis_answers_for_the_miniport_what_it_was_told)
{
    on_a_computer(capabilities, 1);
}

/* --- header-data split ------------------------------------------------------------------------------------------------------ */

static NDIS_HD_SPLIT_ATTRIBUTES offered;
static unsigned split_sets;

static NDIS_STATUS offer_split(NDIS_HANDLE adapter)
{
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES a = { 0 };

    a.HardwareAssistAttributes = (NDIS_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES){
        .Header = { NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES, NDIS_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES_REVISION_1,
                    NDIS_SIZEOF_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES_REVISION_1 },
        .HDSplitAttributes = &offered,
    };
    return NdisMSetMiniportAttributes(adapter, &a);
}

static NDIS_STATUS take_split(PNDIS_OID_REQUEST r)
{
    if (r->DATA.Oid != OID_GEN_HD_SPLIT_PARAMETERS)
        return NDIS_STATUS_NOT_SUPPORTED;
    split_sets++;
    return NDIS_STATUS_SUCCESS;
}

static void start_split(ULONG current)
{
    offered = (NDIS_HD_SPLIT_ATTRIBUTES){
        .Header = { NDIS_OBJECT_TYPE_HD_SPLIT_ATTRIBUTES, NDIS_HD_SPLIT_ATTRIBUTES_REVISION_1, NDIS_SIZEOF_HD_SPLIT_ATTRIBUTES_REVISION_1 },
        .HardwareCapabilities = NDIS_HD_SPLIT_CAPS_SUPPORTS_HEADER_DATA_SPLIT, .CurrentCapabilities = current,
    };
    split_sets = 0;
    mp.on_initialize = offer_split;
    mp.on_set = take_split;
    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
}

static void split(void *unused)
{
    NDIS_HD_SPLIT_PARAMETERS p = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_HD_SPLIT_PARAMETERS_REVISION_1, NDIS_SIZEOF_HD_SPLIT_PARAMETERS_REVISION_1 },
        .HDSplitCombineFlags = NDIS_HD_SPLIT_COMBINE_ALL_HEADERS,
    };
    NDIS_OID_REQUEST r;

    start_split(NDIS_HD_SPLIT_CAPS_SUPPORTS_HEADER_DATA_SPLIT);
    CHECK_EQ(offered.HDSplitFlags, NDIS_HD_SPLIT_ENABLE_HEADER_DATA_SPLIT);
    CHECK(offered.MaxHeaderSize >= 128);
    CHECK_EQ(pr.bind_split, NDIS_HD_SPLIT_ENABLE_HEADER_DATA_SPLIT);
    CHECK_EQ(ask(NdisRequestSetInformation, OID_GEN_HD_SPLIT_PARAMETERS, &p, sizeof p, &r), NDIS_STATUS_SUCCESS);
    CHECK_EQ(split_sets, 1);
    unplug_fake();
    deregister_protocol();
    start_split(0);                     /* its keyword switched it off */
    CHECK_EQ(offered.HDSplitFlags, 0);
    CHECK_EQ(pr.bind_split, 0);
    CHECK_EQ(ask(NdisRequestSetInformation, OID_GEN_HD_SPLIT_PARAMETERS, &p, sizeof p, &r), NDIS_STATUS_NOT_SUPPORTED);
    CHECK_EQ(split_sets, 0);
    unplug_fake();
    deregister_protocol();
}

TEST(ndis_enables_the_header_data_split_that_a_miniport_offers)
{
    on_a_computer(split, 1);
}

static unsigned statuses;

static void count_status(PNDIS_STATUS_INDICATION indication)
{
    statuses++;
}

static void tell(NDIS_STATUS code, NDIS_TIMESTAMP_CAPABILITIES *stamps, ULONG size)
{
    NDIS_STATUS_INDICATION indication = {
        .Header = { NDIS_OBJECT_TYPE_STATUS_INDICATION, NDIS_STATUS_INDICATION_REVISION_1, NDIS_SIZEOF_STATUS_INDICATION_REVISION_1 },
        .SourceHandle = mp.adapter, .StatusCode = code, .StatusBuffer = stamps, .StatusBufferSize = size,
    };

    NdisMIndicateStatusEx(mp.adapter, &indication);
}

static void stamps(void *unused)
{
    NDIS_TIMESTAMP_CAPABILITIES can = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_TIMESTAMP_CAPABILITIES_REVISION_1, NDIS_SIZEOF_TIMESTAMP_CAPABILITIES_REVISION_1 },
        .HardwareClockFrequencyHz = 150000, .CrossTimestamp = TRUE,
        .TimestampFlags = { .PtpV2OverUdpIPv4EventMsgReceiveHw = TRUE, .TaggedTransmitHw = TRUE },
    }, now = can, got;
    NDIS_HARDWARE_CROSSTIMESTAMP cross;
    NDIS_OID_REQUEST r;

    mp.on_query = see_query;
    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    pr.on_status = count_status;
    asked_count = 0;
    CHECK_EQ(ask(NdisRequestQueryInformation, OID_TIMESTAMP_CAPABILITY, &got, sizeof got, &r), NDIS_STATUS_NOT_SUPPORTED);
    unsigned before = statuses;
    tell(NDIS_STATUS_TIMESTAMP_CURRENT_CONFIG, &now, sizeof now);
    CHECK_EQ(statuses, before);      /* nothing is known of what the card can do */
    tell(NDIS_STATUS_TIMESTAMP_CAPABILITY, &can, 20);
    CHECK_EQ(statuses, before);
    tell(NDIS_STATUS_TIMESTAMP_CAPABILITY, &can, sizeof can);
    now.TimestampFlags.TaggedTransmitHw = FALSE;
    tell(NDIS_STATUS_TIMESTAMP_CURRENT_CONFIG, &now, sizeof now);
    CHECK_EQ(statuses, before + 2);
    CHECK_EQ(ask(NdisRequestQueryInformation, OID_TIMESTAMP_CAPABILITY, &got, sizeof got, &r), NDIS_STATUS_SUCCESS);
    CHECK(got.HardwareClockFrequencyHz == 150000 && got.CrossTimestamp && got.TimestampFlags.TaggedTransmitHw);
    CHECK_EQ(ask(NdisRequestQueryInformation, OID_TIMESTAMP_CURRENT_CONFIG, &got, sizeof got, &r), NDIS_STATUS_SUCCESS);
    CHECK(got.TimestampFlags.PtpV2OverUdpIPv4EventMsgReceiveHw && !got.TimestampFlags.TaggedTransmitHw);
    CHECK_EQ(asked_count, 0);
    CHECK_EQ(ask(NdisRequestQueryInformation, OID_TIMESTAMP_GET_CROSSTIMESTAMP, &cross, sizeof cross, &r), NDIS_STATUS_NOT_SUPPORTED);
    CHECK(was_asked(OID_TIMESTAMP_GET_CROSSTIMESTAMP));
    unplug_fake();
    deregister_protocol();
}

TEST(ndis_answers_from_the_time_stamp_statuses_and_rejects_a_configuration_without_capabilities)
{
    on_a_computer(stamps, 1);
}

static void encapsulation(void *unused)
{
    NDIS_OFFLOAD_ENCAPSULATION e = {
        .Header = { NDIS_OBJECT_TYPE_OFFLOAD_ENCAPSULATION, NDIS_OFFLOAD_ENCAPSULATION_REVISION_1, NDIS_SIZEOF_OFFLOAD_ENCAPSULATION_REVISION_1 },
        .IPv4 = { NDIS_OFFLOAD_SET_ON, NDIS_ENCAPSULATION_IEEE_802_3, 14 },
    }, now;
    NDIS_PORT_STATE state;
    NDIS_OID_REQUEST r;

    mp.on_query = see_query;
    mp.on_set = NULL;
    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    asked_count = 0;
    CHECK_EQ(ask(NdisRequestSetInformation, OID_OFFLOAD_ENCAPSULATION, &e, sizeof e, &r), NDIS_STATUS_NOT_SUPPORTED);
    CHECK_EQ(ask(NdisRequestQueryInformation, OID_OFFLOAD_ENCAPSULATION, &now, sizeof now, &r), NDIS_STATUS_NOT_SUPPORTED);
    CHECK_EQ(ask(NdisRequestQueryInformation, OID_GEN_PORT_STATE, &state, sizeof state, &r), NDIS_STATUS_SUCCESS);
    CHECK_EQ(r.DATA.QUERY_INFORMATION.BytesWritten, NDIS_SIZEOF_PORT_STATE_REVISION_1);
    CHECK_EQ(state.MediaConnectState, MediaConnectStateConnected);
    CHECK(!was_asked(OID_OFFLOAD_ENCAPSULATION) && !was_asked(OID_GEN_PORT_STATE));
    unplug_fake();
    deregister_protocol();
}

TEST(an_encapsulation_that_was_refused_is_not_the_current_one)
{
    on_a_computer(encapsulation, 1);
}

/* --- receive scaling, version 2 ------------------------------------------------------------------------------------------ */

static NDIS_STATUS NTAPI move_entries(NDIS_HANDLE context, PNDIS_OID_REQUEST r)
{
    CHECK_EQ(r->DATA.METHOD_INFORMATION.Oid, OID_GEN_RSS_SET_INDIRECTION_TABLE_ENTRIES);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    synchronous++;
    return synchronous_answer;
}

static NDIS_STATUS take_v2(PNDIS_OID_REQUEST r)
{
    if (r->DATA.Oid != OID_GEN_RECEIVE_SCALE_PARAMETERS_V2)
        return NDIS_STATUS_NOT_SUPPORTED;
    v2_sets++;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS move(void *buffer, uint32_t size)
{
    NDIS_OID_REQUEST r = {
        .Header = { NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1, NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
        .RequestType = NdisRequestMethod,
        .DATA.METHOD_INFORMATION = { .Oid = OID_GEN_RSS_SET_INDIRECTION_TABLE_ENTRIES, .InformationBuffer = buffer,
                                     .InputBufferLength = size, .OutputBufferLength = size },
    };
    KIRQL old;

    KeRaiseIrql(DISPATCH_LEVEL, &old);
    NDIS_STATUS status = NdisSynchronousOidRequest(pr.binding, &r);
    KeLowerIrql(old);
    return status;
}

static void start_scaling(ULONG flags)
{
    static NDIS_RECEIVE_SCALE_CAPABILITIES scaling;

    scaling = (NDIS_RECEIVE_SCALE_CAPABILITIES){
        .Header = { NDIS_OBJECT_TYPE_RSS_CAPABILITIES, NDIS_RECEIVE_SCALE_CAPABILITIES_REVISION_2, NDIS_SIZEOF_RECEIVE_SCALE_CAPABILITIES_REVISION_2 },
        .CapabilitiesFlags = NdisHashFunctionToeplitz | flags, .NumberOfReceiveQueues = 2, .NumberOfIndirectionTableEntries = 128,
    };
    synchronous = v2_sets = 0;
    synchronous_answer = NDIS_STATUS_SUCCESS;
    mp.scaling = &scaling;
    mp.on_synchronous = move_entries;
    mp.on_set = take_v2;
    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
}

static NDIS_RECEIVE_SCALE_PARAMETERS_V2 v2_parameters(void)
{
    return (NDIS_RECEIVE_SCALE_PARAMETERS_V2){
        .Header = { NDIS_OBJECT_TYPE_RSS_PARAMETERS_V2, NDIS_RECEIVE_SCALE_PARAMETERS_V2_REVISION_1, NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_V2_REVISION_1 },
        .NumberOfQueues = 2, .NumberOfIndirectionTableEntries = 128,
    };
}

static unsigned misuses;

static void listen(const struct ndis_event *event)
{
    misuses += event->kind == NDIS_EVENT_MISUSE;
}

static void capable(void *unused)
{
    NDIS_RECEIVE_SCALE_PARAMETERS_V2 p = v2_parameters(), now;
    NDIS_OID_REQUEST r;
    uint8_t moves[64] = { 0 };

    start_scaling(NDIS_RSS_CAPS_SUPPORTS_INDEPENDENT_ENTRY_MOVE);
    CHECK_EQ(ask(NdisRequestQueryInformation, OID_GEN_RECEIVE_SCALE_PARAMETERS_V2, &now, sizeof now, &r), NDIS_STATUS_NOT_SUPPORTED);
    CHECK_EQ(ask(NdisRequestSetInformation, OID_GEN_RECEIVE_SCALE_PARAMETERS_V2, &p, sizeof p, &r), NDIS_STATUS_SUCCESS);
    CHECK_EQ(v2_sets, 1);
    CHECK_EQ(ask(NdisRequestQueryInformation, OID_GEN_RECEIVE_SCALE_PARAMETERS_V2, &now, sizeof now, &r), NDIS_STATUS_SUCCESS);
    CHECK_EQ(now.NumberOfQueues, 2);
    CHECK_EQ(move(moves, sizeof moves), NDIS_STATUS_SUCCESS);
    CHECK_EQ(synchronous, 1);
    synchronous_answer = NDIS_STATUS_INVALID_PARAMETER;
    CHECK_EQ(move(moves, sizeof moves), NDIS_STATUS_INVALID_PARAMETER);
    /* by no other way */
    CHECK_EQ(ask(NdisRequestMethod, OID_GEN_RSS_SET_INDIRECTION_TABLE_ENTRIES, moves, sizeof moves, &r), NDIS_STATUS_NOT_SUPPORTED);
    CHECK_EQ(synchronous, 2);
    ndis_event_sink = listen;
    ndis_event_mask = 1u << NDIS_EVENT_MISUSE;
    misuses = 0;
    synchronous_answer = NDIS_STATUS_PENDING;   /* which such a request cannot be */
    CHECK_EQ(move(moves, sizeof moves), NDIS_STATUS_FAILURE);
    CHECK_EQ(misuses, 1);
    unplug_fake();
    deregister_protocol();
}

TEST(a_miniport_with_the_second_version_of_scaling_gets_its_requests)
{
    on_a_computer(capable, 1);
}

static void incapable(void *unused)
{
    NDIS_RECEIVE_SCALE_PARAMETERS_V2 p = v2_parameters();
    NDIS_OID_REQUEST r;
    uint8_t moves[64] = { 0 };

    start_scaling(0);
    CHECK_EQ(ask(NdisRequestSetInformation, OID_GEN_RECEIVE_SCALE_PARAMETERS_V2, &p, sizeof p, &r), NDIS_STATUS_NOT_SUPPORTED);
    CHECK_EQ(ask(NdisRequestQueryInformation, OID_GEN_RECEIVE_SCALE_PARAMETERS_V2, &p, sizeof p, &r), NDIS_STATUS_NOT_SUPPORTED);
    CHECK_EQ(move(moves, sizeof moves), NDIS_STATUS_NOT_SUPPORTED);
    CHECK_EQ(synchronous + v2_sets, 0);
    unplug_fake();
    deregister_protocol();
}

TEST(one_with_the_first_version_is_spared_them)
{
    on_a_computer(incapable, 1);
}
