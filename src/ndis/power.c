/* Power requests: NDIS is the power policy owner of an adapter. A device that leaves D0 is paused, and told OID_PNP_SET_POWER
 * or, when it knows no power management, halted. docs: network/ndis-power-management-overview */
#include "ndis/filter_module.h"

#include "base/log.h"
#include "ndis/wait_wake.h"
#include "ndis/wake.h"

static bool keeps_running_in_dx(const struct adapter *a)
{
    return a->has_pm_capabilities || a->has_pnp_capabilities ||
           (a->attribute_flags & NDIS_MINIPORT_ATTRIBUTES_NO_HALT_ON_SUSPEND);
}

static NDIS_DEVICE_POWER_STATE ndis_state(DEVICE_POWER_STATE state)
{
    return (NDIS_DEVICE_POWER_STATE)state;      /* both count D0 = 1 ... D3 = 4 */
}

static void tell_power(struct adapter *a, DEVICE_POWER_STATE state)
{
    NDIS_DEVICE_POWER_STATE power = ndis_state(state);

    oid_ask(a, NdisRequestSetInformation, OID_PNP_SET_POWER, &power, sizeof power, NULL);
}

static void tell_protocols(struct adapter *a, DEVICE_POWER_STATE state)
{
    NET_DEVICE_POWER_STATE power = (NET_DEVICE_POWER_STATE)state;

    net_event(a, NetEventSetPower, &power, sizeof power);
}

/* A set power request may follow such a query, or none. It must succeed. docs: network/oid-pnp-query-power */
static void ask_miniport(struct adapter *a, DEVICE_POWER_STATE state)
{
    NDIS_DEVICE_POWER_STATE power = ndis_state(state);
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;

    if (state != PowerDeviceD0 && keeps_running_in_dx(a) && ndis_by_chance())
        status = oid_ask(a, NdisRequestQueryInformation, OID_PNP_QUERY_POWER, &power, sizeof power, NULL);
    if (status != NDIS_STATUS_SUCCESS && status != NDIS_STATUS_NOT_SUPPORTED)
        log_warn("ndis", "a miniport answers OID_PNP_QUERY_POWER with status %08x: it must succeed", (unsigned)status);
}

