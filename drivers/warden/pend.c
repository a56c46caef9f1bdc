/* Connections that wait for a decision: by IOCTL, or by time. See the invariants in warden.h. */
#include "warden.h"

#include <ntstrsafe.h>

#define MOST_WAITING 256

typedef struct _WAITING {
    LIST_ENTRY Entry;
    ULONG Number;
    CONNECTION Connection;
    HANDLE Completion;
    PNET_BUFFER_LIST Packet;            /* of an incoming connection, a clone that we own */
    ULONG64 Deadline;                   /* of KeQueryInterruptTime */
    BOOLEAN PermitThen, Permit;
} WAITING, *PWAITING;

static KSPIN_LOCK Lock;
static LIST_ENTRY Waiting, Decided;     /* Decided: connects that were completed and are still to be classified again */
static ULONG NextNumber, DecidedCount;
static ULONG Count;                     /* in Waiting, or about to be */
static BOOLEAN Stopping;
static HANDLE InjectionV4, InjectionV6;

static HANDLE InjectionOf(_In_ const CONNECTION *Connection)
{
    return Connection->V6 ? InjectionV6 : InjectionV4;
}

/* --- decided --------------------------------------------------------------------------------------------------------- */

static VOID NTAPI Injected(_In_ void *Context, _Inout_ NET_BUFFER_LIST *Packet, _In_ BOOLEAN Dispatch)
{
    UNREFERENCED_PARAMETER(Dispatch);
    FwpsFreeCloneNetBufferList0(Packet, 0);
    ExFreePoolWithTag(Context, WARDEN_TAG);
}

/* A connect whose socket was closed is never classified again: the oldest such decision makes room for a new one. */
static VOID Remember(_In_ PWAITING waiting)
{
    PWAITING oldest = NULL;
    KIRQL irql;

    KeAcquireSpinLock(&Lock, &irql);
    if (DecidedCount == MOST_WAITING)
        oldest = CONTAINING_RECORD(RemoveHeadList(&Decided), WAITING, Entry);
    else
        DecidedCount++;
    InsertTailList(&Decided, &waiting->Entry);
    KeReleaseSpinLock(&Lock, irql);
    if (oldest != NULL)
        ExFreePoolWithTag(oldest, WARDEN_TAG);
}

/* Owns `waiting`, which is in no list. An accept goes on with its packet; a connect is classified again, and finds its decision in
 * Decided. */
static VOID Complete(_In_ PWAITING waiting, _In_ BOOLEAN Permit)
{
    HANDLE completion = waiting->Completion;

    waiting->Permit = Permit;
    if (waiting->Packet == NULL) {
        Remember(waiting);
        FwpsCompleteOperation0(completion, NULL);
        return;
    }
    FwpsCompleteOperation0(completion, waiting->Packet);
    if (!NT_SUCCESS(FwpsInjectTransportReceiveAsync0(InjectionOf(&waiting->Connection), waiting, NULL, 0,
                                                     waiting->Connection.V6 ? AF_INET6 : AF_INET, UNSPECIFIED_COMPARTMENT_ID,
                                                     waiting->Connection.Interface, waiting->Connection.SubInterface, waiting->Packet,
                                                     Injected, waiting)))
        Injected(waiting, waiting->Packet, FALSE);
}

static BOOLEAN Same(_In_ const CONNECTION *A, _In_ const CONNECTION *B)
{
    return A->V6 == B->V6 && A->Incoming == B->Incoming && A->Protocol == B->Protocol && A->LocalPort == B->LocalPort &&
           A->RemotePort == B->RemotePort && RtlEqualMemory(A->Remote, B->Remote, 16);
}

