/* Agreed secrets (ECDH) and keys derived from secrets. */
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "nt/cng.h"

#define PARTS_MAX 32

/* The secret of our private key and another's public key of the same curve. STATUS_INVALID_HANDLE, _INVALID_PARAMETER (different curves, or no
 * private key), _NOT_SUPPORTED, _NO_MEMORY. <= DISPATCH_LEVEL. docs: sdk-api bcrypt/nf-bcrypt-bcryptsecretagreement */
NTSTATUS NTAPI BCryptSecretAgreement(BCRYPT_KEY_HANDLE hPrivKey, BCRYPT_KEY_HANDLE hPubKey, BCRYPT_SECRET_HANDLE *phAgreedSecret, ULONG dwFlags)
{
    struct cng_object *ours = cng_object(hPrivKey, CNG_KEY, "BCryptSecretAgreement", PE_CALLER());
    struct cng_object *theirs = cng_object(hPubKey, CNG_KEY, "BCryptSecretAgreement", PE_CALLER()), *secret;
    EVP_PKEY_CTX *c;
    size_t size = 0;
    bool good;

    if (ours == NULL || theirs == NULL)
        return STATUS_INVALID_HANDLE;
    if (ours->algorithm->class != CNG_ECDH)
        return STATUS_NOT_SUPPORTED;
    if (phAgreedSecret == NULL || dwFlags != 0 || ours->algorithm != theirs->algorithm || !ours->is_private || theirs->pair == NULL)
        return STATUS_INVALID_PARAMETER;
    secret = cng_new(CNG_SECRET, ours);
    if (secret == NULL)
        return STATUS_NO_MEMORY;
    c = EVP_PKEY_CTX_new(ours->pair, NULL);
    good = c != NULL && EVP_PKEY_derive_init(c) == 1 && EVP_PKEY_derive_set_peer(c, theirs->pair) == 1 &&
           EVP_PKEY_derive(c, NULL, &size) == 1 && (secret->secret = malloc(size)) != NULL &&
           EVP_PKEY_derive(c, secret->secret, &size) == 1;
    EVP_PKEY_CTX_free(c);
    secret->secret_size = (ULONG)size;
    if (!good) {
        cng_free(secret);
        return STATUS_INVALID_PARAMETER;
    }
    return cng_publish(secret, NULL, 0, phAgreedSecret, __builtin_return_address(0));
}

/* STATUS_INVALID_HANDLE. <= DISPATCH_LEVEL. docs: sdk-api bcrypt/nf-bcrypt-bcryptdestroysecret */
NTSTATUS NTAPI BCryptDestroySecret(BCRYPT_SECRET_HANDLE hSecret)
{
    return cng_destroy(hSecret, CNG_SECRET);
}

/* ---- parameters ---- */

static const BCryptBuffer *find(const BCryptBufferDesc *list, ULONG type)
{
    for (ULONG i = 0; list != NULL && i < list->cBuffers; i++)
        if (list->pBuffers[i].BufferType == type)
            return &list->pBuffers[i];
    return NULL;
}

/* The hash the list names (a terminated string); `otherwise` when it names none; NULL: none of ours. */
static const struct cng_algorithm *hash_named(const BCryptBufferDesc *list, const char *otherwise)
{
    static const WCHAR sha1[] = { 'S', 'H', 'A', '1', 0 };
    const BCryptBuffer *name = find(list, KDF_HASH_ALGORITHM);
    const struct cng_algorithm *a;

    if (name == NULL)
        a = otherwise != NULL ? cng_algorithm(sha1) : NULL;
    else
        a = name->cbBuffer >= 2 && ((const WCHAR *)name->pvBuffer)[name->cbBuffer / 2 - 1] == 0 ? cng_algorithm(name->pvBuffer) : NULL;
    return a != NULL && a->class == CNG_HASH ? a : NULL;
}

