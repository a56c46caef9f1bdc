/* Between the files of tcpip/. No lwIP and no NDIS types: netif.c knows the one, ndis_*.c the other. */
#ifndef TCPIP_STACK_H
#define TCPIP_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "tcpip/tcpip.h"

#define TCPIP_MAX_INTERFACES 16
#define TCPIP_FRAME_MAX 9018u           /* the largest MTU we take, with its Ethernet header */

/* --- stack.c: one lock around lwIP, timers ---------------------------------------------------------------- */

/* Takes the stack, at DISPATCH_LEVEL until left. Nests. Frames queued meanwhile go out at the outermost leave. */
void stack_enter(void);
void stack_leave(void);
void stack_leave_under_a_lock(void);    /* tcpip_leave_under_a_lock */
bool stack_entered(void);
bool stack_is_open(void);
/* Milliseconds-timers inside the stack; a second call for the same function and argument replaces the first. */
#define STACK_LONGEST_TIMER 86400000000000ull
void stack_set_timer(uint64_t delay_ns, void (*fire)(void *argument), void *argument);
void stack_cancel_timer(void (*fire)(void *argument), void *argument);
/* Runs it at the outermost leave, still inside the stack; stack_cancel_timer takes it back. */
void stack_soon(void (*function)(void *argument), void *argument);
uint32_t stack_random(void);
void stack_notify_change(void);

/* --- memory.c and defer.c ----------------------------------------------------------------------------------- */

/* Zeroed; free() takes it back. */
void *stack_calloc(size_t size);
void memory_close(void);
struct pbuf;
/* A received packet with at most TCPIP_PACKET_PARTS pieces: p, or a copy in its place. NULL without memory: p is as it was. */
struct pbuf *stack_few_pieces(struct pbuf *p);
/* For tests: the n-th allocation of the stack from now on fails (1: the next); 0: none. */
void stack_fail_at(uint64_t n);
/* Allocations since then. */
uint64_t stack_fail_count(void);
void defer_open(void);                  /* PASSIVE_LEVEL, both */
void defer_close(void);
/* Runs the works that wait, unless somebody does. more: there is something else to do. True: there is more to do. At
 * DISPATCH_LEVEL, without the lock. */
bool defer_run(bool more);
bool defer_waits(void);                 /* there are some */
/* Has a DPC or a thread enter and leave the stack. */
void stack_go_on_later(void);
bool defer_running_here(void);

/* --- ndis_binding.c ---------------------------------------------------------------------------------------- */

struct binding;

bool protocol_register(void);            /* PASSIVE_LEVEL; error_text() */
void protocol_deregister(void);          /* PASSIVE_LEVEL; returns when every adapter is unbound */
/* Room for one frame of `size` bytes in a preallocated send buffer; NULL when there is none. Stack entered. The
 * frame goes out at the outermost leave. */
uint8_t *protocol_reserve(struct binding *binding, size_t size);
/* The same for the frame whose first `seen` of `size` bytes are at `head`; *skip: so many of its bytes are there already, the rest
 * goes to the address returned. */
uint8_t *protocol_reserve_frame(struct binding *binding, const uint8_t *head, size_t seen, size_t size, size_t *skip);
/* Detaches and sends what was reserved on every binding. Called without the lock. */
void protocol_flush_all(void);
bool protocol_has_output(void);
/* The set of multicast addresses changed. Stack entered. */
void protocol_multicast(struct binding *binding, const uint8_t mac[6], bool add);

/* ndis_statistics.c: fills an NDIS_STATISTICS_INFO. False: not bound, or refused. IRQL <= APC_LEVEL: waits. */
bool protocol_query_statistics(uint32_t if_index, void *info);

/* loopback.c: false when there is none now. */
bool interface_loopback_stats(struct tcpip_stats *stats);

/* --- netif.c ----------------------------------------------------------------------------------------------- */

struct interface;

struct interface_config {
    char name[64];
    uint8_t mac[6];
    uint32_t mtu;                       /* bytes of IP */
    bool raw;                           /* packets without an Ethernet header: no ARP, neighbours, DHCP or groups */
    struct binding *binding;
    uint32_t if_index;                  /* NDIS's; 1 is the loopback interface */
    uint64_t luid, speed;               /* speed: bits per second */
};

/* A binding came, its link is down until interface_link says otherwise: NULL when there is no room for another. Stack not entered. */
struct interface *interface_attach(const struct interface_config *config);
void interface_detach(struct interface *interface);
/* What is known of a frame beside its bytes. */
struct arrival {
    bool checked;                       /* the checksum of its transport held */
    bool sum_missing;                   /* of coalesced segments: it was not made anew for the whole */
    unsigned segments;                  /* that it was coalesced from; 0: it is a frame as it was sent */
    unsigned datagram;                  /* it is several UDP datagrams of this many bytes of payload; 0: it is not */
};

/* One frame in parts. Stack entered. False: not taken. */
bool interface_input(struct interface *interface, const struct iovec *parts, int count, size_t total, const struct arrival *how);
/* Segments that the arriving frame was coalesced from; 0: it was not. */
unsigned interface_arriving_segments(void);
/* ndis_coalescing.c: something changed that coalescing depends on. PASSIVE_LEVEL, stack not entered. */
void coalescing_update_all(void);
/* checksum.c: the transport checksum of this packet need not be verified; NULL: of none. */
void checksum_trust(const struct pbuf *p);
/* Makes the IPv4 header's checksum and, where callouts may see it, TCP's. */
void coalesced_sums(uint8_t *packet, size_t size);
void interface_link(struct interface *interface, bool up, uint64_t bits_per_second);
/* ip_interface.c: the drivers below take packets of this size now. What was set smaller stays. Stack not entered. */
void interface_limit(struct interface *interface, uint32_t mtu);
struct tcpip_stats *interface_stats(struct interface *interface);
const uint8_t *interface_mac(const struct interface *interface);
/* Removes every interface that is left (a driver that never unbound). */
void interface_close_all(void);
bool interface_send_frame(struct interface *interface, const void *frame, size_t size);

/* --- what each part of the stack forgets at close ----------------------------------------------------------- */

void ping_close_all(void);
struct tcpip_ip_options;
void ip_options_init(struct tcpip_ip_options *options);
void sockets_open(void);
void sockets_close_all(void);
/* number + 1. An interface is bound (again): its groups are joined. Stack entered. */
void sockets_interface_came(unsigned interface);
void reassembly_close(void);
void dns_close_all(void);

#endif
