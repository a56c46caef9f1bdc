/* Opening and closing the processors, their idle threads, and the way in and out of NT. */
#include "nt/ke.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "host/loop.h"
#include "host/time.h"
#include "nt/ke_internal.h"
#include "nt/ram.h"

#define VIRTUAL_START_NS 1767225600000000000ull         /* 2026-01-01: what a virtual clock shows at power on */
#define PATIENCE_NS 2000000000ull                       /* how long a call may still take after a stop was asked for */
#define THREAD_PAGE_OFFSET 256                          /* room for what an object manager keeps before a body */

volatile uint32_t ke_attention;
struct ke_trace ke_trace_ring[KE_TRACE_COUNT];
unsigned ke_trace_next;

static struct thread *plain_thread_alloc(void)
{
    char *page = ram_alloc(1, true);

    return page ? (struct thread *)(page + THREAD_PAGE_OFFSET) : NULL;
}

static void plain_thread_free(struct thread *thread)
{
    ram_free((char *)thread - THREAD_PAGE_OFFSET, 1);
}

static bool patience(void)
{
    return ke.give_up_ns && host_monotonic_ns() < ke.give_up_ns;
}

/* Nothing to do on any processor: waits for the outside, or lets virtual time jump to the next alarm. */
static void wait_for_something(void)
{
    uint64_t due = ke_next_alarm(), now = ke_now();

    if (due <= now) {
        ke.runnable |= 1ull << this_cpu->number;        /* an alarm may go to another processor and has to come back */
        ke_run_alarms_here();
    } else if (loop_stop_requested() && !patience()) {
        ke.stop = KE_STOPPED;
    } else if (ke.config.clock == KE_CLOCK_VIRTUAL) {
        if (loop_has_watches() && loop_poll(due == UINT64_MAX ? 100000000u : 0) < 0 && !patience())
            ke.stop = KE_STOPPED;
        else if (!ke.runnable && due != UINT64_MAX)
            ke.virtual_ns = due;
        else if (!ke.runnable && !loop_has_watches())
            ke.stop = KE_STUCK;
    } else if (due == UINT64_MAX && !loop_has_watches()) {
        ke.stop = KE_STUCK;
    } else if (loop_poll(min_u64(due - now, ke.give_up_ns ? PATIENCE_NS / 20 : UINT64_MAX)) < 0 && !patience()) {
        ke.stop = KE_STOPPED;
    }
}

static void idle_main(void *arg)
{
    struct cpu *cpu = arg;

    for (;;) {
        ke_settle();
        if (ke.stop != KE_RUNNING) {
            ke_leave();
            continue;
        }
        if (cpu->ready_mask || ke_steal()) {
            cpu->pending |= PENDING_SWITCH;
            continue;
        }
        if (cpu->pending)
            continue;
        uint64_t since = ke_now();
        ke.runnable &= ~(1ull << cpu->number);
        if (!ke_yield_cpu())
            wait_for_something();
        cpu->idle_ns += ke_now() - since;
    }
}

void ke_leave(void)
{
    struct thread *current = ke_current();

    ke.inside = false;
    fiber_switch(&current->fiber, &ke.main);
    ke.inside = true;
}

static bool open_cpu(struct cpu *cpu, unsigned number)
{
    cpu->number = number;
    cpu->pcr = ram_alloc(1, true);
    cpu->idle = plain_thread_alloc();
    if (!cpu->pcr || !cpu->idle || !ke_thread_init(cpu->idle, "idle", 1, idle_main, cpu))
        return error_set("no memory for processor %u", number);
    for (int i = 0; i < KE_PRIORITIES; i++)
        list_init(&cpu->ready[i]);
    list_init(&cpu->interrupts);
    cpu->dpcs.last = &cpu->dpcs.first;
    cpu->threaded.last = &cpu->threaded.first;
    cpu->idle->priority = cpu->idle->base_priority = 0;
    cpu->idle->state = THREAD_RUNNING;
    cpu->idle->cpu = cpu;
    cpu->current = cpu->idle;
    cpu->pcr->self = cpu->pcr;
    cpu->pcr->prcb = &cpu->pcr->mxcsr;
    cpu->pcr->mxcsr = 0x1f80;
    cpu->pcr->legacy_number = (uint8_t)number;
    cpu->pcr->number = number;
    cpu->pcr->current_thread = cpu->pcr->idle_thread = cpu->idle;
    return true;
}

bool ke_open(const struct ke_config *config)
{
    assert(!ke.cpus && config->cpus >= 1 && config->cpus <= KE_MAX_CPUS);
    memset(&ke, 0, sizeof ke);
    ke.config = *config;
    ke.cpu_count = config->cpus;
    ke.cpus = calloc(config->cpus, sizeof *ke.cpus);
    list_init(&ke.threads);
    list_init(&ke.dead);
    random_seed(&ke.random, config->seed);
    ke.real_start_ns = host_monotonic_ns();
    uint64_t wall = config->wall_start_ns;
    if (!wall)
        wall = config->clock == KE_CLOCK_VIRTUAL ? VIRTUAL_START_NS : host_wall_ns();
    ke.system_time_offset = wall / 100 + 116444736000000000ull;     /* 1601 to 1970 */
    ke.config.wall_start_ns = wall;
    for (unsigned i = 0; i < ke.cpu_count; i++)
        if (!open_cpu(&ke.cpus[i], i))
            return false;
    this_cpu = &ke.cpus[0];
    __builtin_ia32_wrgsbase64((uint64_t)(uintptr_t)this_cpu->pcr);
    ke_attention = ke_deterministic();
    return ke_start_tick();
}

