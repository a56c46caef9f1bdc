/* Sessions, and the lock that their transactions share. session.h has the invariants. */
#include "fwp/session.h"

#include <stdlib.h>
#include <string.h>

#include "fwp/enumerate.h"
#include "fwp/subscribe.h"
#include "nt/ke_wait.h"
#include "nt/ke.h"
#include "nt/ps.h"
#include "pe/pe.h"

#define DEFAULT_WAIT_MS 15000
#define CLOSE_WAITS 200                 /* of 100 ms */

static struct {
    struct list sessions;
    uint64_t last_handle;
    unsigned readers;
    bool writer;
    KEVENT freed;                       /* set when the lock becomes free or is shared less */
} sessions = { .sessions = LIST_INIT(sessions.sessions) };

void fwp_sessions_open(void)
{
    list_init(&sessions.sessions);
    sessions.last_handle = 0;
    sessions.readers = 0;
    sessions.writer = false;
    KeInitializeEvent(&sessions.freed, NotificationEvent, FALSE);
}

struct list *fwp_sessions_all(void)
{
    return &sessions.sessions;
}

static struct fwp_session *session_of(HANDLE handle)
{
    list_each(it, &sessions.sessions) {
        struct fwp_session *session = container_of(it, struct fwp_session, node);
        if (handle && session->handle == handle)
            return session;
    }
    return NULL;
}

/* --- the lock ------------------------------------------------------------------------------------------------------------- */

static bool lock_free_for(bool writing)
{
    return !sessions.writer && (!writing || !sessions.readers);
}

static NTSTATUS lock(struct fwp_session *session, bool writing)
{
    uint64_t ms = session->value->txnWaitTimeoutInMSec ? session->value->txnWaitTimeoutInMSec : DEFAULT_WAIT_MS;
    uint64_t deadline = ke_now() + ms * 1000000;

    while (session->aborted || !lock_free_for(writing)) {
        uint64_t now = ke_now();
        if (session->aborted)
            return STATUS_FWP_SESSION_ABORTED;
        if (now >= deadline)
            return STATUS_FWP_TIMEOUT;
        LARGE_INTEGER left = { .QuadPart = -(int64_t)((deadline - now + 99) / 100) };
        KeClearEvent(&sessions.freed);
        ke_wait_timeout(&sessions.freed, ms == 0xffffffff ? NULL : &left);
    }
    if (writing)
        sessions.writer = true;
    else
        sessions.readers++;
    session->transaction = writing ? FWP_WRITING : FWP_READING;
    return STATUS_SUCCESS;
}

static void unlock(struct fwp_session *session)
{
    if (session->transaction == FWP_WRITING)
        sessions.writer = false;
    else if (session->transaction == FWP_READING)
        sessions.readers--;
    session->transaction = FWP_NO_TRANSACTION;
    session->implicit = false;
    KeSetEvent(&sessions.freed, IO_NO_INCREMENT, FALSE);
}

/* Ends the session's transaction, and tells what it did. */
static NTSTATUS finish(struct fwp_session *session, bool keep)
{
    NTSTATUS status = STATUS_SUCCESS;

    if (session->transaction == FWP_WRITING) {
        if (keep)
            status = fwp_commit(session);
        if (!keep || !NT_SUCCESS(status))
            fwp_abort(session);
    }
    session->durable = false;
    unlock(session);
    fwp_subscriptions_deliver();
    return status;
}

/* The last thing a call does with its session. */
static void not_busy(struct fwp_session *session)
{
    if (--session->busy == 0 && (session->closing || session->aborted))
        KeSetEvent(&sessions.freed, IO_NO_INCREMENT, FALSE);
}

/* --- calls ---------------------------------------------------------------------------------------------------------------- */

