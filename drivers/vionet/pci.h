/* Where the device's registers are: the virtio capabilities of PCI configuration space, and the BARs mapped. */
#ifndef VIONET_PCI_H
#define VIONET_PCI_H

#include "driver.h"
#include "virtio.h"

#define VIONET_BARS 6

typedef struct _VIONET_BAR {
    PHYSICAL_ADDRESS Base;
    ULONG Length;               /* 0: no such memory BAR */
    PUCHAR Mapped;              /* NULL: not mapped */
} VIONET_BAR;

typedef struct _VIONET_PCI {
    NDIS_HANDLE Handle;
    VIONET_BAR Bar[VIONET_BARS];
    volatile VIRTIO_COMMON_CONFIG *Common;
    volatile UCHAR *Device;     /* VIRTIO_NET_CONFIG */
    ULONG DeviceLength;
    volatile UCHAR *Isr;
    volatile UCHAR *Notify;
    ULONG NotifyLength;
    ULONG NotifyMultiplier;
    BOOLEAN Wakes;              /* signals a power management event from D3hot: a magic packet does */
    BOOLEAN HasMsix;            /* without it, messages (plain MSI) mean what the line means: ISR status says why */
} VIONET_PCI, *PVIONET_PCI;

/* Finds and maps the four register structures. On failure nothing stays mapped.
 * NDIS_STATUS_ADAPTER_NOT_FOUND: not a virtio 1.x device; NDIS_STATUS_RESOURCES: a BAR cannot be mapped. */
_IRQL_requires_(PASSIVE_LEVEL)
_Must_inspect_result_
NDIS_STATUS VioNetPciCreate(_Out_ PVIONET_PCI pci, _In_ NDIS_HANDLE handle, _In_opt_ PNDIS_RESOURCE_LIST resources);

_IRQL_requires_(PASSIVE_LEVEL)
VOID VioNetPciDestroy(_Inout_ PVIONET_PCI pci);

#endif
