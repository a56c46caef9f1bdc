/* The stack's endpoints as the filter engine enumerates them. */
#include <string.h>

#include "tcpip/datagram_internal.h"
#include "tcpip/tcp_internal.h"

/* An IPv4 address that a dual-mode socket tells as IPv6 is IPv4 to the layers. */
static struct ip_address bare(const struct tcpip_address *a, uint8_t family)
{
    static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
    struct ip_address ip = { .family = a->family ? a->family : family };

    if (a->family == 6 && memcmp(a->bytes, mapped, sizeof mapped) == 0) {
        ip.family = 4;
        memcpy(ip.bytes, a->bytes + 12, 4);
    } else if (a->family) {
        memcpy(ip.bytes, a->bytes, a->family == 6 ? 16 : 4);
    }
    return ip;
}

static struct wfp_endpoint_view view_of(struct wfp_endpoint *e, uint8_t protocol, const struct tcpip_address *local,
                                        const struct tcpip_address *remote)
{
    struct wfp_endpoint_view view = {
        .id = wfp_endpoint_id(e), .protocol = protocol, .local = bare(local, 4), .local_port = local->port, .remote_port = remote->port,
    };

    view.remote = bare(remote, view.local.family);
    return view;
}

void wfp_endpoint_header(uint64_t endpoint, bool multicast, uint8_t *hops, uint8_t *class)
{
    *hops = multicast ? 1 : 128;
    *class = 0;
    if (!endpoint)
        return;
    if ((uint8_t)endpoint == IP_PROTO_TCP) {
        list_each(node, tcp_list()) {
            struct tcpip_tcp *tcp = container_of(node, struct tcpip_tcp, node);
            if (tcp->wfp.id == endpoint && tcp->pcb) {
                *hops = tcp->pcb->ttl;
                *class = tcp->pcb->tos;
                return;
            }
        }
    }
    list_each(node, datagram_list()) {
        struct tcpip_datagram *d = container_of(node, struct tcpip_datagram, node);
        if (d->wfp.id == endpoint) {
            *hops = multicast ? d->options.multicast_ttl : d->options.ttl;
            *class = d->options.tos;
            return;
        }
    }
}

void wfp_each_endpoint(void (*visit)(void *context, const struct wfp_endpoint_view *view), void *context)
{
    stack_enter();
    list_each(node, tcp_list()) {
        struct tcpip_tcp *tcp = container_of(node, struct tcpip_tcp, node);
        struct tcpip_tcp_info info;

        tcpip_tcp_query(tcp, &info);
        if (tcp->dead || tcp->failed || !info.local.family || !info.local.port)
            continue;
        struct wfp_endpoint_view view = view_of(&tcp->wfp, IP_PROTO_TCP, &info.local, &info.remote);
        visit(context, &view);
    }
    list_each(node, datagram_list()) {
        struct tcpip_datagram *d = container_of(node, struct tcpip_datagram, node);

        if (d->dead || !d->local.family)
            continue;
        struct wfp_endpoint_view view = view_of(&d->wfp, d->protocol, &d->local, &d->remote);
        visit(context, &view);
    }
    stack_leave();
}
