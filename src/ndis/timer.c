/* Timer objects, events, sleeping. */
#include "ndis/adapter.h"

struct timer {
    struct ndis_object object;
    KTIMER timer;
    KDPC dpc;
    PNDIS_TIMER_FUNCTION function;
    void *default_context, *context;
};

static VOID NTAPI timer_dpc(PKDPC dpc, PVOID context, PVOID a1, PVOID a2)
{
    struct timer *t = context;

    t->function(NULL, t->context, NULL, NULL);
}

/* Makes a timer that calls TimerFunction at DISPATCH_LEVEL. Freed with NdisFreeTimerObject. <= DISPATCH_LEVEL.
 * NDIS_STATUS_RESOURCES, _INVALID_PARAMETER. docs: ndis/nf-ndis-ndisallocatetimerobject */
NDIS_STATUS NTAPI NdisAllocateTimerObject(NDIS_HANDLE NdisHandle, PNDIS_TIMER_CHARACTERISTICS TimerCharacteristics,
                                          PNDIS_HANDLE pTimerObject)
{
    if (TimerCharacteristics->Header.Type != NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS ||
        TimerCharacteristics->Header.Size < NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1 || !TimerCharacteristics->TimerFunction)
        return NDIS_STATUS_INVALID_PARAMETER;
    struct timer *t = ndis_object_create(NDIS_TIMER_OBJECT, sizeof *t, TimerCharacteristics->AllocationTag, NDIS_CALLER());
    if (!t)
        return NDIS_STATUS_RESOURCES;
    t->function = TimerCharacteristics->TimerFunction;
    t->default_context = TimerCharacteristics->FunctionContext;
    KeInitializeTimer(&t->timer);
    KeInitializeDpc(&t->dpc, timer_dpc, t);
    *pTimerObject = t;
    return NDIS_STATUS_SUCCESS;
}

/* Frees a timer that is not set. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisfreetimerobject */
VOID NTAPI NdisFreeTimerObject(NDIS_HANDLE TimerObject)
{
    struct timer *t = ndis_object_check(TimerObject, NDIS_TIMER_OBJECT);

    KeCancelTimer(&t->timer);
    KeRemoveQueueDpc(&t->dpc);
    ndis_object_destroy(t);
}

/* Sets a timer: DueTime in 100 ns, negative for an interval, positive for a time since 1601; MillisecondsPeriod 0: once.
 * FunctionContext overrides the one given at allocation, unless it is NULL. TRUE when the timer was set already.
 * <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndissettimerobject */
BOOLEAN NTAPI NdisSetTimerObject(NDIS_HANDLE TimerObject, LARGE_INTEGER DueTime, LONG MillisecondsPeriod, PVOID FunctionContext)
{
    struct timer *t = ndis_object_check(TimerObject, NDIS_TIMER_OBJECT);

    t->context = FunctionContext ? FunctionContext : t->default_context;
    return KeSetTimerEx(&t->timer, DueTime, MillisecondsPeriod, &t->dpc);
}

/* The same; Tolerance (ms) lets it expire together with others. Expires on time here. <= DISPATCH_LEVEL.
 * docs: ndis/nf-ndis-ndissetcoalescabletimerobject */
BOOLEAN NTAPI NdisSetCoalescableTimerObject(NDIS_HANDLE TimerObject, LARGE_INTEGER DueTime, LONG MillisecondsPeriod,
                                            PVOID FunctionContext, ULONG Tolerance)
{
    return NdisSetTimerObject(TimerObject, DueTime, MillisecondsPeriod, FunctionContext);
}

/* Cancels a timer. TRUE when it was set; FALSE when it had expired (its function may be about to run) or was not set.
 * <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndiscanceltimerobject */
BOOLEAN NTAPI NdisCancelTimerObject(NDIS_HANDLE TimerObject)
{
    struct timer *t = ndis_object_check(TimerObject, NDIS_TIMER_OBJECT);

    return KeCancelTimer(&t->timer);
}

/* Makes an event of the notification kind, not signalled. Any IRQL. docs: ndis/nf-ndis-ndisinitializeevent */
VOID NTAPI NdisInitializeEvent(PNDIS_EVENT Event)
{
    KeInitializeEvent(&Event->Event, NotificationEvent, FALSE);
}

/* Signals an event. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndissetevent */
VOID NTAPI NdisSetEvent(PNDIS_EVENT Event)
{
    KeSetEvent(&Event->Event, IO_NO_INCREMENT, FALSE);
}

/* Clears an event. <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndisresetevent */
VOID NTAPI NdisResetEvent(PNDIS_EVENT Event)
{
    KeClearEvent(&Event->Event);
}

/* Waits for an event, at most msToWait milliseconds (0: without end). FALSE: time is over. PASSIVE_LEVEL.
 * docs: ndis/nf-ndis-ndiswaitevent */
BOOLEAN NTAPI NdisWaitEvent(PNDIS_EVENT Event, UINT msToWait)
{
    LARGE_INTEGER limit = { .QuadPart = -10000LL * msToWait };

    return KeWaitForSingleObject(&Event->Event, Executive, KernelMode, FALSE, msToWait ? &limit : NULL) == STATUS_SUCCESS;
}

/* Sleeps. Microseconds. < DISPATCH_LEVEL. docs: ndis/nf-ndis-ndismsleep */
VOID NTAPI NdisMSleep(ULONG MicrosecondsToSleep)
{
    LARGE_INTEGER interval = { .QuadPart = -10LL * MicrosecondsToSleep };

    KeDelayExecutionThread(KernelMode, FALSE, &interval);
}
