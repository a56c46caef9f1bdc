/* SCSI commands: from an SRB to its handler. StartIo may run on several processors at once; the StartIo lock, which Storport does not
 * hold around a virtual miniport's StartIo, makes them one after the other. */
#include "ramlun.h"

#define WRITES 0x1u                             /* not on a read-only unit */
#define ATTENTION 0x2u                          /* answered before a pending unit attention is reported */
#define ANY_UNIT 0x4u                           /* answered for units that are not there */

typedef UCHAR COMMAND_HANDLER(_Inout_ PRAMLUN_COMMAND Command);

static COMMAND_HANDLER Nothing, RequestSense;

static const struct {
    UCHAR Code, Flags;
    COMMAND_HANDLER *Handler;
} Commands[] = {
    { SCSIOP_READ, 0, CommandReadWrite },
    { SCSIOP_WRITE, WRITES, CommandReadWrite },
    { SCSIOP_READ16, 0, CommandReadWrite },
    { SCSIOP_WRITE16, WRITES, CommandReadWrite },
    { SCSIOP_READ6, 0, CommandReadWrite },
    { SCSIOP_WRITE6, WRITES, CommandReadWrite },
    { SCSIOP_READ12, 0, CommandReadWrite },
    { SCSIOP_WRITE12, WRITES, CommandReadWrite },
    { SCSIOP_SYNCHRONIZE_CACHE, 0, Nothing },
    { SCSIOP_SYNCHRONIZE_CACHE16, 0, Nothing },
    { SCSIOP_UNMAP, WRITES, CommandUnmap },
    { SCSIOP_WRITE_SAME, WRITES, CommandWriteSame },
    { SCSIOP_WRITE_SAME16, WRITES, CommandWriteSame },
    { SCSIOP_VERIFY, 0, CommandVerify },
    { SCSIOP_VERIFY16, 0, CommandVerify },
    { SCSIOP_TEST_UNIT_READY, 0, Nothing },
    { SCSIOP_START_STOP_UNIT, 0, Nothing },
    { SCSIOP_MEDIUM_REMOVAL, 0, Nothing },
    { SCSIOP_REQUEST_SENSE, ATTENTION, RequestSense },
    { SCSIOP_INQUIRY, ATTENTION | ANY_UNIT, CommandInquiry },
    { SCSIOP_REPORT_LUNS, ATTENTION | ANY_UNIT, CommandReportLuns },
    { SCSIOP_READ_CAPACITY, 0, CommandReadCapacity },
    { SCSIOP_SERVICE_ACTION_IN16, 0, CommandReadCapacity },
    { SCSIOP_MODE_SENSE, 0, CommandModeSense },
    { SCSIOP_MODE_SENSE10, 0, CommandModeSense },
};

/* --- bytes ------------------------------------------------------------------------------------------------------------- */

_Use_decl_annotations_
ULONG GetUlong(const UCHAR *Bytes)
{
    return (ULONG)Bytes[0] << 24 | (ULONG)Bytes[1] << 16 | (ULONG)Bytes[2] << 8 | Bytes[3];
}

_Use_decl_annotations_
ULONGLONG GetUlonglong(const UCHAR *Bytes)
{
    return (ULONGLONG)GetUlong(Bytes) << 32 | GetUlong(Bytes + 4);
}

_Use_decl_annotations_
VOID PutUshort(PUCHAR Bytes, ULONG Value)
{
    Bytes[0] = (UCHAR)(Value >> 8);
    Bytes[1] = (UCHAR)Value;
}

_Use_decl_annotations_
VOID PutUlong(PUCHAR Bytes, ULONG Value)
{
    PutUshort(Bytes, Value >> 16);
    PutUshort(Bytes + 2, Value);
}

_Use_decl_annotations_
VOID PutUlonglong(PUCHAR Bytes, ULONGLONG Value)
{
    PutUlong(Bytes, (ULONG)(Value >> 32));
    PutUlong(Bytes + 4, (ULONG)Value);
}

/* --- answers ------------------------------------------------------------------------------------------------------------- */

_Use_decl_annotations_
UCHAR CommandFail(PRAMLUN_COMMAND Command, UCHAR Key, UCHAR Code, UCHAR Qualifier)
{
    PSENSE_DATA sense = SrbGetSenseInfoBuffer(Command->Srb);
    UCHAR size = SrbGetSenseInfoBufferLength(Command->Srb);

    Command->Length = 0;
    SrbSetScsiStatus(Command->Srb, SCSISTAT_CHECK_CONDITION);
    if (sense == NULL || size < sizeof(*sense) || (SrbGetSrbFlags(Command->Srb) & SRB_FLAGS_DISABLE_AUTOSENSE))
        return SRB_STATUS_ERROR;
    RtlZeroMemory(sense, sizeof(*sense));
    sense->ErrorCode = SCSI_SENSE_ERRORCODE_FIXED_CURRENT;
    sense->SenseKey = Key;
    sense->AdditionalSenseLength = sizeof(*sense) - 8;
    sense->AdditionalSenseCode = Code;
    sense->AdditionalSenseCodeQualifier = Qualifier;
    SrbSetSenseInfoBufferLength(Command->Srb, sizeof(*sense));
    return SRB_STATUS_ERROR | SRB_STATUS_AUTOSENSE_VALID;
}

