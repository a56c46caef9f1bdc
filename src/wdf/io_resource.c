/* Resource requirements lists and their logical configurations. docs: wdf/modifying-a-resource-requirements-list */
#include "wdf/io_resource.h"

#include "nt/pool.h"

#define REQUIREMENTS_TAG 0x5265716fu    /* "oqeR" */

static void io_list_destroyed(struct wdf_object *object)
{
    struct wdf_io_list *list = container_of(object, struct wdf_io_list, object);

    if (list->items)
        wdf_free(list->items);
}

const struct wdf_type wdf_io_list_type = { .name = "WDFIORESLIST", .size = sizeof(struct wdf_io_list), .undeletable = true,
                                           .destroyed = io_list_destroyed };

static void requirements_destroyed(struct wdf_object *object)
{
    struct wdf_requirements *list = container_of(object, struct wdf_requirements, object);

    if (list->lists)
        wdf_free(list->lists);
}

const struct wdf_type wdf_requirements_type = { .name = "WDFIORESREQLIST", .size = sizeof(struct wdf_requirements),
                                                .undeletable = true, .destroyed = requirements_destroyed };

/* Room for one more item in an array; false: no memory. */
static bool grow(struct wdf_client *client, void *array, ULONG count, ULONG *room, size_t item, const void *caller)
{
    void **items = array, *more;

    if (count < *room)
        return true;
    ULONG wanted = *room ? *room * 2 : 8;
    more = wdf_alloc(client, NonPagedPoolNx, wanted * item, caller);
    if (!more)
        return false;
    if (*items) {
        memcpy(more, *items, count * item);
        wdf_free(*items);
    }
    *items = more;
    *room = wanted;
    return true;
}

static NTSTATUS insert_item(struct wdf_io_list *list, const IO_RESOURCE_DESCRIPTOR *item, ULONG index, const void *caller)
{
    if (index == WDF_INSERT_AT_END)
        index = list->count;
    if (index > list->count)
        return STATUS_ARRAY_BOUNDS_EXCEEDED;
    if (!grow(list->object.client, &list->items, list->count, &list->room, sizeof *list->items, caller))
        return STATUS_INSUFFICIENT_RESOURCES;
    memmove(list->items + index + 1, list->items + index, (list->count - index) * sizeof *list->items);
    list->items[index] = *item;
    list->count++;
    return STATUS_SUCCESS;
}

static NTSTATUS insert_list(struct wdf_requirements *to, struct wdf_io_list *list, ULONG index, const void *caller)
{
    if (index == WDF_INSERT_AT_END)
        index = to->count;
    if (list->object.parent != &to->object)
        return STATUS_INVALID_DEVICE_REQUEST;
    for (ULONG i = 0; i < to->count; i++)
        if (to->lists[i] == list)
            return STATUS_INVALID_PARAMETER;
    if (index > to->count)
        return STATUS_ARRAY_BOUNDS_EXCEEDED;
    if (!grow(to->object.client, &to->lists, to->count, &to->room, sizeof *to->lists, caller))
        return STATUS_INSUFFICIENT_RESOURCES;
    memmove(to->lists + index + 1, to->lists + index, (to->count - index) * sizeof *to->lists);
    to->lists[index] = list;
    to->count++;
    return STATUS_SUCCESS;
}

static NTSTATUS create_list(struct wdf_requirements *to, PWDF_OBJECT_ATTRIBUTES attributes, const void *caller,
                            struct wdf_io_list **list)
{
    struct wdf_create create = { .type = &wdf_io_list_type, .client = to->object.client, .attributes = attributes,
                                 .parent = &to->object, .parent_fixed = true, .caller = caller };

    return wdf_object_create(&create, list);
}

/* --- from and to the PnP manager's form --------------------------------------------------------------------------------- */

static size_t list_size(ULONG count)
{
    return offsetof(IO_RESOURCE_LIST, Descriptors) + count * sizeof(IO_RESOURCE_DESCRIPTOR);
}

