/* Signing files: the image's certificate table, the catalog's message. */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "base/error.h"
#include "base/util.h"
#include "host/file.h"
#include "pkg/authenticode.h"
#include "pkg/authenticode_asn1.h"
#include "pkg/authenticode_cabinet.h"
#include "pkg/authenticode_image.h"
#include "pkg/authenticode_spc.h"

enum signed_kind signed_kind_of(const uint8_t *data, size_t size)
{
    if (size >= 2 && data[0] == 'M' && data[1] == 'Z')
        return SIGNED_PE;
    if (size >= 4 && !memcmp(data, "MSCF", 4))
        return SIGNED_CABINET;
    if (size >= 4 && data[0] == 0x30 && (data[1] & 0x80))
        return SIGNED_CATALOG;
    return SIGNED_UNKNOWN;
}

/* --- images -------------------------------------------------------------------------------------------------------- */

/* The first signature of an image; NULL with error_text() "" when there is none. */
static PKCS7 *present_signature(const struct signed_image *image)
{
    size_t at = image->certificates, size;
    const uint8_t *blob;
    PKCS7 *message;
    int found = signed_image_certificate(image, &at, &blob, &size);

    if (found <= 0) {
        if (found == 0)
            error_set("%s: it is not signed; there is nothing to add a signature to", image->name);
        return NULL;
    }
    message = d2i_PKCS7(NULL, &blob, (long)size);
    if (!message)
        authenticode_openssl_failed(image->name);
    return message;
}

/* Puts `added` into the first signer's unauthenticated attributes of `message`. */
static bool nest(PKCS7 *message, PKCS7 *added)
{
    STACK_OF(PKCS7_SIGNER_INFO) *infos = PKCS7_type_is_signed(message) ? PKCS7_get_signer_info(message) : NULL;
    PKCS7_SIGNER_INFO *info = infos ? sk_PKCS7_SIGNER_INFO_value(infos, 0) : NULL;
    unsigned char *der = NULL;
    int size = i2d_PKCS7(added, &der);
    bool good = info && authenticode_add_attribute(&info->unauth_attr, OID_NESTED_SIGNATURE, der, size);

    OPENSSL_free(der);
    return good || authenticode_openssl_failed("the present signature cannot take another");
}

static void put32(uint8_t *p, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(value >> 8 * i);
}

/* The image with this certificate table (NULL: none) instead of its own. malloc'ed. */
static uint8_t *with_certificates(const struct signed_image *image, const uint8_t *der, size_t der_size, size_t *size)
{
    size_t end = der ? align_up(image->end, 8) : image->end, entry = der ? align_up(8 + der_size, 8) : 0;
    uint8_t *file = calloc(1, end + entry + 1);

    if (!file) {
        error_set("%s: out of memory", image->name);
        return NULL;
    }
    memcpy(file, image->data, image->end);
    *size = end + entry;
    put32(file + image->directory_at, der ? (uint32_t)end : 0);
    put32(file + image->directory_at + 4, (uint32_t)entry);
    if (der) {
        put32(file + end, (uint32_t)entry);
        put32(file + end + 4, 0x00020200);      /* revision 2.0, PKCS #7 */
        memcpy(file + end + 8, der, der_size);
    }
    put32(file + image->checksum_at, signed_image_checksum(file, *size, image->checksum_at));
    return file;
}

static bool write_image(const struct signed_image *image, PKCS7 *message)
{
    unsigned char *der = NULL;
    int der_size = message ? i2d_PKCS7(message, &der) : 0;
    size_t size = 0;
    uint8_t *file = der_size >= 0 ? with_certificates(image, der, (size_t)der_size, &size) : NULL;
    bool good = der_size < 0 ? authenticode_openssl_failed(image->name)
                             : file && host_replace_file(image->name, file, size, false);

    OPENSSL_free(der);
    free(file);
    return good;
}

static bool sign_image(const char *path, const uint8_t *data, size_t size, const struct signer *signer,
                       const struct authenticode_options *options)
{
    struct signed_image image;
    PKCS7 *old = NULL, *message = NULL;
    unsigned char *content = NULL;
    int content_size;
    bool good;

    if (!signed_image_parse(&image, path, data, size) || (options->append && !(old = present_signature(&image))))
        return false;
    content_size = spc_image_content(&image, options->digest, options->page_hashes, &content);
    if (content_size > 0)
        message = authenticode_message(OID_SPC_INDIRECT_DATA, content, (size_t)content_size, signer, options);
    good = message && (!old || nest(old, message)) && write_image(&image, old ? old : message);
    OPENSSL_free(content);
    PKCS7_free(message);
    PKCS7_free(old);
    return good;
}

/* --- catalogs ------------------------------------------------------------------------------------------------------ */

