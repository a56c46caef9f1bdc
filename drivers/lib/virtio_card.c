#include "virtio_card.h"

#define PCI_CAPABILITY_VENDOR 0x09
#define PCI_CAPABILITY_MSIX 0x11
#define PCI_MAX_CAPABILITIES 48         /* what 256 bytes can hold: ends a list that loops */
#define RESET_POLLS 1000                /* of 100 microseconds */
#define CONFIG_READS 8
#define DEVICE_GONE 0xFF

/* ---- configuration space ---- */

/* The BAR's base, 0 for an I/O BAR or none; *wide: it takes two slots. */
static ULONG64 BarBase(const ULONG *bars, ULONG index, BOOLEAN *wide)
{
    ULONG low = bars[index];
    ULONG64 base;

    *wide = FALSE;
    if ((low & PCI_ADDRESS_IO_SPACE) != 0)
        return 0;
    base = low & ~0xFULL;
    *wide = (low & PCI_ADDRESS_MEMORY_TYPE_MASK) == PCI_TYPE_64BIT && index + 1 < VIRTIO_BARS;
    if (*wide)
        base |= (ULONG64)bars[index + 1] << 32;
    return base;
}

/* Access ranges carry no BAR number: they are matched by address. */
static ULONG RangeLength(PPORT_CONFIGURATION_INFORMATION config, ULONG64 base)
{
    for (ULONG i = 0; i < config->NumberOfAccessRanges; i++) {
        const ACCESS_RANGE *range = &(*config->AccessRanges)[i];

        if (range->RangeInMemory && (ULONG64)range->RangeStart.QuadPart == base)
            return range->RangeLength;
    }
    return 0;
}

static VOID FindBars(PVIRTIO_CARD pci, PPORT_CONFIGURATION_INFORMATION config, const PCI_COMMON_CONFIG *space)
{
    BOOLEAN wide;

    for (ULONG i = 0; i < VIRTIO_BARS; i++) {
        ULONG64 base = BarBase(space->u.type0.BaseAddresses, i, &wide);

        if (base != 0) {
            pci->Bar[i].Base.QuadPart = (LONGLONG)base;
            pci->Bar[i].Length = RangeLength(config, base);
        }
        if (wide)
            i++;
    }
}

/* Address of a structure of at least `needed` bytes, its BAR mapped on first use; NULL when it does not fit. */
static volatile UCHAR *MapRegion(PVIRTIO_CARD pci, PPORT_CONFIGURATION_INFORMATION config, const VIRTIO_PCI_CAP *cap, ULONG needed)
{
    VIRTIO_BAR *bar = &pci->Bar[cap->Bar];

    if (cap->RegionLength < needed || cap->Offset > bar->Length || cap->RegionLength > bar->Length - cap->Offset)
        return NULL;
    if (bar->Mapped == NULL)
        bar->Mapped = StorPortGetDeviceBase(pci->Extension, config->AdapterInterfaceType, config->SystemIoBusNumber, bar->Base,
                                            bar->Length, FALSE);
    return bar->Mapped == NULL ? NULL : bar->Mapped + cap->Offset;
}

/* Uses the first capability of each type, as the specification prefers. */
static VOID UseCapability(PVIRTIO_CARD pci, PPORT_CONFIGURATION_INFORMATION config, const VIRTIO_PCI_CAP *cap)
{
    if (cap->Bar >= VIRTIO_BARS)
        return;                         /* reserved values must be ignored */
    switch (cap->Type) {
    case VIRTIO_PCI_CAP_COMMON_CFG:
        if (pci->Common == NULL)
            pci->Common = (volatile VIRTIO_COMMON_CONFIG *)MapRegion(pci, config, cap, sizeof(VIRTIO_COMMON_CONFIG));
        break;
    case VIRTIO_PCI_CAP_NOTIFY_CFG:
        if (pci->Notify == NULL) {
            pci->Notify = MapRegion(pci, config, cap, sizeof(USHORT));
            pci->NotifyLength = cap->RegionLength;
            pci->NotifyMultiplier = cap->NotifyMultiplier;
        }
        break;
    case VIRTIO_PCI_CAP_ISR_CFG:
        if (pci->Isr == NULL)
            pci->Isr = MapRegion(pci, config, cap, sizeof(UCHAR));
        break;
    case VIRTIO_PCI_CAP_DEVICE_CFG:
        if (pci->Device == NULL) {
            pci->Device = MapRegion(pci, config, cap, pci->DeviceNeeded);
            pci->DeviceLength = cap->RegionLength;
        }
        break;
    default:
        break;
    }
}

