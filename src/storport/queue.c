/* The engine: requests go to the miniport and come back. See adapter.h for the states and the rules.
 *
 * A unit is on adapter->pumping while it has a HELD request or an operation that waits. It may start something when neither it nor
 * its adapter is paused, waits for busy completions, or has as many requests outstanding as its depth allows.
 *
 * docs: storage/storport-queue-management, storage/registry-entries-for-storport-miniport-drivers */
#include "storport/adapter.h"

#include <string.h>

#include "nt/io.h"

#define WAKE_IRQL 3                     /* above DISPATCH_LEVEL, below every device */

/* --- going down ----------------------------------------------------------------------------------------------------- */

/* Something takes longer than IoLatencyCap allows: nothing new until it is back. */
static bool too_slow(const struct adapter *a)
{
    uint64_t now = ke_now();

    list_each(it, &a->units) {
        const struct unit *u = container_of(it, struct unit, node);
        if (!list_empty(&u->active) && now - list_first(&u->active, struct request, node)->started_at > a->settings.latency_cap)
            return true;
    }
    return false;
}

static bool may_start(const struct adapter *a, const struct unit *u)
{
    if (unlikely(a->settings.latency_cap) && a->outstanding && too_slow(a))
        return false;
    return a->state == ADAPTER_STARTED && !a->stopping && a->powered && !a->paused && !a->busy && !a->reset_hold && !a->link_down && !u->paused && !u->busy &&
           u->outstanding < u->depth && a->outstanding < a->max_io;
}

static bool has_channels(const struct adapter *a)
{
    return a->perf_set && (a->perf.Flags & STOR_PERF_CONCURRENT_CHANNELS) && !a->half_duplex && !a->driver->is_virtual;
}

static unsigned channel_count(const struct adapter *a)
{
    return has_channels(a) ? (unsigned)min_u64(a->perf.ConcurrentChannels, KE_MAX_CPUS) : 0;
}

void adapter_lock_starts(struct adapter *a)
{
    for (unsigned i = 0, n = channel_count(a); i < n; i++)
        KeAcquireSpinLockAtDpcLevel(&a->channel_locks[i]);
    KeAcquireSpinLockAtDpcLevel(&a->startio_lock);
}

void adapter_unlock_starts(struct adapter *a)
{
    KeReleaseSpinLockFromDpcLevel(&a->startio_lock);
    for (unsigned i = channel_count(a); i--;)
        KeReleaseSpinLockFromDpcLevel(&a->channel_locks[i]);
}

/* A miniport is called as often at once as it said: each processor belongs to a channel, and a channel makes one call at a time. */
static bool call_start_io(struct adapter *a, struct request *r)
{
    PHW_STARTIO start = a->driver->init.HwStartIo;
    KIRQL before = ke_irql();
    bool answer;

    if (a->driver->is_virtual) {
        answer = start(a->extension, r->srb);
    } else if (has_channels(a)) {
        PKSPIN_LOCK lock = &a->channel_locks[this_cpu->number % a->perf.ConcurrentChannels];

        KeAcquireSpinLockAtDpcLevel(lock);
        answer = start(a->extension, r->srb);
        KeReleaseSpinLockFromDpcLevel(lock);
    } else if (a->half_duplex) {
        KIRQL old = interrupt_lock(a), device = ke_irql();
        answer = start(a->extension, r->srb);
        SP_RETURNED("HwStorStartIo", start, device);
        interrupt_unlock(a, old);
    } else {
        KeAcquireSpinLockAtDpcLevel(&a->startio_lock);
        answer = start(a->extension, r->srb);
        KeReleaseSpinLockFromDpcLevel(&a->startio_lock);
    }
    SP_RETURNED("HwStorStartIo", start, before);
    return answer;
}

static void take_back(struct request *r)
{
    struct unit *u = r->unit;

    list_remove(&r->node);
    r->state = REQUEST_HELD;
    u->outstanding--;
    u->adapter->outstanding--;
}

