/* What the implementations of wires share: delivery with statistics, and frames scattered over parts. */
#ifndef WIRE_WIRE_IMPL_H
#define WIRE_WIRE_IMPL_H

#include <string.h>

#include "base/list.h"
#include "wire/wire.h"

extern const struct wire_ops wire_slirp, wire_tap, wire_pcap, wire_link, wire_null, wire_loop;

static inline size_t frame_size(const struct iovec *parts, int count)
{
    size_t size = 0;

    for (int i = 0; i < count; i++)
        size += parts[i].iov_len;
    return size;
}

/* Gathers a frame; the caller made sure that frame_size() bytes fit. */
static inline size_t frame_gather(void *to, const struct iovec *parts, int count)
{
    uint8_t *at = to;

    for (int i = 0; i < count; i++) {
        memcpy(at, parts[i].iov_base, parts[i].iov_len);
        at += parts[i].iov_len;
    }
    return (size_t)(at - (uint8_t *)to);
}

/* Offers one frame to the card. False: the card had no room; the frame is not counted and is still the caller's. */
static inline bool wire_deliver(struct wire *wire, const struct iovec *parts, int count)
{
    if (!wire->deliver || !wire->deliver(wire->card, parts, count))
        return false;
    wire->stats.rx_frames++;
    wire->stats.rx_bytes += frame_size(parts, count);
    return true;
}

static inline void wire_burst_end(struct wire *wire)
{
    if (wire->burst_end)
        wire->burst_end(wire->card);
}

/* Counts a frame that send() took; returns true for `return wire_sent(...)`. */
static inline bool wire_sent(struct wire *wire, size_t size)
{
    wire->stats.tx_frames++;
    wire->stats.tx_bytes += size;
    return true;
}

/* Counts a frame that send() lost; returns false. */
static inline bool wire_lost(struct wire *wire)
{
    wire->stats.tx_dropped++;
    return false;
}

/* Changes the link state and tells the card when it is new. */
static inline void wire_set_link(struct wire *wire, bool up)
{
    if (wire->link_up == up)
        return;
    wire->link_up = up;
    if (wire->link_changed)
        wire->link_changed(wire->card, up);
}

static inline void wire_set_writable(struct wire *wire)
{
    wire->blocked = false;
    if (wire->writable)
        wire->writable(wire->card);
}

/* wire/fault.c: puts delay, loss and reordering around `inner` when the specification asks for any of them. Returns
 * inner itself when it does not, NULL with error_text() on a bad value (inner is then still the caller's). */
struct wire *wire_fault(struct wire *inner, struct spec *spec, struct clock *clock);

#endif
