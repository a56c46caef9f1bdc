/* Comparing, case and hashing of counted strings. Case of wide strings follows Unicode's simple mappings, case of narrow
 * ones the ANSI code page. */
#include <stdint.h>

#include "nt/ansi.h"
#include "nt/pool.h"
#include "nt/text.h"
#include "ntstatus.h"
#include "ring3/rtl_string.h"

#define STRING_TAG 0x67727453u          /* "Strg" */

/* docs: ntifs/nf-ntifs-rtlupperchar */
CHAR NTAPI RtlUpperChar(CHAR Character)
{
    char upper = ansi_from_wide(text_upcase(ansi_to_wide(Character)));

    return upper == '?' ? Character : upper;
}

/* docs: ntifs/nf-ntifs-rtlupcaseunicodechar */
WCHAR NTAPI RtlUpcaseUnicodeChar(WCHAR SourceCharacter)
{
    return text_upcase(SourceCharacter);
}

/* docs: wdm/nf-wdm-rtldowncaseunicodechar */
WCHAR NTAPI RtlDowncaseUnicodeChar(WCHAR SourceCharacter)
{
    return text_downcase(SourceCharacter);
}

/* Less than, equal to or greater than zero. docs: wdm/nf-wdm-rtlcomparestring */
LONG NTAPI RtlCompareString(const STRING *String1, const STRING *String2, BOOLEAN CaseInSensitive)
{
    USHORT shorter = String1->Length < String2->Length ? String1->Length : String2->Length;

    for (USHORT i = 0; i < shorter; i++) {
        CHAR a = String1->Buffer[i], b = String2->Buffer[i];

        if (a != b && CaseInSensitive) {
            a = RtlUpperChar(a);
            b = RtlUpperChar(b);
        }
        if (a != b)
            return (LONG)(UCHAR)a - (LONG)(UCHAR)b;
    }
    return (LONG)String1->Length - (LONG)String2->Length;
}

/* docs: wdm/nf-wdm-rtlequalstring */
BOOLEAN NTAPI RtlEqualString(const STRING *String1, const STRING *String2, BOOLEAN CaseInSensitive)
{
    return String1->Length == String2->Length && RtlCompareString(String1, String2, CaseInSensitive) == 0;
}

/* Whether String2 begins with String1. */
BOOLEAN NTAPI RtlPrefixString(const STRING *String1, const STRING *String2, BOOLEAN CaseInSensitive)
{
    STRING start = *String2;

    if (String1->Length > String2->Length)
        return FALSE;
    start.Length = String1->Length;
    return RtlEqualString(String1, &start, CaseInSensitive);
}

/* Lengths in characters. docs: wdm/nf-wdm-rtlcompareunicodestring */
LONG NTAPI RtlCompareUnicodeStrings(PCWCH String1, SIZE_T String1Length, PCWCH String2, SIZE_T String2Length,
                                    BOOLEAN CaseInSensitive)
{
    SIZE_T shorter = String1Length < String2Length ? String1Length : String2Length;
    int order = text_compare(String1, shorter, String2, shorter, CaseInSensitive);

    return order != 0 ? order : (LONG)String1Length - (LONG)String2Length;
}

/* Less than, equal to or greater than zero. Any IRQL for resident strings.
 * docs: wdm/nf-wdm-rtlcompareunicodestring */
LONG NTAPI RtlCompareUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive)
{
    return RtlCompareUnicodeStrings(String1->Buffer, String1->Length / sizeof(WCHAR), String2->Buffer,
                                    String2->Length / sizeof(WCHAR), CaseInSensitive);
}

/* docs: wdm/nf-wdm-rtlequalunicodestring */
BOOLEAN NTAPI RtlEqualUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive)
{
    return String1->Length == String2->Length && RtlCompareUnicodeString(String1, String2, CaseInSensitive) == 0;
}

/* Whether String2 begins with String1. docs: ntddk/nf-ntddk-rtlprefixunicodestring */
BOOLEAN NTAPI RtlPrefixUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive)
{
    UNICODE_STRING start = *String2;

    if (String1->Length > String2->Length)
        return FALSE;
    start.Length = String1->Length;
    return RtlEqualUnicodeString(String1, &start, CaseInSensitive);
}

/* Whether String2 ends with String1. */
BOOLEAN NTAPI RtlSuffixUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive)
{
    UNICODE_STRING end = *String2;

    if (String1->Length > String2->Length)
        return FALSE;
    end.Buffer += (String2->Length - String1->Length) / sizeof(WCHAR);
    end.Length = String1->Length;
    return RtlEqualUnicodeString(String1, &end, CaseInSensitive);
}

/* The x65599 hash: for each character, hash * 65599 + character. STATUS_INVALID_PARAMETER for another algorithm.
 * docs: wdm/nf-wdm-rtlhashunicodestring */
NTSTATUS NTAPI RtlHashUnicodeString(PCUNICODE_STRING String, BOOLEAN CaseInSensitive, ULONG HashAlgorithm, PULONG HashValue)
{
    ULONG hash = 0;

    if (String == NULL || HashValue == NULL || HashAlgorithm > HASH_STRING_ALGORITHM_X65599)
        return STATUS_INVALID_PARAMETER;
    for (USHORT i = 0; i < String->Length / sizeof(WCHAR); i++)
        hash = hash * 65599 + (CaseInSensitive ? text_upcase(String->Buffer[i]) : String->Buffer[i]);
    *HashValue = hash;
    return STATUS_SUCCESS;
}

/* As much as fits into the destination. docs: wdm/nf-wdm-rtlupperstring */
VOID NTAPI RtlUpperString(PSTRING DestinationString, const STRING *SourceString)
{
    USHORT length = SourceString->Length;

    if (length > DestinationString->MaximumLength)
        length = DestinationString->MaximumLength;
    for (USHORT i = 0; i < length; i++)
        DestinationString->Buffer[i] = RtlUpperChar(SourceString->Buffer[i]);
    DestinationString->Length = length;
}

static NTSTATUS change_case(PUNICODE_STRING to, PCUNICODE_STRING from, BOOLEAN allocate, WCHAR (*change)(WCHAR),
                            const void *caller)
{
    if (allocate) {
        to->MaximumLength = from->Length;
        to->Buffer = from->Length != 0 ? pool_alloc(PagedPool, from->Length, STRING_TAG, caller) : NULL;
        if (to->Buffer == NULL && from->Length != 0)
            return STATUS_NO_MEMORY;
    } else if (from->Length > to->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    for (USHORT i = 0; i < from->Length / sizeof(WCHAR); i++)
        to->Buffer[i] = change(from->Buffer[i]);
    to->Length = from->Length;
    return STATUS_SUCCESS;
}

/* The result may be the source itself. STATUS_BUFFER_OVERFLOW, or STATUS_NO_MEMORY when it is allocated (free it with
 * RtlFreeUnicodeString). PASSIVE_LEVEL. docs: wdm/nf-wdm-rtlupcaseunicodestring */
NTSTATUS NTAPI RtlUpcaseUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString,
                                      BOOLEAN AllocateDestinationString)
{
    return change_case(DestinationString, SourceString, AllocateDestinationString, text_upcase, __builtin_return_address(0));
}

/* docs: ntifs/nf-ntifs-rtldowncaseunicodestring */
NTSTATUS NTAPI RtlDowncaseUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString,
                                        BOOLEAN AllocateDestinationString)
{
    return change_case(DestinationString, SourceString, AllocateDestinationString, text_downcase, __builtin_return_address(0));
}
