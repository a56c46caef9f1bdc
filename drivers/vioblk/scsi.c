/* SCSI commands: to the device, or answered here. */
#include "adapter.h"
#include <srbhelper.h>

#define UNMAP_HEADER 8
#define UNMAP_DESCRIPTOR 16
#define WRITE_SAME_ANCHOR 0x10
#define WRITE_SAME_UNMAP 0x08
#define WRITE_SAME_NO_DATA 0x01
#define FUA 0x08
#define BYTE_CHECK 0x06

_Use_decl_annotations_
VOID VioBlkSense(PVIOBLK_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb, UCHAR key, UCHAR code)
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
        status |= SRB_STATUS_AUTOSENSE_VALID;
    }
    VioBlkComplete(adapter, srb, status);
}

static BOOLEAN Refuse(PVIOBLK_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb, UCHAR code)
{
    VioBlkSense(adapter, srb, SCSI_SENSE_ILLEGAL_REQUEST, code);
    return FALSE;
}

static BOOLEAN Good(PVIOBLK_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb)
{
    SrbSetScsiStatus(srb, SCSISTAT_GOOD);
    VioBlkComplete(adapter, srb, SRB_STATUS_SUCCESS);
    return FALSE;
}

static BOOLEAN Protected(PVIOBLK_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb)
{
    if ((adapter->Disk.Features & VIRTIO_BLK_F_RO) == 0)
        return FALSE;
    VioBlkSense(adapter, srb, SCSI_SENSE_DATA_PROTECT, SCSI_ADSENSE_WRITE_PROTECT);
    return TRUE;
}

/* Address and number of blocks of a command of 6, 10, 12 or 16 bytes. */
static VOID Extent(const UCHAR *cdb, ULONG64 *lba, ULONG *blocks)
{
    switch (cdb[0] >> 5) {
    case 0:
        *lba = VioBlkGet(cdb + 1, 3) & 0x1FFFFF;
        *blocks = cdb[4] != 0 ? cdb[4] : 256;
        break;
    case 5:
        *lba = VioBlkGet(cdb + 2, 4);
        *blocks = (ULONG)VioBlkGet(cdb + 6, 4);
        break;
    case 4:
        *lba = VioBlkGet(cdb + 2, 8);
        *blocks = (ULONG)VioBlkGet(cdb + 10, 4);
        break;
    default:
        *lba = VioBlkGet(cdb + 2, 4);
        *blocks = (ULONG)VioBlkGet(cdb + 7, 2);
        break;
    }
}

static BOOLEAN Inside(const VIOBLK_DISK *disk, ULONG64 lba, ULONG64 blocks)
{
    return lba <= disk->Blocks && blocks <= disk->Blocks - lba;
}

static BOOLEAN Transfer(PVIOBLK_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb, const UCHAR *cdb, BOOLEAN write)
{
    ULONG64 lba;
    ULONG blocks;

    Extent(cdb, &lba, &blocks);
    if (write && Protected(adapter, srb))
        return FALSE;
    if (!Inside(&adapter->Disk, lba, blocks))
        return Refuse(adapter, srb, SCSI_ADSENSE_ILLEGAL_BLOCK);
    if (blocks == 0)
        return Good(adapter, srb);
    if ((ULONG64)blocks * adapter->Disk.BlockSize != SrbGetDataTransferLength(srb)) {
        VioBlkComplete(adapter, srb, SRB_STATUS_INVALID_REQUEST);
        return FALSE;
    }
    return VioBlkBuildTransfer(adapter, srb, write, lba, (cdb[0] >> 5) != 0 && (cdb[1] & FUA) != 0);
}

static BOOLEAN Verify(PVIOBLK_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb, const UCHAR *cdb)
{
    ULONG64 lba;
    ULONG blocks;

    Extent(cdb, &lba, &blocks);
    if ((cdb[1] & BYTE_CHECK) != 0)
        return Refuse(adapter, srb, SCSI_ADSENSE_INVALID_CDB);
    if (!Inside(&adapter->Disk, lba, blocks))
        return Refuse(adapter, srb, SCSI_ADSENSE_ILLEGAL_BLOCK);
    return Good(adapter, srb);
}

