/* Lists that change: the addresses of this computer (SIO_ADDRESS_LIST_*), and the transports (WSK_TRANSPORT_LIST_*).
 * docs: network/sio-address-list-query, network/sio-address-list-change, network/wsk-transport-list-query */
#include <string.h>

#include "netio/wsk_control.h"
#include "netio/wsk_internal.h"
#include "nt/ke.h"
#include "tcpip/ip.h"

#define MAX_ADDRESSES 64

/* --- addresses -------------------------------------------------------------------------------------------------------- */

static bool is_usable(const struct ip_unicast *row)
{
    struct tcpip_interface_info info;
    unsigned number = tcpip_interface_of_index(row->index);

    return row->state >= IP_DAD_DEPRECATED && !ip_address_is_loopback(&row->address) && number != 0 &&
           tcpip_query_interface(number - 1, &info) && info.bound && info.link_up;
}

static unsigned collect(const struct wsk_socket *s, struct tcpip_address found[MAX_ADDRESSES])
{
    struct ip_unicast rows[MAX_ADDRESSES];
    size_t total = ip_list_unicast(s->family == AF_INET ? 4 : 6, rows, MAX_ADDRESSES);
    unsigned count = 0;

    for (size_t i = 0; i < total && i < MAX_ADDRESSES; i++) {
        const struct ip_address *address = &rows[i].address;

        if (!is_usable(&rows[i]))
            continue;
        found[count] = (struct tcpip_address){ .family = address->family };
        memcpy(found[count].bytes, address->bytes, sizeof address->bytes);
        if (ip_address_is_link_local(address) && address->family == 6)
            found[count].zone = (uint8_t)tcpip_interface_of_index(rows[i].index);
        count++;
    }
    return count;
}

/* Tells two lists apart. */
static uint32_t fingerprint(const struct wsk_socket *s)
{
    struct tcpip_address found[MAX_ADDRESSES];
    unsigned count = collect(s, found);
    uint32_t sum = count;

    for (unsigned i = 0; i < count; i++)
        for (unsigned b = 0; b < sizeof found[i].bytes; b++)
            sum = (sum ^ found[i].bytes[b]) * 16777619u;
    return sum;
}

/* A SOCKET_ADDRESS_LIST, and behind it the addresses it points to. */
static NTSTATUS query_addresses(struct wsk_socket *s, struct wsk_control *control)
{
    struct tcpip_address found[MAX_ADDRESSES];
    unsigned count = collect(s, found);
    size_t each = wsk_address_size(s->family), head = SIZEOF_SOCKET_ADDRESS_LIST(count);
    SOCKET_ADDRESS_LIST *list = control->output;

    if (head < sizeof(SOCKET_ADDRESS_LIST))
        head = sizeof(SOCKET_ADDRESS_LIST);
    control->written = head + count * each;
    if (control->output_size < control->written)
        return STATUS_BUFFER_OVERFLOW;
    list->iAddressCount = (INT)count;
    for (unsigned i = 0; i < count; i++) {
        SOCKADDR *to = (SOCKADDR *)(void *)((uint8_t *)list + head + i * each);

        found[i].port = 0;
        wsk_address_out(s->family, &found[i], to);
        list->Address[i].lpSockaddr = to;
        list->Address[i].iSockaddrLength = (INT)each;
    }
    return STATUS_SUCCESS;
}

/* Destinations: those of the narrowest scope first, as RFC 6724's rule 8 has it. */
static unsigned rank(const SOCKET_ADDRESS *address)
{
    const SOCKADDR_IN6 *v6 = (const SOCKADDR_IN6 *)(const void *)address->lpSockaddr;
    const uint8_t *b = (const uint8_t *)&v6->sin6_addr;

    if (address->lpSockaddr->sa_family != AF_INET6)
        return 2;
    return b[0] == 0xfe && (b[1] & 0xc0) == 0x80 ? 0 : 1;
}

static NTSTATUS sort_addresses(struct wsk_socket *s, struct wsk_control *control)
{
    SOCKET_ADDRESS_LIST *list = control->output;

    if (control->input_size < sizeof *list || control->output_size < control->input_size)
        return STATUS_INVALID_PARAMETER;
    memmove(control->output, control->input, control->input_size);
    if (list->iAddressCount < 0 || SIZEOF_SOCKET_ADDRESS_LIST((SIZE_T)list->iAddressCount) > control->input_size)
        return STATUS_INVALID_PARAMETER;
    for (INT i = 1; i < list->iAddressCount; i++)
        for (INT j = i; j > 0 && rank(&list->Address[j]) < rank(&list->Address[j - 1]); j--) {
            SOCKET_ADDRESS swap = list->Address[j];

            list->Address[j] = list->Address[j - 1];
            list->Address[j - 1] = swap;
        }
    control->written = control->input_size;
    return STATUS_SUCCESS;
}

NTSTATUS wsk_address_list(struct wsk_socket *s, struct wsk_control *control)
{
    struct wsk_request *request;

    if (control->code == SIO_ADDRESS_LIST_QUERY)
        return query_addresses(s, control);
    if (control->code == SIO_ADDRESS_LIST_SORT)
        return sort_addresses(s, control);
    request = wsk_request_new(WSK_DO_ADDRESS_CHANGE, s, control->irp);
    if (request == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    request->flags = fingerprint(s);
    return wsk_request_pend(request, &s->changes);
}

static void look_again(struct wsk_socket *s)
{
    list_each_safe(node, &s->changes) {
        struct wsk_request *request = container_of(node, struct wsk_request, node);

        if (request->flags != fingerprint(s))
            wsk_request_done(request, STATUS_SUCCESS, 0);
    }
}

/* The stack is entered: nobody is called here. */
static void on_change(struct tcpip_watch *watch)
{
    list_each(client_node, &wsk_clients) {
        struct wsk_client *client = container_of(client_node, struct wsk_client, node);

        list_each(node, &client->sockets)
            look_again(container_of(node, struct wsk_socket, node));
    }
}

static struct tcpip_watch watch = { .changed = on_change };

void wsk_lists_open(void)
{
    tcpip_watch(&watch);
}

void wsk_lists_close(void)
{
    tcpip_unwatch(&watch);
}

/* --- transports -------------------------------------------------------------------------------------------------------- */

#define TCPIP_PROVIDER { 0x91cc8e35, 0x7f0a, 0x4d5e, { 0x8b, 0x1d, 0x52, 0x49, 0x4e, 0x47, 0x33, 0x10 } }
#define TRANSPORT(family, type, protocol) { 0, type, protocol, family, TCPIP_PROVIDER }

static const WSK_TRANSPORT transports[] = {
    TRANSPORT(AF_INET, SOCK_STREAM, IPPROTO_TCP),  TRANSPORT(AF_INET6, SOCK_STREAM, IPPROTO_TCP),
    TRANSPORT(AF_INET, SOCK_DGRAM, IPPROTO_UDP),   TRANSPORT(AF_INET6, SOCK_DGRAM, IPPROTO_UDP),
    TRANSPORT(AF_INET, SOCK_RAW, IPPROTO_IP),      TRANSPORT(AF_INET6, SOCK_RAW, IPPROTO_IP),
};

NTSTATUS wsk_transport_list(PVOID output, SIZE_T output_size, SIZE_T *returned)
{
    *returned = sizeof transports;
    if (output_size < sizeof transports)
        return STATUS_BUFFER_OVERFLOW;
    memcpy(output, transports, sizeof transports);
    return STATUS_SUCCESS;
}
