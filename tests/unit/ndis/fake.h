/* A miniport and a protocol of the test's own on a computer without hardware: a root device is the card. Both keep a
 * journal of what NDIS called, one letter a call. */
#ifndef TESTS_UNIT_NDIS_FAKE_H
#define TESTS_UNIT_NDIS_FAKE_H

#include "unit.h"

#include "base/error.h"
#include "machine/machine.h"
#include "ndis/adapter.h"
#include "ndis/nbl_pool.h"
#include "nt/io.h"
#include "nt/pnp.h"

struct fake_miniport {
    NDIS_HANDLE driver, adapter;
    struct io_driver *io;
    struct pnp_node *node;
    char journal[256];
    /* what it does */
    NDIS_STATUS initialize_status, restart_status, reset_status;
    bool pend_pause, pend_restart, pend_reset, pend_oids, keep_oids, addressing_reset, hung, slow_check, hold_sends;
    NDIS_STATUS (*on_initialize)(NDIS_HANDLE adapter);  /* at the end of MiniportInitializeEx; may be NULL */
    void (*on_halt)(void);
    void (*on_entry)(PDRIVER_OBJECT object, PUNICODE_STRING path);      /* at the end of DriverEntry */
    NDIS_PM_CAPABILITIES *power;        /* NULL: knows no power management */
    NDIS_RECEIVE_SCALE_CAPABILITIES *scaling;
    NDIS_STATUS (NTAPI *on_synchronous)(NDIS_HANDLE context, PNDIS_OID_REQUEST request);        /* may be NULL: before 6.80 */
    NDIS_STATUS (NTAPI *on_direct)(NDIS_HANDLE context, PNDIS_OID_REQUEST request);     /* may be NULL */
    NDIS_STATUS (*on_query)(PNDIS_OID_REQUEST request);
    NDIS_MEDIUM medium;                 /* 0: 802.3 */
    bool no_filters;                    /* it has no packet filters */
    bool has_guids;                     /* lists OID_GEN_SUPPORTED_GUIDS */
    NDIS_STATUS (*on_set)(PNDIS_OID_REQUEST request);   /* NDIS_STATUS_NOT_SUPPORTED: the fake's own way */
    /* what it saw */
    uint32_t filter, multicast_count;
    KIRQL shutdown_irql;
    void (*fail_in_halt)(void);
    ULONG attributes;                   /* added to its registration attributes */
    UCHAR minor;                        /* its NDIS version 6.minor; 0: 6.30 */
    unsigned sent, returned, oids, filter_sets, power_sources;
    ULONG resources;                    /* descriptors given to the last MiniportInitializeEx */
    PNET_BUFFER_LIST held;
    PNDIS_OID_REQUEST pended;
    NDIS_HANDLE timer, oid_timer;
};

struct fake_protocol {
    UCHAR minor;                        /* its NDIS version 6.minor; 0: 6.30 */
    NDIS_HANDLE protocol, binding, pool;
    char journal[256];
    unsigned completed, received;
    NDIS_STATUS last_status;
    VOID (NTAPI *on_direct_done)(NDIS_HANDLE context, PNDIS_OID_REQUEST request, NDIS_STATUS status);
    void (*on_bind)(const NDIS_BIND_PARAMETERS *parameters);
    void (*on_event)(const NET_PNP_EVENT *event);
    void (*on_status)(PNDIS_STATUS_INDICATION indication);
    bool keep;                          /* received lists are given back by the test */
    PNET_BUFFER_LIST kept;
    unsigned oid_completions;
    NDIS_STATUS oid_status;
    NDIS_LINK_STATE link;
    ULONG mtu, names_length, bind_mtu;  /* of the last restart; of the last bind */
    ULONG bind_split;                   /* HDSplitFlags of the last bind */
    KEVENT oid_done;
};

static struct fake_miniport mp;
static struct fake_protocol pr;

/* All journals in one, each letter behind its writer's: m, p, and a, b, ... of filters. */
static char everything[8192];

static void note_as(char who, char what)
{
    size_t n = strlen(everything);

    if (n + 3 < sizeof everything) {
        everything[n] = who;
        everything[n + 1] = what;
        everything[n + 2] = ' ';
    }
}

