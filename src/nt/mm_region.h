/* Ranges of the System process's user addresses: allocated memory and views of sections.
 *
 * 1. A range's RAM is there from the beginning; what is reserved and what committed is book-keeping, for queries.
 * 2. All views of a section lie at one user address each: that of the section's memory, plus the view's offset. */
#ifndef NT_MM_REGION_H
#define NT_MM_REGION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "ring3/zw.h"

struct mm_region {
    struct list node;           /* by address */
    char *base;                 /* user address */
    size_t size;                /* bytes, whole pages */
    ULONG protect;              /* PAGE_ */
    void *section;              /* referenced: a view of it; NULL: allocated memory */
    uint8_t *committed;         /* one a page; NULL: all are */
};

extern struct list mm_regions;

struct mm_region *mm_region_add(void *base, size_t size, ULONG protect, void *section);
void mm_region_remove(struct mm_region *region);
/* The region an address lies in; of views that overlap, the one that begins last. */
struct mm_region *mm_region_of(const void *address);
/* Of a handle to the System process; anything else is refused. */
NTSTATUS mm_check_process(HANDLE process);
bool mm_good_protection(ULONG protect);
void mm_regions_stop(void);
NTSTATUS mm_sections_start(void);

#endif
