/* Packets as callouts see them: a NET_BUFFER_LIST with one NET_BUFFER over one piece of nonpaged pool.
 *
 *  1. The bytes are a copy made for the classification. Whoever holds a reference may keep and read them as long as it likes;
 *     the stack goes on with its own.
 *  2. A reference belongs to whoever took the packet, to each FwpsReferenceNetBufferList0, and to each clone. Without any the
 *     packet goes back to its free list. While a rule listens for STALE its bytes are overwritten first, it waits behind
 *     others before it is used again, and is looked at then: somebody may have written to it.
 *  3. There are BACKFILL bytes before the first header, so that a retreat needs no memory.
 *  4. tags[0] is the injection that the packet comes from, tags[1] the one before it.
 *  5. A packet with `info` carries the flags and out-of-band data of a frame, which its clones get, too. */
#ifndef FWP_PACKET_H
#define FWP_PACKET_H

#include <fwpsk.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fwp/tag.h"

#define FWP_PACKET_BACKFILL 64u
#define FWP_PACKET_CONTEXTS 4u

/* A driver's context that follows the packet (FwpsNetBufferListAssociateContext). tag 0: free. */
struct fwp_packet_context {
    uint64_t tag, context;
    uint16_t layer;
    bool returns;                       /* of version 1 */
    void *notify;
};

struct fwp_packet {
    struct fwp_packet *next, *next_made;
    PNET_BUFFER_LIST nbl;
    PMDL mdl;
    uint8_t *bytes;                     /* behind the backfill */
    uint32_t space;
    uint32_t headers;                   /* bytes before the start that the layer shows */
    unsigned size_class, references;
    unsigned lent;                      /* references that drivers took with FwpsReferenceNetBufferList0 */
    bool info;
    uint32_t poisoned;                  /* bytes that are overwritten, from `bytes` on */
    uint64_t released_by;               /* return address, or the classifyFn that saw it; 0: unknown */
    unsigned hops;                      /* how often in a row its injector has injected it */
    unsigned tag_count;
    struct fwp_tag tags[FWP_TAGS];
    struct fwp_packet_context contexts[FWP_PACKET_CONTEXTS];
};

/* Room for `size` bytes, one reference, no tags; its NET_BUFFER is empty. NULL: no memory. IRQL <= DISPATCH_LEVEL. */
struct fwp_packet *fwp_packet_take(size_t size);
/* The NET_BUFFER begins `start` bytes behind `bytes` and has `length` of them. */
void fwp_packet_show(struct fwp_packet *packet, uint32_t start, uint32_t length);
/* Out-of-band data, and what goes with it, of a list. */
void fwp_packet_take_info(struct fwp_packet *packet, const NET_BUFFER_LIST *from);
void fwp_packet_hold(struct fwp_packet *packet);
void fwp_packet_release(struct fwp_packet *packet);
/* The same for the driver whose call returns to `caller`. */
void fwp_packet_release_for(struct fwp_packet *packet, uint64_t caller);
/* Tells STALE of packets that were written to after they were released. */
void fwp_packets_check(void);
/* The packet that the list is, or is a clone of (of a clone of ..); NULL: a list that a driver made. */
struct fwp_packet *fwp_packet_of(const NET_BUFFER_LIST *nbl);
/* Packets that somebody holds. */
unsigned fwp_packets_held(void);

bool fwp_packets_open(void);
/* Whatever drivers still hold goes, too. */
void fwp_packets_close(void);

#endif
