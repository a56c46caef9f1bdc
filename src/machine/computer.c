/* Opening, running and closing a computer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "check/check.h"
#include "host/loop.h"
#include "host/trap.h"
#include "machine/machine.h"
#include "nt/bugcheck.h"
#include "nt/io.h"
#include "nt/pnp.h"
#include "nt/pool.h"

#define WATCH_NS 10000000ull            /* how often the end of everything is looked for */
#define QUIET_NS 100000000ull           /* how long after it the computer still runs: answers on their way */

struct ring3_computer *machine;
static bool stopped;

struct call {
    void (*fn)(void *arg);
    void *arg;
};

bool machine_call(void (*fn)(void *arg), void *arg)
{
    switch (ke_call(fn, arg)) {
    case KE_DONE: return true;
    case KE_BUGCHECK: return error_set("the computer has stopped with a bug check");
    case KE_STUCK: return error_set("the computer waits for something that can never happen");
    case KE_NO_MEMORY: return false;
    default: return error_set("the computer was stopped");
    }
}

/* --- open and close ----------------------------------------------------------------------------------------- */

struct stage_call {
    const struct machine_stage *stage;
    struct ring3_computer *computer;
    bool good;
};

static void open_inside(void *arg)
{
    struct stage_call *call = arg;

    call->good = call->stage->open(call->computer);
}

static void close_inside(void *arg)
{
    struct stage_call *call = arg;

    call->stage->close(call->computer);
}

static bool open_stage(struct ring3_computer *computer, const struct machine_stage *stage)
{
    struct stage_call call = { stage, computer, false };

    if (!stage->open)
        return true;
    if (!stage->inside)
        return stage->open(computer);
    return machine_call(open_inside, &call) && call.good;
}

static void close_stage(struct ring3_computer *computer, const struct machine_stage *stage)
{
    struct stage_call call = { stage, computer, false };

    if (!stage->close)
        return;
    if (!stage->inside)
        stage->close(computer);
    else if (!machine_call(close_inside, &call))
        log_debug("machine", "%s was not closed: %s", stage->name, error_text());
}

static bool valid(const struct ring3_config *config)
{
    if (config->cpus < 1 || config->cpus > KE_MAX_CPUS)
        return error_set("%u processors: a computer has 1 to %d", config->cpus, KE_MAX_CPUS);
    if (config->memory < 32u << 20 || config->memory > 8ull << 30 || config->memory % 4096)
        return error_set("%llu bytes of memory: a computer has 32 MiB to 8 GiB, in pages",
                         (unsigned long long)config->memory);
    return true;
}

struct ring3_computer *ring3_open(const struct ring3_config *config)
{
    struct ring3_config whole;

    if (stopped)
        return error_set("a computer of this process has stopped (bug check or power off): nothing of it can be taken down"), NULL;
    ring3_config_init(&whole);
    memcpy(&whole, config, config->size < sizeof whole ? config->size : sizeof whole);
    if (machine)
        return error_set("a computer is open already: one at a time in a process"), NULL;
    if (!trap_possible() || !valid(&whole))
        return NULL;
    struct ring3_computer *computer = calloc(1, sizeof *computer);
    if (!computer)
        return error_set("no memory"), NULL;
    computer->config = whole;
    computer->replay = whole.replay ? strdup(whole.replay) : NULL;
    computer->idle_since = UINT64_MAX;
    list_init(&computer->nics);
    list_init(&computer->disks);
    list_init(&computer->drivers);
    list_init(&computer->libraries);
    list_init(&computer->traffic);
    machine = computer;
    while (computer->stages < machine_stage_count) {
        const struct machine_stage *stage = &machine_stages[computer->stages];
        if (!open_stage(computer, stage)) {
            error_prefix("%s", stage->name);
            ring3_close(computer, NULL);
            return NULL;
        }
        computer->stages++;
    }
    pool_set_fail_at(whole.fail_allocation, false);
    return computer;
}

static void note_leftovers(struct ring3_computer *computer)
{
    struct bugcheck_info bug;

    computer->report.findings = finding_count();
    computer->report.power_cut = computer->power_cut;
    if (bugcheck_get(&bug)) {
        computer->report.bug_check = stopped = true;
        computer->report.bug_check_code = bug.code;
    }
}

/* A failure that was asked for and never came must not pass for one that was survived. */
static void note_injection(const struct ring3_computer *computer)
{
    uint64_t n = computer->config.fail_allocation;

    if (n && pool_fail_count() < n)
        log_warn("machine", "allocation %llu was to fail, but drivers made only %llu", (unsigned long long)n,
                 (unsigned long long)pool_fail_count());
    if (n)
        pool_set_fail_at(0, false);
}

/* A run ends in the middle of things: what is under way on a processor gets to its end before counters are read. */
static void settle_inside(void *unused)
{
    for (unsigned turns = 0; turns < 8; turns++)        /* bounded: a driver's DPC may queue itself for ever */
        KeStallExecutionProcessor(20);
}

