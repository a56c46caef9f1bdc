/* The seam between the drivers' lists and the stack: copies of packets for callouts, and packets that callouts put back. */
#include <string.h>

#include "fwp/injection.h"
#include "fwp/packet.h"
#include "fwp/pending.h"
#include "fwp/redirect.h"
#include "ndis/nbl_pool.h"
#include "tcpip/stack.h"
#include "tcpip/wfp_endpoint.h"
#include "tcpip/wfp_frames.h"
#include "tcpip/wfp_stream.h"
#include "tcpip/wfp_stream_lists.h"

static const struct wfp_injected *injecting;

const struct wfp_injected *wfp_injecting(void)
{
    return injecting;
}

struct fwp_packet *wfp_packet_take(size_t size, uint8_t **bytes)
{
    struct fwp_packet *packet = fwp_packet_take(size);

    if (!packet)
        return NULL;
    if (injecting) {
        packet->tag_count = injecting->tag_count;
        packet->hops = injecting->hops;
        memcpy(packet->tags, injecting->tags, injecting->tag_count * sizeof *packet->tags);
    }
    *bytes = packet->bytes;
    return packet;
}

void *wfp_packet_list(struct fwp_packet *packet, uint32_t start, uint32_t length)
{
    fwp_packet_show(packet, start, length);
    return packet->nbl;
}

void wfp_packet_release(struct fwp_packet *packet)
{
    fwp_packet_release(packet);
}

/* --- back into the stack ----------------------------------------------------------------------------------------------------- */

static NTSTATUS put_back(const struct wfp_injected *what, const NET_BUFFER *nb)
{
    uint8_t *bytes;
    struct pbuf *p = wfp_injection_room(nb->DataLength, &bytes);

    if (!p)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (!nb_copy_out(nb, 0, bytes, nb->DataLength))
        memset(bytes, 0, nb->DataLength);
    injecting = what;
    NTSTATUS status = wfp_put_back(what, p);
    injecting = NULL;
    return status;
}

/* One object of a driver's control information; what says nothing about an IP header is passed over. */
static void choose(struct wfp_injected *what, const WSACMSGHDR *object, size_t size)
{
    const void *data = WSA_CMSG_DATA((WSACMSGHDR *)(uintptr_t)object);
    struct wfp_header_choice *c = &what->choice;
    bool v6 = object->cmsg_level == IPPROTO_IPV6;
    INT number = 0;

    if (object->cmsg_type == IP_PKTINFO && size >= (v6 ? sizeof(IN6_PKTINFO) : sizeof(IN_PKTINFO))) {
        static const uint8_t none[16];
        ULONG index = v6 ? ((const IN6_PKTINFO *)data)->ipi6_ifindex : ((const IN_PKTINFO *)data)->ipi_ifindex;

        memcpy(c->source, data, v6 ? 16 : 4);
        c->has_source = memcmp(c->source, none, sizeof none) != 0;
        what->interface = index ? index : what->interface;
        return;
    }
    if (size < sizeof number)
        return;
    memcpy(&number, data, sizeof number);
    if (object->cmsg_type == IP_HOPLIMIT || (!v6 && object->cmsg_type == IP_TTL)) {
        c->has_hops = true;
        c->hops = (uint8_t)number;
    } else if (object->cmsg_type == (v6 ? IPV6_TCLASS : IP_TOS)) {
        c->has_class = true;
        c->class = (uint8_t)number;
    } else if (object->cmsg_type == IP_ECN) {
        c->has_ecn = true;
        c->ecn = (uint8_t)number & 3;
    }
}

static NTSTATUS read_control(struct wfp_injected *what, const WSACMSGHDR *control, size_t size)
{
    const uint8_t *at = (const uint8_t *)control;

    while (at && size >= sizeof(WSACMSGHDR)) {
        const WSACMSGHDR *object = (const WSACMSGHDR *)(const void *)at;
        size_t step = WSA_CMSGHDR_ALIGN(object->cmsg_len);

        if (object->cmsg_len < WSA_CMSG_LEN(0) || object->cmsg_len > size)
            return STATUS_INVALID_PARAMETER;
        if (object->cmsg_level == (what->family == 6 ? IPPROTO_IPV6 : IPPROTO_IP))
            choose(what, object, object->cmsg_len - WSA_CMSG_LEN(0));
        if (step >= size)
            break;
        at += step;
        size -= step;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS inject(const struct fwp_injection *injection)
{
    static const uint8_t kinds[] = {
        [FWP_INJECT_NETWORK_SEND] = WFP_NETWORK_SEND, [FWP_INJECT_NETWORK_RECEIVE] = WFP_NETWORK_RECEIVE,
        [FWP_INJECT_TRANSPORT_SEND] = WFP_TRANSPORT_SEND, [FWP_INJECT_TRANSPORT_RECEIVE] = WFP_TRANSPORT_RECEIVE,
        [FWP_INJECT_FORWARD] = WFP_FORWARD,
    };
    struct wfp_injected what = {
        .family = injection->family == AF_INET ? 4 : injection->family == AF_INET6 ? 6 : 0, .interface = injection->interface,
        .has_remote = injection->has_remote, .endpoint = injection->endpoint, .hops = injection->hops, .tag_count = injection->tag_count,
        .tags = injection->tags,
    };
    NTSTATUS status = STATUS_SUCCESS;

    if (injection->kind >= FWP_INJECT_MAC_SEND)
        return wfp_frames_inject(injection);
    what.kind = kinds[injection->kind];
    memcpy(what.remote, injection->remote, sizeof what.remote);
    if (what.has_remote && what.family == 6 && injection->scope)
        what.interface = injection->scope;
    status = read_control(&what, injection->control, injection->control_size);
    stack_enter();
    for (const NET_BUFFER *nb = injection->nbl->FirstNetBuffer; nb && NT_SUCCESS(status); nb = nb->Next)
        status = put_back(&what, nb);
    stack_leave();
    return status;
}

/* --- life -------------------------------------------------------------------------------------------------------------------- */

bool wfp_open(void)
{
    static const struct fwp_network network = {
        .inject = inject, .inject_stream = wfp_stream_inject, .stream_continue = wfp_stream_continue,
        .stream_look_again = wfp_stream_look_again, .endpoints = wfp_endpoints, .stream_queues = wfp_stream_queues,
    };

    if (!fwp_packets_open())
        return false;
    fwp_injections_open();
    fwp_pending_open();
    fwp_redirect_open();
    wfp_tcp_open();
    fwp_set_network(&network);
    return wfp_frames_open() && wfp_ale_open() && wfp_stream_open();
}

void wfp_close(void)
{
    fwp_set_network(NULL);
    wfp_frames_close();
    wfp_ale_close();
    wfp_tcp_close();
    wfp_stream_close();
    fwp_redirect_close();
    fwp_pending_close();
    fwp_injections_close();
    fwp_packets_close();
}
