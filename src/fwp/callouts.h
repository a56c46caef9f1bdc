/* Callouts: a slot per key, made by the first of FwpsCalloutRegister and FwpmCalloutAdd0, gone with the last. Its number is the
 * run-time identifier that both return.
 *
 *  1. A slot lives while it is registered, or `references` (callout objects) is not 0, or something runs in the driver.
 *  2. `running` counts calls of classifyFn, notifyFn and flowDeleteFn that have not returned, and notifications still to be
 *     made. Unregistering takes the functions away first and then waits for it to be 0.
 *  3. A callout with contexts on flows is not unregistered: STATUS_DEVICE_BUSY. */
#ifndef FWP_CALLOUTS_H
#define FWP_CALLOUTS_H

#include <fwpsk.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/util.h"
#include "pe/stack.h"

#define FWP_MOST_CALLOUTS 100000

struct fwp_rule;

struct fwp_callout {
    GUID key;
    uint32_t id;
    unsigned references;
    unsigned running;
    unsigned contexts;                  /* on flows */
    bool registered, leaving, builtin;
    unsigned version;                   /* of FWPS_CALLOUTn */
    FWPS_CALLOUT2 functions;            /* all versions have the same members */
    KEVENT idle;
    uint64_t registrar;                 /* return address of the call that registered it */
    uint64_t calls;
    unsigned slow;                      /* how many of them took too long */
};

struct fwp_callout_table {
    struct fwp_callout **slot;          /* by id; slot[0] stays empty */
    uint32_t count, space;              /* ids given out lie below count */
    uint32_t registered;
};
extern struct fwp_callout_table fwp_callouts;
/* The classifyFn that was called last. */
extern const void *fwp_last_classify;

static inline struct fwp_callout *fwp_callout_of(uint32_t id)
{
    return id < fwp_callouts.count ? fwp_callouts.slot[id] : NULL;
}

struct fwp_callout *fwp_callout_by_key(const GUID *key);
/* The slot of the key, made when it is not there; with one more reference. NULL: no memory, or too many. */
struct fwp_callout *fwp_callout_reference(const GUID *key);
void fwp_callout_dereference(struct fwp_callout *callout);
void fwp_callouts_close(void);
/* The system's own, registered for ever. NULL: no memory. */
struct fwp_callout *fwp_callout_builtin(const FWPS_CALLOUT2 *functions);
bool fwp_set_options_add(void);         /* set_options.c; false without memory */

/* A use of the driver's functions, and its end. */
static inline void fwp_callout_enter(struct fwp_callout *callout)
{
    callout->running++;
}
void fwp_callout_idle(struct fwp_callout *callout);
static inline void fwp_callout_leave(struct fwp_callout *callout)
{
    if (--callout->running == 0 && unlikely(callout->leaving || !callout->registered))
        fwp_callout_idle(callout);
}

/* offloads.c: a callout is about to be registered (coming), or registrations, callout objects or their filters have changed. PASSIVE_LEVEL,
 * no transaction open. */
void fwp_offloads_update(const FWPS_CALLOUT2 *coming);
void fwp_offloads_open(void);

/* notifyFn about a filter. STATUS_SUCCESS when the callout is not registered. key: NULL for a deletion. */
NTSTATUS fwp_callout_notify(uint32_t id, FWPS_CALLOUT_NOTIFY_TYPE type, const GUID *key, struct fwp_rule *rule);

/* Everything of the callouts whose classifyFn lies in [base, base + size). */
void fwp_callouts_driver_gone(uint64_t base, uint64_t size);

#endif
