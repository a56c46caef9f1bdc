/* What is sent and comes back to the same computer: to whom, past which modules, and marked how. */
#include "fake_filter.h"

/* A second binding, with a packet filter of its own. */
static struct {
    NDIS_HANDLE protocol, binding;
    unsigned received, marked;
} second;

static NDIS_STATUS NTAPI bind(NDIS_HANDLE context, NDIS_HANDLE bind, PNDIS_BIND_PARAMETERS p)
{
    NDIS_MEDIUM media[] = { mp.medium };
    UINT selected;
    NDIS_OPEN_PARAMETERS open = {
        .Header = { NDIS_OBJECT_TYPE_OPEN_PARAMETERS, 1, NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1 },
        .AdapterName = p->AdapterName, .MediumArray = media, .MediumArraySize = 1, .SelectedMediumIndex = &selected,
    };

    return NdisOpenAdapterEx(second.protocol, &second, &open, bind, &second.binding);
}

static NDIS_STATUS NTAPI unbind(NDIS_HANDLE unbind, NDIS_HANDLE context)
{
    return NdisCloseAdapterEx(second.binding);
}

static NDIS_STATUS NTAPI on_event(NDIS_HANDLE context, PNET_PNP_EVENT_NOTIFICATION n)
{
    return NDIS_STATUS_SUCCESS;
}

static VOID NTAPI receive(NDIS_HANDLE context, PNET_BUFFER_LIST lists, NDIS_PORT_NUMBER port, ULONG count, ULONG flags)
{
    second.received += count;
    second.marked += lists->NblFlags & NDIS_NBL_FLAGS_IS_LOOPBACK_PACKET ? 1 : 0;
    CHECK(lists->Next == NULL || !(lists->NblFlags & NDIS_NBL_FLAGS_IS_LOOPBACK_PACKET));
    if (lists->NblFlags & NDIS_NBL_FLAGS_IS_LOOPBACK_PACKET)
        CHECK(flags & NDIS_RECEIVE_FLAGS_RESOURCES);    /* the lists are the sender's */
    if (!(flags & NDIS_RECEIVE_FLAGS_RESOURCES))
        NdisReturnNetBufferLists(second.binding, lists, 0);
}

static void register_second(void)
{
    static WCHAR name[] = u"SECOND";
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS c = {
        .Header = { NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS, 1, NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_1 },
        .MajorNdisVersion = 6,
        .MinorNdisVersion = 30,
        .Name = { sizeof name - 2, sizeof name, name },
        .BindAdapterHandlerEx = bind,
        .UnbindAdapterHandlerEx = unbind,
        .OpenAdapterCompleteHandlerEx = pr_opened,
        .CloseAdapterCompleteHandlerEx = pr_closed,
        .NetPnPEventHandler = on_event,
        .OidRequestCompleteHandler = pr_oid_complete,
        .StatusHandlerEx = pr_status,
        .ReceiveNetBufferListsHandler = receive,
        .SendNetBufferListsCompleteHandler = pr_send_complete,
    };

    memset(&second, 0, sizeof second);
    CHECK_EQ(NdisRegisterProtocolDriver(NULL, &c, &second.protocol), NDIS_STATUS_SUCCESS);
}

