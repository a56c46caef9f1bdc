/* The content that an image's signature signs: SpcIndirectDataContent with the digest, and page hashes when wanted. */
#ifndef PKG_AUTHENTICODE_SPC_H
#define PKG_AUTHENTICODE_SPC_H

#include "pkg/authenticode_asn1.h"
#include "pkg/authenticode_image.h"

#include <openssl/pkcs7.h>

/* DER of the content for a PE image; to be freed with OPENSSL_free. Its size, or -1 with error_text(). */
int spc_image_content(const struct signed_image *image, const char *digest, bool page_hashes, unsigned char **der);
/* The object: `type` is OID_SPC_PE_IMAGE_DATA or OID_SPC_CAB_DATA; pages (may be NULL) is put into it. NULL when memory
 * is out. */
SpcIndirectData *spc_indirect_data(const char *type, const EVP_MD *md, const uint8_t *digest, size_t length,
                                   const uint8_t *pages, size_t pages_size);
/* The content of a signed message of that type; NULL when it is none. Belongs to the message. */
const ASN1_STRING *spc_content(const PKCS7 *message, const char *content_type);
/* The page hash table in the content, and its digest; false when there is none. Belongs to the content. *copy is to be
 * freed with ASN1_TYPE's free by spc_pages_free. */
struct spc_pages {
    SpcAttributeSet *set;
    const uint8_t *table;
    size_t size;
    const EVP_MD *md;
};
bool spc_pages_open(const SpcIndirectData *content, struct spc_pages *pages);
void spc_pages_close(struct spc_pages *pages);

#endif
