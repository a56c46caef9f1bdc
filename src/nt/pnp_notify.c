/* Notifications of device interfaces and of target devices. Callbacks run at PASSIVE_LEVEL in the thread that makes
 * the change.
 * 1. A callback may end any registration, its own and the next in the list. An entry that goes while somebody walks
 *    the list is only marked; the last walker frees it.
 * 2. What a driver gives back is looked up before it is touched. */
#include "nt/pnp_internal.h"

struct entry {
    struct list node;
    IO_NOTIFICATION_EVENT_CATEGORY category;
    GUID class_guid;
    PFILE_OBJECT file;                  /* target device */
    PDRIVER_OBJECT driver;
    PDRIVER_NOTIFICATION_CALLBACK_ROUTINE routine;
    PVOID context;
    unsigned running;
    const struct thread *runner;        /* of the call that began last */
    bool gone;
};

static struct list entries = LIST_INIT(entries);
static unsigned walkers;

static void free_entry(struct entry *e)
{
    list_remove(&e->node);
    if (e->file != NULL)
        ob_dereference(e->file);
    ob_dereference(e->driver);
    free(e);
}

static void end_walk(void)
{
    if (--walkers != 0)
        return;
    list_each_safe(it, &entries) {
        struct entry *e = container_of(it, struct entry, node);

        if (e->gone)
            free_entry(e);
    }
}

static struct entry *known(PVOID handle)
{
    list_each(it, &entries) {
        struct entry *e = container_of(it, struct entry, node);

        if (e == handle && !e->gone)
            return e;
    }
    return NULL;
}

/* Only while walking. */
static void call(struct entry *e, PVOID structure)
{
    e->running++;
    e->runner = ke_current();
    e->routine(structure, e->context);
    e->running--;
}

static DEVICE_INTERFACE_CHANGE_NOTIFICATION interface_change(const GUID *class_guid, PUNICODE_STRING link, bool arrival)
{
    return (DEVICE_INTERFACE_CHANGE_NOTIFICATION){
        .Version = 1, .Size = sizeof(DEVICE_INTERFACE_CHANGE_NOTIFICATION),
        .Event = arrival ? pnp_guid_interface_arrival : pnp_guid_interface_removal,
        .InterfaceClassGuid = *class_guid, .SymbolicLinkName = link,
    };
}

void pnp_notify_interface(const GUID *class_guid, PUNICODE_STRING link, bool arrival)
{
    DEVICE_INTERFACE_CHANGE_NOTIFICATION change = interface_change(class_guid, link, arrival);

    walkers++;
    list_each(it, &entries) {
        struct entry *e = container_of(it, struct entry, node);

        if (e->category == EventCategoryDeviceInterfaceChange && !e->gone && pnp_same_guid(&e->class_guid, class_guid))
            call(e, &change);
    }
    end_walk();
}

static bool watches(const struct entry *e, PDEVICE_OBJECT pdo)
{
    return e->category == EventCategoryTargetDeviceChange && !e->gone && e->file->DeviceObject != NULL &&
           io_base_of_stack(e->file->DeviceObject) == pdo;
}

void pnp_notify_target(struct pnp_node *node, const GUID *event)
{
    walkers++;
    list_each(it, &entries) {
        struct entry *e = container_of(it, struct entry, node);
        TARGET_DEVICE_REMOVAL_NOTIFICATION change = { .Version = 1, .Size = sizeof(change), .Event = *event };

        if (!watches(e, node->pdo))
            continue;
        change.FileObject = e->file;
        call(e, &change);
    }
    end_walk();
}

static void existing(PUNICODE_STRING link, void *context)
{
    struct entry *e = context;
    DEVICE_INTERFACE_CHANGE_NOTIFICATION change = interface_change(&e->class_guid, link, true);

    if (!e->gone)
        call(e, &change);
}

/* Has CallbackRoutine called for an interface class (EventCategoryData: its GUID; for existing interfaces at once when
 * the flag says so) or for the device behind a file (EventCategoryData: the file object). The driver stays loaded
 * until it unregisters. PASSIVE_LEVEL. docs: wdm/nf-wdm-ioregisterplugplaynotification */
