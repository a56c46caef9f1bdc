/* Requests: SCSI commands of small disks, and what the tests ask. */
#include "storcheck.h"

VOID StorCheckComplete(PSTORCHECK Device, PSCSI_REQUEST_BLOCK Srb, UCHAR Status)
{
    SrbSetSrbStatus(Srb, Status);
    StorPortNotification(RequestComplete, Device, Srb);
}

static PSCSI_REQUEST_BLOCK TakeKept(PSTORCHECK device)
{
    PSCSI_REQUEST_BLOCK srb = NULL;
    STOR_LOCK_HANDLE lock;

    StorPortAcquireSpinLock(device, DpcLock, &device->Dpc, &lock);
    if (device->KeptCount != 0)
        srb = device->Kept[--device->KeptCount];
    StorPortReleaseSpinLock(device, &lock);
    return srb;
}

static BOOLEAN Keep(PSTORCHECK device, PSCSI_REQUEST_BLOCK srb)
{
    STOR_LOCK_HANDLE lock;
    BOOLEAN room;

    StorPortAcquireSpinLock(device, DpcLock, &device->Dpc, &lock);
    room = device->KeptCount < STORCHECK_KEPT;
    if (room)
        device->Kept[device->KeptCount++] = srb;
    StorPortReleaseSpinLock(device, &lock);
    return room;
}

VOID StorCheckCompleteKept(PSTORCHECK Device, UCHAR Status)
{
    PSCSI_REQUEST_BLOCK srb;

    while ((srb = TakeKept(Device)) != NULL)
        StorCheckComplete(Device, srb, Status == SRB_STATUS_SUCCESS ? StorCheckExecute(Device, srb) : Status);
}

static VOID LaterTimer(PVOID extension, PVOID context)
{
    PSTORCHECK device = extension;

    UNREFERENCED_PARAMETER(context);
    StorPortIssueDpc(extension, &device->Dpc, NULL, NULL);
}

/* TRUE: it is done with, or will be. */
static BOOLEAN Misbehave(PSTORCHECK device, PSCSI_REQUEST_BLOCK srb)
{
    PCDB cdb = SrbGetCdb(srb);
    LONG mode = device->Mode;
    BOOLEAN read = cdb->CDB6GENERIC.OperationCode == SCSIOP_READ || cdb->CDB6GENERIC.OperationCode == SCSIOP_READ16;

    if (!read || SrbGetLun(srb) != 0)
        return FALSE;
    if (InterlockedDecrement(&device->ModeCount) < 0) {
        InterlockedIncrement(&device->ModeCount);
        return FALSE;
    }
    switch (mode) {
    case StorCheckBusy:
        StorCheckComplete(device, srb, SRB_STATUS_BUSY);
        return TRUE;
    case StorCheckAnswerTwice:
        StorCheckComplete(device, srb, StorCheckExecute(device, srb));
        StorPortNotification(RequestComplete, device, srb);
        return TRUE;
    case StorCheckKeep:
    case StorCheckLater:
        if (!Keep(device, srb))
            return FALSE;
        if (mode == StorCheckLater)
            StorPortRequestTimer(device, device->Timer, LaterTimer, NULL, 1000, 0);
        return TRUE;
    default:
        return FALSE;
    }
}

/* --- what the tests ask ---------------------------------------------------------------------------------------------------- */

static CHECK_ROUTINE *const Checks[] = {
    [StorCheckPool] = CheckPool,
    [StorCheckMdl] = CheckMdl,
    [StorCheckContiguous] = CheckContiguous,
    [StorCheckTimers] = CheckTimers,
    [StorCheckLocks] = CheckLocks,
    [StorCheckLists] = CheckLists,
    [StorCheckEvents] = CheckEvents,
    [StorCheckDpc] = CheckDpc,
    [StorCheckThreads] = CheckThreads,
    [StorCheckProcessors] = CheckProcessors,
    [StorCheckRegistry] = CheckRegistry,
    [StorCheckAdapterKey] = CheckAdapterKey,
    [StorCheckPerformance] = CheckPerformance,
    [StorCheckSystem] = CheckSystem,
    [StorCheckLogs] = CheckLogs,
    [StorCheckMissing] = CheckMissing,
    [StorCheckRequest] = CheckRequest,
    [StorCheckQueues] = CheckQueues,
    [StorCheckPower] = CheckPower,
    [StorCheckSettings] = CheckSettings,
    [StorCheckHostMemory] = CheckHostMemory,
};

