/* A function becomes a macro over WppTrace, under the condition of its parameters before the message: WPP_A_B_ENABLED(A, B), where values that
 * stand in braces ({LEVEL=X}) come first; WPP_A_B_PRE and _POST stand around it. What its caller gives for MSG (nothing, when it has no such parameter) stands between what
 * USEPREFIX and USESUFFIX say, and so do the arguments: prefix, caller's, suffix. An argument in parentheses is an expression; the
 * macro's parameter has its name. IFRLOG, the recorder's log, is no condition. All parameters in a second pair of parentheses: the caller has
 * that pair, too, as KdPrint((...)) does; the macro then names another that takes them. */
#include "pkg/wpp_function.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define NAME_SIZE 128
#define TEXT_SIZE 512

struct function {
    struct function *next;
    bool declared;                      /* by FUNC; the others have only been given a prefix or a suffix */
    bool doubled, log;                  /* NAME((...)); it has a parameter IFRLOG */
    char name[NAME_SIZE], parameters[TEXT_SIZE];
    char condition[TEXT_SIZE], values[TEXT_SIZE];   /* "LEVEL_FLAGS", "TRACE_LEVEL_ERROR, FLAGS" */
    char level[NAME_SIZE];              /* what stands for LEVEL beside a flag, or "0" */
    char text[2][TEXT_SIZE];            /* prefix, suffix: string literals, or "" */
    char arguments[2][TEXT_SIZE];       /* ", A, B", or "" */
};

struct wpp_functions {
    struct function *first, **last;
};

struct wpp_functions *wpp_functions_new(void)
{
    struct wpp_functions *functions = calloc(1, sizeof *functions);

    if (!functions)
        abort();
    functions->last = &functions->first;
    return functions;
}

void wpp_functions_free(struct wpp_functions *functions)
{
    for (struct function *f = functions->first, *next; f; f = next) {
        next = f->next;
        free(f);
    }
    free(functions);
}

static const char *skip_space(const char *at)
{
    while (*at == ' ' || *at == '\t')
        at++;
    return at;
}

static size_t identifier(const char *at)
{
    size_t n = 0;

    while (isalnum((unsigned char)at[n]) || at[n] == '_')
        n++;
    return n;
}

static struct function *named(struct wpp_functions *functions, const char *name, size_t length)
{
    struct function *f;

    for (f = functions->first; f; f = f->next)
        if (strlen(f->name) == length && !memcmp(f->name, name, length))
            return f;
    f = calloc(1, sizeof *f);
    if (!f)
        abort();
    snprintf(f->name, sizeof f->name, "%.*s", (int)length, name);
    *functions->last = f;
    functions->last = &f->next;
    return f;
}

/* The length of what stands in the parentheses at `at`, strings in it skipped; -1 when they do not end in this line. */
static int inside(const char *at)
{
    int depth = 0;

    for (int n = 0; at[n] && at[n] != '\n'; n++) {
        if (at[n] == '"')
            for (n++; at[n] && at[n] != '\n' && at[n] != '"'; n++)
                n += at[n] == '\\' && at[n + 1] != 0;
        depth += at[n] == '(' ? 1 : at[n] == ')' ? -1 : 0;
        if (depth == 0)
            return n - 1;
        if (!at[n])
            break;
    }
    return -1;
}

/* Another parameter before the message. */
static void add_condition(struct function *f, const char *name, size_t length, const char *value, size_t value_length)
{
    size_t used = strlen(f->condition), filled = strlen(f->values);

    if (used + length + 2 > TEXT_SIZE || filled + value_length + 3 > TEXT_SIZE)
        return;
    snprintf(f->condition + used, TEXT_SIZE - used, "%s%.*s", used ? "_" : "", (int)length, name);
    snprintf(f->values + filled, TEXT_SIZE - filled, "%s%.*s", filled ? ", " : "", (int)value_length, value);
    if (length == 5 && !memcmp(name, "LEVEL", 5) && value_length < NAME_SIZE)
        snprintf(f->level, sizeof f->level, "%.*s", (int)value_length, value);
}

/* {NAME=VALUE, ...}; the place behind it. */
static const char *read_constants(struct function *f, const char *at)
{
    while (*at && *at != '}' && *at != '\n') {
        const char *name = at + 1 + strspn(at + 1, " \t"), *value;
        size_t length = identifier(name);

        value = skip_space(name + length);
        at = name + strcspn(name, ",}\n");
        if (*value == '=' && value < at && length) {
            value = skip_space(value + 1);
            add_condition(f, name, length, value, (size_t)(at - value));
        }
    }
    return skip_space(at + (*at == '}'));
}

/* The parameters: their names for the macro, and which of them are conditions: those before MSG that stand in no parentheses of their own. */
static void read_parameters(struct function *f, const char *at, int length)
{
    size_t used = 0;
    bool before = true;

    for (int n = 0, depth = 0; n < length; n++) {
        size_t word = identifier(at + n);

        depth += at[n] == '(' ? 1 : at[n] == ')' ? -1 : 0;
        if (word && depth == 0) {
            bool log = word == 6 && !memcmp(at + n, "IFRLOG", 6);

            f->log |= log;
            before = before && strncmp(at + n, "MSG", word) != 0;
            if (before && !log)
                add_condition(f, at + n, word, at + n, word);
        }
        for (size_t i = 0; i < (word ? word : 1); i++)
            if (at[n + (int)i] != '(' && at[n + (int)i] != ')')
                f->parameters[used++] = at[n + (int)i];
        n += word ? (int)word - 1 : 0;
    }
    f->parameters[used] = 0;
}

