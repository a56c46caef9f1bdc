/* Interrupts pend on their processor, highest IRQL first, until its IRQL is below theirs. */
#include "nt/ke.h"

#include <assert.h>

#include "nt/ke_internal.h"

void ke_interrupt_raise(struct ke_interrupt *interrupt)
{
    struct cpu *cpu = &ke.cpus[interrupt->cpu];
    struct list *after = cpu->interrupts.prev;

    assert(interrupt->cpu < ke.cpu_count && interrupt->irql > DISPATCH_LEVEL);
    if (interrupt->pending)
        return;
    interrupt->pending = true;
    while (after != &cpu->interrupts && container_of(after, struct ke_interrupt, node)->irql < interrupt->irql)
        after = after->prev;
    list_insert(&interrupt->node, after, after->next);
    ke_kick(cpu, PENDING_INTERRUPT);
}

void ke_interrupt_cancel(struct ke_interrupt *interrupt)
{
    if (!interrupt->pending)
        return;
    interrupt->pending = false;
    list_remove(&interrupt->node);
    struct cpu *cpu = &ke.cpus[interrupt->cpu];
    if (list_empty(&cpu->interrupts))
        cpu->pending &= ~(uint32_t)PENDING_INTERRUPT;
}

bool ke_take_interrupts(struct cpu *cpu)
{
    KIRQL old = cpu->pcr->irql, floor = cpu->floor;
    bool took = false;

    while (!list_empty(&cpu->interrupts)) {
        struct ke_interrupt *i = list_first(&cpu->interrupts, struct ke_interrupt, node);
        if (i->irql <= old)
            return took;
        list_remove(&i->node);
        i->pending = false;
        cpu->pcr->irql = cpu->floor = i->irql;
        cpu->interrupt_count++;
        i->service(i);
        assert(this_cpu == cpu);
        cpu->pcr->irql = old;
        cpu->floor = floor;
        took = true;
    }
    cpu->pending &= ~(uint32_t)PENDING_INTERRUPT;
    return took;
}
