/* wpprecorder.sys: the in-flight recorder that the WDK's trace preprocessor links into a driver. Every driver built with it
 * calls WppAutoLogStart once and WppAutoLogTrace for each message. With --log=trace messages are shown by their numbers
 * (their texts are in the driver's symbols); no buffer is kept, so none can be dumped.
 *
 * The first argument of every function is the driver's control block; the macros of wpprecorder.h hide it. */
#include "wpprecorder.h"

#include <stdlib.h>

#include "base/log.h"
#include "nt/pnp_internal.h"

#define TAG 0x52707057u                 /* "WppR" */

struct RECORDER_LOG__ {
    PVOID control;
};

struct recorder {
    struct list node;
    PVOID control;                      /* the driver's */
    struct io_driver *driver;
    struct RECORDER_LOG__ log;          /* the default one */
};

static struct list recorders = LIST_INIT(recorders);

static struct recorder *recorder_of(PVOID control)
{
    list_each(it, &recorders) {
        struct recorder *r = container_of(it, struct recorder, node);

        if (r->control == control)
            return r;
    }
    return NULL;
}

static void forget(struct recorder *r)
{
    list_remove(&r->node);
    free(r);
}

/* Tracing of a driver begins: WPP_INIT_TRACING. PASSIVE_LEVEL. docs: devtest/using-wpp-recorder */
VOID NTAPI WppAutoLogStart(PVOID WppCb, PDRIVER_OBJECT DriverObject, PCUNICODE_STRING RegistryPath)
{
    struct recorder *r = recorder_of(WppCb) == NULL ? calloc(1, sizeof(*r)) : NULL;

    (void)RegistryPath;
    if (r == NULL)
        return;
    r->control = r->log.control = WppCb;
    r->driver = io_driver_of(DriverObject);
    list_push_back(&recorders, &r->node);
}

/* WPP_CLEANUP. PASSIVE_LEVEL. docs: devtest/using-wpp-recorder */
VOID NTAPI WppAutoLogStop(PVOID WppCb, PDRIVER_OBJECT DriverObject)
{
    struct recorder *r = recorder_of(WppCb);

    (void)DriverObject;
    if (r != NULL)
        forget(r);
}

/* One message; its arguments (pointer, size, ..., NULL) are not looked at. Any IRQL. docs: devtest/using-wpp-recorder */
NTSTATUS NTAPI WppAutoLogTrace(PVOID AutoLogContext, UCHAR MessageLevel, ULONG MessageFlags, LPCGUID MessageGuid,
                               USHORT MessageNumber, ...)
{
    char guid[40] = "";

    (void)AutoLogContext;
    if (log_wants(LOG_TRACE) && MessageGuid != NULL) {
        pnp_guid_text(MessageGuid, guid);
        log_trace("wpp", "%s message %u level %u flags 0x%x", guid, MessageNumber, MessageLevel, (unsigned)MessageFlags);
    }
    return STATUS_SUCCESS;
}

/* A trace session asks for what was recorded: nothing is. docs: devtest/using-wpp-recorder */
VOID NTAPI imp_WppRecorderReplay(PVOID WppCb, ULONG64 WppTraceHandle, ULONG EnableFlags, UCHAR EnableLevel)
{
    (void)WppCb, (void)WppTraceHandle, (void)EnableFlags, (void)EnableLevel;
}

/* Whether a default log shall exist: it takes no memory here. PASSIVE_LEVEL. docs: wpprecorder/nf-wpprecorder-wpprecorderconfigure */
VOID NTAPI imp_WppRecorderConfigure(PVOID WppCb, PVOID ConfigureParams)
{
    (void)WppCb, (void)ConfigureParams;
}

/* A log of its own, deleted with WppRecorderLogDelete. STATUS_INVALID_PARAMETER before WPP_INIT_TRACING.
 * IRQL <= DISPATCH. docs: wpprecorder/nf-wpprecorder-wpprecorderlogcreate */
NTSTATUS NTAPI imp_WppRecorderLogCreate(PVOID WppCb, PVOID CreateParams, RECORDER_LOG *RecorderLog)
{
    RECORDER_LOG log;

    if (CreateParams == NULL || RecorderLog == NULL || recorder_of(WppCb) == NULL)
        return STATUS_INVALID_PARAMETER;
    log = pool_alloc(NonPagedPoolNx, sizeof(*log), TAG, __builtin_return_address(0));
    if (log == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    log->control = WppCb;
    *RecorderLog = log;
    return STATUS_SUCCESS;
}

/* IRQL <= DISPATCH. docs: wpprecorder/nf-wpprecorder-wpprecorderlogdelete */
VOID NTAPI imp_WppRecorderLogDelete(PVOID WppCb, RECORDER_LOG RecorderLog)
{
    (void)WppCb;
    pool_free(RecorderLog, TAG, __builtin_return_address(0));
}

/* The driver's default log; NULL before WPP_INIT_TRACING. IRQL <= DISPATCH.
 * docs: wpprecorder/nf-wpprecorder-imp_wpprecorderloggetdefault */
RECORDER_LOG NTAPI imp_WppRecorderLogGetDefault(PVOID WppCb)
{
    struct recorder *r = recorder_of(WppCb);

    return r != NULL ? &r->log : NULL;
}

/* Any IRQL. docs: wpprecorder/nf-wpprecorder-imp_wpprecorderisdefaultlogavailable */
BOOLEAN NTAPI imp_WppRecorderIsDefaultLogAvailable(PVOID WppCb)
{
    return recorder_of(WppCb) != NULL;
}

/* A name for a debugger. IRQL <= DISPATCH. docs: wpprecorder/nf-wpprecorder-wpprecorderlogsetidentifier */
VOID NTAPI imp_WppRecorderLogSetIdentifier(PVOID WppCb, RECORDER_LOG RecorderLog, PCHAR Identifier)
{
    (void)WppCb, (void)RecorderLog, (void)Identifier;
}

static NTSTATUS nothing_kept(PVOID *buffer, PULONG length)
{
    *buffer = NULL;
    *length = 0;
    return STATUS_NOT_SUPPORTED;
}

/* No buffer is kept: STATUS_NOT_SUPPORTED. Any IRQL. docs: wpprecorder/nf-wpprecorder-wpprecorderlogdumplivedata */
NTSTATUS NTAPI imp_WppRecorderLogDumpLiveData(PVOID WppCb, RECORDER_LOG RecorderLog, PVOID *OutBuffer,
                                              PULONG OutBufferLength, LPGUID Guid)
{
    (void)WppCb, (void)RecorderLog, (void)Guid;
    return nothing_kept(OutBuffer, OutBufferLength);
}

/* The same for all logs. Any IRQL. docs: wpprecorder/nf-wpprecorder-wpprecorderdumplivedriverdata */
NTSTATUS NTAPI imp_WppRecorderDumpLiveDriverData(PVOID WppCb, PVOID *OutBuffer, PULONG OutBufferLength, LPGUID Guid)
{
    (void)WppCb, (void)Guid;
    return nothing_kept(OutBuffer, OutBufferLength);
}

void wpp_driver_gone(struct io_driver *driver)
{
    list_each_safe(it, &recorders) {
        struct recorder *r = container_of(it, struct recorder, node);

        if (r->driver != driver)
            continue;
        log_warn(driver->name, "unloaded without WPP_CLEANUP");
        forget(r);
    }
}
