/* Flows and their contexts. flow.h has the invariants. */
#include "fwp/flow.h"

#include <stdlib.h>
#include <string.h>

#include "fwp/callouts.h"
#include "fwp/event.h"
#include "fwp/fwp.h"
#include "fwp/injection.h"
#include "fwp/layer.h"
#include "nt/event.h"
#include "nt/ke.h"

struct fwp_flow_context {
    struct fwp_flow_context *next;      /* of the flow */
    uint64_t flow, value;
    uint16_t layer;
    uint32_t callout;
    unsigned holds;                     /* classifications that use it */
    bool removed;
    uint64_t caller;
};

struct flow {
    struct flow *next;                  /* of the hash chain */
    uint64_t id;
    struct fwp_flow_owner owner;
    struct fwp_flow_context *contexts;
};

static struct {
    struct flow **chains;
    uint64_t mask, count, last;
} flows;

void fwp_flows_open(void)
{
    memset(&flows, 0, sizeof flows);
}

static struct flow **chain_of(uint64_t id)
{
    return &flows.chains[id & flows.mask];
}

static struct flow *find(uint64_t id)
{
    struct flow *flow = id && flows.chains ? *chain_of(id) : NULL;

    while (flow && flow->id != id)
        flow = flow->next;
    return flow;
}

static bool grow(void)
{
    uint64_t count = flows.chains ? 2 * (flows.mask + 1) : 64;
    struct flow **chains = calloc(count, sizeof(struct flow *)), **old = flows.chains;

    if (!chains)
        return false;
    for (uint64_t i = 0; old && i <= flows.mask; i++)
        for (struct flow *flow = old[i], *next; flow; flow = next) {
            next = flow->next;
            flow->next = chains[flow->id & (count - 1)];
            chains[flow->id & (count - 1)] = flow;
        }
    free(old);
    flows.chains = chains;
    flows.mask = count - 1;
    return true;
}

uint64_t fwp_flow_create(const struct fwp_flow_owner *owner)
{
    struct flow *flow;

    if ((!flows.chains || flows.count > flows.mask) && !grow() && !flows.chains)
        return 0;
    flow = calloc(1, sizeof *flow);
    if (!flow)
        return 0;
    flow->id = ++flows.last;
    if (owner)
        flow->owner = *owner;
    flow->next = *chain_of(flow->id);
    *chain_of(flow->id) = flow;
    flows.count++;
    return flow->id;
}

/* --- contexts ------------------------------------------------------------------------------------------------------------- */

/* Tells the callout, and frees. */
static void finish(struct fwp_flow_context *context)
{
    struct fwp_callout *callout = fwp_callout_of(context->callout);

    if (callout) {
        FWPS_CALLOUT_FLOW_DELETE_NOTIFY_FN0 deleted = callout->functions.flowDeleteFn;
        KIRQL irql = ke_irql();
        fwp_callout_enter(callout);
        if (deleted)
            deleted(context->layer, context->callout, context->value);
        if (unlikely(ke_irql() != irql))
            NT_EMIT(NT_EVENT_CALLBACK_IRQL, "flowDeleteFn", deleted, (uint64_t)irql << 8 | ke_irql(), fwp_callback(deleted));
        callout->contexts--;
        fwp_callout_leave(callout);
    }
    free(context);
}

void fwp_flow_delete(uint64_t id)
{
    struct flow *flow = find(id);
    struct flow **link;

    if (!flow)
        return;
    for (link = chain_of(id); *link != flow; link = &(*link)->next) {}
    *link = flow->next;
    flows.count--;
    while (flow->contexts) {
        struct fwp_flow_context *context = flow->contexts;
        flow->contexts = context->next;
        context->removed = true;
        if (!context->holds)
            finish(context);
    }
    free(flow);
}

static struct fwp_flow_context **context_link(struct flow *flow, uint16_t layer, uint32_t callout)
{
    struct fwp_flow_context **link = &flow->contexts;

    while (*link && ((*link)->layer != layer || (*link)->callout != callout))
        link = &(*link)->next;
    return link;
}

bool fwp_flow_has_context(uint64_t id, uint16_t layer)
{
    struct flow *flow = find(id);

    for (struct fwp_flow_context *context = flow ? flow->contexts : NULL; context; context = context->next)
        if (context->layer == layer)
            return true;
    return false;
}

struct fwp_flow_context *fwp_flow_context_hold(uint64_t id, uint16_t layer, uint32_t callout, uint64_t *value)
{
    struct flow *flow = find(id);
    struct fwp_flow_context *context = flow ? *context_link(flow, layer, callout) : NULL;

    *value = 0;
    if (!context)
        return NULL;
    context->holds++;
    *value = context->value;
    return context;
}

void fwp_flow_context_release(struct fwp_flow_context *context)
{
    if (context && --context->holds == 0 && context->removed)
        finish(context);
}

