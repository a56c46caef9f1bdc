/* The intrinsics of Microsoft's compiler for GCC (x86_64-w64-mingw32-gcc): what clang's intrin.h has built in. SSE and AVX come from
 * GCC's own headers. docs: cpp/intrinsics/x64-amd64-intrinsics-list */
#ifndef RING3_CRT_GCC_INTRIN_H
#define RING3_CRT_GCC_INTRIN_H

#define _MM_MALLOC_H_INCLUDED           /* it asks for the headers of user mode */
#include <x86intrin.h>

#define RING3_INTRINSIC static __inline__ __attribute__((always_inline, unused))

#ifdef __cplusplus
extern "C" {
#endif

/* --- interlocked: each is a full barrier ---------------------------------------------------------------------------- */

#define RING3_INTERLOCKED(suffix, type)                                                                                         \
    RING3_INTRINSIC type _InterlockedExchange##suffix(type volatile *target, type value)                                       \
    { return __atomic_exchange_n(target, value, __ATOMIC_SEQ_CST); }                                                            \
    RING3_INTRINSIC type _InterlockedExchangeAdd##suffix(type volatile *target, type value)                                    \
    { return (type)__sync_fetch_and_add(target, value); }                                                                      \
    RING3_INTRINSIC type _InterlockedCompareExchange##suffix(type volatile *target, type value, type wanted)                   \
    { return __sync_val_compare_and_swap(target, wanted, value); }                                                             \
    RING3_INTRINSIC type _InterlockedAnd##suffix(type volatile *target, type value) { return __sync_fetch_and_and(target, value); } \
    RING3_INTRINSIC type _InterlockedOr##suffix(type volatile *target, type value) { return __sync_fetch_and_or(target, value); }   \
    RING3_INTRINSIC type _InterlockedXor##suffix(type volatile *target, type value) { return __sync_fetch_and_xor(target, value); } \
    RING3_INTRINSIC type _InterlockedIncrement##suffix(type volatile *target) { return (type)__sync_add_and_fetch(target, 1); }    \
    RING3_INTRINSIC type _InterlockedDecrement##suffix(type volatile *target) { return (type)__sync_sub_and_fetch(target, 1); }
RING3_INTERLOCKED(8, char)
RING3_INTERLOCKED(16, short)
RING3_INTERLOCKED(, long)
RING3_INTERLOCKED(64, long long)

RING3_INTRINSIC void *_InterlockedExchangePointer(void *volatile *target, void *value)
{
    return __atomic_exchange_n(target, value, __ATOMIC_SEQ_CST);
}

RING3_INTRINSIC void *_InterlockedCompareExchangePointer(void *volatile *target, void *value, void *wanted)
{
    return __sync_val_compare_and_swap(target, wanted, value);
}

RING3_INTRINSIC unsigned char _InterlockedCompareExchange128(long long volatile *target, long long high, long long low,
                                                             long long *wanted)
{
    unsigned char same;

    __asm__ __volatile__("lock cmpxchg16b %1" : "=@ccz"(same), "+m"(*(__int128 volatile *)target), "+a"(wanted[0]), "+d"(wanted[1])
                         : "b"(low), "c"(high) : "memory");
    return same;
}

#define RING3_BIT_LOCKED(name, operation, type, suffix)                                                       \
    RING3_INTRINSIC unsigned char name(type volatile *base, type bit)                                         \
    {                                                                                                         \
        unsigned char was;                                                                                    \
        __asm__ __volatile__("lock " operation suffix " %2, %1" : "=@ccc"(was), "+m"(*base) : "r"(bit) : "memory"); \
        return was;                                                                                           \
    }
RING3_BIT_LOCKED(_interlockedbittestandset, "bts", long, "l")
RING3_BIT_LOCKED(_interlockedbittestandreset, "btr", long, "l")
RING3_BIT_LOCKED(_interlockedbittestandset64, "bts", long long, "q")
RING3_BIT_LOCKED(_interlockedbittestandreset64, "btr", long long, "q")

/* --- bits ----------------------------------------------------------------------------------------------------------- */

#define RING3_BIT(name, operation, type, suffix, place)                                                       \
    RING3_INTRINSIC unsigned char name(type place *base, type bit)                                            \
    {                                                                                                         \
        unsigned char was;                                                                                    \
        __asm__ __volatile__(operation suffix " %2, %1" : "=@ccc"(was), "+m"(*(type *)base) : "r"(bit) : "memory"); \
        return was;                                                                                           \
    }
RING3_BIT(_bittest, "bt", long, "l", const)
RING3_BIT(_bittestandset, "bts", long, "l", )
RING3_BIT(_bittestandreset, "btr", long, "l", )
RING3_BIT(_bittestandcomplement, "btc", long, "l", )
RING3_BIT(_bittest64, "bt", long long, "q", const)
RING3_BIT(_bittestandset64, "bts", long long, "q", )
RING3_BIT(_bittestandreset64, "btr", long long, "q", )
RING3_BIT(_bittestandcomplement64, "btc", long long, "q", )

#define RING3_SCAN(name, type, first)                                                 \
    RING3_INTRINSIC unsigned char name(unsigned long *index, type mask)               \
    {                                                                                 \
        if (mask)                                                                     \
            *index = (unsigned long)(first);                                          \
        return mask != 0;                                                             \
    }
RING3_SCAN(_BitScanForward, unsigned long, __builtin_ctz((unsigned)mask))
RING3_SCAN(_BitScanReverse, unsigned long, 31 - __builtin_clz((unsigned)mask))
RING3_SCAN(_BitScanForward64, unsigned long long, __builtin_ctzll(mask))
RING3_SCAN(_BitScanReverse64, unsigned long long, 63 - __builtin_clzll(mask))

#undef _rotl
#undef _rotr
#undef _lrotl
#undef _lrotr
RING3_INTRINSIC unsigned int _rotl(unsigned int v, int n) { return v << (n & 31) | v >> (-n & 31); }
RING3_INTRINSIC unsigned int _rotr(unsigned int v, int n) { return v >> (n & 31) | v << (-n & 31); }
RING3_INTRINSIC unsigned long _lrotl(unsigned long v, int n) { return v << (n & 31) | v >> (-n & 31); }
RING3_INTRINSIC unsigned long _lrotr(unsigned long v, int n) { return v >> (n & 31) | v << (-n & 31); }
RING3_INTRINSIC unsigned long long _rotl64(unsigned long long v, int n) { return v << (n & 63) | v >> (-n & 63); }
RING3_INTRINSIC unsigned long long _rotr64(unsigned long long v, int n) { return v >> (n & 63) | v << (-n & 63); }
RING3_INTRINSIC unsigned char _rotl8(unsigned char v, unsigned char n) { return (unsigned char)(v << (n & 7) | v >> (-n & 7)); }
RING3_INTRINSIC unsigned char _rotr8(unsigned char v, unsigned char n) { return (unsigned char)(v >> (n & 7) | v << (-n & 7)); }
RING3_INTRINSIC unsigned short _rotl16(unsigned short v, unsigned char n) { return (unsigned short)(v << (n & 15) | v >> (-n & 15)); }
RING3_INTRINSIC unsigned short _rotr16(unsigned short v, unsigned char n) { return (unsigned short)(v >> (n & 15) | v << (-n & 15)); }
RING3_INTRINSIC unsigned short __popcnt16(unsigned short v) { return (unsigned short)__builtin_popcount(v); }
RING3_INTRINSIC unsigned int __popcnt(unsigned int v) { return (unsigned)__builtin_popcount(v); }
RING3_INTRINSIC unsigned long long __popcnt64(unsigned long long v) { return (unsigned long long)__builtin_popcountll(v); }

RING3_INTRINSIC unsigned long long __umulh(unsigned long long a, unsigned long long b)
{
    return (unsigned long long)((unsigned __int128)a * b >> 64);
}

RING3_INTRINSIC long long __mulh(long long a, long long b)
{
    return (long long)((__int128)a * b >> 64);
}

RING3_INTRINSIC unsigned long long _umul128(unsigned long long a, unsigned long long b, unsigned long long *high)
{
    *high = __umulh(a, b);
    return a * b;
}

RING3_INTRINSIC long long _mul128(long long a, long long b, long long *high)
{
    *high = __mulh(a, b);
    return (long long)((unsigned long long)a * (unsigned long long)b);
}

RING3_INTRINSIC unsigned long long __shiftleft128(unsigned long long low, unsigned long long high, unsigned char n)
{
    return n & 63 ? high << (n & 63) | low >> (64 - (n & 63)) : high;
}

RING3_INTRINSIC unsigned long long __shiftright128(unsigned long long low, unsigned long long high, unsigned char n)
{
    return n & 63 ? low >> (n & 63) | high << (64 - (n & 63)) : low;
}

/* --- memory --------------------------------------------------------------------------------------------------------- */

#define RING3_STRING(size, type)                                                                            \
    RING3_INTRINSIC void __stos##size(type *to, type value, unsigned long long count)                       \
    { __asm__ __volatile__("rep stos" #size : "+D"(to), "+c"(count) : "a"(value) : "memory"); }             \
    RING3_INTRINSIC void __movs##size(type *to, const type *from, unsigned long long count)                 \
    { __asm__ __volatile__("rep movs" #size : "+D"(to), "+S"(from), "+c"(count) : : "memory"); }
RING3_STRING(b, unsigned char)
RING3_STRING(w, unsigned short)
RING3_INTRINSIC void __stosd(unsigned long *to, unsigned long value, unsigned long long count)
{
    __asm__ __volatile__("rep stosl" : "+D"(to), "+c"(count) : "a"(value) : "memory");
}
RING3_INTRINSIC void __movsd(unsigned long *to, const unsigned long *from, unsigned long long count)
{
    __asm__ __volatile__("rep movsl" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
}
RING3_STRING(q, unsigned long long)

#define _ReadWriteBarrier() __asm__ __volatile__("" : : : "memory")
#define _ReadBarrier() _ReadWriteBarrier()
#define _WriteBarrier() _ReadWriteBarrier()
#define __faststorefence() __sync_synchronize()
#define _ReturnAddress() __builtin_return_address(0)
#define _AddressOfReturnAddress() ((void *)((char *)__builtin_frame_address(0) + sizeof(void *)))
#define __iso_volatile_load32(p) (*(const volatile int *)(p))
#define __iso_volatile_load64(p) (*(const volatile long long *)(p))

/* --- the processor -------------------------------------------------------------------------------------------------- */

#define RING3_GS(size, type, move)                                                                  \
    RING3_INTRINSIC type __readgs##size(unsigned long offset)                                       \
    {                                                                                               \
        type value;                                                                                 \
        __asm__ __volatile__(move " %%gs:(%1), %0" : "=r"(value) : "r"((unsigned long long)offset) : "memory"); \
        return value;                                                                               \
    }
RING3_GS(byte, unsigned char, "movb")
RING3_GS(word, unsigned short, "movw")
RING3_GS(dword, unsigned long, "movl")
RING3_GS(qword, unsigned long long, "movq")

#define RING3_PORT(size, type, suffix)                                                              \
    RING3_INTRINSIC type __in##size(unsigned short port)                                            \
    {                                                                                               \
        type value;                                                                                 \
        __asm__ __volatile__("in" suffix " %1, %0" : "=a"(value) : "Nd"(port) : "memory");          \
        return value;                                                                               \
    }                                                                                               \
    RING3_INTRINSIC void __out##size(unsigned short port, type value)                               \
    { __asm__ __volatile__("out" suffix " %0, %1" : : "a"(value), "Nd"(port) : "memory"); }
RING3_PORT(byte, unsigned char, "b")
RING3_PORT(word, unsigned short, "w")
RING3_PORT(dword, unsigned long, "l")

#define RING3_CONTROL(name, reg)                                                                    \
    RING3_INTRINSIC unsigned long long __read##name(void)                                           \
    { unsigned long long v; __asm__ __volatile__("movq %%" reg ", %0" : "=r"(v) : : "memory"); return v; } \
    RING3_INTRINSIC void __write##name(unsigned long long v)                                        \
    { __asm__ __volatile__("movq %0, %%" reg : : "r"(v) : "memory"); }
RING3_CONTROL(cr0, "cr0")
RING3_CONTROL(cr2, "cr2")
RING3_CONTROL(cr3, "cr3")
RING3_CONTROL(cr4, "cr4")
RING3_CONTROL(cr8, "cr8")

RING3_INTRINSIC unsigned long long __readmsr(unsigned long index)
{
    unsigned low, high;

    __asm__ __volatile__("rdmsr" : "=a"(low), "=d"(high) : "c"(index));
    return (unsigned long long)high << 32 | low;
}

#undef __readeflags
#undef __writeeflags
#define __readeflags() __builtin_ia32_readeflags_u64()
#define __writeeflags(value) __builtin_ia32_writeeflags_u64(value)

RING3_INTRINSIC void __cpuidex(int info[4], int leaf, int subleaf)
{
    __asm__ __volatile__("cpuid" : "=a"(info[0]), "=b"(info[1]), "=c"(info[2]), "=d"(info[3]) : "0"(leaf), "2"(subleaf));
}

#undef __cpuid
RING3_INTRINSIC void __cpuid(int info[4], int leaf)
{
    __cpuidex(info, leaf, 0);
}

RING3_INTRINSIC void __halt(void) { __asm__ __volatile__("hlt" : : : "memory"); }
RING3_INTRINSIC void __nop(void) { __asm__ __volatile__("nop"); }
RING3_INTRINSIC void __debugbreak(void) { __asm__ __volatile__("int3"); }
RING3_INTRINSIC void __int2c(void) { __asm__ __volatile__("int $0x2c"); }
RING3_INTRINSIC void __ud2(void) { __builtin_trap(); }

static __inline__ __attribute__((always_inline, noreturn, unused)) void __fastfail(unsigned int code)
{
    __asm__ __volatile__("int $0x29" : : "c"(code) : "memory");
    __builtin_unreachable();
}

#ifdef __cplusplus
}
#endif

#endif
