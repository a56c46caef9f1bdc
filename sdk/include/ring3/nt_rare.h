/* Names that few drivers import: exported variables, push locks under their old names, threads and processes, OEM strings, heaps,
 * impersonation, requests of file systems. Part of wdm.h, ntddk.h and ntifs.h. */
#ifndef RING3_NT_RARE_H
#define RING3_NT_RARE_H

#include <ring3/ex.h>
#include <ring3/io_file_types.h>
#include <ring3/io_func.h>
#include <ring3/ke.h>
#include <ring3/ob.h>
#include <ring3/po_types.h>
#include <ring3/ps.h>
#include <ring3/rtl.h>
#include <ring3/security.h>
#include <ring3/zw.h>

RING3_BEGIN_C

/* ---- variables: docs kernel/mm64bitphysicaladdress ---- */

RING3_DATA_POINTER(BOOLEAN, Mm64BitPhysicalAddress);
RING3_DATA(PVOID, MmBadPointer);
RING3_DATA_POINTER(ULONG, NtGlobalFlag);
RING3_DATA_POINTER(BOOLEAN, KdEnteredDebugger);
RING3_DATA_POINTER(USHORT, NlsAnsiCodePage);
RING3_DATA_POINTER(USHORT, NlsOemCodePage);
RING3_DATA_POINTER(BOOLEAN, NlsMbOemCodePageTag);

/* The table has no page: entries but the version refuse in words. */
typedef struct _HAL_DISPATCH {
    ULONG Version;
    PVOID Routine[23];
} HAL_DISPATCH, *PHAL_DISPATCH;
RING3_SIZE(HAL_DISPATCH, 192);
RING3_DATA_POINTER(HAL_DISPATCH, HalDispatchTable);
#define HALDISPATCH HalDispatchTable

/* ---- push locks ---- */

NTKERNELAPI VOID FASTCALL ExfAcquirePushLockExclusive(PEX_PUSH_LOCK PushLock);
NTKERNELAPI VOID FASTCALL ExfAcquirePushLockShared(PEX_PUSH_LOCK PushLock);
NTKERNELAPI BOOLEAN FASTCALL ExfTryAcquirePushLockShared(PEX_PUSH_LOCK PushLock);
NTKERNELAPI VOID FASTCALL ExfReleasePushLock(PEX_PUSH_LOCK PushLock);
NTKERNELAPI VOID FASTCALL ExfReleasePushLockExclusive(PEX_PUSH_LOCK PushLock);
NTKERNELAPI VOID FASTCALL ExfReleasePushLockShared(PEX_PUSH_LOCK PushLock);
NTKERNELAPI VOID FASTCALL ExfTryToWakePushLock(PEX_PUSH_LOCK PushLock);
NTKERNELAPI BOOLEAN NTAPI ExTryAcquirePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags);
NTKERNELAPI BOOLEAN NTAPI ExTryAcquirePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags);

/* ---- threads and processes ---- */

NTKERNELAPI PEPROCESS NTAPI PsGetCurrentThreadProcess(VOID);
NTKERNELAPI HANDLE NTAPI PsGetCurrentThreadProcessId(VOID);
NTKERNELAPI CCHAR NTAPI PsGetCurrentThreadPreviousMode(VOID);
NTKERNELAPI PVOID NTAPI PsGetCurrentThreadStackBase(VOID);
NTKERNELAPI PVOID NTAPI PsGetCurrentThreadStackLimit(VOID);
NTKERNELAPI PVOID NTAPI PsGetThreadTeb(PETHREAD Thread);
NTKERNELAPI PVOID NTAPI PsGetProcessPeb(PEPROCESS Process);
NTKERNELAPI PVOID NTAPI PsGetProcessWow64Process(PEPROCESS Process);
NTKERNELAPI PVOID NTAPI PsGetCurrentProcessWow64Process(VOID);
NTKERNELAPI PVOID NTAPI PsGetProcessDebugPort(PEPROCESS Process);
NTKERNELAPI BOOLEAN NTAPI PsIsProcessBeingDebugged(PEPROCESS Process);
NTKERNELAPI BOOLEAN NTAPI PsGetProcessExitProcessCalled(PEPROCESS Process);
NTKERNELAPI PVOID NTAPI PsGetProcessJob(PEPROCESS Process);
NTKERNELAPI PVOID NTAPI PsGetProcessSectionBaseAddress(PEPROCESS Process);
NTKERNELAPI BOOLEAN NTAPI KeIsAttachedProcess(VOID);
NTKERNELAPI KIRQL NTAPI KzRaiseIrql(KIRQL NewIrql);
NTKERNELAPI VOID NTAPI KzLowerIrql(KIRQL NewIrql);
NTSYSAPI NTSTATUS NTAPI ZwTerminateProcess(HANDLE ProcessHandle, NTSTATUS ExitStatus);

