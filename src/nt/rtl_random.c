/* Pseudo-random numbers from a caller's seed, and checksums. Any IRQL. */
#include <stdint.h>

#include "ring3/rtl_misc.h"

/* A linear congruential step modulo 2^31 - 1, as the page of RtlUniform describes; the seed is updated. */
ULONG NTAPI RtlUniform(PULONG Seed)
{
    *Seed = (ULONG)((*Seed * 0x7fffffedull + 0x7fffffc3ull) % 0x7fffffff);
    return *Seed;
}

/* 0 .. MAXLONG - 1; the sequence depends on the seed alone. docs: ntifs/nf-ntifs-rtlrandom */
ULONG NTAPI RtlRandom(PULONG Seed)
{
    return RtlUniform(Seed);
}

/* docs: ntddk/nf-ntddk-rtlrandomex */
ULONG NTAPI RtlRandomEx(PULONG Seed)
{
    uint64_t z;

    *Seed = *Seed * 1664525u + 1013904223u;
    z = *Seed * 0x9E3779B97F4A7C15ull;
    return (ULONG)((z ^ (z >> 29)) >> 33) % 0x7fffffff;
}

/* CRC-32 (IEEE 802.3), bytewise; pass an earlier result to go on. docs: ntddk/nf-ntddk-rtlcrc32 */
ULONG NTAPI RtlCrc32(const void *Buffer, SIZE_T Size, ULONG InitialCrc)
{
    const UCHAR *at = Buffer;
    ULONG crc = ~InitialCrc;

    while (Size-- != 0) {
        crc ^= *at++;
        for (int i = 0; i < 8; i++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    }
    return ~crc;
}

/* CRC-64 (ECMA-182, reflected). docs: ntddk/nf-ntddk-rtlcrc64 */
ULONGLONG NTAPI RtlCrc64(const void *Buffer, SIZE_T Size, ULONGLONG InitialCrc)
{
    const UCHAR *at = Buffer;
    ULONGLONG crc = ~InitialCrc;

    while (Size-- != 0) {
        crc ^= *at++;
        for (int i = 0; i < 8; i++)
            crc = crc >> 1 ^ (crc & 1 ? 0xC96C5795D7870F42ull : 0);
    }
    return ~crc;
}
