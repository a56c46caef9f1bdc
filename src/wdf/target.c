#define INITGUID
#include "wdf/target.h"

#include <wdmguid.h>

#include "nt/io.h"
#include "wdf/memory.h"
#include "wdf/pnp.h"
#include "wdf/request.h"

struct wdf_target *wdf_target_check(WDFIOTARGET handle, const void *caller)
{
    return wdf_check(handle, &wdf_target_type, caller);
}

static void init(struct wdf_target *target, struct wdf_device *device)
{
    target->device = device;
    list_init(&target->sent);
    list_init(&target->waiting);
    list_init(&target->node);
    KeInitializeEvent(&target->quiet, SynchronizationEvent, FALSE);
}

NTSTATUS wdf_target_create_local(struct wdf_device *device, const void *caller)
{
    struct wdf_create create = { .type = &wdf_target_type, .client = device->object.client, .parent = &device->object,
                                 .caller = caller };
    struct wdf_target *target;
    NTSTATUS status = wdf_object_create(&create, &target);

    if (!NT_SUCCESS(status))
        return status;
    init(target, device);
    target->object.undeletable = target->local = true;
    target->wdm = device->next;
    target->state = WdfIoTargetStarted;
    device->target = target;
    return STATUS_SUCCESS;
}

/* --- closing ---------------------------------------------------------------------------------------------------------------- */

static void let_go(struct wdf_target *target)
{
    if (target->notification)
        IoUnregisterPlugPlayNotificationEx(target->notification);
    target->notification = NULL;
    if (target->file)
        ObDereferenceObject(target->file);
    target->file = NULL;
    if (target->handle)
        ZwClose(target->handle);
    target->handle = NULL;
    if (target->wdm_referenced)
        ObDereferenceObject(target->wdm);
    target->wdm_referenced = false;
    target->wdm = NULL;
}

static void close_target(struct wdf_target *target, WDF_IO_TARGET_STATE state)
{
    if (target->state == WdfIoTargetClosed || target->state == WdfIoTargetStateUndefined)
        return;
    target->state = state;
    wdf_target_cancel_waiting(target);
    wdf_target_cancel_sent(target);
    wdf_target_wait_sent(target);
    if (!target->local)
        let_go(target);
}

void wdf_targets_close(struct wdf_device *device)
{
    list_each(it, &device->remote_targets) {
        close_target(container_of(it, struct wdf_target, node), WdfIoTargetClosed);
    }
    if (device->target)
        close_target(device->target, WdfIoTargetClosed);
}

static void target_dispose(struct wdf_object *object)
{
    struct wdf_target *target = container_of(object, struct wdf_target, object);

    close_target(target, WdfIoTargetClosed);
    list_remove(&target->node);
}

static void target_destroyed(struct wdf_object *object)
{
    wdf_text_free(&container_of(object, struct wdf_target, object)->name);
}

const struct wdf_type wdf_target_type = { .name = "WDFIOTARGET", .size = sizeof(struct wdf_target), .passive = true,
                                          .dispose = target_dispose, .destroyed = target_destroyed };

/* --- a remote target's device goes ------------------------------------------------------------------------------------------ */

static NTSTATUS NTAPI notified(PVOID structure, PVOID context)
{
    const TARGET_DEVICE_REMOVAL_NOTIFICATION *n = structure;
    struct wdf_target *target = context;
    NTSTATUS status = STATUS_SUCCESS;

    if (IsEqualGUID(&n->Event, &GUID_TARGET_DEVICE_QUERY_REMOVE)) {
        if (target->open.EvtIoTargetQueryRemove)
            WDF_CALL_STATUS(status, target->open.EvtIoTargetQueryRemove, (WDFIOTARGET)target);
        else
            close_target(target, WdfIoTargetClosedForQueryRemove);
    } else if (IsEqualGUID(&n->Event, &GUID_TARGET_DEVICE_REMOVE_CANCELLED)) {
        if (target->open.EvtIoTargetRemoveCanceled)
            WDF_CALL(target->open.EvtIoTargetRemoveCanceled, (WDFIOTARGET)target);
    } else if (IsEqualGUID(&n->Event, &GUID_TARGET_DEVICE_REMOVE_COMPLETE)) {
        if (target->open.EvtIoTargetRemoveComplete)
            WDF_CALL(target->open.EvtIoTargetRemoveComplete, (WDFIOTARGET)target);
        else
            close_target(target, WdfIoTargetClosed);
    }
    return status;
}

/* --- opening ------------------------------------------------------------------------------------------------------------------ */

