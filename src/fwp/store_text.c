/* Words, numbers and values of the store's lines. */
#include "fwp/store_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "fwp/store.h"
#include "nt/text.h"

void *fwp_store_alloc(struct fwp_store_block **blocks, size_t size)
{
    struct fwp_store_block *block = calloc(1, sizeof *block + (size ? size : 1));

    if (!block) {
        error_set("no memory");
        return NULL;
    }
    block->next = *blocks;
    *blocks = block;
    return block->data;
}

void fwp_store_free(struct fwp_store_block **blocks)
{
    while (*blocks) {
        struct fwp_store_block *next = (*blocks)->next;
        free(*blocks);
        *blocks = next;
    }
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static void skip_blanks(struct fwp_store_line *line)
{
    while (line->at < line->end && is_blank(*line->at))
        line->at++;
}

bool fwp_store_ended(struct fwp_store_line *line)
{
    skip_blanks(line);
    return line->at == line->end || *line->at == '#';
}

size_t fwp_store_word(struct fwp_store_line *line, const char **word)
{
    skip_blanks(line);
    *word = line->at;
    while (line->at < line->end && !is_blank(*line->at))
        line->at++;
    return (size_t)(line->at - *word);
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool fwp_store_number(struct fwp_store_line *line, uint64_t most, uint64_t *number)
{
    const char *word;
    size_t length = fwp_store_word(line, &word), i = 0;
    unsigned base = 10;

    if (length > 2 && word[0] == '0' && (word[1] == 'x' || word[1] == 'X'))
        base = 16, i = 2;
    *number = 0;
    if (i == length)
        return error_set("a number is missing");
    for (; i < length; i++) {
        int d = digit(word[i]);
        if (d < 0 || (unsigned)d >= base)
            return error_set("'%.*s' is not a number", (int)(length < 40 ? length : 40), word);
        if (*number > (UINT64_MAX - (unsigned)d) / base)
            return error_set("'%.*s' is too large a number", (int)(length < 40 ? length : 40), word);
        *number = *number * base + (unsigned)d;
    }
    return *number <= most || error_set("%.*s is more than %llu", (int)length, word, (unsigned long long)most);
}

static bool signed_number(struct fwp_store_line *line, unsigned bits, int64_t *number)
{
    uint64_t magnitude, most = (uint64_t)1 << (bits - 1);
    bool minus;

    skip_blanks(line);
    minus = line->at < line->end && *line->at == '-';
    line->at += minus;
    if (!fwp_store_number(line, minus ? most : most - 1, &magnitude))
        return false;
    *number = (int64_t)(minus ? 0 - magnitude : magnitude);
    return true;
}

bool fwp_store_guid(struct fwp_store_line *line, GUID *guid)
{
    static const char shape[] = "{00000000-0000-0000-0000-000000000000}";
    const char *word;
    size_t length = fwp_store_word(line, &word), n = 0;
    uint8_t byte[16] = { 0 };

    for (size_t i = 0; i < sizeof shape - 1; i++) {
        int d = i < length ? digit(word[i]) : -1;
        if (length != sizeof shape - 1 || (shape[i] == '0' ? d < 0 : word[i] != shape[i]))
            return error_set("'%.*s' is not a GUID in braces", (int)(length < 40 ? length : 40), word);
        if (shape[i] == '0') {
            byte[n / 2] = (uint8_t)(byte[n / 2] << 4 | d);
            n++;
        }
    }
    guid->Data1 = (ULONG)byte[0] << 24 | (ULONG)byte[1] << 16 | (ULONG)byte[2] << 8 | byte[3];
    guid->Data2 = (USHORT)(byte[4] << 8 | byte[5]);
    guid->Data3 = (USHORT)(byte[6] << 8 | byte[7]);
    memcpy(guid->Data4, byte + 8, 8);
    return true;
}

/* One escape of a string, behind its backslash. */
static bool escaped(struct fwp_store_line *line, WCHAR *unit)
{
    unsigned value = 0;

    if (line->at < line->end && (*line->at == '"' || *line->at == '\\')) {
        *unit = (WCHAR)*line->at++;
        return true;
    }
    if (line->end - line->at < 5 || *line->at != 'u')
        return error_set("a string has an escape that is not \\\", \\\\ or \\uXXXX");
    for (int i = 1; i <= 4; i++) {
        int d = digit(line->at[i]);
        if (d < 0)
            return error_set("a string has an escape that is not \\\", \\\\ or \\uXXXX");
        value = value << 4 | (unsigned)d;
    }
    line->at += 5;
    *unit = (WCHAR)value;
    return value || error_set("a string has the character \\u0000");
}

bool fwp_store_string(struct fwp_store_line *line, WCHAR **text)
{
    size_t count = 0;

    skip_blanks(line);
    if (line->at == line->end || *line->at++ != '"')
        return error_set("a string in quotes is missing");
    *text = fwp_store_alloc(line->blocks, ((size_t)(line->end - line->at) + 1) * sizeof **text);
    if (!*text)
        return false;
    while (line->at < line->end && *line->at != '"') {
        const char *run = line->at;
        if (*run == '\\') {
            line->at++;
            if (!escaped(line, &(*text)[count++]))
                return false;
            continue;
        }
        while (line->at < line->end && *line->at != '"' && *line->at != '\\')
            if (!*line->at++)
                return error_set("a string has a NUL");
        count += text_to_utf16(*text + count, (size_t)(line->at - run), run, (size_t)(line->at - run), NULL);
    }
    if (line->at == line->end)
        return error_set("a string has no closing quote");
    line->at++;
    return line->at == line->end || is_blank(*line->at) || error_set("something follows a string's closing quote");
}

bool fwp_store_bytes(struct fwp_store_line *line, FWP_BYTE_BLOB *blob)
{
    const char *word;
    size_t length = fwp_store_word(line, &word);

    *blob = (FWP_BYTE_BLOB){ 0 };
    if (length == 1 && word[0] == '-')
        return true;
    if (!length || length % 2 || length / 2 > UINT32_MAX)
        return error_set("pairs of hexadecimal digits are missing");
    blob->data = fwp_store_alloc(line->blocks, length / 2);
    if (!blob->data)
        return false;
    blob->size = (UINT32)(length / 2);
    for (size_t i = 0; i < length; i++) {
        int d = digit(word[i]);
        if (d < 0)
            return error_set("'%c' is not a hexadecimal digit", word[i] >= ' ' && word[i] < 127 ? word[i] : '?');
        blob->data[i / 2] = (UINT8)(blob->data[i / 2] << 4 | d);
    }
    return true;
}

/* --- values ---------------------------------------------------------------------------------------------------------------------------- */

static bool sized_bytes(struct fwp_store_line *line, uint32_t size, void **bytes)
{
    FWP_BYTE_BLOB blob;

    if (!fwp_store_bytes(line, &blob))
        return false;
    *bytes = blob.data;
    return blob.size == size || error_set("%u bytes instead of %u", (unsigned)blob.size, (unsigned)size);
}

static bool sid(struct fwp_store_line *line, FWP_CONDITION_VALUE0 *value)
{
    FWP_BYTE_BLOB blob;

    if (!fwp_store_bytes(line, &blob))
        return false;
    value->sid = (SID *)blob.data;
    return (blob.size >= 12 && blob.data[0] == 1 && blob.data[1] <= SID_MAX_SUB_AUTHORITIES && blob.size == 8u + 4u * blob.data[1]) ||
           error_set("the bytes are no security identifier");
}

static bool number_value(struct fwp_store_line *line, FWP_CONDITION_VALUE0 *value)
{
    static const uint64_t most[] = { [FWP_UINT8] = UINT8_MAX, [FWP_UINT16] = UINT16_MAX, [FWP_UINT32] = UINT32_MAX,
                                     [FWP_UINT64] = UINT64_MAX };
    uint64_t number;

    if (!fwp_store_number(line, most[value->type], &number))
        return false;
    if (value->type != FWP_UINT64) {
        value->uint32 = (UINT32)number;
        return true;
    }
    value->uint64 = fwp_store_alloc(line->blocks, sizeof *value->uint64);
    return value->uint64 && (*value->uint64 = number, true);
}

static bool signed_value(struct fwp_store_line *line, FWP_CONDITION_VALUE0 *value)
{
    int64_t number;

    if (!signed_number(line, 8u << (value->type - FWP_INT8), &number))
        return false;
    if (value->type == FWP_INT8)
        value->int8 = (INT8)number;
    else if (value->type == FWP_INT16)
        value->int16 = (INT16)number;
    else if (value->type == FWP_INT32)
        value->int32 = (INT32)number;
    else if ((value->int64 = fwp_store_alloc(line->blocks, sizeof *value->int64)))
        *value->int64 = number;
    return value->type != FWP_INT64 || value->int64;
}

static bool floating_value(struct fwp_store_line *line, FWP_CONDITION_VALUE0 *value)
{
    uint64_t bits;

    if (!fwp_store_number(line, value->type == FWP_FLOAT ? UINT32_MAX : UINT64_MAX, &bits))
        return false;
    if (value->type == FWP_FLOAT) {
        value->uint32 = (UINT32)bits;
        return true;
    }
    value->uint64 = fwp_store_alloc(line->blocks, sizeof bits);
    return value->uint64 && (*value->uint64 = bits, true);
}

static bool mask_value(struct fwp_store_line *line, FWP_CONDITION_VALUE0 *value)
{
    uint64_t address, mask;
    void *bytes;

    if (value->type == FWP_V4_ADDR_MASK) {
        value->v4AddrMask = fwp_store_alloc(line->blocks, sizeof *value->v4AddrMask);
        if (!value->v4AddrMask || !fwp_store_number(line, UINT32_MAX, &address) || !fwp_store_number(line, UINT32_MAX, &mask))
            return false;
        *value->v4AddrMask = (FWP_V4_ADDR_AND_MASK){ (UINT32)address, (UINT32)mask };
        return true;
    }
    value->v6AddrMask = fwp_store_alloc(line->blocks, sizeof *value->v6AddrMask);
    if (!value->v6AddrMask || !sized_bytes(line, 16, &bytes) || !fwp_store_number(line, 128, &mask))
        return false;
    memcpy(value->v6AddrMask->addr, bytes, 16);
    value->v6AddrMask->prefixLength = (UINT8)mask;
    return true;
}

static bool read_value(struct fwp_store_line *line, FWP_CONDITION_VALUE0 *value, bool inside);

static bool range_value(struct fwp_store_line *line, FWP_CONDITION_VALUE0 *value)
{
    value->rangeValue = fwp_store_alloc(line->blocks, sizeof *value->rangeValue);
    return value->rangeValue && read_value(line, (FWP_CONDITION_VALUE0 *)&value->rangeValue->valueLow, true) &&
           read_value(line, (FWP_CONDITION_VALUE0 *)&value->rangeValue->valueHigh, true);
}

static bool blob_value(struct fwp_store_line *line, FWP_CONDITION_VALUE0 *value)
{
    value->byteBlob = fwp_store_alloc(line->blocks, sizeof *value->byteBlob);
    return value->byteBlob && fwp_store_bytes(line, value->byteBlob);
}

static bool content(struct fwp_store_line *line, FWP_CONDITION_VALUE0 *value, bool inside)
{
    void *bytes = NULL;
    bool good;

    switch (value->type) {
    case FWP_EMPTY:
        return true;
    case FWP_UINT8: case FWP_UINT16: case FWP_UINT32: case FWP_UINT64:
        return number_value(line, value);
    case FWP_INT8: case FWP_INT16: case FWP_INT32: case FWP_INT64:
        return signed_value(line, value);
    case FWP_FLOAT: case FWP_DOUBLE:
        return floating_value(line, value);
    case FWP_BYTE_ARRAY16_TYPE: case FWP_BYTE_ARRAY6_TYPE:
        good = sized_bytes(line, value->type == FWP_BYTE_ARRAY16_TYPE ? 16 : 6, &bytes);
        value->byteArray16 = bytes;
        return good;
    case FWP_SID:
        return sid(line, value);
    case FWP_UNICODE_STRING_TYPE:
        return fwp_store_string(line, (WCHAR **)&value->unicodeString);
    case FWP_V4_ADDR_MASK: case FWP_V6_ADDR_MASK:
        return inside ? error_set("a range is of single values") : mask_value(line, value);
    case FWP_RANGE_TYPE:
        return inside ? error_set("a range is of single values") : range_value(line, value);
    default:
        return blob_value(line, value);
    }
}

static bool read_value(struct fwp_store_line *line, FWP_CONDITION_VALUE0 *value, bool inside)
{
    const char *word;
    size_t length = fwp_store_word(line, &word);

    *value = (FWP_CONDITION_VALUE0){ 0 };
    for (unsigned i = 0; i < fwp_store_type_count; i++) {
        if (strlen(fwp_store_types[i].name) != length || memcmp(fwp_store_types[i].name, word, length))
            continue;
        value->type = fwp_store_types[i].type;
        return content(line, value, inside);
    }
    return error_set("'%.*s' is not a type of value", (int)(length < 40 ? length : 40), word);
}

bool fwp_store_value(struct fwp_store_line *line, FWP_CONDITION_VALUE0 *value)
{
    return read_value(line, value, false);
}
