/* Questions about the System token: user S-1-5-18, owner Administrators, session 0, integrity level System. */
#include <stdint.h>
#include <string.h>

#include "nt/ob.h"
#include "nt/pool.h"
#include "nt/se.h"
#include "ring3/nt_calls.h"
#include "ring3/nt_rare.h"
#include "ring3/rtl_security.h"
#include "ring3/zw.h"

#define TOKEN_TAG 0x6b546553u           /* "SeTk" */

/* A structure that points at one SID: the head, then the SID. */
union sid_head {
    SID_AND_ATTRIBUTES with_attributes;
    PSID alone;
};

static ULONG put_sid(void *to, ULONG room, PSID sid, ULONG attributes, bool has_attributes)
{
    ULONG head = has_attributes ? sizeof(SID_AND_ATTRIBUTES) : sizeof(PSID), size = head + RtlLengthSid(sid);
    union sid_head *h = to;

    if (room < size)
        return size;
    memset(to, 0, size);
    memcpy((char *)to + head, sid, RtlLengthSid(sid));
    h->alone = (char *)to + head;       /* the first field of both */
    if (has_attributes)
        h->with_attributes.Attributes = attributes;
    return size;
}

static ULONG put_number(void *to, ULONG room, ULONG value)
{
    if (room >= sizeof(value))
        memcpy(to, &value, sizeof(value));
    return sizeof(value);
}

/* Writes the answer when there is room; *needed gets its bytes. */
static NTSTATUS answer(TOKEN_INFORMATION_CLASS class, void *to, ULONG room, ULONG *needed)
{
    switch (class) {
    case TokenUser:
        *needed = put_sid(to, room, SeExports->SeLocalSystemSid, 0, true);
        return STATUS_SUCCESS;
    case TokenOwner:
        *needed = put_sid(to, room, SeExports->SeAliasAdminsSid, 0, false);
        return STATUS_SUCCESS;
    case TokenPrimaryGroup:
        *needed = put_sid(to, room, SeExports->SeLocalSystemSid, 0, false);
        return STATUS_SUCCESS;
    case TokenIntegrityLevel:
        *needed = put_sid(to, room, SeExports->SeSystemMandatorySid, 0x60, true);
        return STATUS_SUCCESS;
    case TokenType:
        *needed = put_number(to, room, TokenPrimary);
        return STATUS_SUCCESS;
    case TokenElevation:
        *needed = put_number(to, room, TRUE);
        return STATUS_SUCCESS;
    case TokenElevationType:
        *needed = put_number(to, room, 1);      /* the default: not linked */
        return STATUS_SUCCESS;
    case TokenSessionId:
    case TokenSandBoxInert:
    case TokenHasRestrictions:
    case TokenVirtualizationAllowed:
    case TokenVirtualizationEnabled:
    case TokenUIAccess:
    case TokenIsAppContainer:
    case TokenIsRestricted:
        *needed = put_number(to, room, 0);
        return STATUS_SUCCESS;
    default:
        return STATUS_INVALID_INFO_CLASS;       /* TokenImpersonationLevel as well: it is a primary token */
    }
}

/* The answer in a paged pool block that the caller frees with ExFreePool; TokenSessionId comes as the value itself.
 * Classes: see the table above; STATUS_INVALID_INFO_CLASS for others. PASSIVE_LEVEL.
 * docs: ntifs/nf-ntifs-sequeryinformationtoken */
