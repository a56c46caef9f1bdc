/* The interface of cm.h: UTF-8 names and paths. */
#include "nt/cm_filter.h"
#include "nt/cm.h"

#include <stdlib.h>
#include <string.h>

#include "nt/cm_internal.h"

static const struct {
    const char *from;
    const char *to;
} roots[] = {
    {"\\Registry\\", ""},
    {"HKEY_LOCAL_MACHINE\\", "Machine\\"},
    {"HKLM\\", "Machine\\"},
    {"HKEY_USERS\\", "User\\"},
    {"HKU\\", "User\\"},
};

static bool starts_with(const char *text, const char *start)
{
    return strncasecmp(text, start, strlen(start)) == 0;
}

/* An absolute path, without its root's name: relative to cm_root. NULL when it is not absolute. */
static char *below_root(const char *path)
{
    for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
        size_t skip = strlen(roots[i].from), kept = strlen(roots[i].to);
        char *rest;

        if (!starts_with(path, roots[i].from))
            continue;
        rest = malloc(kept + strlen(path + skip) + 1);
        if (rest != NULL)
            strcpy(stpcpy(rest, roots[i].to), path + skip);
        return rest;
    }
    return NULL;
}

static struct cm_key *open_path(struct cm_key *base, const char *path, unsigned flags)
{
    struct cm_key *key = NULL;
    char *absolute = base == NULL ? below_root(path) : NULL;
    size_t length;
    WCHAR *wide;

    if (cm_root == NULL || (base == NULL && absolute == NULL))
        return NULL;
    wide = text_utf16(base == NULL ? absolute : path, &length);
    if (wide != NULL && length <= 32767) {
        UNICODE_STRING name = text_string(wide, length);

        cm_walk(base != NULL ? base : cm_root, &name, flags, &key, NULL);
    }
    free(wide);
    free(absolute);
    return key;
}

struct cm_key *cm_key(struct cm_key *base, const char *path, bool create)
{
    return open_path(base, path, create ? CM_CREATE : 0);
}

struct cm_key *cm_key_volatile(struct cm_key *base, const char *path)
{
    return open_path(base, path, CM_CREATE | CM_VOLATILE);
}

bool cm_set(struct cm_key *key, const char *name, uint32_t type, const void *data, size_t size)
{
    size_t length;
    WCHAR *wide = text_utf16(name != NULL ? name : "", &length);
    bool done = wide != NULL && NT_SUCCESS(cm_value_set(key, wide, length, type, data, size));

    free(wide);
    return done;
}

bool cm_set_dword(struct cm_key *key, const char *name, uint32_t value)
{
    return cm_set(key, name, REG_DWORD, &value, sizeof(value));
}

bool cm_set_qword(struct cm_key *key, const char *name, uint64_t value)
{
    return cm_set(key, name, REG_QWORD, &value, sizeof(value));
}

static bool set_text(struct cm_key *key, const char *name, uint32_t type, const char *text)
{
    size_t length;
    WCHAR *wide = text_utf16(text, &length);
    bool done = wide != NULL && cm_set(key, name, type, wide, (length + 1) * sizeof(WCHAR));

    free(wide);
    return done;
}

bool cm_set_string(struct cm_key *key, const char *name, const char *text)
{
    return set_text(key, name, REG_SZ, text);
}

bool cm_set_expand(struct cm_key *key, const char *name, const char *text)
{
    return set_text(key, name, REG_EXPAND_SZ, text);
}