NTSTATUS NTAPI IoRegisterPlugPlayNotification(IO_NOTIFICATION_EVENT_CATEGORY EventCategory, ULONG EventCategoryFlags,
                                              PVOID EventCategoryData, PDRIVER_OBJECT DriverObject,
                                              PDRIVER_NOTIFICATION_CALLBACK_ROUTINE CallbackRoutine, PVOID Context,
                                              PVOID *NotificationEntry)
{
    struct entry *e;

    *NotificationEntry = NULL;
    if (EventCategory == EventCategoryReserved || EventCategory > EventCategoryKernelSoftRestart)
        return STATUS_INVALID_PARAMETER;
    e = calloc(1, sizeof(*e));
    if (e == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    e->category = EventCategory;
    e->driver = DriverObject;
    e->routine = CallbackRoutine;
    e->context = Context;
    ob_reference(DriverObject);
    if (EventCategory == EventCategoryDeviceInterfaceChange)
        e->class_guid = *(GUID *)EventCategoryData;
    if (EventCategory == EventCategoryTargetDeviceChange) {
        e->file = EventCategoryData;
        ob_reference(e->file);
    }
    list_push_back(&entries, &e->node);
    *NotificationEntry = e;
    walkers++;
    if (EventCategory == EventCategoryDeviceInterfaceChange &&
        (EventCategoryFlags & PNPNOTIFY_DEVICE_INTERFACE_INCLUDE_EXISTING_INTERFACES))
        pnp_each_interface(&e->class_guid, existing, e);
    end_walk();
    return STATUS_SUCCESS;
}

static NTSTATUS unregister(PVOID handle, bool wait, struct pe_caller caller)
{
    LARGE_INTEGER millisecond = { .QuadPart = -10000 };
    struct entry *e = known(handle);

    if (e == NULL) {
        NT_EMIT(NT_EVENT_MISUSE, "IoUnregisterPlugPlayNotification of a registration that is not there", handle, 0, caller);
        return STATUS_INVALID_PARAMETER;
    }
    walkers++;
    e->gone = true;
    while (wait && e->running != 0 && e->runner != ke_current())
        KeDelayExecutionThread(KernelMode, FALSE, &millisecond);
    end_walk();
    return STATUS_SUCCESS;
}

/* Ends a registration; a callback that runs now may still finish. PASSIVE_LEVEL.
 * docs: wdm/nf-wdm-iounregisterplugplaynotification */
NTSTATUS NTAPI IoUnregisterPlugPlayNotification(PVOID NotificationEntry)
{
    return unregister(NotificationEntry, false, PE_CALLER());
}

/* The same; when it returns no callback of the entry runs any more (unless it is the caller). PASSIVE_LEVEL.
 * docs: wdm/nf-wdm-iounregisterplugplaynotificationex */
NTSTATUS NTAPI IoUnregisterPlugPlayNotificationEx(PVOID NotificationEntry)
{
    return unregister(NotificationEntry, true, PE_CALLER());
}

/* Tells who registered for this device about an event of the driver's own. PASSIVE_LEVEL. The system's events are
 * refused with STATUS_INVALID_DEVICE_REQUEST. docs: wdm/nf-wdm-ioreporttargetdevicechange */
NTSTATUS NTAPI IoReportTargetDeviceChange(PDEVICE_OBJECT PhysicalDeviceObject, PVOID NotificationStructure)
{
    PTARGET_DEVICE_CUSTOM_NOTIFICATION change = NotificationStructure;

    if (pnp_same_guid(&change->Event, &pnp_guid_query_remove) ||
        pnp_same_guid(&change->Event, &pnp_guid_remove_cancelled) ||
        pnp_same_guid(&change->Event, &pnp_guid_remove_complete))
        return STATUS_INVALID_DEVICE_REQUEST;
    walkers++;
    list_each(it, &entries) {
        struct entry *e = container_of(it, struct entry, node);

        if (!watches(e, PhysicalDeviceObject))
            continue;
        change->FileObject = e->file;
        call(e, change);
    }
    end_walk();
    return STATUS_SUCCESS;
}

void pnp_notify_driver_gone(struct io_driver *driver)
{
    walkers++;
    list_each(it, &entries) {
        struct entry *e = container_of(it, struct entry, node);

        if (io_driver_of(e->driver) != driver || e->gone)
            continue;
        NT_EMIT(NT_EVENT_MISUSE, "a driver unloaded with a Plug and Play notification registered", e, 0,
                ((struct pe_caller){ .rip = (uint64_t)(uintptr_t)e->routine }));
        e->gone = true;
    }
    end_walk();
}

void pnp_notify_stop(void)
{
    list_each_safe(it, &entries) {
        struct entry *e = container_of(it, struct entry, node);

        log_warn(io_driver_of(e->driver)->name, "left a Plug and Play notification registered");
        free_entry(e);
    }
}

void pnp_notify_reset(void)
{
    list_init(&entries);
    walkers = 0;
}
