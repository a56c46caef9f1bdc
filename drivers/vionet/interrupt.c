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

static VOID ServeReceive(PVIONET_ADAPTER adapter, ULONG message, NDIS_RECEIVE_THROTTLE_PARAMETERS *throttle)
{
    BOOLEAN all = throttle->MaxNblsToIndicate == NDIS_INDICATE_ALL_NBLS;
    BOOLEAN more = VioNetReceivePoll(&adapter->Receive, all ? MAX_FRAMES_PER_DPC : throttle->MaxNblsToIndicate);

    throttle->MoreNblsPending = more && !all;
    if (more && all)
        QueueAgain(adapter, message);
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
    VioNetTransmitPoll(&adapter->Transmit);
    ServeReceive(adapter, 0, throttle);
    ServeConfig(adapter);
}

_Use_decl_annotations_
static VOID NTAPI Disable(NDIS_HANDLE context)
{
    PVIONET_ADAPTER adapter = context;

    VirtqueueDisarm(&adapter->Receive.Queue);
    VirtqueueDisarm(&adapter->Transmit.Queue);
}

_Use_decl_annotations_
static VOID NTAPI Enable(NDIS_HANDLE context)
{
    PVIONET_ADAPTER adapter = context;

    (VOID)VirtqueueArm(&adapter->Receive.Queue, 1);
    (VOID)VirtqueueArm(&adapter->Transmit.Queue, 1);
}

/* ---- messages ---- */

_Use_decl_annotations_
static BOOLEAN NTAPI MessageIsr(NDIS_HANDLE context, ULONG message, PBOOLEAN queueDpc, PULONG targetProcessors)
{
    PVIONET_ADAPTER adapter = context;

    if (!adapter->Pci.HasMsix)
        return Isr(context, queueDpc, targetProcessors);
    DisableMessage(context, message);
    *queueDpc = TRUE;
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
    if (message == adapter->Interrupt.TransmitVector)
        VioNetTransmitPoll(&adapter->Transmit);
    if (message == adapter->Interrupt.ReceiveVector)
        ServeReceive(adapter, message, throttle);
    if (message == adapter->Interrupt.ConfigVector)
        ServeConfig(adapter);
}

_Use_decl_annotations_
static VOID NTAPI DisableMessage(NDIS_HANDLE context, ULONG message)
{
    PVIONET_ADAPTER adapter = context;

    if (!adapter->Pci.HasMsix)
        Disable(context);
    if (message == adapter->Interrupt.ReceiveVector)
        VirtqueueDisarm(&adapter->Receive.Queue);
    if (message == adapter->Interrupt.TransmitVector)
        VirtqueueDisarm(&adapter->Transmit.Queue);
}

_Use_decl_annotations_
static VOID NTAPI EnableMessage(NDIS_HANDLE context, ULONG message)
{
    PVIONET_ADAPTER adapter = context;

    if (!adapter->Pci.HasMsix)
        Enable(context);
    if (message == adapter->Interrupt.ReceiveVector)
        (VOID)VirtqueueArm(&adapter->Receive.Queue, 1);
    if (message == adapter->Interrupt.TransmitVector)
        (VOID)VirtqueueArm(&adapter->Transmit.Queue, 1);
}

/* ---- life ---- */

static VOID AssignVectors(PVIONET_INTERRUPT interrupt, ULONG messages)
{
    interrupt->ConfigVector = interrupt->ReceiveVector = interrupt->TransmitVector = VIRTIO_NO_VECTOR;
    if (messages == 0)
        return;
    interrupt->ConfigVector = 0;
    interrupt->ReceiveVector = messages > 1 ? 1 : 0;
    interrupt->TransmitVector = messages > 2 ? 2 : interrupt->ReceiveVector;
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

    AssignVectors(&adapter->Interrupt, 0);
    status = NdisMRegisterInterruptEx(adapter->Handle, adapter, &characteristics, &adapter->Interrupt.Handle);
    if (status != NDIS_STATUS_SUCCESS) {
        adapter->Interrupt.Handle = NULL;
        return status;
    }
    adapter->Interrupt.MessageBased = characteristics.InterruptType == NDIS_CONNECT_MESSAGE_BASED;
    if (adapter->Interrupt.MessageBased && adapter->Pci.HasMsix)
        AssignVectors(&adapter->Interrupt, characteristics.MessageInfoTable->MessageCount);
    return NDIS_STATUS_SUCCESS;
}

_Use_decl_annotations_
VOID VioNetInterruptDestroy(PVIONET_ADAPTER adapter)
{
    if (adapter->Interrupt.Handle != NULL)
        NdisMDeregisterInterruptEx(adapter->Interrupt.Handle);
    adapter->Interrupt.Handle = NULL;
}
