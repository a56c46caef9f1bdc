/* Child lists and their descriptions. docs: wdf/dynamic-enumeration */
#include "wdf/child_list.h"

#include "base/log.h"

#define RETRIES 3

/* --- descriptions ----------------------------------------------------------------------------------------------------------- */

#define HANDLE_OF(list) ((WDFCHILDLIST)(list))

void wdf_child_copy_id(struct wdf_child_list *list, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER from,
                       PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER to)
{
    if (list->config.EvtChildListIdentificationDescriptionCopy)
        WDF_CALL(list->config.EvtChildListIdentificationDescriptionCopy, HANDLE_OF(list), from, to);
    else
        memcpy(to, from, list->config.IdentificationDescriptionSize);
}

void wdf_child_copy_address(struct wdf_child_list *list, PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER from,
                            PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER to)
{
    if (list->config.EvtChildListAddressDescriptionCopy)
        WDF_CALL(list->config.EvtChildListAddressDescriptionCopy, HANDLE_OF(list), from, to);
    else
        memcpy(to, from, list->config.AddressDescriptionSize);
}

static NTSTATUS duplicate_id(struct wdf_child_list *list, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER from,
                             PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER to)
{
    NTSTATUS status = STATUS_SUCCESS;

    to->IdentificationDescriptionSize = list->config.IdentificationDescriptionSize;
    if (list->config.EvtChildListIdentificationDescriptionDuplicate)
        WDF_CALL_STATUS(status, list->config.EvtChildListIdentificationDescriptionDuplicate, HANDLE_OF(list), from, to);
    else
        memcpy(to, from, list->config.IdentificationDescriptionSize);
    return status;
}

static NTSTATUS duplicate_address(struct wdf_child_list *list, PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER from,
                                  PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER to)
{
    NTSTATUS status = STATUS_SUCCESS;

    to->AddressDescriptionSize = list->config.AddressDescriptionSize;
    if (!from)
        return STATUS_SUCCESS;
    if (list->config.EvtChildListAddressDescriptionDuplicate)
        WDF_CALL_STATUS(status, list->config.EvtChildListAddressDescriptionDuplicate, HANDLE_OF(list), from, to);
    else
        memcpy(to, from, list->config.AddressDescriptionSize);
    return status;
}

static bool same(struct wdf_child_list *list, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER a,
                 PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER b)
{
    BOOLEAN equal;

    if (!list->config.EvtChildListIdentificationDescriptionCompare)
        return !memcmp(a, b, list->config.IdentificationDescriptionSize);
    WDF_CALL_STATUS(equal, list->config.EvtChildListIdentificationDescriptionCompare, HANDLE_OF(list), a, b);
    return equal;
}

static void clean(struct wdf_child_entry *entry)
{
    const WDF_CHILD_LIST_CONFIG *config = &entry->list->config;

    if (config->EvtChildListIdentificationDescriptionCleanup)
        WDF_CALL(config->EvtChildListIdentificationDescriptionCleanup, HANDLE_OF(entry->list), entry->id);
    if (entry->address && config->EvtChildListAddressDescriptionCleanup)
        WDF_CALL(config->EvtChildListAddressDescriptionCleanup, HANDLE_OF(entry->list), entry->address);
}

static void entry_free(struct wdf_child_entry *entry)
{
    if (entry->child)
        entry->child->entry = NULL;
    list_remove(&entry->node);
    clean(entry);
    wdf_free(entry);
}

static struct wdf_child_entry *entry_make(struct wdf_child_list *list, const void *caller)
{
    size_t head = (sizeof(struct wdf_child_entry) + 15) & ~(size_t)15;
    size_t id = (list->config.IdentificationDescriptionSize + 15) & ~(size_t)15;
    size_t size = head + id + list->config.AddressDescriptionSize;
    struct wdf_child_entry *entry = wdf_alloc(list->object.client, NonPagedPoolNx, size, caller);

    if (!entry)
        return NULL;
    memset(entry, 0, size);
    entry->list = list;
    entry->id = (void *)((char *)entry + head);
    if (list->config.AddressDescriptionSize)
        entry->address = (void *)((char *)entry + head + id);
    return entry;
}

bool wdf_child_is_missing(const struct wdf_child_entry *entry)
{
    if (!entry->child)
        return entry->gone;
    return entry->child->child_state == CHILD_MISSING || entry->child->child_state == CHILD_REPORTED_MISSING;
}

/* One that the PnP manager was told is missing will not come back: a new device with the same description is another one. */
struct wdf_child_entry *wdf_child_find(struct wdf_child_list *list, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER id)
{
    list_each(it, &list->entries) {
        struct wdf_child_entry *entry = container_of(it, struct wdf_child_entry, node);
        if (!entry->gone && !(entry->child && entry->child->child_state == CHILD_REPORTED_MISSING) && same(list, entry->id, id))
            return entry;
    }
    return NULL;
}

void wdf_child_set_present(struct wdf_child_entry *entry)
{
    struct wdf_device *child = entry->child;

    entry->seen = true;
    if (child && child->child_state == CHILD_MISSING)
        child->child_state = child->child_known ? CHILD_PRESENT : CHILD_PENDING;
}

void wdf_child_set_missing(struct wdf_child_entry *entry)
{
    struct wdf_device *child = entry->child;

    if (child && !wdf_child_is_missing(entry))
        child->child_state = CHILD_MISSING;
    else if (!child && entry->creating)
        entry->gone = true;
    else if (!child)
        entry_free(entry);
}

static NTSTATUS update_address(struct wdf_child_entry *entry, PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER address)
{
    if (address && entry->address)
        wdf_child_copy_address(entry->list, address, entry->address);
    return STATUS_OBJECT_NAME_EXISTS;
}

