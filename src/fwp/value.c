/* Comparison, hashing and words of values. */
#include "fwp/value.h"

#include <string.h>

#include "fwp/rule.h"
#include "nt/text.h"

unsigned fwp_type_bits(FWP_DATA_TYPE type)
{
    switch (type) {
    case FWP_UINT8: case FWP_INT8:
        return 8;
    case FWP_UINT16: case FWP_INT16:
        return 16;
    case FWP_UINT32: case FWP_INT32: case FWP_FLOAT:
        return 32;
    case FWP_BYTE_ARRAY6_TYPE:
        return 48;
    case FWP_UINT64: case FWP_INT64: case FWP_DOUBLE:
        return 64;
    case FWP_BYTE_ARRAY16_TYPE:
        return 128;
    default:
        return 0;
    }
}

static uint64_t big_endian(const UINT8 *bytes, unsigned count)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < count; i++)
        value = value << 8 | bytes[i];
    return value;
}

/* -0.0 equals 0.0. */
static uint64_t double_words(double number)
{
    uint64_t bits = 0;

    if (number != 0)
        memcpy(&bits, &number, sizeof bits);
    return bits;
}

static uint64_t float_words(float number)
{
    uint32_t bits = 0;

    if (number != 0)
        memcpy(&bits, &number, sizeof bits);
    return bits;
}

bool fwp_value_words(const FWP_VALUE0 *value, struct fwp_words *words)
{
    words->high = 0;
    switch (value->type) {
    case FWP_UINT8:
        words->low = value->uint8;
        return true;
    case FWP_UINT16:
        words->low = value->uint16;
        return true;
    case FWP_UINT32:
        words->low = value->uint32;
        return true;
    case FWP_UINT64:
        words->low = *value->uint64;
        return true;
    case FWP_INT8:
        words->low = (uint8_t)(value->int8 ^ 0x80);
        return true;
    case FWP_INT16:
        words->low = (uint16_t)(value->int16 ^ 0x8000);
        return true;
    case FWP_INT32:
        words->low = (uint32_t)value->int32 ^ 0x80000000u;
        return true;
    case FWP_INT64:
        words->low = (uint64_t)*value->int64 ^ 1ull << 63;
        return true;
    case FWP_FLOAT:
        words->low = float_words(value->float32);
        return true;
    case FWP_DOUBLE:
        words->low = double_words(*value->double64);
        return true;
    case FWP_BYTE_ARRAY6_TYPE:
        words->low = big_endian(value->byteArray6->byteArray6, 6);
        return true;
    case FWP_BYTE_ARRAY16_TYPE:
        words->high = big_endian(value->byteArray16->byteArray16, 8);
        words->low = big_endian(value->byteArray16->byteArray16 + 8, 8);
        return true;
    default:
        return false;
    }
}

bool fwp_value_sortable(FWP_DATA_TYPE type)
{
    return (type >= FWP_UINT8 && type <= FWP_INT64) || type == FWP_BYTE_ARRAY16_TYPE || type == FWP_BYTE_BLOB_TYPE ||
           type == FWP_UNICODE_STRING_TYPE || type == FWP_BYTE_ARRAY6_TYPE;
}

static int compare_numbers(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_bytes(const void *a, size_t a_size, const void *b, size_t b_size)
{
    size_t common = a_size < b_size ? a_size : b_size;
    int order = common ? memcmp(a, b, common) : 0;

    return order ? (order < 0 ? -1 : 1) : compare_numbers(a_size, b_size);
}

static int compare_strings(const WCHAR *a, const WCHAR *b, bool fold)
{
    for (;; a++, b++) {
        WCHAR x = fold ? text_upcase(*a) : *a, y = fold ? text_upcase(*b) : *b;
        if (x != y || !x)
            return compare_numbers(x, y);
    }
}

static size_t sid_size(const SID *sid)
{
    return 8 + 4 * (size_t)sid->SubAuthorityCount;
}

int fwp_value_compare(const FWP_VALUE0 *a, const FWP_VALUE0 *b, bool fold)
{
    struct fwp_words x, y;

    switch (a->type) {
    case FWP_BYTE_BLOB_TYPE: case FWP_SECURITY_DESCRIPTOR_TYPE: case FWP_TOKEN_ACCESS_INFORMATION_TYPE:
        return compare_bytes(a->byteBlob->data, a->byteBlob->size, b->byteBlob->data, b->byteBlob->size);
    case FWP_UNICODE_STRING_TYPE:
        return compare_strings(a->unicodeString, b->unicodeString, fold);
    case FWP_SID:
        return compare_bytes(a->sid, sid_size(a->sid), b->sid, sid_size(b->sid));
    default:
        if (!fwp_value_words(a, &x) || !fwp_value_words(b, &y))
            return 1;
        return x.high != y.high ? compare_numbers(x.high, y.high) : compare_numbers(x.low, y.low);
    }
}

static uint64_t hash_step(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9e3779b97f4a7c15ull;
    return hash ^ hash >> 29;
}

static uint64_t hash_bytes(const UINT8 *bytes, size_t size)
{
    uint64_t hash = size, word;

    for (; size >= 8; bytes += 8, size -= 8) {
        memcpy(&word, bytes, 8);
        hash = hash_step(hash, word);
    }
    word = 0;
    if (size)
        memcpy(&word, bytes, size);
    return hash_step(hash, word);
}

static uint64_t hash_text(const WCHAR *text)
{
    uint64_t hash = 0;

    for (; *text; text++)
        hash = hash_step(hash, text_upcase(*text));
    return hash;
}

uint64_t fwp_value_hash(const FWP_VALUE0 *value)
{
    struct fwp_words words;

    switch (value->type) {
    case FWP_BYTE_BLOB_TYPE: case FWP_SECURITY_DESCRIPTOR_TYPE: case FWP_TOKEN_ACCESS_INFORMATION_TYPE:
        return hash_bytes(value->byteBlob->data, value->byteBlob->size);
    case FWP_UNICODE_STRING_TYPE:
        return hash_text(value->unicodeString);
    case FWP_SID:
        return hash_bytes((const UINT8 *)value->sid, sid_size(value->sid));
    default:
        return fwp_value_words(value, &words) ? hash_step(hash_step(0, words.high), words.low) : 0;
    }
}
