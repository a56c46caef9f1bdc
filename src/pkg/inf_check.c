/* The frame: reading, marking sections as used, what nobody used, sorting. */
#include "pkg/inf_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "host/file.h"
#include "pkg/inf_check_internal.h"

static enum inf_severity severity_of(const struct inf_code *code, enum inf_mode mode)
{
    return mode == INF_MODE_K ? code->k : mode == INF_MODE_U ? code->u : code->w;
}

static void add(struct inf_report *report, enum inf_mode mode, int code, int line, const char *text)
{
    const struct inf_code *known = inf_code(code);
    struct inf_problem *more;

    if (!known)
        abort();
    if (severity_of(known, mode) == INF_NONE)
        return;
    more = realloc(report->problem, ((size_t)report->count + 1) * sizeof *more);
    if (!more)
        abort();
    report->problem = more;
    more[report->count] = (struct inf_problem){ .code = code, .line = line, .severity = severity_of(known, mode) };
    snprintf(more[report->count].text, sizeof more->text, "%s", text);
    report->errors += more[report->count].severity == INF_ERROR;
    report->warnings += more[report->count].severity == INF_WARNING;
    report->count++;
}

void problem(struct checking *c, int code, int line, const char *format, ...)
{
    const struct inf_code *known = inf_code(code);
    char text[400];
    va_list args;

    if (c->superseded && known && known->k == INF_NONE && known->u == INF_NONE)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    add(c->report, c->options->mode, code, line, text);
}

/* --- sections ------------------------------------------------------------------------------------------------------ */

bool is_used(const struct checking *c, const struct inf_section *section)
{
    (void)c;
    return section->marked;
}

void use(struct checking *c, const struct inf_section *section)
{
    (void)c;
    if (section)
        ((struct inf_section *)(uintptr_t)section)->marked = true;
}

const struct inf_section *refer(struct checking *c, const char *directive, const char *name, int line)
{
    const struct inf_section *section = inf_section(c->inf, name);

    if (*name == 0)
        problem(c, 1005, line, "%s names no section", directive);
    else if (!section)
        problem(c, 1203, line, "%s: there is no section [%.200s]", directive, name);
    use(c, section);
    return section;
}

bool is_guid_text(const char *text)
{
    if (strlen(text) != 38 || text[0] != '{' || text[37] != '}')
        return false;
    for (int i = 1; i < 37; i++) {
        bool dash = i == 9 || i == 14 || i == 19 || i == 24;

        if (dash ? text[i] != '-' : !strchr("0123456789abcdefABCDEF", text[i]))
            return false;
    }
    return true;
}

bool number_of(const char *text, unsigned long *value)
{
    char *end;

    *value = strtoul(text, &end, !strncasecmp(text, "0x", 2) ? 16 : 10);
    return end != text && *end == 0;
}

/* Sections that stand for themselves. */
static bool stands_alone(const char *name)
{
    static const char *const known[] = { "Version", "Manufacturer", "DestinationDirs", "SourceDisksNames", "SourceDisksFiles", "Strings",
                                         "ControlFlags", "ClassInstall32", "InterfaceInstall32", "DefaultInstall", "DefaultUninstall",
                                         "SignatureAttributes", "DeviceInstall32" };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        size_t length = strlen(known[i]);

        if (!strncasecmp(name, known[i], length) && (name[length] == 0 || name[length] == '.'))
            return true;
    }
    return false;
}

static void check_unused(struct checking *c)
{
    for (const struct inf_section *section = inf_sections(c->inf); section; section = section->next)
        if (!is_used(c, section) && !stands_alone(section->name))
            problem(c, 2083, section->number, "nothing refers to section [%.200s]", section->name);
}

/* --- the file ------------------------------------------------------------------------------------------------------ */

/* What the reader refused: "FILE:LINE: reason". */
static void add_refusal(struct inf_report *report, enum inf_mode mode, const char *path)
{
    const char *text = error_text(), *file = strrchr(path, '/');
    int line = 0, code = 1002;

    file = file ? file + 1 : path;
    if (!strncmp(text, path, strlen(path)))
        text += strlen(path);
    else if (!strncmp(text, file, strlen(file)))
        text += strlen(file);
    if (*text == ':' && text[1] >= '0' && text[1] <= '9') {
        line = (int)strtol(text + 1, (char **)(uintptr_t)&text, 10);
    }
    text += strspn(text, ": ");
    if (strstr(text, "[Version]"))
        code = 1001;
    else if (strstr(text, "is not defined in [Strings]"))
        code = 1235;
    else if (strstr(text, "UTF") || strstr(text, "encod"))
        code = 1003;
    add(report, mode, code, line, text);
    add(report, mode, 1299, 0, "the rest was not checked, because the file cannot be read");
}

static int by_line(const void *a, const void *b)
{
    const struct inf_problem *x = a, *y = b;

    return x->line != y->line ? (x->line > y->line) - (x->line < y->line) : (x->code > y->code) - (x->code < y->code);
}

/* UTF-8 is read, but Windows takes it for ANSI. */
static void check_encoding(struct checking *c, const char *path)
{
    uint8_t *data;
    size_t size;

    if (!host_read_file(path, INF_MAX_SIZE, &data, &size))
        return;
    if (size >= 3 && !memcmp(data, "\xef\xbb\xbf", 3))
        problem(c, 1003, 1, "the file begins with the mark of UTF-8; INF files are ANSI or UTF-16 LE");
    free(data);
}

bool inf_check(const char *path, const struct inf_check_options *options, struct inf_report *report)
{
    struct checking *c;

    *report = (struct inf_report){ .path = path };
    if (!host_file_exists(path)) {
        add(report, options->mode, 1000, 0, "there is no such file");
        return true;
    }
    c = calloc(1, sizeof *c);
    if (!c)
        abort();
    c->options = options;
    c->report = report;
    c->inf = inf_open(path);
    if (!c->inf) {
        add_refusal(report, options->mode, path);
    } else {
        check_encoding(c, path);
        check_version(c);
        check_disks(c);
        check_manufacturer(c);
        check_default_install(c);
        check_unused(c);
        inf_close(c->inf);
    }
    free(c);
    if (report->count)
        qsort(report->problem, (size_t)report->count, sizeof report->problem[0], by_line);
    return true;
}

void inf_report_free(struct inf_report *report)
{
    free(report->problem);
    *report = (struct inf_report){ 0 };
}
