/* Requests that send data back. They are kept in a list when they are not in use, with their IRPs, so that a busy server
 * allocates nothing. */
#include "wskecho.h"

struct _ECHO {
    SLIST_ENTRY Link;                   /* in the pool */
    PIRP Irp;
    PBATCH Batch;
    PECHO Next;
    BATCH Own;                          /* the batch of the chain that this one heads */
};

static SLIST_HEADER Pool;
static IO_COMPLETION_ROUTINE EchoSent;

static VOID EchoPut(_In_ PECHO Echo)
{
    InterlockedPushEntrySList(&Pool, &Echo->Link);
}

static PECHO EchoCreate(VOID)
{
    PECHO echo = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof *echo, WSKECHO_TAG);

    if (!echo)
        return NULL;
    echo->Irp = IoAllocateIrp(1, FALSE);
    if (!echo->Irp) {
        ExFreePoolWithTag(echo, WSKECHO_TAG);
        return NULL;
    }
    return echo;
}

_Use_decl_annotations_
VOID EchoPoolCreate(VOID)
{
    InitializeSListHead(&Pool);
}

_Use_decl_annotations_
VOID EchoPoolDestroy(VOID)
{
    PSLIST_ENTRY entry;

    while ((entry = InterlockedPopEntrySList(&Pool)) != NULL) {
        PECHO echo = CONTAINING_RECORD(entry, ECHO, Link);
        IoFreeIrp(echo->Irp);
        ExFreePoolWithTag(echo, WSKECHO_TAG);
    }
}

_Use_decl_annotations_
PECHO EchoTake(ULONG Count, PBATCH *Batch)
{
    PECHO chain = NULL;

    *Batch = NULL;
    for (ULONG i = 0; i < Count; i++) {
        PSLIST_ENTRY entry = InterlockedPopEntrySList(&Pool);
        PECHO echo = entry ? CONTAINING_RECORD(entry, ECHO, Link) : EchoCreate();
        if (!echo) {
            while (chain) {
                PECHO next = chain->Next;
                EchoPut(chain);
                chain = next;
            }
            return NULL;
        }
        echo->Next = chain;
        chain = echo;
    }
    /* The batch lives in the last of the chain: the others may be back in the pool before it. */
    for (PECHO echo = chain; echo; echo = echo->Next)
        if (!echo->Next)
            *Batch = &echo->Own;
    if (*Batch)
        (*Batch)->Remaining = (LONG)Count;
    return chain;
}

_Use_decl_annotations_
PIRP EchoNext(PECHO *Chain, PBATCH Batch)
{
    PECHO echo = *Chain;

    *Chain = echo->Next;
    echo->Batch = Batch;
    IoReuseIrp(echo->Irp, STATUS_UNSUCCESSFUL);
    IoSetCompletionRoutine(echo->Irp, EchoSent, echo, TRUE, TRUE, TRUE);
    return echo->Irp;
}

/* The one that holds the batch returns to the pool last, whoever completes last. */
_Use_decl_annotations_
static NTSTATUS EchoSent(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    PECHO echo = Context;
    PBATCH batch = echo->Batch;
    PECHO holder = CONTAINING_RECORD(batch, ECHO, Own);

    UNREFERENCED_PARAMETER(DeviceObject);
    batch->Sent(batch, Irp->IoStatus.Information, Irp->IoStatus.Status);
    if (echo != holder)
        EchoPut(echo);
    if (InterlockedDecrement(&batch->Remaining) == 0) {
        BATCH finished = *batch;
        EchoPut(holder);
        finished.Done(&finished);
    }
    return STATUS_MORE_PROCESSING_REQUIRED;
}
