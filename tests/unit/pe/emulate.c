/* Instructions on a device window, each form against what the processor does on plain memory. */
#include "unit.h"

#include "image.h"
#include "host/trap.h"
#include "pe/emulate.h"
#include "pe/trap.h"

#define WINDOW 0x310000000000ull

static uint8_t device[4096] __attribute__((aligned(4096)));
static unsigned reads, writes, widest;

static void device_read(uint64_t address, void *data, unsigned size)
{
    memcpy(data, device + (address - WINDOW), size);
    reads++;
    widest = size > widest ? size : widest;
}

static void device_write(uint64_t address, const void *data, unsigned size)
{
    memcpy(device + (address - WINDOW), data, size);
    writes++;
    widest = size > widest ? size : widest;
}

static struct pe_image *loaded;

/* The image's code is `code`, then ret. */
static void with_code(const uint8_t *code, size_t size)
{
    struct pe_config config = test_config(NULL, 0);

    build_image();
    memset(image + file_of(0x1000), 0xcc, 0x200);
    memcpy(image + file_of(0x1000), code, size);
    image[file_of(0x1000) + size] = 0xc3;
    config.mmio_base = WINDOW;
    config.mmio_size = 4096;
    config.mmio_read = device_read;
    config.mmio_write = device_write;
    CHECK(pe_open(&config));
    loaded = pe_load("x.sys", image, sizeof image, 0);
    if (!loaded)
        UNIT_FAIL("%s", error_text());
    CHECK(mmap((void *)WINDOW, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != MAP_FAILED);
    CHECK(trap_install(pe_trap, NULL));
    for (unsigned i = 0; i < sizeof device; i++)
        device[i] = (uint8_t)(i * 7 + 3);
}

static void finish(void)
{
    trap_install(NULL, NULL);
    pe_close();
}

struct result {
    uint64_t rax, rcx, rsi, rdi, flags, xmm[2];
};

/* Runs the image's code with rdx = address, rsi/rdi/rcx/rax given. */
static struct result execute(uint64_t address, uint64_t rax, uint64_t rcx, uint64_t rsi, uint64_t rdi)
{
    struct result r;
    double unused[2] __attribute__((aligned(16)));

    __asm__ volatile("movups %[in], %%xmm3\n\t"
                     "call *%[code]\n\t"
                     "pushfq\n\tpopq %[flags]\n\t"
                     "movups %%xmm3, %[out]"
                     : "+a"(rax), "+c"(rcx), "+S"(rsi), "+D"(rdi), [flags] "=&r"(r.flags), [out] "=m"(r.xmm)
                     : "d"(address), [code] "r"(loaded->base + 0x1000), [in] "m"(unused)
                     : "memory", "cc", "xmm3");
    r.rax = rax;
    r.rcx = rcx;
    r.rsi = rsi;
    r.rdi = rdi;
    r.flags &= 0x8d5;
    return r;
}

/* The same code on the device and on a plain copy of it, three times: fault, then patched. */
static void compare(const uint8_t *code, size_t size)
{
    static uint8_t plain[4096];

    with_code(code, size);
    memcpy(plain, device, sizeof plain);
    for (int i = 0; i < 3; i++) {
        struct result on_device = execute(WINDOW + 64, 0x1122334455667788 + (uint64_t)i, 5, 0, 0);
        struct result on_memory = execute((uint64_t)plain + 64, 0x1122334455667788 + (uint64_t)i, 5, 0, 0);

        CHECK_EQ(on_device.rax, on_memory.rax);
        CHECK_EQ(on_device.rcx, on_memory.rcx);
        CHECK_EQ(on_device.flags, on_memory.flags);
        CHECK(memcmp(device, plain, sizeof plain) == 0);
    }
    CHECK(reads + writes >= 3);
    CHECK(widest <= 8);
    finish();
}

#define FORM(name, ...)                                                                                            \
    TEST(name)                                                                                                     \
    {                                                                                                              \
        static const uint8_t code[] = { __VA_ARGS__ };                                                             \
        compare(code, sizeof code);                                                                                \
    }

FORM(mov_loads_and_stores, 0x8b, 0x02, 0x48, 0x8b, 0x4a, 0x08, 0x89, 0x42, 0x10, 0x66, 0x89, 0x4a, 0x20, 0x88, 0x42, 0x21)
FORM(mov_stores_constants, 0xc7, 0x42, 0x04, 0x78, 0x56, 0x34, 0x12, 0xc6, 0x42, 0x09, 0x55)
FORM(movzx_and_movsx_extend, 0x0f, 0xb6, 0x02, 0x0f, 0xb7, 0x4a, 0x02, 0x48, 0x0f, 0xbe, 0x42, 0x05, 0x48, 0x63, 0x4a, 0x10)
FORM(logic_on_memory_sets_flags, 0x21, 0x02, 0x09, 0x4a, 0x04, 0x31, 0x42, 0x08, 0x81, 0x62, 0x0c, 0xf0, 0xf0, 0x0f, 0x0f)
FORM(arithmetic_on_memory_sets_flags, 0x01, 0x02, 0x29, 0x42, 0x04, 0x03, 0x42, 0x08, 0x83, 0x42, 0x0c, 0x7f, 0x3b, 0x42, 0x10)
FORM(tests_and_compares_read_only, 0x85, 0x02, 0xf7, 0x42, 0x04, 0x80, 0x00, 0x00, 0x00, 0x80, 0x3a, 0x44)
FORM(exchanges, 0x87, 0x02, 0xf0, 0x0f, 0xc1, 0x4a, 0x04, 0xf0, 0x0f, 0xb1, 0x4a, 0x08)
FORM(increments_and_shifts, 0xff, 0x02, 0xf6, 0x1a, 0xd1, 0x62, 0x04, 0xc1, 0x4a, 0x08, 0x03)
FORM(bit_tests_with_constants, 0x0f, 0xba, 0x22, 0x05, 0x0f, 0xba, 0x6a, 0x04, 0x09)

TEST(scaled_indexes_are_followed)
{
    static const uint8_t code[] = { 0x8b, 0x44, 0x8a, 0x04 };          /* mov eax, [rdx+rcx*4+4] */

    with_code(code, sizeof code);
    for (uint64_t i = 0; i < 8; i++) {
        uint32_t expected;

        memcpy(&expected, device + 4 * i + 4, 4);
        CHECK_EQ(execute(WINDOW, 0, i, 0, 0).rax, expected);
    }
    finish();
}

TEST(vector_loads_and_stores_go_in_halves)
{
    static const uint8_t code[] = { 0x0f, 0x10, 0x1a, 0x0f, 0x11, 0x5a, 0x40 };     /* movups xmm3,[rdx]; movups [rdx+40h],xmm3 */

    with_code(code, sizeof code);
    for (int i = 0; i < 3; i++) {
        struct result r = execute(WINDOW + 16, 0, 0, 0, 0);

        CHECK(memcmp(r.xmm, device + 16, 16) == 0);
        CHECK(memcmp(device + 80, device + 16, 16) == 0);
        memset(device + 80, i, 16);
    }
    CHECK_EQ(widest, 8);
    finish();
}

TEST(string_moves_copy_in_and_out)
{
    static const uint8_t code[] = { 0xf3, 0xa4 };                       /* rep movsb */
    uint8_t buffer[16] = { 0 };

    with_code(code, sizeof code);
    struct result r = execute(0, 0, 16, WINDOW + 100, (uint64_t)buffer);
    CHECK_EQ(r.rcx, 0);
    CHECK_EQ(r.rsi, WINDOW + 116);
    CHECK(memcmp(buffer, device + 100, 16) == 0);
    memset(buffer, 0xee, 16);
    r = execute(0, 0, 16, (uint64_t)buffer, WINDOW + 200);
    CHECK_EQ(r.rdi, WINDOW + 216);
    CHECK(memcmp(buffer, device + 200, 16) == 0);
    r = execute(0, 0, 16, (uint64_t)buffer, (uint64_t)(buffer));
    CHECK_EQ(r.rcx, 0);
    finish();
}

TEST(a_string_load_of_32_bits_clears_the_upper_half)
{
    static const uint8_t code[] = { 0xad };                             /* lodsd */
    uint32_t expected;

    with_code(code, sizeof code);
    memcpy(&expected, device + 8, 4);
    struct result r = execute(0, UINT64_MAX, 0, WINDOW + 8, 0);
    CHECK_EQ(r.rax, expected);
    finish();
}

TEST(string_stores_fill)
{
    static const uint8_t code[] = { 0xf3, 0xab };                       /* rep stosd */

    with_code(code, sizeof code);
    execute(0, 0xAABBCCDD, 4, 0, WINDOW + 40);
    CHECK_EQ(writes, 4);
    CHECK(device[40] == 0xDD && device[55] == 0xAA && device[56] == (uint8_t)(56 * 7 + 3));
    finish();
}

TEST(a_patched_site_works_on_plain_memory_as_well)
{
    static const uint8_t code[] = { 0x8b, 0x02 };
    uint32_t plain = 0x12345678;

    with_code(code, sizeof code);
    for (int i = 0; i < 4; i++) {
        CHECK_EQ((uint32_t)execute(WINDOW, 0, 0, 0, 0).rax, device[0] | device[1] << 8 | device[2] << 16 | (uint32_t)device[3] << 24);
        CHECK_EQ(execute((uint64_t)&plain, 0, 0, 0, 0).rax, 0x12345678);
    }
    CHECK_EQ(reads, 4);
    CHECK_EQ(*(uint8_t *)(loaded->base + 0x1000), 0x8b);       /* two bytes and a ret: no room for a jump */
    finish();
}

TEST(a_site_with_room_is_patched)
{
    static const uint8_t code[] = { 0x8b, 0x02, 0x48, 0xff, 0xc1, 0x48, 0xff, 0xc1 };  /* mov eax,[rdx]; inc rcx; inc rcx */

    with_code(code, sizeof code);
    for (uint64_t i = 0; i < 4; i++)
        CHECK_EQ(execute(WINDOW, 0, i, 0, 0).rcx, i + 2);
    CHECK_EQ(*(uint8_t *)(loaded->base + 0x1000), 0xe9);
    uint64_t stub = (uint64_t)loaded->base + 0x1005 + (uint64_t)(int64_t)*(int32_t *)(void *)(loaded->base + 0x1001);
    CHECK(pe_is_driver_code(stub));
    CHECK_EQ(patch_original(stub), loaded->base + 0x1000);
    CHECK_EQ(patch_resume((uint64_t)loaded->base + 0x1000), loaded->base + 0x1000);
    CHECK_EQ(patch_original(patch_resume((uint64_t)loaded->base + 0x1002)), loaded->base + 0x1002);
    finish();
}

TEST(nothing_is_patched_over_a_branch_target)
{
    /* mov eax,[rdx]; L: inc rcx; cmp rcx, 5; jb L */
    static const uint8_t code[] = { 0x8b, 0x02, 0x48, 0xff, 0xc1, 0x48, 0x83, 0xf9, 0x05, 0x72, 0xf7 };

    with_code(code, sizeof code);
    for (int i = 0; i < 3; i++)
        CHECK_EQ(execute(WINDOW, 0, 0, 0, 0).rcx, 5);
    CHECK_EQ(*(uint8_t *)(loaded->base + 0x1000), 0x8b);
    finish();
}

TEST(far_bit_tests_are_left_alone)
{
    struct instruction in;
    struct site site = { 0 };
    static const uint8_t code[] = { 0x0f, 0xab, 0x0a };                 /* bts [rdx], ecx */

    CHECK(decode_at((uint64_t)code, &in));
    site_describe(&site, &in, (uint64_t)code);
    CHECK_EQ(site.kind, SITE_NONE);
}
