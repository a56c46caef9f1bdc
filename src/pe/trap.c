/* From fault to meaning, in this order: running off the stack is a double fault; an instruction that ring 3 forbids and
 * the kernel allows is emulated (and its site patched) or refused in words; a page fault is Windows' bug check where
 * Windows has one (raised IRQL, system addresses, no-execute, read-only), else an exception for the driver's handlers. */
#include "pe/trap.h"

#include <stdio.h>
#include <string.h>

#include "host/memory.h"
#include "pe/emulate.h"
#include "pe/internal.h"
#include "pe/seh.h"
#include "pe/unwind.h"
#include "wdm.h"

enum bug { BUG_IRQL_NOT_LESS = 0xA, BUG_KMODE = 0x1E, BUG_PAGE_FAULT = 0x50, BUG_TRAP = 0x7F, BUG_READ_ONLY = 0xBE,
           BUG_DRIVER_IRQL = 0xD1, BUG_NO_EXECUTE = 0xFC, BUG_SECURITY_CHECK = 0x139 };

#define DOUBLE_FAULT 8
#define STATUS_ASSERTION ((NTSTATUS)0xC0000420)
#define USER_LIMIT 0x00007FFFFFFF0000ull

static uint8_t irql(void)
{
    return pe_config.irql_get ? pe_config.irql_get() : 0;
}

static _Noreturn void stop(struct trap_frame *frame, uint32_t code, const uint64_t p[4], const char *text)
{
    CONTEXT context;

    context_from_trap(&context, frame);
    pe_bug_check(code, p[0], p[1], p[2], p[3], &context, text);
}

/* --- exceptions ---------------------------------------------------------------------------------------------- */

struct fault {
    EXCEPTION_RECORD record;
    CONTEXT context;
};

/* Asks the driver's handlers. False when none took it. */
static bool offer_fault(struct trap_frame *frame, struct fault *fault, NTSTATUS code, unsigned count, uint64_t first,
                        uint64_t second)
{
    memset(&fault->record, 0, sizeof fault->record);
    context_from_trap(&fault->context, frame);
    fault->record.ExceptionCode = code;
    fault->record.ExceptionAddress = (PVOID)frame->rip;
    fault->record.NumberParameters = count;
    fault->record.ExceptionInformation[0] = first;
    fault->record.ExceptionInformation[1] = second;
    if (!seh_dispatch(&fault->record, &fault->context, true))
        return false;
    context_to_trap(&fault->context, frame);
    return true;
}

static void raise_fault(struct trap_frame *frame, NTSTATUS code, unsigned count, uint64_t first, uint64_t second)
{
    struct fault fault;

    if (!offer_fault(frame, &fault, code, count, first, second))
        seh_unhandled(&fault.record, &fault.context);
}

/* --- instructions of the kernel ------------------------------------------------------------------------------ */

/* int n: 29h fail-fast, 2Ch assertion, 3 in its two-byte form. */
static bool software_interrupt(struct trap_frame *frame, const struct instruction *in)
{
    if (in->decoded.mnemonic != ZYDIS_MNEMONIC_INT)
        return false;
    switch (in->operands[0].imm.value.u & 0xff) {
    case 0x29:
        stop(frame, BUG_SECURITY_CHECK, (uint64_t[]){ frame->gpr[GPR_RCX] & 0xffffffff, (uint64_t)frame, 0, 0 },
             frame->gpr[GPR_RCX] == 2 ? "the driver found its stack cookie overwritten" : NULL);
    case 0x2c:
        raise_fault(frame, STATUS_ASSERTION, 0, 0, 0);
        return true;
    case 0x2d:
        frame->rip += 2;            /* debugger service: nobody listens */
        return true;
    default:
        return false;
    }
}

static void describe_port(char *text, size_t size, const struct trap_frame *frame, const struct instruction *in, bool out)
{
    const ZydisDecodedOperand *port = &in->operands[out ? 0 : 1], *data = &in->operands[out ? 1 : 0];
    unsigned number = port->type == ZYDIS_OPERAND_TYPE_IMMEDIATE ? (unsigned)port->imm.value.u & 0xff
                                                                 : (unsigned)frame->gpr[GPR_RDX] & 0xffff;

    snprintf(text, size, "%s port 0x%x, %u byte%s: ring3 has no port I/O; use the bus driver's or HAL's functions",
             out ? "output to" : "input from", number, data->size / 8, data->size == 8 ? "" : "s");
}

