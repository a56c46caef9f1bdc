/* Arbitration: which action a layer's sublayers and callouts agree on.
 *
 * Within a sublayer the matching filters are evaluated by weight until one permits or blocks. Over the sublayers, by weight:
 *
 * | decided so far | the sublayer says          | becomes                                                               |
 * |----------------|----------------------------|-----------------------------------------------------------------------|
 * | nothing        | permit, block              | that; hard when the right to write was cleared                        |
 * | soft           | permit, block              | that                                                                  |
 * | hard permit    | a callout's block          | block, hard: a veto                                                   |
 * | hard permit    | a filter's own block       | unchanged (policy.h: filter_block_vetoes)                             |
 * | hard permit    | permit                     | unchanged                                                             |
 * | hard block     | anything                   | unchanged                                                             |
 *
 * A filter's permit is soft, or hard with FWPM_FILTER_FLAG_CLEAR_ACTION_RIGHT; a filter's block is hard; a callout's action is
 * hard when the callout cleared FWPS_RIGHT_ACTION_WRITE. A callout finds in classifyOut what has been decided so far; when it
 * has no right to write, leaving that there is no decision of its own, and the next filter is asked.
 * docs: fwp/filter-arbitration, fwpstypes/ns-fwpstypes-fwps_classify_out0 */
#include <string.h>

#include "fwp/callouts.h"
#include "fwp/classification.h"
#include "fwp/event.h"
#include "fwp/flow.h"
#include "fwp/fwp.h"
#include "fwp/net_event.h"
#include "fwp/pending.h"
#include "fwp/policy.h"
#include "fwp/redirect.h"
#include "fwp/runtime.h"
#include "fwp/waterfall.h"
#include "host/time.h"
#include "nt/event.h"
#include "nt/ke.h"

struct fwp_policy fwp_policy;

#define SLOW_NS 1000000
#define SLOW_CALLS 3

/* What one filter says. action: FWP_ACTION_PERMIT, FWP_ACTION_BLOCK, or FWP_ACTION_CONTINUE for nothing. */
struct saying {
    uint32_t action;
    bool hard, callout, absorb;
};

static const struct saying nothing = { .action = FWP_ACTION_CONTINUE };

/* --- callouts ------------------------------------------------------------------------------------------------------------ */

static struct list calling = LIST_INIT(calling);

bool fwp_is_classifying(const void *context)
{
    list_each(node, &calling)
        if (container_of(node, struct fwp_classification, calling) == context)
            return true;
    return false;
}

void fwp_classify_open(void)
{
    list_init(&calling);
}

static void call(struct fwp_callout *callout, const struct fwp_classification *c, const struct fwp_rule *rule, uint64_t context,
                 FWPS_CLASSIFY_OUT0 *out)
{
    void *classify = (void *)callout->functions.classifyFn;
    const void *own = c->verdict->classify_context ? c->verdict->classify_context : c;

    switch (callout->version) {
    case 0:
        ((FWPS_CALLOUT_CLASSIFY_FN0)classify)(c->values, c->metadata, c->layer_data, (const FWPS_FILTER0 *)&rule->rest->seen, context, out);
        break;
    case 1:
        ((FWPS_CALLOUT_CLASSIFY_FN1)classify)(c->values, c->metadata, c->layer_data, own,
                                              (const FWPS_FILTER1 *)&rule->rest->seen, context, out);
        break;
    case 2:
        ((FWPS_CALLOUT_CLASSIFY_FN2)classify)(c->values, c->metadata, c->layer_data, own, &rule->rest->seen,
                                              context, out);
        break;
    default:
        ((FWPS_CALLOUT_CLASSIFY_FN3)classify)(c->values, c->metadata, c->layer_data, own,
                                              (const FWPS_FILTER3 *)&rule->rest->seen, context, out);
    }
}

/* Reports a slow classifyFn, unless the host's other processes had the time. The first calls pay for what the computer does once at
 * each instruction: it takes a third slow one. */
static void report_slow(struct fwp_callout *callout, const struct fwp_classification *c, const void *function, uint64_t took)
{
    uint64_t lost = host_lost_ns();

    if (took > lost && took - lost > SLOW_NS && ++callout->slow >= SLOW_CALLS)
        FWP_EMIT(FWP_EVENT_SLOW, c->layer->name, callout->id, took - lost, fwp_callback(function));
}

/* Calls with the checks around: IRQL kept, time taken. */
static void call_checked(struct fwp_callout *callout, const struct fwp_classification *c, const struct fwp_rule *rule,
                         uint64_t context, FWPS_CLASSIFY_OUT0 *out)
{
    const void *function = (const void *)callout->functions.classifyFn;
    uint64_t begin = fwp_event_mask & 1u << FWP_EVENT_SLOW ? ke_now() : 0;
    KIRQL irql = ke_irql();

    callout->calls++;
    c->verdict->callouts++;
    fwp_last_classify = function;
    call(callout, c, rule, context, out);
    if (unlikely(ke_irql() != irql))
        NT_EMIT(NT_EVENT_CALLBACK_IRQL, "classifyFn", function, (uint64_t)irql << 8 | ke_irql(), fwp_callback(function));
    if (begin && unlikely(ke_now() - begin > SLOW_NS))
        report_slow(callout, c, function, ke_now() - begin);
}

