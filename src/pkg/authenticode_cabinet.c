/* docs: Microsoft Cabinet Format, CFHEADER and CFFOLDER. */
#include "pkg/authenticode_cabinet.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define HEADER 36                       /* CFHEADER without its optional parts */
#define RESERVE 20
#define SIZES 4                         /* cbCFHeader, cbCFFolder, cbCFData */
#define FLAG_PREVIOUS 1
#define FLAG_NEXT 2
#define FLAG_RESERVE 4
#define FOLDER 8
#define CABINET_SIZE 8                  /* places of fields */
#define FILES_OFFSET 16
#define FOLDERS 26
#define FLAGS 30

static uint32_t get32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static void put32(uint8_t *p, size_t value)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(value >> 8 * i);
}

/* The folder table behind the header, its offsets moved by `by`. */
static bool move_folders(uint8_t *data, size_t at, size_t end, unsigned count, uint32_t by)
{
    for (unsigned i = 0; i < count; i++, at += FOLDER) {
        uint32_t start;

        if (at + FOLDER > end)
            return false;
        start = get32(data + at);
        if (start > end - by)
            return false;
        put32(data + at, start + by);
    }
    return true;
}

static bool add_reserve(struct signed_cabinet *cabinet, const uint8_t *data, size_t size)
{
    static const uint8_t sizes[SIZES] = { RESERVE, 0, 0, 0 };
    uint8_t *d = calloc(1, size + SIZES + RESERVE);

    if (!d)
        abort();
    cabinet->data = d;
    cabinet->size = size + SIZES + RESERVE;
    memcpy(d, data, HEADER);
    memcpy(d + HEADER, sizes, SIZES);
    memcpy(d + HEADER + SIZES + RESERVE, data + HEADER, size - HEADER);
    d[FLAGS] |= FLAG_RESERVE;
    put32(d + CABINET_SIZE, cabinet->size);
    put32(d + FILES_OFFSET, get32(d + FILES_OFFSET) + SIZES + RESERVE);
    return move_folders(d, HEADER + SIZES + RESERVE, cabinet->size, get16(d + FOLDERS), SIZES + RESERVE);
}

static bool take_reserved(struct signed_cabinet *cabinet, const uint8_t *data, size_t size)
{
    const uint8_t *reserve = data + HEADER + SIZES;
    uint32_t own = get32(data + CABINET_SIZE);

    if (size < HEADER + SIZES + RESERVE || get16(data + HEADER) != RESERVE || data[HEADER + 2] || data[HEADER + 3])
        return error_set("%s: its reserved area is no place for a signature", cabinet->name);
    if (own > size || own < HEADER + SIZES + RESERVE)
        return error_set("%s: it says it has 0x%x bytes, the file has 0x%zx", cabinet->name, own, size);
    cabinet->signature = get32(reserve + 4);
    cabinet->signature_size = get32(reserve + 8);
    if (cabinet->signature_size && (cabinet->signature != own || cabinet->signature_size > size - own))
        return error_set("%s: its signature (offset 0x%zx, 0x%zx bytes) does not lie behind the cabinet", cabinet->name, cabinet->signature,
                         cabinet->signature_size);
    cabinet->data = malloc(own);
    if (!cabinet->data)
        abort();
    memcpy(cabinet->data, data, own);
    cabinet->size = own;
    return true;
}

bool signed_cabinet_open(struct signed_cabinet *cabinet, const char *name, const uint8_t *data, size_t size)
{
    uint16_t flags;
    bool good;

    *cabinet = (struct signed_cabinet){ .name = name };
    if (size < HEADER || memcmp(data, "MSCF", 4))
        return error_set("%s: no cabinet (it does not begin with MSCF)", name);
    flags = get16(data + FLAGS);
    if (flags & (FLAG_PREVIOUS | FLAG_NEXT))
        return error_set("%s: a cabinet of several parts cannot be signed", name);
    if (flags & FLAG_RESERVE)
        good = take_reserved(cabinet, data, size);
    else
        good = (get32(data + CABINET_SIZE) == size ||
                error_set("%s: it says it has 0x%x bytes, the file has 0x%zx", name, get32(data + CABINET_SIZE), size)) &&
               (add_reserve(cabinet, data, size) || error_set("%s: a folder's data lies outside the file", name));
    if (!good)
        signed_cabinet_close(cabinet);
    return good;
}

void signed_cabinet_close(struct signed_cabinet *cabinet)
{
    free(cabinet->data);
    cabinet->data = NULL;
}

bool signed_cabinet_digest(const struct signed_cabinet *cabinet, const EVP_MD *md, uint8_t *digest, unsigned *length)
{
    const size_t after = HEADER + SIZES + RESERVE - 4;      /* the area's last four bytes are signed, too */
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context && EVP_DigestInit_ex(context, md, NULL) && EVP_DigestUpdate(context, cabinet->data, 4) &&
                EVP_DigestUpdate(context, cabinet->data + 8, 34 - 8) &&
                EVP_DigestUpdate(context, cabinet->data + after, cabinet->size - after) &&
                EVP_DigestFinal_ex(context, digest, length);

    EVP_MD_CTX_free(context);
    return good || error_set("%s: the digest cannot be computed", cabinet->name);
}

uint8_t *signed_cabinet_with(const struct signed_cabinet *cabinet, const uint8_t *der, size_t der_size, size_t *size)
{
    size_t padded = der ? (der_size + 7) & ~(size_t)7 : 0;
    uint8_t *file = calloc(1, cabinet->size + padded + 1), *reserve;

    if (!file)
        abort();
    memcpy(file, cabinet->data, cabinet->size);
    reserve = file + HEADER + SIZES;
    memset(reserve, 0, RESERVE);
    put32(reserve, 0x00100000);
    put32(reserve + 4, der ? cabinet->size : 0);
    put32(reserve + 8, padded);
    if (der)
        memcpy(file + cabinet->size, der, der_size);
    *size = cabinet->size + padded;
    return file;
}