NTSTATUS fwp_enter(HANDLE engine, enum fwp_access access, struct fwp_session **result)
{
    struct fwp_session *session = session_of(engine);
    NTSTATUS status = STATUS_SUCCESS;

    if (!session || session->aborted)
        return session ? STATUS_FWP_SESSION_ABORTED : STATUS_INVALID_HANDLE;
    session->busy++;
    if (session->transaction == FWP_NO_TRANSACTION || session->implicit) {
        status = lock(session, access == FWP_WRITE);
        session->implicit = NT_SUCCESS(status);
    } else if (access == FWP_OUTSIDE) {
        status = STATUS_FWP_TXN_IN_PROGRESS;
    } else if (access == FWP_WRITE && session->transaction == FWP_READING) {
        status = STATUS_FWP_INCOMPATIBLE_TXN;
    }
    if (!NT_SUCCESS(status))
        not_busy(session);
    *result = session;
    return status;
}

NTSTATUS fwp_leave(struct fwp_session *session, NTSTATUS status)
{
    if (session->implicit) {
        NTSTATUS end = finish(session, NT_SUCCESS(status));
        if (NT_SUCCESS(status))
            status = end;
    }
    not_busy(session);
    return status;
}

/* Begins an explicit transaction; flags: 0, or FWPM_TXN_READ_ONLY. Waits for the lock as long as the session wants.
 * PASSIVE_LEVEL. STATUS_FWP_TXN_IN_PROGRESS, STATUS_FWP_TIMEOUT, STATUS_FWP_INVALID_FLAGS, STATUS_INVALID_HANDLE.
 * docs: fwpmu/nf-fwpmu-fwpmtransactionbegin0 */
NTSTATUS NTAPI FwpmTransactionBegin0(HANDLE engineHandle, UINT32 flags)
{
    struct fwp_session *session = session_of(engineHandle);

    if (!session || session->aborted)
        return session ? STATUS_FWP_SESSION_ABORTED : STATUS_INVALID_HANDLE;
    if (flags & ~(UINT32)FWPM_TXN_READ_ONLY)
        return STATUS_FWP_INVALID_FLAGS;
    if (session->transaction != FWP_NO_TRANSACTION && !session->implicit)
        return STATUS_FWP_TXN_IN_PROGRESS;
    session->busy++;
    NTSTATUS status = lock(session, !(flags & FWPM_TXN_READ_ONLY));
    not_busy(session);
    return status;
}

static NTSTATUS end_transaction(HANDLE engine, bool keep)
{
    struct fwp_session *session = session_of(engine);

    if (!session || session->aborted)
        return session ? STATUS_FWP_SESSION_ABORTED : STATUS_INVALID_HANDLE;
    if (session->transaction == FWP_NO_TRANSACTION || session->implicit)
        return STATUS_FWP_NO_TXN_IN_PROGRESS;
    return finish(session, keep);
}

/* Ends the transaction and makes what it did visible, all at once. PASSIVE_LEVEL. STATUS_FWP_NO_TXN_IN_PROGRESS,
 * STATUS_INVALID_HANDLE; STATUS_INSUFFICIENT_RESOURCES, and then nothing was done.
 * docs: fwpmu/nf-fwpmu-fwpmtransactioncommit0 */
NTSTATUS NTAPI FwpmTransactionCommit0(HANDLE engineHandle)
{
    return end_transaction(engineHandle, true);
}

/* Ends the transaction and undoes what it did. PASSIVE_LEVEL. Errors as FwpmTransactionCommit0.
 * docs: fwpmu/nf-fwpmu-fwpmtransactionabort0 */
NTSTATUS NTAPI FwpmTransactionAbort0(HANDLE engineHandle)
{
    return end_transaction(engineHandle, false);
}

/* --- opening and closing ------------------------------------------------------------------------------------------------------ */

static struct fwp_session *create(const FWPM_SESSION0 *wanted)
{
    static SID system = { 1, 1, { { 0, 0, 0, 0, 0, 5 } }, { 18 } };
    static WCHAR user[] = { 'S', 'Y', 'S', 'T', 'E', 'M', 0 };
    struct fwp_session *session = calloc(1, sizeof *session);
    FWPM_SESSION0 value = { 0 };

