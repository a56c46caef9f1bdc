/* Attaching: from a pair of registrations to two modules that know each other. nmr.h has the states. */
#include "netio/nmr.h"

#include <string.h>

#include "nt/pool.h"

static bool same_npi(const struct nmr_module *a, const struct nmr_module *b)
{
    return memcmp(&a->npi, &b->npi, sizeof a->npi) == 0;
}

static struct nmr_binding *bind(struct nmr_module *maker, struct nmr_module *other, const void *caller)
{
    struct nmr_binding *binding = pool_alloc(NonPagedPoolNx, sizeof *binding, NMR_TAG, caller);
    struct nmr_module *pair[2] = { maker, other };

    if (!binding)
        return NULL;
    memset(binding, 0, sizeof *binding);
    binding->handle = nmr_new_handle();
    binding->maker = maker;
    for (int i = 0; i < 2; i++) {
        struct nmr_side *side = &binding->side[pair[i]->role];
        side->module = pair[i];
        list_push_back(&pair[i]->bindings, &side->node);
    }
    return binding;
}

/* maker NULL: by anybody. */
static struct nmr_binding *first_queued(struct nmr_module *module, const struct nmr_module *maker)
{
    list_each(it, &module->bindings) {
        struct nmr_side *side = container_of(it, struct nmr_side, node);
        struct nmr_binding *binding = container_of(side, struct nmr_binding, side[module->role]);
        if (binding->state == NMR_QUEUED && (!maker || binding->maker == maker))
            return binding;
    }
    return NULL;
}

void nmr_unqueue(struct nmr_module *module)
{
    for (struct nmr_binding *binding; (binding = first_queued(module, NULL));)
        nmr_unbind(binding);
}

bool nmr_queue(struct nmr_module *module, const void *caller)
{
    list_each(it, &nmr_modules) {
        struct nmr_module *other = container_of(it, struct nmr_module, node);
        if (other->role == module->role || other->state != NMR_REGISTERED || !same_npi(other, module))
            continue;
        if (!bind(module, other, caller)) {
            nmr_unqueue(module);
            return false;
        }
    }
    return true;
}

static bool both_registered(const struct nmr_binding *binding)
{
    return binding->side[NMR_CLIENT].module->state == NMR_REGISTERED &&
           binding->side[NMR_PROVIDER].module->state == NMR_REGISTERED;
}

/* ClientAttachProvider has returned, and no NmrClientAttachProvider runs any more. */
static void conclude(struct nmr_binding *binding, NTSTATUS status)
{
    struct nmr_module *client = binding->side[NMR_CLIENT].module;
    struct pe_caller from = nmr_callback((const void *)(uintptr_t)client->client.ClientAttachProvider);

    if (binding->state != NMR_JOINED) {
        if (status == STATUS_SUCCESS)
            nmr_misuse("ClientAttachProvider returned STATUS_SUCCESS, but NmrClientAttachProvider did not", client, from);
        nmr_unbind(binding);
        return;
    }
    binding->state = NMR_ATTACHED;
    if (status != STATUS_SUCCESS) {
        nmr_misuse("ClientAttachProvider did not return what NmrClientAttachProvider had returned, STATUS_SUCCESS", client, from);
        binding->side[NMR_CLIENT].absent = true;
        nmr_detach(binding, NMR_PROVIDER);
    } else if (!both_registered(binding)) {
        nmr_detach(binding, client->state == NMR_REGISTERED ? NMR_PROVIDER : NMR_CLIENT);
    }
}

static void offer(struct nmr_binding *binding)
{
    struct nmr_module *client = binding->side[NMR_CLIENT].module, *provider = binding->side[NMR_PROVIDER].module;
    PNPI_CLIENT_ATTACH_PROVIDER_FN attach = client->client.ClientAttachProvider;
    KIRQL irql = ke_irql();

    binding->state = NMR_OFFERED;
    NTSTATUS status = attach(binding->handle, client->context, provider->instance);
    nmr_check_irql((const void *)(uintptr_t)attach, irql, "ClientAttachProvider");
    if (binding->state == NMR_ATTACHING) {
        nmr_misuse("ClientAttachProvider returned before its NmrClientAttachProvider", client,
                   nmr_callback((const void *)(uintptr_t)attach));
        binding->abandoned = true;
        return;
    }
    conclude(binding, status);
}

void nmr_offer(struct nmr_module *module)
{
    for (struct nmr_binding *binding; (binding = first_queued(module, module));)
        offer(binding);
}

static NTSTATUS ask_provider(struct nmr_binding *binding, PVOID client_context, const VOID *client_dispatch, PVOID *context,
                             const VOID **dispatch)
{
    struct nmr_module *client = binding->side[NMR_CLIENT].module, *provider = binding->side[NMR_PROVIDER].module;
    PNPI_PROVIDER_ATTACH_CLIENT_FN attach = provider->provider.ProviderAttachClient;
    KIRQL irql = ke_irql();

    NTSTATUS status = attach(binding->handle, provider->context, client->instance, client_context, client_dispatch, context,
                             dispatch);
    nmr_check_irql((const void *)(uintptr_t)attach, irql, "ProviderAttachClient");
    return status;
}

/* Goes on with the attachment that ClientAttachProvider was called for: asks the provider, whose context and dispatch table
 * come back on STATUS_SUCCESS. Both contexts and tables stay their modules' memory. May be called again while the callback
 * runs when the provider declined. PASSIVE_LEVEL. Returns what ProviderAttachClient returned; STATUS_NOINTERFACE, too, when
 * either module is being deregistered; STATUS_INVALID_PARAMETER for a handle that is not being offered, or no place for a
 * result. docs: netioddk/nf-netioddk-nmrclientattachprovider */
NTSTATUS NTAPI NmrClientAttachProvider(HANDLE NmrBindingHandle, PVOID ClientBindingContext, const VOID *ClientDispatch,
                                       PVOID *ProviderBindingContext, const VOID **ProviderDispatch)
{
    struct nmr_binding *binding = nmr_binding_named(NmrBindingHandle);
    const VOID *dispatch = NULL;
    PVOID context = NULL;

    if (!ProviderBindingContext || !ProviderDispatch)
        return STATUS_INVALID_PARAMETER;
    if (!binding || binding->state != NMR_OFFERED) {
        nmr_misuse("NmrClientAttachProvider is given a handle that is not in its ClientAttachProvider", NmrBindingHandle,
                   PE_CALLER());
        return STATUS_INVALID_PARAMETER;
    }
    if (!both_registered(binding))
        return STATUS_NOINTERFACE;
    binding->state = NMR_ATTACHING;
    NTSTATUS status = ask_provider(binding, ClientBindingContext, ClientDispatch, &context, &dispatch);
    binding->state = status == STATUS_SUCCESS ? NMR_JOINED : NMR_OFFERED;
    if (status == STATUS_SUCCESS) {
        binding->side[NMR_CLIENT].context = ClientBindingContext;
        binding->side[NMR_PROVIDER].context = context;
        *ProviderBindingContext = context;
        *ProviderDispatch = dispatch;
    }
    if (binding->abandoned)
        conclude(binding, status);
    return status;
}
