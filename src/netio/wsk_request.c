/* Requests: from a driver's IRP to its completion. Who owns the IRP when: wsk_internal.h, invariant 4. */
#include <stdlib.h>

#include "netio/wsk_internal.h"
#include "netio/wsk_names.h"

#define KEPT_REQUESTS 256u
#define COMPLETED_AT_ONCE 64u

static struct list unused = LIST_INIT(unused);
static unsigned unused_count;

/* --- IRPs --------------------------------------------------------------------------------------------------- */

bool wsk_irp_take(PIRP irp, const char *function, void *frame)
{
    if (irp == NULL || irp->CurrentLocation <= 1) {
        NETIO_EMIT(NETIO_EVENT_MISUSE,
                   irp == NULL ? "a Winsock Kernel function that needs an IRP is called without one"
                               : "a Winsock Kernel function is called with an IRP that has no stack location left",
                   irp, function, frame);
        return false;
    }
    IoSetNextIrpStackLocation(irp);
    return true;
}

void wsk_irp_complete(PIRP irp, NTSTATUS status, ULONG_PTR information)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IoCompleteRequest(irp, IO_NETWORK_INCREMENT);
}

/* --- memory ------------------------------------------------------------------------------------------------- */

struct wsk_request *wsk_request_new(enum wsk_kind kind, struct wsk_socket *socket, PIRP irp)
{
    struct list *node = list_pop_front(&unused);
    struct wsk_request *request;

    if (likely(node != NULL)) {
        request = container_of(node, struct wsk_request, node);
        unused_count--;
    } else {
        request = malloc(sizeof *request);
        if (request == NULL)
            return NULL;
    }
    list_init(&request->node);
    request->irp = irp;
    request->socket = socket;
    request->client = socket != NULL ? socket->client : NULL;
    request->kind = kind;
    request->done = false;
    request->flags = 0;
    request->size = request->handed = request->acknowledged = 0;
    request->cursor = (struct wsk_cursor){ 0 };
    return request;
}

void wsk_request_drop(struct wsk_request *request)
{
    if (unused_count >= KEPT_REQUESTS) {
        free(request);
        return;
    }
    list_push_front(&unused, &request->node);
    unused_count++;
}

void wsk_requests_close(void)
{
    for (struct list *node = list_pop_front(&unused); node != NULL; node = list_pop_front(&unused))
        free(container_of(node, struct wsk_request, node));
    unused_count = 0;
}

/* --- cancelling --------------------------------------------------------------------------------------------- */

static struct wsk_request *request_of(PIRP irp)
{
    return irp->Tail.Overlay.DriverContext[0];
}

static void cancel_request(struct wsk_request *request)
{
    struct wsk_socket *s = request->socket;

    switch (request->kind) {
    case WSK_DO_SEND:
    case WSK_DO_DISCONNECT:
        if (request->handed == 0 && request->kind == WSK_DO_SEND) {
            wsk_request_done(request, STATUS_CANCELLED, 0);
            return;
        }
        /* fall through */
    case WSK_DO_CONNECT:
    case WSK_DO_SOCKET_CONNECT:
        wsk_socket_fail(s, STATUS_CONNECTION_ABORTED, STATUS_CANCELLED);
        return;
    case WSK_DO_NAME:
        wsk_name_cancel(request);
        return;
    case WSK_DO_RECEIVE:
        wsk_request_done(request, STATUS_CANCELLED, request->size - request->cursor.left);
        return;
    default:
        wsk_request_done(request, STATUS_CANCELLED, 0);
    }
}

/* I/O manager's cancel routine: DISPATCH_LEVEL with the cancel lock held. */
static VOID NTAPI cancel(PDEVICE_OBJECT device, PIRP irp)
{
    IoReleaseCancelSpinLock(irp->CancelIrql);
    tcpip_enter();
    struct wsk_request *request = request_of(irp);
    if (request != NULL && !request->done)
        cancel_request(request);
    tcpip_leave_under_a_lock();
}

NTSTATUS wsk_request_pend(struct wsk_request *request, struct list *queue)
{
    PIRP irp = request->irp;

    bool is_final = request->kind == WSK_DO_CLOSE || request->kind == WSK_DO_BIND || request->kind == WSK_DO_LISTEN;

    if (irp->Cancel && !is_final) {
        wsk_request_drop(request);
        return STATUS_CANCELLED;
    }
    irp->Tail.Overlay.DriverContext[0] = request;
    /* A plain store: between two scheduling points nobody else runs. A close is not taken back, nor is a bind. */
    irp->CancelRoutine = is_final ? NULL : cancel;
    IoMarkIrpPending(irp);
    list_push_back(queue, &request->node);
    request->client->busy++;
    return STATUS_PENDING;
}

/* --- completing --------------------------------------------------------------------------------------------- */

void wsk_request_done(struct wsk_request *request, NTSTATUS status, ULONG_PTR information)
{
    struct wsk_socket *s = request->socket;

    request->done = true;
    request->status = status;
    request->information = information;
    request->irp->CancelRoutine = NULL;
    request->irp->Tail.Overlay.DriverContext[0] = NULL;
    list_remove(&request->node);
    if (s != NULL) {
        list_push_back(&s->done, &request->node);
        wsk_socket_kick(s);
    } else {
        list_push_back(&request->client->done, &request->node);
        tcpip_defer(&request->client->work);
    }
}

void wsk_requests_fail(struct list *queue, NTSTATUS status)
{
    while (!list_empty(queue)) {
        struct wsk_request *request = list_first(queue, struct wsk_request, node);
        size_t taken = request->kind == WSK_DO_RECEIVE ? request->size - request->cursor.left : 0;

        wsk_request_done(request, status, taken);
    }
}

/* The driver may close the socket as soon as its accept is complete; its work runs behind the listener's. */
static void release_accepted(const struct wsk_request *request)
{
    struct wsk_socket *s = (struct wsk_socket *)request->information;

    tcpip_enter();
    s->untold = false;
    wsk_socket_kick(s);
    tcpip_leave();
}

bool wsk_requests_complete(struct list *done, unsigned *busy)
{
    struct list *node = NULL;
    unsigned count = 0;

    for (; count < COMPLETED_AT_ONCE && (node = list_pop_front(done)) != NULL; count++) {
        struct wsk_request *request = container_of(node, struct wsk_request, node);
        PIRP irp = request->irp;
        NTSTATUS status = request->status;
        ULONG_PTR information = request->information;

        if (request->kind == WSK_DO_ACCEPT && NT_SUCCESS(status))
            release_accepted(request);
        wsk_request_drop(request);
        wsk_irp_complete(irp, status, information);
        (*busy)--;                      /* now the client may go */
    }
    return count != 0;
}
