/* A control device, its files, queues and requests, as a second party in the kernel opens and uses them.
 * docs: wdf/using-control-device-objects, wdf/framework-queue-objects, wdf/framework-request-objects */
#include "wdf_helpers.h"

#include "helpers.h"

#define IOCTL_ADD CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_HOLD CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_DIRECT CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_OUT_DIRECT, FILE_ANY_ACCESS)
#define HELD 8

static UNICODE_STRING device_name = RTL_CONSTANT_STRING(L"\\Device\\WdfQueues");
static UNICODE_STRING link_name = RTL_CONSTANT_STRING(L"\\DosDevices\\WdfQueues");
static WDFQUEUE queue, manual;
static WDFREQUEST held[HELD];
static volatile LONG held_count, cancels, canceled_on_queue, ready, at_rest;
static ULONG creates, cleanups, closes;

typedef struct _REQUEST_CONTEXT {
    ULONG Seen;
} REQUEST_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(REQUEST_CONTEXT, GetRequestContext)

static VOID NTAPI FileCreate(WDFDEVICE Device, WDFREQUEST Request, WDFFILEOBJECT FileObject)
{
    PUNICODE_STRING name = WdfFileObjectGetFileName(FileObject);

    creates++;
    EXPECT_EQ(WdfFileObjectGetDevice(FileObject), Device);
    EXPECT_EQ(WdfRequestGetFileObject(Request), FileObject);
    WdfRequestComplete(Request, name->Length != 0 ? STATUS_OBJECT_NAME_INVALID : STATUS_SUCCESS);
}

static VOID NTAPI FileCleanup(WDFFILEOBJECT FileObject)
{
    cleanups++;
}

static VOID NTAPI FileClose(WDFFILEOBJECT FileObject)
{
    closes++;
}

static VOID NTAPI Cancel(WDFREQUEST Request)
{
    InterlockedIncrement(&cancels);
    WdfRequestComplete(Request, STATUS_CANCELLED);
}

static VOID NTAPI CanceledOnQueue(WDFQUEUE Queue, WDFREQUEST Request)
{
    InterlockedIncrement(&canceled_on_queue);
    WdfRequestComplete(Request, STATUS_CANCELLED);
}

static void Hold(WDFREQUEST request)
{
    LONG slot = InterlockedIncrement(&held_count) - 1;

    held[slot % HELD] = request;
}

static VOID NTAPI DeviceControl(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputBufferLength, size_t InputBufferLength,
                                ULONG IoControlCode)
{
    ULONG *in, *out;
    size_t size;

    EXPECT_EQ(GetRequestContext(Request)->Seen, 0);
    GetRequestContext(Request)->Seen = 1;
    if (IoControlCode == IOCTL_HOLD) {
        Hold(Request);
        return;
    }
    if (!NT_SUCCESS(WdfRequestRetrieveInputBuffer(Request, 2 * sizeof(ULONG), (PVOID *)&in, &size)) ||
        !NT_SUCCESS(WdfRequestRetrieveOutputBuffer(Request, sizeof(ULONG), (PVOID *)&out, NULL))) {
        WdfRequestComplete(Request, STATUS_INVALID_PARAMETER);
        return;
    }
    EXPECT_EQ(size, InputBufferLength);
    *out = in[0] + in[1];
    WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, sizeof *out);
}

static VOID NTAPI Read(WDFQUEUE Queue, WDFREQUEST Request, size_t Length)
{
    WDF_REQUEST_PARAMETERS parameters;
    WDFMEMORY memory;
    UCHAR byte = 0x42;

    WDF_REQUEST_PARAMETERS_INIT(&parameters);
    WdfRequestGetParameters(Request, &parameters);
    EXPECT_EQ(parameters.Type, WdfRequestTypeRead);
    EXPECT_EQ(parameters.Parameters.Read.Length, Length);
    EXPECT_EQ(WdfRequestRetrieveOutputMemory(Request, &memory), STATUS_SUCCESS);
    for (size_t i = 0; i < Length; i++)
        EXPECT_EQ(WdfMemoryCopyFromBuffer(memory, i, &byte, 1), STATUS_SUCCESS);
    WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, Length);
}

