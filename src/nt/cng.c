/* Algorithms, objects and their handles (cng.h). */
#include "nt/cng.h"

#include <stdlib.h>
#include <string.h>

#include "nt/event.h"
#include "nt/ke.h"
#include "nt/pool.h"

#define CNG_TAG 0x70797243u             /* "Cryp" */

#define HASHES BCRYPT_HASH_OPERATION, BCRYPT_HASH_INTERFACE
#define CIPHERS BCRYPT_CIPHER_OPERATION, BCRYPT_CIPHER_INTERFACE
#define DERIVES BCRYPT_KEY_DERIVATION_OPERATION, BCRYPT_KEY_DERIVATION_INTERFACE
#define SIGNS BCRYPT_SIGNATURE_OPERATION, BCRYPT_SIGNATURE_INTERFACE
#define AGREES BCRYPT_SECRET_AGREEMENT_OPERATION, BCRYPT_SECRET_AGREEMENT_INTERFACE

const struct cng_algorithm cng_algorithms[] = {
    { "MD5", "MD5", CNG_HASH, HASHES, 16, 64 },
    { "SHA1", "SHA1", CNG_HASH, HASHES, 20, 64 },
    { "SHA256", "SHA256", CNG_HASH, HASHES, 32, 64 },
    { "SHA384", "SHA384", CNG_HASH, HASHES, 48, 128 },
    { "SHA512", "SHA512", CNG_HASH, HASHES, 64, 128 },
    { "SHA3-256", "SHA3-256", CNG_HASH, HASHES, 32, 136 },
    { "SHA3-384", "SHA3-384", CNG_HASH, HASHES, 48, 104 },
    { "SHA3-512", "SHA3-512", CNG_HASH, HASHES, 64, 72 },
    { "AES-CMAC", "AES", CNG_CMAC, HASHES, 16, 16 },
    { "AES", "AES", CNG_CIPHER, CIPHERS, 16, 0, { 128, 256, 64 } },
    { "3DES", "DES-EDE3", CNG_CIPHER, CIPHERS, 8, 0, { 192, 192, 0 } },
    { "3DES_112", "DES-EDE", CNG_CIPHER, CIPHERS, 8, 0, { 128, 128, 0 } },
    { "CHACHA20_POLY1305", "ChaCha20-Poly1305", CNG_AEAD, CIPHERS, 1, 0, { 256, 256, 0 } },
    { "RSA", NULL, CNG_RSA, BCRYPT_ASYMMETRIC_ENCRYPTION_OPERATION | BCRYPT_SIGNATURE_OPERATION,
      BCRYPT_ASYMMETRIC_ENCRYPTION_INTERFACE, 0, 0, { 512, 16384, 64 } },
    { "RSA_SIGN", NULL, CNG_RSA, SIGNS, 0, 0, { 512, 16384, 64 } },
    { "ECDSA_P256", "P-256", CNG_ECDSA, SIGNS, 256, 0, { 256, 256, 0 }, BCRYPT_ECDSA_PUBLIC_P256_MAGIC },
    { "ECDSA_P384", "P-384", CNG_ECDSA, SIGNS, 384, 0, { 384, 384, 0 }, BCRYPT_ECDSA_PUBLIC_P384_MAGIC },
    { "ECDSA_P521", "P-521", CNG_ECDSA, SIGNS, 521, 0, { 521, 521, 0 }, BCRYPT_ECDSA_PUBLIC_P521_MAGIC },
    { "ECDH_P256", "P-256", CNG_ECDH, AGREES, 256, 0, { 256, 256, 0 }, BCRYPT_ECDH_PUBLIC_P256_MAGIC },
    { "ECDH_P384", "P-384", CNG_ECDH, AGREES, 384, 0, { 384, 384, 0 }, BCRYPT_ECDH_PUBLIC_P384_MAGIC },
    { "ECDH_P521", "P-521", CNG_ECDH, AGREES, 521, 0, { 521, 521, 0 }, BCRYPT_ECDH_PUBLIC_P521_MAGIC },
    { "RNG", NULL, CNG_RNG, BCRYPT_RNG_OPERATION, BCRYPT_RNG_INTERFACE },
    { "FIPS186DSARNG", NULL, CNG_RNG, BCRYPT_RNG_OPERATION, BCRYPT_RNG_INTERFACE },
    { "PBKDF2", NULL, CNG_KDF, DERIVES, 0, 0, { 0, 16384, 8 } },
    { "SP800_108_CTR_HMAC", NULL, CNG_KDF, DERIVES, 0, 0, { 0, 16384, 8 } },
    { "SP800_56A_CONCAT", NULL, CNG_KDF, DERIVES, 0, 0, { 0, 16384, 8 } },
};
const size_t cng_algorithm_count = countof(cng_algorithms);

