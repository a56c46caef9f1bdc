/* Filter drivers of the test's own, above the fake miniport. Each writes what NDIS calls into the common journal. */
#ifndef TESTS_UNIT_NDIS_FAKE_FILTER_H
#define TESTS_UNIT_NDIS_FAKE_FILTER_H

#include "fake.h"

#include "ndis/event.h"
#include "ndis/filter_module.h"
#include "nt/cm.h"

#define FAKE_MODULES 8

struct fake_filter {
    char letter;
    NDIS_HANDLE driver, module[FAKE_MODULES], clone_pool;
    unsigned modules, attached;
    UCHAR minor;                        /* its NDIS version 6.minor; 0: 6.30 */
    ULONG flags;
    /* what it does */
    NDIS_STATUS attach_status, restart_status;
    bool no_attributes, pend_pause, pend_restart, hang_restart, bypass, no_oids, no_status, keep_sends, answer_oids, pend_oids;
    NDIS_FILTER_PARTIAL_CHARACTERISTICS *options;
    void (*on_detach)(struct fake_filter *);
    void (*on_restart)(struct fake_filter *, PNDIS_FILTER_RESTART_PARAMETERS);
    /* what it saw */
    unsigned sent, completed, own_completed, received, returned, own_returned, oids, oids_done, cancels, statuses, directs;
    unsigned looped, net_events, pre_detaches, device_events, synchronous, synchronous_done;
    NDIS_FILTER_ATTACH_PARAMETERS attach;
    WCHAR name[112];
    PNET_BUFFER_LIST kept;
    PNDIS_OID_REQUEST asked, clone;
    NDIS_STATUS done_status;
    NDIS_HANDLE timer;
};

static struct fake_filter ff[4];

/* Every module has the driver as its context; tests that have several modules look at module[]. */
static NDIS_HANDLE only(struct fake_filter *f)
{
    return f->module[0];
}

static VOID NTAPI ff_timer(PVOID a, PVOID context, PVOID b, PVOID c)
{
    for (struct fake_filter *f = ff; f < ff + 4; f++) {
        if ((intptr_t)context == f->letter)
            NdisFPauseComplete(only(f));
        if ((intptr_t)context == f->letter - 'a' + 'A')
            NdisFRestartComplete(only(f), f->restart_status);
    }
}

static void ff_later(struct fake_filter *f, char what)
{
    LARGE_INTEGER due = { .QuadPart = -10000 };

    NdisSetTimerObject(f->timer, due, 0, (PVOID)(intptr_t)what);
}

static NDIS_STATUS NTAPI ff_attach(NDIS_HANDLE module, NDIS_HANDLE context, PNDIS_FILTER_ATTACH_PARAMETERS p)
{
    struct fake_filter *f = context;
    NDIS_FILTER_ATTRIBUTES attributes = {
        .Header = { NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES, 1, NDIS_SIZEOF_FILTER_ATTRIBUTES_REVISION_1 },
    };
    NDIS_TIMER_CHARACTERISTICS timer = {
        .Header = { NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS, 1, NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1 },
        .TimerFunction = ff_timer,
    };

    note_as(f->letter, 'a');
    if (f->attach_status)
        return f->attach_status;
    f->attach = *p;
    memcpy(f->name, p->FilterModuleGuidName->Buffer, p->FilterModuleGuidName->Length);
    if (!f->timer && NdisAllocateTimerObject(module, &timer, &f->timer) != NDIS_STATUS_SUCCESS)
        return NDIS_STATUS_RESOURCES;
    if (f->no_attributes) {
        NdisFreeTimerObject(f->timer);
        f->timer = NULL;
        return NDIS_STATUS_SUCCESS;
    }
    f->module[f->modules++ % FAKE_MODULES] = module;
    f->attached++;
    return NdisFSetAttributes(module, f, &attributes);
}

static VOID NTAPI ff_detach(NDIS_HANDLE context)
{
    struct fake_filter *f = context;

    note_as(f->letter, 'd');
    if (f->on_detach)
        f->on_detach(f);
    if (--f->attached == 0) {
        NdisFreeTimerObject(f->timer);
        f->timer = NULL;
        f->modules = 0;
    }
}

static NDIS_STATUS NTAPI ff_pause(NDIS_HANDLE context, PNDIS_FILTER_PAUSE_PARAMETERS p)
{
    struct fake_filter *f = context;

    note_as(f->letter, 'p');
    if (!f->pend_pause)
        return NDIS_STATUS_SUCCESS;
    ff_later(f, f->letter);
    return NDIS_STATUS_PENDING;
}

static NDIS_STATUS NTAPI ff_restart(NDIS_HANDLE context, PNDIS_FILTER_RESTART_PARAMETERS p)
{
    struct fake_filter *f = context;

    note_as(f->letter, 'r');
    if (f->on_restart)
        f->on_restart(f, p);
    if (f->hang_restart)
        return NDIS_STATUS_PENDING;
    if (!f->pend_restart)
        return f->restart_status;
    ff_later(f, (char)(f->letter - 'a' + 'A'));
    return NDIS_STATUS_PENDING;
}

