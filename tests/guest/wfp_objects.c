/* Objects of the filter engine: adding, reading, enumerating, deleting, and what is refused.
 * docs: fwp/object-management, fwpmu, fwpmtypes, fwp/filter-weight-assignment */
#include "wfp_helpers.h"

#define CONNECT FWPM_LAYER_ALE_AUTH_CONNECT_V4

static WCHAR *const Name = (WCHAR *)L"objects";
static const GUID KeyA = {0x11111111, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};
static const GUID KeyB = {0x22222222, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};
static const GUID Absent = {0x33333333, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};

TEST_SETUP(open_all)
{
    EXPECT_EQ(OpenWfp(), STATUS_SUCCESS);
}

TEST_TEARDOWN(close_all)
{
    CloseWfp();
}

static FWPM_FILTER0 Filter(FWP_ACTION_TYPE action)
{
    FWPM_FILTER0 filter = {0};

    filter.displayData.name = Name;
    filter.layerKey = CONNECT;
    filter.subLayerKey = SubLayer;
    filter.action.type = action;
    return filter;
}

static NTSTATUS Add(FWPM_FILTER0 *filter, UINT64 *id)
{
    return FwpmFilterAdd0(Engine, filter, NULL, id);
}

/* Adds, expects the status, and deletes again what was added. */
static void Try(FWPM_FILTER0 *filter, NTSTATUS expected)
{
    UINT64 id = 0;
    NTSTATUS status = Add(filter, &id);

    EXPECT_EQ(status, expected);
    if (NT_SUCCESS(status))
        EXPECT_EQ(FwpmFilterDeleteById0(Engine, id), STATUS_SUCCESS);
}

static BOOLEAN SameKey(const GUID *a, const GUID *b)
{
    return RtlCompareMemory(a, b, sizeof(*a)) == sizeof(*a);
}

TEST_CASE(the_engine_runs)
{
    EXPECT_EQ(FwpmBfeStateGet0(), FWPM_SERVICE_RUNNING);
}

static VOID NTAPI StateChanged(VOID *context, FWPM_SERVICE_STATE state)
{
}

TEST_CASE(its_state_can_be_subscribed_to_and_unsubscribed)
{
    HANDLE change = NULL;

    EXPECT_EQ(FwpmBfeStateSubscribeChanges0(Device, StateChanged, NULL, &change), STATUS_SUCCESS);
    EXPECT(change != NULL);
    EXPECT_EQ(FwpmBfeStateUnsubscribeChanges0(change), STATUS_SUCCESS);
}

TEST_CASE(a_provider_is_read_as_it_was_added)
{
    FWPM_PROVIDER0 provider = {0}, *read = NULL;
    UINT8 data[3] = {1, 2, 3};

    provider.providerKey = KeyA;
    provider.displayData.name = Name;
    provider.displayData.description = (WCHAR *)L"what it is for";
    provider.providerData.size = sizeof(data);
    provider.providerData.data = data;
    provider.serviceName = (WCHAR *)L"service";
    EXPECT_EQ(FwpmProviderAdd0(Engine, &provider, NULL), STATUS_SUCCESS);
    EXPECT_EQ(FwpmProviderAdd0(Engine, &provider, NULL), STATUS_FWP_ALREADY_EXISTS);
    data[0] = 9;                        /* the engine has its own copy */
    REQUIRE(FwpmProviderGetByKey0(Engine, &KeyA, &read) == STATUS_SUCCESS);
    EXPECT(SameKey(&read->providerKey, &KeyA));
    EXPECT_EQ(wcscmp(read->displayData.name, Name), 0);
    EXPECT_EQ(wcscmp(read->displayData.description, L"what it is for"), 0);
    EXPECT_EQ(wcscmp(read->serviceName, L"service"), 0);
    EXPECT_EQ(read->providerData.size, 3);
    EXPECT_EQ(read->providerData.data[0], 1);
    FwpmFreeMemory0((void **)&read);
    EXPECT(read == NULL);
    EXPECT_EQ(FwpmProviderDeleteByKey0(Engine, &KeyA), STATUS_SUCCESS);
    EXPECT_EQ(FwpmProviderGetByKey0(Engine, &KeyA, &read), STATUS_FWP_PROVIDER_NOT_FOUND);
    EXPECT_EQ(FwpmProviderDeleteByKey0(Engine, &KeyA), STATUS_FWP_PROVIDER_NOT_FOUND);
}

