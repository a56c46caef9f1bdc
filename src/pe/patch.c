/* Sites: instructions that have faulted, and the stubs that replace them so that they do not fault again.
 *
 * Invariants
 *  1. A site is patched by a five-byte jump over the instruction and, where it is shorter, over instructions behind it
 *     that move without change of meaning: no control flow, no memory but the stack's, nothing that anybody branches
 *     to, nothing a preempted thread stands in, all of one function.
 *  2. The stub calls patch_enter, which does the work on a trap_frame, and goes on at `after` (the moved
 *     instructions) or, when the operand is not in a window this time, at `original` (the instruction itself, moved).
 *  3. Every address in a stub stands for exactly one address in the image (patch_original): faults are reported there.
 *  4. Code pages are never writable while driver code runs. */
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "host/memory.h"
#include "pe/emulate.h"
#include "pe/internal.h"
#include "pe/trap.h"
#include "pe/unwind.h"

#define AREA_PAGES 4u
#define AREA_CODE ((AREA_PAGES - 1) * (size_t)HOST_PAGE)
#define SLOT 256u
#define SLOTS (AREA_CODE / SLOT)
#define RUN_ROOM 32u
#define JUMP 5u
#define MOVED_MAX 5

struct area {
    struct area *next;
    uint8_t *base;                  /* code pages, then a page of scratch buffers */
    unsigned used;
    bool from_host;
};

/* One moved instruction: [stub, ...) stands for `image`. */
struct moved {
    uint64_t stub, image;
};

struct patches {
    struct area *areas;
    struct site *bucket[256];
    uint8_t *targets;               /* a bit for each byte of the image that a branch leads to */
};

struct record {
    struct site site;               /* first */
    struct moved map[2 * MOVED_MAX + 2];
    unsigned map_count;
};

void patch_enter(void);
void patch_dispatch(struct trap_frame *frame, struct site *site);

static struct patches host_patches;
static struct pe_preempted *preempted;

void pe_preempted_enter(struct pe_preempted *node, const struct trap_frame *frame)
{
    node->rip = frame->rip;
    node->next = preempted;
    preempted = node;
}

void pe_preempted_leave(struct pe_preempted *node)
{
    for (struct pe_preempted **at = &preempted; *at; at = &(*at)->next) {
        if (*at == node) {
            *at = node->next;
            return;
        }
    }
}

/* --- areas and records --------------------------------------------------------------------------------------- */

static struct patches *patches_of(struct pe_image *image)
{
    if (!image)
        return &host_patches;
    if (!image->patches)
        image->patches = calloc(1, sizeof(struct patches));
    return image->patches;
}

static bool near_image(const struct pe_image *image, const uint8_t *p)
{
    int64_t distance = p - image->base;

    return distance > -(int64_t)0x70000000 && distance < 0x70000000;
}

static uint8_t *area_memory(struct pe_image *image, bool *from_host)
{
    uint8_t *p = NULL;

    *from_host = !image || image->fixed_base;
    if (!*from_host) {
        p = pe_config.alloc_pages(AREA_PAGES);
        if (p && !near_image(image, p)) {
            pe_config.free_pages(p, AREA_PAGES);
            p = NULL;
        }
        return p;
    }
    if (!image)
        return host_map(NULL, AREA_PAGES * HOST_PAGE, HOST_READ | HOST_WRITE);
    for (uint64_t away = 0; away < 0x60000000 && !p; away += 1u << 20)
        p = host_map(image->base + align_up(image->size, 65536) + away, AREA_PAGES * HOST_PAGE, HOST_READ | HOST_WRITE);
    return p;
}

static struct area *area_with_room(struct pe_image *image)
{
    struct patches *patches = patches_of(image);
    struct area *area = patches->areas;

    if (area && area->used < SLOTS)
        return area;
    area = calloc(1, sizeof *area);
    area->base = area_memory(image, &area->from_host);
    if (!area->base || !host_protect(area->base, AREA_CODE, HOST_READ | HOST_EXECUTE)) {
        free(area);
        return NULL;
    }
    area->next = patches->areas;
    patches->areas = area;
    return area;
}

struct site *site_of(struct pe_image *image, uint64_t address)
{
    struct patches *patches = patches_of(image);
    struct site **bucket = &patches->bucket[(address ^ address >> 8) % 256];

