/* IoCreateDeviceSecure: a named device object with a security descriptor written as SDDL.
 * What a driver links statically on Windows, too. The registry's overrides for a setup class are not read.
 * docs: wdmsec/nf-wdmsec-wdmlibiocreatedevicesecure, kernel/sddl-for-device-objects */
#include <ntifs.h>
#include <wdmsec.h>

#define TAG 'ceSD'
#define MAX_SUB_AUTHORITIES 6

const UNICODE_STRING SDDL_DEVOBJ_KERNEL_ONLY = RTL_CONSTANT_STRING(L"D:P");
const UNICODE_STRING SDDL_DEVOBJ_SYS_ALL = RTL_CONSTANT_STRING(L"D:P(A;;GA;;;SY)");
const UNICODE_STRING SDDL_DEVOBJ_SYS_ALL_ADM_ALL = RTL_CONSTANT_STRING(L"D:P(A;;GA;;;SY)(A;;GA;;;BA)");
const UNICODE_STRING SDDL_DEVOBJ_SYS_ALL_ADM_RX = RTL_CONSTANT_STRING(L"D:P(A;;GA;;;SY)(A;;GRGX;;;BA)");
const UNICODE_STRING SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_R =
    RTL_CONSTANT_STRING(L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GR;;;WD)");
const UNICODE_STRING SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_R_RES_R =
    RTL_CONSTANT_STRING(L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GR;;;WD)(A;;GR;;;RC)");
const UNICODE_STRING SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_RW_RES_R =
    RTL_CONSTANT_STRING(L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GRGW;;;WD)(A;;GR;;;RC)");
const UNICODE_STRING SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_RWX_RES_RWX =
    RTL_CONSTANT_STRING(L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GRGWGX;;;WD)(A;;GRGWGX;;;RC)");

typedef struct _CURSOR {
    const WCHAR *at, *end;
} CURSOR;

typedef struct _SMALL_SID {
    UCHAR Revision;
    UCHAR SubAuthorityCount;
    UCHAR IdentifierAuthority[6];
    ULONG SubAuthority[MAX_SUB_AUTHORITIES];
} SMALL_SID;

static const struct {
    WCHAR name[3];
    UCHAR authority, count;
    ULONG sub[MAX_SUB_AUTHORITIES];
} known_sids[] = {
    { L"SY", 5, 1, { 18 } },      { L"BA", 5, 2, { 32, 544 } }, { L"BU", 5, 2, { 32, 545 } },
    { L"BG", 5, 2, { 32, 546 } }, { L"WD", 1, 1, { 0 } },       { L"RC", 5, 1, { 12 } },
    { L"AU", 5, 1, { 11 } },      { L"IU", 5, 1, { 4 } },       { L"LS", 5, 1, { 19 } },
    { L"NS", 5, 1, { 20 } },      { L"AN", 5, 1, { 7 } },       { L"NU", 5, 1, { 2 } },
    { L"UD", 5, 6, { 84 } },
};

static const struct {
    WCHAR name[3];
    ACCESS_MASK mask;
} known_rights[] = {
    { L"GA", GENERIC_ALL },     { L"GR", GENERIC_READ },      { L"GW", GENERIC_WRITE },      { L"GX", GENERIC_EXECUTE },
    { L"FA", FILE_ALL_ACCESS }, { L"FR", FILE_GENERIC_READ }, { L"FW", FILE_GENERIC_WRITE }, { L"FX", FILE_GENERIC_EXECUTE },
    { L"RC", READ_CONTROL },    { L"SD", DELETE },            { L"WD", WRITE_DAC },          { L"WO", WRITE_OWNER },
};

static BOOLEAN Take(CURSOR *c, WCHAR wanted)
{
    if (c->at == c->end || *c->at != wanted)
        return FALSE;
    c->at++;
    return TRUE;
}

static BOOLEAN TakeName(CURSOR *c, const WCHAR *name)
{
    if (c->end - c->at < 2 || c->at[0] != name[0] || c->at[1] != name[1])
        return FALSE;
    c->at += 2;
    return TRUE;
}

static ULONG HexDigit(WCHAR c)
{
    return c >= L'0' && c <= L'9' ? c - L'0' : c >= L'a' && c <= L'f' ? c - L'a' + 10 : c >= L'A' && c <= L'F' ? c - L'A' + 10 : 16;
}

static BOOLEAN ParseRights(CURSOR *c, ACCESS_MASK *mask)
{
    ULONG i;

    *mask = 0;
    if (c->end - c->at > 2 && c->at[0] == L'0' && c->at[1] == L'x') {
        for (c->at += 2; c->at != c->end && HexDigit(*c->at) < 16; c->at++)
            *mask = *mask << 4 | HexDigit(*c->at);
        return TRUE;
    }
    while (c->at != c->end && *c->at != L';') {
        for (i = 0; i < RTL_NUMBER_OF(known_rights) && !TakeName(c, known_rights[i].name); i++)
            ;
        if (i == RTL_NUMBER_OF(known_rights))
            return FALSE;
        *mask |= known_rights[i].mask;
    }
    return TRUE;
}

static BOOLEAN ParseNumber(CURSOR *c, ULONG *number)
{
    const WCHAR *start = c->at;
    ULONG64 value = 0;

    for (; c->at != c->end && *c->at >= L'0' && *c->at <= L'9' && value <= MAXULONG; c->at++)
        value = value * 10 + (*c->at - L'0');
    *number = (ULONG)value;
    return c->at != start && value <= MAXULONG;
}

