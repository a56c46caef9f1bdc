/* Memory: fill, copy, compare, and unaligned access. docs: wdm/nf-wdm-rtlzeromemory, wdm/nf-wdm-rtlcomparememory */
#ifndef RING3_RTL_MEMORY_H
#define RING3_RTL_MEMORY_H

#include <ntdef.h>
#ifndef RING3_HOST
#include <string.h>
#endif

RING3_BEGIN_C

#ifndef RING3_HOST
#define RtlEqualMemory(a, b, n) (!memcmp((a), (b), (n)))
/* The builtins: a small constant length becomes a few moves, as in the WDK's own compiler. */
#define RtlMoveMemory(d, s, n) __builtin_memmove((d), (s), (n))
#define RtlCopyMemory(d, s, n) __builtin_memcpy((d), (s), (n))
#define RtlFillMemory(d, n, f) __builtin_memset((d), (f), (n))
#define RtlZeroMemory(d, n) __builtin_memset((d), 0, (n))
#define RtlCopyVolatileMemory(d, s, n) memcpy((void *)(d), (const void *)(s), (n))
#define RtlFillVolatileMemory(d, n, f) memset((void *)(d), (f), (n))
#define RtlCopyBytes RtlCopyMemory
#define RtlZeroBytes RtlZeroMemory
#define RtlFillBytes RtlFillMemory
#define RtlCopyDeviceMemory RtlCopyMemory

FORCEINLINE PVOID RtlSecureZeroMemory(_Out_ PVOID Address, _In_ SIZE_T Count)
{
    volatile char *p = (volatile char *)Address;

    while (Count-- != 0)
        *p++ = 0;
    return Address;
}

FORCEINLINE BOOLEAN RtlConstantTimeEqualMemory(_In_ const void *First, _In_ const void *Second, _In_ SIZE_T Count)
{
    const volatile unsigned char *a = (const volatile unsigned char *)First;
    const volatile unsigned char *b = (const volatile unsigned char *)Second;
    unsigned char difference = 0;

    while (Count-- != 0)
        difference |= (unsigned char)(*a++ ^ *b++);
    return (BOOLEAN)(difference == 0);
}
#else
VOID NTAPI RtlZeroMemory(_Out_ PVOID Destination, _In_ SIZE_T Length);
VOID NTAPI RtlFillMemory(_Out_ PVOID Destination, _In_ SIZE_T Length, _In_ UCHAR Fill);
VOID NTAPI RtlCopyMemory(_Out_ PVOID Destination, _In_ const VOID *Source, _In_ SIZE_T Length);
VOID NTAPI RtlMoveMemory(_Out_ PVOID Destination, _In_ const VOID *Source, _In_ SIZE_T Length);
#endif

NTSYSAPI SIZE_T NTAPI RtlCompareMemory(_In_ const VOID *Source1, _In_ const VOID *Source2, _In_ SIZE_T Length);
NTSYSAPI SIZE_T NTAPI RtlCompareMemoryUlong(_In_ PVOID Source, _In_ SIZE_T Length, _In_ ULONG Pattern);
NTSYSAPI VOID NTAPI RtlFillMemoryUlong(_Out_ PVOID Destination, _In_ SIZE_T Length, _In_ ULONG Pattern);
NTSYSAPI VOID NTAPI RtlFillMemoryUlonglong(_Out_ PVOID Destination, _In_ SIZE_T Length, _In_ ULONGLONG Pattern);
NTSYSAPI VOID NTAPI RtlCopyMemoryNonTemporal(_Out_ PVOID Destination, _In_ const VOID *Source, _In_ SIZE_T Length);
NTSYSAPI VOID NTAPI RtlFillMemoryNonTemporal(_Out_ PVOID Destination, _In_ SIZE_T Length, _In_ UCHAR Value);
NTSYSAPI VOID NTAPI RtlPrefetchMemoryNonTemporal(_In_ PVOID Source, _In_ SIZE_T Length);
NTSYSAPI BOOLEAN NTAPI RtlIsZeroMemory(_In_ PVOID Buffer, _In_ SIZE_T Length);

