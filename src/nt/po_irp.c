/* Power IRPs that drivers request.
 *
 * To one device stack goes one requested device-power IRP at a time; more wait in order. Wait/wake IRPs do not count. */
#include "nt/pnp_internal.h"

struct request {
    struct list node;
    PDEVICE_OBJECT device;              /* as the driver gave it */
    PDEVICE_OBJECT base;                /* of its stack */
    PDEVICE_OBJECT top;                 /* referenced */
    UCHAR minor;
    POWER_STATE state;
    PREQUEST_POWER_COMPLETE routine;
    PVOID context;
    PIRP irp;
    bool sent;
    WORK_QUEUE_ITEM work;
};

static struct list requests = LIST_INIT(requests);

static void send(struct request *r);

static bool serialized(const struct request *r)
{
    return r->minor != IRP_MN_WAIT_WAKE;
}

static struct request *next_for(PDEVICE_OBJECT base)
{
    list_each(it, &requests) {
        struct request *r = container_of(it, struct request, node);

        if (r->base == base && serialized(r))
            return r->sent ? NULL : r;
    }
    return NULL;
}

static NTSTATUS NTAPI completed(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    struct request *r = context, *next;
    PDEVICE_OBJECT base = r->base;

    (void)device;
    list_remove(&r->node);
    if (r->routine != NULL)
        r->routine(r->device, r->minor, r->state, r->context, &irp->IoStatus);
    IoFreeIrp(irp);
    ob_dereference(r->top);
    pool_free(r, PNP_TAG, NULL);
    next = next_for(base);
    if (next != NULL)
        send(next);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static VOID NTAPI send_later(PVOID context)
{
    struct request *r = context;

    PoCallDriver(r->top, r->irp);
}

/* Devices that cannot take power IRPs at DISPATCH_LEVEL say so with DO_POWER_PAGABLE. */
static void send(struct request *r)
{
    r->sent = true;
    if (ke_irql() < DISPATCH_LEVEL || !(r->top->Flags & DO_POWER_PAGABLE)) {
        PoCallDriver(r->top, r->irp);
        return;
    }
    ExInitializeWorkItem(&r->work, send_later, r);
    ExQueueWorkItem(&r->work, CriticalWorkQueue);
}

static bool fill_irp(struct request *r)
{
    PIO_STACK_LOCATION s;

    r->irp = io_allocate_irp((CCHAR)(r->top->StackSize + 1), NULL);
    if (r->irp == NULL)
        return false;
    r->irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    IoSetNextIrpStackLocation(r->irp);
    IoGetCurrentIrpStackLocation(r->irp)->DeviceObject = r->device;
    IoSetCompletionRoutine(r->irp, completed, r, TRUE, TRUE, TRUE);
    s = IoGetNextIrpStackLocation(r->irp);
    s->MajorFunction = IRP_MJ_POWER;
    s->MinorFunction = r->minor;
    if (r->minor == IRP_MN_WAIT_WAKE) {
        s->Parameters.WaitWake.PowerState = r->state.SystemState;
    } else {
        s->Parameters.Power.Type = DevicePowerState;
        s->Parameters.Power.State = r->state;
    }
    return true;
}

/* Sends a device power IRP (IRP_MN_SET_POWER, _QUERY_POWER) or wait/wake IRP to the top of DeviceObject's stack.
 * CompletionFunction (may be NULL) runs when it is done; the IRP is the power manager's. *Irp: for cancelling wait/wake.
 * STATUS_PENDING when it is on its way. IRQL <= DISPATCH. docs: wdm/nf-wdm-porequestpowerirp */
NTSTATUS NTAPI PoRequestPowerIrp(PDEVICE_OBJECT DeviceObject, UCHAR MinorFunction, POWER_STATE PowerState,
                                 PREQUEST_POWER_COMPLETE CompletionFunction, PVOID Context, PIRP *Irp)
{
    struct request *r;

    if (MinorFunction != IRP_MN_SET_POWER && MinorFunction != IRP_MN_QUERY_POWER && MinorFunction != IRP_MN_WAIT_WAKE)
        return STATUS_INVALID_PARAMETER_2;
    r = pool_alloc(NonPagedPoolNx, sizeof(*r), PNP_TAG, NULL);
    if (r == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *r = (struct request){ .device = DeviceObject, .base = io_base_of_stack(DeviceObject),
                           .top = io_top_of_stack(DeviceObject), .minor = MinorFunction, .state = PowerState,
                           .routine = CompletionFunction, .context = Context };
    if (!fill_irp(r)) {
        pool_free(r, PNP_TAG, NULL);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ob_reference(r->top);
    if (Irp != NULL)
        *Irp = r->irp;
    list_push_back(&requests, &r->node);
    if (!serialized(r) || next_for(r->base) == r)
        send(r);
    return STATUS_PENDING;
}

/* IoCallDriver for power IRPs. IRQL <= DISPATCH. docs: ntifs/nf-ntifs-pocalldriver */
NTSTATUS NTAPI PoCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    return IofCallDriver(DeviceObject, Irp);
}

/* Before Windows Vista drivers had to ask for the next power IRP; since then nothing depends on it.
 * docs: ntifs/nf-ntifs-postartnextpowerirp */
VOID NTAPI PoStartNextPowerIrp(PIRP Irp)
{
    (void)Irp;
}

/* Notes the state a device is in and returns the one before. IRQL <= DISPATCH. docs: ntifs/nf-ntifs-posetpowerstate */
POWER_STATE NTAPI PoSetPowerState(PDEVICE_OBJECT DeviceObject, POWER_STATE_TYPE Type, POWER_STATE State)
{
    struct io_device *device = io_device_of(DeviceObject);
    POWER_STATE before;

    if (Type == SystemPowerState) {
        before.SystemState = device->system_power;
        device->system_power = State.SystemState;
    } else {
        before.DeviceState = device->device_power;
        device->device_power = State.DeviceState;
    }
    return before;
}

void po_irp_reset(void)
{
    list_init(&requests);
}
