/* The filter engine as text and JSON. */
#include "fwp/describe.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fwp/callouts.h"
#include "fwp/flow.h"
#include "fwp/net_event.h"
#include "fwp/object.h"
#include "fwp/pending.h"
#include "fwp/runtime.h"
#include "nt/ke.h"
#include "nt/text.h"
#include "pe/pe.h"

#define DROPS 20                        /* of the last, in text */

static bool json(const struct writer *w)
{
    return w->format == WRITE_JSON;
}

/* A name that a driver gave, as text or as a JSON string. */
static void name(struct writer *w, const WCHAR *from)
{
    char text[160];
    size_t length = from ? text_to_utf8(text, sizeof text - 1, from, text_length(from), NULL) : 0;

    text[length < sizeof text - 1 ? length : sizeof text - 1] = 0;
    if (json(w))
        write_json_string(w, text);
    else
        write_text(w, "\"%s\"", text);
}

static const char *action_name(uint32_t action)
{
    switch (action) {
    case FWP_ACTION_BLOCK: return "block";
    case FWP_ACTION_PERMIT: return "permit";
    case FWP_ACTION_CALLOUT_TERMINATING: return "callout-terminating";
    case FWP_ACTION_CALLOUT_INSPECTION: return "callout-inspection";
    case FWP_ACTION_CALLOUT_UNKNOWN: return "callout-unknown";
    default: return "?";
    }
}

/* --- filters ------------------------------------------------------------------------------------------------------------------------ */

static const FWPM_FILTER0 *filter_of(const struct fwp_rule *rule)
{
    return ((const struct fwp_object *)rule->rest->owner)->value;
}

static void conditions(struct writer *w, const struct fwp_layer *layer, const FWPM_FILTER0 *filter)
{
    for (UINT32 i = 0; i < filter->numFilterConditions; i++) {
        struct writer one = { .format = WRITE_TEXT };
        fwp_describe_condition(&one, layer, &filter->filterCondition[i]);
        write_text(w, i ? (json(w) ? "," : ", ") : "");
        if (json(w))
            write_json_string(w, one.text ? one.text : "");
        else
            write_text(w, "%s", one.text ? one.text : "");
        w->failed |= one.failed;
        writer_free(&one);
    }
}

static void one_filter(struct writer *w, const struct fwp_layer *layer, const struct fwp_rule *rule, bool first)
{
    const FWPM_FILTER0 *filter = filter_of(rule);
    bool hard = (rule->flags & FWPM_FILTER_FLAG_CLEAR_ACTION_RIGHT) != 0;

    if (json(w)) {
        write_text(w, "%s{\"id\":%" PRIu64 ",\"weight\":\"0x%" PRIx64 "\",\"action\":\"%s\",\"hard\":%s,\"callout\":%u,\"name\":",
                   first ? "" : ",", rule->id, rule->weight, action_name(rule->action), hard ? "true" : "false",
                   (unsigned)rule->callout_id);
        name(w, filter->displayData.name);
        write_text(w, ",\"conditions\":[");
        conditions(w, layer, filter);
        write_text(w, "]}");
        return;
    }
    write_text(w, "      filter %" PRIu64 ", weight 0x%" PRIx64 ": %s%s", rule->id, rule->weight, hard ? "hard " : "",
               action_name(rule->action));
    if (rule->callout_id)
        write_text(w, " %u", (unsigned)rule->callout_id);
    write_text(w, ", ");
    name(w, filter->displayData.name);
    write_text(w, filter->numFilterConditions ? ", if " : "");
    conditions(w, layer, filter);
    write_text(w, "\n");
}

static int by_rank(const void *a, const void *b)
{
    const struct fwp_rule *x = *(struct fwp_rule *const *)a, *y = *(struct fwp_rule *const *)b;

    return fwp_rank_before(x->weight, x->id, y->weight, y->id) ? -1 : 1;
}

static void filters(struct writer *w, const struct fwp_sub *sub)
{
    size_t count = sub->index.count, shown = 0;
    struct fwp_rule **sorted = malloc((count ? count : 1) * sizeof(struct fwp_rule *));

    if (!sorted) {
        w->failed = true;
        return;
    }
    memcpy(sorted, sub->index.rules, count * sizeof(struct fwp_rule *));
    qsort(sorted, count, sizeof(struct fwp_rule *), by_rank);
    for (size_t i = 0; i < count; i++)
        if (sorted[i]->died == UINT64_MAX)
            one_filter(w, sub->index.layer, sorted[i], shown++ == 0);
    free(sorted);
}

