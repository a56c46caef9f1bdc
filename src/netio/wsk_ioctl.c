/* Socket I/O control operations. docs: network/sio-wsk-query-ideal-send-backlog and the pages beside it; mstcpip */
#include <string.h>

#include "netio/wsk_control.h"
#include "netio/wsk_internal.h"

static NTSTATUS set_remote(struct wsk_socket *s, struct wsk_control *control)
{
    struct tcpip_address address = { 0 };
    bool connects = control->code == SIO_WSK_SET_REMOTE_ADDRESS;
    NTSTATUS status = STATUS_SUCCESS;

    if (s->category != WSK_DATAGRAM)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (s->datagram == NULL)
        return STATUS_INVALID_DEVICE_STATE;
    if (control->input_size != 0) {
        if (control->input_size < wsk_address_size(s->family))
            return STATUS_INVALID_PARAMETER;
        status = wsk_address_in(s, control->input, &address);
    }
    if (NT_SUCCESS(status) && connects)
        status = tcpip_datagram_connect(s->datagram, &address);
    if (NT_SUCCESS(status) && connects)
        s->remote = address;
    else if (NT_SUCCESS(status))
        s->send_to = address;
    return status;
}

static NTSTATUS register_extension(struct wsk_control *control)
{
    if (control->irp != NULL || control->input_size < sizeof(WSK_EXTENSION_CONTROL_IN) ||
        control->output_size < sizeof(WSK_EXTENSION_CONTROL_OUT))
        return STATUS_INVALID_PARAMETER;
    return STATUS_NOT_SUPPORTED;        /* no extension interface is defined */
}

static NTSTATUS backlog(struct wsk_socket *s, struct wsk_control *control)
{
    SIZE_T size;
    NTSTATUS status;

    if (s->role != WSK_CONNECTION)
        return STATUS_INVALID_DEVICE_REQUEST;
    status = wsk_require_connected(s);
    if (!NT_SUCCESS(status))
        return status;
    size = control->code == SIO_WSK_QUERY_RECEIVE_BACKLOG ? s->received_size : wsk_ideal_backlog(s);
    return wsk_control_put(control, &size, sizeof size);
}

static NTSTATUS inspect_id(struct wsk_socket *s, struct wsk_control *control)
{
    if (!s->was_inspected)
        return STATUS_INVALID_DEVICE_REQUEST;
    return wsk_control_put(control, &s->inspect_id, sizeof s->inspect_id);
}

static NTSTATUS keepalive(struct wsk_socket *s, struct wsk_control *control)
{
    const struct tcp_keepalive *input = control->input;
    struct tcpip_tcp_options before = s->options.tcp;
    NTSTATUS status;

    if (s->type != SOCK_STREAM)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (control->input_size < sizeof *input)
        return STATUS_INVALID_PARAMETER;
    s->options.tcp.keepalive = input->onoff != 0;
    if (input->onoff != 0 && input->keepalivetime != 0)
        s->options.tcp.keepalive_time_ms = input->keepalivetime;
    if (input->onoff != 0 && input->keepaliveinterval != 0)
        s->options.tcp.keepalive_interval_ms = input->keepaliveinterval;
    s->options.tcp_set = true;
    status = wsk_options_apply(s);
    if (!NT_SUCCESS(status))
        s->options.tcp = before;
    return status;
}

static NTSTATUS silence(struct wsk_socket *s)
{
    NTSTATUS status;

    if (s->role != WSK_CONNECTION)
        return STATUS_INVALID_DEVICE_REQUEST;
    status = wsk_require_connected(s);
    if (NT_SUCCESS(status) && (!list_empty(&s->sends) || s->fin_sent))
        status = STATUS_INVALID_DEVICE_STATE;
    if (NT_SUCCESS(status))
        status = tcpip_tcp_silence(s->tcp);
    s->silent = s->silent || NT_SUCCESS(status);
    return status;
}

