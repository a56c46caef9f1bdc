/* Making catalogs. Attribute flags and subject types are facts of mscat.h and wintrust.h. */
#include "pkg/catalog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "base/error.h"
#include "host/file.h"
#include "pkg/authenticode.h"
#include "pkg/authenticode_spc.h"

#define NAME_FLAGS 0x10010001           /* authenticated, name and data are text */
#define MEMBER_VERSION 0x200
#define SUBJECT_IMAGE "{C689AAB8-8E78-11D0-8C47-00C04FC295EE}"
#define SUBJECT_FLAT "{DE351A42-8E59-11D0-8C47-00C04FC295EE}"

struct catalog {
    enum catalog_version version;
    CatTrustList *list;
    const EVP_MD *md;
};

static bool failed(void)
{
    return authenticode_openssl_failed("a catalog cannot be made");
}

/* UTF-8 to UTF-16LE with its NUL; *size in bytes. OPENSSL_free it. */
static uint8_t *little_endian(const char *text, int *size)
{
    ASN1_STRING *string = NULL;
    uint8_t *bytes = NULL;

    if (ASN1_mbstring_copy(&string, (const unsigned char *)text, -1, MBSTRING_UTF8, B_ASN1_BMPSTRING) <= 0)
        return NULL;
    bytes = OPENSSL_zalloc((size_t)string->length + 2);
    for (int i = 0; bytes && i + 1 < string->length; i += 2) {
        bytes[i] = string->data[i + 1];
        bytes[i + 1] = string->data[i];
    }
    *size = string->length + 2;
    ASN1_STRING_free(string);
    return bytes;
}

/* A name and a value in DER; -1 when memory is out or the text is no UTF-8. */
static int name_value(const char *name, const char *value, unsigned char **der)
{
    CatNameValue *pair = CatNameValue_new();
    int size = 0, result = -1;
    uint8_t *bytes = little_endian(value, &size);
    ASN1_STRING *tag = pair ? pair->tag : NULL;

    if (pair && bytes &&
        ASN1_mbstring_copy(&tag, (const unsigned char *)name, -1, MBSTRING_UTF8, B_ASN1_BMPSTRING) > 0 &&
        ASN1_INTEGER_set_uint64(pair->flags, NAME_FLAGS) && ASN1_OCTET_STRING_set(pair->value, bytes, size))
        result = i2d_CatNameValue(pair, der);
    OPENSSL_free(bytes);
    CatNameValue_free(pair);
    return result;
}

/* --- the list ------------------------------------------------------------------------------------------------------ */

struct catalog *catalog_new(enum catalog_version version, time_t when)
{
    struct catalog *catalog = calloc(1, sizeof *catalog);
    const char *kind = version == CATALOG_SHA1 ? OID_CATALOG_LIST_MEMBER : OID_CATALOG_LIST_MEMBER2;
    CatTrustList *list = catalog ? CatTrustList_new() : NULL;

    if (list) {
        catalog->version = version;
        catalog->list = list;
        catalog->md = version == CATALOG_SHA1 ? EVP_sha1() : EVP_sha256();
        ASN1_OBJECT_free(list->usage->usage);
        list->usage->usage = OBJ_txt2obj(OID_CATALOG_LIST, 1);
        if (list->usage->usage && ASN1_TIME_adj(list->this_update, when, 0, 0) &&
            X509_ALGOR_set0(list->subject_algorithm, OBJ_txt2obj(kind, 1), V_ASN1_NULL, NULL) &&
            (list->members = sk_CatMember_new_null()))
            return catalog;
    }
    failed();
    catalog_free(catalog);
    return NULL;
}

void catalog_free(struct catalog *catalog)
{
    if (!catalog)
        return;
    CatTrustList_free(catalog->list);
    free(catalog);
}

