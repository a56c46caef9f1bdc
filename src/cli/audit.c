/* ring3 audit: a driver's image, judged without running it. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "cli/verb.h"
#include "pkg/audit.h"

struct audit_request {
    const char *path, *kind;
    enum { TEXT, JSON, SARIF } format;
    bool strict;
};

static bool take_path(void *target, const char *value)
{
    struct audit_request *request = target;

    if (request->path)
        return error_set("one driver at a time: %s and %s", request->path, value);
    request->path = value;
    return true;
}

static bool take_kind(void *target, const char *value)
{
    static const char *const kinds[] = { "storport", "wfp", "ndis", "wsk", "kmdf", "wdm" };

    for (size_t i = 0; i < countof(kinds); i++)
        if (!strcmp(value, kinds[i])) {
            ((struct audit_request *)target)->kind = kinds[i];
            return true;
        }
    return error_set("'%s' is no kind; there are storport, wfp, ndis, wsk, kmdf, wdm", value);
}

static bool take_format(void *target, const char *value)
{
    static const char *const names[] = { [TEXT] = "text", [JSON] = "json", [SARIF] = "sarif" };

    for (size_t i = 0; i < countof(names); i++)
        if (!strcmp(value, names[i])) {
            ((struct audit_request *)target)->format = i;
            return true;
        }
    return error_set("--format is text, json or sarif, not '%s'", value);
}

static bool take_strict(void *target, const char *value)
{
    (void)value;
    ((struct audit_request *)target)->strict = true;
    return true;
}

static const struct cli_option options[] = {
    { NULL, "X.sys", "the driver", take_path },
    { "--kind", "KIND", "storport, wfp, ndis, wsk, kmdf, wdm (default: by what it imports)", take_kind },
    { "--strict", NULL, "warnings count, too", take_strict },
    { "--format", "text|json|sarif", "how results are printed", take_format },
    { 0 }
};

static const char *const severities[] = { "error", "warning", "note" };

static void print_json_string(const char *text)
{
    putchar('"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            printf("\\%c", *text);
        else if ((unsigned char)*text < ' ' || (unsigned char)*text > '~')
            printf("\\u%04x", (unsigned char)*text);
        else
            putchar(*text);
    }
    putchar('"');
}

static void print_json(const struct audit_request *request, const struct audit_report *report)
{
    printf("{\"file\": ");
    print_json_string(request->path);
    printf(", \"kind\": \"%s\", \"errors\": %d, \"warnings\": %d, \"findings\": [", report->kind, report->errors, report->warnings);
    for (int i = 0; i < report->count; i++) {
        const struct audit_finding *f = &report->finding[i];

        printf("%s{\"severity\": \"%s\", \"rule\": \"%s\", \"text\": ", i ? ", " : "", severities[f->severity], f->rule);
        print_json_string(f->text);
        printf(", \"advice\": ");
        print_json_string(f->advice);
        printf("}");
    }
    printf("]}\n");
}

/* docs.oasis-open.org: SARIF 2.1.0 */
static void print_sarif(const struct audit_request *request, const struct audit_report *report)
{
    printf("{\"version\": \"2.1.0\", \"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\", \"runs\": [{\"tool\": "
           "{\"driver\": {\"name\": \"ring3 audit\"}}, \"results\": [");
    for (int i = 0; i < report->count; i++) {
        const struct audit_finding *f = &report->finding[i];
        char text[sizeof f->text + sizeof f->advice + 2];

        snprintf(text, sizeof text, "%s%s%s", f->text, f->advice[0] ? "; " : "", f->advice);
        printf("%s\n{\"ruleId\": \"%s\", \"level\": \"%s\", \"message\": {\"text\": ", i ? "," : "", f->rule, severities[f->severity]);
        print_json_string(text);
        printf("}, \"locations\": [{\"physicalLocation\": {\"artifactLocation\": {\"uri\": ");
        print_json_string(request->path);
        printf("}}}]}");
    }
    printf("]}]}\n");
}

static void print_text(const struct audit_request *request, const struct audit_report *report)
{
    for (int i = 0; i < report->count; i++) {
        const struct audit_finding *f = &report->finding[i];

        printf("%s: %s: %s: %s%s%s\n", request->path, severities[f->severity], f->rule, f->text, f->advice[0] ? "; " : "", f->advice);
    }
    printf("%s: %s driver, %d error%s, %d warning%s\n", request->path, report->kind, report->errors, report->errors == 1 ? "" : "s",
           report->warnings, report->warnings == 1 ? "" : "s");
}

static int run_audit(const struct verb *verb, int argc, char **argv)
{
    struct audit_request request = { 0 };
    struct audit_report report;
    int code = cli_parse(verb, argc, argv, &request);
    bool bad;

    if (code != EXIT_GOOD)
        return code;
    if (!request.path)
        return cli_fail(EXIT_USAGE, "which driver? ring3 audit --help");
    if (!audit_driver(request.path, request.kind, &report))
        return cli_fail(EXIT_HOST, "%s", error_text());
    (request.format == JSON ? print_json : request.format == SARIF ? print_sarif : print_text)(&request, &report);
    bad = report.errors > 0 || (request.strict && report.warnings > 0);
    audit_free(&report);
    return bad ? EXIT_FINDINGS : EXIT_GOOD;
}

VERB(audit_verb) = {
    .name = "audit",
    .synopsis = "X.sys [--kind=KIND] [--strict] [--format=text|json|sarif]",
    .summary = "judge a driver's image without running it",
    .options = options,
    .run = run_audit,
    .order = 45,
};
