/* What an SRB status, a SCSI status and sense data mean for a request.
 *
 * | sense key         | code                          | then                                    |
 * |-------------------|-------------------------------|-----------------------------------------|
 * | NO SENSE          |                               | good (retry when the status is an error)|
 * | RECOVERED ERROR   |                               | good                                    |
 * | NOT READY         | 04h/01h becoming ready        | retry later                             |
 * | NOT READY         | 3Ah no media                  | STATUS_NO_MEDIA_IN_DEVICE               |
 * | NOT READY         | other                         | retry, then STATUS_DEVICE_NOT_READY     |
 * | MEDIUM ERROR      |                               | retry, then STATUS_DEVICE_DATA_ERROR    |
 * | HARDWARE ERROR    |                               | retry, then STATUS_IO_DEVICE_ERROR      |
 * | ILLEGAL REQUEST   | 20h command                   | STATUS_INVALID_DEVICE_REQUEST           |
 * | ILLEGAL REQUEST   | 21h block                     | STATUS_NONEXISTENT_SECTOR               |
 * | ILLEGAL REQUEST   | 25h unit                      | STATUS_NO_SUCH_DEVICE                   |
 * | UNIT ATTENTION    |                               | retry, then STATUS_IO_DEVICE_ERROR      |
 * | DATA PROTECT      | 27h/07h no space              | STATUS_DISK_FULL                        |
 * | DATA PROTECT      |                               | STATUS_MEDIA_WRITE_PROTECTED            |
 * | ABORTED COMMAND   |                               | retry, then STATUS_IO_DEVICE_ERROR      |
 *
 * docs: storage/storport-s-role-in-transmitting-scsi-sense-data, scsi */
#include "storport/disk_class.h"

NTSTATUS sp_status(uint8_t srb_status)
{
    switch (srb_status) {
    case SRB_STATUS_SUCCESS:
        return STATUS_SUCCESS;
    case SRB_STATUS_INVALID_LUN:
    case SRB_STATUS_INVALID_TARGET_ID:
    case SRB_STATUS_INVALID_PATH_ID:
    case SRB_STATUS_NO_DEVICE:
    case SRB_STATUS_NO_HBA:
        return STATUS_DEVICE_DOES_NOT_EXIST;
    case SRB_STATUS_COMMAND_TIMEOUT:
    case SRB_STATUS_TIMEOUT:
    case SRB_STATUS_BUS_RESET:
        return STATUS_IO_TIMEOUT;
    case SRB_STATUS_SELECTION_TIMEOUT:
        return STATUS_DEVICE_NOT_CONNECTED;
    case SRB_STATUS_BAD_FUNCTION:
    case SRB_STATUS_BAD_SRB_BLOCK_LENGTH:
    case SRB_STATUS_INVALID_REQUEST:
        return STATUS_INVALID_DEVICE_REQUEST;
    case SRB_STATUS_DATA_OVERRUN:
        return STATUS_BUFFER_OVERFLOW;
    case SRB_STATUS_BUSY:
        return STATUS_DEVICE_BUSY;
    case SRB_STATUS_ABORTED:
    case SRB_STATUS_REQUEST_FLUSHED:
        return STATUS_CANCELLED;
    case SRB_STATUS_INSUFFICIENT_RESOURCES:
        return STATUS_INSUFFICIENT_RESOURCES;
    default:
        return STATUS_IO_DEVICE_ERROR;
    }
}

static enum sense_action judge_key(uint8_t key, uint8_t code, uint8_t qualifier, NTSTATUS *status)
{
    *status = STATUS_IO_DEVICE_ERROR;
    switch (key) {
    case SCSI_SENSE_RECOVERED_ERROR:
        return SENSE_GOOD;
    case SCSI_SENSE_NOT_READY:
        *status = code == SCSI_ADSENSE_NO_MEDIA_IN_DEVICE ? STATUS_NO_MEDIA_IN_DEVICE : STATUS_DEVICE_NOT_READY;
        if (code == SCSI_ADSENSE_NO_MEDIA_IN_DEVICE)
            return SENSE_FAIL;
        return code == SCSI_ADSENSE_LUN_NOT_READY && qualifier == SCSI_SENSEQ_BECOMING_READY ? SENSE_RETRY_LATER : SENSE_RETRY;
    case SCSI_SENSE_MEDIUM_ERROR:
        *status = STATUS_DEVICE_DATA_ERROR;
        return SENSE_RETRY;
    case SCSI_SENSE_ILLEGAL_REQUEST:
        *status = code == SCSI_ADSENSE_ILLEGAL_BLOCK ? STATUS_NONEXISTENT_SECTOR
                  : code == SCSI_ADSENSE_INVALID_LUN ? STATUS_NO_SUCH_DEVICE
                                                     : STATUS_INVALID_DEVICE_REQUEST;
        return SENSE_FAIL;
    case SCSI_SENSE_DATA_PROTECT:
        *status = code == SCSI_ADSENSE_WRITE_PROTECT && qualifier == 7 ? STATUS_DISK_FULL : STATUS_MEDIA_WRITE_PROTECTED;
        return SENSE_FAIL;
    case SCSI_SENSE_BLANK_CHECK:
        *status = STATUS_NO_DATA_DETECTED;
        return SENSE_FAIL;
    default:                            /* hardware error, unit attention, aborted command, no sense */
        return SENSE_RETRY;
    }
}

/* Without sense data: errors of the transmission, of the target, bus resets and time-outs.
 * docs: storage/storage-class-driver-s-retryrequest-routine */
static bool may_help(uint8_t srb_status)
{
    switch (srb_status) {
    case SRB_STATUS_TIMEOUT:
    case SRB_STATUS_MESSAGE_REJECTED:
    case SRB_STATUS_REQUEST_SENSE_FAILED:
    case SRB_STATUS_ERROR_RECOVERY:
    case SRB_STATUS_BUS_RESET:
    case SRB_STATUS_PARITY_ERROR:
    case SRB_STATUS_UNEXPECTED_BUS_FREE:
    case SRB_STATUS_PHASE_SEQUENCE_FAILURE:
    case SRB_STATUS_ERROR:
    case SRB_STATUS_ABORTED:
    case SRB_STATUS_COMMAND_TIMEOUT:
    case SRB_STATUS_SELECTION_TIMEOUT:
        return true;
    default:
        return false;
    }
}

enum sense_action sense_judge(const struct request *r, NTSTATUS *status)
{
    uint8_t srb_status = request_srb_status(r), key = 0, code = 0, qualifier = 0, scsi;
    bool autosense = !r->abandoned && (((PSCSI_REQUEST_BLOCK)r->srb)->SrbStatus & SRB_STATUS_AUTOSENSE_VALID);

    *status = sp_status(srb_status);
    if (srb_status == SRB_STATUS_SUCCESS)
        return SENSE_GOOD;
    if (r->abandoned)
        return SENSE_FAIL;
    scsi = SrbGetScsiStatus(r->srb);
    if (scsi == SCSISTAT_RESERVATION_CONFLICT) {
        *status = STATUS_DEVICE_BUSY;
        return SENSE_FAIL;
    }
    if (autosense && ScsiGetSenseKeyAndCodes(r->sense, SrbGetSenseInfoBufferLength(r->srb),
                                             SCSI_SENSE_OPTIONS_FIXED_FORMAT_IF_UNKNOWN_FORMAT_INDICATED, &key, &code, &qualifier))
        return judge_key(key, code, qualifier, status);
    return may_help(srb_status) ? SENSE_RETRY : SENSE_FAIL;
}
