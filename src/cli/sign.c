/* ring3 sign: Authenticode signatures for .sys and .cat files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cli/verb.h"
#include "host/file.h"
#include "pkg/authenticode.h"

#define FILES_MAX 256
#define TEST_DAYS 3650

struct sign_request {
    struct signer_source source;
    struct authenticode_options options;
    const char *test_certificate, *subject, *password_file;
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

#define TAKE(name, place)                                               \
    static bool take_##name(void *target, const char *value)            \
    {                                                                   \
        ((struct sign_request *)target)->place = value;                 \
        return true;                                                    \
    }
#define TAKE_FLAG(name, place)                                          \
    static bool take_##name(void *target, const char *value)            \
    {                                                                   \
        (void)value;                                                    \
        ((struct sign_request *)target)->place = true;                  \
        return true;                                                    \
    }

TAKE(key, source.key)
TAKE(certificate, source.certificate)
TAKE(additional, source.additional)
TAKE(password_file, password_file)
TAKE(test_certificate, test_certificate)
TAKE(subject, subject)
TAKE(timestamp, options.timestamp)
TAKE(description, options.description)
TAKE(url, options.url)
TAKE_FLAG(page_hashes, options.page_hashes)
TAKE_FLAG(append, options.append)
TAKE_FLAG(remove, remove)

static bool take_digest(void *target, const char *value)
{
    ((struct sign_request *)target)->options.digest = value;
    return authenticode_digest(value) != NULL;
}

static const struct cli_option options[] = {
    { NULL, "FILE..", "the .sys and .cat files to sign", take_file },
    { "--key", "FILE", "the private key: PEM, DER or PKCS #12 (.pfx) file, or a pkcs11: URI", take_key },
    { "--certificate", "FILE", "its certificate, when it is not in the key's file", take_certificate },
    { "--additional-certificate", "FILE", "certificates that complete the chain (signtool /ac)", take_additional },
    { "--password-file", "FILE", "the first line is the key's password", take_password_file },
    { "--test-certificate", "FILE.pfx", "sign with this self-signed test certificate, which is made when there is none;\n"
      "FILE.cer is the part to install on the test computer", take_test_certificate },
    { "--subject", "NAME", "whom a new test certificate names (default: CN=ring3 test signing)", take_subject },
    { "--digest", "NAME", "sha256 (default), sha384, sha512, sha1 (signtool /fd)", take_digest },
    { "--page-hashes", NULL, "a digest for each page of an image (signtool /ph)", take_page_hashes },
    { "--append", NULL, "keep the signature that is there and add this one (signtool /as)", take_append },
    { "--timestamp", "URL", "ask this RFC 3161 authority for a time stamp (signtool /tr)", take_timestamp },
    { "--description", "TEXT", "what is signed (signtool /d)", take_description },
    { "--url", "URL", "where to read more (signtool /du)", take_url },
    { "--remove", NULL, "take the signatures out instead", take_remove },
    { 0 }
};

/* The first line of the file. malloc'ed. */
static char *read_password(const char *path)
{
    uint8_t *data;
    size_t size;

    if (!host_read_file(path, 4096, &data, &size))
        return NULL;
    data[strcspn((char *)data, "\r\n")] = 0;
    return (char *)data;
}

static int sign_files(struct sign_request *request, char *password)
{
    struct signer *signer;
    bool good = true;

    if (request->test_certificate) {
        request->source.key = request->test_certificate;
        if (!password && !(password = strdup("")))
            return cli_fail(EXIT_HOST, "out of memory");
        if (!host_file_exists(request->test_certificate) &&
            !signer_make_test_certificate(request->test_certificate,
                                          request->subject ? request->subject : "CN=ring3 test signing", password, TEST_DAYS)) {
            free(password);
            return cli_fail(EXIT_HOST, "%s", error_text());
        }
    }
    request->source.password = password;
    signer = signer_open(&request->source);
    good = signer != NULL;
    for (int i = 0; good && i < request->count; i++) {
        good = authenticode_sign(request->file[i], signer, &request->options);
        if (good)
            printf("signed %s\n", request->file[i]);
    }
    signer_close(signer);
    free(password);
    return good ? EXIT_GOOD : cli_fail(EXIT_HOST, "%s", error_text());
}

static int run_sign(const struct verb *verb, int argc, char **argv)
{
    static struct sign_request request;
    char *password = NULL;
    int code = cli_parse(verb, argc, argv, &request);

    if (code != EXIT_GOOD)
        return code;
    if (request.count == 0 && !request.test_certificate)
        return cli_fail(EXIT_USAGE, "which files? ring3 sign --help");
    if (request.remove) {
        for (int i = 0; i < request.count; i++)
            if (!authenticode_remove(request.file[i]))
                return cli_fail(EXIT_HOST, "%s", error_text());
        return EXIT_GOOD;
    }
    if (!request.source.key == !request.test_certificate)
        return cli_fail(EXIT_USAGE, "who signs? --key=FILE or --test-certificate=FILE.pfx, one of them");
    if (request.password_file && !(password = read_password(request.password_file)))
        return cli_fail(EXIT_HOST, "%s", error_text());
    return sign_files(&request, password);
}

VERB(sign_verb) = {
    .name = "sign",
    .synopsis = "FILE.. (--key=FILE | --test-certificate=FILE.pfx) [--timestamp=URL] [--page-hashes] [--append]",
    .summary = "sign drivers and catalogs",
    .options = options,
    .run = run_sign,
    .order = 60,
};
