/* Work items and DPCs. docs: wdf/using-framework-work-items, wdf/dpc-objects */
#include "wdf/object.h"

struct wdf_work_item {
    struct wdf_object object;
    PFN_WDF_WORKITEM callback;
    struct wdf_lock *lock;
    WORK_QUEUE_ITEM work;
    bool queued;
    unsigned running;
    const void *runs_in;
};

static VOID NTAPI run(PVOID context)
{
    struct wdf_work_item *item = context;

    item->queued = false;
    item->running++;
    bool locked = wdf_lock_enter(item->lock);
    item->runs_in = wdf_context();
    WDF_CALL(item->callback, (WDFWORKITEM)item);
    item->runs_in = NULL;
    wdf_lock_leave(item->lock, locked);
    item->running--;
    wdf_dereference(item);
}

static void flush(struct wdf_work_item *item)
{
    LARGE_INTEGER moment = { .QuadPart = -1000 };

    while ((item->queued || item->running) && item->runs_in != wdf_context())
        KeDelayExecutionThread(KernelMode, FALSE, &moment);
}

static void item_dispose(struct wdf_object *object)
{
    flush(container_of(object, struct wdf_work_item, object));
}

const struct wdf_type wdf_work_item_type = { .name = "WDFWORKITEM", .size = sizeof(struct wdf_work_item), .passive = true,
                                             .dispose = item_dispose };

/* Makes a work item below a device, or an object below one. <= DISPATCH_LEVEL. STATUS_WDF_PARENT_NOT_SPECIFIED,
 * STATUS_INVALID_DEVICE_REQUEST, STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL (to be serialised with callbacks that run at
 * DISPATCH_LEVEL) and errors of wdf_object_create. docs: wdfworkitem/nf-wdfworkitem-wdfworkitemcreate */
NTSTATUS NTAPI WdfWorkItemCreate(PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_WORKITEM_CONFIG Config,
                                 PWDF_OBJECT_ATTRIBUTES Attributes, WDFWORKITEM *WorkItem)
{
    struct wdf_create create = { .type = &wdf_work_item_type, .client = wdf_client_of(DriverGlobals), .attributes = Attributes,
                                 .parent_required = true, .caller = WDF_CALLER() };
    struct wdf_work_item *item;

    wdf_need(Config, create.caller);
    wdf_need(WorkItem, create.caller);
    *WorkItem = NULL;
    if (Config->Size != sizeof *Config)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (!Config->EvtWorkItemFunc)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = wdf_object_create(&create, &item);
    if (!NT_SUCCESS(status))
        return status;
    item->callback = Config->EvtWorkItemFunc;
    item->lock = Config->AutomaticSerialization ? wdf_lock_for(item->object.parent) : NULL;
    if (!item->object.device)
        status = STATUS_INVALID_DEVICE_REQUEST;
    else if (item->lock && !item->lock->passive)
        status = STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL;
    if (!NT_SUCCESS(status)) {
        wdf_object_discard(item);
        return status;
    }
    *WorkItem = (WDFWORKITEM)item;
    return STATUS_SUCCESS;
}

/* Queues the item unless it is queued. <= DISPATCH_LEVEL. docs: wdfworkitem/nf-wdfworkitem-wdfworkitemenqueue */
VOID NTAPI WdfWorkItemEnqueue(PWDF_DRIVER_GLOBALS DriverGlobals, WDFWORKITEM WorkItem)
{
    struct wdf_work_item *item = wdf_check(WorkItem, &wdf_work_item_type, WDF_CALLER());

    if (item->queued || item->object.state >= WDF_DISPOSING)
        return;
    item->queued = true;
    wdf_reference(item);
    ExInitializeWorkItem(&item->work, run, item);
    ExQueueWorkItem(&item->work, DelayedWorkQueue);
}

/* <= DISPATCH_LEVEL. docs: wdfworkitem/nf-wdfworkitem-wdfworkitemgetparentobject */
WDFOBJECT NTAPI WdfWorkItemGetParentObject(PWDF_DRIVER_GLOBALS DriverGlobals, WDFWORKITEM WorkItem)
{
    return ((struct wdf_work_item *)wdf_check(WorkItem, &wdf_work_item_type, WDF_CALLER()))->object.parent;
}

/* Returns when the item is neither queued nor running. PASSIVE_LEVEL, not in its own callback.
 * docs: wdfworkitem/nf-wdfworkitem-wdfworkitemflush */
VOID NTAPI WdfWorkItemFlush(PWDF_DRIVER_GLOBALS DriverGlobals, WDFWORKITEM WorkItem)
{
    flush(wdf_check(WorkItem, &wdf_work_item_type, WDF_CALLER()));
}

