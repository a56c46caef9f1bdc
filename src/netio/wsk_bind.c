/* Binding, and beginning to listen.
 *
 * 1. Callout drivers that are shown a bind or a listen may decide later (FwpsPendOperation0, FwpsPendClassify0). So when a layer that shows
 *    it has filters, a thread of its own does the work, below DISPATCH_LEVEL and without the stack: the driver's call is pending, and
 *    nobody else waits with it.
 * 2. While a bind has left the stack (`binding`), the socket stays: another bind is refused, and a close waits until it comes back.
 * 3. The request cannot be cancelled: a driver has the operation. Closing the socket ends it with STATUS_CANCELLED once that is decided. */
#include <stdlib.h>
#include <string.h>

#include "netio/wsk_control.h"
#include "netio/wsk_internal.h"
#include "nt/ke.h"

static enum tcpip_sharing sharing(const struct wsk_socket *s)
{
    if (s->options.exclusive)
        return TCPIP_SHARE_EXCLUSIVE;
    return s->options.reuse ? TCPIP_SHARE_REUSE : TCPIP_SHARE_DEFAULT;
}

static uint8_t endpoint_family(const struct wsk_socket *s)
{
    if (s->family == AF_INET)
        return 4;
    return s->options.v6only ? 6 : 0;
}

/* docs: network/sharing-transport-addresses */
static NTSTATUS bind_status(NTSTATUS status)
{
    return status == STATUS_SHARING_VIOLATION ? STATUS_ACCESS_DENIED : status;
}

static NTSTATUS apply_options(struct wsk_socket *s)
{
    tcpip_enter();
    NTSTATUS status = wsk_options_apply(s);
    tcpip_leave();
    return status;
}

static void forget_endpoint(struct wsk_socket *s)
{
    tcpip_enter();
    if (s->tcp != NULL)
        tcpip_tcp_abort(s->tcp);
    s->tcp = NULL;
    if (s->datagram != NULL)
        tcpip_datagram_close(s->datagram);
    s->datagram = NULL;
    tcpip_leave();
}

static NTSTATUS bind_stream(struct wsk_socket *s, const struct tcpip_address *local)
{
    NTSTATUS status = tcpip_tcp_create(endpoint_family(s), &wsk_stream_tcp_events, s, &s->tcp);

    if (!NT_SUCCESS(status))
        return status;
    if (s->redirection != NULL)
        tcpip_tcp_take_redirection(s->tcp, s->redirection);
    s->redirection = NULL;
    status = bind_status(tcpip_tcp_bind(s->tcp, local, sharing(s)));
    if (NT_SUCCESS(status))
        status = apply_options(s);
    if (NT_SUCCESS(status) && s->role == WSK_LISTEN) {
        s->state = WSK_LISTENING;       /* connections may come before the call returns */
        status = wsk_start_listening(s);
        if (!NT_SUCCESS(status))
            s->state = WSK_OPEN;
    }
    return status;
}

static NTSTATUS bind_datagram(struct wsk_socket *s, const struct tcpip_address *local)
{
    NTSTATUS status = tcpip_datagram_create(endpoint_family(s), (uint8_t)s->protocol, wsk_receive_from_packet, NULL, s,
                                            &s->datagram);

    if (NT_SUCCESS(status))
        status = bind_status(tcpip_datagram_bind(s->datagram, local, sharing(s)));
    return NT_SUCCESS(status) ? apply_options(s) : status;
}

static bool step_out(struct wsk_socket *s)
{
    s->binding = true;
    s->client->busy++;
    tcpip_leave_under_a_lock();
    if (ke_irql() < DISPATCH_LEVEL)
        return true;
    tcpip_enter();
    return false;
}

static NTSTATUS step_in(struct wsk_socket *s, bool out, NTSTATUS status)
{
    if (out)
        tcpip_enter();
    s->binding = false;
    if (--s->client->busy == 0 && s->client->detaching)
        tcpip_defer(&s->client->work);
    if (s->close == NULL)
        return status;
    wsk_socket_go_on_closing(s);
    return STATUS_CANCELLED;
}

NTSTATUS wsk_bind_socket(struct wsk_socket *s, const SOCKADDR *local)
{
    struct tcpip_address address;
    NTSTATUS status = wsk_address_in(s, local, &address);

    if (!NT_SUCCESS(status))
        return status;
    if (s->role == WSK_BASIC || s->state != WSK_OPEN)
        return STATUS_INVALID_DEVICE_STATE;
    bool out = step_out(s);
    status = s->role == WSK_DATAGRAM ? bind_datagram(s, &address) : bind_stream(s, &address);
    if (!NT_SUCCESS(status))
        forget_endpoint(s);
    status = step_in(s, out, status);
    if (NT_SUCCESS(status)) {
        s->local = address;
        s->state = s->role == WSK_LISTEN ? WSK_LISTENING : WSK_BOUND;
    }
    return status;
}

static NTSTATUS listen_socket(struct wsk_socket *s)
{
    bool out = step_out(s);

    s->role = WSK_LISTEN;               /* connections may come before the call returns */
    s->state = WSK_LISTENING;
    NTSTATUS status = wsk_start_listening(s);
    if (!NT_SUCCESS(status)) {
        s->role = WSK_STREAM;
        s->state = WSK_BOUND;
    }
    return step_in(s, out, status);
}

