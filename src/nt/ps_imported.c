/* Undocumented exports that drivers import all the same: one answer each, for the one process and its threads. */
#include "nt/io_internal.h"
#include "nt/ke_apc.h"
#include "nt/ps.h"
#include "ring3/ex.h"
#include "ring3/nt_imported.h"
#include "ring3/rtl_misc.h"

/* TRUE: System is protected. Any IRQL. */
BOOLEAN NTAPI PsIsProtectedProcess(PEPROCESS Process)
{
    return Process == PsInitialSystemProcess;
}

/* Session 0. Any IRQL. */
ULONG NTAPI PsGetProcessSessionIdEx(PEPROCESS Process)
{
    (void)Process;
    return 0;
}

/* Session 0. Any IRQL. */
ULONG NTAPI PsGetThreadSessionId(PETHREAD Thread)
{
    (void)Thread;
    return 0;
}

/* System does not end. <= APC_LEVEL. */
NTSTATUS NTAPI PsAcquireProcessExitSynchronization(PEPROCESS Process)
{
    (void)Process;
    return STATUS_SUCCESS;
}

/* <= APC_LEVEL. */
VOID NTAPI PsReleaseProcessExitSynchronization(PEPROCESS Process)
{
    (void)Process;
}

/* *Process (may be NULL) and *Thread come referenced. <= APC_LEVEL. STATUS_INVALID_CID. */
NTSTATUS NTAPI PsLookupProcessThreadByCid(PCLIENT_ID ClientId, PEPROCESS *Process, PETHREAD *Thread)
{
    PEPROCESS process;
    PETHREAD thread;

    if (!NT_SUCCESS(PsLookupThreadByThreadId(ClientId->UniqueThread, &thread)))
        return STATUS_INVALID_CID;
    if (!NT_SUCCESS(PsLookupProcessByProcessId(ClientId->UniqueProcess, &process))) {
        ob_dereference(thread);
        return STATUS_INVALID_CID;
    }
    *Thread = thread;
    if (Process != NULL)
        *Process = process;
    else
        ob_dereference(process);
    return STATUS_SUCCESS;
}

/* KeAlertThread by handle. PASSIVE_LEVEL. STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH. */
NTSTATUS NTAPI ZwAlertThread(HANDLE ThreadHandle)
{
    void *thread;
    NTSTATUS status = ob_from_handle(ThreadHandle, 0, PsThreadType, KernelMode, &thread);

    if (!NT_SUCCESS(status))
        return status;
    KeAlertThread(thread, KernelMode);
    ob_dereference(thread);
    return STATUS_SUCCESS;
}

/* KePulseEvent by handle. PASSIVE_LEVEL. STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH. */
NTSTATUS NTAPI ZwPulseEvent(HANDLE EventHandle, PLONG PreviousState)
{
    void *event;
    NTSTATUS status = ob_from_handle(EventHandle, EVENT_MODIFY_STATE, ExEventObjectType, KernelMode, &event);

    if (!NT_SUCCESS(status))
        return status;
    LONG before = KePulseEvent(event, 1, FALSE);
    if (PreviousState != NULL)
        *PreviousState = before;
    ob_dereference(event);
    return STATUS_SUCCESS;
}

/* TRUE when nobody waits for the object. <= DISPATCH_LEVEL. */
BOOLEAN NTAPI KeIsWaitListEmpty(PVOID Object)
{
    return nt_list_empty(&((DISPATCHER_HEADER *)Object)->WaitListHead);
}

/* Any IRQL. */
NTSTATUS NTAPI RtlSystemTimeToLocalTime(PLARGE_INTEGER SystemTime, PLARGE_INTEGER LocalTime)
{
    ExSystemTimeToLocalTime(SystemTime, LocalTime);
    return STATUS_SUCCESS;
}

/* Any IRQL. */
NTSTATUS NTAPI RtlLocalTimeToSystemTime(PLARGE_INTEGER LocalTime, PLARGE_INTEGER SystemTime)
{
    ExLocalTimeToSystemTime(LocalTime, SystemTime);
    return STATUS_SUCCESS;
}

/* The CRC-32 of what PartialCrc (0 at first) covers and of Buffer behind it. Any IRQL. */
ULONG NTAPI RtlComputeCrc32(ULONG PartialCrc, PVOID Buffer, ULONG Length)
{
    return RtlCrc32(Buffer, Length, PartialCrc);
}

/* IoAttachDeviceToDeviceStack whose result is a status. PASSIVE_LEVEL. STATUS_NO_SUCH_DEVICE. */
NTSTATUS NTAPI IoAttachDeviceByPointer(PDEVICE_OBJECT SourceDevice, PDEVICE_OBJECT TargetDevice)
{
    return IoAttachDeviceToDeviceStack(SourceDevice, TargetDevice) != NULL ? STATUS_SUCCESS : STATUS_NO_SUCH_DEVICE;
}

/* FALSE: there is one token, System's. Any IRQL. */
BOOLEAN NTAPI SeTokenIsWriteRestricted(PACCESS_TOKEN Token)
{
    (void)Token;
    return FALSE;
}
