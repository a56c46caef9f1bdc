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
    if (port->Ring != NULL && NT_SUCCESS(ReceiveInitializePort(port)))
        return port;
    if (port->Ring != NULL)
        ExFreePoolWithTag(port->Ring, RAWPORT_TAG);
    ExFreePoolWithTag(port, RAWPORT_TAG);
    return NULL;
}

/* A handle that may not read wants no frames. */
_Use_decl_annotations_
NTSTATUS NTAPI PortCreate(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    PPORT port = Allocate();
    PBINDING binding;
    KIRQL irql;

    UNREFERENCED_PARAMETER(DeviceObject);
    if (port == NULL)
        return CompleteIrp(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    port->References = 1;
    if (stack->Parameters.Create.SecurityContext->DesiredAccess & (FILE_READ_DATA | GENERIC_READ))
        port->Filter = DEFAULT_FILTER;
    KeAcquireSpinLock(&Driver.Lock, &irql);
    InsertTailList(&Driver.Ports, &port->Link);
    KeReleaseSpinLock(&Driver.Lock, irql);
    stack->FileObject->FsContext = port;
    binding = BindingOfPort(port);
    if (binding != NULL) {
        OidUpdateFilter(binding);
        BindingRelease(binding);
    }
    return CompleteIrp(Irp, STATUS_SUCCESS, 0);
}

/* The last handle is closed: reads end, and the adapter hears what the others want. */
_Use_decl_annotations_
NTSTATUS NTAPI PortCleanup(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PPORT port = PortOf(Irp);
    PBINDING binding;
    KIRQL irql;

    UNREFERENCED_PARAMETER(DeviceObject);
    KeAcquireSpinLock(&Driver.Lock, &irql);
    port->Closing = TRUE;
    binding = port->Binding;
    port->Binding = NULL;
    if (binding != NULL)
        binding->References++;
    KeReleaseSpinLock(&Driver.Lock, irql);
    ReceiveFlush(port, STATUS_CANCELLED);
    if (binding != NULL) {
        OidUpdateFilter(binding);
        BindingRelease(binding);
    }
    return CompleteIrp(Irp, STATUS_SUCCESS, 0);
}

_Use_decl_annotations_
NTSTATUS NTAPI PortClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    PortRelease(PortOf(Irp));
    return CompleteIrp(Irp, STATUS_SUCCESS, 0);
}
