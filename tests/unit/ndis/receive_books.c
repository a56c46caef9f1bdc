/* Receive filters for packet coalescing: numbers, owners, lists. docs: network/managing-packet-coalescing-receive-filters */
#include "fake_own.h"

static NDIS_RECEIVE_FILTER_CAPABILITIES capabilities = {
    .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_RECEIVE_FILTER_CAPABILITIES_REVISION_2, NDIS_SIZEOF_RECEIVE_FILTER_CAPABILITIES_REVISION_2 },
    .EnabledFilterTypes = NDIS_RECEIVE_FILTER_PACKET_COALESCING_FILTERS_ENABLED,
    .MaxFieldTestsPerPacketCoalescingFilter = 2, .MaxPacketCoalescingFilters = 3,
};

static struct filter_request {
    NDIS_RECEIVE_FILTER_PARAMETERS p;
    NDIS_RECEIVE_FILTER_FIELD_PARAMETERS field;
} request;

static char miniport[64];               /* s: set; c: cleared; each with the number */
static NDIS_STATUS set_answer;

static void saw(char what, ULONG id)
{
    size_t n = strlen(miniport);

    miniport[n] = what;
    miniport[n + 1] = (char)('0' + id);
}

static NDIS_STATUS on_method(PNDIS_OID_REQUEST r)
{
    const struct filter_request *f = r->DATA.METHOD_INFORMATION.InformationBuffer;

    if (r->DATA.Oid != OID_RECEIVE_FILTER_SET_FILTER)
        return NDIS_STATUS_NOT_SUPPORTED;
    if (set_answer == NDIS_STATUS_SUCCESS)
        saw('s', f->p.FilterId);
    return set_answer;
}

static NDIS_STATUS on_set(PNDIS_OID_REQUEST r)
{
    const NDIS_RECEIVE_FILTER_CLEAR_PARAMETERS *c = r->DATA.SET_INFORMATION.InformationBuffer;

    if (r->DATA.Oid != OID_RECEIVE_FILTER_CLEAR_FILTER)
        return NDIS_STATUS_NOT_SUPPORTED;
    saw('c', c->FilterId);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS give_attributes(NDIS_HANDLE adapter)
{
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES a = { 0 };

    a.HardwareAssistAttributes = (NDIS_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES){
        .Header = { NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES, NDIS_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES_REVISION_2,
                    NDIS_SIZEOF_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES_REVISION_2 },
        .HardwareReceiveFilterCapabilities = &capabilities,
        .CurrentReceiveFilterCapabilities = &capabilities,
    };
    return NdisMSetMiniportAttributes(adapter, &a);
}

static NDIS_OID_REQUEST method(NDIS_OID oid, void *buffer, ULONG in, ULONG out)
{
    return (NDIS_OID_REQUEST){
        .Header = { NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1, NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
        .RequestType = NdisRequestMethod,
        .DATA.METHOD_INFORMATION = { .Oid = oid, .InformationBuffer = buffer, .InputBufferLength = in, .OutputBufferLength = out },
    };
}

static NDIS_STATUS set(NDIS_HANDLE binding, ULONG id, ULONG *given)
{
    request = (struct filter_request){
        .p = { .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_RECEIVE_FILTER_PARAMETERS_REVISION_2, NDIS_SIZEOF_RECEIVE_FILTER_PARAMETERS_REVISION_2 },
               .FilterType = NdisReceiveFilterTypePacketCoalescing, .FilterId = id,
               .FieldParametersArrayOffset = offsetof(struct filter_request, field), .FieldParametersArrayNumElements = 1,
               .FieldParametersArrayElementSize = sizeof request.field, .MaxCoalescingDelay = 10 },
        .field = { .FrameHeader = NdisFrameHeaderMac, .ReceiveFilterTest = NdisReceiveFilterTestEqual },
    };
    NDIS_OID_REQUEST r = method(OID_RECEIVE_FILTER_SET_FILTER, &request, sizeof request, sizeof request);
    NDIS_STATUS status = NdisOidRequest(binding, &r);

    if (given)
        *given = request.p.FilterId;
    return status;
}

static NDIS_STATUS clear(NDIS_HANDLE binding, ULONG id)
{
    NDIS_RECEIVE_FILTER_CLEAR_PARAMETERS c = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_RECEIVE_FILTER_CLEAR_PARAMETERS_REVISION_1,
                    NDIS_SIZEOF_RECEIVE_FILTER_CLEAR_PARAMETERS_REVISION_1 }, .FilterId = id,
    };
    NDIS_OID_REQUEST r = {
        .Header = { NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1, NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
        .RequestType = NdisRequestSetInformation, .DATA.SET_INFORMATION = { OID_RECEIVE_FILTER_CLEAR_FILTER, &c, sizeof c, 0, 0 },
    };

    return NdisOidRequest(binding, &r);
}

