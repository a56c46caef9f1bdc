/* SRBs and SCSI commands: to the disk, or answered here. */
#include "sata.h"

#define FUA 0x08
#define BYTE_CHECK 0x06
#define TRIM_MOST 0xFFFFu               /* blocks of a range */

_Use_decl_annotations_
VOID SataComplete(PSATA_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb, UCHAR status)
{
    srb->SrbStatus = status;
    if (status == SRB_STATUS_SUCCESS)
        srb->ScsiStatus = SCSISTAT_GOOD;
    StorPortNotification(RequestComplete, adapter, srb);
}

static BOOLEAN Sense(PSATA_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb, UCHAR key, UCHAR code)
{
    PSENSE_DATA sense = srb->SenseInfoBuffer;
    UCHAR status = SRB_STATUS_ERROR;

    srb->ScsiStatus = SCSISTAT_CHECK_CONDITION;
    if (sense != NULL && srb->SenseInfoBufferLength >= sizeof(*sense)) {
        RtlZeroMemory(sense, sizeof(*sense));
        sense->ErrorCode = SCSI_SENSE_ERRORCODE_FIXED_CURRENT;
        sense->SenseKey = key;
        sense->AdditionalSenseLength = sizeof(*sense) - FIELD_OFFSET(SENSE_DATA, CommandSpecificInformation);
        sense->AdditionalSenseCode = code;
        status |= SRB_STATUS_AUTOSENSE_VALID;
    }
    SataComplete(adapter, srb, status);
    return FALSE;
}

static BOOLEAN Refuse(PSATA_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb, UCHAR code)
{
    return Sense(adapter, srb, SCSI_SENSE_ILLEGAL_REQUEST, code);
}

_Use_decl_annotations_
VOID SataFail(PSATA_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb, UCHAR error)
{
    const SATA_REQUEST *request = srb->SrbExtension;

    if ((error & 0x10) != 0)            /* no such address */
        Sense(adapter, srb, SCSI_SENSE_ILLEGAL_REQUEST, SCSI_ADSENSE_ILLEGAL_BLOCK);
    else if ((error & 0x40) != 0 && request->Write)
        Sense(adapter, srb, SCSI_SENSE_DATA_PROTECT, SCSI_ADSENSE_WRITE_PROTECT);
    else if ((error & 0x40) != 0)
        Sense(adapter, srb, SCSI_SENSE_MEDIUM_ERROR, SCSI_ADSENSE_UNRECOVERED_ERROR);
    else
        Sense(adapter, srb, SCSI_SENSE_ABORTED_COMMAND, 0);
}

/* ---- commands for the disk ---- */

static VOID Prepare(PSCSI_REQUEST_BLOCK srb, UCHAR command, BOOLEAN write, ULONG64 lba, ULONG count)
{
    PSATA_REQUEST request = srb->SrbExtension;

    RtlZeroMemory(request, sizeof(*request));
    request->Command = command;
    request->Write = write;
    request->Lba = lba;
    request->Count = count;
}

static VOID Extent(const UCHAR *cdb, ULONG64 *lba, ULONG *blocks)
{
    switch (cdb[0] >> 5) {
    case 0:
        *lba = SataNumber(cdb + 1, 3) & 0x1FFFFF;
        *blocks = cdb[4] != 0 ? cdb[4] : 256;
        break;
    case 4:
        *lba = SataNumber(cdb + 2, 8);
        *blocks = (ULONG)SataNumber(cdb + 10, 4);
        break;
    case 5:
        *lba = SataNumber(cdb + 2, 4);
        *blocks = (ULONG)SataNumber(cdb + 6, 4);
        break;
    default:
        *lba = SataNumber(cdb + 2, 4);
        *blocks = (ULONG)SataNumber(cdb + 7, 2);
        break;
    }
}

static BOOLEAN Inside(const SATA_DISK *disk, ULONG64 lba, ULONG64 blocks)
{
    return lba <= disk->Blocks && blocks <= disk->Blocks - lba;
}

