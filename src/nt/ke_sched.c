/* Threads and processors: who runs. The states of a thread:
 *
 *   READY    in cpu->ready[priority] of thread->cpu
 *   RUNNING  cpu->current; its fiber runs, or is suspended while another processor has the host thread
 *   BLOCKED  in nobody's list; ke_ready() is the way back
 *   DEAD     in ke.dead until its stack is freed by the next thread that runs
 *
 * A thread changes processor only while READY. IRQL belongs to the processor and is carried over a switch in
 * thread->wait_irql. */
#include "nt/ke.h"

#include <assert.h>
#include <string.h>

#include "nt/ke_apc.h"
#include "nt/ram.h"

struct cpu *this_cpu;
struct ke ke;

static void enqueue(struct cpu *cpu, struct thread *thread, bool front)
{
    thread->state = THREAD_READY;
    thread->cpu = cpu;
    if (front)
        list_push_front(&cpu->ready[thread->priority], &thread->ready_node);
    else
        list_push_back(&cpu->ready[thread->priority], &thread->ready_node);
    cpu->ready_mask |= 1u << thread->priority;
    ke.runnable |= 1ull << cpu->number;
}

static void dequeue(struct thread *thread)
{
    struct cpu *cpu = thread->cpu;

    list_remove(&thread->ready_node);
    if (list_empty(&cpu->ready[thread->priority]))
        cpu->ready_mask &= ~(1u << thread->priority);
}

static int top_priority(const struct cpu *cpu)
{
    return cpu->ready_mask ? 31 - __builtin_clz(cpu->ready_mask) : -1;
}

static int current_priority(const struct cpu *cpu)
{
    return cpu->current == cpu->idle ? -1 : cpu->current->priority;
}

static struct thread *pick(struct cpu *cpu)
{
    struct list *queue = &cpu->ready[top_priority(cpu)];
    struct list *node = queue->next;

    if (ke.config.seeded) {
        unsigned length = 0;
        list_each(it, queue)
            length++;
        for (unsigned skip = random_below(&ke.random, length); skip; skip--)
            node = node->next;
    }
    struct thread *thread = container_of(node, struct thread, ready_node);
    dequeue(thread);
    return thread;
}

static void reap(void)
{
    struct list *node;

    while ((node = list_pop_front(&ke.dead))) {
        struct thread *thread = container_of(node, struct thread, ready_node);
        list_remove(&thread->all_node);
        ram_free_stack(thread->stack);
        thread->stack = NULL;
        if (thread->ended)
            thread->ended(thread);
    }
}

/* The running thread's state and queue are already what they shall be; continues `next` on this processor. */
static void switch_thread(struct thread *next)
{
    struct cpu *cpu = this_cpu;
    struct thread *from = cpu->current;

    if (next == from) {
        from->state = THREAD_RUNNING;
        return;
    }
    from->wait_irql = cpu->pcr->irql;
    next->state = THREAD_RUNNING;
    next->cpu = cpu;
    cpu->current = next;
    cpu->pcr->current_thread = next;
    cpu->pcr->irql = next->wait_irql;
    cpu->switch_count++;
    cpu->pending &= ~(uint32_t)PENDING_APC;
    if (unlikely(next->apc_count))
        ke_apc_note(next);
    if (from->state == THREAD_DEAD)
        fiber_switch_final(&from->fiber, &next->fiber);
    fiber_switch(&from->fiber, &next->fiber);
    if (unlikely(!list_empty(&ke.dead)))
        reap();
}

void ke_switch_pending(void);

static bool may_run_on(const struct thread *thread, const struct cpu *cpu)
{
    return thread->affinity >> cpu->number & 1;
}

/* The running thread leaves a processor that it may not use. */
static void move_away(struct thread *current)
{
    struct cpu *cpu = this_cpu;

    current->state = THREAD_BLOCKED;
    ke_ready(current, current->priority - current->base_priority);
    switch_thread(cpu->ready_mask ? pick(cpu) : cpu->idle);
}

