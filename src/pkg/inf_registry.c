/* Add-registry-sections: reg-root, [subkey], [value-name], [flags], [value...]; and those that delete. The list they make holds
 * each value once. docs: install/inf-addreg-directive, install/inf-delreg-directive */
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
#define DELETE_STRING 0x18002u

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

/* --- the list of changes ------------------------------------------------------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && inf_same(a, b));
}

static bool same_key(const struct inf_value *a, const struct inf_value *b)
{
    return a->root == b->root && a->interface == b->interface && same_text(a->service, b->service) && inf_same(a->subkey, b->subkey);
}

/* The slot of the change to that value, or the free one where it goes. */
static int *slot_of(struct inf_builder *builder, const struct inf_value *value)
{
    unsigned at = inf_hash(value->subkey, strlen(value->subkey)) * 31 + inf_hash(value->name, strlen(value->name)) + value->root;

    for (at %= INF_SLOTS; builder->slot[at] != 0; at = (at + 1) % INF_SLOTS) {
        const struct inf_value *known = &builder->install->value[builder->slot[at] - 1];

        if (!known->remove_key && known->key_only == value->key_only && same_key(known, value) && inf_same(known->name, value->name))
            break;
    }
    return &builder->slot[at];
}

static bool append(struct inf_builder *builder, const struct inf_value *value, int *slot)
{
    struct inf_install *install = builder->install;

    if (install->value_count == INF_MOST_VALUES)
        return inf_error(builder->inf, 0, "an install has more than %d changes to the registry", INF_MOST_VALUES);
    install->value = inf_grow(builder->owner, install->value, install->value_count, sizeof(*value));
    install->value[install->value_count++] = *value;
    if (slot != NULL)
        *slot = install->value_count;
    return true;
}

/* Deletes a key: changes below it that came before are as if they had not been. */
static bool remove_key(struct inf_builder *builder, const struct inf_value *value)
{
    size_t length = strlen(value->subkey);

    for (int i = 0; i < builder->install->value_count; i++) {
        struct inf_value *known = &builder->install->value[i];
        bool below = inf_same_part(known->subkey, value->subkey, length) && (known->subkey[length] == 0 || known->subkey[length] == '\\');

        if (below && !known->remove_key && known->root == value->root && known->interface == value->interface &&
            same_text(known->service, value->service))
            *known = (struct inf_value){ .root = known->root, .service = known->service, .interface = known->interface, .subkey = "",
                                         .name = "", .key_only = true };
    }
    return append(builder, value, NULL);
}

/* The two lists of strings as one; what is there already is not added. */
static void join_multi(struct inf_builder *builder, struct inf_value *known, const struct inf_value *value)
{
    uint8_t *data = inf_alloc(builder->owner, known->size + value->size), *end = data + known->size - 2;

    memcpy(data, known->data, known->size);
    for (const uint8_t *from = value->data; from[0] != 0 || from[1] != 0;) {
        uint32_t length = 0, size;
        bool there = false;

        while (from[length] != 0 || from[length + 1] != 0)
            length += 2;
        size = length + 2;
        for (const uint8_t *at = data; at < end && !there; at += 2) {
            there = (size_t)(end - at) >= size && memcmp(at, from, size) == 0;
            while (!there && (at[0] != 0 || at[1] != 0))
                at += 2;
        }
        if (!there) {
            memcpy(end, from, size);
            end += size;
        }
        from += size;
    }
    known->data = data;
    known->size = (uint32_t)(end - data) + 2;
}

/* docs: install/inf-addreg-directive (flags) */
static bool merge(struct inf_builder *builder, const struct inf_value *value)
{
    int *slot = slot_of(builder, value);
    struct inf_value *known = *slot != 0 ? &builder->install->value[*slot - 1] : NULL;

    if (known == NULL)
        return append(builder, value, slot);
    if (known->remove || value->remove || value->key_only)
        *known = *value;
    else if ((value->flags & INF_FLAG_APPEND) != 0 && known->type == REG_MULTI_SZ && value->type == REG_MULTI_SZ)
        join_multi(builder, known, value);
    else if ((value->flags & INF_FLAG_NO_CLOBBER) == 0)
        *known = *value;
    return true;
}

