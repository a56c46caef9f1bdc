/* A wire around another wire: passes everything through, and lets its owner step in between. */
#ifndef WIRE_WRAPPER_H
#define WIRE_WRAPPER_H

#include "wire/wire_impl.h"

struct wrapper {
    struct wire wire;                   /* first; what the card sees */
    struct wire_ops ops;                /* wire.ops points here */
    struct wire *inner;
};

/* Puts `wrapper` in front of `inner`, with pass-through for every member the owner does not replace afterwards in
 * wrapper->ops or inner->deliver. The owner sets ops.close and ends it with wrapper_close. */
void wrapper_init(struct wrapper *wrapper, struct wire *inner);
/* Closes the inner wire. */
void wrapper_close(struct wrapper *wrapper);

/* The pass-through members, for owners that do something first. */
bool wrapper_send(struct wire *wire, const struct iovec *parts, int count);
bool wrapper_deliver(void *card, const struct iovec *parts, int count);

#endif
