/* Cryptography API: Next Generation, as cng.sys and ksecdd.sys offer it to drivers. A driver links cng.lib (or
 * ksecdd.lib). Handles are opaque; the pseudo-handles of algorithms need no open and no close.
 * docs: sdk-api bcrypt/, seccng/cng-algorithm-identifiers, cng-algorithm-pseudo-handles, cng-property-identifiers */
#ifndef RING3_BCRYPT_H
#define RING3_BCRYPT_H

#include <wdm.h>

RING3_BEGIN_C

#ifndef BCRYPT_SUCCESS
#define BCRYPT_SUCCESS(Status) ((NTSTATUS)(Status) >= 0)
#endif

typedef PVOID BCRYPT_HANDLE, BCRYPT_ALG_HANDLE, BCRYPT_KEY_HANDLE, BCRYPT_HASH_HANDLE, BCRYPT_SECRET_HANDLE;

#include <ring3/bcrypt_names.h>

/* ---- flags ---- */

#define BCRYPT_PROV_DISPATCH 0x00000001
#define BCRYPT_ALG_HANDLE_HMAC_FLAG 0x00000008
#define BCRYPT_CAPI_AES_FLAG 0x00000010
#define BCRYPT_HASH_REUSABLE_FLAG 0x00000020
#define BCRYPT_BUFFERS_LOCKED_FLAG 0x00000040
#define BCRYPT_RNG_USE_ENTROPY_IN_BUFFER 0x00000001
#define BCRYPT_USE_SYSTEM_PREFERRED_RNG 0x00000002
#define BCRYPT_NO_KEY_VALIDATION 0x00000008
#define BCRYPT_BLOCK_PADDING 0x00000001
#define BCRYPT_PAD_NONE 0x00000001
#define BCRYPT_PAD_PKCS1 0x00000002
#define BCRYPT_PAD_OAEP 0x00000004
#define BCRYPT_PAD_PSS 0x00000008
#define BCRYPT_SUPPORTED_PAD_ROUTER 0x00000001
#define BCRYPT_SUPPORTED_PAD_PKCS1_ENC 0x00000002
#define BCRYPT_SUPPORTED_PAD_PKCS1_SIG 0x00000004
#define BCRYPT_SUPPORTED_PAD_OAEP 0x00000008
#define BCRYPT_SUPPORTED_PAD_PSS 0x00000010
#define KDF_USE_SECRET_AS_HMAC_KEY_FLAG 0x00000001
#define BCRYPT_AUTH_MODE_CHAIN_CALLS_FLAG 0x00000001
#define BCRYPT_AUTH_MODE_IN_PROGRESS_FLAG 0x00000002
#define BCRYPT_OBJECT_ALIGNMENT 16

#define BCRYPT_CIPHER_INTERFACE 0x00000001
#define BCRYPT_HASH_INTERFACE 0x00000002
#define BCRYPT_ASYMMETRIC_ENCRYPTION_INTERFACE 0x00000003
#define BCRYPT_SECRET_AGREEMENT_INTERFACE 0x00000004
#define BCRYPT_SIGNATURE_INTERFACE 0x00000005
#define BCRYPT_RNG_INTERFACE 0x00000006
#define BCRYPT_KEY_DERIVATION_INTERFACE 0x00000007
#define BCRYPT_CIPHER_OPERATION 0x00000001
#define BCRYPT_HASH_OPERATION 0x00000002
#define BCRYPT_ASYMMETRIC_ENCRYPTION_OPERATION 0x00000004
#define BCRYPT_SECRET_AGREEMENT_OPERATION 0x00000008
#define BCRYPT_SIGNATURE_OPERATION 0x00000010
#define BCRYPT_RNG_OPERATION 0x00000020
#define BCRYPT_KEY_DERIVATION_OPERATION 0x00000040

