/* Wake patterns, protocol offloads and what of them is enabled. docs: network/oid-pm-add-wol-pattern and its neighbours */
#include "fake.h"

static struct {
    char journal[256];                  /* of what the miniport was told: A and a add, R and r remove, w parameters, 0 to 4 power */
    ULONG id;                           /* the last one added or removed */
    NDIS_STATUS answer;                 /* to additions and removals */
    NDIS_PM_PARAMETERS parameters;
    ULONG parameters_length;
    ULONG rejected[2], rejections[2], wakes;            /* as the two protocols were told */
    NDIS_HANDLE second, second_binding;
    ULONG asked_in_event;
    NDIS_STATUS answered_in_event;
} t;

static void mark(char what)
{
    t.journal[strlen(t.journal)] = what;
}

static NDIS_STATUS set(PNDIS_OID_REQUEST r)
{
    const struct _SET *s = &r->DATA.SET_INFORMATION;

    switch (s->Oid) {
    case OID_PM_ADD_WOL_PATTERN:
        mark('A');
        t.id = ((NDIS_PM_WOL_PATTERN *)s->InformationBuffer)->PatternId;
        return t.answer;
    case OID_PM_ADD_PROTOCOL_OFFLOAD:
        mark('a');
        t.id = ((NDIS_PM_PROTOCOL_OFFLOAD *)s->InformationBuffer)->ProtocolOffloadId;
        return t.answer;
    case OID_PM_REMOVE_WOL_PATTERN:
    case OID_PM_REMOVE_PROTOCOL_OFFLOAD:
        mark(s->Oid == OID_PM_REMOVE_WOL_PATTERN ? 'R' : 'r');
        CHECK_EQ(s->InformationBufferLength, 4);
        t.id = *(ULONG *)s->InformationBuffer;
        return t.answer;
    case OID_PM_PARAMETERS:
        mark('w');
        t.parameters_length = s->InformationBufferLength;
        memcpy(&t.parameters, s->InformationBuffer, min_u64(sizeof t.parameters, s->InformationBufferLength));
        return NDIS_STATUS_SUCCESS;
    case OID_PNP_SET_POWER:
        mark((char)('0' + *(NDIS_DEVICE_POWER_STATE *)s->InformationBuffer - 1));
        return NDIS_STATUS_SUCCESS;
    default:
        return NDIS_STATUS_NOT_SUPPORTED;
    }
}

static void note_status(unsigned who, PNDIS_STATUS_INDICATION s)
{
    if (s->StatusCode == NDIS_STATUS_PM_WOL_PATTERN_REJECTED || s->StatusCode == NDIS_STATUS_PM_OFFLOAD_REJECTED) {
        CHECK_EQ(s->StatusBufferSize, 4);
        t.rejected[who] = *(ULONG *)s->StatusBuffer;
        t.rejections[who]++;
    }
    t.wakes += s->StatusCode == NDIS_STATUS_PM_WAKE_REASON;
}

static void first_status(PNDIS_STATUS_INDICATION s)
{
    note_status(0, s);
}

/* --- a second protocol ------------------------------------------------------------------------------------------------ */

static NDIS_STATUS NTAPI second_bind(NDIS_HANDLE context, NDIS_HANDLE bind, PNDIS_BIND_PARAMETERS p)
{
    NDIS_MEDIUM media[] = { NdisMedium802_3 };
    UINT selected = 0;
    NDIS_OPEN_PARAMETERS open = {
        .Header = { NDIS_OBJECT_TYPE_OPEN_PARAMETERS, 1, NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1 },
        .AdapterName = p->AdapterName, .MediumArray = media, .MediumArraySize = 1, .SelectedMediumIndex = &selected,
    };

    return NdisOpenAdapterEx(t.second, &t, &open, bind, &t.second_binding);
}

