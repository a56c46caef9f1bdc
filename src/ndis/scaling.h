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

#endif
