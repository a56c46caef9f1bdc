/* One controller: its queues, its namespaces, and the states it goes through.
 *
 *  Created (FindAdapter) -> Enabled (Initialize) -> Running (PassiveInitialize, RestartAdapter) -> Stopped (StopAdapter) -> Running ...
 *                           any of them -> Gone (surprise removal, or the controller does not come back from a reset)
 *
 *  1. Running: the I/O queues are known to the controller. Requests wait in a queue (Waiting) only while it is full.
 *  2. The admin queue is polled. Before Running nothing else looks at it; then only under the lock of its DPC, which takes the answers of
 *     event requests when nobody polls.
 *  3. State changes in calls that Storport makes one at a time; the I/O path reads it under a queue's lock.
 *  4. LUN n is namespace n + 1. */
#ifndef NVMEQ_ADAPTER_H
#define NVMEQ_ADAPTER_H

#include "queue.h"

#define NVMEQ_QUEUES 9                  /* with the admin queue, 0 */
#define NVMEQ_ADMIN_ENTRIES 16
#define NVMEQ_NAMESPACES 16
#define NVMEQ_TRANSFER (512u * 1024)
#define NVMEQ_LIST 128                  /* entries of a request's page list: all pages of a transfer but the first */
#define NVMEQ_RANGES 64                 /* in the same memory */

typedef enum _NVMEQ_STATE { NvmeqCreated, NvmeqEnabled, NvmeqRunning, NvmeqStopped, NvmeqGone } NVMEQ_STATE;

typedef struct _NVMEQ_NAMESPACE {
    BOOLEAN Active, ReadOnly;
    UCHAR BlockShift;
    ULONG64 Blocks;
    UCHAR Eui64[8];                     /* all zero: none */
} NVMEQ_NAMESPACE, *PNVMEQ_NAMESPACE;

typedef struct _NVMEQ_CONTROLLER {      /* what Identify said */
    CHAR Serial[20], Model[40], Revision[8];
    ULONG Commands, NamespaceCount, MaximumTransfer, Events;
    BOOLEAN WriteCache;
} NVMEQ_CONTROLLER;

typedef struct _NVMEQ_ADAPTER {
    PUCHAR Registers;
    volatile NVMEQ_STATE State;
    ULONG TimeoutMs, Stride, EntriesMax, QueueCount, MessageCount;      /* Stride: bytes between doorbells */
    NVMEQ_CONTROLLER Controller;
    NVMEQ_NAMESPACE Namespace[NVMEQ_NAMESPACES];
    PUCHAR Page;                        /* for admin commands' data */
    ULONG64 PagePhysical;
    PVOID Worker;
    ULONG EventRequested, EventSeen;    /* an event request is with the controller; its answer has come */
    PVOID Polled;                       /* token of the admin command that is waited for: a number, so that a late answer is no other's */
    ULONG PolledCount;
    BOOLEAN PolledDone, Redirected;
    NVME_COMPLETION PolledAnswer;
    GROUP_AFFINITY Targets[NVMEQ_QUEUES];
    NVMEQ_QUEUE Queue[NVMEQ_QUEUES];    /* 0 is the admin queue */
} NVMEQ_ADAPTER, *PNVMEQ_ADAPTER;

/* What a request needs, in its SRB extension. The list must not cross a page: it lies at the first multiple of its size. */
typedef struct _NVMEQ_REQUEST {
    STOR_LIST_ENTRY Link;               /* first */
    PSCSI_REQUEST_BLOCK Srb;
    NVME_COMMAND Command;
    UCHAR ListSpace[2 * NVMEQ_LIST * sizeof(ULONG64)];
} NVMEQ_REQUEST, *PNVMEQ_REQUEST;

/* Storport's callbacks. */
HW_FIND_ADAPTER NvmeqFindAdapter;
HW_INITIALIZE NvmeqInitialize;
HW_PASSIVE_INITIALIZE_ROUTINE NvmeqPassiveInitialize;
HW_ADAPTER_CONTROL NvmeqAdapterControl;
HW_RESET_BUS NvmeqResetBus;
HW_BUILDIO NvmeqBuildIo;
HW_STARTIO NvmeqStartIo;
HW_INTERRUPT NvmeqInterrupt;
HW_MESSAGE_SIGNALED_INTERRUPT_ROUTINE NvmeqMessage;
HW_DPC_ROUTINE NvmeqDpc, NvmeqAdminDpc;

/* controller.c. All of it polls, for as long as CAP.TO allows; nothing else may touch the admin queue meanwhile unless Running. */

