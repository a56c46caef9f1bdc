/* ring3 exports: what drivers can import, and how much of the documented surface that is. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/verb.h"
#include "host/file.h"
#include "ring3.h"

#define MODULES_MAX 32

struct exports {
    bool coverage, missing;
    const char *module, *api;
};

/* The tables of docs/api whose rows are functions with the module that exports them. */
static const char *const tables[] = {
    "wdm", "ntifs-fs", "kernel-support", "ndis", "wfp", "wsk", "iphelper", "storport", "wdf", "srb-scsi",
};

struct module_count {
    char name[32];
    unsigned documented, implemented, partial;
};

struct name_set {
    char **name;
    size_t count, room;
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
    for (char *c = counts[count_used].name; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return &counts[count_used++];
}

/* ntoskrnl.exe and hal.dll share one namespace, so a driver may import a function from either. */
static const char *space(const char *module)
{
    return strcasecmp(module, "hal.dll") == 0 || strcasecmp(module, "ntkrnlpa.exe") == 0 ? "ntoskrnl.exe" : module;
}

static bool lookup(const char *module, const char *name, struct ring3_export *found)
{
    for (unsigned n = 0; ring3_export_at(n, found); n++)
        if (!strcmp(found->name, name) && !strcasecmp(space(found->module), space(module)))
            return true;
    return false;
}

static bool first_time(struct name_set *set, const char *module, const char *name)
{
    char key[256];

    snprintf(key, sizeof key, "%s!%s", space(module), name);
    for (size_t i = 0; i < set->count; i++)
        if (!strcasecmp(set->name[i], key))
            return false;
    if (set->count == set->room)
        set->name = realloc(set->name, (set->room = set->room ? set->room * 2 : 1024) * sizeof *set->name);
    set->name[set->count++] = strdup(key);
    return true;
}

/* name, kind, header, module: the module may say "NtosKrnl.exe", or nothing when the function is inline. */
static void count_row(char *row, struct name_set *seen, bool list_missing, const char *only)
{
    char *column[5] = { 0 }, *at = row;
    struct ring3_export found;

    for (int i = 0; i < 5 && at; i++)
        column[i] = strsep(&at, "\t");
    if (!column[3] || strcmp(column[1], "function") || !strpbrk(column[3], "."))
        return;
    const char *module = space(column[3]);
    if ((only && strcasecmp(space(only), module)) || !first_time(seen, module, column[0]))
        return;
    struct module_count *count = count_of(module);
    count->documented++;
    if (!lookup(module, column[0], &found)) {
        if (list_missing)
            printf("%s!%s\n", count->name, column[0]);
        return;
    }
    count->implemented++;
    count->partial += found.partial;
}

static bool read_table(const char *directory, const char *table, struct name_set *seen, const struct exports *options)
{
    char path[1100];
    uint8_t *data;
    size_t size;

    snprintf(path, sizeof path, "%s/%s.tsv", directory, table);
    if (!host_read_file(path, 16 << 20, &data, &size))
        return false;
    char *at = (char *)data, *line;
    while ((line = strsep(&at, "\n")))
        count_row(line, seen, options->missing, options->module);
    free(data);
    return true;
}

static bool find_tables(const struct exports *options, char directory[1024])
{
    static const char *const places[] = { "/../docs/api", "/../../docs/api", "/../share/ring3/api" };
    char self[768], probe[1100];

    if (options->api) {
        snprintf(directory, 1024, "%s", options->api);
        return true;
    }
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    self[length > 0 ? length : 0] = 0;
    if (strrchr(self, '/'))
        *strrchr(self, '/') = 0;
    for (unsigned i = 0; i < sizeof places / sizeof places[0]; i++) {
        snprintf(directory, 1024, "%s%s", self, places[i]);
        snprintf(probe, sizeof probe, "%s/wdm.tsv", directory);
        if (host_file_exists(probe))
            return true;
    }
    snprintf(directory, 1024, "docs/api");
    return host_file_exists("docs/api/wdm.tsv") ||
           error_set("the tables of the documented surface (docs/api) are not beside %s; name them with --api", self);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct module_count *)a)->name, ((const struct module_count *)b)->name);
}

static void print_counts(void)
{
    struct module_count total = { "total", 0, 0, 0 };

    qsort(counts, count_used, sizeof counts[0], by_name);
    printf("%-16s %10s %11s %8s %8s\n", "module", "documented", "implemented", "partial", "missing");
    for (unsigned i = 0; i < count_used; i++) {
        printf("%-16s %10u %11u %8u %8u\n", counts[i].name, counts[i].documented, counts[i].implemented,
               counts[i].partial, counts[i].documented - counts[i].implemented);
        total.documented += counts[i].documented;
        total.implemented += counts[i].implemented;
        total.partial += counts[i].partial;
    }
    printf("%-16s %10u %11u %8u %8u\n", total.name, total.documented, total.implemented, total.partial,
           total.documented - total.implemented);
}

static int coverage(const struct exports *options)
{
    char directory[1024];
    struct name_set seen = { 0 };
    int code = EXIT_GOOD;

    if (!find_tables(options, directory))
        return cli_fail(EXIT_HOST, "%s", error_text());
    for (unsigned i = 0; i < sizeof tables / sizeof tables[0] && code == EXIT_GOOD; i++)
        if (!read_table(directory, tables[i], &seen, options))
            code = cli_fail(EXIT_HOST, "%s", error_text());
    if (code == EXIT_GOOD && !options->missing)
        print_counts();
    for (size_t i = 0; i < seen.count; i++)
        free(seen.name[i]);
    free(seen.name);
    return code;
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

static bool take_api(void *target, const char *value)
{
    ((struct exports *)target)->api = value;
    return true;
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
    { "--api", "DIR", "where the tables of the documented surface are (docs/api near the program)", take_api },
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
