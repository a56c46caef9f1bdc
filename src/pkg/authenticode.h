/* Authenticode: signing .sys, .cat and .cab files, and telling what a signature is worth.
 *
 *   struct signer *signer = signer_open(&source);
 *   authenticode_sign("vionet.sys", signer, &options);
 *   signer_close(signer);
 *
 * Signatures are made with OpenSSL's PKCS #7. A file is replaced whole or not at all. Every failure leaves a sentence in
 * error_text() that names the file. docs: "Windows Authenticode Portable Executable Signature Format"; install/ pages
 * "Test-Signing a Driver through an Embedded Signature", "SignTool" */
#ifndef PKG_AUTHENTICODE_H
#define PKG_AUTHENTICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>

/* --- who signs ----------------------------------------------------------------------------------------------------- */

struct signer {
    EVP_PKEY *key;
    X509 *certificate;
    STACK_OF(X509) *chain;              /* further certificates that go into the signature */
};

struct signer_source {
    const char *key;                    /* PEM, DER or PKCS #12 file, or a pkcs11: URI (needs OpenSSL's pkcs11 provider) */
    const char *certificate;            /* the same; NULL: it is in `key` */
    const char *additional;             /* certificates that complete the chain; NULL: none */
    const char *password;               /* of the key; NULL: none */
};

/* NULL with error_text(): a file that cannot be read, no key or certificate in it, a wrong password, a certificate of
 * another key. */
struct signer *signer_open(const struct signer_source *source);
void signer_close(struct signer *signer);

/* Makes a self-signed certificate for test-signing with its key: RSA 2048, code signing, `days` from now. subject is a
 * name such as "CN=Contoso.com(Test)". Writes the PKCS #12 file `path` (only its owner may read it) and beside it the
 * certificate alone, with the extension .cer, for the test computer's stores. */
bool signer_make_test_certificate(const char *path, const char *subject, const char *password, int days);

/* --- signing ------------------------------------------------------------------------------------------------------- */

struct authenticode_options {
    const char *digest;                 /* "sha256" when NULL; sha1, sha384, sha512 */
    bool page_hashes;                   /* PE files: a digest for each page */
    bool append;                        /* keep the signature that is there, add this one to it */
    const char *description, *url;      /* for the person who is asked; NULL: none */
    const char *timestamp;              /* URL of an RFC 3161 time-stamping authority; NULL: no time stamp */
};

/* What kind of file it is, by its first bytes. */
enum signed_kind { SIGNED_PE, SIGNED_CATALOG, SIGNED_CABINET, SIGNED_UNKNOWN };
enum signed_kind signed_kind_of(const uint8_t *data, size_t size);

bool authenticode_sign(const char *path, const struct signer *signer, const struct authenticode_options *options);
/* Takes all signatures out of a .sys or .cab. A catalog is left without signer. */
bool authenticode_remove(const char *path);

/* A signed message with this content, of type `content_type` (an OID), and the usual authenticated attributes. NULL with
 * error_text(). */
PKCS7 *authenticode_message(const char *content_type, const uint8_t *content, size_t size, const struct signer *signer,
                            const struct authenticode_options *options);
/* Asks the authority for a time stamp over the first signer's signature, and adds it. */
bool authenticode_timestamp(PKCS7 *message, const char *url, const char *digest);

/* Adds an attribute whose value is this SEQUENCE in DER; makes the list when there is none. */
bool authenticode_add_attribute(STACK_OF(X509_ATTRIBUTE) **list, const char *oid, const uint8_t *der, int size);

/* The digest's OpenSSL name to its method; NULL with error_text(). */
const EVP_MD *authenticode_digest(const char *name);
/* "WHAT: REASON" with OpenSSL's last reason, then forgets it. Always false. */
bool authenticode_openssl_failed(const char *what);

#endif
