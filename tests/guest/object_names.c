/* Names, links, handles and references. docs: kernel/object-management */
#include "helpers.h"

static NTSTATUS MakeEvent(PCWSTR name, ULONG attributes, PHANDLE handle)
{
    UNICODE_STRING text;
    OBJECT_ATTRIBUTES object;

    RtlInitUnicodeString(&text, name);
    InitializeObjectAttributes(&object, &text, attributes, NULL, NULL);
    return ZwCreateEvent(handle, EVENT_ALL_ACCESS, &object, NotificationEvent, FALSE);
}

TEST_CASE(a_name_is_free_again_after_the_last_handle)
{
    HANDLE a, b;

    REQUIRE(NT_SUCCESS(MakeEvent(L"\\BaseNamedObjects\\ring3", OBJ_KERNEL_HANDLE, &a)));
    EXPECT_EQ(MakeEvent(L"\\BaseNamedObjects\\RING3", OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, &b),
              STATUS_OBJECT_NAME_COLLISION);
    EXPECT_EQ(MakeEvent(L"\\BaseNamedObjects\\ring3", OBJ_KERNEL_HANDLE | OBJ_OPENIF, &b), STATUS_OBJECT_NAME_EXISTS);
    EXPECT_EQ(ZwClose(a), STATUS_SUCCESS);
    EXPECT_EQ(ZwClose(b), STATUS_SUCCESS);
    EXPECT_EQ(MakeEvent(L"\\BaseNamedObjects\\ring3", OBJ_KERNEL_HANDLE, &a), STATUS_SUCCESS);
    ZwClose(a);
}

TEST_CASE(a_reference_outlives_the_handle)
{
    HANDLE handle;
    PKEVENT event;

    REQUIRE(NT_SUCCESS(MakeEvent(L"\\BaseNamedObjects\\ring3-ref", OBJ_KERNEL_HANDLE, &handle)));
    REQUIRE(NT_SUCCESS(ObReferenceObjectByHandle(handle, EVENT_MODIFY_STATE, *ExEventObjectType, KernelMode,
                                                 (PVOID *)&event, NULL)));
    EXPECT_EQ(ZwClose(handle), STATUS_SUCCESS);
    EXPECT_EQ(KeSetEvent(event, 0, FALSE), 0);
    EXPECT_EQ(Poll(event), STATUS_SUCCESS);
    EXPECT_EQ(ObReferenceObjectByPointer(event, 0, *IoFileObjectType, KernelMode), STATUS_OBJECT_TYPE_MISMATCH);
    EXPECT_EQ(ObReferenceObjectByPointer(event, 0, *ExEventObjectType, KernelMode), STATUS_SUCCESS);
    ObDereferenceObject(event);
    ObDereferenceObject(event);
}

TEST_CASE(a_closed_handle_is_invalid_and_types_are_checked)
{
    HANDLE handle;
    PVOID object = NULL;

    REQUIRE(NT_SUCCESS(ZwCreateEvent(&handle, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE)));
    EXPECT_EQ(ObReferenceObjectByHandle(handle, 0, *IoFileObjectType, KernelMode, &object, NULL), STATUS_OBJECT_TYPE_MISMATCH);
    EXPECT_EQ(ZwClose(handle), STATUS_SUCCESS);
    EXPECT_EQ(ObReferenceObjectByHandle(handle, 0, NULL, KernelMode, &object, NULL), STATUS_INVALID_HANDLE);
    EXPECT_EQ(ZwClose(handle), STATUS_INVALID_HANDLE);
}

TEST_CASE(the_dos_devices_directory_is_known_by_three_names)
{
    UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\DosDevices\\Ring3Link"), target = RTL_CONSTANT_STRING(L"\\Device\\Ring3None");
    UNICODE_STRING other = RTL_CONSTANT_STRING(L"\\??\\Ring3Link");
    WCHAR buffer[32];
    UNICODE_STRING text = {0, sizeof(buffer), buffer};
    OBJECT_ATTRIBUTES attributes;
    HANDLE handle;

    REQUIRE(NT_SUCCESS(IoCreateSymbolicLink(&link, &target)));
    EXPECT_EQ(IoCreateSymbolicLink(&other, &target), STATUS_OBJECT_NAME_COLLISION);
    InitializeObjectAttributes(&attributes, &other, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    REQUIRE(NT_SUCCESS(ZwOpenSymbolicLinkObject(&handle, GENERIC_READ, &attributes)));
    EXPECT_EQ(ZwQuerySymbolicLinkObject(handle, &text, NULL), STATUS_SUCCESS);
    EXPECT(RtlEqualUnicodeString(&text, &target, FALSE));
    ZwClose(handle);
    EXPECT_EQ(IoDeleteSymbolicLink(&link), STATUS_SUCCESS);
    EXPECT_EQ(ZwOpenSymbolicLinkObject(&handle, GENERIC_READ, &attributes), STATUS_OBJECT_NAME_NOT_FOUND);
}

TEST_CASE(a_directory_of_ones_own_holds_named_objects)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Ring3Directory"), inner = RTL_CONSTANT_STRING(L"Event");
    OBJECT_ATTRIBUTES attributes;
    HANDLE directory, event, again;

    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, NULL, NULL);
    REQUIRE(NT_SUCCESS(ZwCreateDirectoryObject(&directory, DIRECTORY_ALL_ACCESS, &attributes)));
    InitializeObjectAttributes(&attributes, &inner, OBJ_KERNEL_HANDLE, directory, NULL);
    REQUIRE(NT_SUCCESS(ZwCreateEvent(&event, EVENT_ALL_ACCESS, &attributes, SynchronizationEvent, TRUE)));
    EXPECT_EQ(ZwOpenEvent(&again, EVENT_ALL_ACCESS, &attributes), STATUS_SUCCESS);
    ZwClose(again);
    ZwClose(event);
    EXPECT_EQ(ZwOpenEvent(&again, EVENT_ALL_ACCESS, &attributes), STATUS_OBJECT_NAME_NOT_FOUND);
    ZwClose(directory);
}

TEST_CASE(the_name_of_an_object_comes_with_its_size)
{
    UCHAR buffer[256];
    POBJECT_NAME_INFORMATION info = (POBJECT_NAME_INFORMATION)buffer;
    UNICODE_STRING expected = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\ring3-name");
    ULONG length = 0;
    HANDLE handle;
    PVOID object;

    REQUIRE(NT_SUCCESS(MakeEvent(L"\\BaseNamedObjects\\ring3-name", OBJ_KERNEL_HANDLE, &handle)));
    REQUIRE(NT_SUCCESS(ObReferenceObjectByHandle(handle, 0, NULL, KernelMode, &object, NULL)));
    EXPECT_EQ(ObQueryNameString(object, NULL, 0, &length), STATUS_INFO_LENGTH_MISMATCH);
    REQUIRE(length <= sizeof(buffer));
    EXPECT_EQ(ObQueryNameString(object, info, length, &length), STATUS_SUCCESS);
    EXPECT(RtlEqualUnicodeString(&info->Name, &expected, FALSE));
    ObDereferenceObject(object);
    ZwClose(handle);
}

TEST_CASE_THAT_STOPS(one_dereference_too_many_stops_the_system, REFERENCE_BY_POINTER)
{
    HANDLE handle;
    PVOID object;

    REQUIRE(NT_SUCCESS(ZwCreateEvent(&handle, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE)));
    REQUIRE(NT_SUCCESS(ObReferenceObjectByHandle(handle, 0, NULL, KernelMode, &object, NULL)));
    ObDereferenceObject(object);
    ObDereferenceObject(object);
}
