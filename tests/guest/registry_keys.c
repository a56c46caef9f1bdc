/* Keys and values through the Zw calls. docs: kernel/using-the-registry-in-a-driver */
#include "helpers.h"

#include <ntstrsafe.h>

static HANDLE Parent;

static HANDLE Create(PCWSTR name, ULONG options, NTSTATUS *status, PULONG disposition)
{
    UNICODE_STRING text;
    OBJECT_ATTRIBUTES attributes;
    HANDLE key = NULL;

    RtlInitUnicodeString(&text, name);
    InitializeObjectAttributes(&attributes, &text, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, Parent, NULL);
    *status = ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, NULL, options, disposition);
    return key;
}

static NTSTATUS Open(PCWSTR name, HANDLE root, PHANDLE key)
{
    UNICODE_STRING text;
    OBJECT_ATTRIBUTES attributes;

    RtlInitUnicodeString(&text, name);
    InitializeObjectAttributes(&attributes, &text, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, root, NULL);
    return ZwOpenKey(key, KEY_READ, &attributes);
}

TEST_SETUP(open_the_drivers_own_key)
{
    OBJECT_ATTRIBUTES attributes;

    InitializeObjectAttributes(&attributes, TestRegistryPath, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    ZwCreateKey(&Parent, KEY_ALL_ACCESS, &attributes, 0, NULL, 0, NULL);
}

TEST_TEARDOWN(close_the_drivers_own_key)
{
    if (Parent != NULL)
        ZwClose(Parent);
}

TEST_CASE(a_key_is_new_once)
{
    NTSTATUS status;
    ULONG first = 0, second = 0;
    HANDLE a = Create(L"Once", 0, &status, &first), b;

    REQUIRE(NT_SUCCESS(status));
    b = Create(L"ONCE", 0, &status, &second);
    REQUIRE(NT_SUCCESS(status));
    EXPECT_EQ(first, REG_CREATED_NEW_KEY);
    EXPECT_EQ(second, REG_OPENED_EXISTING_KEY);
    EXPECT_EQ(ZwDeleteKey(a), STATUS_SUCCESS);
    EXPECT_EQ(ZwFlushKey(b), STATUS_KEY_DELETED);
    EXPECT_EQ(ZwClose(a), STATUS_SUCCESS);
    EXPECT_EQ(ZwClose(b), STATUS_SUCCESS);
    EXPECT_EQ(Open(L"Once", Parent, &a), STATUS_OBJECT_NAME_NOT_FOUND);
}

TEST_CASE(a_missing_parent_is_a_missing_path)
{
    NTSTATUS status;
    HANDLE key = Create(L"No\\Such\\Parent", 0, &status, NULL);

    EXPECT_EQ(status, STATUS_OBJECT_PATH_NOT_FOUND);
    EXPECT(key == NULL);
    EXPECT_EQ(Open(L"Relative", NULL, &key), STATUS_OBJECT_PATH_SYNTAX_BAD);
}

TEST_CASE(a_key_with_subkeys_stays)
{
    NTSTATUS status;
    HANDLE top = Create(L"Top", 0, &status, NULL), below;

    REQUIRE(NT_SUCCESS(status));
    below = Create(L"Top\\Below", 0, &status, NULL);
    REQUIRE(NT_SUCCESS(status));
    EXPECT_EQ(ZwDeleteKey(top), STATUS_CANNOT_DELETE);
    EXPECT_EQ(ZwDeleteKey(below), STATUS_SUCCESS);
    EXPECT_EQ(ZwDeleteKey(top), STATUS_SUCCESS);
    ZwClose(below);
    ZwClose(top);
}

TEST_CASE(volatile_keys_have_volatile_children_only)
{
    NTSTATUS status;
    HANDLE top = Create(L"Volatile", REG_OPTION_VOLATILE, &status, NULL), below;

    REQUIRE(NT_SUCCESS(status));
    Create(L"Volatile\\Stable", 0, &status, NULL);
    EXPECT_EQ(status, STATUS_CHILD_MUST_BE_VOLATILE);
    below = Create(L"Volatile\\Too", REG_OPTION_VOLATILE, &status, NULL);
    EXPECT_EQ(status, STATUS_SUCCESS);
    ZwDeleteKey(below);
    ZwDeleteKey(top);
    ZwClose(below);
    ZwClose(top);
}

TEST_CASE(a_value_comes_back_with_its_type_and_size)
{
    UCHAR buffer[64];
    PKEY_VALUE_PARTIAL_INFORMATION value = (PKEY_VALUE_PARTIAL_INFORMATION)buffer;
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"Value");
    ULONG number = 0x1234, length = 0;

    EXPECT_EQ(ZwSetValueKey(Parent, &name, 0, REG_DWORD, &number, sizeof(number)), STATUS_SUCCESS);
    EXPECT_EQ(ZwQueryValueKey(Parent, &name, KeyValuePartialInformation, NULL, 0, &length), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(length, 16);
    EXPECT_EQ(ZwQueryValueKey(Parent, &name, KeyValuePartialInformation, value, 14, &length), STATUS_BUFFER_OVERFLOW);
    EXPECT_EQ(ZwQueryValueKey(Parent, &name, KeyValuePartialInformation, value, sizeof(buffer), &length), STATUS_SUCCESS);
    EXPECT_EQ(value->Type, REG_DWORD);
    EXPECT_EQ(value->DataLength, 4);
    EXPECT_EQ(*(ULONG *)value->Data, 0x1234);
    EXPECT_EQ(ZwDeleteValueKey(Parent, &name), STATUS_SUCCESS);
    EXPECT_EQ(ZwQueryValueKey(Parent, &name, KeyValuePartialInformation, value, sizeof(buffer), &length),
              STATUS_OBJECT_NAME_NOT_FOUND);
}

TEST_CASE(an_enumeration_sees_every_value_and_ends)
{
    UCHAR buffer[128];
    PKEY_VALUE_FULL_INFORMATION value = (PKEY_VALUE_FULL_INFORMATION)buffer;
    NTSTATUS status;
    HANDLE key = Create(L"Many", 0, &status, NULL);
    WCHAR text[8];
    UNICODE_STRING name = {0, sizeof(text), text};
    ULONG length, seen = 0, sum = 0;

    REQUIRE(NT_SUCCESS(status));
    for (ULONG i = 1; i <= 10; i++) {
        RtlUnicodeStringPrintf(&name, L"V%u", i);
        EXPECT_EQ(ZwSetValueKey(key, &name, 0, REG_DWORD, &i, sizeof(i)), STATUS_SUCCESS);
    }
    while ((status = ZwEnumerateValueKey(key, seen, KeyValueFullInformation, value, sizeof(buffer), &length)) == STATUS_SUCCESS) {
        sum += *(ULONG *)(buffer + value->DataOffset);
        seen++;
    }
    EXPECT_EQ(status, STATUS_NO_MORE_ENTRIES);
    EXPECT_EQ(seen, 10);
    EXPECT_EQ(sum, 55);
    ZwDeleteKey(key);
    ZwClose(key);
}

TEST_CASE(the_control_set_link_leads_to_the_same_keys)
{
    HANDLE a, b;
    UCHAR first[512], second[512];
    ULONG length;

    REQUIRE(NT_SUCCESS(Open(L"\\Registry\\Machine\\System\\CurrentControlSet\\Services", NULL, &a)));
    REQUIRE(NT_SUCCESS(Open(L"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\services", NULL, &b)));
    EXPECT_EQ(ZwQueryKey(a, KeyNameInformation, first, sizeof(first), &length), STATUS_SUCCESS);
    EXPECT_EQ(ZwQueryKey(b, KeyNameInformation, second, sizeof(second), &length), STATUS_SUCCESS);
    EXPECT(RtlEqualMemory(first, second, length));
    ZwClose(a);
    ZwClose(b);
}

static KEVENT Changed;
static KIRQL ChangedIrql;

static VOID NTAPI OnChange(PVOID context)
{
    *(PULONG)context += 1;
    ChangedIrql = KeGetCurrentIrql();
    KeSetEvent(&Changed, IO_NO_INCREMENT, FALSE);
}

/* In kernel mode the APC routine is a work item, and its context says which queue. */
TEST_CASE(a_watch_queues_its_work_item_once)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"Watched");
    IO_STATUS_BLOCK iosb = {0};
    LARGE_INTEGER timeout = { .QuadPart = -50000000 };
    WORK_QUEUE_ITEM item;
    ULONG changes = 0;
    HANDLE key;

    KeInitializeEvent(&Changed, SynchronizationEvent, FALSE);
    ExInitializeWorkItem(&item, OnChange, &changes);
    EXPECT_EQ(ZwNotifyChangeKey(Parent, NULL, (PIO_APC_ROUTINE)&item, (PVOID)(ULONG_PTR)77, &iosb, REG_NOTIFY_CHANGE_LAST_SET,
                                FALSE, NULL, 0, TRUE),
              STATUS_INVALID_PARAMETER);
    EXPECT_EQ(ZwNotifyChangeKey(Parent, NULL, (PIO_APC_ROUTINE)&item, (PVOID)(ULONG_PTR)DelayedWorkQueue, &iosb,
                                REG_NOTIFY_CHANGE_LAST_SET, FALSE, NULL, 0, TRUE),
              STATUS_PENDING);
    EXPECT_EQ(changes, 0);
    ZwSetValueKey(Parent, &name, 0, REG_NONE, NULL, 0);
    EXPECT_EQ(KeWaitForSingleObject(&Changed, Executive, KernelMode, FALSE, &timeout), STATUS_SUCCESS);
    EXPECT_EQ(changes, 1);
    EXPECT_EQ(ChangedIrql, PASSIVE_LEVEL);
    ZwDeleteValueKey(Parent, &name);    /* the watch is over */
    EXPECT_EQ(changes, 1);
    REQUIRE(NT_SUCCESS(Open(L"\\Registry\\Machine\\System", NULL, &key)));
    ExInitializeWorkItem(&item, OnChange, &changes);
    EXPECT_EQ(ZwNotifyChangeKey(key, NULL, (PIO_APC_ROUTINE)&item, (PVOID)(ULONG_PTR)CriticalWorkQueue, &iosb,
                                REG_NOTIFY_CHANGE_NAME, FALSE, NULL, 0, TRUE),
              STATUS_PENDING);
    ZwClose(key);                       /* ends it, too */
    EXPECT_EQ(KeWaitForSingleObject(&Changed, Executive, KernelMode, FALSE, &timeout), STATUS_SUCCESS);
    EXPECT_EQ(iosb.Status, STATUS_NOTIFY_CLEANUP);
}

TEST_CASE(a_watch_fires_at_the_next_change)
{
    IO_STATUS_BLOCK iosb = {0};
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"Watched");
    HANDLE event;
    PVOID object;

    REQUIRE(NT_SUCCESS(ZwCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE)));
    REQUIRE(NT_SUCCESS(ObReferenceObjectByHandle(event, 0, *ExEventObjectType, KernelMode, &object, NULL)));
    EXPECT_EQ(ZwNotifyChangeKey(Parent, event, NULL, NULL, &iosb, REG_NOTIFY_CHANGE_LAST_SET, FALSE, NULL, 0, TRUE),
              STATUS_PENDING);
    EXPECT_EQ(Poll(object), STATUS_TIMEOUT);
    ZwSetValueKey(Parent, &name, 0, REG_NONE, NULL, 0);
    EXPECT_EQ(Poll(object), STATUS_SUCCESS);
    ZwDeleteValueKey(Parent, &name);
    ObDereferenceObject(object);
    ZwClose(event);
}
