/* Handles. */
#include "rawport.h"

#define DEFAULT_FILTER (NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_ALL_MULTICAST | NDIS_PACKET_TYPE_BROADCAST)

_Use_decl_annotations_
VOID PortRelease(PPORT Port)
{
    BOOLEAN last;
    KIRQL irql;

    KeAcquireSpinLock(&Driver.Lock, &irql);
    last = --Port->References == 0;
    if (last)
        RemoveEntryList(&Port->Link);
    KeReleaseSpinLock(&Driver.Lock, irql);
    if (last) {
        ExFreePoolWithTag(Port->Ring, RAWPORT_TAG);
        ExFreePoolWithTag(Port, RAWPORT_TAG);
    }
}

static PPORT Allocate(VOID)
{
    PPORT port = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*port), RAWPORT_TAG);

    if (port == NULL)
        return NULL;
    port->Ring = ExAllocatePool2(POOL_FLAG_NON_PAGED, RING_SIZE, RAWPORT_TAG);
    if (port->Ring != NULL && NT_SUCCESS(ReadsCreate(port)))
        return port;
    if (port->Ring != NULL)
        ExFreePoolWithTag(port->Ring, RAWPORT_TAG);
    ExFreePoolWithTag(port, RAWPORT_TAG);
    return NULL;
}

_Use_decl_annotations_
PPORT PortOpen(BOOLEAN Reading)
{
    PPORT port = Allocate();
    PBINDING binding;
    KIRQL irql;

    if (port == NULL)
        return NULL;
    port->References = 1;
    if (Reading)
        port->Filter = DEFAULT_FILTER;
    KeAcquireSpinLock(&Driver.Lock, &irql);
    InsertTailList(&Driver.Ports, &port->Link);
    KeReleaseSpinLock(&Driver.Lock, irql);
    binding = BindingOfPort(port);
    if (binding != NULL) {
        OidUpdateFilter(binding);
        BindingRelease(binding);
    }
    return port;
}

_Use_decl_annotations_
VOID PortShut(PPORT Port)
{
    PBINDING binding;
    KIRQL irql;

    KeAcquireSpinLock(&Driver.Lock, &irql);
    Port->Closing = TRUE;
    binding = Port->Binding;
    Port->Binding = NULL;
    if (binding != NULL)
        binding->References++;
    KeReleaseSpinLock(&Driver.Lock, irql);
    ReadsFlush(Port, STATUS_CANCELLED);
    if (binding != NULL) {
        OidUpdateFilter(binding);
        BindingRelease(binding);
    }
}
