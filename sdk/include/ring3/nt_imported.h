/* Undocumented exports that drivers declare themselves, as they declare them. Included by no header of the kit. */
#ifndef RING3_NT_IMPORTED_H
#define RING3_NT_IMPORTED_H

#include <ring3/io.h>
#include <ring3/ke.h>
#include <ring3/ps.h>
#include <ring3/security.h>

RING3_BEGIN_C

NTKERNELAPI BOOLEAN NTAPI PsIsProtectedProcess(PEPROCESS Process);
NTKERNELAPI ULONG NTAPI PsGetProcessSessionIdEx(PEPROCESS Process);
NTKERNELAPI ULONG NTAPI PsGetThreadSessionId(PETHREAD Thread);
NTKERNELAPI NTSTATUS NTAPI PsAcquireProcessExitSynchronization(PEPROCESS Process);
NTKERNELAPI VOID NTAPI PsReleaseProcessExitSynchronization(PEPROCESS Process);
NTKERNELAPI NTSTATUS NTAPI PsLookupProcessThreadByCid(PCLIENT_ID ClientId, PEPROCESS *Process, PETHREAD *Thread);
NTSYSAPI NTSTATUS NTAPI ZwAlertThread(HANDLE ThreadHandle);
NTSYSAPI NTSTATUS NTAPI ZwPulseEvent(HANDLE EventHandle, PLONG PreviousState);
NTKERNELAPI BOOLEAN NTAPI KeIsWaitListEmpty(PVOID Object);
NTSYSAPI NTSTATUS NTAPI RtlSystemTimeToLocalTime(PLARGE_INTEGER SystemTime, PLARGE_INTEGER LocalTime);
NTSYSAPI NTSTATUS NTAPI RtlLocalTimeToSystemTime(PLARGE_INTEGER LocalTime, PLARGE_INTEGER SystemTime);
NTSYSAPI ULONG NTAPI RtlComputeCrc32(ULONG PartialCrc, PVOID Buffer, ULONG Length);
NTKERNELAPI NTSTATUS NTAPI IoAttachDeviceByPointer(PDEVICE_OBJECT SourceDevice, PDEVICE_OBJECT TargetDevice);
NTKERNELAPI BOOLEAN NTAPI SeTokenIsWriteRestricted(PACCESS_TOKEN Token);

RING3_END_C

#endif
