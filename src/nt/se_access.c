/* SeExports, the System token, and access checks. Everything runs as System, which Windows grants every privilege and, for
 * kernel mode, every access; a check for user mode is granted as well, since no process here has another token. */
#include <string.h>

#include "nt/ob.h"
#include "nt/pool.h"
#include "nt/se.h"
#include "ring3/nt_rare.h"
#include "ring3/rtl_security.h"

#define SID_BYTES 28

static SE_EXPORTS exports;
PSE_EXPORTS SeExports = &exports;
static UCHAR sids[40][SID_BYTES] __attribute__((aligned(8)));
static unsigned sid_count;
static void *token;

static PSID make_sid(UCHAR authority, UCHAR count, ULONG first, ULONG second)
{
    SID_IDENTIFIER_AUTHORITY a = {{0, 0, 0, 0, 0, authority}};
    PSID sid = sids[sid_count++];

    RtlInitializeSid(sid, &a, count);
    if (count > 0)
        *RtlSubAuthoritySid(sid, 0) = first;
    if (count > 1)
        *RtlSubAuthoritySid(sid, 1) = second;
    return sid;
}

static void make_sids(void)
{
    exports.SeNullSid = make_sid(0, 1, 0, 0);
    exports.SeWorldSid = make_sid(1, 1, 0, 0);
    exports.SeLocalSid = make_sid(2, 1, 0, 0);
    exports.SeCreatorOwnerSid = make_sid(3, 1, 0, 0);
    exports.SeCreatorGroupSid = make_sid(3, 1, 1, 0);
    exports.SeOwnerRightsSid = make_sid(3, 1, 4, 0);
    exports.SeNtAuthoritySid = make_sid(5, 0, 0, 0);
    exports.SeDialupSid = make_sid(5, 1, 1, 0);
    exports.SeNetworkSid = make_sid(5, 1, 2, 0);
    exports.SeBatchSid = make_sid(5, 1, 3, 0);
    exports.SeInteractiveSid = make_sid(5, 1, 4, 0);
    exports.SeAnonymousLogonSid = make_sid(5, 1, 7, 0);
    exports.SeAuthenticatedUsersSid = make_sid(5, 1, 11, 0);
    exports.SeRestrictedSid = make_sid(5, 1, 12, 0);
    exports.SeIUserSid = make_sid(5, 1, 17, 0);
    exports.SeLocalSystemSid = make_sid(5, 1, 18, 0);
    exports.SeLocalServiceSid = make_sid(5, 1, 19, 0);
    exports.SeNetworkServiceSid = make_sid(5, 1, 20, 0);
    exports.SeAliasAdminsSid = make_sid(5, 2, 32, 544);
    exports.SeAliasUsersSid = make_sid(5, 2, 32, 545);
    exports.SeAliasGuestsSid = make_sid(5, 2, 32, 546);
    exports.SeAliasPowerUsersSid = make_sid(5, 2, 32, 547);
    exports.SeAliasAccountOpsSid = make_sid(5, 2, 32, 548);
    exports.SeAliasSystemOpsSid = make_sid(5, 2, 32, 549);
    exports.SeAliasPrintOpsSid = make_sid(5, 2, 32, 550);
    exports.SeAliasBackupOpsSid = make_sid(5, 2, 32, 551);
    exports.SeAllAppPackagesSid = make_sid(15, 2, 2, 1);
    exports.SeUntrustedMandatorySid = make_sid(16, 1, 0, 0);
    exports.SeLowMandatorySid = make_sid(16, 1, SECURITY_MANDATORY_LOW_RID, 0);
    exports.SeMediumMandatorySid = make_sid(16, 1, SECURITY_MANDATORY_MEDIUM_RID, 0);
    exports.SeHighMandatorySid = make_sid(16, 1, SECURITY_MANDATORY_HIGH_RID, 0);
    exports.SeSystemMandatorySid = make_sid(16, 1, SECURITY_MANDATORY_SYSTEM_RID, 0);
}

