/* OID requests: the queues. Every driver of a stack that handles requests has a level: the miniport one, and each filter module
 * with FilterOidRequest. A binding's request enters at the topmost level; what a filter module passes on is a request of its own
 * and enters at the level below.
 *
 * 1. Requests of one level reach its driver one at a time, at PASSIVE_LEVEL, in the order of their arrival.
 * 2. One thread at most is in the loop that hands them over (in_loop); a request that is submitted meanwhile, at DISPATCH_LEVEL, or,
 *    under a seed, by chance, waits in the queue, and its asker gets NDIS_STATUS_PENDING.
 * 3. An asker that was told a final status is not called back; one that was told pending is, exactly once.
 * 4. What bindings share is merged where their requests enter; what NDIS answers from attributes is answered in the
 *    miniport's place, so that filter modules see every request.
 * docs: network/miniport-adapter-oid-requests, network/filter-module-oid-requests */
#include "ndis/filter_module.h"

#include <string.h>

#include "ndis/coalescing.h"
#include "ndis/event.h"
#include "ndis/idle.h"
#include "ndis/oid_features.h"
#include "ndis/receive_books.h"
#include "ndis/scaling.h"
#include "ndis/wake.h"
#include "ndis/watchdog.h"

static void tell_asker(struct oid_entry *entry)
{
    struct filter *f = entry->filter;

    if (entry->done)
        KeSetEvent(entry->done, IO_NO_INCREMENT, FALSE);
    else if (!entry->pended)
        return;
    else if (!f)
        entry->binding->protocol->handlers.OidRequestCompleteHandler(entry->binding->context, entry->request, entry->status);
    else if (f->driver->handlers.OidRequestCompleteHandler)
        f->driver->handlers.OidRequestCompleteHandler(f->context, entry->request, entry->status);
}

/* Whoever asked: the miniport passes frames up by this filter from now on. */
static void keep_filter(struct adapter *a, const NDIS_OID_REQUEST *request)
{
    const struct _SET *set = &request->DATA.SET_INFORMATION;

    if (request->RequestType != NdisRequestSetInformation || set->Oid != OID_GEN_CURRENT_PACKET_FILTER ||
        set->InformationBufferLength < sizeof a->miniport_filter)
        return;
    memcpy(&a->miniport_filter, set->InformationBuffer, sizeof a->miniport_filter);
    adapter_pick_receive_path(a);
}

static bool is_wake_request(const struct oid_entry *entry)
{
    return entry->binding && entry->request->RequestType == NdisRequestSetInformation && wake_is_request(entry->asked_oid);
}

static void again(struct oid_level *level, struct oid_entry *entry)
{
    if (level->current == entry)
        level->current = NULL;
    list_push_front(&level->queue, &entry->node);
}

/* For a miniport with RSS version 2. */
static bool is_converted(const struct oid_entry *entry)
{
    return entry->asked_oid == OID_GEN_RECEIVE_SCALE_PARAMETERS && entry->request->RequestType == NdisRequestSetInformation;
}

static void finish(struct oid_level *level, struct oid_entry *entry, NDIS_STATUS status)
{
    struct binding *b = entry->binding;

    if (unlikely(is_wake_request(entry)) && wake_done(level->adapter, entry, &status)) {
        again(level, entry);
        return;
    }
    if (unlikely(is_converted(entry)) && entry->memory && rss_converted(level->adapter, entry, status)) {
        again(level, entry);
        return;
    }
    receive_filter_done(level->adapter, entry, status);
    if (level->current == entry && !level->filter && status == NDIS_STATUS_SUCCESS)
        keep_filter(level->adapter, entry->request);
    if (oid_is_merged(entry->asked_oid) && entry->swapped)
        oid_merged(level->adapter, entry, status);
    else if (entry->swapped)
        status = oid_take_statistics(entry, status);
    if (entry->asked_oid == OID_GEN_RECEIVE_SCALE_PARAMETERS && status == NDIS_STATUS_SUCCESS && !level->filter &&
        entry->request->RequestType == NdisRequestSetInformation)
        rss_keep(level->adapter, entry->request);
    if (status == NDIS_STATUS_SUCCESS && !level->filter)
        features_keep(level->adapter, entry->request);
    if (level->current == entry)
        level->current = NULL;
    entry->status = status;
    entry->finished = true;
    NDIS_EMIT(NDIS_EVENT_OID_COMPLETE, entry->request, status, NULL);
    tell_asker(entry);                  /* the request may be gone now */
    if (b)
        binding_request_done(b);
}