/* BCryptBuffer.BufferType */
#define KDF_HASH_ALGORITHM 0x0
#define KDF_SECRET_PREPEND 0x1
#define KDF_SECRET_APPEND 0x2
#define KDF_HMAC_KEY 0x3
#define KDF_TLS_PRF_LABEL 0x4
#define KDF_TLS_PRF_SEED 0x5
#define KDF_SECRET_HANDLE 0x6
#define KDF_TLS_PRF_PROTOCOL 0x7
#define KDF_ALGORITHMID 0x8
#define KDF_PARTYUINFO 0x9
#define KDF_PARTYVINFO 0xA
#define KDF_SUPPPUBINFO 0xB
#define KDF_SUPPPRIVINFO 0xC
#define KDF_LABEL 0xD
#define KDF_CONTEXT 0xE
#define KDF_SALT 0xF
#define KDF_ITERATION_COUNT 0x10
#define KDF_GENERIC_PARAMETER 0x11
#define KDF_KEYBITLENGTH 0x12

/* ---- structures ---- */

typedef struct __BCRYPT_KEY_LENGTHS_STRUCT {
    ULONG dwMinLength;
    ULONG dwMaxLength;
    ULONG dwIncrement;
} BCRYPT_KEY_LENGTHS_STRUCT, BCRYPT_AUTH_TAG_LENGTHS_STRUCT;
RING3_SIZE(BCRYPT_KEY_LENGTHS_STRUCT, 12);

typedef struct _BCRYPT_ALGORITHM_IDENTIFIER {
    LPWSTR pszName;
    ULONG dwClass;
    ULONG dwFlags;
} BCRYPT_ALGORITHM_IDENTIFIER;
RING3_SIZE(BCRYPT_ALGORITHM_IDENTIFIER, 16);

typedef struct _BCRYPT_PROVIDER_NAME {
    LPWSTR pszProviderName;
} BCRYPT_PROVIDER_NAME;

typedef struct _BCRYPT_PKCS1_PADDING_INFO {
    LPCWSTR pszAlgId;
} BCRYPT_PKCS1_PADDING_INFO;

typedef struct _BCRYPT_PSS_PADDING_INFO {
    LPCWSTR pszAlgId;
    ULONG cbSalt;
} BCRYPT_PSS_PADDING_INFO;
RING3_SIZE(BCRYPT_PSS_PADDING_INFO, 16);

typedef struct _BCRYPT_OAEP_PADDING_INFO {
    LPCWSTR pszAlgId;
    PUCHAR pbLabel;
    ULONG cbLabel;
} BCRYPT_OAEP_PADDING_INFO;
RING3_SIZE(BCRYPT_OAEP_PADDING_INFO, 24);

#define BCRYPT_AUTHENTICATED_CIPHER_MODE_INFO_VERSION 1
typedef struct _BCRYPT_AUTHENTICATED_CIPHER_MODE_INFO {
    ULONG cbSize;
    ULONG dwInfoVersion;
    PUCHAR pbNonce;
    ULONG cbNonce;
    PUCHAR pbAuthData;
    ULONG cbAuthData;
    PUCHAR pbTag;
    ULONG cbTag;
    PUCHAR pbMacContext;
    ULONG cbMacContext;
    ULONG cbAAD;
    ULONGLONG cbData;
    ULONG dwFlags;
} BCRYPT_AUTHENTICATED_CIPHER_MODE_INFO, *PBCRYPT_AUTHENTICATED_CIPHER_MODE_INFO;
RING3_SIZE(BCRYPT_AUTHENTICATED_CIPHER_MODE_INFO, 88);

#define BCRYPT_INIT_AUTH_MODE_INFO(_AUTH_INFO_STRUCT_)                                                              \
    RtlZeroMemory(&(_AUTH_INFO_STRUCT_), sizeof(BCRYPT_AUTHENTICATED_CIPHER_MODE_INFO));                            \
    (_AUTH_INFO_STRUCT_).cbSize = sizeof(BCRYPT_AUTHENTICATED_CIPHER_MODE_INFO);                                    \
    (_AUTH_INFO_STRUCT_).dwInfoVersion = BCRYPT_AUTHENTICATED_CIPHER_MODE_INFO_VERSION

#define BCRYPTBUFFER_VERSION 0
typedef struct _BCryptBuffer {
    ULONG cbBuffer;
    ULONG BufferType;
    PVOID pvBuffer;
} BCryptBuffer, *PBCryptBuffer;
RING3_SIZE(BCryptBuffer, 16);

typedef struct _BCryptBufferDesc {
    ULONG ulVersion;
    ULONG cBuffers;
    PBCryptBuffer pBuffers;
} BCryptBufferDesc, *PBCryptBufferDesc;
RING3_SIZE(BCryptBufferDesc, 16);