static VOID NTAPI Write(WDFQUEUE Queue, WDFREQUEST Request, size_t Length)
{
    if (!NT_SUCCESS(WdfRequestForwardToIoQueue(Request, manual)))
        WdfRequestComplete(Request, STATUS_UNSUCCESSFUL);
}

static VOID NTAPI Ready(WDFQUEUE Queue, WDFCONTEXT Context)
{
    InterlockedIncrement(&ready);
}

static VOID NTAPI AtRest(WDFQUEUE Queue, WDFCONTEXT Context)
{
    InterlockedIncrement(&at_rest);
    EXPECT_EQ(Context, (WDFCONTEXT)5);
}

static BOOLEAN MakeDevice(WDF_IO_QUEUE_DISPATCH_TYPE type, WDF_SYNCHRONIZATION_SCOPE scope, WDF_EXECUTION_LEVEL level)
{
    WDF_OBJECT_ATTRIBUTES attributes, request_attributes;
    WDF_FILEOBJECT_CONFIG files;
    WDF_IO_QUEUE_CONFIG config;
    PWDFDEVICE_INIT init;

    held_count = cancels = canceled_on_queue = ready = at_rest = 0;
    creates = cleanups = closes = 0;
    init = WdfControlDeviceInitAllocate(driver, &SDDL_DEVOBJ_SYS_ALL_ADM_ALL);
    if (!EXPECT(init != NULL))
        return FALSE;
    WDF_FILEOBJECT_CONFIG_INIT(&files, FileCreate, FileClose, FileCleanup);
    WdfDeviceInitSetFileObjectConfig(init, &files, WDF_NO_OBJECT_ATTRIBUTES);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&request_attributes, REQUEST_CONTEXT);
    WdfDeviceInitSetRequestAttributes(init, &request_attributes);
    WdfDeviceInitSetIoType(init, WdfDeviceIoBuffered);
    EXPECT_EQ(WdfDeviceInitAssignName(init, &device_name), STATUS_SUCCESS);
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.SynchronizationScope = scope;
    attributes.ExecutionLevel = level;
    if (!EXPECT_EQ(WdfDeviceCreate(&init, &attributes, &control), STATUS_SUCCESS)) {
        WdfDeviceInitFree(init);
        return FALSE;
    }
    EXPECT(init == NULL);
    EXPECT_EQ(WdfDeviceCreateSymbolicLink(control, &link_name), STATUS_SUCCESS);
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, type);
    config.EvtIoDeviceControl = DeviceControl;
    config.EvtIoRead = Read;
    config.EvtIoWrite = Write;
    config.EvtIoCanceledOnQueue = CanceledOnQueue;
    if (!EXPECT_EQ(WdfIoQueueCreate(control, &config, WDF_NO_OBJECT_ATTRIBUTES, &queue), STATUS_SUCCESS))
        return FALSE;
    EXPECT_EQ(WdfDeviceGetDefaultQueue(control), queue);
    EXPECT_EQ(WdfIoQueueCreate(control, &config, WDF_NO_OBJECT_ATTRIBUTES, NULL), STATUS_UNSUCCESSFUL);
    WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchManual);
    config.EvtIoCanceledOnQueue = CanceledOnQueue;
    if (!EXPECT_EQ(WdfIoQueueCreate(control, &config, WDF_NO_OBJECT_ATTRIBUTES, &manual), STATUS_SUCCESS))
        return FALSE;
    WdfControlFinishInitializing(control);
    return TRUE;
}

static BOOLEAN MakeParallel(void)
{
    return MakeDevice(WdfIoQueueDispatchParallel, WdfSynchronizationScopeNone, WdfExecutionLevelInheritFromParent);
}

