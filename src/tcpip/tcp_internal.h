/* A TCP endpoint, between the files tcp*.c. Everything with the stack entered.
 *
 *   what it is      pcb        leaves on
 *   idle            CLOSED     listen, connect
 *   listener        LISTEN     close
 *   half-open       SYN_RCVD   the last ACK: connection. RST or 20 s: gone. `listener` is set; the owner knows nothing yet
 *   connecting      SYN_SENT   SYN and ACK: connection. RST, ICMP, time-out: failed
 *   connection      ...        RST, time-out: failed. Both FINs acknowledged: finished
 *   failed          NULL       close
 *   finished        NULL       close
 *   orphan          ...        closed by its owner; lives until the pcb has left, then calls `closed`
 *
 * 1. A pcb that is not in TIME_WAIT has one endpoint (its callback_arg), and a connected endpoint is in the hash table.
 * 2. lwIP frees a pcb itself on errors and tells by the error callback; it tells nothing when a connection gets to
 *    TIME_WAIT or when a FIN is acknowledged: tcp_input.c looks after each segment. We never call tcp_close for a
 *    connection, only tcp_shutdown, and never set TF_RXCLOSED: so the end of LAST_ACK is told, too (ERR_CLSD), and lwIP does
 *    not free a pcb in silence because bytes come.
 * 3. `busy` keeps the object while one of its events runs; `aborted` tells lwIP that the pcb is gone. */
#ifndef TCPIP_TCP_INTERNAL_H
#define TCPIP_TCP_INTERNAL_H

#include <lwip/priv/tcp_priv.h>

#include "tcpip/local_address.h"
#include "tcpip/lwip_address.h"
#include "tcpip/ports.h"
#include "tcpip/socket.h"
#include "tcpip/stack.h"
#include "tcpip/wfp_endpoint.h"

#define TCP_DEFAULT_BACKLOG 200u
#define TCP_HALF_OPEN_MAX 4096u         /* of all listeners together */

struct tcpip_tcp {
    struct tcp_pcb *pcb;
    const struct tcpip_tcp_events *events;
    void *context;
    void (*closed)(void *context);      /* told when all is given back */
    struct list node;                   /* all endpoints, or those whose end waits for a driver */
    struct list hash_node;
    ip_addr_t local_ip, remote_ip;
    uint16_t local_port, remote_port;
    uint8_t family;
    bool is_listener, connected, failed, orphan, dead, aborted;
    bool fin_sent, fin_acknowledged, wants_memory, silent;
    bool implicit;                      /* its port was chosen by connect */
    struct tcpip_address asked_remote;  /* of a connect that waits for a driver */
    bool wide;                          /* the receive window is that of tcp_window.c */
    unsigned busy;
    struct port_use port;
    struct tcpip_tcp_options options;
    struct wfp_endpoint wfp;
    uint32_t answered_at;               /* tcp_ticks + 1 of the last ACK for a segment that cannot be; 0: never */
    uint32_t lonely_since;              /* tcp_ticks + 1 when an orphan began to wait for the peer's FIN; 0: it does not */
    uint32_t stalled_since;             /* tcp_ticks + 1 when retransmission began; 0: none */

    /* A listener's. */
    unsigned backlog, half_open, waiting, held_count;
    bool conditional;
    struct list children;               /* half-open ones by age */
    struct list held;                   /* struct held_syn */

    /* A half-open connection's. */
    struct tcpip_tcp *listener;
    struct list sibling;
    uint32_t asked_at;                  /* tcp_ticks */
};

/* tcp.c */
struct list *tcp_list(void);
struct tcpip_tcp *tcp_make(struct tcp_pcb *pcb, uint8_t family, const struct tcpip_tcp_events *events, void *context);
void tcp_release(struct tcpip_tcp *tcp);
void tcp_close_all(void);
/* Ends what busy++ began; false when the object is gone. */
bool tcp_done(struct tcpip_tcp *tcp);
/* The pcb is gone or nobody's any more. */
void tcp_unbind(struct tcpip_tcp *tcp);
/* Takes the pcb down without a word from lwIP; with a RST when the connection was open. */
void tcp_kill_pcb(struct tcpip_tcp *tcp);
void tcp_failed(struct tcpip_tcp *tcp, NTSTATUS status);
/* Both sides have closed, and the pcb is gone or in TIME_WAIT. */
void tcp_finished(struct tcpip_tcp *tcp);
/* Behind what is queued. */
void tcp_end_sending(struct tcpip_tcp *tcp);
void tcp_fin_acknowledged(struct tcpip_tcp *tcp);
void tcp_connect_timeout(void *argument);
struct tcpip_address tcp_report(const struct tcpip_tcp *tcp, const ip_addr_t *ip, uint16_t port);

/* tcp_table.c: connections by their addresses */
void tcp_table_open(void);
void tcp_table_add(struct tcpip_tcp *tcp);
void tcp_table_remove(struct tcpip_tcp *tcp);
struct tcpip_tcp *tcp_table_find(const ip_addr_t *local, uint16_t local_port, const ip_addr_t *remote, uint16_t remote_port);

/* tcp_events.c: lwIP's calls */
void tcp_attach(struct tcpip_tcp *tcp);
err_t tcp_on_connected(void *argument, struct tcp_pcb *pcb, err_t status);
err_t tcp_on_accepted(void *argument, struct tcp_pcb *pcb, err_t status);
void tcp_on_error(void *argument, err_t error);

/* tcp_simultaneous.c: both sides have sent a SYN, which lwIP does not know. `p` is the peer's, at its TCP header; lwIP sees
 * it afterwards. */
void tcp_open_simultaneously(struct tcpip_tcp *tcp, struct pbuf *p);

/* tcp_options.c */
void tcp_options_init(struct tcpip_tcp_options *options);
void tcp_options_apply(struct tcpip_tcp *tcp);

/* tcp_listen.c */
struct tcp_request {                    /* a SYN that belongs to no connection */
    uint32_t sequence, length;          /* of its data, SYN included */
    uint16_t local_port, remote_port;
};
struct tcpip_tcp *tcp_find_listener(uint16_t port);
/* The SYN in `p`, at its TCP header: true when lwIP is to see it, for this listener. */
bool tcp_admit(struct tcpip_tcp *listener, const struct tcp_request *request, struct pbuf *p);
bool tcp_checksum_good(struct pbuf *p);
/* The SYN on its way in was held, and its listener has taken it. */
bool tcp_is_let_in(void);
/* lwIP has answered the SYN with a new pcb. */
void tcp_adopt(struct tcpip_tcp *listener, struct tcpip_tcp *child, struct tcp_pcb *pcb);
void tcp_leave_listener(struct tcpip_tcp *child);
void tcp_close_listener(struct tcpip_tcp *listener);
/* A RST that belongs to no connection: a held request may end. */
void tcp_reset_held(const struct tcp_request *request);

/* tcp_window.c: once, when the connection is there; the most that may be on its way to us; `size` more bytes are taken. */
void tcp_widen(struct tcpip_tcp *tcp);
uint32_t tcp_window(const struct tcpip_tcp *tcp);
void tcp_open_window(struct tcpip_tcp *tcp, size_t size);

#endif
