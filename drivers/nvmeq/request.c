/* From SRB to command, and back. */
#include "adapter.h"
#include <srbhelper.h>

#define LIST_BYTES ((ULONG)(NVMEQ_LIST * sizeof(ULONG64)))

_Use_decl_annotations_
VOID NvmeqComplete(PNVMEQ_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb, UCHAR status)
{
    SrbSetSrbStatus(srb, status);
    StorPortNotification(RequestComplete, adapter, srb);
}

_Use_decl_annotations_
PNVMEQ_REQUEST NvmeqPrepare(PNVMEQ_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb, UCHAR opcode)
{
    PNVMEQ_REQUEST request = SrbGetMiniportContext(srb);

    UNREFERENCED_PARAMETER(adapter);
    request->Srb = srb;
    RtlZeroMemory(&request->Command, sizeof(request->Command));
    request->Command.Opcode = opcode;
    request->Command.Namespace = SrbGetLun(srb) + 1u;
    return request;
}

/* The request's memory for a page list or ranges, with its physical address; NULL when it does not lie in one piece. */
static PVOID ListOf(PNVMEQ_ADAPTER adapter, PNVMEQ_REQUEST request, ULONG64 *physical)
{
    ULONG length = 0, skip;

    *physical = (ULONG64)StorPortGetPhysicalAddress(adapter, request->Srb, request->ListSpace, &length).QuadPart;
    skip = (ULONG)(0 - *physical) & (LIST_BYTES - 1);
    *physical += skip;
    return length < skip + LIST_BYTES ? NULL : request->ListSpace + skip;
}

/* Pages of the transfer: the first entry, and those behind it. FALSE: they do not follow the rules for page lists. */
static BOOLEAN FillPages(PNVMEQ_REQUEST request, const STOR_SCATTER_GATHER_LIST *parts, ULONG64 *list, ULONG *count)
{
    *count = 0;
    for (ULONG i = 0; i < parts->NumberOfElements; i++) {
        ULONG64 address = (ULONG64)parts->List[i].PhysicalAddress.QuadPart, end = address + parts->List[i].Length;

        if ((i != 0 && (address & (PAGE_SIZE - 1)) != 0) || (i + 1 != parts->NumberOfElements && (end & (PAGE_SIZE - 1)) != 0))
            return FALSE;
        if (i == 0) {
            request->Command.Prp1 = address;
            address = (address | (PAGE_SIZE - 1)) + 1;
        }
        for (; address < end; address += PAGE_SIZE) {
            if (*count == NVMEQ_LIST)
                return FALSE;
            list[(*count)++] = address;
        }
    }
    return parts->NumberOfElements != 0;
}

_Use_decl_annotations_
BOOLEAN NvmeqBuildTransfer(PNVMEQ_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb, UCHAR opcode, ULONG64 lba, ULONG blocks, BOOLEAN fua)
{
    PNVMEQ_REQUEST request = NvmeqPrepare(adapter, srb, opcode);
    PSTOR_SCATTER_GATHER_LIST parts = StorPortGetScatterGatherList(adapter, srb);
    ULONG64 physical, *list = ListOf(adapter, request, &physical);
    ULONG count;

    if (parts == NULL || list == NULL || !FillPages(request, parts, list, &count)) {
        NvmeqComplete(adapter, srb, SRB_STATUS_INTERNAL_ERROR);
        return FALSE;
    }
    request->Command.Prp2 = count == 0 ? 0 : count == 1 ? list[0] : physical;
    request->Command.Dw10 = (ULONG)lba;
    request->Command.Dw11 = (ULONG)(lba >> 32);
    request->Command.Dw12 = (blocks - 1) | (fua ? IO_FUA : 0);
    return TRUE;
}

_Use_decl_annotations_
BOOLEAN NvmeqBuildFlush(PNVMEQ_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb)
{
    if (!adapter->Controller.WriteCache) {
        NvmeqComplete(adapter, srb, SRB_STATUS_SUCCESS);        /* every write is on the medium when it is answered */
        return FALSE;
    }
    if (!adapter->Namespace[SrbGetLun(srb)].Active) {
        NvmeqComplete(adapter, srb, SRB_STATUS_NO_DEVICE);
        return FALSE;
    }
    NvmeqPrepare(adapter, srb, IO_FLUSH);
    return TRUE;
}