/* ---- strings, frames, heaps ---- */

NTSYSAPI NTSTATUS NTAPI RtlUnicodeStringToCountedOemString(POEM_STRING DestinationString, PCUNICODE_STRING SourceString,
                                                           BOOLEAN AllocateDestinationString);
NTSYSAPI NTSTATUS NTAPI RtlUpcaseUnicodeStringToCountedOemString(POEM_STRING DestinationString, PCUNICODE_STRING SourceString,
                                                                 BOOLEAN AllocateDestinationString);
NTSYSAPI NTSTATUS NTAPI RtlOemStringToCountedUnicodeString(PUNICODE_STRING DestinationString, PCOEM_STRING SourceString,
                                                           BOOLEAN AllocateDestinationString);
NTSYSAPI NTSTATUS NTAPI RtlUpcaseUnicodeToOemN(PCHAR OemString, ULONG MaxBytesInOemString, PULONG BytesInOemString, PCWCH UnicodeString,
                                               ULONG BytesInUnicodeString);
NTSYSAPI BOOLEAN NTAPI RtlIsValidOemCharacter(PWCHAR Char);
NTSYSAPI BOOLEAN NTAPI RtlIsNameLegalDOS8Dot3(PCUNICODE_STRING Name, POEM_STRING OemName, PBOOLEAN NameContainsSpaces);
NTSYSAPI LONG NTAPI RtlCompareAltitudes(PCUNICODE_STRING Altitude1, PCUNICODE_STRING Altitude2);
NTSYSAPI VOID NTAPI RtlTimeToElapsedTimeFields(PLARGE_INTEGER Time, PTIME_FIELDS TimeFields);

#define HEAP_NO_SERIALIZE 0x00000001
#define HEAP_GROWABLE 0x00000002
#define HEAP_GENERATE_EXCEPTIONS 0x00000004
#define HEAP_ZERO_MEMORY 0x00000008
struct _RTL_HEAP_PARAMETERS;
NTSYSAPI PVOID NTAPI RtlCreateHeap(ULONG Flags, PVOID HeapBase, SIZE_T ReserveSize, SIZE_T CommitSize, PVOID Lock,
                                   struct _RTL_HEAP_PARAMETERS *Parameters);
NTSYSAPI PVOID NTAPI RtlDestroyHeap(PVOID HeapHandle);
NTSYSAPI PVOID NTAPI RtlAllocateHeap(PVOID HeapHandle, ULONG Flags, SIZE_T Size);
NTSYSAPI ULONG NTAPI RtlFreeHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress);

/* What AuxKlibQueryModuleInformation asks: module descriptions of ElementSize bytes. */
NTSYSAPI NTSTATUS NTAPI RtlQueryModuleInformation(PULONG InformationLength, ULONG SizePerModule, PVOID InformationBuffer);

/* ---- impersonation ---- */

NTKERNELAPI NTSTATUS NTAPI PsImpersonateClient(PETHREAD Thread, PACCESS_TOKEN Token, BOOLEAN CopyOnOpen, BOOLEAN EffectiveOnly,
                                               SECURITY_IMPERSONATION_LEVEL ImpersonationLevel);
NTKERNELAPI VOID NTAPI PsRevertToSelf(VOID);
NTKERNELAPI VOID NTAPI PsRevertThreadToSelf(PETHREAD Thread);
NTKERNELAPI NTSTATUS NTAPI SeCreateClientSecurity(PETHREAD ClientThread, PSECURITY_QUALITY_OF_SERVICE ClientSecurityQos,
                                                  BOOLEAN RemoteSession, PSECURITY_CLIENT_CONTEXT ClientContext);
NTKERNELAPI NTSTATUS NTAPI SeCreateClientSecurityFromSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext,
                                                                    PSECURITY_QUALITY_OF_SERVICE ClientSecurityQos,
                                                                    BOOLEAN ServerIsRemote, PSECURITY_CLIENT_CONTEXT ClientContext);
