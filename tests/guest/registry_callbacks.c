/* Registry filters: order by altitude, blocking, bypassing, contexts. */
#include "helpers.h"

static LARGE_INTEGER cookie, second_cookie;
static ULONG seen[MaxRegNtNotifyClass], order[8], orders;
static REG_NOTIFY_CLASS block = MaxRegNtNotifyClass, bypass = MaxRegNtNotifyClass;
static NTSTATUS last_post_status;
static PVOID last_call_context, last_object_context;

static NTSTATUS NTAPI filter(PVOID context, PVOID argument1, PVOID argument2)
{
    REG_NOTIFY_CLASS class = (REG_NOTIFY_CLASS)(ULONG_PTR)argument1;
    ULONG number = (ULONG)(ULONG_PTR)context;

    if (class == RegNtPreSetValueKey || class == RegNtPostSetValueKey) {
        if (orders < 8)
            order[orders++] = number + (class == RegNtPostSetValueKey ? 10 : 0);
        if (class == RegNtPreSetValueKey)
            ((PREG_SET_VALUE_KEY_INFORMATION)argument2)->CallContext = (PVOID)(ULONG_PTR)(0x1000 + number);
    }
    if (number != 1)
        return STATUS_SUCCESS;
    seen[class]++;
    if (class == RegNtPostSetValueKey) {
        last_post_status = ((PREG_POST_OPERATION_INFORMATION)argument2)->Status;
        last_call_context = ((PREG_POST_OPERATION_INFORMATION)argument2)->CallContext;
        last_object_context = ((PREG_POST_OPERATION_INFORMATION)argument2)->ObjectContext;
    }
    if (class == RegNtPostCreateKeyEx && NT_SUCCESS(((PREG_POST_OPERATION_INFORMATION)argument2)->Status))
        CmSetCallbackObjectContext(((PREG_POST_OPERATION_INFORMATION)argument2)->Object, &cookie, (PVOID)0x77, NULL);
    if (class == block)
        return STATUS_ACCESS_DENIED;
    if (class == bypass)
        return STATUS_CALLBACK_BYPASS;
    return STATUS_SUCCESS;
}

static HANDLE make_key(NTSTATUS *status)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Registry\\Machine\\Software\\FilterTest");
    OBJECT_ATTRIBUTES attributes;
    HANDLE key = NULL;

    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    *status = ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, NULL, REG_OPTION_VOLATILE, NULL);
    return key;
}

static NTSTATUS start(LARGE_INTEGER *to, PCWSTR altitude, ULONG number)
{
    UNICODE_STRING text;

    RtlInitUnicodeString(&text, altitude);
    RtlZeroMemory(seen, sizeof(seen));
    orders = 0;
    block = bypass = MaxRegNtNotifyClass;
    return CmRegisterCallbackEx(filter, &text, (PVOID)1, (PVOID)(ULONG_PTR)number, to, NULL);
}

TEST_CASE(a_filter_hears_before_and_after_each_call)
{
    UNICODE_STRING value = RTL_CONSTANT_STRING(L"v");
    UCHAR buffer[64];
    ULONG data = 5, size;
    NTSTATUS status;
    HANDLE key;

    REQUIRE(start(&cookie, L"320000.5", 1) == STATUS_SUCCESS);
    key = make_key(&status);
    REQUIRE(NT_SUCCESS(status));
    EXPECT_EQ(ZwSetValueKey(key, &value, 0, REG_DWORD, &data, sizeof(data)), STATUS_SUCCESS);
    EXPECT_EQ(last_call_context, (PVOID)0x1001);
    EXPECT_EQ(last_object_context, (PVOID)0x77);
    EXPECT_EQ(ZwQueryValueKey(key, &value, KeyValuePartialInformation, buffer, sizeof(buffer), &size), STATUS_SUCCESS);
    EXPECT_EQ(ZwEnumerateValueKey(key, 0, KeyValueBasicInformation, buffer, sizeof(buffer), &size), STATUS_SUCCESS);
    EXPECT_EQ(ZwDeleteValueKey(key, &value), STATUS_SUCCESS);
    EXPECT_EQ(ZwDeleteKey(key), STATUS_SUCCESS);
    EXPECT_EQ(ZwClose(key), STATUS_SUCCESS);
    EXPECT_EQ(seen[RegNtPreCreateKeyEx], 1);
    EXPECT_EQ(seen[RegNtPostCreateKeyEx], 1);
    EXPECT_EQ(seen[RegNtPreSetValueKey], 1);
    EXPECT_EQ(seen[RegNtPostSetValueKey], 1);
    EXPECT_EQ(seen[RegNtPreQueryValueKey], 1);
    EXPECT_EQ(seen[RegNtPostQueryValueKey], 1);
    EXPECT_EQ(seen[RegNtPreEnumerateValueKey], 1);
    EXPECT_EQ(seen[RegNtPreDeleteValueKey], 1);
    EXPECT_EQ(seen[RegNtPostDeleteKey], 1);
    EXPECT_EQ(seen[RegNtPreKeyHandleClose], 1);
    EXPECT_EQ(seen[RegNtPostKeyHandleClose], 1);
    EXPECT_EQ(seen[RegNtCallbackObjectContextCleanup], 1);
    EXPECT_EQ(CmUnRegisterCallback(cookie), STATUS_SUCCESS);
    EXPECT_EQ(CmUnRegisterCallback(cookie), STATUS_INVALID_PARAMETER);
}

