/* What drivers leave registered, and how everybody else goes on without them. */
#include "netio/ip_helper.h"
#include "netio/leaks.h"
#include "netio/netio.h"
#include "netio/nmr.h"
#include "netio/wsk.h"
#include "nt/pool.h"

bool netio_open(void)
{
    list_init(&nmr_modules);
    nmr_reset_handles();
    return wsk_open();
}

/* Whoever is still there was registered by a driver that could not be unloaded: nobody is called any more. */
void netio_close(void)
{
    wsk_close();
    list_each_safe(it, &nmr_modules) {
        struct nmr_module *module = container_of(it, struct nmr_module, node);
        list_each_safe(link, &module->bindings) {
            struct nmr_side *side = container_of(link, struct nmr_side, node);
            struct nmr_binding *binding = container_of(side, struct nmr_binding, side[module->role]);
            list_remove(&binding->side[!module->role].node);
            list_remove(link);
            pool_free(binding, NMR_TAG, NULL);
        }
        nmr_destroy(module);
    }
}

/* --- what is left ---------------------------------------------------------------------------------------------------- */

static bool from_image(const struct nmr_module *module, uint64_t base, uint64_t size)
{
    return !module->orphan && (!size || module->callback - base < size);
}

static unsigned count_bindings(const struct nmr_module *module)
{
    unsigned n = 0;

    list_each(it, &module->bindings)
        n++;
    return n;
}

void netio_leaks_walk(uint64_t base, uint64_t size, void (*visit)(void *context, const struct netio_leak *leak), void *context)
{
    static const char *const whats[] = { "a registration as an NMR client", "a registration as an NMR provider" };
    static const char *const missing[][2] = {
        [NMR_REGISTERED] = { "NmrDeregisterClient was not called", "NmrDeregisterProvider was not called" },
        [NMR_DEREGISTERING] = { "NmrWaitForClientDeregisterComplete was not called and detachment is not complete",
                                "NmrWaitForProviderDeregisterComplete was not called and detachment is not complete" },
        [NMR_GONE] = { "NmrWaitForClientDeregisterComplete was not called",
                       "NmrWaitForProviderDeregisterComplete was not called" },
    };

    list_each(it, &nmr_modules) {
        const struct nmr_module *module = container_of(it, struct nmr_module, node);
        if (!from_image(module, base, size))
            continue;
        struct netio_leak leak = { whats[module->role], missing[module->state][module->role], count_bindings(module),
                                   module->stack, module->stack_count };
        visit(context, &leak);
    }
    wsk_leaks_walk(base, size, visit, context);
}

/* --- a driver that is gone ------------------------------------------------------------------------------------------- */

static struct nmr_module *first_left(uint64_t base, uint64_t size)
{
    list_each(it, &nmr_modules) {
        struct nmr_module *module = container_of(it, struct nmr_module, node);
        if (from_image(module, base, size))
            return module;
    }
    return NULL;
}

/* A detachment that only waits for this module. */
static struct nmr_binding *first_pending(struct nmr_module *module)
{
    list_each(it, &module->bindings) {
        struct nmr_side *side = container_of(it, struct nmr_side, node);
        struct nmr_binding *binding = container_of(side, struct nmr_binding, side[module->role]);
        if (binding->state == NMR_DETACHING && side->state == NMR_PENDING)
            return binding;
    }
    return NULL;
}

static void abandon(struct nmr_module *module)
{
    module->orphan = true;
    if (module->state == NMR_GONE) {
        nmr_destroy(module);
        return;
    }
    nmr_hold(module);
    list_each(it, &module->bindings)
        container_of(it, struct nmr_side, node)->absent = true;
    if (module->state == NMR_REGISTERED)
        nmr_withdraw(module);
    for (struct nmr_binding *binding; (binding = first_pending(module));) {
        binding->side[module->role].state = NMR_DONE;
        nmr_detach_finish(binding);
    }
    nmr_release(module);
}

void netio_driver_gone(uint64_t base, uint64_t size)
{
    ip_driver_gone(base, size);
    wsk_driver_gone(base, size);
    for (struct nmr_module *module; (module = first_left(base, size));)
        abandon(module);
}

bool netio_driver_has_left(uint64_t base, uint64_t size)
{
    return first_left(base, size) != NULL || wsk_driver_has_left(base, size) || ip_driver_has_left(base, size);
}
