/* Stepping over frames that are not a driver's: host functions by .eh_frame, the trap trampoline by its frame. */
#include <dlfcn.h>
#include <string.h>

#include "pe/cfi.h"
#include "pe/internal.h"
#include "pe/unwind.h"

#define TRAMPOLINE_SIZE 48u

void trap_enter(void);                  /* host/trap_enter.S */
extern const char patch_in_dispatch;    /* emulate_enter.S */

extern char __executable_start, etext;

static bool is_host(uint64_t rip)
{
    Dl_info info;

    if (rip - (uint64_t)&__executable_start < (uint64_t)(&etext - &__executable_start))
        return true;
    return dladdr((void *)rip, &info) != 0;
}

enum frame_kind frame_kind_of(const CONTEXT *context)
{
    if (context->Rip - (uint64_t)&trap_enter < TRAMPOLINE_SIZE || context->Rip == (uint64_t)&patch_in_dispatch)
        return FRAME_TRAP;
    if (pe_image_at(context->Rip))
        return FRAME_DRIVER;
    return is_host(context->Rip) ? FRAME_HOST : FRAME_WILD;
}

bool unwind_host_frame(CONTEXT *context, bool exact)
{
    uint64_t before = context->Rsp;

    return cfi_step(context, exact) && context->Rsp > before;
}

void context_from_trap(CONTEXT *context, const struct trap_frame *frame)
{
    memset(context, 0, offsetof(CONTEXT, FltSave));
    context->ContextFlags = CONTEXT_FULL | CONTEXT_SEGMENTS;
    for (unsigned i = 0; i < 16; i++)
        *context_register(context, i) = frame->gpr[i];
    context->Rip = frame->rip;
    context->EFlags = (ULONG)frame->rflags;
    context->SegCs = 0x10;
    context->SegSs = 0x18;
    if (frame->xsave)
        memcpy(&context->FltSave, frame->xsave, sizeof context->FltSave);
    else
        memset(&context->FltSave, 0, sizeof context->FltSave);
    context->MxCsr = context->FltSave.MxCsr;
}

void context_to_trap(const CONTEXT *context, struct trap_frame *frame)
{
    CONTEXT *source = (CONTEXT *)(uintptr_t)context;

    for (unsigned i = 0; i < 16; i++)
        frame->gpr[i] = *context_register(source, i);
    frame->rip = context->Rip;
    frame->rflags = (frame->rflags & ~0xcd5ull) | (context->EFlags & 0xcd5);
    if (frame->xsave) {
        memcpy(frame->xsave, &context->FltSave, sizeof context->FltSave - 96);
        *(uint64_t *)((uint8_t *)frame->xsave + 512) |= 3;      /* x87 and SSE: as in the area */
    }
}

void unwind_trap_frame(CONTEXT *context)
{
    const struct trap_frame *frame = (const struct trap_frame *)context->Rsp;

    context_from_trap(context, frame);
}

bool unwind_any(CONTEXT *context, bool *exact)
{
    const struct pe_function *function;
    struct pe_image *image;
    uint64_t before = context->Rsp;
    bool was_exact = *exact;

    *exact = false;
    switch (frame_kind_of(context)) {
    case FRAME_TRAP:
        unwind_trap_frame(context);
        *exact = true;
        return true;
    case FRAME_HOST:
        return unwind_host_frame(context, was_exact);
    case FRAME_DRIVER:
        image = pe_image_at(context->Rip);
        function = pe_find_function(image, (uint32_t)(context->Rip - (uint64_t)image->base));
        if (!function)
            return unwind_leaf(context);
        return unwind_driver_frame(image, function, 0, context, NULL, NULL, NULL, NULL) && context->Rsp > before;
    case FRAME_WILD:
        return was_exact && unwind_leaf(context);
    }
    return false;
}
