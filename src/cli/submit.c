/* ring3 submit: packages to a cabinet for the hardware dashboard, and a checklist. */
#include <stdio.h>

#include "base/error.h"
#include "cli/sign_options.h"
#include "cli/verb.h"
#include "pkg/submit.h"

#define DIRECTORIES_MAX 64

struct submit_request {
    struct sign_options sign;           /* first: the shared options know only this */
    const char *directory[DIRECTORIES_MAX + 1], *out;
    int count;
};

static bool take_directory(void *target, const char *value)
{
    struct submit_request *request = target;

    if (request->count == DIRECTORIES_MAX)
        return error_set("more than %d packages", DIRECTORIES_MAX);
    request->directory[request->count++] = value;
    return true;
}

static bool take_out(void *target, const char *value)
{
    ((struct submit_request *)target)->out = value;
    return true;
}

static const struct cli_option options[] = {
    { NULL, "DIR..", "packages: directories with an INF each, as ring3 package makes them", take_directory },
    { "--out", "FILE.cab", "the cabinet (default: submission.cab)", take_out },
    SIGN_OPTIONS,
    { 0 }
};

static void say(const char *line)
{
    puts(line);
}

static int run_submit(const struct verb *verb, int argc, char **argv)
{
    static struct submit_request request;
    struct submit_config config = { .say = say };
    struct signer *signer = NULL;
    int code = cli_parse(verb, argc, argv, &request), blocked;

    if (code != EXIT_GOOD)
        return code;
    if (request.count == 0)
        return cli_fail(EXIT_USAGE, "which packages? ring3 submit DIR..");
    if (sign_wanted(&request.sign) && !(signer = sign_open(&request.sign)))
        return cli_fail(EXIT_HOST, "%s", error_text());
    config.directory = request.directory;
    config.out = request.out ? request.out : "submission.cab";
    config.signer = signer;
    config.signing = request.sign.options;
    blocked = submit_make(&config);
    signer_close(signer);
    if (blocked < 0)
        return cli_fail(EXIT_HOST, "%s", error_text());
    if (blocked > 0)
        printf("no cabinet was made: %d thing%s would keep it from being accepted\n", blocked, blocked == 1 ? "" : "s");
    return blocked ? EXIT_FINDINGS : EXIT_GOOD;
}

VERB(submit_verb) = {
    .name = "submit",
    .synopsis = "DIR.. [--out=FILE.cab] [--key=FILE]",
    .summary = "make the hardware dashboard's cabinet, and a checklist",
    .options = options,
    .run = run_submit,
    .order = 65,
};
