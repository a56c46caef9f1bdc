/* TraceLoggingValue: the field macro that the type of its value chooses. Numbers, pointers, and texts up to NUL.
 * docs: traceloggingprovider/nf-traceloggingprovider-traceloggingvalue */
#ifndef RING3_TRACE_VALUE_H
#define RING3_TRACE_VALUE_H

#include <traceloggingprovider.h>

#define TraceLoggingValue(value, ...) Ring3TraceOf(value, RING3_TRACE_NAME(#value, ##__VA_ARGS__))

#ifdef __cplusplus
#define RING3_TRACE_OVERLOAD(type, in, out) \
    FORCEINLINE RING3_TRACE_ITEM Ring3TraceOf(type value, PCSTR name) \
    { \
        RING3_TRACE_ITEM item = RING3_TRACE_NUMBER(in, out, type, value, name); \
        return item; \
    }
RING3_TRACE_OVERLOAD(bool, 4, 3)
RING3_TRACE_OVERLOAD(char, 3, 2)
RING3_TRACE_OVERLOAD(signed char, 3, 0)
RING3_TRACE_OVERLOAD(unsigned char, 4, 0)
RING3_TRACE_OVERLOAD(short, 5, 0)
RING3_TRACE_OVERLOAD(unsigned short, 6, 0)
RING3_TRACE_OVERLOAD(WCHAR, 6, 2)
RING3_TRACE_OVERLOAD(int, 7, 0)
RING3_TRACE_OVERLOAD(unsigned int, 8, 0)
RING3_TRACE_OVERLOAD(long, 7, 0)
RING3_TRACE_OVERLOAD(unsigned long, 8, 0)
RING3_TRACE_OVERLOAD(long long, 9, 0)
RING3_TRACE_OVERLOAD(unsigned long long, 10, 0)
FORCEINLINE RING3_TRACE_ITEM Ring3TraceOf(const VOID *value, PCSTR name)
{
    RING3_TRACE_ITEM item = RING3_TRACE_NUMBER(16, 0, ULONG_PTR, value, name);
    return item;
}
FORCEINLINE RING3_TRACE_ITEM Ring3TraceOf(PCSTR value, PCSTR name)
{
    RING3_TRACE_ITEM item = RING3_TRACE_BYTES(Ring3TraceText, 2, 0, value, 0, name);
    return item;
}
FORCEINLINE RING3_TRACE_ITEM Ring3TraceOf(PCWSTR value, PCSTR name)
{
    RING3_TRACE_ITEM item = RING3_TRACE_BYTES(Ring3TraceWide, 1, 0, value, 0, name);
    return item;
}
FORCEINLINE RING3_TRACE_ITEM Ring3TraceOf(const GUID &value, PCSTR name)
{
    RING3_TRACE_ITEM item = RING3_TRACE_BYTES(Ring3TraceBytes, 15, 0, &value, sizeof(GUID), name);
    return item;
}
#undef RING3_TRACE_OVERLOAD
#else
#define RING3_TRACE_IS_TEXT(value) _Generic((value), char *: 1, const char *: 1, WCHAR *: 2, const WCHAR *: 2, default: 0)
#define Ring3TraceOf(value, name) \
    { \
        RING3_TRACE_IS_TEXT(value) == 1 ? Ring3TraceText : RING3_TRACE_IS_TEXT(value) == 2 ? Ring3TraceWide : Ring3TraceNumber, \
        _Generic((value), _Bool: 4, char: 3, signed char: 3, unsigned char: 4, short: 5, unsigned short: 6, int: 7, unsigned int: 8, long: 7, \
                 unsigned long: 8, long long: 9, unsigned long long: 10, char *: 2, const char *: 2, WCHAR *: 1, const WCHAR *: 1, default: 16), \
        _Generic((value), _Bool: 3, char: 2, default: 0), name, \
        RING3_TRACE_IS_TEXT(value) ? (const VOID *)(ULONG_PTR)(value) : NULL, sizeof(value), 0, (ULONGLONG)(value) \
    }
#endif

#endif
