/* Symmetric encryption: ECB, CBC, CFB, and the authenticated modes GCM and CCM and ChaCha20-Poly1305.
 *
 * Chained calls (GCM): the first call with BCRYPT_AUTH_MODE_CHAIN_CALLS_FLAG starts a chain and notes its number in the caller's
 * pbMacContext; the call without the flag ends it. A chain that is never ended goes with its key. */
#include <stdlib.h>
#include <string.h>

#include "nt/cng.h"

struct cng_chain {
    struct list node;           /* cng_object.chains */
    uint64_t number;
    EVP_CIPHER_CTX *cipher;
};

static uint64_t last_chain;

static void chain_free(struct cng_chain *chain)
{
    list_remove(&chain->node);
    EVP_CIPHER_CTX_free(chain->cipher);
    free(chain);
}

void cng_cipher_reset(struct cng_object *key)
{
    for (int i = 0; i < 2; i++) {
        EVP_CIPHER_CTX_free(key->cipher[i]);
        key->cipher[i] = NULL;
    }
    list_each_safe(node, &key->chains)
        chain_free(container_of(node, struct cng_chain, node));
}

static const EVP_CIPHER *cipher_of(const struct cng_object *key)
{
    static const char *const suffix[] = { "", "-ECB", "-CBC", "-CFB", "-GCM", "-CCM" };
    char name[32];

    if (key->algorithm->class == CNG_AEAD)
        return EVP_get_cipherbyname(key->algorithm->openssl);
    snprintf(name, sizeof(name), "%s%s%s%s", key->algorithm->openssl,
             key->algorithm->size == 8 ? "" : key->secret_size == 32 ? "-256" : key->secret_size == 24 ? "-192" : "-128",
             suffix[key->mode], key->mode == CNG_CFB && key->message_block == 1 ? "8" : "");
    if (key->algorithm->size == 8 && key->mode == CNG_ECB)
        return !strcmp(key->algorithm->openssl, "DES-EDE3") ? EVP_des_ede3_ecb() : EVP_des_ede_ecb();
    if (key->algorithm->size == 8 && key->mode == CNG_CFB && !strcmp(key->algorithm->openssl, "DES-EDE"))
        return key->message_block == 1 ? NULL : EVP_des_ede_cfb64();
    return EVP_get_cipherbyname(name);
}

static EVP_CIPHER_CTX *context_of(struct cng_object *key, bool encrypt)
{
    EVP_CIPHER_CTX *c = key->cipher[encrypt];
    const EVP_CIPHER *cipher;

    if (c != NULL)
        return c;
    cipher = cipher_of(key);
    c = cipher != NULL ? EVP_CIPHER_CTX_new() : NULL;
    if (c != NULL && EVP_CipherInit_ex(c, cipher, NULL, NULL, NULL, encrypt) == 1 &&
        (key->mode == CNG_CCM || EVP_CipherInit_ex(c, NULL, NULL, key->secret, NULL, encrypt) == 1))
        return key->cipher[encrypt] = c;
    EVP_CIPHER_CTX_free(c);
    return NULL;
}

/* ---- block modes ---- */

static NTSTATUS run(EVP_CIPHER_CTX *c, const UCHAR *in, ULONG in_size, UCHAR *out, ULONG *result)
{
    int some = 0, rest = 0;

    if (EVP_CipherUpdate(c, out, &some, in, (int)in_size) != 1)
        return STATUS_INTERNAL_ERROR;
    if (EVP_CipherFinal_ex(c, out + some, &rest) != 1)
        return STATUS_DATA_ERROR;
    *result = (ULONG)(some + rest);
    return STATUS_SUCCESS;
}

/* Padding makes the output's size known only afterwards: it goes through memory of ours. */
static NTSTATUS run_padded(EVP_CIPHER_CTX *c, const UCHAR *in, ULONG in_size, UCHAR *out, ULONG out_size, ULONG *result)
{
    UCHAR *whole = malloc(in_size + 32);
    NTSTATUS status = whole != NULL ? run(c, in, in_size, whole, result) : STATUS_NO_MEMORY;

    if (NT_SUCCESS(status) && *result > out_size)
        status = STATUS_BUFFER_TOO_SMALL;
    if (NT_SUCCESS(status) && *result != 0)
        memcpy(out, whole, *result);
    free(whole);
    return status;
}

