/* ring3 sign: Authenticode signatures for .sys and .cat files. */
#include <stdio.h>

#include "base/error.h"
#include "cli/sign_options.h"
#include "cli/verb.h"

#define FILES_MAX 256

struct sign_request {
    struct sign_options sign;           /* first: the shared options know only this */
    bool remove;
    const char *file[FILES_MAX];
    int count;
};

static bool take_file(void *target, const char *value)
{
    struct sign_request *request = target;

    if (request->count == FILES_MAX)
        return error_set("more than %d files", FILES_MAX);
    request->file[request->count++] = value;
    return true;
}

static bool take_pages(void *target, const char *value)
{
    (void)value;
    ((struct sign_request *)target)->sign.options.page_hashes = true;
    return true;
}

static bool take_append(void *target, const char *value)
{
    (void)value;
    ((struct sign_request *)target)->sign.options.append = true;
    return true;
}

static bool take_remove(void *target, const char *value)
{
    (void)value;
    ((struct sign_request *)target)->remove = true;
    return true;
}

static const struct cli_option options[] = {
    { NULL, "FILE..", "the .sys and .cat files to sign", take_file },
    SIGN_OPTIONS,
    { "--page-hashes", NULL, "a digest for each page of an image (signtool /ph)", take_pages },
    { "--append", NULL, "keep the signature that is there and add this one (signtool /as)", take_append },
    { "--remove", NULL, "take the signatures out instead", take_remove },
    { 0 }
};

static int sign_files(struct sign_request *request)
{
    struct signer *signer = sign_open(&request->sign);
    bool good = signer != NULL;

    for (int i = 0; good && i < request->count; i++) {
        good = authenticode_sign(request->file[i], signer, &request->sign.options);
        if (good)
            printf("signed %s\n", request->file[i]);
    }
    signer_close(signer);
    return good ? EXIT_GOOD : cli_fail(EXIT_HOST, "%s", error_text());
}

static int run_sign(const struct verb *verb, int argc, char **argv)
{
    static struct sign_request request;
    int code = cli_parse(verb, argc, argv, &request);

    if (code != EXIT_GOOD)
        return code;
    if (request.count == 0 && !request.sign.test_certificate)
        return cli_fail(EXIT_USAGE, "which files? ring3 sign --help");
    if (!request.remove && !sign_wanted(&request.sign))
        return cli_fail(EXIT_USAGE, "who signs? --key=FILE or --test-certificate=FILE.pfx, one of them");
    if (!request.remove)
        return sign_files(&request);
    for (int i = 0; i < request.count; i++)
        if (!authenticode_remove(request.file[i]))
            return cli_fail(EXIT_HOST, "%s", error_text());
    return EXIT_GOOD;
}

VERB(sign_verb) = {
    .name = "sign",
    .synopsis = "FILE.. (--key=FILE | --test-certificate=FILE.pfx) [--timestamp=URL] [--page-hashes] [--append]",
    .summary = "sign drivers and catalogs",
    .options = options,
    .run = run_sign,
    .order = 60,
};
