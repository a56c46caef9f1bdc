/* One card: its queues, what it can do, and the states it goes through.
 *
 *  Created (FindAdapter) -> Running (Initialize, RestartAdapter) -> Stopped (StopAdapter) -> Running ...
 *                                   any of them -> Gone (surprise removal, or the device does not come back from a reset)
 *
 *  1. Running: queues are known to the device. Requests wait in a queue (Waiting) only while it is full.
 *  2. Stopped, Gone: the device has been reset or has gone; it has no request. What comes is answered NO_DEVICE when Gone.
 *  3. State changes only under no lock, in calls that Storport makes one at a time; the I/O path reads it under a queue's lock.
 *  4. A task management function is completed after the commands that the device answered before it: request queues are emptied first.
 *  5. Buffers for events belong to the device while it runs; each goes back to it as soon as it has been read. */
#ifndef VSCSI_ADAPTER_H
#define VSCSI_ADAPTER_H

#include "virtio.h"
#include "virtio_card.h"
#include "virtio_queue.h"

#define VSCSI_REQUEST_QUEUES 16
#define VSCSI_QUEUES (VIRTIO_SCSI_REQUEST + VSCSI_REQUEST_QUEUES)
#define VSCSI_BREAKS 254                /* descriptors of data at most */
#define VSCSI_EVENTS 16
#define VSCSI_TARGETS 255               /* what a Storport bus has */

typedef enum _VSCSI_STATE { VscsiCreated, VscsiRunning, VscsiStopped, VscsiGone } VSCSI_STATE;

/* A buffer for an event with the table that describes it, in the uncached extension. */
typedef struct _VSCSI_EVENT {
    DECLSPEC_ALIGN(16) VIRTQ_DESC Table[1];
    VIRTIO_SCSI_EVENT_BUFFER Buffer;
} VSCSI_EVENT, *PVSCSI_EVENT;

typedef struct _VSCSI_ADAPTER {
    VIRTIO_CARD Pci;
    ULONG64 Features;                   /* accepted */
    volatile VSCSI_STATE State;
    ULONG QueueCount, MessageCount, MaxSegments;    /* QueueCount: with control and events */
    ULONG MaxSectors, CommandsPerLun, Targets, Units;
    PVSCSI_EVENT Events;
    ULONG64 EventsPhysical;
    VIRTIO_QUEUE Queue[VSCSI_QUEUES];
} VSCSI_ADAPTER, *PVSCSI_ADAPTER;

/* What a request needs; in its SRB extension, which the device reads and writes. */
typedef struct _VSCSI_REQUEST {
    STOR_LIST_ENTRY Link;               /* first */
    PSCSI_REQUEST_BLOCK Srb;
    ULONG64 Physical;                   /* also the tag of the command */
    ULONG DescCount;
    BOOLEAN Management;                 /* Tmf and Response are used, not Command and Answer */
    UCHAR Response;
    VIRTIO_SCSI_TMF Tmf;
    VIRTIO_SCSI_COMMAND Command;
    VIRTIO_SCSI_ANSWER Answer;
    DECLSPEC_ALIGN(16) VIRTQ_DESC Table[ANYSIZE_ARRAY];
} VSCSI_REQUEST, *PVSCSI_REQUEST;

/* Storport's callbacks. */
HW_FIND_ADAPTER VscsiFindAdapter;
HW_INITIALIZE VscsiInitialize;
HW_PASSIVE_INITIALIZE_ROUTINE VscsiPassiveInitialize;
HW_ADAPTER_CONTROL VscsiAdapterControl;
HW_UNIT_CONTROL VscsiUnitControl;
HW_RESET_BUS VscsiResetBus;
HW_BUILDIO VscsiBuildIo;
HW_STARTIO VscsiStartIo;
HW_INTERRUPT VscsiInterrupt;
HW_MESSAGE_SIGNALED_INTERRUPT_ROUTINE VscsiMessage;
HW_DPC_ROUTINE VscsiDpc;

/* reset.c: resets the device; what it had is answered with `status`. Starts it again unless it has gone.
 * IRQL <= DISPATCH_LEVEL, no lock of a queue held. */
VOID VscsiReset(_Inout_ PVSCSI_ADAPTER adapter, _In_ UCHAR status);
/* Requests that wait for room in a queue and match: of the unit (path 0) or with the SRB; they end with `status`. How many there were. */
ULONG VscsiEndWaiting(_Inout_ PVSCSI_ADAPTER adapter, _In_ UCHAR target, _In_ ULONG unit, _In_opt_ PVOID srb, _In_ UCHAR status);

/* adapter.c: makes the device, reset or not, work: queues known to it and empty but for event buffers. FALSE: it does not. What waits in
 * the queues is not started. At any IRQL; nothing else touches the adapter meanwhile. */
BOOLEAN VscsiStartDevice(_Inout_ PVSCSI_ADAPTER adapter);

/* request.c: make requests in the SRB's extension. FALSE: it has been completed with an error. IRQL <= DISPATCH_LEVEL. */
BOOLEAN VscsiBuildCommand(_In_ PVSCSI_ADAPTER adapter, _Inout_ PSCSI_REQUEST_BLOCK srb);
BOOLEAN VscsiBuildManagement(_In_ PVSCSI_ADAPTER adapter, _Inout_ PSCSI_REQUEST_BLOCK srb, _In_ ULONG subtype, _In_ ULONG64 id);
VOID VscsiComplete(_In_ PVSCSI_ADAPTER adapter, _Inout_ PSCSI_REQUEST_BLOCK srb, _In_ UCHAR status);
/* The device has answered: completes the SRB accordingly. */
VOID VscsiAnswered(_In_ PVSCSI_ADAPTER adapter, _Inout_ PVSCSI_REQUEST request);

/* event.c, under the lock of the event queue. */
VOID VscsiGiveEvents(_Inout_ PVSCSI_ADAPTER adapter);
/* Reads what has come and gives the buffers back; TRUE: units have to be looked for. */
BOOLEAN VscsiTakeEvents(_Inout_ PVSCSI_ADAPTER adapter);

/* io.c: under the queue's lock. */
PVSCSI_REQUEST VscsiPopWaiting(_Inout_ PVIRTIO_QUEUE queue);
VOID VscsiStartWaiting(_Inout_ PVIRTIO_QUEUE queue);

FORCEINLINE VOID VscsiLock(PVSCSI_ADAPTER adapter, PVIRTIO_QUEUE queue, PSTOR_LOCK_HANDLE handle)
{
    StorPortAcquireSpinLock(adapter, DpcLock, &queue->Dpc, handle);
}

#endif
