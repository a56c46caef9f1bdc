#include "wdf/object.h"

#include <stdio.h>

#include "nt/bugcheck.h"
#include "nt/event.h"
#include "nt/pool.h"
#include "nt/ram.h"
#include "nt/worker.h"

#define ALIVE_MARK 0x5744464f424a4354ull
#define CONTEXT_MARK 0x574446434f4e5458ull

struct context {
    uint64_t mark;
    struct wdf_object *object;
    struct list node;
    PCWDF_OBJECT_CONTEXT_TYPE_INFO type;        /* NULL: the object was created without a context */
    PFN_WDF_OBJECT_CONTEXT_CLEANUP cleanup;
    PFN_WDF_OBJECT_CONTEXT_DESTROY destroy;
    bool inside;                                /* part of the object's own memory */
    _Alignas(16) char body[];
};

struct list wdf_clients = LIST_INIT(wdf_clients);

static struct list deferred = LIST_INIT(deferred);
static WORK_QUEUE_ITEM deferred_item;
static bool deferred_running;

/* --- stops ------------------------------------------------------------------------------------------------------ */

_Noreturn void wdf_violation(ULONG_PTR code, ULONG_PTR second, ULONG_PTR third, const char *text)
{
    const uint64_t parameters[4] = { code, second, third, 0 };

    bugcheck_report(WDF_VIOLATION, parameters, NULL, text);
}

_Noreturn void wdf_irql_mismatch(const void *callback, KIRQL before)
{
    char text[128];

    snprintf(text, sizeof text, "the event callback at %p was called at IRQL %u and returned at IRQL %u", callback,
             (unsigned)before, (unsigned)ke_irql());
    wdf_violation(WDF_VERIFIER_IRQL_MISMATCH, before, ke_irql(), text);
}

void wdf_need(const void *pointer, const void *caller)
{
    if (unlikely(!pointer))
        wdf_violation(WDF_REQUIRED_PARAMETER_IS_NULL, 0, (ULONG_PTR)caller,
                      "a framework function was called with NULL where it needs a pointer or handle");
}

void *wdf_check_any(void *handle, const void *caller)
{
    struct wdf_object *object = handle;

    wdf_need(handle, caller);
    if (unlikely(!ram_contains(handle) || ((uintptr_t)handle & 15) || object->mark != ALIVE_MARK))
        wdf_violation(WDF_INVALID_HANDLE, (ULONG_PTR)handle, 0, "a framework function was called with what is not a handle");
    return object;
}

void *wdf_check(void *handle, const struct wdf_type *type, const void *caller)
{
    struct wdf_object *object = wdf_check_any(handle, caller);

    if (unlikely(object->type != type)) {
        char text[128];
        snprintf(text, sizeof text, "a framework function that wants a %s was called with a %s", type->name,
                 object->type->name);
        wdf_violation(WDF_INVALID_HANDLE, (ULONG_PTR)handle, 0, text);
    }
    return object;
}

/* --- memory ----------------------------------------------------------------------------------------------------- */

void *wdf_alloc(struct wdf_client *client, POOL_TYPE type, size_t size, const void *caller)
{
    return pool_alloc(type, size, client->globals.DriverTag, caller);
}

void wdf_free(void *memory)
{
    pool_free(memory, 0, NULL);
}

/* --- contexts --------------------------------------------------------------------------------------------------- */

static size_t context_size(const WDF_OBJECT_ATTRIBUTES *attributes)
{
    if (!attributes || !attributes->ContextTypeInfo)
        return 0;
    return attributes->ContextSizeOverride ? attributes->ContextSizeOverride : attributes->ContextTypeInfo->ContextSize;
}

static void context_init(struct wdf_object *object, struct context *context, const WDF_OBJECT_ATTRIBUTES *attributes,
                         bool inside)
{
    context->mark = CONTEXT_MARK;
    context->object = object;
    context->inside = inside;
    if (attributes) {
        context->type = attributes->ContextTypeInfo;
        context->cleanup = attributes->EvtCleanupCallback;
        context->destroy = attributes->EvtDestroyCallback;
    }
    list_push_back(&object->contexts, &context->node);
}

