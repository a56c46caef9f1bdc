/* Registrations: who is there, and when a deregistration is complete. nmr.h has the invariants. */
#include "netio/nmr.h"

#include <string.h>

#include "nt/pool.h"

struct list nmr_modules = LIST_INIT(nmr_modules);
static uint64_t last_handle;

HANDLE nmr_new_handle(void)
{
    return (HANDLE)(uintptr_t)(0x4e4d0000u + 4 * ++last_handle);
}

void nmr_reset_handles(void)
{
    last_handle = 0;
}

static struct nmr_module *module_named(HANDLE handle, enum nmr_role role)
{
    list_each(it, &nmr_modules) {
        struct nmr_module *module = container_of(it, struct nmr_module, node);
        if (module->handle == handle && module->role == role)
            return module;
    }
    return NULL;
}

struct nmr_binding *nmr_binding_named(HANDLE handle)
{
    list_each(it, &nmr_modules) {
        struct nmr_module *module = container_of(it, struct nmr_module, node);
        if (module->role != NMR_CLIENT)
            continue;
        list_each(link, &module->bindings) {
            struct nmr_binding *binding = container_of(link, struct nmr_binding, side[NMR_CLIENT].node);
            if (binding->handle == handle)
                return binding;
        }
    }
    return NULL;
}

/* --- reports --------------------------------------------------------------------------------------------------------- */

void nmr_misuse(const char *text, const void *what, struct pe_caller caller)
{
    NT_EMIT(NT_EVENT_MISUSE, text, what, 0, caller);
}

struct pe_caller nmr_callback(const void *routine)
{
    return (struct pe_caller){ .rip = (uint64_t)(uintptr_t)routine + 1 };
}

void nmr_check_irql(const void *routine, KIRQL before, const char *what)
{
    if (unlikely(ke_irql() != before))
        NT_EMIT(NT_EVENT_CALLBACK_IRQL, what, routine, (uint64_t)before << 8 | ke_irql(), nmr_callback(routine));
}

/* --- the life of a module -------------------------------------------------------------------------------------------- */

void nmr_destroy(struct nmr_module *module)
{
    list_remove(&module->node);
    pool_free(module, NMR_TAG, NULL);
}

static struct nmr_module *create(enum nmr_role role, PVOID context, struct pe_caller caller, const void *callback)
{
    struct nmr_module *module = pool_alloc(NonPagedPoolNx, sizeof *module, NMR_TAG, (const void *)(uintptr_t)caller.rip);

    if (!module)
        return NULL;
    memset(module, 0, sizeof *module);
    module->role = role;
    module->context = context;
    module->handle = nmr_new_handle();
    module->registrar = caller.rip;
    module->callback = (uint64_t)(uintptr_t)callback;
    module->stack_count = pe_capture(&caller, module->stack, NMR_STACK_FRAMES);
    if (!module->stack_count)
        module->stack[module->stack_count++] = module->callback + 1;
    list_init(&module->node);
    list_init(&module->bindings);
    KeInitializeEvent(&module->gone, NotificationEvent, FALSE);
    return module;
}

void nmr_release(struct nmr_module *module)
{
    if (--module->busy || module->state != NMR_DEREGISTERING || !list_empty(&module->bindings))
        return;
    module->state = NMR_GONE;
    if (module->orphan && !module->waiters)
        nmr_destroy(module);
    else
        KeSetEvent(&module->gone, IO_NO_INCREMENT, FALSE);
}

void nmr_unbind(struct nmr_binding *binding)
{
    struct nmr_module *client = binding->side[NMR_CLIENT].module, *provider = binding->side[NMR_PROVIDER].module;

    nmr_hold(client);
    nmr_hold(provider);
    list_remove(&binding->side[NMR_CLIENT].node);
    list_remove(&binding->side[NMR_PROVIDER].node);
    pool_free(binding, NMR_TAG, NULL);
    nmr_release(client);
    nmr_release(provider);
}

/* True when the instance can be served. What merely breaks the documentation is reported. */
static bool instance_valid(PNPI_REGISTRATION_INSTANCE instance, struct pe_caller caller)
{
    if (instance->Version != 0 || instance->Size < sizeof *instance || !instance->NpiId)
        return false;
    if (!instance->ModuleId)
        nmr_misuse("a network module registers without an NPI_MODULEID", instance, caller);
    return true;
}

