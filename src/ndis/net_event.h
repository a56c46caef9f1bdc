/* PnP events: who is told what. PASSIVE_LEVEL throughout. */
#ifndef NDIS_NET_EVENT_H
#define NDIS_NET_EVENT_H

#include "ndis/filter_module.h"

/* To one protocol, with no binding: what concerns all of them. Waits. */
NDIS_STATUS protocol_event(struct ndis_protocol *protocol, NET_PNP_EVENT_CODE code, void *buffer, uint32_t length);
/* To one filter module. */
void filter_event(struct filter *filter, NET_PNP_EVENT_CODE code);
/* The state of binds and pauses that a miniport asks for. */
void net_event_init(struct adapter *adapter);
/* The computer ends. */
void net_event_close(void);

/* Configuration has changed: of one binding, or of all (adapter NULL, else held). data: as the protocol defines it. The protocol's
 * answer; NDIS_STATUS_ADAPTER_NOT_FOUND: it is not bound there. */
NDIS_STATUS ndis_reconfigure(struct ndis_protocol *protocol, struct adapter *adapter, void *data, uint32_t length);
/* The order of its bindings: adapters' names, as REG_MULTI_SZ. */
NDIS_STATUS ndis_bind_list(struct ndis_protocol *protocol, void *names, uint32_t length);

#endif
