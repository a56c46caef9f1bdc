#include "tcpip/wfp_stream.h"

#include <lwip/ip.h>
#include <ntddk.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "nt/ke.h"
#include "tcpip/interface.h"
#include "tcpip/tcp_internal.h"

#define ROOM 65536u                     /* of a sender's bytes that wait here */
#define SHOWN_MAX (8u << 20)            /* what a callout may have gathered before it must take it */
#define PIECE 32768u
#define PIECES (SHOWN_MAX / PIECE)

struct chunk {
    struct chunk *next;
    struct pbuf *p;
    bool injected;
};

struct queue {
    struct chunk *first, **last;
    size_t bytes;
};

struct direction {
    struct queue waiting, ready;
    size_t needed;                      /* bytes that must wait before a callout is shown them again */
    size_t uncounted;                   /* of those waiting, count no longer for the window */
    bool running, deferred, end_waits, end_shown, end_ready, ended;
};

struct wfp_stream {
    struct tcpip_tcp *tcp;
    struct direction in, out;
    bool free_pass;                     /* FWPS_STREAM_ACTION_ALLOW_CONNECTION */
    bool dead, was_full, dirty;
    unsigned users;
    size_t to_report;                   /* sent bytes that the owner has not heard of */
    size_t injected;                    /* delivered, and not yet consumed */
    struct list dirty_node;
};

static struct chunk *free_chunks;
static struct list dirty = LIST_INIT(dirty);
static KDPC dpc;

/* --- queues ------------------------------------------------------------------------------------------------------------------------ */

static bool push(struct queue *q, struct pbuf *p, bool injected)
{
    struct chunk *c = free_chunks;

    if (c)
        free_chunks = c->next;
    else if (!(c = malloc(sizeof *c)))
        return false;
    *c = (struct chunk){ .p = p, .injected = injected };
    *q->last = c;
    q->last = &c->next;
    q->bytes += p->tot_len;
    return true;
}

static struct pbuf *pop(struct queue *q, bool *injected)
{
    struct chunk *c = q->first;

    if (!c)
        return NULL;
    struct pbuf *p = c->p;
    q->first = c->next;
    if (!q->first)
        q->last = &q->first;
    q->bytes -= p->tot_len;
    if (injected)
        *injected = c->injected;
    c->next = free_chunks;
    free_chunks = c;
    return p;
}

static void clear(struct queue *q)
{
    struct pbuf *p;

    while ((p = pop(q, NULL)))
        pbuf_free(p);
}

/* The next `size` bytes of `from` are dropped, or go to the end of `to`. A piece that is cut is copied. */
static void move(struct queue *from, struct queue *to, size_t size)
{
    while (size && from->first) {
        struct pbuf *p = from->first->p;
        if (p->tot_len > size) {
            struct pbuf *head = to ? pbuf_alloc(PBUF_RAW, (u16_t)size, PBUF_RAM) : NULL;
            if (head) {
                pbuf_copy_partial(p, head->payload, (u16_t)size, 0);
                if (!push(to, head, false))
                    pbuf_free(head);
            }
            from->bytes -= size;
            from->first->p = pbuf_free_header(p, (u16_t)size);
            return;
        }
        size -= p->tot_len;
        pop(from, NULL);
        if (!to || !push(to, p, false))
            pbuf_free(p);
    }
}

static void copy_out(const struct queue *q, size_t at, uint8_t *to, size_t size)
{
    for (const struct chunk *c = q->first; c && size; c = c->next) {
        if (at >= c->p->tot_len) {
            at -= c->p->tot_len;
            continue;
        }
        size_t n = min_u64(size, c->p->tot_len - at);
        pbuf_copy_partial(c->p, to, (u16_t)n, (u16_t)at);
        to += n;
        size -= n;
        at = 0;
    }
}

/* --- life -------------------------------------------------------------------------------------------------------------------------- */

static uint8_t family_of(const struct tcpip_tcp *tcp)
{
    return IP_IS_V6(&tcp->remote_ip) ? 6 : 4;
}

void wfp_stream_begin(struct tcpip_tcp *tcp)
{
    if (fwp_layer_is_empty(wfp_layer(FWPS_LAYER_STREAM_V4, family_of(tcp))) || tcp->wfp.stream)
        return;
    struct wfp_stream *s = stack_calloc(sizeof *s);
    if (!s)
        return;
    s->tcp = tcp;
    s->in.waiting.last = &s->in.waiting.first;
    s->in.ready.last = &s->in.ready.first;
    s->out.waiting.last = &s->out.waiting.first;
    s->out.ready.last = &s->out.ready.first;
    tcp->wfp.stream = s;
}