static NDIS_STATUS NTAPI second_unbind(NDIS_HANDLE unbind, NDIS_HANDLE context)
{
    NdisCloseAdapterEx(t.second_binding);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS NTAPI second_event(NDIS_HANDLE context, PNET_PNP_EVENT_NOTIFICATION n)
{
    return NDIS_STATUS_SUCCESS;
}

static VOID NTAPI second_status(NDIS_HANDLE context, PNDIS_STATUS_INDICATION s)
{
    note_status(1, s);
}

static VOID NTAPI second_receive(NDIS_HANDLE context, PNET_BUFFER_LIST lists, NDIS_PORT_NUMBER port, ULONG count, ULONG flags)
{
    if (!(flags & NDIS_RECEIVE_FLAGS_RESOURCES))
        NdisReturnNetBufferLists(t.second_binding, lists, 0);
}

static VOID NTAPI second_sent(NDIS_HANDLE context, PNET_BUFFER_LIST lists, ULONG flags)
{
}

static VOID NTAPI second_asked(NDIS_HANDLE context, PNDIS_OID_REQUEST r, NDIS_STATUS status)
{
}

static void register_second(void)
{
    static WCHAR name[] = u"SECOND";
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS c = {
        .Header = { NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS, 1, NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_1 },
        .MajorNdisVersion = 6, .MinorNdisVersion = 30, .Name = { sizeof name - 2, sizeof name, name },
        .BindAdapterHandlerEx = second_bind, .UnbindAdapterHandlerEx = second_unbind, .OpenAdapterCompleteHandlerEx = pr_opened,
        .CloseAdapterCompleteHandlerEx = pr_closed, .NetPnPEventHandler = second_event, .OidRequestCompleteHandler = second_asked,
        .StatusHandlerEx = second_status, .ReceiveNetBufferListsHandler = second_receive,
        .SendNetBufferListsCompleteHandler = second_sent,
    };

    CHECK_EQ(NdisRegisterProtocolDriver(NULL, &c, &t.second), NDIS_STATUS_SUCCESS);
}

/* --- asking --------------------------------------------------------------------------------------------------------------- */

static NDIS_STATUS ask(NDIS_HANDLE binding, NDIS_REQUEST_TYPE type, NDIS_OID oid, void *buffer, uint32_t length, NDIS_OID_REQUEST *r)
{
    *r = (NDIS_OID_REQUEST){
        .Header = { NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1, NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
        .RequestType = type,
        .DATA.QUERY_INFORMATION = { .Oid = oid, .InformationBuffer = buffer, .InformationBufferLength = length },
    };
    return NdisOidRequest(binding, r);
}

static NDIS_STATUS set_oid(NDIS_HANDLE binding, NDIS_OID oid, void *buffer, uint32_t length)
{
    NDIS_OID_REQUEST r;

    return ask(binding, NdisRequestSetInformation, oid, buffer, length, &r);
}

struct bitmap {
    NDIS_PM_WOL_PATTERN pattern;
    uint8_t mask[4], bytes[32];
};

static struct bitmap bitmap(ULONG priority, uint8_t first)
{
    return (struct bitmap){
        .pattern = {
            .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_PM_WOL_PATTERN_REVISION_1, NDIS_SIZEOF_NDIS_PM_WOL_PATTERN_REVISION_1 },
            .Priority = priority,
            .WoLPacketType = NdisPMWoLPacketBitmapPattern,
            .WoLPattern.WoLBitMapPattern = { .MaskOffset = offsetof(struct bitmap, mask), .MaskSize = 4,
                                             .PatternOffset = offsetof(struct bitmap, bytes), .PatternSize = 32 },
        },
        .mask = { 0xFF }, .bytes = { first },
    };
}

static NDIS_STATUS add_bitmap(NDIS_HANDLE binding, ULONG priority, uint8_t first, ULONG *id)
{
    struct bitmap b = bitmap(priority, first);
    NDIS_STATUS status = set_oid(binding, OID_PM_ADD_WOL_PATTERN, &b, sizeof b);

    if (id)
        *id = b.pattern.PatternId;
    return status;
}

static NDIS_STATUS remove_pattern(NDIS_HANDLE binding, ULONG id)
{
    return set_oid(binding, OID_PM_REMOVE_WOL_PATTERN, &id, sizeof id);
}

static void start(void)
{
    static NDIS_PM_CAPABILITIES power;

    power = (NDIS_PM_CAPABILITIES){
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_PM_CAPABILITIES_REVISION_2, NDIS_SIZEOF_NDIS_PM_CAPABILITIES_REVISION_2 },
        .SupportedWoLPacketPatterns = NDIS_PM_WOL_BITMAP_PATTERN_SUPPORTED | NDIS_PM_WOL_MAGIC_PACKET_SUPPORTED,
        .NumTotalWoLPatterns = 3, .MaxWoLPatternSize = 64,
        .SupportedProtocolOffloads = NDIS_PM_PROTOCOL_OFFLOAD_ARP_SUPPORTED, .NumArpOffloadIPv4Addresses = 1,
        .MinMagicPacketWakeUp = NdisDeviceStateD3, .MinPatternWakeUp = NdisDeviceStateD3,
        .SupportedWakeUpEvents = NDIS_PM_WAKE_ON_MEDIA_CONNECT_SUPPORTED,
    };
    memset(&t, 0, sizeof t);
    mp.power = &power;
    mp.on_set = set;
    pr.on_status = first_status;
    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    register_second();
    plug_fake();
    CHECK(pr.binding && t.second_binding);
}

