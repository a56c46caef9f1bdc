/* The port: start and stop, commands into slots, answers, recovery after errors (AHCI 1.3.1, chapters 5, 6 and 10). */
#include "sata.h"

#define WAIT_STEP_US 10
#define COMMAND_WAIT_MS 3000
#define LINK_WAIT_MS 1000

static ULONG64 PhysicalOf(PSATA_ADAPTER adapter, PVOID at)
{
    return adapter->Physical + (ULONG64)((PUCHAR)at - (PUCHAR)adapter->Shared);
}

/* ---- waiting, for what is over in microseconds ---- */

static BOOLEAN WaitFor(PSATA_ADAPTER adapter, PULONG at, ULONG bits, ULONG value, ULONG milliseconds)
{
    for (ULONG i = 0; i < milliseconds * (1000 / WAIT_STEP_US); i++) {
        ULONG now = SataGet(adapter, at);

        if ((now & bits) == value)
            return TRUE;
        if (now == 0xFFFFFFFFu)
            return FALSE;               /* the card is gone */
        StorPortStallExecution(WAIT_STEP_US);
    }
    return FALSE;
}

_Use_decl_annotations_
VOID SataStopPort(PSATA_ADAPTER adapter)
{
    PULONG port = adapter->Port;

    if (port == NULL || adapter->Gone)
        return;
    SataSet(adapter, port + PX_IE, 0);
    SataSet(adapter, port + PX_CMD, SataGet(adapter, port + PX_CMD) & ~CMD_START);
    WaitFor(adapter, port + PX_CMD, CMD_LIST_RUNS, 0, 500);
}

static BOOLEAN ResetLink(PSATA_ADAPTER adapter)
{
    PULONG port = adapter->Port;

    SataSet(adapter, port + PX_SCTL, 0x301);            /* reset, no power management of the link */
    StorPortStallExecution(1000);
    SataSet(adapter, port + PX_SCTL, 0x300);
    if (!WaitFor(adapter, port + PX_SSTS, 15, 3, LINK_WAIT_MS))
        return FALSE;
    SataSet(adapter, port + PX_SERR, 0xFFFFFFFFu);
    return WaitFor(adapter, port + PX_TFD, TFD_BUSY, 0, COMMAND_WAIT_MS);
}

static VOID StartList(PSATA_ADAPTER adapter)
{
    PULONG port = adapter->Port;

    SataSet(adapter, port + PX_SERR, 0xFFFFFFFFu);
    SataSet(adapter, port + PX_IS, 0xFFFFFFFFu);
    SataSet(adapter, adapter->Registers + HBA_IS, 1u << adapter->PortNumber);
    SataSet(adapter, port + PX_CMD, SataGet(adapter, port + PX_CMD) | CMD_START);
}

_Use_decl_annotations_
VOID SataUnmask(PSATA_ADAPTER adapter)
{
    SataSet(adapter, adapter->Port + PX_IE, IS_WANTED);
    SataSet(adapter, adapter->Registers + HBA_GHC, GHC_AHCI | GHC_INTERRUPTS);
}

/* ---- commands ---- */

static VOID SetHeader(PSATA_ADAPTER adapter, ULONG slot, BOOLEAN write, ULONG regions)
{
    ULONG *header = adapter->Shared->List[slot];
    ULONG64 table = PhysicalOf(adapter, adapter->Shared->Table[slot]);

    header[0] = 5 | (write ? 0x40u : 0) | regions << 16;
    header[1] = 0;
    header[2] = (ULONG)table;
    header[3] = (ULONG)(table >> 32);
}

static VOID SetRegion(PSATA_ADAPTER adapter, ULONG slot, ULONG n, ULONG64 physical, ULONG length)
{
    ULONG *region = (ULONG *)(adapter->Shared->Table[slot] + 0x80) + 4 * n;

    region[0] = (ULONG)physical;
    region[1] = (ULONG)(physical >> 32);
    region[2] = 0;
    region[3] = length - 1;
}

