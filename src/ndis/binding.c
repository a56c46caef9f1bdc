/* Bindings between protocols and adapters.
 *
 *   state       leaves on                                       to
 *   OPENING     NdisOpenAdapterEx in ProtocolBindAdapterEx      PAUSED
 *   PAUSED      NetEventRestart                                 RUNNING
 *   RUNNING     NetEventPause                                   PAUSING
 *   PAUSING     the event is complete and every send is back    PAUSED
 *   any         NdisCloseAdapterEx (binding_open.c)             CLOSING, gone when bind or unbind is complete
 *
 * Under the adapter's pnp_lock. docs: network/binding-states-of-a-protocol-driver */
#include "ndis/binding_open.h"
#include "ndis/demux.h"
#include "ndis/net_event.h"
#include "ndis/virtual.h"
#include "ndis/watchdog.h"

#include <string.h>

#include "ndis/event.h"
#include "ndis/ports.h"
#include "nt/pool.h"

/* Whatever comes up is for this binding: the miniport passes no more than it asked for. */
static bool takes_all(const struct adapter *a, const struct binding *b)
{
    if (a->general.MediaType != NdisMedium802_3)
        return b->packet_filter || !a->general.SupportedPacketFilters;
    return b->packet_filter && !(a->miniport_filter & ~b->packet_filter);
}

void adapter_pick_receive_path(struct adapter *a)
{
    struct binding *only = NULL;
    unsigned running = 0;

    list_each(it, &a->bindings) {
        struct binding *b = container_of(it, struct binding, node);
        if (b->opened && b->state == BINDING_RUNNING && b->receive) {
            only = b;
            running++;
        }
    }
    bool loops = loopback_update(a);
    a->only = running == 1 && !loops && takes_all(a, only) ? only : NULL;
}

/* --- waits ---------------------------------------------------------------------------------------------------------- */

/* Whoever keeps sends for long makes a pause wait: it is named, and then waited for. */
static void name_holder(struct watchdog *w, bool last)
{
    struct adapter *a = ((const struct binding *)w->target)->adapter;
    struct filter *f = filter_below(a, NULL);

    if (last)
        return;

    while (f && f->sends_held <= 0)
        f = filter_below(a, f);
    if (f)
        NDIS_EMIT(NDIS_EVENT_MISUSE, f, "a pause waits for NET_BUFFER_LISTs that a filter module keeps",
                  (const char *)f->driver->handlers.PauseHandler + 1);
    else
        NDIS_EMIT(NDIS_EVENT_MISUSE, a, "a pause waits for NET_BUFFER_LISTs that the miniport keeps",
                  (const char *)a->driver->miniport.PauseHandler + 1);
}

void binding_wait_for_sends(struct binding *b)
{
    struct watchdog w = { .operation = WATCHDOG_PROTOCOL_PAUSE, .target = b, .report = name_holder };

    if (!b->sends_out)
        return;
    KeClearEvent(&b->drained);
    b->draining = true;
    watchdog_start(&w);
    watchdog_wait(&w, &b->drained);
    watchdog_stop(&w);
    b->draining = false;
}

void binding_sends_done(struct binding *b, uint64_t count)
{
    b->sends_out -= count;
    if (unlikely(b->draining) && !b->sends_out)
        KeSetEvent(&b->drained, IO_NO_INCREMENT, FALSE);
    if (unlikely(b->close_pended))
        binding_close_on(b);
}

void binding_request_done(struct binding *b)
{
    b->requests_out--;
    if (unlikely(b->close_pended))
        binding_close_on(b);
}

void binding_pause(struct binding *b, uint32_t reason)
{
    NDIS_PROTOCOL_PAUSE_PARAMETERS parameters = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_PROTOCOL_PAUSE_PARAMETERS_REVISION_1,
                    NDIS_SIZEOF_PROTOCOL_PAUSE_PARAMETERS_REVISION_1 },
        .PauseReason = reason,
    };

    if (b->state != BINDING_RUNNING)
        return;
    b->state = BINDING_PAUSING;
    binding_pnp_event(b, NetEventPause, &parameters, sizeof parameters);
    binding_wait_for_sends(b);
    b->state = BINDING_PAUSED;
}

