/* Sending over a connection, and disconnecting.
 *
 * `sends` holds, in order, the sends (and a WskConnectEx's bytes), and last the disconnect. For each:
 *   handed         bytes the transport has; all requests before one with handed < size have handed == size
 *   acknowledged   bytes the peer has; the first request of the list is the only one that is partly acknowledged
 * A request is done when acknowledged == size. A disconnect sends its bytes like a send; when they are handed the FIN
 * follows, and `shut` ends the request. docs: wsk/nc-wsk-pfn_wsk_send, wsk/nc-wsk-pfn_wsk_disconnect */
#include "netio/wsk_internal.h"

/* Up to here copying is cheaper than a chain of references. */
#define COPY_LIMIT 512u
/* A connection that could take more gets told so in steps of this. */
#define BACKLOG_STEP 4096u

/* --- to the transport ------------------------------------------------------------------------------------------ */

/* Hands over one request's bytes; false when the transport has no room for the rest. */
static bool hand(struct wsk_socket *s, struct wsk_request *request)
{
    while (request->cursor.left > 0) {
        size_t size, taken;
        uint8_t *data = wsk_cursor_span(&request->cursor, &size);
        unsigned flags = (size <= COPY_LIMIT ? TCPIP_SEND_COPY : 0) | (size < request->cursor.left ? TCPIP_SEND_MORE : 0);

        taken = tcpip_tcp_send(s->tcp, data, size, flags);
        wsk_cursor_advance(&request->cursor, taken);
        request->handed += taken;
        if (taken < size)
            return false;
    }
    return true;
}

static void send_fin(struct wsk_socket *s)
{
    NTSTATUS status;

    s->fin_sent = true;
    status = tcpip_tcp_shutdown(s->tcp);
    if (!NT_SUCCESS(status) && s->disconnect != NULL) {
        struct wsk_request *request = s->disconnect;

        s->disconnect = NULL;
        wsk_request_done(request, status, 0);
    }
}

void wsk_send_pump(struct wsk_socket *s)
{
    bool pushed = false;

    if (s->tcp == NULL)
        return;
    list_each_safe(node, &s->sends) {
        struct wsk_request *request = container_of(node, struct wsk_request, node);

        if (request->handed < request->size || request->size == 0) {
            if (!hand(s, request))
                return;
            pushed = pushed || (request->flags & WSK_FLAG_NODELAY) != 0;
        }
        if (request->kind == WSK_DO_DISCONNECT && !s->fin_sent)
            send_fin(s);
        else if (request->size == 0 && request->kind == WSK_DO_SEND && list_first(&s->sends, struct wsk_request, node) == request)
            wsk_request_done(request, STATUS_SUCCESS, 0);
    }
    if (pushed && s->tcp != NULL)
        tcpip_tcp_push(s->tcp);
}

static void finish_send(struct wsk_request *request)
{
    wsk_request_done(request, STATUS_SUCCESS, request->kind == WSK_DO_SEND ? request->size : 0);
}

void wsk_send_acknowledged(struct wsk_socket *s, size_t size)
{
    while (!list_empty(&s->sends)) {
        struct wsk_request *request = list_first(&s->sends, struct wsk_request, node);
        size_t missing = request->size - request->acknowledged, here = missing < size ? missing : size;

        request->acknowledged += here;
        size -= here;
        if (request->acknowledged < request->size || request->kind == WSK_DO_DISCONNECT)
            break;
        finish_send(request);
    }
    wsk_send_pump(s);
    wsk_backlog_changed(s);
}

/* --- WskSend ------------------------------------------------------------------------------------------------- */

