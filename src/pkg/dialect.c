/* Mending what clang refuses, in rounds. Invariants:
 *  1. The user's files are never written: copies live below `place`, and an overlay shows them to clang under the files' own names,
 *     so that messages, dependency lists and debug information name the files.
 *  2. An edit keeps the number of lines.
 *  3. A round takes its errors from the end of a file to its beginning and never edits behind a place that it has edited: the
 *     positions in clang's messages hold. What overlaps waits for the next round.
 *  4. A round without an edit is the last: what is left is the driver's mistake, and the compiler says so. */
#include "pkg/dialect_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "host/dir.h"
#include "host/file.h"
#include "host/process.h"

#define ROUNDS 12
#define TEXT_LIMIT (64u << 20)
#define ERROR_LIMIT 2000

static const struct {
    const char *begins;
    bool (*mend)(struct dialect *d, const struct dialect_error *error);
    bool c_only;
} kinds[] = {
    { "assignment to cast is illegal", dialect_cast, true },
    { "cannot take the address of an rvalue", dialect_address, true },
    { "conflicting types for '", dialect_function, true },
    { "member of anonymous struct redeclares '", dialect_member, false },
    { "member of anonymous union redeclares '", dialect_member, false },
};

/* --- copies -------------------------------------------------------------------------------------------------------- */

struct dialect_copy *dialect_copy_of(struct dialect *d, const char *path)
{
    struct dialect_copy *copy;
    uint8_t *data;
    size_t size;

    for (copy = d->copies; copy; copy = copy->next)
        if (!strcmp(copy->path, path))
            return copy;
    if (!host_file_exists(path) || !host_read_file(path, TEXT_LIMIT, &data, &size))
        return NULL;
    copy = calloc(1, sizeof *copy);
    if (!copy)
        abort();
    *copy = (struct dialect_copy){ .path = strdup(path), .text = (char *)data, .size = size, .floor = size, .next = d->copies };
    return d->copies = copy;
}

bool dialect_offset(const struct dialect_copy *copy, int line, int column, size_t *offset)
{
    const char *at = copy->text, *end = copy->text + copy->size;

    for (int n = 1; n < line; n++) {
        at = memchr(at, '\n', (size_t)(end - at));
        if (!at)
            return false;
        at++;
    }
    *offset = (size_t)(at - copy->text) + (size_t)column - 1;
    return column > 0 && *offset < copy->size;
}

static void replace(struct dialect_copy *copy, const struct dialect_edit *edit)
{
    size_t length = strlen(edit->with), tail = copy->size - edit->to;
    char *text = malloc(edit->from + length + tail + 1);

    if (!text)
        abort();
    memcpy(text, copy->text, edit->from);
    memcpy(text + edit->from, edit->with, length);
    memcpy(text + edit->from + length, copy->text + edit->to, tail);
    copy->size = edit->from + length + tail;
    text[copy->size] = 0;
    free(copy->text);
    copy->text = text;
    copy->floor = edit->from;
    copy->changed = true;
}

/* The last place first. */
static int by_place(const void *a, const void *b)
{
    const struct dialect_edit *one = a, *other = b;

    return one->from < other->from ? 1 : one->from > other->from ? -1 : 0;
}

bool dialect_apply(struct dialect_copy *copy, struct dialect_edit *edits, size_t count)
{
    bool good = count > 0;

    qsort(edits, count, sizeof *edits, by_place);
    for (size_t i = 0; i < count; i++)
        good = good && edits[i].with && edits[i].from <= edits[i].to && edits[i].to <= (i ? edits[i - 1].from : copy->floor);
    for (size_t i = 0; i < count; i++) {
        if (good)
            replace(copy, &edits[i]);
        free(edits[i].with);
    }
    return good;
}

static void free_copies(struct dialect *d)
{
    while (d->copies) {
        struct dialect_copy *copy = d->copies;

        d->copies = copy->next;
        free(copy->path);
        free(copy->text);
        free(copy);
    }
}

static void quote(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

/* The #line keeps the checksum of the copy out of the debug information: it would not be the file's. */
static bool write_copy(const struct dialect_copy *copy, const char *path)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    bool good;

    if (!out)
        abort();
    fputs("#line 1 ", out);
    quote(out, copy->path);
    fputc('\n', out);
    fwrite(copy->text, 1, copy->size, out);
    fclose(out);
    good = host_write_file(path, text, size);
    free(text);
    return good;
}

/* The changed copies and the overlay that shows them. */
static bool write_copies(const struct dialect *d, const char *overlay)
{
    char *yaml = NULL, path[DIALECT_PATH + 16];
    size_t size = 0;
    FILE *out = open_memstream(&yaml, &size);
    bool good = true;
    int n = 0;

    if (!out)
        abort();
    fputs("{\"version\": 0, \"case-sensitive\": \"false\", \"use-external-names\": \"false\", \"roots\": [", out);
    for (const struct dialect_copy *copy = d->copies; copy; copy = copy->next) {
        if (!copy->changed)
            continue;
        snprintf(path, sizeof path, "%s/%d.c", d->place, n);
        good = good && write_copy(copy, path);
        fputs(n++ ? ",\n{\"type\": \"file\", \"name\": " : "\n{\"type\": \"file\", \"name\": ", out);
        quote(out, copy->path);
        fputs(", \"external-contents\": ", out);
        quote(out, path);
        fputs("}", out);
    }
    fputs("]}\n", out);
    fclose(out);
    good = good && host_write_file(overlay, yaml, size);
    free(yaml);
    return good;
}