/* The register FIS. A queued command has its count where others have the feature, and its slot where they have the count. */
static VOID SetCommand(PSATA_ADAPTER adapter, ULONG slot, UCHAR command, USHORT feature, ULONG64 lba, ULONG count, UCHAR device)
{
    PUCHAR fis = adapter->Shared->Table[slot];

    RtlZeroMemory(fis, 64);
    fis[0] = 0x27;
    fis[1] = 0x80;
    fis[2] = command;
    fis[3] = (UCHAR)feature;
    fis[4] = (UCHAR)lba;
    fis[5] = (UCHAR)(lba >> 8);
    fis[6] = (UCHAR)(lba >> 16);
    fis[7] = device;
    fis[8] = (UCHAR)(lba >> 24);
    fis[9] = (UCHAR)(lba >> 32);
    fis[10] = (UCHAR)(lba >> 40);
    fis[11] = (UCHAR)(feature >> 8);
    fis[12] = (UCHAR)count;
    fis[13] = (UCHAR)(count >> 8);
}

/* With interrupts masked and nothing under way: a block of 512 bytes from the disk. */
static BOOLEAN ReadBlock(PSATA_ADAPTER adapter, UCHAR command, ULONG64 lba)
{
    PULONG port = adapter->Port;
    BOOLEAN good;

    SetHeader(adapter, 0, FALSE, 1);
    SetRegion(adapter, 0, 0, PhysicalOf(adapter, adapter->Shared->Block), sizeof(adapter->Shared->Block));
    SetCommand(adapter, 0, command, 0, lba, command == ATA_READ_LOG, 0x40);
    SataSet(adapter, port + PX_CI, 1);
    good = WaitFor(adapter, port + PX_CI, 1, 0, COMMAND_WAIT_MS) && (SataGet(adapter, port + PX_TFD) & TFD_ERROR) == 0;
    SataSet(adapter, port + PX_IS, 0xFFFFFFFFu);
    SataSet(adapter, adapter->Registers + HBA_IS, 1u << adapter->PortNumber);
    return good;
}

static BOOLEAN FindPort(PSATA_ADAPTER adapter)
{
    ULONG ports = SataGet(adapter, adapter->Registers + HBA_PI);

    for (ULONG n = 0; n < 32 && 0x100 + 0x80 * (n + 1) <= adapter->RegisterBytes; n++) {
        PULONG port = adapter->Registers + 0x40 + 0x20 * n;

        if ((ports >> n & 1) == 0 || (SataGet(adapter, port + PX_SSTS) & 15) != 3)
            continue;
        adapter->Port = port;
        adapter->PortNumber = n;
        return TRUE;
    }
    return FALSE;
}

_Use_decl_annotations_
BOOLEAN SataStartPort(PSATA_ADAPTER adapter)
{
    PULONG port;
    ULONG64 received = PhysicalOf(adapter, adapter->Shared->Received);

    SataSet(adapter, adapter->Registers + HBA_GHC, GHC_AHCI);
    if (!FindPort(adapter))
        return FALSE;
    port = adapter->Port;
    SataStopPort(adapter);
    SataSet(adapter, port + PX_CMD, SataGet(adapter, port + PX_CMD) & ~CMD_FIS);
    WaitFor(adapter, port + PX_CMD, CMD_FIS_RUNS, 0, 500);
    SataSet(adapter, port + PX_CLB, (ULONG)adapter->Physical);
    SataSet(adapter, port + PX_CLBU, (ULONG)(adapter->Physical >> 32));
    SataSet(adapter, port + PX_FB, (ULONG)received);
    SataSet(adapter, port + PX_FBU, (ULONG)(received >> 32));
    SataSet(adapter, port + PX_CMD, SataGet(adapter, port + PX_CMD) | CMD_FIS);
    if (!ResetLink(adapter) || SataGet(adapter, port + PX_SIG) != SIGNATURE_DISK)
        return FALSE;
    StartList(adapter);
    if (!ReadBlock(adapter, ATA_IDENTIFY, 0) || !SataParseIdentity((const USHORT *)adapter->Shared->Block, &adapter->Disk))
        return FALSE;
    if ((SataGet(adapter, adapter->Registers + HBA_CAP) & 0x40000000u) == 0)
        adapter->Disk.Depth = 1;
    else
        adapter->Disk.Depth = (UCHAR)min(adapter->Disk.Depth, (SataGet(adapter, adapter->Registers + HBA_CAP) >> 8 & 31) + 1);
    return TRUE;
}

