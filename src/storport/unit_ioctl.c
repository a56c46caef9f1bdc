/* Control codes of a logical unit: what the port driver answers at its device object, for class drivers, filters and programs that have
 * the device raw; the disk class driver uses the same rows. Each is a row: code, least input, least output, handler.
 * docs: ntddscsi, ntddstor/ni-ntddstor-ioctl_storage_query_property */
#include "storport/disk_ioctl.h"

static uint32_t fill(void *owner, STORAGE_PROPERTY_ID id, void *to)
{
    return unit_descriptor(owner, id, to);
}

static NTSTATUS property(struct unit *u, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    return property_answer(fill, u, buffer, in, out, done);
}

static NTSTATUS address(struct unit *u, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    *(PSCSI_ADDRESS)buffer = (SCSI_ADDRESS){ sizeof(SCSI_ADDRESS), (UCHAR)u->adapter->number, u->path, u->target, u->lun };
    *done = sizeof(SCSI_ADDRESS);
    return STATUS_SUCCESS;
}

static NTSTATUS capabilities(struct unit *u, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    return adapter_capabilities(u->adapter, buffer, out, done);
}

static NTSTATUS reset_device(struct unit *u, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    struct request *r = request_take(u);

    if (!r)
        return STATUS_DEVICE_BUSY;
    request_prepare(r, SRB_FUNCTION_RESET_DEVICE, 0, NULL, 0, 10);
    r->bypass = true;
    NTSTATUS status = sp_status(request_wait(r));
    request_release(r);
    return status;
}

static NTSTATUS reset_bus(struct unit *u, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    if (((PSTORAGE_BUS_RESET_REQUEST)buffer)->PathId != u->path)
        return STATUS_INVALID_PARAMETER;
    return adapter_reset_bus_passive(u->adapter, u->path) ? STATUS_SUCCESS : STATUS_IO_DEVICE_ERROR;
}

static const struct unit_control_row {
    ULONG code;
    USHORT in, out;
    bool at_pdo;                        /* the port driver answers it itself; else only the class driver does */
    unit_handler *handler;
} controls[] = {
    { IOCTL_STORAGE_QUERY_PROPERTY, offsetof(STORAGE_PROPERTY_QUERY, AdditionalParameters), 0, true, property },
    { IOCTL_SCSI_GET_ADDRESS, 0, sizeof(SCSI_ADDRESS), true, address },
    { IOCTL_SCSI_GET_CAPABILITIES, 0, sizeof(IO_SCSI_CAPABILITIES), true, capabilities },
    { IOCTL_SCSI_PASS_THROUGH, sizeof(SCSI_PASS_THROUGH), sizeof(SCSI_PASS_THROUGH), true, unit_pass_through },
    { IOCTL_SCSI_PASS_THROUGH_DIRECT, sizeof(SCSI_PASS_THROUGH_DIRECT), sizeof(SCSI_PASS_THROUGH_DIRECT), true, unit_pass_through_direct },
    { IOCTL_SCSI_PASS_THROUGH_EX, offsetof(SCSI_PASS_THROUGH_EX, Cdb) + 1, offsetof(SCSI_PASS_THROUGH_EX, Cdb), true, unit_pass_through_ex },
    { IOCTL_SCSI_PASS_THROUGH_DIRECT_EX, offsetof(SCSI_PASS_THROUGH_DIRECT_EX, Cdb) + 1, offsetof(SCSI_PASS_THROUGH_DIRECT_EX, Cdb), true,
      unit_pass_through_direct_ex },
    { IOCTL_ATA_PASS_THROUGH, sizeof(ATA_PASS_THROUGH_EX), sizeof(ATA_PASS_THROUGH_EX), true, unit_ata_pass_through },
    { IOCTL_ATA_PASS_THROUGH_DIRECT, sizeof(ATA_PASS_THROUGH_DIRECT), sizeof(ATA_PASS_THROUGH_DIRECT), true,
      unit_ata_pass_through_direct },
    { IOCTL_SCSI_MINIPORT, sizeof(SRB_IO_CONTROL), sizeof(SRB_IO_CONTROL), true, adapter_miniport_ioctl },
    { IOCTL_STORAGE_RESET_DEVICE, 0, 0, true, reset_device },
    { IOCTL_STORAGE_RESET_BUS, sizeof(STORAGE_BUS_RESET_REQUEST), 0, true, reset_bus },
    { IOCTL_STORAGE_BREAK_RESERVATION, sizeof(STORAGE_BREAK_RESERVATION_REQUEST), 0, true, unit_break_reservation },
    { SMART_GET_VERSION, 0, sizeof(GETVERSIONINPARAMS), false, unit_smart_version },
    { SMART_SEND_DRIVE_COMMAND, offsetof(SENDCMDINPARAMS, bBuffer), offsetof(SENDCMDOUTPARAMS, bBuffer), false, unit_smart_send },
    { SMART_RCV_DRIVE_DATA, offsetof(SENDCMDINPARAMS, bBuffer), offsetof(SENDCMDOUTPARAMS, bBuffer) + 512, false, unit_smart_receive },
};

static const struct unit_control_row *row_of(ULONG code)
{
    for (unsigned i = 0; i < countof(controls); i++)
        if (controls[i].code == code)
            return &controls[i];
    return NULL;
}

bool unit_control_of(ULONG code, unit_handler **handler, ULONG *in, ULONG *out)
{
    const struct unit_control_row *row = row_of(code);

    if (!row)
        return false;
    *handler = row->handler;
    *in = row->in;
    *out = row->out;
    return true;
}

NTSTATUS unit_ioctl(struct unit *u, PIRP irp)
{
    PIO_STACK_LOCATION sp = IoGetCurrentIrpStackLocation(irp);
    ULONG in = sp->Parameters.DeviceIoControl.InputBufferLength, out = sp->Parameters.DeviceIoControl.OutputBufferLength;
    const struct unit_control_row *row = row_of(sp->Parameters.DeviceIoControl.IoControlCode);
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    ULONG_PTR done = 0;

    if (u->gone || u->adapter->state != ADAPTER_STARTED)
        status = STATUS_DEVICE_DOES_NOT_EXIST;
    else if (!row || !row->at_pdo)
        ;
    else if (in < row->in)
        status = STATUS_INFO_LENGTH_MISMATCH;
    else if (out < row->out)
        status = STATUS_BUFFER_TOO_SMALL;
    else
        status = row->handler(u, irp->AssociatedIrp.SystemBuffer, in, out, &done);
    irp->IoStatus.Information = done;
    return sp_complete(irp, status);
}