/* --- the compiler -------------------------------------------------------------------------------------------------- */

char *dialect_run(const struct dialect *d, const char *const *more)
{
    struct host_command command = { 0 };
    char output[DIALECT_PATH + 16];
    size_t count = 0, size;
    const char **argv;
    uint8_t *data = NULL;

    while (d->argv[count])
        count++;
    argv = calloc(count + 24, sizeof *argv);
    if (!argv)
        abort();
    memcpy(argv, d->argv, count * sizeof *argv);
    for (size_t i = 0; more[i] && i < 23; i++)
        argv[count++] = more[i];
    snprintf(output, sizeof output, "%s/messages", d->place);
    command.argv = (char *const *)argv;
    command.output = output;
    host_run_all(&command, 1, 1);
    free(argv);
    return command.status >= 0 && host_read_file(output, 4 * TEXT_LIMIT, &data, &size) ? (char *)data : NULL;
}

/* A line "FILE:LINE:COLUMN: KIND: TEXT", taken apart in place. The file's name may have colons. */
static char *parse_line(char *text, const char *kind, int *line, int *column)
{
    char *mark = strstr(text, kind), *at = mark;
    int colons = 0;

    while (at > text && colons < 2)
        colons += *--at == ':';
    if (!mark || colons < 2 || sscanf(at, ":%d:%d", line, column) != 2)
        return NULL;
    *at = 0;
    return mark + strlen(kind);
}

/* The errors of what clang printed, which they point into. */
static size_t parse_errors(char *text, struct dialect_error **errors)
{
    struct dialect_error *list = calloc(ERROR_LIMIT, sizeof *list);
    size_t count = 0;
    char *save = NULL;

    if (!list)
        abort();
    for (char *line = strtok_r(text, "\r\n", &save); line && count < ERROR_LIMIT; line = strtok_r(NULL, "\r\n", &save)) {
        struct dialect_error e = { .file = line };
        int column;

        if ((e.text = parse_line(line, ": error: ", &e.line, &e.column)) != NULL) {
            list[count++] = e;
        } else if (count && !list[count - 1].note_file && strstr(line, ": note: previous declaration is here") &&
                   parse_line(line, ": note: ", &e.line, &column)) {
            list[count - 1].note_file = line;
            list[count - 1].note_line = e.line;
        }
    }
    *errors = list;
    return count;
}

static int later_first(const void *a, const void *b)
{
    const struct dialect_error *one = a, *other = b;
    int order = strcmp(one->file, other->file);

    return order ? order : one->line != other->line ? other->line - one->line : other->column - one->column;
}

void dialect_warn(const struct dialect_error *error, const char *number, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "%s:%d:%d: warning%s%s: ", error->file, error->line, error->column, *number ? " " : "", number);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

/* --- rounds -------------------------------------------------------------------------------------------------------- */

static bool mend_one(struct dialect *d, const struct dialect_error *error)
{
    for (size_t i = 0; i < countof(kinds); i++)
        if (!strncmp(error->text, kinds[i].begins, strlen(kinds[i].begins)))
            return !(kinds[i].c_only && d->cplusplus) && kinds[i].mend(d, error);
    return false;
}

/* Whether anything was mended. */
static bool mend_round(struct dialect *d, const char *overlay)
{
    char option[DIALECT_PATH + 16];
    const char *more[] = { "-fsyntax-only", "-w", "-ferror-limit=0", "-fno-caret-diagnostics", "-fno-color-diagnostics",
                           "-fdiagnostics-absolute-paths", option, NULL };
    struct dialect_error *errors;
    bool mended = false;
    size_t count;
    char *text;

    snprintf(option, sizeof option, "-ivfsoverlay%s", overlay);
    text = dialect_run(d, more);
    if (!text)
        return false;
    count = parse_errors(text, &errors);
    qsort(errors, count, sizeof *errors, later_first);
    for (struct dialect_copy *copy = d->copies; copy; copy = copy->next)
        copy->floor = copy->size;
    for (size_t i = 0; i < count; i++)
        mended |= mend_one(d, &errors[i]);
    free(errors);
    free(text);
    return mended && write_copies(d, overlay);
}

static bool is_cplusplus(char *const *argv)
{
    bool found = false;

    for (; *argv; argv++)
        found |= !strcmp(*argv, "-xc++");
    return found;
}

bool dialect_mend(char *const *argv, const char *place, char *overlay, size_t size)
{
    struct dialect d = { .argv = argv, .place = place, .cplusplus = is_cplusplus(argv) };
    bool mended = false;
    int rounds = 0;

    if ((size_t)snprintf(overlay, size, "%s/overlay.yaml", place) >= size || !host_make_dirs(place) || !write_copies(&d, overlay))
        return false;
    while (rounds < ROUNDS && mend_round(&d, overlay)) {
        mended = true;
        rounds++;
    }
    free_copies(&d);
    return mended;
}