bool catalog_add_name(struct catalog *catalog, const char *name, const char *value)
{
    unsigned char *der = NULL;
    int size = name_value(name, value, &der);
    ASN1_OCTET_STRING *data = ASN1_OCTET_STRING_new();
    ASN1_OBJECT *object = OBJ_txt2obj(OID_CAT_NAMEVALUE, 1);
    X509_EXTENSION *extension = NULL;
    bool good = size > 0 && data && object && ASN1_OCTET_STRING_set(data, der, size) &&
                (extension = X509_EXTENSION_create_by_OBJ(NULL, object, 0, data)) &&
                (catalog->list->extensions || (catalog->list->extensions = sk_X509_EXTENSION_new_null())) &&
                sk_X509_EXTENSION_push(catalog->list->extensions, extension);

    if (!good)
        X509_EXTENSION_free(extension);
    ASN1_OBJECT_free(object);
    ASN1_OCTET_STRING_free(data);
    OPENSSL_free(der);
    return good || failed();
}

/* --- members ------------------------------------------------------------------------------------------------------- */

/* Takes the value, whatever happens. */
static bool add_attribute(CatMember *member, const char *oid, ASN1_TYPE *value)
{
    SpcAttribute *attribute = SpcAttribute_new();

    if (attribute && value) {
        ASN1_OBJECT_free(attribute->type);
        attribute->type = OBJ_txt2obj(oid, 1);
        if (attribute->type && sk_ASN1_TYPE_push(attribute->values, value)) {
            value = NULL;
            if (sk_SpcAttribute_push(member->attributes, attribute))
                return true;
        }
    }
    ASN1_TYPE_free(value);
    SpcAttribute_free(attribute);
    return false;
}

/* The DER as a value; freed here. */
static bool add_der(CatMember *member, const char *oid, unsigned char *der, int size)
{
    const unsigned char *p = der;
    ASN1_TYPE *value = size > 0 ? d2i_ASN1_TYPE(NULL, &p, size) : NULL;

    OPENSSL_free(der);
    return add_attribute(member, oid, value);
}

static bool add_pair(CatMember *member, const char *name, const char *value)
{
    unsigned char *der = NULL;
    int size = name_value(name, value, &der);

    return add_der(member, OID_CAT_NAMEVALUE, der, size);
}

/* Version 1 tells the kind of file by GUID; version 2 by an empty value. */
static bool add_member_info(CatMember *member, enum catalog_version version, bool image)
{
    static const uint8_t empty[] = { 0x82, 0x00 };
    CatMemberInfo *info;
    unsigned char *der = NULL;
    int size = -1;

    if (version == CATALOG_SHA256) {
        const unsigned char *p = empty;

        return add_attribute(member, OID_CAT_MEMBERINFO2, d2i_ASN1_TYPE(NULL, &p, sizeof empty));
    }
    info = CatMemberInfo_new();
    if (info) {
        ASN1_STRING *type = info->subject_type;

        if (ASN1_mbstring_copy(&type, (const unsigned char *)(image ? SUBJECT_IMAGE : SUBJECT_FLAT), -1, MBSTRING_UTF8,
                               B_ASN1_BMPSTRING) > 0 &&
            ASN1_INTEGER_set(info->cert_version, MEMBER_VERSION))
            size = i2d_CatMemberInfo(info, &der);
    }
    CatMemberInfo_free(info);
    return add_der(member, OID_CAT_MEMBERINFO, der, size);
}

static bool set_identifier(CatMember *member, enum catalog_version version, const uint8_t *digest, unsigned length)
{
    char hex[2 * EVP_MAX_MD_SIZE + 1];
    uint8_t *wide;
    int size;
    bool good;

    if (version == CATALOG_SHA256)
        return ASN1_OCTET_STRING_set(member->identifier, digest, (int)length);
    for (unsigned i = 0; i < length; i++)
        snprintf(hex + 2 * i, 3, "%02X", digest[i]);
    wide = little_endian(hex, &size);
    good = wide && ASN1_OCTET_STRING_set(member->identifier, wide, size);
    OPENSSL_free(wide);
    return good;
}

