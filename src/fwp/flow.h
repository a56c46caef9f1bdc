/* Flows and the contexts that callouts associate with them. fwp.h has what flows are created and ended by.
 *
 *  1. A context is found by (flow, layer, callout). It is in the flow's list and counts in callout->contexts until its
 *     flowDeleteFn has been called.
 *  2. A context in use by a classification is not given to flowDeleteFn: it is unlinked at once, and the function is called when the
 *     last such classification lets go. */
#ifndef FWP_FLOW_H
#define FWP_FLOW_H

#include <stdbool.h>
#include <stdint.h>

struct fwp_flow_context;

/* The context for this callout, held until fwp_flow_context_release; NULL: none. *value gets it, or 0. */
struct fwp_flow_context *fwp_flow_context_hold(uint64_t flow, uint16_t layer, uint32_t callout, uint64_t *value);
void fwp_flow_context_release(struct fwp_flow_context *context);

void fwp_flows_open(void);
void fwp_flows_close(void);
/* Forgets contexts of these callouts without calling anybody. */
void fwp_flows_forget_callout(uint32_t callout);

struct fwp_flow_view {
    uint64_t flow;
    uint16_t layer;
    uint32_t callout;
    uint64_t context;
    bool used;                          /* by a classification */
    uint64_t associated_by;             /* return address of FwpsFlowAssociateContext0 */
};
void fwp_flows_each(void (*visit)(void *context, const struct fwp_flow_view *view), void *context);
uint64_t fwp_flow_count(void);

#endif