void ring3_shut_down(struct ring3_computer *computer)
{
    if (computer->shut_down)
        return;
    if (!computer->power_cut)
        machine_call(settle_inside, NULL);
    nic_remember(computer);
    disk_remember(computer);
    computer->shut_down = true;
    ctl_shut_down(computer);
    nbd_shut_down(computer);
    if (computer->power_cut)
        stopped = true;
    else
        driver_unload_all(computer);
    note_injection(computer);
    note_leftovers(computer);
}

static void power_off_inside(void *unused)
{
    io_shutdown();
    po_set_system_state(PowerSystemShutdown, true);
}

bool ring3_power_off(struct ring3_computer *computer)
{
    if (computer->shut_down)
        return true;
    if (computer->power_cut) {
        ring3_shut_down(computer);
        return true;
    }
    nic_remember(computer);
    disk_remember(computer);
    computer->shut_down = stopped = true;
    ctl_shut_down(computer);
    nbd_shut_down(computer);
    bool good = machine_call(power_off_inside, NULL);
    note_injection(computer);
    note_leftovers(computer);
    return good;
}

void ring3_query_report(struct ring3_computer *computer, struct ring3_report *report)
{
    note_leftovers(computer);
    *report = computer->report;
}

void ring3_close(struct ring3_computer *computer, struct ring3_report *report)
{
    bool complete = computer->stages == machine_stage_count;

    if (complete) {
        ring3_shut_down(computer);
        note_leftovers(computer);
    }
    if (report)
        *report = computer->report;
    if (stopped) {                      /* only what the outside still waits for: captures on their way to a file */
        nic_close_all(computer);
        disk_close_all(computer);
        return;
    }
    while (computer->stages > 0)
        close_stage(computer, &machine_stages[--computer->stages]);
    traffic_close_all(computer);
    registry_forget_parameters(computer);
    nic_forget_virtual(computer);
    free(computer->replay);
    free(computer);
    machine = NULL;
}

/* --- run ------------------------------------------------------------------------------------------------------ */

/* Starts traffic that waits for an address, and finds the moment when nothing is left to wait for. */
static void watch(struct ke_alarm *alarm)
{
    struct ring3_computer *computer = alarm->context;
    bool idle = computer->until_idle && !computer->nbd && !ctl_keeps_running(computer) && traffic_all_finished(computer) &&
                nic_replays_finished(computer) && (!list_empty(&computer->traffic) || !nic_any_external(computer));

    traffic_try_start(computer);
    if (!idle)
        computer->idle_since = UINT64_MAX;
    else if (computer->idle_since == UINT64_MAX)
        computer->idle_since = ke_now();
    if (idle && ke_now() - computer->idle_since >= QUIET_NS)
        ke_request_stop();
    else
        ke_alarm_set(alarm, ke_now() + WATCH_NS);
}

static void traffic_changed(void *context)
{
    traffic_try_start(context);
}

enum ring3_end ring3_run(struct ring3_computer *computer, uint64_t duration_ns)
{
    bool forever = duration_ns == RING3_FOREVER || duration_ns == RING3_UNTIL_IDLE;

    if (computer->power_cut)
        return RING3_END_POWER_CUT;
    computer->until_idle = duration_ns == RING3_UNTIL_IDLE;
    computer->idle_since = UINT64_MAX;
    /* A watch that was under way when the last run ended may have armed it since. */
    computer->watch.fire = watch;
    computer->watch.context = computer;
    ke_alarm_set(&computer->watch, ke_now());
    tcpip_on_change(traffic_changed, computer);
    enum ke_stop stop = ke_run(forever ? UINT64_MAX : ke_now() + duration_ns);
    tcpip_on_change(NULL, NULL);
    ke_alarm_cancel(&computer->watch);
    if (computer->power_cut)
        return RING3_END_POWER_CUT;
    switch (stop) {
    case KE_DEADLINE: return RING3_END_TIME;
    case KE_BUGCHECK: return RING3_END_BUG_CHECK;
    case KE_STUCK: return RING3_END_STUCK;
    default: return computer->idle_since != UINT64_MAX && !loop_stop_requested() ? RING3_END_IDLE : RING3_END_STOPPED;
    }
}

void ring3_stop(struct ring3_computer *computer)
{
    ke_request_stop();
}

uint64_t ring3_now(struct ring3_computer *computer)
{
    return ke_now();
}

void ring3_query_counts(struct ring3_computer *computer, struct ring3_counts *counts)
{
    struct pool_stats pool;

    memset(counts, 0, sizeof *counts);
    for (unsigned i = 0; i < ke.cpu_count; i++) {
        counts->interrupts += ke.cpus[i].interrupt_count;
        counts->dpcs += ke.cpus[i].dpc_count;
        counts->switches += ke.cpus[i].switch_count;
    }
    counts->elapsed_ns = ke_now();
    pool_get_stats(&pool);
    counts->pool_bytes = pool.live_bytes;
    counts->pool_allocations = pool.live_blocks;
}
