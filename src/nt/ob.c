#include "nt/ob.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "nt/crt.h"
#include "nt/ex_callback.h"
#include "nt/ke.h"
#include "nt/ob_internal.h"
#include "nt/pool.h"
#include "nt/se.h"
#include "ring3/ex.h"

static struct {
    struct list types;
    struct ob_header *deleted;          /* last reference dropped above PASSIVE_LEVEL; the worker's */
    WORK_QUEUE_ITEM worker;
    bool worker_queued;
} ob = {.types = LIST_INIT(ob.types)};

static void register_type(struct _OBJECT_TYPE *type)
{
    if (type->all_objects.next != NULL)
        return;
    list_init(&type->all_objects);
    list_push_back(&ob.types, &type->all_types);
}

NTSTATUS ob_start(void)
{
    NTSTATUS status = ob_names_start();

    crt_reset();
    if (NT_SUCCESS(status))
        status = ex_callbacks_start();
    return NT_SUCCESS(status) ? se_start() : status;
}

/* An object that outlives the namespace is a leak: its pool goes with the RAM, its host memory goes here. */
static unsigned forget_objects(struct _OBJECT_TYPE *type)
{
    unsigned count = 0;

    list_each(node, &type->all_objects) {
        struct ob_header *header = container_of(node, struct ob_header, all);

        free(header->name);
        header->name = NULL;
        count++;
    }
    list_init(&type->all_objects);
    type->objects = type->handles = 0;
    return count;
}

unsigned ob_stop(void)
{
    unsigned leaked = 0;

    se_stop();
    ob_callbacks_stop();
    ob_handles_stop();
    ob_names_stop();
    list_each_safe(node, &ob.types) {
        struct _OBJECT_TYPE *type = container_of(node, struct _OBJECT_TYPE, all_types);

        leaked += forget_objects(type);
        list_remove(node);
        type->all_objects.next = NULL;
    }
    ob.deleted = NULL;
    ob.worker_queued = false;
    return leaked;
}

NTSTATUS ob_create(struct _OBJECT_TYPE *type, size_t size, void **body)
{
    struct ob_header *header = pool_alloc(NonPagedPoolNx, OB_HEADER_SIZE + size, OB_TAG, __builtin_return_address(0));

    *body = NULL;
    if (header == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    memset(header, 0, OB_HEADER_SIZE + size);
    register_type(type);
    header->type = type;
    header->size = size;
    header->references = 1;
    list_init(&header->name_node);
    list_push_back(&type->all_objects, &header->all);
    type->objects++;
    *body = ob_body(header);
    return STATUS_SUCCESS;
}

static void destroy(struct ob_header *header)
{
    void *body = ob_body(header);

    ob_name_drop(header);
    if (header->type->ops != NULL && header->type->ops->deleted != NULL)
        header->type->ops->deleted(body);
    ob_security_drop(header);
    list_remove(&header->all);
    header->type->objects--;
    pool_free(header, OB_TAG, __builtin_return_address(0));
}

static VOID NTAPI destroy_deferred(PVOID parameter)
{
    (void)parameter;
    while (ob.deleted != NULL) {
        struct ob_header *header = ob.deleted;

        ob.deleted = header->next_deleted;
        destroy(header);
    }
    ob.worker_queued = false;
}

static bool must_defer(const struct ob_header *header)
{
    return this_cpu != NULL && ke_irql() > PASSIVE_LEVEL && header->type->ops != NULL && header->type->ops->deleted != NULL;
}

static void destroy_later(struct ob_header *header)
{
    header->next_deleted = ob.deleted;
    ob.deleted = header;
    if (ob.worker_queued)
        return;
    ob.worker_queued = true;
    ExInitializeWorkItem(&ob.worker, destroy_deferred, NULL);
    ExQueueWorkItem(&ob.worker, CriticalWorkQueue);
}

void ob_reference(void *body)
{
    struct ob_header *header = ob_header(body);

    if (header->references <= 0)
        KeBugCheckEx(REFERENCE_BY_POINTER, (ULONG_PTR)header->type, (ULONG_PTR)body, 1, (ULONG_PTR)header->references);
    header->references++;
}

void ob_dereference(void *body)
{
    struct ob_header *header = ob_header(body);

    if (header->references <= 0 || (uint32_t)header->references <= header->handles)
        KeBugCheckEx(REFERENCE_BY_POINTER, (ULONG_PTR)header->type, (ULONG_PTR)body, 2, (ULONG_PTR)header->references);
    if (--header->references != 0)
        return;
    if (must_defer(header))
        destroy_later(header);
    else
        destroy(header);
}

struct _OBJECT_TYPE *ob_type(const void *body)
{
    return ob_header(body)->type;
}

unsigned ob_references(const void *body)
{
    return (unsigned)ob_header(body)->references;
}

unsigned ob_handles(const void *body)
{
    return ob_header(body)->handles;
}

static void each_of_type(struct _OBJECT_TYPE *type, void (*each)(const struct ob_info *info, void *context), void *context)
{
    if (type->all_objects.next == NULL)
        return;
    list_each_safe(node, &type->all_objects) {
        struct ob_header *header = container_of(node, struct ob_header, all);
        struct ob_info info = {ob_body(header), type, (unsigned)header->references, header->handles};

        each(&info, context);
    }
}

void ob_each(struct _OBJECT_TYPE *type, void (*each)(const struct ob_info *info, void *context), void *context)
{
    if (type != NULL) {
        each_of_type(type, each, context);
        return;
    }
    list_each(node, &ob.types)
        each_of_type(container_of(node, struct _OBJECT_TYPE, all_types), each, context);
}
