/* Vectors: from a message or a line to the service routines.
 *
 * 1. A vector belongs to one processor; its IRQL is vector >> 4.
 * 2. A message vector is edge-triggered: each arrival runs its routines once. Arrivals while it is pending coalesce.
 * 3. A line is level-triggered: it is raised again after service as long as a device asserts it. */
#include "nt/hal_internal.h"

#define FIRST_LINE_VECTOR 0x90u         /* on processor 0 */
#define STORM 100000u

struct vector {
    struct ke_interrupt ke;
    struct list handlers;               /* struct _KINTERRUPT.node */
    unsigned number;
    bool reserved;
    int line;                           /* -1: messages */
};

struct line {
    uint64_t asserted_by;               /* one bit per PCI device number */
    unsigned unclaimed;
    bool masked;
    bool waiting;                       /* for passive routines */
};

static struct vector *vectors[KE_MAX_CPUS][256];
static struct line lines[HAL_LINES];
static uint64_t spurious;
struct list hal_interrupts = LIST_INIT(hal_interrupts);

static void serve(struct ke_interrupt *ke);

static struct vector *vector_at(unsigned cpu, unsigned number)
{
    struct vector *v = vectors[cpu][number];

    if (v != NULL)
        return v;
    v = calloc(1, sizeof(*v));
    if (v == NULL)
        return NULL;
    list_init(&v->handlers);
    v->number = number;
    v->line = cpu == 0 && number - FIRST_LINE_VECTOR < HAL_LINES ? (int)(number - FIRST_LINE_VECTOR) : -1;
    v->ke = (struct ke_interrupt){ .service = serve, .context = v, .irql = (KIRQL)(number >> 4), .cpu = cpu };
    vectors[cpu][number] = v;
    return v;
}

/* Runs at the vector's IRQL; the lock's IRQL may be higher. */
static bool call_service(struct _KINTERRUPT *i)
{
    KIRQL irql = ke_irql();
    bool claimed;

    if (i->synchronize_irql > irql)
        ke_raise(i->synchronize_irql);
    ke_spin_take(i->lock);
    i->count++;
    claimed = i->message_service != NULL ? i->message_service(i, i->context, i->message) : i->service(i, i->context);
    ke_spin_give(i->lock);
    this_cpu->pcr->irql = irql;
    return claimed;
}

static void again_if_asserted(struct vector *v, bool claimed)
{
    struct line *line = &lines[v->line];

    if (line->asserted_by == 0 || line->masked || line->waiting)
        return;
    line->unclaimed = claimed ? 0 : line->unclaimed + 1;
    if (line->unclaimed > STORM) {
        line->masked = true;
        log_warn("hal", "interrupt line %d is asserted, and no service routine claims it: masked", v->line);
        return;
    }
    ke_interrupt_raise(&v->ke);
}

/* Nobody at device IRQL claimed it: the passive routines are asked, and a line is silent until they have answered. */
static bool defer_to_passive(struct vector *v)
{
    bool deferred = false;

    list_each(it, &v->handlers) {
        struct _KINTERRUPT *i = container_of(it, struct _KINTERRUPT, node);

        if (!i->passive || i->inactive)
            continue;
        hal_passive_raise(i);
        deferred = true;
    }
    if (deferred && v->line >= 0)
        lines[v->line].waiting = true;
    return deferred;
}

static void serve(struct ke_interrupt *ke)
{
    struct vector *v = ke->context;
    bool claimed = false, any = false;

    list_each_safe(it, &v->handlers) {
        struct _KINTERRUPT *i = container_of(it, struct _KINTERRUPT, node);

        if (i->inactive || i->passive)
            continue;
        any = true;
        claimed = call_service(i);
        if (claimed && v->line >= 0)
            break;
    }
    if (!claimed && defer_to_passive(v))
        return;
    if (!any)
        spurious++;
    if (v->line >= 0 && any)
        again_if_asserted(v, claimed);
}

void hal_unmask_line(unsigned number, unsigned cpu)
{
    struct vector *v = vectors[cpu][number];

    if (v == NULL || v->line < 0)
        return;
    list_each(it, &v->handlers)
        if (container_of(it, struct _KINTERRUPT, node)->passive_busy)
            return;                     /* another routine of the line has not answered yet */
    lines[v->line].waiting = false;
    if (!list_empty(&v->handlers))
        again_if_asserted(v, true);
}

bool hal_attach(struct _KINTERRUPT *i)
{
    struct vector *v = vector_at(i->cpu, i->vector);

    if (v == NULL)
        return false;
    list_push_back(&v->handlers, &i->node);
    list_push_back(&hal_interrupts, &i->all);
    if (v->line >= 0 && lines[v->line].asserted_by != 0)
        ke_interrupt_raise(&v->ke);
    return true;
}

