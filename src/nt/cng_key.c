/* Keys of cng.sys: symmetric ones, and what keys of every kind share (encrypting, duplicating, destroying). */
#include <stdlib.h>
#include <string.h>

#include "nt/cng.h"

#define WRAP_MAX 4096

static bool pair_class(const struct cng_algorithm *a)
{
    return a->class == CNG_RSA || a->class == CNG_ECDSA || a->class == CNG_ECDH;
}

/* The bytes of a secret that an algorithm takes; 0: it cannot be a key. What is too long is cut, as the page says. */
static ULONG key_bytes(const struct cng_algorithm *a, ULONG size)
{
    const BCRYPT_KEY_LENGTHS_STRUCT *l = &a->lengths;
    ULONG most = l->dwMaxLength / 8;

    if (a->class == CNG_KDF)
        return size;
    if (size >= most)
        return most;
    if (size * 8 < l->dwMinLength || l->dwIncrement == 0 || (size * 8 - l->dwMinLength) % l->dwIncrement != 0)
        return 0;
    return size;
}

static NTSTATUS make_key(struct cng_object *provider, const UCHAR *secret, ULONG size, PVOID memory, ULONG memory_size, PVOID *handle,
                         const void *caller)
{
    ULONG bytes = key_bytes(provider->algorithm, size);
    struct cng_object *key;

    if (bytes == 0 && provider->algorithm->class != CNG_KDF)
        return STATUS_INVALID_PARAMETER;
    key = cng_new(CNG_KEY, provider);
    if (key == NULL)
        return STATUS_NO_MEMORY;
    key->secret = malloc(bytes + 1);
    if (key->secret == NULL) {
        cng_free(key);
        return STATUS_NO_MEMORY;
    }
    if (bytes != 0)
        memcpy(key->secret, secret, bytes);
    key->secret_size = bytes;
    return cng_publish(key, memory, memory_size, handle, caller);
}

static bool takes_secrets(const struct cng_object *provider)
{
    enum cng_class class = provider->algorithm->class;

    return class == CNG_CIPHER || class == CNG_AEAD || class == CNG_KDF;
}

/* A key of a cipher or a key derivation algorithm out of cbSecret bytes; more than a key takes are ignored. pbKeyObject: the
 * driver's memory for it (BCRYPT_OBJECT_LENGTH) until it is destroyed, or NULL and 0. STATUS_INVALID_HANDLE, _INVALID_PARAMETER
 * (no size of a key), _NOT_SUPPORTED, _BUFFER_TOO_SMALL, _NO_MEMORY. <= DISPATCH_LEVEL.
 * docs: sdk-api bcrypt/nf-bcrypt-bcryptgeneratesymmetrickey */
NTSTATUS NTAPI BCryptGenerateSymmetricKey(BCRYPT_ALG_HANDLE hAlgorithm, BCRYPT_KEY_HANDLE *phKey, PUCHAR pbKeyObject, ULONG cbKeyObject,
                                          PUCHAR pbSecret, ULONG cbSecret, ULONG dwFlags)
{
    struct cng_object *provider = cng_object(hAlgorithm, CNG_PROVIDER, "BCryptGenerateSymmetricKey", PE_CALLER());

    if (provider == NULL)
        return STATUS_INVALID_HANDLE;
    if (!takes_secrets(provider))
        return STATUS_NOT_SUPPORTED;
    if (phKey == NULL || (pbSecret == NULL && cbSecret != 0) || dwFlags != 0 || (pbKeyObject == NULL && cbKeyObject != 0))
        return STATUS_INVALID_PARAMETER;
    return make_key(provider, pbSecret, cbSecret, pbKeyObject, cbKeyObject, phKey, __builtin_return_address(0));
}

static NTSTATUS import_data(const UCHAR *in, ULONG size, const UCHAR **secret, ULONG *secret_size)
{
    const BCRYPT_KEY_DATA_BLOB_HEADER *header = (const void *)in;

    if (size < sizeof(*header) || header->dwMagic != BCRYPT_KEY_DATA_BLOB_MAGIC || header->dwVersion != BCRYPT_KEY_DATA_BLOB_VERSION1 ||
        header->cbKeyData > size - sizeof(*header))
        return STATUS_INVALID_PARAMETER;
    *secret = in + sizeof(*header);
    *secret_size = header->cbKeyData;
    return STATUS_SUCCESS;
}

/* A symmetric key out of a blob: BCRYPT_KEY_DATA_BLOB, BCRYPT_OPAQUE_KEY_BLOB, or BCRYPT_AES_WRAP_KEY_BLOB with the AES key
 * hImportKey. STATUS_NOT_SUPPORTED: another blob. Otherwise as BCryptGenerateSymmetricKey. <= DISPATCH_LEVEL.
 * docs: sdk-api bcrypt/nf-bcrypt-bcryptimportkey */
