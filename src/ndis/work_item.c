/* Work items: functions that run in a system thread at PASSIVE_LEVEL. */
#include "ndis/adapter.h"

#include "ndis/event.h"

struct work_item {
    struct ndis_object object;
    WORK_QUEUE_ITEM item;
    NDIS_IO_WORKITEM_ROUTINE routine;
    void *context;
    bool queued, freed;                 /* freed while it was queued: goes when its turn comes */
};

static VOID NTAPI run(PVOID context)
{
    struct work_item *w = context;

    w->queued = false;                  /* the routine may queue or free it */
    if (w->freed) {
        ndis_object_destroy(w);
        return;
    }
    w->routine(w->context, w);
}

/* Makes a work item. Freed with NdisFreeIoWorkItem. <= DISPATCH_LEVEL. NULL: no memory. docs: ndis/nf-ndis-ndisallocateioworkitem */
NDIS_HANDLE NTAPI NdisAllocateIoWorkItem(NDIS_HANDLE NdisObjectHandle)
{
    struct work_item *w = ndis_object_create(NDIS_WORK_ITEM_OBJECT, sizeof *w, NDIS_TAG('N', 'D', 'w', 'i'), NDIS_CALLER());

    if (w)
        ExInitializeWorkItem(&w->item, run, w);
    return w;
}

/* Frees a work item that is not queued; its own routine may do it. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisfreeioworkitem */
VOID NTAPI NdisFreeIoWorkItem(NDIS_HANDLE NdisIoWorkItemHandle)
{
    struct work_item *w = ndis_object_check(NdisIoWorkItemHandle, NDIS_WORK_ITEM_OBJECT);

    if (w->queued) {
        NDIS_EMIT(NDIS_EVENT_MISUSE, w, "a work item is freed while it is queued", NDIS_CALLER());
        w->freed = true;
        return;
    }
    ndis_object_destroy(w);
}

/* Queues a work item: Routine gets the context and the item. It must not be queued already. <= DISPATCH_LEVEL.
 * docs: ndis/nf-ndis-ndisqueueioworkitem */
VOID NTAPI NdisQueueIoWorkItem(NDIS_HANDLE NdisIoWorkItemHandle, NDIS_IO_WORKITEM_ROUTINE Routine, PVOID WorkItemContext)
{
    struct work_item *w = ndis_object_check(NdisIoWorkItemHandle, NDIS_WORK_ITEM_OBJECT);

    if (w->queued) {
        NDIS_EMIT(NDIS_EVENT_MISUSE, w, "a work item is queued twice", NDIS_CALLER());
        return;
    }
    w->routine = Routine;
    w->context = WorkItemContext;
    w->queued = true;
    ExQueueWorkItem(&w->item, DelayedWorkQueue);
}

/* WrapperReserved holds the executive's item, then what was scheduled. */
static VOID NTAPI run_scheduled(PVOID context)
{
    PNDIS_WORK_ITEM item = context;

    item->Routine(item, item->Context);
}

/* The NDIS 5 form: the item is the driver's own memory. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisscheduleworkitem */
NDIS_STATUS NTAPI NdisScheduleWorkItem(PNDIS_WORK_ITEM WorkItem)
{
    PWORK_QUEUE_ITEM item = (PWORK_QUEUE_ITEM)(void *)WorkItem->WrapperReserved;

    ExInitializeWorkItem(item, run_scheduled, WorkItem);
    ExQueueWorkItem(item, DelayedWorkQueue);
    return NDIS_STATUS_SUCCESS;
}
