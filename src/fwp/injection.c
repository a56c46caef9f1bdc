#include "fwp/injection.h"
#include "fwp/packet.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "fwp/event.h"
#include "ndis/ledger.h"
#include "nt/ke.h"

#define ROUND 64u
#define LOOP 8u                        /* injections of one packet in a row by one handle */

struct fwp_injector {
    struct list node;
    ADDRESS_FAMILY family;
    uint32_t types;
    unsigned pending;
    bool closing, told;                 /* told: of a loop */
    uint64_t caller;
    KEVENT drained;
};

static struct {
    const struct fwp_network *network;
    struct list injectors;
    struct fwp_injection *first, **last, *free;
    KDPC dpc;
    bool open;
} injections = { .injectors = LIST_INIT(injections.injectors) };

void fwp_set_network(const struct fwp_network *network)
{
    injections.network = network;
}

const struct fwp_network *fwp_network(void)
{
    return injections.network;
}

struct fwp_injector *fwp_injector_of(HANDLE handle)
{
    list_each(node, &injections.injectors)
        if (container_of(node, struct fwp_injector, node) == handle)
            return handle;
    return NULL;
}

void fwp_injectors_each(void (*visit)(void *context, const void *handle, uint64_t caller), void *context)
{
    list_each(node, &injections.injectors) {
        const struct fwp_injector *injector = container_of(node, struct fwp_injector, node);
        visit(context, injector, injector->caller);
    }
}

static VOID NTAPI nobody(VOID *context, NET_BUFFER_LIST *nbl, BOOLEAN at_dispatch)
{
}

void fwp_injections_driver_gone(uint64_t base, uint64_t size)
{
    for (struct fwp_injection *injection = injections.first; injection; injection = injection->next)
        if ((uint64_t)(uintptr_t)injection->completion - base < size)
            injection->completion = nobody;
    list_each_safe(node, &injections.injectors) {
        struct fwp_injector *injector = container_of(node, struct fwp_injector, node);
        if (injector->caller - base >= size)
            continue;
        injector->caller = 0;
        if (!injector->pending)
            FwpsInjectionHandleDestroy0(injector);
    }
}

unsigned fwp_injectors_count(void)
{
    unsigned count = 0;

    list_each(node, &injections.injectors)
        count++;
    return count;
}

unsigned fwp_injection_tags(const struct fwp_injector *injector, void *context, const NET_BUFFER_LIST *nbl, struct fwp_tag tags[FWP_TAGS])
{
    const struct fwp_packet *packet = fwp_packet_of(nbl);
    unsigned count = 1;

    tags[0] = (struct fwp_tag){ injector, context };
    for (unsigned n = 0; packet && n < packet->tag_count && count < FWP_TAGS; n++)
        tags[count++] = packet->tags[n];
    return count;
}

/* --- the queue --------------------------------------------------------------------------------------------------------- */

static void finished(struct fwp_injector *injector)
{
    if (--injector->pending == 0)
        KeSetEvent(&injector->drained, IO_NO_INCREMENT, FALSE);
}

/* One that has been carried out already has no kind left: only its completion waits. */
static void carry_out(struct fwp_injection *injection)
{
    PNET_BUFFER_LIST nbl = injection->nbl;

    if (injection->kind < FWP_INJECT_KINDS)
        nbl->Status = injections.network ? injections.network->inject(injection) : STATUS_FWP_TCPIP_NOT_READY;
    struct fwp_injection done = *injection;
    injection->next = injections.free;
    injections.free = injection;
    done.completion(done.completion_context, nbl, TRUE);
    finished(done.injector);
}

static VOID NTAPI run(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    for (unsigned n = 0; injections.first && n < ROUND; n++) {
        struct fwp_injection *injection = injections.first;
        injections.first = injection->next;
        if (!injections.first)
            injections.last = &injections.first;
        carry_out(injection);
    }
    if (injections.first)
        KeInsertQueueDpc(&injections.dpc, NULL, NULL);
}

static NTSTATUS queue(const struct fwp_injection *wanted)
{
    struct fwp_injection *injection = injections.free;

    if (injection)
        injections.free = injection->next;
    else if (!(injection = malloc(sizeof *injection)))
        return STATUS_INSUFFICIENT_RESOURCES;
    *injection = *wanted;
    injection->next = NULL;
    *injections.last = injection;
    injections.last = &injection->next;
    if (injection->injector->pending++ == 0)
        KeClearEvent(&injection->injector->drained);
    KeInsertQueueDpc(&injections.dpc, NULL, NULL);
    return STATUS_SUCCESS;
}

