/* Memory routines that are exported as functions. Any IRQL on resident memory. */
#include "ring3/rtl_memory.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* docs: wdm/nf-wdm-rtlzeromemory */
VOID NTAPI RtlZeroMemory(PVOID Destination, SIZE_T Length)
{
    memset(Destination, 0, Length);
}

/* docs: wdm/nf-wdm-rtlfillmemory */
VOID NTAPI RtlFillMemory(PVOID Destination, SIZE_T Length, UCHAR Fill)
{
    memset(Destination, Fill, Length);
}

/* docs: wdm/nf-wdm-rtlcopymemory */
VOID NTAPI RtlCopyMemory(PVOID Destination, const VOID *Source, SIZE_T Length)
{
    memmove(Destination, Source, Length);
}

/* docs: wdm/nf-wdm-rtlmovememory */
VOID NTAPI RtlMoveMemory(PVOID Destination, const VOID *Source, SIZE_T Length)
{
    memmove(Destination, Source, Length);
}

/* Bytes that are equal before the first that is not. docs: wdm/nf-wdm-rtlcomparememory */
SIZE_T NTAPI RtlCompareMemory(const VOID *Source1, const VOID *Source2, SIZE_T Length)
{
    const UCHAR *a = Source1, *b = Source2;
    SIZE_T i = 0;

    while (i < Length && a[i] == b[i])
        i++;
    return i;
}

/* Bytes from the start that repeat Pattern; Source is 4-byte aligned, a rest of Length below 4 is ignored.
 * docs: ntifs/nf-ntifs-rtlcomparememoryulong */
SIZE_T NTAPI RtlCompareMemoryUlong(PVOID Source, SIZE_T Length, ULONG Pattern)
{
    const ULONG *a = Source;
    SIZE_T i = 0;

    while (i < Length / sizeof(ULONG) && a[i] == Pattern)
        i++;
    return i * sizeof(ULONG);
}

/* docs: ntifs/nf-ntifs-rtlfillmemoryulong */
VOID NTAPI RtlFillMemoryUlong(PVOID Destination, SIZE_T Length, ULONG Pattern)
{
    ULONG *to = Destination;

    for (SIZE_T i = 0; i < Length / sizeof(ULONG); i++)
        to[i] = Pattern;
}

/* docs: ntifs/nf-ntifs-rtlfillmemoryulonglong */
VOID NTAPI RtlFillMemoryUlonglong(PVOID Destination, SIZE_T Length, ULONGLONG Pattern)
{
    ULONGLONG *to = Destination;

    for (SIZE_T i = 0; i < Length / sizeof(ULONGLONG); i++)
        to[i] = Pattern;
}

/* docs: wdm/nf-wdm-rtlcopymemorynontemporal */
VOID NTAPI RtlCopyMemoryNonTemporal(PVOID Destination, const VOID *Source, SIZE_T Length)
{
    memcpy(Destination, Source, Length);
}

/* docs: wdm/nf-wdm-rtlfillmemorynontemporal */
VOID NTAPI RtlFillMemoryNonTemporal(PVOID Destination, SIZE_T Length, UCHAR Value)
{
    memset(Destination, Value, Length);
}

/* A hint. docs: wdm/nf-wdm-rtlprefetchmemorynontemporal */
VOID NTAPI RtlPrefetchMemoryNonTemporal(PVOID Source, SIZE_T Length)
{
    (void)Source, (void)Length;
}

/* docs: wdm/nf-wdm-rtliszeromemory */
BOOLEAN NTAPI RtlIsZeroMemory(PVOID Buffer, SIZE_T Length)
{
    const UCHAR *a = Buffer;

    while (Length != 0 && *a == 0) {
        a++;
        Length--;
    }
    return Length == 0;
}

/* docs: ntifs/nf-ntifs-rtlcopyluid */
VOID NTAPI RtlCopyLuid(PLUID DestinationLuid, PLUID SourceLuid)
{
    *DestinationLuid = *SourceLuid;
}

/* The upper 64 bits of Dividend * MagicDivisor, shifted right by ShiftCount; sign of the dividend. */
LARGE_INTEGER NTAPI RtlExtendedMagicDivide(LARGE_INTEGER Dividend, LARGE_INTEGER MagicDivisor, CCHAR ShiftCount)
{
    bool negative = Dividend.QuadPart < 0;
    uint64_t magnitude = negative ? 0 - (uint64_t)Dividend.QuadPart : (uint64_t)Dividend.QuadPart;
    uint64_t high = (uint64_t)(((unsigned __int128)magnitude * (uint64_t)MagicDivisor.QuadPart) >> 64) >> ShiftCount;

    Dividend.QuadPart = (LONGLONG)(negative ? 0 - high : high);
    return Dividend;
}

LARGE_INTEGER NTAPI RtlExtendedLargeIntegerDivide(LARGE_INTEGER Dividend, ULONG Divisor, PULONG Remainder)
{
    ULONGLONG value = (ULONGLONG)Dividend.QuadPart;

    if (Remainder != NULL)
        *Remainder = (ULONG)(value % Divisor);
    Dividend.QuadPart = (LONGLONG)(value / Divisor);
    return Dividend;
}
