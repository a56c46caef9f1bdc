/* What pairs do: signatures (RSA with PKCS #1 and PSS, ECDSA) and RSA encryption. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "nt/cng.h"

ULONG cng_signature_length(const struct cng_object *key)
{
    ULONG bits = cng_key_bits(key);

    return key->algorithm->class == CNG_RSA ? (bits + 7) / 8 : 2 * ((bits + 7) / 8);
}

static bool set_padding(EVP_PKEY_CTX *c, int padding)
{
    return EVP_PKEY_CTX_set_rsa_padding(c, padding) == 1;
}

/* Sets up an RSA context for a padding; the hash must be of its algorithm's size. */
static NTSTATUS rsa_scheme(EVP_PKEY_CTX *c, const void *info, ULONG hash_size, ULONG flags)
{
    const BCRYPT_PKCS1_PADDING_INFO *pkcs1 = info;
    const BCRYPT_PSS_PADDING_INFO *pss = info;
    const EVP_MD *md = NULL;

    if (info == NULL || (flags != BCRYPT_PAD_PKCS1 && flags != BCRYPT_PAD_PSS))
        return STATUS_INVALID_PARAMETER;
    if (pkcs1->pszAlgId != NULL) {
        md = cng_digest(cng_algorithm(pkcs1->pszAlgId));
        if (md == NULL || (ULONG)EVP_MD_get_size(md) != hash_size)
            return STATUS_INVALID_PARAMETER;
    }
    if (flags == BCRYPT_PAD_PKCS1)
        return set_padding(c, RSA_PKCS1_PADDING) && (md == NULL || EVP_PKEY_CTX_set_signature_md(c, md) == 1) ? STATUS_SUCCESS
                                                                                                           : STATUS_INVALID_PARAMETER;
    if (md == NULL || !set_padding(c, RSA_PKCS1_PSS_PADDING) || EVP_PKEY_CTX_set_signature_md(c, md) != 1 ||
        EVP_PKEY_CTX_set_rsa_pss_saltlen(c, (int)pss->cbSalt) != 1)
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

/* ---- ECDSA: a signature is r and s, each of the curve's bytes ---- */

static bool der_to_raw(const UCHAR *der, size_t size, UCHAR *out, ULONG half)
{
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)size);
    bool good = sig != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, (int)half) == (int)half &&
                BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + half, (int)half) == (int)half;

    ECDSA_SIG_free(sig);
    return good;
}

static int raw_to_der(const UCHAR *raw, ULONG half, UCHAR **der)
{
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw, (int)half, NULL), *s = BN_bin2bn(raw + half, (int)half, NULL);
    int size = -1;

    if (sig != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(sig, r, s) == 1) {
        size = i2d_ECDSA_SIG(sig, der);
    } else {
        BN_free(r);
        BN_free(s);
    }
    ECDSA_SIG_free(sig);
    return size;
}

static NTSTATUS sign(struct cng_object *key, const void *info, const UCHAR *hash, ULONG size, UCHAR *out, ULONG flags)
{
    bool rsa = key->algorithm->class == CNG_RSA;
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(key->pair, NULL);
    ULONG length = cng_signature_length(key);
    UCHAR der[256];
    size_t made = rsa ? length : sizeof(der);
    NTSTATUS status = c != NULL && EVP_PKEY_sign_init(c) == 1 ? STATUS_SUCCESS : STATUS_NO_MEMORY;

    if (NT_SUCCESS(status) && rsa)
        status = rsa_scheme(c, info, size, flags);
    if (NT_SUCCESS(status) && (EVP_PKEY_sign(c, rsa ? out : der, &made, hash, size) != 1 || (!rsa && !der_to_raw(der, made, out, length / 2))))
        status = STATUS_INVALID_PARAMETER;
    EVP_PKEY_CTX_free(c);
    return status;
}

/* Signs a hash. pPaddingInfo: BCRYPT_PKCS1_PADDING_INFO or BCRYPT_PSS_PADDING_INFO with dwFlags BCRYPT_PAD_PKCS1 or _PSS for RSA; NULL
 * and 0 for ECDSA. *pcbResult: the signature's bytes, also when pbOutput is NULL. STATUS_INVALID_HANDLE, _INVALID_PARAMETER,
 * _NOT_SUPPORTED (no signing key), _BUFFER_TOO_SMALL, _NO_MEMORY. <= DISPATCH_LEVEL. docs: sdk-api bcrypt/nf-bcrypt-bcryptsignhash */
NTSTATUS NTAPI BCryptSignHash(BCRYPT_KEY_HANDLE hKey, VOID *pPaddingInfo, PUCHAR pbInput, ULONG cbInput, PUCHAR pbOutput, ULONG cbOutput,
                              ULONG *pcbResult, ULONG dwFlags)
{
    struct cng_object *key = cng_object(hKey, CNG_KEY, "BCryptSignHash", PE_CALLER());

    if (key == NULL || (key->secret == NULL && key->pair == NULL))
        return STATUS_INVALID_HANDLE;
    if (!(key->algorithm->operations & BCRYPT_SIGNATURE_OPERATION))
        return STATUS_NOT_SUPPORTED;
    if (pbInput == NULL || pcbResult == NULL || !key->is_private || (key->algorithm->class != CNG_RSA && pPaddingInfo != NULL))
        return STATUS_INVALID_PARAMETER;
    *pcbResult = cng_signature_length(key);
    if (pbOutput == NULL)
        return STATUS_SUCCESS;
    if (cbOutput < *pcbResult)
        return STATUS_BUFFER_TOO_SMALL;
    return sign(key, pPaddingInfo, pbInput, cbInput, pbOutput, dwFlags);
}

