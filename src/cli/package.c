/* ring3 package: an INF and its files to a package with its catalog. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cli/sign_options.h"
#include "cli/verb.h"
#include "pkg/package.h"

struct package_request {
    struct sign_options sign;           /* first: the signing options know only this */
    struct package_config config;
    const char *check;
};

static void say(const char *line)
{
    puts(line);
}

static bool take_dir(void *target, const char *value)
{
    struct package_request *request = target;

    if (request->config.dir)
        return error_set("one directory at a time: %s and %s", request->config.dir, value);
    request->config.dir = value;
    return true;
}

static bool take_out(void *target, const char *value)
{
    ((struct package_request *)target)->config.out = value;
    return true;
}

static bool take_os(void *target, const char *value)
{
    ((struct package_request *)target)->config.os = value;
    return true;
}

static bool take_pages(void *target, const char *value)
{
    (void)value;
    ((struct package_request *)target)->config.page_hashes = true;
    return true;
}

static bool take_local(void *target, const char *value)
{
    (void)value;
    ((struct package_request *)target)->config.local_time = true;
    return true;
}

static bool take_no_catalog(void *target, const char *value)
{
    (void)value;
    ((struct package_request *)target)->config.no_catalog = true;
    return true;
}

static bool take_check(void *target, const char *value)
{
    ((struct package_request *)target)->check = value;
    return true;
}

static const struct cli_option options[] = {
    { NULL, "DIR", "the directory with the INF and the files it installs (default: the present one)", take_dir },
    { "--out", "DIR", "where the package goes (default: DIR/package)", take_out },
    { "--os", "LIST", "Windows versions by Inf2Cat's names (default: 10_X64)", take_os },
    { "--page-hashes", NULL, "page hashes in the catalog (Inf2Cat /pageHashes)", take_pages },
    { "--local-time", NULL, "compare DriverVer with the local date (Inf2Cat /uselocaltime)", take_local },
    { "--no-catalog", NULL, "only say whether the package can be signed (Inf2Cat /nocat)", take_no_catalog },
    { "--check", "FILE.cat", "compare this catalog with DIR instead, the INF included", take_check },
    SIGN_OPTIONS,
    { 0 }
};

static int check(const struct package_request *request)
{
    int wrong = package_check_catalog(request->check, request->config.dir, say);

    if (wrong < 0)
        return cli_fail(EXIT_FINDINGS, "%s", error_text());
    printf("%s: %s\n", request->check, wrong ? "does not fit the package" : "fits the package");
    return wrong ? EXIT_FINDINGS : EXIT_GOOD;
}

static int run_package(const struct verb *verb, int argc, char **argv)
{
    static struct package_request request;
    struct signer *signer = NULL;
    int code = cli_parse(verb, argc, argv, &request), errors;

    if (code != EXIT_GOOD)
        return code;
    if (!request.config.dir)
        request.config.dir = ".";
    if (request.check)
        return check(&request);
    if (sign_wanted(&request.sign) && !(signer = sign_open(&request.sign)))
        return cli_fail(EXIT_HOST, "%s", error_text());
    request.config.say = say;
    request.config.signer = signer;
    request.config.signing = request.sign.options;
    errors = package_make(&request.config);
    signer_close(signer);
    if (errors < 0)
        return cli_fail(EXIT_HOST, "%s", error_text());
    if (errors > 0)
        printf("signability test failed: %d error%s\n", errors, errors == 1 ? "" : "s");
    return errors ? EXIT_FINDINGS : EXIT_GOOD;
}

VERB(package_verb) = {
    .name = "package",
    .synopsis = "[DIR] [--out=DIR] [--os=LIST] [--key=FILE | --test-certificate=FILE.pfx]",
    .summary = "put an INF and its files together, with a catalog, signed",
    .options = options,
    .run = run_package,
    .order = 50,
};
