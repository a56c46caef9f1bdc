/* Pass-through with commands of more than 16 bytes and with data in both directions. It takes a miniport that works with
 * STORAGE_REQUEST_BLOCK. docs: ntddscsi/ni-ntddscsi-ioctl_scsi_pass_through_ex, ntddscsi/ni-ntddscsi-ioctl_scsi_pass_through_direct_ex */
#include "storport/disk_ioctl.h"

#include <string.h>

#include "nt/pool.h"
#include "nt/ram.h"

/* The two forms differ in what says where the data is. */
_Static_assert(offsetof(SCSI_PASS_THROUGH_EX, Cdb) == offsetof(SCSI_PASS_THROUGH_DIRECT_EX, Cdb), "one layout");

static bool is_in(uint64_t offset, uint64_t length, uint64_t least, uint64_t room)
{
    return !length || (offset >= least && offset <= room && length <= room - offset);
}

/* The address is the unit's own, or none. */
static bool right_address(const struct unit *u, const SCSI_PASS_THROUGH_EX *p, ULONG in)
{
    STOR_ADDR_BTL8 mine = unit_address(u), asked;

    if (!p->StorAddressLength)
        return true;
    if (p->StorAddressLength < sizeof asked || !is_in(p->StorAddressOffset, sizeof asked, offsetof(SCSI_PASS_THROUGH_EX, Cdb), in))
        return false;
    memcpy(&asked, (const uint8_t *)p + p->StorAddressOffset, sizeof asked);
    return asked.Type == STOR_ADDRESS_TYPE_BTL8 && asked.AddressLength == mine.AddressLength;
}

static NTSTATUS check(const struct unit *u, const SCSI_PASS_THROUGH_EX *p, ULONG in, ULONG out)
{
    bool writes = p->DataDirection == SCSI_IOCTL_DATA_OUT || p->DataDirection == SCSI_IOCTL_DATA_BIDIRECTIONAL;
    bool reads = p->DataDirection == SCSI_IOCTL_DATA_IN || p->DataDirection == SCSI_IOCTL_DATA_BIDIRECTIONAL;
    ULONG most = writes && reads ? REQUEST_CDB_AND_SECOND : REQUEST_CDB;

    if (p->Version || p->Length < sizeof *p || p->DataDirection > SCSI_IOCTL_DATA_BIDIRECTIONAL || !p->TimeOutValue)
        return STATUS_INVALID_PARAMETER;
    if (!p->CdbLength || p->CdbLength > most || !is_in(offsetof(SCSI_PASS_THROUGH_EX, Cdb), p->CdbLength, 0, in))
        return STATUS_INVALID_PARAMETER;
    if ((p->DataOutTransferLength && !writes) || (p->DataInTransferLength && !reads) ||
        p->DataOutTransferLength > u->adapter->max_transfer || p->DataInTransferLength > u->adapter->max_transfer)
        return STATUS_INVALID_PARAMETER;
    if (!is_in(p->SenseInfoOffset, p->SenseInfoLength, offsetof(SCSI_PASS_THROUGH_EX, Cdb), out) || !right_address(u, p, in))
        return STATUS_INVALID_PARAMETER;
    return u->adapter->storage_srbs ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST;
}

/* What the command needs, with the data at two places in RAM. A command in one direction has its data in c->data. */
static struct unit_command command_of(SCSI_PASS_THROUGH_EX *p, void *to_device, void *from_device, uint8_t *sense)
{
    bool both = p->DataDirection == SCSI_IOCTL_DATA_BIDIRECTIONAL, reads = p->DataDirection == SCSI_IOCTL_DATA_IN;

    return (struct unit_command){
        .cdb = p->Cdb,
        .cdb_length = p->CdbLength,
        .direction = p->DataDirection,
        .data = reads ? from_device : to_device,
        .length = reads ? p->DataInTransferLength : p->DataOutTransferLength,
        .second = both ? from_device : NULL,
        .second_length = both ? p->DataInTransferLength : 0,
        .timeout = p->TimeOutValue,
        .sense_length = (uint8_t)min_u64(p->SenseInfoLength, SP_SENSE),
        .sense = sense,
    };
}