/* --- layers and sublayers -------------------------------------------------------------------------------------------------------------- */

static void one_sublayer(struct writer *w, const struct fwp_sub *sub, bool first)
{
    const struct fwp_object *object = fwp_object_by_id(FWP_SUBLAYER, sub->id);
    const FWPM_SUBLAYER0 *value = object ? object->value : NULL;
    GUID none = { 0 };
    char key[40];

    fwp_guid_text(object ? &object->key : &none, key);
    if (json(w)) {
        write_text(w, "%s{\"key\":\"%s\",\"weight\":%u,\"name\":", first ? "" : ",", key, sub->weight);
        name(w, value ? value->displayData.name : NULL);
        write_text(w, ",\"filters\":[");
        filters(w, sub);
        write_text(w, "]}");
        return;
    }
    write_text(w, "    sublayer %s, weight %u: ", key, sub->weight);
    name(w, value ? value->displayData.name : NULL);
    write_text(w, "\n");
    filters(w, sub);
}

static void one_layer(struct writer *w, unsigned id, bool first)
{
    const struct fwp_layer_state *state = &fwp_runtime.layers[id];
    const struct fwp_layer *layer = state->layer;

    if (json(w)) {
        write_text(w, "%s{\"layer\":\"%s\",\"id\":%u,\"filters\":%u,\"permitted\":%" PRIu64 ",\"blocked\":%" PRIu64 ",\"vetoed\":%" PRIu64
                      ",\"absorbed\":%" PRIu64 ",\"unreached\":", first ? "" : ",", layer->name, id, (unsigned)fwp_filters[id],
                   state->permits, state->blocks, state->vetoes, state->absorbed);
        write_json_string(w, layer->unreached ? layer->unreached : "");
        write_text(w, ",\"sublayers\":[");
    } else {
        write_text(w, "  %s (%u): %u filters, permitted %" PRIu64 ", blocked %" PRIu64 " (%" PRIu64 " vetoes, %" PRIu64 " absorbed)%s%s\n",
                   layer->name, id, (unsigned)fwp_filters[id], state->permits, state->blocks, state->vetoes, state->absorbed,
                   layer->unreached ? "; never reached: " : "", layer->unreached ? layer->unreached : "");
    }
    for (unsigned i = 0; i < state->sub_count; i++)
        one_sublayer(w, state->subs[i], i == 0);
    write_text(w, json(w) ? "]}" : "");
}

static void layers(struct writer *w, bool all)
{
    unsigned shown = 0;

    write_text(w, json(w) ? "{\"layers\":[" : "layers%s\n", all ? "" : " with filters or traffic");
    for (unsigned id = 0; id < FWP_LAYERS; id++) {
        const struct fwp_layer_state *state = &fwp_runtime.layers[id];
        if (state->layer && (all || fwp_filters[id] || state->permits || state->blocks))
            one_layer(w, id, shown++ == 0);
    }
    write_text(w, json(w) ? "]" : shown ? "" : "  none\n");
}

/* --- callouts, flows, drops ---------------------------------------------------------------------------------------------------------------- */

static void one_callout(struct writer *w, const struct fwp_callout *callout, bool first)
{
    const struct fwp_object *object = fwp_object_by_id(FWP_CALLOUT, callout->id);
    const FWPM_CALLOUT0 *value = object ? object->value : NULL;
    const struct fwp_layer *layer = value ? fwp_layer_by_key(&value->applicableLayer) : NULL;
    struct pe_image *image = callout->registered ? pe_image_at((uint64_t)(uintptr_t)callout->functions.classifyFn) : NULL;
    char key[40];

    fwp_guid_text(&callout->key, key);
    if (json(w)) {
        write_text(w, "%s{\"id\":%u,\"key\":\"%s\",\"registered\":%s,\"driver\":", first ? "" : ",", (unsigned)callout->id, key,
                   callout->registered ? "true" : "false");
        write_json_string(w, image ? image->name : "");
        write_text(w, ",\"layer\":\"%s\",\"calls\":%" PRIu64 ",\"contexts\":%u,\"filters\":%u,\"name\":", layer ? layer->name : "",
                   callout->calls, callout->contexts, object ? object->references : 0);
        name(w, value ? value->displayData.name : NULL);
        write_text(w, "}");
        return;
    }
    write_text(w, "  callout %u %s, ", (unsigned)callout->id, key);
    name(w, value ? value->displayData.name : NULL);
    write_text(w, ": %s%s%s%s, %" PRIu64 " calls, %u filters, %u flow contexts\n",
               callout->registered ? "registered by " : "not registered", image ? image->name : callout->registered ? "ring3" : "",
               layer ? ", at " : ", not added", layer ? layer->name : "", callout->calls, object ? object->references : 0,
               callout->contexts);
}

