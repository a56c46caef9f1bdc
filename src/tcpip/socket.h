/* Endpoints of TCP, UDP and raw IP as a socket layer needs them. netio/ stands on this header.
 *
 * 1. Functions are called from an NT thread or DPC at IRQL <= DISPATCH_LEVEL and enter the stack themselves.
 * 2. Events run at DISPATCH_LEVEL with the stack entered. They may call any function of this header, they never call a
 *    driver: what a driver must hear goes through tcpip_defer().
 * 3. An endpoint lives until its owner calls close or abort; an endpoint that failed stays as an empty shell until then.
 *    After close or abort no event comes.
 * 4. A packet that an event hands over belongs to the receiver until tcpip_packet_free(). Its bytes lie in ring3's RAM, so
 *    that MDLs can describe them.
 * 5. Bytes that are sent by reference stay untouched until `sent` has counted them, or until the endpoint has failed or
 *    was aborted. After close they stay until `closed`. (The present stack copies all it sends, so that is more than it needs.)
 * 6. Nothing here allocates once a connection is established, but for lwIP's own segments. */
#ifndef TCPIP_SOCKET_H
#define TCPIP_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/list.h"
#include "ntdef.h"
#include "ntstatus.h"
#include "tcpip/tcpip.h"

/* --- what waits for the lock to be dropped ------------------------------------------------------------------ */

/* Work that runs at DISPATCH_LEVEL without the stack's lock, in the order of the calls, when the outermost caller leaves
 * the stack. Queued once until it runs; it may queue itself again. Any number of works never nest: a work that enters
 * and leaves the stack does not run others from inside. */
struct tcpip_work {
    void (*run)(struct tcpip_work *work);
    struct list node;
    bool queued;
};
void tcpip_defer(struct tcpip_work *work);
/* Takes it back when it has not started. Stack entered. */
void tcpip_undefer(struct tcpip_work *work);
/* For a caller that has several things to do before anything goes out: nests. */
void tcpip_enter(void);
void tcpip_leave(void);
/* For a call of a driver's, which may hold a lock: at DISPATCH_LEVEL works are left to a DPC. */
void tcpip_leave_under_a_lock(void);

/* --- received bytes ----------------------------------------------------------------------------------------- */

struct tcpip_packet;                    /* a chain of at most TCPIP_PACKET_PARTS pieces */
#define TCPIP_PACKET_PARTS 64

size_t tcpip_packet_size(const struct tcpip_packet *packet);
/* The pieces in order: returns how many there are, fills at most `count`. */
unsigned tcpip_packet_parts(const struct tcpip_packet *packet, struct iovec *parts, unsigned count);
void tcpip_packet_free(struct tcpip_packet *packet);
/* TCP: the peer pushed one of its segments. */
bool tcpip_packet_pushed(const struct tcpip_packet *packet);

/* --- addresses and sharing ---------------------------------------------------------------------------------- */

enum tcpip_sharing {
    TCPIP_SHARE_DEFAULT,                /* no option set */
    TCPIP_SHARE_REUSE,                  /* SO_REUSEADDR */
    TCPIP_SHARE_EXCLUSIVE,              /* SO_EXCLUSIVEADDRUSE */
};

/* Between the number + 1 of this header and the interface index that drivers know; 0 for 0 and for what is not there. */
uint32_t tcpip_interface_index(unsigned interface);
unsigned tcpip_interface_of_index(uint32_t index);

/* Options that both kinds of endpoints have. 0 in a field of a packet's own options: the endpoint's value. */
struct tcpip_ip_options {
    uint8_t ttl, tos;
    uint8_t multicast_ttl;
    bool multicast_loop, broadcast, dont_fragment;
    unsigned multicast_interface;       /* number + 1; 0: by route */
    unsigned interface;                 /* bound to this one only, number + 1; 0: any */
    const void *control;                /* of one datagram: the control information that says so, for drivers to see; NULL: none */
    uint32_t control_size;
};

/* --- TCP ---------------------------------------------------------------------------------------------------- */

struct tcpip_tcp;

