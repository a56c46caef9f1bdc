/* Unwind codes of every kind, on a stack made by hand; and host frames by their call frame information. */
#include "unit.h"

#include "image.h"
#include "pe/cfi.h"
#include "pe/stack.h"
#include "pe/unwind.h"

#define CODE(offset, operation, info) (uint8_t)(offset), (uint8_t)((operation) | (info) << 4)
#define SLOT16(v) (uint8_t)((v) & 0xff), (uint8_t)((v) >> 8)

enum { PUSH, ALLOC_LARGE, ALLOC_SMALL, SET_FPREG, SAVE, SAVE_FAR, EPILOG, SPARE, SAVE_XMM, SAVE_XMM_FAR, MACHINE_FRAME };
enum { RBX = 3, RBP = 5, RSI = 6, RDI = 7, R12 = 12 };

static uint64_t stack[1024] __attribute__((aligned(16)));
static CONTEXT context;
static struct pe_image *loaded;

static void limits(uint64_t *low, uint64_t *high)
{
    *low = (uint64_t)stack;
    *high = (uint64_t)(stack + 1024);
}

/* An image with one function 0x1000..0x1100 whose unwind record is at 0x2100. The code is all nop. */
static void with_codes(unsigned version, unsigned flags, unsigned prologue, unsigned frame, const uint8_t *codes, unsigned slots)
{
    struct pe_config config = test_config(NULL, 0);

    build_image();
    memset(image + file_of(0x1000), 0x90, 0x200);
    put32(file_of(0x2000), 0x1000);
    put32(file_of(0x2004), 0x1100);
    put32(file_of(0x2008), 0x2100);
    directory(3, 0x2000, 12);
    uint8_t *record = image + file_of(0x2100);
    record[0] = (uint8_t)(version | flags << 3);
    record[1] = (uint8_t)prologue;
    record[2] = (uint8_t)slots;
    record[3] = (uint8_t)frame;
    memcpy(record + 4, codes, 2 * slots);
    config.stack_limits = limits;
    CHECK(pe_open(&config));
    loaded = pe_load("x.sys", image, sizeof image, 0);
    if (!loaded)
        UNIT_FAIL("%s", error_text());
    memset(&context, 0, sizeof context);
    for (unsigned i = 0; i < 1024; i++)
        stack[i] = 0x1000 + i;
    context.Rip = (uint64_t)loaded->base + 0x1080;
    context.Rsp = (uint64_t)&stack[100];
}

static bool step(void)
{
    return unwind_driver_frame(loaded, &loaded->functions[0], UNW_FLAG_EHANDLER, &context, NULL, NULL, NULL, NULL);
}

static unsigned index_of(uint64_t address)
{
    return (unsigned)((uint64_t *)address - stack);
}

TEST(pushes_and_allocations_come_off_in_order)
{
    static const uint8_t codes[] = { CODE(6, ALLOC_SMALL, 3), CODE(2, PUSH, RBX), CODE(1, PUSH, RSI) };

    with_codes(1, 0, 6, 0, codes, 3);
    CHECK(step());
    CHECK_EQ(context.Rbx, 0x1000 + 104);
    CHECK_EQ(context.Rsi, 0x1000 + 105);
    CHECK_EQ(context.Rip, 0x1000 + 106);
    CHECK_EQ(index_of(context.Rsp), 107);
    pe_close();
}

TEST(large_allocations_have_two_forms)
{
    static const uint8_t codes[] = { CODE(9, ALLOC_LARGE, 0), SLOT16(20), CODE(2, ALLOC_LARGE, 1), SLOT16(80), SLOT16(0) };

    with_codes(1, 0, 9, 0, codes, 5);
    CHECK(step());
    CHECK_EQ(context.Rip, 0x1000 + 130);
    pe_close();
}

TEST(inside_the_prologue_only_what_was_done_is_undone)
{
    static const uint8_t codes[] = { CODE(6, ALLOC_SMALL, 3), CODE(2, PUSH, RBX), CODE(1, PUSH, RSI) };

    with_codes(1, 0, 6, 0, codes, 3);
    context.Rip = (uint64_t)loaded->base + 0x1001;
    CHECK(step());
    CHECK_EQ(context.Rbx, 0);
    CHECK_EQ(context.Rsi, 0x1000 + 100);
    CHECK_EQ(context.Rip, 0x1000 + 101);
    pe_close();
}

