/* The PKCS #7 message of a signature. */
#include <string.h>

#include <openssl/err.h>

#include "base/error.h"
#include "pkg/authenticode.h"
#include "pkg/authenticode_asn1.h"

const EVP_MD *authenticode_digest(const char *name)
{
    static const char *const known[] = { "sha256", "sha1", "sha384", "sha512" };

    if (!name)
        return EVP_sha256();
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (!strcasecmp(name, known[i]))
            return EVP_get_digestbyname(known[i]);
    error_set("%s is no digest of signatures; there are sha256, sha384, sha512 and sha1", name);
    return NULL;
}

/* --- attributes ---------------------------------------------------------------------------------------------------- */

bool authenticode_add_attribute(STACK_OF(X509_ATTRIBUTE) **list, const char *oid, const uint8_t *der, int size)
{
    ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
    X509_ATTRIBUTE *attribute =
        size > 0 && object ? X509_ATTRIBUTE_create_by_OBJ(NULL, object, V_ASN1_SEQUENCE, der, size) : NULL;
    bool good = attribute && (*list || (*list = sk_X509_ATTRIBUTE_new_null())) &&
                sk_X509_ATTRIBUTE_push(*list, attribute);

    if (!good)
        X509_ATTRIBUTE_free(attribute);
    ASN1_OBJECT_free(object);
    return good;
}

/* An authenticated attribute from DER that is freed here. */
static bool add_signed(PKCS7_SIGNER_INFO *info, const char *oid, unsigned char *der, int size)
{
    bool good = authenticode_add_attribute(&info->auth_attr, oid, der, size);

    OPENSSL_free(der);
    return good;
}

static SpcString *spc_string(const char *text)
{
    SpcString *string = SpcString_new();

    if (!string)
        return NULL;
    string->type = 0;
    string->value.unicode = NULL;
    if (ASN1_mbstring_copy((ASN1_STRING **)&string->value.unicode, (const unsigned char *)text, -1, MBSTRING_UTF8,
                           B_ASN1_BMPSTRING) > 0)
        return string;
    SpcString_free(string);
    return NULL;
}

static SpcLink *spc_url(const char *text)
{
    SpcLink *link = SpcLink_new();

    if (!link)
        return NULL;
    link->type = 0;
    link->value.url = ASN1_IA5STRING_new();
    if (link->value.url && ASN1_STRING_set(link->value.url, text, -1))
        return link;
    SpcLink_free(link);
    return NULL;
}

static bool add_opus_info(PKCS7_SIGNER_INFO *info, const struct authenticode_options *options)
{
    SpcSpOpusInfo *opus = SpcSpOpusInfo_new();
    unsigned char *der = NULL;
    int size = -1;

    if (opus && (!options->description || (opus->program_name = spc_string(options->description))) &&
        (!options->url || (opus->more_info = spc_url(options->url))))
        size = i2d_SpcSpOpusInfo(opus, &der);
    SpcSpOpusInfo_free(opus);
    return add_signed(info, OID_SPC_SP_OPUS_INFO, der, size);
}

static bool add_statement_type(PKCS7_SIGNER_INFO *info)
{
    SpcStatementType *types = sk_ASN1_OBJECT_new_null();
    ASN1_OBJECT *individual = OBJ_txt2obj(OID_SPC_INDIVIDUAL, 1);
    unsigned char *der = NULL;
    int size = -1;

    if (types && individual && sk_ASN1_OBJECT_push(types, individual)) {
        individual = NULL;
        size = i2d_SpcStatementType(types, &der);
    }
    ASN1_OBJECT_free(individual);
    sk_ASN1_OBJECT_pop_free(types, ASN1_OBJECT_free);
    return add_signed(info, OID_SPC_STATEMENT_TYPE, der, size);
}

/* --- the message --------------------------------------------------------------------------------------------------- */

static bool set_content(PKCS7 *message, const char *content_type, const uint8_t *content, size_t size)
{
    PKCS7 *inner = PKCS7_new();
    ASN1_OBJECT *type = OBJ_txt2obj(content_type, 1);
    ASN1_TYPE *value = ASN1_TYPE_new();
    ASN1_STRING *string = ASN1_STRING_type_new(V_ASN1_SEQUENCE);

    if (inner && type && value && string && ASN1_STRING_set(string, content, (int)size)) {
        ASN1_TYPE_set(value, V_ASN1_SEQUENCE, string);
        ASN1_OBJECT_free(inner->type);
        inner->type = type;
        inner->d.other = value;
        if (PKCS7_set_content(message, inner))
            return true;
        PKCS7_free(inner);
        return false;
    }
    PKCS7_free(inner);
    ASN1_OBJECT_free(type);
    ASN1_TYPE_free(value);
    ASN1_STRING_free(string);
    return false;
}

static bool add_certificates(PKCS7 *message, const struct signer *signer)
{
    if (!PKCS7_add_certificate(message, signer->certificate))
        return false;
    for (int i = 0; i < sk_X509_num(signer->chain); i++)
        if (!PKCS7_add_certificate(message, sk_X509_value(signer->chain, i)))
            return false;
    return true;
}

/* Signed is the content without its outermost tag and length. */
static bool digest_content(const uint8_t *content, size_t size, const EVP_MD *md, uint8_t *digest, unsigned *length)
{
    const unsigned char *p = content;
    int tag, class;
    long inside;

    return !(ASN1_get_object(&p, &inside, &tag, &class, (long)size) & 0x80) &&
           EVP_Digest(p, (size_t)inside, digest, length, md, NULL);
}

static bool sign_message(PKCS7 *message, const char *content_type, const uint8_t *content, size_t size,
                         const struct signer *signer, const struct authenticode_options *options, const EVP_MD *md)
{
    PKCS7_SIGNER_INFO *info = PKCS7_add_signature(message, signer->certificate, signer->key, md);
    ASN1_OBJECT *type = OBJ_txt2obj(content_type, 1);
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned length;
    bool good;

    good = info && type && PKCS7_add_signed_attribute(info, NID_pkcs9_contentType, V_ASN1_OBJECT, type);
    if (!good) {
        ASN1_OBJECT_free(type);
        return false;
    }
    return digest_content(content, size, md, digest, &length) && PKCS7_add1_attrib_digest(info, digest, (int)length) &&
           add_statement_type(info) && add_opus_info(info, options) && PKCS7_SIGNER_INFO_sign(info) > 0;
}

PKCS7 *authenticode_message(const char *content_type, const uint8_t *content, size_t size, const struct signer *signer,
                            const struct authenticode_options *options)
{
    const EVP_MD *md = authenticode_digest(options->digest);
    PKCS7 *message = md ? PKCS7_new() : NULL;

    if (!md)
        return NULL;
    if (message && PKCS7_set_type(message, NID_pkcs7_signed) && set_content(message, content_type, content, size) &&
        (!signer || (add_certificates(message, signer) &&
                     sign_message(message, content_type, content, size, signer, options, md)))) {
        if (!signer || !options->timestamp || authenticode_timestamp(message, options->timestamp, options->digest))
            return message;
    } else {
        authenticode_openssl_failed("a signature cannot be made");
    }
    PKCS7_free(message);
    return NULL;
}