#define RtlUshortByteSwap(x) __builtin_bswap16((USHORT)(x))
#define RtlUlongByteSwap(x) ((ULONG)__builtin_bswap32((ULONG)(x)))
#define RtlUlonglongByteSwap(x) __builtin_bswap64((ULONGLONG)(x))

#define RING3_UNALIGNED_SET(name, type)                                     \
    FORCEINLINE VOID RtlStore##name(_Out_ void *Address, _In_ type Value)   \
    {                                                                       \
        __builtin_memcpy(Address, &Value, sizeof(type));                    \
    }                                                                       \
    FORCEINLINE VOID RtlRetrieve##name(_Out_ void *Destination, _In_ const void *Source) \
    {                                                                       \
        __builtin_memcpy(Destination, Source, sizeof(type));                \
    }
RING3_UNALIGNED_SET(Ushort, USHORT)
RING3_UNALIGNED_SET(Ulong, ULONG)
RING3_UNALIGNED_SET(Ulonglong, ULONGLONG)
RING3_UNALIGNED_SET(UlongPtr, ULONG_PTR)

/* ---- large integers and LUIDs, from before compilers had 64-bit arithmetic ---- */

FORCEINLINE LARGE_INTEGER RtlConvertLongToLargeInteger(_In_ LONG Value)
{
    LARGE_INTEGER result;

    result.QuadPart = Value;
    return result;
}

FORCEINLINE LARGE_INTEGER RtlConvertUlongToLargeInteger(_In_ ULONG Value)
{
    LARGE_INTEGER result;

    result.QuadPart = Value;
    return result;
}

FORCEINLINE LUID RtlConvertLongToLuid(_In_ LONG Value)
{
    LUID luid;

    luid.LowPart = (ULONG)Value;
    luid.HighPart = Value < 0 ? -1 : 0;
    return luid;
}

FORCEINLINE LUID RtlConvertUlongToLuid(_In_ ULONG Value)
{
    LUID luid;

    luid.LowPart = Value;
    luid.HighPart = 0;
    return luid;
}

#define RtlEqualLuid(a, b) ((a)->LowPart == (b)->LowPart && (a)->HighPart == (b)->HighPart)
#define RtlIsZeroLuid(a) (((a)->LowPart | (ULONG)(a)->HighPart) == 0)
NTSYSAPI VOID NTAPI RtlCopyLuid(_Out_ PLUID DestinationLuid, _In_ PLUID SourceLuid);
NTSYSAPI LARGE_INTEGER NTAPI RtlExtendedMagicDivide(_In_ LARGE_INTEGER Dividend, _In_ LARGE_INTEGER MagicDivisor,
                                                    _In_ CCHAR ShiftCount);
NTSYSAPI LARGE_INTEGER NTAPI RtlExtendedLargeIntegerDivide(_In_ LARGE_INTEGER Dividend, _In_ ULONG Divisor,
                                                           _Out_opt_ PULONG Remainder);

FORCEINLINE LARGE_INTEGER RtlLargeIntegerAdd(_In_ LARGE_INTEGER Addend1, _In_ LARGE_INTEGER Addend2)
{
    Addend1.QuadPart += Addend2.QuadPart;
    return Addend1;
}

FORCEINLINE LARGE_INTEGER RtlLargeIntegerSubtract(_In_ LARGE_INTEGER Minuend, _In_ LARGE_INTEGER Subtrahend)
{
    Minuend.QuadPart -= Subtrahend.QuadPart;
    return Minuend;
}

#define RtlLargeIntegerGreaterThan(x, y) ((x).QuadPart > (y).QuadPart)
#define RtlLargeIntegerLessThan(x, y) ((x).QuadPart < (y).QuadPart)
#define RtlLargeIntegerEqualTo(x, y) ((x).QuadPart == (y).QuadPart)
#define RtlLargeIntegerEqualToZero(x) ((x).QuadPart == 0)

RING3_END_C

#endif
