/* Interrupts. docs: wdf/handling-hardware-interrupts, wdf/creating-an-interrupt-object */
#include "wdf/pnp.h"

#include "nt/ke_spinlock.h"

struct wdf_interrupt {
    struct wdf_object object;
    struct wdf_device *device;
    struct list node;                   /* in the device's interrupts, in order of creation */
    WDF_INTERRUPT_CONFIG config;
    bool given, made_in_prepare;        /* given: it has resources */
    CM_PARTIAL_RESOURCE_DESCRIPTOR raw, translated;
    ULONG message;                      /* among the device's messages */
    PKINTERRUPT wdm;
    KSPIN_LOCK own_lock;
    KIRQL irql, held;
    bool disabled;                      /* by WdfInterruptDisable */
    KDPC dpc;
    WORK_QUEUE_ITEM work;
    bool work_queued;
    struct wdf_lock *lock;              /* around the DPC or work item */
};

static struct wdf_interrupt *interrupt_check(WDFINTERRUPT handle, const void *caller)
{
    return wdf_check(handle, &wdf_interrupt_type, caller);
}

/* --- running ---------------------------------------------------------------------------------------------------------------- */

static BOOLEAN NTAPI service(PKINTERRUPT wdm, PVOID context)
{
    struct wdf_interrupt *interrupt = context;

    if (interrupt->disabled)
        return FALSE;
    return interrupt->config.EvtInterruptIsr((WDFINTERRUPT)interrupt, interrupt->message);
}

static VOID NTAPI run_dpc(PKDPC dpc, PVOID context, PVOID a1, PVOID a2)
{
    struct wdf_interrupt *interrupt = context;
    bool locked = wdf_lock_enter(interrupt->lock);

    WDF_CALL(interrupt->config.EvtInterruptDpc, (WDFINTERRUPT)interrupt, (WDFOBJECT)interrupt->object.parent);
    wdf_lock_leave(interrupt->lock, locked);
}

static VOID NTAPI run_work(PVOID context)
{
    struct wdf_interrupt *interrupt = context;

    interrupt->work_queued = false;
    bool locked = wdf_lock_enter(interrupt->lock);
    WDF_CALL(interrupt->config.EvtInterruptWorkItem, (WDFINTERRUPT)interrupt, (WDFOBJECT)interrupt->object.parent);
    wdf_lock_leave(interrupt->lock, locked);
    wdf_dereference(interrupt);
}

/* A call at the interrupt's own IRQL, under its lock. */
static BOOLEAN NTAPI enable_inside(PVOID context)
{
    struct wdf_interrupt *interrupt = context;
    NTSTATUS status;

    WDF_CALL_STATUS(status, interrupt->config.EvtInterruptEnable, (WDFINTERRUPT)interrupt, (WDFDEVICE)interrupt->device);
    return NT_SUCCESS(status);
}

static BOOLEAN NTAPI disable_inside(PVOID context)
{
    struct wdf_interrupt *interrupt = context;
    NTSTATUS status;

    WDF_CALL_STATUS(status, interrupt->config.EvtInterruptDisable, (WDFINTERRUPT)interrupt, (WDFDEVICE)interrupt->device);
    return NT_SUCCESS(status);
}

/* --- connecting ---------------------------------------------------------------------------------------------------------------- */

static bool is_message(const struct wdf_interrupt *interrupt)
{
    return (interrupt->raw.Flags & CM_RESOURCE_INTERRUPT_MESSAGE) != 0;
}

static NTSTATUS connect(struct wdf_interrupt *interrupt)
{
    const CM_PARTIAL_RESOURCE_DESCRIPTOR *t = &interrupt->translated;
    IO_CONNECT_INTERRUPT_PARAMETERS p = { .Version = CONNECT_FULLY_SPECIFIED };

    p.FullySpecified.PhysicalDeviceObject = interrupt->device->pdo;
    p.FullySpecified.InterruptObject = &interrupt->wdm;
    p.FullySpecified.ServiceRoutine = service;
    p.FullySpecified.ServiceContext = interrupt;
    p.FullySpecified.SpinLock = &interrupt->own_lock;
    p.FullySpecified.ShareVector = t->ShareDisposition == CmResourceShareShared;
    p.FullySpecified.FloatingSave = interrupt->config.FloatingSave;
    if (is_message(interrupt)) {
        p.FullySpecified.Vector = t->u.MessageInterrupt.Translated.Vector;
        p.FullySpecified.Irql = (KIRQL)t->u.MessageInterrupt.Translated.Level;
        p.FullySpecified.ProcessorEnableMask = t->u.MessageInterrupt.Translated.Affinity;
    } else {
        p.FullySpecified.Vector = t->u.Interrupt.Vector;
        p.FullySpecified.Irql = (KIRQL)t->u.Interrupt.Level;
        p.FullySpecified.ProcessorEnableMask = t->u.Interrupt.Affinity;
    }
    p.FullySpecified.SynchronizeIrql = p.FullySpecified.Irql;
    p.FullySpecified.InterruptMode = t->Flags & CM_RESOURCE_INTERRUPT_LATCHED ? Latched : LevelSensitive;
    interrupt->irql = p.FullySpecified.Irql;
    return IoConnectInterruptEx(&p);
}

