/* Relocations, imports, exports, load configuration, protections. */
#include "unit.h"

#include "image.h"
#include "pe/stack.h"

static int host_variable = 77;

static int __attribute__((ms_abi)) host_function(int a, int b, int c, int d, int e)
{
    return a + 2 * b + 3 * c + 4 * d + 5 * e;
}

static const struct pe_export exports[] = {
    { "hal.dll", "HalThing", (void *)host_function, "x", PE_EXPORT_FUNCTION, 0, 15, PE_EXPORT_FULL },
    { "ntoskrnl.exe", "KeThing", (void *)host_function, "x", PE_EXPORT_FUNCTION, 0, 2, PE_EXPORT_FULL },
    { "ntoskrnl.exe", "KeValue", &host_variable, "x", PE_EXPORT_DATA, 0, 15, PE_EXPORT_FULL },
    { "ndis.sys", "NdisThing", (void *)host_function, "x", PE_EXPORT_FUNCTION, 2, 2, PE_EXPORT_FULL },
};

#define SLOTS 0x3100u
#define NAMES 0x2080u

/* One descriptor for `module` whose imports are these names; "#N" is an ordinal. */
static void imports(const char *module, const char *const *names, unsigned count)
{
    put32(file_of(0x2000), NAMES);
    put32(file_of(0x200c), 0x2040);
    put32(file_of(0x2010), SLOTS);
    text(0x2040, module);
    for (unsigned i = 0; i < count; i++) {
        uint32_t name = 0x2100 + 32 * i;

        if (names[i][0] == '#') {
            put64(file_of(NAMES) + 8 * i, 0x8000000000000000ull | (unsigned)atoi(names[i] + 1));
            continue;
        }
        text(name + 2, names[i]);
        put64(file_of(NAMES) + 8 * i, name);
    }
    directory(1, 0x2000, 40);
}

static struct pe_image *load(unsigned flags)
{
    struct pe_image *loaded = pe_load("x.sys", image, sizeof image, flags);

    if (!loaded)
        UNIT_FAIL("%s", error_text());
    return loaded;
}

static void *slot(struct pe_image *loaded, unsigned i)
{
    return ((void **)(void *)(loaded->base + SLOTS))[i];
}

typedef int __attribute__((ms_abi)) thing(int, int, int, int, int);

TEST(functions_are_called_through_thunks_and_data_is_direct)
{
    build_image();
    imports("ntoskrnl.exe", (const char *[]){ "KeThing", "KeValue", "HalThing" }, 3);
    open_pe(exports, 4);
    struct pe_image *loaded = load(0);
    CHECK(slot(loaded, 0) != (void *)host_function);
    CHECK_EQ(((thing *)slot(loaded, 0))(1, 2, 3, 4, 5), 55);
    CHECK_EQ(((thing *)slot(loaded, 2))(5, 4, 3, 2, 1), 35);
    CHECK(slot(loaded, 1) == &host_variable);
    pe_close();
}

TEST(kernel_and_hal_share_one_namespace_and_case_does_not_matter)
{
    build_image();
    imports("HAL.dll", (const char *[]){ "KeThing" }, 1);
    open_pe(exports, 4);
    load(0);
    pe_close();
}

TEST(other_modules_do_not)
{
    build_image();
    imports("ndis.sys", (const char *[]){ "KeThing" }, 1);
    open_pe(exports, 4);
    CHECK(!pe_load("x.sys", image, sizeof image, 0));
    CHECK_CONTAINS(error_text(), "ndis.sys!KeThing");
    CHECK(pe_missing_only());
    pe_close();
}

static const struct pe_export *hook_row;
static bool hook_irql;
static unsigned hook_calls;

static void note_hook(const struct pe_export *row, const struct pe_caller *caller, bool irql_wrong)
{
    hook_row = row;
    hook_irql = irql_wrong;
    hook_calls++;
    CHECK(caller->rip != 0 && caller->rsp != 0);
}

static void open_hooked(void)
{
    struct pe_config config = test_config(exports, 4);

    config.export_hook = note_hook;
    CHECK(pe_open(&config));
}

TEST(a_call_at_the_wrong_irql_is_seen_and_still_made)
{
    build_image();
    imports("ntoskrnl.exe", (const char *[]){ "KeThing" }, 1);
    open_hooked();
    thing *call = (thing *)slot(load(0), 0);
    control_region[0x50] = 2;
    CHECK_EQ(call(1, 2, 3, 4, 5), 55);
    CHECK_EQ(hook_calls, 0);
    control_region[0x50] = 3;
    CHECK_EQ(call(1, 2, 3, 4, 5), 55);
    CHECK_EQ(hook_calls, 1);
    CHECK(hook_irql);
    CHECK_STR(hook_row->name, "KeThing");
    control_region[0x50] = 0;
    pe_close();
}

