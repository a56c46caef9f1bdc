/* Security identifiers. */
#include <ntdef.h>
#include <ntstatus.h>
#include <ring3/rtl_security.h>
#include <string.h>

#include "nt/crt_format.h"
#include "nt/pool.h"
#include "nt/text.h"

#define SID_TAG 0x64695352u             /* "RSid" */

/* Whether revision and count are possible. Any IRQL. docs: ntifs/nf-ntifs-rtlvalidsid */
BOOLEAN NTAPI RtlValidSid(PSID Sid)
{
    const SID *sid = Sid;

    return sid != NULL && (sid->Revision & 0xF) == SID_REVISION && sid->SubAuthorityCount <= SID_MAX_SUB_AUTHORITIES;
}

/* Bytes of a SID with so many subauthorities. docs: ntifs/nf-ntifs-rtllengthrequiredsid */
ULONG NTAPI RtlLengthRequiredSid(ULONG SubAuthorityCount)
{
    return 8 + 4 * SubAuthorityCount;
}

/* Bytes of a valid SID. docs: ntifs/nf-ntifs-rtllengthsid */
ULONG NTAPI RtlLengthSid(PSID Sid)
{
    return RtlLengthRequiredSid(((const SID *)Sid)->SubAuthorityCount);
}

/* docs: ntifs/nf-ntifs-rtlequalsid */
BOOLEAN NTAPI RtlEqualSid(PSID Sid1, PSID Sid2)
{
    const SID *a = Sid1, *b = Sid2;

    return a->Revision == b->Revision && a->SubAuthorityCount == b->SubAuthorityCount && memcmp(a, b, RtlLengthSid(Sid1)) == 0;
}

/* Equal but for the last subauthority. docs: ntifs/nf-ntifs-rtlequalprefixsid */
BOOLEAN NTAPI RtlEqualPrefixSid(PSID Sid1, PSID Sid2)
{
    const SID *a = Sid1, *b = Sid2;

    if (a->Revision != b->Revision || a->SubAuthorityCount != b->SubAuthorityCount)
        return FALSE;
    return memcmp(a, b, RtlLengthSid(Sid1) - (a->SubAuthorityCount != 0 ? 4 : 0)) == 0;
}

/* Writes everything but the subauthorities. docs: ntifs/nf-ntifs-rtlinitializesid */
NTSTATUS NTAPI RtlInitializeSid(PSID Sid, PSID_IDENTIFIER_AUTHORITY IdentifierAuthority, UCHAR SubAuthorityCount)
{
    SID *sid = Sid;

    if (SubAuthorityCount > SID_MAX_SUB_AUTHORITIES)
        return STATUS_INVALID_PARAMETER;
    sid->Revision = SID_REVISION;
    sid->SubAuthorityCount = SubAuthorityCount;
    sid->IdentifierAuthority = *IdentifierAuthority;
    return STATUS_SUCCESS;
}

/* A SID of up to 8 subauthorities in paged pool; free it with RtlFreeSid. PASSIVE_LEVEL.
 * docs: ntifs/nf-ntifs-rtlallocateandinitializesid */
NTSTATUS NTAPI RtlAllocateAndInitializeSid(PSID_IDENTIFIER_AUTHORITY IdentifierAuthority, UCHAR SubAuthorityCount,
                                           ULONG SubAuthority0, ULONG SubAuthority1, ULONG SubAuthority2,
                                           ULONG SubAuthority3, ULONG SubAuthority4, ULONG SubAuthority5,
                                           ULONG SubAuthority6, ULONG SubAuthority7, PSID *Sid)
{
    const ULONG parts[8] = {SubAuthority0, SubAuthority1, SubAuthority2, SubAuthority3,
                            SubAuthority4, SubAuthority5, SubAuthority6, SubAuthority7};
    SID *sid;

    if (SubAuthorityCount > 8)
        return STATUS_INVALID_SID;
    sid = pool_alloc(PagedPool, RtlLengthRequiredSid(SubAuthorityCount), SID_TAG, __builtin_return_address(0));
    if (sid == NULL)
        return STATUS_NO_MEMORY;
    RtlInitializeSid(sid, IdentifierAuthority, SubAuthorityCount);
    memcpy((char *)sid + 8, parts, SubAuthorityCount * sizeof(ULONG));
    *Sid = sid;
    return STATUS_SUCCESS;
}

