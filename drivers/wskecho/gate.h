/* Counts calls in progress, so that whoever closes a socket can wait until none is left and none will begin. Unlike run-down
 * protection, a gate may be made at DISPATCH_LEVEL, where connections are accepted. */
#pragma once

#include <ntddk.h>

typedef struct _GATE {
    volatile LONG Users;                /* and one while it is open */
    KEVENT Empty;
} GATE, *PGATE;

/* An open gate. */
_IRQL_requires_max_(DISPATCH_LEVEL)
FORCEINLINE VOID GateOpen(_Out_ PGATE Gate)
{
    Gate->Users = 1;
    KeInitializeEvent(&Gate->Empty, NotificationEvent, FALSE);
}

_IRQL_requires_max_(DISPATCH_LEVEL)
FORCEINLINE VOID GateLeave(_Inout_ PGATE Gate)
{
    if (InterlockedDecrement(&Gate->Users) == 0)
        KeSetEvent(&Gate->Empty, IO_NO_INCREMENT, FALSE);
}

/* FALSE: it is closed. */
_IRQL_requires_max_(DISPATCH_LEVEL)
_Must_inspect_result_
FORCEINLINE BOOLEAN GateEnter(_Inout_ PGATE Gate)
{
    LONG users = ReadNoFence(&Gate->Users), seen;

    for (; users > 0; users = seen) {
        seen = InterlockedCompareExchange(&Gate->Users, users + 1, users);
        if (seen == users)
            return TRUE;
    }
    return FALSE;
}

/* Nobody enters any more; returns when everybody has left. Once for each gate. */
_IRQL_requires_(PASSIVE_LEVEL)
FORCEINLINE VOID GateClose(_Inout_ PGATE Gate)
{
    GateLeave(Gate);
    KeWaitForSingleObject(&Gate->Empty, Executive, KernelMode, FALSE, NULL);
}
