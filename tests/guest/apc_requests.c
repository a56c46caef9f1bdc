/* Requests end in the thread that made them, which calls the APC routine they were given. */
#include "helpers.h"

#define PEND 0x100
#define FAIL 0x200

static UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\R3Apc");
static PDEVICE_OBJECT device;
static PIRP pending;
static ULONG calls;
static KIRQL call_irql;
static PVOID call_context, call_thread;
static PIO_STATUS_BLOCK call_iosb;

static NTSTATUS Complete(PIRP irp, NTSTATUS status, ULONG_PTR information)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static NTSTATUS NTAPI Succeed(PDEVICE_OBJECT object, PIRP irp)
{
    (void)object;
    return Complete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI Read(PDEVICE_OBJECT object, PIRP irp)
{
    PIO_STACK_LOCATION s = IoGetCurrentIrpStackLocation(irp);

    (void)object;
    if (s->Parameters.Read.ByteOffset.QuadPart == FAIL)
        return Complete(irp, STATUS_DEVICE_DATA_ERROR, 0);
    RtlFillMemory(irp->AssociatedIrp.SystemBuffer, s->Parameters.Read.Length, 'a');
    if (s->Parameters.Read.ByteOffset.QuadPart != PEND)
        return Complete(irp, STATUS_SUCCESS, s->Parameters.Read.Length);
    IoMarkIrpPending(irp);
    pending = irp;
    return STATUS_PENDING;
}

TEST_SETUP(make_device)
{
    TestDriverObject->MajorFunction[IRP_MJ_CREATE] = Succeed;
    TestDriverObject->MajorFunction[IRP_MJ_CLEANUP] = Succeed;
    TestDriverObject->MajorFunction[IRP_MJ_CLOSE] = Succeed;
    TestDriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Succeed;
    TestDriverObject->MajorFunction[IRP_MJ_READ] = Read;
    IoCreateDevice(TestDriverObject, 0, &name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &device);
    device->Flags |= DO_BUFFERED_IO;
    device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
}

TEST_TEARDOWN(delete_device)
{
    IoDeleteDevice(device);
}

static HANDLE Open(ULONG options)
{
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    HANDLE handle = NULL;

    calls = 0;
    pending = NULL;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    ZwCreateFile(&handle, GENERIC_READ | SYNCHRONIZE, &attributes, &iosb, NULL, 0, FILE_SHARE_READ, FILE_OPEN, options, NULL, 0);
    return handle;
}

static VOID NTAPI Routine(PVOID context, PIO_STATUS_BLOCK iosb, ULONG reserved)
{
    EXPECT_EQ(reserved, 0);
    call_irql = KeGetCurrentIrql();
    call_thread = KeGetCurrentThread();
    call_context = context;
    call_iosb = iosb;
    calls++;
}

static VOID NTAPI CompleteAtDispatch(PVOID context)
{
    KIRQL old;

    (void)context;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    Complete(pending, STATUS_SUCCESS, 4);
    KeLowerIrql(old);
}

TEST_CASE(a_pended_read_calls_its_apc_routine_in_the_thread_that_asked)
{
    IO_STATUS_BLOCK iosb = { 0 };
    LARGE_INTEGER offset = Time(PEND);
    char buffer[4] = { 0 };
    HANDLE handle = Open(0);
    PKTHREAD thread;

    REQUIRE(handle != NULL);
    EXPECT_EQ(ZwReadFile(handle, NULL, Routine, &offset, &iosb, buffer, sizeof(buffer), &offset, NULL), STATUS_PENDING);
    EXPECT_EQ(calls, 0);
    thread = StartThread(CompleteAtDispatch, NULL);
    REQUIRE(thread != NULL);
    JoinThread(thread);
    EVENTUALLY(calls == 1);
    EXPECT_EQ(call_irql, PASSIVE_LEVEL);
    EXPECT(call_thread == KeGetCurrentThread());
    EXPECT(call_context == &offset);
    EXPECT(call_iosb == &iosb);
    EXPECT_EQ(iosb.Status, STATUS_SUCCESS);
    EXPECT_EQ(iosb.Information, 4);
    EXPECT_EQ(buffer[0], 'a');
    ZwClose(handle);
}

TEST_CASE(a_read_that_succeeds_at_once_calls_its_apc_routine_too)
{
    IO_STATUS_BLOCK iosb = { 0 };
    LARGE_INTEGER offset = Time(0);
    char buffer[4] = { 0 };
    HANDLE handle = Open(0);

    REQUIRE(handle != NULL);
    EXPECT_EQ(ZwReadFile(handle, NULL, Routine, NULL, &iosb, buffer, sizeof(buffer), &offset, NULL), STATUS_SUCCESS);
    EXPECT_EQ(calls, 1);
    ZwClose(handle);
    handle = Open(FILE_SYNCHRONOUS_IO_NONALERT);
    REQUIRE(handle != NULL);
    EXPECT_EQ(ZwReadFile(handle, NULL, Routine, NULL, &iosb, buffer, sizeof(buffer), &offset, NULL), STATUS_SUCCESS);
    EXPECT_EQ(calls, 1);
    EXPECT(call_iosb == &iosb);
    ZwClose(handle);
}

TEST_CASE(a_read_that_fails_at_once_calls_nothing)
{
    IO_STATUS_BLOCK iosb = { 0 };
    LARGE_INTEGER offset = Time(FAIL);
    char buffer[4];
    HANDLE handle = Open(0);

    REQUIRE(handle != NULL);
    EXPECT_EQ(ZwReadFile(handle, NULL, Routine, NULL, &iosb, buffer, sizeof(buffer), &offset, NULL), STATUS_DEVICE_DATA_ERROR);
    EXPECT_EQ(calls, 0);
    ZwClose(handle);
}

TEST_CASE(a_critical_region_delays_the_apc_routine_and_not_the_result)
{
    IO_STATUS_BLOCK iosb = { 0 };
    LARGE_INTEGER offset = Time(PEND);
    char buffer[4] = { 0 };
    HANDLE handle = Open(0);

    REQUIRE(handle != NULL);
    KeEnterCriticalRegion();
    EXPECT_EQ(ZwReadFile(handle, NULL, Routine, NULL, &iosb, buffer, sizeof(buffer), &offset, NULL), STATUS_PENDING);
    Complete(pending, STATUS_SUCCESS, 4);
    EXPECT_EQ(iosb.Information, 4);
    EXPECT_EQ(calls, 0);
    KeLeaveCriticalRegion();
    EXPECT_EQ(calls, 1);
    ZwClose(handle);
}

TEST_CASE(a_pended_request_ends_when_its_thread_lets_special_apcs_in)
{
    IO_STATUS_BLOCK iosb = { .Status = STATUS_PENDING };
    LARGE_INTEGER offset = Time(PEND);
    char buffer[4] = { 0 };
    KEVENT event;
    PIRP irp;

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp = IoBuildSynchronousFsdRequest(IRP_MJ_READ, device, buffer, sizeof(buffer), &offset, &event, &iosb);
    REQUIRE(irp != NULL);
    EXPECT_EQ(IoCallDriver(device, irp), STATUS_PENDING);
    KeEnterGuardedRegion();
    Complete(pending, STATUS_SUCCESS, 4);
    EXPECT(!KeReadStateEvent(&event));
    KeLeaveGuardedRegion();
    EXPECT(KeReadStateEvent(&event));
    EXPECT_EQ(iosb.Information, 4);
    EXPECT_EQ(buffer[3], 'a');
}

static IO_STATUS_BLOCK thread_iosb;
static KEVENT thread_event;
static char thread_buffer[4];

static VOID NTAPI AskAndEnd(PVOID context)
{
    LARGE_INTEGER offset = Time(PEND);
    PIRP irp = IoBuildSynchronousFsdRequest(IRP_MJ_READ, device, thread_buffer, sizeof(thread_buffer), &offset, &thread_event, &thread_iosb);

    (void)context;
    if (irp != NULL)
        IoCallDriver(device, irp);
    WaitFor(&thread_event);
}

TEST_CASE(a_thread_that_waits_is_woken_by_the_end_of_its_request)
{
    PKTHREAD thread;

    KeInitializeEvent(&thread_event, NotificationEvent, FALSE);
    pending = NULL;
    thread = StartThread(AskAndEnd, NULL);
    REQUIRE(thread != NULL);
    while (pending == NULL)
        Sleep(1);
    CompleteAtDispatch(NULL);
    JoinThread(thread);
    EXPECT_EQ(thread_iosb.Information, 4);
    EXPECT_EQ(thread_buffer[0], 'a');
}

TEST_CASE(an_apc_routine_of_a_control_request_is_called)
{
    IO_STATUS_BLOCK iosb = { 0 };
    HANDLE handle = Open(0);

    REQUIRE(handle != NULL);
    EXPECT_EQ(ZwDeviceIoControlFile(handle, NULL, Routine, &iosb, &iosb, CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS),
                                    NULL, 0, NULL, 0), STATUS_SUCCESS);
    EXPECT_EQ(calls, 1);
    EXPECT(call_context == &iosb);
    ZwClose(handle);
}
