/* What hal.dll exports: configuration space by bus and slot, vectors of lines. */
#include "nt/pnp_internal.h"

static ULONG pci_access(ULONG bus, ULONG slot, PVOID buffer, ULONG offset, ULONG length, bool write)
{
    struct bus_pdo *pdo = pnp_pci_slot(bus, slot & 0xff);

    if (bus != 0)
        return 0;
    if (pdo != NULL)
        return pdo->ops->config(pdo, buffer, offset, length, write);
    if (write || length < 2)
        return 0;
    *(USHORT *)buffer = PCI_INVALID_VENDORID;
    return 2;
}

/* Reads configuration space of a slot (PCI_SLOT_NUMBER) of bus 0: the bytes read; 2 with an invalid vendor for an
 * empty slot; 0 for a bus that does not exist or is no PCI bus. IRQL <= DISPATCH. docs: ntddk/nf-ntddk-halgetbusdatabyoffset */
ULONG NTAPI HalGetBusDataByOffset(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer,
                                  ULONG Offset, ULONG Length)
{
    return BusDataType == PCIConfiguration ? pci_access(BusNumber, SlotNumber, Buffer, Offset, Length, false) : 0;
}

/* From offset 0. docs: ntddk/nf-ntddk-halgetbusdata */
ULONG NTAPI HalGetBusData(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer, ULONG Length)
{
    return HalGetBusDataByOffset(BusDataType, BusNumber, SlotNumber, Buffer, 0, Length);
}

/* Writes likewise. docs: ntddk/nf-ntddk-halsetbusdatabyoffset */
ULONG NTAPI HalSetBusDataByOffset(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer,
                                  ULONG Offset, ULONG Length)
{
    return BusDataType == PCIConfiguration ? pci_access(BusNumber, SlotNumber, Buffer, Offset, Length, true) : 0;
}

/* docs: ntddk/nf-ntddk-halsetbusdata */
ULONG NTAPI HalSetBusData(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer, ULONG Length)
{
    return HalSetBusDataByOffset(BusDataType, BusNumber, SlotNumber, Buffer, 0, Length);
}

/* The vector, DIRQL and processors of a PCI interrupt line. docs: ntddk/nf-ntddk-halgetinterruptvector */
ULONG NTAPI HalGetInterruptVector(INTERFACE_TYPE InterfaceType, ULONG BusNumber, ULONG BusInterruptLevel,
                                  ULONG BusInterruptVector, PKIRQL Irql, PKAFFINITY Affinity)
{
    (void)BusInterruptVector;
    *Affinity = 0;
    *Irql = 0;
    if (InterfaceType != PCIBus || BusNumber != 0 || BusInterruptLevel >= HAL_LINES)
        return 0;
    *Affinity = 1;
    return hal_line_vector(BusInterruptLevel, Irql);
}

/* Memory addresses are the same on the bus; there is no port space. docs: ntddk/nf-ntddk-haltranslatebusaddress */
BOOLEAN NTAPI HalTranslateBusAddress(INTERFACE_TYPE InterfaceType, ULONG BusNumber, PHYSICAL_ADDRESS BusAddress,
                                     PULONG AddressSpace, PPHYSICAL_ADDRESS TranslatedAddress)
{
    if (InterfaceType != PCIBus || BusNumber != 0 || *AddressSpace != 0)
        return FALSE;
    *TranslatedAddress = BusAddress;
    return TRUE;
}
