/* The stream layer: bytes of a connection on their way between the socket and lwIP.
 *
 *  A connection that filters of the layer match has a wfp_stream from then on, for its life. Each direction is a waterfall:
 *
 *      comes -- stage -- stage -- .. -- ready -- delivered to the owner, or written to lwIP
 *
 *  with a stage for each filter (wfp_steps.c), the heaviest sublayer's first in both directions. Before each stage bytes wait in a queue of
 *  its own, with its own wish for more data, deferral, count of missed bytes and end.
 *
 *  1. Bytes leave a stage in order. What its filter permits or passes on goes to the end of the queue behind it, what it blocks is gone; what
 *     its callout injects goes to the end of the queue behind it at once, so an injection from within classifyFn stands before the
 *     bytes shown, and the callout itself never sees it.
 *     When an answer is about some of the bytes shown, the others are shown next, without those that have come meanwhile.
 *  2. What a filter has decided about, the other filters of its sublayer do not see. What it passes on, they do.
 *  3. The end of a direction (FIN) is shown behind its last byte, and goes on when it is permitted, or injected.
 *  4. Sent bytes are the sender's no longer once they wait here: it hears of them at the outermost leave of the stack.
 *  5. The receive window is closed by what waits here or has not been consumed by the owner, as far as it came from the peer; not by what
 *     waits because a callout wants more of it, nor by what has been blocked (balance()).
 *  6. One processor at a time moves a direction (`running`): nobody is shown bytes while a callout looks at them.
 *  7. No byte is lost for want of memory: a piece that cannot be kept, moved or shown ends the connection; an injection that cannot be kept is
 *     refused; a sender's byte is not taken.
 *  8. A queue is bounded: SHOWN_MAX bytes for which a callout asks for more, then it is told to decide; what is injected is refused from
 *     INJECTED_MAX bytes in one queue on; senders wait while ROOM bytes wait, and peers while the window is full. */
#ifndef TCPIP_WFP_STREAM_H
#define TCPIP_WFP_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcpip/wfp.h"

struct tcpip_tcp;
struct pbuf;
struct fwp_step;

/* --- for the socket's files; the stack is entered ------------------------------------------------------------------------------ */

/* Established: whether a filter of the layer wants it. False: no memory. */
bool wfp_stream_begin(struct tcpip_tcp *tcp);
void wfp_stream_end(struct tcpip_tcp *tcp);
/* Both sides have closed and lwIP is done: true while its owner still has to get received bytes, or the end, that wait here. The stream and
 * its flow then end by themselves. */
bool wfp_stream_outlives(struct tcpip_tcp *tcp);
/* It is reset, by the peer (inbound) or by its owner. */
void wfp_stream_aborted(struct tcpip_tcp *tcp, bool inbound);
size_t wfp_stream_room(struct tcpip_tcp *tcp);
/* Takes a copy of up to size bytes. */
size_t wfp_stream_send(struct tcpip_tcp *tcp, const void *data, size_t size);
void wfp_stream_shut(struct tcpip_tcp *tcp);
/* Takes p; NULL: the peer's end. */
void wfp_stream_received(struct tcpip_tcp *tcp, struct pbuf *p);
/* Opens the window, too. */
void wfp_stream_consumed(struct tcpip_tcp *tcp, size_t size);
/* There are received bytes that the owner has not read. */
bool wfp_stream_unread(const struct tcpip_tcp *tcp);
/* lwIP has room again; size: bytes that the peer has acknowledged. */
void wfp_stream_sent(struct tcpip_tcp *tcp, size_t size);
struct fwp_stream_queue;
void wfp_stream_queues(void (*visit)(void *context, const struct fwp_stream_queue *queue), void *context);
bool wfp_stream_open(void);
void wfp_stream_close(void);

/* --- between wfp_stage*.c and wfp_stream_lists.c, which knows NET_BUFFER_LISTs ---------------------------------------------------- */

enum wfp_stream_action { WFP_STREAM_NONE, WFP_STREAM_ALLOW, WFP_STREAM_MORE, WFP_STREAM_DROP, WFP_STREAM_DEFER };
struct wfp_stream_answer {
    size_t missed;                      /* in */
    enum wfp_stream_action action;
    size_t enforced, required;
    bool allowed, decided;              /* not decided: the decision is passed on */
};
enum {
    WFP_STREAM_RECEIVE = 0x1, WFP_STREAM_RECEIVE_END = 0x4, WFP_STREAM_RECEIVE_ABORT = 0x8, WFP_STREAM_SEND = 0x10000,
    WFP_STREAM_SEND_NODELAY = 0x40000, WFP_STREAM_SEND_END = 0x80000, WFP_STREAM_SEND_ABORT = 0x100000
};
enum { WFP_STREAM_OUT_LIMIT = 2, WFP_STREAM_OUT_LAST = 4 };

/* Asks the step. The pieces, each of wfp_packet_take, are shown as one chain of `size` bytes; none: its callout is not called. */
void wfp_stream_show(const struct fwp_step *step, uint16_t layer, const struct wfp_info *info, struct fwp_packet *const *pieces,
                     unsigned count, size_t size, uint32_t flags, uint32_t out_flags, struct wfp_stream_answer *answer);

struct wfp_stream_injection {
    uint64_t flow;
    uint32_t callout;
    uint16_t layer;
    bool inbound, end, at_once;
    size_t size;
    bool (*copy)(void *context, uint8_t *to, size_t at, size_t size);   /* gives the bytes */
    void *context;
};
/* Puts bytes behind the callout's stage: all, or none with an error. No lock, any IRQL <= DISPATCH_LEVEL. */
NTSTATUS wfp_stream_put(const struct wfp_stream_injection *what);
NTSTATUS wfp_stream_resume(uint64_t flow, uint32_t callout, uint16_t layer);
/* What decides whether a callout is called has changed: for this flow, or (0) for all. */
void wfp_stream_look_again(uint64_t flow);

#endif
