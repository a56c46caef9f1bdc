/* What is committed: per layer the sublayers that have filters there, by weight, each with its index.
 *
 *  1. A commit adds and removes rules and then publishes; no scheduling point lies between. A rule added is born at the version
 *     that the publication makes, a removed one dies at it.
 *  2. A removed rule leaves its index, and `gone` is called, when no classification is active: at the publication, or at the
 *     end of the last classification that was.
 *  3. A sublayer's place at a layer is given back only then, too. */
#ifndef FWP_RUNTIME_H
#define FWP_RUNTIME_H

#include "fwp/fwp.h"
#include "fwp/index.h"

struct fwp_sub {
    uint16_t weight, id;                /* order: the higher weight first, then the lower id */
    struct fwp_index index;
};

struct fwp_layer_state {
    const struct fwp_layer *layer;
    uint64_t used;                      /* fields that rules test */
    uint32_t users[FWP_FIELDS];         /* rules for each */
    unsigned sub_count, sub_space;
    struct fwp_sub **subs;
    uint64_t permits, blocks, vetoes, absorbed;
    uint64_t version;                   /* of the runtime when rules here changed last */
};

struct fwp_runtime {
    uint64_t version;
    unsigned active;                    /* classifications */
    struct fwp_rule *dead;              /* by next_dead */
    struct fwp_layer_state layers[FWP_LAYERS];
};

extern struct fwp_runtime fwp_runtime;

void fwp_runtime_open(void);
void fwp_runtime_close(void);           /* no classification is active; every rule has been removed */

/* Puts the rule (rank, action, view filled in) where the next publication shows it. False without memory. */
bool fwp_runtime_add(struct fwp_rule *rule, uint16_t sublayer_weight, uint16_t sublayer_id);
/* Takes back what has been added but not published. */
void fwp_runtime_withdraw(struct fwp_rule *rule);
/* From the next publication on, the rule is not seen. */
void fwp_runtime_remove(struct fwp_rule *rule, void (*gone)(struct fwp_rule *));
void fwp_runtime_publish(void);

/* A classification runs between these; the version it sees. */
static inline uint64_t fwp_runtime_enter(void)
{
    fwp_runtime.active++;
    return fwp_runtime.version;
}

void fwp_runtime_reap(void);
static inline void fwp_runtime_leave(void)
{
    if (--fwp_runtime.active == 0 && unlikely(fwp_runtime.dead != NULL))
        fwp_runtime_reap();
}

/* The sublayer behind `after` (NULL: the first) at the layer; NULL: none. */
static inline struct fwp_sub *fwp_sub_next(const struct fwp_layer_state *state, const struct fwp_sub *after)
{
    unsigned i = 0;

    if (after)
        while (i < state->sub_count && (state->subs[i]->weight > after->weight ||
                                        (state->subs[i]->weight == after->weight && state->subs[i]->id <= after->id)))
            i++;
    return i < state->sub_count ? state->subs[i] : NULL;
}

#endif
