/* Carrying out instructions by hand. A memory operand in a device window is handled without an interpreter: the very
 * instruction, its operand moved to a scratch buffer, runs on the frame's registers between a device read and a device
 * write. So every form (mov, and, xchg, bt, SSE, ...) does what the processor does, flags included. */
#include "pe/emulate.h"

#include <string.h>

#include "pe/internal.h"

#define SHARED_SIZE 4096u

static ZydisDecoder decoder;
static bool decoder_ready;

/* Bytes that may be read from address on: up to the end of its section, as the next one may be discarded. */
static uint64_t readable(const struct pe_image *image, uint64_t address)
{
    uint64_t rva = address - (uint64_t)image->base;

    for (unsigned i = 0; i < image->section_count; i++)
        if (rva - image->sections[i].rva < image->sections[i].size)
            return image->sections[i].rva + image->sections[i].size - rva;
    return image->size - rva;
}

bool decode_at(uint64_t address, struct instruction *instruction)
{
    struct pe_image *image = pe_image_at(address);
    uint64_t most = 15;

    if (!decoder_ready) {
        ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
        decoder_ready = true;
    }
    if (image && readable(image, address) < most)
        most = readable(image, address);
    return ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, pristine_code(address), most, &instruction->decoded,
                                               instruction->operands));
}

/* --- describing --------------------------------------------------------------------------------------------- */

static int8_t number_of(ZydisRegister r)
{
    if (r == ZYDIS_REGISTER_NONE)
        return -1;
    return (int8_t)ZydisRegisterGetId(ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, r));
}

static bool is_control(const ZydisDecodedOperand *o, ZydisRegister r)
{
    return o->type == ZYDIS_OPERAND_TYPE_REGISTER && o->reg.value == r;
}

static bool describe_cr8(struct site *site, const struct instruction *in)
{
    if (in->decoded.mnemonic != ZYDIS_MNEMONIC_MOV)
        return false;
    if (is_control(&in->operands[1], ZYDIS_REGISTER_CR8)) {
        site->kind = SITE_READ_CR8;
        site->cr8_register = (uint8_t)number_of(in->operands[0].reg.value);
        return true;
    }
    if (is_control(&in->operands[0], ZYDIS_REGISTER_CR8)) {
        site->kind = SITE_WRITE_CR8;
        site->cr8_register = (uint8_t)number_of(in->operands[1].reg.value);
        return true;
    }
    return false;
}

static bool describe_string(struct site *site, const struct instruction *in)
{
    switch (in->decoded.mnemonic) {
    case ZYDIS_MNEMONIC_MOVSB: case ZYDIS_MNEMONIC_MOVSW: case ZYDIS_MNEMONIC_MOVSD: case ZYDIS_MNEMONIC_MOVSQ:
        site->string = 'm';
        break;
    case ZYDIS_MNEMONIC_STOSB: case ZYDIS_MNEMONIC_STOSW: case ZYDIS_MNEMONIC_STOSD: case ZYDIS_MNEMONIC_STOSQ:
        site->string = 's';
        break;
    case ZYDIS_MNEMONIC_LODSB: case ZYDIS_MNEMONIC_LODSW: case ZYDIS_MNEMONIC_LODSD: case ZYDIS_MNEMONIC_LODSQ:
        site->string = 'l';
        break;
    default:
        return false;
    }
    if (in->decoded.meta.category != ZYDIS_CATEGORY_STRINGOP)
        return false;               /* movsd is an SSE instruction, too */
    site->kind = SITE_STRING;
    site->size = (uint8_t)(in->operands[0].size / 8);
    site->repeat = in->decoded.attributes & (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE);
    return true;
}

static bool is_vector(ZydisRegister r)
{
    ZydisRegisterClass c = ZydisRegisterGetClass(r);

    return c == ZYDIS_REGCLASS_XMM;
}

