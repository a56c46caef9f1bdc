/* Plug and Play for function and filter drivers.
 *
 * step        | reached by                                                       | left by
 * ------------|------------------------------------------------------------------|-------------------------------------------
 * CREATED     | EvtDriverDeviceAdd                                               |
 * HARDWARE    | EvtDevicePrepareHardware                                         | EvtDeviceReleaseHardware
 * POWERED     | EvtDeviceD0Entry                                                 | EvtDeviceD0Exit
 * INTERRUPTS  | EvtInterruptEnable, EvtDeviceD0EntryPostInterruptsEnabled        | ...D0ExitPreInterruptsDisabled, ...Disable
 * STARTED     | DMA, queues, EvtDeviceSelfManagedIoInit or Restart               | ...SelfManagedIoSuspend, EvtIoStop, DMA
 *
 * docs: wdf/power-up-sequence-for-a-function-or-filter-driver, wdf/power-down-and-removal-sequence-for-a-function-or-filter-driver,
 * wdf/surprise-removal-sequence */
#include "wdf/child_list.h"

#include "base/log.h"
#include "wdf/queue.h"
#include "wdf/target.h"
#include "wdf/wmi.h"

#define HANDLE_OF(device) ((WDFDEVICE)(device))

/* --- up and down ---------------------------------------------------------------------------------------------------------- */

static NTSTATUS self_managed_start(struct wdf_device *device)
{
    NTSTATUS status = STATUS_SUCCESS;

    if (!device->io_initialized) {
        if (device->settings.pnp.EvtDeviceSelfManagedIoInit)
            WDF_CALL_STATUS(status, device->settings.pnp.EvtDeviceSelfManagedIoInit, HANDLE_OF(device));
        device->io_initialized = true;
    } else if (device->io_suspended && device->settings.pnp.EvtDeviceSelfManagedIoRestart) {
        WDF_CALL_STATUS(status, device->settings.pnp.EvtDeviceSelfManagedIoRestart, HANDLE_OF(device));
    }
    device->io_suspended = false;
    return status;
}

static NTSTATUS enable_interrupts(struct wdf_device *device, WDF_POWER_DEVICE_STATE previous)
{
    NTSTATUS status = wdf_interrupts_connect(device);

    if (NT_SUCCESS(status)) {
        device->step = STEP_INTERRUPTS;
        if (device->settings.pnp.EvtDeviceD0EntryPostInterruptsEnabled)
            WDF_CALL_STATUS(status, device->settings.pnp.EvtDeviceD0EntryPostInterruptsEnabled, HANDLE_OF(device), previous);
    }
    return status;
}

NTSTATUS wdf_power_up(struct wdf_device *device, WDF_POWER_DEVICE_STATE previous)
{
    NTSTATUS status = STATUS_SUCCESS;

    if (device->settings.pnp.EvtDeviceD0Entry)
        WDF_CALL_STATUS(status, device->settings.pnp.EvtDeviceD0Entry, HANDLE_OF(device), previous);
    if (NT_SUCCESS(status)) {
        device->step = STEP_POWERED;
        device->power = PowerDeviceD0;
        status = enable_interrupts(device, previous);
    }
    if (NT_SUCCESS(status))
        status = wdf_dma_power_up(device);
    if (NT_SUCCESS(status)) {
        device->step = STEP_STARTED;
        wdf_child_lists_scan(device);
        wdf_queues_resume(device);
        status = self_managed_start(device);
    }
    if (!NT_SUCCESS(status)) {
        log_warn("wdf", "%s: a device did not reach its working state: status 0x%08x", device->object.client->globals.DriverName,
                 (unsigned)status);
        wdf_power_down(device, WdfPowerDeviceD3Final);
    }
    return status;
}

static void suspend_io(struct wdf_device *device, bool final)
{
    NTSTATUS status;

    if (device->io_initialized && !device->io_suspended) {
        device->io_suspended = true;
        if (device->settings.pnp.EvtDeviceSelfManagedIoSuspend)
            WDF_CALL_STATUS(status, device->settings.pnp.EvtDeviceSelfManagedIoSuspend, HANDLE_OF(device));
    }
    wdf_queues_hold(device, final && device->surprise_removed ? WdfRequestStopActionPurge : WdfRequestStopActionSuspend);
    wdf_dma_power_down(device);
    device->step = STEP_INTERRUPTS;
    (void)status;
}

