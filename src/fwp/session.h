/* Sessions and transactions.
 *
 * One lock: a read/write transaction has it alone, read-only ones share it; a call outside a transaction takes it for itself. Who
 * waits for it longer than the session's time gets STATUS_FWP_TIMEOUT.
 *
 *  1. session->transaction says what the session holds; the lock's counts are their sum.
 *  2. Between its begin and its end, `changes` of the writer lists what it did to the tables, in order; an object is in it once, because
 *     deleting what the transaction added only takes that back. An abort undoes them
 *     backwards; a commit publishes the filters among them at once, then tells those who subscribed.
 *  3. No driver code runs while the tables are between two states: notifyFn runs before a filter is in the tables, or after it has
 *     left them.
 *
 * | call                    | no transaction      | read-only           | read/write          |
 * |-------------------------|---------------------|---------------------|---------------------|
 * | begin                   | takes the lock      | TXN_IN_PROGRESS     | TXN_IN_PROGRESS     |
 * | commit, abort           | NO_TXN_IN_PROGRESS  | ends it             | ends it             |
 * | reads                   | for itself          | as they are         | as they are         |
 * | changes                 | for itself          | INCOMPATIBLE_TXN    | as they are         |
 * | subscribe, options      | for itself          | TXN_IN_PROGRESS     | TXN_IN_PROGRESS     |
 * | the engine stops        | SESSION_ABORTED     | aborted, then that  | aborted, then that  |
 *
 * No other transaction is aborted by force: the documentation gives kernel-mode callers all the time they want. */
#ifndef FWP_SESSION_H
#define FWP_SESSION_H

#include <fwpmk.h>
#include <ntstatus.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "fwp/object.h"

enum fwp_transaction { FWP_NO_TRANSACTION, FWP_READING, FWP_WRITING };

struct fwp_session {
    struct list node;
    HANDLE handle;
    FWPM_SESSION0 *value;               /* as enumerated: one block */
    enum fwp_transaction transaction;
    bool implicit;                      /* it lasts for one call only */
    unsigned busy;                      /* calls that run */
    bool closing;
    bool durable;                       /* its transaction changed persistent objects */
    bool loading;                       /* the engine's own: what it does comes from the store */
    bool aborted;                       /* the engine stopped under it: only closing is left to do */
    struct list changes;                /* objects, by change_node, in order */
    struct list enums;                  /* enumerate.h */
    struct list subscriptions;          /* subscribe.h */
    uint64_t opener;                    /* return address of FwpmEngineOpen0 */
};

void fwp_sessions_open(void);
void fwp_sessions_close(void);
struct list *fwp_sessions_all(void);
void fwp_sessions_driver_gone(uint64_t base, uint64_t size);
/* Every session is STATUS_FWP_SESSION_ABORTED from here on, but for closing it: waits for the calls that run and aborts
 * transactions; nobody is told anything for it any more. PASSIVE_LEVEL, from no call of a session. */
void fwp_sessions_abort(void);

/* The engine's own session, which nobody else sees, with its transaction begun. NULL: no memory. PASSIVE_LEVEL. */
struct fwp_session *fwp_session_begin(void);
/* Commits or aborts, and ends the session. */
NTSTATUS fwp_session_end(struct fwp_session *session, bool keep);

enum fwp_access { FWP_READ, FWP_WRITE, FWP_OUTSIDE };   /* OUTSIDE: reads, and not within a transaction */

/* Begins one call: finds the session of the handle and sees that it may do this now, waiting for the lock when it has none.
 * STATUS_SUCCESS must be followed by fwp_leave. PASSIVE_LEVEL. */
NTSTATUS fwp_enter(HANDLE engine, enum fwp_access access, struct fwp_session **session);
/* Ends it: an implicit transaction is committed when the status is a success, and aborted otherwise. Returns the status, or
 * the commit's. */
NTSTATUS fwp_leave(struct fwp_session *session, NTSTATUS status);

/* The object goes into the tables, or out of them, as part of the session's transaction. */
NTSTATUS fwp_change_add(struct fwp_session *session, struct fwp_object *object);
void fwp_change_delete(struct fwp_session *session, struct fwp_object *object);

/* transaction.c */
NTSTATUS fwp_commit(struct fwp_session *session);
void fwp_abort(struct fwp_session *session);

#endif