static void make_privileges(void)
{
    const struct {
        LUID *luid;
        ULONG value;
    } table[] = {
        {&exports.SeCreateTokenPrivilege, SE_CREATE_TOKEN_PRIVILEGE},
        {&exports.SeAssignPrimaryTokenPrivilege, SE_ASSIGNPRIMARYTOKEN_PRIVILEGE},
        {&exports.SeLockMemoryPrivilege, SE_LOCK_MEMORY_PRIVILEGE},
        {&exports.SeIncreaseQuotaPrivilege, SE_INCREASE_QUOTA_PRIVILEGE},
        {&exports.SeTcbPrivilege, SE_TCB_PRIVILEGE},
        {&exports.SeSecurityPrivilege, SE_SECURITY_PRIVILEGE},
        {&exports.SeTakeOwnershipPrivilege, SE_TAKE_OWNERSHIP_PRIVILEGE},
        {&exports.SeLoadDriverPrivilege, SE_LOAD_DRIVER_PRIVILEGE},
        {&exports.SeCreatePagefilePrivilege, SE_CREATE_PAGEFILE_PRIVILEGE},
        {&exports.SeIncreaseBasePriorityPrivilege, SE_INC_BASE_PRIORITY_PRIVILEGE},
        {&exports.SeSystemProfilePrivilege, SE_SYSTEM_PROFILE_PRIVILEGE},
        {&exports.SeSystemtimePrivilege, SE_SYSTEMTIME_PRIVILEGE},
        {&exports.SeProfileSingleProcessPrivilege, SE_PROF_SINGLE_PROCESS_PRIVILEGE},
        {&exports.SeCreatePermanentPrivilege, SE_CREATE_PERMANENT_PRIVILEGE},
        {&exports.SeBackupPrivilege, SE_BACKUP_PRIVILEGE},
        {&exports.SeRestorePrivilege, SE_RESTORE_PRIVILEGE},
        {&exports.SeShutdownPrivilege, SE_SHUTDOWN_PRIVILEGE},
        {&exports.SeDebugPrivilege, SE_DEBUG_PRIVILEGE},
        {&exports.SeAuditPrivilege, SE_AUDIT_PRIVILEGE},
        {&exports.SeSystemEnvironmentPrivilege, SE_SYSTEM_ENVIRONMENT_PRIVILEGE},
        {&exports.SeChangeNotifyPrivilege, SE_CHANGE_NOTIFY_PRIVILEGE},
        {&exports.SeRemoteShutdownPrivilege, SE_REMOTE_SHUTDOWN_PRIVILEGE},
        {&exports.SeUndockPrivilege, SE_UNDOCK_PRIVILEGE},
        {&exports.SeSyncAgentPrivilege, SE_SYNC_AGENT_PRIVILEGE},
        {&exports.SeEnableDelegationPrivilege, SE_ENABLE_DELEGATION_PRIVILEGE},
        {&exports.SeManageVolumePrivilege, SE_MANAGE_VOLUME_PRIVILEGE},
        {&exports.SeImpersonatePrivilege, SE_IMPERSONATE_PRIVILEGE},
        {&exports.SeCreateGlobalPrivilege, SE_CREATE_GLOBAL_PRIVILEGE},
        {&exports.SeTrustedCredManAccessPrivilege, SE_TRUSTED_CREDMAN_ACCESS_PRIVILEGE},
        {&exports.SeRelabelPrivilege, SE_RELABEL_PRIVILEGE},
        {&exports.SeIncreaseWorkingSetPrivilege, SE_INC_WORKING_SET_PRIVILEGE},
        {&exports.SeTimeZonePrivilege, SE_TIME_ZONE_PRIVILEGE},
        {&exports.SeCreateSymbolicLinkPrivilege, SE_CREATE_SYMBOLIC_LINK_PRIVILEGE},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        *table[i].luid = (LUID){table[i].value, 0};
}

NTSTATUS se_start(void)
{
    sid_count = 0;
    make_sids();
    make_privileges();
    se_token_reset();
    return ob_create(SeTokenObjectType, 64, &token);
}

void se_stop(void)
{
    if (token != NULL)
        ob_dereference(token);
    token = NULL;
}

void *se_system_token(void)
{
    return token;
}

/* Grants what is asked for, mapped to specific rights. *AccessStatus is STATUS_SUCCESS. IRQL PASSIVE_LEVEL.
 * docs: wdm/nf-wdm-seaccesscheck */
BOOLEAN NTAPI SeAccessCheck(PSECURITY_DESCRIPTOR SecurityDescriptor, PSECURITY_SUBJECT_CONTEXT SubjectSecurityContext,
                            BOOLEAN SubjectContextLocked, ACCESS_MASK DesiredAccess, ACCESS_MASK PreviouslyGrantedAccess,
                            PPRIVILEGE_SET *Privileges, PGENERIC_MAPPING GenericMapping, KPROCESSOR_MODE AccessMode,
                            PACCESS_MASK GrantedAccess, PNTSTATUS AccessStatus)
{
    ACCESS_MASK mask = DesiredAccess;

    (void)SubjectSecurityContext, (void)SubjectContextLocked;
    if (Privileges != NULL)
        *Privileges = NULL;
    if (SecurityDescriptor == NULL && AccessMode != KernelMode) {
        *AccessStatus = STATUS_ACCESS_DENIED;
        *GrantedAccess = 0;
        return FALSE;
    }
    if (mask & MAXIMUM_ALLOWED)
        mask = (mask & ~(ACCESS_MASK)MAXIMUM_ALLOWED) | GENERIC_ALL;
    RtlMapGenericMask(&mask, GenericMapping);
    *GrantedAccess = mask | PreviouslyGrantedAccess;
    *AccessStatus = STATUS_SUCCESS;
    return TRUE;
}

/* TRUE: System holds every privilege. docs: ntddk/nf-ntddk-sesingleprivilegecheck */
BOOLEAN NTAPI SeSinglePrivilegeCheck(LUID PrivilegeValue, KPROCESSOR_MODE PreviousMode)
{
    (void)PrivilegeValue, (void)PreviousMode;
    return TRUE;
}

/* TRUE; every privilege is marked as used. docs: ntifs/nf-ntifs-seprivilegecheck */
BOOLEAN NTAPI SePrivilegeCheck(PPRIVILEGE_SET RequiredPrivileges, PSECURITY_SUBJECT_CONTEXT SubjectSecurityContext,
                               KPROCESSOR_MODE AccessMode)
{
    (void)SubjectSecurityContext;
    for (ULONG i = 0; AccessMode != KernelMode && i < RequiredPrivileges->PrivilegeCount; i++)
        RequiredPrivileges->Privilege[i].Attributes |= SE_PRIVILEGE_USED_FOR_ACCESS;
    return TRUE;
}

/* Frees a set that SeAccessCheck returned; it returns none here. docs: ntifs/nf-ntifs-sefreeprivileges */
VOID NTAPI SeFreePrivileges(PPRIVILEGE_SET Privileges)
{
    if (Privileges != NULL)
        pool_free(Privileges, 0, __builtin_return_address(0));
}

/* The System token as primary token, and the thread's impersonation token. docs: ntddk/nf-ntddk-secapturesubjectcontext */
VOID NTAPI SeCaptureSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext)
{
    SeCaptureSubjectContextEx(PsGetCurrentThread(), PsInitialSystemProcess, SubjectContext);
}

