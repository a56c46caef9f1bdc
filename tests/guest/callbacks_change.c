/* Callbacks that change the very list that is being walked, and routines that the I/O manager allows at raised IRQL. */
#define INITGUID
#include "helpers.h"
#include "reported_device.h"

DEFINE_GUID(GUID_R3_CHANGE, 0x8d5a1f61, 0x1111, 0x4222, 0x83, 0x33, 0x44, 0x44, 0x55, 0x55, 0x66, 0x66);

static PDEVICE_OBJECT other;

TEST_SETUP(report_device)
{
    ReportDevice();
    IoCreateDevice(TestDriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &other);
}

TEST_TEARDOWN(delete_device)
{
    IoDeleteDevice(other);
}

/* ---- Plug and Play notifications ---- */

static PVOID entries[3];
static ULONG calls;

static NTSTATUS NTAPI EndAll(PVOID notification, PVOID context)
{
    (void)notification;
    (void)context;
    calls++;
    for (ULONG i = 0; i < 3; i++) {
        if (entries[i] != NULL)
            EXPECT_EQ(IoUnregisterPlugPlayNotificationEx(entries[i]), STATUS_SUCCESS);
        entries[i] = NULL;
    }
    return STATUS_SUCCESS;
}

TEST_CASE(a_notification_callback_may_end_every_registration)
{
    UNICODE_STRING link;

    calls = 0;
    REQUIRE(NT_SUCCESS(IoRegisterDeviceInterface(pdo, &GUID_R3_CHANGE, NULL, &link)));
    for (ULONG i = 0; i < 3; i++)
        EXPECT_EQ(IoRegisterPlugPlayNotification(EventCategoryDeviceInterfaceChange, 0, (PVOID)&GUID_R3_CHANGE,
                                                 TestDriverObject, EndAll, NULL, &entries[i]), STATUS_SUCCESS);
    EXPECT_EQ(IoSetDeviceInterfaceState(&link, TRUE), STATUS_SUCCESS);
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(IoSetDeviceInterfaceState(&link, FALSE), STATUS_SUCCESS);
    EXPECT_EQ(calls, 1);
    RtlFreeUnicodeString(&link);
}

/* ---- device timers ---- */

static volatile ULONG ticks;

static VOID NTAPI StopBoth(PDEVICE_OBJECT device, PVOID context)
{
    (void)device;
    (void)context;
    ticks++;
    IoStopTimer(other);
    IoStopTimer(fdo);
}

TEST_CASE(a_timer_routine_may_stop_its_neighbour)
{
    ticks = 0;
    EXPECT_EQ(IoInitializeTimer(fdo, StopBoth, NULL), STATUS_SUCCESS);
    EXPECT_EQ(IoInitializeTimer(other, StopBoth, NULL), STATUS_SUCCESS);
    IoStartTimer(fdo);
    IoStartTimer(other);
    Sleep(3500);
    EXPECT_EQ(ticks, 1);
}

/* ---- registry query routines ---- */

static const PWSTR names[3] = { L"A", L"B", L"C" };

static HANDLE OpenKey(PWSTR name)
{
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING path;
    HANDLE key = NULL;

    RtlInitUnicodeString(&path, name);
    InitializeObjectAttributes(&attributes, &path, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    EXPECT_EQ(ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, NULL, 0, NULL), STATUS_SUCCESS);
    return key;
}

static HANDLE FilledKey(VOID)
{
    HANDLE key = OpenKey(L"\\Registry\\Machine\\Software\\ring3-walk");

    for (ULONG i = 0; i < 3; i++)
        EXPECT_EQ(RtlWriteRegistryValue(RTL_REGISTRY_HANDLE, (PCWSTR)key, names[i], REG_DWORD, &i, sizeof(i)),
                  STATUS_SUCCESS);
    return key;
}

static NTSTATUS NTAPI DeleteValues(PWSTR name, ULONG type, PVOID data, ULONG size, PVOID context, PVOID entry)
{
    (void)entry;
    calls++;
    for (ULONG i = 0; i < 3; i++)
        RtlDeleteRegistryValue(RTL_REGISTRY_HANDLE, (PCWSTR)context, names[i]);
    EXPECT(name[0] == L'A' && name[1] == 0);        /* still there for the callee */
    EXPECT_EQ(type, REG_DWORD);
    EXPECT_EQ(size, sizeof(ULONG));
    EXPECT_EQ(*(ULONG *)data, 0);
    return STATUS_SUCCESS;
}

