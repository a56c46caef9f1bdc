/* File objects: opening, cleaning up and closing. docs: wdf/framework-file-objects */
#include "wdf/device.h"

#include "wdf/queue.h"
#include "wdf/request.h"

struct wdf_file {
    struct wdf_object object;
    struct wdf_device *device;
    PFILE_OBJECT wdm;                   /* NULL: the file was opened without one */
    UNICODE_STRING name;
    ULONG flags;
    ULONG process;
};

const struct wdf_type wdf_file_type = { .name = "WDFFILEOBJECT", .size = sizeof(struct wdf_file), .passive = true,
                                        .undeletable = true };

static WDF_FILEOBJECT_CLASS class_of(const struct wdf_device *device)
{
    return (WDF_FILEOBJECT_CLASS)(device->settings.file.FileObjectClass & ~(ULONG)WdfFileObjectCanBeOptional);
}

struct wdf_object *wdf_file_of(struct wdf_device *device, PFILE_OBJECT file)
{
    if (!device->settings.has_file_config || class_of(device) == WdfFileObjectNotRequired)
        return NULL;
    list_each(it, &device->object.children) {
        struct wdf_object *object = container_of(it, struct wdf_object, node);
        if (object->type == &wdf_file_type && ((struct wdf_file *)object)->wdm == file && object->state == WDF_ALIVE)
            return object;
    }
    return NULL;
}

static NTSTATUS file_create(struct wdf_device *device, PIRP irp, struct wdf_file **result)
{
    PFILE_OBJECT wdm = IoGetCurrentIrpStackLocation(irp)->FileObject;
    struct wdf_create create = {
        .type = &wdf_file_type, .client = device->object.client, .parent = &device->object,
        .attributes = device->settings.has_file_attributes ? &device->settings.file_attributes : NULL,
    };
    struct wdf_file *file;

    *result = NULL;
    if (!device->settings.has_file_config || class_of(device) == WdfFileObjectNotRequired)
        return STATUS_SUCCESS;
    if (!wdm && !(device->settings.file.FileObjectClass & WdfFileObjectCanBeOptional))
        return STATUS_INVALID_DEVICE_REQUEST;
    NTSTATUS status = wdf_object_create(&create, &file);
    if (!NT_SUCCESS(status))
        return status;
    file->device = device;
    file->wdm = wdm;
    file->process = IoGetRequestorProcessId(irp);
    if (wdm) {
        file->name = wdm->FileName;
        file->flags = wdm->Flags;
        if (class_of(device) == WdfFileObjectWdfCanUseFsContext)
            wdm->FsContext = file;
        else if (class_of(device) == WdfFileObjectWdfCanUseFsContext2)
            wdm->FsContext2 = file;
    }
    *result = file;
    return STATUS_SUCCESS;
}

static void file_delete(struct wdf_object *file)
{
    if (file)
        wdf_object_delete(file);
}

static bool forwards(const struct wdf_device *device)
{
    WDF_TRI_STATE forward = device->settings.has_file_config ? device->settings.file.AutoForwardCleanupClose : WdfUseDefault;

    return device->next && (forward == WdfTrue || (forward == WdfUseDefault && device->settings.kind == DEVICE_FILTER));
}

/* --- create ---------------------------------------------------------------------------------------------------------------- */

/* The open failed: no cleanup or close will come. */
static NTSTATUS NTAPI create_done(PDEVICE_OBJECT wdm, PIRP irp, PVOID context)
{
    if (irp->PendingReturned)
        IoMarkIrpPending(irp);
    if (!NT_SUCCESS(irp->IoStatus.Status))
        file_delete(context);
    return STATUS_CONTINUE_COMPLETION;
}

static NTSTATUS forward_create(struct wdf_device *device, PIRP irp, struct wdf_file *file)
{
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, create_done, file, TRUE, TRUE, TRUE);
    return IofCallDriver(device->next, irp);
}