static ULONG SetRegions(PSATA_ADAPTER adapter, ULONG slot, PSCSI_REQUEST_BLOCK srb, const SATA_REQUEST *request)
{
    PSTOR_SCATTER_GATHER_LIST list;

    if (request->Command == ATA_TRIM) {
        SetRegion(adapter, slot, 0, PhysicalOf(adapter, adapter->Shared->Trim), sizeof(adapter->Shared->Trim));
        return 1;
    }
    if (request->Command == ATA_FLUSH || request->Command == ATA_READ_VERIFY)
        return 0;
    list = StorPortGetScatterGatherList(adapter, srb);
    for (ULONG i = 0; i < list->NumberOfElements; i++)
        SetRegion(adapter, slot, i, (ULONG64)list->List[i].PhysicalAddress.QuadPart, list->List[i].Length);
    return list->NumberOfElements;
}

static VOID Issue(PSATA_ADAPTER adapter, ULONG slot, PSCSI_REQUEST_BLOCK srb)
{
    const SATA_REQUEST *request = srb->SrbExtension;
    UCHAR device = 0x40 | (request->Queued && request->Fua ? 0x80 : 0);

    SetHeader(adapter, slot, request->Write, SetRegions(adapter, slot, srb, request));
    if (request->Queued)
        SetCommand(adapter, slot, request->Command, (USHORT)request->Count, request->Lba, slot << 3, device);
    else
        SetCommand(adapter, slot, request->Command, request->Command == ATA_TRIM, request->Lba, request->Count, device);
    adapter->Running[slot] = srb;
    adapter->Outstanding |= 1u << slot;
    if (request->Queued) {
        adapter->OutstandingQueued |= 1u << slot;
        SataSet(adapter, adapter->Port + PX_SACT, 1u << slot);
    }
    SataSet(adapter, adapter->Port + PX_CI, 1u << slot);
}

static BOOLEAN FreeSlot(PSATA_ADAPTER adapter, BOOLEAN queued, PULONG slot)
{
    *slot = 0;
    if (!queued)
        return adapter->Outstanding == 0;
    if (adapter->Outstanding != adapter->OutstandingQueued)
        return FALSE;                   /* another kind is alone */
    while (*slot < adapter->Disk.Depth && (adapter->Outstanding >> *slot & 1) != 0)
        (*slot)++;
    return *slot < adapter->Disk.Depth;
}

_Use_decl_annotations_
VOID SataPump(PSATA_ADAPTER adapter)
{
    ULONG slot;

    while (adapter->First != NULL && adapter->Ready && !adapter->Recovering && !adapter->Gone) {
        PSCSI_REQUEST_BLOCK srb = adapter->First;
        PSATA_REQUEST request = srb->SrbExtension;

        if (!FreeSlot(adapter, request->Queued, &slot))
            return;
        adapter->First = request->Next;
        Issue(adapter, slot, srb);
    }
}

/* ---- answers ---- */

static PSCSI_REQUEST_BLOCK Take(PSATA_ADAPTER adapter, ULONG slot)
{
    adapter->Outstanding &= ~(1u << slot);
    adapter->OutstandingQueued &= ~(1u << slot);
    return adapter->Running[slot];
}

static VOID Succeed(PSATA_ADAPTER adapter)
{
    ULONG done = adapter->Outstanding & ~(SataGet(adapter, adapter->Port + PX_CI) | SataGet(adapter, adapter->Port + PX_SACT));

    for (ULONG slot = 0; slot < SATA_SLOTS; slot++)
        if ((done >> slot & 1) != 0)
            SataComplete(adapter, Take(adapter, slot), SRB_STATUS_SUCCESS);
}

