/* Security descriptors in both forms: absolute (pointers) and self-relative (offsets into one block), and access masks. */
#include <ntdef.h>
#include <ntstatus.h>
#include <ring3/rtl_security.h>
#include <stdint.h>
#include <string.h>

#include "nt/se.h"

struct se_parts se_parts(const void *descriptor)
{
    const SECURITY_DESCRIPTOR *a = descriptor;
    const SECURITY_DESCRIPTOR_RELATIVE *r = descriptor;
    struct se_parts p;
    char *base = (char *)(uintptr_t)descriptor;

    if (a->Control & SE_SELF_RELATIVE)
        p = (struct se_parts){r->Owner ? base + r->Owner : NULL, r->Group ? base + r->Group : NULL,
                              r->Sacl ? (PACL)(void *)(base + r->Sacl) : NULL,
                              r->Dacl ? (PACL)(void *)(base + r->Dacl) : NULL};
    else
        p = (struct se_parts){a->Owner, a->Group, a->Sacl, a->Dacl};
    if (!(a->Control & SE_SACL_PRESENT))
        p.sacl = NULL;
    if (!(a->Control & SE_DACL_PRESENT))
        p.dacl = NULL;
    return p;
}

/* An empty absolute descriptor. STATUS_UNKNOWN_REVISION. Any IRQL. docs: wdm/nf-wdm-rtlcreatesecuritydescriptor */
NTSTATUS NTAPI RtlCreateSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG Revision)
{
    if (Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    *(SECURITY_DESCRIPTOR *)SecurityDescriptor = (SECURITY_DESCRIPTOR){.Revision = SECURITY_DESCRIPTOR_REVISION};
    return STATUS_SUCCESS;
}

/* An empty self-relative one. docs: ntifs/nf-ntifs-rtlcreatesecuritydescriptorrelative */
NTSTATUS NTAPI RtlCreateSecurityDescriptorRelative(PISECURITY_DESCRIPTOR_RELATIVE SecurityDescriptor, ULONG Revision)
{
    if (Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    *SecurityDescriptor = (SECURITY_DESCRIPTOR_RELATIVE){.Revision = SECURITY_DESCRIPTOR_REVISION, .Control = SE_SELF_RELATIVE};
    return STATUS_SUCCESS;
}

/* Whether its parts are valid. docs: wdm/nf-wdm-rtlvalidsecuritydescriptor */
BOOLEAN NTAPI RtlValidSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor)
{
    const SECURITY_DESCRIPTOR *sd = SecurityDescriptor;

    if (sd == NULL || sd->Revision != SECURITY_DESCRIPTOR_REVISION)
        return FALSE;
    struct se_parts p = se_parts(SecurityDescriptor);

    return (p.owner == NULL || RtlValidSid(p.owner)) && (p.group == NULL || RtlValidSid(p.group)) &&
           (p.dacl == NULL || RtlValidAcl(p.dacl)) && (p.sacl == NULL || RtlValidAcl(p.sacl));
}

static bool sid_inside(const char *base, ULONG length, ULONG offset)
{
    if (offset < sizeof(SECURITY_DESCRIPTOR_RELATIVE) || offset > length || length - offset < 8)
        return false;
    return RtlValidSid((PSID)(uintptr_t)(base + offset)) && RtlLengthSid((PSID)(uintptr_t)(base + offset)) <= length - offset;
}

static bool acl_inside(const char *base, ULONG length, ULONG offset)
{
    if (offset < sizeof(SECURITY_DESCRIPTOR_RELATIVE) || offset > length || length - offset < sizeof(ACL))
        return false;
    PACL acl = (PACL)(void *)(uintptr_t)(base + offset);

    return acl->AclSize <= length - offset && RtlValidAcl(acl);
}

/* Whether a self-relative descriptor of at most Length bytes is well formed and has what RequiredInformation names.
 * docs: wdm/nf-wdm-rtlvalidrelativesecuritydescriptor */
BOOLEAN NTAPI RtlValidRelativeSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG Length,
                                                 SECURITY_INFORMATION RequiredInformation)
{
    const SECURITY_DESCRIPTOR_RELATIVE *r = SecurityDescriptor;
    const char *base = SecurityDescriptor;

    if (Length < sizeof(*r) || r->Revision != SECURITY_DESCRIPTOR_REVISION || !(r->Control & SE_SELF_RELATIVE))
        return FALSE;
    if (r->Owner != 0 ? !sid_inside(base, Length, r->Owner) : (RequiredInformation & OWNER_SECURITY_INFORMATION) != 0)
        return FALSE;
    if (r->Group != 0 ? !sid_inside(base, Length, r->Group) : (RequiredInformation & GROUP_SECURITY_INFORMATION) != 0)
        return FALSE;
    if ((r->Control & SE_DACL_PRESENT) && r->Dacl != 0 && !acl_inside(base, Length, r->Dacl))
        return FALSE;
    if ((r->Control & SE_SACL_PRESENT) && r->Sacl != 0 && !acl_inside(base, Length, r->Sacl))
        return FALSE;
    return TRUE;
}

