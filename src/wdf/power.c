/* Power: device and system power requests, and what drivers say about states. docs: wdf/power-management-in-wdf-drivers */
#include "wdf/pdo.h"

static bool owns_policy(const struct wdf_device *device)
{
    if (device->settings.policy_owner != WdfUseDefault)
        return device->settings.policy_owner == WdfTrue;
    return device->settings.kind == DEVICE_FDO || (device->parent && device->settings.pdo->raw);
}

static WDF_POWER_DEVICE_STATE wdf_state(DEVICE_POWER_STATE state)
{
    return (WDF_POWER_DEVICE_STATE)state;       /* both count D0 = 1 ... D3 = 4 */
}

static NTSTATUS device_power(struct wdf_device *device, PIRP irp, DEVICE_POWER_STATE state)
{
    DEVICE_POWER_STATE before = device->power;
    NTSTATUS status;

    if (state != PowerDeviceD0) {
        if (device->step >= STEP_POWERED)
            wdf_power_down(device, wdf_state(state));
        device->power = state;
        PoStartNextPowerIrp(irp);
        irp->IoStatus.Status = STATUS_SUCCESS;
        return wdf_pass_down(device, irp);
    }
    status = wdf_pass_and_wait(device, irp);
    if (NT_SUCCESS(status) && device->step == STEP_HARDWARE) {
        status = wdf_power_up(device, wdf_state(before));
        if (!NT_SUCCESS(status)) {
            device->failed = true;
            IoInvalidateDeviceState(device->pdo);
            status = STATUS_SUCCESS;    /* a power-up request cannot fail; the device is reported as failed instead */
        }
    }
    PoStartNextPowerIrp(irp);
    return wdf_complete_irp(irp, status, 0);
}

static VOID NTAPI device_power_done(PDEVICE_OBJECT wdm, UCHAR minor, POWER_STATE state, PVOID context, PIO_STATUS_BLOCK result)
{
    KeSetEvent(context, IO_NO_INCREMENT, FALSE);
}

/* The policy owner follows the system with a request of its own. */
static NTSTATUS system_power(struct wdf_device *device, PIRP irp, SYSTEM_POWER_STATE system)
{
    POWER_STATE wanted = { .DeviceState = system == PowerSystemWorking ? PowerDeviceD0 : PowerDeviceD3 };
    NTSTATUS status = wdf_pass_and_wait(device, irp);
    KEVENT done;

    device->system_power = system;
    if (NT_SUCCESS(status) && owns_policy(device)) {
        KeInitializeEvent(&done, NotificationEvent, FALSE);
        if (PoRequestPowerIrp(device->pdo, IRP_MN_SET_POWER, wanted, device_power_done, &done, NULL) == STATUS_PENDING)
            KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
    }
    PoStartNextPowerIrp(irp);
    return wdf_complete_irp(irp, status, 0);
}

NTSTATUS wdf_power_dispatch(struct wdf_device *device, PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);

    if (!device->pdo) {
        PoStartNextPowerIrp(irp);
        return wdf_complete_irp(irp, irp->IoStatus.Status, 0);
    }
    if (stack->MinorFunction == IRP_MN_SET_POWER) {
        device->power_action = stack->Parameters.Power.ShutdownType;
        if (stack->Parameters.Power.Type == DevicePowerState)
            return device_power(device, irp, stack->Parameters.Power.State.DeviceState);
        return system_power(device, irp, stack->Parameters.Power.State.SystemState);
    }
    PoStartNextPowerIrp(irp);
    if (stack->MinorFunction == IRP_MN_QUERY_POWER)
        irp->IoStatus.Status = STATUS_SUCCESS;
    return wdf_pass_down(device, irp);
}

/* --- what drivers call -------------------------------------------------------------------------------------------------------- */

/* Where the device is, as the states of the framework's PnP machine. <= DISPATCH_LEVEL.
 * docs: wdfdevice/nf-wdfdevice-wdfdevicegetdevicepnpstate */
WDF_DEVICE_PNP_STATE NTAPI WdfDeviceGetDevicePnpState(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device)
{
    struct wdf_device *device = wdf_device_check(Device, WDF_CALLER());

    if (device->removed)
        return WdfDevStatePnpRemoved;
    if (device->surprise_removed)
        return WdfDevStatePnpSurpriseRemove;
    if (device->step >= STEP_HARDWARE)
        return WdfDevStatePnpStarted;
    return device->io_initialized ? WdfDevStatePnpStopped : WdfDevStatePnpInit;
}

