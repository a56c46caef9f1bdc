/* A wire: the outside of a network card. Frames are whole Ethernet frames without FCS.
 * One computer, one host thread: no call here is ever concurrent with another. A wire may deliver frames from inside
 * its own send, flush and set_ready, so a card keeps its two directions apart. */
#ifndef WIRE_WIRE_H
#define WIRE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/clock.h"
#include "base/spec.h"

struct wire;

#define WIRE_FRAME_MIN 14u              /* an Ethernet header */
#define WIRE_FRAME_MAX 65550u           /* the largest frame any wire carries, in bytes */

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
    /* Takes one frame from the card, copying what it keeps. False: not taken. When the wire then has `blocked` set, the
     * card may keep the frame and offer it again after the writable callback; otherwise the frame is lost. */
    bool (*send)(struct wire *wire, const struct iovec *parts, int count);
    /* The card's burst of sends is over. May be NULL. */
    void (*flush)(struct wire *wire);
    /* Card side says whether it can take frames; a wire stops reading its source while it cannot. May be NULL. */
    void (*set_ready)(struct wire *wire, bool ready);
    /* True when the wire has no more to deliver ever (end of a replayed file). NULL: never ends. */
    bool (*finished)(struct wire *wire);
    void (*close)(struct wire *wire);
    bool external;                      /* frames come from outside the process, in real time */
};

struct wire {
    const struct wire_ops *ops;
    /* The card sets these before the first frame. deliver returns false when the card had no room; a card that says so
     * while it is in use also says set_ready(false). The others may be NULL. */
    bool (*deliver)(void *card, const struct iovec *parts, int count);
    void (*burst_end)(void *card);      /* no further frame follows at once: time to interrupt */
    void (*writable)(void *card);       /* room again after a send that found the wire blocked */
    void (*link_changed)(void *card, bool up);
    void *card;
    struct wire_stats stats;
    unsigned end;                       /* 0, or 1 for the second end of a link: the two must differ in what they choose */
    bool link_up;
    bool ready;                         /* what the card said last; false until it is started */
    bool blocked;                       /* sends fail for want of room, until writable */
};

/* Opens by specification: `slirp,hostfwd=...`, `tap:NAME`, `pcap:IN,out=OUT`, `link:SOCKET`, `null`, `loop`.
 * Every kind also takes delay=TIME, loss=PERCENT, reorder=PERCENT and faultseed=N (see wire/fault.c).
 * Keys that wires do not know must have been used by the card already; spec_finish is the caller's. The wire keeps
 * nothing of `spec`, but `clock` must outlive it. */
struct wire *wire_open(struct spec *spec, struct clock *clock);
/* Closes the wire and everything it wraps. NULL is allowed. */
void wire_close(struct wire *wire);
/* Every kind there is, NULL-terminated, for --help. */
extern const struct wire_ops *const wire_kinds[];

/* Wraps a wire so that both directions are written to a pcapng file; closing it closes the inner wire. NULL with
 * error_text() when the file cannot be made; the inner wire is then still the caller's. */
struct wire *wire_capture(struct wire *inner, const char *path, struct clock *clock);

static inline bool wire_send(struct wire *wire, const struct iovec *parts, int count)
{
    return wire->ops->send(wire, parts, count);
}

static inline void wire_flush(struct wire *wire)
{
    if (wire->ops->flush)
        wire->ops->flush(wire);
}

static inline void wire_set_ready(struct wire *wire, bool ready)
{
    wire->ready = ready;
    if (wire->ops->set_ready)
        wire->ops->set_ready(wire, ready);
}

#endif
