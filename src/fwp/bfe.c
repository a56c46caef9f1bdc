/* Starting and stopping the engine, and who is told. bfe.h has the table and the invariants. */
#include "fwp/bfe.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "fwp/event.h"
#include "fwp/session.h"
#include "fwp/store.h"
#include "host/file.h"
#include "nt/event.h"
#include "nt/ke.h"
#include "nt/ke_wait.h"
#include "pe/pe.h"

#define STORE_MOST (256u << 20)

struct watcher {
    struct list node;
    HANDLE handle;
    FWPM_SERVICE_STATE_CHANGE_CALLBACK0 callback;
    void *context;
    unsigned told;                      /* the round in which it was told, or came */
    bool gone;                          /* ended from its own callback */
};

struct plan {
    struct ke_alarm alarm;
    WORK_QUEUE_ITEM work;
    bool start;
};

static struct {
    FWPM_SERVICE_STATE state;
    bool changing, open, booted;
    struct list watchers;
    uint64_t last_handle;
    unsigned round;
    struct watcher *calling;
    struct thread *caller;              /* the thread that calls it */
    KEVENT idle;                        /* a callback has returned, or a transition is over */
    char *path;                         /* of the store; NULL: none */
    char *text;                         /* the store while the engine does not run; NULL: empty */
    size_t size;
    struct plan start, stop;
} bfe = { .state = FWPM_SERVICE_RUNNING, .watchers = LIST_INIT(bfe.watchers) };

/* --- who is told ------------------------------------------------------------------------------------------------------------------- */

static struct watcher *next_to_tell(void)
{
    list_each(it, &bfe.watchers) {
        struct watcher *watcher = container_of(it, struct watcher, node);
        if (watcher->told != bfe.round)
            return watcher;
    }
    return NULL;
}

static void call(struct watcher *watcher)
{
    KIRQL irql = ke_irql();

    bfe.calling = watcher;
    bfe.caller = this_cpu->current;
    watcher->callback(watcher->context, bfe.state);
    bfe.calling = NULL;
    if (unlikely(ke_irql() != irql))
        NT_EMIT(NT_EVENT_CALLBACK_IRQL, "a callback for the filter engine's state", (const void *)watcher->callback,
                (uint64_t)irql << 8 | ke_irql(), fwp_callback((const void *)watcher->callback));
    if (watcher->gone)
        free(watcher);
    KeSetEvent(&bfe.idle, IO_NO_INCREMENT, FALSE);
}

static void enter(FWPM_SERVICE_STATE state)
{
    struct watcher *watcher;

    bfe.state = state;
    bfe.round++;
    log_debug("fwp", "the filter engine is %s", fwp_bfe_state_name());
    while ((watcher = next_to_tell()) != NULL) {
        watcher->told = bfe.round;
        call(watcher);
    }
}

/* Takes it out, and waits for its callback when another thread is in it. */
static void end(struct watcher *watcher)
{
    const void *callback = (const void *)watcher->callback;

    list_remove(&watcher->node);
    if (bfe.calling == watcher && bfe.caller == this_cpu->current) {
        FWP_EMIT(FWP_EVENT_MISUSE, "FwpmBfeStateUnsubscribeChanges0 is called from the callback that it ends, which can deadlock", 0, 0,
                 fwp_callback(callback));
        watcher->gone = true;
        return;
    }
    while (bfe.calling == watcher) {
        KeClearEvent(&bfe.idle);
        ke_wait(&bfe.idle);
    }
    free(watcher);
}

/* Any IRQL up to DISPATCH_LEVEL. docs: fwpmk/nf-fwpmk-fwpmbfestateget0 */
FWPM_SERVICE_STATE NTAPI FwpmBfeStateGet0(VOID)
{
    return bfe.state;
}

/* Registers a callback for changes of the engine's state, at PASSIVE_LEVEL; it is not told of the state that there is. deviceObject: one
 * of the driver's. *changeHandle is given back with FwpmBfeStateUnsubscribeChanges0 before the driver unloads. PASSIVE_LEVEL.
 * STATUS_INVALID_PARAMETER, STATUS_INSUFFICIENT_RESOURCES. docs: fwpmk/nf-fwpmk-fwpmbfestatesubscribechanges0 */
