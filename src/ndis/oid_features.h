/* Requests about features of hardware (oid_features.c). */
#ifndef NDIS_OID_FEATURES_H
#define NDIS_OID_FEATURES_H

#include "ndis/adapter.h"

/* Hardware-assist attributes: keeps copies. NDIS_STATUS_INVALID_PARAMETER, NDIS_STATUS_RESOURCES. */
NDIS_STATUS features_take(struct adapter *adapter, const NDIS_OBJECT_HEADER *header);
void features_forget(struct adapter *adapter);
/* NDIS_STATUS_HD_SPLIT_CURRENT_CONFIG, NDIS_STATUS_TIMESTAMP_*. False: nobody above is to see it. */
bool features_status(struct adapter *adapter, const NDIS_STATUS_INDICATION *indication);
/* The miniport took a set request. */
void features_keep(struct adapter *adapter, const NDIS_OID_REQUEST *request);

/* A query that NDIS answers. */
bool features_answer(struct adapter *adapter, PNDIS_OID_REQUEST request, NDIS_STATUS *status);
/* Another request that no miniport sees, or not this one: NDIS_STATUS_NOT_SUPPORTED. */
bool features_refuse(struct adapter *adapter, const NDIS_OID_REQUEST *request);
/* A capability that is answered to this OID, as the miniport gave it; NULL: none. */
void *features_find(const struct adapter *adapter, NDIS_OID oid);
/* The miniport moves single entries of the indirection table (RSS version 2). */
bool features_rss_v2(const struct adapter *adapter);

#endif
