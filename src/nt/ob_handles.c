/* The handle table of the System process, in which all drivers live. A handle is 4 * (slot + 1); one that was opened with
 * OBJ_KERNEL_HANDLE carries the high bits as well and is refused to user mode. */
#include <stdlib.h>

#include "nt/ob_internal.h"
#include "ring3/rtl_security.h"
#include "ring3/zw.h"

#define KERNEL_BITS 0xFFFFFFFF80000000ull
#define MAX_HANDLES (1u << 20)

struct slot {
    void *body;                 /* NULL: free */
    ACCESS_MASK access;
    ULONG attributes;           /* OBJ_ flags of the handle */
    uint64_t caller;            /* the driver's return address, when it is kept */
};

static struct {
    struct slot *slots;
    size_t count, first_free;
    void *(*current_process)(void);
    void *(*current_thread)(void);
    uint64_t (*capture)(void);
} table;

static struct slot *slot_of(HANDLE handle)
{
    uint64_t value = (uint64_t)(uintptr_t)handle;
    size_t n;

    if ((value & KERNEL_BITS) == KERNEL_BITS)
        value &= ~KERNEL_BITS;
    n = (size_t)(value >> 2);
    if (n == 0 || n > table.count || table.slots[n - 1].body == NULL)
        return NULL;
    return &table.slots[n - 1];
}

static struct slot *new_slot(size_t *number)
{
    size_t grown;
    struct slot *slots;

    while (table.first_free < table.count && table.slots[table.first_free].body != NULL)
        table.first_free++;
    if (table.first_free == table.count) {
        grown = table.count == 0 ? 64 : table.count * 2;
        slots = grown <= MAX_HANDLES ? realloc(table.slots, grown * sizeof(*slots)) : NULL;
        if (slots == NULL)
            return NULL;
        for (size_t i = table.count; i < grown; i++)
            slots[i] = (struct slot){0};
        table.slots = slots;
        table.count = grown;
    }
    *number = table.first_free;
    return &table.slots[table.first_free++];
}

static ACCESS_MASK grant(const struct _OBJECT_TYPE *type, ACCESS_MASK wanted)
{
    GENERIC_MAPPING mapping = {type->read, type->write, type->execute, type->all};

    if (wanted & MAXIMUM_ALLOWED)
        wanted |= type->all;
    RtlMapGenericMask(&wanted, &mapping);
    return wanted & ~(ACCESS_MASK)MAXIMUM_ALLOWED;
}

NTSTATUS ob_open_handle(void *body, ACCESS_MASK access, ULONG attributes, HANDLE *handle)
{
    return ob_open_watched(OB_OPERATION_HANDLE_CREATE, body, grant(ob_type(body), access), attributes, handle);
}

