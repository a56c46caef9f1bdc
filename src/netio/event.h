/* What netio.sys tells its listeners (check/). One predictable branch while nobody listens.
 *
 * | kind   | a                          | b                      | text                          |
 * |--------|----------------------------|------------------------|-------------------------------|
 * | MISUSE | socket, client or anything | anything               | a sentence                    | */
#ifndef NETIO_EVENT_H
#define NETIO_EVENT_H

#include <stdint.h>

#include "base/util.h"
#include "pe/pe.h"

enum netio_event_kind { NETIO_EVENT_MISUSE, NETIO_EVENT_COUNT };

struct netio_event {
    enum netio_event_kind kind;
    const char *text;
    uint64_t a, b;
    struct pe_caller caller;            /* rip 0: not called by a driver */
};

extern void (*netio_event_sink)(const struct netio_event *event);
extern uint32_t netio_event_mask;       /* bits of enum netio_event_kind */

/* frame: __builtin_frame_address(0) of the function that the driver called, NULL when it called none. */
#define NETIO_EMIT(event_kind, what, first, second, frame)                                                          \
    do {                                                                                                            \
        if (unlikely(netio_event_mask & (1u << (event_kind)))) {                                                    \
            struct netio_event netio_event_ = { (event_kind), (what), (uint64_t)(uintptr_t)(first),                 \
                                                (uint64_t)(uintptr_t)(second), { 0 } };                             \
            void *netio_frame_ = (frame);                                                                           \
            if (netio_frame_ != NULL)                                                                               \
                netio_event_.caller = pe_caller_of(netio_frame_);                                                   \
            netio_event_sink(&netio_event_);                                                                        \
        }                                                                                                           \
    } while (0)

#endif
