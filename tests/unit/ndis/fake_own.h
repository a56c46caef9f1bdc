/* A second protocol, which pends, fails and calls wrongly as the case says, and keeps a journal. */
#ifndef TESTS_UNIT_NDIS_FAKE_OWN_H
#define TESTS_UNIT_NDIS_FAKE_OWN_H

#include "fake.h"

#include "ndis/event.h"
#include "ndis/net_event.h"

/* A second protocol, which does as the case says. */
static struct own {
    NDIS_HANDLE protocol, binding, bind, unbind;
    NDIS_STATUS bind_status, open_status, query_answer, reconfigure_status;
    bool pend_bind, pend_unbind, pend_events, wrong_name, wrong_header, wrong_medium, leave_open, unbind_in_bind, uninstalls;
    char journal[256];                  /* b o u c, and events by their letters */
    PNET_PNP_EVENT_NOTIFICATION event;
    NDIS_HANDLE event_context;
    unsigned requests_done, mtu, lookahead;
    NDIS_PORT_NUMBER port;
    ULONG names, capabilities;
    KEVENT opened, closed;
    UCHAR minor;
} own;

static unsigned findings;

static void own_note(char what)
{
    note(own.journal, what);
}

static NDIS_STATUS open_own(NDIS_HANDLE bind, PNDIS_BIND_PARAMETERS p)
{
    static NDIS_MEDIUM media[1];
    static UINT selected;
    WCHAR other[] = u"\\Device\\other";
    UNICODE_STRING name = { sizeof other - 2, sizeof other, other };
    NDIS_OPEN_PARAMETERS open = {
        .Header = { NDIS_OBJECT_TYPE_OPEN_PARAMETERS, 1, NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1 },
        .AdapterName = own.wrong_name ? &name : p->AdapterName,
        .MediumArray = media,
        .MediumArraySize = 1,
        .SelectedMediumIndex = &selected,
    };

    if (own.wrong_header)
        open.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    own.binding = NULL;
    media[0] = own.wrong_medium ? NdisMediumWan : NdisMedium802_3;
    NDIS_STATUS status = NdisOpenAdapterEx(own.protocol, &own, &open, bind, &own.binding);
    own.open_status = status;
    if (status == NDIS_STATUS_PENDING) {
        KeWaitForSingleObject(&own.opened, Executive, KernelMode, FALSE, NULL);
        CHECK(own.binding != NULL);
        status = NDIS_STATUS_SUCCESS;
    }
    return status;
}

static NDIS_STATUS NTAPI own_bind(NDIS_HANDLE context, NDIS_HANDLE bind, PNDIS_BIND_PARAMETERS p)
{
    own_note('b');
    own.bind = bind;
    own.mtu = p->MtuSize;
    own.lookahead = p->LookaheadSize;
    NDIS_STATUS status = open_own(bind, p);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    if (own.unbind_in_bind)
        CHECK_EQ(NdisUnbindAdapter(own.binding), NDIS_STATUS_SUCCESS);
    else if (own.bind_status && !own.leave_open)
        CHECK_EQ(NdisCloseAdapterEx(own.binding), NDIS_STATUS_SUCCESS);
    return own.pend_bind ? NDIS_STATUS_PENDING : own.bind_status;
}

static void close_own(void)
{
    NDIS_STATUS status = NdisCloseAdapterEx(own.binding);

    own.binding = NULL;
    if (status == NDIS_STATUS_PENDING)
        KeWaitForSingleObject(&own.closed, Executive, KernelMode, FALSE, NULL);
}

static NDIS_STATUS NTAPI own_unbind(NDIS_HANDLE unbind, NDIS_HANDLE context)
{
    own_note('u');
    CHECK(context == &own);
    own.unbind = unbind;
    close_own();
    return own.pend_unbind ? NDIS_STATUS_PENDING : NDIS_STATUS_SUCCESS;
}

static VOID NTAPI own_opened(NDIS_HANDLE context, NDIS_STATUS status)
{
    own_note('o');
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    KeSetEvent(&own.opened, 0, FALSE);
}

static VOID NTAPI own_closed(NDIS_HANDLE context)
{
    own_note('c');
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    KeSetEvent(&own.closed, 0, FALSE);
}

