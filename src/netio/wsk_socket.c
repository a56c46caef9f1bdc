/* A socket's life, its deferred work, and what every dispatch function begins and ends with. */
#include <assert.h>
#include <string.h>

#include "netio/wsk_internal.h"
#include "nt/ke.h"
#include "nt/pool.h"
#include "nt/ram.h"

#define TAG WSK_TAG('W', 's', 'k', 's')
#define CLOSED_KEPT 32u
#define ROUND 64u

/* Closed sockets keep their memory for a while, so that a late call is recognised and not a shot in the dark. */
static struct list closed_sockets = LIST_INIT(closed_sockets);
static unsigned closed_count;

/* --- memory ------------------------------------------------------------------------------------------------- */

static void init_lists(struct wsk_socket *s)
{
    list_init(&s->node);
    list_init(&s->done);
    list_init(&s->sends);
    list_init(&s->receives);
    list_init(&s->accepts);
    list_init(&s->disables);
    list_init(&s->changes);
    list_init(&s->received);
    list_init(&s->waiting);
    list_init(&s->inspections);
}

struct wsk_socket *wsk_socket_new(struct wsk_client *client, enum wsk_category category, ADDRESS_FAMILY family, USHORT type,
                                  ULONG protocol, const void *caller)
{
    struct wsk_socket *s = pool_alloc(NonPagedPoolNx, sizeof *s, TAG, caller);

    if (s == NULL)
        return NULL;
    memset(s, 0, sizeof *s);
    init_lists(s);
    s->guest.Dispatch = wsk_socket_dispatch[category];
    s->magic = WSK_SOCKET_MAGIC;
    s->category = s->role = category;
    s->family = family;
    s->type = type;
    s->protocol = protocol;
    s->client = client;
    s->made_by = (uint64_t)(uintptr_t)caller;
    s->work.run = wsk_socket_run;
    wsk_options_init(&s->options);
    list_push_back(&client->sockets, &s->node);
    client->had_socket = true;
    return s;
}

static void free_closed(struct wsk_socket *s)
{
    list_remove(&s->node);
    closed_count--;
    s->magic = 0;
    pool_free(s, TAG, NULL);
}

static void keep_closed(struct wsk_socket *s)
{
    list_remove(&s->node);
    list_push_back(&closed_sockets, &s->node);
    if (++closed_count > CLOSED_KEPT)
        free_closed(list_first(&closed_sockets, struct wsk_socket, node));
}

void wsk_sockets_forget(struct wsk_client *client)
{
    list_each_safe(node, &closed_sockets) {
        struct wsk_socket *s = container_of(node, struct wsk_socket, node);

        if (client == NULL || s->client == client)
            free_closed(s);
    }
}

void wsk_socket_forget_redirection(struct wsk_socket *s)
{
    if (s->redirection != NULL)
        tcpip_redirection_release(s->redirection);
    s->redirection = NULL;
}

void wsk_socket_discard(struct wsk_socket *s)
{
    wsk_socket_forget_redirection(s);
    tcpip_undefer(&s->work);
    wsk_receive_close(s);
    if (s->tcp != NULL)
        tcpip_tcp_abort(s->tcp);
    s->tcp = NULL;
    list_remove(&s->node);
    s->magic = 0;
    pool_free(s, TAG, NULL);
}

void wsk_socket_set_events(struct wsk_socket *s, const VOID *dispatch)
{
    const WSK_CLIENT_STREAM_DISPATCH *stream = dispatch;

    if (dispatch == NULL)
        return;
    switch (s->category) {
    case WSK_LISTEN:
        s->listen_events = dispatch;
        break;
    case WSK_CONNECTION:
        s->stream_events = dispatch;
        break;
    case WSK_DATAGRAM:
        s->datagram_events = dispatch;
        break;
    case WSK_STREAM:
        s->listen_events = stream->Listen;
        s->stream_events = stream->Connect;
        break;
    case WSK_BASIC:
        break;
    }
}

/* --- calls -------------------------------------------------------------------------------------------------- */