/* Takes the best ready thread if it is better than the running one, or if that one may not stay. IRQL < DISPATCH. */
void ke_switch_pending(void)
{
    struct cpu *cpu = this_cpu;
    struct thread *current = cpu->current;

    cpu->pending &= ~(uint32_t)PENDING_SWITCH;
    if (current != cpu->idle && !may_run_on(current, cpu)) {
        move_away(current);
        return;
    }
    if (top_priority(cpu) <= current_priority(cpu))
        return;
    if (current != cpu->idle)
        enqueue(cpu, current, true);
    switch_thread(pick(cpu));
}

void ke_yield_thread(void)
{
    struct cpu *cpu = this_cpu;
    struct thread *current = cpu->current;

    if (current == cpu->idle || top_priority(cpu) < current->priority)
        return;
    if (current->priority > current->base_priority)
        current->priority--;
    enqueue(cpu, current, false);
    switch_thread(pick(cpu));
}

static bool idle_cpu(const struct cpu *cpu)
{
    return cpu->current == cpu->idle && !cpu->ready_mask;
}

/* The processor a ready thread goes to: its last one if idle, another idle one, its last one, any it may use. */
static struct cpu *place(struct thread *thread)
{
    uint64_t allowed = thread->affinity & (ke.cpu_count == 64 ? ~0ull : (1ull << ke.cpu_count) - 1);
    struct cpu *last = thread->cpu;
    bool last_ok = last && (allowed >> last->number & 1);

    assert(allowed);
    if (ke.config.seeded) {
        unsigned n = random_below(&ke.random, (uint32_t)__builtin_popcountll(allowed));
        while (n--)
            allowed &= allowed - 1;
        return &ke.cpus[__builtin_ctzll(allowed)];
    }
    if (last_ok && idle_cpu(last))
        return last;
    for (uint64_t left = allowed; left; left &= left - 1) {
        struct cpu *cpu = &ke.cpus[__builtin_ctzll(left)];
        if (idle_cpu(cpu))
            return cpu;
    }
    return last_ok ? last : &ke.cpus[__builtin_ctzll(allowed)];
}

void ke_ready(struct thread *thread, int increment)
{
    assert(thread->state == THREAD_BLOCKED);
    if (thread->base_priority < 16) {
        int boosted = thread->base_priority + increment;
        thread->priority = (uint8_t)(boosted > 15 ? 15 : boosted);
    }
    struct cpu *cpu = place(thread);
    enqueue(cpu, thread, false);
    if (thread->priority > current_priority(cpu))
        ke_kick(cpu, PENDING_SWITCH);
}

NTSTATUS ke_block(void)
{
    struct cpu *cpu = this_cpu;
    struct thread *current = cpu->current;

    assert(cpu->pcr->irql < DISPATCH_LEVEL && current != cpu->idle);
    ke.progress++;
    current->state = THREAD_BLOCKED;
    switch_thread(cpu->ready_mask ? pick(cpu) : cpu->idle);
    return current->wait_status;
}

void ke_set_priority(struct thread *thread, int priority)
{
    assert(priority > 0 && priority < KE_PRIORITIES);
    if (thread->state == THREAD_READY) {
        dequeue(thread);
        thread->priority = thread->base_priority = (uint8_t)priority;
        enqueue(thread->cpu, thread, false);
        if (thread->priority > current_priority(thread->cpu))
            ke_kick(thread->cpu, PENDING_SWITCH);
        return;
    }
    thread->priority = thread->base_priority = (uint8_t)priority;
    if (thread->state == THREAD_RUNNING && top_priority(thread->cpu) > priority)
        ke_kick(thread->cpu, PENDING_SWITCH);
}

void ke_set_affinity(struct thread *thread, uint64_t affinity)
{
    thread->affinity = affinity;
    if (thread->state == THREAD_BLOCKED || thread->state == THREAD_DEAD || may_run_on(thread, thread->cpu))
        return;
    if (thread->state == THREAD_READY) {
        dequeue(thread);
        thread->state = THREAD_BLOCKED;
        ke_ready(thread, thread->priority - thread->base_priority);
        return;
    }
    if (thread == ke_current() && this_cpu->pcr->irql < DISPATCH_LEVEL)
        move_away(thread);
    else
        ke_kick(thread->cpu, PENDING_SWITCH);
}