static void note(char *journal, char what)
{
    size_t n = strlen(journal);

    if (n < 255)
        journal[n] = what;
    note_as(journal == mp.journal ? 'm' : 'p', what);
}

/* --- miniport ------------------------------------------------------------------------------------------------------- */

static NDIS_OID fake_oids[] = { OID_GEN_STATISTICS, OID_GEN_VENDOR_DESCRIPTION, OID_GEN_CURRENT_PACKET_FILTER,
                                OID_802_3_MULTICAST_LIST, OID_GEN_SUPPORTED_GUIDS };   /* the last one on demand */

/* Completes what is pending, some time later, at DISPATCH_LEVEL. */
static VOID NTAPI mp_timer(PVOID a, PVOID context, PVOID b, PVOID c)
{
    intptr_t what = (intptr_t)context;

    if (what == 'P')
        NdisMPauseComplete(mp.adapter);
    else if (what == 'R')
        NdisMRestartComplete(mp.adapter, mp.restart_status);
    else if (what == 'X')
        NdisMResetComplete(mp.adapter, mp.reset_status, mp.addressing_reset);
    else if (mp.pended) {
        PNDIS_OID_REQUEST request = mp.pended;

        mp.pended = NULL;
        NdisMOidRequestComplete(mp.adapter, request, NDIS_STATUS_SUCCESS);
    }
}

static void later(char what)
{
    LARGE_INTEGER due = { .QuadPart = -10000 };

    NdisSetTimerObject(what == 'O' ? mp.oid_timer : mp.timer, due, 0, (PVOID)(intptr_t)what);
}

static NDIS_STATUS set_attributes(NDIS_HANDLE adapter)
{
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES a = { 0 };

    a.RegistrationAttributes = (NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES){
        .Header = { NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES, 1,
                    NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1 },
        .MiniportAdapterContext = &mp,
        .AttributeFlags = NDIS_MINIPORT_ATTRIBUTES_SURPRISE_REMOVE_OK | NDIS_MINIPORT_ATTRIBUTES_NDIS_WDM | mp.attributes,
        .InterfaceType = NdisInterfaceInternal,
    };
    NDIS_STATUS status = NdisMSetMiniportAttributes(adapter, &a);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    a.GeneralAttributes = (NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES){
        .Header = { NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES, 2,
                    NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2 },
        .MediaType = mp.medium,
        .MtuSize = 1500,
        .MaxXmitLinkSpeed = 1000000000,
        .XmitLinkSpeed = 1000000000,
        .MaxRcvLinkSpeed = 1000000000,
        .RcvLinkSpeed = 1000000000,
        .MediaConnectState = MediaConnectStateConnected,
        .MediaDuplexState = MediaDuplexStateFull,
        .LookaheadSize = 1500,
        .MacOptions = NDIS_MAC_OPTION_NO_LOOPBACK,
        .SupportedPacketFilters = mp.no_filters ? 0 : NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST |
                                  NDIS_PACKET_TYPE_BROADCAST | NDIS_PACKET_TYPE_PROMISCUOUS,
        .MaxMulticastListSize = 16,
        .MacAddressLength = 6,
        .PermanentMacAddress = { 2, 0, 0, 0, 0, 1 },
        .CurrentMacAddress = { 2, 0, 0, 0, 0, 1 },
        .AccessType = NET_IF_ACCESS_BROADCAST,
        .ConnectionType = NET_IF_CONNECTION_DEDICATED,
        .IfType = IF_TYPE_ETHERNET_CSMACD,
        .PowerManagementCapabilitiesEx = mp.power,
        .RecvScaleCapabilities = mp.scaling,
        .SupportedOidList = fake_oids,
        .SupportedOidListLength = sizeof fake_oids - (mp.has_guids ? 0 : sizeof(NDIS_OID)),
    };
    return NdisMSetMiniportAttributes(adapter, &a);
}

