/* A mailbox device as a driver of its own would have it: several queues, requests that wait, are cancelled, forwarded and put back, a timer, a
 * DPC and a work item that complete them, messages that are memory objects in a collection. */
#ifndef WDF_MAILBOX_H
#define WDF_MAILBOX_H

#include "wdf_helpers.h"

#include "helpers.h"

#define CODE(function) CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800 + (function), METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_WAIT CODE(0)              /* answered by the timer, or cancelled */
#define IOCTL_SWEEP CODE(1)             /* answered by a work item that throws away all messages; how many */
#define IOCTL_TWICE CODE(2)             /* put back once before it is answered */
#define IOCTL_SUM CODE(3)

typedef struct _MAILBOX {
    WDFQUEUE Reads, Writes, Controls, Parked;
    WDFTIMER Timer;
    WDFDPC Dpc;
    WDFSPINLOCK Lock;                   /* Messages, Waiting */
    WDFLOOKASIDE Memories;
    WDFCOLLECTION Messages;
    LIST_ENTRY Waiting;
    LONG Arrived, Delivered, Swept;     /* messages */
    LONG Ticks, Swaps, Files;
} MAILBOX;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(MAILBOX, MailboxOf)

typedef struct _WAIT {
    LIST_ENTRY Entry;
    BOOLEAN Listed;
    WDFREQUEST Request;
    LONG Due;                           /* tick */
    BOOLEAN PutBack;
} WAIT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(WAIT, WaitOf)

typedef struct _SWEEP {
    WDFREQUEST Request;
} SWEEP;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(SWEEP, SweepOf)

typedef struct _FILE_STATE {
    LONG Open;
} FILE_STATE;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(FILE_STATE, FileStateOf)

static volatile LONG memories;          /* message objects alive */

/* --- messages -------------------------------------------------------------------------------------------------------- */

static VOID NTAPI MemoryGone(WDFOBJECT object)
{
    UNREFERENCED_PARAMETER(object);
    InterlockedDecrement(&memories);
}

/* Pairs messages with reads; runs as the DPC. Neither is taken unless the other is there. */
static VOID NTAPI Deliver(WDFDPC dpc)
{
    MAILBOX *box = MailboxOf((WDFDEVICE)WdfDpcGetParentObject(dpc));

    for (;;) {
        WDFMEMORY message = NULL;
        WDFREQUEST request = NULL;
        WDFMEMORY to;
        size_t size, room;
        NTSTATUS status;

        WdfSpinLockAcquire(box->Lock);
        if (WdfCollectionGetCount(box->Messages) > 0 && NT_SUCCESS(WdfIoQueueRetrieveNextRequest(box->Reads, &request))) {
            message = WdfCollectionGetFirstItem(box->Messages);
            WdfObjectReference(message);
            WdfCollectionRemoveItem(box->Messages, 0);
        }
        WdfSpinLockRelease(box->Lock);
        if (message == NULL)
            return;
        status = WdfRequestRetrieveOutputMemory(request, &to);
        if (NT_SUCCESS(status)) {
            WdfMemoryGetBuffer(message, &size);
            WdfMemoryGetBuffer(to, &room);
            status = WdfMemoryCopyFromBuffer(to, 0, WdfMemoryGetBuffer(message, NULL), size < room ? size : room);
            WdfRequestCompleteWithInformation(request, status, size < room ? size : room);
        } else {
            WdfRequestComplete(request, status);
        }
        InterlockedIncrement(&box->Delivered);
        WdfObjectDelete(message);
        WdfObjectDereference(message);
    }
}

static VOID NTAPI Write(WDFQUEUE queue, WDFREQUEST request, size_t length)
{
    MAILBOX *box = MailboxOf(WdfIoQueueGetDevice(queue));
    WDF_OBJECT_ATTRIBUTES attributes;
    WDFMEMORY from, message;
    NTSTATUS status = WdfRequestRetrieveInputMemory(request, &from);

    EXPECT_EQ(length, sizeof(LONG));
    if (NT_SUCCESS(status))
        status = WdfMemoryCreateFromLookaside(box->Memories, &message);
    if (!NT_SUCCESS(status)) {
        WdfRequestComplete(request, status);
        return;
    }
    InterlockedIncrement(&memories);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, FILE_STATE);
    attributes.EvtCleanupCallback = MemoryGone;
    EXPECT_EQ(WdfObjectAllocateContext(message, &attributes, NULL), STATUS_SUCCESS);
    EXPECT_EQ(WdfMemoryCopyToBuffer(from, 0, WdfMemoryGetBuffer(message, NULL), length), STATUS_SUCCESS);
    WdfSpinLockAcquire(box->Lock);
    status = WdfCollectionAdd(box->Messages, message);
    WdfSpinLockRelease(box->Lock);
    if (NT_SUCCESS(status))
        InterlockedIncrement(&box->Arrived);
    else
        WdfObjectDelete(message);
    WdfRequestCompleteWithInformation(request, status, length);
    WdfDpcEnqueue(box->Dpc);
}