NTSTATUS wdf_interrupts_connect(struct wdf_device *device)
{
    list_each(it, &device->interrupts) {
        struct wdf_interrupt *interrupt = container_of(it, struct wdf_interrupt, node);
        if (!interrupt->given || interrupt->wdm)
            continue;
        NTSTATUS status = connect(interrupt);
        if (NT_SUCCESS(status) && interrupt->config.EvtInterruptEnable &&
            !KeSynchronizeExecution(interrupt->wdm, enable_inside, interrupt))
            status = STATUS_UNSUCCESSFUL;
        if (!NT_SUCCESS(status)) {
            wdf_interrupts_disconnect(device);
            return status;
        }
    }
    return STATUS_SUCCESS;
}

void wdf_interrupts_disconnect(struct wdf_device *device)
{
    list_each_back(it, &device->interrupts) {
        struct wdf_interrupt *interrupt = container_of(it, struct wdf_interrupt, node);
        IO_DISCONNECT_INTERRUPT_PARAMETERS p = { .Version = CONNECT_FULLY_SPECIFIED };
        if (!interrupt->wdm)
            continue;
        if (interrupt->config.EvtInterruptDisable)
            KeSynchronizeExecution(interrupt->wdm, disable_inside, interrupt);
        p.ConnectionContext.InterruptObject = interrupt->wdm;
        interrupt->wdm = NULL;
        IoDisconnectInterruptEx(&p);
        KeFlushQueuedDpcs();
    }
}

void wdf_interrupts_assign(struct wdf_device *device)
{
    struct list *it = device->interrupts.next;
    ULONG message = 0;

    for (ULONG i = 0; i < wdf_resources_count(device->translated_list) && it != &device->interrupts; i++) {
        PCM_PARTIAL_RESOURCE_DESCRIPTOR raw = wdf_resources_at(device->raw_list, i);
        PCM_PARTIAL_RESOURCE_DESCRIPTOR translated = wdf_resources_at(device->translated_list, i);
        if (!raw || translated->Type != CmResourceTypeInterrupt)
            continue;
        struct wdf_interrupt *interrupt = container_of(it, struct wdf_interrupt, node);
        interrupt->raw = *raw;
        interrupt->translated = *translated;
        interrupt->given = true;
        interrupt->message = message++;
        it = it->next;
    }
}

void wdf_interrupts_release(struct wdf_device *device)
{
    list_each_safe(it, &device->interrupts) {
        struct wdf_interrupt *interrupt = container_of(it, struct wdf_interrupt, node);
        interrupt->given = false;
        if (interrupt->made_in_prepare)
            wdf_object_delete(interrupt);
    }
}

static void interrupt_dispose(struct wdf_object *object)
{
    struct wdf_interrupt *interrupt = container_of(object, struct wdf_interrupt, object);
    LARGE_INTEGER moment = { .QuadPart = -1000 };

    KeRemoveQueueDpc(&interrupt->dpc);
    KeFlushQueuedDpcs();
    while (interrupt->work_queued)
        KeDelayExecutionThread(KernelMode, FALSE, &moment);
    list_remove(&interrupt->node);
}

const struct wdf_type wdf_interrupt_type = { .name = "WDFINTERRUPT", .size = sizeof(struct wdf_interrupt), .passive = true,
                                             .undeletable = true, .dispose = interrupt_dispose };

/* --- creation -------------------------------------------------------------------------------------------------------------------- */

static NTSTATUS check_config(const struct wdf_device *device, const WDF_INTERRUPT_CONFIG *config)
{
    if (config->Size > sizeof *config || config->Size < 56)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (!config->EvtInterruptIsr || (config->EvtInterruptDpc && config->EvtInterruptWorkItem))
        return STATUS_INVALID_PARAMETER;
    if (config->PassiveHandling)
        return STATUS_NOT_SUPPORTED;
    if ((config->InterruptRaw == NULL) != (config->InterruptTranslated == NULL))
        return STATUS_INVALID_PARAMETER;
    return device->pdo ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST;
}

