/* The port's lower edge: a work item, where requests that are left pending are done. */
#ifndef VHUB_LOWER_H
#define VHUB_LOWER_H

#include <ndis.h>

struct _PORT;

typedef struct _LOWER {
    NDIS_HANDLE WorkItem;
} LOWER, *PLOWER;

/* PASSIVE_LEVEL. */
NDIS_STATUS LowerCreate(_Inout_ struct _PORT *Port);
/* PASSIVE_LEVEL. Also for one that was never made. */
VOID LowerDelete(_Inout_ struct _PORT *Port);
/* PortWork will be called. <= DISPATCH_LEVEL. */
VOID LowerQueue(_Inout_ struct _PORT *Port);

#endif
