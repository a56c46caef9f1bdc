/* What happens below: PnP events and status indications, handed to the virtual adapters. */
#include "vlanmux.h"

static VOID Pause(PLOWER Lower)
{
    if (InterlockedCompareExchange(&Lower->State, MuxPausing, MuxRunning) != MuxRunning)
        return;
    NdisResetEvent(&Lower->Drained);
    LowerRelease(Lower, 1);
    NdisWaitEvent(&Lower->Drained, 0);
    Lower->State = MuxPaused;
}

static VOID Restart(PLOWER Lower)
{
    InterlockedAdd(&Lower->Sends, 1);
    InterlockedExchange(&Lower->State, MuxRunning);
}

_Use_decl_annotations_
VOID UpperIndicateLink(PUPPER Upper)
{
    NDIS_STATUS_INDICATION indication;
    NDIS_LINK_STATE link = Upper->Lower->Link_;

    if (Upper->Handle == NULL || Upper->Power != NdisDeviceStateD0 || Upper->Lower->Power != NdisDeviceStateD0)
        return;
    NdisZeroMemory(&indication, sizeof(indication));
    indication.Header.Type = NDIS_OBJECT_TYPE_STATUS_INDICATION;
    indication.Header.Revision = NDIS_STATUS_INDICATION_REVISION_1;
    indication.Header.Size = NDIS_SIZEOF_STATUS_INDICATION_REVISION_1;
    indication.SourceHandle = Upper->Handle;
    indication.StatusCode = NDIS_STATUS_LINK_STATE;
    indication.StatusBuffer = &link;
    indication.StatusBufferSize = sizeof(link);
    NdisMIndicateStatusEx(Upper->Handle, &indication);
}

static NDIS_STATUS SetPower(PLOWER Lower, const NET_PNP_EVENT *Event)
{
    Lower->Power = *(NDIS_DEVICE_POWER_STATE *)Event->Buffer;
    if (Lower->Power == NdisDeviceStateD0)      /* what was not told meanwhile */
        for (PUPPER upper = Lower->Uppers; upper != NULL; upper = upper->Next)
            UpperIndicateLink(upper);
    return NDIS_STATUS_SUCCESS;
}

/* Those above may object. */
static NDIS_STATUS PassUp(PLOWER Lower, PNET_PNP_EVENT_NOTIFICATION Notification)
{
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;

    for (PUPPER upper = Lower->Uppers; upper != NULL && status == NDIS_STATUS_SUCCESS; upper = upper->Next)
        if (upper->Handle != NULL)
            status = NdisMNetPnPEvent(upper->Handle, Notification);
    return status;
}

/* The configuration changed: of all virtual adapters, or of one whose device came back. */
static NDIS_STATUS Reconfigure(PNDIS_STRING Only)
{
    ExAcquireFastMutex(&Mux.Lock);
    for (PLIST_ENTRY link = Mux.Lowers.Flink; link != &Mux.Lowers; link = link->Flink) {
        PLOWER lower = CONTAINING_RECORD(link, LOWER, Link);

        if (lower->Closing)
            continue;
        ExReleaseFastMutex(&Mux.Lock);          /* NDIS does not unbind while it is here */
        LowerReadUppers(lower, Only);
        ExAcquireFastMutex(&Mux.Lock);
    }
    ExReleaseFastMutex(&Mux.Lock);
    return NDIS_STATUS_SUCCESS;
}

_Use_decl_annotations_
NDIS_STATUS LowerEvent(NDIS_HANDLE ProtocolBindingContext, PNET_PNP_EVENT_NOTIFICATION NetPnPEventNotification)
{
    PLOWER lower = ProtocolBindingContext;
    NET_PNP_EVENT *event = &NetPnPEventNotification->NetPnPEvent;

    switch (event->NetEvent) {
    case NetEventPause:
        Pause(lower);
        return NDIS_STATUS_SUCCESS;
    case NetEventRestart:
        Restart(lower);
        return NDIS_STATUS_SUCCESS;
    case NetEventSetPower:
        return SetPower(lower, event);
    case NetEventReconfigure:
        return Reconfigure(NULL);
    case NetEventIMReEnableDevice:
        return Reconfigure(event->Buffer);
    case NetEventQueryPower:
    case NetEventQueryRemoveDevice:
    case NetEventCancelRemoveDevice:
        return PassUp(lower, NetPnPEventNotification);
    default:
        return NDIS_STATUS_SUCCESS;
    }
}

/* ---- status ---- */

static VOID Forward(PUPPER Upper, PNDIS_STATUS_INDICATION StatusIndication)
{
    NDIS_STATUS_INDICATION own = *StatusIndication;

    if (Upper->Handle == NULL)
        return;
    own.SourceHandle = Upper->Handle;
    own.DestinationHandle = NULL;
    own.RequestId = NULL;
    NdisMIndicateStatusEx(Upper->Handle, &own);
}

_Use_decl_annotations_
VOID LowerStatus(NDIS_HANDLE ProtocolBindingContext, PNDIS_STATUS_INDICATION StatusIndication)
{
    PLOWER lower = ProtocolBindingContext;
    PUPPER upper;

    switch (StatusIndication->StatusCode) {
    case NDIS_STATUS_LINK_STATE:
        if (StatusIndication->StatusBufferSize < NDIS_SIZEOF_LINK_STATE_REVISION_1)
            return;
        lower->Link_ = *(PNDIS_LINK_STATE)StatusIndication->StatusBuffer;
        for (upper = lower->Uppers; upper != NULL; upper = upper->Next)
            UpperIndicateLink(upper);
        return;
    case NDIS_STATUS_RESET_START:
    case NDIS_STATUS_RESET_END:
        return;                         /* those above have virtual adapters, and these do not reset */
    default:
        upper = lower->Uppers;
        if (upper != NULL && MuxIsTransparent(upper))
            Forward(upper, StatusIndication);
    }
}
