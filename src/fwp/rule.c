/* From a filter's conditions to tests; from incoming values to words. */
#include "fwp/rule.h"

#include <stdlib.h>
#include <string.h>

#include "fwp/memory.h"
#include "fwp/value.h"

/* --- tests ------------------------------------------------------------------------------------------------------------ */

static void test_never(struct fwp_test *test)
{
    test->operation = FWP_TEST_ANY;
    test->a = 0;
}

static void test_range(struct fwp_test *test, uint64_t low, uint64_t high)
{
    test->operation = FWP_TEST_RANGE;
    test->a = low;
    test->b = high - low;
}

static uint64_t low_word(const void *value)
{
    struct fwp_words words = { 0 };

    fwp_value_words(value, &words);
    return words.low;
}

/* A condition on a fixed-size field of at most 64 bits. */
static void compile_narrow(struct fwp_test *test, const FWPM_FILTER_CONDITION0 *condition, unsigned bits)
{
    const FWP_CONDITION_VALUE0 *operand = &condition->conditionValue;
    uint64_t most = bits == 64 ? UINT64_MAX : (1ull << bits) - 1;
    uint64_t value = low_word(operand);

    test->operation = FWP_TEST_MASK;
    test->a = UINT64_MAX;
    test->b = value;
    if (operand->type == FWP_V4_ADDR_MASK) {
        test->a = operand->v4AddrMask->mask;
        test->b = operand->v4AddrMask->addr & operand->v4AddrMask->mask;
    }
    switch (condition->matchType) {
    case FWP_MATCH_NOT_EQUAL:
        test->operation = FWP_TEST_NOT_MASK;
        break;
    case FWP_MATCH_GREATER:
        value == most ? test_never(test) : test_range(test, value + 1, most);
        break;
    case FWP_MATCH_LESS:
        value == 0 ? test_never(test) : test_range(test, 0, value - 1);
        break;
    case FWP_MATCH_GREATER_OR_EQUAL:
        test_range(test, value, most);
        break;
    case FWP_MATCH_LESS_OR_EQUAL:
        test_range(test, 0, value);
        break;
    case FWP_MATCH_RANGE:
        test_range(test, low_word(&operand->rangeValue->valueLow), low_word(&operand->rangeValue->valueHigh));
        break;
    case FWP_MATCH_FLAGS_ALL_SET:
        test->a = value;
        break;
    case FWP_MATCH_FLAGS_NONE_SET:
        test->a = value;
        test->b = 0;
        break;
    case FWP_MATCH_FLAGS_ANY_SET:
        test->operation = FWP_TEST_ANY;
        test->a = value;
        break;
    default:
        break;
    }
}

static unsigned __int128 wide_value(const FWP_VALUE0 *value)
{
    struct fwp_words words;

    fwp_value_words(value, &words);
    return fwp_wide_value(&words);
}

static void wide_range(struct fwp_test *test, struct fwp_wide *wide, unsigned __int128 low, unsigned __int128 high)
{
    test->operation = FWP_TEST_WIDE_RANGE;
    *wide = (struct fwp_wide){ low, high };
}

static void compile_prefix(struct fwp_wide *wide, const FWP_V6_ADDR_AND_MASK *operand)
{
    FWP_BYTE_ARRAY16 bytes;
    FWP_VALUE0 address = { .type = FWP_BYTE_ARRAY16_TYPE, .byteArray16 = &bytes };

    memcpy(&bytes, operand->addr, sizeof bytes);
    wide->a = operand->prefixLength ? ~(unsigned __int128)0 << (128 - operand->prefixLength) : 0;
    wide->b = wide_value(&address) & wide->a;
}

