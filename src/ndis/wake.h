/* Wake patterns and protocol offloads of an adapter: NDIS numbers them, keeps them, and knows whose they are.
 *
 *  1. An item is in the adapter's list from the miniport's consent until it is removed, rejected, or its binding goes.
 *  2. An identifier is unique among the adapter's items of its kind, from 2 (1 is the miniport's own) to 65535.
 *  3. What a binding enables (OID_PM_PARAMETERS) stays with NDIS; the miniport hears the union before it leaves D0.
 * docs: network/oid-pm-add-wol-pattern, network/oid-pm-add-protocol-offload, network/oid-pm-parameters */
#ifndef NDIS_WAKE_H
#define NDIS_WAKE_H

#include "ndis/adapter.h"

/* One of the set requests of bindings that this deals with. */
bool wake_is_request(NDIS_OID oid);
/* Where a binding's request enters. NDIS_STATUS_PENDING: the drivers below must see it. */
NDIS_STATUS wake_prepare(struct adapter *adapter, struct oid_entry *entry);
/* The drivers below have answered. True: something else had to be done first; the request is to be handed over (again). The
 * status of a request that is over may be changed. */
bool wake_done(struct adapter *adapter, struct oid_entry *entry, NDIS_STATUS *status);

/* A query that NDIS answers. */
bool wake_answer(struct adapter *adapter, PNDIS_OID_REQUEST request, NDIS_STATUS *status);

/* The miniport has rejected an item: only its binding is told. <= DISPATCH_LEVEL. */
void wake_rejected(struct adapter *adapter, PNDIS_STATUS_INDICATION indication);
/* Before the device leaves D0: the union of what is enabled. PASSIVE_LEVEL. */
void wake_tell_parameters(struct adapter *adapter);
/* Anything that wakes is enabled. */
bool wake_wanted(struct adapter *adapter);
/* The binding's items are taken out of the miniport. PASSIVE_LEVEL. */
void wake_forget_binding(struct adapter *adapter, struct binding *binding);
/* The miniport is gone, and with it what it kept. */
void wake_forget_all(struct adapter *adapter);

#endif
