/* x64 unwind data, versions 1 and 2. Order of a step: (1) a pc in an epilogue finishes the epilogue; (2) otherwise the
 * codes whose prologue offset lies at or before the pc are undone, newest first; (3) chained records follow, with all
 * their codes; (4) the return address comes off. */
#include "pe/unwind.h"

#include <string.h>

#include "base/util.h"
#include "pe/internal.h"

enum unwind_operation { PUSH_NONVOL, ALLOC_LARGE, ALLOC_SMALL, SET_FPREG, SAVE_NONVOL, SAVE_NONVOL_FAR, EPILOG, SPARE,
                        SAVE_XMM128, SAVE_XMM128_FAR, PUSH_MACHFRAME };

#define CHAIN_DEPTH 32

struct unwind_info {
    unsigned version, flags, prologue, count, frame_register, frame_offset;
    const uint8_t *codes;           /* two bytes each */
    uint32_t after;                 /* RVA of what follows the codes */
};

bool stack_read(uint64_t address, uint64_t *value)
{
    uint64_t low = 0, high = 0;

    if (address % 8)
        return false;
    if (pe_config.stack_limits) {
        pe_config.stack_limits(&low, &high);
        if (high && (address < low || address > high - 8))
            return false;
    }
    *value = *(const uint64_t *)address;
    return true;
}

const struct pe_function *pe_find_function(const struct pe_image *image, uint32_t rva)
{
    unsigned low = 0, high = image->function_count;

    while (low < high) {
        unsigned middle = (low + high) / 2;

        if (image->functions[middle].end <= rva)
            low = middle + 1;
        else
            high = middle;
    }
    return low < image->function_count && image->functions[low].begin <= rva ? &image->functions[low] : NULL;
}

static bool read_info(struct pe_image *image, uint32_t rva, struct unwind_info *info)
{
    if (!rva_mapped(image, rva, 4))
        return false;
    const uint8_t *p = image->base + rva;

    info->version = p[0] & 7;
    info->flags = p[0] >> 3;
    info->prologue = p[1];
    info->count = p[2];
    info->frame_register = p[3] & 15;
    info->frame_offset = (p[3] >> 4) * 16u;
    info->codes = p + 4;
    info->after = rva + 4 + 2 * ((info->count + 1) & ~1u);
    return info->version >= 1 && info->version <= 2 && rva_range(image, info->after, 0);
}

unsigned unwind_code_slots(unsigned operation, unsigned detail, unsigned version)
{
    switch (operation) {
    case ALLOC_LARGE: return detail ? 3 : 2;
    case SAVE_NONVOL: case SAVE_XMM128: return 2;
    case SAVE_NONVOL_FAR: case SAVE_XMM128_FAR: return 3;
    case EPILOG: return version == 1 ? 2 : 1;
    case SPARE: return version == 1 ? 3 : 2;
    default: return 1;
    }
}

/* --- epilogues ---------------------------------------------------------------------------------------------- */

struct code_reader {
    const uint8_t *at, *end;
};

/* The row behind a row that stands for another one or is chained to it; NULL at the end of the chain. */
static const struct pe_function *next_row(struct pe_image *image, uint32_t unwind, struct unwind_info *info)
{
    if (unwind & 1)
        return rva_range(image, unwind & ~1u, 12) ? (const void *)(image->base + (unwind & ~1u)) : NULL;
    if (!read_info(image, unwind, info) || !(info->flags & UNW_FLAG_CHAININFO) || !rva_range(image, info->after, 12))
        return NULL;
    return (const void *)(image->base + info->after);
}

/* Where the function begins that the row is a part of. */
static uint32_t function_begin(struct pe_image *image, const struct pe_function *f)
{
    struct unwind_info info;

    for (unsigned depth = 0; depth < CHAIN_DEPTH; depth++) {
        const struct pe_function *next = next_row(image, f->unwind, &info);

        if (!next)
            break;
        f = next;
    }
    return f->begin;
}

static bool jump_leaves(struct pe_image *image, const struct pe_function *f, const uint8_t *target)
{
    uint64_t rva = (uint64_t)(target - image->base);
    const struct pe_function *to = rva < image->size ? pe_find_function(image, (uint32_t)rva) : NULL;
    uint32_t begin = function_begin(image, f);

    return !to || function_begin(image, to) != begin || rva == begin;
}

/* The instruction that ends an epilogue: ret, or a jump out of the function. */
static bool ends_epilogue(struct pe_image *image, const struct pe_function *f, struct code_reader r)
{
    size_t left = (size_t)(r.end - r.at);

    if (left >= 1 && (r.at[0] == 0xc3 || r.at[0] == 0xc2))
        return true;
    if (left >= 2 && r.at[0] == 0xf3 && r.at[1] == 0xc3)
        return true;
    if (left >= 2 && r.at[0] == 0xeb)
        return jump_leaves(image, f, r.at + 2 + (int8_t)r.at[1]);
    if (left >= 5 && r.at[0] == 0xe9)
        return jump_leaves(image, f, r.at + 5 + (int32_t)get32(r.at + 1));
    if (left >= 2 && r.at[0] == 0xff && r.at[1] == 0x25)
        return true;
    /* With REX.W it is a tail call, without it the jump of a switch. */
    return left >= 3 && (r.at[0] & 0xf8) == 0x48 && r.at[1] == 0xff && (r.at[2] & 0x38) == 0x20;
}

