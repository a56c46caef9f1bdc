#include "adapter.h"

#include "attributes.h"
#include "hardware.h"
#include "segment.h"

#define HANG_CHECKS 2

/* ---- what is outstanding ---- */

_Use_decl_annotations_
VOID VioNetRelease(PVIONET_ADAPTER adapter, LONG count)
{
    if (InterlockedExchangeAdd(&adapter->Outstanding, -count) != count)
        return;
    if (InterlockedCompareExchange(&adapter->State, VioNetPaused, VioNetPausing) == VioNetPausing)
        NdisMPauseComplete(adapter->Handle);
}

_Use_decl_annotations_
BOOLEAN VioNetHold(PVIONET_ADAPTER adapter, LONG count)
{
    InterlockedExchangeAdd(&adapter->Outstanding, count);
    if (adapter->State == VioNetRunning)
        return TRUE;
    VioNetRelease(adapter, count);
    return FALSE;
}

/* ---- initialize and halt ---- */

static NDIS_STATUS RegisterDma(PVIONET_ADAPTER adapter)
{
    NDIS_SG_DMA_DESCRIPTION description;
    NDIS_STATUS status;

    RtlZeroMemory(&description, sizeof(description));
    description.Header.Type = NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION;
    description.Header.Revision = NDIS_SG_DMA_DESCRIPTION_REVISION_1;
    description.Header.Size = NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_1;
    description.Flags = NDIS_SG_DMA_64_BIT_ADDRESS;
    description.MaximumPhysicalMapping = VioNetSegmentMaxFrame(adapter);
    description.ProcessSGListHandler = VioNetProcessSgList;
    status = NdisMRegisterScatterGatherDma(adapter->Handle, &description, &adapter->DmaHandle);
    if (status != NDIS_STATUS_SUCCESS)
        adapter->DmaHandle = NULL;
    /* Each packet's list memory starts aligned for pointers and addresses. */
    adapter->SgListSize = (description.ScatterGatherListSize + 15) & ~15u;
    return status;
}

static NDIS_STATUS CreatePair(PVIONET_ADAPTER adapter, ULONG pair)
{
    NDIS_STATUS status = VioNetReceiveCreate(&adapter->Receive[pair], adapter, pair);

    if (status != NDIS_STATUS_SUCCESS)
        return status;
    status = VioNetTransmitCreate(&adapter->Transmit[pair], adapter, pair);
    if (status != NDIS_STATUS_SUCCESS)
        VioNetReceiveDestroy(&adapter->Receive[pair]);
    return status;
}

static VOID DestroyPairs(PVIONET_ADAPTER adapter, ULONG count)
{
    while (count-- != 0) {
        VioNetTransmitDestroy(&adapter->Transmit[count]);
        VioNetReceiveDestroy(&adapter->Receive[count]);
    }
}

static NDIS_STATUS CreateQueues(PVIONET_ADAPTER adapter)
{
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;
    ULONG pair;

    for (pair = 0; pair < adapter->QueueCount; pair++) {
        status = CreatePair(adapter, pair);
        if (status != NDIS_STATUS_SUCCESS)
            break;
    }
    if (status == NDIS_STATUS_SUCCESS)
        status = VioNetControlCreate(&adapter->Control, adapter);
    if (status != NDIS_STATUS_SUCCESS)
        DestroyPairs(adapter, pair);
    return status;
}

static VOID DestroyQueues(PVIONET_ADAPTER adapter)
{
    VioNetControlDestroy(&adapter->Control);
    DestroyPairs(adapter, adapter->QueueCount);
}

static NDIS_STATUS SetAttributes(PVIONET_ADAPTER adapter)
{
    NDIS_STATUS status = VioNetSetGeneralAttributes(adapter);

    return status == NDIS_STATUS_SUCCESS ? VioNetSetOffloadAttributes(adapter) : status;
}

_Use_decl_annotations_
NDIS_STATUS VioNetInitialize(NDIS_HANDLE handle, NDIS_HANDLE driverContext, PNDIS_MINIPORT_INIT_PARAMETERS parameters)
{
    PVIONET_ADAPTER adapter = VioNetAllocate(handle, sizeof(*adapter));
    NDIS_STATUS status;

    UNREFERENCED_PARAMETER(driverContext);
    if (adapter == NULL)
        return NDIS_STATUS_RESOURCES;
    adapter->Handle = handle;
    adapter->PowerState = NdisDeviceStateD0;
    status = VioNetSetRegistrationAttributes(adapter);
    if (status != NDIS_STATUS_SUCCESS)
        goto free;
    status = VioNetConfigRead(&adapter->Config, handle);
    if (status != NDIS_STATUS_SUCCESS)
        goto free;
    status = VioNetPciCreate(&adapter->Pci, handle, parameters->AllocatedResources);
    if (status != NDIS_STATUS_SUCCESS)
        goto free;
    status = VioNetHardwareNegotiate(adapter);
    if (status != NDIS_STATUS_SUCCESS)
        goto pci;
    VioNetOffloadInitialize(adapter);
    VioNetRssInitialize(adapter);
    adapter->Lookahead = adapter->Mtu;
    status = SetAttributes(adapter);
    if (status != NDIS_STATUS_SUCCESS)
        goto reset;
    status = RegisterDma(adapter);
    if (status != NDIS_STATUS_SUCCESS)
        goto reset;
    status = CreateQueues(adapter);
    if (status != NDIS_STATUS_SUCCESS)
        goto dma;
    status = VioNetInterruptCreate(adapter);
    if (status != NDIS_STATUS_SUCCESS)
        goto queues;
    status = VioNetHardwareStart(adapter);
    if (status != NDIS_STATUS_SUCCESS)
        goto interrupt;
    return NDIS_STATUS_SUCCESS;

interrupt:
    VioNetInterruptDestroy(adapter);
queues:
    DestroyQueues(adapter);
dma:
    NdisMDeregisterScatterGatherDma(adapter->DmaHandle);
reset:
    VioNetTransportReset(&adapter->Pci);
pci:
    VioNetPciDestroy(&adapter->Pci);
free:
    NdisFreeMemory(adapter, 0, 0);
    return status;
}

