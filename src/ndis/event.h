/* What NDIS tells its listeners (check/). One predictable branch while nobody listens.
 *
 * | kind          | a                        | b                                |
 * |---------------|--------------------------|----------------------------------|
 * | NBL_ALLOC     | NET_BUFFER_LIST          | pool handle                      |
 * | NBL_FREE      | NET_BUFFER_LIST          | pool handle                      |
 * | SEND          | first NET_BUFFER_LIST    | binding                          |
 * | SEND_COMPLETE | first NET_BUFFER_LIST    | adapter                          |
 * | INDICATE      | first NET_BUFFER_LIST    | receive flags                    |
 * | RETURN        | first NET_BUFFER_LIST    | adapter                          |
 * | OID           | NDIS_OID_REQUEST         | adapter                          |
 * | OID_COMPLETE  | NDIS_OID_REQUEST         | NDIS_STATUS                      |
 * | STATE         | adapter                  | enum adapter_state               |
 * | MISUSE        | handle                   | text of what is wrong            | */
#ifndef NDIS_EVENT_H
#define NDIS_EVENT_H

#include <stdint.h>

#include "base/util.h"

enum ndis_event_kind {
    NDIS_EVENT_NBL_ALLOC, NDIS_EVENT_NBL_FREE, NDIS_EVENT_SEND, NDIS_EVENT_SEND_COMPLETE, NDIS_EVENT_INDICATE,
    NDIS_EVENT_RETURN, NDIS_EVENT_OID, NDIS_EVENT_OID_COMPLETE, NDIS_EVENT_STATE, NDIS_EVENT_MISUSE, NDIS_EVENT_COUNT
};

struct ndis_event {
    enum ndis_event_kind kind;
    uint64_t a, b;
    const void *caller;                 /* the return address of the export's caller, when it is known */
};

extern void (*ndis_event_sink)(const struct ndis_event *event);
extern uint32_t ndis_event_mask;        /* bits of enum ndis_event_kind */

#define NDIS_EMIT(event_kind, first, second, from)                                                                  \
    do {                                                                                                            \
        if (unlikely(ndis_event_mask & (1u << (event_kind)))) {                                                     \
            struct ndis_event ndis_event_ = { (event_kind), (uint64_t)(uintptr_t)(first),                           \
                                              (uint64_t)(uintptr_t)(second), (from) };                              \
            ndis_event_sink(&ndis_event_);                                                                          \
        }                                                                                                           \
    } while (0)

#endif
