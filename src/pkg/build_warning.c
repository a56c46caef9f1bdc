/* A row is one of cl's warnings: number, the level from which it is given, and clang's group. Where both mean the same, the row is exact, and
 * TreatWarningAsError makes it an error; elsewhere clang says more than cl would, or the cause may be that ring3's headers are not the kit's or
 * that a header of the driver has disabled it, and such a warning never stops a build that cl would let pass. docs: cpp/error-messages/compiler-warnings, cpp/build/reference/compiler-option-warning-level */
#include "pkg/build_warning.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

static const struct {
    int number, level;
    const char *group;
    bool exact;
} rows[] = {
    { 4002, 1, "macro-arguments", false },      { 4005, 1, "macro-redefined", false },      { 4010, 1, "comment", false },
    { 4013, 3, "implicit-function-declaration", false }, { 4018, 3, "sign-compare", false }, { 4047, 1, "int-conversion", false },
    { 4057, 4, "incompatible-pointer-types", false }, { 4065, 3, "switch-default", false }, { 4067, 1, "extra-tokens", false },
    { 4068, 1, "unknown-pragmas", false },      { 4090, 1, "incompatible-pointer-types-discards-qualifiers", false },
    { 4098, 1, "return-mismatch", true },       { 4100, 4, "unused-parameter", false },     { 4101, 3, "unused-variable", false },
    { 4102, 3, "unused-label", true },          { 4113, 1, "incompatible-function-pointer-types", false },
    { 4133, 3, "incompatible-pointer-types", false }, { 4189, 4, "unused-but-set-variable", false }, { 4244, 3, "shorten-64-to-32", false },
    { 4245, 4, "sign-conversion", false },      { 4267, 3, "shorten-64-to-32", false },    { 4293, 1, "shift-count-overflow", false },
    { 4295, 4, "unterminated-string-initialization", false }, { 4309, 2, "constant-conversion", false },
    { 4311, 1, "pointer-to-int-cast", false },  { 4312, 1, "int-to-pointer-cast", false }, { 4390, 3, "empty-body", false },
    { 4456, 4, "shadow", false },               { 4457, 4, "shadow", false },              { 4458, 4, "shadow", false },
    { 4459, 4, "shadow", false },               { 4473, 1, "format-insufficient-args", true }, { 4474, 3, "format-extra-args", true },
    { 4477, 1, "format", false },               { 4505, 4, "unused-function", false },     { 4552, 1, "unused-value", false },
    { 4553, 1, "unused-comparison", true },     { 4554, 3, "shift-op-parentheses", false }, { 4700, 1, "uninitialized", true },
    { 4701, 4, "sometimes-uninitialized", false }, { 4702, 4, "unreachable-code", false }, { 4703, 4, "sometimes-uninitialized", false },
    { 4706, 4, "parentheses", false },          { 4715, 1, "return-type", true },          { 4716, 1, "return-type", true },
    { 4805, 1, "bool-operation", false },       { 4838, 1, "c++11-narrowing", false },     { 4996, 3, "deprecated-declarations", false },
};
/* What is not in -Wall -Wextra, or switched off for sources whose project says nothing, and is given only from its level on. */
static const char *const asked_for[] = { "unused-parameter" };

static bool lists(const char *list, int number)
{
    while (list && *list) {
        if (isdigit((unsigned char)*list)) {
            char *end;

            if (strtol(list, &end, 10) == number)
                return true;
            list = end;
        } else {
            list++;
        }
    }
    return false;
}

/* Whether the text has a #pragma warning that names the number behind "disable". Where it stands is not looked at: it counts for all of it. */
static bool disabled_in(const char *text, int number)
{
    for (const char *at = text; at && (at = strstr(at, "#pragma")); ) {
        const char *end = at + strcspn(at, "\n"), *disable;
        char line[512];

        at += 7 + strspn(at + 7, " \t");
        if (!strncmp(at, "warning", 7) && (size_t)(end - at) < sizeof line) {
            memcpy(line, at, (size_t)(end - at));
            line[end - at] = 0;
            disable = strstr(line, "disable");
            if (disable && lists(disable, number))
                return true;
        }
        at = end;
    }
    return false;
}

static bool is_asked_for(const char *group)
{
    for (size_t i = 0; i < countof(asked_for); i++)
        if (!strcmp(asked_for[i], group))
            return true;
    return false;
}

/* Whether another row of the group is still wanted. */
static bool wanted_elsewhere(const char *group, const struct build_warnings *w, const char *text)
{
    for (size_t i = 0; i < countof(rows); i++)
        if (!strcmp(rows[i].group, group) && rows[i].level <= w->level && !lists(w->disabled, rows[i].number) &&
            !disabled_in(text, rows[i].number))
            return true;
    return false;
}

void build_warning_flags(struct build_list *flags, const struct build_warnings *warnings, const char *text)
{
    struct build_warnings w = *warnings;

    if (w.level == 0) {
        build_add(flags, "-w");
        return;
    }
    if (w.level < 0 && !w.errors && !*w.disabled && !*w.as_errors)
        return;
    for (size_t i = 0; i < countof(rows); i++) {
        int level = w.level < 0 ? 3 : w.level;
        bool off = lists(w.disabled, rows[i].number) || disabled_in(text, rows[i].number);
        bool error = lists(w.as_errors, rows[i].number) || (w.errors && rows[i].exact);

        w.level = level;
        if (off || rows[i].level > level) {
            if (!wanted_elsewhere(rows[i].group, &w, text))
                build_add(flags, "-Wno-%s", rows[i].group);
        } else if (error) {
            build_add(flags, "-Werror=%s", rows[i].group);
        } else if (warnings->level > 0 && is_asked_for(rows[i].group)) {
            build_add(flags, "-W%s", rows[i].group);
        }
    }
}
