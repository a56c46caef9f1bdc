/* Event tracing: providers are kept. The log is the only session: at its debug level it enables every provider and shows every event;
 * otherwise nobody listens, and events are dropped. */
#include <stdlib.h>

#include "base/log.h"
#include "nt/etw_event.h"
#include "nt/io_internal.h"
#include "nt/text.h"

struct provider {
    struct list node;
    GUID id;
    REGHANDLE handle;
    const void *callback;               /* in the driver that registered; NULL: it has none */
    uint64_t events;
};

#define ALL_LEVELS 0xff
#define ALL_KEYWORDS (~0ull)

static const GUID log_session;          /* who enables: a session has no GUID of its own */
static struct list providers = LIST_INIT(providers);
static REGHANDLE next_handle = 1;

static struct provider *find(REGHANDLE handle)
{
    list_each(it, &providers) {
        struct provider *p = container_of(it, struct provider, node);

        if (p->handle == handle)
            return p;
    }
    return NULL;
}

static NTSTATUS add(LPCGUID id, const void *callback, PREGHANDLE handle)
{
    struct provider *p;

    *handle = 0;
    p = calloc(1, sizeof(*p));
    if (p == NULL)
        return STATUS_NO_MEMORY;
    p->id = *id;
    p->handle = next_handle++;
    p->callback = callback;
    list_push_back(&providers, &p->node);
    *handle = p->handle;
    return STATUS_SUCCESS;
}

/* Registers a provider; the enable callback is called, before this returns, when the log listens. *RegHandle is for the other
 * functions. PASSIVE_LEVEL. docs: wdm/nf-wdm-etwregister */
NTSTATUS NTAPI EtwRegister(LPCGUID ProviderId, PETWENABLECALLBACK EnableCallback, PVOID CallbackContext,
                           PREGHANDLE RegHandle)
{
    NTSTATUS status = add(ProviderId, (const void *)EnableCallback, RegHandle);

    if (NT_SUCCESS(status) && EnableCallback != NULL && log_wants(LOG_DEBUG))
        EnableCallback(&log_session, EVENT_CONTROL_CODE_ENABLE_PROVIDER, ALL_LEVELS, ALL_KEYWORDS, 0, NULL, CallbackContext);
    return status;
}

/* The same for the trace preprocessor's kind of provider, which looks this function up by name. PASSIVE_LEVEL. */
NTSTATUS NTAPI EtwRegisterClassicProvider(LPCGUID ProviderGuid, ULONG Type, PVOID EnableCallback, PVOID CallbackContext,
                                          PREGHANDLE RegHandle)
{
    (void)Type;
    (void)CallbackContext;
    return add(ProviderGuid, EnableCallback, RegHandle);
}

/* Must be done before the driver unloads. PASSIVE_LEVEL. STATUS_INVALID_HANDLE. docs: wdm/nf-wdm-etwunregister */
NTSTATUS NTAPI EtwUnregister(REGHANDLE RegHandle)
{
    struct provider *p = find(RegHandle);

    if (p == NULL)
        return STATUS_INVALID_HANDLE;
    list_remove(&p->node);
    free(p);
    return STATUS_SUCCESS;
}

