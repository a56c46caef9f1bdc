/* Datagram sockets: receiving. Datagrams wait in `received`, at most SO_RCVBUF bytes of them, for a WskReceiveFrom or else for
 * the event, which sees all of one kind (unicast, broadcast, multicast) at once. docs: wsk/nc-wsk-pfn_wsk_receive_from,
 * wsk/nc-wsk-pfn_wsk_receive_from_event */
#include <string.h>

#include "netio/wsk_cmsg.h"
#include "netio/wsk_internal.h"

static ULONG message_flags(const struct wsk_indication *indication)
{
    if (indication->how.broadcast)
        return MSG_BCAST;
    return indication->how.multicast ? MSG_MCAST : 0;
}

static void drop(struct wsk_socket *s, struct wsk_indication *indication)
{
    list_remove(&indication->node);
    s->received_size -= indication->size;
    wsk_indication_free(indication);
}

/* --- requests ------------------------------------------------------------------------------------------------------------ */

/* Copies one datagram to where the request wants it; returns bytes. */
static size_t fill(struct wsk_socket *s, struct wsk_request *request, struct wsk_indication *indication)
{
    uint8_t control[WSK_CONTROL_ROOM] __attribute__((aligned(8)));
    ULONG flags = message_flags(indication);
    size_t copied = wsk_indication_copy(indication, &request->cursor);

    if (copied < indication->size)
        flags |= MSG_TRUNC;
    if (request->from.remote != NULL)
        wsk_address_out(s->family, &indication->how.from, request->from.remote);
    if (request->from.control_size != NULL) {
        size_t size = wsk_cmsg_build(s, &indication->how, control), room = *request->from.control_size;

        if (request->from.control == NULL)
            room = 0;
        if (size > room)
            flags |= MSG_CTRUNC;
        if (room > 0)
            memcpy(request->from.control, control, size < room ? size : room);
        *request->from.control_size = (ULONG)(size < room ? size : room);
    }
    if (request->from.control_flags != NULL)
        *request->from.control_flags = flags;
    return copied;
}

static void pump(struct wsk_socket *s)
{
    while (!s->showing && !list_empty(&s->receives) && !list_empty(&s->received)) {
        struct wsk_request *request = list_first(&s->receives, struct wsk_request, node);
        struct wsk_indication *indication = list_first(&s->received, struct wsk_indication, node);
        size_t copied = fill(s, request, indication);

        drop(s, indication);
        wsk_request_done(request, STATUS_SUCCESS, copied);
    }
}

static NTSTATUS receive_from(struct wsk_socket *s, struct wsk_request *request, PWSK_BUF buffer, ULONG flags)
{
    NTSTATUS status = flags != 0 ? STATUS_INVALID_PARAMETER : wsk_cursor_open(&request->cursor, buffer);

    if (NT_SUCCESS(status) && s->datagram == NULL)
        status = STATUS_INVALID_DEVICE_STATE;
    if (!NT_SUCCESS(status)) {
        wsk_request_drop(request);
        return status;
    }
    status = wsk_request_pend(request, &s->receives);
    if (status == STATUS_PENDING)
        pump(s);
    return status;
}

/* Receives one datagram; IoStatus.Information is how many bytes of it fit. MSG_TRUNC and MSG_CTRUNC in *ControlFlags say that
 * the rest is lost. Everything that is written stays until the IRP is completed. IRQL <= DISPATCH_LEVEL.
 * STATUS_INVALID_PARAMETER: flags or buffer; STATUS_INVALID_DEVICE_STATE: not bound. docs: wsk/nc-wsk-pfn_wsk_receive_from */