static NTSTATUS enroll(struct nmr_module *module, PNPI_REGISTRATION_INSTANCE instance, PHANDLE handle)
{
    module->instance = instance;
    module->npi = *instance->NpiId;
    if (!nmr_queue(module, (const void *)(uintptr_t)module->registrar)) {
        nmr_destroy(module);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    list_push_back(&nmr_modules, &module->node);
    *handle = module->handle;
    nmr_hold(module);
    nmr_offer(module);
    nmr_release(module);
    return STATUS_SUCCESS;
}

/* Registers a client of the NPI that the characteristics name. They and ClientContext stay the caller's and must live until the
 * deregistration is complete. ClientAttachProvider has been called for every provider there is when this returns; whether any
 * attached makes no difference to the result. PASSIVE_LEVEL. STATUS_INSUFFICIENT_RESOURCES, with no callback called;
 * STATUS_INVALID_PARAMETER for a version, size or missing pointer that cannot be served.
 * docs: netioddk/nf-netioddk-nmrregisterclient */
NTSTATUS NTAPI NmrRegisterClient(PNPI_CLIENT_CHARACTERISTICS ClientCharacteristics, PVOID ClientContext, PHANDLE NmrClientHandle)
{
    PNPI_CLIENT_CHARACTERISTICS c = ClientCharacteristics;
    struct pe_caller caller = PE_CALLER();

    if (!c || !NmrClientHandle || c->Version != 0 || c->Length < sizeof *c || !c->ClientAttachProvider ||
        !c->ClientDetachProvider || !instance_valid(&c->ClientRegistrationInstance, caller))
        return STATUS_INVALID_PARAMETER;
    struct nmr_module *module = create(NMR_CLIENT, ClientContext, caller, (const void *)(uintptr_t)c->ClientAttachProvider);
    if (!module)
        return STATUS_INSUFFICIENT_RESOURCES;
    module->client = *c;
    return enroll(module, &c->ClientRegistrationInstance, NmrClientHandle);
}

/* The same for a provider: ClientAttachProvider has been called in every client there is when this returns.
 * docs: netioddk/nf-netioddk-nmrregisterprovider */
NTSTATUS NTAPI NmrRegisterProvider(PNPI_PROVIDER_CHARACTERISTICS ProviderCharacteristics, PVOID ProviderContext,
                                   PHANDLE NmrProviderHandle)
{
    PNPI_PROVIDER_CHARACTERISTICS c = ProviderCharacteristics;
    struct pe_caller caller = PE_CALLER();

    if (!c || !NmrProviderHandle || c->Version != 0 || c->Length < sizeof *c || !c->ProviderAttachClient ||
        !c->ProviderDetachClient || !instance_valid(&c->ProviderRegistrationInstance, caller))
        return STATUS_INVALID_PARAMETER;
    struct nmr_module *module = create(NMR_PROVIDER, ProviderContext, caller, (const void *)(uintptr_t)c->ProviderAttachClient);
    if (!module)
        return STATUS_INSUFFICIENT_RESOURCES;
    module->provider = *c;
    return enroll(module, &c->ProviderRegistrationInstance, NmrProviderHandle);
}

/* --- deregistration -------------------------------------------------------------------------------------------------- */

static struct nmr_binding *first_attached(struct nmr_module *module)
{
    list_each(it, &module->bindings) {
        struct nmr_side *side = container_of(it, struct nmr_side, node);
        struct nmr_binding *binding = container_of(side, struct nmr_binding, side[module->role]);
        if (binding->state == NMR_ATTACHED)
            return binding;
    }
    return NULL;
}

void nmr_withdraw(struct nmr_module *module)
{
    module->state = NMR_DEREGISTERING;
    nmr_hold(module);
    nmr_unqueue(module);
    for (struct nmr_binding *binding; (binding = first_attached(module));)
        nmr_detach(binding, module->role);
    nmr_release(module);
}

static NTSTATUS deregister(HANDLE handle, enum nmr_role role, const char *text, struct pe_caller caller)
{
    struct nmr_module *module = module_named(handle, role);

    if (!module || module->state != NMR_REGISTERED) {
        nmr_misuse(text, handle, caller);
        return STATUS_INVALID_PARAMETER;
    }
    nmr_withdraw(module);
    return STATUS_PENDING;
}

/* Begins the end of a client's registration: no new provider is offered, and both detach callbacks of each attachment have been
 * called when this returns, at the caller's IRQL. An attachment in progress is detached when its ClientAttachProvider returns.
 * The registration ends with NmrWaitForClientDeregisterComplete. IRQL <= DISPATCH_LEVEL. Always STATUS_PENDING, or
 * STATUS_INVALID_PARAMETER for a handle that is not a registered client's. docs: netioddk/nf-netioddk-nmrderegisterclient */
NTSTATUS NTAPI NmrDeregisterClient(HANDLE NmrClientHandle)
{
    return deregister(NmrClientHandle, NMR_CLIENT, "NmrDeregisterClient is given a handle that is not a registered client's",
                      PE_CALLER());
}

/* The same for a provider. docs: netioddk/nf-netioddk-nmrderegisterprovider */
NTSTATUS NTAPI NmrDeregisterProvider(HANDLE NmrProviderHandle)
{
    return deregister(NmrProviderHandle, NMR_PROVIDER,
                      "NmrDeregisterProvider is given a handle that is not a registered provider's", PE_CALLER());
}

static NTSTATUS wait(HANDLE handle, enum nmr_role role, const char *text, struct pe_caller caller)
{
    struct nmr_module *module = module_named(handle, role);

    if (!module || module->state == NMR_REGISTERED) {
        nmr_misuse(text, handle, caller);
        return STATUS_INVALID_PARAMETER;
    }
    module->waiters++;
    ke_wait(&module->gone);
    if (--module->waiters == 0)
        nmr_destroy(module);
    return STATUS_SUCCESS;
}

/* Returns when the client is detached from every provider and those from it, all cleanup callbacks included; the handle is
 * invalid from then on. IRQL < DISPATCH_LEVEL. STATUS_INVALID_PARAMETER before NmrDeregisterClient, and for a handle that is
 * not a client's. docs: netioddk/nf-netioddk-nmrwaitforclientderegistercomplete */
NTSTATUS NTAPI NmrWaitForClientDeregisterComplete(HANDLE NmrClientHandle)
{
    return wait(NmrClientHandle, NMR_CLIENT,
                "NmrWaitForClientDeregisterComplete is given a handle that is not a deregistered client's", PE_CALLER());
}

/* The same for a provider. docs: netioddk/nf-netioddk-nmrwaitforproviderderegistercomplete */
NTSTATUS NTAPI NmrWaitForProviderDeregisterComplete(HANDLE NmrProviderHandle)
{
    return wait(NmrProviderHandle, NMR_PROVIDER,
                "NmrWaitForProviderDeregisterComplete is given a handle that is not a deregistered provider's", PE_CALLER());
}