static VOID WalkCapabilities(PVIRTIO_CARD pci, PPORT_CONFIGURATION_INFORMATION config, const UCHAR *space)
{
    UCHAR offset = ((const PCI_COMMON_CONFIG *)space)->u.type0.CapabilitiesPtr;
    VIRTIO_PCI_CAP cap;

    for (ULONG i = 0; i < PCI_MAX_CAPABILITIES && (offset &= ~3) != 0; i++) {
        RtlZeroMemory(&cap, sizeof(cap));
        RtlCopyMemory(&cap, space + offset, min((ULONG)sizeof(cap), 256u - offset));
        if (cap.Id == PCI_CAPABILITY_VENDOR && cap.Length >= FIELD_OFFSET(VIRTIO_PCI_CAP, NotifyMultiplier))
            UseCapability(pci, config, &cap);
        else if (cap.Id == PCI_CAPABILITY_MSIX)
            pci->HasMsix = TRUE;
        offset = cap.Next;
    }
}

_Use_decl_annotations_
BOOLEAN VirtioCardCreate(PVIRTIO_CARD pci, PVOID extension, PPORT_CONFIGURATION_INFORMATION config, ULONG needed)
{
    union {
        PCI_COMMON_CONFIG Head;
        UCHAR Bytes[256];
    } space;

    RtlZeroMemory(pci, sizeof(*pci));
    pci->Extension = extension;
    pci->DeviceNeeded = needed;
    if (StorPortGetBusData(extension, PCIConfiguration, config->SystemIoBusNumber, config->SlotNumber, &space, sizeof(space)) !=
        sizeof(space) || (space.Head.Status & PCI_STATUS_CAPABILITIES_LIST) == 0)
        return FALSE;
    FindBars(pci, config, &space.Head);
    WalkCapabilities(pci, config, space.Bytes);
    return pci->Common != NULL && pci->Notify != NULL && pci->Isr != NULL && pci->Device != NULL;
}

/* ---- the common structure ---- */

_Use_decl_annotations_
UCHAR VirtioCardStatus(PVIRTIO_CARD pci)
{
    return StorPortReadRegisterUchar(pci->Extension, &pci->Common->DeviceStatus);
}

_Use_decl_annotations_
VOID VirtioCardSetStatus(PVIRTIO_CARD pci, UCHAR status)
{
    StorPortWriteRegisterUchar(pci->Extension, &pci->Common->DeviceStatus, status);
}

_Use_decl_annotations_
BOOLEAN VirtioCardReset(PVIRTIO_CARD pci)
{
    VirtioCardSetStatus(pci, 0);
    for (ULONG i = 0; i < RESET_POLLS; i++) {
        UCHAR status = VirtioCardStatus(pci);

        if (status == 0)
            return TRUE;
        if (status == DEVICE_GONE)
            return FALSE;
        StorPortStallExecution(100);
    }
    return FALSE;
}

_Use_decl_annotations_
ULONG64 VirtioCardFeatures(PVIRTIO_CARD pci)
{
    ULONG64 features;

    StorPortWriteRegisterUlong(pci->Extension, &pci->Common->DeviceFeatureSelect, 0);
    features = StorPortReadRegisterUlong(pci->Extension, &pci->Common->DeviceFeature);
    StorPortWriteRegisterUlong(pci->Extension, &pci->Common->DeviceFeatureSelect, 1);
    return features | (ULONG64)StorPortReadRegisterUlong(pci->Extension, &pci->Common->DeviceFeature) << 32;
}

