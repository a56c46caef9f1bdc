/* The in-flight recorder behind the trace preprocessor's macros. docs: devtest/using-wpp-recorder */
#ifndef RING3_WPPRECORDER_H
#define RING3_WPPRECORDER_H

#include <wdm.h>

RING3_BEGIN_C

typedef struct RECORDER_LOG__ *RECORDER_LOG;

NTKERNELAPI VOID NTAPI WppAutoLogStart(PVOID WppCb, PDRIVER_OBJECT DriverObject, PCUNICODE_STRING RegistryPath);
NTKERNELAPI VOID NTAPI WppAutoLogStop(PVOID WppCb, PDRIVER_OBJECT DriverObject);
NTKERNELAPI NTSTATUS NTAPI WppAutoLogTrace(PVOID AutoLogContext, UCHAR MessageLevel, ULONG MessageFlags,
                                           LPCGUID MessageGuid, USHORT MessageNumber, ...);
NTKERNELAPI VOID NTAPI imp_WppRecorderReplay(PVOID WppCb, ULONG64 WppTraceHandle, ULONG EnableFlags, UCHAR EnableLevel);
NTKERNELAPI VOID NTAPI imp_WppRecorderConfigure(PVOID WppCb, PVOID ConfigureParams);
NTKERNELAPI NTSTATUS NTAPI imp_WppRecorderLogCreate(PVOID WppCb, PVOID CreateParams, RECORDER_LOG *RecorderLog);
NTKERNELAPI VOID NTAPI imp_WppRecorderLogDelete(PVOID WppCb, RECORDER_LOG RecorderLog);
NTKERNELAPI RECORDER_LOG NTAPI imp_WppRecorderLogGetDefault(PVOID WppCb);
NTKERNELAPI BOOLEAN NTAPI imp_WppRecorderIsDefaultLogAvailable(PVOID WppCb);
NTKERNELAPI VOID NTAPI imp_WppRecorderLogSetIdentifier(PVOID WppCb, RECORDER_LOG RecorderLog, PCHAR Identifier);
NTKERNELAPI NTSTATUS NTAPI imp_WppRecorderLogDumpLiveData(PVOID WppCb, RECORDER_LOG RecorderLog, PVOID *OutBuffer,
                                                          PULONG OutBufferLength, LPGUID Guid);
NTKERNELAPI NTSTATUS NTAPI imp_WppRecorderDumpLiveDriverData(PVOID WppCb, PVOID *OutBuffer, PULONG OutBufferLength,
                                                             LPGUID Guid);

RING3_END_C

#endif
