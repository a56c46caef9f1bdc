/* What the filter engine tells its listeners (check/). One predictable branch while nobody listens.
 *
 * | kind   | a                         | b                 | text                                        |
 * |--------|---------------------------|-------------------|---------------------------------------------|
 * | MISUSE | callout id or anything    | anything          | a sentence                                  |
 * | SLOW   | callout id                | nanoseconds       | the layer's name                            |
 * | STALE  | NET_BUFFER_LIST           | 0                 | a sentence; without a caller: nobody knows  |
 * | LOOP   | injection handle          | how many times    | the kind of injection                       | */
#ifndef FWP_EVENT_H
#define FWP_EVENT_H

#include <stdint.h>

#include "base/util.h"
#include "pe/pe.h"

enum fwp_event_kind { FWP_EVENT_MISUSE, FWP_EVENT_SLOW, FWP_EVENT_STALE, FWP_EVENT_LOOP, FWP_EVENT_COUNT };

struct fwp_event {
    enum fwp_event_kind kind;
    const char *text;
    uint64_t a, b;
    struct pe_caller caller;            /* of an export, or the callout function itself */
};

extern void (*fwp_event_sink)(const struct fwp_event *event);
extern uint32_t fwp_event_mask;         /* bits of enum fwp_event_kind */

#define FWP_EMIT(event_kind, what, first, second, from)                                                             \
    do {                                                                                                            \
        if (unlikely(fwp_event_mask & (1u << (event_kind)))) {                                                      \
            struct fwp_event fwp_event_ = { (event_kind), (what), (uint64_t)(uintptr_t)(first),                     \
                                            (uint64_t)(uintptr_t)(second), (from) };                                \
            fwp_event_sink(&fwp_event_);                                                                            \
        }                                                                                                           \
    } while (0)

/* A finding about a callback shows the callback. */
static inline struct pe_caller fwp_callback(const void *routine)
{
    return (struct pe_caller){ .rip = (uint64_t)(uintptr_t)routine + 1 };
}

#endif