static ULONG message_of(struct wdf_device *device, const CM_PARTIAL_RESOURCE_DESCRIPTOR *raw)
{
    ULONG message = 0;

    for (ULONG i = 0; i < wdf_resources_count(device->raw_list); i++) {
        PCM_PARTIAL_RESOURCE_DESCRIPTOR each = wdf_resources_at(device->raw_list, i);
        if (each == raw)
            return message;
        message += each->Type == CmResourceTypeInterrupt;
    }
    return 0;
}

/* Makes an interrupt object of a PnP device: in EvtDriverDeviceAdd (the n-th gets the n-th interrupt resource or message), or
 * in EvtDevicePrepareHardware with descriptors of its lists. Connected after EvtDeviceD0Entry. PASSIVE_LEVEL.
 * STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_PARAMETER, STATUS_INVALID_DEVICE_REQUEST, STATUS_NOT_SUPPORTED (passive
 * handling), STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL and errors of wdf_object_create.
 * docs: wdfinterrupt/nf-wdfinterrupt-wdfinterruptcreate */
NTSTATUS NTAPI WdfInterruptCreate(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, PWDF_INTERRUPT_CONFIG Configuration,
                                  PWDF_OBJECT_ATTRIBUTES Attributes, WDFINTERRUPT *Interrupt)
{
    const void *caller = WDF_CALLER();
    struct wdf_device *device = wdf_device_check(Device, caller);
    struct wdf_create create = { .type = &wdf_interrupt_type, .client = wdf_client_of(DriverGlobals), .attributes = Attributes,
                                 .parent = &device->object, .caller = caller };
    struct wdf_interrupt *interrupt;

    wdf_need(Configuration, caller);
    wdf_need(Interrupt, caller);
    *Interrupt = NULL;
    NTSTATUS status = check_config(device, Configuration);
    if (NT_SUCCESS(status) && Configuration->AutomaticSerialization && wdf_runs_passive(&device->object) &&
        !Configuration->EvtInterruptWorkItem)
        status = STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL;
    if (NT_SUCCESS(status))
        status = wdf_object_create(&create, &interrupt);
    if (!NT_SUCCESS(status))
        return status;
    memcpy(&interrupt->config, Configuration, Configuration->Size);
    interrupt->device = device;
    list_push_back(&device->interrupts, &interrupt->node);
    KeInitializeDpc(&interrupt->dpc, run_dpc, interrupt);
    interrupt->lock = Configuration->AutomaticSerialization ? wdf_lock_for(interrupt->object.parent) : NULL;
    interrupt->made_in_prepare = device->step == STEP_HARDWARE;
    if (interrupt->config.InterruptRaw) {
        interrupt->raw = *interrupt->config.InterruptRaw;
        interrupt->translated = *interrupt->config.InterruptTranslated;
        interrupt->message = message_of(device, interrupt->config.InterruptRaw);
        interrupt->given = true;
    }
    *Interrupt = (WDFINTERRUPT)interrupt;
    return STATUS_SUCCESS;
}

/* --- what drivers call --------------------------------------------------------------------------------------------------------------- */

/* Any IRQL. docs: wdfinterrupt/nf-wdfinterrupt-wdfinterruptqueuedpcforisr */
BOOLEAN NTAPI WdfInterruptQueueDpcForIsr(PWDF_DRIVER_GLOBALS DriverGlobals, WDFINTERRUPT Interrupt)
{
    struct wdf_interrupt *interrupt = interrupt_check(Interrupt, WDF_CALLER());

    return interrupt->config.EvtInterruptDpc ? KeInsertQueueDpc(&interrupt->dpc, NULL, NULL) : FALSE;
}

static VOID NTAPI queue_work(PKDPC dpc, PVOID context, PVOID a1, PVOID a2)
{
    struct wdf_interrupt *interrupt = context;

    ExInitializeWorkItem(&interrupt->work, run_work, interrupt);
    ExQueueWorkItem(&interrupt->work, DelayedWorkQueue);
}

