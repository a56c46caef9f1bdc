/* Who signs, and how: the options that `sign`, `package` and `submit` share. The verb's target begins with a struct
 * sign_options. */
#ifndef CLI_SIGN_OPTIONS_H
#define CLI_SIGN_OPTIONS_H

#include <stdbool.h>

#include "cli/verb.h"
#include "pkg/authenticode.h"

struct sign_options {
    struct signer_source source;
    struct authenticode_options options;
    const char *test_certificate, *subject, *password_file;
};

bool sign_take_key(void *target, const char *value);
bool sign_take_certificate(void *target, const char *value);
bool sign_take_additional(void *target, const char *value);
bool sign_take_password_file(void *target, const char *value);
bool sign_take_test_certificate(void *target, const char *value);
bool sign_take_subject(void *target, const char *value);
bool sign_take_digest(void *target, const char *value);
bool sign_take_timestamp(void *target, const char *value);
bool sign_take_description(void *target, const char *value);
bool sign_take_url(void *target, const char *value);

#define SIGN_OPTIONS                                                                                                    \
    { "--key", "FILE", "the private key: PEM, DER or PKCS #12 (.pfx) file, or a pkcs11: URI", sign_take_key },          \
    { "--certificate", "FILE", "its certificate, when it is not in the key's file", sign_take_certificate },            \
    { "--additional-certificate", "FILE", "certificates that complete the chain (signtool /ac)", sign_take_additional },\
    { "--password-file", "FILE", "the first line is the key's password", sign_take_password_file },                     \
    { "--test-certificate", "FILE.pfx", "sign with this self-signed test certificate, which is made when there is none;\n" \
      "FILE.cer is the part to install on the test computer", sign_take_test_certificate },                             \
    { "--subject", "NAME", "whom a new test certificate names (default: CN=ring3 test signing)", sign_take_subject },   \
    { "--digest", "NAME", "sha256 (default), sha384, sha512, sha1 (signtool /fd)", sign_take_digest },                  \
    { "--timestamp", "URL", "ask this RFC 3161 authority for a time stamp (signtool /tr)", sign_take_timestamp },       \
    { "--description", "TEXT", "what is signed (signtool /d)", sign_take_description },                                 \
    { "--url", "URL", "where to read more (signtool /du)", sign_take_url }

/* A key or a test certificate was named. */
bool sign_wanted(const struct sign_options *options);
/* The signer they name; makes the test certificate when it is not there. NULL with error_text(). */
struct signer *sign_open(struct sign_options *options);

#endif
