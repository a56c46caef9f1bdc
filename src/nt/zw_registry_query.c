/* Registry queries: keys and values in the layouts of their information classes. PASSIVE_LEVEL. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "nt/cm_internal.h"
#include "nt/zw_registry.h"

static NTSTATUS copy_text(WCHAR **to, const UNICODE_STRING *name)
{
    WCHAR *text = malloc(name->Length + sizeof(WCHAR));

    if (text == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(text, name->Buffer, name->Length);
    text[name->Length / sizeof(WCHAR)] = 0;
    free(*to);
    *to = text;
    return STATUS_SUCCESS;
}

NTSTATUS reg_set_class(struct cm_key *key, const UNICODE_STRING *name)
{
    NTSTATUS status = copy_text(&key->class_name, name);

    if (NT_SUCCESS(status))
        key->class_length = name->Length / sizeof(WCHAR);
    return status;
}

NTSTATUS reg_rename(struct cm_key *key, const UNICODE_STRING *name)
{
    NTSTATUS status = copy_text(&key->name, name);

    if (!NT_SUCCESS(status))
        return status;
    key->name_length = name->Length / sizeof(WCHAR);
    cm_touch(key, REG_NOTIFY_CHANGE_NAME);
    return STATUS_SUCCESS;
}

struct maxima {
    ULONG name, class_name, value_name, data;
};

static struct maxima measure(const struct cm_key *key)
{
    struct maxima m = {0};

    list_each(node, &key->subkeys) {
        const struct cm_key *k = container_of(node, struct cm_key, node);

        m.name = k->name_length * 2 > m.name ? k->name_length * 2 : m.name;
        m.class_name = k->class_length * 2 > m.class_name ? k->class_length * 2 : m.class_name;
    }
    list_each(node, &key->values) {
        const struct cm_entry *e = container_of(node, struct cm_entry, node);

        m.value_name = e->name_length * 2 > m.value_name ? e->name_length * 2 : m.value_name;
        m.data = e->size > m.data ? e->size : m.data;
    }
    return m;
}

static NTSTATUS query_basic(struct cm_key *key, void *to, ULONG room, PULONG needed)
{
    KEY_BASIC_INFORMATION info = {.LastWriteTime.QuadPart = (LONGLONG)key->last_write, .NameLength = key->name_length * 2};
    struct reg_part name = {offsetof(KEY_BASIC_INFORMATION, Name), key->name, info.NameLength};

    return reg_out(to, room, needed, &info, offsetof(KEY_BASIC_INFORMATION, Name), &name, 1);
}

static NTSTATUS query_node(struct cm_key *key, void *to, ULONG room, PULONG needed)
{
    KEY_NODE_INFORMATION info = {.LastWriteTime.QuadPart = (LONGLONG)key->last_write, .NameLength = key->name_length * 2,
                                 .ClassLength = key->class_length * 2, .ClassOffset = 0xFFFFFFFF};
    struct reg_part parts[2] = {{offsetof(KEY_NODE_INFORMATION, Name), key->name, info.NameLength}};

    if (key->class_length != 0) {
        info.ClassOffset = (parts[0].offset + parts[0].size + 3) & ~3u;
        parts[1] = (struct reg_part){info.ClassOffset, key->class_name, info.ClassLength};
    }
    return reg_out(to, room, needed, &info, offsetof(KEY_NODE_INFORMATION, Name), parts, key->class_length != 0 ? 2 : 1);
}

static NTSTATUS query_full(struct cm_key *key, void *to, ULONG room, PULONG needed)
{
    struct maxima m = measure(key);
    KEY_FULL_INFORMATION info = {
        .LastWriteTime.QuadPart = (LONGLONG)key->last_write, .ClassLength = key->class_length * 2,
        .ClassOffset = key->class_length != 0 ? offsetof(KEY_FULL_INFORMATION, Class) : 0xFFFFFFFF,
        .SubKeys = key->subkey_count, .MaxNameLen = m.name, .MaxClassLen = m.class_name, .Values = key->value_count,
        .MaxValueNameLen = m.value_name, .MaxValueDataLen = m.data,
    };
    struct reg_part name = {offsetof(KEY_FULL_INFORMATION, Class), key->class_name, info.ClassLength};

    return reg_out(to, room, needed, &info, offsetof(KEY_FULL_INFORMATION, Class), &name, 1);
}

static NTSTATUS query_name(struct cm_key *key, void *to, ULONG room, PULONG needed)
{
    size_t length = cm_full_name(key, NULL, 0);
    WCHAR *path = malloc(length * sizeof(WCHAR));
    KEY_NAME_INFORMATION info = {.NameLength = (ULONG)(length * sizeof(WCHAR))};
    struct reg_part name = {offsetof(KEY_NAME_INFORMATION, Name), path, info.NameLength};
    NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;

    if (path != NULL) {
        cm_full_name(key, path, length);
        status = reg_out(to, room, needed, &info, offsetof(KEY_NAME_INFORMATION, Name), &name, 1);
    }
    free(path);
    return status;
}

static NTSTATUS query_cached(struct cm_key *key, void *to, ULONG room, PULONG needed)
{
    struct maxima m = measure(key);
    KEY_CACHED_INFORMATION info = {
        .LastWriteTime.QuadPart = (LONGLONG)key->last_write, .SubKeys = key->subkey_count, .MaxNameLen = m.name,
        .Values = key->value_count, .MaxValueNameLen = m.value_name, .MaxValueDataLen = m.data,
        .NameLength = key->name_length * 2,
    };

    return reg_out(to, room, needed, &info, sizeof(info), NULL, 0);
}

static NTSTATUS query_key(struct cm_key *key, KEY_INFORMATION_CLASS class, void *to, ULONG room, PULONG needed)
{
    switch (class) {
    case KeyBasicInformation:
        return query_basic(key, to, room, needed);
    case KeyNodeInformation:
        return query_node(key, to, room, needed);
    case KeyFullInformation:
        return query_full(key, to, room, needed);
    case KeyNameInformation:
        return query_name(key, to, room, needed);
    case KeyCachedInformation:
        return query_cached(key, to, room, needed);
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

/* Classes: basic, node, full, name, cached. STATUS_BUFFER_TOO_SMALL (nothing written), STATUS_BUFFER_OVERFLOW (cut).
 * docs: wdm/nf-wdm-zwquerykey */
