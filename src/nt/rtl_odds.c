/* Small routines without a better home. */
#include <stdint.h>

#include "nt/cm_internal.h"
#include "ntstatus.h"
#include "ring3/rtl_misc.h"
#include "ring3/rtl_registry.h"

BOOLEAN NlsMbCodePageTag = FALSE, NlsOemCodePageTag = FALSE;   /* no multi-byte code page */

/* Which of the wanted XSAVE features the processor and Linux have enabled (XCR0). Any IRQL.
 * docs: ntddk/nf-ntddk-rtlgetenabledextendedfeatures */
ULONG64 NTAPI RtlGetEnabledExtendedFeatures(ULONG64 FeatureMask)
{
    uint32_t low, high;

    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return FeatureMask & ((uint64_t)high << 32 | low);
}

/* System and state share one volume here. docs: ntddk/nf-ntddk-rtlisstateseparationenabled */
BOOLEAN NTAPI RtlIsStateSeparationEnabled(VOID)
{
    return FALSE;
}

static NTSTATUS copy_value(HANDLE handle, PUNICODE_STRING name, ULONG room, PULONG type, PVOID value, PULONG length)
{
    struct cm_key *key;
    struct cm_entry *entry;
    NTSTATUS status = cm_from_handle(handle, KEY_QUERY_VALUE, &key);

    if (!NT_SUCCESS(status))
        return status;
    entry = cm_value_find(key, name->Buffer, name->Length / sizeof(WCHAR));
    if (entry == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    *length = entry->size;
    if (type != NULL)
        *type = entry->type;
    if (entry->size > room)
        return STATUS_BUFFER_OVERFLOW;
    __builtin_memcpy(value, entry->data, entry->size);
    return STATUS_SUCCESS;
}

/* The value in the primary key or, when that has none, in the fallback key; either handle may be NULL. *ResultLength: bytes
 * of the value. STATUS_BUFFER_OVERFLOW. PASSIVE_LEVEL. docs: ntddk/nf-ntddk-rtlqueryregistryvaluewithfallback */
NTSTATUS NTAPI RtlQueryRegistryValueWithFallback(HANDLE PrimaryHandle, HANDLE FallbackHandle, PUNICODE_STRING ValueName,
                                                 ULONG ValueLength, PULONG ValueType, PVOID ValueData, PULONG ResultLength)
{
    NTSTATUS status = STATUS_OBJECT_NAME_NOT_FOUND;

    if (PrimaryHandle != NULL)
        status = copy_value(PrimaryHandle, ValueName, ValueLength, ValueType, ValueData, ResultLength);
    if (status == STATUS_OBJECT_NAME_NOT_FOUND && FallbackHandle != NULL)
        status = copy_value(FallbackHandle, ValueName, ValueLength, ValueType, ValueData, ResultLength);
    return status;
}
