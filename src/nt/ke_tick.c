/* Scheduling points that the running code did not ask for: the tick and the export hook.
 *
 * Real clock, fair schedule: a 1 ms signal sets ke_attention, so that the next export call takes a turn; when it
 * interrupts driver code itself, the turn is taken right there. Deterministic runs must not depend on the signal:
 * ke_attention stays set, every export call is a turn of bounded size (under a seed its exit is one, too), and the signal
 * acts only on a driver that has reached no scheduling point for SPIN_TICKS in a row. */
#include "nt/ke.h"

#include "host/loop.h"
#include "nt/ke_apc.h"
#include "nt/ke_internal.h"
#include "nt/ram.h"
#include "pe/pe.h"
#include "pe/trap.h"

#define TICK_US 1000
#define SPIN_TICKS 20
#define EXPORT_NS 50                    /* what an export call costs in virtual time */
#define SPIN_NS 1000                    /* what a turn of a busy-wait loop costs in virtual time */
#define TURN_CALLS 1024                 /* and under the fair schedule let others run: a driver may wait for them in a loop */
#define POLL_CALLS 256                  /* deterministic runs look at the outside once in so many calls */

static uint64_t seen_progress;
static unsigned still_ticks;

/* Alarms are fired below DISPATCH_LEVEL; when this processor is above, another one takes them. */
static void note_alarms(void)
{
    if (ke_next_alarm() > ke_now())
        return;
    if (ke_irql() < DISPATCH_LEVEL) {
        this_cpu->pending |= PENDING_ALARM;
        return;
    }
    for (unsigned i = 0; i < ke.cpu_count; i++) {
        if (ke.cpus[i].pcr->irql < DISPATCH_LEVEL) {
            ke_kick(&ke.cpus[i], PENDING_ALARM);
            return;
        }
    }
    this_cpu->pending |= PENDING_ALARM;
}

static void poll_outside(void)
{
    if (loop_has_watches() && loop_poll(0) < 0)
        ke.stop = KE_STOPPED;
}

static void others_turn(void)
{
    if (ke_irql() < DISPATCH_LEVEL)
        ke_yield_thread();
    ke_yield_cpu();
}

/* One turn: the outside, time, interrupts, other threads, other processors. */
static void turn(void)
{
    ke.progress++;
    poll_outside();
    note_alarms();
    if (ke.stop != KE_RUNNING)
        ke_leave();
    ke_settle();
    others_turn();
}

/* All but the images outside RAM lie there. Asked in the signal handler. */
static bool in_driver(uint64_t rip)
{
    return ram_contains((void *)(uintptr_t)rip) || pe_in_fixed_images(rip);
}

static bool on_tick(uint64_t rip)
{
    if (!ke.inside)
        return false;
    if (ke_deterministic()) {
        still_ticks = ke.progress == seen_progress ? still_ticks + 1 : 0;
        seen_progress = ke.progress;
        return still_ticks >= SPIN_TICKS && in_driver(rip);
    }
    ke_attention = 1;
    return in_driver(rip);
}

static void preempt(struct trap_frame *frame)
{
    if (!ke_deterministic())
        ke_attention = 0;
    still_ticks = 0;
    ke_advance((uint64_t)TICK_US * 1000);
    turn();
    pe_resume(frame);
}

bool ke_start_tick(void)
{
    seen_progress = 0;
    still_ticks = 0;
    return tick_install(TICK_US, on_tick, preempt);
}

void ke_stop_tick(void)
{
    tick_install(0, NULL, NULL);
    ke_attention = 0;
}

static void seeded_choice(void)
{
    uint32_t dice = random_below(&ke.random, 16);

    if (dice == 0)
        ke_yield_cpu();
    else if (dice == 1 && ke_irql() < DISPATCH_LEVEL)
        ke_yield_thread();
}

/* DPCs that queue each other for ever never let IRQL fall: the clock, the outside and the end of the run are seen between
 * them, as by the clock interrupt that comes at any IRQL below its own. */
void ke_amid_dpcs(unsigned ran)
{
    ke.progress++;
    ke_advance((uint64_t)ran * EXPORT_NS);
    poll_outside();
    if (ke_next_alarm() <= ke_now()) {
        this_cpu->pending &= ~(uint32_t)PENDING_ALARM;
        ke_run_alarms();
    }
    if (ke.stop != KE_RUNNING)
        ke_leave();
    ke_yield_cpu();
}

void ke_export_hook(void)
{
    if (!ke.inside)
        return;
    if (!ke_deterministic()) {
        ke_attention = 0;
        turn();
        return;
    }
    ke.progress++;
    ke_advance(EXPORT_NS);
    if (++ke.hook_calls % POLL_CALLS == 0)
        poll_outside();
    note_alarms();
    if (ke.stop != KE_RUNNING)
        ke_leave();
    ke_settle();
    if (ke.config.seeded)
        seeded_choice();
    else if (ke.hook_calls % TURN_CALLS == 0)
        others_turn();
}

void ke_export_exit_hook(void)
{
    if (ke.inside && ke.stop == KE_RUNNING)
        seeded_choice();
}

void ke_spin_turn(void)
{
    ke_advance(SPIN_NS);
    turn();
}

/* A DPC or interrupt routine that lowers IRQL would let the thread go that it interrupted. */
static _Noreturn void lowered_too_far(const struct cpu *cpu, KIRQL irql)
{
    if (cpu->floor > DISPATCH_LEVEL)
        KeBugCheckEx(IRQL_UNEXPECTED_VALUE, (ULONG_PTR)irql << 16 | (ULONG_PTR)cpu->floor << 8 | 3, 0, 0, 0);
    KeBugCheckEx(IRQL_NOT_GREATER_OR_EQUAL, (ULONG_PTR)cpu->running_dpc->DeferredRoutine, irql, DISPATCH_LEVEL,
                 (ULONG_PTR)cpu->running_dpc);
}

void ke_settle_slow(void)
{
    for (;;) {
        struct cpu *cpu = this_cpu;
        KIRQL irql = cpu->pcr->irql;
        uint32_t pending = cpu->pending;

        if (unlikely(irql < cpu->floor))
            lowered_too_far(cpu, irql);
        if ((pending & PENDING_INTERRUPT) && ke_take_interrupts(cpu))
            continue;
        pending &= irql >= DISPATCH_LEVEL ? 0 : irql >= APC_LEVEL ? ~(uint32_t)(PENDING_INTERRUPT | PENDING_APC)
                                                                  : ~(uint32_t)PENDING_INTERRUPT;
        if (!pending)
            return;
        if (pending & PENDING_ALARM) {
            cpu->pending &= ~(uint32_t)PENDING_ALARM;
            ke_run_alarms_here();
        } else if (pending & PENDING_DPC) {
            ke_run_dpcs();
        } else if (pending & PENDING_SWITCH) {
            ke_switch_pending();
        } else {
            ke_apc_deliver();
        }
    }
}