static void stop(void)
{
    unplug_fake();
    NdisDeregisterProtocolDriver(t.second);
    deregister_protocol();
}

static unsigned listed(NDIS_HANDLE binding, NDIS_OID oid, uint8_t *buffer, uint32_t size, uint32_t *written)
{
    NDIS_OID_REQUEST r;
    unsigned count = 0;
    uint32_t at = 0;

    CHECK_EQ(ask(binding, NdisRequestQueryInformation, oid, buffer, size, &r), NDIS_STATUS_SUCCESS);
    *written = r.DATA.QUERY_INFORMATION.BytesWritten;
    if (!*written)
        return 0;
    do {
        const NDIS_PM_WOL_PATTERN *p = (void *)(buffer + at);

        count++;
        CHECK(!p->NextWoLPatternOffset || p->NextWoLPatternOffset > at);
        at = p->NextWoLPatternOffset;
    } while (at);
    return count;
}

/* --- tests --------------------------------------------------------------------------------------------------------------- */

static void patterns(void *unused)
{
    uint8_t buffer[2048] = { 0xEE };
    ULONG first, second, other, magic;
    NDIS_OID_REQUEST r;
    struct bitmap b;
    uint32_t written;

    start();
    CHECK_EQ(listed(pr.binding, OID_PM_WOL_PATTERN_LIST, buffer, sizeof buffer, &written), 0);
    CHECK_EQ(buffer[0], 0xEE);
    CHECK_EQ(add_bitmap(pr.binding, NDIS_PM_WOL_PRIORITY_NORMAL, 1, &first), NDIS_STATUS_SUCCESS);
    CHECK_EQ(t.id, first);              /* the miniport saw it */
    CHECK(first > NDIS_PM_PRIVATE_PATTERN_ID && first <= NDIS_PM_MAX_PATTERN_ID);
    CHECK_EQ(add_bitmap(t.second_binding, NDIS_PM_WOL_PRIORITY_NORMAL, 2, &other), NDIS_STATUS_SUCCESS);
    CHECK_EQ(add_bitmap(pr.binding, NDIS_PM_WOL_PRIORITY_NORMAL, 3, &second), NDIS_STATUS_SUCCESS);
    CHECK(first != second && first != other && second != other);
    CHECK_STR(t.journal, "AAA");
    CHECK_EQ(add_bitmap(pr.binding, NDIS_PM_WOL_PRIORITY_NORMAL, 4, NULL), NDIS_STATUS_PM_WOL_PATTERN_LIST_FULL);
    b = bitmap(NDIS_PM_WOL_PRIORITY_NORMAL, 0);
    b.pattern.WoLPacketType = NdisPMWoLPacketMagicPacket;           /* which does not count */
    CHECK_EQ(set_oid(pr.binding, OID_PM_ADD_WOL_PATTERN, &b, sizeof b.pattern), NDIS_STATUS_SUCCESS);
    magic = b.pattern.PatternId;
    CHECK_EQ(listed(t.second_binding, OID_PM_WOL_PATTERN_LIST, buffer, sizeof buffer, &written), 4);
    CHECK_EQ(((struct bitmap *)buffer)->bytes[0], 1);
    CHECK_EQ(ask(pr.binding, NdisRequestQueryInformation, OID_PM_WOL_PATTERN_LIST, buffer, written - 1, &r), NDIS_STATUS_BUFFER_TOO_SHORT);
    CHECK_EQ(r.DATA.QUERY_INFORMATION.BytesNeeded, written);
    CHECK_EQ(remove_pattern(pr.binding, other), NDIS_STATUS_FILE_NOT_FOUND);    /* another's */
    CHECK_EQ(remove_pattern(pr.binding, 999), NDIS_STATUS_FILE_NOT_FOUND);
    CHECK_EQ(set_oid(pr.binding, OID_PM_REMOVE_WOL_PATTERN, &first, 3), NDIS_STATUS_INVALID_LENGTH);
    CHECK_STR(t.journal, "AAAA");
    CHECK_EQ(remove_pattern(pr.binding, first), NDIS_STATUS_SUCCESS);
    CHECK_EQ(t.id, first);
    CHECK_EQ(remove_pattern(pr.binding, first), NDIS_STATUS_FILE_NOT_FOUND);
    CHECK_EQ(remove_pattern(pr.binding, magic), NDIS_STATUS_SUCCESS);
    CHECK_STR(t.journal, "AAAARR");
    CHECK_EQ(listed(pr.binding, OID_PM_WOL_PATTERN_LIST, buffer, sizeof buffer, &written), 2);
    t.answer = NDIS_STATUS_RESOURCES;
    CHECK_EQ(add_bitmap(pr.binding, 5, 9, NULL), NDIS_STATUS_RESOURCES);
    CHECK_EQ(listed(pr.binding, OID_PM_WOL_PATTERN_LIST, buffer, sizeof buffer, &written), 2);
    t.answer = NDIS_STATUS_SUCCESS;
    stop();
    CHECK_STR(t.journal, "AAAARRARR");  /* unbinding removed what was left */
}

