/* A function that is defined or declared again with other parameter types. Microsoft's compiler keeps the first declaration for the
 * callers, and the definition's types for the body. So the copy takes each such parameter as it was declared, under another name, and
 * the body begins with a variable of the definition's type. What the types are is read in clang's own dump of both declarations:
 *
 *   Dumping NAME:
 *   FunctionDecl 0x... [prev 0x...] <BEGIN, END> PLACE [invalid] NAME 'TYPE'
 *   |-ParmVarDecl 0x... <BEGIN, END> PLACE [used] NAME 'TYPE':'TYPE WITHOUT TYPEDEFS'
 *   `-CompoundStmt 0x... <BEGIN, END>
 *
 * A place is FILE:LINE:COLUMN, or line:LINE:COLUMN in the file that was named last, or col:COLUMN in the line that was named last. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "pkg/dialect_internal.h"

#define PARAMETERS 64
#define NAME_SIZE 128
#define TYPE_SIZE 256

struct place {
    char file[DIALECT_PATH];
    int line, column;
};

struct parameter {
    int begin_line, begin_column, end_line, end_column;
    char name[NAME_SIZE], type[TYPE_SIZE], bare[TYPE_SIZE];     /* bare: without typedefs */
};

struct function {
    struct place at;                    /* of its name */
    bool invalid, elsewhere;            /* elsewhere: a parameter stands in a macro or another file */
    size_t count;
    struct parameter parameter[PARAMETERS];
    int body_line, body_column;         /* 0: no body */
};

/* --- the dump ------------------------------------------------------------------------------------------------------ */

/* The next place of the text; false for one that is no file's. *text goes behind it. */
static bool read_place(const char **text, struct place *last)
{
    const char *start = *text, *end = start;
    int line, column, used = 0;

    if (*start == '<') {                /* <invalid sloc>, <built-in>:1:1 */
        *text = start + strcspn(start, ",> ");
        return false;
    }
    while (*end && *end != ',' && *end != '>' && *end != '\n' && !(*end == ' ' && isdigit((unsigned char)end[-1])))
        end++;
    *text = end;
    if (sscanf(start, "col:%d%n", &column, &used) == 1 && used > 4) {
        last->column = column;
        return true;
    }
    if (sscanf(start, "line:%d:%d%n", &line, &column, &used) == 2) {
        last->line = line;
        last->column = column;
        return true;
    }
    for (const char *colon = end; colon > start; colon--)
        if (*colon == ':' && sscanf(colon, ":%d:%d", &line, &column) == 2 && (size_t)(colon - start) < sizeof last->file) {
            snprintf(last->file, sizeof last->file, "%.*s", (int)(colon - start), start);
            last->line = line;
            last->column = column;
            return true;
        }
    return false;
}

/* <BEGIN, END> at the line's first '<'; *text goes behind it. */
static bool read_range(const char **text, struct place *last, struct place *begin)
{
    const char *at = strchr(*text, '<'), *newline = strchr(*text, '\n');
    bool good;

    if (!at || (newline && at > newline))
        return false;
    at++;
    good = read_place(&at, last);
    *begin = *last;
    if (*at == ',') {
        at += 2;
        good = read_place(&at, last) && good;
    }
    *text = at + strcspn(at, "> \n");
    *text += **text == '>';
    *text += **text == ' ';
    return good;
}

/* 'TYPE':'BARE' */
static void read_types(const char *text, struct parameter *p)
{
    const char *start = strchr(text, '\''), *end = start ? strchr(start + 1, '\'') : NULL;

    if (!end)
        return;
    snprintf(p->type, sizeof p->type, "%.*s", (int)(end - start - 1), start + 1);
    memcpy(p->bare, p->type, sizeof p->bare);
    if (end[1] == ':' && end[2] == '\'')
        snprintf(p->bare, sizeof p->bare, "%.*s", (int)strcspn(end + 3, "'\n"), end + 3);
}

