/* Devices that drivers report themselves: they hang on the root and count as started. */
#include "nt/pnp_internal.h"

/* Makes a root-enumerated PDO for a device that the driver found (or *DeviceObject NULL is asked for); the caller attaches
 * its FDO to it. PnP neither calls AddDevice nor sends IRP_MN_START_DEVICE; the other requests come. Resources are
 * not arbitrated: what ResourceList says is taken. PASSIVE_LEVEL. docs: ntddk/nf-ntddk-ioreportdetecteddevice */
NTSTATUS NTAPI IoReportDetectedDevice(PDRIVER_OBJECT DriverObject, INTERFACE_TYPE LegacyBusType, ULONG BusNumber,
                                      ULONG SlotNumber, PCM_RESOURCE_LIST ResourceList,
                                      PIO_RESOURCE_REQUIREMENTS_LIST ResourceRequirements, BOOLEAN ResourceAssigned,
                                      PDEVICE_OBJECT *DeviceObject)
{
    struct io_driver *driver = io_driver_of(DriverObject);
    char id[100];
    struct pnp_node *node;
    NTSTATUS status;

    (void)LegacyBusType;
    (void)BusNumber;
    (void)SlotNumber;
    (void)ResourceList;
    (void)ResourceRequirements;
    (void)ResourceAssigned;
    snprintf(id, sizeof(id), "DETECTED\\%s", driver->name);
    pnp_lock();
    status = pnp_report_root_device(driver, id, &node);
    pnp_unlock();
    if (!NT_SUCCESS(status))
        return status;
    *DeviceObject = node->pdo;
    return STATUS_SUCCESS;
}

/* A root-enumerated device ROOT\<driver>\0000 for the driver, found by a driver search as any other. PASSIVE_LEVEL.
 * docs: ntddk/nf-ntddk-ioreportrootdevice */
NTSTATUS NTAPI IoReportRootDevice(PDRIVER_OBJECT DriverObject)
{
    const char *name = io_driver_of(DriverObject)->name;
    char id[100];

    snprintf(id, sizeof(id), "ROOT\\%s", name);
    return pnp_create_root_device(name, id, NULL);
}

struct change_work {
    WORK_QUEUE_ITEM item;
    PDEVICE_OBJECT pdo;
    PVOID change;
    PDEVICE_CHANGE_COMPLETE_CALLBACK callback;
    PVOID context;
};

static VOID NTAPI report_later(PVOID context)
{
    struct change_work w = *(struct change_work *)context;

    pool_free(context, PNP_TAG, NULL);
    IoReportTargetDeviceChange(w.pdo, w.change);
    pool_free(w.change, PNP_TAG, NULL);
    ob_dereference(w.pdo);
    if (w.callback != NULL)
        w.callback(w.context);
}

/* IoReportTargetDeviceChange in a worker, on a copy of the structure; Callback follows. IRQL <= DISPATCH.
 * docs: wdm/nf-wdm-ioreporttargetdevicechangeasynchronous */
NTSTATUS NTAPI IoReportTargetDeviceChangeAsynchronous(PDEVICE_OBJECT PhysicalDeviceObject, PVOID NotificationStructure,
                                                      PDEVICE_CHANGE_COMPLETE_CALLBACK Callback, PVOID Context)
{
    USHORT size = ((PPLUGPLAY_NOTIFICATION_HEADER)NotificationStructure)->Size;
    struct change_work *w = pool_alloc(NonPagedPoolNx, sizeof(*w), PNP_TAG, NULL);

    if (w == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *w = (struct change_work){ .pdo = PhysicalDeviceObject, .callback = Callback, .context = Context };
    w->change = pool_alloc(NonPagedPoolNx, size, PNP_TAG, NULL);
    if (w->change == NULL) {
        pool_free(w, PNP_TAG, NULL);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    memcpy(w->change, NotificationStructure, size);
    ob_reference(w->pdo);
    ExInitializeWorkItem(&w->item, report_later, w);
    ExQueueWorkItem(&w->item, DelayedWorkQueue);
    return STATUS_PENDING;
}
