/* ring3 inf WHAT: INF files. Each WHAT has a function below. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "cli/verb.h"
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

static int run_inf(const struct verb *verb, int argc, char **argv)
{
    (void)verb;
    if (argc > 0 && !strcmp(argv[0], "stamp"))
        return run_stamp(argc - 1, argv + 1);
    return cli_fail(EXIT_USAGE, argc > 0 ? "ring3 inf does not know '%s'; it has stamp" : "ring3 inf stamp FILE%s", argc > 0 ? argv[0] : "");
}

static const struct cli_option options[] = {
    { NULL, "stamp FILE", "writes DriverVer and the variables of an INX file; NAME.inx becomes NAME.inf, an INF is changed in place;\n"
      "--out=FILE writes elsewhere. Options are StampInf's: -d DATE|*, -v VERSION|*, -a ARCHITECTURE,\n"
      "-c CATALOG, -k KMDF, -u UMDF, -s SECTION, -i DIR, -n", NULL },
    { 0 }
};

VERB(inf_verb) = {
    .name = "inf",
    .synopsis = "stamp FILE [OPTIONS]",
    .summary = "stamp INF and INX files",
    .options = options,
    .run = run_inf,
    .order = 40,
};
