/* Pairs of keys: made, imported and exported. RSA, and the curves P-256, P-384 and P-521. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "nt/cng.h"

static bool curve(const struct cng_algorithm *a)
{
    return a->class == CNG_ECDSA || a->class == CNG_ECDH;
}

ULONG cng_key_bits(const struct cng_object *key)
{
    if (key->secret != NULL)
        return key->secret_size * 8;
    if (curve(key->algorithm))
        return key->algorithm->size;
    return key->pair != NULL ? (ULONG)EVP_PKEY_get_bits(key->pair) : key->bits;
}

/* An empty pair of dwLength bits; it is a key after BCryptFinalizeKeyPair. STATUS_INVALID_HANDLE, _INVALID_PARAMETER (a length the
 * algorithm does not have), _NOT_SUPPORTED, _NO_MEMORY. <= DISPATCH_LEVEL. docs: sdk-api bcrypt/nf-bcrypt-bcryptgeneratekeypair */
NTSTATUS NTAPI BCryptGenerateKeyPair(BCRYPT_ALG_HANDLE hAlgorithm, BCRYPT_KEY_HANDLE *phKey, ULONG dwLength, ULONG dwFlags)
{
    struct cng_object *provider = cng_object(hAlgorithm, CNG_PROVIDER, "BCryptGenerateKeyPair", PE_CALLER()), *key;
    const BCRYPT_KEY_LENGTHS_STRUCT *l;

    if (provider == NULL)
        return STATUS_INVALID_HANDLE;
    if (!curve(provider->algorithm) && provider->algorithm->class != CNG_RSA)
        return STATUS_NOT_SUPPORTED;
    l = &provider->algorithm->lengths;
    if (phKey == NULL || dwFlags != 0 || dwLength < l->dwMinLength || dwLength > l->dwMaxLength ||
        (l->dwIncrement != 0 && dwLength % l->dwIncrement != 0))
        return STATUS_INVALID_PARAMETER;
    key = cng_new(CNG_KEY, provider);
    if (key == NULL)
        return STATUS_NO_MEMORY;
    key->bits = dwLength;
    return cng_publish(key, NULL, 0, phKey, __builtin_return_address(0));
}

/* Makes the pair. STATUS_INVALID_HANDLE; STATUS_INVALID_PARAMETER: it is one already. <= DISPATCH_LEVEL.
 * docs: sdk-api bcrypt/nf-bcrypt-bcryptfinalizekeypair */
NTSTATUS NTAPI BCryptFinalizeKeyPair(BCRYPT_KEY_HANDLE hKey, ULONG dwFlags)
{
    struct cng_object *key = cng_object(hKey, CNG_KEY, "BCryptFinalizeKeyPair", PE_CALLER());

    if (key == NULL)
        return STATUS_INVALID_HANDLE;
    if (dwFlags != 0 || key->pair != NULL || key->bits == 0)
        return STATUS_INVALID_PARAMETER;
    key->pair = curve(key->algorithm) ? EVP_EC_gen(key->algorithm->openssl) : EVP_RSA_gen(key->bits);
    key->is_private = true;
    return key->pair != NULL ? STATUS_SUCCESS : STATUS_INTERNAL_ERROR;
}

/* ---- numbers ---- */

static BIGNUM *number(const UCHAR **at, ULONG size)
{
    BIGNUM *n = BN_bin2bn(*at, (int)size, NULL);

    *at += size;
    return n;
}

static EVP_PKEY *from_params(const char *type, OSSL_PARAM_BLD *build, bool is_private)
{
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *key = NULL;

    if (params == NULL || context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(params);
    return key;
}

static bool valid(EVP_PKEY *key)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    bool good = context != NULL && EVP_PKEY_public_check(context) == 1;

    EVP_PKEY_CTX_free(context);
    return good;
}

/* ---- RSA: magic, then exponent, modulus and, private, the primes; what else a private key has follows from them ---- */

struct rsa_numbers {
    BIGNUM *e, *n, *p, *q, *d, *dp, *dq, *qi, *p1, *q1, *phi;
};

