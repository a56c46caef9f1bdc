/* The device queue that the I/O manager runs for drivers with a StartIo routine.
 *
 * DeviceObject->CurrentIrp is the one being worked on. IoStartPacket starts an IRP at once or queues it; IoStartNextPacket
 * takes the next. With deferred start, a StartIo that calls IoStartNextPacket does not recurse: the next IRP starts when
 * it has returned. */
#include "nt/io_internal.h"

static void call_start_io(PDEVICE_OBJECT device, PIRP irp)
{
    device->DriverObject->DriverStartIo(device, irp);
}

static void start_next(PDEVICE_OBJECT device, bool cancelable, bool by_key, ULONG key)
{
    PKDEVICE_QUEUE_ENTRY entry;
    KIRQL irql = DISPATCH_LEVEL;
    PIRP irp;

    if (cancelable)
        IoAcquireCancelSpinLock(&irql);
    device->CurrentIrp = NULL;
    entry = by_key ? KeRemoveByKeyDeviceQueue(&device->DeviceQueue, key) : KeRemoveDeviceQueue(&device->DeviceQueue);
    if (entry == NULL) {
        if (cancelable)
            IoReleaseCancelSpinLock(irql);
        return;
    }
    irp = CONTAINING_RECORD(entry, IRP, Tail.Overlay.DeviceQueueEntry);
    device->CurrentIrp = irp;
    if (cancelable) {
        if (io_device_of(device)->start_io_not_cancelable)
            IoSetCancelRoutine(irp, NULL);
        IoReleaseCancelSpinLock(irql);
    }
    call_start_io(device, irp);
}

static void run_start_io(PDEVICE_OBJECT device, PIRP irp)
{
    struct io_device *host = io_device_of(device);

    if (!host->deferred_start_io) {
        call_start_io(device, irp);
        return;
    }
    host->in_start_io = true;
    call_start_io(device, irp);
    while (host->next_packet_wanted) {
        host->next_packet_wanted = false;
        start_next(device, host->next_cancelable, host->next_by_key, host->next_packet_key);
    }
    host->in_start_io = false;
}

/* Starts Irp when the device is free, else queues it (sorted by *Key, or at the end). CancelFunction: its cancel routine
 * while it waits. The dispatch routine has marked it pending. IRQL <= DISPATCH. docs: ntifs/nf-ntifs-iostartpacket */
VOID NTAPI IoStartPacket(PDEVICE_OBJECT DeviceObject, PIRP Irp, PULONG Key, PDRIVER_CANCEL CancelFunction)
{
    KIRQL old = ke_raise(DISPATCH_LEVEL), irql = DISPATCH_LEVEL;
    BOOLEAN queued;

    if (CancelFunction != NULL) {
        IoAcquireCancelSpinLock(&irql);
        IoSetCancelRoutine(Irp, CancelFunction);
    }
    queued = Key != NULL
                 ? KeInsertByKeyDeviceQueue(&DeviceObject->DeviceQueue, &Irp->Tail.Overlay.DeviceQueueEntry, *Key)
                 : KeInsertDeviceQueue(&DeviceObject->DeviceQueue, &Irp->Tail.Overlay.DeviceQueueEntry);
    if (queued) {
        if (CancelFunction != NULL && Irp->Cancel) {
            Irp->CancelIrql = irql;
            IoSetCancelRoutine(Irp, NULL);
            CancelFunction(DeviceObject, Irp);
        } else if (CancelFunction != NULL) {
            IoReleaseCancelSpinLock(irql);
        }
    } else {
        DeviceObject->CurrentIrp = Irp;
        if (CancelFunction != NULL) {
            if (io_device_of(DeviceObject)->start_io_not_cancelable)
                IoSetCancelRoutine(Irp, NULL);
            IoReleaseCancelSpinLock(irql);
        }
        run_start_io(DeviceObject, Irp);
    }
    ke_lower(old);
}

static void next_packet(PDEVICE_OBJECT device, bool cancelable, bool by_key, ULONG key)
{
    struct io_device *host = io_device_of(device);

    if (host->in_start_io) {
        host->next_packet_wanted = true;
        host->next_cancelable = cancelable;
        host->next_by_key = by_key;
        host->next_packet_key = key;
        return;
    }
    if (host->deferred_start_io)
        host->in_start_io = true;
    start_next(device, cancelable, by_key, key);
    while (host->next_packet_wanted) {
        host->next_packet_wanted = false;
        start_next(device, host->next_cancelable, host->next_by_key, host->next_packet_key);
    }
    host->in_start_io = false;
}

/* The current IRP is done: starts the next one. Cancelable: as in IoStartPacket. DISPATCH.
 * docs: ntifs/nf-ntifs-iostartnextpacket */
VOID NTAPI IoStartNextPacket(PDEVICE_OBJECT DeviceObject, BOOLEAN Cancelable)
{
    next_packet(DeviceObject, Cancelable, false, 0);
}

/* The next one with a key of at least Key. <= DISPATCH_LEVEL. docs: ntifs/nf-ntifs-iostartnextpacketbykey */
VOID NTAPI IoStartNextPacketByKey(PDEVICE_OBJECT DeviceObject, BOOLEAN Cancelable, ULONG Key)
{
    next_packet(DeviceObject, Cancelable, true, Key);
}

/* Deferred start (see above), and IRPs that are not cancelable any more when StartIo gets them. IRQL <= DISPATCH.
 * docs: wdm/nf-wdm-iosetstartioattributes */
VOID NTAPI IoSetStartIoAttributes(PDEVICE_OBJECT DeviceObject, BOOLEAN DeferredStartIo, BOOLEAN NonCancelable)
{
    io_device_of(DeviceObject)->deferred_start_io = DeferredStartIo;
    io_device_of(DeviceObject)->start_io_not_cancelable = NonCancelable;
}
