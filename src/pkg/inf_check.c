/* The frame: reading, roles of sections, what nobody used, sorting. */
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
    enum inf_severity severity;

    if (!known || known->unjudged)
        abort();
    severity = severity_of(known, mode);
    if (severity == INF_NONE)
        return;
    report->errors += severity == INF_ERROR;
    report->warnings += severity == INF_WARNING;
    if (report->count == INF_MOST_PROBLEMS)
        return;
    if (report->count % 64 == 0) {
        report->problem = realloc(report->problem, ((size_t)report->count + 64) * sizeof *report->problem);
        if (!report->problem)
            abort();
    }
    report->problem[report->count] = (struct inf_problem){ .code = code, .line = line, .severity = severity };
    snprintf(report->problem[report->count].text, sizeof report->problem->text, "%s", text);
    report->count++;
}

void problem(struct checking *c, int code, int line, const char *format, ...)
{
    char text[400];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    add(c->report, c->enforced ? c->options->mode : INF_MODE_K, code, line, text);
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

struct note *note_of(struct checking *c, const struct inf_section *section)
{
    return &c->note[section->index];
}

/* Roles whose sections have the same form. */
static bool read_alike(enum inf_kind a, enum inf_kind b)
{
    return (a >= KIND_COPY && a <= KIND_RENAME && b >= KIND_COPY && b <= KIND_RENAME) ||
           (a >= KIND_ADD_REG && a <= KIND_BIT_REG && b >= KIND_ADD_REG && b <= KIND_BIT_REG) ||
           (a >= KIND_ADD_PROPERTY && a <= KIND_DEL_PROPERTY && b >= KIND_ADD_PROPERTY && b <= KIND_DEL_PROPERTY);
}

/* An INF beside this one that some section includes has it. */
static bool is_in_included(struct checking *c, const char *name, const char **inf)
{
    for (const struct inf_section *section = inf_sections(c->inf); section; section = section->next) {
        const struct inf_line *line = section->count < 1000 ? inf_line(section, "Include", NULL) : NULL;

        for (int i = 0; line && i < line->count; i++) {
            struct inf *sibling = inf_sibling(c->inf, line->field[i]);

            *inf = line->field[i];
            if (sibling && inf_section(sibling, name))
                return true;
        }
    }
    return false;
}

static const struct inf_section *refused(struct checking *c, const char *directive, const char *name, int line, int missing)
{
    const char *where;

    if (c->has_siblings && is_in_included(c, name, &where))
        problem(c, 1220, line, "%s: [%.200s] is a section of %.60s; only Needs may name it", directive, name, where);
    else
        problem(c, missing, line, "%s: there is no section [%.200s]", directive, name);
    return NULL;
}

const struct inf_section *refer_or(struct checking *c, const char *directive, enum inf_kind kind, const char *name, int line, int missing)
{
    const struct inf_section *section = *name ? inf_section(c->inf, name) : NULL;
    struct note *note;

    if (*name == 0) {
        problem(c, 1005, line, "%s names no section", directive);
        return NULL;
    }
    if (!section)
        return refused(c, directive, name, line, missing);
    use(c, section);
    note = note_of(c, section);
    if (note->kind == KIND_NONE) {
        note->kind = kind;
        note->directive = directive;
    } else if (note->kind != kind && read_alike(note->kind, kind)) {
        problem(c, 1205, line, "[%.200s] is named by %s and by %s", name, note->directive, directive);
    } else if (note->kind != kind) {
        problem(c, 1206, line, "[%.200s] is named by %s and cannot be what %s needs", name, note->directive, directive);
        return NULL;
    }
    return section;
}

const struct inf_section *refer(struct checking *c, const char *directive, enum inf_kind kind, const char *name, int line)
{
    return refer_or(c, directive, kind, name, line, 1203);
}

void since(struct checking *c, const char *syntax, unsigned long version, int line)
{
    unsigned long oldest = c->install ? note_of(c, c->install)->since : 0;

    if (oldest < version)
        problem(c, 1199, line, "%s exists since Windows 10.0.%lu, but [%.100s] installs on older ones: decorate its models with 10.0...%lu",
                syntax, version % 1000000, c->install ? c->install->name : "", version % 1000000);
}

/* Sections that stand for themselves. */
static bool stands_alone(const char *name)
{
    static const char *const known[] = { "Version", "Manufacturer", "DestinationDirs", "SourceDisksNames", "SourceDisksFiles", "Strings",
                                         "ControlFlags", "ClassInstall32", "InterfaceInstall32", "DefaultInstall", "DefaultUninstall",
                                         "SignatureAttributes", "DeviceInstall32", "WinNetDevice", NULL };

    for (const char *const *base = known; *base; base++) {
        size_t length = strlen(*base);

        if (!strncasecmp(name, *base, length) && (name[length] == 0 || name[length] == '.'))
            return true;
    }
    return false;
}

static void check_unused(struct checking *c)
{
    for (const struct inf_section *section = inf_sections(c->inf); section; section = section->next) {
        if (section->again)
            problem(c, 1209, section->again, "section [%.200s] stands in line %d, too", section->name, section->number);
        if (!is_used(c, section) && !stands_alone(section->name) && !c->options->system && !c->options->rules)
            problem(c, 2083, section->number, "nothing refers to section [%.200s]", section->name);
    }
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
    if (*text == ':' && text[1] >= '0' && text[1] <= '9')
        line = (int)strtol(text + 1, (char **)(uintptr_t)&text, 10);
    text += strspn(text, ": ");
    if (strstr(text, "[Version]"))
        code = 1001;
    else if (strstr(text, "UTF"))
        code = 1003;
    add(report, mode, code, line, text);
    add(report, mode, 1299, 0, "the rest was not checked, because the file cannot be read");
}

static void hear_undefined(void *context, int line, const char *token, int length)
{
    struct checking *c = context;

    problem(c, 1235, line, "%%%.*s%% is not defined in [Strings]; a percent sign itself is written %%%%", length > 80 ? 80 : length, token);
}

static int by_line(const void *a, const void *b)
{
    const struct inf_problem *x = a, *y = b;

    return x->line != y->line ? (x->line > y->line) - (x->line < y->line) : (x->code > y->code) - (x->code < y->code);
}

/* UTF-8 with its mark and UTF-16 of the other order are read, but not by Windows. */
static void check_encoding(struct checking *c, const uint8_t *data, size_t size)
{
    if (size >= 3 && !memcmp(data, "\xef\xbb\xbf", 3))
        problem(c, 1003, 1, "the file begins with the mark of UTF-8; INF files are ANSI or UTF-16 LE");
    else if (size >= 2 && !memcmp(data, "\xfe\xff", 2))
        problem(c, 1003, 1, "the file is UTF-16 BE; INF files are ANSI or UTF-16 LE");
}

static void judge(struct checking *c)
{
    c->note = calloc((size_t)c->inf->section_count + 1, sizeof *c->note);
    if (!c->note)
        abort();
    for (int i = 0; i < c->inf->section_count; i++)
        c->note[i].since = NEVER;
    link_parts(c);
    check_version(c);
    check_strings(c);
    check_disks(c);
    check_models(c);
    check_classes(c);
    check_net_driver(c);
    check_windows(c);
    check_unused(c);
    free(c->note);
    free(c->section);
    map_free(&c->sources);
    map_free(&c->disks);
    map_free(&c->destinations);
    map_free(&c->set);
    map_free(&c->copied);
    map_free(&c->services);
    map_free(&c->once);
    map_free(&c->ids);
}

bool inf_check(const char *path, const struct inf_check_options *options, struct inf_report *report)
{
    struct checking c = { .options = options, .report = report, .enforced = true };
    struct inf_listener listener = { .undefined = hear_undefined, .context = &c };
    struct target system;
    uint8_t *data = NULL;
    size_t size = 0;

    *report = (struct inf_report){ .path = path };
    if (options->system && !target_of(options->system, &system))
        return error_set("'%s' is no version of Windows like NTamd64.10.0...22000", options->system);
    if (!host_file_exists(path)) {
        add(report, options->mode, 1000, 0, "there is no such file");
        return true;
    }
    c.inf = host_read_file(path, INF_MAX_SIZE, &data, &size) ? inf_parse_listening(path, data, size, &listener) : NULL;
    if (!c.inf) {
        add_refusal(report, options->mode, path);
    } else {
        const char *slash = strrchr(path, '/');

        c.inf->directory = slash ? inf_copy(c.inf, path, (size_t)(slash - path)) : ".";
        check_encoding(&c, data, size);
        judge(&c);
        inf_close(c.inf);
    }
    free(data);
    if (report->count)
        qsort(report->problem, (size_t)report->count, sizeof report->problem[0], by_line);
    return true;
}

void inf_report_free(struct inf_report *report)
{
    free(report->problem);
    *report = (struct inf_report){ 0 };
}
