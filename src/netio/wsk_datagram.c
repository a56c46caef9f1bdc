/* Datagram sockets: sending. docs: wsk/nc-wsk-pfn_wsk_send_to, wsk/nc-wsk-pfn_wsk_send_messages */
#include <stdlib.h>

#include "netio/wsk_cmsg.h"
#include "netio/wsk_internal.h"

#define PARTS 32u

struct destination {
    struct tcpip_address address;
    struct wsk_cmsg control;
};

static NTSTATUS find_destination(const struct wsk_socket *s, const SOCKADDR *remote, struct destination *to)
{
    if (remote != NULL)
        return wsk_address_in(s, remote, &to->address);
    if (s->send_to.family == 0 && s->remote.family == 0)
        return STATUS_INVALID_PARAMETER;
    to->address = s->send_to.family != 0 ? s->send_to : s->remote;
    return STATUS_SUCCESS;
}

static NTSTATUS prepare(const struct wsk_socket *s, ULONG flags, const SOCKADDR *remote, ULONG control_size,
                        const CMSGHDR *control, struct destination *to)
{
    NTSTATUS status;

    if (flags != 0)
        return STATUS_INVALID_PARAMETER;
    if (s->datagram == NULL)
        return s->state == WSK_FAILED ? s->failure : STATUS_INVALID_DEVICE_STATE;
    status = find_destination(s, remote, to);
    return NT_SUCCESS(status) ? wsk_cmsg_parse(s, control, control_size, &to->control) : status;
}

static NTSTATUS send_parts(struct wsk_socket *s, const struct destination *to, const struct iovec *parts, unsigned count)
{
    if (to->control.records != NULL) {
        NTSTATUS status = tcpip_datagram_set_redirect_records(s->datagram, &to->address, to->control.records, to->control.records_size);

        if (!NT_SUCCESS(status))
            return status;
    }
    return tcpip_datagram_send(s->datagram, &to->address, parts, count, to->control.has_source ? &to->control.source : NULL,
                               to->control.has_options ? &to->control.options : NULL);
}

/* A chain of more MDLs than usual. */
static NTSTATUS send_flat(struct wsk_socket *s, const struct destination *to, struct wsk_cursor *cursor)
{
    struct iovec part = { .iov_len = cursor->left };
    uint8_t *flat;
    size_t size, done = 0;
    NTSTATUS status;

    if (part.iov_len > 65535)
        return STATUS_INVALID_BUFFER_SIZE;
    flat = malloc(part.iov_len);
    if (flat == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    part.iov_base = flat;
    for (uint8_t *from; (from = wsk_cursor_span(cursor, &size)) != NULL; done += size) {
        __builtin_memcpy(flat + done, from, size);
        wsk_cursor_advance(cursor, size);
    }
    status = send_parts(s, to, &part, 1);
    free(flat);
    return status;
}

static NTSTATUS send_one(struct wsk_socket *s, const struct destination *to, const WSK_BUF *buffer, size_t *sent)
{
    struct iovec parts[PARTS];
    struct wsk_cursor cursor, start;
    unsigned count = 0;
    size_t size;
    NTSTATUS status = wsk_cursor_open(&cursor, buffer);

    if (!NT_SUCCESS(status))
        return status;
    start = cursor;
    for (uint8_t *from; count < PARTS && (from = wsk_cursor_span(&cursor, &size)) != NULL; count++) {
        parts[count] = (struct iovec){ from, size };
        wsk_cursor_advance(&cursor, size);
    }
    *sent += buffer->Length;
    if (cursor.left > 0)
        return send_flat(s, to, &start);
    return send_parts(s, to, parts, count);
}

/* What was sent is told outside the call (wsk_internal.h, invariant 5); a call that fails ends at once. */
static NTSTATUS send_all(struct wsk_socket *s, PIRP irp, const WSK_BUF_LIST *list, const struct destination *to)
{
    struct wsk_request *request = wsk_request_new(WSK_DO_SEND_TO, s, irp);
    struct list nowhere = LIST_INIT(nowhere);
    size_t sent = 0;
    NTSTATUS status = request != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;

    for (; NT_SUCCESS(status) && list != NULL; list = list->Next)
        status = send_one(s, to, &list->Buffer, &sent);
    if (NT_SUCCESS(status)) {
        status = wsk_request_pend(request, &nowhere);
        if (status == STATUS_PENDING)
            wsk_request_done(request, STATUS_SUCCESS, sent);
    } else if (request != NULL) {
        wsk_request_drop(request);
    }
    return status;
}

/* Sends one datagram; IoStatus.Information is its size. RemoteAddress may be NULL when SIO_WSK_SET_REMOTE_ADDRESS or
 * SIO_WSK_SET_SENDTO_ADDRESS has fixed one. IRQL <= DISPATCH_LEVEL. STATUS_INVALID_PARAMETER: flags, address, buffer or control
 * information; STATUS_INVALID_DEVICE_STATE: not bound; STATUS_INVALID_BUFFER_SIZE: too long; STATUS_ACCESS_DENIED: broadcasts
 * are off; STATUS_NETWORK_UNREACHABLE, STATUS_INSUFFICIENT_RESOURCES. docs: wsk/nc-wsk-pfn_wsk_send_to */
NTSTATUS NTAPI wsk_do_send_to(PWSK_SOCKET socket, PWSK_BUF buffer, ULONG flags, PSOCKADDR remote, ULONG control_size,
                              PCMSGHDR control, PIRP irp)
{
    struct wsk_socket *s = WSK_BEGIN(socket, irp, "WskSendTo");
    WSK_BUF_LIST one = { .Next = NULL };
    struct destination to;
    NTSTATUS status;

    if (s == NULL || irp == NULL)
        return WSK_NO_CALL(s, irp);
    if (irp->Cancel)
        return wsk_end(irp, STATUS_CANCELLED, 0);
    status = buffer != NULL ? prepare(s, flags, remote, control_size, control, &to) : STATUS_INVALID_PARAMETER;
    if (NT_SUCCESS(status)) {
        one.Buffer = *buffer;
        status = send_all(s, irp, &one, &to);
    }
    return wsk_end(irp, status, 0);
}

/* The same for each buffer of a list, in order. The first that fails ends it. docs: wsk/nc-wsk-pfn_wsk_send_messages */
NTSTATUS NTAPI wsk_do_send_messages(PWSK_SOCKET socket, PWSK_BUF_LIST list, ULONG flags, PSOCKADDR remote, ULONG control_size,
                                    PCMSGHDR control, PIRP irp)
{
    struct wsk_socket *s = WSK_BEGIN(socket, irp, "WskSendMessages");
    struct destination to;
    NTSTATUS status;

    if (s == NULL || irp == NULL)
        return WSK_NO_CALL(s, irp);
    if (irp->Cancel)
        return wsk_end(irp, STATUS_CANCELLED, 0);
    status = list != NULL ? prepare(s, flags, remote, control_size, control, &to) : STATUS_INVALID_PARAMETER;
    if (NT_SUCCESS(status))
        status = send_all(s, irp, list, &to);
    return wsk_end(irp, status, 0);
}