static NTSTATUS fill(struct wdf_requirements *list, const IO_RESOURCE_REQUIREMENTS_LIST *from)
{
    const IO_RESOURCE_LIST *at = from->List;
    NTSTATUS status = STATUS_SUCCESS;

    for (ULONG i = 0; i < from->AlternativeLists && NT_SUCCESS(status); i++) {
        struct wdf_io_list *configuration;
        status = create_list(list, NULL, NULL, &configuration);
        if (NT_SUCCESS(status))
            status = insert_list(list, configuration, WDF_INSERT_AT_END, NULL);
        for (ULONG j = 0; j < at->Count && NT_SUCCESS(status); j++)
            status = insert_item(configuration, &at->Descriptors[j], WDF_INSERT_AT_END, NULL);
        at = (const IO_RESOURCE_LIST *)(const void *)((const char *)at + list_size(at->Count));
    }
    return status;
}

NTSTATUS wdf_requirements_create(struct wdf_device *device, const IO_RESOURCE_REQUIREMENTS_LIST *from,
                                 struct wdf_requirements **result)
{
    struct wdf_create create = { .type = &wdf_requirements_type, .client = device->object.client, .parent = &device->object };
    struct wdf_requirements *list;
    NTSTATUS status = wdf_object_create(&create, &list);

    if (!NT_SUCCESS(status))
        return status;
    list->interface_type = from ? from->InterfaceType : InterfaceTypeUndefined;
    list->bus = from ? from->BusNumber : 0;
    list->slot = from ? from->SlotNumber : 0;
    if (from)
        status = fill(list, from);
    if (NT_SUCCESS(status))
        *result = list;
    else
        wdf_object_delete(list);
    return status;
}

PIO_RESOURCE_REQUIREMENTS_LIST wdf_requirements_build(const struct wdf_requirements *list)
{
    size_t size = offsetof(IO_RESOURCE_REQUIREMENTS_LIST, List);
    PIO_RESOURCE_REQUIREMENTS_LIST all;

    for (ULONG i = 0; i < list->count; i++)
        size += list_size(list->lists[i]->count);
    size = size < sizeof *all ? sizeof *all : size;
    all = pool_alloc(PagedPool, size, REQUIREMENTS_TAG, NULL);
    if (!all)
        return NULL;
    memset(all, 0, size);
    all->ListSize = (ULONG)size;
    all->InterfaceType = list->interface_type;
    all->BusNumber = list->bus;
    all->SlotNumber = list->slot;
    all->AlternativeLists = list->count;
    IO_RESOURCE_LIST *at = all->List;
    for (ULONG i = 0; i < list->count; i++) {
        const struct wdf_io_list *from = list->lists[i];
        at->Version = at->Revision = 1;
        at->Count = from->count;
        if (from->count)
            memcpy(at->Descriptors, from->items, from->count * sizeof *from->items);
        at = (IO_RESOURCE_LIST *)(void *)((char *)at + list_size(from->count));
    }
    return all;
}

/* --- requirements lists --------------------------------------------------------------------------------------------------- */

static struct wdf_requirements *requirements_check(WDFIORESREQLIST handle, const void *caller)
{
    return wdf_check(handle, &wdf_requirements_type, caller);
}

static struct wdf_io_list *io_list_check(WDFIORESLIST handle, const void *caller)
{
    return wdf_check(handle, &wdf_io_list_type, caller);
}

/* <= DISPATCH_LEVEL. docs: wdfresource/nf-wdfresource-wdfioresourcerequirementslistsetslotnumber */
VOID NTAPI WdfIoResourceRequirementsListSetSlotNumber(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIORESREQLIST RequirementsList,
                                                      ULONG SlotNumber)
{
    requirements_check(RequirementsList, WDF_CALLER())->slot = SlotNumber;
}

/* <= DISPATCH_LEVEL. docs: wdfresource/nf-wdfresource-wdfioresourcerequirementslistsetinterfacetype */
VOID NTAPI WdfIoResourceRequirementsListSetInterfaceType(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIORESREQLIST RequirementsList,
                                                         INTERFACE_TYPE InterfaceType)
{
    requirements_check(RequirementsList, WDF_CALLER())->interface_type = InterfaceType;
}

/* Puts a configuration of this list (WdfIoResourceListCreate) before the one at Index, or at the end. <= DISPATCH_LEVEL.
 * STATUS_INVALID_PARAMETER (it is there), STATUS_INVALID_DEVICE_REQUEST (another list's), STATUS_ARRAY_BOUNDS_EXCEEDED,
 * STATUS_ACCESS_DENIED (nothing may be added now), STATUS_INSUFFICIENT_RESOURCES.
 * docs: wdfresource/nf-wdfresource-wdfioresourcerequirementslistinsertioreslist */