NTSTATUS NTAPI BCryptImportKey(BCRYPT_ALG_HANDLE hAlgorithm, BCRYPT_KEY_HANDLE hImportKey, LPCWSTR pszBlobType, BCRYPT_KEY_HANDLE *phKey,
                               PUCHAR pbKeyObject, ULONG cbKeyObject, PUCHAR pbInput, ULONG cbInput, ULONG dwFlags)
{
    struct cng_object *provider = cng_object(hAlgorithm, CNG_PROVIDER, "BCryptImportKey", PE_CALLER()), *with;
    UCHAR unwrapped[WRAP_MAX];
    const UCHAR *secret;
    ULONG size;
    NTSTATUS status;

    if (provider == NULL)
        return STATUS_INVALID_HANDLE;
    if (phKey == NULL || pszBlobType == NULL || pbInput == NULL || dwFlags != 0 || (pbKeyObject == NULL && cbKeyObject != 0))
        return STATUS_INVALID_PARAMETER;
    if (!takes_secrets(provider))
        return STATUS_NOT_SUPPORTED;
    if (cng_is(pszBlobType, "KeyDataBlob") || cng_is(pszBlobType, "OpaqueKeyBlob")) {
        status = import_data(pbInput, cbInput, &secret, &size);
    } else if (cng_is(pszBlobType, "Rfc3565KeyWrapBlob")) {
        with = cng_object(hImportKey, CNG_KEY, "BCryptImportKey", PE_CALLER());
        if (with == NULL || with->algorithm->class != CNG_CIPHER || with->algorithm->size != 16 || cbInput % 8 != 0 || cbInput > WRAP_MAX)
            return STATUS_INVALID_PARAMETER;
        status = cng_wrap(with, false, pbInput, cbInput, unwrapped, &size);
        secret = unwrapped;
    } else {
        return STATUS_NOT_SUPPORTED;
    }
    return NT_SUCCESS(status) ? make_key(provider, secret, size, pbKeyObject, cbKeyObject, phKey, __builtin_return_address(0)) : status;
}

static bool copy_secret(struct cng_object *copy, const struct cng_object *key)
{
    if (key->secret == NULL)
        return true;
    copy->secret = malloc(key->secret_size + 1);
    if (copy->secret == NULL)
        return false;
    memcpy(copy->secret, key->secret, key->secret_size);
    copy->secret_size = key->secret_size;
    memcpy(copy->iv, key->iv, sizeof(key->iv));
    return true;
}

/* A second symmetric key like the first. STATUS_INVALID_HANDLE, _INVALID_PARAMETER, _BUFFER_TOO_SMALL. <= DISPATCH_LEVEL.
 * docs: sdk-api bcrypt/nf-bcrypt-bcryptduplicatekey */
NTSTATUS NTAPI BCryptDuplicateKey(BCRYPT_KEY_HANDLE hKey, BCRYPT_KEY_HANDLE *phNewKey, PUCHAR pbKeyObject, ULONG cbKeyObject, ULONG dwFlags)
{
    struct cng_object *key = cng_object(hKey, CNG_KEY, "BCryptDuplicateKey", PE_CALLER()), *copy;

    if (key == NULL)
        return STATUS_INVALID_HANDLE;
    if (phNewKey == NULL || dwFlags != 0 || (pbKeyObject == NULL && cbKeyObject != 0))
        return STATUS_INVALID_PARAMETER;
    copy = cng_new(CNG_KEY, key);
    if (copy == NULL || !copy_secret(copy, key)) {
        cng_free(copy);
        return STATUS_NO_MEMORY;
    }
    copy->bits = key->bits;
    copy->is_private = key->is_private;
    copy->pair = key->pair;
    if (copy->pair != NULL)
        EVP_PKEY_up_ref(copy->pair);
    return cng_publish(copy, pbKeyObject, cbKeyObject, phNewKey, __builtin_return_address(0));
}

/* STATUS_INVALID_HANDLE. <= DISPATCH_LEVEL. docs: sdk-api bcrypt/nf-bcrypt-bcryptdestroykey */
NTSTATUS NTAPI BCryptDestroyKey(BCRYPT_KEY_HANDLE hKey)
{
    return cng_destroy(hKey, CNG_KEY);
}

static NTSTATUS crypt_with(PVOID handle, bool encrypt, const UCHAR *in, ULONG in_size, void *info, UCHAR *iv, ULONG iv_size, UCHAR *out,
                           ULONG out_size, ULONG *result, ULONG flags, struct pe_caller caller)
{
    struct cng_object *key = cng_object(handle, CNG_KEY, encrypt ? "BCryptEncrypt" : "BCryptDecrypt", caller);

    if (key == NULL)
        return STATUS_INVALID_HANDLE;
    if (result == NULL)
        return STATUS_INVALID_PARAMETER;
    *result = 0;
    if (key->algorithm->class == CNG_CIPHER || key->algorithm->class == CNG_AEAD)
        return cng_symmetric(key, encrypt, in, in_size, info, iv, iv_size, out, out_size, result, flags);
    if (key->algorithm->operations & BCRYPT_ASYMMETRIC_ENCRYPTION_OPERATION)
        return cng_asymmetric(key, encrypt, in, in_size, info, out, out_size, result, flags);
    return STATUS_NOT_SUPPORTED;
}

