/* Net events: what the engine dropped, and why. The last FWP_NET_EVENTS are kept; recording allocates nothing.
 * docs: fwp/event-management, fwpmtypes/ns-fwpmtypes-fwpm_net_event_header1 */
#ifndef FWP_NET_EVENT_H
#define FWP_NET_EVENT_H

#include <fwpmk.h>
#include <fwpsk.h>

#include <stdbool.h>
#include <stdint.h>

#include "fwp/fwp.h"
#include "fwp/layer.h"

#define FWP_NET_EVENTS 512
#define FWP_APP_MOST 64

struct fwp_net_event {
    uint64_t sequence;                  /* counts events; 0: no event */
    uint64_t time;                      /* 100 ns since 1601 */
    uint64_t filter;
    uint32_t flags;                     /* FWPM_NET_EVENT_FLAG_* */
    uint32_t scope, reauthorize_reason;
    uint32_t callout;                   /* who decided; 0: the filter itself */
    uint16_t layer, local_port, remote_port;
    uint8_t version, protocol;          /* FWP_IP_VERSION */
    bool loopback, veto, inbound;
    union {
        UINT32 v4;
        FWP_BYTE_ARRAY16 v6;
    } local, remote;
    uint8_t app_size;                   /* of the application's identifier; longer ones are not kept */
    uint8_t app[FWP_APP_MOST];
};

void fwp_net_events_open(void);
/* The time, the layer and the ends of what is classified; values NULL: only the time. IRQL <= DISPATCH_LEVEL. */
void fwp_net_event_begin(struct fwp_net_event *event, const FWPS_INCOMING_VALUES0 *values);
/* Records a drop, and queues it to subscribers. IRQL <= DISPATCH_LEVEL. No effect while collection is off. */
void fwp_net_event_drop(const struct fwp_layer *layer, const FWPS_INCOMING_VALUES0 *values,
                        const FWPS_INCOMING_METADATA_VALUES0 *metadata, const struct fwp_verdict *verdict);
/* The event with this or the next later sequence number that is kept; NULL: none. */
const struct fwp_net_event *fwp_net_event_from(uint64_t sequence);
uint64_t fwp_net_event_count(void);

extern bool fwp_net_events_on;          /* FWPM_ENGINE_COLLECT_NET_EVENTS */
extern uint32_t fwp_net_event_keywords; /* FWPM_ENGINE_NET_EVENT_MATCH_ANY_KEYWORDS: inbound multicast and broadcast are wanted, too */
/* net_event_calls.c: an event was recorded; tells subscribers when that can be done. */
extern void (*fwp_net_event_recorded)(void);

/* net_event_template.c. NULL: all events. STATUS_FWP_INVALID_INTERVAL, _NULL_POINTER, _CONDITION_NOT_FOUND, _DUPLICATE_CONDITION, and
 * what fwp_condition_check finds. */
NTSTATUS fwp_net_template_check(const FWPM_NET_EVENT_ENUM_TEMPLATE0 *template);
bool fwp_net_template_matches(const FWPM_NET_EVENT_ENUM_TEMPLATE0 *template, const struct fwp_net_event *event);

#endif
