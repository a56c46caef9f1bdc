/* Compiler intrinsics: the compiler's own header, and the privileged ones that it declares without a body. */
#ifndef RING3_CRT_INTRIN_H
#define RING3_CRT_INTRIN_H

#if defined(__GNUC__) && !defined(__clang__)
#include "gcc_intrin.h"
#else
#include_next <intrin.h>
#endif
#include <stdlib.h>

#ifdef __cplusplus
extern "C" {
#endif
#define RING3_READ_REGISTER(name, from)                               \
    __forceinline unsigned long long ring3##name(void)                     \
    {                                                                \
        unsigned long long value;                                    \
        __asm__ __volatile__("movq %%" from ", %0" : "=r"(value));   \
        return value;                                                \
    }
RING3_READ_REGISTER(__readcr0, "cr0")
RING3_READ_REGISTER(__readcr2, "cr2")
RING3_READ_REGISTER(__readcr4, "cr4")

__forceinline unsigned long long ring3__readcr8(void)
{
    unsigned long long value;
    __asm__ __volatile__("movq %%cr8, %0" : "=r"(value) : : "memory");
    return value;
}

__forceinline void ring3__writecr8(unsigned long long value)
{
    __asm__ __volatile__("movq %0, %%cr8" : : "r"(value) : "memory");
}

__forceinline void __writemsr(unsigned long index, unsigned long long value)
{
    __asm__ __volatile__("wrmsr" : : "c"(index), "a"((unsigned)value), "d"((unsigned)(value >> 32)) : "memory");
}

__forceinline void __invlpg(void *address)
{
    __asm__ __volatile__("invlpg (%0)" : : "r"(address) : "memory");
}

__forceinline void __wbinvd(void)
{
    __asm__ __volatile__("wbinvd" : : : "memory");
}

__forceinline void _disable(void)
{
    __asm__ __volatile__("cli" : : : "memory");
}

__forceinline void _enable(void)
{
    __asm__ __volatile__("sti" : : : "memory");
}

__forceinline void __writegsqword(unsigned long offset, unsigned long long value)
{
    __asm__ __volatile__("movq %0, %%gs:(%1)" : : "r"(value), "r"((unsigned long long)offset) : "memory");
}

#define RING3_PORT_STRING(size, type, suffix)                                                        \
    __forceinline void __in##size##string(unsigned short port, type *buffer, unsigned long count)    \
    {                                                                                                \
        unsigned long long n = count;                                                                \
        __asm__ __volatile__("rep ins" suffix : "+D"(buffer), "+c"(n) : "d"(port) : "memory");       \
    }                                                                                                \
    __forceinline void __out##size##string(unsigned short port, type *buffer, unsigned long count)   \
    {                                                                                                \
        unsigned long long n = count;                                                                \
        __asm__ __volatile__("rep outs" suffix : "+S"(buffer), "+c"(n) : "d"(port) : "memory");      \
    }
RING3_PORT_STRING(byte, unsigned char, "b")
RING3_PORT_STRING(word, unsigned short, "w")
RING3_PORT_STRING(dword, unsigned long, "l")

__forceinline unsigned long long __ull_rshift(unsigned long long value, int bits)
{
    return value >> (bits & 63);
}
#ifdef __cplusplus
}
#endif

/* clang declares these with types of another width. */
#if !defined(__GNUC__) || defined(__clang__)
#define __readcr0() ring3__readcr0()
#define __readcr2() ring3__readcr2()
#define __readcr4() ring3__readcr4()
#define __readcr8() ring3__readcr8()
#define __writecr8(value) ring3__writecr8(value)
#endif

#define BitScanForward _BitScanForward
#define BitScanReverse _BitScanReverse
#define BitScanForward64 _BitScanForward64
#define BitScanReverse64 _BitScanReverse64
#define BitTest _bittest
#define BitTestAndComplement _bittestandcomplement
#define BitTestAndSet _bittestandset
#define BitTestAndReset _bittestandreset
#define BitTest64 _bittest64
#define BitTestAndSet64 _bittestandset64
#define BitTestAndReset64 _bittestandreset64
#define MultiplyHigh __mulh
#define UnsignedMultiplyHigh __umulh
#define UnsignedMultiply128 _umul128
#define ShiftLeft128 __shiftleft128
#define ShiftRight128 __shiftright128
/* Bits of the product from number shift on; the signed one divides the magnitude, so that it rounds to zero. */
__forceinline unsigned long long UnsignedMultiplyExtract128(unsigned long long multiplier, unsigned long long multiplicand,
                                                            unsigned char shift)
{
    return (unsigned long long)((unsigned __int128)multiplier * multiplicand >> shift);
}
__forceinline long long MultiplyExtract128(long long multiplier, long long multiplicand, unsigned char shift)
{
    __int128 product = (__int128)multiplier * multiplicand;

    return product < 0 ? -(long long)((unsigned __int128)-product >> shift) : (long long)((unsigned __int128)product >> shift);
}
#define RotateLeft32 _rotl
#define RotateLeft64 _rotl64
#define RotateRight32 _rotr
#define RotateRight64 _rotr64
#define PopulationCount64 __popcnt64
#define PrefetchForRead(p) __builtin_prefetch(p)
#define PreFetchCacheLine(level, p) __builtin_prefetch((const void *)(p))
#define FastFence __faststorefence
#define ReadTimeStampCounter() __rdtsc()

#endif
