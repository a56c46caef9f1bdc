/* Receive filters for packet coalescing: NDIS numbers them, keeps them, and knows whose they are.
 *
 *  1. A filter is in the adapter's list from the miniport's consent until it is cleared, or its owner goes: a binding, or a module.
 *  2. An identifier is unique for the adapter; 0 asks for a new one. Only its owner changes or clears a filter.
 *  3. A request of a filter module that names somebody else's filter is a clone on its way down: nothing is booked for it.
 * Filters of VM queues and virtual ports are not in these books.
 * docs: network/managing-packet-coalescing-receive-filters, network/oid-receive-filter-set-filter */
#ifndef NDIS_RECEIVE_BOOKS_H
#define NDIS_RECEIVE_BOOKS_H

#include "ndis/adapter.h"

/* Where a request of a binding or a filter module enters. NDIS_STATUS_PENDING: the drivers below must see it. */
NDIS_STATUS receive_filter_prepare(struct adapter *adapter, struct oid_entry *entry);
/* The drivers below have answered. */
void receive_filter_done(struct adapter *adapter, struct oid_entry *entry, NDIS_STATUS status);
/* A request that NDIS answers in the miniport's place: false, when the miniport has no such filters, too. */
bool receive_filter_answer(struct adapter *adapter, PNDIS_OID_REQUEST request, NDIS_STATUS *status);
/* A binding or a filter module goes: its filters are cleared. PASSIVE_LEVEL. */
void receive_filter_forget(struct adapter *adapter, const void *owner);
/* The miniport is gone, and with it its filters. */
void receive_filter_forget_all(struct adapter *adapter);

#endif
