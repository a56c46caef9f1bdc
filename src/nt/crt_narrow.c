/* String functions of the CRT on char. Case is ASCII's, as in the kernel's "C" locale. */
#include "nt/crt.h"

static int lower(int c)
{
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

static int upper(int c)
{
    return c >= 'a' && c <= 'z' ? c - 32 : c;
}

#define C char
#define UNSIGNED unsigned char
#define N(name) crt_str##name
#define LOWER(c) lower(c)
#define UPPER(c) upper(c)
#include "nt/crt_text_template.h"