TEST_CASE(objects_without_a_name_or_with_unknown_flags_are_refused)
{
    FWPM_PROVIDER0 provider = {0};
    FWPM_SUBLAYER0 sublayer = {0};
    FWPM_CALLOUT0 callout = {0};
    FWPM_FILTER0 filter = Filter(FWP_ACTION_PERMIT);

    EXPECT_EQ(FwpmProviderAdd0(Engine, &provider, NULL), STATUS_FWP_NULL_DISPLAY_NAME);
    EXPECT_EQ(FwpmSubLayerAdd0(Engine, &sublayer, NULL), STATUS_FWP_NULL_DISPLAY_NAME);
    EXPECT_EQ(FwpmCalloutAdd0(Engine, &callout, NULL, NULL), STATUS_FWP_NULL_DISPLAY_NAME);
    filter.displayData.name = NULL;
    Try(&filter, STATUS_FWP_NULL_DISPLAY_NAME);
    provider.displayData.name = Name;
    provider.flags = 0x40000000;
    EXPECT_EQ(FwpmProviderAdd0(Engine, &provider, NULL), STATUS_FWP_INVALID_FLAGS);
    EXPECT_EQ(FwpmProviderAdd0(Engine, NULL, NULL), STATUS_FWP_NULL_POINTER);
    EXPECT_EQ(FwpmFilterAdd0(Engine, NULL, NULL, NULL), STATUS_FWP_NULL_POINTER);
}

TEST_CASE(a_handle_that_is_no_session_is_refused)
{
    FWPM_FILTER0 filter = Filter(FWP_ACTION_PERMIT);

    EXPECT_EQ(FwpmFilterAdd0((HANDLE)(ULONG_PTR)0x1234, &filter, NULL, NULL), STATUS_INVALID_HANDLE);
    EXPECT_EQ(FwpmTransactionBegin0((HANDLE)(ULONG_PTR)0x1234, 0), STATUS_INVALID_HANDLE);
    EXPECT_EQ(FwpmEngineClose0((HANDLE)(ULONG_PTR)0x1234), STATUS_INVALID_HANDLE);
}

TEST_CASE(the_built_in_sublayers_are_there_and_stay)
{
    FWPM_SUBLAYER0 *sublayer = NULL;

    REQUIRE(FwpmSubLayerGetByKey0(Engine, &FWPM_SUBLAYER_UNIVERSAL, &sublayer) == STATUS_SUCCESS);
    EXPECT(sublayer->displayData.name != NULL);
    FwpmFreeMemory0((void **)&sublayer);
    EXPECT_EQ(FwpmSubLayerDeleteByKey0(Engine, &FWPM_SUBLAYER_UNIVERSAL), STATUS_FWP_BUILTIN_OBJECT);
    REQUIRE(FwpmSubLayerGetByKey0(Engine, &FWPM_SUBLAYER_INSPECTION, &sublayer) == STATUS_SUCCESS);
    FwpmFreeMemory0((void **)&sublayer);
}

TEST_CASE(a_filter_without_a_sublayer_goes_to_the_default_one_and_gets_a_key)
{
    FWPM_FILTER0 filter = Filter(FWP_ACTION_BLOCK), *read = NULL;
    GUID none = {0};
    UINT64 id = 0;

    filter.subLayerKey = none;
    REQUIRE(Add(&filter, &id) == STATUS_SUCCESS);
    REQUIRE(FwpmFilterGetById0(Engine, id, &read) == STATUS_SUCCESS);
    EXPECT(SameKey(&read->subLayerKey, &FWPM_SUBLAYER_UNIVERSAL));
    EXPECT(!SameKey(&read->filterKey, &none));
    EXPECT_EQ(read->filterId, id);
    EXPECT_EQ(read->effectiveWeight.type, FWP_UINT64);
    GUID key = read->filterKey;
    FwpmFreeMemory0((void **)&read);
    REQUIRE(FwpmFilterGetByKey0(Engine, &key, &read) == STATUS_SUCCESS);
    EXPECT_EQ(read->filterId, id);
    FwpmFreeMemory0((void **)&read);
    EXPECT_EQ(FwpmFilterDeleteByKey0(Engine, &key), STATUS_SUCCESS);
    EXPECT_EQ(FwpmFilterDeleteById0(Engine, id), STATUS_FWP_FILTER_NOT_FOUND);
}

