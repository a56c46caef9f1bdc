/* Conditions: or, and, !, ( ), ==, !=, <, >, <=, >=, Exists(), HasTrailingSlash(). Operands are expanded first; comparing is without
 * case. docs: "MSBuild conditions" */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pkg/msbuild_internal.h"

struct condition {
    const struct msbuild_place *place;
    const char *at;
    int depth;
    bool failed;
};

static int parse_or(struct condition *c);

static void skip(struct condition *c)
{
    while (isspace((unsigned char)*c->at))
        c->at++;
}

static int fail(struct condition *c, const char *reason)
{
    if (!c->failed)
        msbuild_error(c->place, "the condition is not understood at '%.40s': %s", c->at, reason);
    c->failed = true;
    return 0;
}

static bool word(struct condition *c, const char *text)
{
    size_t length = strlen(text);

    skip(c);
    if (strncasecmp(c->at, text, length) != 0 || isalnum((unsigned char)c->at[length]))
        return false;
    c->at += length;
    return true;
}

static bool sign(struct condition *c, const char *text)
{
    skip(c);
    if (strncmp(c->at, text, strlen(text)) != 0)
        return false;
    c->at += strlen(text);
    return true;
}

static size_t reference(const char *at)
{
    size_t length = msbuild_reference_length(at);

    return length ? length : strlen(at);
}

/* 'quoted' or a bare word with references; expanded. NULL after a failure. */
static const char *operand(struct condition *c)
{
    const char *start, *text;
    size_t length = 0;

    skip(c);
    if (*c->at == '\'') {
        start = ++c->at;
        while (start[length] && start[length] != '\'')
            length += strchr("$@", start[length]) && start[length + 1] == '(' ? reference(start + length) : 1;
        if (start[length] != '\'')
            return fail(c, "a quote is open"), NULL;
        c->at += length + 1;
    } else {
        start = c->at;
        while (isalnum((unsigned char)start[length]) || (start[length] && strchr("_.-\\|", start[length])) ||
               (start[length] && strchr("$%@", start[length]) && start[length + 1] == '('))
            length += strchr("$%@", start[length]) ? reference(start + length) : 1;
        if (length == 0)
            return fail(c, "a value is expected"), NULL;
        c->at += length;
    }
    text = msbuild_expand(c->place, msbuild_copy(c->place->project, start, length));
    c->failed |= text == NULL;
    return text;
}

/* A number: decimal, 0x hexadecimal, or a version's parts. */
static bool number(const char *text, double *value)
{
    char *end;

    *value = !strncasecmp(text, "0x", 2) ? (double)strtoull(text, &end, 16) : strtod(text, &end);
    return end != text && *end == 0;
}

/* Two to four numbers with dots between them. */
static bool version(const char *text, unsigned long part[4])
{
    int count = 0;
    char *end;

    memset(part, 0, 4 * sizeof part[0]);
    for (;; text = end + 1) {
        if (count == 4 || !isdigit((unsigned char)*text))
            return false;
        part[count++] = strtoul(text, &end, 10);
        if (*end != '.')
            return *end == 0 && count >= 2;
    }
}

/* A version's parts; a number is its first. */
static bool parts(const char *text, unsigned long part[4])
{
    double value;

    if (version(text, part))
        return true;
    memset(part, 0, 4 * sizeof part[0]);
    if (!number(text, &value) || value < 0)
        return false;
    part[0] = (unsigned long)value;
    return true;
}

/* -1, 0, 1: the first is less, equal, greater; numbers before versions. False: they are neither. */
static bool order(const char *left, const char *right, int *result)
{
    unsigned long a[4], b[4];
    double x, y;

    *result = 0;
    if (number(left, &x) && number(right, &y)) {
        *result = x < y ? -1 : x > y;
        return true;
    }
    if (!parts(left, a) || !parts(right, b))
        return false;
    for (int i = 0; i < 4 && *result == 0; i++)
        *result = a[i] < b[i] ? -1 : a[i] > b[i];
    return true;
}

static int compare(struct condition *c, const char *left)
{
    static const char *const operators[] = { "==", "!=", "<=", ">=", "<", ">" };
    double a, b;
    size_t which = 0;
    const char *right;
    int found = 0;

    while (which < 6 && !sign(c, operators[which]))
        which++;
    if (which == 6)
        return !strcasecmp(left, "true") || !strcasecmp(left, "on") || !strcasecmp(left, "yes");
    right = operand(c);
    if (!right)
        return 0;
    bool same = number(left, &a) && number(right, &b) ? a == b : !strcasecmp(left, right);
    if (which >= 2 && !order(left, right, &found))
        return fail(c, "only numbers and versions are greater or less");
    switch (which) {
    case 0: return same;
    case 1: return !same;
    case 2: return found <= 0;
    case 3: return found >= 0;
    case 4: return found < 0;
    default: return found > 0;
    }
}

static int call_exists(struct condition *c)
{
    const char *path = sign(c, "(") ? operand(c) : NULL;
    char found[4096];

    if (!path || !sign(c, ")"))
        return fail(c, "Exists('PATH') is expected");
    return msbuild_resolve(c->place->project->directory, path, found, sizeof found);
}

static int call_trailing(struct condition *c)
{
    const char *path = sign(c, "(") ? operand(c) : NULL;

    if (!path || !sign(c, ")"))
        return fail(c, "HasTrailingSlash('PATH') is expected");
    return *path && strchr("/\\", path[strlen(path) - 1]) != NULL;
}

static int parse_factor(struct condition *c)
{
    const char *left;
    int value;

    if (++c->depth > MSBUILD_DEPTH * 4)
        return fail(c, "it is nested too deeply");
    skip(c);
    if (*c->at == '!' && c->at[1] != '=') {
        c->at++;
        value = !parse_factor(c);
    } else if (sign(c, "(")) {
        value = parse_or(c);
        if (!sign(c, ")"))
            fail(c, "a parenthesis is open");
    } else if (word(c, "Exists")) {
        value = call_exists(c);
    } else if (word(c, "HasTrailingSlash")) {
        value = call_trailing(c);
    } else {
        left = operand(c);
        value = left ? compare(c, left) : 0;
    }
    c->depth--;
    return value;
}

static int parse_and(struct condition *c)
{
    int value = parse_factor(c);

    while (!c->failed && word(c, "and")) {
        int right = parse_factor(c);

        value = value && right;
    }
    return value;
}

static int parse_or(struct condition *c)
{
    int value = parse_and(c);

    while (!c->failed && word(c, "or")) {
        int right = parse_and(c);

        value = value || right;
    }
    return value;
}

int msbuild_condition(const struct msbuild_place *place, const char *text)
{
    struct condition c = { .place = place, .at = text };
    int value;

    if (!text)
        return 1;
    skip(&c);
    if (!*c.at)
        return 1;
    value = parse_or(&c);
    skip(&c);
    if (!c.failed && *c.at)
        fail(&c, "its end is expected");
    return c.failed ? -1 : value;
}
