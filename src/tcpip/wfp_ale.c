/* The ALE layers: whether an endpoint may have an address, listen, connect; and what is heard when it goes. */
#include <ntddk.h>
#include <mstcpip.h>
#include <stdlib.h>

#include "fwp/pending.h"
#include "nt/ke.h"
#include "tcpip/socket.h"
#include "tcpip/stack.h"
#include "tcpip/wfp_endpoint.h"

#define FLOW_BUCKETS 1024u

static uint32_t epochs[FWPS_BUILTIN_LAYER_MAX];
static uint64_t last_id;
static unsigned authorisation_filters;

uint64_t wfp_new_endpoint_id(uint8_t protocol)
{
    return ++last_id << 8 | protocol;
}

uint64_t wfp_endpoint_id(struct wfp_endpoint *e)
{
    if (!e->id)
        e->id = wfp_new_endpoint_id(e->protocol);
    return e->id;
}

uint32_t wfp_epoch(uint16_t layer)
{
    return epochs[layer];
}

bool wfp_ale_active(void)
{
    return authorisation_filters != 0;
}

static bool authorises(uint16_t layer)
{
    return layer == FWPS_LAYER_ALE_AUTH_CONNECT_V4 || layer == FWPS_LAYER_ALE_AUTH_CONNECT_V6 ||
           layer == FWPS_LAYER_ALE_AUTH_RECV_ACCEPT_V4 || layer == FWPS_LAYER_ALE_AUTH_RECV_ACCEPT_V6;
}

static void changed(void *context, uint16_t layer)
{
    epochs[layer]++;
    if (authorises(layer))
        authorisation_filters = 1;      /* from now on connections compare epochs */
}

bool wfp_ale_open(void)
{
    authorisation_filters = 0;
    list_init(&wfp_redirected);
    fwp_on_coalescing(coalescing_update_all);
    return fwp_on_change(changed, NULL);
}

void wfp_ale_close(void)
{
    fwp_forget_change(changed, NULL);
    fwp_on_coalescing(NULL);
}

static struct ip_address bare(const struct tcpip_address *a, uint8_t family)
{
    struct ip_address ip = { .family = a->family ? a->family : family };

    __builtin_memcpy(ip.bytes, a->bytes, 16);
    return ip;
}

static bool is_wildcard(const struct tcpip_address *a)
{
    for (unsigned n = 0; n < sizeof a->bytes; n++)
        if (a->bytes[n])
            return false;
    return true;
}

static uint32_t loopback_flag(const struct ip_address *remote)
{
    stack_enter();
    bool own = wfp_is_own(remote);
    stack_leave();
    return own ? WFP_IS_LOOPBACK : 0;
}

/* --- what waits: at PASSIVE_LEVEL the caller itself -------------------------------------------------------------------------- */

static void wake(void *event)
{
    KeSetEvent(event, IO_NO_INCREMENT, FALSE);
}

/* Classifies, and once more when a driver has taken its time. */
static bool ask_and_wait(uint16_t layer, struct wfp_info *info, struct fwp_verdict *verdict)
{
    struct fwp_pendable pendable;
    KEVENT event;

    fwp_pendable_begin(&pendable, ke_irql() >= DISPATCH_LEVEL);
    info->completion = &pendable;
    info->have |= WFP_HAS_COMPLETION;
    bool allowed = wfp_classify(layer, info, NULL, verdict);
    fwp_pendable_end(&pendable);
    if (!pendable.pended)
        return allowed;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    fwp_pended_resume(pendable.pended, wake, &event);
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    fwp_pendable_begin(&pendable, true);
    info->flags |= WFP_IS_REAUTHORIZE;
    info->reauthorize_reason = WFP_REASON_CLASSIFY_COMPLETION;
    *verdict = (struct fwp_verdict){ 0 };
    allowed = wfp_classify(layer, info, NULL, verdict);
    fwp_pendable_end(&pendable);
    return allowed;
}

