/* Which filters are well formed, and their weight. docs: fwpmtypes/ns-fwpmtypes-fwpm_filter0, fwp/filter-weight-assignment */
#include <string.h>

#include "fwp/filter.h"
#include "fwp/policy.h"
#include "fwp/rule.h"
#include "fwp/value.h"

#define KNOWN_FLAGS 0x1fff

static NTSTATUS check_flags(const FWPM_FILTER0 *filter)
{
    const UINT32 exclusive = FWPM_FILTER_FLAG_PERSISTENT | FWPM_FILTER_FLAG_BOOTTIME;
    UINT32 flags = filter->flags;

    if (flags & ~(UINT32)KNOWN_FLAGS || flags & FWPM_FILTER_FLAG_DISABLED || (flags & exclusive) == exclusive)
        return STATUS_FWP_INVALID_FLAGS;
    if (flags & FWPM_FILTER_FLAG_PERMIT_IF_CALLOUT_UNREGISTERED && filter->action.type != FWP_ACTION_CALLOUT_TERMINATING &&
        filter->action.type != FWP_ACTION_CALLOUT_UNKNOWN)
        return STATUS_FWP_INVALID_FLAGS;
    return STATUS_SUCCESS;
}

static NTSTATUS check_weight(const FWP_VALUE0 *weight)
{
    switch (weight->type) {
    case FWP_EMPTY:
        return STATUS_SUCCESS;
    case FWP_UINT8:
        return weight->uint8 <= FWPM_WEIGHT_RANGE_MAX ? STATUS_SUCCESS : STATUS_FWP_INVALID_WEIGHT;
    case FWP_UINT64:
        return weight->uint64 ? STATUS_SUCCESS : STATUS_FWP_NULL_POINTER;
    default:
        return STATUS_FWP_INVALID_WEIGHT;
    }
}

static NTSTATUS check_action(const FWPM_FILTER0 *filter, struct fwp_filter_plan *plan)
{
    struct fwp_object *callout;

    switch (filter->action.type) {
    case FWP_ACTION_BLOCK: case FWP_ACTION_PERMIT:
        return STATUS_SUCCESS;
    case FWP_ACTION_CALLOUT_TERMINATING: case FWP_ACTION_CALLOUT_INSPECTION: case FWP_ACTION_CALLOUT_UNKNOWN:
        break;
    default:
        return STATUS_FWP_INVALID_ACTION_TYPE;
    }
    callout = fwp_object_by_key(FWP_CALLOUT, &filter->action.calloutKey);
    if (!callout)
        return STATUS_FWP_CALLOUT_NOT_FOUND;
    plan->link[FWP_TO_CALLOUT] = callout;
    const FWPM_CALLOUT0 *value = callout->value;
    return fwp_same_guid(&value->applicableLayer, &filter->layerKey) ? STATUS_SUCCESS : STATUS_FWP_INCOMPATIBLE_LAYER;
}

static NTSTATUS check_context(const FWPM_FILTER0 *filter, struct fwp_filter_plan *plan)
{
    const FWPM_CALLOUT0 *callout = plan->link[FWP_TO_CALLOUT] ? plan->link[FWP_TO_CALLOUT]->value : NULL;

    if (!(filter->flags & FWPM_FILTER_FLAG_HAS_PROVIDER_CONTEXT))
        return STATUS_SUCCESS;
    plan->link[FWP_TO_CONTEXT] = fwp_object_by_key(FWP_CONTEXT, &filter->providerContextKey);
    if (!plan->link[FWP_TO_CONTEXT])
        return STATUS_FWP_PROVIDER_CONTEXT_NOT_FOUND;
    return callout && !(callout->flags & FWPM_CALLOUT_FLAG_USES_PROVIDER_CONTEXT) ? STATUS_FWP_CONTEXT_INCOMPATIBLE_WITH_CALLOUT
                                                                                 : STATUS_SUCCESS;
}

static NTSTATUS check_conditions(const FWPM_FILTER0 *filter, const struct fwp_layer *layer)
{
    uint64_t seen = 0;

    if (filter->numFilterConditions && !filter->filterCondition)
        return STATUS_FWP_NULL_POINTER;
    for (UINT32 i = 0; i < filter->numFilterConditions; i++) {
        const FWPM_FILTER_CONDITION0 *condition = &filter->filterCondition[i];
        int field = fwp_layer_field(layer, &condition->fieldKey);
        if (field < 0)
            return STATUS_FWP_CONDITION_NOT_FOUND;
        NTSTATUS status = fwp_condition_check(&layer->fields[field], condition);
        if (!NT_SUCCESS(status))
            return status;
        if (seen >> field & 1 && fwp_policy.duplicates_refused)
            return STATUS_FWP_DUPLICATE_CONDITION;
        seen |= 1ull << field;
    }
    return STATUS_SUCCESS;
}

