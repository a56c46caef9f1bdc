/* Stack capture. What unwinding from a return address amounts to (which register to start from, how far the caller's
 * stack pointer is, where rbp was saved) depends on the address alone, so it is worked out once and cached. */
#include "pe/stack.h"

#include <string.h>

#include "pe/internal.h"
#include "pe/thunk.h"
#include "pe/unwind.h"

#define CACHE_SIZE 4096u
#define NO_SLOT INT32_MIN
#define GPR_RBP_NUMBER 5

struct step {
    uint64_t rip;
    int32_t to_caller;          /* from the base register to the caller's rsp; 0: not a driver frame */
    int32_t rbp_slot;           /* from the base register to where rbp was saved */
    bool from_rbp;
};

static struct step cache[CACHE_SIZE];

void stack_cache_flush(void)
{
    memset(cache, 0, sizeof cache);
}

/* Adds up what undoing a record's codes, newest first, does to the offset from the base register. */
static bool add_codes(struct pe_image *image, uint32_t unwind, struct step *step, int64_t *at, int depth)
{
    if (depth > 32 || !rva_mapped(image, unwind, 4))
        return false;
    const uint8_t *p = image->base + unwind;
    unsigned flags = p[0] >> 3, version = p[0] & 7, count = p[2], frame_register = p[3] & 15;
    uint32_t after = unwind + 4 + 2 * ((count + 1) & ~1u);

    if (!rva_range(image, after, 12) && !rva_range(image, after, 0))
        return false;
    for (unsigned i = 0, slots; i < count; i += slots) {
        const uint8_t *code = p + 4 + 2 * i;
        unsigned operation = code[1] & 15, detail = code[1] >> 4;

        slots = unwind_code_slots(operation, detail, version);
        if (i + slots > count)
            return false;
        switch (operation) {
        case 0:
            if (detail == GPR_RBP_NUMBER)
                step->rbp_slot = (int32_t)*at;
            *at += 8;
            break;
        case 1:
            *at += detail ? (int64_t)get32(code + 2) : get16(code + 2) * 8;
            break;
        case 2:
            *at += detail * 8 + 8;
            break;
        case 3:
            if (frame_register != GPR_RBP_NUMBER)
                return false;
            step->from_rbp = true;
            step->rbp_slot = NO_SLOT;
            *at = -(int64_t)((p[3] >> 4) * 16);
            break;
        case 4: case 5:
            if (detail == GPR_RBP_NUMBER)
                return false;
            break;
        case 6: case 7: case 8: case 9:
            break;
        default:
            return false;
        }
    }
    if (flags & UNW_FLAG_CHAININFO)
        return rva_range(image, after, 12) && add_codes(image, get32(image->base + after + 8), step, at, depth + 1);
    return true;
}

static void work_out(struct step *step, uint64_t rip)
{
    struct pe_image *image = pe_image_at(rip);
    int64_t at = 0;

    *step = (struct step){ .rip = rip, .rbp_slot = NO_SLOT };
    if (!image)
        return;
    const struct pe_function *function = pe_find_function(image, (uint32_t)(rip - (uint64_t)image->base));
    if (function) {
        uint32_t unwind = function->unwind;

        if (unwind & 1) {
            if (!rva_range(image, unwind & ~1u, 12))
                return;
            unwind = get32(image->base + (unwind & ~1u) + 8);
        }
        if (!add_codes(image, unwind, step, &at, 0))
            return;
    }
    step->to_caller = (int32_t)(at + 8);
}

static const struct step *step_of(uint64_t rip)
{
    struct step *step = &cache[(rip ^ rip >> 12) % CACHE_SIZE];

    if (step->rip != rip)
        work_out(step, rip);
    return step;
}

unsigned pe_capture(const struct pe_caller *caller, uint64_t *frames, unsigned max)
{
    uint64_t rip = caller->rip, rsp = caller->rsp, rbp = caller->rbp, low = 0, high = UINT64_MAX;
    unsigned count = 0;

    if (pe_config.stack_limits)
        pe_config.stack_limits(&low, &high);
    while (count < max) {
        const struct step *step = step_of(rip);

        if (step->to_caller == 0)
            break;
        frames[count++] = rip;
        uint64_t base = step->from_rbp ? rbp : rsp, next = base + (uint64_t)(int64_t)step->to_caller;
        if (next <= rsp || next > high || next < low + 8 || next % 8)
            break;
        if (step->rbp_slot != NO_SLOT) {
            uint64_t slot = base + (uint64_t)(int64_t)step->rbp_slot;

            if (slot < low || slot >= next)
                break;
            rbp = *(const uint64_t *)slot;
        }
        rip = *(const uint64_t *)(next - 8);
        rsp = next;
    }
    return count;
}

unsigned pe_capture_all(const struct _CONTEXT *context, uint64_t *frames, unsigned max)
{
    CONTEXT walk = *context;
    unsigned count = 0;
    bool exact = true;

    while (count < max) {
        if (frame_kind_of(&walk) != FRAME_TRAP && walk.Rip != (uint64_t)(uintptr_t)thunk_called)
            frames[count++] = walk.Rip;
        if (!unwind_any(&walk, &exact))
            break;
    }
    return count;
}

const void *pe_find_caller(void)
{
    CONTEXT walk;
    bool exact = true;
    uint64_t known = thunk_running_caller((uint64_t)(uintptr_t)__builtin_frame_address(0));

    if (known)
        return (const void *)(uintptr_t)known;
    RtlCaptureContext(&walk);
    while (frame_kind_of(&walk) != FRAME_DRIVER && unwind_any(&walk, &exact))
        ;
    return (const void *)(uintptr_t)walk.Rip;
}

unsigned pe_capture_here(uint64_t *frames, unsigned max)
{
    CONTEXT context;

    RtlCaptureContext(&context);
    return pe_capture_all(&context, frames, max);
}