/* Bytes the descriptor takes in self-relative form (with the head of its own form).
 * docs: wdm/nf-wdm-rtllengthsecuritydescriptor */
ULONG NTAPI RtlLengthSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor)
{
    struct se_parts p = se_parts(SecurityDescriptor);
    bool relative = ((SECURITY_DESCRIPTOR *)SecurityDescriptor)->Control & SE_SELF_RELATIVE;
    ULONG length = relative ? sizeof(SECURITY_DESCRIPTOR_RELATIVE) : sizeof(SECURITY_DESCRIPTOR);

    length += p.owner ? (RtlLengthSid(p.owner) + 3) & ~3u : 0;
    length += p.group ? (RtlLengthSid(p.group) + 3) & ~3u : 0;
    length += p.dacl ? (p.dacl->AclSize + 3u) & ~3u : 0;
    length += p.sacl ? (p.sacl->AclSize + 3u) & ~3u : 0;
    return length;
}

#define CHECK_ABSOLUTE(sd)                                        \
    do {                                                          \
        if ((sd)->Revision != SECURITY_DESCRIPTOR_REVISION)       \
            return STATUS_UNKNOWN_REVISION;                       \
        if ((sd)->Control & SE_SELF_RELATIVE)                     \
            return STATUS_INVALID_SECURITY_DESCR;                 \
    } while (0)

static void set_control(SECURITY_DESCRIPTOR *sd, USHORT bits, bool on)
{
    sd->Control = (USHORT)(on ? sd->Control | bits : sd->Control & ~bits);
}

/* Puts a list (referenced, not copied) or, with a NULL list and Present, full access for everybody, into an absolute
 * descriptor. docs: wdm/nf-wdm-rtlsetdaclsecuritydescriptor */
NTSTATUS NTAPI RtlSetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, BOOLEAN DaclPresent, PACL Dacl,
                                            BOOLEAN DaclDefaulted)
{
    SECURITY_DESCRIPTOR *sd = SecurityDescriptor;

    CHECK_ABSOLUTE(sd);
    set_control(sd, SE_DACL_PRESENT, DaclPresent);
    if (DaclPresent) {
        sd->Dacl = Dacl;
        set_control(sd, SE_DACL_DEFAULTED, DaclDefaulted);
    }
    return STATUS_SUCCESS;
}

/* docs: ntifs/nf-ntifs-rtlsetownersecuritydescriptor */
NTSTATUS NTAPI RtlSetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID Owner, BOOLEAN OwnerDefaulted)
{
    SECURITY_DESCRIPTOR *sd = SecurityDescriptor;

    CHECK_ABSOLUTE(sd);
    sd->Owner = Owner;
    set_control(sd, SE_OWNER_DEFAULTED, OwnerDefaulted);
    return STATUS_SUCCESS;
}

/* docs: ntifs/nf-ntifs-rtlsetgroupsecuritydescriptor */
NTSTATUS NTAPI RtlSetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID Group, BOOLEAN GroupDefaulted)
{
    SECURITY_DESCRIPTOR *sd = SecurityDescriptor;

    CHECK_ABSOLUTE(sd);
    sd->Group = Group;
    set_control(sd, SE_GROUP_DEFAULTED, GroupDefaulted);
    return STATUS_SUCCESS;
}