/* ---- unmap and zeroes ---- */

static BOOLEAN Range(const VIOBLK_DISK *disk, VIRTIO_BLK_RANGE *range, ULONG64 lba, ULONG64 blocks, ULONG flags)
{
    if (!Inside(disk, lba, blocks))
        return FALSE;
    range->Sector = lba * disk->SectorsPerBlock;
    range->Count = (ULONG)(blocks * disk->SectorsPerBlock);
    range->Flags = flags;
    return TRUE;
}

static BOOLEAN Unmap(PVIOBLK_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb, const UCHAR *cdb)
{
    const VIOBLK_DISK *disk = &adapter->Disk;
    const UCHAR *list = SrbGetDataBuffer(srb);
    ULONG length = min((ULONG)VioBlkGet(cdb + 7, 2), SrbGetDataTransferLength(srb)), count = 0;
    VIRTIO_BLK_RANGE ranges[VIOBLK_RANGES];

    if (disk->MaxUnmapBlocks == 0)
        return Refuse(adapter, srb, SCSI_ADSENSE_ILLEGAL_COMMAND);
    if (Protected(adapter, srb))
        return FALSE;
    if ((cdb[1] & 1) != 0)
        return Refuse(adapter, srb, SCSI_ADSENSE_INVALID_CDB);
    if (length == 0)
        return Good(adapter, srb);
    if (list == NULL || length < UNMAP_HEADER)
        return Refuse(adapter, srb, SCSI_ADSENSE_PARAMETER_LIST_LENGTH);
    length = min(length, UNMAP_HEADER + (ULONG)VioBlkGet(list + 2, 2));
    for (ULONG at = UNMAP_HEADER; at + UNMAP_DESCRIPTOR <= length; at += UNMAP_DESCRIPTOR) {
        ULONG blocks = (ULONG)VioBlkGet(list + at + 8, 4);

        if (blocks == 0)
            continue;
        if (count == disk->MaxUnmapRanges || blocks > disk->MaxUnmapBlocks)
            return Refuse(adapter, srb, SCSI_ADSENSE_INVALID_FIELD_PARAMETER_LIST);
        if (!Range(disk, &ranges[count++], VioBlkGet(list + at, 8), blocks, 0))
            return Refuse(adapter, srb, SCSI_ADSENSE_ILLEGAL_BLOCK);
    }
    return count == 0 ? Good(adapter, srb) : VioBlkBuildRanges(adapter, srb, VIRTIO_BLK_T_DISCARD, ranges, count);
}

static BOOLEAN AllZero(const UCHAR *bytes, ULONG length)
{
    for (ULONG i = 0; i < length; i++) {
        if (bytes[i] != 0)
            return FALSE;
    }
    return TRUE;
}

/* Zeroes only: the device writes no other pattern. */
static BOOLEAN WriteSame(PVIOBLK_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb, const UCHAR *cdb)
{
    const VIOBLK_DISK *disk = &adapter->Disk;
    BOOLEAN withoutData = cdb[0] == SCSIOP_WRITE_SAME16 && (cdb[1] & WRITE_SAME_NO_DATA) != 0;
    BOOLEAN unmap = (cdb[1] & WRITE_SAME_UNMAP) != 0 && disk->ZeroUnmaps;
    const UCHAR *data = SrbGetDataBuffer(srb);
    VIRTIO_BLK_RANGE range;
    ULONG64 lba;
    ULONG blocks;

    if (disk->MaxZeroBlocks == 0)
        return Refuse(adapter, srb, SCSI_ADSENSE_ILLEGAL_COMMAND);
    if (Protected(adapter, srb))
        return FALSE;
    Extent(cdb, &lba, &blocks);
    if ((cdb[1] & WRITE_SAME_ANCHOR) != 0 || blocks == 0 || blocks > disk->MaxZeroBlocks)
        return Refuse(adapter, srb, SCSI_ADSENSE_INVALID_CDB);
    if (!withoutData && (data == NULL || SrbGetDataTransferLength(srb) < disk->BlockSize || !AllZero(data, disk->BlockSize)))
        return Refuse(adapter, srb, SCSI_ADSENSE_INVALID_FIELD_PARAMETER_LIST);
    if (!Range(disk, &range, lba, blocks, unmap ? VIRTIO_BLK_UNMAP : 0))
        return Refuse(adapter, srb, SCSI_ADSENSE_ILLEGAL_BLOCK);
    return VioBlkBuildRanges(adapter, srb, VIRTIO_BLK_T_WRITE_ZEROES, &range, 1);
}