static UINT64 EffectiveWeight(FWPM_FILTER0 *filter)
{
    FWPM_FILTER0 *read = NULL;
    UINT64 id = 0, weight = 0;

    EXPECT_EQ(Add(filter, &id), STATUS_SUCCESS);
    if (FwpmFilterGetById0(Engine, id, &read) == STATUS_SUCCESS) {
        weight = *read->effectiveWeight.uint64;
        FwpmFreeMemory0((void **)&read);
    }
    EXPECT_EQ(FwpmFilterDeleteById0(Engine, id), STATUS_SUCCESS);
    return weight;
}

TEST_CASE(weights_are_taken_as_they_are_or_made_within_their_range)
{
    FWPM_FILTER0 filter = Filter(FWP_ACTION_PERMIT);
    UINT64 own = 0xfedcba9876543210ULL;

    filter.weight.type = FWP_UINT64;
    filter.weight.uint64 = &own;
    EXPECT_EQ(EffectiveWeight(&filter), own);
    filter.weight.type = FWP_EMPTY;
    EXPECT(EffectiveWeight(&filter) < (1ULL << 60));
    filter.weight.type = FWP_UINT8;
    filter.weight.uint8 = 15;
    EXPECT_EQ(EffectiveWeight(&filter) >> 60, 15);
    filter.weight.uint8 = 3;
    EXPECT_EQ(EffectiveWeight(&filter) >> 60, 3);
    filter.weight.uint8 = 16;
    Try(&filter, STATUS_FWP_INVALID_WEIGHT);
    filter.weight.type = FWP_UINT16;
    Try(&filter, STATUS_FWP_INVALID_WEIGHT);
}

TEST_CASE(a_filter_refers_only_to_what_is_there)
{
    FWPM_FILTER0 filter = Filter(FWP_ACTION_PERMIT);

    filter.layerKey = Absent;
    Try(&filter, STATUS_FWP_LAYER_NOT_FOUND);
    filter = Filter(FWP_ACTION_PERMIT);
    filter.subLayerKey = Absent;
    Try(&filter, STATUS_FWP_SUBLAYER_NOT_FOUND);
    filter = Filter(FWP_ACTION_PERMIT);
    filter.providerKey = (GUID *)&Absent;
    Try(&filter, STATUS_FWP_PROVIDER_NOT_FOUND);
    filter = Filter(FWP_ACTION_CALLOUT_UNKNOWN);
    filter.action.calloutKey = Absent;
    Try(&filter, STATUS_FWP_CALLOUT_NOT_FOUND);
    filter = Filter(FWP_ACTION_PERMIT);
    filter.flags = FWPM_FILTER_FLAG_HAS_PROVIDER_CONTEXT;
    filter.providerContextKey = Absent;
    Try(&filter, STATUS_FWP_PROVIDER_CONTEXT_NOT_FOUND);
    filter = Filter(FWP_ACTION_CONTINUE);
    Try(&filter, STATUS_FWP_INVALID_ACTION_TYPE);
    filter = Filter(FWP_ACTION_PERMIT);
    filter.flags = FWPM_FILTER_FLAG_PERMIT_IF_CALLOUT_UNREGISTERED;
    Try(&filter, STATUS_FWP_INVALID_FLAGS);
    filter.flags = FWPM_FILTER_FLAG_DISABLED;
    Try(&filter, STATUS_FWP_INVALID_FLAGS);
    filter.flags = FWPM_FILTER_FLAG_PERSISTENT | FWPM_FILTER_FLAG_BOOTTIME;
    Try(&filter, STATUS_FWP_INVALID_FLAGS);
}

static void TryCondition(const GUID *field, FWP_MATCH_TYPE match, FWP_CONDITION_VALUE0 value, NTSTATUS expected)
{
    FWPM_FILTER0 filter = Filter(FWP_ACTION_PERMIT);
    FWPM_FILTER_CONDITION0 condition = {0};

    condition.fieldKey = *field;
    condition.matchType = match;
    condition.conditionValue = value;
    filter.numFilterConditions = 1;
    filter.filterCondition = &condition;
    Try(&filter, expected);
}