static NTSTATUS get_acl(const SECURITY_DESCRIPTOR *sd, USHORT present, USHORT defaulted, PACL acl, PBOOLEAN is_present,
                        PACL *result, PBOOLEAN is_defaulted)
{
    if (sd->Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    *is_present = (sd->Control & present) != 0;
    if (*is_present) {
        *result = acl;
        *is_defaulted = (sd->Control & defaulted) != 0;
    }
    return STATUS_SUCCESS;
}

/* docs: ntifs/nf-ntifs-rtlgetdaclsecuritydescriptor */
NTSTATUS NTAPI RtlGetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PBOOLEAN DaclPresent, PACL *Dacl,
                                            PBOOLEAN DaclDefaulted)
{
    return get_acl(SecurityDescriptor, SE_DACL_PRESENT, SE_DACL_DEFAULTED, se_parts(SecurityDescriptor).dacl, DaclPresent, Dacl,
                   DaclDefaulted);
}

/* docs: ntifs/nf-ntifs-rtlgetsaclsecuritydescriptor */
NTSTATUS NTAPI RtlGetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PBOOLEAN SaclPresent, PACL *Sacl,
                                            PBOOLEAN SaclDefaulted)
{
    return get_acl(SecurityDescriptor, SE_SACL_PRESENT, SE_SACL_DEFAULTED, se_parts(SecurityDescriptor).sacl, SaclPresent, Sacl,
                   SaclDefaulted);
}

