/* Descriptors of a logical unit and its adapter, for IOCTL_STORAGE_QUERY_PROPERTY at its device object, the adapter's, and the disk's.
 * docs: ntddstor/ni-ntddstor-ioctl_storage_query_property */
#include "storport/disk_ioctl.h"

#include <string.h>

static uint32_t add_text(uint8_t *to, uint32_t *at, const char *text)
{
    uint32_t where = *at;

    if (!text[0])
        return 0;
    strcpy((char *)to + where, text);
    *at += (uint32_t)strlen(text) + 1;
    return where;
}

/* A field of INQUIRY data, without the spaces behind it. */
static uint32_t add_field(uint8_t *to, uint32_t *at, const UCHAR *from, size_t length)
{
    char text[32];

    while (length && (from[length - 1] == ' ' || !from[length - 1]))
        length--;
    for (size_t i = 0; i < length; i++)
        text[i] = from[i] >= 0x20 && from[i] < 0x7f ? (char)from[i] : '?';
    text[length] = 0;
    return add_text(to, at, text);
}

static uint32_t add_either(uint8_t *to, uint32_t *at, const char *rich, const UCHAR *from, size_t length)
{
    return rich[0] ? add_text(to, at, rich) : add_field(to, at, from, length);
}

static uint32_t device(const struct unit *u, void *to)
{
    PSTORAGE_DEVICE_DESCRIPTOR d = to;
    uint32_t at = offsetof(STORAGE_DEVICE_DESCRIPTOR, RawDeviceProperties) + 36;

    *d = (STORAGE_DEVICE_DESCRIPTOR){
        .Version = sizeof *d,
        .DeviceType = u->inquiry.DeviceType,
        .DeviceTypeModifier = u->inquiry.DeviceTypeModifier,
        .RemovableMedia = u->inquiry.RemovableMedia,
        .CommandQueueing = u->inquiry.CommandQueue,
        .BusType = u->bus_type,
        .RawPropertiesLength = 36,
    };
    memcpy(d->RawDeviceProperties, &u->inquiry, 36);
    d->VendorIdOffset = add_either(to, &at, u->rich.vendor, u->inquiry.VendorId, 8);
    d->ProductIdOffset = add_either(to, &at, u->rich.model, u->inquiry.ProductId, 16);
    d->ProductRevisionOffset = add_either(to, &at, u->rich.revision, u->inquiry.ProductRevisionLevel, 4);
    d->SerialNumberOffset = add_text(to, &at, u->serial);
    return at;
}

uint32_t adapter_descriptor(const struct adapter *a, void *to)
{
    PSTORAGE_ADAPTER_DESCRIPTOR d = to;

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
static uint32_t device_id(const struct unit *u, void *to)
{
    PSTORAGE_DEVICE_ID_DESCRIPTOR d = to;
    uint32_t at = offsetof(STORAGE_DEVICE_ID_DESCRIPTOR, Identifiers), last = 0;

    d->Version = sizeof *d;
    for (uint32_t from = 4; from + 4 <= u->device_id_size; from += 4u + u->device_id[from + 3]) {
        const uint8_t *id = u->device_id + from;
        PSTORAGE_IDENTIFIER s = (void *)((uint8_t *)to + at);
        uint32_t size = (uint32_t)align_up(offsetof(STORAGE_IDENTIFIER, Identifier) + id[3], 4);

        if (from + 4u + id[3] > u->device_id_size || at + size > PROPERTY_MOST)
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

static uint32_t of_adapter(const struct unit *u, void *to)
{
    return adapter_descriptor(u->adapter, to);
}

static uint32_t miniport(const struct unit *u, void *to)
{
    PSTORAGE_MINIPORT_DESCRIPTOR d = to;

    *d = (STORAGE_MINIPORT_DESCRIPTOR){
        .Version = sizeof *d,
        .Portdriver = StoragePortCodeSetStorport,
        .LUNResetSupported = TRUE,
        .TargetResetSupported = TRUE,
        .IoTimeoutValue = (USHORT)min_u64(u->disk ? 1000ull * u->disk->timeout : 0, UINT16_MAX),
    };
    return sizeof *d;
}

static uint32_t io_capability(const struct unit *u, void *to)
{
    PSTORAGE_DEVICE_IO_CAPABILITY_DESCRIPTOR d = to;

    *d = (STORAGE_DEVICE_IO_CAPABILITY_DESCRIPTOR){ .Version = sizeof *d, .LunMaxIoCount = u->depth,
                                                    .AdapterMaxIoCount = u->adapter->max_io };
    return sizeof *d;
}

uint32_t unit_descriptor(struct unit *u, STORAGE_PROPERTY_ID id, void *to)
{
    switch (id) {
    case StorageDeviceProperty:
        return device(u, to);
    case StorageAdapterProperty:
        return of_adapter(u, to);
    case StorageDeviceIdProperty:
        return device_id(u, to);
    case StorageMiniportProperty:
        return miniport(u, to);
    case StorageDeviceIoCapabilityProperty:
        return io_capability(u, to);
    case StorageAdapterSerialNumberProperty:
        return adapter_serial(u->adapter, to);
    case StorageFruIdProperty:
        return unit_fru(u, to);
    default:
        return 0;
    }
}

/* --- the request ----------------------------------------------------------------------------------------------------- */

NTSTATUS property_answer(property_filler *fill, void *owner, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    STORAGE_PROPERTY_QUERY query;

    if (in < offsetof(STORAGE_PROPERTY_QUERY, AdditionalParameters))
        return STATUS_INVALID_PARAMETER;
    memcpy(&query, buffer, offsetof(STORAGE_PROPERTY_QUERY, AdditionalParameters));
    if (query.QueryType != PropertyStandardQuery && query.QueryType != PropertyExistsQuery)
        return STATUS_INVALID_PARAMETER;
    void *space = ExAllocatePoolWithTag(NonPagedPoolNx, PROPERTY_MOST, SP_TAG);
    if (!space)
        return STATUS_INSUFFICIENT_RESOURCES;
    memset(space, 0, PROPERTY_MOST);
    uint32_t size = fill(owner, query.PropertyId, space);
    ((PSTORAGE_DESCRIPTOR_HEADER)space)->Size = size;
    if (size && query.QueryType == PropertyStandardQuery) {
        *done = min_u64(size, out);
        memcpy(buffer, space, *done);
    }
    ExFreePoolWithTag(space, SP_TAG);
    return size ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER_1;
}
