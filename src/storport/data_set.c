/* Ranges of a disk at once: trim, and what is allocated. docs: ntddstor/ni-ntddstor-ioctl_storage_manage_data_set_attributes,
 * storage/device-dsm-action-descriptions */
#include "storport/disk_ioctl.h"

#include <string.h>

struct ranges {
    PDEVICE_DATA_SET_RANGE range;
    ULONG count;
    DEVICE_DATA_SET_RANGE whole;
};

/* The list lies behind the structure, aligned; or all of the disk is meant. */
static bool take_ranges(struct disk *disk, PDEVICE_MANAGE_DATA_SET_ATTRIBUTES asked, ULONG in, struct ranges *r)
{
    if (asked->Size < sizeof *asked)
        return false;
    if (asked->Flags & DEVICE_DSM_FLAG_ENTIRE_DATA_SET_RANGE) {
        r->whole = (DEVICE_DATA_SET_RANGE){ 0, disk->info.bytes };
        r->range = &r->whole;
        r->count = 1;
        return asked->DataSetRangesLength == 0;
    }
    if (asked->DataSetRangesOffset < sizeof *asked || asked->DataSetRangesOffset > in ||
        asked->DataSetRangesLength > in - asked->DataSetRangesOffset || asked->DataSetRangesOffset % 8)
        return false;
    r->range = (void *)((PUCHAR)asked + asked->DataSetRangesOffset);
    r->count = asked->DataSetRangesLength / sizeof *r->range;
    return r->count != 0;
}

static NTSTATUS trim(struct disk *disk, const struct ranges *r)
{
    NTSTATUS status = STATUS_SUCCESS;

    if (!disk->info.discard)
        return STATUS_NOT_SUPPORTED;
    for (ULONG i = 0; i < r->count && NT_SUCCESS(status); i++) {
        struct storport_io io = { .kind = STORPORT_DISCARD, .offset = (uint64_t)r->range[i].StartingOffset,
                                  .length = r->range[i].LengthInBytes };
        status = disk_wait(disk, &io);
    }
    return status;
}

/* One range; a bit says that something of its slab is allocated. */
static NTSTATUS allocation(struct disk *disk, const struct ranges *r, void *buffer, ULONG out, ULONG_PTR *done)
{
    uint64_t slab = disk->info.discard_granularity, at, end;
    ULONG head = (ULONG)align_up(sizeof(DEVICE_MANAGE_DATA_SET_ATTRIBUTES_OUTPUT), 8), bits, words, size;
    PDEVICE_MANAGE_DATA_SET_ATTRIBUTES_OUTPUT answer = buffer;
    PDEVICE_DATA_SET_LB_PROVISIONING_STATE state = (void *)((PUCHAR)buffer + head);
    DEVICE_DATA_SET_RANGE range = r->range[0];

    if (!disk->info.discard || !disk->info.block_status)
        return STATUS_NOT_SUPPORTED;
    at = (uint64_t)range.StartingOffset;
    if (r->count != 1 || at > disk->info.bytes || range.LengthInBytes > disk->info.bytes - at)
        return STATUS_INVALID_PARAMETER;
    end = align_down(at + range.LengthInBytes, slab);
    at = align_up(at, slab);
    if (at >= end || (end - at) / slab > 8u * 65536u)
        return STATUS_INVALID_PARAMETER;
    bits = (ULONG)((end - at) / slab);
    words = (bits + 31) / 32;
    size = head + (ULONG)offsetof(DEVICE_DATA_SET_LB_PROVISIONING_STATE, SlabAllocationBitMap) + 4 * words;
    if (out < size)
        return STATUS_BUFFER_TOO_SMALL;
    uint64_t first = at;
    memset(buffer, 0, size);
    while (at < end) {
        struct storport_io io = { .kind = STORPORT_BLOCK_STATUS, .offset = at, .length = end - at };
        NTSTATUS status = disk_wait(disk, &io);

        if (!NT_SUCCESS(status))
            return status;
        for (uint64_t s = at; !io.extent_hole && s < at + io.extent_length; s += slab - s % slab)
            state->SlabAllocationBitMap[(s - first) / slab / 32] |= 1u << (s - first) / slab % 32;
        at += io.extent_length;
    }
    *answer = (DEVICE_MANAGE_DATA_SET_ATTRIBUTES_OUTPUT){ .Size = sizeof *answer, .Action = DeviceDsmAction_Allocation,
                                                          .OutputBlockOffset = head, .OutputBlockLength = size - head };
    state->Size = state->Version = sizeof *state;
    state->SlabSizeInBytes = slab;
    state->SlabOffsetDeltaInBytes = (ULONG)(first - (uint64_t)range.StartingOffset);
    state->SlabAllocationBitMapBitCount = bits;
    state->SlabAllocationBitMapLength = words;
    *done = size;
    return STATUS_SUCCESS;
}

NTSTATUS disk_manage_data_set(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    PDEVICE_MANAGE_DATA_SET_ATTRIBUTES asked = buffer;
    struct ranges r;

    if (asked->Action != DeviceDsmAction_Trim && asked->Action != DeviceDsmAction_Allocation)
        return STATUS_NOT_SUPPORTED;
    if (!take_ranges(disk, asked, in, &r))
        return STATUS_INVALID_PARAMETER;
    return asked->Action == DeviceDsmAction_Trim ? trim(disk, &r) : allocation(disk, &r, buffer, out, done);
}
