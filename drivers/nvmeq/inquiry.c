/* What the disks say about themselves. Offsets are those of SPC-4 and SBC-3. */
#include "adapter.h"

#define PAGE_HEAD 4
#define MODE_PAGE_CACHING 0x08
#define MODE_PAGE_ALL 0x3F
#define CACHING_BYTES 20
#define CACHING_WRITE_ENABLE 0x04
#define DEVICE_WRITE_PROTECTED 0x80
#define DEVICE_DPOFUA 0x10
#define SERVICE_READ_CAPACITY16 0x10
#define DESIGNATOR_T10 1
#define DESIGNATOR_EUI64 2

static ULONG TextLength(const CHAR *text, ULONG length)
{
    while (length != 0 && (text[length - 1] == ' ' || text[length - 1] == 0))
        length--;
    return length;
}

static ULONG Standard(const NVMEQ_CONTROLLER *controller, PUCHAR to)
{
    ULONG revision = TextLength(controller->Revision, sizeof(controller->Revision));

    to[2] = 6;                          /* SPC-4 */
    to[3] = 2;                          /* response data format */
    to[4] = 36 - 5;
    to[7] = 0x02;                       /* command queuing */
    RtlCopyMemory(to + 8, "NVMe    ", 8);
    RtlCopyMemory(to + 16, controller->Model, 16);
    RtlFillMemory(to + 32, 4, ' ');
    RtlCopyMemory(to + 32, controller->Revision + (revision > 4 ? revision - 4 : 0), min(revision, 4u));
    return 36;
}

static ULONG Page(PUCHAR to, UCHAR code, ULONG length)
{
    to[1] = code;
    NvmeqPut(to + 2, 2, length);
    return PAGE_HEAD + length;
}

/* The controller's number; disks after the first add their own. */
static ULONG SerialNumber(const NVMEQ_CONTROLLER *controller, UCHAR lun, PUCHAR to)
{
    ULONG length = TextLength(controller->Serial, sizeof(controller->Serial));

    RtlCopyMemory(to, controller->Serial, length);
    if (lun != 0) {
        to[length++] = '_';
        to[length++] = (UCHAR)('0' + (lun + 1) / 10);
        to[length++] = (UCHAR)('0' + (lun + 1) % 10);
    }
    return length;
}

static ULONG Identification(const NVMEQ_ADAPTER *adapter, UCHAR lun, PUCHAR to)
{
    const UCHAR *eui = adapter->Namespace[lun].Eui64;
    PUCHAR at = to + PAGE_HEAD;
    ULONG length;

    if (NvmeqGet(eui, 8) != 0) {
        at[0] = 1;                      /* binary */
        at[1] = DESIGNATOR_EUI64;
        at[3] = 8;
        RtlCopyMemory(at + 4, eui, 8);
        return Page(to, 0x83, 12);
    }
    at[0] = 2;                          /* ASCII */
    at[1] = DESIGNATOR_T10;
    RtlCopyMemory(at + 4, "NVMe    ", 8);
    length = 8 + SerialNumber(&adapter->Controller, lun, at + 12);
    at[3] = (UCHAR)length;
    return Page(to, 0x83, 4 + length);
}

static ULONG BlockLimits(const NVMEQ_ADAPTER *adapter, UCHAR lun, PUCHAR to)
{
    BOOLEAN unmap = (adapter->Controller.Commands & ONCS_DATASET) != 0, zeroes = (adapter->Controller.Commands & ONCS_ZEROES) != 0;

    to[4] = zeroes;                     /* WRITE SAME has no length 0 */
    NvmeqPut(to + 8, 4, adapter->Controller.MaximumTransfer >> adapter->Namespace[lun].BlockShift);
    NvmeqPut(to + 20, 4, unmap ? 0xFFFFFFFFu : 0);
    NvmeqPut(to + 24, 4, unmap ? NVMEQ_RANGES : 0);
    NvmeqPut(to + 36, 8, zeroes ? 0x10000 : 0);
    return Page(to, 0xB0, 0x3C);
}