/* STATUS_INVALID_SIGNATURE: not the hash's. Otherwise as BCryptSignHash. <= DISPATCH_LEVEL.
 * docs: sdk-api bcrypt/nf-bcrypt-bcryptverifysignature */
NTSTATUS NTAPI BCryptVerifySignature(BCRYPT_KEY_HANDLE hKey, VOID *pPaddingInfo, PUCHAR pbHash, ULONG cbHash, PUCHAR pbSignature,
                                     ULONG cbSignature, ULONG dwFlags)
{
    struct cng_object *key = cng_object(hKey, CNG_KEY, "BCryptVerifySignature", PE_CALLER());
    bool rsa = key != NULL && key->algorithm->class == CNG_RSA;
    UCHAR *der = NULL;
    EVP_PKEY_CTX *c;
    NTSTATUS status;
    int size;

    if (key == NULL || (key->secret == NULL && key->pair == NULL))
        return STATUS_INVALID_HANDLE;
    if (!(key->algorithm->operations & BCRYPT_SIGNATURE_OPERATION))
        return STATUS_NOT_SUPPORTED;
    if (pbHash == NULL || pbSignature == NULL || (!rsa && pPaddingInfo != NULL))
        return STATUS_INVALID_PARAMETER;
    if (cbSignature != cng_signature_length(key))
        return STATUS_INVALID_SIGNATURE;
    c = EVP_PKEY_CTX_new(key->pair, NULL);
    status = c != NULL && EVP_PKEY_verify_init(c) == 1 ? STATUS_SUCCESS : STATUS_NO_MEMORY;
    if (NT_SUCCESS(status) && rsa)
        status = rsa_scheme(c, pPaddingInfo, cbHash, dwFlags);
    size = rsa ? (int)cbSignature : raw_to_der(pbSignature, cbSignature / 2, &der);
    if (NT_SUCCESS(status) && (size < 0 || EVP_PKEY_verify(c, rsa ? pbSignature : der, (size_t)size, pbHash, cbHash) != 1))
        status = STATUS_INVALID_SIGNATURE;
    OPENSSL_free(der);
    EVP_PKEY_CTX_free(c);
    return status;
}

/* ---- RSA encryption ---- */

static bool oaep(EVP_PKEY_CTX *c, const BCRYPT_OAEP_PADDING_INFO *info)
{
    const EVP_MD *md = info != NULL ? cng_digest(cng_algorithm(info->pszAlgId)) : NULL;
    void *label;

    if (md == NULL || !set_padding(c, RSA_PKCS1_OAEP_PADDING) || EVP_PKEY_CTX_set_rsa_oaep_md(c, md) != 1 ||
        EVP_PKEY_CTX_set_rsa_mgf1_md(c, md) != 1)
        return false;
    if (info->cbLabel == 0)
        return true;
    label = OPENSSL_memdup(info->pbLabel, info->cbLabel);
    if (label != NULL && EVP_PKEY_CTX_set0_rsa_oaep_label(c, label, (int)info->cbLabel) == 1)
        return true;
    OPENSSL_free(label);
    return false;
}

NTSTATUS cng_asymmetric(struct cng_object *key, bool encrypt, const UCHAR *in, ULONG in_size, void *info, UCHAR *out, ULONG out_size,
                        ULONG *result, ULONG flags)
{
    UCHAR whole[2048];
    size_t size = sizeof(whole);
    EVP_PKEY_CTX *c;
    bool good;

    if (key->pair == NULL)
        return STATUS_INVALID_HANDLE;
    if (in == NULL || (!encrypt && !key->is_private) || (flags != BCRYPT_PAD_NONE && flags != BCRYPT_PAD_PKCS1 && flags != BCRYPT_PAD_OAEP))
        return STATUS_INVALID_PARAMETER;
    *result = (ULONG)EVP_PKEY_get_size(key->pair);
    if (out == NULL)
        return STATUS_SUCCESS;
    if (encrypt && out_size < *result)
        return STATUS_BUFFER_TOO_SMALL;
    c = EVP_PKEY_CTX_new(key->pair, NULL);
    good = c != NULL && (encrypt ? EVP_PKEY_encrypt_init(c) : EVP_PKEY_decrypt_init(c)) == 1 &&
           (flags == BCRYPT_PAD_OAEP ? oaep(c, info) : set_padding(c, flags == BCRYPT_PAD_NONE ? RSA_NO_PADDING : RSA_PKCS1_PADDING)) &&
           (encrypt ? EVP_PKEY_encrypt(c, whole, &size, in, in_size) : EVP_PKEY_decrypt(c, whole, &size, in, in_size)) == 1;
    EVP_PKEY_CTX_free(c);
    if (!good)
        return STATUS_INVALID_PARAMETER;
    *result = (ULONG)size;
    if (size > out_size)
        return STATUS_BUFFER_TOO_SMALL;
    memcpy(out, whole, size);
    return STATUS_SUCCESS;
}
