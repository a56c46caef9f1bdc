/* From signal to plain call: see trap.h. The other half is trap_enter.S, which must agree with trap_frame's layout. */
#include "host/trap.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/auxv.h>
#include <time.h>
#include <ucontext.h>

#include "base/error.h"

#define HWCAP2_FSGSBASE 2
#define XSAVE_SIZE (512 + 64 + 256)
#define RED_ZONE 128
#define STACK_MARGIN (RED_ZONE + 2 * sizeof(struct landing))
#define ALTERNATE_SIZE 65536
#define SPARE_SIZE (256 * 1024)
#define GUARD_SIZE 4096                 /* inaccessible, below every stack */
#define TICK_SIGNAL SIGVTALRM          /* SIGALRM stays free for whoever guards the process with alarm() */

_Static_assert(offsetof(struct trap_frame, rip) == 128, "trap_enter.S");
_Static_assert(offsetof(struct trap_frame, rflags) == 136, "trap_enter.S");
_Static_assert(offsetof(struct trap_frame, xsave) == 160, "trap_enter.S");

void trap_enter(void);      /* rdi: frame, rsi: handler */

struct landing {
    struct trap_frame frame;
    uint8_t xsave[XSAVE_SIZE] __attribute__((aligned(64)));
} __attribute__((aligned(64)));

static uint8_t alternate_stack[ALTERNATE_SIZE] __attribute__((aligned(64)));
static uint8_t spare_stack[SPARE_SIZE] __attribute__((aligned(64)));
static trap_handler fault_handler, preempt_handler;
static uintptr_t (*find_limit)(void);
static bool (*tick_handler)(uint64_t rip);
static timer_t tick_timer;
static bool tick_running;

static const int fault_signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP };
static const uint8_t register_order[16] = {
    REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
    REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15
};

static enum trap_kind kind_of(int number, const siginfo_t *info, const greg_t *regs)
{
    switch (number) {
    case SIGILL: return TRAP_ILLEGAL;
    case SIGFPE: return info->si_code == FPE_INTDIV || info->si_code == FPE_INTOVF ? TRAP_DIVIDE : TRAP_FLOAT;
    case SIGTRAP: return regs[REG_TRAPNO] == 1 ? TRAP_STEP : TRAP_BREAKPOINT;
    case SIGBUS: return info->si_code == BUS_ADRALN ? TRAP_ALIGNMENT : TRAP_ACCESS;
    default: return regs[REG_TRAPNO] == 14 ? TRAP_ACCESS : TRAP_PROTECTION;
    }
}

/* Builds the frame below the interrupted stack pointer and aims the context at the trampoline. */
static void redirect(ucontext_t *uc, enum trap_kind kind, uint64_t address, trap_handler handler, bool no_stack)
{
    greg_t *regs = uc->uc_mcontext.gregs;
    uintptr_t sp = ((uintptr_t)regs[REG_RSP] - RED_ZONE - sizeof(struct landing)) & ~(uintptr_t)63;
    uintptr_t limit = find_limit ? find_limit() : 0;
    bool overflow = no_stack || (limit && (uintptr_t)regs[REG_RSP] - limit < STACK_MARGIN);

    overflow = overflow || (kind == TRAP_ACCESS && limit && limit - 1 - address < GUARD_SIZE);
    overflow = overflow || (limit && (uintptr_t)regs[REG_RSP] < limit && limit - (uintptr_t)regs[REG_RSP] < SPARE_SIZE);
    if (overflow)
        sp = ((uintptr_t)spare_stack + SPARE_SIZE - sizeof(struct landing)) & ~(uintptr_t)63;
    struct landing *to = (struct landing *)sp;
    memset(&to->frame, 0, sizeof to->frame);
    memset(to->xsave + 512, 0, 64);
    for (int i = 0; i < 16; i++)
        to->frame.gpr[i] = (uint64_t)regs[register_order[i]];
    to->frame.rip = (uint64_t)regs[REG_RIP];
    to->frame.rflags = (uint64_t)regs[REG_EFL];
    to->frame.address = address;
    to->frame.kind = kind;
    to->frame.write = kind == TRAP_ACCESS && (regs[REG_ERR] & 2) != 0;
    to->frame.fetch = kind == TRAP_ACCESS && (regs[REG_ERR] & 16) != 0;
    to->frame.stack_overflow = overflow;
    to->frame.xsave = to->xsave;
    regs[REG_RIP] = (greg_t)(uintptr_t)trap_enter;
    regs[REG_RSP] = (greg_t)sp;
    regs[REG_RDI] = (greg_t)(uintptr_t)&to->frame;
    regs[REG_RSI] = (greg_t)(uintptr_t)handler;
    regs[REG_EFL] &= ~0x40500;      /* direction, trap, alignment check */
}

