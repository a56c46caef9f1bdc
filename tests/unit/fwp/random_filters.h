/* Random filters and random traffic for a layer: values come from small sets, so that they meet. */
#ifndef TESTS_UNIT_FWP_RANDOM_FILTERS_H
#define TESTS_UNIT_FWP_RANDOM_FILTERS_H

#include <fwpsk.h>
#include <fwpmk.h>

#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "fwp/layer.h"
#include "fwp/rule.h"
#include "fwp/model_match.h"
#include "fwp/value.h"

static struct random dice;

static inline unsigned roll(unsigned below)
{
    return random_below(&dice, below);
}

/* What a value or condition points at. */
union cell {
    UINT64 number;
    FWP_BYTE_ARRAY16 array16;
    FWP_BYTE_ARRAY6 array6;
    FWP_V4_ADDR_AND_MASK v4;
    FWP_V6_ADDR_AND_MASK v6;
    FWP_RANGE0 range;
    double real;
    struct {
        FWP_BYTE_BLOB blob;
        UINT8 bytes[16];
    };
    WCHAR text[8];
    SID sid;
};

static inline UINT32 any_v4(void)
{
    static const UINT32 bases[] = { 0x0a000000, 0x0a010000, 0xc0a80100, 0xc0a80180, 0xffffffff, 0 };

    return bases[roll(6)] | (roll(2) ? roll(4) : 0) | (roll(3) ? 0 : roll(4) << 14);
}

static inline UINT64 any_number(unsigned bits)
{
    UINT64 most = bits == 64 ? UINT64_MAX : (1ull << bits) - 1;

    switch (roll(4)) {
    case 0:
        return roll(4);
    case 1:
        return most - roll(4);
    case 2:
        return (80 + roll(4)) & most;
    default:
        return random_next(&dice) & most;
    }
}

static inline void any_v6(UINT8 *bytes)
{
    memset(bytes, 0, 16);
    bytes[0] = roll(2) ? 0x20 : 0xfe;
    bytes[3] = (UINT8)roll(3);
    bytes[7] = (UINT8)roll(2);
    bytes[8] = (UINT8)(roll(4) ? 0 : 0x80);
    bytes[15] = (UINT8)roll(3);
}

static inline void any_text(WCHAR *text)
{
    unsigned length = roll(5);

    for (unsigned i = 0; i < length; i++)
        text[i] = (WCHAR)("abABc"[roll(5)]);
    text[length] = 0;
}

/* A value of the type, in `cell` as far as it points. False: the type has no generator. */
static inline bool any_value(FWP_VALUE0 *value, FWP_DATA_TYPE type, union cell *cell, bool address)
{
    value->type = type;
    switch (type) {
    case FWP_UINT8: case FWP_INT8:
        value->uint8 = (UINT8)any_number(8);
        return true;
    case FWP_UINT16: case FWP_INT16:
        value->uint16 = (UINT16)any_number(16);
        return true;
    case FWP_UINT32: case FWP_INT32:
        value->uint32 = address ? any_v4() : (UINT32)any_number(32);
        return true;
    case FWP_FLOAT:
        value->float32 = (float)(int)roll(4) - 1;
        return true;
    case FWP_UINT64: case FWP_INT64:
        value->uint64 = &cell->number;
        cell->number = any_number(64);
        return true;
    case FWP_DOUBLE:
        value->double64 = &cell->real;
        cell->real = (int)roll(4) - 1;
        return true;
    case FWP_BYTE_ARRAY16_TYPE:
        value->byteArray16 = &cell->array16;
        any_v6(cell->array16.byteArray16);
        return true;
    case FWP_BYTE_ARRAY6_TYPE:
        value->byteArray6 = &cell->array6;
        memset(&cell->array6, (int)roll(2), 6);
        cell->array6.byteArray6[5] = (UINT8)roll(3);
        return true;
    case FWP_BYTE_BLOB_TYPE:
        value->byteBlob = &cell->blob;
        cell->blob = (FWP_BYTE_BLOB){ roll(5), cell->bytes };
        for (unsigned i = 0; i < 16; i++)
            cell->bytes[i] = (UINT8)roll(2);
        return true;
    case FWP_UNICODE_STRING_TYPE:
        value->unicodeString = cell->text;
        any_text(cell->text);
        return true;
    case FWP_SID:
        value->sid = &cell->sid;
        cell->sid = (SID){ 1, 1, { { 0, 0, 0, 0, 0, 5 } }, { 18 + roll(3) } };
        return true;
    default:
        return false;
    }
}

struct any_filter {
    FWPM_FILTER0 filter;
    FWPM_FILTER_CONDITION0 conditions[6];
    union cell cells[6][3];
};

