/* Hashes and message authentication codes of cng.sys.
 *
 * | state    | BCryptHashData        | BCryptFinishHash                                  |
 * |----------|-----------------------|---------------------------------------------------|
 * | open     | adds                  | gives the value; reusable: open and empty again;  |
 * |          |                       | otherwise finished                                |
 * | finished | STATUS_INVALID_HANDLE | STATUS_INVALID_HANDLE                             | */
#include <openssl/core_names.h>
#include <stdlib.h>
#include <string.h>

#include "nt/cng.h"

const EVP_MD *cng_digest(const struct cng_algorithm *algorithm)
{
    const EVP_MD *md = NULL;

    if (algorithm != NULL && algorithm->class == CNG_HASH)
        md = EVP_get_digestbyname(algorithm->openssl);
    return md;
}

static bool keyed(const struct cng_object *o)
{
    return o->hmac || o->algorithm->class == CNG_CMAC;
}

static EVP_MAC_CTX *mac_context(const struct cng_algorithm *algorithm, const void *key, size_t key_size)
{
    bool cmac = algorithm->class == CNG_CMAC;
    char cipher[] = "AES-128-CBC";
    OSSL_PARAM params[2] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t)algorithm->openssl, 0),
                             OSSL_PARAM_construct_end() };
    EVP_MAC *mac = EVP_MAC_fetch(NULL, cmac ? "CMAC" : "HMAC", NULL);
    EVP_MAC_CTX *context = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;

    if (cmac) {
        memcpy(cipher + 4, key_size == 32 ? "256" : key_size == 24 ? "192" : "128", 3);
        params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, cipher, 0);
    }
    EVP_MAC_free(mac);
    if (context != NULL && EVP_MAC_init(context, key_size != 0 ? key : "", key_size, params) != 1) {
        EVP_MAC_CTX_free(context);
        context = NULL;
    }
    return context;
}

/* Makes the hash open and empty. */
NTSTATUS cng_hash_start(struct cng_object *hash)
{
    if (keyed(hash)) {
        EVP_MAC_CTX_free(hash->mac);
        hash->mac = mac_context(hash->algorithm, hash->secret, hash->secret_size);
        return hash->mac != NULL ? STATUS_SUCCESS : STATUS_NO_MEMORY;
    }
    if (hash->digest == NULL)
        hash->digest = EVP_MD_CTX_new();
    if (hash->digest == NULL || EVP_DigestInit_ex(hash->digest, cng_digest(hash->algorithm), NULL) != 1)
        return STATUS_NO_MEMORY;
    return STATUS_SUCCESS;
}

static void add(struct cng_object *hash, const void *data, size_t size)
{
    if (size == 0)
        return;
    if (hash->mac != NULL)
        EVP_MAC_update(hash->mac, data, size);
    else
        EVP_DigestUpdate(hash->digest, data, size);
}

static void finish(struct cng_object *hash, UCHAR *out)
{
    size_t size;

    if (hash->mac != NULL)
        EVP_MAC_final(hash->mac, out, &size, hash->algorithm->size);
    else
        EVP_DigestFinal_ex(hash->digest, out, NULL);
}

bool cng_hash_parts(const struct cng_algorithm *algorithm, const void *key, size_t key_size, const BCryptBuffer *parts, size_t count,
                    UCHAR *out)
{
    struct cng_object hash = { .algorithm = algorithm, .hmac = key != NULL, .secret = (UCHAR *)(uintptr_t)key,
                               .secret_size = (ULONG)key_size };
    bool good = NT_SUCCESS(cng_hash_start(&hash));

    for (size_t i = 0; good && i < count; i++)
        add(&hash, parts[i].pvBuffer, parts[i].cbBuffer);
    if (good)
        finish(&hash, out);
    EVP_MD_CTX_free(hash.digest);
    EVP_MAC_CTX_free(hash.mac);
    return good;
}

