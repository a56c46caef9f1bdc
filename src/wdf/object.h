/* Framework objects.
 *
 * 1. A handle is the address of a struct wdf_object in the computer's RAM. What is not one, or not of the wanted type, stops
 *    the system with WDF_VIOLATION (WDF_INVALID_HANDLE).
 * 2. An object has one reference from its creation until its deletion, and one for each child that is not destroyed. It is
 *    destroyed when the last one goes.
 * 3. Deletion first disposes of the whole subtree, children before parents: type->dispose (stops timers, waits for work that
 *    runs), then the EvtCleanupCallbacks. Then the creation references go, children first.
 * 4. Destruction runs the EvtDestroyCallbacks, then type->destroyed, then frees the memory.
 * 5. Objects with `passive` are disposed of and destroyed at PASSIVE_LEVEL only: from a worker when they are deleted at a
 *    higher IRQL.
 * 6. The memory of objects and contexts is the driver's: charged to the call that made it. */
#ifndef WDF_OBJECT_H
#define WDF_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <wdf.h>

#include "base/list.h"
#include "base/util.h"
#include "nt/ke.h"
#include "pe/pe.h"

struct wdf_object;
struct wdf_client;
struct wdf_device;

struct wdf_type {
    const char *name;                   /* "WDFTIMER" */
    size_t size;
    bool passive;
    bool undeletable;                   /* the framework deletes it, never the driver */
    void (*dispose)(struct wdf_object *object);
    void (*destroyed)(struct wdf_object *object);
};

/* DELETING: to be disposed of, perhaps by a worker. DISPOSING: some thread is at it. */
enum wdf_object_state { WDF_ALIVE, WDF_DELETING, WDF_DISPOSING, WDF_DISPOSED, WDF_DESTROYED };

/* A lock around event callbacks: a spin lock, or for passive-level callbacks a mutex. owner tells the context that holds it
 * (wdf_context). Queues that could not be served meanwhile wait in `waiting`. */
struct wdf_lock {
    bool passive;
    KSPIN_LOCK spin;
    KMUTEX mutex;
    KIRQL irql;
    const void *owner;
    struct list waiting;                /* struct wdf_queue.waiting */
};

struct wdf_object {
    uint64_t mark;
    const struct wdf_type *type;
    struct wdf_client *client;
    struct wdf_object *parent;
    struct list node;                   /* in the parent's children */
    struct list children;
    struct list all;                    /* in the client's objects */
    struct list work;                   /* in the list of deferred deletions */
    struct list contexts;
    long references;
    enum wdf_object_state state;
    bool passive, undeletable, work_is_destroy;
    bool released;                      /* the reference of its creation has gone */
    struct wdf_device *device;          /* the device it belongs to; NULL: none */
    WDF_EXECUTION_LEVEL level;          /* of driver, device, queue and file objects: resolved, never inherit */
    WDF_SYNCHRONIZATION_SCOPE scope;
    struct wdf_lock *lock;              /* what WdfObjectAcquireLock takes; NULL: none */
    const void *caller;
};

/* A driver that is bound to the framework: what WdfVersionBind made. */
struct wdf_client {
    WDF_DRIVER_GLOBALS globals;         /* what the driver sees; first */
    struct list node;                   /* wdf_clients */
    PDRIVER_OBJECT driver_object;
    struct wdf_object *driver;          /* struct wdf_driver, NULL before WdfDriverCreate */
    struct list objects;
    unsigned function_count, version_minor;
    const void *caller;
};
extern struct list wdf_clients;

static inline struct wdf_client *wdf_client_of(PWDF_DRIVER_GLOBALS globals)
{
    return (struct wdf_client *)(void *)globals;
}

/* The driver's side of the running slot; only directly inside an exported function. */
#define WDF_CALLER() ((const void *)(uintptr_t)PE_CALLER().rip)

struct wdf_create {
    const struct wdf_type *type;
    struct wdf_client *client;
    PWDF_OBJECT_ATTRIBUTES attributes;  /* may be NULL */
    struct wdf_object *parent;          /* when the attributes name none; NULL: the driver */
    bool parent_fixed;                  /* the attributes must not name one */
    bool parent_required;               /* they must, unless `parent` is given */
    size_t extra;                       /* bytes behind the type's structure */
    const void *caller;
};

