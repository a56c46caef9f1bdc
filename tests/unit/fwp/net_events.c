/* Net events: what is dropped is recorded, enumerated in every version, and told to subscribers; a flood leaves nothing behind. */
#define UNIT_LIBRARY_BYTES 512          /* lwIP's timers */
#include <malloc.h>

#include <fwpmk.h>
#include <fwpsk.h>

#include "fwp/fwp.h"
#include "fwp/layer.h"
#include "fwp/net_event.h"
#include "machine/machine.h"
#include "nt/ke_wait.h"
#include "ring3.h"
#include "unit.h"

static WCHAR name[] = { 'e', 0 };
static HANDLE engine;
static UINT8 app_path[] = { 'a', 0, 'b', 0, 0, 0 };
static FWP_BYTE_BLOB app = { sizeof app_path, app_path };
static UINT64 blocker;
static int told;
static FWPM_NET_EVENT2 last;
static FWPM_NET_EVENT_CLASSIFY_DROP2 last_drop;

static void block(UINT32 remote, UINT16 port)
{
    const struct fwp_layer *layer = fwp_layer_of(FWPS_LAYER_ALE_AUTH_CONNECT_V4);
    FWPS_INCOMING_VALUE0 value[64] = { 0 };
    FWPS_INCOMING_VALUES0 values = { layer->id, layer->field_count, value };
    struct fwp_verdict verdict = { 0 };

    value[FWPS_FIELD_ALE_AUTH_CONNECT_V4_IP_REMOTE_ADDRESS].value = (FWP_VALUE0){ .type = FWP_UINT32, .uint32 = remote };
    value[FWPS_FIELD_ALE_AUTH_CONNECT_V4_IP_LOCAL_ADDRESS].value = (FWP_VALUE0){ .type = FWP_UINT32, .uint32 = 0x0a000001 };
    value[FWPS_FIELD_ALE_AUTH_CONNECT_V4_IP_REMOTE_PORT].value = (FWP_VALUE0){ .type = FWP_UINT16, .uint16 = port };
    value[FWPS_FIELD_ALE_AUTH_CONNECT_V4_ALE_APP_ID].value = (FWP_VALUE0){ .type = FWP_BYTE_BLOB_TYPE, .byteBlob = &app };
    value[FWPS_FIELD_ALE_AUTH_CONNECT_V4_ALE_USER_ID].value = (FWP_VALUE0){ .type = FWP_TOKEN_ACCESS_INFORMATION_TYPE, .byteBlob = &app };
    value[FWPS_FIELD_ALE_AUTH_CONNECT_V4_IP_PROTOCOL].value = (FWP_VALUE0){ .type = FWP_UINT8, .uint8 = 6 };
    fwp_classify(&values, NULL, NULL, &verdict);
    CHECK_EQ(verdict.action, FWP_ACTION_BLOCK);
}

static void NTAPI event(void *context, const FWPM_NET_EVENT2 *what)
{
    CHECK_EQ(ke_irql(), PASSIVE_LEVEL);
    CHECK(context == &told);
    told++;
    last = *what;
    last_drop = *what->classifyDrop;
}

static void open_blocked(void)
{
    FWPM_SESSION0 dynamic = { .flags = FWPM_SESSION_FLAG_DYNAMIC };
    FWPM_FILTER0 filter = { .displayData = { name, NULL }, .layerKey = fwp_layer_of(FWPS_LAYER_ALE_AUTH_CONNECT_V4)->key,
                            .action = { .type = FWP_ACTION_BLOCK } };

    CHECK_EQ(FwpmEngineOpen0(NULL, RPC_C_AUTHN_WINNT, NULL, &dynamic, &engine), STATUS_SUCCESS);
    CHECK_EQ(FwpmFilterAdd0(engine, &filter, NULL, &blocker), STATUS_SUCCESS);
}

