/* The timer behind PendTick. */
#include "model.h"

static KTIMER Timer;
static KDPC Dpc;
static volatile LONG Stopped;
static KDEFERRED_ROUTINE TimeIsOver;

_Use_decl_annotations_
static VOID TimeIsOver(PKDPC Called, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Called);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    if (PendTick() && !ReadNoFence(&Stopped))
        TickStart();
}

VOID TickCreate(VOID)
{
    InterlockedExchange(&Stopped, FALSE);
    KeInitializeTimer(&Timer);
    KeInitializeDpc(&Dpc, TimeIsOver, NULL);
}

VOID TickStart(VOID)
{
    LARGE_INTEGER due = { .QuadPart = -(LONGLONG)TICK * 10000 };

    KeSetTimer(&Timer, due, &Dpc);
}

VOID TickStop(VOID)
{
    InterlockedExchange(&Stopped, TRUE);
    KeCancelTimer(&Timer);
    KeFlushQueuedDpcs();                /* one may run, and may just have set the timer again */
    KeCancelTimer(&Timer);
    KeFlushQueuedDpcs();
}
