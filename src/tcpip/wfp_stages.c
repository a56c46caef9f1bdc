/* What each stage does with the bytes that wait before it: shows them to its callout, and does as it says. */
#include <stdlib.h>

#include "base/util.h"
#include "nt/ke.h"
#include "tcpip/stack.h"
#include "tcpip/tcp_internal.h"
#include "tcpip/wfp_stream_internal.h"

#define PIECE 65536u
#define FEW 8u

/* --- where bytes go ---------------------------------------------------------------------------------------------------------------- */

static struct stage *stage_behind(const struct wfp_stream *s, const struct stage *g)
{
    return g ? g->next : s->stages;
}

struct chunks *queue_behind(struct wfp_stream *s, struct stage *g, bool inbound)
{
    struct stage *next = stage_behind(s, g);

    return next ? &next->side[inbound].waiting : &s->direction[inbound].ready;
}

bool end_behind(struct wfp_stream *s, const struct stage *g, bool inbound)
{
    const struct stage *next = stage_behind(s, g);

    return next ? next->side[inbound].end_gone : s->direction[inbound].ended;
}

void give_end(struct wfp_stream *s, struct stage *g, bool inbound)
{
    struct stage *next = stage_behind(s, g);

    if (g)
        g->side[inbound].end_held = false;
    if (next)
        next->side[inbound].end_waits = true;
    else
        s->direction[inbound].end_ready = true;
}

/* The decision of a filter is its sublayer's: the others of it do not see the bytes. */
static bool passes(const struct stage *g, const struct chunk *c)
{
    return g->gone || g->allowed || (c->has_past && c->past == g->step.sublayer) || (c->by && c->by == g->step.callout);
}

enum fate { HAND_ON, DECIDED, TAKE_OUT };

/* The first `size` bytes leave the stage. Bytes behind an end that somebody has injected go nowhere. False without memory. */
static bool leave(struct wfp_stream *s, struct stage *g, bool inbound, size_t size, enum fate fate)
{
    struct chunks *from = &g->side[inbound].waiting, *to = queue_behind(s, g, inbound);
    bool nowhere = fate == TAKE_OUT || end_behind(s, g, inbound);

    if (!chunks_cut(from, size))
        return false;
    while (size) {
        struct chunk *c = chunks_pop(from);
        size -= c->size;
        if (nowhere) {
            chunk_free(c);
            continue;
        }
        if (fate == DECIDED) {
            c->has_past = true;
            c->past = g->step.sublayer;
        }
        chunks_put(to, c);
    }
    return true;
}

/* Bytes that the stages behind this one will not see. */
static void count_missed(struct stage *g, bool inbound, size_t size)
{
    for (g = g->next; g; g = g->next)
        g->side[inbound].missed += size;
}

/* --- showing ----------------------------------------------------------------------------------------------------------------------- */

static uint32_t flags_of(const struct wfp_stream *s, bool inbound)
{
    const struct tcp_pcb *pcb = s->tcp->pcb;

    if (inbound)
        return WFP_STREAM_RECEIVE;
    return WFP_STREAM_SEND | (pcb && tcp_nagle_disabled(pcb) ? WFP_STREAM_SEND_NODELAY : 0);
}

static unsigned copy_pieces(const struct chunks *q, size_t size, struct fwp_packet **list)
{
    unsigned count = 0;
    size_t at = 0;
    uint8_t *bytes;

    do {
        size_t n = min_u64(size - at, PIECE);
        if (!(list[count] = wfp_packet_take(n, &bytes)))
            break;
        chunks_copy(q, at, bytes, n);
        wfp_packet_list(list[count++], 0, (uint32_t)n);
        at += n;
    } while (at < size);
    return at == size ? count : 0;
}

/* Asks about the first `size` bytes. False: no memory. */
static bool show(struct wfp_stream *s, struct stage *g, bool inbound, size_t size, uint32_t flags, uint32_t out_flags,
                 struct wfp_stream_answer *answer)
{
    struct stage_side *side = &g->side[inbound];
    struct direction *d = &s->direction[inbound];
    struct wfp_info info = wfp_stream_info(s->tcp);
    unsigned most = (unsigned)(size / PIECE + 1), count = 0;
    struct fwp_packet *few[FEW] = { NULL }, **list = most <= FEW ? few : stack_calloc(most * sizeof(struct fwp_packet *));
    bool calls = fwp_step_calls(&g->step, info.flow);

