/* Receiving over a connection: what has arrived, the WskReceive requests that want it, and the receive event.
 *
 * 1. Bytes are in `received` until somebody takes them: a WskReceive first, then the event. Whoever takes them opens the
 *    window (tcpip_tcp_consumed), so that a driver that takes nothing holds up its peer and nobody else.
 * 2. While the event runs (`showing`), what it is shown stays in `received` and no WskReceive is served: the event may not
 *    take all of it.
 * 3. A kept list (STATUS_PENDING) belongs to the driver until WskRelease; its bytes count as taken. WskRelease may come
 *    before the event has answered.
 * 4. The event is paused when it took less than it was shown, until the next WskReceive. docs:
 *    wsk/nc-wsk-pfn_wsk_receive_event */
#include "netio/wsk_internal.h"

/* From here on the driver is asked to give back what it keeps. */
#define KEPT_MUCH 65536u

/* SO_RCVBUF smaller than the stack's window: the difference is never opened again, but for two segments. */
static size_t to_hold(struct wsk_socket *s)
{
    struct tcpip_tcp_info info;

    tcpip_tcp_query(s->tcp, &info);
    size_t wanted = max_u64(s->options.receive_buffer, 2 * info.mss);

    return info.window > wanted ? info.window - wanted : 0;
}

static void consumed(struct wsk_socket *s, size_t size)
{
    if (s->tcp == NULL)
        return;
    if (s->options.receive_buffer_set) {
        size_t wanted = to_hold(s), more = s->held < wanted ? wanted - s->held : 0;

        if (more > size)
            more = size;
        s->held += more;
        size -= more;
    }
    if (size > 0)
        tcpip_tcp_consumed(s->tcp, size);
}

void wsk_receive_window_changed(struct wsk_socket *s)
{
    size_t wanted;

    if (s->tcp == NULL || s->role != WSK_CONNECTION || s->held == 0)
        return;
    wanted = to_hold(s);
    if (s->held <= wanted)
        return;
    tcpip_tcp_consumed(s->tcp, s->held - wanted);
    s->held = wanted;
}

/* --- requests -------------------------------------------------------------------------------------------------- */

static void take(struct wsk_socket *s, struct wsk_indication *indication, size_t size)
{
    indication->skip += size;
    indication->size -= size;
    s->received_size -= size;
    if (indication->size == 0) {
        list_remove(&indication->node);
        wsk_indication_free(indication);
    }
}

static size_t take_all(struct wsk_socket *s)
{
    size_t size = s->received_size;

    while (!list_empty(&s->received)) {
        struct wsk_indication *indication = list_first(&s->received, struct wsk_indication, node);

        take(s, indication, indication->size);
    }
    return size;
}

static size_t fill(struct wsk_socket *s, struct wsk_request *request)
{
    size_t total = 0;

    while (request->cursor.left > 0 && !list_empty(&s->received)) {
        struct wsk_indication *indication = list_first(&s->received, struct wsk_indication, node);
        size_t copied = wsk_indication_copy(indication, &request->cursor);

        take(s, indication, copied);
        total += copied;
    }
    return total;
}

/* What a request can have now; true when that ends it. */
static bool serve(struct wsk_socket *s, struct wsk_request *request)
{
    size_t taken = request->flags & WSK_FLAG_DRAIN ? take_all(s) : fill(s, request);
    size_t got = request->size - request->cursor.left;

    consumed(s, taken);
    if (s->peer_done && list_empty(&s->received))
        return true;
    if (request->flags & WSK_FLAG_DRAIN)
        return false;
    return request->cursor.left == 0 || (got > 0 && !(request->flags & WSK_FLAG_WAITALL));
}

void wsk_receive_pump(struct wsk_socket *s)
{
    while (!s->showing && !list_empty(&s->receives)) {
        struct wsk_request *request = list_first(&s->receives, struct wsk_request, node);

        if (!serve(s, request))
            return;
        wsk_request_done(request, STATUS_SUCCESS, request->size - request->cursor.left);
    }
}

void wsk_receive_packet(struct wsk_socket *s, struct tcpip_packet *packet)
{
    struct wsk_indication *indication;

    if (packet == NULL) {
        s->peer_done = true;
        s->disconnect_due = true;
    } else if (s->silent) {
        tcpip_packet_free(packet);
        return;
    } else {
        indication = wsk_indication_new(packet);
        if (indication == NULL) {       /* bytes are lost: the stream is broken */
            tcpip_packet_free(packet);
            wsk_socket_fail(s, STATUS_INSUFFICIENT_RESOURCES, STATUS_INSUFFICIENT_RESOURCES);
            s->disconnect_due = s->disconnect_abortive = true;
            wsk_socket_kick(s);
            return;
        }
        list_push_back(&s->received, &indication->node);
        s->received_size += indication->size;
    }
    wsk_receive_pump(s);
    wsk_socket_kick(s);
}