/* ---- key blobs ---- */

typedef struct _BCRYPT_KEY_BLOB {
    ULONG Magic;
} BCRYPT_KEY_BLOB;

#define BCRYPT_KEY_DATA_BLOB_MAGIC 0x4d42444b
#define BCRYPT_KEY_DATA_BLOB_VERSION1 1
typedef struct _BCRYPT_KEY_DATA_BLOB_HEADER {
    ULONG dwMagic;
    ULONG dwVersion;
    ULONG cbKeyData;
} BCRYPT_KEY_DATA_BLOB_HEADER, *PBCRYPT_KEY_DATA_BLOB_HEADER;
RING3_SIZE(BCRYPT_KEY_DATA_BLOB_HEADER, 12);

#define BCRYPT_RSAPUBLIC_MAGIC 0x31415352
#define BCRYPT_RSAPRIVATE_MAGIC 0x32415352
#define BCRYPT_RSAFULLPRIVATE_MAGIC 0x33415352
typedef struct _BCRYPT_RSAKEY_BLOB {
    ULONG Magic;
    ULONG BitLength;
    ULONG cbPublicExp;
    ULONG cbModulus;
    ULONG cbPrime1;
    ULONG cbPrime2;
} BCRYPT_RSAKEY_BLOB;
RING3_SIZE(BCRYPT_RSAKEY_BLOB, 24);

#define BCRYPT_ECDH_PUBLIC_P256_MAGIC 0x314b4345
#define BCRYPT_ECDH_PRIVATE_P256_MAGIC 0x324b4345
#define BCRYPT_ECDH_PUBLIC_P384_MAGIC 0x334b4345
#define BCRYPT_ECDH_PRIVATE_P384_MAGIC 0x344b4345
#define BCRYPT_ECDH_PUBLIC_P521_MAGIC 0x354b4345
#define BCRYPT_ECDH_PRIVATE_P521_MAGIC 0x364b4345
#define BCRYPT_ECDSA_PUBLIC_P256_MAGIC 0x31534345
#define BCRYPT_ECDSA_PRIVATE_P256_MAGIC 0x32534345
#define BCRYPT_ECDSA_PUBLIC_P384_MAGIC 0x33534345
#define BCRYPT_ECDSA_PRIVATE_P384_MAGIC 0x34534345
#define BCRYPT_ECDSA_PUBLIC_P521_MAGIC 0x35534345
#define BCRYPT_ECDSA_PRIVATE_P521_MAGIC 0x36534345
typedef struct _BCRYPT_ECCKEY_BLOB {
    ULONG dwMagic;
    ULONG cbKey;
} BCRYPT_ECCKEY_BLOB, *PBCRYPT_ECCKEY_BLOB;
RING3_SIZE(BCRYPT_ECCKEY_BLOB, 8);

/* ---- functions; PASSIVE_LEVEL, or DISPATCH_LEVEL below a provider opened with BCRYPT_PROV_DISPATCH ---- */

#ifndef BCRYPT_API
#define BCRYPT_API NTKERNELAPI NTSTATUS NTAPI
#endif

BCRYPT_API BCryptOpenAlgorithmProvider(_Out_ BCRYPT_ALG_HANDLE *phAlgorithm, _In_ LPCWSTR pszAlgId, _In_opt_ LPCWSTR pszImplementation,
                                       _In_ ULONG dwFlags);
BCRYPT_API BCryptCloseAlgorithmProvider(_In_ BCRYPT_ALG_HANDLE hAlgorithm, _In_ ULONG dwFlags);
BCRYPT_API BCryptEnumAlgorithms(_In_ ULONG dwAlgOperations, _Out_ ULONG *pAlgCount, _Out_ BCRYPT_ALGORITHM_IDENTIFIER **ppAlgList,
                                _In_ ULONG dwFlags);
BCRYPT_API BCryptEnumProviders(_In_ LPCWSTR pszAlgId, _Out_ ULONG *pImplCount, _Out_ BCRYPT_PROVIDER_NAME **ppImplList,
                               _In_ ULONG dwFlags);
