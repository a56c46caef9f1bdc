/* Who has which NET_BUFFER_LIST: four words beside each list (struct nbl_trace), written where NDIS walks a chain anyway.
 *
 *  1. `holder` is who has the list, `origin` who set it on its way. They are the same while the list is at home: before its first
 *     way both are NULL. A list that is at home may be set on a way by anybody who has it.
 *  2. A list that is not at home moves when its holder says so: hands it on, completes it, returns it. The edges of one driver (two
 *     bindings, the two edges of an intermediate driver) count as one holder.
 *  3. A step that breaks 1 or 2 is reported before it is made (NDIS_EVENT_NBL_WRONG). After that the list is where the driver says it
 *     is: one mistake is one report. A list that is at home and is given back stays at home.
 *  4. What nobody may write to is marked: a free list all over, MiniportReserved of a sent list that came home to its protocol,
 *     ProtocolReserved[2] and [3] of a received one that came home to its miniport.
 *
 * A step costs a few loads and stores in one cache line. Nothing allocates. docs: network/send-and-receive-operations */
#ifndef NDIS_LEDGER_H
#define NDIS_LEDGER_H

#include "ndis/nbl_pool.h"

#define LEDGER_MARK ((void *)(uintptr_t)0xd9d9d9d9d9d9d9d8ull)
#define LEDGER_FREE LEDGER_MARK         /* holder of a list that is not allocated */

/* One step of a chain of lists. */
struct ledger_step {
    const void *who, *next;             /* who makes it; who has the lists then */
    const void *peer;                   /* another edge of who's driver, known to be one; or who */
    const void *caller;
    uint64_t now;
};

/* next NULL: the lists stay with who. */
struct ledger_step ledger_step(const void *who, const void *next, const void *caller);
/* The list is not with s->who: looks closer, and reports when its driver does not have it either. False: it is at home. */
bool ledger_odd(struct ledger_step *s, PNET_BUFFER_LIST nbl, const char *what);
/* Reports when the words were written to since the list came home to s->who. */
void ledger_check_home(const struct ledger_step *s, PNET_BUFFER_LIST nbl, void *const *reserved);
void ledger_report_dma(const struct ledger_step *s, PNET_BUFFER_LIST nbl);

static inline struct nbl_trace *ledger_trace(PNET_BUFFER_LIST nbl)
{
    return &container_of(nbl, struct nbl_cell, nbl)->trace;
}

static inline void ledger_put(const struct ledger_step *s, struct nbl_trace *t, const void *holder)
{
    t->holder = holder;
    t->caller = s->caller;
    t->since = s->now;
}

/* A binding sends, an adapter indicates. reserved: the words of 4 that the origin must find as they are. */
static inline void ledger_begin(struct ledger_step *s, PNET_BUFFER_LIST nbl, void *const *reserved, const char *what)
{
    struct nbl_trace *t = ledger_trace(nbl);

    if (likely(t->holder == t->origin)) {
        if (unlikely(reserved[0] != LEDGER_MARK || reserved[1] != LEDGER_MARK) && t->origin == s->who)
            ledger_check_home(s, nbl, reserved);
        t->origin = s->who;
    } else if (unlikely(t->holder != s->peer) && !ledger_odd(s, nbl, what)) {
        t->origin = s->who;
    }
    ledger_put(s, t, s->next);
}

/* A filter module hands on what it has, or what it made. */
static inline void ledger_pass(struct ledger_step *s, PNET_BUFFER_LIST nbl, const char *what)
{
    struct nbl_trace *t = ledger_trace(nbl);

    if (t->holder == t->origin)
        t->origin = nbl->SourceHandle == s->who ? s->who : t->origin;
    else if (unlikely(t->holder != s->who))
        ledger_odd(s, nbl, what);
    ledger_put(s, t, s->next);
}

/* Completes or returns; next is who gets it. True: the list is home. */
static inline bool ledger_give_back(struct ledger_step *s, PNET_BUFFER_LIST nbl, const void *next, const char *what)
{
    struct nbl_trace *t = ledger_trace(nbl);

    if (unlikely(t->holder == t->origin || t->holder != s->peer) && !ledger_odd(s, nbl, what))
        return false;
    ledger_put(s, t, next);
    return next == t->origin;
}

/* NDIS itself hands a list on. */
static inline void ledger_move(PNET_BUFFER_LIST nbl, const void *next)
{
    ledger_trace(nbl)->holder = next;
}

static inline void ledger_mark(void **reserved)
{
    reserved[0] = reserved[1] = LEDGER_MARK;
}

void ledger_allocated(PNET_BUFFER_LIST nbl);
void ledger_freed(PNET_BUFFER_LIST nbl, const void *caller);
void ledger_check_free(PNET_BUFFER_LIST nbl);
/* Is this still an object, and which image's? For reports. */
const struct ndis_object *ledger_object(const void *address);
const struct pe_image *ledger_image(const void *address);

#endif
