/* Questions about threads and the one process, as undocumented exports answer them. Any IRQL. */
#include "base/log.h"
#include "nt/ob.h"
#include "nt/ps.h"
#include "ring3/nt_rare.h"

PEPROCESS NTAPI PsGetCurrentThreadProcess(VOID)
{
    return PsInitialSystemProcess;
}

HANDLE NTAPI PsGetCurrentThreadProcessId(VOID)
{
    return PsGetProcessId(PsInitialSystemProcess);
}

/* Every thread runs in the kernel for itself. Any IRQL. */
CCHAR NTAPI PsGetCurrentThreadPreviousMode(VOID)
{
    return ExGetPreviousMode();
}

PVOID NTAPI PsGetCurrentThreadStackBase(VOID)
{
    return IoGetInitialStack();
}

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

PVOID NTAPI PsGetProcessPeb(PEPROCESS Process)
{
    (void)Process;
    return NULL;
}

PVOID NTAPI PsGetProcessWow64Process(PEPROCESS Process)
{
    (void)Process;
    return NULL;
}

PVOID NTAPI PsGetCurrentProcessWow64Process(VOID)
{
    return NULL;
}

PVOID NTAPI PsGetProcessDebugPort(PEPROCESS Process)
{
    (void)Process;
    return NULL;
}

BOOLEAN NTAPI PsIsProcessBeingDebugged(PEPROCESS Process)
{
    (void)Process;
    return FALSE;
}

BOOLEAN NTAPI PsGetProcessExitProcessCalled(PEPROCESS Process)
{
    (void)Process;
    return FALSE;
}

PVOID NTAPI PsGetProcessJob(PEPROCESS Process)
{
    (void)Process;
    return NULL;
}

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