/* Disables the controller and enables it with an empty admin queue. FALSE: it does not come up. */
BOOLEAN NvmeqEnable(_Inout_ PNVMEQ_ADAPTER adapter);
VOID NvmeqDisable(_Inout_ PNVMEQ_ADAPTER adapter);
/* Tells the controller that power may go: it writes its cache to the medium. */
VOID NvmeqShutdown(_Inout_ PNVMEQ_ADAPTER adapter);
/* One admin command; data is in Page. The answer's status, 0xFFFF: none came. */
USHORT NvmeqAdmin(_Inout_ PNVMEQ_ADAPTER adapter, _In_ const NVME_COMMAND *command, _Out_opt_ PULONG result);
BOOLEAN NvmeqIdentifyController(_Inout_ PNVMEQ_ADAPTER adapter);
/* Namespace `id`, or that it is not active. */
VOID NvmeqIdentifyNamespace(_Inout_ PNVMEQ_ADAPTER adapter, _In_ ULONG id);
/* Makes the I/O queues known to the enabled controller. */
BOOLEAN NvmeqCreateQueues(_Inout_ PNVMEQ_ADAPTER adapter);
/* All of it, to Running or Gone; at any IRQL. */
BOOLEAN NvmeqStart(_Inout_ PNVMEQ_ADAPTER adapter);

/* event.c: asynchronous events. */

/* Asks for the next one, of a controller that tells of its namespaces. IRQL <= DISPATCH_LEVEL once Running. */
VOID NvmeqRequestEvent(_Inout_ PNVMEQ_ADAPTER adapter);
/* The controller had something to tell: a worker looks what. IRQL <= DISPATCH_LEVEL. */
VOID NvmeqEventSeen(_Inout_ PNVMEQ_ADAPTER adapter);

/* io.c: resets the controller; what it had is answered with `status`. Starts it again unless it has gone. IRQL <= DISPATCH_LEVEL. */
VOID NvmeqReset(_Inout_ PNVMEQ_ADAPTER adapter, _In_ UCHAR status);

/* scsi.c: answers a command that needs no controller, or makes one for it. TRUE: it goes on to StartIo. IRQL <= DISPATCH_LEVEL. */
BOOLEAN NvmeqScsi(_Inout_ PNVMEQ_ADAPTER adapter, _Inout_ PSCSI_REQUEST_BLOCK srb);
/* Completes with CHECK CONDITION and this sense. */
VOID NvmeqSense(_In_ PNVMEQ_ADAPTER adapter, _Inout_ PSCSI_REQUEST_BLOCK srb, _In_ UCHAR key, _In_ UCHAR code, _In_ UCHAR qualifier);
/* inquiry.c: INQUIRY and its pages, MODE SENSE, capacities, REPORT LUNS. Bytes of data in `to`, or 0: the CDB has an invalid field. */
ULONG NvmeqDescribe(_In_ const NVMEQ_ADAPTER *adapter, _In_ UCHAR lun, _In_ const UCHAR *cdb, _Out_writes_bytes_(256) PUCHAR to);

/* request.c: make commands in the SRB's extension. FALSE: it has been completed with an error. */
PNVMEQ_REQUEST NvmeqPrepare(_In_ PNVMEQ_ADAPTER adapter, _Inout_ PSCSI_REQUEST_BLOCK srb, _In_ UCHAR opcode);
BOOLEAN NvmeqBuildTransfer(_In_ PNVMEQ_ADAPTER adapter, _Inout_ PSCSI_REQUEST_BLOCK srb, _In_ UCHAR opcode, _In_ ULONG64 lba, _In_ ULONG blocks,
                           _In_ BOOLEAN fua);
BOOLEAN NvmeqBuildFlush(_In_ PNVMEQ_ADAPTER adapter, _Inout_ PSCSI_REQUEST_BLOCK srb);
/* The request's ranges, at most NVMEQ_RANGES of them; NULL: completed with an error. */
NVME_RANGE *NvmeqBuildUnmap(_In_ PNVMEQ_ADAPTER adapter, _Inout_ PSCSI_REQUEST_BLOCK srb);
VOID NvmeqComplete(_In_ PNVMEQ_ADAPTER adapter, _Inout_ PSCSI_REQUEST_BLOCK srb, _In_ UCHAR status);
/* The controller has answered. */
VOID NvmeqAnswered(_In_ PNVMEQ_ADAPTER adapter, _Inout_ PNVMEQ_REQUEST request, _In_ USHORT status);

FORCEINLINE ULONG NvmeqRead(PNVMEQ_ADAPTER adapter, ULONG offset)
{
    return StorPortReadRegisterUlong(adapter, (PULONG)(adapter->Registers + offset));
}

FORCEINLINE VOID NvmeqWrite(PNVMEQ_ADAPTER adapter, ULONG offset, ULONG value)
{
    StorPortWriteRegisterUlong(adapter, (PULONG)(adapter->Registers + offset), value);
}

FORCEINLINE ULONG64 NvmeqGet(const UCHAR *from, ULONG bytes)
{
    ULONG64 value = 0;

    while (bytes--)
        value = value << 8 | *from++;
    return value;
}

FORCEINLINE VOID NvmeqPut(PUCHAR to, ULONG bytes, ULONG64 value)
{
    while (bytes--) {
        to[bytes] = (UCHAR)value;
        value >>= 8;
    }
}

#endif
