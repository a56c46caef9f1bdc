/* Numbers of the SCSI standards (SPC-4, SBC-3, SAM-5), and their big-endian fields. */
#ifndef DEV_SCSI_H
#define DEV_SCSI_H

#include <stdint.h>

#define SCSI_TEST_UNIT_READY 0x00
#define SCSI_REQUEST_SENSE 0x03
#define SCSI_READ_6 0x08
#define SCSI_WRITE_6 0x0A
#define SCSI_INQUIRY 0x12
#define SCSI_MODE_SELECT_6 0x15
#define SCSI_MODE_SENSE_6 0x1A
#define SCSI_START_STOP_UNIT 0x1B
#define SCSI_PREVENT_ALLOW 0x1E
#define SCSI_READ_CAPACITY_10 0x25
#define SCSI_READ_10 0x28
#define SCSI_WRITE_10 0x2A
#define SCSI_VERIFY_10 0x2F
#define SCSI_SYNCHRONIZE_10 0x35
#define SCSI_WRITE_SAME_10 0x41
#define SCSI_UNMAP 0x42
#define SCSI_MODE_SELECT_10 0x55
#define SCSI_MODE_SENSE_10 0x5A
#define SCSI_READ_16 0x88
#define SCSI_WRITE_16 0x8A
#define SCSI_VERIFY_16 0x8F
#define SCSI_SYNCHRONIZE_16 0x91
#define SCSI_WRITE_SAME_16 0x93
#define SCSI_SERVICE_IN_16 0x9E
#define SCSI_REPORT_LUNS 0xA0
#define SCSI_MAINTENANCE_IN 0xA3
#define SCSI_READ_12 0xA8
#define SCSI_WRITE_12 0xAA
#define SCSI_VERIFY_12 0xAF

#define SCSI_ACTION_READ_CAPACITY_16 0x10       /* of SERVICE ACTION IN(16) */
#define SCSI_ACTION_LBA_STATUS 0x12
#define SCSI_ACTION_OPERATION_CODES 0x0C        /* of MAINTENANCE IN */
#define SCSI_ACTION_TASK_FUNCTIONS 0x0D

#define SCSI_GOOD 0x00
#define SCSI_CHECK_CONDITION 0x02

#define SENSE_NONE 0x0
#define SENSE_NOT_READY 0x2
#define SENSE_MEDIUM_ERROR 0x3
#define SENSE_HARDWARE_ERROR 0x4
#define SENSE_ILLEGAL_REQUEST 0x5
#define SENSE_UNIT_ATTENTION 0x6
#define SENSE_DATA_PROTECT 0x7
#define SENSE_MISCOMPARE 0xE

/* Additional sense code and its qualifier. */
#define ASC_START_NEEDED 0x0402
#define ASC_WRITE_ERROR 0x0C00
#define ASC_READ_ERROR 0x1100
#define ASC_LIST_LENGTH 0x1A00
#define ASC_MISCOMPARE 0x1D00
#define ASC_OPERATION_CODE 0x2000
#define ASC_OUT_OF_RANGE 0x2100
#define ASC_FIELD_IN_CDB 0x2400
#define ASC_NO_SUCH_UNIT 0x2500
#define ASC_FIELD_IN_LIST 0x2600
#define ASC_WRITE_PROTECTED 0x2700
#define ASC_NO_SPACE 0x2707
#define ASC_RESET 0x2900                /* power on, reset or bus device reset */
#define ASC_UNIT_RESET 0x2903
#define ASC_NEXUS_LOSS 0x2907
#define ASC_CAPACITY_CHANGED 0x2A09
#define ASC_SAVING 0x3900
#define ASC_UNITS_CHANGED 0x3F0E
#define ASC_INTERNAL 0x4400

static inline uint64_t scsi_get(const uint8_t *from, unsigned bytes)
{
    uint64_t value = 0;

    while (bytes--)
        value = value << 8 | *from++;
    return value;
}

static inline void scsi_put(uint8_t *to, unsigned bytes, uint64_t value)
{
    while (bytes--) {
        to[bytes] = (uint8_t)value;
        value >>= 8;
    }
}

#endif