static bool is_privileged(struct trap_frame *frame, const struct instruction *in, char *text, size_t size)
{
    switch (in->decoded.mnemonic) {
    case ZYDIS_MNEMONIC_IN: case ZYDIS_MNEMONIC_INSB: case ZYDIS_MNEMONIC_INSW: case ZYDIS_MNEMONIC_INSD:
        describe_port(text, size, frame, in, false);
        return true;
    case ZYDIS_MNEMONIC_OUT: case ZYDIS_MNEMONIC_OUTSB: case ZYDIS_MNEMONIC_OUTSW: case ZYDIS_MNEMONIC_OUTSD:
        describe_port(text, size, frame, in, true);
        return true;
    case ZYDIS_MNEMONIC_RDMSR: case ZYDIS_MNEMONIC_WRMSR:
        snprintf(text, size, "%s of model-specific register 0x%llx: ring3 has no such registers",
                 in->decoded.mnemonic == ZYDIS_MNEMONIC_RDMSR ? "read" : "write",
                 (unsigned long long)(frame->gpr[GPR_RCX] & 0xffffffff));
        return true;
    case ZYDIS_MNEMONIC_CLI: case ZYDIS_MNEMONIC_STI: case ZYDIS_MNEMONIC_HLT: case ZYDIS_MNEMONIC_LGDT:
    case ZYDIS_MNEMONIC_LIDT: case ZYDIS_MNEMONIC_LLDT: case ZYDIS_MNEMONIC_LTR: case ZYDIS_MNEMONIC_LMSW:
    case ZYDIS_MNEMONIC_CLTS: case ZYDIS_MNEMONIC_INVD: case ZYDIS_MNEMONIC_INVLPG:
    case ZYDIS_MNEMONIC_SWAPGS: case ZYDIS_MNEMONIC_SYSRET: case ZYDIS_MNEMONIC_SYSEXIT: case ZYDIS_MNEMONIC_IRETQ:
    case ZYDIS_MNEMONIC_RDPMC: case ZYDIS_MNEMONIC_XSETBV: case ZYDIS_MNEMONIC_MONITOR: case ZYDIS_MNEMONIC_MWAIT:
    case ZYDIS_MNEMONIC_VMXON: case ZYDIS_MNEMONIC_VMCALL: case ZYDIS_MNEMONIC_INVPCID: case ZYDIS_MNEMONIC_CLAC:
    case ZYDIS_MNEMONIC_STAC:
        snprintf(text, size, "privileged instruction %s: ring3 runs drivers in user mode and does not emulate it",
                 ZydisMnemonicGetString(in->decoded.mnemonic));
        return true;
    case ZYDIS_MNEMONIC_MOV:
        for (unsigned i = 0; i < 2; i++) {
            ZydisRegister r = in->operands[i].type == ZYDIS_OPERAND_TYPE_REGISTER ? in->operands[i].reg.value : ZYDIS_REGISTER_NONE;
            ZydisRegisterClass c = ZydisRegisterGetClass(r);

            if (c != ZYDIS_REGCLASS_CONTROL && c != ZYDIS_REGCLASS_DEBUG)
                continue;
            snprintf(text, size, "access to register %s: ring3 does not emulate it", ZydisRegisterGetString(r));
            return true;
        }
        return false;
    default:
        return false;
    }
}

/* Devices see what processors write, so there is nothing to write back. */
static bool is_write_back(const struct instruction *in)
{
    return in->decoded.mnemonic == ZYDIS_MNEMONIC_WBINVD;
}

/* A register that the processor does not have is an exception, which drivers that look for one expect. */
static bool is_register_access(const struct instruction *in)
{
    return in->decoded.mnemonic == ZYDIS_MNEMONIC_RDMSR || in->decoded.mnemonic == ZYDIS_MNEMONIC_WRMSR;
}

/* General protection and invalid opcode. */
static void forbidden(struct trap_frame *frame)
{
    struct instruction in;
    struct fault fault;
    char text[160];

    if (decode_at(frame->rip, &in)) {
        if (software_interrupt(frame, &in))
            return;
        if (is_write_back(&in)) {
            frame->rip += in.decoded.length;
            return;
        }
        if (is_register_access(&in) && offer_fault(frame, &fault, STATUS_ACCESS_VIOLATION, 2, 0, UINT64_MAX))
            return;
        if (is_privileged(frame, &in, text, sizeof text))
            stop(frame, BUG_KMODE, (uint64_t[]){ (uint32_t)STATUS_PRIVILEGED_INSTRUCTION, frame->rip, 0, 0 }, text);
    }
    if (frame->kind == TRAP_ILLEGAL)
        raise_fault(frame, STATUS_ILLEGAL_INSTRUCTION, 0, 0, 0);
    else
        raise_fault(frame, STATUS_ACCESS_VIOLATION, 2, 0, UINT64_MAX);    /* an address that is none */
}

/* --- page faults --------------------------------------------------------------------------------------------- */

