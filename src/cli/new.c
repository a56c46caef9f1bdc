/* ring3 new: a driver project that builds, runs, tests and packages as it is. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/verb.h"
#include "pkg/template.h"

struct new_request {
    const char *kind, *name, *out, *model;
};

static bool take_word(void *target, const char *value)
{
    struct new_request *request = target;

    if (!request->kind)
        request->kind = value;
    else if (!request->name)
        request->name = value;
    else
        return error_set("one project at a time: '%s' is too much", value);
    return true;
}

static bool take_out(void *target, const char *value)
{
    ((struct new_request *)target)->out = value;
    return true;
}

static bool take_model(void *target, const char *value)
{
    ((struct new_request *)target)->model = value;
    return !strcmp(value, "wdm") || !strcmp(value, "kmdf") || error_set("--model is wdm or kmdf, not '%s'", value);
}

static const struct cli_option options[] = {
    { NULL, "KIND NAME", "ndis-miniport, ndis-intermediate, ndis-filter, ndis-protocol, wsk-client, wfp-callout,\n"
      "storport-miniport, storport-virtual; and what the driver is called", take_word },
    { "--out", "DIR", "where the project goes (default: NAME)", take_out },
    { "--model", "wdm|kmdf", "the driver model, where there is a choice", take_model },
    { 0 }
};

static void list_kinds(void)
{
    for (const struct template_kind *kind = template_kinds; kind->name; kind++)
        printf("%-18s %s\n", kind->name, kind->what);
}

static int run_new(const struct verb *verb, int argc, char **argv)
{
    struct new_request request = { 0 };
    const struct template_kind *kind;
    int code = cli_parse(verb, argc, argv, &request);

    if (code != EXIT_GOOD)
        return code;
    if (!request.kind)
        return list_kinds(), EXIT_USAGE;
    kind = template_kind(request.kind);
    if (!kind)
        return cli_fail(EXIT_USAGE, "'%s' is no kind of driver; `ring3 new` lists them", request.kind);
    if (!request.name)
        return cli_fail(EXIT_USAGE, "what is it called? ring3 new %s NAME", request.kind);
    if (request.model && !template_has_model(kind, request.model))
        return cli_fail(EXIT_MISSING, "a driver of the kind %s is a %s driver, never %s: %s", kind->name, kind->driver_type, request.model, kind->why);
    if (!template_write(kind, request.model, request.name, request.out ? request.out : request.name))
        return cli_fail(EXIT_HOST, "%s", error_text());
    printf("%s: %s. Begin with its README.md\n", request.out ? request.out : request.name, kind->what);
    return EXIT_GOOD;
}

VERB(new_verb) = {
    .name = "new",
    .synopsis = "KIND NAME [--out=DIR] [--model=wdm|kmdf]",
    .summary = "start a driver project that builds, runs, tests and packages as it is",
    .options = options,
    .run = run_new,
    .order = 10,
};
