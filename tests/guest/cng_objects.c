/* Providers, hashes, keys and their rules: sizes, flags, IRQL, blobs. */
#include "cng_helpers.h"

TEST_CASE(a_provider_is_opened_by_name_and_says_what_it_is)
{
    BCRYPT_ALG_HANDLE algorithm;
    WCHAR name[16];
    ULONG number, size;

    EXPECT_EQ(BCryptOpenAlgorithmProvider(&algorithm, L"NO_SUCH_ALGORITHM", NULL, 0), STATUS_NOT_FOUND);
    EXPECT_EQ(BCryptOpenAlgorithmProvider(&algorithm, BCRYPT_SHA1_ALGORITHM, L"Somebody's Provider", 0), STATUS_NOT_FOUND);
    REQUIRE(BCryptOpenAlgorithmProvider(&algorithm, BCRYPT_SHA1_ALGORITHM, MS_PRIMITIVE_PROVIDER, 0) == STATUS_SUCCESS);
    EXPECT_EQ(BCryptGetProperty(algorithm, BCRYPT_HASH_LENGTH, (PUCHAR)&number, sizeof(number), &size, 0), STATUS_SUCCESS);
    EXPECT_EQ(number, 20);
    EXPECT_EQ(BCryptGetProperty(algorithm, BCRYPT_ALGORITHM_NAME, NULL, 0, &size, 0), STATUS_SUCCESS);
    EXPECT_EQ(size, sizeof(L"SHA1"));
    EXPECT_EQ(BCryptGetProperty(algorithm, BCRYPT_ALGORITHM_NAME, (PUCHAR)name, 4, &size, 0), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(BCryptGetProperty(algorithm, BCRYPT_ALGORITHM_NAME, (PUCHAR)name, sizeof(name), &size, 0), STATUS_SUCCESS);
    EXPECT(wcscmp(name, L"SHA1") == 0);
    EXPECT_EQ(BCryptGetProperty(algorithm, L"NoSuchProperty", (PUCHAR)name, sizeof(name), &size, 0), STATUS_NOT_SUPPORTED);
    EXPECT_EQ(BCryptGetProperty(algorithm, BCRYPT_KEY_LENGTHS, (PUCHAR)name, sizeof(name), &size, 0), STATUS_NOT_SUPPORTED);
    EXPECT_EQ(BCryptCloseAlgorithmProvider(algorithm, 0), STATUS_SUCCESS);
    EXPECT_EQ(BCryptCloseAlgorithmProvider(NULL, 0), STATUS_INVALID_HANDLE);
}

TEST_CASE(a_hash_lives_in_the_drivers_memory_and_ends_once)
{
    BCRYPT_ALG_HANDLE algorithm;
    BCRYPT_HASH_HANDLE hash, copy;
    UCHAR one[32], two[32], *object;
    ULONG length, size;

    REQUIRE(BCryptOpenAlgorithmProvider(&algorithm, BCRYPT_SHA256_ALGORITHM, NULL, 0) == STATUS_SUCCESS);
    EXPECT_EQ(BCryptGetProperty(algorithm, BCRYPT_OBJECT_LENGTH, (PUCHAR)&length, sizeof(length), &size, 0), STATUS_SUCCESS);
    object = ExAllocatePool2(POOL_FLAG_NON_PAGED, length, 'tseT');
    REQUIRE(object != NULL);
    EXPECT_EQ(BCryptCreateHash(algorithm, &hash, object, length - 1, NULL, 0, 0), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(BCryptCreateHash(algorithm, &hash, object, length, (PUCHAR) "key", 3, 0), STATUS_INVALID_PARAMETER);
    REQUIRE(BCryptCreateHash(algorithm, &hash, object, length, NULL, 0, 0) == STATUS_SUCCESS);
    EXPECT_EQ(BCryptHashData(hash, (PUCHAR) "a", 1, 0), STATUS_SUCCESS);
    EXPECT_EQ(BCryptDuplicateHash(hash, &copy, NULL, 0, 0), STATUS_SUCCESS);
    EXPECT_EQ(BCryptHashData(hash, (PUCHAR) "bc", 2, 0), STATUS_SUCCESS);
    EXPECT_EQ(BCryptFinishHash(hash, one, sizeof(one), 0), STATUS_SUCCESS);
    EXPECT_EQ(BCryptFinishHash(hash, one, sizeof(one), 0), STATUS_INVALID_HANDLE);
    EXPECT_EQ(BCryptHashData(hash, (PUCHAR) "x", 1, 0), STATUS_INVALID_HANDLE);
    EXPECT(is_hex(one, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    EXPECT_EQ(BCryptHashData(copy, (PUCHAR) "bc", 2, 0), STATUS_SUCCESS);
    EXPECT_EQ(BCryptFinishHash(copy, two, sizeof(two), 0), STATUS_SUCCESS);
    EXPECT(RtlEqualMemory(one, two, 32));
    EXPECT_EQ(BCryptDestroyHash(copy), STATUS_SUCCESS);
    EXPECT_EQ(BCryptDestroyHash(hash), STATUS_SUCCESS);
    EXPECT_EQ(BCryptDestroyHash(hash), STATUS_INVALID_HANDLE);
    ExFreePoolWithTag(object, 'tseT');
    EXPECT_EQ(BCryptCloseAlgorithmProvider(algorithm, 0), STATUS_SUCCESS);
}

TEST_CASE(a_dispatch_provider_works_under_a_spin_lock)
{
    BCRYPT_ALG_HANDLE algorithm, generator;
    BCRYPT_KEY_HANDLE key;
    UCHAR bytes[32] = { 1 }, iv[16] = { 0 }, data[32] = { 7 }, random[8] = { 0 };
    KSPIN_LOCK lock;
    KIRQL irql;
    ULONG size;

    REQUIRE(BCryptOpenAlgorithmProvider(&algorithm, BCRYPT_AES_ALGORITHM, NULL, BCRYPT_PROV_DISPATCH) == STATUS_SUCCESS);
    REQUIRE(BCryptOpenAlgorithmProvider(&generator, BCRYPT_RNG_ALGORITHM, NULL, BCRYPT_PROV_DISPATCH) == STATUS_SUCCESS);
    KeInitializeSpinLock(&lock);
    KeAcquireSpinLock(&lock, &irql);
    EXPECT_EQ(BCryptGenerateSymmetricKey(algorithm, &key, NULL, 0, bytes, 32, 0), STATUS_SUCCESS);
    EXPECT_EQ(BCryptEncrypt(key, data, 32, NULL, iv, 16, data, 32, &size, 0), STATUS_SUCCESS);
    EXPECT_EQ(BCryptDestroyKey(key), STATUS_SUCCESS);
    EXPECT_EQ(BCryptGenRandom(generator, random, sizeof(random), 0), STATUS_SUCCESS);
    EXPECT_EQ(BCryptGenRandom(NULL, random, sizeof(random), BCRYPT_USE_SYSTEM_PREFERRED_RNG), STATUS_INVALID_PARAMETER);
    KeReleaseSpinLock(&lock, irql);
    EXPECT_EQ(BCryptGenRandom(NULL, random, sizeof(random), BCRYPT_USE_SYSTEM_PREFERRED_RNG), STATUS_SUCCESS);
    EXPECT(*(ULONG64 *)random != 0);
    EXPECT_EQ(BCryptGenRandom(algorithm, random, sizeof(random), 0), STATUS_INVALID_HANDLE);
    EXPECT_EQ(BCryptCloseAlgorithmProvider(algorithm, 0), STATUS_SUCCESS);
    EXPECT_EQ(BCryptCloseAlgorithmProvider(generator, 0), STATUS_SUCCESS);
}

TEST_CASE(padding_rounds_up_and_its_absence_is_seen)
{
    UCHAR bytes[16] = { 5 }, iv[16] = { 0 }, data[48] = "thirty-one bytes of plain text.", out[48];
    BCRYPT_ALG_HANDLE algorithm;
    BCRYPT_KEY_HANDLE key;
    ULONG size;

    REQUIRE(BCryptOpenAlgorithmProvider(&algorithm, BCRYPT_AES_ALGORITHM, NULL, 0) == STATUS_SUCCESS);
    EXPECT_EQ(BCryptSetProperty(algorithm, BCRYPT_CHAINING_MODE, (PUCHAR)BCRYPT_CHAIN_MODE_CBC, sizeof(BCRYPT_CHAIN_MODE_CBC), 0),
              STATUS_SUCCESS);
    EXPECT_EQ(BCryptSetProperty(algorithm, BCRYPT_CHAINING_MODE, (PUCHAR)L"NoMode", sizeof(L"NoMode"), 0), STATUS_NOT_SUPPORTED);
    EXPECT_EQ(BCryptGenerateSymmetricKey(algorithm, &key, NULL, 0, bytes, 15, 0), STATUS_INVALID_PARAMETER);
    REQUIRE(BCryptGenerateSymmetricKey(algorithm, &key, NULL, 0, bytes, 16, 0) == STATUS_SUCCESS);
    EXPECT_EQ(BCryptEncrypt(key, data, 31, NULL, iv, 16, NULL, 0, &size, 0), STATUS_INVALID_BUFFER_SIZE);
    EXPECT_EQ(BCryptEncrypt(key, data, 31, NULL, iv, 16, NULL, 0, &size, BCRYPT_BLOCK_PADDING), STATUS_SUCCESS);
    EXPECT_EQ(size, 32);
    EXPECT_EQ(BCryptEncrypt(key, data, 32, NULL, iv, 16, NULL, 0, &size, BCRYPT_BLOCK_PADDING), STATUS_SUCCESS);
    EXPECT_EQ(size, 48);
    EXPECT_EQ(BCryptEncrypt(key, data, 31, NULL, iv, 16, out, 31, &size, BCRYPT_BLOCK_PADDING), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(BCryptEncrypt(key, data, 31, NULL, iv, 8, out, 48, &size, BCRYPT_BLOCK_PADDING), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(BCryptEncrypt(key, data, 31, NULL, iv, 16, out, 48, &size, BCRYPT_BLOCK_PADDING), STATUS_SUCCESS);
    EXPECT_EQ(size, 32);
    RtlZeroMemory(iv, sizeof(iv));
    EXPECT_EQ(BCryptDecrypt(key, out, 32, NULL, iv, 16, out, 48, &size, BCRYPT_BLOCK_PADDING), STATUS_SUCCESS);
    EXPECT_EQ(size, 31);
    EXPECT(RtlEqualMemory(out, data, 31));
    EXPECT_EQ(BCryptEncrypt(key, NULL, 0, NULL, NULL, 0, NULL, 0, &size, 0), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(BCryptDestroyKey(key), STATUS_SUCCESS);
    EXPECT_EQ(BCryptCloseAlgorithmProvider(algorithm, 0), STATUS_SUCCESS);
}

TEST_CASE(a_symmetric_key_goes_out_and_comes_back_in_each_blob)
{
    UCHAR bytes[16] = { 9, 8, 7 }, blob[64], wrapped[64], iv[16], one[16] = { 1 }, two[16] = { 1 };
    BCRYPT_KEY_HANDLE key, again, outer;
    ULONG size, length;

    REQUIRE(BCryptGenerateSymmetricKey(BCRYPT_AES_ECB_ALG_HANDLE, &key, NULL, 0, bytes, 16, 0) == STATUS_SUCCESS);
    REQUIRE(BCryptGenerateSymmetricKey(BCRYPT_AES_ECB_ALG_HANDLE, &outer, NULL, 0, iv, 16, 0) == STATUS_SUCCESS);
    EXPECT_EQ(BCryptGetProperty(key, BCRYPT_KEY_LENGTH, (PUCHAR)&length, sizeof(length), &size, 0), STATUS_SUCCESS);
    EXPECT_EQ(length, 128);
    EXPECT_EQ(BCryptEncrypt(key, one, 16, NULL, NULL, 0, one, 16, &size, 0), STATUS_SUCCESS);
    EXPECT_EQ(BCryptExportKey(key, NULL, BCRYPT_KEY_DATA_BLOB, NULL, 0, &size, 0), STATUS_SUCCESS);
    EXPECT_EQ(size, sizeof(BCRYPT_KEY_DATA_BLOB_HEADER) + 16);
    EXPECT_EQ(BCryptExportKey(key, NULL, BCRYPT_KEY_DATA_BLOB, blob, sizeof(blob), &size, 0), STATUS_SUCCESS);
    REQUIRE(BCryptImportKey(BCRYPT_AES_ECB_ALG_HANDLE, NULL, BCRYPT_KEY_DATA_BLOB, &again, NULL, 0, blob, size, 0) == STATUS_SUCCESS);
    EXPECT_EQ(BCryptEncrypt(again, two, 16, NULL, NULL, 0, two, 16, &size, 0), STATUS_SUCCESS);
    EXPECT(RtlEqualMemory(one, two, 16));
    EXPECT_EQ(BCryptDestroyKey(again), STATUS_SUCCESS);
    EXPECT_EQ(BCryptExportKey(key, outer, BCRYPT_AES_WRAP_KEY_BLOB, wrapped, sizeof(wrapped), &size, 0), STATUS_SUCCESS);
    EXPECT_EQ(size, 24);
    REQUIRE(BCryptImportKey(BCRYPT_AES_ECB_ALG_HANDLE, outer, BCRYPT_AES_WRAP_KEY_BLOB, &again, NULL, 0, wrapped, 24, 0) == STATUS_SUCCESS);
    EXPECT_EQ(BCryptDecrypt(again, two, 16, NULL, NULL, 0, two, 16, &size, 0), STATUS_SUCCESS);
    EXPECT_EQ(two[0], 1);
    EXPECT_EQ(BCryptExportKey(key, NULL, BCRYPT_RSAPUBLIC_BLOB, blob, sizeof(blob), &size, 0), STATUS_NOT_SUPPORTED);
    EXPECT_EQ(BCryptDestroyKey(again), STATUS_SUCCESS);
    EXPECT_EQ(BCryptDestroyKey(outer), STATUS_SUCCESS);
    EXPECT_EQ(BCryptDestroyKey(key), STATUS_SUCCESS);
}

static void sign_and_verify(BCRYPT_KEY_HANDLE key, BCRYPT_KEY_HANDLE public_key, void *padding, ULONG flags)
{
    UCHAR hash[32] = { 1, 2, 3 }, signature[256];
    ULONG size;

    EXPECT_EQ(BCryptSignHash(key, padding, hash, 32, NULL, 0, &size, flags), STATUS_SUCCESS);
    EXPECT(size <= sizeof(signature));
    EXPECT_EQ(BCryptSignHash(key, padding, hash, 32, signature, size - 1, &size, flags), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(BCryptSignHash(key, padding, hash, 32, signature, sizeof(signature), &size, flags), STATUS_SUCCESS);
    EXPECT_EQ(BCryptVerifySignature(public_key, padding, hash, 32, signature, size, flags), STATUS_SUCCESS);
    signature[size / 2] ^= 0x10;
    EXPECT_EQ(BCryptVerifySignature(public_key, padding, hash, 32, signature, size, flags), STATUS_INVALID_SIGNATURE);
    EXPECT_EQ(BCryptSignHash(public_key, padding, hash, 32, signature, sizeof(signature), &size, flags), STATUS_INVALID_PARAMETER);
}

TEST_CASE(rsa_signs_with_both_paddings_and_its_public_half_verifies)
{
    BCRYPT_PKCS1_PADDING_INFO pkcs1 = { BCRYPT_SHA256_ALGORITHM };
    BCRYPT_PSS_PADDING_INFO pss = { BCRYPT_SHA256_ALGORITHM, 32 };
    BCRYPT_OAEP_PADDING_INFO oaep = { BCRYPT_SHA256_ALGORITHM, NULL, 0 };
    UCHAR blob[600], secret[256];
    BCRYPT_KEY_HANDLE key, public_key, again;
    ULONG size;

    EXPECT_EQ(BCryptGenerateKeyPair(BCRYPT_RSA_ALG_HANDLE, &key, 1000, 0), STATUS_INVALID_PARAMETER);
    REQUIRE(BCryptGenerateKeyPair(BCRYPT_RSA_ALG_HANDLE, &key, 1024, 0) == STATUS_SUCCESS);
    EXPECT_EQ(BCryptSignHash(key, &pkcs1, secret, 32, NULL, 0, &size, BCRYPT_PAD_PKCS1), STATUS_INVALID_HANDLE);
    REQUIRE(BCryptFinalizeKeyPair(key, 0) == STATUS_SUCCESS);
    EXPECT_EQ(BCryptExportKey(key, NULL, BCRYPT_RSAPUBLIC_BLOB, blob, sizeof(blob), &size, 0), STATUS_SUCCESS);
    EXPECT_EQ(((BCRYPT_RSAKEY_BLOB *)blob)->Magic, BCRYPT_RSAPUBLIC_MAGIC);
    EXPECT_EQ(((BCRYPT_RSAKEY_BLOB *)blob)->BitLength, 1024);
    EXPECT_EQ(((BCRYPT_RSAKEY_BLOB *)blob)->cbModulus, 128);
    REQUIRE(BCryptImportKeyPair(BCRYPT_RSA_ALG_HANDLE, NULL, BCRYPT_RSAPUBLIC_BLOB, &public_key, blob, size, 0) == STATUS_SUCCESS);
    sign_and_verify(key, public_key, &pkcs1, BCRYPT_PAD_PKCS1);
    sign_and_verify(key, public_key, &pss, BCRYPT_PAD_PSS);
    EXPECT_EQ(BCryptExportKey(key, NULL, BCRYPT_RSAPRIVATE_BLOB, blob, sizeof(blob), &size, 0), STATUS_SUCCESS);
    REQUIRE(BCryptImportKeyPair(BCRYPT_RSA_ALG_HANDLE, NULL, BCRYPT_RSAPRIVATE_BLOB, &again, blob, size, 0) == STATUS_SUCCESS);
    EXPECT_EQ(BCryptEncrypt(public_key, (PUCHAR) "secret", 6, &oaep, NULL, 0, secret, sizeof(secret), &size, BCRYPT_PAD_OAEP), STATUS_SUCCESS);
    EXPECT_EQ(size, 128);
    EXPECT_EQ(BCryptDecrypt(again, secret, 128, &oaep, NULL, 0, secret, sizeof(secret), &size, BCRYPT_PAD_OAEP), STATUS_SUCCESS);
    EXPECT_EQ(size, 6);
    EXPECT(RtlEqualMemory(secret, "secret", 6));
    EXPECT_EQ(BCryptDestroyKey(again), STATUS_SUCCESS);
    EXPECT_EQ(BCryptDestroyKey(public_key), STATUS_SUCCESS);
    EXPECT_EQ(BCryptDestroyKey(key), STATUS_SUCCESS);
}

TEST_CASE(each_curve_signs_and_its_public_half_verifies)
{
    static const struct {
        BCRYPT_ALG_HANDLE algorithm;
        ULONG bits;
    } curves[] = { { BCRYPT_ECDSA_P256_ALG_HANDLE, 256 }, { BCRYPT_ECDSA_P384_ALG_HANDLE, 384 }, { BCRYPT_ECDSA_P521_ALG_HANDLE, 521 } };
    BCRYPT_KEY_HANDLE key, public_key;
    UCHAR blob[256];
    ULONG size;

    for (int i = 0; i < 3; i++) {
        EXPECT_EQ(BCryptGenerateKeyPair(curves[i].algorithm, &key, curves[i].bits + 1, 0), STATUS_INVALID_PARAMETER);
        REQUIRE(BCryptGenerateKeyPair(curves[i].algorithm, &key, curves[i].bits, 0) == STATUS_SUCCESS);
        REQUIRE(BCryptFinalizeKeyPair(key, 0) == STATUS_SUCCESS);
        EXPECT_EQ(BCryptExportKey(key, NULL, BCRYPT_ECCPUBLIC_BLOB, blob, sizeof(blob), &size, 0), STATUS_SUCCESS);
        EXPECT_EQ(size, 8 + 2 * ((curves[i].bits + 7) / 8));
        REQUIRE(BCryptImportKeyPair(curves[i].algorithm, NULL, BCRYPT_ECCPUBLIC_BLOB, &public_key, blob, size, 0) == STATUS_SUCCESS);
        sign_and_verify(key, public_key, NULL, 0);
        blob[20] ^= 1;
        EXPECT_EQ(BCryptImportKeyPair(curves[i].algorithm, NULL, BCRYPT_ECCPUBLIC_BLOB, &public_key, blob, size, 0), STATUS_INVALID_PARAMETER);
        EXPECT_EQ(BCryptDestroyKey(public_key), STATUS_SUCCESS);
        EXPECT_EQ(BCryptDestroyKey(key), STATUS_SUCCESS);
    }
}

TEST_CASE(counter_mode_derivation_is_the_hmac_of_counter_label_context_and_length)
{
    BCryptBuffer buffers[] = { { sizeof(BCRYPT_SHA256_ALGORITHM), KDF_HASH_ALGORITHM, BCRYPT_SHA256_ALGORITHM },
                               { 5, KDF_LABEL, "label" }, { 7, KDF_CONTEXT, "context" } };
    BCryptBufferDesc list = { BCRYPTBUFFER_VERSION, 3, buffers };
    UCHAR out[32], expected[32], input[] = "\0\0\0\1label\0context\0\0\1\0";
    BCRYPT_KEY_HANDLE key;
    ULONG size;

    REQUIRE(BCryptGenerateSymmetricKey(BCRYPT_SP800108_CTR_HMAC_ALG_HANDLE, &key, NULL, 0, (PUCHAR) "key", 3, 0) == STATUS_SUCCESS);
    EXPECT_EQ(BCryptKeyDerivation(key, &list, out, sizeof(out), &size, 0), STATUS_SUCCESS);
    EXPECT_EQ(size, 32);
    EXPECT_EQ(BCryptHash(BCRYPT_HMAC_SHA256_ALG_HANDLE, (PUCHAR) "key", 3, input, sizeof(input) - 1, expected, 32), STATUS_SUCCESS);
    EXPECT(RtlEqualMemory(out, expected, 32));
    EXPECT_EQ(BCryptDestroyKey(key), STATUS_SUCCESS);
}

TEST_CASE(the_algorithms_are_listed_by_operation)
{
    BCRYPT_ALGORITHM_IDENTIFIER *list;
    BOOLEAN found = FALSE;
    ULONG count;

    REQUIRE(BCryptEnumAlgorithms(BCRYPT_HASH_OPERATION, &count, &list, 0) == STATUS_SUCCESS);
    for (ULONG i = 0; i < count; i++) {
        EXPECT_EQ(list[i].dwClass, BCRYPT_HASH_INTERFACE);
        found |= wcscmp(list[i].pszName, L"SHA256") == 0;
    }
    EXPECT(found);
    BCryptFreeBuffer(list);
    EXPECT_EQ(BCryptEnumAlgorithms(0, &count, &list, 0), STATUS_INVALID_PARAMETER);
}
