/* Algorithm providers of cng.sys and the properties of objects. */
#include <string.h>

#include "nt/cng.h"
#include "nt/ke.h"
#include "nt/pool.h"

#define BUFFER_TAG 0x6275426eu          /* "nBub" */

static const char *const mode_names[] = { "ChainingModeN/A", "ChainingModeECB", "ChainingModeCBC", "ChainingModeCFB",
                                          "ChainingModeGCM", "ChainingModeCCM" };

/* Opens the provider of an algorithm. pszImplementation: NULL or "Microsoft Primitive Provider". dwFlags: BCRYPT_PROV_DISPATCH,
 * BCRYPT_ALG_HANDLE_HMAC_FLAG and BCRYPT_HASH_REUSABLE_FLAG (hashes). STATUS_NOT_FOUND: no such algorithm or provider;
 * STATUS_INVALID_PARAMETER, STATUS_NO_MEMORY. PASSIVE_LEVEL. docs: sdk-api bcrypt/nf-bcrypt-bcryptopenalgorithmprovider */
NTSTATUS NTAPI BCryptOpenAlgorithmProvider(BCRYPT_ALG_HANDLE *phAlgorithm, LPCWSTR pszAlgId, LPCWSTR pszImplementation, ULONG dwFlags)
{
    const ULONG known = BCRYPT_PROV_DISPATCH | BCRYPT_ALG_HANDLE_HMAC_FLAG | BCRYPT_HASH_REUSABLE_FLAG;
    const struct cng_algorithm *algorithm;
    struct cng_object *provider;

    if (phAlgorithm == NULL || pszAlgId == NULL || (dwFlags & ~known))
        return STATUS_INVALID_PARAMETER;
    algorithm = cng_algorithm(pszAlgId);
    if (algorithm == NULL || (pszImplementation != NULL && !cng_is(pszImplementation, "Microsoft Primitive Provider")))
        return STATUS_NOT_FOUND;
    if ((dwFlags & BCRYPT_ALG_HANDLE_HMAC_FLAG) && algorithm->class != CNG_HASH)
        return STATUS_INVALID_PARAMETER;
    provider = cng_new(CNG_PROVIDER, NULL);
    if (provider == NULL)
        return STATUS_NO_MEMORY;
    provider->algorithm = algorithm;
    provider->dispatch = dwFlags & BCRYPT_PROV_DISPATCH;
    provider->hmac = dwFlags & BCRYPT_ALG_HANDLE_HMAC_FLAG;
    provider->reusable = dwFlags & BCRYPT_HASH_REUSABLE_FLAG;
    provider->mode = algorithm->class == CNG_CIPHER ? CNG_CBC : CNG_NA;
    provider->message_block = 1;
    return cng_publish(provider, NULL, 0, phAlgorithm, __builtin_return_address(0));
}

/* dwFlags: 0. STATUS_INVALID_HANDLE. PASSIVE_LEVEL. docs: sdk-api bcrypt/nf-bcrypt-bcryptclosealgorithmprovider */
NTSTATUS NTAPI BCryptCloseAlgorithmProvider(BCRYPT_ALG_HANDLE hAlgorithm, ULONG dwFlags)
{
    (void)dwFlags;
    return cng_destroy(hAlgorithm, CNG_PROVIDER);
}

/* ---- properties ---- */

static ULONG widen(const char *text, WCHAR *to)
{
    ULONG n = 0;

    for (;; n++) {
        if (to != NULL)
            to[n] = (UCHAR)text[n];
        if (text[n] == 0)
            return (n + 1) * (ULONG)sizeof(WCHAR);
    }
}

/* A property's value, at most 64 bytes; 0: it has none of that name. */
static ULONG object_property(struct cng_object *o, LPCWSTR name, PVOID handle, UCHAR *to)
{
    ULONG_PTR number = 0;
    ULONG size = sizeof(ULONG);

    if (cng_is(name, "AlgorithmName"))
        return widen(o->algorithm->name, (WCHAR *)(void *)to);
    if (cng_is(name, "ProviderHandle") && o->kind == CNG_PROVIDER) {
        number = (ULONG_PTR)handle;
        size = sizeof(PVOID);
    } else if (cng_is(name, "ObjectLength") || cng_is(name, "KeyObjectLength")) {
        number = CNG_OBJECT_LENGTH;
    } else if (cng_is(name, "PrimitiveType")) {
        number = o->algorithm->interface;
    } else {
        return 0;
    }
    memcpy(to, &number, size);
    return size;
}

