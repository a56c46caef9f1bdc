/* Impersonation: a thread may act with another token than its process's. There is one token, System's, so that what it may do stays the
 * same; who asks which token a thread has gets a true answer. Auditing is off. PASSIVE_LEVEL. */
#include "nt/ob.h"
#include "nt/ps.h"
#include "nt/se.h"
#include "ring3/nt_calls.h"
#include "ring3/nt_more.h"
#include "ring3/nt_rare.h"

static struct ps_thread *of(PETHREAD thread)
{
    return thread != NULL ? (struct ps_thread *)(void *)thread : ps_current();
}

/* Token NULL ends it. References the token. PASSIVE_LEVEL. docs: ntifs/nf-ntifs-psimpersonateclient */
NTSTATUS NTAPI PsImpersonateClient(PETHREAD Thread, PACCESS_TOKEN Token, BOOLEAN CopyOnOpen, BOOLEAN EffectiveOnly,
                                   SECURITY_IMPERSONATION_LEVEL ImpersonationLevel)
{
    struct ps_thread *t = of(Thread);
    void *old = t->impersonated;

    if (Token != NULL)
        ob_reference(Token);
    t->impersonated = Token;
    t->copy_on_open = CopyOnOpen;
    t->effective_only = EffectiveOnly;
    t->impersonation_level = ImpersonationLevel;
    if (old != NULL)
        ob_dereference(old);
    return STATUS_SUCCESS;
}

/* PASSIVE_LEVEL. docs: ntifs/nf-ntifs-psreverttoself */
VOID NTAPI PsRevertToSelf(VOID)
{
    PsImpersonateClient(NULL, NULL, FALSE, FALSE, SecurityAnonymous);
}

/* The same for another thread. No page. PASSIVE_LEVEL. */
VOID NTAPI PsRevertThreadToSelf(PETHREAD Thread)
{
    PsImpersonateClient(Thread, NULL, FALSE, FALSE, SecurityAnonymous);
}

/* The token, referenced, and how it was given; NULL when the thread does not impersonate.
 * PASSIVE_LEVEL. docs: ntifs/nf-ntifs-psreferenceimpersonationtoken */
PACCESS_TOKEN NTAPI PsReferenceImpersonationToken(PETHREAD Thread, PBOOLEAN CopyOnOpen, PBOOLEAN EffectiveOnly,
                                                  PSECURITY_IMPERSONATION_LEVEL ImpersonationLevel)
{
    struct ps_thread *t = of(Thread);

    if (t->impersonated == NULL)
        return NULL;
    *CopyOnOpen = t->copy_on_open;
    *EffectiveOnly = t->effective_only;
    *ImpersonationLevel = (SECURITY_IMPERSONATION_LEVEL)t->impersonation_level;
    ob_reference(t->impersonated);
    return t->impersonated;
}

/* Any IRQL. */
BOOLEAN NTAPI PsIsThreadImpersonating(PETHREAD Thread)
{
    return of(Thread)->impersonated != NULL;
}

/* The process's token and, with a thread, that one's impersonation token. PASSIVE_LEVEL. docs: ntifs/nf-ntifs-secapturesubjectcontextex */
VOID NTAPI SeCaptureSubjectContextEx(PETHREAD Thread, PEPROCESS Process, PSECURITY_SUBJECT_CONTEXT SubjectContext)
{
    struct ps_thread *t = Thread != NULL ? of(Thread) : NULL;

    (void)Process;
    ob_reference(se_system_token());
    *SubjectContext = (SECURITY_SUBJECT_CONTEXT){ .PrimaryToken = se_system_token(), .ProcessAuditId = (PVOID)4 };
    if (t == NULL || t->impersonated == NULL)
        return;
    ob_reference(t->impersonated);
    SubjectContext->ClientToken = t->impersonated;
    SubjectContext->ImpersonationLevel = (SECURITY_IMPERSONATION_LEVEL)t->impersonation_level;
}

static void describe(PSECURITY_CLIENT_CONTEXT context, const SECURITY_QUALITY_OF_SERVICE *qos, BOOLEAN remote, void *token)
{
    ob_reference(token);
    *context = (SECURITY_CLIENT_CONTEXT){ .SecurityQos = *qos, .ClientToken = token, .ServerIsRemote = remote,
                                          .DirectlyAccessClientToken = qos->ContextTrackingMode != 0 && !remote };
}

/* STATUS_BAD_IMPERSONATION_LEVEL for a client that itself impersonates and may not pass that on. Ends with SeDeleteClientSecurity.
 * docs: ntifs/nf-ntifs-secreateclientsecurity */
NTSTATUS NTAPI SeCreateClientSecurity(PETHREAD ClientThread, PSECURITY_QUALITY_OF_SERVICE ClientSecurityQos, BOOLEAN RemoteSession,
                                      PSECURITY_CLIENT_CONTEXT ClientContext)
{
    const struct ps_thread *t = of(ClientThread);

    if (t->impersonated != NULL && (t->impersonation_level < SecurityImpersonation ||
                                    (RemoteSession && t->impersonation_level != SecurityDelegation)))
        return STATUS_BAD_IMPERSONATION_LEVEL;
    describe(ClientContext, ClientSecurityQos, RemoteSession, t->impersonated != NULL ? t->impersonated : se_system_token());
    return STATUS_SUCCESS;
}

