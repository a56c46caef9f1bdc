/* Numbers of the NVM Express Base Specification, revision 1.4. */
#ifndef DEV_NVME_SPEC_H
#define DEV_NVME_SPEC_H

#include <stdint.h>

/* Controller registers (chapter 3.1). */
#define NVME_CAP 0x00u
#define NVME_VS 0x08u
#define NVME_INTMS 0x0Cu
#define NVME_INTMC 0x10u
#define NVME_CC 0x14u
#define NVME_CSTS 0x1Cu
#define NVME_NSSR 0x20u
#define NVME_AQA 0x24u
#define NVME_ASQ 0x28u
#define NVME_ACQ 0x30u
#define NVME_DOORBELLS 0x1000u

#define NVME_VERSION 0x00010400u
#define NVME_RESET_WORD 0x4E564D65u     /* "NVMe" */

#define CC_ENABLE (1u << 0)
#define CC_COMMAND_SET(cc) ((cc) >> 4 & 7)
#define CC_PAGE(cc) ((cc) >> 7 & 15)
#define CC_ARBITRATION(cc) ((cc) >> 11 & 7)
#define CC_SHUTDOWN(cc) ((cc) >> 14 & 3)
#define CC_SQ_ENTRY(cc) ((cc) >> 16 & 15)
#define CC_CQ_ENTRY(cc) ((cc) >> 20 & 15)
#define CC_WRITABLE 0x00FFFFF1u
#define CSTS_READY (1u << 0)
#define CSTS_FATAL (1u << 1)
#define CSTS_SHUTDOWN_MASK (3u << 2)
#define CSTS_SHUTDOWN_RUNS (1u << 2)
#define CSTS_SHUTDOWN_DONE (2u << 2)
#define CSTS_SUBSYSTEM_RESET (1u << 4)

#define NVME_SQ_SHIFT 6                 /* log2 of entry sizes */
#define NVME_CQ_SHIFT 4

/* Parts of a command's first words. */
#define NVME_OPCODE(dw0) ((dw0) & 0xFF)
#define NVME_FUSE(dw0) ((dw0) >> 8 & 3)
#define NVME_PSDT(dw0) ((dw0) >> 14 & 3)
#define NVME_CID(dw0) ((uint16_t)((dw0) >> 16))
#define NVME_NSID 1                     /* words of a command */
#define NVME_PRP1 6
#define NVME_PRP2 8
#define NVME_ALL_NAMESPACES 0xFFFFFFFFu

enum nvme_admin_opcode {
    ADMIN_DELETE_SQ = 0x00, ADMIN_CREATE_SQ = 0x01, ADMIN_GET_LOG = 0x02, ADMIN_DELETE_CQ = 0x04, ADMIN_CREATE_CQ = 0x05, ADMIN_IDENTIFY = 0x06,
    ADMIN_ABORT = 0x08, ADMIN_SET_FEATURES = 0x09, ADMIN_GET_FEATURES = 0x0A, ADMIN_EVENT = 0x0C, ADMIN_FORMAT = 0x80
};

enum nvme_io_opcode {
    IO_FLUSH = 0x00, IO_WRITE = 0x01, IO_READ = 0x02, IO_COMPARE = 0x05, IO_WRITE_ZEROES = 0x08, IO_DATASET = 0x09
};

/* Status: code, type in bits 10:8, then More and Do Not Retry (chapter 4.6.1). */
#define NVME_MORE 0x2000u
#define NVME_DNR 0x4000u
#define NVME_STATUS_CODE 0x07FFu
enum nvme_status {
    NVME_GOOD = 0x000, NVME_INVALID_OPCODE = 0x001, NVME_INVALID_FIELD = 0x002, NVME_ID_CONFLICT = 0x003, NVME_DATA_ERROR = 0x004,
    NVME_INTERNAL = 0x006, NVME_ABORTED = 0x007, NVME_SQ_DELETED = 0x008, NVME_INVALID_NAMESPACE = 0x00B, NVME_SEQUENCE = 0x00C,
    NVME_PRP_OFFSET = 0x013, NVME_WRITE_PROTECTED = 0x020, NVME_LBA_RANGE = 0x080, NVME_CAPACITY = 0x081, NVME_NOT_READY = 0x082,
    NVME_FORMATTING = 0x084,
    NVME_CQ_INVALID = 0x100, NVME_QUEUE_ID = 0x101, NVME_QUEUE_SIZE = 0x102, NVME_ABORT_LIMIT = 0x103, NVME_EVENT_LIMIT = 0x105,
    NVME_VECTOR = 0x108, NVME_LOG_PAGE = 0x109, NVME_FORMAT_INVALID = 0x10A, NVME_QUEUE_DELETION = 0x10C, NVME_NOT_SAVEABLE = 0x10D,
    NVME_NOT_CHANGEABLE = 0x10E, NVME_NOT_NAMESPACE = 0x10F,
    NVME_WRITE_FAULT = 0x280, NVME_READ_ERROR = 0x281, NVME_COMPARE_FAILED = 0x285
};

enum nvme_feature {
    FEATURE_ARBITRATION = 0x01, FEATURE_POWER = 0x02, FEATURE_TEMPERATURE = 0x04, FEATURE_RECOVERY = 0x05, FEATURE_WRITE_CACHE = 0x06,
    FEATURE_QUEUES = 0x07, FEATURE_COALESCING = 0x08, FEATURE_VECTOR = 0x09, FEATURE_ATOMICITY = 0x0A, FEATURE_EVENTS = 0x0B, FEATURE_TIMESTAMP = 0x0E
};

enum nvme_log { NVME_LOG_ERRORS = 0x01, NVME_LOG_HEALTH = 0x02, NVME_LOG_FIRMWARE = 0x03, NVME_LOG_CHANGED = 0x04, NVME_LOG_EFFECTS = 0x05 };

#define NVME_EVENT_NOTICE_NAMESPACES (1u << 8)      /* of the event configuration feature */
#define WARNING_TEMPERATURE 0x02u                   /* of the health log */
#define WARNING_READ_ONLY 0x08u

#endif