_Use_decl_annotations_
BOOLEAN PendDecided(const CONNECTION *Connection, void *LayerData, PBOOLEAN Permit)
{
    HANDLE context = NULL;
    PWAITING found = NULL;
    KIRQL irql;

    if (Connection->Incoming && LayerData != NULL &&
        FwpsQueryPacketInjectionState0(InjectionOf(Connection), LayerData, &context) == FWPS_PACKET_INJECTED_BY_SELF && context != NULL) {
        *Permit = ((PWAITING)context)->Permit;
        return TRUE;
    }
    if (!Connection->Reauthorised)
        return FALSE;
    KeAcquireSpinLock(&Lock, &irql);
    for (PLIST_ENTRY entry = Decided.Flink; entry != &Decided && found == NULL; entry = entry->Flink)
        if (Same(&CONTAINING_RECORD(entry, WAITING, Entry)->Connection, Connection))
            found = CONTAINING_RECORD(entry, WAITING, Entry);
    if (found != NULL) {
        RemoveEntryList(&found->Entry);
        DecidedCount--;
    }
    KeReleaseSpinLock(&Lock, irql);
    if (found == NULL)
        return FALSE;
    *Permit = found->Permit;
    ExFreePoolWithTag(found, WARDEN_TAG);
    return TRUE;
}

/* --- waiting --------------------------------------------------------------------------------------------------------- */

/* From the start of the IP header. */
static NTSTATUS ClonePacket(_In_ PWAITING waiting, _In_ const FWPS_INCOMING_METADATA_VALUES0 *Metadata, _Inout_ PNET_BUFFER_LIST Packet)
{
    ULONG back = Metadata->ipHeaderSize + Metadata->transportHeaderSize;
    PNET_BUFFER first = NET_BUFFER_LIST_FIRST_NB(Packet);
    NTSTATUS status = NdisRetreatNetBufferDataStart(first, back, 0, NULL);

    if (!NT_SUCCESS(status))
        return status;
    status = FwpsAllocateCloneNetBufferList0(Packet, NULL, NULL, 0, &waiting->Packet);
    NdisAdvanceNetBufferDataStart(first, back, FALSE, NULL);
    return status;
}

_Use_decl_annotations_
NTSTATUS PendAdd(const CONNECTION *Connection, const RULE *Rule, const FWPS_INCOMING_METADATA_VALUES0 *Metadata, void *LayerData)
{
    PWAITING waiting;
    BOOLEAN room, first;
    NTSTATUS status;
    KIRQL irql;

    if (!FWPS_IS_METADATA_FIELD_PRESENT(Metadata, FWPS_METADATA_FIELD_COMPLETION_HANDLE) || (Connection->Incoming && LayerData == NULL))
        return STATUS_NOT_SUPPORTED;
    waiting = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof *waiting, WARDEN_TAG);
    if (waiting == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    waiting->Connection = *Connection;
    waiting->PermitThen = Rule->PermitThen;
    waiting->Deadline = KeQueryInterruptTime() + (ULONG64)Rule->Milliseconds * 10000;
    status = Connection->Incoming ? ClonePacket(waiting, Metadata, LayerData) : STATUS_SUCCESS;
    if (!NT_SUCCESS(status))
        goto free_waiting;
    KeAcquireSpinLock(&Lock, &irql);
    room = !Stopping && Count < MOST_WAITING;
    if (room)
        Count++;
    KeReleaseSpinLock(&Lock, irql);
    status = room ? FwpsPendOperation0(Metadata->completionHandle, &waiting->Completion) : STATUS_INSUFFICIENT_RESOURCES;
    if (!NT_SUCCESS(status))
        goto free_packet;
    KeAcquireSpinLock(&Lock, &irql);
    waiting->Number = ++NextNumber;
    first = IsListEmpty(&Waiting);
    InsertTailList(&Waiting, &waiting->Entry);
    KeReleaseSpinLock(&Lock, irql);
    if (first)                          /* otherwise it runs, and starting it again would put it off */
        TickStart();
    return STATUS_SUCCESS;

free_packet:
    if (room) {
        KeAcquireSpinLock(&Lock, &irql);
        Count--;
        KeReleaseSpinLock(&Lock, irql);
    }
    if (waiting->Packet != NULL)
        FwpsFreeCloneNetBufferList0(waiting->Packet, 0);
free_waiting:
    ExFreePoolWithTag(waiting, WARDEN_TAG);
    return status;
}