_Use_decl_annotations_
BOOLEAN VirtioCardAccept(PVIRTIO_CARD pci, ULONG64 features)
{
    UCHAR status = VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER | VIRTIO_STATUS_FEATURES_OK;

    StorPortWriteRegisterUlong(pci->Extension, &pci->Common->DriverFeatureSelect, 0);
    StorPortWriteRegisterUlong(pci->Extension, &pci->Common->DriverFeature, (ULONG)features);
    StorPortWriteRegisterUlong(pci->Extension, &pci->Common->DriverFeatureSelect, 1);
    StorPortWriteRegisterUlong(pci->Extension, &pci->Common->DriverFeature, (ULONG)(features >> 32));
    VirtioCardSetStatus(pci, status);
    return VirtioCardStatus(pci) == status;
}

_Use_decl_annotations_
VOID VirtioCardConfig(PVIRTIO_CARD pci, PVOID config, ULONG length)
{
    PUCHAR bytes = config;

    RtlZeroMemory(config, length);
    length = min(length, pci->DeviceLength);
    for (ULONG tries = 0; tries < CONFIG_READS; tries++) {
        UCHAR before = StorPortReadRegisterUchar(pci->Extension, &pci->Common->ConfigGeneration);

        for (ULONG i = 0; i < length; i++)
            bytes[i] = StorPortReadRegisterUchar(pci->Extension, pci->Device + i);
        if (StorPortReadRegisterUchar(pci->Extension, &pci->Common->ConfigGeneration) == before)
            return;
    }
}

_Use_decl_annotations_
USHORT VirtioCardQueueSize(PVIRTIO_CARD pci, USHORT index)
{
    if (index >= StorPortReadRegisterUshort(pci->Extension, &pci->Common->QueueCount))
        return 0;
    StorPortWriteRegisterUshort(pci->Extension, &pci->Common->QueueSelect, index);
    return StorPortReadRegisterUshort(pci->Extension, &pci->Common->QueueSize);
}

_Use_decl_annotations_
BOOLEAN VirtioCardConfigVector(PVIRTIO_CARD pci, USHORT vector)
{
    StorPortWriteRegisterUshort(pci->Extension, &pci->Common->ConfigMsixVector, vector);
    return StorPortReadRegisterUshort(pci->Extension, &pci->Common->ConfigMsixVector) == vector;
}

static VOID WriteAddress(PVIRTIO_CARD pci, volatile ULONG *low, volatile ULONG *high, ULONG64 address)
{
    UNREFERENCED_PARAMETER(pci);        /* Storport's macros may not look at it */
    StorPortWriteRegisterUlong(pci->Extension, low, (ULONG)address);
    StorPortWriteRegisterUlong(pci->Extension, high, (ULONG)(address >> 32));
}

_Use_decl_annotations_
volatile USHORT *VirtioCardEnableQueue(PVIRTIO_CARD pci, USHORT index, USHORT size, USHORT vector, ULONG64 desc, ULONG64 avail,
                                         ULONG64 used)
{
    volatile VIRTIO_COMMON_CONFIG *common = pci->Common;
    ULONG64 offset;

    StorPortWriteRegisterUshort(pci->Extension, &common->QueueSelect, index);
    StorPortWriteRegisterUshort(pci->Extension, &common->QueueSize, size);
    StorPortWriteRegisterUshort(pci->Extension, &common->QueueMsixVector, vector);
    if (StorPortReadRegisterUshort(pci->Extension, &common->QueueMsixVector) != vector)
        return NULL;
    WriteAddress(pci, &common->QueueDescLow, &common->QueueDescHigh, desc);
    WriteAddress(pci, &common->QueueDriverLow, &common->QueueDriverHigh, avail);
    WriteAddress(pci, &common->QueueDeviceLow, &common->QueueDeviceHigh, used);
    offset = (ULONG64)StorPortReadRegisterUshort(pci->Extension, &common->QueueNotifyOffset) * pci->NotifyMultiplier;
    if (offset + sizeof(USHORT) > pci->NotifyLength)
        return NULL;
    StorPortWriteRegisterUshort(pci->Extension, &common->QueueEnable, 1);
    return (volatile USHORT *)(pci->Notify + offset);
}
