/* The lock around lwIP, its clock and its timers.
 *
 * 1. lwIP is entered by one processor at a time, at DISPATCH_LEVEL, through stack_enter. A nested enter on the same
 *    processor only counts.
 * 2. At the outermost leave the lock is dropped first, then works run (defer.c), then frames that were queued go to NDIS:
 *    NDIS may indicate receives from inside the send call, and they enter again.
 * 3. One KTIMER is armed for the first lwIP time-out; its DPC enters and lets lwIP run what is due.
 * 4. lwIP cannot be taken down: its globals stay between computers of one process. Everything that was opened is
 *    closed, and the time-outs are moved to the new computer's clock. */
#include <assert.h>
#include <lwip/init.h>
#include <lwip/sys.h>
#include <lwip/tcpip.h>
#include <lwip/timeouts.h>
#include <stdlib.h>

#include "base/error.h"
#include "nt/ke.h"
#include "tcpip/interface.h"
#include "tcpip/wfp.h"

static struct {
    KSPIN_LOCK lock;
    struct cpu *owner;
    unsigned depth;
    KIRQL old_irql;
    KTIMER timer;
    KDPC dpc;
    uint64_t armed_ms;                  /* UINT64_MAX: not armed */
    bool open, callback_waits;
    void (*changed)(void *context);
    void *changed_context;
    struct tcpip_watch *watches;
} stack;

/* --- what lwIP's library calls ------------------------------------------------------------------------------ */

u32_t sys_now(void)
{
    return (u32_t)(ke_now() / 1000000);
}

void sys_check_core_locking(void)
{
}

void sys_mark_tcpip_thread(void)
{
}

void sys_lock_tcpip_core(void)
{
}

void sys_unlock_tcpip_core(void)
{
}

/* What lwIP would hand to its thread (packets to an address of our own): runs at the outermost leave, or, when that
 * makes more of the same, with the next timer. */
err_t tcpip_try_callback(tcpip_callback_fn function, void *context)
{
    sys_timeout(0, function, context);
    stack.callback_waits = true;
    return ERR_OK;
}

void stack_soon(void (*function)(void *argument), void *argument)
{
    tcpip_try_callback(function, argument);
}

err_t tcpip_callback(tcpip_callback_fn function, void *context)
{
    return tcpip_try_callback(function, context);
}

/* --- lock and timers ---------------------------------------------------------------------------------------- */

bool stack_entered(void)
{
    return stack.depth > 0 && stack.owner == this_cpu && ke_irql() >= DISPATCH_LEVEL;
}

bool stack_is_open(void)
{
    return stack.open;
}

void stack_enter(void)
{
    KIRQL old;

    if (stack_entered()) {
        stack.depth++;
        return;
    }
    KeAcquireSpinLock(&stack.lock, &old);
    stack.old_irql = old;
    stack.owner = this_cpu;
    stack.depth = 1;
}

static void arm_timer(void)
{
    uint32_t wait = sys_timeouts_sleeptime();
    uint64_t due_ms = ke_now() / 1000000 + wait;

    if (wait == SYS_TIMEOUTS_SLEEPTIME_INFINITE || (due_ms >= stack.armed_ms && stack.armed_ms != UINT64_MAX))
        return;
    stack.armed_ms = due_ms;
    LARGE_INTEGER due = { .QuadPart = -(int64_t)(wait ? wait : 1) * 10000 };
    KeSetTimer(&stack.timer, due, &stack.dpc);
}

static void leave(bool under_a_lock)
{
    assert(stack_entered());
    if (stack.depth > 1) {
        stack.depth--;
        return;
    }
    if (stack.callback_waits && stack.open) {
        stack.callback_waits = false;
        sys_check_timeouts();
    }
    bool more = stack.open && loopback_deliver();
    if (stack.open)
        arm_timer();
    KIRQL old = stack.old_irql;
    stack.owner = NULL;
    stack.depth = 0;
    KeReleaseSpinLock(&stack.lock, DISPATCH_LEVEL);
    if (!defer_running_here()) {        /* else the works' caller goes on, and sends for all of them */
        more = under_a_lock && old >= DISPATCH_LEVEL ? more || defer_waits() : defer_run(more);
        if (protocol_has_output())
            protocol_flush_all();
    }
    if (more)
        stack_go_on_later();
    KeLowerIrql(old);
}

void stack_leave(void)
{
    leave(false);
}

void stack_leave_under_a_lock(void)
{
    leave(true);
}

static VOID NTAPI timer_dpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    stack_enter();
    stack.armed_ms = UINT64_MAX;
    if (stack.open) {
        sys_check_timeouts();
        address_v6_follow();
    }
    stack_leave();
}

void stack_set_timer(uint64_t delay_ns, void (*fire)(void *argument), void *argument)
{
    sys_untimeout(fire, argument);
    sys_timeout((u32_t)((delay_ns + 999999) / 1000000), fire, argument);
}

void stack_cancel_timer(void (*fire)(void *argument), void *argument)
{
    sys_untimeout(fire, argument);
}

uint32_t stack_random(void)
{
    return (uint32_t)rand() << 16 ^ (uint32_t)rand();
}

/* --- life --------------------------------------------------------------------------------------------------- */

void tcpip_on_change(void (*changed)(void *context), void *context)
{
    stack.changed = changed;
    stack.changed_context = context;
}

void tcpip_watch(struct tcpip_watch *watch)
{
    watch->next = stack.watches;
    stack.watches = watch;
}

void tcpip_unwatch(struct tcpip_watch *watch)
{
    for (struct tcpip_watch **link = &stack.watches; *link; link = &(*link)->next)
        if (*link == watch) {
            *link = watch->next;
            break;
        }
}

void stack_notify_change(void)
{
    stack_enter();
    for (struct tcpip_watch *watch = stack.watches; watch; watch = watch->next)
        watch->changed(watch);
    stack_leave();
    if (stack.changed)
        stack.changed(stack.changed_context);
}

bool tcpip_open(uint64_t seed)
{
    static bool initialised;

    srand((unsigned)(seed ^ seed >> 32));
    KeInitializeSpinLock(&stack.lock);
    KeInitializeTimer(&stack.timer);
    KeInitializeDpc(&stack.dpc, timer_dpc, NULL);
    stack.armed_ms = UINT64_MAX;
    stack.depth = 0;
    defer_open();
    sockets_open();
    if (!wfp_open())
        return error_set("no memory for the filter engine's packets");
    if (!initialised)
        lwip_init();
    else
        sys_restart_timeouts();
    initialised = true;
    stack.open = true;
    stack_enter();
    loopback_open();
    stack_leave();
    if (!protocol_register()) {
        tcpip_close();
        return false;
    }
    stack_enter();
    stack_leave();
    return true;
}

void tcpip_close(void)
{
    if (!stack.open)
        return;
    stack_enter();
    ping_close_all();
    dns_close_all();
    sockets_close_all();
    stack_leave();
    protocol_deregister();
    stack_enter();
    interface_close_all();
    sockets_close_all();                /* what the last works began */
    loopback_close();
    routes_close();
    stack.open = false;
    stack.changed = NULL;
    stack_leave();
    KeCancelTimer(&stack.timer);
    KeFlushQueuedDpcs();
    defer_close();
    wfp_close();
    memory_close();
}
