/* SCSI pass-through and persistent reservations. A command that the device answers with an error is a success of the control code:
 * ScsiStatus and the sense data say what happened. docs: ntddscsi/ni-ntddscsi-ioctl_scsi_pass_through */
#include "storport/disk_ioctl.h"

#include <string.h>

#include "nt/pool.h"
#include "nt/ram.h"

struct command {
    const uint8_t *cdb;
    unsigned cdb_length;
    uint8_t direction;                  /* SCSI_IOCTL_DATA_* */
    void *data;                         /* in RAM */
    uint32_t length, timeout;
    uint8_t scsi_status, sense_length;  /* out */
    uint8_t *sense;                     /* where to; room in sense_length */
};

static bool sound(const struct command *c, const struct disk *disk)
{
    return c->cdb_length && c->cdb_length <= 16 && c->timeout && c->direction <= SCSI_IOCTL_DATA_UNSPECIFIED &&
           c->length <= disk->unit->adapter->max_transfer;
}

static NTSTATUS run(struct disk *disk, struct command *c)
{
    static const uint32_t flags[] = { SRB_FLAGS_DATA_OUT, SRB_FLAGS_DATA_IN, SRB_FLAGS_UNSPECIFIED_DIRECTION };
    struct request *r = request_take(disk->unit);

    if (!r)
        return STATUS_DEVICE_BUSY;
    request_prepare(r, SRB_FUNCTION_EXECUTE_SCSI,
                    SRB_FLAGS_NO_QUEUE_FREEZE | (c->length ? flags[c->direction] : 0), c->length ? c->data : NULL, c->length,
                    c->timeout);
    request_set_cdb(r, c->cdb, c->cdb_length);
    uint8_t status = request_wait(r);
    bool sensed = !r->abandoned && (((PSCSI_REQUEST_BLOCK)r->srb)->SrbStatus & SRB_STATUS_AUTOSENSE_VALID);
    c->scsi_status = r->abandoned ? 0 : SrbGetScsiStatus(r->srb);
    c->length = r->abandoned ? 0 : (uint32_t)min_u64(c->length, SrbGetDataTransferLength(r->srb));
    c->sense_length = sensed ? (uint8_t)min_u64(c->sense_length, SrbGetSenseInfoBufferLength(r->srb)) : 0;
    if (c->sense_length)
        memcpy(c->sense, r->sense, c->sense_length);
    request_release(r);
    if (status == SRB_STATUS_SUCCESS || status == SRB_STATUS_DATA_OVERRUN || sensed)
        return STATUS_SUCCESS;
    return sp_status(status);
}

/* --- pass-through ----------------------------------------------------------------------------------------------------- */

static bool within(ULONG_PTR offset, ULONG length, ULONG least, ULONG room)
{
    return !length || (offset >= least && offset <= room && length <= room - offset);
}

NTSTATUS disk_pass_through(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    PSCSI_PASS_THROUGH p = buffer;
    uint8_t sense[SP_SENSE];
    struct command c = { p->Cdb, p->CdbLength, p->DataIn, NULL, p->DataTransferLength, p->TimeOutValue, 0,
                         (uint8_t)min_u64(p->SenseInfoLength, sizeof sense), sense };
    bool writes = p->DataIn == SCSI_IOCTL_DATA_OUT;

    if (p->Length < sizeof *p || !sound(&c, disk) ||
        !within(p->DataBufferOffset, p->DataTransferLength, sizeof *p, writes ? in : out) ||
        !within(p->SenseInfoOffset, p->SenseInfoLength, sizeof *p, out))
        return STATUS_INVALID_PARAMETER;
    if (c.length && !(c.data = pool_alloc(NonPagedPoolNx, c.length, SP_TAG, NULL)))
        return STATUS_INSUFFICIENT_RESOURCES;
    if (writes && c.length)
        memcpy(c.data, (uint8_t *)buffer + p->DataBufferOffset, c.length);
    NTSTATUS status = run(disk, &c);
    if (NT_SUCCESS(status)) {
        p->ScsiStatus = c.scsi_status;
        p->DataTransferLength = c.length;
        p->SenseInfoLength = c.sense_length;
        if (c.sense_length)
            memcpy((uint8_t *)buffer + p->SenseInfoOffset, sense, c.sense_length);
        if (!writes && c.length)
            memcpy((uint8_t *)buffer + p->DataBufferOffset, c.data, c.length);
        *done = sizeof *p;
        if (c.sense_length)
            *done = max_u64(*done, p->SenseInfoOffset + c.sense_length);
        if (!writes && c.length)
            *done = max_u64(*done, p->DataBufferOffset + c.length);
    }
    if (c.data)
        pool_free(c.data, SP_TAG, NULL);
    return status;
}

