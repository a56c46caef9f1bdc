#include "adapter.h"
#include "hardware.h"

#define MAX_FRAMES_PER_DPC 1024         /* when NDIS sets no limit, so that a DPC ends */

static MINIPORT_ISR Isr;
static MINIPORT_INTERRUPT_DPC Dpc;
static MINIPORT_DISABLE_INTERRUPT Disable;
static MINIPORT_ENABLE_INTERRUPT Enable;
static MINIPORT_MESSAGE_INTERRUPT MessageIsr;
static MINIPORT_MESSAGE_INTERRUPT_DPC MessageDpc;
static MINIPORT_DISABLE_MESSAGE_INTERRUPT DisableMessage;
static MINIPORT_ENABLE_MESSAGE_INTERRUPT EnableMessage;

/* Another DPC on this processor: for what a DPC without a limit of NDIS leaves. */
static VOID QueueAgain(PVIONET_ADAPTER adapter, ULONG message)
{
    PROCESSOR_NUMBER processor;
    GROUP_AFFINITY affinity;

    KeGetCurrentProcessorNumberEx(&processor);
    RtlZeroMemory(&affinity, sizeof(affinity));
    affinity.Group = processor.Group;
    affinity.Mask = (KAFFINITY)1 << processor.Number;
    NdisMQueueDpcEx(adapter->Interrupt.Handle, message, &affinity, NULL);
}

static BOOLEAN IsReceive(const VIONET_ADAPTER *adapter, ULONG pair, ULONG message)
{
    return !adapter->Pci.HasMsix || adapter->Interrupt.ReceiveVector[pair] == message;
}

static BOOLEAN IsTransmit(const VIONET_ADAPTER *adapter, ULONG pair, ULONG message)
{
    return !adapter->Pci.HasMsix || adapter->Interrupt.TransmitVector[pair] == message;
}

/* Every receive queue of the message may indicate as much as NDIS allows the DPC. */
static VOID ServeReceive(PVIONET_ADAPTER adapter, ULONG message, NDIS_RECEIVE_THROTTLE_PARAMETERS *throttle)
{
    BOOLEAN all = throttle->MaxNblsToIndicate == NDIS_INDICATE_ALL_NBLS, more = FALSE;
    ULONG budget = all ? MAX_FRAMES_PER_DPC : throttle->MaxNblsToIndicate;

    for (ULONG pair = 0; pair < adapter->QueueCount; pair++) {
        if (IsReceive(adapter, pair, message))
            more |= VioNetReceivePoll(&adapter->Receive[pair], budget);
    }
    throttle->MoreNblsPending = more && !all;
    if (more && all)
        QueueAgain(adapter, message);
}

static VOID ServeTransmit(PVIONET_ADAPTER adapter, ULONG message)
{
    for (ULONG pair = 0; pair < adapter->QueueCount; pair++) {
        if (IsTransmit(adapter, pair, message))
            VioNetTransmitPoll(&adapter->Transmit[pair]);
    }
}

static VOID DisableQueues(PVIONET_ADAPTER adapter, ULONG message)
{
    for (ULONG pair = 0; pair < adapter->QueueCount; pair++) {
        if (IsReceive(adapter, pair, message))
            VirtqueueDisarm(&adapter->Receive[pair].Queue);
        if (IsTransmit(adapter, pair, message))
            VirtqueueDisarm(&adapter->Transmit[pair].Queue);
    }
}

static VOID EnableQueues(PVIONET_ADAPTER adapter, ULONG message)
{
    for (ULONG pair = 0; pair < adapter->QueueCount; pair++) {
        if (IsReceive(adapter, pair, message))
            (VOID)VirtqueueArm(&adapter->Receive[pair].Queue, 1);
        if (IsTransmit(adapter, pair, message))
            (VOID)VirtqueueArm(&adapter->Transmit[pair].Queue, 1);
    }
}

static VOID ServeConfig(PVIONET_ADAPTER adapter)
{
    if (adapter->HardwareUp && !adapter->Removed)
        VioNetHardwareUpdateLink(adapter, TRUE);
}

/* ---- line ---- */

_Use_decl_annotations_
static BOOLEAN NTAPI Isr(NDIS_HANDLE context, PBOOLEAN queueDpc, PULONG targetProcessors)
{
    PVIONET_ADAPTER adapter = context;
    UCHAR cause;

    *queueDpc = FALSE;
    *targetProcessors = 0;
    if (adapter->Removed)
        return FALSE;
    cause = READ_REGISTER_UCHAR((volatile UCHAR *)adapter->Pci.Isr);    /* reading takes the interrupt back */
    if (cause == 0 || cause == 0xFF)
        return FALSE;
    if ((cause & VIRTIO_ISR_QUEUE) != 0)
        Disable(adapter);
    *queueDpc = TRUE;
    return TRUE;
}

_Use_decl_annotations_
static VOID NTAPI Dpc(NDIS_HANDLE context, PVOID dpcContext, PVOID throttle, PVOID reserved)
{
    PVIONET_ADAPTER adapter = context;

    UNREFERENCED_PARAMETER(dpcContext);
    UNREFERENCED_PARAMETER(reserved);
    ServeTransmit(adapter, 0);
    ServeReceive(adapter, 0, throttle);
    ServeConfig(adapter);
}

_Use_decl_annotations_
static VOID NTAPI Disable(NDIS_HANDLE context)
{
    DisableQueues(context, 0);
}

