/* From SRB to descriptors, and back. */
#include "adapter.h"
#include <srbhelper.h>

_Use_decl_annotations_
VOID VscsiComplete(PVSCSI_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb, UCHAR status)
{
    SrbSetSrbStatus(srb, status);
    StorPortNotification(RequestComplete, adapter, srb);
}

/* The extension with its physical address; NULL when it does not lie in one piece (the SRB is completed then). */
static PVSCSI_REQUEST Prepare(PVSCSI_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb)
{
    PVSCSI_REQUEST request = SrbGetMiniportContext(srb);
    ULONG length = 0;

    request->Physical = (ULONG64)StorPortGetPhysicalAddress(adapter, srb, request, &length).QuadPart;
    if (length < (ULONG)FIELD_OFFSET(VSCSI_REQUEST, Table[adapter->MaxSegments + 2])) {
        VscsiComplete(adapter, srb, SRB_STATUS_INTERNAL_ERROR);
        return NULL;
    }
    request->Srb = srb;
    request->DescCount = 0;
    return request;
}

static VOID Add(PVSCSI_REQUEST request, ULONG64 address, ULONG length, USHORT flags)
{
    VIRTQ_DESC *desc = &request->Table[request->DescCount++];

    desc->Address = address;
    desc->Length = length;
    desc->Flags = flags | VIRTQ_DESC_NEXT;
    desc->Next = (USHORT)request->DescCount;
}

static VOID AddData(PVSCSI_REQUEST request, PSTOR_SCATTER_GATHER_LIST list, USHORT flags)
{
    for (ULONG i = 0; list != NULL && i < list->NumberOfElements; i++)
        Add(request, (ULONG64)list->List[i].PhysicalAddress.QuadPart, list->List[i].Length, flags);
}

/* One level: format 1, target, unit in flat space addressing. */
static VOID SetLun(PUCHAR lun, PSCSI_REQUEST_BLOCK srb)
{
    RtlZeroMemory(lun, 8);
    lun[0] = 1;
    lun[1] = SrbGetTargetId(srb);
    lun[2] = 0x40;
    lun[3] = SrbGetLun(srb);
}

static UCHAR TaskAttribute(PSCSI_REQUEST_BLOCK srb)
{
    switch (SrbGetRequestAttribute(srb)) {
    case SRB_HEAD_OF_QUEUE_TAG_REQUEST:
        return VIRTIO_SCSI_TASK_HEAD;
    case SRB_ORDERED_QUEUE_TAG_REQUEST:
        return VIRTIO_SCSI_TASK_ORDERED;
    default:
        return VIRTIO_SCSI_TASK_SIMPLE;
    }
}

/* FALSE: the CDB is longer than the device takes. SRB_FUNCTION_FLUSH and SRB_FUNCTION_SHUTDOWN are SYNCHRONIZE CACHE. */
static BOOLEAN SetCdb(PVSCSI_REQUEST request, PSCSI_REQUEST_BLOCK srb)
{
    UCHAR length = SrbGetCdbLength(srb);

    RtlZeroMemory(request->Command.Cdb, sizeof(request->Command.Cdb));
    if (SrbGetSrbFunction(srb) != SRB_FUNCTION_EXECUTE_SCSI) {
        request->Command.Cdb[0] = SCSIOP_SYNCHRONIZE_CACHE;
        return TRUE;
    }
    if (SrbGetCdb(srb) == NULL || length > sizeof(request->Command.Cdb))
        return FALSE;
    RtlCopyMemory(request->Command.Cdb, SrbGetCdb(srb), length);
    return TRUE;
}

_Use_decl_annotations_
BOOLEAN VscsiBuildCommand(PVSCSI_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb)
{
    ULONG direction = SrbGetSrbFlags(srb) & SRB_FLAGS_UNSPECIFIED_DIRECTION, length = SrbGetDataTransferLength(srb);
    BOOLEAN moves = SrbGetSrbFunction(srb) == SRB_FUNCTION_EXECUTE_SCSI && direction != 0 && length != 0;
    PSTOR_SCATTER_GATHER_LIST list = moves ? StorPortGetScatterGatherList(adapter, srb) : NULL;
    PVSCSI_REQUEST request;

    if (direction == SRB_FLAGS_UNSPECIFIED_DIRECTION || (moves && (list == NULL || list->NumberOfElements > adapter->MaxSegments))) {
        VscsiComplete(adapter, srb, SRB_STATUS_INVALID_REQUEST);
        return FALSE;
    }
    request = Prepare(adapter, srb);
    if (request == NULL)
        return FALSE;
    if (!SetCdb(request, srb)) {
        VscsiComplete(adapter, srb, SRB_STATUS_INVALID_REQUEST);
        return FALSE;
    }
    request->Management = FALSE;
    SetLun(request->Command.Lun, srb);
    request->Command.Id = request->Physical;
    request->Command.TaskAttribute = TaskAttribute(srb);
    request->Command.Priority = request->Command.Crn = 0;
    RtlZeroMemory(&request->Answer, FIELD_OFFSET(VIRTIO_SCSI_ANSWER, Sense));
    request->Answer.Response = VIRTIO_SCSI_S_NONE;
    Add(request, request->Physical + FIELD_OFFSET(VSCSI_REQUEST, Command), sizeof(request->Command), 0);
    if (direction == SRB_FLAGS_DATA_OUT)
        AddData(request, list, 0);
    Add(request, request->Physical + FIELD_OFFSET(VSCSI_REQUEST, Answer), sizeof(request->Answer), VIRTQ_DESC_WRITE);
    if (direction == SRB_FLAGS_DATA_IN)
        AddData(request, list, VIRTQ_DESC_WRITE);
    request->Table[request->DescCount - 1].Flags &= ~VIRTQ_DESC_NEXT;
    return TRUE;
}