struct call {
    void (*fn)(void *);
    void *arg;
    bool done;
    struct list node;                   /* calls_given_up, or itself */
};

static struct list calls_given_up = LIST_INIT(calls_given_up);

static void forget_calls(void)
{
    struct list *node;

    while ((node = list_pop_front(&calls_given_up)))
        free(container_of(node, struct call, node));
}

void ke_close(void)
{
    ke_stop_tick();
    list_each_safe(node, &ke.threads) {
        struct thread *thread = container_of(node, struct thread, all_node);
        list_remove(&thread->all_node);
        if (thread->stack)
            ram_free_stack(thread->stack);
        if (thread->cpu && thread == thread->cpu->idle)
            continue;
        if (thread->ended)
            thread->ended(thread);
    }
    for (unsigned i = 0; i < ke.cpu_count; i++) {
        if (ke.cpus[i].idle)
            plain_thread_free(ke.cpus[i].idle);
        if (ke.cpus[i].pcr)
            ram_free(ke.cpus[i].pcr, 1);
    }
    ke_clock_close();
    forget_calls();
    free(ke.cpus);
    memset(&ke, 0, sizeof ke);
    this_cpu = NULL;
    __builtin_ia32_wrgsbase64(0);
}

/* --- in and out --------------------------------------------------------------------------------------------- */

static enum ke_stop enter(void)
{
    assert(!ke.inside);
    if (ke.bugchecked)
        return KE_BUGCHECK;
    if (ke.power_off)
        return KE_STOPPED;
    ke.stop = KE_RUNNING;
    ke.inside = true;
    fiber_switch(&ke.main, &this_cpu->current->fiber);
    return ke.stop;
}

static void on_deadline(struct ke_alarm *alarm)
{
    (void)alarm;
    if (ke.stop == KE_RUNNING)
        ke.stop = KE_DEADLINE;
}

enum ke_stop ke_run(uint64_t deadline_ns)
{
    if (deadline_ns != UINT64_MAX) {
        ke.deadline.fire = on_deadline;
        ke_alarm_set(&ke.deadline, deadline_ns);
    }
    enum ke_stop stop = enter();
    ke_alarm_cancel(&ke.deadline);
    return stop;
}

void ke_request_stop(void)
{
    if (ke.stop == KE_RUNNING)
        ke.stop = KE_STOPPED;
}

void ke_power_off(void)
{
    ke.power_off = true;
    ke.stop = KE_STOPPED;
}

static void call_main(void *arg)
{
    struct call *call = arg;

    call->fn(call->arg);
    if (ke_irql() != PASSIVE_LEVEL)
        KeBugCheckEx(IRQL_UNEXPECTED_VALUE, (ULONG_PTR)ke_irql() << 16 | 2, (ULONG_PTR)call->fn, 0, 0);
    call->done = true;
    if (list_empty(&call->node))
        ke.stop = KE_DONE;
}

static enum ke_stop finish(struct call *call)
{
    enum ke_stop stop = enter();

    if (stop == KE_STOPPED)                     /* Ctrl-C ends ke_run; what was asked here is still finished */
        ke.give_up_ns = host_monotonic_ns() + PATIENCE_NS;
    while (!call->done && stop == KE_STOPPED && !ke.power_off && patience())
        stop = enter();
    ke.give_up_ns = 0;
    if (!call->done) {
        list_push_back(&calls_given_up, &call->node);       /* its thread may still come to the end */
        return stop;
    }
    free(call);
    return KE_DONE;
}

enum ke_stop ke_call(void (*fn)(void *), void *arg)
{
    if (ke.inside) {
        fn(arg);
        return KE_DONE;
    }
    if (ke.bugchecked)
        return KE_BUGCHECK;
    struct call *call = malloc(sizeof *call);
    struct thread *thread = call ? ke.thread_alloc ? ke.thread_alloc() : plain_thread_alloc() : NULL;
    if (!thread || !ke_thread_init(thread, "System", 8, call_main, call)) {
        free(call);
        error_set("no memory for a system thread");
        return KE_NO_MEMORY;
    }
    *call = (struct call){ .fn = fn, .arg = arg };
    list_init(&call->node);
    thread->ended = ke.thread_free ? ke.thread_free : plain_thread_free;
    ke_ready(thread, 0);
    return finish(call);
}

void ke_stop_bugcheck(void)
{
    assert(ke.inside);
    ke.bugchecked = true;
    ke.stop = KE_BUGCHECK;
    ke.inside = false;
    fiber_switch(&ke_current()->fiber, &ke.main);
    __builtin_unreachable();
}

uintptr_t ke_stack_limit(void)
{
    return ke.inside ? (uintptr_t)ke_current()->fiber.stack : 0;
}
