/* TCP/IP for the computer: with socket.h the only header through which the rest of ring3 sees the stack (lwIP behind it).
 *
 * 1. The stack is a protocol driver: it binds every Ethernet adapter that NDIS offers it, and each binding is an
 *    interface. Interfaces are numbered in the order in which they were bound, from 0.
 * 2. Every function is called from an NT thread or DPC at IRQL <= DISPATCH_LEVEL unless it says PASSIVE_LEVEL.
 * 3. Callbacks run at DISPATCH_LEVEL with the stack's lock held: they may call any function of this header that is
 *    allowed at DISPATCH_LEVEL, and nothing that waits.
 * 4. Frames never leave while the lock is held: they are collected and sent when the outermost caller leaves. */
#ifndef TCPIP_TCPIP_H
#define TCPIP_TCPIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TCPIP_ADDRESS_TEXT 64
#define TCPIP_IPV6_ADDRESSES 6
#define TCPIP_DNS_SERVERS 4

struct tcpip_address {
    uint8_t family;             /* 4, 6, or 0 for none */
    uint8_t zone;               /* interface number + 1 for a link-local IPv6 address; 0: any */
    uint16_t port;              /* host byte order */
    uint8_t bytes[16];          /* network byte order; the first 4 for IPv4 */
};

/* "10.0.0.1", "10.0.0.1:80", "fe80::1", "[fe80::1]:80". False with error_text(). Any context. */
bool tcpip_parse_address(const char *text, struct tcpip_address *address);
/* Writes it the same way, the port only when it is not 0; returns text. Any context. */
const char *tcpip_format_address(const struct tcpip_address *address, char text[static TCPIP_ADDRESS_TEXT]);

/* --- life ------------------------------------------------------------------------------------------------- */

/* Starts the stack and registers it with NDIS. seed: for port numbers and the like. PASSIVE_LEVEL. False with
 * error_text(). */
bool tcpip_open(uint64_t seed);
/* Ends pings and connections without a word to the peer, unbinds, deregisters. PASSIVE_LEVEL. */
void tcpip_close(void);

/* --- interfaces ------------------------------------------------------------------------------------------- */

struct tcpip_stats {
    uint64_t tx_frames, tx_bytes, rx_frames, rx_bytes;
    uint64_t tx_dropped;        /* no buffer, or not bound or paused */
    uint64_t rx_dropped;        /* refused by the stack, or no memory */
    uint64_t tx_failed;         /* completed by the adapter with an error */
};

struct tcpip_interface_info {
    char name[64];              /* the adapter's device name */
    uint8_t mac[6];
    uint32_t mtu;
    bool bound, link_up, uses_dhcp;
    bool configured;            /* has an IPv4 address */
    uint8_t ipv4_prefix;
    struct tcpip_address ipv4, gateway;
    struct tcpip_address ipv6[TCPIP_IPV6_ADDRESSES];    /* the valid ones; family 0 ends the list */
    struct tcpip_address dns[TCPIP_DNS_SERVERS];        /* what DHCP said; family 0 ends the list */
    char domain[256];           /* what DHCP said, or empty */
    struct tcpip_stats stats;   /* they outlive the binding */
};

/* False when there never was an interface of this number. */
bool tcpip_query_interface(unsigned number, struct tcpip_interface_info *info);
/* "ADDRESS/LENGTH[,gateway]" for the interface of this number, now or when it gets bound; NULL: DHCP, which is also the
 * default. May be called before tcpip_open, from outside NT. False with error_text(). */
bool tcpip_set_address(unsigned number, const char *text);
/* `changed` is called whenever an interface comes, goes, or gets or loses an address or its link. */
void tcpip_on_change(void (*changed)(void *context), void *context);
/* The same for any number of listeners, called with the stack's lock held. */
struct tcpip_watch {
    void (*changed)(struct tcpip_watch *watch);
    struct tcpip_watch *next;
};
void tcpip_watch(struct tcpip_watch *watch);
void tcpip_unwatch(struct tcpip_watch *watch);

/* --- ping ------------------------------------------------------------------------------------------------- */

struct tcpip_ping {
    /* The caller's: set before tcpip_ping_start, alive until done or stopped. */
    struct tcpip_address address;
    unsigned count, size;                       /* requests, and bytes of data in each (at most 1400) */
    uint64_t interval_ns, timeout_ns;
    void (*reply)(struct tcpip_ping *ping, unsigned sequence, uint64_t rtt_ns);     /* may be NULL */
    void (*done)(struct tcpip_ping *ping);      /* all answered or timed out */
    void *context;
    /* Results. */
    unsigned sent, received;
    uint64_t min_ns, max_ns, sum_ns;
    /* The stack's own. */
    struct tcpip_ping *next;
    uint64_t sent_at[64];
    uint16_t id;
    bool active;
};

/* Starts sending at once. False with error_text() when the address cannot be reached from any interface. */
bool tcpip_ping_start(struct tcpip_ping *ping);
void tcpip_ping_stop(struct tcpip_ping *ping);

/* --- traffic for tests ------------------------------------------------------------------------------------ */

/* A TCP bulk transfer: a pattern that both ends know, and a running checksum over what really arrived. */
struct tcpip_tcp;
struct tcpip_transfer {
    struct tcpip_address address;               /* of the peer, or (server) the port to listen on */
    uint64_t bytes;                             /* to send; a server takes what comes */
    void (*done)(struct tcpip_transfer *transfer);
    void *context;
    /* Results. */
    bool finished, failed;
    char why[96];
    uint64_t moved, checksum, started_ns, ended_ns;
    /* The stack's own. */
    struct tcpip_tcp *tcp;
    uint64_t acknowledged;
    uint8_t partial[8];
    bool corrupt;
};

/* Connects and sends; done comes when the peer has acknowledged all and closed. False with error_text(). */
bool tcpip_transfer_send(struct tcpip_transfer *transfer);
/* Takes one connection, checks the pattern, done when the peer has closed. */
bool tcpip_transfer_serve(struct tcpip_transfer *transfer);
void tcpip_transfer_stop(struct tcpip_transfer *transfer);

#endif