static NDIS_STATUS NTAPI mp_initialize(NDIS_HANDLE adapter, NDIS_HANDLE context, PNDIS_MINIPORT_INIT_PARAMETERS p)
{
    NDIS_TIMER_CHARACTERISTICS timer = {
        .Header = { NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS, 1, NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1 },
        .AllocationTag = 0x31747354,
        .TimerFunction = mp_timer,
    };

    note(mp.journal, 'i');
    if (mp.initialize_status)
        return mp.initialize_status;
    mp.adapter = adapter;
    mp.resources = p->AllocatedResources ? p->AllocatedResources->Count : 0;
    NDIS_STATUS status = set_attributes(adapter);
    if (status == NDIS_STATUS_SUCCESS)
        status = NdisAllocateTimerObject(adapter, &timer, &mp.timer);
    if (status == NDIS_STATUS_SUCCESS && NdisAllocateTimerObject(adapter, &timer, &mp.oid_timer) != NDIS_STATUS_SUCCESS) {
        NdisFreeTimerObject(mp.timer);
        status = NDIS_STATUS_RESOURCES;
    }
    return status == NDIS_STATUS_SUCCESS && mp.on_initialize ? mp.on_initialize(adapter) : status;
}

static VOID NTAPI mp_halt(NDIS_HANDLE context, NDIS_HALT_ACTION action)
{
    note(mp.journal, action == NdisHaltDeviceSurpriseRemoved ? 'S' : 'h');
    if (mp.fail_in_halt)
        mp.fail_in_halt();
    if (mp.on_halt)
        mp.on_halt();
    NdisFreeTimerObject(mp.timer);
    NdisFreeTimerObject(mp.oid_timer);
    mp.adapter = NULL;
}

static NDIS_STATUS NTAPI mp_pause(NDIS_HANDLE context, PNDIS_MINIPORT_PAUSE_PARAMETERS p)
{
    note(mp.journal, 'p');
    if (!mp.pend_pause)
        return NDIS_STATUS_SUCCESS;
    later('P');
    return NDIS_STATUS_PENDING;
}

static NDIS_STATUS NTAPI mp_restart(NDIS_HANDLE context, PNDIS_MINIPORT_RESTART_PARAMETERS p)
{
    note(mp.journal, 'r');
    if (!mp.pend_restart)
        return mp.restart_status;
    later('R');
    return NDIS_STATUS_PENDING;
}

static NDIS_STATUS NTAPI mp_reset(NDIS_HANDLE context, PBOOLEAN addressing)
{
    note(mp.journal, 'x');
    *addressing = mp.addressing_reset;
    if (!mp.pend_reset)
        return mp.reset_status;
    later('X');
    return NDIS_STATUS_PENDING;
}

static BOOLEAN NTAPI mp_check_for_hang(NDIS_HANDLE context)
{
    bool hung = mp.hung;

    mp.hung = false;
    if (mp.slow_check) {
        NdisMSleep(100000);
        note(mp.journal, 'k');
    }
    return hung;
}

static NDIS_STATUS mp_set(PNDIS_OID_REQUEST r)
{
    if (r->DATA.Oid == OID_GEN_CURRENT_PACKET_FILTER) {
        mp.filter = *(uint32_t *)r->DATA.SET_INFORMATION.InformationBuffer;
        mp.filter_sets++;
        return NDIS_STATUS_SUCCESS;
    }
    if (r->DATA.Oid == OID_802_3_MULTICAST_LIST) {
        mp.multicast_count = r->DATA.SET_INFORMATION.InformationBufferLength / 6;
        return NDIS_STATUS_SUCCESS;
    }
    return NDIS_STATUS_NOT_SUPPORTED;
}

static NDIS_STATUS NTAPI mp_oid(NDIS_HANDLE context, PNDIS_OID_REQUEST r)
{
    mp.oids++;
    if (r->RequestType == NdisRequestSetInformation) {
        NDIS_STATUS status = mp.on_set ? mp.on_set(r) : NDIS_STATUS_NOT_SUPPORTED;

        return status == NDIS_STATUS_NOT_SUPPORTED ? mp_set(r) : status;
    }
    if (mp.on_query && mp.on_query(r) == NDIS_STATUS_SUCCESS)
        return NDIS_STATUS_SUCCESS;
    if (r->DATA.Oid == OID_GEN_STATISTICS) {
        NDIS_STATISTICS_INFO info = { .ifHCInOctets = 12345 };
        memcpy(r->DATA.QUERY_INFORMATION.InformationBuffer, &info, sizeof info);
        r->DATA.QUERY_INFORMATION.BytesWritten = sizeof info;
        return NDIS_STATUS_SUCCESS;
    }
    if (r->DATA.Oid == OID_GEN_VENDOR_DESCRIPTION && mp.pend_oids) {
        mp.pended = r;
        if (!mp.keep_oids)
            later('O');
        return NDIS_STATUS_PENDING;
    }
    return NDIS_STATUS_NOT_SUPPORTED;
}

