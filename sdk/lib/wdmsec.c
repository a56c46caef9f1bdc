/* What WDK drivers link from wdmsec.lib: named devices with a security descriptor written in SDDL.
 * docs: wdmsec/nf-wdmsec-wdmlibiocreatedevicesecure, kernel/sddl-for-device-objects */
#include <wdm.h>
#include <wdmsec.h>

#define SDDL(name, text) \
    const UNICODE_STRING name = {sizeof(text) - sizeof(WCHAR), sizeof(text), (PWCH)text}

SDDL(SDDL_DEVOBJ_KERNEL_ONLY, L"D:P");
SDDL(SDDL_DEVOBJ_SYS_ALL, L"D:P(A;;GA;;;SY)");
SDDL(SDDL_DEVOBJ_SYS_ALL_ADM_ALL, L"D:P(A;;GA;;;SY)(A;;GA;;;BA)");
SDDL(SDDL_DEVOBJ_SYS_ALL_ADM_RX, L"D:P(A;;GA;;;SY)(A;;GRGX;;;BA)");
SDDL(SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_R, L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GR;;;WD)");
SDDL(SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_R_RES_R, L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GR;;;WD)(A;;GR;;;RC)");
SDDL(SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_RW_RES_R, L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GRGW;;;WD)(A;;GR;;;RC)");
SDDL(SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_RWX_RES_RWX, L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GRGWGX;;;WD)(A;;GRGWGX;;;RC)");

typedef struct _SDDL_TEXT {
    const WCHAR *At;
    const WCHAR *End;
} SDDL_TEXT;

static BOOLEAN Take(SDDL_TEXT *text, const char *expected)
{
    const WCHAR *at = text->At;

    for (; *expected != 0; expected++, at++)
        if (at >= text->End || *at != (WCHAR)*expected)
            return FALSE;
    text->At = at;
    return TRUE;
}

static ULONG Hex(WCHAR c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? (ULONG)(c - 'a' + 10) : 16;
}

/* 0x and digits, or two-letter codes one behind the other. */
static NTSTATUS ReadAccess(SDDL_TEXT *text, ACCESS_MASK *mask)
{
    static const struct {
        char Code[3];
        ACCESS_MASK Mask;
    } codes[] = {
        {"GA", GENERIC_ALL}, {"GR", GENERIC_READ}, {"GW", GENERIC_WRITE}, {"GX", GENERIC_EXECUTE},
        {"RC", READ_CONTROL}, {"SD", DELETE}, {"WD", WRITE_DAC}, {"WO", WRITE_OWNER},
    };

    *mask = 0;
    if (Take(text, "0x")) {
        for (; text->At < text->End && Hex(*text->At) < 16; text->At++)
            *mask = *mask << 4 | Hex(*text->At);
        return STATUS_SUCCESS;
    }
    while (text->At < text->End && *text->At != ';') {
        ULONG i = 0;

        while (i < RTL_NUMBER_OF(codes) && !Take(text, codes[i].Code))
            i++;
        if (i == RTL_NUMBER_OF(codes))
            return STATUS_INVALID_PARAMETER;
        *mask |= codes[i].Mask;
    }
    return STATUS_SUCCESS;
}

static ULONG ReadNumber(SDDL_TEXT *text)
{
    ULONG value = 0;

    for (; text->At < text->End && *text->At >= '0' && *text->At <= '9'; text->At++)
        value = value * 10 + (*text->At - '0');
    return value;
}

