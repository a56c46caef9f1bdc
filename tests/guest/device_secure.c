/* Devices with a security descriptor in SDDL: the library every WDK driver links. */
#include "helpers.h"
#include <wdmsec.h>

static DRIVER_DISPATCH Succeed;

static NTSTATUS NTAPI Succeed(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static NTSTATUS Create(PCUNICODE_STRING sddl)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\R3Secure");
    PDEVICE_OBJECT device;
    NTSTATUS status = IoCreateDeviceSecure(TestDriverObject, 0, &name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN,
                                           FALSE, sddl, NULL, &device);

    if (NT_SUCCESS(status))
        IoDeleteDevice(device);
    else
        EXPECT(device == NULL);
    return status;
}

TEST_CASE(every_ready_made_descriptor_is_accepted)
{
    EXPECT_EQ(Create(&SDDL_DEVOBJ_KERNEL_ONLY), STATUS_SUCCESS);
    EXPECT_EQ(Create(&SDDL_DEVOBJ_SYS_ALL), STATUS_SUCCESS);
    EXPECT_EQ(Create(&SDDL_DEVOBJ_SYS_ALL_ADM_ALL), STATUS_SUCCESS);
    EXPECT_EQ(Create(&SDDL_DEVOBJ_SYS_ALL_ADM_RX), STATUS_SUCCESS);
    EXPECT_EQ(Create(&SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_R), STATUS_SUCCESS);
    EXPECT_EQ(Create(&SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_R_RES_R), STATUS_SUCCESS);
    EXPECT_EQ(Create(&SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_RW_RES_R), STATUS_SUCCESS);
    EXPECT_EQ(Create(&SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_RWX_RES_RWX), STATUS_SUCCESS);
}

TEST_CASE(text_that_is_no_descriptor_is_refused)
{
    UNICODE_STRING nonsense = RTL_CONSTANT_STRING(L"D:P(A;;GA;;;XX)");
    UNICODE_STRING open = RTL_CONSTANT_STRING(L"D:P(A;;GA;;;SY");
    UNICODE_STRING hex = RTL_CONSTANT_STRING(L"D:P(A;;0x1f01ff;;;BA)");

    EXPECT_EQ(Create(&nonsense), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(Create(&open), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(Create(&hex), STATUS_SUCCESS);
}

TEST_CASE(user_mode_drivers_are_named_by_letters_or_by_their_whole_sid)
{
    UNICODE_STRING letters = RTL_CONSTANT_STRING(L"D:P(A;;GA;;;SY)(A;;GRGW;;;UD)");
    UNICODE_STRING whole = RTL_CONSTANT_STRING(L"D:P(A;;GA;;;BA)(A;;GA;;;S-1-5-84-0-0-0-0-0)");
    UNICODE_STRING revision = RTL_CONSTANT_STRING(L"D:P(A;;GA;;;S-2-5-18)");
    UNICODE_STRING large = RTL_CONSTANT_STRING(L"D:P(A;;GA;;;S-1-5-4294967296)");
    UNICODE_STRING many = RTL_CONSTANT_STRING(L"D:P(A;;GA;;;S-1-5-1-2-3-4-5-6-7)");

    EXPECT_EQ(Create(&letters), STATUS_SUCCESS);
    EXPECT_EQ(Create(&whole), STATUS_SUCCESS);
    EXPECT_EQ(Create(&revision), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(Create(&large), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(Create(&many), STATUS_INVALID_PARAMETER);
}

TEST_CASE(a_device_with_a_descriptor_keeps_its_name_until_it_is_deleted)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\R3Secure");
    PDEVICE_OBJECT device, found;
    PFILE_OBJECT file;

    REQUIRE(NT_SUCCESS(IoCreateDeviceSecure(TestDriverObject, 0, &name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE,
                                            &SDDL_DEVOBJ_SYS_ALL, NULL, &device)));
    TestDriverObject->MajorFunction[IRP_MJ_CREATE] = TestDriverObject->MajorFunction[IRP_MJ_CLOSE] = Succeed;
    TestDriverObject->MajorFunction[IRP_MJ_CLEANUP] = Succeed;
    device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    EXPECT_EQ(IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &found), STATUS_SUCCESS);
    EXPECT(found == device);
    ObDereferenceObject(file);
    IoDeleteDevice(device);
    EXPECT_EQ(IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &found), STATUS_OBJECT_NAME_NOT_FOUND);
}