static NTSTATUS send(struct wsk_socket *s, PWSK_BUF buffer, ULONG flags, PIRP irp)
{
    struct wsk_request *request;
    struct wsk_cursor cursor;
    NTSTATUS status;

    if ((flags & ~(ULONG)WSK_FLAG_NODELAY) != 0)
        return STATUS_NOT_SUPPORTED;
    status = wsk_require_connected(s);
    if (NT_SUCCESS(status) && (s->disconnect != NULL || s->fin_sent))
        status = STATUS_INVALID_DEVICE_STATE;
    if (NT_SUCCESS(status))
        status = wsk_cursor_open(&cursor, buffer);
    if (!NT_SUCCESS(status))
        return status;
    request = wsk_request_new(WSK_DO_SEND, s, irp);
    if (request == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    request->flags = flags;
    request->cursor = cursor;
    request->size = cursor.left;
    status = wsk_request_pend(request, &s->sends);
    if (status == STATUS_PENDING)
        wsk_send_pump(s);
    return status;
}

/* Sends Length bytes; they stay where they are, and the IRP is not completed, until the peer has acknowledged them.
 * IoStatus.Information: how many were sent. IRQL <= DISPATCH_LEVEL. STATUS_NOT_SUPPORTED: a flag other than
 * WSK_FLAG_NODELAY; STATUS_INVALID_PARAMETER: the buffer; STATUS_INVALID_DEVICE_STATE: not connected, or disconnected;
 * what ended the connection. docs: wsk/nc-wsk-pfn_wsk_send */
NTSTATUS NTAPI wsk_do_send(PWSK_SOCKET socket, PWSK_BUF buffer, ULONG flags, PIRP irp)
{
    struct wsk_socket *s = WSK_BEGIN(socket, irp, "WskSend");

    if (s == NULL || irp == NULL)
        return WSK_NO_CALL(s, irp);
    return wsk_end(irp, send(s, buffer, flags, irp), 0);
}

/* Reserved for the system in the documentation. TCP takes no control information: STATUS_NOT_SUPPORTED with some, WskSend
 * without. docs: wsk/ns-wsk-_wsk_provider_connection_dispatch */
NTSTATUS NTAPI wsk_do_send_ex(PWSK_SOCKET socket, PWSK_BUF buffer, ULONG flags, ULONG control_size, PCMSGHDR control, PIRP irp)
{
    struct wsk_socket *s = WSK_BEGIN(socket, irp, "WskSendEx");

    if (s == NULL || irp == NULL)
        return WSK_NO_CALL(s, irp);
    return wsk_end(irp, control_size != 0 ? STATUS_NOT_SUPPORTED : send(s, buffer, flags, irp), 0);
}

/* --- WskDisconnect -------------------------------------------------------------------------------------------- */

static NTSTATUS abort_connection(struct wsk_socket *s, PWSK_BUF buffer)
{
    if (buffer != NULL)
        return STATUS_INVALID_PARAMETER;
    if (s->state == WSK_CONNECTED) {
        wsk_socket_fail(s, STATUS_CONNECTION_ABORTED, STATUS_CANCELLED);
        wsk_receive_discard(s);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS disconnect(struct wsk_socket *s, PWSK_BUF buffer, ULONG flags, PIRP irp)
{
    struct wsk_request *request;
    struct wsk_cursor cursor = { 0 };
    NTSTATUS status = wsk_require_connected(s);

    if ((flags & ~(ULONG)WSK_FLAG_ABORTIVE) != 0)
        return STATUS_INVALID_PARAMETER;
    if (!NT_SUCCESS(status))
        return status;
    if (flags & WSK_FLAG_ABORTIVE)
        return abort_connection(s, buffer);
    if (s->disconnect != NULL || s->fin_sent)
        return STATUS_INVALID_DEVICE_STATE;
    if (buffer != NULL)
        status = wsk_cursor_open(&cursor, buffer);
    if (!NT_SUCCESS(status))
        return status;
    request = wsk_request_new(WSK_DO_DISCONNECT, s, irp);
    if (request == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    request->cursor = cursor;
    request->size = cursor.left;
    status = wsk_request_pend(request, &s->sends);
    if (status == STATUS_PENDING) {
        s->disconnect = request;
        wsk_send_pump(s);
    }
    return status;
}

/* Ends a connection: gracefully, after everything that was sent and the bytes of Buffer, if any; or at once with
 * WSK_FLAG_ABORTIVE, which cancels what is being sent and takes no Buffer. A graceful one is completed when the peer has
 * acknowledged the end; receiving goes on. IRQL <= DISPATCH_LEVEL. STATUS_INVALID_PARAMETER, STATUS_INVALID_DEVICE_STATE: not
 * connected, or disconnected. docs: wsk/nc-wsk-pfn_wsk_disconnect */
NTSTATUS NTAPI wsk_do_disconnect(PWSK_SOCKET socket, PWSK_BUF buffer, ULONG flags, PIRP irp)
{
    struct wsk_socket *s = WSK_BEGIN(socket, irp, "WskDisconnect");

    if (s == NULL || irp == NULL)
        return WSK_NO_CALL(s, irp);
    return wsk_end(irp, disconnect(s, buffer, flags, irp), 0);
}

/* --- events ------------------------------------------------------------------------------------------------------ */

bool wsk_run_disconnect(struct wsk_socket *s)
{
    ULONG flags = WSK_FLAG_AT_DISPATCH_LEVEL;
    bool after_data = !s->disconnect_abortive && !list_empty(&s->received);

    if (!s->disconnect_due || after_data || !(s->events & WSK_EVENT_DISCONNECT) || s->stream_events == NULL)
        return false;                   /* without a table nobody has taken the connection yet */
    s->disconnect_due = false;
    if (s->disconnect_told || s->stream_events->WskDisconnectEvent == NULL)
        return false;
    s->disconnect_told = true;
    if (s->disconnect_abortive)
        flags |= WSK_FLAG_ABORTIVE;
    WSK_CALLBACK(s, WSK_EVENT_DISCONNECT, s->stream_events->WskDisconnectEvent(s->context, flags));
    return true;
}

/* The ideal backlog is what the window takes now and what is on its way: a full pipe. */
size_t wsk_ideal_backlog(struct wsk_socket *s)
{
    struct tcpip_tcp_info info = { 0 };

    if (s->tcp != NULL)
        tcpip_tcp_query(s->tcp, &info);
    return (size_t)info.room + info.unacknowledged;
}

void wsk_backlog_changed(struct wsk_socket *s)
{
    size_t now, then = s->backlog;

    if (!(s->events & WSK_EVENT_SEND_BACKLOG))
        return;
    now = wsk_ideal_backlog(s);
    if (now + BACKLOG_STEP <= then || now >= then + BACKLOG_STEP) {
        s->backlog_due = true;
        wsk_socket_kick(s);
    }
}

bool wsk_run_backlog(struct wsk_socket *s)
{
    if (!s->backlog_due || !(s->events & WSK_EVENT_SEND_BACKLOG) || s->stream_events == NULL)
        return false;
    s->backlog_due = false;
    s->backlog = wsk_ideal_backlog(s);
    if (s->stream_events->WskSendBacklogEvent == NULL)
        return false;
    WSK_CALLBACK(s, WSK_EVENT_SEND_BACKLOG, s->stream_events->WskSendBacklogEvent(s->context, s->backlog));
    return true;
}
