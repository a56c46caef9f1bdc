/* I/O targets: one control device of the driver opens another by name and sends it requests.
 * docs: wdf/using-i-o-targets, wdf/sending-i-o-requests-asynchronously */
#include "wdf_helpers.h"

#include "helpers.h"

#define IOCTL_ADD CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_HOLD CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_OUT CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_OUT_DIRECT, FILE_ANY_ACCESS)

static UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\WdfTargets");
static WDFDEVICE server, client;
static WDFIOTARGET target;
static WDFREQUEST held;
static volatile LONG held_count, completions;
static NTSTATUS last_status;
static ULONG_PTR last_bytes;
static WDFREQUEST last_request;

static VOID NTAPI Cancel(WDFREQUEST Request)
{
    WdfRequestComplete(Request, STATUS_CANCELLED);
}

static VOID NTAPI Control(WDFQUEUE Queue, WDFREQUEST Request, size_t OutLength, size_t InLength, ULONG Code)
{
    ULONG *in, *out;

    if (Code == IOCTL_HOLD) {
        held = Request;
        InterlockedIncrement(&held_count);
        WdfRequestMarkCancelable(Request, Cancel);
        return;
    }
    if (!NT_SUCCESS(WdfRequestRetrieveInputBuffer(Request, 2 * sizeof(ULONG), (PVOID *)&in, NULL)) ||
        !NT_SUCCESS(WdfRequestRetrieveOutputBuffer(Request, sizeof(ULONG), (PVOID *)&out, NULL))) {
        WdfRequestComplete(Request, STATUS_INVALID_PARAMETER);
        return;
    }
    *out = in[0] + in[1];
    WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, sizeof *out);
}

static VOID NTAPI Read(WDFQUEUE Queue, WDFREQUEST Request, size_t Length)
{
    WDF_REQUEST_PARAMETERS parameters;
    PVOID buffer;

    WDF_REQUEST_PARAMETERS_INIT(&parameters);
    WdfRequestGetParameters(Request, &parameters);
    if (!NT_SUCCESS(WdfRequestRetrieveOutputBuffer(Request, 1, &buffer, NULL))) {
        WdfRequestComplete(Request, STATUS_INVALID_PARAMETER);
        return;
    }
    RtlFillMemory(buffer, Length, (UCHAR)parameters.Parameters.Read.DeviceOffset);
    WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, Length);
}

static VOID NTAPI Write(WDFQUEUE Queue, WDFREQUEST Request, size_t Length)
{
    PUCHAR buffer;

    if (!NT_SUCCESS(WdfRequestRetrieveInputBuffer(Request, 1, (PVOID *)&buffer, NULL)))
        WdfRequestComplete(Request, STATUS_INVALID_PARAMETER);
    else
        WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, buffer[0]);
}

static BOOLEAN MakeServer(void)
{
    WDF_IO_QUEUE_CONFIG config;

    held_count = completions = 0;
    server = MakeControl(name.Buffer, NULL, NULL);
    if (!EXPECT(server != NULL))
        return FALSE;
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
    config.EvtIoDeviceControl = Control;
    config.EvtIoRead = Read;
    config.EvtIoWrite = Write;
    if (!EXPECT_EQ(WdfIoQueueCreate(server, &config, NULL, NULL), STATUS_SUCCESS))
        return FALSE;
    WdfControlFinishInitializing(server);
    return TRUE;
}

static BOOLEAN OpenTarget(void)
{
    WDF_IO_TARGET_OPEN_PARAMS params;

    client = MakeControl(NULL, NULL, NULL);
    if (!EXPECT(client != NULL))
        return FALSE;
    WdfControlFinishInitializing(client);
    if (!EXPECT_EQ(WdfIoTargetCreate(client, NULL, &target), STATUS_SUCCESS))
        return FALSE;
    EXPECT_EQ(WdfIoTargetGetState(target), WdfIoTargetClosed);
    WDF_IO_TARGET_OPEN_PARAMS_INIT_OPEN_BY_NAME(&params, &name, FILE_READ_DATA | FILE_WRITE_DATA);
    if (!EXPECT_EQ(WdfIoTargetOpen(target, &params), STATUS_SUCCESS))
        return FALSE;
    EXPECT_EQ(WdfIoTargetOpen(target, &params), STATUS_INVALID_DEVICE_STATE);
    return TRUE;
}

static BOOLEAN Begin(void)
{
    return MakeServer() && OpenTarget();
}

static void End(void)
{
    WdfObjectDelete(client);
    WdfObjectDelete(server);
}

