/* Properties that a disk has beside those of its logical unit: IOCTL_STORAGE_QUERY_PROPERTY. A caller asks twice, the first time with room
 * for the head alone, which says how long the descriptor is. docs: ntddstor/ni-ntddstor-ioctl_storage_query_property */
#include "storport/disk_ioctl.h"

#include <string.h>

/* Fills a descriptor into `to` (PROPERTY_MOST bytes, zeroed) and answers its length; 0: there is no such property. */
typedef uint32_t filler(struct disk *disk, void *to);

static uint32_t write_cache(struct disk *disk, void *to)
{
    PSTORAGE_WRITE_CACHE_PROPERTY d = to;

    *d = (STORAGE_WRITE_CACHE_PROPERTY){
        .Version = sizeof *d,
        .WriteCacheType = disk->info.write_cache ? WriteCacheTypeWriteBack : WriteCacheTypeNone,
        .WriteCacheEnabled = disk->info.write_cache ? WriteCacheEnabled : WriteCacheDisabled,
        .WriteCacheChangeable = WriteCacheNotChangeable,
        .WriteThroughSupported = disk->info.fua ? WriteThroughSupported : WriteThroughNotSupported,
        .FlushCacheSupported = TRUE,
    };
    return sizeof *d;
}

static uint32_t alignment(struct disk *disk, void *to)
{
    PSTORAGE_ACCESS_ALIGNMENT_DESCRIPTOR d = to;

    *d = (STORAGE_ACCESS_ALIGNMENT_DESCRIPTOR){
        .Version = sizeof *d,
        .BytesPerLogicalSector = disk->info.sector_size,
        .BytesPerPhysicalSector = disk->info.physical_sector_size,
    };
    return disk->ready ? sizeof *d : 0;
}

/* Medium rotation rate 1: not rotating. Without the page a device is believed to seek. */
static uint32_t seek(struct disk *disk, void *to)
{
    PDEVICE_SEEK_PENALTY_DESCRIPTOR d = to;
    uint8_t cdb[6] = { SCSIOP_INQUIRY, 1, VPD_BLOCK_DEVICE_CHARACTERISTICS, 0, 64, 0 }, *page = (uint8_t *)to + 64;
    uint32_t length = 64;
    bool none = NT_SUCCESS(disk_command(disk, cdb, sizeof cdb, page, &length, false, NULL)) && length >= 6 &&
                page[1] == VPD_BLOCK_DEVICE_CHARACTERISTICS && page[4] == 0 && page[5] == 1;

    *d = (DEVICE_SEEK_PENALTY_DESCRIPTOR){ .Version = sizeof *d, .IncursSeekPenalty = !none };
    return sizeof *d;
}

static uint32_t trim(struct disk *disk, void *to)
{
    *(PDEVICE_TRIM_DESCRIPTOR)to = (DEVICE_TRIM_DESCRIPTOR){ .Version = sizeof(DEVICE_TRIM_DESCRIPTOR),
                                                             .TrimEnabled = disk->info.discard };
    return sizeof(DEVICE_TRIM_DESCRIPTOR);
}

static uint32_t provisioning(struct disk *disk, void *to)
{
    PDEVICE_LB_PROVISIONING_DESCRIPTOR d = to;

    *d = (DEVICE_LB_PROVISIONING_DESCRIPTOR){
        .Version = sizeof *d,
        .ThinProvisioningEnabled = disk->info.discard,
        .ThinProvisioningReadZeros = disk->reads_zeroes,
        .UnmapGranularityAlignmentValid = disk->alignment_valid,
        .OptimalUnmapGranularity = disk->info.discard_granularity / disk->info.sector_size,
        .UnmapGranularityAlignment = disk->alignment,
        .MaxUnmapLbaCount = disk->max_unmap,
        .MaxUnmapBlockDescriptorCount = disk->max_unmap_ranges,
    };
    return sizeof *d;
}

/* LOG SENSE, page 0Dh: temperature in degrees Celsius. */
static uint32_t temperature(struct disk *disk, void *to)
{
    PSTORAGE_TEMPERATURE_DATA_DESCRIPTOR d = to;
    uint8_t cdb[10] = { SCSIOP_LOG_SENSE, 0, 0x40 | 0x0d, 0, 0, 0, 0, 0, 64, 0 }, *page = (uint8_t *)to + 128;
    uint32_t length = 64;

    if (!NT_SUCCESS(disk_command(disk, cdb, sizeof cdb, page, &length, false, NULL)) || length < 10 || (page[0] & 0x3f) != 0x0d)
        return 0;
    *d = (STORAGE_TEMPERATURE_DATA_DESCRIPTOR){ .Version = sizeof *d, .CriticalTemperature = (SHORT)0x8000,
                                                .WarningTemperature = (SHORT)0x8000, .InfoCount = 1 };
    d->TemperatureInfo[0] = (STORAGE_TEMPERATURE_INFO){ .Temperature = page[9], .OverThreshold = (SHORT)0x8000,
                                                        .UnderThreshold = (SHORT)0x8000 };
    return sizeof *d;
}

static uint32_t medium(struct disk *disk, void *to)
{
    PSTORAGE_MEDIUM_PRODUCT_TYPE_DESCRIPTOR d = to;
    uint8_t cdb[6] = { SCSIOP_INQUIRY, 1, VPD_BLOCK_DEVICE_CHARACTERISTICS, 0, 64, 0 }, *page = (uint8_t *)to + 64;
    uint32_t length = 64;

    if (!NT_SUCCESS(disk_command(disk, cdb, sizeof cdb, page, &length, false, NULL)) || length < 7 ||
        page[1] != VPD_BLOCK_DEVICE_CHARACTERISTICS)
        return 0;
    *d = (STORAGE_MEDIUM_PRODUCT_TYPE_DESCRIPTOR){ .Version = sizeof *d, .MediumProductType = page[6] };
    return sizeof *d;
}

static const struct {
    STORAGE_PROPERTY_ID id;
    filler *fill;
} properties[] = {
    { StorageDeviceWriteCacheProperty, write_cache },
    { StorageAccessAlignmentProperty, alignment },
    { StorageDeviceSeekPenaltyProperty, seek },
    { StorageDeviceTrimProperty, trim },
    { StorageDeviceLBProvisioningProperty, provisioning },
    { StorageDeviceTemperatureProperty, temperature },
    { StorageDeviceMediumProductType, medium },
};

static uint32_t fill(void *owner, STORAGE_PROPERTY_ID id, void *to)
{
    struct disk *disk = owner;

    for (unsigned i = 0; i < countof(properties); i++)
        if (properties[i].id == id)
            return properties[i].fill(disk, to);
    return unit_descriptor(disk->unit, id, to);
}

NTSTATUS disk_property(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    return property_answer(fill, disk, buffer, in, out, done);
}