TEST_CASE(filters_are_asked_from_the_highest_altitude_down_and_told_from_the_lowest_up)
{
    UNICODE_STRING value = RTL_CONSTANT_STRING(L"v");
    ULONG data = 5;
    NTSTATUS status;
    HANDLE key = make_key(&status);

    REQUIRE(NT_SUCCESS(status));
    REQUIRE(start(&cookie, L"99999.9", 1) == STATUS_SUCCESS);
    REQUIRE(start(&second_cookie, L"100000", 2) == STATUS_SUCCESS);
    EXPECT_EQ(start(&second_cookie, L"0100000.0", 3), STATUS_FLT_INSTANCE_ALTITUDE_COLLISION);
    EXPECT_EQ(start(&second_cookie, L"high", 3), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(ZwSetValueKey(key, &value, 0, REG_DWORD, &data, sizeof(data)), STATUS_SUCCESS);
    EXPECT_EQ(orders, 4);
    EXPECT_EQ(order[0], 2);
    EXPECT_EQ(order[1], 1);
    EXPECT_EQ(order[2], 11);
    EXPECT_EQ(order[3], 12);
    EXPECT_EQ(CmUnRegisterCallback(cookie), STATUS_SUCCESS);
    EXPECT_EQ(CmUnRegisterCallback(second_cookie), STATUS_SUCCESS);
    EXPECT_EQ(ZwDeleteKey(key), STATUS_SUCCESS);
    EXPECT_EQ(ZwClose(key), STATUS_SUCCESS);
}

TEST_CASE(a_filter_blocks_a_call_or_makes_it_seem_done)
{
    UNICODE_STRING value = RTL_CONSTANT_STRING(L"v");
    UCHAR buffer[64];
    ULONG data = 5, size;
    NTSTATUS status;
    HANDLE key = make_key(&status);

    REQUIRE(NT_SUCCESS(status));
    REQUIRE(start(&cookie, L"5", 1) == STATUS_SUCCESS);
    block = RegNtPreSetValueKey;
    EXPECT_EQ(ZwSetValueKey(key, &value, 0, REG_DWORD, &data, sizeof(data)), STATUS_ACCESS_DENIED);
    EXPECT_EQ(seen[RegNtPostSetValueKey], 0);
    block = MaxRegNtNotifyClass;
    bypass = RegNtPreSetValueKey;
    EXPECT_EQ(ZwSetValueKey(key, &value, 0, REG_DWORD, &data, sizeof(data)), STATUS_SUCCESS);
    EXPECT_EQ(ZwQueryValueKey(key, &value, KeyValuePartialInformation, buffer, sizeof(buffer), &size), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(CmUnRegisterCallback(cookie), STATUS_SUCCESS);
    EXPECT_EQ(ZwDeleteKey(key), STATUS_SUCCESS);
    EXPECT_EQ(ZwClose(key), STATUS_SUCCESS);
}

static NTSTATUS NTAPI name_filter(PVOID context, PVOID argument1, PVOID argument2)
{
    PREG_SET_VALUE_KEY_INFORMATION info = argument2;
    UNICODE_STRING expected = RTL_CONSTANT_STRING(L"\\REGISTRY\\MACHINE\\SOFTWARE\\FilterTest");
    PCUNICODE_STRING name, kept;
    ULONG_PTR one, two;

    if ((REG_NOTIFY_CLASS)(ULONG_PTR)argument1 != RegNtPreSetValueKey)
        return STATUS_SUCCESS;
    EXPECT_EQ(CmCallbackGetKeyObjectIDEx(&cookie, info->Object, &one, &name, 0), STATUS_SUCCESS);
    EXPECT_EQ(CmCallbackGetKeyObjectID(&cookie, info->Object, &two, &kept), STATUS_SUCCESS);
    EXPECT_EQ(one, two);
    EXPECT(RtlEqualUnicodeString(name, &expected, TRUE));
    EXPECT(RtlEqualUnicodeString(kept, &expected, TRUE));
    CmCallbackReleaseKeyObjectIDEx(name);
    *(PULONG)context += 1;
    return STATUS_SUCCESS;
}

TEST_CASE(a_filter_learns_the_path_of_a_key)
{
    UNICODE_STRING value = RTL_CONSTANT_STRING(L"v");
    ULONG data = 5, calls = 0;
    NTSTATUS status;
    HANDLE key = make_key(&status);

    REQUIRE(NT_SUCCESS(status));
    REQUIRE(CmRegisterCallback(name_filter, &calls, &cookie) == STATUS_SUCCESS);
    EXPECT_EQ(ZwSetValueKey(key, &value, 0, REG_DWORD, &data, sizeof(data)), STATUS_SUCCESS);
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(ZwDeleteKey(key), STATUS_SUCCESS);
    EXPECT_EQ(ZwClose(key), STATUS_SUCCESS);
    EXPECT_EQ(CmUnRegisterCallback(cookie), STATUS_SUCCESS);
}

/* --- contexts that a cleanup takes away, and a function that is still running --------------------------------------------- */

static PVOID objects[3];
static ULONG cleaned;

static NTSTATUS NTAPI cleaning_filter(PVOID context, PVOID argument1, PVOID argument2)
{
    REG_NOTIFY_CLASS class = (REG_NOTIFY_CLASS)(ULONG_PTR)argument1;

    UNREFERENCED_PARAMETER(context);
    if (class == RegNtPreSetValueKey) {
        ULONG n = *(PULONG)((PREG_SET_VALUE_KEY_INFORMATION)argument2)->Data;

        objects[n] = ((PREG_SET_VALUE_KEY_INFORMATION)argument2)->Object;
        EXPECT_EQ(CmSetCallbackObjectContext(objects[n], &cookie, (PVOID)(ULONG_PTR)(n + 1), NULL), STATUS_SUCCESS);
    }
    if (class == RegNtCallbackObjectContextCleanup)
        cleaned++;
    return STATUS_SUCCESS;
}

TEST_CASE(every_context_is_cleaned_up_once_when_its_filter_goes)
{
    UNICODE_STRING value = RTL_CONSTANT_STRING(L"v");
    HANDLE keys[3];
    NTSTATUS status;

    REQUIRE(CmRegisterCallback(cleaning_filter, NULL, &cookie) == STATUS_SUCCESS);
    cleaned = 0;
    for (ULONG n = 0; n < 3; n++) {
        keys[n] = make_key(&status);
        REQUIRE(NT_SUCCESS(status));
        EXPECT_EQ(ZwSetValueKey(keys[n], &value, 0, REG_DWORD, &n, sizeof(n)), STATUS_SUCCESS);
    }
    EXPECT_EQ(ZwClose(keys[1]), STATUS_SUCCESS);
    EXPECT_EQ(cleaned, 1);
    EXPECT_EQ(CmUnRegisterCallback(cookie), STATUS_SUCCESS);
    EXPECT_EQ(cleaned, 3);
    EXPECT_EQ(ZwDeleteKey(keys[0]), STATUS_SUCCESS);
    EXPECT_EQ(ZwClose(keys[0]), STATUS_SUCCESS);
    EXPECT_EQ(ZwClose(keys[2]), STATUS_SUCCESS);
    EXPECT_EQ(cleaned, 3);
}

static KEVENT entered, may_leave;
static volatile LONG left;

static NTSTATUS NTAPI slow_filter(PVOID context, PVOID argument1, PVOID argument2)
{
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(argument2);
    if ((REG_NOTIFY_CLASS)(ULONG_PTR)argument1 != RegNtPreFlushKey)
        return STATUS_SUCCESS;
    KeSetEvent(&entered, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(&may_leave, Executive, KernelMode, FALSE, NULL);
    InterlockedIncrement(&left);
    return STATUS_SUCCESS;
}

static VOID NTAPI flusher(PVOID key)
{
    ZwFlushKey(key);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID NTAPI releaser(PVOID unused)
{
    LARGE_INTEGER moment = { .QuadPart = -200000 };

    UNREFERENCED_PARAMETER(unused);
    KeDelayExecutionThread(KernelMode, FALSE, &moment);
    KeSetEvent(&may_leave, IO_NO_INCREMENT, FALSE);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

TEST_CASE(a_filter_is_unregistered_when_no_thread_is_in_its_function)
{
    HANDLE threads[2], key;
    NTSTATUS status;

    KeInitializeEvent(&entered, NotificationEvent, FALSE);
    KeInitializeEvent(&may_leave, NotificationEvent, FALSE);
    left = 0;
    key = make_key(&status);
    REQUIRE(NT_SUCCESS(status));
    REQUIRE(CmRegisterCallback(slow_filter, NULL, &cookie) == STATUS_SUCCESS);
    REQUIRE(PsCreateSystemThread(&threads[0], THREAD_ALL_ACCESS, NULL, NULL, NULL, flusher, key) == STATUS_SUCCESS);
    KeWaitForSingleObject(&entered, Executive, KernelMode, FALSE, NULL);
    REQUIRE(PsCreateSystemThread(&threads[1], THREAD_ALL_ACCESS, NULL, NULL, NULL, releaser, NULL) == STATUS_SUCCESS);
    EXPECT_EQ(CmUnRegisterCallback(cookie), STATUS_SUCCESS);
    EXPECT_EQ(left, 1);
    for (int i = 0; i < 2; i++) {
        EXPECT_EQ(ZwWaitForSingleObject(threads[i], FALSE, NULL), STATUS_SUCCESS);
        EXPECT_EQ(ZwClose(threads[i]), STATUS_SUCCESS);
    }
    EXPECT_EQ(ZwDeleteKey(key), STATUS_SUCCESS);
    EXPECT_EQ(ZwClose(key), STATUS_SUCCESS);
}
