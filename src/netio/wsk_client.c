/* Clients: the provider's side of an attachment through the Network Module Registrar.
 *
 * | client            | leaves on                                                                               |
 * |-------------------|-----------------------------------------------------------------------------------------|
 * | attached          | ProviderDetachClient: detaching; its WSK_TRANSPORT_LIST_CHANGE requests are cancelled    |
 * | detaching         | no socket, request or call is left: NmrProviderDetachClientComplete                      |
 * | detached          | ProviderCleanupBindingContext frees it                                                   |
 *
 * docs: network/attaching-the-wsk-client-to-the-wsk-subsystem, network/unregistering-and-unloading-the-wsk-client */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "netio/wsk.h"
#include "netio/wsk_control.h"
#include "netio/wsk_internal.h"
#include "netio/wsk_names.h"
#include "netio/wsk_registration.h"
#include "nt/pool.h"
#include "tcpip/stack.h"

#define TAG WSK_TAG('W', 's', 'k', 'c')
#define VERSION MAKE_WSK_VERSION(1, 0)

struct list wsk_clients = LIST_INIT(wsk_clients);
static HANDLE provider;

static void client_run(struct tcpip_work *work)
{
    struct wsk_client *client = container_of(work, struct wsk_client, work);
    HANDLE binding = NULL;

    while (wsk_requests_complete(&client->done, &client->busy))
        ;
    tcpip_enter();
    if (client->detaching && !client->detached && client->busy == 0 && list_empty(&client->sockets)) {
        client->detached = true;
        binding = client->binding;
    }
    tcpip_leave();
    if (binding != NULL)
        NmrProviderDetachClientComplete(binding);
}