TEST_CASE(conditions_must_suit_their_field)
{
    FWP_CONDITION_VALUE0 value = {0};
    FWP_V4_ADDR_AND_MASK v4 = {0x0a000001, 0xffffff00};
    FWP_V6_ADDR_AND_MASK v6 = {{0x20, 1}, 64};
    FWP_RANGE0 range = {0};

    value.type = FWP_UINT16;
    value.uint16 = 80;
    TryCondition(&FWPM_CONDITION_IP_REMOTE_PORT, FWP_MATCH_EQUAL, value, STATUS_SUCCESS);
    TryCondition(&FWPM_CONDITION_IP_REMOTE_PORT, FWP_MATCH_GREATER, value, STATUS_SUCCESS);
    TryCondition(&FWPM_CONDITION_IP_REMOTE_PORT, FWP_MATCH_RANGE, value, STATUS_FWP_MATCH_TYPE_MISMATCH);
    TryCondition(&FWPM_CONDITION_IP_REMOTE_PORT, FWP_MATCH_EQUAL_CASE_INSENSITIVE, value, STATUS_FWP_MATCH_TYPE_MISMATCH);
    TryCondition(&FWPM_CONDITION_IP_REMOTE_PORT, (FWP_MATCH_TYPE)99, value, STATUS_FWP_INVALID_ENUMERATOR);
    TryCondition(&FWPM_CONDITION_IP_PROTOCOL, FWP_MATCH_EQUAL, value, STATUS_FWP_TYPE_MISMATCH);
    TryCondition(&FWPM_CONDITION_MAC_LOCAL_ADDRESS, FWP_MATCH_EQUAL, value, STATUS_FWP_CONDITION_NOT_FOUND);
    value.type = FWP_V4_ADDR_MASK;
    value.v4AddrMask = &v4;
    TryCondition(&FWPM_CONDITION_IP_REMOTE_ADDRESS, FWP_MATCH_EQUAL, value, STATUS_SUCCESS);
    TryCondition(&FWPM_CONDITION_IP_REMOTE_ADDRESS, FWP_MATCH_LESS, value, STATUS_FWP_MATCH_TYPE_MISMATCH);
    v4.mask = 0xff00ff00;
    TryCondition(&FWPM_CONDITION_IP_REMOTE_ADDRESS, FWP_MATCH_EQUAL, value, STATUS_FWP_INVALID_NET_MASK);
    value.type = FWP_V6_ADDR_MASK;
    value.v6AddrMask = &v6;
    TryCondition(&FWPM_CONDITION_IP_REMOTE_ADDRESS, FWP_MATCH_EQUAL, value, STATUS_FWP_TYPE_MISMATCH);
    value.type = FWP_RANGE_TYPE;
    value.rangeValue = &range;
    range.valueLow.type = range.valueHigh.type = FWP_UINT16;
    range.valueLow.uint16 = 100;
    range.valueHigh.uint16 = 200;
    TryCondition(&FWPM_CONDITION_IP_REMOTE_PORT, FWP_MATCH_RANGE, value, STATUS_SUCCESS);
    TryCondition(&FWPM_CONDITION_IP_REMOTE_PORT, FWP_MATCH_EQUAL, value, STATUS_FWP_MATCH_TYPE_MISMATCH);
    range.valueHigh.uint16 = 99;
    TryCondition(&FWPM_CONDITION_IP_REMOTE_PORT, FWP_MATCH_RANGE, value, STATUS_FWP_INVALID_RANGE);
    range.valueHigh.type = FWP_UINT32;
    TryCondition(&FWPM_CONDITION_IP_REMOTE_PORT, FWP_MATCH_RANGE, value, STATUS_FWP_TYPE_MISMATCH);
}

TEST_CASE(several_conditions_on_one_field_are_accepted_as_alternatives)
{
    FWPM_FILTER0 filter = Filter(FWP_ACTION_PERMIT);
    FWPM_FILTER_CONDITION0 conditions[2] = {{0}};

    for (int i = 0; i < 2; i++) {
        conditions[i].fieldKey = FWPM_CONDITION_IP_REMOTE_PORT;
        conditions[i].conditionValue.type = FWP_UINT16;
        conditions[i].conditionValue.uint16 = (UINT16)(80 + i);
    }
    filter.numFilterConditions = 2;
    filter.filterCondition = conditions;
    Try(&filter, STATUS_SUCCESS);
    filter.filterCondition = NULL;
    Try(&filter, STATUS_FWP_NULL_POINTER);
}

