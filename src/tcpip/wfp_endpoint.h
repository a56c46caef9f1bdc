/* What the filter engine's layers keep with an endpoint, and the ALE hooks.
 *
 *  endpoint        its flow                                      authorised by
 *  connection      from ALE_FLOW_ESTABLISHED to its end          AUTH_CONNECT at connect, AUTH_RECV_ACCEPT at the SYN
 *  UDP, raw        one for each peer (datagram_peer.h)           the first packet of each direction's kind
 *
 * An authorisation holds until filters at its layer change, and for packets of the interface that it was given for; then the next packet
 * of the connection asks again. So does the first of every other interface. */
#ifndef TCPIP_WFP_ENDPOINT_H
#define TCPIP_WFP_ENDPOINT_H

#include "base/list.h"
#include "tcpip/tcpip.h"
#include "tcpip/wfp.h"

struct wfp_stream;
struct fwp_records;
struct wfp_redirecting;
struct wfp_closing;
struct tcpip_tcp;
struct tcpip_datagram;

/* What drivers have asked for with FwpsClassifyOptionSet0 when they permitted it; all zero: what the pages call default. */
struct wfp_flow_options {
    uint32_t unicast_s, many_s;         /* idle life */
    bool loose;                         /* answers from any address, at that port */
    enum { WFP_ANSWERS_FROM_ANYWHERE, WFP_ANSWERS_FROM_LINK, WFP_NO_ANSWERS } many;   /* to multicast and broadcast */
};

struct wfp_endpoint {
    uint64_t id, parent, flow, ended_flow;
    uint8_t protocol;
    uint32_t epoch;                     /* of the last authorisation */
    uint32_t icmp_id;                   /* identifier and sequence of the message at hand, when is_icmp */
    bool is_icmp;
    uint32_t link, arrival, next_hop;   /* indexes of interfaces: of the first authorisation, and the last others; 0: unknown */
    bool inbound, authorised, blocked, established, closing, assigned, is_datagram, raw, listens;
    bool indicated;                     /* drivers could see it at a layer of authorisation */
    struct list by_flow;                /* linked while flow */
    struct wfp_stream *stream;
    void *pended;                       /* struct wfp_pended: connect waits for a driver */
    struct fwp_records *records;        /* of the connection, or of the one that a proxy's goes on with */
    bool redirected;                    /* by wfp_redirect_connect; by_records is linked */
    struct list by_records;
    struct wfp_redirecting *redirecting;    /* connect waits for a driver at a redirect layer */
    struct wfp_flow_options options;
    struct wfp_closing *going;          /* its end waits for a driver */
};

/* Names it to drivers (the transport endpoint handle); the low byte is the protocol. 0 is none. */
uint64_t wfp_endpoint_id(struct wfp_endpoint *e);
uint64_t wfp_new_endpoint_id(uint8_t protocol);

/* --- wfp_ale.c: authorisation ---------------------------------------------------------------------------------------------- */

enum wfp_decision { WFP_ALLOW, WFP_REFUSE, WFP_DROP };

/* Changes with the filters of a layer. */
uint32_t wfp_epoch(uint16_t layer);
/* bind and listen: STATUS_SUCCESS, or STATUS_ACCESS_DENIED. The stack is not entered. local: as it was bound; any_port: the stack has
 * chosen its port. */
NTSTATUS wfp_ale_bind(struct wfp_endpoint *e, const struct tcpip_address *local, bool implicit, bool any_port);
NTSTATUS wfp_ale_listen(struct wfp_endpoint *e, const struct tcpip_address *local);
/* STATUS_SUCCESS, STATUS_ACCESS_DENIED; STATUS_PENDING: resume(context, status) is called later. */
NTSTATUS wfp_ale_connect(struct wfp_endpoint *e, uint8_t protocol, const struct tcpip_address *local,
                         const struct tcpip_address *remote, struct wfp_link link, void *data,
                         void (*resume)(void *context, NTSTATUS status), void *context);
void wfp_ale_allow(struct wfp_endpoint *e, uint8_t family);
/* Why a packet of an authorised endpoint from (inbound) or to this interface asks again: WFP_REASON_*; 0: its authorisation holds. */
uint32_t wfp_ale_doubts(const struct wfp_endpoint *e, uint8_t family, bool inbound, uint32_t interface);
/* A packet that comes by the interface will be asked about. */
bool wfp_ale_will_ask(const struct wfp_endpoint *e, uint8_t family, uint32_t interface);
/* Asks with that packet, which info describes and list (may be NULL) shows. A driver cannot put it off. False: it is refused. */
bool wfp_ale_ask_again(struct wfp_endpoint *e, uint32_t reason, const struct wfp_info *info, struct fwp_packet *copy, void *list);
/* Of a classification that permits. False: a driver insists on encryption, which there is not. */
bool wfp_take_options(struct wfp_endpoint *e, const struct fwp_verdict *verdict);
/* No filter could have a say in a connect. */
bool wfp_ale_connect_is_free(uint8_t family);
bool wfp_ale_open(void);
void wfp_ale_close(void);
/* What is pended for it, and what is known of its redirection, is forgotten. */
void wfp_ale_forget(struct wfp_endpoint *e);
/* --- wfp_closure.c: the end of an endpoint ----------------------------------------------------------------------------------- */