NTSTATUS NTAPI FwpmBfeStateSubscribeChanges0(VOID *deviceObject, FWPM_SERVICE_STATE_CHANGE_CALLBACK0 callback, VOID *context,
                                             HANDLE *changeHandle)
{
    struct watcher *watcher;

    if (!deviceObject || !callback || !changeHandle)
        return STATUS_INVALID_PARAMETER;
    watcher = calloc(1, sizeof *watcher);
    if (!watcher)
        return STATUS_INSUFFICIENT_RESOURCES;
    watcher->callback = callback;
    watcher->context = context;
    watcher->told = bfe.round;
    watcher->handle = *changeHandle = (HANDLE)(uintptr_t)(0x46424500u + 4 * ++bfe.last_handle);
    list_push_back(&bfe.watchers, &watcher->node);
    return STATUS_SUCCESS;
}

/* Ends that; the callback does not run any more when this returns, unless it is the caller. PASSIVE_LEVEL, not from the callback.
 * STATUS_INVALID_HANDLE. docs: fwpmk/nf-fwpmk-fwpmbfestateunsubscribechanges0 */
NTSTATUS NTAPI FwpmBfeStateUnsubscribeChanges0(HANDLE changeHandle)
{
    list_each(it, &bfe.watchers) {
        struct watcher *watcher = container_of(it, struct watcher, node);
        if (watcher->handle != changeHandle)
            continue;
        end(watcher);
        return STATUS_SUCCESS;
    }
    return STATUS_INVALID_HANDLE;
}

void fwp_bfe_driver_gone(uint64_t base, uint64_t size)
{
    list_each_safe(it, &bfe.watchers) {
        struct watcher *watcher = container_of(it, struct watcher, node);
        if ((uint64_t)(uintptr_t)watcher->callback - base < size)
            end(watcher);
    }
}

void fwp_bfe_leaks_walk(uint64_t base, uint64_t size, void (*visit)(void *context, const struct fwp_leak *leak), void *context)
{
    list_each(it, &bfe.watchers) {
        const struct watcher *watcher = container_of(it, struct watcher, node);
        struct fwp_leak leak = { "a subscription to the filter engine's state (FwpmBfeStateUnsubscribeChanges0 was never called)",
                                 (uint64_t)(uintptr_t)watcher->callback };
        if ((uint64_t)(uintptr_t)watcher->callback - base < size)
            visit(context, &leak);
    }
}

const char *fwp_bfe_state_name(void)
{
    static const char *const names[FWPM_SERVICE_STATE_MAX] = { "stopped", "starting", "stopping", "running" };

    return names[bfe.state];
}

/* --- the store ------------------------------------------------------------------------------------------------------------------------ */

static void forget_text(void)
{
    free(bfe.text);
    bfe.text = NULL;
    bfe.size = 0;
}

/* The store's text as the tables are now; the writer owns it. */
static bool write_store(struct writer *w)
{
    fwp_store_write(w);
    return !w->failed || error_set("no memory for the filter engine's store");
}

bool fwp_bfe_save(void)
{
    struct writer w = { .format = WRITE_TEXT };
    bool good;

    if (!bfe.path)
        return true;
    good = write_store(&w) && host_replace_file(bfe.path, w.text ? w.text : "", w.size, false);
    if (!good)
        log_error("fwp", "persistent objects cannot be kept: %s", error_text());
    writer_free(&w);
    return good;
}

static void delete_all(struct fwp_session *session)
{
    for (enum fwp_kind kind = FWP_KINDS; kind-- > 0;)
        list_each_safe(it, fwp_objects_of(kind)) {
            struct fwp_object *object = container_of(it, struct fwp_object, node);
            if (object->lifetime != FWP_BUILTIN)
                fwp_change_delete(session, object);
        }
}

/* Everything that is not built in goes, and what the store has for the phase comes, in one transaction. */
static bool replace_policy(bool with_store, enum fwp_phase phase)
{
    struct fwp_session *session = fwp_session_begin();
    bool good = true;

    if (!session)
        return error_set("no memory for the filter engine");
    session->durable = false;
    session->loading = true;
    delete_all(session);
    if (with_store && bfe.text)
        good = fwp_store_read(session, bfe.path ? bfe.path : "the filter engine's store", bfe.text, bfe.size, phase);
    return NT_SUCCESS(fwp_session_end(session, good)) ? good : error_set("no memory for the filter engine");
}

