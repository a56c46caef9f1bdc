/* Connecting, addresses of both ends, and what the stack tells of a connection. */
#include "netio/wsk_control.h"
#include "netio/wsk_internal.h"

/* --- connecting ---------------------------------------------------------------------------------------------- */

NTSTATUS wsk_start_connecting(struct wsk_socket *s, const SOCKADDR *remote, struct wsk_request *request)
{
    struct list nowhere = LIST_INIT(nowhere);
    struct tcpip_address address;
    NTSTATUS status = wsk_address_in(s, remote, &address);

    if (NT_SUCCESS(status))
        status = tcpip_tcp_connect(s->tcp, &address);
    if (!NT_SUCCESS(status)) {
        wsk_request_drop(request);
        return status;
    }
    s->state = WSK_CONNECTING;
    s->role = WSK_CONNECTION;
    status = wsk_request_pend(request, &nowhere);
    if (status == STATUS_PENDING) {
        list_remove(&request->node);
        s->connect = request;
    } else {
        wsk_socket_fail(s, STATUS_CONNECTION_ABORTED, STATUS_CANCELLED);
    }
    return status;
}

static NTSTATUS connect(struct wsk_socket *s, PSOCKADDR remote, PWSK_BUF buffer, ULONG flags, PIRP irp)
{
    struct wsk_cursor cursor = { 0 };
    struct wsk_request *request;

    if (flags != 0)
        return STATUS_INVALID_PARAMETER;
    if (buffer != NULL && buffer->Length > 65535)
        return STATUS_BUFFER_OVERFLOW;
    if (s->state == WSK_FAILED)
        return s->failure;
    if (s->role == WSK_LISTEN || s->state != WSK_BOUND)
        return STATUS_INVALID_DEVICE_STATE;
    if (buffer != NULL) {
        NTSTATUS status = wsk_cursor_open(&cursor, buffer);

        if (!NT_SUCCESS(status))
            return status;
    }
    request = wsk_request_new(WSK_DO_CONNECT, s, irp);
    if (request == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    request->cursor = cursor;
    request->size = cursor.left;
    return wsk_start_connecting(s, remote, request);
}

/* Connects a bound socket; a stream socket becomes a connection by it. IRQL <= DISPATCH_LEVEL. STATUS_INVALID_PARAMETER,
 * STATUS_INVALID_DEVICE_STATE: not bound, or connected; later STATUS_CONNECTION_REFUSED, STATUS_IO_TIMEOUT,
 * STATUS_NETWORK_UNREACHABLE, STATUS_CANCELLED. docs: wsk/nc-wsk-pfn_wsk_connect */
NTSTATUS NTAPI wsk_do_connect(PWSK_SOCKET socket, PSOCKADDR remote, ULONG flags, PIRP irp)
{
    struct wsk_socket *s = WSK_BEGIN(socket, irp, "WskConnect");

    if (s == NULL || irp == NULL)
        return WSK_NO_CALL(s, irp);
    return wsk_end(irp, connect(s, remote, NULL, flags, irp), 0);
}

/* The same with up to 65535 bytes to send once connected; they stay until the IRP is completed, which is when the peer has
 * acknowledged them. STATUS_BUFFER_OVERFLOW: more bytes. docs: wsk/nc-wsk-pfn_wsk_connect_ex */
NTSTATUS NTAPI wsk_do_connect_ex(PWSK_SOCKET socket, PSOCKADDR remote, PWSK_BUF buffer, ULONG flags, PIRP irp)
{
    struct wsk_socket *s = WSK_BEGIN(socket, irp, "WskConnectEx");

    if (s == NULL || irp == NULL)
        return WSK_NO_CALL(s, irp);
    return wsk_end(irp, connect(s, remote, buffer, flags, irp), 0);
}

/* --- what the stack tells ------------------------------------------------------------------------------------- */

static void on_connected(struct tcpip_tcp *tcp, void *context)
{
    struct wsk_socket *s = context;
    struct wsk_request *request = s->connect;

    s->state = WSK_CONNECTED;
    s->connect = NULL;
    s->unowned = false;
    wsk_backlog_changed(s);
    if (request == NULL)
        return;
    if (request->size > 0) {            /* WskConnectEx: becomes the first send */
        list_push_back(&s->sends, &request->node);
        wsk_send_pump(s);
        return;
    }
    wsk_request_done(request, STATUS_SUCCESS, request->kind == WSK_DO_SOCKET_CONNECT ? (ULONG_PTR)&s->guest : 0);
}

static void on_received(struct tcpip_tcp *tcp, void *context, struct tcpip_packet *packet)
{
    wsk_receive_packet(context, packet);
}

static void on_sent(struct tcpip_tcp *tcp, void *context, size_t size)
{
    wsk_send_acknowledged(context, size);
}

static void on_shut(struct tcpip_tcp *tcp, void *context)
{
    struct wsk_socket *s = context;
    struct wsk_request *request = s->disconnect;

    s->fin_acknowledged = true;
    s->disconnect = NULL;
    if (request != NULL)
        wsk_request_done(request, STATUS_SUCCESS, 0);
}

/* A connection that is refused leaves a socket that can only be closed, one that is lost also has an event to tell. */
static void on_failed(struct tcpip_tcp *tcp, void *context, NTSTATUS status)
{
    struct wsk_socket *s = context;
    bool was_connected = s->state == WSK_CONNECTED, over = s->peer_done && s->fin_acknowledged;

    if (over)
        return;
    if (s->state == WSK_BOUND) {        /* its address is gone */
        s->state = WSK_FAILED;
        s->failure = status;
    }
    wsk_socket_fail(s, status, status);
    wsk_receive_discard(s);
    if (was_connected) {
        s->disconnect_due = s->disconnect_abortive = true;
        s->disconnect_told = false;
        wsk_socket_kick(s);
    }
}

const struct tcpip_tcp_events wsk_stream_tcp_events = {
    .connected = on_connected,
    .received = on_received,
    .sent = on_sent,
    .shut = on_shut,
    .failed = on_failed,
};

/* --- addresses ------------------------------------------------------------------------------------------------ */

/* The local address: port 0 and the wildcard are replaced as soon as the stack has chosen. Writes a SOCKADDR of the
 * socket's family. STATUS_INVALID_DEVICE_STATE: not bound. docs: wsk/nc-wsk-pfn_wsk_get_local_address */
NTSTATUS NTAPI wsk_do_get_local(PWSK_SOCKET socket, PSOCKADDR local, PIRP irp)
{
    struct wsk_socket *s = WSK_BEGIN(socket, irp, "WskGetLocalAddress");
    struct tcpip_address address;
    struct tcpip_tcp_info info;

    if (s == NULL || irp == NULL)
        return WSK_NO_CALL(s, irp);
    if (local == NULL)
        return wsk_end(irp, STATUS_INVALID_PARAMETER, 0);
    if (s->datagram != NULL) {
        tcpip_datagram_local(s->datagram, &address);
    } else if (s->tcp != NULL) {
        tcpip_tcp_query(s->tcp, &info);
        address = info.local;
    } else {
        return wsk_end(irp, s->state == WSK_FAILED ? s->failure : STATUS_INVALID_DEVICE_STATE, 0);
    }
    wsk_address_out(s->family, &address, local);
    return wsk_end(irp, STATUS_SUCCESS, 0);
}

/* The peer's address. STATUS_INVALID_DEVICE_STATE: not connected. docs: wsk/nc-wsk-pfn_wsk_get_remote_address */
NTSTATUS NTAPI wsk_do_get_remote(PWSK_SOCKET socket, PSOCKADDR remote, PIRP irp)
{
    struct wsk_socket *s = WSK_BEGIN(socket, irp, "WskGetRemoteAddress");
    struct tcpip_tcp_info info;

    if (s == NULL || irp == NULL)
        return WSK_NO_CALL(s, irp);
    if (remote == NULL)
        return wsk_end(irp, STATUS_INVALID_PARAMETER, 0);
    if (s->state == WSK_FAILED)
        return wsk_end(irp, s->failure, 0);
    if (s->state != WSK_CONNECTED)
        return wsk_end(irp, STATUS_INVALID_DEVICE_STATE, 0);
    tcpip_tcp_query(s->tcp, &info);
    wsk_address_out(s->family, &info.remote, remote);
    return wsk_end(irp, STATUS_SUCCESS, 0);
}
