/* cng.sys and ksecdd.sys: cryptography for drivers, done by OpenSSL.
 *
 * 1. A handle is the address of a `struct cng_handle`: in the memory that the driver gave (pbHashObject, pbKeyObject), or in
 *    pool charged to the driver, so that a handle that is never destroyed shows as a leak of the driver's.
 * 2. What OpenSSL needs hangs from the `struct cng_object` behind it, in host memory; cng_stop frees what is left.
 * 3. A pseudo-handle is a small number; it stands for a provider that is always open.
 * 4. In a deterministic run every random number comes from the computer's seed, those of OpenSSL included. */
#ifndef NT_CNG_H
#define NT_CNG_H

#include <bcrypt.h>
#include <ntstatus.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/util.h"
#include "pe/pe.h"

enum cng_mode { CNG_NA, CNG_ECB, CNG_CBC, CNG_CFB, CNG_GCM, CNG_CCM };
enum cng_class { CNG_HASH, CNG_CMAC, CNG_CIPHER, CNG_AEAD, CNG_RSA, CNG_ECDSA, CNG_ECDH, CNG_RNG, CNG_KDF };

struct cng_algorithm {
    const char *name;           /* "AES" */
    const char *openssl;        /* a digest's, cipher's or curve's name there */
    enum cng_class class;
    ULONG operations;           /* BCRYPT_..._OPERATION */
    ULONG interface;            /* BCRYPT_..._INTERFACE: the first of them */
    ULONG size;                 /* hash: digest bytes; cipher: block bytes; curve: bits */
    ULONG block;                /* hash: block bytes */
    BCRYPT_KEY_LENGTHS_STRUCT lengths; /* bits */
    ULONG magic;                /* curve: of the public blob; the private one's is 0x01000000 more */
};

enum cng_kind { CNG_PROVIDER = 0x50676e43, CNG_HASHER = 0x48676e43, CNG_KEY = 0x4b676e43, CNG_SECRET = 0x53676e43 };

struct cng_object {
    struct list node;           /* cng.c: all objects */
    enum cng_kind kind;
    const struct cng_algorithm *algorithm;
    bool dispatch;              /* usable at DISPATCH_LEVEL */
    bool hmac, reusable;        /* provider and hash */
    enum cng_mode mode;         /* provider and symmetric key */
    ULONG message_block;        /* CFB: bytes of feedback */

    EVP_MD_CTX *digest;         /* hash: one of the two */
    EVP_MAC_CTX *mac;
    bool finished;

    UCHAR *secret;              /* hash: its MAC key; symmetric key; agreed secret */
    ULONG secret_size;
    UCHAR iv[16];               /* symmetric key: BCRYPT_INITIALIZATION_VECTOR */
    EVP_CIPHER_CTX *cipher[2];  /* set up for decrypting, encrypting; NULL: not yet */
    struct list chains;         /* struct cng_chain */

    EVP_PKEY *pair;             /* asymmetric key; NULL: not finalized */
    ULONG bits;
    bool is_private;
};

struct cng_handle {
    ULONG magic;                /* enum cng_kind */
    ULONG in_pool;
    struct cng_object *object;
};
#define CNG_OBJECT_LENGTH ((ULONG)sizeof(struct cng_handle) + 16)

/* cng.c */
extern const struct cng_algorithm cng_algorithms[];
extern const size_t cng_algorithm_count;
/* Upper-case ASCII compare, as identifiers are compared. */
bool cng_is(LPCWSTR text, const char *name);
const struct cng_algorithm *cng_algorithm(LPCWSTR name);
/* A new object of a kind with the provider's traits; NULL without memory. */
struct cng_object *cng_new(enum cng_kind kind, const struct cng_object *like);
void cng_free(struct cng_object *object);
/* Gives it a handle in `memory` (NULL and 0: pool) and frees it when that fails: STATUS_BUFFER_TOO_SMALL, STATUS_NO_MEMORY. */
NTSTATUS cng_publish(struct cng_object *object, PVOID memory, ULONG size, PVOID *handle, const void *caller);
/* The object behind a handle (or a provider's pseudo-handle), or NULL. A use at DISPATCH_LEVEL that its provider does not allow
 * is a misuse that `what` names. */
struct cng_object *cng_object(PVOID handle, enum cng_kind kind, const char *what, struct pe_caller caller);
NTSTATUS cng_destroy(PVOID handle, enum cng_kind kind);
void cng_stop(void);

/* cng_random.c */
void cng_random(void *to, size_t size);
void cng_random_start(void);
void cng_random_stop(void);

/* cng_hash.c */
const EVP_MD *cng_digest(const struct cng_algorithm *algorithm);
NTSTATUS cng_hash_start(struct cng_object *hash);
/* One shot, keyed when key is not NULL. */
bool cng_hash_parts(const struct cng_algorithm *algorithm, const void *key, size_t key_size, const BCryptBuffer *parts, size_t count,
                    UCHAR *out);

/* cng_cipher.c */
NTSTATUS cng_symmetric(struct cng_object *key, bool encrypt, const UCHAR *in, ULONG in_size, void *info, UCHAR *iv, ULONG iv_size,
                       UCHAR *out, ULONG out_size, ULONG *result, ULONG flags);
void cng_cipher_reset(struct cng_object *key);
/* RFC 3394 with an AES key. */
NTSTATUS cng_wrap(struct cng_object *with, bool wrap, const UCHAR *in, ULONG in_size, UCHAR *out, ULONG *out_size);

/* cng_sign.c */
NTSTATUS cng_asymmetric(struct cng_object *key, bool encrypt, const UCHAR *in, ULONG in_size, void *info, UCHAR *out, ULONG out_size,
                        ULONG *result, ULONG flags);
ULONG cng_signature_length(const struct cng_object *key);

/* cng_pair.c */
NTSTATUS cng_export_pair(struct cng_object *key, LPCWSTR type, UCHAR *out, ULONG room, ULONG *needed);
ULONG cng_key_bits(const struct cng_object *key);

#endif
