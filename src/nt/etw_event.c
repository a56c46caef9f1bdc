/* What self-describing events are made of:
 *
 *   provider metadata (a descriptor of type 2): its size in two bytes, the provider's name, NUL
 *   event metadata (type 1): its size in two bytes, tag bytes (the last one without bit 7), the event's name, NUL, then a description of each field:
 *     its name, NUL, a byte for how it is stored, and when bit 7 of that is set a byte for how it is shown, and when bit 7 of that is set
 *     tag bytes. Bit 6 of the first: an array whose count stands in the data, two bytes. Bit 5: an array of as many as the next two bytes say.
 *     A structure (24) is followed by as many fields as its second byte says; they are its own.
 *   everything else (type 0): the fields' bytes one after the other.
 * docs: tracelogging/trace-logging-about; evntprov/ns-evntprov-event_data_descriptor */
#include "nt/etw_event.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "nt/text.h"

#define DATA_MAX 4096u                  /* bytes of an event's fields that are shown */
#define DEPTH 8u                        /* structures in structures */

enum stored {
    IN_UTF16 = 1, IN_ANSI, IN_INT8, IN_UINT8, IN_INT16, IN_UINT16, IN_INT32, IN_UINT32, IN_INT64, IN_UINT64, IN_FLOAT, IN_DOUBLE,
    IN_BOOL32, IN_BINARY, IN_GUID, IN_POINTER, IN_FILETIME, IN_SYSTEMTIME, IN_SID, IN_HEX32, IN_HEX64, IN_COUNTED_UTF16,
    IN_COUNTED_ANSI, IN_STRUCT, IN_COUNTED_BINARY
};
enum shown { SHOW_BOOLEAN = 3, SHOW_HEX = 4, SHOW_IPV4 = 8, SHOW_WIN32 = 13, SHOW_NTSTATUS = 14, SHOW_HRESULT = 15 };

struct cursor {
    const uint8_t *at, *end;
};

static struct line {
    char text[2048];
    size_t used;
} line;

static void __attribute__((format(printf, 1, 2))) add(const char *format, ...)
{
    va_list args;
    size_t room = sizeof line.text - line.used;

    va_start(args, format);
    int n = vsnprintf(line.text + line.used, room, format, args);
    va_end(args);
    line.used += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
}

static uint64_t take(struct cursor *c, unsigned size)
{
    uint64_t value = 0;

    if ((size_t)(c->end - c->at) < size) {
        c->at = c->end;
        return 0;
    }
    memcpy(&value, c->at, size);
    c->at += size;
    return value;
}

static const char *take_name(struct cursor *c)
{
    const char *name = (const char *)c->at;
    const uint8_t *end = memchr(c->at, 0, (size_t)(c->end - c->at));

    if (end == NULL) {
        c->at = c->end;
        return "";
    }
    c->at = end + 1;
    return name;
}

static void skip_tag(struct cursor *c)
{
    while (c->at < c->end && *c->at++ & 0x80)
        ;
}

/* --- values ---------------------------------------------------------------------------------------------------------------- */

static void print_text(const uint8_t *bytes, size_t size)
{
    add("\"");
    for (size_t i = 0; i < size; i++)
        add(bytes[i] >= ' ' && bytes[i] != 0x7f ? "%c" : "\\x%02x", bytes[i]);
    add("\"");
}

static void print_wide(const uint8_t *bytes, size_t size)
{
    static char utf8[1024];
    WCHAR copy[256];
    size_t count = min_u64(size / sizeof(WCHAR), countof(copy));

    memcpy(copy, bytes, count * sizeof(WCHAR));
    UNICODE_STRING text = text_string(copy, count);
    text_utf8(utf8, sizeof utf8, &text);
    add("\"%s\"", utf8);
}

static void print_hex(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        add("%02x", bytes[i]);
}

static void print_string(struct cursor *data, unsigned stored)
{
    bool wide = stored == IN_UTF16 || stored == IN_COUNTED_UTF16;
    unsigned unit = wide ? 2 : 1;
    size_t size = 0, left, end = 0;

    if (stored >= IN_COUNTED_UTF16)
        size = take(data, 2);
    left = (size_t)(data->end - data->at);
    if (stored < IN_COUNTED_UTF16) {
        while (size + unit <= left && (data->at[size] || (wide && data->at[size + 1])))
            size += unit;
        end = unit;
    }
    size = min_u64(size, left);
    if (stored == IN_COUNTED_BINARY || stored == IN_BINARY)
        print_hex(data->at, size);
    else if (wide)
        print_wide(data->at, size);
    else
        print_text(data->at, size);
    data->at += min_u64(size + end, left);
}

static void print_guid(struct cursor *data)
{
    uint32_t a = (uint32_t)take(data, 4), b = (uint32_t)take(data, 2), c = (uint32_t)take(data, 2), d = (uint32_t)take(data, 1), e = (uint32_t)take(data, 1);

    add("{%08x-%04x-%04x-%02x%02x-", a, b, c, d, e);
    for (int i = 0; i < 6; i++)
        add("%02x", (unsigned)take(data, 1));
    add("}");
}

static unsigned size_of(unsigned stored)
{
    switch (stored) {
    case IN_INT8: case IN_UINT8: return 1;
    case IN_INT16: case IN_UINT16: return 2;
    case IN_INT32: case IN_UINT32: case IN_FLOAT: case IN_BOOL32: case IN_HEX32: return 4;
    default: return 8;
    }
}

