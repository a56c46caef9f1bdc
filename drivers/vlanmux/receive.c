/* Up: from the adapter below to the virtual adapters, and back. */
#include "vlanmux.h"

/* Lists on their way to one virtual adapter. */
typedef struct _BURST {
    PUPPER Upper;
    PNET_BUFFER_LIST First, *Last;
    LONG Count;
} BURST;

static VOID Start(BURST *Burst, PUPPER Upper)
{
    Burst->Upper = Upper;
    Burst->First = NULL;
    Burst->Last = &Burst->First;
    Burst->Count = 0;
}

static VOID Append(BURST *Burst, PNET_BUFFER_LIST List)
{
    *Burst->Last = List;
    Burst->Last = &NET_BUFFER_LIST_NEXT_NBL(List);
    Burst->Count++;
}

static VOID GiveBack(PLOWER Lower, PNET_BUFFER_LIST Lists, ULONG ReceiveFlags)
{
    if (Lists != NULL && !NDIS_TEST_RECEIVE_CANNOT_PEND(ReceiveFlags))
        NdisReturnNetBufferLists(Lower->Binding, Lists,
                                 NDIS_TEST_RECEIVE_AT_DISPATCH_LEVEL(ReceiveFlags) ? NDIS_RETURN_FLAGS_DISPATCH_LEVEL : 0);
}

/* Above, a VLAN is a network without VLANs: the priority stays. */
static VOID HideVlan(PUPPER Upper, PNET_BUFFER_LIST List)
{
    NDIS_NET_BUFFER_LIST_8021Q_INFO info;

    if (Upper->VlanId == 0)
        return;
    info.Value = NET_BUFFER_LIST_INFO(List, Ieee8021QNetBufferListInfo);
    info.TagHeader.VlanId = 0;
    NET_BUFFER_LIST_INFO(List, Ieee8021QNetBufferListInfo) = info.Value;
}

static VOID UnmarkUntil(PNET_BUFFER_LIST Lists, PNET_BUFFER_LIST End)
{
    for (; Lists != End; Lists = NET_BUFFER_LIST_NEXT_NBL(Lists))
        MuxPop(Lists);
}

/* Marks all lists of a chain; FALSE, and none is marked: no memory. */
static BOOLEAN Mark(PUPPER Upper, PNET_BUFFER_LIST Lists, MUX_TALLY *Tally)
{
    for (PNET_BUFFER_LIST list = Lists; list != NULL; list = NET_BUFFER_LIST_NEXT_NBL(list)) {
        if (!MuxPush(list, Upper, Upper->Handle)) {
            UnmarkUntil(Lists, list);
            return FALSE;
        }
        HideVlan(Upper, list);
        MuxCountList(Tally, list);
    }
    return TRUE;
}

/* Hands a burst up. Lists that the adapter below only lends are what they were when the call returns. */
static VOID Indicate(BURST *Burst, ULONG ReceiveFlags)
{
    PUPPER upper = Burst->Upper;
    LONG count = Burst->Count;
    MUX_TALLY tally = { 0 };

    *Burst->Last = NULL;
    if (count == 0)
        return;
    if (!UpperHold(upper, count)) {
        GiveBack(upper->Lower, Burst->First, ReceiveFlags);
        return;
    }
    if (!Mark(upper, Burst->First, &tally)) {
        InterlockedAdd64(&upper->ReceiveDrops, count);
        GiveBack(upper->Lower, Burst->First, ReceiveFlags);
        UpperRelease(upper, count);
        return;
    }
    MuxAddTally(&upper->Received, &tally);
    NdisMIndicateReceiveNetBufferLists(upper->Handle, Burst->First, NDIS_DEFAULT_PORT_NUMBER, (ULONG)count, ReceiveFlags);
    if (!NDIS_TEST_RECEIVE_CANNOT_PEND(ReceiveFlags))
        return;
    UnmarkUntil(Burst->First, NULL);
    UpperRelease(upper, count);
}

/* ---- which frame is whose ---- */

static BOOLEAN ForAddress(const UPPER *Upper, const UCHAR *Destination)
{
    if (ETH_IS_MULTICAST(Destination) || (Upper->Filter & NDIS_PACKET_TYPE_PROMISCUOUS) != 0)
        return TRUE;
    return NdisEqualMemory(Destination, Upper->Address, ETH_LENGTH_OF_ADDRESS);
}

/* The virtual adapter of a frame; *Tag is what is in the frame and has to go, 0: nothing. */
static PUPPER Classify(PLOWER Lower, PNET_BUFFER_LIST List, PUSHORT Tag)
{
    PNET_BUFFER frame = NET_BUFFER_LIST_FIRST_NB(List);
    UCHAR storage[MUX_ADDRESSES + MUX_TAG_LENGTH];
    NDIS_NET_BUFFER_LIST_8021Q_INFO info;
    PUPPER rest = NULL;
    USHORT vlan, tag = 0;
    PUCHAR header;

    *Tag = 0;
    header = frame == NULL ? NULL : NdisGetDataBuffer(frame, sizeof(storage), storage, 1, 0);
    if (header == NULL)
        return NULL;
    info.Value = NET_BUFFER_LIST_INFO(List, Ieee8021QNetBufferListInfo);
    vlan = (USHORT)info.TagHeader.VlanId;
    if (vlan == 0 && header[12] == MUX_ETHERTYPE >> 8 && header[13] == (MUX_ETHERTYPE & 0xFF)) {
        tag = (USHORT)(header[14] << 8 | header[15]);
        vlan = tag & 0xFFF;
    }
    for (PUPPER upper = Lower->Uppers; upper != NULL; upper = upper->Next) {
        if (upper->Handle == NULL)
            continue;
        if (upper->VlanId == 0)
            rest = upper;
        if (vlan == 0 || upper->VlanId != vlan)
            continue;
        *Tag = tag;
        return ForAddress(upper, header) ? upper : NULL;
    }
    return rest != NULL && ForAddress(rest, header) ? rest : NULL;
}

