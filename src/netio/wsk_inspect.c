/* Conditional accept: the driver is asked before a connection request is answered.
 *
 * | stage     | leads here                                              | leaves on                                        |
 * |-----------|---------------------------------------------------------|--------------------------------------------------|
 * | ASK       | `asked` by the stack                                    | WskInspectEvent is called: ASKED                 |
 * | ASKED     |                                                         | it says reject: gone; accept: INSPECTED;         |
 * |           |                                                         | pend: until WskInspectComplete                   |
 * | INSPECTED | accepted by the driver; the handshake goes on           | `accepted`: the id moves to the socket           |
 * | ABORTED   | `request_gone` in ASKED or INSPECTED                    | WskAbortEvent is called: gone                    |
 *
 * A request that goes in ASK is forgotten: the driver never heard of it. docs: wsk/nc-wsk-pfn_wsk_inspect_event */
#include <stdlib.h>

#include "netio/wsk_internal.h"

static ULONG next_serial;

void wsk_inspection_asked(struct tcpip_tcp *tcp, void *context, const struct tcpip_syn *syn)
{
    struct wsk_socket *s = context;
    struct wsk_inspection *inspection = s->options.pause_accept ? NULL : calloc(1, sizeof *inspection);

    if (inspection == NULL) {
        tcpip_tcp_decide(tcp, syn->id, s->options.pause_accept ? TCPIP_REJECT : TCPIP_DROP);
        return;
    }
    inspection->syn = *syn;
    inspection->id = (WSK_INSPECT_ID){ .Key = (ULONG_PTR)syn->id, .SerialNumber = ++next_serial };
    inspection->stage = WSK_ASK;
    list_push_back(&s->inspections, &inspection->node);
    wsk_socket_kick(s);
}

static void end(struct wsk_inspection *inspection)
{
    list_remove(&inspection->node);
    free(inspection);
}

void wsk_inspection_gone(struct tcpip_tcp *tcp, void *context, uint64_t id)
{
    struct wsk_socket *s = context;

    list_each_safe(node, &s->inspections) {
        struct wsk_inspection *inspection = container_of(node, struct wsk_inspection, node);

        if (inspection->syn.id != id)
            continue;
        if (inspection->stage == WSK_ASK) {
            end(inspection);
            continue;
        }
        inspection->stage = WSK_ABORTED;
        wsk_socket_kick(s);
    }
}

static bool same(const struct tcpip_address *a, const struct tcpip_address *b)
{
    return a->family == b->family && a->port == b->port && __builtin_memcmp(a->bytes, b->bytes, a->family == 4 ? 4 : 16) == 0;
}

void wsk_inspection_accepted(struct wsk_socket *listener, struct wsk_socket *s)
{
    struct tcpip_tcp_info info;

    if (list_empty(&listener->inspections))
        return;
    tcpip_tcp_query(s->tcp, &info);
    list_each_safe(node, &listener->inspections) {
        struct wsk_inspection *inspection = container_of(node, struct wsk_inspection, node);

        if (inspection->stage != WSK_INSPECTED || !same(&inspection->syn.remote, &info.remote))
            continue;
        s->was_inspected = true;
        s->inspect_id = inspection->id;
        end(inspection);
    }
}

void wsk_inspections_free(struct wsk_socket *s)
{
    while (!list_empty(&s->inspections)) {
        struct wsk_inspection *inspection = list_first(&s->inspections, struct wsk_inspection, node);

        if (s->tcp != NULL && inspection->stage <= WSK_ASKED)
            tcpip_tcp_decide(s->tcp, inspection->syn.id, TCPIP_REJECT);
        end(inspection);
    }
}

static struct wsk_inspection *find(struct wsk_socket *s, const WSK_INSPECT_ID *id)
{
    list_each(node, &s->inspections) {
        struct wsk_inspection *inspection = container_of(node, struct wsk_inspection, node);

        if (inspection->id.Key == id->Key && inspection->id.SerialNumber == id->SerialNumber)
            return inspection;
    }
    return NULL;
}

static void decide(struct wsk_socket *s, struct wsk_inspection *inspection, bool accept)
{
    NTSTATUS status;

    if (accept)
        inspection->stage = WSK_INSPECTED;
    status = tcpip_tcp_decide(s->tcp, inspection->syn.id, accept ? TCPIP_ACCEPT : TCPIP_REJECT);
    if (!accept || !NT_SUCCESS(status))
        end(inspection);
}

static void ask(struct wsk_socket *s, struct wsk_inspection *inspection)
{
    union wsk_address local, remote;
    WSK_INSPECT_ID id = inspection->id, sent = id;
    WSK_INSPECT_ACTION action = WskInspectReject;

    inspection->stage = WSK_ASKED;
    wsk_address_out(s->family, &inspection->syn.local, &local.any);
    wsk_address_out(s->family, &inspection->syn.remote, &remote.any);
    if (s->listen_events != NULL && s->listen_events->WskInspectEvent != NULL)
        WSK_CALLBACK(s, 0, action = s->listen_events->WskInspectEvent(s->context, &local.any, &remote.any, &sent));
    inspection = find(s, &id);          /* it may have gone, or been decided, or the socket closes */
    if (inspection == NULL || inspection->stage != WSK_ASKED || action == WskInspectPend || s->tcp == NULL)
        return;
    decide(s, inspection, action == WskInspectAccept);
}

bool wsk_run_inspections(struct wsk_socket *s)
{
    list_each(node, &s->inspections) {
        struct wsk_inspection *inspection = container_of(node, struct wsk_inspection, node);
        WSK_INSPECT_ID id = inspection->id;

        if (inspection->stage == WSK_ASK) {
            ask(s, inspection);
            return true;
        }
        if (inspection->stage == WSK_ABORTED) {
            end(inspection);
            if (s->listen_events != NULL && s->listen_events->WskAbortEvent != NULL)
                WSK_CALLBACK(s, 0, s->listen_events->WskAbortEvent(s->context, &id));
            return true;
        }
    }
    return false;
}

/* Says what becomes of a request that WskInspectEvent left pending. IRQL <= DISPATCH_LEVEL. STATUS_INVALID_PARAMETER: an
 * action other than accept or reject; STATUS_INVALID_DEVICE_STATE: not a listening socket in conditional mode;
 * STATUS_NOT_FOUND: the request is gone, or was decided. docs: wsk/nc-wsk-pfn_wsk_inspect_complete */
NTSTATUS NTAPI wsk_do_inspect_complete(PWSK_SOCKET socket, PWSK_INSPECT_ID id, WSK_INSPECT_ACTION action, PIRP irp)
{
    struct wsk_socket *s = WSK_BEGIN(socket, irp, "WskInspectComplete");
    struct wsk_inspection *inspection;

    if (s == NULL || irp == NULL)
        return WSK_NO_CALL(s, irp);
    if (id == NULL || (action != WskInspectAccept && action != WskInspectReject))
        return wsk_end(irp, STATUS_INVALID_PARAMETER, 0);
    if (s->state == WSK_FAILED)
        return wsk_end(irp, s->failure, 0);
    if (s->role != WSK_LISTEN || s->state != WSK_LISTENING || !s->options.conditional)
        return wsk_end(irp, STATUS_INVALID_DEVICE_STATE, 0);
    inspection = find(s, id);
    if (inspection == NULL || inspection->stage != WSK_ASKED)
        return wsk_end(irp, STATUS_NOT_FOUND, 0);
    decide(s, inspection, action == WskInspectAccept);
    return wsk_end(irp, STATUS_SUCCESS, 0);
}