/* add rsp, imm or lea rsp, [frame register + disp]: only as the first instruction. True when there was one. */
static bool stack_adjustment(struct code_reader *r, const struct unwind_info *info, CONTEXT *context, uint64_t *sp)
{
    size_t left = (size_t)(r->end - r->at);
    const uint8_t *p = r->at;

    if (left >= 4 && p[0] == 0x48 && p[1] == 0x83 && p[2] == 0xc4) {
        *sp += (uint64_t)(int64_t)(int8_t)p[3];
        r->at += 4;
        return true;
    }
    if (left >= 7 && p[0] == 0x48 && p[1] == 0x81 && p[2] == 0xc4) {
        *sp += (uint64_t)(int64_t)(int32_t)get32(p + 3);
        r->at += 7;
        return true;
    }
    if (left >= 4 && (p[0] & 0xfe) == 0x48 && p[1] == 0x8d && (p[2] & 0x38) == 0x20 && info->frame_register) {
        unsigned base = (p[2] & 7) | (p[0] & 1) << 3, mode = p[2] >> 6;

        if (base != info->frame_register || (p[2] & 7) == 4 || (mode != 1 && mode != 2) || (mode == 2 && left < 7))
            return false;
        int64_t displacement = mode == 1 ? (int8_t)p[3] : (int32_t)get32(p + 3);
        *sp = *context_register(context, base) + (uint64_t)displacement;
        r->at += mode == 1 ? 4 : 7;
        return true;
    }
    return false;
}

/* Tries to finish an epilogue from pc on; changes context only when it is one. */
static bool finish_epilogue(struct pe_image *image, const struct pe_function *f, const struct unwind_info *info,
                            CONTEXT *context, KNONVOLATILE_CONTEXT_POINTERS *pointers)
{
    struct code_reader r = { (const uint8_t *)context->Rip, image->base + f->end };
    uint64_t popped[16], sp = context->Rsp, return_address;
    const uint64_t *from[16];
    unsigned mask = 0;

    stack_adjustment(&r, info, context, &sp);
    for (;;) {
        size_t left = (size_t)(r.end - r.at);
        bool extended = left >= 2 && r.at[0] == 0x41 && (r.at[1] & 0xf8) == 0x58;

        if (!extended && !(left >= 1 && (r.at[0] & 0xf8) == 0x58))
            break;
        unsigned number = extended ? 8u + (r.at[1] & 7) : r.at[0] & 7u;
        if (!stack_read(sp, &popped[number]))
            return false;
        from[number] = (const uint64_t *)sp;
        mask |= 1u << number;
        sp += 8;
        r.at += extended ? 2 : 1;
    }
    if (!ends_epilogue(image, f, r) || !stack_read(sp, &return_address))
        return false;
    for (unsigned i = 0; i < 16; i++) {
        if (!(mask & 1u << i))
            continue;
        *context_register(context, i) = popped[i];
        if (pointers)
            pointers->IntegerContext[i] = (PULONG64)from[i];
    }
    context->Rsp = sp + 8;
    context->Rip = return_address;
    return true;
}

/* --- codes -------------------------------------------------------------------------------------------------- */

static bool restore_integer(CONTEXT *context, unsigned number, uint64_t address, KNONVOLATILE_CONTEXT_POINTERS *pointers)
{
    uint64_t value;

    if (!stack_read(address, &value))
        return false;
    *context_register(context, number) = value;
    if (pointers)
        pointers->IntegerContext[number] = (PULONG64)address;
    return true;
}

static bool restore_xmm(CONTEXT *context, unsigned number, uint64_t address, KNONVOLATILE_CONTEXT_POINTERS *pointers)
{
    uint64_t low, high;

    if (!stack_read(address, &low) || !stack_read(address + 8, &high))
        return false;
    (&context->Xmm0)[number].Low = low;
    (&context->Xmm0)[number].High = (LONGLONG)high;
    if (pointers)
        pointers->FloatingContext[number] = (PM128A)address;
    return true;
}

static bool machine_frame(CONTEXT *context, bool error_code)
{
    uint64_t at = context->Rsp + (error_code ? 8 : 0), rip, rsp;

    if (!stack_read(at, &rip) || !stack_read(at + 24, &rsp))
        return false;
    context->Rip = rip;
    context->Rsp = rsp;
    return true;
}

