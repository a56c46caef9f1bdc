/* Keys and certificates on PKCS #11 tokens, by their URI (RFC 7512). */
#ifndef PKG_SIGNER_TOKEN_H
#define PKG_SIGNER_TOKEN_H

#include <stdbool.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

bool token_is_uri(const char *uri);
/* OpenSSL's store opens such URIs by itself when the provider is there. */
bool token_has_provider(void);
/* By the engine: the private key (unless *key is there already) and the certificate of that name, whichever the token has. pin: NULL or
 * "" for the one in the URI. False with error_text(): no engine, a wrong PIN, neither a key nor a certificate. */
bool token_load(const char *uri, const char *pin, EVP_PKEY **key, STACK_OF(X509) *certificates);

#endif
