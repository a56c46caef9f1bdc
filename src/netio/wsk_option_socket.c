/* Options at level SOL_SOCKET. docs: network/so-broadcast and the pages beside it; winsock/sol-socket-socket-options */
#include <string.h>

#include "netio/wsk_control.h"
#include "netio/wsk_internal.h"

static bool is_stream(const struct wsk_socket *s)
{
    return s->category == WSK_LISTEN || s->category == WSK_CONNECTION || s->category == WSK_STREAM;
}

/* An option that only counts for a later bind. */
static NTSTATUS before_bind(struct wsk_socket *s, struct wsk_control *control, bool *flag)
{
    if (s->category == WSK_BASIC)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (control->type == WskSetOption && s->state != WSK_OPEN)
        return STATUS_INVALID_DEVICE_STATE;
    return wsk_control_flag(control, flag);
}

static NTSTATUS reuse(struct wsk_socket *s, struct wsk_control *control, bool *flag, const bool *other)
{
    bool before = *flag;
    NTSTATUS status = before_bind(s, control, flag);

    if (NT_SUCCESS(status) && *flag && *other) {
        *flag = before;                 /* the two exclude each other */
        return STATUS_INVALID_PARAMETER;
    }
    return status;
}

static NTSTATUS conditional(struct wsk_socket *s, struct wsk_control *control)
{
    if (s->category != WSK_LISTEN && s->category != WSK_STREAM)
        return STATUS_INVALID_DEVICE_REQUEST;
    return before_bind(s, control, &s->options.conditional);
}

static NTSTATUS keepalive(struct wsk_socket *s, struct wsk_control *control)
{
    NTSTATUS status;

    if (!is_stream(s))
        return STATUS_INVALID_DEVICE_REQUEST;
    status = wsk_control_flag(control, &s->options.tcp.keepalive);
    s->options.tcp_set = true;
    return NT_SUCCESS(status) && control->type == WskSetOption ? wsk_options_apply(s) : status;
}

static NTSTATUS broadcast(struct wsk_socket *s, struct wsk_control *control)
{
    NTSTATUS status;

    if (s->category != WSK_DATAGRAM)
        return STATUS_INVALID_DEVICE_REQUEST;
    status = wsk_control_flag(control, &s->options.tcp.ip.broadcast);
    s->options.ip_set = true;
    return NT_SUCCESS(status) && control->type == WskSetOption ? wsk_options_apply(s) : status;
}

static NTSTATUS receive_buffer(struct wsk_socket *s, struct wsk_control *control)
{
    ULONG value;
    NTSTATUS status;

    if (s->category == WSK_BASIC)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (control->type == WskGetOption)
        return wsk_control_put_ulong(control, s->options.receive_buffer);
    status = wsk_control_get_ulong(control, &value);
    if (NT_SUCCESS(status)) {
        s->options.receive_buffer = value;
        s->options.receive_buffer_set = true;
        wsk_receive_window_changed(s);
    }
    return status;
}

static NTSTATUS security(struct wsk_socket *s, struct wsk_control *control)
{
    PSECURITY_DESCRIPTOR descriptor;
    struct wsk_descriptor *cached;

    if (s->category == WSK_BASIC)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (control->type == WskGetOption) {
        NTSTATUS status = wsk_control_put(control, &s->options.security, sizeof s->options.security);

        cached = wsk_descriptor_find(s->client, s->options.security);
        if (NT_SUCCESS(status) && cached != NULL)
            cached->references++;
        return status;
    }
    if (control->input == NULL || control->input_size < sizeof descriptor)
        return STATUS_INVALID_PARAMETER;
    if (s->state != WSK_OPEN)
        return STATUS_INVALID_DEVICE_STATE;
    memcpy(&descriptor, control->input, sizeof descriptor);
    if (wsk_descriptor_find(s->client, descriptor) == NULL)
        return STATUS_INVALID_PARAMETER;
    s->options.security = descriptor;
    return STATUS_SUCCESS;
}

/* What can only be read. */
static NTSTATUS read_only(struct wsk_control *control, ULONG value)
{
    return control->type == WskGetOption ? wsk_control_put_ulong(control, value) : STATUS_INVALID_PARAMETER;
}

/* While it is set, connection requests are answered with a reset. */
static NTSTATUS pause_accept(struct wsk_socket *s, struct wsk_control *control)
{
    NTSTATUS status;

    if (s->category != WSK_LISTEN && s->category != WSK_STREAM)
        return STATUS_INVALID_DEVICE_REQUEST;
    status = wsk_control_flag(control, &s->options.pause_accept);
    if (s->state == WSK_LISTENING)
        tcpip_tcp_set_conditional(s->tcp, s->options.conditional || s->options.pause_accept);
    return status;
}

NTSTATUS wsk_option_socket(struct wsk_socket *s, struct wsk_control *control)
{
    struct wsk_options *o = &s->options;

    if ((int)control->code == SO_WSK_EVENT_CALLBACK)
        return wsk_option_events(s, control);
    if (control->irp == NULL)
        return STATUS_INVALID_PARAMETER;
    switch ((int)control->code) {
    case SO_REUSEADDR:
        return reuse(s, control, &o->reuse, &o->exclusive);
    case SO_EXCLUSIVEADDRUSE:
        return reuse(s, control, &o->exclusive, &o->reuse);
    case SO_CONDITIONAL_ACCEPT:
        return conditional(s, control);
    case SO_PAUSE_ACCEPT:
        return pause_accept(s, control);
    case SO_KEEPALIVE:
        return keepalive(s, control);
    case SO_BROADCAST:
        return broadcast(s, control);
    case SO_RCVBUF:
        return receive_buffer(s, control);
    case SO_WSK_SECURITY:
        return security(s, control);
    case SO_RANDOMIZE_PORT:
        return before_bind(s, control, &o->randomize_port);
    case SO_PORT_SCALABILITY:
        return before_bind(s, control, &o->port_scalability);
    case SO_REUSE_UNICASTPORT:
        return before_bind(s, control, &o->reuse_unicast_port);
    case SO_TYPE:
        return read_only(control, s->type);
    case SO_ACCEPTCONN:
        return read_only(control, s->state == WSK_LISTENING);
    case SO_ERROR:
        return read_only(control, s->state == WSK_FAILED ? (ULONG)s->failure : 0);
    case SO_MAX_MSG_SIZE:
        return s->category == WSK_DATAGRAM ? read_only(control, 65507) : STATUS_INVALID_DEVICE_REQUEST;
    default:
        return STATUS_NOT_SUPPORTED;
    }
}