static void enumerate(void *unused)
{
    FWPM_NET_EVENT0 **zero;
    FWPM_NET_EVENT1 **one;
    HANDLE handle;
    UINT32 returned;

    open_blocked();
    block(0x0a000002, 80);
    block(0x0a000003, 443);
    CHECK_EQ(FwpmNetEventCreateEnumHandle0(engine, NULL, &handle), STATUS_SUCCESS);
    block(0x0a000004, 1);               /* the enumeration is not live */
    CHECK_EQ(FwpmNetEventEnum0(engine, handle, 1, &zero, &returned), STATUS_SUCCESS);
    CHECK_EQ(returned, 1);
    CHECK_EQ(zero[0]->type, FWPM_NET_EVENT_TYPE_CLASSIFY_DROP);
    CHECK_EQ(zero[0]->header.remoteAddrV4, 0x0a000002);
    CHECK_EQ(zero[0]->header.localAddrV4, 0x0a000001);
    CHECK_EQ(zero[0]->header.ipProtocol, 6);
    CHECK(zero[0]->header.flags & FWPM_NET_EVENT_FLAG_APP_ID_SET && zero[0]->header.flags & FWPM_NET_EVENT_FLAG_USER_ID_SET);
    CHECK_EQ(zero[0]->header.appId.size, sizeof app_path);
    CHECK(!memcmp(zero[0]->header.appId.data, app_path, sizeof app_path));
    CHECK_EQ(zero[0]->header.userId->SubAuthority[0], 18);
    CHECK_EQ(zero[0]->classifyDrop->filterId, blocker);
    CHECK_EQ(zero[0]->classifyDrop->layerId, FWPS_LAYER_ALE_AUTH_CONNECT_V4);
    CHECK(zero[0]->header.flags & FWPM_NET_EVENT_FLAG_REMOTE_PORT_SET);
    CHECK(!(zero[0]->header.flags & FWPM_NET_EVENT_FLAG_LOCAL_PORT_SET));
    FwpmFreeMemory0((void **)&zero);
    CHECK_EQ(FwpmNetEventEnum1(engine, handle, 10, &one, &returned), STATUS_SUCCESS);
    CHECK_EQ(returned, 1);
    CHECK_EQ(one[0]->header.remotePort, 443);
    CHECK_EQ(one[0]->classifyDrop->msFwpDirection, 0x3901);
    FwpmFreeMemory0((void **)&one);
    CHECK_EQ(FwpmNetEventDestroyEnumHandle0(engine, handle), STATUS_SUCCESS);
    CHECK_EQ(FwpmEngineClose0(engine), STATUS_SUCCESS);
}

static void subscribe(void *unused)
{
    FWPM_NET_EVENT_SUBSCRIPTION0 subscription = { 0 };
    LARGE_INTEGER tick = { .QuadPart = -10000 };
    HANDLE session, events;
    KEVENT never;

    KeInitializeEvent(&never, NotificationEvent, FALSE);
    open_blocked();
    CHECK_EQ(FwpmEngineOpen0(NULL, RPC_C_AUTHN_WINNT, NULL, NULL, &session), STATUS_SUCCESS);
    block(0x0a000002, 80);
    CHECK_EQ(FwpmNetEventSubscribe1(session, &subscription, event, &told, &events), STATUS_SUCCESS);
    block(0x0a000003, 443);
    block(0x0a000004, 444);
    ke_wait_timeout(&never, &tick);
    CHECK_EQ(told, 2);
    CHECK_EQ(last.header.remoteAddrV4, 0x0a000004);
    CHECK_EQ(last.header.remotePort, 444);
    CHECK_EQ(last_drop.filterId, blocker);
    CHECK_EQ(FwpmNetEventUnsubscribe0(session, events), STATUS_SUCCESS);
    CHECK_EQ(FwpmNetEventUnsubscribe0(session, events), STATUS_FWP_NOT_FOUND);
    block(0x0a000005, 445);
    ke_wait_timeout(&never, &tick);
    CHECK_EQ(told, 2);
    CHECK_EQ(FwpmEngineClose0(session), STATUS_SUCCESS);
    CHECK_EQ(FwpmEngineClose0(engine), STATUS_SUCCESS);
}

static void drop_inbound(UINT32 local)
{
    const struct fwp_layer *layer = fwp_layer_of(FWPS_LAYER_INBOUND_TRANSPORT_V4);
    FWPS_INCOMING_VALUE0 value[64] = { 0 };
    FWPS_INCOMING_VALUES0 values = { layer->id, layer->field_count, value };
    struct fwp_verdict verdict = { .action = FWP_ACTION_BLOCK };

    value[FWPS_FIELD_INBOUND_TRANSPORT_V4_IP_LOCAL_ADDRESS].value = (FWP_VALUE0){ .type = FWP_UINT32, .uint32 = local };
    fwp_net_event_drop(layer, &values, NULL, &verdict);
}

