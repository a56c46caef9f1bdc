/* Prints nanoseconds for one fiber switch. */
#include <stdio.h>

#include "host/fiber.h"
#include "host/memory.h"
#include "host/time.h"

#define ROUNDS 5000000
#define STACK 65536

static struct fiber main_fiber, other;

static void bounce(void *arg)
{
    for (;;)
        fiber_switch(&other, &main_fiber);
}

int main(void)
{
    void *stack = host_map(NULL, STACK, HOST_READ | HOST_WRITE);

    if (!stack)
        return 1;
    fiber_init(&other, stack, STACK, bounce, NULL);
    uint64_t start = host_monotonic_ns();
    for (int i = 0; i < ROUNDS; i++)
        fiber_switch(&main_fiber, &other);
    printf("%.2f\n", (double)(host_monotonic_ns() - start) / (2.0 * ROUNDS));
    return 0;
}
