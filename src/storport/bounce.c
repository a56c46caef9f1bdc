/* See bounce.h. docs: storage/use-of-mapping-buffers-in-the-storport-i-o-model, storport/ns-storport-_port_configuration_information */
#include "storport/bounce.h"

#include <stdlib.h>
#include <string.h>

#include "nt/mm.h"
#include "nt/ram.h"
#include "storport/adapter.h"

#define PAGES 512u                      /* of an adapter */
#define SLOTS 64u

struct bounced {
    struct list node;                   /* bounce->free */
    uint16_t pages[SP_ELEMENTS];
    unsigned count, saved_count;
    STOR_SCATTER_GATHER_ELEMENT saved[SP_ELEMENTS];     /* the caller's memory */
    bool write, must, listed;
};

/* What the adapter's data may lie in. */
static uint64_t data_limit(const struct adapter *a)
{
    UCHAR any = SCSI_DMA64_MINIPORT_SUPPORTED | SCSI_DMA64_MINIPORT_FULL64BIT_SUPPORTED |
                SCSI_DMA64_MINIPORT_FULL64BIT_NO_BOUNDARY_REQ_SUPPORTED | SCSI_DMA64_MINIPORT_64BIT_ONE_4GB_SUPPORTED;

    return a->config->Dma64BitAddresses & any ? UINT64_MAX : UINT32_MAX;
}

static uint64_t next_random(struct bounce *b)
{
    b->random ^= b->random << 13;
    b->random ^= b->random >> 7;
    b->random ^= b->random << 17;
    return b->random;
}

static void shuffle(struct bounce *b)
{
    for (unsigned i = 0; i < b->pages; i++)
        b->stack[i] = (uint16_t)i;
    for (unsigned i = b->pages; b->random && i > 1; i--) {
        unsigned k = (unsigned)(next_random(b) % i);
        uint16_t swap = b->stack[k];
        b->stack[k] = b->stack[i - 1];
        b->stack[i - 1] = swap;
    }
    b->free_pages = b->pages;
}

bool bounce_open(struct adapter *a)
{
    struct bounce *b = &a->bounce;
    bool wants_lists = a->map_buffers != STOR_MAP_ALL_BUFFERS_INCLUDING_READ_WRITE;

    if (b->base)
        return true;                    /* it starts again; the miniport may still have some */
    bounce_close(a);
    b->must = !a->driver->is_virtual && (uint64_t)ram_pages_total() * RAM_PAGE - 1 > data_limit(a);
    b->random = ke.config.seeded && !a->driver->is_virtual && wants_lists ? ke.config.seed * 0x9e3779b97f4a7c15ull | 1 : 0;
    if (!b->must && !b->random)
        return true;
    b->pages = PAGES;
    b->base = mm_alloc_pages(PAGES * RAM_PAGE, 0, data_limit(a), 0, "storport bounce pages", NULL);
    b->slots = calloc(SLOTS, sizeof *b->slots);
    b->stack = calloc(PAGES, sizeof *b->stack);
    if (!b->base || !b->slots || !b->stack) {
        bool needed = b->must;
        bounce_close(a);
        return !needed;
    }
    for (unsigned i = 0; i < SLOTS; i++)
        list_push_back(&b->free, &b->slots[i].node);
    shuffle(b);
    return true;
}

void bounce_close(struct adapter *a)
{
    struct bounce *b = &a->bounce;

    if (b->base)
        mm_free_pages(b->base);
    free(b->slots);
    free(b->stack);
    *b = (struct bounce){ 0 };
    list_init(&b->free);
}

bool bounce_ready(const struct adapter *a)
{
    const struct bounce *b = &a->bounce;

    return !b->must || (b->free_pages >= SP_ELEMENTS && !list_empty(&b->free));
}

uint32_t bounce_most(const struct adapter *a)
{
    return (uint32_t)min_u64(a->breaks, SP_ELEMENTS) * RAM_PAGE;
}

