/* Listening sockets: connections that come in and who takes them.
 *
 * A connection waits in `waiting`, as a socket of its own, until the first of these takes it: a queued WskAccept, or
 * WskAcceptEvent when it is enabled. What arrives on it meanwhile stays with it. docs:
 * network/listening-for-and-accepting-incoming-connections */
#include "netio/wsk_control.h"
#include "netio/wsk_internal.h"

#define BACKLOG 200u

/* --- what the stack tells ------------------------------------------------------------------------------------- */

static bool on_accepted(struct tcpip_tcp *tcp, void *context, struct tcpip_tcp *connection)
{
    struct wsk_socket *listener = context, *s;

    if (listener->waiting_count >= BACKLOG)
        return false;
    s = wsk_socket_new(listener->client, WSK_CONNECTION, listener->family, listener->type, listener->protocol,
                       (const void *)(uintptr_t)listener->made_by);
    if (s == NULL)
        return false;
    s->options = listener->options;
    s->options.conditional = false;
    s->tcp = connection;
    s->state = WSK_CONNECTED;
    s->static_events = listener->client->static_events & WSK_STREAM_EVENTS;
    s->events = s->static_events;
    wsk_inspection_accepted(listener, s);
    tcpip_tcp_set_events(connection, &wsk_stream_tcp_events, s);
    wsk_options_apply(s);
    wsk_backlog_changed(s);
    list_remove(&s->node);
    list_push_back(&listener->waiting, &s->node);
    tcpip_tcp_set_waiting(tcp, ++listener->waiting_count);
    wsk_socket_kick(listener);
    return true;
}

static void on_failed(struct tcpip_tcp *tcp, void *context, NTSTATUS status)
{
    struct wsk_socket *s = context;

    s->state = WSK_FAILED;
    s->failure = STATUS_FILE_FORCED_CLOSED;
    s->gone_due = true;
    wsk_requests_fail(&s->accepts, STATUS_FILE_FORCED_CLOSED);
    wsk_socket_kick(s);
}

const struct tcpip_tcp_events wsk_listen_tcp_events = {
    .asked = wsk_inspection_asked,
    .request_gone = wsk_inspection_gone,
    .accepted = on_accepted,
    .failed = on_failed,
};

NTSTATUS wsk_start_listening(struct wsk_socket *s)
{
    tcpip_tcp_set_events(s->tcp, &wsk_listen_tcp_events, s);
    return tcpip_tcp_listen(s->tcp, BACKLOG, s->options.conditional || s->options.pause_accept);
}

/* --- taking a connection --------------------------------------------------------------------------------------- */

/* The oldest connection that waits becomes a socket of the client's. */
static struct wsk_socket *take_waiting(struct wsk_socket *listener)
{
    struct list *node = list_pop_front(&listener->waiting);
    struct wsk_socket *s;

    if (node == NULL)
        return NULL;
    s = container_of(node, struct wsk_socket, node);
    list_push_back(&listener->client->sockets, &s->node);
    listener->waiting_count--;
    if (listener->tcp != NULL)
        tcpip_tcp_set_waiting(listener->tcp, listener->waiting_count);
    return s;
}

static void addresses_of(const struct wsk_socket *s, SOCKADDR *local, SOCKADDR *remote)
{
    struct tcpip_tcp_info info = { 0 };

    if (s->tcp != NULL)
        tcpip_tcp_query(s->tcp, &info);
    if (local != NULL)
        wsk_address_out(s->family, &info.local, local);
    if (remote != NULL)
        wsk_address_out(s->family, &info.remote, remote);
}

static void give(struct wsk_socket *s, PVOID context, const WSK_CLIENT_CONNECTION_DISPATCH *dispatch)
{
    s->context = context;
    s->stream_events = dispatch;
    wsk_socket_kick(s);
}

/* A listener that has WskAccept requests and connections: the eldest get each other. */
static bool serve_accepts(struct wsk_socket *listener)
{
    while (!list_empty(&listener->accepts) && !list_empty(&listener->waiting)) {
        struct wsk_request *request = list_first(&listener->accepts, struct wsk_request, node);
        struct wsk_socket *s = take_waiting(listener);

        addresses_of(s, request->accept.local, request->accept.remote);
        s->untold = true;
        wsk_request_done(request, STATUS_SUCCESS, (ULONG_PTR)&s->guest);
        give(s, request->accept.context, request->accept.dispatch);
    }
    return !list_empty(&listener->done);
}

