/* Enabling and disabling event callbacks.
 *
 * | an event is              | WskControlSocket to disable it                                                          |
 * |--------------------------|-----------------------------------------------------------------------------------------|
 * | enabled, not running     | STATUS_SUCCESS: it is not called any more                                                |
 * | running                  | its bit goes at once; STATUS_PENDING and the IRP later, or STATUS_EVENT_PENDING without |
 * | static, or not enabled   | STATUS_INVALID_PARAMETER                                                                 |
 *
 * Only one callback of a socket runs at a time (`running_event`), so "later" is when wsk_socket_run comes round again.
 * docs: network/so-wsk-event-callback, network/enabling-and-disabling-event-callback-functions */
#include <string.h>

#include "netio/wsk_control.h"
#include "netio/wsk_internal.h"

static ULONG valid_events(const struct wsk_socket *s)
{
    switch (s->role) {
    case WSK_LISTEN:
        return WSK_EVENT_ACCEPT | WSK_STREAM_EVENTS;
    case WSK_CONNECTION:
        return WSK_STREAM_EVENTS;
    case WSK_DATAGRAM:
        return WSK_EVENT_RECEIVE_FROM;
    default:
        return 0;
    }
}

static bool is_ready(const struct wsk_socket *s)
{
    switch (s->role) {
    case WSK_LISTEN:
        return s->state == WSK_LISTENING;
    case WSK_CONNECTION:
        return s->state == WSK_CONNECTED;
    default:
        return s->state == WSK_BOUND;
    }
}

static bool has_callback(const struct wsk_socket *s, ULONG event)
{
    switch (event) {
    case WSK_EVENT_ACCEPT:
        return s->listen_events != NULL && s->listen_events->WskAcceptEvent != NULL;
    case WSK_EVENT_RECEIVE:
        return s->stream_events != NULL && s->stream_events->WskReceiveEvent != NULL;
    case WSK_EVENT_DISCONNECT:
        return s->stream_events != NULL && s->stream_events->WskDisconnectEvent != NULL;
    case WSK_EVENT_SEND_BACKLOG:
        return s->stream_events != NULL && s->stream_events->WskSendBacklogEvent != NULL;
    default:
        return s->datagram_events != NULL && s->datagram_events->WskReceiveFromEvent != NULL;
    }
}

static NTSTATUS enable(struct wsk_socket *s, ULONG events)
{
    ULONG own = s->role == WSK_LISTEN ? events & WSK_EVENT_ACCEPT : events;

    for (ULONG event = 1; event != 0 && event <= WSK_EVENT_ACCEPT; event <<= 1)
        if ((own & event) && !has_callback(s, event))
            return STATUS_INVALID_PARAMETER;
    s->events |= own;
    s->inherited_events |= events & ~own;
    if (own & WSK_EVENT_SEND_BACKLOG)
        s->backlog = wsk_ideal_backlog(s);
    wsk_socket_kick(s);
    return STATUS_SUCCESS;
}

static NTSTATUS disable(struct wsk_socket *s, ULONG event, PIRP irp)
{
    struct wsk_request *request;

    if ((event & (event - 1)) != 0 || !(s->events & event) || (s->static_events & event))
        return STATUS_INVALID_PARAMETER;
    if (s->running_event != event) {
        s->events &= ~event;
        return STATUS_SUCCESS;
    }
    if (irp == NULL) {
        s->events &= ~event;
        return STATUS_EVENT_PENDING;
    }
    request = wsk_request_new(WSK_DO_DISABLE, s, irp);
    if (request == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    s->events &= ~event;
    request->event = event;
    return wsk_request_pend(request, &s->disables);
}

NTSTATUS wsk_option_events(struct wsk_socket *s, struct wsk_control *control)
{
    const WSK_EVENT_CALLBACK_CONTROL *input = control->input;
    ULONG events;

    if (control->type != WskSetOption || control->input_size < sizeof *input || input == NULL || input->NpiId == NULL)
        return STATUS_INVALID_PARAMETER;
    if (memcmp(input->NpiId, &NPI_WSK_INTERFACE_ID, sizeof(NPIID)) != 0)
        return STATUS_NOT_SUPPORTED;
    events = input->EventMask & ~(ULONG)WSK_EVENT_DISABLE;
    if (events == 0 || (events & ~valid_events(s)) != 0)
        return STATUS_INVALID_PARAMETER;
    if (input->EventMask & WSK_EVENT_DISABLE)       /* a driver that ends with a lost connection waits for its callbacks so */
        return is_ready(s) || s->state == WSK_FAILED ? disable(s, events, control->irp) : STATUS_INVALID_DEVICE_STATE;
    if (s->state == WSK_FAILED)
        return s->failure;
    return is_ready(s) ? enable(s, events) : STATUS_INVALID_DEVICE_STATE;
}

bool wsk_run_disables(struct wsk_socket *s)
{
    if (list_empty(&s->disables))
        return false;
    wsk_requests_fail(&s->disables, STATUS_SUCCESS);
    return true;
}