TEST_CASE(a_query_routine_may_delete_every_value)
{
    RTL_QUERY_REGISTRY_TABLE table[2] = { { DeleteValues, 0, NULL, NULL, REG_NONE, NULL, 0 } };
    HANDLE key = FilledKey();

    calls = 0;
    EXPECT_EQ(RtlQueryRegistryValues(RTL_REGISTRY_HANDLE, (PCWSTR)key, table, key, NULL), STATUS_SUCCESS);
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(ZwDeleteKey(key), STATUS_SUCCESS);
    ZwClose(key);
}

static NTSTATUS NTAPI DeleteKey(PWSTR name, ULONG type, PVOID data, ULONG size, PVOID context, PVOID entry)
{
    HANDLE key = OpenKey(L"\\Registry\\Machine\\Software\\ring3-walk");

    (void)name;
    (void)type;
    (void)size;
    (void)context;
    (void)entry;
    calls++;
    EXPECT_EQ(ZwDeleteKey(key), STATUS_SUCCESS);
    ZwClose(key);
    EXPECT_EQ(*(ULONG *)data, calls - 1);
    return STATUS_SUCCESS;
}

TEST_CASE(a_query_routine_may_delete_the_key)
{
    RTL_QUERY_REGISTRY_TABLE table[2] = { { DeleteKey, 0, L"A", NULL, REG_NONE, NULL, 0 } };

    ZwClose(FilledKey());
    calls = 0;
    EXPECT_EQ(RtlQueryRegistryValues(RTL_REGISTRY_WINDOWS_NT, L"", table, NULL, NULL), STATUS_SUCCESS);
    EXPECT_EQ(calls, 0);
    EXPECT_EQ(RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, L"\\Registry\\Machine\\Software\\ring3-walk", table, NULL,
                                     NULL), STATUS_SUCCESS);
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(RtlCheckRegistryKey(RTL_REGISTRY_ABSOLUTE, L"\\Registry\\Machine\\Software\\ring3-walk"),
              STATUS_OBJECT_NAME_NOT_FOUND);
}

static NTSTATUS NTAPI LookAtString(PWSTR name, ULONG type, PVOID data, ULONG size, PVOID context, PVOID entry)
{
    (void)name;
    (void)context;
    (void)entry;
    EXPECT_EQ(type, REG_SZ);
    EXPECT_EQ(size, (wcslen(data) + 1) * sizeof(WCHAR));
    calls++;
    return STATUS_SUCCESS;
}

TEST_CASE(every_string_that_a_routine_gets_is_terminated)
{
    static const WCHAR list[] = L"one\0two\0", bare[] = { L'b', L'a', L'r' };
    RTL_QUERY_REGISTRY_TABLE table[2] = { { LookAtString, 0, L"List", NULL, REG_NONE, NULL, 0 } };
    HANDLE key = OpenKey(L"\\Registry\\Machine\\Software\\ring3-walk");
    UNICODE_STRING text = { 0, 0, NULL };

    calls = 0;
    RtlWriteRegistryValue(RTL_REGISTRY_HANDLE, (PCWSTR)key, L"List", REG_MULTI_SZ, (PVOID)list, sizeof(list));
    RtlWriteRegistryValue(RTL_REGISTRY_HANDLE, (PCWSTR)key, L"Bare", REG_SZ, (PVOID)bare, sizeof(bare));
    EXPECT_EQ(RtlQueryRegistryValues(RTL_REGISTRY_HANDLE, (PCWSTR)key, table, NULL, NULL), STATUS_SUCCESS);
    EXPECT_EQ(calls, 2);
    table[0] = (RTL_QUERY_REGISTRY_TABLE){ NULL, RTL_QUERY_REGISTRY_DIRECT, L"Bare", &text, REG_NONE, NULL, 0 };
    EXPECT_EQ(RtlQueryRegistryValues(RTL_REGISTRY_HANDLE, (PCWSTR)key, table, NULL, NULL), STATUS_SUCCESS);
    EXPECT_EQ(text.Length, sizeof(bare));
    EXPECT_EQ(text.Buffer[3], 0);
    RtlFreeUnicodeString(&text);
    EXPECT_EQ(ZwDeleteKey(key), STATUS_SUCCESS);
    ZwClose(key);
}

/* ---- IRQL ---- */

TEST_CASE(references_come_and_go_at_dispatch_level)
{
    KIRQL irql;

    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    ObReferenceObject(other);
    ObDereferenceObject(other);
    ObReferenceObjectWithTag(other, 'gaT1');
    ObDereferenceObjectWithTag(other, 'gaT1');
    KeLowerIrql(irql);
}
