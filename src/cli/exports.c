/* ring3 exports: what drivers can import, and how much of the documented surface that is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "cli/verb.h"
#include "ring3.h"

#define MODULES_MAX 40

struct exports {
    bool coverage, missing;
    const char *module;
};

struct module_count {
    char name[32];
    unsigned documented, implemented, partial;
};

static struct module_count counts[MODULES_MAX];
static unsigned count_used;

static struct module_count *count_of(const char *module)
{
    for (unsigned i = 0; i < count_used; i++)
        if (!strcasecmp(counts[i].name, module))
            return &counts[i];
    if (count_used == MODULES_MAX)
        return &counts[MODULES_MAX - 1];
    snprintf(counts[count_used].name, sizeof counts[0].name, "%s", module);
    return &counts[count_used++];
}

/* ntoskrnl.exe and hal.dll share one namespace, so a driver may import a function from either. */
static const char *space(const char *module)
{
    return strcasecmp(module, "hal.dll") == 0 ? "ntoskrnl.exe" : module;
}

static bool lookup(const struct ring3_export *documented, struct ring3_export *found)
{
    for (unsigned n = 0; ring3_export_at(n, found); n++)
        if (!strcmp(found->name, documented->name) && !strcasecmp(space(found->module), space(documented->module)))
            return true;
    return false;
}

static void count(const struct exports *options, const struct ring3_export *documented)
{
    const char *module = space(documented->module);
    struct ring3_export found;

    if (options->module && strcasecmp(space(options->module), module))
        return;
    struct module_count *c = count_of(module);
    c->documented++;
    if (lookup(documented, &found)) {
        c->implemented++;
        c->partial += found.partial;
    } else if (options->missing) {
        printf("%s!%s\n", c->name, documented->name);
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct module_count *)a)->name, ((const struct module_count *)b)->name);
}

static void print_line(const struct module_count *c)
{
    printf("%-16s %10u %11u %8u %8u\n", c->name, c->documented, c->implemented, c->partial,
           c->documented - c->implemented);
}

static void print_counts(void)
{
    struct module_count total = { "total", 0, 0, 0 };

    qsort(counts, count_used, sizeof counts[0], by_name);
    printf("%-16s %10s %11s %8s %8s\n", "module", "documented", "implemented", "partial", "missing");
    for (unsigned i = 0; i < count_used; i++) {
        print_line(&counts[i]);
        total.documented += counts[i].documented;
        total.implemented += counts[i].implemented;
        total.partial += counts[i].partial;
    }
    print_line(&total);
}

static int coverage(const struct exports *options)
{
    struct ring3_export documented;

    for (unsigned n = 0; ring3_documented_at(n, &documented); n++)
        count(options, &documented);
    if (options->module && !count_used)
        return cli_fail(EXIT_USAGE, "the documentation has no module '%s'", options->module);
    if (options->coverage)
        print_counts();
    return EXIT_GOOD;
}

static int list(const struct exports *options)
{
    struct ring3_export row;
    unsigned shown = 0;

    for (unsigned n = 0; ring3_export_at(n, &row); n++) {
        if (options->module && strcasecmp(row.module, options->module))
            continue;
        printf("%s\t%s\t%s\t%s\n", row.module, row.name, row.partial ? "partial" : "full", row.doc);
        shown++;
    }
    if (!shown && options->module)
        return cli_fail(EXIT_USAGE, "ring3 has no module '%s'", options->module);
    return EXIT_GOOD;
}

/* --- options -------------------------------------------------------------------------------------------------- */

static bool take_coverage(void *target, const char *value)
{
    return ((struct exports *)target)->coverage = true;
}

static bool take_missing(void *target, const char *value)
{
    return ((struct exports *)target)->missing = true;
}

static bool take_module(void *target, const char *value)
{
    struct exports *options = target;

    if (options->module)
        return error_set("only one module at a time");
    options->module = value;
    return true;
}

static const struct cli_option options[] = {
    { NULL, "MODULE", "only this one: ntoskrnl.exe, hal.dll, ndis.sys, ...", take_module },
    { "--coverage", NULL, "per module: functions documented, implemented, partial, missing", take_coverage },
    { "--missing", NULL, "lists the documented functions that are missing", take_missing },
    { 0 }
};

static int exports_main(const struct verb *verb, int argc, char **argv)
{
    struct exports target = { 0 };
    int code = cli_parse(verb, argc, argv, &target);

    if (code != EXIT_GOOD)
        return code;
    return target.coverage || target.missing ? coverage(&target) : list(&target);
}

VERB(exports_verb) = {
    .name = "exports",
    .synopsis = "[MODULE] [--coverage] [--missing]",
    .summary = "what drivers can import, against the documented surface",
    .options = options,
    .run = exports_main,
    .order = 90,
};
