/* Where connects go. */
#include "redirect.h"

#include <ip2string.h>

static KSPIN_LOCK Lock;
static REDIRECT_TARGET Current;

VOID TargetStart(VOID)
{
    KeInitializeSpinLock(&Lock);
}

_Use_decl_annotations_
NTSTATUS TargetCheck(const REDIRECT_TARGET *Target)
{
    return Target->Port != 0 && Target->TargetPort == 0 ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

_Use_decl_annotations_
VOID TargetSet(const REDIRECT_TARGET *Target)
{
    KIRQL irql;

    KeAcquireSpinLock(&Lock, &irql);
    Current = *Target;
    KeReleaseSpinLock(&Lock, irql);
}

REDIRECT_TARGET TargetGet(VOID)
{
    REDIRECT_TARGET target;
    KIRQL irql;

    KeAcquireSpinLock(&Lock, &irql);
    target = Current;
    KeReleaseSpinLock(&Lock, irql);
    return target;
}

/* --- the registry ---------------------------------------------------------------------------------------------------- */

static NTSTATUS ReadPort(_In_ WDFKEY Key, _In_ PCUNICODE_STRING Name, _Out_ PUSHORT Port)
{
    ULONG value = 0;
    NTSTATUS status = WdfRegistryQueryULong(Key, Name, &value);

    *Port = (USHORT)value;
    if (!NT_SUCCESS(status))
        return status;
    return value >= 1 && value <= MAXUSHORT ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

static NTSTATUS ReadAddress(_In_ WDFKEY Key, _In_ PCUNICODE_STRING Name, _Out_writes_(4) UCHAR *Address)
{
    WCHAR text[32];
    UNICODE_STRING string = { 0, sizeof text - sizeof(WCHAR), text };
    IN_ADDR parsed;
    PCWSTR end;
    NTSTATUS status = WdfRegistryQueryUnicodeString(Key, Name, NULL, &string);

    if (!NT_SUCCESS(status))
        return status;
    text[string.Length / sizeof(WCHAR)] = 0;
    status = RtlIpv4StringToAddressW(text, TRUE, &end, &parsed);
    if (!NT_SUCCESS(status) || *end != 0)
        return STATUS_INVALID_PARAMETER;
    RtlCopyMemory(Address, &parsed, 4);
    return STATUS_SUCCESS;
}

_Use_decl_annotations_
NTSTATUS TargetRead(WDFDRIVER Driver, PREDIRECT_TARGET Target)
{
    DECLARE_CONST_UNICODE_STRING(port, L"Port");
    DECLARE_CONST_UNICODE_STRING(targetPort, L"TargetPort");
    DECLARE_CONST_UNICODE_STRING(target, L"Target");
    WDFKEY key;
    NTSTATUS status = WdfDriverOpenParametersRegistryKey(Driver, KEY_READ, WDF_NO_OBJECT_ATTRIBUTES, &key);

    RtlZeroMemory(Target, sizeof *Target);
    if (!NT_SUCCESS(status))
        return STATUS_SUCCESS;          /* no Parameters, no target */
    status = ReadPort(key, &port, &Target->Port);
    if (status == STATUS_OBJECT_NAME_NOT_FOUND) {
        status = STATUS_SUCCESS;
    } else {
        if (NT_SUCCESS(status))
            status = ReadPort(key, &targetPort, &Target->TargetPort);
        if (NT_SUCCESS(status))
            status = ReadAddress(key, &target, Target->Address);
    }
    WdfRegistryClose(key);
    return status;
}