/* The last word before the types that is no remark of the dump's. */
static void read_name(const char *text, char name[NAME_SIZE])
{
    static const char *const remarks[] = { "used", "referenced", "invalid", "implicit" };
    const char *end = text + strcspn(text, "'\n");

    const char *start;
    size_t length;

    while (end > text && end[-1] == ' ')
        end--;
    for (start = end; start > text && start[-1] != ' ';)
        start--;
    length = min_u64((uint64_t)(end - start), NAME_SIZE - 1);
    memcpy(name, start, length);
    name[length] = 0;
    for (size_t i = 0; i < sizeof remarks / sizeof remarks[0]; i++)
        if (!strcmp(name, remarks[i]))
            name[0] = 0;
}

static void read_parameter(const char *line, struct function *f, struct place *last)
{
    struct parameter *p = &f->parameter[f->count];
    struct place begin;

    if (f->count == PARAMETERS) {
        f->elsewhere = true;
        return;
    }
    *p = (struct parameter){ 0 };
    f->count++;
    if (!read_range(&line, last, &begin) || strcmp(begin.file, f->at.file) != 0 || strcmp(last->file, f->at.file) != 0) {
        f->elsewhere = true;
        return;
    }
    p->begin_line = begin.line;
    p->begin_column = begin.column;
    p->end_line = last->line;
    p->end_column = last->column;
    read_place(&line, last);
    read_types(line, p);
    read_name(line, p->name);
}

/* One "Dumping" section; `text` is behind its heading. */
static bool read_function(const char *text, struct function *f)
{
    struct place last = { .line = 0 }, begin;
    const char *end = strstr(text, "\nDumping ");

    *f = (struct function){ .count = 0 };
    if (strncmp(text, "FunctionDecl ", 13) != 0 || !read_range(&text, &last, &begin) || !read_place(&text, &last))
        return false;
    f->at = last;
    f->invalid = !strncmp(text, " invalid ", 9);
    for (const char *line = strchr(text, '\n'); line && line[1] && (!end || line < end); line = strchr(line + 1, '\n')) {
        const char *node = line + 1;

        if (*node != '|' && *node != '`')
            break;
        if (!strncmp(node + 1, "-ParmVarDecl ", 13)) {
            read_parameter(node, f, &last);
        } else if (!strncmp(node + 1, "-CompoundStmt ", 14)) {
            if (read_range(&node, &last, &begin) && !strcmp(begin.file, f->at.file)) {
                f->body_line = begin.line;
                f->body_column = begin.column;
            }
            break;
        }
    }
    return true;
}

/* The declaration that stands, and the one that the error is about. */
static bool find_both(const char *dump, const char *name, int length, const struct dialect_error *error, struct function *declared,
                      struct function *refused)
{
    struct function *f = malloc(sizeof *f);
    bool first = false, second = false;
    char heading[NAME_SIZE + 16];

    if (!f)
        abort();
    snprintf(heading, sizeof heading, "Dumping %.*s:\n", length, name);
    for (const char *at = dump; !second && (at = strstr(at, heading)) != NULL;) {
        at += strlen(heading);
        if (!read_function(at, f))
            continue;
        if (!f->invalid) {
            *declared = *f;
            first = true;
        } else if (f->at.line == error->line && f->at.column == error->column) {
            *refused = *f;
            second = true;
        }
    }
    free(f);
    return first && second;
}

/* --- the edits ----------------------------------------------------------------------------------------------------- */

/* A number or a pointer: what a register holds whatever its type. */
static bool is_scalar(const struct parameter *p)
{
    if (strstr(p->type, "(unnamed") || strstr(p->bare, "(unnamed") || strstr(p->bare, "(anonymous"))
        return false;
    return strchr(p->bare, '*') || (strncmp(p->bare, "struct ", 7) && strncmp(p->bare, "union ", 6) && !strstr(p->bare, "float") &&
                                    !strstr(p->bare, "double"));
}