/* bt and its kin with the bit number in a register reach any distance from their operand. */
static bool reaches_far(const struct instruction *in)
{
    switch (in->decoded.mnemonic) {
    case ZYDIS_MNEMONIC_BT: case ZYDIS_MNEMONIC_BTS: case ZYDIS_MNEMONIC_BTR: case ZYDIS_MNEMONIC_BTC:
        return in->operands[1].type == ZYDIS_OPERAND_TYPE_REGISTER;
    default:
        return false;
    }
}

static bool describe_memory(struct site *site, const struct instruction *in)
{
    const ZydisDecodedOperand *memory = NULL;

    if (reaches_far(in))
        return false;

    for (unsigned i = 0; i < in->decoded.operand_count; i++) {
        const ZydisDecodedOperand *o = &in->operands[i];

        if (o->type == ZYDIS_OPERAND_TYPE_MEMORY) {
            if (memory || o->mem.type != ZYDIS_MEMOP_TYPE_MEM || o->visibility != ZYDIS_OPERAND_VISIBILITY_EXPLICIT)
                return false;
            memory = o;
        } else if (o->type == ZYDIS_OPERAND_TYPE_REGISTER) {
            if (number_of(o->reg.value) == GPR_RSP && ZydisRegisterGetClass(o->reg.value) == ZYDIS_REGCLASS_GPR64)
                return false;
            if (ZydisRegisterGetClass(o->reg.value) >= ZYDIS_REGCLASS_YMM && ZydisRegisterGetClass(o->reg.value) <= ZYDIS_REGCLASS_ZMM)
                return false;
            site->uses_xmm |= is_vector(o->reg.value);
        }
    }
    if (!memory || memory->size == 0 || memory->size > 128 || memory->size % 8 ||
        memory->mem.segment == ZYDIS_REGISTER_GS || memory->mem.segment == ZYDIS_REGISTER_FS)
        return false;
    if (in->decoded.meta.branch_type != ZYDIS_BRANCH_TYPE_NONE || in->decoded.meta.category == ZYDIS_CATEGORY_PUSH ||
        in->decoded.meta.category == ZYDIS_CATEGORY_POP)
        return false;
    site->kind = SITE_MEMORY;
    site->size = (uint8_t)(memory->size / 8);
    site->reads = memory->actions & ZYDIS_OPERAND_ACTION_MASK_READ;
    site->writes = memory->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE;
    site->displacement = memory->mem.disp.has_displacement ? memory->mem.disp.value : 0;
    site->base = number_of(memory->mem.base);
    if (memory->mem.base == ZYDIS_REGISTER_RIP) {
        site->base = -1;
        site->displacement += (int64_t)(site->address + in->decoded.length);
    }
    site->index = number_of(memory->mem.index);
    site->scale = memory->mem.scale;
    return true;
}

void site_describe(struct site *site, const struct instruction *in, uint64_t address)
{
    site->address = address;
    site->length = in->decoded.length;
    site->kind = SITE_NONE;
    if (!describe_cr8(site, in) && !describe_string(site, in))
        describe_memory(site, in);
}

/* --- where it goes ------------------------------------------------------------------------------------------- */

uint64_t site_address(const struct site *site, const struct trap_frame *frame)
{
    uint64_t address = (uint64_t)site->displacement;

    if (site->base >= 0)
        address += frame->gpr[site->base];
    if (site->index >= 0)
        address += frame->gpr[site->index] * site->scale;
    return address;
}

static bool in_device(uint64_t address, unsigned size)
{
    return address - pe_config.mmio_base < pe_config.mmio_size && size <= pe_config.mmio_size - (address - pe_config.mmio_base);
}

static bool in_shared(uint64_t address, unsigned size)
{
    return pe_config.shared_data && address - pe_config.shared_data_va <= SHARED_SIZE - size;
}

bool emulated_address(uint64_t address, unsigned size)
{
    return in_device(address, size) || in_shared(address, size);
}