static inline void any_mask(FWPM_FILTER_CONDITION0 *condition, union cell *cell, bool v4)
{
    static const UINT8 kept[] = { 0, 8, 12, 24, 25, 32, 48, 64, 65, 128 };

    condition->matchType = roll(5) ? FWP_MATCH_EQUAL : FWP_MATCH_NOT_EQUAL;
    if (v4) {
        UINT8 bits = kept[roll(6)];
        cell->v4 = (FWP_V4_ADDR_AND_MASK){ any_v4(), bits ? 0xffffffffu << (32 - bits) : 0 };
        condition->conditionValue.type = FWP_V4_ADDR_MASK;
        condition->conditionValue.v4AddrMask = &cell->v4;
    } else {
        any_v6(cell->v6.addr);
        cell->v6.prefixLength = kept[roll(10)];
        condition->conditionValue.type = FWP_V6_ADDR_MASK;
        condition->conditionValue.v6AddrMask = &cell->v6;
    }
}

static inline void any_range(FWPM_FILTER_CONDITION0 *condition, union cell *cells, FWP_DATA_TYPE type, bool address)
{
    FWP_RANGE0 *range = &cells[0].range;

    any_value(&range->valueLow, type, &cells[1], address);
    any_value(&range->valueHigh, type, &cells[2], address);
    if (fwp_value_compare(&range->valueLow, &range->valueHigh, false) > 0) {
        FWP_VALUE0 low = range->valueLow;
        range->valueLow = range->valueHigh;
        range->valueHigh = low;
    }
    condition->matchType = FWP_MATCH_RANGE;
    condition->conditionValue.type = FWP_RANGE_TYPE;
    condition->conditionValue.rangeValue = range;
}

/* A well-formed condition on the field; false: none can be made. */
static inline bool any_condition(FWPM_FILTER_CONDITION0 *condition, const struct fwp_field *field, union cell *cells)
{
    FWP_DATA_TYPE type = (FWP_DATA_TYPE)field->data_type;
    bool address = field->type == FWPM_FIELD_IP_ADDRESS;

    condition->fieldKey = field->key;
    if (roll(16) == 0) {
        condition->matchType = FWP_MATCH_EQUAL;
        condition->conditionValue.type = FWP_EMPTY;
        return true;
    }
    for (int tries = 0; tries < 20; tries++) {
        if (address && roll(3)) {
            any_mask(condition, cells, type == FWP_UINT32);
        } else if (roll(4) == 0 && fwp_value_sortable(type)) {
            any_range(condition, cells, type, address);
        } else {
            condition->matchType = roll(2) ? FWP_MATCH_EQUAL : (FWP_MATCH_TYPE)roll(FWP_MATCH_TYPE_MAX);
            if (!any_value((FWP_VALUE0 *)&condition->conditionValue, type, &cells[0], address))
                return false;
        }
        if (fwp_condition_check(field, condition) == STATUS_SUCCESS)
            return true;
    }
    return false;
}

static inline void any_filter(struct any_filter *any, const struct fwp_layer *layer)
{
    unsigned wanted = roll(5), count = 0;

    memset(any, 0, sizeof *any);
    any->filter.layerKey = layer->key;
    any->filter.filterCondition = any->conditions;
    while (count < wanted) {
        unsigned field = count && !roll(3) ? (unsigned)fwp_layer_field(layer, &any->conditions[count - 1].fieldKey)
                                           : roll(roll(3) && layer->field_count > 8 ? 8 : layer->field_count);
        if (any_condition(&any->conditions[count], &layer->fields[field], any->cells[count]))
            count++;
        else if (!roll(4))
            break;
    }
    any->filter.numFilterConditions = count;
}

struct any_packet {
    FWPS_INCOMING_VALUES0 values;
    FWPS_INCOMING_VALUE0 value[64];
    union cell cells[64];
};

static inline void any_packet(struct any_packet *any, const struct fwp_layer *layer)
{
    memset(any, 0, sizeof *any);
    any->values = (FWPS_INCOMING_VALUES0){ layer->id, layer->field_count, any->value };
    for (unsigned i = 0; i < layer->field_count; i++)
        if (!roll(12) || !any_value(&any->value[i].value, (FWP_DATA_TYPE)layer->fields[i].data_type, &any->cells[i],
                                    layer->fields[i].type == FWPM_FIELD_IP_ADDRESS))
            any->value[i].value.type = FWP_EMPTY;
}

/* By the documentation: alternatives on one field, all fields. */
static inline bool model_matches(const FWPM_FILTER0 *filter, const struct fwp_layer *layer, const FWPS_INCOMING_VALUES0 *values)
{
    for (UINT32 i = 0; i < filter->numFilterConditions; i++) {
        bool any = false;
        for (UINT32 k = 0; k < filter->numFilterConditions; k++) {
            const FWPM_FILTER_CONDITION0 *condition = &filter->filterCondition[k];
            if (memcmp(&condition->fieldKey, &filter->filterCondition[i].fieldKey, sizeof(GUID)) != 0)
                continue;
            any |= model_holds(condition, &values->incomingValue[fwp_layer_field(layer, &condition->fieldKey)].value);
        }
        if (!any)
            return false;
    }
    return true;
}

#endif
