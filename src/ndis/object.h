/* Everything that a driver holds a handle of. Objects are linked while they live, so that what a driver leaves behind
 * can be listed (leaks.h). The memory comes from pool and is charged to the driver that asked for it. */
#ifndef NDIS_OBJECT_H
#define NDIS_OBJECT_H

#include <ndis.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/util.h"
#include "pe/pe.h"

enum ndis_type {
    NDIS_DRIVER = 0x4e44, NDIS_ADAPTER, NDIS_PROTOCOL, NDIS_BINDING, NDIS_NBL_POOL, NDIS_NB_POOL, NDIS_TIMER_OBJECT,
    NDIS_WORK_ITEM_OBJECT, NDIS_RW_LOCK_OBJECT, NDIS_CONFIGURATION, NDIS_INTERRUPT_OBJECT, NDIS_DMA, NDIS_DEVICE,
    NDIS_SHARED_MEMORY, NDIS_POLL_OBJECT, NDIS_IF_PROVIDER, NDIS_INTERFACE, NDIS_LOG, NDIS_FILTER_DRIVER, NDIS_FILTER,
    NDIS_FILE
};

struct ndis_object {
    struct list node;
    enum ndis_type type;
    const void *caller;                 /* return address of the call that made it */
    const void *peer;                   /* another edge of the same driver, as ledger.c found it; */
    uint32_t peer_epoch;                /* valid while this is ndis_object_epoch */
};

extern struct list ndis_objects;
extern uint32_t ndis_object_epoch;      /* changes whenever an adapter, binding or filter module goes */

#define NDIS_TAG(a, b, c, d) ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

/* A zeroed object of `size` bytes from nonpaged pool; NULL when there is none. */
void *ndis_object_create(enum ndis_type type, size_t size, uint32_t tag, const void *caller);
void ndis_object_destroy(void *object);
/* Stops the computer (bug check 0x7C, BUGCODE_NDIS_DRIVER) when the handle is not one of `type`. */
void *ndis_object_check(void *handle, enum ndis_type type);
static inline enum ndis_type ndis_object_type(const void *handle)
{
    return ((const struct ndis_object *)handle)->type;
}

#define NDIS_CALLER() ((void *)pe_true_caller(__builtin_return_address(0)))

#endif
