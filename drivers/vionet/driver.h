/* What every file of the driver includes: NDIS, the tag of its memory, and the handles of the driver as a whole. */
#ifndef VIONET_DRIVER_H
#define VIONET_DRIVER_H

#define NDIS_MINIPORT_DRIVER 1
#define NDIS683_MINIPORT 1

#include <ndis.h>

#define VIONET_MAX_QUEUES 16
#define VIONET_TAG 'teNV'
#define VIONET_MAJOR_VERSION 1
#define VIONET_MINOR_VERSION 0

typedef struct _VIONET_ADAPTER VIONET_ADAPTER, *PVIONET_ADAPTER;

/* Set by DriverEntry, used to deregister at unload. */
extern NDIS_HANDLE VioNetDriverHandle;

DRIVER_INITIALIZE DriverEntry;
MINIPORT_UNLOAD VioNetUnload;

/* Nonpaged, zeroed memory of the adapter; NULL when there is none. Freed with NdisFreeMemory(memory, 0, 0). */
_IRQL_requires_max_(DISPATCH_LEVEL)
_Must_inspect_result_
PVOID VioNetAllocate(_In_ NDIS_HANDLE handle, _In_ SIZE_T size);

#endif
