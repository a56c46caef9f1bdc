/* Lists that wait. A timer runs while any do; when it is due, everything that waited goes on. A list waits for between one and
 * two periods: what comes while the timer runs waits for the next turn. */
#include "lwfcount.h"

VOID DelayInitialize(PWAITING Waiting)
{
    Waiting->First = NULL;
    Waiting->Last = &Waiting->First;
    Waiting->Count = 0;
}

static ULONG Append(PWAITING Waiting, PNET_BUFFER_LIST Lists)
{
    ULONG count = 0;

    *Waiting->Last = Lists;
    for (; Lists != NULL; Lists = NET_BUFFER_LIST_NEXT_NBL(Lists)) {
        Waiting->Last = &NET_BUFFER_LIST_NEXT_NBL(Lists);
        count++;
    }
    Waiting->Count += count;
    return count;
}

static PNET_BUFFER_LIST TakeAll(PMODULE Module, PWAITING Waiting, PULONG Count)
{
    PNET_BUFFER_LIST lists;

    NdisAcquireSpinLock(&Module->Lock);
    lists = Waiting->First;
    *Count = Waiting->Count;
    DelayInitialize(Waiting);
    NdisReleaseSpinLock(&Module->Lock);
    return lists;
}

static VOID SetStatus(PNET_BUFFER_LIST Lists, NDIS_STATUS Status)
{
    for (; Lists != NULL; Lists = NET_BUFFER_LIST_NEXT_NBL(Lists))
        NET_BUFFER_LIST_STATUS(Lists) = Status;
}

static VOID Start(NDIS_HANDLE Timer, ULONG Milliseconds)
{
    LARGE_INTEGER due;

    due.QuadPart = -10000LL * Milliseconds;
    NdisSetTimerObject(Timer, due, 0, NULL);
}

/* Chains that come in other states were on their way when the pause began. */
static BOOLEAN Keep(PMODULE Module, PWAITING Waiting, PNET_BUFFER_LIST Lists, PBOOLEAN TimerSet, PBOOLEAN Start)
{
    BOOLEAN running;
    ULONG count = 0;

    NdisAcquireSpinLock(&Module->Lock);
    running = Module->State == ModuleRunning;
    if (running)
        count = Append(Waiting, Lists);
    *Start = running && !*TimerSet;
    if (*Start)
        *TimerSet = TRUE;
    NdisReleaseSpinLock(&Module->Lock);
    Module->Counters[NdisCurrentProcessorIndex()].Delayed += count;
    return running;
}

VOID DelaySends(PMODULE Module, PNET_BUFFER_LIST Lists)
{
    BOOLEAN start;

    if (!Keep(Module, &Module->Sends, Lists, &Module->SendTimerSet, &start)) {
        SetStatus(Lists, NDIS_STATUS_PAUSED);
        NdisFSendNetBufferListsComplete(Module->Handle, Lists, 0);
    } else if (start) {
        Start(Module->SendTimer, Module->Settings.DelaySend);
    }
}

VOID DelayReceives(PMODULE Module, PNET_BUFFER_LIST Lists)
{
    BOOLEAN start;

    if (!Keep(Module, &Module->Receives, Lists, &Module->ReceiveTimerSet, &start))
        NdisFReturnNetBufferLists(Module->Handle, Lists, 0);
    else if (start)
        Start(Module->ReceiveTimer, Module->Settings.DelayReceive);
}

_Use_decl_annotations_
VOID DelaySendDue(PVOID SystemSpecific1, PVOID FunctionContext, PVOID SystemSpecific2, PVOID SystemSpecific3)
{
    PMODULE module = (PMODULE)FunctionContext;
    ULONG count;
    PNET_BUFFER_LIST lists;

    UNREFERENCED_PARAMETER(SystemSpecific1);
    UNREFERENCED_PARAMETER(SystemSpecific2);
    UNREFERENCED_PARAMETER(SystemSpecific3);
    NdisAcquireSpinLock(&module->Lock);
    module->SendTimerSet = FALSE;
    NdisReleaseSpinLock(&module->Lock);
    lists = TakeAll(module, &module->Sends, &count);
    if (lists != NULL && module->Settings.EditSend)
        lists = EditSends(module, lists, NDIS_DEFAULT_PORT_NUMBER, NDIS_SEND_FLAGS_DISPATCH_LEVEL);
    if (lists != NULL)
        NdisFSendNetBufferLists(module->Handle, lists, NDIS_DEFAULT_PORT_NUMBER, NDIS_SEND_FLAGS_DISPATCH_LEVEL);
}

_Use_decl_annotations_
VOID DelayReceiveDue(PVOID SystemSpecific1, PVOID FunctionContext, PVOID SystemSpecific2, PVOID SystemSpecific3)
{
    PMODULE module = (PMODULE)FunctionContext;
    ULONG count;
    PNET_BUFFER_LIST lists;

    UNREFERENCED_PARAMETER(SystemSpecific1);
    UNREFERENCED_PARAMETER(SystemSpecific2);
    UNREFERENCED_PARAMETER(SystemSpecific3);
    NdisAcquireSpinLock(&module->Lock);
    module->ReceiveTimerSet = FALSE;
    NdisReleaseSpinLock(&module->Lock);
    lists = TakeAll(module, &module->Receives, &count);
    if (lists != NULL)
        NdisFIndicateReceiveNetBufferLists(module->Handle, lists, NDIS_DEFAULT_PORT_NUMBER, count, NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL);
}

VOID DelayFlush(PMODULE Module)
{
    ULONG count;
    PNET_BUFFER_LIST lists = TakeAll(Module, &Module->Sends, &count);

    if (lists != NULL) {
        SetStatus(lists, NDIS_STATUS_PAUSED);
        NdisFSendNetBufferListsComplete(Module->Handle, lists, 0);
    }
    lists = TakeAll(Module, &Module->Receives, &count);
    if (lists != NULL)
        NdisFReturnNetBufferLists(Module->Handle, lists, 0);
}

VOID DelayCancel(PMODULE Module, PVOID CancelId)
{
    ULONG count;
    PNET_BUFFER_LIST lists = TakeAll(Module, &Module->Sends, &count), next, cancelled = NULL, kept = NULL, *last = &kept;

    for (; lists != NULL; lists = next) {
        next = NET_BUFFER_LIST_NEXT_NBL(lists);
        if (NDIS_GET_NET_BUFFER_LIST_CANCEL_ID(lists) == CancelId) {
            NET_BUFFER_LIST_NEXT_NBL(lists) = cancelled;
            cancelled = lists;
        } else {
            NET_BUFFER_LIST_NEXT_NBL(lists) = NULL;
            *last = lists;
            last = &NET_BUFFER_LIST_NEXT_NBL(lists);
        }
    }
    if (kept != NULL)
        DelaySends(Module, kept);
    if (cancelled != NULL) {
        SetStatus(cancelled, NDIS_STATUS_SEND_ABORTED);
        NdisFSendNetBufferListsComplete(Module->Handle, cancelled, 0);
    }
}