_Use_decl_annotations_
UCHAR CommandAnswer(PRAMLUN_COMMAND Command, const VOID *Answer, ULONG Size, ULONG AllocationLength)
{
    ULONG size = min(Size, min(AllocationLength, Command->Length));

    if (Command->Data == NULL && size != 0)
        return SRB_STATUS_INVALID_REQUEST;
    RtlCopyMemory(Command->Data, Answer, size);
    Command->Length = size;
    return SRB_STATUS_SUCCESS;
}

_Use_decl_annotations_
static UCHAR Nothing(PRAMLUN_COMMAND Command)
{
    Command->Length = 0;
    return SRB_STATUS_SUCCESS;
}

/* A pending unit attention, or none: sense data as data. */
_Use_decl_annotations_
static UCHAR RequestSense(PRAMLUN_COMMAND Command)
{
    SENSE_DATA sense;

    RtlZeroMemory(&sense, sizeof(sense));
    sense.ErrorCode = SCSI_SENSE_ERRORCODE_FIXED_CURRENT;
    sense.AdditionalSenseLength = sizeof(sense) - 8;
    if (Command->Unit->Attention != 0) {
        sense.SenseKey = SCSI_SENSE_UNIT_ATTENTION;
        sense.AdditionalSenseCode = Command->Unit->Attention;
        sense.AdditionalSenseCodeQualifier = Command->Unit->AttentionQualifier;
        Command->Unit->Attention = 0;
    }
    return CommandAnswer(Command, &sense, sizeof(sense), Command->Cdb[4]);
}

/* --- one command ------------------------------------------------------------------------------------------------------------ */

static UCHAR Run(PRAMLUN_COMMAND Command, UCHAR Flags, COMMAND_HANDLER *Handler)
{
    PRAMLUN_UNIT unit = Command->Unit;

    if (!unit->Present && !(Flags & ANY_UNIT))
        return SRB_STATUS_INVALID_LUN;
    if (unit->Attention != 0 && !(Flags & ATTENTION)) {
        UCHAR code = unit->Attention;

        unit->Attention = 0;
        return CommandFail(Command, SCSI_SENSE_UNIT_ATTENTION, code, unit->AttentionQualifier);
    }
    if (unit->ReadOnly && (Flags & WRITES))
        return CommandFail(Command, SCSI_SENSE_DATA_PROTECT, SCSI_ADSENSE_WRITE_PROTECT, 0);
    return Handler(Command);
}

static UCHAR Dispatch(PRAMLUN_COMMAND Command)
{
    ULONG i;

    for (i = 0; i < ARRAYSIZE(Commands); i++)
        if (Commands[i].Code == Command->Cdb[0])
            return Run(Command, Commands[i].Flags, Commands[i].Handler);
    if (!Command->Unit->Present)
        return SRB_STATUS_INVALID_LUN;
    return CommandFail(Command, SCSI_SENSE_ILLEGAL_REQUEST, SCSI_ADSENSE_ILLEGAL_COMMAND, 0);
}

_Use_decl_annotations_
UCHAR CommandExecute(PRAMLUN_ADAPTER Adapter, PVOID Srb)
{
    RAMLUN_COMMAND command;
    STOR_LOCK_HANDLE lock;
    UCHAR path, target, lun, status;

    SrbGetPathTargetLun(Srb, &path, &target, &lun);
    if (path != 0)
        return SRB_STATUS_INVALID_PATH_ID;
    if (target != 0)
        return SRB_STATUS_INVALID_TARGET_ID;
    if (lun >= RAMLUN_MAX_LUNS)
        return SRB_STATUS_INVALID_LUN;
    command.Adapter = Adapter;
    command.Unit = &Adapter->Units[lun];
    command.Srb = Srb;
    command.Cdb = (PUCHAR)SrbGetCdb(Srb);
    command.Data = SrbGetDataBuffer(Srb);
    command.Length = SrbGetDataTransferLength(Srb);
    if (command.Cdb == NULL)
        return SRB_STATUS_INVALID_REQUEST;
    SrbSetScsiStatus(Srb, SCSISTAT_GOOD);
    StorPortAcquireSpinLock(Adapter, StartIoLock, NULL, &lock);
    status = Dispatch(&command);
    StorPortReleaseSpinLock(Adapter, &lock);
    SrbSetDataTransferLength(Srb, command.Length);
    return status;
}
