/* An endpoint goes: ALE_ENDPOINT_CLOSURE, which a driver may put off to send what it has kept, and ALE_RESOURCE_RELEASE when its
 * port is free. docs: network/ale-endpoint-lifetime-management, fwp/ale-layers */
#include <fwpsk.h>
#include <stdlib.h>
#include <string.h>

#include "fwp/pending.h"
#include "fwp/redirect.h"
#include "tcpip/stack.h"
#include "tcpip/wfp_endpoint.h"

struct wfp_closing {
    struct wfp_endpoint *endpoint;
    uint16_t layer;
    struct wfp_info info;
    struct fwp_redirect *deferral;
    struct fwp_pended *pended;
    void (*done)(void *context);
    void *context;
};

static struct ip_address bare(const struct tcpip_address *a, uint8_t family)
{
    struct ip_address ip = { .family = a && a->family ? a->family : family };

    if (a)
        memcpy(ip.bytes, a->bytes, 16);
    return ip;
}

static struct wfp_info describe(struct wfp_endpoint *e, const struct tcpip_address *local, const struct tcpip_address *remote)
{
    uint8_t family = remote && remote->family ? remote->family : local->family ? local->family : 4;
    struct wfp_info info = {
        .local = bare(local, family), .local_port = local->port, .protocol = e->protocol, .endpoint = wfp_endpoint_id(e),
        .have = WFP_HAS_ENDPOINT | (e->parent ? WFP_HAS_PARENT : 0) | (e->ended_flow ? WFP_HAS_FLOW : 0), .inbound = e->inbound,
        .remote = bare(remote, family), .remote_port = remote ? remote->port : 0, .parent_endpoint = e->parent, .flow = e->ended_flow,
    };

    return info;
}

/* Every connection that asked for an authorisation, every listener, every other endpoint that had an address. */
static bool is_told(const struct wfp_endpoint *e)
{
    return e->indicated || e->listens || (e->is_datagram && e->assigned);
}

static void forget(struct wfp_closing *c)
{
    c->endpoint->going = NULL;
    fwp_redirect_end(c->deferral);
    free(c);
}

static struct fwp_pended *ask(struct wfp_closing *c, bool again)
{
    struct fwp_verdict verdict = { .classify_context = c->deferral };

    fwp_redirect_ask(c->deferral, again);
    wfp_classify(c->layer, &c->info, NULL, &verdict);
    return fwp_redirect_asked(c->deferral);
}

static void completed(void *context)
{
    struct wfp_closing *c = context;
    void (*done)(void *context) = c->done;
    void *owner = c->context;

    if (!fwp_redirect_decision(c->deferral))
        ask(c, true);
    forget(c);
    stack_enter();
    done(owner);
    stack_leave();
}

static struct wfp_closing *begin(struct wfp_endpoint *e, uint16_t layer, const struct wfp_info *info)
{
    struct wfp_closing *c = calloc(1, sizeof *c);

    if (c && !(c->deferral = fwp_redirect_begin_without_data())) {
        free(c);
        c = NULL;
    }
    if (c) {
        c->endpoint = e;
        c->layer = layer;
        c->info = *info;
        e->going = c;
    }
    return c;
}

bool wfp_ale_closure(struct wfp_endpoint *e, const struct tcpip_address *local, const struct tcpip_address *remote,
                     void (*done)(void *context), void *context)
{
    uint8_t family = remote && remote->family ? remote->family : local->family ? local->family : 4;
    uint16_t layer = wfp_layer(FWPS_LAYER_ALE_ENDPOINT_CLOSURE_V4, family);

    wfp_ale_forget(e);
    if (!is_told(e) || fwp_layer_is_empty(layer))
        return false;
    e->authorised = e->indicated = false;
    struct wfp_info info = describe(e, local, remote);
    struct wfp_closing *c = begin(e, layer, &info);
    if (!c) {
        wfp_classify(layer, &info, NULL, NULL);
        return false;
    }
    c->done = done;
    c->context = context;
    c->pended = ask(c, false);
    if (!c->pended) {
        forget(c);
        return false;
    }
    fwp_pended_resume(c->pended, completed, c);
    return true;
}

void wfp_ale_closure_forget(struct wfp_endpoint *e)
{
    struct wfp_closing *c = e->going;

    if (!c)
        return;
    fwp_pended_forget(c->pended);
    forget(c);
}

void wfp_ale_released(struct wfp_endpoint *e, const struct tcpip_address *local)
{
    uint16_t layer = wfp_layer(FWPS_LAYER_ALE_RESOURCE_RELEASE_V4, local->family ? local->family : 4);

    if (e->assigned && !fwp_layer_is_empty(layer)) {
        struct wfp_info info = describe(e, local, NULL);
        wfp_classify(layer, &info, NULL, NULL);
    }
    e->assigned = false;
}
