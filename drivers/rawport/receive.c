/* Frames on their way up: from NDIS to a read that waits, or into the port's ring until one comes. */
#include "rawport.h"

static IO_CSQ_INSERT_IRP_EX InsertRead;
static IO_CSQ_REMOVE_IRP RemoveRead;
static IO_CSQ_PEEK_NEXT_IRP PeekRead;
static IO_CSQ_ACQUIRE_LOCK Acquire;
static IO_CSQ_RELEASE_LOCK Release;
static IO_CSQ_COMPLETE_CANCELED_IRP Cancelled;

/* --- the queue of reads; its lock is the driver's --- */

_Use_decl_annotations_
static VOID Acquire(PIO_CSQ Csq, PKIRQL Irql)
{
    UNREFERENCED_PARAMETER(Csq);
    KeAcquireSpinLock(&Driver.Lock, Irql);
}

_Use_decl_annotations_
static VOID Release(PIO_CSQ Csq, KIRQL Irql)
{
    UNREFERENCED_PARAMETER(Csq);
    KeReleaseSpinLock(&Driver.Lock, Irql);
}

/* A read waits only while the ring is empty (3). */
_Use_decl_annotations_
static NTSTATUS InsertRead(PIO_CSQ Csq, PIRP Irp, PVOID InsertContext)
{
    PPORT port = CONTAINING_RECORD(Csq, PORT, Queue);

    UNREFERENCED_PARAMETER(InsertContext);
    if (port->Closing)
        return STATUS_FILE_CLOSED;
    if (port->Binding == NULL)
        return STATUS_DEVICE_DOES_NOT_EXIST;
    if (port->Head != port->Tail)
        return STATUS_RETRY;
    InsertTailList(&port->Reads, &Irp->Tail.Overlay.ListEntry);
    return STATUS_SUCCESS;
}

_Use_decl_annotations_
static VOID RemoveRead(PIO_CSQ Csq, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Csq);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
}

/* PeekContext: the file object whose reads are meant, or NULL for any. */
_Use_decl_annotations_
static PIRP PeekRead(PIO_CSQ Csq, PIRP Irp, PVOID PeekContext)
{
    PPORT port = CONTAINING_RECORD(Csq, PORT, Queue);
    PLIST_ENTRY next = Irp == NULL ? port->Reads.Flink : Irp->Tail.Overlay.ListEntry.Flink;

    UNREFERENCED_PARAMETER(PeekContext);
    return next == &port->Reads ? NULL : CONTAINING_RECORD(next, IRP, Tail.Overlay.ListEntry);
}

_Use_decl_annotations_
static VOID Cancelled(PIO_CSQ Csq, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Csq);
    CompleteIrp(Irp, STATUS_CANCELLED, 0);
}

NTSTATUS ReceiveInitializePort(PPORT Port)
{
    InitializeListHead(&Port->Reads);
    return IoCsqInitializeEx(&Port->Queue, InsertRead, RemoveRead, PeekRead, Acquire, Release, Cancelled);
}

_Use_decl_annotations_
VOID ReceiveFlush(PPORT Port, NTSTATUS Status)
{
    PIRP irp;

    while ((irp = IoCsqRemoveNextIrp(&Port->Queue, NULL)) != NULL)
        CompleteIrp(irp, Status, 0);
}

/* --- the ring; under Driver.Lock --- */

static VOID RingWrite(PPORT Port, const UCHAR *From, ULONG Length)
{
    while (Length != 0) {
        ULONG at = Port->Tail & (RING_SIZE - 1), room = RING_SIZE - at, n = Length < room ? Length : room;

        NdisMoveMemory(Port->Ring + at, From, n);
        Port->Tail += n;
        From += n;
        Length -= n;
    }
}

/* To NULL: only forgets them. */
static VOID RingRead(PPORT Port, PUCHAR To, ULONG Length)
{
    while (Length != 0) {
        ULONG at = Port->Head & (RING_SIZE - 1), room = RING_SIZE - at, n = Length < room ? Length : room;

        if (To != NULL) {
            NdisMoveMemory(To, Port->Ring + at, n);
            To += n;
        }
        Port->Head += n;
        Length -= n;
    }
}

