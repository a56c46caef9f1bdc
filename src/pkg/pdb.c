/* A PDB is a file of blocks: a superblock, a list of the blocks of the stream directory, the directory, streams. */
#include "pkg/pdb.h"

#include <string.h>

#include "base/error.h"

#define INFORMATION_STREAM 1
#define INFORMATION_SIZE 28             /* version, signature, age, GUID */

struct msf {
    const uint8_t *data;
    size_t size;
    uint32_t block_size, directory_size;
    uint64_t directory_blocks;          /* where their list is in the file */
};

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static bool open_msf(struct msf *msf, const uint8_t *data, size_t size)
{
    static const char magic[32] = "Microsoft C/C++ MSF 7.00\r\n\032DS\0\0";

    if (size < 56 || memcmp(data, magic, sizeof magic) != 0)
        return false;
    *msf = (struct msf){ data, size, get32(data + 32), get32(data + 44), 0 };
    if (msf->block_size < 512 || msf->block_size > 65536 || (msf->block_size & (msf->block_size - 1)))
        return false;
    msf->directory_blocks = (uint64_t)get32(data + 52) * msf->block_size;
    return true;
}

/* Four bytes at `at` in the directory, which lies in pieces. */
static bool directory32(const struct msf *msf, uint64_t at, uint32_t *value)
{
    uint64_t list = msf->directory_blocks + at / msf->block_size * 4, place;

    if (at % 4 || at + 4 > msf->directory_size || list + 4 > msf->size)
        return false;
    place = (uint64_t)get32(msf->data + list) * msf->block_size + at % msf->block_size;
    if (place + 4 > msf->size)
        return false;
    *value = get32(msf->data + place);
    return true;
}

/* The first block of a stream: behind the count stand all sizes, then all block numbers. */
static bool first_block(const struct msf *msf, uint32_t stream, uint32_t *size, uint64_t *place)
{
    uint64_t blocks = 0;
    uint32_t count, one;

    if (!directory32(msf, 0, &count) || stream >= count || count > msf->directory_size / 4)
        return false;
    for (uint32_t i = 0; i < stream; i++) {
        if (!directory32(msf, 4 + 4 * (uint64_t)i, &one))
            return false;
        blocks += one == UINT32_MAX ? 0 : ((uint64_t)one + msf->block_size - 1) / msf->block_size;
    }
    if (!directory32(msf, 4 + 4 * (uint64_t)stream, size) || *size == UINT32_MAX ||
        !directory32(msf, 4 + 4 * (uint64_t)count + 4 * blocks, &one))
        return false;
    *place = (uint64_t)one * msf->block_size;
    return true;
}

bool pdb_identity(const char *name, const uint8_t *data, size_t size, uint8_t guid[16])
{
    struct msf msf;
    uint64_t place;
    uint32_t bytes;

    if (!open_msf(&msf, data, size))
        return error_set("%s: not a program database", name);
    if (!first_block(&msf, INFORMATION_STREAM, &bytes, &place) || bytes < INFORMATION_SIZE || place + INFORMATION_SIZE > size)
        return error_set("%s: a damaged program database: its information stream is not in the file", name);
    memcpy(guid, data + place + 12, 16);
    return true;
}