TEST_CASE(what_is_referred_to_cannot_be_deleted)
{
    FWPM_CALLOUT0 callout = {0};
    FWPM_PROVIDER0 provider = {0};
    FWPM_FILTER0 filter = Filter(FWP_ACTION_CALLOUT_UNKNOWN);
    UINT32 calloutId = 0;
    UINT64 id = 0;

    provider.providerKey = KeyB;
    provider.displayData.name = Name;
    callout.calloutKey = KeyA;
    callout.displayData.name = Name;
    callout.applicableLayer = CONNECT;
    REQUIRE(FwpmProviderAdd0(Engine, &provider, NULL) == STATUS_SUCCESS);
    REQUIRE(FwpmCalloutAdd0(Engine, &callout, NULL, &calloutId) == STATUS_SUCCESS);
    EXPECT(calloutId != 0);
    filter.action.calloutKey = KeyA;
    filter.providerKey = (GUID *)&KeyB;
    REQUIRE(Add(&filter, &id) == STATUS_SUCCESS);
    EXPECT_EQ(FwpmCalloutDeleteById0(Engine, calloutId), STATUS_FWP_IN_USE);
    EXPECT_EQ(FwpmProviderDeleteByKey0(Engine, &KeyB), STATUS_FWP_IN_USE);
    EXPECT_EQ(FwpmSubLayerDeleteByKey0(Engine, &SubLayer), STATUS_FWP_IN_USE);
    EXPECT_EQ(FwpmFilterDeleteById0(Engine, id), STATUS_SUCCESS);
    EXPECT_EQ(FwpmCalloutDeleteById0(Engine, calloutId), STATUS_SUCCESS);
    EXPECT_EQ(FwpmCalloutDeleteById0(Engine, calloutId), STATUS_FWP_CALLOUT_NOT_FOUND);
    EXPECT_EQ(FwpmProviderDeleteByKey0(Engine, &KeyB), STATUS_SUCCESS);
}

TEST_CASE(a_callout_serves_its_own_layer_only)
{
    FWPM_CALLOUT0 callout = {0};
    FWPM_FILTER0 filter = Filter(FWP_ACTION_CALLOUT_UNKNOWN);

    callout.calloutKey = KeyA;
    callout.displayData.name = Name;
    callout.applicableLayer = Absent;
    EXPECT_EQ(FwpmCalloutAdd0(Engine, &callout, NULL, NULL), STATUS_FWP_LAYER_NOT_FOUND);
    callout.applicableLayer = FWPM_LAYER_ALE_AUTH_CONNECT_V6;
    REQUIRE(FwpmCalloutAdd0(Engine, &callout, NULL, NULL) == STATUS_SUCCESS);
    filter.action.calloutKey = KeyA;
    Try(&filter, STATUS_FWP_INCOMPATIBLE_LAYER);
    EXPECT_EQ(FwpmCalloutDeleteByKey0(Engine, &KeyA), STATUS_SUCCESS);
}

TEST_CASE(provider_contexts_keep_a_blob_and_are_read_in_every_version)
{
    FWPM_PROVIDER_CONTEXT0 context = {0}, *zero = NULL;
    FWPM_PROVIDER_CONTEXT2 *two = NULL;
    UINT8 bytes[4] = {1, 2, 3, 4};
    FWP_BYTE_BLOB blob = {4, bytes};
    UINT64 id = 0;

    context.providerContextKey = KeyA;
    context.displayData.name = Name;
    context.type = FWPM_GENERAL_CONTEXT;
    context.dataBuffer = &blob;
    REQUIRE(FwpmProviderContextAdd0(Engine, &context, NULL, &id) == STATUS_SUCCESS);
    bytes[3] = 0;
    REQUIRE(FwpmProviderContextGetById0(Engine, id, &zero) == STATUS_SUCCESS);
    EXPECT_EQ(zero->dataBuffer->size, 4);
    EXPECT_EQ(zero->dataBuffer->data[3], 4);
    FwpmFreeMemory0((void **)&zero);
    REQUIRE(FwpmProviderContextGetByKey2(Engine, &KeyA, &two) == STATUS_SUCCESS);
    EXPECT_EQ(two->providerContextId, id);
    EXPECT_EQ(two->type, FWPM_GENERAL_CONTEXT);
    FwpmFreeMemory0((void **)&two);
    EXPECT_EQ(FwpmProviderContextDeleteById0(Engine, id), STATUS_SUCCESS);
    context.dataBuffer = NULL;
    EXPECT_EQ(FwpmProviderContextAdd0(Engine, &context, NULL, &id), STATUS_FWP_NULL_POINTER);
}