void wpp_declare(struct wpp_functions *functions, const char *text)
{
    const char *name = skip_space(text), *at;
    size_t length = identifier(name);
    struct function read = { .declared = true }, *f;
    int parameters;

    at = skip_space(name + length);
    if (*at == '{')
        at = read_constants(&read, at);
    if (!length || length >= NAME_SIZE || *at != '(' || (parameters = inside(at)) < 0 || parameters >= TEXT_SIZE)
        return;
    read.doubled = at[1] == '(' && inside(at + 1) == parameters - 2;
    read_parameters(&read, at + 1 + read.doubled, parameters - 2 * read.doubled);
    if (!read.level[0] || !strcmp(read.condition, "LEVEL"))     /* alone it is a flag, as in DoTraceMessage */
        strcpy(read.level, "0");
    f = named(functions, name, length);
    memcpy(f->parameters, read.parameters, sizeof f->parameters);
    memcpy(f->condition, read.condition, sizeof f->condition);
    memcpy(f->values, read.values, sizeof f->values);
    memcpy(f->level, read.level, sizeof f->level);
    f->declared = true;
    f->doubled = read.doubled;
    f->log = read.log;
}

/* (NAME, "text", arguments) */
static void read_fix(struct wpp_functions *functions, const char *at, int which)
{
    const char *end;
    int all;

    at = skip_space(at);
    if (*at != '(' || (all = inside(at)) < 0 || all >= TEXT_SIZE)
        return;
    end = at + 1 + all;
    const char *name = skip_space(at + 1), *text;
    size_t length = identifier(name);
    text = strchr(name, '"');
    if (!length || length >= NAME_SIZE || !text || text > end)
        return;
    const char *close = text + 1;
    while (close < end && *close != '"')
        close += *close == '\\' ? 2 : 1;
    if (close >= end)
        return;
    struct function *f = named(functions, name, length);
    snprintf(f->text[which], TEXT_SIZE, "%.*s", (int)(close + 1 - text), text);
    snprintf(f->arguments[which], TEXT_SIZE, "%.*s", (int)(end - close - 1), close + 1);
}

static bool starts(const char *at, const char *word)
{
    return strncmp(at, word, strlen(word)) == 0;
}

void wpp_read_config(struct wpp_functions *functions, const char *text)
{
    bool config = false;

    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        const char *at = skip_space(line);
        while (*at == '/' || *at == '*' || *at == ' ' || *at == '\t')
            at++;
        if (starts(at, "begin_wpp"))
            config = starts(skip_space(at + 9), "config");
        else if (starts(at, "end_wpp"))
            config = false;
        else if (config && starts(at, "FUNC") && (at[4] == ' ' || at[4] == '\t'))
            wpp_declare(functions, at + 4);
        else if (config && starts(at, "USEPREFIX"))
            read_fix(functions, at + 9, 0);
        else if (config && starts(at, "USESUFFIX"))
            read_fix(functions, at + 9, 1);
        if (!*line)
            break;
    }
}

static void print_default(FILE *out, const char *condition, const char *what, const char *text)
{
    fprintf(out, "#ifndef WPP_%s_%s\n#define WPP_%s_%s(...)%s\n#endif\n", condition, what, condition, what, text);
}

void wpp_print_functions(const struct wpp_functions *functions, FILE *out)
{
    for (const struct function *f = functions->first; f; f = f->next) {
        bool message = strstr(f->parameters, "MSG") != NULL, more = strstr(f->parameters, "...") != NULL;

        if (!f->declared)
            continue;
        if (f->condition[0]) {
            print_default(out, f->condition, "ENABLED", " 1");
            print_default(out, f->condition, "PRE", "");
            print_default(out, f->condition, "POST", "");
        }
        fprintf(out, "#undef %s\n", f->name);
        if (f->doubled)
            fprintf(out, "#define %s(ALL) WPP_DOUBLED_%s ALL\n", f->name, f->name);
        fprintf(out, "#define %s%s(%s) ", f->doubled ? "WPP_DOUBLED_" : "", f->name, f->parameters);
        if (f->condition[0])
            fprintf(out, "WPP_%s_PRE(%s) WPP_WHEN(WPP_%s_ENABLED(%s), ", f->condition, f->values, f->condition, f->values);
        else
            fputs("WPP_WHEN(1, ", out);
        if (f->log)
            fputs("(WppNamed(IFRLOG), ", out);
        fprintf(out, "WppTrace(%s, __FUNCTION__, %s %s %s%s%s%s))", f->level, f->text[0], message ? "MSG" : "\"\"", f->text[1],
                f->arguments[0], more ? ", ##__VA_ARGS__" : "", f->arguments[1]);
        if (f->log)
            fputc(')', out);
        if (f->condition[0])
            fprintf(out, " WPP_%s_POST(%s)", f->condition, f->values);
        fputc('\n', out);
    }
}
