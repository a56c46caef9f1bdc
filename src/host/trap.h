/* Synchronous faults (bad access, privileged or illegal instruction, breakpoint, divide error) as plain calls.
 *
 * The signal handler only copies the machine state to the stack that faulted and resumes in a trampoline, so the
 * trap handler runs in ordinary context: it may switch fibers, unwind, or edit the frame and return, which resumes
 * the interrupted code with the edited state (floating-point registers included). A fault caused by running off a
 * stack is delivered on a spare stack instead, with stack_overflow set; such a frame must not be resumed. */
#ifndef HOST_TRAP_H
#define HOST_TRAP_H

#include <stdbool.h>
#include <stdint.h>

/* Index into trap_frame.gpr: the processor's own encoding order, as Zydis and unwind codes use it. */
enum gpr { GPR_RAX, GPR_RCX, GPR_RDX, GPR_RBX, GPR_RSP, GPR_RBP, GPR_RSI, GPR_RDI,
           GPR_R8, GPR_R9, GPR_R10, GPR_R11, GPR_R12, GPR_R13, GPR_R14, GPR_R15 };

enum trap_kind {
    TRAP_ACCESS,                /* page fault: address, write, fetch are valid */
    TRAP_PROTECTION,            /* general protection: privileged instruction, non-canonical address */
    TRAP_ILLEGAL,               /* invalid opcode */
    TRAP_BREAKPOINT,            /* int 3; rip is after it */
    TRAP_DIVIDE,
    TRAP_FLOAT,
    TRAP_STEP,
    TRAP_ALIGNMENT
};

struct trap_frame {
    uint64_t gpr[16];
    uint64_t rip, rflags;
    uint64_t address;           /* what was accessed, for TRAP_ACCESS */
    enum trap_kind kind;
    bool write, fetch, stack_overflow;
    void *xsave;                /* XSAVE area (x87, SSE, AVX): xmm registers at +160 as in FXSAVE, 16 bytes each */
};

typedef void (*trap_handler)(struct trap_frame *frame);

/* Whether programs may set the GS base here, which drivers find their processor by: false with error_text(). */
bool trap_possible(void);

/* Installs the handler for the whole process; NULL restores the default actions. stack_limit tells the lowest usable
 * byte of the running stack (0: unknown), so that a fault at its end is delivered on the spare stack. */
bool trap_install(trap_handler handler, uintptr_t (*stack_limit)(void));

/* A periodic signal, `period_us` apart, for taking processors away from code that spins; 0 stops it. `tick` runs in
 * signal context: it may only set flags and ask. When it returns true the interrupted code is left through the
 * trap trampoline and `preempt` runs in ordinary context with the frame; it may switch fibers, then returns. */
bool tick_install(unsigned period_us, bool (*tick)(uint64_t rip), void (*preempt)(struct trap_frame *));

#endif
