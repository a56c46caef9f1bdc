/* Locks on the medium, its ejection and loading; numbers and identities of disks; reservations that are broken.
 * docs: ntddstor/ni-ntddstor-ioctl_storage_media_removal, ntddstor/ni-ntddstor-ioctl_storage_get_device_number_ex */
#include "storport/disk_ioctl.h"

#include <string.h>

static NTSTATUS command(struct disk *disk, uint8_t code, uint8_t byte4)
{
    uint8_t cdb[6] = { code, 0, 0, 0, byte4, 0 };
    uint32_t none = 0;

    return disk_command(disk, cdb, sizeof cdb, NULL, &none, false, NULL);
}

/* The device is told of the first lock and the last unlock; an unlock too many is ignored. */
NTSTATUS disk_media_removal(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    bool lock = ((PPREVENT_MEDIA_REMOVAL)buffer)->PreventMediaRemoval;
    NTSTATUS status = STATUS_SUCCESS;

    if (!lock && !disk->locks)
        return STATUS_SUCCESS;
    if (lock ? disk->locks == 0 : disk->locks == 1)
        status = command(disk, SCSIOP_MEDIUM_REMOVAL, lock);
    if (NT_SUCCESS(status))
        disk->locks += lock ? 1 : -1;
    return status;
}

NTSTATUS disk_eject(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    return disk->unit->inquiry.RemovableMedia ? command(disk, SCSIOP_START_STOP_UNIT, 2) : STATUS_INVALID_DEVICE_REQUEST;
}

NTSTATUS disk_load(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    return disk->unit->inquiry.RemovableMedia ? command(disk, SCSIOP_START_STOP_UNIT, 3) : STATUS_INVALID_DEVICE_REQUEST;
}

/* --- numbers ----------------------------------------------------------------------------------------------------------- */

static void mix(uint64_t hash[2], const void *data, size_t size)
{
    const uint8_t *p = data;

    while (size--) {
        hash[0] = (hash[0] ^ *p) * 0x100000001b3ull;
        hash[1] = (hash[1] ^ (uint64_t)*p++ << 7) * 0x100000001b3ull;
    }
}

/* A GUID of what identifies the device: the same in each run. */
static GUID identity(const struct unit *u)
{
    uint64_t hash[2] = { 0xcbf29ce484222325ull, 0x84222325cbf29ce4ull };
    GUID guid;

    mix(hash, u->inquiry.VendorId, 8);
    mix(hash, u->inquiry.ProductId, 16);
    mix(hash, u->serial, strlen(u->serial));
    mix(hash, u->device_id, u->device_id_size);
    memcpy(&guid, hash, sizeof guid);
    guid.Data3 = (guid.Data3 & 0x0fff) | 0x8000;        /* version 8: of the maker's own */
    guid.Data4[0] = (guid.Data4[0] & 0x3f) | 0x80;
    return guid;
}

void disk_number_ex(const struct disk *disk, ULONG partition, PSTORAGE_DEVICE_NUMBER_EX to)
{
    const struct unit *u = disk->unit;

    *to = (STORAGE_DEVICE_NUMBER_EX){
        .Version = sizeof *to,
        .Size = sizeof *to,
        .DeviceType = FILE_DEVICE_DISK,
        .DeviceNumber = disk->info.number,
        .PartitionNumber = partition,
    };
    if (u->device_id_size > 4 || u->serial[0])          /* a GUID of zeroes: there is nothing to make one of */
        to->DeviceGuid = identity(u);
}

NTSTATUS disk_device_number_ex(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    disk_number_ex(disk, 0, buffer);
    *done = sizeof(STORAGE_DEVICE_NUMBER_EX);
    return STATUS_SUCCESS;
}

/* --- reservations -------------------------------------------------------------------------------------------------------- */

static NTSTATUS reset(struct unit *u, uint32_t function)
{
    struct request *r = request_take(u);

    if (!r)
        return STATUS_INSUFFICIENT_RESOURCES;
    request_prepare(r, function, 0, NULL, 0, 10);
    r->bypass = true;
    NTSTATUS status = sp_status(request_wait(r));
    request_release(r);
    return status;
}

/* The unit first, then the target, then the bus. docs: ntddstor/ni-ntddstor-ioctl_storage_break_reservation */
NTSTATUS unit_break_reservation(struct unit *u, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    const STORAGE_BREAK_RESERVATION_REQUEST *asked = buffer;

    if (asked->PathId != u->path || asked->TargetId != u->target || asked->Lun != u->lun)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = reset(u, SRB_FUNCTION_RESET_LOGICAL_UNIT);
    if (!NT_SUCCESS(status) && status != STATUS_INSUFFICIENT_RESOURCES)
        status = reset(u, SRB_FUNCTION_RESET_DEVICE);
    if (!NT_SUCCESS(status) && status != STATUS_INSUFFICIENT_RESOURCES)
        status = adapter_reset_bus_passive(u->adapter, u->path) ? STATUS_SUCCESS : STATUS_IO_DEVICE_ERROR;
    return status;
}