NTSTATUS NTAPI SeQueryInformationToken(PACCESS_TOKEN Token, TOKEN_INFORMATION_CLASS TokenInformationClass,
                                       PVOID *TokenInformation)
{
    ULONG needed = 0;
    void *block;
    NTSTATUS status = answer(TokenInformationClass, NULL, 0, &needed);

    (void)Token;
    if (!NT_SUCCESS(status))
        return status;
    if (TokenInformationClass == TokenSessionId) {
        *(ULONG *)TokenInformation = 0;
        return STATUS_SUCCESS;
    }
    block = pool_alloc(PagedPool, needed, TOKEN_TAG, __builtin_return_address(0));
    if (block == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    answer(TokenInformationClass, block, needed, &needed);
    *TokenInformation = block;
    return STATUS_SUCCESS;
}

/* STATUS_BUFFER_TOO_SMALL with *ReturnLength. PASSIVE_LEVEL. docs: ntifs/nf-ntifs-zwqueryinformationtoken */
NTSTATUS NTAPI ZwQueryInformationToken(HANDLE TokenHandle, TOKEN_INFORMATION_CLASS TokenInformationClass,
                                       PVOID TokenInformation, ULONG TokenInformationLength, PULONG ReturnLength)
{
    void *token;
    NTSTATUS status = ob_from_handle(TokenHandle, TOKEN_QUERY, SeTokenObjectType, KernelMode, &token);

    if (!NT_SUCCESS(status))
        return status;
    ob_dereference(token);
    status = answer(TokenInformationClass, TokenInformation, TokenInformation != NULL ? TokenInformationLength : 0, ReturnLength);
    if (NT_SUCCESS(status) && *ReturnLength > TokenInformationLength)
        status = STATUS_BUFFER_TOO_SMALL;
    return status;
}

/* A handle to the process's token, System's. PASSIVE_LEVEL. docs: ntifs/nf-ntifs-zwopenprocesstokenex */
NTSTATUS NTAPI ZwOpenProcessTokenEx(HANDLE ProcessHandle, ACCESS_MASK DesiredAccess, ULONG HandleAttributes, PHANDLE TokenHandle)
{
    void *process;
    NTSTATUS status = ob_from_handle(ProcessHandle, 0, PsProcessType, KernelMode, &process);

    *TokenHandle = NULL;
    if (!NT_SUCCESS(status))
        return status;
    ob_dereference(process);
    return ob_open_handle(se_system_token(), DesiredAccess, HandleAttributes, TokenHandle);
}

/* A handle to the thread's impersonation token. PASSIVE_LEVEL. STATUS_NO_TOKEN when it acts for itself, STATUS_CANT_OPEN_ANONYMOUS.
 * docs: ntifs/nf-ntifs-zwopenthreadtokenex */
NTSTATUS NTAPI ZwOpenThreadTokenEx(HANDLE ThreadHandle, ACCESS_MASK DesiredAccess, BOOLEAN OpenAsSelf, ULONG HandleAttributes,
                                   PHANDLE TokenHandle)
{
    SECURITY_IMPERSONATION_LEVEL level;
    BOOLEAN copy, effective;
    void *thread;
    NTSTATUS status = ob_from_handle(ThreadHandle, 0, PsThreadType, KernelMode, &thread);

    (void)OpenAsSelf;
    *TokenHandle = NULL;
    if (!NT_SUCCESS(status))
        return status;
    PACCESS_TOKEN token = PsReferenceImpersonationToken(thread, &copy, &effective, &level);
    ob_dereference(thread);
    if (token == NULL)
        return STATUS_NO_TOKEN;
    status = level == SecurityAnonymous ? STATUS_CANT_OPEN_ANONYMOUS : ob_open_handle(token, DesiredAccess, HandleAttributes, TokenHandle);
    PsDereferenceImpersonationToken(token);
    return status;
}

/* PASSIVE_LEVEL. docs: ntifs/nf-ntifs-ntopenprocesstoken */
NTSTATUS NTAPI ZwOpenProcessToken(HANDLE ProcessHandle, ACCESS_MASK DesiredAccess, PHANDLE TokenHandle)
{
    return ZwOpenProcessTokenEx(ProcessHandle, DesiredAccess, OBJ_KERNEL_HANDLE, TokenHandle);
}

/* PASSIVE_LEVEL. docs: ntifs/nf-ntifs-ntopenthreadtoken */
NTSTATUS NTAPI ZwOpenThreadToken(HANDLE ThreadHandle, ACCESS_MASK DesiredAccess, BOOLEAN OpenAsSelf, PHANDLE TokenHandle)
{
    return ZwOpenThreadTokenEx(ThreadHandle, DesiredAccess, OpenAsSelf, OBJ_KERNEL_HANDLE, TokenHandle);
}

static uint64_t next_luid;

void se_token_reset(void)
{
    next_luid = 1001;                   /* Windows begins there, too: lower ones are well known */
}

/* A value that no other call returns while the computer runs. Any IRQL. docs: ntddk/nf-ntddk-zwallocatelocallyuniqueid */
NTSTATUS NTAPI ZwAllocateLocallyUniqueId(PLUID Luid)
{
    *Luid = (LUID){(ULONG)next_luid, (LONG)(next_luid >> 32)};
    next_luid++;
    return STATUS_SUCCESS;
}