static bool start_value(const struct inf_builder *builder, const struct inf_line *line, const struct inf_place *place,
                        struct inf_value *value)
{
    *value = (struct inf_value){ .service = place->service, .interface = place->interface, .subkey = inf_field(line, 1),
                                 .name = inf_field(line, 2) };
    if (line->key != NULL || !parse_root(inf_field(line, 0), place->root, &value->root))
        return inf_error(builder->inf, line->number, "'%.60s' is not a registry root (HKR, HKLM, HKCR, HKCU, HKU)",
                         line->key != NULL ? line->key : inf_field(line, 0));
    return true;
}

static bool add_value(struct inf_builder *builder, const struct inf_line *line, const struct inf_place *place)
{
    struct inf_value value;
    uint64_t flags;

    if (!start_value(builder, line, place, &value) || !inf_number(builder->inf, line, 3, 0, &flags))
        return false;
    value.flags = (uint32_t)flags;
    if ((value.flags & INF_FLAG_DELETE) != 0) {
        value.remove = *value.name != 0;
        value.remove_key = !value.remove;
        return value.remove ? merge(builder, &value) : remove_key(builder, &value);
    }
    value.key_only = (value.flags & (INF_FLAG_KEY_ONLY | KEY_ONLY_COMMON)) != 0 || line->count < 3;
    if (!value.key_only && !read_data(builder->inf, line, &value))
        return false;
    return merge(builder, &value);
}

bool inf_add_reg(struct inf_builder *builder, const struct inf_section *section, const struct inf_place *place)
{
    for (int i = 0; i < section->count; i++) {
        if (!add_value(builder, &section->line[i], place))
            return false;
    }
    return true;
}

/* One line of a del-registry-section: reg-root, subkey [, value-entry-name [, flags [, value]]]. Strings taken out of a list
 * (FLG_DELREG_MULTI_SZ_DELSTRING) are left. docs: install/inf-delreg-directive */
bool inf_del_reg(struct inf_builder *builder, const struct inf_section *section, const struct inf_place *place)
{
    for (int i = 0; i < section->count; i++) {
        const struct inf_line *line = &section->line[i];
        struct inf_value value;
        uint64_t flags;

        if (!start_value(builder, line, place, &value) || !inf_number(builder->inf, line, 3, 0, &flags))
            return false;
        value.flags = (uint32_t)flags;
        if ((flags & DELETE_STRING) == DELETE_STRING)
            continue;
        value.remove = *value.name != 0 && (flags & KEY_ONLY_COMMON) == 0;
        value.remove_key = !value.remove;
        if (value.remove_key && *value.subkey == 0)
            return inf_error(builder->inf, line->number, "DelReg names neither a key nor a value");
        if (!(value.remove ? merge(builder, &value) : remove_key(builder, &value)))
            return false;
    }
    return true;
}

bool inf_add_dword(struct inf_builder *builder, enum inf_root root, const char *name, uint32_t number)
{
    struct inf_value value = { .root = root, .subkey = "", .name = name, .type = REG_DWORD, .flags = TYPE_DWORD };

    put_number(builder->owner, &value, number, 4);
    return merge(builder, &value);
}

bool inf_add_keyword_defaults(struct inf_builder *builder)
{
    static const char params[] = "Ndi\\params\\";
    struct inf_install *install = builder->install;
    int count = install->value_count;

    for (int i = 0; i < count; i++) {
        struct inf_value value = install->value[i];
        const char *keyword;

        if (value.root != INF_DRIVER_KEY || value.remove || value.remove_key || value.key_only ||
            !inf_same_part(value.subkey, params, sizeof(params) - 1) || !inf_same(value.name, "default"))
            continue;
        keyword = value.subkey + sizeof(params) - 1;
        value.subkey = "";
        value.name = keyword;
        if (strchr(keyword, '\\') == NULL && *slot_of(builder, &value) == 0 && !append(builder, &value, slot_of(builder, &value)))
            return false;
    }
    return true;
}