static VOID NTAPI Read(WDFQUEUE queue, WDFREQUEST request, size_t length)
{
    MAILBOX *box = MailboxOf(WdfIoQueueGetDevice(queue));
    NTSTATUS status = WdfRequestForwardToIoQueue(request, box->Reads);

    if (!NT_SUCCESS(status))
        WdfRequestComplete(request, status);
    WdfDpcEnqueue(box->Dpc);
}

/* --- requests that wait ------------------------------------------------------------------------------------------------ */

static VOID NTAPI WaitCancelled(WDFREQUEST request)
{
    MAILBOX *box = MailboxOf(WdfIoQueueGetDevice(WdfRequestGetIoQueue(request)));
    WAIT *wait = WaitOf(request);

    WdfSpinLockAcquire(box->Lock);
    if (wait->Listed)
        RemoveEntryList(&wait->Entry);
    wait->Listed = FALSE;
    WdfSpinLockRelease(box->Lock);
    WdfRequestComplete(request, STATUS_CANCELLED);
}

/* In the list from before it can be cancelled, and under the same lock. */
static VOID BeginWait(MAILBOX *box, WDFREQUEST request)
{
    WAIT *wait = WaitOf(request);
    NTSTATUS status;

    WdfSpinLockAcquire(box->Lock);
    wait->Request = request;
    wait->Due = box->Ticks + 2;
    InsertTailList(&box->Waiting, &wait->Entry);
    wait->Listed = TRUE;
    status = WdfRequestMarkCancelableEx(request, WaitCancelled);
    if (!NT_SUCCESS(status)) {
        RemoveEntryList(&wait->Entry);
        wait->Listed = FALSE;
    }
    WdfSpinLockRelease(box->Lock);
    if (!NT_SUCCESS(status))
        WdfRequestComplete(request, status);
}

/* The next whose time is over, and that is not being cancelled. */
static WDFREQUEST TakeDue(MAILBOX *box)
{
    WDFREQUEST found = NULL;
    LIST_ENTRY *entry;

    WdfSpinLockAcquire(box->Lock);
    for (entry = box->Waiting.Flink; entry != &box->Waiting && found == NULL;) {
        WAIT *wait = CONTAINING_RECORD(entry, WAIT, Entry);

        entry = entry->Flink;
        if (wait->Due > box->Ticks)
            continue;
        RemoveEntryList(&wait->Entry);
        wait->Listed = FALSE;
        if (WdfRequestUnmarkCancelable(wait->Request) != STATUS_CANCELLED)
            found = wait->Request;
    }
    WdfSpinLockRelease(box->Lock);
    return found;
}

/* Answers what is parked the second time; the first time it goes back to the queue it came from. */
static VOID Unpark(MAILBOX *box)
{
    WDFREQUEST request;

    while (NT_SUCCESS(WdfIoQueueRetrieveNextRequest(box->Parked, &request))) {
        if (WaitOf(request)->PutBack) {
            WdfRequestComplete(request, STATUS_SUCCESS);
            continue;
        }
        WaitOf(request)->PutBack = TRUE;
        if (NT_SUCCESS(WdfRequestRequeue(request)))
            return;                     /* otherwise it is found again at once */
        WdfRequestComplete(request, STATUS_UNSUCCESSFUL);
    }
}

static VOID NTAPI Tick(WDFTIMER timer)
{
    MAILBOX *box = MailboxOf((WDFDEVICE)WdfTimerGetParentObject(timer));
    WDFREQUEST request;

    InterlockedIncrement(&box->Ticks);
    while ((request = TakeDue(box)) != NULL)
        WdfRequestComplete(request, STATUS_SUCCESS);
    Unpark(box);
}

