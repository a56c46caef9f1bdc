/* A wire: the outside of a network card. Frames are whole Ethernet frames without FCS.
 * One computer, one host thread: no call here is ever concurrent with another. */
#ifndef WIRE_WIRE_H
#define WIRE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/clock.h"
#include "base/spec.h"

struct wire;

struct wire_stats {
    uint64_t tx_frames, tx_bytes;       /* card to wire */
    uint64_t rx_frames, rx_bytes;       /* wire to card */
    uint64_t tx_dropped, rx_dropped;
};

struct wire_ops {
    const char *kind;                   /* the SPEC kind: "slirp", "tap", ... */
    const char *help;                   /* one line for --help */
    /* NULL with error_text() when the specification or the world does not allow it. */
    struct wire *(*open)(struct spec *spec, struct clock *clock);
    /* Takes one frame from the card, copying what it keeps. False: no room now, the frame is dropped. */
    bool (*send)(struct wire *wire, const struct iovec *parts, int count);
    /* Card side says whether it can take frames; a wire stops reading its source while it cannot. May be NULL. */
    void (*set_ready)(struct wire *wire, bool ready);
    /* True when the wire has no more to deliver ever (end of a replayed file). NULL: never ends. */
    bool (*finished)(struct wire *wire);
    void (*close)(struct wire *wire);
    bool external;                      /* frames come from outside the process, in real time */
};

struct wire {
    const struct wire_ops *ops;
    /* The card sets these before the first frame. deliver returns false when the card had no room. */
    bool (*deliver)(void *card, const struct iovec *parts, int count);
    void *card;
    struct wire_stats stats;
    bool link_up;
    void (*link_changed)(void *card, bool up);
};

/* Opens by specification: `slirp,hostfwd=...`, `tap:NAME`, `pcap:IN,out=OUT`, `link:SOCKET`, `null`, `loop`.
 * Keys that wires do not know must have been used by the card already; spec_finish is the caller's. */
struct wire *wire_open(struct spec *spec, struct clock *clock);
void wire_close(struct wire *wire);
/* Every kind there is, NULL-terminated, for --help. */
extern const struct wire_ops *const wire_kinds[];

/* Wraps a wire so that both directions are written to a pcapng file; closing it closes the inner wire. */
struct wire *wire_capture(struct wire *inner, const char *path, struct clock *clock);

static inline bool wire_send(struct wire *wire, const struct iovec *parts, int count)
{
    return wire->ops->send(wire, parts, count);
}

#endif
