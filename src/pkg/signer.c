/* Keys and certificates, by OpenSSL's store: PEM, DER, PKCS #12, PKCS #11 look alike to us. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <openssl/x509v3.h>

#include "base/error.h"
#include "host/file.h"
#include "pkg/authenticode.h"
#include "pkg/signer_token.h"

bool authenticode_openssl_failed(const char *what)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;

    ERR_clear_error();
    return error_set("%s: %s", what, reason ? reason : "OpenSSL finds nothing it understands");
}

/* --- reading ------------------------------------------------------------------------------------------------------- */

static int answer_password(char *buffer, int size, int writing, void *password)
{
    (void)writing;
    if (!password || (int)strlen(password) >= size)
        return -1;
    strcpy(buffer, password);
    return (int)strlen(password);
}

/* The old ciphers of PKCS #12 files are in a provider that is not loaded by itself. */
static OSSL_PROVIDER *load_old_ciphers(void)
{
    OSSL_PROVIDER *legacy = OSSL_PROVIDER_try_load(NULL, "legacy", 1);

    ERR_clear_error();
    return legacy;
}

struct found {
    EVP_PKEY *key;
    STACK_OF(X509) *certificates;
};

static void take(struct found *found, OSSL_STORE_INFO *info)
{
    X509 *certificate;

    switch (OSSL_STORE_INFO_get_type(info)) {
    case OSSL_STORE_INFO_PKEY:
        if (!found->key)
            found->key = OSSL_STORE_INFO_get1_PKEY(info);
        break;
    case OSSL_STORE_INFO_CERT:
        certificate = OSSL_STORE_INFO_get1_CERT(info);
        if (certificate && !sk_X509_push(found->certificates, certificate))
            X509_free(certificate);
        break;
    default:
        break;
    }
}

static bool read_store(const char *uri, const char *password, struct found *found)
{
    UI_METHOD *method;
    OSSL_PROVIDER *legacy;
    OSSL_STORE_CTX *store;
    bool good = true;
    int objects = 0;

    if (token_is_uri(uri) && !token_has_provider())
        return token_load(uri, password, &found->key, found->certificates);
    method = UI_UTIL_wrap_read_pem_callback(answer_password, 0);
    legacy = load_old_ciphers();
    store = OSSL_STORE_open(uri, method, (void *)(uintptr_t)password, NULL, NULL);
    if (!store)
        good = authenticode_openssl_failed(uri);
    while (good && !OSSL_STORE_eof(store)) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);

        if (info) {
            take(found, info);
            OSSL_STORE_INFO_free(info);
            objects++;
        } else if (objects == 0 || !OSSL_STORE_eof(store)) {    /* behind the last object an error means nothing */
            good = authenticode_openssl_failed(uri);
        }
    }
    if (store)
        OSSL_STORE_close(store);
    UI_destroy_method(method);
    if (legacy)
        OSSL_PROVIDER_unload(legacy);
    ERR_clear_error();
    return good;
}

/* Moves the certificate of the key out of the list. */
static bool choose_certificate(struct signer *signer, const char *where)
{
    for (int i = 0; i < sk_X509_num(signer->chain); i++)
        if (X509_check_private_key(sk_X509_value(signer->chain, i), signer->key)) {
            signer->certificate = sk_X509_delete(signer->chain, i);
            ERR_clear_error();
            return true;
        }
    ERR_clear_error();
    if (sk_X509_num(signer->chain) == 0)
        return error_set("%s: there is no certificate in it", where);
    return error_set("%s: none of its %d certificates belongs to the key", where, sk_X509_num(signer->chain));
}

struct signer *signer_open(const struct signer_source *source)
{
    struct signer *signer = calloc(1, sizeof *signer);
    struct found found = { 0 };
    bool good;

    if (!signer || !(found.certificates = sk_X509_new_null())) {
        free(signer);
        error_set("out of memory");
        return NULL;
    }
    good = read_store(source->key, source->password, &found) &&
           (!source->certificate || read_store(source->certificate, source->password, &found));
    signer->key = found.key;
    signer->chain = found.certificates;
    if (good && !signer->key)
        good = error_set("%s: there is no private key in it", source->key);
    good = good && choose_certificate(signer, source->certificate ? source->certificate : source->key) &&
           (!source->additional || read_store(source->additional, NULL, &(struct found){ signer->key, signer->chain }));
    if (good)
        return signer;
    signer_close(signer);
    return NULL;
}