    for (struct site *site = *bucket; site; site = site->next)
        if (site->address == address)
            return site;
    struct record *record = calloc(1, sizeof *record);
    struct instruction in;
    if (decode_at(address, &in)) {
        site_describe(&record->site, &in, address);
        if (record->site.kind == SITE_MEMORY && !site_prepare_run(image, &record->site, &in))
            record->site.kind = SITE_NONE;
    }
    record->site.address = address;
    record->site.next = *bucket;
    *bucket = &record->site;
    return &record->site;
}

static bool open_slot(struct area *area)
{
    return host_protect(area->base, AREA_CODE, HOST_READ | HOST_WRITE);
}

static bool close_slot(struct area *area)
{
    return host_protect(area->base, AREA_CODE, HOST_READ | HOST_EXECUTE);
}

/* Puts "the instruction on the scratch buffer, ret" at the start of a new slot. */
bool site_prepare_run(struct pe_image *image, struct site *site, const struct instruction *in)
{
    struct area *area = area_with_room(image);
    ZydisEncoderRequest request;
    uint8_t code[ZYDIS_MAX_INSTRUCTION_LENGTH];
    ZyanUSize length = sizeof code;

    if (!area || !ZYAN_SUCCESS(ZydisEncoderDecodedInstructionToEncoderRequest(
                     &in->decoded, in->operands, in->decoded.operand_count_visible, &request)))
        return false;
    uint8_t *slot = area->base + area->used * SLOT, *scratch = area->base + AREA_CODE + area->used * 32;
    for (unsigned i = 0; i < request.operand_count; i++) {
        if (request.operands[i].type != ZYDIS_OPERAND_TYPE_MEMORY)
            continue;
        request.operands[i].mem.base = ZYDIS_REGISTER_RIP;
        request.operands[i].mem.index = ZYDIS_REGISTER_NONE;
        request.operands[i].mem.scale = 0;
        request.operands[i].mem.displacement = (ZyanI64)scratch;
    }
    request.prefixes &= ~(ZyanU64)ZYDIS_ATTRIB_HAS_SEGMENT;
    if (!ZYAN_SUCCESS(ZydisEncoderEncodeInstructionAbsolute(&request, code, &length, (ZyanU64)slot)) || !open_slot(area))
        return false;
    memcpy(slot, code, length);
    slot[length] = 0xc3;
    site->run = slot;
    site->scratch = scratch;
    area->used++;
    return close_slot(area);
}

/* --- what may be moved --------------------------------------------------------------------------------------- */

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

/* A function with a computed jump or an exception handler may be entered anywhere. */
static bool entered_anywhere(struct pe_image *image, const struct pe_function *f)
{
    const uint8_t *info = rva_range(image, f->unwind & ~3u, 4) ? image->base + (f->unwind & ~3u) : NULL;
    struct instruction in;

    if (!info || (info[0] >> 3) != 0)
        return true;
    for (uint32_t at = f->begin; at < f->end; at += in.decoded.length) {
        if (!decode_at((uint64_t)image->base + at, &in))
            return true;
        if (in.decoded.meta.category == ZYDIS_CATEGORY_UNCOND_BR && in.operands[0].type != ZYDIS_OPERAND_TYPE_IMMEDIATE)
            return true;
    }
    return false;
}

static bool is_branch(const struct instruction *in)
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
    case ZYDIS_CATEGORY_SYSTEM: case ZYDIS_CATEGORY_IO: case ZYDIS_CATEGORY_STRINGOP: case ZYDIS_CATEGORY_IOSTRINGOP:
        return false;
    default:
        break;
    }
    for (unsigned i = 0; i < in->decoded.operand_count; i++) {
        const ZydisDecodedOperand *o = &in->operands[i];

        if (o->type == ZYDIS_OPERAND_TYPE_MEMORY && o->mem.type == ZYDIS_MEMOP_TYPE_MEM &&
            (o->mem.base != ZYDIS_REGISTER_RSP || o->mem.index != ZYDIS_REGISTER_NONE))
            return false;
        if (o->type == ZYDIS_OPERAND_TYPE_REGISTER && ZydisRegisterGetClass(o->reg.value) == ZYDIS_REGCLASS_CONTROL)
            return false;
    }
    return true;
}

static bool preempted_inside(uint64_t begin, uint64_t end)
{
    for (struct pe_preempted *p = preempted; p; p = p->next)
        if (p->rip > begin && p->rip < end)
            return true;
    return false;
}

struct plan {
    unsigned count;                     /* instructions moved, the site's own first */
    struct { uint64_t address; uint8_t length; } part[MOVED_MAX];
    uint64_t end;
};