static VOID NTAPI mp_send(NDIS_HANDLE context, PNET_BUFFER_LIST lists, NDIS_PORT_NUMBER port, ULONG flags)
{
    for (PNET_BUFFER_LIST nbl = lists; nbl; nbl = nbl->Next) {
        nbl->Status = NDIS_STATUS_SUCCESS;
        mp.sent++;
    }
    if (mp.hold_sends) {
        PNET_BUFFER_LIST *tail = &mp.held;

        while (*tail)
            tail = &(*tail)->Next;
        *tail = lists;
    } else {
        NdisMSendNetBufferListsComplete(mp.adapter, lists, 0);
    }
}

static VOID NTAPI mp_return(NDIS_HANDLE context, PNET_BUFFER_LIST lists, ULONG flags)
{
    for (PNET_BUFFER_LIST nbl = lists, next; nbl; nbl = next) {
        next = nbl->Next;
        mp.returned++;
        NdisFreeNetBufferList(nbl);
    }
}

static VOID NTAPI mp_cancel(NDIS_HANDLE context, PVOID id)
{
    note(mp.journal, 'c');
}

static VOID NTAPI mp_event(NDIS_HANDLE context, PNET_DEVICE_PNP_EVENT event)
{
    if (event->DevicePnPEvent == NdisDevicePnPEventSurpriseRemoved)
        note(mp.journal, '!');
    if (event->DevicePnPEvent == NdisDevicePnPEventPowerProfileChanged) {
        CHECK_EQ(*(ULONG *)event->InformationBuffer, NdisPowerProfileAcOnLine);
        mp.power_sources++;
    }
}

static VOID NTAPI mp_shutdown(NDIS_HANDLE context, NDIS_SHUTDOWN_ACTION action)
{
    mp.shutdown_irql = KeGetCurrentIrql();
    note(mp.journal, action == NdisShutdownBugCheck ? 'D' : 'd');
}

static VOID NTAPI mp_unload(PDRIVER_OBJECT object)
{
    note(mp.journal, 'u');
    NdisMDeregisterMiniportDriver(mp.driver);
}

static NTSTATUS NTAPI mp_entry(PDRIVER_OBJECT object, PUNICODE_STRING path)
{
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS c = {
        .Header = { NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS, 2, NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2 },
        .MajorNdisVersion = 6,
        .MinorNdisVersion = mp.minor ? mp.minor : 30,
        .InitializeHandlerEx = mp_initialize,
        .HaltHandlerEx = mp_halt,
        .UnloadHandler = mp_unload,
        .PauseHandler = mp_pause,
        .RestartHandler = mp_restart,
        .OidRequestHandler = mp_oid,
        .SendNetBufferListsHandler = mp_send,
        .ReturnNetBufferListsHandler = mp_return,
        .CancelSendHandler = mp_cancel,
        .CheckForHangHandlerEx = mp_check_for_hang,
        .ResetHandlerEx = mp_reset,
        .DevicePnPEventNotifyHandler = mp_event,
        .ShutdownHandlerEx = mp_shutdown,
        .CancelOidRequestHandler = mp_cancel,
        .DirectOidRequestHandler = mp.on_direct,
        .CancelDirectOidRequestHandler = mp.on_direct ? mp_cancel : NULL,
    };

    if (mp.on_synchronous) {
        c.Header.Revision = NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_3;
        c.Header.Size = NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_3;
        c.MinorNdisVersion = 80;
        c.SynchronousOidRequestHandler = mp.on_synchronous;
    }
    NDIS_STATUS status = NdisMRegisterMiniportDriver(object, path, NULL, &c, &mp.driver);
    if (mp.on_entry)
        mp.on_entry(object, path);
    return status;
}

/* --- protocol --------------------------------------------------------------------------------------------------------- */

