#include "pkg/authenticode_spc.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "base/error.h"
#include "pkg/authenticode.h"

/* Names the serialized object that holds page hashes. */
static const uint8_t page_hash_class[16] = { 0xa6, 0xb5, 0x86, 0xd5, 0xb4, 0xa1, 0x24, 0x66,
                                             0xae, 0x05, 0xa2, 0x17, 0xda, 0x8e, 0x60, 0xd6 };

const ASN1_STRING *spc_content(const PKCS7 *message, const char *content_type)
{
    const PKCS7 *inner = PKCS7_type_is_signed(message) && message->d.sign ? message->d.sign->contents : NULL;
    ASN1_OBJECT *wanted = inner ? OBJ_txt2obj(content_type, 1) : NULL;
    bool same = wanted && inner->type && OBJ_cmp(inner->type, wanted) == 0;

    ASN1_OBJECT_free(wanted);
    if (!same || !inner->d.other || inner->d.other->type != V_ASN1_SEQUENCE)
        return NULL;
    return inner->d.other->value.sequence;
}

/* --- making -------------------------------------------------------------------------------------------------------- */

/* SET { SEQUENCE { page hashes, SET { OCTET STRING } } } in DER. */
static int page_hash_set(const EVP_MD *md, const uint8_t *pages, size_t size, unsigned char **der)
{
    SpcAttributeSet *set = sk_SpcAttribute_new_null();
    SpcAttribute *attribute = SpcAttribute_new();
    ASN1_TYPE *value = ASN1_TYPE_new();
    ASN1_OCTET_STRING *string = ASN1_OCTET_STRING_new();
    int result = -1;

    if (set && attribute && value && string && ASN1_OCTET_STRING_set(string, pages, (int)size)) {
        ASN1_TYPE_set(value, V_ASN1_OCTET_STRING, string);
        string = NULL;
        ASN1_OBJECT_free(attribute->type);
        attribute->type = OBJ_txt2obj(EVP_MD_is_a(md, "SHA1") ? OID_SPC_PAGE_HASHES_V1 : OID_SPC_PAGE_HASHES_V2, 1);
        if (attribute->type && sk_ASN1_TYPE_push(attribute->values, value)) {
            value = NULL;
            if (sk_SpcAttribute_push(set, attribute)) {
                attribute = NULL;
                result = i2d_SpcAttributeSet(set, der);
            }
        }
    }
    ASN1_OCTET_STRING_free(string);
    ASN1_TYPE_free(value);
    SpcAttribute_free(attribute);
    sk_SpcAttribute_pop_free(set, SpcAttribute_free);
    return result;
}

/* The link to what is signed: nothing (an empty file name), or the page hashes. */
static SpcLink *make_link(const EVP_MD *md, const uint8_t *pages, size_t size)
{
    SpcLink *link = SpcLink_new();
    unsigned char *der = NULL;
    int der_size;

    if (!link)
        return NULL;
    if (!pages) {
        link->type = 2;
        if ((link->value.file = SpcString_new()) != NULL) {
            link->value.file->type = 0;
            if ((link->value.file->value.unicode = ASN1_BMPSTRING_new()) != NULL)
                return link;
        }
        SpcLink_free(link);
        return NULL;
    }
    link->type = 1;
    der_size = page_hash_set(md, pages, size, &der);
    if ((link->value.moniker = SpcSerializedObject_new()) != NULL && der_size > 0 &&
        ASN1_OCTET_STRING_set(link->value.moniker->class_id, page_hash_class, sizeof page_hash_class) &&
        ASN1_OCTET_STRING_set(link->value.moniker->data, der, der_size)) {
        OPENSSL_free(der);
        return link;
    }
    OPENSSL_free(der);
    SpcLink_free(link);
    return NULL;
}

/* The value behind the type: SpcPeImageData of an image, SpcLink of a cabinet or flat file. */
static int subject_der(bool image, SpcLink *link, unsigned char **der)
{
    SpcPeImageData *data;
    int size;

    if (!image)
        return i2d_SpcLink(link, der);
    data = SpcPeImageData_new();
    if (!data)
        return -1;
    SpcLink_free(data->file);
    data->file = link;
    size = i2d_SpcPeImageData(data, der);
    data->file = NULL;
    SpcPeImageData_free(data);
    return size;
}

