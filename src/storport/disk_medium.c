/* The medium of a disk and its cache: kinds of media, the caching page, failure prediction, reassigned blocks, RESERVE and RELEASE.
 * docs: ntdddisk, ntddstor */
#include "storport/disk_ioctl.h"

#include <string.h>

#include "nt/pool.h"

#define PAGE_ROOM 192u

/* --- mode pages -------------------------------------------------------------------------------------------------------- */

/* A page as MODE SENSE (6) answers it, header before it: bytes that came, and where the page begins; 0: no such page. */
static uint32_t sense_page(struct disk *disk, uint8_t page, uint8_t control, uint8_t *to, uint32_t *at)
{
    uint8_t cdb[6] = { SCSIOP_MODE_SENSE, 0, (uint8_t)(control << 6 | page), 0, PAGE_ROOM, 0 };
    uint32_t length = PAGE_ROOM;

    memset(to, 0, PAGE_ROOM);
    if (!NT_SUCCESS(disk_command(disk, cdb, sizeof cdb, to, &length, false, NULL)) || length < 4)
        return 0;
    *at = 4u + to[3];
    return *at + 2 <= length && (to[*at] & 0x3f) == page && *at + 2u + to[*at + 1] <= length ? length : 0;
}

static void *page_room(void)
{
    return pool_alloc(NonPagedPoolNx, PAGE_ROOM, SP_TAG, NULL);
}

NTSTATUS disk_get_cache(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    PDISK_CACHE_INFORMATION info = buffer;
    uint8_t *data = page_room();
    uint32_t at;

    if (!data)
        return STATUS_INSUFFICIENT_RESOURCES;
    *info = (DISK_CACHE_INFORMATION){ .WriteCacheEnabled = disk->info.write_cache };
    if (sense_page(disk, MODE_PAGE_CACHING, 0, data, &at)) {
        info->ParametersSavable = (data[at] & 0x80) != 0;
        info->WriteCacheEnabled = (data[at + 2] & 0x04) != 0;
        info->ReadCacheEnabled = !(data[at + 2] & 0x01);
    }
    pool_free(data, SP_TAG, NULL);
    *done = sizeof *info;
    return STATUS_SUCCESS;
}

/* MODE SELECT of the page as it was, but for WCE and RCD. */
NTSTATUS disk_set_cache(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    const DISK_CACHE_INFORMATION *info = buffer;
    uint8_t *data = page_room();
    NTSTATUS status = STATUS_NOT_SUPPORTED;
    uint32_t at;

    if (!data)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (sense_page(disk, MODE_PAGE_CACHING, 0, data, &at)) {
        uint32_t length = at + 2u + data[at + 1];
        uint8_t cdb[6] = { SCSIOP_MODE_SELECT, 0x10 | (info->ParametersSavable && (data[at] & 0x80)), 0, 0, (uint8_t)length, 0 };

        data[0] = data[2] = 0;          /* reserved when it is selected */
        data[at] &= 0x3f;
        data[at + 2] = (uint8_t)((data[at + 2] & ~0x05) | (info->WriteCacheEnabled ? 0x04 : 0) | (info->ReadCacheEnabled ? 0 : 0x01));
        status = disk_command(disk, cdb, sizeof cdb, data, &length, true, NULL);
    }
    pool_free(data, SP_TAG, NULL);
    if (NT_SUCCESS(status))
        disk->info.write_cache = info->WriteCacheEnabled;
    return status;
}

/* The page of informational exceptions, and whether REQUEST SENSE says that a failure is near. */
NTSTATUS disk_predict_failure(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    PSTORAGE_PREDICT_FAILURE answer = buffer;
    uint8_t cdb[6] = { SCSIOP_REQUEST_SENSE, 0, 0, 0, 64, 0 }, *data = page_room();
    uint32_t at, length = 64;

    if (!data)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    if (sense_page(disk, MODE_PAGE_FAULT_REPORTING, 0, data, &at) && !(data[at + 2] & 0x08)) {
        status = disk_command(disk, cdb, sizeof cdb, data, &length, false, NULL);
        memset(answer, 0, sizeof *answer);
        answer->PredictFailure = NT_SUCCESS(status) && length >= 14 && data[12] == SCSI_ADSENSE_FAILURE_PREDICTION_THRESHOLD_EXCEEDED;
        *done = NT_SUCCESS(status) ? sizeof *answer : 0;
    }
    pool_free(data, SP_TAG, NULL);
    return status;
}

/* --- media --------------------------------------------------------------------------------------------------------------- */

#define TRACKS 255u
#define SECTORS 63u

static LONGLONG cylinders(const struct disk *disk)
{
    return (LONGLONG)(disk->info.bytes / disk->info.sector_size / TRACKS / SECTORS);
}

NTSTATUS disk_media_types(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    *(PDISK_GEOMETRY)buffer = (DISK_GEOMETRY){
        .Cylinders = { .QuadPart = cylinders(disk) },
        .MediaType = disk->unit->inquiry.RemovableMedia ? RemovableMedia : FixedMedia,
        .TracksPerCylinder = TRACKS,
        .SectorsPerTrack = SECTORS,
        .BytesPerSector = disk->info.sector_size,
    };
    *done = sizeof(DISK_GEOMETRY);
    return STATUS_SUCCESS;
}

