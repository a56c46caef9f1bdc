/* What a driver left behind when it was unloaded. The image is still mapped, so its frames have names. */
#include "check/check.h"

#include "fwp/fwp.h"
#include "ndis/leaks.h"
#include "netio/leaks.h"
#include "nt/ke.h"
#include "nt/ke_timer.h"
#include "nt/mm.h"
#include "nt/pool.h"
#include "nt/ps.h"
#include "pe/stack.h"

static void after_unload(const char *driver, uint64_t image_base, uint64_t image_size);
static void reset(void);

CHECK_RULE(rule) = {
    .name = "leak",
    .help = "a driver is unloaded and something it allocated, queued or created is still there",
    .doc = "wdm/nc-wdm-driver_unload",
    .after_unload = after_unload,
    .reset = reset,
};

struct search {
    const char *driver;
    uint64_t base, size;
};

static void tag_text(uint32_t tag, char text[5])
{
    for (int i = 0; i < 4; i++) {
        char c = (char)(tag >> (8 * i));
        text[i] = c >= ' ' && c <= '~' ? c : '.';
    }
    text[4] = 0;
}

static void visit_block(void *context, const struct pool_block *block)
{
    const struct search *search = context;
    uint64_t caller = (uint64_t)(uintptr_t)block->caller;
    char tag[5];

    if (caller - search->base >= search->size)
        return;
    tag_text(block->tag, tag);
    if (block->stack_count)
        finding_with_stack(&rule, block->stack, block->stack_count, "%s left %zu bytes of pool, tag '%s', allocated at",
                           search->driver, block->size, tag);
    else
        finding_with_stack(&rule, &caller, 1, "%s left %zu bytes of pool, tag '%s', allocated at", search->driver,
                           block->size, tag);
}

static void visit_pages(void *context, const struct mm_block *block)
{
    const struct search *search = context;
    uint64_t caller = (uint64_t)(uintptr_t)block->caller;

    if (caller - search->base < search->size)
        finding_with_stack(&rule, &caller, 1, "%s left %zu bytes of %s, allocated at", search->driver, block->size,
                           block->call);
}

static bool inside(const struct search *search, const void *address)
{
    return (uint64_t)(uintptr_t)address - search->base < search->size;
}

/* A timer or DPC belongs to the driver when it lies in its image or would run its code. */
static void visit_timer(void *context, PKTIMER timer)
{
    const struct search *search = context;
    const void *routine = timer->Dpc ? (const void *)(uintptr_t)timer->Dpc->DeferredRoutine : NULL;
    uint64_t frame = (uint64_t)(uintptr_t)(routine ? routine : timer);

    if (inside(search, timer) || (routine && inside(search, routine)))
        finding_with_stack(&rule, &frame, 1, "%s left a timer set (KTIMER %p); its DPC routine is", search->driver,
                           (void *)timer);
}

static void visit_queue(const struct search *search, const struct ke_dpcs *queue)
{
    for (SINGLE_LIST_ENTRY *link = queue->first; link; link = link->Next) {
        PKDPC dpc = container_of(link, KDPC, DpcListEntry);
        uint64_t frame = (uint64_t)(uintptr_t)dpc->DeferredRoutine;
        if (inside(search, dpc) || inside(search, (void *)(uintptr_t)frame))
            finding_with_stack(&rule, &frame, 1, "%s left a DPC queued (KDPC %p); its routine is", search->driver, (void *)dpc);
    }
}

static void visit_dpcs(const struct search *search)
{
    for (unsigned i = 0; i < ke.cpu_count; i++) {
        visit_queue(search, &ke.cpus[i].dpcs);
        visit_queue(search, &ke.cpus[i].threaded);
    }
}

static void visit_thread(void *context, struct ps_thread *thread)
{
    const struct search *search = context;
    uint64_t frame = (uint64_t)(uintptr_t)thread->start;

    if (frame - search->base < search->size)
        finding_with_stack(&rule, &frame, 1, "%s left a system thread running; it started at", search->driver);
}

static void visit_ndis(void *context, const struct ndis_leak *leak)
{
    const struct search *search = context;
    uint64_t frame = (uint64_t)(uintptr_t)leak->caller;

    if (leak->uses)
        finding_with_stack(&rule, &frame, 1, "%s left a %s with %llu structures still allocated, made at", search->driver,
                           leak->what, (unsigned long long)leak->uses);
    else
        finding_with_stack(&rule, &frame, 1, "%s left a %s, made at", search->driver, leak->what);
}

static void visit_netio(void *context, const struct netio_leak *leak)
{
    const struct search *search = context;

    finding_with_stack(&rule, leak->stack, leak->stack_count, "%s left %s (%u attached): %s; made at", search->driver, leak->what,
                       leak->bindings, leak->missing);
}

static void visit_fwp(void *context, const struct fwp_leak *leak)
{
    const struct search *search = context;

    finding_with_stack(&rule, &leak->caller, 1, "%s left %s; made at", search->driver, leak->text);
}

static void after_unload(const char *driver, uint64_t image_base, uint64_t image_size)
{
    struct search search = { driver, image_base, image_size };

    ndis_leaks_walk(image_base, image_size, visit_ndis, &search);
    netio_leaks_walk(image_base, image_size, visit_netio, &search);
    fwp_leaks_walk(image_base, image_size, visit_fwp, &search);
    pool_walk(visit_block, &search);
    mm_walk(visit_pages, &search);
    ke_timers_each(visit_timer, &search);
    visit_dpcs(&search);
    ps_each_thread(visit_thread, &search);
}

/* Blocks remember their stacks from the start of the computer. */
static void reset(void)
{
    pool_keep_stacks(pe_capture);
}