struct tcpip_syn {                      /* a connection request that waits for a verdict; the listener has not answered it */
    uint64_t id;
    struct tcpip_address local, remote;
};

struct tcpip_tcp_events {
    /* NULL where an endpoint never comes to it; `received` is always there, `accepted` for a listener, `asked` for a
     * conditional one. */
    /* Listener, conditional: somebody asks. tcpip_tcp_decide(id) answers, at once or later. */
    void (*asked)(struct tcpip_tcp *listener, void *context, const struct tcpip_syn *syn);
    /* Listener, conditional: a request that waits for its verdict is gone (reset, or given up by the peer). */
    void (*request_gone)(struct tcpip_tcp *listener, void *context, uint64_t id);
    /* Listener: a connection is established. It has the listener's events, context and options; sets the first two, or
     * returns false: it is reset. */
    bool (*accepted)(struct tcpip_tcp *listener, void *context, struct tcpip_tcp *connection);
    void (*connected)(struct tcpip_tcp *tcp, void *context);
    /* In-order bytes; packet NULL: the peer sends no more. The window opens with tcpip_tcp_consumed(). */
    void (*received)(struct tcpip_tcp *tcp, void *context, struct tcpip_packet *packet);
    /* The peer has acknowledged this many more bytes. 0: there was no memory for a send, now there may be. */
    void (*sent)(struct tcpip_tcp *tcp, void *context, size_t size);
    /* The peer has acknowledged our FIN. */
    void (*shut)(struct tcpip_tcp *tcp, void *context);
    /* Refused, reset, timed out, adapter gone: STATUS_CONNECTION_REFUSED, _RESET, _ABORTED, STATUS_IO_TIMEOUT, ... Nothing
     * that was sent by reference is used any more. */
    void (*failed)(struct tcpip_tcp *tcp, void *context, NTSTATUS status);
    /* Once for each tcpip_tcp_close, perhaps before that returns: the connection has left our memory (all acknowledged or
     * given up). */
    void (*closed)(void *context);
};

/* family 4, 6, or 0: IPv6 that also speaks IPv4 (a dual-mode socket): it takes IPv4 addresses plain or mapped, and tells them
 * mapped. STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS tcpip_tcp_create(uint8_t family, const struct tcpip_tcp_events *events, void *context, struct tcpip_tcp **tcp);
void tcpip_tcp_set_events(struct tcpip_tcp *tcp, const struct tcpip_tcp_events *events, void *context);
void *tcpip_tcp_context(struct tcpip_tcp *tcp);
/* Callout drivers are asked before such an address is bound (listens: and before a socket listens). They may take their time: below
 * DISPATCH_LEVEL and without the stack entered, binding and listening wait. */
bool tcpip_bind_is_shown(uint8_t family, bool listens);
/* Port 0: one is chosen. STATUS_ADDRESS_ALREADY_EXISTS, STATUS_SHARING_VIOLATION, STATUS_INVALID_ADDRESS_COMPONENT (not ours). */
NTSTATUS tcpip_tcp_bind(struct tcpip_tcp *tcp, const struct tcpip_address *local, enum tcpip_sharing sharing);
/* backlog: requests and connections not yet taken by `accepted`; 0: a sensible number. */
NTSTATUS tcpip_tcp_listen(struct tcpip_tcp *tcp, unsigned backlog, bool conditional);
/* Turns conditional accept on or off for requests to come. */
void tcpip_tcp_set_conditional(struct tcpip_tcp *tcp, bool conditional);
/* How many accepted connections the owner has that nobody has taken yet: they count for the backlog. */
void tcpip_tcp_set_waiting(struct tcpip_tcp *tcp, unsigned waiting);
enum tcpip_verdict { TCPIP_ACCEPT, TCPIP_REJECT, TCPIP_DROP };  /* answer, reset, or stay silent */
/* STATUS_NOT_FOUND: the request is gone. */
NTSTATUS tcpip_tcp_decide(struct tcpip_tcp *listener, uint64_t id, enum tcpip_verdict verdict);
/* STATUS_PENDING: `connected` or `failed` comes. STATUS_NETWORK_UNREACHABLE, STATUS_ADDRESS_ALREADY_EXISTS, ... at once. */
NTSTATUS tcpip_tcp_connect(struct tcpip_tcp *tcp, const struct tcpip_address *remote);