/* Any IRQL: above DISPATCH_LEVEL the item is queued by a DPC. docs: wdfinterrupt/nf-wdfinterrupt-wdfinterruptqueueworkitemforisr */
BOOLEAN NTAPI WdfInterruptQueueWorkItemForIsr(PWDF_DRIVER_GLOBALS DriverGlobals, WDFINTERRUPT Interrupt)
{
    struct wdf_interrupt *interrupt = interrupt_check(Interrupt, WDF_CALLER());

    if (!interrupt->config.EvtInterruptWorkItem || interrupt->work_queued)
        return FALSE;
    interrupt->work_queued = true;
    wdf_reference(interrupt);
    if (ke_irql() <= DISPATCH_LEVEL) {
        queue_work(NULL, interrupt, NULL, NULL);
    } else {
        KeInitializeDpc(&interrupt->dpc, queue_work, interrupt);
        KeInsertQueueDpc(&interrupt->dpc, NULL, NULL);
    }
    return TRUE;
}

struct call {
    PFN_WDF_INTERRUPT_SYNCHRONIZE callback;
    WDFINTERRUPT interrupt;
    WDFCONTEXT context;
};

static BOOLEAN NTAPI call_inside(PVOID context)
{
    struct call *call = context;

    return call->callback(call->interrupt, call->context);
}

/* Calls back at the interrupt's IRQL, holding its lock. FALSE when it is not connected. <= DIRQL.
 * docs: wdfinterrupt/nf-wdfinterrupt-wdfinterruptsynchronize */
BOOLEAN NTAPI WdfInterruptSynchronize(PWDF_DRIVER_GLOBALS DriverGlobals, WDFINTERRUPT Interrupt,
                                      PFN_WDF_INTERRUPT_SYNCHRONIZE Callback, WDFCONTEXT Context)
{
    struct wdf_interrupt *interrupt = interrupt_check(Interrupt, WDF_CALLER());
    struct call call = { Callback, Interrupt, Context };

    return interrupt->wdm ? KeSynchronizeExecution(interrupt->wdm, call_inside, &call) : FALSE;
}

/* Raises to the interrupt's IRQL and takes its lock. <= DIRQL. docs: wdfinterrupt/nf-wdfinterrupt-wdfinterruptacquirelock */
VOID NTAPI WdfInterruptAcquireLock(PWDF_DRIVER_GLOBALS DriverGlobals, WDFINTERRUPT Interrupt)
{
    struct wdf_interrupt *interrupt = interrupt_check(Interrupt, WDF_CALLER());

    if (!interrupt->wdm)
        wdf_violation(WDF_INVALID_INTERRUPT, (ULONG_PTR)Interrupt, 0, "the lock of an interrupt that is not connected");
    KIRQL old = KeAcquireInterruptSpinLock(interrupt->wdm);
    interrupt->held = old;
}

/* docs: wdfinterrupt/nf-wdfinterrupt-wdfinterruptreleaselock */
VOID NTAPI WdfInterruptReleaseLock(PWDF_DRIVER_GLOBALS DriverGlobals, WDFINTERRUPT Interrupt)
{
    struct wdf_interrupt *interrupt = interrupt_check(Interrupt, WDF_CALLER());

    KeReleaseInterruptSpinLock(interrupt->wdm, interrupt->held);
}

/* The lock of a passive-level interrupt; others cannot be tried: FALSE. docs: wdfinterrupt/nf-wdfinterrupt-wdfinterrupttrytoacquirelock */
BOOLEAN NTAPI WdfInterruptTryToAcquireLock(PWDF_DRIVER_GLOBALS DriverGlobals, WDFINTERRUPT Interrupt)
{
    interrupt_check(Interrupt, WDF_CALLER());
    return FALSE;
}

/* Whether the interrupt is wanted while the device idles: it never does. <= DISPATCH_LEVEL.
 * docs: wdfinterrupt/nf-wdfinterrupt-wdfinterruptreportactive */
VOID NTAPI WdfInterruptReportActive(PWDF_DRIVER_GLOBALS DriverGlobals, WDFINTERRUPT Interrupt)
{
    interrupt_check(Interrupt, WDF_CALLER());
}

/* docs: wdfinterrupt/nf-wdfinterrupt-wdfinterruptreportinactive */
VOID NTAPI WdfInterruptReportInactive(PWDF_DRIVER_GLOBALS DriverGlobals, WDFINTERRUPT Interrupt)
{
    interrupt_check(Interrupt, WDF_CALLER());
}

