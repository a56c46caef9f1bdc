/* NDIS ports, as the other files of NDIS see them. */
#ifndef NDIS_ADAPTER_PORT_H
#define NDIS_ADAPTER_PORT_H

#include "ndis/adapter.h"
#include "ndis/event.h"

void port_init(struct adapter *adapter);
/* The miniport has given its registration attributes; it has halted. */
void port_open(struct adapter *adapter);
void port_close(struct adapter *adapter);
bool port_is_active(struct adapter *adapter, NDIS_PORT_NUMBER number);
/* A miniport's event: false when it is about something else; else *status is NDIS' answer, and on success it goes on up. */
bool port_event(struct adapter *adapter, const NET_PNP_EVENT *event, NDIS_STATUS *status);
/* OID_GEN_ENUMERATE_PORTS. */
NDIS_STATUS port_enumerate(struct adapter *adapter, PNDIS_OID_REQUEST request);
/* OID_GEN_PORT_STATE: NDIS_STATUS_INVALID_PORT for one that is not active. */
NDIS_STATUS port_reply_state(struct adapter *adapter, PNDIS_OID_REQUEST request);
/* NDIS_STATUS_PORT_STATE. */
void port_keep_state(struct adapter *adapter, NDIS_PORT_NUMBER number, const NDIS_PORT_STATE *state);

#endif