/* The next frame of the ring; FALSE when it is empty. */
static BOOLEAN TakeFrame(PPORT Port, PUCHAR Buffer, ULONG Room, PULONG Length, PULONG Copied)
{
    KIRQL irql;
    BOOLEAN found;

    KeAcquireSpinLock(&Driver.Lock, &irql);
    found = Port->Head != Port->Tail;
    if (found) {
        RingRead(Port, (PUCHAR)Length, sizeof(*Length));
        *Copied = *Length < Room ? *Length : Room;
        RingRead(Port, Buffer, *Copied);
        RingRead(Port, NULL, *Length - *Copied);
        Count(&Port->Counters.Read);
    }
    KeReleaseSpinLock(&Driver.Lock, irql);
    return found;
}

/* --- reading --- */

static PUCHAR BufferOf(PIRP Irp, PULONG Room)
{
    *Room = IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length;
    return Irp->MdlAddress == NULL ? NULL
                                   : MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority | MdlMappingNoExecute);
}

_Use_decl_annotations_
NTSTATUS NTAPI ReceiveRead(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PPORT port = PortOf(Irp);
    ULONG room, length, copied;
    PUCHAR buffer = BufferOf(Irp, &room);
    PBINDING binding;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(DeviceObject);
    if (buffer == NULL)
        return CompleteIrp(Irp, room == 0 ? STATUS_INVALID_PARAMETER : STATUS_INSUFFICIENT_RESOURCES, 0);
    binding = BindingOfPort(port);
    if (binding == NULL)
        return CompleteIrp(Irp, STATUS_DEVICE_DOES_NOT_EXIST, 0);
    if (binding->Filter != (binding->Filter | port->Filter))
        OidUpdateFilter(binding);
    BindingRelease(binding);
    do {
        if (TakeFrame(port, buffer, room, &length, &copied))
            return CompleteIrp(Irp, length > copied ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS, copied);
        status = IoCsqInsertIrpEx(&port->Queue, Irp, NULL, NULL);
    } while (status == STATUS_RETRY);
    return NT_SUCCESS(status) ? STATUS_PENDING : CompleteIrp(Irp, status, 0);
}

/* --- receiving --- */

/* Copies the first `Length` bytes of a frame, whatever MDLs they lie in. */
static BOOLEAN CopyFrame(PNET_BUFFER NetBuffer, PUCHAR To, ULONG Length)
{
    ULONG offset = NET_BUFFER_CURRENT_MDL_OFFSET(NetBuffer);

    for (PMDL mdl = NET_BUFFER_CURRENT_MDL(NetBuffer); Length != 0 && mdl != NULL; mdl = mdl->Next) {
        PUCHAR from = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority | MdlMappingNoExecute);
        ULONG n = MmGetMdlByteCount(mdl) - offset;

        if (from == NULL)
            return FALSE;
        if (n > Length)
            n = Length;
        NdisMoveMemory(To, from + offset, n);
        To += n;
        Length -= n;
        offset = 0;
    }
    return Length == 0;
}

static BOOLEAN Mapped(PNET_BUFFER NetBuffer)
{
    for (PMDL mdl = NET_BUFFER_CURRENT_MDL(NetBuffer); mdl != NULL; mdl = mdl->Next)
        if (MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority | MdlMappingNoExecute) == NULL)
            return FALSE;
    return TRUE;
}

static BOOLEAN Wanted(const BINDING *Binding, const PORT *Port, const UCHAR *Destination)
{
    static const UCHAR broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

    if (Port->Filter & NDIS_PACKET_TYPE_PROMISCUOUS)
        return TRUE;
    if (RtlEqualMemory(Destination, broadcast, 6))
        return (Port->Filter & NDIS_PACKET_TYPE_BROADCAST) != 0;
    if (Destination[0] & 1)
        return (Port->Filter & (NDIS_PACKET_TYPE_MULTICAST | NDIS_PACKET_TYPE_ALL_MULTICAST)) != 0;
    return (Port->Filter & NDIS_PACKET_TYPE_DIRECTED) != 0 && RtlEqualMemory(Destination, Binding->Address, 6);
}

