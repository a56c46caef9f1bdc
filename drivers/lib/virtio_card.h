/* A virtio card of a Storport miniport: its registers, where its PCI capabilities say they are, mapped. */
#ifndef DRIVERS_VIRTIO_CARD_H
#define DRIVERS_VIRTIO_CARD_H

#include <storport.h>
#include "virtio_transport.h"

#define VIRTIO_BARS 6

typedef struct _VIRTIO_BAR {
    STOR_PHYSICAL_ADDRESS Base;
    ULONG Length;
    volatile UCHAR *Mapped;
} VIRTIO_BAR;

typedef struct _VIRTIO_CARD {
    PVOID Extension;                    /* HwDeviceExtension */
    VIRTIO_BAR Bar[VIRTIO_BARS];
    volatile VIRTIO_COMMON_CONFIG *Common;
    volatile UCHAR *Notify, *Isr, *Device;
    BOOLEAN HasMsix;
    ULONG NotifyLength, NotifyMultiplier, DeviceLength, DeviceNeeded;
} VIRTIO_CARD, *PVIRTIO_CARD;

/* From HwStorFindAdapter. FALSE: no modern virtio device is there, or its own configuration has fewer than `needed` bytes. Mappings end with
 * the adapter. */
BOOLEAN VirtioCardCreate(_Out_ PVIRTIO_CARD pci, _In_ PVOID extension, _In_ PPORT_CONFIGURATION_INFORMATION config, _In_ ULONG needed);

/* What follows is at any IRQL. */

/* Resets the device and waits until it says so. FALSE: it does not, or it has gone. */
BOOLEAN VirtioCardReset(_In_ PVIRTIO_CARD pci);
UCHAR VirtioCardStatus(_In_ PVIRTIO_CARD pci);
VOID VirtioCardSetStatus(_In_ PVIRTIO_CARD pci, _In_ UCHAR status);
/* Offers from the device, and the driver's choice among them; FALSE: the device refuses it. */
ULONG64 VirtioCardFeatures(_In_ PVIRTIO_CARD pci);
BOOLEAN VirtioCardAccept(_In_ PVIRTIO_CARD pci, _In_ ULONG64 features);
/* The device's own configuration, read in one piece (its generation did not change meanwhile); zeroes behind what it has. */
VOID VirtioCardConfig(_In_ PVIRTIO_CARD pci, _Out_writes_bytes_(length) PVOID config, _In_ ULONG length);
USHORT VirtioCardQueueSize(_In_ PVIRTIO_CARD pci, _In_ USHORT index);
/* FALSE: the device does not take the vector. */
BOOLEAN VirtioCardConfigVector(_In_ PVIRTIO_CARD pci, _In_ USHORT vector);
/* Tells the device about a queue and enables it; its notification register, or NULL. */
volatile USHORT *VirtioCardEnableQueue(_In_ PVIRTIO_CARD pci, _In_ USHORT index, _In_ USHORT size, _In_ USHORT vector,
                                         _In_ ULONG64 desc, _In_ ULONG64 avail, _In_ ULONG64 used);

#endif
