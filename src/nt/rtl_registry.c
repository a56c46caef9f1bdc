/* Registry helpers over the Zw calls' own machinery. PASSIVE_LEVEL. */
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "nt/cm_internal.h"
#include "nt/pool.h"
#include "ring3/rtl_registry.h"

#define REGISTRY_TAG 0x51726752u        /* "RgrQ" */

static const char *const bases[RTL_REGISTRY_MAXIMUM] = {
    [RTL_REGISTRY_ABSOLUTE] = "",
    [RTL_REGISTRY_SERVICES] = "Machine\\System\\CurrentControlSet\\Services",
    [RTL_REGISTRY_CONTROL] = "Machine\\System\\CurrentControlSet\\Control",
    [RTL_REGISTRY_WINDOWS_NT] = "Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion",
    [RTL_REGISTRY_DEVICEMAP] = "Machine\\Hardware\\DeviceMap",
    [RTL_REGISTRY_USER] = "User\\.Default",
};

/* \Registry\ in front of an absolute path. */
static bool strip_registry(UNICODE_STRING *path)
{
    UNICODE_STRING prefix = TEXT_STRING(u"\\Registry\\");
    size_t n = prefix.Length / sizeof(WCHAR);

    if (path->Length < prefix.Length || text_compare(path->Buffer, n, prefix.Buffer, n, true) != 0)
        return false;
    *path = text_string(path->Buffer + n, path->Length / sizeof(WCHAR) - n);
    return true;
}

static NTSTATUS open_relative(ULONG relative_to, PCWSTR path, bool create, struct cm_key **key)
{
    ULONG base_number = relative_to & ~(ULONG)(RTL_REGISTRY_OPTIONAL | RTL_REGISTRY_HANDLE);
    struct cm_key *base = cm_root;
    UNICODE_STRING name;
    size_t length;

    *key = NULL;
    if (relative_to & RTL_REGISTRY_HANDLE)
        return cm_from_handle((HANDLE)(uintptr_t)path, 0, key);
    length = path != NULL ? text_length(path) : 0;
    if (base_number >= RTL_REGISTRY_MAXIMUM || length > 32766)
        return STATUS_INVALID_PARAMETER;
    name = text_string(path, length);
    if (base_number == RTL_REGISTRY_ABSOLUTE && !strip_registry(&name))
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    if (base_number != RTL_REGISTRY_ABSOLUTE)
        base = cm_key(cm_root, bases[base_number], true);
    if (base == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    return cm_walk(base, &name, create ? CM_CREATE : 0, key, NULL);
}

/* RelativeTo: RTL_REGISTRY_*, with RTL_REGISTRY_HANDLE Path is a key handle. ValueName NULL is the default value. The key
 * must exist. docs: wdm/nf-wdm-rtlwriteregistryvalue */
NTSTATUS NTAPI RtlWriteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName, ULONG ValueType, PVOID ValueData,
                                     ULONG ValueLength)
{
    struct cm_key *key;
    NTSTATUS status = open_relative(RelativeTo, Path, true, &key);

    if (!NT_SUCCESS(status))
        return status;
    return cm_value_set(key, ValueName, ValueName != NULL ? text_length(ValueName) : 0, ValueType, ValueData, ValueLength);
}

