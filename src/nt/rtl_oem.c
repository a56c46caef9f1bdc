/* Counted OEM strings, 8.3 names, altitudes, elapsed time. OEM is Windows-1252, as ANSI is. */
#include <string.h>

#include "nt/ansi.h"
#include "nt/pool.h"
#include "nt/text.h"
#include "ntstatus.h"
#include "pe/stack.h"
#include "ring3/nt_rare.h"

#define OEM_TAG 0x206d654fu             /* "Oem " */

static bool mappable(WCHAR c)
{
    return c == '?' || ansi_from_wide(c) != '?';
}

static NTSTATUS count_oem(POEM_STRING to, PCUNICODE_STRING from, BOOLEAN allocate, bool upper, const void *caller)
{
    USHORT n = from->Length / sizeof(WCHAR);

    if (n == 0) {
        to->Length = 0;
        if (allocate)
            *to = (OEM_STRING){ 0, 0, NULL };
        return STATUS_SUCCESS;
    }
    for (USHORT i = 0; i < n; i++)
        if (!mappable(upper ? text_upcase(from->Buffer[i]) : from->Buffer[i]))
            return STATUS_UNMAPPABLE_CHARACTER;
    if (!allocate && n > to->MaximumLength)
        return STATUS_BUFFER_OVERFLOW;
    if (allocate) {
        PCHAR buffer = pool_alloc(PagedPool, n, OEM_TAG, caller);
        if (buffer == NULL)
            return STATUS_NO_MEMORY;
        to->Buffer = buffer;
        to->MaximumLength = n;
    }
    for (USHORT i = 0; i < n; i++)
        to->Buffer[i] = ansi_from_wide(upper ? text_upcase(from->Buffer[i]) : from->Buffer[i]);
    to->Length = n;
    return STATUS_SUCCESS;
}

/* Without a terminator. Allocated: RtlFreeOemString frees it. STATUS_UNMAPPABLE_CHARACTER, STATUS_BUFFER_OVERFLOW, STATUS_NO_MEMORY.
 * < DISPATCH_LEVEL. docs: ntifs/nf-ntifs-rtlunicodestringtocountedoemstring */
NTSTATUS NTAPI RtlUnicodeStringToCountedOemString(POEM_STRING DestinationString, PCUNICODE_STRING SourceString,
                                                  BOOLEAN AllocateDestinationString)
{
    return count_oem(DestinationString, SourceString, AllocateDestinationString, false, __builtin_return_address(0));
}

/* <= APC_LEVEL. docs: ntifs/nf-ntifs-rtlupcaseunicodestringtocountedoemstring */
NTSTATUS NTAPI RtlUpcaseUnicodeStringToCountedOemString(POEM_STRING DestinationString, PCUNICODE_STRING SourceString,
                                                        BOOLEAN AllocateDestinationString)
{
    return count_oem(DestinationString, SourceString, AllocateDestinationString, true, __builtin_return_address(0));
}

/* Without a terminator. Allocated: RtlFreeUnicodeString frees it. <= APC_LEVEL. docs: ntifs/nf-ntifs-rtloemstringtocountedunicodestring */
NTSTATUS NTAPI RtlOemStringToCountedUnicodeString(PUNICODE_STRING DestinationString, PCOEM_STRING SourceString,
                                                  BOOLEAN AllocateDestinationString)
{
    size_t bytes = SourceString->Length * sizeof(WCHAR);

    if (bytes > 0xFFFE)
        return STATUS_INVALID_PARAMETER_2;
    if (bytes == 0) {
        DestinationString->Length = 0;
        if (AllocateDestinationString)
            *DestinationString = (UNICODE_STRING){ 0, 0, NULL };
        return STATUS_SUCCESS;
    }
    if (!AllocateDestinationString && bytes > DestinationString->MaximumLength)
        return STATUS_BUFFER_OVERFLOW;
    if (AllocateDestinationString) {
        PWCH buffer = pool_alloc(PagedPool, bytes, OEM_TAG, __builtin_return_address(0));
        if (buffer == NULL)
            return STATUS_NO_MEMORY;
        DestinationString->Buffer = buffer;
        DestinationString->MaximumLength = (USHORT)bytes;
    }
    for (USHORT i = 0; i < SourceString->Length; i++)
        DestinationString->Buffer[i] = ansi_to_wide(SourceString->Buffer[i]);
    DestinationString->Length = (USHORT)bytes;
    return STATUS_SUCCESS;
}

