/* Fibers: own stacks, own context switch, no system call. One host thread runs them all. */
#ifndef HOST_FIBER_H
#define HOST_FIBER_H

#include <stddef.h>

struct fiber {
    void *sp;                   /* saved stack pointer while not running */
    void *stack;                /* lowest usable byte; NULL for the thread's own first stack */
    size_t stack_size;
    void *asan_stack;           /* AddressSanitizer's own bookkeeping */
};

/* Makes `fiber` start in entry(arg) on the given stack at its first switch. entry must never return. */
void fiber_init(struct fiber *fiber, void *stack, size_t size, void (*entry)(void *), void *arg);
/* Saves the running context in `from` and continues `to`. */
void fiber_switch(struct fiber *from, struct fiber *to);
/* The same, for the last switch of a fiber that will never run again. */
void fiber_switch_final(struct fiber *from, struct fiber *to);

#endif