static NDIS_STATUS NTAPI pr_bind(NDIS_HANDLE context, NDIS_HANDLE bind, PNDIS_BIND_PARAMETERS p)
{
    NDIS_MEDIUM media[] = { NdisMediumWan, mp.medium };
    UINT selected = 0;
    NDIS_OPEN_PARAMETERS open = {
        .Header = { NDIS_OBJECT_TYPE_OPEN_PARAMETERS, 1, NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1 },
        .AdapterName = p->AdapterName,
        .MediumArray = media,
        .MediumArraySize = 2,
        .SelectedMediumIndex = &selected,
    };

    note(pr.journal, 'b');
    if (pr.on_bind)
        pr.on_bind(p);
    pr.bind_mtu = p->MtuSize;
    pr.bind_split = p->HDSplitCurrentConfig ? p->HDSplitCurrentConfig->HDSplitFlags : 0;
    NDIS_STATUS status = NdisOpenAdapterEx(pr.protocol, &pr, &open, bind, &pr.binding);
    return selected == 1 ? status : NDIS_STATUS_FAILURE;
}

static NDIS_STATUS NTAPI pr_unbind(NDIS_HANDLE unbind, NDIS_HANDLE context)
{
    note(pr.journal, 'u');
    NdisCloseAdapterEx(pr.binding);
    pr.binding = NULL;
    return NDIS_STATUS_SUCCESS;
}

static VOID NTAPI pr_opened(NDIS_HANDLE context, NDIS_STATUS status)
{
}

static VOID NTAPI pr_closed(NDIS_HANDLE context)
{
}

static void keep_restart(PNDIS_PROTOCOL_RESTART_PARAMETERS p)
{
    pr.names_length = p->FilterModuleNameBufferLength;
    for (PNDIS_RESTART_ATTRIBUTES a = p->RestartAttributes; a; a = a->Next)
        if (a->Oid == OID_GEN_MINIPORT_RESTART_ATTRIBUTES)
            pr.mtu = ((NDIS_RESTART_GENERAL_ATTRIBUTES *)(void *)a->Data)->MtuSize;
}

static NDIS_STATUS NTAPI pr_event(NDIS_HANDLE context, PNET_PNP_EVENT_NOTIFICATION n)
{
    if (pr.on_event)
        pr.on_event(&n->NetPnPEvent);
    if (n->NetPnPEvent.NetEvent == NetEventPause)
        note(pr.journal, 'p');
    if (n->NetPnPEvent.NetEvent == NetEventRestart) {
        note(pr.journal, 'r');
        keep_restart(n->NetPnPEvent.Buffer);
    }
    return NDIS_STATUS_SUCCESS;
}

static VOID NTAPI pr_oid_complete(NDIS_HANDLE context, PNDIS_OID_REQUEST r, NDIS_STATUS status)
{
    pr.oid_completions++;
    pr.oid_status = status;
    KeSetEvent(&pr.oid_done, 0, FALSE);
}

static VOID NTAPI pr_status(NDIS_HANDLE context, PNDIS_STATUS_INDICATION s)
{
    if (pr.on_status)
        pr.on_status(s);
    if (s->StatusCode == NDIS_STATUS_RESET_START)
        note(pr.journal, '<');
    if (s->StatusCode == NDIS_STATUS_RESET_END)
        note(pr.journal, '>');
    if (s->StatusCode == NDIS_STATUS_LINK_STATE) {
        note(pr.journal, 'l');
        memcpy(&pr.link, s->StatusBuffer, sizeof pr.link);
    }
}

static VOID NTAPI pr_receive(NDIS_HANDLE context, PNET_BUFFER_LIST lists, NDIS_PORT_NUMBER port, ULONG count, ULONG flags)
{
    pr.received += count;
    if (flags & NDIS_RECEIVE_FLAGS_RESOURCES)
        return;
    if (pr.keep)
        pr.kept = lists;
    else
        NdisReturnNetBufferLists(pr.binding, lists, 0);
}

static VOID NTAPI pr_send_complete(NDIS_HANDLE context, PNET_BUFFER_LIST lists, ULONG flags)
{
    for (PNET_BUFFER_LIST nbl = lists, next; nbl; nbl = next) {
        next = nbl->Next;
        pr.completed++;
        pr.last_status = nbl->Status;
        NdisFreeNetBufferList(nbl);
    }
}

