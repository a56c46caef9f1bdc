/* Memory objects and lookaside lists. docs: wdf/using-memory-buffers */
#include "wdf/memory.h"

#include "nt/pool.h"

struct wdf_lookaside {
    struct wdf_object object;
    size_t size;
    POOL_TYPE pool;
    ULONG tag;
    unsigned cached;
    void *cache[16];                    /* buffers that were given back */
    WDF_OBJECT_ATTRIBUTES attributes;   /* of the memory objects */
    bool has_attributes;
};

static void *take(struct wdf_lookaside *list, const void *caller)
{
    if (list->cached)
        return list->cache[--list->cached];
    return pool_alloc(list->pool, list->size, list->tag, caller);
}

static void give(struct wdf_lookaside *list, void *buffer)
{
    if (list->cached < countof(list->cache) && list->object.state == WDF_ALIVE)
        list->cache[list->cached++] = buffer;
    else
        wdf_free(buffer);
}

static void memory_destroyed(struct wdf_object *object)
{
    struct wdf_memory *memory = container_of(object, struct wdf_memory, object);

    if (!memory->buffer)
        return;
    if (memory->kind == MEMORY_OWN)
        wdf_free(memory->buffer);
    if (memory->kind == MEMORY_LOCKED) {
        MmUnlockPages(memory->mdl);
        IoFreeMdl(memory->mdl);
    }
    if (memory->kind == MEMORY_LOOKASIDE) {
        give(memory->lookaside, memory->buffer);
        wdf_dereference(memory->lookaside);
    }
}

const struct wdf_type wdf_memory_type = { .name = "WDFMEMORY", .size = sizeof(struct wdf_memory),
                                          .destroyed = memory_destroyed };

NTSTATUS wdf_memory_over(struct wdf_object *parent, void *buffer, size_t size, const void *caller, struct wdf_memory **memory)
{
    struct wdf_create create = { .type = &wdf_memory_type, .client = parent->client, .parent = parent, .caller = caller };
    NTSTATUS status = wdf_object_create(&create, memory);

    if (NT_SUCCESS(status)) {
        (*memory)->kind = MEMORY_REQUEST;
        (*memory)->buffer = buffer;
        (*memory)->size = size;
    }
    return status;
}

bool wdf_memory_range(const struct wdf_memory *memory, const WDFMEMORY_OFFSET *offset, void **buffer, size_t *size)
{
    size_t start = offset ? offset->BufferOffset : 0, length = offset ? offset->BufferLength : 0;

    if (start > memory->size || length > memory->size - start)
        return false;
    *buffer = (char *)memory->buffer + start;
    *size = length ? length : memory->size - start;
    return true;
}

