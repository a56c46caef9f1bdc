/* The filter engine, for those who own the points where traffic is classified (tcpip, netio, ndis' filter) and for the
 * computer. Nothing here locks: NT's rule of one host thread (nt/ke.h) holds.
 *
 * Invariants
 *  1. A classification sees the filters, callouts and sublayers of one commit, however many commits happen while a callout
 *     of it runs: what a commit takes away lives until the last classification that began before it has ended.
 *  2. fwp_classify allocates nothing and may be called at any IRQL <= DISPATCH_LEVEL; it calls driver code at that IRQL.
 *  3. fwp_filters[layer] is not 0 exactly while a filter at that layer is committed. A caller that sees 0 permits, and need not
 *     fill in any value.
 *  4. The engine keeps no pointer to what a classification was given after it has returned.
 *  5. A flow's id is never used again. Its contexts are gone, and every flowDeleteFn has run or waits for the classification
 *     that still uses its context, when fwp_flow_delete returns. */
#ifndef FWP_FWP_H
#define FWP_FWP_H

#include <stdbool.h>
#include <stdint.h>

struct FWPS_INCOMING_VALUES0_;
struct FWPS_INCOMING_METADATA_VALUES0_;

#define FWP_LAYERS 128                  /* layer ids lie below (FWPS_BUILTIN_LAYER_MAX does) */

bool fwp_open(void);
void fwp_close(void);

/* --- classification -------------------------------------------------------------------------------------------------- */

extern uint32_t fwp_filters[FWP_LAYERS];

/* True: nothing would match; do not classify. */
static inline bool fwp_layer_is_empty(uint16_t layer)
{
    return fwp_filters[layer] == 0;
}

/* What a classification is told beside its values, and what comes of it. */
struct fwp_verdict {
    /* in; zero when there is none */
    void *classify_context;             /* given to callouts of version 1 and later: FwpsAcquireClassifyHandle0 takes it */
    uint32_t out_flags;                 /* FWPS_CLASSIFY_OUT_FLAG_BUFFER_LIMIT_REACHED, _NO_MORE_DATA for callouts to see */
    /* out */
    uint32_t action;                    /* FWP_ACTION_PERMIT or FWP_ACTION_BLOCK */
    bool absorb;                        /* blocked silently: no event, no discard layer */
    bool veto;                          /* blocked by a callout against a hard permit */
    bool by_default;                    /* no filter decided: permit */
    bool hard;                          /* FWPS_RIGHT_ACTION_WRITE was cleared by whoever decided */
    uint32_t flags;                     /* FWPS_CLASSIFY_OUT_FLAG_*, as the last callout that ran left them */
    uint64_t filter_id;                 /* who decided; 0: nobody */
    uint16_t sublayer_id;
    uint32_t callout_id;                /* of that filter; 0: the filter itself */
    unsigned callouts;                  /* callouts that were called */
    uint32_t options_set;               /* bits of FWP_CLASSIFY_OPTION_TYPE that a callout asked for, with these values */
    uint32_t options[8];
};

/* Arbitrates over all sublayers of values->layerId and calls the callouts of matching filters. metadata may be NULL where a
 * layer has none. A flow (FWPS_METADATA_FIELD_FLOW_HANDLE) gives callouts their flow context. A block that is not absorbed
 * becomes a net event and counts as a drop of this layer. IRQL <= DISPATCH_LEVEL. */
void fwp_classify(const struct FWPS_INCOMING_VALUES0_ *values, struct FWPS_INCOMING_METADATA_VALUES0_ *metadata,
                  void *layer_data, struct fwp_verdict *verdict);

/* --- flows ----------------------------------------------------------------------------------------------------------- */

struct fwp_flow_owner {
    /* FwpsFlowAbort0 was called: end the connection and, sooner or later, call fwp_flow_delete. NULL: cannot be aborted. */
    void (*abort)(void *context, uint64_t flow);
    void *context;
};

/* A new flow, without contexts. owner is copied; NULL: none. 0: no memory. IRQL <= DISPATCH_LEVEL. */
uint64_t fwp_flow_create(const struct fwp_flow_owner *owner);
/* The flow ends: calls flowDeleteFn for every context. No effect on 0. IRQL <= DISPATCH_LEVEL. */
void fwp_flow_delete(uint64_t flow);
/* True when a callout has a context for the flow at this layer: whether it has to be classified there at all when every
 * callout is conditional on flow. */
bool fwp_flow_has_context(uint64_t flow, uint16_t layer);

/* --- changes --------------------------------------------------------------------------------------------------------- */

/* Calls back after a commit, once for each layer whose filters it changed; PASSIVE_LEVEL, no transaction open. The callback
 * may classify; it must not manage filters. At most FWP_WATCHERS; false when there is no place. */
#define FWP_WATCHERS 4
bool fwp_on_change(void (*changed)(void *context, uint16_t layer), void *context);
void fwp_forget_change(void (*changed)(void *context, uint16_t layer), void *context);

/* --- callouts that do not take coalesced segments ----------------------------------------------------------------------- */

/* For whose packets callouts are there without FWP_CALLOUT_FLAG_ALLOW_RSC and FWP_CALLOUT_FLAG_ALLOW_OFFLOAD. */
enum { FWP_IPV4 = 1, FWP_IPV6 = 2 };
extern unsigned fwp_coalescing_off, fwp_offload_off;
/* Who is told of the first, at PASSIVE_LEVEL, when that changes: before such a callout is registered, and after it is gone; NULL: nobody. */
void fwp_on_coalescing(void (*changed)(void));
/* True when any callout is registered. */
bool fwp_callouts_registered(void);

/* --- the engine's life (bfe.h) ------------------------------------------------------------------------------------------ */

/* Before the first driver: the engine runs from the beginning, or not (boot-time filters are enforced until it starts). path: the file of
 * its store, which need not be there; NULL: none. False with error_text() when it is not good. Without this call it runs, with an empty
 * store. PASSIVE_LEVEL. */
bool fwp_bfe_boot(const char *path, bool running);
/* Starts and stops it, and tells those who subscribed. False with error_text() when it is in another state, or has no memory.
 * PASSIVE_LEVEL. */
bool fwp_bfe_start(void);
bool fwp_bfe_stop(void);
/* The same at a time of the computer's clock. */
void fwp_bfe_plan(bool start, uint64_t at_ns);
/* "stopped", "starting", "stopping" or "running". */
const char *fwp_bfe_state_name(void);

/* --- drivers --------------------------------------------------------------------------------------------------------- */

/* The image in [base, base + size) goes: its callouts, subscriptions and sessions are forgotten. After the rules have looked. */
void fwp_driver_gone(uint64_t base, uint64_t size);
/* False when fwp_driver_gone would have nothing to do. */
bool fwp_driver_has_left(uint64_t base, uint64_t size);

/* What the driver in [base, base + size) should have given back before it unloads: a sentence for each, with the return address
 * of the call that made it (0: unknown). */
struct fwp_leak {
    char text[200];
    uint64_t caller;
};
void fwp_leaks_walk(uint64_t base, uint64_t size, void (*visit)(void *context, const struct fwp_leak *leak), void *context);

#endif
