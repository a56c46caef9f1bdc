/* What waits at the stream layers, for people. */
#include <string.h>

#include "fwp/injection.h"
#include "tcpip/tcp_internal.h"
#include "tcpip/wfp_endpoint.h"
#include "tcpip/wfp_stream_internal.h"

struct visit {
    void (*each)(void *context, const struct fwp_stream_queue *queue);
    void *context;
};

static void take_address(uint8_t to[16], const struct ip_address *from)
{
    uint32_t number = (uint32_t)from->bytes[0] << 24 | (uint32_t)from->bytes[1] << 16 | (uint32_t)from->bytes[2] << 8 | from->bytes[3];

    if (from->family == 4)
        memcpy(to, &number, sizeof number);
    else
        memcpy(to, from->bytes, 16);
}

static void visit_direction(const struct visit *visit, const struct wfp_stream *s, struct fwp_stream_queue queue, bool inbound)
{
    const struct direction *d = &s->direction[inbound];

    queue.inbound = inbound;
    for (const struct stage *g = s->stages; g; g = g->next) {
        const struct stage_side *side = &g->side[inbound];
        queue.filter = g->step.filter;
        queue.callout = g->step.callout;
        queue.waiting = side->waiting.bytes;
        queue.needed = side->needed;
        queue.deferred = side->deferred;
        queue.ended = side->end_waits || side->end_held;
        queue.gone = g->gone;
        visit->each(visit->context, &queue);
    }
    queue.filter = queue.callout = 0;
    queue.waiting = d->ready.bytes;
    queue.needed = 0;
    queue.deferred = queue.gone = false;
    queue.ended = d->end_ready;
    visit->each(visit->context, &queue);
}

void wfp_stream_queues(void (*each)(void *context, const struct fwp_stream_queue *queue), void *context)
{
    const struct visit visit = { each, context };

    stack_enter();
    list_each(node, tcp_list()) {
        const struct tcpip_tcp *tcp = container_of(node, struct tcpip_tcp, node);
        if (!tcp->wfp.stream || tcp->wfp.stream->dead)
            continue;
        struct wfp_info info = wfp_stream_info(tcp);
        struct fwp_stream_queue queue = { .flow = tcp->wfp.flow, .version = info.remote.family == 6 ? FWP_IP_VERSION_V6 : FWP_IP_VERSION_V4,
                                          .local_port = info.local_port, .remote_port = info.remote_port };
        take_address(queue.local, &info.local);
        take_address(queue.remote, &info.remote);
        visit_direction(&visit, tcp->wfp.stream, queue, false);
        visit_direction(&visit, tcp->wfp.stream, queue, true);
    }
    stack_leave();
}
