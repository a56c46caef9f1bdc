/* The edits of one expression or one name. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/dialect_internal.h"

static bool is_name(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$';
}

static const char *skip_space(const char *at)
{
    while (isspace((unsigned char)*at))
        at++;
    return at;
}

/* Behind the bracket that closes the one at `at`; NULL when it stays open. Literals and comments are not looked into. */
static const char *closed(const char *at)
{
    int depth = 0;

    for (; *at; at++) {
        if (*at == '"' || *at == '\'') {
            char mark = *at;

            for (at++; *at && *at != mark; at++)
                at += *at == '\\' && at[1];
            if (!*at)
                return NULL;
        } else if (strchr("([{", *at)) {
            depth++;
        } else if (strchr(")]}", *at) && --depth == 0) {
            return at + 1;
        }
    }
    return NULL;
}

/* Behind the operand of a cast: prefix operators and casts, a name, number or parenthesis, then members, indices and calls. */
static const char *operand_end(const char *at)
{
    const char *next;

    at = skip_space(at);
    while (*at && strchr("*&-+~!", *at))
        at = skip_space(at + 1);
    if (*at == '(') {
        next = closed(at);
        if (!next)
            return NULL;
        at = next;
        next = skip_space(next);
        if (is_name(*next))
            return operand_end(next);           /* a cast before the operand */
    } else if (is_name(*at)) {
        while (is_name(*at))
            at++;
    } else {
        return NULL;
    }
    for (;;) {
        next = skip_space(at);
        if (*next == '[' || *next == '(') {
            at = closed(next);
            if (!at)
                return NULL;
        } else if (*next == '.' || (*next == '-' && next[1] == '>')) {
            at = skip_space(next + (*next == '.' ? 1 : 2));
            while (is_name(*at))
                at++;
        } else {
            return at;
        }
    }
}

static bool one_line(const char *text, size_t length)
{
    return !memchr(text, '\n', length) && !memmem(text, length, "//", 2);
}

/* "(TYPE)operand" at `offset` becomes an expression that means the same object, seen as TYPE. Both must have one size. */
static bool mend_cast(struct dialect_copy *copy, size_t offset, const struct dialect_error *error)
{
    const char *cast = copy->text + offset, *type_end = *cast == '(' ? closed(cast) : NULL;
    const char *operand = type_end ? skip_space(type_end) : NULL, *end = operand ? operand_end(operand) : NULL;
    struct dialect_edit edit = { .from = offset };
    char type[256], what[512];

    if (!end || !one_line(cast, (size_t)(end - cast)) ||
        (size_t)snprintf(type, sizeof type, "%.*s", (int)(type_end - cast - 2), cast + 1) >= sizeof type ||
        (size_t)snprintf(what, sizeof what, "%.*s", (int)(end - operand), operand) >= sizeof what)
        return false;
    edit.to = (size_t)(end - copy->text);
    if (asprintf(&edit.with,
                 "(*(__typeof__(%s) *)((void)sizeof(struct { _Static_assert(sizeof(%s) == sizeof(%s), \"a cast is assigned to whose type "
                 "has another size than its operand\"); int unused; }), &(%s)))", type, type, what, what) < 0)
        abort();
    if (!dialect_apply(copy, &edit, 1))
        return false;
    dialect_warn(error, "C4213", "a cast on an l-value is an extension of Microsoft's; standard C has *(%s *)&%s%s%s", type,
                 strpbrk(what, " *&-+~!(") == what ? "(" : "", what, strpbrk(what, " *&-+~!(") == what ? ")" : "");
    return true;
}

bool dialect_cast(struct dialect *d, const struct dialect_error *error)
{
    struct dialect_copy *copy = dialect_copy_of(d, error->file);
    size_t offset;

    return copy && dialect_offset(copy, error->line, error->column, &offset) && mend_cast(copy, offset, error);
}

bool dialect_address(struct dialect *d, const struct dialect_error *error)
{
    struct dialect_copy *copy = dialect_copy_of(d, error->file);
    size_t offset;

    if (!copy || !dialect_offset(copy, error->line, error->column, &offset) || copy->text[offset] != '&')
        return false;
    return mend_cast(copy, (size_t)(skip_space(copy->text + offset + 1) - copy->text), error);
}

/* The later member gets another name: Microsoft's compiler finds the first. */
bool dialect_member(struct dialect *d, const struct dialect_error *error)
{
    struct dialect_copy *copy = dialect_copy_of(d, error->file);
    const char *name = strchr(error->text, '\'') + 1;
    int length = (int)strcspn(name, "'");
    struct dialect_edit edit;

    if (!copy || !dialect_offset(copy, error->line, error->column, &edit.from) ||
        strncmp(copy->text + edit.from, name, (size_t)length) != 0)
        return false;
    edit.to = edit.from + (size_t)length;
    if (asprintf(&edit.with, "%.*s_hidden", length, name) < 0)
        abort();
    if (!dialect_apply(copy, &edit, 1))
        return false;
    dialect_warn(error, "", "'%.*s' is a member of an anonymous structure and has the name of another member (line %d), which hides "
                 "it; Microsoft's compiler takes this, standard C has two names", length, name, error->note_line);
    return true;
}
