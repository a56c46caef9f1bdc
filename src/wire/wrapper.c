#include "wire/wrapper.h"

bool wrapper_send(struct wire *wire, const struct iovec *parts, int count)
{
    struct wrapper *wrapper = container_of(wire, struct wrapper, wire);

    if (wire_send(wrapper->inner, parts, count))
        return wire_sent(wire, frame_size(parts, count));
    wire->blocked = wrapper->inner->blocked;
    return wire->blocked ? false : wire_lost(wire);
}

bool wrapper_deliver(void *card, const struct iovec *parts, int count)
{
    struct wrapper *wrapper = card;

    return wire_deliver(&wrapper->wire, parts, count);
}

static void pass_flush(struct wire *wire)
{
    wire_flush(container_of(wire, struct wrapper, wire)->inner);
}

static void pass_set_ready(struct wire *wire, bool ready)
{
    wire_set_ready(container_of(wire, struct wrapper, wire)->inner, ready);
}

static bool pass_finished(struct wire *wire)
{
    struct wire *inner = container_of(wire, struct wrapper, wire)->inner;

    return inner->ops->finished && inner->ops->finished(inner);
}

static void pass_burst_end(void *card)
{
    wire_burst_end(&((struct wrapper *)card)->wire);
}

static void pass_writable(void *card)
{
    wire_set_writable(&((struct wrapper *)card)->wire);
}

static void pass_link_changed(void *card, bool up)
{
    wire_set_link(&((struct wrapper *)card)->wire, up);
}

void wrapper_init(struct wrapper *wrapper, struct wire *inner)
{
    wrapper->inner = inner;
    wrapper->ops = (struct wire_ops){
        .kind = inner->ops->kind, .help = inner->ops->help, .external = inner->ops->external,
        .send = wrapper_send, .flush = pass_flush, .set_ready = pass_set_ready,
        .finished = inner->ops->finished ? pass_finished : NULL,
    };
    wrapper->wire.ops = &wrapper->ops;
    wrapper->wire.link_up = inner->link_up;
    wrapper->wire.end = inner->end;
    inner->card = wrapper;
    inner->deliver = wrapper_deliver;
    inner->burst_end = pass_burst_end;
    inner->writable = pass_writable;
    inner->link_changed = pass_link_changed;
}

void wrapper_close(struct wrapper *wrapper)
{
    wrapper->wire.deliver = NULL;
    wrapper->wire.link_changed = NULL;
    wrapper->wire.writable = NULL;
    wrapper->wire.burst_end = NULL;
    wire_close(wrapper->inner);
}
