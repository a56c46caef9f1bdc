/* Memory objects: a buffer with a handle. */
#ifndef WDF_MEMORY_H
#define WDF_MEMORY_H

#include "wdf/object.h"

enum wdf_memory_kind { MEMORY_OWN, MEMORY_PREALLOCATED, MEMORY_LOOKASIDE, MEMORY_REQUEST, MEMORY_LOCKED };

struct wdf_memory {
    struct wdf_object object;
    enum wdf_memory_kind kind;
    void *buffer;
    size_t size;
    bool read_only;                     /* a request's input */
    PMDL mdl;                           /* of a request's memory, and what a request was formatted with */
    struct wdf_lookaside *lookaside;
};

/* A memory object over a buffer that is someone else's. */
NTSTATUS wdf_memory_over(struct wdf_object *parent, void *buffer, size_t size, const void *caller, struct wdf_memory **memory);
/* A new memory object with a copy of the bytes. */
NTSTATUS wdf_memory_copy_of(struct wdf_client *client, PWDF_OBJECT_ATTRIBUTES attributes, POOL_TYPE pool, const void *data,
                            size_t size, const void *caller, WDFMEMORY *memory);
/* What an offset pair means: false when it lies outside. offset may be NULL. */
bool wdf_memory_range(const struct wdf_memory *memory, const WDFMEMORY_OFFSET *offset, void **buffer, size_t *size);

#endif