static void misuse(const char *text, const struct fwp_callout *callout, const void *function, uint64_t what)
{
    FWP_EMIT(FWP_EVENT_MISUSE, text, callout->id, what, fwp_callback(function));
}

/* What the callout's answer means. before: the action it found, without_right: it had no right to write. */
static struct saying understand(const struct fwp_classification *c, const struct fwp_callout *callout, const void *function,
                                const struct fwp_rule *rule, const FWPS_CLASSIFY_OUT0 *out, uint32_t before)
{
    struct saying saying = { .action = out->actionType, .callout = true, .hard = !(out->rights & FWPS_RIGHT_ACTION_WRITE),
                             .absorb = (out->flags & FWPS_CLASSIFY_OUT_FLAG_ABSORB) != 0 };
    bool decides = out->actionType == FWP_ACTION_PERMIT || out->actionType == FWP_ACTION_BLOCK;

    if (saying.absorb && out->actionType != FWP_ACTION_BLOCK)
        misuse("a callout sets FWPS_CLASSIFY_OUT_FLAG_ABSORB without FWP_ACTION_BLOCK", callout, function, out->actionType);
    if (saying.absorb && out->actionType == FWP_ACTION_BLOCK && !c->layer->absorbs)
        misuse("a callout sets FWPS_CLASSIFY_OUT_FLAG_ABSORB at a layer where it does not apply", callout, function, c->layer->id);
    if (!c->write) {
        bool veto = out->actionType == FWP_ACTION_BLOCK && before == FWP_ACTION_PERMIT;
        if (out->actionType != before && !veto)
            misuse("a callout writes an action without FWPS_RIGHT_ACTION_WRITE", callout, function, out->actionType);
        if (out->actionType != FWP_ACTION_BLOCK || before != FWP_ACTION_PERMIT)
            return nothing;
    }
    if (!decides)
        return nothing;
    if (rule->action == FWP_ACTION_CALLOUT_INSPECTION) {
        if (out->actionType != before)
            misuse("a callout permits or blocks for a filter of FWP_ACTION_CALLOUT_INSPECTION", callout, function, out->actionType);
        return nothing;
    }
    return saying;
}

static struct saying unregistered(const struct fwp_rule *rule)
{
    if (rule->action == FWP_ACTION_CALLOUT_INSPECTION)
        return nothing;
    if (rule->flags & FWPM_FILTER_FLAG_PERMIT_IF_CALLOUT_UNREGISTERED)
        return (struct saying){ .action = FWP_ACTION_PERMIT, .hard = (rule->flags & FWPM_FILTER_FLAG_CLEAR_ACTION_RIGHT) != 0 };
    return (struct saying){ .action = FWP_ACTION_BLOCK, .hard = true };
}

static struct saying ask_callout(struct fwp_classification *c, const struct fwp_rule *rule)
{
    struct fwp_callout *callout = fwp_callout_of(rule->callout_id);
    uint32_t before = c->decided ? c->verdict->action : FWP_ACTION_NONE;
    FWPS_CLASSIFY_OUT0 out = { .actionType = before, .rights = c->write ? FWPS_RIGHT_ACTION_WRITE : 0,
                               .flags = c->verdict->out_flags };
    struct fwp_flow_context *context;
    struct saying saying;
    uint64_t value;

    if (!callout || !callout->registered)
        return unregistered(rule);
    context = fwp_flow_context_hold(c->flow, c->layer->id, callout->id, &value);
    if (!context && callout->functions.flags & FWP_CALLOUT_FLAG_CONDITIONAL_ON_FLOW)
        return nothing;
    const void *function = (const void *)callout->functions.classifyFn;
    fwp_callout_enter(callout);
    list_push_front(&calling, &c->calling);
    call_checked(callout, c, rule, value, &out);
    list_remove(&c->calling);
    saying = understand(c, callout, function, rule, &out, before);
    c->verdict->flags = out.flags;
    fwp_callout_leave(callout);
    fwp_flow_context_release(context);
    return saying;
}

/* --- arbitration ----------------------------------------------------------------------------------------------------------- */

static struct saying ask(struct fwp_classification *c, const struct fwp_rule *rule)
{
    bool clear = (rule->flags & FWPM_FILTER_FLAG_CLEAR_ACTION_RIGHT) != 0;

    if (rule->action & FWP_ACTION_FLAG_CALLOUT)
        return ask_callout(c, rule);
    if (rule->action == FWP_ACTION_BLOCK)
        return (struct saying){ .action = FWP_ACTION_BLOCK, .hard = clear || !fwp_policy.filter_block_soft };
    return (struct saying){ .action = FWP_ACTION_PERMIT, .hard = clear };
}