static void callouts(struct writer *w)
{
    unsigned shown = 0;

    write_text(w, json(w) ? ",\"callouts\":[" : "callouts\n");
    for (uint32_t id = 1; id < fwp_callouts.count; id++)
        if (fwp_callouts.slot[id])
            one_callout(w, fwp_callouts.slot[id], shown++ == 0);
    write_text(w, json(w) ? "]" : shown ? "" : "  none\n");
}

struct flow_list {
    struct writer *w;
    unsigned shown;
};

static void one_context(void *context, const struct fwp_flow_view *view)
{
    struct flow_list *list = context;
    const struct fwp_layer *layer = fwp_layer_of(view->layer);
    const char *layer_name = layer ? layer->name : "?";

    if (json(list->w))
        write_text(list->w, "%s{\"flow\":%" PRIu64 ",\"layer\":\"%s\",\"callout\":%u,\"context\":\"0x%" PRIx64 "\"}",
                   list->shown ? "," : "", view->flow, layer_name, (unsigned)view->callout, view->context);
    else
        write_text(list->w, "  flow %" PRIu64 ": callout %u at %s, context 0x%" PRIx64 "%s\n", view->flow, (unsigned)view->callout,
                   layer_name, view->context, view->used ? ", in use" : "");
    list->shown++;
}

static void flows(struct writer *w)
{
    struct flow_list list = { w, 0 };

    if (json(w))
        write_text(w, ",\"flows\":%" PRIu64 ",\"contexts\":[", fwp_flow_count());
    else
        write_text(w, "flows: %" PRIu64 "; contexts\n", fwp_flow_count());
    fwp_flows_each(one_context, &list);
    write_text(w, json(w) ? "]" : list.shown ? "" : "  none\n");
}

/* --- events: what waits, what was dropped -------------------------------------------------------------------------------------------------- */

static void endpoint(struct writer *w, const struct fwp_net_event *event, const void *address, uint16_t port, bool has_port)
{
    fwp_describe_address(w, event->version, address);
    if (has_port)
        write_text(w, " port %u", port);
}

/* The ends and the protocol, as far as the layer has them. */
static void ends(struct writer *w, const struct fwp_net_event *event)
{
    if (!(event->flags & FWPM_NET_EVENT_FLAG_LOCAL_ADDR_SET))
        return;
    endpoint(w, event, &event->local, event->local_port, event->flags & FWPM_NET_EVENT_FLAG_LOCAL_PORT_SET);
    if (event->flags & FWPM_NET_EVENT_FLAG_REMOTE_ADDR_SET) {
        write_text(w, event->inbound ? " from " : " to ");
        endpoint(w, event, &event->remote, event->remote_port, event->flags & FWPM_NET_EVENT_FLAG_REMOTE_PORT_SET);
    }
    if (event->flags & FWPM_NET_EVENT_FLAG_IP_PROTOCOL_SET)
        write_text(w, ", protocol %u", event->protocol);
}

/* The same as the end of a text line, or as the last member of a JSON object. */
static void what(struct writer *w, const struct fwp_net_event *event)
{
    struct writer text = { .format = WRITE_TEXT };

    ends(&text, event);
    if (json(w)) {
        write_text(w, ",\"what\":");
        write_json_string(w, text.text ? text.text : "");
        write_text(w, "}");
    } else {
        write_text(w, "%s%s\n", text.text ? ": " : "", text.text ? text.text : "");
    }
    w->failed |= text.failed;
    writer_free(&text);
}

static const char *layer_name(const struct fwp_net_event *event)
{
    const struct fwp_layer *layer = fwp_layer_of(event->layer);

    return layer ? layer->name : "?";
}

struct pended_list {
    struct writer *w;
    unsigned shown;
};

