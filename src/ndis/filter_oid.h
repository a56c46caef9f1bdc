/* Direct and synchronous requests on their way through filter modules. `from` NULL: from above the topmost. <= DISPATCH_LEVEL. */
#ifndef NDIS_FILTER_OID_H
#define NDIS_FILTER_OID_H

#include "ndis/filter_module.h"

#define NDIS_FILTERS_MAX 64u            /* modules of one stack */

static inline bool oid_header_good(const NDIS_OID_REQUEST *request)
{
    return request->Header.Type == NDIS_OBJECT_TYPE_OID_REQUEST && request->Header.Size >= NDIS_SIZEOF_OID_REQUEST_REVISION_1;
}

NDIS_STATUS oid_direct(struct adapter *adapter, struct binding *binding, struct filter *from, PNDIS_OID_REQUEST request);
/* who: the adapter or filter module that completes it. */
void oid_direct_done(PNDIS_OID_REQUEST request, NDIS_STATUS status, const void *who, const void *caller);
void oid_direct_cancel(struct adapter *adapter, struct filter *from, void *id);
NDIS_STATUS oid_synchronous(struct adapter *adapter, struct filter *from, PNDIS_OID_REQUEST request);

#endif