/* <= DISPATCH_LEVEL. docs: wdfdevice/nf-wdfdevice-wdfdevicegetdevicepowerstate */
WDF_DEVICE_POWER_STATE NTAPI WdfDeviceGetDevicePowerState(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device)
{
    struct wdf_device *device = wdf_device_check(Device, WDF_CALLER());

    if (device->step == STEP_STARTED)
        return WdfDevStatePowerD0;
    return device->step >= STEP_HARDWARE ? WdfDevStatePowerDx : WdfDevStatePowerStopped;
}

/* <= DISPATCH_LEVEL. docs: wdfdevice/nf-wdfdevice-wdfdevicegetdevicepowerpolicystate */
WDF_DEVICE_POWER_POLICY_STATE NTAPI WdfDeviceGetDevicePowerPolicyState(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device)
{
    struct wdf_device *device = wdf_device_check(Device, WDF_CALLER());

    if (device->step < STEP_HARDWARE)
        return WdfDevStatePwrPolStopped;
    return device->system_power == PowerSystemWorking ? WdfDevStatePwrPolStarted : WdfDevStatePwrPolSystemAsleepNoWake;
}

/* What the system is going to do, in a power-down callback. <= DISPATCH_LEVEL. docs: wdfdevice/nf-wdfdevice-wdfdevicegetsystempoweraction */
POWER_ACTION NTAPI WdfDeviceGetSystemPowerAction(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device)
{
    return wdf_device_check(Device, WDF_CALLER())->power_action;
}

/* The settings are checked; the device stays in its working state, however idle it is. PASSIVE_LEVEL.
 * STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_DEVICE_REQUEST (not the power policy owner).
 * docs: wdfdevice/nf-wdfdevice-wdfdeviceassigns0idlesettings */
NTSTATUS NTAPI WdfDeviceAssignS0IdleSettings(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                             PWDF_DEVICE_POWER_POLICY_IDLE_SETTINGS Settings)
{
    const void *caller = WDF_CALLER();
    struct wdf_device *device = wdf_device_check(Device, caller);

    wdf_need(Settings, caller);
    if (Settings->Size > sizeof *Settings)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (!owns_policy(device))
        return STATUS_INVALID_DEVICE_REQUEST;
    return Settings->IdleCaps == IdleCannotWakeFromS0 ? STATUS_SUCCESS : STATUS_POWER_STATE_INVALID;
}

/* No device of this computer can wake it: STATUS_POWER_STATE_INVALID. PASSIVE_LEVEL. docs: wdfdevice/nf-wdfdevice-wdfdeviceassignsxwakesettings */
NTSTATUS NTAPI WdfDeviceAssignSxWakeSettings(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                             PWDF_DEVICE_POWER_POLICY_WAKE_SETTINGS Settings)
{
    const void *caller = WDF_CALLER();
    struct wdf_device *device = wdf_device_check(Device, caller);

    wdf_need(Settings, caller);
    if (Settings->Size != sizeof *Settings)
        return STATUS_INFO_LENGTH_MISMATCH;
    return owns_policy(device) ? STATUS_POWER_STATE_INVALID : STATUS_INVALID_DEVICE_REQUEST;
}

static NTSTATUS stop_idle(struct wdf_device *device)
{
    if (device->step < STEP_POWERED)
        return device->step < STEP_HARDWARE ? STATUS_INVALID_DEVICE_STATE : STATUS_PENDING;
    device->stop_idle++;
    return STATUS_SUCCESS;
}

/* Keeps the device in its working state, which it does not leave by itself. STATUS_INVALID_DEVICE_STATE, STATUS_PENDING.
 * <= DISPATCH_LEVEL. docs: wdfdevice/nf-wdfdevice-wdfdevicestopidle */
NTSTATUS NTAPI WdfDeviceStopIdleNoTrack(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, BOOLEAN WaitForD0)
{
    return stop_idle(wdf_device_check(Device, WDF_CALLER()));
}

/* docs: wdfdevice/nf-wdfdevice-wdfdevicestopidlewithtag */
NTSTATUS NTAPI WdfDeviceStopIdleActual(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, BOOLEAN WaitForD0, PVOID Tag,
                                       LONG Line, PCCH File)
{
    return stop_idle(wdf_device_check(Device, WDF_CALLER()));
}

static void resume_idle(struct wdf_device *device)
{
    if (device->stop_idle)
        device->stop_idle--;
}

/* <= DISPATCH_LEVEL. docs: wdfdevice/nf-wdfdevice-wdfdeviceresumeidle */
VOID NTAPI WdfDeviceResumeIdleNoTrack(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device)
{
    resume_idle(wdf_device_check(Device, WDF_CALLER()));
}

/* docs: wdfdevice/nf-wdfdevice-wdfdeviceresumeidlewithtag */
VOID NTAPI WdfDeviceResumeIdleActual(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, PVOID Tag, LONG Line, PCCH File)
{
    resume_idle(wdf_device_check(Device, WDF_CALLER()));
}

