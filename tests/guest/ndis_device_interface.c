/* An adapter is found by the device interface that NDIS registers, and opened like any device.
 * run after: vionet
 * run with: --nic=null,mac=52:54:00:00:00:78 */
#define NDIS630 1
#include <ndis.h>
#include <ndisguid.h>
#include <wdmguid.h>
#include "testing.h"

static PWSTR first_interface(const GUID *class_guid)
{
    PWSTR list = NULL;

    EXPECT_EQ(IoGetDeviceInterfaces(class_guid, NULL, 0, &list), STATUS_SUCCESS);
    return list;
}

static NTSTATUS open_by_link(PWSTR link, PHANDLE file)
{
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name;
    IO_STATUS_BLOCK io;

    RtlInitUnicodeString(&name, link);
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    return ZwCreateFile(file, GENERIC_READ | SYNCHRONIZE, &attributes, &io, NULL, 0, FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OPEN,
                        FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
}

TEST_CASE(ndis_registers_an_interface_of_the_network_class_for_an_adapter)
{
    PWSTR list = first_interface(&GUID_DEVINTERFACE_NET);
    HANDLE file;

    REQUIRE(list != NULL);
    EXPECT(list[0] != 0);
    EXPECT(list[wcslen(list) + 1] == 0);
    EXPECT(wcsstr(list, L"{cac88484-7515-4c03-82e6-71a87abac361}") != NULL);
    EXPECT_EQ(open_by_link(list, &file), STATUS_SUCCESS);
    ZwClose(file);
    ExFreePool(list);
}

static LONG arrivals;

static DRIVER_NOTIFICATION_CALLBACK_ROUTINE changed;
static NTSTATUS changed(PVOID notification, PVOID context)
{
    const DEVICE_INTERFACE_CHANGE_NOTIFICATION *change = notification;

    EXPECT(context == &arrivals);
    if (IsEqualGUID(&change->Event, &GUID_DEVICE_INTERFACE_ARRIVAL))
        InterlockedIncrement(&arrivals);
    return STATUS_SUCCESS;
}

TEST_CASE(who_asks_for_adapters_hears_of_those_that_are_there)
{
    PVOID entry = NULL;

    arrivals = 0;
    REQUIRE(NT_SUCCESS(IoRegisterPlugPlayNotification(EventCategoryDeviceInterfaceChange,
                                                      PNPNOTIFY_DEVICE_INTERFACE_INCLUDE_EXISTING_INTERFACES,
                                                      (PVOID)&GUID_DEVINTERFACE_NET, TestDriverObject, changed, &arrivals, &entry)));
    EXPECT_EQ(arrivals, 1);
    IoUnregisterPlugPlayNotificationEx(entry);
}
