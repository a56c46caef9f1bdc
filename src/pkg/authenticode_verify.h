/* What a signature is worth: does it cover the file as it is, who made it and when, and would Windows load the driver.
 *
 * Safe on hostile files. Trust comes only from certificates the caller names: without them the chain is told, not judged. */
#ifndef PKG_AUTHENTICODE_VERIFY_H
#define PKG_AUTHENTICODE_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <openssl/pkcs7.h>
#include <openssl/x509.h>

/* What Windows 10 1607 and later asks of kernel-mode code. docs: install/kernel-mode-code-signing-policy--windows-vista-and-later- */
enum kernel_policy {
    KERNEL_REFUSED,                     /* the signature does not hold */
    KERNEL_TEST_SIGNING,                /* only with test-signing on and the certificate installed */
    KERNEL_CROSS_SIGNED,                /* a certificate of a public authority, cross-signed; issued before July 29, 2015 */
    KERNEL_CROSS_SIGNED_LATE,           /* the same, issued later: not with Secure Boot */
    KERNEL_ATTESTED,                    /* signed by the hardware dashboard after attestation */
    KERNEL_WHQL,                        /* signed by the hardware dashboard after the lab kit's tests */
    KERNEL_WINDOWS,                     /* part of Windows */
};

/* The worst of the chain. */
enum signature_revocation {
    SIGNATURE_NOT_LOOKED_UP,            /* no lists were given */
    SIGNATURE_NOT_REVOKED,
    SIGNATURE_UNKNOWN,                  /* they say nothing of one of the chain's certificates */
    SIGNATURE_REVOKED_LATER,            /* after the time stamp: the signature stands */
    SIGNATURE_REVOKED,
};

/* Where a driver is to be loaded: the columns of the policy page's table. */
enum kernel_place { PLACE_WITHOUT_SECURE_BOOT, PLACE_BEFORE_1607, PLACE_1607, PLACE_1803, PLACE_SERVER, PLACES };

struct signature {
    bool nested;
    const char *digest_name;            /* of the content, "SHA256" */
    bool digest_matches;                /* the file is what was signed */
    bool has_pages, pages_match;
    bool message_matches;               /* the signature belongs to the content and to the signer's key */
    char signer[256], issuer[256], thumbprint[41], chain_end[256];
    time_t not_before, not_after;
    bool code_signing;                  /* the certificate is for that */
    bool self_signed;
    int chain_length;                   /* certificates from the signer's to chain_end's, found and checked in the message */
    bool roots_given, trusted;          /* with roots: the chain leads to one of them, valid at the time */
    char reason[256];                   /* the first thing that is wrong; "" */
    bool has_timestamp, timestamp_matches;
    time_t timestamp;
    char authority[256];
    enum signature_revocation revocation;
    char revoked_name[256];             /* whose certificate was revoked, or whose nobody tells of; "" */
    const char *revoked_reason;
    time_t revoked;
    bool revocation_stale;              /* a list or response should have been renewed before now */
    bool extended_validation;           /* the certificate's policy is EV code signing: what the dashboard asks for */
    enum kernel_policy policy;
};

struct revocation;
struct verify_options {
    const struct revocation *revocation; /* lists and responses; NULL: revocation is not looked up */
    STACK_OF(X509) *roots;              /* trusted certificates; NULL: none */
};

/* How the content's digest compares with the file; *md_name as OpenSSL calls it. */
typedef bool (*content_check)(void *context, const PKCS7 *message, struct signature *signature);

/* Judges one message whose content `check` compares; nested signatures follow in the list. The number of entries, up to
 * `room`. */
int verify_message(const PKCS7 *message, const struct verify_options *options, content_check check, void *context,
                   struct signature *list, int room);
/* All signatures of a file. 0: not signed. -1: the file is damaged (error_text()). */
int authenticode_verify(const char *path, const struct verify_options *options, struct signature *list, int room);

/* Everything it says holds (and leads to a root, when roots were given). */
bool signature_holds(const struct signature *signature);
/* One sentence: would Windows 10 1607 and later load a driver with this signature, and what is missing if not. */
const char *kernel_policy_text(enum kernel_policy policy);
const char *kernel_policy_name(enum kernel_policy policy);
/* Would it be loaded there: "yes", "no", or the condition. */
const char *kernel_policy_at(enum kernel_policy policy, enum kernel_place place);
const char *kernel_place_name(enum kernel_place place);
/* Certificates of a PEM or DER file; NULL with error_text(). */
STACK_OF(X509) *certificates_read(const char *path);

#endif
