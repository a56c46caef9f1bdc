/* The in-flight recorder behind the trace preprocessor's macros. docs: devtest/using-wpp-recorder */
#ifndef RING3_WPPRECORDER_H
#define RING3_WPPRECORDER_H

#include <wdm.h>

RING3_BEGIN_C

typedef struct RECORDER_LOG__ *RECORDER_LOG;

typedef enum _WPP_RECORDER_TRI_STATE {
    WppRecorderFalse = FALSE,
    WppRecorderTrue = TRUE,
    WppRecorderUseDefault = 2
} WPP_RECORDER_TRI_STATE;

typedef struct _RECORDER_CONFIGURE_PARAMS {
    ULONG Size;
    BOOLEAN CreateDefaultLog;
    WPP_RECORDER_TRI_STATE UseTimeStamp;
    WPP_RECORDER_TRI_STATE PreciseTimeStamp;
} RECORDER_CONFIGURE_PARAMS, *PRECORDER_CONFIGURE_PARAMS;

#define RECORDER_LOG_IDENTIFIER_MAX_CHARS 16

typedef struct _RECORDER_LOG_CREATE_PARAMS {
    ULONG Size;
    ULONG LogTag;
    ULONG TotalBufferSize;              /* bytes */
    ULONG ErrorPartitionSize;           /* bytes of them; 0: none */
    LONG_PTR LogIdentifierAppendValue;
    BOOLEAN LogIdentifierAppendValueSet;
    ULONG LogIdentifierSize;            /* bytes of LogIdentifier */
    CHAR LogIdentifier[RECORDER_LOG_IDENTIFIER_MAX_CHARS];
    WPP_RECORDER_TRI_STATE UseTimeStamp;
    WPP_RECORDER_TRI_STATE PreciseTimeStamp;
} RECORDER_LOG_CREATE_PARAMS, *PRECORDER_LOG_CREATE_PARAMS;

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

#ifndef RING3_HOST
/* What a driver calls. Here they are part of the driver's library: a log has no buffer, its messages come out as all others do. */

/* Everything as by default: a default log, no time stamps. */
VOID RECORDER_CONFIGURE_PARAMS_INIT(_Out_ PRECORDER_CONFIGURE_PARAMS Params);
/* A name of at most 15 characters, or none. */
VOID RECORDER_LOG_CREATE_PARAMS_INIT(_Out_ PRECORDER_LOG_CREATE_PARAMS Params, _In_opt_ PCSTR LogIdentifier);
VOID RECORDER_LOG_CREATE_PARAMS_INIT_APPEND_POINTER(_Out_ PRECORDER_LOG_CREATE_PARAMS Params, _In_opt_ PCSTR LogIdentifier,
                                                    _In_opt_ PVOID LogIdentifierAppendPointer);
/* PASSIVE_LEVEL. docs: wpprecorder/nf-wpprecorder-wpprecorderconfigure */
VOID WppRecorderConfigure(_In_ PRECORDER_CONFIGURE_PARAMS ConfigureParams);
/* A log for WppRecorderLogDelete, from non-paged pool; STATUS_INSUFFICIENT_RESOURCES. IRQL <= DISPATCH. docs:
 * wpprecorder/nf-wpprecorder-wpprecorderlogcreate */
NTSTATUS WppRecorderLogCreate(_In_ PRECORDER_LOG_CREATE_PARAMS CreateParams, _Out_ RECORDER_LOG *RecorderLog);
VOID WppRecorderLogDelete(_In_ RECORDER_LOG RecorderLog);
VOID WppRecorderLogSetIdentifier(_In_ RECORDER_LOG RecorderLog, _In_ PCSTR Identifier);
RECORDER_LOG WppRecorderLogGetDefault(VOID);
BOOLEAN WppRecorderIsDefaultLogAvailable(VOID);
#endif

RING3_END_C

#endif
