/* Control requests that are answered later: each has a timer of its own. Who takes the request out of the manual queue
 * `delays` (the timer), or is told that it was cancelled there (the framework completes it), ends it: exactly one of them. */
#include "kecho.h"

static EVT_WDF_TIMER DelayOver;
static EVT_WDF_OBJECT_CONTEXT_CLEANUP TimerGone;

NTSTATUS DelayCreate(WDFDEVICE device)
{
    WDF_IO_QUEUE_CONFIG config;

    WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchManual);
    return WdfIoQueueCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, &GetEcho(device)->delays);
}

/* The timer has a reference on the request, so the handle is good; whether the request still waits, the queue knows. */
static VOID NTAPI DelayOver(WDFTIMER timer)
{
    WDFREQUEST request = GetDelayTimer(timer)->request, taken;
    WDFDEVICE device = (WDFDEVICE)WdfTimerGetParentObject(timer);

    if (NT_SUCCESS(WdfIoQueueRetrieveFoundRequest(GetEcho(device)->delays, request, &taken)))
        WdfRequestComplete(taken, STATUS_SUCCESS);
    WdfObjectDelete(timer);
}

static VOID NTAPI TimerGone(WDFOBJECT timer)
{
    if (GetDelayTimer(timer)->request != NULL)
        WdfObjectDereference(GetDelayTimer(timer)->request);
}

void DelayBegin(WDFDEVICE device, WDFREQUEST request, ULONG milliseconds)
{
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_TIMER_CONFIG config;
    WDFTIMER timer;
    NTSTATUS status;

    WDF_TIMER_CONFIG_INIT(&config, DelayOver);
    config.AutomaticSerialization = FALSE;
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, DELAY_TIMER);
    attributes.ParentObject = device;
    attributes.EvtCleanupCallback = TimerGone;
    status = WdfTimerCreate(&config, &attributes, &timer);
    if (!NT_SUCCESS(status)) {
        WdfRequestComplete(request, status);
        return;
    }
    WdfObjectReference(request);
    GetDelayTimer(timer)->request = request;
    status = WdfRequestForwardToIoQueue(request, GetEcho(device)->delays);
    if (!NT_SUCCESS(status)) {
        WdfRequestComplete(request, status);
        WdfObjectDelete(timer);
        return;
    }
    WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_MS(milliseconds));
}
