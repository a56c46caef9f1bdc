/* Timers. */
#ifndef WDF_WDFTIMER_H
#define WDF_WDFTIMER_H

#include <wdf/wdfobject.h>

RING3_BEGIN_C

typedef VOID NTAPI EVT_WDF_TIMER(WDFTIMER Timer);
typedef EVT_WDF_TIMER *PFN_WDF_TIMER;

typedef struct _WDF_TIMER_CONFIG {
    ULONG Size;
    PFN_WDF_TIMER EvtTimerFunc;
    ULONG Period;
    BOOLEAN AutomaticSerialization;
    ULONG TolerableDelay;
    BOOLEAN UseHighResolutionTimer;
} WDF_TIMER_CONFIG, *PWDF_TIMER_CONFIG;

#define TolerableDelayUnlimited ((ULONG)-1)
FORCEINLINE VOID WDF_TIMER_CONFIG_INIT_PERIODIC(PWDF_TIMER_CONFIG Config, PFN_WDF_TIMER EvtTimerFunc, LONG Period)
{
    WDF_ZERO_WITH_SIZE(Config, WDF_TIMER_CONFIG);
    Config->EvtTimerFunc = EvtTimerFunc;
    Config->Period = (ULONG)Period;
    Config->AutomaticSerialization = TRUE;
}
FORCEINLINE VOID WDF_TIMER_CONFIG_INIT(PWDF_TIMER_CONFIG Config, PFN_WDF_TIMER EvtTimerFunc)
{
    WDF_TIMER_CONFIG_INIT_PERIODIC(Config, EvtTimerFunc, 0);
}

WDF_SLOT(NTSTATUS, WdfTimerCreate, (PWDF_TIMER_CONFIG Config, PWDF_OBJECT_ATTRIBUTES Attributes, WDFTIMER *Timer),
         (Config, Attributes, Timer))
WDF_SLOT(BOOLEAN, WdfTimerStart, (WDFTIMER Timer, LONGLONG DueTime), (Timer, DueTime))
WDF_SLOT(BOOLEAN, WdfTimerStop, (WDFTIMER Timer, BOOLEAN Wait), (Timer, Wait))
WDF_SLOT(WDFOBJECT, WdfTimerGetParentObject, (WDFTIMER Timer), (Timer))

RING3_END_C

#endif
