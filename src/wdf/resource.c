/* Resource lists of a started device. docs: wdf/hardware-resources-for-framework-based-drivers */
#include "wdf/pnp.h"

#include "nt/pool.h"

#define RESOURCE_TAG 0x5365526du         /* "mReS" */

struct cm_list {
    struct wdf_object object;
    CM_PARTIAL_RESOURCE_DESCRIPTOR *items;
    ULONG count, room;
};

static void list_destroyed(struct wdf_object *object)
{
    struct cm_list *list = container_of(object, struct cm_list, object);

    if (list->items)
        wdf_free(list->items);
}

const struct wdf_type wdf_cm_list_type = { .name = "WDFCMRESLIST", .size = sizeof(struct cm_list), .undeletable = true,
                                           .destroyed = list_destroyed };

static bool insert(struct cm_list *list, const CM_PARTIAL_RESOURCE_DESCRIPTOR *item, ULONG index, const void *caller)
{
    if (list->count == list->room) {
        ULONG room = list->room ? list->room * 2 : 8;
        CM_PARTIAL_RESOURCE_DESCRIPTOR *items = wdf_alloc(list->object.client, NonPagedPoolNx, room * sizeof *items, caller);
        if (!items)
            return false;
        if (list->items) {
            memcpy(items, list->items, list->count * sizeof *items);
            wdf_free(list->items);
        }
        list->items = items;
        list->room = room;
    }
    memmove(list->items + index + 1, list->items + index, (list->count - index) * sizeof *list->items);
    list->items[index] = *item;
    list->count++;
    return true;
}

NTSTATUS wdf_resources_create(struct wdf_device *device, const CM_RESOURCE_LIST *from, struct wdf_object **result)
{
    struct wdf_create create = { .type = &wdf_cm_list_type, .client = device->object.client, .parent = &device->object };
    struct cm_list *list;
    NTSTATUS status = wdf_object_create(&create, &list);

    if (!NT_SUCCESS(status))
        return status;
    *result = &list->object;
    if (!from || !from->Count)
        return STATUS_SUCCESS;
    const CM_PARTIAL_RESOURCE_LIST *partial = &from->List[0].PartialResourceList;
    for (ULONG i = 0; i < partial->Count; i++)
        if (!insert(list, &partial->PartialDescriptors[i], i, NULL))
            return STATUS_INSUFFICIENT_RESOURCES;
    return STATUS_SUCCESS;
}

PCM_RESOURCE_LIST wdf_resources_build(struct wdf_object *object, const CM_RESOURCE_LIST *like)
{
    struct cm_list *list = container_of(object, struct cm_list, object);
    size_t size = offsetof(CM_RESOURCE_LIST, List[0].PartialResourceList.PartialDescriptors) + list->count * sizeof *list->items;
    PCM_RESOURCE_LIST built = pool_alloc(PagedPool, size, RESOURCE_TAG, NULL);

    if (!built)
        return NULL;
    memset(built, 0, size);
    built->Count = 1;
    built->List[0].InterfaceType = like && like->Count ? like->List[0].InterfaceType : InterfaceTypeUndefined;
    built->List[0].BusNumber = like && like->Count ? like->List[0].BusNumber : 0;
    built->List[0].PartialResourceList.Version = built->List[0].PartialResourceList.Revision = 1;
    built->List[0].PartialResourceList.Count = list->count;
    if (list->count)
        memcpy(built->List[0].PartialResourceList.PartialDescriptors, list->items, list->count * sizeof *list->items);
    return built;
}

void wdf_resources_drop(struct wdf_device *device)
{
    if (device->raw_list)
        wdf_object_delete(device->raw_list);
    if (device->translated_list)
        wdf_object_delete(device->translated_list);
    device->raw_list = device->translated_list = NULL;
}