/* --- birth and death --------------------------------------------------------------------------------------- */

static void thread_main(void *arg)
{
    struct thread *thread = arg;

    if (!list_empty(&ke.dead))
        reap();
    ke_settle();
    thread->entry(thread->entry_arg);
    ke_thread_exit();
}

bool ke_thread_init(struct thread *thread, const char *name, int priority, void (*entry)(void *), void *arg)
{
    thread->stack = ram_alloc_stack();
    if (!thread->stack)
        return false;
    thread->header.Type = ThreadObject;
    thread->header.WaitListHead.Flink = thread->header.WaitListHead.Blink = &thread->header.WaitListHead;
    thread->name = name;
    thread->entry = entry;
    thread->entry_arg = arg;
    thread->priority = thread->base_priority = (uint8_t)priority;
    thread->affinity = ~0ull;
    thread->state = THREAD_BLOCKED;
    thread->cpu = &ke.cpus[ke.next_cpu++ % ke.cpu_count];
    thread->id = ke.next_thread_id += 4;
    list_init(&thread->ready_node);
    nt_list_init(&thread->apcs[KernelMode]);
    nt_list_init(&thread->apcs[UserMode]);
    nt_list_init(&thread->errands);
    list_push_back(&ke.threads, &thread->all_node);
    fiber_init(&thread->fiber, thread->stack, STACK_SIZE, thread_main, thread);
    return true;
}

void ke_thread_exit(void)
{
    struct cpu *cpu = this_cpu;
    struct thread *current = cpu->current;

    assert(cpu->pcr->irql == PASSIVE_LEVEL && current != cpu->idle);
    if (ke.thread_signal)
        ke.thread_signal(current);
    cpu = this_cpu;             /* signalling may have let others run, and moved this thread */
    current->state = THREAD_DEAD;
    list_push_back(&ke.dead, &current->ready_node);
    switch_thread(cpu->ready_mask ? pick(cpu) : cpu->idle);
    __builtin_unreachable();
}

/* --- processors -------------------------------------------------------------------------------------------- */

static void switch_cpu(struct cpu *to)
{
    struct cpu *from = this_cpu;

    this_cpu = to;
    __builtin_ia32_wrgsbase64((uint64_t)(uintptr_t)to->pcr);
    fiber_switch(&from->current->fiber, &to->current->fiber);
    if (unlikely(!list_empty(&ke.dead)))
        reap();
}

bool ke_yield_cpu(void)
{
    unsigned self = this_cpu->number;
    uint64_t others = ke.runnable & ~(1ull << self);

    ke.progress++;
    if (!others)
        return false;
    if (ke.config.seeded) {
        for (unsigned n = random_below(&ke.random, (uint32_t)__builtin_popcountll(others)); n; n--)
            others &= others - 1;
        switch_cpu(&ke.cpus[__builtin_ctzll(others)]);
        return true;
    }
    uint64_t after = others & ~((2ull << self) - 1);
    switch_cpu(&ke.cpus[__builtin_ctzll(after ? after : others)]);
    return true;
}

void ke_yield_to(unsigned number)
{
    ke.progress++;
    if (number < ke.cpu_count && number != this_cpu->number)
        switch_cpu(&ke.cpus[number]);
}

bool ke_steal(void);

/* An idle processor takes a thread that waits for a busy one. True when it got something to switch to. */
bool ke_steal(void)
{
    struct cpu *self = this_cpu;

    for (unsigned i = 0; i < ke.cpu_count; i++) {
        struct cpu *victim = &ke.cpus[i];
        if (victim == self || !victim->ready_mask || victim->current == victim->idle)
            continue;
        list_each(node, &victim->ready[top_priority(victim)]) {
            struct thread *thread = container_of(node, struct thread, ready_node);
            if (!(thread->affinity >> self->number & 1))
                continue;
            dequeue(thread);
            enqueue(self, thread, false);
            self->pending |= PENDING_SWITCH;
            return true;
        }
    }
    return false;
}