TEST(an_exact_irql_is_checked_on_both_sides)
{
    build_image();
    imports("ndis.sys", (const char *[]){ "NdisThing" }, 1);
    open_hooked();
    thing *call = (thing *)slot(load(0), 0);
    for (uint8_t irql = 0; irql < 4; irql++) {
        hook_calls = 0;
        control_region[0x50] = irql;
        CHECK_EQ(call(1, 2, 3, 4, 5), 55);
        CHECK_EQ(hook_calls, irql != 2);
    }
    control_region[0x50] = 0;
    pe_close();
}

TEST(the_attention_word_sends_every_call_through_the_hook)
{
    build_image();
    imports("ntoskrnl.exe", (const char *[]){ "HalThing" }, 1);
    open_hooked();
    thing *call = (thing *)slot(load(0), 0);
    CHECK_EQ(call(1, 2, 3, 4, 5), 55);
    CHECK_EQ(hook_calls, 0);
    attention_word = 1;
    CHECK_EQ(call(1, 2, 3, 4, 5), 55);
    CHECK_EQ(hook_calls, 1);
    CHECK(!hook_irql);
    attention_word = 0;
    pe_close();
}

TEST(missing_imports_are_named_all_at_once)
{
    build_image();
    imports("ntoskrnl.exe", (const char *[]){ "KeThing", "IoFoo", "#12" }, 3);
    open_pe(exports, 4);
    CHECK(!pe_load("x.sys", image, sizeof image, 0));
    CHECK_CONTAINS(error_text(), "needs 2 imports");
    CHECK_CONTAINS(error_text(), "ntoskrnl.exe!IoFoo");
    CHECK_CONTAINS(error_text(), "ntoskrnl.exe!#12");
    CHECK(pe_missing_only());
    pe_close();
}

static void count_imports(void *context, const char *module, const char *name, bool there)
{
    CHECK_STR(module, "ntoskrnl.exe");
    CHECK_STR(name, there ? "KeThing" : "IoFoo");
    ++((int *)context)[there];
}

TEST(imports_can_be_listed_without_loading)
{
    int seen[2] = { 0, 0 };

    build_image();
    imports("ntoskrnl.exe", (const char *[]){ "KeThing", "IoFoo" }, 2);
    open_pe(exports, 4);
    CHECK(pe_list_imports("x.sys", image, sizeof image, count_imports, seen));
    CHECK_EQ(seen[false], 1);
    CHECK_EQ(seen[true], 1);
    CHECK_EQ(pages_out, 0);
    pe_close();
}

static void exit_missing(const char *module, const char *name, const struct pe_caller *caller)
{
    CHECK_STR(module, "ntoskrnl.exe");
    CHECK_STR(name, "IoFoo");
    CHECK(caller->rip != 0);
    fflush(stdout);
    _exit(0);
}

TEST(a_stub_of_allow_missing_names_itself)
{
    struct pe_config config = test_config(exports, 4);

    build_image();
    imports("ntoskrnl.exe", (const char *[]){ "IoFoo" }, 1);
    config.missing_called = exit_missing;
    CHECK(pe_open(&config));
    ((thing *)slot(load(PE_ALLOW_MISSING), 0))(1, 2, 3, 4, 5);
    CHECK(!"came back");
}

TEST(a_name_outside_the_image_is_refused)
{
    build_image();
    imports("ntoskrnl.exe", (const char *[]){ "KeThing" }, 1);
    put64(file_of(NAMES), 0x7fff0000);
    open_pe(exports, 4);
    CHECK(!pe_load("x.sys", image, sizeof image, 0));
    CHECK_CONTAINS(error_text(), "a name for ntoskrnl.exe");
    CHECK(!pe_missing_only());
    pe_close();
}

/* --- exports ---------------------------------------------------------------------------------------------------- */