NTSTATUS wdf_resources_set(struct wdf_device *device, const CM_RESOURCE_LIST *raw, const CM_RESOURCE_LIST *translated)
{
    wdf_resources_drop(device);
    NTSTATUS status = wdf_resources_create(device, raw, &device->raw_list);
    if (NT_SUCCESS(status))
        status = wdf_resources_create(device, translated, &device->translated_list);
    if (!NT_SUCCESS(status))
        wdf_resources_drop(device);
    return status;
}

ULONG wdf_resources_count(struct wdf_object *object)
{
    return object ? container_of(object, struct cm_list, object)->count : 0;
}

PCM_PARTIAL_RESOURCE_DESCRIPTOR wdf_resources_at(struct wdf_object *object, ULONG index)
{
    struct cm_list *list = container_of(object, struct cm_list, object);

    return index < list->count ? &list->items[index] : NULL;
}

/* --- what drivers call ---------------------------------------------------------------------------------------------------------- */

static struct cm_list *list_check(WDFCMRESLIST handle, const void *caller)
{
    return wdf_check(handle, &wdf_cm_list_type, caller);
}

/* <= DISPATCH_LEVEL. docs: wdfresource/nf-wdfresource-wdfcmresourcelistgetcount */
ULONG NTAPI WdfCmResourceListGetCount(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCMRESLIST List)
{
    return list_check(List, WDF_CALLER())->count;
}

/* The descriptor stays the list's; NULL behind the end. <= DISPATCH_LEVEL. docs: wdfresource/nf-wdfresource-wdfcmresourcelistgetdescriptor */
PCM_PARTIAL_RESOURCE_DESCRIPTOR NTAPI WdfCmResourceListGetDescriptor(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCMRESLIST List,
                                                                     ULONG Index)
{
    return wdf_resources_at(&list_check(List, WDF_CALLER())->object, Index);
}

/* A copy of the descriptor at Index, or at the end (WDF_INSERT_AT_END). <= DISPATCH_LEVEL. STATUS_INSUFFICIENT_RESOURCES,
 * STATUS_INVALID_PARAMETER. docs: wdfresource/nf-wdfresource-wdfcmresourcelistinsertdescriptor */
NTSTATUS NTAPI WdfCmResourceListInsertDescriptor(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCMRESLIST List,
                                                 PCM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor, ULONG Index)
{
    const void *caller = WDF_CALLER();
    struct cm_list *list = list_check(List, caller);

    wdf_need(Descriptor, caller);
    if (Index == WDF_INSERT_AT_END)
        Index = list->count;
    if (Index > list->count)
        return STATUS_INVALID_PARAMETER;
    return insert(list, Descriptor, Index, caller) ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* docs: wdfresource/nf-wdfresource-wdfcmresourcelistappenddescriptor */
NTSTATUS NTAPI WdfCmResourceListAppendDescriptor(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCMRESLIST List,
                                                 PCM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor)
{
    const void *caller = WDF_CALLER();
    struct cm_list *list = list_check(List, caller);

    wdf_need(Descriptor, caller);
    return insert(list, Descriptor, list->count, caller) ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static void remove_at(struct cm_list *list, ULONG index)
{
    if (index >= list->count)
        return;
    list->count--;
    memmove(list->items + index, list->items + index + 1, (list->count - index) * sizeof *list->items);
}

/* <= DISPATCH_LEVEL. docs: wdfresource/nf-wdfresource-wdfcmresourcelistremove */
VOID NTAPI WdfCmResourceListRemove(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCMRESLIST List, ULONG Index)
{
    remove_at(list_check(List, WDF_CALLER()), Index);
}

/* The descriptor is one of the list's own. <= DISPATCH_LEVEL. docs: wdfresource/nf-wdfresource-wdfcmresourcelistremovebydescriptor */
VOID NTAPI WdfCmResourceListRemoveByDescriptor(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCMRESLIST List,
                                               PCM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor)
{
    struct cm_list *list = list_check(List, WDF_CALLER());

    if (Descriptor >= list->items && Descriptor < list->items + list->count)
        remove_at(list, (ULONG)(Descriptor - list->items));
}
