/* The parts of a PE file that Authenticode looks at: what is digested, and where signatures lie.
 *
 * Digested is the whole file except the header's CheckSum, the certificate table's directory entry and the certificate
 * table itself, filled with zeros to a multiple of 8 bytes, as "Windows Authenticode Portable Executable Signature
 * Format" describes for files whose sections follow each other. Safe on hostile files: every offset is checked. */
#ifndef PKG_AUTHENTICODE_IMAGE_H
#define PKG_AUTHENTICODE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#define SIGNED_FILE_LIMIT (256u << 20)
#define SIGNED_PAGE 4096u

struct signed_section {
    uint32_t at, size;                  /* raw data: bytes of the file */
};

struct signed_image {
    const char *name;                   /* for messages */
    const uint8_t *data;
    size_t size;                        /* of the file, certificate table included */
    size_t checksum_at, directory_at;   /* the CheckSum field, the certificate table's directory entry */
    size_t headers;                     /* SizeOfHeaders */
    size_t end;                         /* where the digested part ends: the certificate table or the file's end */
    size_t certificates, certificates_size;     /* 0, 0: not signed */
    struct signed_section section[96];  /* in order of the file */
    int section_count;
    uint16_t machine, dll_characteristics;
    bool pe32plus;
};

/* False with error_text() when it is no PE file, or a signature's place makes no sense. data must outlive image. */
bool signed_image_parse(struct signed_image *image, const char *name, const uint8_t *data, size_t size);

/* digest has room for EVP_MAX_MD_SIZE bytes. */
bool signed_image_digest(const struct signed_image *image, const EVP_MD *md, uint8_t *digest, unsigned *length);

/* The page hash table: for each page its file offset (32 bits) and digest, the headers first, then each section's pages
 * filled with zeros, at last the end of the sections with a digest of zeros. malloc'ed; NULL with error_text(). */
uint8_t *signed_image_page_hashes(const struct signed_image *image, const EVP_MD *md, size_t *size);

/* The CheckSum field's value for these bytes, as the linker computes it. at: where the field is (it counts as 0). */
uint32_t signed_image_checksum(const uint8_t *data, size_t size, size_t at);

/* One entry of the certificate table (WIN_CERTIFICATE). *at is the next entry's place, image->certificates to begin
 * with. 0: there is no more; 1: here it is; -1: the table is damaged (error_text()). */
int signed_image_certificate(const struct signed_image *image, size_t *at, const uint8_t **blob, size_t *size);

#endif
