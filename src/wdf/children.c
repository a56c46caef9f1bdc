/* The children of a bus driver's FDO, and static enumeration. docs: wdf/static-enumeration */
#include "wdf/child_list.h"

#include "nt/io.h"
#include "nt/pool.h"

#define RELATIONS_TAG 0x52647657u       /* "WvdR" */

static struct wdf_device *child_at(struct list *node)
{
    return container_of(node, struct wdf_device, child);
}

static void take_out(struct wdf_device *child)
{
    wdf_child_forgotten(child);
    list_remove(&child->child);
    list_init(&child->child);
}

/* Those that the PnP manager has never heard of need no removal request. */
static void delete_unheard(struct wdf_device *parent)
{
    list_each_safe(it, &parent->children) {
        struct wdf_device *child = child_at(it);
        if (child->child_state == CHILD_MISSING && !child->child_known) {
            take_out(child);
            wdf_device_remove(child);
        }
    }
}

void wdf_children_changed(struct wdf_device *parent)
{
    parent->children_changed = true;
    if (parent->children_locked)
        return;
    parent->children_changed = false;
    if (ke_irql() == PASSIVE_LEVEL)
        delete_unheard(parent);
    IoInvalidateDeviceRelations(parent->pdo, BusRelations);
}

void wdf_children_unlock(struct wdf_device *parent)
{
    if (parent->children_locked && --parent->children_locked == 0 && parent->children_changed)
        wdf_children_changed(parent);
}

void wdf_child_admit(struct wdf_device *child)
{
    child->child_state = CHILD_PENDING;
    child->object.undeletable = true;
    list_push_back(&child->parent->children, &child->child);
}

/* --- the PnP manager's side --------------------------------------------------------------------------------------------- */

static bool is_there(const struct wdf_device *child)
{
    return child->child_state == CHILD_PENDING || child->child_state == CHILD_PRESENT;
}

/* While the list is locked, nothing leaves. */
static bool is_reported(const struct wdf_device *child)
{
    return is_there(child) || (child->child_state == CHILD_MISSING && child->child_known && child->parent->children_locked);
}

/* What the irp has already, and room for `more`. */
static PDEVICE_RELATIONS copy_relations(PDEVICE_RELATIONS old, ULONG more)
{
    ULONG count = old ? old->Count : 0;
    PDEVICE_RELATIONS relations = pool_alloc(PagedPool, sizeof *relations + (count + more) * sizeof(PDEVICE_OBJECT), RELATIONS_TAG,
                                             NULL);

    if (!relations)
        return NULL;
    relations->Count = count;
    for (ULONG i = 0; i < count; i++)
        relations->Objects[i] = old->Objects[i];
    return relations;
}

static void tell_missing(struct wdf_device *child)
{
    PFN_WDF_DEVICE_REPORTED_MISSING callback = child->settings.pdo->events.EvtDeviceReportedMissing;

    child->child_state = CHILD_REPORTED_MISSING;
    if (callback)
        WDF_CALL(callback, (WDFDEVICE)child);
}

static void report(struct wdf_device *device, PDEVICE_RELATIONS relations)
{
    list_each_safe(it, &device->children) {
        struct wdf_device *child = child_at(it);
        if (is_reported(child)) {
            ObReferenceObject(child->wdm);
            relations->Objects[relations->Count++] = child->wdm;
            if (child->child_state == CHILD_PENDING)
                child->child_state = CHILD_PRESENT;
            child->child_known = true;
        } else if (child->child_state == CHILD_MISSING && child->child_known) {
            tell_missing(child);
        }
    }
}

NTSTATUS wdf_children_relations(struct wdf_device *device, PIRP irp)
{
    PDEVICE_RELATIONS old = (PDEVICE_RELATIONS)irp->IoStatus.Information, relations;
    ULONG more = 0;

    if (IoGetCurrentIrpStackLocation(irp)->Parameters.QueryDeviceRelations.Type != BusRelations)
        return wdf_pass_down(device, irp);
    if (!device->children_locked) {
        delete_unheard(device);
        wdf_child_lists_make(device);
    }
    if (list_empty(&device->children))
        return wdf_pass_down(device, irp);
    list_each(it, &device->children)
        more += is_reported(child_at(it));
    relations = copy_relations(old, more);
    if (!relations)
        return wdf_complete_irp(irp, STATUS_INSUFFICIENT_RESOURCES, irp->IoStatus.Information);
    if (old)
        pool_free(old, 0, NULL);
    report(device, relations);
    irp->IoStatus.Information = (ULONG_PTR)relations;
    irp->IoStatus.Status = STATUS_SUCCESS;
    return wdf_pass_down(device, irp);
}

NTSTATUS wdf_child_removed(struct wdf_device *device, PIRP irp)
{
    bool stays = device->child_state == CHILD_PRESENT || device->child_state == CHILD_MISSING;
    NTSTATUS status = wdf_complete_irp(irp, STATUS_SUCCESS, 0);

    device->io_initialized = device->io_suspended = device->surprise_removed = false;
    if (stays)
        return status;
    take_out(device);
    wdf_device_remove(device);
    return status;
}