/* --- DPCs ------------------------------------------------------------------------------------------------------------- */

struct wdf_dpc {
    struct wdf_object object;
    PFN_WDF_DPC callback;
    struct wdf_lock *lock;
    KDPC dpc;
};

static VOID NTAPI run_dpc(PKDPC kdpc, PVOID context, PVOID a1, PVOID a2)
{
    struct wdf_dpc *dpc = context;

    wdf_reference(dpc);
    bool locked = wdf_lock_enter(dpc->lock);
    WDF_CALL(dpc->callback, (WDFDPC)dpc);
    wdf_lock_leave(dpc->lock, locked);
    wdf_dereference(dpc);
}

static void dpc_dispose(struct wdf_object *object)
{
    KeRemoveQueueDpc(&container_of(object, struct wdf_dpc, object)->dpc);
    KeFlushQueuedDpcs();
}

const struct wdf_type wdf_dpc_type = { .name = "WDFDPC", .size = sizeof(struct wdf_dpc), .passive = true,
                                       .dispose = dpc_dispose };

/* Makes a DPC below a device, or an object below one. <= DISPATCH_LEVEL. STATUS_WDF_PARENT_NOT_SPECIFIED,
 * STATUS_INVALID_DEVICE_REQUEST, STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL (to be serialised with callbacks that run at
 * PASSIVE_LEVEL) and errors of wdf_object_create. docs: wdfdpc/nf-wdfdpc-wdfdpccreate */
NTSTATUS NTAPI WdfDpcCreate(PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_DPC_CONFIG Config, PWDF_OBJECT_ATTRIBUTES Attributes,
                            WDFDPC *Dpc)
{
    struct wdf_create create = { .type = &wdf_dpc_type, .client = wdf_client_of(DriverGlobals), .attributes = Attributes,
                                 .parent_required = true, .caller = WDF_CALLER() };
    struct wdf_dpc *dpc;

    wdf_need(Config, create.caller);
    wdf_need(Dpc, create.caller);
    *Dpc = NULL;
    if (Config->Size != sizeof *Config)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (!Config->EvtDpcFunc)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = wdf_object_create(&create, &dpc);
    if (!NT_SUCCESS(status))
        return status;
    dpc->callback = Config->EvtDpcFunc;
    KeInitializeDpc(&dpc->dpc, run_dpc, dpc);
    dpc->lock = Config->AutomaticSerialization ? wdf_lock_for(dpc->object.parent) : NULL;
    if (!dpc->object.device)
        status = STATUS_INVALID_DEVICE_REQUEST;
    else if (Config->AutomaticSerialization && wdf_runs_passive(&dpc->object))
        status = STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL;
    if (!NT_SUCCESS(status)) {
        wdf_object_discard(dpc);
        return status;
    }
    *Dpc = (WDFDPC)dpc;
    return STATUS_SUCCESS;
}

/* Queues it; FALSE: it is queued already. Any IRQL. docs: wdfdpc/nf-wdfdpc-wdfdpcenqueue */
BOOLEAN NTAPI WdfDpcEnqueue(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDPC Dpc)
{
    struct wdf_dpc *dpc = wdf_check(Dpc, &wdf_dpc_type, WDF_CALLER());

    return dpc->object.state >= WDF_DISPOSING ? FALSE : KeInsertQueueDpc(&dpc->dpc, NULL, NULL);
}

/* Takes it out of the queue: TRUE when it was there. With Wait returns after a callback that runs has returned; then
 * PASSIVE_LEVEL, else any IRQL. docs: wdfdpc/nf-wdfdpc-wdfdpccancel */
BOOLEAN NTAPI WdfDpcCancel(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDPC Dpc, BOOLEAN Wait)
{
    struct wdf_dpc *dpc = wdf_check(Dpc, &wdf_dpc_type, WDF_CALLER());
    BOOLEAN was_queued = KeRemoveQueueDpc(&dpc->dpc);

    if (Wait)
        KeFlushQueuedDpcs();
    return was_queued;
}

/* <= DISPATCH_LEVEL. docs: wdfdpc/nf-wdfdpc-wdfdpcgetparentobject */
WDFOBJECT NTAPI WdfDpcGetParentObject(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDPC Dpc)
{
    return ((struct wdf_dpc *)wdf_check(Dpc, &wdf_dpc_type, WDF_CALLER()))->object.parent;
}

/* The WDM object behind it. Any IRQL. docs: wdfdpc/nf-wdfdpc-wdfdpcwdmgetdpc */
PKDPC NTAPI WdfDpcWdmGetDpc(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDPC Dpc)
{
    return &((struct wdf_dpc *)wdf_check(Dpc, &wdf_dpc_type, WDF_CALLER()))->dpc;
}
