/* SCSI commands: to the controller, or answered here. */
#include "adapter.h"
#include <srbhelper.h>

#define UNMAP_HEADER 8
#define UNMAP_DESCRIPTOR 16
#define ZEROES_MOST 0x10000             /* blocks of a Write Zeroes command */
#define WRITE_SAME_ANCHOR 0x10
#define WRITE_SAME_UNMAP 0x08
#define WRITE_SAME_NO_DATA 0x01
#define FUA 0x08
#define BYTE_CHECK 0x06
#define BYTE_CHECK_ALL 0x02

static PNVMEQ_NAMESPACE NamespaceOf(PNVMEQ_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb)
{
    return &adapter->Namespace[SrbGetLun(srb)];
}

_Use_decl_annotations_
VOID NvmeqSense(PNVMEQ_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb, UCHAR key, UCHAR code, UCHAR qualifier)
{
    PSENSE_DATA sense = SrbGetSenseInfoBuffer(srb);
    UCHAR status = SRB_STATUS_ERROR;

    SrbSetScsiStatus(srb, SCSISTAT_CHECK_CONDITION);
    if (sense != NULL && SrbGetSenseInfoBufferLength(srb) >= sizeof(*sense)) {
        RtlZeroMemory(sense, sizeof(*sense));
        sense->ErrorCode = SCSI_SENSE_ERRORCODE_FIXED_CURRENT;
        sense->Valid = 1;
        sense->SenseKey = key;
        sense->AdditionalSenseLength = sizeof(*sense) - FIELD_OFFSET(SENSE_DATA, CommandSpecificInformation);
        sense->AdditionalSenseCode = code;
        sense->AdditionalSenseCodeQualifier = qualifier;
        status |= SRB_STATUS_AUTOSENSE_VALID;
    }
    NvmeqComplete(adapter, srb, status);
}

static BOOLEAN Refuse(PNVMEQ_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb, UCHAR code)
{
    NvmeqSense(adapter, srb, SCSI_SENSE_ILLEGAL_REQUEST, code, 0);
    return FALSE;
}

static BOOLEAN Good(PNVMEQ_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb)
{
    SrbSetScsiStatus(srb, SCSISTAT_GOOD);
    NvmeqComplete(adapter, srb, SRB_STATUS_SUCCESS);
    return FALSE;
}

static BOOLEAN Protected(PNVMEQ_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb)
{
    if (!NamespaceOf(adapter, srb)->ReadOnly)
        return FALSE;
    NvmeqSense(adapter, srb, SCSI_SENSE_DATA_PROTECT, SCSI_ADSENSE_WRITE_PROTECT, 0);
    return TRUE;
}

/* Address and number of blocks of a command of 6, 10, 12 or 16 bytes. */
static VOID Extent(const UCHAR *cdb, ULONG64 *lba, ULONG *blocks)
{
    switch (cdb[0] >> 5) {
    case 0:
        *lba = NvmeqGet(cdb + 1, 3) & 0x1FFFFF;
        *blocks = cdb[4] != 0 ? cdb[4] : 256;
        break;
    case 5:
        *lba = NvmeqGet(cdb + 2, 4);
        *blocks = (ULONG)NvmeqGet(cdb + 6, 4);
        break;
    case 4:
        *lba = NvmeqGet(cdb + 2, 8);
        *blocks = (ULONG)NvmeqGet(cdb + 10, 4);
        break;
    default:
        *lba = NvmeqGet(cdb + 2, 4);
        *blocks = (ULONG)NvmeqGet(cdb + 7, 2);
        break;
    }
}

static BOOLEAN Inside(const NVMEQ_NAMESPACE *space, ULONG64 lba, ULONG64 blocks)
{
    return lba <= space->Blocks && blocks <= space->Blocks - lba;
}

/* The transfer of a command that has all its blocks in the data buffer. */
static BOOLEAN Build(PNVMEQ_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb, UCHAR opcode, ULONG64 lba, ULONG blocks, BOOLEAN fua)
{
    ULONG64 bytes = (ULONG64)blocks << NamespaceOf(adapter, srb)->BlockShift;

    if (bytes != SrbGetDataTransferLength(srb) || bytes > adapter->Controller.MaximumTransfer) {
        NvmeqComplete(adapter, srb, SRB_STATUS_INVALID_REQUEST);
        return FALSE;
    }
    return NvmeqBuildTransfer(adapter, srb, opcode, lba, blocks, fua);
}