TEST(ndis_numbers_keeps_and_lists_wake_patterns)
{
    on_a_computer(patterns, 1);
}

static void refusals(void *unused)
{
    struct bitmap b = bitmap(NDIS_PM_WOL_PRIORITY_NORMAL, 1);
    NDIS_OID_REQUEST r;

    start();
    CHECK_EQ(ask(pr.binding, NdisRequestSetInformation, OID_PM_ADD_WOL_PATTERN, &b, sizeof b.pattern - 1, &r), NDIS_STATUS_BUFFER_TOO_SHORT);
    CHECK_EQ(r.DATA.SET_INFORMATION.BytesNeeded, sizeof b.pattern);
    CHECK_EQ(set_oid(pr.binding, OID_PM_ADD_WOL_PATTERN, &b, sizeof b - 1), NDIS_STATUS_INVALID_PARAMETER);     /* a cut pattern */
    b.pattern.WoLPattern.WoLBitMapPattern.MaskOffset = 0xFFFFFFF0;
    CHECK_EQ(set_oid(pr.binding, OID_PM_ADD_WOL_PATTERN, &b, sizeof b), NDIS_STATUS_INVALID_PARAMETER);
    b = bitmap(1, 1);
    b.pattern.WoLPacketType = NdisPMWoLPacketMaximum;
    CHECK_EQ(set_oid(pr.binding, OID_PM_ADD_WOL_PATTERN, &b, sizeof b), NDIS_STATUS_INVALID_PARAMETER);
    b.pattern.WoLPacketType = NdisPMWoLPacketIPv4TcpSyn;
    CHECK_EQ(set_oid(pr.binding, OID_PM_ADD_WOL_PATTERN, &b, sizeof b), NDIS_STATUS_NOT_SUPPORTED);
    CHECK_STR(t.journal, "");
    stop();
}

