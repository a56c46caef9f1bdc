/* IOCTL_STORAGE_QUERY_PROPERTY: a descriptor by property. A caller asks twice, the first time with room for the head alone, which
 * says how long the descriptor is. docs: ntddstor/ni-ntddstor-ioctl_storage_query_property */
#include "storport/disk_ioctl.h"

#include <string.h>

#define MOST 512u

/* Fills a descriptor into `to` (MOST bytes, zeroed) and answers its length; 0: there is no such property. */
typedef uint32_t filler(struct disk *disk, void *to);

static uint32_t add_text(uint8_t *to, uint32_t *at, const char *text)
{
    uint32_t where = *at;

    if (!text[0])
        return 0;
    strcpy((char *)to + where, text);
    *at += (uint32_t)strlen(text) + 1;
    return where;
}

static uint32_t device(struct disk *disk, void *to)
{
    PSTORAGE_DEVICE_DESCRIPTOR d = to;
    const struct unit *u = disk->unit;
    uint32_t at = offsetof(STORAGE_DEVICE_DESCRIPTOR, RawDeviceProperties) + 36;

    *d = (STORAGE_DEVICE_DESCRIPTOR){
        .Version = sizeof *d,
        .DeviceType = u->inquiry.DeviceType,
        .DeviceTypeModifier = u->inquiry.DeviceTypeModifier,
        .RemovableMedia = u->inquiry.RemovableMedia,
        .CommandQueueing = u->inquiry.CommandQueue,
        .BusType = u->adapter->bus_type,
        .RawPropertiesLength = 36,
    };
    memcpy(d->RawDeviceProperties, &u->inquiry, 36);
    d->VendorIdOffset = add_text(to, &at, disk->info.vendor);
    d->ProductIdOffset = add_text(to, &at, disk->info.product);
    d->ProductRevisionOffset = add_text(to, &at, disk->info.revision);
    d->SerialNumberOffset = add_text(to, &at, disk->info.serial);
    return at;
}

static uint32_t adapter(struct disk *disk, void *to)
{
    PSTORAGE_ADAPTER_DESCRIPTOR d = to;
    const struct adapter *a = disk->unit->adapter;

    *d = (STORAGE_ADAPTER_DESCRIPTOR){
        .Version = sizeof *d,
        .MaximumTransferLength = a->max_transfer,
        .MaximumPhysicalPages = a->breaks,
        .AlignmentMask = a->config->AlignmentMask,
        .CommandQueueing = TRUE,
        .AcceleratedTransfer = TRUE,
        .BusType = a->bus_type,
        .BusMajorVersion = 2,
        .SrbType = a->storage_srbs ? SRB_TYPE_STORAGE_REQUEST_BLOCK : SRB_TYPE_SCSI_REQUEST_BLOCK,
        .AddressType = STORAGE_ADDRESS_TYPE_BTL8,
    };
    return sizeof *d;
}

/* Page 83h as the device sent it, in Windows' form: descriptors with a header of 16 bytes. */
static uint32_t device_id(struct disk *disk, void *to)
{
    PSTORAGE_DEVICE_ID_DESCRIPTOR d = to;
    const struct unit *u = disk->unit;
    uint32_t at = offsetof(STORAGE_DEVICE_ID_DESCRIPTOR, Identifiers), last = 0;

    d->Version = sizeof *d;
    for (uint32_t from = 4; from + 4 <= u->device_id_size; from += 4u + u->device_id[from + 3]) {
        const uint8_t *id = u->device_id + from;
        PSTORAGE_IDENTIFIER s = (void *)((uint8_t *)to + at);
        uint32_t size = (uint32_t)align_up(offsetof(STORAGE_IDENTIFIER, Identifier) + id[3], 4);

        if (from + 4u + id[3] > u->device_id_size || at + size > MOST)
            break;
        if (last)
            ((PSTORAGE_IDENTIFIER)(void *)((uint8_t *)to + last))->NextOffset = (USHORT)(at - last);
        s->CodeSet = id[0] & 0xf;
        s->Type = id[1] & 0xf;
        s->Association = (id[1] >> 4) & 3;
        s->IdentifierSize = id[3];
        memcpy(s->Identifier, id + 4, id[3]);
        last = at;
        at += size;
        d->NumberOfIdentifiers++;
    }
    return d->NumberOfIdentifiers ? at : 0;
}

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
        .ThinProvisioningReadZeros = disk->info.block_status,
        .MapSupported = disk->info.block_status,
        .OptimalUnmapGranularity = disk->info.discard_granularity,
        .MaxUnmapLbaCount = disk->max_unmap,
        .MaxUnmapBlockDescriptorCount = disk->info.discard ? 1 : 0,
    };
    return sizeof *d;
}

static uint32_t io_capability(struct disk *disk, void *to)
{
    PSTORAGE_DEVICE_IO_CAPABILITY_DESCRIPTOR d = to;

    *d = (STORAGE_DEVICE_IO_CAPABILITY_DESCRIPTOR){ .Version = sizeof *d, .LunMaxIoCount = disk->unit->depth,
                                                    .AdapterMaxIoCount = disk->unit->adapter->max_io };
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

static const struct {
    STORAGE_PROPERTY_ID id;
    filler *fill;
} properties[] = {
    { StorageDeviceProperty, device },
    { StorageAdapterProperty, adapter },
    { StorageDeviceIdProperty, device_id },
    { StorageDeviceWriteCacheProperty, write_cache },
    { StorageAccessAlignmentProperty, alignment },
    { StorageDeviceSeekPenaltyProperty, seek },
    { StorageDeviceTrimProperty, trim },
    { StorageDeviceLBProvisioningProperty, provisioning },
    { StorageDeviceIoCapabilityProperty, io_capability },
    { StorageDeviceTemperatureProperty, temperature },
};

NTSTATUS disk_property(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    STORAGE_PROPERTY_QUERY query;
    filler *fill = NULL;

    memcpy(&query, buffer, offsetof(STORAGE_PROPERTY_QUERY, AdditionalParameters));
    for (unsigned i = 0; i < countof(properties); i++)
        if (properties[i].id == query.PropertyId)
            fill = properties[i].fill;
    if (query.QueryType != PropertyStandardQuery && query.QueryType != PropertyExistsQuery)
        return STATUS_INVALID_PARAMETER;
    if (!fill)
        return STATUS_INVALID_PARAMETER_1;
    void *space = ExAllocatePoolWithTag(NonPagedPoolNx, MOST, SP_TAG);
    if (!space)
        return STATUS_INSUFFICIENT_RESOURCES;
    memset(space, 0, MOST);
    uint32_t size = fill(disk, space);
    ((PSTORAGE_DESCRIPTOR_HEADER)space)->Size = size;
    if (size && query.QueryType == PropertyStandardQuery) {
        *done = min_u64(size, out);
        memcpy(buffer, space, *done);
    }
    ExFreePoolWithTag(space, SP_TAG);
    return size ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER_1;
}