/* S-1-authority-subauthority... */
static BOOLEAN ParseLongSid(CURSOR *c, SMALL_SID *sid)
{
    ULONG revision, authority;

    RtlZeroMemory(sid, sizeof(*sid));
    if (!Take(c, L'S') || !Take(c, L'-') || !ParseNumber(c, &revision) || revision != 1 || !Take(c, L'-') ||
        !ParseNumber(c, &authority) || authority > MAXUCHAR)
        return FALSE;
    sid->Revision = 1;
    sid->IdentifierAuthority[5] = (UCHAR)authority;
    while (Take(c, L'-'))
        if (sid->SubAuthorityCount == MAX_SUB_AUTHORITIES ||
            !ParseNumber(c, &sid->SubAuthority[sid->SubAuthorityCount++]))
            return FALSE;
    return TRUE;
}

static BOOLEAN ParseSid(CURSOR *c, SMALL_SID *sid)
{
    for (ULONG i = 0; i < RTL_NUMBER_OF(known_sids); i++) {
        if (!TakeName(c, known_sids[i].name))
            continue;
        RtlZeroMemory(sid, sizeof(*sid));
        sid->Revision = 1;
        sid->SubAuthorityCount = known_sids[i].count;
        sid->IdentifierAuthority[5] = known_sids[i].authority;
        RtlCopyMemory(sid->SubAuthority, known_sids[i].sub, sizeof(sid->SubAuthority));
        return TRUE;
    }
    return ParseLongSid(c, sid);
}

/* (A;;rights;;;sid) */
static NTSTATUS ParseAce(CURSOR *c, PACL acl)
{
    BOOLEAN allow;
    ACCESS_MASK mask;
    SMALL_SID sid;

    allow = Take(c, L'A');
    if (!allow && !Take(c, L'D'))
        return STATUS_INVALID_PARAMETER;
    if (!Take(c, L';') || !Take(c, L';') || !ParseRights(c, &mask) || !Take(c, L';') || !Take(c, L';') ||
        !Take(c, L';') || !ParseSid(c, &sid) || !Take(c, L')'))
        return STATUS_INVALID_PARAMETER;
    return allow ? RtlAddAccessAllowedAce(acl, ACL_REVISION, mask, (PSID)&sid)
                 : STATUS_NOT_SUPPORTED;        /* the kernel exports no way to add a denying entry */
}

static NTSTATUS ParseDacl(PCUNICODE_STRING sddl, PACL acl)
{
    CURSOR c = { sddl->Buffer, sddl->Buffer + sddl->Length / sizeof(WCHAR) };
    NTSTATUS status = STATUS_SUCCESS;

    if (!Take(&c, L'D') || !Take(&c, L':'))
        return STATUS_INVALID_PARAMETER;
    Take(&c, L'P');
    while (NT_SUCCESS(status) && Take(&c, L'('))
        status = ParseAce(&c, acl);
    return NT_SUCCESS(status) && c.at != c.end ? STATUS_INVALID_PARAMETER : status;
}

static NTSTATUS SetSecurity(PDEVICE_OBJECT device, PACL acl)
{
    SECURITY_DESCRIPTOR descriptor;
    HANDLE handle;
    NTSTATUS status = RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);

    if (NT_SUCCESS(status))
        status = RtlSetDaclSecurityDescriptor(&descriptor, TRUE, acl, FALSE);
    if (NT_SUCCESS(status))
        status = ObOpenObjectByPointer(device, OBJ_KERNEL_HANDLE, NULL, WRITE_DAC, NULL, KernelMode, &handle);
    if (!NT_SUCCESS(status))
        return status;
    status = ZwSetSecurityObject(handle, DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION, &descriptor);
    ZwClose(handle);
    return status;
}

/* IoCreateDevice, then the descriptor, before anybody can open the device. A name (or FILE_AUTOGENERATED_DEVICE_NAME) is
 * required. PASSIVE_LEVEL. STATUS_INVALID_PARAMETER for text that is no SDDL of this subset. */
NTSTATUS NTAPI WdmlibIoCreateDeviceSecure(PDRIVER_OBJECT DriverObject, ULONG DeviceExtensionSize,
                                          PUNICODE_STRING DeviceName, DEVICE_TYPE DeviceType,
                                          ULONG DeviceCharacteristics, BOOLEAN Exclusive,
                                          PCUNICODE_STRING DefaultSDDLString, LPCGUID DeviceClassGuid,
                                          PDEVICE_OBJECT *DeviceObject)
{
    ULONG room = sizeof(ACL) + (DefaultSDDLString->Length / sizeof(WCHAR) / 8 + 1) * 36;
    PACL acl;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(DeviceClassGuid);
    *DeviceObject = NULL;
    if (DeviceName == NULL && !(DeviceCharacteristics & FILE_AUTOGENERATED_DEVICE_NAME))
        return STATUS_INVALID_PARAMETER;
    acl = ExAllocatePoolWithTag(PagedPool, room, TAG);
    if (acl == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = RtlCreateAcl(acl, room, ACL_REVISION);
    if (NT_SUCCESS(status))
        status = ParseDacl(DefaultSDDLString, acl);
    if (NT_SUCCESS(status))
        status = IoCreateDevice(DriverObject, DeviceExtensionSize, DeviceName, DeviceType, DeviceCharacteristics,
                                Exclusive, DeviceObject);
    if (NT_SUCCESS(status)) {
        status = SetSecurity(*DeviceObject, acl);
        if (!NT_SUCCESS(status)) {
            IoDeleteDevice(*DeviceObject);
            *DeviceObject = NULL;
        }
    }
    ExFreePoolWithTag(acl, TAG);
    return status;
}