static BOOLEAN Transfer(PSATA_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb, BOOLEAN write)
{
    const SATA_DISK *disk = &adapter->Disk;
    const UCHAR *cdb = srb->Cdb;
    PSATA_REQUEST request = srb->SrbExtension;
    BOOLEAN fua = write && (cdb[0] >> 5) != 0 && (cdb[1] & FUA) != 0;
    ULONG64 lba;
    ULONG blocks;

    Extent(cdb, &lba, &blocks);
    if (!Inside(disk, lba, blocks))
        return Refuse(adapter, srb, SCSI_ADSENSE_ILLEGAL_BLOCK);
    if (blocks == 0) {
        SataComplete(adapter, srb, SRB_STATUS_SUCCESS);
        return FALSE;
    }
    if (blocks > 0x10000 || (ULONG64)blocks * disk->BlockSize != srb->DataTransferLength) {
        SataComplete(adapter, srb, SRB_STATUS_INVALID_REQUEST);
        return FALSE;
    }
    if (fua && disk->WriteCache && !disk->Fua)
        return Refuse(adapter, srb, SCSI_ADSENSE_INVALID_CDB);
    Prepare(srb, write ? (fua ? ATA_WRITE_FUA : ATA_WRITE) : ATA_READ, write, lba, blocks);
    if (disk->Depth > 1) {
        request->Command = write ? ATA_WRITE_QUEUED : ATA_READ_QUEUED;
        request->Queued = TRUE;
        request->Fua = fua;
    }
    return TRUE;
}

static BOOLEAN Verify(PSATA_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb)
{
    ULONG64 lba;
    ULONG blocks;

    Extent(srb->Cdb, &lba, &blocks);
    if ((srb->Cdb[1] & BYTE_CHECK) != 0)
        return Refuse(adapter, srb, SCSI_ADSENSE_INVALID_CDB);
    if (!Inside(&adapter->Disk, lba, blocks) || blocks > 0x10000)
        return Refuse(adapter, srb, SCSI_ADSENSE_ILLEGAL_BLOCK);
    Prepare(srb, ATA_READ_VERIFY, FALSE, lba, blocks);
    if (blocks == 0)
        SataComplete(adapter, srb, SRB_STATUS_SUCCESS);
    return blocks != 0;
}

/* ---- UNMAP becomes TRIM; the list of ranges is the adapter's only one, so it is made when nothing else is under way ---- */

static BOOLEAN AddRanges(PSATA_ADAPTER adapter, PULONG used, ULONG64 lba, ULONG64 blocks)
{
    while (blocks != 0) {
        ULONG64 now = min(blocks, TRIM_MOST);

        if (*used == SATA_TRIM_RANGES)
            return FALSE;
        adapter->Shared->Trim[(*used)++] = lba | now << 48;
        lba += now;
        blocks -= now;
    }
    return TRUE;
}

static BOOLEAN Unmap(PSATA_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb)
{
    const UCHAR *list = srb->DataBuffer;
    ULONG length = min((ULONG)SataNumber(srb->Cdb + 7, 2), srb->DataTransferLength), used = 0, bytes;

    if (!adapter->Disk.Trim)
        return Refuse(adapter, srb, SCSI_ADSENSE_ILLEGAL_COMMAND);
    if (length == 0) {
        SataComplete(adapter, srb, SRB_STATUS_SUCCESS);
        return FALSE;
    }
    if (length < 8 || adapter->Outstanding != adapter->OutstandingQueued || adapter->First != NULL) {
        SataComplete(adapter, srb, length < 8 ? SRB_STATUS_INVALID_REQUEST : SRB_STATUS_BUSY);
        return FALSE;
    }
    bytes = min((ULONG)SataNumber(list + 2, 2), length - 8);
    RtlZeroMemory(adapter->Shared->Trim, sizeof(adapter->Shared->Trim));
    for (ULONG at = 8; at + 16 <= 8 + bytes; at += 16) {
        ULONG64 lba = SataNumber(list + at, 8), blocks = SataNumber(list + at + 8, 4);

        if (!Inside(&adapter->Disk, lba, blocks))
            return Refuse(adapter, srb, SCSI_ADSENSE_ILLEGAL_BLOCK);
        if (!AddRanges(adapter, &used, lba, blocks))
            return Refuse(adapter, srb, SCSI_ADSENSE_INVALID_FIELD_PARAMETER_LIST);
    }
    Prepare(srb, ATA_TRIM, TRUE, 0, 1);
    if (used == 0)
        SataComplete(adapter, srb, SRB_STATUS_SUCCESS);
    return used != 0;
}

