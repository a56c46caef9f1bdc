/* Down: from the virtual adapters to the adapter below, and back. */
#include "vlanmux.h"

/* A chain with its end. */
typedef struct _CHAIN {
    PNET_BUFFER_LIST First, *Last;
    LONG Count;
} CHAIN;

static VOID Append(CHAIN *Chain, PNET_BUFFER_LIST List)
{
    *Chain->Last = List;
    Chain->Last = &NET_BUFFER_LIST_NEXT_NBL(List);
    Chain->Count++;
}

static ULONG CompleteFlags(ULONG SendFlags)
{
    return NDIS_TEST_SEND_AT_DISPATCH_LEVEL(SendFlags) ? NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL : 0;
}

/* Of a chain that holds one already. */
static VOID HoldMore(PUPPER Upper, LONG Count)
{
    InterlockedAdd(&Upper->Outstanding, Count);
    InterlockedAdd(&Upper->Lower->Sends, Count);
}

static VOID Refuse(PUPPER Upper, PNET_BUFFER_LIST Lists, NDIS_STATUS Status, ULONG SendFlags)
{
    for (PNET_BUFFER_LIST list = Lists; list != NULL; list = NET_BUFFER_LIST_NEXT_NBL(list))
        NET_BUFFER_LIST_STATUS(list) = Status;
    NdisMSendNetBufferListsComplete(Upper->Handle, Lists, CompleteFlags(SendFlags));
}

/* Appends what goes below for one list: itself, or copies. FALSE: it cannot be sent. */
static BOOLEAN Prepare(PUPPER Upper, PNET_BUFFER_LIST List, CHAIN *Down)
{
    PLOWER lower = Upper->Lower;
    NDIS_NET_BUFFER_LIST_8021Q_INFO info;
    PNET_BUFFER_LIST copies, next;

    info.Value = NET_BUFFER_LIST_INFO(List, Ieee8021QNetBufferListInfo);
    if (Upper->VlanId != 0 && info.TagHeader.VlanId != 0 && info.TagHeader.VlanId != Upper->VlanId)
        return FALSE;                   /* a frame of another VLAN */
    if (!MuxPush(List, Upper, lower->Binding))
        return FALSE;
    if (Upper->VlanId == 0) {
        Append(Down, List);
        return TRUE;
    }
    info.TagHeader.VlanId = Upper->VlanId;
    if (MuxOffloadsTags(lower)) {
        NET_BUFFER_LIST_INFO(List, Ieee8021QNetBufferListInfo) = info.Value;
        Append(Down, List);
        return TRUE;
    }
    copies = TagInsert(Upper, List, info);
    if (copies == NULL) {
        MuxPop(List);
        return FALSE;
    }
    for (; copies != NULL; copies = next) {
        next = NET_BUFFER_LIST_NEXT_NBL(copies);
        Append(Down, copies);
    }
    return TRUE;
}

/* Everything passes as it is: the chain, too. FALSE, and nothing is marked: no memory. */
static BOOLEAN SendThrough(PUPPER Upper, PNET_BUFFER_LIST Lists, ULONG SendFlags)
{
    MUX_TALLY tally = { 0 };
    LONG count = 0;

    for (PNET_BUFFER_LIST list = Lists; list != NULL; list = NET_BUFFER_LIST_NEXT_NBL(list)) {
        if (!MuxPush(list, Upper, Upper->Lower->Binding)) {
            for (PNET_BUFFER_LIST marked = Lists; marked != list; marked = NET_BUFFER_LIST_NEXT_NBL(marked))
                MuxPop(marked);
            return FALSE;
        }
        MuxCountList(&tally, list);
        count++;
    }
    HoldMore(Upper, count - 1);
    MuxAddTally(&Upper->Sent, &tally);
    NdisSendNetBufferLists(Upper->Lower->Binding, Lists, NDIS_DEFAULT_PORT_NUMBER,
                           SendFlags & ~(ULONG)NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK);
    return TRUE;
}

static VOID SendDown(PUPPER Upper, PNET_BUFFER_LIST Lists, ULONG SendFlags)
{
    CHAIN down = { NULL, &down.First, 0 }, failed = { NULL, &failed.First, 0 };
    MUX_TALLY tally = { 0 };
    PNET_BUFFER_LIST next;
    LONG count = 0;

    for (; Lists != NULL; Lists = next) {
        next = NET_BUFFER_LIST_NEXT_NBL(Lists);
        count++;
        MuxCountList(&tally, Lists);
        if (!Prepare(Upper, Lists, &down))
            Append(&failed, Lists);
    }
    *down.Last = NULL;
    *failed.Last = NULL;
    HoldMore(Upper, count - 1);
    MuxAddTally(&Upper->Sent, &tally);
    if (failed.First != NULL) {
        InterlockedAdd64(&Upper->SendErrors, failed.Count);
        Refuse(Upper, failed.First, NDIS_STATUS_FAILURE, SendFlags);
        LowerRelease(Upper->Lower, failed.Count);
        UpperRelease(Upper, failed.Count);
    }
    if (down.First != NULL)
        NdisSendNetBufferLists(Upper->Lower->Binding, down.First, NDIS_DEFAULT_PORT_NUMBER,
                               SendFlags & ~(ULONG)NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK);
}

