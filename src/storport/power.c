/* Power of an adapter and its units.
 *
 *   to D3: requests drained -> SRB_FUNCTION_FLUSH to units of miniports that cache -> each unit told -> the adapter told -> bus driver
 *   to D0: bus driver -> the adapter told -> each unit told -> requests flow
 *
 *   | told of | when the miniport knows it | otherwise                                                                    |
 *   |---------|----------------------------|------------------------------------------------------------------------------|
 *   | adapter | ScsiAdapterPower           | SRB_FUNCTION_POWER for the adapter, with ScsiStopAdapter and                 |
 *   |         |                            | ScsiSetBootConfig behind it, ScsiSetRunningConfig and ScsiRestartAdapter     |
 *   |         |                            | before it; HwStorFindAdapter and HwStorInitialize again for a miniport       |
 *   |         |                            | without ScsiRestartAdapter. Between the two the interrupt is not connected   |
 *   | unit    | ScsiUnitPower, at DISPATCH | SRB_FUNCTION_POWER, unless the miniport knows ScsiAdapterPower               |
 *
 * docs: storport/ne-storport-scsi_adapter_control_type, storport/ns-storport-_scsi_power_request_block */
#include "storport/adapter.h"

#include <stdlib.h>

#include "nt/io.h"

#define DATA_AT 144u                    /* as in unit.c */
#define TIMEOUT 30                      /* seconds */

/* --- requests about power -------------------------------------------------------------------------------------------------- */

static void describe(struct request *r, UCHAR flags, STOR_DEVICE_POWER_STATE state, STOR_POWER_ACTION action)
{
    if (!r->extended) {
        PSCSI_POWER_REQUEST_BLOCK srb = r->srb;

        srb->SrbPowerFlags = flags;
        srb->DevicePowerState = state;
        srb->PowerAction = action;
        return;
    }
    PSTORAGE_REQUEST_BLOCK srb = r->srb;
    PSRBEX_DATA_POWER data = (void *)((uint8_t *)r->srb + DATA_AT);

    srb->NumSrbExData = 1;
    srb->SrbExDataOffset[0] = DATA_AT;
    data->Type = SrbExDataTypePower;
    data->Length = SRBEX_DATA_POWER_LENGTH;
    data->SrbPowerFlags = flags;
    data->DevicePowerState = state;
    data->PowerAction = action;
}

static struct request *power_request(struct unit *u, UCHAR flags, STOR_DEVICE_POWER_STATE state, STOR_POWER_ACTION action)
{
    struct request *r = u->adapter->supports[ScsiAdapterPower] ? NULL : request_take(u);

    if (!r)
        return NULL;
    request_prepare(r, SRB_FUNCTION_POWER, 0, NULL, 0, TIMEOUT);
    describe(r, flags, state, action);
    r->bypass = true;
    return r;
}

static bool unit_power_control(struct unit *u, STOR_DEVICE_POWER_STATE state, STOR_POWER_ACTION action)
{
    STOR_ADDR_BTL8 address = unit_address(u);
    STOR_UNIT_CONTROL_POWER power = { (PSTOR_ADDRESS)&address, action, state };
    KIRQL old;

    if (!u->adapter->unit_supports[ScsiUnitPower])
        return false;
    old = ke_raise(DISPATCH_LEVEL);
    unit_control(u, ScsiUnitPower, &power);
    ke_lower(old);
    return true;
}

bool unit_power_begin(struct unit *u, STOR_DEVICE_POWER_STATE state, void (*done)(struct request *r))
{
    struct request *r = unit_power_control(u, state, StorPowerActionNone) ? NULL : power_request(u, 0, state, StorPowerActionNone);

    if (!r)
        return false;
    r->finish = done;
    request_start(r);
    return true;
}

static void unit_power(struct unit *u, STOR_DEVICE_POWER_STATE state, STOR_POWER_ACTION action)
{
    struct request *r = unit_power_control(u, state, action) ? NULL : power_request(u, 0, state, action);

    if (!r)
        return;
    request_wait(r);
    request_release(r);
}

static void all_units(struct adapter *a, STOR_DEVICE_POWER_STATE state, STOR_POWER_ACTION action)
{
    struct unit *u;
    unsigned n = 0, at;

    do {                                /* the n-th unit, as long as there is one */
        u = NULL;
        at = n++;
        list_each(it, &a->units)
            if (!at--) {
                u = container_of(it, struct unit, node);
                break;
            }
        if (u && u->pdo && !u->gone && !u->pofx.off)
            unit_power(u, state, action);
    } while (u);
}

static void power_srb(struct adapter *a, STOR_DEVICE_POWER_STATE state, STOR_POWER_ACTION action)
{
    struct request *r = power_request(a->control, SRB_POWER_FLAGS_ADAPTER_REQUEST, state, action);

    if (!r)
        return;
    request_wait(r);
    request_release(r);
}

void adapter_flush(struct adapter *a)
{
    if (!a->config->CachesData)
        return;
    list_each(it, &a->units) {
        struct unit *u = container_of(it, struct unit, node);
        struct request *r = u->pdo && !u->gone ? request_take(u) : NULL;

        if (!r)
            continue;
        request_prepare(r, SRB_FUNCTION_FLUSH, 0, NULL, 0, TIMEOUT);
        r->bypass = true;
        request_wait(r);
        request_release(r);
    }
}

/* --- the adapter ------------------------------------------------------------------------------------------------------------- */

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
    adapter_flush(a);
    all_units(a, StorPowerDeviceD3, (STOR_POWER_ACTION)action);
    if (a->supports[ScsiAdapterPower]) {
        tell(a, StorPowerDeviceD3, (STOR_POWER_ACTION)action);
        return;
    }
    power_srb(a, StorPowerDeviceD3, (STOR_POWER_ACTION)action);
    adapter_control(a, ScsiStopAdapter, NULL);
    interrupt_disconnect(a);
    adapter_control(a, ScsiSetBootConfig, NULL);
}

/* The interrupt is not connected while the configuration is set, and nothing comes before the restart. */
static NTSTATUS restart(struct adapter *a)
{
    adapter_control(a, ScsiSetRunningConfig, NULL);
    NTSTATUS status = interrupt_connect(a);
    if (NT_SUCCESS(status) && adapter_control(a, ScsiRestartAdapter, NULL) != ScsiAdapterControlSuccess)
        status = STATUS_ADAPTER_HARDWARE_ERROR;
    return status;
}

static NTSTATUS wake(struct adapter *a, POWER_ACTION action)
{
    if (a->state != ADAPTER_STARTED || a->powered)
        return STATUS_SUCCESS;
    NTSTATUS status = STATUS_SUCCESS;
    if (a->supports[ScsiAdapterPower])
        tell(a, StorPowerDeviceD0, (STOR_POWER_ACTION)action);
    else if (a->supports[ScsiRestartAdapter])
        status = restart(a);
    else
        status = adapter_start(a, a->raw, a->translated);
    if (!NT_SUCCESS(status))
        return status;
    power_srb(a, StorPowerDeviceD0, (STOR_POWER_ACTION)action);
    all_units(a, StorPowerDeviceD0, (STOR_POWER_ACTION)action);
    a->powered = true;
    pofx_awake(a);
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

    a->asleep = system != PowerSystemWorking;
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