/* Traits and the like. docs: wdm/nf-wdm-etwsetinformation */
NTSTATUS NTAPI EtwSetInformation(REGHANDLE RegHandle, EVENT_INFO_CLASS InformationClass, PVOID EventInformation,
                                 ULONG InformationLength)
{
    (void)EventInformation;
    (void)InformationLength;
    if ((unsigned)InformationClass >= MaxEventInfo)
        return STATUS_INVALID_PARAMETER;
    return find(RegHandle) != NULL ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

/* Whether the log listens. Any IRQL. docs: wdm/nf-wdm-etweventenabled */
BOOLEAN NTAPI EtwEventEnabled(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor)
{
    (void)EventDescriptor;
    return log_wants(LOG_DEBUG) && find(RegHandle) != NULL;
}

/* The same. Any IRQL. docs: wdm/nf-wdm-etwproviderenabled */
BOOLEAN NTAPI EtwProviderEnabled(REGHANDLE RegHandle, UCHAR Level, ULONGLONG Keyword)
{
    (void)Level;
    (void)Keyword;
    return log_wants(LOG_DEBUG) && find(RegHandle) != NULL;
}

static NTSTATUS write(REGHANDLE handle, PCEVENT_DESCRIPTOR event, ULONG count, const EVENT_DATA_DESCRIPTOR *data)
{
    struct provider *p = find(handle);

    if (p == NULL)
        return STATUS_INVALID_HANDLE;
    if (event == NULL || count > MAX_EVENT_DATA_DESCRIPTORS || (count != 0 && data == NULL))
        return STATUS_INVALID_PARAMETER;
    p->events++;
    if (log_wants(LOG_DEBUG))
        etw_print_event(&p->id, event, count, data);
    return STATUS_SUCCESS;
}

/* Counted, and shown when the log listens. STATUS_INVALID_HANDLE, STATUS_INVALID_PARAMETER. Any IRQL. docs: wdm/nf-wdm-etwwrite */
NTSTATUS NTAPI EtwWrite(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, LPCGUID ActivityId, ULONG UserDataCount,
                        PEVENT_DATA_DESCRIPTOR UserData)
{
    return write(RegHandle, EventDescriptor, UserDataCount, UserData);
}

/* docs: wdm/nf-wdm-etwwriteex */
NTSTATUS NTAPI EtwWriteEx(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, ULONG64 Filter, ULONG Flags,
                          LPCGUID ActivityId, LPCGUID RelatedActivityId, ULONG UserDataCount,
                          PEVENT_DATA_DESCRIPTOR UserData)
{
    return write(RegHandle, EventDescriptor, UserDataCount, UserData);
}

/* docs: wdm/nf-wdm-etwwritestring */
NTSTATUS NTAPI EtwWriteString(REGHANDLE RegHandle, UCHAR Level, ULONGLONG Keyword, LPCGUID ActivityId, PCWSTR String)
{
    struct provider *p = find(RegHandle);
    char text[512];

    if (p == NULL)
        return STATUS_INVALID_HANDLE;
    p->events++;
    if (String != NULL && log_wants(LOG_DEBUG)) {
        UNICODE_STRING string = text_string(String, text_length(String));
        log_debug("etw", "%s", text_utf8(text, sizeof text, &string));
    }
    return STATUS_SUCCESS;
}

/* docs: wdm/nf-wdm-etwwritetransfer */
NTSTATUS NTAPI EtwWriteTransfer(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, LPCGUID ActivityId,
                                LPCGUID RelatedActivityId, ULONG UserDataCount, PEVENT_DATA_DESCRIPTOR UserData)
{
    return write(RegHandle, EventDescriptor, UserDataCount, UserData);
}

/* Creates an activity ID, or reads and changes the thread's own. IoSetActivityIdThread keeps a pointer to the caller's
 * GUID and this a copy; they are two sides of one thing only on Windows. STATUS_INVALID_PARAMETER.
 * docs: wdm/nf-wdm-etwactivityidcontrol */
NTSTATUS NTAPI EtwActivityIdControl(ULONG ControlCode, LPGUID ActivityId)
{
    GUID *own = io_thread_activity(ControlCode == EVENT_ACTIVITY_CTRL_SET_ID ||
                                   ControlCode == EVENT_ACTIVITY_CTRL_GET_SET_ID ||
                                   ControlCode == EVENT_ACTIVITY_CTRL_CREATE_SET_ID);
    GUID before = own != NULL ? *own : (GUID){ 0 };

    switch (ControlCode) {
    case EVENT_ACTIVITY_CTRL_CREATE_ID:
        return ExUuidCreate(ActivityId);
    case EVENT_ACTIVITY_CTRL_GET_ID:
        *ActivityId = before;
        return STATUS_SUCCESS;
    case EVENT_ACTIVITY_CTRL_SET_ID:
    case EVENT_ACTIVITY_CTRL_GET_SET_ID:
    case EVENT_ACTIVITY_CTRL_CREATE_SET_ID:
        break;
    default:
        return STATUS_INVALID_PARAMETER;
    }
    if (own == NULL)
        return STATUS_NO_MEMORY;
    if (ControlCode == EVENT_ACTIVITY_CTRL_CREATE_SET_ID)
        ExUuidCreate(own);
    else
        *own = *ActivityId;
    if (ControlCode != EVENT_ACTIVITY_CTRL_SET_ID)
        *ActivityId = before;
    return STATUS_SUCCESS;
}

/* A WPP message; no trace session exists, so there is no logger to take it. docs: wdm/nf-wdm-wmitracemessage */
NTSTATUS NTAPI WmiTraceMessage(ULONG64 LoggerHandle, ULONG MessageFlags, LPCGUID MessageGuid, USHORT MessageNumber, ...)
{
    return STATUS_INVALID_HANDLE;
}

/* docs: wdm/nf-wdm-wmitracemessageva */
NTSTATUS NTAPI WmiTraceMessageVa(ULONG64 LoggerHandle, ULONG MessageFlags, LPCGUID MessageGuid, USHORT MessageNumber,
                                 PVOID MessageArgList)
{
    return STATUS_INVALID_HANDLE;
}

/* There is no session to tell about. docs: wdm/nf-wdm-wmiquerytraceinformation */
NTSTATUS NTAPI WmiQueryTraceInformation(TRACE_INFORMATION_CLASS TraceInformationClass, PVOID TraceInformation,
                                        ULONG TraceInformationLength, PULONG RequiredLength, PVOID Buffer)
{
    return STATUS_NOT_FOUND;
}

static void forget(struct provider *p)
{
    list_remove(&p->node);
    free(p);
}

void etw_driver_gone(const void *base, size_t size)
{
    list_each_safe(it, &providers) {
        struct provider *p = container_of(it, struct provider, node);

        if ((uintptr_t)p->callback - (uintptr_t)base >= size)
            continue;
        NT_EMIT(NT_EVENT_MISUSE, "a driver unloaded with a trace provider registered (EtwUnregister)", p->handle, 0,
                ((struct pe_caller){ .rip = (uint64_t)(uintptr_t)p->callback }));
        forget(p);
    }
}

void etw_stop(void)
{
    list_each_safe(it, &providers) {
        log_warn("etw", "a provider was never unregistered");
        forget(container_of(it, struct provider, node));
    }
}
