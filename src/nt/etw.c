/* Event tracing: providers are kept; no session ever listens, so no provider is enabled and every event is dropped. */
#include <stdlib.h>

#include "base/log.h"
#include "nt/io_internal.h"

struct provider {
    struct list node;
    GUID id;
    REGHANDLE handle;
    const void *callback;               /* in the driver that registered; NULL: it has none */
    uint64_t events;
};

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

/* Registers a provider; the enable callback would be called when a session enables it. *RegHandle is for the other
 * functions. PASSIVE_LEVEL. docs: wdm/nf-wdm-etwregister */
NTSTATUS NTAPI EtwRegister(LPCGUID ProviderId, PETWENABLECALLBACK EnableCallback, PVOID CallbackContext,
                           PREGHANDLE RegHandle)
{
    (void)CallbackContext;
    return add(ProviderId, (const void *)EnableCallback, RegHandle);
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

/* FALSE: nobody listens. Any IRQL. docs: wdm/nf-wdm-etweventenabled */
BOOLEAN NTAPI EtwEventEnabled(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor)
{
    (void)RegHandle;
    (void)EventDescriptor;
    return FALSE;
}

/* FALSE. docs: wdm/nf-wdm-etwproviderenabled */
BOOLEAN NTAPI EtwProviderEnabled(REGHANDLE RegHandle, UCHAR Level, ULONGLONG Keyword)
{
    (void)RegHandle;
    (void)Level;
    (void)Keyword;
    return FALSE;
}

static NTSTATUS count(REGHANDLE handle)
{
    struct provider *p = find(handle);

    if (p == NULL)
        return STATUS_INVALID_HANDLE;
    p->events++;
    return STATUS_SUCCESS;
}

/* Counted and dropped. Any IRQL. docs: wdm/nf-wdm-etwwrite */
NTSTATUS NTAPI EtwWrite(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, LPCGUID ActivityId, ULONG UserDataCount,
                        PEVENT_DATA_DESCRIPTOR UserData)
{
    return count(RegHandle);
}

/* docs: wdm/nf-wdm-etwwriteex */
NTSTATUS NTAPI EtwWriteEx(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, ULONG64 Filter, ULONG Flags,
                          LPCGUID ActivityId, LPCGUID RelatedActivityId, ULONG UserDataCount,
                          PEVENT_DATA_DESCRIPTOR UserData)
{
    return count(RegHandle);
}

/* docs: wdm/nf-wdm-etwwritestring */
NTSTATUS NTAPI EtwWriteString(REGHANDLE RegHandle, UCHAR Level, ULONGLONG Keyword, LPCGUID ActivityId, PCWSTR String)
{
    return count(RegHandle);
}

/* docs: wdm/nf-wdm-etwwritetransfer */
NTSTATUS NTAPI EtwWriteTransfer(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor, LPCGUID ActivityId,
                                LPCGUID RelatedActivityId, ULONG UserDataCount, PEVENT_DATA_DESCRIPTOR UserData)
{
    return count(RegHandle);
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
