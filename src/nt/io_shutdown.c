/* The I/O manager's start and end; shutdown notifications. */
#include "base/log.h"
#include "nt/cng.h"
#include "nt/io_internal.h"

static struct list first_chance = LIST_INIT(first_chance), last_chance = LIST_INIT(last_chance);

NTSTATUS io_start(void)
{
    list_init(&io_drivers);
    list_init(&first_chance);
    list_init(&last_chance);
    io_irp_reset();
    io_timer_reset();
    io_device_reset();
    io_hostdir_reset();
    IoDeviceObjectType->ops = &io_device_ops;
    IoDriverObjectType->ops = &io_driver_ops;
    IoFileObjectType->ops = &io_file_ops;
    /* A file's event is not at the start of its body. */
    IoFileObjectType->waitable = false;
    return STATUS_SUCCESS;
}

void io_stop(void)
{
    io_set_system_root(NULL);
    list_each_safe(it, &io_drivers) {
        struct io_driver *driver = container_of(it, struct io_driver, node);

        if (driver->image != NULL)
            log_warn(driver->name, "is still loaded");
    }
    etw_stop();
    cng_stop();
    io_checks_stop();
    io_more_stop();
    io_registrations_stop();
    io_error_stop();
}

static NTSTATUS register_in(struct list *list, PDEVICE_OBJECT device, bool last)
{
    struct io_device *host = io_device_of(device);

    if (host->shutdown_registered)
        return STATUS_SUCCESS;
    host->shutdown_registered = true;
    host->last_chance = last;
    device->Flags |= DO_SHUTDOWN_REGISTERED;
    list_push_back(list, &host->shutdown_node);
    return STATUS_SUCCESS;
}

/* The device gets an IRP_MJ_SHUTDOWN when the system ends. PASSIVE_LEVEL. docs: wdm/nf-wdm-ioregistershutdownnotification */
NTSTATUS NTAPI IoRegisterShutdownNotification(PDEVICE_OBJECT DeviceObject)
{
    return register_in(&first_chance, DeviceObject, false);
}

/* The same, after all file systems have been flushed. docs: wdm/nf-wdm-ioregisterlastchanceshutdownnotification */
NTSTATUS NTAPI IoRegisterLastChanceShutdownNotification(PDEVICE_OBJECT DeviceObject)
{
    return register_in(&last_chance, DeviceObject, true);
}

/* docs: wdm/nf-wdm-iounregistershutdownnotification */
VOID NTAPI IoUnregisterShutdownNotification(PDEVICE_OBJECT DeviceObject)
{
    struct io_device *host = io_device_of(DeviceObject);

    if (!host->shutdown_registered)
        return;
    host->shutdown_registered = false;
    DeviceObject->Flags &= ~(ULONG)DO_SHUTDOWN_REGISTERED;
    list_remove(&host->shutdown_node);
}

static void send_all(struct list *list)
{
    IO_STACK_LOCATION request = { .MajorFunction = IRP_MJ_SHUTDOWN };

    while (!list_empty(list)) {
        struct io_device *host = container_of(list->prev, struct io_device, shutdown_node);
        PDEVICE_OBJECT device = host->extension.DeviceObject;

        ob_reference(device);
        IoUnregisterShutdownNotification(device);
        io_send(device, &request, STATUS_SUCCESS, NULL);
        ob_dereference(device);
    }
}

void io_shutdown(void)
{
    send_all(&first_chance);
    send_all(&last_chance);
}
