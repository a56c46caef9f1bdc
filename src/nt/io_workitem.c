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

/* A queued item that goes would leave the queue with freed memory in it. */
static void check_idle(PIO_WORKITEM w)
{
    if (w->queued)
        KeBugCheckEx(WORKER_INVALID, 0, (ULONG_PTR)w, 0, 0);
}

static struct io_driver *driver_of(PVOID object)
{
    PDEVICE_OBJECT device = object;

    return io_driver_of(device->Type == IO_TYPE_DEVICE ? device->DriverObject : (PDRIVER_OBJECT)object);
}

/* Not while it is queued: stops with WORKER_INVALID. docs: wdm/nf-wdm-iouninitializeworkitem */
VOID NTAPI IoUninitializeWorkItem(PIO_WORKITEM IoWorkItem)
{
    check_idle(IoWorkItem);
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

/* Not while it is queued (stops with WORKER_INVALID); its own routine may free it. IRQL <= DISPATCH. docs: wdm/nf-wdm-iofreeworkitem */
VOID NTAPI IoFreeWorkItem(PIO_WORKITEM IoWorkItem)
{
    check_idle(IoWorkItem);
    pool_free(IoWorkItem, TAG, __builtin_return_address(0));
}

static VOID NTAPI run(PVOID context)
{
    PIO_WORKITEM w = context;
    PVOID object = w->object;
    struct io_driver *driver = driver_of(object);

    w->queued = false;
    if (w->routine_ex != NULL)
        w->routine_ex(object, w->context, w);
    else
        w->routine(object, w->context);
    driver->work_items--;
    ob_dereference(object);
}

static void queue(PIO_WORKITEM w, WORK_QUEUE_TYPE type)
{
    w->queued = true;
    driver_of(w->object)->work_items++;
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