/* A condition on a field of 128 bits. */
static void compile_wide(struct fwp_test *test, const FWPM_FILTER_CONDITION0 *condition, struct fwp_wide *wide)
{
    const FWP_CONDITION_VALUE0 *operand = &condition->conditionValue;
    const FWP_VALUE0 *single = (const FWP_VALUE0 *)operand;
    const unsigned __int128 most = ~(unsigned __int128)0;

    test->a = (uintptr_t)wide;
    test->operation = condition->matchType == FWP_MATCH_NOT_EQUAL ? FWP_TEST_WIDE_NOT_MASK : FWP_TEST_WIDE_MASK;
    if (operand->type == FWP_V6_ADDR_MASK) {
        compile_prefix(wide, operand->v6AddrMask);
        return;
    }
    if (operand->type == FWP_RANGE_TYPE) {
        wide_range(test, wide, wide_value(&operand->rangeValue->valueLow), wide_value(&operand->rangeValue->valueHigh));
        return;
    }
    *wide = (struct fwp_wide){ most, wide_value(single) };
    switch (condition->matchType) {
    case FWP_MATCH_GREATER:
        wide->b == most ? test_never(test) : wide_range(test, wide, wide->b + 1, most);
        break;
    case FWP_MATCH_LESS:
        wide->b == 0 ? test_never(test) : wide_range(test, wide, 0, wide->b - 1);
        break;
    case FWP_MATCH_GREATER_OR_EQUAL:
        wide_range(test, wide, wide->b, most);
        break;
    case FWP_MATCH_LESS_OR_EQUAL:
        wide_range(test, wide, 0, wide->b);
        break;
    default:
        break;
    }
}

/* Some condition asks whether the field (NULL: any) has no value. */
static bool asks_for_absence(const FWPM_FILTER0 *filter, const GUID *field)
{
    for (UINT32 i = 0; i < filter->numFilterConditions; i++)
        if (filter->filterCondition[i].conditionValue.type == FWP_EMPTY &&
            (!field || !memcmp(&filter->filterCondition[i].fieldKey, field, sizeof *field)))
            return true;
    return false;
}

static void compile(struct fwp_test *test, const FWPM_FILTER_CONDITION0 *condition, const struct fwp_field *field,
                    struct fwp_wide *wide)
{
    FWP_MATCH_TYPE match = condition->matchType;
    unsigned bits = fwp_type_bits((FWP_DATA_TYPE)field->data_type);

    if (bits == 128) {
        compile_wide(test, condition, wide);
    } else if (bits) {
        compile_narrow(test, condition, bits);
    } else {
        bool hashed = condition->conditionValue.type == (FWP_DATA_TYPE)field->data_type &&
                      (match == FWP_MATCH_EQUAL || match == FWP_MATCH_EQUAL_CASE_INSENSITIVE);
        test->operation = hashed ? FWP_TEST_HASHED : FWP_TEST_CONDITION;
        test->a = (uintptr_t)condition;
        test->b = hashed ? fwp_value_hash((const FWP_VALUE0 *)&condition->conditionValue) : 0;
    }
}

bool fwp_test_condition(const struct fwp_test *test, const struct fwp_packet *packet)
{
    const struct fwp_wide *wide = (const struct fwp_wide *)(uintptr_t)test->a;
    const FWPM_FILTER_CONDITION0 *condition = (const FWPM_FILTER_CONDITION0 *)(uintptr_t)test->a;
    const struct fwp_words *words = &packet->field[test->field];     /* of CONDITION there may be none */

    switch ((enum fwp_operation)test->operation) {
    case FWP_TEST_WIDE_MASK:
        return (fwp_wide_value(words) & wide->a) == wide->b;
    case FWP_TEST_WIDE_NOT_MASK:
        return (fwp_wide_value(words) & wide->a) != wide->b;
    case FWP_TEST_WIDE_RANGE:
        return fwp_wide_value(words) >= wide->a && fwp_wide_value(words) <= wide->b;
    default:
        return fwp_condition_holds(condition->matchType, &condition->conditionValue,
                                   &packet->values->incomingValue[test->field].value);
    }
}

/* --- rules ------------------------------------------------------------------------------------------------------------ */