static VOID Work(PVOID extension, PVOID context, PVOID worker)
{
    CHECK_CONTEXT check = { .Device = extension, .Srb = context };
    PSTORCHECK_REQUEST request = SrbGetDataBuffer(check.Srb);

    request->Result = Checks[request->Argument](&check);
    StorPortFreeWorker(extension, worker);
    StorCheckComplete(extension, context, SRB_STATUS_SUCCESS);
}

static UCHAR RunCheck(PSTORCHECK device, PSCSI_REQUEST_BLOCK srb, PSTORCHECK_REQUEST request)
{
    PVOID worker;

    if (request->Argument >= StorCheckMax)
        return SRB_STATUS_INVALID_REQUEST;
    if (StorPortInitializeWorker(device, &worker) != STOR_STATUS_SUCCESS)
        return SRB_STATUS_ERROR;
    if (StorPortQueueWorkItem(device, Work, worker, srb) == STOR_STATUS_SUCCESS)
        return SRB_STATUS_PENDING;
    StorPortFreeWorker(device, worker);
    return SRB_STATUS_ERROR;
}

static UCHAR IoControl(PSTORCHECK device, PSCSI_REQUEST_BLOCK srb)
{
    PSTORCHECK_REQUEST request = SrbGetDataBuffer(srb);

    if (SrbGetDataTransferLength(srb) < sizeof(*request) ||
        RtlCompareMemory(request->Header.Signature, STORCHECK_SIGNATURE, sizeof(request->Header.Signature)) !=
            sizeof(request->Header.Signature))
        return SRB_STATUS_INVALID_REQUEST;
    switch (request->Header.ControlCode) {
    case STORCHECK_CODE_RUN:
        return RunCheck(device, srb, request);
    case STORCHECK_CODE_MODE:
        device->Mode = (LONG)request->Argument;
        device->ModeCount = (LONG)request->Count;
        return SRB_STATUS_SUCCESS;
    case STORCHECK_CODE_UNITS:
        device->Units = request->Argument;
        StorPortNotification(BusChangeDetected, device, 0);
        return SRB_STATUS_SUCCESS;
    case STORCHECK_CODE_COUNTS:
        request->Result = device->UnitResets;
        request->Second = device->BusResets;
        return SRB_STATUS_SUCCESS;
    default:
        return SRB_STATUS_INVALID_REQUEST;
    }
}

BOOLEAN StorCheckStartIo(PVOID extension, PSCSI_REQUEST_BLOCK srb)
{
    PSTORCHECK device = extension;
    UCHAR status;

    switch (SrbGetSrbFunction(srb)) {
    case SRB_FUNCTION_EXECUTE_SCSI:
        if (Misbehave(device, srb))
            return TRUE;
        status = StorCheckExecute(device, srb);
        break;
    case SRB_FUNCTION_IO_CONTROL:
        status = IoControl(device, srb);
        break;
    case SRB_FUNCTION_WMI:
        if (StorCheckWmi(device, srb))
            return TRUE;
        status = SRB_STATUS_INVALID_REQUEST;
        break;
    case SRB_FUNCTION_RESET_LOGICAL_UNIT:
    case SRB_FUNCTION_RESET_DEVICE:
        device->UnitResets++;
        StorCheckCompleteKept(device, SRB_STATUS_BUS_RESET);
        status = SRB_STATUS_SUCCESS;
        break;
    case SRB_FUNCTION_FLUSH:
    case SRB_FUNCTION_SHUTDOWN:
        status = SRB_STATUS_SUCCESS;
        break;
    default:
        status = SRB_STATUS_INVALID_REQUEST;
    }
    if (status != SRB_STATUS_PENDING)
        StorCheckComplete(device, srb, status);
    return TRUE;
}
