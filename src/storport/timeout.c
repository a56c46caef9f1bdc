/* SRB time-outs and the reset ladder.
 *
 * While the miniport has requests, an alarm fires every second and counts each one's seconds down. What happens when they are over:
 *
 *   | rung | Storport does                                     | then the request has again   |
 *   |------|---------------------------------------------------|------------------------------|
 *   | 0    | SRB_FUNCTION_ABORT_COMMAND for it, to a miniport  | RESET_SECONDS                |
 *   |      | with STOR_ADAPTER_FEATURE_ABORT_COMMAND           |                              |
 *   | 1    | SRB_FUNCTION_RESET_LOGICAL_UNIT to its unit       | RESET_SECONDS                |
 *   | 2    | SRB_FUNCTION_RESET_DEVICE to its target           | RESET_SECONDS                |
 *   | 3    | HwStorResetBus for its path, no queue running     | RESET_SECONDS                |
 *   | 4    | abandons it: SRB_STATUS_TIMEOUT to whoever waits  | -                            |
 *
 * A rung that fails (a reset that the miniport does not support, say) is not waited for: the next one follows within a second.
 * A request that the miniport completes on the way (with SRB_STATUS_BUS_RESET, say) leaves the ladder. A reset request itself
 * starts at rung 4. docs: storage/multi-tier-reset-in-storport, storport/nc-storport-hw_reset_bus */
#include "storport/adapter.h"

#define SECOND_NS 1000000000ull
#define RESET_SECONDS 10

void timeout_arm(struct adapter *a)
{
    a->timeouts_armed = true;
    ke_alarm_set(&a->timeout_alarm, ke_now() + SECOND_NS);
}

/* A reset that fails helps nobody who waits for it: the next rung, now. */
static void hurry(struct unit *u)
{
    list_each(it, &u->active) {
        struct request *r = container_of(it, struct request, node);
        if (r->reset_rung)
            r->seconds_left = 0;
    }
}

static void reset_over(struct request *r)
{
    struct unit *u = r->owner;

    u->resetting = false;
    if (request_srb_status(r) != SRB_STATUS_SUCCESS)
        hurry(u);
    request_release(r);
}

/* aborted: the SRB that SRB_FUNCTION_ABORT_COMMAND is for. */
static void send_reset(struct unit *u, uint32_t function, PVOID aborted)
{
    struct request *r = u->resetting ? NULL : request_take(u);

    if (!r)
        return;
    u->resetting = true;
    u->adapter->resets++;
    request_prepare(r, function, 0, NULL, 0, RESET_SECONDS);
    if (r->extended)
        ((PSTORAGE_REQUEST_BLOCK)r->srb)->NextSrb = aborted;
    else
        ((PSCSI_REQUEST_BLOCK)r->srb)->NextSrb = aborted;
    r->bypass = r->is_reset = true;
    r->finish = reset_over;
    r->owner = u;
    request_start(r);
}

bool adapter_reset_bus(struct adapter *a, uint8_t path)
{
    KIRQL old = ke_raise(DISPATCH_LEVEL), device = 0;
    bool good;

    a->resets++;
    a->bus_resetting++;
    adapter_lock_starts(a);
    if (a->half_duplex)
        device = interrupt_lock(a);
    good = a->driver->init.HwResetBus(a->extension, path);
    if (a->half_duplex)
        interrupt_unlock(a, device);
    adapter_unlock_starts(a);
    adapter_hold_after_reset(a);
    a->bus_resetting--;
    adapter_kick(a);
    ke_lower(old);
    return good;
}

static void climb(struct request *r)
{
    static const char *const what[] = { "it is aborted", "the logical unit is reset", "the target is reset", "the bus is reset",
                                        "given up" };
    struct unit *u = r->unit;
    struct adapter *a = r->adapter;
    bool first = !r->reset_rung;
    unsigned rung = r->is_reset ? 4 : r->reset_rung++;

    if (!rung && !(a->config->FeatureSupport & STOR_ADAPTER_FEATURE_ABORT_COMMAND))
        rung = r->reset_rung++;
    a->timeouts++;
    log_warn("storport", "%s, path %u target %u lun %u: a request is not completed after %u s: %s", a->driver->name, u->path,
             u->target, u->lun, first ? r->timeout : RESET_SECONDS, what[rung < 4 ? rung : 4]);
    r->seconds_left = RESET_SECONDS;
    switch (rung) {
    case 0:
        send_reset(u, SRB_FUNCTION_ABORT_COMMAND, r->srb);
        return;
    case 1:
        send_reset(u, SRB_FUNCTION_RESET_LOGICAL_UNIT, NULL);
        return;
    case 2:
        send_reset(u, SRB_FUNCTION_RESET_DEVICE, NULL);
        return;
    case 3:
        if (!adapter_reset_bus(a, u->path))
            log_warn("storport", "%s: HwStorResetBus failed for path %u", a->driver->name, u->path);
        return;
    default:
        SP_MISUSE(a, "keeps an SRB through the reset of its unit, target and bus", r->srb, SP_NOBODY);
        request_abandon(r);
    }
}

/* One expired request at a time: climbing may change every list. */
static struct request *expired(struct unit *u)
{
    list_each(it, &u->active) {
        struct request *r = container_of(it, struct request, node);
        if (!r->seconds_left && r->timeout)
            return r;
    }
    return NULL;
}

static void count_down(struct unit *u)
{
    struct request *r;

    list_each(it, &u->active) {
        r = container_of(it, struct request, node);
        if (r->seconds_left)
            r->seconds_left--;
    }
    while ((r = expired(u)))
        climb(r);
}

void timeout_fire(struct ke_alarm *alarm)
{
    struct adapter *a = alarm->context;
    struct unit *u;
    unsigned n = 0, at;

    a->timeouts_armed = false;
    if (!a->outstanding || a->state != ADAPTER_STARTED)
        return;
    timeout_arm(a);
    if (a->control)
        count_down(a->control);
    do {                                /* the n-th unit, as long as there is one */
        u = NULL;
        at = n++;
        list_each(it, &a->units)
            if (!at--) {
                u = container_of(it, struct unit, node);
                break;
            }
        if (u)
            count_down(u);
    } while (u);
}