/* Hints of a protocol to NDIS, which no miniport of NDIS 6 is told; there is nothing here that they could speed up. */
static NDIS_STATUS take_protocol_options(PNDIS_OID_REQUEST request)
{
    struct _SET *set = &request->DATA.SET_INFORMATION;

    if (set->InformationBufferLength < sizeof(uint32_t)) {
        set->BytesNeeded = sizeof(uint32_t);
        return NDIS_STATUS_INVALID_LENGTH;
    }
    set->BytesRead = sizeof(uint32_t);
    return NDIS_STATUS_SUCCESS;
}

static bool is_query(const NDIS_OID_REQUEST *request)
{
    return request->RequestType == NdisRequestQueryInformation || request->RequestType == NdisRequestQueryStatistics;
}

/* Where a request enters the stack. NDIS_STATUS_PENDING: a driver must see it. */
static NDIS_STATUS prepare_at_top(struct adapter *a, struct oid_entry *entry)
{
    PNDIS_OID_REQUEST request = entry->request;
    NDIS_STATUS status;

    if (request->RequestType == NdisRequestSetInformation && entry->binding && oid_is_merged(entry->asked_oid))
        return oid_merge(a, entry);
    if (is_wake_request(entry))
        return wake_prepare(a, entry);
    if (is_query(request) && entry->binding && oid_answer_binding(entry->binding, request, &status))
        return status;
    return NDIS_STATUS_PENDING;
}

/* Before the miniport sees it. NDIS_STATUS_PENDING: it must. */
static NDIS_STATUS prepare_at_bottom(struct adapter *a, struct oid_entry *entry)
{
    NDIS_STATUS status;

    if (receive_filter_answer(a, entry->request, &status))
        return status;
    if (!is_query(entry->request)) {
        if (features_refuse(a, entry->request) || coalescing_refuses(a, entry->request))
            return NDIS_STATUS_NOT_SUPPORTED;
        offload_keywords_follow(a, entry->request);
        return is_converted(entry) && features_rss_v2(a) ? rss_convert(a, entry) : NDIS_STATUS_PENDING;
    }
    if ((entry->binding && oid_answer_effective(a, entry->request, &status)) || oid_answer(a, entry->request, &status))
        return status;
    return oid_is_counter(entry->asked_oid) ? oid_ask_statistics(entry) : NDIS_STATUS_PENDING;
}

/* Nobody asks a miniport in low power, but NDIS of power. docs: network/handling-a-set-power-request */
static bool sleeps(const struct adapter *a, const struct oid_entry *entry)
{
    return a->asleep && entry->asked_oid != OID_PNP_SET_POWER && entry->asked_oid != OID_PM_PARAMETERS;
}

static NDIS_STATUS prepare(struct oid_level *level, struct oid_entry *entry)
{
    struct adapter *a = level->adapter;
    NDIS_STATUS status = NDIS_STATUS_PENDING;

    if (a->surprise_removed || a->state == ADAPTER_SHUT_DOWN || (a->state == ADAPTER_HALTED && !a->halted_for_power))
        return NDIS_STATUS_ADAPTER_REMOVED;
    if (unlikely(sleeps(a, entry)) || a->state == ADAPTER_HALTED)
        return NDIS_STATUS_LOW_POWER_STATE;
    if (entry->request->RequestType == NdisRequestSetInformation && entry->asked_oid == OID_GEN_PROTOCOL_OPTIONS)
        return take_protocol_options(entry->request);
    status = receive_filter_prepare(a, entry);
    if (status == NDIS_STATUS_PENDING && !entry->filter)
        status = prepare_at_top(a, entry);
    if (status == NDIS_STATUS_PENDING && !level->filter)
        status = prepare_at_bottom(a, entry);
    return status;
}

static NDIS_STATUS hand_over(struct oid_level *level, PNDIS_OID_REQUEST request)
{
    struct adapter *a = level->adapter;
    struct filter *f = level->filter;

    NDIS_EMIT(NDIS_EVENT_OID, request, f ? (void *)f : a, NULL);
    if (f)
        return f->driver->handlers.OidRequestHandler(f->context, request);
    a->stats.oids++;
    return a->driver->miniport.OidRequestHandler(a->context, request);
}

static void run_one(struct oid_level *level, struct oid_entry *entry)
{
    NDIS_STATUS status = prepare(level, entry);

    if (status == NDIS_STATUS_PENDING) {
        level->current = entry;
        status = hand_over(level, entry->request);
        if (status == NDIS_STATUS_PENDING)
            return;
        if (level->current != entry)    /* completed and returned a status: the completion counts */
            return;
    }
    finish(level, entry, status);
}

/* An idle miniport is not asked, but by whoever makes it idle. */
static bool held(const struct oid_level *level)
{
    return !level->filter && level->adapter->idle.state >= IDLE_NOTIFIED &&
           !container_of(level->queue.next, struct oid_entry, node)->own;
}