TEST_CASE(layers_list_their_fields)
{
    FWPM_LAYER0 *layer = NULL;

    REQUIRE(FwpmLayerGetById0(Engine, FWPS_LAYER_ALE_AUTH_CONNECT_V4, &layer) == STATUS_SUCCESS);
    EXPECT(SameKey(&layer->layerKey, &CONNECT));
    EXPECT_EQ(layer->numFields, FWPS_FIELD_ALE_AUTH_CONNECT_V4_MAX);
    EXPECT(SameKey(layer->field[FWPS_FIELD_ALE_AUTH_CONNECT_V4_IP_REMOTE_PORT].fieldKey, &FWPM_CONDITION_IP_REMOTE_PORT));
    EXPECT_EQ(layer->field[FWPS_FIELD_ALE_AUTH_CONNECT_V4_IP_REMOTE_PORT].dataType, FWP_UINT16);
    FwpmFreeMemory0((void **)&layer);
    EXPECT_EQ(FwpmLayerGetByKey0(Engine, &Absent, &layer), STATUS_FWP_LAYER_NOT_FOUND);
}

static UINT32 Count(FWPM_FILTER_ENUM_TEMPLATE0 *template, UINT32 step)
{
    FWPM_FILTER0 **entries = NULL;
    UINT32 returned, total = 0;
    HANDLE handle = NULL;

    if (FwpmFilterCreateEnumHandle0(Engine, template, &handle) != STATUS_SUCCESS)
        return 0xffffffff;
    do {
        returned = 0;
        EXPECT_EQ(FwpmFilterEnum0(Engine, handle, step, &entries, &returned), STATUS_SUCCESS);
        EXPECT(returned <= step);
        FwpmFreeMemory0((void **)&entries);
        total += returned;
    } while (returned);
    EXPECT_EQ(FwpmFilterDestroyEnumHandle0(Engine, handle), STATUS_SUCCESS);
    EXPECT_EQ(FwpmFilterEnum0(Engine, handle, 1, &entries, &returned), STATUS_FWP_NOT_FOUND);
    return total;
}

TEST_CASE(filters_are_enumerated_by_what_the_template_says)
{
    FWPM_FILTER0 filter = Filter(FWP_ACTION_PERMIT);
    FWPM_FILTER_CONDITION0 condition = {0}, wanted = {0};
    FWPM_FILTER_ENUM_TEMPLATE0 template = {0};
    FWP_V4_ADDR_AND_MASK net = {0x0a000000, 0xff000000}, host = {0x0a010203, 0xffffffff}, other = {0x0b000000, 0xff000000};
    UINT64 id[3], before = Count(NULL, 100);

    REQUIRE(Add(&filter, &id[0]) == STATUS_SUCCESS);
    condition.fieldKey = FWPM_CONDITION_IP_REMOTE_ADDRESS;
    condition.conditionValue.type = FWP_V4_ADDR_MASK;
    condition.conditionValue.v4AddrMask = &net;
    filter.numFilterConditions = 1;
    filter.filterCondition = &condition;
    filter.action.type = FWP_ACTION_BLOCK;
    REQUIRE(Add(&filter, &id[1]) == STATUS_SUCCESS);
    condition.conditionValue.v4AddrMask = &host;
    REQUIRE(Add(&filter, &id[2]) == STATUS_SUCCESS);
    EXPECT_EQ(Count(NULL, 2), before + 3);
    template.layerKey = CONNECT;
    template.actionMask = 0xffffffff;
    EXPECT_EQ(Count(&template, 1), 3);
    template.layerKey = FWPM_LAYER_ALE_AUTH_CONNECT_V6;
    EXPECT_EQ(Count(&template, 1), 0);
    template.layerKey = CONNECT;
    wanted = condition;
    template.numFilterConditions = 1;
    template.filterCondition = &wanted;
    template.enumType = FWP_FILTER_ENUM_FULLY_CONTAINED;
    wanted.conditionValue.v4AddrMask = &host;       /* everything, the net and the host hold the host */
    EXPECT_EQ(Count(&template, 10), 3);
    wanted.conditionValue.v4AddrMask = &net;        /* the host does not hold the net */
    EXPECT_EQ(Count(&template, 10), 2);
    template.enumType = FWP_FILTER_ENUM_OVERLAPPING;
    EXPECT_EQ(Count(&template, 10), 3);
    wanted.conditionValue.v4AddrMask = &other;
    EXPECT_EQ(Count(&template, 10), 1);
    template.numFilterConditions = 0;
    template.flags = FWP_FILTER_ENUM_FLAG_BEST_TERMINATING_MATCH;
    EXPECT_EQ(Count(&template, 10), 1);
    template.flags = 0;
    template.layerKey = Absent;
    EXPECT_EQ(Count(&template, 10), 0xffffffff);
    for (int i = 0; i < 3; i++)
        EXPECT_EQ(FwpmFilterDeleteById0(Engine, id[i]), STATUS_SUCCESS);
}

