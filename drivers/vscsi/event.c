/* The event queue: units that came or went, and events that were lost. */
#include "adapter.h"

static VOID Give(PVSCSI_ADAPTER adapter, PVSCSI_EVENT event)
{
    PVIRTIO_QUEUE queue = &adapter->Queue[VIRTIO_SCSI_EVENT];
    ULONG64 physical = adapter->EventsPhysical + (ULONG)((PUCHAR)event - (PUCHAR)adapter->Events);

    RtlZeroMemory(&event->Buffer, sizeof(event->Buffer));
    event->Table[0].Address = physical + FIELD_OFFSET(VSCSI_EVENT, Buffer);
    event->Table[0].Length = sizeof(event->Buffer);
    event->Table[0].Flags = VIRTQ_DESC_WRITE;
    event->Table[0].Next = 0;
    VirtioQueueAdd(queue, event, physical + FIELD_OFFSET(VSCSI_EVENT, Table), 1);
}

_Use_decl_annotations_
VOID VscsiGiveEvents(PVSCSI_ADAPTER adapter)
{
    PVIRTIO_QUEUE queue = &adapter->Queue[VIRTIO_SCSI_EVENT];

    for (ULONG i = 0; i < VSCSI_EVENTS && i < queue->Size; i++)
        Give(adapter, &adapter->Events[i]);
    VirtioQueuePublish(queue, adapter);
}

/* A change of a unit's parameters: its next command says what, as a unit attention; a size is read when the bus is looked at again. */
static BOOLEAN Matters(const VIRTIO_SCSI_EVENT_BUFFER *event)
{
    if ((event->Event & VIRTIO_SCSI_T_EVENTS_MISSED) != 0)
        return TRUE;
    return event->Event == VIRTIO_SCSI_T_TRANSPORT_RESET || event->Event == VIRTIO_SCSI_T_PARAM_CHANGE;
}

_Use_decl_annotations_
BOOLEAN VscsiTakeEvents(PVSCSI_ADAPTER adapter)
{
    PVIRTIO_QUEUE queue = &adapter->Queue[VIRTIO_SCSI_EVENT];
    BOOLEAN matters = FALSE;
    PVSCSI_EVENT event;

    while ((event = VirtioQueueTake(queue)) != NULL) {
        matters |= Matters(&event->Buffer);
        Give(adapter, event);
    }
    VirtioQueuePublish(queue, adapter);
    return matters;
}
