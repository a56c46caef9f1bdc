/* Streams: their life, the socket's side and the drivers'. wfp_stream.h has the invariants. */
#include "tcpip/wfp_stream.h"

#include <lwip/ip.h>
#include <ntddk.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "nt/ke.h"
#include "tcpip/interface.h"
#include "tcpip/tcp_internal.h"
#include "tcpip/wfp_stream_internal.h"

#define ROOM 65536u                     /* of a sender's bytes that wait here */
#define PIECE 32768u

static struct list dirty = LIST_INIT(dirty);
static KDPC dpc;

/* --- life -------------------------------------------------------------------------------------------------------------------------- */

static uint8_t family_of(const struct tcpip_tcp *tcp)
{
    return IP_IS_V6(&tcp->remote_ip) ? 6 : 4;
}

static bool layer_is_empty(const struct tcpip_tcp *tcp)
{
    return fwp_layer_is_empty(wfp_layer(FWPS_LAYER_STREAM_V4, family_of(tcp)));
}

static struct wfp_stream *make(struct tcpip_tcp *tcp)
{
    struct wfp_stream *s = stack_calloc(sizeof *s);

    if (!s)
        return NULL;
    s->tcp = tcp;
    chunks_init(&s->direction[0].ready);
    chunks_init(&s->direction[1].ready);
    return s;
}

static void release(struct wfp_stream *s)
{
    if (s->users || !s->dead)
        return;
    stages_free(s);
    chunks_clear(&s->direction[0].ready);
    chunks_clear(&s->direction[1].ready);
    free(s);
}

bool wfp_stream_begin(struct tcpip_tcp *tcp)
{
    if (layer_is_empty(tcp) || tcp->wfp.stream)
        return true;
    struct wfp_stream *s = make(tcp);
    bool good = s && stages_refresh(s);
    if (good && s->stages) {
        tcp->wfp.stream = s;
        return true;
    }
    free(s);
    return good;
}

/* What lwIP has of an established connection is as it was: the bytes that wait with its owner, and those that the peer has not
 * acknowledged. */
static void take_over(struct wfp_stream *s)
{
    struct tcpip_tcp *tcp = s->tcp;
    struct tcp_pcb *pcb = tcp->pcb;
    size_t kept = pcb->refused_data ? pcb->refused_data->tot_len : 0, closed = tcp_window(tcp) - pcb->rcv_wnd;

    s->closed = s->unread = closed > kept ? closed - kept : 0;
    s->owed = pcb->snd_lbb - pcb->lastack;
    if (tcp->fin_sent) {
        s->direction[0].end_ready = s->direction[0].ended = true;
        s->owed -= s->owed ? 1 : 0;
    }
    if (pcb->state != ESTABLISHED && pcb->state != FIN_WAIT_1 && pcb->state != FIN_WAIT_2)
        s->direction[1].end_ready = s->direction[1].ended = true;
}

/* A connection that is there already, for callouts that begin in the middle. Without memory it goes on unseen. */
static void join(struct tcpip_tcp *tcp)
{
    if (!tcp->pcb || !tcp->connected || tcp->is_listener || tcp->orphan || tcp->silent || tcp->listener)
        return;
    struct wfp_stream *s = make(tcp);
    if (!s)
        return;
    s->made = true;
    if (!stages_refresh(s) || !s->stages) {
        stages_free(s);
        free(s);
        return;
    }
    wfp_make_flow(&tcp->wfp);
    take_over(s);
    tcp->wfp.stream = s;
}

/* Filters of the layer have changed. */
static void follow(void *context, uint16_t layer)
{
    if (layer != FWPS_LAYER_STREAM_V4 && layer != FWPS_LAYER_STREAM_V6)
        return;
    stack_enter();
    list_each(node, tcp_list()) {
        struct tcpip_tcp *tcp = container_of(node, struct tcpip_tcp, node);
        if (tcp->wfp.stream)
            wfp_stream_mark(tcp->wfp.stream);
        else if (tcp->connected && wfp_layer(FWPS_LAYER_STREAM_V4, family_of(tcp)) == layer && !fwp_layer_is_empty(layer))
            join(tcp);
    }
    stack_leave();
}

static void report(void *argument);

void wfp_stream_end(struct tcpip_tcp *tcp)
{
    struct wfp_stream *s = tcp->wfp.stream;

    if (!s)
        return;
    tcp->wfp.stream = NULL;
    stack_cancel_timer(report, s);
    if (s->dirty)
        list_remove(&s->dirty_node);
    s->dirty = false;
    s->dead = true;
    release(s);
}

