/* Event tracing as drivers built with MSVC do it: ETW providers, and the trace preprocessor with and without its recorder. */
#include "helpers.h"
#include <wpprecorder.h>

static const GUID Provider = { 0x8d5a1f63, 0x1111, 0x4222, { 0x83, 0x33, 0x44, 0x44, 0x55, 0x55, 0x66, 0x66 } };

static VOID NTAPI Enable(LPCGUID source, ULONG code, UCHAR level, ULONGLONG any, ULONGLONG all,
                         PEVENT_FILTER_DESCRIPTOR filter, PVOID context)
{
    (void)source, (void)code, (void)level, (void)any, (void)all, (void)filter, (void)context;
}

TEST_CASE(a_provider_may_write_until_it_is_unregistered)
{
    static const EVENT_DESCRIPTOR descriptor = { 1, 0, 11, 4, 0, 0, 1 };
    EVENT_DATA_DESCRIPTOR data[2];
    ULONG number = 7;
    REGHANDLE handle;
    KIRQL irql;

    REQUIRE(NT_SUCCESS(EtwRegister(&Provider, Enable, NULL, &handle)));
    EventDataDescCreate(&data[0], &number, sizeof(number));
    EventDataDescCreate(&data[1], L"text", sizeof(L"text"));
    EXPECT(!EtwEventEnabled(handle, &descriptor));
    EXPECT_EQ(EtwWrite(handle, &descriptor, NULL, 2, data), STATUS_SUCCESS);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    EXPECT_EQ(EtwWriteTransfer(handle, &descriptor, NULL, NULL, 2, data), STATUS_SUCCESS);
    KeLowerIrql(irql);
    EXPECT_EQ(EtwSetInformation(handle, EventProviderSetTraits, &number, sizeof(number)), STATUS_SUCCESS);
    EXPECT_EQ(EtwUnregister(handle), STATUS_SUCCESS);
    EXPECT_EQ(EtwWrite(handle, &descriptor, NULL, 0, NULL), STATUS_INVALID_HANDLE);
    EXPECT_EQ(EtwUnregister(handle), STATUS_INVALID_HANDLE);
}

static BOOLEAN SameGuid(const GUID *a, const GUID *b)
{
    return RtlCompareMemory(a, b, sizeof(*a)) == sizeof(*a);
}

TEST_CASE(a_thread_has_an_activity_id_of_its_own)
{
    GUID first, second, got, none = { 0 };

    EXPECT_EQ(EtwActivityIdControl(EVENT_ACTIVITY_CTRL_GET_ID, &got), STATUS_SUCCESS);
    EXPECT(SameGuid(&got, &none));
    EXPECT_EQ(EtwActivityIdControl(EVENT_ACTIVITY_CTRL_CREATE_ID, &first), STATUS_SUCCESS);
    EXPECT_EQ(EtwActivityIdControl(EVENT_ACTIVITY_CTRL_CREATE_ID, &second), STATUS_SUCCESS);
    EXPECT(!SameGuid(&first, &second));
    EXPECT_EQ(EtwActivityIdControl(EVENT_ACTIVITY_CTRL_SET_ID, &first), STATUS_SUCCESS);
    got = second;
    EXPECT_EQ(EtwActivityIdControl(EVENT_ACTIVITY_CTRL_GET_SET_ID, &got), STATUS_SUCCESS);
    EXPECT(SameGuid(&got, &first));
    EXPECT_EQ(EtwActivityIdControl(EVENT_ACTIVITY_CTRL_CREATE_SET_ID, &got), STATUS_SUCCESS);
    EXPECT(SameGuid(&got, &second));
    EXPECT_EQ(EtwActivityIdControl(EVENT_ACTIVITY_CTRL_GET_ID, &got), STATUS_SUCCESS);
    EXPECT(!SameGuid(&got, &second) && !SameGuid(&got, &none));
    EXPECT_EQ(EtwActivityIdControl(99, &got), STATUS_INVALID_PARAMETER);
    EtwActivityIdControl(EVENT_ACTIVITY_CTRL_SET_ID, &none);
}

/* What stands in a driver's trace control block concerns only itself. */
static ULONG64 ControlBlock[64];

static VOID NTAPI ClassicCallback(LPCGUID guid, UCHAR code, PVOID enable, PVOID context)
{
    (void)guid, (void)code, (void)enable, (void)context;
}

TEST_CASE(the_trace_preprocessor_finds_its_functions_by_name)
{
    typedef NTSTATUS(NTAPI * REGISTER)(LPCGUID, ULONG, PVOID, PVOID, PREGHANDLE);
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"EtwRegisterClassicProvider"), message = RTL_CONSTANT_STRING(L"WmiTraceMessage");
    REGISTER Register = (REGISTER)(ULONG_PTR)MmGetSystemRoutineAddress(&name);
    REGHANDLE handle = 0;

    REQUIRE(Register != NULL);
    EXPECT(MmGetSystemRoutineAddress(&message) != NULL);
    EXPECT_EQ(Register(&Provider, 0, (PVOID)(ULONG_PTR)ClassicCallback, ControlBlock, &handle), STATUS_SUCCESS);
    EXPECT(!NT_SUCCESS(WmiTraceMessage(1, 43, &Provider, 10, ControlBlock, sizeof(ControlBlock[0]), NULL)));
    EXPECT_EQ(EtwUnregister(handle), STATUS_SUCCESS);
}

TEST_CASE(an_older_preprocessor_registers_its_control_block)
{
    EXPECT_EQ(IoWMIRegistrationControl((PDEVICE_OBJECT)(PVOID)ControlBlock, 0x80010001), STATUS_SUCCESS);
    EXPECT_EQ(IoWMIRegistrationControl((PDEVICE_OBJECT)(PVOID)ControlBlock, 0x80000002), STATUS_SUCCESS);
    EXPECT_EQ(IoWMIRegistrationControl((PDEVICE_OBJECT)(PVOID)ControlBlock, 77), STATUS_INVALID_PARAMETER);
}

TEST_CASE(the_recorder_starts_takes_messages_and_stops)
{
    ULONG64 parameters[4] = { 0 };
    PVOID buffer;
    ULONG length;
    GUID guid;
    RECORDER_LOG log = NULL;
    KIRQL irql;

    EXPECT(!imp_WppRecorderIsDefaultLogAvailable(ControlBlock));
    EXPECT(!NT_SUCCESS(imp_WppRecorderLogCreate(ControlBlock, parameters, &log)));
    WppAutoLogStart(ControlBlock, TestDriverObject, TestRegistryPath);
    imp_WppRecorderConfigure(ControlBlock, parameters);
    EXPECT(imp_WppRecorderIsDefaultLogAvailable(ControlBlock));
    EXPECT(imp_WppRecorderLogGetDefault(ControlBlock) != NULL);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    EXPECT_EQ(imp_WppRecorderLogCreate(ControlBlock, parameters, &log), STATUS_SUCCESS);
    WppAutoLogTrace(log, 4, 1, &Provider, 10, parameters, sizeof(parameters[0]), NULL);
    WppAutoLogTrace(NULL, 4, 1, &Provider, 11, NULL);
    EXPECT(!NT_SUCCESS(imp_WppRecorderLogDumpLiveData(ControlBlock, log, &buffer, &length, &guid)));
    imp_WppRecorderLogDelete(ControlBlock, log);
    KeLowerIrql(irql);
    WppAutoLogStop(ControlBlock, TestDriverObject);
    EXPECT(!imp_WppRecorderIsDefaultLogAvailable(ControlBlock));
}
