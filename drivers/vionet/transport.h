/* The device as a whole, through its common configuration registers: reset, features, status, queues. */
#ifndef VIONET_TRANSPORT_H
#define VIONET_TRANSPORT_H

#include "pci.h"

/* Resets the device and waits until it says so. FALSE: it is gone or does not answer. */
_IRQL_requires_max_(DISPATCH_LEVEL)
BOOLEAN VioNetTransportReset(_In_ PVIONET_PCI pci);

/* Resets, acknowledges and negotiates: *features comes in as what the driver can use and goes out as what both
 * have. NDIS_STATUS_DEVICE_FAILED when the device refuses or lacks VIRTIO_F_VERSION_1. */
_IRQL_requires_max_(DISPATCH_LEVEL)
_Must_inspect_result_
NDIS_STATUS VioNetTransportNegotiate(_In_ PVIONET_PCI pci, _Inout_ PULONG64 features);

/* Tells the device that the driver is ready (DRIVER_OK), or that it gave up (FAILED). */
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID VioNetTransportReady(_In_ PVIONET_PCI pci);
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID VioNetTransportFailed(_In_ PVIONET_PCI pci);

/* Entries the device allows for queue `index`; 0: no such queue. */
_IRQL_requires_max_(DISPATCH_LEVEL)
USHORT VioNetTransportQueueSize(_In_ PVIONET_PCI pci, _In_ USHORT index);

typedef struct _VIONET_QUEUE_SETUP {
    USHORT Index, Size;
    USHORT Vector;              /* MSI-X message, or VIRTIO_NO_VECTOR */
    ULONG64 Desc, Avail, Used;  /* device addresses */
} VIONET_QUEUE_SETUP;

/* Programs and enables a queue. NULL when the device refuses the vector or has no such queue; otherwise the
 * register to write the queue's index to when buffers are available. */
_IRQL_requires_max_(DISPATCH_LEVEL)
_Must_inspect_result_
volatile USHORT *VioNetTransportEnableQueue(_In_ PVIONET_PCI pci, _In_ const VIONET_QUEUE_SETUP *setup);

/* The message of configuration changes. FALSE when the device refuses it. */
_IRQL_requires_max_(DISPATCH_LEVEL)
BOOLEAN VioNetTransportSetConfigVector(_In_ PVIONET_PCI pci, _In_ USHORT vector);

/* Reads the network configuration in one consistent piece; fields the device lacks are zero. */
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID VioNetTransportReadConfig(_In_ PVIONET_PCI pci, _Out_ VIRTIO_NET_CONFIG *config);

#endif