static NTSTATUS block_mode(struct cng_object *key, bool encrypt, const UCHAR *in, ULONG in_size, UCHAR *iv, ULONG iv_size, UCHAR *out,
                           ULONG out_size, ULONG *result, bool pad)
{
    ULONG block = key->algorithm->size, unit = key->mode == CNG_CFB ? key->message_block : block, needed = in_size;
    const UCHAR *start = key->mode == CNG_ECB ? NULL : iv != NULL ? iv : key->iv;
    UCHAR last[16];
    EVP_CIPHER_CTX *c;
    NTSTATUS status;

    if (in == NULL && (out == NULL || in_size != 0))
        return STATUS_INVALID_PARAMETER;
    if (iv != NULL && key->mode != CNG_ECB && iv_size != block)
        return STATUS_INVALID_PARAMETER;
    if (pad && encrypt)
        needed = (in_size / unit + 1) * unit;
    else if (in_size % unit != 0 || (pad && in_size == 0))
        return STATUS_INVALID_BUFFER_SIZE;
    *result = needed;
    if (out == NULL)
        return STATUS_SUCCESS;
    if (out_size < needed && !(pad && !encrypt))
        return STATUS_BUFFER_TOO_SMALL;
    c = context_of(key, encrypt);
    if (c == NULL)
        return STATUS_NOT_SUPPORTED;
    if (!encrypt && in_size >= block)
        memcpy(last, in + in_size - block, block);
    EVP_CIPHER_CTX_set_padding(c, pad && key->mode != CNG_CFB);
    if (EVP_CipherInit_ex(c, NULL, NULL, NULL, start, encrypt) != 1)
        return STATUS_INTERNAL_ERROR;
    status = pad ? run_padded(c, in, in_size, out, out_size, result) : run(c, in, in_size, out, result);
    if (NT_SUCCESS(status) && start == iv && iv != NULL && *result != 0)
        memcpy(iv, encrypt && *result >= block ? out + *result - block : !encrypt && in_size >= block ? last : iv, block);
    return status;
}

/* ---- authenticated modes ---- */

static bool good_info(const struct cng_object *key, const BCRYPT_AUTHENTICATED_CIPHER_MODE_INFO *info)
{
    bool chained = info != NULL && (info->dwFlags & (BCRYPT_AUTH_MODE_CHAIN_CALLS_FLAG | BCRYPT_AUTH_MODE_IN_PROGRESS_FLAG));
    bool tag_due;

    if (info == NULL || info->cbSize != sizeof(*info) || info->dwInfoVersion != BCRYPT_AUTHENTICATED_CIPHER_MODE_INFO_VERSION ||
        (info->pbAuthData == NULL && info->cbAuthData != 0) || info->pbNonce == NULL)
        return false;
    if (chained && (info->pbMacContext == NULL || info->cbMacContext < 16))
        return false;
    tag_due = !(info->dwFlags & BCRYPT_AUTH_MODE_CHAIN_CALLS_FLAG);
    if (tag_due && info->pbTag == NULL)
        return false;
    if (key->mode == CNG_CCM)
        return info->cbNonce >= 7 && info->cbNonce <= 13 && info->cbTag >= 4 && info->cbTag <= 16 && info->cbTag % 2 == 0;
    if (key->algorithm->class == CNG_AEAD)
        return info->cbNonce == 12 && (!tag_due || info->cbTag == 16);
    return info->cbNonce == 12 && (!tag_due || (info->cbTag >= 12 && info->cbTag <= 16));
}