NTSTATUS NTAPI WdfIoResourceRequirementsListInsertIoResList(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIORESREQLIST RequirementsList,
                                                            WDFIORESLIST IoResList, ULONG Index)
{
    const void *caller = WDF_CALLER();
    struct wdf_requirements *to = requirements_check(RequirementsList, caller);
    struct wdf_io_list *list = io_list_check(IoResList, caller);

    return to->may_add ? insert_list(to, list, Index, caller) : STATUS_ACCESS_DENIED;
}

/* <= DISPATCH_LEVEL. docs: wdfresource/nf-wdfresource-wdfioresourcerequirementslistappendioreslist */
NTSTATUS NTAPI WdfIoResourceRequirementsListAppendIoResList(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIORESREQLIST RequirementsList,
                                                            WDFIORESLIST IoResList)
{
    const void *caller = WDF_CALLER();
    struct wdf_requirements *to = requirements_check(RequirementsList, caller);
    struct wdf_io_list *list = io_list_check(IoResList, caller);

    return to->may_add ? insert_list(to, list, WDF_INSERT_AT_END, caller) : STATUS_ACCESS_DENIED;
}

/* <= DISPATCH_LEVEL. docs: wdfresource/nf-wdfresource-wdfioresourcerequirementslistgetcount */
ULONG NTAPI WdfIoResourceRequirementsListGetCount(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIORESREQLIST RequirementsList)
{
    return requirements_check(RequirementsList, WDF_CALLER())->count;
}

/* NULL behind the end. <= DISPATCH_LEVEL. docs: wdfresource/nf-wdfresource-wdfioresourcerequirementslistgetioreslist */
WDFIORESLIST NTAPI WdfIoResourceRequirementsListGetIoResList(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIORESREQLIST RequirementsList,
                                                             ULONG Index)
{
    struct wdf_requirements *list = requirements_check(RequirementsList, WDF_CALLER());

    return Index < list->count ? (WDFIORESLIST)list->lists[Index] : NULL;
}

static void remove_list(struct wdf_requirements *list, ULONG index)
{
    if (index >= list->count || !list->may_remove)
        wdf_violation(WDF_INVALID_HANDLE, (ULONG_PTR)list, index, "a logical configuration was removed that is not in the list, "
                      "or may not be removed now");
    list->count--;
    memmove(list->lists + index, list->lists + index + 1, (list->count - index) * sizeof *list->lists);
}

/* What may not be removed now, or is not there, stops the system. <= DISPATCH_LEVEL.
 * docs: wdfresource/nf-wdfresource-wdfioresourcerequirementslistremove */
VOID NTAPI WdfIoResourceRequirementsListRemove(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIORESREQLIST RequirementsList, ULONG Index)
{
    remove_list(requirements_check(RequirementsList, WDF_CALLER()), Index);
}

/* <= DISPATCH_LEVEL. docs: wdfresource/nf-wdfresource-wdfioresourcerequirementslistremovebyioreslist */
VOID NTAPI WdfIoResourceRequirementsListRemoveByIoResList(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIORESREQLIST RequirementsList,
                                                          WDFIORESLIST IoResList)
{
    const void *caller = WDF_CALLER();
    struct wdf_requirements *list = requirements_check(RequirementsList, caller);
    struct wdf_io_list *wanted = io_list_check(IoResList, caller);
    ULONG i = 0;

    while (i < list->count && list->lists[i] != wanted)
        i++;
    remove_list(list, i);
}

/* --- logical configurations ----------------------------------------------------------------------------------------------- */

static struct wdf_requirements *of(struct wdf_io_list *list)
{
    return container_of(list->object.parent, struct wdf_requirements, object);
}

/* An empty configuration below the list, not yet in it. <= DISPATCH_LEVEL. Errors of wdf_object_create.
 * docs: wdfresource/nf-wdfresource-wdfioresourcelistcreate */
NTSTATUS NTAPI WdfIoResourceListCreate(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIORESREQLIST RequirementsList,
                                       PWDF_OBJECT_ATTRIBUTES Attributes, WDFIORESLIST *ResourceList)
{
    const void *caller = WDF_CALLER();
    struct wdf_io_list *list = NULL;

    wdf_need(ResourceList, caller);
    NTSTATUS status = create_list(requirements_check(RequirementsList, caller), Attributes, caller, &list);
    *ResourceList = NT_SUCCESS(status) ? (WDFIORESLIST)list : NULL;
    return status;
}

