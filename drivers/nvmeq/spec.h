/* What the NVM Express Base Specification 1.4 lays down: registers, commands and answers, status codes. */
#ifndef NVMEQ_SPEC_H
#define NVMEQ_SPEC_H

#include <storport.h>

#define NVME_CAP 0x00
#define NVME_INTMS 0x0C
#define NVME_INTMC 0x10
#define NVME_CC 0x14
#define NVME_CSTS 0x1C
#define NVME_AQA 0x24
#define NVME_ASQ 0x28
#define NVME_ACQ 0x30
#define NVME_DOORBELLS 0x1000

#define CC_ENABLE 0x00000001u
#define CC_ENTRIES 0x00460000u          /* submission entries of 64, completion entries of 16 bytes */
#define CC_SHUTDOWN 0x0000C000u
#define CC_SHUTDOWN_NORMAL 0x00004000u
#define CSTS_READY 0x00000001u
#define CSTS_FATAL 0x00000002u
#define CSTS_SHUTDOWN 0x0000000Cu
#define CSTS_SHUTDOWN_DONE 0x00000008u

#define ADMIN_CREATE_SQ 0x01
#define ADMIN_GET_LOG 0x02
#define ADMIN_CREATE_CQ 0x05
#define ADMIN_IDENTIFY 0x06
#define ADMIN_SET_FEATURES 0x09
#define ADMIN_EVENT 0x0C
#define IDENTIFY_NAMESPACE 0
#define IDENTIFY_CONTROLLER 1
#define FEATURE_QUEUES 0x07
#define FEATURE_EVENTS 0x0B
#define EVENT_NAMESPACES 0x100u
#define LOG_CHANGED_NAMESPACES 0x04

#define IO_FLUSH 0x00
#define IO_WRITE 0x01
#define IO_READ 0x02
#define IO_COMPARE 0x05
#define IO_WRITE_ZEROES 0x08
#define IO_DATASET 0x09
#define IO_FUA 0x40000000u              /* of the twelfth word */
#define IO_DEALLOCATE 0x02000000u
#define DATASET_DEALLOCATE 0x04u

#define ONCS_COMPARE 0x01u
#define ONCS_DATASET 0x04u
#define ONCS_ZEROES 0x08u

/* Status: type and code, without phase, More and Do Not Retry. */
#define NVME_STATUS(status) ((status) >> 1 & 0x7FF)
#define NVME_PHASE(status) ((status) & 1)
#define NVME_INVALID_OPCODE 0x001
#define NVME_INVALID_FIELD 0x002
#define NVME_DATA_ERROR 0x004
#define NVME_POWER_LOSS 0x005
#define NVME_ABORTED 0x007
#define NVME_SQ_DELETED 0x008
#define NVME_INVALID_NAMESPACE 0x00B
#define NVME_WRITE_PROTECTED 0x020
#define NVME_LBA_RANGE 0x080
#define NVME_CAPACITY_EXCEEDED 0x081
#define NVME_NOT_READY 0x082
#define NVME_FORMATTING 0x084
#define NVME_WRITE_FAULT 0x280
#define NVME_READ_ERROR 0x281
#define NVME_COMPARE_FAILED 0x285

typedef struct _NVME_COMMAND {
    UCHAR Opcode, Flags;
    USHORT Id;
    ULONG Namespace;
    ULONG64 Reserved, Metadata, Prp1, Prp2;
    ULONG Dw10, Dw11, Dw12, Dw13, Dw14, Dw15;
} NVME_COMMAND;

typedef struct _NVME_COMPLETION {
    ULONG Result, Reserved;
    USHORT SqHead, SqId, Id, Status;
} NVME_COMPLETION;

typedef struct _NVME_RANGE {
    ULONG Attributes, Blocks;
    ULONG64 Lba;
} NVME_RANGE;

C_ASSERT(sizeof(NVME_COMMAND) == 64);
C_ASSERT(sizeof(NVME_COMPLETION) == 16);
C_ASSERT(sizeof(NVME_RANGE) == 16);

#endif