NTSTATUS NTAPI ZwQueryKey(HANDLE KeyHandle, KEY_INFORMATION_CLASS KeyInformationClass, PVOID KeyInformation, ULONG Length,
                          PULONG ResultLength)
{
    struct cm_key *key;
    NTSTATUS status = cm_from_handle(KeyHandle, KEY_QUERY_VALUE, &key);

    return NT_SUCCESS(status) ? query_key(key, KeyInformationClass, KeyInformation, Length, ResultLength) : status;
}

/* The Index-th subkey. STATUS_NO_MORE_ENTRIES ends an enumeration. Classes: basic, node, full.
 * docs: wdm/nf-wdm-zwenumeratekey */
NTSTATUS NTAPI ZwEnumerateKey(HANDLE KeyHandle, ULONG Index, KEY_INFORMATION_CLASS KeyInformationClass, PVOID KeyInformation,
                              ULONG Length, PULONG ResultLength)
{
    struct cm_key *key;
    NTSTATUS status = cm_from_handle(KeyHandle, KEY_ENUMERATE_SUB_KEYS, &key);

    if (!NT_SUCCESS(status))
        return status;
    if (KeyInformationClass != KeyBasicInformation && KeyInformationClass != KeyNodeInformation &&
        KeyInformationClass != KeyFullInformation)
        return STATUS_INVALID_PARAMETER;
    key = cm_subkey(key, Index);
    if (key == NULL)
        return STATUS_NO_MORE_ENTRIES;
    return query_key(key, KeyInformationClass, KeyInformation, Length, ResultLength);
}

static NTSTATUS value_full(const struct cm_entry *e, ULONG align, void *to, ULONG room, PULONG needed)
{
    ULONG head = offsetof(KEY_VALUE_FULL_INFORMATION, Name), name = e->name_length * 2;
    KEY_VALUE_FULL_INFORMATION info = {
        .Type = e->type, .DataOffset = (head + name + align - 1) & ~(align - 1), .DataLength = e->size, .NameLength = name,
    };
    struct reg_part parts[2] = {{head, e->name, name}, {info.DataOffset, e->data, e->size}};

    return reg_out(to, room, needed, &info, head, parts, 2);
}

