/* Whether a value satisfies a condition, written from the pages of FWP_MATCH_TYPE and of the data types, bit by bit and byte by byte, without
 * anything of the engine; and a count of what was compared. */
#ifndef TESTS_UNIT_FWP_MODEL_MATCH_H
#define TESTS_UNIT_FWP_MODEL_MATCH_H

#include <fwpmtypes.h>
#include <fwpstypes.h>

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* By match type and type of the value: comparisons that did not hold, that held. */
static unsigned long model_compared[FWP_MATCH_TYPE_MAX][FWP_DATA_TYPE_MAX][2];

static inline int model_sign(double difference)
{
    return difference < 0 ? -1 : difference > 0;
}

static inline int model_order(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static inline int model_order_signed(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static inline size_t model_length(const WCHAR *text)
{
    size_t length = 0;

    while (text[length])
        length++;
    return length;
}

static inline int model_order_bytes(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size)
{
    for (size_t i = 0; i < a_size && i < b_size; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return model_order(a_size, b_size);
}

/* Of two values of one type. Strings and blobs: 0 or not. */
static inline int model_compare(const FWP_VALUE0 *a, const FWP_VALUE0 *b)
{
    switch (a->type) {
    case FWP_UINT8: return model_order(a->uint8, b->uint8);
    case FWP_UINT16: return model_order(a->uint16, b->uint16);
    case FWP_UINT32: return model_order(a->uint32, b->uint32);
    case FWP_UINT64: return model_order(*a->uint64, *b->uint64);
    case FWP_INT8: return model_order_signed(a->int8, b->int8);
    case FWP_INT16: return model_order_signed(a->int16, b->int16);
    case FWP_INT32: return model_order_signed(a->int32, b->int32);
    case FWP_INT64: return model_order_signed(*a->int64, *b->int64);
    case FWP_FLOAT: return model_sign((double)a->float32 - (double)b->float32);
    case FWP_DOUBLE: return model_sign(*a->double64 - *b->double64);
    case FWP_BYTE_ARRAY16_TYPE: return model_order_bytes(a->byteArray16->byteArray16, 16, b->byteArray16->byteArray16, 16);
    case FWP_BYTE_ARRAY6_TYPE: return model_order_bytes(a->byteArray6->byteArray6, 6, b->byteArray6->byteArray6, 6);
    case FWP_BYTE_BLOB_TYPE: return model_order_bytes(a->byteBlob->data, a->byteBlob->size, b->byteBlob->data, b->byteBlob->size);
    case FWP_UNICODE_STRING_TYPE:
        return model_order_bytes((const uint8_t *)a->unicodeString, 2 * model_length(a->unicodeString),
                                 (const uint8_t *)b->unicodeString, 2 * model_length(b->unicodeString));
    case FWP_SID:
        return model_order_bytes((const uint8_t *)a->sid, 8 + 4u * a->sid->SubAuthorityCount, (const uint8_t *)b->sid,
                                 8 + 4u * b->sid->SubAuthorityCount);
    default: return 2;
    }
}

static inline uint64_t model_bits(const FWP_VALUE0 *value)
{
    return value->type == FWP_UINT8 ? value->uint8 : value->type == FWP_UINT16 ? value->uint16 : value->type == FWP_UINT32 ? value->uint32 : *value->uint64;
}

/* The operand is the end of the value: what FWP_MATCH_PREFIX means by its page. */
static inline bool model_is_end(const FWP_VALUE0 *end, const FWP_VALUE0 *value)
{
    bool text = value->type == FWP_UNICODE_STRING_TYPE;
    const uint8_t *e = text ? (const uint8_t *)end->unicodeString : end->byteBlob->data;
    const uint8_t *v = text ? (const uint8_t *)value->unicodeString : value->byteBlob->data;
    size_t es = text ? 2 * model_length(end->unicodeString) : end->byteBlob->size;
    size_t vs = text ? 2 * model_length(value->unicodeString) : value->byteBlob->size;

    for (size_t i = 0; i < es; i++)
        if (es > vs || e[i] != v[vs - es + i])
            return false;
    return true;
}

static inline bool model_equal_ignoring_case(const WCHAR *a, const WCHAR *b)
{
    for (;; a++, b++) {
        WCHAR x = *a >= 'A' && *a <= 'Z' ? *a + 32 : *a, y = *b >= 'A' && *b <= 'Z' ? *b + 32 : *b;
        if (x != y)
            return false;
        if (!x)
            return true;
    }
}

static inline bool model_in_prefix(const uint8_t *network, const uint8_t *address, unsigned bits)
{
    for (unsigned bit = 0; bit < bits; bit++)
        if ((network[bit / 8] ^ address[bit / 8]) & 0x80 >> bit % 8)
            return false;
    return true;
}

static inline bool model_holds_for(FWP_MATCH_TYPE match, const FWP_CONDITION_VALUE0 *operand, const FWP_VALUE0 *value)
{
    const FWP_VALUE0 *single = (const FWP_VALUE0 *)operand;

    if (operand->type == FWP_V4_ADDR_MASK) {
        const FWP_V4_ADDR_AND_MASK *net = operand->v4AddrMask;
        return ((net->addr & net->mask) == (value->uint32 & net->mask)) == (match == FWP_MATCH_EQUAL);
    }
    if (operand->type == FWP_V6_ADDR_MASK)
        return model_in_prefix(operand->v6AddrMask->addr, value->byteArray16->byteArray16, operand->v6AddrMask->prefixLength) ==
               (match == FWP_MATCH_EQUAL);
    switch (match) {
    case FWP_MATCH_EQUAL: return model_compare(value, single) == 0;
    case FWP_MATCH_NOT_EQUAL: return model_compare(value, single) != 0;
    case FWP_MATCH_GREATER: return model_compare(value, single) > 0;
    case FWP_MATCH_LESS: return model_compare(value, single) < 0;
    case FWP_MATCH_GREATER_OR_EQUAL: return model_compare(value, single) >= 0;
    case FWP_MATCH_LESS_OR_EQUAL: return model_compare(value, single) <= 0;
    case FWP_MATCH_RANGE:
        return model_compare(value, &operand->rangeValue->valueLow) >= 0 && model_compare(value, &operand->rangeValue->valueHigh) <= 0;
    case FWP_MATCH_FLAGS_ALL_SET: return (model_bits(value) & model_bits(single)) == model_bits(single);
    case FWP_MATCH_FLAGS_ANY_SET: return (model_bits(value) & model_bits(single)) != 0;
    case FWP_MATCH_FLAGS_NONE_SET: return (model_bits(value) & model_bits(single)) == 0;
    case FWP_MATCH_EQUAL_CASE_INSENSITIVE: return model_equal_ignoring_case(value->unicodeString, single->unicodeString);
    case FWP_MATCH_PREFIX: return model_is_end(single, value);
    case FWP_MATCH_NOT_PREFIX: return !model_is_end(single, value);
    default: return false;
    }
}

/* An absent value satisfies only that it is absent: "fields of type FWP_EMPTY can be matched with FWP_MATCH_EQUAL". */
static inline bool model_holds(const FWPM_FILTER_CONDITION0 *condition, const FWP_VALUE0 *value)
{
    if (condition->conditionValue.type == FWP_EMPTY)
        return value->type == FWP_EMPTY;
    bool holds = value->type != FWP_EMPTY && model_holds_for(condition->matchType, &condition->conditionValue, value);

    if (value->type != FWP_EMPTY)
        model_compared[condition->matchType][value->type][holds]++;
    return holds;
}

#endif