/* --- lending ------------------------------------------------------------------------------------------------------------- */

static bool beyond(const struct request *r)
{
    uint64_t limit = data_limit(r->adapter);

    for (ULONG i = 0; i < r->sgl->NumberOfElements; i++)
        if ((uint64_t)r->sgl->List[i].PhysicalAddress.QuadPart + r->sgl->List[i].Length - 1 > limit)
            return true;
    return false;
}

static uint8_t *page_of(const struct bounce *b, unsigned number)
{
    return b->base + (size_t)number * RAM_PAGE;
}

/* Between the caller's memory and the pages, which take 4 KiB each. */
static void copy(const struct bounce *b, const struct bounced *s, bool to_pages)
{
    uint32_t at = 0;

    for (unsigned i = 0; i < s->saved_count; i++) {
        uint32_t left = s->saved[i].Length;
        uint8_t *memory = ram_va((uint64_t)s->saved[i].PhysicalAddress.QuadPart, left);

        while (memory && left) {
            uint32_t piece = (uint32_t)min_u64(left, RAM_PAGE - at % RAM_PAGE);
            uint8_t *page = page_of(b, s->pages[at / RAM_PAGE]) + at % RAM_PAGE;

            memcpy(to_pages ? page : memory, to_pages ? memory : page, piece);
            memory += piece, at += piece, left -= piece;
        }
    }
}

static void lend(struct request *r, struct bounced *s, unsigned count)
{
    struct bounce *b = &r->adapter->bounce;
    uint32_t left = r->length;

    s->saved_count = r->sgl->NumberOfElements;
    memcpy(s->saved, r->sgl->List, s->saved_count * sizeof s->saved[0]);
    s->count = count;
    for (unsigned i = 0; i < count; i++) {
        uint32_t piece = (uint32_t)min_u64(left, RAM_PAGE);

        s->pages[i] = b->stack[--b->free_pages];
        r->sgl->List[i] = (STOR_SCATTER_GATHER_ELEMENT){ { .QuadPart = (LONGLONG)ram_pa(page_of(b, s->pages[i])) }, piece, 0 };
        left -= piece;
    }
    r->sgl->NumberOfElements = count;
    r->bounced = s;
}

void bounce_take(struct request *r, bool write)
{
    struct adapter *a = r->adapter;
    struct bounce *b = &a->bounce;
    bool must = b->must && beyond(r);
    unsigned count = (r->length + RAM_PAGE - 1) / RAM_PAGE;

    if (!must && (!b->random || next_random(b) % 4 == 0 || (a->perf_set && (a->perf.Flags & STOR_PERF_NO_SGL))))
        return;
    if (!r->length || count > b->free_pages || (uint64_t)count * RAM_PAGE > bounce_most(a) || list_empty(&b->free))
        return;
    struct bounced *s = container_of(list_pop_front(&b->free), struct bounced, node);
    *s = (struct bounced){ .write = write, .must = must };
    lend(r, s, count);
    if (write)
        copy(b, s, true);
}

/* --- back ------------------------------------------------------------------------------------------------------------------ */

void bounce_drop(struct request *r)
{
    struct bounce *b = &r->adapter->bounce;
    struct bounced *s = r->bounced;

    for (unsigned i = 0; i < s->count; i++)
        b->stack[b->free_pages++] = s->pages[i];
    list_push_back(&b->free, &s->node);
    r->bounced = NULL;
}

void bounce_give(struct request *r)
{
    if (!r->bounced->write)
        copy(&r->adapter->bounce, r->bounced, false);
    bounce_drop(r);
}

void bounce_undo(struct request *r)
{
    struct bounced *s = r->bounced;

    if (s->must || s->listed)
        return;
    r->sgl->NumberOfElements = s->saved_count;
    memcpy(r->sgl->List, s->saved, s->saved_count * sizeof s->saved[0]);
    bounce_drop(r);
}

void bounce_listed(struct request *r)
{
    r->bounced->listed = true;
}