_Use_decl_annotations_
BOOLEAN VscsiBuildManagement(PVSCSI_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb, ULONG subtype, ULONG64 id)
{
    PVSCSI_REQUEST request = Prepare(adapter, srb);

    if (request == NULL)
        return FALSE;
    request->Management = TRUE;
    request->Response = VIRTIO_SCSI_S_NONE;
    request->Tmf.Type = VIRTIO_SCSI_T_TMF;
    request->Tmf.Subtype = subtype;
    SetLun(request->Tmf.Lun, srb);
    request->Tmf.Id = id;
    Add(request, request->Physical + FIELD_OFFSET(VSCSI_REQUEST, Tmf), sizeof(request->Tmf), 0);
    Add(request, request->Physical + FIELD_OFFSET(VSCSI_REQUEST, Response), sizeof(request->Response), VIRTQ_DESC_WRITE);
    request->Table[request->DescCount - 1].Flags &= ~VIRTQ_DESC_NEXT;
    return TRUE;
}

/* ---- answers ---- */

/* TRUE: the initiator has it. */
static BOOLEAN CopySense(PSCSI_REQUEST_BLOCK srb, const VIRTIO_SCSI_ANSWER *answer)
{
    PVOID sense = SrbGetSenseInfoBuffer(srb);
    UCHAR room = SrbGetSenseInfoBufferLength(srb);
    ULONG length = min(min(answer->SenseLength, (ULONG)sizeof(answer->Sense)), (ULONG)room);

    if (sense == NULL || length == 0 || (SrbGetSrbFlags(srb) & SRB_FLAGS_DISABLE_AUTOSENSE) != 0)
        return FALSE;
    RtlCopyMemory(sense, answer->Sense, length);
    SrbSetSenseInfoBufferLength(srb, (UCHAR)length);
    return TRUE;
}

/* The device has run the command and says how it went. */
static UCHAR JudgeStatus(PSCSI_REQUEST_BLOCK srb, const VIRTIO_SCSI_ANSWER *answer, BOOLEAN shorter)
{
    SrbSetScsiStatus(srb, answer->Status);
    switch (answer->Status) {
    case SCSISTAT_GOOD:
    case SCSISTAT_CONDITION_MET:
        return shorter ? SRB_STATUS_DATA_OVERRUN : SRB_STATUS_SUCCESS;
    case SCSISTAT_CHECK_CONDITION:
        return CopySense(srb, answer) ? SRB_STATUS_ERROR | SRB_STATUS_AUTOSENSE_VALID : SRB_STATUS_ERROR;
    case SCSISTAT_BUSY:
    case SCSISTAT_QUEUE_FULL:
        return SRB_STATUS_BUSY;
    default:
        return SRB_STATUS_ERROR;
    }
}

static UCHAR JudgeCommand(PSCSI_REQUEST_BLOCK srb, const VIRTIO_SCSI_ANSWER *answer)
{
    ULONG length = SrbGetDataTransferLength(srb), residual = min(answer->Residual, length);

    switch (answer->Response) {
    case VIRTIO_SCSI_S_OK:
        SrbSetDataTransferLength(srb, length - residual);
        return JudgeStatus(srb, answer, residual != 0);
    case VIRTIO_SCSI_S_OVERRUN:
        SrbSetDataTransferLength(srb, length - residual);
        return SRB_STATUS_DATA_OVERRUN;
    case VIRTIO_SCSI_S_ABORTED:
        return SRB_STATUS_ABORTED;
    case VIRTIO_SCSI_S_BAD_TARGET:
    case VIRTIO_SCSI_S_INCORRECT_LUN:
        return SRB_STATUS_NO_DEVICE;
    case VIRTIO_SCSI_S_RESET:
        return SRB_STATUS_BUS_RESET;
    case VIRTIO_SCSI_S_BUSY:
        return SRB_STATUS_BUSY;
    case VIRTIO_SCSI_S_TRANSPORT_FAILURE:
        return SRB_STATUS_SELECTION_TIMEOUT;
    default:
        return SRB_STATUS_ERROR;
    }
}

/* SRB_FUNCTION_FLUSH and SRB_FUNCTION_SHUTDOWN have neither data nor sense. */
static UCHAR JudgeFlush(const VIRTIO_SCSI_ANSWER *answer)
{
    if (answer->Response == VIRTIO_SCSI_S_OK)
        return answer->Status == SCSISTAT_GOOD ? SRB_STATUS_SUCCESS : SRB_STATUS_ERROR;
    return answer->Response == VIRTIO_SCSI_S_RESET ? SRB_STATUS_BUS_RESET : SRB_STATUS_ERROR;
}

static UCHAR JudgeManagement(UCHAR response)
{
    if (response == VIRTIO_SCSI_S_OK || response == VIRTIO_SCSI_S_FUNCTION_SUCCEEDED)
        return SRB_STATUS_SUCCESS;
    return response == VIRTIO_SCSI_S_BAD_TARGET || response == VIRTIO_SCSI_S_INCORRECT_LUN ? SRB_STATUS_NO_DEVICE : SRB_STATUS_ERROR;
}

_Use_decl_annotations_
VOID VscsiAnswered(PVSCSI_ADAPTER adapter, PVSCSI_REQUEST request)
{
    PSCSI_REQUEST_BLOCK srb = request->Srb;

    if (request->Management)
        VscsiComplete(adapter, srb, JudgeManagement(request->Response));
    else if (SrbGetSrbFunction(srb) == SRB_FUNCTION_EXECUTE_SCSI)
        VscsiComplete(adapter, srb, JudgeCommand(srb, &request->Answer));
    else
        VscsiComplete(adapter, srb, JudgeFlush(&request->Answer));
}
