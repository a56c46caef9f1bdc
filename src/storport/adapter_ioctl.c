/* Control codes of an adapter's own device, \\.\ScsiN:. docs: ntddscsi */
#include "storport/disk_ioctl.h"

#include <string.h>

#include "nt/pool.h"

/* A block of the miniport's own between the caller and it, as SRB_FUNCTION_IO_CONTROL.
 * docs: ntddscsi/ni-ntddscsi-ioctl_scsi_miniport */
NTSTATUS adapter_miniport_ioctl(struct unit *u, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    PSRB_IO_CONTROL head = buffer;
    uint64_t length;

    if (in < sizeof *head || head->HeaderLength < sizeof *head)
        return STATUS_INVALID_PARAMETER;
    length = (uint64_t)head->HeaderLength + head->Length;
    if (length > in && length > out)
        return STATUS_INVALID_PARAMETER;
    if (out < sizeof *head || length > 65536)
        return STATUS_BUFFER_TOO_SMALL;
    struct request *r = request_take(u);
    uint8_t *copy = pool_alloc(NonPagedPoolNx, length, SP_TAG, NULL);
    NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;
    if (r && copy) {
        memset(copy, 0, length);
        memcpy(copy, buffer, min_u64(in, length));
        request_prepare(r, SRB_FUNCTION_IO_CONTROL, SRB_FLAGS_DATA_IN | SRB_FLAGS_DATA_OUT, copy, (uint32_t)length,
                        head->Timeout ? head->Timeout : 10);
        status = sp_status(request_wait(r));
        if (NT_SUCCESS(status)) {
            *done = min_u64(out, min_u64(length, SrbGetDataTransferLength(r->srb)));
            memcpy(buffer, copy, *done);
        }
    }
    if (r)
        request_release(r);
    if (copy)
        pool_free(copy, SP_TAG, NULL);
    return status;
}

/* docs: ntddscsi/ni-ntddscsi-ioctl_scsi_get_capabilities */
NTSTATUS adapter_capabilities(struct adapter *a, void *buffer, ULONG out, ULONG_PTR *done)
{
    if (out < sizeof(IO_SCSI_CAPABILITIES))
        return STATUS_BUFFER_TOO_SMALL;
    *(PIO_SCSI_CAPABILITIES)buffer = (IO_SCSI_CAPABILITIES){
        .Length = sizeof(IO_SCSI_CAPABILITIES),
        .MaximumTransferLength = a->max_transfer,
        .MaximumPhysicalPages = a->breaks,
        .AlignmentMask = a->config->AlignmentMask,
        .TaggedQueuing = TRUE,
    };
    *done = sizeof(IO_SCSI_CAPABILITIES);
    return STATUS_SUCCESS;
}

NTSTATUS adapter_ioctl(struct adapter *a, PIRP irp)
{
    PIO_STACK_LOCATION sp = IoGetCurrentIrpStackLocation(irp);
    ULONG in = sp->Parameters.DeviceIoControl.InputBufferLength, out = sp->Parameters.DeviceIoControl.OutputBufferLength;
    void *buffer = irp->AssociatedIrp.SystemBuffer;
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    ULONG_PTR done = 0;

    if (a->state != ADAPTER_STARTED)
        return irp->IoStatus.Information = 0, sp_complete(irp, STATUS_DEVICE_NOT_READY);
    switch (sp->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_SCSI_MINIPORT:
        status = adapter_miniport_ioctl(a->control, buffer, in, out, &done);
        break;
    case IOCTL_SCSI_GET_CAPABILITIES:
        status = adapter_capabilities(a, buffer, out, &done);
        break;
    case IOCTL_SCSI_RESCAN_BUS:
        adapter_rescan(a);
        status = STATUS_SUCCESS;
        break;
    case IOCTL_MINIPORT_PROCESS_SERVICE_IRP:
        if (!a->driver->is_virtual || !a->driver->init.HwProcessServiceRequest)
            break;
        IoMarkIrpPending(irp);
        a->driver->init.HwProcessServiceRequest(a->extension, irp);
        return STATUS_PENDING;
    }
    irp->IoStatus.Information = done;
    return sp_complete(irp, status);
}