static ULONG Inquiry(const NVMEQ_ADAPTER *adapter, UCHAR lun, const UCHAR *cdb, PUCHAR to)
{
    static const UCHAR pages[] = { 0x00, 0x80, 0x83, 0xB0, 0xB1, 0xB2 };

    if ((cdb[1] & 1) == 0)
        return cdb[2] == 0 ? Standard(&adapter->Controller, to) : 0;
    switch (cdb[2]) {
    case 0x00:
        RtlCopyMemory(to + PAGE_HEAD, pages, sizeof(pages));
        return Page(to, 0x00, sizeof(pages));
    case 0x80:
        return Page(to, 0x80, SerialNumber(&adapter->Controller, lun, to + PAGE_HEAD));
    case 0x83:
        return Identification(adapter, lun, to);
    case 0xB0:
        return BlockLimits(adapter, lun, to);
    case 0xB1:
        NvmeqPut(to + 4, 2, 1);         /* does not rotate */
        return Page(to, 0xB1, 0x3C);
    case 0xB2:
        to[5] = (adapter->Controller.Commands & ONCS_DATASET) != 0 ? 0x80 : 0;
        to[6] = (adapter->Controller.Commands & ONCS_DATASET) != 0 ? 2 : 0;     /* thin */
        return Page(to, 0xB2, 4);
    default:
        return 0;
    }
}

/* No block descriptors; the caching page, as it is or (changeable values) all zero. */
static ULONG ModeSense(const NVMEQ_ADAPTER *adapter, UCHAR lun, const UCHAR *cdb, PUCHAR to)
{
    ULONG head = cdb[0] == SCSIOP_MODE_SENSE10 ? 8 : 4, length = head + CACHING_BYTES;
    UCHAR page = cdb[2] & 0x3F, control = cdb[2] >> 6;
    UCHAR device = DEVICE_DPOFUA | (adapter->Namespace[lun].ReadOnly ? DEVICE_WRITE_PROTECTED : 0);

    if ((page != MODE_PAGE_CACHING && page != MODE_PAGE_ALL) || control == 3 || (cdb[3] != 0 && cdb[3] != 0xFF))
        return 0;
    to[head] = MODE_PAGE_CACHING;
    to[head + 1] = CACHING_BYTES - 2;
    to[head + 2] = control != 1 && adapter->Controller.WriteCache ? CACHING_WRITE_ENABLE : 0;
    if (head == 4) {
        to[0] = (UCHAR)(length - 1);
        to[2] = device;
    } else {
        NvmeqPut(to, 2, length - 2);
        to[3] = device;
    }
    return length;
}

static ULONG Capacity(const NVMEQ_ADAPTER *adapter, UCHAR lun, const UCHAR *cdb, PUCHAR to)
{
    const NVMEQ_NAMESPACE *space = &adapter->Namespace[lun];

    if (cdb[0] == SCSIOP_READ_CAPACITY) {
        NvmeqPut(to, 4, min(space->Blocks - 1, 0xFFFFFFFFull));
        NvmeqPut(to + 4, 4, 1u << space->BlockShift);
        return 8;
    }
    if ((cdb[1] & 0x1F) != SERVICE_READ_CAPACITY16)
        return 0;
    NvmeqPut(to, 8, space->Blocks - 1);
    NvmeqPut(to + 8, 4, 1u << space->BlockShift);
    to[14] = (adapter->Controller.Commands & ONCS_DATASET) != 0 ? 0x80 : 0;     /* provisioning is managed */
    return 32;
}

static ULONG Luns(const NVMEQ_ADAPTER *adapter, PUCHAR to)
{
    ULONG length = 0;

    for (ULONG lun = 0; lun < NVMEQ_NAMESPACES; lun++)
        if (adapter->Namespace[lun].Active) {
            to[8 + length + 1] = (UCHAR)lun;
            length += 8;
        }
    NvmeqPut(to, 4, length);
    return 8 + length;
}

_Use_decl_annotations_
ULONG NvmeqDescribe(const NVMEQ_ADAPTER *adapter, UCHAR lun, const UCHAR *cdb, PUCHAR to)
{
    RtlZeroMemory(to, 256);
    switch (cdb[0]) {
    case SCSIOP_INQUIRY:
        return Inquiry(adapter, lun, cdb, to);
    case SCSIOP_MODE_SENSE:
    case SCSIOP_MODE_SENSE10:
        return ModeSense(adapter, lun, cdb, to);
    case SCSIOP_READ_CAPACITY:
    case SCSIOP_SERVICE_ACTION_IN16:
        return Capacity(adapter, lun, cdb, to);
    case SCSIOP_REPORT_LUNS:
        return Luns(adapter, to);
    case SCSIOP_REQUEST_SENSE:
        to[0] = SCSI_SENSE_ERRORCODE_FIXED_CURRENT;
        to[7] = 10;                     /* no sense */
        return 18;
    default:
        return 0;
    }
}