static NTSTATUS make(struct wdf_client *client, PWDF_OBJECT_ATTRIBUTES attributes, POOL_TYPE pool, ULONG tag, size_t size,
                     const void *caller, struct wdf_memory **result)
{
    struct wdf_create create = { .type = &wdf_memory_type, .client = client, .attributes = attributes, .caller = caller };
    struct wdf_memory *memory;
    NTSTATUS status = wdf_object_create(&create, &memory);

    if (!NT_SUCCESS(status))
        return status;
    memory->buffer = pool_alloc(pool, size, tag ? tag : client->globals.DriverTag, caller);
    memory->size = size;
    if (!memory->buffer) {
        wdf_object_discard(memory);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *result = memory;
    return STATUS_SUCCESS;
}

NTSTATUS wdf_memory_copy_of(struct wdf_client *client, PWDF_OBJECT_ATTRIBUTES attributes, POOL_TYPE pool, const void *data,
                            size_t size, const void *caller, WDFMEMORY *result)
{
    struct wdf_memory *memory;
    NTSTATUS status = make(client, attributes, pool, 0, size, caller, &memory);

    if (NT_SUCCESS(status)) {
        memcpy(memory->buffer, data, size);
        *result = (WDFMEMORY)memory;
    }
    return status;
}

/* Makes a memory object with a buffer of BufferSize bytes (not 0), which is not zeroed. PoolTag 0: the driver's. Buffer may
 * be NULL. <= DISPATCH_LEVEL, <= APC_LEVEL for paged pool. STATUS_INVALID_PARAMETER, STATUS_INSUFFICIENT_RESOURCES, and
 * errors of wdf_object_create. docs: wdfmemory/nf-wdfmemory-wdfmemorycreate */
NTSTATUS NTAPI WdfMemoryCreate(PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_OBJECT_ATTRIBUTES Attributes, POOL_TYPE PoolType,
                               ULONG PoolTag, size_t BufferSize, WDFMEMORY *Memory, PVOID *Buffer)
{
    const void *caller = WDF_CALLER();
    struct wdf_memory *memory;

    wdf_need(Memory, caller);
    *Memory = NULL;
    if (Buffer)
        *Buffer = NULL;
    if (!BufferSize)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = make(wdf_client_of(DriverGlobals), Attributes, PoolType, PoolTag, BufferSize, caller, &memory);
    if (!NT_SUCCESS(status))
        return status;
    *Memory = (WDFMEMORY)memory;
    if (Buffer)
        *Buffer = memory->buffer;
    return STATUS_SUCCESS;
}

/* Makes a memory object over a buffer that stays the driver's. <= DISPATCH_LEVEL. STATUS_INVALID_PARAMETER and errors of
 * wdf_object_create. docs: wdfmemory/nf-wdfmemory-wdfmemorycreatepreallocated */
NTSTATUS NTAPI WdfMemoryCreatePreallocated(PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_OBJECT_ATTRIBUTES Attributes, PVOID Buffer,
                                           size_t BufferSize, WDFMEMORY *Memory)
{
    struct wdf_create create = { .type = &wdf_memory_type, .client = wdf_client_of(DriverGlobals), .attributes = Attributes,
                                 .caller = WDF_CALLER() };
    struct wdf_memory *memory;

    wdf_need(Buffer, create.caller);
    wdf_need(Memory, create.caller);
    *Memory = NULL;
    if (!BufferSize)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = wdf_object_create(&create, &memory);
    if (!NT_SUCCESS(status))
        return status;
    memory->kind = MEMORY_PREALLOCATED;
    memory->buffer = Buffer;
    memory->size = BufferSize;
    *Memory = (WDFMEMORY)memory;
    return STATUS_SUCCESS;
}

/* The buffer; BufferSize (may be NULL) gets its size in bytes. Any IRQL. docs: wdfmemory/nf-wdfmemory-wdfmemorygetbuffer */
PVOID NTAPI WdfMemoryGetBuffer(PWDF_DRIVER_GLOBALS DriverGlobals, WDFMEMORY Memory, size_t *BufferSize)
{
    struct wdf_memory *memory = wdf_check(Memory, &wdf_memory_type, WDF_CALLER());

    if (BufferSize)
        *BufferSize = memory->size;
    return memory->buffer;
}

/* Another buffer for an object of WdfMemoryCreatePreallocated. STATUS_INVALID_PARAMETER, STATUS_INVALID_DEVICE_REQUEST for
 * another kind. <= DISPATCH_LEVEL. docs: wdfmemory/nf-wdfmemory-wdfmemoryassignbuffer */
NTSTATUS NTAPI WdfMemoryAssignBuffer(PWDF_DRIVER_GLOBALS DriverGlobals, WDFMEMORY Memory, PVOID Buffer, size_t BufferSize)
{
    const void *caller = WDF_CALLER();
    struct wdf_memory *memory = wdf_check(Memory, &wdf_memory_type, caller);

    wdf_need(Buffer, caller);
    if (!BufferSize)
        return STATUS_INVALID_PARAMETER;
    if (memory->kind != MEMORY_PREALLOCATED)
        return STATUS_INVALID_DEVICE_REQUEST;
    memory->buffer = Buffer;
    memory->size = BufferSize;
    return STATUS_SUCCESS;
}

static NTSTATUS check_copy(const struct wdf_memory *memory, size_t offset, size_t length)
{
    if (!length)
        return STATUS_INVALID_PARAMETER;
    return offset > memory->size || length > memory->size - offset ? STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS;
}

/* Copies bytes out of the memory object. STATUS_BUFFER_TOO_SMALL when it has fewer. Any IRQL.
 * docs: wdfmemory/nf-wdfmemory-wdfmemorycopytobuffer */
NTSTATUS NTAPI WdfMemoryCopyToBuffer(PWDF_DRIVER_GLOBALS DriverGlobals, WDFMEMORY SourceMemory, size_t SourceOffset,
                                     PVOID Buffer, size_t NumBytesToCopyTo)
{
    const void *caller = WDF_CALLER();
    struct wdf_memory *memory = wdf_check(SourceMemory, &wdf_memory_type, caller);

    wdf_need(Buffer, caller);
    NTSTATUS status = check_copy(memory, SourceOffset, NumBytesToCopyTo);
    if (NT_SUCCESS(status))
        memcpy(Buffer, (char *)memory->buffer + SourceOffset, NumBytesToCopyTo);
    return status;
}

/* Copies bytes into the memory object. STATUS_BUFFER_TOO_SMALL, STATUS_ACCESS_VIOLATION for a request's input. Any IRQL.
 * docs: wdfmemory/nf-wdfmemory-wdfmemorycopyfrombuffer */
NTSTATUS NTAPI WdfMemoryCopyFromBuffer(PWDF_DRIVER_GLOBALS DriverGlobals, WDFMEMORY DestinationMemory,
                                       size_t DestinationOffset, PVOID Buffer, size_t NumBytesToCopyFrom)
{
    const void *caller = WDF_CALLER();
    struct wdf_memory *memory = wdf_check(DestinationMemory, &wdf_memory_type, caller);

    wdf_need(Buffer, caller);
    NTSTATUS status = check_copy(memory, DestinationOffset, NumBytesToCopyFrom);
    if (NT_SUCCESS(status) && memory->read_only)
        status = STATUS_ACCESS_VIOLATION;
    if (NT_SUCCESS(status))
        memcpy((char *)memory->buffer + DestinationOffset, Buffer, NumBytesToCopyFrom);
    return status;
}

/* --- lookaside lists ------------------------------------------------------------------------------------------------ */

static void lookaside_destroyed(struct wdf_object *object)
{
    struct wdf_lookaside *list = container_of(object, struct wdf_lookaside, object);

    while (list->cached)
        wdf_free(list->cache[--list->cached]);
}

const struct wdf_type wdf_lookaside_type = { .name = "WDFLOOKASIDE", .size = sizeof(struct wdf_lookaside),
                                             .destroyed = lookaside_destroyed };

/* Makes a list of memory objects with buffers of one size (bytes, not 0). MemoryAttributes are those of each object.
 * <= DISPATCH_LEVEL, <= APC_LEVEL for paged pool. STATUS_INVALID_PARAMETER and errors of wdf_object_create.
 * docs: wdfmemory/nf-wdfmemory-wdflookasidelistcreate */
NTSTATUS NTAPI WdfLookasideListCreate(PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_OBJECT_ATTRIBUTES LookasideAttributes,
                                      size_t BufferSize, POOL_TYPE PoolType, PWDF_OBJECT_ATTRIBUTES MemoryAttributes,
                                      ULONG PoolTag, WDFLOOKASIDE *Lookaside)
{
    struct wdf_create create = { .type = &wdf_lookaside_type, .client = wdf_client_of(DriverGlobals),
                                 .attributes = LookasideAttributes, .caller = WDF_CALLER() };
    struct wdf_lookaside *list;

    wdf_need(Lookaside, create.caller);
    *Lookaside = NULL;
    if (!BufferSize)
        return STATUS_INVALID_PARAMETER;
    if (MemoryAttributes && MemoryAttributes->Size != sizeof *MemoryAttributes)
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = wdf_object_create(&create, &list);
    if (!NT_SUCCESS(status))
        return status;
    list->size = BufferSize;
    list->pool = PoolType;
    list->tag = PoolTag ? PoolTag : DriverGlobals->DriverTag;
    list->has_attributes = MemoryAttributes != NULL;
    if (MemoryAttributes)
        list->attributes = *MemoryAttributes;
    *Lookaside = (WDFLOOKASIDE)list;
    return STATUS_SUCCESS;
}

/* Takes a memory object from a list; its deletion gives the buffer back. <= DISPATCH_LEVEL, <= APC_LEVEL for paged pool.
 * STATUS_INSUFFICIENT_RESOURCES. docs: wdfmemory/nf-wdfmemory-wdfmemorycreatefromlookaside */
NTSTATUS NTAPI WdfMemoryCreateFromLookaside(PWDF_DRIVER_GLOBALS DriverGlobals, WDFLOOKASIDE Lookaside, WDFMEMORY *Memory)
{
    const void *caller = WDF_CALLER();
    struct wdf_lookaside *list = wdf_check(Lookaside, &wdf_lookaside_type, caller);
    struct wdf_create create = { .type = &wdf_memory_type, .client = wdf_client_of(DriverGlobals), .caller = caller,
                                 .attributes = list->has_attributes ? &list->attributes : NULL };
    struct wdf_memory *memory;

    wdf_need(Memory, caller);
    *Memory = NULL;
    NTSTATUS status = wdf_object_create(&create, &memory);
    if (!NT_SUCCESS(status))
        return status;
    memory->buffer = take(list, caller);
    if (!memory->buffer) {
        wdf_object_discard(memory);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    memory->kind = MEMORY_LOOKASIDE;
    memory->size = list->size;
    memory->lookaside = list;
    wdf_reference(list);
    *Memory = (WDFMEMORY)memory;
    return STATUS_SUCCESS;
}