/* Loopback takes the same short way with and without it: the wish is noted. */
static NTSTATUS loopback_fast_path(struct wsk_socket *s, struct wsk_control *control)
{
    if (s->type != SOCK_STREAM)
        return STATUS_NOT_SUPPORTED;
    if (control->input_size < sizeof(BOOLEAN))
        return STATUS_INVALID_BUFFER_SIZE;
    if (s->state == WSK_CONNECTED || s->state == WSK_CONNECTING)
        return STATUS_NOT_SUPPORTED;
    s->options.loopback_fast = *(const BOOLEAN *)control->input != FALSE;
    return STATUS_SUCCESS;
}

/* A new socket has no connection yet: they wait for bind. */
static NTSTATUS keep_records(struct wsk_socket *s, const struct wsk_control *control)
{
    struct fwp_records *records;

    if (s->state != WSK_OPEN)
        return STATUS_INVALID_DEVICE_STATE;
    records = tcpip_redirection_new(control->input, control->input_size);
    if (records == NULL)
        return STATUS_ACCESS_DENIED;
    wsk_socket_forget_redirection(s);
    s->redirection = records;
    return STATUS_SUCCESS;
}

/* Of connections that a callout has redirected to this computer, and of those that a proxy makes in their stead. */
static NTSTATUS redirect(struct wsk_socket *s, struct wsk_control *control)
{
    size_t written = 0;

    if (s->role != WSK_CONNECTION)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (s->tcp == NULL)
        return control->code == SIO_SET_WFP_CONNECTION_REDIRECT_RECORDS ? keep_records(s, control) : STATUS_NOT_FOUND;
    if (control->code == SIO_SET_WFP_CONNECTION_REDIRECT_RECORDS)
        return tcpip_tcp_set_redirect_records(s->tcp, control->input, control->input_size);
    NTSTATUS status = tcpip_tcp_redirection(s->tcp, control->code == SIO_QUERY_WFP_CONNECTION_REDIRECT_CONTEXT, control->output,
                                            control->output_size, &written);
    control->written = written;
    return status;
}

static bool needs_irp(ULONG code)
{
    return code != SIO_ADDRESS_LIST_QUERY && code != SIO_ADDRESS_LIST_SORT;
}

NTSTATUS wsk_ioctl(struct wsk_socket *s, struct wsk_control *control)
{
    if (control->code == SIO_WSK_REGISTER_EXTENSION)
        return register_extension(control);
    if (control->code == SIO_WSK_QUERY_INSPECT_ID)
        return inspect_id(s, control);
    if (control->irp == NULL && needs_irp(control->code))
        return STATUS_INVALID_PARAMETER;
    switch (control->code) {
    case SIO_WSK_SET_REMOTE_ADDRESS:
    case SIO_WSK_SET_SENDTO_ADDRESS:
        return set_remote(s, control);
    case SIO_WSK_QUERY_IDEAL_SEND_BACKLOG:
    case SIO_WSK_QUERY_RECEIVE_BACKLOG:
        return backlog(s, control);
    case SIO_WSK_SET_TCP_SILENT_MODE:
        return silence(s);
    case SIO_KEEPALIVE_VALS:
        return keepalive(s, control);
    case SIO_LOOPBACK_FAST_PATH:
        return loopback_fast_path(s, control);
    case SIO_QUERY_WFP_CONNECTION_REDIRECT_RECORDS:
    case SIO_QUERY_WFP_CONNECTION_REDIRECT_CONTEXT:
    case SIO_SET_WFP_CONNECTION_REDIRECT_RECORDS:
        return redirect(s, control);
    case SIO_ADDRESS_LIST_QUERY:
    case SIO_ADDRESS_LIST_CHANGE:
    case SIO_ADDRESS_LIST_SORT:
        return wsk_address_list(s, control);
    default:
        return STATUS_NOT_SUPPORTED;
    }
}
