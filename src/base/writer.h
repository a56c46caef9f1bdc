/* Text that grows: reports as text, JSON or Graphviz, before anybody knows where they go. Once memory is missing it stays as it
 * is and `failed` says so. */
#ifndef BASE_WRITER_H
#define BASE_WRITER_H

#include <stdbool.h>
#include <stddef.h>

enum writer_format { WRITE_TEXT, WRITE_JSON, WRITE_DOT };

struct writer {
    char *text;                         /* NUL behind it; NULL while empty; the owner frees it with writer_free */
    size_t size, room;
    enum writer_format format;
    bool failed;
};

void write_text(struct writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "text", quoted and escaped as JSON wants it. */
void write_json_string(struct writer *w, const char *text);
/* "name":"text", */
void write_json_field(struct writer *w, const char *name, const char *text);
void writer_free(struct writer *w);

#endif
