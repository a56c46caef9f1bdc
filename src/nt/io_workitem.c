/* I/O work items: an executive work item that keeps its device or driver object referenced until its routine is done. */
#include "nt/io_internal.h"

#define TAG 0x69576f49u                 /* "IoWi" */

struct _IO_WORKITEM {
    WORK_QUEUE_ITEM item;
    PVOID object;
    PIO_WORKITEM_ROUTINE routine;
    PIO_WORKITEM_ROUTINE_EX routine_ex;
    PVOID context;
    bool queued;
};

/* Bytes for IoInitializeWorkItem. Any IRQL. docs: wdm/nf-wdm-iosizeofworkitem */
ULONG NTAPI IoSizeofWorkItem(VOID)
{
    return sizeof(struct _IO_WORKITEM);
}

/* In memory of the driver's. IoObject: a device or driver object. IRQL <= DISPATCH. docs: wdm/nf-wdm-ioinitializeworkitem */
VOID NTAPI IoInitializeWorkItem(PVOID IoObject, PIO_WORKITEM IoWorkItem)
{
    memset(IoWorkItem, 0, sizeof(*IoWorkItem));
    IoWorkItem->object = IoObject;
}

static void check_idle(PIO_WORKITEM w, struct pe_caller caller)
{
    if (w->queued)
        NT_EMIT(NT_EVENT_MISUSE, "a work item is freed while it is queued", w, 0, caller);
}

/* docs: wdm/nf-wdm-iouninitializeworkitem */
VOID NTAPI IoUninitializeWorkItem(PIO_WORKITEM IoWorkItem)
{
    check_idle(IoWorkItem, PE_CALLER());
}

/* A work item for DeviceObject, freed with IoFreeWorkItem. NULL: no memory. IRQL <= DISPATCH.
 * docs: wdm/nf-wdm-ioallocateworkitem */
PIO_WORKITEM NTAPI IoAllocateWorkItem(PDEVICE_OBJECT DeviceObject)
{
    PIO_WORKITEM w = pool_alloc(NonPagedPoolNx, sizeof(*w), TAG, __builtin_return_address(0));

    if (w != NULL)
        IoInitializeWorkItem(DeviceObject, w);
    return w;
}

/* Not while it is queued; its own routine may free it. IRQL <= DISPATCH. docs: wdm/nf-wdm-iofreeworkitem */
VOID NTAPI IoFreeWorkItem(PIO_WORKITEM IoWorkItem)
{
    check_idle(IoWorkItem, PE_CALLER());
    pool_free(IoWorkItem, TAG, __builtin_return_address(0));
}

static VOID NTAPI run(PVOID context)
{
    PIO_WORKITEM w = context;
    PVOID object = w->object;

    w->queued = false;
    if (w->routine_ex != NULL)
        w->routine_ex(object, w->context, w);
    else
        w->routine(object, w->context);
    ob_dereference(object);
}

static void queue(PIO_WORKITEM w, WORK_QUEUE_TYPE type)
{
    w->queued = true;
    ob_reference(w->object);
    ExInitializeWorkItem(&w->item, run, w);
    ExQueueWorkItem(&w->item, type);
}

/* Has a system thread call WorkerRoutine(device, Context) at PASSIVE_LEVEL. A queued item must not be queued again.
 * IRQL <= DISPATCH. docs: wdm/nf-wdm-ioqueueworkitem */
VOID NTAPI IoQueueWorkItem(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE WorkerRoutine, WORK_QUEUE_TYPE QueueType,
                           PVOID Context)
{
    if (IoWorkItem->queued)
        KeBugCheckEx(WORKER_INVALID, 1, (ULONG_PTR)IoWorkItem, (ULONG_PTR)WorkerRoutine, QueueType);
    IoWorkItem->routine = WorkerRoutine;
    IoWorkItem->routine_ex = NULL;
    IoWorkItem->context = Context;
    queue(IoWorkItem, QueueType);
}

/* The same with a routine that gets the item, too. docs: wdm/nf-wdm-ioqueueworkitemex */
VOID NTAPI IoQueueWorkItemEx(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE_EX WorkerRoutine, WORK_QUEUE_TYPE QueueType,
                             PVOID Context)
{
    if (IoWorkItem->queued)
        KeBugCheckEx(WORKER_INVALID, 1, (ULONG_PTR)IoWorkItem, (ULONG_PTR)WorkerRoutine, QueueType);
    IoWorkItem->routine = NULL;
    IoWorkItem->routine_ex = WorkerRoutine;
    IoWorkItem->context = Context;
    queue(IoWorkItem, QueueType);
}

/* FALSE when it is queued already. */
BOOLEAN NTAPI IoTryQueueWorkItem(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE_EX WorkerRoutine,
                                 WORK_QUEUE_TYPE QueueType, PVOID Context)
{
    if (IoWorkItem->queued)
        return FALSE;
    IoQueueWorkItemEx(IoWorkItem, WorkerRoutine, QueueType, Context);
    return TRUE;
}