static NTSTATUS refused(uint16_t layer, struct wfp_info *info, const struct fwp_verdict *verdict)
{
    if (!verdict->absorb)
        wfp_discarded(layer, info, NULL, WFP_DISCARD_GENERAL, 0, verdict->filter_id);
    return STATUS_ACCESS_DENIED;
}

/* --- bind and listen ----------------------------------------------------------------------------------------------------------- */

NTSTATUS wfp_ale_bind(struct wfp_endpoint *e, const struct tcpip_address *local, bool implicit, bool any_port)
{
    uint16_t layer = wfp_layer(FWPS_LAYER_ALE_RESOURCE_ASSIGNMENT_V4, local->family);
    struct fwp_verdict verdict = { 0 };

    e->assigned = true;
    if (fwp_layer_is_empty(layer))
        return STATUS_SUCCESS;
    struct wfp_info info = {
        .local = bare(local, 4), .local_port = local->port, .protocol = e->protocol, .endpoint = wfp_endpoint_id(e),
        .have = WFP_HAS_ENDPOINT, .any_local = is_wildcard(local),
        .flags = (is_wildcard(local) || any_port ? WFP_IS_WILDCARD_BIND : 0) | (implicit ? WFP_IS_IMPLICIT_BIND : 0) |
                 (e->raw ? WFP_IS_RAW_ENDPOINT : 0),
    };
    return ask_and_wait(layer, &info, &verdict) ? STATUS_SUCCESS : refused(layer, &info, &verdict);
}

NTSTATUS wfp_ale_listen(struct wfp_endpoint *e, const struct tcpip_address *local)
{
    uint16_t layer = wfp_layer(FWPS_LAYER_ALE_AUTH_LISTEN_V4, local->family);
    struct fwp_verdict verdict = { 0 };

    e->listens = true;
    if (fwp_layer_is_empty(layer))
        return STATUS_SUCCESS;
    struct wfp_info info = {
        .local = bare(local, 4), .local_port = local->port, .endpoint = wfp_endpoint_id(e), .have = WFP_HAS_ENDPOINT,
        .flags = is_wildcard(local) ? WFP_IS_WILDCARD_BIND : 0,
    };
    return ask_and_wait(layer, &info, &verdict) ? STATUS_SUCCESS : refused(layer, &info, &verdict);
}

/* --- connect -------------------------------------------------------------------------------------------------------------------- */

struct wfp_pended {
    struct wfp_endpoint *endpoint;
    uint16_t layer;
    struct wfp_info info;
    struct fwp_pended *pended;
    void (*resume)(void *context, NTSTATUS status);
    void *context;
};

static void allow(struct wfp_endpoint *e, uint16_t layer, uint32_t interface)
{
    e->link = interface;
    e->authorised = e->indicated = true;
    e->inbound = false;
    e->blocked = false;
    e->epoch = epochs[layer];
}

void wfp_ale_allow(struct wfp_endpoint *e, uint8_t family)
{
    allow(e, wfp_layer(FWPS_LAYER_ALE_AUTH_CONNECT_V4, family), 0);
}

bool wfp_ale_connect_is_free(uint8_t family)
{
    return fwp_layer_is_empty(wfp_layer(FWPS_LAYER_ALE_AUTH_CONNECT_V4, family)) &&
           fwp_layer_is_empty(wfp_layer(FWPS_LAYER_ALE_CONNECT_REDIRECT_V4, family)) &&
           fwp_layer_is_empty(wfp_layer(FWPS_LAYER_ALE_BIND_REDIRECT_V4, family)) &&
           fwp_layer_is_empty(wfp_layer(FWPS_LAYER_ALE_RESOURCE_ASSIGNMENT_V4, family));
}

bool tcpip_bind_is_shown(uint8_t family, bool listens)
{
    return !fwp_layer_is_empty(wfp_layer(FWPS_LAYER_ALE_BIND_REDIRECT_V4, family)) ||
           !fwp_layer_is_empty(wfp_layer(FWPS_LAYER_ALE_RESOURCE_ASSIGNMENT_V4, family)) ||
           (listens && !fwp_layer_is_empty(wfp_layer(FWPS_LAYER_ALE_AUTH_LISTEN_V4, family)));
}

