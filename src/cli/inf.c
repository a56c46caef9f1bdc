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

#define MOST_OPTIONS 64

struct stamping {
    const char *path, *out, *options[MOST_OPTIONS + 4];
    int count;
    bool verbose, dated, placed;        /* -n, -d, -a */
};

/* What StampInf does without being asked: today's date, and the architecture that the variable Platform names. */
static void add_defaults(struct stamping *s)
{
    const char *platform = getenv("Platform");

    if (!s->dated)
        s->options[s->count++] = "-d";
    if (!s->placed && platform && *platform)
        s->options[s->count++] = "-a";
    s->options[s->count] = NULL;
}

static int run_stamp(int argc, char **argv)
{
    struct stamping s = { 0 };
    char *name;
    bool good;

    for (int i = 0; i < argc; i++) {
        if (!strcmp(argv[i], "-f") && i + 1 < argc)
            s.path = argv[++i];
        else if (!strncmp(argv[i], "--out=", 6))
            s.out = argv[i] + 6;
        else if (!strcmp(argv[i], "-n"))
            s.verbose = true;
        else if (i == 0 && argv[i][0] != '-')
            s.path = argv[i];
        else if (s.count < MOST_OPTIONS)
            s.options[s.count++] = argv[i];
        else
            return cli_fail(EXIT_USAGE, "more than %d options", MOST_OPTIONS);
        s.dated |= !strcmp(argv[i], "-d");
        s.placed |= !strcmp(argv[i], "-a");
    }
    add_defaults(&s);
    if (!s.path)
        return cli_fail(EXIT_USAGE, "which file? ring3 inf stamp FILE.inx [StampInf's options]");
    name = s.out ? strdup(s.out) : stamped_name(s.path);
    good = name && stamp_file(s.path, name, s.options, s.verbose ? stdout : NULL);
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

/* Bytes of the UTF-8 character that begins here; 0 when none does. */
static int utf8_length(const char *text)
{
    unsigned char first = (unsigned char)*text;
    int length = first < 0x80 ? 1 : first >= 0xf0 && first < 0xf5 ? 4 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xc2 && first < 0xe0 ? 2 : 0;

    for (int i = 1; i < length; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

/* What is no UTF-8 comes from an ANSI file and is printed as its Latin-1 character. */
static void print_string(const char *text)
{
    putchar('"');
    while (*text) {
        int length = utf8_length(text);

        if (*text == '"' || *text == '\\')
            printf("\\%c", *text);
        else if (length == 0 || (unsigned char)*text < ' ')
            printf("\\u%04x", (unsigned char)*text);
        else
            printf("%.*s", length, text);
        text += length ? length : 1;
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

        if (!inf_check(path[i], options, &report))
            return cli_fail(EXIT_USAGE, "--osver: %s", error_text());
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

static const char *const severity_names[] = { "none", "warning", "error" };

static int explain_code(const char *text)
{
    const struct inf_code *code = inf_code(atoi(text));

    if (!code)
        return cli_fail(EXIT_USAGE, "%s is no code of InfVerif; --codes lists them", text);
    printf("%d: %s\n  /k: %s  /u: %s  /w: %s\n", code->code, code->about, severity_names[code->k], severity_names[code->u],
           severity_names[code->w]);
    if (code->unjudged)
        printf("  not judged: %s\n", code->unjudged);
    return EXIT_GOOD;
}

static int list_codes(void)
{
    for (const struct inf_code *code = inf_codes; code->code; code++)
        printf("%d\t%s\t%s\t%s\t%s%s%s\n", code->code, severity_names[code->k], severity_names[code->u], severity_names[code->w], code->about,
               code->unjudged ? "\tnot judged: " : "", code->unjudged ? code->unjudged : "");
    return EXIT_GOOD;
}

/* --info: what InfVerif prints of the devices. */
static void print_device(void *context, const char *id, const char *architecture, unsigned long version, const char *section)
{
    (void)context;
    printf("%s\t%s\t%lu.%lu.%lu\t[%s]\n", id, *architecture ? architecture : "x86", version / 256000000, version / 1000000 % 256,
           version % 1000000, section);
}

static int print_info(char **path, int count)
{
    for (int i = 0; i < count; i++)
        if (!inf_info(path[i], print_device, NULL))
            return cli_fail(EXIT_FINDINGS, "%s", error_text());
    return EXIT_GOOD;
}

struct request {
    struct inf_check_options options;
    enum format format;
    bool info;
    char *path[256];
    int count;
};

static bool is_option(const char *argument, const char *name, const char **value)
{
    size_t length = strlen(name);

    *value = argument + length;
    return !strncmp(argument, name, length);
}

/* One argument; false after an error message. */
static bool take_argument(struct request *request, char *argument)
{
    struct inf_check_options *options = &request->options;
    const char *value;
    size_t length = strlen(argument);

    if (is_option(argument, "--mode=", &value)) {
        if (!take_mode(value, &options->mode))
            return cli_fail(EXIT_USAGE, "--mode is h, w, u or k, not '%s'", value), false;
    } else if (is_option(argument, "--format=", &value)) {
        request->format = !strcmp(value, "json") ? JSON : !strcmp(value, "sarif") ? SARIF : TEXT;
        if (request->format == TEXT && strcmp(value, "text") != 0)
            return cli_fail(EXIT_USAGE, "--format is text, json or sarif, not '%s'", value), false;
    } else if (is_option(argument, "--wbuild=", &value)) {
        if (!inf_version_of(value, &options->enforced))
            return cli_fail(EXIT_USAGE, "--wbuild is a version like 10.0.22000, not '%s'", value), false;
    } else if (is_option(argument, "--rulever=", &value)) {
        if (strcasecmp(value, "vnext") != 0 && !inf_version_of(value, &options->rules))
            return cli_fail(EXIT_USAGE, "--rulever is a version like 10.0.22000 or vnext, not '%s'", value), false;
    } else if (is_option(argument, "--osver=", &value)) {
        options->system = value;
    } else if (is_option(argument, "--provider=", &value)) {
        options->provider = value;
    } else if (!strcmp(argument, "--before-stamping")) {
        options->before_stamping = true;
    } else if (!strcmp(argument, "--info")) {
        request->info = true;
    } else if (argument[0] == '-' || request->count == 256) {
        return cli_fail(EXIT_USAGE, "%s is no option of ring3 inf check", argument), false;
    } else {
        options->before_stamping |= length > 4 && !strcasecmp(argument + length - 4, ".inx");
        request->path[request->count++] = argument;
    }
    return true;
}

static int run_check(int argc, char **argv)
{
    struct request request = { .options.mode = INF_MODE_W };

    for (int i = 0; i < argc; i++) {
        if (!strncmp(argv[i], "--code=", 7))
            return explain_code(argv[i] + 7);
        if (!strcmp(argv[i], "--codes"))
            return list_codes();
        if (!take_argument(&request, argv[i]))
            return EXIT_USAGE;
    }
    if (request.count == 0)
        return cli_fail(EXIT_USAGE, "which files? ring3 inf check FILE.inf..");
    if (request.info)
        return print_info(request.path, request.count);
    return check_files(request.path, request.count, &request.options, request.format);
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
      "--wbuild=VERSION from which Windows on w counts, --rulever=VERSION|vnext the newest Windows whose\n"
      "sections are judged, --osver=NTamd64.VERSION the only one; --info prints the devices instead,\n"
      "--codes the codes, --code=N explains one", NULL },
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
