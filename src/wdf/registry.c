/* Registry keys. Every function: PASSIVE_LEVEL. docs: wdf/using-the-registry-in-framework-based-drivers */
#include "wdf/collection.h"
#include "wdf/device.h"
#include "wdf/driver.h"
#include "wdf/key.h"
#include "wdf/memory.h"

#include "nt/pool.h"

struct wdf_key {
    struct wdf_object object;
    HANDLE handle;
};

static void key_destroyed(struct wdf_object *object)
{
    struct wdf_key *key = container_of(object, struct wdf_key, object);

    if (key->handle)
        ZwClose(key->handle);
}

const struct wdf_type wdf_key_type = { .name = "WDFKEY", .size = sizeof(struct wdf_key), .passive = true,
                                       .destroyed = key_destroyed };

static struct wdf_key *key_check(WDFKEY handle, const void *caller)
{
    return wdf_check(handle, &wdf_key_type, caller);
}

NTSTATUS wdf_key_new(struct wdf_client *client, PWDF_OBJECT_ATTRIBUTES attributes, struct wdf_object *parent, HANDLE handle,
                     const void *caller, WDFKEY *result)
{
    struct wdf_create create = { .type = &wdf_key_type, .client = client, .attributes = attributes, .parent = parent,
                                 .caller = caller };
    struct wdf_key *key;
    NTSTATUS status = wdf_object_create(&create, &key);

    if (!NT_SUCCESS(status)) {
        ZwClose(handle);
        return status;
    }
    key->handle = handle;
    *result = (WDFKEY)key;
    return STATUS_SUCCESS;
}

/* --- keys ---------------------------------------------------------------------------------------------------------------------- */

/* Opens a key below ParentKey (NULL: an absolute path). STATUS_OBJECT_NAME_NOT_FOUND, STATUS_ACCESS_DENIED and errors of
 * wdf_object_create. docs: wdfregistry/nf-wdfregistry-wdfregistryopenkey */
NTSTATUS NTAPI WdfRegistryOpenKey(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY ParentKey, PCUNICODE_STRING KeyName,
                                  ACCESS_MASK DesiredAccess, PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key)
{
    const void *caller = WDF_CALLER();
    struct wdf_key *parent = ParentKey ? key_check(ParentKey, caller) : NULL;
    OBJECT_ATTRIBUTES attributes;
    HANDLE handle;

    wdf_need(KeyName, caller);
    wdf_need(Key, caller);
    *Key = NULL;
    InitializeObjectAttributes(&attributes, (PUNICODE_STRING)KeyName, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE,
                               parent ? parent->handle : NULL, NULL);
    NTSTATUS status = ZwOpenKey(&handle, DesiredAccess, &attributes);
    return NT_SUCCESS(status) ? wdf_key_new(wdf_client_of(DriverGlobals), KeyAttributes, NULL, handle, caller, Key) : status;
}

/* Creates it, or opens it when it is there. docs: wdfregistry/nf-wdfregistry-wdfregistrycreatekey */
NTSTATUS NTAPI WdfRegistryCreateKey(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY ParentKey, PCUNICODE_STRING KeyName,
                                    ACCESS_MASK DesiredAccess, ULONG CreateOptions, PULONG CreateDisposition,
                                    PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key)
{
    const void *caller = WDF_CALLER();
    struct wdf_key *parent = ParentKey ? key_check(ParentKey, caller) : NULL;
    OBJECT_ATTRIBUTES attributes;
    HANDLE handle;

    wdf_need(KeyName, caller);
    wdf_need(Key, caller);
    *Key = NULL;
    InitializeObjectAttributes(&attributes, (PUNICODE_STRING)KeyName, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE,
                               parent ? parent->handle : NULL, NULL);
    NTSTATUS status = ZwCreateKey(&handle, DesiredAccess, &attributes, 0, NULL, CreateOptions, CreateDisposition);
    return NT_SUCCESS(status) ? wdf_key_new(wdf_client_of(DriverGlobals), KeyAttributes, NULL, handle, caller, Key) : status;
}

