/* Verifying files: images and their page hashes. The message itself: authenticode_judge.c */
#include "pkg/authenticode_verify.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "base/error.h"
#include "host/file.h"
#include "pkg/authenticode.h"
#include "pkg/authenticode_cabinet.h"
#include "pkg/authenticode_spc.h"

/* What is left of a table is compared entry by entry: an offset, and the digest of what lies there. */
static bool pages_match(const struct signed_image *image, const struct spc_pages *pages)
{
    size_t size;
    uint8_t *table = signed_image_page_hashes(image, pages->md, &size);
    bool same = table && size == pages->size && !memcmp(table, pages->table, size);

    free(table);
    return same;
}

static bool check_image(void *context, const PKCS7 *message, struct signature *signature)
{
    const struct signed_image *image = context;
    const ASN1_STRING *string = spc_content(message, OID_SPC_INDIRECT_DATA);
    const unsigned char *p = string ? string->data : NULL;
    SpcIndirectData *content = string ? d2i_SpcIndirectData(NULL, &p, string->length) : NULL;
    const EVP_MD *md = content ? EVP_get_digestbyobj(content->digest->algorithm->algorithm) : NULL;
    uint8_t digest[EVP_MAX_MD_SIZE];
    struct spc_pages pages;
    unsigned length = 0;

    ERR_clear_error();
    if (md && signed_image_digest(image, md, digest, &length)) {
        signature->digest_name = EVP_MD_get0_name(md);
        signature->digest_matches = content->digest->digest->length == (int)length &&
                                    !memcmp(content->digest->digest->data, digest, length);
    }
    if (content && spc_pages_open(content, &pages)) {
        signature->has_pages = true;
        signature->pages_match = pages_match(image, &pages);
        spc_pages_close(&pages);
    }
    SpcIndirectData_free(content);
    return content != NULL;
}

static int verify_image(const char *path, const uint8_t *data, size_t size, const struct verify_options *options,
                        struct signature *list, int room)
{
    struct signed_image image;
    const uint8_t *blob;
    size_t at, blob_size;
    int count = 0, found;

    if (!signed_image_parse(&image, path, data, size))
        return -1;
    at = image.certificates;
    while ((found = signed_image_certificate(&image, &at, &blob, &blob_size)) > 0) {
        PKCS7 *message = d2i_PKCS7(NULL, &blob, (long)blob_size);

        if (!message) {
            authenticode_openssl_failed(path);
            return -1;
        }
        count += verify_message(message, options, check_image, &image, list + count, room - count);
        PKCS7_free(message);
    }
    return found < 0 ? -1 : count;
}

/* A catalog's content is the catalog: there is nothing outside it to compare with. */
static bool check_catalog(void *context, const PKCS7 *message, struct signature *signature)
{
    (void)context;
    signature->digest_matches = spc_content(message, OID_CTL) != NULL;
    signature->digest_name = "";
    return signature->digest_matches;
}

static int verify_catalog(const char *path, const uint8_t *data, size_t size, const struct verify_options *options,
                          struct signature *list, int room)
{
    PKCS7 *message = d2i_PKCS7(NULL, &data, (long)size);
    int count;

    if (!message || !spc_content(message, OID_CTL)) {
        ERR_clear_error();
        error_set("%s: no catalog (it holds no certificate trust list)", path);
        count = -1;
    } else {
        count = verify_message(message, options, check_catalog, NULL, list, room);
    }
    PKCS7_free(message);
    return count;
}

static bool check_cabinet(void *context, const PKCS7 *message, struct signature *signature)
{
    const struct signed_cabinet *cabinet = context;
    const ASN1_STRING *string = spc_content(message, OID_SPC_INDIRECT_DATA);
    const unsigned char *p = string ? string->data : NULL;
    SpcIndirectData *content = string ? d2i_SpcIndirectData(NULL, &p, string->length) : NULL;
    const EVP_MD *md = content ? EVP_get_digestbyobj(content->digest->algorithm->algorithm) : NULL;
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;

    ERR_clear_error();
    if (md && signed_cabinet_digest(cabinet, md, digest, &length)) {
        signature->digest_name = EVP_MD_get0_name(md);
        signature->digest_matches = content->digest->digest->length == (int)length &&
                                    !memcmp(content->digest->digest->data, digest, length);
    }
    SpcIndirectData_free(content);
    return string != NULL;
}

static int verify_cabinet(const char *path, const uint8_t *data, size_t size, const struct verify_options *options,
                          struct signature *list, int room)
{
    struct signed_cabinet cabinet;
    const unsigned char *p;
    PKCS7 *message;
    int count = 0;

    if (!signed_cabinet_open(&cabinet, path, data, size))
        return -1;
    if (cabinet.signature_size) {
        p = data + cabinet.signature;
        message = d2i_PKCS7(NULL, &p, (long)cabinet.signature_size);
        if (message)
            count = verify_message(message, options, check_cabinet, &cabinet, list, room);
        else
            authenticode_openssl_failed(path);
        count = message ? count : -1;
        PKCS7_free(message);
    }
    signed_cabinet_close(&cabinet);
    return count;
}

int authenticode_verify(const char *path, const struct verify_options *options, struct signature *list, int room)
{
    uint8_t *data;
    size_t size;
    int count;

    if (!host_read_file(path, SIGNED_FILE_LIMIT, &data, &size))
        return -1;
    switch (signed_kind_of(data, size)) {
    case SIGNED_PE:
        count = verify_image(path, data, size, options, list, room);
        break;
    case SIGNED_CATALOG:
        count = verify_catalog(path, data, size, options, list, room);
        break;
    case SIGNED_CABINET:
        count = verify_cabinet(path, data, size, options, list, room);
        break;
    default:
        error_set("%s: neither an image, nor a catalog, nor a cabinet", path);
        count = -1;
    }
    free(data);
    return count;
}