/* One host thread: nothing to lock. docs: ntddk/nf-ntddk-selocksubjectcontext */
VOID NTAPI SeLockSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext)
{
    (void)SubjectContext;
}

/* docs: ntddk/nf-ntddk-seunlocksubjectcontext */
VOID NTAPI SeUnlockSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext)
{
    (void)SubjectContext;
}

/* docs: ntddk/nf-ntddk-sereleasesubjectcontext */
VOID NTAPI SeReleaseSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext)
{
    if (SubjectContext->PrimaryToken != NULL)
        ob_dereference(SubjectContext->PrimaryToken);
    if (SubjectContext->ClientToken != NULL)
        ob_dereference(SubjectContext->ClientToken);
    *SubjectContext = (SECURITY_SUBJECT_CONTEXT){0};
}

/* docs: ntifs/nf-ntifs-setokenisadmin */
BOOLEAN NTAPI SeTokenIsAdmin(PACCESS_TOKEN Token)
{
    (void)Token;
    return TRUE;
}

/* docs: ntifs/nf-ntifs-setokenisrestricted */
BOOLEAN NTAPI SeTokenIsRestricted(PACCESS_TOKEN Token)
{
    (void)Token;
    return FALSE;
}

/* docs: ntifs/nf-ntifs-setokentype */
TOKEN_TYPE NTAPI SeTokenType(PACCESS_TOKEN Token)
{
    (void)Token;
    return TokenPrimary;
}

/* System's logon: 0x3e7. docs: ntifs/nf-ntifs-sequeryauthenticationidtoken */
NTSTATUS NTAPI SeQueryAuthenticationIdToken(PACCESS_TOKEN Token, PLUID AuthenticationId)
{
    (void)Token;
    *AuthenticationId = (LUID){0x3e7, 0};
    return STATUS_SUCCESS;
}

/* Session 0. docs: ntifs/nf-ntifs-sequerysessionidtoken */
NTSTATUS NTAPI SeQuerySessionIdToken(PACCESS_TOKEN Token, PULONG SessionId)
{
    (void)Token;
    *SessionId = 0;
    return STATUS_SUCCESS;
}

/* Maps the access that is still to be granted. docs: ntifs/nf-ntifs-sesetaccessstategenericmapping */
VOID NTAPI SeSetAccessStateGenericMapping(PACCESS_STATE AccessState, PGENERIC_MAPPING GenericMapping)
{
    RtlMapGenericMask(&AccessState->RemainingDesiredAccess, GenericMapping);
}
