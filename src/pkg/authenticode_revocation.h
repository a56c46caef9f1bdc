/* Revocation, by lists and answers that the user names. ring3 asks nobody by itself. */
#ifndef PKG_AUTHENTICODE_REVOCATION_H
#define PKG_AUTHENTICODE_REVOCATION_H

#include <stdbool.h>
#include <time.h>

#include <openssl/x509.h>

struct revocation;

struct revocation *revocation_new(void);
void revocation_free(struct revocation *revocation);
/* Certificate revocation lists: PEM (several in a file) or DER. False with error_text(). */
bool revocation_add_lists(struct revocation *revocation, const char *path);
/* An OCSP response in DER (RFC 6960). False with error_text(): not readable, not a response, or not a successful one. */
bool revocation_add_response(struct revocation *revocation, const char *path);

enum revocation_word {
    REVOCATION_NOBODY_SAYS,             /* no list and no response of this issuer, or they are not signed by it */
    REVOCATION_GOOD,
    REVOCATION_REVOKED,
};
struct revocation_answer {
    enum revocation_word word;
    time_t revoked;                     /* since when */
    const char *reason;                 /* "keyCompromise"; "" when nothing is said */
    bool stale;                         /* what says so should have been renewed before now */
};
/* What the newest list or response by `issuer` says of `certificate`. A word `revoked` outweighs another source's `good`. */
struct revocation_answer revocation_of(const struct revocation *revocation, X509 *certificate, X509 *issuer);

#endif
