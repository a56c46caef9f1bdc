/* Exceptions that pass through the kernel: raised in a callback, or in a kernel function on a driver's bad pointer. */
#include "testing.h"

static volatile int *const bad_address = (volatile int *)16;

static NTSTATUS NTAPI raise_in_callback(PWSTR name, ULONG type, PVOID data, ULONG length, PVOID context, PVOID entry)
{
    (*(int *)context)++;
    __try {
        ExRaiseStatus(STATUS_DEVICE_BUSY);
    } __finally {
        (*(int *)context) += 10;
    }
    return STATUS_SUCCESS;
}

TEST_CASE(an_exception_in_a_callback_reaches_the_handler_of_the_caller)
{
    int calls = 0;
    volatile NTSTATUS seen = 0;
    RTL_QUERY_REGISTRY_TABLE table[2];

    RtlZeroMemory(table, sizeof table);
    table[0].QueryRoutine = raise_in_callback;
    table[0].Name = L"Absent";
    table[0].DefaultType = REG_DWORD;
    table[0].DefaultData = &calls;
    table[0].DefaultLength = sizeof calls;
    __try {
        RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, L"", table, &calls, NULL);
    } __except (seen = GetExceptionCode(), EXCEPTION_EXECUTE_HANDLER) {
    }
    EXPECT_EQ(seen, STATUS_DEVICE_BUSY);
    EXPECT_EQ(calls, 11);
}

static NTSTATUS NTAPI delete_and_raise(PWSTR name, ULONG type, PVOID data, ULONG length, PVOID context, PVOID entry)
{
    *(NTSTATUS *)context = ZwDeleteKey(*(HANDLE *)entry);
    ExRaiseStatus(STATUS_DEVICE_BUSY);
    return STATUS_SUCCESS;
}

TEST_CASE(a_callback_may_delete_the_key_it_is_called_for_and_raise)
{
    UNICODE_STRING path = RTL_CONSTANT_STRING(L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\seh_host_gone");
    OBJECT_ATTRIBUTES attributes;
    RTL_QUERY_REGISTRY_TABLE table[2];
    NTSTATUS deleted = STATUS_UNSUCCESSFUL;
    volatile NTSTATUS seen = 0;
    HANDLE key = NULL;

    InitializeObjectAttributes(&attributes, &path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    REQUIRE(NT_SUCCESS(ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, NULL, REG_OPTION_VOLATILE, NULL)));
    RtlZeroMemory(table, sizeof table);
    table[0].QueryRoutine = delete_and_raise;
    table[0].Flags = RTL_QUERY_REGISTRY_NOVALUE;
    table[0].EntryContext = &key;
    __try {
        RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, L"seh_host_gone", table, &deleted, NULL);
    } __except (seen = GetExceptionCode(), EXCEPTION_EXECUTE_HANDLER) {
    }
    EXPECT_EQ(seen, STATUS_DEVICE_BUSY);
    EXPECT_EQ(deleted, STATUS_SUCCESS);
    ZwClose(key);
    EXPECT_EQ(RtlCheckRegistryKey(RTL_REGISTRY_SERVICES, L"seh_host_gone"), STATUS_OBJECT_NAME_NOT_FOUND);
}

TEST_CASE(a_kernel_function_that_faults_on_a_user_pointer_raises_in_the_caller)
{
    UNICODE_STRING text = { 8, 8, (PWCH)16 };
    volatile NTSTATUS seen = 0;
    volatile LONG result = 0;

    __try {
        result = RtlCompareUnicodeString(&text, &text, FALSE);
        *bad_address = result;
    } __except (seen = GetExceptionCode(), EXCEPTION_EXECUTE_HANDLER) {
    }
    EXPECT_EQ(seen, STATUS_ACCESS_VIOLATION);
}

TEST_CASE(probing_a_kernel_address_raises)
{
    int local = 0;
    volatile NTSTATUS seen = 0;

    __try {
        ProbeForRead(&local, sizeof local, 4);
    } __except (seen = GetExceptionCode(), EXCEPTION_EXECUTE_HANDLER) {
    }
    EXPECT_EQ(seen, STATUS_ACCESS_VIOLATION);
}

TEST_CASE(probing_a_misaligned_address_raises)
{
    volatile NTSTATUS seen = 0;

    __try {
        ProbeForRead((PVOID)0x10000001, 4, 4);
    } __except (seen = GetExceptionCode(), EXCEPTION_EXECUTE_HANDLER) {
    }
    EXPECT_EQ(seen, STATUS_DATATYPE_MISALIGNMENT);
}

TEST_CASE(a_stack_trace_begins_in_the_caller)
{
    PVOID frames[8], base = NULL;
    USHORT count = RtlCaptureStackBackTrace(0, 8, frames, NULL);

    REQUIRE(count >= 2);
    RtlPcToFileHeader(frames[0], &base);
    EXPECT(base != NULL);
    EXPECT_EQ((ULONG_PTR)base, (ULONG_PTR)TestDriverObject->DriverStart);
}

TEST_CASE(functions_are_found_by_their_addresses)
{
    ULONG64 base = 0;
    PRUNTIME_FUNCTION function = RtlLookupFunctionEntry((ULONG64)raise_in_callback, &base, NULL);

    REQUIRE(function != NULL);
    EXPECT_EQ(base + function->BeginAddress, raise_in_callback);
}
