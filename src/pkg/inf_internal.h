/* Shared by the files of the INF engine only. */
#ifndef PKG_INF_INTERNAL_H
#define PKG_INF_INTERNAL_H

#include "pkg/inf.h"

struct inf_chunk;

#define INF_FIRST_ROOM 512

/* Who wants to know of undefined %tokens% instead of failing at the first. */
struct inf_listener {
    void (*undefined)(void *context, int line, const char *token, int length);
    void *context;
};

struct inf {
    const char *name;
    const char *directory;              /* where the file is; NULL for text in memory */
    char *text;                         /* decoded; fields point into it */
    const struct inf_listener *listener;
    struct inf_sibling *siblings;       /* INFs of the same directory that Include named */
    struct inf_section **index;         /* sections by the hash of their names; `room` buckets, a power of two */
    unsigned room;
    struct inf_chunk *chunks;           /* everything an INF allocates, freed at once */
    struct inf_section *sections, **last;
    int section_count;
    struct inf_model *models;
    int model_count;                    /* -1: not looked for yet */
};

/* Memory that lives as long as the INF, zeroed. Never NULL: running out of memory ends the process. */
void *inf_alloc(struct inf *inf, size_t size);
char *inf_copy(struct inf *inf, const char *text, size_t length);
/* Makes room for one more element in an array of `count` whose capacity doubles at powers of two. */
void *inf_grow(struct inf *inf, void *array, int count, size_t element);

/* The text as UTF-8 (malloc'ed, NUL-terminated). False with error_text() for a wrong encoding. */
bool inf_decode(const char *name, const uint8_t *data, size_t size, char **text);
/* Registry form of a string: UTF-16LE with its NUL. *size is in bytes. */
uint8_t *inf_utf16(struct inf *inf, const char *text, uint32_t *size);

/* inf_open and inf_parse with a listener, which must live as long as the call. */
struct inf *inf_parse_listening(const char *name, const uint8_t *data, size_t size, const struct inf_listener *listener);
struct inf *inf_open_listening(const char *path, const struct inf_listener *listener);

/* Expands every %token% of the file. False when one is not defined. */
bool inf_expand_strings(struct inf *inf);
/* The section that counts in this language; NULL when there is none. */
const struct inf_section *inf_strings(const struct inf *inf);
/* The LANGID of [Strings.LANGID]; false for any other name. */
bool inf_language_of(const char *section, unsigned *language);

/* inf_include.c: the INF of that name beside this one, read once; NULL when there is none or it cannot be read. */
struct inf *inf_sibling(struct inf *inf, const char *name);
void inf_close_siblings(struct inf *inf);

/* The section BASE.NTamd64, BASE.NT or BASE, the first there is. */
const struct inf_section *inf_decorated(const struct inf *inf, const char *base);

bool inf_error(const struct inf *inf, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Puts a section into the index; the whole of it again, after names changed. */
void inf_index_add(struct inf *inf, struct inf_section *section);
void inf_index_again(struct inf *inf);
struct inf_section *inf_index_find(const struct inf *inf, const char *name, size_t length);
/* A hash of text that does not look at ASCII case. */
unsigned inf_hash(const char *text, size_t length);

bool inf_same(const char *a, const char *b);
bool inf_same_part(const char *a, const char *prefix, size_t length);

#endif
