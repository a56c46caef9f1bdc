/* A pair of queues: commands to the controller, its answers.
 *
 *  1. The lock of Dpc guards everything once the adapter runs. Nothing is completed to Storport while it is held.
 *  2. At most Size - 1 commands are under way, so neither queue overruns.
 *  3. A command's identifier is its slot; Token says whose it is. A slot is free, or its command is with the controller.
 *  4. An answer is there when its phase is that of Phase, which changes each time Head comes round. */
#ifndef NVMEQ_QUEUE_H
#define NVMEQ_QUEUE_H

#include "spec.h"

#define NVMEQ_ENTRIES 256               /* of a queue at most: four pages and one */

typedef struct _NVMEQ_QUEUE {
    STOR_DPC Dpc;                       /* its lock is the lock of the queue */
    NVME_COMMAND *Commands;
    volatile NVME_COMPLETION *Answers;
    ULONG64 CommandsPhysical, AnswersPhysical;
    volatile ULONG *TailDoorbell, *HeadDoorbell;        /* NULL while the controller does not know the queues */
    USHORT Id, Size, Vector, Tail, Head, Phase, Told;   /* Told: the tail the controller knows */
    USHORT FreeCount;
    USHORT Free[NVMEQ_ENTRIES];
    PVOID Token[NVMEQ_ENTRIES];
    STOR_LIST_ENTRY Waiting;
} NVMEQ_QUEUE, *PNVMEQ_QUEUE;

/* Empty queues in zeroed memory that the controller does not know. */
VOID NvmeqQueueReset(_Inout_ PNVMEQ_QUEUE queue);

/* Under the lock, or before the adapter runs. */

/* Puts the command into the queue, with an identifier of its own. FALSE: the queue is full. Not told to the controller yet. */
BOOLEAN NvmeqQueueAdd(_Inout_ PNVMEQ_QUEUE queue, _In_ const NVME_COMMAND *command, _In_ PVOID token);
/* Tells the controller of what was added. */
VOID NvmeqQueueRing(_Inout_ PNVMEQ_QUEUE queue, _In_ PVOID extension);
/* The next answer's token and a copy of it, or NULL. */
PVOID NvmeqQueueTake(_Inout_ PNVMEQ_QUEUE queue, _Out_ NVME_COMPLETION *answer);
/* Tells the controller which answers were taken. */
VOID NvmeqQueueAcknowledge(_Inout_ PNVMEQ_QUEUE queue, _In_ PVOID extension);
/* The controller has been reset: a token it still had, or NULL. */
PVOID NvmeqQueueTakeBack(_Inout_ PNVMEQ_QUEUE queue);

/* An answer waits. A hint, at any IRQL. */
BOOLEAN NvmeqQueueHasAnswer(_In_ const NVMEQ_QUEUE *queue);

#endif