static bool rsa_private_numbers(struct rsa_numbers *r)
{
    BN_CTX *c = BN_CTX_new();
    bool good = c != NULL && (r->p1 = BN_dup(r->p)) && (r->q1 = BN_dup(r->q)) && (r->phi = BN_new()) && (r->dp = BN_new()) &&
                (r->dq = BN_new()) && BN_sub_word(r->p1, 1) && BN_sub_word(r->q1, 1) && BN_mul(r->phi, r->p1, r->q1, c) &&
                (r->d = BN_mod_inverse(NULL, r->e, r->phi, c)) && BN_mod(r->dp, r->d, r->p1, c) && BN_mod(r->dq, r->d, r->q1, c) &&
                (r->qi = BN_mod_inverse(NULL, r->q, r->p, c));

    BN_CTX_free(c);
    return good;
}

static EVP_PKEY *rsa_key(const struct rsa_numbers *r, bool is_private)
{
    OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;

    if (b != NULL && OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, r->n) && OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, r->e) &&
        (!is_private || (OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_D, r->d) &&
                         OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_FACTOR1, r->p) &&
                         OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_FACTOR2, r->q) &&
                         OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_EXPONENT1, r->dp) &&
                         OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_EXPONENT2, r->dq) &&
                         OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, r->qi))))
        key = from_params("RSA", b, is_private);
    OSSL_PARAM_BLD_free(b);
    return key;
}

static EVP_PKEY *import_rsa(const UCHAR *in, ULONG size, bool *is_private)
{
    const BCRYPT_RSAKEY_BLOB *blob = (const void *)in;
    const UCHAR *at = in + sizeof(*blob);
    struct rsa_numbers r = { 0 };
    EVP_PKEY *key = NULL;
    uint64_t needed;

    if (size < sizeof(*blob) || blob->cbPublicExp == 0 || blob->cbModulus == 0)
        return NULL;
    *is_private = blob->Magic == BCRYPT_RSAPRIVATE_MAGIC || blob->Magic == BCRYPT_RSAFULLPRIVATE_MAGIC;
    needed = sizeof(*blob) + (uint64_t)blob->cbPublicExp + blob->cbModulus;
    if (*is_private)
        needed += (uint64_t)blob->cbPrime1 + blob->cbPrime2;
    if ((!*is_private && blob->Magic != BCRYPT_RSAPUBLIC_MAGIC) || needed > size)
        return NULL;
    r.e = number(&at, blob->cbPublicExp);
    r.n = number(&at, blob->cbModulus);
    if (*is_private) {
        r.p = number(&at, blob->cbPrime1);
        r.q = number(&at, blob->cbPrime2);
    }
    if (!*is_private || (r.p != NULL && r.q != NULL && rsa_private_numbers(&r)))
        key = rsa_key(&r, *is_private);
    for (BIGNUM **n = &r.e; n <= &r.phi; n++)
        BN_clear_free(*n);
    return key;
}

/* Appends a number of the key, `size` bytes, most significant first. */
static bool put(EVP_PKEY *key, const char *name, UCHAR **at, ULONG size)
{
    BIGNUM *n = NULL;
    bool good = EVP_PKEY_get_bn_param(key, name, &n) == 1 && BN_bn2binpad(n, *at, (int)size) == (int)size;

    BN_clear_free(n);
    *at += size;
    return good;
}

static ULONG bytes_of(EVP_PKEY *key, const char *name)
{
    BIGNUM *n = NULL;
    ULONG size = EVP_PKEY_get_bn_param(key, name, &n) == 1 ? (ULONG)BN_num_bytes(n) : 0;

    BN_clear_free(n);
    return size;
}