    if (!session)
        return NULL;
    if (wanted) {
        value.sessionKey = wanted->sessionKey;
        value.displayData = wanted->displayData;
        value.flags = wanted->flags;
        value.txnWaitTimeoutInMSec = wanted->txnWaitTimeoutInMSec;
    }
    if (fwp_null_guid(&value.sessionKey))
        fwp_guid_new(&value.sessionKey);
    value.processId = 4;
    value.sid = &system;
    value.username = user;
    value.kernelMode = TRUE;
    session->value = fwp_pack_one(fwp_pack_session, &value, fwp_alloc_host, NULL);
    if (!session->value) {
        free(session);
        return NULL;
    }
    list_init(&session->changes);
    list_init(&session->enums);
    list_init(&session->subscriptions);
    return session;
}

static bool key_taken(const GUID *key)
{
    list_each(it, &sessions.sessions)
        if (fwp_same_guid(&container_of(it, struct fwp_session, node)->value->sessionKey, key))
            return true;
    return false;
}

/* Opens a session with the engine, which must run. serverName must be NULL, authnService RPC_C_AUTHN_WINNT or RPC_C_AUTHN_DEFAULT; authIdentity is ignored.
 * session (may be NULL) says key, flags (FWPM_SESSION_FLAG_DYNAMIC), name, and how many milliseconds its transactions wait
 * for the lock (0: 15 seconds). *engineHandle is closed by FwpmEngineClose0. PASSIVE_LEVEL. STATUS_INVALID_PARAMETER,
 * STATUS_NOT_SUPPORTED for another service, STATUS_FWP_INVALID_FLAGS, EPT_NT_NOT_REGISTERED while the engine does not run,
 * STATUS_FWP_ALREADY_EXISTS for a key in use, STATUS_INSUFFICIENT_RESOURCES. docs: fwpmk/nf-fwpmk-fwpmengineopen0 */
NTSTATUS NTAPI FwpmEngineOpen0(const WCHAR *serverName, UINT32 authnService, SEC_WINNT_AUTH_IDENTITY_W *authIdentity,
                               const FWPM_SESSION0 *session, HANDLE *engineHandle)
{
    struct fwp_session *made;

    if (serverName || !engineHandle)
        return STATUS_INVALID_PARAMETER;
    if (authnService != RPC_C_AUTHN_WINNT && authnService != RPC_C_AUTHN_DEFAULT)
        return STATUS_NOT_SUPPORTED;
    if (session && session->flags & ~(UINT32)(FWPM_SESSION_FLAG_DYNAMIC | FWPM_SESSION_FLAG_RESERVED))
        return STATUS_FWP_INVALID_FLAGS;
    if (FwpmBfeStateGet0() != FWPM_SERVICE_RUNNING)
        return EPT_NT_NOT_REGISTERED;
    if (session && !fwp_null_guid(&session->sessionKey) && key_taken(&session->sessionKey))
        return STATUS_FWP_ALREADY_EXISTS;
    made = create(session);
    if (!made)
        return STATUS_INSUFFICIENT_RESOURCES;
    made->opener = PE_CALLER().rip;
    made->handle = (HANDLE)(uintptr_t)(0x46570000u + 4 * ++sessions.last_handle);
    list_push_back(&sessions.sessions, &made->node);
    *engineHandle = made->handle;
    return STATUS_SUCCESS;
}

/* --- the engine stops ------------------------------------------------------------------------------------------------------------ */

/* One whose transaction can be ended now, or (busy) one in which a call runs; NULL: none. */
static struct fwp_session *unfinished(bool busy)
{
    list_each(it, &sessions.sessions) {
        struct fwp_session *session = container_of(it, struct fwp_session, node);
        if (busy ? session->busy != 0 : !session->busy && session->transaction != FWP_NO_TRANSACTION)
            return session;
    }
    return NULL;
}