/* The caller's own buffer takes part in the transfer; it must be resident and in one piece.
 * docs: ntddscsi/ni-ntddscsi-ioctl_scsi_pass_through_direct */
NTSTATUS disk_pass_through_direct(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    PSCSI_PASS_THROUGH_DIRECT p = buffer;
    uint8_t sense[SP_SENSE];
    struct command c = { p->Cdb, p->CdbLength, p->DataIn, p->DataBuffer, p->DataTransferLength, p->TimeOutValue, 0,
                         (uint8_t)min_u64(p->SenseInfoLength, sizeof sense), sense };
    uint64_t pa = c.length ? ram_pa(c.data) : 0;

    if (p->Length < sizeof *p || !sound(&c, disk) || !within(p->SenseInfoOffset, p->SenseInfoLength, sizeof *p, out))
        return STATUS_INVALID_PARAMETER;
    if (c.length && (pa == UINT64_MAX || !(c.data = ram_va(pa, c.length))))
        return STATUS_INVALID_USER_BUFFER;
    if ((uintptr_t)c.data & disk->unit->adapter->config->AlignmentMask)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = run(disk, &c);
    if (!NT_SUCCESS(status))
        return status;
    p->ScsiStatus = c.scsi_status;
    p->DataTransferLength = c.length;
    p->SenseInfoLength = c.sense_length;
    *done = sizeof *p;
    if (c.sense_length) {
        memcpy((uint8_t *)buffer + p->SenseInfoOffset, sense, c.sense_length);
        *done = max_u64(*done, p->SenseInfoOffset + c.sense_length);
    }
    return status;
}

/* --- persistent reservations --------------------------------------------------------------------------------------------- */

/* docs: ntddstor/ni-ntddstor-ioctl_storage_persistent_reserve_in */
NTSTATUS disk_reserve_in(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    PPERSISTENT_RESERVE_COMMAND asked = buffer;
    uint32_t length = asked->PR_IN.AllocationLength;
    uint8_t cdb[10] = { SCSIOP_PERSISTENT_RESERVE_IN, asked->PR_IN.ServiceAction };

    if (asked->Size < sizeof *asked || !length || length > out)
        return STATUS_INVALID_PARAMETER;
    put_be16(cdb + 7, length);
    void *data = pool_alloc(NonPagedPoolNx, length, SP_TAG, NULL);
    if (!data)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = disk_command(disk, cdb, sizeof cdb, data, &length, false, NULL);
    if (NT_SUCCESS(status)) {
        memcpy(buffer, data, length);
        *done = length;
    }
    pool_free(data, SP_TAG, NULL);
    return status;
}

/* docs: ntddstor/ni-ntddstor-ioctl_storage_persistent_reserve_out */
NTSTATUS disk_reserve_out(struct disk *disk, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    PPERSISTENT_RESERVE_COMMAND asked = buffer;
    ULONG head = offsetof(PERSISTENT_RESERVE_COMMAND, PR_OUT.ParameterList);
    uint32_t length = in > head ? in - head : 0;
    uint8_t cdb[10] = { SCSIOP_PERSISTENT_RESERVE_OUT, asked->PR_OUT.ServiceAction,
                        (uint8_t)(asked->PR_OUT.Scope << 4 | asked->PR_OUT.Type) };

    if (asked->Size < sizeof *asked || length < sizeof(PRO_PARAMETER_LIST) || length > 4096)
        return STATUS_INVALID_PARAMETER;
    put_be32(cdb + 5, length);
    void *data = pool_alloc(NonPagedPoolNx, length, SP_TAG, NULL);
    if (!data)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(data, (uint8_t *)buffer + head, length);
    NTSTATUS status = disk_command(disk, cdb, sizeof cdb, data, &length, true, NULL);
    pool_free(data, SP_TAG, NULL);
    return status;
}