TEST(patterns_that_are_wrong_or_too_much_for_the_miniport_are_refused)
{
    on_a_computer(refusals, 1);
}

static void priorities(void *unused)
{
    ULONG low, urgent;

    start();
    CHECK_EQ(add_bitmap(pr.binding, 100, 1, NULL), NDIS_STATUS_SUCCESS);
    CHECK_EQ(add_bitmap(t.second_binding, 300, 2, &low), NDIS_STATUS_SUCCESS);
    CHECK_EQ(add_bitmap(pr.binding, 200, 3, NULL), NDIS_STATUS_SUCCESS);
    CHECK_EQ(add_bitmap(pr.binding, 300, 4, NULL), NDIS_STATUS_PM_WOL_PATTERN_LIST_FULL);
    CHECK_EQ(t.rejections[0] + t.rejections[1], 0);
    CHECK_EQ(add_bitmap(pr.binding, 50, 5, &urgent), NDIS_STATUS_SUCCESS);
    CHECK_STR(t.journal, "AAARA");
    CHECK_EQ(t.id, urgent);
    CHECK_EQ(t.rejected[1], low);
    CHECK_EQ(t.rejections[1], 1);
    CHECK_EQ(t.rejections[0], 0);       /* only who added it is told */
    CHECK_EQ(remove_pattern(t.second_binding, low), NDIS_STATUS_FILE_NOT_FOUND);
    NDIS_STATUS_INDICATION indication = {
        .Header = { NDIS_OBJECT_TYPE_STATUS_INDICATION, NDIS_STATUS_INDICATION_REVISION_1, NDIS_SIZEOF_STATUS_INDICATION_REVISION_1 },
        .SourceHandle = mp.adapter, .StatusCode = NDIS_STATUS_PM_WOL_PATTERN_REJECTED, .StatusBuffer = &urgent, .StatusBufferSize = 4,
    };
    NdisMIndicateStatusEx(mp.adapter, &indication);     /* the miniport changes its mind */
    CHECK_EQ(t.rejected[0], urgent);
    CHECK_EQ(t.rejections[0], 1);
    CHECK_EQ(t.rejections[1], 1);
    CHECK_EQ(remove_pattern(pr.binding, urgent), NDIS_STATUS_FILE_NOT_FOUND);
    NdisMIndicateStatusEx(mp.adapter, &indication);     /* nobody's any more */
    CHECK_EQ(t.rejections[0] + t.rejections[1], 2);
    stop();
}

TEST(a_pattern_of_low_priority_makes_room_and_its_owner_is_told)
{
    on_a_computer(priorities, 1);
}

