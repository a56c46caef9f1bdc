/* Integer arithmetic and conversion that reports overflow. docs: ntintsafe/nf-ntintsafe-rtlulongadd and beside it.
 * Each returns STATUS_SUCCESS, or STATUS_INTEGER_OVERFLOW with every bit of *Result set. Any IRQL. */
#ifndef RING3_NTINTSAFE_H
#define RING3_NTINTSAFE_H

#include <ntdef.h>
#include <ntstatus.h>

RING3_BEGIN_C

#define INTSAFE_E_ARITHMETIC_OVERFLOW STATUS_INTEGER_OVERFLOW

#define RING3_SAFE_OPERATION(name, type, builtin)                                         \
    FORCEINLINE NTSTATUS name(_In_ type Left, _In_ type Right, _Out_ type *Result)        \
    {                                                                                     \
        type value;                                                                       \
        int overflow = builtin(Left, Right, &value);                                      \
        *Result = overflow ? (type)-1 : value;                                            \
        return overflow ? STATUS_INTEGER_OVERFLOW : STATUS_SUCCESS;                       \
    }
#define RING3_SAFE_ARITHMETIC(name, type)                                  \
    RING3_SAFE_OPERATION(Rtl##name##Add, type, __builtin_add_overflow)     \
    RING3_SAFE_OPERATION(Rtl##name##Sub, type, __builtin_sub_overflow)     \
    RING3_SAFE_OPERATION(Rtl##name##Mult, type, __builtin_mul_overflow)

/* Every type by its name in function names. */
#define RING3_SAFE_TYPES(X, ...)                                                                                 \
    X(Int8, INT8, __VA_ARGS__)                                                                                   \
    X(UInt8, UINT8, __VA_ARGS__)                                                                                 \
    X(UChar, UCHAR, __VA_ARGS__)                                                                                 \
    X(Char, CHAR, __VA_ARGS__)                                                                                   \
    X(Byte, UCHAR, __VA_ARGS__)                                                                                  \
    X(Short, SHORT, __VA_ARGS__)                                                                                 \
    X(UShort, USHORT, __VA_ARGS__)                                                                               \
    X(Word, USHORT, __VA_ARGS__)                                                                                 \
    X(Int16, INT16, __VA_ARGS__)                                                                                 \
    X(UInt16, UINT16, __VA_ARGS__)                                                                               \
    X(Int, INT, __VA_ARGS__)                                                                                     \
    X(UInt, UINT, __VA_ARGS__)                                                                                   \
    X(Int32, INT32, __VA_ARGS__)                                                                                 \
    X(UInt32, UINT32, __VA_ARGS__)                                                                               \
    X(Long, LONG, __VA_ARGS__)                                                                                   \
    X(ULong, ULONG, __VA_ARGS__)                                                                                 \
    X(DWord, ULONG, __VA_ARGS__)                                                                                 \
    X(LongLong, LONGLONG, __VA_ARGS__)                                                                           \
    X(ULongLong, ULONGLONG, __VA_ARGS__)                                                                         \
    X(Int64, INT64, __VA_ARGS__)                                                                                 \
    X(UInt64, UINT64, __VA_ARGS__)                                                                               \
    X(IntPtr, INT_PTR, __VA_ARGS__)                                                                              \
    X(UIntPtr, UINT_PTR, __VA_ARGS__)                                                                            \
    X(LongPtr, LONG_PTR, __VA_ARGS__)                                                                            \
    X(ULongPtr, ULONG_PTR, __VA_ARGS__)                                                                          \
    X(DWordPtr, ULONG_PTR, __VA_ARGS__)                                                                          \
    X(SizeT, SIZE_T, __VA_ARGS__)                                                                                \
    X(SSIZET, SSIZE_T, __VA_ARGS__)                                                                              \
    X(PtrdiffT, LONG_PTR, __VA_ARGS__)

#define RING3_SAFE_ARITHMETIC_X(name, type, ...) RING3_SAFE_ARITHMETIC(name, type)
RING3_SAFE_TYPES(RING3_SAFE_ARITHMETIC_X, )

/* A converts to B: Rtl<A>To<B>(A value, B *Result). The pairs come from including the part once per A. */
#define RING3_SAFE_CONVERT(to, to_type, from, from_type)                                             \
    FORCEINLINE NTSTATUS Rtl##from##To##to(_In_ from_type Value, _Out_ to_type *Result)              \
    {                                                                                                \
        to_type value;                                                                               \
        int overflow = __builtin_add_overflow(Value, 0, &value);                                     \
        *Result = overflow ? (to_type)-1 : value;                                                    \
        return overflow ? STATUS_INTEGER_OVERFLOW : STATUS_SUCCESS;                                  \
    }
#define RING3_SAFE_CONVERT_X(to, to_type, ...) RING3_SAFE_CONVERT_Y(to, to_type, __VA_ARGS__)
#define RING3_SAFE_CONVERT_Y(to, to_type, from, from_type) RING3_SAFE_CONVERT(to, to_type, from, from_type)

RING3_SAFE_TYPES(RING3_SAFE_CONVERT_X, Int8, INT8)
RING3_SAFE_TYPES(RING3_SAFE_CONVERT_X, UInt8, UINT8)
RING3_SAFE_TYPES(RING3_SAFE_CONVERT_X, UChar, UCHAR)
RING3_SAFE_TYPES(RING3_SAFE_CONVERT_X, Char, CHAR)
RING3_SAFE_TYPES(RING3_SAFE_CONVERT_X, Byte, UCHAR)
RING3_SAFE_TYPES(RING3_SAFE_CONVERT_X, Short, SHORT)
RING3_SAFE_TYPES(RING3_SAFE_CONVERT_X, UShort, USHORT)
RING3_SAFE_TYPES(RING3_SAFE_CONVERT_X, Word, USHORT)
RING3_SAFE_TYPES(RING3_SAFE_CONVERT_X, Int16, INT16)
RING3_SAFE_TYPES(RING3_SAFE_CONVERT_X, UInt16, UINT16)
RING3_SAFE_TYPES(RING3_SAFE_CONVERT_X, Int, INT)
RING3_SAFE_TYPES(RING3_SAFE_CONVERT_X, UInt, UINT)
RING3_SAFE_TYPES(RING3_SAFE_CONVERT_X, Int32, INT32)
RING3_SAFE_TYPES(RING3_SAFE_CONVERT_X, UInt32, UINT32)
RING3_SAFE_TYPES(RING3_SAFE_CONVERT_X, Long, LONG)
RING3_SAFE_TYPES(RING3_SAFE_CONVERT_X, ULong, ULONG)
RING3_SAFE_TYPES(RING3_SAFE_CONVERT_X, DWord, ULONG)
RING3_SAFE_TYPES(RING3_SAFE_CONVERT_X, LongLong, LONGLONG)
RING3_SAFE_TYPES(RING3_SAFE_CONVERT_X, ULongLong, ULONGLONG)
RING3_SAFE_TYPES(RING3_SAFE_CONVERT_X, Int64, INT64)
RING3_SAFE_TYPES(RING3_SAFE_CONVERT_X, UInt64, UINT64)
RING3_SAFE_TYPES(RING3_SAFE_CONVERT_X, IntPtr, INT_PTR)
RING3_SAFE_TYPES(RING3_SAFE_CONVERT_X, UIntPtr, UINT_PTR)
RING3_SAFE_TYPES(RING3_SAFE_CONVERT_X, LongPtr, LONG_PTR)
RING3_SAFE_TYPES(RING3_SAFE_CONVERT_X, ULongPtr, ULONG_PTR)
RING3_SAFE_TYPES(RING3_SAFE_CONVERT_X, DWordPtr, ULONG_PTR)
RING3_SAFE_TYPES(RING3_SAFE_CONVERT_X, SizeT, SIZE_T)
RING3_SAFE_TYPES(RING3_SAFE_CONVERT_X, SSIZET, SSIZE_T)
RING3_SAFE_TYPES(RING3_SAFE_CONVERT_X, PtrdiffT, LONG_PTR)

RING3_END_C

#endif
