/* WskRegister and the functions around it: a client of the Network Module Registrar on behalf of a driver.
 *
 * | registration | WskCaptureProviderNPI          | leaves on                                                           |
 * |--------------|--------------------------------|---------------------------------------------------------------------|
 * | WAITING      | waits                          | provider attaches: ATTACHED, or wants another version: MISMATCHED    |
 * | ATTACHED     | STATUS_SUCCESS                 | WskDeregister: ENDING; provider goes: WAITING                        |
 * | MISMATCHED   | STATUS_NOINTERFACE             | WskDeregister: ENDING                                                |
 * | ENDING       | STATUS_DEVICE_NOT_READY        | freed by WskDeregister when captured == 0, no waiter, NMR is done    |
 *
 * The driver's WSK_REGISTRATION holds the state even after the end, so that a late capture is answered. */
#include <string.h>

#include "netio/wsk_internal.h"
#include "pe/pe.h"
#include "netio/wsk_registration.h"
#include "nt/ke.h"
#include "nt/ke_wait.h"
#include "nt/pool.h"

#define TAG WSK_TAG('W', 's', 'k', 'r')

enum registration_state { UNREGISTERED, WAITING, ATTACHED, MISMATCHED, ENDING };
#define STATE_OF(registration) ((registration)->ReservedRegistrationState)

struct registration {
    struct list node;                   /* registrations */
    uint64_t made_by;                   /* return address of the WskRegister call */
    PWSK_REGISTRATION guest;            /* the driver's memory, or `own` when the driver is gone */
    WSK_REGISTRATION own;
    PVOID context;
    const WSK_CLIENT_DISPATCH *dispatch;
    HANDLE handle, binding;
    WSK_PROVIDER_NPI npi;
    WSK_PROVIDER_CHARACTERISTICS characteristics;
    bool known;                         /* the provider's characteristics have been seen */
    bool detach_waits;                  /* NmrClientDetachProviderComplete is owed */
    unsigned captured, waiters;
    KEVENT changed, unused;             /* state has changed; no capture and no waiter is left */
    NPI_CLIENT_CHARACTERISTICS characteristics_of_client;
};

static struct list registrations = LIST_INIT(registrations);

static struct registration *registration_of(PWSK_REGISTRATION guest)
{
    return guest->ReservedRegistrationContext;
}

/* --- what the registrar calls -------------------------------------------------------------------------------- */

static NTSTATUS NTAPI attach_provider(HANDLE binding, PVOID context, PNPI_REGISTRATION_INSTANCE instance)
{
    struct registration *r = context;
    const VOID *dispatch = NULL;
    NTSTATUS status;

    r->characteristics = *(const WSK_PROVIDER_CHARACTERISTICS *)instance->NpiSpecificCharacteristics;
    r->known = true;
    r->binding = binding;
    status = NmrClientAttachProvider(binding, r, r->dispatch, &r->npi.Client, &dispatch);
    r->npi.Dispatch = dispatch;
    if (NT_SUCCESS(status))
        ((struct wsk_client *)r->npi.Client)->captured = &r->captured;
    if (STATE_OF(r->guest) == WAITING) {
        if (NT_SUCCESS(status))
            STATE_OF(r->guest) = ATTACHED;
        else if (status == STATUS_NOINTERFACE)
            STATE_OF(r->guest) = MISMATCHED;
    }
    KeSetEvent(&r->changed, IO_NO_INCREMENT, FALSE);
    return status;
}

static NTSTATUS NTAPI detach_provider(PVOID context)
{
    struct registration *r = context;

    if (STATE_OF(r->guest) == ATTACHED) {
        STATE_OF(r->guest) = WAITING;
        KeClearEvent(&r->changed);
    }
    if (r->captured == 0)
        return STATUS_SUCCESS;
    r->detach_waits = true;
    return STATUS_PENDING;
}

static const NPI_MODULEID module_id = {
    .Length = sizeof module_id,
    .Type = MIT_GUID,
    .Guid = { 0x91cc8e35, 0x7f0a, 0x4d5e, { 0x8b, 0x1d, 0x52, 0x49, 0x4e, 0x47, 0x33, 0x02 } },
};

/* --- what drivers call --------------------------------------------------------------------------------------- */

/* Registers the driver as a client of Winsock Kernel. WskRegistration: memory of the caller's that stays until it makes no
 * more calls with it; WskClientNpi->Dispatch stays until WskDeregister. PASSIVE_LEVEL. STATUS_INVALID_PARAMETER,
 * STATUS_INSUFFICIENT_RESOURCES. docs: wsk/nf-wsk-wskregister */
