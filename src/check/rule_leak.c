/* What a driver left behind when it was unloaded. The image is still mapped, so its frames have names. */
#include "check/check.h"

#include "nt/pool.h"

static void after_unload(const char *driver, uint64_t image_base, uint64_t image_size);

CHECK_RULE(rule) = {
    .name = "leak",
    .help = "a driver is unloaded and something it allocated, queued or created is still there",
    .doc = "wdm/nc-wdm-driver_unload",
    .after_unload = after_unload,
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

static void after_unload(const char *driver, uint64_t image_base, uint64_t image_size)
{
    struct search search = { driver, image_base, image_size };

    pool_walk(visit_block, &search);
}
