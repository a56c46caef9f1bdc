/* Sites: instructions that have faulted and are replaced so that they do not fault again.
 *
 * Invariants
 *  1. A site is patched by a five-byte jump over the instruction and, where it is shorter, over instructions behind it
 *     that can move: no calls, nothing that anybody branches to, all of one function without exception handlers.
 *  2. The stub (stub.c) does what the replaced instructions do, one after another, and jumps back behind them. Each of
 *     its addresses stands for one instruction of the image: faults are reported there, and interrupted code that
 *     stood inside a place patched since goes on in the stub.
 *  3. Whoever decodes an image's code reads the bytes as they were loaded (pristine_code).
 *  4. Code pages are never writable while driver code runs. */
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "host/memory.h"
#include "pe/emulate.h"
#include "pe/internal.h"
#include "pe/patch.h"
#include "pe/unwind.h"

static struct patches host_patches;

/* --- areas and sites ----------------------------------------------------------------------------------------- */

struct patches *patches_of(struct pe_image *image)
{
    if (!image)
        return &host_patches;
    if (!image->patches)
        image->patches = calloc(1, sizeof(struct patches));
    return image->patches;
}

const uint8_t *pristine_code(uint64_t address)
{
    struct pe_image *image = pe_image_at(address);
    struct patches *patches = image ? image->patches : NULL;

    return patches && patches->pristine ? patches->pristine + (address - (uint64_t)image->base) : (const uint8_t *)address;
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

uint8_t *slot_open(struct pe_image *image, uint8_t **scratch)
{
    struct area *area = area_with_room(image);

    if (!area || !host_protect(area->base, AREA_CODE, HOST_READ | HOST_WRITE))
        return NULL;
    if (scratch)
        *scratch = area->base + AREA_CODE + area->used * SCRATCH;
    return area->base + area->used++ * SLOT;
}

bool slot_close(struct pe_image *image)
{
    return host_protect(patches_of(image)->areas->base, AREA_CODE, HOST_READ | HOST_EXECUTE);
}

/* Puts "the instruction with its operand on the scratch buffer, ret" in a slot. */
static bool prepare_run(struct pe_image *image, struct site *site, const struct instruction *in)
{
    ZydisEncoderRequest request;
    uint8_t code[ZYDIS_MAX_INSTRUCTION_LENGTH], *slot, *scratch;
    ZyanUSize length = sizeof code;
    bool good;

    if (!ZYAN_SUCCESS(ZydisEncoderDecodedInstructionToEncoderRequest(&in->decoded, in->operands,
                                                                     in->decoded.operand_count_visible, &request)))
        return false;
    slot = slot_open(image, &scratch);
    if (!slot)
        return false;
    for (unsigned i = 0; i < request.operand_count; i++) {
        if (request.operands[i].type != ZYDIS_OPERAND_TYPE_MEMORY)
            continue;
        request.operands[i].mem.base = ZYDIS_REGISTER_RIP;
        request.operands[i].mem.index = ZYDIS_REGISTER_NONE;
        request.operands[i].mem.scale = 0;
        request.operands[i].mem.displacement = (ZyanI64)scratch;
    }
    request.prefixes &= ~(ZyanU64)ZYDIS_ATTRIB_HAS_SEGMENT;
    good = ZYAN_SUCCESS(ZydisEncoderEncodeInstructionAbsolute(&request, code, &length, (ZyanU64)slot));
    if (good) {
        memcpy(slot, code, length);
        slot[length] = 0xc3;
        site->run = slot;
        site->scratch = scratch;
    }
    return slot_close(image) && good;
}

static struct site **bucket_of(struct patches *patches, uint64_t address)
{
    return &patches->bucket[(address ^ address >> 8) % SITE_BUCKETS];
}

static struct site *known_site(struct patches *patches, uint64_t address)
{
    for (struct site *site = *bucket_of(patches, address); site; site = site->next)
        if (site->address == address)
            return site;
    return NULL;
}

struct site *site_of(struct pe_image *image, uint64_t address)
{
    struct patches *patches = patches_of(image);
    struct site *site = known_site(patches, address);
    struct instruction in;

    if (site)
        return site;
    site = calloc(1, sizeof *site);
    if (decode_at(address, &in)) {
        site_describe(site, &in, address);
        if (site->kind == SITE_MEMORY && !prepare_run(image, site, &in))
            site->kind = SITE_NONE;
    }
    site->address = address;
    site->next = *bucket_of(patches, address);
    *bucket_of(patches, address) = site;
    return site;
}

/* --- patching ------------------------------------------------------------------------------------------------ */

static void keep_pristine(struct pe_image *image, struct patches *patches)
{
    if (patches->pristine)
        return;
    patches->pristine = malloc(image->size);
    for (unsigned i = 0; i < image->section_count; i++) {
        const struct pe_section *section = &image->sections[i];

        if (!section->discarded && (section->protection & HOST_EXECUTE))
            memcpy(patches->pristine + section->rva, image->base + section->rva, section->size);
    }
}

static bool install_jump(struct pe_image *image, const struct plan *plan, uint64_t stub)
{
    uint64_t from = plan->part[0].address, page = align_down(from, HOST_PAGE), size = align_up(plan->end, HOST_PAGE) - page;
    struct pe_section *section = section_at(image, (uint32_t)(from - (uint64_t)image->base));
    int32_t distance = (int32_t)(stub - (from + JUMP));

    if (!section || !host_protect((void *)page, size, HOST_READ | HOST_WRITE))
        return false;
    memset((void *)from, 0xcc, plan->end - from);
    *(uint8_t *)from = 0xe9;
    memcpy((void *)(from + 1), &distance, 4);
    return host_protect((void *)page, size, section->protection);
}

void site_patch(struct pe_image *image, struct site *site)
{
    struct patches *patches = patches_of(image);
    struct stub *around = stub_covering(patches, site->address);
    struct stub *stub;
    struct plan plan;

    site->hot = true;
    if (around && around->plan.part[0].address != site->address) {
        if (site->tried)
            return;
        plan = around->plan;
    } else if (around || site->tried || !plan_make(image, site, &plan)) {
        site->tried = true;
        return;
    }
    site->tried = true;
    keep_pristine(image, patches);
    stub = stub_build(image, &plan);
    if (stub)
        install_jump(image, &plan, stub->begin);
}

static void release(struct patches *patches)
{
    for (unsigned i = 0; i < SITE_BUCKETS; i++) {
        while (patches->bucket[i]) {
            struct site *gone = patches->bucket[i];

            patches->bucket[i] = gone->next;
            free(gone);
        }
    }
    stubs_release(patches);
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
    free(patches->pristine);
    memset(patches, 0, sizeof *patches);
}

void patches_release(struct pe_image *image)
{
    if (!image) {
        release(&host_patches);
    } else if (image->patches) {
        release(image->patches);
        free(image->patches);
        image->patches = NULL;
    }
}