TEST(a_frame_register_finds_the_frame_whatever_rsp_is)
{
    static const uint8_t codes[] = { CODE(8, SET_FPREG, 0), CODE(4, ALLOC_SMALL, 7), CODE(1, PUSH, RBP) };

    with_codes(1, 0, 8, RBP | 2 << 4, codes, 3);
    context.Rbp = (uint64_t)&stack[204];        /* 32 bytes above the frame */
    CHECK(step());
    CHECK_EQ(context.Rbp, 0x1000 + 208);
    CHECK_EQ(context.Rip, 0x1000 + 209);
    pe_close();
}

TEST(saved_registers_are_found_in_the_frame)
{
    static const uint8_t codes[] = { CODE(20, SAVE_XMM, 6), SLOT16(2), CODE(16, SAVE, R12), SLOT16(3),
                                     CODE(12, SAVE_FAR, RDI), SLOT16(64), SLOT16(0),
                                     CODE(9, SAVE_XMM_FAR, 7), SLOT16(48), SLOT16(0), CODE(4, ALLOC_LARGE, 0), SLOT16(10) };

    with_codes(1, 0, 20, 0, codes, 12);
    CHECK(step());
    CHECK_EQ(context.R12, 0x1000 + 103);
    CHECK_EQ(context.Rdi, 0x1000 + 108);
    CHECK_EQ(context.Xmm6.Low, 0x1000 + 104);
    CHECK_EQ(context.Xmm6.High, 0x1000 + 105);
    CHECK_EQ(context.Xmm7.Low, 0x1000 + 106);
    CHECK_EQ(context.Rip, 0x1000 + 110);
    pe_close();
}

TEST(a_machine_frame_gives_rip_and_rsp)
{
    static const uint8_t codes[] = { CODE(0, MACHINE_FRAME, 1) };

    with_codes(1, 0, 0, 0, codes, 1);
    stack[101] = 0x5555;
    stack[104] = (uint64_t)&stack[300];
    CHECK(step());
    CHECK_EQ(context.Rip, 0x5555);
    CHECK_EQ(index_of(context.Rsp), 300);
    pe_close();
}

TEST(chained_records_are_followed)
{
    static const uint8_t codes[] = { CODE(4, SAVE, RSI), SLOT16(1) };
    static const uint8_t chained[] = { CODE(2, ALLOC_SMALL, 2), CODE(1, PUSH, RBX) };

    with_codes(1, 0, 4, 0, codes, 2);
    pe_close();
    put32(file_of(0x2108), 0x1000);             /* behind the two slots: the chained row */
    put32(file_of(0x210c), 0x1100);
    put32(file_of(0x2110), 0x2140);
    image[file_of(0x2100)] = 1 | UNW_FLAG_CHAININFO << 3;
    memcpy(image + file_of(0x2140), (const uint8_t[]){ 1, 2, 2, 0 }, 4);
    memcpy(image + file_of(0x2144), chained, sizeof chained);
    struct pe_config config = test_config(NULL, 0);
    config.stack_limits = limits;
    CHECK(pe_open(&config));
    loaded = pe_load("x.sys", image, sizeof image, 0);
    CHECK(loaded != NULL);
    context.Rip = (uint64_t)loaded->base + 0x1080;
    CHECK(step());
    CHECK_EQ(context.Rsi, 0x1000 + 101);
    CHECK_EQ(context.Rbx, 0x1000 + 103);
    CHECK_EQ(context.Rip, 0x1000 + 104);
    pe_close();
}

TEST(a_chain_that_leads_to_itself_is_refused)
{
    with_codes(1, UNW_FLAG_CHAININFO, 0, 0, (const uint8_t[]){ 0 }, 0);
    pe_close();
    put32(file_of(0x2104) + 8, 0x2100);
    struct pe_config config = test_config(NULL, 0);
    config.stack_limits = limits;
    CHECK(pe_open(&config));
    loaded = pe_load("x.sys", image, sizeof image, 0);
    CHECK(loaded != NULL);
    context.Rip = (uint64_t)loaded->base + 0x1080;
    CHECK(!step());
    pe_close();
}