static NTSTATUS query_value(const struct cm_entry *e, KEY_VALUE_INFORMATION_CLASS class, void *to, ULONG room, PULONG needed)
{
    KEY_VALUE_BASIC_INFORMATION basic = {.Type = e->type, .NameLength = e->name_length * 2};
    KEY_VALUE_PARTIAL_INFORMATION partial = {.Type = e->type, .DataLength = e->size};
    KEY_VALUE_PARTIAL_INFORMATION_ALIGN64 aligned = {.Type = e->type, .DataLength = e->size};
    struct reg_part part;

    switch (class) {
    case KeyValueBasicInformation:
        part = (struct reg_part){offsetof(KEY_VALUE_BASIC_INFORMATION, Name), e->name, basic.NameLength};
        return reg_out(to, room, needed, &basic, part.offset, &part, 1);
    case KeyValueFullInformation:
        return value_full(e, 4, to, room, needed);
    case KeyValueFullInformationAlign64:
        return value_full(e, 8, to, room, needed);
    case KeyValuePartialInformation:
        part = (struct reg_part){offsetof(KEY_VALUE_PARTIAL_INFORMATION, Data), e->data, e->size};
        return reg_out(to, room, needed, &partial, part.offset, &part, 1);
    case KeyValuePartialInformationAlign64:
        part = (struct reg_part){offsetof(KEY_VALUE_PARTIAL_INFORMATION_ALIGN64, Data), e->data, e->size};
        return reg_out(to, room, needed, &aligned, part.offset, &part, 1);
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

/* STATUS_OBJECT_NAME_NOT_FOUND, STATUS_BUFFER_TOO_SMALL, STATUS_BUFFER_OVERFLOW. docs: wdm/nf-wdm-zwqueryvaluekey */
NTSTATUS NTAPI ZwQueryValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName, KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
                               PVOID KeyValueInformation, ULONG Length, PULONG ResultLength)
{
    struct cm_key *key;
    struct cm_entry *entry;
    NTSTATUS status = cm_from_handle(KeyHandle, KEY_QUERY_VALUE, &key);

    if (!NT_SUCCESS(status))
        return status;
    entry = cm_value_find(key, ValueName->Buffer, ValueName->Length / sizeof(WCHAR));
    if (entry == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    return query_value(entry, KeyValueInformationClass, KeyValueInformation, Length, ResultLength);
}

/* docs: wdm/nf-wdm-zwenumeratevaluekey */
NTSTATUS NTAPI ZwEnumerateValueKey(HANDLE KeyHandle, ULONG Index, KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
                                   PVOID KeyValueInformation, ULONG Length, PULONG ResultLength)
{
    struct cm_key *key;
    NTSTATUS status = cm_from_handle(KeyHandle, KEY_QUERY_VALUE, &key);

    if (!NT_SUCCESS(status))
        return status;
    list_each(node, &key->values)
        if (Index-- == 0)
            return query_value(container_of(node, struct cm_entry, node), KeyValueInformationClass, KeyValueInformation,
                               Length, ResultLength);
    return STATUS_NO_MORE_ENTRIES;
}

/* Several values at once: each entry gets its type, and length and offset of its data in ValueBuffer.
 * STATUS_BUFFER_OVERFLOW with the bytes needed, STATUS_OBJECT_NAME_NOT_FOUND. */
NTSTATUS NTAPI ZwQueryMultipleValueKey(HANDLE KeyHandle, PKEY_VALUE_ENTRY ValueEntries, ULONG EntryCount, PVOID ValueBuffer,
                                       PULONG BufferLength, PULONG RequiredBufferLength)
{
    ULONG at = 0, room = *BufferLength;
    struct cm_key *key;
    NTSTATUS status = cm_from_handle(KeyHandle, KEY_QUERY_VALUE, &key);

    for (ULONG i = 0; NT_SUCCESS(status) && i < EntryCount; i++) {
        PUNICODE_STRING name = ValueEntries[i].ValueName;
        struct cm_entry *e = cm_value_find(key, name->Buffer, name->Length / sizeof(WCHAR));

        if (e == NULL)
            return STATUS_OBJECT_NAME_NOT_FOUND;
        at = (at + 3) & ~3u;
        ValueEntries[i].Type = e->type;
        ValueEntries[i].DataLength = e->size;
        ValueEntries[i].DataOffset = at;
        if (at <= room && e->size <= room - at)
            memcpy((char *)ValueBuffer + at, e->data, e->size);
        at += e->size;
    }
    if (!NT_SUCCESS(status))
        return status;
    *BufferLength = at < room ? at : room;
    if (RequiredBufferLength != NULL)
        *RequiredBufferLength = at;
    return at > room ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}
