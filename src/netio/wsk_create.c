/* WskSocket and WskSocketConnect. docs: network/creating-sockets, network/winsock-kernel-socket-categories */
#include <assert.h>

#include "netio/wsk_control.h"
#include "netio/wsk_internal.h"
#include "pe/pe.h"
#include "nt/ke.h"
#include "nt/ram.h"

struct wsk_client *wsk_begin_client(PWSK_CLIENT handle, PIRP *irp, const char *function, void *frame)
{
    struct wsk_client *client = handle;
    bool good = ((uintptr_t)client & 15) == 0 && ram_contains(client) && client->magic == WSK_CLIENT_MAGIC;

    if (unlikely(ke_attention))
        ke_export_hook();
    tcpip_enter();
    if (*irp != NULL && !wsk_irp_take(*irp, function, frame))
        *irp = NULL;
    if (good && client->captured != NULL && *client->captured == 0)
        NETIO_EMIT(NETIO_EVENT_MISUSE, "a function of the provider is called after WskReleaseProviderNPI", handle, function, frame);
    if (good)
        return client;
    NETIO_EMIT(NETIO_EVENT_MISUSE, "a Winsock Kernel function is called with something that is not a client", handle, function,
               frame);
    return NULL;
}

/* docs: network/ws2def-h and the pages of AF_INET and AF_INET6: TCP, UDP and raw sockets of both families. */
static NTSTATUS check_transport(ADDRESS_FAMILY family, USHORT type, ULONG protocol)
{
    if (family != AF_INET && family != AF_INET6)
        return STATUS_NOT_SUPPORTED;
    switch (type) {
    case SOCK_STREAM:
        return protocol == IPPROTO_TCP ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED;
    case SOCK_DGRAM:
        return protocol == IPPROTO_UDP ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED;
    case SOCK_RAW:
        return protocol < IPPROTO_MAX && protocol != IPPROTO_TCP && protocol != IPPROTO_UDP ? STATUS_SUCCESS
                                                                                              : STATUS_NOT_SUPPORTED;
    default:
        return STATUS_NOT_SUPPORTED;
    }
}

static NTSTATUS find_category(ULONG flags, USHORT type, enum wsk_category *category)
{
    switch (flags) {
    case WSK_FLAG_BASIC_SOCKET:
        *category = WSK_BASIC;
        return STATUS_SUCCESS;
    case WSK_FLAG_LISTEN_SOCKET:
        *category = WSK_LISTEN;
        break;
    case WSK_FLAG_CONNECTION_SOCKET:
        *category = WSK_CONNECTION;
        break;
    case WSK_FLAG_STREAM_SOCKET:
        *category = WSK_STREAM;
        break;
    case WSK_FLAG_DATAGRAM_SOCKET:
        *category = WSK_DATAGRAM;
        return type == SOCK_STREAM ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
    default:
        return STATUS_INVALID_PARAMETER;
    }
    return type == SOCK_STREAM ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

static ULONG events_of(enum wsk_category category)
{
    switch (category) {
    case WSK_LISTEN:
        return WSK_EVENT_ACCEPT;
    case WSK_CONNECTION:
        return WSK_STREAM_EVENTS;
    case WSK_DATAGRAM:
        return WSK_EVENT_RECEIVE_FROM;
    case WSK_STREAM:
        return WSK_EVENT_ACCEPT | WSK_STREAM_EVENTS;
    default:
        return 0;
    }
}

static NTSTATUS create(struct wsk_client *client, ADDRESS_FAMILY family, USHORT type, ULONG protocol, ULONG flags, PVOID context,
                       const VOID *dispatch, PSECURITY_DESCRIPTOR descriptor, const void *caller, struct wsk_socket **socket)
{
    enum wsk_category category;
    struct wsk_socket *s;
    NTSTATUS status = check_transport(family, type, protocol);

    if (NT_SUCCESS(status))
        status = find_category(flags, type, &category);
    if (NT_SUCCESS(status) && descriptor != NULL && wsk_descriptor_find(client, descriptor) == NULL)
        status = STATUS_INVALID_PARAMETER;
    if (!NT_SUCCESS(status))
        return status;
    if (client->detached)
        return STATUS_DEVICE_NOT_READY;
    s = wsk_socket_new(client, category, family, type, protocol, caller);
    if (s == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    s->context = context;
    s->options.security = descriptor;
    wsk_socket_set_events(s, dispatch);
    s->static_events = client->static_events & events_of(category);
    s->events = s->static_events;
    *socket = s;
    return STATUS_SUCCESS;
}

/* Makes a socket; IoStatus.Information becomes it. The category is one WSK_FLAG_*_SOCKET. IRQL <= DISPATCH_LEVEL.
 * STATUS_NOT_SUPPORTED: no such transport; STATUS_INVALID_PARAMETER: a category that the type does not have, a security
 * descriptor that is not cached; STATUS_INSUFFICIENT_RESOURCES. All owners are the same user.
 * docs: wsk/nc-wsk-pfn_wsk_socket */
NTSTATUS NTAPI wsk_do_socket(PWSK_CLIENT handle, ADDRESS_FAMILY family, USHORT type, ULONG protocol, ULONG flags, PVOID context,
                             const VOID *dispatch, PEPROCESS process, PETHREAD thread, PSECURITY_DESCRIPTOR descriptor, PIRP irp)
{
    struct wsk_client *client = wsk_begin_client(handle, &irp, "WskSocket", __builtin_frame_address(0));
    struct wsk_socket *s = NULL;
    NTSTATUS status;

    if (client == NULL || irp == NULL)
        return wsk_end(irp, STATUS_INVALID_PARAMETER, 0);
    status = create(client, family, type, protocol, flags, context, dispatch, descriptor, pe_true_caller(__builtin_return_address(0)), &s);
    return wsk_end(irp, status, (ULONG_PTR)s);
}

/* A connection-oriented socket, bound and connected in one. The family is LocalAddress's. Fails like the three functions,
 * and then leaves no socket. docs: wsk/nc-wsk-pfn_wsk_socket_connect */
NTSTATUS NTAPI wsk_do_socket_connect(PWSK_CLIENT handle, USHORT type, ULONG protocol, PSOCKADDR local, PSOCKADDR remote,
                                     ULONG flags, PVOID context, const WSK_CLIENT_CONNECTION_DISPATCH *dispatch,
                                     PEPROCESS process, PETHREAD thread, PSECURITY_DESCRIPTOR descriptor, PIRP irp)
{
    struct wsk_client *client = wsk_begin_client(handle, &irp, "WskSocketConnect", __builtin_frame_address(0));
    struct wsk_request *request;
    struct wsk_socket *s;
    NTSTATUS status;

    if (client == NULL || irp == NULL || flags != 0 || local == NULL || remote == NULL)
        return wsk_end(irp, STATUS_INVALID_PARAMETER, 0);
    status = create(client, local->sa_family, type, protocol, WSK_FLAG_CONNECTION_SOCKET, context, dispatch, descriptor,
                    __builtin_return_address(0), &s);
    if (!NT_SUCCESS(status))
        return wsk_end(irp, status, 0);
    s->unowned = true;
    status = wsk_bind_socket(s, local);
    if (NT_SUCCESS(status)) {
        request = wsk_request_new(WSK_DO_SOCKET_CONNECT, s, irp);
        status = request != NULL ? wsk_start_connecting(s, remote, request) : STATUS_INSUFFICIENT_RESOURCES;
    }
    if (!NT_SUCCESS(status))
        wsk_socket_discard(s);
    return wsk_end(irp, status, 0);
}