bool cm_set_multi(struct cm_key *key, const char *name, const char *const *texts, size_t count)
{
    size_t total = 1, at = 0;
    WCHAR *all;
    bool done;

    for (size_t i = 0; i < count; i++)
        total += text_to_utf16(NULL, 0, texts[i], strlen(texts[i]), NULL) + 1;
    all = calloc(total, sizeof(WCHAR));
    if (all == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        at += text_to_utf16(all + at, total - at, texts[i], strlen(texts[i]), NULL) + 1;
    done = cm_set(key, name, REG_MULTI_SZ, all, total * sizeof(WCHAR));
    free(all);
    return done;
}

static struct cm_entry *entry_of(struct cm_key *key, const char *name)
{
    size_t length;
    WCHAR *wide = text_utf16(name != NULL ? name : "", &length);
    struct cm_entry *entry = wide != NULL ? cm_value_find(key, wide, length) : NULL;

    free(wide);
    return entry;
}

static void describe(const struct cm_entry *entry, struct cm_value *value)
{
    *value = (struct cm_value){entry->type, entry->size, entry->data};
}

bool cm_get(struct cm_key *key, const char *name, struct cm_value *value)
{
    struct cm_entry *entry = entry_of(key, name);

    if (entry != NULL)
        describe(entry, value);
    return entry != NULL;
}

bool cm_get_string(struct cm_key *key, const char *name, char *buffer, size_t size)
{
    struct cm_value value;
    UNICODE_STRING text;
    size_t length;

    if (!cm_get(key, name, &value) || (value.type != REG_SZ && value.type != REG_EXPAND_SZ))
        return false;
    length = value.size / sizeof(WCHAR);
    text = text_string(value.data, length <= 32766 ? length : 32766);
    for (length = 0; length < text.Length / sizeof(WCHAR) && text.Buffer[length] != 0; length++)
        ;
    text.Length = (USHORT)(length * sizeof(WCHAR));
    text_utf8(buffer, size, &text);
    return true;
}

bool cm_get_dword(struct cm_key *key, const char *name, uint32_t *number)
{
    struct cm_value value;
    char text[32], *end;
    unsigned long n;

    if (!cm_get(key, name, &value))
        return false;
    if (value.type == REG_DWORD && value.size == sizeof(*number)) {
        memcpy(number, value.data, sizeof(*number));
        return true;
    }
    if (!cm_get_string(key, name, text, sizeof(text)))
        return false;
    n = strtoul(text, &end, 10);
    if (end == text || *end != 0)
        return false;
    *number = (uint32_t)n;
    return true;
}

bool cm_delete_value(struct cm_key *key, const char *name)
{
    struct cm_entry *entry = entry_of(key, name);

    if (entry != NULL)
        cm_value_delete(key, entry);
    return entry != NULL;
}

struct cm_key *cm_subkey(struct cm_key *key, unsigned n)
{
    list_each(node, &key->subkeys)
        if (n-- == 0)
            return container_of(node, struct cm_key, node);
    return NULL;
}

bool cm_value_at(struct cm_key *key, unsigned n, char *name, size_t size, struct cm_value *value)
{
    list_each(node, &key->values) {
        struct cm_entry *entry = container_of(node, struct cm_entry, node);
        UNICODE_STRING text = text_string(entry->name, entry->name_length);

        if (n-- != 0)
            continue;
        text_utf8(name, size, &text);
        describe(entry, value);
        return true;
    }
    return false;
}

const char *cm_name(const struct cm_key *key, char *buffer, size_t size)
{
    UNICODE_STRING text = text_string(key->name, key->name_length);

    return text_utf8(buffer, size, &text);
}

const char *cm_path(const struct cm_key *key, char *buffer, size_t size)
{
    WCHAR path[2048];
    size_t length = cm_full_name(key, path, 2048);
    UNICODE_STRING text = text_string(path, length <= 2048 ? length : 0);

    return text_utf8(buffer, size, &text);
}

static bool make_standard_keys(void)
{
    static const char *const keys[] = {
        "Machine\\System\\ControlSet001\\Control\\Class", "Machine\\System\\ControlSet001\\Control\\Session Manager",
        "Machine\\System\\ControlSet001\\Control\\Network", "Machine\\System\\ControlSet001\\Control\\DeviceClasses",
        "Machine\\System\\ControlSet001\\Control\\WMI\\Security", "Machine\\System\\ControlSet001\\Enum",
        "Machine\\System\\ControlSet001\\Services", "Machine\\System\\ControlSet001\\Hardware Profiles\\0001",
        "Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion", "Machine\\Hardware\\DeviceMap",
        "Machine\\Hardware\\Description\\System", "Machine\\Hardware\\ResourceMap", "User\\.Default",
    };
    struct cm_key *key;

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (cm_key(cm_root, keys[i], true) == NULL)
            return false;
    key = cm_key(cm_root, "Machine\\System\\CurrentControlSet", true);
    if (key == NULL)
        return false;
    key->link = cm_key(cm_root, "Machine\\System\\ControlSet001", false);
    key = cm_key(cm_root, "Machine\\System\\Select", true);
    if (key == NULL || !cm_set_dword(key, "Current", 1) || !cm_set_dword(key, "Default", 1))
        return false;
    key = cm_key(cm_root, "Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion", false);
    return cm_set_string(key, "CurrentVersion", "6.3") && cm_set_string(key, "CurrentBuildNumber", "19045") &&
           cm_set_string(key, "ProductName", "ring3") && cm_set_dword(key, "CurrentMajorVersionNumber", 10) &&
           cm_set_dword(key, "CurrentMinorVersionNumber", 0) && cm_set_string(key, "SystemRoot", "C:\\Windows");
}

NTSTATUS cm_start(void)
{
    cm_root = cm_create(NULL, (const WCHAR *)u"REGISTRY", 8, false);
    if (cm_root == NULL || cm_create(cm_root, (const WCHAR *)u"MACHINE", 7, false) == NULL ||
        cm_create(cm_root, (const WCHAR *)u"USER", 4, false) == NULL || !make_standard_keys()) {
        cm_stop();
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    return cm_object_start();
}

void cm_stop(void)
{
    cm_filter_stop();
    cm_object_stop();
    cm_end_holds();
    if (cm_root != NULL)
        cm_delete_tree(cm_root);
    cm_root = NULL;
}
