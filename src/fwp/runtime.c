/* Publication of rules. runtime.h has the invariants. */
#include "fwp/runtime.h"

#include <stdlib.h>
#include <string.h>

struct fwp_runtime fwp_runtime;
uint32_t fwp_filters[FWP_LAYERS];

void fwp_runtime_open(void)
{
    memset(&fwp_runtime, 0, sizeof fwp_runtime);
    memset(fwp_filters, 0, sizeof fwp_filters);
    fwp_runtime.version = 1;
    for (unsigned id = 0; id < FWP_LAYERS; id++)
        fwp_runtime.layers[id].layer = fwp_layer_of((uint16_t)id);
}

static void free_sub(struct fwp_sub *sub)
{
    fwp_index_clear(&sub->index);
    free(sub);
}

void fwp_runtime_close(void)
{
    fwp_runtime_reap();
    for (unsigned id = 0; id < FWP_LAYERS; id++) {
        struct fwp_layer_state *state = &fwp_runtime.layers[id];
        for (unsigned i = 0; i < state->sub_count; i++)
            free_sub(state->subs[i]);
        free(state->subs);
        memset(state, 0, sizeof *state);
    }
}

static struct fwp_sub *insert_sub(struct fwp_layer_state *state, unsigned at, uint16_t weight, uint16_t id)
{
    struct fwp_sub *sub;

    if (state->sub_count == state->sub_space) {
        unsigned space = state->sub_space ? 2 * state->sub_space : 4;
        struct fwp_sub **subs = realloc(state->subs, space * sizeof *subs);
        if (!subs)
            return NULL;
        state->subs = subs;
        state->sub_space = space;
    }
    sub = malloc(sizeof *sub);
    if (!sub)
        return NULL;
    sub->weight = weight;
    sub->id = id;
    fwp_index_init(&sub->index, state->layer);
    memmove(&state->subs[at + 1], &state->subs[at], (state->sub_count - at) * sizeof *state->subs);
    state->subs[at] = sub;
    state->sub_count++;
    return sub;
}

static struct fwp_sub *sub_at(struct fwp_layer_state *state, uint16_t weight, uint16_t id)
{
    unsigned i = 0;

    while (i < state->sub_count && (state->subs[i]->weight > weight || (state->subs[i]->weight == weight && state->subs[i]->id < id)))
        i++;
    if (i < state->sub_count && state->subs[i]->weight == weight && state->subs[i]->id == id)
        return state->subs[i];
    return insert_sub(state, i, weight, id);
}

static void count_fields(struct fwp_layer_state *state, uint64_t fields, int by)
{
    for (; fields; fields &= fields - 1) {
        unsigned i = (unsigned)__builtin_ctzll(fields);
        state->users[i] += (uint32_t)by;
        if (state->users[i])
            state->used |= 1ull << i;
        else
            state->used &= ~(1ull << i);
    }
}

bool fwp_runtime_add(struct fwp_rule *rule, uint16_t sublayer_weight, uint16_t sublayer_id)
{
    struct fwp_layer_state *state = &fwp_runtime.layers[rule->layer];
    struct fwp_sub *sub = sub_at(state, sublayer_weight, sublayer_id);

    rule->born = fwp_runtime.version + 1;
    rule->died = UINT64_MAX;
    if (!sub || !fwp_index_add(&sub->index, rule))
        return false;
    rule->rest->sub = sub;
    state->version = fwp_runtime.version + 1;
    count_fields(state, rule->fields, 1);
    fwp_filters[rule->layer]++;
    return true;
}

/* Takes the rule out of its index, and the index away when that leaves it empty. */
static void take_out(struct fwp_rule *rule)
{
    struct fwp_layer_state *state = &fwp_runtime.layers[rule->layer];
    struct fwp_sub *sub = rule->rest->sub;

    fwp_index_remove(&sub->index, rule);
    count_fields(state, rule->fields, -1);
    rule->rest->sub = NULL;
    if (sub->index.count || fwp_runtime.active)
        return;
    for (unsigned i = 0; i < state->sub_count; i++)
        if (state->subs[i] == sub) {
            memmove(&state->subs[i], &state->subs[i + 1], (state->sub_count - i - 1) * sizeof *state->subs);
            state->sub_count--;
            free_sub(sub);
            return;
        }
}

void fwp_runtime_withdraw(struct fwp_rule *rule)
{
    fwp_filters[rule->layer]--;
    take_out(rule);
}

void fwp_runtime_remove(struct fwp_rule *rule, void (*gone)(struct fwp_rule *))
{
    fwp_filters[rule->layer]--;
    rule->died = fwp_runtime.layers[rule->layer].version = fwp_runtime.version + 1;
    rule->rest->gone = gone;
    rule->rest->next_dead = fwp_runtime.dead;
    fwp_runtime.dead = rule;
}

void fwp_runtime_reap(void)
{
    struct fwp_rule *rule = fwp_runtime.dead;

    fwp_runtime.dead = NULL;
    while (rule) {
        struct fwp_rule *next = rule->rest->next_dead;
        take_out(rule);
        rule->rest->gone(rule);
        rule = next;
    }
}

void fwp_runtime_publish(void)
{
    fwp_runtime.version++;
    if (!fwp_runtime.active)
        fwp_runtime_reap();
}