void request_renew(struct request *r)
{
    ((PSCSI_REQUEST_BLOCK)r->srb)->SrbStatus = SRB_STATUS_PENDING;
    if (SrbGetSrbFunction(r->srb) != SRB_FUNCTION_EXECUTE_SCSI)
        return;
    SrbSetScsiStatus(r->srb, SCSISTAT_GOOD);
    SrbSetDataTransferLength(r->srb, r->length);
    if (SrbGetSenseInfoBuffer(r->srb))
        SrbSetSenseInfoBufferLength(r->srb, r->adapter->settings.sense_bytes);
}

/* The unit could not take it: again when a part of what is outstanding is done (its queue is full), or after a while. */
static void busy_again(struct request *r, bool full)
{
    struct unit *u = r->unit;

    request_renew(r);
    list_push_front(&u->waiting, &r->node);
    if (full && u->outstanding) {
        u->busy = (unsigned)min_u64(u->outstanding * u->settings.full_percent / 100 + 1, u->outstanding);
        return;
    }
    u->busy = UINT32_MAX;               /* until the alarm */
    ke_alarm_set(&u->busy_alarm, ke_now() + u->settings.busy_ns);
}

static bool build(struct adapter *a, struct request *r)
{
    bool answer = a->driver->init.HwBuildIo(a->extension, r->srb);

    SP_RETURNED("HwStorBuildIo", a->driver->init.HwBuildIo, DISPATCH_LEVEL);
    return answer;
}

/* DISPATCH_LEVEL, in adapter_run. */
static void start(struct request *r)
{
    struct adapter *a = r->adapter;
    struct unit *u = r->unit;

    r->state = REQUEST_STARTED;
    r->seconds_left = r->timeout;
    r->reset_rung = 0;                  /* the miniport gave back what it had before: the ladder begins anew */
    list_push_back(&u->active, &r->node);
    u->outstanding++;
    a->outstanding++;
    a->srbs++;
    if (unlikely(a->settings.latency_cap))
        r->started_at = ke_now();
    if (unlikely(!a->timeouts_armed))
        timeout_arm(a);
    if (a->driver->init.HwBuildIo && !a->driver->is_virtual && !build(a, r))
        return;                         /* completed in there, or soon */
    if (likely(call_start_io(a, r)) || r->state != REQUEST_STARTED)
        return;
    take_back(r);
    busy_again(r, true);
}

static struct request *next_waiting(struct unit *u, bool may)
{
    list_each(it, &u->waiting) {
        struct request *r = container_of(it, struct request, node);
        if (may || r->bypass) {
            list_remove(it);
            return r;
        }
    }
    return NULL;
}

static bool has_work(const struct unit *u)
{
    return !list_empty(&u->waiting) || !list_empty(&u->operations);
}

/* Power comes first: but not for the requests that are about power. */
static bool waits_for_power(struct unit *u)
{
    struct adapter *a = u->adapter;

    if (likely(!a->pofx.managed && !u->pofx.managed) || a->state != ADAPTER_STARTED || !has_work(u))
        return false;
    if (!list_empty(&u->waiting) && list_first(&u->waiting, struct request, node)->bypass)
        return false;
    return !a->asleep && !pofx_ready(u);
}

static bool pump(struct unit *u)
{
    if (unlikely(u->adapter->bus_resetting) || waits_for_power(u))
        return false;
    struct request *r = next_waiting(u, may_start(u->adapter, u));

    if (r) {
        start(r);
        return true;
    }
    return may_start(u->adapter, u) && !list_empty(&u->operations) && disk_pump(u);
}

/* Each unit once round; what is left waits for a completion. */
static void pump_all(struct adapter *a)
{
    unsigned units = 0;

    list_each(it, &a->pumping)
        units++;
    while (units-- && !list_empty(&a->pumping)) {
        struct unit *u = list_first(&a->pumping, struct unit, pump_node);

        list_remove(&u->pump_node);
        while (pump(u))
            ;
        if (has_work(u) && list_empty(&u->pump_node))
            list_push_back(&a->pumping, &u->pump_node);
    }
}

/* --- coming back ------------------------------------------------------------------------------------------------------ */

