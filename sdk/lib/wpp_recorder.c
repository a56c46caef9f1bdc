/* The recorder's functions of a driver that ring3 build made. A log is a name: what is traced to it goes where all messages go. docs:
 * devtest/using-wpp-recorder */
#include <ntddk.h>
#include <wpprecorder.h>

#define LOG_TAG 'gLpW'

struct RECORDER_LOG__ {
    CHAR Identifier[RECORDER_LOG_IDENTIFIER_MAX_CHARS];
};

static struct RECORDER_LOG__ DefaultLog;
static BOOLEAN HasDefaultLog = TRUE;

static VOID CopyIdentifier(_Out_writes_(RECORDER_LOG_IDENTIFIER_MAX_CHARS) PCHAR To, _In_opt_ PCSTR From)
{
    ULONG used = 0;

    for (; From != NULL && From[used] != 0 && used < RECORDER_LOG_IDENTIFIER_MAX_CHARS - 1; used++)
        To[used] = From[used];
    To[used] = 0;
}

VOID RECORDER_CONFIGURE_PARAMS_INIT(_Out_ PRECORDER_CONFIGURE_PARAMS Params)
{
    RtlZeroMemory(Params, sizeof *Params);
    Params->Size = sizeof *Params;
    Params->CreateDefaultLog = TRUE;
    Params->UseTimeStamp = WppRecorderUseDefault;
    Params->PreciseTimeStamp = WppRecorderUseDefault;
}

VOID RECORDER_LOG_CREATE_PARAMS_INIT(_Out_ PRECORDER_LOG_CREATE_PARAMS Params, _In_opt_ PCSTR LogIdentifier)
{
    RtlZeroMemory(Params, sizeof *Params);
    Params->Size = sizeof *Params;
    Params->LogIdentifierSize = sizeof Params->LogIdentifier;
    CopyIdentifier(Params->LogIdentifier, LogIdentifier);
    Params->UseTimeStamp = WppRecorderUseDefault;
    Params->PreciseTimeStamp = WppRecorderUseDefault;
}

VOID RECORDER_LOG_CREATE_PARAMS_INIT_APPEND_POINTER(_Out_ PRECORDER_LOG_CREATE_PARAMS Params, _In_opt_ PCSTR LogIdentifier,
                                                    _In_opt_ PVOID LogIdentifierAppendPointer)
{
    RECORDER_LOG_CREATE_PARAMS_INIT(Params, LogIdentifier);
    Params->LogIdentifierAppendValue = (LONG_PTR)LogIdentifierAppendPointer;
    Params->LogIdentifierAppendValueSet = TRUE;
}

VOID WppRecorderConfigure(_In_ PRECORDER_CONFIGURE_PARAMS ConfigureParams)
{
    HasDefaultLog = ConfigureParams->CreateDefaultLog;
}

NTSTATUS WppRecorderLogCreate(_In_ PRECORDER_LOG_CREATE_PARAMS CreateParams, _Out_ RECORDER_LOG *RecorderLog)
{
    RECORDER_LOG log = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof *log, CreateParams->LogTag != 0 ? CreateParams->LogTag : LOG_TAG);

    *RecorderLog = log;
    if (log == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    CopyIdentifier(log->Identifier, CreateParams->LogIdentifier);
    return STATUS_SUCCESS;
}

VOID WppRecorderLogDelete(_In_ RECORDER_LOG RecorderLog)
{
    if (RecorderLog != NULL && RecorderLog != &DefaultLog)
        ExFreePool(RecorderLog);
}

VOID WppRecorderLogSetIdentifier(_In_ RECORDER_LOG RecorderLog, _In_ PCSTR Identifier)
{
    if (RecorderLog != NULL)
        CopyIdentifier(RecorderLog->Identifier, Identifier);
}

RECORDER_LOG WppRecorderLogGetDefault(VOID)
{
    return HasDefaultLog ? &DefaultLog : NULL;
}

BOOLEAN WppRecorderIsDefaultLogAvailable(VOID)
{
    return HasDefaultLog;
}