/* ---- what describes the disk ---- */

static BOOLEAN Answer(PVIOBLK_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb, const UCHAR *cdb)
{
    UCHAR data[256];
    ULONG length = VioBlkDescribe(&adapter->Disk, cdb, data), room = SrbGetDataTransferLength(srb);
    PVOID buffer = SrbGetDataBuffer(srb);

    if (length == 0)
        return Refuse(adapter, srb, SCSI_ADSENSE_INVALID_CDB);
    if (room != 0 && buffer == NULL) {
        VioBlkComplete(adapter, srb, SRB_STATUS_INVALID_REQUEST);
        return FALSE;
    }
    length = min(length, room);
    RtlCopyMemory(buffer, data, length);
    SrbSetDataTransferLength(srb, length);
    SrbSetScsiStatus(srb, SCSISTAT_GOOD);
    VioBlkComplete(adapter, srb, length < room ? SRB_STATUS_DATA_OVERRUN : SRB_STATUS_SUCCESS);
    return FALSE;
}

_Use_decl_annotations_
BOOLEAN VioBlkScsi(PVIOBLK_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb)
{
    const UCHAR *cdb = (const UCHAR *)SrbGetCdb(srb);

    if (cdb == NULL) {
        VioBlkComplete(adapter, srb, SRB_STATUS_INVALID_REQUEST);
        return FALSE;
    }
    switch (cdb[0]) {
    case SCSIOP_READ6:
    case SCSIOP_READ:
    case SCSIOP_READ12:
    case SCSIOP_READ16:
        return Transfer(adapter, srb, cdb, FALSE);
    case SCSIOP_WRITE6:
    case SCSIOP_WRITE:
    case SCSIOP_WRITE12:
    case SCSIOP_WRITE16:
        return Transfer(adapter, srb, cdb, TRUE);
    case SCSIOP_VERIFY:
    case SCSIOP_VERIFY12:
    case SCSIOP_VERIFY16:
        return Verify(adapter, srb, cdb);
    case SCSIOP_SYNCHRONIZE_CACHE:
    case SCSIOP_SYNCHRONIZE_CACHE16:
        return VioBlkBuildFlush(adapter, srb);
    case SCSIOP_UNMAP:
        return Unmap(adapter, srb, cdb);
    case SCSIOP_WRITE_SAME:
    case SCSIOP_WRITE_SAME16:
        return WriteSame(adapter, srb, cdb);
    case SCSIOP_TEST_UNIT_READY:
    case SCSIOP_START_STOP_UNIT:
    case SCSIOP_MEDIUM_REMOVAL:
        return Good(adapter, srb);
    case SCSIOP_SERVICE_ACTION_IN16:
    case SCSIOP_INQUIRY:
    case SCSIOP_MODE_SENSE:
    case SCSIOP_MODE_SENSE10:
    case SCSIOP_READ_CAPACITY:
    case SCSIOP_REPORT_LUNS:
    case SCSIOP_REQUEST_SENSE:
        return Answer(adapter, srb, cdb);
    default:
        return Refuse(adapter, srb, SCSI_ADSENSE_ILLEGAL_COMMAND);
    }
}
