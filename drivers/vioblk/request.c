/* From SRB to descriptors, and back. */
#include "adapter.h"
#include <srbhelper.h>

_Use_decl_annotations_
VOID VioBlkComplete(PVIOBLK_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb, UCHAR status)
{
    SrbSetSrbStatus(srb, status);
    StorPortNotification(RequestComplete, adapter, srb);
}

/* The extension with its physical address; NULL when it does not lie in one piece (the SRB is completed then). */
static PVIOBLK_REQUEST Prepare(PVIOBLK_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb, ULONG type, ULONG64 sector)
{
    PVIOBLK_REQUEST request = SrbGetMiniportContext(srb);
    ULONG length = 0;

    request->Physical = (ULONG64)StorPortGetPhysicalAddress(adapter, srb, request, &length).QuadPart;
    if (length < (ULONG)FIELD_OFFSET(VIOBLK_REQUEST, Table[adapter->MaxSegments + 2])) {
        VioBlkComplete(adapter, srb, SRB_STATUS_INTERNAL_ERROR);
        return NULL;
    }
    request->Srb = srb;
    request->DescCount = 0;
    request->FlushAfter = FALSE;
    request->Header.Type = type;
    request->Header.Reserved = 0;
    request->Header.Sector = sector;
    request->Status = 0xFF;
    return request;
}

static VOID Add(PVIOBLK_REQUEST request, ULONG64 address, ULONG length, USHORT flags)
{
    VIRTQ_DESC *desc = &request->Table[request->DescCount++];

    desc->Address = address;
    desc->Length = length;
    desc->Flags = flags | VIRTQ_DESC_NEXT;
    desc->Next = (USHORT)request->DescCount;
}

static VOID AddHeader(PVIOBLK_REQUEST request)
{
    Add(request, request->Physical + FIELD_OFFSET(VIOBLK_REQUEST, Header), sizeof(request->Header), 0);
}

static VOID AddStatus(PVIOBLK_REQUEST request)
{
    Add(request, request->Physical + FIELD_OFFSET(VIOBLK_REQUEST, Status), sizeof(request->Status), VIRTQ_DESC_WRITE);
    request->Table[request->DescCount - 1].Flags &= ~VIRTQ_DESC_NEXT;
}

_Use_decl_annotations_
BOOLEAN VioBlkBuildTransfer(PVIOBLK_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb, BOOLEAN write, ULONG64 lba, BOOLEAN fua)
{
    PSTOR_SCATTER_GATHER_LIST list = StorPortGetScatterGatherList(adapter, srb);
    PVIOBLK_REQUEST request;

    if (list == NULL || list->NumberOfElements > adapter->MaxSegments) {
        VioBlkComplete(adapter, srb, SRB_STATUS_INTERNAL_ERROR);
        return FALSE;
    }
    request = Prepare(adapter, srb, write ? VIRTIO_BLK_T_OUT : VIRTIO_BLK_T_IN, lba * adapter->Disk.SectorsPerBlock);
    if (request == NULL)
        return FALSE;
    AddHeader(request);
    for (ULONG i = 0; i < list->NumberOfElements; i++)
        Add(request, (ULONG64)list->List[i].PhysicalAddress.QuadPart, list->List[i].Length, write ? 0 : VIRTQ_DESC_WRITE);
    AddStatus(request);
    request->FlushAfter = write && fua && (adapter->Disk.Features & VIRTIO_BLK_F_FLUSH) != 0;
    return TRUE;
}

_Use_decl_annotations_
BOOLEAN VioBlkBuildFlush(PVIOBLK_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb)
{
    PVIOBLK_REQUEST request;

    if ((adapter->Disk.Features & VIRTIO_BLK_F_FLUSH) == 0) {
        VioBlkComplete(adapter, srb, SRB_STATUS_SUCCESS);       /* every write is on the medium when it is answered */
        return FALSE;
    }
    request = Prepare(adapter, srb, VIRTIO_BLK_T_FLUSH, 0);
    if (request == NULL)
        return FALSE;
    AddHeader(request);
    AddStatus(request);
    return TRUE;
}

_Use_decl_annotations_
BOOLEAN VioBlkBuildRanges(PVIOBLK_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb, ULONG type, const VIRTIO_BLK_RANGE *ranges, ULONG count)
{
    PVIOBLK_REQUEST request = Prepare(adapter, srb, type, 0);

    if (request == NULL)
        return FALSE;
    RtlCopyMemory(request->Range, ranges, count * sizeof(*ranges));
    AddHeader(request);
    Add(request, request->Physical + FIELD_OFFSET(VIOBLK_REQUEST, Range), count * sizeof(*ranges), 0);
    AddStatus(request);
    return TRUE;
}

/* The same request once more, as a flush. */
static VOID MakeFlush(PVIOBLK_REQUEST request)
{
    request->FlushAfter = FALSE;
    request->DescCount = 0;
    request->Header.Type = VIRTIO_BLK_T_FLUSH;
    request->Header.Sector = 0;
    request->Status = 0xFF;
    AddHeader(request);
    AddStatus(request);
}

static VOID Fail(PVIOBLK_ADAPTER adapter, PVIOBLK_REQUEST request)
{
    PSCSI_REQUEST_BLOCK srb = request->Srb;

    if (SrbGetSrbFunction(srb) != SRB_FUNCTION_EXECUTE_SCSI)
        VioBlkComplete(adapter, srb, SRB_STATUS_ERROR);
    else if (request->Status == VIRTIO_BLK_S_UNSUPP)
        VioBlkSense(adapter, srb, SCSI_SENSE_ILLEGAL_REQUEST, SCSI_ADSENSE_ILLEGAL_COMMAND);
    else if (request->Status == VIRTIO_BLK_S_IOERR)
        VioBlkSense(adapter, srb, SCSI_SENSE_MEDIUM_ERROR, request->Header.Type == VIRTIO_BLK_T_IN ? 0x11 : SCSI_ADSENSE_WRITE_ERROR);
    else
        VioBlkSense(adapter, srb, SCSI_SENSE_HARDWARE_ERROR, SCSI_ADSENSE_INTERNAL_TARGET_FAILURE);
}

_Use_decl_annotations_
BOOLEAN VioBlkAnswered(PVIOBLK_ADAPTER adapter, PVIOBLK_REQUEST request)
{
    if (request->Status != VIRTIO_BLK_S_OK) {
        Fail(adapter, request);
        return TRUE;
    }
    if (request->FlushAfter) {
        MakeFlush(request);
        return FALSE;
    }
    if (SrbGetSrbFunction(request->Srb) == SRB_FUNCTION_EXECUTE_SCSI)
        SrbSetScsiStatus(request->Srb, SCSISTAT_GOOD);
    VioBlkComplete(adapter, request->Srb, SRB_STATUS_SUCCESS);
    return TRUE;
}