TEST_CASE(a_sorted_enumeration_goes_from_the_heaviest_down_and_is_not_live)
{
    FWPM_FILTER0 filter = Filter(FWP_ACTION_PERMIT), **entries = NULL;
    FWPM_FILTER_ENUM_TEMPLATE0 template = {0};
    UINT64 id[3], weights[3] = {5, 50, 20};
    UINT32 returned = 0;
    HANDLE handle = NULL;

    filter.weight.type = FWP_UINT64;
    for (int i = 0; i < 3; i++) {
        filter.weight.uint64 = &weights[i];
        REQUIRE(Add(&filter, &id[i]) == STATUS_SUCCESS);
    }
    template.layerKey = CONNECT;
    template.actionMask = 0xffffffff;
    template.flags = FWP_FILTER_ENUM_FLAG_SORTED;
    REQUIRE(FwpmFilterCreateEnumHandle0(Engine, &template, &handle) == STATUS_SUCCESS);
    for (int i = 0; i < 3; i++)
        EXPECT_EQ(FwpmFilterDeleteById0(Engine, id[i]), STATUS_SUCCESS);
    EXPECT_EQ(FwpmFilterEnum0(Engine, handle, 10, &entries, &returned), STATUS_SUCCESS);
    EXPECT_EQ(returned, 3);
    if (returned == 3) {
        EXPECT_EQ(entries[0]->filterId, id[1]);
        EXPECT_EQ(entries[1]->filterId, id[2]);
        EXPECT_EQ(entries[2]->filterId, id[0]);
    }
    FwpmFreeMemory0((void **)&entries);
    EXPECT_EQ(FwpmFilterDestroyEnumHandle0(Engine, handle), STATUS_SUCCESS);
}

TEST_CASE(boot_time_filters_are_kept_apart)
{
    FWPM_FILTER0 filter = Filter(FWP_ACTION_BLOCK);
    FWPM_FILTER_ENUM_TEMPLATE0 template = {0};
    HANDLE session = NULL;
    UINT64 id = 0;

    filter.flags = FWPM_FILTER_FLAG_BOOTTIME;
    filter.subLayerKey = FWPM_SUBLAYER_UNIVERSAL;
    Try(&filter, STATUS_FWP_DYNAMIC_SESSION_IN_PROGRESS);
    REQUIRE(FwpmEngineOpen0(NULL, RPC_C_AUTHN_DEFAULT, NULL, NULL, &session) == STATUS_SUCCESS);
    EXPECT_EQ(FwpmFilterAdd0(session, &filter, NULL, &id), STATUS_SUCCESS);
    template.layerKey = CONNECT;
    template.actionMask = 0xffffffff;
    EXPECT_EQ(Count(&template, 10), 0);
    template.flags = FWP_FILTER_ENUM_FLAG_INCLUDE_BOOTTIME;
    EXPECT_EQ(Count(&template, 10), 1);
    template.flags = FWP_FILTER_ENUM_FLAG_BOOTTIME_ONLY;
    EXPECT_EQ(Count(&template, 10), 1);
    EXPECT_EQ(FwpmFilterDeleteById0(session, id), STATUS_SUCCESS);
    EXPECT_EQ(FwpmEngineClose0(session), STATUS_SUCCESS);
}