static VOID NTAPI Done(WDFREQUEST Request, WDFIOTARGET Target, PWDF_REQUEST_COMPLETION_PARAMS Params, WDFCONTEXT Context)
{
    EXPECT_EQ(Target, target);
    EXPECT_EQ(Context, (WDFCONTEXT)7);
    last_status = Params->IoStatus.Status;
    last_bytes = Params->IoStatus.Information;
    last_request = Request;
    InterlockedIncrement(&completions);
}

static BOOLEAN Until(volatile LONG *count, LONG value)
{
    for (ULONG i = 0; i < 1000 && *count < value; i++)
        Sleep(1);
    return *count >= value;
}

/* A request of the driver's own, formatted as the held control request. */
static WDFREQUEST MakeHeld(void)
{
    WDFREQUEST request;

    if (!NT_SUCCESS(WdfRequestCreate(NULL, target, &request)))
        return NULL;
    EXPECT_EQ(WdfIoTargetFormatRequestForIoctl(target, request, IOCTL_HOLD, NULL, NULL, NULL, NULL), STATUS_SUCCESS);
    WdfRequestSetCompletionRoutine(request, Done, (WDFCONTEXT)7);
    return request;
}

TEST_SETUP(setup)
{
    REQUIRE(NT_SUCCESS(MakeDriver()));
}

TEST_CASE(a_target_is_opened_by_name_and_closed)
{
    REQUIRE(Begin());
    EXPECT_EQ(WdfIoTargetGetState(target), WdfIoTargetStarted);
    EXPECT_EQ(WdfIoTargetGetDevice(target), client);
    EXPECT_EQ(WdfIoTargetWdmGetTargetDeviceObject(target), WdfDeviceWdmGetDeviceObject(server));
    EXPECT(WdfIoTargetWdmGetTargetFileObject(target) != NULL);
    EXPECT(WdfIoTargetWdmGetTargetFileHandle(target) != NULL);
    EXPECT(WdfDeviceGetIoTarget(client) == NULL);
    WdfIoTargetClose(target);
    EXPECT_EQ(WdfIoTargetGetState(target), WdfIoTargetClosed);
    EXPECT(WdfIoTargetWdmGetTargetDeviceObject(target) == NULL);
    End();
}

TEST_CASE(a_name_that_is_not_there_is_not_opened)
{
    WDF_IO_TARGET_OPEN_PARAMS params;

    REQUIRE(MakeServer());
    client = MakeControl(NULL, NULL, NULL);
    REQUIRE(client != NULL && NT_SUCCESS(WdfIoTargetCreate(client, NULL, &target)));
    WdfObjectDelete(server);
    WDF_IO_TARGET_OPEN_PARAMS_INIT_OPEN_BY_NAME(&params, &name, FILE_READ_DATA);
    EXPECT(!NT_SUCCESS(WdfIoTargetOpen(target, &params)));
    EXPECT_EQ(WdfIoTargetGetState(target), WdfIoTargetClosed);
    WdfObjectDelete(client);
}

TEST_CASE(a_control_request_is_sent_and_waited_for)
{
    WDF_MEMORY_DESCRIPTOR in, out;
    ULONG numbers[2] = { 30, 12 }, sum = 0;
    ULONG_PTR bytes;

    REQUIRE(Begin());
    WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&in, numbers, sizeof numbers);
    WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&out, &sum, sizeof sum);
    EXPECT_EQ(WdfIoTargetSendIoctlSynchronously(target, NULL, IOCTL_ADD, &in, &out, NULL, &bytes), STATUS_SUCCESS);
    EXPECT_EQ(bytes, sizeof sum);
    EXPECT_EQ(sum, 42);
    EXPECT_EQ(numbers[0], 30);
    sum = 0;
    EXPECT_EQ(WdfIoTargetSendIoctlSynchronously(target, NULL, IOCTL_OUT, &in, &out, NULL, &bytes), STATUS_SUCCESS);
    EXPECT_EQ(sum, 42);
    in.u.BufferType.Length = 4;
    EXPECT_EQ(WdfIoTargetSendIoctlSynchronously(target, NULL, IOCTL_ADD, &in, &out, NULL, &bytes), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(bytes, 0);
    End();
}

