/* Questions about threads and the one process, as undocumented exports answer them. Any IRQL. */
#include "base/log.h"
#include "nt/ob.h"
#include "nt/ps.h"
#include "ring3/nt_rare.h"

/* System, not referenced. Any IRQL. */
PEPROCESS NTAPI PsGetCurrentThreadProcess(VOID)
{
    return PsInitialSystemProcess;
}

/* System's. Any IRQL. */
HANDLE NTAPI PsGetCurrentThreadProcessId(VOID)
{
    return PsGetProcessId(PsInitialSystemProcess);
}

/* Every thread runs in the kernel for itself. Any IRQL. */
CCHAR NTAPI PsGetCurrentThreadPreviousMode(VOID)
{
    return ExGetPreviousMode();
}

/* The end of the running stack. Any IRQL. */
PVOID NTAPI PsGetCurrentThreadStackBase(VOID)
{
    return IoGetInitialStack();
}

/* Its lowest byte. Any IRQL. */
PVOID NTAPI PsGetCurrentThreadStackLimit(VOID)
{
    return ke_current()->stack;
}

/* NULL: the System process has no user part. Any IRQL. */
PVOID NTAPI PsGetThreadTeb(PETHREAD Thread)
{
    (void)Thread;
    return NULL;
}

/* NULL, likewise. Any IRQL. */
PVOID NTAPI PsGetProcessPeb(PEPROCESS Process)
{
    (void)Process;
    return NULL;
}

/* NULL: System is no 32-bit process. Any IRQL. */
PVOID NTAPI PsGetProcessWow64Process(PEPROCESS Process)
{
    (void)Process;
    return NULL;
}

/* NULL, likewise. Any IRQL. */
PVOID NTAPI PsGetCurrentProcessWow64Process(VOID)
{
    return NULL;
}

/* NULL: nobody debugs it. Any IRQL. */
PVOID NTAPI PsGetProcessDebugPort(PEPROCESS Process)
{
    (void)Process;
    return NULL;
}

/* Any IRQL. */
BOOLEAN NTAPI PsIsProcessBeingDebugged(PEPROCESS Process)
{
    (void)Process;
    return FALSE;
}

/* FALSE: System never ends. Any IRQL. */
BOOLEAN NTAPI PsGetProcessExitProcessCalled(PEPROCESS Process)
{
    (void)Process;
    return FALSE;
}

/* NULL: it is in no job. Any IRQL. */
PVOID NTAPI PsGetProcessJob(PEPROCESS Process)
{
    (void)Process;
    return NULL;
}

/* NULL: it has no image. Any IRQL. */
PVOID NTAPI PsGetProcessSectionBaseAddress(PEPROCESS Process)
{
    (void)Process;
    return NULL;
}

/* There is no other address space to attach to. Any IRQL. */
BOOLEAN NTAPI KeIsAttachedProcess(VOID)
{
    return FALSE;
}

/* Ends no process: STATUS_ACCESS_DENIED for the only one, System. PASSIVE_LEVEL. STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH.
 * docs: ntddk/nf-ntddk-zwterminateprocess */
NTSTATUS NTAPI ZwTerminateProcess(HANDLE ProcessHandle, NTSTATUS ExitStatus)
{
    void *process;
    NTSTATUS status = ob_from_handle(ProcessHandle, 0, PsProcessType, KernelMode, &process);

    (void)ExitStatus;
    if (!NT_SUCCESS(status))
        return status;
    ob_dereference(process);
    log_warn("ps", "ZwTerminateProcess: System is the only process, and cannot end");
    return STATUS_ACCESS_DENIED;
}

/* Any IRQL. docs: wdm/nf-wdm-kzraiseirql */
KIRQL NTAPI KzRaiseIrql(KIRQL NewIrql)
{
    return KfRaiseIrql(NewIrql);
}

/* Any IRQL. docs: wdm/nf-wdm-kzlowerirql */
VOID NTAPI KzLowerIrql(KIRQL NewIrql)
{
    KeLowerIrql(NewIrql);
}
