/* OID requests. */
#ifndef VIONET_OID_H
#define VIONET_OID_H

#include "driver.h"

extern const NDIS_OID VioNetSupportedOids[];
extern const ULONG VioNetSupportedOidsLength;   /* bytes */

MINIPORT_OID_REQUEST VioNetOidRequest;
MINIPORT_CANCEL_OID_REQUEST VioNetCancelOidRequest;

#endif