/* STATUS_OBJECT_NAME_NOT_FOUND for a missing key or value. docs: wdm/nf-wdm-rtldeleteregistryvalue */
NTSTATUS NTAPI RtlDeleteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName)
{
    struct cm_key *key;
    struct cm_entry *entry;
    NTSTATUS status = open_relative(RelativeTo, Path, false, &key);

    if (!NT_SUCCESS(status))
        return status;
    entry = cm_value_find(key, ValueName, ValueName != NULL ? text_length(ValueName) : 0);
    if (entry == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    cm_value_delete(key, entry);
    return STATUS_SUCCESS;
}

/* Creates the key, with its parents. docs: wdm/nf-wdm-rtlcreateregistrykey */
NTSTATUS NTAPI RtlCreateRegistryKey(ULONG RelativeTo, PWSTR Path)
{
    struct cm_key *key;

    return open_relative(RelativeTo, Path, true, &key);
}

/* STATUS_SUCCESS when the key exists. docs: wdm/nf-wdm-rtlcheckregistrykey */
NTSTATUS NTAPI RtlCheckRegistryKey(ULONG RelativeTo, PWSTR Path)
{
    struct cm_key *key;

    return open_relative(RelativeTo, Path, false, &key);
}

/* ---- RtlQueryRegistryValues ----
 *
 * A query routine may change the registry, the very key and value it is called for as well: it gets a copy of the data
 * (with a terminator behind it), values are looked up again by name, and a key in use is held. A routine that raises leaves its holds
 * behind, until the registry ends. */

struct query {
    PRTL_QUERY_REGISTRY_TABLE entry;
    struct cm_key *top, *current;       /* held; NULL: does not exist */
    PVOID context;
    const void *caller;
};

static bool is_text(ULONG type)
{
    return type == REG_SZ || type == REG_EXPAND_SZ || type == REG_MULTI_SZ;
}

/* DIRECT with text: into the UNICODE_STRING, whose buffer is allocated when it has none. A terminator is not counted. */
static NTSTATUS direct_text(struct query *q, ULONG type, const void *data, ULONG size)
{
    PUNICODE_STRING to = q->entry->EntryContext;
    ULONG used = size & ~1u;

    if (type != REG_MULTI_SZ && used >= 2 && ((const WCHAR *)data)[used / 2 - 1] == 0)
        used -= 2;
    if (used > 0xFFFC)
        return STATUS_BUFFER_TOO_SMALL;
    if (to->Buffer == NULL) {
        to->Buffer = pool_alloc(PagedPool, used + 2, REGISTRY_TAG, q->caller);
        to->MaximumLength = (USHORT)(used + 2);
        if (to->Buffer == NULL)
            return STATUS_NO_MEMORY;
    } else if (used + (type == REG_MULTI_SZ ? 0 : 2) > to->MaximumLength) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    memcpy(to->Buffer, data, used);
    if (used + 2u <= to->MaximumLength)
        to->Buffer[used / 2] = 0;
    to->Length = (USHORT)used;
    return STATUS_SUCCESS;
}

static NTSTATUS direct_binary(struct query *q, ULONG type, const void *data, ULONG size)
{
    char *to = q->entry->EntryContext;
    LONG room;

    if (size <= sizeof(ULONG)) {
        memcpy(to, data, size);
        return STATUS_SUCCESS;
    }
    memcpy(&room, to, sizeof(room));
    if (room < 0) {
        if (size > (ULONG)-(LONGLONG)room)
            return STATUS_BUFFER_TOO_SMALL;
        memcpy(to, data, size);
        return STATUS_SUCCESS;
    }
    if ((ULONGLONG)size + 8 > (ULONG)room)
        return STATUS_BUFFER_TOO_SMALL;
    memcpy(to, &size, 4);
    memcpy(to + 4, &type, 4);
    memcpy(to + 8, data, size);
    return STATUS_SUCCESS;
}

/* A value as a routine gets it: one pool block, name first; two null characters stand behind the data. */
struct copy {
    WCHAR *name;
    void *data;
};

static bool copy_value(struct copy *copy, const WCHAR *name, size_t name_length, const void *data, ULONG size)
{
    size_t name_bytes = align_up((name_length + 1) * sizeof(WCHAR), 8);
    char *block = pool_alloc(PagedPool, name_bytes + size + 2 * sizeof(WCHAR), REGISTRY_TAG, NULL);

    if (block == NULL)
        return false;
    *copy = (struct copy){(WCHAR *)(void *)block, block + name_bytes};
    memcpy(copy->name, name, name_length * sizeof(WCHAR));
    copy->name[name_length] = 0;
    if (size != 0)
        memcpy(copy->data, data, size);
    memset((char *)copy->data + size, 0, 2 * sizeof(WCHAR));
    return true;
}

static NTSTATUS call(struct query *q, PWSTR name, ULONG type, const void *data, ULONG size)
{
    NTSTATUS status = q->entry->QueryRoutine(name, type, (PVOID)(uintptr_t)data, size, q->context, q->entry->EntryContext);

    return status == STATUS_BUFFER_TOO_SMALL ? STATUS_SUCCESS : status;
}

/* Each string of a REG_MULTI_SZ by itself. */
static NTSTATUS call_each(struct query *q, PWSTR name, const WCHAR *text, ULONG size)
{
    size_t n = size / sizeof(WCHAR), i = 0;
    NTSTATUS status = STATUS_SUCCESS;

    while (NT_SUCCESS(status) && i < n && text[i] != 0) {
        size_t start = i;

        while (i < n && text[i] != 0)
            i++;
        i++;                            /* with its terminator; the copy has one behind its end, too */
        status = call(q, name, REG_SZ, text + start, (ULONG)((i - start) * sizeof(WCHAR)));
    }
    return status;
}

/* A REG_EXPAND_SZ is given as REG_SZ with its variables as they are: the System process has no environment. */
static NTSTATUS call_with(struct query *q, PWSTR name, ULONG type, const void *data, ULONG size)
{
    bool raw = (q->entry->Flags & RTL_QUERY_REGISTRY_NOEXPAND) != 0;

    if (type == REG_MULTI_SZ && !raw)
        return call_each(q, name, data, size);
    return call(q, name, type == REG_EXPAND_SZ && !raw ? REG_SZ : type, data, size);
}

static NTSTATUS deliver(struct query *q, PWSTR name, ULONG type, const void *data, ULONG size)
{
    struct copy copy;
    NTSTATUS status;

    if (q->entry->Flags & RTL_QUERY_REGISTRY_DIRECT)
        return is_text(type) ? direct_text(q, type, data, size) : direct_binary(q, type, data, size);
    if (q->entry->QueryRoutine == NULL)
        return STATUS_SUCCESS;
    if (!copy_value(&copy, name, text_length(name), data, size))
        return STATUS_INSUFFICIENT_RESOURCES;
    status = call_with(q, copy.name, type, copy.data, size);
    pool_free(copy.name, REGISTRY_TAG, NULL);
    return status;
}

static ULONG default_length(PRTL_QUERY_REGISTRY_TABLE entry, ULONG type)
{
    const WCHAR *text = entry->DefaultData;
    ULONG n = 0;

    if (entry->DefaultLength != 0 || text == NULL || !is_text(type))
        return entry->DefaultLength;
    if (type != REG_MULTI_SZ)
        return (ULONG)((text_length(text) + 1) * sizeof(WCHAR));
    while (text[n] != 0)
        n += (ULONG)text_length(text + n) + 1;
    return (n + 1) * (ULONG)sizeof(WCHAR);
}

static NTSTATUS deliver_default(struct query *q)
{
    PRTL_QUERY_REGISTRY_TABLE entry = q->entry;
    ULONG type = entry->DefaultType & 0xFF;

    if (entry->Flags & RTL_QUERY_REGISTRY_REQUIRED)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (type == REG_NONE || entry->DefaultData == NULL)
        return STATUS_SUCCESS;
    return deliver(q, entry->Name, type, entry->DefaultData, default_length(entry, type));
}

static void delete_value(struct cm_key *key, const WCHAR *name)
{
    struct cm_entry *value = key->deleted ? NULL : cm_value_find(key, name, text_length(name));

    if (value != NULL)
        cm_value_delete(key, value);
}

static NTSTATUS query_named(struct query *q, struct cm_key *key)
{
    PRTL_QUERY_REGISTRY_TABLE entry = q->entry;
    struct cm_entry *value = key != NULL ? cm_value_find(key, entry->Name, text_length(entry->Name)) : NULL;
    NTSTATUS status;

    if (value == NULL)
        return deliver_default(q);
    if ((entry->Flags & RTL_QUERY_REGISTRY_NOSTRING) && is_text(value->type))
        return STATUS_OBJECT_TYPE_MISMATCH;
    if ((entry->Flags & RTL_QUERY_REGISTRY_TYPECHECK) && entry->DefaultType >> RTL_QUERY_REGISTRY_TYPECHECK_SHIFT != value->type)
        return STATUS_OBJECT_TYPE_MISMATCH;
    status = deliver(q, entry->Name, value->type, value->data, value->size);
    if (NT_SUCCESS(status) && (entry->Flags & RTL_QUERY_REGISTRY_DELETE))
        delete_value(key, entry->Name);
    return status;
}

/* The n-th value that the key has now: routines delete and add. */
static struct cm_entry *value_number(struct cm_key *key, ULONG n)
{
    list_each(node, &key->values)
        if (n-- == 0)
            return container_of(node, struct cm_entry, node);
    return NULL;
}

static NTSTATUS query_all(struct query *q, struct cm_key *key)
{
    ULONG limit = key != NULL ? key->value_count : 0, n = 0;
    NTSTATUS status = STATUS_SUCCESS;
    struct cm_entry *value;

    if (limit == 0)
        return q->entry->Flags & RTL_QUERY_REGISTRY_REQUIRED ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_SUCCESS;
    for (ULONG calls = 0; NT_SUCCESS(status) && calls < limit && (value = value_number(key, n)) != NULL; calls++) {
        status = deliver(q, value->name, value->type, value->data, value->size);
        if (!NT_SUCCESS(status) || value_number(key, n) != value)
            continue;                   /* the routine deleted it: the next one has its number */
        if (q->entry->Flags & RTL_QUERY_REGISTRY_DELETE)
            cm_value_delete(key, value);
        else
            n++;
    }
    return status;
}

/* Lets go of one key and takes another; a hold keeps a deleted key's memory. */
static void hold(struct cm_key **held, struct cm_key *key)
{
    if (key != NULL)
        cm_hold(key);
    if (*held != NULL)
        cm_let_go(*held);
    *held = key;
}

/* The Name of a SUBKEY entry, relative to the top key. */
static NTSTATUS enter_subkey(struct query *q)
{
    PRTL_QUERY_REGISTRY_TABLE entry = q->entry;
    struct cm_key *key = NULL;
    UNICODE_STRING path;

    if (entry->Name == NULL)
        return STATUS_INVALID_PARAMETER;
    path = text_string(entry->Name, text_length(entry->Name));
    if (q->top != NULL && !NT_SUCCESS(cm_walk(q->top, &path, 0, &key, NULL)))
        key = NULL;
    hold(&q->current, key);
    if (key == NULL && q->top != NULL && (entry->Flags & RTL_QUERY_REGISTRY_REQUIRED))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    return entry->QueryRoutine != NULL && key != NULL ? query_all(q, key) : STATUS_SUCCESS;
}

static NTSTATUS query_entry(struct query *q)
{
    PRTL_QUERY_REGISTRY_TABLE entry = q->entry;

    if ((entry->Flags & RTL_QUERY_REGISTRY_DIRECT) &&
        (entry->Name == NULL || (entry->Flags & RTL_QUERY_REGISTRY_SUBKEY) || entry->QueryRoutine != NULL))
        return STATUS_INVALID_PARAMETER;
    if (entry->Flags & RTL_QUERY_REGISTRY_SUBKEY)
        return enter_subkey(q);
    if (entry->Flags & RTL_QUERY_REGISTRY_TOPKEY)
        hold(&q->current, q->top);
    if (q->current != NULL && q->current->deleted)
        return STATUS_KEY_DELETED;
    if (entry->Flags & RTL_QUERY_REGISTRY_NOVALUE)
        return entry->QueryRoutine != NULL ? call(q, NULL, REG_NONE, NULL, 0) : STATUS_SUCCESS;
    return entry->Name != NULL ? query_named(q, q->current) : query_all(q, q->current);
}

static bool is_last(const RTL_QUERY_REGISTRY_TABLE *entry)
{
    return entry->QueryRoutine == NULL && entry->Name == NULL &&
           !(entry->Flags & (RTL_QUERY_REGISTRY_SUBKEY | RTL_QUERY_REGISTRY_DIRECT));
}

static NTSTATUS query_table(ULONG relative_to, PCWSTR path, PRTL_QUERY_REGISTRY_TABLE table, PVOID context, const void *caller)
{
    struct query q = {.context = context, .caller = caller};
    struct cm_key *found;
    NTSTATUS status = open_relative(relative_to, path, false, &found);

    if (!NT_SUCCESS(status) && !(relative_to & RTL_REGISTRY_OPTIONAL))
        return status == STATUS_OBJECT_PATH_NOT_FOUND ? STATUS_OBJECT_NAME_NOT_FOUND : status;
    hold(&q.top, NT_SUCCESS(status) ? found : NULL);
    hold(&q.current, q.top);
    status = STATUS_SUCCESS;
    for (q.entry = table; NT_SUCCESS(status) && !is_last(q.entry); q.entry++)
        status = query_entry(&q);
    hold(&q.current, NULL);
    hold(&q.top, NULL);
    return status;
}

/* Runs a table of queries: see the page for the flags. Buffers that DIRECT allocates are freed with
 * RtlFreeUnicodeString. docs: wdm/nf-wdm-rtlqueryregistryvalues */
NTSTATUS NTAPI RtlQueryRegistryValues(ULONG RelativeTo, PCWSTR Path, PRTL_QUERY_REGISTRY_TABLE QueryTable, PVOID Context,
                                      PVOID Environment)
{
    (void)Environment;
    return query_table(RelativeTo, Path, QueryTable, Context, __builtin_return_address(0));
}

/* The same; the page of the plain form covers it. docs: wdm/nf-wdm-rtlqueryregistryvalues */
NTSTATUS NTAPI RtlQueryRegistryValuesEx(ULONG RelativeTo, PCWSTR Path, PRTL_QUERY_REGISTRY_TABLE QueryTable, PVOID Context,
                                        PVOID Environment)
{
    (void)Environment;
    return query_table(RelativeTo, Path, QueryTable, Context, __builtin_return_address(0));
}