NTKERNELAPI VOID NTAPI BCryptFreeBuffer(_In_ PVOID pvBuffer);
BCRYPT_API BCryptGetProperty(_In_ BCRYPT_HANDLE hObject, _In_ LPCWSTR pszProperty, PUCHAR pbOutput, _In_ ULONG cbOutput,
                             _Out_ ULONG *pcbResult, _In_ ULONG dwFlags);
BCRYPT_API BCryptSetProperty(_Inout_ BCRYPT_HANDLE hObject, _In_ LPCWSTR pszProperty, _In_ PUCHAR pbInput, _In_ ULONG cbInput,
                             _In_ ULONG dwFlags);
BCRYPT_API BCryptGetFipsAlgorithmMode(_Out_ BOOLEAN *pfEnabled);
BCRYPT_API BCryptRegisterConfigChangeNotify(_In_ PRKEVENT pEvent);
BCRYPT_API BCryptUnregisterConfigChangeNotify(_In_ PRKEVENT pEvent);

BCRYPT_API BCryptGenRandom(_In_opt_ BCRYPT_ALG_HANDLE hAlgorithm, _Out_ PUCHAR pbBuffer, _In_ ULONG cbBuffer, _In_ ULONG dwFlags);
NTKERNELAPI int NTAPI SystemPrng(_Out_ PUCHAR pbRandomData, _In_ SIZE_T cbRandomData);

BCRYPT_API BCryptCreateHash(_Inout_ BCRYPT_ALG_HANDLE hAlgorithm, _Out_ BCRYPT_HASH_HANDLE *phHash, PUCHAR pbHashObject,
                            _In_ ULONG cbHashObject, PUCHAR pbSecret, _In_ ULONG cbSecret, _In_ ULONG dwFlags);
BCRYPT_API BCryptHashData(_Inout_ BCRYPT_HASH_HANDLE hHash, _In_ PUCHAR pbInput, _In_ ULONG cbInput, _In_ ULONG dwFlags);
BCRYPT_API BCryptFinishHash(_Inout_ BCRYPT_HASH_HANDLE hHash, _Out_ PUCHAR pbOutput, _In_ ULONG cbOutput, _In_ ULONG dwFlags);
BCRYPT_API BCryptDuplicateHash(_In_ BCRYPT_HASH_HANDLE hHash, _Out_ BCRYPT_HASH_HANDLE *phNewHash, PUCHAR pbHashObject,
                               _In_ ULONG cbHashObject, _In_ ULONG dwFlags);
BCRYPT_API BCryptDestroyHash(_Inout_ BCRYPT_HASH_HANDLE hHash);
BCRYPT_API BCryptHash(_Inout_ BCRYPT_ALG_HANDLE hAlgorithm, PUCHAR pbSecret, _In_ ULONG cbSecret, PUCHAR pbInput, _In_ ULONG cbInput,
                      _Out_ PUCHAR pbOutput, _In_ ULONG cbOutput);

BCRYPT_API BCryptGenerateSymmetricKey(_Inout_ BCRYPT_ALG_HANDLE hAlgorithm, _Out_ BCRYPT_KEY_HANDLE *phKey, PUCHAR pbKeyObject,
                                      _In_ ULONG cbKeyObject, _In_ PUCHAR pbSecret, _In_ ULONG cbSecret, _In_ ULONG dwFlags);
BCRYPT_API BCryptGenerateKeyPair(_Inout_ BCRYPT_ALG_HANDLE hAlgorithm, _Out_ BCRYPT_KEY_HANDLE *phKey, _In_ ULONG dwLength,
                                 _In_ ULONG dwFlags);
BCRYPT_API BCryptFinalizeKeyPair(_Inout_ BCRYPT_KEY_HANDLE hKey, _In_ ULONG dwFlags);
BCRYPT_API BCryptDuplicateKey(_In_ BCRYPT_KEY_HANDLE hKey, _Out_ BCRYPT_KEY_HANDLE *phNewKey, PUCHAR pbKeyObject,
                              _In_ ULONG cbKeyObject, _In_ ULONG dwFlags);
BCRYPT_API BCryptDestroyKey(_Inout_ BCRYPT_KEY_HANDLE hKey);
BCRYPT_API BCryptImportKey(_In_ BCRYPT_ALG_HANDLE hAlgorithm, _In_opt_ BCRYPT_KEY_HANDLE hImportKey, _In_ LPCWSTR pszBlobType,
                           _Out_ BCRYPT_KEY_HANDLE *phKey, PUCHAR pbKeyObject, _In_ ULONG cbKeyObject, _In_ PUCHAR pbInput,
                           _In_ ULONG cbInput, _In_ ULONG dwFlags);