static BOOLEAN Transfer(PNVMEQ_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb, const UCHAR *cdb, BOOLEAN write)
{
    ULONG64 lba;
    ULONG blocks;

    Extent(cdb, &lba, &blocks);
    if (write && Protected(adapter, srb))
        return FALSE;
    if (!Inside(NamespaceOf(adapter, srb), lba, blocks))
        return Refuse(adapter, srb, SCSI_ADSENSE_ILLEGAL_BLOCK);
    if (blocks == 0)
        return Good(adapter, srb);
    return Build(adapter, srb, write ? IO_WRITE : IO_READ, lba, blocks, (cdb[0] >> 5) != 0 && (cdb[1] & FUA) != 0);
}

/* With byte check, a comparison by the controller; without, the addresses are what there is to check. */
static BOOLEAN Verify(PNVMEQ_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb, const UCHAR *cdb)
{
    ULONG64 lba;
    ULONG blocks;

    Extent(cdb, &lba, &blocks);
    if ((cdb[1] & BYTE_CHECK) != 0 && ((cdb[1] & BYTE_CHECK) != BYTE_CHECK_ALL || (adapter->Controller.Commands & ONCS_COMPARE) == 0))
        return Refuse(adapter, srb, SCSI_ADSENSE_INVALID_CDB);
    if (!Inside(NamespaceOf(adapter, srb), lba, blocks))
        return Refuse(adapter, srb, SCSI_ADSENSE_ILLEGAL_BLOCK);
    if ((cdb[1] & BYTE_CHECK) == 0 || blocks == 0)
        return Good(adapter, srb);
    return Build(adapter, srb, IO_COMPARE, lba, blocks, FALSE);
}

/* ---- unmap and zeroes ---- */

static BOOLEAN FillRanges(const NVMEQ_NAMESPACE *space, const UCHAR *list, ULONG length, NVME_RANGE *ranges, ULONG *count)
{
    *count = 0;
    for (ULONG at = UNMAP_HEADER; at + UNMAP_DESCRIPTOR <= length; at += UNMAP_DESCRIPTOR) {
        ULONG64 lba = NvmeqGet(list + at, 8);
        ULONG blocks = (ULONG)NvmeqGet(list + at + 8, 4);

        if (!Inside(space, lba, blocks))
            return FALSE;
        if (blocks == 0)
            continue;
        ranges[*count].Attributes = 0;
        ranges[*count].Blocks = blocks;
        ranges[(*count)++].Lba = lba;
    }
    return TRUE;
}

static BOOLEAN Unmap(PNVMEQ_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb, const UCHAR *cdb)
{
    const UCHAR *list = SrbGetDataBuffer(srb);
    ULONG length = min((ULONG)NvmeqGet(cdb + 7, 2), SrbGetDataTransferLength(srb)), count;
    NVME_RANGE *ranges;

    if ((adapter->Controller.Commands & ONCS_DATASET) == 0)
        return Refuse(adapter, srb, SCSI_ADSENSE_ILLEGAL_COMMAND);
    if (Protected(adapter, srb))
        return FALSE;
    if ((cdb[1] & 1) != 0)
        return Refuse(adapter, srb, SCSI_ADSENSE_INVALID_CDB);
    if (length == 0)
        return Good(adapter, srb);
    if (list == NULL || length < UNMAP_HEADER)
        return Refuse(adapter, srb, SCSI_ADSENSE_PARAMETER_LIST_LENGTH);
    length = min(length, UNMAP_HEADER + (ULONG)NvmeqGet(list + 2, 2));
    if (length > UNMAP_HEADER + NVMEQ_RANGES * UNMAP_DESCRIPTOR)
        return Refuse(adapter, srb, SCSI_ADSENSE_INVALID_FIELD_PARAMETER_LIST);
    ranges = NvmeqBuildUnmap(adapter, srb);
    if (ranges == NULL)
        return FALSE;
    if (!FillRanges(NamespaceOf(adapter, srb), list, length, ranges, &count))
        return Refuse(adapter, srb, SCSI_ADSENSE_ILLEGAL_BLOCK);
    if (count == 0)
        return Good(adapter, srb);
    ((PNVMEQ_REQUEST)SrbGetMiniportContext(srb))->Command.Dw10 = count - 1;
    return TRUE;
}

static BOOLEAN AllZero(const UCHAR *bytes, ULONG length)
{
    for (ULONG i = 0; i < length; i++) {
        if (bytes[i] != 0)
            return FALSE;
    }
    return TRUE;
}

