/* What the filter engine holds, for reports: as text or JSON. */
#ifndef FWP_DESCRIBE_H
#define FWP_DESCRIBE_H

#include <stdbool.h>

#include "base/writer.h"

/* Layers that have filters (all: every layer) with sublayers and filters by weight, callouts, contexts of flows, the last drops. In
 * w->format (not WRITE_DOT). PASSIVE_LEVEL, inside. */
void fwp_describe(struct writer *w, bool all);

/* describe_condition.c: "IP_REMOTE_PORT = 80". */
struct fwp_layer;
struct FWPM_FILTER_CONDITION0_;
void fwp_describe_condition(struct writer *w, const struct fwp_layer *layer, const struct FWPM_FILTER_CONDITION0_ *condition);
/* An address as fwp_net_event has it: "10.0.0.1", "fe80::1". */
void fwp_describe_address(struct writer *w, unsigned version, const void *address);

/* describe_streams.c: what waits at the stream layers. */
void fwp_describe_streams(struct writer *w);

#endif