NTKERNELAPI VOID NTAPI SeImpersonateClient(PSECURITY_CLIENT_CONTEXT ClientContext, PETHREAD ServerThread);
NTKERNELAPI NTSTATUS NTAPI SeImpersonateClientEx(PSECURITY_CLIENT_CONTEXT ClientContext, PETHREAD ServerThread);
#define SeStopImpersonatingClient PsRevertToSelf
NTKERNELAPI VOID NTAPI SeCaptureSubjectContextEx(PETHREAD Thread, PEPROCESS Process, PSECURITY_SUBJECT_CONTEXT SubjectContext);
NTKERNELAPI BOOLEAN NTAPI SeAuditingFileEvents(BOOLEAN AccessGranted, PSECURITY_DESCRIPTOR SecurityDescriptor);
NTKERNELAPI BOOLEAN NTAPI SeAuditingFileOrGlobalEvents(BOOLEAN AccessGranted, PSECURITY_DESCRIPTOR SecurityDescriptor,
                                                       PSECURITY_SUBJECT_CONTEXT SubjectSecurityContext);
NTKERNELAPI BOOLEAN NTAPI SeAuditingHardLinkEvents(BOOLEAN AccessGranted, PSECURITY_DESCRIPTOR SecurityDescriptor);

NTSYSAPI NTSTATUS NTAPI ZwOpenProcessToken(HANDLE ProcessHandle, ACCESS_MASK DesiredAccess, PHANDLE TokenHandle);
NTSYSAPI NTSTATUS NTAPI ZwOpenThreadToken(HANDLE ThreadHandle, ACCESS_MASK DesiredAccess, BOOLEAN OpenAsSelf, PHANDLE TokenHandle);
typedef NTSTATUS(NTAPI SE_LOGON_SESSION_TERMINATED_ROUTINE)(PLUID LogonId);
typedef SE_LOGON_SESSION_TERMINATED_ROUTINE *PSE_LOGON_SESSION_TERMINATED_ROUTINE;
NTKERNELAPI NTSTATUS NTAPI SeRegisterLogonSessionTerminatedRoutine(PSE_LOGON_SESSION_TERMINATED_ROUTINE CallbackRoutine);
NTKERNELAPI NTSTATUS NTAPI SeUnregisterLogonSessionTerminatedRoutine(PSE_LOGON_SESSION_TERMINATED_ROUTINE CallbackRoutine);
NTKERNELAPI NTSTATUS NTAPI SeMarkLogonSessionForTerminationNotification(PLUID LogonId);

/* ---- requests that file systems answer ---- */

NTSYSAPI NTSTATUS NTAPI ZwLockFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                                   PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER ByteOffset, PLARGE_INTEGER Length, ULONG Key,
                                   BOOLEAN FailImmediately, BOOLEAN ExclusiveLock);
NTSYSAPI NTSTATUS NTAPI ZwUnlockFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER ByteOffset, PLARGE_INTEGER Length,
                                     ULONG Key);
NTSYSAPI NTSTATUS NTAPI ZwQueryEaFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length,
                                      BOOLEAN ReturnSingleEntry, PVOID EaList, ULONG EaListLength, PULONG EaIndex, BOOLEAN RestartScan);
NTSYSAPI NTSTATUS NTAPI ZwSetEaFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length);
NTSYSAPI NTSTATUS NTAPI ZwSetVolumeInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FsInformation, ULONG Length,
                                                   FS_INFORMATION_CLASS FsInformationClass);
NTSYSAPI NTSTATUS NTAPI ZwFlushBuffersFileEx(HANDLE FileHandle, ULONG Flags, PVOID Parameters, ULONG ParametersSize,
                                             PIO_STATUS_BLOCK IoStatusBlock);

/* ---- power ---- */

#ifndef RING3_POWER_PLATFORM
#define RING3_POWER_PLATFORM
enum { PlatformInformation = 66 };              /* of POWER_INFORMATION_LEVEL */
#endif
NTSYSAPI NTSTATUS NTAPI ZwPowerInformation(ULONG InformationLevel, PVOID InputBuffer, ULONG InputBufferLength, PVOID OutputBuffer,
                                           ULONG OutputBufferLength);

RING3_END_C

#endif