/* --- PnP state ---------------------------------------------------------------------------------------------------------------- */

/* The device has failed: PnP removes it, or (WdfDeviceFailedAttemptRestart) would try again, which is not done here.
 * <= DISPATCH_LEVEL. docs: wdfdevice/nf-wdfdevice-wdfdevicesetfailed */
VOID NTAPI WdfDeviceSetFailed(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, WDF_DEVICE_FAILED_ACTION FailedAction)
{
    struct wdf_device *device = wdf_device_check(Device, WDF_CALLER());

    device->failed = true;
    if (device->pdo)
        IoInvalidateDeviceState(device->pdo);
}

/* <= DISPATCH_LEVEL. docs: wdfdevice/nf-wdfdevice-wdfdevicegetdevicestate */
VOID NTAPI WdfDeviceGetDeviceState(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, PWDF_DEVICE_STATE DeviceState)
{
    const void *caller = WDF_CALLER();
    struct wdf_device *device = wdf_device_check(Device, caller);

    wdf_need(DeviceState, caller);
    ULONG size = DeviceState->Size;
    memcpy(DeviceState, &device->state, size < sizeof device->state ? size : sizeof device->state);
    DeviceState->Size = size;
}

/* PnP asks for the state again. <= DISPATCH_LEVEL. docs: wdfdevice/nf-wdfdevice-wdfdevicesetdevicestate */
VOID NTAPI WdfDeviceSetDeviceState(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, PWDF_DEVICE_STATE DeviceState)
{
    const void *caller = WDF_CALLER();
    struct wdf_device *device = wdf_device_check(Device, caller);

    wdf_need(DeviceState, caller);
    memcpy(&device->state, DeviceState, DeviceState->Size < sizeof device->state ? DeviceState->Size : sizeof device->state);
    if (device->pdo)
        IoInvalidateDeviceState(device->pdo);
}

/* The device cannot be disabled. <= DISPATCH_LEVEL. docs: wdfdevice/nf-wdfdevice-wdfdevicesetstaticstopremove */
VOID NTAPI WdfDeviceSetStaticStopRemove(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, BOOLEAN Stoppable)
{
    struct wdf_device *device = wdf_device_check(Device, WDF_CALLER());

    device->state.NotDisableable = Stoppable ? WdfUseDefault : WdfTrue;
    if (device->pdo && device->step >= STEP_HARDWARE)
        IoInvalidateDeviceState(device->pdo);
}

/* PASSIVE_LEVEL. docs: wdfdevice/nf-wdfdevice-wdfdevicesetpnpcapabilities */
VOID NTAPI WdfDeviceSetPnpCapabilities(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                       PWDF_DEVICE_PNP_CAPABILITIES PnpCapabilities)
{
    const void *caller = WDF_CALLER();
    struct wdf_device *device = wdf_device_check(Device, caller);

    wdf_need(PnpCapabilities, caller);
    device->pnp_caps = *PnpCapabilities;
    device->has_pnp_caps = true;
}

/* PASSIVE_LEVEL. docs: wdfdevice/nf-wdfdevice-wdfdevicesetpowercapabilities */
VOID NTAPI WdfDeviceSetPowerCapabilities(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                         PWDF_DEVICE_POWER_CAPABILITIES PowerCapabilities)
{
    const void *caller = WDF_CALLER();
    struct wdf_device *device = wdf_device_check(Device, caller);

    wdf_need(PowerCapabilities, caller);
    device->power_caps = *PowerCapabilities;
    device->has_power_caps = true;
}

/* Which special files (paging, dump, hibernation) the device may hold. PASSIVE_LEVEL. docs: wdfdevice/nf-wdfdevice-wdfdevicesetspecialfilesupport */
VOID NTAPI WdfDeviceSetSpecialFileSupport(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, WDF_SPECIAL_FILE_TYPE FileType,
                                          BOOLEAN Supported)
{
    struct wdf_device *device = wdf_device_check(Device, WDF_CALLER());

    if (Supported)
        device->special_files |= 1u << FileType;
    else
        device->special_files &= ~(1u << FileType);
}

/* Wake signals: nothing of this computer sends any. STATUS_INVALID_DEVICE_STATE. <= DISPATCH_LEVEL.
 * docs: wdfdevice/nf-wdfdevice-wdfdeviceindicatewakestatus */
NTSTATUS NTAPI WdfDeviceIndicateWakeStatus(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, NTSTATUS WaitWakeStatus)
{
    wdf_device_check(Device, WDF_CALLER());
    return STATUS_INVALID_DEVICE_STATE;
}
