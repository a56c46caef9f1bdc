/* IPv4 duplicate detection (RFC 5227): ARP probes for a tentative address; who answers, or probes for it, too, has it. */
#include <lwip/prot/etharp.h>
#include <lwip/prot/ethernet.h>
#include <string.h>

#include "tcpip/interface.h"

#define PROBE_INTERVAL_NS 1000000000ull

enum { ARP_SIZE = 28, SENDER_MAC = 8, SENDER_IP = 14, TARGET_MAC = 18, TARGET_IP = 24, ETHERNET_HEADER = 14 };

static void send_probe(struct address *a)
{
    static const uint8_t head[] = { 0, 1, 8, 0, 6, 4, 0, ARP_REQUEST };
    uint8_t frame[ETHERNET_HEADER + ARP_SIZE] = { 0 }, *arp = frame + ETHERNET_HEADER;

    memset(frame, 0xff, 6);
    memcpy(frame + 6, a->interface->config.mac, 6);
    frame[12] = 0x08;
    frame[13] = 0x06;
    memcpy(arp, head, sizeof head);
    memcpy(arp + SENDER_MAC, a->interface->config.mac, 6);
    memcpy(arp + TARGET_IP, a->row.address.bytes, 4);
    interface_send_frame(a->interface, frame, sizeof frame);
}

static void step(void *argument)
{
    struct address *a = argument;

    if (a->probes++ < a->interface->ip[0].dad_transmits) {
        send_probe(a);
        stack_set_timer(PROBE_INTERVAL_NS, step, a);
    } else if (address_activate(a)) {
        address_event(a, IP_CHANGED);
    } else {
        stack_set_timer(PROBE_INTERVAL_NS, step, a);
    }
}

void dad_start(struct address *a)
{
    a->probes = 0;
    step(a);
}

void dad_stop(struct address *a)
{
    stack_cancel_timer(step, a);
}

static void judge(struct address *a, const uint8_t *arp)
{
    static const uint8_t nobody[4];
    bool ours = memcmp(arp + SENDER_MAC, a->interface->config.mac, 6) == 0;
    bool has = memcmp(arp + SENDER_IP, a->row.address.bytes, 4) == 0;
    bool wants = memcmp(arp + SENDER_IP, nobody, 4) == 0 && memcmp(arp + TARGET_IP, a->row.address.bytes, 4) == 0;

    if (ours || (!has && !wants))
        return;
    dad_stop(a);
    a->row.state = IP_DAD_DUPLICATE;
    address_event(a, IP_CHANGED);
}

struct netif *dad_see_arp(struct interface *interface, const uint8_t *arp, size_t size)
{
    struct netif *netif = &interface->netif;

    if (size < ARP_SIZE)
        return netif;
    list_each(it, &interface->addresses) {
        struct address *a = container_of(it, struct address, node);
        if (a->row.address.family != 4)
            continue;
        if (a->row.state == IP_DAD_TENTATIVE && !a->netif)
            judge(a, arp);
        else if (a->netif && memcmp(arp + TARGET_IP, a->row.address.bytes, 4) == 0)
            netif = a->netif;
    }
    return netif;
}
