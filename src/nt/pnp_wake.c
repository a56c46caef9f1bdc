/* Wait/wake IRPs of PCI devices: they rest with the bus until the device signals a power management event.
 *
 *  1. While an IRP rests (wake.irp), the device's event is enabled; whoever takes the IRP away disables it.
 *  2. An event is an interrupt that queues a DPC; the DPC wakes the system when it sleeps, and completes the IRP.
 * docs: kernel/understanding-the-path-of-wait-wake-irps-through-a-device-tree, kernel/irp-mn-wait-wake */
#include "dev/pci.h"
#include "nt/pnp_internal.h"

#define PME_IRQL 5

static PIRP take(struct bus_pdo *pdo)
{
    PIRP irp = pdo->wake.irp;

    if (irp == NULL || IoSetCancelRoutine(irp, NULL) == NULL)
        return NULL;                    /* none, or it is being cancelled */
    pdo->wake.irp = NULL;
    pci_enable_pme(pdo->device, false);
    return irp;
}

static void finish(PIRP irp, NTSTATUS status)
{
    irp->IoStatus.Status = status;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
}

static VOID NTAPI wake_system(PVOID context)
{
    struct bus_pdo *pdo = context;

    pdo->wake.queued = false;
    if (po_system_state() != PowerSystemWorking && po_system_state() < PowerSystemShutdown)
        po_set_system_state(PowerSystemWorking, false);
    ob_dereference(pdo->object);
}

static VOID NTAPI signalled(PKDPC dpc, PVOID context, PVOID a1, PVOID a2)
{
    struct bus_pdo *pdo = context;
    PIRP irp = take(pdo);

    (void)dpc, (void)a1, (void)a2;
    if (irp == NULL)
        return;
    if (po_system_state() != PowerSystemWorking && !pdo->wake.queued) {
        pdo->wake.queued = true;
        ob_reference(pdo->object);
        ExQueueWorkItem(&pdo->wake.work, CriticalWorkQueue);
    }
    finish(irp, STATUS_SUCCESS);
}

static void service(struct ke_interrupt *interrupt)
{
    KeInsertQueueDpc(&((struct bus_pdo *)interrupt->context)->wake.dpc, NULL, NULL);
}

static VOID NTAPI cancel(PDEVICE_OBJECT device, PIRP irp)
{
    struct bus_pdo *pdo = bus_pdo_of(device);

    pdo->wake.irp = NULL;
    pci_enable_pme(pdo->device, false);
    IoReleaseCancelSpinLock(irp->CancelIrql);
    finish(irp, STATUS_CANCELLED);
}

void pnp_pme(void *context, struct device *device)
{
    struct pnp_node *node = pnp_node_of_device(device);

    (void)context;
    if (node != NULL && bus_pdo_of(node->pdo)->wake.irp != NULL)
        ke_interrupt_raise(&bus_pdo_of(node->pdo)->wake.interrupt);
}

NTSTATUS pnp_wait_wake(struct bus_pdo *pdo, PIRP irp)
{
    if (pdo->device == NULL || pdo->device->gone || !pci_can_wake(pdo->device))
        return pnp_complete(irp, STATUS_NOT_SUPPORTED);
    if (pdo->wake.irp != NULL)
        return pnp_complete(irp, STATUS_DEVICE_BUSY);
    if (pdo->wake.interrupt.service == NULL) {  /* once: an event of an earlier IRP may still be on its way */
        KeInitializeDpc(&pdo->wake.dpc, signalled, pdo);
        ExInitializeWorkItem(&pdo->wake.work, wake_system, pdo);
        pdo->wake.interrupt = (struct ke_interrupt){ .service = service, .context = pdo, .irql = PME_IRQL };
    }
    IoMarkIrpPending(irp);
    pdo->wake.irp = irp;
    IoSetCancelRoutine(irp, cancel);
    if (irp->Cancel && IoSetCancelRoutine(irp, NULL) != NULL) {
        pdo->wake.irp = NULL;
        finish(irp, STATUS_CANCELLED);
        return STATUS_PENDING;
    }
    pci_enable_pme(pdo->device, true);
    return STATUS_PENDING;
}

void pnp_wake_stop(struct bus_pdo *pdo)
{
    PIRP irp = take(pdo);

    if (pdo->wake.interrupt.service != NULL) {
        ke_interrupt_cancel(&pdo->wake.interrupt);
        KeRemoveQueueDpc(&pdo->wake.dpc);
    }
    if (irp != NULL)
        finish(irp, STATUS_CANCELLED);
}
