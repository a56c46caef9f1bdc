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

TEST_CASE(the_token_of_system_answers)
{
    PTOKEN_USER user;
    HANDLE token;
    ULONG length = 0, session = 7;
    LUID a, b;

    REQUIRE(NT_SUCCESS(ZwOpenProcessTokenEx(NtCurrentProcess(), TOKEN_QUERY, OBJ_KERNEL_HANDLE, &token)));
    EXPECT_EQ(ZwQueryInformationToken(token, TokenUser, NULL, 0, &length), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(length, sizeof(TOKEN_USER) + 12);
    EXPECT_EQ(ZwQueryInformationToken(token, TokenSessionId, &session, sizeof(session), &length), STATUS_SUCCESS);
    EXPECT_EQ(session, 0);
    EXPECT_EQ(ZwQueryInformationToken(token, TokenPrivileges, NULL, 0, &length), STATUS_INVALID_INFO_CLASS);
    ZwClose(token);
    EXPECT_EQ(ZwOpenThreadTokenEx(NtCurrentThread(), TOKEN_QUERY, TRUE, OBJ_KERNEL_HANDLE, &token), STATUS_NO_TOKEN);
    SECURITY_SUBJECT_CONTEXT subject;
    SeCaptureSubjectContext(&subject);
    REQUIRE(NT_SUCCESS(SeQueryInformationToken(subject.PrimaryToken, TokenUser, (PVOID *)&user)));
    EXPECT(RtlEqualSid(user->User.Sid, SeExports->SeLocalSystemSid));
    ExFreePool(user);
    SeReleaseSubjectContext(&subject);
    EXPECT_EQ(ZwAllocateLocallyUniqueId(&a), STATUS_SUCCESS);
    EXPECT_EQ(ZwAllocateLocallyUniqueId(&b), STATUS_SUCCESS);
    EXPECT(!RtlEqualLuid(&a, &b));
}
