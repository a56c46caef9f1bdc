/* The assembly half is fiber_switch.S. Under AddressSanitizer every switch is announced, because the sanitizer keeps
 * a shadow of the stack it believes is running. */
#include "host/fiber.h"

#include <assert.h>
#include <stdint.h>

#if defined(__SANITIZE_ADDRESS__)
#define FIBER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FIBER_ASAN 1
#endif
#endif

#define FIBER_HEAD 512                  /* above the outermost frame, for who copies stack arguments without knowing how many */

void fiber_swap(void **save_sp, void *load_sp);
void fiber_trampoline(void);

#ifdef FIBER_ASAN
#include <sanitizer/common_interface_defs.h>

static struct fiber *came_from;

static void announce(struct fiber *from, struct fiber *to, int final)
{
    came_from = from;
    __sanitizer_start_switch_fiber(final ? NULL : &from->asan_stack, to->stack, to->stack_size);
}

/* On arrival: tells the sanitizer which stack this is and learns the bounds of the one left behind. */
static void arrived(void *own)
{
    const void *bottom;
    size_t size;

    __sanitizer_finish_switch_fiber(own, &bottom, &size);
    if (came_from && !came_from->stack) {
        came_from->stack = (void *)(uintptr_t)bottom;
        came_from->stack_size = size;
    }
}
#else
static inline void announce(struct fiber *from, struct fiber *to, int final)
{
    (void)from;
    (void)to;
    (void)final;
}

static inline void arrived(void *own)
{
    (void)own;
}
#endif

/* First code of a new fiber; called by fiber_trampoline with the values fiber_init left on the stack. */
void fiber_main(void (*entry)(void *), void *arg);
void fiber_main(void (*entry)(void *), void *arg)
{
    arrived(NULL);
    entry(arg);
    assert(!"a fiber's entry returned");
    __builtin_trap();
}

void fiber_init(struct fiber *fiber, void *stack, size_t size, void (*entry)(void *), void *arg)
{
    uint64_t *top = (uint64_t *)((uintptr_t)((char *)stack + size) & ~(uintptr_t)63);

    top -= FIBER_HEAD / sizeof *top;
    *--top = 0;                         /* return address of the outermost frame: the end for unwinders */
    *--top = 0;
    *--top = (uint64_t)(uintptr_t)fiber_trampoline;
    *--top = 0;                         /* rbp */
    *--top = (uint64_t)(uintptr_t)entry;    /* rbx */
    *--top = (uint64_t)(uintptr_t)arg;      /* r12 */
    *--top = 0;                         /* r13 */
    *--top = 0;                         /* r14 */
    *--top = 0;                         /* r15 */
    *--top = 0x1f80u | (uint64_t)0x37f << 32;   /* mxcsr, x87 control word: defaults */
    *fiber = (struct fiber){ .sp = top, .stack = stack, .stack_size = size };
}

void fiber_switch(struct fiber *from, struct fiber *to)
{
    announce(from, to, 0);
    fiber_swap(&from->sp, to->sp);
    arrived(from->asan_stack);
}

void fiber_switch_final(struct fiber *from, struct fiber *to)
{
    announce(from, to, 1);
    fiber_swap(&from->sp, to->sp);
    __builtin_trap();
}
