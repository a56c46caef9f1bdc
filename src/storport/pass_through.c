/* SCSI pass-through. A command that the device answers with an error is a success of the control code:
 * ScsiStatus and the sense data say what happened. docs: ntddscsi/ni-ntddscsi-ioctl_scsi_pass_through */
#include "storport/disk_ioctl.h"

#include <string.h>

#include "nt/pool.h"
#include "nt/ram.h"

static bool sound(const struct unit_command *c, const struct unit *u)
{
    return c->cdb_length && c->cdb_length <= 16 && c->timeout && c->direction <= SCSI_IOCTL_DATA_UNSPECIFIED &&
           c->length <= u->adapter->max_transfer;
}

NTSTATUS unit_run(struct unit *u, struct unit_command *c)
{
    static const uint32_t flags[] = { SRB_FLAGS_DATA_OUT, SRB_FLAGS_DATA_IN, SRB_FLAGS_UNSPECIFIED_DIRECTION,
                                      SRB_FLAGS_UNSPECIFIED_DIRECTION };
    LARGE_INTEGER moment = { .QuadPart = -10000 };
    struct request *r;

    while (!(r = request_take(u))) {    /* reads and writes have them all */
        if (u->gone)
            return STATUS_DEVICE_DOES_NOT_EXIST;
        KeDelayExecutionThread(KernelMode, FALSE, &moment);
    }
    request_prepare(r, SRB_FUNCTION_EXECUTE_SCSI,
                    SRB_FLAGS_NO_QUEUE_FREEZE | (c->length || c->second_length ? flags[c->direction] : 0), c->length ? c->data : NULL, c->length,
                    c->timeout);
    request_set_cdb(r, c->cdb, c->cdb_length);
    if (c->second_length)
        request_set_second(r, c->second, c->second_length);
    uint8_t status = request_wait(r);
    bool sensed = !r->abandoned && (((PSCSI_REQUEST_BLOCK)r->srb)->SrbStatus & SRB_STATUS_AUTOSENSE_VALID);
    c->scsi_status = r->abandoned ? 0 : SrbGetScsiStatus(r->srb);
    c->length = r->abandoned ? 0 : (uint32_t)min_u64(c->length, SrbGetDataTransferLength(r->srb));
    if (c->second_length)
        c->second_length = r->abandoned ? 0 : (uint32_t)min_u64(c->second_length, request_second(r));
    c->sense_length = sensed ? (uint8_t)min_u64(c->sense_length, SrbGetSenseInfoBufferLength(r->srb)) : 0;
    if (c->sense_length)
        memcpy(c->sense, r->sense, c->sense_length);
    request_release(r);
    if (status == SRB_STATUS_SUCCESS || status == SRB_STATUS_DATA_OVERRUN || sensed ||
        (status == SRB_STATUS_ERROR && c->scsi_status != SCSISTAT_GOOD))
        return STATUS_SUCCESS;          /* the device answered: ScsiStatus says how */
    return sp_status(status);
}

/* --- pass-through ----------------------------------------------------------------------------------------------------- */

static bool within(ULONG_PTR offset, ULONG length, ULONG least, ULONG room)
{
    return !length || (offset >= least && offset <= room && length <= room - offset);
}

NTSTATUS unit_pass_through(struct unit *u, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    PSCSI_PASS_THROUGH p = buffer;
    uint8_t sense[SP_SENSE];
    struct unit_command c = { .cdb = p->Cdb, .cdb_length = p->CdbLength, .direction = p->DataIn, .length = p->DataTransferLength,
                              .timeout = p->TimeOutValue, .sense_length = (uint8_t)min_u64(p->SenseInfoLength, sizeof sense),
                              .sense = sense };
    bool writes = p->DataIn == SCSI_IOCTL_DATA_OUT;

    if (p->Length < sizeof *p || !sound(&c, u) ||
        !within(p->DataBufferOffset, p->DataTransferLength, sizeof *p, writes ? in : out) ||
        !within(p->SenseInfoOffset, p->SenseInfoLength, sizeof *p, out))
        return STATUS_INVALID_PARAMETER;
    if (c.length && !(c.data = pool_alloc(NonPagedPoolNx, c.length, SP_TAG, NULL)))
        return STATUS_INSUFFICIENT_RESOURCES;
    if (writes && c.length)
        memcpy(c.data, (uint8_t *)buffer + p->DataBufferOffset, c.length);
    NTSTATUS status = unit_run(u, &c);
    if (NT_SUCCESS(status)) {
        p->ScsiStatus = c.scsi_status;
        p->PathId = u->path;
        p->TargetId = u->target;
        p->Lun = u->lun;
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
NTSTATUS unit_pass_through_direct(struct unit *u, void *buffer, ULONG in, ULONG out, ULONG_PTR *done)
{
    PSCSI_PASS_THROUGH_DIRECT p = buffer;
    uint8_t sense[SP_SENSE];
    struct unit_command c = { .cdb = p->Cdb, .cdb_length = p->CdbLength, .direction = p->DataIn, .data = p->DataBuffer,
                              .length = p->DataTransferLength, .timeout = p->TimeOutValue,
                              .sense_length = (uint8_t)min_u64(p->SenseInfoLength, sizeof sense), .sense = sense };
    uint64_t pa = c.length ? ram_pa(c.data) : 0;

    if (p->Length < sizeof *p || !sound(&c, u) || !within(p->SenseInfoOffset, p->SenseInfoLength, sizeof *p, out))
        return STATUS_INVALID_PARAMETER;
    if (c.length && (pa == UINT64_MAX || !(c.data = ram_va(pa, c.length))))
        return STATUS_INVALID_USER_BUFFER;
    if ((uintptr_t)c.data & u->adapter->config->AlignmentMask)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = unit_run(u, &c);
    if (!NT_SUCCESS(status))
        return status;
    p->ScsiStatus = c.scsi_status;
    p->PathId = u->path;
    p->TargetId = u->target;
    p->Lun = u->lun;
    p->DataTransferLength = c.length;
    p->SenseInfoLength = c.sense_length;
    *done = sizeof *p;
    if (c.sense_length) {
        memcpy((uint8_t *)buffer + p->SenseInfoOffset, sense, c.sense_length);
        *done = max_u64(*done, p->SenseInfoOffset + c.sense_length);
    }
    return status;
}