void wdf_children_drop(struct wdf_device *device)
{
    while (!list_empty(&device->children)) {
        struct wdf_device *child = child_at(device->children.next);
        take_out(child);
        wdf_device_remove(child);
    }
}

/* --- what drivers call ---------------------------------------------------------------------------------------------------- */

/* Reports a child that WdfDeviceCreate made; from here on the framework deletes it. STATUS_INVALID_PARAMETER: Fdo is no
 * function driver's device, or Child is no new child of it; then the driver deletes Child. PASSIVE_LEVEL.
 * docs: wdffdo/nf-wdffdo-wdffdoaddstaticchild */
NTSTATUS NTAPI WdfFdoAddStaticChild(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Fdo, WDFDEVICE Child)
{
    const void *caller = WDF_CALLER();
    struct wdf_device *parent = wdf_device_check(Fdo, caller), *child = wdf_device_check(Child, caller);

    if (parent->settings.kind != DEVICE_FDO || child->parent != parent || child->child_state != CHILD_NOT_ADDED)
        return STATUS_INVALID_PARAMETER;
    wdf_child_admit(child);
    wdf_children_changed(parent);
    return STATUS_SUCCESS;
}

/* Until it is unlocked as often, children stay in memory and the PnP manager hears of no change. PASSIVE_LEVEL.
 * docs: wdffdo/nf-wdffdo-wdffdolockstaticchildlistforiteration */
VOID NTAPI WdfFdoLockStaticChildListForIteration(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Fdo)
{
    wdf_device_check(Fdo, WDF_CALLER())->children_locked++;
}

/* The next child of the kinds that Flags (WDF_RETRIEVE_CHILD_FLAGS) asks for, after PreviousChild (NULL: the first). NULL:
 * there is none. PASSIVE_LEVEL. docs: wdffdo/nf-wdffdo-wdffdoretrievenextstaticchild */
WDFDEVICE NTAPI WdfFdoRetrieveNextStaticChild(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Fdo, WDFDEVICE PreviousChild, ULONG Flags)
{
    static const ULONG flag_of[] = { [CHILD_PENDING] = WdfRetrievePendingChildren, [CHILD_PRESENT] = WdfRetrievePresentChildren,
                                     [CHILD_MISSING] = WdfRetrieveMissingChildren,
                                     [CHILD_REPORTED_MISSING] = WdfRetrieveMissingChildren };
    const void *caller = WDF_CALLER();
    struct wdf_device *parent = wdf_device_check(Fdo, caller);
    struct wdf_device *previous = PreviousChild ? wdf_device_check(PreviousChild, caller) : NULL;
    struct list *it = previous && previous->parent == parent ? previous->child.next : parent->children.next;

    for (; it != &parent->children; it = it->next)
        if (Flags & flag_of[child_at(it)->child_state])
            return (WDFDEVICE)child_at(it);
    return NULL;
}

/* docs: wdffdo/nf-wdffdo-wdffdounlockstaticchildlistfromiteration */
VOID NTAPI WdfFdoUnlockStaticChildListFromIteration(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Fdo)
{
    wdf_children_unlock(wdf_device_check(Fdo, WDF_CALLER()));
}

/* The device has gone from the bus. STATUS_INVALID_PARAMETER (no PDO), STATUS_NO_SUCH_DEVICE (never added).
 * <= DISPATCH_LEVEL, or PASSIVE_LEVEL for one that has not been reported. docs: wdfpdo/nf-wdfpdo-wdfpdomarkmissing */
NTSTATUS NTAPI WdfPdoMarkMissing(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device)
{
    struct wdf_device *device = wdf_device_check(Device, WDF_CALLER());

    if (!device->parent)
        return STATUS_INVALID_PARAMETER;
    if (device->child_state == CHILD_NOT_ADDED)
        return STATUS_NO_SUCH_DEVICE;
    if (!is_there(device))
        return STATUS_SUCCESS;
    device->child_state = CHILD_MISSING;
    wdf_children_changed(device->parent);
    return STATUS_SUCCESS;
}

/* Asks the PnP manager to eject the device. <= DISPATCH_LEVEL. docs: wdfpdo/nf-wdfpdo-wdfpdorequesteject */
VOID NTAPI WdfPdoRequestEject(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device)
{
    struct wdf_device *device = wdf_device_check(Device, WDF_CALLER());

    if (device->parent)
        IoRequestDeviceEject(device->wdm);
}

/* NULL when the device is no PDO. <= DISPATCH_LEVEL. docs: wdfpdo/nf-wdfpdo-wdfpdogetparent */
WDFDEVICE NTAPI WdfPdoGetParent(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device)
{
    return (WDFDEVICE)wdf_device_check(Device, WDF_CALLER())->parent;
}
