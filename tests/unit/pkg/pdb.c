/* pkg/pdb.h: the GUID of a PDB, and what keeps it from being told. */
#include "unit.h"

#include <string.h>

#include "pkg/pdb.h"

#define BLOCK 512

static uint8_t file[6 * BLOCK];

static void put(size_t at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        file[at + (size_t)i] = (uint8_t)(value >> 8 * i);
}

/* Superblock; the directory's list in block 3, the directory in 4, the information stream in 5. */
static void make(void)
{
    memset(file, 0, sizeof file);
    memcpy(file, "Microsoft C/C++ MSF 7.00\r\n\032DS\0\0", 32);
    put(32, BLOCK);
    put(36, 1);
    put(40, 6);
    put(44, 16);
    put(52, 3);
    put(3 * BLOCK, 4);
    put(4 * BLOCK, 2);
    put(4 * BLOCK + 8, 28);
    put(4 * BLOCK + 12, 5);
    for (int i = 0; i < 16; i++)
        file[5 * BLOCK + 12 + i] = (uint8_t)(i + 1);
}

TEST(a_pdb_tells_its_guid)
{
    uint8_t guid[16];

    make();
    CHECK(pdb_identity("x.pdb", file, sizeof file, guid));
    CHECK_EQ(guid[0], 1);
    CHECK_EQ(guid[15], 16);
}

TEST(a_pdb_that_is_cut_anywhere_is_refused)
{
    uint8_t guid[16];

    make();
    for (size_t size = 0; size < 5 * BLOCK + 28; size++)
        CHECK(!pdb_identity("x.pdb", file, size, guid));
}

TEST(a_pdb_whose_numbers_lie_is_refused)
{
    static const struct { size_t at; uint32_t value; } lies[] = {
        { 32, 0 }, { 32, 3 }, { 32, 0x80000000u }, { 44, 8 }, { 52, 0xffffffffu }, { 3 * BLOCK, 0xffffffffu },
        { 4 * BLOCK, 1 }, { 4 * BLOCK, 0xffffffffu }, { 4 * BLOCK + 8, 27 }, { 4 * BLOCK + 8, 0xffffffffu },
        { 4 * BLOCK + 12, 0xffffffffu }, { 4 * BLOCK + 4, 0x7fffffff },
    };
    uint8_t guid[16];

    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        make();
        put(lies[i].at, lies[i].value);
        CHECK(!pdb_identity("x.pdb", file, sizeof file, guid));
    }
}