/* docs: ntifs/nf-ntifs-rtlgetownersecuritydescriptor */
NTSTATUS NTAPI RtlGetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID *Owner, PBOOLEAN OwnerDefaulted)
{
    const SECURITY_DESCRIPTOR *sd = SecurityDescriptor;

    if (sd->Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    *Owner = se_parts(sd).owner;
    *OwnerDefaulted = (sd->Control & SE_OWNER_DEFAULTED) != 0;
    return STATUS_SUCCESS;
}

/* docs: ntifs/nf-ntifs-rtlgetgroupsecuritydescriptor */
NTSTATUS NTAPI RtlGetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID *Group, PBOOLEAN GroupDefaulted)
{
    const SECURITY_DESCRIPTOR *sd = SecurityDescriptor;

    if (sd->Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    *Group = se_parts(sd).group;
    *GroupDefaulted = (sd->Control & SE_GROUP_DEFAULTED) != 0;
    return STATUS_SUCCESS;
}

static ULONG put_part(char *base, ULONG at, const void *part, size_t size, ULONG *offset)
{
    if (part == NULL)
        return at;
    memcpy(base + at, part, size);
    *offset = at;
    return (at + (ULONG)size + 3) & ~3u;
}

ULONG se_relative_size(const struct se_parts *p)
{
    ULONG size = sizeof(SECURITY_DESCRIPTOR_RELATIVE);

    size += p->owner ? (RtlLengthSid(p->owner) + 3) & ~3u : 0;
    size += p->group ? (RtlLengthSid(p->group) + 3) & ~3u : 0;
    size += p->dacl ? (p->dacl->AclSize + 3u) & ~3u : 0;
    return size + (p->sacl ? (p->sacl->AclSize + 3u) & ~3u : 0);
}

void se_make_relative(const struct se_parts *p, USHORT control, void *to)
{
    SECURITY_DESCRIPTOR_RELATIVE *r = to;
    ULONG at = sizeof(*r);

    memset(to, 0, se_relative_size(p));
    r->Revision = SECURITY_DESCRIPTOR_REVISION;
    r->Control = (USHORT)(control | SE_SELF_RELATIVE);
    at = put_part(to, at, p->sacl, p->sacl ? p->sacl->AclSize : 0, &r->Sacl);
    at = put_part(to, at, p->dacl, p->dacl ? p->dacl->AclSize : 0, &r->Dacl);
    at = put_part(to, at, p->owner, p->owner ? RtlLengthSid(p->owner) : 0, &r->Owner);
    put_part(to, at, p->group, p->group ? RtlLengthSid(p->group) : 0, &r->Group);
}

/* *BufferLength: bytes there in, bytes needed out. STATUS_BUFFER_TOO_SMALL, STATUS_BAD_DESCRIPTOR_FORMAT.
 * docs: ntifs/nf-ntifs-rtlabsolutetoselfrelativesd */
NTSTATUS NTAPI RtlAbsoluteToSelfRelativeSD(PSECURITY_DESCRIPTOR AbsoluteSecurityDescriptor,
                                           PSECURITY_DESCRIPTOR SelfRelativeSecurityDescriptor, PULONG BufferLength)
{
    const SECURITY_DESCRIPTOR *sd = AbsoluteSecurityDescriptor;
    struct se_parts p = se_parts(sd);
    ULONG size = se_relative_size(&p), room = *BufferLength;

    if (sd->Control & SE_SELF_RELATIVE)
        return STATUS_BAD_DESCRIPTOR_FORMAT;
    *BufferLength = size;
    if (room < size)
        return STATUS_BUFFER_TOO_SMALL;
    se_make_relative(&p, sd->Control, SelfRelativeSecurityDescriptor);
    return STATUS_SUCCESS;
}

static bool fits(const void *part, ULONG needed, ULONG *size)
{
    ULONG room = *size;

    *size = part ? needed : 0;
    return room >= *size;
}

/* Each size: bytes there in, bytes needed out. STATUS_BUFFER_TOO_SMALL, STATUS_BAD_DESCRIPTOR_FORMAT.
 * docs: ntifs/nf-ntifs-rtlselfrelativetoabsolutesd */
NTSTATUS NTAPI RtlSelfRelativeToAbsoluteSD(PSECURITY_DESCRIPTOR SelfRelativeSecurityDescriptor,
                                           PSECURITY_DESCRIPTOR AbsoluteSecurityDescriptor,
                                           PULONG AbsoluteSecurityDescriptorSize, PACL Dacl, PULONG DaclSize, PACL Sacl,
                                           PULONG SaclSize, PSID Owner, PULONG OwnerSize, PSID PrimaryGroup,
                                           PULONG PrimaryGroupSize)
{
    const SECURITY_DESCRIPTOR_RELATIVE *r = SelfRelativeSecurityDescriptor;
    struct se_parts p = se_parts(r);
    SECURITY_DESCRIPTOR *a = AbsoluteSecurityDescriptor;
    bool room;

    if (!(r->Control & SE_SELF_RELATIVE))
        return STATUS_BAD_DESCRIPTOR_FORMAT;
    room = fits(r, sizeof(*a), AbsoluteSecurityDescriptorSize);
    room &= fits(p.dacl, p.dacl ? p.dacl->AclSize : 0, DaclSize);
    room &= fits(p.sacl, p.sacl ? p.sacl->AclSize : 0, SaclSize);
    room &= fits(p.owner, p.owner ? RtlLengthSid(p.owner) : 0, OwnerSize);
    room &= fits(p.group, p.group ? RtlLengthSid(p.group) : 0, PrimaryGroupSize);
    if (!room)
        return STATUS_BUFFER_TOO_SMALL;
    *a = (SECURITY_DESCRIPTOR){.Revision = r->Revision, .Sbz1 = r->Sbz1, .Control = (USHORT)(r->Control & ~SE_SELF_RELATIVE)};
    a->Dacl = p.dacl ? memcpy(Dacl, p.dacl, p.dacl->AclSize) : NULL;
    a->Sacl = p.sacl ? memcpy(Sacl, p.sacl, p.sacl->AclSize) : NULL;
    a->Owner = p.owner ? memcpy(Owner, p.owner, RtlLengthSid(p.owner)) : NULL;
    a->Group = p.group ? memcpy(PrimaryGroup, p.group, RtlLengthSid(p.group)) : NULL;
    return STATUS_SUCCESS;
}

/* Replaces the generic rights by what they mean for one type. docs: wdm/nf-wdm-rtlmapgenericmask */
VOID NTAPI RtlMapGenericMask(PACCESS_MASK AccessMask, const GENERIC_MAPPING *GenericMapping)
{
    ACCESS_MASK mask = *AccessMask;

    if (mask & GENERIC_READ)
        mask |= GenericMapping->GenericRead;
    if (mask & GENERIC_WRITE)
        mask |= GenericMapping->GenericWrite;
    if (mask & GENERIC_EXECUTE)
        mask |= GenericMapping->GenericExecute;
    if (mask & GENERIC_ALL)
        mask |= GenericMapping->GenericAll;
    *AccessMask = mask & 0x0FFFFFFF;
}

BOOLEAN NTAPI RtlAreAllAccessesGranted(ACCESS_MASK GrantedAccess, ACCESS_MASK DesiredAccess)
{
    return (DesiredAccess & ~GrantedAccess) == 0;
}

BOOLEAN NTAPI RtlAreAnyAccessesGranted(ACCESS_MASK GrantedAccess, ACCESS_MASK DesiredAccess)
{
    return (DesiredAccess & GrantedAccess) != 0;
}