/* The names of the modules below, from the top: each its length in bytes (USHORT), then the text. NULL: none, or no memory. */
static PUCHAR module_names(struct adapter *a, ULONG *size)
{
    struct filter *f;
    UCHAR *names, *at;

    *size = 0;
    for (f = filter_below(a, NULL); f; f = filter_below(a, f))
        *size += sizeof(USHORT) + f->name.Length;
    if (!*size)
        return NULL;
    names = at = pool_alloc(NonPagedPoolNx, *size, NDIS_TAG('N', 'D', 'f', 'n'), NULL);
    if (!names) {
        *size = 0;
        return NULL;
    }
    for (f = filter_below(a, NULL); f; f = filter_below(a, f)) {
        memcpy(at, &f->name.Length, sizeof(USHORT));
        memcpy(at + sizeof(USHORT), f->name.Buffer, f->name.Length);
        at += sizeof(USHORT) + f->name.Length;
    }
    return names;
}

void binding_restart(struct binding *b, PNDIS_RESTART_ATTRIBUTES attributes)
{
    struct filter *top = filter_below(b->adapter, NULL);
    NDIS_PROTOCOL_RESTART_PARAMETERS parameters = {
        .Header = { NDIS_OBJECT_TYPE_PROTOCOL_RESTART_PARAMETERS, NDIS_PROTOCOL_RESTART_PARAMETERS_REVISION_1,
                    NDIS_SIZEOF_PROTOCOL_RESTART_PARAMETERS_REVISION_1 },
        .RestartAttributes = attributes,
        .BoundIfIndex = top ? top->if_index : b->adapter->if_index,
        .BoundIfNetluid = top ? top->luid : b->adapter->luid,
    };

    if (b->state != BINDING_PAUSED || b->adapter->state != ADAPTER_RUNNING)
        return;
    parameters.FilterModuleNameBuffer = module_names(b->adapter, &parameters.FilterModuleNameBufferLength);
    /* Running before the protocol hears it: it may send from the event handler. */
    b->state = BINDING_RUNNING;
    NDIS_STATUS status = binding_pnp_event(b, NetEventRestart, &parameters, sizeof parameters);
    if (status != NDIS_STATUS_SUCCESS && status != NDIS_STATUS_NOT_SUPPORTED)
        b->state = BINDING_PAUSED;
    if (parameters.FilterModuleNameBuffer)
        pool_free(parameters.FilterModuleNameBuffer, 0, NULL);
}

/* --- bind --------------------------------------------------------------------------------------------------------- */

static void destroy(struct binding *b)
{
    unbind_forget(b);
    list_remove(&b->node);
    list_remove(&b->protocol_node);
    ndis_object_destroy(b);
}

static struct binding *create(struct ndis_protocol *protocol, struct adapter *a)
{
    struct binding *b = ndis_object_create(NDIS_BINDING, sizeof *b, NDIS_TAG('N', 'D', 'b', 'd'), NULL);

    if (!b)
        return NULL;
    b->adapter = a;
    b->protocol = protocol;
    b->state = BINDING_OPENING;
    KeInitializeEvent(&b->event, NotificationEvent, FALSE);
    KeInitializeEvent(&b->drained, SynchronizationEvent, FALSE);
    binding_open_init(b);
    list_push_back(&a->bindings, &b->node);
    list_push_back(&protocol->bindings, &b->protocol_node);
    return b;
}

static void begin(struct binding *b, enum binding_task task)
{
    b->task = task;
    b->completed = false;
    KeClearEvent(&b->event);
}

static void complete(struct binding *b, enum binding_task task, NDIS_STATUS status, const char *misuse, const void *caller)
{
    if (b->task != task || b->completed) {
        NDIS_EMIT(NDIS_EVENT_MISUSE, b, misuse, caller);
        return;
    }
    b->completed = true;
    b->event_status = status;
    KeSetEvent(&b->event, IO_NO_INCREMENT, FALSE);
}

static NDIS_STATUS call_bind(struct binding *b, struct bind_parameters *parameters)
{
    const NDIS_PROTOCOL_DRIVER_CHARACTERISTICS *handlers = &b->protocol->handlers;

    struct watchdog w = { .target = b, .misuse = "a protocol has not completed ProtocolBindAdapterEx for ten seconds",
                          .handler = (const void *)handlers->BindAdapterHandlerEx };

    begin(b, BINDING_BINDS);
    watchdog_start(&w);
    NDIS_STATUS status = handlers->BindAdapterHandlerEx(b->protocol->context, b, &parameters->p);
    if (status == NDIS_STATUS_PENDING)
        status = watchdog_wait(&w, &b->event) ? b->event_status : NDIS_STATUS_FAILURE;
    watchdog_stop(&w);
    binding_open_finish(b);
    return status;
}

