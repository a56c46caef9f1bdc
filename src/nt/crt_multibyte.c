/* Multibyte and wide characters: the ANSI code page has one byte a character. */
#include "nt/ansi.h"
#include "nt/crt.h"

#define COUNT_MAX 0x7FFFFFFFu

/* False for a character that the code page lacks. */
static bool narrow(WCHAR c, char *to)
{
    *to = ansi_from_wide(c);
    return *to != '?' || c == '?';
}

/* 1 (bytes), 0 for a terminator or no string; -1 for no bytes. docs: cpp-docs/c-runtime-library/reference/mbtowc-mbtowc-l */
CRT_EXPORT(int, crt_mbtowc, (WCHAR *to, const char *from, size_t count))
{
    if (from == NULL || count == 0)
        return 0;
    if (to != NULL)
        *to = ansi_to_wide(*from);
    return *from != 0;
}

/* Bytes written; 0 for no buffer, -1 for a character that the code page lacks. docs: cpp-docs/c-runtime-library/reference/wctomb-wctomb-l */
CRT_EXPORT(int, crt_wctomb, (char *to, WCHAR c))
{
    char byte;

    if (to == NULL)
        return 0;
    if (!narrow(c, &byte))
        return -1;
    *to = byte;
    return 1;
}

/* Characters without the terminator, which is written when it is among the first count; to NULL: those of the whole string.
 * docs: cpp-docs/c-runtime-library/reference/mbstowcs-mbstowcs-l */
CRT_EXPORT(size_t, crt_mbstowcs, (WCHAR *to, const char *from, size_t count))
{
    size_t n = 0;

    if (from == NULL || (to != NULL && count > COUNT_MAX))
        return (size_t)-1;
    for (; to == NULL || n < count; n++) {
        if (to != NULL)
            to[n] = ansi_to_wide(from[n]);
        if (from[n] == 0)
            break;
    }
    return n;
}

/* Likewise, in bytes; -1 for a character that the code page lacks. docs: cpp-docs/c-runtime-library/reference/wcstombs-wcstombs-l */
CRT_EXPORT(size_t, crt_wcstombs, (char *to, const WCHAR *from, size_t count))
{
    size_t n = 0;
    char byte;

    if (from == NULL || (to != NULL && count > COUNT_MAX))
        return (size_t)-1;
    for (; to == NULL || n < count; n++) {
        if (!narrow(from[n], &byte))
            return (size_t)-1;
        if (to != NULL)
            to[n] = byte;
        if (from[n] == 0)
            break;
    }
    return n;
}