_Use_decl_annotations_
VOID UpperSend(NDIS_HANDLE MiniportAdapterContext, PNET_BUFFER_LIST NetBufferLists, NDIS_PORT_NUMBER PortNumber, ULONG SendFlags)
{
    PUPPER upper = MiniportAdapterContext;

    UNREFERENCED_PARAMETER(PortNumber);
    if (!UpperHold(upper, 1)) {
        Refuse(upper, NetBufferLists, NDIS_STATUS_PAUSED, SendFlags);
        return;
    }
    if (!LowerHold(upper->Lower, 1)) {
        Refuse(upper, NetBufferLists, upper->Lower->Power == NdisDeviceStateD0 ? NDIS_STATUS_PAUSED : NDIS_STATUS_LOW_POWER_STATE,
               SendFlags);
        UpperRelease(upper, 1);
        return;
    }
    if (upper->VlanId == 0 && SendThrough(upper, NetBufferLists, SendFlags))
        return;
    SendDown(upper, NetBufferLists, SendFlags);
}

/* A copy's list when it was the last of its copies; else NULL. */
static PNET_BUFFER_LIST EndOfCopy(PNET_BUFFER_LIST Copy)
{
    PNET_BUFFER_LIST list = Copy->ParentNetBufferList;

    if (NET_BUFFER_LIST_STATUS(Copy) != NDIS_STATUS_SUCCESS)
        NET_BUFFER_LIST_STATUS(list) = NET_BUFFER_LIST_STATUS(Copy);
    NdisFreeNetBufferList(Copy);
    return InterlockedDecrement(&MuxContext(list)->Copies) == 0 ? list : NULL;
}

static VOID CompleteUp(PUPPER Upper, CHAIN *Chain, ULONG Flags)
{
    *Chain->Last = NULL;
    if (Chain->First == NULL)
        return;
    NdisMSendNetBufferListsComplete(Upper->Handle, Chain->First, Flags);
    UpperRelease(Upper, Chain->Count);
}

/* Of one virtual adapter that passes everything: the chain goes up as it came. */
static VOID SentThrough(PLOWER Lower, PUPPER Upper, PNET_BUFFER_LIST Lists, ULONG Flags)
{
    LONG count = 0;

    for (PNET_BUFFER_LIST list = Lists; list != NULL; list = NET_BUFFER_LIST_NEXT_NBL(list)) {
        MuxPop(list);
        count++;
    }
    NdisMSendNetBufferListsComplete(Upper->Handle, Lists, Flags);
    UpperRelease(Upper, count);
    LowerRelease(Lower, count);
}

_Use_decl_annotations_
VOID LowerSent(NDIS_HANDLE ProtocolBindingContext, PNET_BUFFER_LIST NetBufferList, ULONG SendCompleteFlags)
{
    PLOWER lower = ProtocolBindingContext;
    PUPPER upper = NULL, owner;
    CHAIN up = { NULL, &up.First, 0 };
    LONG count = 0;
    PNET_BUFFER_LIST list, next;

    if (MuxIsTransparent(lower->Uppers)) {
        SentThrough(lower, lower->Uppers, NetBufferList, SendCompleteFlags);
        return;
    }
    for (list = NetBufferList; list != NULL; list = next) {
        next = NET_BUFFER_LIST_NEXT_NBL(list);
        if (lower->CopyPool != NULL && list->NdisPoolHandle == lower->CopyPool)
            list = EndOfCopy(list);
        if (list == NULL)
            continue;
        count++;
        owner = MuxPop(list);
        if (owner != upper) {
            CompleteUp(upper, &up, SendCompleteFlags);
            up = (CHAIN){ NULL, &up.First, 0 };
            upper = owner;
        }
        Append(&up, list);
    }
    CompleteUp(upper, &up, SendCompleteFlags);
    LowerRelease(lower, count);
}

_Use_decl_annotations_
VOID UpperCancelSend(NDIS_HANDLE MiniportAdapterContext, PVOID CancelId)
{
    NdisCancelSendNetBufferLists(((PUPPER)MiniportAdapterContext)->Lower->Binding, CancelId);
}
