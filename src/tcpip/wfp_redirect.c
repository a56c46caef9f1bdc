/* The redirect layers: where a bind or a connect goes. docs: using-bind-or-connect-redirection */
#include <ntddk.h>
#include <stdlib.h>
#include <string.h>

#include "fwp/redirect.h"
#include "nt/ke.h"
#include "tcpip/socket.h"
#include "tcpip/stack.h"
#include "tcpip/wfp_endpoint.h"

/* A connect while drivers are asked, and while it waits for one. */
struct wfp_redirecting {
    struct wfp_endpoint *endpoint;
    uint16_t layer;
    struct wfp_info info;
    struct fwp_redirect *redirect;
    struct fwp_pended *pended;
    struct tcpip_address *remote;
    void (*resume)(void *context, NTSTATUS status);
    void *context;
};

struct list wfp_redirected = LIST_INIT(wfp_redirected);

static uint16_t swap(uint16_t port)
{
    return (uint16_t)(port << 8 | port >> 8);
}

static void to_socket_address(const struct tcpip_address *from, uint8_t family, SOCKADDR_STORAGE *to)
{
    memset(to, 0, sizeof *to);
    if (family == 4) {
        SOCKADDR_IN *in = (SOCKADDR_IN *)to;
        in->sin_family = AF_INET;
        in->sin_port = swap(from->port);
        memcpy(&in->sin_addr, from->bytes, 4);
    } else {
        SOCKADDR_IN6 *in = (SOCKADDR_IN6 *)to;
        in->sin6_family = AF_INET6;
        in->sin6_port = swap(from->port);
        memcpy(&in->sin6_addr, from->bytes, 16);
    }
}

/* False: of another family. */
static bool from_socket_address(const SOCKADDR_STORAGE *from, struct tcpip_address *to)
{
    struct tcpip_address a = { .family = to->family };
    bool v4 = from->ss_family == AF_INET;

    if (v4 != (to->family == 4) || (!v4 && from->ss_family != AF_INET6))
        return false;
    a.port = swap(((const SOCKADDR_IN *)from)->sin_port);
    memcpy(a.bytes, v4 ? (const void *)&((const SOCKADDR_IN *)from)->sin_addr : (const void *)&((const SOCKADDR_IN6 *)from)->sin6_addr,
           v4 ? 4 : 16);
    if (memcmp(a.bytes, to->bytes, 16) == 0)
        a.zone = to->zone;
    *to = a;
    return true;
}

static struct ip_address bare(const struct tcpip_address *a, uint8_t family)
{
    struct ip_address ip = { .family = family };

    memcpy(ip.bytes, a->bytes, 16);
    return ip;
}

static bool is_own(const struct tcpip_address *a)
{
    struct ip_address ip = bare(a, a->family);

    stack_enter();
    bool own = wfp_is_own(&ip);
    stack_leave();
    return own;
}

static void wake(void *event)
{
    KeSetEvent(event, IO_NO_INCREMENT, FALSE);
}

/* STATUS_PENDING: a driver wants to decide later. */
static NTSTATUS ask(uint16_t layer, struct wfp_info *info, struct fwp_redirect *redirect, bool again, struct fwp_pended **pended)
{
    struct fwp_verdict verdict = { .classify_context = redirect };

    if (again) {
        info->flags |= WFP_IS_REAUTHORIZE;
        info->reauthorize_reason = WFP_REASON_CLASSIFY_COMPLETION;
    }
    fwp_redirect_ask(redirect, again);
    bool allowed = wfp_classify(layer, info, (void *)(uintptr_t)fwp_redirect_request(redirect), &verdict);
    *pended = fwp_redirect_asked(redirect);
    return *pended ? STATUS_PENDING : allowed ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}

/* After FwpsCompleteClassify0. */
static NTSTATUS ask_again(uint16_t layer, struct wfp_info *info, struct fwp_redirect *redirect)
{
    const FWPS_CLASSIFY_OUT0 *out = fwp_redirect_decision(redirect);
    struct fwp_pended *none;

    if (out && (out->actionType == FWP_ACTION_BLOCK || !fwp_redirect_overtaken(redirect)))
        return out->actionType == FWP_ACTION_BLOCK ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
    return ask(layer, info, redirect, true, &none);
}