/* The tests in order of field; within one, in order of the conditions. */
static void compile_all(struct fwp_rule *rule, const struct fwp_layer *layer, const FWPM_FILTER0 *filter)
{
    bool any_absence = asks_for_absence(filter, NULL);

    for (unsigned index = 0; index < layer->field_count; index++) {
        bool absence = any_absence && asks_for_absence(filter, &layer->fields[index].key);
        struct fwp_test *last = NULL;
        for (UINT32 i = 0; i < filter->numFilterConditions; i++) {
            const FWPM_FILTER_CONDITION0 *condition = &filter->filterCondition[i];
            if (memcmp(&condition->fieldKey, &layer->fields[index].key, sizeof(GUID)) != 0)
                continue;
            last = &rule->tests[rule->test_count];
            last->field = (uint8_t)index;
            if (absence)
                *last = (struct fwp_test){ .field = (uint8_t)index, .operation = FWP_TEST_CONDITION, .a = (uintptr_t)condition };
            else
                compile(last, condition, &layer->fields[index], rule->rest->wide ? &rule->rest->wide[rule->test_count] : NULL);
            rule->test_count++;
        }
        if (last) {
            last->last = true;
            rule->fields |= absence ? 0 : 1ull << index;
        }
    }
}

static bool has_wide_fields(const struct fwp_layer *layer)
{
    for (unsigned i = 0; i < layer->field_count; i++)
        if (layer->fields[i].data_type == FWP_BYTE_ARRAY16_TYPE)
            return true;
    return false;
}

static bool show_conditions(struct fwp_rule *rule, const struct fwp_layer *layer, const FWPM_FILTER0 *filter)
{
    FWPS_FILTER_CONDITION0 *shown = calloc(filter->numFilterConditions, sizeof *shown);

    if (!shown)
        return false;
    for (UINT32 i = 0; i < filter->numFilterConditions; i++)
        shown[i] = (FWPS_FILTER_CONDITION0){ .fieldId = (UINT16)fwp_layer_field(layer, &filter->filterCondition[i].fieldKey),
                                             .matchType = filter->filterCondition[i].matchType,
                                             .conditionValue = filter->filterCondition[i].conditionValue };
    rule->rest->seen.numFilterConditions = filter->numFilterConditions;
    rule->rest->seen.filterCondition = shown;
    return true;
}

struct fwp_rule *fwp_rule_create(const struct fwp_layer *layer, const FWPM_FILTER0 *filter)
{
    UINT32 count = filter->numFilterConditions;
    size_t size = sizeof(struct fwp_rule) + count * sizeof(struct fwp_test);
    struct fwp_rule *rule = fwp_block_alloc(size);

    if (!rule)
        return NULL;
    rule->rest = calloc(1, sizeof *rule->rest);
    if (!rule->rest) {
        fwp_block_free(rule, size);
        return NULL;
    }
    rule->rest->size = size;
    rule->layer = (uint8_t)layer->id;
    rule->action = filter->action.type;
    rule->flags = filter->flags;
    if (count && has_wide_fields(layer) && !(rule->rest->wide = calloc(count, sizeof *rule->rest->wide)))
        goto no_memory;
    compile_all(rule, layer, filter);
    if (count && rule->action & FWP_ACTION_FLAG_CALLOUT && !show_conditions(rule, layer, filter))
        goto no_memory;
    return rule;
no_memory:
    fwp_rule_free(rule);
    return NULL;
}

void fwp_rule_free(struct fwp_rule *rule)
{
    if (!rule)
        return;
    free(rule->rest->seen.filterCondition);
    free(rule->rest->wide);
    size_t size = rule->rest->size;
    free(rule->rest);
    fwp_block_free(rule, size);
}

/* --- traffic ---------------------------------------------------------------------------------------------------------- */

void fwp_packet_prepare(struct fwp_packet *packet, const struct fwp_layer *layer, const FWPS_INCOMING_VALUES0 *values,
                        uint64_t used)
{
    packet->values = values;
    packet->present = 0;
    if (values->valueCount < FWP_FIELDS)
        used &= (1ull << values->valueCount) - 1;
    for (; used; used &= used - 1) {
        unsigned index = (unsigned)__builtin_ctzll(used);
        const FWP_VALUE0 *value = &values->incomingValue[index].value;
        if ((unsigned)value->type != layer->fields[index].data_type)
            continue;
        struct fwp_words *words = &packet->field[index];
        if (likely(value->type == FWP_UINT32))
            *words = (struct fwp_words){ value->uint32, 0 };
        else if (!fwp_value_words(value, words))
            *words = (struct fwp_words){ fwp_value_hash(value), 0 };
        packet->present |= 1ull << index;
    }
}