static VOID NTAPI Sweep(WDFWORKITEM item)
{
    MAILBOX *box = MailboxOf((WDFDEVICE)WdfWorkItemGetParentObject(item));
    WDFREQUEST request = SweepOf(item)->Request;
    LONG count = 0, *out;
    WDFMEMORY message;
    NTSTATUS status;

    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    do {
        WdfSpinLockAcquire(box->Lock);
        message = WdfCollectionGetFirstItem(box->Messages);
        if (message != NULL) {
            WdfObjectReference(message);
            WdfCollectionRemove(box->Messages, message);
        }
        WdfSpinLockRelease(box->Lock);
        if (message != NULL) {
            WdfObjectDelete(message);
            WdfObjectDereference(message);
            count++;
        }
    } while (message != NULL);
    InterlockedExchangeAdd(&box->Swept, count);
    status = WdfRequestRetrieveOutputBuffer(request, sizeof *out, (PVOID *)&out, NULL);
    if (NT_SUCCESS(status))
        *out = count;
    WdfRequestCompleteWithInformation(request, status, sizeof *out);
    WdfObjectDelete(item);
}

static NTSTATUS BeginSweep(WDFDEVICE device, WDFREQUEST request)
{
    WDF_WORKITEM_CONFIG config;
    WDF_OBJECT_ATTRIBUTES attributes;
    WDFWORKITEM item;
    NTSTATUS status;

    WDF_WORKITEM_CONFIG_INIT(&config, Sweep);
    config.AutomaticSerialization = FALSE;
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, SWEEP);
    attributes.ParentObject = device;
    status = WdfWorkItemCreate(&config, &attributes, &item);
    if (NT_SUCCESS(status)) {
        SweepOf(item)->Request = request;
        WdfWorkItemEnqueue(item);
    }
    return status;
}

static VOID NTAPI Control(WDFQUEUE queue, WDFREQUEST request, size_t outputLength, size_t inputLength, ULONG code)
{
    MAILBOX *box = MailboxOf(WdfIoQueueGetDevice(queue));
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    LONG *in, *out;

    UNREFERENCED_PARAMETER(outputLength);
    UNREFERENCED_PARAMETER(inputLength);
    switch (code) {
    case IOCTL_WAIT:
        BeginWait(box, request);
        return;
    case IOCTL_SWEEP:
        status = BeginSweep(WdfIoQueueGetDevice(queue), request);
        if (NT_SUCCESS(status))
            return;
        break;
    case IOCTL_TWICE:
        status = WdfRequestForwardToIoQueue(request, box->Parked);
        if (NT_SUCCESS(status))
            return;
        break;
    case IOCTL_SUM:
        status = WdfRequestRetrieveInputBuffer(request, 2 * sizeof *in, (PVOID *)&in, NULL);
        if (NT_SUCCESS(status))
            status = WdfRequestRetrieveOutputBuffer(request, sizeof *out, (PVOID *)&out, NULL);
        if (NT_SUCCESS(status)) {
            *out = in[0] + in[1];
            WdfRequestSetInformation(request, sizeof *out);
        }
    }
    WdfRequestComplete(request, status);
}

/* --- files ------------------------------------------------------------------------------------------------------------- */

static VOID NTAPI FileCreate(WDFDEVICE device, WDFREQUEST request, WDFFILEOBJECT file)
{
    FileStateOf(file)->Open = 1;
    InterlockedIncrement(&MailboxOf(device)->Files);
    WdfRequestComplete(request, STATUS_SUCCESS);
}

static VOID NTAPI FileCleanup(WDFFILEOBJECT file)
{
    MAILBOX *box = MailboxOf(WdfFileObjectGetDevice(file));
    WDFREQUEST request;

    EXPECT_EQ(FileStateOf(file)->Open, 1);
    while (NT_SUCCESS(WdfIoQueueRetrieveRequestByFileObject(box->Reads, file, &request))) {
        EXPECT_EQ(WdfRequestGetFileObject(request), file);
        WdfRequestComplete(request, STATUS_CANCELLED);
    }
}

static VOID NTAPI FileClose(WDFFILEOBJECT file)
{
    EXPECT_EQ(InterlockedExchange(&FileStateOf(file)->Open, 0), 1);
    InterlockedDecrement(&MailboxOf(WdfFileObjectGetDevice(file))->Files);
}

/* --- the device --------------------------------------------------------------------------------------------------------- */