NTSTATUS fwp_injector_ready(struct fwp_injector *injector, uint32_t type)
{
    if (!injector || !(injector->types & type))
        return STATUS_FWP_INJECT_HANDLE_STALE;
    if (injector->closing)
        return STATUS_FWP_INJECT_HANDLE_CLOSING;
    if (!injections.network)
        return STATUS_FWP_TCPIP_NOT_READY;
    return injector->pending >= FWP_INJECTIONS_MAX ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

NTSTATUS fwp_complete_later(struct fwp_injector *injector, NET_BUFFER_LIST *nbl, FWPS_INJECT_COMPLETE0 *completion, void *context)
{
    struct fwp_injection injection = {
        .kind = FWP_INJECT_KINDS, .injector = injector, .nbl = nbl, .completion = completion, .completion_context = context,
    };

    return queue(&injection);
}

/* --- handles ------------------------------------------------------------------------------------------------------------ */

/* A handle for injections of these kinds; 0: transport, stream and forward. Ended by FwpsInjectionHandleDestroy0. PASSIVE_LEVEL.
 * STATUS_FWP_NULL_POINTER, STATUS_INVALID_PARAMETER, STATUS_FWP_TCPIP_NOT_READY, STATUS_NO_MEMORY.
 * docs: fwpsk/nf-fwpsk-fwpsinjectionhandlecreate0 */
NTSTATUS NTAPI FwpsInjectionHandleCreate0(ADDRESS_FAMILY addressFamily, UINT32 flags, HANDLE *injectionHandle)
{
    const uint32_t all = FWPS_INJECTION_TYPE_STREAM | FWPS_INJECTION_TYPE_TRANSPORT | FWPS_INJECTION_TYPE_NETWORK |
                         FWPS_INJECTION_TYPE_FORWARD | FWPS_INJECTION_TYPE_L2 | FWPS_INJECTION_TYPE_VSWITCH_TRANSPORT;

    if (!injectionHandle)
        return STATUS_FWP_NULL_POINTER;
    if ((flags & ~all) || (addressFamily != AF_UNSPEC && addressFamily != AF_INET && addressFamily != AF_INET6))
        return STATUS_INVALID_PARAMETER;
    if (!injections.open)
        return STATUS_FWP_TCPIP_NOT_READY;
    struct fwp_injector *injector = calloc(1, sizeof *injector);
    if (!injector)
        return STATUS_NO_MEMORY;
    injector->family = addressFamily;
    injector->caller = PE_CALLER().rip;
    injector->types = flags ? flags : FWPS_INJECTION_TYPE_TRANSPORT | FWPS_INJECTION_TYPE_STREAM | FWPS_INJECTION_TYPE_FORWARD;
    KeInitializeEvent(&injector->drained, NotificationEvent, TRUE);
    list_push_back(&injections.injectors, &injector->node);
    *injectionHandle = injector;
    return STATUS_SUCCESS;
}

/* Waits until every injection of the handle has completed, and ends it. PASSIVE_LEVEL. STATUS_INVALID_HANDLE.
 * docs: fwpsk/nf-fwpsk-fwpsinjectionhandledestroy0 */
NTSTATUS NTAPI FwpsInjectionHandleDestroy0(HANDLE injectionHandle)
{
    struct fwp_injector *injector = fwp_injector_of(injectionHandle);

    if (!injector)
        return STATUS_INVALID_HANDLE;
    injector->closing = true;
    KeWaitForSingleObject(&injector->drained, Executive, KernelMode, FALSE, NULL);
    list_remove(&injector->node);
    free(injector);
    return STATUS_SUCCESS;
}

/* How the packet came to where it is classified: not injected, by this handle, by another, or by this handle before another.
 * injectionContext, optional, gets what this handle's injection was given. IRQL <= DISPATCH_LEVEL.
 * docs: fwpsk/nf-fwpsk-fwpsquerypacketinjectionstate0 */
FWPS_PACKET_INJECTION_STATE NTAPI FwpsQueryPacketInjectionState0(HANDLE injectionHandle, const NET_BUFFER_LIST *netBufferList,
                                                                 HANDLE *injectionContext)
{
    const struct fwp_packet *packet = fwp_packet_of(netBufferList);

    if (!packet || !packet->tag_count)
        return FWPS_PACKET_NOT_INJECTED;
    for (unsigned n = 0; n < packet->tag_count; n++) {
        if (packet->tags[n].injector != injectionHandle)
            continue;
        if (injectionContext)
            *injectionContext = packet->tags[n].context;
        return n == 0 ? FWPS_PACKET_INJECTED_BY_SELF : FWPS_PACKET_PREVIOUSLY_INJECTED_BY_SELF;
    }
    return FWPS_PACKET_INJECTED_BY_OTHER;
}

/* What IPsec (which ring3 does not have) and the platform know of a list. IRQL <= DISPATCH_LEVEL. STATUS_FWP_NULL_POINTER,
 * STATUS_INVALID_PARAMETER. docs: fwpsk/nf-fwpsk-fwpsgetpacketlistsecurityinformation0 */
NTSTATUS NTAPI FwpsGetPacketListSecurityInformation0(NET_BUFFER_LIST *packetList, UINT32 queryFlags,
                                                     FWPS_PACKET_LIST_INFORMATION0 *packetInformation)
{
    const struct fwp_packet *packet = fwp_packet_of(packetList);
    uint32_t direction = queryFlags & (FWPS_PACKET_LIST_INFORMATION_QUERY_INBOUND | FWPS_PACKET_LIST_INFORMATION_QUERY_OUTBOUND);

    if (!packetList || !packetInformation)
        return STATUS_FWP_NULL_POINTER;
    if ((queryFlags & FWPS_PACKET_LIST_INFORMATION_QUERY_IPSEC) && (!direction || (direction & (direction - 1))))
        return STATUS_INVALID_PARAMETER;
    memset(packetInformation, 0, sizeof *packetInformation);
    if (queryFlags & FWPS_PACKET_LIST_INFORMATION_QUERY_FWP)
        packetInformation->fwpInformation.isReinjected = packet && packet->tag_count;
    return STATUS_SUCCESS;
}

/* A packet that its own injector swallows and injects again and again never arrives. */
static void count_hops(struct fwp_injector *injector, struct fwp_injection *injection)
{
    static const char *const kinds[] = { "network send", "network receive", "transport send", "transport receive", "forward", "MAC send",
                                         "MAC receive" };
    const struct fwp_packet *packet = fwp_packet_of(injection->nbl);
    bool own = packet && packet->tag_count && packet->tags[0].injector == injector;

    injection->hops = own ? packet->hops + 1 : 1;
    if (unlikely(injection->hops >= LOOP) && !injector->told) {
        injector->told = true;
        FWP_EMIT(FWP_EVENT_LOOP, kinds[injection->kind], injector, injection->hops, injection->caller);
    }
}

static bool was_freed(const NET_BUFFER_LIST *nbl)
{
    const struct fwp_packet *packet = nbl->ParentNetBufferList ? NULL : fwp_packet_of(nbl);

    return packet ? !packet->references : container_of(nbl, const struct nbl_cell, nbl)->trace.holder == LEDGER_FREE;
}

NTSTATUS fwp_inject(HANDLE handle, uint32_t type, void *context, struct fwp_injection *injection)
{
    struct fwp_injector *injector = fwp_injector_of(handle);
    NTSTATUS status = fwp_injector_ready(injector, type);

    if (!injection->nbl || !injection->completion)
        return STATUS_FWP_NULL_POINTER;
    if (!NT_SUCCESS(status))
        return status;
    if (!injection->nbl->FirstNetBuffer)
        return STATUS_INVALID_PARAMETER;
    if (unlikely(was_freed(injection->nbl))) {
        FWP_EMIT(FWP_EVENT_STALE, "a list is injected after it was freed", injection->nbl, 0, injection->caller);
        return STATUS_INVALID_PARAMETER;
    }
    count_hops(injector, injection);
    injection->injector = injector;
    injection->tag_count = fwp_injection_tags(injector, context, injection->nbl, injection->tags);
    return queue(injection);
}

void fwp_injections_open(void)
{
    memset(&injections, 0, sizeof injections);
    list_init(&injections.injectors);
    injections.last = &injections.first;
    KeInitializeDpc(&injections.dpc, run, NULL);
    injections.open = true;
}

/* Drivers are gone: what they left is forgotten. */
void fwp_injections_close(void)
{
    struct list *node;

    if (!injections.open)
        return;
    KeRemoveQueueDpc(&injections.dpc);
    while ((node = list_pop_front(&injections.injectors)))
        free(container_of(node, struct fwp_injector, node));
    *injections.last = injections.free;
    while (injections.first) {
        struct fwp_injection *next = injections.first->next;
        free(injections.first);
        injections.first = next;
    }
    memset(&injections, 0, sizeof injections);
}
