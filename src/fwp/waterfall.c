/* Which filters a connection's stream passes. waterfall.h has the contract. docs: network/stream-inspection */
#include "fwp/waterfall.h"

#include "fwp/callouts.h"
#include "fwp/event.h"
#include "fwp/flow.h"
#include "fwp/runtime.h"
#include "nt/event.h"

uint64_t fwp_waterfall_version(uint16_t layer)
{
    return fwp_runtime.layers[layer].version;
}

static unsigned steps_of(const struct fwp_sub *sub, const struct fwp_packet *packet, struct fwp_step *steps, unsigned space)
{
    const struct fwp_rule *rule = NULL;
    unsigned count = 0;

    while ((rule = fwp_index_next(&sub->index, packet, fwp_runtime.version, rule)) != NULL) {
        if (count < space)
            steps[count] = (struct fwp_step){
                .rule = rule, .filter = rule->id, .callout = rule->action & FWP_ACTION_FLAG_CALLOUT ? rule->callout_id : 0,
                .sublayer = sub->id, .weight = sub->weight, .layer = rule->layer,
                .inspects = rule->action == FWP_ACTION_CALLOUT_INSPECTION,
            };
        count++;
    }
    return count;
}

unsigned fwp_waterfall(const FWPS_INCOMING_VALUES0 *values, struct fwp_step *steps, unsigned space)
{
    struct fwp_layer_state *state = &fwp_runtime.layers[values->layerId];
    struct fwp_packet packet;
    unsigned count = 0;

    fwp_packet_prepare(&packet, state->layer, values, state->used);
    for (struct fwp_sub *sub = fwp_sub_next(state, NULL); sub; sub = fwp_sub_next(state, sub))
        count += steps_of(sub, &packet, steps + count, count < space ? space - count : 0);
    return count;
}

static const struct fwp_callout *callout_of(const struct fwp_step *step)
{
    const struct fwp_callout *callout = step->callout ? fwp_callout_of(step->callout) : NULL;

    return callout && callout->registered ? callout : NULL;
}

bool fwp_step_lives(const struct fwp_step *step)
{
    return callout_of(step) != NULL;
}

bool fwp_step_calls(const struct fwp_step *step, uint64_t flow)
{
    const struct fwp_callout *callout = callout_of(step);
    uint64_t value;

    if (!callout || !(callout->functions.flags & FWP_CALLOUT_FLAG_CONDITIONAL_ON_FLOW))
        return callout != NULL;
    struct fwp_flow_context *context = fwp_flow_context_hold(flow, step->layer, step->callout, &value);
    fwp_flow_context_release(context);
    return context != NULL;
}

bool fwp_step_joins(const struct fwp_step *step)
{
    const struct fwp_callout *callout = callout_of(step);

    return !step->callout || (callout && callout->functions.flags & FWP_CALLOUT_FLAG_ALLOW_MID_STREAM_INSPECTION);
}

void fwp_step_misuse(const struct fwp_step *step, const char *text, uint64_t what)
{
    const struct fwp_callout *callout = callout_of(step);

    if (callout)
        FWP_EMIT(FWP_EVENT_MISUSE, text, callout->id, what, fwp_callback((const void *)callout->functions.classifyFn));
}
