/* Frames on their way up: from NDIS to the ports that want them. */
#include "rawport.h"

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

_Use_decl_annotations_
BOOLEAN RingTake(PPORT Port, PUCHAR Buffer, ULONG Room, PULONG Length, PULONG Copied)
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

_Use_decl_annotations_
VOID RingStore(PPORT Port, PNET_BUFFER Frame, ULONG Length)
{
    ULONG offset = NET_BUFFER_CURRENT_MDL_OFFSET(Frame), left = Length;

    if (RING_SIZE - (Port->Tail - Port->Head) < sizeof(Length) + Length) {
        Count(&Port->Counters.Lost);
        return;
    }
    RingWrite(Port, (const UCHAR *)&Length, sizeof(Length));
    for (PMDL mdl = NET_BUFFER_CURRENT_MDL(Frame); left != 0 && mdl != NULL; mdl = mdl->Next) {
        ULONG n = MmGetMdlByteCount(mdl) - offset;

        n = n < left ? n : left;
        RingWrite(Port, (const UCHAR *)MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority | MdlMappingNoExecute) + offset, n);
        left -= n;
        offset = 0;
    }
}

/* --- reading --- */

_Use_decl_annotations_
NTSTATUS ReceiveBegin(PPORT Port)
{
    PBINDING binding = BindingOfPort(Port);

    if (binding == NULL)
        return STATUS_DEVICE_DOES_NOT_EXIST;
    if (binding->Filter != (binding->Filter | Port->Filter))
        OidUpdateFilter(binding);
    BindingRelease(binding);
    return STATUS_SUCCESS;
}

/* --- receiving --- */

_Use_decl_annotations_
BOOLEAN FrameCopy(PNET_BUFFER Frame, PUCHAR To, ULONG Length)
{
    ULONG offset = NET_BUFFER_CURRENT_MDL_OFFSET(Frame);

    for (PMDL mdl = NET_BUFFER_CURRENT_MDL(Frame); Length != 0 && mdl != NULL; mdl = mdl->Next) {
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

static VOID GiveToPort(PBINDING Binding, PPORT Port, PNET_BUFFER NetBuffer)
{
    ULONG length = NET_BUFFER_DATA_LENGTH(NetBuffer);
    UCHAR destination[6];

    if (length < ETHERNET_HEADER || length > RING_SIZE / 2 || !Mapped(NetBuffer) || !FrameCopy(NetBuffer, destination, sizeof(destination)) ||
        !Wanted(Binding, Port, destination))
        return;
    Count(&Port->Counters.Received);
    ReadsOffer(Port, NetBuffer, length);
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