/* Serves the interrupt again. PASSIVE_LEVEL. docs: wdfinterrupt/nf-wdfinterrupt-wdfinterruptenable */
VOID NTAPI WdfInterruptEnable(PWDF_DRIVER_GLOBALS DriverGlobals, WDFINTERRUPT Interrupt)
{
    struct wdf_interrupt *interrupt = interrupt_check(Interrupt, WDF_CALLER());

    interrupt->disabled = false;
    if (interrupt->wdm && interrupt->config.EvtInterruptEnable)
        KeSynchronizeExecution(interrupt->wdm, enable_inside, interrupt);
}

/* The service routine is not called until WdfInterruptEnable. PASSIVE_LEVEL. docs: wdfinterrupt/nf-wdfinterrupt-wdfinterruptdisable */
VOID NTAPI WdfInterruptDisable(PWDF_DRIVER_GLOBALS DriverGlobals, WDFINTERRUPT Interrupt)
{
    struct wdf_interrupt *interrupt = interrupt_check(Interrupt, WDF_CALLER());

    if (interrupt->wdm && interrupt->config.EvtInterruptDisable)
        KeSynchronizeExecution(interrupt->wdm, disable_inside, interrupt);
    interrupt->disabled = true;
}

/* NULL while it is not connected. Any IRQL. docs: wdfinterrupt/nf-wdfinterrupt-wdfinterruptwdmgetinterrupt */
PKINTERRUPT NTAPI WdfInterruptWdmGetInterrupt(PWDF_DRIVER_GLOBALS DriverGlobals, WDFINTERRUPT Interrupt)
{
    return interrupt_check(Interrupt, WDF_CALLER())->wdm;
}

/* Any IRQL. docs: wdfinterrupt/nf-wdfinterrupt-wdfinterruptgetdevice */
WDFDEVICE NTAPI WdfInterruptGetDevice(PWDF_DRIVER_GLOBALS DriverGlobals, WDFINTERRUPT Interrupt)
{
    return (WDFDEVICE)interrupt_check(Interrupt, WDF_CALLER())->device;
}

/* What the interrupt was given; zero before it has resources. Any IRQL. docs: wdfinterrupt/nf-wdfinterrupt-wdfinterruptgetinfo */
VOID NTAPI WdfInterruptGetInfo(PWDF_DRIVER_GLOBALS DriverGlobals, WDFINTERRUPT Interrupt, PWDF_INTERRUPT_INFO Info)
{
    const void *caller = WDF_CALLER();
    struct wdf_interrupt *interrupt = interrupt_check(Interrupt, caller);
    const CM_PARTIAL_RESOURCE_DESCRIPTOR *t = &interrupt->translated;
    WDF_INTERRUPT_INFO info = { 0 };

    wdf_need(Info, caller);
    info.Size = Info->Size;
    if (interrupt->given) {
        info.MessageSignaled = is_message(interrupt);
        info.MessageNumber = interrupt->message;
        info.Vector = info.MessageSignaled ? t->u.MessageInterrupt.Translated.Vector : t->u.Interrupt.Vector;
        info.Irql = (KIRQL)(info.MessageSignaled ? t->u.MessageInterrupt.Translated.Level : t->u.Interrupt.Level);
        info.TargetProcessorSet = info.MessageSignaled ? t->u.MessageInterrupt.Translated.Affinity : t->u.Interrupt.Affinity;
        info.Mode = t->Flags & CM_RESOURCE_INTERRUPT_LATCHED ? Latched : LevelSensitive;
        info.ShareDisposition = t->ShareDisposition;
    }
    memcpy(Info, &info, Info->Size < sizeof info ? Info->Size : sizeof info);
}

/* How the interrupt would like to be routed: the computer decides by itself. PASSIVE_LEVEL.
 * docs: wdfinterrupt/nf-wdfinterrupt-wdfinterruptsetpolicy */
VOID NTAPI WdfInterruptSetPolicy(PWDF_DRIVER_GLOBALS DriverGlobals, WDFINTERRUPT Interrupt, WDF_INTERRUPT_POLICY Policy,
                                 WDF_INTERRUPT_PRIORITY Priority, KAFFINITY TargetProcessorSet)
{
    interrupt_check(Interrupt, WDF_CALLER());
}

/* docs: wdfinterrupt/nf-wdfinterrupt-wdfinterruptsetextendedpolicy */
VOID NTAPI WdfInterruptSetExtendedPolicy(PWDF_DRIVER_GLOBALS DriverGlobals, WDFINTERRUPT Interrupt,
                                         PWDF_INTERRUPT_EXTENDED_POLICY PolicyAndGroup)
{
    interrupt_check(Interrupt, WDF_CALLER());
}