NTSTATUS ob_open_unwatched(void *body, ACCESS_MASK access, ULONG attributes, HANDLE *handle)
{
    struct ob_header *header = ob_header(body);
    size_t number;
    struct slot *slot = new_slot(&number);

    *handle = NULL;
    if (slot == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    ob_reference(body);
    slot->body = body;
    slot->access = grant(header->type, access);
    slot->attributes = attributes;
    slot->caller = table.capture != NULL ? table.capture() : 0;
    header->handles++;
    header->type->handles++;
    *handle = (HANDLE)(uintptr_t)((number + 1) * 4 | (attributes & OBJ_KERNEL_HANDLE ? KERNEL_BITS : 0));
    return STATUS_SUCCESS;
}

static void *pseudo(HANDLE handle)
{
    if (handle == NtCurrentProcess() && table.current_process != NULL)
        return table.current_process();
    if (handle == NtCurrentThread() && table.current_thread != NULL)
        return table.current_thread();
    return NULL;
}

bool ob_handle_get(HANDLE handle, void **body, ACCESS_MASK *access, ULONG *attributes)
{
    struct slot *slot;

    *body = pseudo(handle);
    *access = *body != NULL ? ob_type(*body)->all : 0;
    *attributes = 0;
    if (*body != NULL)
        return true;
    slot = slot_of(handle);
    if (slot == NULL)
        return false;
    *body = slot->body;
    *access = slot->access;
    *attributes = slot->attributes;
    return true;
}

void ob_handle_set_attributes(HANDLE handle, ULONG attributes)
{
    struct slot *slot = slot_of(handle);

    if (slot != NULL)
        slot->attributes = attributes;
}

NTSTATUS ob_from_handle(HANDLE handle, ACCESS_MASK access, struct _OBJECT_TYPE *type, KPROCESSOR_MODE mode, void **body)
{
    ACCESS_MASK granted;
    ULONG attributes;
    void *found;

    *body = NULL;
    if (!ob_handle_get(handle, &found, &granted, &attributes))
        return STATUS_INVALID_HANDLE;
    if (mode != KernelMode && (attributes & OBJ_KERNEL_HANDLE))
        return STATUS_INVALID_HANDLE;
    if (type != NULL && ob_type(found) != type)
        return STATUS_OBJECT_TYPE_MISMATCH;
    if (mode != KernelMode && (grant(ob_type(found), access) & ~granted) != 0)
        return STATUS_ACCESS_DENIED;
    ob_reference(found);
    *body = found;
    return STATUS_SUCCESS;
}

static void close_slot(struct slot *slot)
{
    struct ob_header *header = ob_header(slot->body);
    void *body = slot->body;

    *slot = (struct slot){0};
    if ((size_t)(slot - table.slots) < table.first_free)
        table.first_free = (size_t)(slot - table.slots);
    header->handles--;
    header->type->handles--;
    if (header->type->ops != NULL && header->type->ops->closed != NULL)
        header->type->ops->closed(body, header->handles);
    if (header->handles == 0 && !header->permanent)
        ob_name_drop(header);
    ob_dereference(body);
}

NTSTATUS ob_close_handle(HANDLE handle)
{
    struct slot *slot = slot_of(handle);

    if (pseudo(handle) != NULL)
        return STATUS_SUCCESS;
    if (slot == NULL)
        return STATUS_INVALID_HANDLE;
    close_slot(slot);
    return STATUS_SUCCESS;
}

void ob_keep_callers(uint64_t (*capture)(void))
{
    table.capture = capture;
}

void ob_each_handle(void (*visit)(void *context, const struct ob_open *open), void *context)
{
    for (size_t i = 0; i < table.count; i++) {
        const struct slot *slot = &table.slots[i];
        struct ob_open open = {.body = slot->body, .caller = slot->caller};

        if (slot->body == NULL)
            continue;
        open.type = ob_type(slot->body);
        open.handle = (HANDLE)(uintptr_t)((i + 1) * 4 | (slot->attributes & OBJ_KERNEL_HANDLE ? KERNEL_BITS : 0));
        visit(context, &open);
    }
}

void ob_set_current(void *(*current_process)(void), void *(*current_thread)(void))
{
    table.current_process = current_process;
    table.current_thread = current_thread;
}

void ob_handles_stop(void)
{
    for (size_t i = 0; i < table.count; i++)
        if (table.slots[i].body != NULL)
            close_slot(&table.slots[i]);
    free(table.slots);
    table.slots = NULL;
    table.count = table.first_free = 0;
}

NTSTATUS ob_open_name(const OBJECT_ATTRIBUTES *attributes, struct _OBJECT_TYPE *type, ACCESS_MASK access, HANDLE *handle)
{
    struct ob_lookup lookup = {.type = type, .access = access};
    void *body;
    NTSTATUS status = ob_find(attributes, &lookup, &body);

    *handle = NULL;
    if (!NT_SUCCESS(status))
        return status;
    status = ob_open_handle(body, access, attributes->Attributes, handle);
    ob_dereference(body);
    return status;
}

NTSTATUS ob_insert_and_open(void *body, const OBJECT_ATTRIBUTES *attributes, ACCESS_MASK access, HANDLE *handle)
{
    ULONG flags = attributes != NULL ? attributes->Attributes : 0;
    NTSTATUS status = ob_insert(body, attributes);

    *handle = NULL;
    if (status == STATUS_OBJECT_NAME_COLLISION && (flags & OBJ_OPENIF)) {
        status = ob_open_name(attributes, ob_type(body), access, handle);
        return NT_SUCCESS(status) ? STATUS_OBJECT_NAME_EXISTS : status;
    }
    if (!NT_SUCCESS(status))
        return status;
    if (attributes != NULL && attributes->SecurityDescriptor != NULL)
        status = ob_security_set(ob_header(body), DACL_SECURITY_INFORMATION, attributes->SecurityDescriptor);
    if (NT_SUCCESS(status))
        status = ob_open_handle(body, access, flags, handle);
    if (!NT_SUCCESS(status))
        ob_remove_name(body);
    return status;
}