bool wfp_stream_outlives(struct tcpip_tcp *tcp)
{
    struct wfp_stream *s = tcp->wfp.stream;

    if (!s || tcp->orphan || s->direction[1].ended)
        return false;
    return s->lingers = true;
}

void wfp_stream_mark(struct wfp_stream *s)
{
    if (s->dead)
        return;
    if (!s->dirty)
        list_push_back(&dirty, &s->dirty_node);
    s->dirty = true;
    KeInsertQueueDpc(&dpc, NULL, NULL);
}

/* --- moving on ----------------------------------------------------------------------------------------------------------------------- */

static void balance(struct wfp_stream *s)
{
    struct tcpip_tcp *tcp = s->tcp;
    size_t held = stages_hold(s, true) + s->unread;

    if (s->closed <= held)
        return;
    if (tcp->pcb && tcp->connected && !tcp->silent)
        tcp_open_window(tcp, s->closed - held);
    s->closed = held;
}

static void write_out(struct wfp_stream *s)
{
    struct tcpip_tcp *tcp = s->tcp;
    struct direction *d = &s->direction[0];
    struct chunks *q = &d->ready;
    bool wrote = false, at_once = false;

    while (q->first && tcp->pcb && tcp->connected) {
        struct chunk *c = q->first;
        size_t there;
        const void *bytes = chunk_bytes(c, &there);
        u16_t n = (u16_t)min_u64(min_u64(there, tcp->pcb->snd_buf), 0xffff);
        if (!n)
            break;
        if (tcp_write(tcp->pcb, bytes, n, TCP_WRITE_FLAG_COPY | (c->size > n || c->next ? TCP_WRITE_FLAG_MORE : 0))) {
            tcp->wants_memory = true;
            break;
        }
        wrote = true;
        at_once |= c->at_once && n == c->size;
        if (n < c->size)
            chunks_advance(q, n);
        else
            chunk_free(chunks_pop(q));
    }
    if (at_once)
        tcpip_tcp_push(tcp);
    else if (wrote && tcp->pcb)
        tcp_output(tcp->pcb);
    if (!q->first && d->end_ready && !d->ended && tcp->pcb) {
        d->ended = true;
        tcp_end_sending(tcp);
    }
    if (s->was_full && wfp_stream_room(tcp))
        stack_soon(report, s);
}

/* False without memory. */
static bool deliver_in(struct wfp_stream *s)
{
    struct tcpip_tcp *tcp = s->tcp;
    struct direction *d = &s->direction[1];
    struct chunk *c;

    while (!s->dead && (c = chunks_pop(&d->ready))) {
        if (tcp->orphan || d->ended) {
            chunk_free(c);
            continue;
        }
        struct pbuf *p = chunk_pbuf(c), *few = p ? stack_few_pieces(p) : NULL;
        if (p && !few)
            pbuf_free(p);
        if (!few)
            return false;
        s->unread += few->tot_len;
        tcp->events->received(tcp, tcp->context, (struct tcpip_packet *)few);
    }
    if (!s->dead && d->end_ready && !d->ended && !tcp->orphan) {
        d->ended = true;
        tcp->events->received(tcp, tcp->context, NULL);
    }
    return true;
}

static void drop_connection(struct wfp_stream *s)
{
    struct tcpip_tcp *tcp = s->tcp;

    tcp_kill_pcb(tcp);
    tcp_failed(tcp, STATUS_CONNECTION_ABORTED);
}

static void pump(struct wfp_stream *s, bool inbound)
{
    struct direction *d = &s->direction[inbound];
    struct tcpip_tcp *tcp = s->tcp;

    if (d->running)
        return;
    s->users++;
    tcp->busy++;
    d->running = true;
    bool good = stages_run(s, inbound);
    d->running = false;
    if (good && !s->dead && inbound)
        good = deliver_in(s);
    else if (good && !s->dead)
        write_out(s);
    if (!good && !s->dead)
        drop_connection(s);
    if (!s->dead && inbound)
        balance(s);
    if (!s->dead && s->lingers && s->direction[1].ended)
        wfp_tcp_ended(tcp);
    tcp_done(tcp);
    s->users--;
    release(s);
}

