/* Interlocked operations, as inline code on compiler builtins: full barriers, results as on x64.
 * docs: wdm/nf-wdm-interlockedincrement and the pages beside it */
#ifndef RING3_INTERLOCKED_H
#define RING3_INTERLOCKED_H

#include <ntdef.h>

#define RING3_ATOMIC(name, type, parameters, expression) \
    FORCEINLINE type name parameters                     \
    {                                                    \
        return (type)(expression);                       \
    }

#define RING3_ATOMIC_SET(suffix, type)                                                                         \
    RING3_ATOMIC(InterlockedIncrement##suffix, type, (type volatile *addend), __atomic_add_fetch(addend, 1, 5)) \
    RING3_ATOMIC(InterlockedDecrement##suffix, type, (type volatile *addend), __atomic_sub_fetch(addend, 1, 5)) \
    RING3_ATOMIC(InterlockedExchange##suffix, type, (type volatile *target, type value),                       \
                 __atomic_exchange_n(target, value, 5))                                                        \
    RING3_ATOMIC(InterlockedExchangeAdd##suffix, type, (type volatile *addend, type value),                    \
                 __atomic_fetch_add(addend, value, 5))                                                         \
    RING3_ATOMIC(InterlockedAdd##suffix, type, (type volatile *addend, type value),                            \
                 __atomic_add_fetch(addend, value, 5))                                                         \
    RING3_ATOMIC(InterlockedAnd##suffix, type, (type volatile *target, type value),                            \
                 __atomic_fetch_and(target, value, 5))                                                         \
    RING3_ATOMIC(InterlockedOr##suffix, type, (type volatile *target, type value),                             \
                 __atomic_fetch_or(target, value, 5))                                                          \
    RING3_ATOMIC(InterlockedXor##suffix, type, (type volatile *target, type value),                            \
                 __atomic_fetch_xor(target, value, 5))                                                         \
    RING3_ATOMIC(InterlockedCompareExchange##suffix, type, (type volatile *target, type value, type expected), \
                 __sync_val_compare_and_swap(target, expected, value))

/* Acquire, Release and NoFence forms are the same instruction on x64. */
#define RING3_ATOMIC_ALL(suffix, type)      \
    RING3_ATOMIC_SET(suffix, type)          \
    RING3_ATOMIC_SET(suffix##Acquire, type) \
    RING3_ATOMIC_SET(suffix##Release, type) \
    RING3_ATOMIC_SET(suffix##NoFence, type)

RING3_BEGIN_C

RING3_ATOMIC_ALL(, LONG)
RING3_ATOMIC_ALL(64, LONG64)
RING3_ATOMIC_SET(8, CHAR)
RING3_ATOMIC_SET(16, SHORT)

RING3_ATOMIC(InterlockedExchangePointer, PVOID, (PVOID volatile *target, PVOID value),
             __atomic_exchange_n(target, value, 5))
RING3_ATOMIC(InterlockedCompareExchangePointer, PVOID, (PVOID volatile *target, PVOID value, PVOID expected),
             __sync_val_compare_and_swap(target, expected, value))
#define InterlockedExchangePointerAcquire InterlockedExchangePointer
#define InterlockedExchangePointerNoFence InterlockedExchangePointer
#define InterlockedCompareExchangePointerAcquire InterlockedCompareExchangePointer
#define InterlockedCompareExchangePointerRelease InterlockedCompareExchangePointer
#define InterlockedCompareExchangePointerNoFence InterlockedCompareExchangePointer

RING3_ATOMIC(InterlockedBitTestAndSet, UCHAR, (LONG volatile *base, LONG bit),
             (__atomic_fetch_or(base + (bit >> 5), (LONG)(1u << (bit & 31)), 5) >> (bit & 31)) & 1)
RING3_ATOMIC(InterlockedBitTestAndReset, UCHAR, (LONG volatile *base, LONG bit),
             (__atomic_fetch_and(base + (bit >> 5), (LONG) ~(1u << (bit & 31)), 5) >> (bit & 31)) & 1)
RING3_ATOMIC(InterlockedBitTestAndComplement, UCHAR, (LONG volatile *base, LONG bit),
             (__atomic_fetch_xor(base + (bit >> 5), (LONG)(1u << (bit & 31)), 5) >> (bit & 31)) & 1)
RING3_ATOMIC(InterlockedBitTestAndSet64, UCHAR, (LONG64 volatile *base, LONG64 bit),
             (__atomic_fetch_or(base + (bit >> 6), (LONG64)(1ull << (bit & 63)), 5) >> (bit & 63)) & 1)
RING3_ATOMIC(InterlockedBitTestAndReset64, UCHAR, (LONG64 volatile *base, LONG64 bit),
             (__atomic_fetch_and(base + (bit >> 6), (LONG64) ~(1ull << (bit & 63)), 5) >> (bit & 63)) & 1)

#define InterlockedIncrementSizeT(a) ((SIZE_T)InterlockedIncrement64((LONG64 volatile *)(a)))
#define InterlockedDecrementSizeT(a) ((SIZE_T)InterlockedDecrement64((LONG64 volatile *)(a)))
#define InterlockedExchangeAddSizeT(a, v) ((SIZE_T)InterlockedExchangeAdd64((LONG64 volatile *)(a), (LONG64)(v)))
#define InterlockedAddSizeT(a, v) ((SIZE_T)InterlockedAdd64((LONG64 volatile *)(a), (LONG64)(v)))
#define InterlockedExchangeAddLargeStatistic(a, v) ((void)InterlockedAdd64(&(a)->QuadPart, (LONG64)(v)))
#define InterlockedAddLargeStatistic(a, v) ((void)InterlockedAdd64(&(a)->QuadPart, (LONG64)(v)))
#define InterlockedIncrementAcq InterlockedIncrement
#define InterlockedDecrementRel InterlockedDecrement

struct ring3_two_words {
    LONG64 v[2];
};

/* 16 bytes at once; `target` and `expected` are 16-byte aligned. Returns 1 when the exchange was made. */
FORCEINLINE UCHAR InterlockedCompareExchange128(LONG64 volatile *target, LONG64 high, LONG64 low, LONG64 *expected)
{
    UCHAR done;
    __asm__ __volatile__("lock cmpxchg16b %1\n\tsetz %0"
                         : "=q"(done), "+m"(*(struct ring3_two_words volatile *)target), "+a"(expected[0]),
                           "+d"(expected[1])
                         : "b"(low), "c"(high)
                         : "cc", "memory");
    return done;
}

/* Plain and ordered loads and stores. */
#define RING3_ACCESS_SET(suffix, type)                                                                        \
    RING3_ATOMIC(Read##suffix##Acquire, type, (type const volatile *source), __atomic_load_n(source, 2))     \
    RING3_ATOMIC(Read##suffix##NoFence, type, (type const volatile *source), __atomic_load_n(source, 0))     \
    RING3_ATOMIC(Read##suffix##Raw, type, (type const volatile *source), *source)                            \
    FORCEINLINE VOID Write##suffix##Release(type volatile *target, type value) { __atomic_store_n(target, value, 3); } \
    FORCEINLINE VOID Write##suffix##NoFence(type volatile *target, type value) { __atomic_store_n(target, value, 0); } \
    FORCEINLINE VOID Write##suffix##Raw(type volatile *target, type value) { *target = value; }
RING3_ACCESS_SET(8, CHAR)
RING3_ACCESS_SET(16, SHORT)
RING3_ACCESS_SET(, LONG)
RING3_ACCESS_SET(Int32, INT32)
RING3_ACCESS_SET(UInt32, UINT32)
RING3_ACCESS_SET(64, LONG64)
RING3_ACCESS_SET(UChar, UCHAR)
RING3_ACCESS_SET(UShort, USHORT)
RING3_ACCESS_SET(ULong, ULONG)
RING3_ACCESS_SET(ULong64, ULONG64)
RING3_ACCESS_SET(Pointer, PVOID)
#define ReadLongAcquire ReadAcquire

RING3_END_C

#endif