static void run(struct oid_level *level)
{
    if (level->in_loop)
        return;
    level->in_loop = true;
    while (!level->current && !list_empty(&level->queue) && !held(level))
        run_one(level, container_of(list_pop_front(&level->queue), struct oid_entry, node));
    level->in_loop = false;
    if (unlikely(!list_empty(&level->queue) && held(level)))
        idle_wake(level->adapter);      /* outside of the loop: it asks, too */
    if (level->draining && !level->current && list_empty(&level->queue))
        KeSetEvent(&level->idle, IO_NO_INCREMENT, FALSE);
}

static VOID NTAPI worker(PVOID context)
{
    struct oid_level *level = context;

    run(level);
    level->work_queued = false;
    if (!level->in_loop && !level->current && !list_empty(&level->queue))
        run(level);
}

static void run_later(struct oid_level *level)
{
    if (level->work_queued)
        return;
    level->work_queued = true;
    ExQueueWorkItem(&level->work, DelayedWorkQueue);
}

void oid_init(struct oid_level *level, struct adapter *a, struct filter *f)
{
    level->adapter = a;
    level->filter = f;
    list_init(&level->queue);
    KeInitializeEvent(&level->idle, NotificationEvent, FALSE);
    ExInitializeWorkItem(&level->work, worker, level);
}

/* The level that sees what `from` asks; NULL: bindings and NDIS itself. */
static struct oid_level *level_below(struct adapter *a, struct filter *from)
{
    for (struct filter *f = filter_below(a, from); f; f = filter_below(a, f))
        if (f->driver->handlers.OidRequestHandler)
            return &f->oid;
    return &a->oid;
}

static __attribute__((noinline)) struct oid_entry *enter(struct oid_level *level, struct binding *b, struct filter *f,
                                                         PNDIS_OID_REQUEST request)
{
    struct oid_entry *entry = oid_entry_of(request);

    memset(entry, 0, sizeof *entry);
    entry->request = request;
    entry->binding = b;
    entry->filter = f;
    entry->asked_oid = request->DATA.Oid;
    list_push_back(&level->queue, &entry->node);
    if (b)
        b->requests_out++;
    return entry;
}

NDIS_STATUS oid_submit(struct adapter *a, struct binding *b, struct filter *f, PNDIS_OID_REQUEST request)
{
    struct oid_level *level = level_below(a, f);
    struct oid_entry *entry = enter(level, b, f, request);

    if (KeGetCurrentIrql() == PASSIVE_LEVEL && ndis_by_chance()) {
        entry->pended = true;
        run_later(level);
        return NDIS_STATUS_PENDING;     /* it may be over already */
    }
    if (KeGetCurrentIrql() == PASSIVE_LEVEL)
        run(level);
    else
        run_later(level);
    if (entry->finished)
        return entry->status;
    entry->pended = true;
    return NDIS_STATUS_PENDING;
}

static NDIS_STATUS ask(struct oid_level *level, PNDIS_OID_REQUEST request, bool now)
{
    struct oid_entry *entry = enter(level, NULL, NULL, request);
    KEVENT done;

    KeInitializeEvent(&done, NotificationEvent, FALSE);
    entry->done = &done;
    entry->own = now;
    if (now) {
        list_remove(&entry->node);
        list_push_front(&level->queue, &entry->node);
    }
    run(level);
    if (!entry->finished)
        KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
    return entry->status;
}

