#include "pci.h"

#define PCI_CAPABILITY_POWER 0x01
#define PCI_POWER_EVENT_D3HOT 0x40       /* in byte 3 */
#define PCI_CAPABILITY_VENDOR 0x09
#define PCI_CAPABILITY_MSIX 0x11
#define PCI_MAX_CAPABILITIES 48         /* what 256 bytes can hold: ends a list that loops */

static BOOLEAN ReadConfig(NDIS_HANDLE handle, ULONG offset, PVOID buffer, ULONG length)
{
    return NdisMGetBusData(handle, PCI_WHICHSPACE_CONFIG, offset, buffer, length) == length;
}

/* The BAR's base as configuration space has it, 0 for an I/O BAR or none; *wide: it takes two slots. */
static ULONG64 BarBase(const ULONG *bars, ULONG index, BOOLEAN *wide)
{
    ULONG low = bars[index];
    ULONG64 base;

    *wide = FALSE;
    if ((low & PCI_ADDRESS_IO_SPACE) != 0)
        return 0;
    base = low & ~0xFULL;
    *wide = (low & PCI_ADDRESS_MEMORY_TYPE_MASK) == PCI_TYPE_64BIT && index + 1 < VIONET_BARS;
    if (*wide)
        base |= (ULONG64)bars[index + 1] << 32;
    return base;
}

/* Memory resources carry no BAR number: they are matched by address. */
static ULONG ResourceLength(const NDIS_RESOURCE_LIST *resources, ULONG64 base)
{
    for (ULONG i = 0; i < resources->Count; i++) {
        const CM_PARTIAL_RESOURCE_DESCRIPTOR *resource = &resources->PartialDescriptors[i];

        if (resource->Type == CmResourceTypeMemory && (ULONG64)resource->u.Memory.Start.QuadPart == base)
            return resource->u.Memory.Length;
    }
    return 0;
}

static BOOLEAN FindBars(PVIONET_PCI pci, const NDIS_RESOURCE_LIST *resources)
{
    ULONG bars[VIONET_BARS];
    BOOLEAN wide;

    if (!ReadConfig(pci->Handle, FIELD_OFFSET(PCI_COMMON_CONFIG, u.type0.BaseAddresses), bars, sizeof(bars)))
        return FALSE;
    for (ULONG i = 0; i < VIONET_BARS; i++) {
        ULONG64 base = BarBase(bars, i, &wide);

        if (base != 0) {
            pci->Bar[i].Base.QuadPart = (LONGLONG)base;
            pci->Bar[i].Length = ResourceLength(resources, base);
        }
        if (wide)
            i++;
    }
    return TRUE;
}

/* Address of a structure of at least `needed` bytes, its BAR mapped on first use; NULL when it does not fit. */
static volatile UCHAR *MapRegion(PVIONET_PCI pci, const VIRTIO_PCI_CAP *cap, ULONG needed)
{
    VIONET_BAR *bar = &pci->Bar[cap->Bar];
    PVOID mapped;

    if (cap->RegionLength < needed || cap->Offset > bar->Length || cap->RegionLength > bar->Length - cap->Offset)
        return NULL;
    if (bar->Mapped == NULL) {
        if (NdisMMapIoSpace(&mapped, pci->Handle, bar->Base, bar->Length) != NDIS_STATUS_SUCCESS)
            return NULL;
        bar->Mapped = mapped;
    }
    return bar->Mapped + cap->Offset;
}

/* Uses the first capability of each type, as the specification prefers. */
static VOID UseCapability(PVIONET_PCI pci, const VIRTIO_PCI_CAP *cap)
{
    if (cap->Bar >= VIONET_BARS)
        return;                         /* reserved values must be ignored */
    switch (cap->Type) {
    case VIRTIO_PCI_CAP_COMMON_CFG:
        if (pci->Common == NULL)
            pci->Common = (volatile VIRTIO_COMMON_CONFIG *)MapRegion(pci, cap, sizeof(VIRTIO_COMMON_CONFIG));
        break;
    case VIRTIO_PCI_CAP_NOTIFY_CFG:
        if (pci->Notify == NULL) {
            pci->Notify = MapRegion(pci, cap, sizeof(USHORT));
            pci->NotifyLength = cap->RegionLength;
            pci->NotifyMultiplier = cap->NotifyMultiplier;
        }
        break;
    case VIRTIO_PCI_CAP_ISR_CFG:
        if (pci->Isr == NULL)
            pci->Isr = MapRegion(pci, cap, sizeof(UCHAR));
        break;
    case VIRTIO_PCI_CAP_DEVICE_CFG:
        if (pci->Device == NULL) {
            pci->Device = MapRegion(pci, cap, FIELD_OFFSET(VIRTIO_NET_CONFIG, Status));
            pci->DeviceLength = cap->RegionLength;
        }
        break;
    default:
        break;
    }
}

static VOID WalkCapabilities(PVIONET_PCI pci)
{
    VIRTIO_PCI_CAP cap;
    USHORT status;
    UCHAR offset;

    if (!ReadConfig(pci->Handle, FIELD_OFFSET(PCI_COMMON_CONFIG, Status), &status, sizeof(status)) ||
        (status & PCI_STATUS_CAPABILITIES_LIST) == 0 ||
        !ReadConfig(pci->Handle, FIELD_OFFSET(PCI_COMMON_CONFIG, u.type0.CapabilitiesPtr), &offset, sizeof(offset)))
        return;
    for (ULONG i = 0; i < PCI_MAX_CAPABILITIES && (offset &= ~3) != 0; i++) {
        ULONG length = min((ULONG)sizeof(cap), 256u - offset);

        RtlZeroMemory(&cap, sizeof(cap));
        if (!ReadConfig(pci->Handle, offset, &cap, length))
            return;
        if (cap.Id == PCI_CAPABILITY_VENDOR && cap.Length >= FIELD_OFFSET(VIRTIO_PCI_CAP, NotifyMultiplier))
            UseCapability(pci, &cap);
        else if (cap.Id == PCI_CAPABILITY_MSIX)
            pci->HasMsix = TRUE;
        else if (cap.Id == PCI_CAPABILITY_POWER)
            pci->Wakes = (((const UCHAR *)&cap)[3] & PCI_POWER_EVENT_D3HOT) != 0;
        offset = cap.Next;
    }
}

_Use_decl_annotations_
NDIS_STATUS VioNetPciCreate(PVIONET_PCI pci, NDIS_HANDLE handle, PNDIS_RESOURCE_LIST resources)
{
    RtlZeroMemory(pci, sizeof(*pci));
    pci->Handle = handle;
    if (resources == NULL || !FindBars(pci, resources))
        return NDIS_STATUS_ADAPTER_NOT_FOUND;
    WalkCapabilities(pci);
    if (pci->Common != NULL && pci->Notify != NULL && pci->Isr != NULL && pci->Device != NULL)
        return NDIS_STATUS_SUCCESS;
    VioNetPciDestroy(pci);
    return NDIS_STATUS_ADAPTER_NOT_FOUND;
}

_Use_decl_annotations_
VOID VioNetPciDestroy(PVIONET_PCI pci)
{
    for (ULONG i = 0; i < VIONET_BARS; i++) {
        if (pci->Bar[i].Mapped != NULL)
            NdisMUnmapIoSpace(pci->Handle, pci->Bar[i].Mapped, pci->Bar[i].Length);
    }
    RtlZeroMemory(pci, sizeof(*pci));
}