static void export_directory(void)
{
    put32(file_of(0x2100) + 16, 5);                 /* ordinal base */
    put32(file_of(0x2100) + 20, 2);
    put32(file_of(0x2100) + 24, 2);
    put32(file_of(0x2100) + 28, 0x2140);
    put32(file_of(0x2100) + 32, 0x2148);
    put32(file_of(0x2100) + 36, 0x2150);
    put32(file_of(0x2140), 0x1000);
    put32(file_of(0x2144), 0x2180);                 /* a forwarder: inside the directory */
    put32(file_of(0x2148), 0x2160);
    put32(file_of(0x214c), 0x2168);
    put16(file_of(0x2150), 0);
    put16(file_of(0x2152), 1);
    text(0x2160, "Answer");
    text(0x2168, "Thing");
    text(0x2180, "ntoskrnl.KeThing");
    directory(0, 0x2100, 0x100);
}

TEST(drivers_import_from_each_other_by_name_ordinal_and_forwarder)
{
    open_pe(exports, 4);
    build_image();
    export_directory();
    struct pe_image *first = pe_load("lib.sys", image, sizeof image, 0);
    CHECK(first != NULL);
    CHECK(pe_image_export(first, "Answer") == first->base + 0x1000);
    CHECK(pe_image_export(first, "Absent") == NULL);
    build_image();
    imports("LIB.sys", (const char *[]){ "Answer", "#5", "Thing" }, 3);
    struct pe_image *second = load(0);
    CHECK(slot(second, 0) == first->base + 0x1000);
    CHECK(slot(second, 1) == first->base + 0x1000);
    CHECK_EQ(((thing *)slot(second, 2))(1, 2, 3, 4, 5), 55);
    CHECK(!pe_unload(first));
    CHECK_CONTAINS(error_text(), "lib.sys: 1 loaded driver import from it");
    CHECK(pe_unload(second));
    CHECK(pe_unload(first));
    pe_close();
}

TEST(an_image_that_forwards_to_itself_has_no_export)
{
    open_pe(exports, 4);
    build_image();
    export_directory();
    text(0x2180, "lib.Thing");
    struct pe_image *first = pe_load("lib.sys", image, sizeof image, 0);
    CHECK(pe_image_export(first, "Thing") == NULL);
    pe_close();
}

/* --- relocations and load configuration ------------------------------------------------------------------------- */

TEST(relocations_move_every_kind_of_address)
{
    build_image();
    put64(file_of(0x3000), IMAGE_BASE + 0x1234);
    put32(file_of(0x3010), 0x40001234);
    put32(file_of(0x4000), 0x3000);
    put32(file_of(0x4004), 16);
    put16(file_of(0x4008), 0xa000);
    put16(file_of(0x400a), 0x3010);
    put16(file_of(0x400c), 0);
    directory(5, 0x4000, 16);
    open_pe(NULL, 0);
    struct pe_image *loaded = load(0);
    uint64_t wide;
    uint32_t narrow;
    memcpy(&wide, loaded->base + 0x3000, 8);
    memcpy(&narrow, loaded->base + 0x3010, 4);
    CHECK_EQ(wide, (uint64_t)loaded->base + 0x1234);
    CHECK_EQ(narrow, (uint32_t)((uint64_t)loaded->base - IMAGE_BASE + 0x40001234));
    pe_close();
}

TEST(damaged_relocations_are_refused)
{
    build_image();
    put32(file_of(0x4000), 0x9000);
    put32(file_of(0x4004), 12);
    put16(file_of(0x4008), 0xa000);
    directory(5, 0x4000, 12);
    open_pe(NULL, 0);
    CHECK(!pe_load("x.sys", image, sizeof image, 0));
    CHECK_CONTAINS(error_text(), "relocations");
    put32(file_of(0x4004), 4);
    CHECK(!pe_load("x.sys", image, sizeof image, 0));
    CHECK_CONTAINS(error_text(), "a block of 4 bytes");
    pe_close();
}

TEST(an_image_without_relocations_goes_to_its_own_base_once)
{
#ifdef __SANITIZE_ADDRESS__
    SKIP("AddressSanitizer's shadow is at the image's base");
#endif
    build_image();
    put16(AT_COFF + 18, 0x23);
    open_pe(NULL, 0);
    struct pe_image *loaded = load(0);
    CHECK_EQ(loaded->base, IMAGE_BASE);
    CHECK_EQ(((int (*)(void))(void *)(loaded->base + loaded->entry))(), 42);
    CHECK(pe_in_fixed_images(IMAGE_BASE) && pe_in_fixed_images(IMAGE_BASE + loaded->size - 1));
    CHECK(!pe_in_fixed_images(IMAGE_BASE + loaded->size));
    CHECK(!pe_load("second.sys", image, sizeof image, 0));
    CHECK_CONTAINS(error_text(), "no relocations");
    CHECK_CONTAINS(error_text(), "is taken");
    pe_close();
}