void signer_close(struct signer *signer)
{
    if (!signer)
        return;
    EVP_PKEY_free(signer->key);
    X509_free(signer->certificate);
    sk_X509_pop_free(signer->chain, X509_free);
    free(signer);
}

/* --- a certificate for test-signing -------------------------------------------------------------------------------- */

static bool add_extension(X509 *certificate, int nid, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;
    bool good;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    good = extension && X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return good;
}

/* "CN=a,O=b" or a bare common name. */
static bool set_subject(X509_NAME *name, const char *subject)
{
    const char *p = strchr(subject, '=') ? subject : NULL;

    if (!p)
        return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)subject, -1, -1, 0);
    while (*p) {
        size_t type = strcspn(p, "="), value;
        char field[16];

        if (p[type] != '=' || type == 0 || type >= sizeof field)
            return false;
        memcpy(field, p, type);
        field[type] = 0;
        p += type + 1;
        value = strcspn(p, ",");
        if (!X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, (const unsigned char *)p, (int)value, -1, 0))
            return false;
        p += value;
        p += strspn(p, ", ");
    }
    return true;
}

static X509 *make_certificate(EVP_PKEY *key, const char *subject, int days)
{
    X509 *certificate = X509_new();
    uint8_t serial[16];
    BIGNUM *number = NULL;
    bool good;

    good = certificate && RAND_bytes(serial, sizeof serial) == 1;
    serial[0] = (serial[0] & 0x7f) | 0x40;
    good = good && (number = BN_bin2bn(serial, sizeof serial, NULL)) != NULL &&
           BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) && X509_set_version(certificate, X509_VERSION_3) &&
           X509_gmtime_adj(X509_getm_notBefore(certificate), 0) &&
           X509_time_adj_ex(X509_getm_notAfter(certificate), days, 0, NULL) &&
           set_subject(X509_get_subject_name(certificate), subject) &&
           X509_set_issuer_name(certificate, X509_get_subject_name(certificate)) && X509_set_pubkey(certificate, key) &&
           add_extension(certificate, NID_key_usage, "critical,digitalSignature") &&
           add_extension(certificate, NID_ext_key_usage, "codeSigning") &&
           add_extension(certificate, NID_subject_key_identifier, "hash") && X509_sign(certificate, key, EVP_sha256());
    BN_free(number);
    if (good)
        return certificate;
    X509_free(certificate);
    authenticode_openssl_failed(subject);
    return NULL;
}

static bool write_test_files(const char *path, const char *password, EVP_PKEY *key, X509 *certificate)
{
    PKCS12 *p12 = PKCS12_create(password ? password : "", "test-signing", key, certificate, NULL, 0, 0, 0, 0, 0);
    unsigned char *der = NULL;
    int size = p12 ? i2d_PKCS12(p12, &der) : -1;
    const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
    size_t stem = dot && (!slash || dot > slash) ? (size_t)(dot - path) : strlen(path);
    char cer[4096];
    bool good = size > 0 ? host_replace_file(path, der, (size_t)size, true) : authenticode_openssl_failed(path);

    PKCS12_free(p12);
    OPENSSL_free(der);
    der = NULL;
    if (!good)
        return false;
    if (snprintf(cer, sizeof cer, "%.*s.cer", (int)stem, path) >= (int)sizeof cer)
        return error_set("%s: the name is too long", path);
    size = i2d_X509(certificate, &der);
    good = size > 0 ? host_replace_file(cer, der, (size_t)size, false) : authenticode_openssl_failed(cer);
    OPENSSL_free(der);
    return good;
}

bool signer_make_test_certificate(const char *path, const char *subject, const char *password, int days)
{
    EVP_PKEY *key = EVP_RSA_gen(2048);
    X509 *certificate = key ? make_certificate(key, subject, days) : NULL;
    bool good;

    if (!key)
        authenticode_openssl_failed("a key cannot be made");
    good = certificate && write_test_files(path, password, key, certificate);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return good;
}