_Use_decl_annotations_
BOOLEAN SataServe(PSATA_ADAPTER adapter)
{
    ULONG pending, cause;

    if (adapter->Port == NULL || adapter->Gone)
        return FALSE;
    pending = SataGet(adapter, adapter->Registers + HBA_IS);
    if (pending == 0xFFFFFFFFu || (pending >> adapter->PortNumber & 1) == 0)
        return FALSE;
    cause = SataGet(adapter, adapter->Port + PX_IS);
    SataSet(adapter, adapter->Port + PX_IS, cause);
    SataSet(adapter, adapter->Registers + HBA_IS, 1u << adapter->PortNumber);
    if (adapter->Recovering)
        return TRUE;
    if ((cause & IS_ERRORS) != 0) {
        SataSet(adapter, adapter->Port + PX_IE, 0);
        adapter->Recovering = TRUE;
        StorPortIssueDpc(adapter, &adapter->Dpc, NULL, NULL);
        return TRUE;
    }
    Succeed(adapter);
    SataPump(adapter);
    return TRUE;
}

_Use_decl_annotations_
VOID SataEndAll(PSATA_ADAPTER adapter, UCHAR status)
{
    PSCSI_REQUEST_BLOCK srb;

    for (ULONG slot = 0; slot < SATA_SLOTS; slot++)
        if ((adapter->Outstanding >> slot & 1) != 0)
            SataComplete(adapter, Take(adapter, slot), status);
    while ((srb = adapter->First) != NULL) {
        adapter->First = ((PSATA_REQUEST)srb->SrbExtension)->Next;
        SataComplete(adapter, srb, status);
    }
}

/* ---- after an error ---- */

/* The slot that failed, and its error register; SATA_SLOTS: nobody knows, every command under way has to be repeated. */
static ULONG FindCulprit(PSATA_ADAPTER adapter, BOOLEAN queued, ULONG slot, PUCHAR error)
{
    if (!queued)
        return slot;
    if (!ReadBlock(adapter, ATA_READ_LOG, LOG_QUEUED_ERROR) || (adapter->Shared->Block[0] & 0x80) != 0)
        return SATA_SLOTS;
    *error = adapter->Shared->Block[3];
    return adapter->Shared->Block[0] & 31;
}

_Use_decl_annotations_
VOID SataRecover(PSTOR_DPC dpc, PVOID extension, PVOID first, PVOID second)
{
    PSATA_ADAPTER adapter = extension;
    STOR_LOCK_HANDLE lock;
    ULONG culprit = SATA_SLOTS, slot, status;
    BOOLEAN queued;
    UCHAR error;

    UNREFERENCED_PARAMETER(dpc);
    UNREFERENCED_PARAMETER(first);
    UNREFERENCED_PARAMETER(second);
    StorPortAcquireSpinLock(adapter, InterruptLock, NULL, &lock);    /* what half duplex calls StartIo under */
    if (!adapter->Recovering || adapter->Gone) {
        StorPortReleaseSpinLock(adapter, &lock);
        return;                         /* a reset came before */
    }
    Succeed(adapter);
    status = SataGet(adapter, adapter->Port + PX_TFD);
    slot = SataGet(adapter, adapter->Port + PX_CMD) >> 8 & 31;
    queued = adapter->OutstandingQueued != 0;
    error = (UCHAR)(status >> 8);
    SataStopPort(adapter);
    if ((status & TFD_BUSY) == 0 || ResetLink(adapter)) {
        StartList(adapter);
        if ((status & TFD_ERROR) != 0)
            culprit = FindCulprit(adapter, queued, slot, &error);
    }
    for (slot = 0; slot < SATA_SLOTS; slot++) {
        if ((adapter->Outstanding >> slot & 1) == 0)
            continue;
        if (slot == culprit)
            SataFail(adapter, Take(adapter, slot), error);
        else
            SataComplete(adapter, Take(adapter, slot), SRB_STATUS_BUS_RESET);
    }
    adapter->Recovering = FALSE;
    SataUnmask(adapter);
    SataPump(adapter);
    StorPortReleaseSpinLock(adapter, &lock);
}
