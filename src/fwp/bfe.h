/* The life of the base filtering engine (on Windows the service BFE), which the objects of the management side live in.
 *
 * | state         | sessions                     | objects                                  | filters that are enforced         |
 * |---------------|------------------------------|------------------------------------------|-----------------------------------|
 * | STOPPED, boot | EPT_NT_NOT_REGISTERED        | what boot-time filters need              | boot-time                         |
 * | START_PENDING | the same                     | the same                                 | the same                          |
 * | RUNNING       | open                         | all; persistent ones from the store      | all but boot-time and disabled    |
 * | STOP_PENDING  | those that are open go on    | the same                                 | the same                          |
 * | STOPPED       | STATUS_FWP_SESSION_ABORTED   | built-in ones                            | none                              |
 *
 *  1. A transition is one transaction: traffic sees the boot-time filters or the persistent ones, never neither.
 *  2. Callouts are the kernel's: they stay registered, and hear by notifyFn of the filters that come and go.
 *  3. The store is text (store.h). With a file, a commit that changes persistent objects is in the file before it is published; without
 *     one, the text is made when the engine stops, and kept for its next start.
 *
 * docs: fwp/basic-operation, fwp/object-management, fwpmk/nf-fwpmk-fwpmbfestateget0 */
#ifndef FWP_BFE_H
#define FWP_BFE_H

#include <fwpmk.h>

#include <stdbool.h>
#include <stdint.h>

#include "fwp/fwp.h"

void fwp_bfe_open(void);
void fwp_bfe_close(void);
void fwp_bfe_driver_gone(uint64_t base, uint64_t size);
/* Subscriptions to the state whose callback lies in the image. */
void fwp_bfe_leaks_walk(uint64_t base, uint64_t size, void (*visit)(void *context, const struct fwp_leak *leak), void *context);

/* Writes what is persistent to the store's file as the tables are now. True without a file; false with a logged sentence. */
bool fwp_bfe_save(void);

#endif