static ULONG enumerate(void)
{
    struct {
        NDIS_RECEIVE_FILTER_INFO_ARRAY head;
        NDIS_RECEIVE_FILTER_INFO rest[8];
    } list = { 0 };
    NDIS_OID_REQUEST r = method(OID_RECEIVE_FILTER_ENUM_FILTERS, &list, sizeof list.head, sizeof list);

    CHECK_EQ(NdisOidRequest(pr.binding, &r), NDIS_STATUS_SUCCESS);
    CHECK_EQ(list.head.FirstElementOffset, sizeof list.head);
    CHECK_EQ(r.DATA.METHOD_INFORMATION.BytesWritten, sizeof list.head + list.head.NumElements * sizeof list.rest[0]);
    for (ULONG i = 0; i < list.head.NumElements; i++)
        CHECK(list.rest[i].FilterType == NdisReceiveFilterTypePacketCoalescing && list.rest[i].FilterId);
    r = method(OID_RECEIVE_FILTER_ENUM_FILTERS, &list, sizeof list.head, sizeof list.head - 1);
    CHECK_EQ(NdisOidRequest(pr.binding, &r), NDIS_STATUS_INVALID_LENGTH);
    return list.head.NumElements;
}

static void begin(void)
{
    memset(miniport, 0, sizeof miniport);
    set_answer = NDIS_STATUS_SUCCESS;
    mp.on_query = on_method;
    mp.on_set = on_set;
    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    CHECK_EQ(register_own(), NDIS_STATUS_SUCCESS);
}

static void books(void *unused)
{
    NDIS_RECEIVE_FILTER_GLOBAL_PARAMETERS global;
    NDIS_OID_REQUEST r;
    ULONG first, second, third;

    mp.on_initialize = give_attributes;
    begin();
    CHECK_EQ(set(pr.binding, 0, &first), NDIS_STATUS_SUCCESS);
    CHECK_EQ(set(own.binding, 0, &second), NDIS_STATUS_SUCCESS);
    CHECK(first && second && first != second);
    CHECK_EQ(enumerate(), 2);
    CHECK_EQ(set(pr.binding, first, NULL), NDIS_STATUS_SUCCESS);        /* changed: still two */
    CHECK_EQ(set(pr.binding, second, NULL), NDIS_STATUS_INVALID_PARAMETER);     /* somebody else's */
    CHECK_EQ(set(pr.binding, 77, NULL), NDIS_STATUS_INVALID_PARAMETER);
    CHECK_EQ(enumerate(), 2);
    request.p.FilterId = second;
    r = method(OID_RECEIVE_FILTER_PARAMETERS, &request, sizeof request.p, sizeof request);
    CHECK_EQ(NdisOidRequest(pr.binding, &r), NDIS_STATUS_SUCCESS);
    CHECK_EQ(r.DATA.METHOD_INFORMATION.BytesWritten, sizeof request);
    CHECK(request.p.FilterId == second && request.p.MaxCoalescingDelay == 10 && request.field.FrameHeader == NdisFrameHeaderMac);
    request.p.FilterId = 0;
    CHECK_EQ(NdisOidRequest(pr.binding, &r), NDIS_STATUS_INVALID_PARAMETER);
    CHECK_EQ(clear(pr.binding, second), NDIS_STATUS_FILE_NOT_FOUND);
    CHECK_EQ(clear(pr.binding, first), NDIS_STATUS_SUCCESS);
    CHECK_EQ(clear(pr.binding, first), NDIS_STATUS_FILE_NOT_FOUND);
    set_answer = NDIS_STATUS_NOT_SUPPORTED;
    CHECK_EQ(set(pr.binding, 0, &third), NDIS_STATUS_NOT_SUPPORTED);   /* as the miniport says */
    CHECK_EQ(third, 0);
    CHECK_EQ(enumerate(), 1);
    set_answer = NDIS_STATUS_SUCCESS;
    CHECK_EQ(set(own.binding, 0, NULL), NDIS_STATUS_SUCCESS);
    CHECK_EQ(set(own.binding, 0, NULL), NDIS_STATUS_SUCCESS);
    CHECK_EQ(set(own.binding, 0, NULL), NDIS_STATUS_RESOURCES);         /* the miniport has room for three */
    memset(miniport, 0, sizeof miniport);
    NdisDeregisterProtocolDriver(own.protocol);
    CHECK_EQ(strlen(miniport), 6);      /* what a protocol leaves is cleared */
    CHECK_EQ(enumerate(), 0);
    r = (NDIS_OID_REQUEST){
        .Header = { NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1, NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
        .DATA.QUERY_INFORMATION = { OID_RECEIVE_FILTER_GLOBAL_PARAMETERS, &global, sizeof global, 0, 0 },
    };
    CHECK_EQ(NdisOidRequest(pr.binding, &r), NDIS_STATUS_SUCCESS);
    CHECK_EQ(global.EnabledFilterTypes, NDIS_RECEIVE_FILTER_PACKET_COALESCING_FILTERS_ENABLED);
    unplug_fake();
    deregister_protocol();
}

TEST(ndis_numbers_keeps_and_lists_receive_filters)
{
    with(books);
}

static void without(void *unused)
{
    NDIS_RECEIVE_FILTER_INFO_ARRAY list = { 0 };
    NDIS_OID_REQUEST r = method(OID_RECEIVE_FILTER_ENUM_FILTERS, &list, sizeof list, sizeof list);

    begin();
    CHECK_EQ(set(pr.binding, 0, NULL), NDIS_STATUS_NOT_SUPPORTED);
    CHECK_EQ(NdisOidRequest(pr.binding, &r), NDIS_STATUS_NOT_SUPPORTED);
    CHECK_STR(miniport, "");
    NdisDeregisterProtocolDriver(own.protocol);
    unplug_fake();
    deregister_protocol();
}

TEST(a_miniport_without_packet_coalescing_gets_no_receive_filters)
{
    with(without);
}