/* A function in two pieces: 0x1000..0x1080, which has a handler, and 0x1080..0x1100 chained to it. */
static void in_pieces(uint32_t pc)
{
    static const uint8_t codes[] = { CODE(6, ALLOC_SMALL, 3), CODE(2, PUSH, RBX) };

    with_codes(1, UNW_FLAG_EHANDLER, 6, 0, codes, 2);
    pe_close();
    put32(file_of(0x2004), 0x1080);
    put32(file_of(0x2108), 0x1010);             /* the handler; its data follow */
    put32(file_of(0x200c), 0x1080);
    put32(file_of(0x2010), 0x1100);
    put32(file_of(0x2014), 0x2140);
    directory(3, 0x2000, 24);
    image[file_of(0x2140)] = 1 | UNW_FLAG_CHAININFO << 3;
    memcpy(image + file_of(0x2144), image + file_of(0x2000), 12);
    put32(file_of(0x1040) + 1, 0x1090 - 0x1045);    /* jmp from the first piece into the second */
    image[file_of(0x1040)] = 0xe9;
    struct pe_config config = test_config(NULL, 0);
    config.stack_limits = limits;
    CHECK(pe_open(&config));
    loaded = pe_load("x.sys", image, sizeof image, 0);
    CHECK(loaded != NULL);
    context.Rip = (uint64_t)loaded->base + pc;
}

TEST(a_chained_piece_has_the_handler_of_its_function)
{
    PEXCEPTION_ROUTINE handler;
    uint64_t establisher;
    void *data;

    in_pieces(0x10a0);
    CHECK(unwind_driver_frame(loaded, &loaded->functions[1], UNW_FLAG_EHANDLER, &context, &handler, &data, &establisher,
                              NULL));
    CHECK((uint8_t *)handler == loaded->base + 0x1010);
    CHECK((uint8_t *)data == loaded->base + 0x210c);
    CHECK_EQ(index_of(establisher), 100);
    CHECK_EQ(context.Rip, 0x1000 + 105);
    pe_close();
}

TEST(a_jump_between_pieces_of_a_function_is_no_epilogue)
{
    in_pieces(0x1040);
    CHECK(step());
    CHECK_EQ(context.Rbx, 0x1000 + 104);
    CHECK_EQ(context.Rip, 0x1000 + 105);
    pe_close();
}

TEST(a_jump_to_a_function_is_an_epilogue)
{
    in_pieces(0x1040);
    pe_close();
    put32(file_of(0x1040) + 1, (uint32_t)(0x1000 - 0x1045));    /* a tail call of itself */
    struct pe_config config = test_config(NULL, 0);
    config.stack_limits = limits;
    CHECK(pe_open(&config));
    loaded = pe_load("x.sys", image, sizeof image, 0);
    CHECK(loaded != NULL);
    context.Rip = (uint64_t)loaded->base + 0x1040;
    CHECK(step());
    CHECK_EQ(context.Rip, 0x1000 + 100);
    pe_close();
}

static void in_epilogue(const uint8_t *code, size_t size)
{
    static const uint8_t codes[] = { CODE(6, ALLOC_SMALL, 3), CODE(2, PUSH, RBX), CODE(1, PUSH, R12) };

    with_codes(1, 0, 6, 0, codes, 3);
    pe_close();
    memcpy(image + file_of(0x1080), code, size);
    struct pe_config config = test_config(NULL, 0);
    config.stack_limits = limits;
    CHECK(pe_open(&config));
    loaded = pe_load("x.sys", image, sizeof image, 0);
    CHECK(loaded != NULL);
    context.Rip = (uint64_t)loaded->base + 0x1080;
}

TEST(an_epilogue_is_finished_from_where_it_stands)
{
    in_epilogue((const uint8_t[]){ 0x5b, 0x41, 0x5c, 0xc3 }, 4);        /* pop rbx; pop r12; ret: add rsp is done */
    CHECK(step());
    CHECK_EQ(context.Rbx, 0x1000 + 100);
    CHECK_EQ(context.R12, 0x1000 + 101);
    CHECK_EQ(context.Rip, 0x1000 + 102);
    pe_close();
}

TEST(a_whole_epilogue_gives_the_same_as_the_codes)
{
    in_epilogue((const uint8_t[]){ 0x48, 0x83, 0xc4, 0x20, 0x5b, 0x41, 0x5c, 0xc3 }, 8);
    CHECK(step());
    CHECK_EQ(context.Rbx, 0x1000 + 104);
    CHECK_EQ(context.R12, 0x1000 + 105);
    CHECK_EQ(context.Rip, 0x1000 + 106);
    pe_close();
}