static void end_transactions(void)
{
    struct fwp_session *session;

    while ((session = unfinished(false)) != NULL)
        finish(session, false);
}

void fwp_sessions_abort(void)
{
    list_each(it, &sessions.sessions)
        container_of(it, struct fwp_session, node)->aborted = true;
    KeSetEvent(&sessions.freed, IO_NO_INCREMENT, FALSE);
    end_transactions();
    while (unfinished(true)) {
        LARGE_INTEGER while_waiting = { .QuadPart = -10000 * 100 };
        KeClearEvent(&sessions.freed);
        ke_wait_timeout(&sessions.freed, &while_waiting);
        end_transactions();
    }
}

struct fwp_session *fwp_session_begin(void)
{
    struct fwp_session *session = create(NULL);

    if (!session)
        return NULL;
    list_init(&session->node);
    while (lock(session, true) != STATUS_SUCCESS) {}
    return session;
}

NTSTATUS fwp_session_end(struct fwp_session *session, bool keep)
{
    NTSTATUS status = finish(session, keep);

    free(session->value);
    free(session);
    return status;
}

/* In one transaction: what refers to others first. Objects of one kind do not refer to each other. */
static void delete_dynamic(struct fwp_session *session)
{
    while (lock(session, true) != STATUS_SUCCESS) {}
    for (enum fwp_kind kind = FWP_KINDS; kind-- > 0;)
        list_each_safe(it, fwp_objects_of(kind)) {
            struct fwp_object *object = container_of(it, struct fwp_object, node);
            if (object->session == session && !object->references)
                fwp_change_delete(session, object);
        }
    finish(session, true);
}

static void destroy(struct fwp_session *session)
{
    list_remove(&session->node);
    fwp_enums_close(session);
    fwp_subscriptions_close(session);
    free(session->value);
    free(session);
}

static void close_session(struct fwp_session *session)
{
    if (session->transaction == FWP_READING || session->transaction == FWP_WRITING)
        finish(session, false);
    if (session->value->flags & FWPM_SESSION_FLAG_DYNAMIC && !session->aborted)
        delete_dynamic(session);
    destroy(session);
}

/* Closes the session: an open transaction is aborted, and a dynamic session's objects are deleted, with its subscriptions and
 * enumerations. Waits for calls of other threads on the session to end, STATUS_FWP_IN_USE when they do not within a while (one may be the
 * caller of this very function: a notifyFn). PASSIVE_LEVEL. STATUS_INVALID_HANDLE. docs: fwpmk/nf-fwpmk-fwpmengineclose0 */
NTSTATUS NTAPI FwpmEngineClose0(HANDLE engineHandle)
{
    struct fwp_session *session = session_of(engineHandle);

    if (!session)
        return STATUS_INVALID_HANDLE;
    session->handle = NULL;
    session->closing = true;
    for (int i = 0; i < CLOSE_WAITS && session->busy; i++) {
        LARGE_INTEGER while_waiting = { .QuadPart = -10000 * 100 };
        KeClearEvent(&sessions.freed);
        ke_wait_timeout(&sessions.freed, &while_waiting);
    }
    if (session->busy) {
        session->handle = engineHandle;
        session->closing = false;
        return STATUS_FWP_IN_USE;
    }
    close_session(session);
    return STATUS_SUCCESS;
}

void fwp_sessions_driver_gone(uint64_t base, uint64_t size)
{
    list_each_safe(it, &sessions.sessions) {
        struct fwp_session *session = container_of(it, struct fwp_session, node);
        if (session->opener - base < size)
            close_session(session);
    }
}

void fwp_sessions_close(void)
{
    list_each_safe(it, &sessions.sessions) {
        struct fwp_session *session = container_of(it, struct fwp_session, node);
        if (session->transaction == FWP_WRITING)
            fwp_abort(session);
        destroy(session);
    }
}