NTSTATUS NTAPI WskRegister(PWSK_CLIENT_NPI WskClientNpi, PWSK_REGISTRATION WskRegistration)
{
    struct registration *r;
    NTSTATUS status;

    if (WskClientNpi == NULL || WskRegistration == NULL || WskClientNpi->Dispatch == NULL)
        return STATUS_INVALID_PARAMETER;
    r = pool_alloc(NonPagedPoolNx, sizeof *r, TAG, __builtin_return_address(0));
    if (r == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    memset(r, 0, sizeof *r);
    memset(WskRegistration, 0, sizeof *WskRegistration);
    list_push_back(&registrations, &r->node);
    r->made_by = (uint64_t)(uintptr_t)pe_true_caller(__builtin_return_address(0));
    r->guest = WskRegistration;
    r->context = WskClientNpi->ClientContext;
    r->dispatch = WskClientNpi->Dispatch;
    KeInitializeEvent(&r->changed, NotificationEvent, FALSE);
    KeInitializeEvent(&r->unused, NotificationEvent, FALSE);
    r->characteristics_of_client = (NPI_CLIENT_CHARACTERISTICS){
        .Length = sizeof r->characteristics_of_client,
        .ClientAttachProvider = attach_provider,
        .ClientDetachProvider = detach_provider,
        .ClientRegistrationInstance = {
            .Size = sizeof(NPI_REGISTRATION_INSTANCE), .NpiId = &NPI_WSK_INTERFACE_ID, .ModuleId = &module_id },
    };
    WskRegistration->ReservedRegistrationContext = r;
    STATE_OF(WskRegistration) = WAITING;
    status = NmrRegisterClient(&r->characteristics_of_client, r, &r->handle);
    if (!NT_SUCCESS(status)) {
        memset(WskRegistration, 0, sizeof *WskRegistration);
        list_remove(&r->node);
        pool_free(r, TAG, NULL);
    }
    return status;
}

static void end(struct registration *r)
{
    STATE_OF(r->guest) = ENDING;
    KeSetEvent(&r->changed, IO_NO_INCREMENT, FALSE);
    if (NmrDeregisterClient(r->handle) == STATUS_PENDING)
        NmrWaitForClientDeregisterComplete(r->handle);
    if (r->captured != 0 || r->waiters != 0)
        KeWaitForSingleObject(&r->unused, Executive, KernelMode, FALSE, NULL);
    r->guest->ReservedRegistrationContext = NULL;
    list_remove(&r->node);
    pool_free(r, TAG, NULL);
}

/* Ends a registration. Returns when every capture is released, every call of the provider's functions has returned, every
 * socket is closed, and every IRP is completed. PASSIVE_LEVEL. docs: wsk/nf-wsk-wskderegister */
VOID NTAPI WskDeregister(PWSK_REGISTRATION WskRegistration)
{
    struct registration *r = registration_of(WskRegistration);

    if (r == NULL || STATE_OF(WskRegistration) == ENDING) {
        NETIO_EMIT(NETIO_EVENT_MISUSE, "WskDeregister is called for a registration that does not exist", WskRegistration, 0,
                   __builtin_frame_address(0));
        return;
    }
    end(r);
}

static NTSTATUS wait_for_provider(struct registration *r, ULONG milliseconds)
{
    LARGE_INTEGER due = { .QuadPart = -(int64_t)milliseconds * 10000 };

    r->waiters++;
    KeWaitForSingleObject(&r->changed, Executive, KernelMode, FALSE, milliseconds == WSK_INFINITE_WAIT ? NULL : &due);
    r->waiters--;
    return STATUS_SUCCESS;
}

/* The provider's table and client object, once it is there. WaitTimeout: milliseconds, WSK_NO_WAIT or WSK_INFINITE_WAIT.
 * PASSIVE_LEVEL; DISPATCH_LEVEL with WSK_NO_WAIT. STATUS_DEVICE_NOT_READY: not yet, or the registration ends;
 * STATUS_NOINTERFACE: another version is wanted. docs: wsk/nf-wsk-wskcaptureprovidernpi */
NTSTATUS NTAPI WskCaptureProviderNPI(PWSK_REGISTRATION WskRegistration, ULONG WaitTimeout, PWSK_PROVIDER_NPI WskProviderNpi)
{
    struct registration *r = registration_of(WskRegistration);
    NTSTATUS status = STATUS_DEVICE_NOT_READY;

    if (r == NULL || STATE_OF(WskRegistration) == ENDING)
        return STATUS_DEVICE_NOT_READY;
    if (WaitTimeout != WSK_NO_WAIT && ke_irql() > PASSIVE_LEVEL) {
        NETIO_EMIT(NETIO_EVENT_MISUSE, "WskCaptureProviderNPI is to wait above PASSIVE_LEVEL", WskRegistration, WaitTimeout,
                   __builtin_frame_address(0));
        WaitTimeout = WSK_NO_WAIT;
    }
    if (STATE_OF(WskRegistration) == WAITING && WaitTimeout != WSK_NO_WAIT)
        wait_for_provider(r, WaitTimeout);
    if (STATE_OF(WskRegistration) == ATTACHED) {
        r->captured++;
        *WskProviderNpi = r->npi;
        return STATUS_SUCCESS;
    }
    if (STATE_OF(WskRegistration) == MISMATCHED)
        status = STATUS_NOINTERFACE;
    if (STATE_OF(WskRegistration) == ENDING && r->captured == 0 && r->waiters == 0)
        KeSetEvent(&r->unused, IO_NO_INCREMENT, FALSE);
    return status;
}

/* Gives back one capture. IRQL <= DISPATCH_LEVEL. docs: wsk/nf-wsk-wskreleaseprovidernpi */
VOID NTAPI WskReleaseProviderNPI(PWSK_REGISTRATION WskRegistration)
{
    struct registration *r = registration_of(WskRegistration);
    bool complete;

    if (r == NULL || r->captured == 0) {
        NETIO_EMIT(NETIO_EVENT_MISUSE, "WskReleaseProviderNPI is called without a capture", WskRegistration, 0,
                   __builtin_frame_address(0));
        return;
    }
    r->captured--;
    if (r->captured != 0)
        return;
    complete = r->detach_waits;
    r->detach_waits = false;
    if (STATE_OF(WskRegistration) == ENDING && r->waiters == 0 && !complete)
        KeSetEvent(&r->unused, IO_NO_INCREMENT, FALSE);
    if (complete) {
        HANDLE binding = r->binding;

        KeSetEvent(&r->unused, IO_NO_INCREMENT, FALSE);
        NmrClientDetachProviderComplete(binding);
    }
}

/* The range of versions that the provider speaks. IRQL <= DISPATCH_LEVEL. STATUS_DEVICE_NOT_READY: it is not there yet.
 * docs: wsk/nf-wsk-wskqueryprovidercharacteristics */
NTSTATUS NTAPI WskQueryProviderCharacteristics(PWSK_REGISTRATION WskRegistration,
                                               PWSK_PROVIDER_CHARACTERISTICS WskProviderCharacteristics)
{
    struct registration *r = registration_of(WskRegistration);

    if (r == NULL || !r->known || STATE_OF(WskRegistration) == ENDING)
        return STATUS_DEVICE_NOT_READY;
    *WskProviderCharacteristics = r->characteristics;
    return STATUS_SUCCESS;
}

/* --- drivers that go ------------------------------------------------------------------------------------------ */

static bool from_image(const struct registration *r, uint64_t base, uint64_t size)
{
    return size == 0 || r->made_by - base < size;
}

void wsk_registrations_walk(uint64_t base, uint64_t size, void (*visit)(void *context, const struct netio_leak *leak),
                            void *context)
{
    list_each(node, &registrations) {
        const struct registration *r = container_of(node, struct registration, node);
        struct netio_leak leak = { "a Winsock Kernel registration", "WskDeregister was not called", r->captured, &r->made_by, 1 };

        if (from_image(r, base, size))
            visit(context, &leak);
    }
}

bool wsk_registrations_left(uint64_t base, uint64_t size)
{
    list_each(node, &registrations)
        if (from_image(container_of(node, struct registration, node), base, size))
            return true;
    return false;
}

void wsk_registrations_end(uint64_t base, uint64_t size)
{
    list_each_safe(node, &registrations) {
        struct registration *r = container_of(node, struct registration, node);

        if (!from_image(r, base, size))
            continue;
        r->own = *r->guest;
        r->guest = &r->own;
        r->captured = 0;
        if (STATE_OF(r->guest) != ENDING)
            end(r);
    }
}

void wsk_registrations_free(void)
{
    for (struct list *node = list_pop_front(&registrations); node != NULL; node = list_pop_front(&registrations))
        pool_free(container_of(node, struct registration, node), TAG, NULL);
}