static NTSTATUS export_rsa(EVP_PKEY *key, ULONG magic, UCHAR *out, ULONG room, ULONG *needed)
{
    BCRYPT_RSAKEY_BLOB blob = { magic, (ULONG)EVP_PKEY_get_bits(key), bytes_of(key, OSSL_PKEY_PARAM_RSA_E),
                                bytes_of(key, OSSL_PKEY_PARAM_RSA_N), 0, 0 };
    bool full = magic == BCRYPT_RSAFULLPRIVATE_MAGIC, good;
    ULONG p = bytes_of(key, OSSL_PKEY_PARAM_RSA_FACTOR1), q = bytes_of(key, OSSL_PKEY_PARAM_RSA_FACTOR2);
    UCHAR *at = out + sizeof(blob);

    *needed = (ULONG)sizeof(blob) + blob.cbPublicExp + blob.cbModulus;
    if (magic != BCRYPT_RSAPUBLIC_MAGIC) {
        blob.cbPrime1 = p;
        blob.cbPrime2 = q;
        *needed += p + q + (full ? p + q + p + blob.cbModulus : 0);
    }
    if (out == NULL)
        return STATUS_SUCCESS;
    if (room < *needed)
        return STATUS_BUFFER_TOO_SMALL;
    memcpy(out, &blob, sizeof(blob));
    good = put(key, OSSL_PKEY_PARAM_RSA_E, &at, blob.cbPublicExp) && put(key, OSSL_PKEY_PARAM_RSA_N, &at, blob.cbModulus);
    if (good && magic != BCRYPT_RSAPUBLIC_MAGIC)
        good = put(key, OSSL_PKEY_PARAM_RSA_FACTOR1, &at, p) && put(key, OSSL_PKEY_PARAM_RSA_FACTOR2, &at, q);
    if (good && full)
        good = put(key, OSSL_PKEY_PARAM_RSA_EXPONENT1, &at, p) && put(key, OSSL_PKEY_PARAM_RSA_EXPONENT2, &at, q) &&
               put(key, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, &at, p) && put(key, OSSL_PKEY_PARAM_RSA_D, &at, blob.cbModulus);
    return good ? STATUS_SUCCESS : STATUS_INTERNAL_ERROR;
}

/* ---- curves: magic, then X, Y and, private, d, each of cbKey bytes ---- */

static EVP_PKEY *import_curve(const struct cng_algorithm *a, const UCHAR *in, ULONG size, bool *is_private)
{
    const BCRYPT_ECCKEY_BLOB *blob = (const void *)in;
    ULONG bytes = (a->size + 7) / 8;
    const UCHAR *at = in + sizeof(*blob);
    UCHAR point[1 + 2 * 66] = { POINT_CONVERSION_UNCOMPRESSED };
    OSSL_PARAM_BLD *b;
    EVP_PKEY *key = NULL;
    BIGNUM *d = NULL;

    if (size < sizeof(*blob))
        return NULL;
    *is_private = blob->dwMagic == a->magic + 0x01000000;
    if ((!*is_private && blob->dwMagic != a->magic) || blob->cbKey != bytes || size < sizeof(*blob) + bytes * (*is_private ? 3 : 2))
        return NULL;
    memcpy(point + 1, at, 2 * bytes);
    at += 2 * bytes;
    if (*is_private)
        d = number(&at, bytes);
    b = OSSL_PARAM_BLD_new();
    if (b != NULL && OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, a->openssl, 0) &&
        OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * bytes) &&
        (!*is_private || (d != NULL && OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_PRIV_KEY, d))))
        key = from_params("EC", b, *is_private);
    OSSL_PARAM_BLD_free(b);
    BN_clear_free(d);
    return key;
}

static NTSTATUS export_curve(const struct cng_object *key, bool is_private, UCHAR *out, ULONG room, ULONG *needed)
{
    const struct cng_algorithm *a = key->algorithm;
    ULONG bytes = (a->size + 7) / 8;
    BCRYPT_ECCKEY_BLOB blob = { a->magic + (is_private ? 0x01000000u : 0), bytes };
    UCHAR *at = out + sizeof(blob);

    *needed = (ULONG)sizeof(blob) + bytes * (is_private ? 3 : 2);
    if (out == NULL)
        return STATUS_SUCCESS;
    if (room < *needed)
        return STATUS_BUFFER_TOO_SMALL;
    memcpy(out, &blob, sizeof(blob));
    return put(key->pair, OSSL_PKEY_PARAM_EC_PUB_X, &at, bytes) && put(key->pair, OSSL_PKEY_PARAM_EC_PUB_Y, &at, bytes) &&
                   (!is_private || put(key->pair, OSSL_PKEY_PARAM_PRIV_KEY, &at, bytes))
               ? STATUS_SUCCESS : STATUS_INTERNAL_ERROR;
}

