/* Bytes of a stream that wait somewhere: pieces of pbufs, in order. A piece that is cut shares its pbuf. */
#ifndef TCPIP_WFP_CHUNKS_H
#define TCPIP_WFP_CHUNKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pbuf;

struct chunk {
    struct chunk *next;
    struct pbuf *p;
    uint32_t at, size;                  /* in p */
    uint32_t by;                        /* the callout that injected it, which is not shown it; 0: none */
    uint16_t past;                      /* the sublayer that has decided about it */
    bool has_past;
    bool at_once;                       /* FWPS_STREAM_FLAG_SEND_NODELAY, _RECEIVE_PUSH: nothing is to wait behind it */
};

struct chunks {
    struct chunk *first, **last;
    size_t bytes;
    unsigned marked;                    /* how many have `by` or `past` */
};

void chunks_init(struct chunks *q);
void chunks_clear(struct chunks *q);
/* Takes p. False without memory; p is the caller's then. */
bool chunks_push(struct chunks *q, struct pbuf *p);
/* All of `from` goes to the end of `to`. */
void chunks_append(struct chunks *to, struct chunks *from);
/* Makes a piece begin `size` bytes behind the front. False without memory. */
bool chunks_cut(struct chunks *q, size_t size);
/* The first piece; the caller frees it. NULL: none. */
struct chunk *chunks_pop(struct chunks *q);
void chunks_put(struct chunks *q, struct chunk *c);
void chunk_mark(struct chunks *q, struct chunk *c, uint32_t by, bool has_past, uint16_t past);
void chunk_free(struct chunk *c);
/* Its bytes as a pbuf of their own, instead of the piece. NULL without memory; the piece is gone, too. */
struct pbuf *chunk_pbuf(struct chunk *c);
/* Where it begins, and how many bytes follow there. */
const void *chunk_bytes(const struct chunk *c, size_t *size);
/* `size` bytes are gone from the first piece, which has more. */
void chunks_advance(struct chunks *q, size_t size);
void chunks_copy(const struct chunks *q, size_t at, uint8_t *to, size_t size);
void chunks_close(void);                /* gives the memory of unused pieces back */

#endif
