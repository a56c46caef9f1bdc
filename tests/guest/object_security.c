/* Security of device objects. docs: kernel/securing-device-objects */
#include "helpers.h"

#include <wdmsec.h>

static NTSTATUS Create(PCUNICODE_STRING sddl, PDEVICE_OBJECT *device)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Ring3Secure");

    return IoCreateDeviceSecure(TestDriverObject, 0, &name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, sddl, NULL,
                                device);
}

TEST_CASE(a_secure_device_keeps_its_access_list)
{
    PDEVICE_OBJECT device;
    PSECURITY_DESCRIPTOR descriptor;
    BOOLEAN allocated, present, defaulted;
    PACCESS_ALLOWED_ACE ace;
    PACL acl;

    REQUIRE(NT_SUCCESS(Create(&SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_R, &device)));
    REQUIRE(NT_SUCCESS(ObGetObjectSecurity(device, &descriptor, &allocated)));
    EXPECT_EQ(RtlGetDaclSecurityDescriptor(descriptor, &present, &acl, &defaulted), STATUS_SUCCESS);
    EXPECT(present);
    EXPECT_EQ(acl->AceCount, 3);
    EXPECT_EQ(RtlGetAce(acl, 1, (PVOID *)&ace), STATUS_SUCCESS);
    EXPECT_EQ(ace->Mask, GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE);
    EXPECT(RtlEqualSid(&ace->SidStart, SeExports->SeAliasAdminsSid));
    ObReleaseObjectSecurity(descriptor, allocated);
    IoDeleteDevice(device);
}

TEST_CASE(malformed_sddl_makes_no_device)
{
    UNICODE_STRING bad = RTL_CONSTANT_STRING(L"D:P(A;;QQ;;;SY)"), name = RTL_CONSTANT_STRING(L"\\Device\\Ring3Secure");
    PDEVICE_OBJECT device = NULL;
    PFILE_OBJECT file;

    EXPECT_EQ(Create(&bad, &device), STATUS_INVALID_PARAMETER);
    EXPECT(device == NULL);
    EXPECT_EQ(IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &device), STATUS_OBJECT_NAME_NOT_FOUND);
}

TEST_CASE(a_driver_of_system_has_every_privilege)
{
    LUID load = RtlConvertUlongToLuid(SE_LOAD_DRIVER_PRIVILEGE);
    SECURITY_SUBJECT_CONTEXT subject;

    EXPECT(RtlEqualLuid(&load, &SeExports->SeLoadDriverPrivilege));
    EXPECT(SeSinglePrivilegeCheck(load, KernelMode));
    SeCaptureSubjectContext(&subject);
    EXPECT(SeTokenIsAdmin(SeQuerySubjectContextToken(&subject)));
    SeReleaseSubjectContext(&subject);
}
