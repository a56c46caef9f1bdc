/* IDENTIFY DEVICE (ACS-2) read, and what SCSI asks about a disk answered from it (SPC-4, SBC-3). */
#include "sata.h"

#define PAGE_HEAD 4
#define MODE_PAGE_CACHING 0x08
#define MODE_PAGE_ALL 0x3F
#define CACHING_BYTES 20
#define UNMAP_RANGES 16
#define UNMAP_BLOCKS (48u * 0xFFFF)     /* in 16 ranges these need at most 64 of TRIM */

/* Words have their first character in the high byte; spaces at both ends go. */
static VOID Text(const USHORT *words, CHAR *to, ULONG length)
{
    ULONG first = 0;

    for (ULONG i = 0; i < length; i++)
        to[i] = (CHAR)(words[i / 2] >> (i % 2 != 0 ? 0 : 8));
    while (first < length && to[first] == ' ')
        first++;
    for (ULONG i = 0; i < length; i++)
        to[i] = i + first < length ? to[i + first] : ' ';
}

_Use_decl_annotations_
BOOLEAN SataParseIdentity(const USHORT *identity, PSATA_DISK disk)
{
    UCHAR sum = 0;

    RtlZeroMemory(disk, sizeof(*disk));
    for (ULONG i = 0; i < 512; i++)
        sum = (UCHAR)(sum + ((const UCHAR *)identity)[i]);
    if ((identity[255] & 0xFF) == 0xA5 && sum != 0)
        return FALSE;                   /* not what the disk sent */
    if ((identity[0] & 0x8000) != 0 || (identity[83] & 0xC400) != 0x4400)
        return FALSE;                   /* not a disk, or one without 48-bit addresses */
    disk->Blocks = identity[100] | (ULONG64)identity[101] << 16 | (ULONG64)identity[102] << 32 | (ULONG64)identity[103] << 48;
    disk->BlockSize = 512;
    if ((identity[106] & 0xD000) == 0x5000)
        disk->BlockSize = 2 * (identity[117] | (ULONG)identity[118] << 16);
    if ((identity[106] & 0xE000) == 0x6000)
        disk->PhysicalExponent = identity[106] & 15;
    disk->Depth = (identity[76] & 0x100) != 0 && identity[76] != 0xFFFF ? (UCHAR)((identity[75] & 31) + 1) : 1;
    disk->WriteCache = (identity[85] & 0x20) != 0;
    disk->Fua = (identity[84] & 0xC040) == 0x4040;
    disk->Trim = (identity[169] & 1) != 0;
    Text(identity + 10, disk->Serial, sizeof(disk->Serial));
    Text(identity + 23, disk->Revision, sizeof(disk->Revision));
    Text(identity + 27, disk->Model, sizeof(disk->Model));
    return disk->Blocks != 0 && disk->BlockSize >= 512 && (disk->BlockSize & (disk->BlockSize - 1)) == 0 && disk->BlockSize <= 4096;
}

static ULONG SerialLength(const SATA_DISK *disk)
{
    ULONG length = sizeof(disk->Serial);

    while (length != 0 && disk->Serial[length - 1] == ' ')
        length--;
    return length;
}

static ULONG Standard(const SATA_DISK *disk, PUCHAR to)
{
    to[2] = 6;
    to[3] = 2;
    to[4] = 36 - 5;
    to[7] = disk->Depth > 1 ? 0x02 : 0;
    RtlCopyMemory(to + 8, "ATA     ", 8);
    RtlCopyMemory(to + 16, disk->Model, 16);
    RtlCopyMemory(to + 32, disk->Revision, 4);
    return 36;
}

static ULONG Page(PUCHAR to, UCHAR code, ULONG length)
{
    to[1] = code;
    SataPut(to + 2, 2, length);
    return PAGE_HEAD + length;
}