/* --- bind ----------------------------------------------------------------------------------------------------------------------- */

NTSTATUS wfp_redirect_bind(struct wfp_endpoint *e, uint8_t protocol, struct tcpip_address *local)
{
    uint16_t layer = wfp_layer(FWPS_LAYER_ALE_BIND_REDIRECT_V4, local->family);
    FWPS_BIND_REQUEST0 request = { 0 };
    struct fwp_pended *pended;
    KEVENT event;

    if (fwp_layer_is_empty(layer))
        return STATUS_SUCCESS;
    to_socket_address(local, local->family, &request.localAddressAndPort);
    struct fwp_redirect *redirect = fwp_redirect_begin(true, &request);
    if (!redirect)
        return STATUS_INSUFFICIENT_RESOURCES;
    struct wfp_info info = {
        .local = bare(local, local->family), .local_port = local->port, .protocol = protocol, .endpoint = wfp_endpoint_id(e),
        .have = WFP_HAS_ENDPOINT, .flags = e->raw ? WFP_IS_RAW_ENDPOINT : 0,
    };
    NTSTATUS status = ask(layer, &info, redirect, ke_irql() >= DISPATCH_LEVEL, &pended);
    if (status == STATUS_PENDING) {
        KeInitializeEvent(&event, NotificationEvent, FALSE);
        fwp_pended_resume(pended, wake, &event);
        KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
        status = ask_again(layer, &info, redirect);
    }
    const FWPS_BIND_REQUEST0 *latest = fwp_redirect_request(redirect);
    if (NT_SUCCESS(status) && fwp_redirect_changed(redirect) && !from_socket_address(&latest->localAddressAndPort, local))
        status = STATUS_INVALID_ADDRESS_COMPONENT;
    fwp_redirect_end(redirect);
    return status;
}

/* --- connect -------------------------------------------------------------------------------------------------------------------- */

static void be_redirected(struct wfp_endpoint *e, struct fwp_records *records)
{
    fwp_records_release(e->records);
    e->records = records;
    if (!e->redirected)
        list_push_back(&wfp_redirected, &e->by_records);
    e->redirected = true;
}

/* A redirection into this computer counts only when it says whose it is. */
static bool is_accepted(const FWPS_CONNECT_REQUEST0 *request, const struct tcpip_address *before, const struct tcpip_address *after)
{
    bool moved = memcmp(before->bytes, after->bytes, sizeof after->bytes) != 0 || before->port != after->port;

    return !moved || !is_own(after) || (request->localRedirectTargetPID && request->localRedirectHandle);
}

static NTSTATUS apply(struct wfp_redirecting *w, NTSTATUS status)
{
    const FWPS_CONNECT_REQUEST0 *request = fwp_redirect_request(w->redirect);
    struct tcpip_address to = *w->remote;

    if (NT_SUCCESS(status) && fwp_redirect_changed(w->redirect)) {
        if (!from_socket_address(&request->remoteAddressAndPort, &to))
            return STATUS_INVALID_ADDRESS_COMPONENT;
        if (!is_accepted(request, w->remote, &to))
            return status;
        bool moved = memcmp(&to, w->remote, sizeof to) != 0;
        *w->remote = to;
        struct fwp_records *records = fwp_redirect_records(w->redirect, w->endpoint->records);
        if (moved && records)
            be_redirected(w->endpoint, records);
        else
            fwp_records_release(records);
    }
    return status;
}

static void finish(struct wfp_redirecting *w)
{
    w->endpoint->redirecting = NULL;
    fwp_redirect_end(w->redirect);
    free(w);
}

static void connect_resumed(void *context)
{
    struct wfp_redirecting *w = context;
    void (*resume)(void *context, NTSTATUS status) = w->resume;
    void *owner = w->context;
    NTSTATUS status = apply(w, ask_again(w->layer, &w->info, w->redirect));

    finish(w);
    resume(owner, status);
}

