/* ring3 inf WHAT: INF files. Each WHAT has a function below. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "cli/verb.h"
#include "pkg/inf_check.h"
#include "pkg/stamp.h"

/* NAME.inx becomes NAME.inf beside it; an INF is stamped where it is. malloc'ed. */
static char *stamped_name(const char *path)
{
    size_t length = strlen(path);
    char *name = strdup(path);

    if (name && length > 4 && !strcasecmp(path + length - 4, ".inx"))
        name[length - 1] = name[length - 1] == 'X' ? 'F' : 'f';
    return name;
}

static int run_stamp(int argc, char **argv)
{
    const char *path = NULL, *out = NULL, *options[64];
    char *name;
    int count = 0;
    bool good;

    for (int i = 0; i < argc; i++) {
        if (!strcmp(argv[i], "-f") && i + 1 < argc)
            path = argv[++i];
        else if (!strncmp(argv[i], "--out=", 6))
            out = argv[i] + 6;
        else if (i == 0 && argv[i][0] != '-')
            path = argv[i];
        else if (count < 62)
            options[count++] = argv[i];
    }
    if (count == 0) {
        options[count++] = "-d";
        options[count++] = "-v";
    }
    options[count] = NULL;
    if (!path)
        return cli_fail(EXIT_USAGE, "which file? ring3 inf stamp FILE.inx [StampInf's options]");
    name = out ? strdup(out) : stamped_name(path);
    good = name && stamp_file(path, name, options);
    if (good)
        printf("stamped %s\n", name);
    free(name);
    return good ? EXIT_GOOD : cli_fail(EXIT_HOST, "%s", error_text());
}

/* --- check --------------------------------------------------------------------------------------------------------- */

enum format { TEXT, JSON, SARIF };

static const char *severity_name(const struct inf_problem *p)
{
    return p->severity == INF_ERROR ? "error" : "warning";
}

static void print_string(const char *text)
{
    putchar('"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            printf("\\%c", *text);
        else if ((unsigned char)*text < ' ')
            printf("\\u%04x", (unsigned char)*text);
        else
            putchar(*text);
    }
    putchar('"');
}

static void print_text(const struct inf_report *report)
{
    for (int i = 0; i < report->count; i++) {
        const struct inf_problem *p = &report->problem[i];

        printf("%s", report->path);
        if (p->line)
            printf(":%d", p->line);
        printf(": %s %d: %s\n", severity_name(p), p->code, p->text);
    }
    printf("%s: %s, %d error%s, %d warning%s\n", report->path, report->errors ? "not valid" : "valid", report->errors,
           report->errors == 1 ? "" : "s", report->warnings, report->warnings == 1 ? "" : "s");
}

static void print_json(const struct inf_report *report, bool first)
{
    printf("%s{\"file\": ", first ? "" : ",\n");
    print_string(report->path);
    printf(", \"errors\": %d, \"warnings\": %d, \"problems\": [", report->errors, report->warnings);
    for (int i = 0; i < report->count; i++) {
        const struct inf_problem *p = &report->problem[i];

        printf("%s{\"code\": %d, \"line\": %d, \"severity\": \"%s\", \"text\": ", i ? ", " : "", p->code, p->line, severity_name(p));
        print_string(p->text);
        printf("}");
    }
    printf("]}");
}

static void print_sarif(const struct inf_report *report, bool *first)
{
    for (int i = 0; i < report->count; i++) {
        const struct inf_problem *p = &report->problem[i];

        printf("%s{\"ruleId\": \"%d\", \"level\": \"%s\", \"message\": {\"text\": ", *first ? "" : ",\n", p->code, severity_name(p));
        print_string(p->text);
        printf("}, \"locations\": [{\"physicalLocation\": {\"artifactLocation\": {\"uri\": ");
        print_string(report->path);
        printf("}, \"region\": {\"startLine\": %d}}}]}", p->line ? p->line : 1);
        *first = false;
    }
}

static int check_files(char **path, int count, const struct inf_check_options *options, enum format format)
{
    bool bad = false, first = true;

    if (format == JSON)
        printf("[");
    else if (format == SARIF)
        printf("{\"version\": \"2.1.0\", \"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\", \"runs\": [{\"tool\": "
               "{\"driver\": {\"name\": \"ring3 inf check\"}}, \"results\": [\n");
    for (int i = 0; i < count; i++) {
        struct inf_report report;

        inf_check(path[i], options, &report);
        if (format == TEXT)
            print_text(&report);
        else if (format == JSON)
            print_json(&report, i == 0);
        else
            print_sarif(&report, &first);
        bad |= report.errors > 0;
        inf_report_free(&report);
    }
    printf(format == TEXT ? "" : format == JSON ? "]\n" : "]}]}\n");
    return bad ? EXIT_FINDINGS : EXIT_GOOD;
}

