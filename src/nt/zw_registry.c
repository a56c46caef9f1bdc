/* System calls on keys. PASSIVE_LEVEL. Handles opened in kernel mode are not checked for access, as on Windows. */
#include <string.h>

#include "nt/cm_internal.h"
#include "nt/cm_object.h"
#include "nt/ob.h"
#include "nt/zw_registry.h"

/* Bytes that a driver's buffer takes: the fixed part must fit whole (else STATUS_BUFFER_TOO_SMALL and nothing is
 * written); the rest is cut (STATUS_BUFFER_OVERFLOW). */
NTSTATUS reg_out(void *to, ULONG room, PULONG needed, const void *fixed, ULONG fixed_size, const struct reg_part *parts,
                 unsigned count)
{
    ULONG total = fixed_size;

    for (unsigned i = 0; i < count; i++)
        if (parts[i].offset + parts[i].size > total)
            total = parts[i].offset + parts[i].size;
    *needed = total;
    if (room < fixed_size)
        return STATUS_BUFFER_TOO_SMALL;
    memcpy(to, fixed, fixed_size);
    for (unsigned i = 0; i < count; i++) {
        ULONG left = parts[i].offset < room ? room - parts[i].offset : 0;

        if (parts[i].size != 0 && left != 0)
            memcpy((char *)to + parts[i].offset, parts[i].data, parts[i].size < left ? parts[i].size : left);
    }
    return room < total ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static NTSTATUS open_key(const OBJECT_ATTRIBUTES *attributes, struct cm_open *open, ACCESS_MASK access, PHANDLE handle)
{
    struct ob_lookup lookup = {.type = CmKeyObjectType, .access = access, .context = open};
    void *body;
    NTSTATUS status = ob_find(attributes, &lookup, &body);

    *handle = NULL;
    if (!NT_SUCCESS(status))
        return status;
    status = ob_open_handle(body, access, attributes->Attributes, handle);
    ob_dereference(body);
    return status;
}

/* Creates or opens a key; its parent must exist. *Disposition (may be NULL): REG_CREATED_NEW_KEY or
 * REG_OPENED_EXISTING_KEY. REG_OPTION_VOLATILE keys have volatile subkeys only: STATUS_CHILD_MUST_BE_VOLATILE.
 * REG_OPTION_CREATE_LINK is refused: STATUS_NOT_SUPPORTED. docs: wdm/nf-wdm-zwcreatekey */
NTSTATUS NTAPI ZwCreateKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                           ULONG TitleIndex, PUNICODE_STRING Class, ULONG CreateOptions, PULONG Disposition)
{
    struct cm_open open = {.create = true, .is_volatile = CreateOptions & REG_OPTION_VOLATILE,
                           .open_link = CreateOptions & REG_OPTION_OPEN_LINK};
    struct cm_key *key;
    NTSTATUS status;

    (void)TitleIndex;
    if (CreateOptions & REG_OPTION_CREATE_LINK)
        return STATUS_NOT_SUPPORTED;
    status = open_key(ObjectAttributes, &open, DesiredAccess, KeyHandle);
    if (!NT_SUCCESS(status))
        return status;
    if (open.created && Class != NULL && Class->Length != 0 && NT_SUCCESS(cm_from_handle(*KeyHandle, 0, &key)))
        status = reg_set_class(key, Class);
    if (Disposition != NULL)
        *Disposition = open.created ? REG_CREATED_NEW_KEY : REG_OPENED_EXISTING_KEY;
    return status;
}

/* STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_PATH_SYNTAX_BAD. docs: wdm/nf-wdm-zwopenkey */
NTSTATUS NTAPI ZwOpenKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes)
{
    struct cm_open open = {0};

    return open_key(ObjectAttributes, &open, DesiredAccess, KeyHandle);
}

/* OpenOptions: REG_OPTION_OPEN_LINK opens a link itself. docs: wdm/nf-wdm-zwopenkeyex */
NTSTATUS NTAPI ZwOpenKeyEx(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, ULONG OpenOptions)
{
    struct cm_open open = {.open_link = OpenOptions & REG_OPTION_OPEN_LINK};

    if (OpenOptions & ~(ULONG)(REG_OPTION_OPEN_LINK | REG_OPTION_BACKUP_RESTORE))
        return STATUS_INVALID_PARAMETER;
    return open_key(ObjectAttributes, &open, DesiredAccess, KeyHandle);
}