void hal_detach(struct _KINTERRUPT *i)
{
    struct vector *v = vectors[i->cpu][i->vector];

    list_remove(&i->node);
    list_remove(&i->all);
    if (v != NULL && list_empty(&v->handlers)) {
        ke_interrupt_cancel(&v->ke);
        if (v->line >= 0)
            lines[v->line].masked = lines[v->line].waiting = false;
    }
}

static struct vector *free_vector(unsigned cpu, unsigned n)
{
    struct vector *v = n <= HAL_LAST_VECTOR && n - FIRST_LINE_VECTOR >= HAL_LINES ? vector_at(cpu, n) : NULL;

    return v != NULL && !v->reserved ? v : NULL;
}

static bool are_free(unsigned cpu, unsigned first, unsigned count)
{
    for (unsigned n = first; n < first + count; n++)
        if (free_vector(cpu, n) == NULL)
            return false;
    return true;
}

bool hal_allocate_messages(unsigned cpu, unsigned count, struct pnp_message *messages)
{
    for (unsigned first = (HAL_FIRST_VECTOR + count - 1) & ~(count - 1); first <= HAL_LAST_VECTOR; first += count) {
        if (!are_free(cpu, first, count))
            continue;
        for (unsigned n = 0; n < count; n++) {
            struct vector *v = vectors[cpu][first + n];

            v->reserved = true;
            messages[n] = (struct pnp_message){ .vector = first + n, .cpu = (uint8_t)cpu, .irql = v->ke.irql,
                                                .address = HAL_MSI_ADDRESS | (uint64_t)cpu << 12, .data = first + n };
        }
        return true;
    }
    return false;
}

bool hal_allocate_message(unsigned cpu, struct pnp_message *m)
{
    return hal_allocate_messages(cpu, 1, m);
}

void hal_free_message(const struct pnp_message *m)
{
    struct vector *v = vectors[m->cpu][m->vector];

    if (v != NULL)
        v->reserved = false;
}

uint32_t hal_line_vector(unsigned line, KIRQL *irql)
{
    *irql = FIRST_LINE_VECTOR >> 4;
    return FIRST_LINE_VECTOR + line % HAL_LINES;
}

void hal_raise_msi(void *context, uint64_t address, uint32_t data)
{
    unsigned cpu = (unsigned)(address >> 12) & 0xff, number = data & 0xff;
    struct vector *v;

    (void)context;
    if ((address & ~0xFFFFFull) != HAL_MSI_ADDRESS || cpu >= ke.cpu_count) {
        spurious++;
        return;
    }
    v = vectors[cpu][number];
    if (v == NULL || list_empty(&v->handlers)) {
        spurious++;
        return;
    }
    ke_interrupt_raise(&v->ke);
}

void hal_set_line(void *context, struct device *device, bool asserted)
{
    struct pnp_node *node = pnp_node_of_device(device);
    struct line *line;
    struct vector *v;
    uint64_t bit;

    (void)context;
    if (node == NULL || node->line_vector == 0)
        return;
    line = &lines[node->line_vector - FIRST_LINE_VECTOR];
    bit = 1ull << (node->slot & 31);
    line->asserted_by = asserted ? line->asserted_by | bit : line->asserted_by & ~bit;
    v = vectors[0][node->line_vector];
    if (asserted && !line->masked && !line->waiting && v != NULL && !list_empty(&v->handlers))
        ke_interrupt_raise(&v->ke);
}

uint64_t hal_spurious_interrupts(void)
{
    return spurious;
}

uint64_t hal_interrupt_count(PDEVICE_OBJECT pdo)
{
    uint64_t count = 0;

    list_each(it, &hal_interrupts)
        if (container_of(it, struct _KINTERRUPT, all)->pdo == pdo)
            count += container_of(it, struct _KINTERRUPT, all)->count;
    return count;
}

void hal_interrupt_start(void)
{
    list_init(&hal_interrupts);
    for (unsigned cpu = 0; cpu < KE_MAX_CPUS; cpu++)
        for (unsigned n = 0; n < 256; n++) {
            free(vectors[cpu][n]);
            vectors[cpu][n] = NULL;
        }
    memset(lines, 0, sizeof(lines));
    spurious = 0;
}

void hal_interrupt_stop(void)
{
    list_each_safe(it, &hal_interrupts) {
        struct _KINTERRUPT *i = container_of(it, struct _KINTERRUPT, all);

        log_warn("hal", "interrupt vector 0x%x of processor %u was never disconnected", i->vector, i->cpu);
        hal_detach(i);
        free(i);
    }
    for (unsigned cpu = 0; cpu < KE_MAX_CPUS; cpu++)
        for (unsigned n = 0; n < 256; n++) {
            if (vectors[cpu][n] != NULL)
                ke_interrupt_cancel(&vectors[cpu][n]->ke);
            free(vectors[cpu][n]);
            vectors[cpu][n] = NULL;
        }
}