static NDIS_STATUS NTAPI ff_options(NDIS_HANDLE context)
{
    struct fake_filter *f = context;

    note_as(f->letter, 'o');
    return f->options ? NdisSetOptionalHandlers(only(f), (PNDIS_DRIVER_OPTIONAL_HANDLERS)f->options) : NDIS_STATUS_SUCCESS;
}

static VOID NTAPI ff_send(NDIS_HANDLE context, PNET_BUFFER_LIST lists, NDIS_PORT_NUMBER port, ULONG flags)
{
    struct fake_filter *f = context;

    for (PNET_BUFFER_LIST nbl = lists; nbl; nbl = nbl->Next)
        f->sent++;
    if (f->keep_sends)
        f->kept = lists;
    else
        NdisFSendNetBufferLists(only(f), lists, port, flags);
}

static VOID NTAPI ff_sent(NDIS_HANDLE context, PNET_BUFFER_LIST lists, ULONG flags)
{
    struct fake_filter *f = context;

    for (PNET_BUFFER_LIST nbl = lists, next; nbl; nbl = next) {
        next = nbl->Next;
        nbl->Next = NULL;
        if (nbl->SourceHandle == only(f)) {
            f->own_completed++;
            NdisFreeNetBufferList(nbl);
        } else {
            f->completed++;
            NdisFSendNetBufferListsComplete(only(f), nbl, flags);
        }
    }
}

static VOID NTAPI ff_cancel(NDIS_HANDLE context, PVOID id)
{
    struct fake_filter *f = context;

    note_as(f->letter, 'c');
    NdisFCancelSendNetBufferLists(only(f), id);
}

static VOID NTAPI ff_receive(NDIS_HANDLE context, PNET_BUFFER_LIST lists, NDIS_PORT_NUMBER port, ULONG count, ULONG flags)
{
    struct fake_filter *f = context;

    f->received += count;
    f->looped += lists->NblFlags & NDIS_NBL_FLAGS_IS_LOOPBACK_PACKET ? 1 : 0;
    NdisFIndicateReceiveNetBufferLists(only(f), lists, port, count, flags);
}

static VOID NTAPI ff_return(NDIS_HANDLE context, PNET_BUFFER_LIST lists, ULONG flags)
{
    struct fake_filter *f = context;

    for (PNET_BUFFER_LIST nbl = lists, next; nbl; nbl = next) {
        next = nbl->Next;
        nbl->Next = NULL;
        if (nbl->SourceHandle == only(f)) {
            f->own_returned++;
            NdisFreeNetBufferList(nbl);
        } else {
            f->returned++;
            NdisFReturnNetBufferLists(only(f), nbl, flags);
        }
    }
}

static void ff_copy_answer(PNDIS_OID_REQUEST to, const NDIS_OID_REQUEST *from)
{
    to->DATA.QUERY_INFORMATION.BytesWritten = from->DATA.QUERY_INFORMATION.BytesWritten;
    to->DATA.QUERY_INFORMATION.BytesNeeded = from->DATA.QUERY_INFORMATION.BytesNeeded;
}

static NDIS_STATUS NTAPI ff_oid(NDIS_HANDLE context, PNDIS_OID_REQUEST request)
{
    struct fake_filter *f = context;

    f->oids++;
    if (f->answer_oids && request->DATA.Oid == OID_GEN_VENDOR_DESCRIPTION) {
        *(char *)request->DATA.QUERY_INFORMATION.InformationBuffer = f->letter;
        request->DATA.QUERY_INFORMATION.BytesWritten = 1;
        return NDIS_STATUS_SUCCESS;
    }
    f->asked = request;
    if (f->pend_oids)
        return NDIS_STATUS_PENDING;
    if (NdisAllocateCloneOidRequest(only(f), request, 0x31747354, &f->clone) != NDIS_STATUS_SUCCESS)
        return NDIS_STATUS_RESOURCES;
    NDIS_STATUS status = NdisFOidRequest(only(f), f->clone);
    if (status != NDIS_STATUS_PENDING) {
        ff_copy_answer(request, f->clone);
        NdisFreeCloneOidRequest(only(f), f->clone);
    }
    return status;
}

static VOID NTAPI ff_oid_done(NDIS_HANDLE context, PNDIS_OID_REQUEST clone, NDIS_STATUS status)
{
    struct fake_filter *f = context;

    f->oids_done++;
    CHECK(clone == f->clone);
    ff_copy_answer(f->asked, clone);
    NdisFreeCloneOidRequest(only(f), clone);
    NdisFOidRequestComplete(only(f), f->asked, status);
}

static VOID NTAPI ff_oid_cancel(NDIS_HANDLE context, PVOID id)
{
    struct fake_filter *f = context;

    f->cancels++;
    if (f->pend_oids)
        NdisFOidRequestComplete(only(f), f->asked, NDIS_STATUS_REQUEST_ABORTED);
    else
        NdisFCancelOidRequest(only(f), id);
}

