/* Frames. A chain that nothing happens to is counted and passed on. */
#include "lwfcount.h"

typedef struct _TALLY {
    ULONG64 Lists, Frames, Bytes;
} TALLY;

static TALLY Count(PNET_BUFFER_LIST Lists)
{
    TALLY t = { 0, 0, 0 };

    for (; Lists != NULL; Lists = NET_BUFFER_LIST_NEXT_NBL(Lists)) {
        t.Lists++;
        for (PNET_BUFFER frame = NET_BUFFER_LIST_FIRST_NB(Lists); frame != NULL; frame = NET_BUFFER_NEXT_NB(frame)) {
            t.Frames++;
            t.Bytes += NET_BUFFER_DATA_LENGTH(frame);
        }
    }
    return t;
}

/* The counters belong to a processor: nothing else may run on it meanwhile. */
static PCOUNTERS Begin(PMODULE Module, BOOLEAN AtDispatch, PKIRQL Irql)
{
    *Irql = DISPATCH_LEVEL;
    if (!AtDispatch)
        KeRaiseIrql(DISPATCH_LEVEL, Irql);
    return &Module->Counters[NdisCurrentProcessorIndex()];
}

static VOID End(KIRQL Irql)
{
    if (Irql != DISPATCH_LEVEL)
        KeLowerIrql(Irql);
}

/* Cuts every n-th list out of the chain. */
static PNET_BUFFER_LIST Drop(PMODULE Module, PNET_BUFFER_LIST Lists, ULONG Every, PULONG Number, PNET_BUFFER_LIST *Dropped)
{
    PNET_BUFFER_LIST kept = NULL, *last = &kept, *lastDropped = Dropped;

    *Dropped = NULL;
    if (Every == 0)
        return Lists;
    NdisAcquireSpinLock(&Module->Lock);
    for (PNET_BUFFER_LIST next; Lists != NULL; Lists = next) {
        next = NET_BUFFER_LIST_NEXT_NBL(Lists);
        NET_BUFFER_LIST_NEXT_NBL(Lists) = NULL;
        if (++*Number % Every == 0) {
            *lastDropped = Lists;
            lastDropped = &NET_BUFFER_LIST_NEXT_NBL(Lists);
            Module->Counters[NdisCurrentProcessorIndex()].Dropped++;
        } else {
            *last = Lists;
            last = &NET_BUFFER_LIST_NEXT_NBL(Lists);
        }
    }
    NdisReleaseSpinLock(&Module->Lock);
    return kept;
}

/* --- send ----------------------------------------------------------------------------------------------------------- */

static VOID ChangeSends(PMODULE Module, PNET_BUFFER_LIST Lists, NDIS_PORT_NUMBER Port, ULONG Flags)
{
    PNET_BUFFER_LIST dropped;

    Lists = Drop(Module, Lists, Module->Settings.DropSend, &Module->SendNumber, &dropped);
    for (PNET_BUFFER_LIST list = dropped; list != NULL; list = NET_BUFFER_LIST_NEXT_NBL(list))
        NET_BUFFER_LIST_STATUS(list) = NDIS_STATUS_SUCCESS;     /* as if the wire had lost it */
    if (dropped != NULL)
        NdisFSendNetBufferListsComplete(Module->Handle, dropped, NDIS_TEST_SEND_AT_DISPATCH_LEVEL(Flags)
                                        ? NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL : 0);
    if (Lists != NULL && Module->Settings.DelaySend) {
        DelaySends(Module, Lists);
        return;
    }
    if (Lists != NULL && Module->Settings.EditSend)
        Lists = EditSends(Module, Lists, Port, Flags);
    if (Lists != NULL)
        NdisFSendNetBufferLists(Module->Handle, Lists, Port, Flags);
}

_Use_decl_annotations_
VOID ModuleSend(NDIS_HANDLE FilterModuleContext, PNET_BUFFER_LIST NetBufferList, NDIS_PORT_NUMBER PortNumber, ULONG SendFlags)
{
    PMODULE module = (PMODULE)FilterModuleContext;
    TALLY t = Count(NetBufferList);
    PCOUNTERS counters;
    KIRQL irql;

    counters = Begin(module, NDIS_TEST_SEND_AT_DISPATCH_LEVEL(SendFlags) != 0, &irql);
    counters->SentFrames += t.Frames;
    counters->SentBytes += t.Bytes;
    End(irql);
    if (module->Changes)
        ChangeSends(module, NetBufferList, PortNumber, SendFlags);
    else
        NdisFSendNetBufferLists(module->Handle, NetBufferList, PortNumber, SendFlags);
}

/* Takes our own lists out of a chain; the others go up. */
static PNET_BUFFER_LIST TakeOwn(PMODULE Module, PNET_BUFFER_LIST Lists)
{
    PNET_BUFFER_LIST others = NULL, *last = &others;
    LONG own = 0;

    for (PNET_BUFFER_LIST next; Lists != NULL; Lists = next) {
        next = NET_BUFFER_LIST_NEXT_NBL(Lists);
        NET_BUFFER_LIST_NEXT_NBL(Lists) = NULL;
        if (Lists->SourceHandle == Module->Handle) {
            EditRelease(Module, Lists);
            own++;
        } else {
            *last = Lists;
            last = &NET_BUFFER_LIST_NEXT_NBL(Lists);
        }
    }
    if (own != 0)
        ModuleRelease(Module, own);
    return others;
}

