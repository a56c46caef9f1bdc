#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cli/verb.h"

int cli_fail(int code, const char *format, ...)
{
    va_list args;

    fflush(stdout);
    fputs("ring3: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return code;
}

static void print_indented(const char *text)
{
    for (;;) {
        size_t length = strcspn(text, "\n");
        printf("%.*s\n", (int)length, text);
        if (!text[length])
            return;
        text += length + 1;
        printf("%26s", "");
    }
}

void cli_help(const struct verb *verb)
{
    printf("ring3 %s %s\n%s\n", verb->name, verb->synopsis, verb->summary);
    if (verb->options)
        puts("");
    for (const struct cli_option *o = verb->options; o && o->help; o++) {
        char left[64];
        if (!o->name)
            snprintf(left, sizeof left, "%s", o->value);
        else
            snprintf(left, sizeof left, o->value ? "%s=%s" : "%s%s", o->name, o->value ? o->value : "");
        printf("  %-23s ", left);
        if (strlen(left) > 23)
            printf("\n%26s", "");
        print_indented(o->help);
    }
}

static const struct cli_option *find(const struct verb *verb, const char *argument, size_t length)
{
    for (const struct cli_option *o = verb->options; o && o->help; o++)
        if (o->name && strlen(o->name) == length && !memcmp(o->name, argument, length))
            return o;
    return NULL;
}

static const struct cli_option *positional(const struct verb *verb)
{
    for (const struct cli_option *o = verb->options; o && o->help; o++)
        if (!o->name)
            return o;
    return NULL;
}

static bool take_option(const struct verb *verb, const char *argument, void *target)
{
    size_t length = strcspn(argument, "=");
    const struct cli_option *option = find(verb, argument, length);
    const char *value = argument[length] ? argument + length + 1 : NULL;

    if (!option)
        return error_set("%.*s is no option of ring3 %s", (int)length, argument, verb->name);
    if (option->value && !value)
        return error_set("%s needs a value: %s=%s", option->name, option->name, option->value);
    if (!option->value && value)
        return error_set("%s takes no value", option->name);
    return option->take(target, value) || error_prefix("%s", option->name);
}

static bool take_argument(const struct verb *verb, const char *argument, void *target)
{
    const struct cli_option *option = positional(verb);

    if (argument[0] == '-' && argument[1])
        return take_option(verb, argument, target);
    if (!option)
        return error_set("ring3 %s does not take '%s'", verb->name, argument);
    return option->take(target, argument);
}

int cli_parse(const struct verb *verb, int argc, char **argv, void *target)
{
    for (int i = 0; i < argc; i++)
        if (!take_argument(verb, argv[i], target))
            return cli_fail(EXIT_USAGE, "%s (ring3 %s --help)", error_text(), verb->name);
    return EXIT_GOOD;
}

bool cli_number(const char *text, uint64_t lowest, uint64_t highest, uint64_t *value)
{
    char *end;

    errno = 0;
    *value = strtoull(text, &end, 0);
    if (errno || end == text || *end || text[0] == '-' || *value < lowest || *value > highest)
        return error_set("'%s' is not a number from %llu to %llu", text, (unsigned long long)lowest,
                         (unsigned long long)highest);
    return true;
}

bool cli_time(const char *text, uint64_t *ns)
{
    static const struct { const char *unit; double ns; } units[] = {
        { "", 1e9 }, { "s", 1e9 }, { "ms", 1e6 }, { "us", 1e3 }, { "ns", 1 }, { "m", 60e9 },
    };
    char *end;
    double number = strtod(text, &end);

    for (size_t i = 0; end != text && i < sizeof units / sizeof units[0]; i++)
        if (!strcmp(end, units[i].unit) && number >= 0 && number * units[i].ns < 1e18) {
            *ns = (uint64_t)(number * units[i].ns + 0.5);
            return true;
        }
    return error_set("'%s' is not a time such as 3s or 500ms", text);
}