static void print_number(struct cursor *data, unsigned stored, unsigned shown)
{
    unsigned size = size_of(stored);
    uint64_t value = take(data, size);
    bool is_signed = stored == IN_INT8 || stored == IN_INT16 || stored == IN_INT32 || stored == IN_INT64;
    unsigned shift = 64 - 8 * size;

    if (stored == IN_FLOAT || stored == IN_DOUBLE) {
        float f;
        double d;

        memcpy(&f, &value, sizeof f);
        memcpy(&d, &value, sizeof d);
        add("%g", stored == IN_FLOAT ? (double)f : d);
    } else if (stored == IN_BOOL32 || shown == SHOW_BOOLEAN) {
        add("%s", value ? "TRUE" : "FALSE");
    } else if (shown == SHOW_IPV4) {
        add("%u.%u.%u.%u", (unsigned)value & 255, (unsigned)(value >> 8) & 255, (unsigned)(value >> 16) & 255, (unsigned)(value >> 24) & 255);
    } else if (shown == SHOW_HEX || shown == SHOW_NTSTATUS || shown == SHOW_HRESULT || stored == IN_HEX32 || stored == IN_HEX64 || stored == IN_POINTER) {
        add("0x%llx", (unsigned long long)value);
    } else if (is_signed) {
        add("%lld", (long long)(value << shift) >> shift);
    } else {
        add("%llu", (unsigned long long)value);
    }
}

static void print_value(struct cursor *data, unsigned stored, unsigned shown)
{
    switch (stored) {
    case IN_UTF16: case IN_ANSI: case IN_COUNTED_UTF16: case IN_COUNTED_ANSI: case IN_COUNTED_BINARY: case IN_BINARY:
        print_string(data, stored);
        return;
    case IN_GUID:
        print_guid(data);
        return;
    case IN_SYSTEMTIME:
        print_hex(data->at, min_u64(16, (size_t)(data->end - data->at)));
        data->at += min_u64(16, (size_t)(data->end - data->at));
        return;
    case IN_SID: {
        size_t left = (size_t)(data->end - data->at), size = left > 1 ? min_u64(8 + 4u * data->at[1], left) : left;
        print_hex(data->at, size);
        data->at += size;
        return;
    }
    default:
        print_number(data, stored, shown);
    }
}

/* --- events ---------------------------------------------------------------------------------------------------------------- */

static void print_fields(struct cursor *meta, struct cursor *data)
{
    unsigned left[DEPTH] = { 0 }, depth = 0;

    while (meta->at < meta->end && line.used < sizeof line.text - 1) {
        const char *name = take_name(meta);
        unsigned first = (unsigned)take(meta, 1), stored = first & 0x1f, shown = 0, count = 1;

        if (first & 0x80) {
            shown = (unsigned)take(meta, 1);
            if (shown & 0x80)
                skip_tag(meta);
            shown &= 0x7f;
        }
        if ((first & 0x60) == 0x40)
            count = (unsigned)take(data, 2);
        else if (first & 0x20)
            count = (unsigned)take(meta, 2);
        add(" %s=", name);
        if (stored == IN_STRUCT && depth + 1 < DEPTH && shown) {
            add("{");
            left[++depth] = shown;
            continue;
        }
        if (first & 0x60)
            add("[");
        for (unsigned i = 0; i < count && data->at < data->end; i++) {
            add("%s", i ? "," : "");
            print_value(data, stored, shown);
        }
        if (first & 0x60)
            add("]");
        while (depth && --left[depth] == 0) {
            add(" }");
            depth--;
        }
    }
}

static void print_unknown(const GUID *provider, PCEVENT_DESCRIPTOR event, const struct cursor *data)
{
    struct cursor id = { (const uint8_t *)provider, (const uint8_t *)(provider + 1) };

    print_guid(&id);
    add(" event %u, level %u, keyword 0x%llx:", event->Id, event->Level, (unsigned long long)event->Keyword);
    add(data->at < data->end ? " " : " no data");
    print_hex(data->at, (size_t)(data->end - data->at));
}

void etw_print_event(const GUID *provider, PCEVENT_DESCRIPTOR event, ULONG count, const EVENT_DATA_DESCRIPTOR *data)
{
    static uint8_t bytes[DATA_MAX];
    struct cursor meta = { NULL, NULL }, fields = { bytes, bytes };
    const char *speaker = "etw";

    line.used = 0;
    for (ULONG i = 0; i < count && i < MAX_EVENT_DATA_DESCRIPTORS; i++) {
        const uint8_t *at = (const uint8_t *)(uintptr_t)data[i].Ptr;
        size_t size = at ? data[i].Size : 0;

        if (data[i].Type == EVENT_DATA_DESCRIPTOR_TYPE_EVENT_METADATA && size > 3) {
            meta = (struct cursor){ at + 2, at + size };
        } else if (data[i].Type == EVENT_DATA_DESCRIPTOR_TYPE_PROVIDER_METADATA && size > 3 && !at[size - 1]) {
            speaker = (const char *)at + 2;
        } else if (data[i].Type == EVENT_DATA_DESCRIPTOR_TYPE_NONE) {
            size = min_u64(size, (size_t)(bytes + sizeof bytes - fields.end));
            memcpy((uint8_t *)fields.end, at, size);
            fields.end += size;
        }
    }
    if (meta.at == NULL) {
        print_unknown(provider, event, &fields);
    } else {
        skip_tag(&meta);
        add("%s:", take_name(&meta));
        print_fields(&meta, &fields);
    }
    log_debug(speaker, "%s", line.text);
}
