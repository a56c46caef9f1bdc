/* Which instructions a five-byte jump may replace. */
#include <stdlib.h>
#include <string.h>

#include "pe/patch.h"
#include "pe/unwind.h"

static void mark_target(struct pe_image *image, struct patches *patches, uint64_t target)
{
    uint64_t rva = target - (uint64_t)image->base;

    if (rva < image->size)
        patches->targets[rva / 8] |= (uint8_t)(1u << rva % 8);
}

static void sweep(struct pe_image *image, struct patches *patches, uint32_t from, uint32_t to)
{
    for (uint32_t at = from; at < to;) {
        struct instruction in;
        ZyanU64 target;

        if (!decode_at((uint64_t)image->base + at, &in)) {
            at++;
            continue;
        }
        if (in.decoded.meta.branch_type != ZYDIS_BRANCH_TYPE_NONE &&
            in.operands[0].type == ZYDIS_OPERAND_TYPE_IMMEDIATE &&
            ZYAN_SUCCESS(ZydisCalcAbsoluteAddress(&in.decoded, &in.operands[0], (ZyanU64)image->base + at, &target)))
            mark_target(image, patches, target);
        at += in.decoded.length;
    }
}

static void find_targets(struct pe_image *image, struct patches *patches)
{
    uint32_t at;

    if (patches->targets)
        return;
    patches->targets = calloc(1, image->size / 8 + 1);
    for (unsigned s = 0; s < image->section_count; s++) {
        struct pe_section *section = &image->sections[s];

        if (!(section->protection & HOST_EXECUTE) || section->discarded)
            continue;
        at = section->rva;
        for (unsigned i = 0; i < image->function_count; i++) {
            const struct pe_function *f = &image->functions[i];

            if (f->begin < section->rva || f->begin >= section->rva + section->size)
                continue;
            sweep(image, patches, at, f->begin);
            sweep(image, patches, f->begin, f->end);
            at = f->end;
        }
        sweep(image, patches, at, section->rva + section->size);
    }
}

/* Functions are padded with int3: narrows a stretch of leaf functions to the one around rva. */
static void narrow(struct pe_image *image, uint32_t rva, struct pe_function *gap)
{
    uint32_t end = gap->end;

    gap->end = 0;
    for (uint32_t at = gap->begin; at < end && !gap->end;) {
        struct instruction in;
        bool decoded = decode_at((uint64_t)image->base + at, &in), padding = decoded && in.decoded.mnemonic == ZYDIS_MNEMONIC_INT3;
        uint32_t next = at + (decoded ? in.decoded.length : 1);

        if (padding && at < rva)
            gap->begin = next;
        if (padding && at > rva)
            gap->end = at;
        at = next;
    }
    if (!gap->end)
        gap->end = end;
}

/* The function around rva; leaf functions have no row. */
static struct pe_function function_around(struct pe_image *image, uint32_t rva)
{
    const struct pe_function *f = pe_find_function(image, rva);
    struct pe_section *section = section_at(image, rva);
    struct pe_function gap = { section ? section->rva : rva, section ? section->rva + section->size : rva, 0 };

    if (f)
        return *f;
    for (unsigned i = 0; i < image->function_count; i++) {
        if (image->functions[i].end <= rva && image->functions[i].end > gap.begin)
            gap.begin = image->functions[i].end;
        if (image->functions[i].begin > rva && image->functions[i].begin < gap.end)
            gap.end = image->functions[i].begin;
    }
    narrow(image, rva, &gap);
    return gap;
}

/* A function with a computed jump or an exception handler may be entered anywhere. */
static bool entered_anywhere(struct pe_image *image, const struct pe_function *f)
{
    const uint8_t *info = rva_mapped(image, f->unwind & ~3u, 4) ? image->base + (f->unwind & ~3u) : NULL;
    struct instruction in;

    if (f->unwind && (!info || (info[0] >> 3) != 0))
        return true;
    for (uint32_t at = f->begin; at < f->end; at += in.decoded.length) {
        if (!decode_at((uint64_t)image->base + at, &in))
            return true;
        if (in.decoded.meta.category == ZYDIS_CATEGORY_UNCOND_BR && in.operands[0].type != ZYDIS_OPERAND_TYPE_IMMEDIATE &&
            !(in.operands[0].type == ZYDIS_OPERAND_TYPE_MEMORY && in.operands[0].mem.base == ZYDIS_REGISTER_RIP))
            return true;            /* through the import table it is a tail call */
    }
    return false;
}

bool is_branch(const struct instruction *in)
{
    return (in->decoded.meta.category == ZYDIS_CATEGORY_UNCOND_BR || in->decoded.meta.category == ZYDIS_CATEGORY_COND_BR) &&
           in->operands[0].type == ZYDIS_OPERAND_TYPE_IMMEDIATE;
}

/* Branches move when their long form has the meaning: jmp and jcc, not loop or jrcxz. */
static bool branch_moves(const struct instruction *in)
{
    uint8_t opcode = in->decoded.opcode;

    return opcode == 0xe9 || opcode == 0xeb || (opcode & 0xf0) == 0x70 ||
           (in->decoded.opcode_map == ZYDIS_OPCODE_MAP_0F && (opcode & 0xf0) == 0x80);
}

static bool ends_flow(const struct instruction *in)
{
    return in->decoded.meta.category == ZYDIS_CATEGORY_RET || in->decoded.meta.category == ZYDIS_CATEGORY_UNCOND_BR;
}

static bool may_move(const struct instruction *in)
{
    if (is_branch(in))
        return branch_moves(in);
    switch (in->decoded.meta.category) {
    case ZYDIS_CATEGORY_CALL: case ZYDIS_CATEGORY_COND_BR: case ZYDIS_CATEGORY_UNCOND_BR: case ZYDIS_CATEGORY_INTERRUPT:
    case ZYDIS_CATEGORY_IO: case ZYDIS_CATEGORY_STRINGOP: case ZYDIS_CATEGORY_IOSTRINGOP:
        return false;
    default:
        break;
    }
    return true;
}

bool plan_make(struct pe_image *image, const struct site *site, struct plan *plan)
{
    const struct pe_function f = function_around(image, (uint32_t)(site->address - (uint64_t)image->base));
    uint64_t at = site->address + site->length;
    struct patches *patches = image->patches;

    plan->count = 1;
    plan->part[0].address = site->address;
    plan->part[0].length = site->length;
    if (at - site->address < JUMP) {
        if (entered_anywhere(image, &f))
            return false;
        find_targets(image, patches);
    }
    while (at - site->address < JUMP) {
        uint64_t rva = at - (uint64_t)image->base;
        struct instruction in;

        if (plan->count == MOVED_MAX || rva >= f.end || (patches->targets[rva / 8] & 1u << rva % 8) ||
            !decode_at(at, &in) || !may_move(&in) || stub_at(patches, at) || rva + in.decoded.length > f.end)
            return false;
        plan->part[plan->count].address = at;
        plan->part[plan->count++].length = in.decoded.length;
        at += in.decoded.length;
        if (ends_flow(&in) && at - site->address < JUMP)
            return false;
    }
    plan->end = at;
    return true;
}