static NTSTATUS check_attributes(const WDF_OBJECT_ATTRIBUTES *attributes, bool contexts_only)
{
    if (!attributes)
        return STATUS_SUCCESS;
    if (attributes->Size != sizeof *attributes)
        return STATUS_INFO_LENGTH_MISMATCH;
    const WDF_OBJECT_CONTEXT_TYPE_INFO *type = attributes->ContextTypeInfo;
    if (type && (type->Size != sizeof *type || !type->ContextName))
        return STATUS_WDF_OBJECT_ATTRIBUTES_INVALID;
    if (attributes->ContextSizeOverride && (!type || attributes->ContextSizeOverride < type->ContextSize))
        return STATUS_WDF_OBJECT_ATTRIBUTES_INVALID;
    if (contexts_only) {
        if (!type || attributes->ParentObject)
            return type ? STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED : STATUS_WDF_OBJECT_ATTRIBUTES_INVALID;
        return STATUS_SUCCESS;
    }
    if (attributes->ExecutionLevel == WdfExecutionLevelInvalid || attributes->ExecutionLevel > WdfExecutionLevelDispatch)
        return STATUS_WDF_EXECUTION_LEVEL_INVALID;
    if (attributes->SynchronizationScope == WdfSynchronizationScopeInvalid ||
        attributes->SynchronizationScope > WdfSynchronizationScopeNone)
        return STATUS_WDF_SYNCHRONIZATION_SCOPE_INVALID;
    return STATUS_SUCCESS;
}

static struct context *find_context(struct wdf_object *object, PCWDF_OBJECT_CONTEXT_TYPE_INFO type)
{
    list_each(it, &object->contexts) {
        struct context *context = container_of(it, struct context, node);
        if (context->type == type)
            return context;
    }
    return NULL;
}

void *wdf_context_of(struct wdf_object *object, PCWDF_OBJECT_CONTEXT_TYPE_INFO type)
{
    struct context *context = type ? find_context(object, type) : NULL;

    return context ? context->body : NULL;
}

/* --- creation --------------------------------------------------------------------------------------------------- */

static NTSTATUS choose_parent(const struct wdf_create *c, struct wdf_object **parent)
{
    void *named = c->attributes ? c->attributes->ParentObject : NULL;

    if (named && c->parent_fixed)
        return STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED;
    if (!named && !c->parent && c->parent_required)
        return STATUS_WDF_PARENT_NOT_SPECIFIED;
    *parent = named ? wdf_check_any(named, c->caller) : c->parent ? c->parent : c->client->driver;
    if (*parent && (*parent)->state != WDF_ALIVE)
        return STATUS_DELETE_PENDING;
    return STATUS_SUCCESS;
}

NTSTATUS wdf_object_create(const struct wdf_create *c, void *result)
{
    struct wdf_object *parent = NULL, *object;
    NTSTATUS status = check_attributes(c->attributes, false);

    if (NT_SUCCESS(status))
        status = choose_parent(c, &parent);
    if (!NT_SUCCESS(status))
        return status;
    size_t head = (c->type->size + c->extra + 15) & ~(size_t)15;
    size_t size = head + sizeof(struct context) + context_size(c->attributes);
    object = wdf_alloc(c->client, NonPagedPoolNx, size, c->caller);
    if (!object)
        return STATUS_INSUFFICIENT_RESOURCES;
    memset(object, 0, size);
    object->mark = ALIVE_MARK;
    object->type = c->type;
    object->client = c->client;
    object->parent = parent;
    object->references = 1;
    object->passive = c->type->passive;
    object->undeletable = c->type->undeletable;
    object->caller = c->caller;
    list_init(&object->children);
    list_init(&object->contexts);
    list_init(&object->node);
    list_init(&object->work);
    if (parent) {
        wdf_reference(parent);
        list_push_back(&parent->children, &object->node);
        object->device = parent->device;
        object->level = parent->level;
        object->scope = parent->scope;
    }
    list_push_back(&c->client->objects, &object->all);
    context_init(object, (struct context *)(void *)((char *)object + head), c->attributes, true);
    *(struct wdf_object **)result = object;
    return STATUS_SUCCESS;
}