BCRYPT_API BCryptImportKeyPair(_In_ BCRYPT_ALG_HANDLE hAlgorithm, _In_opt_ BCRYPT_KEY_HANDLE hImportKey, _In_ LPCWSTR pszBlobType,
                               _Out_ BCRYPT_KEY_HANDLE *phKey, _In_ PUCHAR pbInput, _In_ ULONG cbInput, _In_ ULONG dwFlags);
BCRYPT_API BCryptExportKey(_In_ BCRYPT_KEY_HANDLE hKey, _In_opt_ BCRYPT_KEY_HANDLE hExportKey, _In_ LPCWSTR pszBlobType,
                           PUCHAR pbOutput, _In_ ULONG cbOutput, _Out_ ULONG *pcbResult, _In_ ULONG dwFlags);
BCRYPT_API BCryptEncrypt(_Inout_ BCRYPT_KEY_HANDLE hKey, PUCHAR pbInput, _In_ ULONG cbInput, _In_opt_ VOID *pPaddingInfo, PUCHAR pbIV,
                         _In_ ULONG cbIV, PUCHAR pbOutput, _In_ ULONG cbOutput, _Out_ ULONG *pcbResult, _In_ ULONG dwFlags);
BCRYPT_API BCryptDecrypt(_Inout_ BCRYPT_KEY_HANDLE hKey, PUCHAR pbInput, _In_ ULONG cbInput, _In_opt_ VOID *pPaddingInfo, PUCHAR pbIV,
                         _In_ ULONG cbIV, PUCHAR pbOutput, _In_ ULONG cbOutput, _Out_ ULONG *pcbResult, _In_ ULONG dwFlags);
BCRYPT_API BCryptSignHash(_In_ BCRYPT_KEY_HANDLE hKey, _In_opt_ VOID *pPaddingInfo, _In_ PUCHAR pbInput, _In_ ULONG cbInput,
                          PUCHAR pbOutput, _In_ ULONG cbOutput, _Out_ ULONG *pcbResult, _In_ ULONG dwFlags);
BCRYPT_API BCryptVerifySignature(_In_ BCRYPT_KEY_HANDLE hKey, _In_opt_ VOID *pPaddingInfo, _In_ PUCHAR pbHash, _In_ ULONG cbHash,
                                 _In_ PUCHAR pbSignature, _In_ ULONG cbSignature, _In_ ULONG dwFlags);

BCRYPT_API BCryptSecretAgreement(_In_ BCRYPT_KEY_HANDLE hPrivKey, _In_ BCRYPT_KEY_HANDLE hPubKey,
                                 _Out_ BCRYPT_SECRET_HANDLE *phAgreedSecret, _In_ ULONG dwFlags);
BCRYPT_API BCryptDeriveKey(_In_ BCRYPT_SECRET_HANDLE hSharedSecret, _In_ LPCWSTR pwszKDF, _In_opt_ BCryptBufferDesc *pParameterList,
                           PUCHAR pbDerivedKey, _In_ ULONG cbDerivedKey, _Out_ ULONG *pcbResult, _In_ ULONG dwFlags);
BCRYPT_API BCryptDestroySecret(_Inout_ BCRYPT_SECRET_HANDLE hSecret);
BCRYPT_API BCryptKeyDerivation(_In_ BCRYPT_KEY_HANDLE hKey, _In_opt_ BCryptBufferDesc *pParameterList, _Out_ PUCHAR pbDerivedKey,
                               _In_ ULONG cbDerivedKey, _Out_ ULONG *pcbResult, _In_ ULONG dwFlags);
BCRYPT_API BCryptDeriveKeyPBKDF2(_In_ BCRYPT_ALG_HANDLE hPrf, PUCHAR pbPassword, _In_ ULONG cbPassword, PUCHAR pbSalt,
                                 _In_ ULONG cbSalt, _In_ ULONGLONG cIterations, _Out_ PUCHAR pbDerivedKey, _In_ ULONG cbDerivedKey,
                                 _In_ ULONG dwFlags);

RING3_END_C

#endif
