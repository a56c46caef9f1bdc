/* Detaching: both sides are told, each at once or later says that it is done, then both clean up. nmr.h has the states. */
#include "netio/nmr.h"

static const char *const detach_names[] = { "ClientDetachProvider", "ProviderDetachClient" };
static const char *const cleanup_names[] = { "ClientCleanupBindingContext", "ProviderCleanupBindingContext" };

static NTSTATUS call_callback(struct nmr_side *side, const void **routine)
{
    struct nmr_module *module = side->module;

    if (module->role == NMR_CLIENT) {
        *routine = (const void *)(uintptr_t)module->client.ClientDetachProvider;
        return module->client.ClientDetachProvider(side->context);
    }
    *routine = (const void *)(uintptr_t)module->provider.ProviderDetachClient;
    return module->provider.ProviderDetachClient(side->context);
}

static void judge(struct nmr_side *side, NTSTATUS status, const void *routine)
{
    if (status == STATUS_PENDING) {
        side->state = side->state == NMR_EARLY ? NMR_DONE : NMR_PENDING;
        return;
    }
    if (status != STATUS_SUCCESS)
        nmr_misuse("a detach callback returned something else than STATUS_SUCCESS or STATUS_PENDING; it counts as detached",
                   side->module, nmr_callback(routine));
    else if (side->state == NMR_EARLY)
        nmr_misuse("a detach callback returned STATUS_SUCCESS, but detachment was completed asynchronously, too", side->module,
                   nmr_callback(routine));
    side->state = NMR_DONE;
}

static void tell(struct nmr_side *side)
{
    const void *routine;
    KIRQL irql = ke_irql();

    if (side->absent) {
        side->state = NMR_DONE;
        return;
    }
    side->state = NMR_CALLED;
    NTSTATUS status = call_callback(side, &routine);
    nmr_check_irql(routine, irql, detach_names[side->module->role]);
    judge(side, status, routine);
}

void nmr_detach(struct nmr_binding *binding, enum nmr_role first)
{
    binding->state = NMR_DETACHING;
    tell(&binding->side[first]);
    tell(&binding->side[!first]);
    nmr_detach_finish(binding);
}

static void clean_up(struct nmr_side *side)
{
    struct nmr_module *module = side->module;
    PNPI_CLIENT_CLEANUP_BINDING_CONTEXT_FN cleanup = module->role == NMR_CLIENT ? module->client.ClientCleanupBindingContext
                                                                                : module->provider.ProviderCleanupBindingContext;
    KIRQL irql = ke_irql();

    if (side->absent || !cleanup)
        return;
    cleanup(side->context);
    nmr_check_irql((const void *)(uintptr_t)cleanup, irql, cleanup_names[module->role]);
}

void nmr_detach_finish(struct nmr_binding *binding)
{
    struct nmr_side *client = &binding->side[NMR_CLIENT], *provider = &binding->side[NMR_PROVIDER];

    if (binding->state != NMR_DETACHING || client->state != NMR_DONE || provider->state != NMR_DONE)
        return;
    binding->state = NMR_CLEANUP;
    clean_up(client);
    clean_up(provider);
    nmr_unbind(binding);
}

static void complete(HANDLE handle, enum nmr_role role, const char *text, struct pe_caller caller)
{
    struct nmr_binding *binding = nmr_binding_named(handle);
    struct nmr_side *side = binding ? &binding->side[role] : NULL;

    if (!side || binding->state != NMR_DETACHING || (side->state != NMR_CALLED && side->state != NMR_PENDING)) {
        nmr_misuse(text, handle, caller);
        return;
    }
    side->state = side->state == NMR_CALLED ? NMR_EARLY : NMR_DONE;
    nmr_detach_finish(binding);
}

/* The client has detached, after its ClientDetachProvider returned STATUS_PENDING (or will). The handle is invalid afterwards;
 * when the provider has detached, too, the cleanup callbacks run before this returns. IRQL <= DISPATCH_LEVEL.
 * docs: netioddk/nf-netioddk-nmrclientdetachprovidercomplete */
VOID NTAPI NmrClientDetachProviderComplete(HANDLE NmrBindingHandle)
{
    complete(NmrBindingHandle, NMR_CLIENT, "NmrClientDetachProviderComplete is given a handle whose client is not detaching",
             PE_CALLER());
}

/* The same for the provider and its ProviderDetachClient. IRQL <= DISPATCH_LEVEL.
 * docs: netioddk/nf-netioddk-nmrproviderdetachclientcomplete */
VOID NTAPI NmrProviderDetachClientComplete(HANDLE NmrBindingHandle)
{
    complete(NmrBindingHandle, NMR_PROVIDER, "NmrProviderDetachClientComplete is given a handle whose provider is not detaching",
             PE_CALLER());
}