NTSTATUS disk_media_types_ex(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    PGET_MEDIA_TYPES answer = buffer;
    bool removable = disk->unit->inquiry.RemovableMedia;

    *answer = (GET_MEDIA_TYPES){ .DeviceType = FILE_DEVICE_DISK, .MediaInfoCount = 1 };
    answer->MediaInfo[0].DeviceSpecific.DiskInfo.Cylinders.QuadPart = cylinders(disk);
    answer->MediaInfo[0].DeviceSpecific.DiskInfo.MediaType = (STORAGE_MEDIA_TYPE)(removable ? RemovableMedia : FixedMedia);
    answer->MediaInfo[0].DeviceSpecific.DiskInfo.TracksPerCylinder = TRACKS;
    answer->MediaInfo[0].DeviceSpecific.DiskInfo.SectorsPerTrack = SECTORS;
    answer->MediaInfo[0].DeviceSpecific.DiskInfo.BytesPerSector = disk->info.sector_size;
    answer->MediaInfo[0].DeviceSpecific.DiskInfo.NumberMediaSides = 1;
    answer->MediaInfo[0].DeviceSpecific.DiskInfo.MediaCharacteristics =
        MEDIA_CURRENTLY_MOUNTED | (disk->info.read_only ? MEDIA_READ_ONLY : MEDIA_READ_WRITE);
    *done = sizeof *answer;
    return STATUS_SUCCESS;
}

/* REASSIGN BLOCKS with block numbers of 4 or 8 bytes; number: the n-th of them. */
static NTSTATUS reassign(struct disk *disk, const uint8_t *numbers, unsigned count, unsigned size)
{
    uint8_t cdb[6] = { SCSIOP_REASSIGN_BLOCKS, size == 8 ? 2 : 0 };
    uint32_t length = 4u + size * count;
    uint8_t *data = pool_alloc(NonPagedPoolNx, length, SP_TAG, NULL);

    if (!data)
        return STATUS_INSUFFICIENT_RESOURCES;
    put_be32(data, length - 4);
    for (unsigned i = 0; i < count; i++)
        for (unsigned byte = 0; byte < size; byte++)
            data[4 + size * i + byte] = numbers[size * i + size - 1 - byte];
    NTSTATUS status = disk_command(disk, cdb, sizeof cdb, data, &length, true, NULL);
    pool_free(data, SP_TAG, NULL);
    return status;
}

NTSTATUS disk_reassign(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    const REASSIGN_BLOCKS *asked = buffer;

    if (!asked->Count || in < offsetof(REASSIGN_BLOCKS, BlockNumber) + 4u * asked->Count)
        return STATUS_INFO_LENGTH_MISMATCH;
    return reassign(disk, (const uint8_t *)asked->BlockNumber, asked->Count, 4);
}

/* docs: ntdddisk/ni-ntdddisk-ioctl_disk_reassign_blocks_ex */
NTSTATUS disk_reassign_ex(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    const REASSIGN_BLOCKS_EX *asked = buffer;

    if (!asked->Count || in < offsetof(REASSIGN_BLOCKS_EX, BlockNumber) + 8u * asked->Count)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (8u * asked->Count > 65000u)
        return STATUS_INVALID_PARAMETER;
    return reassign(disk, (const uint8_t *)buffer + offsetof(REASSIGN_BLOCKS_EX, BlockNumber), asked->Count, 8);
}

/* --- copies ---------------------------------------------------------------------------------------------------------------- */

#define COPY_PIECE 65536u

static NTSTATUS copy_piece(struct disk *disk, enum storport_io_kind kind, uint64_t offset, uint8_t *data, uint32_t length)
{
    struct storport_segment segment = { data, length };
    struct storport_io io = { .kind = kind, .offset = offset, .length = length, .segments = &segment, .segment_count = 1 };

    return disk_wait(disk, &io);
}

static bool right_copy(const struct disk *disk, uint64_t from, uint64_t to, uint64_t length)
{
    uint64_t bytes = disk->info.bytes;

    if ((from | to | length) & (disk->info.sector_size - 1))
        return false;
    if (from > bytes || length > bytes - from || to > bytes || length > bytes - to)
        return false;
    return from + length <= to || to + length <= from;
}

/* docs: ntdddisk/ns-ntdddisk-_disk_copy_data_parameters */
NTSTATUS disk_copy_data(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    const DISK_COPY_DATA_PARAMETERS *asked = buffer;
    uint64_t from = (uint64_t)asked->SourceOffset.QuadPart, to = (uint64_t)asked->DestinationOffset.QuadPart;
    uint64_t left = (uint64_t)asked->CopyLength.QuadPart;
    NTSTATUS status = STATUS_SUCCESS;

    if (asked->Reserved || !right_copy(disk, from, to, left))
        return STATUS_INVALID_PARAMETER;
    if (disk->info.read_only)
        return STATUS_MEDIA_WRITE_PROTECTED;
    uint8_t *data = pool_alloc(NonPagedPoolNx, COPY_PIECE, SP_TAG, NULL);
    if (!data)
        return STATUS_INSUFFICIENT_RESOURCES;
    while (left && NT_SUCCESS(status)) {
        uint32_t piece = (uint32_t)min_u64(left, COPY_PIECE);

        status = copy_piece(disk, STORPORT_READ, from, data, piece);
        if (NT_SUCCESS(status))
            status = copy_piece(disk, STORPORT_WRITE, to, data, piece);
        from += piece, to += piece, left -= piece;
    }
    pool_free(data, SP_TAG, NULL);
    return status;
}

/* --- RESERVE and RELEASE ---------------------------------------------------------------------------------------------------- */

static NTSTATUS plain(struct disk *disk, uint8_t code)
{
    uint8_t cdb[6] = { code };
    uint32_t none = 0;

    return disk_command(disk, cdb, sizeof cdb, NULL, &none, false, NULL);
}

NTSTATUS disk_reserve(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    return plain(disk, SCSIOP_RESERVE_UNIT);
}

NTSTATUS disk_unreserve(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    return plain(disk, SCSIOP_RELEASE_UNIT);
}
