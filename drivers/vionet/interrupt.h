/* Interrupts: one message for configuration changes and one for each queue when MSI-X gives that many, else one for each
 * pair, else shared; one interrupt for all, plain MSI or the line, without MSI-X.
 *
 * With RSS the DPC of a receive queue is queued on the processor that the indirection table has for it, whichever processor
 * took the interrupt. */
#ifndef VIONET_INTERRUPT_H
#define VIONET_INTERRUPT_H

#include "driver.h"

typedef struct _VIONET_INTERRUPT {
    NDIS_HANDLE Handle;
    BOOLEAN MessageBased;
    USHORT ConfigVector;        /* VIRTIO_NO_VECTOR without MSI-X, and so the others */
    USHORT ReceiveVector[VIONET_MAX_QUEUES], TransmitVector[VIONET_MAX_QUEUES];
    BOOLEAN Dedicated;          /* no two receive queues share a message */
} VIONET_INTERRUPT, *PVIONET_INTERRUPT;

/* The device must be quiet: interrupts may come from now on. */
_IRQL_requires_(PASSIVE_LEVEL)
_Must_inspect_result_
NDIS_STATUS VioNetInterruptCreate(_Inout_ PVIONET_ADAPTER adapter);
/* The device must be quiet. Returns when no interrupt or DPC of the adapter runs any more. */
_IRQL_requires_(PASSIVE_LEVEL)
VOID VioNetInterruptDestroy(_Inout_ PVIONET_ADAPTER adapter);

#endif
