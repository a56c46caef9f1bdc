/* PE files as Authenticode sees them. docs: PE Format, "The Attribute Certificate Table" */
#include "pkg/authenticode_image.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/util.h"

#define OPTIONAL_CHECKSUM 64            /* offset in the optional header */
#define DIRECTORY_SECURITY 4
#define WIN_CERT_HEADER 8
#define WIN_CERT_TYPE_PKCS_SIGNED_DATA 2

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t get32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static int by_place(const void *a, const void *b)
{
    const struct signed_section *x = a, *y = b;

    return (x->at > y->at) - (x->at < y->at);
}

static bool read_sections(struct signed_image *image, size_t at, unsigned count)
{
    if (count > countof(image->section))
        return error_set("%s: %u sections, more than %zu", image->name, count, countof(image->section));
    if (at + count * 40 > image->size)
        return error_set("%s: the section table ends behind the file", image->name);
    for (unsigned i = 0; i < count; i++, at += 40) {
        uint32_t size = get32(image->data + at + 16), place = get32(image->data + at + 20);

        if (size == 0)
            continue;
        if (place > image->end || size > image->end - place)
            return error_set("%s: section %u's data (offset 0x%x, 0x%x bytes) ends behind the file", image->name,
                             i + 1, place, size);
        image->section[image->section_count++] = (struct signed_section){ place, size };
    }
    qsort(image->section, (size_t)image->section_count, sizeof image->section[0], by_place);
    return true;
}

static bool read_certificates(struct signed_image *image)
{
    uint32_t at = get32(image->data + image->directory_at), size = get32(image->data + image->directory_at + 4);

    image->end = image->size;
    if (at == 0 && size == 0)
        return true;
    if (at % 8 != 0 || at < image->headers || at > image->size || size > image->size - at || size < WIN_CERT_HEADER)
        return error_set("%s: the certificate table (offset 0x%x, 0x%x bytes) does not lie in the file's 0x%zx bytes",
                         image->name, at, size, image->size);
    if (image->size - at - size >= 8)
        return error_set("%s: %zu bytes follow the certificate table; nobody has signed them", image->name,
                         image->size - at - size);
    image->certificates = at;
    image->certificates_size = size;
    image->end = at;
    return true;
}

bool signed_image_parse(struct signed_image *image, const char *name, const uint8_t *data, size_t size)
{
    size_t pe, optional;
    unsigned sections, optional_size, directories;

    *image = (struct signed_image){ .name = name, .data = data, .size = size };
    if (size < 64 || get16(data) != 0x5a4d)
        return error_set("%s: no PE file (it does not begin with MZ)", name);
    pe = get32(data + 60);
    if (pe > size || size - pe < 24 + 96 || memcmp(data + pe, "PE\0\0", 4))
        return error_set("%s: no PE file (there is no PE header at 0x%zx)", name, pe);
    image->machine = get16(data + pe + 4);
    sections = get16(data + pe + 6);
    optional_size = get16(data + pe + 20);
    optional = pe + 24;
    image->pe32plus = get16(data + optional) == 0x20b;
    if (!image->pe32plus && get16(data + optional) != 0x10b)
        return error_set("%s: unknown optional header 0x%x", name, get16(data + optional));
    directories = image->pe32plus ? 112 : 96;
    image->checksum_at = optional + OPTIONAL_CHECKSUM;
    image->directory_at = optional + directories + DIRECTORY_SECURITY * 8;
    if (optional_size < directories + (DIRECTORY_SECURITY + 1) * 8 || size - optional < optional_size ||
        get32(data + optional + directories - 4) <= DIRECTORY_SECURITY)
        return error_set("%s: the header has no place for a certificate table", name);
    image->headers = get32(data + optional + 60);
    image->dll_characteristics = get16(data + optional + 70);
    if (image->headers < image->directory_at + 8 || image->headers > size)
        return error_set("%s: SizeOfHeaders is 0x%zx in a file of 0x%zx bytes", name, image->headers, size);
    return read_certificates(image) && read_sections(image, optional + optional_size, sections);
}

static bool digest_failed(EVP_MD_CTX *context, const char *name)
{
    EVP_MD_CTX_free(context);
    return error_set("%s: the digest cannot be computed", name);
}

