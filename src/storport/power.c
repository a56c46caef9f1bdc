/* Power of an adapter. Before it leaves D0 its requests are drained, and the miniport stops it: with ScsiAdapterPower when it knows
 * that, with ScsiStopAdapter otherwise. Back in D0 it restarts in the same way; a miniport without ScsiRestartAdapter gets
 * HwStorFindAdapter and HwStorInitialize again. docs: storport/nc-storport-hw_adapter_control */
#include "storport/adapter.h"

#include "nt/io.h"

static void tell(struct adapter *a, STOR_DEVICE_POWER_STATE state, STOR_POWER_ACTION action)
{
    STOR_ADAPTER_CONTROL_POWER power = {
        .Header = { STOR_ADAPTER_CONTROL_POWER_VERSION_V1, sizeof power, NULL },
        .PowerAction = action,
        .PowerState = state,
    };

    adapter_control(a, ScsiAdapterPower, &power);
}

static void wait_idle(struct adapter *a)
{
    LARGE_INTEGER moment = { .QuadPart = -100000 };

    while (a->outstanding)
        KeDelayExecutionThread(KernelMode, FALSE, &moment);
}

static void sleep(struct adapter *a, POWER_ACTION action)
{
    if (a->state != ADAPTER_STARTED || !a->powered)
        return;
    a->powered = false;
    wait_idle(a);
    if (a->supports[ScsiAdapterPower])
        tell(a, StorPowerDeviceD3, (STOR_POWER_ACTION)action);
    else
        adapter_control(a, ScsiStopAdapter, NULL);
}

static NTSTATUS wake(struct adapter *a, POWER_ACTION action)
{
    if (a->state != ADAPTER_STARTED || a->powered)
        return STATUS_SUCCESS;
    if (a->supports[ScsiAdapterPower]) {
        tell(a, StorPowerDeviceD0, (STOR_POWER_ACTION)action);
    } else if (a->supports[ScsiRestartAdapter]) {
        if (adapter_control(a, ScsiSetRunningConfig, NULL), adapter_control(a, ScsiRestartAdapter, NULL))
            return STATUS_ADAPTER_HARDWARE_ERROR;
    } else {
        interrupt_disconnect(a);
        NTSTATUS status = adapter_start(a, a->raw, a->translated);
        if (!NT_SUCCESS(status))
            return status;
    }
    a->powered = true;
    adapter_run(a);
    return STATUS_SUCCESS;
}

static NTSTATUS device_power(struct adapter *a, PIRP irp, PIO_STACK_LOCATION sp)
{
    if (sp->Parameters.Power.State.DeviceState != PowerDeviceD0) {
        sleep(a, sp->Parameters.Power.ShutdownType);
        PoStartNextPowerIrp(irp);
        irp->IoStatus.Status = STATUS_SUCCESS;
        IoSkipCurrentIrpStackLocation(irp);
        return PoCallDriver(a->next, irp);
    }
    NTSTATUS status = IoForwardIrpSynchronously(a->next, irp) ? irp->IoStatus.Status : STATUS_UNSUCCESSFUL;
    if (NT_SUCCESS(status)) {
        status = wake(a, sp->Parameters.Power.ShutdownType);
        if (!NT_SUCCESS(status))
            log_warn("storport", "%s: the adapter does not work after sleep: 0x%08x", a->driver->name, (unsigned)status);
    }
    PoStartNextPowerIrp(irp);
    return sp_complete(irp, status);
}

static VOID NTAPI done(PDEVICE_OBJECT device, UCHAR minor, POWER_STATE state, PVOID context, PIO_STATUS_BLOCK result)
{
    KeSetEvent(context, IO_NO_INCREMENT, FALSE);
}

static NTSTATUS system_power(struct adapter *a, PIRP irp, SYSTEM_POWER_STATE system)
{
    POWER_STATE wanted = { .DeviceState = system == PowerSystemWorking ? PowerDeviceD0 : PowerDeviceD3 };
    NTSTATUS status = IoForwardIrpSynchronously(a->next, irp) ? irp->IoStatus.Status : STATUS_UNSUCCESSFUL;
    KEVENT event;

    if (NT_SUCCESS(status)) {
        KeInitializeEvent(&event, NotificationEvent, FALSE);
        if (PoRequestPowerIrp(a->pdo, IRP_MN_SET_POWER, wanted, done, &event, NULL) == STATUS_PENDING)
            KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    }
    PoStartNextPowerIrp(irp);
    return sp_complete(irp, status);
}

NTSTATUS adapter_power(struct adapter *a, PIRP irp)
{
    PIO_STACK_LOCATION sp = IoGetCurrentIrpStackLocation(irp);

    if (sp->MinorFunction == IRP_MN_SET_POWER) {
        if (sp->Parameters.Power.Type == DevicePowerState)
            return device_power(a, irp, sp);
        return system_power(a, irp, sp->Parameters.Power.State.SystemState);
    }
    PoStartNextPowerIrp(irp);
    irp->IoStatus.Status = STATUS_SUCCESS;
    IoSkipCurrentIrpStackLocation(irp);
    return PoCallDriver(a->next, irp);
}
