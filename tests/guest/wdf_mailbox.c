/* A mailbox device as a driver of its own would have it: several queues, requests that wait, are cancelled, forwarded and put back, a timer, a
 * DPC and a work item that complete them, messages that are memory objects in a collection; and clients that use it in any order, cancel, and
 * close their files while they wait. Every request is answered once and no message is lost.
 * docs: wdf/managing-i-o-queues, wdf/canceling-i-o-requests, wdf/requeuing-i-o-requests, wdf/using-timers, wdf/using-framework-work-items,
 * wdf/dpc-objects */
#include "wdf_helpers.h"

#include "helpers.h"

#define CODE(function) CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800 + (function), METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_WAIT CODE(0)              /* answered by the timer, or cancelled */
#define IOCTL_SWEEP CODE(1)             /* answered by a work item that throws away all messages; how many */
#define IOCTL_TWICE CODE(2)             /* put back once before it is answered */
#define IOCTL_SUM CODE(3)
#define CLIENTS 4
#define ROUNDS 40

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

/* --- clients ------------------------------------------------------------------------------------------------------------- */

static volatile LONG sent, answered, cancelled, wrong;

static ULONG Random(ULONG *state, ULONG below)
{
    *state = *state * 1103515245 + 12345;
    return (*state >> 16) % below;
}

static NTSTATUS OpenFile(HANDLE *file)
{
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;

    InitializeObjectAttributes(&attributes, &device_name, OBJ_KERNEL_HANDLE, NULL, NULL);
    return ZwCreateFile(file, FILE_READ_DATA | FILE_WRITE_DATA | SYNCHRONIZE, &attributes, &iosb, NULL, 0, 0, FILE_OPEN, 0, NULL, 0);
}

/* One request on a handle that does not wait; with its own file object for cancelling. */
typedef struct _SENT {
    PIRP Irp;
    KEVENT Done;
    volatile LONG Answers;
    NTSTATUS Status;
    ULONG_PTR Information;
    LONG Data[2];
} SENT;

