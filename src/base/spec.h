/* SPEC, as the command line writes it everywhere: kind[:argument][,key=value...].
 * A comma inside the argument is not possible; a key may come several times (hostfwd=...,hostfwd=...). */
#ifndef BASE_SPEC_H
#define BASE_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#define SPEC_KEYS 16

struct spec {
    char text[512];             /* the whole, cut into strings at its separators */
    const char *kind;
    const char *argument;       /* NULL when there is none */
    int count;
    struct { const char *key, *value; bool used; } pair[SPEC_KEYS];
};

/* False with error_text() when the text is too long, empty, or has a malformed pair. */
bool spec_parse(struct spec *spec, const char *text);
/* The n-th value of a key (n from 0), marked used; NULL when there is none. */
const char *spec_value(struct spec *spec, const char *key, int n);
/* An unsigned number with optional k, M, G suffix (powers of 1024). False with error_text() when it is not one. */
bool spec_number(struct spec *spec, const char *key, uint64_t fallback, uint64_t *value);
/* False with error_text() naming the first key nobody asked for. Call when all readers are done. */
bool spec_finish(const struct spec *spec);

#endif
