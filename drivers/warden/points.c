/* The four places in the filtering engine. */
#define INITGUID
#include "warden.h"

static const GUID SubLayer = { 0x2f7c5d90, 0x61b4, 0x4e0a, { 0x9b, 0x3d, 0x71, 0xc4, 0x05, 0xe8, 0x12, 0xa0 } };
static const struct {
    GUID Callout;
    const GUID *Layer;
} Points[] = {
    { { 0x2f7c5d90, 0x61b4, 0x4e0a, { 0x9b, 0x3d, 0x71, 0xc4, 0x05, 0xe8, 0x12, 0xa1 } }, &FWPM_LAYER_ALE_AUTH_CONNECT_V4 },
    { { 0x2f7c5d90, 0x61b4, 0x4e0a, { 0x9b, 0x3d, 0x71, 0xc4, 0x05, 0xe8, 0x12, 0xa2 } }, &FWPM_LAYER_ALE_AUTH_CONNECT_V6 },
    { { 0x2f7c5d90, 0x61b4, 0x4e0a, { 0x9b, 0x3d, 0x71, 0xc4, 0x05, 0xe8, 0x12, 0xa3 } }, &FWPM_LAYER_ALE_AUTH_RECV_ACCEPT_V4 },
    { { 0x2f7c5d90, 0x61b4, 0x4e0a, { 0x9b, 0x3d, 0x71, 0xc4, 0x05, 0xe8, 0x12, 0xa4 } }, &FWPM_LAYER_ALE_AUTH_RECV_ACCEPT_V6 },
};

static WFP_CALLOUTS Callouts;
static WFP_FOLLOWER Engine;

static NTSTATUS AddPoints(_In_ PDEVICE_OBJECT Device)
{
    NTSTATUS status = WfpCalloutsBegin(&Callouts, Device, L"warden", &SubLayer, 0x9000);
    UINT32 id;

    for (ULONG n = 0; NT_SUCCESS(status) && n < ARRAYSIZE(Points); n++) {
        status = WfpCalloutsAdd(&Callouts, &Points[n].Callout, Points[n].Layer, Decide, &id);
        if (NT_SUCCESS(status))
            status = WfpCalloutsFilter(&Callouts, Points[n].Layer, &Points[n].Callout, FWP_ACTION_CALLOUT_UNKNOWN, 0, NULL, 0);
    }
    return NT_SUCCESS(status) ? WfpCalloutsCommit(&Callouts) : status;
}

static VOID RemovePoints(VOID)
{
    WfpCalloutsEnd(&Callouts);
}

_Use_decl_annotations_
NTSTATUS PointsStart(PDEVICE_OBJECT Device)
{
    return WfpEngineFollow(&Engine, Device, AddPoints, RemovePoints);
}

VOID PointsStop(VOID)
{
    PendStop();                         /* while the callouts are there: what is completed is classified again */
    WfpEngineLeave(&Engine);
    PendForget();
}
