/* Poll objects: NDIS calls the miniport again and again, a limited number of lists at a time, while it makes progress; then
 * it has the miniport enable its interrupt. Polling runs in a DPC, always at DISPATCH_LEVEL; one iteration a DPC, so that
 * others get their turn. docs: network/ndis-poll-mode
 *
 *   idle --NdisRequestPoll--> queued --DPC--> polling --lists came--> queued
 *                                             polling --none came, nobody asked--> interrupt enabled, idle */
#include "ndis/adapter.h"
#include "ndis/event.h"
#include "nt/ke.h"

#define LISTS_AT_A_TIME 64

struct poll {
    struct ndis_object object;
    struct adapter *adapter;
    void *context;
    NDIS_SET_POLL_NOTIFICATION_HANDLER notify;
    NDIS_POLL_HANDLER poll;
    bool polling;                       /* on some processor */
    bool asked;                         /* NdisRequestPoll since the iteration began */
    bool gone;
    KDPC dpc;
};

static ULONG length(PNET_BUFFER_LIST lists)
{
    ULONG n = 0;

    for (PNET_BUFFER_LIST nbl = lists; nbl; nbl = nbl->Next)
        n++;
    return n;
}

static ULONG count(const struct poll *p, PNET_BUFFER_LIST lists, ULONG said, ULONG allowed)
{
    ULONG n = said == NDIS_ANY_NUMBER_OF_NBLS ? length(lists) : said;

    if (unlikely(n > allowed))
        NDIS_EMIT(NDIS_EVENT_MISUSE, p->adapter, "NdisPoll returned more NET_BUFFER_LISTs than it was allowed", p->poll);
    return n;
}

/* True when there was something to do. */
static bool iterate(struct poll *p)
{
    NDIS_POLL_DATA d = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof d },
        .Transmit.MaxNblsToComplete = LISTS_AT_A_TIME,
        .Receive.MaxNblsToIndicate = LISTS_AT_A_TIME,
    };

    p->poll(p->context, &d);
    ULONG sent = count(p, d.Transmit.CompletedNblChain, d.Transmit.NumberOfCompletedNbls, LISTS_AT_A_TIME);
    ULONG received = count(p, d.Receive.IndicatedNblChain, d.Receive.NumberOfIndicatedNbls, LISTS_AT_A_TIME);
    if (d.Transmit.CompletedNblChain)
        NdisMSendNetBufferListsComplete(p->adapter, d.Transmit.CompletedNblChain,
                                        d.Transmit.SendCompleteFlags | NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL);
    if (d.Receive.IndicatedNblChain)
        NdisMIndicateReceiveNetBufferLists(p->adapter, d.Receive.IndicatedNblChain, NDIS_DEFAULT_PORT_NUMBER, received,
                                           d.Receive.Flags | NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL);
    return sent || received;
}

static VOID NTAPI poll_dpc(PKDPC dpc, PVOID context, PVOID a1, PVOID a2)
{
    struct poll *p = context;
    NDIS_POLL_NOTIFICATION enable = { .Header = { NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof enable }, .Enabled = TRUE };

    if (p->adapter->state == ADAPTER_SHUT_DOWN)
        return;
    p->adapter->stats.dpcs++;
    if (p->polling) {                   /* the other processor sees `asked` */
        p->asked = true;
        return;
    }
    p->polling = true;
    p->asked = false;
    if (!iterate(p) && !p->asked && !p->gone)
        p->notify(p->context, &enable);
    else
        p->asked = true;
    p->polling = false;
    if (p->asked && !p->gone)
        KeInsertQueueDpc(&p->dpc, NULL, NULL);
}

/* Makes a poll object of an adapter, from MiniportInitializeEx. PASSIVE_LEVEL. NDIS_STATUS_INVALID_PARAMETER, _RESOURCES.
 * docs: poll/nf-poll-ndisregisterpoll */
NDIS_STATUS NTAPI NdisRegisterPoll(NDIS_HANDLE NdisHandle, void *Context, NDIS_POLL_CHARACTERISTICS const *Characteristics,
                                   NDIS_POLL_HANDLE *PollHandle)
{
    struct adapter *a = ndis_object_check(NdisHandle, NDIS_ADAPTER);
    const NDIS_POLL_CHARACTERISTICS *c = Characteristics;

    *PollHandle = NULL;
    if (c->Header.Type != NDIS_OBJECT_TYPE_DEFAULT || c->Header.Revision < NDIS_POLL_CHARACTERISTICS_REVISION_1 ||
        c->Header.Size < NDIS_SIZEOF_NDIS_POLL_CHARACTERISTICS_REVISION_1 || !c->SetPollNotificationHandler || !c->PollHandler)
        return NDIS_STATUS_INVALID_PARAMETER;
    struct poll *p = ndis_object_create(NDIS_POLL_OBJECT, sizeof *p, NDIS_TAG('N', 'D', 'p', 'o'), NDIS_CALLER());
    if (!p)
        return NDIS_STATUS_RESOURCES;
    p->adapter = a;
    p->context = Context;
    p->notify = c->SetPollNotificationHandler;
    p->poll = c->PollHandler;
    KeInitializeDpc(&p->dpc, poll_dpc, p);
    *PollHandle = p;
    return NDIS_STATUS_SUCCESS;
}

/* Frees a poll object; polling under way is over when the call returns. PASSIVE_LEVEL.
 * docs: poll/nf-poll-ndisderegisterpoll */
void NTAPI NdisDeregisterPoll(NDIS_POLL_HANDLE PollHandle)
{
    struct poll *p = ndis_object_check(PollHandle, NDIS_POLL_OBJECT);

    p->gone = true;
    KeRemoveQueueDpc(&p->dpc);
    KeFlushQueuedDpcs();
    ndis_object_destroy(p);
}

/* Binds the polling to a processor; one iteration can still come on the former one. Without this it runs where it was asked
 * for. <= DISPATCH_LEVEL. docs: poll/nf-poll-ndissetpollaffinity */
void NTAPI NdisSetPollAffinity(NDIS_POLL_HANDLE PollHandle, PROCESSOR_NUMBER const *PollAffinity)
{
    struct poll *p = ndis_object_check(PollHandle, NDIS_POLL_OBJECT);
    PROCESSOR_NUMBER where = *PollAffinity;

    KeSetTargetProcessorDpcEx(&p->dpc, &where);
}

/* Has NdisPoll called at least once from now on. Any IRQL. docs: poll/nf-poll-ndisrequestpoll */
void NTAPI NdisRequestPoll(NDIS_POLL_HANDLE PollHandle, void *Reserved)
{
    struct poll *p = PollHandle;

    p->asked = true;
    if (!p->gone && !p->polling)
        KeInsertQueueDpc(&p->dpc, NULL, NULL);
}