void wdf_object_move(void *moved, void *below)
{
    struct wdf_object *object = moved, *parent = below, *old = object->parent;

    wdf_reference(parent);
    list_remove(&object->node);
    list_push_back(&parent->children, &object->node);
    object->parent = parent;
    object->device = parent->device;
    wdf_dereference(old);
}

/* --- destruction ------------------------------------------------------------------------------------------------ */

static void free_object(struct wdf_object *object)
{
    struct wdf_object *parent = object->parent;

    list_each_safe(it, &object->contexts) {
        struct context *context = container_of(it, struct context, node);
        list_remove(it);
        context->mark = 0;
        if (!context->inside)
            wdf_free(context);
    }
    list_remove(&object->node);
    list_remove(&object->all);
    object->mark = 0;
    wdf_free(object);
    if (parent)
        wdf_dereference(parent);
}

static void destroy(struct wdf_object *object)
{
    object->state = WDF_DESTROYED;
    list_each_safe(it, &object->contexts) {
        struct context *context = container_of(it, struct context, node);
        if (context->destroy)
            WDF_CALL(context->destroy, (WDFOBJECT)object);
    }
    if (object->type->destroyed)
        object->type->destroyed(object);
    free_object(object);
}

static void dispose(struct wdf_object *object);

/* Children that are done go to the end; a callback may delete, or make, others meanwhile. */
static void dispose_children(struct wdf_object *object)
{
    while (!list_empty(&object->children)) {
        struct wdf_object *child = list_first(&object->children, struct wdf_object, node);
        if (child->state == WDF_DISPOSED)
            return;
        list_remove(&child->node);
        list_push_back(&object->children, &child->node);
        dispose(child);
    }
}

static void wait_until_disposed(struct wdf_object *object)
{
    LARGE_INTEGER moment = { .QuadPart = -1000 };

    wdf_reference(object);
    while (object->state == WDF_DISPOSING && ke_irql() == PASSIVE_LEVEL)
        KeDelayExecutionThread(KernelMode, FALSE, &moment);
    object->references--;
}

static void dispose(struct wdf_object *object)
{
    if (object->state == WDF_DISPOSING)
        wait_until_disposed(object);
    if (object->state != WDF_ALIVE && object->state != WDF_DELETING)
        return;
    object->state = WDF_DISPOSING;
    dispose_children(object);
    if (object->type->dispose)
        object->type->dispose(object);
    list_each_safe(it, &object->contexts) {
        struct context *context = container_of(it, struct context, node);
        PFN_WDF_OBJECT_CONTEXT_CLEANUP cleanup = context->cleanup;
        context->cleanup = NULL;
        if (cleanup)
            WDF_CALL(cleanup, (WDFOBJECT)object);
    }
    object->state = WDF_DISPOSED;
}

/* A child that another thread disposes of is released by that thread. */
static void release_tree(struct wdf_object *object)
{
    if (object->released)
        return;
    object->released = true;
    list_remove(&object->work);
    while (!list_empty(&object->children)) {
        struct wdf_object *child = list_first(&object->children, struct wdf_object, node);
        list_remove(&child->node);
        if (child->state == WDF_DISPOSED)
            release_tree(child);
    }
    wdf_dereference(object);
}

static void delete_now(struct wdf_object *object)
{
    dispose(object);
    list_remove(&object->node);
    release_tree(object);
}

/* --- deferral --------------------------------------------------------------------------------------------------- */

static VOID NTAPI run_deferred(PVOID unused)
{
    struct list *node;

    while ((node = list_pop_front(&deferred)) != NULL) {
        struct wdf_object *object = container_of(node, struct wdf_object, work);
        if (object->work_is_destroy)
            destroy(object);
        else
            delete_now(object);
    }
    deferred_running = false;
}

