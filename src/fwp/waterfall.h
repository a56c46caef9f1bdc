/* The stream layers' filters one by one. There each has its own turn: a callout is shown what the filters before it let through, and
 * what it answers is not arbitrated (the page stream-inspection calls it a waterfall).
 *
 *  1. A step's rule lives while fwp_waterfall_version(layer) is what it was when the step was made, and as long as it is asked. */
#ifndef FWP_WATERFALL_H
#define FWP_WATERFALL_H

#include <stdbool.h>
#include <stdint.h>

#include "fwp/fwp.h"

struct fwp_rule;

struct fwp_step {
    const struct fwp_rule *rule;
    uint64_t filter;
    uint32_t callout;                   /* 0: none */
    uint16_t sublayer, weight;          /* the sublayer's */
    uint16_t layer;
    bool inspects;                      /* its action is FWP_ACTION_CALLOUT_INSPECTION */
};

/* Changes with the layer's filters. */
uint64_t fwp_waterfall_version(uint16_t layer);
/* The filters that match, in their order: sublayers by weight, in each the filters by weight. Fills in up to `space` and returns how
 * many there are. */
unsigned fwp_waterfall(const struct FWPS_INCOMING_VALUES0_ *values, struct fwp_step *steps, unsigned space);
/* Its callout would be called for the flow now; otherwise asking needs no data. */
bool fwp_step_calls(const struct fwp_step *step, uint64_t flow);
/* It may begin in the middle of a connection (FWP_CALLOUT_FLAG_ALLOW_MID_STREAM_INSPECTION; a filter without a callout always). */
bool fwp_step_joins(const struct fwp_step *step);
/* The callout is registered: it may still put data into connections. */
bool fwp_step_lives(const struct fwp_step *step);
/* One that has no right to is reported. */
void fwp_step_misuse(const struct fwp_step *step, const char *text, uint64_t what);
/* Asks this filter alone: verdict->by_default says that it has passed the decision on. As fwp_classify otherwise. */
void fwp_ask(const struct fwp_step *step, const struct FWPS_INCOMING_VALUES0_ *values,
             struct FWPS_INCOMING_METADATA_VALUES0_ *metadata, void *layer_data, struct fwp_verdict *verdict);

#endif