/* Devices see accesses of at most eight bytes. */
static void window_read(uint64_t address, uint8_t *data, unsigned size)
{
    if (in_shared(address, size)) {
        if (pe_config.shared_data_refresh)
            pe_config.shared_data_refresh(pe_config.shared_data);
        memcpy(data, (uint8_t *)pe_config.shared_data + (address - pe_config.shared_data_va), size);
        return;
    }
    for (unsigned at = 0; at < size; at += 8)
        pe_config.mmio_read(address + at, data + at, size - at < 8 ? size - at : 8);
}

static void window_write(uint64_t address, const uint8_t *data, unsigned size)
{
    for (unsigned at = 0; at < size; at += 8)
        pe_config.mmio_write(address + at, data + at, size - at < 8 ? size - at : 8);
}

/* --- carrying out -------------------------------------------------------------------------------------------- */

/* In the XSAVE header: x87 and SSE state are in the area, not in their initial configuration. */
static void mark_vector_state(struct trap_frame *frame)
{
    *(uint64_t *)((uint8_t *)frame->xsave + 512) |= 3;
}

static bool execute_memory(struct site *site, struct trap_frame *frame)
{
    uint64_t address = site_address(site, frame);
    uint8_t value[16];

    if (!emulated_address(address, site->size) || !site->run || (site->writes && !in_device(address, site->size)))
        return false;
    if (site->reads)
        window_read(address, value, site->size);
    memcpy(site->scratch, value, site->reads ? site->size : 0);
    emulate_run(frame, site->run, site->uses_xmm);
    if (site->uses_xmm)
        mark_vector_state(frame);
    if (site->writes) {
        memcpy(value, site->scratch, site->size);
        frame->rip = site->address + site->length;
        window_write(address, value, site->size);
    }
    return true;
}

/* One side of a string instruction: a device window or plain memory (which may fault in the ordinary way). */
static void side_read(uint64_t address, uint8_t *data, unsigned size)
{
    if (emulated_address(address, size))
        window_read(address, data, size);
    else
        memcpy(data, (const void *)address, size);
}

static void side_write(uint64_t address, const uint8_t *data, unsigned size)
{
    if (in_device(address, size))
        window_write(address, data, size);
    else
        memcpy((void *)address, data, size);
}

static bool execute_string(struct site *site, struct trap_frame *frame)
{
    uint64_t *rcx = &frame->gpr[GPR_RCX], *rsi = &frame->gpr[GPR_RSI], *rdi = &frame->gpr[GPR_RDI];
    int64_t step = frame->rflags & 0x400 ? -(int64_t)site->size : site->size;
    bool ours = (site->string != 's' && emulated_address(*rsi, site->size)) ||
                (site->string != 'l' && in_device(*rdi, site->size));
    uint8_t value[8];

    if (!ours)
        return false;
    while (!site->repeat || *rcx) {
        if (site->string == 's')
            memcpy(value, &frame->gpr[GPR_RAX], 8);
        else
            side_read(*rsi, value, site->size);
        if (site->string == 'l' && site->size == 4)
            frame->gpr[GPR_RAX] = get32(value);             /* clears the upper half */
        else if (site->string == 'l')
            memcpy(&frame->gpr[GPR_RAX], value, site->size);
        else
            side_write(*rdi, value, site->size);
        *rsi += site->string != 's' ? (uint64_t)step : 0;
        *rdi += site->string != 'l' ? (uint64_t)step : 0;
        if (!site->repeat)
            break;
        --*rcx;
    }
    return true;
}

bool site_execute(struct site *site, struct trap_frame *frame)
{
    switch (site->kind) {
    case SITE_READ_CR8:
        frame->gpr[site->cr8_register] = pe_config.irql_get();
        break;
    case SITE_WRITE_CR8:
        frame->rip = site->address + site->length;
        pe_config.irql_set((uint8_t)frame->gpr[site->cr8_register] & 15);
        return true;
    case SITE_MEMORY:
        if (!execute_memory(site, frame))
            return false;
        break;
    case SITE_STRING:
        if (!execute_string(site, frame))
            return false;
        break;
    default:
        return false;
    }
    frame->rip = site->address + site->length;
    return true;
}
