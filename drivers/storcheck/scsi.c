/* The SCSI commands of units that are all the same memory. */
#include "storcheck.h"

static UCHAR Give(PSCSI_REQUEST_BLOCK srb, const void *data, ULONG size)
{
    ULONG length = SrbGetDataTransferLength(srb);

    size = size < length ? size : length;
    RtlCopyMemory(SrbGetDataBuffer(srb), data, size);
    SrbSetDataTransferLength(srb, size);
    return SRB_STATUS_SUCCESS;
}

static UCHAR Inquiry(PSCSI_REQUEST_BLOCK srb, PCDB cdb)
{
    UCHAR data[36] = { 0, 0, 6, 2, 31 };

    if (cdb->CDB6INQUIRY3.EnableVitalProductData)
        return SRB_STATUS_INVALID_REQUEST;
    RtlCopyMemory(data + 8, "RING3   STORCHECK       1   ", 28);
    return Give(srb, data, sizeof(data));
}

static UCHAR ReportLuns(PSTORCHECK device, PSCSI_REQUEST_BLOCK srb)
{
    UCHAR data[8 + 8 * 4] = { 0 };

    data[3] = (UCHAR)(device->Units * 8);
    for (ULONG i = 0; i < device->Units; i++)
        data[8 + 8 * i + 1] = (UCHAR)i;
    return Give(srb, data, 8 + 8 * device->Units);
}

static VOID Put32(PUCHAR to, ULONG value)
{
    to[0] = (UCHAR)(value >> 24);
    to[1] = (UCHAR)(value >> 16);
    to[2] = (UCHAR)(value >> 8);
    to[3] = (UCHAR)value;
}

static UCHAR Capacity(PSCSI_REQUEST_BLOCK srb, BOOLEAN sixteen)
{
    UCHAR data[32] = { 0 };

    Put32(data + (sixteen ? 4 : 0), STORCHECK_BYTES / STORCHECK_SECTOR - 1);
    Put32(data + (sixteen ? 8 : 4), STORCHECK_SECTOR);
    return Give(srb, data, sixteen ? 32 : 8);
}

static ULONG64 Big(const UCHAR *from, ULONG bytes)
{
    ULONG64 value = 0;

    while (bytes-- != 0)
        value = value << 8 | *from++;
    return value;
}

static UCHAR Transfer(PSTORCHECK device, PSCSI_REQUEST_BLOCK srb, BOOLEAN write, BOOLEAN sixteen)
{
    const UCHAR *cdb = SrbGetCdb(srb)->AsByte;
    ULONG64 at = Big(cdb + 2, sixteen ? 8 : 4) * STORCHECK_SECTOR;
    ULONG length = SrbGetDataTransferLength(srb);
    PVOID data;

    if (at > STORCHECK_BYTES || length > STORCHECK_BYTES - at ||
        StorPortGetSystemAddress(device, srb, &data) != STOR_STATUS_SUCCESS)
        return SRB_STATUS_ERROR;
    if (write)
        StorPortCopyMemory((PUCHAR)device->Memory + at, data, length);
    else
        StorPortCopyMemory(data, (PUCHAR)device->Memory + at, length);
    return SRB_STATUS_SUCCESS;
}

UCHAR StorCheckExecute(PSTORCHECK Device, PSCSI_REQUEST_BLOCK Srb)
{
    PCDB cdb = SrbGetCdb(Srb);

    if (SrbGetPathId(Srb) != 0 || SrbGetTargetId(Srb) != 0 || SrbGetLun(Srb) >= Device->Units)
        return SRB_STATUS_NO_DEVICE;
    switch (cdb->CDB6GENERIC.OperationCode) {
    case SCSIOP_TEST_UNIT_READY:
    case SCSIOP_SYNCHRONIZE_CACHE:
    case SCSIOP_SYNCHRONIZE_CACHE16:
    case SCSIOP_START_STOP_UNIT:
        return SRB_STATUS_SUCCESS;
    case SCSIOP_INQUIRY:
        return Inquiry(Srb, cdb);
    case SCSIOP_REPORT_LUNS:
        return ReportLuns(Device, Srb);
    case SCSIOP_READ_CAPACITY:
        return Capacity(Srb, FALSE);
    case SCSIOP_SERVICE_ACTION_IN16:
        return Capacity(Srb, TRUE);
    case SCSIOP_READ:
        return Transfer(Device, Srb, FALSE, FALSE);
    case SCSIOP_WRITE:
        return Transfer(Device, Srb, TRUE, FALSE);
    case SCSIOP_READ16:
        return Transfer(Device, Srb, FALSE, TRUE);
    case SCSIOP_WRITE16:
        return Transfer(Device, Srb, TRUE, TRUE);
    default:
        return SRB_STATUS_INVALID_REQUEST;
    }
}
