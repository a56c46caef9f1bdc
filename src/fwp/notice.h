/* What drivers are told later, in order, at PASSIVE_LEVEL and with no lock held: changes to subscribers, deletions to notifyFn,
 * net events. */
#ifndef FWP_NOTICE_H
#define FWP_NOTICE_H

#include <stdbool.h>

#include "base/list.h"

struct fwp_notice {
    struct list node;
    void (*tell)(struct fwp_notice *notice);    /* calls the driver, and frees the notice */
    void (*drop)(struct fwp_notice *notice);    /* frees it only */
};

void fwp_notices_open(void);
void fwp_notices_close(void);                   /* drops what is left */

/* Any IRQL <= DISPATCH_LEVEL. Delivered by the next fwp_notices_deliver, at the latest by a worker thread's. */
void fwp_notices_post(struct fwp_notice *notice);
/* Tells everything that is posted, also what comes meanwhile. PASSIVE_LEVEL. Returns at once when another thread does it. */
void fwp_notices_deliver(void);
/* Waits until everything that is posted has been told; not from a notice. */
void fwp_notices_drain(void);
/* Drops the notices that `about` says yes to. */
void fwp_notices_drop(bool (*about)(const struct fwp_notice *notice, const void *what), const void *what);

#endif