/* How many bytes the next send takes, memory permitting. */
size_t tcpip_tcp_room(struct tcpip_tcp *tcp);
enum { TCPIP_SEND_COPY = 1, TCPIP_SEND_MORE = 2 };      /* copied; more follows, so no push */
/* Queues and sends; returns how many of the bytes found room (by reference unless TCPIP_SEND_COPY). */
size_t tcpip_tcp_send(struct tcpip_tcp *tcp, const void *data, size_t size, unsigned flags);
/* Sends what is queued now, however small (Nagle's rule is for others). */
void tcpip_tcp_push(struct tcpip_tcp *tcp);
/* From now on the connection sends nothing and hears nothing; close and abort are silent, too. STATUS_INVALID_DEVICE_STATE: not
 * connected, or something is on its way; STATUS_NOT_SUPPORTED: to this computer itself. */
NTSTATUS tcpip_tcp_silence(struct tcpip_tcp *tcp);
/* What a filter driver has written down when it redirected the connection to this one: its records, as opaque bytes, or its own context.
 * STATUS_NOT_FOUND: it was not; STATUS_BUFFER_TOO_SMALL: *needed says how much there is. */
NTSTATUS tcpip_tcp_redirection(struct tcpip_tcp *tcp, bool context, void *to, size_t size, size_t *needed);
/* Before it connects: it goes on with the connection of those records. STATUS_ACCESS_DENIED: they are none. */
NTSTATUS tcpip_tcp_set_redirect_records(struct tcpip_tcp *tcp, const void *from, size_t size);
void tcpip_tcp_consumed(struct tcpip_tcp *tcp, size_t size);
/* Sends a FIN after what is queued; receiving goes on. */
NTSTATUS tcpip_tcp_shutdown(struct tcpip_tcp *tcp);
/* Sends the rest and a FIN in its own time. The object is gone. With bytes received that nobody has consumed it sends a RST,
 * and bytes that come later are answered by one. Who lingers calls tcpip_tcp_shutdown, waits for `shut`, and closes or aborts. */
void tcpip_tcp_close(struct tcpip_tcp *tcp);
/* Sends a RST. The object is gone. */
void tcpip_tcp_abort(struct tcpip_tcp *tcp);

struct tcpip_tcp_options {
    bool nodelay, keepalive;
    uint32_t keepalive_time_ms, keepalive_interval_ms, keepalive_count;
    uint32_t connect_timeout_ms, retransmit_timeout_ms;     /* 0: the stack's */
    struct tcpip_ip_options ip;
};
void tcpip_tcp_get_options(struct tcpip_tcp *tcp, struct tcpip_tcp_options *options);
/* STATUS_NOT_SUPPORTED for what this stack cannot do (dont_fragment); STATUS_INVALID_PARAMETER: a zero, or no such interface. */
NTSTATUS tcpip_tcp_set_options(struct tcpip_tcp *tcp, const struct tcpip_tcp_options *options);

struct tcpip_tcp_info {
    struct tcpip_address local, remote;     /* family 0: none yet */
    bool listening, connected, failed;
    uint32_t mss, room, unacknowledged, receive_backlog;
    uint32_t window;                        /* the largest receive window */
    unsigned interface;                     /* number + 1; 0: none */
};
void tcpip_tcp_query(struct tcpip_tcp *tcp, struct tcpip_tcp_info *info);

/* --- datagrams: UDP and raw IP -------------------------------------------------------------------------------- */

struct tcpip_datagram;                  /* an endpoint */