NTSTATUS wdf_power_down(struct wdf_device *device, WDF_POWER_DEVICE_STATE target)
{
    const WDF_PNPPOWER_EVENT_CALLBACKS *pnp = &device->settings.pnp;
    NTSTATUS status = STATUS_SUCCESS;

    if (device->step == STEP_STARTED)
        suspend_io(device, target == WdfPowerDeviceD3Final);
    if (device->step == STEP_INTERRUPTS) {
        if (pnp->EvtDeviceD0ExitPreInterruptsDisabled)
            WDF_CALL_STATUS(status, pnp->EvtDeviceD0ExitPreInterruptsDisabled, HANDLE_OF(device), target);
        wdf_interrupts_disconnect(device);
        device->step = STEP_POWERED;
    }
    if (device->step == STEP_POWERED) {
        if (pnp->EvtDeviceD0Exit)
            WDF_CALL_STATUS(status, pnp->EvtDeviceD0Exit, HANDLE_OF(device), target);
        device->step = STEP_HARDWARE;
        device->power = PowerDeviceD3;
    }
    return status;
}

static void release_hardware(struct wdf_device *device)
{
    NTSTATUS status;

    if (device->step != STEP_HARDWARE)
        return;
    device->step = STEP_CREATED;
    if (device->settings.pnp.EvtDeviceReleaseHardware)
        WDF_CALL_STATUS(status, device->settings.pnp.EvtDeviceReleaseHardware, HANDLE_OF(device),
                        (WDFCMRESLIST)device->translated_list);
    wdf_interrupts_release(device);
    wdf_resources_drop(device);
    (void)status;
}

/* --- start and stop ------------------------------------------------------------------------------------------------------- */

static NTSTATUS bring_up(struct wdf_device *device, PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    NTSTATUS status = wdf_resources_set(device, stack->Parameters.StartDevice.AllocatedResources,
                                        stack->Parameters.StartDevice.AllocatedResourcesTranslated);

    if (!NT_SUCCESS(status))
        return status;
    device->step = STEP_HARDWARE;
    wdf_interrupts_assign(device);
    if (device->settings.pnp.EvtDevicePrepareHardware)
        WDF_CALL_STATUS(status, device->settings.pnp.EvtDevicePrepareHardware, HANDLE_OF(device),
                        (WDFCMRESLIST)device->raw_list, (WDFCMRESLIST)device->translated_list);
    if (NT_SUCCESS(status))
        status = wdf_power_up(device, WdfPowerDeviceD3Final);
    if (!NT_SUCCESS(status)) {
        release_hardware(device);
        return status;
    }
    wdf_interfaces_enable(device, true);
    wdf_wmi_start(device);
    return STATUS_SUCCESS;
}

static NTSTATUS start(struct wdf_device *device, PIRP irp)
{
    NTSTATUS status = wdf_start_below(device, irp);

    if (NT_SUCCESS(status))
        status = bring_up(device, irp);
    return wdf_complete_irp(irp, status, irp->IoStatus.Information);
}

static NTSTATUS query(struct wdf_device *device, PIRP irp, NTSTATUS (NTAPI *callback)(WDFDEVICE))
{
    NTSTATUS status = STATUS_SUCCESS;

    if (callback)
        WDF_CALL_STATUS(status, callback, HANDLE_OF(device));
    if (!NT_SUCCESS(status))
        return wdf_complete_irp(irp, status, 0);
    irp->IoStatus.Status = STATUS_SUCCESS;
    return wdf_pass_down(device, irp);
}

static NTSTATUS stop(struct wdf_device *device, PIRP irp)
{
    wdf_power_down(device, WdfPowerDeviceD3Final);
    release_hardware(device);
    irp->IoStatus.Status = STATUS_SUCCESS;
    return wdf_pass_down(device, irp);
}

/* --- removal ---------------------------------------------------------------------------------------------------------------- */

static void shut_hardware(struct wdf_device *device)
{
    wdf_wmi_stop(device);
    wdf_interfaces_enable(device, false);
    wdf_power_down(device, WdfPowerDeviceD3Final);
    release_hardware(device);
}

static NTSTATUS surprise(struct wdf_device *device, PIRP irp)
{
    device->surprise_removed = true;
    if (device->settings.pnp.EvtDeviceSurpriseRemoval)
        WDF_CALL(device->settings.pnp.EvtDeviceSurpriseRemoval, HANDLE_OF(device));
    shut_hardware(device);
    irp->IoStatus.Status = STATUS_SUCCESS;
    return wdf_pass_down(device, irp);
}

