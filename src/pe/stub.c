/* Stubs: the code that stands for patched instructions. Layout, for each instruction in order:
 *      a site:             call [patch_enter]; struct entry * (read behind the return address)
 *      a read of cr8:      movzx reg, byte gs:[50h]
 *      a write of cr8:     the store where nothing is pending on the processor, else the call
 *      anything else:      the instruction, relative operands adjusted
 * then a jump behind the patched place, then for each entry the instruction itself and a jump to behind its call. */
#include <stdlib.h>
#include <string.h>

#include "pe/patch.h"

void patch_enter(void);
void patch_dispatch(struct trap_frame *frame, struct entry *entry);

struct writer {
    uint8_t *at;
    struct stub *stub;
};

static void note(struct writer *w, uint64_t image_address)
{
    struct stub *s = w->stub;

    s->places[s->place_count].stub = (uint64_t)w->at;
    s->places[s->place_count++].image = image_address;
}

static void put(struct writer *w, const void *bytes, size_t count)
{
    memcpy(w->at, bytes, count);
    w->at += count;
}

static void put_distance(struct writer *w, uint64_t target)
{
    int32_t distance = (int32_t)(target - ((uint64_t)w->at + 4));

    put(w, &distance, 4);
}

static void put_jump(struct writer *w, uint64_t target)
{
    *w->at++ = 0xe9;
    put_distance(w, target);
}

static bool put_branch(struct writer *w, const struct instruction *in, uint64_t address)
{
    uint64_t target = address + in->decoded.length + in->operands[0].imm.value.u;

    if (in->decoded.meta.category == ZYDIS_CATEGORY_COND_BR) {
        *w->at++ = 0x0f;
        *w->at++ = 0x80 | (in->decoded.opcode & 15);
    } else {
        *w->at++ = 0xe9;
    }
    put_distance(w, target);
    return true;
}

static bool put_moved(struct writer *w, uint64_t address, unsigned length)
{
    uint64_t here = (uint64_t)w->at;
    struct instruction in;

    if (!decode_at(address, &in))
        return false;
    if (is_branch(&in))
        return put_branch(w, &in, address);
    put(w, pristine_code(address), length);
    if (in.decoded.attributes & ZYDIS_ATTRIB_IS_RELATIVE) {
        int64_t value = in.decoded.raw.disp.value + ((int64_t)address - (int64_t)here);
        int32_t narrow = (int32_t)value;

        if (in.decoded.raw.disp.size != 32 || narrow != value)
            return false;
        memcpy((uint8_t *)here + in.decoded.raw.disp.offset, &narrow, 4);
    }
    return true;
}

/* movzx reg32, byte gs:[50h]: what a read of cr8 means here. */
static void put_irql_read(struct writer *w, unsigned number)
{
    const uint8_t code[] = { 0x65, (uint8_t)(number > 7 ? 0x44 : 0x40), 0x0f, 0xb6, (uint8_t)(0x04 | (number & 7) << 3), 0x25,
                             0x50, 0, 0, 0 };

    put(w, code, sizeof code);
}

static void put_enter(struct writer *w, struct site *site)
{
    struct entry *entry = &w->stub->entries[w->stub->entry_count++];
    void (*enter)(void) = patch_enter;

    put(w, (const uint8_t[]){ 0xff, 0x15, 2, 0, 0, 0, 0xcc, 0xcc }, 8);     /* call [rip+2] */
    put(w, &enter, 8);
    put(w, &entry, 8);
    entry->site = site;
    entry->after = (uint64_t)w->at;
}

/* A write of cr8: where nothing is pending on the processor it is one store; no flags and no registers change. */
static void put_irql_write(struct writer *w, struct site *site)
{
    unsigned number = site->cr8_register;
    uint64_t slot = (uint64_t)pe_config.processor_slot;
    const uint8_t store[] = { 0x65, (uint8_t)(number > 7 ? 0x44 : 0x40), 0x88, (uint8_t)(0x04 | (number & 7) << 3), 0x25,
                              0x50, 0, 0, 0 };
    uint8_t *fast, *next;

    if (!slot) {
        put_enter(w, site);
        return;
    }
    put(w, (const uint8_t[]){ 0x51, 0x48, 0xb9 }, 3);               /* push rcx; mov rcx, imm64 */
    put(w, &slot, 8);
    put(w, (const uint8_t[]){ 0x48, 0x8b, 0x09, 0x8b, 0x89 }, 5);   /* mov rcx, [rcx]; mov ecx, [rcx+disp32] */
    put(w, &pe_config.pending_offset, 4);
    put(w, (const uint8_t[]){ 0xe3, 0 }, 2);                        /* jrcxz fast */
    fast = w->at;
    *w->at++ = 0x59;                                                /* pop rcx */
    put_enter(w, site);
    put(w, (const uint8_t[]){ 0xeb, 0 }, 2);                        /* jmp next */
    next = w->at;
    fast[-1] = (uint8_t)(w->at - fast);
    *w->at++ = 0x59;
    put(w, store, sizeof store);
    next[-1] = (uint8_t)(w->at - next);
}

