/* Cancellation, cancel-safe queues and the StartIo queue. */
#include "helpers.h"

static PDEVICE_OBJECT device;
static IO_CSQ queue;
static LIST_ENTRY list;
static KSPIN_LOCK lock;
static ULONG cancelled, completed;
static NTSTATUS last_status;

static VOID NTAPI Insert(PIO_CSQ csq, PIRP irp)
{
    (void)csq;
    InsertTailList(&list, &irp->Tail.Overlay.ListEntry);
}

static VOID NTAPI Remove(PIO_CSQ csq, PIRP irp)
{
    (void)csq;
    RemoveEntryList(&irp->Tail.Overlay.ListEntry);
}

static PIRP NTAPI Peek(PIO_CSQ csq, PIRP irp, PVOID context)
{
    PLIST_ENTRY next = irp == NULL ? list.Flink : irp->Tail.Overlay.ListEntry.Flink;

    (void)csq;
    for (; next != &list; next = next->Flink) {
        PIRP candidate = CONTAINING_RECORD(next, IRP, Tail.Overlay.ListEntry);

        if (context == NULL || candidate->Tail.Overlay.DriverContext[0] == context)
            return candidate;
    }
    return NULL;
}

static VOID NTAPI Acquire(PIO_CSQ csq, PKIRQL irql)
{
    (void)csq;
    KeAcquireSpinLock(&lock, irql);
}

static VOID NTAPI Release(PIO_CSQ csq, KIRQL irql)
{
    (void)csq;
    KeReleaseSpinLock(&lock, irql);
}

static VOID NTAPI Cancelled(PIO_CSQ csq, PIRP irp)
{
    (void)csq;
    cancelled++;
    irp->IoStatus.Status = STATUS_CANCELLED;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
}

static NTSTATUS NTAPI QueueRead(PDEVICE_OBJECT object, PIRP irp)
{
    (void)object;
    IoCsqInsertIrp(&queue, irp, NULL);
    return STATUS_PENDING;
}

static VOID NTAPI CancelQueued(PDEVICE_OBJECT object, PIRP irp)
{
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeRemoveEntryDeviceQueue(&object->DeviceQueue, &irp->Tail.Overlay.DeviceQueueEntry);
    IoReleaseCancelSpinLock(irp->CancelIrql);
    cancelled++;
    irp->IoStatus.Status = STATUS_CANCELLED;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
}

static NTSTATUS NTAPI StartWrite(PDEVICE_OBJECT object, PIRP irp)
{
    IoMarkIrpPending(irp);
    IoStartPacket(object, irp, NULL, CancelQueued);
    return STATUS_PENDING;
}

static PIRP started[8];
static ULONG start_count;
static VOID NTAPI StartIo(PDEVICE_OBJECT object, PIRP irp)
{
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    EXPECT(object->CurrentIrp == irp);
    IoSetCancelRoutine(irp, NULL);
    started[start_count++ % 8] = irp;
}

static NTSTATUS NTAPI Completed(PDEVICE_OBJECT object, PIRP irp, PVOID context)
{
    (void)object;
    (void)context;
    completed++;
    last_status = irp->IoStatus.Status;
    return STATUS_MORE_PROCESSING_REQUIRED;
}