/* Bytes from..to of the file, leaving out the checksum and the directory entry where they lie inside. */
static bool update(EVP_MD_CTX *context, const struct signed_image *image, size_t from, size_t to)
{
    const struct { size_t at, size; } hole[] = { { image->checksum_at, 4 }, { image->directory_at, 8 } };

    for (size_t i = 0; i < countof(hole); i++) {
        if (from > hole[i].at || to < hole[i].at + hole[i].size)
            continue;
        if (!EVP_DigestUpdate(context, image->data + from, hole[i].at - from))
            return false;
        from = hole[i].at + hole[i].size;
    }
    return EVP_DigestUpdate(context, image->data + from, to - from);
}

bool signed_image_digest(const struct signed_image *image, const EVP_MD *md, uint8_t *digest, unsigned *length)
{
    static const uint8_t zero[8];
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    if (!context || !EVP_DigestInit_ex(context, md, NULL) || !update(context, image, 0, image->end) ||
        !EVP_DigestUpdate(context, zero, (8 - image->end % 8) % 8) || !EVP_DigestFinal_ex(context, digest, length))
        return digest_failed(context, image->name);
    EVP_MD_CTX_free(context);
    return true;
}

/* --- page hashes --------------------------------------------------------------------------------------------------- */

static void put32(uint8_t *p, size_t value)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(value >> 8 * i);
}

/* One page: what lies in from..to, then zeros up to a page. */
static bool hash_page(EVP_MD_CTX *context, const EVP_MD *md, const struct signed_image *image, size_t from, size_t to,
                      uint8_t *entry)
{
    static const uint8_t zero[SIGNED_PAGE];

    put32(entry, from);
    return EVP_DigestInit_ex(context, md, NULL) && update(context, image, from, to) &&
           (to - from >= SIGNED_PAGE || EVP_DigestUpdate(context, zero, SIGNED_PAGE - (to - from))) &&
           EVP_DigestFinal_ex(context, entry + 4, NULL);
}

uint8_t *signed_image_page_hashes(const struct signed_image *image, const EVP_MD *md, size_t *size)
{
    size_t entry = 4 + (size_t)EVP_MD_get_size(md), pages = 2, at = 0, last = 0;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    uint8_t *table;

    for (int i = 0; i < image->section_count; i++)
        pages += align_up(image->section[i].size, SIGNED_PAGE) / SIGNED_PAGE;
    table = calloc(pages, entry);
    if (!context || !table || !hash_page(context, md, image, 0, image->headers, table))
        goto failed;
    at = entry;
    for (int i = 0; i < image->section_count; i++) {
        size_t end = (size_t)image->section[i].at + image->section[i].size;

        for (size_t from = image->section[i].at; from < end; from += SIGNED_PAGE, at += entry)
            if (!hash_page(context, md, image, from, min_u64(end, from + SIGNED_PAGE), table + at))
                goto failed;
        last = max_u64(last, end);
    }
    put32(table + at, last);
    *size = at + entry;
    EVP_MD_CTX_free(context);
    return table;
failed:
    free(table);
    digest_failed(context, image->name);
    return NULL;
}

/* --- the header's checksum, the certificate table ------------------------------------------------------------------ */

uint32_t signed_image_checksum(const uint8_t *data, size_t size, size_t at)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < size; i += 2) {
        if (i == at || i == at + 2)
            continue;
        sum += i + 1 < size ? get16(data + i) : data[i];
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint32_t)((sum & 0xffff) + (sum >> 16) + size);
}

int signed_image_certificate(const struct signed_image *image, size_t *at, const uint8_t **blob, size_t *size)
{
    size_t end = image->certificates + image->certificates_size;

    while (image->certificates_size != 0 && *at + WIN_CERT_HEADER <= end) {
        uint32_t length = get32(image->data + *at);
        uint16_t type = get16(image->data + *at + 6);
        size_t here = *at;

        if (length < WIN_CERT_HEADER || length > end - here) {
            error_set("%s: the certificate entry at 0x%zx is 0x%x bytes long, but 0x%zx are left", image->name, here,
                      length, end - here);
            return -1;
        }
        *at = align_up(here + length, 8);
        if (type != WIN_CERT_TYPE_PKCS_SIGNED_DATA)
            continue;
        *blob = image->data + here + WIN_CERT_HEADER;
        *size = length - WIN_CERT_HEADER;
        return 1;
    }
    return 0;
}
