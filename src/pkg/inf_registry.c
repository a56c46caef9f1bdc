/* Add-registry-sections: reg-root, [subkey], [value-name], [flags], [value...].
 * docs: install/inf-addreg-directive */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/inf_install.h"
#include "pkg/inf_internal.h"

/* FLG_ADDREG_TYPE_*: the low bit and the high word. */
#define TYPE_MASK 0xFFFF0001u
#define TYPE_SZ 0x00000000u
#define TYPE_BINARY 0x00000001u
#define TYPE_MULTI_SZ 0x00010000u
#define TYPE_DWORD 0x00010001u
#define TYPE_EXPAND_SZ 0x00020000u
#define TYPE_NONE 0x00020001u
#define TYPE_QWORD 0x000B0001u
#define KEY_ONLY_COMMON 0x2000u

enum { REG_NONE, REG_SZ, REG_EXPAND_SZ, REG_BINARY, REG_DWORD, REG_MULTI_SZ = 7, REG_QWORD = 11 };

static bool parse_root(const char *text, enum inf_root relative, enum inf_root *root)
{
    static const struct { const char *name; enum inf_root root; } roots[] = {
        { "HKCR", INF_CLASSES_ROOT }, { "HKCU", INF_CURRENT_USER }, { "HKLM", INF_LOCAL_MACHINE }, { "HKU", INF_USERS },
    };

    *root = relative;
    if (inf_same(text, "HKR"))
        return true;
    for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
        *root = roots[i].root;
        if (inf_same(text, roots[i].name))
            return true;
    }
    return false;
}

static void put_number(struct inf *inf, struct inf_value *value, uint64_t number, uint32_t size)
{
    uint8_t *data = inf_alloc(inf, size);

    for (uint32_t i = 0; i < size; i++)
        data[i] = (uint8_t)(number >> (8 * i));
    value->data = data;
    value->size = size;
}

static bool read_number(struct inf *inf, const struct inf_line *line, struct inf_value *value, uint32_t size)
{
    uint64_t number;

    if (line->count > 5 && size == 4) { /* four bytes, as older files write a DWORD */
        uint8_t *data = inf_alloc(inf, 4);

        for (int i = 0; i < 4; i++) {
            if (!inf_number(inf, line, 4 + i, 0, &number))
                return false;
            data[i] = (uint8_t)number;
        }
        value->data = data;
        value->size = 4;
        return true;
    }
    if (!inf_number(inf, line, 4, 0, &number))
        return false;
    put_number(inf, value, number, size);
    return true;
}

static bool read_binary(struct inf *inf, const struct inf_line *line, struct inf_value *value)
{
    uint32_t size = line->count > 4 ? (uint32_t)line->count - 4 : 0;
    uint8_t *data = inf_alloc(inf, size);

    if (size == 1 && *inf_field(line, 4) == 0)
        size = 0;
    for (uint32_t i = 0; i < size; i++) {
        const char *text = inf_field(line, 4 + (int)i);
        char *end;
        unsigned long byte = strtoul(text, &end, 16);

        if (end == text || *end != 0 || byte > 255)
            return inf_error(inf, line->number, "'%.60s' is not a byte", text);
        data[i] = (uint8_t)byte;
    }
    value->data = data;
    value->size = size;
    return true;
}

static void read_multi(struct inf *inf, const struct inf_line *line, struct inf_value *value)
{
    uint32_t total = 2, size;
    uint8_t *data, *at;

    for (int i = 4; i < line->count; i++)
        total += (uint32_t)strlen(line->field[i]) * 2 + 2;
    data = at = inf_alloc(inf, total);
    for (int i = 4; i < line->count; i++) {
        const uint8_t *text = inf_utf16(inf, line->field[i], &size);

        if (size == 2)
            continue;                   /* an empty string would end the list */
        memcpy(at, text, size);
        at += size;
    }
    value->data = data;
    value->size = (uint32_t)(at - data) + 2;
}

