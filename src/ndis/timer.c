/* Timer objects and work items. */
#include "ndis/object.h"
#include "nt/pool.h"

struct timer {
    struct ndis_object object;
    KTIMER timer;
    KDPC dpc;
    PNDIS_TIMER_FUNCTION function;
    PVOID default_context, context;
};

static VOID NTAPI fire(PKDPC dpc, PVOID context, PVOID a, PVOID b)
{
    struct timer *timer = context;

    timer->function(dpc, timer->context, a, b);
}

/* A timer that will call TimerCharacteristics->TimerFunction at DISPATCH_LEVEL. NDIS_STATUS_RESOURCES,
 * NDIS_STATUS_INVALID_PARAMETER for a header of another kind. <= DISPATCH_LEVEL.
 * docs: ndis/nf-ndis-ndisallocatetimerobject */
NDIS_STATUS NTAPI NdisAllocateTimerObject(NDIS_HANDLE NdisHandle, PNDIS_TIMER_CHARACTERISTICS TimerCharacteristics,
                                          PNDIS_HANDLE pTimerObject)
{
    PNDIS_TIMER_CHARACTERISTICS c = TimerCharacteristics;

    (void)NdisHandle;
    *pTimerObject = NULL;
    if (c->Header.Type != NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS ||
        c->Header.Size < NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1 || !c->TimerFunction)
        return NDIS_STATUS_INVALID_PARAMETER;
    struct timer *timer = ndis_object_create(NDIS_TIMER_OBJECT, sizeof *timer, c->AllocationTag, NDIS_CALLER());
    if (!timer)
        return NDIS_STATUS_RESOURCES;
    timer->function = c->TimerFunction;
    timer->default_context = c->FunctionContext;
    KeInitializeTimer(&timer->timer);
    KeInitializeDpc(&timer->dpc, fire, timer);
    *pTimerObject = timer;
    return NDIS_STATUS_SUCCESS;
}

/* Its end: cancels it and waits for a call in progress. PASSIVE_LEVEL. docs: ndis/nf-ndis-ndisfreetimerobject */
VOID NTAPI NdisFreeTimerObject(NDIS_HANDLE TimerObject)
{
    struct timer *timer = ndis_object_check(TimerObject, NDIS_TIMER_OBJECT);

    KeCancelTimer(&timer->timer);
    KeRemoveQueueDpcEx(&timer->dpc, KeGetCurrentIrql() < DISPATCH_LEVEL);
    ndis_object_destroy(timer);
}

/* Sets or re-sets it: DueTime negative from now, positive absolute, 100 ns units; then every MillisecondsPeriod ms (0: once).
 * FunctionContext: NULL for the one of the allocation. TRUE when it was set already. <= DISPATCH_LEVEL.
 * docs: ndis/nf-ndis-ndissettimerobject */
BOOLEAN NTAPI NdisSetTimerObject(NDIS_HANDLE TimerObject, LARGE_INTEGER DueTime, LONG MillisecondsPeriod,
                                 PVOID FunctionContext)
{
    struct timer *timer = ndis_object_check(TimerObject, NDIS_TIMER_OBJECT);

    timer->context = FunctionContext ? FunctionContext : timer->default_context;
    return KeSetTimerEx(&timer->timer, DueTime, MillisecondsPeriod, &timer->dpc);
}

/* The same; may fire up to Tolerance ms later. docs: ndis/nf-ndis-ndissetcoalescabletimerobject */
BOOLEAN NTAPI NdisSetCoalescableTimerObject(NDIS_HANDLE TimerObject, LARGE_INTEGER DueTime, LONG MillisecondsPeriod,
                                            PVOID FunctionContext, ULONG Tolerance)
{
    struct timer *timer = ndis_object_check(TimerObject, NDIS_TIMER_OBJECT);

    timer->context = FunctionContext ? FunctionContext : timer->default_context;
    return KeSetCoalescableTimer(&timer->timer, DueTime, (ULONG)MillisecondsPeriod, Tolerance, &timer->dpc);
}

/* TRUE when it was set; its function will not be called for that setting. <= DISPATCH_LEVEL.
 * docs: ndis/nf-ndis-ndiscanceltimerobject */
BOOLEAN NTAPI NdisCancelTimerObject(NDIS_HANDLE TimerObject)
{
    struct timer *timer = ndis_object_check(TimerObject, NDIS_TIMER_OBJECT);

    return KeCancelTimer(&timer->timer) || KeRemoveQueueDpc(&timer->dpc);
}

/* --- work items -------------------------------------------------------------------------------------------------------- */

struct work_item {
    struct ndis_object object;
    WORK_QUEUE_ITEM item;
    NDIS_IO_WORKITEM_ROUTINE routine;
    PVOID context;
};

static VOID NTAPI run(PVOID parameter)
{
    struct work_item *work = parameter;

    work->routine(work->context, work);
}

/* A work item; NULL when there is no memory. NdisObjectHandle: a handle of the caller. <= DISPATCH_LEVEL.
 * docs: ndis/nf-ndis-ndisallocateioworkitem */
NDIS_HANDLE NTAPI NdisAllocateIoWorkItem(NDIS_HANDLE NdisObjectHandle)
{
    (void)NdisObjectHandle;
    return ndis_object_create(NDIS_WORK_ITEM_OBJECT, sizeof(struct work_item), NDIS_TAG('N', 'D', 'w', 'i'), NDIS_CALLER());
}

/* Its end; it is not queued. Its own routine may do it. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisfreeioworkitem */
VOID NTAPI NdisFreeIoWorkItem(NDIS_HANDLE NdisIoWorkItemHandle)
{
    ndis_object_destroy(ndis_object_check(NdisIoWorkItemHandle, NDIS_WORK_ITEM_OBJECT));
}

/* Calls Routine(WorkItemContext, handle) at PASSIVE_LEVEL in a system thread, once. <= DISPATCH_LEVEL.
 * docs: ndis/nf-ndis-ndisqueueioworkitem */
VOID NTAPI NdisQueueIoWorkItem(NDIS_HANDLE NdisIoWorkItemHandle, NDIS_IO_WORKITEM_ROUTINE Routine, PVOID WorkItemContext)
{
    struct work_item *work = ndis_object_check(NdisIoWorkItemHandle, NDIS_WORK_ITEM_OBJECT);

    work->routine = Routine;
    work->context = WorkItemContext;
    ExInitializeWorkItem(&work->item, run, work);
    ExQueueWorkItem(&work->item, DelayedWorkQueue);
}

static VOID NTAPI run_old(PVOID parameter)
{
    PNDIS_WORK_ITEM work = parameter;

    work->Routine(work, work->Context);
}

/* The older kind, in the driver's own memory (NdisInitializeWorkItem). <= DISPATCH_LEVEL.
 * docs: ndis/nf-ndis-ndisscheduleworkitem */
NDIS_STATUS NTAPI NdisScheduleWorkItem(PNDIS_WORK_ITEM WorkItem)
{
    PWORK_QUEUE_ITEM item = (PWORK_QUEUE_ITEM)WorkItem->WrapperReserved;

    _Static_assert(sizeof(WORK_QUEUE_ITEM) <= sizeof WorkItem->WrapperReserved, "fits");
    ExInitializeWorkItem(item, run_old, WorkItem);
    ExQueueWorkItem(item, DelayedWorkQueue);
    return NDIS_STATUS_SUCCESS;
}