static NTSTATUS receive(struct wsk_socket *s, PWSK_BUF buffer, ULONG flags, PIRP irp)
{
    struct wsk_request *request;
    struct wsk_cursor cursor;
    NTSTATUS status;

    if ((flags & ~(ULONG)(WSK_FLAG_WAITALL | WSK_FLAG_DRAIN)) != 0)
        return STATUS_NOT_SUPPORTED;
    if (buffer == NULL || flags == (WSK_FLAG_WAITALL | WSK_FLAG_DRAIN) || (flags == WSK_FLAG_DRAIN && buffer->Length != 0))
        return STATUS_INVALID_PARAMETER;
    status = wsk_require_connected(s);
    if (NT_SUCCESS(status))
        status = wsk_cursor_open(&cursor, buffer);
    if (!NT_SUCCESS(status))
        return status;
    s->receive_calls++;
    if (s->receive_paused) {
        s->receive_paused = false;
        wsk_socket_kick(s);
    }
    if (cursor.left == 0 && flags != WSK_FLAG_DRAIN)
        return STATUS_SUCCESS;          /* it only resumes the event */
    request = wsk_request_new(WSK_DO_RECEIVE, s, irp);
    if (request == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    request->flags = flags;
    request->cursor = cursor;
    request->size = cursor.left;
    status = wsk_request_pend(request, &s->receives);
    if (status == STATUS_PENDING)
        wsk_receive_pump(s);
    return status;
}

/* Receives up to Length bytes, as soon as there are any; IoStatus.Information says how many, 0 that the peer has disconnected.
 * WSK_FLAG_WAITALL waits for all of them, WSK_FLAG_DRAIN (Length 0) discards what comes until the end. Length 0 only lets the
 * receive event go on. IRQL <= DISPATCH_LEVEL. STATUS_NOT_SUPPORTED: other flags; STATUS_INVALID_PARAMETER: the buffer, or
 * both flags; STATUS_INVALID_DEVICE_STATE: not connected; what ended the connection. docs: wsk/nc-wsk-pfn_wsk_receive */
NTSTATUS NTAPI wsk_do_receive(PWSK_SOCKET socket, PWSK_BUF buffer, ULONG flags, PIRP irp)
{
    struct wsk_socket *s = WSK_BEGIN(socket, irp, "WskReceive");

    if (s == NULL || irp == NULL)
        return WSK_NO_CALL(s, irp);
    return wsk_end(irp, receive(s, buffer, flags, irp), 0);
}

/* Reserved for the system in the documentation. TCP has no control information: as WskReceive, *ControlInfoLength becomes 0.
 * docs: wsk/ns-wsk-_wsk_provider_connection_dispatch */
NTSTATUS NTAPI wsk_do_receive_ex(PWSK_SOCKET socket, PWSK_BUF buffer, ULONG flags, PULONG control_size, PCMSGHDR control,
                                 PULONG control_flags, PIRP irp)
{
    struct wsk_socket *s = WSK_BEGIN(socket, irp, "WskReceiveEx");

    if (s == NULL || irp == NULL)
        return WSK_NO_CALL(s, irp);
    if (control_size != NULL)
        *control_size = 0;
    return wsk_end(irp, receive(s, buffer, flags, irp), 0);
}

/* --- the event ---------------------------------------------------------------------------------------------------- */

/* Links what has arrived into one list for the driver; *shown: how many indications. A push is a message's end. */
static WSK_DATA_INDICATION *link_list(struct wsk_socket *s, size_t *bytes, unsigned *shown, ULONG *flags)
{
    WSK_DATA_INDICATION *first = NULL, **link = &first;

    *bytes = 0;
    *shown = 0;
    list_each(node, &s->received) {
        struct wsk_indication *indication = container_of(node, struct wsk_indication, node);

        if (!wsk_indication_describe(indication))
            break;
        *link = &indication->data;
        link = &indication->data.Next;
        *link = NULL;
        *bytes += indication->size;
        (*shown)++;
        if (tcpip_packet_pushed(indication->packet))
            *flags |= WSK_FLAG_ENTIRE_MESSAGE;
    }
    return first;
}

static void free_list(struct wsk_socket *s, struct wsk_indication *at)
{
    struct wsk_indication *next;

    for (; at != NULL; at = next) {
        next = at->next_shown;
        s->kept_size -= at->size;
        wsk_indication_free(at);
    }
}

static NTSTATUS release(struct wsk_socket *s, const void *list)
{
    for (struct wsk_indication **link = &s->kept; *link != NULL; link = &(*link)->next_kept) {
        struct wsk_indication *first = *link;

        if ((const void *)first != list)
            continue;
        *link = first->next_kept;
        free_list(s, first);
        return STATUS_SUCCESS;
    }
    /* Sent back and done with before the event has said that it keeps it. */
    if (!s->showing || list != s->shown || s->shown_released)
        return STATUS_INVALID_PARAMETER;
    s->shown_released = true;
    return STATUS_SUCCESS;
}

void wsk_show(struct wsk_socket *s, const void *list)
{
    s->shown = list;
    s->showing = true;
    s->shown_released = false;
}

void wsk_keep(struct wsk_socket *s, unsigned shown)
{
    struct wsk_indication *first = list_first(&s->received, struct wsk_indication, node), **link = &first;

    first->next_kept = s->kept;
    s->kept = first;
    for (unsigned i = 0; i < shown; i++) {
        struct wsk_indication *indication = list_first(&s->received, struct wsk_indication, node);

        list_remove(&indication->node);
        s->received_size -= indication->size;
        s->kept_size += indication->size;
        *link = indication;
        link = &indication->next_shown;
    }
    *link = NULL;
    if (s->shown_released)
        release(s, first);
}

static void take_bytes(struct wsk_socket *s, size_t size)
{
    while (size > 0 && !list_empty(&s->received)) {
        struct wsk_indication *indication = list_first(&s->received, struct wsk_indication, node);
        size_t here = indication->size < size ? indication->size : size;

        take(s, indication, here);
        size -= here;
    }
}

/* What the driver's answer means. */
static void answered(struct wsk_socket *s, NTSTATUS status, unsigned shown, size_t bytes, size_t accepted, bool called)
{
    if (status == STATUS_PENDING) {
        wsk_keep(s, shown);
        consumed(s, bytes);
        return;
    }
    if (status != STATUS_SUCCESS)
        accepted = 0;
    if (accepted > bytes)
        accepted = bytes;
    take_bytes(s, accepted);
    consumed(s, accepted);
    if (accepted < bytes && !called)
        s->receive_paused = true;
}

bool wsk_run_receive(struct wsk_socket *s)
{
    const WSK_CLIENT_CONNECTION_DISPATCH *events = s->stream_events;
    ULONG flags = WSK_FLAG_AT_DISPATCH_LEVEL | (s->kept_size > KEPT_MUCH ? WSK_FLAG_RELEASE_ASAP : 0);
    WSK_DATA_INDICATION *list;
    size_t bytes;
    SIZE_T accepted;
    unsigned shown, calls;
    NTSTATUS status;

    if (list_empty(&s->received) || !(s->events & WSK_EVENT_RECEIVE) || s->receive_paused || !list_empty(&s->receives) ||
        events == NULL || events->WskReceiveEvent == NULL)
        return false;
    list = link_list(s, &bytes, &shown, &flags);
    if (list == NULL)
        return false;
    accepted = bytes;
    calls = s->receive_calls;
    wsk_show(s, list);
    WSK_CALLBACK(s, WSK_EVENT_RECEIVE,
                 status = events->WskReceiveEvent(s->context, flags, list, bytes, &accepted));
    s->showing = false;
    answered(s, status, shown, bytes, accepted, calls != s->receive_calls);
    if (s->state == WSK_CLOSING)
        wsk_receive_close(s);
    else if (s->state == WSK_FAILED)
        wsk_receive_discard(s);
    wsk_receive_pump(s);
    return true;
}

/* --- giving back ----------------------------------------------------------------------------------------------------------- */

/* Gives back a list that the receive event kept. IRQL <= DISPATCH_LEVEL. STATUS_INVALID_PARAMETER: it is not one.
 * docs: wsk/nc-wsk-pfn_wsk_release_data_indication_list */
NTSTATUS NTAPI wsk_do_release(PWSK_SOCKET socket, PWSK_DATA_INDICATION list)
{
    PIRP none = NULL;
    struct wsk_socket *s = WSK_BEGIN(socket, none, "WskRelease");

    return wsk_end(NULL, s != NULL ? release(s, list) : STATUS_INVALID_PARAMETER, 0);
}

/* The same for datagrams. docs: wsk/nc-wsk-pfn_wsk_release_datagram_indication_list */
NTSTATUS NTAPI wsk_do_release_datagrams(PWSK_SOCKET socket, PWSK_DATAGRAM_INDICATION list)
{
    PIRP none = NULL;
    struct wsk_socket *s = WSK_BEGIN(socket, none, "WskRelease");

    return wsk_end(NULL, s != NULL ? release(s, list) : STATUS_INVALID_PARAMETER, 0);
}

void wsk_receive_discard(struct wsk_socket *s)
{
    if (!s->showing)
        take_all(s);
}

void wsk_receive_close(struct wsk_socket *s)
{
    wsk_receive_discard(s);
    while (s->kept != NULL)
        release(s, s->kept);
}
