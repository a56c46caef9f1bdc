/* The scheduler core: virtual processors, threads as fibers, IRQL, DPCs, interrupts, clock.
 *
 * Invariants
 *  1. One host thread. Host code is never interrupted by other host code: control moves to another NT thread or
 *     processor only at a scheduling point, and those are ke_settle(), ke_block(), ke_yield_*(), the export hook and
 *     the preemption of driver code. Between two scheduling points host data needs no lock.
 *  2. this_cpu is the processor that runs; gs points at its PCR; this_cpu->current is the thread whose fiber runs.
 *  3. At DISPATCH_LEVEL and above a processor keeps its thread. Other processors may still get the host thread.
 *  4. cpu->pending != 0 whenever the processor has an interrupt, a DPC, a better thread or an APC it has not yet taken.
 *     Whoever lowers IRQL, or makes something pending at low IRQL, ends with ke_settle().
 *  5. A processor's bit in ke.runnable is set unless it is in its idle thread with nothing pending.
 *  6. Host code that calls a driver keeps no state on the stack that an exception passing through must undo. */
#ifndef NT_KE_H
#define NT_KE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/random.h"
#include "base/util.h"
#include "host/fiber.h"
#include "host/trap.h"
#include "ntdef.h"
#include "ntstatus.h"
#include "bugcodes.h"
#include "ring3/ke.h"

#define KE_MAX_CPUS 64
#define KE_PRIORITIES 32

enum ke_pending { PENDING_INTERRUPT = 1, PENDING_DPC = 2, PENDING_SWITCH = 4, PENDING_ALARM = 8, PENDING_APC = 16 };

/* What gs points at: the fields of KPCR and KPRCB that compiled code reads inline. */
struct ke_pcr {
    uint8_t pad0[0x18];
    struct ke_pcr *self;                /* +18 */
    void *prcb;                         /* +20 */
    uint8_t pad1[0x50 - 0x28];
    volatile uint8_t irql;              /* +50 */
    uint8_t pad2[0x180 - 0x51];
    uint32_t mxcsr;                     /* +180: start of KPRCB */
    uint8_t legacy_number;              /* +184 */
    uint8_t pad3[3];
    struct thread *current_thread;      /* +188 */
    struct thread *next_thread;         /* +190 */
    struct thread *idle_thread;         /* +198 */
    uint8_t nesting, group_pad[3];      /* +1a0 */
    uint32_t number;                    /* +1a4 */
    uint8_t rest[4096 - 0x1a8];
};
_Static_assert(offsetof(struct ke_pcr, irql) == 0x50, "KPCR.Irql");
_Static_assert(offsetof(struct ke_pcr, legacy_number) == 0x184, "KPRCB.LegacyNumber");
_Static_assert(offsetof(struct ke_pcr, current_thread) == 0x188, "KPRCB.CurrentThread");
_Static_assert(offsetof(struct ke_pcr, number) == 0x1a4, "KPRCB.Number");

/* A queue of DPCs: what KDPC.DpcData points at. */
struct ke_dpcs {
    SINGLE_LIST_ENTRY *first, **last;   /* KDPC.DpcListEntry */
    unsigned depth;
};

struct cpu {
    struct ke_pcr *pcr;
    uint32_t pending;                   /* enum ke_pending bits */
    unsigned number;
    struct thread *current, *idle;
    struct list ready[KE_PRIORITIES];
    uint32_t ready_mask;
    struct ke_dpcs dpcs, threaded;      /* threaded: for the processor's DPC thread */
    bool in_dpc;
    KIRQL floor;                        /* what the running DPC or interrupt routine was called at: not its to go below */
    PKDPC running_dpc, running_threaded;
    struct thread *dpc_thread;          /* ke_threaded.c; NULL until a threaded DPC is queued */
    KEVENT dpc_thread_event;
    struct list interrupts;             /* struct ke_interrupt, highest IRQL first */
    uint64_t interrupt_count, dpc_count, switch_count;
    uint64_t idle_ns;                   /* without anything to do, until it last had something */
};