static NTSTATUS to_driver(struct wdf_device *device, PIRP irp, struct wdf_file *file)
{
    struct wdf_request *request = wdf_request_create(device, irp, NULL);

    if (!request) {
        file_delete((struct wdf_object *)file);
        return wdf_complete_irp(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    }
    IoMarkIrpPending(irp);
    request->state = REQUEST_OWNED;
    request->was_presented = true;
    bool locked = wdf_lock_enter(device->object.scope == WdfSynchronizationScopeDevice && device->lock.passive ? &device->lock : NULL);
    WDF_CALL(device->settings.file.EvtDeviceFileCreate, (WDFDEVICE)device, (WDFREQUEST)request, (WDFFILEOBJECT)file);
    wdf_lock_leave(&device->lock, locked);
    return STATUS_PENDING;
}

static NTSTATUS to_queue(struct wdf_device *device, struct wdf_queue *queue, PIRP irp, struct wdf_file *file)
{
    struct wdf_request *request = wdf_request_create(device, irp, NULL);

    if (!request) {
        file_delete((struct wdf_object *)file);
        return wdf_complete_irp(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    }
    IoMarkIrpPending(irp);
    if (!NT_SUCCESS(wdf_queue_insert(queue, request, false)))
        wdf_request_complete(request, STATUS_INVALID_DEVICE_STATE, IO_NO_INCREMENT);
    return STATUS_PENDING;
}

/* A driver completes a create request itself: a failed one must take its file object with it, so completion passes by here. */
static NTSTATUS create(struct wdf_device *device, PIRP irp)
{
    struct wdf_queue *queue = wdf_queue_for(device, IRP_MJ_CREATE);
    struct wdf_file *file;
    NTSTATUS status = file_create(device, irp, &file);

    if (!NT_SUCCESS(status))
        return wdf_complete_irp(irp, status, 0);
    if (queue)
        return to_queue(device, queue, irp, file);
    if (device->settings.has_file_config && device->settings.file.EvtDeviceFileCreate)
        return to_driver(device, irp, file);
    if (device->settings.kind == DEVICE_FILTER && device->next)
        return forward_create(device, irp, file);
    return wdf_complete_irp(irp, STATUS_SUCCESS, FILE_OPENED);
}

/* --- cleanup and close --------------------------------------------------------------------------------------------------------- */

static NTSTATUS finish(struct wdf_device *device, PIRP irp)
{
    if (forwards(device))
        return wdf_pass_down(device, irp);
    return wdf_complete_irp(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS cleanup(struct wdf_device *device, PIRP irp)
{
    PFILE_OBJECT wdm = IoGetCurrentIrpStackLocation(irp)->FileObject;
    struct wdf_object *file = wdf_file_of(device, wdm);

    if (file && device->settings.file.EvtFileCleanup)
        WDF_CALL(device->settings.file.EvtFileCleanup, (WDFFILEOBJECT)file);
    if (wdm)
        wdf_queues_cancel_file(device, wdm);
    return finish(device, irp);
}

static NTSTATUS close(struct wdf_device *device, PIRP irp)
{
    struct wdf_object *file = wdf_file_of(device, IoGetCurrentIrpStackLocation(irp)->FileObject);

    if (file) {
        if (device->settings.file.EvtFileClose)
            WDF_CALL(device->settings.file.EvtFileClose, (WDFFILEOBJECT)file);
        file_delete(file);
    }
    return finish(device, irp);
}

NTSTATUS wdf_file_dispatch(struct wdf_device *device, PIRP irp)
{
    switch (IoGetCurrentIrpStackLocation(irp)->MajorFunction) {
    case IRP_MJ_CREATE:
        return create(device, irp);
    case IRP_MJ_CLEANUP:
        return cleanup(device, irp);
    default:
        return close(device, irp);
    }
}

/* The request of a create is completed: a failure means that the file was never opened. */
void wdf_file_create_completed(struct wdf_device *device, PFILE_OBJECT wdm, NTSTATUS status)
{
    if (!NT_SUCCESS(status))
        file_delete(wdf_file_of(device, wdm));
}

/* --- what drivers call ---------------------------------------------------------------------------------------------------------- */

static struct wdf_file *file_check(WDFFILEOBJECT handle, const void *caller)
{
    return wdf_check(handle, &wdf_file_type, caller);
}

/* The framework's object of a WDM file object that was opened on the device; NULL: it keeps none. <= DISPATCH_LEVEL.
 * docs: wdfdevice/nf-wdfdevice-wdfdevicegetfileobject */
WDFFILEOBJECT NTAPI WdfDeviceGetFileObject(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, PFILE_OBJECT FileObject)
{
    return (WDFFILEOBJECT)wdf_file_of(wdf_device_check(Device, WDF_CALLER()), FileObject);
}

/* The name the file was opened with, behind the device's. PASSIVE_LEVEL. docs: wdffileobject/nf-wdffileobject-wdffileobjectgetfilename */
PUNICODE_STRING NTAPI WdfFileObjectGetFileName(PWDF_DRIVER_GLOBALS DriverGlobals, WDFFILEOBJECT FileObject)
{
    return &file_check(FileObject, WDF_CALLER())->name;
}

/* FO_ flags. <= DISPATCH_LEVEL. docs: wdffileobject/nf-wdffileobject-wdffileobjectgetflags */
ULONG NTAPI WdfFileObjectGetFlags(PWDF_DRIVER_GLOBALS DriverGlobals, WDFFILEOBJECT FileObject)
{
    struct wdf_file *file = file_check(FileObject, WDF_CALLER());

    return file->wdm ? file->wdm->Flags : file->flags;
}

/* <= DISPATCH_LEVEL. docs: wdffileobject/nf-wdffileobject-wdffileobjectgetdevice */
WDFDEVICE NTAPI WdfFileObjectGetDevice(PWDF_DRIVER_GLOBALS DriverGlobals, WDFFILEOBJECT FileObject)
{
    return (WDFDEVICE)file_check(FileObject, WDF_CALLER())->device;
}

/* <= DISPATCH_LEVEL. docs: wdffileobject/nf-wdffileobject-wdffileobjectwdmgetfileobject */
PFILE_OBJECT NTAPI WdfFileObjectWdmGetFileObject(PWDF_DRIVER_GLOBALS DriverGlobals, WDFFILEOBJECT FileObject)
{
    return file_check(FileObject, WDF_CALLER())->wdm;
}

/* Who opened it. <= DISPATCH_LEVEL. docs: wdffileobject/nf-wdffileobject-wdffileobjectgetinitiatorprocessid */
ULONG NTAPI WdfFileObjectGetInitiatorProcessId(PWDF_DRIVER_GLOBALS DriverGlobals, WDFFILEOBJECT FileObject)
{
    return file_check(FileObject, WDF_CALLER())->process;
}