_Use_decl_annotations_
VOID ModuleSendComplete(NDIS_HANDLE FilterModuleContext, PNET_BUFFER_LIST NetBufferList, ULONG SendCompleteFlags)
{
    PMODULE module = (PMODULE)FilterModuleContext;

    if (module->Settings.EditSend)
        NetBufferList = TakeOwn(module, NetBufferList);
    if (NetBufferList != NULL)
        NdisFSendNetBufferListsComplete(module->Handle, NetBufferList, SendCompleteFlags);
}

_Use_decl_annotations_
VOID ModuleCancelSend(NDIS_HANDLE FilterModuleContext, PVOID CancelId)
{
    PMODULE module = (PMODULE)FilterModuleContext;

    if (module->Settings.DelaySend)
        DelayCancel(module, CancelId);
    NdisFCancelSendNetBufferLists(module->Handle, CancelId);
}

/* --- receive ---------------------------------------------------------------------------------------------------------- */

/* Lists that are only lent: none is kept or cut out. Dropping one lent list means not passing it on, so each goes alone. */
static VOID ChangeLent(PMODULE Module, PNET_BUFFER_LIST Lists, NDIS_PORT_NUMBER Port, ULONG Flags)
{
    for (PNET_BUFFER_LIST next; Lists != NULL; Lists = next) {
        BOOLEAN drop = FALSE;

        next = NET_BUFFER_LIST_NEXT_NBL(Lists);
        NET_BUFFER_LIST_NEXT_NBL(Lists) = NULL;
        if (Module->Settings.DropReceive) {
            NdisAcquireSpinLock(&Module->Lock);
            drop = ++Module->ReceiveNumber % Module->Settings.DropReceive == 0;
            if (drop)
                Module->Counters[NdisCurrentProcessorIndex()].Dropped++;
            NdisReleaseSpinLock(&Module->Lock);
        }
        if (!drop)
            NdisFIndicateReceiveNetBufferLists(Module->Handle, Lists, Port, 1, Flags);
        NET_BUFFER_LIST_NEXT_NBL(Lists) = next;         /* the chain is its owner's */
    }
}

static VOID ChangeReceived(PMODULE Module, PNET_BUFFER_LIST Lists, NDIS_PORT_NUMBER Port, ULONG Flags)
{
    PNET_BUFFER_LIST dropped;

    if (Module->Settings.EditReceive)
        EditReceived(Module, Lists);
    if (NDIS_TEST_RECEIVE_CANNOT_PEND(Flags)) {
        ChangeLent(Module, Lists, Port, Flags);
        return;
    }
    Lists = Drop(Module, Lists, Module->Settings.DropReceive, &Module->ReceiveNumber, &dropped);
    if (dropped != NULL)
        NdisFReturnNetBufferLists(Module->Handle, dropped, NDIS_TEST_RECEIVE_AT_DISPATCH_LEVEL(Flags)
                                  ? NDIS_RETURN_FLAGS_DISPATCH_LEVEL : 0);
    if (Lists == NULL)
        return;
    if (Module->Settings.DelayReceive)
        DelayReceives(Module, Lists);
    else
        NdisFIndicateReceiveNetBufferLists(Module->Handle, Lists, Port, (ULONG)Count(Lists).Lists, Flags);
}

_Use_decl_annotations_
VOID ModuleReceive(NDIS_HANDLE FilterModuleContext, PNET_BUFFER_LIST NetBufferLists, NDIS_PORT_NUMBER PortNumber,
                   ULONG NumberOfNetBufferLists, ULONG ReceiveFlags)
{
    PMODULE module = (PMODULE)FilterModuleContext;
    TALLY t = Count(NetBufferLists);
    PCOUNTERS counters;
    KIRQL irql;

    counters = Begin(module, NDIS_TEST_RECEIVE_AT_DISPATCH_LEVEL(ReceiveFlags) != 0, &irql);
    counters->ReceivedFrames += t.Frames;
    counters->ReceivedBytes += t.Bytes;
    End(irql);
    if (module->Changes)
        ChangeReceived(module, NetBufferLists, PortNumber, ReceiveFlags);
    else
        NdisFIndicateReceiveNetBufferLists(module->Handle, NetBufferLists, PortNumber, NumberOfNetBufferLists, ReceiveFlags);
}

_Use_decl_annotations_
VOID ModuleReturn(NDIS_HANDLE FilterModuleContext, PNET_BUFFER_LIST NetBufferLists, ULONG ReturnFlags)
{
    NdisFReturnNetBufferLists(((PMODULE)FilterModuleContext)->Handle, NetBufferLists, ReturnFlags);
}