static void one_pended(void *context, const struct fwp_net_event *event, const char *driver)
{
    struct pended_list *list = context;
    struct writer *w = list->w;
    uint64_t ms = ((uint64_t)ke_system_time() - event->time) / 10000;

    if (json(w)) {
        write_text(w, "%s{\"layer\":\"%s\",\"driver\":", list->shown ? "," : "", layer_name(event));
        write_json_string(w, driver);
        write_text(w, ",\"milliseconds\":%" PRIu64, ms);
    } else {
        write_text(w, "  %s: by %s since %" PRIu64 " ms", layer_name(event), *driver ? driver : "ring3", ms);
    }
    what(w, event);
    list->shown++;
}

static void pending(struct writer *w)
{
    struct pended_list list = { w, 0 };

    write_text(w, json(w) ? ",\"pending\":%u,\"pended\":[" : "pending classifications: %u\n", fwp_pended_count());
    fwp_pended_each(one_pended, &list);
    write_text(w, json(w) ? "]" : "");
}

/* The driver of the callout that decided; "" when a filter did, or the callout is gone. */
static const char *decided_by(const struct fwp_net_event *event)
{
    const struct fwp_callout *callout = event->callout ? fwp_callout_of(event->callout) : NULL;
    struct pe_image *image =
        callout && callout->registered ? pe_image_at((uint64_t)(uintptr_t)callout->functions.classifyFn) : NULL;

    return image ? image->name : "";
}

static void one_drop(struct writer *w, const struct fwp_net_event *event, bool first)
{
    const struct fwp_object *object = fwp_object_by_id(FWP_FILTER, event->filter);
    const FWPM_FILTER0 *filter = object ? object->value : NULL;
    const char *why = event->veto ? "vetoed" : "blocked", *driver = decided_by(event);

    if (json(w)) {
        write_text(w, "%s{\"number\":%" PRIu64 ",\"layer\":\"%s\",\"filter\":%" PRIu64 ",\"callout\":%u,\"driver\":",
                   first ? "" : ",", event->sequence, layer_name(event), event->filter, (unsigned)event->callout);
        write_json_string(w, driver);
        write_text(w, ",\"reason\":\"%s\",\"name\":", why);
        name(w, filter ? filter->displayData.name : NULL);
    } else {
        write_text(w, "  %s: %s by filter %" PRIu64, layer_name(event), why, event->filter);
        if (filter) {
            write_text(w, " ");
            name(w, filter->displayData.name);
        }
        if (event->callout)
            write_text(w, ", callout %u%s%s", (unsigned)event->callout, *driver ? " of " : "", driver);
    }
    what(w, event);
}

static void drops(struct writer *w)
{
    uint64_t count = fwp_net_event_count();
    const struct fwp_net_event *event = fwp_net_event_from(count > DROPS && !json(w) ? count - DROPS + 1 : 1);
    bool first = true;

    if (json(w))
        write_text(w, ",\"drops\":[");
    else
        write_text(w, "drops: %" PRIu64 "%s\n", count, fwp_net_events_on ? "" : " (collection is off)");
    for (; event; event = fwp_net_event_from(event->sequence + 1)) {
        one_drop(w, event, first);
        first = false;
    }
    write_text(w, json(w) ? "]}\n" : "");
}

/* The engine's state, and filters that are kept and not enforced. */
static void engine(struct writer *w)
{
    bool first = true;

    write_text(w, json(w) ? ",\"engine\":\"%s\",\"kept\":[" : "filter engine: %s\n", fwp_bfe_state_name());
    list_each(it, fwp_objects_of(FWP_FILTER)) {
        const struct fwp_object *object = container_of(it, struct fwp_object, node);
        const FWPM_FILTER0 *filter = object->value;
        const char *why = filter->flags & FWPM_FILTER_FLAG_DISABLED ? "disabled" : "boot-time";
        if (object->rule)
            continue;
        if (json(w))
            write_text(w, "%s{\"id\":%" PRIu64 ",\"why\":\"%s\",\"name\":", first ? "" : ",", object->id, why);
        else
            write_text(w, "%s  filter %" PRIu64 ", %s: ", first ? "kept, not enforced\n" : "", object->id, why);
        name(w, filter->displayData.name);
        write_text(w, json(w) ? "}" : "\n");
        first = false;
    }
    write_text(w, json(w) ? "]" : "");
}

void fwp_describe(struct writer *w, bool all)
{
    layers(w, all);
    callouts(w);
    flows(w);
    fwp_describe_streams(w);
    pending(w);
    engine(w);
    drops(w);
}