_Use_decl_annotations_
static VOID NTAPI Enable(NDIS_HANDLE context)
{
    EnableQueues(context, 0);
}

/* ---- messages ---- */

/* Queues the DPC of a receive queue where RSS wants it. FALSE: the message is of no such queue. */
static BOOLEAN QueueByRss(PVIONET_ADAPTER adapter, ULONG message)
{
    GROUP_AFFINITY affinity;

    for (ULONG pair = 0; pair < adapter->Rss.ActiveQueues; pair++) {
        if (adapter->Interrupt.ReceiveVector[pair] != message)
            continue;
        RtlZeroMemory(&affinity, sizeof(affinity));
        affinity.Group = adapter->Rss.Processor[pair].Group;
        affinity.Mask = (KAFFINITY)1 << adapter->Rss.Processor[pair].Number;
        NdisMQueueDpcEx(adapter->Interrupt.Handle, message, &affinity, NULL);
        return TRUE;
    }
    return FALSE;
}

_Use_decl_annotations_
static BOOLEAN NTAPI MessageIsr(NDIS_HANDLE context, ULONG message, PBOOLEAN queueDpc, PULONG targetProcessors)
{
    PVIONET_ADAPTER adapter = context;

    if (!adapter->Pci.HasMsix)
        return Isr(context, queueDpc, targetProcessors);
    DisableQueues(adapter, message);
    *queueDpc = !adapter->Rss.Enabled || !adapter->Interrupt.Dedicated || !QueueByRss(adapter, message);
    *targetProcessors = 0;
    return TRUE;
}

_Use_decl_annotations_
static VOID NTAPI MessageDpc(NDIS_HANDLE context, ULONG message, PVOID dpcContext, PVOID throttle, PVOID reserved)
{
    PVIONET_ADAPTER adapter = context;

    if (!adapter->Pci.HasMsix) {
        Dpc(context, dpcContext, throttle, reserved);
        return;
    }
    ServeTransmit(adapter, message);
    ServeReceive(adapter, message, throttle);
    if (message == adapter->Interrupt.ConfigVector)
        ServeConfig(adapter);
}

_Use_decl_annotations_
static VOID NTAPI DisableMessage(NDIS_HANDLE context, ULONG message)
{
    DisableQueues(context, message);
}

_Use_decl_annotations_
static VOID NTAPI EnableMessage(NDIS_HANDLE context, ULONG message)
{
    EnableQueues(context, message);
}

/* ---- life ---- */

static VOID AssignPair(PVIONET_INTERRUPT interrupt, ULONG pair, ULONG pairs, ULONG messages)
{
    USHORT receive = 0, transmit = 0;

    if (messages > 2 * pairs) {
        receive = (USHORT)(1 + 2 * pair);
        transmit = receive + 1;
    } else if (messages > 1) {
        receive = transmit = (USHORT)(1 + pair % (messages - 1));
    }
    interrupt->ReceiveVector[pair] = receive;
    interrupt->TransmitVector[pair] = transmit;
}

static VOID AssignVectors(PVIONET_ADAPTER adapter, ULONG messages)
{
    PVIONET_INTERRUPT interrupt = &adapter->Interrupt;

    interrupt->ConfigVector = messages != 0 ? 0 : VIRTIO_NO_VECTOR;
    interrupt->Dedicated = messages > adapter->QueueCount;
    for (ULONG pair = 0; pair < adapter->QueueCount; pair++) {
        if (messages != 0)
            AssignPair(interrupt, pair, adapter->QueueCount, messages);
        else
            interrupt->ReceiveVector[pair] = interrupt->TransmitVector[pair] = VIRTIO_NO_VECTOR;
    }
}

_Use_decl_annotations_
NDIS_STATUS VioNetInterruptCreate(PVIONET_ADAPTER adapter)
{
    NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS characteristics = {
        .Header = { NDIS_OBJECT_TYPE_MINIPORT_INTERRUPT, NDIS_MINIPORT_INTERRUPT_REVISION_1,
                    NDIS_SIZEOF_MINIPORT_INTERRUPT_CHARACTERISTICS_REVISION_1 },
        .InterruptHandler = Isr,
        .InterruptDpcHandler = Dpc,
        .DisableInterruptHandler = Disable,
        .EnableInterruptHandler = Enable,
        .MsiSupported = TRUE,
        .MessageInterruptHandler = MessageIsr,
        .MessageInterruptDpcHandler = MessageDpc,
        .DisableMessageInterruptHandler = DisableMessage,
        .EnableMessageInterruptHandler = EnableMessage,
    };
    NDIS_STATUS status;

    AssignVectors(adapter, 0);
    status = NdisMRegisterInterruptEx(adapter->Handle, adapter, &characteristics, &adapter->Interrupt.Handle);
    if (status != NDIS_STATUS_SUCCESS) {
        adapter->Interrupt.Handle = NULL;
        return status;
    }
    adapter->Interrupt.MessageBased = characteristics.InterruptType == NDIS_CONNECT_MESSAGE_BASED;
    if (adapter->Interrupt.MessageBased && adapter->Pci.HasMsix)
        AssignVectors(adapter, characteristics.MessageInfoTable->MessageCount);
    return NDIS_STATUS_SUCCESS;
}

_Use_decl_annotations_
VOID VioNetInterruptDestroy(PVIONET_ADAPTER adapter)
{
    if (adapter->Interrupt.Handle != NULL)
        NdisMDeregisterInterruptEx(adapter->Interrupt.Handle);
    adapter->Interrupt.Handle = NULL;
}