TEST_CASE(security_information_can_be_read_and_replaced)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;
    PSID owner = NULL;
    PACL dacl = NULL;
    SID everyone = {1, 1, {{0, 0, 0, 0, 0, 1}}, {0}};

    REQUIRE(FwpmSubLayerGetSecurityInfoByKey0(Engine, &SubLayer, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &owner,
                                              NULL, &dacl, NULL, &descriptor) == STATUS_SUCCESS);
    EXPECT(owner != NULL && dacl != NULL);
    EXPECT(RtlValidSecurityDescriptor(descriptor));
    FwpmFreeMemory0((void **)&descriptor);
    EXPECT_EQ(FwpmSubLayerSetSecurityInfoByKey0(Engine, &SubLayer, OWNER_SECURITY_INFORMATION, &everyone, NULL, NULL, NULL),
              STATUS_SUCCESS);
    REQUIRE(FwpmSubLayerGetSecurityInfoByKey0(Engine, &SubLayer, OWNER_SECURITY_INFORMATION, &owner, NULL, NULL, NULL,
                                              &descriptor) == STATUS_SUCCESS);
    EXPECT(RtlEqualSid(owner, &everyone));
    FwpmFreeMemory0((void **)&descriptor);
    EXPECT_EQ(FwpmSubLayerGetSecurityInfoByKey0(Engine, &Absent, OWNER_SECURITY_INFORMATION, &owner, NULL, NULL, NULL, &descriptor),
              STATUS_FWP_SUBLAYER_NOT_FOUND);
}

TEST_CASE(options_are_numbers_and_not_for_dynamic_sessions)
{
    FWP_VALUE0 off = {0}, *read = NULL;
    HANDLE session = NULL;

    off.type = FWP_UINT32;
    EXPECT_EQ(FwpmEngineSetOption0(Engine, FWPM_ENGINE_COLLECT_NET_EVENTS, &off), STATUS_FWP_DYNAMIC_SESSION_IN_PROGRESS);
    REQUIRE(FwpmEngineOpen0(NULL, RPC_C_AUTHN_WINNT, NULL, NULL, &session) == STATUS_SUCCESS);
    REQUIRE(FwpmEngineGetOption0(session, FWPM_ENGINE_COLLECT_NET_EVENTS, &read) == STATUS_SUCCESS);
    EXPECT_EQ(read->type, FWP_UINT32);
    EXPECT_EQ(read->uint32, 1);
    FwpmFreeMemory0((void **)&read);
    EXPECT_EQ(FwpmEngineSetOption0(session, FWPM_ENGINE_COLLECT_NET_EVENTS, &off), STATUS_SUCCESS);
    REQUIRE(FwpmEngineGetOption0(session, FWPM_ENGINE_COLLECT_NET_EVENTS, &read) == STATUS_SUCCESS);
    EXPECT_EQ(read->uint32, 0);
    FwpmFreeMemory0((void **)&read);
    off.type = FWP_UINT16;
    EXPECT_EQ(FwpmEngineSetOption0(session, FWPM_ENGINE_COLLECT_NET_EVENTS, &off), STATUS_FWP_TYPE_MISMATCH);
    off.type = FWP_UINT32;
    off.uint32 = 1;
    EXPECT_EQ(FwpmEngineSetOption0(session, FWPM_ENGINE_COLLECT_NET_EVENTS, &off), STATUS_SUCCESS);
    EXPECT_EQ(FwpmEngineSetOption0(session, FWPM_ENGINE_OPTION_MAX, &off), STATUS_FWP_INVALID_ENUMERATOR);
    EXPECT_EQ(FwpmEngineClose0(session), STATUS_SUCCESS);
}

TEST_CASE(what_there_is_none_of_is_answered)
{
    FWPM_CONNECTION0 **connections = NULL, *connection = NULL;
    FWPM_SYSTEM_PORTS0 *ports = NULL;
    HANDLE handle = NULL;
    UINT32 returned = 1;

    REQUIRE(FwpmConnectionCreateEnumHandle0(Engine, NULL, &handle) == STATUS_SUCCESS);
    EXPECT_EQ(FwpmConnectionEnum0(Engine, handle, 10, &connections, &returned), STATUS_SUCCESS);
    EXPECT_EQ(returned, 0);
    FwpmFreeMemory0((void **)&connections);
    EXPECT_EQ(FwpmConnectionDestroyEnumHandle0(Engine, handle), STATUS_SUCCESS);
    EXPECT_EQ(FwpmConnectionGetById0(Engine, 1, &connection), STATUS_FWP_NOT_FOUND);
    REQUIRE(FwpmSystemPortsGet0(Engine, &ports) == STATUS_SUCCESS);
    EXPECT_EQ(ports->types[0].numPorts, 0);
    FwpmFreeMemory0((void **)&ports);
}
