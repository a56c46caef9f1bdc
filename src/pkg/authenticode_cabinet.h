/* Signed cabinets. The header has a reserved area of 20 bytes that says where the signature lies, behind the cabinet's own bytes.
 * Signed are the bytes 0 to 3 and 8 to 33 of the header and all from the last four bytes of the reserved area on, up to the signature. */
#ifndef PKG_AUTHENTICODE_CABINET_H
#define PKG_AUTHENTICODE_CABINET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

struct signed_cabinet {
    const char *name;
    uint8_t *data;                      /* with the reserved area; malloc'ed */
    size_t size;                        /* without the signature */
    size_t signature, signature_size;   /* in the file that was read; 0, 0: not signed */
};

/* Takes the file's bytes and makes room for the reserved area when there is none. False with error_text(): no cabinet, or one with a
 * reserved area for something else, or one whose numbers make no sense. */
bool signed_cabinet_open(struct signed_cabinet *cabinet, const char *name, const uint8_t *data, size_t size);
void signed_cabinet_close(struct signed_cabinet *cabinet);
bool signed_cabinet_digest(const struct signed_cabinet *cabinet, const EVP_MD *md, uint8_t *digest, unsigned *length);
/* The whole file with this signature behind it (NULL: none). malloc'ed. */
uint8_t *signed_cabinet_with(const struct signed_cabinet *cabinet, const uint8_t *der, size_t der_size, size_t *size);

#endif