static void call_unbind(struct binding *b)
{
    const NDIS_PROTOCOL_DRIVER_CHARACTERISTICS *handlers = &b->protocol->handlers;

    struct watchdog w = { .operation = WATCHDOG_PROTOCOL_UNBIND, .target = b,
                          .misuse = "a protocol has not completed ProtocolUnbindAdapterEx for ten seconds",
                          .handler = (const void *)handlers->UnbindAdapterHandlerEx };

    begin(b, BINDING_UNBINDS);
    watchdog_start(&w);
    if (handlers->UnbindAdapterHandlerEx(b, b->context) == NDIS_STATUS_PENDING)
        watchdog_wait(&w, &b->event);
    watchdog_stop(&w);
    if (b->opened) {
        NDIS_EMIT(NDIS_EVENT_MISUSE, b, "a protocol finished unbinding without closing its binding", NULL);
        NdisCloseAdapterEx(b);
    }
    binding_open_finish(b);
}

/* A bind that failed: what the protocol opened it has closed, or closes in ProtocolUnbindAdapterEx, as it asked to. */
static void give_up(struct binding *b)
{
    if (b->opened && b->unbind) {
        call_unbind(b);
    } else if (b->opened) {
        NDIS_EMIT(NDIS_EVENT_MISUSE, b, "a protocol failed to bind and did not close what it opened",
                  (const char *)b->protocol->handlers.BindAdapterHandlerEx + 1);
        NdisCloseAdapterEx(b);
        binding_open_finish(b);
    }
    b->task = BINDING_NO_TASK;
    destroy(b);
}

NDIS_STATUS binding_create(struct ndis_protocol *protocol, struct adapter *a)
{
    struct bind_parameters parameters;
    struct binding *b = create(protocol, a);

    if (!b)
        return NDIS_STATUS_RESOURCES;
    if (!bind_parameters_fill(&parameters, b)) {
        destroy(b);
        return NDIS_STATUS_RESOURCES;
    }
    NDIS_STATUS status = call_bind(b, &parameters);
    bind_parameters_free(&parameters);
    if (status != NDIS_STATUS_SUCCESS || !b->opened) {
        give_up(b);
        return status == NDIS_STATUS_SUCCESS ? NDIS_STATUS_OPEN_FAILED : status;
    }
    b->task = BINDING_NO_TASK;
    return NDIS_STATUS_SUCCESS;
}

/* Tells NDIS how a bind that ProtocolBindAdapterEx left pending ended; a failed one has closed what it opened.
 * <= DISPATCH_LEVEL. docs: ndis/nf-ndis-ndiscompletebindadapterex */
VOID NTAPI NdisCompleteBindAdapterEx(NDIS_HANDLE BindAdapterContext, NDIS_STATUS Status)
{
    complete(ndis_object_check(BindAdapterContext, NDIS_BINDING), BINDING_BINDS, Status,
             "NdisCompleteBindAdapterEx was called and no bind is pending", NDIS_CALLER());
}

static struct ndis_protocol *held(struct list *it)
{
    struct ndis_protocol *protocol = it == &ndis_protocols ? NULL : container_of(it, struct ndis_protocol, node);

    if (protocol)
        protocol->holds++;
    return protocol;
}

struct ndis_protocol *protocol_first(void)
{
    return held(ndis_protocols.next);
}

struct ndis_protocol *protocol_next(struct ndis_protocol *protocol)
{
    struct ndis_protocol *next = held(protocol->node.next);

    protocol->holds--;
    return next;
}

void bindings_create(struct adapter *a)
{
    for (struct ndis_protocol *protocol = protocol_first(); protocol; protocol = protocol_next(protocol))
        if (binds(protocol, a))
            binding_create(protocol, a);
}

/* --- unbind ---------------------------------------------------------------------------------------------------------- */

void binding_remove(struct binding *b)
{
    if (b->unbinding)
        return;
    b->unbinding = true;
    if (b->opened) {
        binding_pause(b, NDIS_PAUSE_UNBIND_PROTOCOL);
        adapter_pick_receive_path(b->adapter);
        call_unbind(b);
    }
    destroy(b);
}

/* Tells NDIS that an unbind that ProtocolUnbindAdapterEx left pending is complete. <= DISPATCH_LEVEL.
 * docs: ndis/nf-ndis-ndiscompleteunbindadapterex */
VOID NTAPI NdisCompleteUnbindAdapterEx(NDIS_HANDLE UnbindContext)
{
    complete(ndis_object_check(UnbindContext, NDIS_BINDING), BINDING_UNBINDS, NDIS_STATUS_SUCCESS,
             "NdisCompleteUnbindAdapterEx was called and no unbind is pending", NDIS_CALLER());
}

void bindings_remove(struct adapter *a)
{
    while (!list_empty(&a->bindings))
        binding_remove(list_first(&a->bindings, struct binding, node));
}