NTSTATUS NTAPI wsk_do_receive_from(PWSK_SOCKET socket, PWSK_BUF buffer, ULONG flags, PSOCKADDR remote, PULONG control_size,
                                   PCMSGHDR control, PULONG control_flags, PIRP irp)
{
    struct wsk_socket *s = WSK_BEGIN(socket, irp, "WskReceiveFrom");
    struct wsk_request *request;

    if (s == NULL || irp == NULL)
        return WSK_NO_CALL(s, irp);
    request = wsk_request_new(WSK_DO_RECEIVE_FROM, s, irp);
    if (request == NULL)
        return wsk_end(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    request->from.remote = remote;
    request->from.control_size = control_size;
    request->from.control = control;
    request->from.control_flags = control_flags;
    return wsk_end(irp, receive_from(s, request, buffer, flags), 0);
}

void wsk_receive_from_packet(struct tcpip_datagram *datagram, void *context, const struct tcpip_received *how,
                             struct tcpip_packet *packet)
{
    struct wsk_socket *s = context;
    size_t size = tcpip_packet_size(packet);
    struct wsk_indication *indication = NULL;

    if (s->received_size + size <= s->options.receive_buffer || list_empty(&s->received))
        indication = wsk_indication_new(packet);
    if (indication == NULL) {
        tcpip_packet_free(packet);
        return;
    }
    indication->how = *how;
    indication->how.redirection = tcpip_redirection_keep(how->redirection);
    list_push_back(&s->received, &indication->node);
    s->received_size += size;
    pump(s);
    if (!list_empty(&s->received))
        wsk_socket_kick(s);
}

/* --- the event ------------------------------------------------------------------------------------------------------------ */

static void describe_rest(const struct wsk_socket *s, struct wsk_indication *indication)
{
    size_t control = wsk_cmsg_build(s, &indication->how, indication->control);

    wsk_address_out(s->family, &indication->how.from, &indication->from.any);
    indication->datagram.RemoteAddress = &indication->from.any;
    indication->datagram.ControlInfoLength = (ULONG)control;
    indication->datagram.ControlInfo = control != 0 ? (PCMSGHDR)(void *)indication->control : NULL;
}

static WSK_DATAGRAM_INDICATION *link_list(struct wsk_socket *s, ULONG flags, unsigned *shown)
{
    WSK_DATAGRAM_INDICATION *first = NULL, **link = &first;

    *shown = 0;
    list_each(node, &s->received) {
        struct wsk_indication *indication = container_of(node, struct wsk_indication, node);

        if (message_flags(indication) != flags || !wsk_indication_describe(indication))
            break;
        describe_rest(s, indication);
        *link = &indication->datagram;
        link = &indication->datagram.Next;
        *link = NULL;
        (*shown)++;
    }
    return first;
}

static void drop_shown(struct wsk_socket *s, unsigned shown)
{
    while (shown-- > 0)
        drop(s, list_first(&s->received, struct wsk_indication, node));
}

bool wsk_run_receive_from(struct wsk_socket *s)
{
    const WSK_CLIENT_DATAGRAM_DISPATCH *events = s->datagram_events;
    WSK_DATAGRAM_INDICATION *list;
    unsigned shown;
    ULONG flags;
    NTSTATUS status;

    if (list_empty(&s->received) || !(s->events & WSK_EVENT_RECEIVE_FROM) || !list_empty(&s->receives) || events == NULL ||
        events->WskReceiveFromEvent == NULL)
        return false;
    flags = message_flags(list_first(&s->received, struct wsk_indication, node));
    list = link_list(s, flags, &shown);
    if (list == NULL)
        return false;
    wsk_show(s, list);
    WSK_CALLBACK(s, WSK_EVENT_RECEIVE_FROM,
                 status = events->WskReceiveFromEvent(s->context, flags | WSK_FLAG_AT_DISPATCH_LEVEL, list));
    s->showing = false;
    if (status == STATUS_PENDING)
        wsk_keep(s, shown);
    else if (status == STATUS_SUCCESS || (s->static_events & WSK_EVENT_RECEIVE_FROM))
        drop_shown(s, shown);
    else
        s->events &= ~(ULONG)WSK_EVENT_RECEIVE_FROM;    /* until the driver enables it again */
    if (s->state == WSK_CLOSING)
        wsk_receive_close(s);
    pump(s);
    return true;
}
