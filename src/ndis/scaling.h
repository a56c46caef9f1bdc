/* What NDIS does for receive-side scaling. */
#ifndef NDIS_SCALING_H
#define NDIS_SCALING_H

#include "ndis/adapter.h"

/* Reads the adapter's keywords; before MiniportInitializeEx. PASSIVE_LEVEL. */
void rss_open(struct adapter *adapter);
/* The miniport took OID_GEN_RECEIVE_SCALE_PARAMETERS. */
void rss_keep(struct adapter *adapter, const NDIS_OID_REQUEST *request);
/* A query of the same. */
NDIS_STATUS rss_answer(struct adapter *adapter, PNDIS_OID_REQUEST request);

/* scaling_v2.c: OID_GEN_RECEIVE_SCALE_PARAMETERS of an adapter with features_rss_v2. Before the miniport sees it, and again after
 * rss_converted: NDIS_STATUS_PENDING, or how it ended. PASSIVE_LEVEL. */
NDIS_STATUS rss_convert(struct adapter *adapter, struct oid_entry *entry);
/* The miniport has answered what was put in its place. True: it goes on at the head of the queue. <= DISPATCH_LEVEL. */
bool rss_converted(struct adapter *adapter, struct oid_entry *entry, NDIS_STATUS status);

#endif