/* <= APC_LEVEL. docs: ntifs/nf-ntifs-rtlupcaseunicodetooemn */
NTSTATUS NTAPI RtlUpcaseUnicodeToOemN(PCHAR OemString, ULONG MaxBytesInOemString, PULONG BytesInOemString, PCWCH UnicodeString,
                                      ULONG BytesInUnicodeString)
{
    ULONG n = BytesInUnicodeString / (ULONG)sizeof(WCHAR), count = n < MaxBytesInOemString ? n : MaxBytesInOemString;

    for (ULONG i = 0; i < count; i++)
        OemString[i] = ansi_from_wide(text_upcase(UnicodeString[i]));
    if (BytesInOemString != NULL)
        *BytesInOemString = count;
    return count < n ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

/* *Char becomes what the OEM character stands for, in upper case. PASSIVE_LEVEL. docs: ntifs/nf-ntifs-rtlisvalidoemcharacter */
BOOLEAN NTAPI RtlIsValidOemCharacter(PWCHAR Char)
{
    WCHAR upper = text_upcase(*Char);

    if (!mappable(upper))
        return FALSE;
    *Char = ansi_to_wide(ansi_from_wide(upper));
    return TRUE;
}

static bool legal_in_8_3(char c)
{
    unsigned char u = (unsigned char)c;

    return u >= 0x20 && strchr("\"*+,/:;<=>?[\\]|", c) == NULL && u != 0x7F;
}

/* At most eight characters, a period, at most three; "." and "..". OemName (may be NULL) gets the name in upper case.
 * <= DISPATCH_LEVEL. docs: ntifs/nf-ntifs-rtlisnamelegaldos8dot3 */
BOOLEAN NTAPI RtlIsNameLegalDOS8Dot3(PCUNICODE_STRING Name, POEM_STRING OemName, PBOOLEAN NameContainsSpaces)
{
    CHAR buffer[12];
    OEM_STRING own = { 0, sizeof(buffer), buffer }, *name = OemName != NULL ? OemName : &own;
    bool spaces = false;
    USHORT dot;

    if (Name->Length > 12 * sizeof(WCHAR) || !NT_SUCCESS(RtlUpcaseUnicodeStringToCountedOemString(name, Name, FALSE)))
        return FALSE;
    if ((name->Length == 1 && name->Buffer[0] == '.') || (name->Length == 2 && memcmp(name->Buffer, "..", 2) == 0)) {
        if (NameContainsSpaces != NULL)
            *NameContainsSpaces = FALSE;
        return TRUE;
    }
    for (dot = 0; dot < name->Length && name->Buffer[dot] != '.'; dot++)
        ;
    if (dot == 0 || dot > 8 || name->Length - dot > 4 || (dot < name->Length && dot + 1 == name->Length))
        return FALSE;
    for (USHORT i = 0; i < name->Length; i++) {
        char c = name->Buffer[i];
        bool ends = i + 1 == name->Length || i + 1 == dot;

        if ((c == '.' && i != dot) || (c != '.' && !legal_in_8_3(c)) || (c == ' ' && ends))
            return FALSE;
        spaces |= c == ' ';
    }
    if (NameContainsSpaces != NULL)
        *NameContainsSpaces = spaces;
    return TRUE;
}

/* Orders two altitudes, which are decimal numbers with an optional fraction. No page. Any IRQL. */
LONG NTAPI RtlCompareAltitudes(PCUNICODE_STRING Altitude1, PCUNICODE_STRING Altitude2)
{
    PCUNICODE_STRING side[2] = { Altitude1, Altitude2 };
    size_t start[2], point[2], length[2];

    for (int k = 0; k < 2; k++) {
        length[k] = side[k]->Length / sizeof(WCHAR);
        for (start[k] = 0; start[k] < length[k] && side[k]->Buffer[start[k]] == '0'; start[k]++)
            ;
        for (point[k] = start[k]; point[k] < length[k] && side[k]->Buffer[point[k]] != '.'; point[k]++)
            ;
    }
    size_t whole[2] = { point[0] - start[0], point[1] - start[1] };
    if (whole[0] != whole[1])
        return whole[0] < whole[1] ? -1 : 1;
    for (size_t i = 0; start[0] + i < length[0] || start[1] + i < length[1]; i++) {
        WCHAR a = start[0] + i < length[0] ? side[0]->Buffer[start[0] + i] : '0';
        WCHAR b = start[1] + i < length[1] ? side[1]->Buffer[start[1] + i] : '0';

        if (a == '.' || b == '.')
            continue;
        if (a != b)
            return a < b ? -1 : 1;
    }
    return 0;
}

/* An interval in days and the time of a day: Year, Month, Weekday are 0. Any IRQL. No page. */
VOID NTAPI RtlTimeToElapsedTimeFields(PLARGE_INTEGER Time, PTIME_FIELDS TimeFields)
{
    ULONGLONG ms = (ULONGLONG)Time->QuadPart / 10000;

    *TimeFields = (TIME_FIELDS){ .Day = (CSHORT)(ms / 86400000), .Hour = (CSHORT)(ms / 3600000 % 24), .Minute = (CSHORT)(ms / 60000 % 60),
                                 .Second = (CSHORT)(ms / 1000 % 60), .Milliseconds = (CSHORT)(ms % 1000) };
}

/* Return addresses of the calling stack. Flags: 0; 1 (user mode) finds none. Any IRQL. docs: ntifs/nf-ntifs-rtlwalkframechain */
ULONG NTAPI RtlWalkFrameChain(PVOID *Callers, ULONG Count, ULONG Flags)
{
    enum { MOST = 64 };
    struct pe_caller caller = PE_CALLER();
    uint64_t frames[MOST];
    unsigned count = Flags & 1 ? 0 : pe_capture(&caller, frames, Count < MOST ? Count : MOST);

    for (unsigned i = 0; i < count; i++)
        Callers[i] = (PVOID)frames[i];
    return count;
}