/* Takes what a sublayer says into account. */
static void decide(struct fwp_classification *c, const struct fwp_sub *sub, const struct fwp_rule *rule, const struct saying *saying)
{
    struct fwp_verdict *verdict = c->verdict;
    bool veto = false;

    if (c->decided && !c->write) {
        veto = verdict->action == FWP_ACTION_PERMIT && saying->action == FWP_ACTION_BLOCK &&
               (saying->callout || fwp_policy.filter_block_vetoes);
        if (!veto)
            return;
    }
    c->decided = true;
    c->write = !saying->hard && !veto;
    verdict->action = saying->action;
    verdict->absorb = saying->absorb && saying->action == FWP_ACTION_BLOCK;
    verdict->veto = veto;
    verdict->hard = !c->write;
    verdict->filter_id = rule->id;
    verdict->sublayer_id = sub->id;
    verdict->callout_id = saying->callout ? rule->callout_id : 0;
}

static void evaluate(struct fwp_classification *c, const struct fwp_packet *packet, uint64_t version, const struct fwp_sub *sub)
{
    const struct fwp_rule *rule = NULL;

    while ((rule = fwp_index_next(&sub->index, packet, version, rule)) != NULL) {
        struct saying saying = ask(c, rule);
        if (saying.action == FWP_ACTION_CONTINUE)
            continue;
        decide(c, sub, rule, &saying);
        return;
    }
}

static void conclude(const struct fwp_classification *c)
{
    struct fwp_layer_state *state = &fwp_runtime.layers[c->layer->id];
    struct fwp_verdict *verdict = c->verdict;

    verdict->by_default = !c->decided;
    if (verdict->action == FWP_ACTION_PERMIT) {
        state->permits++;
        return;
    }
    state->blocks++;
    state->vetoes += verdict->veto;
    state->absorbed += verdict->absorb;
    if (!verdict->absorb)
        fwp_net_event_drop(c->layer, c->values, c->metadata, verdict);
}

/* Whoever puts the classification off is listed with what it is about. */
static void show(const FWPS_INCOMING_VALUES0 *values, const FWPS_INCOMING_METADATA_VALUES0 *metadata, void *classify_context)
{
    if (classify_context)
        fwp_redirect_show(classify_context, values);
    if (metadata && metadata->currentMetadataValues & FWPS_METADATA_FIELD_COMPLETION_HANDLE)
        ((struct fwp_pendable *)metadata->completionHandle)->values = values;
}

void fwp_classify(const FWPS_INCOMING_VALUES0 *values, FWPS_INCOMING_METADATA_VALUES0 *metadata, void *layer_data,
                  struct fwp_verdict *verdict)
{
    struct fwp_layer_state *state = &fwp_runtime.layers[values->layerId];
    struct fwp_classification c = { .values = values, .metadata = metadata, .layer_data = layer_data, .layer = state->layer,
                                .verdict = verdict, .write = true };
    struct fwp_packet packet;
    uint64_t version = fwp_runtime_enter(), outer = metadata ? metadata->reserved : 0;

    *verdict = (struct fwp_verdict){ .classify_context = verdict->classify_context, .out_flags = verdict->out_flags,
                                     .action = FWP_ACTION_PERMIT };
    if (metadata && metadata->currentMetadataValues & FWPS_METADATA_FIELD_FLOW_HANDLE)
        c.flow = metadata->flowHandle;
    if (metadata)
        metadata->reserved = (uintptr_t)&c;
    show(values, metadata, verdict->classify_context);
    fwp_packet_prepare(&packet, state->layer, values, state->used);
    for (struct fwp_sub *sub = fwp_sub_next(state, NULL); sub; sub = fwp_sub_next(state, sub)) {
        evaluate(&c, &packet, version, sub);
        if (fwp_policy.block_stops && c.decided && !c.write && verdict->action == FWP_ACTION_BLOCK)
            break;
    }
    if (metadata)
        metadata->reserved = outer;
    conclude(&c);
    fwp_runtime_leave();
}

void fwp_ask(const struct fwp_step *step, const FWPS_INCOMING_VALUES0 *values, FWPS_INCOMING_METADATA_VALUES0 *metadata,
             void *layer_data, struct fwp_verdict *verdict)
{
    struct fwp_classification c = { .values = values, .metadata = metadata, .layer_data = layer_data,
                                    .layer = fwp_runtime.layers[values->layerId].layer, .verdict = verdict, .write = true };
    const struct fwp_rule *rule = step->rule;
    struct saying saying;

    fwp_runtime_enter();
    *verdict = (struct fwp_verdict){ .out_flags = verdict->out_flags, .action = FWP_ACTION_PERMIT };
    c.flow = metadata->flowHandle;
    metadata->reserved = (uintptr_t)&c;
    saying = ask(&c, rule);
    if (saying.action != FWP_ACTION_CONTINUE)
        decide(&c, rule->rest->sub, rule, &saying);
    metadata->reserved = 0;
    conclude(&c);
    fwp_runtime_leave();
}