static NTSTATUS Open(const WCHAR *suffix, HANDLE *file)
{
    static WCHAR buffer[64];
    UNICODE_STRING name = { 0, sizeof buffer, buffer };
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;

    RtlCopyUnicodeString(&name, &link_name);
    RtlAppendUnicodeToString(&name, suffix);
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    return ZwCreateFile(file, FILE_READ_DATA | FILE_WRITE_DATA | SYNCHRONIZE, &attributes, &iosb, NULL, 0, 0, FILE_OPEN,
                        FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
}

/* A request to the device that does not wait. */
typedef struct _SENT {
    PIRP Irp;
    KEVENT Done;
    IO_STATUS_BLOCK Iosb;
    ULONG Data[2];
} SENT;

static NTSTATUS NTAPI Completed(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    SENT *sent = context;

    sent->Iosb = irp->IoStatus;
    KeSetEvent(&sent->Done, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static BOOLEAN Send(SENT *sent, UCHAR major, ULONG code)
{
    PDEVICE_OBJECT device = WdfDeviceWdmGetDeviceObject(control);
    PIO_STACK_LOCATION stack;

    KeInitializeEvent(&sent->Done, NotificationEvent, FALSE);
    sent->Iosb.Status = STATUS_PENDING;
    sent->Irp = IoAllocateIrp(device->StackSize, FALSE);
    if (sent->Irp == NULL)
        return FALSE;
    stack = IoGetNextIrpStackLocation(sent->Irp);
    stack->MajorFunction = major;
    if (major == IRP_MJ_DEVICE_CONTROL) {
        stack->Parameters.DeviceIoControl.IoControlCode = code;
        stack->Parameters.DeviceIoControl.InputBufferLength = sizeof sent->Data;
        stack->Parameters.DeviceIoControl.OutputBufferLength = sizeof sent->Data;
    } else {
        stack->Parameters.Write.Length = sizeof sent->Data;
    }
    sent->Irp->AssociatedIrp.SystemBuffer = sent->Data;
    IoSetCompletionRoutine(sent->Irp, Completed, sent, TRUE, TRUE, TRUE);
    IoCallDriver(device, sent->Irp);
    return TRUE;
}

static NTSTATUS Finish(SENT *sent)
{
    WaitFor(&sent->Done);
    IoFreeIrp(sent->Irp);
    return sent->Iosb.Status;
}

static BOOLEAN Until(volatile LONG *count, LONG value)
{
    for (ULONG i = 0; i < 1000 && *count < value; i++)
        Sleep(1);
    return *count == value;
}

TEST_SETUP(setup)
{
    REQUIRE(NT_SUCCESS(MakeDriver()));
}

TEST_CASE(a_file_on_the_control_device_is_created_cleaned_up_and_closed)
{
    HANDLE file;

    REQUIRE(MakeParallel());
    REQUIRE(NT_SUCCESS(Open(L"", &file)));
    EXPECT_EQ(creates, 1);
    ZwClose(file);
    EXPECT_EQ(cleanups, 1);
    EXPECT_EQ(closes, 1);
    EXPECT_EQ(Open(L"\\inside", &file), STATUS_OBJECT_NAME_INVALID);
    EXPECT_EQ(cleanups, 1);
    EXPECT_EQ(closes, 1);
    WdfObjectDelete(control);
    EXPECT_EQ(Open(L"", &file), STATUS_OBJECT_NAME_NOT_FOUND);
}

TEST_CASE(a_device_control_request_has_input_and_output)
{
    ULONG in[2] = { 40, 2 }, out = 0;
    IO_STATUS_BLOCK iosb;
    HANDLE file;

    REQUIRE(MakeParallel());
    REQUIRE(NT_SUCCESS(Open(L"", &file)));
    EXPECT_EQ(ZwDeviceIoControlFile(file, NULL, NULL, NULL, &iosb, IOCTL_ADD, in, sizeof in, &out, sizeof out), STATUS_SUCCESS);
    EXPECT_EQ(iosb.Information, sizeof out);
    EXPECT_EQ(out, 42);
    EXPECT_EQ(ZwDeviceIoControlFile(file, NULL, NULL, NULL, &iosb, IOCTL_ADD, in, 4, &out, sizeof out),
              STATUS_INVALID_PARAMETER);
    ZwClose(file);
    WdfObjectDelete(control);
}

TEST_CASE(a_read_request_is_filled_through_its_memory_object)
{
    LARGE_INTEGER offset = Time(0);
    IO_STATUS_BLOCK iosb;
    UCHAR buffer[5];
    HANDLE file;

    REQUIRE(MakeParallel());
    REQUIRE(NT_SUCCESS(Open(L"", &file)));
    EXPECT_EQ(ZwReadFile(file, NULL, NULL, NULL, &iosb, buffer, sizeof buffer, &offset, NULL), STATUS_SUCCESS);
    EXPECT_EQ(iosb.Information, sizeof buffer);
    EXPECT_EQ(buffer[4], 0x42);
    EXPECT_EQ(ZwReadFile(file, NULL, NULL, NULL, &iosb, buffer, 0, &offset, NULL), STATUS_SUCCESS);
    EXPECT_EQ(iosb.Information, 0);
    ZwClose(file);
    WdfObjectDelete(control);
}

TEST_CASE(a_parallel_queue_presents_several_requests_at_once)
{
    SENT sent[3];

    REQUIRE(MakeParallel());
    for (ULONG i = 0; i < 3; i++)
        REQUIRE(Send(&sent[i], IRP_MJ_DEVICE_CONTROL, IOCTL_HOLD));
    EXPECT_EQ(held_count, 3);
    for (ULONG i = 0; i < 3; i++)
        WdfRequestComplete(held[i], STATUS_SUCCESS);
    for (ULONG i = 0; i < 3; i++)
        EXPECT_EQ(Finish(&sent[i]), STATUS_SUCCESS);
    WdfObjectDelete(control);
}

TEST_CASE(a_sequential_queue_presents_the_next_request_when_the_last_is_completed)
{
    ULONG waiting, with_driver;
    SENT sent[3];

    REQUIRE(MakeDevice(WdfIoQueueDispatchSequential, WdfSynchronizationScopeNone, WdfExecutionLevelInheritFromParent));
    for (ULONG i = 0; i < 3; i++)
        REQUIRE(Send(&sent[i], IRP_MJ_DEVICE_CONTROL, IOCTL_HOLD));
    EXPECT_EQ(held_count, 1);
    EXPECT(!WDF_IO_QUEUE_IDLE(WdfIoQueueGetState(queue, &waiting, &with_driver)));
    EXPECT_EQ(waiting, 2);
    EXPECT_EQ(with_driver, 1);
    WdfRequestComplete(held[0], STATUS_SUCCESS);
    EXPECT_EQ(held_count, 2);
    WdfRequestComplete(held[1], STATUS_SUCCESS);
    WdfRequestComplete(held[2], STATUS_SUCCESS);
    EXPECT_EQ(held_count, 3);
    for (ULONG i = 0; i < 3; i++)
        EXPECT_EQ(Finish(&sent[i]), STATUS_SUCCESS);
    EXPECT(WDF_IO_QUEUE_IDLE(WdfIoQueueGetState(queue, NULL, NULL)));
    WdfObjectDelete(control);
}

TEST_CASE(a_manual_queue_gives_requests_when_it_is_asked)
{
    WDFREQUEST request;
    SENT sent[2];

    REQUIRE(MakeParallel());
    EXPECT_EQ(WdfIoQueueReadyNotify(manual, Ready, NULL), STATUS_SUCCESS);
    EXPECT_EQ(WdfIoQueueRetrieveNextRequest(manual, &request), STATUS_NO_MORE_ENTRIES);
    REQUIRE(Send(&sent[0], IRP_MJ_WRITE, 0));
    REQUIRE(Send(&sent[1], IRP_MJ_WRITE, 0));
    EXPECT_EQ(ready, 1);
    REQUIRE(NT_SUCCESS(WdfIoQueueRetrieveNextRequest(manual, &request)));
    EXPECT_EQ(WdfRequestWdmGetIrp(request), sent[0].Irp);
    EXPECT_EQ(WdfRequestGetIoQueue(request), manual);
    EXPECT_EQ(WdfRequestRequeue(request), STATUS_SUCCESS);
    REQUIRE(NT_SUCCESS(WdfIoQueueRetrieveNextRequest(manual, &request)));
    EXPECT_EQ(WdfRequestWdmGetIrp(request), sent[0].Irp);
    WdfRequestComplete(request, STATUS_SUCCESS);
    REQUIRE(NT_SUCCESS(WdfIoQueueRetrieveNextRequest(manual, &request)));
    WdfRequestCompleteWithInformation(request, STATUS_SUCCESS, 3);
    EXPECT_EQ(Finish(&sent[0]), STATUS_SUCCESS);
    EXPECT_EQ(Finish(&sent[1]), STATUS_SUCCESS);
    EXPECT_EQ(sent[1].Iosb.Information, 3);
    EXPECT_EQ(WdfIoQueueRetrieveNextRequest(queue, &request), STATUS_INVALID_DEVICE_STATE);
    WdfObjectDelete(control);
}

TEST_CASE(a_found_request_stays_in_the_queue_until_it_is_retrieved)
{
    WDFREQUEST first, second, third, taken;
    SENT sent[2];

    REQUIRE(MakeParallel());
    REQUIRE(Send(&sent[0], IRP_MJ_WRITE, 0));
    REQUIRE(Send(&sent[1], IRP_MJ_WRITE, 0));
    REQUIRE(NT_SUCCESS(WdfIoQueueFindRequest(manual, NULL, NULL, NULL, &first)));
    REQUIRE(NT_SUCCESS(WdfIoQueueFindRequest(manual, first, NULL, NULL, &second)));
    EXPECT_EQ(WdfIoQueueFindRequest(manual, second, NULL, NULL, &third), STATUS_NO_MORE_ENTRIES);
    WdfObjectDereference(first);
    EXPECT_EQ(WdfIoQueueRetrieveFoundRequest(manual, second, &taken), STATUS_SUCCESS);
    EXPECT_EQ(taken, second);
    EXPECT_EQ(WdfIoQueueRetrieveFoundRequest(manual, second, &taken), STATUS_NOT_FOUND);
    WdfRequestComplete(second, STATUS_SUCCESS);
    WdfObjectDereference(second);
    EXPECT_EQ(Finish(&sent[1]), STATUS_SUCCESS);
    WdfIoQueuePurgeSynchronously(manual);
    EXPECT_EQ(Finish(&sent[0]), STATUS_CANCELLED);
    WdfObjectDelete(control);
}

TEST_CASE(a_cancelable_request_is_cancelled_by_its_callback)
{
    SENT sent;

    REQUIRE(MakeParallel());
    REQUIRE(Send(&sent, IRP_MJ_DEVICE_CONTROL, IOCTL_HOLD));
    EXPECT(!WdfRequestIsCanceled(held[0]));
    EXPECT_EQ(WdfRequestMarkCancelableEx(held[0], Cancel), STATUS_SUCCESS);
    EXPECT_EQ(WdfRequestMarkCancelableEx(held[0], Cancel), STATUS_INVALID_DEVICE_REQUEST);
    EXPECT(IoCancelIrp(sent.Irp));
    EXPECT_EQ(cancels, 1);
    EXPECT_EQ(Finish(&sent), STATUS_CANCELLED);
    WdfObjectDelete(control);
}

TEST_CASE(an_unmarked_request_is_completed_by_the_driver)
{
    SENT sent;

    REQUIRE(MakeParallel());
    REQUIRE(Send(&sent, IRP_MJ_DEVICE_CONTROL, IOCTL_HOLD));
    WdfRequestMarkCancelable(held[0], Cancel);
    EXPECT_EQ(WdfRequestUnmarkCancelable(held[0]), STATUS_SUCCESS);
    EXPECT_EQ(WdfRequestUnmarkCancelable(held[0]), STATUS_INVALID_PARAMETER);
    EXPECT(!IoCancelIrp(sent.Irp));
    EXPECT(WdfRequestIsCanceled(held[0]));
    EXPECT_EQ(WdfRequestMarkCancelableEx(held[0], Cancel), STATUS_CANCELLED);
    EXPECT_EQ(cancels, 0);
    WdfRequestComplete(held[0], STATUS_CANCELLED);
    EXPECT_EQ(Finish(&sent), STATUS_CANCELLED);
    WdfObjectDelete(control);
}

TEST_CASE(a_request_that_waits_in_a_queue_is_cancelled_there)
{
    SENT sent[2];

    REQUIRE(MakeDevice(WdfIoQueueDispatchSequential, WdfSynchronizationScopeNone, WdfExecutionLevelInheritFromParent));
    REQUIRE(Send(&sent[0], IRP_MJ_DEVICE_CONTROL, IOCTL_HOLD));
    REQUIRE(Send(&sent[1], IRP_MJ_DEVICE_CONTROL, IOCTL_HOLD));
    EXPECT(IoCancelIrp(sent[1].Irp));
    EXPECT_EQ(Finish(&sent[1]), STATUS_CANCELLED);
    EXPECT_EQ(canceled_on_queue, 0);
    WdfRequestComplete(held[0], STATUS_SUCCESS);
    EXPECT_EQ(Finish(&sent[0]), STATUS_SUCCESS);
    EXPECT_EQ(held_count, 1);
    WdfObjectDelete(control);
}

TEST_CASE(a_forwarded_request_that_is_cancelled_goes_back_to_the_driver)
{
    SENT sent;

    REQUIRE(MakeParallel());
    REQUIRE(Send(&sent, IRP_MJ_WRITE, 0));
    EXPECT(IoCancelIrp(sent.Irp));
    EXPECT_EQ(Finish(&sent), STATUS_CANCELLED);
    EXPECT_EQ(canceled_on_queue, 1);
    WdfObjectDelete(control);
}

TEST_CASE(a_stopped_queue_keeps_requests_until_it_is_started)
{
    SENT sent;

    REQUIRE(MakeParallel());
    WdfIoQueueStop(queue, AtRest, (WDFCONTEXT)5);
    EXPECT_EQ(at_rest, 1);
    EXPECT(WDF_IO_QUEUE_STOPPED(WdfIoQueueGetState(queue, NULL, NULL)));
    REQUIRE(Send(&sent, IRP_MJ_DEVICE_CONTROL, IOCTL_HOLD));
    EXPECT_EQ(held_count, 0);
    WdfIoQueueStart(queue);
    EXPECT_EQ(held_count, 1);
    WdfRequestComplete(held[0], STATUS_SUCCESS);
    EXPECT_EQ(Finish(&sent), STATUS_SUCCESS);
    WdfObjectDelete(control);
}

TEST_CASE(a_drained_queue_finishes_what_it_has_and_takes_nothing_new)
{
    SENT sent[3];

    REQUIRE(MakeDevice(WdfIoQueueDispatchSequential, WdfSynchronizationScopeNone, WdfExecutionLevelInheritFromParent));
    REQUIRE(Send(&sent[0], IRP_MJ_DEVICE_CONTROL, IOCTL_HOLD));
    REQUIRE(Send(&sent[1], IRP_MJ_DEVICE_CONTROL, IOCTL_HOLD));
    WdfIoQueueDrain(queue, AtRest, (WDFCONTEXT)5);
    REQUIRE(Send(&sent[2], IRP_MJ_DEVICE_CONTROL, IOCTL_HOLD));
    EXPECT_EQ(Finish(&sent[2]), STATUS_INVALID_DEVICE_STATE);
    WdfRequestComplete(held[0], STATUS_SUCCESS);
    EXPECT_EQ(at_rest, 0);
    WdfRequestComplete(held[1], STATUS_SUCCESS);
    EXPECT_EQ(at_rest, 1);
    EXPECT(WDF_IO_QUEUE_DRAINED(WdfIoQueueGetState(queue, NULL, NULL)));
    EXPECT_EQ(Finish(&sent[0]), STATUS_SUCCESS);
    EXPECT_EQ(Finish(&sent[1]), STATUS_SUCCESS);
    WdfObjectDelete(control);
}

TEST_CASE(a_purged_queue_cancels_what_waits_and_what_is_cancelable)
{
    SENT sent[2];

    REQUIRE(MakeDevice(WdfIoQueueDispatchSequential, WdfSynchronizationScopeNone, WdfExecutionLevelInheritFromParent));
    REQUIRE(Send(&sent[0], IRP_MJ_DEVICE_CONTROL, IOCTL_HOLD));
    REQUIRE(Send(&sent[1], IRP_MJ_DEVICE_CONTROL, IOCTL_HOLD));
    WdfRequestMarkCancelable(held[0], Cancel);
    WdfIoQueuePurge(queue, AtRest, (WDFCONTEXT)5);
    EXPECT_EQ(Finish(&sent[0]), STATUS_CANCELLED);
    EXPECT_EQ(Finish(&sent[1]), STATUS_CANCELLED);
    EXPECT(Until(&at_rest, 1));
    EXPECT_EQ(cancels, 1);
    EXPECT(WDF_IO_QUEUE_PURGED(WdfIoQueueGetState(queue, NULL, NULL)));
    WdfObjectDelete(control);
}

TEST_CASE(passive_level_handlers_run_at_passive_level)
{
    SENT sent;
    KIRQL irql;

    REQUIRE(MakeDevice(WdfIoQueueDispatchSequential, WdfSynchronizationScopeDevice, WdfExecutionLevelPassive));
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    BOOLEAN good = Send(&sent, IRP_MJ_DEVICE_CONTROL, IOCTL_HOLD);
    EXPECT_EQ(held_count, 0);
    KeLowerIrql(irql);
    REQUIRE(good);
    EXPECT(Until(&held_count, 1));
    WdfRequestComplete(held[0], STATUS_SUCCESS);
    EXPECT_EQ(Finish(&sent), STATUS_SUCCESS);
    WdfObjectDelete(control);
}

TEST_CASE(a_device_lock_serialises_handlers)
{
    SENT sent;

    REQUIRE(MakeDevice(WdfIoQueueDispatchParallel, WdfSynchronizationScopeDevice, WdfExecutionLevelInheritFromParent));
    WdfObjectAcquireLock(control);
    BOOLEAN good = Send(&sent, IRP_MJ_DEVICE_CONTROL, IOCTL_HOLD);
    EXPECT_EQ(held_count, 0);
    WdfObjectReleaseLock(control);
    REQUIRE(good);
    EXPECT_EQ(held_count, 1);
    WdfRequestComplete(held[0], STATUS_SUCCESS);
    EXPECT_EQ(Finish(&sent), STATUS_SUCCESS);
    WdfObjectDelete(control);
}

TEST_CASE(a_queue_without_handlers_is_refused_unless_it_is_manual)
{
    WDF_IO_QUEUE_CONFIG config;

    REQUIRE(MakeParallel());
    WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchParallel);
    EXPECT_EQ(WdfIoQueueCreate(control, &config, NULL, NULL), STATUS_WDF_NO_CALLBACK);
    config.Size = 12;
    EXPECT_EQ(WdfIoQueueCreate(control, &config, NULL, NULL), STATUS_INFO_LENGTH_MISMATCH);
    WdfObjectDelete(control);
}

TEST_CASE(a_name_that_is_taken_is_refused_and_the_init_stays_usable)
{
    UNICODE_STRING other = RTL_CONSTANT_STRING(L"\\Device\\WdfOther");
    PWDFDEVICE_INIT init = WdfControlDeviceInitAllocate(driver, &SDDL_DEVOBJ_SYS_ALL_ADM_ALL);
    WDFDEVICE second;

    REQUIRE(init != NULL && MakeParallel());
    EXPECT_EQ(WdfDeviceInitAssignName(init, &device_name), STATUS_SUCCESS);
    EXPECT_EQ(WdfDeviceCreate(&init, NULL, &second), STATUS_OBJECT_NAME_COLLISION);
    REQUIRE(init != NULL);
    EXPECT_EQ(WdfDeviceInitAssignName(init, &other), STATUS_SUCCESS);
    REQUIRE(NT_SUCCESS(WdfDeviceCreate(&init, NULL, &second)));
    EXPECT_EQ(WdfWdmDeviceGetWdfDeviceHandle(WdfDeviceWdmGetDeviceObject(second)), second);
    EXPECT(WdfDeviceWdmGetPhysicalDevice(second) == NULL);
    WdfObjectDelete(second);
    WdfObjectDelete(control);
}

TEST_CASE_THAT_STOPS(a_request_completed_twice_stops_the_system, WDF_VIOLATION)
{
    SENT sent;

    if (MakeParallel() && Send(&sent, IRP_MJ_DEVICE_CONTROL, IOCTL_HOLD)) {
        WdfRequestComplete(held[0], STATUS_SUCCESS);
        WdfRequestComplete(held[0], STATUS_SUCCESS);
    }
}

TEST_CASE_THAT_STOPS(more_bytes_than_the_buffer_has_stop_the_system, WDF_VIOLATION)
{
    SENT sent;

    if (MakeParallel() && Send(&sent, IRP_MJ_DEVICE_CONTROL, IOCTL_HOLD))
        WdfRequestCompleteWithInformation(held[0], STATUS_SUCCESS, sizeof sent.Data + 1);
}
