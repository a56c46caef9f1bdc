/* Bitmaps. A bit number is an index from 0; bit n is bit n % 32 of word n / 32. Any IRQL on resident memory. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "ring3/rtl_bitmap.h"

#define NONE 0xFFFFFFFFu

static bool bit(const RTL_BITMAP *map, ULONG n)
{
    return map->Buffer[n / 32] >> (n % 32) & 1;
}

/* The first index from `from` on, below `limit`, whose bit is `value`; `limit` when there is none. */
static ULONG next(const RTL_BITMAP *map, ULONG from, ULONG limit, bool value)
{
    ULONG flip = value ? 0 : NONE;

    while (from < limit) {
        ULONG word = (map->Buffer[from / 32] ^ flip) >> (from % 32);

        if (word != 0) {
            from += (ULONG)__builtin_ctz(word);
            return from < limit ? from : limit;
        }
        from = (from | 31) + 1;
        if (from == 0)
            break;
    }
    return limit;
}

static void change(PRTL_BITMAP map, ULONG start, ULONG count, bool value)
{
    while (count != 0) {
        ULONG offset = start % 32, here = 32 - offset < count ? 32 - offset : count;
        ULONG mask = (here == 32 ? NONE : (1u << here) - 1) << offset;

        if (value)
            map->Buffer[start / 32] |= mask;
        else
            map->Buffer[start / 32] &= ~mask;
        start += here;
        count -= here;
    }
}

/* The buffer stays the caller's and is not touched. docs: wdm/nf-wdm-rtlinitializebitmap */
VOID NTAPI RtlInitializeBitMap(PRTL_BITMAP BitMapHeader, PULONG BitMapBuffer, ULONG SizeOfBitMap)
{
    BitMapHeader->SizeOfBitMap = SizeOfBitMap;
    BitMapHeader->Buffer = BitMapBuffer;
}

/* docs: wdm/nf-wdm-rtlclearbit */
VOID NTAPI RtlClearBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber)
{
    change(BitMapHeader, BitNumber, 1, false);
}

/* docs: wdm/nf-wdm-rtlsetbit */
VOID NTAPI RtlSetBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber)
{
    change(BitMapHeader, BitNumber, 1, true);
}

/* docs: wdm/nf-wdm-rtltestbit */
BOOLEAN NTAPI RtlTestBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber)
{
    return bit(BitMapHeader, BitNumber);
}

/* docs: wdm/nf-wdm-rtlclearallbits */
VOID NTAPI RtlClearAllBits(PRTL_BITMAP BitMapHeader)
{
    memset(BitMapHeader->Buffer, 0, (BitMapHeader->SizeOfBitMap + 31ull) / 32 * 4);
}

/* docs: wdm/nf-wdm-rtlsetallbits */
VOID NTAPI RtlSetAllBits(PRTL_BITMAP BitMapHeader)
{
    memset(BitMapHeader->Buffer, 0xFF, (BitMapHeader->SizeOfBitMap + 31ull) / 32 * 4);
}

/* docs: wdm/nf-wdm-rtlclearbits */
VOID NTAPI RtlClearBits(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG NumberToClear)
{
    change(BitMapHeader, StartingIndex, NumberToClear, false);
}

/* docs: wdm/nf-wdm-rtlsetbits */
VOID NTAPI RtlSetBits(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG NumberToSet)
{
    change(BitMapHeader, StartingIndex, NumberToSet, true);
}

static BOOLEAN all(const RTL_BITMAP *map, ULONG start, ULONG length, bool value)
{
    if (length == 0 || start > map->SizeOfBitMap || length > map->SizeOfBitMap - start)
        return FALSE;
    return next(map, start, start + length, !value) == start + length;
}

/* FALSE as well for a range of length 0 or beyond the map. docs: wdm/nf-wdm-rtlarebitsclear */
BOOLEAN NTAPI RtlAreBitsClear(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG Length)
{
    return all(BitMapHeader, StartingIndex, Length, false);
}

/* docs: wdm/nf-wdm-rtlarebitsset */
BOOLEAN NTAPI RtlAreBitsSet(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG Length)
{
    return all(BitMapHeader, StartingIndex, Length, true);
}

/* The first run of `count` bits of `value` that begins in [from, to). */
static ULONG find_run(const RTL_BITMAP *map, ULONG count, ULONG from, ULONG to, bool value)
{
    while (from < to) {
        ULONG start = next(map, from, map->SizeOfBitMap, value), end;

        if (start >= to || count > map->SizeOfBitMap - start)
            return NONE;
        end = next(map, start, start + count, !value);
        if (end == start + count)
            return start;
        from = end + 1;
    }
    return NONE;
}

/* The search begins at the byte of the hint and goes round once. A run of 0 bits is at the hint. */
static ULONG find(const RTL_BITMAP *map, ULONG count, ULONG hint, bool value)
{
    ULONG found;

    if (hint >= map->SizeOfBitMap)
        hint = 0;
    hint &= ~7u;
    if (count == 0)
        return hint;
    found = find_run(map, count, hint, map->SizeOfBitMap, value);
    if (found == NONE && hint != 0)
        found = find_run(map, count, 0, hint, value);
    return found;
}

/* The start of NumberToFind clear bits in a row; 0xFFFFFFFF when there are none. docs: wdm/nf-wdm-rtlfindclearbits */
ULONG NTAPI RtlFindClearBits(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex)
{
    return find(BitMapHeader, NumberToFind, HintIndex, false);
}

/* docs: wdm/nf-wdm-rtlfindsetbits */
ULONG NTAPI RtlFindSetBits(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex)
{
    return find(BitMapHeader, NumberToFind, HintIndex, true);
}