/* Encrypts cbInput bytes; pbOutput may be pbInput. pbOutput NULL: *pcbResult gets the bytes needed. pbIV (a block, or NULL) goes on to
 * the next call's value. pPaddingInfo: BCRYPT_AUTHENTICATED_CIPHER_MODE_INFO for GCM, CCM and ChaCha20-Poly1305, the padding's
 * structure for RSA, otherwise NULL. STATUS_BUFFER_TOO_SMALL, _INVALID_BUFFER_SIZE (no whole blocks), _INVALID_HANDLE,
 * _INVALID_PARAMETER, _NOT_SUPPORTED. <= DISPATCH_LEVEL. docs: sdk-api bcrypt/nf-bcrypt-bcryptencrypt */
NTSTATUS NTAPI BCryptEncrypt(BCRYPT_KEY_HANDLE hKey, PUCHAR pbInput, ULONG cbInput, VOID *pPaddingInfo, PUCHAR pbIV, ULONG cbIV,
                             PUCHAR pbOutput, ULONG cbOutput, ULONG *pcbResult, ULONG dwFlags)
{
    return crypt_with(hKey, true, pbInput, cbInput, pPaddingInfo, pbIV, cbIV, pbOutput, cbOutput, pcbResult, dwFlags, PE_CALLER());
}

/* The way back. STATUS_AUTH_TAG_MISMATCH: the tag is not the data's; the output is zeroed. STATUS_DATA_ERROR: no padding at the
 * end. <= DISPATCH_LEVEL. docs: sdk-api bcrypt/nf-bcrypt-bcryptdecrypt */
NTSTATUS NTAPI BCryptDecrypt(BCRYPT_KEY_HANDLE hKey, PUCHAR pbInput, ULONG cbInput, VOID *pPaddingInfo, PUCHAR pbIV, ULONG cbIV,
                             PUCHAR pbOutput, ULONG cbOutput, ULONG *pcbResult, ULONG dwFlags)
{
    return crypt_with(hKey, false, pbInput, cbInput, pPaddingInfo, pbIV, cbIV, pbOutput, cbOutput, pcbResult, dwFlags, PE_CALLER());
}

/* ---- exporting ---- */

static NTSTATUS export_secret(const struct cng_object *key, UCHAR *out, ULONG room, ULONG *needed)
{
    BCRYPT_KEY_DATA_BLOB_HEADER header = { BCRYPT_KEY_DATA_BLOB_MAGIC, BCRYPT_KEY_DATA_BLOB_VERSION1, key->secret_size };

    *needed = (ULONG)sizeof(header) + key->secret_size;
    if (out == NULL)
        return STATUS_SUCCESS;
    if (room < *needed)
        return STATUS_BUFFER_TOO_SMALL;
    memcpy(out, &header, sizeof(header));
    memcpy(out + sizeof(header), key->secret, key->secret_size);
    return STATUS_SUCCESS;
}

static NTSTATUS export_wrapped(const struct cng_object *key, struct cng_object *with, UCHAR *out, ULONG room, ULONG *needed)
{
    if (with == NULL || with->algorithm->class != CNG_CIPHER || with->algorithm->size != 16 || key->secret_size % 8 != 0)
        return STATUS_INVALID_PARAMETER;
    *needed = key->secret_size + 8;
    if (out == NULL)
        return STATUS_SUCCESS;
    return room < *needed ? STATUS_BUFFER_TOO_SMALL : cng_wrap(with, true, key->secret, key->secret_size, out, needed);
}

/* A key as a blob. *pcbResult: its bytes, also when pbOutput is NULL. hExportKey: the AES key for BCRYPT_AES_WRAP_KEY_BLOB.
 * STATUS_BUFFER_TOO_SMALL, _INVALID_HANDLE, _INVALID_PARAMETER; STATUS_NOT_SUPPORTED: the key has no such blob.
 * <= DISPATCH_LEVEL. docs: sdk-api bcrypt/nf-bcrypt-bcryptexportkey */
NTSTATUS NTAPI BCryptExportKey(BCRYPT_KEY_HANDLE hKey, BCRYPT_KEY_HANDLE hExportKey, LPCWSTR pszBlobType, PUCHAR pbOutput, ULONG cbOutput,
                               ULONG *pcbResult, ULONG dwFlags)
{
    struct cng_object *key = cng_object(hKey, CNG_KEY, "BCryptExportKey", PE_CALLER());

    if (key == NULL)
        return STATUS_INVALID_HANDLE;
    if (pszBlobType == NULL || pcbResult == NULL || dwFlags != 0)
        return STATUS_INVALID_PARAMETER;
    if (pair_class(key->algorithm))
        return cng_export_pair(key, pszBlobType, pbOutput, cbOutput, pcbResult);
    if (cng_is(pszBlobType, "KeyDataBlob") || cng_is(pszBlobType, "OpaqueKeyBlob"))
        return export_secret(key, pbOutput, cbOutput, pcbResult);
    if (cng_is(pszBlobType, "Rfc3565KeyWrapBlob"))
        return export_wrapped(key, cng_object(hExportKey, CNG_KEY, "BCryptExportKey", PE_CALLER()), pbOutput, cbOutput, pcbResult);
    return STATUS_NOT_SUPPORTED;
}
