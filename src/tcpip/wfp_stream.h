/* The stream layer: bytes of a connection on their way between the socket and lwIP.
 *
 *  A connection that is established while the layer has filters gets a wfp_stream, for its life. Each direction:
 *
 *      waiting  -- classified -->  ready  -- delivered to the owner, or written to lwIP
 *
 *  1. Bytes leave `waiting` in order. What a callout permits goes to the end of `ready`, what it blocks is gone; what it injects goes
 *     to the end of `ready` at once, so an injection from within classifyFn stands before the bytes shown.
 *  2. The end of a direction (FIN) is shown behind its last byte, and passes when it is permitted, or injected.
 *  3. Sent bytes are the sender's no longer once they wait here: it hears of them at the outermost leave of the stack.
 *  4. Received bytes count for the window until their owner has consumed them; what is blocked, or held because a callout
 *     needs more, counts no longer; what is injected never did.
 *  5. One processor at a time moves a direction (`running`): nobody is shown bytes while a callout looks at them. */
#ifndef TCPIP_WFP_STREAM_H
#define TCPIP_WFP_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcpip/wfp.h"

struct tcpip_tcp;
struct pbuf;

/* --- for the socket's files; the stack is entered ------------------------------------------------------------------------------ */

/* Established: whether the layer wants it. */
void wfp_stream_begin(struct tcpip_tcp *tcp);
void wfp_stream_end(struct tcpip_tcp *tcp);
size_t wfp_stream_room(struct tcpip_tcp *tcp);
/* Takes a copy of up to size bytes. */
size_t wfp_stream_send(struct tcpip_tcp *tcp, const void *data, size_t size);
void wfp_stream_shut(struct tcpip_tcp *tcp);
/* Takes p; NULL: the peer's end. */
void wfp_stream_received(struct tcpip_tcp *tcp, struct pbuf *p);
/* Returns how many of the bytes open the window. */
size_t wfp_stream_consumed(struct tcpip_tcp *tcp, size_t size);
/* lwIP has room again. */
void wfp_stream_sent(struct tcpip_tcp *tcp);
void wfp_stream_open(void);
void wfp_stream_close(void);

/* --- between wfp_stream.c and wfp_stream_lists.c, which knows NET_BUFFER_LISTs -------------------------------------------------- */

enum wfp_stream_action { WFP_STREAM_NONE, WFP_STREAM_ALLOW, WFP_STREAM_MORE, WFP_STREAM_DROP, WFP_STREAM_DEFER };
struct wfp_stream_answer {
    enum wfp_stream_action action;
    size_t enforced, required;
    bool allowed;
};
/* The pieces, each of wfp_packet_take, are shown as one chain of `size` bytes. */
void wfp_stream_show(uint16_t layer, const struct wfp_info *info, struct fwp_packet *const *pieces, unsigned count, size_t size,
                     uint32_t flags, uint32_t out_flags, struct wfp_stream_answer *answer);

enum { WFP_STREAM_RECEIVE_END = 0x4, WFP_STREAM_SEND_END = 0x80000, WFP_STREAM_RECEIVE = 0x1, WFP_STREAM_SEND = 0x10000 };
/* Puts bytes to the end of `ready`; copy(context, to, at, size) gives them. No lock, any IRQL <= DISPATCH_LEVEL. */
NTSTATUS wfp_stream_put(uint64_t flow, bool inbound, size_t size, bool end,
                        bool (*copy)(void *context, uint8_t *to, size_t at, size_t size), void *context);
NTSTATUS wfp_stream_resume(uint64_t flow);

#endif