static void keywords(void *unused)
{
    FWP_VALUE0 value = { .type = FWP_UINT32, .uint32 = FWPM_NET_EVENT_KEYWORD_INBOUND_MCAST };
    FWPM_NET_EVENT0 **entries;
    HANDLE session, handle;
    UINT32 returned;

    drop_inbound(0x0a000001);
    CHECK_EQ(fwp_net_event_count(), 1);
    drop_inbound(0xe0000001);
    drop_inbound(0xffffffff);
    CHECK_EQ(fwp_net_event_count(), 1);
    CHECK_EQ(FwpmEngineOpen0(NULL, RPC_C_AUTHN_WINNT, NULL, NULL, &session), STATUS_SUCCESS);
    CHECK_EQ(FwpmEngineSetOption0(session, FWPM_ENGINE_NET_EVENT_MATCH_ANY_KEYWORDS, &value), STATUS_SUCCESS);
    drop_inbound(0xe0000001);
    drop_inbound(0xffffffff);
    CHECK_EQ(fwp_net_event_count(), 2);
    value.uint32 = 0;
    CHECK_EQ(FwpmEngineSetOption0(session, FWPM_ENGINE_COLLECT_NET_EVENTS, &value), STATUS_SUCCESS);
    drop_inbound(0x0a000001);
    CHECK_EQ(fwp_net_event_count(), 2);
    CHECK_EQ(FwpmNetEventCreateEnumHandle0(session, NULL, &handle), STATUS_SUCCESS);
    CHECK_EQ(FwpmNetEventEnum0(session, handle, 1, &entries, &returned), STATUS_FWP_NET_EVENTS_DISABLED);
    CHECK_EQ(FwpmTransactionBegin0(session, FWPM_TXN_READ_ONLY), STATUS_SUCCESS);
    CHECK_EQ(FwpmNetEventCreateEnumHandle0(session, NULL, &handle), STATUS_FWP_TXN_IN_PROGRESS);
    CHECK_EQ(FwpmEngineClose0(session), STATUS_SUCCESS);
}

/* Nothing is deleted or closed: the computer's end has to find it all. */
static void leave_everything(void *unused)
{
    FWPM_PROVIDER0 provider = { .displayData = { name, NULL }, .providerKey = { 1 } };
    FWPM_CALLOUT0 callout = { .displayData = { name, NULL }, .calloutKey = { 2 },
                              .applicableLayer = fwp_layer_of(FWPS_LAYER_ALE_AUTH_CONNECT_V4)->key };
    FWPM_FILTER0 filter = { .displayData = { name, NULL }, .layerKey = callout.applicableLayer, .providerKey = &provider.providerKey,
                            .action = { .type = FWP_ACTION_CALLOUT_UNKNOWN, .calloutKey = callout.calloutKey } };
    FWPM_NET_EVENT_SUBSCRIPTION0 subscription = { 0 };
    HANDLE session, handle;

    CHECK_EQ(FwpmEngineOpen0(NULL, RPC_C_AUTHN_WINNT, NULL, NULL, &session), STATUS_SUCCESS);
    CHECK_EQ(FwpmProviderAdd0(session, &provider, NULL), STATUS_SUCCESS);
    CHECK_EQ(FwpmCalloutAdd0(session, &callout, NULL, NULL), STATUS_SUCCESS);
    CHECK_EQ(FwpmFilterAdd0(session, &filter, NULL, NULL), STATUS_SUCCESS);
    CHECK_EQ(FwpmNetEventSubscribe1(session, &subscription, event, &told, &handle), STATUS_SUCCESS);
    CHECK_EQ(FwpmFilterCreateEnumHandle0(session, NULL, &handle), STATUS_SUCCESS);
    CHECK_EQ(FwpmTransactionBegin0(session, 0), STATUS_SUCCESS);
    CHECK_EQ(FwpmFilterAdd0(session, &filter, NULL, NULL), STATUS_SUCCESS);
    CHECK(fwp_flow_create(NULL));
}

/* --- templates ---------------------------------------------------------------------------------------------------------------------- */

static FWPM_FILTER_CONDITION0 port_is(FWP_MATCH_TYPE match, UINT16 port)
{
    return (FWPM_FILTER_CONDITION0){ .fieldKey = fwp_layer_of(FWPS_LAYER_ALE_AUTH_CONNECT_V4)->fields[FWPS_FIELD_ALE_AUTH_CONNECT_V4_IP_REMOTE_PORT].key,
                                     .matchType = match, .conditionValue = { .type = FWP_UINT16, .uint16 = port } };
}

static FWPM_FILTER_CONDITION0 address_is(UINT32 address)
{
    return (FWPM_FILTER_CONDITION0){ .fieldKey = fwp_layer_of(FWPS_LAYER_ALE_AUTH_CONNECT_V4)->fields[FWPS_FIELD_ALE_AUTH_CONNECT_V4_IP_REMOTE_ADDRESS].key,
                                     .conditionValue = { .type = FWP_UINT32, .uint32 = address } };
}

