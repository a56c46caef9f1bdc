#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static char sentence[8192];

bool error_set(const char *format, ...)
{
    char text[sizeof sentence];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    memcpy(sentence, text, sizeof sentence);
    return false;
}

bool error_prefix(const char *format, ...)
{
    char text[sizeof sentence];
    va_list args;

    va_start(args, format);
    int used = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (used >= 0 && (size_t)used < sizeof text)
        snprintf(text + used, sizeof text - (size_t)used, ": %.*s", (int)(sizeof text - (size_t)used), sentence);
    memcpy(sentence, text, sizeof sentence);
    return false;
}

const char *error_text(void)
{
    return sentence;
}
