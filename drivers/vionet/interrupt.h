/* Interrupts: one message each for configuration changes, receiving and sending when MSI-X gives three, else shared;
 * a line interrupt when there are no messages. */
#ifndef VIONET_INTERRUPT_H
#define VIONET_INTERRUPT_H

#include "driver.h"

typedef struct _VIONET_INTERRUPT {
    NDIS_HANDLE Handle;
    BOOLEAN MessageBased;
    USHORT ConfigVector, ReceiveVector, TransmitVector; /* VIRTIO_NO_VECTOR with a line interrupt */
} VIONET_INTERRUPT, *PVIONET_INTERRUPT;

/* The device must be quiet: interrupts may come from now on. */
_IRQL_requires_(PASSIVE_LEVEL)
_Must_inspect_result_
NDIS_STATUS VioNetInterruptCreate(_Inout_ PVIONET_ADAPTER adapter);
/* The device must be quiet. Returns when no interrupt or DPC of the adapter runs any more. */
_IRQL_requires_(PASSIVE_LEVEL)
VOID VioNetInterruptDestroy(_Inout_ PVIONET_ADAPTER adapter);

#endif
