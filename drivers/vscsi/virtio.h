/* The virtio SCSI host as the specification has it (section 5.6). */
#ifndef VSCSI_VIRTIO_H
#define VSCSI_VIRTIO_H

#include <storport.h>
#include "virtio_transport.h"

#define VIRTIO_SCSI_F_HOTPLUG VIRTIO_FEATURE(1)
#define VIRTIO_SCSI_F_CHANGE VIRTIO_FEATURE(2)

#define VIRTIO_SCSI_CONTROL 0           /* queues */
#define VIRTIO_SCSI_EVENT 1
#define VIRTIO_SCSI_REQUEST 2           /* and the following */

#define VIRTIO_SCSI_SENSE_BYTES 96      /* what the device begins with; this driver leaves it so */
#define VIRTIO_SCSI_CDB_BYTES 32

#define VIRTIO_SCSI_S_OK 0              /* of a task management function: complete */
#define VIRTIO_SCSI_S_OVERRUN 1
#define VIRTIO_SCSI_S_ABORTED 2
#define VIRTIO_SCSI_S_BAD_TARGET 3
#define VIRTIO_SCSI_S_RESET 4
#define VIRTIO_SCSI_S_BUSY 5
#define VIRTIO_SCSI_S_TRANSPORT_FAILURE 6
#define VIRTIO_SCSI_S_FAILURE 9
#define VIRTIO_SCSI_S_FUNCTION_SUCCEEDED 10
#define VIRTIO_SCSI_S_INCORRECT_LUN 12
#define VIRTIO_SCSI_S_NONE 0xFF         /* ours: the device has not written it */

#define VIRTIO_SCSI_T_TMF 0
#define VIRTIO_SCSI_T_TMF_ABORT_TASK 0
#define VIRTIO_SCSI_T_TMF_I_T_NEXUS_RESET 4
#define VIRTIO_SCSI_T_TMF_LOGICAL_UNIT_RESET 5

#define VIRTIO_SCSI_TASK_SIMPLE 0
#define VIRTIO_SCSI_TASK_ORDERED 1
#define VIRTIO_SCSI_TASK_HEAD 2

#define VIRTIO_SCSI_T_EVENTS_MISSED 0x80000000u
#define VIRTIO_SCSI_T_NO_EVENT 0
#define VIRTIO_SCSI_T_TRANSPORT_RESET 1
#define VIRTIO_SCSI_T_PARAM_CHANGE 3

#pragma pack(push, 1)

typedef struct _VIRTIO_SCSI_CONFIG {
    ULONG NumQueues, SegMax, MaxSectors, CmdPerLun, EventInfoSize, SenseSize, CdbSize;
    USHORT MaxChannel, MaxTarget;
    ULONG MaxLun;
} VIRTIO_SCSI_CONFIG;
C_ASSERT(sizeof(VIRTIO_SCSI_CONFIG) == 36);

typedef struct _VIRTIO_SCSI_COMMAND {
    UCHAR Lun[8];
    ULONG64 Id;
    UCHAR TaskAttribute, Priority, Crn;
    UCHAR Cdb[VIRTIO_SCSI_CDB_BYTES];
} VIRTIO_SCSI_COMMAND;
C_ASSERT(sizeof(VIRTIO_SCSI_COMMAND) == 51);

typedef struct _VIRTIO_SCSI_ANSWER {
    ULONG SenseLength, Residual;
    USHORT StatusQualifier;
    UCHAR Status, Response;
    UCHAR Sense[VIRTIO_SCSI_SENSE_BYTES];
} VIRTIO_SCSI_ANSWER;
C_ASSERT(sizeof(VIRTIO_SCSI_ANSWER) == 108);

typedef struct _VIRTIO_SCSI_TMF {
    ULONG Type, Subtype;
    UCHAR Lun[8];
    ULONG64 Id;
} VIRTIO_SCSI_TMF;
C_ASSERT(sizeof(VIRTIO_SCSI_TMF) == 24);

typedef struct _VIRTIO_SCSI_EVENT_BUFFER {
    ULONG Event;
    UCHAR Lun[8];
    ULONG Reason;
} VIRTIO_SCSI_EVENT_BUFFER;
C_ASSERT(sizeof(VIRTIO_SCSI_EVENT_BUFFER) == 16);

#pragma pack(pop)

#endif