static bool make_plan(struct pe_image *image, const struct site *site, struct plan *plan)
{
    const struct pe_function *f = pe_find_function(image, (uint32_t)(site->address - (uint64_t)image->base));
    uint64_t at = site->address + site->length;
    struct patches *patches = image->patches;

    plan->count = 1;
    plan->part[0].address = site->address;
    plan->part[0].length = site->length;
    if (at - site->address < JUMP) {
        if (!f || entered_anywhere(image, f))
            return false;
        find_targets(image, patches);
    }
    while (at - site->address < JUMP) {
        uint64_t rva = at - (uint64_t)image->base;
        struct instruction in;

        if (plan->count == MOVED_MAX || rva >= f->end || (patches->targets[rva / 8] & 1u << rva % 8) ||
            !decode_at(at, &in) || !may_move(&in) || rva + in.decoded.length > f->end)
            return false;
        plan->part[plan->count].address = at;
        plan->part[plan->count++].length = in.decoded.length;
        at += in.decoded.length;
        if (ends_flow(&in) && at - site->address < JUMP)
            return false;
    }
    plan->end = at;
    return !preempted_inside(site->address, at);
}

/* --- stubs --------------------------------------------------------------------------------------------------- */

struct writer {
    uint8_t *at;
    struct record *record;
};

static void note(struct writer *w, uint64_t image_address)
{
    w->record->map[w->record->map_count++] = (struct moved){ (uint64_t)w->at, image_address };
}

static bool put_branch(struct writer *w, const struct instruction *in, uint64_t address)
{
    uint64_t target = address + in->decoded.length + in->operands[0].imm.value.u;
    bool always = in->decoded.meta.category == ZYDIS_CATEGORY_UNCOND_BR;

    if (!always) {
        *w->at++ = 0x0f;
        *w->at++ = 0x80 | (in->decoded.opcode & 15);
    } else {
        *w->at++ = 0xe9;
    }
    int32_t distance = (int32_t)(target - ((uint64_t)w->at + 4));
    memcpy(w->at, &distance, 4);
    w->at += 4;
    return true;
}

static bool put_moved(struct writer *w, uint64_t address, unsigned length)
{
    struct instruction in;

    if (!decode_at(address, &in))
        return false;
    note(w, address);
    if (is_branch(&in))
        return put_branch(w, &in, address);
    memcpy(w->at, (const void *)address, length);
    if (in.decoded.attributes & ZYDIS_ATTRIB_IS_RELATIVE) {
        if (in.decoded.raw.disp.size != 32)
            return false;
        int64_t value = in.decoded.raw.disp.value + ((int64_t)address - (int64_t)(uint64_t)w->at);
        int32_t narrow = (int32_t)value;
        if (narrow != value)
            return false;
        memcpy(w->at + in.decoded.raw.disp.offset, &narrow, 4);
    }
    w->at += length;
    return true;
}

static void put_jump(struct writer *w, uint64_t target)
{
    int32_t distance = (int32_t)(target - ((uint64_t)w->at + JUMP));

    note(w, target);
    *w->at++ = 0xe9;
    memcpy(w->at, &distance, 4);
    w->at += 4;
}

static bool put_rest(struct writer *w, const struct plan *plan)
{
    for (unsigned i = 1; i < plan->count; i++)
        if (!put_moved(w, plan->part[i].address, plan->part[i].length))
            return false;
    put_jump(w, plan->end);
    return true;
}

/* movzx reg32, byte gs:[50h]: what a read of cr8 means here. */
static void put_irql_read(struct writer *w, unsigned number)
{
    const uint8_t code[] = { 0x65, (uint8_t)(number > 7 ? 0x44 : 0x40), 0x0f, 0xb6, (uint8_t)(0x04 | (number & 7) << 3), 0x25,
                             0x50, 0, 0, 0 };

    memcpy(w->at, code, sizeof code);
    w->at += sizeof code;
}

static void put_enter(struct writer *w, struct site *site)
{
    void (*enter)(void) = patch_enter;

    memcpy(w->at, (const uint8_t[]){ 0xff, 0x15, 2, 0, 0, 0, 0xcc, 0xcc }, 8);      /* call [rip+2] */
    memcpy(w->at + 8, &enter, 8);
    memcpy(w->at + 16, &site, 8);
    w->at += 24;
}