static void forget_in(struct flow *flow, uint32_t callout)
{
    for (struct fwp_flow_context **link = &flow->contexts; *link;) {
        struct fwp_flow_context *context = *link;
        if (context->callout != callout) {
            link = &context->next;
            continue;
        }
        *link = context->next;
        free(context);
    }
}

void fwp_flows_forget_callout(uint32_t id)
{
    struct fwp_callout *callout = fwp_callout_of(id);

    for (uint64_t i = 0; flows.chains && i <= flows.mask; i++)
        for (struct flow *flow = flows.chains[i]; flow; flow = flow->next)
            forget_in(flow, id);
    if (callout)
        callout->contexts = 0;
}

void fwp_flows_close(void)
{
    for (uint64_t i = 0; flows.chains && i <= flows.mask; i++)
        for (struct flow *flow = flows.chains[i], *next; flow; flow = next) {
            next = flow->next;
            for (struct fwp_flow_context *context = flow->contexts, *after; context; context = after) {
                after = context->next;
                free(context);
            }
            free(flow);
        }
    free(flows.chains);
    memset(&flows, 0, sizeof flows);
}

void fwp_flows_each(void (*visit)(void *context, const struct fwp_flow_view *view), void *context)
{
    for (uint64_t i = 0; flows.chains && i <= flows.mask; i++)
        for (struct flow *flow = flows.chains[i]; flow; flow = flow->next)
            for (struct fwp_flow_context *it = flow->contexts; it; it = it->next)
                visit(context, &(struct fwp_flow_view){ flow->id, it->layer, it->callout, it->value, it->holds != 0, it->caller });
}

uint64_t fwp_flow_count(void)
{
    return flows.count;
}

/* --- for drivers ------------------------------------------------------------------------------------------------------------ */

/* Associates flowContext (not 0) with the flow for this callout at this layer; flowDeleteFn gets it back. One context for each
 * callout and layer. IRQL <= DISPATCH_LEVEL. STATUS_INVALID_PARAMETER for 0, for a callout that is not registered or has no
 * flowDeleteFn, for a layer without data flows, and for a flow that has ended; STATUS_OBJECT_NAME_EXISTS when there is one;
 * STATUS_INSUFFICIENT_RESOURCES. docs: fwpsk/nf-fwpsk-fwpsflowassociatecontext0 */
NTSTATUS NTAPI FwpsFlowAssociateContext0(UINT64 flowId, UINT16 layerId, UINT32 calloutId, UINT64 flowContext)
{
    struct fwp_callout *callout = fwp_callout_of(calloutId);
    const struct fwp_layer *layer = fwp_layer_of(layerId);
    struct flow *flow = find(flowId);
    struct fwp_flow_context *context;

    if (!flowContext || !callout || !callout->registered || !callout->functions.flowDeleteFn || !layer || !layer->flows || !flow)
        return STATUS_INVALID_PARAMETER;
    if (*context_link(flow, layerId, calloutId))
        return STATUS_OBJECT_NAME_EXISTS;
    context = calloc(1, sizeof *context);
    if (!context)
        return STATUS_INSUFFICIENT_RESOURCES;
    *context = (struct fwp_flow_context){ .next = flow->contexts, .flow = flowId, .value = flowContext, .layer = layerId,
                                          .callout = calloutId, .caller = PE_CALLER().rip };
    flow->contexts = context;
    callout->contexts++;
    return STATUS_SUCCESS;
}

/* Takes the context away and calls flowDeleteFn: before this returns, or (STATUS_PENDING) when the classification that uses
 * it has ended. IRQL <= DISPATCH_LEVEL. STATUS_UNSUCCESSFUL when there is none.
 * docs: fwpsk/nf-fwpsk-fwpsflowremovecontext0 */
NTSTATUS NTAPI FwpsFlowRemoveContext0(UINT64 flowId, UINT16 layerId, UINT32 calloutId)
{
    struct flow *flow = find(flowId);
    struct fwp_flow_context **link = flow ? context_link(flow, layerId, calloutId) : NULL;
    struct fwp_flow_context *context = link ? *link : NULL;

    if (!context)
        return STATUS_UNSUCCESSFUL;
    *link = context->next;
    context->removed = true;
    if (fwp_network())
        fwp_network()->stream_look_again(flowId);
    if (context->holds)
        return STATUS_PENDING;
    finish(context);
    return STATUS_SUCCESS;
}

/* Ends the flow's connection; flowDeleteFn is called when the flow has ended. IRQL <= DISPATCH_LEVEL. STATUS_INVALID_PARAMETER
 * for a flow that has ended; STATUS_NOT_SUPPORTED for one that nobody can abort. docs: fwpsk/nf-fwpsk-fwpsflowabort0 */
NTSTATUS NTAPI FwpsFlowAbort0(UINT64 flowId)
{
    struct flow *flow = find(flowId);

    if (!flow)
        return STATUS_INVALID_PARAMETER;
    if (!flow->owner.abort)
        return STATUS_NOT_SUPPORTED;
    struct fwp_flow_owner owner = flow->owner;
    owner.abort(owner.context, flowId);
    return STATUS_SUCCESS;
}