/* Closes a key and deletes its object. docs: wdfregistry/nf-wdfregistry-wdfregistryclose */
VOID NTAPI WdfRegistryClose(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key)
{
    struct wdf_key *key = key_check(Key, WDF_CALLER());

    ZwClose(key->handle);
    key->handle = NULL;
    wdf_object_delete(key);
}

/* docs: wdfregistry/nf-wdfregistry-wdfregistrywdmgethandle */
HANDLE NTAPI WdfRegistryWdmGetHandle(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key)
{
    return key_check(Key, WDF_CALLER())->handle;
}

/* Removes the key from the registry, and its object. docs: wdfregistry/nf-wdfregistry-wdfregistryremovekey */
NTSTATUS NTAPI WdfRegistryRemoveKey(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key)
{
    struct wdf_key *key = key_check(Key, WDF_CALLER());
    NTSTATUS status = ZwDeleteKey(key->handle);

    if (NT_SUCCESS(status)) {
        ZwClose(key->handle);
        key->handle = NULL;
        wdf_object_delete(key);
    }
    return status;
}

/* docs: wdfregistry/nf-wdfregistry-wdfregistryremovevalue */
NTSTATUS NTAPI WdfRegistryRemoveValue(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName)
{
    const void *caller = WDF_CALLER();
    struct wdf_key *key = key_check(Key, caller);

    wdf_need(ValueName, caller);
    return ZwDeleteValueKey(key->handle, (PUNICODE_STRING)ValueName);
}

/* --- reading ---------------------------------------------------------------------------------------------------------------------- */

/* The value with its data; free with wdf_free. */
static NTSTATUS read_value(struct wdf_key *key, PCUNICODE_STRING name, const void *caller, KEY_VALUE_PARTIAL_INFORMATION **result)
{
    KEY_VALUE_PARTIAL_INFORMATION *info;
    ULONG size = 0, room;
    NTSTATUS status = ZwQueryValueKey(key->handle, (PUNICODE_STRING)name, KeyValuePartialInformation, NULL, 0, &size);

    if (status != STATUS_BUFFER_TOO_SMALL && status != STATUS_BUFFER_OVERFLOW)
        return NT_SUCCESS(status) ? STATUS_UNSUCCESSFUL : status;
    room = size + 2 * sizeof(WCHAR);    /* zeros behind the data: texts may lack their terminators */
    info = wdf_alloc(key->object.client, PagedPool, room, caller);
    if (!info)
        return STATUS_INSUFFICIENT_RESOURCES;
    memset(info, 0, room);
    status = ZwQueryValueKey(key->handle, (PUNICODE_STRING)name, KeyValuePartialInformation, info, size, &size);
    if (!NT_SUCCESS(status)) {
        wdf_free(info);
        return status;
    }
    *result = info;
    return STATUS_SUCCESS;
}

/* The value's bytes into Value; ValueLengthQueried and ValueType may be NULL. STATUS_BUFFER_OVERFLOW: the buffer is too small,
 * ValueLengthQueried says how much it takes. STATUS_OBJECT_NAME_NOT_FOUND. docs: wdfregistry/nf-wdfregistry-wdfregistryqueryvalue */
NTSTATUS NTAPI WdfRegistryQueryValue(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName,
                                     ULONG ValueLength, PVOID Value, PULONG ValueLengthQueried, PULONG ValueType)
{
    const void *caller = WDF_CALLER();
    struct wdf_key *key = key_check(Key, caller);
    KEY_VALUE_PARTIAL_INFORMATION *info;

    wdf_need(ValueName, caller);
    if (ValueLength && !Value)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = read_value(key, ValueName, caller, &info);
    if (!NT_SUCCESS(status))
        return status;
    if (ValueLengthQueried)
        *ValueLengthQueried = info->DataLength;
    if (ValueType)
        *ValueType = info->Type;
    if (info->DataLength > ValueLength)
        status = STATUS_BUFFER_OVERFLOW;
    else if (info->DataLength)
        memcpy(Value, info->Data, info->DataLength);
    wdf_free(info);
    return status;
}

