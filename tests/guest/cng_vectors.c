/* Cryptography against published vectors: FIPS 180-4, RFC 4231, FIPS 197, NIST SP 800-38A, 38B, 38C and 38D, RFC 6070, RFC 5903, RFC 6979. */
#include "cng_helpers.h"

TEST_CASE(sha256_of_abc_is_the_standards)
{
    UCHAR out[32];

    EXPECT_EQ(BCryptHash(BCRYPT_SHA256_ALG_HANDLE, NULL, 0, (PUCHAR) "abc", 3, out, sizeof(out)), STATUS_SUCCESS);
    EXPECT(is_hex(out, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    EXPECT_EQ(BCryptHash(BCRYPT_SHA256_ALG_HANDLE, NULL, 0, (PUCHAR) "abc", 3, out, 20), STATUS_INVALID_PARAMETER);
}

TEST_CASE(hmac_sha256_is_that_of_rfc_4231)
{
    BCRYPT_ALG_HANDLE algorithm;
    BCRYPT_HASH_HANDLE hash;
    UCHAR out[32];

    REQUIRE(BCryptOpenAlgorithmProvider(&algorithm, BCRYPT_SHA256_ALGORITHM, NULL, BCRYPT_ALG_HANDLE_HMAC_FLAG) == STATUS_SUCCESS);
    EXPECT_EQ(BCryptCreateHash(algorithm, &hash, NULL, 0, (PUCHAR) "Jefe", 4, BCRYPT_HASH_REUSABLE_FLAG), STATUS_SUCCESS);
    for (int i = 0; i < 2; i++) {
        EXPECT_EQ(BCryptHashData(hash, (PUCHAR) "what do ya want ", 16, 0), STATUS_SUCCESS);
        EXPECT_EQ(BCryptHashData(hash, (PUCHAR) "for nothing?", 12, 0), STATUS_SUCCESS);
        EXPECT_EQ(BCryptFinishHash(hash, out, sizeof(out), 0), STATUS_SUCCESS);
        EXPECT(is_hex(out, 32, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
    }
    EXPECT_EQ(BCryptDestroyHash(hash), STATUS_SUCCESS);
    EXPECT_EQ(BCryptCloseAlgorithmProvider(algorithm, 0), STATUS_SUCCESS);
}

TEST_CASE(cmac_is_that_of_sp_800_38b)
{
    UCHAR key[16], data[16], out[16];

    from_hex(key, "2b7e151628aed2a6abf7158809cf4f3c");
    from_hex(data, "6bc1bee22e409f96e93d7e117393172a");
    EXPECT_EQ(BCryptHash(BCRYPT_AES_CMAC_ALG_HANDLE, key, 16, data, 16, out, 16), STATUS_SUCCESS);
    EXPECT(is_hex(out, 16, "070a16b46b4d4144f79bdd9dd04a287c"));
}

TEST_CASE(aes_blocks_are_those_of_fips_197_and_sp_800_38a)
{
    BCRYPT_KEY_HANDLE key;
    UCHAR bytes[16], iv[16], text[16];
    ULONG size;

    from_hex(bytes, "000102030405060708090a0b0c0d0e0f");
    from_hex(text, "00112233445566778899aabbccddeeff");
    REQUIRE(BCryptGenerateSymmetricKey(BCRYPT_AES_ECB_ALG_HANDLE, &key, NULL, 0, bytes, 16, 0) == STATUS_SUCCESS);
    EXPECT_EQ(BCryptEncrypt(key, text, 16, NULL, NULL, 0, text, 16, &size, 0), STATUS_SUCCESS);
    EXPECT_EQ(size, 16);
    EXPECT(is_hex(text, 16, "69c4e0d86a7b0430d8cdb78070b4c55a"));
    EXPECT_EQ(BCryptDecrypt(key, text, 16, NULL, NULL, 0, text, 16, &size, 0), STATUS_SUCCESS);
    EXPECT(is_hex(text, 16, "00112233445566778899aabbccddeeff"));
    EXPECT_EQ(BCryptDestroyKey(key), STATUS_SUCCESS);

    from_hex(bytes, "2b7e151628aed2a6abf7158809cf4f3c");
    from_hex(iv, "000102030405060708090a0b0c0d0e0f");
    from_hex(text, "6bc1bee22e409f96e93d7e117393172a");
    REQUIRE(BCryptGenerateSymmetricKey(BCRYPT_AES_CBC_ALG_HANDLE, &key, NULL, 0, bytes, 16, 0) == STATUS_SUCCESS);
    EXPECT_EQ(BCryptEncrypt(key, text, 16, NULL, iv, 16, text, 16, &size, 0), STATUS_SUCCESS);
    EXPECT(is_hex(text, 16, "7649abac8119b246cee98e9b12e9197d"));
    EXPECT(is_hex(iv, 16, "7649abac8119b246cee98e9b12e9197d"));
    from_hex(text, "ae2d8a571e03ac9c9eb76fac45af8e51");
    EXPECT_EQ(BCryptEncrypt(key, text, 16, NULL, iv, 16, text, 16, &size, 0), STATUS_SUCCESS);
    EXPECT(is_hex(text, 16, "5086cb9b507219ee95db113a917678b2"));
    EXPECT_EQ(BCryptDestroyKey(key), STATUS_SUCCESS);
}

static const char gcm_plain[] = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
static const char gcm_cipher[] = "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091";

TEST_CASE(gcm_is_that_of_the_specification_at_once_and_chained)
{
    BCRYPT_AUTHENTICATED_CIPHER_MODE_INFO info;
    UCHAR bytes[16], nonce[12], extra[20], data[60], tag[16], mac[16], iv[16] = { 0 };
    BCRYPT_KEY_HANDLE key;
    ULONG size;

    from_hex(bytes, "feffe9928665731c6d6a8f9467308308");
    from_hex(nonce, "cafebabefacedbaddecaf888");
    from_hex(extra, "feedfacedeadbeeffeedfacedeadbeefabaddad2");
    REQUIRE(BCryptGenerateSymmetricKey(BCRYPT_AES_GCM_ALG_HANDLE, &key, NULL, 0, bytes, 16, 0) == STATUS_SUCCESS);
    BCRYPT_INIT_AUTH_MODE_INFO(info);
    info.pbNonce = nonce;
    info.cbNonce = sizeof(nonce);
    info.pbAuthData = extra;
    info.cbAuthData = sizeof(extra);
    info.pbTag = tag;
    info.cbTag = sizeof(tag);
    from_hex(data, gcm_plain);
    EXPECT_EQ(BCryptEncrypt(key, data, 60, &info, NULL, 0, data, 60, &size, 0), STATUS_SUCCESS);
    EXPECT_EQ(size, 60);
    EXPECT(is_hex(data, 60, gcm_cipher));
    EXPECT(is_hex(tag, 16, "5bc94fbc3221a5db94fae95ae7121a47"));
    EXPECT_EQ(BCryptDecrypt(key, data, 60, &info, NULL, 0, data, 60, &size, 0), STATUS_SUCCESS);
    EXPECT(is_hex(data, 60, gcm_plain));
    tag[3] ^= 1;
    from_hex(data, gcm_cipher);
    EXPECT_EQ(BCryptDecrypt(key, data, 60, &info, NULL, 0, data, 60, &size, 0), STATUS_AUTH_TAG_MISMATCH);

    RtlZeroMemory(tag, sizeof(tag));
    from_hex(data, gcm_plain);
    info.pbMacContext = mac;
    info.cbMacContext = sizeof(mac);
    info.dwFlags = BCRYPT_AUTH_MODE_CHAIN_CALLS_FLAG;
    EXPECT_EQ(BCryptEncrypt(key, data, 32, &info, iv, 16, data, 32, &size, 0), STATUS_SUCCESS);
    info.dwFlags &= ~(ULONG)BCRYPT_AUTH_MODE_CHAIN_CALLS_FLAG;
    EXPECT_EQ(BCryptEncrypt(key, data + 32, 28, &info, iv, 16, data + 32, 28, &size, 0), STATUS_SUCCESS);
    EXPECT(is_hex(data, 60, gcm_cipher));
    EXPECT(is_hex(tag, 16, "5bc94fbc3221a5db94fae95ae7121a47"));
    EXPECT_EQ(BCryptDestroyKey(key), STATUS_SUCCESS);
}

TEST_CASE(ccm_is_that_of_sp_800_38c)
{
    BCRYPT_AUTHENTICATED_CIPHER_MODE_INFO info;
    UCHAR bytes[16], nonce[7], extra[8], data[4], tag[4];
    BCRYPT_KEY_HANDLE key;
    ULONG size;

    from_hex(bytes, "404142434445464748494a4b4c4d4e4f");
    from_hex(nonce, "10111213141516");
    from_hex(extra, "0001020304050607");
    from_hex(data, "20212223");
    REQUIRE(BCryptGenerateSymmetricKey(BCRYPT_AES_CCM_ALG_HANDLE, &key, NULL, 0, bytes, 16, 0) == STATUS_SUCCESS);
    BCRYPT_INIT_AUTH_MODE_INFO(info);
    info.pbNonce = nonce;
    info.cbNonce = sizeof(nonce);
    info.pbAuthData = extra;
    info.cbAuthData = sizeof(extra);
    info.pbTag = tag;
    info.cbTag = sizeof(tag);
    EXPECT_EQ(BCryptEncrypt(key, data, 4, &info, NULL, 0, data, 4, &size, 0), STATUS_SUCCESS);
    EXPECT(is_hex(data, 4, "7162015b"));
    EXPECT(is_hex(tag, 4, "4dac255d"));
    EXPECT_EQ(BCryptDecrypt(key, data, 4, &info, NULL, 0, data, 4, &size, 0), STATUS_SUCCESS);
    EXPECT(is_hex(data, 4, "20212223"));
    EXPECT_EQ(BCryptDestroyKey(key), STATUS_SUCCESS);
}

TEST_CASE(pbkdf2_is_that_of_rfc_6070)
{
    UCHAR out[20];

    EXPECT_EQ(BCryptDeriveKeyPBKDF2(BCRYPT_HMAC_SHA1_ALG_HANDLE, (PUCHAR) "password", 8, (PUCHAR) "salt", 4, 2, out, 20, 0), STATUS_SUCCESS);
    EXPECT(is_hex(out, 20, "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957"));
    EXPECT_EQ(BCryptDeriveKeyPBKDF2(BCRYPT_SHA1_ALG_HANDLE, (PUCHAR) "password", 8, (PUCHAR) "salt", 4, 2, out, 20, 0),
              STATUS_INVALID_PARAMETER);
}

static BCRYPT_KEY_HANDLE curve_key(BCRYPT_ALG_HANDLE algorithm, ULONG magic, const char *numbers)
{
    UCHAR blob[8 + 3 * 32];
    ULONG count = from_hex(blob + 8, numbers);
    BCRYPT_KEY_HANDLE key = NULL;

    ((BCRYPT_ECCKEY_BLOB *)blob)->dwMagic = magic;
    ((BCRYPT_ECCKEY_BLOB *)blob)->cbKey = 32;
    EXPECT_EQ(BCryptImportKeyPair(algorithm, NULL, count == 64 ? BCRYPT_ECCPUBLIC_BLOB : BCRYPT_ECCPRIVATE_BLOB, &key, blob, 8 + count, 0),
              STATUS_SUCCESS);
    return key;
}

TEST_CASE(ecdh_agrees_on_the_secret_of_rfc_5903)
{
    BCRYPT_KEY_HANDLE i = curve_key(BCRYPT_ECDH_P256_ALG_HANDLE, BCRYPT_ECDH_PRIVATE_P256_MAGIC,
                                    "dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180"
                                    "5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3"
                                    "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433");
    BCRYPT_KEY_HANDLE r = curve_key(BCRYPT_ECDH_P256_ALG_HANDLE, BCRYPT_ECDH_PUBLIC_P256_MAGIC,
                                    "d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63"
                                    "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab");
    UCHAR raw[32], turned[32], hashed[32], expected[32];
    BCryptBuffer name = { sizeof(BCRYPT_SHA256_ALGORITHM), KDF_HASH_ALGORITHM, BCRYPT_SHA256_ALGORITHM };
    BCryptBufferDesc list = { BCRYPTBUFFER_VERSION, 1, &name };
    BCRYPT_SECRET_HANDLE secret;
    ULONG size;

    REQUIRE(i != NULL && r != NULL);
    REQUIRE(BCryptSecretAgreement(i, r, &secret, 0) == STATUS_SUCCESS);
    EXPECT_EQ(BCryptDeriveKey(secret, BCRYPT_KDF_RAW_SECRET, NULL, raw, 32, &size, 0), STATUS_SUCCESS);
    for (int k = 0; k < 32; k++)
        turned[k] = raw[31 - k];
    EXPECT(is_hex(turned, 32, "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de"));
    EXPECT_EQ(BCryptDeriveKey(secret, BCRYPT_KDF_HASH, &list, hashed, 32, &size, 0), STATUS_SUCCESS);
    EXPECT_EQ(BCryptHash(BCRYPT_SHA256_ALG_HANDLE, NULL, 0, turned, 32, expected, 32), STATUS_SUCCESS);
    EXPECT(RtlEqualMemory(hashed, expected, 32));
    EXPECT_EQ(BCryptDestroySecret(secret), STATUS_SUCCESS);
    EXPECT_EQ(BCryptDestroyKey(i), STATUS_SUCCESS);
    EXPECT_EQ(BCryptDestroyKey(r), STATUS_SUCCESS);
}

TEST_CASE(ecdsa_accepts_the_signature_of_rfc_6979_and_no_other)
{
    BCRYPT_KEY_HANDLE key = curve_key(BCRYPT_ECDSA_P256_ALG_HANDLE, BCRYPT_ECDSA_PUBLIC_P256_MAGIC,
                                      "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
                                      "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299");
    UCHAR hash[32], signature[64];

    REQUIRE(key != NULL);
    EXPECT_EQ(BCryptHash(BCRYPT_SHA256_ALG_HANDLE, NULL, 0, (PUCHAR) "sample", 6, hash, 32), STATUS_SUCCESS);
    from_hex(signature, "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
                        "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8");
    EXPECT_EQ(BCryptVerifySignature(key, NULL, hash, 32, signature, 64, 0), STATUS_SUCCESS);
    hash[0] ^= 1;
    EXPECT_EQ(BCryptVerifySignature(key, NULL, hash, 32, signature, 64, 0), STATUS_INVALID_SIGNATURE);
    EXPECT_EQ(BCryptDestroyKey(key), STATUS_SUCCESS);
}
