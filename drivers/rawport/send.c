/* Frames on their way down: a write is one list over the request's own MDL, and is complete when NDIS gives the list back. */
#include "rawport.h"

#define WRITE_OF(List) ((List)->ProtocolReserved[0])

/* Counts the list as sent. FALSE: the binding does not run. */
static NTSTATUS Enter(PBINDING Binding)
{
    NTSTATUS status = STATUS_SUCCESS;
    KIRQL irql;

    KeAcquireSpinLock(&Driver.Lock, &irql);
    if (Binding->Closing)
        status = STATUS_DEVICE_DOES_NOT_EXIST;
    else if (!Binding->Powered)
        status = STATUS_DEVICE_POWERED_OFF;
    else if (!Binding->Running)
        status = STATUS_DEVICE_NOT_READY;
    else
        Binding->Sends++;
    KeReleaseSpinLock(&Driver.Lock, irql);
    return status;
}

static VOID Leave(PBINDING Binding)
{
    KIRQL irql;

    KeAcquireSpinLock(&Driver.Lock, &irql);
    if (--Binding->Sends == 0 && !Binding->Running)
        NdisSetEvent(&Binding->Drained);
    KeReleaseSpinLock(&Driver.Lock, irql);
}

_Use_decl_annotations_
VOID SendDone(NDIS_HANDLE ProtocolBindingContext, PNET_BUFFER_LIST NetBufferList, ULONG SendCompleteFlags)
{
    PBINDING binding = (PBINDING)ProtocolBindingContext;
    PNET_BUFFER_LIST next;

    UNREFERENCED_PARAMETER(SendCompleteFlags);
    for (; NetBufferList != NULL; NetBufferList = next) {
        CLIENT_REQUEST write = WRITE_OF(NetBufferList);
        NDIS_STATUS status = NET_BUFFER_LIST_STATUS(NetBufferList);

        next = NET_BUFFER_LIST_NEXT_NBL(NetBufferList);
        if (status == NDIS_STATUS_SUCCESS)
            Count(&PortOf(write)->Counters.Written);
        NdisFreeNetBufferList(NetBufferList);
        RequestComplete(write, StatusOf(status), status == NDIS_STATUS_SUCCESS ? RequestWriteLength(write) : 0);
        Leave(binding);
        BindingRelease(binding);
    }
}

/* The binding's reference goes with the list. */
static NTSTATUS Send(PBINDING Binding, CLIENT_REQUEST Write, PMDL Frame, ULONG Length)
{
    PNET_BUFFER_LIST list;
    NTSTATUS status;

    if (Length > Binding->FrameSize + 4)        /* 4: an 802.1Q tag */
        return STATUS_INVALID_BUFFER_SIZE;
    status = Enter(Binding);
    if (!NT_SUCCESS(status))
        return status;
    list = NdisAllocateNetBufferAndNetBufferList(Binding->Pool, 0, 0, Frame, 0, Length);
    if (list == NULL) {
        Leave(Binding);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    WRITE_OF(list) = Write;
    list->SourceHandle = Binding->Handle;
    RequestPend(Write);
    NdisSendNetBufferLists(Binding->Handle, list, NDIS_DEFAULT_PORT_NUMBER, 0);
    return STATUS_PENDING;
}

_Use_decl_annotations_
NTSTATUS SendFrame(PPORT Port, CLIENT_REQUEST Write, PMDL Frame, ULONG Length)
{
    PBINDING binding;
    NTSTATUS status;

    if (Length < ETHERNET_HEADER || Frame == NULL)
        return STATUS_INVALID_BUFFER_SIZE;
    binding = BindingOfPort(Port);
    if (binding == NULL)
        return STATUS_DEVICE_DOES_NOT_EXIST;
    status = Send(binding, Write, Frame, Length);
    if (status != STATUS_PENDING)
        BindingRelease(binding);
    return status;
}
