/* Counted strings: initialising, freeing, copying, appending. */
#include <stdint.h>
#include <string.h>

#include "nt/pool.h"
#include "nt/text.h"
#include "ntstatus.h"
#include "ring3/rtl_string.h"

#define STRING_TAG 0x67727453u          /* "Strg" */

static NTSTATUS init_narrow(PSTRING to, PCSZ from)
{
    size_t length = from != NULL ? strlen(from) : 0;

    if (length > 0xFFFE)
        return STATUS_NAME_TOO_LONG;
    to->Length = (USHORT)length;
    to->MaximumLength = (USHORT)(from != NULL ? length + 1 : 0);
    to->Buffer = (PCHAR)(uintptr_t)from;
    return STATUS_SUCCESS;
}

static void init_cut(PSTRING to, PCSZ from)
{
    if (NT_SUCCESS(init_narrow(to, from)))
        return;
    to->Length = 0xFFFE;
    to->MaximumLength = 0xFFFF;
    to->Buffer = (PCHAR)(uintptr_t)from;
}

/* The counted string over a terminated one, which stays the caller's. NULL gives an empty one. Any IRQL.
 * docs: wdm/nf-wdm-rtlinitstring */
VOID NTAPI RtlInitString(PSTRING DestinationString, PCSZ SourceString)
{
    init_cut(DestinationString, SourceString);
}

/* The same, but STATUS_NAME_TOO_LONG instead of a cut. docs: ntifs/nf-ntifs-rtlinitstringex */
NTSTATUS NTAPI RtlInitStringEx(PSTRING DestinationString, PCSZ SourceString)
{
    return init_narrow(DestinationString, SourceString);
}

/* docs: wdm/nf-wdm-rtlinitansistring */
VOID NTAPI RtlInitAnsiString(PANSI_STRING DestinationString, PCSZ SourceString)
{
    init_cut(DestinationString, SourceString);
}

NTSTATUS NTAPI RtlInitAnsiStringEx(PANSI_STRING DestinationString, PCSZ SourceString)
{
    return init_narrow(DestinationString, SourceString);
}

/* docs: wdm/nf-wdm-rtlinitutf8string */
VOID NTAPI RtlInitUTF8String(PUTF8_STRING DestinationString, PCSZ SourceString)
{
    init_cut(DestinationString, SourceString);
}

/* docs: wdm/nf-wdm-rtlinitutf8stringex */
NTSTATUS NTAPI RtlInitUTF8StringEx(PUTF8_STRING DestinationString, PCSZ SourceString)
{
    return init_narrow(DestinationString, SourceString);
}

/* STATUS_NAME_TOO_LONG beyond 32766 characters. docs: wdm/nf-wdm-rtlinitunicodestring */
NTSTATUS NTAPI RtlInitUnicodeStringEx(PUNICODE_STRING DestinationString, PCWSTR SourceString)
{
    size_t bytes = SourceString != NULL ? text_length(SourceString) * sizeof(WCHAR) : 0;

    if (bytes > 0xFFFC)
        return STATUS_NAME_TOO_LONG;
    DestinationString->Length = (USHORT)bytes;
    DestinationString->MaximumLength = (USHORT)(SourceString != NULL ? bytes + sizeof(WCHAR) : 0);
    DestinationString->Buffer = (PWCH)(uintptr_t)SourceString;
    return STATUS_SUCCESS;
}

/* The counted string over a terminated one, cut at 65532 bytes. Any IRQL. docs: wdm/nf-wdm-rtlinitunicodestring */
VOID NTAPI RtlInitUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString)
{
    if (NT_SUCCESS(RtlInitUnicodeStringEx(DestinationString, SourceString)))
        return;
    DestinationString->Length = 0xFFFC;
    DestinationString->MaximumLength = 0xFFFE;
    DestinationString->Buffer = (PWCH)(uintptr_t)SourceString;
}

static void free_string(PSTRING string)
{
    if (string->Buffer == NULL)
        return;
    pool_free(string->Buffer, 0, __builtin_return_address(0));
    memset(string, 0, sizeof(*string));
}

/* Frees a buffer that an Rtl routine allocated, and empties the string. PASSIVE_LEVEL.
 * docs: wdm/nf-wdm-rtlfreeunicodestring */
VOID NTAPI RtlFreeUnicodeString(PUNICODE_STRING UnicodeString)
{
    free_string((PSTRING)(PVOID)UnicodeString);
}

/* docs: wdm/nf-wdm-rtlfreeansistring */
VOID NTAPI RtlFreeAnsiString(PANSI_STRING AnsiString)
{
    free_string(AnsiString);
}

/* docs: ntifs/nf-ntifs-rtlfreeoemstring */
VOID NTAPI RtlFreeOemString(POEM_STRING OemString)
{
    free_string(OemString);
}

/* docs: wdm/nf-wdm-rtlfreeutf8string */
VOID NTAPI RtlFreeUTF8String(PUTF8_STRING Utf8String)
{
    free_string(Utf8String);
}

/* A terminated copy in paged pool; free it with RtlFreeUnicodeString. PASSIVE_LEVEL.
 * docs: ntifs/nf-ntifs-rtlcreateunicodestring */