static ULONG hash_property(struct cng_object *o, LPCWSTR name, UCHAR *to)
{
    ULONG number;

    if (!(o->algorithm->operations & BCRYPT_HASH_OPERATION))
        return 0;
    if (cng_is(name, "HashDigestLength"))
        number = o->algorithm->size;
    else if (cng_is(name, "HashBlockLength"))
        number = o->algorithm->block;
    else if (cng_is(name, "IsKeyedHash"))
        number = o->hmac || o->algorithm->class == CNG_CMAC;
    else if (cng_is(name, "IsReusableHash"))
        number = o->reusable;
    else
        return 0;
    memcpy(to, &number, sizeof(number));
    return sizeof(number);
}

static ULONG three(UCHAR *to, ULONG low, ULONG high, ULONG step)
{
    BCRYPT_KEY_LENGTHS_STRUCT range = { low, high, step };

    memcpy(to, &range, sizeof(range));
    return sizeof(range);
}

static ULONG cipher_property(struct cng_object *o, LPCWSTR name, UCHAR *to)
{
    bool aead = o->algorithm->class == CNG_AEAD;
    ULONG number;

    if (o->algorithm->class != CNG_CIPHER && !aead)
        return 0;
    if (cng_is(name, "ChainingMode"))
        return widen(mode_names[o->mode], (WCHAR *)(void *)to);
    if (cng_is(name, "AuthTagLength") && o->mode == CNG_GCM)
        return three(to, 12, 16, 1);
    if (cng_is(name, "AuthTagLength") && o->mode == CNG_CCM)
        return three(to, 4, 16, 2);
    if (cng_is(name, "AuthTagLength") && aead)
        return three(to, 16, 16, 1);
    if (cng_is(name, "IV") && o->kind == CNG_KEY && !aead) {
        memcpy(to, o->iv, o->algorithm->size);
        return o->algorithm->size;
    }
    if (cng_is(name, "BlockLength") || cng_is(name, "BlockSizeList"))
        number = o->algorithm->size;
    else if (cng_is(name, "MessageBlockLength"))
        number = o->mode == CNG_CFB ? o->message_block : o->algorithm->size;
    else
        return 0;
    memcpy(to, &number, sizeof(number));
    return sizeof(number);
}

static ULONG key_property(struct cng_object *o, LPCWSTR name, UCHAR *to)
{
    const BCRYPT_KEY_LENGTHS_STRUCT *lengths = &o->algorithm->lengths;
    bool pair = o->algorithm->class == CNG_RSA || o->algorithm->class == CNG_ECDSA || o->algorithm->class == CNG_ECDH;
    ULONG number;

    if (cng_is(name, "KeyLengths") && lengths->dwMaxLength != 0)
        return three(to, lengths->dwMinLength, lengths->dwMaxLength, lengths->dwIncrement);
    if (cng_is(name, "PaddingSchemes") && o->algorithm->class == CNG_RSA)
        number = BCRYPT_SUPPORTED_PAD_ROUTER | BCRYPT_SUPPORTED_PAD_PKCS1_SIG | BCRYPT_SUPPORTED_PAD_PSS |
                 (o->algorithm->operations & BCRYPT_ASYMMETRIC_ENCRYPTION_OPERATION
                      ? BCRYPT_SUPPORTED_PAD_PKCS1_ENC | BCRYPT_SUPPORTED_PAD_OAEP : 0);
    else if (o->kind != CNG_KEY)
        return 0;
    else if (cng_is(name, "KeyLength") || cng_is(name, "KeyStrength") || (pair && cng_is(name, "PublicKeyLength")))
        number = cng_key_bits(o);
    else if (cng_is(name, "SignatureLength") && (o->algorithm->operations & BCRYPT_SIGNATURE_OPERATION))
        number = cng_signature_length(o);
    else if (cng_is(name, "BlockLength") && o->algorithm->class == CNG_RSA)
        number = (cng_key_bits(o) + 7) / 8;
    else
        return 0;
    memcpy(to, &number, sizeof(number));
    return sizeof(number);
}

static struct cng_object *any_object(PVOID handle, const char *what, struct pe_caller caller)
{
    struct cng_object *o = cng_object(handle, CNG_PROVIDER, what, caller);

    if (o == NULL)
        o = cng_object(handle, CNG_KEY, what, caller);
    return o != NULL ? o : cng_object(handle, CNG_HASHER, what, caller);
}

/* A property of a provider, key or hash. *pcbResult: bytes of the value, also when pbOutput is NULL (then nothing else happens) or
 * too small (STATUS_BUFFER_TOO_SMALL). STATUS_INVALID_HANDLE, _INVALID_PARAMETER; STATUS_NOT_SUPPORTED: the object has no such
 * property. <= DISPATCH_LEVEL. docs: sdk-api bcrypt/nf-bcrypt-bcryptgetproperty */