/* Only a command has a SCSI status: other blocks have something else in that place. */
static bool was_busy(struct request *r, bool *full)
{
    UCHAR status = request_srb_status(r), scsi;

    if (likely(status == SRB_STATUS_SUCCESS) || r->bypass || r->unit->gone || r->abandoned)
        return false;
    scsi = SrbGetSrbFunction(r->srb) == SRB_FUNCTION_EXECUTE_SCSI ? SrbGetScsiStatus(r->srb) : SCSISTAT_GOOD;
    *full = scsi == SCSISTAT_QUEUE_FULL;
    if (status != SRB_STATUS_BUSY && status != SRB_STATUS_LINK_DOWN && !*full && scsi != SCSISTAT_BUSY)
        return false;
    return r->busy_count++ < r->unit->settings.busy_retries;
}

static void finish(struct request *r)
{
    struct unit *u = r->unit;
    struct adapter *a = u->adapter;
    bool full = false;

    if (u->busy && u->busy != UINT32_MAX)
        u->busy--;
    if (a->busy && a->busy != UINT32_MAX)
        a->busy--;
    if (unlikely(was_busy(r, &full)))
        busy_again(r, full);
    else
        r->finish(r);
    if (unlikely(!list_empty(&u->scsi_irps)))
        scsi_next(u);
    unit_kick(u);
}

void adapter_run(struct adapter *a)
{
    KIRQL old = ke_raise(DISPATCH_LEVEL);
    uint64_t bit = 1ull << this_cpu->number;

    if (old > DISPATCH_LEVEL || (a->running & bit)) {
        a->again |= bit;
        this_cpu->pcr->irql = old;
        if (old > DISPATCH_LEVEL)
            adapter_kick(a);
        return;
    }
    a->running |= bit;
    do {
        struct list *node;

        a->again &= ~bit;
        while ((node = list_pop_front(&a->done))) {
            struct request *r = container_of(node, struct request, node);
            r->state = REQUEST_HELD;
            finish(r);
        }
        pump_all(a);
        if (unlikely(a->pofx_used))
            pofx_settle_all(a);
    } while ((a->again & bit) || !list_empty(&a->done));
    a->running &= ~bit;
    ke_lower(old);
}

static VOID NTAPI run_dpc(PKDPC dpc, PVOID context, PVOID first, PVOID second)
{
    struct adapter *a = context;

    if (unlikely(a->rescan_again))
        adapter_rescan(a);
    wmi_queue(a);
    adapter_run(a);
}

void adapter_kick(struct adapter *a)
{
    uint64_t bit = 1ull << this_cpu->number;

    if ((a->running & bit) && ke_irql() <= DISPATCH_LEVEL)
        a->again |= bit;
    else
        KeInsertQueueDpc(&a->dpc, NULL, NULL);
}

static void wake(struct ke_interrupt *interrupt)
{
    struct adapter *a = interrupt->context;

    KeInsertQueueDpc(&a->dpc, NULL, NULL);
}

void adapter_kick_from_outside(struct adapter *a)
{
    ke_interrupt_raise(&a->wake);
}

static void resume(struct ke_alarm *alarm)
{
    struct adapter *a = alarm->context;

    a->paused = false;
    adapter_run(a);
}

static void hold_over(struct ke_alarm *alarm)
{
    struct adapter *a = alarm->context;

    a->reset_hold = false;
    adapter_run(a);
}

static void link_over(struct ke_alarm *alarm)
{
    struct adapter *a = alarm->context;

    a->link_down = false;
    adapter_run(a);
}

void adapter_hold_after_reset(struct adapter *a)
{
    if (!a->config->BusResetHoldTime)
        return;
    a->reset_hold = true;
    ke_alarm_set(&a->hold_alarm, ke_now() + (uint64_t)a->config->BusResetHoldTime * 1000);
}

