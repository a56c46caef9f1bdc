/* Looks up .eh_frame_hdr's sorted table. docs: Linux Standard Base, exception frames. */
#include "pe/cfi_find.h"

#include <dlfcn.h>
#include <string.h>

enum encoding { FORMAT_ABSOLUTE = 0, FORMAT_UDATA2 = 2, FORMAT_UDATA4 = 3, FORMAT_UDATA8 = 4, FORMAT_SDATA2 = 10,
                FORMAT_SDATA4 = 11, FORMAT_SDATA8 = 12, PC_RELATIVE = 0x10, DATA_RELATIVE = 0x30, INDIRECT = 0x80,
                OMITTED = 0xff };

uint64_t cfi_uleb(const uint8_t **at)
{
    uint64_t value = 0;
    unsigned shift = 0;
    uint8_t byte;

    do {
        byte = *(*at)++;
        value |= (uint64_t)(byte & 0x7f) << (shift & 63);
        shift += 7;
    } while (byte & 0x80);
    return value;
}

int64_t cfi_sleb(const uint8_t **at)
{
    uint64_t value = 0;
    unsigned shift = 0;
    uint8_t byte;

    do {
        byte = *(*at)++;
        value |= (uint64_t)(byte & 0x7f) << (shift & 63);
        shift += 7;
    } while (byte & 0x80);
    if (shift < 64 && (byte & 0x40))
        value |= ~0ull << shift;
    return (int64_t)value;
}

#define READ(type) __extension__({ type value_; memcpy(&value_, *at, sizeof value_); *at += sizeof value_; value_; })

static bool read_encoded(const uint8_t **at, uint8_t encoding, uint64_t data_base, uint64_t *value)
{
    uint64_t place = (uint64_t)*at, v;

    switch (encoding & 15) {
    case FORMAT_ABSOLUTE: case FORMAT_UDATA8: case FORMAT_SDATA8: v = READ(uint64_t); break;
    case FORMAT_UDATA2: v = READ(uint16_t); break;
    case FORMAT_UDATA4: v = READ(uint32_t); break;
    case FORMAT_SDATA2: v = (uint64_t)(int64_t)READ(int16_t); break;
    case FORMAT_SDATA4: v = (uint64_t)(int64_t)READ(int32_t); break;
    default: return false;
    }
    if ((encoding & 0x70) == PC_RELATIVE)
        v += place;
    else if ((encoding & 0x70) == DATA_RELATIVE)
        v += data_base;
    if (encoding & INDIRECT)
        v = *(const uint64_t *)v;
    *value = v;
    return true;
}

/* The function record that the table names for pc. */
static const uint8_t *search(uint64_t pc)
{
    struct dl_find_object object;

    if (_dl_find_object((void *)pc, &object) != 0 || !object.dlfo_eh_frame)
        return NULL;
    const uint8_t *header = object.dlfo_eh_frame, *at = header + 4;
    uint64_t frames, count;
    if (header[0] != 1 || header[3] != (DATA_RELATIVE | FORMAT_SDATA4) || header[2] == OMITTED ||
        !read_encoded(&at, header[1], (uint64_t)header, &frames) || !read_encoded(&at, header[2], (uint64_t)header, &count))
        return NULL;
    const int32_t *table = (const int32_t *)at;
    uint64_t low = 0, high = count;
    while (low < high) {
        uint64_t middle = (low + high) / 2;

        if ((uint64_t)header + (uint64_t)(int64_t)table[2 * middle] <= pc)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 ? NULL : header + table[2 * (low - 1) + 1];
}

/* Length field of a record; NULL for the 64-bit form, which nobody writes. */
static const uint8_t *body_of(const uint8_t *record, const uint8_t **end)
{
    uint32_t length;

    memcpy(&length, record, 4);
    if (length == 0 || length == 0xffffffff)
        return NULL;
    *end = record + 4 + length;
    return record + 4;
}

static bool read_common(const uint8_t *common, struct cfi_record *record, uint8_t *encoding, bool *augmented)
{
    const uint8_t *end, *at = body_of(common, &end);

    if (!at)
        return false;
    at += 4;
    uint8_t version = *at++;
    const char *augmentation = (const char *)at;
    at += strlen(augmentation) + 1;
    record->code_factor = cfi_uleb(&at);
    record->data_factor = cfi_sleb(&at);
    record->return_column = version == 1 ? *at++ : (unsigned)cfi_uleb(&at);
    *encoding = FORMAT_ABSOLUTE;
    *augmented = augmentation[0] == 'z';
    if (*augmented) {
        uint64_t length = cfi_uleb(&at), ignored;
        const uint8_t *data = at;

        for (const char *c = augmentation + 1; *c; c++) {
            if (*c == 'R')
                *encoding = *data++;
            else if (*c == 'L')
                data++;
            else if (*c == 'S')
                record->signal_frame = true;
            else if (*c == 'P') {
                uint8_t personality = *data++;
                if (!read_encoded(&data, personality & 0x7f, 0, &ignored))
                    return false;
            }
        }
        at += length;
    }
    record->common = at;
    record->common_end = end;
    return true;
}

bool cfi_find(uint64_t pc, struct cfi_record *record)
{
    const uint8_t *function = search(pc), *end, *at;
    uint32_t back;
    uint8_t encoding;
    bool augmented;

    memset(record, 0, sizeof *record);
    if (!function || !(at = body_of(function, &end)))
        return false;
    memcpy(&back, at, 4);
    if (back == 0 || !read_common(at - back, record, &encoding, &augmented))
        return false;
    at += 4;
    if (!read_encoded(&at, encoding, 0, &record->begin) || !read_encoded(&at, encoding & 15, 0, &record->end))
        return false;
    record->end += record->begin;
    if (augmented) {
        uint64_t length = cfi_uleb(&at);
        at += length;
    }
    record->own = at;
    record->own_end = end;
    return pc >= record->begin && pc < record->end;
}