static void show_connection(struct wsk_socket *listener, struct wsk_socket *s)
{
    const WSK_CLIENT_CONNECTION_DISPATCH *dispatch = NULL;
    union wsk_address local, remote;
    PVOID context = NULL;
    NTSTATUS status;

    addresses_of(s, &local.any, &remote.any);
    /* Its own events wait until the driver has said what its callbacks are. */
    s->running = true;
    WSK_CALLBACK(listener, WSK_EVENT_ACCEPT,
                 status = listener->listen_events->WskAcceptEvent(listener->context, WSK_FLAG_AT_DISPATCH_LEVEL, &local.any,
                                                                  &remote.any, &s->guest, &context, &dispatch));
    s->running = false;
    if (NT_SUCCESS(status)) {
        s->events |= listener->inherited_events;
        give(s, context, dispatch);
    } else {
        s->unowned = true;              /* the work frees it, once what the callback started is completed */
        wsk_socket_fail(s, STATUS_CONNECTION_ABORTED, STATUS_CANCELLED);
        wsk_socket_kick(s);
    }
}

/* The socket is no longer functional: the event says so without a connection. */
static void show_end(struct wsk_socket *s)
{
    union wsk_address none = { .any = { .sa_family = s->family } };
    const WSK_CLIENT_CONNECTION_DISPATCH *dispatch;
    NTSTATUS ignored;
    PVOID context;

    s->gone_due = false;
    WSK_CALLBACK(s, WSK_EVENT_ACCEPT,
                 ignored = s->listen_events->WskAcceptEvent(s->context, WSK_FLAG_AT_DISPATCH_LEVEL, &none.any, &none.any, NULL,
                                                            &context, &dispatch));
    (void)ignored;
}

bool wsk_run_accepts(struct wsk_socket *s)
{
    if (serve_accepts(s))
        return true;
    if (!(s->events & WSK_EVENT_ACCEPT) || s->listen_events == NULL || s->listen_events->WskAcceptEvent == NULL)
        return false;
    if (s->gone_due) {
        show_end(s);
        return true;
    }
    if (list_empty(&s->waiting))
        return false;
    show_connection(s, take_waiting(s));
    return true;
}

static NTSTATUS accept(struct wsk_socket *s, ULONG flags, PVOID context, const WSK_CLIENT_CONNECTION_DISPATCH *dispatch,
                       PSOCKADDR local, PSOCKADDR remote, PIRP irp)
{
    struct wsk_request *request;
    NTSTATUS status;

    if (flags != 0)
        return STATUS_INVALID_PARAMETER;
    if (s->state == WSK_FAILED)
        return s->failure;
    if (s->role != WSK_LISTEN || s->state != WSK_LISTENING)
        return STATUS_INVALID_DEVICE_STATE;
    request = wsk_request_new(WSK_DO_ACCEPT, s, irp);
    if (request == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    request->accept.context = context;
    request->accept.dispatch = dispatch;
    request->accept.local = local;
    request->accept.remote = remote;
    status = wsk_request_pend(request, &s->accepts);
    if (status == STATUS_PENDING)
        serve_accepts(s);
    return status;
}

/* Takes a connection that has come in, or waits for one; IoStatus.Information becomes its socket. Addresses are written in
 * the listener's family, and stay until the IRP is completed. IRQL <= DISPATCH_LEVEL. STATUS_INVALID_PARAMETER: flags;
 * STATUS_INVALID_DEVICE_STATE: not bound, or a stream socket that does not listen. docs: wsk/nc-wsk-pfn_wsk_accept */
NTSTATUS NTAPI wsk_do_accept(PWSK_SOCKET socket, ULONG flags, PVOID context, const WSK_CLIENT_CONNECTION_DISPATCH *dispatch,
                             PSOCKADDR local, PSOCKADDR remote, PIRP irp)
{
    struct wsk_socket *s = WSK_BEGIN(socket, irp, "WskAccept");

    if (s == NULL || irp == NULL)
        return WSK_NO_CALL(s, irp);
    return wsk_end(irp, accept(s, flags, context, dispatch, local, remote, irp), 0);
}

void wsk_listener_close(struct wsk_socket *s)
{
    for (struct wsk_socket *waiting = take_waiting(s); waiting != NULL; waiting = take_waiting(s))
        wsk_socket_abandon(waiting);
    wsk_inspections_free(s);
    if (s->tcp != NULL)
        tcpip_tcp_close(s->tcp);
    s->tcp = NULL;
}