static NDIS_STATUS NTAPI ff_direct(NDIS_HANDLE context, PNDIS_OID_REQUEST request)
{
    struct fake_filter *f = context;

    f->directs++;
    return NDIS_STATUS_NOT_ACCEPTED;
}

static NDIS_STATUS NTAPI ff_synchronous(NDIS_HANDLE context, PNDIS_OID_REQUEST request, PVOID *call)
{
    struct fake_filter *f = context;

    f->synchronous++;
    *call = f;
    return f->answer_oids ? NDIS_STATUS_ALREADY_COMPLETE : NDIS_STATUS_SUCCESS;
}

static VOID NTAPI ff_synchronous_done(NDIS_HANDLE context, PNDIS_OID_REQUEST request, PNDIS_STATUS status, PVOID call)
{
    struct fake_filter *f = context;

    CHECK(call == f);
    f->synchronous_done++;
    f->done_status = *status;
}

static VOID NTAPI ff_status(NDIS_HANDLE context, PNDIS_STATUS_INDICATION indication)
{
    struct fake_filter *f = context;

    f->statuses++;
    NdisFIndicateStatus(only(f), indication);
}

static NDIS_STATUS NTAPI ff_net_event(NDIS_HANDLE context, PNET_PNP_EVENT_NOTIFICATION event)
{
    struct fake_filter *f = context;

    f->net_events++;
    f->pre_detaches += event->NetPnPEvent.NetEvent == NetEventFilterPreDetach;
    return NdisFNetPnPEvent(only(f), event);
}

static VOID NTAPI ff_device_event(NDIS_HANDLE context, PNET_DEVICE_PNP_EVENT event)
{
    struct fake_filter *f = context;

    f->device_events++;
    NdisFDevicePnPEventNotify(only(f), event);
}

static void ff_lists(struct fake_filter *f, NDIS_FILTER_DRIVER_CHARACTERISTICS *c)
{
    if (f->bypass)
        return;
    c->SendNetBufferListsHandler = ff_send;
    c->SendNetBufferListsCompleteHandler = ff_sent;
    c->CancelSendNetBufferListsHandler = ff_cancel;
    c->ReceiveNetBufferListsHandler = ff_receive;
    c->ReturnNetBufferListsHandler = ff_return;
}

/* Name: the digit of the GUID that it registers; the Ndi key may be made before. */
static NDIS_STATUS register_filter(struct fake_filter *f, char letter)
{
    static WCHAR unique[] = u"{00000000-0000-0000-0000-00000000000a}", service[] = u"fakelwf";
    NDIS_FILTER_DRIVER_CHARACTERISTICS c = {
        .Header = { NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS, 3, NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_3 },
        .MajorNdisVersion = 6,
        .MinorNdisVersion = f->minor ? f->minor : 30,
        .Flags = f->flags,
        .UniqueName = { sizeof unique - 2, sizeof unique, unique },
        .ServiceName = { sizeof service - 2, sizeof service, service },
        .FriendlyName = { sizeof service - 2, sizeof service, service },
        .SetFilterModuleOptionsHandler = f->options ? ff_options : NULL,
        .AttachHandler = ff_attach,
        .DetachHandler = ff_detach,
        .RestartHandler = ff_restart,
        .PauseHandler = ff_pause,
        .StatusHandler = ff_status,
        .OidRequestHandler = f->no_oids ? NULL : ff_oid,
        .OidRequestCompleteHandler = f->no_oids ? NULL : ff_oid_done,
        .CancelOidRequestHandler = f->no_oids ? NULL : ff_oid_cancel,
        .DirectOidRequestHandler = f->no_oids ? NULL : ff_direct,
        .SynchronousOidRequestHandler = f->no_oids ? NULL : ff_synchronous,
        .SynchronousOidRequestCompleteHandler = f->no_oids ? NULL : ff_synchronous_done,
        .NetPnPEventHandler = ff_net_event,
        .DevicePnPEventNotifyHandler = ff_device_event,
    };

    f->letter = letter;
    unique[36] = (WCHAR)letter;
    ff_lists(f, &c);
    return NdisFRegisterFilterDriver(mp.io ? &mp.io->object : NULL, f, &c, &f->driver);
}

/* What setup would write of the INF. */
__attribute__((unused)) static void describe_filter(char letter, uint32_t type, uint32_t run_type, const char *class)
{
    char path[200];

    snprintf(path, sizeof path, "\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Network\\"
             "{4d36e974-e325-11ce-bfc1-08002be10318}\\{00000000-0000-0000-0000-00000000000%c}\\Ndi", letter);
    struct cm_key *ndi = cm_key(NULL, path, true);
    cm_set_dword(ndi, "FilterType", type);
    cm_set_dword(ndi, "FilterRunType", run_type);
    cm_set_string(ndi, "FilterClass", class);
    cm_set_string(cm_key(ndi, "Interfaces", true), "FilterMediaTypes", "ethernet, wlan");
}

__attribute__((unused)) static void with_filters(void (*body)(void *))
{
    memset(ff, 0, sizeof ff);
    on_a_computer(body, 1);
}

#endif