NTSTATUS NTAPI BCryptGetProperty(BCRYPT_HANDLE hObject, LPCWSTR pszProperty, PUCHAR pbOutput, ULONG cbOutput, ULONG *pcbResult, ULONG dwFlags)
{
    struct cng_object *o = any_object(hObject, "BCryptGetProperty", PE_CALLER());
    UCHAR value[128] __attribute__((aligned(8)));
    ULONG size;

    if (o == NULL)
        return STATUS_INVALID_HANDLE;
    if (pszProperty == NULL || pcbResult == NULL || dwFlags != 0)
        return STATUS_INVALID_PARAMETER;
    size = object_property(o, pszProperty, hObject, value);
    if (size == 0)
        size = hash_property(o, pszProperty, value);
    if (size == 0)
        size = key_property(o, pszProperty, value);
    if (size == 0)
        size = cipher_property(o, pszProperty, value);
    if (size == 0)
        return STATUS_NOT_SUPPORTED;
    *pcbResult = size;
    if (pbOutput == NULL)
        return STATUS_SUCCESS;
    if (cbOutput < size)
        return STATUS_BUFFER_TOO_SMALL;
    memcpy(pbOutput, value, size);
    return STATUS_SUCCESS;
}

static NTSTATUS set_mode(struct cng_object *o, const WCHAR *text, ULONG size)
{
    bool wide_block = o->algorithm->size == 16;

    if (size < sizeof(WCHAR) || text[size / sizeof(WCHAR) - 1] != 0)
        return STATUS_INVALID_PARAMETER;
    for (enum cng_mode mode = CNG_ECB; mode <= CNG_CCM; mode++)
        if (cng_is(text, mode_names[mode]) && (mode < CNG_GCM || wide_block)) {
            o->mode = mode;
            cng_cipher_reset(o);
            return STATUS_SUCCESS;
        }
    return STATUS_NOT_SUPPORTED;
}

/* BCRYPT_CHAINING_MODE and BCRYPT_MESSAGE_BLOCK_LENGTH of a cipher's provider or key, BCRYPT_INITIALIZATION_VECTOR of a key,
 * BCRYPT_KEY_LENGTH of a pair that is not finalized. STATUS_INVALID_HANDLE, _INVALID_PARAMETER, _NOT_SUPPORTED. <= DISPATCH_LEVEL.
 * docs: sdk-api bcrypt/nf-bcrypt-bcryptsetproperty */
NTSTATUS NTAPI BCryptSetProperty(BCRYPT_HANDLE hObject, LPCWSTR pszProperty, PUCHAR pbInput, ULONG cbInput, ULONG dwFlags)
{
    struct cng_object *o = any_object(hObject, "BCryptSetProperty", PE_CALLER());
    bool cipher = o != NULL && o->algorithm->class == CNG_CIPHER;
    ULONG number = 0;

    if (o == NULL || (uintptr_t)hObject < 0x1000)
        return STATUS_INVALID_HANDLE;
    if (pszProperty == NULL || pbInput == NULL || dwFlags != 0)
        return STATUS_INVALID_PARAMETER;
    if (cbInput >= sizeof(number))
        memcpy(&number, pbInput, sizeof(number));
    if (cipher && cng_is(pszProperty, "ChainingMode"))
        return set_mode(o, (const WCHAR *)(const void *)pbInput, cbInput);
    if (cipher && cng_is(pszProperty, "MessageBlockLength")) {
        if (cbInput != sizeof(number) || (number != 1 && number != o->algorithm->size))
            return STATUS_INVALID_PARAMETER;
        o->message_block = number;
        cng_cipher_reset(o);
        return STATUS_SUCCESS;
    }
    if (cipher && o->kind == CNG_KEY && cng_is(pszProperty, "IV")) {
        if (cbInput != o->algorithm->size)
            return STATUS_INVALID_PARAMETER;
        memcpy(o->iv, pbInput, cbInput);
        return STATUS_SUCCESS;
    }
    if (o->kind == CNG_KEY && o->algorithm->class == CNG_RSA && o->pair == NULL && cng_is(pszProperty, "KeyLength")) {
        if (cbInput != sizeof(number) || number < 512 || number > 16384 || number % 64 != 0)
            return STATUS_INVALID_PARAMETER;
        o->bits = number;
        return STATUS_SUCCESS;
    }
    return STATUS_NOT_SUPPORTED;
}