static UINT32 enumerated(const FWPM_NET_EVENT_ENUM_TEMPLATE0 *template)
{
    FWPM_NET_EVENT0 **events;
    HANDLE handle;
    UINT32 returned;

    CHECK_EQ(FwpmNetEventCreateEnumHandle0(engine, template, &handle), STATUS_SUCCESS);
    CHECK_EQ(FwpmNetEventEnum0(engine, handle, 100, &events, &returned), STATUS_SUCCESS);
    FwpmFreeMemory0((void **)&events);
    CHECK_EQ(FwpmNetEventDestroyEnumHandle0(engine, handle), STATUS_SUCCESS);
    return returned;
}

static void event_templates(void *unused)
{
    FWPM_FILTER_CONDITION0 both[] = { port_is(FWP_MATCH_GREATER_OR_EQUAL, 100), address_is(0x0a000003) };
    FWPM_NET_EVENT_ENUM_TEMPLATE0 template = { .numFilterConditions = 2, .filterCondition = both };
    FWPM_NET_EVENT_SUBSCRIPTION0 subscription = { .enumTemplate = &template }, **all;
    HANDLE handle;
    UINT32 count;

    open_blocked();
    CHECK_EQ(FwpmNetEventSubscribe1(engine, &subscription, event, &told, &handle), STATUS_SUCCESS);
    template.numFilterConditions = 1;   /* the subscription has a copy */
    CHECK_EQ(FwpmNetEventSubscriptionsGet0(engine, &all, &count), STATUS_SUCCESS);
    CHECK_EQ(count, 1);
    CHECK_EQ(all[0]->enumTemplate->numFilterConditions, 2);
    CHECK_EQ(all[0]->enumTemplate->filterCondition[1].conditionValue.uint32, 0x0a000003);
    FwpmFreeMemory0((void **)&all);
    block(0x0a000003, 99);
    block(0x0a000003, 100);
    block(0x0a000004, 100);
    block(0x0a000003, 443);
    LARGE_INTEGER while_waiting = { .QuadPart = -100000 };
    KeDelayExecutionThread(KernelMode, FALSE, &while_waiting);
    CHECK_EQ(told, 2);
    CHECK_EQ(last.header.remotePort, 443);
    CHECK_EQ(FwpmNetEventUnsubscribe0(engine, handle), STATUS_SUCCESS);
    CHECK_EQ(enumerated(&template), 3);
    template.numFilterConditions = 2;
    CHECK_EQ(enumerated(&template), 2);
    CHECK_EQ(enumerated(NULL), 4);
    both[0].fieldKey = fwp_layer_of(FWPS_LAYER_ALE_AUTH_CONNECT_V4)->fields[FWPS_FIELD_ALE_AUTH_CONNECT_V4_ALE_APP_ID].key;
    both[0].matchType = FWP_MATCH_EQUAL;
    both[0].conditionValue = (FWP_CONDITION_VALUE0){ .type = FWP_BYTE_BLOB_TYPE, .byteBlob = &app };
    CHECK_EQ(enumerated(&template), 3);
    FWP_BYTE_BLOB other = { 2, app_path };
    both[0].conditionValue.byteBlob = &other;
    CHECK_EQ(enumerated(&template), 0);
    both[1] = both[0];
    CHECK_EQ(FwpmNetEventCreateEnumHandle0(engine, &template, &handle), STATUS_FWP_DUPLICATE_CONDITION);
    both[1].fieldKey.Data1++;
    CHECK_EQ(FwpmNetEventSubscribe1(engine, &subscription, event, &told, &handle), STATUS_FWP_CONDITION_NOT_FOUND);
    template = (FWPM_NET_EVENT_ENUM_TEMPLATE0){ .startTime = { 2, 0 }, .endTime = { 1, 0 } };
    CHECK_EQ(FwpmNetEventCreateEnumHandle0(engine, &template, &handle), STATUS_FWP_INVALID_INTERVAL);
    CHECK_EQ(FwpmEngineClose0(engine), STATUS_SUCCESS);
}

static int filters_told;

static void NTAPI filter_changed(void *context, const FWPM_FILTER_CHANGE0 *change)
{
    filters_told++;
}