/* Vendor, model and serial number, as SAT has it for disks. */
static ULONG Identification(const SATA_DISK *disk, PUCHAR to)
{
    PUCHAR at = to + PAGE_HEAD;

    at[0] = 2;
    at[1] = 1;
    at[3] = 8 + 40 + 20;
    RtlCopyMemory(at + 4, "ATA     ", 8);
    RtlCopyMemory(at + 12, disk->Model, 40);
    RtlCopyMemory(at + 52, disk->Serial, 20);
    return Page(to, 0x83, 4 + 8 + 40 + 20);
}

static ULONG Limits(const SATA_DISK *disk, PUCHAR to)
{
    SataPut(to + 6, 2, 1u << disk->PhysicalExponent);
    SataPut(to + 20, 4, disk->Trim ? UNMAP_BLOCKS : 0);
    SataPut(to + 24, 4, disk->Trim ? UNMAP_RANGES : 0);
    return Page(to, 0xB0, 0x3C);
}

static ULONG Inquiry(const SATA_DISK *disk, const UCHAR *cdb, PUCHAR to)
{
    static const UCHAR pages[] = { 0x00, 0x80, 0x83, 0xB0, 0xB1, 0xB2 };

    if ((cdb[1] & 1) == 0)
        return cdb[2] == 0 ? Standard(disk, to) : 0;
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
        return Limits(disk, to);
    case 0xB1:
        SataPut(to + 4, 2, 1);          /* does not rotate */
        return Page(to, 0xB1, 0x3C);
    case 0xB2:
        to[5] = disk->Trim ? 0x80 : 0;
        to[6] = disk->Trim ? 2 : 0;
        return Page(to, 0xB2, 4);
    default:
        return 0;
    }
}

static ULONG ModeSense(const SATA_DISK *disk, const UCHAR *cdb, PUCHAR to)
{
    ULONG head = cdb[0] == SCSIOP_MODE_SENSE10 ? 8 : 4, length = head + CACHING_BYTES;
    UCHAR page = cdb[2] & 0x3F, control = cdb[2] >> 6;

    if ((page != MODE_PAGE_CACHING && page != MODE_PAGE_ALL) || control == 3 || (cdb[3] != 0 && cdb[3] != 0xFF))
        return 0;
    to[head] = MODE_PAGE_CACHING;
    to[head + 1] = CACHING_BYTES - 2;
    to[head + 2] = control != 1 && disk->WriteCache ? 0x04 : 0;
    if (head == 4) {
        to[0] = (UCHAR)(length - 1);
        to[2] = disk->Fua ? 0x10 : 0;
    } else {
        SataPut(to, 2, length - 2);
        to[3] = disk->Fua ? 0x10 : 0;
    }
    return length;
}

static ULONG Capacity(const SATA_DISK *disk, const UCHAR *cdb, PUCHAR to)
{
    if (cdb[0] == SCSIOP_READ_CAPACITY) {
        SataPut(to, 4, min(disk->Blocks - 1, 0xFFFFFFFFull));
        SataPut(to + 4, 4, disk->BlockSize);
        return 8;
    }
    if ((cdb[1] & 0x1F) != 0x10)
        return 0;
    SataPut(to, 8, disk->Blocks - 1);
    SataPut(to + 8, 4, disk->BlockSize);
    to[13] = disk->PhysicalExponent;
    to[14] = disk->Trim ? 0x80 : 0;
    return 32;
}

_Use_decl_annotations_
ULONG SataDescribe(const SATA_DISK *disk, const UCHAR *cdb, PUCHAR to)
{
    RtlZeroMemory(to, 256);
    switch (cdb[0]) {
    case SCSIOP_INQUIRY:
        return Inquiry(disk, cdb, to);
    case SCSIOP_MODE_SENSE: case SCSIOP_MODE_SENSE10:
        return ModeSense(disk, cdb, to);
    case SCSIOP_READ_CAPACITY: case SCSIOP_SERVICE_ACTION_IN16:
        return Capacity(disk, cdb, to);
    case SCSIOP_REPORT_LUNS:
        to[3] = 8;
        return 16;
    case SCSIOP_REQUEST_SENSE:
        to[0] = SCSI_SENSE_ERRORCODE_FIXED_CURRENT;
        to[7] = 10;
        return 18;
    default:
        return 0;
    }
}