/* Takes the first that `wanted` out of the list: of that number, or (0) whose time is over. NULL: none. */
static PWAITING Take(_In_ ULONG Number, _In_ ULONG64 Now)
{
    PWAITING found = NULL;
    KIRQL irql;

    KeAcquireSpinLock(&Lock, &irql);
    for (PLIST_ENTRY entry = Waiting.Flink; entry != &Waiting && found == NULL; entry = entry->Flink) {
        PWAITING waiting = CONTAINING_RECORD(entry, WAITING, Entry);

        if (Number ? waiting->Number == Number : waiting->Deadline <= Now)
            found = waiting;
    }
    if (found != NULL) {
        RemoveEntryList(&found->Entry);
        Count--;
    }
    KeReleaseSpinLock(&Lock, irql);
    return found;
}

BOOLEAN PendTick(VOID)
{
    PWAITING waiting;
    KIRQL irql;
    BOOLEAN more;

    while ((waiting = Take(0, KeQueryInterruptTime())) != NULL)
        Complete(waiting, waiting->PermitThen);
    KeAcquireSpinLock(&Lock, &irql);
    more = !IsListEmpty(&Waiting) && !Stopping;
    KeReleaseSpinLock(&Lock, irql);
    return more;
}

_Use_decl_annotations_
NTSTATUS PendDecide(ULONG Number, BOOLEAN Permit)
{
    PWAITING waiting = Number ? Take(Number, 0) : NULL;

    if (waiting == NULL)
        return STATUS_NOT_FOUND;
    Complete(waiting, Permit);
    return STATUS_SUCCESS;
}

_Use_decl_annotations_
SIZE_T PendText(CHAR *Text, SIZE_T Room)
{
    SIZE_T used = 0;
    KIRQL irql;

    KeAcquireSpinLock(&Lock, &irql);
    for (PLIST_ENTRY entry = Waiting.Flink; entry != &Waiting; entry = entry->Flink) {
        PWAITING waiting = CONTAINING_RECORD(entry, WAITING, Entry);
        CHAR line[192], what[160];
        size_t length;

        Describe(&waiting->Connection, what, sizeof what);
        RtlStringCbPrintfA(line, sizeof line, "%u %s\n", waiting->Number, what);
        RtlStringCbLengthA(line, sizeof line, &length);
        if (length > Room - used)
            break;
        RtlCopyMemory(Text + used, line, length);
        used += length;
    }
    KeReleaseSpinLock(&Lock, irql);
    return used;
}

/* --- life ------------------------------------------------------------------------------------------------------------- */

NTSTATUS PendStart(VOID)
{
    NTSTATUS status;

    KeInitializeSpinLock(&Lock);
    InitializeListHead(&Waiting);
    InitializeListHead(&Decided);
    Count = DecidedCount = 0;
    Stopping = FALSE;
    status = FwpsInjectionHandleCreate0(AF_INET, FWPS_INJECTION_TYPE_TRANSPORT, &InjectionV4);
    if (!NT_SUCCESS(status))
        return status;
    status = FwpsInjectionHandleCreate0(AF_INET6, FWPS_INJECTION_TYPE_TRANSPORT, &InjectionV6);
    if (!NT_SUCCESS(status)) {
        FwpsInjectionHandleDestroy0(InjectionV4);
        InjectionV4 = NULL;
    }
    return status;
}

_Use_decl_annotations_
VOID PendStop(VOID)
{
    LARGE_INTEGER moment = { .QuadPart = -10000 };
    PWAITING waiting;
    KIRQL irql;

    if (InjectionV4 == NULL)
        return;
    KeAcquireSpinLock(&Lock, &irql);
    Stopping = TRUE;
    KeReleaseSpinLock(&Lock, irql);
    TickStop();
    for (;;) {
        while ((waiting = Take(0, MAXULONG64)) != NULL)
            Complete(waiting, FALSE);
        if (ReadULongNoFence(&Count) == 0)
            break;
        KeDelayExecutionThread(KernelMode, FALSE, &moment);     /* one is about to be in the list */
    }
    TickStop();                         /* that one may have started it */
    FwpsInjectionHandleDestroy0(InjectionV4);   /* waits for what is being injected */
    FwpsInjectionHandleDestroy0(InjectionV6);
    InjectionV4 = InjectionV6 = NULL;
}

VOID PendForget(VOID)
{
    while (Decided.Flink != NULL && !IsListEmpty(&Decided))
        ExFreePoolWithTag(CONTAINING_RECORD(RemoveHeadList(&Decided), WAITING, Entry), WARDEN_TAG);
}