static const char *wrong_socket(const struct wsk_socket *s)
{
    if (((uintptr_t)s & 15) != 0 || !ram_contains(s))
        return "a Winsock Kernel function is called with something that is not a socket";
    if (s->magic == WSK_SOCKET_MAGIC)
        return s->state == WSK_CLOSING ? "a Winsock Kernel function is called after WskCloseSocket" : NULL;
    return "a Winsock Kernel function is called on a socket that is closed";
}

struct wsk_socket *wsk_begin(PWSK_SOCKET socket, PIRP *irp, const char *function, void *frame)
{
    struct wsk_socket *s = (struct wsk_socket *)(void *)socket;
    const char *wrong;

    if (unlikely(ke_attention))
        ke_export_hook();
    if (unlikely(ke_irql() > DISPATCH_LEVEL))
        NETIO_EMIT(NETIO_EVENT_MISUSE, "a Winsock Kernel function is called above DISPATCH_LEVEL", socket, ke_irql(), frame);
    wrong = wrong_socket(s);
    tcpip_enter();
    if (*irp != NULL && !wsk_irp_take(*irp, function, frame))
        *irp = NULL;
    if (unlikely(wrong != NULL)) {
        NETIO_EMIT(NETIO_EVENT_MISUSE, wrong, socket, function, frame);
        return NULL;
    }
    return s;
}

NTSTATUS wsk_end(PIRP irp, NTSTATUS status, ULONG_PTR information)
{
    tcpip_leave_under_a_lock();
    if (irp != NULL && status != STATUS_PENDING)
        wsk_irp_complete(irp, status, NT_SUCCESS(status) ? information : 0);
    return status;
}

NTSTATUS wsk_require_connected(const struct wsk_socket *s)
{
    if (s->state == WSK_FAILED)
        return s->failure;
    if (s->silent || s->state != WSK_CONNECTED)
        return STATUS_INVALID_DEVICE_STATE;
    return STATUS_SUCCESS;
}

/* --- the work ----------------------------------------------------------------------------------------------- */

void wsk_socket_kick(struct wsk_socket *s)
{
    s->again = true;
    if (!s->running)
        tcpip_defer(&s->work);
}

static bool complete_done(struct wsk_socket *s)
{
    bool any;

    if (list_empty(&s->done))
        return false;
    tcpip_leave();
    any = wsk_requests_complete(&s->done, &s->client->busy);
    tcpip_enter();
    return any;
}

/* One thing that is due, in the order of the protocol: requests, then data, then the end of the connection. */
static bool run_one(struct wsk_socket *s)
{
    if (complete_done(s) || wsk_run_disables(s))
        return true;
    if (s->state == WSK_CLOSING || s->untold)
        return false;
    switch (s->role) {
    case WSK_LISTEN:
        return wsk_run_inspections(s) || wsk_run_accepts(s);
    case WSK_CONNECTION:
        return wsk_run_receive(s) || wsk_run_disconnect(s) || wsk_run_backlog(s);
    case WSK_DATAGRAM:
        return wsk_run_receive_from(s);
    default:
        return false;
    }
}

static void finish_close(struct wsk_socket *s)
{
    struct wsk_client *client = s->client;
    PIRP irp = s->close->irp;

    wsk_request_drop(s->close);
    s->close = NULL;
    tcpip_undefer(&s->work);
    s->state = WSK_CLOSED;
    s->magic = WSK_CLOSED_MAGIC;
    keep_closed(s);
    tcpip_leave();
    wsk_irp_complete(irp, STATUS_SUCCESS, 0);
    client->busy--;
    tcpip_enter();
    tcpip_defer(&client->work);
    tcpip_leave();
}

/* False: there is more, for another round. */
static bool run_round(struct wsk_socket *s)
{
    unsigned count = 0;

    do {
        s->again = false;
        while (run_one(s))
            if (++count == ROUND)
                return false;
    } while (s->again);
    return true;
}

void wsk_socket_run(struct tcpip_work *work)
{
    struct wsk_socket *s = container_of(work, struct wsk_socket, work);

    tcpip_enter();
    s->running = true;
    bool over = run_round(s);
    s->running = false;
    if (!over) {
        tcpip_defer(&s->work);
        tcpip_leave();
        return;
    }
    struct wsk_client *client = s->client;
    if (client->detaching)
        tcpip_defer(&client->work);
    if (s->close != NULL && !s->binding) {
        finish_close(s);
        return;
    }
    if (s->unowned && s->state == WSK_FAILED)
        wsk_socket_discard(s);
    tcpip_leave();
}

