/* UDP endpoints over lwIP's raw interface. */
#include <lwip/udp.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/list.h"
#include "tcpip/lwip_address.h"
#include "tcpip/stack.h"

struct tcpip_udp {
    struct udp_pcb *pcb;
    tcpip_udp_received received;
    void *context;
    struct list node;
};

static struct list endpoints = LIST_INIT(endpoints);

static void on_received(void *argument, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *from, u16_t port)
{
    struct tcpip_udp *udp = argument;
    struct tcpip_address address = from_lwip(from, port);
    char whole[2048];

    if (!p->next)
        udp->received(udp, &address, p->payload, p->len);
    else if (p->tot_len <= sizeof whole)
        udp->received(udp, &address, whole, pbuf_copy_partial(p, whole, p->tot_len, 0));
    else {
        char *big = malloc(p->tot_len);         /* a reassembled datagram */
        if (big)
            udp->received(udp, &address, big, pbuf_copy_partial(p, big, p->tot_len, 0));
        free(big);
    }
    pbuf_free(p);
}

struct tcpip_udp *tcpip_udp_open(const struct tcpip_address *local, tcpip_udp_received received, void *context)
{
    struct tcpip_udp *udp = calloc(1, sizeof *udp);
    char text[TCPIP_ADDRESS_TEXT];

    stack_enter();
    if (udp && (udp->pcb = udp_new_ip_type(IPADDR_TYPE_ANY))) {
        ip_addr_t ip = to_lwip(local);
        udp->received = received;
        udp->context = context;
        list_push_back(&endpoints, &udp->node);
        udp_recv(udp->pcb, on_received, udp);
        if (udp_bind(udp->pcb, local->family ? &ip : IP_ANY_TYPE, local->port) != ERR_OK) {
            tcpip_udp_close(udp);
            udp = NULL;
            error_set("cannot open UDP %s: the port is in use", tcpip_format_address(local, text));
        }
    } else {
        free(udp);
        udp = NULL;
        error_set("no memory for a UDP endpoint");
    }
    stack_leave();
    return udp;
}

void *tcpip_udp_context(struct tcpip_udp *udp)
{
    return udp->context;
}

bool tcpip_udp_send(struct tcpip_udp *udp, const struct tcpip_address *to, const void *data, size_t size)
{
    bool sent = false;

    if (size > 65507)
        return false;
    stack_enter();
    struct pbuf *p = pbuf_alloc(PBUF_TRANSPORT, (u16_t)size, PBUF_RAM);
    if (p) {
        ip_addr_t ip = to_lwip(to);
        pbuf_take(p, data, (u16_t)size);
        sent = udp_sendto(udp->pcb, p, &ip, to->port) == ERR_OK;
        pbuf_free(p);
    }
    stack_leave();
    return sent;
}

void tcpip_udp_close(struct tcpip_udp *udp)
{
    stack_enter();
    udp_remove(udp->pcb);
    list_remove(&udp->node);
    free(udp);
    stack_leave();
}

void udp_close_all(void)
{
    while (!list_empty(&endpoints))
        tcpip_udp_close(list_first(&endpoints, struct tcpip_udp, node));
}