/* --- in a thread of its own ------------------------------------------------------------------------------------- */

struct bind_job {
    WORK_QUEUE_ITEM item;
    struct wsk_request *request;
    SOCKADDR_STORAGE local;             /* of a bind */
};

static VOID NTAPI run_job(PVOID context)
{
    struct bind_job *job = context;
    struct wsk_request *request = job->request;

    tcpip_enter();
    NTSTATUS status = request->kind == WSK_DO_BIND ? wsk_bind_socket(request->socket, (const SOCKADDR *)&job->local)
                                                   : listen_socket(request->socket);
    wsk_request_done(request, status, 0);
    tcpip_leave();
    free(job);
}

static VOID NTAPI job_thread(PVOID context)
{
    run_job(context);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* In a worker, which is not held up: there are not many. */
static VOID NTAPI start_thread(PVOID context)
{
    HANDLE thread;

    if (NT_SUCCESS(PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, job_thread, context)))
        ZwClose(thread);
    else
        run_job(context);
}

static NTSTATUS start_job(enum wsk_kind kind, struct wsk_socket *s, const SOCKADDR *local, PIRP irp)
{
    struct list nowhere = LIST_INIT(nowhere);
    struct bind_job *job = calloc(1, sizeof *job);
    struct wsk_request *request = job != NULL ? wsk_request_new(kind, s, irp) : NULL;

    if (request == NULL) {
        free(job);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    job->request = request;
    if (local != NULL)
        memcpy(&job->local, local, s->family == AF_INET ? sizeof(SOCKADDR_IN) : sizeof(SOCKADDR_IN6));
    NTSTATUS status = wsk_request_pend(request, &nowhere);
    if (status != STATUS_PENDING) {
        free(job);
        return status;
    }
    list_remove(&request->node);
    s->binding = true;
    ExInitializeWorkItem(&job->item, start_thread, job);
    ExQueueWorkItem(&job->item, DelayedWorkQueue);
    return STATUS_PENDING;
}

static bool is_shown(const struct wsk_socket *s, bool listens)
{
    return tcpip_bind_is_shown(4, listens) || (s->family == AF_INET6 && tcpip_bind_is_shown(6, listens));
}

/* --- calls ------------------------------------------------------------------------------------------------------------ */

static NTSTATUS bind_call(struct wsk_socket *s, const SOCKADDR *local, ULONG flags, PIRP irp)
{
    struct tcpip_address address;

    if (flags != 0)
        return STATUS_INVALID_PARAMETER;
    if (s->binding)
        return STATUS_INVALID_DEVICE_STATE;
    if (s->state != WSK_OPEN || s->role == WSK_BASIC || !is_shown(s, s->role == WSK_LISTEN) || !NT_SUCCESS(wsk_address_in(s, local, &address)))
        return wsk_bind_socket(s, local);
    return start_job(WSK_DO_BIND, s, local, irp);
}

/* Binds to a local address, once. A listening socket listens from then on. IRQL <= DISPATCH_LEVEL.
 * STATUS_INVALID_PARAMETER: flags, or an address of another family; STATUS_INVALID_DEVICE_STATE: bound already;
 * STATUS_ADDRESS_ALREADY_EXISTS, STATUS_ACCESS_DENIED: in use; STATUS_INVALID_ADDRESS_COMPONENT: not an address of this
 * computer; STATUS_INSUFFICIENT_RESOURCES. Pending when callout drivers are asked: later these, STATUS_ACCESS_DENIED from them, or
 * STATUS_CANCELLED when the socket was closed meanwhile. docs: wsk/nc-wsk-pfn_wsk_bind */
NTSTATUS NTAPI wsk_do_bind(PWSK_SOCKET socket, PSOCKADDR local, ULONG flags, PIRP irp)
{
    struct wsk_socket *s = WSK_BEGIN(socket, irp, "WskBind");

    if (s == NULL || irp == NULL)
        return WSK_NO_CALL(s, irp);
    return wsk_end(irp, bind_call(s, local, flags, irp), 0);
}

/* Makes a bound stream socket a listening one. IRQL <= DISPATCH_LEVEL. STATUS_INVALID_DEVICE_STATE: not bound, connected, or
 * listening already; STATUS_INSUFFICIENT_RESOURCES. Pending when callout drivers are asked, as WskBind is.
 * docs: wsk/nc-wsk-pfn_wsk_listen */
NTSTATUS NTAPI wsk_do_listen(PWSK_SOCKET socket, PIRP irp)
{
    struct wsk_socket *s = WSK_BEGIN(socket, irp, "WskListen");
    NTSTATUS status = STATUS_INVALID_DEVICE_STATE;

    if (s == NULL || irp == NULL)
        return WSK_NO_CALL(s, irp);
    if (s->state == WSK_FAILED) {
        status = s->failure;
    } else if (s->role == WSK_STREAM && s->state == WSK_BOUND && !s->binding) {
        status = is_shown(s, true) ? start_job(WSK_DO_LISTEN, s, NULL, irp) : listen_socket(s);
    }
    return wsk_end(irp, status, 0);
}
