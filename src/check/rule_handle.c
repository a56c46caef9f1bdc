/* A handle that a driver opened and did not close. The object, and what it stands for, stays for ever. */
#include "check/check.h"

#include <string.h>

#include "nt/ob.h"
#include "pe/pe.h"
#include "pe/stack.h"

static void after_unload(const char *driver, uint64_t image_base, uint64_t image_size);
static void reset(void);

CHECK_RULE(rule) = {
    .name = "handle-leak",
    .help = "a driver is unloaded and a handle that it opened is still open",
    .doc = "wdm/nf-wdm-zwclose",
    .after_unload = after_unload,
    .reset = reset,
};

struct search {
    const char *driver;
    uint64_t base, size;
};

static void visit(void *context, const struct ob_open *open)
{
    const struct search *search = context;
    char name[200];

    if (open->caller - search->base >= search->size)
        return;
    ob_name_text(open->body, name, sizeof(name));
    finding_with_stack(&rule, &open->caller, 1, "%s left a handle open to a%s %s%s%s, opened at", search->driver,
                       strchr("AEIOU", open->type->name[0]) != NULL ? "n" : "", open->type->name, name[0] != 0 ? " " : "", name);
}

static void after_unload(const char *driver, uint64_t image_base, uint64_t image_size)
{
    struct search search = {driver, image_base, image_size};

    ob_each_handle(visit, &search);
}

/* The nearest driver frame. */
static uint64_t driver_frame(void)
{
    uint64_t frames[12];
    unsigned count = pe_capture_here(frames, 12);

    for (unsigned i = 0; i < count; i++)
        if (pe_is_driver_code(frames[i]))
            return frames[i];
    return 0;
}

static void reset(void)
{
    ob_keep_callers(driver_frame);
}