static void answer(struct unit *u, SCSI_PASS_THROUGH_EX *p, const struct unit_command *c, ULONG in, ULONG out, ULONG_PTR *done)
{
    STOR_ADDR_BTL8 mine = unit_address(u);

    p->ScsiStatus = c->scsi_status;
    p->SenseInfoLength = c->sense_length;
    p->DataOutTransferLength = c->direction == SCSI_IOCTL_DATA_IN ? 0 : c->length;
    p->DataInTransferLength = c->direction == SCSI_IOCTL_DATA_IN ? c->length : c->second_length;
    *done = min_u64(out, offsetof(SCSI_PASS_THROUGH_EX, Cdb) + p->CdbLength);
    if (p->StorAddressLength && p->StorAddressOffset + sizeof mine <= out) {
        memcpy((uint8_t *)p + p->StorAddressOffset, &mine, sizeof mine);
        *done = max_u64(*done, p->StorAddressOffset + sizeof mine);
    }
    if (c->sense_length) {
        memcpy((uint8_t *)p + p->SenseInfoOffset, c->sense, c->sense_length);
        *done = max_u64(*done, p->SenseInfoOffset + c->sense_length);
    }
}

NTSTATUS unit_pass_through_ex(struct unit *u, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    SCSI_PASS_THROUGH_EX *p = buffer;
    NTSTATUS status = check(u, p, in, out);
    ULONG to_device = p->DataOutTransferLength, from_device = p->DataInTransferLength;
    uint8_t sense[SP_SENSE], *data;

    if (!NT_SUCCESS(status))
        return status;
    if (!is_in(p->DataOutBufferOffset, to_device, offsetof(SCSI_PASS_THROUGH_EX, Cdb), in) ||
        !is_in(p->DataInBufferOffset, from_device, offsetof(SCSI_PASS_THROUGH_EX, Cdb), out))
        return STATUS_INVALID_PARAMETER;
    size_t second = align_up(to_device, 64);
    data = pool_alloc(NonPagedPoolNx, second + from_device + 1, SP_TAG, NULL);
    if (!data)
        return STATUS_INSUFFICIENT_RESOURCES;
    memset(data, 0, second + from_device);
    memcpy(data, (uint8_t *)buffer + (to_device ? p->DataOutBufferOffset : 0), to_device);
    struct unit_command c = command_of(p, data, data + second, sense);
    status = unit_run(u, &c);
    if (NT_SUCCESS(status)) {
        answer(u, p, &c, in, out, done);
        if (p->DataInTransferLength) {
            memcpy((uint8_t *)buffer + p->DataInBufferOffset, data + second, p->DataInTransferLength);
            *done = max_u64(*done, p->DataInBufferOffset + p->DataInTransferLength);
        }
    }
    pool_free(data, SP_TAG, NULL);
    return status;
}

/* A caller's buffer, as the device sees it: resident, in one piece and aligned for the adapter. */
static NTSTATUS direct_buffer(const struct unit *u, PVOID *at, ULONG length)
{
    uint64_t pa = length ? ram_pa(*at) : 0;

    if (length && (pa == UINT64_MAX || !(*at = ram_va(pa, length))))
        return STATUS_INVALID_USER_BUFFER;
    return length && ((uintptr_t)*at & u->adapter->config->AlignmentMask) ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

NTSTATUS unit_pass_through_direct_ex(struct unit *u, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    SCSI_PASS_THROUGH_DIRECT_EX *direct = buffer;
    SCSI_PASS_THROUGH_EX *p = buffer;
    PVOID to_device = direct->DataOutBuffer, from_device = direct->DataInBuffer;
    NTSTATUS status = check(u, p, in, out);
    uint8_t sense[SP_SENSE];

    if (NT_SUCCESS(status))
        status = direct_buffer(u, &to_device, p->DataOutTransferLength);
    if (NT_SUCCESS(status))
        status = direct_buffer(u, &from_device, p->DataInTransferLength);
    if (!NT_SUCCESS(status))
        return status;
    struct unit_command c = command_of(p, to_device, from_device, sense);
    status = unit_run(u, &c);
    if (NT_SUCCESS(status))
        answer(u, p, &c, in, out, done);
    return status;
}