static bool read_file(const char *path)
{
    uint8_t *data = NULL;

    bfe.path = strdup(path);
    if (!bfe.path)
        return error_set("no memory");
    if (!host_file_exists(path))
        return true;
    if (!host_read_file(path, STORE_MOST, &data, &bfe.size))
        return false;
    bfe.text = (char *)data;
    return true;
}

bool fwp_bfe_boot(const char *path, bool running)
{
    if (bfe.booted)
        return error_set("the filter engine's life is given already");
    if (path && !read_file(path))
        return false;
    bfe.booted = true;
    /* the whole is judged before a driver runs */
    if (!replace_policy(true, FWP_RUNNING) || (!running && !replace_policy(true, FWP_BOOTING)))
        return false;
    if (running)
        forget_text();
    else
        bfe.state = FWPM_SERVICE_STOPPED;
    return true;
}

/* --- transitions ------------------------------------------------------------------------------------------------------------------------ */

static bool begin_change(FWPM_SERVICE_STATE from)
{
    if (bfe.changing)
        return error_set("the filter engine is %s just now", fwp_bfe_state_name());
    if (bfe.state != from)
        return error_set("the filter engine is %s", fwp_bfe_state_name());
    return bfe.changing = true;
}

static void end_change(void)
{
    bfe.changing = false;
    KeSetEvent(&bfe.idle, IO_NO_INCREMENT, FALSE);
}

bool fwp_bfe_start(void)
{
    bool good;

    if (!begin_change(FWPM_SERVICE_STOPPED))
        return false;
    enter(FWPM_SERVICE_START_PENDING);
    good = replace_policy(true, FWP_RUNNING);
    if (good)
        forget_text();
    enter(good ? FWPM_SERVICE_RUNNING : FWPM_SERVICE_STOPPED);
    end_change();
    return good;
}

bool fwp_bfe_stop(void)
{
    struct writer w = { .format = WRITE_TEXT };
    bool good;

    if (!begin_change(FWPM_SERVICE_RUNNING))
        return false;
    enter(FWPM_SERVICE_STOP_PENDING);
    fwp_sessions_abort();
    good = write_store(&w) && replace_policy(false, FWP_RUNNING);
    if (good) {
        bfe.text = w.text;
        bfe.size = w.size;
    } else {
        writer_free(&w);
    }
    enter(good ? FWPM_SERVICE_STOPPED : FWPM_SERVICE_RUNNING);
    end_change();
    return good;
}

static void NTAPI carry_out(PVOID context)
{
    const struct plan *plan = context;

    if (bfe.open && !(plan->start ? fwp_bfe_start() : fwp_bfe_stop()))
        log_warn("fwp", "not %s: %s", plan->start ? "started" : "stopped", error_text());
}

static void due(struct ke_alarm *alarm)
{
    struct plan *plan = container_of(alarm, struct plan, alarm);

    ExInitializeWorkItem(&plan->work, carry_out, plan);
    ExQueueWorkItem(&plan->work, DelayedWorkQueue);
}

void fwp_bfe_plan(bool start, uint64_t at_ns)
{
    struct plan *plan = start ? &bfe.start : &bfe.stop;

    plan->start = start;
    plan->alarm.fire = due;
    ke_alarm_set(&plan->alarm, at_ns);
}

/* --- the computer's ------------------------------------------------------------------------------------------------------------------- */

void fwp_bfe_open(void)
{
    memset(&bfe, 0, sizeof bfe);
    bfe.state = FWPM_SERVICE_RUNNING;
    bfe.open = true;
    list_init(&bfe.watchers);
    KeInitializeEvent(&bfe.idle, NotificationEvent, FALSE);
}

void fwp_bfe_close(void)
{
    bfe.open = false;
    if (bfe.start.alarm.fire)
        ke_alarm_cancel(&bfe.start.alarm);
    if (bfe.stop.alarm.fire)
        ke_alarm_cancel(&bfe.stop.alarm);
    while (bfe.changing) {
        KeClearEvent(&bfe.idle);
        ke_wait(&bfe.idle);
    }
    while (!list_empty(&bfe.watchers))
        free(container_of(list_pop_front(&bfe.watchers), struct watcher, node));
    forget_text();
    free(bfe.path);
    bfe.path = NULL;
    bfe.state = FWPM_SERVICE_RUNNING;
}