static bool add_content(CatMember *member, const char *type, const EVP_MD *md, const uint8_t *digest, unsigned length,
                        const uint8_t *pages, size_t pages_size)
{
    SpcIndirectData *content = spc_indirect_data(type, md, digest, length, pages, pages_size);
    unsigned char *der = NULL;
    int size = content ? i2d_SpcIndirectData(content, &der) : -1;

    SpcIndirectData_free(content);
    return add_der(member, OID_SPC_INDIRECT_DATA, der, size);
}

static bool has_member(const struct catalog *catalog, const CatMember *member)
{
    for (int i = 0; i < sk_CatMember_num(catalog->list->members); i++)
        if (!ASN1_OCTET_STRING_cmp(sk_CatMember_value(catalog->list->members, i)->identifier, member->identifier))
            return true;
    return false;
}

bool catalog_add_file(struct catalog *catalog, const char *name, const uint8_t *data, size_t size, const char *os,
                      bool page_hashes)
{
    struct signed_image image;
    bool is_image = signed_kind_of(data, size) == SIGNED_PE, good;
    uint8_t digest[EVP_MAX_MD_SIZE], *pages = NULL;
    size_t pages_size = 0;
    unsigned length = 0;
    CatMember *member;

    if (is_image && !signed_image_parse(&image, name, data, size))
        return false;
    if (is_image ? !signed_image_digest(&image, catalog->md, digest, &length)
                 : !EVP_Digest(data, size, digest, &length, catalog->md, NULL))
        return failed();
    if (is_image && page_hashes && !(pages = signed_image_page_hashes(&image, catalog->md, &pages_size)))
        return false;
    member = CatMember_new();
    good = member && (member->attributes || (member->attributes = sk_SpcAttribute_new_null())) &&
           set_identifier(member, catalog->version, digest, length) &&
           add_content(member, is_image ? OID_SPC_PE_IMAGE_DATA : OID_SPC_CAB_DATA, catalog->md, digest, length, pages, pages_size) &&
           add_pair(member, "File", name) && add_pair(member, "OSAttr", os) &&
           add_member_info(member, catalog->version, is_image);
    free(pages);
    if (good && !has_member(catalog, member)) {
        good = sk_CatMember_push(catalog->list->members, member);
        member = good ? NULL : member;
    }
    CatMember_free(member);
    return good || failed();
}

/* --- the file ------------------------------------------------------------------------------------------------------ */

static int by_identifier(const CatMember *const *a, const CatMember *const *b)
{
    return ASN1_OCTET_STRING_cmp((*a)->identifier, (*b)->identifier);
}

/* Sixteen bytes that tell lists apart: a digest of the members. */
static bool identify(CatTrustList *list)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    uint8_t digest[EVP_MAX_MD_SIZE];
    bool good = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL);

    for (int i = 0; good && i < sk_CatMember_num(list->members); i++) {
        const ASN1_OCTET_STRING *identifier = sk_CatMember_value(list->members, i)->identifier;

        good = EVP_DigestUpdate(context, identifier->data, (size_t)identifier->length);
    }
    good = good && EVP_DigestFinal_ex(context, digest, NULL) && ASN1_OCTET_STRING_set(list->list_identifier, digest, 16);
    EVP_MD_CTX_free(context);
    return good;
}

bool catalog_write(struct catalog *catalog, const char *path)
{
    unsigned char *content = NULL, *der = NULL;
    PKCS7 *message = NULL;
    int size = -1;
    bool good;

    sk_CatMember_set_cmp_func(catalog->list->members, by_identifier);
    sk_CatMember_sort(catalog->list->members);
    if (identify(catalog->list) && (size = i2d_CatTrustList(catalog->list, &content)) > 0)
        message = authenticode_message(OID_CTL, content, (size_t)size, NULL, &(struct authenticode_options){ 0 });
    size = message ? i2d_PKCS7(message, &der) : -1;
    good = size > 0 ? host_replace_file(path, der, (size_t)size, false) : failed();
    OPENSSL_free(der);
    OPENSSL_free(content);
    PKCS7_free(message);
    return good;
}