/* The fault whose frame is being written. When that faults in turn, its stack pointer leads nowhere, and the frame
 * goes to the spare stack. */
static struct {
    const ucontext_t *context;
    enum trap_kind kind;
    uint64_t address;
} volatile landing_for;

static void on_fault(int number, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    const ucontext_t *first = landing_for.context;
    enum trap_kind kind = kind_of(number, info, uc->uc_mcontext.gregs);
    uint64_t address = kind == TRAP_ACCESS ? (uint64_t)(uintptr_t)info->si_addr : 0;

    if (first) {
        memcpy(uc->uc_mcontext.gregs, first->uc_mcontext.gregs, sizeof uc->uc_mcontext.gregs);
        kind = landing_for.kind;
        address = landing_for.address;
    }
    landing_for.kind = kind;
    landing_for.address = address;
    landing_for.context = uc;
    redirect(uc, kind, address, fault_handler, first != NULL);
    landing_for.context = NULL;
}

static void on_tick(int number, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    int saved = errno;

    (void)number;
    (void)info;
    if (tick_handler && tick_handler((uint64_t)uc->uc_mcontext.gregs[REG_RIP]))
        redirect(uc, TRAP_STEP, 0, preempt_handler, false);
    errno = saved;
}

static bool install(int number, void (*handler)(int, siginfo_t *, void *), int flags)
{
    struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK | flags };

    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, TICK_SIGNAL);
    if (!handler) {
        action.sa_handler = SIG_DFL;
        action.sa_flags = 0;
    }
    return sigaction(number, &action, NULL) == 0 || error_set("cannot catch signal %d: %s", number, strerror(errno));
}

/* Both kinds of handler write below the interrupted stack pointer, so they must run elsewhere. */
static bool use_alternate_stack(bool on)
{
    stack_t alternate = { .ss_sp = alternate_stack, .ss_size = ALTERNATE_SIZE, .ss_flags = on ? 0 : SS_DISABLE };

    return sigaltstack(&alternate, NULL) == 0 || error_set("cannot set the signal stack: %s", strerror(errno));
}

bool trap_possible(void)
{
    return (getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE) ||
           error_set("this host does not let programs set the GS base: Linux 5.9 or later is needed, on a processor with FSGSBASE");
}

bool trap_install(trap_handler handler, uintptr_t (*stack_limit)(void))
{
    fault_handler = handler;
    find_limit = stack_limit;
    for (unsigned i = 0; i < sizeof fault_signals / sizeof fault_signals[0]; i++)
        if (!install(fault_signals[i], handler ? on_fault : NULL, SA_NODEFER))
            return false;
    return use_alternate_stack(handler != NULL || tick_running);
}

bool tick_install(unsigned period_us, bool (*tick)(uint64_t rip), trap_handler preempt)
{
    struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = TICK_SIGNAL };
    struct itimerspec when = { { 0, (long)period_us * 1000 }, { 0, (long)period_us * 1000 } };

    if (tick_running) {
        timer_delete(tick_timer);
        tick_running = false;
    }
    tick_handler = tick;
    preempt_handler = preempt;
    if (period_us == 0)
        return true;
    if (!use_alternate_stack(true) || !install(TICK_SIGNAL, on_tick, SA_RESTART))
        return false;
    if (timer_create(CLOCK_MONOTONIC, &event, &tick_timer) != 0 || timer_settime(tick_timer, 0, &when, NULL) != 0)
        return error_set("cannot start the tick: %s", strerror(errno));
    tick_running = true;
    return true;
}
