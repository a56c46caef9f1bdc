/* What NDIS tells its listeners (check/). One predictable branch while nobody listens.
 *
 * | kind          | a                        | b                                      |
 * |---------------|--------------------------|----------------------------------------|
 * | NBL_ALLOC     | NET_BUFFER_LIST          | pool handle; before its fields are set |
 * | NBL_FREE      | NET_BUFFER_LIST          | pool handle; nothing of it is used now |
 * | SEND          | first NET_BUFFER_LIST    | binding, or filter module, that sends  |
 * | SEND_COMPLETE | first NET_BUFFER_LIST    | adapter, or filter module              |
 * | INDICATE      | first NET_BUFFER_LIST    | adapter, or filter module              |
 * | RETURN        | first NET_BUFFER_LIST    | binding, or filter module              |
 * | HELD          | first NET_BUFFER_LIST    | binding, filter module or adapter that has the chain from now on |
 * | OID           | NDIS_OID_REQUEST         | adapter                                |
 * | OID_COMPLETE  | NDIS_OID_REQUEST         | NDIS_STATUS                            |
 * | STATE         | adapter                  | enum adapter_state                     |
 * | WAITS         | adapter                  | text: what NDIS has waited for since ten seconds |
 * | MISUSE        | handle                   | text of what is wrong                  |
 *
 * SEND and INDICATE are emitted when NDIS takes the chain on; one that it gives back at once does not appear. An indication with
 * NDIS_RECEIVE_FLAGS_RESOURCES has nobody HELD: the lists stay where they are. */
#ifndef NDIS_EVENT_H
#define NDIS_EVENT_H

#include <stdint.h>

#include "base/util.h"

enum ndis_event_kind {
    NDIS_EVENT_NBL_ALLOC, NDIS_EVENT_NBL_FREE, NDIS_EVENT_SEND, NDIS_EVENT_SEND_COMPLETE, NDIS_EVENT_INDICATE,
    NDIS_EVENT_RETURN, NDIS_EVENT_HELD, NDIS_EVENT_OID, NDIS_EVENT_OID_COMPLETE, NDIS_EVENT_STATE, NDIS_EVENT_WAITS,
    NDIS_EVENT_MISUSE, NDIS_EVENT_COUNT
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