static VOID NTAPI run_dirty(PKDPC unused, PVOID context, PVOID argument1, PVOID argument2)
{
    struct list *node;

    stack_enter();
    while ((node = list_pop_front(&dirty))) {
        struct wfp_stream *s = container_of(node, struct wfp_stream, dirty_node);
        s->dirty = false;
        s->users++;
        pump(s, true);
        if (!s->dead)
            pump(s, false);
        s->users--;
        release(s);
    }
    stack_leave();
}

/* --- the owner's side ------------------------------------------------------------------------------------------------------------------ */

static void tell_sent(struct tcpip_tcp *tcp, size_t size)
{
    if (tcp->orphan || !tcp->events->sent)
        return;
    tcp->busy++;
    tcp->events->sent(tcp, tcp->context, size);
    tcp_done(tcp);
}

static void report(void *argument)
{
    struct wfp_stream *s = argument;
    size_t size = s->to_report;

    s->to_report = 0;
    s->was_full = false;
    tell_sent(s->tcp, size);
}

size_t wfp_stream_room(struct tcpip_tcp *tcp)
{
    struct wfp_stream *s = tcp->wfp.stream;
    size_t waits = stages_hold(s, false);
    bool end = s->direction[0].end_ready || (s->stages && s->stages->side[0].end_waits);

    return end || waits >= ROOM || stages_full(s, false) ? 0 : ROOM - waits;
}

size_t wfp_stream_send(struct tcpip_tcp *tcp, const void *data, size_t size)
{
    struct wfp_stream *s = tcp->wfp.stream;
    size_t taken = 0;

    while (taken < size) {
        size_t n = min_u64(min_u64(size - taken, wfp_stream_room(tcp)), 16384);
        struct pbuf *p = n ? pbuf_alloc(PBUF_RAW, (u16_t)n, PBUF_RAM) : NULL;
        if (n && !p)
            tcp->wants_memory = true;
        if (!p)
            break;
        memcpy(p->payload, (const char *)data + taken, n);
        if (!chunks_push(queue_behind(s, NULL, false), p)) {
            pbuf_free(p);
            tcp->wants_memory = true;
            break;
        }
        taken += n;
    }
    s->was_full |= taken < size && !tcp->wants_memory;
    s->to_report += taken;
    if (taken)
        stack_soon(report, s);
    pump(s, false);
    return taken;
}

void wfp_stream_shut(struct tcpip_tcp *tcp)
{
    give_end(tcp->wfp.stream, NULL, false);
    pump(tcp->wfp.stream, false);
}

void wfp_stream_received(struct tcpip_tcp *tcp, struct pbuf *p)
{
    struct wfp_stream *s = tcp->wfp.stream;

    if (!p) {
        give_end(s, NULL, true);
    } else {
        s->closed += p->tot_len;
        if (!chunks_push(queue_behind(s, NULL, true), p)) {
            pbuf_free(p);
            drop_connection(s);
            return;
        }
    }
    pump(s, true);
}

void wfp_stream_consumed(struct tcpip_tcp *tcp, size_t size)
{
    struct wfp_stream *s = tcp->wfp.stream;

    s->unread -= min_u64(size, s->unread);
    balance(s);
}

bool wfp_stream_unread(const struct tcpip_tcp *tcp)
{
    const struct wfp_stream *s = tcp->wfp.stream;
    size_t bytes = s->unread + s->direction[1].ready.bytes;

    for (const struct stage *g = s->stages; g; g = g->next)
        bytes += g->side[1].waiting.bytes;
    return bytes != 0;
}

void wfp_stream_sent(struct tcpip_tcp *tcp, size_t size)
{
    struct wfp_stream *s = tcp->wfp.stream;
    size_t old = min_u64(size, s->owed);

    s->owed -= old;
    if (old) {                          /* from before the stream began */
        tell_sent(tcp, old);
        if (tcp->wfp.stream != s)
            return;
    }
    pump(s, false);
}

void wfp_stream_aborted(struct tcpip_tcp *tcp, bool inbound)
{
    struct wfp_stream *s = tcp->wfp.stream;

    if (!s || s->direction[inbound].ended)
        return;
    s->users++;
    tcp->busy++;
    stages_abort(s, inbound);
    tcp_done(tcp);
    s->users--;
    release(s);
}

/* --- drivers ------------------------------------------------------------------------------------------------------------------------- */

static struct wfp_stream *stream_of(uint64_t flow)
{
    struct wfp_endpoint *e = wfp_endpoint_of_flow(flow);