static NTSTATUS NTAPI attach_client(HANDLE binding, PVOID context, PNPI_REGISTRATION_INSTANCE instance, PVOID client_context,
                                    const VOID *client_dispatch, PVOID *provider_context, const VOID **provider_dispatch)
{
    const WSK_CLIENT_DISPATCH *dispatch = client_dispatch;
    struct wsk_client *client;

    if (WSK_MAJOR_VERSION(dispatch->Version) != WSK_MAJOR_VERSION(VERSION) ||
        WSK_MINOR_VERSION(dispatch->Version) > WSK_MINOR_VERSION(VERSION))
        return STATUS_NOINTERFACE;
    client = pool_alloc(NonPagedPoolNx, sizeof *client, TAG, NULL);
    if (client == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    memset(client, 0, sizeof *client);
    client->magic = WSK_CLIENT_MAGIC;
    client->binding = binding;
    client->context = client_context;
    client->dispatch = dispatch;
    client->work.run = client_run;
    list_init(&client->sockets);
    list_init(&client->changes);
    list_init(&client->names);
    list_init(&client->descriptors);
    list_init(&client->done);
    list_push_back(&wsk_clients, &client->node);
    *provider_context = client;
    *provider_dispatch = &wsk_provider_dispatch;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI detach_client(PVOID context)
{
    struct wsk_client *client = context;
    NTSTATUS status = STATUS_PENDING;

    tcpip_enter();
    client->detaching = true;
    wsk_requests_fail(&client->changes, STATUS_CANCELLED);
    wsk_names_end(client);
    if (client->busy == 0 && list_empty(&client->sockets)) {
        client->detached = true;
        status = STATUS_SUCCESS;
    }
    tcpip_leave();
    return status;
}

static VOID NTAPI cleanup_client(PVOID context)
{
    struct wsk_client *client = context;

    tcpip_enter();
    tcpip_undefer(&client->work);
    tcpip_leave();
    wsk_sockets_forget(client);
    wsk_descriptors_free(client);
    list_remove(&client->node);
    client->magic = 0;
    pool_free(client, TAG, NULL);
}

/* --- the provider ------------------------------------------------------------------------------------------- */

static const WSK_PROVIDER_CHARACTERISTICS characteristics = { .HighestVersion = VERSION, .LowestVersion = VERSION };
static const NPI_MODULEID module_id = {
    .Length = sizeof module_id,
    .Type = MIT_GUID,
    .Guid = { 0x91cc8e35, 0x7f0a, 0x4d5e, { 0x8b, 0x1d, 0x52, 0x49, 0x4e, 0x47, 0x33, 0x01 } },
};
static const NPI_PROVIDER_CHARACTERISTICS provider_characteristics = {
    .Length = sizeof provider_characteristics,
    .ProviderAttachClient = attach_client,
    .ProviderDetachClient = detach_client,
    .ProviderCleanupBindingContext = cleanup_client,
    .ProviderRegistrationInstance = {
        .Size = sizeof(NPI_REGISTRATION_INSTANCE),
        .NpiId = &NPI_WSK_INTERFACE_ID,
        .ModuleId = &module_id,
        .NpiSpecificCharacteristics = &characteristics,
    },
};

bool wsk_open(void)
{
    NTSTATUS status;

    list_init(&wsk_clients);
    provider = NULL;
    if (!stack_is_open())
        return true;                    /* no TCP/IP, no sockets: clients wait */
    status = NmrRegisterProvider(&provider_characteristics, NULL, &provider);
    if (!NT_SUCCESS(status))
        return error_set("Winsock Kernel does not register: status 0x%08x", (unsigned)status);
    wsk_lists_open();
    return true;
}

static void abandon_sockets(struct wsk_client *client, uint64_t base, uint64_t size)
{
    list_each_safe(node, &client->sockets) {
        struct wsk_socket *s = container_of(node, struct wsk_socket, node);

        if (size == 0 || s->made_by - base < size)
            wsk_socket_abandon(s);
    }
    wsk_names_abandon(client, base, size);
    if (list_empty(&client->sockets)) {
        client->busy = 0;
        tcpip_defer(&client->work);
    }
}

/* Clients that are still there belong to drivers that could not be unloaded: nobody of them is called any more. */
void wsk_close(void)
{
    if (provider == NULL)
        return;
    wsk_lists_close();
    tcpip_enter();
    list_each(node, &wsk_clients)
        abandon_sockets(container_of(node, struct wsk_client, node), 0, 0);
    tcpip_leave();
    if (list_empty(&wsk_clients) && NmrDeregisterProvider(provider) == STATUS_PENDING)
        NmrWaitForProviderDeregisterComplete(provider);
    while (!list_empty(&wsk_clients))
        cleanup_client(list_first(&wsk_clients, struct wsk_client, node));
    provider = NULL;
    wsk_registrations_free();
    wsk_sockets_forget(NULL);
    wsk_requests_close();
    wsk_indications_close();
}

/* --- drivers that go ---------------------------------------------------------------------------------------- */

static const char *const category_names[] = {
    [WSK_BASIC] = "an open basic socket",           [WSK_LISTEN] = "an open listening socket",
    [WSK_CONNECTION] = "an open connection-oriented socket", [WSK_DATAGRAM] = "an open datagram socket",
    [WSK_STREAM] = "an open stream socket",
};

static bool from_image(const struct wsk_socket *s, uint64_t base, uint64_t size)
{
    return size == 0 || s->made_by - base < size;
}

void wsk_leaks_walk(uint64_t base, uint64_t size, void (*visit)(void *context, const struct netio_leak *leak), void *context)
{
    list_each(client_node, &wsk_clients) {
        struct wsk_client *client = container_of(client_node, struct wsk_client, node);

        list_each(node, &client->sockets) {
            struct wsk_socket *s = container_of(node, struct wsk_socket, node);
            struct netio_leak leak = { category_names[s->category], "WskCloseSocket was not called", 0, &s->made_by, 1 };

            if (from_image(s, base, size))
                visit(context, &leak);
        }
        wsk_names_walk(client, base, size, visit, context);
    }
    wsk_registrations_walk(base, size, visit, context);
}

bool wsk_driver_has_left(uint64_t base, uint64_t size)
{
    list_each(client_node, &wsk_clients)
        list_each(node, &container_of(client_node, struct wsk_client, node)->sockets)
            if (from_image(container_of(node, struct wsk_socket, node), base, size))
                return true;
    return wsk_registrations_left(base, size);
}

void wsk_driver_gone(uint64_t base, uint64_t size)
{
    tcpip_enter();
    list_each(node, &wsk_clients)
        abandon_sockets(container_of(node, struct wsk_client, node), base, size);
    tcpip_leave();
    wsk_registrations_end(base, size);
}
