/* Handles of processes, settings and facts of threads by handle, and the tokens of both. */
#include "nt/ob.h"
#include "nt/ps.h"
#include "nt/se.h"
#include "ring3/nt_calls.h"
#include "ring3/security.h"

/* A handle to the process of ClientId. PASSIVE_LEVEL. STATUS_INVALID_PARAMETER_MIX without an ID or with a name,
 * STATUS_INVALID_CID for an ID nobody has. docs: ntddk/nf-ntddk-zwopenprocess */
NTSTATUS NTAPI ZwOpenProcess(PHANDLE ProcessHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                             PCLIENT_ID ClientId)
{
    PEPROCESS process;
    PETHREAD thread;
    NTSTATUS status;

    if (ObjectAttributes->ObjectName != NULL || ClientId == NULL)
        return STATUS_INVALID_PARAMETER_MIX;
    if (ClientId->UniqueThread != NULL) {
        status = PsLookupThreadByThreadId(ClientId->UniqueThread, &thread);
        if (!NT_SUCCESS(status))
            return STATUS_INVALID_CID;
        ob_dereference(thread);
    }
    status = PsLookupProcessByProcessId(ClientId->UniqueProcess, &process);
    if (!NT_SUCCESS(status))
        return STATUS_INVALID_CID;
    status = ob_open_handle(process, DesiredAccess, ObjectAttributes->Attributes, ProcessHandle);
    ob_dereference(process);
    return status;
}

static NTSTATUS set_priority(struct ps_thread *t, KPRIORITY priority)
{
    if (priority <= LOW_PRIORITY || priority > HIGH_PRIORITY)
        return STATUS_INVALID_PARAMETER;
    KeSetPriorityThread((PKTHREAD)t, priority);
    return STATUS_SUCCESS;
}

/* A variable-priority thread stays one, and a real-time one, too: an increment that would change that is refused. */
static NTSTATUS set_base_priority(struct ps_thread *t, LONG increment)
{
    if (increment < -15 || increment > 15)
        return STATUS_INVALID_PARAMETER;
    KeSetBasePriorityThread((PKTHREAD)t, increment);
    return STATUS_SUCCESS;
}

static NTSTATUS set(struct ps_thread *t, THREADINFOCLASS class, const void *information)
{
    const ULONG *value = information;

    switch (class) {
    case ThreadPriority:
        return set_priority(t, (KPRIORITY)*value);
    case ThreadBasePriority:
        return set_base_priority(t, (LONG)*value);
    case ThreadPagePriority:            /* nothing is paged: noted nowhere */
        return *value >= MEMORY_PRIORITY_VERY_LOW && *value <= MEMORY_PRIORITY_NORMAL ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    default:
        return STATUS_INVALID_INFO_CLASS;
    }
}

/* Sets the priority, the base priority (an increment) or the page priority of a thread. PASSIVE_LEVEL.
 * STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_PARAMETER, STATUS_INVALID_INFO_CLASS for other classes.
 * docs: ntddk/nf-ntddk-zwsetinformationthread */
NTSTATUS NTAPI ZwSetInformationThread(HANDLE ThreadHandle, THREADINFOCLASS ThreadInformationClass, PVOID ThreadInformation,
                                      ULONG ThreadInformationLength)
{
    bool known = ThreadInformationClass == ThreadPriority || ThreadInformationClass == ThreadBasePriority ||
                 ThreadInformationClass == ThreadPagePriority;
    void *thread;
    NTSTATUS status;

    if (known && ThreadInformationLength != sizeof(ULONG))
        return STATUS_INFO_LENGTH_MISMATCH;
    status = ob_from_handle(ThreadHandle, THREAD_SET_INFORMATION, PsThreadType, KernelMode, &thread);
    if (!NT_SUCCESS(status))
        return status;
    status = set(thread, ThreadInformationClass, ThreadInformation);
    ob_dereference(thread);
    return status;
}

/* Where a thread started: ThreadQuerySetWin32StartAddress, a PVOID. *ReturnLength (may be NULL): bytes written or needed. PASSIVE_LEVEL.
 * STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_INFO_CLASS for other classes. docs: ntdll/nf-winternl-ntqueryinformationthread */
NTSTATUS NTAPI ZwQueryInformationThread(HANDLE ThreadHandle, THREADINFOCLASS ThreadInformationClass, PVOID ThreadInformation,
                                        ULONG ThreadInformationLength, PULONG ReturnLength)
{
    void *thread;
    NTSTATUS status;

    if (ThreadInformationClass != ThreadQuerySetWin32StartAddress)
        return STATUS_INVALID_INFO_CLASS;
    if (ReturnLength != NULL)
        *ReturnLength = sizeof(PVOID);
    if (ThreadInformationLength != sizeof(PVOID))
        return STATUS_INFO_LENGTH_MISMATCH;
    status = ob_from_handle(ThreadHandle, THREAD_QUERY_INFORMATION, PsThreadType, KernelMode, &thread);
    if (!NT_SUCCESS(status))
        return status;
    *(PKSTART_ROUTINE *)ThreadInformation = ((struct ps_thread *)thread)->start;
    ob_dereference(thread);
    return STATUS_SUCCESS;
}

/* The process's primary token, with a reference for the caller. PASSIVE_LEVEL. docs: ntifs/nf-ntifs-psreferenceprimarytoken */
PACCESS_TOKEN NTAPI PsReferencePrimaryToken(PEPROCESS Process)
{
    (void)Process;                      /* there is one token */
    ob_reference(se_system_token());
    return se_system_token();
}

/* IRQL < DISPATCH. docs: ntifs/nf-ntifs-psdereferenceprimarytoken */
VOID NTAPI PsDereferencePrimaryToken(PACCESS_TOKEN PrimaryToken)
{
    ob_dereference(PrimaryToken);
}

/* NULL is allowed. IRQL < DISPATCH. docs: ntifs/nf-ntifs-psdereferenceimpersonationtoken */
VOID NTAPI PsDereferenceImpersonationToken(PACCESS_TOKEN ImpersonationToken)
{
    if (ImpersonationToken != NULL)
        ob_dereference(ImpersonationToken);
}