NTSTATUS wdf_child_add(struct wdf_child_list *list, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER id,
                       PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER address, const void *caller)
{
    struct wdf_child_entry *entry = wdf_child_find(list, id);

    if (entry) {
        wdf_child_set_present(entry);
        return update_address(entry, address);
    }
    entry = entry_make(list, caller);
    if (!entry)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = duplicate_id(list, id, entry->id);
    if (NT_SUCCESS(status) && entry->address)
        status = duplicate_address(list, address, entry->address);
    if (!NT_SUCCESS(status)) {
        wdf_free(entry);
        return status;
    }
    entry->seen = true;
    list_push_back(&list->entries, &entry->node);
    return STATUS_SUCCESS;
}

/* --- devices ------------------------------------------------------------------------------------------------------------------ */

static NTSTATUS ask_driver(struct wdf_child_entry *entry, struct WDFDEVICE_INIT *init)
{
    struct wdf_child_list *list = entry->list;
    NTSTATUS status;

    WDF_CALL_STATUS(status, list->config.EvtChildListCreateDevice, HANDLE_OF(list), entry->id, init);
    struct wdf_device *child = init->created;
    if (NT_SUCCESS(status) && !child)
        status = STATUS_INVALID_DEVICE_STATE;
    if (!NT_SUCCESS(status) && child)
        wdf_device_remove(child);
    if (NT_SUCCESS(status))
        entry->child = child;
    return status;
}

static void failed(struct wdf_child_entry *entry, NTSTATUS status)
{
    struct wdf_device *device = entry->list->device;

    if (status == STATUS_RETRY && ++entry->retries <= RETRIES) {
        IoInvalidateDeviceRelations(device->pdo, BusRelations);
        return;
    }
    log_warn("wdf", "%s: EvtChildListCreateDevice made no device: status 0x%08x", device->object.client->globals.DriverName,
             (unsigned)status);
    entry_free(entry);
}

static void make(struct wdf_child_entry *entry)
{
    struct wdf_device *device = entry->list->device;
    struct WDFDEVICE_INIT *init = wdf_pdo_init_create(device, NULL);
    NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;

    if (init) {
        init->dynamic = true;
        entry->creating = true;
        status = ask_driver(entry, init);
        entry->creating = false;
        wdf_init_free(init);
    }
    if (!NT_SUCCESS(status)) {
        failed(entry, status);
        return;
    }
    entry->child->entry = entry;
    wdf_child_admit(entry->child);
    if (entry->gone)
        entry->child->child_state = CHILD_MISSING;
    entry->gone = false;
}

/* A callback may change the lists: each search begins again. */
static struct wdf_child_entry *next_to_make(struct wdf_device *device)
{
    list_each(list_node, &device->child_lists) {
        struct wdf_child_list *list = container_of(list_node, struct wdf_child_list, node);
        list_each(it, &list->entries) {
            struct wdf_child_entry *entry = container_of(it, struct wdf_child_entry, node);
            if (!entry->child && !entry->creating && !entry->asked)
                return entry;
        }
    }
    return NULL;
}

void wdf_child_lists_make(struct wdf_device *device)
{
    struct wdf_child_entry *entry;

    list_each(list_node, &device->child_lists) {
        struct wdf_child_list *list = container_of(list_node, struct wdf_child_list, node);
        list_each(it, &list->entries)
            container_of(it, struct wdf_child_entry, node)->asked = false;
    }
    while ((entry = next_to_make(device)) != NULL) {
        entry->asked = true;
        make(entry);
    }
}

void wdf_child_forgotten(struct wdf_device *child)
{
    if (child->entry)
        entry_free(child->entry);
}

void wdf_child_lists_scan(struct wdf_device *device)
{
    list_each(it, &device->child_lists) {
        struct wdf_child_list *list = container_of(it, struct wdf_child_list, node);
        if (list->config.EvtChildListScanForChildren)
            WDF_CALL(list->config.EvtChildListScanForChildren, HANDLE_OF(list));
    }
}

/* --- the object -------------------------------------------------------------------------------------------------------------- */

static void list_destroyed(struct wdf_object *object)
{
    struct wdf_child_list *list = container_of(object, struct wdf_child_list, object);

    while (!list_empty(&list->entries))
        entry_free(list_first(&list->entries, struct wdf_child_entry, node));
    list_remove(&list->node);
}

const struct wdf_type wdf_child_list_type = { .name = "WDFCHILDLIST", .size = sizeof(struct wdf_child_list), .passive = true,
                                              .undeletable = true, .destroyed = list_destroyed };

NTSTATUS wdf_child_list_create(struct wdf_device *device, const WDF_CHILD_LIST_CONFIG *config, PWDF_OBJECT_ATTRIBUTES attributes,
                               const void *caller, struct wdf_child_list **result)
{
    struct wdf_create create = { .type = &wdf_child_list_type, .client = device->object.client, .attributes = attributes,
                                 .parent = &device->object, .parent_fixed = true, .caller = caller };
    struct wdf_child_list *list;

    if (config->IdentificationDescriptionSize < sizeof(WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER) ||
        (config->AddressDescriptionSize && config->AddressDescriptionSize < sizeof(WDF_CHILD_ADDRESS_DESCRIPTION_HEADER)) ||
        !config->EvtChildListCreateDevice)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = wdf_object_create(&create, &list);
    if (!NT_SUCCESS(status))
        return status;
    list->device = device;
    list->config = *config;
    list_init(&list->entries);
    list_push_back(&device->child_lists, &list->node);
    *result = list;
    return STATUS_SUCCESS;
}