static NTSTATUS NTAPI Answered(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    SENT *it = context;

    UNREFERENCED_PARAMETER(device);
    it->Status = irp->IoStatus.Status;
    it->Information = irp->IoStatus.Information;
    InterlockedIncrement(&it->Answers);
    KeSetEvent(&it->Done, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static BOOLEAN Begin(SENT *it, PFILE_OBJECT file, UCHAR major, ULONG code)
{
    PDEVICE_OBJECT device = WdfDeviceWdmGetDeviceObject(control);
    PIO_STACK_LOCATION stack;

    KeInitializeEvent(&it->Done, NotificationEvent, FALSE);
    it->Answers = 0;
    it->Irp = IoAllocateIrp(device->StackSize, FALSE);
    if (it->Irp == NULL)
        return FALSE;
    it->Irp->RequestorMode = KernelMode;
    it->Irp->Tail.Overlay.Thread = PsGetCurrentThread();
    it->Irp->AssociatedIrp.SystemBuffer = it->Data;
    stack = IoGetNextIrpStackLocation(it->Irp);
    stack->MajorFunction = major;
    stack->FileObject = file;
    if (major == IRP_MJ_DEVICE_CONTROL) {
        stack->Parameters.DeviceIoControl.IoControlCode = code;
        stack->Parameters.DeviceIoControl.InputBufferLength = sizeof it->Data;
        stack->Parameters.DeviceIoControl.OutputBufferLength = sizeof it->Data;
    } else {
        stack->Parameters.Write.Length = sizeof(LONG);
    }
    IoSetCompletionRoutine(it->Irp, Answered, it, TRUE, TRUE, TRUE);
    InterlockedIncrement(&sent);
    IoCallDriver(device, it->Irp);
    return TRUE;
}

static NTSTATUS End(SENT *it)
{
    WaitFor(&it->Done);
    if (it->Answers != 1)
        InterlockedIncrement(&wrong);
    InterlockedIncrement(&answered);
    if (it->Status == STATUS_CANCELLED)
        InterlockedIncrement(&cancelled);
    IoFreeIrp(it->Irp);
    return it->Status;
}

/* Several requests at once; some are cancelled, the reads by the end of the file at the latest. */
static VOID UseFile(PFILE_OBJECT file, ULONG *dice)
{
    static const ULONG codes[] = { IOCTL_WAIT, IOCTL_TWICE, IOCTL_SUM, IOCTL_WAIT, IOCTL_SWEEP };
    SENT it[6];
    BOOLEAN is_read[6], begun[6];

    for (ULONG n = 0; n < ARRAYSIZE(it); n++) {
        ULONG kind = Random(dice, 8);

        it[n].Data[0] = 40;
        it[n].Data[1] = 2;
        is_read[n] = kind < 2;
        if (kind < 2)
            begun[n] = Begin(&it[n], file, IRP_MJ_READ, 0);
        else if (kind < 5)
            begun[n] = Begin(&it[n], file, IRP_MJ_WRITE, 0);
        else
            begun[n] = Begin(&it[n], file, IRP_MJ_DEVICE_CONTROL, codes[Random(dice, ARRAYSIZE(codes))]);
        if (begun[n] && Random(dice, 4) == 0)
            IoCancelIrp(it[n].Irp);
    }
    if (Random(dice, 2))
        Sleep(Random(dice, 4));
    for (ULONG n = 0; n < ARRAYSIZE(it); n++) {
        if (!begun[n])
            continue;
        if (is_read[n])
            IoCancelIrp(it[n].Irp);
        End(&it[n]);
    }
}

static VOID NTAPI Client(PVOID context)
{
    ULONG dice = (ULONG)(ULONG_PTR)context;

    for (ULONG n = 0; n < ROUNDS; n++) {
        PVOID file;
        HANDLE handle;

        if (!NT_SUCCESS(OpenFile(&handle)) ||
            !NT_SUCCESS(ObReferenceObjectByHandle(handle, FILE_READ_DATA, *IoFileObjectType, KernelMode, &file, NULL))) {
            InterlockedIncrement(&wrong);
            break;
        }
        UseFile(file, &dice);
        ObDereferenceObject(file);
        ZwClose(handle);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID RunClients(PKTHREAD *threads)
{
    sent = answered = cancelled = wrong = 0;
    for (ULONG n = 0; n < CLIENTS; n++)
        threads[n] = StartThread(Client, (PVOID)(ULONG_PTR)(n * 7919 + 1));
}

static VOID JoinClients(PKTHREAD *threads)
{
    for (ULONG n = 0; n < CLIENTS; n++)
        if (EXPECT(threads[n] != NULL))
            JoinThread(threads[n]);
}

static VOID CheckBalance(void)
{
    MAILBOX *box = MailboxOf(control);
    LONG left = (LONG)WdfCollectionGetCount(box->Messages);

    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(answered, sent);
    EXPECT_EQ(box->Arrived, box->Delivered + box->Swept + left);
    EXPECT_EQ(memories, left);
    EXPECT_EQ(box->Files, 0);
    EXPECT(IsListEmpty(&box->Waiting));
}

TEST_SETUP(setup)
{
    REQUIRE(NT_SUCCESS(MakeDriver()));
}

TEST_CASE(every_request_is_answered_once_and_no_message_is_lost)
{
    PKTHREAD threads[CLIENTS];

    memories = 0;
    REQUIRE(MakeMailbox());
    RunClients(threads);
    JoinClients(threads);
    CheckBalance();
    EXPECT(cancelled > 0 && answered > cancelled);
    WdfObjectDelete(control);
    EXPECT_EQ(memories, 0);
}

TEST_CASE(queues_stop_and_start_under_their_clients)
{
    PKTHREAD threads[CLIENTS];
    MAILBOX *box;
    ULONG dice = 5;

    memories = 0;
    REQUIRE(MakeMailbox());
    box = MailboxOf(control);
    RunClients(threads);
    for (ULONG n = 0; n < 20; n++) {
        WDFQUEUE queue = Random(&dice, 2) ? box->Writes : box->Controls;

        if (Random(&dice, 2)) {
            WdfIoQueueStop(queue, NULL, NULL);
        } else {
            WdfIoQueuePurge(queue, NULL, NULL);
        }
        Sleep(Random(&dice, 3));
        WdfIoQueueStart(queue);
        Sleep(1);
    }
    JoinClients(threads);
    CheckBalance();
    WdfObjectDelete(control);
    EXPECT_EQ(memories, 0);
}

TEST_CASE(reads_of_a_file_end_with_it)
{
    UCHAR buffers[3][sizeof(LONG)];
    IO_STATUS_BLOCK iosb[3] = { 0 };
    LARGE_INTEGER offset = Time(0);
    HANDLE file, events[3];

    REQUIRE(MakeMailbox());
    REQUIRE(NT_SUCCESS(OpenFile(&file)));
    for (ULONG n = 0; n < 3; n++) {
        OBJECT_ATTRIBUTES attributes;

        InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
        EXPECT_EQ(ZwCreateEvent(&events[n], EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE), STATUS_SUCCESS);
        EXPECT_EQ(ZwReadFile(file, events[n], NULL, NULL, &iosb[n], buffers[n], sizeof(LONG), &offset, NULL), STATUS_PENDING);
    }
    ZwClose(file);
    for (ULONG n = 0; n < 3; n++) {
        LARGE_INTEGER timeout = Time(MS(5000));

        EXPECT_EQ(ZwWaitForSingleObject(events[n], FALSE, &timeout), STATUS_SUCCESS);
        EXPECT_EQ(iosb[n].Status, STATUS_CANCELLED);
        ZwClose(events[n]);
    }
    EXPECT_EQ(MailboxOf(control)->Files, 0);
    WdfObjectDelete(control);
}

TEST_CASE(a_device_may_go_while_its_timer_runs_and_messages_wait)
{
    LARGE_INTEGER offset = Time(0);
    LONG data = 1;

    memories = 0;
    REQUIRE(MakeMailbox());
    for (ULONG n = 0; n < 5; n++) {
        IO_STATUS_BLOCK iosb;
        HANDLE file;

        REQUIRE(NT_SUCCESS(OpenFile(&file)));
        EXPECT(NT_SUCCESS(ZwWriteFile(file, NULL, NULL, NULL, &iosb, &data, sizeof data, &offset, NULL)));
        ZwClose(file);
    }
    EXPECT_EQ(memories, 5);
    WdfObjectDelete(control);
    EXPECT_EQ(memories, 0);
}
