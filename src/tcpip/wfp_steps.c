/* The stages of a stream: one for each filter that its connection matches, in the filters' order.
 *
 * | a filter that           | and the stage                                                                                        |
 * |-------------------------|------------------------------------------------------------------------------------------------------|
 * | was there               | stays, with its bytes                                                                                |
 * | takes another's place   | (same sublayer and callout) stays                                                                    |
 * | is new                  | is made when the connection is new or the callout takes streams in their middle                      |
 * | has gone                | stays as a place where the callout's clones may still enter, until the callout is unregistered       |
 */
#include <lwip/ip.h>
#include <stdlib.h>

#include "base/util.h"
#include "nt/ke.h"
#include "tcpip/interface.h"
#include "tcpip/stack.h"
#include "tcpip/tcp_internal.h"
#include "tcpip/wfp_stream_internal.h"

#define FEW 8u

struct wfp_info wfp_stream_info(const struct tcpip_tcp *tcp)
{
    struct wfp_info info = {
        .local_port = tcp->local_port, .remote_port = tcp->remote_port, .protocol = IP_PROTO_TCP, .inbound = tcp->wfp.inbound,
        .flow = tcp->wfp.flow, .have = WFP_HAS_FLOW,
    };
    bool v6 = IP_IS_V6(&tcp->remote_ip);

    info.local = v6 ? ip_from6(ip_2_ip6(&tcp->local_ip)) : ip_from4(ip_2_ip4(&tcp->local_ip)->addr);
    info.remote = v6 ? ip_from6(ip_2_ip6(&tcp->remote_ip)) : ip_from4(ip_2_ip4(&tcp->remote_ip)->addr);
    info.flags = wfp_is_own(&info.remote) ? WFP_IS_LOOPBACK : 0;
    return info;
}

static struct stage *make(void)
{
    struct stage *g = stack_calloc(sizeof *g);

    for (unsigned n = 0; g && n < 2; n++)
        chunks_init(&g->side[n].waiting);
    return g;
}

static void release(struct stage *g)
{
    chunks_clear(&g->side[0].waiting);
    chunks_clear(&g->side[1].waiting);
    free(g);
}

void stages_free(struct wfp_stream *s)
{
    while (s->stages) {
        struct stage *next = s->stages->next;
        release(s->stages);
        s->stages = next;
    }
}

static bool is_idle(const struct wfp_stream *s, const struct stage *g)
{
    return !g->side[0].waiting.first && !g->side[1].waiting.first && g->side[0].end_waits == g->side[0].end_gone &&
           g->side[1].end_waits == g->side[1].end_gone && !g->side[0].end_held && !g->side[1].end_held &&
           s->direction[0].shown != g && s->direction[1].shown != g;
}

static struct stage *same_filter(struct wfp_stream *s, const struct fwp_step *step)
{
    for (struct stage *g = s->stages; g; g = g->next)
        if (!g->gone && !g->chosen && g->step.filter == step->filter)
            return g;
    return NULL;
}

static struct stage *same_callout(struct wfp_stream *s, const struct fwp_step *step, bool gone)
{
    for (struct stage *g = step->callout ? s->stages : NULL; g; g = g->next)
        if (g->gone == gone && !g->chosen && g->step.callout == step->callout && g->step.sublayer == step->sublayer)
            return g;
    return NULL;
}

/* The stage of each step, NULL for one that this connection is not shown to. False without memory. */
static bool choose(struct wfp_stream *s, const struct fwp_step *steps, unsigned count, struct stage **chosen)
{
    for (unsigned n = 0; n < count; n++)
        if ((chosen[n] = same_filter(s, &steps[n])))
            chosen[n]->chosen = true;
    for (unsigned n = 0; n < count; n++) {
        bool joins = !s->made || fwp_step_joins(&steps[n]);
        if (!chosen[n])
            chosen[n] = same_callout(s, &steps[n], false);
        if (!chosen[n] && joins)
            chosen[n] = same_callout(s, &steps[n], true);
        if (!chosen[n] && joins && !(chosen[n] = make()))
            return false;
        if (chosen[n])
            chosen[n]->chosen = true;
    }
    return true;
}

static bool before(const struct stage *a, const struct stage *b)
{
    return a->step.weight > b->step.weight || (a->step.weight == b->step.weight && a->step.sublayer <= b->step.sublayer);
}

/* Behind those of its sublayer. */
static void insert(struct wfp_stream *s, struct stage *g)
{
    struct stage **link = &s->stages;

    while (*link && before(*link, g))
        link = &(*link)->next;
    g->next = *link;
    *link = g;
}

static void link_all(struct wfp_stream *s, const struct fwp_step *steps, unsigned count, struct stage **chosen)
{
    struct stage *old = s->stages, **link = &s->stages;

    for (struct stage **o = &old; *o;)
        if ((*o)->chosen)
            *o = (*o)->next;
        else
            o = &(*o)->next;
    for (unsigned n = 0; n < count; n++) {
        struct stage *g = chosen[n];
        if (!g)
            continue;
        g->step = steps[n];
        g->gone = g->chosen = false;
        *link = g;
        link = &g->next;
    }
    *link = NULL;
    while (old) {
        struct stage *g = old;
        old = g->next;
        g->gone = true;
        if (fwp_step_lives(&g->step) || !is_idle(s, g))
            insert(s, g);
        else
            release(g);
    }
}

/* Without memory for all of them: those that were made for nothing go, the others are as they were. */
static void undo(struct wfp_stream *s, unsigned count, struct stage **chosen)
{
    for (unsigned n = 0; n < count; n++) {
        bool listed = false;
        for (struct stage *g = s->stages; g; g = g->next)
            listed |= g == chosen[n];
        if (chosen[n] && !listed)
            release(chosen[n]);
    }
    for (struct stage *g = s->stages; g; g = g->next)
        g->chosen = false;
}

static bool follow(struct wfp_stream *s, const struct fwp_step *steps, unsigned count)
{
    struct stage *few[FEW] = { NULL }, **chosen = count <= FEW ? few : stack_calloc(count * sizeof(struct stage *));
    bool good = chosen && choose(s, steps, count, chosen);

    if (good)
        link_all(s, steps, count, chosen);
    else if (chosen)
        undo(s, count, chosen);
    if (chosen != few)
        free(chosen);
    return good;
}

bool stages_refresh(struct wfp_stream *s)
{
    struct wfp_info info = wfp_stream_info(s->tcp);
    uint16_t layer = wfp_layer(FWPS_LAYER_STREAM_V4, info.remote.family);
    uint64_t version = fwp_waterfall_version(layer);
    struct fwp_step few[FEW], *steps = few;

    if (s->made && s->version == version)
        return true;
    unsigned count = wfp_waterfall(layer, &info, few, FEW);
    if (count > FEW) {
        steps = stack_calloc(count * sizeof *steps);
        if (!steps)
            return false;
        wfp_waterfall(layer, &info, steps, count);
    }
    bool good = follow(s, steps, count);
    if (steps != few)
        free(steps);
    if (!good)
        return false;
    s->version = version;
    s->made = true;
    return true;
}

/* The one whose classifyFn runs here, or the first. NULL: the connection does not pass this callout. */
struct stage *stage_of(struct wfp_stream *s, bool inbound, uint32_t callout)
{
    const struct direction *d = &s->direction[inbound];
    struct stage *g = d->shown;

    if (g && d->shown_by == this_cpu && g->step.callout == callout)
        return g;
    for (g = s->stages; g && g->step.callout != callout; g = g->next) {}
    return g;
}
