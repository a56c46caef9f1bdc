/* The driver's settings. */
#include "model.h"

#define MOST (WARDEN_TEXT * sizeof(WCHAR) + FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data))

static NTSTATUS Open(_In_opt_ HANDLE Root, _In_ PUNICODE_STRING Name, _Out_ PHANDLE Key)
{
    OBJECT_ATTRIBUTES attributes;

    InitializeObjectAttributes(&attributes, Name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, Root, NULL);
    return ZwOpenKey(Key, KEY_READ, &attributes);
}

static NTSTATUS OpenParameters(_In_ PUNICODE_STRING RegistryPath, _Out_ PHANDLE Key)
{
    UNICODE_STRING parameters = RTL_CONSTANT_STRING(L"Parameters");
    HANDLE service;
    NTSTATUS status = Open(NULL, RegistryPath, &service);

    if (!NT_SUCCESS(status))
        return status;
    status = Open(service, &parameters, Key);
    ZwClose(service);
    return status;
}

static NTSTATUS Take(_In_ HANDLE Key, _Out_writes_bytes_(MOST) PKEY_VALUE_PARTIAL_INFORMATION Value)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"Policy");
    ULONG needed;
    NTSTATUS status = ZwQueryValueKey(Key, &name, KeyValuePartialInformation, Value, MOST, &needed);

    if (status == STATUS_OBJECT_NAME_NOT_FOUND)
        return STATUS_SUCCESS;          /* no value, no rules */
    if (!NT_SUCCESS(status))
        return status;
    if (Value->Type != REG_MULTI_SZ && Value->Type != REG_SZ)
        return STATUS_OBJECT_TYPE_MISMATCH;
    return PolicySetWide((const WCHAR *)Value->Data, Value->DataLength / sizeof(WCHAR));
}

_Use_decl_annotations_
NTSTATUS PolicyRead(PUNICODE_STRING RegistryPath)
{
    PKEY_VALUE_PARTIAL_INFORMATION value;
    HANDLE key;
    NTSTATUS status;

    if (!NT_SUCCESS(OpenParameters(RegistryPath, &key)))
        return STATUS_SUCCESS;          /* no Parameters, no rules */
    value = ExAllocatePool2(POOL_FLAG_PAGED, MOST, WARDEN_TAG);
    status = value != NULL ? Take(key, value) : STATUS_INSUFFICIENT_RESOURCES;
    if (value != NULL)
        ExFreePoolWithTag(value, WARDEN_TAG);
    ZwClose(key);
    return status;
}
