#include "cli/sign_options.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "host/file.h"

#define TEST_DAYS 3650

#define TAKE(name, place)                                               \
    bool sign_take_##name(void *target, const char *value)              \
    {                                                                   \
        ((struct sign_options *)target)->place = value;                 \
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

bool sign_take_digest(void *target, const char *value)
{
    ((struct sign_options *)target)->options.digest = value;
    return authenticode_digest(value) != NULL;
}

bool sign_wanted(const struct sign_options *options)
{
    return options->source.key || options->test_certificate;
}

/* The first line of the file, or "". malloc'ed; NULL with error_text(). */
static char *read_password(const char *path)
{
    uint8_t *data;
    size_t size;

    if (!path)
        return strdup("");
    if (!host_read_file(path, 4096, &data, &size))
        return NULL;
    data[strcspn((char *)data, "\r\n")] = 0;
    return (char *)data;
}

struct signer *sign_open(struct sign_options *options)
{
    struct signer *signer = NULL;
    char *password = NULL;

    if (options->source.key && options->test_certificate) {
        error_set("--key and --test-certificate name two signers");
        return NULL;
    }
    password = read_password(options->password_file);
    if (!password)
        return NULL;
    if (options->test_certificate)
        options->source.key = options->test_certificate;
    options->source.password = password;
    if (!options->test_certificate || host_file_exists(options->test_certificate) ||
        signer_make_test_certificate(options->test_certificate, options->subject ? options->subject : "CN=ring3 test signing",
                                     password, TEST_DAYS))
        signer = signer_open(&options->source);
    options->source.password = NULL;
    free(password);
    return signer;
}