BOOLEAN NTAPI RtlCreateUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString)
{
    size_t bytes = (text_length(SourceString) + 1) * sizeof(WCHAR);

    if (bytes > 0xFFFE)
        return FALSE;
    DestinationString->Buffer = pool_alloc(PagedPool, bytes, STRING_TAG, __builtin_return_address(0));
    if (DestinationString->Buffer == NULL)
        return FALSE;
    memcpy(DestinationString->Buffer, SourceString, bytes);
    DestinationString->MaximumLength = (USHORT)bytes;
    DestinationString->Length = (USHORT)(bytes - sizeof(WCHAR));
    return TRUE;
}

/* Flags: RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE, _ALLOCATE_NULL_STRING (an empty string gets a buffer, too).
 * PASSIVE_LEVEL. STATUS_NO_MEMORY, STATUS_NAME_TOO_LONG, STATUS_INVALID_PARAMETER. */
NTSTATUS NTAPI RtlDuplicateUnicodeString(ULONG Flags, PCUNICODE_STRING StringIn, PUNICODE_STRING StringOut)
{
    bool terminate = Flags & RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE;
    size_t length = StringIn->Length, bytes = length + (terminate ? sizeof(WCHAR) : 0);

    if ((Flags & ~3u) || (!terminate && (Flags & RTL_DUPLICATE_UNICODE_STRING_ALLOCATE_NULL_STRING)))
        return STATUS_INVALID_PARAMETER;
    if (bytes > 0xFFFE)
        return STATUS_NAME_TOO_LONG;
    memset(StringOut, 0, sizeof(*StringOut));
    if (length == 0 && !(Flags & RTL_DUPLICATE_UNICODE_STRING_ALLOCATE_NULL_STRING))
        return STATUS_SUCCESS;
    StringOut->Buffer = pool_alloc(PagedPool, bytes, STRING_TAG, __builtin_return_address(0));
    if (StringOut->Buffer == NULL)
        return STATUS_NO_MEMORY;
    memcpy(StringOut->Buffer, StringIn->Buffer, length);
    if (terminate)
        StringOut->Buffer[length / sizeof(WCHAR)] = 0;
    StringOut->Length = (USHORT)length;
    StringOut->MaximumLength = (USHORT)bytes;
    return STATUS_SUCCESS;
}

/* Copies as much as fits. Any IRQL. docs: wdm/nf-wdm-rtlcopystring */
VOID NTAPI RtlCopyString(PSTRING DestinationString, const STRING *SourceString)
{
    USHORT length = SourceString != NULL ? SourceString->Length : 0;

    if (length > DestinationString->MaximumLength)
        length = DestinationString->MaximumLength;
    if (length != 0)
        memmove(DestinationString->Buffer, SourceString->Buffer, length);
    DestinationString->Length = length;
}

/* Copies as much as fits, and terminates when there is room left. docs: wdm/nf-wdm-rtlcopyunicodestring */
VOID NTAPI RtlCopyUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString)
{
    RtlCopyString((PSTRING)(PVOID)DestinationString, (const STRING *)(const VOID *)SourceString);
    DestinationString->Length &= (USHORT)~1;
    if (DestinationString->Length + sizeof(WCHAR) <= DestinationString->MaximumLength && DestinationString->Buffer != NULL)
        DestinationString->Buffer[DestinationString->Length / sizeof(WCHAR)] = 0;
}

static NTSTATUS append(PSTRING to, const void *from, size_t bytes)
{
    if (to->Length + bytes > to->MaximumLength)
        return STATUS_BUFFER_TOO_SMALL;
    if (bytes != 0)
        memmove(to->Buffer + to->Length, from, bytes);
    to->Length = (USHORT)(to->Length + bytes);
    return STATUS_SUCCESS;
}

/* STATUS_BUFFER_TOO_SMALL leaves the destination as it is. docs: ntifs/nf-ntifs-rtlappendstringtostring */
NTSTATUS NTAPI RtlAppendStringToString(PSTRING Destination, const STRING *Source)
{
    return append(Destination, Source->Buffer, Source->Length);
}

NTSTATUS NTAPI RtlAppendAsciizToString(PSTRING Destination, PCSZ Source)
{
    return append(Destination, Source, Source != NULL ? strlen(Source) : 0);
}

static NTSTATUS append_wide(PUNICODE_STRING to, const void *from, size_t bytes)
{
    NTSTATUS status = append((PSTRING)(PVOID)to, from, bytes);

    if (NT_SUCCESS(status) && to->Length + sizeof(WCHAR) <= to->MaximumLength)
        to->Buffer[to->Length / sizeof(WCHAR)] = 0;
    return status;
}

/* Terminates when there is room left. STATUS_BUFFER_TOO_SMALL. docs: wdm/nf-wdm-rtlappendunicodestringtostring */
NTSTATUS NTAPI RtlAppendUnicodeStringToString(PUNICODE_STRING Destination, PCUNICODE_STRING Source)
{
    return append_wide(Destination, Source->Buffer, Source->Length);
}

/* docs: wdm/nf-wdm-rtlappendunicodetostring */
NTSTATUS NTAPI RtlAppendUnicodeToString(PUNICODE_STRING Destination, PCWSTR Source)
{
    return append_wide(Destination, Source, Source != NULL ? text_length(Source) * sizeof(WCHAR) : 0);
}