/* A frame with its tag inside goes up as a copy without it. */
static VOID IndicateCopy(PUPPER Upper, PNET_BUFFER_LIST List, USHORT Tag, ULONG ReceiveFlags)
{
    PNET_BUFFER_LIST copy;
    MUX_TALLY tally = { 0 };

    if (!UpperHold(Upper, 1))
        return;
    copy = TagStrip(Upper, List, Tag);
    if (copy == NULL) {
        InterlockedIncrement64(&Upper->ReceiveDrops);
        UpperRelease(Upper, 1);
        return;
    }
    MuxCountList(&tally, copy);
    MuxAddTally(&Upper->Received, &tally);
    NdisMIndicateReceiveNetBufferLists(Upper->Handle, copy, NDIS_DEFAULT_PORT_NUMBER, 1,
                                       ReceiveFlags & NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL);
}

static VOID Distribute(PLOWER Lower, PNET_BUFFER_LIST Lists, ULONG ReceiveFlags)
{
    BOOLEAN lent = NDIS_TEST_RECEIVE_CANNOT_PEND(ReceiveFlags) != 0;
    BURST burst, done;
    PNET_BUFFER_LIST next;
    PUPPER upper;
    USHORT tag;

    Start(&burst, NULL);
    Start(&done, NULL);
    for (; Lists != NULL; Lists = next) {
        next = NET_BUFFER_LIST_NEXT_NBL(Lists);
        upper = Classify(Lower, Lists, &tag);
        if (upper == NULL || tag != 0) {
            if (upper != NULL)
                IndicateCopy(upper, Lists, tag, ReceiveFlags);
            if (!lent)
                Append(&done, Lists);
            continue;
        }
        if (upper != burst.Upper || lent) {
            if (burst.Upper != NULL)
                Indicate(&burst, ReceiveFlags);
            Start(&burst, upper);
        }
        Append(&burst, Lists);
        if (lent) {                     /* one by one: the chain is not ours to cut */
            Indicate(&burst, ReceiveFlags);
            Start(&burst, upper);
            NET_BUFFER_LIST_NEXT_NBL(Lists) = next;
        }
    }
    if (burst.Upper != NULL)
        Indicate(&burst, ReceiveFlags);
    *done.Last = NULL;
    GiveBack(Lower, done.First, ReceiveFlags);
}

_Use_decl_annotations_
VOID LowerReceive(NDIS_HANDLE ProtocolBindingContext, PNET_BUFFER_LIST NetBufferLists, NDIS_PORT_NUMBER PortNumber,
                  ULONG NumberOfNetBufferLists, ULONG ReceiveFlags)
{
    PLOWER lower = ProtocolBindingContext;
    PUPPER upper = lower->Uppers;
    BURST burst;

    UNREFERENCED_PARAMETER(PortNumber);
    if (upper == NULL || upper->Handle == NULL || !MuxIsTransparent(upper) || NDIS_TEST_RECEIVE_CANNOT_PEND(ReceiveFlags)) {
        Distribute(lower, NetBufferLists, ReceiveFlags);
        return;
    }
    Start(&burst, upper);
    burst.First = NetBufferLists;
    burst.Last = &NetBufferLists;       /* the chain has its end */
    burst.Count = (LONG)NumberOfNetBufferLists;
    Indicate(&burst, ReceiveFlags);
}

/* Frees the copies of a chain, and unmarks the others. */
static PNET_BUFFER_LIST WithoutCopies(PLOWER Lower, PUPPER Upper, PNET_BUFFER_LIST Lists, PLONG Count)
{
    PNET_BUFFER_LIST next;
    BURST down;

    Start(&down, Upper);
    for (; Lists != NULL; Lists = next) {
        next = NET_BUFFER_LIST_NEXT_NBL(Lists);
        ++*Count;
        if (Lists->NdisPoolHandle == Lower->CopyPool) {
            NdisFreeNetBufferList(Lists);
            continue;
        }
        MuxPop(Lists);
        Append(&down, Lists);
    }
    *down.Last = NULL;
    return down.First;
}

_Use_decl_annotations_
VOID UpperReturn(NDIS_HANDLE MiniportAdapterContext, PNET_BUFFER_LIST NetBufferLists, ULONG ReturnFlags)
{
    PUPPER upper = MiniportAdapterContext;
    PLOWER lower = upper->Lower;
    LONG count = 0;

    if (lower->CopyPool != NULL) {
        NetBufferLists = WithoutCopies(lower, upper, NetBufferLists, &count);
    } else {
        for (PNET_BUFFER_LIST list = NetBufferLists; list != NULL; list = NET_BUFFER_LIST_NEXT_NBL(list)) {
            MuxPop(list);
            count++;
        }
    }
    if (NetBufferLists != NULL)
        NdisReturnNetBufferLists(lower->Binding, NetBufferLists, ReturnFlags);
    UpperRelease(upper, count);
}