/* Makes a remote target of a device; WdfIoTargetOpen opens it. <= DISPATCH_LEVEL. Errors: wdf_object_create.
 * docs: wdfiotarget/nf-wdfiotarget-wdfiotargetcreate */
NTSTATUS NTAPI WdfIoTargetCreate(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, PWDF_OBJECT_ATTRIBUTES IoTargetAttributes,
                                 WDFIOTARGET *IoTarget)
{
    const void *caller = WDF_CALLER();
    struct wdf_device *device = wdf_device_check(Device, caller);
    struct wdf_create create = { .type = &wdf_target_type, .client = wdf_client_of(DriverGlobals), .parent = &device->object,
                                 .attributes = IoTargetAttributes, .caller = caller };
    struct wdf_target *target;

    wdf_need(IoTarget, caller);
    *IoTarget = NULL;
    NTSTATUS status = wdf_object_create(&create, &target);
    if (!NT_SUCCESS(status))
        return status;
    init(target, device);
    target->state = WdfIoTargetClosed;
    list_push_back(&device->remote_targets, &target->node);
    *IoTarget = (WDFIOTARGET)target;
    return STATUS_SUCCESS;
}

static NTSTATUS open_by_name(struct wdf_target *target)
{
    const WDF_IO_TARGET_OPEN_PARAMS *p = &target->open;
    LARGE_INTEGER size = { .QuadPart = p->AllocationSize ? *p->AllocationSize : 0 };
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    PVOID file;

    InitializeObjectAttributes(&attributes, &target->name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    NTSTATUS status = ZwCreateFile(&target->handle, p->DesiredAccess, &attributes, &iosb, p->AllocationSize ? &size : NULL,
                                   p->FileAttributes, p->ShareAccess, p->CreateDisposition, p->CreateOptions, p->EaBuffer,
                                   p->EaBufferLength);
    if (!NT_SUCCESS(status)) {
        target->handle = NULL;
        return status;
    }
    status = ObReferenceObjectByHandle(target->handle, p->DesiredAccess, NULL, KernelMode, &file, NULL);
    if (!NT_SUCCESS(status)) {
        ZwClose(target->handle);
        target->handle = NULL;
        return status;
    }
    target->file = file;
    target->wdm = IoGetRelatedDeviceObject(file);
    if (!NT_SUCCESS(IoRegisterPlugPlayNotification(EventCategoryTargetDeviceChange, 0, file,
                                                   target->object.client->driver_object, notified, target, &target->notification)))
        target->notification = NULL;        /* no PnP device: it is never removed under the file */
    return STATUS_SUCCESS;
}

static NTSTATUS open_device(struct wdf_target *target)
{
    const WDF_IO_TARGET_OPEN_PARAMS *p = &target->open;

    if (!p->TargetDeviceObject)
        return STATUS_INVALID_PARAMETER;
    target->wdm = p->TargetDeviceObject;
    ObReferenceObject(target->wdm);
    target->wdm_referenced = true;
    target->file = p->TargetFileObject;
    if (target->file)
        ObReferenceObject(target->file);
    return STATUS_SUCCESS;
}

static NTSTATUS keep_params(struct wdf_target *target, const WDF_IO_TARGET_OPEN_PARAMS *params, const void *caller)
{
    if (params->Type == WdfIoTargetOpenReopen)
        return target->open.Type == WdfIoTargetOpenUndefined ? STATUS_INVALID_DEVICE_STATE : STATUS_SUCCESS;
    target->open = *params;
    if (params->Type != WdfIoTargetOpenByName)
        return STATUS_SUCCESS;
    return wdf_text_set(target->object.client, &target->name, &params->TargetDeviceName, caller);
}

/* Opens a remote target: a device object, or a name. STATUS_INVALID_DEVICE_STATE (open already), STATUS_INFO_LENGTH_MISMATCH,
 * STATUS_INVALID_PARAMETER, STATUS_NOT_SUPPORTED (by file of the local target), and errors of ZwCreateFile. PASSIVE_LEVEL.
 * docs: wdfiotarget/nf-wdfiotarget-wdfiotargetopen */
NTSTATUS NTAPI WdfIoTargetOpen(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget, PWDF_IO_TARGET_OPEN_PARAMS OpenParams)
{
    const void *caller = WDF_CALLER();
    struct wdf_target *target = wdf_target_check(IoTarget, caller);

    wdf_need(OpenParams, caller);
    if (OpenParams->Size > sizeof *OpenParams)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (target->local || (target->state != WdfIoTargetClosed && target->state != WdfIoTargetClosedForQueryRemove))
        return STATUS_INVALID_DEVICE_STATE;
    NTSTATUS status = keep_params(target, OpenParams, caller);
    if (!NT_SUCCESS(status))
        return status;
    switch (target->open.Type) {
    case WdfIoTargetOpenByName:
        status = open_by_name(target);
        break;
    case WdfIoTargetOpenUseExistingDevice:
        status = open_device(target);
        break;
    case WdfIoTargetOpenLocalTargetByFile:
        return STATUS_NOT_SUPPORTED;
    default:
        return STATUS_INVALID_PARAMETER;
    }
    if (NT_SUCCESS(status))
        target->state = WdfIoTargetStarted;
    return status;
}

/* PASSIVE_LEVEL. docs: wdfiotarget/nf-wdfiotarget-wdfiotargetcloseforqueryremove */
VOID NTAPI WdfIoTargetCloseForQueryRemove(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget)
{
    close_target(wdf_target_check(IoTarget, WDF_CALLER()), WdfIoTargetClosedForQueryRemove);
}

/* Cancels what is out, waits for it and closes. PASSIVE_LEVEL. docs: wdfiotarget/nf-wdfiotarget-wdfiotargetclose */
VOID NTAPI WdfIoTargetClose(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget)
{
    close_target(wdf_target_check(IoTarget, WDF_CALLER()), WdfIoTargetClosed);
}

/* --- starting and stopping ------------------------------------------------------------------------------------------------------ */

static bool is_open(const struct wdf_target *target)
{
    return target->state == WdfIoTargetStarted || target->state == WdfIoTargetStopped || target->state == WdfIoTargetPurged;
}

/* STATUS_INVALID_DEVICE_STATE: closed. <= DISPATCH_LEVEL. docs: wdfiotarget/nf-wdfiotarget-wdfiotargetstart */
NTSTATUS NTAPI WdfIoTargetStart(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget)
{
    struct wdf_target *target = wdf_target_check(IoTarget, WDF_CALLER());

    if (!is_open(target))
        return STATUS_INVALID_DEVICE_STATE;
    target->state = WdfIoTargetStarted;
    wdf_target_send_waiting(target);
    return STATUS_SUCCESS;
}

/* Requests wait from now on; what is out is cancelled (and waited for), waited for, or left. PASSIVE_LEVEL, <= DISPATCH_LEVEL
 * to leave it. docs: wdfiotarget/nf-wdfiotarget-wdfiotargetstop */
VOID NTAPI WdfIoTargetStop(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget, WDF_IO_TARGET_SENT_IO_ACTION Action)
{
    struct wdf_target *target = wdf_target_check(IoTarget, WDF_CALLER());

    if (!is_open(target))
        return;
    target->state = WdfIoTargetStopped;
    if (Action == WdfIoTargetCancelSentIo)
        wdf_target_cancel_sent(target);
    if (Action != WdfIoTargetLeaveSentIoPending)
        wdf_target_wait_sent(target);
}

/* Requests fail from now on; what waits and what is out is cancelled, and (AndWait) waited for. PASSIVE_LEVEL to wait, else
 * <= DISPATCH_LEVEL. docs: wdfiotarget/nf-wdfiotarget-wdfiotargetpurge */
VOID NTAPI WdfIoTargetPurge(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget, WDF_IO_TARGET_PURGE_IO_ACTION Action)
{
    struct wdf_target *target = wdf_target_check(IoTarget, WDF_CALLER());

    if (!is_open(target))
        return;
    target->state = WdfIoTargetPurged;
    wdf_target_cancel_waiting(target);
    wdf_target_cancel_sent(target);
    if (Action == WdfIoTargetPurgeIoAndWait)
        wdf_target_wait_sent(target);
}

/* --- questions ---------------------------------------------------------------------------------------------------------------------- */

/* <= DISPATCH_LEVEL. docs: wdfiotarget/nf-wdfiotarget-wdfiotargetgetstate */
WDF_IO_TARGET_STATE NTAPI WdfIoTargetGetState(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget)
{
    return wdf_target_check(IoTarget, WDF_CALLER())->state;
}

/* <= DISPATCH_LEVEL. docs: wdfiotarget/nf-wdfiotarget-wdfiotargetgetdevice */
WDFDEVICE NTAPI WdfIoTargetGetDevice(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget)
{
    return (WDFDEVICE)wdf_target_check(IoTarget, WDF_CALLER())->device;
}

/* The local target, NULL for a control device. <= DISPATCH_LEVEL. docs: wdfdevice/nf-wdfdevice-wdfdevicegetiotarget */
WDFIOTARGET NTAPI WdfDeviceGetIoTarget(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device)
{
    return (WDFIOTARGET)wdf_device_check(Device, WDF_CALLER())->target;
}

/* NULL while it is closed. <= DISPATCH_LEVEL. docs: wdfiotarget/nf-wdfiotarget-wdfiotargetwdmgettargetdeviceobject */
PDEVICE_OBJECT NTAPI WdfIoTargetWdmGetTargetDeviceObject(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget)
{
    return wdf_target_check(IoTarget, WDF_CALLER())->wdm;
}

/* The physical device object of the target's stack, NULL when it is no PnP stack. <= DISPATCH_LEVEL.
 * docs: wdfiotarget/nf-wdfiotarget-wdfiotargetwdmgettargetphysicaldevice */
PDEVICE_OBJECT NTAPI WdfIoTargetWdmGetTargetPhysicalDevice(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget)
{
    struct wdf_target *target = wdf_target_check(IoTarget, WDF_CALLER());

    return target->local ? target->device->pdo : target->wdm ? io_base_of_stack(target->wdm) : NULL;
}

/* <= DISPATCH_LEVEL. docs: wdfiotarget/nf-wdfiotarget-wdfiotargetwdmgettargetfileobject */
PFILE_OBJECT NTAPI WdfIoTargetWdmGetTargetFileObject(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget)
{
    return wdf_target_check(IoTarget, WDF_CALLER())->file;
}

/* <= DISPATCH_LEVEL. docs: wdfiotarget/nf-wdfiotarget-wdfiotargetwdmgettargetfilehandle */
HANDLE NTAPI WdfIoTargetWdmGetTargetFileHandle(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget)
{
    return wdf_target_check(IoTarget, WDF_CALLER())->handle;
}

/* PASSIVE_LEVEL. STATUS_INVALID_DEVICE_STATE: closed; and what IoGetDeviceProperty answers.
 * docs: wdfiotarget/nf-wdfiotarget-wdfiotargetquerytargetproperty */
NTSTATUS NTAPI WdfIoTargetQueryTargetProperty(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget,
                                              DEVICE_REGISTRY_PROPERTY DeviceProperty, ULONG BufferLength, PVOID PropertyBuffer,
                                              PULONG ResultLength)
{
    const void *caller = WDF_CALLER();
    struct wdf_target *target = wdf_target_check(IoTarget, caller);

    wdf_need(ResultLength, caller);
    if (!target->wdm)
        return STATUS_INVALID_DEVICE_STATE;
    return IoGetDeviceProperty(target->local ? target->device->pdo : io_base_of_stack(target->wdm), DeviceProperty, BufferLength,
                               PropertyBuffer, ResultLength);
}

/* The same as a new memory object. docs: wdfiotarget/nf-wdfiotarget-wdfiotargetallocandquerytargetproperty */
NTSTATUS NTAPI WdfIoTargetAllocAndQueryTargetProperty(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget,
                                                      DEVICE_REGISTRY_PROPERTY DeviceProperty, POOL_TYPE PoolType,
                                                      PWDF_OBJECT_ATTRIBUTES PropertyMemoryAttributes, WDFMEMORY *PropertyMemory)
{
    const void *caller = WDF_CALLER();
    struct wdf_target *target = wdf_target_check(IoTarget, caller);

    wdf_need(PropertyMemory, caller);
    if (!target->wdm)
        return STATUS_INVALID_DEVICE_STATE;
    return wdf_property_alloc(target->object.client, target->local ? target->device->pdo : io_base_of_stack(target->wdm),
                              DeviceProperty, PoolType, PropertyMemoryAttributes, caller, PropertyMemory);
}

/* Asks the target's stack for an interface. PASSIVE_LEVEL. docs: wdfiotarget/nf-wdfiotarget-wdfiotargetqueryforinterface */
NTSTATUS NTAPI WdfIoTargetQueryForInterface(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget, LPCGUID InterfaceType,
                                            PINTERFACE Interface, USHORT Size, USHORT Version, PVOID InterfaceSpecificData)
{
    const void *caller = WDF_CALLER();
    struct wdf_target *target = wdf_target_check(IoTarget, caller);

    wdf_need(InterfaceType, caller);
    wdf_need(Interface, caller);
    if (!target->wdm)
        return STATUS_INVALID_DEVICE_STATE;
    return wdf_query_interface(target->wdm, InterfaceType, Interface, Size, Version, InterfaceSpecificData);
}
