/* Registrations whose events are rare or never come: file systems, boot drivers, sessions; and what a booted computer without IOMMU says. */
#include <stdlib.h>

#include "base/log.h"
#include "nt/io_internal.h"
#include "ring3/nt_files.h"

struct file_system {
    struct list node;
    PDEVICE_OBJECT device;              /* referenced */
};

struct watcher {
    struct list node;
    PDRIVER_OBJECT driver;              /* referenced */
    PDRIVER_FS_NOTIFICATION routine;
};

static struct list file_systems = LIST_INIT(file_systems), watchers = LIST_INIT(watchers);

static void tell(PDEVICE_OBJECT device, BOOLEAN active)
{
    list_each_safe(node, &watchers)
        container_of(node, struct watcher, node)->routine(device, active);
}

/* Puts the control device object of a file system into the queue and tells the watchers. Nothing is ever mounted on it. Other device types
 * than those of file systems are not taken. < DISPATCH_LEVEL. docs: ntifs/nf-ntifs-ioregisterfilesystem */
VOID NTAPI IoRegisterFileSystem(PDEVICE_OBJECT DeviceObject)
{
    struct file_system *fs;
    bool is_last = (DeviceObject->Flags & DO_LOW_PRIORITY_FILESYSTEM) != 0;

    if (DeviceObject->DeviceType != FILE_DEVICE_NETWORK_FILE_SYSTEM && DeviceObject->DeviceType != FILE_DEVICE_CD_ROM_FILE_SYSTEM &&
        DeviceObject->DeviceType != FILE_DEVICE_DISK_FILE_SYSTEM)
        return;
    fs = malloc(sizeof(*fs));
    if (fs == NULL)
        return;
    log_warn("io", "a file system registers: no volume is ever mounted");
    fs->device = DeviceObject;
    ob_reference(DeviceObject);
    if (is_last)
        list_push_back(&file_systems, &fs->node);
    else
        list_push_front(&file_systems, &fs->node);
    tell(DeviceObject, TRUE);
}

/* <= APC_LEVEL. docs: ntifs/nf-ntifs-iounregisterfilesystem */
VOID NTAPI IoUnregisterFileSystem(PDEVICE_OBJECT DeviceObject)
{
    list_each_safe(node, &file_systems) {
        struct file_system *fs = container_of(node, struct file_system, node);

        if (fs->device != DeviceObject)
            continue;
        list_remove(node);
        free(fs);
        tell(DeviceObject, FALSE);
        ob_dereference(DeviceObject);
        return;
    }
}

static struct watcher *watcher_of(PDRIVER_OBJECT driver, PDRIVER_FS_NOTIFICATION routine)
{
    list_each(node, &watchers) {
        struct watcher *w = container_of(node, struct watcher, node);
        if (w->driver == driver && w->routine == routine)
            return w;
    }
    return NULL;
}

/* The routine hears of every file system there is and that comes or goes. STATUS_DEVICE_ALREADY_ATTACHED when it is registered already.
 * < DISPATCH_LEVEL. docs: ntifs/nf-ntifs-ioregisterfsregistrationchange */