static void add_filter(HANDLE session, UINT16 port)
{
    FWPM_FILTER_CONDITION0 condition = port_is(FWP_MATCH_EQUAL, port);
    FWPM_FILTER0 filter = { .displayData = { name, NULL }, .layerKey = fwp_layer_of(FWPS_LAYER_ALE_AUTH_CONNECT_V4)->key,
                            .action = { .type = FWP_ACTION_PERMIT }, .numFilterConditions = 1, .filterCondition = &condition };

    CHECK_EQ(FwpmFilterAdd0(session, &filter, NULL, NULL), STATUS_SUCCESS);
}

static void filter_templates(void *unused)
{
    FWPM_FILTER_CONDITION0 condition = port_is(FWP_MATCH_EQUAL, 80);
    FWPM_FILTER_ENUM_TEMPLATE0 template = { .layerKey = fwp_layer_of(FWPS_LAYER_ALE_AUTH_CONNECT_V4)->key, .actionMask = 0xffffffff,
                                            .numFilterConditions = 1, .filterCondition = &condition };
    FWPM_FILTER_SUBSCRIPTION0 subscription = { .enumTemplate = &template, .flags = FWPM_SUBSCRIPTION_FLAG_NOTIFY_ON_ADD }, **all;
    FWPM_SESSION0 dynamic = { .flags = FWPM_SESSION_FLAG_DYNAMIC };
    HANDLE watcher, handle;
    UINT32 count;

    CHECK_EQ(FwpmEngineOpen0(NULL, RPC_C_AUTHN_WINNT, NULL, &dynamic, &engine), STATUS_SUCCESS);
    CHECK_EQ(FwpmEngineOpen0(NULL, RPC_C_AUTHN_WINNT, NULL, NULL, &watcher), STATUS_SUCCESS);
    CHECK_EQ(FwpmFilterSubscribeChanges0(watcher, &subscription, filter_changed, NULL, &handle), STATUS_SUCCESS);
    condition.conditionValue.uint16 = 81;       /* the subscription has a copy */
    add_filter(engine, 80);
    add_filter(engine, 81);
    CHECK_EQ(filters_told, 1);
    CHECK_EQ(FwpmFilterSubscriptionsGet0(watcher, &all, &count), STATUS_SUCCESS);
    CHECK_EQ(count, 1);
    CHECK_EQ(all[0]->flags, FWPM_SUBSCRIPTION_FLAG_NOTIFY_ON_ADD);
    CHECK_EQ(all[0]->enumTemplate->filterCondition[0].conditionValue.uint16, 80);
    CHECK_EQ(all[0]->enumTemplate->flags, 0);
    FwpmFreeMemory0((void **)&all);
    condition.fieldKey.Data1++;
    CHECK_EQ(FwpmFilterSubscribeChanges0(watcher, &subscription, filter_changed, NULL, &handle), STATUS_FWP_CONDITION_NOT_FOUND);
    CHECK_EQ(FwpmEngineClose0(watcher), STATUS_SUCCESS);
    CHECK_EQ(FwpmEngineClose0(engine), STATUS_SUCCESS);
}

static void flood(void *unused)
{
    open_blocked();
    block(1, 1);
    size_t before = mallinfo2().uordblks;
    for (unsigned i = 0; i < 1000000; i++)
        block(i, (UINT16)i);
    CHECK_EQ(mallinfo2().uordblks, before);
    CHECK_EQ(fwp_net_event_count(), 1000001);
    CHECK_EQ(fwp_net_event_from(1)->sequence, 1000001 - FWP_NET_EVENTS + 1);
    CHECK_EQ(FwpmEngineClose0(engine), STATUS_SUCCESS);
}

static void run_inside(void (*run)(void *))
{
    struct ring3_config config;

    ring3_config_init(&config);
    config.memory = 64u << 20;
    config.clock = RING3_CLOCK_VIRTUAL;
    config.log = RING3_LOG_WARN;
    struct ring3_computer *computer = ring3_open(&config);
    CHECK(computer);
    CHECK(machine_call(run, NULL));
    ring3_close(computer, NULL);
}

TEST(drops_are_enumerated_in_every_version)
{
    run_inside(enumerate);
}

TEST(drops_are_told_to_subscribers)
{
    run_inside(subscribe);
}

TEST(inbound_multicast_and_broadcast_are_collected_when_asked_for)
{
    run_inside(keywords);
}

TEST(conditions_and_times_say_which_drops_are_told_and_enumerated)
{
    run_inside(event_templates);
}

TEST(conditions_say_which_filters_are_told)
{
    run_inside(filter_templates);
}

TEST(what_is_left_goes_with_the_computer)
{
    run_inside(leave_everything);
}

TEST(a_million_blocked_packets_leave_no_memory_behind)
{
    run_inside(flood);
}
