/* Key objects: what a handle to a key refers to. The object \REGISTRY parses the rest of a path into keys. */
#include "nt/cm_filter.h"
#include "nt/cm_internal.h"
#include "nt/cm_object.h"
#include "nt/cm_time.h"
#include "nt/ke.h"
#include "nt/ob.h"

static void *registry_object;

uint64_t cm_now(void)
{
    return this_cpu != NULL ? ke_system_time() : 0;
}

static void key_deleted(void *body)
{
    struct cm_body *b = body;

    cm_watch_drop(body);
    if (b->key != NULL)
        cm_body_gone(b->key);
}

static void key_closed(void *body, unsigned left)
{
    if (left == 0)
        cm_watch_drop(body);
}

NTSTATUS cm_make_body(struct cm_key *key, void **body)
{
    NTSTATUS status = ob_create(CmKeyObjectType, sizeof(struct cm_body), body);

    if (!NT_SUCCESS(status))
        return status;
    ((struct cm_body *)*body)->key = key;
    key->bodies++;
    return STATUS_SUCCESS;
}

/* lookup->context, from the Zw calls: a struct cm_open; NULL opens without creating. */
static NTSTATUS key_parse(void *body, struct ob_lookup *lookup, void **result)
{
    struct cm_open *open = lookup->context;
    struct cm_key *key = ((struct cm_body *)body)->key, *found;
    unsigned flags = 0;
    NTSTATUS status;

    if (open != NULL && open->create)
        flags |= CM_CREATE | CM_ONE_LEVEL | (open->is_volatile ? CM_VOLATILE : 0);
    if ((open != NULL && open->open_link) || (lookup->attributes & OBJ_OPENLINK))
        flags |= CM_NO_FOLLOW;
    if (key->deleted)
        return STATUS_KEY_DELETED;
    status = cm_walk(key, &lookup->rest, flags, &found, open != NULL ? &open->created : NULL);
    if (!NT_SUCCESS(status))
        return status;
    return cm_make_body(found, result);
}

static NTSTATUS key_name(void *body, UNICODE_STRING *name, ULONG *needed)
{
    struct cm_key *key = ((struct cm_body *)body)->key;

    if (key->deleted)
        return STATUS_KEY_DELETED;
    *needed = (ULONG)(cm_full_name(key, name->Buffer, name->MaximumLength / sizeof(WCHAR)) * sizeof(WCHAR));
    name->Length = *needed <= name->MaximumLength ? (USHORT)*needed : 0;
    return STATUS_SUCCESS;
}

static const struct ob_ops key_ops = {
    .deleted = key_deleted, .closed = key_closed, .parse = key_parse, .query_name = key_name,
};

void *cm_registry_object(void)
{
    return registry_object;
}

NTSTATUS cm_object_start(void)
{
    UNICODE_STRING name = TEXT_STRING(u"\\REGISTRY");
    NTSTATUS status;

    CmKeyObjectType->ops = &key_ops;
    status = cm_make_body(cm_root, &registry_object);
    if (NT_SUCCESS(status))
        status = ob_insert_name(registry_object, &name, OBJ_PERMANENT);
    return status;
}

void cm_object_stop(void)
{
    if (registry_object == NULL)
        return;
    ob_remove_name(registry_object);
    ob_dereference(registry_object);
    registry_object = NULL;
}

NTSTATUS cm_open_handle(struct cm_key *key, ACCESS_MASK access, ULONG attributes, HANDLE *handle)
{
    void *body;
    NTSTATUS status = cm_make_body(key, &body);

    *handle = NULL;
    if (!NT_SUCCESS(status))
        return status;
    status = ob_open_handle(body, access, attributes, handle);
    ob_dereference(body);
    return status;
}

NTSTATUS cm_from_handle(HANDLE handle, ACCESS_MASK access, struct cm_key **key)
{
    void *body;
    NTSTATUS status = ob_from_handle(handle, access, CmKeyObjectType, KernelMode, &body);

    *key = NULL;
    if (!NT_SUCCESS(status))
        return status;
    *key = ((struct cm_body *)body)->key;
    ob_dereference(body);
    return (*key)->deleted ? STATUS_KEY_DELETED : STATUS_SUCCESS;
}