/* A two-letter account or group, or S-1-authority-part-... */
static NTSTATUS ReadSid(SDDL_TEXT *text, SE_SID *sid)
{
    static const struct {
        char Code[3];
        UCHAR Authority, Count;
        ULONG Parts[6];
    } known[] = {
        {"SY", 5, 1, {18}}, {"LS", 5, 1, {19}}, {"NS", 5, 1, {20}}, {"BA", 5, 2, {32, 544}}, {"BU", 5, 2, {32, 545}},
        {"BG", 5, 2, {32, 546}}, {"AU", 5, 1, {11}}, {"AN", 5, 1, {7}}, {"IU", 5, 1, {4}}, {"NU", 5, 1, {2}},
        {"WD", 1, 1, {0}}, {"RC", 5, 1, {12}}, {"UD", 5, 6, {84, 0, 0, 0, 0, 0}},
    };
    SID_IDENTIFIER_AUTHORITY authority = {{0, 0, 0, 0, 0, 0}};
    UCHAR count = 0;

    for (ULONG i = 0; i < RTL_NUMBER_OF(known); i++) {
        if (!Take(text, known[i].Code))
            continue;
        authority.Value[5] = known[i].Authority;
        RtlInitializeSid(&sid->Sid, &authority, known[i].Count);
        for (ULONG k = 0; k < known[i].Count; k++)
            *RtlSubAuthoritySid(&sid->Sid, k) = known[i].Parts[k];
        return STATUS_SUCCESS;
    }
    if (!Take(text, "S-1-"))
        return STATUS_INVALID_PARAMETER;
    authority.Value[5] = (UCHAR)ReadNumber(text);
    RtlInitializeSid(&sid->Sid, &authority, SID_MAX_SUB_AUTHORITIES);
    while (count < SID_MAX_SUB_AUTHORITIES && Take(text, "-"))
        *RtlSubAuthoritySid(&sid->Sid, count++) = ReadNumber(text);
    *RtlSubAuthorityCountSid(&sid->Sid) = count;
    return STATUS_SUCCESS;
}

/* D:P, then (A;;access;;;sid) any number of times, into a list of `size` bytes. */
static NTSTATUS ReadSddl(PCUNICODE_STRING sddl, PACL acl, ULONG size)
{
    SDDL_TEXT text = {sddl->Buffer, sddl->Buffer + sddl->Length / sizeof(WCHAR)};
    NTSTATUS status = RtlCreateAcl(acl, size, ACL_REVISION);

    if (!Take(&text, "D:P"))
        return STATUS_INVALID_PARAMETER;
    while (NT_SUCCESS(status) && text.At < text.End) {
        ACCESS_MASK mask;
        SE_SID sid;

        if (!Take(&text, "(A;;") || !NT_SUCCESS(ReadAccess(&text, &mask)) || !Take(&text, ";;;") ||
            !NT_SUCCESS(ReadSid(&text, &sid)) || !Take(&text, ")"))
            return STATUS_INVALID_PARAMETER;
        status = RtlAddAccessAllowedAce(acl, ACL_REVISION, mask, &sid.Sid);
    }
    return status;
}

static NTSTATUS SetSecurity(PDEVICE_OBJECT device, PACL acl)
{
    SECURITY_DESCRIPTOR descriptor;
    HANDLE handle;
    NTSTATUS status;

    RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
    RtlSetDaclSecurityDescriptor(&descriptor, TRUE, acl, FALSE);
    descriptor.Control |= SE_DACL_PROTECTED;
    status = ObOpenObjectByPointer(device, OBJ_KERNEL_HANDLE, NULL, WRITE_DAC, *IoDeviceObjectType, KernelMode, &handle);
    if (!NT_SUCCESS(status))
        return status;
    status = ZwSetSecurityObject(handle, DACL_SECURITY_INFORMATION, &descriptor);
    ZwClose(handle);
    return status;
}

/* Creates a named device with the descriptor that DefaultSDDLString says. Overrides of the class under DeviceClassGuid are
 * an administrator's, on a real system: there are none here. PASSIVE_LEVEL. */
NTSTATUS NTAPI WdmlibIoCreateDeviceSecure(PDRIVER_OBJECT DriverObject, ULONG DeviceExtensionSize, PUNICODE_STRING DeviceName,
                                          DEVICE_TYPE DeviceType, ULONG DeviceCharacteristics, BOOLEAN Exclusive,
                                          PCUNICODE_STRING DefaultSDDLString, LPCGUID DeviceClassGuid,
                                          PDEVICE_OBJECT *DeviceObject)
{
    UCHAR list[1024];
    PDEVICE_OBJECT device;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(DeviceClassGuid);
    if (DeviceName == NULL && !(DeviceCharacteristics & FILE_AUTOGENERATED_DEVICE_NAME))
        return STATUS_INVALID_PARAMETER;
    status = ReadSddl(DefaultSDDLString, (PACL)list, sizeof(list));
    if (!NT_SUCCESS(status))
        return status;
    status = IoCreateDevice(DriverObject, DeviceExtensionSize, DeviceName, DeviceType, DeviceCharacteristics, Exclusive,
                            &device);
    if (!NT_SUCCESS(status))
        return status;
    status = SetSecurity(device, (PACL)list);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
        return status;
    }
    *DeviceObject = device;
    return STATUS_SUCCESS;
}