static NTSTATUS remove_device(struct wdf_device *device, PIRP irp)
{
    const WDF_PNPPOWER_EVENT_CALLBACKS *pnp = &device->settings.pnp;
    NTSTATUS status;

    shut_hardware(device);
    if (device->io_initialized && pnp->EvtDeviceSelfManagedIoFlush)
        WDF_CALL(pnp->EvtDeviceSelfManagedIoFlush, HANDLE_OF(device));
    if (device->child_state != CHILD_PRESENT)
        wdf_device_wait_for_requests(device);
    if (device->io_initialized && pnp->EvtDeviceSelfManagedIoCleanup)
        WDF_CALL(pnp->EvtDeviceSelfManagedIoCleanup, HANDLE_OF(device));
    wdf_targets_close(device);
    if (device->parent)
        return wdf_child_removed(device, irp);
    wdf_children_drop(device);
    irp->IoStatus.Status = STATUS_SUCCESS;
    status = wdf_pass_down(device, irp);
    wdf_device_remove(device);
    return status;
}

/* --- questions ---------------------------------------------------------------------------------------------------------------- */

static void merge(WDF_TRI_STATE wanted, ULONG *flags, ULONG bit)
{
    if (wanted == WdfTrue)
        *flags |= bit;
    else if (wanted == WdfFalse)
        *flags &= ~bit;
}

static NTSTATUS device_state(struct wdf_device *device, PIRP irp)
{
    const WDF_DEVICE_STATE *state = &device->state;
    ULONG flags = (ULONG)irp->IoStatus.Information;

    merge(state->Disabled, &flags, PNP_DEVICE_DISABLED);
    merge(state->DontDisplayInUI, &flags, PNP_DEVICE_DONT_DISPLAY_IN_UI);
    merge(state->Failed, &flags, PNP_DEVICE_FAILED);
    merge(state->NotDisableable, &flags, PNP_DEVICE_NOT_DISABLEABLE);
    merge(state->Removed, &flags, PNP_DEVICE_REMOVED);
    merge(state->ResourcesChanged, &flags, PNP_DEVICE_RESOURCE_REQUIREMENTS_CHANGED);
    if (device->failed)
        flags |= PNP_DEVICE_FAILED;
    irp->IoStatus.Information = flags;
    irp->IoStatus.Status = STATUS_SUCCESS;
    return wdf_pass_down(device, irp);
}

#define TRI(field, wanted)                                       \
    do {                                                         \
        if ((wanted) != WdfUseDefault)                           \
            caps->field = (wanted) == WdfTrue;                   \
    } while (0)

static void merge_pnp(PDEVICE_CAPABILITIES caps, const WDF_DEVICE_PNP_CAPABILITIES *p)
{
    TRI(LockSupported, p->LockSupported);
    TRI(EjectSupported, p->EjectSupported);
    TRI(Removable, p->Removable);
    TRI(DockDevice, p->DockDevice);
    TRI(UniqueID, p->UniqueID);
    TRI(SilentInstall, p->SilentInstall);
    TRI(SurpriseRemovalOK, p->SurpriseRemovalOK);
    TRI(HardwareDisabled, p->HardwareDisabled);
    TRI(NoDisplayInUI, p->NoDisplayInUI);
    if (p->Address != (ULONG)-1)
        caps->Address = p->Address;
    if (p->UINumber != (ULONG)-1)
        caps->UINumber = p->UINumber;
}

static void merge_power(PDEVICE_CAPABILITIES caps, const WDF_DEVICE_POWER_CAPABILITIES *p)
{
    TRI(DeviceD1, p->DeviceD1);
    TRI(DeviceD2, p->DeviceD2);
    TRI(WakeFromD0, p->WakeFromD0);
    TRI(WakeFromD1, p->WakeFromD1);
    TRI(WakeFromD2, p->WakeFromD2);
    TRI(WakeFromD3, p->WakeFromD3);
    for (unsigned i = 0; i < PowerSystemMaximum; i++)
        if (p->DeviceState[i] != PowerDeviceMaximum)
            caps->DeviceState[i] = p->DeviceState[i];
    if (p->DeviceWake != PowerDeviceMaximum)
        caps->DeviceWake = p->DeviceWake;
    if (p->SystemWake != PowerSystemMaximum)
        caps->SystemWake = p->SystemWake;
    caps->D1Latency = p->D1Latency != (ULONG)-1 ? p->D1Latency : caps->D1Latency;
    caps->D2Latency = p->D2Latency != (ULONG)-1 ? p->D2Latency : caps->D2Latency;
    caps->D3Latency = p->D3Latency != (ULONG)-1 ? p->D3Latency : caps->D3Latency;
}

