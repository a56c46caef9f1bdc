/* Registry keys. */
#ifndef WDF_WDFREGISTRY_H
#define WDF_WDFREGISTRY_H

#include <wdf/wdfmemory.h>

RING3_BEGIN_C

#define WDF_REGKEY_DEVICE_SUBKEY 0
#define WDF_REGKEY_DRIVER_SUBKEY 0

WDF_SLOT(NTSTATUS, WdfRegistryOpenKey, (WDFKEY ParentKey, PCUNICODE_STRING KeyName, ACCESS_MASK DesiredAccess,
         PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key), (ParentKey, KeyName, DesiredAccess, KeyAttributes, Key))
WDF_SLOT(NTSTATUS, WdfRegistryCreateKey, (WDFKEY ParentKey, PCUNICODE_STRING KeyName, ACCESS_MASK DesiredAccess,
         ULONG CreateOptions, PULONG CreateDisposition, PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key),
         (ParentKey, KeyName, DesiredAccess, CreateOptions, CreateDisposition, KeyAttributes, Key))
WDF_SLOT(VOID, WdfRegistryClose, (WDFKEY Key), (Key))
WDF_SLOT(HANDLE, WdfRegistryWdmGetHandle, (WDFKEY Key), (Key))
WDF_SLOT(NTSTATUS, WdfRegistryRemoveKey, (WDFKEY Key), (Key))
WDF_SLOT(NTSTATUS, WdfRegistryRemoveValue, (WDFKEY Key, PCUNICODE_STRING ValueName), (Key, ValueName))
WDF_SLOT(NTSTATUS, WdfRegistryQueryValue, (WDFKEY Key, PCUNICODE_STRING ValueName, ULONG ValueLength, PVOID Value,
         PULONG ValueLengthQueried, PULONG ValueType),
         (Key, ValueName, ValueLength, Value, ValueLengthQueried, ValueType))
WDF_SLOT(NTSTATUS, WdfRegistryQueryMemory, (WDFKEY Key, PCUNICODE_STRING ValueName, POOL_TYPE PoolType,
         PWDF_OBJECT_ATTRIBUTES MemoryAttributes, WDFMEMORY *Memory, PULONG ValueType),
         (Key, ValueName, PoolType, MemoryAttributes, Memory, ValueType))
WDF_SLOT(NTSTATUS, WdfRegistryQueryMultiString, (WDFKEY Key, PCUNICODE_STRING ValueName,
         PWDF_OBJECT_ATTRIBUTES StringsAttributes, WDFCOLLECTION Collection),
         (Key, ValueName, StringsAttributes, Collection))
WDF_SLOT(NTSTATUS, WdfRegistryQueryUnicodeString, (WDFKEY Key, PCUNICODE_STRING ValueName, PUSHORT ValueByteLength,
         PUNICODE_STRING Value), (Key, ValueName, ValueByteLength, Value))
WDF_SLOT(NTSTATUS, WdfRegistryQueryString, (WDFKEY Key, PCUNICODE_STRING ValueName, WDFSTRING String),
         (Key, ValueName, String))
WDF_SLOT(NTSTATUS, WdfRegistryQueryULong, (WDFKEY Key, PCUNICODE_STRING ValueName, PULONG Value),
         (Key, ValueName, Value))
WDF_SLOT(NTSTATUS, WdfRegistryAssignValue, (WDFKEY Key, PCUNICODE_STRING ValueName, ULONG ValueType,
         ULONG ValueLength, PVOID Value), (Key, ValueName, ValueType, ValueLength, Value))
WDF_SLOT(NTSTATUS, WdfRegistryAssignMemory, (WDFKEY Key, PCUNICODE_STRING ValueName, ULONG ValueType,
         WDFMEMORY Memory, PWDFMEMORY_OFFSET MemoryOffsets), (Key, ValueName, ValueType, Memory, MemoryOffsets))
WDF_SLOT(NTSTATUS, WdfRegistryAssignMultiString, (WDFKEY Key, PCUNICODE_STRING ValueName,
         WDFCOLLECTION StringsCollection), (Key, ValueName, StringsCollection))
WDF_SLOT(NTSTATUS, WdfRegistryAssignUnicodeString, (WDFKEY Key, PCUNICODE_STRING ValueName, PCUNICODE_STRING Value),
         (Key, ValueName, Value))
WDF_SLOT(NTSTATUS, WdfRegistryAssignString, (WDFKEY Key, PCUNICODE_STRING ValueName, WDFSTRING String),
         (Key, ValueName, String))
WDF_SLOT(NTSTATUS, WdfRegistryAssignULong, (WDFKEY Key, PCUNICODE_STRING ValueName, ULONG Value),
         (Key, ValueName, Value))

RING3_END_C

#endif