/* From the parameter's first token to behind its last. */
static bool extent(const struct dialect_copy *copy, const struct parameter *p, size_t *from, size_t *to)
{
    if (!dialect_offset(copy, p->begin_line, p->begin_column, from) || !dialect_offset(copy, p->end_line, p->end_column, to))
        return false;
    if (isalnum((unsigned char)copy->text[*to]) || copy->text[*to] == '_')
        while (isalnum((unsigned char)copy->text[*to]) || copy->text[*to] == '_')
            ++*to;
    else
        ++*to;
    return *from < *to && *to <= copy->size && !memchr(copy->text + *from, '\n', *to - *from);
}

static bool differ(const struct parameter *a, const struct parameter *b)
{
    return strcmp(a->bare, b->bare) != 0;
}

/* What the body begins with. */
static char *shadows(const struct function *declared, const struct function *refused)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        abort();
    fputc('{', out);
    for (size_t i = 0; i < refused->count; i++) {
        const struct parameter *p = &refused->parameter[i];

        if (p->name[0] && differ(p, &declared->parameter[i]))
            fprintf(out, " __attribute__((unused)) __typeof__(%s) %s = (__typeof__(%s))declared_%s;", p->type, p->name, p->type, p->name);
    }
    fclose(out);
    return text;
}

static bool edit_function(struct dialect_copy *copy, const struct function *declared, const struct function *refused)
{
    struct dialect_edit edits[PARAMETERS + 1];
    size_t count = 0;
    bool good = true;

    for (size_t i = 0; good && i < refused->count; i++) {
        const struct parameter *p = &refused->parameter[i], *as = &declared->parameter[i];

        if (!differ(p, as))
            continue;
        good = is_scalar(p) && is_scalar(as) && extent(copy, p, &edits[count].from, &edits[count].to);
        if (good && asprintf(&edits[count].with, "__typeof__(%s)%s%s", as->type, p->name[0] ? " declared_" : "", p->name) < 0)
            abort();
        count += good;
    }
    if (good && count && refused->body_line) {
        good = dialect_offset(copy, refused->body_line, refused->body_column, &edits[count].from) &&
               copy->text[edits[count].from] == '{';
        edits[count].to = edits[count].from + 1;
        edits[count].with = shadows(declared, refused);
        count++;
    }
    if (good)
        return dialect_apply(copy, edits, count);
    for (size_t i = 0; i < count; i++)
        free(edits[i].with);
    return false;
}

static void warn(const struct dialect_error *error, const char *name, int length, const struct function *declared,
                 const struct function *refused)
{
    for (size_t i = 0; i < refused->count; i++)
        if (differ(&refused->parameter[i], &declared->parameter[i]))
            dialect_warn(error, "C4028", "formal parameter %zu of '%.*s' is '%s', and '%s' in the declaration (%s:%d); declare both alike",
                         i + 1, length, name, refused->parameter[i].type, declared->parameter[i].type, declared->at.file,
                         declared->at.line);
}

bool dialect_function(struct dialect *d, const struct dialect_error *error)
{
    const char *name = strchr(error->text, '\'') + 1;
    int length = (int)strcspn(name, "'");
    struct dialect_copy *copy = dialect_copy_of(d, error->file);
    struct function *both = calloc(2, sizeof *both);
    char filter[NAME_SIZE + 32], option[DIALECT_PATH + 32], *dump;
    bool good;

    if (!both)
        abort();
    snprintf(filter, sizeof filter, "-ast-dump-filter=%.*s", length, name);
    snprintf(option, sizeof option, "-ivfsoverlay%s/overlay.yaml", d->place);
    dump = dialect_run(d, (const char *const[]){ "-fsyntax-only", "-w", "-fno-color-diagnostics", option, "-Xclang", "-ast-dump", "-Xclang",
                                                 filter, NULL });
    good = copy && dump && length < NAME_SIZE && find_both(dump, name, length, error, &both[0], &both[1]) && !both[1].elsewhere &&
           both[0].count == both[1].count && edit_function(copy, &both[0], &both[1]);
    if (good)
        warn(error, name, length, &both[0], &both[1]);
    free(dump);
    free(both);
    return good;
}
