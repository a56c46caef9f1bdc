/* The port's lower edge: a framework device over the adapter's device stack, and a work item, where requests that are left pending are
 * done. What talks to drivers below begins here: WdfDeviceGetIoTarget(Lower.Device). */
#ifndef VHUB_LOWER_H
#define VHUB_LOWER_H

#define NDIS_WDM 1
#include <ndis.h>
#include <wdf.h>

struct _PORT;

typedef struct _LOWER {
    WDFDEVICE Device;
    WDFWORKITEM WorkItem;
} LOWER, *PLOWER;

/* PASSIVE_LEVEL. */
NDIS_STATUS LowerCreate(_Inout_ struct _PORT *Port);
/* PASSIVE_LEVEL. Also for one that was never made. */
VOID LowerDelete(_Inout_ struct _PORT *Port);
/* PortWork will be called. <= DISPATCH_LEVEL. */
VOID LowerQueue(_Inout_ struct _PORT *Port);

#endif
