/* The printf family of the CRT over crt_format.c.
 * Without _s: at most `count` characters are written; the terminator only when there is room for it; -1 when the text was
 * cut. With _s: always terminated; -1 and an empty string when it does not fit, or -1 and a cut one for _TRUNCATE. */
#include "nt/crt.h"
#include "nt/crt_format.h"

#define NO_LIMIT ((size_t)0x7FFFFFFF)

/* The four functions of one kind differ in how they get their arguments and limits. */
#define PRINT_CORE(character, suffix, formatter)                                                                          \
    static int print_##suffix(character *buffer, size_t count, const character *format, format_arguments arguments)      \
    {                                                                                                                     \
        size_t total = formatter(buffer, count, format, arguments);                                                       \
        if (total < count)                                                                                                \
            buffer[total] = 0;                                                                                            \
        return total > count ? -1 : (int)total;                                                                           \
    }                                                                                                                     \
    static int print_s_##suffix(character *buffer, size_t size, size_t count, const character *format,                    \
                                format_arguments arguments)                                                               \
    {                                                                                                                     \
        size_t total;                                                                                                     \
        if (buffer == NULL || size == 0 || format == NULL)                                                                \
            return -1;                                                                                                    \
        total = formatter(buffer, size - 1, format, arguments);                                                           \
        if (total < size && total <= count) {                                                                             \
            buffer[total] = 0;                                                                                            \
            return (int)total;                                                                                            \
        }                                                                                                                 \
        if (count == CRT_TRUNCATE)                                                                                        \
            buffer[size - 1] = 0;                                                                                         \
        else                                                                                                              \
            buffer[count < size ? count : 0] = 0;                                                                         \
        return -1;                                                                                                        \
    }
PRINT_CORE(char, narrow, format_narrow)
PRINT_CORE(WCHAR, wide, format_wide)

#define WITH_LIST(call)                  \
    __builtin_ms_va_list list;           \
    int result;                          \
    __builtin_ms_va_start(list, format); \
    result = call;                       \
    __builtin_ms_va_end(list);           \
    return result

CRT_EXPORT(int, crt_sprintf, (char *buffer, const char *format, ...))
{
    WITH_LIST(print_narrow(buffer, NO_LIMIT, format, format_list(list)));
}

CRT_EXPORT(int, crt_vsprintf, (char *buffer, const char *format, format_arguments list))
{
    return print_narrow(buffer, NO_LIMIT, format, list);
}

CRT_EXPORT(int, crt__snprintf, (char *buffer, size_t count, const char *format, ...))
{
    WITH_LIST(print_narrow(buffer, count, format, format_list(list)));
}

CRT_EXPORT(int, crt__vsnprintf, (char *buffer, size_t count, const char *format, format_arguments list))
{
    return print_narrow(buffer, count, format, list);
}

CRT_EXPORT(int, crt_sprintf_s, (char *buffer, size_t size, const char *format, ...))
{
    WITH_LIST(print_s_narrow(buffer, size, CRT_TRUNCATE - 1, format, format_list(list)));
}

CRT_EXPORT(int, crt_vsprintf_s, (char *buffer, size_t size, const char *format, format_arguments list))
{
    return print_s_narrow(buffer, size, CRT_TRUNCATE - 1, format, list);
}

CRT_EXPORT(int, crt__snprintf_s, (char *buffer, size_t size, size_t count, const char *format, ...))
{
    WITH_LIST(print_s_narrow(buffer, size, count, format, format_list(list)));
}

CRT_EXPORT(int, crt__vsnprintf_s, (char *buffer, size_t size, size_t count, const char *format, format_arguments list))
{
    return print_s_narrow(buffer, size, count, format, list);
}

CRT_EXPORT(int, crt_swprintf, (WCHAR *buffer, const WCHAR *format, ...))
{
    WITH_LIST(print_wide(buffer, NO_LIMIT, format, format_list(list)));
}

CRT_EXPORT(int, crt_vswprintf, (WCHAR *buffer, const WCHAR *format, format_arguments list))
{
    return print_wide(buffer, NO_LIMIT, format, list);
}

CRT_EXPORT(int, crt__snwprintf, (WCHAR *buffer, size_t count, const WCHAR *format, ...))
{
    WITH_LIST(print_wide(buffer, count, format, format_list(list)));
}

CRT_EXPORT(int, crt__vsnwprintf, (WCHAR *buffer, size_t count, const WCHAR *format, format_arguments list))
{
    return print_wide(buffer, count, format, list);
}

CRT_EXPORT(int, crt_swprintf_s, (WCHAR *buffer, size_t size, const WCHAR *format, ...))
{
    WITH_LIST(print_s_wide(buffer, size, CRT_TRUNCATE - 1, format, format_list(list)));
}

CRT_EXPORT(int, crt_vswprintf_s, (WCHAR *buffer, size_t size, const WCHAR *format, format_arguments list))
{
    return print_s_wide(buffer, size, CRT_TRUNCATE - 1, format, list);
}

CRT_EXPORT(int, crt__snwprintf_s, (WCHAR *buffer, size_t size, size_t count, const WCHAR *format, ...))
{
    WITH_LIST(print_s_wide(buffer, size, count, format, format_list(list)));
}

CRT_EXPORT(int, crt__vsnwprintf_s, (WCHAR *buffer, size_t size, size_t count, const WCHAR *format, format_arguments list))
{
    return print_s_wide(buffer, size, count, format, list);
}