enum thread_state { THREAD_READY, THREAD_RUNNING, THREAD_BLOCKED, THREAD_DEAD };

/* Head of every thread object. A driver sees it only as an opaque, waitable PKTHREAD. */
struct thread {
    DISPATCHER_HEADER header;           /* signalled when the thread has ended */
    struct fiber fiber;
    enum thread_state state;
    uint8_t priority, base_priority;
    uint8_t wait_irql;
    bool alertable, alerted, user_mode;
    int32_t kernel_apc_disable, special_apc_disable;    /* 0 or negative, as Windows counts */
    uint32_t apc_count;                 /* what is queued: ke_apc.h */
    bool in_normal_apc, apcs_closed;
    bool cancel_wait;                   /* its wait shall end with STATUS_CANCELLED */
    bool wait_next;                     /* a call with Wait = TRUE raised IRQL; the wait that follows restores next_irql */
    uint8_t next_irql;
    LIST_ENTRY apcs[2], errands;
    struct _KQUEUE *queue;              /* what it last took from: ke_queue.c */
    LIST_ENTRY queue_node;
    LIST_ENTRY *queue_taken;            /* what its wait for the queue got */
    bool queue_active;                  /* counted in queue->CurrentCount */
    uint64_t affinity;
    struct cpu *cpu;
    struct list ready_node;
    struct list all_node;               /* ke.threads */
    KWAIT_BLOCK wait_blocks[4];         /* KeWait*'s own, for up to THREAD_WAIT_OBJECTS (3) objects + time-out */
    void *wait_list;                    /* the wait code's */
    NTSTATUS wait_status;               /* set by whoever readies a blocked thread */
    void (*entry)(void *);
    void *entry_arg;
    void *stack;
    uint32_t id;
    const char *name;                   /* for reports; not owned */
    void (*ended)(struct thread *);     /* after the last switch away; may free the thread */
    void *seh_state;                    /* pe/'s own */
};

enum ke_clock_kind { KE_CLOCK_REAL, KE_CLOCK_VIRTUAL };
enum ke_stop { KE_RUNNING, KE_DONE, KE_DEADLINE, KE_STOPPED, KE_BUGCHECK, KE_STUCK,
               KE_NO_MEMORY };          /* of ke_call: for a thread; with error_text() */

struct ke_config {
    unsigned cpus;                      /* 1..KE_MAX_CPUS */
    enum ke_clock_kind clock;
    bool seeded;                        /* schedule seed:N */
    uint64_t seed;                      /* also seeds everything random a driver can see */
    uint64_t wall_start_ns;             /* 1970-based time at start; 0: now (real) or a fixed date (virtual) */
};

/* One-shot alarms, fired at DISPATCH_LEVEL on some processor, in order of due time, then of arming. */
struct ke_alarm {
    uint64_t due_ns;
    void (*fire)(struct ke_alarm *alarm);
    void *context;
    uint64_t order;                     /* the heap's own */
    size_t heap_index;                  /* 0: not armed */
};

struct ke {
    struct ke_config config;
    struct cpu *cpus;
    unsigned cpu_count;
    uint64_t runnable;                  /* one bit per processor */
    struct fiber main;                  /* the host's own stack, outside NT */
    struct list threads;
    struct random random;
    enum ke_stop stop;
    struct list dead;                   /* ended threads whose stack is still to be freed (ready_node) */
    struct ke_alarm deadline;
    uint64_t give_up_ns;                /* real time until which a ke_call is finished although a stop was asked for; 0: none */
    uint64_t virtual_ns, real_start_ns, system_time_offset;
    bool bugchecked, power_off;
    enum ke_threaded { THREADED_UNKNOWN, THREADED_ON, THREADED_OFF } threaded_dpcs;
    bool inside;                        /* the running stack belongs to an NT thread */
    uint32_t next_thread_id;
    unsigned next_cpu;                  /* where the next new thread starts */
    uint64_t progress;                  /* counts scheduling points, so that the tick notices a spinning driver */
    uint32_t hook_calls;
    /* Set once by the object code before any thread exists: memory for a thread of the host's own (ke_call), with
     * whatever stands before a thread object; and what makes an ended thread's waiters run. NULL: plain memory, nobody waits. */
    struct thread *(*thread_alloc)(void);
    void (*thread_free)(struct thread *);
    void (*thread_signal)(struct thread *);
};