/* ---- lists ---- */

/* The algorithms that serve one of the operations (BCRYPT_..._OPERATION), in one block for BCryptFreeBuffer.
 * STATUS_INVALID_PARAMETER, STATUS_NO_MEMORY. PASSIVE_LEVEL. docs: sdk-api bcrypt/nf-bcrypt-bcryptenumalgorithms */
NTSTATUS NTAPI BCryptEnumAlgorithms(ULONG dwAlgOperations, ULONG *pAlgCount, BCRYPT_ALGORITHM_IDENTIFIER **ppAlgList, ULONG dwFlags)
{
    BCRYPT_ALGORITHM_IDENTIFIER *list;
    size_t size = 0;
    ULONG count = 0;
    WCHAR *text;

    if (pAlgCount == NULL || ppAlgList == NULL || dwFlags != 0 || dwAlgOperations == 0 || (dwAlgOperations & ~0x7Fu))
        return STATUS_INVALID_PARAMETER;
    for (size_t i = 0; i < cng_algorithm_count; i++)
        if (cng_algorithms[i].operations & dwAlgOperations) {
            size += sizeof(*list) + widen(cng_algorithms[i].name, NULL);
            count++;
        }
    list = pool_alloc(PagedPool, size, BUFFER_TAG, __builtin_return_address(0));
    if (list == NULL)
        return STATUS_NO_MEMORY;
    *ppAlgList = list;
    *pAlgCount = count;
    text = (WCHAR *)(void *)(list + count);
    for (size_t i = 0; i < cng_algorithm_count; i++)
        if (cng_algorithms[i].operations & dwAlgOperations) {
            *list++ = (BCRYPT_ALGORITHM_IDENTIFIER){ text, cng_algorithms[i].interface, 0 };
            text += widen(cng_algorithms[i].name, text) / sizeof(WCHAR);
        }
    return STATUS_SUCCESS;
}

/* The providers of an algorithm: one. STATUS_NOT_FOUND. PASSIVE_LEVEL. docs: sdk-api bcrypt/nf-bcrypt-bcryptenumproviders */
NTSTATUS NTAPI BCryptEnumProviders(LPCWSTR pszAlgId, ULONG *pImplCount, BCRYPT_PROVIDER_NAME **ppImplList, ULONG dwFlags)
{
    static const char name[] = "Microsoft Primitive Provider";
    BCRYPT_PROVIDER_NAME *list;

    if (pszAlgId == NULL || pImplCount == NULL || ppImplList == NULL || dwFlags != 0)
        return STATUS_INVALID_PARAMETER;
    if (cng_algorithm(pszAlgId) == NULL)
        return STATUS_NOT_FOUND;
    list = pool_alloc(PagedPool, sizeof(*list) + sizeof(name) * sizeof(WCHAR), BUFFER_TAG, __builtin_return_address(0));
    if (list == NULL)
        return STATUS_NO_MEMORY;
    list->pszProviderName = (LPWSTR)(void *)(list + 1);
    widen(name, list->pszProviderName);
    *pImplCount = 1;
    *ppImplList = list;
    return STATUS_SUCCESS;
}

/* Frees what an enumeration gave; NULL is nothing. PASSIVE_LEVEL. docs: sdk-api bcrypt/nf-bcrypt-bcryptfreebuffer */
VOID NTAPI BCryptFreeBuffer(PVOID pvBuffer)
{
    if (pvBuffer != NULL)
        pool_free(pvBuffer, BUFFER_TAG, __builtin_return_address(0));
}

/* FIPS mode is off. PASSIVE_LEVEL. docs: sdk-api bcrypt/nf-bcrypt-bcryptgetfipsalgorithmmode */
NTSTATUS NTAPI BCryptGetFipsAlgorithmMode(BOOLEAN *pfEnabled)
{
    if (pfEnabled == NULL)
        return STATUS_INVALID_PARAMETER;
    *pfEnabled = FALSE;
    return STATUS_SUCCESS;
}

/* An event to be set when providers change; here they never do. PASSIVE_LEVEL.
 * docs: sdk-api bcrypt/nf-bcrypt-bcryptregisterconfigchangenotify~r1 */
NTSTATUS NTAPI BCryptRegisterConfigChangeNotify(PRKEVENT pEvent)
{
    return pEvent != NULL ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

/* PASSIVE_LEVEL. docs: sdk-api bcrypt/nf-bcrypt-bcryptunregisterconfigchangenotify~r1 */
NTSTATUS NTAPI BCryptUnregisterConfigChangeNotify(PRKEVENT pEvent)
{
    return pEvent != NULL ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}