/* --- the end of a connection, and of a socket ------------------------------------------------------------------ */

static void end_request(struct wsk_request **request, NTSTATUS status)
{
    struct wsk_request *r = *request;

    *request = NULL;
    if (r != NULL)
        wsk_request_done(r, status, 0);
}

void wsk_socket_fail(struct wsk_socket *s, NTSTATUS status, NTSTATUS for_sends)
{
    if (s->state == WSK_CONNECTED || s->state == WSK_CONNECTING || s->state == WSK_FAILED) {
        if (s->state != WSK_FAILED)
            s->failure = status;
        s->state = WSK_FAILED;
    }
    if (s->tcp != NULL)
        tcpip_tcp_abort(s->tcp);
    s->tcp = NULL;
    end_request(&s->connect, for_sends);
    wsk_requests_fail(&s->sends, for_sends);
    s->disconnect = NULL;               /* it was the last of the sends */
    wsk_requests_fail(&s->receives, s->peer_done ? STATUS_SUCCESS : status);
}

static void end_everything(struct wsk_socket *s)
{
    bool finished = s->peer_done && s->fin_acknowledged && s->tcp != NULL;

    wsk_socket_forget_redirection(s);
    if (finished) {
        if (s->held > 0)
            tcpip_tcp_consumed(s->tcp, s->held);
        tcpip_tcp_close(s->tcp);
        s->tcp = NULL;
    }
    if (s->role == WSK_LISTEN)
        wsk_listener_close(s);
    wsk_socket_fail(s, STATUS_CANCELLED, STATUS_CANCELLED);
    wsk_requests_fail(&s->accepts, STATUS_CANCELLED);
    wsk_requests_fail(&s->changes, STATUS_CANCELLED);
    if (s->datagram != NULL)
        tcpip_datagram_close(s->datagram);
    s->datagram = NULL;
}

static void forget_requests(struct list *queue)
{
    for (struct list *node = list_pop_front(queue); node != NULL; node = list_pop_front(queue)) {
        struct wsk_request *request = container_of(node, struct wsk_request, node);

        request->irp->CancelRoutine = NULL;
        wsk_request_drop(request);
    }
}

void wsk_socket_abandon(struct wsk_socket *s)
{
    end_everything(s);
    forget_requests(&s->done);
    forget_requests(&s->disables);
    if (s->close != NULL)
        wsk_request_drop(s->close);
    wsk_receive_close(s);
    wsk_socket_discard(s);
}

void wsk_socket_go_on_closing(struct wsk_socket *s)
{
    end_everything(s);
    wsk_receive_close(s);
    s->state = WSK_CLOSING;
    wsk_socket_kick(s);
}

/* Ends everything and closes the socket; the IRP is completed when no event callback of it runs any more. Always
 * STATUS_PENDING. IRQL <= DISPATCH_LEVEL. docs: wsk/nc-wsk-pfn_wsk_close_socket */
NTSTATUS NTAPI wsk_do_close(PWSK_SOCKET socket, PIRP irp)
{
    struct wsk_socket *s = WSK_BEGIN(socket, irp, "WskCloseSocket");
    struct list nowhere = LIST_INIT(nowhere);

    if (s == NULL || irp == NULL)
        return WSK_NO_CALL(s, irp);
    struct wsk_request *request = wsk_request_new(WSK_DO_CLOSE, s, irp);
    if (request == NULL)
        return wsk_end(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    wsk_request_pend(request, &nowhere);
    list_remove(&request->node);
    if (s->kept != NULL)
        NETIO_EMIT(NETIO_EVENT_MISUSE, "a socket is closed while its driver keeps received data: WskRelease comes first", s,
                   s->kept_size, __builtin_frame_address(0));
    s->close = request;
    if (!s->binding)
        wsk_socket_go_on_closing(s);
    return wsk_end(irp, STATUS_PENDING, 0);
}