struct tcpip_received {
    struct tcpip_address from, to;      /* ports 0 for raw */
    unsigned interface;                 /* number + 1 */
    uint8_t ttl, tos;
    bool broadcast, multicast;
    struct fwp_records *redirection;    /* a driver has redirected it here; NULL: none. During the event, or kept */
};
/* What the driver has written down: its records, as opaque bytes, or its own context. STATUS_BUFFER_TOO_SMALL. */
NTSTATUS tcpip_redirection_read(const struct fwp_records *redirection, bool context, void *to, size_t size, size_t *needed);
struct fwp_records *tcpip_redirection_keep(struct fwp_records *redirection);
void tcpip_redirection_release(struct fwp_records *redirection);
/* Records that a proxy hands over before its connection exists. NULL: they are none. */
struct fwp_records *tcpip_redirection_new(const void *from, size_t size);
/* The connection goes on with them; takes the reference. */
void tcpip_tcp_take_redirection(struct tcpip_tcp *tcp, struct fwp_records *redirection);
/* The packet is the payload (raw IPv4: from the IP header on; raw IPv6: behind the header); it belongs to the receiver. */
typedef void (*tcpip_datagram_received)(struct tcpip_datagram *endpoint, void *context, const struct tcpip_received *how,
                                        struct tcpip_packet *packet);
/* An ICMP error for something this endpoint sent: STATUS_PORT_UNREACHABLE, STATUS_HOST_UNREACHABLE, ... May be NULL. */
typedef void (*tcpip_datagram_error)(struct tcpip_datagram *endpoint, void *context, const struct tcpip_address *to,
                                     NTSTATUS status);

/* protocol: 17 for UDP, any other for raw IP (0: gets all). A raw endpoint receives once it is bound. */
NTSTATUS tcpip_datagram_create(uint8_t family, uint8_t protocol, tcpip_datagram_received received,
                               tcpip_datagram_error error, void *context, struct tcpip_datagram **endpoint);
NTSTATUS tcpip_datagram_bind(struct tcpip_datagram *endpoint, const struct tcpip_address *local, enum tcpip_sharing sharing);
/* Fixes the remote address: only its datagrams arrive. family 0: takes it back. */
NTSTATUS tcpip_datagram_connect(struct tcpip_datagram *endpoint, const struct tcpip_address *remote);
void tcpip_datagram_local(struct tcpip_datagram *endpoint, struct tcpip_address *local);
void tcpip_datagram_remote(struct tcpip_datagram *endpoint, struct tcpip_address *remote);
/* Copies. from: NULL, or source address and interface by control information; options NULL: the endpoint's.
 * STATUS_NETWORK_UNREACHABLE, STATUS_INVALID_BUFFER_SIZE (longer than 65507, by IPv6 65487, or than dont_fragment allows),
 * STATUS_ACCESS_DENIED (broadcast not allowed), STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS tcpip_datagram_send(struct tcpip_datagram *endpoint, const struct tcpip_address *to, const struct iovec *parts,
                             unsigned count, const struct tcpip_address *from, const struct tcpip_ip_options *options);
/* Before the first datagram to an address: the conversation goes on with the one of those records. STATUS_ACCESS_DENIED: they are none. */
NTSTATUS tcpip_datagram_set_redirect_records(struct tcpip_datagram *endpoint, const struct tcpip_address *to, const void *from,
                                             size_t size);
/* A multicast arrives at the endpoints that have joined its group. interface: number + 1, 0: by route.
 * STATUS_INVALID_ADDRESS_COMPONENT: no group, no such interface, or not a member. STATUS_INVALID_PARAMETER: already one. */
NTSTATUS tcpip_datagram_join(struct tcpip_datagram *endpoint, const struct tcpip_address *group, unsigned interface);
NTSTATUS tcpip_datagram_leave(struct tcpip_datagram *endpoint, const struct tcpip_address *group, unsigned interface);
void tcpip_datagram_get_options(struct tcpip_datagram *endpoint, struct tcpip_ip_options *options);
NTSTATUS tcpip_datagram_set_options(struct tcpip_datagram *endpoint, const struct tcpip_ip_options *options);
/* Header included by the sender (IP_HDRINCL), raw only. */
NTSTATUS tcpip_datagram_set_header_included(struct tcpip_datagram *endpoint, bool included);
void tcpip_datagram_close(struct tcpip_datagram *endpoint);

#endif
