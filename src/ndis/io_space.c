/* Registers, ports, configuration space, and where a device is. */
#include "ndis/adapter.h"

#include <string.h>

/* Maps device registers. Length: bytes. Unmapped with NdisMUnmapIoSpace. PASSIVE_LEVEL. NDIS_STATUS_RESOURCES,
 * _RESOURCE_CONFLICT when the range is not the adapter's. docs: ndis/nf-ndis-ndismmapiospace */
NDIS_STATUS NTAPI NdisMMapIoSpace(PVOID *VirtualAddress, NDIS_HANDLE MiniportAdapterHandle, NDIS_PHYSICAL_ADDRESS PhysicalAddress,
                                  UINT Length)
{
    struct adapter *a = ndis_object_check(MiniportAdapterHandle, NDIS_ADAPTER);
    const CM_PARTIAL_RESOURCE_LIST *list = a->translated ? &a->translated->List[0].PartialResourceList : NULL;
    uint64_t first = (uint64_t)PhysicalAddress.QuadPart;

    *VirtualAddress = NULL;
    for (ULONG i = 0; list && i < list->Count; i++) {
        const CM_PARTIAL_RESOURCE_DESCRIPTOR *d = &list->PartialDescriptors[i];
        uint64_t start = (uint64_t)d->u.Memory.Start.QuadPart;

        if (d->Type == CmResourceTypeMemory && first >= start && first + Length <= start + d->u.Memory.Length) {
            *VirtualAddress = MmMapIoSpace(PhysicalAddress, Length, MmNonCached);
            return *VirtualAddress ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
        }
    }
    return NDIS_STATUS_RESOURCE_CONFLICT;
}

/* Undoes the mapping. PASSIVE_LEVEL. docs: ndis/nf-ndis-ndismunmapiospace */
VOID NTAPI NdisMUnmapIoSpace(NDIS_HANDLE MiniportAdapterHandle, PVOID VirtualAddress, UINT Length)
{
    ndis_object_check(MiniportAdapterHandle, NDIS_ADAPTER);
    MmUnmapIoSpace(VirtualAddress, Length);
}

/* I/O ports: no device of this computer has any, so the answer is NDIS_STATUS_RESOURCE_CONFLICT. PASSIVE_LEVEL.
 * docs: ndis/nf-ndis-ndismregisterioportrange */
NDIS_STATUS NTAPI NdisMRegisterIoPortRange(PVOID *PortOffset, NDIS_HANDLE MiniportAdapterHandle, UINT InitialPort,
                                           UINT NumberOfPorts)
{
    ndis_object_check(MiniportAdapterHandle, NDIS_ADAPTER);
    *PortOffset = NULL;
    return NDIS_STATUS_RESOURCE_CONFLICT;
}

/* Undoes a registration that never succeeds: nothing. docs: ndis/nf-ndis-ndismderegisterioportrange */
VOID NTAPI NdisMDeregisterIoPortRange(NDIS_HANDLE MiniportAdapterHandle, UINT InitialPort, UINT NumberOfPorts, PVOID PortOffset)
{
}

/* Reads the device's configuration space: Length bytes from Offset. Returns the bytes read. Any IRQL.
 * docs: ndis/nf-ndis-ndismgetbusdata */
ULONG NTAPI NdisMGetBusData(NDIS_HANDLE NdisMiniportHandle, ULONG WhichSpace, ULONG Offset, PVOID Buffer, ULONG Length)
{
    struct adapter *a = ndis_object_check(NdisMiniportHandle, NDIS_ADAPTER);

    return a->has_bus ? a->bus.GetBusData(a->bus.Context, WhichSpace, Buffer, Offset, Length) : 0;
}

/* Writes it. Returns the bytes written. Any IRQL. docs: ndis/nf-ndis-ndismsetbusdata */
ULONG NTAPI NdisMSetBusData(NDIS_HANDLE NdisMiniportHandle, ULONG WhichSpace, ULONG Offset, PVOID Buffer, ULONG Length)
{
    struct adapter *a = ndis_object_check(NdisMiniportHandle, NDIS_ADAPTER);

    return a->has_bus ? a->bus.SetBusData(a->bus.Context, WhichSpace, Buffer, Offset, Length) : 0;
}

/* The device objects of the adapter's stack and its resources; any pointer may be NULL. PASSIVE_LEVEL.
 * docs: ndis/nf-ndis-ndismgetdeviceproperty */
VOID NTAPI NdisMGetDeviceProperty(NDIS_HANDLE MiniportAdapterHandle, PDEVICE_OBJECT *PhysicalDeviceObject,
                                  PDEVICE_OBJECT *FunctionalDeviceObject, PDEVICE_OBJECT *NextDeviceObject,
                                  PCM_RESOURCE_LIST *AllocatedResources, PCM_RESOURCE_LIST *AllocatedResourcesTranslated)
{
    struct adapter *a = ndis_object_check(MiniportAdapterHandle, NDIS_ADAPTER);

    if (PhysicalDeviceObject)
        *PhysicalDeviceObject = a->pdo;
    if (FunctionalDeviceObject)
        *FunctionalDeviceObject = a->fdo;
    if (NextDeviceObject)
        *NextDeviceObject = a->next;
    if (AllocatedResources)
        *AllocatedResources = a->raw;
    if (AllocatedResourcesTranslated)
        *AllocatedResourcesTranslated = a->translated;
}