/* ---- the rest ---- */

static BOOLEAN Describe(PSATA_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb)
{
    UCHAR answer[256];
    ULONG length = SataDescribe(&adapter->Disk, srb->Cdb, answer);

    if (length == 0)
        return Refuse(adapter, srb, SCSI_ADSENSE_INVALID_CDB);
    length = min(length, srb->DataTransferLength);
    RtlCopyMemory(srb->DataBuffer, answer, length);
    srb->DataTransferLength = length;
    SataComplete(adapter, srb, SRB_STATUS_SUCCESS);
    return FALSE;
}

static BOOLEAN Flush(PSATA_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb)
{
    UNREFERENCED_PARAMETER(adapter);
    Prepare(srb, ATA_FLUSH, FALSE, 0, 0);
    return TRUE;
}

static BOOLEAN Scsi(PSATA_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb)
{
    switch (srb->Cdb[0]) {
    case SCSIOP_READ6: case SCSIOP_READ: case SCSIOP_READ12: case SCSIOP_READ16:
        return Transfer(adapter, srb, FALSE);
    case SCSIOP_WRITE6: case SCSIOP_WRITE: case SCSIOP_WRITE12: case SCSIOP_WRITE16:
        return Transfer(adapter, srb, TRUE);
    case SCSIOP_SYNCHRONIZE_CACHE: case SCSIOP_SYNCHRONIZE_CACHE16:
        return Flush(adapter, srb);
    case SCSIOP_VERIFY: case SCSIOP_VERIFY16:
        return Verify(adapter, srb);
    case SCSIOP_UNMAP:
        return Unmap(adapter, srb);
    case SCSIOP_TEST_UNIT_READY: case SCSIOP_START_STOP_UNIT: case SCSIOP_MEDIUM_REMOVAL:
        SataComplete(adapter, srb, SRB_STATUS_SUCCESS);
        return FALSE;
    case SCSIOP_INQUIRY: case SCSIOP_MODE_SENSE: case SCSIOP_MODE_SENSE10: case SCSIOP_READ_CAPACITY:
    case SCSIOP_SERVICE_ACTION_IN16: case SCSIOP_REPORT_LUNS: case SCSIOP_REQUEST_SENSE:
        return Describe(adapter, srb);
    default:
        return Refuse(adapter, srb, SCSI_ADSENSE_ILLEGAL_COMMAND);
    }
}

static BOOLEAN Reset(PSATA_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb)
{
    SataStopPort(adapter);
    SataEndAll(adapter, SRB_STATUS_BUS_RESET);
    adapter->Recovering = FALSE;
    adapter->Ready = SataStartPort(adapter);
    if (adapter->Ready)
        SataUnmask(adapter);
    SataComplete(adapter, srb, adapter->Ready ? SRB_STATUS_SUCCESS : SRB_STATUS_ERROR);
    return FALSE;
}

_Use_decl_annotations_
BOOLEAN SataTranslate(PSATA_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb)
{
    UCHAR status = SRB_STATUS_SUCCESS;

    if (adapter->Gone || srb->PathId != 0 || srb->TargetId != 0 || srb->Lun != 0) {
        SataComplete(adapter, srb, SRB_STATUS_NO_DEVICE);
        return FALSE;
    }
    switch (srb->Function) {
    case SRB_FUNCTION_EXECUTE_SCSI:
        return Scsi(adapter, srb);
    case SRB_FUNCTION_FLUSH: case SRB_FUNCTION_SHUTDOWN:
        return Flush(adapter, srb);
    case SRB_FUNCTION_RESET_BUS: case SRB_FUNCTION_RESET_DEVICE: case SRB_FUNCTION_RESET_LOGICAL_UNIT:
        return Reset(adapter, srb);
    case SRB_FUNCTION_POWER: case SRB_FUNCTION_PNP:
        break;
    default:
        status = SRB_STATUS_INVALID_REQUEST;
        break;
    }
    SataComplete(adapter, srb, status);
    return FALSE;
}