static bool put_part(struct writer *w, struct pe_image *image, uint64_t address, unsigned length, bool first)
{
    struct instruction in;
    struct site *site = NULL;

    note(w, address);
    if (!decode_at(address, &in))
        return false;
    for (struct site *s = patches_of(image)->bucket[(address ^ address >> 8) % SITE_BUCKETS]; s; s = s->next)
        if (s->address == address && (s->hot || first))
            site = s;
    struct site probe = { 0 };
    site_describe(&probe, &in, address);
    if (probe.kind == SITE_READ_CR8)
        put_irql_read(w, probe.cr8_register);
    else if (probe.kind == SITE_WRITE_CR8)
        put_irql_write(w, site ? site : site_of(image, address));
    else if (site)
        put_enter(w, site);
    else
        return put_moved(w, address, length);
    return true;
}

static bool write_stub(struct writer *w, struct pe_image *image, const struct plan *plan)
{
    for (unsigned i = 0; i < plan->count; i++)
        if (!put_part(w, image, plan->part[i].address, plan->part[i].length, i == 0))
            return false;
    note(w, plan->end);
    put_jump(w, plan->end);
    for (unsigned i = 0; i < w->stub->entry_count; i++) {
        struct entry *entry = &w->stub->entries[i];

        entry->original = (uint64_t)w->at;
        note(w, entry->site->address);
        if (!put_moved(w, entry->site->address, entry->site->length))
            return false;
        note(w, entry->site->address + entry->site->length);
        put_jump(w, entry->after);
    }
    return true;
}

struct stub *stub_build(struct pe_image *image, const struct plan *plan)
{
    struct patches *patches = patches_of(image);
    struct stub *stub = calloc(1, sizeof *stub);
    struct writer w = { NULL, stub };
    bool good;

    for (unsigned i = 0; i < plan->count; i++)
        site_of(image, plan->part[i].address);          /* before the slot: it may take one */
    stub->plan = *plan;
    w.at = slot_open(image, NULL);
    if (!w.at) {
        free(stub);
        return NULL;
    }
    stub->begin = (uint64_t)w.at;
    good = write_stub(&w, image, plan);
    stub->end = (uint64_t)w.at;
    if (!slot_close(image) || !good) {
        free(stub);
        return NULL;
    }
    stub->next = patches->stubs;
    patches->stubs = stub;
    return stub;
}

struct stub *stub_at(struct patches *patches, uint64_t address)
{
    for (struct stub *s = patches->stubs; s; s = s->next)
        if (s->plan.part[0].address == address)
            return s;
    return NULL;
}

struct stub *stub_covering(struct patches *patches, uint64_t address)
{
    for (struct stub *s = patches->stubs; s; s = s->next)
        if (address >= s->plan.part[0].address && address < s->plan.end)
            return s;
    return NULL;
}

void stubs_release(struct patches *patches)
{
    while (patches->stubs) {
        struct stub *gone = patches->stubs;

        patches->stubs = gone->next;
        free(gone);
    }
}

/* From patch_enter. */
void patch_dispatch(struct trap_frame *frame, struct entry *entry)
{
    frame->rip = entry->site->address;
    frame->kind = TRAP_STEP;
    frame->rip = site_execute(entry->site, frame) ? entry->after : entry->original;
}

/* --- looking back -------------------------------------------------------------------------------------------- */

static struct stub *stub_of(uint64_t rip)
{
    list_each(it, &pe_images) {
        struct pe_image *image = container_of(it, struct pe_image, node);
        struct patches *patches = image->patches;

        for (struct stub *s = patches ? patches->stubs : NULL; s; s = s->next)
            if (rip >= s->begin && rip < s->end)
                return s;
    }
    return NULL;
}

bool patch_contains(uint64_t rip)
{
    return stub_of(rip) != NULL;
}

uint64_t patch_original(uint64_t rip)
{
    const struct stub *stub = pe_image_at(rip) ? NULL : stub_of(rip);

    for (unsigned i = stub ? stub->place_count : 0; i-- > 0;)
        if (stub->places[i].stub <= rip)
            return stub->places[i].image;
    return rip;
}

uint64_t patch_resume(uint64_t rip)
{
    struct pe_image *image = pe_image_at(rip);
    struct stub *stub = image && image->patches ? stub_covering(image->patches, rip) : NULL;

    if (!stub || rip == stub->plan.part[0].address)
        return rip;
    for (unsigned i = 0; i < stub->place_count; i++)
        if (stub->places[i].image == rip)
            return stub->places[i].stub;
    return rip;
}
