/* Memory descriptors and physical memory, for the rest of the host. */
#ifndef NT_MM_H
#define NT_MM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ring3/mm.h"

/* IoAllocateMdl and IoFreeMdl with an owner other than the calling function. NULL without memory. */
PMDL mm_mdl_alloc(void *base, size_t length, const void *caller);
void mm_mdl_free(PMDL mdl, const void *caller);

/* Contiguous, noncached and MDL pages that are allocated. */
struct mm_block {
    void *address;
    size_t size;                /* bytes, as asked for */
    const void *caller;         /* return address of the allocating call */
    const char *call;           /* "MmAllocateContiguousMemory" */
};
void mm_walk(void (*visit)(void *context, const struct mm_block *block), void *context);
/* Pages with an owner. limits as ram_alloc_limits; NULL without memory. */
void *mm_alloc_pages(size_t size, uint64_t lowest, uint64_t highest, uint64_t boundary, const char *call,
                     const void *caller);
/* False when no such block is allocated. */
bool mm_free_pages(void *va);
void mm_close(void);

#endif