/* What the filter refers to by key, but for the callout. */
static NTSTATUS find_places(const FWPM_FILTER0 *filter, struct fwp_filter_plan *plan)
{
    static const GUID universal = { 0xeebecc03, 0xced4, 0x4380, { 0x81, 0x9a, 0x27, 0x34, 0x39, 0x7b, 0x2b, 0x74 } };

    plan->layer = fwp_layer_by_key(&filter->layerKey);
    if (!plan->layer)
        return STATUS_FWP_LAYER_NOT_FOUND;
    if (filter->flags & FWPM_FILTER_FLAG_BOOTTIME && !(plan->layer->flags & FWPM_LAYER_FLAG_KERNEL))
        return STATUS_FWP_INCOMPATIBLE_LAYER;
    plan->link[FWP_TO_SUBLAYER] = fwp_object_by_key(FWP_SUBLAYER,
                                                    fwp_null_guid(&filter->subLayerKey) ? &universal : &filter->subLayerKey);
    if (!plan->link[FWP_TO_SUBLAYER])
        return STATUS_FWP_SUBLAYER_NOT_FOUND;
    if (filter->providerKey && !(plan->link[FWP_TO_PROVIDER] = fwp_object_by_key(FWP_PROVIDER, filter->providerKey)))
        return STATUS_FWP_PROVIDER_NOT_FOUND;
    return STATUS_SUCCESS;
}

NTSTATUS fwp_filter_check(const FWPM_FILTER0 *filter, struct fwp_filter_plan *plan)
{
    NTSTATUS status;

    memset(plan, 0, sizeof *plan);
    if (!filter->displayData.name)
        return STATUS_FWP_NULL_DISPLAY_NAME;
    if (!NT_SUCCESS(status = check_flags(filter)) || !NT_SUCCESS(status = find_places(filter, plan)) ||
        !NT_SUCCESS(status = check_weight(&filter->weight)) || !NT_SUCCESS(status = check_action(filter, plan)) ||
        !NT_SUCCESS(status = check_context(filter, plan)))
        return status;
    return check_conditions(filter, plan->layer);
}

/* How many bits of its field a test fixes. */
static unsigned test_bits(const struct fwp_test *test, unsigned bits)
{
    const struct fwp_wide *wide = (const struct fwp_wide *)(uintptr_t)test->a;

    switch ((enum fwp_operation)test->operation) {
    case FWP_TEST_MASK:
        return bits < 64 ? (unsigned)__builtin_popcountll(test->a & ((1ull << bits) - 1)) : (unsigned)__builtin_popcountll(test->a);
    case FWP_TEST_RANGE: {
        unsigned open = test->b ? 64 - (unsigned)__builtin_clzll(test->b) : 0;
        return bits > open ? bits - open : 0;
    }
    case FWP_TEST_WIDE_MASK:
        return (unsigned)(__builtin_popcountll((uint64_t)(wide->a >> 64)) + __builtin_popcountll((uint64_t)wide->a));
    case FWP_TEST_HASHED:
        return 128;
    default:
        return 1;
    }
}

/* More fixed bits weigh more; of alternatives, the loosest counts; then the number of fields. Below 2^60. */
static uint64_t automatic_weight(const struct fwp_rule *rule, const struct fwp_layer *layer)
{
    uint64_t total = 0, fields = 0, loosest = UINT64_MAX;

    for (unsigned i = 0; i < rule->test_count; i++) {
        const struct fwp_test *test = &rule->tests[i];
        uint64_t bits = test_bits(test, fwp_type_bits((FWP_DATA_TYPE)layer->fields[test->field].data_type));
        loosest = bits < loosest ? bits : loosest;
        if (!test->last)
            continue;
        total += loosest;
        fields++;
        loosest = UINT64_MAX;
    }
    return (total < 0xfff ? total : 0xfff) << 48 | fields << 40;
}

uint64_t fwp_filter_weight(const FWPM_FILTER0 *filter, const struct fwp_rule *rule, const struct fwp_layer *layer)
{
    uint64_t range = filter->weight.type == FWP_UINT8 ? filter->weight.uint8 : 0;

    if (filter->weight.type == FWP_UINT64)
        return *filter->weight.uint64;
    return range << FWPM_AUTO_WEIGHT_BITS | automatic_weight(rule, layer);
}
