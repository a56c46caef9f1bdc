/* Shared by the files of the dialect only. */
#ifndef PKG_DIALECT_INTERNAL_H
#define PKG_DIALECT_INTERNAL_H

#include "pkg/dialect.h"

#define DIALECT_PATH 4096

/* A file as clang is to see it. Lines stay where they are. */
struct dialect_copy {
    char *path;                         /* as clang names it */
    char *text;
    size_t size;
    size_t floor;                       /* offsets from here on have moved in this round */
    bool changed;
    struct dialect_copy *next;
};

struct dialect {
    char *const *argv;
    const char *place;
    struct dialect_copy *copies;
    bool cplusplus;
};

/* "FILE:LINE:COLUMN: error: TEXT" and the note below it, if that has a place. */
struct dialect_error {
    char *file, *text, *note_file;
    int line, column, note_line;
};

/* One place of a copy: its text becomes `with`, which has the same number of lines. */
struct dialect_edit {
    size_t from, to;
    char *with;
};

/* The copy, read when it is new; NULL when the file cannot be read. */
struct dialect_copy *dialect_copy_of(struct dialect *d, const char *path);
/* False when the line or the column is not there. */
bool dialect_offset(const struct dialect_copy *copy, int line, int column, size_t *offset);
/* Edits of a round go from a file's end to its beginning: false for a place that has moved already. Frees edit->with. */
bool dialect_apply(struct dialect_copy *copy, struct dialect_edit *edits, size_t count);
/* clang with these arguments more (NULL ends them): what it printed, malloc'ed; NULL when it could not be run. */
char *dialect_run(const struct dialect *d, const char *const *more);
void dialect_warn(const struct dialect_error *error, const char *number, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Each mends what the error names, or leaves all as it is and returns false. */
bool dialect_cast(struct dialect *d, const struct dialect_error *error);
bool dialect_address(struct dialect *d, const struct dialect_error *error);
bool dialect_member(struct dialect *d, const struct dialect_error *error);
bool dialect_function(struct dialect *d, const struct dialect_error *error);

#endif