static bool start_aead(EVP_CIPHER_CTX *c, struct cng_object *key, bool encrypt, const BCRYPT_AUTHENTICATED_CIPHER_MODE_INFO *info,
                       ULONG in_size)
{
    int done;

    EVP_CIPHER_CTX_set_padding(c, 0);
    if (EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_IVLEN, (int)info->cbNonce, NULL) != 1)
        return false;
    if (key->mode == CNG_CCM && EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, (int)info->cbTag, encrypt ? NULL : info->pbTag) != 1)
        return false;
    if (EVP_CipherInit_ex(c, NULL, NULL, key->mode == CNG_CCM ? key->secret : NULL, info->pbNonce, encrypt) != 1)
        return false;
    if (key->mode == CNG_CCM && EVP_CipherUpdate(c, NULL, &done, NULL, (int)in_size) != 1)
        return false;
    return info->cbAuthData == 0 || EVP_CipherUpdate(c, NULL, &done, info->pbAuthData, (int)info->cbAuthData) == 1;
}

/* The data, and at the end of a chain the tag. */
static NTSTATUS run_aead(EVP_CIPHER_CTX *c, bool ccm, bool encrypt, const UCHAR *in, ULONG in_size, UCHAR *out,
                         const BCRYPT_AUTHENTICATED_CIPHER_MODE_INFO *info, bool last)
{
    UCHAR nothing[16];
    int done = 0;

    if ((in_size != 0 || ccm) && EVP_CipherUpdate(c, out != NULL ? out : nothing, &done, in != NULL ? in : nothing, (int)in_size) != 1)
        return ccm && !encrypt ? STATUS_AUTH_TAG_MISMATCH : STATUS_INTERNAL_ERROR;
    if (!last || (ccm && !encrypt))
        return STATUS_SUCCESS;
    if (!encrypt && EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, (int)info->cbTag, info->pbTag) != 1)
        return STATUS_INTERNAL_ERROR;
    if (EVP_CipherFinal_ex(c, nothing, &done) != 1)
        return encrypt ? STATUS_INTERNAL_ERROR : STATUS_AUTH_TAG_MISMATCH;
    if (encrypt && EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, (int)info->cbTag, info->pbTag) != 1)
        return STATUS_INTERNAL_ERROR;
    return STATUS_SUCCESS;
}

static struct cng_chain *chain_find(struct cng_object *key, const BCRYPT_AUTHENTICATED_CIPHER_MODE_INFO *info)
{
    uint64_t number;

    memcpy(&number, info->pbMacContext, sizeof(number));
    list_each_safe(node, &key->chains) {
        struct cng_chain *chain = container_of(node, struct cng_chain, node);

        if (chain->number == number)
            return chain;
    }
    return NULL;
}

static struct cng_chain *chain_begin(struct cng_object *key, bool encrypt, BCRYPT_AUTHENTICATED_CIPHER_MODE_INFO *info)
{
    struct cng_chain *chain = calloc(1, sizeof(*chain));
    EVP_CIPHER_CTX *c = context_of(key, encrypt);

    if (chain == NULL)
        return NULL;
    list_push_back(&key->chains, &chain->node);
    chain->number = ++last_chain;
    chain->cipher = EVP_CIPHER_CTX_new();
    if (c == NULL || chain->cipher == NULL || EVP_CIPHER_CTX_copy(chain->cipher, c) != 1 ||
        !start_aead(chain->cipher, key, encrypt, info, 0)) {
        chain_free(chain);
        return NULL;
    }
    memset(info->pbMacContext, 0, info->cbMacContext);
    memcpy(info->pbMacContext, &chain->number, sizeof(chain->number));
    info->dwFlags |= BCRYPT_AUTH_MODE_IN_PROGRESS_FLAG;
    info->cbAAD = info->cbAuthData;
    info->cbData = 0;
    return chain;
}

