/* Where the documentation contradicts itself, or leaves open what must be decided: one switch each. The defaults are ring3's
 * reading; docs/design/wfp.md has both readings of each and why. Tests set them to test the other one. */
#ifndef FWP_POLICY_H
#define FWP_POLICY_H

#include <stdbool.h>

struct fwp_policy {
    bool filter_block_vetoes;           /* a filter's own block, not only a callout's, blocks against a hard permit */
    bool block_stops;                   /* a hard block ends the evaluation; sublayers behind it are not evaluated */
    bool filter_block_soft;             /* a filter's block without FWPM_FILTER_FLAG_CLEAR_ACTION_RIGHT may be overridden */
    bool providers_need_service;        /* at the engine's start, filters of a provider that names no service are disabled, too */
    bool duplicates_refused;            /* several conditions on one field are STATUS_FWP_DUPLICATE_CONDITION, not alternatives */
};

extern struct fwp_policy fwp_policy;

#endif