static void defer(struct wdf_object *object, bool is_destroy)
{
    object->work_is_destroy = is_destroy;
    list_push_back(&deferred, &object->work);
    if (deferred_running)
        return;
    deferred_running = true;
    ExInitializeWorkItem(&deferred_item, run_deferred, NULL);
    ExQueueWorkItem(&deferred_item, DelayedWorkQueue);
}

void wdf_flush_deletions(void)
{
    LARGE_INTEGER moment = { .QuadPart = -1000 };

    while (deferred_running)
        KeDelayExecutionThread(KernelMode, FALSE, &moment);
}

void wdf_objects_reset(void)
{
    list_init(&deferred);
    list_init(&wdf_clients);
    deferred_running = false;
}

static bool subtree_passive(const struct wdf_object *object)
{
    if (object->passive)
        return true;
    list_each(it, &object->children) {
        if (subtree_passive(container_of(it, struct wdf_object, node)))
            return true;
    }
    return false;
}

void wdf_object_delete(void *handle)
{
    struct wdf_object *object = handle;

    if (object->state != WDF_ALIVE)
        return;
    object->state = WDF_DELETING;
    if (ke_irql() > PASSIVE_LEVEL && subtree_passive(object))
        defer(object, false);
    else
        delete_now(object);
}

void wdf_object_discard(void *handle)
{
    struct wdf_object *object = handle;

    list_each(it, &object->contexts) {
        struct context *context = container_of(it, struct context, node);
        context->cleanup = NULL;
        context->destroy = NULL;
    }
    wdf_object_delete(object);
}

void wdf_reference(void *handle)
{
    ((struct wdf_object *)handle)->references++;
}

void wdf_dereference(void *handle)
{
    struct wdf_object *object = handle;

    if (--object->references > 0)
        return;
    if (object->state != WDF_DISPOSED)
        wdf_violation(WDF_OBJECT_ERROR, (ULONG_PTR)object, 0,
                      "WdfObjectDereference took the last reference of an object that was not deleted");
    if (ke_irql() > PASSIVE_LEVEL && object->passive)
        defer(object, true);
    else
        destroy(object);
}

/* --- what drivers call ------------------------------------------------------------------------------------------ */

/* Makes an object of no special kind, to hold a context. <= DISPATCH_LEVEL. Errors: wdf_object_create.
 * docs: wdfobject/nf-wdfobject-wdfobjectcreate */
NTSTATUS NTAPI WdfObjectCreate(PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_OBJECT_ATTRIBUTES Attributes, WDFOBJECT *Object)
{
    struct wdf_create create = { .type = &wdf_general_type, .client = wdf_client_of(DriverGlobals), .attributes = Attributes,
                                 .caller = WDF_CALLER() };

    wdf_need(Object, create.caller);
    *Object = NULL;
    return wdf_object_create(&create, Object);
}

/* Deletes an object and everything below it; the handle stays valid while references are left. <= DISPATCH_LEVEL, and
 * PASSIVE_LEVEL for control devices. An object that only the framework may delete stops the system.
 * docs: wdfobject/nf-wdfobject-wdfobjectdelete */
VOID NTAPI WdfObjectDelete(PWDF_DRIVER_GLOBALS DriverGlobals, WDFOBJECT Object)
{
    struct wdf_object *object = wdf_check_any(Object, WDF_CALLER());

    if (object->undeletable)
        wdf_violation(WDF_OBJECT_ERROR, (ULONG_PTR)Object, 0, "WdfObjectDelete was called for an object that the framework "
                      "deletes itself");
    wdf_object_delete(object);
}

/* Adds a reference; Tag, Line and File are for the verifier's trackers and not kept. <= DISPATCH_LEVEL.
 * docs: wdf/wdfobjectreference */
VOID NTAPI WdfObjectReferenceActual(PWDF_DRIVER_GLOBALS DriverGlobals, WDFOBJECT Handle, PVOID Tag, LONG Line, PCCH File)
{
    wdf_reference(wdf_check_any(Handle, WDF_CALLER()));
}

