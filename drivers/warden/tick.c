/* The timer behind PendTick. */
#include "model.h"

static WDFTIMER Timer;

static VOID NTAPI TimeIsOver(_In_ WDFTIMER timer)
{
    if (PendTick())
        WdfTimerStart(timer, WDF_REL_TIMEOUT_IN_MS(TICK));
}

_Use_decl_annotations_
NTSTATUS TickCreate(WDFDEVICE Device)
{
    WDF_TIMER_CONFIG config;
    WDF_OBJECT_ATTRIBUTES attributes;

    WDF_TIMER_CONFIG_INIT(&config, TimeIsOver);
    config.AutomaticSerialization = FALSE;
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ParentObject = Device;
    return WdfTimerCreate(&config, &attributes, &Timer);
}

VOID TickStart(VOID)
{
    WdfTimerStart(Timer, WDF_REL_TIMEOUT_IN_MS(TICK));
}

VOID TickStop(VOID)
{
    WdfTimerStop(Timer, TRUE);
}
