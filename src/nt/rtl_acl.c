/* Access control lists: a header, then entries one behind the other, in a buffer of AclSize bytes. */
#include <ntdef.h>
#include <ntstatus.h>
#include <ring3/rtl_security.h>
#include <stdint.h>
#include <string.h>

/* Where the n-th entry begins, n up to AceCount; NULL when the entries do not fit into the list. */
static char *ace_at(const ACL *acl, unsigned n)
{
    char *at = (char *)(uintptr_t)acl + sizeof(*acl), *end = (char *)(uintptr_t)acl + acl->AclSize;

    for (unsigned i = 0; i < n; i++) {
        if (end - at < (long)sizeof(ACE_HEADER))
            return NULL;
        USHORT size = ((ACE_HEADER *)(void *)at)->AceSize;

        if (size < sizeof(ACE_HEADER) || size > end - at)
            return NULL;
        at += size;
    }
    return at;
}

/* An empty list in a caller's buffer. STATUS_BUFFER_TOO_SMALL, STATUS_INVALID_PARAMETER (revision, or over 64 KB).
 * docs: ntifs/nf-ntifs-rtlcreateacl */
NTSTATUS NTAPI RtlCreateAcl(PACL Acl, ULONG AclLength, ULONG AclRevision)
{
    if (AclLength < sizeof(*Acl))
        return STATUS_BUFFER_TOO_SMALL;
    if (AclRevision < MIN_ACL_REVISION || AclRevision > MAX_ACL_REVISION || AclLength > 0xFFFF)
        return STATUS_INVALID_PARAMETER;
    *Acl = (ACL){.AclRevision = (UCHAR)AclRevision, .AclSize = (USHORT)(AclLength & ~3u)};
    return STATUS_SUCCESS;
}

/* Whether revision, sizes and every entry are consistent. */
BOOLEAN NTAPI RtlValidAcl(PACL Acl)
{
    return Acl->AclRevision >= MIN_ACL_REVISION && Acl->AclRevision <= MAX_ACL_REVISION && Acl->AclSize >= sizeof(*Acl) &&
           ace_at(Acl, Acl->AceCount) != NULL;
}

/* Inserts a block of entries before the entry StartingAceIndex (MAXULONG: at the end). STATUS_BUFFER_TOO_SMALL,
 * STATUS_INVALID_PARAMETER. docs: ntifs/nf-ntifs-rtladdace */
NTSTATUS NTAPI RtlAddAce(PACL Acl, ULONG AceRevision, ULONG StartingAceIndex, PVOID AceList, ULONG AceListLength)
{
    unsigned count = 0;
    char *end, *at;

    if (!RtlValidAcl(Acl) || AceRevision > MAX_ACL_REVISION)
        return STATUS_INVALID_PARAMETER;
    for (ULONG used = 0; used < AceListLength; count++) {
        const ACE_HEADER *ace = (const ACE_HEADER *)(const void *)((char *)AceList + used);

        if (AceListLength - used < sizeof(*ace) || ace->AceSize < sizeof(*ace) || ace->AceSize > AceListLength - used)
            return STATUS_INVALID_PARAMETER;
        used += ace->AceSize;
    }
    end = ace_at(Acl, Acl->AceCount);
    if ((size_t)(end - (char *)Acl) + AceListLength > Acl->AclSize)
        return STATUS_BUFFER_TOO_SMALL;
    at = StartingAceIndex < Acl->AceCount ? ace_at(Acl, StartingAceIndex) : end;
    memmove(at + AceListLength, at, (size_t)(end - at));
    memcpy(at, AceList, AceListLength);
    Acl->AceCount = (USHORT)(Acl->AceCount + count);
    if (AceRevision > Acl->AclRevision)
        Acl->AclRevision = (UCHAR)AceRevision;
    return STATUS_SUCCESS;
}

static NTSTATUS add_known(PACL acl, ULONG revision, UCHAR type, ULONG flags, ACCESS_MASK mask, PSID sid)
{
    struct {
        ACCESS_ALLOWED_ACE ace;
        UCHAR more[SECURITY_MAX_SID_SIZE];
    } entry;
    ULONG length;

    if (!RtlValidSid(sid))
        return STATUS_INVALID_SID;
    if (revision < MIN_ACL_REVISION || revision > MAX_ACL_REVISION)
        return STATUS_REVISION_MISMATCH;
    if (!RtlValidAcl(acl))
        return STATUS_INVALID_ACL;
    length = 8 + RtlLengthSid(sid);
    entry.ace.Header = (ACE_HEADER){.AceType = type, .AceFlags = (UCHAR)flags, .AceSize = (USHORT)length};
    entry.ace.Mask = mask;
    memcpy((char *)&entry + 8, sid, RtlLengthSid(sid));
    return RtlAddAce(acl, revision, 0xFFFFFFFF, &entry, length) == STATUS_SUCCESS ? STATUS_SUCCESS : STATUS_ALLOTTED_SPACE_EXCEEDED;
}

/* Appends an entry that allows AccessMask to Sid. STATUS_ALLOTTED_SPACE_EXCEEDED, STATUS_INVALID_SID,
 * STATUS_INVALID_ACL. docs: ntifs/nf-ntifs-rtladdaccessallowedace */
NTSTATUS NTAPI RtlAddAccessAllowedAce(PACL Acl, ULONG AceRevision, ACCESS_MASK AccessMask, PSID Sid)
{
    return add_known(Acl, AceRevision, ACCESS_ALLOWED_ACE_TYPE, 0, AccessMask, Sid);
}

/* The same, with inheritance flags. docs: ntifs/nf-ntifs-rtladdaccessallowedaceex */
NTSTATUS NTAPI RtlAddAccessAllowedAceEx(PACL Acl, ULONG AceRevision, ULONG AceFlags, ACCESS_MASK AccessMask, PSID Sid)
{
    if (AceFlags & ~(ULONG)VALID_INHERIT_FLAGS)
        return STATUS_INVALID_PARAMETER;
    return add_known(Acl, AceRevision, ACCESS_ALLOWED_ACE_TYPE, AceFlags, AccessMask, Sid);
}

/* Appends an entry that denies. */
NTSTATUS NTAPI RtlAddAccessDeniedAce(PACL Acl, ULONG AceRevision, ACCESS_MASK AccessMask, PSID Sid)
{
    return add_known(Acl, AceRevision, ACCESS_DENIED_ACE_TYPE, 0, AccessMask, Sid);
}

/* Where the entry AceIndex is. STATUS_INVALID_PARAMETER. docs: ntifs/nf-ntifs-rtlgetace */
NTSTATUS NTAPI RtlGetAce(PACL Acl, ULONG AceIndex, PVOID *Ace)
{
    if (Acl->AclRevision < MIN_ACL_REVISION || Acl->AclRevision > MAX_ACL_REVISION || AceIndex >= Acl->AceCount)
        return STATUS_INVALID_PARAMETER;
    *Ace = ace_at(Acl, AceIndex);
    return *Ace != NULL ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

/* docs: ntifs/nf-ntifs-rtldeleteace */
NTSTATUS NTAPI RtlDeleteAce(PACL Acl, ULONG AceIndex)
{
    char *at, *next;

    if (!RtlValidAcl(Acl) || AceIndex >= Acl->AceCount)
        return STATUS_INVALID_PARAMETER;
    at = ace_at(Acl, AceIndex);
    next = ace_at(Acl, AceIndex + 1);
    memmove(at, next, (size_t)(ace_at(Acl, Acl->AceCount) - next));
    Acl->AceCount--;
    return STATUS_SUCCESS;
}