/* Puts the frame into the ring, or loses it when there is no room. FALSE: a read waits for it. */
static BOOLEAN StoreFrame(PPORT Port, PNET_BUFFER NetBuffer, ULONG Length)
{
    ULONG used;
    BOOLEAN taken;
    KIRQL irql;

    KeAcquireSpinLock(&Driver.Lock, &irql);
    taken = IsListEmpty(&Port->Reads);
    used = Port->Tail - Port->Head;
    if (taken && RING_SIZE - used < sizeof(Length) + Length) {
        Count(&Port->Counters.Lost);
    } else if (taken) {
        ULONG offset = NET_BUFFER_CURRENT_MDL_OFFSET(NetBuffer), left = Length;

        RingWrite(Port, (const UCHAR *)&Length, sizeof(Length));
        for (PMDL mdl = NET_BUFFER_CURRENT_MDL(NetBuffer); left != 0 && mdl != NULL; mdl = mdl->Next) {
            ULONG n = MmGetMdlByteCount(mdl) - offset;

            n = n < left ? n : left;
            RingWrite(Port, (const UCHAR *)MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority | MdlMappingNoExecute) + offset, n);
            left -= n;
            offset = 0;
        }
    }
    KeReleaseSpinLock(&Driver.Lock, irql);
    return taken;
}

/* FALSE: no read waits any more. */
static BOOLEAN GiveToRead(PPORT Port, PNET_BUFFER NetBuffer, ULONG Length)
{
    PIRP irp = IoCsqRemoveNextIrp(&Port->Queue, NULL);
    ULONG room, n;
    PUCHAR buffer;

    if (irp == NULL)
        return FALSE;
    buffer = BufferOf(irp, &room);
    n = Length < room ? Length : room;
    if (!CopyFrame(NetBuffer, buffer, n)) {
        CompleteIrp(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
        return TRUE;
    }
    Count(&Port->Counters.Read);
    CompleteIrp(irp, Length > room ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS, n);
    return TRUE;
}

static VOID GiveToPort(PBINDING Binding, PPORT Port, PNET_BUFFER NetBuffer)
{
    ULONG length = NET_BUFFER_DATA_LENGTH(NetBuffer);
    UCHAR destination[6];

    if (length < ETHERNET_HEADER || length > RING_SIZE / 2 || !Mapped(NetBuffer) || !CopyFrame(NetBuffer, destination, sizeof(destination)) ||
        !Wanted(Binding, Port, destination))
        return;
    Count(&Port->Counters.Received);
    while (!StoreFrame(Port, NetBuffer, length) && !GiveToRead(Port, NetBuffer, length))
        ;
}

/* The next port of the binding behind `After` (NULL: the first), referenced; releases After. */
static PPORT NextPort(PBINDING Binding, PPORT After)
{
    PLIST_ENTRY link;
    PPORT port = NULL;
    KIRQL irql;

    KeAcquireSpinLock(&Driver.Lock, &irql);
    for (link = After != NULL ? After->Link.Flink : Driver.Ports.Flink; link != &Driver.Ports; link = link->Flink) {
        port = CONTAINING_RECORD(link, PORT, Link);
        if (port->Binding == Binding && !port->Closing) {
            port->References++;
            break;
        }
        port = NULL;
    }
    KeReleaseSpinLock(&Driver.Lock, irql);
    if (After != NULL)
        PortRelease(After);
    return port;
}

_Use_decl_annotations_
VOID ReceiveFrames(NDIS_HANDLE ProtocolBindingContext, PNET_BUFFER_LIST NetBufferLists, NDIS_PORT_NUMBER PortNumber,
                   ULONG NumberOfNetBufferLists, ULONG ReceiveFlags)
{
    PBINDING binding = (PBINDING)ProtocolBindingContext;

    UNREFERENCED_PARAMETER(PortNumber);
    UNREFERENCED_PARAMETER(NumberOfNetBufferLists);
    for (PPORT port = NextPort(binding, NULL); port != NULL; port = NextPort(binding, port))
        for (PNET_BUFFER_LIST list = NetBufferLists; list != NULL; list = NET_BUFFER_LIST_NEXT_NBL(list))
            for (PNET_BUFFER frame = NET_BUFFER_LIST_FIRST_NB(list); frame != NULL; frame = NET_BUFFER_NEXT_NB(frame))
                GiveToPort(binding, port, frame);
    if (!NDIS_TEST_RECEIVE_CANNOT_PEND(ReceiveFlags))
        NdisReturnNetBufferLists(binding->Handle, NetBufferLists,
                                 NDIS_TEST_RECEIVE_AT_DISPATCH_LEVEL(ReceiveFlags) ? NDIS_RETURN_FLAGS_DISPATCH_LEVEL : 0);
}
