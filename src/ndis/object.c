#include "ndis/object.h"

#include <string.h>

#include "ndis/leaks.h"
#include "nt/pool.h"

struct list ndis_objects = LIST_INIT(ndis_objects);
uint32_t ndis_object_epoch = 1;

static const char *const type_words[] = {
    "driver", "adapter", "protocol", "binding", "NET_BUFFER_LIST pool", "NET_BUFFER pool", "timer", "work item",
    "read/write lock", "configuration", "interrupt", "DMA registration", "device", "shared memory",
    "poll object", "interface provider", "network interface", "log", "filter driver", "filter module", "file",
};

void *ndis_object_create(enum ndis_type type, size_t size, uint32_t tag, const void *caller)
{
    struct ndis_object *object = pool_alloc(NonPagedPoolNx, size, tag, caller);

    if (!object)
        return NULL;
    memset(object, 0, size);
    object->type = type;
    object->caller = caller;
    list_push_back(&ndis_objects, &object->node);
    return object;
}

void ndis_object_destroy(void *handle)
{
    struct ndis_object *object = handle;

    list_remove(&object->node);
    if (object->type == NDIS_ADAPTER || object->type == NDIS_BINDING || object->type == NDIS_FILTER)
        ndis_object_epoch++;
    object->type = 0;
    pool_free(object, 0, object->caller);
}

void *ndis_object_check(void *handle, enum ndis_type type)
{
    struct ndis_object *object = handle;

    if (!object || object->type != type)
        KeBugCheckEx(BUGCODE_NDIS_DRIVER, 0, (ULONG_PTR)handle, type, object ? object->type : 0);
    return object;
}

void ndis_leaks_walk(uint64_t base, uint64_t size, void (*visit)(void *context, const struct ndis_leak *leak), void *context)
{
    list_each(it, &ndis_objects) {
        struct ndis_object *object = container_of(it, struct ndis_object, node);
        uint64_t caller = (uint64_t)(uintptr_t)object->caller;

        if (size && caller - base >= size)
            continue;
        struct ndis_leak leak = { type_words[object->type - NDIS_DRIVER], object, object->caller,
                                  ndis_object_uses(object) };
        visit(context, &leak);
    }
}