static bool read_data(struct inf *inf, const struct inf_line *line, struct inf_value *value)
{
    switch (value->flags & TYPE_MASK) {
    case TYPE_SZ:
    case TYPE_EXPAND_SZ:
        value->type = (value->flags & TYPE_MASK) == TYPE_SZ ? REG_SZ : REG_EXPAND_SZ;
        value->data = inf_utf16(inf, inf_field(line, 4), &value->size);
        return true;
    case TYPE_MULTI_SZ:
        value->type = REG_MULTI_SZ;
        read_multi(inf, line, value);
        return true;
    case TYPE_DWORD:
        value->type = REG_DWORD;
        return read_number(inf, line, value, 4);
    case TYPE_QWORD:
        value->type = REG_QWORD;
        return read_number(inf, line, value, 8);
    case TYPE_BINARY:
        value->type = REG_BINARY;
        return read_binary(inf, line, value);
    case TYPE_NONE:
        value->type = REG_NONE;
        return read_binary(inf, line, value);
    default:                            /* any other high word with the binary bit is the registry type itself */
        value->type = value->flags >> 16;
        return (value->flags & 1) != 0 ? read_binary(inf, line, value)
                                       : inf_error(inf, line->number, "flags 0x%X name no value type", value->flags);
    }
}

static void append(struct inf_builder *builder, const struct inf_value *value)
{
    struct inf_install *install = builder->install;

    install->value = inf_grow(builder->inf, install->value, install->value_count, sizeof(*value));
    install->value[install->value_count++] = *value;
}

static bool add_value(struct inf_builder *builder, const struct inf_line *line, enum inf_root relative,
                      const char *service)
{
    struct inf_value value = { .service = service, .subkey = inf_field(line, 1), .name = inf_field(line, 2) };
    uint64_t flags;

    if (line->key != NULL || !parse_root(inf_field(line, 0), relative, &value.root))
        return inf_error(builder->inf, line->number, "'%.60s' is not a registry root (HKR, HKLM, HKCR, HKCU, HKU)",
                         line->key != NULL ? line->key : inf_field(line, 0));
    if (!inf_number(builder->inf, line, 3, 0, &flags))
        return false;
    value.flags = (uint32_t)flags;
    value.key_only = (value.flags & (INF_FLAG_KEY_ONLY | KEY_ONLY_COMMON)) != 0 || line->count < 3;
    if (!value.key_only && (value.flags & INF_FLAG_DELETE) == 0 && !read_data(builder->inf, line, &value))
        return false;
    append(builder, &value);
    return true;
}

bool inf_add_reg(struct inf_builder *builder, const struct inf_section *section, enum inf_root root,
                 const char *service)
{
    for (int i = 0; i < section->count; i++) {
        if (!add_value(builder, &section->line[i], root, service))
            return false;
    }
    return true;
}

void inf_add_dword(struct inf_builder *builder, enum inf_root root, const char *name, uint32_t number)
{
    struct inf_value value = { .root = root, .subkey = "", .name = name, .type = REG_DWORD, .flags = TYPE_DWORD };

    put_number(builder->inf, &value, number, 4);
    append(builder, &value);
}

static bool driver_key_has(const struct inf_install *install, const char *name)
{
    for (int i = 0; i < install->value_count; i++) {
        const struct inf_value *value = &install->value[i];

        if (value->root == INF_DRIVER_KEY && *value->subkey == 0 && inf_same(value->name, name))
            return true;
    }
    return false;
}

void inf_add_keyword_defaults(struct inf_builder *builder)
{
    static const char params[] = "Ndi\\params\\";
    struct inf_install *install = builder->install;
    int count = install->value_count;

    for (int i = 0; i < count; i++) {
        struct inf_value value = install->value[i];
        const char *keyword;

        if (value.root != INF_DRIVER_KEY || !inf_same_part(value.subkey, params, sizeof(params) - 1) ||
            !inf_same(value.name, "default"))
            continue;
        keyword = value.subkey + sizeof(params) - 1;
        if (strchr(keyword, '\\') != NULL || driver_key_has(install, keyword))
            continue;
        value.subkey = "";
        value.name = keyword;
        append(builder, &value);
    }
}