static NTSTATUS chained(struct cng_object *key, bool encrypt, const UCHAR *in, ULONG in_size, UCHAR *out,
                        BCRYPT_AUTHENTICATED_CIPHER_MODE_INFO *info)
{
    bool last = !(info->dwFlags & BCRYPT_AUTH_MODE_CHAIN_CALLS_FLAG);
    struct cng_chain *chain;
    NTSTATUS status;

    if (key->mode == CNG_CCM)
        return STATUS_NOT_SUPPORTED;
    if (info->dwFlags & BCRYPT_AUTH_MODE_IN_PROGRESS_FLAG)
        chain = chain_find(key, info);
    else
        chain = chain_begin(key, encrypt, info);
    if (chain == NULL)
        return STATUS_INVALID_PARAMETER;
    status = run_aead(chain->cipher, false, encrypt, in, in_size, out, info, last);
    info->cbData += in_size;
    if (last) {
        chain_free(chain);
        info->dwFlags &= ~(ULONG)BCRYPT_AUTH_MODE_IN_PROGRESS_FLAG;
    }
    return status;
}

static NTSTATUS authenticated(struct cng_object *key, bool encrypt, const UCHAR *in, ULONG in_size,
                              BCRYPT_AUTHENTICATED_CIPHER_MODE_INFO *info, UCHAR *out, ULONG out_size, ULONG *result)
{
    EVP_CIPHER_CTX *c;
    NTSTATUS status;

    *result = in_size;
    if (out == NULL && in != NULL)
        return STATUS_SUCCESS;
    if ((in == NULL && in_size != 0) || !good_info(key, info))
        return STATUS_INVALID_PARAMETER;
    if (out_size < in_size && out != NULL)
        return STATUS_BUFFER_TOO_SMALL;
    if (info->dwFlags & (BCRYPT_AUTH_MODE_CHAIN_CALLS_FLAG | BCRYPT_AUTH_MODE_IN_PROGRESS_FLAG)) {
        status = chained(key, encrypt, in, in_size, out, info);
    } else {
        c = context_of(key, encrypt);
        if (c == NULL || !start_aead(c, key, encrypt, info, in_size))
            return STATUS_INTERNAL_ERROR;
        status = run_aead(c, key->mode == CNG_CCM, encrypt, in, in_size, out, info, true);
    }
    if (status == STATUS_AUTH_TAG_MISMATCH && out != NULL)
        memset(out, 0, in_size);
    return status;
}

NTSTATUS cng_symmetric(struct cng_object *key, bool encrypt, const UCHAR *in, ULONG in_size, void *info, UCHAR *iv, ULONG iv_size,
                       UCHAR *out, ULONG out_size, ULONG *result, ULONG flags)
{
    bool pad = flags & BCRYPT_BLOCK_PADDING;

    if (in_size > 0x7FFFFF00 || (flags & ~(ULONG)(BCRYPT_BLOCK_PADDING | BCRYPT_BUFFERS_LOCKED_FLAG)))
        return STATUS_INVALID_PARAMETER;
    if (key->algorithm->class == CNG_AEAD || key->mode == CNG_GCM || key->mode == CNG_CCM)
        return pad ? STATUS_INVALID_PARAMETER : authenticated(key, encrypt, in, in_size, info, out, out_size, result);
    if (info != NULL)
        return STATUS_INVALID_PARAMETER;
    return block_mode(key, encrypt, in, in_size, iv, iv_size, out, out_size, result, pad);
}

NTSTATUS cng_wrap(struct cng_object *with, bool wrap, const UCHAR *in, ULONG in_size, UCHAR *out, ULONG *out_size)
{
    const EVP_CIPHER *cipher = with->secret_size == 32 ? EVP_aes_256_wrap() : with->secret_size == 24 ? EVP_aes_192_wrap() : EVP_aes_128_wrap();
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int done = 0;
    bool good;

    if (c == NULL)
        return STATUS_NO_MEMORY;
    EVP_CIPHER_CTX_set_flags(c, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    good = EVP_CipherInit_ex(c, cipher, NULL, with->secret, NULL, wrap) == 1 && EVP_CipherUpdate(c, out, &done, in, (int)in_size) == 1;
    EVP_CIPHER_CTX_free(c);
    *out_size = (ULONG)done;
    return good ? STATUS_SUCCESS : STATUS_DATA_ERROR;
}
