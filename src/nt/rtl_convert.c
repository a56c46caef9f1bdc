/* Between UTF-16 and ANSI, OEM (both Windows-1252, one byte a character) and UTF-8. */
#include <stdint.h>

#include "nt/ansi.h"
#include "nt/pool.h"
#include "nt/text.h"
#include "ntstatus.h"
#include "ring3/rtl_string.h"

#define STRING_TAG 0x67727453u          /* "Strg" */

/* ---- raw buffers ---- */

static NTSTATUS to_bytes(PCHAR to, ULONG room, PULONG written, PCWCH from, ULONG from_bytes, bool upper)
{
    ULONG characters = from_bytes / sizeof(WCHAR), count = characters < room ? characters : room;

    for (ULONG i = 0; i < count; i++)
        to[i] = ansi_from_wide(upper ? text_upcase(from[i]) : from[i]);
    if (written != NULL)
        *written = count;
    return count < characters ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static NTSTATUS from_bytes(PWCH to, ULONG room_bytes, PULONG written, const CHAR *from, ULONG length)
{
    ULONG room = room_bytes / sizeof(WCHAR), count = length < room ? length : room;

    for (ULONG i = 0; i < count; i++)
        to[i] = ansi_to_wide(from[i]);
    if (written != NULL)
        *written = count * (ULONG)sizeof(WCHAR);
    return count < length ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

/* Sizes in bytes. STATUS_BUFFER_OVERFLOW when the result was cut. PASSIVE_LEVEL.
 * docs: ntifs/nf-ntifs-rtlunicodetomultibyten */
NTSTATUS NTAPI RtlUnicodeToMultiByteN(PCHAR MultiByteString, ULONG MaxBytesInMultiByteString, PULONG BytesInMultiByteString,
                                      PCWCH UnicodeString, ULONG BytesInUnicodeString)
{
    return to_bytes(MultiByteString, MaxBytesInMultiByteString, BytesInMultiByteString, UnicodeString, BytesInUnicodeString,
                    false);
}

/* docs: ntifs/nf-ntifs-rtlupcaseunicodetomultibyten */
NTSTATUS NTAPI RtlUpcaseUnicodeToMultiByteN(PCHAR MultiByteString, ULONG MaxBytesInMultiByteString,
                                            PULONG BytesInMultiByteString, PCWCH UnicodeString, ULONG BytesInUnicodeString)
{
    return to_bytes(MultiByteString, MaxBytesInMultiByteString, BytesInMultiByteString, UnicodeString, BytesInUnicodeString,
                    true);
}

/* docs: ntifs/nf-ntifs-rtlunicodetooemn */
NTSTATUS NTAPI RtlUnicodeToOemN(PCHAR OemString, ULONG MaxBytesInOemString, PULONG BytesInOemString, PCWCH UnicodeString,
                                ULONG BytesInUnicodeString)
{
    return to_bytes(OemString, MaxBytesInOemString, BytesInOemString, UnicodeString, BytesInUnicodeString, false);
}

/* docs: ntifs/nf-ntifs-rtlmultibytetounicoden */
NTSTATUS NTAPI RtlMultiByteToUnicodeN(PWCH UnicodeString, ULONG MaxBytesInUnicodeString, PULONG BytesInUnicodeString,
                                      const CHAR *MultiByteString, ULONG BytesInMultiByteString)
{
    return from_bytes(UnicodeString, MaxBytesInUnicodeString, BytesInUnicodeString, MultiByteString, BytesInMultiByteString);
}

/* docs: ntifs/nf-ntifs-rtloemtounicoden */
NTSTATUS NTAPI RtlOemToUnicodeN(PWCH UnicodeString, ULONG MaxBytesInUnicodeString, PULONG BytesInUnicodeString,
                                const CHAR *OemString, ULONG BytesInOemString)
{
    return from_bytes(UnicodeString, MaxBytesInUnicodeString, BytesInUnicodeString, OemString, BytesInOemString);
}

/* docs: ntifs/nf-ntifs-rtlunicodetomultibytesize */
NTSTATUS NTAPI RtlUnicodeToMultiByteSize(PULONG BytesInMultiByteString, PCWCH UnicodeString, ULONG BytesInUnicodeString)
{
    (void)UnicodeString;
    *BytesInMultiByteString = BytesInUnicodeString / (ULONG)sizeof(WCHAR);
    return STATUS_SUCCESS;
}

/* docs: ntifs/nf-ntifs-rtlmultibytetounicodesize */
NTSTATUS NTAPI RtlMultiByteToUnicodeSize(PULONG BytesInUnicodeString, const CHAR *MultiByteString, ULONG BytesInMultiByteString)
{
    (void)MultiByteString;
    *BytesInUnicodeString = BytesInMultiByteString * (ULONG)sizeof(WCHAR);
    return STATUS_SUCCESS;
}

/* *UTF8StringActualByteCount: bytes written, or needed with a NULL destination. STATUS_SOME_NOT_MAPPED when a lone
 * surrogate was replaced, STATUS_BUFFER_TOO_SMALL when the result was cut. docs: wdm/nf-wdm-rtlunicodetoutf8n */
NTSTATUS NTAPI RtlUnicodeToUTF8N(PCHAR UTF8StringDestination, ULONG UTF8StringMaxByteCount, PULONG UTF8StringActualByteCount,
                                 PCWCH UnicodeStringSource, ULONG UnicodeStringByteCount)
{
    ULONG room = UTF8StringDestination != NULL ? UTF8StringMaxByteCount : 0;
    size_t characters = UnicodeStringByteCount / sizeof(WCHAR), total, written = 0;
    bool malformed;

    if (UnicodeStringSource == NULL || UTF8StringActualByteCount == NULL)
        return STATUS_INVALID_PARAMETER;
    total = text_to_utf8_cut(UTF8StringDestination, room, UnicodeStringSource, characters, &malformed, &written);
    *UTF8StringActualByteCount = (ULONG)(UTF8StringDestination != NULL ? written : total);
    if (UTF8StringDestination != NULL && total > room)
        return STATUS_BUFFER_TOO_SMALL;
    return malformed ? STATUS_SOME_NOT_MAPPED : STATUS_SUCCESS;
}

/* docs: wdm/nf-wdm-rtlutf8tounicoden */
NTSTATUS NTAPI RtlUTF8ToUnicodeN(PWSTR UnicodeStringDestination, ULONG UnicodeStringMaxByteCount,
                                 PULONG UnicodeStringActualByteCount, PCCH UTF8StringSource, ULONG UTF8StringByteCount)
{
    ULONG room = UnicodeStringDestination != NULL ? UnicodeStringMaxByteCount / (ULONG)sizeof(WCHAR) : 0;
    size_t total, written = 0;
    bool malformed;

    if (UTF8StringSource == NULL || UnicodeStringActualByteCount == NULL)
        return STATUS_INVALID_PARAMETER;
    total = text_to_utf16_cut(UnicodeStringDestination, room, UTF8StringSource, UTF8StringByteCount, &malformed, &written);
    *UnicodeStringActualByteCount = (ULONG)((UnicodeStringDestination != NULL ? written : total) * sizeof(WCHAR));
    if (UnicodeStringDestination != NULL && total > room)
        return STATUS_BUFFER_TOO_SMALL;
    return malformed ? STATUS_SOME_NOT_MAPPED : STATUS_SUCCESS;
}

/* ---- counted strings; sizes count the terminator ---- */

/* docs: wdm/nf-wdm-rtlxansistringtounicodesize */
ULONG NTAPI RtlxAnsiStringToUnicodeSize(PCANSI_STRING AnsiString)
{
    return (AnsiString->Length + 1u) * (ULONG)sizeof(WCHAR);
}

/* docs: ntifs/nf-ntifs-rtlxoemstringtounicodesize */
ULONG NTAPI RtlxOemStringToUnicodeSize(PCOEM_STRING OemString)
{
    return RtlxAnsiStringToUnicodeSize(OemString);
}

/* docs: wdm/nf-wdm-rtlxunicodestringtoansisize */
ULONG NTAPI RtlxUnicodeStringToAnsiSize(PCUNICODE_STRING UnicodeString)
{
    return UnicodeString->Length / (ULONG)sizeof(WCHAR) + 1;
}

/* docs: ntifs/nf-ntifs-rtlxunicodestringtooemsize */
ULONG NTAPI RtlxUnicodeStringToOemSize(PCUNICODE_STRING UnicodeString)
{
    return RtlxUnicodeStringToAnsiSize(UnicodeString);
}

/* Makes room for `bytes` (terminator included) in a string of either kind. */
static NTSTATUS make_room(PSTRING to, size_t bytes, BOOLEAN allocate, const void *caller)
{
    if (bytes > 0xFFFF)
        return STATUS_INVALID_PARAMETER_2;
    if (!allocate)
        return bytes > to->MaximumLength ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
    to->Buffer = pool_alloc(PagedPool, bytes, STRING_TAG, caller);
    to->MaximumLength = (USHORT)bytes;
    return to->Buffer != NULL ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

static NTSTATUS widen(PUNICODE_STRING to, const STRING *from, BOOLEAN allocate, const void *caller)
{
    NTSTATUS status = make_room((PSTRING)(PVOID)to, RtlxAnsiStringToUnicodeSize(from), allocate, caller);

    if (!NT_SUCCESS(status))
        return status;
    for (USHORT i = 0; i < from->Length; i++)
        to->Buffer[i] = ansi_to_wide(from->Buffer[i]);
    to->Buffer[from->Length] = 0;
    to->Length = (USHORT)(from->Length * sizeof(WCHAR));
    return STATUS_SUCCESS;
}

static NTSTATUS narrow(PSTRING to, PCUNICODE_STRING from, BOOLEAN allocate, bool upper, const void *caller)
{
    ULONG written, bytes = RtlxUnicodeStringToAnsiSize(from);
    NTSTATUS status = STATUS_SUCCESS;

    if (!allocate && to->MaximumLength == 0)
        return STATUS_BUFFER_OVERFLOW;
    if (allocate)
        status = make_room(to, bytes, TRUE, caller);
    if (!NT_SUCCESS(status))
        return status;
    status = to_bytes(to->Buffer, to->MaximumLength - 1u, &written, from->Buffer, from->Length, upper);
    to->Buffer[written] = 0;
    to->Length = (USHORT)written;
    return status;
}

/* Terminates the result. When it is allocated, free it with RtlFreeUnicodeString. STATUS_BUFFER_OVERFLOW,
 * STATUS_NO_MEMORY. PASSIVE_LEVEL. docs: wdm/nf-wdm-rtlansistringtounicodestring */
NTSTATUS NTAPI RtlAnsiStringToUnicodeString(PUNICODE_STRING DestinationString, PCANSI_STRING SourceString,
                                            BOOLEAN AllocateDestinationString)
{
    return widen(DestinationString, SourceString, AllocateDestinationString, __builtin_return_address(0));
}

/* docs: ntifs/nf-ntifs-rtloemstringtounicodestring */
NTSTATUS NTAPI RtlOemStringToUnicodeString(PUNICODE_STRING DestinationString, PCOEM_STRING SourceString,
                                           BOOLEAN AllocateDestinationString)
{
    return widen(DestinationString, SourceString, AllocateDestinationString, __builtin_return_address(0));
}

/* Terminates the result; STATUS_BUFFER_OVERFLOW when it was cut. When it is allocated, free it with RtlFreeAnsiString.
 * PASSIVE_LEVEL. docs: wdm/nf-wdm-rtlunicodestringtoansistring */
NTSTATUS NTAPI RtlUnicodeStringToAnsiString(PANSI_STRING DestinationString, PCUNICODE_STRING SourceString,
                                            BOOLEAN AllocateDestinationString)
{
    return narrow(DestinationString, SourceString, AllocateDestinationString, false, __builtin_return_address(0));
}

/* docs: ntifs/nf-ntifs-rtlunicodestringtooemstring */
NTSTATUS NTAPI RtlUnicodeStringToOemString(POEM_STRING DestinationString, PCUNICODE_STRING SourceString,
                                           BOOLEAN AllocateDestinationString)
{
    return narrow(DestinationString, SourceString, AllocateDestinationString, false, __builtin_return_address(0));
}

/* docs: ntifs/nf-ntifs-rtlupcaseunicodestringtooemstring */
NTSTATUS NTAPI RtlUpcaseUnicodeStringToOemString(POEM_STRING DestinationString, PCUNICODE_STRING SourceString,
                                                 BOOLEAN AllocateDestinationString)
{
    return narrow(DestinationString, SourceString, AllocateDestinationString, true, __builtin_return_address(0));
}

/* docs: wdm/nf-wdm-rtlunicodestringtoutf8string */
NTSTATUS NTAPI RtlUnicodeStringToUTF8String(PUTF8_STRING DestinationString, PCUNICODE_STRING SourceString,
                                            BOOLEAN AllocateDestinationString)
{
    size_t characters = SourceString->Length / sizeof(WCHAR);
    size_t bytes = text_to_utf8(NULL, 0, SourceString->Buffer, characters, NULL);
    bool malformed;
    NTSTATUS status = make_room(DestinationString, bytes + 1, AllocateDestinationString, __builtin_return_address(0));

    if (!NT_SUCCESS(status))
        return status;
    text_to_utf8(DestinationString->Buffer, bytes, SourceString->Buffer, characters, &malformed);
    DestinationString->Buffer[bytes] = 0;
    DestinationString->Length = (USHORT)bytes;
    return malformed ? STATUS_SOME_NOT_MAPPED : STATUS_SUCCESS;
}

/* docs: wdm/nf-wdm-rtlutf8stringtounicodestring */
NTSTATUS NTAPI RtlUTF8StringToUnicodeString(PUNICODE_STRING DestinationString, PUTF8_STRING SourceString,
                                            BOOLEAN AllocateDestinationString)
{
    size_t units = text_to_utf16(NULL, 0, SourceString->Buffer, SourceString->Length, NULL);
    bool malformed;
    NTSTATUS status = make_room((PSTRING)(PVOID)DestinationString, (units + 1) * sizeof(WCHAR), AllocateDestinationString,
                                __builtin_return_address(0));

    if (!NT_SUCCESS(status))
        return status;
    text_to_utf16(DestinationString->Buffer, units, SourceString->Buffer, SourceString->Length, &malformed);
    DestinationString->Buffer[units] = 0;
    DestinationString->Length = (USHORT)(units * sizeof(WCHAR));
    return malformed ? STATUS_SOME_NOT_MAPPED : STATUS_SUCCESS;
}

/* Takes one character off a narrow string and moves the pointer behind it. docs: ntifs/nf-ntifs-rtlansichartounicodechar */
WCHAR NTAPI RtlAnsiCharToUnicodeChar(PUCHAR *SourceCharacter)
{
    return ansi_to_wide((char)*(*SourceCharacter)++);
}
