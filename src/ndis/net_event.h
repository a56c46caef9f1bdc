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

/* net_event.c, for protocols whose name (Name of their characteristics) is this. Configuration has changed: of one binding, or of
 * all (adapter NULL). data: as the protocol defines it. The protocol's answer; NDIS_STATUS_ADAPTER_NOT_FOUND: there is no such
 * protocol or binding. */
NDIS_STATUS ndis_reconfigure(const char *protocol, const struct adapter *adapter, void *data, uint32_t length);
/* The order of its bindings: adapters' names, as REG_MULTI_SZ. */
NDIS_STATUS ndis_bind_list(const char *protocol, void *names, uint32_t length);

#endif