/* Undoes one code; frame: what SAVE_* offsets count from. */
static bool undo(CONTEXT *context, const struct unwind_info *info, const uint8_t *code, uint64_t frame, bool *machine,
                 KNONVOLATILE_CONTEXT_POINTERS *pointers)
{
    unsigned operation = code[1] & 15, detail = code[1] >> 4;

    switch (operation) {
    case PUSH_NONVOL:
        if (!restore_integer(context, detail, context->Rsp, pointers))
            return false;
        context->Rsp += 8;
        return true;
    case ALLOC_LARGE:
        context->Rsp += detail ? get32(code + 2) : get16(code + 2) * 8u;
        return true;
    case ALLOC_SMALL:
        context->Rsp += detail * 8u + 8;
        return true;
    case SET_FPREG:
        context->Rsp = *context_register(context, info->frame_register) - info->frame_offset;
        return true;
    case SAVE_NONVOL:
        return restore_integer(context, detail, frame + get16(code + 2) * 8u, pointers);
    case SAVE_NONVOL_FAR:
        return restore_integer(context, detail, frame + get32(code + 2), pointers);
    case SAVE_XMM128:
        return restore_xmm(context, detail, frame + get16(code + 2) * 16u, pointers);
    case SAVE_XMM128_FAR:
        return restore_xmm(context, detail, frame + get32(code + 2), pointers);
    case PUSH_MACHFRAME:
        *machine = true;
        return machine_frame(context, detail != 0);
    case EPILOG: case SPARE:
        return info->version == 2;
    default:
        return false;
    }
}

/* Undoes the codes of one record that were executed by `offset` bytes into the prologue. */
static bool undo_codes(CONTEXT *context, const struct unwind_info *info, unsigned offset, uint64_t frame, bool *machine,
                       KNONVOLATILE_CONTEXT_POINTERS *pointers)
{
    for (unsigned i = 0; i < info->count;) {
        const uint8_t *code = info->codes + 2 * i;
        unsigned slots = unwind_code_slots(code[1] & 15, code[1] >> 4, info->version);

        if (i + slots > info->count)
            return false;
        if ((code[1] & 15) != EPILOG && code[0] <= offset && !undo(context, info, code, frame, machine, pointers))
            return false;
        i += slots;
    }
    return true;
}

/* Where the frame is: rsp, unless the frame register has been set up by now. */
static uint64_t frame_base(CONTEXT *context, const struct unwind_info *info, unsigned offset)
{
    if (info->frame_register == 0)
        return context->Rsp;
    if (offset < info->prologue && !(info->flags & UNW_FLAG_CHAININFO)) {
        bool set = false;

        for (unsigned i = 0; i < info->count;) {
            const uint8_t *code = info->codes + 2 * i;

            set = set || ((code[1] & 15) == SET_FPREG && code[0] <= offset);
            i += unwind_code_slots(code[1] & 15, code[1] >> 4, info->version);
        }
        if (!set)
            return context->Rsp;
    }
    return *context_register(context, info->frame_register) - info->frame_offset;
}

bool unwind_leaf(CONTEXT *context)
{
    uint64_t value;

    if (!stack_read(context->Rsp, &value))
        return false;
    context->Rip = value;
    context->Rsp += 8;
    return true;
}

/* Leaves info at the end of the chain, and *begin where the function of that row begins. */
static bool undo_chain(struct pe_image *image, struct unwind_info *info, uint64_t frame, CONTEXT *context, bool *machine,
                       KNONVOLATILE_CONTEXT_POINTERS *pointers, uint32_t *begin)
{
    for (unsigned depth = 0; info->flags & UNW_FLAG_CHAININFO; depth++) {
        if (depth == CHAIN_DEPTH || !rva_range(image, info->after, 12))
            return false;
        *begin = get32(image->base + info->after);
        if (!read_info(image, get32(image->base + info->after + 8), info) ||
            !undo_codes(context, info, 255, frame, machine, pointers))
            return false;
    }
    return true;
}

bool unwind_driver_frame(struct pe_image *image, const struct pe_function *function, unsigned handler_type,
                         CONTEXT *context, PEXCEPTION_ROUTINE *handler, void **data, uint64_t *establisher,
                         KNONVOLATILE_CONTEXT_POINTERS *pointers)
{
    struct unwind_info info;
    uint32_t unwind = function->unwind, begin = function->begin, rva = (uint32_t)(context->Rip - (uint64_t)image->base);
    unsigned offset = (unsigned)min_u64(rva - begin, 255);
    bool machine = false;

    if (handler)
        *handler = NULL;
    if (unwind & 1) {           /* the row stands for another row */
        if (!rva_range(image, unwind & ~1u, 12))
            return false;
        unwind = get32(image->base + (unwind & ~1u) + 8);
    }
    if (!read_info(image, unwind, &info))
        return false;
    uint64_t frame = frame_base(context, &info, offset);
    if (establisher)
        *establisher = frame;
    bool in_prologue = offset < info.prologue;
    if (!in_prologue && finish_epilogue(image, function, &info, context, pointers))
        return true;
    if (!undo_codes(context, &info, in_prologue ? offset : 255, frame, &machine, pointers) ||
        !undo_chain(image, &info, frame, context, &machine, pointers, &begin))
        return false;
    if (handler && rva - begin >= info.prologue && (info.flags & handler_type)) {
        if (!rva_range(image, info.after, 4) || !rva_range(image, get32(image->base + info.after), 1))
            return false;
        *handler = (PEXCEPTION_ROUTINE)(image->base + get32(image->base + info.after));
        *data = image->base + info.after + 4;
    }
    return machine || unwind_leaf(context);
}