/* The same content in a message signed by `signer`, or by nobody. */
static bool sign_catalog(const char *path, const uint8_t *data, size_t size, const struct signer *signer,
                         const struct authenticode_options *options)
{
    const unsigned char *p = data;
    PKCS7 *old = d2i_PKCS7(NULL, &p, (long)size), *message = NULL;
    const ASN1_STRING *content = old ? spc_content(old, OID_CTL) : NULL;
    unsigned char *der = NULL;
    int der_size = -1;
    bool good = false;

    ERR_clear_error();
    if (!content)
        error_set("%s: no catalog (it holds no certificate trust list)", path);
    else if (options->page_hashes || options->append)
        error_set("%s: a catalog has one signature and no page hashes", path);
    else
        message = authenticode_message(OID_CTL, content->data, (size_t)content->length, signer, options);
    if (message) {
        der_size = i2d_PKCS7(message, &der);
        good = der_size > 0 ? host_replace_file(path, der, (size_t)der_size, false) : authenticode_openssl_failed(path);
    }
    OPENSSL_free(der);
    PKCS7_free(message);
    PKCS7_free(old);
    return good;
}

/* --- cabinets ------------------------------------------------------------------------------------------------------ */

static bool write_cabinet(const struct signed_cabinet *cabinet, PKCS7 *message)
{
    unsigned char *der = NULL;
    int der_size = message ? i2d_PKCS7(message, &der) : 0;
    size_t size = 0;
    uint8_t *file = der_size >= 0 ? signed_cabinet_with(cabinet, der, (size_t)der_size, &size) : NULL;
    bool good = file ? host_replace_file(cabinet->name, file, size, false) : authenticode_openssl_failed(cabinet->name);

    OPENSSL_free(der);
    free(file);
    return good;
}

/* signer NULL: takes the signature out. */
static bool sign_cabinet(const char *path, const uint8_t *data, size_t size, const struct signer *signer,
                         const struct authenticode_options *options)
{
    const EVP_MD *md = authenticode_digest(options->digest);
    uint8_t digest[EVP_MAX_MD_SIZE];
    struct signed_cabinet cabinet;
    unsigned char *content = NULL;
    SpcIndirectData *indirect;
    PKCS7 *message = NULL;
    unsigned length;
    int content_size;
    bool good;

    if (options->page_hashes || options->append)
        return error_set("%s: a cabinet has one signature and no page hashes", path);
    if (!md || !signed_cabinet_open(&cabinet, path, data, size))
        return false;
    good = signed_cabinet_digest(&cabinet, md, digest, &length);
    if (good && signer) {
        indirect = spc_indirect_data(OID_SPC_CAB_DATA, md, digest, length, NULL, 0);
        content_size = indirect ? i2d_SpcIndirectData(indirect, &content) : -1;
        SpcIndirectData_free(indirect);
        if (content_size > 0)
            message = authenticode_message(OID_SPC_INDIRECT_DATA, content, (size_t)content_size, signer, options);
        else
            authenticode_openssl_failed(path);
        good = message != NULL;
    }
    good = good && write_cabinet(&cabinet, message);
    OPENSSL_free(content);
    PKCS7_free(message);
    signed_cabinet_close(&cabinet);
    return good;
}

/* --- any file ------------------------------------------------------------------------------------------------------ */

bool authenticode_sign(const char *path, const struct signer *signer, const struct authenticode_options *options)
{
    uint8_t *data;
    size_t size;
    bool good;

    if (!host_read_file(path, SIGNED_FILE_LIMIT, &data, &size))
        return false;
    switch (signed_kind_of(data, size)) {
    case SIGNED_PE:
        good = sign_image(path, data, size, signer, options);
        break;
    case SIGNED_CATALOG:
        good = sign_catalog(path, data, size, signer, options);
        break;
    case SIGNED_CABINET:
        good = sign_cabinet(path, data, size, signer, options);
        break;
    default:
        good = error_set("%s: neither an image, nor a catalog, nor a cabinet; only those carry signatures", path);
    }
    free(data);
    return good;
}

bool authenticode_remove(const char *path)
{
    struct signed_image image;
    uint8_t *data;
    size_t size;
    bool good;

    if (!host_read_file(path, SIGNED_FILE_LIMIT, &data, &size))
        return false;
    switch (signed_kind_of(data, size)) {
    case SIGNED_PE:
        good = signed_image_parse(&image, path, data, size) && write_image(&image, NULL);
        break;
    case SIGNED_CATALOG:
        good = sign_catalog(path, data, size, NULL, &(struct authenticode_options){ 0 });
        break;
    case SIGNED_CABINET:
        good = sign_cabinet(path, data, size, NULL, &(struct authenticode_options){ 0 });
        break;
    default:
        good = error_set("%s: neither an image, nor a catalog, nor a cabinet", path);
    }
    free(data);
    return good;
}
