/* Property functions: $([Type]::Name(arguments)), and methods of values, $(NAME.Method(arguments)[index]).
 *
 * An expression is read from left to right: a property or a static function gives a value, each .Method(...) and [index] behind it
 * another. Arguments are separated by commas, stand in ', " or ` or bare, and are expanded before the call. What has another
 * meaning on every run (new GUIDs; but for the time) and what is not listed here is refused by its name.
 * docs: visualstudio/msbuild/property-functions */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pkg/msbuild_function.h"

static const char *skip_blanks(const char *at)
{
    while (isspace((unsigned char)*at))
        at++;
    return at;
}

/* Past the quoted text that begins at `at`; references inside it may have quotes of their own. */
static const char *past_quoted(const char *at)
{
    char quote = *at++;

    while (*at && *at != quote)
        at += *at == '$' && at[1] == '(' ? msbuild_reference_length(at) : 1;
    return *at ? at + 1 : at;
}

size_t msbuild_reference_length(const char *at)
{
    const char *end = at + 2;
    int depth = 1;

    while (*end && depth > 0) {
        if (depth > 1 && strchr("'\"`", *end)) {
            end = past_quoted(end);
            continue;
        }
        depth += *end == '(' ? 1 : *end == ')' ? -1 : 0;
        end++;
    }
    return depth == 0 ? (size_t)(end - at) : 0;
}

/* --- arguments ------------------------------------------------------------------------------------------------------- */

static const char *argument(const struct msbuild_place *place, const char *start, const char *end)
{
    start = skip_blanks(start);
    while (end > start && isspace((unsigned char)end[-1]))
        end--;
    if (end - start >= 2 && strchr("'\"`", *start) && end[-1] == *start) {
        start++;
        end--;
    } else if (end - start == 4 && !strncasecmp(start, "null", 4)) {
        return "";
    }
    return msbuild_expand(place, msbuild_copy(place->project, start, (size_t)(end - start)));
}

/* At "(": reads the arguments and gives the place behind ")". NULL with error_text(). */
static const char *read_arguments(struct msbuild_call *call, const char *at)
{
    const char *start = ++at;
    int depth = 0;

    if (*skip_blanks(at) == ')')
        return skip_blanks(at) + 1;
    for (;; at++) {
        while (*at && strchr("'\"`", *at))
            at = past_quoted(at);
        if (!*at) {
            msbuild_error(call->place, "'%.40s' has no closing parenthesis", start);
            return NULL;
        }
        if (depth == 0 && (*at == ',' || *at == ')')) {
            if (call->count == MSBUILD_ARGUMENTS) {
                msbuild_error(call->place, "%.60s has more than %d arguments", call->name, MSBUILD_ARGUMENTS);
                return NULL;
            }
            if (!(call->argument[call->count++] = argument(call->place, start, at)))
                return NULL;
            start = at + 1;
            if (*at == ')')
                return start;
        }
        depth += *at == '(' ? 1 : *at == ')' ? -1 : 0;
    }
}