    answer->missed = side->missed;
    if (calls && list)
        count = copy_pieces(&side->waiting, size, list);
    if (count || !calls) {
        side->missed = 0;
        d->shown = g;
        d->shown_by = this_cpu;
        wfp_stream_show(&g->step, wfp_layer(FWPS_LAYER_STREAM_V4, info.remote.family), &info, list, count, size,
                        flags | flags_of(s, inbound), out_flags, answer);
        d->shown = NULL;
    }
    for (unsigned n = 0; list && n < most && list[n]; n++)
        wfp_packet_release(list[n]);
    if (list != few)
        free(list);
    return count || !calls;
}

/* --- a stage's turn ---------------------------------------------------------------------------------------------------------------- */

/* How many of the waiting bytes the callout may be shown: up to the first that it is not. */
static size_t run_of(const struct stage *g, const struct chunks *q, bool *bounded)
{
    size_t size = 0;

    *bounded = false;
    if (!q->marked)
        return min_u64(q->bytes, SHOWN_MAX);
    for (const struct chunk *c = q->first; c && size < SHOWN_MAX; c = c->next) {
        if (passes(g, c)) {
            *bounded = true;
            return size;
        }
        size += c->size;
    }
    return min_u64(size, SHOWN_MAX);
}

static bool can_move(const struct wfp_stream *s, struct stage *g, bool inbound)
{
    struct stage_side *side = &g->side[inbound];
    const struct chunk *c = side->waiting.first;
    bool bounded;

    if (c ? passes(g, c) : (g->gone || g->allowed) && side->end_waits && !side->end_gone)
        return true;
    if (!c && side->end_held && !fwp_step_lives(&g->step))
        return true;                    /* nobody is there who would inject it */
    if ((side->needed || side->deferred) && !fwp_step_calls(&g->step, s->tcp->wfp.flow)) {
        side->needed = 0;               /* nobody is there who would take them */
        side->deferred = false;
    }
    if (side->deferred)
        return false;
    if (!c)
        return side->end_waits && !side->end_gone;
    size_t size = run_of(g, &side->waiting, &bounded);
    return size >= side->needed || side->end_waits || bounded || size >= SHOWN_MAX;
}

static bool pass_unseen(struct wfp_stream *s, struct stage *g, bool inbound)
{
    struct stage_side *side = &g->side[inbound];
    size_t size = 0, missed = 0;

    for (const struct chunk *c = side->waiting.first; c && passes(g, c); c = c->next) {
        size += c->size;
        missed += c->by && c->by == g->step.callout ? 0 : c->size;
    }
    side->missed += missed;
    return leave(s, g, inbound, size, HAND_ON);
}

static bool move_end(struct wfp_stream *s, struct stage *g, bool inbound)
{
    struct stage_side *side = &g->side[inbound];
    struct wfp_stream_answer answer = { .allowed = true };

    if (side->end_held) {
        give_end(s, g, inbound);
        return true;
    }
    if (!g->gone && !g->allowed &&
        !show(s, g, inbound, 0, inbound ? WFP_STREAM_RECEIVE_END : WFP_STREAM_SEND_END, WFP_STREAM_OUT_LAST, &answer))
        return false;
    if (answer.action == WFP_STREAM_DROP && !g->step.inspects)
        return false;
    if (answer.action == WFP_STREAM_DEFER && inbound) {
        side->deferred = !side->continued;
        side->continued = false;
        return true;
    }
    if (answer.action == WFP_STREAM_ALLOW)
        g->allowed = true;
    side->end_gone = true;
    if (s->dead || end_behind(s, g, inbound))
        return true;
    if (!answer.allowed && answer.action == WFP_STREAM_NONE && fwp_step_lives(&g->step))
        side->end_held = true;
    else if (answer.allowed || answer.action != WFP_STREAM_NONE)
        give_end(s, g, inbound);
    return true;
}

/* The callout wants more than there can be: it is told so, and the bytes pass. */
static bool ask_for_more(struct wfp_stream *s, struct stage *g, bool inbound, size_t size, size_t more, bool last)
{
    if (last) {
        fwp_step_misuse(&g->step, "a callout asks for more stream data where there is none, or no room for it", size);
        return leave(s, g, inbound, size, HAND_ON);
    }
    g->side[inbound].needed = size + (more ? more : 1);
    return true;
}