void adapter_init_queue(struct adapter *a)
{
    list_init(&a->pumping);
    list_init(&a->done);
    KeInitializeDpc(&a->dpc, run_dpc, a);
    KeInitializeSpinLock(&a->startio_lock);
    for (unsigned i = 0; i < KE_MAX_CPUS; i++)
        KeInitializeSpinLock(&a->channel_locks[i]);
    KeInitializeSpinLock(&a->interrupt_lock);
    KeInitializeSpinLock(&a->spare_lock);
    list_init(&a->wake.node);
    a->wake = (struct ke_interrupt){ .service = wake, .context = a, .irql = WAKE_IRQL };
    a->pause_alarm = (struct ke_alarm){ .fire = resume, .context = a };
    a->hold_alarm = (struct ke_alarm){ .fire = hold_over, .context = a };
    a->link_alarm = (struct ke_alarm){ .fire = link_over, .context = a };
    a->timeout_alarm = (struct ke_alarm){ .fire = timeout_fire, .context = a };
}

void unit_kick(struct unit *u)
{
    struct adapter *a = u->adapter;

    if (has_work(u) && list_empty(&u->pump_node))
        list_push_back(&a->pumping, &u->pump_node);
    if (!(a->running & 1ull << this_cpu->number))
        adapter_run(a);
    else
        a->again |= 1ull << this_cpu->number;
}

void request_start(struct request *r)
{
    list_push_back(&r->unit->waiting, &r->node);
    unit_kick(r->unit);
}

/* --- completion by the miniport ----------------------------------------------------------------------------------------- */

void request_complete(struct adapter *a, PVOID srb, bool direct, struct pe_caller caller)
{
    struct request *r = request_of(a, srb);

    if (unlikely(!r)) {
        if (request_was_lost(a, srb))
            return;
        SP_MISUSE(a, "completes an SRB that Storport did not give to this adapter", srb, caller);
        return;
    }
    if (unlikely(r->abandoned && !r->returned)) {
        r->returned = true;
        if (r->released) {
            r->abandoned = false;
            request_release(r);
        }
        return;
    }
    if (r->state != REQUEST_STARTED) {
        SP_MISUSE(a, "completes an SRB that is completed already", srb, caller);
        return;
    }
    if (((PSCSI_REQUEST_BLOCK)srb)->SrbStatus == SRB_STATUS_PENDING) {
        SP_MISUSE(a, "completes an SRB whose SrbStatus is still SRB_STATUS_PENDING", srb, caller);
        ((PSCSI_REQUEST_BLOCK)srb)->SrbStatus = SRB_STATUS_ERROR;
    }
    take_back(r);
    r->state = REQUEST_DONE;
    list_push_back(&a->done, &r->node);
    if (direct && ke_irql() <= DISPATCH_LEVEL)
        adapter_run(a);
    else
        adapter_kick(a);
}

/* The miniport kept it through every reset. DISPATCH_LEVEL. */
void request_abandon(struct request *r)
{
    take_back(r);
    r->abandoned = true;
    r->finish(r);
    unit_kick(r->unit);
}

/* --- synchronous -------------------------------------------------------------------------------------------------------- */

static void signal(struct request *r)
{
    KeSetEvent(r->owned, IO_NO_INCREMENT, FALSE);
}

uint8_t request_wait(struct request *r)
{
    KEVENT done;

    KeInitializeEvent(&done, NotificationEvent, FALSE);
    r->finish = signal;
    r->owned = &done;
    request_start(r);
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
    return request_srb_status(r);
}

/* --- the end -------------------------------------------------------------------------------------------------------------- */

void unit_flush(struct unit *u, NTSTATUS status)
{
    KIRQL old = ke_raise(DISPATCH_LEVEL);
    struct list *node;

    scsi_flush(u, SRB_STATUS_NO_DEVICE);
    while ((node = list_pop_front(&u->waiting))) {
        struct request *r = container_of(node, struct request, node);
        ((PSCSI_REQUEST_BLOCK)r->srb)->SrbStatus = SRB_STATUS_NO_DEVICE;
        r->finish(r);
    }
    while ((node = list_pop_front(&u->operations))) {
        struct storport_io *io = container_of(node, struct storport_io, node);
        if (!io->pending)
            io->done(io, status);
        else
            io->status = status;        /* its last request answers it */
    }
    ke_lower(old);
}