static NDIS_OID_REQUEST own_request(NDIS_REQUEST_TYPE type, NDIS_OID oid, void *buffer, uint32_t length)
{
    return (NDIS_OID_REQUEST){
        .Header = { NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1, NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
        .RequestType = type,
        .DATA.QUERY_INFORMATION = { .Oid = oid, .InformationBuffer = buffer, .InformationBufferLength = length },
    };
}

NDIS_STATUS oid_ask(struct adapter *a, NDIS_REQUEST_TYPE type, NDIS_OID oid, void *buffer, uint32_t length, uint32_t *written)
{
    NDIS_OID_REQUEST request = own_request(type, oid, buffer, length);
    NDIS_STATUS status = ask(level_below(a, NULL), &request, false);

    if (written)
        *written = request.DATA.QUERY_INFORMATION.BytesWritten;
    return status;
}

NDIS_STATUS oid_ask_now(struct adapter *a, NDIS_REQUEST_TYPE type, NDIS_OID oid, void *buffer, uint32_t length)
{
    NDIS_OID_REQUEST request = own_request(type, oid, buffer, length);

    return ask(&a->oid, &request, true);
}

void oid_run(struct adapter *a)
{
    run(&a->oid);
}

static bool busy(const struct oid_level *level)
{
    return level->current || !list_empty(&level->queue);
}

/* Who really keeps it: the lowest of those below that have a request. */
static struct oid_level *keeper(struct oid_level *level)
{
    struct adapter *a = level->adapter;
    struct oid_level *at = a->oid.current ? &a->oid : level;

    for (struct filter *f = filter_below(a, NULL); f && at != &a->oid; f = filter_below(a, f))
        if (f->oid.current)
            at = &f->oid;
    return at;
}

static void report_late(struct oid_level *level);

static void aim(struct watchdog *w, bool last)
{
    struct oid_level *level = keeper((struct oid_level *)(uintptr_t)w->handler);

    w->target = level->filter ? (void *)level->filter : level->adapter;
    w->operation = level->filter ? WATCHDOG_FILTER_OID : WATCHDOG_MINIPORT_OID;
    w->detail = level->current ? level->current->request->DATA.Oid : 0;
    if (!last && !level->adapter->oid_watched)
        report_late(level);
}

static void wait_until_idle(struct oid_level *level)
{
    struct watchdog w = { .target = level->adapter, .handler = level, .report = aim };

    watchdog_start(&w);
    watchdog_wait(&w, &level->idle);
    watchdog_stop(&w);
}

void oid_drain_level(struct oid_level *level)
{
    level->draining = true;
    do {
        KeClearEvent(&level->idle);
        run(level);
        if (busy(level))
            wait_until_idle(level);
    } while (busy(level));
    level->draining = false;
}

void oid_drain(struct adapter *a)
{
    for (struct filter *f = filter_below(a, NULL); f; f = filter_below(a, f))
        oid_drain_level(&f->oid);
    oid_drain_level(&a->oid);
}

void oid_wrong(PNDIS_OID_REQUEST request, const void *who, const char *what, const void *caller)
{
    struct ndis_event event = { NDIS_EVENT_OID_WRONG, (uint64_t)(uintptr_t)request, (uint64_t)(uintptr_t)who, caller, what };

    if (ndis_event_mask & 1u << NDIS_EVENT_OID_WRONG)
        ndis_event_sink(&event);
}

void oid_complete(struct oid_level *level, PNDIS_OID_REQUEST request, NDIS_STATUS status, const void *caller)
{
    if (!level->current || level->current->request != request) {
        oid_wrong(request, level->filter ? (void *)level->filter : level->adapter, OID_COMPLETED_TWICE, caller);
        return;
    }
    finish(level, level->current, status);
    if (level->in_loop)
        return;                         /* whoever is in the loop goes on */
    if (!list_empty(&level->queue))
        run_later(level);
    else if (level->draining)
        KeSetEvent(&level->idle, IO_NO_INCREMENT, FALSE);
}

/* --- a halt that takes long ------------------------------------------------------------------------------------------------ */

static void report_late(struct oid_level *level)
{
    struct adapter *a = level->adapter;
    struct filter *f = level->filter;
    const void *handler = f ? (const void *)f->driver->handlers.OidRequestHandler : (const void *)a->driver->miniport.OidRequestHandler;

    if (level->current)
        oid_wrong(level->current->request, f ? (void *)f : a, OID_NOT_COMPLETED, (const char *)handler + 1);
}

static VOID NTAPI halt_takes_long(PKDPC dpc, PVOID context, PVOID a1, PVOID a2)
{
    struct adapter *a = context;

    for (struct filter *f = filter_below(a, NULL); f; f = filter_below(a, f))
        report_late(&f->oid);
    report_late(&a->oid);
}

void oid_watch(struct adapter *a)
{
    LARGE_INTEGER patience = { .QuadPart = -10 * 10000000LL };  /* 10 s */

    a->oid_watched = true;
    KeInitializeTimer(&a->halt_timer);
    KeInitializeDpc(&a->halt_dpc, halt_takes_long, a);
    KeSetTimer(&a->halt_timer, patience, &a->halt_dpc);
}

void oid_unwatch(struct adapter *a)
{
    a->oid_watched = false;
    KeCancelTimer(&a->halt_timer);
    KeRemoveQueueDpc(&a->halt_dpc);
}

static bool asked_by(const struct oid_entry *entry, const struct binding *b, const struct filter *f, const void *id)
{
    return entry && entry->binding == b && entry->filter == f && entry->request->RequestId == id;
}

void oid_cancel(struct adapter *a, struct binding *b, struct filter *f, void *id)
{
    struct oid_level *level = level_below(a, f);

    list_each_safe(it, &level->queue) {
        struct oid_entry *entry = container_of(it, struct oid_entry, node);

        if (asked_by(entry, b, f, id)) {
            list_remove(&entry->node);
            finish(level, entry, NDIS_STATUS_REQUEST_ABORTED);
        }
    }
    if (!asked_by(level->current, b, f, id))
        return;
    if (!level->filter)
        a->driver->miniport.CancelOidRequestHandler(a->context, id);
    else if (level->filter->driver->handlers.CancelOidRequestHandler)
        level->filter->driver->handlers.CancelOidRequestHandler(level->filter->context, id);
    else
        oid_cancel(a, NULL, level->filter, id);         /* what it passed on */
}