/* Asks filter modules and protocols whether the device may leave its state. */
static NTSTATUS query_power(struct adapter *a, DEVICE_POWER_STATE state)
{
    NET_DEVICE_POWER_STATE power = (NET_DEVICE_POWER_STATE)state;
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;

    adapter_lock(a);
    if (a->state != ADAPTER_HALTED && a->state != ADAPTER_SHUT_DOWN && !a->low_power && !a->surprise_removed) {
        status = net_event(a, NetEventQueryPower, &power, sizeof power);
        if (status == NDIS_STATUS_SUCCESS)
            ask_miniport(a, state);
    }
    adapter_unlock(a);
    return status == NDIS_STATUS_SUCCESS ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

/* The stack may go on in a sleeping device only when everybody in it knows what that means (6.30).
 * docs: netpnp/ns-netpnp-_net_pnp_event */
static bool pauses_to_sleep(struct adapter *a)
{
    if (!(a->attribute_flags & NDIS_MINIPORT_ATTRIBUTES_NO_PAUSE_ON_SUSPEND) || !keeps_running_in_dx(a))
        return true;
    for (struct filter *f = filter_below(a, NULL); f; f = filter_below(a, f))
        if (f->driver->handlers.MinorNdisVersion < 30)
            return true;
    list_each(it, &a->bindings)
        if (container_of(it, struct binding, node)->protocol->handlers.MinorNdisVersion < 30)
            return true;
    return false;
}

static void sleep(struct adapter *a, DEVICE_POWER_STATE state)
{
    adapter_lock(a);
    if (a->state != ADAPTER_HALTED && a->state != ADAPTER_SHUT_DOWN && !a->low_power) {
        a->low_power = true;
        tell_protocols(a, state);
        if (pauses_to_sleep(a))
            adapter_pause(a, NDIS_PAUSE_LOW_POWER);
        a->asleep = true;
        if (keeps_running_in_dx(a)) {
            wake_tell_parameters(a);
            wait_wake_arm(a);
            tell_power(a, state);
        } else {
            a->halted_for_power = true;
            adapter_halt(a, NdisHaltDevicePoweredDown);
        }
    }
    adapter_unlock(a);
}

/* The bindings and modules are still there, and what the bindings wished is told anew. Filter drivers may have come meanwhile. */
static void initialize_again(struct adapter *a)
{
    NDIS_STATUS status = adapter_initialize(a);

    a->halted_for_power = false;
    if (status == NDIS_STATUS_SUCCESS) {
        filters_attach(a);
        oid_apply_wishes(a);
        return;
    }
    log_warn("ndis", "MiniportInitializeEx failed with status %08x after the computer had slept", (unsigned)status);
    adapter_fail(a);
}

static void wake(struct adapter *a)
{
    adapter_lock(a);
    if (a->low_power) {
        a->low_power = false;
        wait_wake_disarm(a);
        a->asleep = a->asleep && !a->halted_for_power;
        if (a->halted_for_power)
            initialize_again(a);
        else
            tell_power(a, PowerDeviceD0);
        if (a->asleep)
            adapter_tell_power_source(a);
        a->asleep = false;
        if (adapter_restart(a))
            tell_protocols(a, PowerDeviceD0);
    }
    adapter_unlock(a);
}

static NTSTATUS device_power(struct adapter *a, PIRP irp, DEVICE_POWER_STATE state)
{
    if (a->idle.own_power) {            /* selective suspend asks for it, and has done the rest */
        PoStartNextPowerIrp(irp);
        irp->IoStatus.Status = STATUS_SUCCESS;
        return ndis_pass_down(a, irp);
    }
    if (state != PowerDeviceD0) {
        sleep(a, state);
        PoStartNextPowerIrp(irp);
        irp->IoStatus.Status = STATUS_SUCCESS;
        return ndis_pass_down(a, irp);
    }
    NTSTATUS status = IoForwardIrpSynchronously(a->next, irp) ? irp->IoStatus.Status : STATUS_UNSUCCESSFUL;
    if (NT_SUCCESS(status))
        wake(a);
    PoStartNextPowerIrp(irp);
    return ndis_complete_irp(irp, status);
}

static VOID NTAPI device_power_done(PDEVICE_OBJECT device, UCHAR minor, POWER_STATE state, PVOID context,
                                    PIO_STATUS_BLOCK result)
{
    KeSetEvent(context, IO_NO_INCREMENT, FALSE);
}

static DEVICE_POWER_STATE device_state(POWER_STATE_TYPE type, POWER_STATE state)
{
    if (type == DevicePowerState)
        return state.DeviceState;
    return state.SystemState == PowerSystemWorking ? PowerDeviceD0 : PowerDeviceD3;
}

/* The system changes state: the device follows with a request of its own. */
static NTSTATUS system_power(struct adapter *a, PIRP irp, SYSTEM_POWER_STATE system)
{
    POWER_STATE wanted = { .DeviceState = device_state(SystemPowerState, (POWER_STATE){ .SystemState = system }) };
    KEVENT done;
    NTSTATUS status = IoForwardIrpSynchronously(a->next, irp) ? irp->IoStatus.Status : STATUS_UNSUCCESSFUL;

    if (NT_SUCCESS(status)) {
        KeInitializeEvent(&done, NotificationEvent, FALSE);
        if (PoRequestPowerIrp(a->pdo, IRP_MN_SET_POWER, wanted, device_power_done, &done, NULL) == STATUS_PENDING)
            KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
    }
    PoStartNextPowerIrp(irp);
    return ndis_complete_irp(irp, status);
}

NTSTATUS ndis_power(struct adapter *a, PIRP irp)
{
    PIO_STACK_LOCATION sp = IoGetCurrentIrpStackLocation(irp);

    if (sp->MinorFunction == IRP_MN_SET_POWER) {
        if (sp->Parameters.Power.Type == DevicePowerState)
            return device_power(a, irp, sp->Parameters.Power.State.DeviceState);
        return system_power(a, irp, sp->Parameters.Power.State.SystemState);
    }
    NTSTATUS status = STATUS_SUCCESS;
    if (sp->MinorFunction == IRP_MN_QUERY_POWER && !a->idle.own_power)
        status = query_power(a, device_state(sp->Parameters.Power.Type, sp->Parameters.Power.State));
    PoStartNextPowerIrp(irp);
    if (!NT_SUCCESS(status))
        return ndis_complete_irp(irp, status);
    irp->IoStatus.Status = STATUS_SUCCESS;
    return ndis_pass_down(a, irp);
}
