/* What NDIS tells its listeners (check/). One predictable branch while nobody listens.
 *
 * | kind          | a                        | b                                      |
 * |---------------|--------------------------|----------------------------------------|
 * | NBL_WRONG     | NET_BUFFER_LIST          | who moved it: a binding, filter module, adapter, or 0; text: what it did |
 * | NBL_TOUCHED   | NET_BUFFER_LIST          | text: since when nobody may write to it |
 * | OID           | NDIS_OID_REQUEST         | the adapter or filter module whose driver gets it |
 * | OID_COMPLETE  | NDIS_OID_REQUEST         | NDIS_STATUS                            |
 * | OID_WRONG     | NDIS_OID_REQUEST         | the adapter or filter module whose driver does it; text: what |
 * | STATE         | adapter                  | enum adapter_state                     |
 * | WAITS         | adapter                  | text: what NDIS has waited for since ten seconds |
 * | MISUSE        | handle                   | text of what is wrong                  |
 *
 * Who has which list is kept beside the list (ledger.h); a step that may not be made is NBL_WRONG, before it is made. */
#ifndef NDIS_EVENT_H
#define NDIS_EVENT_H

#include <stdint.h>

#include "base/util.h"

enum ndis_event_kind {
    NDIS_EVENT_NBL_WRONG, NDIS_EVENT_NBL_TOUCHED, NDIS_EVENT_OID, NDIS_EVENT_OID_COMPLETE, NDIS_EVENT_STATE, NDIS_EVENT_WAITS,
    NDIS_EVENT_OID_WRONG, NDIS_EVENT_MISUSE, NDIS_EVENT_COUNT
};

struct ndis_event {
    enum ndis_event_kind kind;
    uint64_t a, b;
    const void *caller;                 /* the return address of the export's caller, when it is known */
    const char *text;
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
