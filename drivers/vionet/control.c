#include "adapter.h"

#define CONTROL_QUEUE_SIZE 4
#define ANSWER_POLLS 50000
#define ANSWER_POLL_US 10
#define COMMAND_BYTES 1024

typedef struct _CONTROL_HEADER {
    UCHAR Class, Command;
} CONTROL_HEADER;

/* Two tables, unicast (empty: the device's own address counts always) and multicast. */
#define MAC_TABLES_BYTES (2 * sizeof(ULONG) + VIONET_MAX_MULTICAST * ETH_LENGTH_OF_ADDRESS)
C_ASSERT(sizeof(CONTROL_HEADER) + MAC_TABLES_BYTES + 1 <= COMMAND_BYTES);

_Use_decl_annotations_
NDIS_STATUS VioNetControlCreate(PVIONET_CONTROL control, PVIONET_ADAPTER adapter)
{
    USHORT index, size;
    NDIS_STATUS status;

    RtlZeroMemory(control, sizeof(*control));
    control->Adapter = adapter;
    if ((adapter->Features & VIRTIO_NET_F_CTRL_VQ) == 0)
        return NDIS_STATUS_SUCCESS;
    index = VIRTIO_NET_QUEUE_CONTROL((adapter->Features & VIRTIO_NET_F_MQ) != 0 ? adapter->Rss.DevicePairs : 1);
    size = VioNetQueueSize(&adapter->Pci, index, CONTROL_QUEUE_SIZE);
    if (size < 2)
        return NDIS_STATUS_DEVICE_FAILED;
    status = VioNetSharedCreate(&control->Command, adapter->Handle, COMMAND_BYTES, NdisSharedMemoryUsageOther);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    status = VirtqueueCreate(&control->Queue, adapter->Handle, index, size);
    if (status != NDIS_STATUS_SUCCESS)
        VioNetSharedDestroy(&control->Command);
    return status;
}

_Use_decl_annotations_
VOID VioNetControlDestroy(PVIONET_CONTROL control)
{
    VirtqueueDestroy(&control->Queue);
    VioNetSharedDestroy(&control->Command);
}

_Use_decl_annotations_
BOOLEAN VioNetControlStart(PVIONET_CONTROL control, BOOLEAN eventIndex)
{
    if (control->Queue.Size == 0)
        return TRUE;
    control->Up = VirtqueueStart(&control->Queue, &control->Adapter->Pci, VIRTIO_NO_VECTOR, eventIndex);
    return control->Up;
}

_Use_decl_annotations_
VOID VioNetControlStop(PVIONET_CONTROL control)
{
    control->Up = FALSE;
    if (control->Queue.Size != 0)
        (VOID)VirtqueueTakeBack(&control->Queue);
}

/* Sends one command with `length` bytes of data and waits for the answer. A device that does not answer gets no more
 * commands: the buffer is still its own. */
static BOOLEAN Execute(PVIONET_CONTROL control, UCHAR class, UCHAR command, const VOID *data, ULONG length)
{
    CONTROL_HEADER header = { class, command };
    volatile UCHAR *answer = control->Command.Address + COMMAND_BYTES - 1;
    VIRTQ_BUFFER area[2] = { { control->Command.Physical, sizeof(header) + length },
                             { control->Command.Physical + COMMAND_BYTES - 1, 1 } };
    ULONG used;

    if (!control->Up)
        return FALSE;
    NdisMoveMemory(control->Command.Address, &header, sizeof(header));
    NdisMoveMemory(control->Command.Address + sizeof(header), data, length);
    *answer = (UCHAR)~VIRTIO_NET_OK;
    VirtqueueAdd(&control->Queue, area, 1, 1, control);
    if (VirtqueuePublish(&control->Queue))
        VirtqueueNotify(&control->Queue);
    for (ULONG i = 0; VirtqueueTake(&control->Queue, &used) == NULL; i++) {
        if (i == ANSWER_POLLS || control->Adapter->Removed) {
            control->Up = FALSE;
            return FALSE;
        }
        NdisStallExecution(ANSWER_POLL_US);
    }
    return *answer == VIRTIO_NET_OK;
}

static VOID SetMode(PVIONET_CONTROL control, UCHAR command, BOOLEAN on)
{
    UCHAR value = on;

    (VOID)Execute(control, VIRTIO_NET_CTRL_RX, command, &value, sizeof(value));
}

static VOID SetTables(PVIONET_CONTROL control)
{
    PVIONET_ADAPTER adapter = control->Adapter;
    UCHAR tables[MAC_TABLES_BYTES] = { 0 };
    ULONG bytes = adapter->MulticastCount * ETH_LENGTH_OF_ADDRESS;

    NdisMoveMemory(tables + sizeof(ULONG), &adapter->MulticastCount, sizeof(ULONG));
    NdisMoveMemory(tables + 2 * sizeof(ULONG), adapter->Multicast, bytes);
    (VOID)Execute(control, VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_TABLE_SET, tables, 2 * sizeof(ULONG) + bytes);
}

_Use_decl_annotations_
VOID VioNetControlSetFilter(PVIONET_CONTROL control)
{
    ULONG filter = control->Adapter->PacketFilter;

    if ((control->Adapter->Features & VIRTIO_NET_F_CTRL_RX) == 0)
        return;
    SetMode(control, VIRTIO_NET_CTRL_RX_PROMISC, (filter & NDIS_PACKET_TYPE_PROMISCUOUS) != 0);
    SetMode(control, VIRTIO_NET_CTRL_RX_ALLMULTI, (filter & NDIS_PACKET_TYPE_ALL_MULTICAST) != 0);
    SetTables(control);
    if ((control->Adapter->Features & VIRTIO_NET_F_CTRL_RX_EXTRA) == 0)
        return;
    SetMode(control, VIRTIO_NET_CTRL_RX_NOUNI, (filter & (NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_PROMISCUOUS)) == 0);
    SetMode(control, VIRTIO_NET_CTRL_RX_NOBCAST, (filter & (NDIS_PACKET_TYPE_BROADCAST | NDIS_PACKET_TYPE_PROMISCUOUS)) == 0);
}

_Use_decl_annotations_
VOID VioNetControlRestore(PVIONET_CONTROL control)
{
    PVIONET_ADAPTER adapter = control->Adapter;

    if ((adapter->Features & VIRTIO_NET_F_CTRL_MAC_ADDR) != 0 && adapter->Config.HasNetworkAddress &&
        !Execute(control, VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_ADDR_SET, adapter->CurrentAddress,
                 ETH_LENGTH_OF_ADDRESS))
        NdisMoveMemory(adapter->CurrentAddress, adapter->PermanentAddress, ETH_LENGTH_OF_ADDRESS);
    VioNetControlSetFilter(control);
}

_Use_decl_annotations_
BOOLEAN VioNetControlSteer(PVIONET_CONTROL control, UCHAR command, const VOID *data, ULONG length)
{
    return Execute(control, VIRTIO_NET_CTRL_MQ, command, data, length);
}

_Use_decl_annotations_
VOID VioNetControlOffloads(PVIONET_CONTROL control, ULONG64 offloads)
{
    (VOID)Execute(control, VIRTIO_NET_CTRL_GUEST_OFFLOADS, VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET, &offloads, sizeof(offloads));
}