/* The value's bytes as a new memory object. STATUS_RESOURCE_DATA_NOT_FOUND when it is empty, STATUS_OBJECT_NAME_NOT_FOUND.
 * docs: wdfregistry/nf-wdfregistry-wdfregistryquerymemory */
NTSTATUS NTAPI WdfRegistryQueryMemory(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName,
                                      POOL_TYPE PoolType, PWDF_OBJECT_ATTRIBUTES MemoryAttributes, WDFMEMORY *Memory,
                                      PULONG ValueType)
{
    const void *caller = WDF_CALLER();
    struct wdf_key *key = key_check(Key, caller);
    KEY_VALUE_PARTIAL_INFORMATION *info;

    wdf_need(ValueName, caller);
    wdf_need(Memory, caller);
    *Memory = NULL;
    NTSTATUS status = read_value(key, ValueName, caller, &info);
    if (!NT_SUCCESS(status))
        return status;
    if (ValueType)
        *ValueType = info->Type;
    if (!info->DataLength)
        status = STATUS_RESOURCE_DATA_NOT_FOUND;
    else
        status = wdf_memory_copy_of(key->object.client, MemoryAttributes, PoolType, info->Data, info->DataLength, caller, Memory);
    wdf_free(info);
    return status;
}

static NTSTATUS read_text(struct wdf_key *key, PCUNICODE_STRING name, ULONG type, const void *caller,
                          KEY_VALUE_PARTIAL_INFORMATION **info)
{
    NTSTATUS status = read_value(key, name, caller, info);

    if (NT_SUCCESS(status) && (*info)->Type != type) {
        wdf_free(*info);
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    return status;
}

/* Bytes of the text, without a terminator at the end. */
static size_t text_bytes(const KEY_VALUE_PARTIAL_INFORMATION *info)
{
    size_t bytes = info->DataLength & ~(ULONG)1;
    const WCHAR *text = (const WCHAR *)(const void *)info->Data;

    while (bytes && !text[bytes / sizeof(WCHAR) - 1])
        bytes -= sizeof(WCHAR);
    return bytes;
}

/* The text of a REG_SZ value, with its terminator when there is room. ValueByteLength (may be NULL): the bytes it takes with
 * the terminator. STATUS_BUFFER_OVERFLOW, STATUS_OBJECT_TYPE_MISMATCH, STATUS_OBJECT_NAME_NOT_FOUND.
 * docs: wdfregistry/nf-wdfregistry-wdfregistryqueryunicodestring */
NTSTATUS NTAPI WdfRegistryQueryUnicodeString(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName,
                                             PUSHORT ValueByteLength, PUNICODE_STRING Value)
{
    const void *caller = WDF_CALLER();
    struct wdf_key *key = key_check(Key, caller);
    KEY_VALUE_PARTIAL_INFORMATION *info;

    wdf_need(ValueName, caller);
    NTSTATUS status = read_text(key, ValueName, REG_SZ, caller, &info);
    if (!NT_SUCCESS(status))
        return status;
    size_t bytes = text_bytes(info), whole = bytes + sizeof(WCHAR);
    if (ValueByteLength)
        *ValueByteLength = (USHORT)whole;
    if (Value) {
        if (!Value->Buffer || Value->MaximumLength < bytes) {
            status = STATUS_BUFFER_OVERFLOW;
        } else {
            memcpy(Value->Buffer, info->Data, bytes);
            Value->Length = (USHORT)bytes;
            if (Value->MaximumLength >= whole)
                Value->Buffer[bytes / sizeof(WCHAR)] = 0;
        }
    }
    wdf_free(info);
    return status;
}

/* The same into a string object. docs: wdfregistry/nf-wdfregistry-wdfregistryquerystring */
NTSTATUS NTAPI WdfRegistryQueryString(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName, WDFSTRING String)
{
    const void *caller = WDF_CALLER();
    struct wdf_key *key = key_check(Key, caller);
    KEY_VALUE_PARTIAL_INFORMATION *info;

    wdf_need(ValueName, caller);
    NTSTATUS status = read_text(key, ValueName, REG_SZ, caller, &info);
    if (!NT_SUCCESS(status))
        return status;
    status = wdf_string_set(String, (const WCHAR *)(const void *)info->Data, text_bytes(info), caller);
    wdf_free(info);
    return status;
}

/* Each text of a REG_MULTI_SZ value as a new string object at the end of a collection.
 * docs: wdfregistry/nf-wdfregistry-wdfregistryquerymultistring */
NTSTATUS NTAPI WdfRegistryQueryMultiString(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName,
                                           PWDF_OBJECT_ATTRIBUTES StringsAttributes, WDFCOLLECTION Collection)
{
    const void *caller = WDF_CALLER();
    struct wdf_key *key = key_check(Key, caller);
    struct wdf_collection *collection = wdf_check(Collection, &wdf_collection_type, caller);
    KEY_VALUE_PARTIAL_INFORMATION *info;

    wdf_need(ValueName, caller);
    NTSTATUS status = read_text(key, ValueName, REG_MULTI_SZ, caller, &info);
    if (!NT_SUCCESS(status))
        return status;
    const WCHAR *text = (const WCHAR *)(const void *)info->Data, *end = text + info->DataLength / sizeof(WCHAR);
    if (text == end)
        status = STATUS_RESOURCE_DATA_NOT_FOUND;
    while (NT_SUCCESS(status) && text < end && *text) {
        UNICODE_STRING part = { 0, 0, (PWCH)text };
        WDFSTRING string;
        while (text < end && *text)
            text++;
        part.Length = part.MaximumLength = (USHORT)((char *)text - (char *)part.Buffer);
        text++;
        status = wdf_string_new(key->object.client, StringsAttributes, &part, caller, &string);
        if (NT_SUCCESS(status)) {
            status = wdf_collection_add(collection, (struct wdf_object *)string, caller);
            if (!NT_SUCCESS(status))
                wdf_object_delete(string);
        }
    }
    wdf_free(info);
    return status;
}

/* The number of a REG_DWORD value. STATUS_OBJECT_TYPE_MISMATCH. docs: wdfregistry/nf-wdfregistry-wdfregistryqueryulong */
NTSTATUS NTAPI WdfRegistryQueryULong(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName, PULONG Value)
{
    const void *caller = WDF_CALLER();
    struct wdf_key *key = key_check(Key, caller);
    _Alignas(8) char buffer[sizeof(KEY_VALUE_PARTIAL_INFORMATION) + 64];
    KEY_VALUE_PARTIAL_INFORMATION *info = (KEY_VALUE_PARTIAL_INFORMATION *)(void *)buffer;
    ULONG size;

    wdf_need(ValueName, caller);
    wdf_need(Value, caller);
    NTSTATUS status = ZwQueryValueKey(key->handle, (PUNICODE_STRING)ValueName, KeyValuePartialInformation, info, sizeof buffer,
                                      &size);
    if (status == STATUS_BUFFER_OVERFLOW)
        return STATUS_OBJECT_TYPE_MISMATCH;
    if (!NT_SUCCESS(status))
        return status;
    if (info->Type != REG_DWORD || info->DataLength != sizeof *Value)
        return STATUS_OBJECT_TYPE_MISMATCH;
    memcpy(Value, info->Data, sizeof *Value);
    return STATUS_SUCCESS;
}