/* docs: wdm/nf-wdm-rtlfindclearbitsandset */
ULONG NTAPI RtlFindClearBitsAndSet(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex)
{
    ULONG found = find(BitMapHeader, NumberToFind, HintIndex, false);

    if (found != NONE)
        change(BitMapHeader, found, NumberToFind, true);
    return found;
}

/* docs: wdm/nf-wdm-rtlfindsetbitsandclear */
ULONG NTAPI RtlFindSetBitsAndClear(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex)
{
    ULONG found = find(BitMapHeader, NumberToFind, HintIndex, true);

    if (found != NONE)
        change(BitMapHeader, found, NumberToFind, false);
    return found;
}

/* The length of the run of clear bits at or after FromIndex, its start in *StartingRunIndex; 0 when there is none.
 * docs: wdm/nf-wdm-rtlfindnextforwardrunclear */
ULONG NTAPI RtlFindNextForwardRunClear(PRTL_BITMAP BitMapHeader, ULONG FromIndex, PULONG StartingRunIndex)
{
    ULONG start = next(BitMapHeader, FromIndex, BitMapHeader->SizeOfBitMap, false);

    *StartingRunIndex = start < BitMapHeader->SizeOfBitMap ? start : FromIndex;
    if (start >= BitMapHeader->SizeOfBitMap)
        return 0;
    return next(BitMapHeader, start, BitMapHeader->SizeOfBitMap, true) - start;
}

/* docs: wdm/nf-wdm-rtlfindfirstrunclear */
ULONG NTAPI RtlFindFirstRunClear(PRTL_BITMAP BitMapHeader, PULONG StartingIndex)
{
    return RtlFindNextForwardRunClear(BitMapHeader, 0, StartingIndex);
}

/* The run of clear bits that ends at or before FromIndex. docs: wdm/nf-wdm-rtlfindlastbackwardrunclear */
ULONG NTAPI RtlFindLastBackwardRunClear(PRTL_BITMAP BitMapHeader, ULONG FromIndex, PULONG StartingRunIndex)
{
    ULONG end = FromIndex + 1, start;

    if (FromIndex >= BitMapHeader->SizeOfBitMap)
        end = BitMapHeader->SizeOfBitMap;
    while (end != 0 && bit(BitMapHeader, end - 1))
        end--;
    for (start = end; start != 0 && !bit(BitMapHeader, start - 1); start--)
        ;
    *StartingRunIndex = end != 0 ? start : FromIndex;
    return end - start;
}

/* Up to SizeOfRunArray runs of clear bits: the first ones, or the longest ones, longest first. Returns how many.
 * docs: wdm/nf-wdm-rtlfindclearruns */
ULONG NTAPI RtlFindClearRuns(PRTL_BITMAP BitMapHeader, PRTL_BITMAP_RUN RunArray, ULONG SizeOfRunArray, BOOLEAN LocateLongestRuns)
{
    ULONG found = 0, at = 0, start, length;

    while ((length = RtlFindNextForwardRunClear(BitMapHeader, at, &start)) != 0) {
        ULONG slot = found;

        at = start + length;
        if (LocateLongestRuns)
            for (slot = 0; slot < found && RunArray[slot].NumberOfBits >= length; slot++)
                ;
        if (slot >= SizeOfRunArray && !LocateLongestRuns)
            break;
        if (slot >= SizeOfRunArray)
            continue;
        if (found < SizeOfRunArray)
            found++;
        memmove(&RunArray[slot + 1], &RunArray[slot], (found - 1 - slot) * sizeof(*RunArray));
        RunArray[slot] = (RTL_BITMAP_RUN){start, length};
    }
    return found;
}

/* docs: wdm/nf-wdm-rtlfindlongestrunclear */
ULONG NTAPI RtlFindLongestRunClear(PRTL_BITMAP BitMapHeader, PULONG StartingIndex)
{
    RTL_BITMAP_RUN run = {0, 0};

    RtlFindClearRuns(BitMapHeader, &run, 1, TRUE);
    *StartingIndex = run.StartingIndex;
    return run.NumberOfBits;
}

/* docs: wdm/nf-wdm-rtlnumberofsetbits */
ULONG NTAPI RtlNumberOfSetBits(PRTL_BITMAP BitMapHeader)
{
    ULONG count = 0, whole = BitMapHeader->SizeOfBitMap / 32, rest = BitMapHeader->SizeOfBitMap % 32;

    for (ULONG i = 0; i < whole; i++)
        count += (ULONG)__builtin_popcount(BitMapHeader->Buffer[i]);
    if (rest != 0)
        count += (ULONG)__builtin_popcount(BitMapHeader->Buffer[whole] & ((1u << rest) - 1));
    return count;
}

/* docs: wdm/nf-wdm-rtlnumberofclearbits */
ULONG NTAPI RtlNumberOfClearBits(PRTL_BITMAP BitMapHeader)
{
    return BitMapHeader->SizeOfBitMap - RtlNumberOfSetBits(BitMapHeader);
}

/* docs: wdm/nf-wdm-rtlnumberofsetbitsulongptr */
ULONG NTAPI RtlNumberOfSetBitsUlongPtr(ULONG_PTR Target)
{
    return (ULONG)__builtin_popcountll(Target);
}

/* -1 when no bit is set. docs: wdm/nf-wdm-rtlfindleastsignificantbit */
CCHAR NTAPI RtlFindLeastSignificantBit(ULONGLONG Set)
{
    return Set != 0 ? (CCHAR)__builtin_ctzll(Set) : -1;
}

/* docs: wdm/nf-wdm-rtlfindmostsignificantbit */
CCHAR NTAPI RtlFindMostSignificantBit(ULONGLONG Set)
{
    return Set != 0 ? (CCHAR)(63 - __builtin_clzll(Set)) : -1;
}