TEST_CASE(reads_and_writes_are_sent_and_waited_for)
{
    WDF_MEMORY_DESCRIPTOR descriptor;
    LONGLONG offset = 9;
    UCHAR buffer[8];
    ULONG_PTR bytes;
    WDFMEMORY memory;
    WDFMEMORY_OFFSET part = { 2, 4 };
    PUCHAR inside;

    REQUIRE(Begin());
    WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&descriptor, buffer, sizeof buffer);
    EXPECT_EQ(WdfIoTargetSendReadSynchronously(target, NULL, &descriptor, &offset, NULL, &bytes), STATUS_SUCCESS);
    EXPECT_EQ(bytes, sizeof buffer);
    EXPECT_EQ(buffer[7], 9);
    buffer[0] = 3;
    EXPECT_EQ(WdfIoTargetSendWriteSynchronously(target, NULL, &descriptor, NULL, NULL, &bytes), STATUS_SUCCESS);
    EXPECT_EQ(bytes, 3);
    REQUIRE(NT_SUCCESS(WdfMemoryCreate(NULL, NonPagedPoolNx, 0, 8, &memory, (PVOID *)&inside)));
    RtlZeroMemory(inside, 8);
    WDF_MEMORY_DESCRIPTOR_INIT_HANDLE(&descriptor, memory, &part);
    EXPECT_EQ(WdfIoTargetSendReadSynchronously(target, NULL, &descriptor, &offset, NULL, &bytes), STATUS_SUCCESS);
    EXPECT_EQ(bytes, 4);
    EXPECT_EQ(inside[1], 0);
    EXPECT_EQ(inside[2], 9);
    EXPECT_EQ(inside[6], 0);
    part.BufferLength = 7;
    EXPECT(!NT_SUCCESS(WdfIoTargetSendReadSynchronously(target, NULL, &descriptor, &offset, NULL, &bytes)));
    WdfObjectDelete(memory);
    End();
}

TEST_CASE(a_request_sent_without_waiting_calls_its_completion_routine)
{
    WDF_REQUEST_COMPLETION_PARAMS params;
    WDFREQUEST request;

    REQUIRE(Begin());
    request = MakeHeld();
    REQUIRE(request != NULL);
    EXPECT(WdfRequestSend(request, target, NULL));
    EXPECT(Until(&held_count, 1));
    EXPECT_EQ(completions, 0);
    EXPECT_EQ(WdfRequestUnmarkCancelable(held), STATUS_SUCCESS);
    WdfRequestComplete(held, STATUS_DEVICE_BUSY);
    EXPECT(Until(&completions, 1));
    EXPECT_EQ(last_request, request);
    EXPECT_EQ(last_status, STATUS_DEVICE_BUSY);
    EXPECT_EQ(WdfRequestGetStatus(request), STATUS_DEVICE_BUSY);
    WDF_REQUEST_COMPLETION_PARAMS_INIT(&params);
    WdfRequestGetCompletionParams(request, &params);
    EXPECT_EQ(params.IoStatus.Status, STATUS_DEVICE_BUSY);
    EXPECT_EQ(params.Parameters.Ioctl.IoControlCode, IOCTL_HOLD);
    WdfObjectDelete(request);
    End();
}

TEST_CASE(a_request_is_used_again)
{
    WDF_REQUEST_REUSE_PARAMS reuse;
    WDFREQUEST request;

    REQUIRE(Begin());
    request = MakeHeld();
    REQUIRE(request != NULL);
    for (LONG i = 1; i <= 3; i++) {
        EXPECT(WdfRequestSend(request, target, NULL));
        EXPECT(Until(&held_count, i));
        EXPECT_EQ(WdfRequestUnmarkCancelable(held), STATUS_SUCCESS);
        WdfRequestComplete(held, STATUS_SUCCESS);
        EXPECT(Until(&completions, i));
        WDF_REQUEST_REUSE_PARAMS_INIT(&reuse, WDF_REQUEST_REUSE_NO_FLAGS, STATUS_SUCCESS);
        EXPECT_EQ(WdfRequestReuse(request, &reuse), STATUS_SUCCESS);
        EXPECT_EQ(WdfIoTargetFormatRequestForIoctl(target, request, IOCTL_HOLD, NULL, NULL, NULL, NULL), STATUS_SUCCESS);
        WdfRequestSetCompletionRoutine(request, Done, (WDFCONTEXT)7);
    }
    WdfObjectDelete(request);
    End();
}

TEST_CASE(a_sent_request_is_cancelled)
{
    WDFREQUEST request;

    REQUIRE(Begin());
    request = MakeHeld();
    REQUIRE(request != NULL);
    EXPECT(!WdfRequestCancelSentRequest(request));
    EXPECT(WdfRequestSend(request, target, NULL));
    EXPECT(Until(&held_count, 1));
    EXPECT(WdfRequestCancelSentRequest(request));
    EXPECT(Until(&completions, 1));
    EXPECT_EQ(last_status, STATUS_CANCELLED);
    WdfObjectDelete(request);
    End();
}

