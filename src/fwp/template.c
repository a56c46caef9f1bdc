/* Enumeration templates. docs: fwpmtypes/ns-fwpmtypes-fwpm_filter_enum_template0, fwptypes/ne-fwptypes-fwp_filter_enum_type_
 *
 * A filter's conditions on a field are a set of values, and so is a template's condition. FULLY_CONTAINED wants the filter to hold
 * the whole of the template's set on every field, OVERLAPPING a common part. Sets that are no interval (flags, inequality) are
 * compared by the template's own value, which must then be a single one. */
#include <string.h>

#include "fwp/rule.h"
#include "fwp/subscribe.h"
#include "fwp/value.h"

struct set {
    unsigned __int128 low, high;
};

static unsigned __int128 whole(const FWP_VALUE0 *value)
{
    struct fwp_words words = { 0 };

    fwp_value_words(value, &words);
    return fwp_wide_value(&words);
}

static unsigned __int128 address(const UINT8 *bytes)
{
    FWP_BYTE_ARRAY16 array;
    FWP_VALUE0 value = { .type = FWP_BYTE_ARRAY16_TYPE, .byteArray16 = &array };

    memcpy(&array, bytes, 16);
    return whole(&value);
}

/* The interval that the condition means; false when it is none. */
static bool set_of(const FWPM_FILTER_CONDITION0 *condition, struct set *set)
{
    const FWP_CONDITION_VALUE0 *operand = &condition->conditionValue;
    unsigned bits = fwp_type_bits(operand->type);
    unsigned __int128 most = bits == 128 ? ~(unsigned __int128)0 : ((unsigned __int128)1 << bits) - 1, value = 0;

    if (operand->type == FWP_V4_ADDR_MASK && condition->matchType == FWP_MATCH_EQUAL) {
        *set = (struct set){ operand->v4AddrMask->addr & operand->v4AddrMask->mask,
                             (operand->v4AddrMask->addr & operand->v4AddrMask->mask) | ~operand->v4AddrMask->mask };
        return true;
    }
    if (operand->type == FWP_V6_ADDR_MASK && condition->matchType == FWP_MATCH_EQUAL) {
        unsigned kept = operand->v6AddrMask->prefixLength;
        unsigned __int128 mask = kept ? ~(unsigned __int128)0 << (128 - kept) : 0;
        value = address(operand->v6AddrMask->addr) & mask;
        *set = (struct set){ value, value | ~mask };
        return true;
    }
    if (operand->type == FWP_RANGE_TYPE && fwp_type_bits(operand->rangeValue->valueLow.type)) {
        *set = (struct set){ whole(&operand->rangeValue->valueLow), whole(&operand->rangeValue->valueHigh) };
        return true;
    }
    if (!bits)
        return false;
    value = whole((const FWP_VALUE0 *)operand);
    switch (condition->matchType) {
    case FWP_MATCH_EQUAL:
        *set = (struct set){ value, value };
        return true;
    case FWP_MATCH_GREATER_OR_EQUAL:
        *set = (struct set){ value, most };
        return true;
    case FWP_MATCH_LESS_OR_EQUAL:
        *set = (struct set){ 0, value };
        return true;
    case FWP_MATCH_GREATER:
        *set = (struct set){ value + 1, most };
        return value != most;
    case FWP_MATCH_LESS:
        *set = (struct set){ 0, value - 1 };
        return value != 0;
    default:
        return false;
    }
}

static bool condition_meets(const FWPM_FILTER_CONDITION0 *filters, const FWPM_FILTER_CONDITION0 *templates, bool contained)
{
    struct set has, wanted;

    if (!set_of(filters, &has) || !set_of(templates, &wanted))
        return templates->matchType == FWP_MATCH_EQUAL &&
               fwp_condition_holds(filters->matchType, &filters->conditionValue, (const FWP_VALUE0 *)&templates->conditionValue);
    return contained ? has.low <= wanted.low && has.high >= wanted.high : has.low <= wanted.high && has.high >= wanted.low;
}

/* Whether the filter meets the template's condition on its field. */
static bool field_meets(const FWPM_FILTER0 *filter, const FWPM_FILTER_CONDITION0 *templates, bool contained)
{
    bool tested = false;

    for (UINT32 i = 0; i < filter->numFilterConditions; i++) {
        if (!fwp_same_guid(&filter->filterCondition[i].fieldKey, &templates->fieldKey))
            continue;
        tested = true;
        if (condition_meets(&filter->filterCondition[i], templates, contained))
            return true;
    }
    return !tested;
}