TEST_SETUP(make_device)
{
    TestDriverObject->MajorFunction[IRP_MJ_READ] = QueueRead;
    TestDriverObject->MajorFunction[IRP_MJ_WRITE] = StartWrite;
    TestDriverObject->DriverStartIo = StartIo;
    IoCreateDevice(TestDriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
    KeInitializeSpinLock(&lock);
    InitializeListHead(&list);
    IoCsqInitialize(&queue, Insert, Remove, Peek, Acquire, Release, Cancelled);
}

TEST_TEARDOWN(delete_device)
{
    IoDeleteDevice(device);
}

static PIRP NewIrp(UCHAR major)
{
    PIRP irp = IoAllocateIrp(1, FALSE);

    if (irp == NULL)
        return NULL;
    IoGetNextIrpStackLocation(irp)->MajorFunction = major;
    IoSetCompletionRoutine(irp, Completed, NULL, TRUE, TRUE, TRUE);
    return irp;
}

TEST_CASE(a_queued_irp_is_cancelled_once)
{
    PIRP irp = NewIrp(IRP_MJ_READ);

    cancelled = completed = 0;
    REQUIRE(irp != NULL);
    EXPECT_EQ(IoCallDriver(device, irp), STATUS_PENDING);
    EXPECT(irp->CancelRoutine != NULL);
    EXPECT_EQ(IoCancelIrp(irp), TRUE);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    EXPECT_EQ(cancelled, 1);
    EXPECT_EQ(completed, 1);
    EXPECT_EQ(last_status, STATUS_CANCELLED);
    EXPECT(IsListEmpty(&list));
    IoFreeIrp(irp);
}

TEST_CASE(an_irp_cancelled_before_it_is_queued_never_waits)
{
    PIRP irp = NewIrp(IRP_MJ_READ);

    cancelled = completed = 0;
    REQUIRE(irp != NULL);
    EXPECT_EQ(IoCancelIrp(irp), FALSE);
    EXPECT(irp->Cancel);
    EXPECT_EQ(IoCallDriver(device, irp), STATUS_PENDING);
    EXPECT_EQ(cancelled, 1);
    EXPECT(IsListEmpty(&list));
    IoFreeIrp(irp);
}

TEST_CASE(removed_irps_are_no_longer_cancelable)
{
    PIRP first = NewIrp(IRP_MJ_READ), second = NewIrp(IRP_MJ_READ), got;

    cancelled = completed = 0;
    REQUIRE(first != NULL && second != NULL);
    second->Tail.Overlay.DriverContext[0] = second;
    IoCallDriver(device, first);
    IoCallDriver(device, second);
    got = IoCsqRemoveNextIrp(&queue, second);
    EXPECT(got == second);
    EXPECT_EQ(IoCancelIrp(second), FALSE);
    EXPECT_EQ(cancelled, 0);
    EXPECT(IoCsqRemoveNextIrp(&queue, second) == NULL);
    EXPECT(IoCsqRemoveNextIrp(&queue, NULL) == first);
    EXPECT(IoCsqRemoveNextIrp(&queue, NULL) == NULL);
    IoFreeIrp(first);
    IoFreeIrp(second);
}

TEST_CASE(a_context_finds_its_irp_until_it_is_gone)
{
    PIRP irp = NewIrp(IRP_MJ_READ);
    IO_CSQ_IRP_CONTEXT context;

    cancelled = 0;
    REQUIRE(irp != NULL);
    IoSetNextIrpStackLocation(irp);
    IoCsqInsertIrp(&queue, irp, &context);
    EXPECT(IoCsqRemoveIrp(&queue, &context) == irp);
    EXPECT(IoCsqRemoveIrp(&queue, &context) == NULL);
    IoFreeIrp(irp);
}

TEST_CASE(start_io_gets_one_irp_at_a_time)
{
    PIRP irp[3];
    KIRQL irql;

    cancelled = completed = start_count = 0;
    for (int i = 0; i < 3; i++) {
        irp[i] = NewIrp(IRP_MJ_WRITE);
        REQUIRE(irp[i] != NULL);
        EXPECT_EQ(IoCallDriver(device, irp[i]), STATUS_PENDING);
    }
    EXPECT_EQ(start_count, 1);
    EXPECT_EQ(IoCancelIrp(irp[1]), TRUE);
    EXPECT_EQ(cancelled, 1);
    irp[0]->IoStatus.Status = STATUS_SUCCESS;
    IoCompleteRequest(irp[0], IO_NO_INCREMENT);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    IoStartNextPacket(device, TRUE);
    EXPECT_EQ(start_count, 2);
    EXPECT(started[1] == irp[2]);
    irp[2]->IoStatus.Status = STATUS_SUCCESS;
    IoCompleteRequest(irp[2], IO_NO_INCREMENT);
    IoStartNextPacket(device, TRUE);
    KeLowerIrql(irql);
    EXPECT_EQ(start_count, 2);
    EXPECT(device->CurrentIrp == NULL);
    EXPECT_EQ(completed, 3);
    for (int i = 0; i < 3; i++)
        IoFreeIrp(irp[i]);
}

TEST_CASE_THAT_STOPS(completing_with_a_cancel_routine_stops, 0x48)
{
    PIRP irp = NewIrp(IRP_MJ_READ);

    IoCallDriver(device, irp);
    irp->IoStatus.Status = STATUS_SUCCESS;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
}

static VOID NTAPI LeaveARequest(PVOID context)
{
    static IO_STATUS_BLOCK iosb;
    LARGE_INTEGER offset = Time(0);
    PIRP irp = IoBuildSynchronousFsdRequest(IRP_MJ_READ, device, context, 0, &offset, NULL, &iosb);

    EXPECT(irp != NULL && IoCallDriver(device, irp) == STATUS_PENDING);
}

TEST_CASE(requests_of_an_ending_thread_are_cancelled)
{
    PKTHREAD thread;

    cancelled = 0;
    thread = StartThread(LeaveARequest, NULL);
    REQUIRE(thread != NULL);
    JoinThread(thread);
    EXPECT_EQ(cancelled, 1);
    EXPECT(IsListEmpty(&list));
}