static bool keep_secret(struct cng_object *object, const void *secret, ULONG size)
{
    object->secret = malloc(size != 0 ? size : 1);
    if (object->secret == NULL)
        return false;
    if (size != 0)
        memcpy(object->secret, secret, size);
    object->secret_size = size;
    return true;
}

static bool good_key(const struct cng_object *provider, const void *secret, ULONG size)
{
    if (provider->algorithm->class == CNG_CMAC)
        return secret != NULL && (size == 16 || size == 24 || size == 32);
    return provider->hmac ? secret != NULL || size == 0 : size == 0;
}

/* A hash, or with a provider opened for HMAC (or AES-CMAC) a MAC with the key pbSecret. pbHashObject: the driver's memory for it, at
 * least BCRYPT_OBJECT_LENGTH bytes until it is destroyed, or NULL and 0. dwFlags: 0 or BCRYPT_HASH_REUSABLE_FLAG.
 * STATUS_INVALID_HANDLE, _INVALID_PARAMETER, _NOT_SUPPORTED (not a hash), _BUFFER_TOO_SMALL, _NO_MEMORY. <= DISPATCH_LEVEL.
 * docs: sdk-api bcrypt/nf-bcrypt-bcryptcreatehash */
NTSTATUS NTAPI BCryptCreateHash(BCRYPT_ALG_HANDLE hAlgorithm, BCRYPT_HASH_HANDLE *phHash, PUCHAR pbHashObject, ULONG cbHashObject,
                                PUCHAR pbSecret, ULONG cbSecret, ULONG dwFlags)
{
    struct cng_object *provider = cng_object(hAlgorithm, CNG_PROVIDER, "BCryptCreateHash", PE_CALLER()), *hash;

    if (provider == NULL)
        return STATUS_INVALID_HANDLE;
    if (phHash == NULL || (dwFlags & ~(ULONG)BCRYPT_HASH_REUSABLE_FLAG) || (pbHashObject == NULL && cbHashObject != 0))
        return STATUS_INVALID_PARAMETER;
    if (!(provider->algorithm->operations & BCRYPT_HASH_OPERATION))
        return STATUS_NOT_SUPPORTED;
    if (!good_key(provider, pbSecret, cbSecret))
        return STATUS_INVALID_PARAMETER;
    hash = cng_new(CNG_HASHER, provider);
    if (hash == NULL)
        return STATUS_NO_MEMORY;
    if (dwFlags & BCRYPT_HASH_REUSABLE_FLAG)
        hash->reusable = true;
    if (!keep_secret(hash, pbSecret, cbSecret) || !NT_SUCCESS(cng_hash_start(hash))) {
        cng_free(hash);
        return STATUS_NO_MEMORY;
    }
    return cng_publish(hash, pbHashObject, cbHashObject, phHash, __builtin_return_address(0));
}

/* STATUS_INVALID_HANDLE: not a hash, or finished. <= DISPATCH_LEVEL. docs: sdk-api bcrypt/nf-bcrypt-bcrypthashdata */
NTSTATUS NTAPI BCryptHashData(BCRYPT_HASH_HANDLE hHash, PUCHAR pbInput, ULONG cbInput, ULONG dwFlags)
{
    struct cng_object *hash = cng_object(hHash, CNG_HASHER, "BCryptHashData", PE_CALLER());

    if (hash == NULL || hash->finished)
        return STATUS_INVALID_HANDLE;
    if (dwFlags != 0 || (pbInput == NULL && cbInput != 0))
        return STATUS_INVALID_PARAMETER;
    add(hash, pbInput, cbInput);
    return STATUS_SUCCESS;
}