static NTSTATUS capabilities(struct wdf_device *device, PIRP irp)
{
    PDEVICE_CAPABILITIES caps = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceCapabilities.Capabilities;
    NTSTATUS status;

    if (device->has_pnp_caps && device->pnp_caps.Removable == WdfTrue)
        caps->Removable = TRUE;
    status = wdf_pass_and_wait(device, irp);
    if (device->parent)
        wdf_pdo_capabilities(device, caps);
    if (NT_SUCCESS(status) && device->has_pnp_caps)
        merge_pnp(caps, &device->pnp_caps);
    if (NT_SUCCESS(status) && device->has_power_caps)
        merge_power(caps, &device->power_caps);
    return wdf_complete_irp(irp, status, irp->IoStatus.Information);
}

static NTSTATUS usage(struct wdf_device *device, PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    WDF_SPECIAL_FILE_TYPE type = (WDF_SPECIAL_FILE_TYPE)stack->Parameters.UsageNotification.Type;
    BOOLEAN on = stack->Parameters.UsageNotification.InPath;

    if (device->settings.kind == DEVICE_FDO && !(device->special_files & 1u << type))
        return wdf_complete_irp(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    if (device->settings.pnp.EvtDeviceUsageNotification)
        WDF_CALL(device->settings.pnp.EvtDeviceUsageNotification, HANDLE_OF(device), type, on);
    irp->IoStatus.Status = STATUS_SUCCESS;
    return wdf_pass_down(device, irp);
}

static NTSTATUS query_interface(struct wdf_device *device, PIRP irp)
{
    NTSTATUS status;

    return wdf_interface_answers(device, irp, &status) ? wdf_complete_irp(irp, status, 0) : wdf_pass_down(device, irp);
}

static NTSTATUS cancelled(struct wdf_device *device, PIRP irp)
{
    irp->IoStatus.Status = STATUS_SUCCESS;
    return wdf_pass_down(device, irp);
}

NTSTATUS wdf_pnp_dispatch(struct wdf_device *device, PIRP irp)
{
    const WDF_PNPPOWER_EVENT_CALLBACKS *pnp = &device->settings.pnp;

    NTSTATUS status;

    if (!device->pdo)
        return wdf_complete_irp(irp, irp->IoStatus.Status, irp->IoStatus.Information);
    if (device->parent && wdf_pdo_answers(device, irp, &status))
        return wdf_complete_irp(irp, status, irp->IoStatus.Information);
    switch (IoGetCurrentIrpStackLocation(irp)->MinorFunction) {
    case IRP_MN_START_DEVICE:
        return start(device, irp);
    case IRP_MN_QUERY_STOP_DEVICE:
        return query(device, irp, pnp->EvtDeviceQueryStop);
    case IRP_MN_STOP_DEVICE:
        return stop(device, irp);
    case IRP_MN_QUERY_REMOVE_DEVICE:
        return query(device, irp, pnp->EvtDeviceQueryRemove);
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
        return cancelled(device, irp);
    case IRP_MN_SURPRISE_REMOVAL:
        return surprise(device, irp);
    case IRP_MN_REMOVE_DEVICE:
        return remove_device(device, irp);
    case IRP_MN_QUERY_PNP_DEVICE_STATE:
        return device_state(device, irp);
    case IRP_MN_QUERY_CAPABILITIES:
        return capabilities(device, irp);
    case IRP_MN_DEVICE_USAGE_NOTIFICATION:
        return usage(device, irp);
    case IRP_MN_QUERY_INTERFACE:
        return query_interface(device, irp);
    case IRP_MN_QUERY_DEVICE_RELATIONS:
        return wdf_children_relations(device, irp);
    case IRP_MN_FILTER_RESOURCE_REQUIREMENTS:
        return wdf_filter_requirements(device, irp);
    default:
        return wdf_pass_down(device, irp);
    }
}
