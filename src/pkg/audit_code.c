/* ring3 audit: machine code and relocations.
 *
 * 1. Functions of the exception directory are decoded from start to end.
 * 2. Between them lie functions that call nothing, padding, and tables. What begins at a multiple of 16 there and decodes up to a return
 *    or jump is taken for a function.
 * docs: kernel/floating-point-support-for-64-bit-drivers, kernel/porting-your-driver-to-64-bit-windows,
 * kernel/supporting-32-bit-i-o-in-your-64-bit-driver */
#include <string.h>

#include <Zydis/Zydis.h>

#include "base/util.h"
#include "pkg/audit_internal.h"

#define FUNCTIONS_MAX 65536

enum registers { REGISTERS_X87, REGISTERS_AVX, REGISTER_KINDS };

static int registers_of(const ZydisDecodedInstruction *instruction)
{
    switch (instruction->meta.isa_set) {
    case ZYDIS_ISA_SET_X87:
    case ZYDIS_ISA_SET_FCMOV:
    case ZYDIS_ISA_SET_PENTIUMMMX:
        return REGISTERS_X87;
    default:
        break;
    }
    switch (instruction->encoding) {
    case ZYDIS_INSTRUCTION_ENCODING_VEX:
    case ZYDIS_INSTRUCTION_ENCODING_EVEX:
    case ZYDIS_INSTRUCTION_ENCODING_XOP:
        break;
    default:
        return -1;
    }
    /* BMI's general registers are encoded like AVX's. */
    return instruction->meta.category == ZYDIS_CATEGORY_BMI1 || instruction->meta.category == ZYDIS_CATEGORY_BMI2 ? -1 : REGISTERS_AVX;
}

struct scan {
    const struct auditing *a;
    ZydisDecoder decoder;
    uint32_t found[REGISTER_KINDS];     /* the first place of each kind; 0: none */
};

/* Decodes at `at`, and notes what it uses in `found`. The instruction's length, 0 when there is none. */
static unsigned scan_one(const struct scan *scan, const uint8_t *code, uint32_t at, uint32_t end, ZydisDecodedInstruction *instruction,
                         uint32_t found[REGISTER_KINDS])
{
    int kind;

    if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&scan->decoder, NULL, code, end - at, instruction)))
        return 0;
    kind = registers_of(instruction);
    if (kind >= 0 && found[kind] == 0)
        found[kind] = at;
    return instruction->length;
}

static void scan_function(struct scan *scan, uint32_t begin, uint32_t end)
{
    const uint8_t *code = audit_at(scan->a, begin, end - begin);
    ZydisDecodedInstruction instruction;
    unsigned length = 1;

    for (uint32_t at = begin; code && at < end && length; at += length)
        length = scan_one(scan, code + (at - begin), at, end, &instruction, scan->found);
}

/* One function without an entry; returns where the next may begin. */
static uint32_t scan_leaf(struct scan *scan, const uint8_t *code, uint32_t begin, uint32_t end)
{
    uint32_t found[REGISTER_KINDS], at = begin;
    ZydisDecodedInstruction instruction;
    unsigned length;

    memcpy(found, scan->found, sizeof found);
    do {
        length = at < end ? scan_one(scan, code + (at - begin), at, end, &instruction, found) : 0;
        at += length;
    } while (length && instruction.meta.category != ZYDIS_CATEGORY_RET && instruction.meta.category != ZYDIS_CATEGORY_UNCOND_BR &&
             instruction.meta.category != ZYDIS_CATEGORY_INTERRUPT);
    if (!length || instruction.meta.category == ZYDIS_CATEGORY_INTERRUPT)
        return begin + 1;
    memcpy(scan->found, found, sizeof found);
    return at;
}

static void scan_gap(struct scan *scan, uint32_t begin, uint32_t end)
{
    const uint8_t *code = begin < end ? audit_at(scan->a, begin, end - begin) : NULL;

    for (uint32_t at = (uint32_t)align_up(begin, 16); code && at < end; at = (uint32_t)align_up(at, 16))
        at = scan_leaf(scan, code + (at - begin), at, end);
}