static bool obey(struct wfp_stream *s, struct stage *g, bool inbound, size_t size, bool last, const struct wfp_stream_answer *answer)
{
    struct stage_side *side = &g->side[inbound];
    size_t n = answer->enforced ? min_u64(answer->enforced, size) : size;

    switch (answer->action) {
    case WFP_STREAM_DROP:
        return g->step.inspects ? leave(s, g, inbound, size, HAND_ON) : false;
    case WFP_STREAM_ALLOW:
        g->allowed = true;
        wfp_stream_mark(s);
        return leave(s, g, inbound, size, DECIDED);
    case WFP_STREAM_MORE:
        return ask_for_more(s, g, inbound, size, answer->required, last);
    case WFP_STREAM_DEFER:
        if (inbound) {
            side->deferred = !side->continued;
            return true;
        }
        fwp_step_misuse(&g->step, "a callout defers an outbound stream", size);
        return leave(s, g, inbound, n, HAND_ON);
    default:
        side->rest = size - n;
        if (!answer->allowed)
            count_missed(g, inbound, n);
        return leave(s, g, inbound, n, !answer->allowed ? TAKE_OUT : answer->decided ? DECIDED : HAND_ON);
    }
}

/* False: the connection is to be dropped. */
static bool move(struct wfp_stream *s, struct stage *g, bool inbound)
{
    struct stage_side *side = &g->side[inbound];
    struct wfp_stream_answer answer = { .allowed = true };
    bool bounded;

    if (!side->waiting.first)
        return move_end(s, g, inbound);
    if (passes(g, side->waiting.first))
        return pass_unseen(s, g, inbound);
    size_t run = run_of(g, &side->waiting, &bounded), size = side->rest ? min_u64(side->rest, run) : run;
    bool limit = size == run && (size >= SHOWN_MAX || bounded), end = side->end_waits && size == side->waiting.bytes;
    bool last = end || limit;
    side->needed = side->rest = 0;
    side->continued = false;
    if (!show(s, g, inbound, size, 0, (end ? WFP_STREAM_OUT_LAST : 0) | (limit ? WFP_STREAM_OUT_LIMIT : 0), &answer))
        return false;
    return s->dead || obey(s, g, inbound, size, last, &answer);
}

/* The last one that has something to do: bytes leave before others come. */
static struct stage *next_turn(struct wfp_stream *s, bool inbound)
{
    struct stage *last = NULL;

    for (struct stage *g = s->stages; g; g = g->next)
        if (can_move(s, g, inbound))
            last = g;
    return last;
}

bool stages_run(struct wfp_stream *s, bool inbound)
{
    struct stage *g;
    bool good = true;

    while (good && !s->dead && (good = stages_refresh(s)) && (g = next_turn(s, inbound)))
        good = move(s, g, inbound);
    return good;
}

void stages_abort(struct wfp_stream *s, bool inbound)
{
    struct direction *d = &s->direction[inbound];
    struct wfp_stream_answer answer;

    if (d->running || d->ended || !stages_refresh(s))
        return;
    s->resets = d->running = true;
    for (struct stage *g = s->stages; g; g = g->next)
        if (!g->gone && !g->allowed && s->version == fwp_waterfall_version(wfp_layer(FWPS_LAYER_STREAM_V4, IP_IS_V6(&s->tcp->remote_ip) ? 6 : 4)))
            show(s, g, inbound, 0, inbound ? WFP_STREAM_RECEIVE_ABORT : WFP_STREAM_SEND_ABORT, WFP_STREAM_OUT_LAST, &answer);
    d->running = false;
}

size_t stages_hold(const struct wfp_stream *s, bool inbound)
{
    size_t bytes = s->direction[inbound].ready.bytes;

    for (const struct stage *g = s->stages; g; g = g->next)
        bytes += g->side[inbound].needed ? 0 : g->side[inbound].waiting.bytes;
    return bytes;
}

bool stages_full(const struct wfp_stream *s, bool inbound)
{
    for (const struct stage *g = s->stages; g; g = g->next)
        if (g->side[inbound].waiting.bytes >= SHOWN_MAX)
            return true;
    return false;
}
