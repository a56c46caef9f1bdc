/* Clients that use a mailbox device in any order, cancel, and close their files while they wait. Every request is answered once and no message
 * is lost.
 * docs: wdf/managing-i-o-queues, wdf/canceling-i-o-requests, wdf/requeuing-i-o-requests, wdf/using-timers, wdf/using-framework-work-items,
 * wdf/dpc-objects */
#include "wdf_mailbox.h"

#define CLIENTS 4
#define ROUNDS 40

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