static void set_filter(NDIS_HANDLE binding, ULONG filter)
{
    NDIS_OID_REQUEST r = {
        .Header = { NDIS_OBJECT_TYPE_OID_REQUEST, 1, NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
        .RequestType = NdisRequestSetInformation,
        .DATA.SET_INFORMATION = { OID_GEN_CURRENT_PACKET_FILTER, &filter, sizeof filter, 0, 0 },
    };

    CHECK_EQ(NdisOidRequest(binding, &r), NDIS_STATUS_SUCCESS);
}

/* From the first binding; to the card's own address, or another one. */
static void send(bool own, ULONG flags)
{
    UCHAR to[6] = { 2, 0, 0, 0, 0, own ? 1 : 9 };
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferList(pr.pool, 0, 0);

    CHECK_EQ(NdisRetreatNetBufferDataStart(nbl->FirstNetBuffer, 60, 0, NULL), NDIS_STATUS_SUCCESS);
    memcpy(NdisGetDataBuffer(nbl->FirstNetBuffer, 6, NULL, 1, 0), to, 6);
    pr.received = second.received = second.marked = ff[0].looped = 0;
    unsigned sent = mp.sent;
    NdisSendNetBufferLists(pr.binding, nbl, 0, flags);
    CHECK_EQ(mp.sent, sent + 1);
}

static void bindings_hear(void *unused)
{
    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    register_second();
    set_filter(pr.binding, NDIS_PACKET_TYPE_DIRECTED);
    set_filter(second.binding, NDIS_PACKET_TYPE_DIRECTED);
    send(true, 0);
    CHECK_EQ(pr.received + second.received, 0);         /* nobody asked for it */
    send(true, NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK);
    CHECK_EQ(pr.received, 1);
    CHECK_EQ(second.received, 1);
    send(false, NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK);
    CHECK_EQ(pr.received + second.received, 0);         /* no filter takes it */
    set_filter(second.binding, NDIS_PACKET_TYPE_PROMISCUOUS);
    send(false, 0);
    CHECK_EQ(pr.received, 0);           /* the sender only by the flag */
    CHECK_EQ(second.received, 1);
    CHECK_EQ(second.marked, 1);
    send(true, 0);
    CHECK_EQ(pr.received, 0);
    CHECK_EQ(second.received, 1);
    set_filter(second.binding, NDIS_PACKET_TYPE_PROMISCUOUS | NDIS_PACKET_TYPE_NO_LOCAL);
    send(false, 0);
    send(true, NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK);
    CHECK_EQ(pr.received, 1);
    CHECK_EQ(second.received, 0);
    set_filter(second.binding, NDIS_PACKET_TYPE_ALL_LOCAL);
    send(false, 0);
    CHECK_EQ(second.received, 1);
    NdisDeregisterProtocolDriver(second.protocol);
    send(false, 0);
    CHECK_EQ(pr.received, 0);
    unplug_fake();
    deregister_protocol();
}

TEST(bindings_see_what_others_send_when_they_want_all_frames)
{
    on_a_computer(bindings_hear, 1);
}

static void modules_hear(void *unused)
{
    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    CHECK_EQ(register_filter(&ff[0], 'a'), NDIS_STATUS_SUCCESS);
    set_filter(pr.binding, NDIS_PACKET_TYPE_PROMISCUOUS);
    unsigned sent = ff[0].sent, completed = pr.completed;
    send(false, 0);
    CHECK_EQ(ff[0].sent, sent + 1);
    CHECK_EQ(ff[0].looped, 1);          /* on its way down first, then on its way up */
    CHECK_EQ(pr.received, 0);
    send(true, NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK);
    CHECK_EQ(ff[0].looped, 1);
    CHECK_EQ(pr.received, 1);
    CHECK_EQ(pr.completed, completed + 2);
    CHECK_EQ(pr.last_status, NDIS_STATUS_SUCCESS);
    NdisFDeregisterFilterDriver(ff[0].driver);
    CHECK_EQ(ff[0].pre_detaches, 1);
    unplug_fake();
    deregister_protocol();
}

TEST(filter_modules_see_what_loops_back)
{
    with_filters(modules_hear);
}

static void no_filter(void *unused)
{
    static const UCHAR own[6] = { 2, 0, 0, 0, 0, 1 };

    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferList(pr.pool, 0, 0);
    CHECK_EQ(NdisRetreatNetBufferDataStart(nbl->FirstNetBuffer, 60, 0, NULL), NDIS_STATUS_SUCCESS);
    memcpy(NdisGetDataBuffer(nbl->FirstNetBuffer, 6, NULL, 1, 0), own, 6);
    unsigned returned = mp.returned;
    NdisMIndicateReceiveNetBufferLists(mp.adapter, nbl, 0, 1, 0);
    CHECK_EQ(pr.received, 0);           /* it has set no packet filter */
    CHECK_EQ(mp.returned, returned + 1);
    unplug_fake();
    deregister_protocol();
}

TEST(a_binding_without_packet_filter_receives_nothing)
{
    on_a_computer(no_filter, 1);
}

/* --- who stands in the stack ------------------------------------------------------------------------------------------------ */

static void enumerated(void *unused)
{
    char buffer[1024];
    ULONG needed = 0, written = 1;

    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    ff[1].bypass = true;
    CHECK_EQ(register_filter(&ff[0], 'a'), NDIS_STATUS_SUCCESS);
    CHECK_EQ(register_filter(&ff[1], 'b'), NDIS_STATUS_SUCCESS);
    CHECK_EQ(NdisEnumerateFilterModules(pr.binding, buffer, 8, &needed, &written), NDIS_STATUS_BUFFER_TOO_SHORT);
    CHECK_EQ(written, 0);
    CHECK(needed > 2 * sizeof(NDIS_FILTER_INTERFACE) && needed < sizeof buffer);
    CHECK_EQ(NdisEnumerateFilterModules(pr.protocol, buffer, sizeof buffer, &needed, &written), NDIS_STATUS_INVALID_PARAMETER);
    CHECK_EQ(NdisEnumerateFilterModules(mp.adapter, buffer, needed, &needed, &written), NDIS_STATUS_SUCCESS);
    CHECK_EQ(written, needed);
    NDIS_ENUM_FILTERS *all = (void *)buffer;
    CHECK_EQ(all->NumberOfFilters, 2);
    NDIS_FILTER_INTERFACE *top = (void *)(buffer + all->OffsetFirstFilter), *low = top + 1;
    CHECK_EQ(top->FilterInstanceName.Length, ((struct filter *)only(&ff[1]))->name.Length);
    CHECK(!memcmp(top->FilterInstanceName.Buffer, ff[1].name, top->FilterInstanceName.Length));
    CHECK(!memcmp(low->FilterInstanceName.Buffer, ff[0].name, low->FilterInstanceName.Length));
    CHECK_EQ(low->Flags, NDIS_FILTER_INTERFACE_LW_FILTER);
    CHECK_EQ(top->Flags, NDIS_FILTER_INTERFACE_LW_FILTER | NDIS_FILTER_INTERFACE_SEND_BYPASS | NDIS_FILTER_INTERFACE_RECEIVE_BYPASS);
    CHECK_EQ(low->FilterType, NdisFilterTypeModifying);
    CHECK_EQ(low->FilterRunType, NdisFilterRunTypeOptional);
    CHECK_EQ(low->IfIndex, ff[0].attach.IfIndex);
    CHECK_EQ(low->FilterClass.Length, 12);      /* custom */
    CHECK_EQ(NdisEnumerateFilterModules(only(&ff[0]), buffer, sizeof buffer, &needed, &written), NDIS_STATUS_SUCCESS);
    NdisFDeregisterFilterDriver(ff[0].driver);
    NdisFDeregisterFilterDriver(ff[1].driver);
    unplug_fake();
    deregister_protocol();
}

TEST(the_modules_of_a_stack_are_listed_from_the_top)
{
    with_filters(enumerated);
}

/* --- other media --------------------------------------------------------------------------------------------------------- */

static void receive_one(bool heard)
{
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferList(pr.pool, 0, 0);

    CHECK_EQ(NdisRetreatNetBufferDataStart(nbl->FirstNetBuffer, 4, 0, NULL), NDIS_STATUS_SUCCESS);
    pr.received = second.received = mp.returned = 0;
    NdisMIndicateReceiveNetBufferLists(mp.adapter, nbl, 0, 1, 0);
    CHECK_EQ(pr.received, heard);
    CHECK_EQ(second.received, 1);
    CHECK_EQ(mp.returned, 1);
}

static void on_other_media(void)
{
    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    register_second();
    if (!mp.no_filters) {
        set_filter(second.binding, NDIS_PACKET_TYPE_DIRECTED);
        receive_one(false);             /* the first one has set no filter */
        set_filter(pr.binding, NDIS_PACKET_TYPE_DIRECTED);
    }
    receive_one(true);
    NdisDeregisterProtocolDriver(second.protocol);
    unplug_fake();
    deregister_protocol();
}

static void filtering(void *unused)
{
    mp.medium = NdisMediumNative802_11;
    on_other_media();
}

static void unfiltered(void *unused)
{
    mp.medium = NdisMediumWirelessWan;
    mp.no_filters = true;
    on_other_media();
}

TEST(frames_without_ethernet_header_go_to_all_bindings_that_have_a_packet_filter)
{
    on_a_computer(filtering, 1);
}

TEST(where_a_miniport_has_no_packet_filters_every_open_binding_receives)
{
    on_a_computer(unfiltered, 1);
}