/* What is there, when a driver's own image is; NULL otherwise. */
static const char *image_text(uint64_t address, bool fetch, char *text, size_t size)
{
    struct pe_image *image = pe_image_at(address);
    struct pe_section *section = image ? section_at(image, (uint32_t)(address - (uint64_t)image->base)) : NULL;

    if (!section)
        return NULL;
    if (section->discarded)
        snprintf(text, size, "0x%llx is in section %s of %s, which was discarded after DriverEntry",
                 (unsigned long long)address, section->name, image->name);
    else
        snprintf(text, size, "0x%llx is in section %s of %s, which is not %s", (unsigned long long)address, section->name,
                 image->name, fetch ? "executable" : "writable");
    return text;
}

static void page_fault(struct trap_frame *frame)
{
    uint64_t address = frame->address, operation = frame->fetch ? 8 : frame->write ? 1 : 0;
    uint8_t level = irql();
    char buffer[200];
    const char *text = image_text(address, frame->fetch, buffer, sizeof buffer);
    bool system = address >= USER_LIMIT || (pe_config.system_range_start && address >= pe_config.system_range_start);

    if (frame->fetch && text && !strstr(text, "discarded"))
        stop(frame, BUG_NO_EXECUTE, (uint64_t[]){ address, 0, (uint64_t)frame, 0 }, text);
    if (level >= DISPATCH_LEVEL)
        stop(frame, pe_image_at(frame->rip) || frame->fetch ? BUG_DRIVER_IRQL : BUG_IRQL_NOT_LESS,
             (uint64_t[]){ address, level, operation, frame->rip }, text);
    if (frame->write && text && !strstr(text, "discarded"))
        stop(frame, BUG_READ_ONLY, (uint64_t[]){ address, 0, (uint64_t)frame, 0 }, text);
    if (frame->fetch && system)
        stop(frame, BUG_NO_EXECUTE, (uint64_t[]){ address, 0, (uint64_t)frame, 0 }, text);
    if (system)
        stop(frame, BUG_PAGE_FAULT, (uint64_t[]){ address, frame->write ? 2 : 0, frame->rip, 0 }, text);
    raise_fault(frame, STATUS_ACCESS_VIOLATION, 2, operation, address);
}

static void float_fault(struct trap_frame *frame)
{
    const XSAVE_FORMAT *state = frame->xsave;
    ULONG flags = state ? state->MxCsr & ~(state->MxCsr >> 7) & 0x3f : 0;

    raise_fault(frame, flags & 4 ? STATUS_FLOAT_DIVIDE_BY_ZERO : flags & 8 ? STATUS_FLOAT_OVERFLOW
                : flags & 16 ? STATUS_FLOAT_UNDERFLOW : STATUS_FLOAT_INVALID_OPERATION, 0, 0, 0);
}

/* --- entry --------------------------------------------------------------------------------------------------- */

static bool emulate(struct trap_frame *frame)
{
    struct pe_image *image = pe_image_at(frame->rip);
    struct site *site;

    if (frame->fetch || (frame->kind == TRAP_ACCESS && !emulated_address(frame->address, 1)))
        return false;
    if (frame->kind == TRAP_PROTECTION && !image)
        return false;
    site = site_of(image, frame->rip);
    if (frame->kind == TRAP_PROTECTION && site->kind != SITE_READ_CR8 && site->kind != SITE_WRITE_CR8)
        return false;
    if (!site || site->kind == SITE_NONE)
        return false;
    if (image)
        site_patch(image, site);
    return site_execute(site, frame);
}

void pe_resume(struct trap_frame *frame)
{
    frame->rip = patch_resume(frame->rip);
}

static void handle(struct trap_frame *frame);

void pe_trap(struct trap_frame *frame)
{
    frame->rip = patch_original(frame->rip);
    handle(frame);
    frame->rip = patch_resume(frame->rip);
}

static void handle(struct trap_frame *frame)
{
    if (frame->stack_overflow)
        stop(frame, BUG_TRAP, (uint64_t[]){ DOUBLE_FAULT, frame->address, 0, 0 }, "the kernel stack is used up");
    if ((frame->kind == TRAP_ACCESS || frame->kind == TRAP_PROTECTION) && emulate(frame))
        return;
    switch (frame->kind) {
    case TRAP_ACCESS:
        page_fault(frame);
        break;
    case TRAP_PROTECTION: case TRAP_ILLEGAL:
        forbidden(frame);
        break;
    case TRAP_BREAKPOINT:
        frame->rip--;
        raise_fault(frame, STATUS_BREAKPOINT, 1, 0, 0);
        break;
    case TRAP_DIVIDE:
        raise_fault(frame, STATUS_INTEGER_DIVIDE_BY_ZERO, 0, 0, 0);
        break;
    case TRAP_FLOAT:
        float_fault(frame);
        break;
    case TRAP_STEP:
        raise_fault(frame, STATUS_SINGLE_STEP, 0, 0, 0);
        break;
    case TRAP_ALIGNMENT:
        raise_fault(frame, STATUS_DATATYPE_MISALIGNMENT, 0, 0, 0);
        break;
    }
}