static void release(struct wfp_stream *s)
{
    if (s->users || !s->dead)
        return;
    clear(&s->in.waiting);
    clear(&s->in.ready);
    clear(&s->out.waiting);
    clear(&s->out.ready);
    free(s);
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

static void mark(struct wfp_stream *s)
{
    if (!s->dirty)
        list_push_back(&dirty, &s->dirty_node);
    s->dirty = true;
    KeInsertQueueDpc(&dpc, NULL, NULL);
}

/* --- classification ---------------------------------------------------------------------------------------------------------------- */

static struct wfp_info describe(struct wfp_stream *s, bool inbound)
{
    struct tcpip_tcp *tcp = s->tcp;
    struct wfp_info info = {
        .local_port = tcp->local_port, .remote_port = tcp->remote_port, .protocol = IP_PROTO_TCP, .inbound = inbound,
        .flow = tcp->wfp.flow, .have = WFP_HAS_FLOW,
    };
    bool v6 = IP_IS_V6(&tcp->remote_ip);

    info.local = v6 ? ip_from6(ip_2_ip6(&tcp->local_ip)) : ip_from4(ip_2_ip4(&tcp->local_ip)->addr);
    info.remote = v6 ? ip_from6(ip_2_ip6(&tcp->remote_ip)) : ip_from4(ip_2_ip4(&tcp->remote_ip)->addr);
    info.flags = wfp_is_own(&info.remote) ? WFP_IS_LOOPBACK : 0;
    return info;
}

/* Shows what waits (nothing: the end). False: no memory. */
static bool show(struct wfp_stream *s, struct direction *d, bool inbound, struct wfp_stream_answer *answer)
{
    static struct fwp_packet *pieces[PIECES];
    size_t size = min_u64(d->waiting.bytes, SHOWN_MAX), at = 0;
    struct wfp_info info = describe(s, inbound);
    struct fwp_packet *mine[8], **list = size > PIECE * 8 ? pieces : mine;
    unsigned count = 0;
    uint8_t *bytes;

    do {
        size_t n = min_u64(size - at, PIECE);
        if (!(list[count] = wfp_packet_take(n, &bytes)))
            break;
        copy_out(&d->waiting, at, bytes, n);
        wfp_packet_list(list[count++], 0, (uint32_t)n);
        at += n;
    } while (at < size);
    if (at == size)
        wfp_stream_show(wfp_layer(FWPS_LAYER_STREAM_V4, info.remote.family), &info, list, count, size,
                        (inbound ? WFP_STREAM_RECEIVE : WFP_STREAM_SEND) |
                            (size || !d->end_waits ? 0 : inbound ? WFP_STREAM_RECEIVE_END : WFP_STREAM_SEND_END),
                        (d->end_waits ? 4 : 0) | (size == SHOWN_MAX ? 2 : 0), answer);
    for (unsigned n = 0; n < count; n++)
        wfp_packet_release(list[n]);
    return at == size;
}

static void open_window(struct wfp_stream *s, size_t size)
{
    if (size && s->tcp->pcb && s->tcp->connected && !s->tcp->silent)
        tcp_open_window(s->tcp, size);
}

/* `size` bytes have been decided about. */
static void decide(struct wfp_stream *s, struct direction *d, bool inbound, size_t size, bool allowed)
{
    size_t uncounted = min_u64(size, d->uncounted);

    move(&d->waiting, allowed ? &d->ready : NULL, size);
    if (!inbound)
        return;
    d->uncounted -= uncounted;
    if (allowed)
        s->injected += uncounted;       /* the owner's consumption of these must not open the window again */
    else
        open_window(s, size - uncounted);
}

static void hold_for_more(struct wfp_stream *s, struct direction *d, bool inbound, size_t more)
{
    d->needed = d->waiting.bytes + (more ? more : 1);
    if (inbound) {
        open_window(s, d->waiting.bytes - d->uncounted);
        d->uncounted = d->waiting.bytes;
    }
}

static bool must_wait(const struct direction *d)
{
    if (d->deferred || (!d->waiting.bytes && (!d->end_waits || d->end_shown)))
        return true;
    return d->waiting.bytes < d->needed && !d->end_waits && d->waiting.bytes < SHOWN_MAX;
}

/* False: the connection is to be dropped. */
static bool classify_once(struct wfp_stream *s, struct direction *d, bool inbound)
{
    struct wfp_stream_answer answer = { .allowed = true };
    size_t size = d->waiting.bytes;
    bool end = !size;

    d->needed = 0;
    if (!s->free_pass && !fwp_layer_is_empty(wfp_layer(FWPS_LAYER_STREAM_V4, family_of(s->tcp))) && !show(s, d, inbound, &answer))
        return false;
    if (s->dead)
        return true;
    if (end) {
        d->end_shown = true;
        d->end_ready |= answer.allowed && answer.action != WFP_STREAM_DROP;
        return answer.action != WFP_STREAM_DROP;
    }
    switch (answer.action) {
    case WFP_STREAM_DROP: return false;
    case WFP_STREAM_DEFER: d->deferred = inbound; return true;
    case WFP_STREAM_ALLOW: s->free_pass = true; decide(s, d, inbound, size, true); return true;
    case WFP_STREAM_MORE:
        if (!d->end_waits && size < SHOWN_MAX)
            hold_for_more(s, d, inbound, answer.required);
        else
            decide(s, d, inbound, size, true);
        return true;
    default:
        decide(s, d, inbound, answer.enforced ? min_u64(answer.enforced, size) : size, answer.allowed);
        return true;
    }
}

/* --- moving on ----------------------------------------------------------------------------------------------------------------------- */

static void write_out(struct wfp_stream *s)
{
    struct tcpip_tcp *tcp = s->tcp;
    struct queue *q = &s->out.ready;
    bool wrote = false;

    while (q->first && tcp->pcb && tcp->connected) {
        struct pbuf *p = q->first->p;
        u16_t n = (u16_t)min_u64(p->len, tcp->pcb->snd_buf);
        if (!n || tcp_write(tcp->pcb, p->payload, n, TCP_WRITE_FLAG_COPY | (p->tot_len > n || q->first->next ? TCP_WRITE_FLAG_MORE : 0)))
            break;
        wrote = true;
        q->bytes -= n;
        if (n < p->tot_len)
            q->first->p = pbuf_free_header(p, n);
        else {
            q->bytes += p->tot_len;
            pbuf_free(pop(q, NULL));
        }
    }
    if (wrote && tcp->pcb)
        tcp_output(tcp->pcb);
    if (!q->first && s->out.end_ready && !s->out.ended && tcp->pcb) {
        s->out.ended = true;
        tcp_end_sending(tcp);
    }
    if (s->was_full && wfp_stream_room(tcp))
        stack_soon(report, s);
}

static void deliver_in(struct wfp_stream *s)
{
    struct tcpip_tcp *tcp = s->tcp;
    struct pbuf *p;
    bool injected;

    while (!s->dead && (p = pop(&s->in.ready, &injected))) {
        if (injected)
            s->injected += p->tot_len;
        if (tcp->orphan || !(p = stack_few_pieces(p)))
            continue;
        tcp->events->received(tcp, tcp->context, (struct tcpip_packet *)p);
    }
    if (!s->dead && s->in.end_ready && !s->in.ended && !tcp->orphan) {
        s->in.ended = true;
        tcp->events->received(tcp, tcp->context, NULL);
    }
}

static void drop_connection(struct wfp_stream *s)
{
    struct tcpip_tcp *tcp = s->tcp;

    tcp_kill_pcb(tcp);
    tcp_failed(tcp, STATUS_CONNECTION_ABORTED);
}

static void pump(struct wfp_stream *s, bool inbound)
{
    struct direction *d = inbound ? &s->in : &s->out;
    struct tcpip_tcp *tcp = s->tcp;
    bool good = true;

    if (d->running)
        return;
    s->users++;
    tcp->busy++;
    d->running = true;
    while (good && !s->dead && !must_wait(d))
        good = classify_once(s, d, inbound);
    d->running = false;
    if (!good && !s->dead)
        drop_connection(s);
    else if (!s->dead && inbound)
        deliver_in(s);
    else if (!s->dead)
        write_out(s);
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

static void report(void *argument)
{
    struct wfp_stream *s = argument;
    struct tcpip_tcp *tcp = s->tcp;
    size_t size = s->to_report;

    s->to_report = 0;
    s->was_full = false;
    if (tcp->orphan || !tcp->events->sent)
        return;
    tcp->busy++;
    tcp->events->sent(tcp, tcp->context, size);
    tcp_done(tcp);
}

size_t wfp_stream_room(struct tcpip_tcp *tcp)
{
    struct wfp_stream *s = tcp->wfp.stream;
    size_t waits = s->out.ready.bytes + (s->out.needed ? 0 : s->out.waiting.bytes);

    if (s->out.end_waits || (s->out.needed && s->out.waiting.bytes >= SHOWN_MAX))
        return 0;
    return waits < ROOM ? ROOM - waits : 0;
}

size_t wfp_stream_send(struct tcpip_tcp *tcp, const void *data, size_t size)
{
    struct wfp_stream *s = tcp->wfp.stream;
    size_t taken = 0;

    while (taken < size && s->out.waiting.bytes < SHOWN_MAX) {
        size_t n = min_u64(min_u64(size - taken, wfp_stream_room(tcp)), 16384);
        struct pbuf *p = n ? pbuf_alloc(PBUF_RAW, (u16_t)n, PBUF_RAM) : NULL;
        if (!p)
            break;
        memcpy(p->payload, (const char *)data + taken, n);
        if (!push(&s->out.waiting, p, false)) {
            pbuf_free(p);
            break;
        }
        taken += n;
    }
    s->was_full |= taken < size;        /* nothing is reported to it until there is room */
    s->to_report += taken;
    if (taken)
        stack_soon(report, s);
    pump(s, false);
    return taken;
}

void wfp_stream_shut(struct tcpip_tcp *tcp)
{
    tcp->wfp.stream->out.end_waits = true;
    pump(tcp->wfp.stream, false);
}

void wfp_stream_received(struct tcpip_tcp *tcp, struct pbuf *p)
{
    struct wfp_stream *s = tcp->wfp.stream;

    if (!p)
        s->in.end_waits = true;
    else if (!push(&s->in.waiting, p, false))
        pbuf_free(p);
    pump(s, true);
}

size_t wfp_stream_consumed(struct tcpip_tcp *tcp, size_t size)
{
    struct wfp_stream *s = tcp->wfp.stream;
    size_t injected = min_u64(size, s->injected);

    s->injected -= injected;
    return size - injected;
}

void wfp_stream_sent(struct tcpip_tcp *tcp)
{
    pump(tcp->wfp.stream, false);
}

/* --- drivers ------------------------------------------------------------------------------------------------------------------------- */

static struct wfp_stream *stream_of(uint64_t flow)
{
    struct wfp_endpoint *e = wfp_endpoint_of_flow(flow);

    return e ? e->stream : NULL;
}

NTSTATUS wfp_stream_put(uint64_t flow, bool inbound, size_t size, bool end,
                        bool (*copy)(void *context, uint8_t *to, size_t at, size_t size), void *context)
{
    struct wfp_stream *s = stream_of(flow);
    struct direction *d = s ? inbound ? &s->in : &s->out : NULL;

    if (!s)
        return STATUS_NOT_FOUND;
    if (d->ended)
        return STATUS_INVALID_DEVICE_STATE;
    for (size_t at = 0; at < size;) {
        size_t n = min_u64(size - at, PIECE);
        struct pbuf *p = pbuf_alloc(PBUF_RAW, (u16_t)n, PBUF_RAM);
        if (!p)
            return STATUS_INSUFFICIENT_RESOURCES;
        if (!copy(context, p->payload, at, n) || !push(&d->ready, p, inbound)) {
            pbuf_free(p);
            return STATUS_INVALID_PARAMETER;
        }
        at += n;
    }
    d->end_ready |= end;
    mark(s);
    return STATUS_SUCCESS;
}

NTSTATUS wfp_stream_resume(uint64_t flow)
{
    struct wfp_stream *s = stream_of(flow);

    if (!s)
        return STATUS_NOT_FOUND;
    if (s->in.running)
        return STATUS_INVALID_DEVICE_STATE;
    s->in.deferred = false;
    mark(s);
    return STATUS_SUCCESS;
}

void wfp_stream_open(void)
{
    list_init(&dirty);
    KeInitializeDpc(&dpc, run_dirty, NULL);
}

void wfp_stream_close(void)
{
    KeRemoveQueueDpc(&dpc);
    while (free_chunks) {
        struct chunk *next = free_chunks->next;
        free(free_chunks);
        free_chunks = next;
    }
}