/* Likewise, from a captured context. PASSIVE_LEVEL. docs: ntifs/nf-ntifs-secreateclientsecurityfromsubjectcontext */
NTSTATUS NTAPI SeCreateClientSecurityFromSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext,
                                                        PSECURITY_QUALITY_OF_SERVICE ClientSecurityQos, BOOLEAN ServerIsRemote,
                                                        PSECURITY_CLIENT_CONTEXT ClientContext)
{
    void *client = SubjectContext->ClientToken;

    if (client != NULL && (SubjectContext->ImpersonationLevel < SecurityImpersonation ||
                           (ServerIsRemote && SubjectContext->ImpersonationLevel != SecurityDelegation)))
        return STATUS_BAD_IMPERSONATION_LEVEL;
    describe(ClientContext, ClientSecurityQos, ServerIsRemote, client != NULL ? client : SubjectContext->PrimaryToken);
    return STATUS_SUCCESS;
}

/* ServerThread NULL: the calling one. PASSIVE_LEVEL. docs: ntifs/nf-ntifs-seimpersonateclientex */
NTSTATUS NTAPI SeImpersonateClientEx(PSECURITY_CLIENT_CONTEXT ClientContext, PETHREAD ServerThread)
{
    return PsImpersonateClient(ServerThread, ClientContext->ClientToken, TRUE, ClientContext->SecurityQos.EffectiveOnly,
                               ClientContext->SecurityQos.ImpersonationLevel);
}

/* Without a result. PASSIVE_LEVEL. docs: ntifs/nf-ntifs-seimpersonateclient */
VOID NTAPI SeImpersonateClient(PSECURITY_CLIENT_CONTEXT ClientContext, PETHREAD ServerThread)
{
    SeImpersonateClientEx(ClientContext, ServerThread);
}

/* FALSE: nothing is audited. PASSIVE_LEVEL. docs: ntifs/nf-ntifs-seauditingfileevents */
BOOLEAN NTAPI SeAuditingFileEvents(BOOLEAN AccessGranted, PSECURITY_DESCRIPTOR SecurityDescriptor)
{
    (void)AccessGranted;
    (void)SecurityDescriptor;
    return FALSE;
}

/* PASSIVE_LEVEL. docs: ntifs/nf-ntifs-seauditingfileorglobalevents */
BOOLEAN NTAPI SeAuditingFileOrGlobalEvents(BOOLEAN AccessGranted, PSECURITY_DESCRIPTOR SecurityDescriptor,
                                           PSECURITY_SUBJECT_CONTEXT SubjectSecurityContext)
{
    (void)SubjectSecurityContext;
    return SeAuditingFileEvents(AccessGranted, SecurityDescriptor);
}

/* PASSIVE_LEVEL. docs: ntifs/nf-ntifs-seauditinghardlinkevents */
BOOLEAN NTAPI SeAuditingHardLinkEvents(BOOLEAN AccessGranted, PSECURITY_DESCRIPTOR SecurityDescriptor)
{
    return SeAuditingFileEvents(AccessGranted, SecurityDescriptor);
}

/* ---- logon sessions: System's is the only one, and lasts ---- */

static PSE_LOGON_SESSION_TERMINATED_ROUTINE terminated[16];

/* The routine is never called. STATUS_INVALID_PARAMETER, STATUS_INSUFFICIENT_RESOURCES.
 * PASSIVE_LEVEL. docs: ntifs/nf-ntifs-seregisterlogonsessionterminatedroutine */
NTSTATUS NTAPI SeRegisterLogonSessionTerminatedRoutine(PSE_LOGON_SESSION_TERMINATED_ROUTINE CallbackRoutine)
{
    if (CallbackRoutine == NULL)
        return STATUS_INVALID_PARAMETER;
    for (unsigned i = 0; i < sizeof(terminated) / sizeof(terminated[0]); i++)
        if (terminated[i] == NULL) {
            terminated[i] = CallbackRoutine;
            return STATUS_SUCCESS;
        }
    return STATUS_INSUFFICIENT_RESOURCES;
}

/* STATUS_INSUFFICIENT_RESOURCES for one that is not registered. PASSIVE_LEVEL.
 * docs: ntifs/nf-ntifs-seunregisterlogonsessionterminatedroutine */
NTSTATUS NTAPI SeUnregisterLogonSessionTerminatedRoutine(PSE_LOGON_SESSION_TERMINATED_ROUTINE CallbackRoutine)
{
    if (CallbackRoutine == NULL)
        return STATUS_INVALID_PARAMETER;
    for (unsigned i = 0; i < sizeof(terminated) / sizeof(terminated[0]); i++)
        if (terminated[i] == CallbackRoutine) {
            terminated[i] = NULL;
            return STATUS_SUCCESS;
        }
    return STATUS_INSUFFICIENT_RESOURCES;
}

/* STATUS_NOT_FOUND for another session than System's (3e7h). PASSIVE_LEVEL.
 * docs: ntifs/nf-ntifs-semarklogonsessionforterminationnotification */
NTSTATUS NTAPI SeMarkLogonSessionForTerminationNotification(PLUID LogonId)
{
    return LogonId->LowPart == 0x3e7 && LogonId->HighPart == 0 ? STATUS_SUCCESS : STATUS_NOT_FOUND;
}