TEST(a_stack_outside_its_limits_is_refused)
{
    static const uint8_t codes[] = { CODE(6, ALLOC_LARGE, 1), SLOT16(0), SLOT16(0x7fff) };

    with_codes(1, 0, 6, 0, codes, 3);
    CHECK(!step());
    pe_close();
}

TEST(codes_that_run_out_of_their_record_are_refused)
{
    static const uint8_t codes[] = { CODE(6, ALLOC_LARGE, 1) };

    with_codes(1, 0, 6, 0, codes, 1);
    CHECK(!step());
    pe_close();
}

TEST(capture_agrees_with_the_unwinder)
{
    static const uint8_t codes[] = { CODE(6, ALLOC_SMALL, 3), CODE(2, PUSH, RBP), CODE(1, PUSH, RSI) };
    uint64_t frames[8];

    with_codes(1, 0, 6, 0, codes, 3);
    uint64_t place = (uint64_t)loaded->base + 0x1090;
    stack[106] = place;
    stack[113] = 0;                             /* no image there: the end */
    struct pe_caller caller = { .rip = place, .rsp = (uint64_t)&stack[100], .rbp = 0 };
    CHECK_EQ(pe_capture(&caller, frames, 8), 2);
    CHECK_EQ(frames[0], place);
    CHECK_EQ(frames[1], place);
    CHECK_EQ(pe_capture(&caller, frames, 1), 1);
    pe_close();
}

TEST(capture_reads_nothing_outside_the_stack)
{
    static const uint8_t codes[] = { CODE(20, SET_FPREG, 0), CODE(16, PUSH, RBP), CODE(8, ALLOC_LARGE, 1), SLOT16(0),
                                     SLOT16(0x7000) };
    uint64_t frames[8];

    with_codes(1, 0, 20, RBP, codes, 5);
    uint64_t place = (uint64_t)loaded->base + 0x1090;
    struct pe_caller caller = { .rip = place, .rsp = (uint64_t)&stack[100], .rbp = (uint64_t)&stack[200] - 0x70000010 };
    CHECK_EQ(pe_capture(&caller, frames, 8), 1);
    pe_close();
}

TEST(capture_stops_at_codes_that_run_out_of_their_record)
{
    static const uint8_t codes[] = { CODE(6, ALLOC_LARGE, 1) };
    uint64_t frames[8];

    with_codes(1, 0, 6, 0, codes, 1);
    struct pe_caller caller = { .rip = (uint64_t)loaded->base + 0x1090, .rsp = (uint64_t)&stack[100] };
    CHECK_EQ(pe_capture(&caller, frames, 8), 0);
    pe_close();
}

/* --- host frames ------------------------------------------------------------------------------------------------- */

static uint64_t expected_return;
static bool found;

__attribute__((noinline)) static void climb(void)
{
    RtlCaptureContext(&context);
    for (int i = 0; i < 3 && !found; i++) {
        CHECK(cfi_step(&context, false));
        found = context.Rip == expected_return;
    }
}

__attribute__((noinline, ms_abi)) static int windows_function(double x)
{
    climb();                                    /* keeps xmm6-15, rsi and rdi for its caller */
    return (int)x;
}

__attribute__((noinline)) static int realigned(int n)
{
    volatile char buffer[64] __attribute__((aligned(64)));

    buffer[n] = 1;
    expected_return = (uint64_t)__builtin_return_address(0);
    return windows_function(2.5) + buffer[n];
}

TEST(host_frames_of_both_conventions_are_climbed)
{
    uint64_t rsp;

    __asm__ volatile("movq %%rsp, %0" : "=r"(rsp));
    CHECK_EQ(realigned(3), 3);
    CHECK(found);
    CHECK(context.Rsp >= rsp && context.Rsp < rsp + 4096);
}

TEST(the_outermost_frame_ends_the_climb)
{
    bool exact = false;
    int frames = 0;

    RtlCaptureContext(&context);
    while (unwind_any(&context, &exact) && frames < 100)
        frames++;
    CHECK(frames >= 3 && frames < 100);
}