/* Before anything is given back. remote: NULL when there is none. What is pended for the endpoint is forgotten. True: a driver takes its
 * time; done(context) is called with the stack entered when it has completed. */
bool wfp_ale_closure(struct wfp_endpoint *e, const struct tcpip_address *local, const struct tcpip_address *remote,
                     void (*done)(void *context), void *context);
/* `done` will not be called. */
void wfp_ale_closure_forget(struct wfp_endpoint *e);
/* The address is free again. */
void wfp_ale_released(struct wfp_endpoint *e, const struct tcpip_address *local);

/* --- wfp_redirect.c: the stack is not entered ------------------------------------------------------------------------------ */

/* Before the port is taken: STATUS_SUCCESS, and local as drivers want it; STATUS_ACCESS_DENIED, STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS wfp_redirect_bind(struct wfp_endpoint *e, uint8_t protocol, struct tcpip_address *local);
/* STATUS_SUCCESS, and *remote as drivers want it; STATUS_ACCESS_DENIED, STATUS_INSUFFICIENT_RESOURCES; STATUS_PENDING:
 * resume(context, status) is called later, at DISPATCH_LEVEL. remote stays where it is until then. */
NTSTATUS wfp_redirect_connect(struct wfp_endpoint *e, uint8_t protocol, const struct tcpip_address *local, struct tcpip_address *remote,
                              void (*resume)(void *context, NTSTATUS status), void *context);
void wfp_redirect_release(struct wfp_endpoint *e);
/* Endpoints that are redirected. */
extern struct list wfp_redirected;
void wfp_share_records(struct wfp_endpoint *to, const struct wfp_endpoint *from);
void wfp_describe_redirection(const struct wfp_endpoint *e, struct wfp_info *info);
/* The sockets' control codes. STATUS_NOT_FOUND, STATUS_BUFFER_TOO_SMALL. */
NTSTATUS wfp_records_get(struct wfp_endpoint *e, bool context, void *to, size_t size, size_t *needed);
/* STATUS_ACCESS_DENIED: no records. */
NTSTATUS wfp_records_set(struct wfp_endpoint *e, const void *from, size_t size);

/* --- wfp_tcp.c ----------------------------------------------------------------------------------------------------------------- */

struct pbuf;
struct tcp_request;
/* A SYN for a listener, at its TCP header. */
enum wfp_decision wfp_tcp_accept(struct tcpip_tcp *listener, const struct tcp_request *request, struct pbuf *p);
/* The SYN that was accepted last has become this connection. */
void wfp_tcp_adopted(struct tcpip_tcp *child);
/* A connection is established; false: it is not to be. */
bool wfp_tcp_established(struct tcpip_tcp *tcp, bool inbound);
/* A packet of a connection: whether its authorisation still holds. netif: by which it leaves. */
struct netif;
bool wfp_tcp_still_allowed(struct tcpip_tcp *tcp, bool inbound, const struct pbuf *p, struct netif *netif);
void wfp_tcp_ended(struct tcpip_tcp *tcp);
void wfp_make_flow(struct wfp_endpoint *e);
void wfp_end_flow(struct wfp_endpoint *e);
void wfp_tcp_open(void);
void wfp_tcp_close(void);
struct wfp_endpoint *wfp_endpoint_of_flow(uint64_t flow);

/* While filters at the authorisation layers can change what happens to connections that are there. */
bool wfp_ale_active(void);

/* --- wfp_transport.c: true: it goes on ----------------------------------------------------------------------------------------- */

/* p: at its transport header, ip_data says from whom to whom. */
bool wfp_transport_in(uint8_t protocol, struct pbuf *p);
/* A packet that a driver injects at the network layer, with its IP header, on its way out: from the top of the layers again. */
struct wfp_header;
struct netif;
bool wfp_injected_may_leave(struct pbuf *p, const struct wfp_header *h, struct netif *netif);
bool wfp_stream_packet_in(struct tcpip_tcp *tcp, const struct pbuf *p);
/* The endpoint whose datagram is being sent. */
extern struct wfp_endpoint *wfp_sender;
/* And the control information that it came with. */
extern struct wfp_control wfp_sender_control;
/* datagram_wfp.c: who gets a datagram from that peer, by the interface; adds WFP_HAS_ALE_REQUIRED when it must be authorised first. NULL: nobody. */
struct wfp_endpoint *datagram_wfp_receiver(uint16_t local_port, uint16_t remote_port, uint32_t interface, uint32_t *have);

#endif
