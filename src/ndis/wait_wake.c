/* The wait/wake IRP of an adapter that is to wake, or is selectively suspended: it is with the bus from before the device leaves D0
 * until it is back.
 * docs: network/ndis-power-management-overview, kernel/supporting-devices-that-have-wake-up-capabilities */
#include "ndis/wait_wake.h"

#include "ndis/idle.h"
#include "ndis/wake.h"
#include "nt/pnp.h"

static VOID NTAPI resume(PVOID context)
{
    struct adapter *a = context;
    POWER_STATE d0 = { .DeviceState = PowerDeviceD0 };

    a->wait_wake.queued = false;
    if (a->idle.state == IDLE_SUSPENDED)
        idle_wake(a);
    else if (a->low_power && po_system_state() == PowerSystemWorking)
        PoRequestPowerIrp(a->pdo, IRP_MN_SET_POWER, d0, NULL, NULL, NULL);
    ObDereferenceObject(a->fdo);
}

/* When the whole computer slept, D0 comes with S0. */
static VOID NTAPI over(PDEVICE_OBJECT device, UCHAR minor, POWER_STATE state, PVOID context, PIO_STATUS_BLOCK result)
{
    struct adapter *a = context;

    a->wait_wake.irp = NULL;
    KeSetEvent(&a->wait_wake.over, IO_NO_INCREMENT, FALSE);
    if (!NT_SUCCESS(result->Status) || a->wait_wake.queued || po_system_state() != PowerSystemWorking)
        return;
    a->wait_wake.queued = true;
    ObReferenceObject(a->fdo);
    ExInitializeWorkItem(&a->wait_wake.work, resume, a);
    ExQueueWorkItem(&a->wait_wake.work, DelayedWorkQueue);
}

void wait_wake_arm(struct adapter *a)
{
    POWER_STATE deepest = { .SystemState = PowerSystemSleeping3 };

    if (a->wait_wake.irp || (a->idle.state != IDLE_SUSPENDED && !wake_wanted(a)))
        return;
    KeInitializeEvent(&a->wait_wake.over, NotificationEvent, FALSE);
    PoRequestPowerIrp(a->pdo, IRP_MN_WAIT_WAKE, deepest, over, a, &a->wait_wake.irp);
}

void wait_wake_disarm(struct adapter *a)
{
    if (!a->wait_wake.irp)
        return;
    IoCancelIrp(a->wait_wake.irp);
    KeWaitForSingleObject(&a->wait_wake.over, Executive, KernelMode, FALSE, NULL);
}