/* A filter that tests a field the template leaves open does not hold all of what the template means. */
static bool tests_more(const FWPM_FILTER0 *filter, const FWPM_FILTER_ENUM_TEMPLATE0 *wanted)
{
    for (UINT32 i = 0; i < filter->numFilterConditions; i++) {
        UINT32 t = 0;
        while (t < wanted->numFilterConditions &&
               !fwp_same_guid(&filter->filterCondition[i].fieldKey, &wanted->filterCondition[t].fieldKey))
            t++;
        if (t == wanted->numFilterConditions)
            return true;
    }
    return false;
}

static bool conditions_match(const FWPM_FILTER0 *filter, const FWPM_FILTER_ENUM_TEMPLATE0 *wanted)
{
    bool contained = wanted->enumType == FWP_FILTER_ENUM_FULLY_CONTAINED;

    if (!wanted->numFilterConditions)
        return true;
    for (UINT32 i = 0; i < wanted->numFilterConditions; i++)
        if (!field_meets(filter, &wanted->filterCondition[i], contained))
            return false;
    return !contained || !tests_more(filter, wanted);
}

static bool provider_matches(const struct fwp_object *object, const GUID *key)
{
    return !key || (object->link[FWP_TO_PROVIDER] && fwp_same_guid(&object->link[FWP_TO_PROVIDER]->key, key));
}

static bool context_matches(const struct fwp_object *object, const FWPM_PROVIDER_CONTEXT_ENUM_TEMPLATE0 *wanted)
{
    return provider_matches(object, wanted->providerKey) &&
           ((const FWPM_PROVIDER_CONTEXT0 *)object->value)->type == wanted->providerContextType;
}

static bool flags_match(const FWPM_FILTER0 *filter, UINT32 flags)
{
    bool boot = (filter->flags & FWPM_FILTER_FLAG_BOOTTIME) != 0;

    if (flags & FWP_FILTER_ENUM_FLAG_BOOTTIME_ONLY)
        return boot;
    return (!boot || flags & FWP_FILTER_ENUM_FLAG_INCLUDE_BOOTTIME) &&
           (!(filter->flags & FWPM_FILTER_FLAG_DISABLED) || flags & FWP_FILTER_ENUM_FLAG_INCLUDE_DISABLED);
}

static bool filter_matches(const struct fwp_object *object, const FWPM_FILTER_ENUM_TEMPLATE0 *wanted)
{
    const FWPM_FILTER0 *filter = object->value;

    if (!wanted)
        return flags_match(filter, 0);
    return flags_match(filter, wanted->flags) && provider_matches(object, wanted->providerKey) &&
           (fwp_null_guid(&wanted->layerKey) || fwp_same_guid(&filter->layerKey, &wanted->layerKey)) &&
           filter->action.type & wanted->actionMask &&
           (!wanted->calloutKey || (filter->action.type & FWP_ACTION_FLAG_CALLOUT &&
                                    fwp_same_guid(&filter->action.calloutKey, wanted->calloutKey))) &&
           (!wanted->providerContextTemplate || (object->link[FWP_TO_CONTEXT] &&
                                                 context_matches(object->link[FWP_TO_CONTEXT], wanted->providerContextTemplate))) &&
           conditions_match(filter, wanted);
}

bool fwp_template_matches(const struct fwp_object *object, const void *wanted)
{
    const FWPM_CALLOUT_ENUM_TEMPLATE0 *callouts = wanted;

    if (object->kind == FWP_FILTER)
        return filter_matches(object, wanted);
    if (!wanted)
        return true;
    switch (object->kind) {
    case FWP_CONTEXT:
        return context_matches(object, wanted);
    case FWP_SUBLAYER:
        return provider_matches(object, ((const FWPM_SUBLAYER_ENUM_TEMPLATE0 *)wanted)->providerKey);
    case FWP_CALLOUT:
        return provider_matches(object, callouts->providerKey) &&
               (fwp_null_guid(&callouts->layerKey) ||
                fwp_same_guid(&((const FWPM_CALLOUT0 *)object->value)->applicableLayer, &callouts->layerKey));
    default:
        return true;
    }
}