NTSTATUS wfp_redirect_connect(struct wfp_endpoint *e, uint8_t protocol, const struct tcpip_address *local, struct tcpip_address *remote,
                              void (*resume)(void *context, NTSTATUS status), void *context)
{
    uint16_t layer = wfp_layer(FWPS_LAYER_ALE_CONNECT_REDIRECT_V4, remote->family);
    FWPS_CONNECT_REQUEST0 request = { 0 };
    struct wfp_redirecting *w;

    if (fwp_layer_is_empty(layer))
        return STATUS_SUCCESS;
    to_socket_address(local, remote->family, &request.localAddressAndPort);
    to_socket_address(remote, remote->family, &request.remoteAddressAndPort);
    w = calloc(1, sizeof *w);
    if (!w || !(w->redirect = fwp_redirect_begin(false, &request))) {
        free(w);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    w->endpoint = e;
    w->layer = layer;
    w->remote = remote;
    w->resume = resume;
    w->context = context;
    w->info = (struct wfp_info){
        .local = bare(local, remote->family), .remote = bare(remote, remote->family), .local_port = local->port,
        .remote_port = remote->port, .protocol = protocol, .endpoint = wfp_endpoint_id(e), .have = WFP_HAS_ENDPOINT,
        .flags = (is_own(remote) ? WFP_IS_LOOPBACK : 0) | (e->raw ? WFP_IS_RAW_ENDPOINT : 0),
    };
    wfp_describe_redirection(e, &w->info);
    NTSTATUS status = ask(layer, &w->info, w->redirect, false, &w->pended);
    if (status == STATUS_PENDING) {
        e->redirecting = w;
        fwp_pended_resume(w->pended, connect_resumed, w);
        return status;
    }
    status = apply(w, status);
    finish(w);
    return status;
}

/* --- what is known of it ---------------------------------------------------------------------------------------------------------- */

void wfp_describe_redirection(const struct wfp_endpoint *e, struct wfp_info *info)
{
    if (!e->records)
        return;
    info->flags |= e->redirected ? WFP_IS_CONNECTION_REDIRECTED : WFP_IS_PROXY_CONNECTION;
    info->redirect_records = e->records;
    info->original_destination = fwp_records_destination(e->records);
    info->redirect_pid = fwp_records_pid(e->records);
    info->have |= WFP_HAS_REDIRECT_RECORDS | WFP_HAS_ORIGINAL_DESTINATION | WFP_HAS_REDIRECT_PID;
}

void wfp_share_records(struct wfp_endpoint *to, const struct wfp_endpoint *from)
{
    fwp_records_release(to->records);
    to->records = fwp_records_reference(from->records);
}

void wfp_redirect_release(struct wfp_endpoint *e)
{
    struct wfp_redirecting *w = e->redirecting;

    if (w) {
        fwp_pended_forget(w->pended);
        finish(w);
    }
    if (e->redirected)
        list_remove(&e->by_records);
    e->redirected = false;
    fwp_records_release(e->records);
    e->records = NULL;
}

NTSTATUS wfp_records_get(struct wfp_endpoint *e, bool context, void *to, size_t size, size_t *needed)
{
    if (!e->records || e->redirected)
        return STATUS_NOT_FOUND;
    return context ? fwp_records_context(e->records, to, size, needed) : fwp_records_write(e->records, to, size, needed);
}

NTSTATUS wfp_records_set(struct wfp_endpoint *e, const void *from, size_t size)
{
    struct fwp_records *records = fwp_records_read(from, size);

    if (!records)
        return STATUS_ACCESS_DENIED;
    fwp_records_release(e->records);
    e->records = records;
    return STATUS_SUCCESS;
}

NTSTATUS tcpip_redirection_read(const struct fwp_records *redirection, bool context, void *to, size_t size, size_t *needed)
{
    return context ? fwp_records_context(redirection, to, size, needed) : fwp_records_write(redirection, to, size, needed);
}

struct fwp_records *tcpip_redirection_keep(struct fwp_records *redirection)
{
    return fwp_records_reference(redirection);
}

struct fwp_records *tcpip_redirection_new(const void *from, size_t size)
{
    return fwp_records_read(from, size);
}

void tcpip_redirection_release(struct fwp_records *redirection)
{
    fwp_records_release(redirection);
}
