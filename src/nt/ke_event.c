/* Events. */
#include "nt/event.h"
#include "nt/hot.h"
#include "nt/ke_wait.h"

/* Event: the caller's nonpaged memory. Type: a notification event stays signalled and lets every waiter go, a
 * synchronization event lets one go and resets itself. Any IRQL. docs: wdm/nf-wdm-keinitializeevent */
VOID NTAPI KeInitializeEvent(PRKEVENT Event, EVENT_TYPE Type, BOOLEAN State)
{
    ke_header_init(&Event->Header, Type == NotificationEvent ? EventNotificationObject : EventSynchronizationObject,
                   sizeof *Event, State != FALSE);
}

/* Somebody waits, or the event was never initialized. */
COLD static LONG set_slow(PRKEVENT event, KPRIORITY increment, BOOLEAN wait)
{
    LONG before = event->Header.SignalState;

    if (!event->Header.WaitListHead.Flink)
        NT_EMIT(NT_EVENT_MISUSE, "KeSetEvent is given an event that was not initialized", event, 0, PE_CALLER());
    event->Header.SignalState = 1;
    ke_signalled(&event->Header, increment);
    if (wait)
        ke_wait_follows();
    else
        ke_settle();
    return before;
}

/* Signals the event; returns its state before, nonzero when it was signalled. Increment: priority boost of whom it
 * wakes. With Wait (<= APC_LEVEL) IRQL stays raised until the wait that is the caller's next call. <= DISPATCH_LEVEL.
 * docs: wdm/nf-wdm-kesetevent */
LONG NTAPI KeSetEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait)
{
    LONG before = Event->Header.SignalState;

    if (unlikely(!nt_list_empty(&Event->Header.WaitListHead)))
        return set_slow(Event, Increment, Wait);
    Event->Header.SignalState = 1;
    if (!Wait)
        hot_settle();
    else
        ke_wait_follows();
    return before;
}

/* Makes the event not signalled; returns its state before. <= DISPATCH_LEVEL. docs: wdm/nf-wdm-keresetevent */
LONG NTAPI KeResetEvent(PRKEVENT Event)
{
    LONG before = Event->Header.SignalState;

    Event->Header.SignalState = 0;
    return before;
}

/* The same without a result. <= DISPATCH_LEVEL. docs: wdm/nf-wdm-keclearevent */
VOID NTAPI KeClearEvent(PRKEVENT Event)
{
    Event->Header.SignalState = 0;
}

/* Nonzero when signalled. <= DISPATCH_LEVEL. docs: wdm/nf-wdm-kereadstateevent */
LONG NTAPI KeReadStateEvent(PRKEVENT Event)
{
    return Event->Header.SignalState;
}

/* Signals the event for those that wait at this moment, and resets it. Returns its state before.
 * <= DISPATCH_LEVEL. docs: ntddk/nf-ntddk-kepulseevent */
LONG NTAPI KePulseEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait)
{
    LONG before = Event->Header.SignalState;

    Event->Header.SignalState = 1;
    ke_signalled(&Event->Header, Increment);
    Event->Header.SignalState = 0;
    if (Wait)
        ke_wait_follows();
    else
        ke_settle();
    return before;
}
