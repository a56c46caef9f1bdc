/* The card's registers: where its PCI capabilities say they are, mapped. */
#ifndef VIOBLK_PCI_H
#define VIOBLK_PCI_H

#include "virtio.h"

#define VIOBLK_BARS 6

typedef struct _VIOBLK_BAR {
    STOR_PHYSICAL_ADDRESS Base;
    ULONG Length;
    volatile UCHAR *Mapped;
} VIOBLK_BAR;

typedef struct _VIOBLK_PCI {
    PVOID Extension;                    /* HwDeviceExtension */
    VIOBLK_BAR Bar[VIOBLK_BARS];
    volatile VIRTIO_COMMON_CONFIG *Common;
    volatile UCHAR *Notify, *Isr, *Device;
    BOOLEAN HasMsix;
    ULONG NotifyLength, NotifyMultiplier, DeviceLength;
} VIOBLK_PCI, *PVIOBLK_PCI;

/* From HwStorFindAdapter. FALSE: no modern virtio device is there. Mappings end with the adapter. */
BOOLEAN VioBlkPciCreate(_Out_ PVIOBLK_PCI pci, _In_ PVOID extension, _In_ PPORT_CONFIGURATION_INFORMATION config);

/* What follows is at any IRQL. */

/* Resets the device and waits until it says so. FALSE: it does not, or it has gone. */
BOOLEAN VioBlkDeviceReset(_In_ PVIOBLK_PCI pci);
UCHAR VioBlkDeviceStatus(_In_ PVIOBLK_PCI pci);
VOID VioBlkDeviceSetStatus(_In_ PVIOBLK_PCI pci, _In_ UCHAR status);
/* Offers from the device, and the driver's choice among them; FALSE: the device refuses it. */
ULONG64 VioBlkDeviceFeatures(_In_ PVIOBLK_PCI pci);
BOOLEAN VioBlkDeviceAccept(_In_ PVIOBLK_PCI pci, _In_ ULONG64 features);
/* The device's own configuration, read in one piece (its generation did not change meanwhile). */
VOID VioBlkDeviceConfig(_In_ PVIOBLK_PCI pci, _Out_ VIRTIO_BLK_CONFIG *config);
USHORT VioBlkDeviceQueueSize(_In_ PVIOBLK_PCI pci, _In_ USHORT index);
/* FALSE: the device does not take the vector. */
BOOLEAN VioBlkDeviceConfigVector(_In_ PVIOBLK_PCI pci, _In_ USHORT vector);
/* Tells the device about a queue and enables it; its notification register, or NULL. */
volatile USHORT *VioBlkDeviceEnableQueue(_In_ PVIOBLK_PCI pci, _In_ USHORT index, _In_ USHORT size, _In_ USHORT vector,
                                         _In_ ULONG64 desc, _In_ ULONG64 avail, _In_ ULONG64 used);

#endif
