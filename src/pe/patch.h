/* What patch.c and stub.c share. */
#ifndef PE_PATCH_H
#define PE_PATCH_H

#include "host/memory.h"
#include "pe/emulate.h"
#include "pe/internal.h"

#define AREA_PAGES 4u
#define AREA_CODE ((AREA_PAGES - 1) * (size_t)HOST_PAGE)
#define SLOT 384u
#define SLOTS (AREA_CODE / SLOT)
#define SCRATCH 32u
#define JUMP 5u
#define MOVED_MAX 5
#define SITE_BUCKETS 256u

struct area {
    struct area *next;
    uint8_t *base;                  /* code pages, then a page of scratch buffers */
    unsigned used;
    bool from_host;
};

/* The instructions that a jump replaces, the site's own first. */
struct plan {
    unsigned count;
    struct { uint64_t address; uint8_t length; } part[MOVED_MAX];
    uint64_t end;
};

/* One call of patch_enter in a stub. */
struct entry {
    struct site *site;
    uint64_t after, original;       /* behind the call; the instruction itself, for operands in no window */
};

struct stub {
    struct stub *next;
    uint64_t begin, end;
    struct plan plan;
    unsigned entry_count, place_count;
    struct entry entries[MOVED_MAX];
    struct { uint64_t stub, image; } places[4 * MOVED_MAX];     /* ascending by stub */
};

struct patches {
    struct area *areas;
    struct site *bucket[SITE_BUCKETS];
    struct stub *stubs;             /* newest first */
    uint8_t *targets;               /* a bit for each byte of the image that a branch leads to */
    uint8_t *pristine;              /* executable sections as loaded; NULL before the first patch */
};

struct patches *patches_of(struct pe_image *image);
/* A writable slot; slot_close makes it executable. NULL when there is no memory near the image. */
uint8_t *slot_open(struct pe_image *image, uint8_t **scratch);
bool slot_close(struct pe_image *image);

/* patch_plan.c. False when the site cannot be replaced. */
bool plan_make(struct pe_image *image, const struct site *site, struct plan *plan);
bool is_branch(const struct instruction *in);       /* a direct one */

/* stub.c */
struct stub *stub_build(struct pe_image *image, const struct plan *plan);
struct stub *stub_at(struct patches *patches, uint64_t address);        /* a patched place begins there */
struct stub *stub_covering(struct patches *patches, uint64_t address);  /* it is in a patched place */
void stubs_release(struct patches *patches);

#endif