static void scan_section(struct scan *scan, const struct pe_raw_section *section)
{
    uint32_t table = scan->a->file.directory[DIRECTORY_EXCEPTION].rva;
    uint32_t count = table ? scan->a->file.directory[DIRECTORY_EXCEPTION].size / 12 : 0;
    uint32_t gap = section->rva, last = section->rva + (section->file_size < section->size ? section->file_size : section->size);

    for (uint32_t i = 0; i < count && i < FUNCTIONS_MAX; i++) {         /* sorted by address */
        const uint8_t *p = audit_at(scan->a, table + 12 * i, 12);
        uint32_t begin = p ? (uint32_t)audit_number(p, 4) : 0, end = p ? (uint32_t)audit_number(p + 4, 4) : 0;

        if (begin < gap || end <= begin || end > last)
            continue;
        scan_gap(scan, gap, begin);
        scan_function(scan, begin, end);
        gap = end;
    }
    scan_gap(scan, gap, last);
}

static void audit_registers(struct auditing *a)
{
    struct scan scan = { .a = a };

    if (!ZYAN_SUCCESS(ZydisDecoderInit(&scan.decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64)))
        return;
    for (unsigned i = 0; i < a->file.section_count; i++)
        if (a->file.sections[i].characteristics & SECTION_EXECUTE)
            scan_section(&scan, &a->file.sections[i]);
    if (scan.found[REGISTERS_X87])
        audit_find(a, AUDIT_WARNING, "code.x87", "x64 drivers have no x87 and MMX registers: use double and SSE",
                   "the code at 0x%x uses x87 or MMX registers", scan.found[REGISTERS_X87]);
    if (scan.found[REGISTERS_AVX] && !audit_imports_it(a, NULL, "KeSaveExtendedProcessorState"))
        audit_find(a, AUDIT_WARNING, "code.avx", "KeSaveExtendedProcessorState and KeRestoreExtendedProcessorState around it",
                   "the code at 0x%x uses AVX registers, and the driver never saves them", scan.found[REGISTERS_AVX]);
}

/* Relocations of 32 bits in a 64-bit image: an address that was cut. */
static void audit_relocations(struct auditing *a)
{
    uint32_t rva = a->file.directory[DIRECTORY_RELOCATION].rva, end = rva + a->file.directory[DIRECTORY_RELOCATION].size;

    while (rva && rva + 8 <= end) {
        const uint8_t *block = audit_at(a, rva, 8);
        uint32_t page, size;

        if (!block)
            return;
        page = (uint32_t)audit_number(block, 4);
        size = (uint32_t)audit_number(block + 4, 4);
        if (size < 8 || size > end - rva || !(block = audit_at(a, rva, size)))
            return;
        for (uint32_t i = 8; i + 2 <= size; i += 2) {
            uint32_t entry = (uint32_t)audit_number(block + i, 2), type = entry >> 12;

            if (type >= 1 && type <= 4) {       /* HIGH, LOW, HIGHLOW, HIGHADJ */
                audit_find(a, AUDIT_ERROR, "image.short-address", "a pointer in a 64-bit variable: PVOID, ULONG_PTR",
                           "at 0x%x an address is kept in 32 bits or fewer", page + (entry & 0xfff));
                return;
            }
        }
        rva += size;
    }
}

/* A device that programs open hears 32-bit programs, too. What frameworks and ports offer is not seen in the imports. */
static void audit_32_bit_programs(struct auditing *a)
{
    bool opened = audit_imports_it(a, NULL, "IoCreateSymbolicLink") || audit_imports_it(a, NULL, "IoRegisterDeviceInterface") ||
                  audit_imports_it(a, NULL, "NdisRegisterDeviceEx");

    if (opened && !audit_imports_it(a, NULL, "IoIs32bitProcess") && !audit_imports_it(a, "wdfldr.sys", NULL))
        audit_find(a, AUDIT_NOTE, "device.32-bit", "IoIs32bitProcess, or control structures without pointers, handles and SIZE_T",
                   "programs can open its device, and it never asks whether they are 32-bit ones");
}

void audit_code(struct auditing *a)
{
    audit_registers(a);
    audit_relocations(a);
    audit_32_bit_programs(a);
}
