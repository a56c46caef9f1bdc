/* The queues of the stream layers as text and JSON. */
#include <inttypes.h>

#include "fwp/describe.h"
#include "fwp/injection.h"

struct stream_list {
    struct writer *w;
    unsigned shown;
    uint64_t flow;                      /* of the last line */
};

static void begin_flow(struct writer *w, const struct fwp_stream_queue *queue)
{
    write_text(w, "  flow %" PRIu64 ": ", queue->flow);
    fwp_describe_address(w, queue->version, queue->local);
    write_text(w, " port %u, ", queue->local_port);
    fwp_describe_address(w, queue->version, queue->remote);
    write_text(w, " port %u\n", queue->remote_port);
}

static void as_text(struct stream_list *list, const struct fwp_stream_queue *queue)
{
    struct writer *w = list->w;

    if (!list->shown || list->flow != queue->flow)
        begin_flow(w, queue);
    write_text(w, "    %s, ", queue->inbound ? "in" : "out");
    if (queue->filter)
        write_text(w, "before filter %" PRIu64 ", callout %u: ", queue->filter, (unsigned)queue->callout);
    else
        write_text(w, "behind the last filter: ");
    write_text(w, "%zu bytes", queue->waiting);
    if (queue->needed)
        write_text(w, ", shown from %zu on", queue->needed);
    write_text(w, "%s%s%s\n", queue->ended ? ", the end" : "", queue->deferred ? ", deferred" : "", queue->gone ? ", the filter is gone" : "");
}

static void as_json(struct stream_list *list, const struct fwp_stream_queue *queue)
{
    struct writer *w = list->w;

    write_text(w, "%s{\"flow\":%" PRIu64 ",\"inbound\":%s,\"filter\":%" PRIu64 ",\"callout\":%u,\"waiting\":%zu,\"needed\":%zu,\"ended\":%s,"
               "\"deferred\":%s,\"gone\":%s,\"local\":\"", list->shown ? "," : "", queue->flow, queue->inbound ? "true" : "false", queue->filter,
               (unsigned)queue->callout, queue->waiting, queue->needed, queue->ended ? "true" : "false", queue->deferred ? "true" : "false",
               queue->gone ? "true" : "false");
    fwp_describe_address(w, queue->version, queue->local);
    write_text(w, " port %u\",\"remote\":\"", queue->local_port);
    fwp_describe_address(w, queue->version, queue->remote);
    write_text(w, " port %u\"}", queue->remote_port);
}

static void one(void *context, const struct fwp_stream_queue *queue)
{
    struct stream_list *list = context;

    if (list->w->format == WRITE_JSON)
        as_json(list, queue);
    else
        as_text(list, queue);
    list->flow = queue->flow;
    list->shown++;
}

void fwp_describe_streams(struct writer *w)
{
    struct stream_list list = { .w = w };

    write_text(w, w->format == WRITE_JSON ? ",\"streams\":[" : "streams\n");
    if (fwp_network())
        fwp_network()->stream_queues(one, &list);
    write_text(w, w->format == WRITE_JSON ? "]" : list.shown ? "" : "  none\n");
}
