/* One card: its queues, what it can do, and the states it goes through.
 *
 *  Created (FindAdapter) -> Running (Initialize, RestartAdapter) -> Stopped (StopAdapter) -> Running ...
 *                                   any of them -> Gone (surprise removal, or the device does not come back from a reset)
 *
 *  1. Running: queues are known to the device. Requests wait in a queue (Waiting) only while it is full.
 *  2. Stopped, Gone: the device has been reset or has gone; it has no request. What comes is answered NO_DEVICE when Gone.
 *  3. State changes only under no lock, in calls that Storport makes one at a time; the I/O path reads it under a queue's lock. */
#ifndef VIOBLK_ADAPTER_H
#define VIOBLK_ADAPTER_H

#include "virtio.h"
#include "virtio_card.h"
#include "virtio_queue.h"

#define VIOBLK_QUEUES 16
#define VIOBLK_RANGES 16
#define VIOBLK_BREAKS 254               /* descriptors of data at most */

typedef enum _VIOBLK_STATE { VioBlkCreated, VioBlkRunning, VioBlkStopped, VioBlkGone } VIOBLK_STATE;

typedef struct _VIOBLK_DISK {
    ULONG64 Features;                   /* accepted */
    ULONG64 Blocks;
    ULONG BlockSize, SectorsPerBlock;
    UCHAR PhysicalExponent;             /* logical blocks of a physical one, as a power of two */
    ULONG MaxUnmapBlocks, MaxUnmapRanges, UnmapGranularity, MaxZeroBlocks;
    BOOLEAN ZeroUnmaps;
    CHAR Serial[VIRTIO_BLK_ID_BYTES + 1];
} VIOBLK_DISK;

typedef struct _VIOBLK_ADAPTER {
    VIRTIO_CARD Pci;
    VIOBLK_DISK Disk;
    volatile VIOBLK_STATE State;
    ULONG QueueCount, MessageCount, MaxSegments;
    ULONG64 IdPhysical;                 /* a page of the uncached extension for GET_ID */
    PUCHAR Id;
    VIRTIO_QUEUE Queue[VIOBLK_QUEUES];
} VIOBLK_ADAPTER, *PVIOBLK_ADAPTER;

/* What a request needs; in its SRB extension, which the device reads and writes. */
typedef struct _VIOBLK_REQUEST {
    STOR_LIST_ENTRY Link;               /* first */
    PSCSI_REQUEST_BLOCK Srb;
    ULONG64 Physical;
    ULONG DescCount;
    BOOLEAN FlushAfter;                 /* force unit access: the write is answered when a flush behind it is */
    VIRTIO_BLK_HEADER Header;
    VIRTIO_BLK_RANGE Range[VIOBLK_RANGES];
    UCHAR Status;
    DECLSPEC_ALIGN(16) VIRTQ_DESC Table[ANYSIZE_ARRAY];
} VIOBLK_REQUEST, *PVIOBLK_REQUEST;

/* Storport's callbacks. */
HW_FIND_ADAPTER VioBlkFindAdapter;
HW_INITIALIZE VioBlkInitialize;
HW_PASSIVE_INITIALIZE_ROUTINE VioBlkPassiveInitialize;
HW_ADAPTER_CONTROL VioBlkAdapterControl;
HW_UNIT_CONTROL VioBlkUnitControl;
HW_RESET_BUS VioBlkResetBus;
HW_BUILDIO VioBlkBuildIo;
HW_STARTIO VioBlkStartIo;
HW_INTERRUPT VioBlkInterrupt;
HW_MESSAGE_SIGNALED_INTERRUPT_ROUTINE VioBlkMessage;
HW_DPC_ROUTINE VioBlkDpc;

/* io.c: resets the device; what it had is answered with `status`. Starts it again unless it has gone.
 * IRQL <= DISPATCH_LEVEL, no lock of a queue held. */
VOID VioBlkReset(_Inout_ PVIOBLK_ADAPTER adapter, _In_ UCHAR status);

/* Makes the device, reset or not, work: queues known to it and empty. FALSE: it does not. What waits in the queues is not started.
 * At any IRQL; nothing else touches the adapter meanwhile. */
BOOLEAN VioBlkStartDevice(_Inout_ PVIOBLK_ADAPTER adapter);

/* Runtime power, registered where Storport wants it: in HwStorPassiveInitializeRoutine and ScsiUnitPoFxPowerInfo. */
VOID VioBlkRegisterAdapterPower(_In_ PVIOBLK_ADAPTER adapter);
VOID VioBlkRegisterUnitPower(_In_ PVIOBLK_ADAPTER adapter, _In_ PSTOR_POFX_UNIT_POWER_INFO info);

/* scsi.c: answers a command that needs no device, or makes a request of it. TRUE: it goes on to StartIo. IRQL <= DISPATCH_LEVEL. */
BOOLEAN VioBlkScsi(_Inout_ PVIOBLK_ADAPTER adapter, _Inout_ PSCSI_REQUEST_BLOCK srb);
/* Completes with CHECK CONDITION and this sense. */
VOID VioBlkSense(_In_ PVIOBLK_ADAPTER adapter, _Inout_ PSCSI_REQUEST_BLOCK srb, _In_ UCHAR key, _In_ UCHAR code);
/* inquiry.c: INQUIRY and its pages, MODE SENSE, capacities. Bytes of data in `to`, or 0: the CDB has an invalid field. */
ULONG VioBlkDescribe(_In_ const VIOBLK_DISK *disk, _In_ const UCHAR *cdb, _Out_writes_bytes_(256) PUCHAR to);

/* request.c: make requests in the SRB's extension. FALSE: it has been completed with an error. */
BOOLEAN VioBlkBuildTransfer(_In_ PVIOBLK_ADAPTER adapter, _Inout_ PSCSI_REQUEST_BLOCK srb, _In_ BOOLEAN write, _In_ ULONG64 lba,
                            _In_ BOOLEAN fua);
BOOLEAN VioBlkBuildFlush(_In_ PVIOBLK_ADAPTER adapter, _Inout_ PSCSI_REQUEST_BLOCK srb);
/* type: DISCARD or WRITE_ZEROES; the request for `count` ranges, which the caller has put into *ranges. */
BOOLEAN VioBlkBuildRanges(_In_ PVIOBLK_ADAPTER adapter, _Inout_ PSCSI_REQUEST_BLOCK srb, _In_ ULONG type,
                          _In_reads_(count) const VIRTIO_BLK_RANGE *ranges, _In_ ULONG count);
VOID VioBlkComplete(_In_ PVIOBLK_ADAPTER adapter, _Inout_ PSCSI_REQUEST_BLOCK srb, _In_ UCHAR status);
/* The device has answered. FALSE: it has to be given to the device once more (the flush behind a write). */
BOOLEAN VioBlkAnswered(_In_ PVIOBLK_ADAPTER adapter, _Inout_ PVIOBLK_REQUEST request);

FORCEINLINE ULONG64 VioBlkGet(const UCHAR *from, ULONG bytes)
{
    ULONG64 value = 0;

    while (bytes--)
        value = value << 8 | *from++;
    return value;
}

FORCEINLINE VOID VioBlkPut(PUCHAR to, ULONG bytes, ULONG64 value)
{
    while (bytes--) {
        to[bytes] = (UCHAR)value;
        value >>= 8;
    }
}

#endif