__attribute__((unused)) static NDIS_STATUS register_protocol(void)
{
    static WCHAR name[] = u"FAKE";
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS c = {
        .Header = { NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS, 1, NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_1 },
        .MajorNdisVersion = 6,
        .MinorNdisVersion = pr.minor ? pr.minor : 30,
        .Name = { sizeof name - 2, sizeof name, name },
        .BindAdapterHandlerEx = pr_bind,
        .UnbindAdapterHandlerEx = pr_unbind,
        .OpenAdapterCompleteHandlerEx = pr_opened,
        .CloseAdapterCompleteHandlerEx = pr_closed,
        .NetPnPEventHandler = pr_event,
        .OidRequestCompleteHandler = pr_oid_complete,
        .StatusHandlerEx = pr_status,
        .ReceiveNetBufferListsHandler = pr_receive,
        .SendNetBufferListsCompleteHandler = pr_send_complete,
        .DirectOidRequestCompleteHandler = pr.on_direct_done,
    };
    NET_BUFFER_LIST_POOL_PARAMETERS p = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, 1, NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 },
        .fAllocateNetBuffer = TRUE,
        .PoolTag = 0x31747354,
        .DataSize = 128,
    };

    if (pr.on_direct_done) {
        c.Header.Revision = NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2;
        c.Header.Size = NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2;
    }
    KeInitializeEvent(&pr.oid_done, SynchronizationEvent, FALSE);
    pr.pool = NdisAllocateNetBufferListPool(NULL, &p);
    return NdisRegisterProtocolDriver(NULL, &c, &pr.protocol);
}

__attribute__((unused)) static void deregister_protocol(void)
{
    NdisDeregisterProtocolDriver(pr.protocol);
    NdisFreeNetBufferListPool(pr.pool);
}

/* --- the computer ------------------------------------------------------------------------------------------------------- */

static struct io_driver *find_fake(struct pnp_node *node, const char *const *ids, unsigned count)
{
    return mp.io;
}

__attribute__((unused)) static void plug_fake(void)
{
    struct pnp_node *node = NULL;

    CHECK_EQ(io_create_host_driver("fakenic", mp_entry, &mp.io), STATUS_SUCCESS);
    pnp_find_driver = find_fake;
    CHECK(NT_SUCCESS(pnp_create_root_device("FAKENIC", "ROOT\\FAKENIC", &node)));
    mp.node = node;
}

__attribute__((unused)) static void unplug_fake(void)
{
    CHECK(NT_SUCCESS(pnp_delete_root_device(mp.node)));
    CHECK_EQ(io_unload_driver(mp.io), STATUS_SUCCESS);
}

/* lwIP allocates its timers once in a process: before a test is measured. */
__attribute__((constructor)) static void let_lwip_allocate(void)
{
    struct ring3_config config;
    struct ring3_report report;

    ring3_config_init(&config);
    config.clock = RING3_CLOCK_VIRTUAL;
    struct ring3_computer *computer = ring3_open(&config);
    if (computer)
        ring3_close(computer, &report);
}

static uint64_t fake_seed;              /* of the schedule; 0: fair */

/* Runs the body as a system thread of a computer with virtual clock. */
static void on_a_computer(void (*body)(void *), unsigned cpus)
{
    struct ring3_config config;
    struct ring3_report report;

    memset(&mp, 0, sizeof mp);
    memset(&pr, 0, sizeof pr);
    memset(everything, 0, sizeof everything);
    ring3_config_init(&config);
    config.cpus = cpus;
    config.memory = 64u << 20;
    config.clock = RING3_CLOCK_VIRTUAL;
    config.seeded = fake_seed != 0;
    config.seed = fake_seed;
    struct ring3_computer *computer = ring3_open(&config);
    if (!computer)
        UNIT_FAIL("ring3_open: %s", error_text());
    CHECK(machine_call(body, NULL));
    ring3_close(computer, &report);
    CHECK(!report.bug_check);
    CHECK_EQ(report.pool_bytes, 0);
}

static inline void sleep_ms(unsigned ms)
{
    NdisMSleep(ms * 1000);
}

#endif
