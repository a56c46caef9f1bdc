/* Headers of hostile files: each gets a sentence, none gets further. */
#include "unit.h"

#include "image.h"

static void refused(const char *part)
{
    struct pe_image *loaded;

    open_pe(NULL, 0);
    loaded = pe_load("x.sys", image, sizeof image, 0);
    if (loaded)
        UNIT_FAIL("loaded, expected: %s", part);
    CHECK_CONTAINS(error_text(), "x.sys");
    CHECK_CONTAINS(error_text(), part);
    CHECK_EQ(pages_out, 0);
    pe_close();
}

TEST(a_whole_image_loads_and_runs)
{
    struct pe_image *loaded;

    build_image();
    open_pe(NULL, 0);
    loaded = pe_load("dir/x.sys", image, sizeof image, 0);
    if (!loaded)
        UNIT_FAIL("%s", error_text());
    CHECK_STR(loaded->name, "x.sys");
    CHECK_EQ(((int (*)(void))(void *)(loaded->base + loaded->entry))(), 42);
    CHECK(pe_image_at((uint64_t)loaded->base + 0x4fff) == loaded);
    CHECK(pe_image_at((uint64_t)loaded->base + 0x5000) == NULL);
    CHECK(pe_image_named("X.SYS") == loaded);
    CHECK(pe_unload(loaded));
    CHECK_EQ(pages_out, 0);
    pe_close();
}

TEST(an_empty_file_is_no_image)
{
    open_pe(NULL, 0);
    CHECK(!pe_load("x.sys", image, 0, 0));
    CHECK_CONTAINS(error_text(), "x.sys: not an executable image");
    pe_close();
}

TEST(every_truncation_is_refused)
{
    struct pe_image *loaded;

    build_image();
    open_pe(NULL, 0);
    for (size_t size = 0; size < sizeof image; size++) {
        loaded = pe_load("x.sys", image, size, 0);
        CHECK(loaded == NULL);
    }
    pe_close();
}

#define REFUSED(name, damage, part)                                                                                \
    TEST(name)                                                                                                     \
    {                                                                                                              \
        build_image();                                                                                             \
        damage;                                                                                                    \
        refused(part);                                                                                             \
    }

REFUSED(a_missing_mz_is_refused, put16(0, 0x1234), "does not begin with MZ")
REFUSED(a_pe_header_outside_the_file_is_refused, put32(AT_LFANEW, 0xfffffff0), "behind the end of the file")
REFUSED(a_missing_signature_is_refused, put32(AT_PE, 0), "no PE signature")
REFUSED(a_32_bit_driver_is_refused_in_words, put16(AT_COFF, 0x14c), "32-bit x86")
REFUSED(an_arm64_driver_is_refused_in_words, put16(AT_COFF, 0xaa64), "ARM64")
REFUSED(an_object_file_is_refused, put16(AT_COFF + 18, 0), "not marked as an executable image")
REFUSED(no_sections_are_refused, put16(AT_COFF + 2, 0), "0 sections")
REFUSED(too_many_sections_are_refused, put16(AT_COFF + 2, 0xffff), "sections")
REFUSED(a_short_optional_header_is_refused, put16(AT_COFF + 16, 64), "optional header")
REFUSED(pe32_is_refused, put16(AT_OPTIONAL, 0x10b), "PE32+")
REFUSED(a_program_is_refused, put16(AT_OPTIONAL + 68, 3), "a program, not a driver")
REFUSED(low_alignment_is_refused, put32(AT_OPTIONAL + 32, 0x80), "section alignment 128")
REFUSED(an_empty_image_is_refused, put32(AT_OPTIONAL + 56, 0), "image size")
REFUSED(a_huge_image_is_refused, put32(AT_OPTIONAL + 56, 0xfffff000), "image size")
REFUSED(headers_larger_than_the_file_are_refused, put32(AT_OPTIONAL + 60, 0x100000), "headers")
REFUSED(an_entry_point_outside_is_refused, put32(AT_OPTIONAL + 16, 0x5000), "entry point")
REFUSED(an_odd_base_is_refused, put64(AT_OPTIONAL + 24, 0x140000100), "64 KiB")
REFUSED(a_directory_outside_is_refused, directory(1, 0x6000, 8), "directory 1")
REFUSED(a_directory_that_wraps_is_refused, directory(5, 0x4000, 0xfffff000), "directory 5")
REFUSED(managed_code_is_refused, directory(14, 0x2000, 72), ".NET")
REFUSED(a_section_over_another_is_refused, put32(AT_SECTIONS + 40 + 12, 0x1000), ".rdata")
REFUSED(a_section_off_its_page_is_refused, put32(AT_SECTIONS + 12, 0x1010), ".text")
REFUSED(a_section_outside_the_image_is_refused, put32(AT_SECTIONS + 120 + 8, 0x2000), ".reloc")
REFUSED(section_data_outside_the_file_is_refused, put32(AT_SECTIONS + 20, 0xfffffff0), "end of the file")
REFUSED(functions_out_of_order_are_refused,
        (directory(3, 0x2000, 24), put32(file_of(0x2000), 0x1010), put32(file_of(0x2004), 0x1020),
         put32(file_of(0x200c), 0x1000), put32(file_of(0x2010), 0x1010)), "out of order")
REFUSED(functions_that_end_before_they_begin_are_refused,
        (directory(3, 0x2000, 12), put32(file_of(0x2000), 0x1010), put32(file_of(0x2004), 0x1000)), "row 0")

TEST(random_damage_never_crashes_the_loader)
{
    uint64_t state = 1;

    open_pe(NULL, 0);
    for (int i = 0; i < 20000; i++) {
        struct pe_image *loaded;

        build_image();
        directory(5, 0x4000, 0x200);
        directory(1, 0x2000, 0x100);
        directory(10, 0x2100, 0x80);
        for (int k = 0; k < 4; k++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            image[(state >> 33) % 0x400] = (uint8_t)(state >> 20);
        }
        arena_next = arena;
        loaded = pe_load("x.sys", image, sizeof image, PE_ALLOW_MISSING);
        if (loaded)
            CHECK(pe_unload(loaded));
    }
    pe_close();
}