/* A copy of the range before the one at Index, or at the end. <= DISPATCH_LEVEL. STATUS_ARRAY_BOUNDS_EXCEEDED,
 * STATUS_ACCESS_DENIED (nothing may be added now), STATUS_INSUFFICIENT_RESOURCES.
 * docs: wdfresource/nf-wdfresource-wdfioresourcelistinsertdescriptor */
NTSTATUS NTAPI WdfIoResourceListInsertDescriptor(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIORESLIST ResourceList,
                                                 PIO_RESOURCE_DESCRIPTOR Descriptor, ULONG Index)
{
    const void *caller = WDF_CALLER();
    struct wdf_io_list *list = io_list_check(ResourceList, caller);

    wdf_need(Descriptor, caller);
    return of(list)->may_add ? insert_item(list, Descriptor, Index, caller) : STATUS_ACCESS_DENIED;
}

/* <= DISPATCH_LEVEL. docs: wdfresource/nf-wdfresource-wdfioresourcelistappenddescriptor */
NTSTATUS NTAPI WdfIoResourceListAppendDescriptor(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIORESLIST ResourceList,
                                                 PIO_RESOURCE_DESCRIPTOR Descriptor)
{
    const void *caller = WDF_CALLER();
    struct wdf_io_list *list = io_list_check(ResourceList, caller);

    wdf_need(Descriptor, caller);
    return of(list)->may_add ? insert_item(list, Descriptor, WDF_INSERT_AT_END, caller) : STATUS_ACCESS_DENIED;
}

/* Replaces the range at Index; one that is not there stops the system. <= DISPATCH_LEVEL.
 * docs: wdfresource/nf-wdfresource-wdfioresourcelistupdatedescriptor */
VOID NTAPI WdfIoResourceListUpdateDescriptor(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIORESLIST ResourceList,
                                             PIO_RESOURCE_DESCRIPTOR Descriptor, ULONG Index)
{
    const void *caller = WDF_CALLER();
    struct wdf_io_list *list = io_list_check(ResourceList, caller);

    wdf_need(Descriptor, caller);
    if (Index >= list->count)
        wdf_violation(WDF_INVALID_HANDLE, (ULONG_PTR)list, Index, "a resource range was updated that is not in the list");
    list->items[Index] = *Descriptor;
}

/* <= DISPATCH_LEVEL. docs: wdfresource/nf-wdfresource-wdfioresourcelistgetcount */
ULONG NTAPI WdfIoResourceListGetCount(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIORESLIST ResourceList)
{
    return io_list_check(ResourceList, WDF_CALLER())->count;
}

/* The list's own, or NULL behind the end. <= DISPATCH_LEVEL. docs: wdfresource/nf-wdfresource-wdfioresourcelistgetdescriptor */
PIO_RESOURCE_DESCRIPTOR NTAPI WdfIoResourceListGetDescriptor(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIORESLIST ResourceList,
                                                             ULONG Index)
{
    struct wdf_io_list *list = io_list_check(ResourceList, WDF_CALLER());

    return Index < list->count ? &list->items[Index] : NULL;
}

static void remove_item(struct wdf_io_list *list, size_t index)
{
    if (index >= list->count || !of(list)->may_remove)
        wdf_violation(WDF_INVALID_HANDLE, (ULONG_PTR)list, index, "a resource range was removed that is not in the list, or may "
                      "not be removed now");
    list->count--;
    memmove(list->items + index, list->items + index + 1, (list->count - index) * sizeof *list->items);
}

/* <= DISPATCH_LEVEL. docs: wdfresource/nf-wdfresource-wdfioresourcelistremove */
VOID NTAPI WdfIoResourceListRemove(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIORESLIST ResourceList, ULONG Index)
{
    remove_item(io_list_check(ResourceList, WDF_CALLER()), Index);
}

/* The descriptor is one of the list's own. <= DISPATCH_LEVEL. docs: wdfresource/nf-wdfresource-wdfioresourcelistremovebydescriptor */
VOID NTAPI WdfIoResourceListRemoveByDescriptor(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIORESLIST ResourceList,
                                               PIO_RESOURCE_DESCRIPTOR Descriptor)
{
    struct wdf_io_list *list = io_list_check(ResourceList, WDF_CALLER());
    bool inside = Descriptor >= list->items && Descriptor < list->items + list->count;

    remove_item(list, inside ? (size_t)(Descriptor - list->items) : list->count);
}
