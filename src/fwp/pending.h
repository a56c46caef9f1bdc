/* Authorisations that wait for a driver (FwpsPendOperation0).
 *
 *   state        made by                         leaves on
 *   offered      fwp_pendable_begin              FwpsPendOperation0: pended. The end of the classification: gone
 *   pended       FwpsPendOperation0              FwpsCompleteOperation0: completed. fwp_pended_forget: forgotten
 *   completed    FwpsCompleteOperation0          the DPC: `resume` is called without locks, and it is gone
 *   forgotten    fwp_pended_forget               FwpsCompleteOperation0: gone
 *
 * A driver may complete before its classifyFn has returned: then `resume` waits for fwp_pended_resume. */
#ifndef FWP_PENDING_H
#define FWP_PENDING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

struct fwp_pended;

/* Its address is the completion handle that a classification's metadata carry. */
struct fwp_pendable {
    struct list node;
    bool cannot;                        /* a reauthorisation: STATUS_FWP_CANNOT_PEND */
    struct fwp_pended *pended;          /* after the classification: a driver wants to go on later */
};

void fwp_pendable_begin(struct fwp_pendable *pendable, bool cannot);
void fwp_pendable_end(struct fwp_pendable *pendable);
/* What happens when the driver completes; NULL: nothing. Called at DISPATCH_LEVEL without locks. */
void fwp_pended_resume(struct fwp_pended *pended, void (*resume)(void *context), void *context);
/* Whoever would be resumed is gone. */
void fwp_pended_forget(struct fwp_pended *pended);

unsigned fwp_pended_count(void);
void fwp_pending_open(void);
void fwp_pending_close(void);

#endif