/* Makes a zeroed object with its first context. STATUS_WDF_PARENT_NOT_SPECIFIED, STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED,
 * STATUS_WDF_OBJECT_ATTRIBUTES_INVALID, STATUS_INFO_LENGTH_MISMATCH, STATUS_DELETE_PENDING, STATUS_INSUFFICIENT_RESOURCES.
 * docs: wdf/framework-object-hierarchy, wdfobject/ns-wdfobject-_wdf_object_attributes */
NTSTATUS wdf_object_create(const struct wdf_create *create, void *object);
/* Deletes with everything below. */
void wdf_object_delete(void *object);
/* Undoes a creation whose object the driver has never seen: no callbacks. */
void wdf_object_discard(void *object);
void wdf_reference(void *object);
/* The object goes below another parent. */
void wdf_object_move(void *object, void *parent);
void wdf_dereference(void *object);

/* The object behind a handle. */
void *wdf_check(void *handle, const struct wdf_type *type, const void *caller);
void *wdf_check_any(void *handle, const void *caller);
/* NULL stops with WDF_REQUIRED_PARAMETER_IS_NULL. */
void wdf_need(const void *pointer, const void *caller);
_Noreturn void wdf_violation(ULONG_PTR code, ULONG_PTR second, ULONG_PTR third, const char *text);
/* Waits until no deletion is queued. PASSIVE_LEVEL. */
void wdf_flush_deletions(void);
/* The context of a type, or NULL. */
void *wdf_context_of(struct wdf_object *object, PCWDF_OBJECT_CONTEXT_TYPE_INFO type);
/* Size of the structure the driver gave; false: another size than the framework knows. */
bool wdf_size_known(ULONG size, size_t largest, const ULONG *older, unsigned older_count);
void wdf_objects_reset(void);

/* lock.c */
/* What runs: a thread, or the DPCs of a processor. */
static inline const void *wdf_context(void)
{
    return this_cpu->in_dpc ? (const void *)this_cpu->pcr : (const void *)ke_current();
}
void wdf_lock_init(struct wdf_lock *lock, bool passive);
void wdf_lock_acquire(struct wdf_lock *lock);
void wdf_lock_release(struct wdf_lock *lock);
/* NULL lock, or one this context holds already: takes nothing and returns false. */
bool wdf_lock_enter(struct wdf_lock *lock);
static inline void wdf_lock_leave(struct wdf_lock *lock, bool entered)
{
    if (entered)
        wdf_lock_release(lock);
}
/* The lock that serialises callbacks of objects below `object` (a queue or device, or below one); NULL: none. */
struct wdf_lock *wdf_lock_for(struct wdf_object *object);
/* True when callbacks of objects below `object` must run at PASSIVE_LEVEL. */
bool wdf_runs_passive(const struct wdf_object *object);

extern const struct wdf_type wdf_driver_type, wdf_device_type, wdf_queue_type, wdf_request_type, wdf_file_type,
    wdf_general_type, wdf_memory_type, wdf_lookaside_type, wdf_collection_type, wdf_string_type, wdf_timer_type,
    wdf_work_item_type, wdf_dpc_type, wdf_spin_lock_type, wdf_wait_lock_type, wdf_key_type, wdf_target_type,
    wdf_interrupt_type, wdf_cm_list_type, wdf_io_list_type, wdf_requirements_type, wdf_dma_enabler_type,
    wdf_dma_transaction_type, wdf_common_buffer_type, wdf_child_list_type, wdf_wmi_provider_type, wdf_wmi_instance_type;

/* Pool of the driver's tag. */
void *wdf_alloc(struct wdf_client *client, POOL_TYPE type, size_t size, const void *caller);
void wdf_free(void *memory);

/* Calls into the driver: the framework stops with WDF_VERIFIER_IRQL_MISMATCH when a callback returns at another IRQL. */
#define WDF_CALL(function, ...)                                                    \
    do {                                                                           \
        KIRQL irql_before_ = ke_irql();                                            \
        (function)(__VA_ARGS__);                                                   \
        if (unlikely(ke_irql() != irql_before_))                                   \
            wdf_irql_mismatch((const void *)(function), irql_before_);             \
    } while (0)
#define WDF_CALL_STATUS(result, function, ...)                                     \
    do {                                                                           \
        KIRQL irql_before_ = ke_irql();                                            \
        (result) = (function)(__VA_ARGS__);                                        \
        if (unlikely(ke_irql() != irql_before_))                                   \
            wdf_irql_mismatch((const void *)(function), irql_before_);             \
    } while (0)
_Noreturn void wdf_irql_mismatch(const void *callback, KIRQL before);

#endif