static bool is_name(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static const char *read_name(struct msbuild_call *call, const char *at)
{
    size_t length = 0;

    while (is_name(at[length]))
        length++;
    call->name = msbuild_copy(call->place->project, at, length);
    call->count = 0;
    at = skip_blanks(at + length);
    call->called = *at == '(';
    return call->called ? read_arguments(call, at) : at;
}

/* --- numbers, versions ------------------------------------------------------------------------------------------------ */

const char *msbuild_truth(bool value)
{
    return value ? "True" : "False";
}

const char *msbuild_number(const struct msbuild_place *place, double value)
{
    char text[40];
    int length = snprintf(text, sizeof text, "%.15g", value);

    return msbuild_copy(place->project, text, (size_t)length);
}

static double number_of(const char *text)
{
    return !strncasecmp(text, "0x", 2) ? (double)strtoull(text, NULL, 16) : strtod(text, NULL);
}

void msbuild_version(const char *text, long part[4])
{
    memset(part, 0, 4 * sizeof part[0]);
    text += *text == 'v' || *text == 'V';
    for (int i = 0; i < 4; i++) {
        char *end;

        part[i] = strtol(text, &end, 10);
        if (end == text || *end != '.')
            return;
        text = end + 1;
    }
}

static int compare_versions(const char *left, const char *right)
{
    long a[4], b[4];

    msbuild_version(left, a);
    msbuild_version(right, b);
    for (int i = 0; i < 4; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return 0;
}

/* --- [MSBuild]:: ------------------------------------------------------------------------------------------------------ */

static const char *arithmetic(const struct msbuild_call *c)
{
    double a = number_of(c->argument[0]), b = number_of(c->argument[1]);
    long long m = (long long)a, n = (long long)b;

    if (!strcasecmp(c->name, "Add"))
        return msbuild_number(c->place, a + b);
    if (!strcasecmp(c->name, "Subtract"))
        return msbuild_number(c->place, a - b);
    if (!strcasecmp(c->name, "Multiply"))
        return msbuild_number(c->place, a * b);
    if (!strcasecmp(c->name, "Divide") && b != 0)
        return msbuild_number(c->place, m == a && n == b ? (double)(m / n) : a / b);
    if (!strcasecmp(c->name, "Modulo") && n != 0)
        return msbuild_number(c->place, (double)(m % n));
    if (!strcasecmp(c->name, "BitwiseAnd"))
        return msbuild_number(c->place, (double)(m & n));
    if (!strcasecmp(c->name, "BitwiseOr"))
        return msbuild_number(c->place, (double)(m | n));
    if (!strcasecmp(c->name, "BitwiseXor"))
        return msbuild_number(c->place, (double)(m ^ n));
    return NULL;
}

static const char *version_test(const struct msbuild_call *c)
{
    const char *which = c->name + strlen("Version");
    int order = compare_versions(c->argument[0], c->argument[1]);

    if (!strcasecmp(which, "Equals"))
        return msbuild_truth(order == 0);
    if (!strcasecmp(which, "NotEquals"))
        return msbuild_truth(order != 0);
    if (!strcasecmp(which, "GreaterThan"))
        return msbuild_truth(order > 0);
    if (!strcasecmp(which, "GreaterThanOrEquals"))
        return msbuild_truth(order >= 0);
    if (!strcasecmp(which, "LessThan"))
        return msbuild_truth(order < 0);
    return !strcasecmp(which, "LessThanOrEquals") ? msbuild_truth(order <= 0) : NULL;
}

static const char *call_msbuild(const struct msbuild_call *c)
{
    if (c->count == 2 && !strncasecmp(c->name, "Version", strlen("Version")))
        return version_test(c);
    if (c->count == 2 && !strcasecmp(c->name, "ValueOrDefault"))
        return *c->argument[0] ? c->argument[0] : c->argument[1];
    if (c->count == 1 && (!strcasecmp(c->name, "Escape") || !strcasecmp(c->name, "Unescape")))
        return c->argument[0];
    if (c->count == 1 && !strcasecmp(c->name, "IsOSPlatform"))
        return msbuild_truth(!strcasecmp(c->argument[0], "Windows"));       /* what the project is built for */
    if (c->count == 0 && !strcasecmp(c->name, "IsOSUnixLike"))
        return msbuild_truth(false);
    if (!strcasecmp(c->name, "GetRegistryValue"))
        return "";                                                          /* of no computer */
    if (!strcasecmp(c->name, "GetRegistryValueFromView"))
        return c->count > 2 ? c->argument[2] : "";
    const char *value = msbuild_path_function(c);
    return value ? value : c->count == 2 ? arithmetic(c) : NULL;
}

/* --- other types ------------------------------------------------------------------------------------------------------ */

static bool is_blank(const char *text)
{
    return *skip_blanks(text) == 0;
}

static const char *call_string(const struct msbuild_call *c)
{
    if (c->count == 1 && !strcasecmp(c->name, "IsNullOrEmpty"))
        return msbuild_truth(*c->argument[0] == 0);
    if (c->count == 1 && !strcasecmp(c->name, "IsNullOrWhiteSpace"))
        return msbuild_truth(is_blank(c->argument[0]));
    if (c->count == 1 && (!strcasecmp(c->name, "Copy") || !strcasecmp(c->name, "new")))
        return c->argument[0];
    if (c->count == 2 && !strcasecmp(c->name, "Equals"))
        return msbuild_truth(!strcmp(c->argument[0], c->argument[1]));
    if (c->count == 3 && !strcasecmp(c->name, "Compare"))
        return msbuild_number(c->place, !strcasecmp(c->argument[2], "true") ? strcasecmp(c->argument[0], c->argument[1])
                                                                           : strcmp(c->argument[0], c->argument[1]));
    if (c->count == 2 && !strcasecmp(c->name, "Compare"))
        return msbuild_number(c->place, strcmp(c->argument[0], c->argument[1]));
    return !strcasecmp(c->name, "Concat") ? msbuild_join(c, "", 0) : !strcasecmp(c->name, "Join") && c->count ? msbuild_join(c, c->argument[0], 1) : NULL;
}

static const char *call_number(const struct msbuild_call *c)
{
    double a = c->count > 0 ? number_of(c->argument[0]) : 0, b = c->count > 1 ? number_of(c->argument[1]) : 0;

    if (c->count == 2 && !strcasecmp(c->name, "Max"))
        return msbuild_number(c->place, a > b ? a : b);
    if (c->count == 2 && !strcasecmp(c->name, "Min"))
        return msbuild_number(c->place, a < b ? a : b);
    return c->count == 1 && (!strcasecmp(c->name, "Parse") || !strcasecmp(c->name, "ToInt32")) ? msbuild_number(c->place, a) : NULL;
}

static const char *call_version(const struct msbuild_call *c)
{
    return c->count == 1 && (!strcasecmp(c->name, "Parse") || !strcasecmp(c->name, "new")) ? c->argument[0] : NULL;
}

static const char *call_environment(const struct msbuild_call *c)
{
    const char *value;

    if (c->count != 1 || strcasecmp(c->name, "GetEnvironmentVariable"))
        return NULL;
    value = getenv(c->argument[0]);
    return value ? value : "";
}

/* The version of the newest kit that ring3's headers go by. */
static const char *call_tool_location(const struct msbuild_call *c)
{
    return !strcasecmp(c->name, "GetLatestSDKTargetPlatformVersion") ? "10.0.26100.0" : NULL;
}

static const struct {
    const char *type;
    const char *(*call)(const struct msbuild_call *call);
} types[] = {
    { "MSBuild", call_msbuild },          { "System.String", call_string },   { "String", call_string },
    { "System.Version", call_version },   { "Version", call_version },        { "System.Math", call_number },
    { "System.Int32", call_number },      { "System.Int64", call_number },    { "System.Double", call_number },
    { "System.Convert", call_number },    { "System.IO.Path", msbuild_path_function },
    { "System.IO.File", msbuild_path_function }, { "System.IO.Directory", msbuild_path_function },
    { "System.Environment", call_environment }, { "System.DateTime", msbuild_time_function },
    { "Microsoft.Build.Utilities.ToolLocationHelper", call_tool_location },
};

/* At "[": Type]::Name(arguments). *at goes behind it. NULL with error_text(). */
static const char *static_function(const struct msbuild_place *place, const char **at)
{
    const char *start = *at, *end = strstr(start, "]::"), *value = NULL;
    struct msbuild_call call = { .place = place };

    if (!end) {
        msbuild_error(place, "[TYPE]::FUNCTION is expected at '%.60s'", start);
        return NULL;
    }
    const char *type = msbuild_copy(place->project, start + 1, (size_t)(end - start) - 1);
    *at = read_name(&call, end + 3);
    if (!*at)
        return NULL;
    for (size_t i = 0; i < sizeof types / sizeof types[0] && !value; i++)
        if (!strcasecmp(type, types[i].type))
            value = types[i].call(&call);
    if (!value)
        msbuild_error(place, "the property function [%.60s]::%.60s with %d arguments is not understood", type, call.name, call.count);
    return value;
}

const char *msbuild_evaluate(const struct msbuild_place *place, const char *text)
{
    const char *at = skip_blanks(text), *value;
    bool list = false;

    if (*at == '[') {
        value = static_function(place, &at);
    } else {
        size_t length = 0;

        while (is_name(at[length]) || at[length] == '-')
            length++;
        value = msbuild_property_at(place, msbuild_copy(place->project, at, length));
        at += length;
    }
    while (value && *(at = skip_blanks(at))) {
        struct msbuild_call call = { .place = place, .self = value };

        if (*at == '.') {
            at = read_name(&call, at + 1);
            value = at ? msbuild_method(&call, &list) : NULL;
        } else if (*at == '[') {
            value = msbuild_index(place, value, list, strtol(at + 1, NULL, 10));
            at = strchr(at, ']');
            at = at ? at + 1 : "";
            list = false;
        } else {
            msbuild_error(place, "'%.60s' is not understood in '%.60s'", at, text);
            value = NULL;
        }
    }
    return value;
}
