/* One classification while it runs: its callouts find it through the metadata they were given. */
#ifndef FWP_CLASSIFICATION_H
#define FWP_CLASSIFICATION_H

#include <fwpsk.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "fwp/fwp.h"
#include "fwp/layer.h"

struct fwp_classification {
    const FWPS_INCOMING_VALUES0 *values;
    FWPS_INCOMING_METADATA_VALUES0 *metadata;
    void *layer_data;
    const struct fwp_layer *layer;
    struct fwp_verdict *verdict;
    bool decided;
    bool write;                         /* FWPS_RIGHT_ACTION_WRITE: what is decided may be changed */
    uint64_t flow;
    struct list calling;                /* linked while a callout of it runs */
};

/* The context that callouts get where a layer has none of its own is the classification itself: whether it is one. */
bool fwp_is_classifying(const void *context);
void fwp_classify_open(void);

/* metadata->reserved, which is the system's, points to it meanwhile. NULL: no classification. */
static inline struct fwp_classification *fwp_classification_of(const FWPS_INCOMING_METADATA_VALUES0 *metadata)
{
    return metadata ? (struct fwp_classification *)(uintptr_t)metadata->reserved : NULL;
}

#endif