_Use_decl_annotations_
VOID VioNetHalt(NDIS_HANDLE context, NDIS_HALT_ACTION haltAction)
{
    PVIONET_ADAPTER adapter = context;

    if (haltAction == NdisHaltDeviceSurpriseRemoved)
        adapter->Removed = TRUE;
    VioNetHardwareStop(adapter, NDIS_STATUS_PAUSED);
    VioNetInterruptDestroy(adapter);
    DestroyQueues(adapter);
    NdisMDeregisterScatterGatherDma(adapter->DmaHandle);
    VioNetPciDestroy(&adapter->Pci);
    NdisFreeMemory(adapter, 0, 0);
}

_Use_decl_annotations_
VOID VioNetShutdown(NDIS_HANDLE context, NDIS_SHUTDOWN_ACTION action)
{
    PVIONET_ADAPTER adapter = context;

    UNREFERENCED_PARAMETER(action);     /* at a bug check, too: a reset is all that is safe at any IRQL */
    if (!adapter->Removed)
        VioNetTransportReset(&adapter->Pci);
}

/* ---- pause and restart ---- */

_Use_decl_annotations_
NDIS_STATUS VioNetPause(NDIS_HANDLE context, PNDIS_MINIPORT_PAUSE_PARAMETERS parameters)
{
    PVIONET_ADAPTER adapter = context;

    UNREFERENCED_PARAMETER(parameters);
    if (InterlockedCompareExchange(&adapter->State, VioNetPausing, VioNetRunning) != VioNetRunning)
        return NDIS_STATUS_SUCCESS;     /* it was never restarted */
    for (ULONG pair = 0; pair < adapter->QueueCount; pair++)
        VioNetTransmitFlush(&adapter->Transmit[pair], NDIS_STATUS_PAUSED);
    if (InterlockedExchangeAdd(&adapter->Outstanding, -1) == 1 &&
        InterlockedCompareExchange(&adapter->State, VioNetPaused, VioNetPausing) == VioNetPausing)
        return NDIS_STATUS_SUCCESS;
    return NDIS_STATUS_PENDING;         /* VioNetRelease completes it */
}

_Use_decl_annotations_
NDIS_STATUS VioNetRestart(NDIS_HANDLE context, PNDIS_MINIPORT_RESTART_PARAMETERS parameters)
{
    PVIONET_ADAPTER adapter = context;

    UNREFERENCED_PARAMETER(parameters);
    InterlockedIncrement(&adapter->Outstanding);
    InterlockedExchange(&adapter->State, VioNetRunning);
    if (adapter->HardwareUp && !adapter->Removed)
        VioNetHardwareUpdateLink(adapter, TRUE);    /* no interrupt tells of a change before the device was ready */
    return NDIS_STATUS_SUCCESS;
}

/* ---- reset ---- */

_Use_decl_annotations_
BOOLEAN VioNetCheckForHang(NDIS_HANDLE context)
{
    PVIONET_ADAPTER adapter = context;
    BOOLEAN hangs = FALSE;

    for (ULONG pair = 0; pair < adapter->QueueCount && !adapter->Removed; pair++)
        hangs |= VioNetTransmitHangs(&adapter->Transmit[pair], HANG_CHECKS);
    return hangs;
}

_Use_decl_annotations_
NDIS_STATUS VioNetReset(NDIS_HANDLE context, PBOOLEAN addressingReset)
{
    PVIONET_ADAPTER adapter = context;
    NDIS_STATUS status;

    *addressingReset = FALSE;           /* VioNetHardwareStart sets filter and addresses again */
    if (adapter->Removed)
        return NDIS_STATUS_HARD_ERRORS;
    VioNetHardwareStop(adapter, NDIS_STATUS_RESET_IN_PROGRESS);
    status = VioNetHardwareNegotiate(adapter);
    if (status == NDIS_STATUS_SUCCESS)
        status = VioNetHardwareStart(adapter);
    return status == NDIS_STATUS_SUCCESS ? NDIS_STATUS_SUCCESS : NDIS_STATUS_HARD_ERRORS;
}
