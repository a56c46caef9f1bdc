/* What NDIS does with requests to switch offloads (OID_TCP_OFFLOAD_PARAMETERS) before the miniport sees them. */
#ifndef NDIS_COALESCING_H
#define NDIS_COALESCING_H

#include "ndis/adapter.h"

/* The stack is as it will run: has coalescing switched off when a driver does not know it. PASSIVE_LEVEL. */
void coalescing_follow(struct adapter *adapter);
/* A set request that would switch it on in such a stack: NDIS_STATUS_NOT_SUPPORTED. */
bool coalescing_refuses(struct adapter *adapter, const NDIS_OID_REQUEST *request);

/* offload_keywords.c: the adapter's standardized keywords follow the request. PASSIVE_LEVEL. */
void offload_keywords_follow(struct adapter *adapter, const NDIS_OID_REQUEST *request);

#endif