static BOOLEAN MakeQueues(MAILBOX *box)
{
    WDF_IO_QUEUE_CONFIG config;

    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
    config.EvtIoRead = Read;
    if (!EXPECT_EQ(WdfIoQueueCreate(control, &config, WDF_NO_OBJECT_ATTRIBUTES, NULL), STATUS_SUCCESS))
        return FALSE;
    WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchSequential);
    config.EvtIoWrite = Write;
    if (!EXPECT_EQ(WdfIoQueueCreate(control, &config, WDF_NO_OBJECT_ATTRIBUTES, &box->Writes), STATUS_SUCCESS))
        return FALSE;
    EXPECT_EQ(WdfDeviceConfigureRequestDispatching(control, box->Writes, WdfRequestTypeWrite), STATUS_SUCCESS);
    WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchParallel);
    config.EvtIoDeviceControl = Control;
    if (!EXPECT_EQ(WdfIoQueueCreate(control, &config, WDF_NO_OBJECT_ATTRIBUTES, &box->Controls), STATUS_SUCCESS))
        return FALSE;
    EXPECT_EQ(WdfDeviceConfigureRequestDispatching(control, box->Controls, WdfRequestTypeDeviceControl), STATUS_SUCCESS);
    WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchManual);
    return EXPECT_EQ(WdfIoQueueCreate(control, &config, WDF_NO_OBJECT_ATTRIBUTES, &box->Reads), STATUS_SUCCESS) &&
           EXPECT_EQ(WdfIoQueueCreate(control, &config, WDF_NO_OBJECT_ATTRIBUTES, &box->Parked), STATUS_SUCCESS);
}

static BOOLEAN MakeParts(MAILBOX *box)
{
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_TIMER_CONFIG timer;
    WDF_DPC_CONFIG dpc;

    InitializeListHead(&box->Waiting);
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ParentObject = control;
    WDF_DPC_CONFIG_INIT(&dpc, Deliver);
    dpc.AutomaticSerialization = FALSE;
    WDF_TIMER_CONFIG_INIT_PERIODIC(&timer, Tick, 2);
    timer.AutomaticSerialization = FALSE;
    return EXPECT_EQ(WdfSpinLockCreate(&attributes, &box->Lock), STATUS_SUCCESS) &&
           EXPECT_EQ(WdfCollectionCreate(&attributes, &box->Messages), STATUS_SUCCESS) &&
           EXPECT_EQ(WdfLookasideListCreate(&attributes, sizeof(LONG), NonPagedPool, &attributes, 'xobM', &box->Memories), STATUS_SUCCESS) &&
           EXPECT_EQ(WdfDpcCreate(&dpc, &attributes, &box->Dpc), STATUS_SUCCESS) &&
           EXPECT_EQ(WdfTimerCreate(&timer, &attributes, &box->Timer), STATUS_SUCCESS);
}

static UNICODE_STRING device_name = RTL_CONSTANT_STRING(L"\\Device\\WdfMailbox");

static BOOLEAN MakeMailbox(void)
{
    PWDFDEVICE_INIT init = WdfControlDeviceInitAllocate(driver, &SDDL_DEVOBJ_SYS_ALL_ADM_ALL);
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_FILEOBJECT_CONFIG files;

    if (!EXPECT(init != NULL))
        return FALSE;
    WDF_FILEOBJECT_CONFIG_INIT(&files, FileCreate, FileClose, FileCleanup);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, FILE_STATE);
    WdfDeviceInitSetFileObjectConfig(init, &files, &attributes);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, WAIT);
    WdfDeviceInitSetRequestAttributes(init, &attributes);
    WdfDeviceInitSetIoType(init, WdfDeviceIoBuffered);
    EXPECT_EQ(WdfDeviceInitAssignName(init, &device_name), STATUS_SUCCESS);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, MAILBOX);
    if (!EXPECT_EQ(WdfDeviceCreate(&init, &attributes, &control), STATUS_SUCCESS)) {
        WdfDeviceInitFree(init);
        return FALSE;
    }
    if (!MakeParts(MailboxOf(control)) || !MakeQueues(MailboxOf(control)))
        return FALSE;
    WdfControlFinishInitializing(control);
    WdfTimerStart(MailboxOf(control)->Timer, WDF_REL_TIMEOUT_IN_MS(2));
    return TRUE;
}

#endif