extern struct cpu *this_cpu;
extern struct ke ke;
/* Nonzero makes every export call take the slow path of its thunk, which calls ke_export_hook(). */
extern volatile uint32_t ke_attention;

/* --- life ------------------------------------------------------------------------------------------------- */

bool ke_open(const struct ke_config *config);           /* after ram_open */
void ke_close(void);                                    /* frees threads that never ended, too */
/* Runs fn(arg) in a new system thread at PASSIVE_LEVEL and schedules until it returned. When called from inside an
 * NT thread it is a plain call. Returns KE_DONE, or why it could not finish: KE_STOPPED when a stop was asked for and fn
 * did not return for a while after that. fn must leave IRQL as it was. */
enum ke_stop ke_call(void (*fn)(void *), void *arg);
/* Schedules until ke_request_stop(), the deadline (ns of ke_now, UINT64_MAX: none), or a bug check. */
enum ke_stop ke_run(uint64_t deadline_ns);
void ke_request_stop(void);
/* Nothing runs any more after the next scheduling point, not even a ke_call that is under way. */
void ke_power_off(void);
/* Lowest usable byte of the running NT stack, 0 outside NT: for trap_install. */
uintptr_t ke_stack_limit(void);
/* The end of a bug check: leaves NT for good; ke_run and ke_call return KE_BUGCHECK. */
_Noreturn void ke_stop_bugcheck(void);

/* --- IRQL ------------------------------------------------------------------------------------------------- */

static inline KIRQL ke_irql(void)
{
    return this_cpu->pcr->irql;
}

static inline KIRQL ke_raise(KIRQL irql)
{
    KIRQL old = this_cpu->pcr->irql;

    this_cpu->pcr->irql = irql;
    return old;
}

void ke_settle_slow(void);
/* Takes what the present IRQL allows: interrupts, DPCs, a thread switch. A scheduling point. */
static inline void ke_settle(void)
{
    if (unlikely(this_cpu->pending))
        ke_settle_slow();
}

/* Lowers IRQL and settles. After it, this_cpu may be another processor (the thread may have moved). */
static inline void ke_lower(KIRQL irql)
{
    this_cpu->pcr->irql = irql;
    ke_settle();
}

/* --- threads ---------------------------------------------------------------------------------------------- */

/* Prepares a thread (zeroed memory, not yet known to anybody) with a stack of its own; it runs entry(arg) at
 * PASSIVE_LEVEL after ke_ready(). False when there is no memory for the stack. */
bool ke_thread_init(struct thread *thread, const char *name, int priority, void (*entry)(void *), void *arg);
/* Ends the running thread: signals it (through `signal`, the dispatcher's), never returns. PASSIVE_LEVEL. */
_Noreturn void ke_thread_exit(void);
/* Makes a blocked or new thread ready on a processor of its affinity, with a priority boost. Any IRQL; caller settles. */
void ke_ready(struct thread *thread, int increment);
/* Blocks the running thread until somebody calls ke_ready() on it; returns thread->wait_status. IRQL < DISPATCH. */
NTSTATUS ke_block(void);
void ke_set_priority(struct thread *thread, int priority);
/* Restricts the thread; moves it when it is on a processor outside, the running thread at DISPATCH_LEVEL when IRQL falls. */
void ke_set_affinity(struct thread *thread, uint64_t affinity);
/* Lets another ready thread of at least this priority run on this processor. */
void ke_yield_thread(void);