static void protocol_offloads(void *unused)
{
    NDIS_PM_PROTOCOL_OFFLOAD o = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_PM_PROTOCOL_OFFLOAD_REVISION_1, NDIS_SIZEOF_NDIS_PM_PROTOCOL_OFFLOAD_REVISION_1 },
        .Priority = NDIS_PM_PROTOCOL_OFFLOAD_PRIORITY_NORMAL, .ProtocolOffloadType = NdisPMProtocolOffloadIdIPv4ARP,
    };
    uint8_t buffer[1024];
    uint32_t written;
    ULONG id;

    start();
    CHECK_EQ(set_oid(pr.binding, OID_PM_ADD_PROTOCOL_OFFLOAD, &o, sizeof o), NDIS_STATUS_SUCCESS);
    id = o.ProtocolOffloadId;
    CHECK_EQ(t.id, id);
    CHECK(id != 0);
    CHECK_EQ(set_oid(pr.binding, OID_PM_ADD_PROTOCOL_OFFLOAD, &o, sizeof o), NDIS_STATUS_PM_PROTOCOL_OFFLOAD_LIST_FULL);
    o.ProtocolOffloadType = NdisPMProtocolOffloadIdIPv6NS;
    CHECK_EQ(set_oid(pr.binding, OID_PM_ADD_PROTOCOL_OFFLOAD, &o, sizeof o), NDIS_STATUS_NOT_SUPPORTED);
    CHECK_EQ(listed(pr.binding, OID_PM_PROTOCOL_OFFLOAD_LIST, buffer, sizeof buffer, &written), 1);
    CHECK_EQ(written, sizeof o);
    CHECK_EQ(listed(pr.binding, OID_PM_WOL_PATTERN_LIST, buffer, sizeof buffer, &written), 0);
    CHECK_EQ(set_oid(pr.binding, OID_PM_REMOVE_WOL_PATTERN, &id, sizeof id), NDIS_STATUS_FILE_NOT_FOUND);
    CHECK_EQ(set_oid(pr.binding, OID_PM_REMOVE_PROTOCOL_OFFLOAD, &id, sizeof id), NDIS_STATUS_SUCCESS);
    CHECK_STR(t.journal, "ar");
    stop();
}

TEST(protocol_offloads_are_kept_in_the_same_way)
{
    on_a_computer(protocol_offloads, 1);
}

static void ask_in_event(const NET_PNP_EVENT *event)
{
    if (event->NetEvent == NetEventSetPower && t.asked_in_event++ == 0)
        t.answered_in_event = add_bitmap(pr.binding, 1, 1, NULL);
}

