/* Conditions and addresses as text. */
#include <inttypes.h>
#include <string.h>

#include "fwp/describe.h"
#include "fwp/rule.h"
#include "fwp/value.h"
#include "nt/text.h"

static void v4(struct writer *w, UINT32 address)
{
    write_text(w, "%u.%u.%u.%u", (unsigned)(address >> 24), (unsigned)(address >> 16 & 255), (unsigned)(address >> 8 & 255),
               (unsigned)(address & 255));
}

/* The longest run of zero groups is left out. */
static void v6(struct writer *w, const UINT8 *bytes)
{
    unsigned group[8], best = 8, best_length = 1;

    for (unsigned i = 0; i < 8; i++)
        group[i] = (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1];
    for (unsigned i = 0; i < 8; i++) {
        unsigned length = 0;
        while (i + length < 8 && !group[i + length])
            length++;
        if (length > best_length)
            best = i, best_length = length;
    }
    for (unsigned i = 0; i < 8; i++) {
        if (i == best) {
            write_text(w, "::");
            i += best_length - 1;
            continue;
        }
        write_text(w, "%s%x", i && i != best + best_length ? ":" : "", group[i]);
    }
}

void fwp_describe_address(struct writer *w, unsigned version, const void *address)
{
    UINT32 number;

    memcpy(&number, address, sizeof number);
    if (version == FWP_IP_VERSION_V6)
        v6(w, address);
    else
        v4(w, number);
}

static void bytes(struct writer *w, const UINT8 *data, UINT32 size)
{
    for (UINT32 i = 0; i < size && i < 16; i++)
        write_text(w, "%02x", data[i]);
    if (size > 16)
        write_text(w, "... (%u bytes)", (unsigned)size);
}

static void string(struct writer *w, const WCHAR *from)
{
    char text[100];
    size_t length = text_to_utf8(text, sizeof text - 1, from, text_length(from), NULL);

    text[length < sizeof text - 1 ? length : sizeof text - 1] = 0;
    write_text(w, "\"%s\"", text);
}

static void value_text(struct writer *w, const FWP_VALUE0 *value, bool address)
{
    struct fwp_words words;

    switch (value->type) {
    case FWP_UINT32:
        if (address)
            v4(w, value->uint32);
        else
            write_text(w, "%u", (unsigned)value->uint32);
        return;
    case FWP_INT8: case FWP_INT16: case FWP_INT32: case FWP_INT64:
        write_text(w, "%lld", value->type == FWP_INT64 ? (long long)*value->int64 : value->type == FWP_INT32 ? (long long)value->int32
                              : value->type == FWP_INT16 ? (long long)value->int16 : (long long)value->int8);
        return;
    case FWP_FLOAT:
        write_text(w, "%g", (double)value->float32);
        return;
    case FWP_DOUBLE:
        write_text(w, "%g", *value->double64);
        return;
    case FWP_BYTE_ARRAY16_TYPE:
        if (address)
            v6(w, value->byteArray16->byteArray16);
        else
            bytes(w, value->byteArray16->byteArray16, 16);
        return;
    case FWP_BYTE_ARRAY6_TYPE:
        bytes(w, value->byteArray6->byteArray6, 6);
        return;
    case FWP_BYTE_BLOB_TYPE:
        bytes(w, value->byteBlob->data, value->byteBlob->size);
        return;
    case FWP_UNICODE_STRING_TYPE:
        string(w, value->unicodeString);
        return;
    case FWP_EMPTY:
        write_text(w, "nothing");
        return;
    case FWP_SECURITY_DESCRIPTOR_TYPE:
        write_text(w, "a security descriptor");
        return;
    case FWP_SID:
        bytes(w, (const UINT8 *)value->sid, 8 + 4 * (UINT32)value->sid->SubAuthorityCount);
        return;
    default:
        write_text(w, "%" PRIu64, fwp_value_words(value, &words) ? words.low : 0);
    }
}

void fwp_describe_condition(struct writer *w, const struct fwp_layer *layer, const FWPM_FILTER_CONDITION0 *condition)
{
    static const char *const signs[FWP_MATCH_TYPE_MAX] = { "=", ">", "<", ">=", "<=", "in", "has all of", "has any of", "has none of",
                                                           "= without case", "!=", "ends with", "does not end with" };
    const FWP_CONDITION_VALUE0 *operand = &condition->conditionValue;
    int field = fwp_layer_field(layer, &condition->fieldKey);
    bool address = field >= 0 && layer->fields[field].type == FWPM_FIELD_IP_ADDRESS;

    write_text(w, "%s %s ", field >= 0 ? layer->fields[field].name : "?", signs[condition->matchType]);
    if (operand->type == FWP_V4_ADDR_MASK) {
        v4(w, operand->v4AddrMask->addr);
        write_text(w, "/%d", __builtin_popcount(operand->v4AddrMask->mask));
    } else if (operand->type == FWP_V6_ADDR_MASK) {
        v6(w, operand->v6AddrMask->addr);
        write_text(w, "/%u", operand->v6AddrMask->prefixLength);
    } else if (operand->type == FWP_RANGE_TYPE) {
        value_text(w, &operand->rangeValue->valueLow, address);
        write_text(w, "..");
        value_text(w, &operand->rangeValue->valueHigh, address);
    } else {
        value_text(w, (const FWP_VALUE0 *)operand, address);
    }
}