/* Takes a reference back. <= DISPATCH_LEVEL. docs: wdf/wdfobjectdereference */
VOID NTAPI WdfObjectDereferenceActual(PWDF_DRIVER_GLOBALS DriverGlobals, WDFOBJECT Handle, PVOID Tag, LONG Line, PCCH File)
{
    wdf_dereference(wdf_check_any(Handle, WDF_CALLER()));
}

/* The context of the type, or NULL when the object has none. Any IRQL. docs: wdfobject/nf-wdfobject-wdfobjectgettypedcontextworker */
PVOID NTAPI WdfObjectGetTypedContextWorker(PWDF_DRIVER_GLOBALS DriverGlobals, WDFOBJECT Handle,
                                           PCWDF_OBJECT_CONTEXT_TYPE_INFO TypeInfo)
{
    return wdf_context_of(wdf_check_any(Handle, WDF_CALLER()), TypeInfo);
}

/* Adds a context of another type. STATUS_OBJECT_NAME_EXISTS when there is one of that type: *Context is that one.
 * STATUS_DELETE_PENDING. <= DISPATCH_LEVEL. docs: wdfobject/nf-wdfobject-wdfobjectallocatecontext */
NTSTATUS NTAPI WdfObjectAllocateContext(PWDF_DRIVER_GLOBALS DriverGlobals, WDFOBJECT Handle,
                                        PWDF_OBJECT_ATTRIBUTES ContextAttributes, PVOID *Context)
{
    const void *caller = WDF_CALLER();
    struct wdf_object *object = wdf_check_any(Handle, caller);
    struct context *context;

    wdf_need(ContextAttributes, caller);
    NTSTATUS status = check_attributes(ContextAttributes, true);
    if (!NT_SUCCESS(status))
        return status;
    if (object->state != WDF_ALIVE)
        return STATUS_DELETE_PENDING;
    context = find_context(object, ContextAttributes->ContextTypeInfo);
    if (context) {
        if (Context)
            *Context = context->body;
        return STATUS_OBJECT_NAME_EXISTS;
    }
    size_t size = sizeof *context + context_size(ContextAttributes);
    context = wdf_alloc(object->client, NonPagedPoolNx, size, caller);
    if (!context)
        return STATUS_INSUFFICIENT_RESOURCES;
    memset(context, 0, size);
    context_init(object, context, ContextAttributes, false);
    if (Context)
        *Context = context->body;
    return STATUS_SUCCESS;
}

/* The object a context belongs to. Any IRQL. docs: wdfobject/nf-wdfobject-wdfobjectcontextgetobject */
WDFOBJECT NTAPI WdfObjectContextGetObject(PWDF_DRIVER_GLOBALS DriverGlobals, PVOID ContextPointer)
{
    wdf_need(ContextPointer, WDF_CALLER());
    struct context *context = container_of(ContextPointer, struct context, body);
    if (context->mark != CONTEXT_MARK)
        wdf_violation(WDF_INVALID_HANDLE, (ULONG_PTR)ContextPointer, 0, "this is not the context of a framework object");
    return context->object;
}

/* Private extensions of objects: there are none. docs: wdfobject/nf-wdfobject-wdfobjectquery */
NTSTATUS NTAPI WdfObjectQuery(PWDF_DRIVER_GLOBALS DriverGlobals, WDFOBJECT Object, CONST GUID *Guid, ULONG QueryBufferLength,
                              PVOID QueryBuffer)
{
    wdf_check_any(Object, WDF_CALLER());
    return STATUS_NOT_FOUND;
}

const struct wdf_type wdf_general_type = { .name = "WDFOBJECT", .size = sizeof(struct wdf_object) };

bool wdf_size_known(ULONG size, size_t largest, const ULONG *older, unsigned older_count)
{
    for (unsigned i = 0; i < older_count; i++)
        if (size == older[i])
            return true;
    return size == largest;
}
