/* What the disk says about itself. Offsets are those of SPC-4 and SBC-3. */
#include "adapter.h"

#define PAGE_HEAD 4
#define MODE_PAGE_CACHING 0x08
#define MODE_PAGE_ALL 0x3F
#define CACHING_BYTES 20
#define CACHING_WRITE_ENABLE 0x04
#define DEVICE_WRITE_PROTECTED 0x80
#define DEVICE_DPOFUA 0x10
#define SERVICE_READ_CAPACITY16 0x10
#define DESIGNATOR_T10 1

static ULONG SerialLength(const VIOBLK_DISK *disk)
{
    ULONG length = 0;

    while (length < VIRTIO_BLK_ID_BYTES && disk->Serial[length] > ' ' && disk->Serial[length] < 0x7F)
        length++;
    return length;
}

static ULONG Standard(PUCHAR to)
{
    to[2] = 6;                          /* SPC-4 */
    to[3] = 2;                          /* response data format */
    to[4] = 36 - 5;
    to[7] = 0x02;                       /* command queuing */
    RtlCopyMemory(to + 8, "RING3   ", 8);
    RtlCopyMemory(to + 16, "VIRTIO-BLK      ", 16);
    RtlCopyMemory(to + 32, "1.0 ", 4);
    return 36;
}

static ULONG Page(PUCHAR to, UCHAR code, ULONG length)
{
    to[1] = code;
    VioBlkPut(to + 2, 2, length);
    return PAGE_HEAD + length;
}

static ULONG Identification(const VIOBLK_DISK *disk, PUCHAR to)
{
    ULONG length = SerialLength(disk);
    PUCHAR at = to + PAGE_HEAD;

    at[0] = 2;                          /* ASCII */
    at[1] = DESIGNATOR_T10;
    at[3] = (UCHAR)(8 + length);
    RtlCopyMemory(at + 4, "RING3   ", 8);
    RtlCopyMemory(at + 12, disk->Serial, length);
    return Page(to, 0x83, 12 + length);
}

static ULONG BlockLimits(const VIOBLK_DISK *disk, PUCHAR to)
{
    to[4] = disk->MaxZeroBlocks != 0;   /* WRITE SAME has no length 0 */
    VioBlkPut(to + 6, 2, 1u << disk->PhysicalExponent);
    VioBlkPut(to + 20, 4, disk->MaxUnmapBlocks);
    VioBlkPut(to + 24, 4, disk->MaxUnmapRanges);
    VioBlkPut(to + 28, 4, disk->MaxUnmapBlocks != 0 ? disk->UnmapGranularity : 0);
    VioBlkPut(to + 36, 8, disk->MaxZeroBlocks);
    return Page(to, 0xB0, 0x3C);
}

static ULONG Characteristics(PUCHAR to)
{
    VioBlkPut(to + 4, 2, 1);            /* does not rotate */
    return Page(to, 0xB1, 0x3C);
}

static ULONG Provisioning(const VIOBLK_DISK *disk, PUCHAR to)
{
    to[5] = (disk->MaxUnmapBlocks != 0 ? 0x80 : 0) | (disk->ZeroUnmaps ? 0x60 : 0);
    to[6] = disk->MaxUnmapBlocks != 0 ? 2 : 0;  /* thin */
    return Page(to, 0xB2, 4);
}

static ULONG Inquiry(const VIOBLK_DISK *disk, const UCHAR *cdb, PUCHAR to)
{
    static const UCHAR pages[] = { 0x00, 0x80, 0x83, 0xB0, 0xB1, 0xB2 };

    if ((cdb[1] & 1) == 0)
        return cdb[2] == 0 ? Standard(to) : 0;
    switch (cdb[2]) {
    case 0x00:
        RtlCopyMemory(to + PAGE_HEAD, pages, sizeof(pages));
        return Page(to, 0x00, sizeof(pages));
    case 0x80:
        RtlCopyMemory(to + PAGE_HEAD, disk->Serial, SerialLength(disk));
        return Page(to, 0x80, SerialLength(disk));
    case 0x83:
        return Identification(disk, to);
    case 0xB0:
        return BlockLimits(disk, to);
    case 0xB1:
        return Characteristics(to);
    case 0xB2:
        return Provisioning(disk, to);
    default:
        return 0;
    }
}

/* No block descriptors; the caching page, as it is or (changeable values) all zero. */
static ULONG ModeSense(const VIOBLK_DISK *disk, const UCHAR *cdb, PUCHAR to)
{
    ULONG head = cdb[0] == SCSIOP_MODE_SENSE10 ? 8 : 4, length = head;
    UCHAR page = cdb[2] & 0x3F, control = cdb[2] >> 6;
    UCHAR device = DEVICE_DPOFUA | ((disk->Features & VIRTIO_BLK_F_RO) != 0 ? DEVICE_WRITE_PROTECTED : 0);

    if ((page != MODE_PAGE_CACHING && page != MODE_PAGE_ALL) || control == 3 || (cdb[3] != 0 && cdb[3] != 0xFF))
        return 0;
    to[head] = MODE_PAGE_CACHING;
    to[head + 1] = CACHING_BYTES - 2;
    to[head + 2] = control != 1 && (disk->Features & VIRTIO_BLK_F_FLUSH) != 0 ? CACHING_WRITE_ENABLE : 0;
    length += CACHING_BYTES;
    if (head == 4) {
        to[0] = (UCHAR)(length - 1);
        to[2] = device;
    } else {
        VioBlkPut(to, 2, length - 2);
        to[3] = device;
    }
    return length;
}

static ULONG Capacity10(const VIOBLK_DISK *disk, PUCHAR to)
{
    VioBlkPut(to, 4, min(disk->Blocks - 1, 0xFFFFFFFFull));
    VioBlkPut(to + 4, 4, disk->BlockSize);
    return 8;
}

static ULONG Capacity16(const VIOBLK_DISK *disk, PUCHAR to)
{
    VioBlkPut(to, 8, disk->Blocks - 1);
    VioBlkPut(to + 8, 4, disk->BlockSize);
    to[13] = disk->PhysicalExponent;
    to[14] = disk->MaxUnmapBlocks != 0 ? 0x80 : 0;      /* provisioning is managed */
    return 32;
}

_Use_decl_annotations_
ULONG VioBlkDescribe(const VIOBLK_DISK *disk, const UCHAR *cdb, PUCHAR to)
{
    RtlZeroMemory(to, 256);
    switch (cdb[0]) {
    case SCSIOP_INQUIRY:
        return Inquiry(disk, cdb, to);
    case SCSIOP_MODE_SENSE:
    case SCSIOP_MODE_SENSE10:
        return ModeSense(disk, cdb, to);
    case SCSIOP_READ_CAPACITY:
        return Capacity10(disk, to);
    case SCSIOP_SERVICE_ACTION_IN16:
        return (cdb[1] & 0x1F) == SERVICE_READ_CAPACITY16 ? Capacity16(disk, to) : 0;
    case SCSIOP_REPORT_LUNS:
        to[3] = 8;                      /* one entry: LUN 0 */
        return 16;
    case SCSIOP_REQUEST_SENSE:
        to[0] = SCSI_SENSE_ERRORCODE_FIXED_CURRENT;
        to[7] = 10;                     /* no sense */
        return 18;
    default:
        return 0;
    }
}