/* Providers that are always open. docs: seccng/cng-algorithm-pseudo-handles */
static const struct pseudo {
    ULONG handle;
    const char *name;
    bool hmac;
    enum cng_mode mode;
} pseudo_handles[] = {
    { 0x21, "MD5" }, { 0x31, "SHA1" }, { 0x41, "SHA256" }, { 0x51, "SHA384" }, { 0x61, "SHA512" }, { 0x81, "RNG" },
    { 0x91, "MD5", true }, { 0xa1, "SHA1", true }, { 0xb1, "SHA256", true }, { 0xc1, "SHA384", true }, { 0xd1, "SHA512", true },
    { 0xe1, "RSA" }, { 0x101, "AES-CMAC" },
    { 0x141, "3DES", false, CNG_CBC }, { 0x151, "3DES", false, CNG_ECB }, { 0x161, "3DES", false, CNG_CFB },
    { 0x171, "3DES_112", false, CNG_CBC }, { 0x181, "3DES_112", false, CNG_ECB }, { 0x191, "3DES_112", false, CNG_CFB },
    { 0x1a1, "AES", false, CNG_CBC }, { 0x1b1, "AES", false, CNG_ECB }, { 0x1c1, "AES", false, CNG_CFB },
    { 0x1d1, "AES", false, CNG_CCM }, { 0x1e1, "AES", false, CNG_GCM },
    { 0x2a1, "ECDH_P256" }, { 0x2b1, "ECDH_P384" }, { 0x2c1, "ECDH_P521" },
    { 0x2e1, "ECDSA_P256" }, { 0x2f1, "ECDSA_P384" }, { 0x301, "ECDSA_P521" }, { 0x311, "RSA_SIGN" },
    { 0x331, "PBKDF2" }, { 0x341, "SP800_108_CTR_HMAC" }, { 0x351, "SP800_56A_CONCAT" }, { 0x3a1, "CHACHA20_POLY1305" },
    { 0x3b1, "SHA3-256" }, { 0x3c1, "SHA3-384" }, { 0x3d1, "SHA3-512" },
};
static struct cng_object pseudo_objects[countof(pseudo_handles)];

static struct list all = LIST_INIT(all);

/* ---- names ---- */

static char upper(unsigned c)
{
    return (char)(c >= 'a' && c <= 'z' ? c - 32 : c);
}

bool cng_is(LPCWSTR text, const char *name)
{
    if (text == NULL)
        return false;
    while (*name != 0 && *text < 128 && upper(*text) == upper((unsigned char)*name)) {
        text++;
        name++;
    }
    return *name == 0 && *text == 0;
}

const struct cng_algorithm *cng_algorithm(LPCWSTR name)
{
    for (size_t i = 0; i < cng_algorithm_count; i++)
        if (cng_is(name, cng_algorithms[i].name))
            return &cng_algorithms[i];
    return NULL;
}

static const struct cng_algorithm *named(const char *name)
{
    for (size_t i = 0; i < cng_algorithm_count; i++)
        if (!strcmp(name, cng_algorithms[i].name))
            return &cng_algorithms[i];
    return NULL;
}