/* Always NULL. docs: ntifs/nf-ntifs-rtlfreesid */
PVOID NTAPI RtlFreeSid(PSID Sid)
{
    pool_free(Sid, SID_TAG, __builtin_return_address(0));
    return NULL;
}

/* Where the n-th subauthority is. docs: ntifs/nf-ntifs-rtlsubauthoritysid */
PULONG NTAPI RtlSubAuthoritySid(PSID Sid, ULONG SubAuthority)
{
    return (PULONG)(PVOID)((char *)Sid + 8 + 4 * (size_t)SubAuthority);
}

/* docs: ntifs/nf-ntifs-rtlsubauthoritycountsid */
PUCHAR NTAPI RtlSubAuthorityCountSid(PSID Sid)
{
    return &((SID *)Sid)->SubAuthorityCount;
}

/* docs: ntifs/nf-ntifs-rtlidentifierauthoritysid */
PSID_IDENTIFIER_AUTHORITY NTAPI RtlIdentifierAuthoritySid(PSID Sid)
{
    return &((SID *)Sid)->IdentifierAuthority;
}

/* STATUS_BUFFER_TOO_SMALL. docs: ntifs/nf-ntifs-rtlcopysid */
NTSTATUS NTAPI RtlCopySid(ULONG DestinationSidLength, PSID DestinationSid, PSID SourceSid)
{
    ULONG length = RtlLengthSid(SourceSid);

    if (length > DestinationSidLength)
        return STATUS_BUFFER_TOO_SMALL;
    memcpy(DestinationSid, SourceSid, length);
    return STATUS_SUCCESS;
}

static size_t sid_text(const SID *sid, char *text, size_t size)
{
    uint64_t authority = 0;
    size_t n;

    for (int i = 0; i < 6; i++)
        authority = authority << 8 | sid->IdentifierAuthority.Value[i];
    n = (size_t)format_host(text, size, authority >> 32 ? "S-%u-0x%012I64X" : "S-%u-%I64u", sid->Revision, authority);
    for (int i = 0; i < sid->SubAuthorityCount; i++)
        n += (size_t)format_host(text + n, size - n, "-%u", *RtlSubAuthoritySid((PSID)sid, (ULONG)i));
    return n;
}

/* S-1-5-18 and the like. The string is allocated from pool when asked for (free it with RtlFreeUnicodeString).
 * STATUS_INVALID_SID, STATUS_BUFFER_OVERFLOW. PASSIVE_LEVEL. docs: ntifs/nf-ntifs-rtlconvertsidtounicodestring */
NTSTATUS NTAPI RtlConvertSidToUnicodeString(PUNICODE_STRING UnicodeString, PSID Sid, BOOLEAN AllocateDestinationString)
{
    char text[256];
    size_t length;

    if (!RtlValidSid(Sid))
        return STATUS_INVALID_SID;
    length = sid_text(Sid, text, sizeof(text));
    if (AllocateDestinationString) {
        UnicodeString->MaximumLength = (USHORT)((length + 1) * sizeof(WCHAR));
        UnicodeString->Buffer = pool_alloc(PagedPool, UnicodeString->MaximumLength, SID_TAG, __builtin_return_address(0));
        if (UnicodeString->Buffer == NULL)
            return STATUS_NO_MEMORY;
    }
    if (length * sizeof(WCHAR) > UnicodeString->MaximumLength)
        return STATUS_BUFFER_OVERFLOW;
    text_to_utf16(UnicodeString->Buffer, length, text, length, NULL);
    UnicodeString->Length = (USHORT)(length * sizeof(WCHAR));
    if (UnicodeString->Length + sizeof(WCHAR) <= UnicodeString->MaximumLength)
        UnicodeString->Buffer[length] = 0;
    return STATUS_SUCCESS;
}