NTSTATUS NTAPI IoRegisterFsRegistrationChange(PDRIVER_OBJECT DriverObject, PDRIVER_FS_NOTIFICATION DriverNotificationRoutine)
{
    struct watcher *w;

    if (watcher_of(DriverObject, DriverNotificationRoutine) != NULL)
        return STATUS_DEVICE_ALREADY_ATTACHED;
    w = malloc(sizeof(*w));
    if (w == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *w = (struct watcher){ .driver = DriverObject, .routine = DriverNotificationRoutine };
    ob_reference(DriverObject);
    list_push_back(&watchers, &w->node);
    list_each_safe(node, &file_systems)
        DriverNotificationRoutine(container_of(node, struct file_system, node)->device, TRUE);
    return STATUS_SUCCESS;
}

/* <= APC_LEVEL. docs: ntifs/nf-ntifs-iounregisterfsregistrationchange */
VOID NTAPI IoUnregisterFsRegistrationChange(PDRIVER_OBJECT DriverObject, PDRIVER_FS_NOTIFICATION DriverNotificationRoutine)
{
    struct watcher *w = watcher_of(DriverObject, DriverNotificationRoutine);

    if (w == NULL)
        return;
    list_remove(&w->node);
    free(w);
    ob_dereference(DriverObject);
}

void io_registrations_stop(void)
{
    struct list *node;

    while ((node = list_pop_front(&file_systems)) != NULL)
        free(container_of(node, struct file_system, node));
    while ((node = list_pop_front(&watchers)) != NULL)
        free(container_of(node, struct watcher, node));
}

/* ---- boot drivers and sessions ---- */

/* A handle, NULL without memory. The routine is never called: the computer has booted before any driver is loaded. PASSIVE_LEVEL.
 * docs: ntddk/nf-ntddk-ioregisterbootdrivercallback */
PVOID NTAPI IoRegisterBootDriverCallback(PBOOT_DRIVER_CALLBACK_FUNCTION CallbackFunction, PVOID CallbackContext)
{
    void **kept = pool_alloc(PagedPool, 2 * sizeof(*kept), IO_TAG_EXTENSION, __builtin_return_address(0));

    if (kept != NULL) {
        kept[0] = (void *)CallbackFunction;
        kept[1] = CallbackContext;
    }
    return kept;
}

/* <= APC_LEVEL. docs: ntddk/nf-ntddk-iounregisterbootdrivercallback */
VOID NTAPI IoUnregisterBootDriverCallback(PVOID CallbackHandle)
{
    pool_free(CallbackHandle, IO_TAG_EXTENSION, __builtin_return_address(0));
}

/* *CallbackRegistration (a PVOID) is for IoUnregisterContainerNotification. There is one session, and it never changes: the function is not
 * called. STATUS_INVALID_PARAMETER_1 to _5. <= APC_LEVEL. docs: wdm/nf-wdm-ioregistercontainernotification */
NTSTATUS NTAPI IoRegisterContainerNotification(IO_CONTAINER_NOTIFICATION_CLASS NotificationClass,
                                               PIO_CONTAINER_NOTIFICATION_FUNCTION CallbackFunction, PVOID NotificationInformation,
                                               ULONG NotificationInformationLength, PVOID CallbackRegistration)
{
    const IO_SESSION_STATE_NOTIFICATION *wanted = NotificationInformation;
    void *kept;

    if (NotificationClass != IoSessionStateNotification)
        return STATUS_INVALID_PARAMETER_1;
    if (CallbackFunction == NULL)
        return STATUS_INVALID_PARAMETER_2;
    if (wanted == NULL || wanted->Size != sizeof(*wanted) || wanted->IoObject == NULL || wanted->EventMask == 0)
        return STATUS_INVALID_PARAMETER_3;
    if (NotificationInformationLength != sizeof(*wanted))
        return STATUS_INVALID_PARAMETER_4;
    if (CallbackRegistration == NULL)
        return STATUS_INVALID_PARAMETER_5;
    kept = pool_alloc(PagedPool, sizeof(*wanted), IO_TAG_EXTENSION, __builtin_return_address(0));
    if (kept == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(kept, wanted, sizeof(*wanted));
    *(PVOID *)CallbackRegistration = kept;
    return STATUS_SUCCESS;
}

/* <= APC_LEVEL. docs: wdm/nf-wdm-iounregistercontainernotification */
VOID NTAPI IoUnregisterContainerNotification(PVOID CallbackRegistration)
{
    pool_free(CallbackRegistration, IO_TAG_EXTENSION, __builtin_return_address(0));
}

/* No session object was ever handed out, so every ContainerObject is STATUS_INVALID_PARAMETER_2. <= APC_LEVEL.
 * docs: wdm/nf-wdm-iogetcontainerinformation */
NTSTATUS NTAPI IoGetContainerInformation(IO_CONTAINER_INFORMATION_CLASS InformationClass, PVOID ContainerObject, PVOID Buffer,
                                         ULONG BufferLength)
{
    (void)ContainerObject;
    (void)Buffer;
    if (InformationClass != IoSessionStateInformation)
        return STATUS_INVALID_PARAMETER_1;
    return BufferLength < sizeof(IO_SESSION_STATE_INFORMATION) ? STATUS_INVALID_PARAMETER_4 : STATUS_INVALID_PARAMETER_2;
}

/* ---- what is not there ---- */

/* STATUS_INVALID_PARAMETER, else STATUS_TOO_LATE: the computer has booted. <= APC_LEVEL. docs: wdm/nf-wdm-iogetbootdiskinformation */
NTSTATUS NTAPI IoGetBootDiskInformation(PBOOTDISK_INFORMATION BootDiskInformation, ULONG Size)
{
    return BootDiskInformation == NULL || Size < sizeof(*BootDiskInformation) ? STATUS_INVALID_PARAMETER : STATUS_TOO_LATE;
}

/* STATUS_NOT_SUPPORTED: there is no IOMMU. PASSIVE_LEVEL. docs: wdm/nf-wdm-iogetiommuinterface */
NTSTATUS NTAPI IoGetIommuInterface(ULONG Version, PVOID InterfaceOut)
{
    (void)Version;
    (void)InterfaceOut;
    return STATUS_NOT_SUPPORTED;
}

/* Likewise. Any IRQL. docs: wdm/nf-wdm-iogetiommuinterfaceex */
NTSTATUS NTAPI IoGetIommuInterfaceEx(ULONG Version, ULONGLONG Flags, PVOID InterfaceOut)
{
    (void)Flags;
    return IoGetIommuInterface(Version, InterfaceOut);
}