/* A key with subkeys cannot be deleted: STATUS_CANNOT_DELETE. The handle stays open and fails from now on.
 * docs: wdm/nf-wdm-zwdeletekey */
NTSTATUS NTAPI ZwDeleteKey(HANDLE KeyHandle)
{
    struct cm_key *key;
    NTSTATUS status = cm_from_handle(KeyHandle, DELETE, &key);

    if (!NT_SUCCESS(status))
        return status;
    if (key->subkey_count != 0 || key->parent == NULL)
        return STATUS_CANNOT_DELETE;
    cm_delete(key);
    return STATUS_SUCCESS;
}

/* A new last name. STATUS_CANNOT_DELETE is Windows' answer for a root. */
NTSTATUS NTAPI ZwRenameKey(HANDLE KeyHandle, PUNICODE_STRING NewName)
{
    struct cm_key *key, *other;
    size_t length = NewName->Length / sizeof(WCHAR);
    NTSTATUS status = cm_from_handle(KeyHandle, KEY_WRITE, &key);

    if (!NT_SUCCESS(status))
        return status;
    if (length == 0 || length > CM_MAX_NAME || key->parent == NULL)
        return STATUS_INVALID_PARAMETER;
    for (size_t i = 0; i < length; i++)
        if (NewName->Buffer[i] == '\\')
            return STATUS_INVALID_PARAMETER;
    other = cm_find(key->parent, NewName->Buffer, length);
    if (other != NULL && other != key)
        return STATUS_CANNOT_DELETE;
    return reg_rename(key, NewName);
}

/* docs: wdm/nf-wdm-zwsetvaluekey */
NTSTATUS NTAPI ZwSetValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName, ULONG TitleIndex, ULONG Type, PVOID Data,
                             ULONG DataSize)
{
    struct cm_key *key;
    NTSTATUS status = cm_from_handle(KeyHandle, KEY_SET_VALUE, &key);

    (void)TitleIndex;
    if (!NT_SUCCESS(status))
        return status;
    if (Data == NULL && DataSize != 0)
        return STATUS_ACCESS_VIOLATION;
    return cm_value_set(key, ValueName->Buffer, ValueName->Length / sizeof(WCHAR), Type, Data, DataSize);
}

/* STATUS_OBJECT_NAME_NOT_FOUND. docs: wdm/nf-wdm-zwdeletevaluekey */
NTSTATUS NTAPI ZwDeleteValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName)
{
    struct cm_key *key;
    struct cm_entry *entry;
    NTSTATUS status = cm_from_handle(KeyHandle, KEY_SET_VALUE, &key);

    if (!NT_SUCCESS(status))
        return status;
    entry = cm_value_find(key, ValueName->Buffer, ValueName->Length / sizeof(WCHAR));
    if (entry == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    cm_value_delete(key, entry);
    return STATUS_SUCCESS;
}

/* The registry is in memory: there is nothing to write. docs: wdm/nf-wdm-zwflushkey */
NTSTATUS NTAPI ZwFlushKey(HANDLE KeyHandle)
{
    struct cm_key *key;

    return cm_from_handle(KeyHandle, 0, &key);
}

/* KeyWriteTimeInformation only; STATUS_INVALID_INFO_CLASS for others. docs: wdm/ne-wdm-_key_set_information_class */
NTSTATUS NTAPI ZwSetInformationKey(HANDLE KeyHandle, KEY_SET_INFORMATION_CLASS KeySetInformationClass, PVOID KeySetInformation,
                                   ULONG KeySetInformationLength)
{
    struct cm_key *key;
    NTSTATUS status = cm_from_handle(KeyHandle, KEY_SET_VALUE, &key);

    if (!NT_SUCCESS(status))
        return status;
    if (KeySetInformationClass != KeyWriteTimeInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (KeySetInformationLength != sizeof(KEY_WRITE_TIME_INFORMATION))
        return STATUS_INFO_LENGTH_MISMATCH;
    key->last_write = (uint64_t)((KEY_WRITE_TIME_INFORMATION *)KeySetInformation)->LastWriteTime.QuadPart;
    return STATUS_SUCCESS;
}
