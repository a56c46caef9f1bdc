/* NDIS ports, as the other files of NDIS see them. */
#ifndef NDIS_ADAPTER_PORT_H
#define NDIS_ADAPTER_PORT_H

#include "ndis/adapter.h"
#include "ndis/event.h"

void port_init(struct adapter *adapter);
/* The miniport has given its registration attributes. */
void port_open(struct adapter *adapter);
/* It has halted, or has not initialized. left: what is to be said when it has not freed its ports. */
void port_close(struct adapter *adapter, const char *left);
bool port_is_active(struct adapter *adapter, NDIS_PORT_NUMBER number);
/* A miniport's event: false when it is about something else; else *status is NDIS' answer, and on success it goes on up. */
bool port_event(struct adapter *adapter, const NET_PNP_EVENT *event, NDIS_STATUS *status);
/* The active ports, as NDIS_BIND_PARAMETERS lists them: one block of pool, which the caller frees. NULL: no memory, or none is active. */
PNDIS_PORT port_list(struct adapter *adapter);
/* OID_GEN_ENUMERATE_PORTS. */
NDIS_STATUS port_enumerate(struct adapter *adapter, PNDIS_OID_REQUEST request);
/* OID_GEN_PORT_STATE: NDIS_STATUS_INVALID_PORT for one that is not active. */
NDIS_STATUS port_reply_state(struct adapter *adapter, PNDIS_OID_REQUEST request);
/* NDIS_STATUS_PORT_STATE. */
void port_keep_state(struct adapter *adapter, NDIS_PORT_NUMBER number, const NDIS_PORT_STATE *state);

#endif