bool wfp_take_options(struct wfp_endpoint *e, const struct fwp_verdict *v)
{
    static const uint8_t many[] = {
        [FWP_OPTION_VALUE_ALLOW_MULTICAST_STATE] = WFP_ANSWERS_FROM_LINK, [FWP_OPTION_VALUE_DENY_MULTICAST_STATE] = WFP_NO_ANSWERS,
        [FWP_OPTION_VALUE_ALLOW_GLOBAL_MULTICAST_STATE] = WFP_ANSWERS_FROM_ANYWHERE,
    };
    uint32_t security = v->options[FWP_CLASSIFY_OPTION_SECURE_SOCKET_SECURITY_FLAGS];

    e->options = (struct wfp_flow_options){
        .unicast_s = v->options[FWP_CLASSIFY_OPTION_UNICAST_LIFETIME], .many_s = v->options[FWP_CLASSIFY_OPTION_MCAST_BCAST_LIFETIME],
        .loose = v->options[FWP_CLASSIFY_OPTION_LOOSE_SOURCE_MAPPING] == FWP_OPTION_VALUE_ENABLE_LOOSE_SOURCE,
    };
    if (v->options_set & 1u << FWP_CLASSIFY_OPTION_MULTICAST_STATE)
        e->options.many = many[v->options[FWP_CLASSIFY_OPTION_MULTICAST_STATE]];
    return !(v->options_set & 1u << FWP_CLASSIFY_OPTION_SECURE_SOCKET_SECURITY_FLAGS) ||
           (security & SOCKET_SETTINGS_ALLOW_INSECURE && !(security & SOCKET_SETTINGS_GUARANTEE_ENCRYPTION));
}

/* The driver has decided: it is asked once more, and cannot put it off. */
static void connect_resumed(void *context)
{
    struct wfp_pended *p = context;
    struct fwp_pendable pendable;
    struct fwp_verdict verdict = { 0 };

    fwp_pendable_begin(&pendable, true);
    p->info.completion = &pendable;
    p->info.flags |= WFP_IS_REAUTHORIZE;
    p->info.reauthorize_reason = WFP_REASON_CLASSIFY_COMPLETION;
    bool allowed = wfp_classify(p->layer, &p->info, NULL, &verdict) && wfp_take_options(p->endpoint, &verdict);
    fwp_pendable_end(&pendable);
    NTSTATUS status = allowed ? STATUS_SUCCESS : refused(p->layer, &p->info, &verdict);
    struct wfp_endpoint *e = p->endpoint;
    if (allowed)
        allow(e, p->layer, p->info.interface.index);
    e->pended = NULL;
    p->resume(p->context, status);
    free(p);
}