TEST(the_cookie_is_made_and_the_guard_pointers_lead_somewhere)
{
    build_image();
    put32(file_of(0x2000), 0x140);
    put64(file_of(0x2000) + 0x58, IMAGE_BASE + 0x3000);
    put64(file_of(0x2000) + 0x70, IMAGE_BASE + 0x3008);
    put64(file_of(0x2000) + 0x78, IMAGE_BASE + 0x3010);
    put64(file_of(0x3000), 0x2B992DDFA232ull);
    directory(10, 0x2000, 0x70);
    for (unsigned i = 0; i < 3; i++)
        put16(file_of(0x4008) + 2 * i, (uint16_t)(0xa000 | ((const unsigned[]){ 0x58, 0x70, 0x78 })[i]));
    put32(file_of(0x4000), 0x2000);
    put32(file_of(0x4004), 14);
    directory(5, 0x4000, 14);
    open_pe(NULL, 0);
    struct pe_image *loaded = load(0);
    uint64_t cookie;
    void (*check)(void);
    memcpy(&cookie, loaded->base + 0x3000, 8);
    memcpy(&check, loaded->base + 0x3008, 8);
    CHECK(cookie != 0 && cookie != 0x2B992DDFA232ull && cookie >> 48 == 0);
    check();
    void (*dispatch)(void);
    memcpy(&dispatch, loaded->base + 0x3010, 8);
    int result;
    void *target = loaded->base + 0x1000;
    __asm__ volatile("call *%1" : "=a"(result) : "r"(dispatch), "0"(target) : "memory");
    CHECK_EQ(result, 42);
    pe_close();
}

TEST(an_arm64ec_driver_is_refused_in_words)
{
    build_image();
    put32(file_of(0x2000), 0x140);
    put64(file_of(0x2000) + 0xc8, IMAGE_BASE + 0x3000);
    directory(10, 0x2000, 0x140);
    open_pe(NULL, 0);
    CHECK(!pe_load("x.sys", image, sizeof image, 0));
    CHECK_CONTAINS(error_text(), "ARM64EC");
    pe_close();
}

TEST(nothing_is_writable_and_executable)
{
    build_image();
    section(0, ".text", 0xe0000020);
    section(2, ".data", 0xe0000040);
    open_pe(NULL, 0);
    struct pe_image *loaded = load(0);
    CHECK(loaded->was_writable_code);
    CHECK_EQ(loaded->sections[0].protection, 5);        /* it has the entry point */
    CHECK_EQ(loaded->sections[2].protection, 3);
    pe_close();
}

TEST(discardable_sections_go_after_driver_entry)
{
    build_image();
    open_pe(NULL, 0);
    struct pe_image *loaded = load(0);
    pe_discard(loaded);
    CHECK(loaded->sections[3].discarded);
    CHECK(!loaded->sections[0].discarded);
    pe_close();
}

TEST(unwind_data_in_a_discarded_section_are_not_looked_at)
{
    struct pe_caller caller;
    uint64_t frames[4];

    build_image();
    put32(file_of(0x2000), 0x1000);             /* the row stays, its record goes */
    put32(file_of(0x2004), 0x1100);
    put32(file_of(0x2008), 0x3000);
    image[file_of(0x3000)] = 1;
    directory(3, 0x2000, 12);
    section(2, ".data", 0x42000040);
    open_pe(NULL, 0);
    struct pe_image *loaded = load(0);
    uint64_t words[4] = { 0 };
    caller = (struct pe_caller){ .rip = (uint64_t)loaded->base + 0x1010, .rsp = (uint64_t)words };
    CHECK_EQ(pe_capture(&caller, frames, 4), 1);
    pe_discard(loaded);
    CHECK_EQ(pe_capture(&caller, frames, 4), 0);
    CHECK_EQ(loaded->function_count, 1);
    pe_close();
}

TEST(functions_in_a_discarded_section_are_forgotten)
{
    build_image();
    put32(file_of(0x2000), 0x1000);
    put32(file_of(0x2004), 0x1100);
    put32(file_of(0x2008), 0x3000);
    image[file_of(0x3000)] = 1;
    directory(3, 0x2000, 12);
    section(1, ".rdata", 0x42000040);
    open_pe(NULL, 0);
    struct pe_image *loaded = load(0);
    CHECK_EQ(loaded->function_count, 1);
    pe_discard(loaded);
    CHECK_EQ(loaded->function_count, 0);
    pe_close();
}
