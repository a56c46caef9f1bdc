/* Interrupts: one message each for configuration changes, receiving and sending when MSI-X gives three, else shared;
 * one interrupt for all, plain MSI or the line, without MSI-X. */
#ifndef VIONET_INTERRUPT_H
#define VIONET_INTERRUPT_H

#include "driver.h"

typedef struct _VIONET_INTERRUPT {
    NDIS_HANDLE Handle;
    BOOLEAN MessageBased;
    USHORT ConfigVector, ReceiveVector, TransmitVector; /* VIRTIO_NO_VECTOR without MSI-X */
} VIONET_INTERRUPT, *PVIONET_INTERRUPT;

/* The device must be quiet: interrupts may come from now on. */
_IRQL_requires_(PASSIVE_LEVEL)
_Must_inspect_result_
NDIS_STATUS VioNetInterruptCreate(_Inout_ PVIONET_ADAPTER adapter);
/* The device must be quiet. Returns when no interrupt or DPC of the adapter runs any more. */
_IRQL_requires_(PASSIVE_LEVEL)
VOID VioNetInterruptDestroy(_Inout_ PVIONET_ADAPTER adapter);

#endif