static bool take_mode(const char *text, enum inf_mode *mode)
{
    static const char letters[] = "kuwh";
    const char *found = text[0] && !text[1] ? strchr(letters, text[0]) : NULL;

    if (found)
        *mode = (enum inf_mode)(found - letters);
    return found != NULL;
}

static int explain_code(const char *text)
{
    static const char *const names[] = { "none", "warning", "error" };
    const struct inf_code *code = inf_code(atoi(text));

    if (!code)
        return cli_fail(EXIT_USAGE, "code %s is not checked here; docs/verbs/inf.md lists those that are", text);
    printf("%d: %s\n  /k: %s  /u: %s  /w: %s\n", code->code, code->about, names[code->k], names[code->u], names[code->w]);
    return EXIT_GOOD;
}

static int run_check(int argc, char **argv)
{
    struct inf_check_options options = { .mode = INF_MODE_W };
    enum format format = TEXT;
    char *path[256];
    int count = 0;

    for (int i = 0; i < argc; i++) {
        if (!strncmp(argv[i], "--code=", 7))
            return explain_code(argv[i] + 7);
        if (!strncmp(argv[i], "--mode=", 7)) {
            if (!take_mode(argv[i] + 7, &options.mode))
                return cli_fail(EXIT_USAGE, "--mode is h, w, u or k, not '%s'", argv[i] + 7);
        } else if (!strncmp(argv[i], "--format=", 9)) {
            format = !strcmp(argv[i] + 9, "json") ? JSON : !strcmp(argv[i] + 9, "sarif") ? SARIF : TEXT;
            if (format == TEXT && strcmp(argv[i] + 9, "text") != 0)
                return cli_fail(EXIT_USAGE, "--format is text, json or sarif, not '%s'", argv[i] + 9);
        } else if (!strncmp(argv[i], "--provider=", 11)) {
            options.provider = argv[i] + 11;
        } else if (!strcmp(argv[i], "--before-stamping")) {
            options.before_stamping = true;
        } else if (argv[i][0] == '-' || count == 256) {
            return cli_fail(EXIT_USAGE, "%s is no option of ring3 inf check", argv[i]);
        } else {
            size_t length = strlen(argv[i]);

            options.before_stamping |= length > 4 && !strcasecmp(argv[i] + length - 4, ".inx");
            path[count++] = argv[i];
        }
    }
    if (count == 0)
        return cli_fail(EXIT_USAGE, "which files? ring3 inf check FILE.inf..");
    return check_files(path, count, &options, format);
}

static int run_inf(const struct verb *verb, int argc, char **argv)
{
    (void)verb;
    if (argc > 0 && !strcmp(argv[0], "stamp"))
        return run_stamp(argc - 1, argv + 1);
    if (argc > 0 && !strcmp(argv[0], "check"))
        return run_check(argc - 1, argv + 1);
    return cli_fail(EXIT_USAGE, argc > 0 ? "ring3 inf does not know '%s'; it has check and stamp" : "ring3 inf check|stamp FILE%s",
                    argc > 0 ? argv[0] : "");
}

static const struct cli_option options[] = {
    { NULL, "check FILE..", "judges INF and INX files by InfVerif's codes; --mode=w|h|u|k says how strictly, --format=text|json|sarif\n"
      "how results are printed, --provider=NAME whose they must be, --before-stamping that $ARCH$ may stand;\n"
      "--code=N explains a code", NULL },
    { NULL, "stamp FILE", "writes DriverVer and the variables of an INX file; NAME.inx becomes NAME.inf, an INF is changed in place;\n"
      "--out=FILE writes elsewhere. Options are StampInf's: -d DATE|*, -v VERSION|*, -a ARCHITECTURE,\n"
      "-c CATALOG, -k KMDF, -u UMDF, -s SECTION, -i DIR, -n", NULL },
    { 0 }
};

VERB(inf_verb) = {
    .name = "inf",
    .synopsis = "check FILE.. | stamp FILE [OPTIONS]",
    .summary = "check and stamp INF files",
    .options = options,
    .run = run_inf,
    .order = 40,
};
