/* Filters between the management side and classification. */
#ifndef FWP_FILTER_H
#define FWP_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "fwp/object.h"
#include "fwp/session.h"

/* Whether the filter can be added, with what it refers to in link[]. */
struct fwp_filter_plan {
    const struct fwp_layer *layer;
    struct fwp_object *link[FWP_LINKS];
};
NTSTATUS fwp_filter_check(const FWPM_FILTER0 *filter, struct fwp_filter_plan *plan);

/* Which filters are enforced, and not only kept: while the engine runs, all but boot-time ones; before it, these. */
enum fwp_enforcement { FWP_ENFORCE, FWP_ENFORCE_BOOTTIME, FWP_DISABLE };
/* Adds a copy to the session's transaction; FWP_DISABLE marks it FWPM_FILTER_FLAG_DISABLED. Statuses as FwpmFilterAdd0. */
NTSTATUS fwp_filter_put(struct fwp_session *session, const FWPM_FILTER0 *filter, PSECURITY_DESCRIPTOR sd, enum fwp_enforcement how,
                        UINT64 *id);

/* The weight that the filter gets: what it says, or by how much its conditions select. */
uint64_t fwp_filter_weight(const FWPM_FILTER0 *filter, const struct fwp_rule *rule, const struct fwp_layer *layer);

/* For transaction.c. Publishes the rule with the next publication (false: no memory), or takes that back. */
bool fwp_filter_publish(struct fwp_object *object);
void fwp_filter_withdraw(struct fwp_object *object);
/* The filter goes with the next publication; the object is freed, and the callout told, when nobody uses it any more. */
void fwp_filter_remove(struct fwp_object *object);
/* The transaction that added it is committed. */
void fwp_filter_committed(struct fwp_object *object);
/* An object of any kind that was never committed: tells the callout of a filter, and frees it. */
void fwp_filter_never(struct fwp_object *object);

#endif
