#include "tcpip/wfp_chunks.h"

#include <lwip/pbuf.h>
#include <stdlib.h>

#include "base/util.h"
#include "tcpip/stack.h"

#define MOST_SHARED 200u                /* lwIP counts to 255 */

static struct chunk *unused;

void chunks_init(struct chunks *q)
{
    *q = (struct chunks){ .last = &q->first };
}

static struct chunk *make(struct pbuf *p, size_t at, size_t size)
{
    struct chunk *c = unused;

    if (c)
        unused = c->next;
    else if (!(c = stack_calloc(sizeof *c)))
        return NULL;
    *c = (struct chunk){ .p = p, .at = (uint32_t)at, .size = (uint32_t)size };
    return c;
}

static void forget(struct chunk *c)
{
    c->next = unused;
    unused = c;
}

void chunk_free(struct chunk *c)
{
    pbuf_free(c->p);
    forget(c);
}

void chunks_clear(struct chunks *q)
{
    struct chunk *c;

    while ((c = chunks_pop(q)))
        chunk_free(c);
}

static bool is_marked(const struct chunk *c)
{
    return c->by || c->has_past;
}

void chunks_put(struct chunks *q, struct chunk *c)
{
    c->next = NULL;
    *q->last = c;
    q->last = &c->next;
    q->bytes += c->size;
    q->marked += is_marked(c);
}

bool chunks_push(struct chunks *q, struct pbuf *p)
{
    struct chunk *c = make(p, 0, p->tot_len);

    if (!c)
        return false;
    chunks_put(q, c);
    return true;
}

void chunks_append(struct chunks *to, struct chunks *from)
{
    if (!from->first)
        return;
    *to->last = from->first;
    to->last = from->last;
    to->bytes += from->bytes;
    to->marked += from->marked;
    chunks_init(from);
}

struct chunk *chunks_pop(struct chunks *q)
{
    struct chunk *c = q->first;

    if (!c)
        return NULL;
    q->first = c->next;
    if (!q->first)
        q->last = &q->first;
    q->bytes -= c->size;
    q->marked -= is_marked(c);
    return c;
}

void chunk_mark(struct chunks *q, struct chunk *c, uint32_t by, bool has_past, uint16_t past)
{
    q->marked -= is_marked(c);
    c->by = by;
    c->has_past = has_past;
    c->past = past;
    q->marked += is_marked(c);
}

static struct chunk *copy_rest(const struct chunk *c, size_t size)
{
    struct pbuf *p = pbuf_alloc(PBUF_RAW, (u16_t)(c->size - size), PBUF_RAM);
    struct chunk *rest = p ? make(p, 0, c->size - size) : NULL;

    if (rest)
        pbuf_copy_partial(c->p, p->payload, p->tot_len, (u16_t)(c->at + size));
    else if (p)
        pbuf_free(p);
    if (rest && c->at + c->size == c->p->tot_len)
        p->flags |= c->p->flags & PBUF_FLAG_PUSH;
    return rest;
}

bool chunks_cut(struct chunks *q, size_t size)
{
    struct chunk *c = q->first, *rest;

    for (; c && size >= c->size; c = c->next)
        size -= c->size;
    if (!c || !size)
        return true;
    if (!(rest = c->p->ref < MOST_SHARED ? make(c->p, c->at + size, c->size - size) : copy_rest(c, size)))
        return false;
    if (rest->p == c->p)
        pbuf_ref(c->p);
    rest->by = c->by;
    rest->past = c->past;
    rest->has_past = c->has_past;
    rest->at_once = c->at_once;
    rest->next = c->next;
    if (!c->next)
        q->last = &rest->next;
    c->next = rest;
    c->size = (uint32_t)size;
    c->at_once = false;
    q->marked += is_marked(rest);
    return true;
}

struct pbuf *chunk_pbuf(struct chunk *c)
{
    struct pbuf *p = c->p, *own = p;

    if (c->at || c->size != p->tot_len) {
        own = pbuf_alloc(PBUF_RAW, (u16_t)c->size, PBUF_RAM);
        if (own)
            pbuf_copy_partial(p, own->payload, (u16_t)c->size, (u16_t)c->at);
        if (own && c->at + c->size == p->tot_len)
            own->flags |= p->flags & PBUF_FLAG_PUSH;
        pbuf_free(p);
    }
    if (own && c->at_once)
        own->flags |= PBUF_FLAG_PUSH;
    forget(c);
    return own;
}

const void *chunk_bytes(const struct chunk *c, size_t *size)
{
    const struct pbuf *p = c->p;
    size_t at = c->at;

    for (; at >= p->len; p = p->next)
        at -= p->len;
    *size = min_u64(p->len - at, c->size);
    return (const uint8_t *)p->payload + at;
}

void chunks_advance(struct chunks *q, size_t size)
{
    q->first->at += (uint32_t)size;
    q->first->size -= (uint32_t)size;
    q->bytes -= size;
}

void chunks_copy(const struct chunks *q, size_t at, uint8_t *to, size_t size)
{
    for (const struct chunk *c = q->first; c && size; c = c->next) {
        if (at >= c->size) {
            at -= c->size;
            continue;
        }
        size_t n = min_u64(size, c->size - at);
        pbuf_copy_partial(c->p, to, (u16_t)n, (u16_t)(c->at + at));
        to += n;
        size -= n;
        at = 0;
    }
}

void chunks_close(void)
{
    while (unused) {
        struct chunk *next = unused->next;
        free(unused);
        unused = next;
    }
}