    return e ? e->stream : NULL;
}

/* The bytes as pieces in a queue of their own. */
static NTSTATUS gather(const struct wfp_stream_injection *what, struct chunks *q, uint16_t sublayer)
{
    NTSTATUS status = STATUS_SUCCESS;
    struct chunk *last = NULL;

    for (size_t at = 0; at < what->size && NT_SUCCESS(status);) {
        size_t n = min_u64(what->size - at, PIECE);
        struct pbuf *p = pbuf_alloc(PBUF_RAW, (u16_t)n, PBUF_RAM);
        bool copied = p && what->copy(what->context, p->payload, at, n);
        status = !p ? STATUS_INSUFFICIENT_RESOURCES : !copied ? STATUS_FWP_INVALID_PARAMETER : STATUS_SUCCESS;
        if (NT_SUCCESS(status) && !chunks_push(q, p))
            status = STATUS_INSUFFICIENT_RESOURCES;
        if (!NT_SUCCESS(status) && p)
            pbuf_free(p);
        at += n;
    }
    for (struct chunk *c = q->first; c && NT_SUCCESS(status); c = c->next) {
        chunk_mark(q, c, what->callout, true, sublayer);
        last = c;
    }
    if (last)
        last->at_once = what->at_once;
    return status;
}

/* The stage's callout may inject. */
static NTSTATUS check(struct wfp_stream *s, uint32_t callout, uint16_t layer, bool inbound, struct stage **stage)
{
    if (!s)
        return STATUS_NOT_FOUND;
    if (layer != wfp_layer(FWPS_LAYER_STREAM_V4, family_of(s->tcp)))
        return STATUS_FWP_INVALID_PARAMETER;
    *stage = stage_of(s, inbound, callout);
    return *stage ? STATUS_SUCCESS : STATUS_FWP_CALLOUT_NOT_FOUND;
}

NTSTATUS wfp_stream_put(const struct wfp_stream_injection *what)
{
    struct wfp_stream *s = stream_of(what->flow);
    struct stage *g = NULL;
    struct chunks bytes;
    NTSTATUS status = check(s, what->callout, what->layer, what->inbound, &g);

    if (!NT_SUCCESS(status))
        return status;
    if (s->resets || end_behind(s, g, what->inbound))
        return STATUS_INVALID_DEVICE_STATE;
    if (queue_behind(s, g, what->inbound)->bytes + what->size > INJECTED_MAX)
        return STATUS_INSUFFICIENT_RESOURCES;
    chunks_init(&bytes);
    status = gather(what, &bytes, g->step.sublayer);
    if (!NT_SUCCESS(status)) {
        chunks_clear(&bytes);
        return status;
    }
    chunks_append(queue_behind(s, g, what->inbound), &bytes);
    if (what->end)
        give_end(s, g, what->inbound);
    wfp_stream_mark(s);
    return STATUS_SUCCESS;
}

NTSTATUS wfp_stream_resume(uint64_t flow, uint32_t callout, uint16_t layer)
{
    struct wfp_stream *s = stream_of(flow);
    struct stage *g = NULL;
    NTSTATUS status = check(s, callout, layer, true, &g);

    if (!NT_SUCCESS(status))
        return status;
    const struct direction *d = &s->direction[1];
    if (d->shown == g && d->shown_by == this_cpu)
        return STATUS_INVALID_DEVICE_STATE;
    g->side[1].deferred = false;
    g->side[1].continued = d->shown == g;       /* it has not told us yet that it defers */
    wfp_stream_mark(s);
    return STATUS_SUCCESS;
}

void wfp_stream_look_again(uint64_t flow)
{
    if (flow) {
        struct wfp_stream *s = stream_of(flow);
        if (s)
            wfp_stream_mark(s);
        return;
    }
    list_each(node, tcp_list()) {
        struct tcpip_tcp *tcp = container_of(node, struct tcpip_tcp, node);
        if (tcp->wfp.stream)
            wfp_stream_mark(tcp->wfp.stream);
    }
}

bool wfp_stream_open(void)
{
    list_init(&dirty);
    KeInitializeDpc(&dpc, run_dirty, NULL);
    return fwp_on_change(follow, NULL);
}

void wfp_stream_close(void)
{
    fwp_forget_change(follow, NULL);
    KeRemoveQueueDpc(&dpc);
    chunks_close();
}