static bool gather(const BCryptBufferDesc *list, ULONG type, BCryptBuffer *parts, size_t *count)
{
    for (ULONG i = 0; list != NULL && i < list->cBuffers; i++)
        if (list->pBuffers[i].BufferType == type) {
            if (*count == PARTS_MAX)
                return false;
            parts[(*count)++] = list->pBuffers[i];
        }
    return true;
}

/* HASH and HMAC: the hash of what is prepended, the secret, and what is appended. */
static NTSTATUS derive_hash(const struct cng_object *secret, const BCryptBufferDesc *list, bool hmac, bool secret_is_key, UCHAR *out,
                            ULONG *size)
{
    const struct cng_algorithm *hash = hash_named(list, "SHA1");
    const BCryptBuffer *key = hmac && !secret_is_key ? find(list, KDF_HMAC_KEY) : NULL;
    BCryptBuffer parts[PARTS_MAX];
    size_t count = 0;
    const void *with = NULL;
    size_t with_size = 0;

    if (hash == NULL || !gather(list, KDF_SECRET_PREPEND, parts, &count) || count == PARTS_MAX)
        return STATUS_INVALID_PARAMETER;
    parts[count++] = (BCryptBuffer){ secret->secret_size, 0, secret->secret };
    if (!gather(list, KDF_SECRET_APPEND, parts, &count))
        return STATUS_INVALID_PARAMETER;
    if (hmac) {
        with = secret_is_key ? (const void *)secret->secret : key != NULL ? key->pvBuffer : "";
        with_size = secret_is_key ? secret->secret_size : key != NULL ? key->cbBuffer : 0;
    }
    *size = hash->size;
    return cng_hash_parts(hash, with, with_size, parts, count, out) ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

/* A key from an agreed secret: BCRYPT_KDF_HASH, _HMAC (both at most one hash long) and _RAW_SECRET (the secret, least significant byte
 * first); the others are STATUS_NOT_SUPPORTED. *pcbResult: bytes copied, or with pbDerivedKey NULL those there are.
 * STATUS_INVALID_HANDLE, _INVALID_PARAMETER. <= DISPATCH_LEVEL. docs: sdk-api bcrypt/nf-bcrypt-bcryptderivekey */
NTSTATUS NTAPI BCryptDeriveKey(BCRYPT_SECRET_HANDLE hSharedSecret, LPCWSTR pwszKDF, BCryptBufferDesc *pParameterList, PUCHAR pbDerivedKey,
                               ULONG cbDerivedKey, ULONG *pcbResult, ULONG dwFlags)
{
    struct cng_object *secret = cng_object(hSharedSecret, CNG_SECRET, "BCryptDeriveKey", PE_CALLER());
    bool hmac = cng_is(pwszKDF, "HMAC");
    UCHAR whole[128];
    ULONG size = 0;
    NTSTATUS status = STATUS_SUCCESS;

    if (secret == NULL)
        return STATUS_INVALID_HANDLE;
    if (pwszKDF == NULL || pcbResult == NULL || (dwFlags & ~(ULONG)KDF_USE_SECRET_AS_HMAC_KEY_FLAG))
        return STATUS_INVALID_PARAMETER;
    if (hmac || cng_is(pwszKDF, "HASH")) {
        status = derive_hash(secret, pParameterList, hmac, dwFlags & KDF_USE_SECRET_AS_HMAC_KEY_FLAG, whole, &size);
    } else if (cng_is(pwszKDF, "TRUNCATE")) {
        size = secret->secret_size;
        for (ULONG i = 0; i < size; i++)
            whole[i] = secret->secret[size - 1 - i];
    } else {
        status = STATUS_NOT_SUPPORTED;
    }
    if (!NT_SUCCESS(status))
        return status;
    *pcbResult = pbDerivedKey == NULL || size < cbDerivedKey ? size : cbDerivedKey;
    if (pbDerivedKey != NULL)
        memcpy(pbDerivedKey, whole, *pcbResult);
    OPENSSL_cleanse(whole, sizeof(whole));
    return STATUS_SUCCESS;
}

/* ---- derivation from a key ---- */

/* NIST SP 800-108 in counter mode: [i]32 || label || 0 || context || [L]32. */
static NTSTATUS derive_108(const struct cng_object *key, const BCryptBufferDesc *list, UCHAR *out, ULONG size)
{
    const BCryptBuffer *label = find(list, KDF_LABEL), *context = find(list, KDF_CONTEXT), *whole = find(list, KDF_GENERIC_PARAMETER);
    const struct cng_algorithm *hash = hash_named(list, NULL);
    UCHAR zero = 0, bits[4] = { (UCHAR)(size >> 21), (UCHAR)(size >> 13), (UCHAR)(size >> 5), (UCHAR)(size << 3) }, block[64];

    if (hash == NULL || (whole == NULL && (label == NULL || context == NULL)))
        return STATUS_INVALID_PARAMETER;
    for (ULONG at = 0, i = 1; at < size; at += hash->size, i++) {
        UCHAR counter[4] = { (UCHAR)(i >> 24), (UCHAR)(i >> 16), (UCHAR)(i >> 8), (UCHAR)i };
        BCryptBuffer fixed[5] = { { 4, 0, counter } };
        size_t n = 1;

        if (whole != NULL) {
            fixed[n++] = *whole;
        } else {
            fixed[n++] = *label;
            fixed[n++] = (BCryptBuffer){ 1, 0, &zero };
            fixed[n++] = *context;
        }
        fixed[n++] = (BCryptBuffer){ 4, 0, bits };
        if (!cng_hash_parts(hash, key->secret, key->secret_size, fixed, n, block))
            return STATUS_NO_MEMORY;
        memcpy(out + at, block, size - at < hash->size ? size - at : hash->size);
    }
    return STATUS_SUCCESS;
}

/* NIST SP 800-56A: hash([i]32 || Z || other info). */
static NTSTATUS derive_56a(const struct cng_object *key, const BCryptBufferDesc *list, UCHAR *out, ULONG size)
{
    static const ULONG order[] = { KDF_ALGORITHMID, KDF_PARTYUINFO, KDF_PARTYVINFO, KDF_SUPPPUBINFO, KDF_SUPPPRIVINFO };
    const BCryptBuffer *whole = find(list, KDF_GENERIC_PARAMETER);
    const struct cng_algorithm *hash = hash_named(list, NULL);
    UCHAR block[64];

    if (hash == NULL)
        return STATUS_INVALID_PARAMETER;
    for (ULONG at = 0, i = 1; at < size; at += hash->size, i++) {
        UCHAR counter[4] = { (UCHAR)(i >> 24), (UCHAR)(i >> 16), (UCHAR)(i >> 8), (UCHAR)i };
        BCryptBuffer parts[8] = { { 4, 0, counter }, { key->secret_size, 0, key->secret } };
        size_t n = 2;

        for (size_t k = 0; whole == NULL && k < countof(order); k++) {
            const BCryptBuffer *part = find(list, order[k]);

            if (part == NULL && k < 3)
                return STATUS_INVALID_PARAMETER;
            if (part != NULL)
                parts[n++] = *part;
        }
        if (whole != NULL)
            parts[n++] = *whole;
        if (!cng_hash_parts(hash, NULL, 0, parts, n, block))
            return STATUS_NO_MEMORY;
        memcpy(out + at, block, size - at < hash->size ? size - at : hash->size);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS pbkdf2(const struct cng_algorithm *hash, const UCHAR *password, ULONG password_size, const UCHAR *salt, ULONG salt_size,
                       ULONGLONG rounds, UCHAR *out, ULONG size)
{
    if (hash == NULL || rounds == 0 || rounds > 0x7FFFFFFF || size > 0x7FFFFFFF)
        return STATUS_INVALID_PARAMETER;
    if (PKCS5_PBKDF2_HMAC(password != NULL ? (const char *)password : "", (int)password_size, salt, (int)salt_size, (int)rounds,
                          cng_digest(hash), (int)size, out) != 1)
        return STATUS_INTERNAL_ERROR;
    return STATUS_SUCCESS;
}

static NTSTATUS derive_pbkdf2(const struct cng_object *key, const BCryptBufferDesc *list, UCHAR *out, ULONG size)
{
    const BCryptBuffer *salt = find(list, KDF_SALT), *count = find(list, KDF_ITERATION_COUNT);
    ULONGLONG rounds = 10000;

    if (salt == NULL)
        salt = find(list, KDF_GENERIC_PARAMETER);
    if (salt == NULL || (count != NULL && count->cbBuffer != sizeof(ULONGLONG) && count->cbBuffer != sizeof(ULONG)))
        return STATUS_INVALID_PARAMETER;
    if (count != NULL) {
        rounds = 0;
        memcpy(&rounds, count->pvBuffer, count->cbBuffer);
    }
    return pbkdf2(hash_named(list, NULL), key->secret, key->secret_size, salt->pvBuffer, salt->cbBuffer, rounds, out, size);
}

/* cbDerivedKey bytes from a key of SP800_108_CTR_HMAC, SP800_56A_CONCAT or PBKDF2 with the parameters that these take.
 * STATUS_INVALID_HANDLE, _INVALID_PARAMETER, _NOT_SUPPORTED. <= DISPATCH_LEVEL. docs: sdk-api bcrypt/nf-bcrypt-bcryptkeyderivation */
NTSTATUS NTAPI BCryptKeyDerivation(BCRYPT_KEY_HANDLE hKey, BCryptBufferDesc *pParameterList, PUCHAR pbDerivedKey, ULONG cbDerivedKey,
                                   ULONG *pcbResult, ULONG dwFlags)
{
    struct cng_object *key = cng_object(hKey, CNG_KEY, "BCryptKeyDerivation", PE_CALLER());
    NTSTATUS status;

    if (key == NULL)
        return STATUS_INVALID_HANDLE;
    if (key->algorithm->class != CNG_KDF)
        return STATUS_NOT_SUPPORTED;
    if (pbDerivedKey == NULL || pcbResult == NULL || dwFlags != 0 || cbDerivedKey > 1u << 24)
        return STATUS_INVALID_PARAMETER;
    if (!strcmp(key->algorithm->name, "PBKDF2"))
        status = derive_pbkdf2(key, pParameterList, pbDerivedKey, cbDerivedKey);
    else if (!strcmp(key->algorithm->name, "SP800_56A_CONCAT"))
        status = derive_56a(key, pParameterList, pbDerivedKey, cbDerivedKey);
    else
        status = derive_108(key, pParameterList, pbDerivedKey, cbDerivedKey);
    *pcbResult = NT_SUCCESS(status) ? cbDerivedKey : 0;
    return status;
}

/* PBKDF2 with the HMAC of the provider hPrf (opened with BCRYPT_ALG_HANDLE_HMAC_FLAG). STATUS_INVALID_HANDLE, _INVALID_PARAMETER.
 * <= DISPATCH_LEVEL. docs: sdk-api bcrypt/nf-bcrypt-bcryptderivekeypbkdf2 */
NTSTATUS NTAPI BCryptDeriveKeyPBKDF2(BCRYPT_ALG_HANDLE hPrf, PUCHAR pbPassword, ULONG cbPassword, PUCHAR pbSalt, ULONG cbSalt,
                                     ULONGLONG cIterations, PUCHAR pbDerivedKey, ULONG cbDerivedKey, ULONG dwFlags)
{
    struct cng_object *provider = cng_object(hPrf, CNG_PROVIDER, "BCryptDeriveKeyPBKDF2", PE_CALLER());

    if (provider == NULL)
        return STATUS_INVALID_HANDLE;
    if (!provider->hmac || pbDerivedKey == NULL || (pbPassword == NULL && cbPassword != 0) || (pbSalt == NULL && cbSalt != 0) || dwFlags != 0)
        return STATUS_INVALID_PARAMETER;
    return pbkdf2(provider->algorithm, pbPassword, cbPassword, pbSalt, cbSalt, cIterations, pbDerivedKey, cbDerivedKey);
}
