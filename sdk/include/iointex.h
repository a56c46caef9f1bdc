/* Interrupts for every Windows version: the names of iointex.lib. docs: iointex */
#ifndef RING3_IOINTEX_H
#define RING3_IOINTEX_H

#include <wdm.h>

/* PASSIVE_LEVEL; errors as IoConnectInterruptEx. docs: iointex/nf-iointex-wdmlibioconnectinterruptex */
FORCEINLINE NTSTATUS WdmlibIoConnectInterruptEx(_Inout_ PIO_CONNECT_INTERRUPT_PARAMETERS Parameters)
{
    return IoConnectInterruptEx(Parameters);
}

/* PASSIVE_LEVEL. docs: iointex/nf-iointex-wdmlibiodisconnectinterruptex */
FORCEINLINE VOID WdmlibIoDisconnectInterruptEx(_In_ PIO_DISCONNECT_INTERRUPT_PARAMETERS Parameters)
{
    IoDisconnectInterruptEx(Parameters);
}

/* Which processors may run the service routine: <= DISPATCH_LEVEL. STATUS_INVALID_PARAMETER when the object is none.
 * docs: iointex/nf-iointex-wdmlibiogetaffinityinterrupt */
FORCEINLINE NTSTATUS WdmlibIoGetAffinityInterrupt(_In_ PKINTERRUPT InterruptObject, _Out_ PGROUP_AFFINITY GroupAffinity)
{
    return IoGetAffinityInterrupt(InterruptObject, GroupAffinity);
}

#endif