TEST_CASE(a_request_that_takes_too_long_times_out)
{
    WDF_REQUEST_SEND_OPTIONS options;
    WDFREQUEST request;

    REQUIRE(Begin());
    WDF_REQUEST_SEND_OPTIONS_INIT(&options, 0);
    WDF_REQUEST_SEND_OPTIONS_SET_TIMEOUT(&options, WDF_REL_TIMEOUT_IN_MS(5));
    EXPECT_EQ(WdfIoTargetSendIoctlSynchronously(target, NULL, IOCTL_HOLD, NULL, NULL, &options, NULL), STATUS_IO_TIMEOUT);
    request = MakeHeld();
    REQUIRE(request != NULL);
    EXPECT(WdfRequestSend(request, target, &options));
    EXPECT(Until(&completions, 1));
    EXPECT_EQ(last_status, STATUS_IO_TIMEOUT);
    WdfObjectDelete(request);
    End();
}

TEST_CASE(a_stopped_target_keeps_requests_until_it_is_started)
{
    WDFREQUEST request;

    REQUIRE(Begin());
    WdfIoTargetStop(target, WdfIoTargetCancelSentIo);
    EXPECT_EQ(WdfIoTargetGetState(target), WdfIoTargetStopped);
    request = MakeHeld();
    REQUIRE(request != NULL);
    EXPECT(WdfRequestSend(request, target, NULL));
    Sleep(2);
    EXPECT_EQ(held_count, 0);
    EXPECT_EQ(WdfIoTargetStart(target), STATUS_SUCCESS);
    EXPECT(Until(&held_count, 1));
    WdfIoTargetStop(target, WdfIoTargetCancelSentIo);
    EXPECT_EQ(completions, 1);
    EXPECT_EQ(last_status, STATUS_CANCELLED);
    WdfObjectDelete(request);
    End();
}

TEST_CASE(a_purged_target_refuses_requests)
{
    WDFREQUEST request;

    REQUIRE(Begin());
    WdfIoTargetPurge(target, WdfIoTargetPurgeIoAndWait);
    request = MakeHeld();
    REQUIRE(request != NULL);
    EXPECT(!WdfRequestSend(request, target, NULL));
    EXPECT_EQ(WdfRequestGetStatus(request), STATUS_INVALID_DEVICE_STATE);
    EXPECT_EQ(completions, 0);
    WdfObjectDelete(request);
    End();
}

TEST_CASE(a_request_over_an_irp_of_the_drivers_own_is_sent)
{
    WDF_IO_TARGET_OPEN_PARAMS params;
    IO_STACK_LOCATION stack = { 0 };
    WDFREQUEST request;
    UCHAR byte = 5;
    PIRP irp;

    REQUIRE(MakeServer());
    client = MakeControl(NULL, NULL, NULL);
    REQUIRE(client != NULL && NT_SUCCESS(WdfIoTargetCreate(client, NULL, &target)));
    WDF_IO_TARGET_OPEN_PARAMS_INIT_EXISTING_DEVICE(&params, WdfDeviceWdmGetDeviceObject(server));
    REQUIRE(NT_SUCCESS(WdfIoTargetOpen(target, &params)));
    irp = IoAllocateIrp(2, FALSE);
    REQUIRE(irp != NULL);
    REQUIRE(NT_SUCCESS(WdfRequestCreateFromIrp(NULL, irp, TRUE, &request)));
    EXPECT_EQ(WdfRequestWdmGetIrp(request), irp);
    stack.MajorFunction = IRP_MJ_WRITE;
    stack.Parameters.Write.Length = 1;
    irp->AssociatedIrp.SystemBuffer = &byte;
    WdfRequestWdmFormatUsingStackLocation(request, &stack);
    WdfRequestSetCompletionRoutine(request, Done, (WDFCONTEXT)7);
    EXPECT(WdfRequestSend(request, target, NULL));
    EXPECT(Until(&completions, 1));
    EXPECT_EQ(last_status, STATUS_SUCCESS);
    EXPECT_EQ(last_bytes, 5);
    WdfObjectDelete(request);
    End();
}

TEST_CASE_THAT_STOPS(a_request_sent_twice_stops_the_system, WDF_VIOLATION)
{
    WDFREQUEST request;

    if (!Begin() || (request = MakeHeld()) == NULL)
        return;
    WdfRequestSend(request, target, NULL);
    WdfRequestSend(request, target, NULL);
}