static void parameters(void *unused)
{
    NDIS_PM_PARAMETERS p = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_PM_PARAMETERS_REVISION_2, NDIS_SIZEOF_NDIS_PM_PARAMETERS_REVISION_2 },
        .EnabledWoLPacketPatterns = NDIS_PM_WOL_MAGIC_PACKET_ENABLED, .EnabledProtocolOffloads = NDIS_PM_PROTOCOL_OFFLOAD_ARP_ENABLED,
    };
    NDIS_PM_PARAMETERS now;
    NDIS_OID_REQUEST r;
    unsigned asked;

    start();
    CHECK_EQ(set_oid(pr.binding, OID_PM_PARAMETERS, &p, sizeof p), NDIS_STATUS_SUCCESS);
    p.EnabledWoLPacketPatterns = NDIS_PM_WOL_BITMAP_PATTERN_ENABLED;
    p.WakeUpFlags = NDIS_PM_WAKE_ON_LINK_CHANGE_ENABLED;
    CHECK_EQ(set_oid(t.second_binding, OID_PM_PARAMETERS, &p, sizeof p), NDIS_STATUS_SUCCESS);
    CHECK_STR(t.journal, "");           /* kept by NDIS until it matters */
    CHECK_EQ(ask(pr.binding, NdisRequestQueryInformation, OID_PM_PARAMETERS, &now, sizeof now, &r), NDIS_STATUS_SUCCESS);
    CHECK_EQ(r.DATA.QUERY_INFORMATION.BytesWritten, sizeof now);
    CHECK_EQ(now.EnabledWoLPacketPatterns, 3);
    p.EnabledWoLPacketPatterns = NDIS_PM_WOL_IPV4_TCP_SYN_ENABLED;
    CHECK_EQ(set_oid(pr.binding, OID_PM_PARAMETERS, &p, sizeof p), NDIS_STATUS_INVALID_PARAMETER);
    p.EnabledWoLPacketPatterns = 0;
    p.WakeUpFlags = NDIS_PM_WAKE_ON_MEDIA_DISCONNECT_ENABLED;
    CHECK_EQ(set_oid(pr.binding, OID_PM_PARAMETERS, &p, sizeof p), NDIS_STATUS_INVALID_PARAMETER);
    CHECK_EQ(ask(pr.binding, NdisRequestSetInformation, OID_PM_PARAMETERS, &p, 15, &r), NDIS_STATUS_BUFFER_TOO_SHORT);
    CHECK_EQ(r.DATA.SET_INFORMATION.BytesNeeded, NDIS_SIZEOF_NDIS_PM_PARAMETERS_REVISION_1);
    pr.on_event = ask_in_event;
    CHECK_EQ(po_set_system_state(PowerSystemSleeping3, false), STATUS_SUCCESS);
    CHECK_STR(t.journal, "w3");
    CHECK_EQ(t.answered_in_event, NDIS_STATUS_FAILURE);         /* too late for a new pattern */
    CHECK_EQ(t.parameters_length, NDIS_SIZEOF_NDIS_PM_PARAMETERS_REVISION_2);
    CHECK_EQ(t.parameters.EnabledWoLPacketPatterns, 3);
    CHECK_EQ(t.parameters.EnabledProtocolOffloads, NDIS_PM_PROTOCOL_OFFLOAD_ARP_ENABLED);
    CHECK_EQ(t.parameters.WakeUpFlags, NDIS_PM_WAKE_ON_LINK_CHANGE_ENABLED);
    asked = mp.oids;
    CHECK_EQ(ask(pr.binding, NdisRequestQueryInformation, OID_GEN_VENDOR_DESCRIPTION, &now, sizeof now, &r), NDIS_STATUS_LOW_POWER_STATE);
    CHECK_EQ(NdisDirectOidRequest(pr.binding, &r), NDIS_STATUS_LOW_POWER_STATE);
    CHECK_EQ(mp.oids, asked);           /* a sleeping miniport is not asked */
    CHECK_EQ(po_set_system_state(PowerSystemWorking, false), STATUS_SUCCESS);
    CHECK_STR(t.journal, "w30");
    CHECK_EQ(mp.power_sources, 2);      /* after D0, too */
    CHECK_EQ(add_bitmap(pr.binding, 1, 1, NULL), NDIS_STATUS_SUCCESS);
    stop();
}

TEST(what_protocols_enable_is_told_together_before_the_device_sleeps)
{
    on_a_computer(parameters, 1);
}

static void without(void *unused)
{
    ULONG id = 5;
    NDIS_PM_PARAMETERS p = { .Header = { NDIS_OBJECT_TYPE_DEFAULT, 2, sizeof p } };
    NDIS_OID_REQUEST r;
    uint8_t buffer[256];

    CHECK_EQ(register_protocol(), NDIS_STATUS_SUCCESS);
    plug_fake();
    CHECK_EQ(add_bitmap(pr.binding, 1, 1, NULL), NDIS_STATUS_NOT_SUPPORTED);
    CHECK_EQ(remove_pattern(pr.binding, id), NDIS_STATUS_NOT_SUPPORTED);
    CHECK_EQ(set_oid(pr.binding, OID_PM_PARAMETERS, &p, sizeof p), NDIS_STATUS_NOT_SUPPORTED);
    CHECK_EQ(ask(pr.binding, NdisRequestQueryInformation, OID_PM_HARDWARE_CAPABILITIES, buffer, sizeof buffer, &r), NDIS_STATUS_NOT_SUPPORTED);
    unplug_fake();
    deregister_protocol();
}

TEST(an_adapter_without_power_management_refuses_all_of_it)
{
    on_a_computer(without, 1);
}