static inline struct thread *ke_current(void)
{
    return this_cpu->current;
}

/* --- processors ------------------------------------------------------------------------------------------- */

/* Gives the host thread to another runnable processor; returns when this one gets it back. Any IRQL. False when no
 * other processor had anything to do. */
bool ke_yield_cpu(void);
/* The same to a certain processor: for a spin lock's owner. */
void ke_yield_to(unsigned cpu);
/* One turn of a busy-wait loop: yields, polls the outside, lets virtual time pass. Any IRQL. */
void ke_spin_turn(void);
/* After the host changed a processor's pending bits from outside. */
static inline void ke_kick(struct cpu *cpu, uint32_t pending)
{
    cpu->pending |= pending;
    ke.runnable |= 1ull << cpu->number;
}
/* Called by export thunks when ke_attention is set, before the export runs. */
void ke_export_hook(void);
/* The same behind it, under a seeded schedule. */
void ke_export_exit_hook(void);

/* --- DPCs and interrupts ---------------------------------------------------------------------------------- */

/* Drains the running processor's DPC queue. IRQL < DISPATCH. (ke_settle does it; exported for KeFlushQueuedDpcs.) */
void ke_run_dpcs(void);

struct ke_interrupt {
    void (*service)(struct ke_interrupt *interrupt);    /* called at `irql` on `cpu` */
    void *context;
    KIRQL irql;
    unsigned cpu;
    bool pending;
    struct list node;
};
/* Queues the interrupt on its processor unless it is pending already. Any context, device models included. The caller
 * does not settle: the processor takes it at its next scheduling point. */
void ke_interrupt_raise(struct ke_interrupt *interrupt);
void ke_interrupt_cancel(struct ke_interrupt *interrupt);

/* --- clock ------------------------------------------------------------------------------------------------ */

void ke_alarm_set(struct ke_alarm *alarm, uint64_t due_ns);     /* re-arming replaces */
bool ke_alarm_cancel(struct ke_alarm *alarm);                   /* true when it was armed */

uint64_t ke_now(void);                  /* ns since the computer started; interrupt time = ke_now() / 100 */
uint64_t ke_recent(void);               /* what ke_now() said last, which is cheap: some time since the last scheduling point */
uint64_t ke_system_time(void);          /* 100 ns since 1601 */
void ke_set_system_time(uint64_t time);
uint64_t ke_next_alarm(void);           /* due time of the earliest alarm, UINT64_MAX when there is none */
/* Fires every alarm that is due. DISPATCH_LEVEL. */
void ke_run_alarms(void);
struct clock *ke_clock(void);           /* the same clock for devices and wires */
/* Virtual clock: lets ns pass. Real clock: nothing. Fires no alarm by itself. */
void ke_advance(uint64_t ns);
/* Brings a KUSER_SHARED_DATA page up to date before a driver reads it. */
void ke_refresh_shared_data(void *page);

/* --- what happened last: a ring of short texts for bug-check reports --------------------------------------- */

struct ke_trace {
    uint64_t time_ns;
    const char *what;                   /* a literal with up to two %llx */
    uint64_t a, b;
    uint8_t cpu, irql;
};
#define KE_TRACE_COUNT 64
extern struct ke_trace ke_trace_ring[KE_TRACE_COUNT];
extern unsigned ke_trace_next;

static inline void ke_trace(const char *what, uint64_t a, uint64_t b)
{
    struct ke_trace *t = &ke_trace_ring[ke_trace_next++ % KE_TRACE_COUNT];

    t->what = what;
    t->a = a;
    t->b = b;
    t->cpu = (uint8_t)this_cpu->number;
    t->irql = this_cpu->pcr->irql;
    t->time_ns = 0;
}

#endif