/* cbOutput must be the hash's size exactly: STATUS_INVALID_PARAMETER. <= DISPATCH_LEVEL. docs: sdk-api bcrypt/nf-bcrypt-bcryptfinishhash */
NTSTATUS NTAPI BCryptFinishHash(BCRYPT_HASH_HANDLE hHash, PUCHAR pbOutput, ULONG cbOutput, ULONG dwFlags)
{
    struct cng_object *hash = cng_object(hHash, CNG_HASHER, "BCryptFinishHash", PE_CALLER());

    if (hash == NULL || hash->finished)
        return STATUS_INVALID_HANDLE;
    if (pbOutput == NULL || cbOutput != hash->algorithm->size || dwFlags != 0)
        return STATUS_INVALID_PARAMETER;
    finish(hash, pbOutput);
    if (!hash->reusable || !NT_SUCCESS(cng_hash_start(hash)))
        hash->finished = true;
    return STATUS_SUCCESS;
}

/* A second hash with what the first has taken so far. <= DISPATCH_LEVEL. docs: sdk-api bcrypt/nf-bcrypt-bcryptduplicatehash */
NTSTATUS NTAPI BCryptDuplicateHash(BCRYPT_HASH_HANDLE hHash, BCRYPT_HASH_HANDLE *phNewHash, PUCHAR pbHashObject, ULONG cbHashObject,
                                   ULONG dwFlags)
{
    struct cng_object *hash = cng_object(hHash, CNG_HASHER, "BCryptDuplicateHash", PE_CALLER()), *copy;
    bool good;

    if (hash == NULL || hash->finished)
        return STATUS_INVALID_HANDLE;
    if (phNewHash == NULL || dwFlags != 0 || (pbHashObject == NULL && cbHashObject != 0))
        return STATUS_INVALID_PARAMETER;
    copy = cng_new(CNG_HASHER, hash);
    if (copy == NULL)
        return STATUS_NO_MEMORY;
    good = keep_secret(copy, hash->secret, hash->secret_size);
    if (hash->mac != NULL)
        good = good && (copy->mac = EVP_MAC_CTX_dup(hash->mac)) != NULL;
    else
        good = good && (copy->digest = EVP_MD_CTX_new()) != NULL && EVP_MD_CTX_copy_ex(copy->digest, hash->digest) == 1;
    if (!good) {
        cng_free(copy);
        return STATUS_NO_MEMORY;
    }
    return cng_publish(copy, pbHashObject, cbHashObject, phNewHash, __builtin_return_address(0));
}

/* STATUS_INVALID_HANDLE. <= DISPATCH_LEVEL. docs: sdk-api bcrypt/nf-bcrypt-bcryptdestroyhash */
NTSTATUS NTAPI BCryptDestroyHash(BCRYPT_HASH_HANDLE hHash)
{
    return cng_destroy(hHash, CNG_HASHER);
}

/* One hash or MAC in one call. <= DISPATCH_LEVEL. docs: sdk-api bcrypt/nf-bcrypt-bcrypthash */
NTSTATUS NTAPI BCryptHash(BCRYPT_ALG_HANDLE hAlgorithm, PUCHAR pbSecret, ULONG cbSecret, PUCHAR pbInput, ULONG cbInput, PUCHAR pbOutput,
                          ULONG cbOutput)
{
    struct cng_object *provider = cng_object(hAlgorithm, CNG_PROVIDER, "BCryptHash", PE_CALLER());
    BCryptBuffer part = { cbInput, 0, pbInput };

    if (provider == NULL)
        return STATUS_INVALID_HANDLE;
    if (!(provider->algorithm->operations & BCRYPT_HASH_OPERATION))
        return STATUS_NOT_SUPPORTED;
    if (!good_key(provider, pbSecret, cbSecret) || (pbInput == NULL && cbInput != 0) || pbOutput == NULL ||
        cbOutput != provider->algorithm->size)
        return STATUS_INVALID_PARAMETER;
    if (!cng_hash_parts(provider->algorithm, keyed(provider) ? (pbSecret != NULL ? (const void *)pbSecret : "") : NULL, cbSecret, &part, 1,
                        pbOutput))
        return STATUS_NO_MEMORY;
    return STATUS_SUCCESS;
}
