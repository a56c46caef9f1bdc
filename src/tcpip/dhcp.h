/* A DHCP client (RFC 2131) for one interface. Debian's lwIP has none. It works on whole Ethernet frames, because an
 * interface without an address takes no IP packets; it knows neither lwIP nor NDIS.
 *
 *   state       leaves on                to          does
 *   OFF         start                    SELECTING   broadcast DISCOVER, again after 1, 2, 4, ... 32 s
 *   SELECTING   first OFFER              REQUESTING  broadcast REQUEST with the server's identifier
 *   REQUESTING  ACK                      BOUND       address set; NAK or 4 tries: SELECTING
 *   BOUND       half of the lease        RENEWING    broadcast REQUEST with ciaddr, again each 1/8 of the lease
 *   RENEWING    ACK                      BOUND       NAK or end of lease: address taken away, SELECTING
 *   any         stop, link down          OFF         address stays until the caller takes it away */
#ifndef TCPIP_DHCP_H
#define TCPIP_DHCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DHCP_DNS_SERVERS 4

enum dhcp_state { DHCP_OFF, DHCP_SELECTING, DHCP_REQUESTING, DHCP_BOUND, DHCP_RENEWING };

struct dhcp {
    /* The owner's. Times in nanoseconds of the owner's clock; addresses in network byte order. */
    uint8_t mac[6];
    bool (*send)(struct dhcp *dhcp, const void *frame, size_t size);
    /* A lease came, or (address 0) is over. */
    void (*configured)(struct dhcp *dhcp, uint32_t address, uint32_t mask, uint32_t gateway);
    void *context;

    enum dhcp_state state;
    uint32_t xid, address, mask, gateway, server;
    uint32_t dns[DHCP_DNS_SERVERS];     /* option 6, as many as there are; 0 ends the list */
    char domain[256];                   /* option 15; empty when there is none or it is no domain name */
    uint32_t offered;
    uint64_t lease_ns, bound_ns, started_ns;
    uint64_t due_ns;                    /* when dhcp_tick wants to run; UINT64_MAX: never */
    unsigned tries;
};

void dhcp_start(struct dhcp *dhcp, uint32_t xid, uint64_t now_ns);
void dhcp_stop(struct dhcp *dhcp);
/* True when the frame was an answer to this client and nobody else needs to see it. */
bool dhcp_input(struct dhcp *dhcp, const uint8_t *frame, size_t size, uint64_t now_ns);
void dhcp_tick(struct dhcp *dhcp, uint64_t now_ns);

#endif
