#include "nt/status_text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const struct status_text *find(uint32_t status)
{
    for (unsigned i = 0; i < status_text_count; i++)
        if (status_texts[i].value == status)
            return &status_texts[i];
    return NULL;
}

const char *status_name(uint32_t status)
{
    const struct status_text *t = find(status);

    return t ? t->name : NULL;
}

/* A name reads as words: STATUS_PIPE_BROKEN, pipe broken. */
static void words_of(const char *name, char *words, size_t size)
{
    size_t n = 0;

    if (!strncmp(name, "STATUS_", 7))
        name += 7;
    for (; *name && n + 1 < size; name++)
        words[n++] = *name == '_' ? ' ' : (char)tolower((unsigned char)*name);
    words[n] = 0;
}

const char *status_describe(uint32_t status, char *text, size_t size)
{
    const struct status_text *t = find(status);
    char words[96];

    if (!t) {
        snprintf(text, size, "status 0x%08X", status);
        return text;
    }
    words_of(t->name, words, sizeof words);
    snprintf(text, size, "%s (0x%08X): %s", t->name, status, t->sentence[0] ? t->sentence : words);
    return text;
}