static NTSTATUS put_off(struct wfp_endpoint *e, uint16_t layer, const struct wfp_info *info, struct fwp_pended *pended,
                        void (*resume)(void *context, NTSTATUS status), void *context)
{
    struct wfp_pended *p = malloc(sizeof *p);

    if (!p) {
        fwp_pended_forget(pended);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *p = (struct wfp_pended){ e, layer, *info, pended, resume, context };
    e->pended = p;
    fwp_pended_resume(pended, connect_resumed, p);
    return STATUS_PENDING;
}

NTSTATUS wfp_ale_connect(struct wfp_endpoint *e, uint8_t protocol, const struct tcpip_address *local,
                         const struct tcpip_address *remote, struct wfp_link link, void *data,
                         void (*resume)(void *context, NTSTATUS status), void *context)
{
    uint16_t layer = wfp_layer(FWPS_LAYER_ALE_AUTH_CONNECT_V4, remote->family);
    struct fwp_pendable pendable;
    struct fwp_verdict verdict = { 0 };

    e->indicated = true;
    if (fwp_layer_is_empty(layer)) {
        allow(e, layer, link.index);
        return STATUS_SUCCESS;
    }
    struct wfp_info info = {
        .local = bare(local, remote->family), .remote = bare(remote, 4), .local_port = local->port, .remote_port = remote->port,
        .protocol = protocol, .endpoint = wfp_endpoint_id(e), .interface = link, .next_hop = link,
        .have = WFP_HAS_ENDPOINT | WFP_HAS_COMPLETION, .completion = &pendable,
    };
    info.flags = loopback_flag(&info.remote) | (e->raw ? WFP_IS_RAW_ENDPOINT : 0);
    if (e->is_icmp) {
        info.icmp_id_and_sequence = e->icmp_id;
        info.have |= WFP_HAS_ICMP_ID;
    }
    wfp_describe_redirection(e, &info);
    fwp_pendable_begin(&pendable, !resume);
    bool allowed = wfp_classify(layer, &info, data, &verdict) && wfp_take_options(e, &verdict);
    fwp_pendable_end(&pendable);
    if (pendable.pended)
        return put_off(e, layer, &info, pendable.pended, resume, context);
    if (!allowed)
        return refused(layer, &info, &verdict);
    allow(e, layer, link.index);
    return STATUS_SUCCESS;
}

/* --- asked again ---------------------------------------------------------------------------------------------------------------- */

static uint16_t layer_of(const struct wfp_endpoint *e, uint8_t family)
{
    return wfp_layer(e->inbound ? FWPS_LAYER_ALE_AUTH_RECV_ACCEPT_V4 : FWPS_LAYER_ALE_AUTH_CONNECT_V4, family);
}

uint32_t wfp_ale_doubts(const struct wfp_endpoint *e, uint8_t family, bool inbound, uint32_t interface)
{
    uint32_t reason = e->epoch != epochs[layer_of(e, family)] ? WFP_REASON_POLICY_CHANGE : 0;

    if (e->link && interface != e->link && interface != (inbound ? e->arrival : e->next_hop))
        reason |= inbound ? WFP_REASON_NEW_ARRIVAL : WFP_REASON_NEW_NEXT_HOP;
    return reason;
}

bool wfp_ale_will_ask(const struct wfp_endpoint *e, uint8_t family, uint32_t interface)
{
    return wfp_ale_active() && wfp_ale_doubts(e, family, true, interface) && !fwp_layer_is_empty(layer_of(e, family));
}

bool wfp_ale_ask_again(struct wfp_endpoint *e, uint32_t reason, const struct wfp_info *packet, struct fwp_packet *copy, void *list)
{
    uint16_t layer = layer_of(e, packet->remote.family);
    struct fwp_pendable pendable;
    struct fwp_verdict verdict = { 0 };
    struct wfp_info info = *packet;

    e->epoch = epochs[layer];
    if (packet->inbound)
        e->arrival = packet->interface.index;
    else
        e->next_hop = packet->interface.index;
    if (!e->link)
        e->link = packet->interface.index;
    if (fwp_layer_is_empty(layer))
        return true;
    info.flags |= WFP_IS_REAUTHORIZE;
    info.reauthorize_reason = reason;
    info.have |= WFP_HAS_DIRECTION | WFP_HAS_COMPLETION;
    info.completion = &pendable;
    wfp_describe_redirection(e, &info);
    fwp_pendable_begin(&pendable, true);
    bool allowed = wfp_classify(layer, &info, list, &verdict) && wfp_take_options(e, &verdict);
    fwp_pendable_end(&pendable);
    if (!allowed && !verdict.absorb)
        wfp_discarded(layer, &info, copy, WFP_DISCARD_GENERAL, 0, verdict.filter_id);
    return allowed;
}

/* --- the end -------------------------------------------------------------------------------------------------------------------- */

void wfp_ale_forget(struct wfp_endpoint *e)
{
    struct wfp_pended *p = e->pended;

    e->pended = NULL;
    if (p)
        fwp_pended_forget(p->pended);
    free(p);
    wfp_redirect_release(e);
}