/* ---- blobs ---- */

NTSTATUS cng_export_pair(struct cng_object *key, LPCWSTR type, UCHAR *out, ULONG room, ULONG *needed)
{
    bool rsa = key->algorithm->class == CNG_RSA, generic = cng_is(type, "PRIVATEBLOB");
    ULONG magic;

    if (key->pair == NULL)
        return STATUS_INVALID_HANDLE;
    if (cng_is(type, "PUBLICBLOB") || cng_is(type, rsa ? "RSAPUBLICBLOB" : "ECCPUBLICBLOB"))
        magic = BCRYPT_RSAPUBLIC_MAGIC;
    else if (generic || cng_is(type, rsa ? "RSAPRIVATEBLOB" : "ECCPRIVATEBLOB"))
        magic = BCRYPT_RSAPRIVATE_MAGIC;
    else if (rsa && cng_is(type, "RSAFULLPRIVATEBLOB"))
        magic = BCRYPT_RSAFULLPRIVATE_MAGIC;
    else
        return STATUS_NOT_SUPPORTED;
    if (magic != BCRYPT_RSAPUBLIC_MAGIC && !key->is_private)
        return STATUS_INVALID_PARAMETER;
    return rsa ? export_rsa(key->pair, magic, out, room, needed) : export_curve(key, magic != BCRYPT_RSAPUBLIC_MAGIC, out, room, needed);
}

/* A pair (or a public key) out of a blob. dwFlags: BCRYPT_NO_KEY_VALIDATION. STATUS_INVALID_HANDLE, _INVALID_PARAMETER (no such key),
 * _NOT_SUPPORTED (no blob of the algorithm's), _NO_MEMORY. <= DISPATCH_LEVEL. docs: sdk-api bcrypt/nf-bcrypt-bcryptimportkeypair */
NTSTATUS NTAPI BCryptImportKeyPair(BCRYPT_ALG_HANDLE hAlgorithm, BCRYPT_KEY_HANDLE hImportKey, LPCWSTR pszBlobType, BCRYPT_KEY_HANDLE *phKey,
                                   PUCHAR pbInput, ULONG cbInput, ULONG dwFlags)
{
    struct cng_object *provider = cng_object(hAlgorithm, CNG_PROVIDER, "BCryptImportKeyPair", PE_CALLER()), *key;
    bool rsa, is_private = false;
    EVP_PKEY *pair;

    (void)hImportKey;
    if (provider == NULL)
        return STATUS_INVALID_HANDLE;
    rsa = provider->algorithm->class == CNG_RSA;
    if (phKey == NULL || pszBlobType == NULL || pbInput == NULL || (dwFlags & ~(ULONG)BCRYPT_NO_KEY_VALIDATION))
        return STATUS_INVALID_PARAMETER;
    if ((!rsa && !curve(provider->algorithm)) ||
        (!cng_is(pszBlobType, "PUBLICBLOB") && !cng_is(pszBlobType, "PRIVATEBLOB") &&
         !cng_is(pszBlobType, rsa ? "RSAPUBLICBLOB" : "ECCPUBLICBLOB") && !cng_is(pszBlobType, rsa ? "RSAPRIVATEBLOB" : "ECCPRIVATEBLOB") &&
         !(rsa && cng_is(pszBlobType, "RSAFULLPRIVATEBLOB"))))
        return STATUS_NOT_SUPPORTED;
    pair = rsa ? import_rsa(pbInput, cbInput, &is_private) : import_curve(provider->algorithm, pbInput, cbInput, &is_private);
    if (pair == NULL || (!rsa && !(dwFlags & BCRYPT_NO_KEY_VALIDATION) && !valid(pair))) {
        EVP_PKEY_free(pair);
        return STATUS_INVALID_PARAMETER;
    }
    key = cng_new(CNG_KEY, provider);
    if (key == NULL) {
        EVP_PKEY_free(pair);
        return STATUS_NO_MEMORY;
    }
    key->pair = pair;
    key->is_private = is_private;
    key->bits = (ULONG)EVP_PKEY_get_bits(pair);
    return cng_publish(key, NULL, 0, phKey, __builtin_return_address(0));
}