/* ---- objects ---- */

struct cng_object *cng_new(enum cng_kind kind, const struct cng_object *like)
{
    struct cng_object *object = calloc(1, sizeof(*object));

    if (object == NULL)
        return NULL;
    cng_random_start();
    object->kind = kind;
    list_init(&object->chains);
    list_push_back(&all, &object->node);
    if (like != NULL) {
        object->algorithm = like->algorithm;
        object->dispatch = like->dispatch;
        object->hmac = like->hmac;
        object->reusable = like->reusable;
        object->mode = like->mode;
        object->message_block = like->message_block;
    }
    return object;
}

void cng_free(struct cng_object *object)
{
    if (object == NULL)
        return;
    cng_cipher_reset(object);
    EVP_MD_CTX_free(object->digest);
    EVP_MAC_CTX_free(object->mac);
    EVP_PKEY_free(object->pair);
    if (object->secret != NULL) {
        OPENSSL_cleanse(object->secret, object->secret_size);
        free(object->secret);
    }
    list_remove(&object->node);
    free(object);
}

NTSTATUS cng_publish(struct cng_object *object, PVOID memory, ULONG size, PVOID *handle, const void *caller)
{
    struct cng_handle *h = NULL;
    bool in_pool = memory == NULL;

    if (in_pool) {
        h = pool_alloc(NonPagedPoolNx, sizeof(*h), CNG_TAG, caller);
    } else if (size >= CNG_OBJECT_LENGTH) {
        h = (void *)(((uintptr_t)memory + 15) & ~(uintptr_t)15);
    }
    if (h == NULL) {
        cng_free(object);
        return in_pool ? STATUS_NO_MEMORY : STATUS_BUFFER_TOO_SMALL;
    }
    *h = (struct cng_handle){ object->kind, in_pool, object };
    *handle = h;
    return STATUS_SUCCESS;
}

static struct cng_object *pseudo_object(uintptr_t handle)
{
    for (size_t i = 0; i < countof(pseudo_handles); i++)
        if (pseudo_handles[i].handle == handle) {
            struct cng_object *object = &pseudo_objects[i];

            object->kind = CNG_PROVIDER;
            object->algorithm = named(pseudo_handles[i].name);
            object->dispatch = true;
            object->hmac = pseudo_handles[i].hmac;
            object->mode = pseudo_handles[i].mode;
            object->message_block = 1;
            return object;
        }
    return NULL;
}

struct cng_object *cng_object(PVOID handle, enum cng_kind kind, const char *what, struct pe_caller caller)
{
    struct cng_handle *h = handle;
    struct cng_object *object;

    if ((uintptr_t)handle < 0x1000)
        return kind == CNG_PROVIDER ? pseudo_object((uintptr_t)handle) : NULL;
    if (((uintptr_t)handle & 7) != 0 || h->magic != (ULONG)kind)
        return NULL;
    object = h->object;
    if (!object->dispatch && ke_irql() >= DISPATCH_LEVEL)
        NT_EMIT(NT_EVENT_MISUSE, "a CNG object is used at DISPATCH_LEVEL whose provider was opened without BCRYPT_PROV_DISPATCH", what,
                0, caller);
    return object;
}

NTSTATUS cng_destroy(PVOID handle, enum cng_kind kind)
{
    struct cng_handle *h = handle;

    if ((uintptr_t)handle < 0x1000 || ((uintptr_t)handle & 7) != 0 || h->magic != (ULONG)kind)
        return STATUS_INVALID_HANDLE;
    cng_free(h->object);
    h->magic = 0;
    h->object = NULL;
    if (h->in_pool)
        pool_free(h, CNG_TAG, NULL);
    return STATUS_SUCCESS;
}

void cng_stop(void)
{
    list_each_safe(node, &all)
        cng_free(container_of(node, struct cng_object, node));
    cng_random_stop();
}