/* Zeroes only: the controller writes no other pattern. */
static BOOLEAN WriteSame(PNVMEQ_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb, const UCHAR *cdb)
{
    const NVMEQ_NAMESPACE *space = NamespaceOf(adapter, srb);
    BOOLEAN withoutData = cdb[0] == SCSIOP_WRITE_SAME16 && (cdb[1] & WRITE_SAME_NO_DATA) != 0;
    const UCHAR *data = SrbGetDataBuffer(srb);
    ULONG size = 1u << space->BlockShift, blocks;
    PNVMEQ_REQUEST request;
    ULONG64 lba;

    if ((adapter->Controller.Commands & ONCS_ZEROES) == 0)
        return Refuse(adapter, srb, SCSI_ADSENSE_ILLEGAL_COMMAND);
    if (Protected(adapter, srb))
        return FALSE;
    Extent(cdb, &lba, &blocks);
    if ((cdb[1] & WRITE_SAME_ANCHOR) != 0 || blocks == 0 || blocks > ZEROES_MOST)
        return Refuse(adapter, srb, SCSI_ADSENSE_INVALID_CDB);
    if (!withoutData && (data == NULL || SrbGetDataTransferLength(srb) < size || !AllZero(data, size)))
        return Refuse(adapter, srb, SCSI_ADSENSE_INVALID_FIELD_PARAMETER_LIST);
    if (!Inside(space, lba, blocks))
        return Refuse(adapter, srb, SCSI_ADSENSE_ILLEGAL_BLOCK);
    request = NvmeqPrepare(adapter, srb, IO_WRITE_ZEROES);
    request->Command.Dw10 = (ULONG)lba;
    request->Command.Dw11 = (ULONG)(lba >> 32);
    request->Command.Dw12 = (blocks - 1) | ((cdb[1] & WRITE_SAME_UNMAP) != 0 ? IO_DEALLOCATE : 0);
    return TRUE;
}

/* ---- what describes the disk ---- */

static BOOLEAN Answer(PNVMEQ_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb, const UCHAR *cdb)
{
    UCHAR data[256];
    ULONG length = NvmeqDescribe(adapter, SrbGetLun(srb), cdb, data), room = SrbGetDataTransferLength(srb);
    PVOID buffer = SrbGetDataBuffer(srb);

    if (length == 0)
        return Refuse(adapter, srb, SCSI_ADSENSE_INVALID_CDB);
    if (room != 0 && buffer == NULL) {
        NvmeqComplete(adapter, srb, SRB_STATUS_INVALID_REQUEST);
        return FALSE;
    }
    length = min(length, room);
    RtlCopyMemory(buffer, data, length);
    SrbSetDataTransferLength(srb, length);
    SrbSetScsiStatus(srb, SCSISTAT_GOOD);
    NvmeqComplete(adapter, srb, length < room ? SRB_STATUS_DATA_OVERRUN : SRB_STATUS_SUCCESS);
    return FALSE;
}

static BOOLEAN OfMedium(PNVMEQ_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb, const UCHAR *cdb)
{
    switch (cdb[0]) {
    case SCSIOP_READ6: case SCSIOP_READ: case SCSIOP_READ12: case SCSIOP_READ16:
        return Transfer(adapter, srb, cdb, FALSE);
    case SCSIOP_WRITE6: case SCSIOP_WRITE: case SCSIOP_WRITE12: case SCSIOP_WRITE16:
        return Transfer(adapter, srb, cdb, TRUE);
    case SCSIOP_VERIFY: case SCSIOP_VERIFY12: case SCSIOP_VERIFY16:
        return Verify(adapter, srb, cdb);
    case SCSIOP_SYNCHRONIZE_CACHE: case SCSIOP_SYNCHRONIZE_CACHE16:
        return NvmeqBuildFlush(adapter, srb);
    case SCSIOP_UNMAP:
        return Unmap(adapter, srb, cdb);
    case SCSIOP_WRITE_SAME: case SCSIOP_WRITE_SAME16:
        return WriteSame(adapter, srb, cdb);
    case SCSIOP_TEST_UNIT_READY: case SCSIOP_START_STOP_UNIT: case SCSIOP_MEDIUM_REMOVAL:
        return Good(adapter, srb);
    case SCSIOP_INQUIRY: case SCSIOP_SERVICE_ACTION_IN16: case SCSIOP_MODE_SENSE: case SCSIOP_MODE_SENSE10: case SCSIOP_READ_CAPACITY:
    case SCSIOP_REPORT_LUNS: case SCSIOP_REQUEST_SENSE:
        return Answer(adapter, srb, cdb);
    default:
        return Refuse(adapter, srb, SCSI_ADSENSE_ILLEGAL_COMMAND);
    }
}

_Use_decl_annotations_
BOOLEAN NvmeqScsi(PNVMEQ_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb)
{
    const UCHAR *cdb = (const UCHAR *)SrbGetCdb(srb);

    if (cdb == NULL) {
        NvmeqComplete(adapter, srb, SRB_STATUS_INVALID_REQUEST);
        return FALSE;
    }
    if (cdb[0] != SCSIOP_REPORT_LUNS && !NamespaceOf(adapter, srb)->Active) {
        NvmeqComplete(adapter, srb, SRB_STATUS_NO_DEVICE);
        return FALSE;
    }
    return OfMedium(adapter, srb, cdb);
}