static ASN1_TYPE *subject(const char *type, const EVP_MD *md, const uint8_t *pages, size_t pages_size)
{
    SpcLink *link = make_link(md, pages, pages_size);
    unsigned char *der = NULL;
    int size = link ? subject_der(!strcmp(type, OID_SPC_PE_IMAGE_DATA), link, &der) : -1;
    const unsigned char *p = der;
    ASN1_TYPE *value = size > 0 ? d2i_ASN1_TYPE(NULL, &p, size) : NULL;

    OPENSSL_free(der);
    SpcLink_free(link);
    return value;
}

SpcIndirectData *spc_indirect_data(const char *type, const EVP_MD *md, const uint8_t *digest, size_t length,
                                   const uint8_t *pages, size_t pages_size)
{
    SpcIndirectData *content = SpcIndirectData_new();

    if (!content)
        return NULL;
    ASN1_OBJECT_free(content->data->type);
    content->data->type = OBJ_txt2obj(type, 1);
    content->data->value = subject(type, md, pages, pages_size);
    if (content->data->type && content->data->value &&
        X509_ALGOR_set0(content->digest->algorithm, OBJ_nid2obj(EVP_MD_get_type(md)), V_ASN1_NULL, NULL) &&
        ASN1_OCTET_STRING_set(content->digest->digest, digest, (int)length))
        return content;
    SpcIndirectData_free(content);
    return NULL;
}

int spc_image_content(const struct signed_image *image, const char *digest_name, bool page_hashes, unsigned char **der)
{
    const EVP_MD *md = authenticode_digest(digest_name);
    uint8_t digest[EVP_MAX_MD_SIZE], *pages = NULL;
    SpcIndirectData *content;
    unsigned length;
    size_t pages_size = 0;
    int size = -1;

    if (md && page_hashes && EVP_MD_get_size(md) > 32) {
        error_set("%s: page hashes are SHA-1 or SHA-256; %s has no place for them", image->name, digest_name);
        return -1;
    }
    if (!md || !signed_image_digest(image, md, digest, &length) ||
        (page_hashes && !(pages = signed_image_page_hashes(image, md, &pages_size))))
        return -1;
    content = spc_indirect_data(OID_SPC_PE_IMAGE_DATA, md, digest, length, pages, pages_size);
    if (content)
        size = i2d_SpcIndirectData(content, der);
    if (size <= 0)
        authenticode_openssl_failed(image->name);
    SpcIndirectData_free(content);
    free(pages);
    return size;
}

/* --- reading ------------------------------------------------------------------------------------------------------- */

static SpcPeImageData *image_data(const SpcIndirectData *content)
{
    const ASN1_TYPE *value = content->data->value;
    const unsigned char *p;

    if (!value || value->type != V_ASN1_SEQUENCE)
        return NULL;
    p = value->value.sequence->data;
    return d2i_SpcPeImageData(NULL, &p, value->value.sequence->length);
}

static bool take_pages(struct spc_pages *pages, const SpcAttribute *attribute)
{
    char oid[64] = "";
    const ASN1_TYPE *value = sk_ASN1_TYPE_value(attribute->values, 0);

    OBJ_obj2txt(oid, sizeof oid, attribute->type, 1);
    if (!value || value->type != V_ASN1_OCTET_STRING)
        return false;
    if (!strcmp(oid, OID_SPC_PAGE_HASHES_V1))
        pages->md = EVP_sha1();
    else if (!strcmp(oid, OID_SPC_PAGE_HASHES_V2))
        pages->md = EVP_sha256();
    else
        return false;
    pages->table = value->value.octet_string->data;
    pages->size = (size_t)value->value.octet_string->length;
    return true;
}

bool spc_pages_open(const SpcIndirectData *content, struct spc_pages *pages)
{
    SpcPeImageData *data = image_data(content);
    SpcSerializedObject *object = data && data->file && data->file->type == 1 ? data->file->value.moniker : NULL;

    *pages = (struct spc_pages){ 0 };
    if (object && object->class_id->length == sizeof page_hash_class &&
        !memcmp(object->class_id->data, page_hash_class, sizeof page_hash_class)) {
        const unsigned char *p = object->data->data;

        pages->set = d2i_SpcAttributeSet(NULL, &p, object->data->length);
    }
    SpcPeImageData_free(data);
    ERR_clear_error();
    for (int i = 0; i < sk_SpcAttribute_num(pages->set); i++)
        if (take_pages(pages, sk_SpcAttribute_value(pages->set, i)))
            return true;
    spc_pages_close(pages);
    return false;
}

void spc_pages_close(struct spc_pages *pages)
{
    sk_SpcAttribute_pop_free(pages->set, SpcAttribute_free);
    *pages = (struct spc_pages){ 0 };
}