static bool write_stub(struct writer *w, struct site *site, const struct plan *plan)
{
    note(w, site->address);
    if (site->kind == SITE_READ_CR8) {
        put_irql_read(w, site->cr8_register);
        site->after = (uint64_t)w->at;
        return put_rest(w, plan);
    }
    put_enter(w, site);
    site->after = (uint64_t)w->at;
    if (!put_rest(w, plan))
        return false;
    if (site->kind != SITE_MEMORY && site->kind != SITE_STRING)
        return true;
    site->original = (uint64_t)w->at;
    return put_moved(w, site->address, site->length) && put_rest(w, plan);
}

static void install_jump(struct pe_image *image, struct site *site, const struct plan *plan)
{
    uint64_t page = align_down(site->address, HOST_PAGE), size = align_up(plan->end, HOST_PAGE) - page;
    int32_t distance = (int32_t)(site->stub - (site->address + JUMP));
    struct pe_section *section = section_at(image, (uint32_t)(site->address - (uint64_t)image->base));
    uint8_t code[MOVED_MAX * 15];

    memset(code, 0xcc, sizeof code);
    code[0] = 0xe9;
    memcpy(code + 1, &distance, 4);
    if (!section || !host_protect((void *)page, size, HOST_READ | HOST_WRITE))
        return;
    memcpy((void *)site->address, code, plan->end - site->address);
    host_protect((void *)page, size, section->protection);
    site->patched = true;
}

void site_patch(struct pe_image *image, struct site *site)
{
    struct record *record = (struct record *)site;
    struct plan plan;
    struct area *area;
    struct writer w;
    bool good;

    if (site->tried || site->kind == SITE_NONE)
        return;
    site->tried = true;
    if (!make_plan(image, site, &plan) || !(area = area_with_room(image)))
        return;
    w = (struct writer){ site->run ? (uint8_t *)site->run + RUN_ROOM : area->base + area->used * SLOT, record };
    if (!site->run)
        area->used++;
    for (area = ((struct patches *)image->patches)->areas; area; area = area->next)
        if ((size_t)(w.at - area->base) < AREA_CODE)
            break;
    if (!area || !open_slot(area))
        return;
    site->stub = (uint64_t)w.at;
    good = write_stub(&w, site, &plan);
    site->stub_end = (uint64_t)w.at;
    if (close_slot(area) && good)
        install_jump(image, site, &plan);
}

/* From patch_enter. */
void patch_dispatch(struct trap_frame *frame, struct site *site)
{
    frame->rip = site->address;
    frame->kind = TRAP_STEP;
    if (site_execute(site, frame))
        frame->rip = site->after;
    else
        frame->rip = site->original;
}

/* --- looking back -------------------------------------------------------------------------------------------- */

static struct pe_image *owner_of(uint64_t rip)
{
    list_each(it, &pe_images) {
        struct pe_image *image = container_of(it, struct pe_image, node);

        for (struct area *a = image->patches ? ((struct patches *)image->patches)->areas : NULL; a; a = a->next)
            if (rip - (uint64_t)a->base < AREA_CODE)
                return image;
    }
    return NULL;
}

bool patch_contains(uint64_t rip)
{
    return owner_of(rip) != NULL;
}

static uint64_t original_in(const struct record *record, uint64_t rip)
{
    uint64_t found = rip;

    for (unsigned i = 0; i < record->map_count && record->map[i].stub <= rip; i++)
        found = record->map[i].image;
    return found;
}

uint64_t patch_original(uint64_t rip)
{
    struct pe_image *image = owner_of(rip);
    struct patches *patches = image ? image->patches : NULL;

    for (unsigned i = 0; patches && i < 256; i++)
        for (struct site *site = patches->bucket[i]; site; site = site->next)
            if (site->stub && rip >= site->stub && rip < site->stub_end)
                return original_in((const struct record *)site, rip);
    return rip;
}

static void release(struct patches *patches)
{
    for (unsigned i = 0; i < 256; i++) {
        while (patches->bucket[i]) {
            struct site *gone = patches->bucket[i];

            patches->bucket[i] = gone->next;
            free(gone);
        }
    }
    while (patches->areas) {
        struct area *gone = patches->areas;

        patches->areas = gone->next;
        host_protect(gone->base, AREA_CODE, HOST_READ | HOST_WRITE);
        if (gone->from_host)
            host_unmap(gone->base, AREA_PAGES * HOST_PAGE);
        else
            pe_config.free_pages(gone->base, AREA_PAGES);
        free(gone);
    }
    free(patches->targets);
}

void patches_release(struct pe_image *image)
{
    if (image->patches) {
        release(image->patches);
        free(image->patches);
        image->patches = NULL;
    }
}