static char letter_of(NET_PNP_EVENT_CODE code)
{
    switch (code) {
    case NetEventSetPower: return 'W';
    case NetEventQueryPower: return 'Q';
    case NetEventQueryRemoveDevice: return 'q';
    case NetEventCancelRemoveDevice: return 'x';
    case NetEventReconfigure: return 'R';
    case NetEventBindList: return 'L';
    case NetEventBindsComplete: return 'B';
    case NetEventPause: return 'p';
    case NetEventRestart: return 'r';
    case NetEventPnPCapabilities: return 'C';
    case NetEventPortActivation: return '+';
    case NetEventPortDeactivation: return '-';
    default: return '?';
    }
}

static NDIS_STATUS NTAPI own_event(NDIS_HANDLE context, PNET_PNP_EVENT_NOTIFICATION n)
{
    NET_PNP_EVENT_CODE code = n->NetPnPEvent.NetEvent;
    bool global = code == NetEventBindsComplete || code == NetEventBindList;

    own_note(letter_of(code));
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    CHECK(code == NetEventReconfigure || global == (context == NULL));
    own.event_context = context;
    own.port = n->PortNumber;
    if (code == NetEventBindList)
        own.names = n->NetPnPEvent.BufferLength;
    if (own.pend_events) {
        own.event = n;
        return NDIS_STATUS_PENDING;
    }
    if (code == NetEventPnPCapabilities)
        own.capabilities = *(ULONG *)n->NetPnPEvent.Buffer;
    if (code == NetEventReconfigure)
        return own.reconfigure_status;
    return code == NetEventQueryRemoveDevice || code == NetEventQueryPower ? own.query_answer : NDIS_STATUS_SUCCESS;
}

static VOID NTAPI own_requested(NDIS_HANDLE context, PNDIS_OID_REQUEST r, NDIS_STATUS status)
{
    CHECK(own.journal[strlen(own.journal) - 1] != 'c');
    own.requests_done++;
}

static VOID NTAPI own_status(NDIS_HANDLE context, PNDIS_STATUS_INDICATION s)
{
}

static VOID NTAPI own_receive(NDIS_HANDLE context, PNET_BUFFER_LIST lists, NDIS_PORT_NUMBER port, ULONG count, ULONG flags)
{
    if (!(flags & NDIS_RECEIVE_FLAGS_RESOURCES))
        NdisReturnNetBufferLists(own.binding, lists, 0);
}

static VOID NTAPI own_sent(NDIS_HANDLE context, PNET_BUFFER_LIST lists, ULONG flags)
{
}

/* Drivers are told not to, and do it all the same. */
static VOID NTAPI own_uninstall(VOID)
{
    own_note('U');
    NdisDeregisterProtocolDriver(own.protocol);
}

static NDIS_STATUS register_own(void)
{
    static WCHAR name[] = u"OWN";
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS c = {
        .Header = { NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS, 1, NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_1 },
        .MajorNdisVersion = 6,
        .MinorNdisVersion = own.minor ? own.minor : 30,
        .Name = { sizeof name - 2, sizeof name, name },
        .BindAdapterHandlerEx = own_bind,
        .UnbindAdapterHandlerEx = own_unbind,
        .OpenAdapterCompleteHandlerEx = own_opened,
        .CloseAdapterCompleteHandlerEx = own_closed,
        .NetPnPEventHandler = own_event,
        .OidRequestCompleteHandler = own_requested,
        .StatusHandlerEx = own_status,
        .ReceiveNetBufferListsHandler = own_receive,
        .SendNetBufferListsCompleteHandler = own_sent,
        .UninstallHandler = own.uninstalls ? own_uninstall : NULL,
    };

    KeInitializeEvent(&own.opened, SynchronizationEvent, FALSE);
    KeInitializeEvent(&own.closed, SynchronizationEvent, FALSE);
    return NdisRegisterProtocolDriver(NULL, &c, &own.protocol);
}

/* --- a thread that completes what is pended, later ------------------------------------------------------------------------- */

static void (*later_what)(void);

static VOID NTAPI later_thread(PVOID unused)
{
    sleep_ms(5);
    later_what();
    PsTerminateSystemThread(0);
}

__attribute__((unused)) static void do_later(void (*what)(void))
{
    HANDLE thread;

    later_what = what;
    CHECK_EQ(PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, later_thread, NULL), STATUS_SUCCESS);
    ZwClose(thread);
}

static void count_finding(const struct ndis_event *event)
{
    findings++;
}

static void with(void (*body)(void *))
{
    memset(&own, 0, sizeof own);
    findings = 0;
    ndis_pend_opens = false;
    on_a_computer(body, 1);
    ndis_pend_opens = false;
}

__attribute__((unused)) static void watch_misuse(void)
{
    ndis_event_sink = count_finding;
    ndis_event_mask = 1u << NDIS_EVENT_MISUSE;
}

#endif
