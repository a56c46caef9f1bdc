/* Companion targets. */
#ifndef WDF_WDFCOMPANIONTARGET_H
#define WDF_WDFCOMPANIONTARGET_H

#include <wdf/wdfrequest.h>

RING3_BEGIN_C

typedef enum _WDF_TASK_SEND_OPTIONS_FLAGS {
    WDF_TASK_SEND_OPTION_TIMEOUT = 0x00000001, WDF_TASK_SEND_OPTION_SYNCHRONOUS = 0x00000002
} WDF_TASK_SEND_OPTIONS_FLAGS;

typedef struct _WDF_TASK_SEND_OPTIONS {
    ULONG Size;
    ULONG Flags;
    LONGLONG Timeout;
} WDF_TASK_SEND_OPTIONS, *PWDF_TASK_SEND_OPTIONS;

FORCEINLINE VOID WDF_TASK_SEND_OPTIONS_INIT(PWDF_TASK_SEND_OPTIONS Options, ULONG Flags)
{
    WDF_ZERO_WITH_SIZE(Options, WDF_TASK_SEND_OPTIONS);
    Options->Flags = Flags;
}

WDF_SLOT(NTSTATUS, WdfCompanionTargetSendTaskSynchronously, (WDFCOMPANIONTARGET CompanionTarget,
         USHORT TaskQueueIdentifier, ULONG TaskOperationCode, PWDF_MEMORY_DESCRIPTOR InputBuffer,
         PWDF_MEMORY_DESCRIPTOR OutputBuffer, PWDF_TASK_SEND_OPTIONS TaskOptions, PULONG_PTR BytesReturned),
         (CompanionTarget, TaskQueueIdentifier, TaskOperationCode, InputBuffer, OutputBuffer, TaskOptions,
          BytesReturned))
WDF_SLOT(PEPROCESS, WdfCompanionTargetWdmGetCompanionProcess, (WDFCOMPANIONTARGET CompanionTarget), (CompanionTarget))

RING3_END_C

#endif
