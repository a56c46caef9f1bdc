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

/* Every unit's INQUIRY data, in lists by bus. docs: ntddscsi/ni-ntddscsi-ioctl_scsi_get_inquiry_data */
static NTSTATUS inquiry_data(struct adapter *a, void *buffer, ULONG out, ULONG_PTR *done)
{
    ULONG buses = a->config->NumberOfBuses, entry = (ULONG)align_up(offsetof(SCSI_INQUIRY_DATA, InquiryData) + INQUIRYDATABUFFERSIZE, 8);
    ULONG at = (ULONG)align_up(offsetof(SCSI_ADAPTER_BUS_INFO, BusData) + buses * sizeof(SCSI_BUS_DATA), 8);
    PSCSI_ADAPTER_BUS_INFO info = buffer;

    if (out < at)
        return STATUS_BUFFER_TOO_SMALL;
    memset(buffer, 0, out);
    info->NumberOfBuses = (UCHAR)buses;
    for (ULONG bus = 0; bus < buses; bus++) {
        PULONG link = &info->BusData[bus].InquiryDataOffset;

        info->BusData[bus].InitiatorBusId = (UCHAR)a->config->InitiatorBusId[bus < 8 ? bus : 0];
        list_each(it, &a->units) {
            struct unit *u = container_of(it, struct unit, node);

            if (u->path != bus || u->gone || !u->pdo)
                continue;
            if (at + entry > out)
                return STATUS_BUFFER_TOO_SMALL;
            PSCSI_INQUIRY_DATA data = (void *)((PUCHAR)buffer + at);
            *link = at;
            link = &data->NextInquiryDataOffset;
            info->BusData[bus].NumberOfLogicalUnits++;
            data->PathId = u->path;
            data->TargetId = u->target;
            data->Lun = u->lun;
            data->DeviceClaimed = u->scsi_claimed || u->disk;
            data->InquiryDataLength = INQUIRYDATABUFFERSIZE;
            memcpy(data->InquiryData, &u->inquiry, INQUIRYDATABUFFERSIZE);
            at += entry;
        }
    }
    *done = at;
    return STATUS_SUCCESS;
}

/* The unit that a pass-through at the adapter addresses; from user mode it must not be a class driver's. */
static NTSTATUS pass_through(struct adapter *a, PIRP irp, bool direct, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    PSCSI_PASS_THROUGH p = buffer;
    struct unit *u;

    if (in < sizeof *p)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (out < sizeof *p)
        return STATUS_BUFFER_TOO_SMALL;
    u = unit_find(a, p->PathId, p->TargetId, p->Lun);
    if (!u || !u->pdo)
        return STATUS_INVALID_PARAMETER;
    if (irp->RequestorMode == UserMode && (u->disk || u->scsi_claimed))
        return STATUS_INVALID_DEVICE_REQUEST;
    return (direct ? unit_pass_through_direct : unit_pass_through)(u, buffer, in, out, done);
}

static uint32_t fill(void *owner, STORAGE_PROPERTY_ID id, void *to)
{
    switch (id) {
    case StorageAdapterProperty:
        return adapter_descriptor(owner, to);
    case StorageAdapterSerialNumberProperty:
        return adapter_serial(owner, to);
    case StorageFruIdProperty:
        return adapter_fru(owner, to);
    default:
        return 0;
    }
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
    case IOCTL_SCSI_GET_INQUIRY_DATA:
        status = inquiry_data(a, buffer, out, &done);
        break;
    case IOCTL_SCSI_PASS_THROUGH:
    case IOCTL_SCSI_PASS_THROUGH_DIRECT:
        status = pass_through(a, irp, sp->Parameters.DeviceIoControl.IoControlCode == IOCTL_SCSI_PASS_THROUGH_DIRECT, buffer, in, out,
                              &done);
        break;
    case IOCTL_STORAGE_QUERY_PROPERTY:
        status = property_answer(fill, a, buffer, in, out, &done);
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
