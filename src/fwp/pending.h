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

#include <fwpsk.h>

#include "base/list.h"

struct fwp_pended;
struct fwp_net_event;

/* Its address is the completion handle that a classification's metadata carry. */
struct fwp_pendable {
    struct list node;
    bool cannot;                        /* a reauthorisation: STATUS_FWP_CANNOT_PEND */
    struct fwp_pended *pended;          /* after the classification: a driver wants to go on later */
    const FWPS_INCOMING_VALUES0 *values;        /* what is classified now; NULL: nothing */
};

void fwp_pendable_begin(struct fwp_pendable *pendable, bool cannot);
void fwp_pendable_end(struct fwp_pendable *pendable);
/* What FwpsPendOperation0 does for an offered one; caller: the driver's return address. */
NTSTATUS fwp_pend(struct fwp_pendable *pendable, HANDLE *completionContext, const void *caller);
/* What happens when the driver completes; NULL: nothing. Called at DISPATCH_LEVEL without locks. */
void fwp_pended_resume(struct fwp_pended *pended, void (*resume)(void *context), void *context);
/* Whoever would be resumed is gone. */
void fwp_pended_forget(struct fwp_pended *pended);

/* What drivers have not completed; `caller` pended it. */
void fwp_pended_callers(void (*visit)(void *context, uint64_t caller), void *context);
/* What was pended stays so for ever. */
void fwp_pending_driver_gone(uint64_t base, uint64_t size);
unsigned fwp_pended_count(void);
/* Calls back for each that waits, in the order they were pended. event: its layer, ends and time (100 ns since 1601); driver: who
 * pended it, "" when that is no image. */
void fwp_pended_each(void (*visit)(void *context, const struct fwp_net_event *event, const char *driver), void *context);
void fwp_pending_open(void);
void fwp_pending_close(void);

#endif
