#include "unit.h"

#include "host/fiber.h"
#include "host/memory.h"
#include "host/trap.h"

static struct trap_frame seen;
static uint64_t answer;

static uint64_t load_from(uint64_t address)
{
    uint64_t value;

    __asm__ volatile("mov %1, %%rcx\n\tmov (%%rcx), %%rax" : "=a"(value) : "r"(address) : "rcx", "memory");
    return value;
}

static void answer_and_skip(struct trap_frame *frame)
{
    seen = *frame;
    frame->gpr[GPR_RAX] = answer;
    frame->rip += 3;            /* mov (%rcx), %rax */
}

TEST(a_fault_can_be_answered_and_resumed)
{
    CHECK(trap_install(answer_and_skip, NULL));
    answer = 77;
    CHECK_EQ(load_from(0x1234560), 77);
    CHECK_EQ(seen.kind, TRAP_ACCESS);
    CHECK_EQ(seen.address, 0x1234560);
    CHECK(!seen.write);
    CHECK(trap_install(NULL, NULL));
}

TEST(floating_point_registers_survive_a_fault)
{
    double in = 1.5, out;

    CHECK(trap_install(answer_and_skip, NULL));
    __asm__ volatile("movsd %1, %%xmm7\n\tmov $0x1234560, %%ecx\n\tmov (%%rcx), %%rax\n\tmovsd %%xmm7, %0"
                     : "=m"(out) : "m"(in) : "rax", "rcx", "xmm7", "memory");
    CHECK(out == 1.5);
    trap_install(NULL, NULL);
}

static struct fiber main_fiber, other;
static bool switched;

static void switch_away(struct trap_frame *frame)
{
    fiber_switch(&main_fiber, &other);
    frame->gpr[GPR_RAX] = 5;
    frame->rip += 3;
}

static void other_main(void *arg)
{
    switched = true;
    fiber_switch(&other, &main_fiber);
}

TEST(the_trap_handler_may_switch_fibers)
{
    void *stack = host_map(NULL, 65536, HOST_READ | HOST_WRITE);

    fiber_init(&other, stack, 65536, other_main, NULL);
    CHECK(trap_install(switch_away, NULL));
    CHECK_EQ(load_from(0x10), 5);
    CHECK(switched);
    trap_install(NULL, NULL);
    host_unmap(stack, 65536);
}

static uintptr_t limit;
static bool overflowed;

static uintptr_t stack_limit(void)
{
    return limit;
}

static void on_overflow(struct trap_frame *frame)
{
    overflowed = frame->stack_overflow;
    fiber_switch(&other, &main_fiber);
}

static volatile bool forever = true;

static void recurse(volatile char *below)
{
    volatile char frame[512];

    frame[0] = below ? below[0] : 0;
    if (forever)
        recurse(frame);
    frame[1] = frame[0];
}

static void recurse_main(void *arg)
{
    recurse(NULL);
}

TEST(running_off_a_stack_is_noticed_on_the_spare_one)
{
#ifdef __SANITIZE_ADDRESS__
    SKIP("the leak checker cannot walk a stack that was left in a fault");
#endif
    char *stack = host_map(NULL, 65536 + HOST_PAGE, HOST_READ | HOST_WRITE);

    CHECK(host_protect(stack, HOST_PAGE, HOST_NONE));
    limit = (uintptr_t)stack + HOST_PAGE;
    fiber_init(&other, stack + HOST_PAGE, 65536, recurse_main, NULL);
    CHECK(trap_install(on_overflow, stack_limit));
    fiber_switch(&main_fiber, &other);
    CHECK(overflowed);
    trap_install(NULL, NULL);
    host_unmap(stack, 65536 + HOST_PAGE);
}

static volatile int preempted;          /* not bool: the sanitizer for bool loads it once */

static bool tick(uint64_t rip)
{
    return true;
}

static void preempt(struct trap_frame *frame)
{
    preempted = 1;
}

TEST(the_tick_takes_a_spinning_program_away)
{
    CHECK(tick_install(1000, tick, preempt));
    while (!preempted)
        ;
    CHECK(tick_install(0, NULL, NULL));
}