_Use_decl_annotations_
NVME_RANGE *NvmeqBuildUnmap(PNVMEQ_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb)
{
    PNVMEQ_REQUEST request = NvmeqPrepare(adapter, srb, IO_DATASET);
    ULONG64 physical;
    NVME_RANGE *ranges = ListOf(adapter, request, &physical);

    request->Command.Prp1 = physical;
    request->Command.Dw11 = DATASET_DEALLOCATE;
    if (ranges == NULL)
        NvmeqComplete(adapter, srb, SRB_STATUS_INTERNAL_ERROR);
    return ranges;
}

/* ---- answers ---- */

/* Errors with sense data; the others are of the controller, not of the command. */
static const struct {
    USHORT Status;
    UCHAR Key, Code, Qualifier;
} senses[] = {
    { NVME_INVALID_OPCODE, SCSI_SENSE_ILLEGAL_REQUEST, SCSI_ADSENSE_ILLEGAL_COMMAND, 0 },
    { NVME_INVALID_FIELD, SCSI_SENSE_ILLEGAL_REQUEST, SCSI_ADSENSE_INVALID_CDB, 0 },
    { NVME_INVALID_NAMESPACE, SCSI_SENSE_ILLEGAL_REQUEST, SCSI_ADSENSE_INVALID_LUN, 0 },
    { NVME_LBA_RANGE, SCSI_SENSE_ILLEGAL_REQUEST, SCSI_ADSENSE_ILLEGAL_BLOCK, 0 },
    { NVME_WRITE_PROTECTED, SCSI_SENSE_DATA_PROTECT, SCSI_ADSENSE_WRITE_PROTECT, 0 },
    { NVME_CAPACITY_EXCEEDED, SCSI_SENSE_DATA_PROTECT, SCSI_ADSENSE_WRITE_PROTECT, 7 },     /* space allocation failed */
    { NVME_NOT_READY, SCSI_SENSE_NOT_READY, SCSI_ADSENSE_LUN_NOT_READY, 0 },
    { NVME_FORMATTING, SCSI_SENSE_NOT_READY, SCSI_ADSENSE_LUN_NOT_READY, 4 },
    { NVME_WRITE_FAULT, SCSI_SENSE_MEDIUM_ERROR, SCSI_ADSENSE_WRITE_ERROR, 0 },
    { NVME_READ_ERROR, SCSI_SENSE_MEDIUM_ERROR, 0x11, 0 },
    { NVME_COMPARE_FAILED, SCSI_SENSE_MISCOMPARE, 0x1D, 0 },
};

static VOID Fail(PNVMEQ_ADAPTER adapter, PSCSI_REQUEST_BLOCK srb, USHORT status)
{
    if (SrbGetSrbFunction(srb) != SRB_FUNCTION_EXECUTE_SCSI) {
        NvmeqComplete(adapter, srb, SRB_STATUS_ERROR);
        return;
    }
    if (status == NVME_ABORTED || status == NVME_SQ_DELETED || status == NVME_POWER_LOSS) {
        NvmeqComplete(adapter, srb, SRB_STATUS_ABORTED);
        return;
    }
    for (ULONG i = 0; i < ARRAYSIZE(senses); i++)
        if (senses[i].Status == status) {
            NvmeqSense(adapter, srb, senses[i].Key, senses[i].Code, senses[i].Qualifier);
            return;
        }
    NvmeqSense(adapter, srb, SCSI_SENSE_HARDWARE_ERROR, SCSI_ADSENSE_INTERNAL_TARGET_FAILURE, 0);
}

_Use_decl_annotations_
VOID NvmeqAnswered(PNVMEQ_ADAPTER adapter, PNVMEQ_REQUEST request, USHORT status)
{
    if (status != 0) {
        Fail(adapter, request->Srb, status);
        return;
    }
    if (SrbGetSrbFunction(request->Srb) == SRB_FUNCTION_EXECUTE_SCSI)
        SrbSetScsiStatus(request->Srb, SCSISTAT_GOOD);
    NvmeqComplete(adapter, request->Srb, SRB_STATUS_SUCCESS);
}
